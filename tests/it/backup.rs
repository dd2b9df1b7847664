//! Backups are whole whatever happens meanwhile, and put back as one: of a running server, killed, damaged, older than what
//! was signed and erased. Deliberately absent: what a log does once it went back (`signed`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use everlog::backup::make::{self, Made};
use everlog::backup::put::{self, Ready};
use everlog::backup::{BackupError, MANIFEST, Manifest};
use everlog::blobs::BucketAccess;
use everlog::store::sqlite::SqliteStore;
use everlog::store::{OrgCode, Store};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::crash::{agent, post, prepare, serve};
use crate::http::process_files::{PDF, created, finished, put as put_document, sha256};
use crate::server::{OPERATOR_KEY, Server, event};

const ACME: &str = "/v1/organizations/acme";

fn data(server: &Server) -> PathBuf {
    server.directory.path().join("data")
}

fn backup_of(data: &Path, to: &Path) -> Result<Made, BackupError> {
    let access = BucketAccess::default();
    let wanted = make::Wanted { data, to, with_keys: true, log_host: None, log_key: None, access: &access };
    make::make(&wanted, &|_, _, _| ())
}

fn prepared(backup: &Path, data: &Path) -> Result<Ready, BackupError> {
    let access = BucketAccess::default();
    let wanted = put::Wanted {
        backup,
        data,
        replace: true,
        accept_loss: false,
        key: None,
        blobs: None,
        access: &access,
    };
    put::prepare(&wanted, &|_, _, _| ())
}

/// Verifies a backup as `restore` does, and puts it nowhere.
fn verified(backup: &Path) -> Manifest {
    let place = TempDir::new().unwrap();
    prepared(backup, &place.path().join("data")).unwrap().manifest
}

/// The sentence with which a backup is refused.
fn refusal(backup: &Path) -> String {
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let Err(why) = prepared(backup, &data) else { panic!("{} was not refused", backup.display()) };
    assert!(!SqliteStore::is_in(&data), "what is refused is not put back");
    why.to_string()
}

fn command(arguments: &[&str], paths: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    command.args(arguments).args(paths).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("EVERLOG_DATA").env("EVERLOG_OPERATOR_KEY", OPERATOR_KEY);
    command
}

