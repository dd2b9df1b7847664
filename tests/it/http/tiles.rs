//! `/log/{log_id}/…`: a client of C2SP tlog-tiles, which needs nothing else, gets the whole tree; and nobody gets it who may
//! not. Deliberately absent: the names of tiles (`core::tile`).

use everlog::store::Row;
use everlog_core::checkpoint::Checkpoint;
use everlog_core::erasure::Salts;
use everlog_core::ids::Seq;
use everlog_core::json::canonical;
use everlog_core::leaf::{Hash, Leaf};
use everlog_core::merkle::Tree;
use everlog_core::proof::Proof;
use serde_json::{Value, json};

use crate::server::{Answer, OPERATOR_KEY, Server, event};

const ACME: &str = "/v1/organizations/acme";

/// A piece as bytes, which `Answer` has as text.
fn piece(server: &Server, key: &str, name: &str) -> Vec<u8> {
    let url = server.url(&format!("/log/{}/tile/{name}", server.log_id("acme")));
    let mut answer = ureq::get(&url).header("Authorization", format!("Bearer {key}")).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    answer.body_mut().with_config().limit(1 << 24).read_to_vec().unwrap()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks();
    assert_eq!(rest, b"");
    hashes.to_vec()
}

/// The leaves of a bundle of entries.
fn leaves(mut bytes: &[u8]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (leaf, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        leaves.push(Leaf::parse(leaf).unwrap());
        bytes = rest;
    }
    assert_eq!(bytes, b"");
    leaves
}

fn record(server: &Server, key: &str, count: usize) {
    let events: Vec<Value> = (0..count).map(|_| event("lead.created")).collect();
    let answer = server.post(&format!("{ACME}/events"), key, &json!(events));
    assert_eq!(answer.body["created"], count, "{answer:?}");
}

fn in_log(server: &Server, rest: &str, credential: &str) -> Answer {
    server.get(&format!("/log/{}/{rest}", server.log_id("acme")), credential)
}

fn head(server: &Server, key: &str) -> Checkpoint {
    let note = in_log(server, "checkpoint", key);
    assert_eq!(note.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(note.headers["cache-control"], "no-cache");
    let key = server.app.verifier_key().parse::<everlog_core::checkpoint::VerifierKey>().unwrap();
    key.open(&note.text).unwrap()
}

fn set_public(server: &Server, key: &str, is_public: bool) {
    let text = json!({"settings": {"public_log": is_public}}).to_string();
    let set = server.send("PATCH", ACME, key, Some(text.as_bytes()), "application/json");
    assert_eq!(set.status, 200, "{set:?}");
}

/// A monitor that has the checkpoint and the pieces knows every leaf, and that they are the tree that is signed.
#[test]
fn the_tree_is_put_together_from_its_pieces() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 600);
    let head = head(&server, &key);
    assert_eq!(head.size.0, 600);
    let mut tree = Tree::new();
    for (name, width) in [("000", 256), ("001", 256), ("002.p/88", 88)] {
        let tile = hashes(&piece(&server, &key, &format!("0/{name}")));
        let entries = leaves(&piece(&server, &key, &format!("entries/{name}")));
        assert_eq!((tile.len(), entries.len()), (width, width));
        for (hash, leaf) in tile.iter().zip(&entries) {
            assert_eq!(
                (leaf.hash(), leaf.index, leaf.log_id.to_string()),
                (*hash, Seq(tree.size().0), server.log_id("acme"))
            );
            tree.push(*hash);
        }
    }
    assert_eq!(tree.root(), head.root);
    let above = hashes(&piece(&server, &key, "1/000.p/2"));
    for (at, root) in above.iter().enumerate() {
        let below: Tree = hashes(&piece(&server, &key, &format!("0/00{at}"))).into_iter().collect();
        assert_eq!(*root, below.root(), "a hash is the root of a full tile below");
    }
    // Of what is there, every narrower piece is there too: it was the right edge once.
    let wide = piece(&server, &key, "0/001");
    assert_eq!(piece(&server, &key, "0/001.p/7"), wide[..7 * 32]);
    assert_eq!(leaves(&piece(&server, &key, "entries/000.p/1")).len(), 1);
    assert_eq!(piece(&server, &key, "1/000.p/1"), above[0]);
}

