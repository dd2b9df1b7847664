//! `record --receipts` and `verify` of what it kept: what was acknowledged is still there, or is told to be gone. Deliberately
//! absent: proofs themselves (`core::proof`).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, event};

/// Where receipts are kept, and by which key they are checked.
struct Desk {
    directory: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("receipts.jsonl")
    }

    /// Records these events of a server's organization, and keeps the receipts.
    fn record(&self, server: &Server, key: &str, ids: impl IntoIterator<Item = String>) -> Output {
        let url = server.url("");
        let input: String = ids.into_iter().map(|id| format!("{}\n", with_id(&id))).collect();
        run(&["record", "--org", "acme", "--url", &url, "--api-key", key, "--receipts", &self.name()], &input)
    }

    fn name(&self) -> String {
        self.path().display().to_string()
    }

    /// The exit code, and what is told.
    fn verify(&self, more: &[&str]) -> (i32, String) {
        let output = run(&[&["verify", &self.name()], more].concat(), "");
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    }
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_everlog"))
        .args(arguments)
        .env_remove("EVERLOG_URL")
        .env_remove("EVERLOG_API_KEY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn with_id(id: &str) -> Value {
    let mut sent = event("lead.created");
    sent["id"] = json!(id);
    sent
}

fn ids(range: std::ops::Range<u32>) -> impl Iterator<Item = String> {
    range.map(|at| format!("e-{at}"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

fn log_key(server: &Server) -> String {
    server.get("/v1/log-key", "").text.trim().to_owned()
}

/// Of a stream of any length: more than go in at once, some of them twice, some refused.
#[test]
fn every_acknowledged_event_has_a_receipt_that_the_log_bears_out() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    let output = desk.record(&server, &key, ids(0..1_050).chain(ids(7..9)));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1_052);
    server.post("/v1/organizations/acme/events", &key, &event("lead.deleted"));
    let lines = fs::read_to_string(desk.path()).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["organization"], &first["answer"]["id"]), (&json!("acme"), &json!("e-0")));
    assert_eq!(lines.lines().count(), 1_052, "duplicates are acknowledged too");

    let (url, log_key) = (server.url(""), log_key(&server));
    let asked = ["--url", &url, "--api-key", &key];
    let (code, told) = desk.verify(&[&asked[..], &["--key", &log_key]].concat());
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with("VERIFIED: every acknowledged event is in the log"), "{told}");
    // The head may be a second old, and covers whatever was acknowledged.
    assert!(told.contains("1052 receipts") && told.contains("events now"), "{told}");
    let (code, told) = desk.verify(&asked);
    assert!(
        code == 0 && told.starts_with("CONSISTENT, key not checked") && !told.contains("VERIFIED"),
        "{told}"
    );
    // Without the server only the receipts themselves are checked, and that is said.
    let (code, told) = desk.verify(&["--key", &log_key]);
    assert!(code == 0 && told.contains("was not asked"), "{told}");
    let (code, told) = desk.verify(&[]);
    assert!(code == 2 && told.contains("--key"), "{told}");
    let (code, told) = desk.verify(&[&asked[..], &["--key", &log_key, "--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["verdict"], &told["receipts"]), (0, &json!("holds"), &json!(1_052)));
}

/// The leaf stays, and with it everything that was ever proven.
#[test]
fn an_event_that_lost_a_value_by_an_erasure_is_still_the_one_that_was_acknowledged() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    desk.record(&server, &key, ids(0..5));
    let asked =
        json!({"events": ["e-2"], "fields": ["/e/actor/name"], "basis": "GDPR", "requested_by": "owner"});
    let made = server.post("/v1/organizations/acme/erasures", &key, &asked);
    assert_eq!(made.status, 201, "{made:?}");
    let (code, told) =
        desk.verify(&["--url", &server.url(""), "--api-key", &key, "--key", &log_key(&server)]);
    assert!(code == 0 && told.contains("5 receipts"), "{told}");
}

#[test]
fn receipts_of_a_data_directory_are_those_of_its_server() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    let directory = server.stop();
    let data = directory.path().join("data").display().to_string();
    let arguments = ["record", "--org", "acme", "--data", &data, "--receipts", &desk.name()];
    let refused = format!("{}\n{{\"action\":\"a.b\"}}\n{}\n", with_id("e-0"), with_id("e-1"));
    assert_eq!(run(&arguments, &refused).status.code(), Some(1), "one was refused");
    assert_eq!(fs::read_to_string(desk.path()).unwrap().lines().count(), 2);
    let server = Server::start_in(directory, |_| {});
    let (code, told) =
        desk.verify(&["--url", &server.url(""), "--api-key", &key, "--key", &log_key(&server)]);
    assert!(code == 0 && told.contains("2 receipts"), "{told}");
}

