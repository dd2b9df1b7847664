//! What every store must do: one list of cases, run on each store by the file that knows how to make it.
//!
//! Deliberately absent: anything only one store has. See `store_sqlite.rs`.

use std::collections::HashMap;
use std::path::Path;

use everlog::store::{
    Append, Code, CodeKind, Credential, Head, OrgCode, OrganizationRow, Row, SavedView, Store, StoreError,
    Transaction,
};
use everlog_core::erasure::Salts;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::{Hash, LogId, Seed};
use everlog_core::merkle::Frontier;
use serde_json::json;
use sha2::{Digest as _, Sha256};

pub mod erasure;
mod processes;
mod streams;

/// How a case gets its store: opened on a place of its own, and opened again on the same place with all it kept.
pub type Open = fn(&Path) -> Box<dyn Store>;

/// Makes a test of every case. A new case is a name here and a function below; no store is edited for it.
#[macro_export]
macro_rules! for_each_case {
    ($run:ident) => {
        $run! {
            an_empty_store_holds_nothing
            what_is_appended_is_read_back
            rows_come_in_the_order_asked_and_what_is_not_there_is_left_out
            a_scan_begins_where_asked_and_ends_at_its_limit
            an_id_is_used_once_for_ever_in_one_organization
            organizations_never_see_each_others_anything
            two_organizations_never_have_one_id_or_one_log_identity
            an_organization_is_changed_but_not_its_id_or_log
            a_failing_transaction_leaves_nothing_in_any_table
            a_transaction_in_which_a_call_failed_never_commits
            a_panic_in_a_transaction_leaves_nothing_and_the_store_goes_on
            what_is_left_of_an_event_stands_in_its_place
            nothing_is_erased_from_an_event_that_is_another_one
            a_record_of_an_erasure_waits_until_it_is_purged
            the_sessions_of_a_user_go_and_nobody_elses
            the_views_of_all_readers_are_listed
            a_blanked_code_stays_and_its_value_gets_a_new_one
            a_code_is_blanked_only_where_it_is_and_only_when_it_commits
            head_and_frontier_survive_opening_again
            rows_that_do_not_continue_the_log_are_refused
            appends_are_read_in_the_order_of_commits
            codes_are_dense_and_stable
            a_credential_is_found_by_its_hash
            credentials_are_listed_oldest_first
            a_credential_is_taken_back_once
            named_values_are_kept_and_replaced
            a_view_belongs_to_its_owner_and_organization
            a_stream_is_moved_by_its_own_epoch_only
            dead_letters_lie_in_order_and_go_with_their_stream
            a_token_is_remembered_as_long_as_it_matters
            what_a_transaction_wrote_it_reads
            readers_and_writers_do_not_wait_for_each_other
            a_subject_is_kept_and_replaced_and_belongs_to_its_organization
            processes_are_filtered_by_every_column
            a_range_of_time_finds_processes_with_an_event_in_it_and_not_those_with_a_gap_there
            processes_come_in_every_order_and_equals_newest_first
            the_events_of_a_process_are_read_in_pages
            what_is_due_is_told_the_longest_due_first
            what_has_aged_is_told_by_status_the_oldest_first
            what_awaits_its_trail_is_told_until_it_does_not
            subjects_are_forgotten_for_one_organization_and_can_be_made_anew
            random_sequences_match_a_model
        }
    };
}

/// A store on a place of its own, which can be opened again.
pub struct Place {
    directory: tempfile::TempDir,
    open: Open,
}

impl Place {
    fn new(open: Open) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), open }
    }

    fn open(&self) -> Box<dyn Store> {
        (self.open)(&self.directory.path().join("data"))
    }
}

/// Runs `work` in a transaction and returns what it gave.
pub fn transact<T>(
    store: &dyn Store,
    mut work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut given = None;
    store.transact(&mut |transaction| {
        given = Some(work(transaction)?);
        Ok(())
    })?;
    Ok(given.unwrap())
}

/// An organization of this name; its log's identity is made from the name.
pub fn organization_row(id: &str) -> OrganizationRow {
    let mut log_id = [0; 16];
    log_id[..id.len()].copy_from_slice(id.as_bytes());
    OrganizationRow {
        code: OrgCode(u32::MAX),
        id: OrgId::try_from(id).unwrap(),
        name: format!("Organization {id}"),
        profile: "workspace".into(),
        catalogs: vec!["documents".into(), "crm".into()],
        time_zone: "Europe/Berlin".into(),
        settings: json!({"retention": null, "mode": "strict"}).as_object().unwrap().clone(),
        created_ms: 1_700_000_000_000,
        log_id: LogId(log_id),
        log_host: "log.example".into(),
    }
}

