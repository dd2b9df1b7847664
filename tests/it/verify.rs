//! `everlog verify`: exit codes, words and JSON. Deliberately absent: what a bundle must hold (`core::bundle`).

use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, event};

const PARTIAL: &str = "vectors/bundle-v1.jsonl";
const COMPLETE: &str = "vectors/bundle-complete-v1.jsonl";
const KEY: &str = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    command.arg("verify").args(arguments).env_remove("EVERLOG_URL").output().unwrap()
}

/// The exit code and what is told.
fn told(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, text) = told(&[arguments, &["--json"]].concat());
    (code, serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}")))
}

/// A file of its own, changed from a golden bundle.
fn changed(directory: &TempDir, name: &str, change: impl FnOnce(String) -> String) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, change(std::fs::read_to_string(PARTIAL).unwrap())).unwrap();
    path.display().to_string()
}

/// The contract's own words: VERIFIED only with `--key`; without, "CONSISTENT, key not checked".
#[test]
fn the_word_for_it_depends_on_who_brought_the_key() {
    let (code, text) = told(&[PARTIAL, "--key", KEY]);
    assert_eq!(code, 0);
    assert!(text.starts_with("VERIFIED"), "{text}");
    for part in [
        "2 events of the log log.example/log/2a",
        "whether others match is not proven",
        "4 fields withheld",
        "1 field erased, each by an event",
        "by event 3, of 2026-11-20",
        "1 field of 1 event",
        "signed after that",
        "lead.created",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (code, text) = told(&[PARTIAL]);
    assert_eq!(code, 0);
    assert!(text.starts_with("CONSISTENT, key not checked: "), "{text}");
    assert!(!text.contains("VERIFIED"));
    assert_eq!(json(&[PARTIAL]).1["key_pinned"], false);
    assert_eq!(json(&[PARTIAL, "--key", KEY]).1["key_pinned"], true);
    let (_, whole) = told(&[COMPLETE]);
    assert!(whole.contains("no event is missing"), "{whole}");
}

#[test]
fn what_does_not_hold_names_the_first_bad_event_and_why_and_is_1() {
    let directory = TempDir::new().unwrap();
    let event = changed(&directory, "event", |text| text.replace("lead.created", "lead.deleted"));
    for arguments in [&[event.as_str()][..], &[event.as_str(), "--key", KEY]] {
        let (code, text) = told(arguments);
        assert_eq!(code, 1);
        assert!(
            text.starts_with("DOES NOT HOLD: event 1, on line 2: this event is not in the log"),
            "{text}"
        );
        assert!(!text.contains("VERIFIED") && !text.contains("lead."), "{text}");
        let (code, json) = json(arguments);
        assert_eq!((code, &json["verdict"], &json["fault"]["index"]), (1, &json!("fails"), &json!(1)));
        assert_eq!((&json["fault"]["line"], &json["key_pinned"]), (&json!(2), &json!(false)));
    }
    let short = changed(&directory, "short", |text| text.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert_eq!(told(&[&short]).0, 1);
    // Good in itself, and signed by somebody else.
    let server = Server::start();
    let other = server.get("/v1/log-key", "").text;
    let (code, text) = told(&[PARTIAL, "--key", other.trim()]);
    assert_eq!(code, 1);
    assert!(text.contains("not signed by a key that you trust"), "{text}");
}

#[test]
fn what_cannot_be_told_is_2() {
    let directory = TempDir::new().unwrap();
    let newer = changed(&directory, "newer", |text| text.replace("everlog-bundle/v1", "everlog-bundle/v2"));
    let text = changed(&directory, "text", |_| "a,b\n1,2\n".to_owned());
    let empty = changed(&directory, "empty", |_| String::new());
    let folder = directory.path().display().to_string();
    let nowhere = format!("{folder}/nowhere");
    for file in [&newer, &text, &empty, &folder, &nowhere] {
        let (code, told) = told(&[file]);
        assert_eq!(code, 2, "{file}: {told}");
        assert!(told.starts_with("CANNOT TELL: "), "{told}");
        let (code, json) = json(&[file]);
        assert_eq!((code, &json["verdict"]), (2, &json!("unknown")));
    }
    assert_eq!(told(&[PARTIAL, "--key", "x"]).0, 2);
    assert_eq!(told(&[PARTIAL, "--key", &empty]).0, 2);
    assert_eq!(run(&[]).status.code(), Some(2));
}

#[test]
fn a_log_is_tied_to_the_checkpoint_that_somebody_kept() {
    let directory = TempDir::new().unwrap();
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let send = || server.post("/v1/organizations/acme/events", &key, &event("lead.created"));
    send();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let kept = file("kept", &server.get("/v1/organizations/acme/checkpoint", &key).text);
    let bundle = file("bundle", &server.get("/v1/organizations/acme/events/0/bundle", &key).text);
    let keys = file("keys", &format!("{KEY}\n\n{}", server.get("/v1/log-key", "").text));
    let (code, json) = json(&[&bundle, "--key", &keys, "--checkpoint", &kept]);
    assert_eq!((code, &json["continues"], &json["key_pinned"]), (0, &json!(1), &json!(true)), "{json}");
    let foreign = file("foreign", "x\n\ny\n");
    assert_eq!(told(&[&bundle, "--checkpoint", &foreign]).0, 1);
    send();
    let later = file("later", &server.get("/v1/organizations/acme/events/1/bundle", &key).text);
    let (code, text) = told(&[&later, "--checkpoint", &kept]);
    assert_eq!(code, 2, "a bundle of one event says nothing of an older size: {text}");
}

/// A file may hold anything; a terminal obeys none of it.
#[test]
fn a_hostile_file_steers_no_terminal() {
    let directory = TempDir::new().unwrap();
    let hostile = changed(&directory, "hostile", |text| {
        text.replacen("everlog-bundle/v1", "everlog-bundle/\\u001b[2J\\u202e", 1)
    });
    let (_, text) = told(&[&hostile]);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    let query = changed(&directory, "query", |text| text.replace("\"created\"", "\"\\u001b[2J\\u202e\""));
    let (code, text) = told(&[&query]);
    assert!(code == 0 && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}