fn run(arguments: &[&str], data: &Path) -> Output {
    command(arguments, &[Path::new("--data"), data]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn record(server: &Server, key: &str, count: u64) {
    let events: Vec<Value> = (0..count)
        .map(|n| {
            let mut sent = event("lead.updated");
            sent["metadata"] = json!({"note": format!("a note that is unlike others {n}")});
            sent["actor"]["id"] = json!(format!("u_{n}"));
            sent
        })
        .collect();
    let answer = server.post(&format!("{ACME}/events"), key, &Value::Array(events));
    assert_eq!(answer.body["created"], count, "{answer:?}");
}

/// Keeps bytes as the Audit Trail of a process that history tells of, instead of the one before.
fn keep(server: &Server, key: &str, process: &str, bytes: &[u8]) {
    keep_stray(server, bytes);
    let mut history = [
        created(process),
        json!({
            "action": "trail.made", "actor": {"type": "system"}, "process": process,
            "metadata": {"sha256": sha256(bytes), "size": bytes.len()},
        }),
    ];
    history.iter_mut().for_each(|event| event["occurred_at"] = json!("1970-06-01T00:00:00Z"));
    let answer = server.post(&format!("{ACME}/events?mode=record"), key, &json!(history));
    assert_eq!(answer.body["created"], 2, "{answer:?}");
}

/// Keeps a document that nothing names.
fn keep_stray(server: &Server, bytes: &[u8]) {
    let mut upload = server.app.blobs.begin(OrgCode(0)).unwrap();
    upload.write(bytes).unwrap();
    upload.place().unwrap().named();
}

/// Attaches a document to each of so many processes.
fn attach(server: &Server, key: &str, count: usize) -> Vec<String> {
    let attach = |number: usize| {
        let (process, bytes) = (format!("p{number}"), [PDF, format!("% {number}\n").as_bytes()].concat());
        assert_eq!(server.post(&format!("{ACME}/events"), key, &created(&process)).status, 201);
        let answer = put_document(server, "acme", key, &process, &bytes);
        assert_eq!(answer.status, 201, "{answer:?}");
        sha256(&bytes)
    };
    (0..count).map(attach).collect()
}

/// Every document of the first organization in a directory, by its hash.
fn documents_in(directory: &Path) -> Vec<String> {
    let below = |path: &Path| fs::read_dir(path).unwrap().map(|it| it.unwrap().path());
    let parts = below(&directory.join("blobs/0")).filter(|part| !part.ends_with("new"));
    let mut names: Vec<String> = parts
        .flat_map(|part| below(&part).collect::<Vec<_>>())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Erases the metadata of an event. What follows from it in the background, if anything, is over when this returns.
fn erase(server: &Server, key: &str, seq: u64) {
    let asked =
        json!({"events": [seq], "fields": ["/e/metadata"], "basis": "a request", "requested_by": "owner"});
    let answer = server.post(&format!("{ACME}/erasures"), key, &asked);
    assert_eq!(answer.status, 201, "{answer:?}");
    for _ in 0..100 {
        if server.app.store.unpurged().unwrap().is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every row of every table, in words.
fn dump(truth: &Path) -> Vec<String> {
    let connection = Connection::open(truth).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement.query_map([], |line| line.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    let mut rows = Vec::new();
    for table in names("select name from sqlite_schema where type = 'table' order by name") {
        let mut statement = connection.prepare(&format!("select * from \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut lines = statement.query([]).unwrap();
        let mut of_table = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let values: Vec<String> =
                (0..columns).map(|at| format!("{:?}", line.get_ref(at).unwrap())).collect();
            of_table.push(format!("{table}: {}", values.join(" | ")));
        }
        of_table.sort();
        rows.extend(of_table);
    }
    rows
}

/// Every byte of every file below a directory.
fn bytes_below(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { bytes_below(&path) } else { fs::read(&path).unwrap() });
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// L10: backups of a server that is writing, by another process: each is verified, holds what was acknowledged before it
/// began, and all but the first read only what is new.
#[test]
fn every_backup_of_a_server_under_load_is_whole() {
    let place = TempDir::new().unwrap();
    let (data, backup) = (place.path().join("data"), place.path().join("backup"));
    let keys = prepare(&data);
    let mut running = serve(&data);
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let senders: Vec<_> = (0..3)
        .map(|sender| {
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            let (url, key) = (format!("{}{ACME}/events", running.base), keys[0].clone());
            std::thread::spawn(move || {
                let agent = agent();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let ids = (0..20).map(|i| format!("e-{sender}-{number}-{i}"));
                    let events: Vec<Value> = ids
                        .map(|id| json!({"id": id, "action": "lead.updated", "actor": {"type": "system"}}))
                        .collect();
                    let answer = post(&agent, &url, &key, &Value::Array(events)).unwrap();
                    acknowledged.fetch_add(answer["created"].as_u64().unwrap(), Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..5 {
        std::thread::sleep(Duration::from_millis(100));
        let least = acknowledged.load(Ordering::Relaxed);
        let output = run(&["backup", backup.to_str().unwrap(), "--json"], &data);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        assert_eq!(told["is_incremental"], round > 0, "{told}");
        assert!(told["events"].as_u64().unwrap() >= least, "{told}, of {least}");
        assert_eq!(verified(&backup).events(), told["events"]);
        assert_eq!(fs::read_dir(&backup).unwrap().count(), 3, "one state, the manifest, the lock");
    }
    stop.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    running.child.kill().unwrap();
    running.child.wait().unwrap();

    let restored = place.path().join("restored");
    let output = run(&["restore", backup.to_str().unwrap()], &restored);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("every one of them was read again"), "{}", text(&output.stdout));
    let output = run(&["fsck"], &restored);
    assert!(output.status.success(), "{}", text(&output.stdout));
}

/// L10: a backup of what is new is the backup of all: erased events, other tables and documents too; and nothing that was
/// erased stays in it.
#[test]
fn what_is_copied_because_it_is_new_gives_the_same_as_everything_copied() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 30);
    let place = TempDir::new().unwrap();
    let (grown, whole) = (place.path().join("grown"), place.path().join("whole"));
    keep(&server, &key, "p1", b"one");
    keep(&server, &key, "p2", b"two");
    let made = backup_of(&data(&server), &grown).unwrap();
    assert_eq!((made.manifest.is_incremental, made.new_blobs), (false, (2, 6)));
    assert!(holds(&bytes_below(&grown), "acme"));

    record(&server, &key, 12);
    erase(&server, &key, 5);
    erase(&server, &key, 35);
    server.tenant("globex", "signing");
    server.app.store.transact(&mut |it| it.set_meta("other", b"value")).unwrap();
    server.app.blobs.delete(OrgCode(0), &Sha256::digest(b"one").into()).unwrap();
    keep(&server, &key, "p1", b"three");
    let made = backup_of(&data(&server), &grown).unwrap();
    assert_eq!((made.manifest.is_incremental, made.why_whole), (true, None));
    assert_eq!(made.new_blobs, (1, 5));
    assert!(made.new_events >= 12 && made.new_events < 30, "{}", made.new_events);
    let all = backup_of(&data(&server), &whole).unwrap();
    let truth = |backup: &Path, made: &Manifest| dump(&backup.join(&made.state).join("truth.db"));
    assert_eq!(truth(&grown, &made.manifest), truth(&whole, &all.manifest));
    let blobs = |made: &Manifest| -> Vec<_> {
        made.files.iter().filter(|file| file.path.starts_with("blobs/")).cloned().collect()
    };
    assert_eq!(blobs(&made.manifest), blobs(&all.manifest));
    assert_eq!(documents_in(&grown).len(), 2, "what the log names no more is gone");
    assert_eq!(verified(&grown).events(), verified(&whole).events());

    // Restored, it serves, and goes on.
    let restored = TempDir::new().unwrap();
    prepared(&grown, &restored.path().join("data")).unwrap().put().unwrap();
    let server = Server::start_in(restored, |_| {});
    record(&server, &key, 2);
    server.check_log();
    let mode = |name: &str| fs::metadata(data(&server).join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("truth.db"), mode("log.key"), mode("blobs"), mode("")], [0o600, 0o600, 0o700, 0o700]);
    assert_eq!(server.app.store.meta("other").unwrap().as_deref(), Some(b"value".as_slice()));
}

/// L10: keys are for their owner only, or not in it at all.
#[test]
fn keys_are_in_a_backup_unless_they_are_left_out() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 3);
    let place = TempDir::new().unwrap();
    let (with, without) = (place.path().join("with"), place.path().join("without"));
    let made = backup_of(&data(&server), &with).unwrap();
    let state = with.join(&made.manifest.state);
    assert_eq!(fs::metadata(state.join("log.key")).unwrap().permissions().mode() & 0o777, 0o600);
    let output = run(&["backup", without.to_str().unwrap(), "--without-keys"], &data(&server));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let secret = fs::read_to_string(data(&server).join("log.key")).unwrap();
    assert!(holds(&bytes_below(&with), secret.trim()));
    assert!(!holds(&bytes_below(&without), secret.trim()));
    let ready = prepared(&without, &place.path().join("data")).unwrap();
    assert!(ready.lacks_keys);
    // Signed all the same, with the key that the server shows.
    assert_eq!(ready.manifest.logs[0].key, server.app.verifier_key());
}

/// L10: whatever is wrong with a backup is named, and nothing of it is put back.
#[test]
fn a_damaged_backup_is_refused_and_the_file_or_event_is_named() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 20);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    keep(&server, &key, "p1", b"one");
    // What was signed lies in it, too.
    server.get(&format!("{ACME}/checkpoint"), &key);
    let manifest = backup_of(&data(&server), &backup).unwrap().manifest;
    assert!(manifest.files.len() >= 6, "{:?}", manifest.files);
    for file in &manifest.files {
        let path = backup.join(&file.path);
        let bytes = fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        for damaged in [&flipped[..], &bytes[..bytes.len() - 1]] {
            fs::write(&path, damaged).unwrap();
            let told = refusal(&backup);
            assert!(told.starts_with(&format!("{} in the backup is damaged", file.path)), "{told}");
        }
        fs::remove_file(&path).unwrap();
        assert!(refusal(&backup).contains(&format!("{} in the backup is damaged: it is missing", file.path)));
        fs::write(&path, bytes).unwrap();
    }
    verified(&backup);

    // Somebody who makes the hashes fit.
    let truth = backup.join(&manifest.state).join("truth.db");
    let before = fs::read(&truth).unwrap();
    for (statement, expected) in [
        ("update events set received_ms = received_ms + 1 where id = 7", "event 7"),
        ("update events set seed = (select seed from events where id = 4) where id = 3", "event 3"),
        ("delete from events where id = 19", "acme: "),
        ("update organizations set log_host = 'other.example'", "log"),
    ] {
        fs::write(&truth, &before).unwrap();
        Connection::open(&truth).unwrap().execute_batch(statement).unwrap();
        let mut forged = manifest.clone();
        for file in &mut forged.files {
            let bytes = fs::read(backup.join(&file.path)).unwrap();
            file.bytes = bytes.len() as u64;
            file.sha256 = everlog_core::hex::Hex(&<[u8; 32]>::from(Sha256::digest(&bytes))).to_string();
        }
        fs::write(backup.join(MANIFEST), serde_json::to_vec(&forged).unwrap()).unwrap();
        let told = refusal(&backup);
        assert!(told.contains(expected), "{statement}: {told}");
    }
    fs::write(&truth, &before).unwrap();
    for (bad, expected) in [("{", "EOF"), ("{}", "missing field"), ("", "EOF")] {
        fs::write(backup.join(MANIFEST), bad).unwrap();
        let told = refusal(&backup);
        assert!(told.starts_with(MANIFEST) && told.contains(expected), "{told}");
    }
    for path in ["../data/truth.db", "/etc/passwd", ""] {
        let mut forged = manifest.clone();
        forged.files[0].path = path.to_owned();
        fs::write(backup.join(MANIFEST), serde_json::to_vec(&forged).unwrap()).unwrap();
        assert!(refusal(&backup).contains("which is no file of a backup"));
    }
    fs::remove_file(backup.join(MANIFEST)).unwrap();
    assert!(refusal(&backup).contains("holds no backup"));
}

/// L10: a backup that was damaged where it lies is not built upon; a store that is damaged is not backed up over a good one.
#[test]
fn damage_is_not_carried_from_one_backup_into_the_next() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 20);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    let first = backup_of(&data(&server), &backup).unwrap().manifest;
    let truth = backup.join(&first.state).join("truth.db");
    let mut bytes = fs::read(&truth).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&truth, bytes).unwrap();
    let made = backup_of(&data(&server), &backup).unwrap();
    assert!(made.why_whole.unwrap().contains("truth.db of the backup before is damaged"));
    assert_eq!(verified(&backup).events(), made.manifest.events());

    let sized = server.size("acme");
    record(&server, &key, 5);
    let bad = sized + 2;
    let statement = format!("update events set received_ms = received_ms + 1 where id = {bad}");
    server.app.store.transact(&mut |_| Ok(())).unwrap();
    let directory = server.stop();
    Connection::open(directory.path().join("data/truth.db")).unwrap().execute_batch(&statement).unwrap();
    let told = backup_of(&directory.path().join("data"), &backup).unwrap_err().to_string();
    assert!(told.starts_with(&format!("event {bad} of acme is damaged")), "{told}");
    assert_eq!(verified(&backup).events(), made.manifest.events(), "the one before is as it was");
    assert!(backup_of(&directory.path().join("data"), place.path()).is_err(), "not a backup's directory");
}

/// L10: the last copy of a document that is lost stays in the backup, and everybody hears that it is lost.
#[test]
fn a_backup_keeps_its_copies_of_documents_that_are_lost_and_says_so() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let mut hashes = attach(&server, &key, 5);
    hashes.sort();
    let place = TempDir::new().unwrap();
    let (backup, new) = (place.path().join("backup"), place.path().join("new"));
    let arguments = |to: &Path| command(&["backup"], &[to, Path::new("--data"), &data(&server)]);
    assert!(arguments(&backup).output().unwrap().status.success());
    let lost: Vec<PathBuf> =
        hashes.iter().map(|hash| data(&server).join("blobs/0").join(&hash[..2]).join(hash)).collect();
    lost[1..].iter().for_each(|path| fs::remove_file(path).unwrap());

    for _ in 0..2 {
        let output = arguments(&backup).output().unwrap();
        let told = text(&output.stdout);
        assert!(!output.status.success(), "{told}");
        assert_eq!(told.matches("is missing in the data directory; the copy from before stays").count(), 4);
        assert!(hashes[1..].iter().all(|hash| told.contains(hash)) && !told.contains(&hashes[0]), "{told}");
        assert_eq!(documents_in(&backup), hashes);
    }
    // A first backup has no copy from before.
    let output = arguments(&new).output().unwrap();
    let told = text(&output.stdout);
    assert!(!output.status.success(), "{told}");
    assert_eq!(told.matches("acme: the document ").count(), 4, "{told}");
    assert_eq!(told.matches("it is not in the backup").count(), 4, "{told}");
    assert_eq!(documents_in(&new), hashes[..1]);

    // Put back, they are there again.
    let restored = TempDir::new().unwrap();
    prepared(&backup, &restored.path().join("data")).unwrap().put().unwrap();
    let server = Server::start_in(restored, |_| {});
    assert_eq!(documents_in(&data(&server)), hashes);
    server.check_log();
}

