//! Heads handed out: to witnesses, who cosign, and as files; and that whoever keeps one notices a rewritten log.
//!
//! Deliberately absent: what a store does that went back and knows it (`signed`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog::config::Config;
use everlog_core::checkpoint::{Checkpoint, VerifierKey};
use everlog_core::cosignature::WitnessKey;
use everlog_core::ids::Size;
use everlog_core::merkle::verify_consistency;
use tempfile::TempDir;

use crate::server::{Server, event};
use small::{SECONDS, SmallWitness};

mod small;

const ACME: &str = "/v1/organizations/acme";

fn record(server: &Server, key: &str, count: usize, action: &str) {
    for _ in 0..count {
        assert_eq!(server.post(&format!("{ACME}/events"), key, &event(action)).status, 201);
    }
}

fn origin(server: &Server, key: &str) -> String {
    server.get(ACME, key).body["origin"].as_str().unwrap().to_owned()
}

fn log_key(server: &Server) -> String {
    server.get("/v1/log-key", "").text.lines().next().unwrap().to_owned()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what} has not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn with<'a>(witnesses: &'a [&SmallWitness]) -> impl FnOnce(&mut Config) + 'a {
    |config| config.witness = witnesses.iter().map(|it| it.told().parse().unwrap()).collect()
}

/// The note as it is served, and the lines by this witness that hold.
fn served(server: &Server, key: &str, witness: &SmallWitness, query: &str) -> (Option<Checkpoint>, usize) {
    let note = server.get(&format!("{ACME}/checkpoint{query}"), key);
    if note.status != 200 {
        note.assert_problem(404, "not_cosigned");
        return (None, 0);
    }
    let vkey: WitnessKey = witness.vkey().parse().unwrap();
    let cosignatures = note.text.lines().filter_map(|line| vkey.verify(&note.text, line).ok());
    let count = cosignatures.inspect(|it| assert_eq!(it.seconds, SECONDS)).count();
    let log: VerifierKey = log_key(server).parse().unwrap();
    (Some(log.open(&note.text).unwrap()), count)
}

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics", "").text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("everlog_{name}_total ")));
    line.unwrap().parse().unwrap()
}

/// Nobody asks for a head, and it is signed and cosigned all the same; one that starts again goes on where the witness stands.
#[test]
fn witnesses_cosign_every_head_and_the_note_carries_their_lines() {
    let (first, second) = (SmallWitness::start("w1.example"), SmallWitness::start("w2.example/x"));
    let server = Server::start_with(with(&[&first, &second]));
    let key = server.tenant("acme", "workspace");
    assert_eq!(served(&server, &key, &first, "?cosigned=true").0, None);
    let origin = origin(&server, &key);
    for witness in [&first, &second] {
        witness.trust(&origin, &log_key(&server));
    }
    record(&server, &key, 5, "lead.created");
    wait_until("a cosigned head", || first.size(&origin) == 5 && second.size(&origin) == 5);
    wait_until("a note with both lines", || {
        let both = [&first, &second].map(|witness| served(&server, &key, witness, "").1);
        both == [1, 1]
    });
    let proof = |asked: &str| server.get(&format!("{ACME}/proofs/inclusion/{asked}"), &key).text;
    assert!(proof("0").contains("w1.example") && proof("0?size=5").contains("w1.example"));
    assert!(!proof("0?size=3").contains("w1.example"), "no witness saw that head");
    record(&server, &key, 2, "lead.created");
    wait_until("the next", || first.size(&origin) == 7);
    // From the second head on it is known where the witness stands: one question each.
    let exchanges = first.exchanges();
    assert!(exchanges.iter().all(|it| it.1 == 200), "{exchanges:?}");
    assert_eq!(served(&server, &key, &first, "?cosigned=true").0.unwrap().size, Size(7));
    server.get(&format!("{ACME}/checkpoint?cosigned=yes"), &key).assert_problem(400, "invalid_parameter");
    let before = exchanges.len();
    let directory = server.stop();

    let server = Server::start_in(directory, with(&[&first, &second]));
    assert_eq!(served(&server, &key, &first, "").1, 1, "what was said is kept");
    assert_eq!(first.exchanges().len(), before, "and not asked for again");
    record(&server, &key, 1, "lead.created");
    wait_until("the next after a start", || first.size(&origin) == 8);
    assert_eq!(&first.exchanges()[before..], [(0, 409), (7, 200)]);
    assert_eq!(metric(&server, "witness_contradictions"), 0);
    assert_eq!(metric(&server, "witness_failures"), 0);
}