/// A hash of anything; a store does not know what it is the hash of.
fn hash_of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Makes an organization.
pub fn make(store: &dyn Store, id: &str) -> OrgCode {
    transact(store, |transaction| transaction.create_organization(&organization_row(id))).unwrap()
}

/// The rows that continue a log, with ids, and the head they lead to.
pub fn rows_after(head: &Head, ids: &[&str]) -> (Vec<(Row, String)>, Head) {
    let mut head = head.clone();
    let rows = ids
        .iter()
        .map(|id| {
            let seq = head.size.next();
            let hash = hash_of(id.as_bytes());
            head.frontier.push(hash);
            head.size = seq.size_through();
            head.received_ms += 1;
            let document = json!({"e": {"action": "document.viewed", "id": id, "metadata": {"of": id}}, "s": {"kind": "event"}});
            let row = Row {
                seq,
                received_ms: head.received_ms,
                document: document.to_string().into_bytes(),
                salts: Salts::Seed(Seed(hash_of(&hash))),
                leaf_hash: hash,
            };
            (row, (*id).to_owned())
        })
        .collect();
    (rows, head)
}

/// Appends events with these ids, as `log` does.
pub fn append_in(
    transaction: &mut dyn Transaction,
    org: OrgCode,
    ids: &[&str],
) -> Result<(Append, Vec<Row>), StoreError> {
    let (rows, head) = rows_after(&transaction.head(org)?, ids);
    let append = transaction.append(org, &rows, &head)?;
    Ok((append, rows.into_iter().map(|(row, _)| row).collect()))
}

/// Appends events with these ids in a transaction of their own.
pub fn append(store: &dyn Store, org: OrgCode, ids: &[&str]) -> Result<(Append, Vec<Row>), StoreError> {
    transact(store, |transaction| append_in(transaction, org, ids))
}

/// A key of this name.
pub fn credential(id: &str, org: Option<OrgCode>, created_ms: u64) -> Credential {
    Credential {
        hash: hash_of(id.as_bytes()),
        id: id.into(),
        kind: if org.is_some() { "key".into() } else { "vendor_key".into() },
        org,
        grant: json!({"may": ["append"], "name": "Server"}),
        created_ms,
        expires_ms: None,
        revoked_ms: None,
    }
}

/// Re-reads the whole store: its own check finds nothing, and every log agrees with its head.
pub fn check_store(store: &dyn Store) {
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    for organization in store.organizations().unwrap() {
        let org = organization.code;
        let head = store.head(org).unwrap();
        let rows = store.scan(org, Seq(0), usize::MAX).unwrap();
        let mut frontier = Frontier::new();
        for (seq, row) in (0..).map(Seq).zip(&rows) {
            assert_eq!(row.seq, seq);
            frontier.push(row.leaf_hash);
        }
        assert_eq!(frontier, head.frontier);
        assert_eq!(Size(rows.len() as u64), head.size);
        assert_eq!(rows.last().map_or(0, |row| row.received_ms), head.received_ms);
        let hashes: Vec<Hash> = rows.iter().map(|row| row.leaf_hash).collect();
        assert_eq!(store.leaf_hashes(org, Seq(0), head.size).unwrap(), hashes);
    }
}

pub mod cases {
    //! The cases. Each gets a way to open a store and makes its own place.

    use super::*;
    pub use crate::store::erasure::*;
    pub use crate::store::processes::*;
    pub use crate::store::streams::*;

    pub fn an_empty_store_holds_nothing(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        assert_eq!(store.organizations().unwrap(), vec![]);
        assert_eq!(store.organization(&OrgId::try_from("acme").unwrap()).unwrap(), None);
        assert_eq!(store.appends(0, 10).unwrap(), vec![]);
        assert_eq!(store.last_append().unwrap(), 0);
        assert_eq!(store.credential(&[0; 32]).unwrap(), None);
        assert_eq!(store.meta("name").unwrap(), None);

        let acme = make(&*store, "acme");
        assert_eq!(acme, OrgCode(0));
        let head = store.head(acme).unwrap();
        assert_eq!(head, Head { size: Size(0), frontier: Frontier::new(), received_ms: 0 });
        assert_eq!(store.rows(acme, &[Seq(0)]).unwrap(), vec![]);
        assert_eq!(store.scan(acme, Seq(0), 10).unwrap(), vec![]);
        assert_eq!(store.leaf_hashes(acme, Seq(0), Size(0)).unwrap(), Vec::<Hash>::new());
        assert_eq!(store.codes(acme, CodeKind::Action, Code(0)).unwrap(), Vec::<String>::new());
        assert_eq!(store.catalog(acme).unwrap(), None);
        assert!(store.head(OrgCode(1)).is_err());
        check_store(&*store);
    }