/// L10: files that are nobody's, and files in places that are no document's, neither break a backup nor are in it.
#[test]
fn files_that_no_log_names_are_left_out_of_a_backup() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let hashes = attach(&server, &key, 1);
    let of = |part: &str, name: &str| data(&server).join("blobs/0").join(part).join(name);
    let other = if hashes[0].starts_with("ab") { "cd" } else { "ab" };
    let (own, stray) = (of(&hashes[0][..2], &hashes[0]), sha256(b"a stray"));
    for path in [of(other, &hashes[0]), of(&stray[..2], &stray)] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&own, path).unwrap();
    }
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    let made = backup_of(&data(&server), &backup).unwrap();
    assert_eq!((made.unnamed_blobs, made.new_blobs.0, &made.manifest.faults), (1, 1, &Vec::new()));
    assert_eq!(documents_in(&backup), hashes);
    verified(&backup);

    // Were a file named twice, nothing could be put back.
    let before = fs::read(backup.join(MANIFEST)).unwrap();
    let mut twice = made.manifest;
    twice.files.push(twice.files.last().unwrap().clone());
    assert!(twice.write(&backup).unwrap_err().to_string().contains("twice"));
    assert_eq!(fs::read(backup.join(MANIFEST)).unwrap(), before);
}

/// L10: a log beside a ledger that knows of later erasures is well: the next start makes them again, and is done then.
#[test]
fn a_restored_log_that_is_to_erase_again_is_well() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    record(&server, &key, 10);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    backup_of(&data(&server), &backup).unwrap();
    record(&server, &key, 3);
    erase(&server, &key, 12);
    let directory = server.stop();
    let restored = TempDir::new().unwrap();
    let data_at = restored.path().join("data");
    prepared(&backup, &data_at).unwrap().put().unwrap();
    fs::copy(directory.path().join("data/erasures.jsonl"), data_at.join("erasures.jsonl")).unwrap();
    let checked = || {
        let output = run(&["fsck", "--json"], &data_at);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let of = |name: &str| told["logs"][0][name].as_u64().unwrap();
        assert!(output.status.success(), "{told}");
        (of("files"), of("erased"), of("erasures_to_repeat"))
    };
    assert_eq!(checked(), (2, 0, 1));
    // Its record has another position than the one from before.
    let server = Server::start_in(restored, |_| {});
    let restored = server.stop();
    assert_eq!(checked(), (2, 1, 0));
    drop(restored);
}

