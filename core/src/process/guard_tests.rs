//! Every guard, refused and met. Deliberately absent: a guard without a case; the shipped catalogs are asked which there are.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::catalog::{NAMES, shipped};
use crate::event::NewEvent;
use crate::process::test_log::{BEGIN_MS, CANCEL, KEEP, TestLog, act, done, event, incoming, owner};
use crate::process::{CLOCKS_APART_MS_MAX, SIGNEES_MAX, Stand, Status, decide, due, observe};

/// An event that is refused with a code; events after which another one is taken, mostly the same again.
struct Case {
    code: &'static str,
    log: TestLog,
    refused: NewEvent,
    then: Vec<NewEvent>,
    taken: NewEvent,
}

/// The log comes with the events that led to it.
fn case(code: &'static str, log: TestLog, refused: NewEvent, then: Vec<NewEvent>, taken: NewEvent) -> Case {
    Case { code, log, refused, then, taken }
}

/// A process with one signee who is invited.
fn one(told: Value) -> TestLog {
    TestLog::with(KEEP, json!({}), &[("si1", told)])
}

fn after(mut log: TestLog, events: Vec<NewEvent>) -> TestLog {
    for event in events {
        log.take(event);
    }
    log
}

/// An event about a document without a process.
fn on(action: &str, members: Value) -> NewEvent {
    let mut all = json!({"targets": [{"type": "document", "id": "doc_1"}]});
    all.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap_or_default());
    event(action, all)
}

/// An event about a record of another kind.
fn about(kind: &str, action: &str) -> NewEvent {
    event(action, json!({"targets": [{"type": kind, "id": "r_1"}]}))
}

fn user(id: &str, role: Option<&str>) -> Value {
    json!({"type": "user", "id": id, "role": role})
}

fn invitee() -> Value {
    json!({"metadata": {"invitee": "bo@x.example"}})
}

fn by_invitee() -> Value {
    json!({"actor": {"type": "signee", "id": "inv_1", "email": "Bo@x.example"}})
}

fn method(method: &str) -> Value {
    json!({"metadata": {"method": method}})
}

fn forward() -> NewEvent {
    act(
        "document.forwarded",
        "si1",
        json!({"metadata": {"signee": {"name": "Eve", "email": "eve@x.example"}}}),
    )
}

/// The rows about the files of a process: what refuses them does not pass, so something else is taken.
fn cases_of_files() -> Vec<Case> {
    let file = json!({"metadata": {"sha256": "ab".repeat(32), "size": 7}});
    let attaches = || done("document.attached", file.clone());
    let makes = || done("trail.made", file.clone());
    let mut made = one(json!({}));
    made.take_own(makes());
    let attached = after(TestLog::with(KEEP, json!({}), &[]), vec![attaches()]);
    let opens = done("document.accessed", json!({}));
    vec![
        case("document_attached", attached, attaches(), vec![], opens),
        case("already_invited", one(json!({})), attaches(), vec![], act("document.signed", "si1", json!({}))),
        case("trail_made", made, makes(), vec![], act("document.signed", "si1", json!({}))),
    ]
}

