//! `receipts`: what providers report, believed by its signature. Deliberately absent: providers.

use everlog::app::receipts::{SIGNATURE_AGE_MS_MAX, SIGNATURE_AHEAD_MS_MAX};
use everlog::http::RECEIPT_BYTES_MAX;
use everlog::log::now_ms;
use everlog_core::hex::Hex;
use ring::hmac;
use serde_json::{Value, json};

use crate::server::{Answer, Server, event};

const ACME: &str = "/v1/organizations/acme";
const MAILGUN_KEY: &str = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0";
const SMS_KEY: &str = "the gateway's secret";

fn hmac_hex(key: &str, bytes: &[u8]) -> String {
    Hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), bytes).as_ref()).to_string()
}

/// A server with `acme`, which has the providers' secrets and one process with one signee, invited by e-mail.
fn start() -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let settings = json!({"settings": {"receipt_keys": {"mailgun": MAILGUN_KEY, "sms": SMS_KEY}}});
    let set = server.send("PATCH", ACME, &key, Some(settings.to_string().as_bytes()), "application/json");
    assert_eq!(set.status, 200, "{set:?}");
    let owner = json!({"type": "user", "id": "u_1", "email": "ana@acme.example"});
    let document = json!([{"type": "document", "id": "sp1", "name": "Lease"}]);
    let signee = json!({"signee_key": "si1", "name": "Bo", "email": "bo@x.example", "phone": "555"});
    let events = json!([
        {"action": "document.created", "process": "sp1", "actor": owner, "targets": document, "metadata": {"display_name": "Lease"}},
        {"action": "signee.added", "process": "sp1", "signee": "si1", "actor": owner, "targets": document, "metadata": {"signee": signee}},
        {"action": "invitation.sent", "process": "sp1", "signee": "si1", "actor": owner, "targets": document, "metadata": {"delivery_method": "Email"}},
    ]);
    let sent = server.post(&format!("{ACME}/events"), &key, &events);
    assert_eq!(sent.body["created"], 3, "{sent:?}");
    (server, key)
}

/// What Mailgun tells of a message, as its documentation shows it.
fn mailgun_event(id: &str, event: &str, variables: Value) -> Value {
    json!({
        "id": id, "timestamp": 1_573_211_164.993_471, "log-level": "info", "event": event,
        "delivery-status": {"tls": true, "mx-host": "smtp-in.example.com", "code": 250, "description": "", "session-seconds": 0.433,
            "utf8": true, "attempt-no": 1, "message": "OK", "certificate-verified": true},
        "flags": {"is-routed": false, "is-authenticated": true, "is-system-test": false, "is-test-mode": false},
        "envelope": {"transport": "smtp", "sender": "postmaster@mailgun.example", "sending-ip": "209.61.154.250", "targets": "bo@x.example"},
        "message": {"headers": {"to": "Bo <bo@x.example>", "message-id": "2013@x.example", "from": "Ana <ana@acme.example>", "subject": "Signed"},
            "attachments": [], "size": 111},
        "recipient": "bo@x.example", "recipient-domain": "x.example", "campaigns": [], "tags": [], "user-variables": variables,
    })
}

fn signed(key: &str, token: &str, at_ms: u64, event: &Value) -> Value {
    let timestamp = (at_ms / 1_000).to_string();
    let signature = hmac_hex(key, format!("{timestamp}{token}").as_bytes());
    json!({"signature": {"timestamp": timestamp, "token": token, "signature": signature}, "event-data": event})
}

fn mailgun(server: &Server, receipt: &Value) -> Answer {
    server.post(&format!("{ACME}/receipts/mailgun"), "", receipt)
}

fn sms(server: &Server, key: &str, body: &str) -> Answer {
    let signature = hmac_hex(key, body.as_bytes());
    let headers = [("Content-Type", "application/json"), ("Everlog-Signature", signature.as_str())];
    server.request("POST", &format!("{ACME}/receipts/sms"), &headers, Some(body.as_bytes()))
}

