//! Signing processes from begin to end, as a product and its signees live through them. Deliberately absent: every single
//! rule (`core::process` has them in its own tests), and the form of requests, see `processes`.

use std::thread;

use everlog_core::ids::OrgId;
use everlog_core::process::Subject;
use serde_json::{Value, json};

use crate::http::processes::{PROCESSES, create, feed, lease};
use crate::server::{Answer, Server};
use crate::viewer::token;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// The year 2100: after every time that these tests set.
const LATE_MS: u64 = 4_102_444_800_000;

fn act(server: &Server, key: &str, process: &str, event: &Value) -> Answer {
    server.post(&format!("{PROCESSES}/{process}/events"), key, event)
}

/// Records an event that must be accepted, and gives the actions it implied.
fn done(server: &Server, key: &str, process: &str, event: &Value) -> Vec<String> {
    let answer = act(server, key, process, event);
    assert_eq!(answer.status, 201, "{event}: {answer:?}");
    server.check_log();
    actions(&answer.body["implied"])
}

fn actions(events: &Value) -> Vec<String> {
    events.as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap().to_owned()).collect()
}

fn of_signee(action: &str, signee: &str) -> Value {
    json!({"action": action, "signee": signee, "context": {"ip": "203.0.113.7", "user_agent": "Firefox"}})
}

fn invitation(signee: &str) -> Value {
    let mut event = of_signee("invitation.sent", signee);
    event["actor"] = json!({"type": "system"});
    event["metadata"] = json!({"delivery_method": "Email"});
    event
}

