//! How fast the index takes in, how large it gets, how quickly it answers: `cargo bench --bench index [-- EVENTS]`.
//!
//! A plain program that prints figures; nothing is judged. Deliberately absent: the store's share; rows stay in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use everlog::index::{FacetField, Index, Request, Start, TAIL_EVENTS_MAX, actor_value};
use everlog::store::{Append, CodeKind, OrgCode, Row, Store};
use everlog_core::catalog::Catalogs;
use everlog_core::erasure::Salts;
use everlog_core::event::{Document, Event};
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Seed;
use everlog_core::query::{Filters, Query, Sort, SortBy};
use everlog_core::scope::{Scope, Sees};
use everlog_core::search::Search;
use serde_json::json;

#[path = "../tests/it/memory_store.rs"]
#[allow(dead_code)]
mod memory_store;

use memory_store::MemoryStore;

const EVENTS: u64 = 300_000;
const ORGANIZATIONS: u32 = 200;
const GROUP: u64 = 1_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const ERASED: u64 = 10_000;
const START_MS: u64 = 1_767_225_600_000; // 2026-01-01.

fn main() {
    // Cargo adds `--bench`.
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryStore::with_organizations(ORGANIZATIONS));
    let catalogs = Arc::new(Catalogs::shipped_with(&["everlog", "workspace"], None).unwrap());
    let of = Arc::clone(&catalogs);
    let opened: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let index = Index::open(directory.path(), opened, Arc::new(move |_| Arc::clone(&of))).unwrap();
    let (taking_in, largest) = ingest(&index, &store, &catalogs, events);
    println!("{events} events of {ORGANIZATIONS} organizations, the largest has {largest}");
    println!(
        "{:>10.0} events/s taken in, tail of {TAIL_EVENTS_MAX}",
        events as f64 / taking_in.as_secs_f64()
    );
    println!("{:>10.1} bytes/event", size_bytes(directory.path()) as f64 / events as f64);
    questions(&index, &catalogs, largest);
    erasure(&index, &store, largest);
}

/// Takes in all events and gives the time spent in the index alone, and the size of organization 0.
fn ingest(index: &Index, store: &MemoryStore, catalogs: &Catalogs, events: u64) -> (Duration, u64) {
    let actions: Vec<String> = catalogs.actions().map(|action| action.key.clone()).collect();
    let mut sizes = vec![0_u64; ORGANIZATIONS as usize];
    let mut coded: HashSet<(OrgCode, CodeKind, String)> = HashSet::new();
    let mut taking_in = Duration::ZERO;
    let (mut made, mut random) = (0, 1_u64);
    while made < events {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // About a quarter of all groups belong to the first organization, as in a product with one large customer.
        let pick = (random >> 33) % 1_000;
        let org = OrgCode(if pick < 240 { 0 } else { (pick % u64::from(ORGANIZATIONS)) as u32 });
        let size = &mut sizes[org.0 as usize];
        let count = GROUP.min(events - made);
        let documents: Vec<Document> =
            (0..count).map(|at| document(&actions, *size + at, made + at, events)).collect();
        let (append, events_made) = commit(store, org, *size, documents, &mut coded);
        *size += count;
        made += count;
        let begun = Instant::now();
        index.add(append, events_made);
        taking_in += begun.elapsed();
    }
    let begun = Instant::now();
    index.flush().unwrap();
    (taking_in + begun.elapsed(), sizes[0])
}

fn commit(
    store: &MemoryStore,
    org: OrgCode,
    first: u64,
    documents: Vec<Document>,
    known: &mut HashSet<(OrgCode, CodeKind, String)>,
) -> (Append, Vec<Event>) {
    let mut coded = Vec::new();
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for (at, document) in (first..).zip(documents) {
        let event = &document.event;
        let mut values =
            vec![(CodeKind::Action, event.action.clone()), (CodeKind::Actor, actor_value(&event.actor))];
        values.extend(event.context.ip.clone().map(|ip| (CodeKind::Ip, ip)));
        values.extend(event.targets.iter().map(|target| (CodeKind::TargetType, target.kind.clone())));
        coded.extend(values.into_iter().filter(|(kind, value)| known.insert((org, *kind, value.clone()))));
        let bytes = serde_json::to_vec(&document).unwrap();
        let (seq, received_ms, leaf_hash) = (Seq(at), START_MS + at, [0; 32]);
        rows.push(Row { seq, received_ms, document: bytes, salts: Salts::Seed(Seed([7; 32])), leaf_hash });
        events.push(Event { seq, received_ms, leaf_hash, document, erased: Vec::new() });
    }
    (store.append(org, rows, &coded), events)
}

