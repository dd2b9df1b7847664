//! Kill −9 at random moments while documents come in and their home is a bucket: behind the next start's sweep every object is one
//! that the log names, and every document that was acknowledged is there. Deliberately absent: what a kill does to events (`crash`).

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use everlog::app::App;
use everlog::config::Config;
use everlog::fsck::Checks;
use everlog_core::ids::OrgId;
use tempfile::TempDir;

use crate::http::process_files::{PDF, sha256};
use crate::s3::Prefix;
use crate::s3::whole::{Running, of_hash, serve};
use crate::server::OPERATOR_KEY;

/// Rounds when nothing is said; a tenth of what is asked of everything.
const ROUNDS: u64 = 4;
const SENDERS: usize = 4;

fn rounds() -> u64 {
    let asked = std::env::var("EVERLOG_CRASH_ROUNDS").ok().and_then(|text| text.parse::<u64>().ok());
    asked.map_or(ROUNDS, |rounds| (rounds / 10).max(ROUNDS))
}

/// A document unlike all others.
fn document(number: u64) -> Vec<u8> {
    [PDF, format!("% {number}\n").as_bytes()].concat()
}

/// Makes processes and attaches documents until the server is gone.
fn send(server: &Running, key: &str, next: &AtomicU64, acknowledged: &Mutex<BTreeSet<String>>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (process, bytes) = (format!("p{number}"), document(number));
        if server.try_begin(key, &process).is_none() {
            return;
        }
        match server.try_put(key, &process, &bytes) {
            Some(201) => drop(acknowledged.lock().unwrap().insert(sha256(&bytes))),
            Some(status) => panic!("{status}"),
            None => return,
        }
    }
}

#[test]
fn a_kill_at_any_moment_leaves_the_bucket_with_what_the_log_names_and_nothing_else() {
    let Some(prefix) = Prefix::new() else { return };
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let server = serve(&prefix, &data, &["--blobs", &prefix.url.to_string()]);
    let key = server.tenant();
    server.kill();
    let (next, acknowledged) = (AtomicU64::new(0), Mutex::default());
    let mut left = 0;
    for round in 0..rounds() {
        let mut server = serve(&prefix, &data, &[]);
        let child = server.detach();
        std::thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| send(&server, &key, &next, &acknowledged));
            }
            std::thread::sleep(Duration::from_millis(60 + (round * 137) % 400));
            child.kill();
        });
        let before = prefix.documents().len() as u64;
        let config = Config {
            data: Some(data.clone()),
            operator_key: Some(OPERATOR_KEY.to_owned()),
            bucket_access: Some(prefix.access()),
            ..Config::default()
        };
        let (app, writer) = App::open(&config).unwrap();
        app.sweep_now(Instant::now()).unwrap();
        let org = app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap();
        let checks = Checks { blobs: Some(&app.blobs), ..Checks::of(app.store.as_ref()) };
        let checked = checks.log(org.entry()).unwrap();
        assert_eq!(checked.faults, [], "round {round}");
        let there: BTreeSet<String> = prefix.documents().into_iter().collect();
        assert_eq!(there.len() as u64, checked.files, "round {round}: what is there is named, and no more");
        let known = acknowledged.lock().unwrap();
        assert!(known.iter().all(|hash| there.contains(&of_hash(hash))), "round {round}");
        left += before - checked.files;
        drop((app, org));
        writer.join();
    }
    let known = acknowledged.lock().unwrap().len();
    assert!(known > 0, "something was sent");
    eprintln!("{known} documents were acknowledged, {left} objects were swept behind kills");
}