    /// Holds durability in kind: what `transact` returned is there for everyone, and after opening again.
    pub fn what_is_appended_is_read_back(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let (first, mut rows) = append(&*store, acme, &["a", "b", "c"]).unwrap();
        let (second, more) = append(&*store, acme, &["d"]).unwrap();
        rows.extend(more);
        assert_eq!((first.org, first.first, first.count), (acme, Seq(0), 3));
        assert_eq!((second.first, second.count), (Seq(3), 1));

        let check = |store: &dyn Store| {
            assert_eq!(store.scan(acme, Seq(0), 10).unwrap(), rows);
            assert_eq!(store.find_id(acme, "c").unwrap(), Some(Seq(2)));
            assert_eq!(store.find_id(acme, "C").unwrap(), None);
            let expected = OrganizationRow { code: acme, ..organization_row("acme") };
            assert_eq!(store.organization(&expected.id).unwrap(), Some(expected.clone()));
            assert_eq!(store.organizations().unwrap(), vec![expected]);
            check_store(store);
        };
        check(&*store);
        drop(store);
        check(&*place.open());
    }

    pub fn rows_come_in_the_order_asked_and_what_is_not_there_is_left_out(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let (_, rows) = append(&*store, acme, &["a", "b", "c", "d"]).unwrap();
        let asked = [Seq(3), Seq(0), Seq(9), Seq(2), Seq(0), Seq(u64::MAX), Seq(1 << 40)];
        let expected = [3, 0, 2, 0].map(|seq: usize| rows[seq].clone());
        assert_eq!(store.rows(acme, &asked).unwrap(), expected);
        assert_eq!(store.rows(OrgCode(u32::MAX), &[Seq(0)]).unwrap(), vec![]);
        let hashes = store.leaf_hashes(acme, Seq(1), Size(3)).unwrap();
        assert_eq!(hashes, vec![rows[1].leaf_hash, rows[2].leaf_hash]);
        assert_eq!(store.leaf_hashes(acme, Seq(3), Size(3)).unwrap(), Vec::<Hash>::new());
        assert_eq!(store.leaf_hashes(acme, Seq(3), Size(u64::MAX)).unwrap().len(), 1);
    }

    pub fn a_scan_begins_where_asked_and_ends_at_its_limit(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let (_, rows) = append(&*store, acme, &["a", "b", "c", "d"]).unwrap();
        assert_eq!(store.scan(acme, Seq(1), 2).unwrap(), rows[1..3]);
        assert_eq!(store.scan(acme, Seq(3), 2).unwrap(), rows[3..]);
        assert_eq!(store.scan(acme, Seq(1), 0).unwrap(), vec![]);
        for beyond in [4, 1 << 40, u64::MAX] {
            assert_eq!(store.scan(acme, Seq(beyond), usize::MAX).unwrap(), vec![]);
        }
    }

    pub fn an_id_is_used_once_for_ever_in_one_organization(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let other = make(&*store, "other");
        append(&*store, acme, &["a", "b"]).unwrap();
        assert!(matches!(append(&*store, acme, &["c", "a"]), Err(StoreError::Exists(_))));
        assert!(matches!(append(&*store, acme, &["c", "c"]), Err(StoreError::Exists(_))));
        append(&*store, other, &["a"]).unwrap();
        drop(store);

        let store = place.open();
        assert!(matches!(append(&*store, acme, &["b"]), Err(StoreError::Exists(_))));
        append(&*store, acme, &["c"]).unwrap();
        let found = transact(&*store, |transaction| transaction.find_ids(acme, &["a", "x", "c"])).unwrap();
        assert_eq!(found, HashMap::from([("a".into(), Seq(0)), ("c".into(), Seq(2))]));
        check_store(&*store);
    }