fn process(server: &Server, key: &str, process: &str) -> Value {
    let answer = server.get(&format!("{PROCESSES}/{process}"), key);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn status(server: &Server, key: &str, of: &str) -> String {
    process(server, key, of)["status"].as_str().unwrap().to_owned()
}

/// A process with invited signees of these keys.
fn invited(server: &Server, key: &str, name: &str, signees: &[&str]) -> String {
    let list: Vec<Value> = signees
        .iter()
        .map(|it| json!({"signee_key": it, "name": format!("Name of {it}"), "email": format!("{it}@globex.example")}))
        .collect();
    let mut new = lease(json!(list));
    new["process_key"] = json!(name);
    create(server, key, &new);
    for signee in signees {
        assert_eq!(act(server, key, name, &invitation(signee)).status, 201);
    }
    name.to_owned()
}

/// Does everything that is due at this time.
fn do_due(server: &Server, now_ms: u64) {
    runtime().block_on(server.app.do_due(now_ms)).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The actions of the log, in order.
fn log(server: &Server, key: &str) -> Vec<String> {
    actions(&json!(feed(server, key)))
}

fn count(server: &Server, key: &str, action: &str) -> usize {
    log(server, key).iter().filter(|it| *it == action).count()
}

fn set(server: &Server, key: &str, settings: Value) {
    let body = json!({"settings": settings}).to_string();
    let answer =
        server.send("PATCH", "/v1/organizations/acme", key, Some(body.as_bytes()), "application/json");
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// T28, T30: the worked example, step by step; Completed follows the last signature with that signee and its time.
#[test]
fn the_worked_example_gives_its_eight_statuses_in_order() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let made = server.post(PROCESSES, &key, &lease(json!([{"name": "Bo Li", "phone": "+354 555 1234"}])));
    let deal = made.body["process_key"].as_str().unwrap();
    let signee = made.body["signees"][0]["signee_key"].as_str().unwrap();
    assert_eq!(status(&server, &key, deal), "draft");
    let mut sent = invitation(signee);
    sent["metadata"] = json!({"delivery_method": "Sms"});
    assert_eq!(done(&server, &key, deal, &sent), [""; 0]);
    let started = json!({"action": "document.started", "actor": {"type": "user", "id": "u_1"}, "metadata": {"file_name": "lease.pdf"}});
    done(&server, &key, deal, &started);
    assert_eq!(status(&server, &key, deal), "active");
    let sms = json!({"action": "delivery.sms", "signee": signee, "actor": {"type": "system"}, "metadata": {"status": "DELIVERED"}});
    done(&server, &key, deal, &sms);
    assert_eq!(done(&server, &key, deal, &of_signee("document.signed", signee)), ["document.completed"]);
    assert_eq!(status(&server, &key, deal), "completed");
    let mail = json!({"action": "delivery.confirmation", "signee": signee, "actor": {"type": "service", "id": "Mailgun"},
        "metadata": {"event": "delivered", "to": "bo@globex.example"}});
    assert_eq!(done(&server, &key, deal, &mail), [""; 0]);
    let events: Vec<Value> =
        feed(&server, &key).into_iter().filter(|it| it["action"] != "trail.made").collect();
    let told: Vec<&str> = events.iter().map(|it| it["action"].as_str().unwrap()).collect();
    let expected = [
        "document.created",
        "signee.added",
        "invitation.sent",
        "document.started",
        "delivery.sms",
        "document.signed",
        "document.completed",
        "delivery.confirmation",
    ];
    assert_eq!(told, expected);
    let (signed, completed) = (&events[5], &events[6]);
    assert_eq!((&completed["cause"], &completed["signee"]), (&signed["seq"], &json!(signee)));
    assert_eq!(completed["occurred_at"], signed["occurred_at"]);
    assert_eq!(
        (&completed["actor"]["type"], &completed["seq"]),
        (&json!("system"), &json!(signed["seq"].as_u64().unwrap() + 1))
    );
    let seen = process(&server, &key, deal);
    assert_eq!((&seen["end_cause"], &seen["signees"][0]["status"]), (&json!("signed"), &json!("signed")));
    assert_eq!((&seen["signees"][0]["ip"], &seen["signees"][0]["sends"]), (&json!("203.0.113.7"), &json!(1)));
    assert_eq!(seen["signees"][0]["signed_at"], signed["occurred_at"]);
}

/// What a rule refuses is told with its code and leaves nothing; in an array the others are recorded.
#[test]
fn a_refusal_is_409_with_the_guards_code_and_writes_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    invited(&server, &key, "deal", &["bo", "ada"]);
    let size = server.size("acme");
    act(&server, &key, "deal", &of_signee("document.signed", "eve")).assert_problem(409, "not_invited");
    act(&server, &key, "deal", &json!({"action": "signee.removed", "signee": "bo"}))
        .assert_problem(409, "signee_required");
    assert_eq!(server.size("acme"), size);
    let twice = json!([
        of_signee("document.signed", "bo"),
        of_signee("document.signed", "bo"),
        of_signee("document.signed", "ada"),
        of_signee("document.declined", "ada")
    ]);
    let told = act(&server, &key, "deal", &twice);
    let codes: Vec<&Value> =
        told.body["results"].as_array().unwrap().iter().map(|it| &it["problem"]["code"]).collect();
    assert_eq!(
        codes,
        [&Value::Null, &json!("not_invited"), &Value::Null, &json!("process_ended")],
        "{told:?}"
    );
    assert_eq!(told.body["results"][2]["implied"][0]["action"], "document.completed");
    // The same id again is a duplicate, and no second act.
    let mut download =
        json!({"id": "d-1", "action": "document.downloaded", "actor": {"type": "user", "id": "u_1"}});
    assert_eq!(act(&server, &key, "deal", &download).status, 201);
    assert_eq!(act(&server, &key, "deal", &download).status, 200);
    download["reason"] = json!("another");
    act(&server, &key, "deal", &download).assert_problem(409, "id_conflict");
    server.check_log();
}

/// A signature that is sent again gets the same answer, be it after the end.
#[test]
fn the_last_signature_sent_again_is_a_duplicate_and_no_rule_is_asked() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    invited(&server, &key, "deal", &["bo"]);
    let mut signed = of_signee("document.signed", "bo");
    signed["id"] = json!("bo-signs");
    assert_eq!(done(&server, &key, "deal", &signed), ["document.completed"]);
    let again = act(&server, &key, "deal", &signed);
    assert_eq!((again.status, &again.body["status"]), (200, &json!("duplicate")));
    assert_eq!(count(&server, &key, "document.completed"), 1);
}

