//! `/v1/organizations/{org}/processes`: what a request must be, what it becomes, and finding it again. Deliberately absent:
//! the rules from begin to end, see `process_lives`.

use serde_json::{Map, Value, json};

use crate::server::{Answer, Server, event, query};

pub const PROCESSES: &str = "/v1/organizations/acme/processes";

/// A process as small as one can be.
pub fn lease(signees: Value) -> Value {
    json!({
        "display_name": "Lease of Flat 4", "file_name": "lease.pdf", "signees": signees,
        "created_by": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "Ana@acme.example"},
    })
}

/// Makes a process and gives its key.
pub fn create(server: &Server, key: &str, process: &Value) -> String {
    let made = server.post(PROCESSES, key, process);
    assert_eq!(made.status, 201, "{made:?}");
    made.body["process_key"].as_str().unwrap().to_owned()
}

/// Everything that the log holds, in order.
pub fn feed(server: &Server, key: &str) -> Vec<Value> {
    let answer = server.get("/v1/organizations/acme/feed?limit=1000", key);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["data"].as_array().unwrap().clone()
}

fn with(mut process: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match process.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        members => members[name] = value,
    }
    process
}

/// Every member that there can be.
fn full() -> Value {
    json!({
        "process_key": "deal-7", "display_name": "Lease of Flat 4", "file_name": "lease.pdf", "flow_key": "7f2c40aa91be",
        "flow_type": "DropAndSign", "created_by": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"},
        "sign_in_order": true, "requires_auth": false, "signature_location": "BottomLastPage",
        "expires_at": "2099-01-01T00:00:00Z", "locale": "pt-BR", "time_zone": "Atlantic/Reykjavik",
        "sequences": [{"sequence_key": "sq1", "signee_key": "si-bo", "url": "https://sign.example/1",
            "signing_keys": [{"signee_key": "si-bo", "process_key": "deal-7"}]}],
        "attachments": [{"id": "a1", "file_name": "plan.pdf", "content_length": 10, "content_type": "application/pdf",
            "url": "https://files.example/plan.pdf", "description": "The plan", "attachment_type": "Plan", "signee_key": "si-bo"}],
        "targets": [{"type": "flat", "id": "4"}], "metadata": {"rent": 900},
        "signees": [
            {"signee_key": "si-bo", "name": "Bo Li", "email": "bo@globex.example", "phone": "+354 555 1234", "ssn": "010190-2989",
             "address": "Laugavegur 1", "postal_code": "101", "city": "Reykjavík", "required": false, "order": 2, "role": "tenant",
             "signature_type": "Simple", "auth": {"sms": true, "otp": false, "pin": true}, "expires_at": "2098-01-01T00:00:00Z",
             "has_reminders": true},
            {"name": "Ada"},
        ],
    })
}