/// The rows of the table about signees and their invitations.
fn cases_of_signees() -> Vec<Case> {
    let signs = || act("document.signed", "si1", json!({}));
    let declines = || act("document.declined", "si1", json!({}));
    let reinvites = || done("invitation.reinvited", json!({"signee": "si1"}));
    let resends = || done("invitation.resent", json!({"signee": "si1"}));
    let sends = |key: &str| done("invitation.sent", json!({"signee": key}));
    let adds = |told: Value| done("signee.added", json!({"signee": "si9", "metadata": {"signee": told}}));
    let added = || after(one(json!({})), vec![adds(json!({}))]);
    let pin = json!({"auth": {"pin": true}, "name": "Bo"});
    let timed = json!({"expires_at": "2100-01-01T00:00:00Z"});
    let in_order = || {
        let signees = [("si1", json!({"order": 1})), ("si2", json!({"order": 2}))];
        TestLog::with(KEEP, json!({"sign_in_order": true}), &signees)
    };
    let over_sms = after(one(json!({})), vec![]);
    let by_sms = done("invitation.sent", json!({"signee": "si1", "metadata": {"delivery_method": "Sms"}}));
    let optional = json!({"required": false});
    vec![
        case(
            "signee_ended",
            after(one(json!({})), vec![declines()]),
            sends("si1"),
            vec![reinvites()],
            sends("si1"),
        ),
        case(
            "signee_ended",
            after(one(json!({})), vec![declines()]),
            declines(),
            vec![reinvites()],
            declines(),
        ),
        case(
            "not_authenticated",
            TestLog::with(KEEP, json!({"requires_auth": true}), &[("si1", json!({}))]),
            act("document.viewed", "si1", json!({})),
            vec![act("signee.authenticated", "si1", method("id_check"))],
            act("document.viewed", "si1", json!({})),
        ),
        case(
            "not_authenticated",
            one(json!({"auth": {"sms": true, "pin": true}})),
            signs(),
            vec![
                act("signee.authenticated", "si1", method("pin")),
                act("signee.authenticated", "si1", method("sms")),
            ],
            signs(),
        ),
        // Who says nothing of whom signed, declined or handed on says nothing at all.
        case("signee_missing", one(json!({})), done("document.signed", json!({})), vec![], signs()),
        case("signee_missing", one(json!({})), done("document.declined", json!({})), vec![], declines()),
        case(
            "signee_missing",
            one(json!({})),
            NewEvent { signee: None, ..done("document.forwarded", json!({"metadata": forward().metadata})) },
            vec![],
            forward(),
        ),
        case(
            "not_invited",
            added(),
            act("document.signed", "si9", json!({})),
            vec![sends("si9")],
            act("document.signed", "si9", json!({})),
        ),
        case(
            "out_of_order",
            in_order(),
            act("document.signed", "si2", json!({})),
            vec![signs()],
            act("document.signed", "si2", json!({})),
        ),
        case(
            "not_by_email",
            after(over_sms, vec![by_sms]),
            done("signee.bounced", json!({"signee": "si1"})),
            vec![sends_by_mail()],
            done("signee.bounced", json!({"signee": "si1"})),
        ),
        case(
            "signee_required",
            TestLog::with(KEEP, json!({}), &[("si1", json!({})), ("si2", optional.clone())]),
            done("signee.removed", json!({"signee": "si1"})),
            vec![],
            done("signee.removed", json!({"signee": "si2"})),
        ),
        case(
            "signee_signed",
            TestLog::with(
                KEEP,
                json!({}),
                &[("si1", optional.clone()), ("si2", json!({})), ("si3", optional)],
            ),
            done("signee.removed", json!({"signee": "si1"})),
            vec![],
            done("signee.removed", json!({"signee": "si3"})),
        )
        .begun_with(vec![signs()]),
        case(
            "forward_two_factor",
            TestLog::with(KEEP, json!({}), &[("si1", json!({"auth": {"otp": true}})), ("si2", json!({}))]),
            forward(),
            vec![],
            NewEvent { signee: Some("si2".to_owned()), ..forward() },
        ),
        case(
            "pin_not_entered",
            one(pin),
            forward(),
            vec![act("signee.authenticated", "si1", method("PIN"))],
            forward(),
        ),
        case(
            "forward_recipient_missing",
            one(json!({})),
            act("document.forwarded", "si1", json!({"metadata": {"signee": {"name": "Eve", "email": " "}}})),
            vec![],
            forward(),
        ),
        case(
            "invitation_not_active",
            added(),
            done("invitation.resent", json!({"signee": "si9"})),
            vec![sends("si9")],
            done("invitation.resent", json!({"signee": "si9"})),
        ),
        case(
            "invitation_not_active",
            after(one(json!({})), vec![done("invitation.deleted", json!({"signee": "si1"}))]),
            resends(),
            vec![sends("si1")],
            resends(),
        ),
        case(
            "sends_exhausted",
            after(one(json!({})), vec![resends(), resends(), resends(), resends()]),
            resends(),
            vec![declines(), reinvites()],
            resends(),
        ),
        // L28: an invitation that is sent again is sent again, whatever it is called.
        case(
            "sends_exhausted",
            after(one(json!({})), vec![resends(), sends("si1"), resends(), sends("si1")]),
            sends("si1"),
            vec![done("invitation.deleted", json!({"signee": "si1"}))],
            sends("si1"),
        ),
        case("not_rejected", one(json!({})), reinvites(), vec![declines()], reinvites()),
        case("invitation_timed_out", after(one(timed), vec![declines()]), reinvites(), vec![], starts())
            .late(),
        case(
            "not_due",
            one(json!({})),
            done("invitation.timed_out", json!({"signee": "si1"})),
            vec![],
            signs(),
        ),
        case("not_due", one(json!({})), done("document.expired", json!({})), vec![], signs()),
        case(
            "not_due",
            TestLog::with(KEEP, json!({"expires_at": "2100-01-01T00:00:00Z"}), &[]),
            done("document.expired", json!({})),
            vec![],
            done("document.started", json!({})),
        ),
        case("invalid_signee", one(json!({})), adds(json!({"order": -1})), vec![], adds(json!({"order": 1}))),
        case("signee_exists", added(), adds(json!({})), vec![], sends("si9")),
        case("process_exists", one(json!({})), done("document.created", json!({})), vec![], signs()),
        case(
            "invalid_process",
            TestLog::new(KEEP),
            done("document.created", json!({"metadata": {"expires_at": "soon"}})),
            vec![],
            done("document.created", json!({})),
        ),
        case(
            "not_aadhaar",
            one(json!({})),
            act("signing.retries_exhausted", "si1", method("otp")),
            vec![],
            act("signing.retries_exhausted", "si1", method("Aadhaar eSign")),
        ),
        case(
            "not_aadhaar",
            one(json!({})),
            act("signing.retries_exhausted", "si1", json!({})),
            vec![],
            signs(),
        ),
    ]
}

