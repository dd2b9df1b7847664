//! `everlog copy`: what was proven of a log holds of its copy, which goes on as itself. Deliberately absent: backups.

use std::fs;
use std::path::Path;
use std::process::Command;

use everlog_core::bundle::{Trust, verify};
use serde_json::{Value, json};

use crate::http::process_files::{PDF, finished, sha256};
use crate::server::{Server, event};

const ORG: &str = "/v1/organizations/acme";

fn copy(from: &Path, to: &Path) -> (bool, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    let output = command.args(["copy", "--json", "--from"]).arg(from).arg("--to").arg(to).output().unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.success(), told, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn holds(server: &Server, bundle: &str) {
    let key = server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap();
    verify(bundle.as_bytes(), &Trust { keys: vec![key], older: None }, |_| ()).unwrap();
}

fn send(server: &Server, key: &str, ids: std::ops::Range<u32>) {
    let made = |id| {
        let mut made = event("lead.created");
        made["id"] = json!(format!("e-{id}"));
        made["actor"] = json!({"type": "user", "id": "u_1", "name": "Ana", "email": "ana@erase-me.example"});
        made
    };
    let events: Vec<Value> = ids.clone().map(made).collect();
    let answer = server.post(&format!("{ORG}/events"), key, &json!(events));
    assert_eq!(answer.body["created"], ids.len(), "{answer:?}");
}

#[test]
fn a_copy_is_the_same_log_and_goes_on_where_it_was_broken_off() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    server.tenant("globex", "workspace");
    finished(&server, "acme", &key, "p1");
    send(&server, &key, 0..40);
    let body = json!({"events": ["e-3"], "basis": "a test", "requested_by": "tester"});
    assert_eq!(server.post(&format!("{ORG}/erasures"), &key, &body).status, 201);
    let before = server.get(&format!("{ORG}/events/e-7/bundle"), &key).text;
    let note = server.get(&format!("{ORG}/checkpoint"), &key).text;
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("target/data");
    fs::create_dir_all(target.parent().unwrap()).unwrap();

    // A server that holds the log does not let it be copied from under it.
    let source = server.directory.path().join("data");
    assert!(!copy(&source, &target).0);
    let directory = server.stop();
    let (is_well, told, said) = copy(&source, &target);
    assert!(is_well, "{told} {said}");
    assert_eq!((&told["faults"], &told["documents"]), (&json!([]), &json!(2)), "{told}");

    // More comes in, and something is erased that was copied already.
    let server = Server::start_in(directory, |_| ());
    send(&server, &key, 40..60);
    let body = json!({"actor": "u_1", "basis": "a test", "requested_by": "tester"});
    assert_eq!(server.post(&format!("{ORG}/erasures"), &key, &body).status, 201);
    let size = server.size("acme");
    let directory = server.stop();
    let (is_well, told, said) = copy(&source, &target);
    assert!(is_well && told["new_events"] == 21, "{told} {said}");
    drop(directory);

    let copied = tempfile::tempdir().unwrap();
    fs::rename(&target, copied.path().join("data")).unwrap();
    let server = Server::start_in(copied, |_| ());
    assert_eq!(server.size("acme"), size);
    holds(&server, &before);
    assert_eq!(server.get(&format!("{ORG}/events/total?q=ana%40erase-me.example"), &key).body["total"], 0);
    assert_eq!(server.get(&format!("{ORG}/processes/p1/document"), &key).text.as_bytes(), PDF);
    assert_eq!(server.get("/v1/organizations/globex", crate::server::OPERATOR_KEY).status, 200);
    // The log continues the head that was signed at the source.
    let from: u64 = note.lines().nth(1).unwrap().parse().unwrap();
    assert_eq!(server.get(&format!("{ORG}/proofs/consistency?from={from}"), &key).status, 200);
    send(&server, &key, 60..61);
    holds(&server, &server.get(&format!("{ORG}/events/e-60/bundle"), &key).text);
    server.check_log();
}

/// A copy that was broken off is not served in place of the whole; and what nobody names neither breaks it nor is in it.
#[test]
fn a_copy_that_was_broken_off_is_not_served() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    let directory = server.stop();
    let (source, place) = (directory.path().join("data"), tempfile::tempdir().unwrap());
    let target = place.path().join("data");
    let stray = sha256(b"a stray");
    let stray_at = |data: &Path| data.join("blobs/0").join(&stray[..2]).join(&stray);
    fs::create_dir_all(stray_at(&source).parent().unwrap()).unwrap();
    fs::write(stray_at(&source), b"damaged").unwrap();

    let program = || Command::new(env!("CARGO_BIN_EXE_everlog"));
    let mut broken = program();
    broken.args(["copy", "--blobs", "s3://bucket/copy", "--from"]).arg(&source).arg("--to").arg(&target);
    let broken = broken.env("AWS_CA_BUNDLE", place.path().join("nothing")).output().unwrap();
    assert!(!broken.status.success());
    let served =
        program().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&target).output().unwrap();
    let said = String::from_utf8_lossy(&served.stderr);
    assert!(!served.status.success() && said.contains("a copy that was broken off"), "{said}");

    let (is_well, told, said) = copy(&source, &target);
    assert!(is_well, "{told} {said}");
    assert_eq!((&told["documents"], &told["unnamed_documents"]), (&json!(2), &json!(1)), "{told}");
    assert!(!stray_at(&target).exists() && !target.join("copying").exists());
    // One that went on by itself is not called broken off, should somebody copy into it again.
    let server = Server::start_in(place, |_| ());
    send(&server, &key, 0..1);
    let place = server.stop();
    let (is_well, _, said) = copy(&source, &place.path().join("data"));
    assert!(!is_well && said.contains("went on by itself"), "{said}");
    assert!(!place.path().join("data/copying").exists());
}

#[test]
fn a_directory_with_another_log_is_not_copied_into() {
    let (one, other) = (Server::start(), Server::start());
    let key = one.tenant("acme", "workspace");
    send(&one, &key, 0..3);
    other.tenant("acme", "workspace");
    let (one, other) = (one.stop(), other.stop());
    let before = fs::read(other.path().join("data/log.key")).unwrap();
    let (is_well, _, said) = copy(&one.path().join("data"), &other.path().join("data"));
    assert!(!is_well && said.contains("another organization"), "{said}");
    assert_eq!(fs::read(other.path().join("data/log.key")).unwrap(), before);
    assert!(!copy(&one.path().join("data"), &one.path().join("data")).0);
    assert!(!copy(&one.path().join("nothing"), &one.path().join("new")).0);
}
