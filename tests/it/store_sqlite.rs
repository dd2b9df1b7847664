//! The embedded store: the cases of every store, and what only a data directory can do.
//!
//! Deliberately absent: killing the process while it writes.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use everlog::store::sqlite::{SqliteStore, data_directory};
use everlog::store::{Code, CodeKind, OrgCode, Row, Store, StoreError};
use everlog_core::erasure::Salts;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Seed;
use rusqlite::Connection;

use crate::for_each_case;
use crate::store::erasure::{erase, without_id};
use crate::store::{append, check_store, credential, make, rows_after, transact};

fn open(dir: &Path) -> Box<dyn Store> {
    Box::new(SqliteStore::open(dir).unwrap())
}

macro_rules! on_sqlite {
    ($($case:ident)*) => {
        $(#[test]
        fn $case() {
            crate::store::cases::$case(open);
        })*
    };
}

for_each_case!(on_sqlite);

/// A place for a data directory that is not there yet.
fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    (place, dir)
}

/// The sentence with which a directory is refused.
fn refusal(dir: &Path) -> String {
    match SqliteStore::open(dir) {
        Err(StoreError::Directory(sentence)) => sentence,
        Err(other) => panic!("not a sentence for the operator: {other:?}"),
        Ok(_) => panic!("{} was not refused", dir.display()),
    }
}

/// A second look at a directory that is not open, by SQLite's own means.
fn sql(dir: &Path) -> Connection {
    Connection::open(dir.join("truth.db")).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_directory_and_its_files_are_for_their_owner_only() {
    let (_place, dir) = place();
    let dir = dir.join("deeper");
    let store = SqliteStore::open(&dir).unwrap();
    append(&store, make(&store, "acme"), &["a"]).unwrap();
    assert_eq!(mode(dir.parent().unwrap()), 0o700);
    assert_eq!(mode(&dir), 0o700);
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_directory_in_use_is_refused_until_it_is_given_back() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    assert!(refusal(&dir).ends_with("is in use by another process"));
    store.close().unwrap();
    SqliteStore::open(&dir).unwrap();
}

#[test]
fn closing_leaves_one_file_and_an_empty_log() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    append(&store, make(&store, "acme"), &["a"]).unwrap();
    assert!(fs::metadata(dir.join("truth.db-wal")).unwrap().len() > 0);
    store.close().unwrap();
    assert_eq!(fs::metadata(dir.join("truth.db-wal")).map_or(0, |wal| wal.len()), 0);
    check_store(&SqliteStore::open(&dir).unwrap());
}

#[test]
fn a_newer_directory_is_refused_with_both_numbers() {
    let (_place, dir) = place();
    SqliteStore::open(&dir).unwrap().close().unwrap();
    sql(&dir)
        .execute("insert into refinery_schema_history values (99, 'later', '2030-01-01T00:00:00Z', '1')", [])
        .unwrap();
    let sentence = refusal(&dir);
    let expected = "was written by a newer everlog: its schema is 99, this program knows ";
    let (_, known) = sentence.split_once(expected).unwrap();
    assert!(known.parse::<u32>().unwrap() >= 3);
}

/// Puts the table of codes back as it was in the first schema, empty.
fn codes_of_before() -> String {
    let migration = include_str!("../../src/store/sqlite/migrations/V1__truth.sql");
    let from = migration.find("create table codes").unwrap();
    let table = &migration[from..=from + migration[from..].find(';').unwrap()];
    format!("drop table codes; {table}")
}

#[test]
fn a_directory_of_the_schema_before_keeps_its_credentials() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    let key = credential("key_1", Some(acme), 1);
    transact(&store, |transaction| transaction.insert_credential(&key)).unwrap();
    store.close().unwrap();
    // As it was before the second migration, but for a check that allows one kind more.
    sql(&dir)
        .execute_batch(
            "drop table erased_events; drop table erasures; drop table dead_letters; drop table streams; drop table receipt_tokens;
             drop table saved_views; drop table process_events; drop table processes; drop table subjects;
             delete from refinery_schema_history where version >= 2;",
        )
        .unwrap();
    sql(&dir).execute_batch(&codes_of_before()).unwrap();
    let store = SqliteStore::open(&dir).unwrap();
    assert_eq!(store.credential(&key.hash).unwrap(), Some(key));
    assert_eq!(store.views(acme, "u_1").unwrap(), []);
    check_store(&store);
}

