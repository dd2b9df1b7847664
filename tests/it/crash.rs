//! Kill −9 at random moments under load: whatever was acknowledged is there, once, in order, found, and the tree verifies.
//!
//! A few rounds unless `EVERLOG_CRASH_ROUNDS` says otherwise; `./check` asks for 200. Each round goes on with the data that
//! the last one left.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use everlog::app::App;
use everlog::config::Config;
use everlog::fsck::Checks;
use everlog::log::now_ms;
use everlog::read::week_start;
use everlog_core::ids::OrgId;
use everlog_core::query::Moment;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

mod processes;
mod signed;

const ORGS: [&str; 2] = ["acme", "globex"];
const SENDERS: u64 = 4;
/// Rounds when nothing is said: enough to notice, few enough to run after every edit.
const ROUNDS: u64 = 10;
/// A new data directory after so many rounds, so that a round stays short.
const ROUNDS_A_DIRECTORY: u64 = 20;

/// What was acknowledged: organization and id, and the position that was told.
type Acknowledged = Arc<Mutex<HashMap<(usize, String), u64>>>;

pub struct Running {
    pub child: Child,
    pub base: String,
}

pub fn serve(data: &Path) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_everlog"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("EVERLOG_OPERATOR_KEY", crate::server::OPERATOR_KEY)
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap_or_else(|| panic!("{line:?}"));
    Running { base: base.to_owned(), child }
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

pub fn post(agent: &ureq::Agent, url: &str, key: &str, body: &Value) -> Option<Value> {
    let request = agent.post(url).header("Authorization", format!("Bearer {key}"));
    let mut answer = request.send_json(body).ok()?;
    answer.body_mut().read_json().ok()
}

pub fn prepare(data: &Path) -> Vec<String> {
    let mut running = serve(data);
    let agent = agent();
    let keys = ORGS.map(|org| {
        let operator = crate::server::OPERATOR_KEY;
        let new = json!({"id": org, "name": org, "profile": "workspace"});
        post(&agent, &format!("{}/v1/organizations", running.base), operator, &new).unwrap();
        let url = format!("{}/v1/organizations/{org}/keys", running.base);
        let made = post(&agent, &url, operator, &json!({"name": "k", "scopes": ["write", "read"]})).unwrap();
        made["key"].as_str().unwrap().to_owned()
    });
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    keys.into()
}

/// Sends until the server is gone; keeps what was acknowledged.
fn send(base: &str, keys: &[String], sender: u64, next: &AtomicU64, acknowledged: &Acknowledged) {
    let agent = agent();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let org = usize::try_from(number + sender).unwrap() % ORGS.len();
        // One event, or a batch with a duplicate and a bad one in it.
        let ids: Vec<String> = (0..if number.is_multiple_of(3) { 1 } else { number % 40 })
            .map(|i| format!("e-{number}-{i}"))
            .collect();
        let mut events: Vec<Value> = ids.iter().map(|id| event(id)).collect();
        if let Some(first) = events.first().cloned() {
            events.push(first);
            events.push(json!({"action": 7}));
        }
        let url = format!("{base}/v1/organizations/{}/events", ORGS[org]);
        let Some(answer) = post(&agent, &url, &keys[org], &Value::Array(events)) else { return };
        let mut acknowledged = acknowledged.lock().unwrap();
        for (id, result) in ids.into_iter().zip(answer["results"].as_array().into_iter().flatten()) {
            if result["status"] == "created" {
                acknowledged.insert((org, id), result["seq"].as_u64().unwrap());
            }
        }
    }
}

fn event(id: &str) -> Value {
    json!({
        "id": id, "action": "lead.updated", "actor": {"type": "user", "id": "u_1", "name": "Ana"},
        "before": {"status": "New", "n": 1}, "after": {"status": "Won", "n": 1}, "metadata": {"note": id},
    })
}

/// Opens what the kill left, as the next start does, and re-verifies all of it.
fn verify(data: &Path, acknowledged: &HashMap<(usize, String), u64>, round: u64) {
    let config = Config {
        data: Some(data.to_owned()),
        operator_key: Some(crate::server::OPERATOR_KEY.to_owned()),
        ..Config::default()
    };
    let (app, writer) = App::open(&config).unwrap();
    assert_eq!(app.store.check().unwrap(), Vec::<String>::new(), "round {round}");
    assert_eq!(app.index.check().unwrap(), Vec::<String>::new(), "round {round}");
    for (at, id) in ORGS.iter().enumerate() {
        let id = OrgId::try_from(*id).unwrap();
        let org = app.access.open_locally(&id).unwrap();
        let checked = Checks::of(app.store.as_ref()).log(org.entry()).unwrap();
        assert_eq!(checked.faults, [], "round {round}");
        let moment = Moment { now_ms: now_ms(), time_zone: TimeZone::UTC, week_start: week_start(&org) };
        let total = app.reader.question(&org, &[], &[], &moment).unwrap();
        assert_eq!(
            app.reader.total(&org, &total).unwrap(),
            checked.size.0,
            "round {round}: all are found, once"
        );
        let own = acknowledged.iter().filter(|((org, _), _)| *org == at);
        for (count, ((_, event), seq)) in own.enumerate() {
            assert_eq!(
                app.store.find_id(org.code(), event).unwrap().map(|it| it.0),
                Some(*seq),
                "round {round}: {event}"
            );
            // Searching for each would take long; every tenth, another tenth each round.
            if count as u64 % 10 == round % 10 {
                let params = [("q".to_owned(), format!("id:\"{event}\""))];
                let question = app.reader.question(&org, &params, &[], &moment).unwrap();
                let found = app.reader.page(&org, &question).unwrap().events;
                let found: Vec<u64> = found.iter().map(|event| event.seq.0).collect();
                assert_eq!(found, [*seq], "round {round}: {event} is found");
            }
        }
    }
    drop(app);
    writer.join();
}

/// E, K of the hostile list, and the first promise: nothing acknowledged is ever lost, changed, reordered or hidden.
#[test]
fn what_was_acknowledged_survives_kill_9_at_any_moment() {
    let rounds =
        std::env::var("EVERLOG_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let next = Arc::new(AtomicU64::new(1));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut directory, mut keys, mut acknowledged) = (None, Vec::new(), Acknowledged::default());
    let mut total = 0;
    for round in 0..rounds {
        if round % ROUNDS_A_DIRECTORY == 0 {
            let fresh = tempfile::tempdir().unwrap();
            keys = prepare(&fresh.path().join("data"));
            total += acknowledged.lock().unwrap().len();
            acknowledged = Acknowledged::default();
            directory = Some(fresh);
        }
        let data = directory.as_ref().unwrap().path().join("data");
        let mut running = serve(&data);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (base, keys) = (running.base.clone(), keys.clone());
                let (next, acknowledged) = (Arc::clone(&next), Arc::clone(&acknowledged));
                std::thread::spawn(move || send(&base, &keys, sender, &next, &acknowledged))
            })
            .collect();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_millis(random % 120));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        for sender in senders {
            sender.join().unwrap();
        }
        verify(&data, &acknowledged.lock().unwrap(), round);
    }
    total += acknowledged.lock().unwrap().len();
    assert!(total > 0, "something was acknowledged");
    println!("{rounds} kills, {total} acknowledged events, none lost");
}