fn sends_by_mail() -> NewEvent {
    done("invitation.sent", json!({"signee": "si1", "metadata": {"delivery_method": "E-mail"}}))
}

fn starts() -> NewEvent {
    done("document.started", json!({}))
}

impl Case {
    fn begun_with(mut self, events: Vec<NewEvent>) -> Self {
        self.log = after(self.log, events);
        self
    }

    /// The clock stands behind every expiry.
    fn late(mut self) -> Self {
        self.log.now_ms = 4_102_444_800_000;
        self
    }
}

/// The rows of the table about who acts, payments, and records without a process.
fn cases_of_others() -> Vec<Case> {
    let created = || after(TestLog::new(KEEP), vec![on("document.created", json!({}))]);
    let invited = || after(created(), vec![on("invitation.sent", invitee())]);
    let resends = || on("invitation.resent", invitee());
    let by = |action: &str, actor: Value| done(action, json!({"actor": actor}));
    let workflow = |action: &str, role: &str| {
        event(
            action,
            json!({"actor": user("u_2", Some(role)), "targets": [{"type": "workflow", "id": "w_1"}]}),
        )
    };
    let pays = |action: &str| on(action, json!({"actor": {"type": "system"}}));
    let authorised = || on("payment.authorised", by_invitee());
    let signed = || on("document.signed", by_invitee());
    let timed_out = || on("invitation.timed_out", invitee());
    let captured = || after(invited(), vec![authorised(), signed(), pays("payment.captured")]);
    vec![
        case(
            "may_not_cancel",
            one(json!({})),
            by("document.revoked", user("u_2", Some("member"))),
            vec![],
            by("document.revoked", user("u_2", Some("admin"))),
        ),
        case(
            "may_not_cancel",
            one(json!({})),
            act("document.revoked", "si1", json!({})),
            vec![],
            by("document.revoked", owner()),
        ),
        // The end itself is as hard to tell as what leads to it.
        case(
            "may_not_cancel",
            one(json!({})),
            by("document.canceled", user("u_2", Some("member"))),
            vec![],
            by("document.canceled", user("u_2", Some("owner"))),
        ),
        case(
            "may_not_cancel",
            one(json!({})),
            act("document.canceled", "si1", json!({"metadata": {"cause": "declined"}})),
            vec![],
            by("document.canceled", json!({"type": "service", "id": "clean-up"})),
        ),
        case(
            "may_not_complete",
            one(json!({})),
            by("document.completed", user("u_2", Some("admin"))),
            vec![],
            by("document.completed", owner()),
        ),
        case(
            "may_not_delete",
            one(json!({})),
            by("document.deleted", user("u_2", Some("admin"))),
            vec![],
            by("document.deleted", owner()),
        ),
        case(
            "may_not_delete",
            one(json!({})),
            by("document.deleted", json!({"type": "system"})),
            vec![by("document.completed", owner())],
            by("document.deleted", json!({"type": "system"})),
        ),
        case(
            "not_admin",
            TestLog::new(KEEP),
            workflow("workflow.created", "editor"),
            vec![],
            workflow("workflow.created", "Admin"),
        ),
        case(
            "not_admin",
            TestLog::new(KEEP),
            workflow("workflow.updated", "editor"),
            vec![],
            workflow("workflow.updated", "admin"),
        ),
        case(
            "not_admin",
            TestLog::new(KEEP),
            workflow("workflow.deleted", "editor"),
            vec![],
            about("workflow", "workflow.deleted"),
        ),
        // L28 and L29 without a process: people are known by their addresses.
        case(
            "sends_exhausted",
            after(invited(), vec![resends(), resends(), resends(), resends()]),
            resends(),
            vec![on("document.declined", by_invitee()), on("invitation.reinvited", invitee())],
            resends(),
        ),
        case(
            "invitation_not_active",
            after(invited(), vec![signed()]),
            resends(),
            vec![],
            on("stamp.used", json!({})),
        ),
        case(
            "not_rejected",
            invited(),
            on("invitation.reinvited", invitee()),
            vec![on("document.declined", by_invitee())],
            on("invitation.reinvited", invitee()),
        ),
        case(
            "invitation_timed_out",
            after(invited(), vec![timed_out()]),
            on("invitation.reinvited", invitee()),
            vec![],
            on("stamp.used", json!({})),
        ),
        case(
            "not_aadhaar",
            invited(),
            on("signing.retries_exhausted", method("otp")),
            vec![],
            on("signing.retries_exhausted", method("aadhaar_otp")),
        ),
        // L33, L46, L48.
        case(
            "payment_not_authorised",
            after(invited(), vec![signed()]),
            pays("payment.captured"),
            vec![authorised()],
            pays("payment.captured"),
        ),
        case(
            "signing_not_clean",
            after(invited(), vec![authorised()]),
            pays("payment.captured"),
            vec![signed()],
            pays("payment.captured"),
        ),
        case(
            "signing_not_clean",
            after(invited(), vec![authorised(), signed(), pays("verification.failed_after_sign")]),
            pays("payment.captured"),
            vec![],
            pays("payment.capture_failed"),
        ),
        case(
            "payment_not_captured",
            after(invited(), vec![authorised(), signed()]),
            pays("payment.reversed"),
            vec![pays("payment.captured")],
            pays("payment.reversed"),
        ),
        case(
            "payment_not_captured",
            after(captured(), vec![pays("payment.reversed")]),
            pays("payment.reversed"),
            vec![],
            pays("stamp.used"),
        ),
        // C13, C15.
        case(
            "not_pending",
            after(
                TestLog::new(KEEP),
                vec![about("meeting", "meeting.created"), about("meeting", "meeting.approved")],
            ),
            about("meeting", "meeting.rejected"),
            vec![about("meeting", "meeting.created")],
            about("meeting", "meeting.rejected"),
        ),
        case(
            "not_pending",
            after(TestLog::new(KEEP), vec![about("meeting", "meeting.canceled")]),
            about("meeting", "meeting.approved"),
            vec![about("meeting", "meeting.created")],
            about("meeting", "meeting.approved"),
        ),
        case(
            "invitation_accepted",
            after(
                TestLog::new(KEEP),
                vec![about("invitation", "member.invited"), about("invitation", "member.joined")],
            ),
            about("invitation", "member.invitation_canceled"),
            vec![about("invitation", "member.invited")],
            about("invitation", "member.invitation_canceled"),
        ),
        case(
            "not_canceled",
            after(
                TestLog::new(KEEP),
                vec![
                    about("subscription", "subscription.canceled"),
                    about("subscription", "subscription.reactivated"),
                ],
            ),
            about("subscription", "subscription.reactivated"),
            vec![about("subscription", "subscription.canceled")],
            about("subscription", "subscription.reactivated"),
        ),
    ]
}

