//! The keys that sign checkpoints: renewed and retired from the command line, with a server that takes them up. Deliberately
//! absent: what a list of keys may be (`core::checkpoint`).

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use everlog_core::bundle::{Trust, verify};
use everlog_core::checkpoint::{Checkpoint, VerifierKey};
use everlog_core::proof::Proof;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, event};

const ACME: &str = "/v1/organizations/acme";

fn log_key(directory: &TempDir, arguments: &[&str], set: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    command.arg("log-key").args(arguments).arg("--data").arg(directory.path().join("data"));
    command.env_remove("EVERLOG_CONFIG").env_remove("EVERLOG_PUBLIC_URL").env_remove("EVERLOG_LOG_HOST");
    match set {
        Some(keys) => command.env("EVERLOG_LOG_KEY", keys),
        None => command.env_remove("EVERLOG_LOG_KEY"),
    };
    command.output().unwrap()
}

/// The keys and their states that a command shows.
fn shown(directory: &TempDir, arguments: &[&str]) -> Vec<(String, String)> {
    let output = log_key(directory, arguments, None);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let member = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines.map(|line| (member(&line, "key"), member(&line, "state"))).collect()
}

fn refused(directory: &TempDir, arguments: &[&str], set: Option<&str>) -> String {
    let output = log_key(directory, arguments, set);
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn published(server: &Server) -> Vec<VerifierKey> {
    server.get("/v1/log-key", "").text.lines().map(|line| line.parse().unwrap()).collect()
}

/// Everything that is signed, each in its own way: the checkpoint, a bundle, a proof, an older head.
fn holds(server: &Server, key: &str, pinned: &VerifierKey) -> Result<Checkpoint, String> {
    let get = |path: &str| server.get(&format!("{ACME}/{path}"), key);
    let head = pinned.open(&get("checkpoint").text).map_err(|why| why.to_string())?;
    let event = get("events/0").body;
    let leaf = everlog_core::hex::decode(event["leaf_hash"].as_str().unwrap()).unwrap();
    for asked in ["proofs/inclusion/0", "proofs/inclusion/0?size=1"] {
        let proof = Proof::parse(&get(asked).text).unwrap();
        proof.verify(&leaf, pinned).map_err(|why| why.to_string())?;
    }
    let bundle = get("events/0/bundle").text;
    let trust = Trust { keys: vec![pinned.clone()], older: None };
    let report = verify(bundle.as_bytes(), &trust, |_| ()).map_err(|why| why.to_string())?;
    assert_eq!(report.header.key, published(server)[0].to_string(), "the newest key stands in the header");
    Ok(head)
}

/// Who pinned the old key goes on; who comes later pins the new one; and what was signed before is ours still.
#[test]
fn keys_are_renewed_without_losing_who_pinned_the_old_one() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for _ in 0..3 {
        server.post(&format!("{ACME}/events"), &key, &event("lead.created"));
    }
    let [first] = published(&server).try_into().unwrap();
    let before = holds(&server, &key, &first).unwrap();
    let old_bundle = server.get(&format!("{ACME}/events/1/bundle"), &key).text;
    let directory = server.stop();

    assert_eq!(shown(&directory, &["show"]), [(first.to_string(), "newest".to_owned())]);
    let rotated = shown(&directory, &["rotate"]);
    let second: VerifierKey = rotated[0].0.parse().unwrap();
    let states: Vec<&str> = rotated.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!((rotated[1].0.parse(), states), (Ok(first.clone()), vec!["newest", "signs"]));
    let file = directory.path().join("data/log.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!directory.path().join("data/log.key.new").exists());

    let server = Server::start_in(directory, |_| {});
    assert_eq!(published(&server), [second.clone(), first.clone()]);
    for pinned in [&first, &second] {
        assert_eq!(holds(&server, &key, pinned).as_ref(), Ok(&before), "the head is signed by both");
    }
    let directory = server.stop();
    let told = refused(&directory, &["retire", &second.to_string()], None);
    assert!(told.contains("rotate first"), "{told}");
    let retired = shown(&directory, &["retire", &first.label()]);
    assert_eq!(retired[1], (first.to_string(), "retired".to_owned()));
    refused(&directory, &["retire", &first.label()], None);

    let server = Server::start_in(directory, |_| {});
    assert_eq!(published(&server), [second.clone(), first.clone()]);
    assert_eq!(holds(&server, &key, &second).as_ref(), Ok(&before));
    let note = server.get(&format!("{ACME}/checkpoint"), &key).text;
    assert!(first.open(&note).is_err(), "it signs no more, not even what it signed: {note}");
    assert!(holds(&server, &key, &first).is_err());
    let page =
        server.request("POST", "/verify", &[("Content-Type", "text/plain")], Some(old_bundle.as_bytes()));
    assert!(page.text.contains("From this server, and unaltered"), "{}", page.text);
    server.check_log();
}

/// The name is part of what a verifier pins: shown by another host, the key that the server signs with is not recognised, and
/// a retired one was kept under a name that nothing was ever signed with.
#[test]
fn keys_are_called_as_the_server_calls_them_without_its_settings() {
    let config = |config: &mut everlog::config::Config| {
        config.public_url = Some("https://log.acme.example".to_owned())
    };
    let server = Server::start_with(config);
    let key = server.tenant("acme", "workspace");
    server.post(&format!("{ACME}/events"), &key, &event("lead.created"));
    let [first] = published(&server).try_into().unwrap();
    assert!(first.to_string().starts_with("log.acme.example+"), "{first}");
    // Beside the running server too.
    assert_eq!(shown(&server.directory, &["show"]), [(first.to_string(), "newest".to_owned())]);
    let directory = server.stop();
    shown(&directory, &["rotate"]);
    let retired = shown(&directory, &["retire", &first.label()]);
    assert_eq!(retired[1], (first.to_string(), "retired".to_owned()));
    let server = Server::start_in(directory, config);
    assert_eq!(published(&server)[1], first);
}

#[test]
fn keys_that_are_set_are_several_and_are_not_changed_in_the_directory() {
    let (newest, older) = ("11".repeat(32), "22".repeat(32));
    let set = format!("{newest}, {older}");
    let server = Server::start_with(|config| config.log_key = Some(set.clone()));
    let key = server.tenant("acme", "workspace");
    server.post(&format!("{ACME}/events"), &key, &event("lead.created"));
    for pinned in published(&server) {
        holds(&server, &key, &pinned).unwrap();
    }
    assert_eq!(published(&server).len(), 2);
    let directory = server.stop();
    let told = refused(&directory, &["rotate"], Some(&set));
    assert!(told.contains("EVERLOG_LOG_KEY") && !told.contains(&newest), "{told}");
    refused(&directory, &["retire", "x"], Some(&set));
    let told = refused(&directory, &["show"], Some(&newest.replace('1', "x")));
    assert!(told.contains("EVERLOG_LOG_KEY") && !told.contains("xx"), "{told}");
    assert!(!directory.path().join("data/log.key").exists());
    let nowhere = TempDir::new().unwrap();
    for command in [&["show"][..], &["rotate"], &["retire", "x"]] {
        let told = refused(&nowhere, command, None);
        assert!(told.contains("holds no log"), "{told}");
    }
    assert!(!nowhere.path().join("data").exists(), "nothing was made");
}
