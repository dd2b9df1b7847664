//! Processes from their creation to each of their ends. Deliberately absent: guards one by one (`guard_tests`).

#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::process::test_log::{CANCEL, KEEP, TestLog, act, done};
use crate::process::{Consequence, Policy, Stand, Status};

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
    for (policy, status, implied) in [
        (CANCEL, Status::Expired, 0),
        (Policy { on_expired: Consequence::Cancel, ..KEEP }, Status::Canceled, 1),
    ] {
        let mut log = TestLog::with(policy, json!({"expires_at": expires_at}), &[("si1", json!({}))]);
        assert_eq!(crate::process::next_due_ms(&log.state()), Some(expires_ms));
        assert_eq!(log.wait_until(expires_ms - 1), [""; 0]);
        assert_eq!(log.wait_until(expires_ms), ["document.expired"]);
        let state = log.state();
        assert_eq!((state.status, state.end_cause.as_deref()), (status, Some("expired")));
        let canceled = log.actions().iter().filter(|action| **action == "document.canceled").count();
        assert_eq!(canceled, implied);
        assert_eq!(crate::process::next_due_ms(&state), None);
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
