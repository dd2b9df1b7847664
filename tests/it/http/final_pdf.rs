//! A signing process from its first to its last event over HTTP, and the PDF that is made of it, in the eyes of programs
//! written by others. Deliberately absent: what trails of all kinds look like.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::process_files::{PDF, created, put, sha256};
use crate::server::{Server, event, is_gate};

const ORG: &str = "/v1/organizations/acme";

struct World {
    server: Server,
    key: String,
}

fn world() -> World {
    let server = Server::start();
    server.make_trails();
    let key = server.tenant("acme", "signing");
    World { server, key }
}

impl World {
    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.server.post(&format!("{ORG}{path}"), &self.key, body);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer.body
    }

    fn bytes(&self, path: &str) -> (u16, Vec<u8>) {
        let url = self.server.url(&format!("{ORG}/processes/{path}"));
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.get(url).header("Authorization", format!("Bearer {}", self.key));
        let mut answer = request.call().unwrap();
        let status = answer.status().as_u16();
        (status, answer.body_mut().with_config().limit(1 << 28).read_to_vec().unwrap())
    }

    /// A process of two who are invited, with this document; their keys.
    fn begin(&self, process: &str, document: &[u8]) -> Vec<String> {
        let made = self.post(
            "/processes",
            &json!({
                "process_key": process, "display_name": "Lease of Flat 4", "file_name": "lease.pdf",
                "created_by": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"},
                "signees": [{"name": "Bo Li", "email": "bo@globex.example"}, {"name": "田中 花子", "email": "h@x.example"}],
            }),
        );
        assert_eq!(put(&self.server, "acme", &self.key, process, document).status, 201);
        let signees = made["signees"].as_array().unwrap();
        let keys: Vec<String> =
            signees.iter().map(|it| it["signee_key"].as_str().unwrap().to_owned()).collect();
        for key in &keys {
            let mut sent = event("invitation.sent");
            sent["signee"] = json!(key);
            self.post(&format!("/processes/{process}/events"), &sent);
        }
        keys
    }

    fn sign(&self, process: &str, signee: &str) -> Value {
        let signed = json!({"action": "document.signed", "signee": signee, "context": {"ip": "203.0.113.7"}});
        self.post(&format!("/processes/{process}/events"), &signed)
    }

    /// The final PDF, once it is made.
    fn await_final(&self, process: &str) -> Vec<u8> {
        let begin = Instant::now();
        loop {
            let (status, bytes) = self.bytes(&format!("{process}/final.pdf"));
            if status == 200 {
                return bytes;
            }
            let told: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!((status, told["code"].as_str()), (404, Some("trail_pending")), "{told}");
            assert!(begin.elapsed() < Duration::from_secs(30), "{told}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn actions(&self, process: &str) -> Vec<String> {
        let path = format!("{ORG}/events?process={process}&sort=time&limit=100");
        let listed = self.server.get(&path, &self.key).body["data"].clone();
        listed.as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap().to_owned()).collect()
    }
}