#[test]
fn something_elses_directory_is_refused_and_left_as_it_was() {
    let (_place, dir) = place();
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("holiday.jpg"), b"x").unwrap();
    assert!(refusal(&dir).contains("is not empty and holds no truth.db"));
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
}

#[test]
fn something_elses_truth_is_refused_and_left_as_it_was() {
    let (_place, dir) = place();
    fs::create_dir(&dir).unwrap();
    let foreign: [&dyn Fn(); 3] = [
        &|| fs::write(dir.join("truth.db"), b"what is true").unwrap(),
        &|| fs::write(dir.join("truth.db"), [0xff; 5000]).unwrap(),
        &|| {
            fs::remove_file(dir.join("truth.db")).unwrap();
            sql(&dir).execute_batch("pragma application_id = 7; create table t (x)").unwrap();
        },
    ];
    for make_foreign in foreign {
        make_foreign();
        let before = fs::read(dir.join("truth.db")).unwrap();
        assert!(refusal(&dir).ends_with("truth.db was not made by everlog"));
        assert_eq!(fs::read(dir.join("truth.db")).unwrap(), before);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }
}

/// Killed while making the directory, we find a lock, an empty file, or a file with our name and no tables.
#[test]
fn a_directory_that_was_being_made_is_made_again() {
    let (_place, dir) = place();
    fs::create_dir(&dir).unwrap();
    fs::create_dir(dir.join("lost+found")).unwrap();
    let half_made: [&dyn Fn(); 3] = [
        &|| fs::write(dir.join("lock"), b"").unwrap(),
        &|| fs::write(dir.join("truth.db"), b"").unwrap(),
        &|| sql(&dir).pragma_update(None, "application_id", 0x4556_4c47).unwrap(),
    ];
    for make_half in half_made {
        make_half();
        let store = SqliteStore::open(&dir).unwrap();
        append(&store, make(&store, "acme"), &["a"]).unwrap();
        check_store(&store);
        store.close().unwrap();
        fs::remove_file(dir.join("truth.db")).unwrap();
        for left in ["truth.db-wal", "truth.db-shm"] {
            if dir.join(left).exists() {
                fs::remove_file(dir.join(left)).unwrap();
            }
        }
    }
}

#[test]
fn what_is_not_a_directory_is_refused() {
    let (_place, dir) = place();
    fs::write(&dir, b"x").unwrap();
    assert!(refusal(&dir).ends_with("is not a directory"));
    assert!(refusal(&dir.join("below")).ends_with("is not a directory"));
}

#[test]
fn every_refusal_of_the_operating_system_has_its_sentence() {
    use io::ErrorKind::{NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    for (kind, sentence) in [
        (NotADirectory, "/data is not a directory"),
        (PermissionDenied, "no permission to write in the data directory /data"),
        (ReadOnlyFilesystem, "the data directory /data is on a read-only file system"),
        (StorageFull, "no space is left for the data directory /data"),
        (QuotaExceeded, "no space is left for the data directory /data"),
    ] {
        let error = data_directory::refusal(Path::new("/data"), &kind.into());
        assert_eq!(error.to_string(), sentence);
    }
}

/// Says to this test, when another starts it alone in a process of its own, what to do there.
const CHILD: &str = "EVERLOG_TEST_CHILD";

/// Run by other tests in a process of its own, which may do less than we may.
#[test]
fn a_child_does_what_it_is_told() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (what, dir) = told.split_once(' ').unwrap();
    let dir = Path::new(dir);
    match what {
        "refused" => println!("{}", refusal(dir)),
        "fill" => fill(dir),
        _ => panic!("told to {what}"),
    }
}

