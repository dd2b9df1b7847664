//! Finding what is left of erased events, against the oracle, in every state that the index can be in; and that what is
//! gone is gone from the disk. Deliberately absent: what an erasure is in the truth, which is `log` and the store.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use everlog::index::{Index, IndexError};
use everlog::store::{Code, CodeKind, OrgCode, Row, Store, is_blank};
use everlog_core::erasure::Salts;
use everlog_core::event::{Document, Event};
use everlog_core::ids::Seq;
use everlog_core::query::Query;
use everlog_core::scope::{Scope, Sees};
use everlog_core::search::Search;
use serde_json::{Value, json};

use crate::index::{Random, World, coded, compare, copy, document};
use crate::memory_store::MemoryStore;
use crate::oracle;

/// How long a merge may take.
const MERGED_WITHIN: Duration = Duration::from_secs(30);
const POINTERS: &[&str] = &[
    "/e/actor",
    "/e/actor/name",
    "/e/actor/email",
    "/e/on_behalf_of",
    "/e/targets",
    "/e/targets/0",
    "/e/targets/0/type",
    "/e/targets/1/id",
    "/e/context",
    "/e/context/ip",
    "/e/metadata",
    "/e/metadata/note",
    "/e/description",
    "/e/reason",
];

/// Takes fields out of an event of the truth; gives what is left, or nothing when it has none of them.
fn erase(store: &MemoryStore, org: OrgCode, seq: u64, pointers: &[&str]) -> Option<Event> {
    let row = store.rows(org, &[Seq(seq)]).unwrap().remove(0);
    let mut value: Value = serde_json::from_slice(&row.document).unwrap();
    let written = row.salts.erase(&mut value, pointers, Seq(u64::MAX))?;
    let left: Document = serde_json::from_value(value.clone()).unwrap();
    let erased = written.erased.clone();
    let row =
        Row { document: serde_json::to_vec(&value).unwrap(), salts: Salts::Written(written), ..row.clone() };
    let event = Event {
        seq: row.seq,
        received_ms: row.received_ms,
        leaf_hash: row.leaf_hash,
        document: left,
        erased,
    };
    store.erase(org, row, &coded(&event.document.event));
    Some(event)
}

/// Takes random fields out of random events.
fn erase_some(world: &World, random: &mut Random, org: OrgCode, most: usize) -> Vec<Event> {
    let size = world.sizes[org.0 as usize] as usize;
    if size == 0 {
        return Vec::new();
    }
    let seqs: BTreeSet<u64> = (0..1 + random.below(most)).map(|_| random.below(size) as u64).collect();
    let pointers: Vec<&str> = (0..1 + random.below(4)).map(|_| random.pick(POINTERS)).collect();
    seqs.into_iter().filter_map(|seq| erase(&world.store, org, seq, &pointers)).collect()
}

/// Blanks the codes that the index says are unused, which must be those that looking at every event gives.
fn blank_unused(world: &World, org: OrgCode) {
    let rows = world.store.scan(org, Seq(0), usize::MAX).unwrap();
    let of = |row: &Row| coded(&serde_json::from_slice::<Document>(&row.document).unwrap().event);
    let used: HashSet<(CodeKind, String)> = rows.iter().flat_map(of).collect();
    for &kind in CodeKind::ALL {
        let values = world.store.codes(org, kind, Code(0)).unwrap();
        let is_unused =
            |value: &String| !is_blank(value) && (value.is_empty() || !used.contains(&(kind, value.clone())));
        let expected: Vec<Code> =
            (0..).zip(&values).filter(|(_, value)| is_unused(value)).map(|(code, _)| Code(code)).collect();
        let unused = world.index().unused_codes(org, kind).unwrap();
        assert_eq!(unused, expected, "{kind:?} of {org:?}");
        world.store.blank_codes(org, kind, &unused);
    }
    world.index().forget_codes(org);
    for &kind in CodeKind::ALL {
        assert_eq!(world.index().unused_codes(org, kind).unwrap(), []);
    }
}

fn library(world: &World) -> tantivy::Index {
    tantivy::Index::open_in_dir(world.path().join("schema-1")).unwrap()
}