/// T02, T26: keys in the shapes of the example; Created by who started it, SigneeAdded by the system, in one piece.
#[test]
fn a_process_is_a_creation_and_its_signees_with_keys_in_the_known_shapes() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let made = server.post(PROCESSES, &key, &lease(json!([{"name": "Bo"}, {"name": "Ada"}])));
    assert_eq!((made.status, &made.body["status"]), (201, &json!("created")), "{made:?}");
    let process = made.body["process_key"].as_str().unwrap();
    let is_key = |key: &str, prefix: &str| {
        key.strip_prefix(prefix).is_some_and(|hex| {
            hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        })
    };
    assert!(is_key(process, "sp"), "{process}");
    let signees: Vec<&str> = made.body["signees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["signee_key"].as_str().unwrap())
        .collect();
    assert!(
        signees.len() == 2 && signees[0] != signees[1] && signees.iter().all(|it| is_key(it, "si")),
        "{signees:?}"
    );
    let events = feed(&server, &key);
    let told: Vec<_> = events
        .iter()
        .map(|it| (it["action"].as_str().unwrap(), it["actor"]["type"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("document.created", "user"), ("signee.added", "system"), ("signee.added", "system")]);
    for event in &events {
        assert_eq!(event["process"], process);
        assert_eq!(
            event["targets"][0],
            json!({"type": "document", "id": process, "name": "Lease of Flat 4"})
        );
    }
    assert_eq!(events[0]["metadata"], json!({"display_name": "Lease of Flat 4", "file_name": "lease.pdf"}));
    assert_eq!(events[1]["metadata"], json!({"signee": {"signee_key": signees[0], "name": "Bo"}}));
    assert_eq!(events[1]["signee"], signees[0]);
    let read = server.get(&format!("{PROCESSES}/{process}"), &key);
    assert_eq!((read.status, &read.body["status"]), (200, &json!("draft")));
    assert_eq!(read.body["created_by"]["email"], "Ana@acme.example");
    server.check_log();
}

#[test]
fn every_member_is_recorded_and_read_again() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    assert_eq!(create(&server, &key, &full()), "deal-7");
    let read = server.get(&format!("{PROCESSES}/deal-7"), &key).body;
    let same = |read: &Value, sent: &Value, but: &[&str]| {
        for (name, value) in
            sent.as_object().unwrap().iter().filter(|(name, _)| !but.contains(&name.as_str()))
        {
            assert_eq!(&read[name], value, "{name}");
        }
    };
    let sent = full();
    same(&read, &sent, &["targets", "metadata", "signees", "expires_at"]);
    assert_eq!(read["expires_at"], "2099-01-01T00:00:00.000Z");
    let (bo, ada) = (&read["signees"][0], &read["signees"][1]);
    same(bo, &sent["signees"][0], &["auth", "expires_at"]);
    assert_eq!(bo["auth"], json!({"sms": true, "otp": false, "pin": true, "id_check": false}));
    assert_eq!(
        (&ada["name"], &ada["required"], &ada["status"]),
        (&json!("Ada"), &json!(true), &json!("added"))
    );
    let created = &feed(&server, &key)[0];
    assert_eq!((&created["metadata"]["rent"], &created["targets"][1]["id"]), (&json!(900), &json!("4")));
}