/// X12, T28: signatures in the same moment complete once, and each is there.
#[test]
fn two_who_sign_in_the_same_moment_complete_the_process_once() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    for round in 0..8 {
        let deal = invited(&server, &key, &format!("deal-{round}"), &["bo", "ada", "eve"]);
        let implied: Vec<usize> = thread::scope(|scope| {
            let sign = |signee: &'static str| {
                let (server, key, deal) = (&server, &key, &deal);
                scope.spawn(move || {
                    let answer = act(server, key, deal, &of_signee("document.signed", signee));
                    assert_eq!(answer.status, 201, "{answer:?}");
                    answer.body["implied"].as_array().unwrap().len()
                })
            };
            let signers = ["bo", "ada", "eve"].map(sign);
            signers.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert_eq!(implied.iter().sum::<usize>(), 1, "{implied:?}");
        assert_eq!(status(&server, &key, &deal), "completed");
    }
    assert_eq!(
        (count(&server, &key, "document.signed"), count(&server, &key, "document.completed")),
        (24, 8)
    );
    server.check_log();
}

/// `mode=record`: folded into the state, with anomalies instead of refusals; nothing follows and no timer starts.
#[test]
fn history_is_folded_as_it_was_and_nothing_follows_from_it() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let at = |day: u32, mut event: Value| {
        event["occurred_at"] = json!(format!("2020-01-{day:02}T12:00:00Z"));
        event["process"] = json!("old");
        event
    };
    let created = json!({"action": "document.created", "actor": {"type": "user", "id": "u_1", "email": "ana@acme.example"},
        "metadata": {"display_name": "Old lease", "file_name": "old.pdf", "expires_at": "2020-03-01T00:00:00Z"}});
    let added = json!({"action": "signee.added", "signee": "bo", "actor": {"type": "system"}, "metadata": {"signee": {"signee_key": "bo", "name": "Bo"}}});
    let history = json!([at(1, created), at(2, added), at(3, of_signee("document.signed", "bo"))]);
    let path = format!("{PROCESSES}/old/events?mode=record");
    let answer = server.post(&path, &key, &history);
    assert_eq!(answer.body["created"], 3, "{answer:?}");
    let events = feed(&server, &key);
    assert_eq!(events[2]["anomalies"], json!(["not_invited"]));
    assert!(events.iter().all(|event| event["cause"].is_null()));
    do_due(&server, LATE_MS);
    assert_eq!(server.size("acme"), 3, "history starts no timer");
    let seen = process(&server, &key, "old");
    assert_eq!(
        (&seen["status"], &seen["created_at"]),
        (&json!("active"), &json!("2020-01-01T12:00:00.000Z"))
    );
    assert_eq!(seen["signees"][0]["signed_at"], "2020-01-03T12:00:00.000Z");
    let found = server.get(&format!("{PROCESSES}?from=2020-01-02&to=2020-01-02"), &key);
    assert_eq!(found.body["data"][0]["process_key"], "old");
    server.check_log();
}

/// X18, L30: time-outs and expiries are the server's own work: once, also when two rounds meet, also after a restart.
#[test]
fn what_falls_due_is_done_once() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let ends = |name: &str, process: Option<&str>, signee: Option<&str>| {
        let mut new = lease(json!([{"signee_key": "bo", "name": "Bo", "expires_at": signee}]));
        new["process_key"] = json!(name);
        new["expires_at"] = json!(process);
        create(&server, &key, &new);
        assert_eq!(act(&server, &key, name, &invitation("bo")).status, 201);
    };
    ends("both", Some("2099-02-01T00:00:00Z"), Some("2099-01-01T00:00:00Z"));
    ends("process", Some("2099-03-01T00:00:00Z"), None);
    ends("signed", Some("2099-01-01T00:00:00Z"), None);
    ends("never", None, None);
    done(&server, &key, "signed", &of_signee("document.signed", "bo"));
    for action in ["invitation.timed_out", "document.expired"] {
        let early = json!({"action": action, "signee": "bo", "actor": {"type": "user", "id": "u_1"}});
        act(&server, &key, "both", &early).assert_problem(409, "not_due");
    }
    let due = |server: &Server| {
        (count(server, &key, "invitation.timed_out"), count(server, &key, "document.expired"))
    };
    let january = 4_070_908_800_000;
    do_due(&server, january - 1);
    assert_eq!(due(&server), (0, 0));
    runtime().block_on(async {
        let rounds = (0..4).map(|_| server.app.do_due(january));
        for round in futures_util::future::join_all(rounds).await {
            round.unwrap();
        }
    });
    assert_eq!(due(&server), (1, 0));
    let timed_out = feed(&server, &key).pop().unwrap();
    assert_eq!(
        (&timed_out["metadata"]["due_at"], &timed_out["actor"]["type"]),
        (&json!("2099-01-01T00:00:00.000Z"), &json!("system"))
    );
    server.check_log();
    let server = Server::start_in(server.stop(), |_| {});
    runtime().block_on(async {
        let (one, other) = tokio::join!(server.app.do_due(LATE_MS), server.app.do_due(LATE_MS));
        one.unwrap();
        other.unwrap();
    });
    assert_eq!(due(&server), (1, 2));
    do_due(&server, LATE_MS);
    assert_eq!(due(&server), (1, 2));
    for (name, ends) in
        [("both", "expired"), ("process", "expired"), ("signed", "completed"), ("never", "active")]
    {
        assert_eq!(status(&server, &key, name), ends);
    }
    act(&server, &key, "both", &of_signee("document.signed", "bo")).assert_problem(409, "process_ended");
    server.check_log();
}