/// The newest events of a kind.
fn listed(server: &Server, key: &str, action: &str) -> Vec<Value> {
    let answer = server.get(&format!("{ACME}/events?action={action}"), key);
    answer.body["data"].as_array().unwrap().clone()
}

/// T27, T30: the worked example of the signing API, its last line.
#[test]
fn a_receipt_of_mailguns_becomes_an_event_of_its_process() {
    let (server, key) = start();
    let told = mailgun_event(
        "2NwQ3QahRtWZgK37JQ-I8Q",
        "delivered",
        json!({"process_key": "sp1", "signee_key": "si1"}),
    );
    let answer = mailgun(&server, &signed(MAILGUN_KEY, "t1", now_ms(), &told));
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("created")), "{answer:?}");
    let [event] = &listed(&server, &key, "delivery.confirmation")[..] else { panic!("one event") };
    assert_eq!(event["actor"], json!({"type": "service", "id": "mailgun", "name": "Mailgun"}));
    assert_eq!((&event["process"], &event["signee"]), (&json!("sp1"), &json!("si1")));
    assert_eq!(event["targets"][0]["name"], "Lease");
    assert_eq!(event["occurred_at"], "2019-11-08T11:06:04.993Z");
    let expected = json!({
        "event": "delivered", "to": "bo@x.example", "sender": "postmaster@mailgun.example", "id": "2NwQ3QahRtWZgK37JQ-I8Q",
        "code": "250", "description": "OK", "wire_status": "Confirmation:delivered",
    });
    assert_eq!(event["metadata"], expected);
    // What came by a receipt says so where it is hashed.
    let org = server.app.access.open_locally(&"acme".try_into().unwrap()).unwrap();
    let row = server.app.store.rows(org.code(), &[everlog_core::ids::Seq(4)]).unwrap().remove(0);
    assert!(String::from_utf8(row.document).unwrap().contains(r#""via":"receipt""#));
    server.check_log();
}

/// T30: `channel:provider-status`, whatever either word is.
#[test]
fn channels_and_statuses_that_nobody_knows_pass_through_unharmed() {
    let (server, key) = start();
    let cases = [
        (json!({"channel": "SalesPerson"}), "delivered", "delivery.salesperson", "SalesPerson:delivered"),
        (json!({"channel": "Reminder"}), "opened", "delivery.reminder", "Reminder:opened"),
        (json!({"channel": "X Y"}), "a:b ü", "delivery.other", "X Y:a:b ü"),
        (json!([]), "complained", "delivery.confirmation", "Confirmation:complained"),
    ];
    for (number, (variables, status, action, wire)) in cases.iter().enumerate() {
        let mut variables = variables.clone();
        if let Some(variables) = variables.as_object_mut() {
            variables.insert("process_key".to_owned(), json!("sp1"));
        }
        let told = mailgun_event(&format!("m{number}"), status, variables);
        let answer = mailgun(&server, &signed(MAILGUN_KEY, &format!("t{number}"), now_ms(), &told));
        assert_eq!(answer.status, if *action == "delivery.confirmation" { 202 } else { 200 }, "{answer:?}");
        assert_eq!(listed(&server, &key, action)[0]["metadata"]["wire_status"], *wire);
    }
    for (number, status) in ["QUEUED", "DELIVERED", "whatever the gateway says"].iter().enumerate() {
        let body =
            json!({"process_key": "sp1", "signee_key": "si1", "status": status, "id": "m"}).to_string();
        for word in ["created", "duplicate"] {
            let answer = sms(&server, SMS_KEY, &body);
            assert_eq!((answer.status, &answer.body["status"]), (200, &json!(word)), "{answer:?}");
        }
        let found = listed(&server, &key, "delivery.sms");
        assert_eq!(found.len(), number + 1);
        assert_eq!(found[0]["metadata"]["wire_status"], format!("SMS:{status}"));
    }
    server.check_log();
}

#[test]
fn a_receipt_of_no_known_process_is_recorded_without_one() {
    let (server, key) = start();
    let body = r#"{"process_key": "sp9", "signee_key": "si9", "status": "DELIVERED", "id": "m9"}"#;
    assert_eq!(sms(&server, SMS_KEY, body).status, 202);
    let found = listed(&server, &key, "delivery.sms").remove(0);
    assert_eq!((&found["process"], &found["signee"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&found["metadata"]["process_key"], &found["metadata"]["signee_key"]),
        (&json!("sp9"), &json!("si9"))
    );
    // Once the process is known, the same receipt is still the one that was taken.
    let late = json!({"action": "document.created", "process": "sp9", "actor": {"type": "user", "id": "u"}});
    assert_eq!(server.post(&format!("{ACME}/events"), &key, &late).status, 201);
    assert_eq!(sms(&server, SMS_KEY, body).body["status"], "duplicate");
    // A signee whom the process does not have is told by the provider only.
    let stranger = r#"{"process_key": "sp1", "signee_key": "si9", "status": "DELIVERED", "id": "m10"}"#;
    assert_eq!(sms(&server, SMS_KEY, stranger).status, 200);
    let found = listed(&server, &key, "delivery.sms").remove(0);
    assert_eq!((&found["process"], &found["signee"]), (&json!("sp1"), &Value::Null));
}

/// L45: what will never arrive ends the invitation, and by the organization's policy the process.
#[test]
fn a_final_failure_of_a_confirmation_has_the_signee_bounce() {
    let (server, key) = start();
    let variables = json!({"process_key": "sp1", "signee_key": "si1"});
    let mut told = mailgun_event("m1", "failed", variables);
    told["severity"] = json!("temporary");
    told["reason"] = json!("greylisted");
    assert_eq!(mailgun(&server, &signed(MAILGUN_KEY, "t1", now_ms(), &told)).status, 200);
    assert_eq!(listed(&server, &key, "signee.bounced").len(), 0);
    told["id"] = json!("m2");
    told["severity"] = json!("permanent");
    told["reason"] = json!("bounce");
    assert_eq!(mailgun(&server, &signed(MAILGUN_KEY, "t2", now_ms(), &told)).status, 200);
    let [bounced] = &listed(&server, &key, "signee.bounced")[..] else { panic!("one bounce") };
    assert_eq!((&bounced["signee"], &bounced["actor"]["type"]), (&json!("si1"), &json!("system")));
    // The end of a process is no end of its receipts.
    let body = r#"{"process_key": "sp1", "signee_key": "si1", "status": "DELIVERED", "id": "m3"}"#;
    assert_eq!(sms(&server, SMS_KEY, body).status, 200);
    server.check_log();
}

/// L53: one list over all channels.
#[test]
fn the_notifications_of_a_process_are_what_was_sent_and_what_was_reported() {
    let (server, key) = start();
    let variables = json!({"process_key": "sp1", "signee_key": "si1"});
    let mut told = mailgun_event("m1", "failed", variables);
    told["timestamp"] = Value::Null;
    told["severity"] = json!("temporary");
    told["reason"] = json!("greylisted");
    mailgun(&server, &signed(MAILGUN_KEY, "t1", now_ms(), &told));
    sms(&server, SMS_KEY, r#"{"process_key": "sp1", "signee_key": "si1", "status": "DELIVERED", "id": "m"}"#);
    let viewed = json!({"action": "document.accessed", "process": "sp1", "signee": "si1"});
    server.post(&format!("{ACME}/events"), &key, &viewed);
    let answer = server.get(&format!("{ACME}/processes/sp1/notifications"), &key);
    assert_eq!(answer.status, 200, "{answer:?}");
    let told: Vec<_> = answer.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            ["message", "channel", "to", "status", "failed", "severity", "signee_name"]
                .map(|name| it[name].clone())
        })
        .collect();
    let no = Value::Null;
    let expected = [
        [
            json!("invitation"),
            json!("email"),
            json!("bo@x.example"),
            json!("sent"),
            json!(false),
            no.clone(),
            json!("Bo"),
        ],
        [
            json!("confirmation"),
            json!("email"),
            json!("bo@x.example"),
            json!("failed"),
            json!(true),
            json!("temporary"),
            json!("Bo"),
        ],
        [json!("sms"), json!("sms"), json!("555"), json!("DELIVERED"), json!(false), no, json!("Bo")],
    ];
    assert_eq!(told, expected, "{answer:?}");
    server.get(&format!("{ACME}/processes/sp2/notifications"), &key).assert_problem(404, "not_found");
    server
        .get(&format!("{ACME}/processes/sp1/notifications?limit=1"), &key)
        .assert_problem(400, "invalid_parameter");
}

/// Whoever cannot sign is told the same, whatever there is.
#[test]
fn what_is_not_signed_with_the_organizations_secret_is_401_and_leaves_nothing() {
    let (server, _) = start();
    server.organization("globex", "signing");
    let size = server.size("acme");
    let told = mailgun_event("m1", "delivered", json!({"process_key": "sp1"}));
    let good = signed(MAILGUN_KEY, "t1", now_ms(), &told);
    let set = |pointer: &str, value: Value| {
        let mut receipt = good.clone();
        *receipt.pointer_mut(pointer).unwrap() = value;
        receipt
    };
    let signature = good["signature"]["signature"].as_str().unwrap();
    let bad = [
        signed("another key", "t1", now_ms(), &told),
        signed("", "t1", now_ms(), &told),
        set("/signature/token", json!("t2")),
        set("/signature/timestamp", json!((now_ms() / 1_000 - 1).to_string())),
        set("/signature/signature", json!("")),
        set("/signature/signature", json!("0".repeat(64))),
        set("/signature/signature", json!(&signature[..62])),
        set("/signature/signature", json!(format!("{signature}00"))),
        set("/signature/signature", json!("ü".repeat(32))),
        json!({"event-data": told}),
        json!({"signature": null, "event-data": told}),
    ];
    for receipt in &bad {
        mailgun(&server, receipt).assert_problem(401, "unauthenticated");
    }
    let empty = json!({"settings": {"receipt_keys": {"mailgun": ""}}}).to_string();
    server.organization("initech", "signing");
    let key = server.key("initech", &["admin"]);
    server.send("PATCH", "/v1/organizations/initech", &key, Some(empty.as_bytes()), "application/json");
    // Neither the organization without a secret nor one that does not exist can be told apart.
    for org in ["globex", "initech", "nobody"] {
        let path = format!("/v1/organizations/{org}/receipts/mailgun");
        server.post(&path, "", &good).assert_problem(401, "unauthenticated");
        server.post(&path, "", &signed("", "t1", now_ms(), &told)).assert_problem(401, "unauthenticated");
    }
    sms(&server, "another key", r#"{"status": "DELIVERED", "id": "m"}"#)
        .assert_problem(401, "unauthenticated");
    let unsigned =
        server.post(&format!("{ACME}/receipts/sms"), "", &json!({"status": "DELIVERED", "id": "m"}));
    unsigned.assert_problem(401, "unauthenticated");
    assert_eq!(server.size("acme"), size, "nothing was recorded");
}

/// Mailgun signs a time and a token, not what it tells: the token may come with one receipt only, and not for ever.
#[test]
fn a_token_comes_with_one_receipt_only_also_after_a_restart() {
    let (server, _) = start();
    let now = now_ms();
    let told = |id: &str| mailgun_event(id, "delivered", json!({"process_key": "sp1"}));
    let first = signed(MAILGUN_KEY, "t1", now, &told("m1"));
    assert_eq!(mailgun(&server, &first).body["status"], "created");
    // Not answered in time, a provider sends the same once more.
    assert_eq!(mailgun(&server, &first).body["status"], "duplicate");
    mailgun(&server, &signed(MAILGUN_KEY, "t1", now, &told("m2"))).assert_problem(401, "signature_used");
    for (token, at_ms) in
        [("t2", now - SIGNATURE_AGE_MS_MAX - 2_000), ("t3", now + SIGNATURE_AHEAD_MS_MAX + 9_000)]
    {
        let receipt = signed(MAILGUN_KEY, token, at_ms, &told("m3"));
        mailgun(&server, &receipt).assert_problem(401, "signature_expired");
    }
    let server = Server::start_in(server.stop(), |_| {});
    mailgun(&server, &signed(MAILGUN_KEY, "t1", now, &told("m2"))).assert_problem(401, "signature_used");
    assert_eq!(mailgun(&server, &first).body["status"], "duplicate");
    let size = server.size("acme");
    assert_eq!(mailgun(&server, &signed(MAILGUN_KEY, "t4", now, &told("m2"))).status, 200);
    assert_eq!(server.size("acme"), size + 1);
}

#[test]
fn a_signed_receipt_that_makes_no_sense_is_refused_and_named() {
    let (server, _) = start();
    for (body, status, code) in [
        ("", 400, "not_json"),
        ("{", 400, "not_json"),
        (r#"{"id": "m", "id": "n", "status": "x"}"#, 400, "not_json"),
        ("[]", 422, "invalid"),
        (r#"{"id": "m"}"#, 422, "invalid"),
        (r#"{"status": "x"}"#, 422, "invalid"),
        (r#"{"id": "", "status": "x"}"#, 422, "invalid"),
        (r#"{"id": "m", "status": ""}"#, 422, "invalid"),
        (r#"{"id": "m", "status": "x", "more": 1}"#, 422, "invalid"),
        (r#"{"id": 7, "status": "x"}"#, 422, "invalid"),
    ] {
        sms(&server, SMS_KEY, body).assert_problem(status, code);
    }
    // In words, and with the place.
    for (body, pointer, message) in [
        ("null", "", "invalid type: null, expected an object"),
        ("7", "", "invalid type: integer `7`, expected an object"),
        (r#"{"id": 7, "status": "x"}"#, "/id", "invalid type: integer `7`, expected a string"),
    ] {
        let told = &sms(&server, SMS_KEY, body).body["errors"][0];
        assert_eq!((&told["pointer"], &told["message"]), (&json!(pointer), &json!(message)));
    }
    for told in [
        json!(null),
        json!([]),
        json!({"event": "delivered"}),
        json!({"id": "m"}),
        json!({"event": 7, "id": {}}),
    ] {
        let token = told.to_string();
        mailgun(&server, &signed(MAILGUN_KEY, &token, now_ms(), &told)).assert_problem(422, "invalid");
    }
    let path = format!("{ACME}/receipts/mailgun");
    let long = "x".repeat(RECEIPT_BYTES_MAX + 1);
    let refused =
        server.try_request("POST", &path, &[("Content-Type", "application/json")], Some(long.as_bytes()));
    refused.unwrap().assert_problem(413, "body_too_large");
    server
        .send("POST", &path, "", Some(b"a=b"), "application/x-www-form-urlencoded")
        .assert_problem(415, "unsupported_media_type");
    // An odd time is no reason to lose what happened.
    for (number, odd) in [json!("now"), json!(-1), json!(9_999_999_999_u64)].into_iter().enumerate() {
        let mut told = mailgun_event(&format!("m{number}"), "delivered", json!({"process_key": "sp1"}));
        told["timestamp"] = odd;
        assert_eq!(
            mailgun(&server, &signed(MAILGUN_KEY, &format!("t{number}"), now_ms(), &told)).status,
            200
        );
    }
    assert_eq!(server.post(&format!("{ACME}/events"), "", &event("a.b")).status, 401);
}
