//! The background check of a running server finds what `fsck` finds of rows, trees and files, once. Deliberately absent: its
//! pace.

use std::fs;

use everlog::app::App;
use serde_json::json;
use tempfile::TempDir;

use crate::drill::{EVENTS, SOUND, copy, flip_in_event, rewrite, sql, walk};
use crate::server::Server;

fn scrub(app: &App) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(app.scrub_now()).unwrap()
}

/// The seqs of the events that tell of faults.
fn told(server: &Server, org: &str) -> Vec<u64> {
    let key = &SOUND.keys[usize::from(org == "bolt")];
    let answer = server.get(&format!("/v1/organizations/{org}/events?action=scrub.failed"), key);
    assert_eq!(answer.status, 200, "{answer:?}");
    let events = answer.body["data"].as_array().unwrap();
    let mut seqs: Vec<u64> = events.iter().map(|event| event["metadata"]["seq"].as_u64().unwrap()).collect();
    assert!(
        events
            .iter()
            .all(|event| event["label"] == "Integrity check failed" && event["category"] == "System")
    );
    seqs.sort_unstable();
    seqs
}

fn metric(server: &Server, name: &str) -> f64 {
    let text = server.get("/metrics", "").text;
    let line = text.lines().find(|line| line.starts_with(&format!("everlog_{name} "))).unwrap().to_owned();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_sound_store_is_read_once_and_nothing_is_said() {
    let server = Server::start_in(copy(), |_| {});
    let size = server.size("acme") + server.size("bolt");
    assert_eq!(metric(&server, "scrub_finished_seconds"), 0.0);
    assert_eq!(scrub(&server.app), 0);
    assert_eq!(metric(&server, "scrub_events"), size as f64);
    assert_eq!(metric(&server, "scrub_faults"), 0.0);
    assert!(metric(&server, "scrub_finished_seconds") > 1e9);
    assert!(told(&server, "acme").is_empty() && told(&server, "bolt").is_empty());
    server.check_log();
}

/// Each fault is one event of the log it is found in, whatever the rounds, and other organizations hear nothing of it.
#[test]
fn a_fault_is_recorded_once_however_often_it_is_found() {
    let copied = copy();
    let data = copied.path().join("data");
    flip_in_event(&data, "body", 300);
    flip_in_event(&data, "seed", 7);
    let blob =
        walk(&data.join("blobs")).into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[9] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let server = Server::start_in(copied, |_| {});
    for _ in 0..2 {
        assert_eq!(scrub(&server.app), 3);
        assert_eq!(told(&server, "bolt"), [7, 300]);
        assert_eq!(told(&server, "acme").len(), 1);
        assert_eq!(metric(&server, "scrub_faults"), 3.0);
    }
    // What is missing is told with its first, and a restart knows what was told.
    let copied = server.stop();
    sql(&copied.path().join("data"), "delete from events where id between (1 << 40) + 50 and (1 << 40) + 60");
    let server = Server::start_in(copied, |_| {});
    assert_eq!(metric(&server, "scrub_faults"), 3.0);
    assert_eq!(scrub(&server.app), 4);
    assert_eq!(told(&server, "bolt"), [7, 50, 300]);
}

/// A restart goes on from what was noted; the round after begins anew.
#[test]
fn a_restart_goes_on_where_the_last_one_stopped() {
    let copied = copy();
    let data = copied.path().join("data");
    flip_in_event(&data, "body", 300);
    let note = json!({
        "at": {"org": 1, "next": 310, "received_ms": 0, "tree": null}, "events": 400, "faults": 0, "faults_before": 0,
        "finished_ms": null,
    });
    fs::write(data.join("scrub.json"), note.to_string()).unwrap();
    let server = Server::start_in(copied, |_| {});
    assert_eq!(scrub(&server.app), 0);
    let rest = server.size("bolt") - 310;
    assert!(rest >= (EVENTS - 310) as u64);
    assert_eq!(metric(&server, "scrub_events"), (400 + rest) as f64);
    assert_eq!(scrub(&server.app), 1);
    // A note that is none is worth nothing.
    let copied = server.stop();
    fs::write(copied.path().join("data/scrub.json"), "{").unwrap();
    let server = Server::start_in(copied, |_| {});
    assert_eq!(scrub(&server.app), 1);
}

/// Leaves, tree and head all fit; only what was signed does not. The log is closed then, and can tell nobody.
#[test]
fn a_rewritten_log_is_found_by_what_was_signed() {
    let copied: TempDir = copy();
    rewrite(&copied.path().join("data"), everlog_core::ids::Seq(100));
    let server = Server::start_in(copied, |_| {});
    assert_eq!(scrub(&server.app), 1);
    assert!(told(&server, "bolt").is_empty());
}