/// Codes that stand on actions; `process_ended` has a test of its own.
fn codes_of_catalogs() -> BTreeSet<(String, String)> {
    let actions = NAMES.iter().flat_map(|name| shipped(name).unwrap().actions());
    let codes = actions.flat_map(|action| action.guard.iter().map(|code| (action.key.clone(), code.clone())));
    codes.filter(|(_, code)| code != "process_ended").collect()
}

/// Every row of the table, both ways; L24 to L48, X11 to X18, C13, C15.
#[test]
fn every_guard_of_every_catalog_refuses_and_lets_pass() {
    let mut seen = BTreeSet::new();
    for case in cases_of_files().into_iter().chain(cases_of_signees()).chain(cases_of_others()) {
        let Case { code, mut log, refused, then, taken } = case;
        let action = refused.action.clone();
        seen.insert((action.clone(), code.to_owned()));
        // History keeps it, and says which guard it did not meet.
        let verdict = observe(log.state.as_ref(), &incoming(&refused, log.now_ms, false));
        let is_told = verdict.anomalies.iter().any(|anomaly| anomaly == code);
        assert!(is_told || code == "not_due", "{action} {code}: {:?}", verdict.anomalies);
        assert!(verdict.implied.is_empty());
        assert_eq!(log.refused(refused), code, "{action}");
        for event in then {
            log.take(event);
        }
        log.take(taken);
    }
    let docs = include_str!("../../../docs/processes.md");
    for (action, code) in &seen {
        assert!(docs.contains(&format!("`{code}`")), "{action}: {code} is not in docs/processes.md");
    }
    for pair in codes_of_catalogs() {
        assert!(seen.contains(&pair), "no case refuses {} with {}", pair.0, pair.1);
    }
}

