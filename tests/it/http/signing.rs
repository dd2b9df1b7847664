//! `/signing/activity` as programs call it that were written against another host (T05 to T36). Deliberately absent: the rules
//! of processes; what is recorded here is history.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::{Answer, Server, query};

mod credentials;
mod pages;
mod parameters;
mod random;
mod samples;
mod words;

pub const PATH: &str = "/signing/activity";
pub const TOTAL: &str = "/signing/activity/total";
const KEY: &str = "sp00112233445566778899aabbccddeeff";
const SIGNEE: &str = "sifedcba9876543210ffeeddccbbaa9988";
const FLOW: &str = "5a6b7c8d9e0f";

/// The value of `Authorization` of HTTP Basic.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A call of a range of time, with a key in the password unless it is empty.
pub fn call(server: &Server, method: &str, path: &str, org: &str, key: &str) -> Answer {
    let credential = basic(org, key);
    let headers = [("Authorization", credential.as_str())];
    let headers = if key.is_empty() { &[][..] } else { &headers };
    server.request(method, &format!("{path}?StartDate=1971-01-01&EndDate=2100-01-01"), headers, None)
}

/// A refusal in the shape of T35.
pub fn assert_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json", "{answer:?}");
    let told = &answer.body["responseStatus"];
    let code = match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        _ => "BadRequest",
    };
    assert_eq!(told["errorCode"], code, "{answer:?}");
    assert!(told["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer:?}");
    assert_eq!((&told["stackTrace"], told["errors"].is_array()), (&json!(""), true));
    assert_eq!(told["meta"]["requestId"], answer.headers["x-request-id"].to_str().unwrap());
    let challenge = answer.headers.get("www-authenticate").map(|it| it.to_str().unwrap());
    assert_eq!(challenge, (status == 401).then_some("Basic realm=\"everlog\", charset=\"UTF-8\""));
}

/// An organization with a signing log, and a key that may do everything.
struct Signing {
    server: Server,
    key: String,
}

impl Signing {
    fn start() -> Self {
        let server = Server::start();
        let key = server.tenant("acme", "signing");
        Self { server, key }
    }

    fn ask(&self, path: &str) -> Answer {
        self.server.request("GET", path, &[("Authorization", &basic("acme", &self.key))], None)
    }

    /// What these parameters find, and that the total says the same.
    fn find(&self, params: &[(&str, &str)]) -> Vec<Value> {
        let answer = self.ask(&format!("{PATH}{}", query(params)));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/json");
        let found = answer.body.as_array().unwrap().clone();
        if !params.iter().any(|(name, _)| ["Take", "Skip"].contains(name)) {
            let total = self.ask(&format!("{TOTAL}{}", query(params)));
            assert_eq!(total.text, format!("{{\"total\":{}}}", found.len()), "{params:?}");
        }
        found
    }

    /// The keys of the processes that these parameters find beside all of time.
    fn keys(&self, params: &[(&str, &str)]) -> Vec<String> {
        let found = self.find(&[&[("StartDate", "1970-01-01"), ("EndDate", "2100-01-01")], params].concat());
        found.iter().map(|it| it["processKey"].as_str().unwrap().to_owned()).collect()
    }