/// The running server looks by itself: what ends in a moment ends without a call.
#[test]
fn the_running_server_ends_a_process_in_time() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let now = everlog::log::now_ms();
    let mut new = lease(json!([{"name": "Bo"}]));
    new["expires_at"] = json!(everlog::read::iso(now + 1_500));
    let deal = create(&server, &key, &new);
    let begun = std::time::Instant::now();
    while status(&server, &key, &deal) != "expired" {
        assert!(begun.elapsed().as_secs() < 20, "it is still open");
        thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(everlog::log::now_ms() >= now + 1_500);
    server.check_log();
}

/// The policies are those of the moment: changed at run time, they decide the next event.
#[test]
fn policies_changed_at_run_time_decide_what_follows_next() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let bounce = json!({"action": "signee.bounced", "signee": "bo", "actor": {"type": "system"}});
    for (setting, event, code) in
        [("on_decline", of_signee("document.declined", "bo"), "declined"), ("on_bounce", bounce, "bounced")]
    {
        for (word, implied, ends) in
            [("keep", vec![], "active"), ("cancel", vec!["document.canceled"], "canceled")]
        {
            set(&server, &key, json!({setting: word}));
            let deal = invited(&server, &key, &format!("{setting}-{word}"), &["bo", "ada"]);
            assert_eq!(done(&server, &key, &deal, &event), implied, "{setting} {word}");
            let seen = process(&server, &key, &deal);
            assert_eq!(seen["status"], ends, "{setting} {word}");
            assert_eq!(seen["end_cause"], if word == "cancel" { json!(code) } else { Value::Null });
        }
    }
    for (word, ends) in [("keep", "expired"), ("cancel", "canceled")] {
        set(&server, &key, json!({"on_expired": word}));
        let mut new = lease(json!([{"name": "Bo"}]));
        new["expires_at"] = json!("2099-01-01T00:00:00Z");
        let deal = create(&server, &key, &new);
        do_due(&server, LATE_MS);
        assert_eq!(status(&server, &key, &deal), ends);
    }
    server.check_log();
}

/// L27: completed documents and drafts go after a fixed time of their own; nothing else does, and nothing goes twice.
#[test]
fn what_is_old_is_deleted_by_status_and_once() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    invited(&server, &key, "done", &["bo"]);
    done(&server, &key, "done", &of_signee("document.signed", "bo"));
    invited(&server, &key, "open", &["bo"]);
    let mut draft = lease(json!([]));
    draft["process_key"] = json!("draft");
    create(&server, &key, &draft);
    let now = everlog::log::now_ms();
    do_due(&server, now + 400 * DAY_MS);
    assert_eq!(count(&server, &key, "document.deleted"), 0, "nothing is set, nothing is deleted");
    set(&server, &key, json!({"delete_completed_after_days": 10}));
    do_due(&server, now + 9 * DAY_MS);
    assert_eq!(count(&server, &key, "document.deleted"), 0);
    runtime().block_on(async {
        let (one, other) =
            tokio::join!(server.app.do_due(now + 11 * DAY_MS), server.app.do_due(now + 11 * DAY_MS));
        one.unwrap();
        other.unwrap();
    });
    assert_eq!(count(&server, &key, "document.deleted"), 1);
    let deleted = |of: &str| !process(&server, &key, of)["deleted_at"].is_null();
    assert_eq!(["done", "open", "draft"].map(deleted), [true, false, false]);
    set(&server, &key, json!({"delete_drafts_after_days": 30}));
    do_due(&server, now + 31 * DAY_MS);
    assert_eq!(["done", "open", "draft"].map(deleted), [true, false, true]);
    assert_eq!(count(&server, &key, "document.deleted"), 2);
    let causes: Vec<Value> = feed(&server, &key)
        .into_iter()
        .filter(|it| it["action"] == "document.deleted")
        .map(|it| it["metadata"]["cause"].clone())
        .collect();
    assert_eq!(causes, ["retention_completed", "retention_draft"]);
    server.check_log();
}