/// The data directory is put back to an older copy, and other events follow: each of them is a good log by itself.
#[test]
fn a_log_that_was_rewritten_is_noticed_and_the_first_lost_event_named() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    desk.record(&server, &key, ids(0..5));
    let directory = server.stop();
    let older = TempDir::new().unwrap();
    copy(directory.path(), older.path());
    let server = Server::start_in(directory, |_| {});
    let output = desk.record(&server, &key, ids(5..10));
    assert!(output.status.success(), "{output:?}");
    drop(server);

    let server = Server::start_in(older, |_| {});
    let log_key = log_key(&server);
    let url = server.url("");
    let asked = ["--url", &url, "--api-key", &key, "--key", &log_key];
    let (code, told) = desk.verify(&asked);
    assert_eq!(code, 1, "{told}");
    assert!(told.starts_with("DOES NOT HOLD: line 6, of event 5 (e-5)"), "{told}");
    assert!(
        told.contains("had 10 events then and has 5 events now")
            && told.contains("5 receipts before it hold"),
        "{told}"
    );
    // As long as before, and longer, with others in their place.
    for at in 0..8 {
        server.post("/v1/organizations/acme/events", &key, &with_id(&format!("other-{at}")));
    }
    let (code, told) = desk.verify(&asked);
    assert_eq!(code, 1, "{told}");
    assert!(told.starts_with("DOES NOT HOLD: line 6, of event 5 (e-5)"), "{told}");
    assert!(told.contains("is not in the log as it was") && !told.contains("VERIFIED"), "{told}");
    let (_, told) = desk.verify(&[&asked[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["fault"]["index"], &told["verdict"]), (&json!(5), &json!("fails")));
}

/// A group of writes has one head: what of it is still there is told apart from what is not.
#[test]
fn an_event_that_is_still_there_in_a_rewritten_log_is_not_called_lost() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    desk.record(&server, &key, ids(0..3));
    let directory = server.stop();
    let older = TempDir::new().unwrap();
    copy(directory.path(), older.path());
    let server = Server::start_in(directory, |_| {});
    desk.record(&server, &key, ids(0..6));
    drop(server);
    let server = Server::start_in(older, |_| {});
    for at in 0..8 {
        server.post("/v1/organizations/acme/events", &key, &with_id(&format!("other-{at}")));
    }
    let (code, told) =
        desk.verify(&["--url", &server.url(""), "--api-key", &key, "--key", &log_key(&server)]);
    assert_eq!(code, 1);
    assert!(told.starts_with("DOES NOT HOLD: line 7, of event 3 (e-3)"), "{told}");
}

#[test]
fn a_file_that_was_cut_off_says_so_and_is_gone_on_with() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    desk.record(&server, &key, ids(0..3));
    let whole = fs::read(desk.path()).unwrap();
    fs::write(desk.path(), &whole[..whole.len() - 100]).unwrap();
    let (url, log_key) = (server.url(""), log_key(&server));
    let asked = ["--url", &url, "--api-key", &key, "--key", &log_key];
    let (code, told) = desk.verify(&asked);
    assert_eq!(code, 2, "{told}");
    assert!(told.starts_with("CANNOT TELL: line 3: the receipt is cut off"), "{told}");
    assert!(told.contains("2 receipts before it hold"), "{told}");
    let output = desk.record(&server, &key, ids(2..5));
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("was cut off"), "{output:?}");
    let (code, told) = desk.verify(&asked);
    assert!(code == 0 && told.contains("5 receipts"), "{told}");
    // What is no file of receipts is left alone.
    fs::write(desk.path(), "{\"a\":1}\n").unwrap();
    let output = desk.record(&server, &key, ids(5..6));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(fs::read_to_string(desk.path()).unwrap(), "{\"a\":1}\n");
}

#[test]
fn receipts_of_another_log_or_server_or_of_other_words_do_not_hold() {
    let (server, desk) = (Server::start(), Desk::new());
    let key = server.tenant("acme", "workspace");
    let other_key = server.tenant("bolt", "workspace");
    desk.record(&server, &key, ids(0..3));
    let (url, log_key) = (server.url(""), log_key(&server));
    let (code, told) =
        desk.verify(&["--url", &url, "--api-key", &other_key, "--key", &log_key, "--org", "bolt"]);
    assert!(code == 1 && told.contains("of another log"), "{told}");
    let (code, told) = desk.verify(&["--url", &url, "--api-key", &other_key, "--key", &log_key]);
    assert!(code == 2 && told.contains("404"), "a key that may not look tells nothing: {told}");
    let stranger = Server::start();
    let stranger_key = stranger.tenant("acme", "workspace");
    let (code, told) = desk.verify(&["--url", &stranger.url(""), "--api-key", &stranger_key]);
    assert!(code == 1 && told.contains("not signed"), "{told}");
    let (code, told) = desk.verify(&["--key", &stranger.get("/v1/log-key", "").text]);
    assert!(code == 1 && told.contains("not signed"), "{told}");
    // Another event's hash in an answer.
    let lines = fs::read_to_string(desk.path()).unwrap();
    let hash = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["answer"]["leaf_hash"].as_str().unwrap().to_owned()
    };
    let (first, second) = (hash(lines.lines().next().unwrap()), hash(lines.lines().nth(1).unwrap()));
    fs::write(desk.path(), lines.replacen(&second, &first, 1)).unwrap();
    let (code, told) = desk.verify(&["--url", &url, "--api-key", &key, "--key", &log_key]);
    assert!(code == 1 && told.starts_with("DOES NOT HOLD: line 2, of event 1 (e-1)"), "{told}");
}
