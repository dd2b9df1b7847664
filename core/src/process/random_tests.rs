//! Random sequences of events against what must hold of every process. Deliberately absent: any particular story.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::event::NewEvent;
use crate::process::test_log::{CANCEL, KEEP, TestLog, act, done};
use crate::process::{Policy, SENDS_MAX, Stand, State, Status, Subject, due, next_due_ms};
use crate::profile::Ending;

const ACTS: &[&str] = &[
    "document.created",
    "document.started",
    "document.viewed",
    "document.accessed",
    "document.signed",
    "document.signed",
    "document.signed",
    "document.declined",
    "document.forwarded",
    "document.revoked",
    "document.expired",
    "document.completed",
    "document.canceled",
    "document.deleted",
    "signee.added",
    "signee.authenticated",
    "signee.authentication_enabled",
    "signee.bounced",
    "signee.removed",
    "invitation.sent",
    "invitation.sent",
    "invitation.resent",
    "invitation.resent",
    "invitation.reinvited",
    "invitation.timed_out",
    "invitation.deleted",
    "delivery.confirmation",
    "payment.authorised",
    "payment.captured",
    "payment.reversed",
    "stamp.used",
    "verification.failed_after_sign",
    "note.created",
];

const METHODS: &[&str] = &["sms", "otp", "pin", "id_check"];

/// What is done, to whom, with which words, by whom, and how long after.
fn step() -> impl Strategy<Value = (usize, usize, usize, bool, u64)> {
    (0..ACTS.len(), 0..5_usize, 0..METHODS.len(), any::<bool>(), 0..100_000_u64)
}

fn told(at: usize, method: usize, flag: bool) -> Value {
    json!({
        "name": format!("Signee {at}"),
        "email": format!("s{at}@x.example"),
        "required": at % 3 != 2,
        "order": at,
        "auth": {METHODS[method]: flag && at == 1},
        "expires_at": if flag { Value::from("2026-11-20T16:00:00Z") } else { Value::Null },
    })
}

fn event((act_at, signee, method, flag, _): (usize, usize, usize, bool, u64), keys: &[String]) -> NewEvent {
    let action = ACTS[act_at];
    // Also somebody nobody has heard of.
    let key = keys.get(signee).cloned().unwrap_or_else(|| format!("si{signee}"));
    let severity = if method % 2 == 0 { "permanent" } else { "temporary" };
    let metadata = match action {
        "document.forwarded" => json!({"signee": {"name": "New", "email": format!("n{method}@x.example")}}),
        "signee.added" => json!({"signee": told(signee, method, flag)}),
        "document.created" => json!({"sign_in_order": flag, "expires_at": "2026-11-20T18:00:00Z"}),
        "delivery.confirmation" => {
            json!({"event": "failed", "severity": severity})
        }
        _ => json!({"method": METHODS[method], "delivery_method": if flag { "Email" } else { "Sms" }}),
    };
    let members = json!({"metadata": metadata});
    let is_own_act = flag && !matches!(action, "document.created" | "signee.added");
    if is_own_act {
        act(action, &key, members)
    } else {
        let mut all = members;
        all["signee"] = key.into();
        done(action, all)
    }
}

fn keys(state: &State) -> Vec<String> {
    state.signees.iter().rev().map(|signee| signee.key.clone()).collect()
}

/// What holds of each single step.
fn check(before: &State, log: &TestLog, event: &NewEvent, was_taken: bool) {
    let now = log.state();
    if before.status.is_final() {
        assert_eq!(before.status, now.status, "{}", event.action);
        assert_eq!((&before.end_cause, before.ended_ms), (&now.end_cause, now.ended_ms));
    }
    if !was_taken {
        assert_eq!(before, &now, "{} left a trace", event.action);
        return;
    }
    let key = event.signee.as_deref().unwrap();
    let stood = before.signee(key);
    if event.action == "invitation.resent" {
        assert!(stood.is_none_or(|signee| signee.sends < SENDS_MAX && !signee.stand.is_ended()));
    }
    if event.action == "invitation.sent" {
        assert!(stood.is_none_or(|signee| signee.sends < SENDS_MAX || signee.is_withdrawn));
    }
    if event.action == "document.forwarded"
        && let Some(signee) = stood
    {
        assert!(!signee.auth.sms && !signee.auth.otp);
        assert!(!signee.auth.pin || signee.authenticated.iter().any(|method| method == "pin"));
        assert_eq!(now.signee(key).unwrap().stand, Stand::Forwarded);
    }
    if event.action == "document.signed" && before.is_created && !now.status.is_final() {
        assert!(!now.is_signed_by_all());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// X12, X16, X21, L28: ends are final, completion comes once, the sixth send and a forward under two factors are
    /// refused; a refusal leaves no trace, what is implied is never refused, and history tells the same state.
    #[test]
    fn whatever_is_sent_the_rules_hold(
        steps in prop::collection::vec(step(), 1..60),
        begins in any::<bool>(),
        policy in 0..3_usize,
    ) {
        let policy = [CANCEL, KEEP, Policy { on_expired: Ending::Cancel, ..KEEP }][policy];
        let signees: Vec<(String, Value)> = (0..3).map(|at| (format!("si{at}"), told(at, at, true))).collect();
        let signees: Vec<(&str, Value)> = signees.iter().map(|(key, told)| (key.as_str(), told.clone())).collect();
        let mut log = TestLog::new(policy);
        if begins {
            log = TestLog::with(policy, json!({"expires_at": "2026-11-20T18:00:00Z"}), &signees);
        }
        for step in steps {
            let before = log.state();
            let event = event(step, &keys(&before));
            log.now_ms += step.4;
            let was_taken = log.try_take(event.clone()).is_ok();
            check(&before, &log, &event, was_taken);
            let now_ms = log.now_ms;
            let is_due = next_due_ms(&log.state()).is_some_and(|at_ms| at_ms <= now_ms);
            let done = log.wait_until(now_ms);
            prop_assert_eq!(is_due, !done.is_empty());
            // Once: nothing is due twice.
            prop_assert!(due(&Subject::process("sp1"), &log.state(), now_ms).is_empty());
        }
        let completed = log.actions().iter().filter(|action| **action == "document.completed").count();
        prop_assert!(completed <= 1);
        let (retold, _) = log.retold();
        prop_assert_eq!(&retold, &log.state);
        let bytes = serde_json::to_vec(&retold).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Option<State>>(&bytes).unwrap(), retold);
    }

    /// History may hold anything: an end stays the end, and nothing is implied.
    #[test]
    fn whatever_history_tells_an_end_stays_the_end(steps in prop::collection::vec(step(), 1..60)) {
        let mut log = TestLog::new(CANCEL);
        for step in steps {
            let before = log.state();
            log.now_ms += step.4;
            log.record(&event(step, &keys(&before)));
            let now = log.state();
            let follows = (before.status, now.status) == (Status::Expired, Status::Canceled);
            prop_assert!(!before.status.is_final() || before.status == now.status || follows);
            prop_assert!(!before.status.is_final() || before.end_cause == now.end_cause);
        }
    }
}