#[test]
fn pieces_that_no_signed_head_covers_are_not_found() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 257);
    assert_eq!(head(&server, &key).size.0, 257);
    for name in [
        "0/001.p/2",
        "0/001",
        "0/002",
        "1/000",
        "1/000.p/2",
        "2/000.p/1",
        "8/000",
        "63/000",
        "64/000",
        "0/0",
        "0/x000/001",
        "0/000.p/0",
        "0/000.p/256",
        "0/000/",
        "entries/001",
        "entries/001.p/2",
        "data/000",
        "0",
        "-1/000",
        "0/-01",
        "0/x999/x999/x999/x999/x999/x999/999",
        "%FF",
        "0/%30%30%31",
        "0/000%00",
        "",
    ] {
        in_log(&server, &format!("tile/{name}"), &key).assert_problem(404, "not_found");
    }
    in_log(&server, "tile/0/000?x=1", &key).assert_problem(400, "invalid_parameter");
    in_log(&server, "checkpoint?size=1", &key).assert_problem(400, "invalid_parameter");
    assert_eq!(in_log(&server, "tile/0/001.p/1", &key).status, 200);
    assert_eq!(in_log(&server, "tile/0/000", &key).status, 200);
    // Nothing is signed twice within a second, so that what comes now has no piece before it is signed.
    record(&server, &key, 1);
    let signed = head(&server, &key).size.0;
    let status = in_log(&server, "tile/0/001.p/2", &key).status;
    assert!(status == 404 || signed == 258 || head(&server, &key).size.0 == 258, "{status}");
}

/// Pieces never change: whoever has one needs it never again.
#[test]
fn pieces_are_kept_for_ever_and_are_not_sent_again() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 300);
    let bearer = format!("Bearer {key}");
    let log = format!("/log/{}", server.log_id("acme"));
    let mut tags = Vec::new();
    for name in ["0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"] {
        let path = format!("{log}/tile/{name}");
        let first = server.get(&path, &key);
        assert_eq!(first.headers["cache-control"], "private, max-age=31536000, immutable");
        assert!(first.headers.get("content-encoding").is_none());
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let headers = [("Authorization", bearer.as_str()), ("If-None-Match", &known)];
            let again = server.request("GET", &path, &headers, None);
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{known}");
            assert_eq!(again.headers["etag"], tag.as_str());
            assert_eq!(again.headers["cache-control"], first.headers["cache-control"]);
        }
        let other = [("Authorization", bearer.as_str()), ("If-None-Match", "\"x\"")];
        assert_eq!(server.request("GET", &path, &other, None).status, 200);
        // Who may not have it learns nothing by its tag.
        let refused = server.request("GET", &path, &[("If-None-Match", &tag)], None);
        refused.assert_problem(404, "not_found");
        tags.push(tag);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 5);
    set_public(&server, &key, true);
    let public = in_log(&server, "tile/0/000", "");
    assert_eq!(public.headers["cache-control"], "public, max-age=31536000, immutable");
}

