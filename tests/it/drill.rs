//! The drill: a stored log is damaged, and rewritten, in every way that we could think of; each time `fsck` finds it, names
//! the first bad event, and the server shows nothing of it as good.
//!
//! Deliberately absent: damage that the store itself names, which `store_sqlite` does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use everlog::store::Store;
use everlog::store::sqlite::SqliteStore;
use everlog_core::erasure::Salts;
use everlog_core::ids::{OrgId, Seq};
use everlog_core::merkle::Frontier;
use everlog_core::{json as canonical, leaf};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::process_files::{PDF, created, put};
use crate::server::{Server, event};

mod scrub;
mod shown;

/// Events of the larger log: they are read in more than one group.
pub const EVENTS: usize = 430;

/// A data directory of a server that was stopped: `bolt` with many events, `acme` with a document, both signed, and what
/// `bolt` was when it was half as long.
pub struct Sound {
    pub directory: TempDir,
    pub keys: [String; 2],
    half: PathBuf,
}

pub static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let server = Server::start();
    let keys = [server.tenant("acme", "signing"), server.tenant("bolt", "workspace")];
    let record = |from: usize, to: usize| {
        let events: Vec<Value> = (from..to)
            .map(|number| {
                let mut sent = event(["lead.created", "lead.updated", "task.completed"][number % 3]);
                sent["id"] = json!(format!("e-{number}"));
                sent["targets"] =
                    json!([{"type": "lead", "id": format!("l-{}", number % 40), "name": "Harbour Ltd"}]);
                sent["context"] = json!({"ip": "203.0.113.7"});
                sent
            })
            .collect();
        let answer = server.post("/v1/organizations/bolt/events", &keys[1], &json!(events));
        assert_eq!(answer.body["created"], json!(to - from), "{answer:?}");
    };
    record(0, EVENTS / 2);
    let half = server.directory.path().join("half.db");
    Connection::open(server.directory.path().join("data/truth.db"))
        .unwrap()
        .execute("vacuum into ?", [half.to_str().unwrap()])
        .unwrap();
    record(EVENTS / 2, EVENTS);
    let erasure = json!({
        "basis": "GDPR article 17", "requested_by": "data protection officer",
        "events": ["e-20", "e-21"], "fields": ["/e/context/ip"],
    });
    let erased = server.post("/v1/organizations/bolt/erasures", &keys[1], &erasure);
    assert_eq!(erased.status, 201, "{erased:?}");
    for process in ["p-1", "p-2"] {
        assert_eq!(server.post("/v1/organizations/acme/events", &keys[0], &created(process)).status, 201);
        let answer = put(&server, "acme", &keys[0], process, &[PDF, process.as_bytes()].concat());
        assert!(answer.status < 300, "{answer:?}");
    }
    for (org, key) in ["acme", "bolt"].iter().zip(&keys) {
        assert_eq!(server.get(&format!("/v1/organizations/{org}/checkpoint"), key).status, 200);
    }
    Sound { directory: server.stop(), keys, half }
});

/// A copy of the sound directory, to be damaged.
pub fn copy() -> TempDir {
    let copied = tempfile::tempdir().unwrap();
    copy_all(&SOUND.directory.path().join("data"), &copied.path().join("data"));
    copied
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.to_owned());
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