/// Starts this program as the child, prepared by `sh`, and gives what it printed.
fn child(what: &str, dir: &Path, prepare: &str, prepared: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{prepare} exec \"$0\" --exact store_sqlite::a_child_does_what_it_is_told --nocapture"))
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, format!("{what} {}", dir.display()))
        .current_dir("/");
    prepared(&mut command);
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

/// Who may do everything is refused nothing: such a one starts a child that may not.
#[test]
fn a_directory_without_permission_is_refused() {
    const NOBODY: u32 = 65_534;
    let (place, dir) = place();
    SqliteStore::open(&dir).unwrap().close().unwrap();
    // The directory belongs to whoever runs the tests; everyone may look, and the owner may not write.
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(&dir).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o444)).unwrap();
    }
    fs::set_permissions(&dir, Permissions::from_mode(0o555)).unwrap();
    let we_may = fs::File::create(dir.join("probe")).is_ok();
    let printed = if we_may {
        child("refused", &dir, "", |command| {
            command.uid(NOBODY);
        })
    } else {
        refusal(&dir)
    };
    fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
    assert!(printed.contains("no permission to write in the data directory"), "{printed}");
}

/// Appends until the disk refuses, and looks at what the store does then.
fn fill(dir: &Path) {
    let store = SqliteStore::open(dir).unwrap();
    let acme = make(&store, "acme");
    let mut appended = 0;
    let error = loop {
        match append(&store, acme, &[&format!("{appended}")]) {
            Ok(_) => appended += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    // From now on nothing is acknowledged, not even what would fit, and reads go on.
    let after = transact(&store, |transaction| transaction.set_meta("x", b""));
    assert!(matches!(after, Err(StoreError::Io { doing, .. }) if doing.contains("opened again")));
    let head = store.head(acme).unwrap();
    assert_eq!(head.size, Size(appended));
    assert_eq!(store.scan(acme, Seq(0), usize::MAX).unwrap().len() as u64, appended);
    println!("appended {appended}.");
}

/// A disk that refuses to take more: here a limit on the size of a file, which the child cannot exceed.
#[test]
fn after_a_failed_write_nothing_is_acknowledged_until_it_is_opened_again() {
    let (_place, dir) = place();
    // Without the trap, the signal ends the process, and nothing is learned.
    let printed = child("fill", &dir, "trap '' XFSZ; ulimit -f 2000;", |_| ());
    let appended = printed.split("appended ").nth(1).unwrap().split('.').next().unwrap();
    let appended: u64 = appended.parse().unwrap();
    assert!(appended > 0);

    let store = SqliteStore::open(&dir).unwrap();
    // The event that was refused may be there or not; those that were acknowledged are.
    let size = store.head(OrgCode(0)).unwrap().size.0;
    assert!(size == appended || size == appended + 1, "{size} after {appended}");
    check_store(&store);
    append(&store, OrgCode(0), &["after"]).unwrap();
    check_store(&store);
}

#[test]
fn a_damaged_body_is_named_and_the_others_are_read() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    let (_, rows) = append(&store, acme, &["a", "b", "c"]).unwrap();
    store.close().unwrap();
    let body: Vec<u8> =
        sql(&dir).query_row("select body from events where id = 1", [], |line| line.get(0)).unwrap();

    // Every byte in turn, one bit of it: what comes out is what went in (a bit without meaning), or nothing.
    let mut named = 0;
    for place in 0..body.len() {
        let mut damaged = body.clone();
        damaged[place] ^= 0x20;
        sql(&dir).execute("update events set body = ? where id = 1", [damaged]).unwrap();
        let store = SqliteStore::open(&dir).unwrap();
        assert_eq!(store.rows(acme, &[Seq(2), Seq(0)]).unwrap(), [rows[2].clone(), rows[0].clone()]);
        match store.rows(acme, &[Seq(0), Seq(1)]) {
            Ok(read) => assert_eq!(read, rows[..2]),
            Err(StoreError::Corrupt(what)) => {
                assert!(what.starts_with("event 1 of organization 0 cannot be read"), "{what}");
                named += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(named >= body.len() - 2, "{named} of {}", body.len());
}

/// A frame says how long its document is; a lie must not make us reserve that much.
#[test]
fn a_body_that_claims_to_be_huge_is_damaged() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    append(&store, acme, &["a"]).unwrap();
    store.close().unwrap();
    // Magic, a descriptor with an 8-byte content size, and a size of almost 2^63.
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    bomb.extend([0xff; 7]);
    bomb.extend([0x7f, 1, 0, 0]);
    let zeros = zstd::bulk::compress(&vec![0; 9 << 20], 3).unwrap();
    for body in [bomb, zeros, vec![]] {
        sql(&dir).execute("update events set body = ?, dictionary = 0", [body]).unwrap();
        let store = SqliteStore::open(&dir).unwrap();
        assert!(matches!(store.scan(acme, Seq(0), 1), Err(StoreError::Corrupt(_))));
    }
}

#[test]
fn a_body_without_dictionary_is_read_and_one_with_an_unknown_one_is_damaged() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    append(&store, acme, &["a"]).unwrap();
    store.close().unwrap();
    let plain = zstd::bulk::compress(b"plain", 3).unwrap();
    sql(&dir).execute("update events set body = ?, dictionary = 0", [plain]).unwrap();
    let store = SqliteStore::open(&dir).unwrap();
    assert_eq!(store.rows(acme, &[Seq(0)]).unwrap()[0].document, b"plain");
    drop(store);
    sql(&dir).execute("update events set dictionary = 9", []).unwrap();
    let error = SqliteStore::open(&dir).unwrap().rows(acme, &[Seq(0)]).unwrap_err();
    assert!(error.to_string().ends_with("there is no dictionary 9"), "{error}");
}

#[test]
fn a_document_too_long_to_be_read_back_is_not_written() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    let (mut rows, head) = rows_after(&store.head(acme).unwrap(), &["a"]);
    rows[0].0.document = vec![b'x'; everlog::store::sqlite::DOCUMENT_BYTES_MAX + 1];
    let result = transact(&store, |transaction| transaction.append(acme, &rows, &head));
    assert!(matches!(result, Err(StoreError::Full(_))));
    rows[0].0.document.pop();
    transact(&store, |transaction| transaction.append(acme, &rows, &head)).unwrap();
    assert_eq!(store.rows(acme, &[Seq(0)]).unwrap(), [rows[0].0.clone()]);
}

/// Each line breaks one table by other means than ours; the check names it.
#[test]
fn tables_that_do_not_agree_are_named() {
    for (break_it, named) in [
        ("delete from events where id = 1", "ends at 3 but holds 2 events"),
        ("update events set id = 7 where id = 2", "has no event 2"),
        ("update dictionaries set bytes = x'00' where id = 1", "not the one that was shipped"),
        ("update heads set received_ms = 99", "has another time than its newest event"),
        ("update heads set size = 4", "frontier"),
        ("delete from heads", "organization 0 has no head"),
        ("delete from event_ids where id = 'b'", "do not name each of its 3 events once"),
        ("update event_ids set seq = 0 where id = 'b'", "do not name each of its 3 events once"),
        ("delete from appends where first = 0", "begins at 2, not at 0"),
        ("update appends set count = 2 where first = 2", "end at 4, its log at 3"),
        ("update codes set code = 5 where code = 1", "have gaps"),
        ("update events set id = id + (5 << 40) where id = 2", "1 events belong to no organization (5)"),
        ("insert into event_ids values (5, 'a', 0)", "1 ids belong to no organization (5)"),
    ] {
        let (_place, dir) = place();
        let store = SqliteStore::open(&dir).unwrap();
        let acme = make(&store, "acme");
        append(&store, acme, &["a", "b"]).unwrap();
        append(&store, acme, &["c"]).unwrap();
        transact(&store, |transaction| {
            for value in ["x", "y", "z"] {
                transaction.intern(acme, everlog::store::CodeKind::Ip, value)?;
            }
            Ok(())
        })
        .unwrap();
        check_store(&store);
        store.close().unwrap();
        let connection = sql(&dir);
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        assert!(connection.execute(break_it, []).unwrap() > 0, "{break_it}");
        drop(connection);
        let problems = SqliteStore::open(&dir).unwrap().check().unwrap();
        assert!(problems.iter().any(|problem| problem.contains(named)), "{break_it}: {problems:?}");
    }
}

/// The log in front of the file is copied into it now and then, and used again from its beginning.
#[test]
fn the_log_in_front_of_the_file_does_not_grow_for_ever() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    let limit = everlog::store::sqlite::LOG_BYTES_MAX;
    // Incompressible, so that a few events are many pages.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(1 << 20)
    .collect();
    for number in 0..60 {
        let (mut rows, head) = rows_after(&store.head(acme).unwrap(), &[&format!("{number}")]);
        rows[0].0 = Row { document: noise.clone(), salts: Salts::Seed(Seed([7; 32])), ..rows[0].0.clone() };
        transact(&store, |transaction| transaction.append(acme, &rows, &head)).unwrap();
        let log = fs::metadata(dir.join("truth.db-wal")).unwrap().len();
        assert!(log < limit + (4 << 20), "{log} bytes after {number}");
    }
    check_store(&store);
}

