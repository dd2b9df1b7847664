//! `proofs/inclusion/{seq}` and `proofs/consistency`: what is answered holds offline, at every size, and bad questions are
//! refused by name. Deliberately absent: what a verifier refuses (`core::proof`), and who may have a proof (`table`).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog_core::checkpoint::{Checkpoint, VerifierKey};
use everlog_core::hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::merkle::verify_consistency;
use everlog_core::proof::Proof;
use serde_json::{Value, json};

use crate::server::{Server, event};

const ACME: &str = "/v1/organizations/acme";

fn log_key(server: &Server) -> VerifierKey {
    server.get("/v1/log-key", "").text.lines().next().unwrap().parse().unwrap()
}

fn leaf_hash(answer: &Value) -> Hash {
    hex::decode(answer["leaf_hash"].as_str().unwrap()).unwrap()
}

/// Records so many events at once and gives their leaf hashes.
fn record(server: &Server, key: &str, count: usize) -> Vec<Hash> {
    let events: Vec<Value> = (0..count).map(|_| event("lead.created")).collect();
    let answer = server.post(&format!("{ACME}/events"), key, &json!(events));
    answer.body["results"].as_array().unwrap().iter().map(leaf_hash).collect()
}

/// The proof that the server gives, which must hold.
fn proven(server: &Server, key: &str, leaf: &Hash, seq: u64, size: &str) -> (Proof, Checkpoint) {
    let answer = server.get(&format!("{ACME}/proofs/inclusion/{seq}{size}"), key);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let proof = Proof::parse(&answer.text).unwrap();
    assert_eq!((proof.index, proof.to_string()), (Seq(seq), answer.text));
    let head = proof.verify(leaf, &log_key(server)).unwrap();
    (proof, head)
}

fn consistent(server: &Server, key: &str, old: &Checkpoint, new: &Checkpoint) {
    let (from, to) = (old.size, new.size);
    let answer = server.get(&format!("{ACME}/proofs/consistency?from={from}&to={to}"), key);
    assert_eq!((&answer.body["from"], &answer.body["to"]), (&json!(from), &json!(to)), "{answer:?}");
    let hash = |it: &Value| BASE64_STANDARD.decode(it.as_str().unwrap()).unwrap().try_into().unwrap();
    let hashes: Vec<Hash> = answer.body["hashes"].as_array().unwrap().iter().map(hash).collect();
    assert_eq!(verify_consistency(from, to, &hashes, &old.root, &new.root), Ok(()));
}

/// What is acknowledged is proven at once, whenever the head was signed last; and at every size since.
#[test]
fn every_event_is_proven_at_every_size_the_log_had() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut leaves = Vec::new();
    let mut heads = Vec::new();
    for seq in 0..9_u64 {
        leaves.extend(record(&server, &key, 1));
        let (_, head) = proven(&server, &key, &leaves[seq as usize], seq, "");
        assert_eq!(head.size, Size(seq + 1), "the head is signed anew for what it does not cover");
        let signed = server.get(&format!("{ACME}/checkpoint"), &key).text;
        assert_eq!(log_key(&server).open(&signed).unwrap(), head);
        heads.push((head, signed));
    }
    for (head, signed) in &heads {
        for seq in 0..head.size.0 {
            let size = format!("?size={}", head.size);
            let (proof, proven) = proven(&server, &key, &leaves[seq as usize], seq, &size);
            assert_eq!(&proven, head);
            assert_eq!(&proof.note, signed, "an older head is signed as it was then");
        }
        heads.iter().filter(|(old, _)| old.size <= head.size).for_each(|(old, _)| {
            consistent(&server, &key, old, head);
        });
    }
    server.check_log();
}

/// Subtrees that are kept in memory and those that are not lead to one root.
#[test]
fn proofs_of_a_larger_log_hold() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut leaves = record(&server, &key, 1_000);
    leaves.extend(record(&server, &key, 37));
    let sizes = [1, 2, 255, 256, 257, 511, 512, 700, 1_024, 1_037];
    let mut heads = Vec::new();
    for size in sizes {
        for seq in [0, size / 2, size - 1] {
            let asked = format!("?size={size}");
            let (_, head) = proven(&server, &key, &leaves[seq as usize], seq, &asked);
            assert_eq!(head.size, Size(size));
            heads.push(head);
        }
    }
    for pair in heads.windows(2) {
        consistent(&server, &key, &pair[0], &pair[1]);
    }
    consistent(&server, &key, &heads[0], heads.last().unwrap());
    let newest = server.get(&format!("{ACME}/proofs/consistency?from=256"), &key);
    assert_eq!(newest.body["to"], 1_037, "to the signed head when nothing is said");
}

/// E of the hostile list: every bad number is refused with the parameter's name, whatever it is.
#[test]
fn numbers_that_no_proof_has_are_refused_by_name() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 5);
    let max = u64::MAX.to_string();
    let beyond = "18446744073709551616";
    for (asked, parameter) in [
        ("inclusion/2?size=0", "size"),
        ("inclusion/2?size=2", "size"),
        ("inclusion/2?size=6", "size"),
        (&format!("inclusion/2?size={max}"), "size"),
        (&format!("inclusion/2?size={beyond}"), "size"),
        ("inclusion/2?size=-1", "size"),
        ("inclusion/2?size=05", "size"),
        ("inclusion/2?size=%2B5", "size"),
        ("inclusion/2?size=5.0", "size"),
        ("inclusion/2?size=5&size=5", "size"),
        ("inclusion/2?seq=2", "seq"),
        ("inclusion/-1", "seq"),
        ("inclusion/1e0", "seq"),
        ("inclusion/%20", "seq"),
        ("inclusion/02", "seq"),
        ("inclusion/%F0%9F%98%80", "seq"),
        (&format!("inclusion/{beyond}"), "seq"),
        ("consistency", "from"),
        ("consistency?to=5", "from"),
        ("consistency?from=", "from"),
        ("consistency?from=0", "from"),
        ("consistency?from=0&to=5", "from"),
        ("consistency?from=-1", "from"),
        ("consistency?from=4&to=3", "from"),
        (&format!("consistency?from={max}&to=5"), "from"),
        ("consistency?from=1&to=0", "to"),
        ("consistency?from=0&to=0", "to"),
        ("consistency?from=1&to=6", "to"),
        ("consistency?from=6", "from"),
        (&format!("consistency?from=1&to={max}"), "to"),
        (&format!("consistency?from={max}&to={max}"), "to"),
        ("consistency?from=1&to=5&size=5", "size"),
    ] {
        let answer = server.get(&format!("{ACME}/proofs/{asked}"), &key);
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], parameter, "{asked}: {answer:?}");
    }
    for missing in ["5", "5?size=6", "5?size=5", &max, &format!("{max}?size={max}")] {
        let answer = server.get(&format!("{ACME}/proofs/inclusion/{missing}"), &key);
        answer.assert_problem(404, "not_found");
    }
    for broken in ["inclusion/%FF", "inclusion/"] {
        let status = server.get(&format!("{ACME}/proofs/{broken}"), &key).status;
        assert!((400..500).contains(&status), "{broken}: {status}");
    }
    server.organization("empty", "workspace");
    let other = server.key("empty", &["read"]);
    for asked in ["inclusion/0", "inclusion/0?size=1"] {
        let answer = server.get(&format!("/v1/organizations/empty/proofs/{asked}"), &other);
        answer.assert_problem(404, "not_found");
    }
    let answer = server.get("/v1/organizations/empty/proofs/consistency?from=1", &other);
    answer.assert_problem(400, "invalid_parameter");
    server.check_log();
}