pub fn sql(data: &Path, statements: &str) {
    let connection = Connection::open(data.join("truth.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(statements).unwrap();
}

/// What `fsck` says, as a program reads it, and whether all is well.
fn fsck(data: &Path) -> (bool, Value) {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
        command.arg("fsck").arg("--data").arg(data).args(arguments).env("RUST_LOG", "off").output().unwrap()
    };
    let output = run(&["--json"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked"), "{told}");
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text:?} {told:?}"));
    (output.status.success(), value)
}

/// The first bad event that is named of a log, and everything that is said.
fn first_bad(report: &Value, org: &str) -> (Option<u64>, String) {
    let faults = report["faults"].as_array().unwrap();
    let of_org = faults.iter().filter(|fault| fault["organization"] == org);
    let first = of_org.clone().find_map(|fault| fault["seq"].as_u64());
    let said = faults.iter().map(|fault| fault["what"].as_str().unwrap()).collect::<Vec<_>>().join("; ");
    (first, said)
}

/// Flips one bit in the middle of a blob.
fn flip_bit(data: &Path, select: &str, update: &str, key: i64) {
    let connection = Connection::open(data.join("truth.db")).unwrap();
    let mut bytes: Vec<u8> = connection.query_row(select, [key], |line| line.get(0)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    assert_eq!(connection.execute(update, (bytes, key)).unwrap(), 1);
}

pub fn flip_in_event(data: &Path, column: &str, seq: i64) {
    let select = format!("select {column} from events where id = ?");
    flip_bit(data, &select, &format!("update events set {column} = ? where id = ?"), (1 << 40) + seq);
}

/// Every way to damage a log, what is first bad by it, and a word that says so.
#[test]
fn every_damage_is_found_and_its_first_event_is_named() {
    type Damage = Box<dyn Fn(&Path)>;
    let by_sql = |statements: &'static str| -> Damage { Box::new(move |data| sql(data, statements)) };
    let cases: Vec<(&str, Damage, &str, Option<u64>, &str)> = vec![
        (
            "a bit of a body",
            Box::new(|data| flip_in_event(data, "body", 300)),
            "bolt",
            Some(300),
            "cannot be read",
        ),
        ("a bit of a seed", Box::new(|data| flip_in_event(data, "seed", 7)), "bolt", Some(7), "the leaf"),
        ("a bit of a leaf", Box::new(|data| flip_in_event(data, "leaf", 201)), "bolt", Some(201), "the leaf"),
        (
            "a bit of the frontier",
            Box::new(|data| {
                let update = "update heads set frontier = ? where org = ?";
                flip_bit(data, "select frontier from heads where org = ?", update, 1);
            }),
            "bolt",
            None,
            "the head's tree",
        ),
        ("the head's size", by_sql("update heads set size = size - 1 where org = 1"), "bolt", None, "head"),
        ("the head's time", by_sql("update heads set received_ms = 7 where org = 1"), "bolt", None, "time"),
        ("no head", by_sql("delete from heads where org = 1"), "bolt", None, "head"),
        (
            "the dictionary",
            Box::new(|data| {
                let update = "update dictionaries set bytes = ? where id = ?";
                flip_bit(data, "select bytes from dictionaries where id = ?", update, 1);
            }),
            "bolt",
            None,
            "dictionary",
        ),
        (
            "two rows swapped",
            by_sql(
                "update events set id = (9 << 40) where id = (1 << 40) + 5; \
                 update events set id = (1 << 40) + 5 where id = (1 << 40) + 9; \
                 update events set id = (1 << 40) + 9 where id = (9 << 40)",
            ),
            "bolt",
            Some(5),
            "the leaf",
        ),
        (
            "the last ones gone",
            by_sql("delete from events where id > (1 << 40) + 400 and id < (2 << 40)"),
            "bolt",
            Some(401),
            "missing",
        ),
        ("one gone", by_sql("delete from events where id = (1 << 40) + 17"), "bolt", Some(17), "missing"),
        (
            "a time edited",
            by_sql("update events set received_ms = received_ms + 1 where id = (1 << 40) + 12"),
            "bolt",
            Some(12),
            "the leaf",
        ),
        (
            "an event of another organization",
            by_sql(
                "insert into events select (1 << 40) + 1000000, received_ms, dictionary, leaf, seed, body from events where id = 2; \
                 delete from events where id = (1 << 40) + 33; \
                 update events set id = (1 << 40) + 33 where id = (1 << 40) + 1000000",
            ),
            "bolt",
            Some(33),
            "the leaf",
        ),
        (
            "an event behind the head",
            by_sql(
                "insert into events select (1 << 40) + 500, received_ms, dictionary, leaf, seed, body from events \
                 where id = (1 << 40) + 1",
            ),
            "bolt",
            Some(500),
            "behind the head",
        ),
        (
            "salts of an erasure that was none",
            by_sql("insert into erased_events values ((1 << 40) + 4, x'00')"),
            "bolt",
            Some(4),
            "nothing was erased",
        ),
        ("an erasure that is not listed", by_sql("delete from erasures"), "bolt", None, "not listed as such"),
        (
            "salts that were erased",
            by_sql("delete from erased_events where id in (select min(id) from erased_events)"),
            "bolt",
            None,
            "its salts are not there",
        ),
        ("the state of a process", by_sql("delete from subjects where org = 0"), "acme", None, "state of"),
        (
            "the list of a process",
            by_sql("delete from process_events where org = 0"),
            "acme",
            None,
            "list of the events",
        ),
    ];
    let (is_well, report) = fsck(copy().path().join("data").as_path());
    assert!(is_well, "{report}");
    assert_eq!((&report["faults"], &report["index"]), (&json!([]), &json!(true)));
    assert_eq!(report["logs"][0]["files"], 2);
    assert_eq!((&report["logs"][1]["erased"], &report["logs"][1]["erasures"]), (&json!(2), &json!(1)));
    for (name, damage, org, bad, word) in cases {
        let copied = copy();
        let data = copied.path().join("data");
        damage(&data);
        let (is_well, report) = fsck(&data);
        let (first, said) = first_bad(&report, org);
        assert!(!is_well && said.contains(word), "{name}: {report}");
        if bad.is_some() {
            assert_eq!(first, bad, "{name}: {said}");
        }
    }
}

/// D of the promises: who rewrites an event and everything that follows from it still has not what was signed.
#[test]
fn a_log_that_was_rewritten_whole_is_not_the_one_that_was_signed() {
    let copied = copy();
    let data = copied.path().join("data");
    rewrite(&data, Seq(100));
    let (is_well, report) = fsck(&data);
    let (first, said) = first_bad(&report, "bolt");
    assert!(!is_well && said.contains("were signed"), "{report}");
    // By the tree alone the event is known to be one of its largest part.
    assert_eq!(first, Some(0), "{said}");
    assert!(said.contains("it stands at 0 to 255"), "{said}");
}

/// Changes what an event of bolt says and makes everything fit: its leaf, the tree, the head.
pub fn rewrite(data: &Path, seq: Seq) {
    let (row, org, frontier) = {
        let store = SqliteStore::open(data).unwrap();
        let org = store.organization(&OrgId::try_from("bolt").unwrap()).unwrap().unwrap();
        let mut row = store.rows(org.code, &[seq]).unwrap().remove(0);
        let mut document: Value = serde_json::from_slice(&row.document).unwrap();
        document["e"]["actor"]["name"] = json!("Somebody Else");
        row.document = canonical::canonical(&document);
        let commitments = row.salts.commitments(&document);
        row.leaf_hash = leaf::leaf_hash(&org.log_id, seq, row.received_ms, &commitments);
        let mut frontier = Frontier::new();
        for kept in store.scan(org.code, Seq(0), usize::MAX).unwrap() {
            frontier.push(if kept.seq == seq { row.leaf_hash } else { kept.leaf_hash });
        }
        (row, org, frontier)
    };
    let connection = Connection::open(data.join("truth.db")).unwrap();
    let body = zstd::bulk::compress(&row.document, 3).unwrap();
    let key = (i64::from(org.code.0) << 40) + i64::try_from(seq.0).unwrap();
    connection
        .execute(
            "update events set body = ?, dictionary = 0, leaf = ? where id = ?",
            (body, row.leaf_hash, key),
        )
        .unwrap();
    connection
        .execute("update heads set frontier = ? where org = ?", (frontier.to_bytes(), org.code.0))
        .unwrap();
}

/// A backup in the place of a log that was signed since.
#[test]
fn an_old_file_under_newer_signed_heads_is_told() {
    let copied = copy();
    let data = copied.path().join("data");
    fs::copy(&SOUND.half, data.join("truth.db")).unwrap();
    for left in ["truth.db-wal", "truth.db-shm"] {
        fs::remove_file(data.join(left)).ok();
    }
    let (is_well, report) = fsck(&data);
    let (first, said) = first_bad(&report, "bolt");
    assert!(!is_well && said.contains("it is an older copy"), "{report}");
    assert_eq!(first, report["logs"][1]["size"].as_u64(), "the first that is not there");
}

/// One bit of a document, of the index, of what was signed: each is named, and none of it repaired behind one's back.
#[test]
fn damaged_files_beside_the_log_are_named() {
    let is_blob = |path: &Path| path.file_name().is_some_and(|name| name.len() == 64);
    let largest = |data: &Path, directory: &str, is_it: &dyn Fn(&Path) -> bool| {
        let files = walk(&data.join(directory)).into_iter().filter(|path| is_it(path));
        files.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
    };
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let copied = copy();
    let data = copied.path().join("data");
    let blob = largest(&data, "blobs", &is_blob);
    flip(&blob);
    let (is_well, report) = fsck(&data);
    let (first, said) = first_bad(&report, "acme");
    assert!(!is_well && first.is_some() && said.contains("damaged"), "{report}");
    fs::remove_file(blob).unwrap();
    let (is_well, report) = fsck(&data);
    assert!(!is_well && first_bad(&report, "acme").1.contains("not there"), "{report}");

    for extension in ["store", "term", "fast", "idx", "json"] {
        let copied = copy();
        let data = copied.path().join("data");
        let is_it = |path: &Path| {
            path.extension().is_some_and(|it| it == extension)
                && path.file_name().is_some_and(|name| name != ".managed.json")
        };
        let file = largest(&data, "index", &is_it);
        flip(&file);
        let damaged = fs::read(&file).unwrap();
        let (is_well, report) = fsck(&data);
        assert!(!is_well && first_bad(&report, "").1.contains("the index"), "{extension}: {report}");
        assert_eq!(fs::read(&file).unwrap(), damaged, "{extension}: it is left as it is");
    }

    let copied = copy();
    let data = copied.path().join("data");
    flip(&largest(&data, "signed", &|_| true));
    let (is_well, report) = fsck(&data);
    assert!(!is_well && first_bad(&report, "").1.contains("signed"), "{report}");
    assert_eq!(report["logs"][0]["files"], 2, "the rest is read all the same: {report}");
}

pub fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// L of the erasure: what is gone and what was recorded say the same, or it is told which event does not.
#[test]
fn an_erasure_that_nobody_recorded_is_told() {
    let copied = copy();
    let data = copied.path().join("data");
    {
        let store = SqliteStore::open(&data).unwrap();
        let org = store.organization(&OrgId::try_from("bolt").unwrap()).unwrap().unwrap().code;
        let mut row = store.rows(org, &[Seq(200)]).unwrap().remove(0);
        let mut document: Value = serde_json::from_slice(&row.document).unwrap();
        let written = row.salts.erase(&mut document, &["/e/context/ip"], Seq(240)).unwrap();
        (row.document, row.salts) = (canonical::canonical(&document), Salts::Written(written));
        store.transact(&mut |transaction| transaction.erase(org, &row)).unwrap();
    }
    let (is_well, report) = fsck(&data);
    let (first, said) = first_bad(&report, "bolt");
    assert!(!is_well && first == Some(200), "{report}");
    assert!(said.contains("erased by event 240, which records no erasure"), "{said}");
    // A salt of what is left no longer leads to the leaf, and neither does a commitment of what is gone.
    let connection = Connection::open(data.join("truth.db")).unwrap();
    let key = (1_i64 << 40) + 200;
    let salts: Vec<u8> = connection
        .query_row("select salts from erased_events where id = ?", [key], |line| line.get(0))
        .unwrap();
    let place = String::from_utf8(salts.clone()).unwrap().find("/e/action").unwrap() + "/e/action\":\"".len();
    let mut flipped = salts;
    flipped[place] = if flipped[place] == b'0' { b'1' } else { b'0' };
    connection.execute("update erased_events set salts = ? where id = ?", (flipped, key)).unwrap();
    drop(connection);
    let (_, report) = fsck(&data);
    let (first, said) = first_bad(&report, "bolt");
    assert!(first == Some(200) && said.contains("the leaf"), "{said}");
}

/// What the ledger knows is what a backup from before would be mended by.
#[test]
fn a_ledger_of_erasures_that_is_not_that_of_the_log_is_told() {
    let whole = fs::read_to_string(SOUND.directory.path().join("data/erasures.jsonl")).unwrap();
    let mut line: Value = serde_json::from_str(&whole).unwrap();
    let record = line["record"].as_u64().unwrap();
    line["record"] = json!(record - 1);
    let moved = format!("{line}\n");
    line["record"] = json!(record);
    line["erased"]["20"][0][0] = json!("00".repeat(32));
    let altered = format!("{line}\n");
    for (text, org, first, says) in [
        ("", "bolt", Some(record), "does not know of it"),
        // Where a line says that its record stood is of no matter once its fields are gone; but the record is not noted.
        (&*moved, "bolt", Some(record), "does not know of it"),
        (&*altered, "bolt", Some(record), "another list"),
        ("junk\n", "", None, "line 1 of"),
    ] {
        let copied = copy();
        let data = copied.path().join("data");
        fs::write(data.join("erasures.jsonl"), text).unwrap();
        let (is_well, report) = fsck(&data);
        let (seq, said) = first_bad(&report, org);
        assert!(!is_well && seq == first && said.contains(says), "{text}: {report}");
    }
}