/// X21, and what is still recorded after an end.
#[test]
fn an_ended_process_takes_what_the_catalogs_say_and_nothing_else() {
    let about_processes = [
        "document",
        "signee",
        "invitation",
        "delivery",
        "payment",
        "verification",
        "signing",
        "stamp",
        "reminder",
    ];
    for how in ["completed", "revoked", "deleted"] {
        let mut log = one(json!({}));
        log.take(done(&format!("document.{how}"), json!({})));
        for action in NAMES.iter().flat_map(|name| shipped(name).unwrap().actions()) {
            let (noun, verb) = action.key.split_once('.').unwrap();
            let is_series = matches!(verb, "expiry_extended" | "series_created");
            if !about_processes.contains(&noun) || is_series || action.key.starts_with("document.deleted") {
                continue;
            }
            let event = act(&action.key, "si1", json!({}));
            let refused = log.try_take(event).err().map(|refusal| refusal.code);
            let is_ended = refused == Some("process_ended");
            assert_eq!(
                is_ended,
                action.guard.iter().any(|code| code == "process_ended"),
                "{} {how}",
                action.key
            );
        }
        // What no catalog knows is refused too, and an attempt that failed is a fact.
        assert_eq!(log.refused(done("note.created", json!({}))), "process_ended");
        log.take(act("document.signed", "si1", json!({"outcome": "denied"})));
        log.take(act("document.downloaded", "si1", json!({})));
    }
}

/// A product that begins in mid-life loses no fact.
#[test]
fn where_the_log_holds_nothing_every_guard_lets_pass() {
    for make in [act as fn(&str, &str, Value) -> NewEvent, |action, _, members| on(action, members)] {
        for action in NAMES.iter().flat_map(|name| shipped(name).unwrap().actions()) {
            let key = action.key.as_str();
            let members = match key {
                "document.forwarded" => {
                    json!({"metadata": {"signee": {"name": "Eve", "email": "e@x.example"}}})
                }
                "signing.retries_exhausted" => method("Aadhaar"),
                "document.revoked" | "document.canceled" | "document.completed" => {
                    json!({"actor": owner()})
                }
                _ => json!({}),
            };
            TestLog::new(CANCEL).take(make(key, "si1", members));
        }
    }
    // Nobody knows who else is in it, so one signature ends nothing.
    let mut log = TestLog::new(CANCEL);
    assert_eq!(log.take(act("document.signed", "si1", json!({}))), [""; 0]);
    assert_eq!((log.stand("si1"), log.status()), (Stand::Signed, Status::Active));
}

