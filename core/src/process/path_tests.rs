//! Processes from their creation to each of their ends. Deliberately absent: guards one by one (`guard_tests`).

#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::process::test_log::{CANCEL, KEEP, TestLog, act, done, event};
use crate::process::{Policy, Stand, State, Status, Subject, deletion, next_due_ms};
use crate::profile::Ending;

/// T28, X12, L24: the worked example, and who signed last stands on the end.
#[test]
fn the_last_required_signature_completes_the_process() {
    let mut log = TestLog::with(
        CANCEL,
        json!({"display_name": "Lease"}),
        &[
            ("si1", json!({"name": "Bo", "email": "bo@x.example"})),
            ("si2", json!({"name": "Cy"})),
            ("si3", json!({"name": "Di", "required": false})),
        ],
    );
    assert_eq!(log.status(), Status::Active);
    log.take(done("document.started", json!({})));
    log.take(act("document.viewed", "si1", json!({})));
    assert_eq!(log.stand("si1"), Stand::Viewed);
    assert_eq!(log.take(act("document.signed", "si1", json!({"context": {"ip": "203.0.113.7"}}))), [""; 0]);
    let at = "2026-11-20T14:41:22.123+01:00";
    assert_eq!(log.take(act("document.signed", "si2", json!({"occurred_at": at}))), ["document.completed"]);
    let last = log.last();
    assert_eq!(last.signee.as_deref(), Some("si2"));
    assert_eq!((last.process.as_deref(), last.actor.kind.as_str()), (Some("sp1"), "system"));
    assert_eq!(last.occurred_at.as_ref().unwrap().text(), at);
    assert_eq!((last.targets[0].id.as_str(), last.targets[0].name.as_deref()), ("sp1", Some("Lease")));
    let state = log.state();
    assert_eq!((state.status, state.end_cause.as_deref()), (Status::Completed, Some("signed")));
    assert_eq!(state.signee("si1").unwrap().ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(log.refused(act("document.signed", "si3", json!({}))), "process_ended");
    // History tells the same.
    assert_eq!(log.retold(), (log.state.clone(), Vec::new()));
}

/// X13, X14, X17, X20, and the policies where the seeds disagree.
#[test]
fn a_decline_a_bounce_and_a_revocation_cancel_with_their_cause() {
    let begun = |policy| TestLog::with(policy, json!({}), &[("si1", json!({})), ("si2", json!({}))]);
    for (action, cause, stand) in
        [("document.declined", "declined", Stand::Declined), ("signee.bounced", "bounced", Stand::Bounced)]
    {
        let event = || act(action, "si1", json!({"reason": "no such person"}));
        let mut log = begun(CANCEL);
        assert_eq!(log.take(event()), ["document.canceled"], "{action}");
        let state = log.state();
        assert_eq!((state.status, state.end_cause.as_deref()), (Status::Canceled, Some(cause)));
        assert_eq!(state.end_reason.as_deref(), Some("no such person"));
        assert_eq!(log.last().metadata["cause"], cause);
        assert_eq!(log.stand("si1"), stand);
        let mut log = begun(KEEP);
        assert_eq!(log.take(event()), [""; 0], "{action}");
        assert_eq!((log.status(), log.stand("si1")), (Status::Active, stand));
    }
    for policy in [CANCEL, KEEP] {
        let mut log = begun(policy);
        assert_eq!(log.take(done("document.revoked", json!({"reason": "sold"}))), ["document.canceled"]);
        let state = log.state();
        assert_eq!(
            (state.end_cause.as_deref(), state.end_reason.as_deref()),
            (Some("revoked"), Some("sold"))
        );
    }
}

/// X18: an expiry ends; a cancellation after it is the organization's choice.
#[test]
fn an_expiry_ends_the_process_and_cancels_it_by_policy_only() {
    let expires_at = "2026-11-21T00:00:00Z";
    let expires_ms = 1_795_219_200_000;
    for (policy, status, implied) in
        [(CANCEL, Status::Expired, 0), (Policy { on_expired: Ending::Cancel, ..KEEP }, Status::Canceled, 1)]
    {
        let mut log = TestLog::with(policy, json!({"expires_at": expires_at}), &[("si1", json!({}))]);
        assert_eq!(next_due_ms(&log.state()), Some(expires_ms));
        assert_eq!(log.wait_until(expires_ms - 1), [""; 0]);
        assert_eq!(log.wait_until(expires_ms), ["document.expired"]);
        let state = log.state();
        assert_eq!((state.status, state.end_cause.as_deref()), (status, Some("expired")));
        let canceled = log.actions().iter().filter(|action| **action == "document.canceled").count();
        assert_eq!(canceled, implied);
        assert_eq!(next_due_ms(&state), None);
        assert_eq!(log.wait_until(expires_ms * 2), [""; 0]);
    }
}

/// X16: the new signee takes the slot and is invited; their key follows from the event.
#[test]
fn a_forward_hands_the_slot_to_somebody_who_is_invited() {
    let signees = [
        (
            "si1",
            json!({"name": "Bo", "order": 1, "role": "tenant", "signature_type": "Simple", "auth": {"pin": true}}),
        ),
        ("si2", json!({"order": 2})),
    ];
    let mut log = TestLog::with(CANCEL, json!({"sign_in_order": true}), &signees);
    log.take(act("signee.authenticated", "si1", json!({"metadata": {"method": "pin"}})));
    let to = json!({"name": "Eve", "email": "eve@x.example", "required": false, "order": 9});
    let forward = act("document.forwarded", "si1", json!({"reason": "on leave", "metadata": {"signee": to}}));
    assert_eq!(log.take(forward.clone()), ["signee.added", "invitation.sent"]);
    let new_key = log.signee("si1").forwarded_to.unwrap();
    assert!(new_key.len() == 34 && new_key.starts_with("si"), "{new_key}");
    let new = log.signee(&new_key);
    assert_eq!((new.name.as_deref(), new.email.as_deref()), (Some("Eve"), Some("eve@x.example")));
    assert_eq!((new.is_required, new.order, new.role.as_deref()), (true, Some(1), Some("tenant")));
    assert_eq!((new.stand, new.sends, new.auth.pin), (Stand::Invited, 1, true));
    assert_eq!(new.forwarded_from.as_deref(), Some("si1"));
    assert_eq!(log.stand("si1"), Stand::Forwarded);
    assert_eq!(log.last().metadata["to"], "eve@x.example");
    assert_eq!(log.refused(act("document.signed", &new_key, json!({}))), "not_authenticated");
    assert_eq!(log.refused(forward), "signee_ended");
    log.take(act("signee.authenticated", &new_key, json!({"metadata": {"method": "PIN"}})));
    log.take(act("document.signed", &new_key, json!({})));
    assert_eq!(log.take(act("document.signed", "si2", json!({}))), ["document.completed"]);
}

/// X12 wins over X15 unless all are gone; L24.
#[test]
fn the_removal_of_the_last_who_is_waited_for_ends_the_process() {
    let removes = |key: &str| done("signee.removed", json!({"signee": key}));
    let optional = || json!({"required": false});
    let signees = [("si1", json!({})), ("si2", optional())];
    let mut log = TestLog::with(CANCEL, json!({}), &signees);
    assert_eq!(log.take(removes("si2")), [""; 0]);
    assert_eq!(log.take(act("document.signed", "si1", json!({}))), ["document.completed"]);
    // History left it open with every required signature there.
    let mut log = TestLog::with(CANCEL, json!({}), &signees);
    log.record(&act("document.signed", "si1", json!({})));
    assert_eq!(log.take(removes("si2")), ["document.completed"]);
    assert_eq!(log.last().signee.as_deref(), Some("si1"));
    let mut log = TestLog::with(KEEP, json!({}), &[("si1", optional()), ("si2", optional())]);
    assert_eq!(log.take(removes("si1")), [""; 0]);
    assert_eq!(log.take(removes("si2")), ["document.canceled"]);
    assert_eq!((log.status(), log.state().end_cause.as_deref()), (Status::Canceled, Some("all_removed")));
}

/// L24: two causes, and which of them it was is kept.
#[test]
fn a_completion_by_hand_is_told_from_one_by_signatures() {
    let mut log = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    assert_eq!(log.take(done("document.completed", json!({"metadata": {"cause": "signed"}}))), [""; 0]);
    assert_eq!((log.status(), log.state().end_cause.as_deref()), (Status::Completed, Some("manual")));
}

/// X14 in Mailgun's words: `failed` says for how long, `rejected` was never sent on.
#[test]
fn a_receipt_that_a_message_is_lost_for_good_bounces_its_signee() {
    let mail = |event: &str, severity: &str| {
        let receipt = json!({"event": event, "severity": severity, "to": "SI1@x.example", "id": "m1", "reason": "gone"});
        done(
            "delivery.confirmation",
            json!({"actor": {"type": "service", "id": "Mailgun"}, "metadata": receipt}),
        )
    };
    let begun = || {
        TestLog::with(CANCEL, json!({}), &[("si1", json!({"email": "si1@x.example"})), ("si2", json!({}))])
    };
    for (event, severity) in [("failed", "permanent"), ("rejected", ""), ("Bounced", ""), ("dropped", "")] {
        let mut log = begun();
        assert_eq!(log.take(mail(event, severity)), ["signee.bounced", "document.canceled"], "{event}");
        assert_eq!((log.stand("si1"), log.state().end_cause.as_deref()), (Stand::Bounced, Some("bounced")));
        assert_eq!(log.signee("si1").reason.as_deref(), Some("gone"));
        // What comes after the end is recorded and implies nothing.
        let other = json!({"signee": "si2", "metadata": {"event": "rejected"}});
        assert_eq!(log.take(done("delivery.confirmation", other)), [""; 0]);
    }
    for (event, severity) in [
        ("accepted", ""),
        ("delivered", ""),
        ("failed", "temporary"),
        ("failed", ""),
        ("opened", ""),
        ("clicked", ""),
        ("complained", ""),
        ("unsubscribed", "permanent"),
    ] {
        let mut log = begun();
        assert_eq!(log.take(mail(event, severity)), [""; 0], "{event}");
        assert_eq!(log.stand("si1"), Stand::Invited);
    }
    let mut log = begun();
    let by_sms = json!({"signee": "si1", "metadata": {"delivery_method": "Sms"}});
    log.take(done("invitation.sent", by_sms));
    assert_eq!(log.take(mail("failed", "permanent")), [""; 0]);
    let mut log = begun();
    log.take(act("document.signed", "si1", json!({})));
    assert_eq!(log.take(mail("failed", "permanent")), [""; 0]);
}

/// L30, X18: once each, in the order of their times; a late start tells them as if it had been in time.
#[test]
fn what_is_due_comes_once_and_in_the_order_of_its_times() {
    let told = |at: &str, key: &str| json!({"expires_at": at, "email": format!("{key}@x.example")});
    let signees = [
        ("si1", told("2026-11-22T00:00:00Z", "si1")),
        ("si2", told("2026-11-21T00:00:00Z", "si2")),
        ("si3", told("2026-11-25T00:00:00Z", "si3")),
    ];
    let begun = || TestLog::with(CANCEL, json!({"expires_at": "2026-11-24T00:00:00Z"}), &signees);
    let (day_ms, first_ms) = (24 * 3_600_000, 1_795_219_200_000);
    let mut log = begun();
    assert_eq!(
        log.wait_until(first_ms + 9 * day_ms),
        ["invitation.timed_out", "invitation.timed_out", "document.expired"]
    );
    let late: Vec<_> = log.log.iter().rev().take(3).rev().collect();
    assert_eq!((late[0].0.signee.as_deref(), late[1].0.signee.as_deref()), (Some("si2"), Some("si1")));
    assert_eq!(late[0].0.metadata["due_at"], "2026-11-21T00:00:00.000Z");
    assert_eq!((log.stand("si3"), log.status()), (Stand::Invited, Status::Expired));
    let mut log = begun();
    assert_eq!(next_due_ms(&log.state()), Some(first_ms));
    assert_eq!(log.wait_until(first_ms), ["invitation.timed_out"]);
    assert_eq!(log.wait_until(first_ms), [""; 0]);
    assert_eq!(next_due_ms(&log.state()), Some(first_ms + day_ms));
    assert_eq!(log.refused(act("document.signed", "si2", json!({}))), "not_invited");
    // Nobody is left to sign, and still only the process's own time ends it.
    let signees = [("si1", told("2026-11-21T00:00:00Z", "si1"))];
    let mut log = TestLog::with(CANCEL, json!({}), &signees);
    assert_eq!(log.wait_until(first_ms), ["invitation.timed_out"]);
    assert_eq!((log.status(), next_due_ms(&log.state())), (Status::Active, None));
    // From outside it may be told once the time has come.
    let mut log = begun();
    assert_eq!(log.refused(done("document.expired", json!({}))), "not_due");
    log.now_ms = first_ms + 9 * day_ms;
    log.take(done("document.expired", json!({})));
}

/// L27: automatic and by hand are told apart.
#[test]
fn completed_documents_and_drafts_are_deleted_by_themselves_and_nothing_else() {
    let of = |log: &TestLog| deletion(&Subject::process("sp1"), &log.state());
    let mut log = TestLog::new(CANCEL);
    log.take(done("document.created", json!({"metadata": {"display_name": "Lease"}})));
    log.take(done("stamp.used", json!({})));
    assert_eq!(of(&log).unwrap().metadata["cause"], "retention_draft");
    let mut active = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    assert_eq!(of(&active), None);
    active.take(act("document.signed", "si1", json!({})));
    assert_eq!(of(&active).unwrap().metadata["cause"], "retention_completed");
    for mut log in [log, active] {
        let event = of(&log).unwrap();
        // Not by the sender: no stamp is given back (L35).
        assert_eq!(log.take_own(event), [""; 0]);
        assert_eq!(of(&log), None);
        assert!(log.state().deleted_ms.is_some());
    }
    let mut canceled = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    canceled.take(done("document.revoked", json!({})));
    assert_eq!(of(&canceled), None);
    let subject = Subject::record("document", "doc_1");
    let event = deletion(&subject, &State::default()).unwrap();
    assert_eq!((event.process, event.targets[0].id.as_str()), (None, "doc_1"));
}

/// A key that nobody in the process has takes no part in it, however it comes.
#[test]
fn who_is_not_in_a_known_process_takes_no_part() {
    let mut log = TestLog::with(CANCEL, json!({}), &[("si1", json!({})), ("si2", json!({}))]);
    let parts = [
        "invitation.sent",
        "invitation.resent",
        "document.viewed",
        "document.declined",
        "document.forwarded",
        "signee.authenticated",
    ];
    for action in parts {
        assert_eq!(log.refused(act(action, "mallory", json!({}))), "signee_unknown", "{action}");
    }
    assert_eq!(log.refused(act("document.signed", "mallory", json!({}))), "not_invited");
    assert_eq!(log.state().signees.len(), 2);
    // A product that adopts a process in mid-life loses no fact.
    let mut adopted = TestLog::new(CANCEL);
    adopted.take(act("document.viewed", "somebody", json!({})));
    adopted.take(act("document.signed", "somebody", json!({})));
}

/// The table asks of a decline that the signee's part is not over, and nothing more: whoever is in the process may say no,
/// invited yet or not, and a no is not lost.
#[test]
fn a_signee_who_is_not_invited_yet_may_decline() {
    let mut log = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    log.take(done("signee.added", json!({"signee": "si2"})));
    assert_eq!(log.take(act("document.declined", "si2", json!({"reason": "no"}))), ["document.canceled"]);
    assert_eq!((log.stand("si2"), log.state().end_reason.as_deref()), (Stand::Declined, Some("no")));
}

/// L27: events that give themselves times long past age nothing.
#[test]
fn age_counts_from_when_the_log_heard_of_it() {
    let mut log = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    log.take(act("document.signed", "si1", json!({"occurred_at": "1971-01-01T00:00:00Z"})));
    let state = log.state();
    assert_eq!((state.status, state.ended_ms), (Status::Completed, Some(31_536_000_000)));
    assert!(state.ages_from_ms().unwrap() > 1_700_000_000_000);
}

/// L35, L48: what a deletion gives back, in a process and without one.
#[test]
fn a_deletion_gives_back_stamps_and_payments() {
    let on = |action: &str, members: serde_json::Value| {
        let mut all = json!({"targets": [{"type": "document", "id": "doc_1"}]});
        all.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap_or_default());
        event(action, all)
    };
    let bo = || json!({"actor": {"type": "signee", "id": "inv_1", "email": "bo@x.example"}});
    let invited = || {
        let mut log = TestLog::new(CANCEL);
        log.take(on("document.created", json!({})));
        log.take(on("invitation.sent", json!({"metadata": {"invitee": "bo@x.example"}})));
        log.take(on("stamp.used", json!({})));
        log.take(on("stamp.used", json!({})));
        log
    };
    let mut log = invited();
    assert_eq!(log.take(on("document.deleted", json!({}))), ["stamp.reversed"]);
    assert_eq!((log.last().metadata["count"].as_u64(), log.state().stamps_used), (Some(2), 0));
    assert_eq!(log.last().targets[0].id, "doc_1");
    let paid = || {
        let mut log = invited();
        log.take(on("payment.authorised", bo()));
        log.take(on("document.signed", bo()));
        log.take(on("payment.captured", json!({"actor": {"type": "system"}})));
        log
    };
    let mut log = paid();
    assert_eq!(log.take(on("document.deleted", json!({}))), ["payment.reversed"]);
    assert_eq!(log.last().signee.as_deref(), Some("bo@x.example"));
    let mut log = paid();
    let deleted = on("invitation.deleted", json!({"metadata": {"invitee": "bo@x.example"}}));
    assert_eq!(log.take(deleted), ["payment.reversed"]);
    assert_eq!(log.take(on("document.deleted", json!({}))), [""; 0]);
    let mut log = paid();
    log.take(on("document.completed", json!({})));
    assert_eq!(log.take(on("document.deleted", json!({}))), [""; 0]);
}