/// Names stand in the log once, where a signee is added, and are read everywhere.
#[test]
fn a_signees_name_is_filled_in_wherever_their_act_is_read() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    set(&server, &key, json!({"export": ["csv", "jsonl"]}));
    invited(&server, &key, "deal", &["bo"]);
    let signed = act(&server, &key, "deal", &of_signee("document.signed", "bo"));
    let id = signed.body["id"].as_str().unwrap();
    let org = server.app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap();
    let seq = everlog_core::ids::Seq(signed.body["seq"].as_u64().unwrap());
    let kept =
        String::from_utf8(server.app.store.rows(org.code(), &[seq]).unwrap().remove(0).document).unwrap();
    assert!(!kept.contains("Name of bo") && !kept.contains("globex"), "{kept}");
    let session = token(&server, "acme", "u_1", "user");
    let of = "process=deal&action=document.signed";
    for (path, credential) in [
        (format!("/v1/organizations/acme/events?{of}"), &key),
        (format!("/v1/organizations/acme/events/{id}"), &key),
        ("/v1/organizations/acme/feed".to_owned(), &key),
        (format!("/v1/organizations/acme/export?format=jsonl&{of}"), &key),
        (format!("/v1/organizations/acme/export?format=csv&{of}"), &key),
        (format!("/v1/organizations/acme/export?format=csv&columns=full&{of}"), &key),
        ("/v1/organizations/acme/targets/document/deal".to_owned(), &key),
        (format!("/view/acme?{of}"), &session),
        (format!("/view/acme/events/{id}"), &session),
    ] {
        let read = server.get(&path, credential);
        assert_eq!(read.status, 200, "{path}: {read:?}");
        assert!(read.text.contains("Name of bo"), "{path}: {}", read.text);
    }
}

/// What a stranger knows of a process is nothing, and what they do under its key is another process.
#[test]
fn processes_of_one_name_in_two_organizations_have_nothing_in_common() {
    let server = Server::start();
    let (key, other) = (server.tenant("acme", "signing"), server.tenant("globex", "signing"));
    invited(&server, &key, "deal", &["bo"]);
    let there = "/v1/organizations/globex/processes/deal";
    server.get(there, &other).assert_problem(404, "not_found");
    server
        .post(&format!("{there}/events"), &other, &of_signee("document.signed", "bo"))
        .assert_problem(404, "not_found");
    let mut signed = of_signee("document.signed", "bo");
    signed["process"] = json!("deal");
    assert_eq!(server.post("/v1/organizations/globex/events", &other, &signed).status, 201);
    assert_eq!(status(&server, &key, "deal"), "active");
    let read = server.get(there, &other);
    assert!(!read.text.contains("Name of bo"), "{}", read.text);
    server.check_log();
}