/// What a program says of a file, and whether it is content; nothing where it is missing.
fn ask(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<(bool, String)> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("final.pdf");
    std::fs::write(&file, pdf).unwrap();
    let file = file.to_str().unwrap();
    let arguments = arguments.iter().map(|it| if *it == "FILE" { file } else { it });
    match Command::new(program).args(arguments).output() {
        Ok(told) => {
            let text = [told.stdout, told.stderr].concat();
            Some((told.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(why) => {
            assert!(!is_gate(), "{program} must be there: {why}");
            eprintln!("skipped: {program} is missing ({why})");
            None
        }
    }
}

/// X02, T03: from the first event to a file that outsiders find whole, and that says what the log says.
#[test]
fn a_completed_process_has_a_final_pdf_that_everybody_finds_whole() {
    let world = world();
    let keys = world.begin("sp1", PDF);
    world.sign("sp1", &keys[0]);
    let last = world.sign("sp1", &keys[1]);
    assert_eq!(last["implied"][0]["action"], "document.completed");
    let begin = Instant::now();
    let pdf = world.await_final("sp1");
    println!("the final PDF was there after {:?}", begin.elapsed());
    assert!(pdf.starts_with(PDF), "the document's own bytes are the first");
    let told = world.server.get(&format!("{ORG}/events?process=sp1&action=trail.made"), &world.key).body;
    let told = &told["data"][0];
    let metadata = &told["metadata"];
    assert_eq!((&metadata["sha256"], &metadata["size"]), (&json!(sha256(&pdf)), &json!(pdf.len())));
    assert_eq!((&metadata["way"], &told["actor"]["type"]), (&json!("appended"), &json!("system")));
    assert!(metadata["evidence_sha256"].as_str().is_some_and(|it| it.len() == 64));
    assert_eq!(world.actions("sp1").iter().filter(|it| *it == "trail.made").count(), 1);
    if let Some((is_well, told)) = ask("qpdf", &["--check", "FILE"], &pdf) {
        assert!(is_well, "{told}");
    }
    let key = world.server.app.verifier_key();
    let (is_well, told) =
        ask(env!("CARGO_BIN_EXE_everlog"), &["verify", "FILE", "--key", &key], &pdf).unwrap();
    assert!(is_well && told.contains("VERIFIED"), "{told}");
    if let Some((_, text)) = ask("pdftotext", &["-raw", "FILE", "-"], &pdf) {
        let marks = |c: char| {
            c.is_whitespace() || matches!(c, '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{ad}')
        };
        let text: String = text.chars().filter(|c| !marks(*c)).collect();
        let trail = world.server.get(&format!("{ORG}/processes/sp1/audit-trail.json"), &world.key).body;
        let events = trail["events"].as_array().unwrap();
        assert_eq!(events.len(), 10);
        for event in events.iter().filter(|it| it["action"] != "trail.made") {
            let sentence: String =
                event["sentence"].as_str().unwrap().chars().filter(|c| !marks(*c)).collect();
            assert!(text.contains(&sentence), "{sentence} in {text}");
        }
    }
    world.server.check_log();
}

/// A document that pages may not follow is carried; one that is lost leaves the trail alone; neither stops the others.
#[test]
fn whatever_the_document_is_a_final_pdf_is_made() {
    let world = world();
    // Not where the header says.
    let junk = [b"\n\n", PDF].concat();
    let carried = world.begin("carried", &junk);
    let lost = world.begin("lost", &[PDF, b"%\n"].concat());
    let hash = sha256(&[PDF, b"%\n"].concat());
    let blobs = world.server.directory.path().join("data/blobs");
    let org = std::fs::read_dir(blobs).unwrap().next().unwrap().unwrap().path();
    let file = org.join(&hash[..2]).join(&hash);
    let lost_bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for (process, keys) in [("lost", lost), ("carried", carried)] {
        keys.iter().for_each(|key| drop(world.sign(process, key)));
    }
    world.post("/events", &created("none"));
    let mut by_hand = event("document.completed");
    by_hand["process"] = json!("none");
    world.post("/events", &by_hand);
    for (process, way) in [("carried", "container"), ("lost", "alone"), ("none", "alone")] {
        let pdf = world.await_final(process);
        let path = format!("{ORG}/events?process={process}&action=trail.made");
        let told = world.server.get(&path, &world.key).body;
        assert_eq!(told["data"][0]["metadata"]["way"], way, "{process}");
        let key = world.server.app.verifier_key();
        let (is_well, told) =
            ask(env!("CARGO_BIN_EXE_everlog"), &["verify", "FILE", "--key", &key], &pdf).unwrap();
        assert!(is_well, "{process}: {told}");
    }
    // A file that is not there is told by every check; nothing else is wrong.
    std::fs::write(&file, lost_bytes).unwrap();
    world.server.check_log();
}

/// What was completed while nobody made PDFs, or when the server was killed, is made at the next start, once.
#[test]
fn what_a_stop_left_undone_is_made_at_the_next_start_and_once() {
    let World { server, key } = world();
    let world = World { server, key };
    let keys = world.begin("sp1", PDF);
    world.sign("sp1", &keys[0]);
    world.sign("sp1", &keys[1]);
    let World { server, key } = world;
    // Killed before or after the record, which of them is not known here: both are well.
    let world = World { server: Server::start_in(server.stop(), |_| {}), key };
    world.server.make_trails();
    let first = world.await_final("sp1");
    let World { server, key } = world;
    let world = World { server: Server::start_in(server.stop(), |_| {}), key };
    world.server.make_trails();
    assert_eq!(world.await_final("sp1"), first);
    assert_eq!(world.actions("sp1").iter().filter(|it| *it == "trail.made").count(), 1);
    world.server.check_log();
}

/// The trail alone as a PDF, of an open process too: interim, sealed, and checked by anybody.
#[test]
fn a_trail_alone_is_a_pdf_that_holds() {
    let world = world();
    world.begin("sp1", PDF);
    let (status, pdf) = world.bytes("sp1/audit-trail.pdf?locale=de&tz=Europe/Berlin");
    assert_eq!(status, 200);
    let key = world.server.app.verifier_key();
    let (is_well, told) =
        ask(env!("CARGO_BIN_EXE_everlog"), &["verify", "FILE", "--key", &key], &pdf).unwrap();
    assert!(is_well, "{told}");
    if let Some((_, text)) = ask("pdftotext", &["FILE", "-"], &pdf) {
        assert!(text.contains("Europe/Berlin") || text.contains("MEZ"), "{text}");
    }
}