/// Hostile shapes are refused with a place, and history keeps what can be read.
#[test]
fn what_a_signee_cannot_be_is_refused_and_never_a_panic() {
    let bad = [
        json!("Bo"),
        json!([]),
        json!({"name": 7}),
        json!({"email": ["a"]}),
        json!({"name": "x".repeat(501)}),
        json!({"name": "\u{200b}"}),
        json!({"name": "Bo\nEk"}),
        json!({"email": "Bo Ek <bo@x.example>"}),
        json!({"email": "bo"}),
        json!({"email": "a@b@x.example"}),
        json!({"email": format!("{}@x.example", "b".repeat(250))}),
        json!({"phone": "call me"}),
        json!({"phone": "12"}),
        json!({"role": " "}),
        json!({"signature_type": "Wax"}),
        json!({"required": "yes"}),
        json!({"order": -1}),
        json!({"order": 1.5}),
        json!({"order": 1e15}),
        json!({"auth": true}),
        json!({"auth": {"pin": "1234"}}),
        json!({"expires_at": "tomorrow"}),
        json!({"signee_key": ""}),
        json!({"signee_key": "si8"}),
        json!({"signee_key": "x".repeat(201)}),
    ];
    for told in bad {
        let mut log = TestLog::with(KEEP, json!({}), &[]);
        let event = done("signee.added", json!({"signee": "si9", "metadata": {"signee": told.clone()}}));
        let verdict = observe(log.state.as_ref(), &incoming(&event, log.now_ms, false));
        assert_eq!(verdict.anomalies, ["invalid_signee"], "{told}");
        assert_eq!(verdict.state.signees.len(), 1);
        assert_eq!(log.refused(event), "invalid_signee", "{told}");
    }
    let mut log = TestLog::with(KEEP, json!({}), &[]);
    assert_eq!(log.refused(done("signee.added", json!({}))), "invalid_signee");
    assert_eq!(log.refused(act("document.signed", &"k".repeat(201), json!({}))), "invalid_signee");
    for key in ["a b", "..", "total", "sí"] {
        assert_eq!(log.refused(done("signee.added", json!({"signee": key}))), "invalid_signee", "{key}");
        let to = json!({"name": "Eve", "email": "eve@x.example", "signee_key": key});
        let forward = act("document.forwarded", "si1", json!({"metadata": {"signee": to}}));
        assert_eq!(one(json!({})).refused(forward), "invalid_signee", "{key}");
    }
    for to in [json!({"name": "\u{200b}", "email": "eve@x.example"}), json!({"name": "Eve", "email": "eve"})]
    {
        let forward = act("document.forwarded", "si1", json!({"metadata": {"signee": to}}));
        let verdict = observe(one(json!({})).state.as_ref(), &incoming(&forward, BEGIN_MS, false));
        assert_eq!(verdict.anomalies, ["invalid_signee"]);
        assert_eq!(one(json!({})).refused(forward), "invalid_signee");
    }
    let nulls = json!({"name": null, "order": null, "auth": null, "signee_key": null, "expires_at": null});
    log.take(done("signee.added", json!({"signee": "si9", "metadata": {"signee": nulls}})));
    for told in [json!({"sequences": 1}), json!({"sign_in_order": "yes"}), json!({"display_name": {}})] {
        let event = done("document.created", json!({"metadata": told}));
        assert_eq!(TestLog::new(KEEP).refused(event), "invalid_process");
        // Without a process the metadata is the sender's own.
        TestLog::new(KEEP).take(on("document.created", json!({"metadata": told})));
    }
}

