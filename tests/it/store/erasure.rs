//! What every store must do when something is erased from an event. Deliberately absent: what may be erased.

use everlog::store::{
    Code, CodeKind, Credential, OrgCode, Row, SavedView, Store, StoreError, blank, is_blank,
};
use everlog_core::erasure::Salts;
use everlog_core::ids::Seq;

use crate::store::{Open, Place, append, check_store, credential, make, transact};

/// The row without its id, erased by the record at 9.
pub fn without_id(row: &Row) -> Row {
    let mut document = serde_json::from_slice(&row.document).unwrap();
    let written = row.salts.erase(&mut document, &["/e/metadata"], Seq(9)).unwrap();
    Row { document: document.to_string().into_bytes(), salts: Salts::Written(written), ..row.clone() }
}

/// Erases in a transaction of its own.
pub fn erase(store: &dyn Store, org: OrgCode, row: &Row) {
    transact(store, |transaction| transaction.erase(org, row)).unwrap();
}

/// Holds the erasure of design's promise 3 in kind: the row is another, its place, time and leaf are not.
pub fn what_is_left_of_an_event_stands_in_its_place(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, bolt) = (make(&*store, "acme"), make(&*store, "bolt"));
    let (_, rows) = append(&*store, acme, &["a", "b", "c"]).unwrap();
    append(&*store, bolt, &["a"]).unwrap();
    let left = without_id(&rows[1]);
    assert!(left.document.len() < rows[1].document.len());
    erase(&*store, acme, &left);

    let check = |store: &dyn Store| {
        let expected = [rows[0].clone(), left.clone(), rows[2].clone()];
        assert_eq!(store.scan(acme, Seq(0), 10).unwrap(), expected);
        assert_eq!(store.rows(acme, &[Seq(1)]).unwrap()[0], left);
        assert_eq!(store.erased_seqs(acme, Seq(0), 10).unwrap(), [Seq(1)]);
        assert_eq!(store.erased_seqs(acme, Seq(2), 10).unwrap(), []);
        assert_eq!(store.erased_seqs(bolt, Seq(0), 10).unwrap(), []);
        assert_eq!(store.find_id(acme, "b").unwrap(), Some(Seq(1)));
        check_store(store);
    };
    check(&*store);
    drop(store);
    check(&*place.open());
}

pub fn nothing_is_erased_from_an_event_that_is_another_one(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let acme = make(&*store, "acme");
    let (_, rows) = append(&*store, acme, &["a"]).unwrap();
    let left = without_id(&rows[0]);
    for other in [
        Row { seq: Seq(1), ..left.clone() },
        Row { received_ms: left.received_ms + 1, ..left.clone() },
        Row { leaf_hash: [1; 32], ..left.clone() },
        rows[0].clone(),
    ] {
        assert!(transact(&*store, |transaction| transaction.erase(acme, &other)).is_err());
        drop(transact(&*store, |_| Ok(())));
    }
    let new = Row { seq: Seq(1), ..left };
    assert!(
        transact(&*store, |transaction| {
            let head = transaction.head(acme)?;
            transaction.append(acme, &[(new.clone(), "b".to_owned())], &head)
        })
        .is_err()
    );
    drop(store);
    assert_eq!(place.open().scan(acme, Seq(0), 10).unwrap(), rows);
}

pub fn a_record_of_an_erasure_waits_until_it_is_purged(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, bolt) = (make(&*store, "acme"), make(&*store, "bolt"));
    append(&*store, acme, &["a", "b"]).unwrap();
    transact(&*store, |transaction| {
        transaction.add_erasure(acme, Seq(1))?;
        transaction.add_erasure(bolt, Seq(0))
    })
    .unwrap();
    assert_eq!(store.unpurged().unwrap(), [(acme, Seq(1)), (bolt, Seq(0))]);
    transact(&*store, |transaction| transaction.set_purged(acme, Seq(1))).unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.unpurged().unwrap(), [(bolt, Seq(0))]);
    assert_eq!(store.erasures(acme).unwrap(), [(Seq(1), true)]);
    assert!(store.settle().unwrap());
}

