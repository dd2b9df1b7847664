//! What was signed last, beside the store: a store that does not go on from it is only read, and nothing is signed that was
//! not read again. Deliberately absent: witnesses.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use everlog_core::checkpoint::VerifierKey;
use everlog_core::ids::Size;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::server::{Answer, OPERATOR_KEY, Server, event};

const ACME: &str = "/v1/organizations/acme";

fn record(server: &Server, key: &str, count: usize) {
    for _ in 0..count {
        let answer = server.post(&format!("{ACME}/events"), key, &event("lead.created"));
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

/// The signed head of acme, opened with the published key.
fn signed_size(server: &Server, key: &str) -> Size {
    // A log is signed at most once a second.
    std::thread::sleep(Duration::from_millis(1_050));
    let vkey: VerifierKey = server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap();
    let answer = server.get(&format!("{ACME}/checkpoint"), key);
    assert_eq!(answer.status, 200, "{answer:?}");
    vkey.open(&answer.text).unwrap().size
}

/// Nothing is written or signed, and everything is read.
fn assert_only_read(server: &Server, key: &str, code: &str) -> Answer {
    let refused = server.post(&format!("{ACME}/events"), key, &event("lead.created"));
    refused.assert_problem(503, code);
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    server.get(&format!("{ACME}/checkpoint"), key).assert_problem(503, code);
    assert_eq!(server.get(&format!("{ACME}/events"), key).status, 200);
    let ready = server.get("/readyz", "");
    assert_eq!((ready.status, ready.body["status"].as_str()), (200, Some("degraded")));
    assert_eq!(ready.body["closed_logs"], 1);
    assert!(server.get("/metrics", "").text.contains("\neverlog_logs_closed 1\n"));
    refused
}

/// The one file in which acme's signed head is kept.
fn kept(directory: &TempDir) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(directory.path().join("data/signed"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A backup of everything but what was signed.
fn copy(directory: &TempDir, from: &str, to: &str) {
    fn copy_all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
            if path.is_dir() && name != "signed" {
                copy_all(&path, &to.join(&name));
            } else if path.is_file() {
                fs::copy(&path, to.join(&name)).unwrap();
            }
        }
    }
    let (from, to) = (directory.path().join(from), directory.path().join(to));
    for old in ["truth.db", "truth.db-wal", "truth.db-shm"] {
        fs::remove_file(to.join(old)).ok();
    }
    fs::remove_dir_all(to.join("index")).ok();
    copy_all(&from, &to);
}

fn sql(directory: &TempDir, statement: &str) {
    let changed = Connection::open(directory.path().join("data/truth.db")).unwrap();
    changed.execute_batch(statement).unwrap();
}

/// B, K: a store from before the last signature. Restored newer ones go on as if nothing had been.
#[test]
fn a_store_that_went_back_is_only_read_and_asks_for_the_newer_backup() {
    let server = Server::start();
    let (key, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    record(&server, &key, 3);
    let directory = server.stop();
    copy(&directory, "data", "older");
    let server = Server::start_in(directory, |_| {});
    record(&server, &key, 2);
    let size = signed_size(&server, &key);
    let directory = server.stop();
    assert_eq!(fs::metadata(kept(&directory)).unwrap().permissions().mode() & 0o777, 0o600);
    copy(&directory, "data", "newer");
    copy(&directory, "older", "data");

    let server = Server::start_in(directory, |_| {});
    let refused = assert_only_read(&server, &key, "log_went_back");
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("{size} of it were signed at 20")), "{detail}");
    let ready = server.get("/readyz", "").body;
    assert_eq!(ready["wants_events"], size.0);
    let time = ready["wants_backup_after"].as_str().unwrap();
    assert!(detail.contains(time), "{detail} names {time}");
    assert!(!server.get("/metrics", "").text.contains("\neverlog_wanted_backup_timestamp_seconds 0\n"));
    // Acts that would have to be recorded are not done, and another log is none the worse.
    let session = serde_json::json!({"user": {"id": "u", "name": "u"}, "role": "owner"});
    server.post(&format!("{ACME}/viewer-sessions"), &key, &session).assert_problem(503, "log_went_back");
    let other = server.post("/v1/organizations/globex/events", &globex, &event("lead.created"));
    assert_eq!(other.status, 201);
    let directory = server.stop();

    copy(&directory, "newer", "data");
    let server = Server::start_in(directory, |_| {});
    assert_eq!(signed_size(&server, &key), size);
    record(&server, &key, 1);
    assert_eq!(server.get("/readyz", "").body["status"], "ready");
    server.check_log();
}

/// An older store that has grown since is as long as what was signed, or longer, and another.
#[test]
fn a_store_that_went_back_and_grew_is_found_out_when_it_is_signed() {
    for (grown, at_once) in [(2, true), (4, false)] {
        let server = Server::start();
        let key = server.tenant("acme", "workspace");
        record(&server, &key, 3);
        let directory = server.stop();
        copy(&directory, "data", "older");
        let server = Server::start_in(directory, |_| {});
        record(&server, &key, 2);
        let size = signed_size(&server, &key);
        let directory = server.stop();
        // Grown while nobody looked: by a server that has lost what was signed.
        let signed = fs::read(kept(&directory)).unwrap();
        let place = kept(&directory);
        fs::remove_file(&place).unwrap();
        copy(&directory, "older", "data");
        let server = Server::start_in(directory, |_| {});
        record(&server, &key, grown);
        let directory = server.stop();
        fs::write(&place, signed).unwrap();
        let place = directory.path().join("data/signed").join(place.file_name().unwrap());
        assert!(place.exists());

        let server = Server::start_in(directory, |_| {});
        if !at_once {
            record(&server, &key, 1);
            std::thread::sleep(Duration::from_millis(1_050));
            let first = server.get(&format!("{ACME}/checkpoint"), &key);
            first.assert_problem(503, "log_rewritten");
            assert!(first.body["detail"].as_str().unwrap().contains(&format!("{size} events were signed")));
        }
        assert_only_read(&server, &key, "log_rewritten");
    }
}

#[test]
fn a_lost_signed_head_is_done_without_and_a_damaged_one_is_not() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 2);
    let size = signed_size(&server, &key);
    let directory = server.stop();
    let place = kept(&directory);
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
    let server = Server::start_in(directory, |_| {});
    assert_eq!(signed_size(&server, &key), size);
    let mut directory = server.stop();

    let whole = fs::read_to_string(&place).unwrap();
    let other_tree = whole.replacen(&format!("\\n{size}\\n"), &format!("\\n{}\\n", size.0 + 1), 1);
    assert_ne!(other_tree, whole);
    let later_form = whole.replacen("\"version\": 1", "\"version\": 2", 1);
    for damaged in ["", "{", &whole[..whole.len() / 2], &other_tree, &later_form] {
        fs::write(&place, damaged).unwrap();
        let server = Server::start_in(directory, |_| {});
        assert_only_read(&server, &key, "signed_head_unreadable");
        directory = server.stop();
    }
    // What a kill left half written beside it is nothing.
    fs::write(&place, &whole).unwrap();
    fs::write(place.with_extension("new"), "{\"version").unwrap();
    let server = Server::start_in(directory, |_| {});
    record(&server, &key, 1);
    assert_eq!(signed_size(&server, &key).0, size.0 + 1);
}