/// What was compressed cannot be searched for; a seed is random and lies in the row beside it, so it shows what stays.
#[test]
fn nothing_of_an_erased_row_stays_in_the_file() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    let ids: Vec<String> =
        (0..500).map(|number| format!("event-{number}-{}", "x".repeat(number % 90))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (_, rows) = append(&store, acme, &ids).unwrap();
    let seeds: Vec<[u8; 32]> = rows
        .iter()
        .map(|row| match &row.salts {
            Salts::Seed(seed) => seed.0,
            Salts::Written(_) => unreachable!(),
        })
        .collect();
    let holds = |seed: &[u8; 32]| fs::read(dir.join("truth.db")).unwrap().windows(32).any(|it| it == seed);
    drop(store);
    assert!(holds(&seeds[0]) && holds(&seeds[499]));

    let store = SqliteStore::open(&dir).unwrap();
    for row in rows.iter().step_by(3) {
        erase(&store, acme, &without_id(row));
    }
    check_store(&store);
    drop(store);
    let file = fs::read(dir.join("truth.db")).unwrap();
    for (number, seed) in seeds.iter().enumerate() {
        assert_eq!(file.windows(32).any(|it| it == seed), number % 3 != 0, "seed {number}");
    }
}

/// D06: where pages are split, each half keeps what the other took; so codes lie where no page ever is.
#[test]
fn no_byte_of_a_blanked_code_stays_in_the_file() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let orgs = ["acme", "bolt", "cove", "dune", "echo"].map(|id| make(&store, id));
    let value = |number: u64| {
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = if spread.is_multiple_of(7) { "quuxley" } else { "person" };
        // A few are longer than a page.
        let long = word.repeat(if spread.is_multiple_of(5) { 1 + (spread >> 40) as usize % 60 } else { 1 });
        let long = if number.is_multiple_of(500) { long.repeat(100) } else { long };
        format!(
            "[\"user\",\"{spread:016x}-{word}\",\"{long} {spread:x}\",\"{word}{spread:x}@example.org\",null]"
        )
    };
    let mut blanked = 0;
    for group in 0..60_u64 {
        transact(&store, |transaction| {
            for number in group * 200..(group + 1) * 200 {
                let org = orgs[(number.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % orgs.len()];
                transaction.intern(org, CodeKind::Actor, &value(number))?;
            }
            Ok(())
        })
        .unwrap();
        for org in orgs.into_iter().filter(|_| group % 20 == 19) {
            let values = store.codes(org, CodeKind::Actor, Code(0)).unwrap();
            let theirs = (0..).zip(&values).filter(|(_, value)| value.contains("quuxley"));
            let codes: Vec<Code> = theirs.map(|(code, _)| Code(code)).collect();
            transact(&store, |transaction| transaction.blank_codes(org, CodeKind::Actor, &codes)).unwrap();
            blanked += codes.len();
        }
    }
    assert!(blanked > 1_000);
    check_store(&store);
    drop(store);
    for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
        let bytes = fs::read(entry.path()).unwrap();
        let found = memchr::memmem::find_iter(&bytes, b"quuxley").count();
        assert_eq!(found, 0, "{} holds what was erased", entry.path().display());
    }
}