    /// The only process there is.
    fn only(&self) -> Value {
        let mut found = self.find(&[("StartDate", "1970-01-01"), ("EndDate", "2100-01-01")]);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Records history.
    fn record(&self, events: &[Value]) {
        for part in events.chunks(1_000) {
            let path = "/v1/organizations/acme/events?mode=record";
            let answer = self.server.post(path, &self.key, &json!(part));
            assert_eq!((answer.status, &answer.body["refused"]), (200, &json!(0)), "{answer:?}");
        }
    }
}

/// An event of a process; an actor of null is left out.
fn step(key: &str, action: &str, at: &str, actor: Value, more: Value) -> Value {
    let mut event = json!({
        "action": action, "occurred_at": at, "process": key,
        "targets": [{"type": "document", "id": key, "name": "Lease"}],
    });
    if !actor.is_null() {
        event["actor"] = actor;
    }
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn system() -> Value {
    json!({"type": "system"})
}

fn ana() -> Value {
    json!({"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"})
}

/// The creation of a process.
fn created(key: &str, at: &str, metadata: Value) -> Value {
    step(key, "document.created", at, ana(), json!({"metadata": metadata}))
}

/// A process with one signee who has signed, from its creation to the receipt of the confirmation: the worked example (T28).
fn example() -> Vec<Value> {
    let at = |time: &str| format!("2019-11-08T11:0{time}Z");
    let signee = json!({"signee_key": SIGNEE, "name": "Bob Stone", "email": "bob@globex.example", "phone": "5550100",
        "ssn": "010190-1234", "address": "Hill 7", "postal_code": "101", "city": "Reykjavik",
        "signature_type": "Qualified", "has_reminders": false});
    let of = |more: Value| {
        let mut members = json!({"signee": SIGNEE});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        members
    };
    let metadata = json!({"display_name": "lease.pdf", "file_name": "lease.pdf", "flow_key": FLOW,
        "flow_type": "DropAndSign", "sign_in_order": false});
    let receipt = json!({"event": "delivered", "to": "ana@acme.example", "sender": "post@mail.example",
        "id": "Xy-1", "severity": "", "reason": null});
    let signed = json!({"context": {"user_agent": "Mozilla/5.0"}});
    vec![
        created(KEY, &at("3:49.070"), metadata),
        step(KEY, "signee.added", &at("3:49.120"), system(), of(json!({"metadata": {"signee": signee}}))),
        step(
            KEY,
            "invitation.sent",
            &at("3:49.407"),
            system(),
            of(json!({"metadata": {"delivery_method": "Sms"}})),
        ),
        step(KEY, "document.started", &at("3:49.423"), ana(), json!({})),
        step(
            KEY,
            "delivery.sms",
            &at("4:04.703"),
            system(),
            of(json!({"metadata": {"status": "DELIVERED"}})),
        ),
        step(KEY, "document.signed", &at("6:01.560"), Value::Null, of(signed)),
        step(
            KEY,
            "document.completed",
            &at("6:01.607"),
            system(),
            of(json!({"metadata": {"cause": "signed"}})),
        ),
        step(
            KEY,
            "delivery.confirmation",
            &at("6:04.993"),
            json!({"type": "service", "id": "mailgun"}),
            of(json!({"metadata": receipt})),
        ),
    ]
}

/// Every member in its place, nothing null, seven digits of a second, and the spaces of the sentences (T21 to T29, T31 to T33).
#[test]
fn the_worked_example_is_answered_member_by_member() {
    let signing = Signing::start();
    signing.record(&example());
    let entry = |id: u64, signee: bool, status: &str, description: &str, more: &str, at: &str, by: &str| {
        let signee = if signee { format!("\"signeeKey\":\"{SIGNEE}\",") } else { String::new() };
        format!(
            "{{\"id\":{id},\"flowKey\":\"{FLOW}\",\"processKey\":\"{KEY}\",{signee}\"status\":\"{status}\",\
             \"description\":\"{description}\",{more}\"createdAt\":\"2019-11-08T11:0{at}Z\",\"createdBy\":\"{by}\"}}"
        )
    };
    let (user, core) = ("ana@acme.example", "Taktikal.Core");
    let (file, agent) = ("\"fileName\":\"lease.pdf\",", "\"userAgent\":\"Mozilla/5.0\",");
    let sent = format!("Signup sent. Processkey: {KEY}. Signee: {SIGNEE}. Delivery method : Sms ");
    let added = format!("Signee added. Processkey: {KEY}. Signee key: {SIGNEE}.");
    let begun = format!("Signing process created. ProcessKey: {KEY}.");
    let started = format!("Signing process started. ProcessKey: {KEY}.");
    let signed = format!("Signee signed. ProcessKey: {KEY}. Signee key: {SIGNEE}");
    let done = format!("Signing completed. ProcessKey: {KEY}.");
    let mail = "Mailgun webhook. Event: delivered. To:ana@acme.example. Sender:post@mail.example. Id:Xy-1. \
                Severity: . Reason:";
    let entries = [
        entry(1, false, "Created", &begun, file, "3:49.0700000", user),
        entry(2, true, "SigneeAdded", &added, "", "3:49.1200000", core),
        entry(3, true, "SignupSent", &sent, "", "3:49.4070000", core),
        entry(4, false, "Started", &started, file, "3:49.4230000", user),
        entry(5, true, "SMS:DELIVERED", "SMS delivery status: DELIVERED.", "", "4:04.7030000", core),
        entry(6, true, "SigneeSigned", &signed, agent, "6:01.5600000", core),
        entry(7, true, "Completed", &done, "", "6:01.6070000", core),
        entry(8, true, "Confirmation:delivered", mail, "", "6:04.9930000", "Mailgun"),
    ];
    let expected = format!(
        "[{{\"processKey\":\"{KEY}\",\"status\":\"Completed\",\"activityDisplayName\":\"lease.pdf\",\
         \"fileName\":\"lease.pdf\",\"activityLog\":[{}],\"signees\":[{{\"processKey\":\"{KEY}\",\
         \"signeeKey\":\"{SIGNEE}\",\"ssn\":\"010190-1234\",\"name\":\"Bob Stone\",\"address\":\"Hill 7\",\
         \"postalCode\":\"101\",\"city\":\"Reykjavik\",\"phone\":\"5550100\",\"email\":\"bob@globex.example\",\
         \"signatureType\":\"Qualified\",\"hasReminders\":false,\"createdAt\":\"2019-11-08T11:03:49.1200000Z\",\
         \"createdBy\":\"{core}\",\"updatedAt\":\"2019-11-08T11:03:49.1200000Z\"}}],\"sequenceSignees\":[],\
         \"attachmentReferences\":[]}}]",
        entries.join(",")
    );
    let answer = signing.ask(&format!("{PATH}?StartDate=2019-11-08&EndDate=2019-11-09"));
    assert_eq!(answer.text, expected);
    signing.server.check_log();
}

/// The same through the API for processes: the completion follows by itself and names who signed last (T02, T28).
#[test]
fn a_process_that_was_made_and_signed_is_told_like_the_worked_example() {
    let signing = Signing::start();
    let mut history = example().into_iter();
    let (creation, addition) = (history.next().unwrap(), history.next().unwrap());
    let mut new = creation["metadata"].clone();
    new["process_key"] = creation["process"].clone();
    new["created_by"] = creation["actor"].clone();
    new["signees"] = json!([addition["metadata"]["signee"]]);
    let made = signing.server.post("/v1/organizations/acme/processes", &signing.key, &new);
    assert_eq!(made.status, 201, "{made:?}");
    for mut event in history.filter(|event| event["action"] != "document.completed") {
        event.as_object_mut().unwrap().remove("occurred_at");
        let answer = signing.server.post("/v1/organizations/acme/events", &signing.key, &event);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let told = |process: &Value| {
        let mut process = process.clone();
        for list in ["activityLog", "signees"] {
            for item in process[list].as_array_mut().unwrap() {
                let members = item.as_object_mut().unwrap();
                members.retain(|name, _| !["createdAt", "updatedAt"].contains(&name.as_str()));
            }
        }
        process
    };
    let process = signing.only();
    let recorded = Signing::start();
    recorded.record(&example());
    assert_eq!(told(&process), told(&recorded.only()));
    let log = process["activityLog"].as_array().unwrap();
    assert_eq!(log[6]["createdAt"], log[5]["createdAt"]);
    assert_eq!(process["signees"][0]["createdAt"], process["signees"][0]["updatedAt"]);
}