    /// Holds promise 2: nothing of one organization is visible from another.
    pub fn organizations_never_see_each_others_anything(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let other = make(&*store, "other");
        append(&*store, acme, &["a", "b"]).unwrap();
        transact(&*store, |transaction| {
            transaction.intern(acme, CodeKind::Action, "document.viewed")?;
            transaction.set_catalog(acme, "name = \"acme\"")?;
            transaction.insert_credential(&credential("key_1", Some(acme), 1))
        })
        .unwrap();

        let (_, rows) = append(&*store, other, &["z"]).unwrap();
        assert_eq!(store.scan(other, Seq(0), 10).unwrap(), rows);
        assert_eq!(store.rows(other, &[Seq(1), Seq(0)]).unwrap(), rows);
        assert_eq!(store.leaf_hashes(other, Seq(0), Size(2)).unwrap(), vec![rows[0].leaf_hash]);
        assert_eq!(store.find_id(other, "a").unwrap(), None);
        assert_eq!(store.head(other).unwrap().size, Size(1));
        assert_eq!(store.codes(other, CodeKind::Action, Code(0)).unwrap(), Vec::<String>::new());
        assert_eq!(store.catalog(other).unwrap(), None);
        assert_eq!(store.credentials(Some(other), "key").unwrap(), vec![]);
        assert_eq!(store.credentials(None, "key").unwrap(), vec![]);
        transact(&*store, |transaction| {
            assert_eq!(transaction.find_ids(other, &["a", "b"])?, HashMap::new());
            assert_eq!(transaction.row(other, Seq(1))?, None);
            assert!(!transaction.revoke_credential(Some(other), "key_1", 2)?);
            assert!(!transaction.revoke_credential(None, "key_1", 2)?);
            assert_eq!(transaction.intern(other, CodeKind::Action, "member.invited")?, Code(0));
            Ok(())
        })
        .unwrap();
        assert_eq!(store.scan(acme, Seq(0), 10).unwrap().len(), 2);
        check_store(&*store);
    }

    pub fn two_organizations_never_have_one_id_or_one_log_identity(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        make(&*store, "acme");
        let same_id = OrganizationRow { log_id: LogId([9; 16]), ..organization_row("acme") };
        let same_log = OrganizationRow { id: OrgId::try_from("b").unwrap(), ..organization_row("acme") };
        for row in [same_id, same_log] {
            let result = transact(&*store, |transaction| transaction.create_organization(&row));
            assert!(matches!(result, Err(StoreError::Exists(_))));
        }
        assert_eq!(make(&*store, "b"), OrgCode(1));
        check_store(&*store);
    }

    pub fn an_organization_is_changed_but_not_its_id_or_log(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let changed = OrganizationRow {
            code: acme,
            name: "Acme & Söhne".into(),
            profile: "signing".into(),
            catalogs: vec![],
            time_zone: "UTC".into(),
            settings: serde_json::Map::new(),
            ..organization_row("acme")
        };
        let sent = OrganizationRow {
            id: OrgId::try_from("other").unwrap(),
            created_ms: 5,
            log_id: LogId([7; 16]),
            log_host: "elsewhere".into(),
            ..changed.clone()
        };
        transact(&*store, |transaction| transaction.update_organization(&sent)).unwrap();
        assert_eq!(store.organizations().unwrap(), vec![changed]);
        let absent = OrganizationRow { code: OrgCode(7), ..sent };
        assert!(transact(&*store, |transaction| transaction.update_organization(&absent)).is_err());
    }

    /// Holds promise 4: never a part of anything.
    pub fn a_failing_transaction_leaves_nothing_in_any_table(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        append(&*store, acme, &["a"]).unwrap();
        let before = (store.head(acme).unwrap(), store.last_append().unwrap());

        let result: Result<(), _> = transact(&*store, |transaction| {
            append_in(transaction, acme, &["b", "c"])?;
            transaction.intern(acme, CodeKind::Actor, "ada")?;
            let other = transaction.create_organization(&organization_row("other"))?;
            append_in(transaction, other, &["z"])?;
            let row = OrganizationRow { code: acme, name: "New".into(), ..organization_row("acme") };
            transaction.update_organization(&row)?;
            transaction.insert_credential(&credential("key_1", Some(acme), 1))?;
            transaction.set_meta("name", b"value")?;
            transaction.set_catalog(acme, "x = 1")?;
            Err(StoreError::Exists("the test"))
        });
        assert!(matches!(result, Err(StoreError::Exists("the test"))));

        assert_eq!((store.head(acme).unwrap(), store.last_append().unwrap()), before);
        assert_eq!(store.scan(acme, Seq(0), 10).unwrap().len(), 1);
        assert_eq!(store.find_id(acme, "b").unwrap(), None);
        assert_eq!(store.codes(acme, CodeKind::Actor, Code(0)).unwrap(), Vec::<String>::new());
        let expected = OrganizationRow { code: acme, ..organization_row("acme") };
        assert_eq!(store.organizations().unwrap(), vec![expected]);
        assert_eq!(store.credential(&credential("key_1", None, 1).hash).unwrap(), None);
        assert_eq!(store.meta("name").unwrap(), None);
        assert_eq!(store.catalog(acme).unwrap(), None);
        // Nor is it remembered: the number goes to whoever comes next.
        let code = transact(&*store, |transaction| transaction.intern(acme, CodeKind::Actor, "bob")).unwrap();
        assert_eq!(code, Code(0));
        let code = transact(&*store, |transaction| transaction.intern(acme, CodeKind::Actor, "ada")).unwrap();
        assert_eq!(code, Code(1));
        check_store(&*store);
    }