#[test]
fn every_bad_member_is_named_and_nothing_is_recorded() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let long = "x".repeat(501);
    let cases = [
        ("/process_key", json!("a/b"), "/process_key"),
        ("/process_key", json!("total"), "/process_key"),
        ("/process_key", json!(""), "/process_key"),
        ("/process_key", json!("k".repeat(129)), "/process_key"),
        ("/display_name", json!(" "), "/display_name"),
        ("/display_name", json!(7), "/display_name"),
        ("/display_name", json!(long), "/display_name"),
        ("/file_name", json!("a\nb.pdf"), "/file_name"),
        ("/colour", json!("red"), "/colour"),
        ("/created_by", json!(null), "/created_by"),
        ("/created_by", json!({"type": "robot", "id": "r"}), "/created_by/type"),
        ("/created_by", json!({"type": "user"}), "/created_by/id"),
        ("/sign_in_order", json!("yes"), "/sign_in_order"),
        ("/signature_location", json!("Middle"), "/signature_location"),
        ("/expires_at", json!("tomorrow"), "/expires_at"),
        ("/expires_at", json!("2020-01-01T00:00:00Z"), "/expires_at"),
        ("/locale", json!("english please"), "/locale"),
        ("/time_zone", json!("Mars/Olympus"), "/time_zone"),
        ("/sequences/0/url", json!("javascript:alert(1)"), "/sequences/0/url"),
        ("/sequences/0/signing_keys/0/process_key", json!("a b"), "/sequences/0/signing_keys/0/process_key"),
        ("/attachments/0/content_length", json!(-1), "/attachments/0/content_length"),
        ("/attachments/0/file_name", json!(""), "/attachments/0/file_name"),
        ("/targets", json!([{"type": "flat"}]), "/targets/0/id"),
        ("/metadata/file_name", json!("other.pdf"), "/metadata/file_name"),
        ("/signees", json!(null), "/signees"),
        ("/signees", Value::Array(vec![json!({"name": "N"}); 501]), "/signees"),
        ("/signees/1", json!({"email": "a@b.example"}), "/signees/1/name"),
        ("/signees/1/signee_key", json!("si-bo"), "/signees/1/signee_key"),
        ("/signees/0/email", json!("Bo <bo@globex.example>"), "/signees/0/email"),
        ("/signees/0/email", json!("bo"), "/signees/0/email"),
        ("/signees/0/phone", json!("call me"), "/signees/0/phone"),
        ("/signees/0/order", json!(-1), "/signees/0/order"),
        ("/signees/0/signature_type", json!("Crayon"), "/signees/0/signature_type"),
        ("/signees/0/auth/face", json!(true), "/signees/0/auth/face"),
        ("/signees/0/auth/sms", json!(1), "/signees/0/auth/sms"),
        ("/signees/0/expires_at", json!("2020-01-01T00:00:00Z"), "/signees/0/expires_at"),
        ("/signees/0/age", json!(40), "/signees/0/age"),
    ];
    for (pointer, value, fault) in cases {
        let answer = server.post(PROCESSES, &key, &with(full(), pointer, value.clone()));
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], fault, "{value}: {answer:?}");
    }
    for required in ["display_name", "file_name", "created_by", "signees"] {
        let mut process = full();
        process.as_object_mut().unwrap().remove(required);
        let answer = server.post(PROCESSES, &key, &process);
        answer.assert_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{required}"));
    }
    // Several at once are all named.
    let two = with(with(full(), "/locale", json!("?")), "/signees/0/email", json!("?"));
    assert_eq!(server.post(PROCESSES, &key, &two).body["errors"].as_array().unwrap().len(), 2);
    // What is too much for one event is refused as a whole.
    let many: Map<String, Value> = (0..1000).map(|at| (format!("m{at}"), json!(at))).collect();
    server.post(PROCESSES, &key, &with(full(), "/metadata", json!(many))).assert_problem(422, "invalid");
    assert_eq!(feed(&server, &key), Vec::<Value>::new());
    assert_eq!(server.get(PROCESSES, &key).body["data"], json!([]));
}

/// "The same process_key again is a duplicate": also when its time has passed meanwhile, and when it says something else.
#[test]
fn the_same_process_again_is_told_as_it_is() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    create(&server, &key, &full());
    let writer = server.key("acme", &["write"]);
    let again = server.post(PROCESSES, &writer, &with(lease(json!([])), "/process_key", json!("deal-7")));
    assert_eq!((again.status, &again.body["status"]), (200, &json!("duplicate")));
    assert_eq!(again.body["signees"].as_array().unwrap().len(), 2);
    assert!(!again.text.contains("Bo"), "who may write may not read: {}", again.text);
    let late = with(full(), "/expires_at", json!("2020-01-01T00:00:00Z"));
    assert_eq!(server.post(PROCESSES, &key, &late).status, 200);
    assert_eq!(feed(&server, &key).len(), 3);
    // In another organization the key is free.
    let other = server.tenant("globex", "signing");
    assert_eq!(server.post("/v1/organizations/globex/processes", &other, &full()).status, 201);
    server.get("/v1/organizations/globex/processes/deal-8", &other).assert_problem(404, "not_found");
}

#[test]
fn of_many_at_once_with_one_key_one_is_made() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    for round in 0..5 {
        let process = with(full(), "/process_key", json!(format!("deal-{round}")));
        let mut told: Vec<u16> = std::thread::scope(|scope| {
            let senders: Vec<_> =
                (0..6).map(|_| scope.spawn(|| server.post(PROCESSES, &key, &process).status)).collect();
            senders.into_iter().map(|it| it.join().unwrap()).collect()
        });
        told.sort_unstable();
        assert_eq!(told, [200, 200, 200, 200, 200, 201]);
    }
    assert_eq!(feed(&server, &key).len(), 15);
    server.check_log();
}

