//! `docs/format.md` against the server: programs that were written from the page agree with it. Deliberately absent: the
//! format itself, which `core` tests.

use std::cell::Cell;
use std::process::{Command, Output};

use everlog_core::checkpoint::{Checkpoint, LogKeys};
use everlog_core::ids::Size;
use everlog_core::leaf::Seed;
use serde_json::Value;

use crate::server::{Server, event};

/// A program of `examples/`, or nothing where there is no Python; where tests must run, that is a failure.
fn python(program: &str, arguments: &[&str], key: &str) -> Option<Output> {
    let ran = Command::new("python3").arg(program).args(arguments).env("EVERLOG_API_KEY", key).output();
    match ran {
        Ok(output) => Some(output),
        Err(why) => {
            let must_run = crate::server::is_gate();
            assert!(!must_run, "python3 is needed for {program}: {why}");
            eprintln!("SKIPPED: {program} did not run, because there is no python3: {why}");
            None
        }
    }
}

#[test]
fn a_program_written_from_the_page_recomputes_the_leaf_and_opens_a_checkpoint() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for action in ["lead.created", "lead.deleted", "task.created"] {
        assert_eq!(server.post("/v1/organizations/acme/events", &key, &event(action)).status, 201);
    }
    let head = server.url("/v1/organizations/acme/checkpoint");
    let verifier = server.get("/v1/log-key", "").text;
    let program = "examples/recompute_leaf.py";
    let Some(output) = python(program, &["vectors/leaf-v1.json", &head, &verifier], &key) else { return };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let org = server.app.directory.all().unwrap().remove(0);
    let root = server.app.store.head(org.row.code).unwrap().frontier.root();
    let expected = format!("size 3 root {}", everlog_core::hex::Hex(&root));
    assert!(told.contains(&expected), "{told}");
}