    /// A call that failed may have done a part of its work; ignoring its error must not keep that part.
    pub fn a_transaction_in_which_a_call_failed_never_commits(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        append(&*store, acme, &["a"]).unwrap();
        let result = transact(&*store, |transaction| {
            assert!(append_in(transaction, acme, &["b", "a"]).is_err());
            Ok(())
        });
        assert!(matches!(result, Err(StoreError::Exists(_))));
        assert_eq!(store.find_id(acme, "b").unwrap(), None);
        check_store(&*store);
        append(&*store, acme, &["b"]).unwrap();
        check_store(&*store);
    }

    pub fn a_panic_in_a_transaction_leaves_nothing_and_the_store_goes_on(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            transact(&*store, |transaction| -> Result<(), StoreError> {
                append_in(transaction, acme, &["a"])?;
                transaction.intern(acme, CodeKind::Ip, "198.51.100.4")?;
                std::panic::resume_unwind(Box::new("stop"))
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(store.head(acme).unwrap().size, Size(0));
        append(&*store, acme, &["a"]).unwrap();
        let code = transact(&*store, |transaction| transaction.intern(acme, CodeKind::Ip, "::1")).unwrap();
        assert_eq!(code, Code(0));
        check_store(&*store);
    }

    pub fn head_and_frontier_survive_opening_again(open: Open) {
        let place = Place::new(open);
        let mut frontier = Frontier::new();
        for round in 0..5_u64 {
            let store = place.open();
            let acme = if round == 0 { make(&*store, "acme") } else { OrgCode(0) };
            let (_, rows) = append(&*store, acme, &[&format!("{round}a"), &format!("{round}b")]).unwrap();
            rows.iter().for_each(|row| frontier.push(row.leaf_hash));
            let head = store.head(acme).unwrap();
            assert_eq!((head.size, &head.frontier), (Size(2 * (round + 1)), &frontier));
            check_store(&*store);
        }
    }

    pub fn rows_that_do_not_continue_the_log_are_refused(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        append(&*store, acme, &["a", "b"]).unwrap();
        let old = store.head(acme).unwrap();
        type Spoil = fn(&mut Vec<(Row, String)>, &mut Head);
        let spoils: &[Spoil] = &[
            |rows, _| rows[0].0.seq = Seq(1),
            |rows, _| rows[0].0.seq = Seq(3),
            |rows, _| rows.swap(0, 1),
            |rows, _| rows[0].0.received_ms = 0,
            |rows, _| rows.truncate(1),
            |rows, _| rows.clear(),
            |_, head| head.size = Size(5),
            |_, head| head.received_ms += 1,
            |_, head| head.frontier.push([0; 32]),
        ];
        for spoil in spoils {
            let (mut rows, mut head) = rows_after(&old, &["c", "d"]);
            spoil(&mut rows, &mut head);
            assert!(transact(&*store, |transaction| transaction.append(acme, &rows, &head)).is_err());
        }
        assert_eq!(store.head(acme).unwrap(), old);
        append(&*store, acme, &["c", "d"]).unwrap();
        check_store(&*store);
    }

    pub fn appends_are_read_in_the_order_of_commits(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let (acme, other) = (make(&*store, "acme"), make(&*store, "other"));
        let mut expected = Vec::new();
        for (org, ids) in [(acme, "ab"), (other, "c"), (acme, "d"), (other, "ef")] {
            let ids: Vec<String> = ids.chars().map(String::from).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            expected.push(append(&*store, org, &ids).unwrap().0);
        }
        // One transaction may append to several logs, and to one of them twice.
        let both = transact(&*store, |transaction| {
            let acme_1 = append_in(transaction, acme, &["g"])?.0;
            let other_1 = append_in(transaction, other, &["g"])?.0;
            Ok([acme_1, other_1, append_in(transaction, acme, &["h"])?.0])
        });
        expected.extend(both.unwrap());
        assert!(expected.is_sorted_by(|a, b| a.pos < b.pos) && expected[0].pos > 0);

        assert_eq!(store.appends(0, 100).unwrap(), expected);
        assert_eq!(store.appends(expected[1].pos, 2).unwrap(), expected[2..4]);
        assert_eq!(store.appends(expected[6].pos, 2).unwrap(), vec![]);
        assert_eq!(store.appends(u64::MAX, 2).unwrap(), vec![]);
        assert_eq!(store.last_append().unwrap(), expected[6].pos);
        check_store(&*store);
    }

    pub fn codes_are_dense_and_stable(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let intern = |store: &dyn Store, kind, values: &[&str]| -> Vec<u32> {
            let work = |transaction: &mut dyn Transaction| {
                values.iter().map(|value| Ok(transaction.intern(acme, kind, value)?.0)).collect()
            };
            transact(store, work).unwrap()
        };
        assert_eq!(intern(&*store, CodeKind::Action, &["a", "b", "a", "", "B"]), [0, 1, 0, 2, 3]);
        assert_eq!(intern(&*store, CodeKind::Actor, &["b", "a"]), [0, 1]);
        assert_eq!(intern(&*store, CodeKind::Action, &["c", "b"]), [4, 1]);
        drop(store);

        let store = place.open();
        assert_eq!(intern(&*store, CodeKind::Action, &["c", "d", "a"]), [4, 5, 0]);
        let codes = store.codes(acme, CodeKind::Action, Code(0)).unwrap();
        assert_eq!(codes, ["a", "b", "", "B", "c", "d"]);
        assert_eq!(store.codes(acme, CodeKind::Action, Code(4)).unwrap(), ["c", "d"]);
        assert_eq!(store.codes(acme, CodeKind::Action, Code(6)).unwrap(), Vec::<String>::new());
        assert_eq!(store.codes(acme, CodeKind::TargetType, Code(0)).unwrap(), Vec::<String>::new());
        check_store(&*store);
    }

    pub fn a_credential_is_found_by_its_hash(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let session = Credential {
            kind: "session".into(),
            expires_ms: Some(9),
            ..credential("session_1", Some(acme), 3)
        };
        let all = [credential("key_1", Some(acme), 1), credential("vendor_1", None, 2), session];
        transact(&*store, |transaction| {
            all.iter().try_for_each(|credential| transaction.insert_credential(credential))
        })
        .unwrap();
        drop(store);
        let store = place.open();
        for credential in &all {
            assert_eq!(store.credential(&credential.hash).unwrap().as_ref(), Some(credential));
        }
        assert_eq!(store.credential(&[1; 32]).unwrap(), None);

        let same_id = Credential { hash: [2; 32], ..all[0].clone() };
        let same_hash = Credential { id: "key_2".into(), ..all[0].clone() };
        for taken in [same_id, same_hash] {
            let result = transact(&*store, |transaction| transaction.insert_credential(&taken));
            assert!(matches!(result, Err(StoreError::Exists(_))));
        }
    }

    pub fn credentials_are_listed_oldest_first(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let late = credential("key_a", Some(acme), 20);
        let early = credential("key_b", Some(acme), 10);
        let vendor = credential("vendor_1", None, 5);
        transact(&*store, |transaction| {
            [&late, &early, &vendor].into_iter().try_for_each(|each| transaction.insert_credential(each))
        })
        .unwrap();
        assert_eq!(store.credentials(Some(acme), "key").unwrap(), [early, late]);
        assert_eq!(store.credentials(Some(acme), "session").unwrap(), []);
        assert_eq!(store.credentials(None, "vendor_key").unwrap(), [vendor]);
    }

    pub fn a_credential_is_taken_back_once(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        let key = credential("key_1", Some(acme), 1);
        let expired = Credential { expires_ms: Some(50), ..credential("key_2", Some(acme), 1) };
        let vendor = credential("vendor_1", None, 1);
        transact(&*store, |transaction| {
            [&key, &expired, &vendor].into_iter().try_for_each(|each| transaction.insert_credential(each))
        })
        .unwrap();
        let revoke = |org, id, now_ms| {
            transact(&*store, |transaction| transaction.revoke_credential(org, id, now_ms)).unwrap()
        };
        assert!(revoke(Some(acme), "key_1", 60));
        assert!(!revoke(Some(acme), "key_1", 70));
        assert!(!revoke(Some(acme), "key_2", 50));
        assert!(!revoke(Some(acme), "vendor_1", 60));
        assert!(revoke(None, "vendor_1", 60));
        assert_eq!(store.credential(&key.hash).unwrap().unwrap().revoked_ms, Some(60));
        assert_eq!(store.credential(&expired.hash).unwrap().unwrap().revoked_ms, None);
    }

    pub fn named_values_are_kept_and_replaced(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        for value in [&b"one"[..], b"", &[0, 255]] {
            transact(&*store, |transaction| {
                transaction.set_meta("name", value)?;
                transaction.set_meta("other", b"other")?;
                transaction.set_catalog(acme, &format!("x = {value:?}"))
            })
            .unwrap();
            assert_eq!(store.meta("name").unwrap().as_deref(), Some(value));
            assert_eq!(store.catalog(acme).unwrap(), Some(format!("x = {value:?}")));
        }
        drop(store);
        assert_eq!(place.open().meta("name").unwrap(), Some(vec![0, 255]));
    }

    pub fn a_view_belongs_to_its_owner_and_organization(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        let (acme, other) = (make(&*store, "acme"), make(&*store, "other"));
        let view = |name: &str, query: &str| SavedView { name: name.into(), query: query.into() };
        transact(&*store, |transaction| {
            transaction.save_view(acme, "u_1", &view("Deletions", "kind=deleted"))?;
            transaction.save_view(acme, "u_1", &view("Ana’s", "actor=u_2"))?;
            transaction.save_view(acme, "u_2", &view("Deletions", "q=deleted"))?;
            transaction.save_view(other, "u_1", &view("Deletions", ""))?;
            // The same name again is the same view.
            transaction.save_view(acme, "u_1", &view("Deletions", "kind=deleted&range=today"))
        })
        .unwrap();
        let kept = [view("Ana’s", "actor=u_2"), view("Deletions", "kind=deleted&range=today")];
        assert_eq!(store.views(acme, "u_1").unwrap(), kept);
        assert_eq!(store.views(acme, "u_2").unwrap(), [view("Deletions", "q=deleted")]);
        let delete = |org, owner, name| {
            transact(&*store, |transaction| transaction.delete_view(org, owner, name)).unwrap()
        };
        assert!(!delete(other, "u_1", "Ana’s"));
        assert!(delete(acme, "u_1", "Deletions"));
        assert!(!delete(acme, "u_1", "Deletions"));
        drop(store);
        let store = place.open();
        assert_eq!(store.views(acme, "u_1").unwrap(), [view("Ana’s", "actor=u_2")]);
        assert_eq!(store.views(acme, "u_2").unwrap().len(), 1);
        assert_eq!(store.views(other, "u_1").unwrap().len(), 1);
    }

    pub fn what_a_transaction_wrote_it_reads(open: Open) {
        let place = Place::new(open);
        let store = place.open();
        transact(&*store, |transaction| {
            let acme = transaction.create_organization(&organization_row("acme"))?;
            let (_, rows) = append_in(transaction, acme, &["a", "b"])?;
            assert_eq!(transaction.head(acme)?.size, Size(2));
            assert_eq!(transaction.row(acme, Seq(1))?.as_ref(), rows.get(1));
            assert_eq!(transaction.row(acme, Seq(2))?, None);
            assert_eq!(transaction.find_ids(acme, &["b"])?, HashMap::from([("b".into(), Seq(1))]));
            // Nobody else does, yet.
            assert_eq!(store.organizations()?, vec![]);
            assert_eq!(store.last_append()?, 0);
            Ok(())
        })
        .unwrap();
        check_store(&*store);
    }

    pub fn readers_and_writers_do_not_wait_for_each_other(open: Open) {
        const READERS: usize = 24;
        const APPENDS: u64 = 40;
        let place = Place::new(open);
        let store = place.open();
        let acme = make(&*store, "acme");
        std::thread::scope(|scope| {
            for _ in 0..READERS {
                scope.spawn(|| {
                    let mut seen = Size(0);
                    while seen.0 < APPENDS {
                        let size = store.head(acme).unwrap().size;
                        assert!(size >= seen);
                        let rows = store.scan(acme, Seq(0), usize::MAX).unwrap();
                        assert!(rows.len() as u64 >= size.0);
                        seen = size;
                        std::thread::yield_now();
                    }
                });
            }
            for writer in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..APPENDS / 4 {
                        append(&**store, acme, &[&format!("{writer}-{number}")]).unwrap();
                    }
                });
            }
        });
        check_store(&*store);
    }

    pub fn random_sequences_match_a_model(open: Open) {
        model::run(open);
    }
}