#[test]
fn a_log_that_is_younger_than_the_store_is_told_as_lost() {
    let server = Server::start();
    let directory = server.stop();
    copy(&directory, "data", "older");
    let server = Server::start_in(directory, |_| {});
    let key = server.tenant("acme", "workspace");
    signed_size(&server, &key);
    let directory = server.stop();
    copy(&directory, "older", "data");
    let server = Server::start_in(directory, |_| {});
    let ready = server.get("/readyz", "");
    assert_eq!((&ready.body["status"], &ready.body["lost_logs"]), (&"degraded".into(), &1.into()));
    // It is made again as another log, which nothing contradicts.
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 1);
    signed_size(&server, &key);
}

/// What is signed is read again on the reading path: a row that was changed under the server's feet is never signed.
#[test]
fn what_cannot_be_verified_is_not_signed_and_the_first_bad_event_is_named() {
    let changes: &[(&str, u64)] = &[
        ("update events set received_ms = received_ms + 1 where id = 4", 4),
        ("update events set leaf = randomblob(32) where id in (5, 7)", 5),
        ("update events set body = randomblob(60) where id = 6", 6),
        ("update events set body = (select body from events where id = 3) where id = 5", 5),
        ("delete from events where id = 5", 5),
        ("update events set body = x'00' where id = 8; delete from events where id = 7", 7),
        // Below what was signed: every new event is well, and the tree is not theirs.
        (
            "update heads set frontier = cast(substr(frontier, 1, 8) || randomblob(length(frontier) - 8) as blob)",
            1,
        ),
    ];
    for (change, bad) in changes {
        let server = Server::start();
        let key = server.tenant("acme", "workspace");
        record(&server, &key, 1);
        let signed = signed_size(&server, &key);
        assert_eq!(signed, Size(1));
        record(&server, &key, 8);
        let directory = server.stop();
        sql(&directory, change);
        std::thread::sleep(Duration::from_millis(1_050));
        let server = Server::start_in(directory, |_| {});
        let refused = server.get(&format!("{ACME}/checkpoint"), &key);
        refused.assert_problem(503, "log_damaged");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("event {bad} of this log")), "{change}: {detail}");
        let refused = server.post(&format!("{ACME}/events"), &key, &event("lead.created"));
        refused.assert_problem(503, "log_damaged");
        let directory = server.stop();
        assert!(fs::read_to_string(kept(&directory)).unwrap().contains("\\n1\\n"), "{change}");
    }
}