/// A of the hostile list: who may not read the log is told what is told of a log that never was.
#[test]
fn a_log_that_is_not_public_is_there_for_its_readers_only() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let globex = server.tenant("globex", "workspace");
    record(&server, &key, 3);
    let restricted = server.session("acme", &key, "u_1", "company");
    let writer = server.key("acme", &["write", "admin"]);
    let strangers = ["", "x", OPERATOR_KEY, &globex, &restricted, &writer, &"x".repeat(10_000)];
    let told = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["request_id"] = Value::Null;
        (answer.status, answer.headers.len(), body)
    };
    let unknown = told(&server.get(&format!("/log/{}/checkpoint", "0".repeat(32)), &key));
    assert_eq!(unknown.0, 404);
    for rest in ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3", "tile/no/such", "checkpoint?x=1"] {
        for stranger in strangers {
            assert_eq!(told(&in_log(&server, rest, stranger)), unknown, "{rest} {stranger:.20}");
        }
        let both = [("Authorization", format!("Bearer {key}")), ("Authorization", format!("Bearer {key}"))];
        let both = both.each_ref().map(|(name, value)| (*name, value.as_str()));
        let path = format!("/log/{}/{rest}", server.log_id("acme"));
        assert_eq!(told(&server.request("GET", &path, &both, None)), unknown);
        for id in
            ["acme", "", "x", &server.log_id("acme").to_uppercase(), &server.log_id("acme")[..31], "%FF"]
        {
            assert_eq!(server.get(&format!("/log/{id}/{rest}"), &key).status, 404, "{id}");
        }
    }
    let reader = server.key("acme", &["read"]);
    let vendor = json!({"name": "v", "scopes": ["read"], "organizations": "*"});
    let vendor = server.post("/v1/keys", OPERATOR_KEY, &vendor).body["key"].as_str().unwrap().to_owned();
    for reader in [&reader, &vendor] {
        assert_eq!(in_log(&server, "tile/0/000.p/3", reader).status, 200);
    }
    set_public(&server, &key, true);
    for stranger in strangers {
        for rest in ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"] {
            assert_eq!(in_log(&server, rest, stranger).status, 200, "{rest} {stranger:.20}");
        }
        // That its tree is public opens nothing else of it.
        for rest in ["checkpoint", "proofs/inclusion/0", "events", "feed"] {
            let status = server.get(&format!("{ACME}/{rest}"), stranger).status;
            let is_its_session = stranger == restricted && rest == "events";
            assert!(is_its_session || (400..500).contains(&status), "{rest} {stranger:.20}: {status}");
        }
        let other = format!("/log/{}/checkpoint", server.log_id("globex"));
        assert_eq!(server.get(&other, stranger).status == 200, stranger == globex);
    }
    // No word of what was recorded is in it.
    let entries = in_log(&server, "tile/entries/000.p/3", "");
    assert!(!entries.text.contains("lead") && !entries.text.contains("Ana"));
    set_public(&server, &key, false);
    in_log(&server, "checkpoint", "").assert_problem(404, "not_found");
}

/// What was erased from an event is out of its leaf's reach, and the leaf stays: pieces that others keep are still those.
#[test]
fn pieces_are_the_same_after_an_erasure() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 3);
    let head = head(&server, &key);
    let read = || ["0/000.p/3", "entries/000.p/3"].map(|name| piece(&server, &key, name));
    let before = read();
    let org = server.app.directory.all().unwrap().remove(0).row.code;
    let row = server.app.store.rows(org, &[Seq(1)]).unwrap().remove(0);
    let mut document: Value = serde_json::from_slice(&row.document).unwrap();
    let written = row.salts.erase(&mut document, &["/e/actor/name"], Seq(2)).unwrap();
    let left = Row { document: canonical(&document), salts: Salts::Written(written), ..row };
    server.app.store.transact(&mut |transaction| transaction.erase(org, &left)).unwrap();
    assert!(!server.get(&format!("{ACME}/events/1"), &key).text.contains("Ana"));
    assert_eq!(read(), before);
    let proof = server.get(&format!("{ACME}/proofs/inclusion/1?size={}", head.size), &key).text;
    let verifier = server.app.verifier_key().parse().unwrap();
    assert_eq!(Proof::parse(&proof).unwrap().verify(&left.leaf_hash, &verifier), Ok(head));
}

/// A log that was made a moment ago is found, although those of all others are kept in memory.
#[test]
fn new_logs_are_found_at_once() {
    let server = Server::start();
    for id in ["a", "b", "c"] {
        let key = server.tenant(id, "workspace");
        let note = server.get(&format!("/log/{}/checkpoint", server.log_id(id)), &key);
        assert_eq!(note.status, 200);
        assert!(note.text.starts_with(&format!("everlog.invalid/log/{}\n", server.log_id(id))));
    }
}
