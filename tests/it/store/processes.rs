//! What every store must do about subjects and processes: the cases of the list in `store` that are about them. Deliberately
//! absent: what a state means; here it is bytes.

use everlog::store::process::{
    ProcessColumns, ProcessFilter, ProcessOrder, ProcessPage, SubjectRow, Summoned,
};
use everlog::store::{OrgCode, Store, StoreError};
use everlog_core::ids::Seq;

use crate::store::{Open, Place, make, transact};

/// A process that happened at these times.
fn row(key: &str, number: u64, times: &[u64]) -> SubjectRow {
    SubjectRow {
        subject: format!("process:{key}"),
        state: format!("state of {key}").into_bytes(),
        due_ms: None,
        process: Some(ProcessColumns {
            key: key.to_owned(),
            number,
            status: "draft".to_owned(),
            name: key.to_owned(),
            starter: String::new(),
            flow_key: String::new(),
            flow_type: String::new(),
            text: key.to_owned(),
            started_ms: None,
            first_ms: *times.iter().min().unwrap(),
            last_ms: *times.iter().max().unwrap(),
            ages_from_ms: None,
            awaits_trail: false,
        }),
    }
}

fn columns(row: &mut SubjectRow) -> &mut ProcessColumns {
    row.process.as_mut().unwrap()
}

/// Keeps processes, each with an event at each of its times.
fn keep(store: &dyn Store, org: OrgCode, rows: &[(SubjectRow, &[u64])]) {
    transact(store, |transaction| {
        for (row, times) in rows {
            transaction.put_subject(org, row)?;
            let number = row.process.as_ref().unwrap().number;
            for (at, time) in times.iter().enumerate() {
                transaction.add_process_event(org, number, Seq(number + at as u64), *time)?;
            }
        }
        Ok(())
    })
    .unwrap();
}

/// The first processes of a list in the order of their making.
const ALL: ProcessPage = ProcessPage { order: ProcessOrder::Made, descending: false, skip: 0, take: 100 };

fn keys(store: &dyn Store, org: OrgCode, filter: &ProcessFilter, page: ProcessPage) -> Vec<String> {
    let rows = store.processes(org, filter, page).unwrap();
    if page == ALL {
        assert_eq!(store.count_processes(org, filter).unwrap(), rows.len() as u64, "{filter:?}");
    }
    rows.into_iter().map(|row| row.process.unwrap().key).collect()
}

fn summoned(found: Vec<Summoned>) -> Vec<String> {
    found.into_iter().map(|it| it.subject).collect()
}

pub fn a_subject_is_kept_and_replaced_and_belongs_to_its_organization(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, globex) = (make(&*store, "acme"), make(&*store, "globex"));
    let mut lease = row("lease", 3, &[10]);
    let record =
        SubjectRow { subject: "meeting:m1".to_owned(), state: vec![0, 255], due_ms: None, process: None };
    keep(&*store, acme, &[(lease.clone(), &[10])]);
    transact(&*store, |transaction| {
        transaction.put_subject(acme, &record)?;
        // A transaction reads what it wrote.
        assert_eq!(transaction.subject(acme, "meeting:m1")?, Some(record.clone()));
        Ok(())
    })
    .unwrap();
    columns(&mut lease).status = "active".to_owned();
    columns(&mut lease).started_ms = Some(20);
    lease.due_ms = Some(u64::from(u32::MAX) * 1_000);
    transact(&*store, |transaction| transaction.put_subject(acme, &lease)).unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.subject(acme, "process:lease").unwrap(), Some(lease));
    assert_eq!(store.subject(acme, "meeting:m1").unwrap(), Some(record));
    assert_eq!(store.count_processes(acme, &ProcessFilter::default()).unwrap(), 1);
    for subject in ["process:lease", "meeting:m1"] {
        assert_eq!(store.subject(globex, subject).unwrap(), None);
    }
    assert_eq!(keys(&*store, globex, &ProcessFilter::default(), ALL), Vec::<String>::new());
    assert_eq!(store.process_seqs(globex, "lease", Seq(0), 9).unwrap(), []);
}