/// How many terms, of all fields of all segments, hold one of the needles.
fn terms_with(index: &tantivy::Index, needles: &[&str]) -> usize {
    let searcher = index.reader().unwrap().searcher();
    let mut found = 0;
    for segment in searcher.segment_readers() {
        for (field, entry) in index.schema().fields().filter(|(_, entry)| entry.is_indexed()) {
            let inverted = segment.inverted_index(field).unwrap();
            let mut terms = inverted.terms().stream().unwrap();
            while terms.advance() {
                let holds = |needle: &&str| memchr::memmem::find(terms.key(), needle.as_bytes()).is_some();
                found += usize::from(needles.iter().any(holds));
            }
            assert!(
                entry.name() == "term" || entry.name() == "word",
                "every indexed field is looked through"
            );
        }
    }
    found
}

/// That no segment has deleted documents, that no file and no dictionary holds a needle, and that the directory has only
/// files of segments that there are, as soon as no merge of living documents is at work any more.
fn assert_gone(world: &World, needles: &[&str]) {
    let index = library(world);
    let metas = index.searchable_segment_metas().unwrap();
    assert!(metas.iter().all(|meta| meta.num_deleted_docs() == 0));
    assert_eq!(terms_with(&index, needles), 0);
    let began = Instant::now();
    while let Some(stray) = stray_file(world, &index, needles) {
        assert!(began.elapsed() < MERGED_WITHIN, "{stray} belongs to no segment");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A file that belongs to no segment, if any: a merge writes one before there is the segment. None holds a needle.
fn stray_file(world: &World, index: &tantivy::Index, needles: &[&str]) -> Option<String> {
    let metas = index.searchable_segment_metas().unwrap();
    let living: HashSet<String> = metas.iter().map(|meta| meta.id().uuid_string()).collect();
    let mut stray = None;
    for entry in std::fs::read_dir(world.path().join("schema-1")).unwrap().map(Result::unwrap) {
        // What a merge has replaced may go in between.
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        let name = entry.file_name().into_string().unwrap();
        for needle in needles {
            assert_eq!(memchr::memmem::find(&bytes, needle.as_bytes()), None, "{name} holds {needle}");
        }
        let of = name.split('.').next().unwrap();
        // What begins with a point, or with a word, is the library's own.
        if of.len() >= 32 && !living.contains(of) {
            stray = Some(name);
        }
    }
    stray
}

/// As `every_answer_is_what_looking_at_every_event_gives`, of logs from which things are erased.
#[test]
fn every_answer_is_of_what_is_left_wherever_the_erased_events_are() {
    for seed in 100..102 {
        let mut random = Random(seed);
        let mut world = World::new(3);
        for round in 0..40 {
            let org = OrgCode(random.below(2) as u32);
            let count = 1 + random.below(30);
            world.append(org, &mut random, count);
            if random.one_in(3) {
                world.index().flush().unwrap();
            }
            let org = OrgCode(random.below(2) as u32);
            let events = erase_some(&world, &mut random, org, 20);
            if random.one_in(6) {
                // The truth was committed, and then the process was killed.
                world.close();
                world.open();
            }
            world.index().rewrite(org, &events).unwrap();
            if random.one_in(4) {
                world.index().rewrite(org, &events).unwrap();
            }
            match random.below(10) {
                0..3 => world.index().purge().unwrap(),
                3..5 => blank_unused(&world, org),
                5 => {
                    world.close();
                    world.open();
                }
                6 => {
                    world.close();
                    std::fs::remove_dir_all(world.path()).unwrap();
                    world.open();
                }
                7 => world.index().refresh(org),
                _ => (),
            }
            for at in 0..6 {
                compare(&world, &mut random, &format!("seed {seed} round {round} query {at}"));
            }
        }
        world.index().purge().unwrap();
        assert_gone(&world, &[]);
        assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    }
}

/// What somebody of whom nothing shall stay leaves in an event.
fn of_somebody(random: &mut Random, seq: u64) -> Document {
    let mut document = serde_json::to_value(document(random, seq)).unwrap();
    document["e"]["actor"] = json!({"type": "user", "id": "u_quux4711", "name": "Quentin Quuxley",
        "email": "quux@gone.example", "role": "quuxer"});
    document["e"]["context"] =
        json!({"ip": "198.51.100.147", "location": "Quuxhausen", "session_id": "s_quux"});
    document["e"]["metadata"] = json!({"quuxkey": "quuxvalue", "n": {"quuxinner": ["quuxdeep"]}});
    document["e"]["targets"] = json!([{"type": "quuxtype", "id": "quuxid", "name": "quux name"}]);
    document["e"]["on_behalf_of"] = json!({"type": "user", "id": "u_quuxother", "name": "Quuxa"});
    document["e"]["description"] = json!("Quux quuxed");
    serde_json::from_value(document).unwrap()
}

/// All of it.
const ALL: &[&str] = &[
    "/e/actor",
    "/e/context",
    "/e/metadata",
    "/e/targets/0/type",
    "/e/targets/0/id",
    "/e/targets/0/name",
    "/e/on_behalf_of",
    "/e/description",
];
/// What is nowhere then, as terms and in files.
const GONE: &[&str] = &["quux", "Quux", "QUUX", "198.51.100.147", "gone.example"];

/// Every fifth event is somebody's, and all of them are searched once, so that everything is in caches.
fn with_somebody(random: &mut Random, appends: usize) -> (World, Vec<u64>) {
    let mut world = World::new(2);
    let mut theirs = Vec::new();
    for _ in 0..appends {
        let first = world.sizes[0];
        let documents = (first..first + 50).map(|seq| {
            let is_theirs = seq % 5 == 2;
            theirs.extend(is_theirs.then_some(seq));
            if is_theirs { of_somebody(random, seq) } else { document(random, seq) }
        });
        let (append, events) = world.commit(OrgCode(0), documents.collect());
        world.index().add(append, events);
        world.index().flush().unwrap();
        found(&world, "quux");
    }
    (world, theirs)
}

/// How many events are found by a text.
fn found(world: &World, text: &str) -> u64 {
    let query = Query { search: Search::parse(text).unwrap(), ..Query::default() };
    let scope = Scope { sees: Sees::Everything, access_events: true };
    world.with(OrgCode(0), &query, &scope, |request| {
        let listed =
            world.index().page(request, &everlog::index::Start::Skip(0), 10_000).unwrap().places.len();
        let total = world.index().total(request).unwrap();
        assert_eq!(total, listed as u64, "{text}");
        assert_eq!(total, oracle::list(&oracle::read_log(&*world.store, request), request).len() as u64);
        total
    })
}

const TEXTS: &[&str] = &[
    "quux",
    "u_quux4711",
    "actor:quuxley",
    "\"quentin quuxley\"",
    "quux@gone.example",
    "gone.ex",
    "ip:198.51.100.147",
    "id:s_quux",
    "target:quuxid",
    "metadata.quuxkey:quuxvalue",
    "metadata.n.quuxinner:quuxdeep",
    "description:quuxed",
    "location:quuxhausen",
];

/// D06: masked when the call returns, and no byte of it on the disk after the purge: no term, no file, no cache.
#[test]
fn an_erased_person_is_not_found_and_then_nowhere_in_the_directory() {
    let mut random = Random(31);
    let (world, theirs) = with_somebody(&mut random, 12);
    assert_eq!(found(&world, "quux"), theirs.len() as u64);
    assert!(terms_with(&library(&world), GONE) > 10, "the walk sees what is there");
    let left: Vec<Event> =
        theirs.iter().map(|&seq| erase(&world.store, OrgCode(0), seq, ALL).unwrap()).collect();
    world.index().rewrite(OrgCode(0), &left).unwrap();
    for text in TEXTS {
        assert_eq!(found(&world, text), 0, "{text} was masked");
    }
    blank_unused(&world, OrgCode(0));
    for &kind in CodeKind::ALL {
        let values = world.store.codes(OrgCode(0), kind, Code(0)).unwrap();
        assert!(values.iter().all(|value| !GONE.iter().any(|gone| value.contains(gone))), "{values:?}");
    }
    world.index().purge().unwrap();
    assert_gone(&world, GONE);
    for text in TEXTS {
        assert_eq!(found(&world, text), 0, "{text} was purged");
    }
    for at in 0..30 {
        compare(&world, &mut random, &format!("purged, query {at}"));
    }
    // The same person may come again, and is found then.
    let mut world = world;
    let again = of_somebody(&mut random, world.sizes[0]);
    let (append, events) = world.commit(OrgCode(0), vec![again]);
    world.index().add(append, events);
    assert_eq!(found(&world, "quux@gone.example"), 1);
    for at in 0..10 {
        compare(&world, &mut random, &format!("come again, query {at}"));
    }
}

/// The trap of a merge that began before the deletion: it ends in a segment with the deleted documents still in it.
#[test]
fn what_is_erased_while_segments_merge_is_gone_after_the_purge() {
    let mut random = Random(37);
    let mut world = World::new(2);
    let batches: Vec<_> = (0..80)
        .map(|_| {
            let first = world.sizes[0];
            world.commit(OrgCode(0), (first..first + 20).map(|seq| of_somebody(&mut random, seq)).collect())
        })
        .collect();
    let (index, store): (&Index, &MemoryStore) = (world.index(), &world.store);
    let (added, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for (at, (append, events)) in batches.iter().enumerate() {
                // Each becomes a segment of its own, and every eighth begins a merge.
                index.add(*append, events.clone());
                index.flush().unwrap();
                added.store(at + 1, Ordering::SeqCst);
            }
            done.store(true, Ordering::SeqCst);
        });
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                index.purge().unwrap();
            }
        });
        let mut next = 0;
        while next < batches.len() {
            let end = added.load(Ordering::SeqCst);
            for at in next..end {
                let left: Vec<Event> = (at as u64 * 20..(at as u64 + 1) * 20)
                    .map(|seq| erase(store, OrgCode(0), seq, ALL).unwrap())
                    .collect();
                index.rewrite(OrgCode(0), &left).unwrap();
            }
            next = end;
            std::thread::yield_now();
        }
    });
    index.purge().unwrap();
    let segments = library(&world).searchable_segment_metas().unwrap().len();
    assert!(segments < 40, "{segments} segments: there were merges");
    assert_gone(&world, GONE);
    assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    assert_eq!(found(&world, "quux"), 0);
}

