//! What events are called there (T24 to T33, T35). Deliberately absent: the worked example, which is one file up.

use serde_json::{Value, json};

use super::{Signing, ana, created, step, system};
use crate::server::OPERATOR_KEY;

const AT: &str = "2024-01-10T00:00:00Z";

fn log(signing: &Signing) -> Vec<Value> {
    signing.only()["activityLog"].as_array().unwrap().clone()
}

/// T30: the vocabulary is open; what a provider says comes through as it is, what is not of it is its label in one word.
#[test]
fn any_action_has_a_status_and_any_word_of_a_provider_stays_as_it_is() {
    let signing = Signing::start();
    let said = |metadata: Value| json!({"metadata": metadata});
    let mut events = vec![(created("sp1", AT, json!({})), "Created")];
    for (action, more, status) in [
        ("reminder.sent", json!({}), "ReminderSent"),
        ("delivery.sms", said(json!({"status": "Über:mittelt \u{1f600}"})), "SMS:Über:mittelt \u{1f600}"),
        ("delivery.sms", json!({}), "TextMessageDelivery"),
        ("delivery.confirmation", said(json!({"event": "opened"})), "Confirmation:opened"),
        ("delivery.salesperson", said(json!({"event": "delivered"})), "SalesPerson:delivered"),
        ("delivery.fax", said(json!({"wire_status": "FAX:busy*"})), "FAX:busy*"),
        ("delivery.confirmation", said(json!({"event": "x", "wire_status": "Seller:x"})), "Seller:x"),
        ("document.viewed", json!({}), "DocumentViewed"),
        ("document.accessed", json!({}), "LinkOpened"),
        ("signee.authenticated", json!({}), "SignerAuthenticated"),
        ("zoo.animal_fed", json!({}), "ZooAnimalFed"),
        ("document.declined", json!({"reason": "Too late"}), "DocumentDeclined"),
        ("document.canceled", json!({}), "DocumentCancelled"),
    ] {
        events.push((step("sp1", action, AT, system(), more), status));
    }
    let (sent, expected): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    signing.record(&sent);
    let log = log(&signing);
    let statuses: Vec<_> = log.iter().map(|entry| entry["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, expected);
    let description = |at: usize| log[at]["description"].as_str().unwrap();
    assert_eq!(description(11), "Zoo animal fed: Lease");
    assert!(description(12).ends_with("declined to sign Lease: Too late"), "{}", description(12));
    assert_eq!(description(5), "Mailgun webhook. Event: delivered. To:. Sender:. Id:. Severity: . Reason:");
}

#[test]
fn what_is_of_the_record_and_not_of_the_signing_is_left_out() {
    let signing = Signing::start();
    let metadata = json!({"metadata": {"sha256": "00".repeat(32), "size": 7}});
    signing.record(&[
        created("sp1", AT, json!({})),
        step("sp1", "document.attached", AT, ana(), metadata.clone()),
        step("sp1", "trail.made", AT, system(), metadata),
        step("sp1", "export.made", AT, ana(), json!({})),
        step("sp1", "document.started", AT, ana(), json!({})),
    ]);
    let log = log(&signing);
    let ids: Vec<_> = log.iter().map(|entry| entry["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [1, 5], "an id is a place in the log, whatever stands between");
}

/// T27: users by their address, signees and timers by the system, mail by its provider; the name of the system is a setting.
#[test]
fn every_entry_says_who_made_it() {
    let signing = Signing::start();
    let name = |name: &str| {
        let text = json!({"settings": {"system_name": name}}).to_string();
        let path = "/v1/organizations/acme";
        let set = signing.server.send("PATCH", path, &signing.key, Some(text.as_bytes()), "application/json");
        assert_eq!(set.status, 200, "{set:?}");
    };
    let signee = json!({"signee": "si1", "metadata": {"signee": {"name": "Bob"}}});
    let own = json!({"signee": "si1"});
    signing.record(&[
        created("sp1", AT, json!({})),
        // Adding and inviting are the system's, whoever asked for it.
        step("sp1", "signee.added", AT, ana(), signee),
        step("sp1", "invitation.sent", AT, ana(), own.clone()),
        step("sp1", "reminder.sent", AT, system(), own.clone()),
        step("sp1", "document.viewed", AT, Value::Null, own.clone()),
        step("sp1", "delivery.salesperson", AT, system(), json!({"metadata": {"event": "delivered"}})),
        step(
            "sp1",
            "document.started",
            AT,
            json!({"type": "api_key", "id": "key_1", "name": "CRM"}),
            json!({}),
        ),
        step("sp1", "document.revoked", AT, json!({"type": "user", "id": "u_9", "name": "Sam"}), json!({})),
        step("sp1", "document.canceled", AT, ana(), json!({})),
    ]);
    let makers = || {
        let log = log(&signing);
        log.iter().map(|entry| entry["createdBy"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (user, core) = ("ana@acme.example", "Taktikal.Core");
    assert_eq!(makers(), [user, core, core, core, core, "Mailgun", "CRM", "Sam", user]);
    name("Acme Sign");
    assert_eq!(makers()[1], "Acme Sign");
    assert_eq!(signing.only()["signees"][0]["createdBy"], "Acme Sign");
}

/// T29: Mailgun tells the same of every e-mail, whatever channel a product calls it by.
#[test]
fn a_receipt_of_a_channel_of_ones_own_is_told_as_every_other() {
    let signing = Signing::start();
    let mailgun = json!({"type": "service", "id": "mailgun", "name": "Mailgun"});
    let told = json!({"metadata": {"wire_status": "Welcome:opened", "event": "opened", "to": "bo@x.example",
        "sender": "log@x.example", "id": "m1"}});
    let gateway = json!({"type": "service", "id": "gateway", "name": "Gateway"});
    signing.record(&[
        created("sp1", AT, json!({})),
        step("sp1", "delivery.welcome", AT, mailgun, told),
        step("sp1", "delivery.fax", AT, gateway, json!({"metadata": {"status": "SENT"}})),
    ]);
    let log = log(&signing);
    let of = |at: usize, member: &str| log[at][member].as_str().unwrap().to_owned();
    assert_eq!((of(1, "status"), of(1, "createdBy")), ("Welcome:opened".to_owned(), "Mailgun".to_owned()));
    let expected =
        "Mailgun webhook. Event: opened. To:bo@x.example. Sender:log@x.example. Id:m1. Severity: . Reason:";
    assert_eq!(of(1, "description"), expected);
    assert_eq!(of(2, "createdBy"), "Gateway");
    assert!(!of(2, "description").contains("Mailgun"));
}

/// T22, T32: what is optional stands where it belongs, and nowhere else.
#[test]
fn what_is_known_of_the_signing_stands_on_its_steps() {
    let signing = Signing::start();
    let agent = json!({"user_agent": "Mozilla/5.0 (X11)"});
    let sequences = json!([{"sequence_key": "sq1", "signee_key": "si0", "url": "https://sign.example/sq1",
        "signing_keys": [{"signee_key": "si1", "process_key": "sp1"}, "odd"], "secret": "no"}, 7]);
    let attachments = json!([
        {"id": 12, "file_name": "a.pdf", "content_length": 1234, "content_type": "application/pdf",
            "url": "https://files.example/a", "description": "Annex", "attachment_type": "Extra", "signee_key": "si1"},
        {"id": "b", "content_length": -1}, null,
    ]);
    signing.record(&[
        created(
            "sp1",
            AT,
            json!({"file_name": "a.pdf", "sign_in_order": true, "requires_auth": false,
                "signature_location": "BottomLastPage", "sequences": sequences, "attachments": attachments}),
        ),
        step(
            "sp1",
            "signee.added",
            AT,
            system(),
            json!({"signee": "si1", "metadata": {"signee": {"auth": {"sms": true}}}}),
        ),
        step(
            "sp1",
            "signee.added",
            AT,
            system(),
            json!({"signee": "si2", "metadata": {"signee": {"has_reminders": true}}}),
        ),
        step("sp1", "document.viewed", AT, Value::Null, json!({"signee": "si1", "context": agent})),
        step("sp1", "document.signed", AT, Value::Null, json!({"signee": "si1", "context": agent})),
    ]);
    let process = signing.only();
    let optional =
        ["userAgent", "fileName", "requiresAuth", "signInOrder", "signatureLocation", "sequenceKey"];
    let told = |at: usize| {
        let entry = &process["activityLog"][at];
        json!(optional.map(|name| entry.get(name).unwrap_or(&json!(null)).clone()))
    };
    assert_eq!(told(0), json!([null, "a.pdf", false, true, "BottomLastPage", null]));
    assert_eq!(told(1), json!([null, null, true, null, null, "sq1"]));
    assert_eq!(told(2), json!([null, null, false, null, null, null]));
    assert_eq!(told(3), json!(["Mozilla/5.0 (X11)", null, null, null, null, "sq1"]));
    assert_eq!(told(4), json!(["Mozilla/5.0 (X11)", null, true, null, "BottomLastPage", "sq1"]));
    assert!(!process.to_string().contains("null"));
    assert_eq!(
        process["sequenceSignees"],
        json!([{"sequenceKey": "sq1", "signeeKey": "si0", "url": "https://sign.example/sq1",
            "signingKeys": [{"signeeKey": "si1", "processKey": "sp1"}]}])
    );
    assert_eq!(
        process["attachmentReferences"],
        json!([
            {"id": "12", "fileName": "a.pdf", "contentLength": 1234, "contentType": "application/pdf",
                "url": "https://files.example/a", "description": "Annex", "processKey": "sp1",
                "attachmentType": "Extra", "signeeKey": "si1"},
            {"id": "b", "fileName": "", "contentLength": 0, "contentType": "", "url": "", "description": "",
                "processKey": "sp1", "attachmentType": ""}
        ])
    );
    assert_eq!(process["signees"][1]["hasReminders"], true);
    assert_eq!(process["signees"][1]["ssn"], "");
}

/// The name of the wrapper's status follows where the process stands; who is out of a process is not among its signees.
#[test]
fn a_process_says_where_it_stands_and_who_is_in_it() {
    let signing = Signing::start();
    let status = || signing.only()["status"].as_str().unwrap().to_owned();
    let signee = |key: &str| json!({"signee": key, "metadata": {"signee": {"required": false}}});
    signing.record(&[created("sp1", AT, json!({}))]);
    assert_eq!(status(), "Created");
    signing.record(&[
        step("sp1", "signee.added", AT, system(), signee("si1")),
        step("sp1", "signee.added", AT, system(), signee("si2")),
        step("sp1", "invitation.sent", AT, system(), json!({"signee": "si1"})),
        step("sp1", "signee.removed", AT, ana(), json!({"signee": "si2"})),
    ]);
    assert_eq!(status(), "Started");
    let signees = signing.only()["signees"].as_array().unwrap().clone();
    assert_eq!(signees.iter().map(|it| it["signeeKey"].as_str().unwrap()).collect::<Vec<_>>(), ["si1"]);
    signing.record(&[step("sp1", "document.expired", AT, system(), json!({}))]);
    assert_eq!(status(), "Expired");
}

/// An organization may call things as it likes: programs that were written against the words of this interface go on.
#[test]
fn an_own_catalog_changes_no_word_of_the_vocabulary() {
    let signing = Signing::start();
    let own = json!({"actions": {"document.created": {"label": "Begun"}, "document.viewed": {"label": "Looked at"}}});
    let path = "/v1/organizations/acme/catalogs";
    let text = own.to_string();
    let set = signing.server.send("PUT", path, &signing.key, Some(text.as_bytes()), "application/json");
    assert_eq!(set.status, 200, "{set:?}");
    signing.record(&[created("sp1", AT, json!({})), step("sp1", "document.viewed", AT, system(), json!({}))]);
    let log = log(&signing);
    assert_eq!((&log[0]["status"], &log[1]["status"]), (&json!("Created"), &json!("LookedAt")));
    // Nor does another profile: the path is there for every organization.
    let server = &signing.server;
    server.post(
        "/v1/organizations",
        OPERATOR_KEY,
        &json!({"id": "docs", "name": "D", "profile": "documents"}),
    );
    let key = server.key("docs", &["read", "write"]);
    let sent = server.post("/v1/organizations/docs/events", &key, &created("sp1", AT, json!({})));
    assert_eq!(sent.status, 201);
    let answer = server.request(
        "GET",
        "/signing/activity?StartDate=2024-01-10&EndDate=2024-01-11",
        &[("Authorization", &super::basic("docs", &key))],
        None,
    );
    assert_eq!(answer.body[0]["activityLog"][0]["status"], "Created", "{answer:?}");
}