fn killed_after(mut child: Child, ms: u64) -> bool {
    std::thread::sleep(Duration::from_millis(ms));
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// L10: killed at any moment, the backup before is good, and so is the next.
#[test]
fn a_backup_that_is_killed_leaves_the_one_before() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 900);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    backup_of(&data(&server), &backup).unwrap();
    let mut killed = 0;
    for round in 0..12_u64 {
        record(&server, &key, 300);
        let before = Manifest::read(&backup).unwrap().unwrap();
        let mut command = command(&["backup", backup.to_str().unwrap(), "--data"], &[&data(&server)]);
        killed += u64::from(killed_after(command.spawn().unwrap(), 4 + round * 9));
        let now = verified(&backup);
        assert!(now.events() == before.events() || now.events() == server.size("acme"), "{}", now.events());
    }
    assert!(killed > 3, "{killed} of 12 were killed while they worked");
    assert!(backup_of(&data(&server), &backup).unwrap().manifest.is_incremental);
    assert_eq!(verified(&backup).events(), server.size("acme"));
    assert_eq!(fs::read_dir(&backup).unwrap().count(), 3, "nothing is left of those that were killed");
}

/// Where a directory was put back, and by what it is known whether it is the old or the new one.
fn size_of(data: &Path) -> u64 {
    let store = SqliteStore::open(data).unwrap();
    let code = store.organizations().unwrap()[0].code;
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    store.head(code).unwrap().size.0
}