/// Killed at either moment between the truth's commit and the end of the purge; opened, and done again.
#[test]
fn an_erasure_that_a_crash_interrupted_is_done_again() {
    let mut random = Random(41);
    for is_masked in [false, true] {
        let (mut world, theirs) = with_somebody(&mut random, 5);
        let left: Vec<Event> =
            theirs.iter().map(|&seq| erase(&world.store, OrgCode(0), seq, ALL).unwrap()).collect();
        if is_masked {
            world.index().rewrite(OrgCode(0), &left).unwrap();
        }
        let killed = world.directory.path().join("killed");
        copy(&world.path(), &killed);
        world.close();
        std::fs::remove_dir_all(world.path()).unwrap();
        std::fs::rename(&killed, world.path()).unwrap();
        assert!(terms_with(&library(&world), GONE) > 10, "it is still on the disk");
        world.open();
        world.index().rewrite(OrgCode(0), &left).unwrap();
        for text in TEXTS {
            assert_eq!(found(&world, text), 0, "{text}");
        }
        world.index().purge().unwrap();
        assert_gone(&world, GONE);
        assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    }
}

/// A place without deleted documents needs no calls: what the last process left is taken off the disk by opening it.
#[test]
fn opening_purges_what_was_left() {
    let mut random = Random(43);
    let (mut world, theirs) = with_somebody(&mut random, 3);
    let left: Vec<Event> =
        theirs.iter().map(|&seq| erase(&world.store, OrgCode(0), seq, ALL).unwrap()).collect();
    world.index().rewrite(OrgCode(0), &left).unwrap();
    world.close();
    assert!(terms_with(&library(&world), GONE) > 10, "closing does not purge");
    world.open();
    let is_dirty = || {
        let metas = library(&world).searchable_segment_metas().unwrap();
        metas.iter().any(|meta| meta.num_deleted_docs() > 0)
    };
    let begun = std::time::Instant::now();
    while is_dirty() {
        assert!(begun.elapsed().as_secs() < 30, "still dirty");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.index().purge().unwrap();
    assert_gone(&world, GONE);
}

/// An event with a value that has no code is the caller's mistake, told to it; the index goes on.
#[test]
fn a_value_without_a_code_is_refused_and_harms_nothing() {
    let mut random = Random(47);
    let (world, _) = with_somebody(&mut random, 2);
    let row = world.store.rows(OrgCode(0), &[Seq(2)]).unwrap().remove(0);
    let mut document: Document = serde_json::from_slice(&row.document).unwrap();
    document.event.context.ip = Some("192.0.2.250".to_owned());
    let event = Event {
        seq: row.seq,
        received_ms: row.received_ms,
        leaf_hash: row.leaf_hash,
        document,
        erased: Vec::new(),
    };
    assert!(matches!(world.index().rewrite(OrgCode(0), &[event]), Err(IndexError::Corrupt(_))));
    assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    world.index().rewrite(OrgCode(0), &[]).unwrap();
    for at in 0..5 {
        compare(&world, &mut random, &format!("refused, query {at}"));
    }
}