/// A full disk when the head is to be kept: then nobody is given it.
#[test]
fn a_head_that_cannot_be_kept_is_not_signed() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let before = signed_size(&server, &key);
    record(&server, &key, 1);
    let place = kept(&server.directory);
    let full = place.with_extension("new");
    symlink("/dev/full", &full).unwrap();
    std::thread::sleep(Duration::from_millis(1_050));
    for _ in 0..2 {
        server.get(&format!("{ACME}/checkpoint"), &key).assert_problem(503, "unavailable");
    }
    assert!(server.get("/metrics", "").text.contains("\neverlog_checkpoints_signed_total 1\n"));
    // Writing goes on: the log itself is well.
    record(&server, &key, 1);
    fs::remove_file(full).unwrap();
    assert_eq!(signed_size(&server, &key).0, before.0 + 2);
    let answer = server.get("/v1/organizations", OPERATOR_KEY);
    assert_eq!(answer.status, 200);
}

/// Compare and swap: what was kept by somebody else meanwhile, and is larger, is not replaced.
#[test]
fn a_kept_head_is_never_replaced_by_a_smaller_one() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 3);
    signed_size(&server, &key);
    let (place, directory) = (kept(&server.directory), server.stop());
    let larger = fs::read(&place).unwrap();
    fs::remove_file(&place).unwrap();
    copy(&directory, "data", "whole");
    sql(
        &directory,
        "delete from events where id = 2; update heads set size = 2, frontier = cast(x'0000000000000002' || substr(frontier, 9, 32) as blob)",
    );
    let server = Server::start_in(directory, |_| {});
    fs::write(&place, &larger).unwrap();
    server.get(&format!("{ACME}/checkpoint"), &key).assert_problem(500, "damaged");
    assert_eq!(fs::read(&place).unwrap(), larger);
}