fn keys(answer: &Answer) -> Vec<&str> {
    answer.body["data"].as_array().unwrap().iter().map(|it| it["process_key"].as_str().unwrap()).collect()
}

/// T11 to T16, T18 and T20 for our own API: filters, orders, pages and the number.
#[test]
fn processes_are_found_by_what_is_known_of_them() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    for (at, (name, starter, flow, signee)) in [
        ("Lease", "ana@acme.example", "PEP", "Bo Li"),
        ("Äpfel", "bo@acme.example", "RenderFlow", "Zoë"),
        ("contract", "ANA@acme.example", "PEP", "Bo Diddley"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut process = lease(
            json!([{"name": signee, "phone": "+354 555 000".to_owned() + &at.to_string(), "ssn": "010190-2989"}]),
        );
        process["process_key"] = json!(format!("P-{at}"));
        process["display_name"] = json!(name);
        process["flow_type"] = json!(flow);
        process["flow_key"] = json!(format!("f{at}"));
        process["created_by"]["email"] = json!(starter);
        create(&server, &key, &process);
    }
    let ask = |params: &[(&str, &str)]| server.get(&format!("{PROCESSES}{}", query(params)), &key);
    let canceled = json!({"action": "document.revoked", "actor": {"type": "user", "id": "u_1"}});
    assert_eq!(server.post(&format!("{PROCESSES}/P-1/events"), &key, &canceled).status, 201);
    for (params, found) in [
        (&[][..], &["P-2", "P-1", "P-0"][..]),
        (&[("sort", "created")], &["P-0", "P-1", "P-2"]),
        (&[("sort", "name")], &["P-1", "P-2", "P-0"]),
        (&[("sort", "-activity")], &["P-1", "P-2", "P-0"]),
        (&[("user", "Ana@Acme.example")], &["P-2", "P-0"]),
        (&[("flow_type", "pep")], &["P-2", "P-0"]),
        (&[("flow_key", "f1")], &["P-1"]),
        (&[("process", "P-0")], &["P-0"]),
        (&[("q", "zoe")], &["P-1"]),
        (&[("q", "apfel")], &["P-1"]),
        (&[("q", "bo di")], &["P-2"]),
        (&[("q", "5550001")], &[]),
        (&[("q", "p-2")], &["P-2"]),
        (&[("q", "2989")], &["P-2", "P-1", "P-0"]),
        (&[("status", "active")], &["P-2", "P-0"]),
        (&[("status", "inactive")], &["P-1"]),
        (&[("status", "all")], &["P-2", "P-1", "P-0"]),
        (&[("status", "completed")], &[]),
        (&[("status", "completed"), ("status", "canceled")], &["P-1"]),
        (&[("range", "today")], &["P-2", "P-1", "P-0"]),
        (&[("to", "2000-01-01")], &[]),
    ] {
        let answer = ask(params);
        assert_eq!((answer.status, keys(&answer)), (200, found.to_vec()), "{params:?}: {answer:?}");
        if !params.iter().any(|(name, _)| *name == "sort") {
            let total = server.get(&format!("{PROCESSES}/total{}", query(params)), &key);
            assert_eq!(total.body, json!({"total": found.len()}), "{params:?}");
        }
    }
    for (name, value) in
        [("status", "done"), ("sort", "size"), ("actor", "x"), ("limit", "0"), ("cursor", "x"), ("from", "x")]
    {
        ask(&[(name, value)]).assert_problem(400, "invalid_parameter");
    }
}