pub fn the_sessions_of_a_user_go_and_nobody_elses(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, bolt) = (make(&*store, "acme"), make(&*store, "bolt"));
    let session = |id: &str, org: OrgCode, user: &str| Credential {
        kind: "session".to_owned(),
        grant: serde_json::json!({"user": {"id": user, "name": "N"}}),
        ..credential(id, Some(org), 1)
    };
    let all = [session("s1", acme, "u_1"), session("s2", acme, "u_2"), session("s3", bolt, "u_1")];
    let key = credential("key", Some(acme), 1);
    transact(&*store, |transaction| {
        all.iter().chain([&key]).try_for_each(|it| transaction.insert_credential(it))
    })
    .unwrap();
    assert_eq!(transact(&*store, |transaction| transaction.delete_sessions(acme, "u_1")).unwrap(), 1);
    let is_there = |it: &Credential| store.credential(&it.hash).unwrap().is_some();
    assert_eq!(all.each_ref().map(is_there), [false, true, true]);
    assert!(is_there(&key));
}

pub fn the_views_of_all_readers_are_listed(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, bolt) = (make(&*store, "acme"), make(&*store, "bolt"));
    let view = |name: &str| SavedView { name: name.to_owned(), query: format!("q={name}") };
    transact(&*store, |transaction| {
        transaction.save_view(acme, "u_2", &view("b"))?;
        transaction.save_view(acme, "u_1", &view("a"))?;
        transaction.save_view(bolt, "u_1", &view("c"))
    })
    .unwrap();
    let listed = store.every_view(acme).unwrap();
    assert_eq!(listed, [("u_1".to_owned(), view("a")), ("u_2".to_owned(), view("b"))]);
}

/// The dictionary of codes forgets as well: who comes again comes as somebody new.
pub fn a_blanked_code_stays_and_its_value_gets_a_new_one(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, bolt) = (make(&*store, "acme"), make(&*store, "bolt"));
    let intern = |store: &dyn Store, org, values: &[&str]| -> Vec<u32> {
        let mut intern = |value: &&str| {
            transact(store, |transaction| transaction.intern(org, CodeKind::Actor, value)).unwrap().0
        };
        values.iter().map(&mut intern).collect()
    };
    assert_eq!(intern(&*store, acme, &["ada", "bob", "cy"]), [0, 1, 2]);
    assert_eq!(intern(&*store, bolt, &["bob"]), [0]);
    let codes = [Code(1), Code(2)];
    transact(&*store, |transaction| transaction.blank_codes(acme, CodeKind::Actor, &codes)).unwrap();
    // Blanking is done again after a crash, and changes nothing then.
    transact(&*store, |transaction| transaction.blank_codes(acme, CodeKind::Actor, &codes)).unwrap();
    assert_eq!(intern(&*store, acme, &["bob", "ada", "dee"]), [3, 0, 4]);

    let check = |store: &dyn Store| {
        let values = store.codes(acme, CodeKind::Actor, Code(0)).unwrap();
        assert_eq!(values, ["ada", &blank("bob"), &blank("cy"), "bob", "dee"]);
        assert!(is_blank(&values[1]) && !is_blank(&values[3]));
        assert_eq!(store.codes(bolt, CodeKind::Actor, Code(0)).unwrap(), ["bob"]);
        check_store(store);
    };
    check(&*store);
    drop(store);
    let store = place.open();
    check(&*store);
    assert_eq!(intern(&*store, acme, &["dee", "cy"]), [4, 5]);
}

pub fn a_code_is_blanked_only_where_it_is_and_only_when_it_commits(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let acme = make(&*store, "acme");
    let intern = |value| transact(&*store, |it| it.intern(acme, CodeKind::Ip, value)).unwrap();
    assert_eq!(intern("::1"), Code(0));
    for (kind, code) in [(CodeKind::Ip, Code(1)), (CodeKind::Actor, Code(0))] {
        assert!(transact(&*store, |transaction| transaction.blank_codes(acme, kind, &[code])).is_err());
    }
    let given_up = transact(&*store, |transaction| -> Result<(), StoreError> {
        transaction.blank_codes(acme, CodeKind::Ip, &[Code(0)])?;
        assert_eq!(transaction.intern(acme, CodeKind::Ip, "::1")?, Code(1));
        Err(StoreError::Full("patience"))
    });
    assert!(given_up.is_err());
    assert_eq!(intern("::1"), Code(0));
    assert_eq!(store.codes(acme, CodeKind::Ip, Code(0)).unwrap(), ["::1"]);
}