#[test]
fn a_process_holds_so_many_signees_and_no_more() {
    let keys: Vec<String> = (0..SIGNEES_MAX).map(|at| format!("si{at}")).collect();
    let signees: Vec<(&str, Value)> = keys.iter().map(|key| (key.as_str(), json!({}))).collect();
    let mut log = TestLog::with(KEEP, json!({}), &signees);
    assert_eq!(log.refused(done("signee.added", json!({"signee": "more"}))), "too_many_signees");
    assert_eq!(log.refused(act("document.signed", "more", json!({}))), "too_many_signees");
    assert_eq!(log.refused(NewEvent { signee: Some("si0".to_owned()), ..forward() }), "too_many_signees");
    let event = act("document.signed", "more", json!({}));
    let verdict = observe(log.state.as_ref(), &incoming(&event, log.now_ms, false));
    assert_eq!(verdict.state.signees.len(), SIGNEES_MAX);
}

/// What says of itself that it happened when the time had run out comes too late, however early it is told; X18, L30.
#[test]
fn nothing_of_a_signee_happens_behind_an_expiry() {
    let process = json!({"expires_at": "2026-11-22T00:00:00Z"});
    let signees = [("si1", json!({"expires_at": "2026-11-21T12:00:00Z"})), ("si2", json!({}))];
    let begun = || TestLog::with(KEEP, process.clone(), &signees);
    let at = |action: &str, key: &str, time: &str| act(action, key, json!({"occurred_at": time}));
    for (action, code) in [
        ("document.signed", "not_invited"),
        ("document.declined", "signee_ended"),
        ("invitation.sent", "signee_ended"),
        ("invitation.resent", "invitation_not_active"),
    ] {
        let late = at(action, "si1", "2026-11-21T12:00:00Z");
        let verdict = observe(begun().state.as_ref(), &incoming(&late, BEGIN_MS, false));
        assert_eq!(verdict.anomalies, [code], "{action}");
        assert_eq!(begun().refused(late), code, "{action}");
        begun().take(at(action, "si1", "2026-11-21T11:59:59.999Z"));
        assert_eq!(begun().refused(at(action, "si2", "2026-11-22T00:00:00Z")), "process_ended", "{action}");
        begun().take(at(action, "si2", "2026-11-21T23:59:59.999Z"));
    }
    // What is still recorded of a process that is over is recorded here too, and the end can be told.
    begun().take(at("document.accessed", "si2", "2026-11-22T00:00:00Z"));
    let mut log = begun();
    log.now_ms += 3 * 24 * 3_600_000;
    log.take(done("document.expired", json!({"occurred_at": "2026-11-22T00:00:00Z"})));
}

/// A late report is no lie, so that it is taken; who reads it is told.
#[test]
fn what_happened_before_the_creation_is_marked() {
    let marks = |occurred_at: &str| {
        let log = one(json!({}));
        let event = act("document.signed", "si1", json!({"occurred_at": occurred_at}));
        let incoming = incoming(&event, log.now_ms, false);
        let verdict = decide(log.state.as_ref(), &incoming, &KEEP).unwrap();
        assert_eq!(verdict.anomalies, observe(log.state.as_ref(), &incoming).anomalies);
        assert_eq!(verdict.implied.len(), 1);
        verdict.anomalies
    };
    // The process was made at 15:41:00 by the server's clock; another clock may be somewhat behind.
    assert_eq!(marks("1971-01-01T00:00:00Z"), ["before_creation"]);
    let created_ms = one(json!({})).state().created_ms.unwrap();
    let at = |ms: u64| due::time(ms).map(String::from).unwrap();
    assert_eq!(marks(&at(created_ms - CLOCKS_APART_MS_MAX)), [""; 0]);
    assert_eq!(marks(&at(created_ms - CLOCKS_APART_MS_MAX - 1)), ["before_creation"]);
    // Of a process whose creation is not known nothing can be said.
    let mut adopted = TestLog::new(KEEP);
    adopted.take(act("document.viewed", "si1", json!({})));
    let event = act("document.signed", "si1", json!({"occurred_at": "1971-01-01T00:00:00Z"}));
    assert!(observe(adopted.state.as_ref(), &incoming(&event, adopted.now_ms, false)).anomalies.is_empty());
}