/// Pages hold what was there when the first one was asked for.
#[test]
fn pages_of_processes_neither_miss_nor_repeat_one_while_others_are_made() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let make = |at: usize| {
        create(
            &server,
            &key,
            &with(lease(json!([{"name": "N"}])), "/process_key", json!(format!("p{at:02}"))),
        );
    };
    (0..7).for_each(make);
    let mut found: Vec<String> = Vec::new();
    let mut path = format!("{PROCESSES}?limit=3&flow_type=");
    let mut pages = Vec::new();
    loop {
        let page = server.get(&path, &key);
        found.extend(keys(&page).into_iter().map(str::to_owned));
        make(10 + pages.len());
        let next = page.body["next"].as_str().map(str::to_owned);
        pages.push(page);
        match next {
            Some(next) => path = format!("{PROCESSES}?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, ["p06", "p05", "p04", "p03", "p02", "p01", "p00"]);
    assert_eq!(pages[0].body["previous"], Value::Null);
    let back = pages[1].body["previous"].as_str().unwrap();
    assert_eq!(keys(&server.get(&format!("{PROCESSES}?limit=3&cursor={back}"), &key)), ["p06", "p05", "p04"]);
    let other = server.get(&format!("{PROCESSES}?status=active&cursor={back}"), &key);
    other.assert_problem(400, "invalid_parameter");
}

/// The process of the path is filled in; another one is refused, in an array for itself.
#[test]
fn events_belong_to_the_process_of_the_path() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    create(&server, &key, &full());
    let path = format!("{PROCESSES}/deal-7/events");
    let answer = server.post(&path, &key, &event("document.downloaded"));
    assert_eq!(answer.status, 201, "{answer:?}");
    let read =
        server.get(&format!("/v1/organizations/acme/events/{}", answer.body["id"].as_str().unwrap()), &key);
    assert_eq!(read.body["process"], "deal-7");
    let mut other = event("document.downloaded");
    other["process"] = json!("deal-8");
    let refused = server.post(&path, &key, &other);
    refused.assert_problem(422, "invalid");
    assert_eq!(refused.body["errors"][0]["pointer"], "/process");
    let mut same = event("document.downloaded");
    same["process"] = json!("deal-7");
    let array = server.post(&path, &key, &json!([same, other, event("document.downloaded"), 7]));
    assert_eq!((&array.body["created"], &array.body["refused"]), (&json!(2), &json!(2)));
    assert_eq!(array.body["results"][1]["problem"]["errors"][0]["pointer"], "/process");
    let lines = format!("{same}\n{other}\n{{\n{same}");
    let answers = server.send("POST", &path, &key, Some(lines.as_bytes()), "application/x-ndjson");
    let told: Vec<Value> = answers.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&str> = told.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["created", "refused", "refused", "created"]);
    // Nothing is begun here but history.
    let nowhere = format!("{PROCESSES}/nowhere/events");
    server.post(&nowhere, &key, &event("document.downloaded")).assert_problem(404, "not_found");
    assert_eq!(
        server.post(&format!("{nowhere}?mode=record"), &key, &event("document.downloaded")).status,
        201
    );
    assert_eq!(server.post(&nowhere, &key, &event("document.downloaded")).status, 201);
    server.check_log();
}

/// X05: a signee's own act names nobody else; the name is filled in where it is read.
#[test]
fn a_signee_acts_under_their_own_name_without_being_named() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    create(&server, &key, &full());
    let looked = json!({"action": "document.accessed", "signee": "si-bo"});
    let answer = server.post(&format!("{PROCESSES}/deal-7/events"), &key, &looked);
    assert_eq!(answer.status, 201, "{answer:?}");
    let own = json!({"type": "signee", "id": "si-bo", "name": "Bo Li", "email": "bo@globex.example"});
    assert_eq!(feed(&server, &key).pop().unwrap()["actor"], own);
    let listed = server.get("/v1/organizations/acme/events?limit=1&process=deal-7", &key);
    assert_eq!(listed.body["data"][0]["actor"], own);
    let nobody = json!({"action": "document.accessed"});
    let refused = server.post(&format!("{PROCESSES}/deal-7/events"), &key, &nobody);
    assert_eq!(refused.body["errors"][0]["pointer"], "/actor");
}