mod model {
    //! A store in memory that is too simple to be wrong, and the steps that are taken on both.

    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;

    /// Sequences tried, and the most steps of one. Each step is synced to the disk.
    const SEQUENCES: u32 = 24;
    const STEPS_MAX: usize = 24;
    const ORGS: usize = 3;

    #[derive(Clone, Debug)]
    enum Step {
        /// Makes an organization.
        Make(usize),
        /// Appends events with these ids, which may be taken, and interns a value for each; then perhaps gives up.
        Append { org: usize, ids: Vec<u8>, gives_up: bool },
        /// Keeps a named value.
        Meta(u8, u8),
        /// Opens the store again.
        Reopen,
    }

    #[derive(Clone, Default)]
    struct Model {
        orgs: BTreeMap<usize, Log>,
        codes_used: u32,
        meta: BTreeMap<u8, u8>,
        appends: Vec<(OrgCode, Seq, u64)>,
    }

    #[derive(Clone)]
    struct Log {
        code: OrgCode,
        ids: Vec<u8>,
        values: Vec<String>,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => (0..ORGS).prop_map(Step::Make),
            6 => (0..ORGS, proptest::collection::vec(any::<u8>(), 1..6), proptest::bool::weighted(0.2))
                .prop_map(|(org, ids, gives_up)| Step::Append { org, ids, gives_up }),
            1 => (0..3_u8, any::<u8>()).prop_map(|(name, value)| Step::Meta(name, value)),
            1 => Just(Step::Reopen),
        ]
    }

    pub fn run(open: Open) {
        let mut runner =
            TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(SEQUENCES) });
        let sequences = proptest::collection::vec(step(), 1..STEPS_MAX);
        let result = runner.run(&sequences, |steps| {
            let place = Place::new(open);
            let mut store = place.open();
            let mut model = Model::default();
            for step in steps {
                if matches!(step, Step::Reopen) {
                    drop(store);
                    store = place.open();
                } else {
                    take(&*store, &mut model, &step);
                }
                compare(&*store, &model);
            }
            check_store(&*store);
            Ok(())
        });
        result.unwrap();
    }

    /// Takes a step on both; they must agree on whether it succeeds.
    fn take(store: &dyn Store, model: &mut Model, step: &Step) {
        match step {
            Step::Make(org) => {
                let row = organization_row(&format!("org-{org}"));
                let result = transact(store, |transaction| transaction.create_organization(&row));
                if model.orgs.contains_key(org) {
                    assert!(matches!(result, Err(StoreError::Exists(_))));
                } else {
                    let code = OrgCode(model.codes_used);
                    assert_eq!(result.unwrap(), code);
                    model.codes_used += 1;
                    model.orgs.insert(*org, Log { code, ids: vec![], values: vec![] });
                }
            }
            Step::Append { org, ids, gives_up } => {
                let Some(log) = model.orgs.get_mut(org) else { return };
                let result = append_and_intern(store, log.code, ids, *gives_up);
                let mut next = log.clone();
                let fresh = ids.iter().all(|id| {
                    let fresh = !next.ids.contains(id);
                    next.ids.push(*id);
                    fresh
                });
                assert_eq!(result.is_ok(), fresh && !gives_up, "{result:?}");
                if result.is_ok() {
                    for value in ids.iter().map(|&id| value_of(id)) {
                        if !next.values.contains(&value) {
                            next.values.push(value);
                        }
                    }
                    let first = Seq(log.ids.len() as u64);
                    model.appends.push((log.code, first, ids.len() as u64));
                    *log = next;
                }
            }
            Step::Meta(name, value) => {
                transact(store, |transaction| transaction.set_meta(&name.to_string(), &[*value])).unwrap();
                model.meta.insert(*name, *value);
            }
            Step::Reopen => {}
        }
    }

    /// Few values for many ids, so that codes are met again.
    fn value_of(id: u8) -> String {
        format!("value {}", id % 7)
    }

    fn append_and_intern(
        store: &dyn Store,
        org: OrgCode,
        ids: &[u8],
        gives_up: bool,
    ) -> Result<(), StoreError> {
        let ids_text: Vec<String> = ids.iter().map(u8::to_string).collect();
        let ids_text: Vec<&str> = ids_text.iter().map(String::as_str).collect();
        transact(store, |transaction| {
            for &id in ids {
                transaction.intern(org, CodeKind::Action, &value_of(id))?;
            }
            append_in(transaction, org, &ids_text)?;
            if gives_up { Err(StoreError::Exists("the test")) } else { Ok(()) }
        })
    }

    fn compare(store: &dyn Store, model: &Model) {
        for log in model.orgs.values() {
            let head = store.head(log.code).unwrap();
            assert_eq!(head.size, Size(log.ids.len() as u64));
            for (seq, id) in (0..).map(Seq).zip(&log.ids) {
                assert_eq!(store.find_id(log.code, &id.to_string()).unwrap(), Some(seq));
            }
            assert_eq!(store.codes(log.code, CodeKind::Action, Code(0)).unwrap(), log.values);
        }
        assert_eq!(store.organizations().unwrap().len(), model.orgs.len());
        for (name, value) in &model.meta {
            assert_eq!(store.meta(&name.to_string()).unwrap(), Some(vec![*value]));
        }
        let appends = store.appends(0, usize::MAX).unwrap();
        let appends: Vec<_> = appends.iter().map(|append| (append.org, append.first, append.count)).collect();
        assert_eq!(appends, model.appends);
    }
}