/// What a product goes through without a process it tells by itself, to its end.
#[test]
fn a_document_without_a_process_is_ended_by_its_product() {
    let on = |action: &str, members: serde_json::Value| {
        let mut all = json!({"targets": [{"type": "document", "id": "doc_1"}]});
        all.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap_or_default());
        event(action, all)
    };
    let bo = || json!({"actor": {"type": "signee", "id": "inv_1", "email": "bo@x.example"}});
    let mut log = TestLog::new(CANCEL);
    log.take(on("document.created", json!({})));
    log.take(on("invitation.sent", json!({"metadata": {"invitee": "bo@x.example"}})));
    assert_eq!(log.take(on("document.declined", bo())), [""; 0]);
    log.take(on("invitation.reinvited", json!({"metadata": {"invitee": "bo@x.example"}})));
    assert_eq!(log.take(on("document.signed", bo())), [""; 0]);
    log.take(on("document.completed", json!({"actor": {"type": "system"}})));
    let state = log.state();
    assert_eq!((state.status, state.end_cause.as_deref()), (Status::Completed, Some("signed")));
    assert_eq!((state.signees.len(), log.stand("bo@x.example")), (1, Stand::Signed));
}

/// A key of the sender's own is kept; two forwards to one address are two people.
#[test]
fn the_key_of_a_new_signee_follows_from_the_event_alone() {
    let to = |told: serde_json::Value| json!({"metadata": {"signee": told}});
    let eve = || to(json!({"name": "Eve", "email": "eve@x.example"}));
    let signees = [("si1", json!({})), ("si2", json!({})), ("si3", json!({}))];
    let mut log = TestLog::with(CANCEL, json!({}), &signees);
    log.take(act("document.forwarded", "si1", eve()));
    log.take(act("document.forwarded", "si2", eve()));
    let own = to(json!({"name": "Kim", "email": "kim@x.example", "signee_key": "si_kim"}));
    log.take(act("document.forwarded", "si3", own.clone()));
    let keys: Vec<_> = ["si1", "si2", "si3"].map(|key| log.signee(key).forwarded_to.unwrap()).into();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2], "si_kim");
    assert_eq!(log.state().signees.len(), 6);
    assert_eq!(log.refused(act("document.forwarded", &keys[0], own)), "signee_exists");
    let mut again = TestLog::with(CANCEL, json!({}), &signees);
    again.take(act("document.forwarded", "si1", eve()));
    assert_eq!(again.signee("si1").forwarded_to.as_ref(), Some(&keys[0]));
}