/// L10: killed at any moment, a restore leaves the old directory or the new one, never a mixture.
#[test]
fn a_restore_that_is_killed_leaves_the_old_or_the_new() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 400);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    backup_of(&data(&server), &backup).unwrap();
    let old = server.size("acme");
    record(&server, &key, 100);
    let new = server.size("acme");
    let directory = server.stop();
    let data = directory.path().join("data");
    let (mut olds, mut news) = (0, 0);
    for round in 0..14_u64 {
        // What is there, and what is put into its place.
        let goes = place.path().join(format!("work-{round}"));
        copy_all(&data, &goes);
        let mut command = command(&["restore", backup.to_str().unwrap(), "--replace", "--data"], &[&goes]);
        killed_after(command.spawn().unwrap(), 8 + round * 14);
        assert!(SqliteStore::is_in(&goes));
        match size_of(&goes) {
            size if size == new => olds += 1,
            size if size == old => news += 1,
            size => panic!("{size} events are neither {old} nor {new}"),
        }
        assert!(goes.join("log.key").is_file() && !goes.join("restored").exists());
    }
    assert!(olds > 0 && news > 0, "{olds} were killed before and {news} after: other delays are needed here");

    // Killed between one name and the next, which no clock hits.
    for moved in 0..6 {
        let goes = place.path().join(format!("step-{moved}"));
        copy_all(&data, &goes);
        let ready = prepared(&backup, &goes).unwrap();
        let growing = ready.directory();
        fs::write(growing.join(".aside"), "replaced-x").unwrap();
        fs::rename(&growing, goes.join("restored")).unwrap();
        drop(ready);
        fs::create_dir(goes.join("replaced-x")).unwrap();
        let names = ["truth.db", "log.key", "index", "blobs", "seal.key"];
        for name in names.iter().take(moved) {
            fs::rename(goes.join(name), goes.join("replaced-x").join(name)).unwrap();
        }
        assert!(SqliteStore::is_in(&goes));
        assert_eq!(size_of(&goes), old);
        assert_eq!(size_of(&goes.join("replaced-x")), new);
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// L10: an older backup over a newer log. What was signed and erased since is not forgotten; the loss is taken on purpose only,
/// and told in the log.
#[test]
fn a_restored_older_log_knows_what_was_signed_and_erased_since() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 10);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    fs::write(data(&server).join("erasures.jsonl"), "{\"old\":1}\n").unwrap();
    backup_of(&data(&server), &backup).unwrap();
    let old = server.size("acme");
    record(&server, &key, 5);
    server.get(&format!("{ACME}/checkpoint"), &key);
    let directory = server.stop();
    let data_at = directory.path().join("data");
    // A ledger of this form is read by nobody here, and must be kept line for line.
    fs::write(data_at.join("erasures.jsonl"), "{\"old\":1}\n{\"new\":2}\n{\"torn").unwrap();

    let arguments = ["restore", backup.to_str().unwrap()];
    let refused = run(&arguments, &data_at);
    assert!(!refused.status.success() && text(&refused.stderr).contains("--replace"), "{refused:?}");
    let output = run(&[&arguments[..], &["--replace"]].concat(), &data_at);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(told.contains("acme: 15 events were signed at 20") && told.contains("--accept-loss"), "{told}");
    assert!(told.contains("1 erasures were made after the backup"), "{told}");
    assert_eq!(fs::read_to_string(data_at.join("erasures.jsonl")).unwrap(), "{\"old\":1}\n{\"new\":2}\n");
    fs::remove_file(data_at.join("erasures.jsonl")).unwrap();
    let server = Server::start_in(directory, |_| {});
    assert_eq!(server.size("acme"), old);
    let refused = server.post(&format!("{ACME}/events"), &key, &event("lead.created"));
    refused.assert_problem(503, "log_went_back");
    let directory = server.stop();

    fs::remove_file(backup.join("state-1/erasures.jsonl")).unwrap();
    let mut manifest = Manifest::read(&backup).unwrap().unwrap();
    manifest.files.retain(|file| !file.path.ends_with("erasures.jsonl"));
    fs::write(backup.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
    let output = run(&[&arguments[..], &["--replace", "--accept-loss", "--json"]].concat(), &data_at);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(told["behind"][0]["signed_size"], 15);
    let server = Server::start_in(directory, |_| {});
    let found = server.get(&format!("{ACME}/events?action=log.restored"), &key).body;
    let metadata = &found["data"][0]["metadata"];
    assert_eq!((&metadata["size"], &metadata["signed_size"]), (&json!(old), &json!(15)), "{found}");
    assert_eq!(found["data"][0]["label"], "Log restored");
    record(&server, &key, 1);
    assert_eq!(server.get(&format!("{ACME}/checkpoint"), &key).status, 200);
    server.check_log();
}