/// The same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Whatever comes, in whatever order: no answer but those there are, and the states are what the log adds up to.
#[test]
fn random_processes_are_always_what_their_events_add_up_to() {
    const ACTIONS: &[&str] = &[
        "document.signed",
        "document.signed",
        "document.signed",
        "document.declined",
        "document.viewed",
        "document.accessed",
        "signee.bounced",
        "signee.removed",
        "signee.authenticated",
        "signee.added",
        "invitation.sent",
        "invitation.sent",
        "invitation.resent",
        "invitation.reinvited",
        "invitation.deleted",
        "document.forwarded",
        "document.started",
        "document.revoked",
        "document.completed",
        "document.deleted",
        "payment.authorised",
        "payment.captured",
        "payment.reversed",
        "stamp.used",
        "delivery.confirmation",
    ];
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut told = std::collections::BTreeMap::<u16, usize>::new();
    for round in 0..12 {
        let deal = format!("deal-{round}");
        let signees: Vec<Value> = (0..random.below(4))
            .map(|at| json!({"signee_key": format!("s{at}"), "name": "N", "email": format!("s{at}@x.example"), "required": random.below(10) < 7,
                "auth": {"pin": random.below(10) < 2}}))
            .collect();
        let mut new = lease(json!(signees));
        new["process_key"] = json!(deal);
        new["sign_in_order"] = json!(random.below(10) < 3);
        create(&server, &key, &new);
        for _ in 0..25 {
            let mut event = json!({"action": ACTIONS[random.below(ACTIONS.len())]});
            let signee = format!("s{}", random.below(4));
            event["signee"] = json!(signee);
            event["metadata"] = match random.below(4) {
                0 => json!({"method": "pin"}),
                1 => json!({"signee": {"name": "New", "email": "new@x.example"}}),
                2 => json!({"event": "failed", "severity": "permanent"}),
                _ => json!({"delivery_method": "Email"}),
            };
            if random.below(10) < 3 {
                event["actor"] = json!({"type": "user", "id": "u_1"});
            }
            let mode = if random.below(10) < 1 { "?mode=record" } else { "" };
            let answer = server.post(&format!("{PROCESSES}/{deal}/events{mode}"), &key, &event);
            assert!(matches!(answer.status, 201 | 409), "{event}: {answer:?}");
            *told.entry(answer.status).or_default() += 1;
        }
        server.check_log();
        let seen = process(&server, &key, &deal);
        let events: Vec<Value> = feed_of(&server, &key, &deal);
        let is_end = |it: &&Value| {
            let action = it["action"].as_str().unwrap();
            ["document.completed", "document.canceled"].contains(&action) && it["anomalies"] == json!([])
        };
        assert!(events.iter().filter(is_end).count() <= 1, "an end is final: {events:?}");
        assert!(seen["status"].is_string());
        for event in events.iter().filter(|it| !it["cause"].is_null()) {
            let cause = events.iter().find(|it| it["seq"] == event["cause"]).unwrap();
            assert_eq!(cause["occurred_at"], event["occurred_at"]);
        }
    }
    assert!(told[&201] > 50 && told[&409] > 50, "{told:?}");
    let org = server.app.directory.find(&OrgId::try_from("acme").unwrap()).unwrap().unwrap();
    let kept = |server: &Server| {
        server.app.store.subject(org.row.code, Subject::process("deal-3").as_str()).unwrap()
    };
    let before = kept(&server);
    everlog::log::rebuild(server.app.store.as_ref(), org.row.code).unwrap();
    assert_eq!(kept(&server), before);
    server.check_log();
}

fn feed_of(server: &Server, key: &str, process: &str) -> Vec<Value> {
    let path = format!("/v1/organizations/acme/events?process={process}&sort=time&limit=1000");
    server.get(&path, key).body["data"].as_array().unwrap().clone()
}

/// A list once said 'document declined' of it, where the Audit Trail said who declined what, and why.
#[test]
fn what_names_nothing_else_is_about_the_document() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let deal = invited(&server, &key, "sp1", &["si1"]);
    let mut event = of_signee("document.viewed", "si1");
    event["id"] = json!("viewed-1");
    assert_eq!(act(&server, &key, &deal, &event).status, 201);
    assert_eq!(act(&server, &key, &deal, &event).body["status"], "duplicate", "sent again it is the same");
    event["targets"] = json!([]);
    event["id"] = json!("viewed-2");
    assert_eq!(act(&server, &key, &deal, &event).status, 201);
    let mut declined = of_signee("document.declined", "si1");
    declined["reason"] = json!("wrong name");
    assert_eq!(act(&server, &key, &deal, &declined).status, 201);
    let events = feed(&server, &key);
    let of = |id: &str| events.iter().find(|it| it["id"] == id || it["action"] == id).unwrap();
    assert_eq!(of("document.declined")["targets"][0]["id"], "sp1");
    let name = of("document.declined")["targets"][0]["name"].as_str().unwrap();
    assert_eq!(
        of("document.declined")["description"],
        format!("Name of si1 declined to sign {name}: wrong name")
    );
    let viewed = of("viewed-1")["description"].as_str().unwrap();
    assert!(viewed.starts_with(&format!("Name of si1 viewed {name}")), "{viewed}");
    assert_eq!(of("viewed-2")["targets"], json!([]), "who names none means none");
    let found =
        server.get("/v1/organizations/acme/events/total?target=document:sp1&action=document.declined", &key);
    assert_eq!(found.body["total"], 1);
    server.check_log();
}