pub fn processes_are_filtered_by_every_column(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let org = make(&*store, "acme");
    let mut rows: Vec<SubjectRow> = (0..4).map(|at| row(&format!("p{at}"), at * 10, &[at])).collect();
    columns(&mut rows[1]).status = "completed".to_owned();
    columns(&mut rows[2]).status = "canceled".to_owned();
    columns(&mut rows[1]).starter = "ana@acme.example".to_owned();
    columns(&mut rows[2]).flow_key = "f1".to_owned();
    columns(&mut rows[3]).flow_type = "RenderFlow".to_owned();
    columns(&mut rows[3]).text = "p3\nlease_50%\nzoe".to_owned();
    keep(&*store, org, &rows.into_iter().map(|row| (row, &[][..])).collect::<Vec<_>>());
    let text = |text: &str| Some(text.to_owned());
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let any = ProcessFilter::default;
    for (filter, found) in [
        (any(), &["p0", "p1", "p2", "p3"][..]),
        (ProcessFilter { statuses: texts(&["completed"]), ..any() }, &["p1"]),
        (ProcessFilter { statuses: texts(&["completed", "canceled"]), ..any() }, &["p1", "p2"]),
        (ProcessFilter { key: text("p2"), ..any() }, &["p2"]),
        (ProcessFilter { starter: text("ana@acme.example"), ..any() }, &["p1"]),
        (ProcessFilter { flow_key: text("f1"), ..any() }, &["p2"]),
        (ProcessFilter { flow_type: text("renderFLOW"), ..any() }, &["p3"]),
        (ProcessFilter { pieces: texts(&["lease_50%"]), ..any() }, &["p3"]),
        (ProcessFilter { pieces: texts(&["oe", "p3"]), ..any() }, &["p3"]),
        // Nothing in a piece is a pattern.
        (ProcessFilter { pieces: texts(&["le%"]), ..any() }, &[]),
        (ProcessFilter { pieces: texts(&["p_"]), ..any() }, &[]),
        (ProcessFilter { below: Some(20), ..any() }, &["p0", "p1"]),
        (ProcessFilter { below: Some(u64::MAX), ..any() }, &["p0", "p1", "p2", "p3"]),
        (ProcessFilter { below: Some(30), statuses: texts(&["draft"]), ..any() }, &["p0"]),
        (ProcessFilter { starter: text("ana@acme.example"), flow_key: text("f1"), ..any() }, &[]),
        (ProcessFilter { key: text("' or 1=1 --"), ..any() }, &[]),
    ] {
        assert_eq!(keys(&*store, org, &filter, ALL), found, "{filter:?}");
    }
}

/// T19: a range selects processes of which an event lies in it; a process that lived around it, and was silent in it, is not
/// among them.
pub fn a_range_of_time_finds_processes_with_an_event_in_it_and_not_those_with_a_gap_there(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let org = make(&*store, "acme");
    let lives: &[(&str, &[u64])] = &[
        ("early", &[10, 20]),
        ("around", &[10, 90]),
        ("within", &[45, 55]),
        ("across", &[10, 50, 90]),
        ("late", &[80, 90]),
        // Events come in any order of their times.
        ("back", &[90, 50, 10]),
    ];
    let rows: Vec<_> =
        lives.iter().zip(0..).map(|((key, times), at)| (row(key, at * 10, times), *times)).collect();
    keep(&*store, org, &rows);
    for (from_ms, to_ms, found) in [
        (Some(40), Some(60), &["within", "across", "back"][..]),
        // The beginning is included, the end is not.
        (Some(50), Some(51), &["across", "back"]),
        (Some(51), Some(55), &[]),
        (Some(20), Some(45), &["early"]),
        (Some(85), None, &["around", "across", "late", "back"]),
        (None, Some(11), &["early", "around", "across", "back"]),
        (None, Some(10), &[]),
        (Some(91), None, &[]),
        (Some(0), Some(u64::MAX / 2), &["early", "around", "within", "across", "late", "back"]),
    ] {
        let filter = ProcessFilter { from_ms, to_ms, ..ProcessFilter::default() };
        assert_eq!(keys(&*store, org, &filter, ALL), found, "{from_ms:?} to {to_ms:?}");
    }
}