/// Values that were kept before codes had buckets are found by them.
#[test]
fn codes_of_a_directory_of_before_keep_their_values() {
    let (_place, dir) = place();
    let values =
        ["a", "", "[\"user\",\"u_1\",\"Zoë Müller 王小明 🖋\",null,null]", "198.51.100.147", "b\u{7f}\"c"];
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    drop(store);
    let before = sql(&dir);
    before.execute_batch(&codes_of_before()).unwrap();
    before.execute_batch("delete from refinery_schema_history where version >= 8").unwrap();
    for (code, value) in (0_u32..).zip(values) {
        before.execute("insert into codes values (0, 1, ?, ?)", (code, value)).unwrap();
    }
    drop(before);
    let store = SqliteStore::open(&dir).unwrap();
    for (code, value) in (0..).zip(values).collect::<Vec<_>>().into_iter().rev() {
        let found = transact(&store, |transaction| transaction.intern(acme, CodeKind::Actor, value)).unwrap();
        assert_eq!(found, Code(code), "{value}");
    }
    assert_eq!(store.codes(acme, CodeKind::Actor, Code(0)).unwrap(), values);
    check_store(&store);
}

#[test]
fn two_codes_of_one_value_are_found_out() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let acme = make(&store, "acme");
    transact(&store, |transaction| {
        ["a", "b", "cc", "dd"].iter().try_for_each(|it| transaction.intern(acme, CodeKind::Ip, it).map(drop))
    })
    .unwrap();
    // Blanked values may be alike.
    transact(&store, |transaction| transaction.blank_codes(acme, CodeKind::Ip, &[Code(2), Code(3)])).unwrap();
    check_store(&store);
    drop(store);
    sql(&dir).execute("update codes set value = 'a' where code = 1", []).unwrap();
    let store = SqliteStore::open(&dir).unwrap();
    assert_eq!(store.check().unwrap(), ["a value of organization 0, kind 2, has two codes"]);
}