#[test]
fn a_witness_that_fails_is_asked_again_and_keeps_no_other_waiting() {
    let foreign = SmallWitness::start("foreign.example");
    let good = SmallWitness::start("good.example");
    let faults = ["down", "broken", "says-nothing", "lies", "conflicts", "unknown", "too-much"];
    let bad: Vec<_> = faults.into_iter().map(SmallWitness::start).collect();
    let mut all = vec![&good];
    all.extend(&bad);
    let server = Server::start_with(with(&all));
    let key = server.tenant("acme", "workspace");
    let origin = origin(&server, &key);
    let note = server.get(&format!("{ACME}/checkpoint"), &key).text;
    // By another key under its name, and its own for another head.
    let named = |line: String| line.replace("foreign.example", "says-nothing");
    bad[0].will_answer(503, "");
    bad[1].will_answer(0, "");
    bad[2].will_answer(200, &named(foreign.cosign(&note)));
    bad[3].will_answer(200, &bad[3].cosign(&note));
    bad[4].will_answer(409, "seven\n");
    bad[5].will_answer(404, "");
    bad[6].will_answer(200, &"x".repeat(1 << 20));
    for witness in &all {
        witness.trust(&origin, &log_key(&server));
    }
    record(&server, &key, 3, "lead.created");
    wait_until("the good one", || good.size(&origin) == 3);
    wait_until("every other one", || bad.iter().all(|witness| witness.size(&origin) == 3));
    wait_until("all lines", || all.iter().all(|witness| served(&server, &key, witness, "").1 == 1));
    assert!(metric(&server, "witness_failures") >= 7);
    assert_eq!(metric(&server, "witness_contradictions"), 0);
}

/// A store that was set back together with what was signed: nobody here can know, and a witness does.
#[test]
fn a_witness_notices_a_log_that_was_rewritten_or_went_back() {
    for (grown, is_rewritten) in [(1, false), (5, true), (7, true)] {
        let witness = SmallWitness::start("w1.example");
        let server = Server::start();
        let key = server.tenant("acme", "workspace");
        let origin = origin(&server, &key);
        witness.trust(&origin, &log_key(&server));
        let directory = server.stop();
        let backup = TempDir::new().unwrap();
        fs::copy(directory.path().join("data/truth.db"), backup.path().join("truth.db")).unwrap();
        let server = Server::start_in(directory, with(&[&witness]));
        record(&server, &key, 5, "lead.created");
        wait_until("a cosigned head", || witness.size(&origin) == 5);
        let directory = server.stop();
        for name in ["signed", "index"] {
            fs::remove_dir_all(directory.path().join("data").join(name)).unwrap();
        }
        fs::copy(backup.path().join("truth.db"), directory.path().join("data/truth.db")).unwrap();

        let server = Server::start_in(directory, with(&[&witness]));
        record(&server, &key, grown, "lead.deleted");
        wait_until("a contradiction", || metric(&server, "witness_contradictions") > 0);
        assert_eq!(witness.size(&origin), 5);
        assert_eq!(served(&server, &key, &witness, "").1, 0);
        let statuses: Vec<u16> = witness.exchanges().iter().map(|it| it.1).collect();
        assert_eq!(statuses.contains(&422), is_rewritten && grown > 5, "{statuses:?}");
    }
}