#[test]
fn a_program_written_from_the_page_refuses_a_checkpoint_that_was_changed() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let note = server.get("/v1/organizations/acme/checkpoint", &key).text;
    let verifier = server.get("/v1/log-key", "").text;
    let path = server.directory.path().join("checkpoint");
    let file = path.to_str().unwrap();
    for (note, holds) in [(note.clone(), true), (note.replacen("\n0\n", "\n1\n", 1), false)] {
        std::fs::write(&path, &note).unwrap();
        let Some(output) = python("examples/open_checkpoint.py", &[file, &verifier], "") else { return };
        assert_eq!(output.status.success(), holds, "{note}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_program_written_from_the_page_checks_bundles() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    for action in ["lead.created", "lead.deleted", "task.created"] {
        assert_eq!(server.post("/v1/organizations/acme/events", &key, &event(action)).status, 201);
    }
    let bundle = server.get("/v1/organizations/acme/events/1/bundle", &key).text;
    let own = server.directory.path().join("bundle.jsonl");
    let changed = server.directory.path().join("changed.jsonl");
    std::fs::write(&own, &bundle).unwrap();
    std::fs::write(&changed, bundle.replace("lead.deleted", "lead.created")).unwrap();
    let golden = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    let verifier = server.get("/v1/log-key", "").text;
    for (path, verifier, holds) in [
        ("vectors/bundle-v1.jsonl", golden, true),
        ("vectors/bundle-complete-v1.jsonl", golden, true),
        (own.to_str().unwrap(), verifier.trim(), true),
        (own.to_str().unwrap(), golden, false),
        (changed.to_str().unwrap(), verifier.trim(), false),
    ] {
        let Some(output) = python("examples/verify.py", &[path, verifier], "") else { return };
        assert_eq!(output.status.success(), holds, "{path}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_program_written_from_the_page_checks_proofs() {
    let golden = std::fs::read_to_string("vectors/proof-v1.tlog-proof").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let changed = directory.path().join("changed.tlog-proof");
    std::fs::write(&changed, golden.replace("index 41", "index 40")).unwrap();
    let leaf = "0a01bf2b8dcf38625b6dd4f4f6129dbe82a5231a66de8cb867a8154bbf583add";
    let verifier = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    for (path, leaf, holds) in [
        ("vectors/proof-v1.tlog-proof", leaf, true),
        ("vectors/proof-v1.tlog-proof", &leaf.replace("0a", "0b"), false),
        (changed.to_str().unwrap(), leaf, false),
    ] {
        let Some(output) = python("examples/verify_proof.py", &[path, leaf, verifier], "") else { return };
        assert_eq!(output.status.success(), holds, "{path}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// E of the hostile list: who keeps a head sees a log that is smaller, another one, rewritten, or signed by another key.
#[test]
fn who_watches_a_log_from_outside_notices_when_it_does_not_go_on() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let size = Cell::new(0);
    let record = |count: usize| {
        let events: Vec<Value> = (0..count).map(|_| event("lead.created")).collect();
        server.post("/v1/organizations/acme/events", &key, &Value::Array(events));
        assert_eq!(server.size("acme"), size.get() + count as u64);
        size.set(server.size("acme"));
    };
    let log = server.url(&format!("/log/{}", server.log_id("acme")));
    let verifier = server.get("/v1/log-key", "").text;
    let kept = server.directory.path().join("kept");
    let file = kept.to_str().unwrap();
    let watch = |verifier: &str| python("examples/watch_log.py", &[&log, verifier, file], &key);
    for more in [0, 1, 2, 297, 400] {
        record(more);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let Some(output) = watch(&verifier) else { return };
        assert!(output.status.success(), "{more}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let seen = std::fs::read_to_string(&kept).unwrap();
    assert!(seen.contains("\n700\n"), "{seen}");
    // Heads that the log's own key signed, of a log that went another way.
    let seed = std::fs::read_to_string(server.directory.path().join("data/log.key")).unwrap();
    let keys = LogKeys::parse("everlog.invalid", &seed).unwrap();
    let signed = |origin: &str, size: u64, root: [u8; 32]| {
        keys.sign(&Checkpoint { origin: origin.to_owned(), size: Size(size), root })
    };
    let origin = seen.lines().next().unwrap();
    for (kept_head, told) in [
        (signed(origin, 700, [7; 32]), "the log was rewritten"),
        (signed(origin, 299, [7; 32]), "the log was rewritten"),
        (signed(origin, 701, [7; 32]), "had 701"),
        (signed("everlog.invalid/log/x", 700, [7; 32]), "another log's"),
        (seen.replace("\n700\n", "\n70\n"), "not signed by this key"),
    ] {
        std::fs::write(&kept, &kept_head).unwrap();
        let Some(output) = watch(&verifier) else { return };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(told), "{told}: {said}");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), kept_head, "what was kept stays");
    }
    let stranger = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    let Some(output) = watch(stranger) else { return };
    assert!(!output.status.success());
}

#[test]
fn the_worked_example_of_the_page_is_the_vector() {
    let page = std::fs::read_to_string("docs/format.md").unwrap();
    let proof = std::fs::read_to_string("vectors/proof-v1.tlog-proof").unwrap();
    assert!(page.contains(&format!("```text\n{proof}```")), "the page does not show the proof");
    let vector: Value =
        serde_json::from_str(&std::fs::read_to_string("vectors/leaf-v1.json").unwrap()).unwrap();
    let first = &vector["fields"][0];
    let shown = [&vector["leaf_hash_hex"], &vector["log_id_hex"], &vector["root_b64"]];
    for value in shown.into_iter().chain([&first["salt_hex"], &first["commitment_hex"]]) {
        let text = value.as_str().unwrap();
        assert!(page.contains(text), "the page does not show {text}");
    }
    let salt = Seed([0x07; 32]).salt("/e/action").to_string();
    assert!(page.contains(&salt), "the page does not show {salt}");
}