pub fn processes_come_in_every_order_and_equals_newest_first(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let org = make(&*store, "acme");
    let mut rows: Vec<SubjectRow> = [("a", 40), ("b", 20), ("c", 30)]
        .iter()
        .zip(1..)
        .map(|((key, last), at)| row(key, at, &[1, *last]))
        .collect();
    for (row, (name, status, started)) in
        rows.iter_mut().zip([("z", "draft", Some(5)), ("m", "active", None), ("m", "draft", Some(3))])
    {
        columns(row).name = name.to_owned();
        columns(row).status = status.to_owned();
        columns(row).started_ms = started;
    }
    keep(&*store, org, &rows.into_iter().map(|row| (row, &[][..])).collect::<Vec<_>>());
    let in_order = |order, descending, skip, take| {
        keys(&*store, org, &ProcessFilter::default(), ProcessPage { order, descending, skip, take }).join("")
    };
    for (order, up, down) in [
        (ProcessOrder::Made, "abc", "cba"),
        (ProcessOrder::Name, "cba", "acb"),
        (ProcessOrder::Status, "bca", "cab"),
        // What has not begun stands as if it had begun before all others.
        (ProcessOrder::Started, "bca", "acb"),
        (ProcessOrder::Activity, "bca", "acb"),
    ] {
        assert_eq!(
            (in_order(order, false, 0, 9), in_order(order, true, 0, 9)),
            (up.to_owned(), down.to_owned()),
            "{order:?}"
        );
        let paged: Vec<_> = (0..3).map(|skip| in_order(order, true, skip, 1)).collect();
        assert_eq!(paged.concat(), down, "{order:?}");
    }
    assert_eq!(in_order(ProcessOrder::Made, true, 3, 9), "");
    assert_eq!(in_order(ProcessOrder::Made, true, u64::MAX, u64::MAX), "");
    assert_eq!(in_order(ProcessOrder::Made, true, 1, u64::MAX), "ba");
    assert_eq!(in_order(ProcessOrder::Made, true, 0, 0), "");
}

pub fn the_events_of_a_process_are_read_in_pages(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let org = make(&*store, "acme");
    let rows = [(row("a", 0, &[1]), &[1, 2, 3, 4, 5][..]), (row("b", 100, &[1]), &[1][..])];
    keep(&*store, org, &rows);
    let seqs = |key, from, limit| -> Vec<u64> {
        store.process_seqs(org, key, Seq(from), limit).unwrap().into_iter().map(|seq| seq.0).collect()
    };
    assert_eq!(seqs("a", 0, 2), [0, 1]);
    assert_eq!(seqs("a", 2, 9), [2, 3, 4]);
    assert_eq!(seqs("a", u64::MAX, 9), [0; 0]);
    assert_eq!(seqs("b", 0, 9), [100]);
    assert_eq!(seqs("c", 0, 9), [0; 0]);
}