fn document(actions: &[String], seq: u64, number: u64, of: u64) -> Document {
    // Multiplying by a large odd number spreads what follows each other.
    let spread =
        |salt: u64, end: u64| (number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % end;
    let person = spread(1, 400);
    let target = spread(2, 5_000);
    let late = if spread(3, 100) < 3 { spread(4, 300) * DAY_MS } else { 0 };
    let ms = START_MS + 300 * DAY_MS + number * 30 * DAY_MS / of - late;
    let time = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap();
    let plan = ["free", "pro", "team"][spread(8, 3) as usize];
    serde_json::from_value(json!({
        "e": {
            "action": actions[spread(5, actions.len() as u64) as usize],
            "occurred_at": time.to_string(),
            "actor": {"type": "user", "id": format!("u_{person}"), "name": format!("Person {person}"),
                "email": format!("person{person}@acme.example")},
            "targets": [{"type": "lead", "id": format!("l_{target:x}"), "name": format!("Company {target}")}],
            "context": {"ip": format!("203.0.{}.{}", person % 7, person % 250), "request_id": format!("r_{:016x}", spread(6, u64::MAX >> 33)),
                "session_id": format!("s_{:08x}", spread(7, 50_000))},
            "metadata": {"plan": plan, "score": spread(9, 100)},
        },
        "s": {"id": format!("ev_{seq:x}_{number:x}"), "kind": "event", "via": "api"},
    }))
    .unwrap()
}

/// Takes who it was out of many events of the largest log.
fn erasure(index: &Index, store: &MemoryStore, largest: u64) {
    let org = OrgCode(0);
    let erase = |seq| {
        let row = store.rows(org, &[Seq(seq)]).unwrap().remove(0);
        let mut value = serde_json::from_slice(&row.document).unwrap();
        let written = row.salts.erase(&mut value, &["/e/actor", "/e/context"], Seq(largest)).unwrap();
        let document: Document = serde_json::from_value(value.clone()).unwrap();
        let Row { received_ms, leaf_hash, .. } = row;
        let row = Row { document: value.to_string().into_bytes(), salts: Salts::Written(written), ..row };
        store.erase(org, row, &[(CodeKind::Actor, actor_value(&document.event.actor))]);
        Event { seq: Seq(seq), received_ms, leaf_hash, document, erased: Vec::new() }
    };
    let seqs = (0..largest).step_by((largest / ERASED).max(1) as usize).take(ERASED as usize);
    let events: Vec<Event> = seqs.map(erase).collect();
    let measure = |name: &str, act: &dyn Fn()| {
        let begun = Instant::now();
        act();
        println!("{:>10.3} ms  {name}", begun.elapsed().as_secs_f64() * 1_000.0);
    };
    println!("{} events of one person erased, spread over the largest log", events.len());
    measure("until no query finds them", &|| index.rewrite(org, &events).unwrap());
    measure("unused codes", &|| {
        for &kind in CodeKind::ALL {
            std::hint::black_box(index.unused_codes(org, kind).unwrap());
        }
    });
    measure("until they are off the disk", &|| index.purge().unwrap());
}

fn size_bytes(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() { size_bytes(&entry.path()) } else { metadata.len() }
        })
        .sum()
}

fn questions(index: &Index, catalogs: &Catalogs, largest: u64) {
    let scope = Scope { sees: Sees::Everything, access_events: false };
    let request = |query: &Query, ask: &dyn Fn(&Request<'_>)| {
        ask(&Request {
            org: OrgCode(0),
            scope: &scope,
            query,
            catalogs,
            size: Size(largest),
            deadline: Instant::now() + Duration::from_secs(60),
        });
    };
    let page = |request: &Request<'_>| drop(index.page(request, &Start::Skip(0), 25).unwrap());
    let total = |request: &Request<'_>| drop(std::hint::black_box(index.total(request).unwrap().to_string()));
    let all = Query::default();
    let actor =
        Query { only: Filters { actors: vec!["u_17".to_owned()], ..Filters::default() }, ..Query::default() };
    let category = Query {
        only: Filters { categories: vec!["Leads".to_owned()], ..Filters::default() },
        from_ms: Some(START_MS + 300 * DAY_MS),
        to_ms: Some(START_MS + 315 * DAY_MS),
        ..Query::default()
    };
    let search = |text: &str| Query { search: Search::parse(text).unwrap(), ..Query::default() };
    let (word, piece) = (search("pro"), search("4f2a"));
    let by_actor = Query { sort: Sort { by: SortBy::Actor, descending: false }, ..Query::default() };
    let edges: Vec<u64> = (0..=30).map(|day| START_MS + (300 + day) * DAY_MS).collect();
    let measure = |name: &str, query: &Query, ask: &dyn Fn(&Request<'_>)| {
        let mut times: Vec<Duration> = (0..50)
            .map(|_| {
                let begun = Instant::now();
                request(query, ask);
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("{:>10.3} ms  {name}", times[times.len() / 2].as_secs_f64() * 1_000.0);
    };
    measure("newest page", &all, &page);
    measure("newest page of one actor", &actor, &page);
    measure("newest page of a category in a range", &category, &page);
    measure("newest page with a word", &word, &page);
    measure("newest page with a piece of a word", &piece, &page);
    measure("first page sorted by actor", &by_actor, &page);
    measure("total of everything", &all, &total);
    measure("total of a category in a range", &category, &total);
    measure("total of a word", &word, &total);
    measure("total of a piece of a word", &piece, &total);
    measure("all facets", &all, &|request| {
        for field in
            [FacetField::Category, FacetField::Action, FacetField::Actor, FacetField::Ip, FacetField::Outcome]
        {
            index.facet(request, field, "").unwrap();
        }
    });
    measure("histogram of 30 days", &all, &|request| drop(index.histogram(request, &edges).unwrap()));
}
