//! Kill −9 while processes are made and signed: never a part of a process, never a last signature without the end that
//! follows from it. Deliberately absent: what one event alone may lose, which the parent tests.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use everlog::app::App;
use everlog::config::Config;
use everlog::fsck::Checks;
use everlog::store::process::{ProcessFilter, ProcessPage};
use everlog_core::ids::OrgId;
use everlog_core::process::{State, Status};
use serde_json::{Value, json};

use crate::crash::{ORGS, SENDERS, agent, post, prepare, serve};

/// Rounds when nothing is said.
const ROUNDS: u64 = 4;
const SIGNEES: usize = 3;

/// What was acknowledged: processes made, and processes completed.
#[derive(Default)]
struct Acknowledged {
    made: Vec<String>,
    completed: Vec<String>,
}

/// Makes processes and signs them until the server is gone.
fn send(base: &str, key: &str, next: &AtomicU64, acknowledged: &Mutex<Acknowledged>) {
    let agent = agent();
    let processes = format!("{base}/v1/organizations/{}/processes", ORGS[0]);
    loop {
        let process = format!("p{}", next.fetch_add(1, Ordering::Relaxed));
        let signees: Vec<Value> =
            (0..SIGNEES).map(|at| json!({"signee_key": format!("s{at}"), "name": "N"})).collect();
        let new = json!({"process_key": process, "display_name": "D", "file_name": "d.pdf", "signees": signees,
            "created_by": {"type": "user", "id": "u_1"}});
        let Some(made) = post(&agent, &processes, key, &new) else { return };
        assert_eq!(made["status"], "created", "{made}");
        acknowledged.lock().unwrap().made.push(process.clone());
        for action in ["invitation.sent", "document.signed"] {
            for at in 0..SIGNEES {
                let event = json!({"action": action, "signee": format!("s{at}")});
                let Some(told) = post(&agent, &format!("{processes}/{process}/events"), key, &event) else {
                    return;
                };
                assert_eq!(told["status"], "created", "{told}");
                if !told["implied"].as_array().unwrap().is_empty() {
                    acknowledged.lock().unwrap().completed.push(process.clone());
                }
            }
        }
    }
}

/// Opens what the kill left and looks at every process.
fn verify(data: &Path, acknowledged: &Acknowledged, round: u64) -> usize {
    let config = Config {
        data: Some(data.to_owned()),
        operator_key: Some(crate::server::OPERATOR_KEY.to_owned()),
        ..Config::default()
    };
    let (app, writer) = App::open(&config).unwrap();
    let org = app.access.open_locally(&OrgId::try_from(ORGS[0]).unwrap()).unwrap();
    assert_eq!(app.store.check().unwrap(), Vec::<String>::new(), "round {round}");
    assert_eq!(Checks::of(app.store.as_ref()).log(org.entry()).unwrap().faults, [], "round {round}");
    let page = ProcessPage { order: Default::default(), descending: false, skip: 0, take: u64::MAX };
    let rows = app.store.processes(org.code(), &ProcessFilter::default(), page).unwrap();
    let found = rows.len();
    let mut completed = Vec::new();
    let mut made = Vec::new();
    for row in rows {
        let state = State::from_bytes(&row.state).unwrap();
        let key = row.process.unwrap().key;
        assert_eq!((state.is_created, state.signees.len()), (true, SIGNEES), "round {round}: {key} is whole");
        let is_completed = state.status == Status::Completed;
        assert_eq!(state.is_signed_by_all(), is_completed, "round {round}: {key} is signed by all and ends");
        let events = app.reader.process_events(&org, &key).unwrap();
        let ends = events.iter().filter(|it| it.document.event.action == "document.completed").count();
        assert_eq!(ends, usize::from(is_completed), "round {round}: {key}");
        if is_completed {
            completed.push(key.clone());
        }
        made.push(key);
    }
    assert!(acknowledged.made.iter().all(|key| made.contains(key)), "round {round}: what was made is there");
    assert!(
        acknowledged.completed.iter().all(|key| completed.contains(key)),
        "round {round}: what ended has ended"
    );
    drop((app, org));
    writer.join();
    found
}

/// L20 to L53 promise pairs: an event and what follows from it are one, whenever the server dies.
#[test]
fn no_half_process_and_no_cause_without_its_consequence_survives_kill_9() {
    let rounds =
        std::env::var("EVERLOG_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let next = Arc::new(AtomicU64::new(1));
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let key = prepare(&data).remove(0);
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let mut found = 0;
    for round in 0..rounds {
        let mut running = serve(&data);
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (base, key) = (running.base.clone(), key.clone());
                let (next, acknowledged) = (Arc::clone(&next), Arc::clone(&acknowledged));
                std::thread::spawn(move || send(&base, &key, &next, &acknowledged))
            })
            .collect();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_millis(50 + random % 250));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        for sender in senders {
            sender.join().unwrap();
        }
        found = verify(&data, &acknowledged.lock().unwrap(), round);
    }
    let completed = acknowledged.lock().unwrap().completed.len();
    assert!(found > 0 && completed > 0, "something was made and completed");
    println!("{rounds} kills, {found} processes, {completed} known to be completed, all whole");
}