/// L10: a server that runs is not restored over, and what is no data directory is left alone.
#[test]
fn a_directory_in_use_or_of_something_else_is_not_restored_over() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    record(&server, &key, 3);
    let place = TempDir::new().unwrap();
    let backup = place.path().join("backup");
    backup_of(&data(&server), &backup).unwrap();
    let told = prepared(&backup, &data(&server)).map(drop).unwrap_err().to_string();
    assert!(told.contains("is in use by another process"), "{told}");
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("holiday.jpg"), b"x").unwrap();
    let told = prepared(&backup, &other).map(drop).unwrap_err().to_string();
    assert!(told.contains("is not empty and holds no truth.db"), "{told}");
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    // By another key than the one that is known from elsewhere.
    let wrong = everlog_core::checkpoint::LogKey::from_seed("everlog.invalid", [7; 32]).unwrap();
    let empty = place.path().join("empty");
    let key = wrong.verifier();
    let access = BucketAccess::default();
    let wanted = put::Wanted {
        backup: &backup,
        data: &empty,
        replace: false,
        accept_loss: false,
        key: Some(key),
        blobs: None,
        access: &access,
    };
    let told = put::prepare(&wanted, &|_, _, _| ()).map(drop).unwrap_err().to_string();
    assert!(told.contains("checkpoints/") && told.contains("not signed by"), "{told}");
}