pub fn what_is_due_is_told_the_longest_due_first(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, globex) = (make(&*store, "acme"), make(&*store, "globex"));
    let due = |key: &str, number, due_ms| SubjectRow { due_ms, ..row(key, number, &[1]) };
    keep(
        &*store,
        acme,
        &[(due("a", 1, Some(30)), &[]), (due("b", 2, Some(10)), &[]), (due("c", 3, None), &[])],
    );
    keep(&*store, globex, &[(due("d", 1, Some(20)), &[])]);
    let at = |now, limit| summoned(store.due(now, limit).unwrap());
    assert_eq!(at(9, 9), Vec::<String>::new());
    assert_eq!(at(10, 9), ["process:b"]);
    assert_eq!(at(u64::MAX, 9), ["process:b", "process:d", "process:a"]);
    assert_eq!(at(u64::MAX, 2), ["process:b", "process:d"]);
    assert_eq!(store.due(25, 9).unwrap()[1].org, globex);
    transact(&*store, |transaction| transaction.put_subject(acme, &due("b", 2, None))).unwrap();
    assert_eq!(at(25, 9), ["process:d"]);
}

pub fn what_has_aged_is_told_by_status_the_oldest_first(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, globex) = (make(&*store, "acme"), make(&*store, "globex"));
    let aging = |key: &str, number, status: &str, ages_from_ms| {
        let mut row = row(key, number, &[1]);
        columns(&mut row).status = status.to_owned();
        columns(&mut row).ages_from_ms = ages_from_ms;
        (row, &[][..])
    };
    let rows = [
        aging("a", 1, "completed", Some(30)),
        aging("b", 2, "completed", Some(10)),
        aging("c", 3, "draft", Some(5)),
        aging("d", 4, "completed", None),
    ];
    keep(&*store, acme, &rows);
    keep(&*store, globex, &[aging("e", 1, "completed", Some(1))]);
    let at = |status, before, limit| summoned(store.aged(acme, status, before, limit).unwrap());
    assert_eq!(at("completed", 10, 9), Vec::<String>::new());
    assert_eq!(at("completed", 31, 9), ["process:b", "process:a"]);
    assert_eq!(at("completed", 31, 1), ["process:b"]);
    assert_eq!(at("draft", u64::MAX, 9), ["process:c"]);
}

pub fn what_awaits_its_trail_is_told_until_it_does_not(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let org = make(&*store, "acme");
    let awaiting = |key: &str, number, awaits_trail| {
        let mut row = row(key, number, &[1]);
        columns(&mut row).awaits_trail = awaits_trail;
        (row, &[][..])
    };
    keep(&*store, org, &[awaiting("a", 1, true), awaiting("b", 2, false), awaiting("c", 3, true)]);
    assert_eq!(summoned(store.awaiting_trails(9).unwrap()), ["process:a", "process:c"]);
    assert_eq!(summoned(store.awaiting_trails(1).unwrap()), ["process:a"]);
    keep(&*store, org, &[awaiting("a", 1, false)]);
    assert_eq!(summoned(store.awaiting_trails(9).unwrap()), ["process:c"]);
}

pub fn subjects_are_forgotten_for_one_organization_and_can_be_made_anew(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, globex) = (make(&*store, "acme"), make(&*store, "globex"));
    let lease = (SubjectRow { due_ms: Some(1), ..row("lease", 3, &[10]) }, &[10][..]);
    for org in [acme, globex] {
        keep(&*store, org, std::slice::from_ref(&lease));
    }
    // What fails forgets nothing.
    let failed: Result<(), _> = transact(&*store, |transaction| {
        transaction.clear_subjects(acme)?;
        Err(StoreError::Exists("the test"))
    });
    assert!(failed.is_err());
    assert_eq!(store.count_processes(acme, &ProcessFilter::default()).unwrap(), 1);
    transact(&*store, |transaction| transaction.clear_subjects(acme)).unwrap();
    assert_eq!(store.subject(acme, "process:lease").unwrap(), None);
    assert_eq!(store.process_seqs(acme, "lease", Seq(0), 9).unwrap(), []);
    assert_eq!(store.due(9, 9).unwrap().len(), 1);
    assert_eq!(store.subject(globex, "process:lease").unwrap(), Some(lease.0.clone()));
    keep(&*store, acme, &[lease]);
    assert_eq!(store.process_seqs(acme, "lease", Seq(0), 9).unwrap(), [Seq(3)]);
}