/// Rows of several organizations come between each other: pages split, and what moved stays in the gap of the first.
#[test]
fn nothing_of_an_erased_row_stays_where_pages_were_split() {
    let (_place, dir) = place();
    let store = SqliteStore::open(&dir).unwrap();
    let orgs: Vec<OrgCode> = (0..30).map(|number| make(&store, &format!("org{number}"))).collect();
    let mut erased = Vec::new();
    // Incompressible, so that rows are of many lengths.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    for round in 0..40 {
        for &org in &orgs {
            let mut id = |at: u32| {
                let parts: Vec<String> = (0..noise() % 40).map(|_| format!("{:x}", noise())).collect();
                format!("{round}-{at}-{}", parts.concat())
            };
            let ids: Vec<String> = (0..5).map(&mut id).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let (_, rows) = append(&store, org, &ids).unwrap();
            erased.extend(rows.into_iter().filter(|row| row.seq.0 % 7 == 0).map(|row| (org, row)));
        }
    }
    for (org, row) in &erased {
        erase(&store, *org, &without_id(row));
    }
    assert!(store.settle().unwrap());
    check_store(&store);
    // What is written afterwards brings nothing back from memory.
    for &org in &orgs {
        append(&store, org, &["one more"]).unwrap();
    }
    assert!(store.settle().unwrap());
    check_store(&store);
    let sound = |connection: Connection| {
        connection.query_row("pragma integrity_check", [], |line| line.get::<_, String>(0)).unwrap()
    };
    drop(store);
    assert_eq!(sound(sql(&dir)), "ok");
    let file = fs::read(dir.join("truth.db")).unwrap();
    let seeds: std::collections::HashSet<&[u8]> = file.windows(32).collect();
    let left = erased.iter().filter(|(_, row)| match &row.salts {
        Salts::Seed(seed) => seeds.contains(&seed.0[..]),
        Salts::Written(_) => false,
    });
    assert_eq!(left.count(), 0, "of {} seeds", erased.len());
}