#[test]
fn an_attempt_that_failed_changes_nothing() {
    let mut log = TestLog::with(CANCEL, json!({}), &[("si1", json!({}))]);
    for outcome in ["failure", "denied"] {
        assert_eq!(log.take(act("document.signed", "si1", json!({"outcome": outcome}))), [""; 0]);
    }
    assert_eq!((log.stand("si1"), log.state().signatures), (Stand::Invited, 0));
}

/// States are many and read often.
#[test]
fn the_stored_state_of_two_signees_is_small() {
    let told = |name: &str, email: &str| json!({"name": name, "email": email});
    let signees = [("si1", told("Bo Ek", "bo@x.example")), ("si2", told("Cy Lund", "cy@x.example"))];
    let process = json!({"display_name": "Lease", "file_name": "lease.pdf", "flow_key": "a1b2c3d4e5f6"});
    let mut log = TestLog::with(CANCEL, process, &signees);
    let size_bytes = |log: &TestLog| log.state().to_bytes().len();
    assert!(size_bytes(&log) < 800, "{} bytes when invited", size_bytes(&log));
    for key in ["si1", "si2"] {
        log.take(act("document.viewed", key, json!({"context": {"ip": "203.0.113.7"}})));
        log.take(act(
            "document.signed",
            key,
            json!({"context": {"ip": "203.0.113.7", "user_agent": "Firefox"}}),
        ));
    }
    let bytes = log.state().to_bytes();
    assert!(bytes.len() <= 1_100, "{} bytes: {}", bytes.len(), String::from_utf8_lossy(&bytes));
    assert_eq!(State::from_bytes(&bytes).unwrap(), log.state());
    assert_eq!(State::default().to_bytes(), b"{}");
}

#[test]
fn a_process_has_one_document_from_before_the_first_invitation() {
    let attached =
        |digit: &str| done("document.attached", json!({"metadata": {"sha256": digit.repeat(64), "size": 7}}));
    let mut log = TestLog::with(CANCEL, json!({"display_name": "Lease"}), &[]);
    log.take_own(attached("a"));
    assert_eq!(log.state().document.map(|it| it.sha256), Some("a".repeat(64)));
    assert_eq!(log.refused_own(attached("a")), "document_attached");
    let mut invited =
        TestLog::with(CANCEL, json!({"display_name": "Lease"}), &[("si1", json!({"name": "A"}))]);
    assert_eq!(invited.refused_own(attached("a")), "already_invited");
    invited.take(done("document.revoked", json!({})));
    assert_eq!(invited.refused_own(attached("a")), "process_ended");
}