#[test]
fn every_head_lands_in_a_file_for_others_as_it_is_served() {
    let (witness, place) = (SmallWitness::start("w1.example"), TempDir::new().unwrap());
    let collected = place.path().join("for/others");
    let server = Server::start_with(|config| {
        with(&[&witness])(config);
        config.checkpoint_dir = Some(collected.clone());
    });
    let (key, globex) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    let origin = origin(&server, &key);
    witness.trust(&origin, &log_key(&server));
    let file = collected.join(origin.rsplit('/').next().unwrap());
    for round in 1..4 {
        record(&server, &key, 2, "lead.created");
        server.post("/v1/organizations/globex/events", &globex, &event("lead.created"));
        wait_until("the file", || {
            let text = fs::read_to_string(&file).unwrap_or_default();
            // The head, and what the witness says of it.
            text.contains(&format!("\n{}\n", round * 2)) && text.lines().count() == 6
        });
        assert_eq!(fs::read_to_string(&file).unwrap(), server.get(&format!("{ACME}/checkpoint"), &key).text);
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(&collected).unwrap().count(), 2, "a file a log, and nothing half written");
    // A directory that is gone is made again; one that cannot be is told.
    fs::remove_dir_all(&collected).unwrap();
    record(&server, &key, 1, "lead.created");
    wait_until("the file again", || file.exists());
    fs::remove_dir_all(&collected).unwrap();
    fs::write(&collected, "in the way").unwrap();
    record(&server, &key, 1, "lead.created");
    wait_until("a failure", || metric(&server, "checkpoint_file_failures") > 0);
    server.check_log();
}

/// A client that pins a checkpoint, by the proof it asks for and by the command on a bundle.
#[test]
fn whoever_keeps_a_checkpoint_notices_a_rewritten_log() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let directory = server.stop();
    let backup = TempDir::new().unwrap();
    fs::copy(directory.path().join("data/truth.db"), backup.path().join("truth.db")).unwrap();
    let server = Server::start_in(directory, |_| {});
    record(&server, &key, 3, "lead.created");
    let pinned = server.get(&format!("{ACME}/checkpoint"), &key).text;
    let vkey: VerifierKey = log_key(&server).parse().unwrap();
    let old = vkey.open(&pinned).unwrap();
    let mut directory = server.stop();
    for (grown, is_rewritten) in [(2, false), (3, true), (5, true)] {
        if is_rewritten {
            // By somebody who may do everything on the machine.
            for name in ["signed", "index"] {
                fs::remove_dir_all(directory.path().join("data").join(name)).unwrap();
            }
            fs::copy(backup.path().join("truth.db"), directory.path().join("data/truth.db")).unwrap();
        }
        let server = Server::start_in(directory, |_| {});
        record(&server, &key, grown, "lead.deleted");
        std::thread::sleep(Duration::from_millis(1_050));
        let new = vkey.open(&server.get(&format!("{ACME}/checkpoint"), &key).text).unwrap();
        let asked = format!("{ACME}/proofs/consistency?from={}&to={}", old.size, new.size);
        let hashes = server.get(&asked, &key).body["hashes"].clone();
        let proof: Vec<_> = hashes
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| BASE64_STANDARD.decode(hash.as_str().unwrap()).unwrap().try_into().unwrap())
            .collect();
        let holds = verify_consistency(old.size, new.size, &proof, &old.root, &new.root);
        assert_eq!(holds.is_err(), is_rewritten, "{grown}: {holds:?}");
        if new.size == old.size {
            let bundle = backup.path().join("bundle");
            fs::write(&bundle, server.get(&format!("{ACME}/events/0/bundle"), &key).text).unwrap();
            let kept = backup.path().join("kept");
            fs::write(&kept, &pinned).unwrap();
            let mut verify = std::process::Command::new(env!("CARGO_BIN_EXE_everlog"));
            verify.arg("verify").arg(&bundle).args(["--key", &vkey.to_string(), "--checkpoint"]).arg(&kept);
            let told = verify.output().unwrap();
            assert_eq!(told.status.code(), Some(1), "{}", String::from_utf8_lossy(&told.stdout));
        }
        directory = server.stop();
    }
}
