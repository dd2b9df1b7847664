//! Finding, against the oracle: random logs, random questions, in every state that the index can be in.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use everlog::index::{FacetField, Index, IndexError, Page, Position, Request, Start, actor_value};
use everlog::store::{Append, CodeKind, OrgCode, Row, Store};
use everlog_core::catalog::{Catalog, Catalogs, Kind};
use everlog_core::erasure::Salts;
use everlog_core::event::{Document, Event, NewEvent, Origin, Outcome, Served, Via};
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Seed;
use everlog_core::query::{Filters, Query, Sort, SortBy, TargetRef};
use everlog_core::scope::{Scope, Sees};
use everlog_core::search::Search;
use serde_json::{Value, json};

use crate::memory_store::MemoryStore;
use crate::oracle::{self, Known};

mod erasure;
mod since;

/// Numbers that look random and are the same every time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const ACTIONS: &[&str] = &[
    "lead.created",
    "lead.status_changed",
    "lead.deleted",
    "lead.transferred",
    "auth.signed_in",
    "invoice.sent",
    "invoice.updated",
    "session.issued",
    "session.started",
    "export.made",
    "user.login",
    "user.role_changed",
    "Zebra.created",
    "zoë.deleted",
];
const NAMES: &[&str] =
    &["Ana Ruiz", "Zoë Müller", "zoe muller", "王小明", "Sam  Support", "Ægir", "Ana", "ana ruiz"];
const IDS: &[&str] = &["u_1", "u_2", "u_3", "U_1", "system", "sp8d4f2a11"];
const EMAILS: &[&str] = &["ana.ruiz@acme.example", "Sam@Vendor.example", "sam@vendor.example"];
const IPS: &[&str] =
    &["203.0.113.7", "203.0.113.70", "9.9.9.9", "2001:db8::1", "2001:db8:0::1", "::1", "10.0.0.1"];
const TYPES: &[&str] = &["lead", "user", "invoice", "pipeline"];
const WORDS: &[&str] = &[
    "new",
    "deal",
    "New",
    "Globex",
    "globe",
    "contract-4f2a",
    "4F2A",
    "München",
    "munchen",
    "signed",
    "in",
    "a",
    "auth.signed_in",
    "(draft)",
    "…",
    "x",
    "permission",
    "admission",
    "王小明签署",
    "ab",
    "b-ab",
    "Straße",
];

fn words(random: &mut Random, most: usize) -> String {
    let count = 1 + random.below(most);
    (0..count).map(|_| random.pick(WORDS)).collect::<Vec<_>>().join(" ")
}

fn actor(random: &mut Random) -> Value {
    let mut actor = json!({"type": random.pick(&["user", "user", "api_key", "service", "signee"]), "id": random.pick(IDS)});
    if random.one_in(6) {
        actor = json!({"type": random.pick(&["system", "anonymous"])});
    }
    for (member, values) in [("name", NAMES), ("email", EMAILS), ("role", &["admin", "member"])] {
        if random.one_in(2) {
            actor[member] = json!(random.pick(values));
        }
    }
    actor
}

fn target(random: &mut Random) -> Value {
    let mut target = json!({"type": random.pick(TYPES), "id": format!("t_{}", random.below(6))});
    if random.one_in(2) {
        target["name"] = json!(words(random, 2));
    }
    if random.one_in(4) {
        target["parent"] = json!({"type": random.pick(TYPES), "id": "p".repeat(1 + random.below(300)), "name": "Parent Deal"});
    }
    target
}

fn metadata(random: &mut Random) -> Value {
    let mut metadata = json!({});
    for _ in 0..random.below(4) {
        let key = random.pick(&["score", "Score", "plan", "note.of", "note"]);
        metadata[key] = match random.below(6) {
            0 => json!(random.below(20)),
            1 => json!(random.one_in(2)),
            2 => json!({"of": words(random, 2), "Deep": {"er": words(random, 1)}}),
            3 => json!([words(random, 2), 7.5, null]),
            4 => Value::Null,
            _ => json!(words(random, 3)),
        };
    }
    metadata
}

/// Half of the times are one of a few days, as imports have them.
fn time(random: &mut Random) -> String {
    let day = 1 + random.below(9);
    if random.one_in(2) {
        return format!("2026-11-{day:02}T00:00:00Z");
    }
    format!("2026-11-{day:02}T{:02}:{:02}:00.{:03}Z", random.below(24), random.below(3), random.below(2))
}

fn document(random: &mut Random, seq: u64) -> Document {
    let mut event =
        json!({"action": random.pick(ACTIONS), "actor": actor(random), "metadata": metadata(random)});
    event["context"] = json!({});
    for (member, value) in [
        ("ip", random.pick(IPS)),
        ("location", random.pick(&["München, Bayern", "in Globex"])),
        ("session_id", random.pick(&["s_4f2a", "s_1"])),
        ("request_id", random.pick(&["r_9", "r_10"])),
    ] {
        if random.one_in(2) {
            event["context"][member] = json!(value);
        }
    }
    if !random.one_in(5) {
        event["occurred_at"] = json!(time(random));
    }
    if random.one_in(3) {
        event["on_behalf_of"] = actor(random);
    }
    let targets: Vec<Value> = (0..random.below(4)).map(|_| target(random)).collect();
    event["targets"] = json!(targets);
    for (member, value) in [
        ("description", words(random, 5)),
        ("reason", words(random, 3)),
        ("process", format!("sp{}", random.below(3))),
        ("signee", format!("si{}", random.below(3))),
        ("outcome", random.pick(&["failure", "denied"]).to_owned()),
        ("audience", "administrators".to_owned()),
    ] {
        if random.one_in(4) {
            event[member] = json!(value);
        }
    }
    let served = Served {
        id: Some(format!("ev-{seq}-4f2a")),
        kind: Origin::Event,
        key_id: None,
        session_id: None,
        remote: None,
        forwarded: Vec::new(),
        via: Via::Api,
        mode: None,
        cause: None,
        automated: Vec::new(),
        anomalies: Vec::new(),
        redacted: Vec::new(),
    };
    Document { event: NewEvent::from_json(event).unwrap(), served }
}

fn coded(event: &NewEvent) -> Vec<(CodeKind, String)> {
    let mut coded =
        vec![(CodeKind::Action, event.action.clone()), (CodeKind::Actor, actor_value(&event.actor))];
    coded.extend(event.on_behalf_of.as_ref().map(|actor| (CodeKind::Actor, actor_value(actor))));
    coded.extend(event.context.ip.clone().map(|ip| (CodeKind::Ip, ip)));
    coded.extend(event.targets.iter().map(|target| (CodeKind::TargetType, target.kind.clone())));
    coded
}

fn own_catalog(text: &str) -> Catalogs {
    Catalogs::shipped_with(&["everlog", "workspace"], Some(Catalog::parse("own", text).unwrap())).unwrap()
}

/// A store, an index over it, and the catalogs in force.
struct World {
    store: Arc<MemoryStore>,
    index: Option<Index>,
    directory: tempfile::TempDir,
    catalogs: Arc<RwLock<Arc<Catalogs>>>,
    /// The size of each log.
    sizes: Vec<u64>,
}

impl World {
    fn new(organizations: u32) -> Self {
        let catalogs = Arc::new(own_catalog("['lead.created']\nlabel = 'Zoë lead'\ncategory = 'Leads'"));
        let mut world = Self {
            store: Arc::new(MemoryStore::with_organizations(organizations)),
            index: None,
            directory: tempfile::tempdir().unwrap(),
            catalogs: Arc::new(RwLock::new(catalogs)),
            sizes: vec![0; organizations as usize],
        };
        world.open();
        world
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("index")
    }

    fn open(&mut self) {
        let catalogs = Arc::clone(&self.catalogs);
        let of = Arc::new(move |_| Arc::clone(&catalogs.read().unwrap()));
        let store: Arc<dyn Store> = Arc::clone(&self.store) as Arc<dyn Store>;
        self.index = Some(Index::open(&self.path(), store, of).unwrap());
    }

    fn close(&mut self) {
        self.index = None;
    }

    fn index(&self) -> &Index {
        self.index.as_ref().unwrap()
    }

    /// Commits documents to the store, and says what the index must be told.
    fn commit(&mut self, org: OrgCode, documents: Vec<Document>) -> (Append, Vec<Event>) {
        let size = &mut self.sizes[org.0 as usize];
        let first = *size;
        *size += documents.len() as u64;
        let codes: Vec<_> = documents.iter().flat_map(|document| coded(&document.event)).collect();
        let row = |(at, document): (usize, &Document)| Row {
            seq: Seq(first + at as u64),
            received_ms: 1_793_000_000_000 + (first + at as u64) / 5,
            document: serde_json::to_vec(document).unwrap(),
            salts: Salts::Seed(Seed([7; 32])),
            leaf_hash: [0; 32],
        };
        let rows: Vec<Row> = documents.iter().enumerate().map(row).collect();
        let event = |(row, document): (&Row, &Document)| Event {
            seq: row.seq,
            received_ms: row.received_ms,
            leaf_hash: row.leaf_hash,
            document: document.clone(),
            erased: Vec::new(),
        };
        let events = rows.iter().zip(&documents).map(event).collect();
        (self.store.append(org, rows, &codes), events)
    }

    fn append(&mut self, org: OrgCode, random: &mut Random, count: usize) {
        let first = self.sizes[org.0 as usize];
        let documents = (0..count).map(|at| document(random, first + at as u64)).collect();
        let (append, events) = self.commit(org, documents);
        self.index().add(append, events);
    }

    /// Asks for everything that matches a query.
    fn with<T>(&self, org: OrgCode, query: &Query, scope: &Scope, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let catalogs = Arc::clone(&self.catalogs.read().unwrap());
        ask(&Request {
            org,
            scope,
            query,
            catalogs: &catalogs,
            size: Size(u64::MAX),
            deadline: Instant::now() + Duration::from_secs(60),
        })
    }
}

const EVERYTHING: Scope = Scope { sees: Sees::Everything, access_events: false };

/// Text as somebody types it: pieces of what is there, fields, signs.
fn typed(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        if random.one_in(3) {
            text.push('-');
        }
        if random.one_in(2) {
            let fields = [
                "actor",
                "action",
                "category",
                "kind",
                "outcome",
                "target",
                "ip",
                "process",
                "id",
                "description",
                "metadata.score",
                "metadata.note.of",
                "metadata.note.deep.er",
                "metadata.plan",
            ];
            text.push_str(random.pick(&fields));
            text.push(':');
        }
        let known = [
            WORDS,
            NAMES,
            IDS,
            EMAILS,
            IPS,
            ACTIONS,
            &["Leads", "created", "denied", "ev-1-4f2a", "true", "7.5", "Parent Deal"],
        ];
        let list = known[random.below(known.len())];
        let word: Vec<char> = random.pick(list).chars().collect();
        if random.one_in(3) {
            let joined = format!(
                "\"{} {}\" ",
                random.pick(WORDS),
                random.pick(&["deal", "new", "signed", "globex", ""])
            );
            text.push_str(&joined);
            continue;
        }
        let start = random.below(word.len());
        let end = (start + 1 + random.below(6)).min(word.len());
        let piece: String =
            if random.one_in(3) { word.iter().collect() } else { word[start..end].iter().collect() };
        text.push_str(piece.split_whitespace().next().unwrap_or("x"));
        text.push(' ');
    }
    text
}

fn some(random: &mut Random, from: &[&str], of: usize) -> Vec<String> {
    let count = if random.one_in(of) { 1 + random.below(2) } else { 0 };
    (0..count).map(|_| random.pick(from).to_owned()).collect()
}

/// Values of some fields, each asked for about once in `of`.
fn filters(random: &mut Random, catalogs: &Catalogs, of: usize) -> Filters {
    let categories: Vec<String> = ACTIONS.iter().map(|action| catalogs.describe(action).category).collect();
    let categories: Vec<&str> = categories.iter().map(String::as_str).collect();
    let actors: Vec<&str> =
        [IDS, EMAILS, &["system", "anonymous", "ANA.RUIZ@acme.example", "nobody"]].concat();
    Filters {
        actors: some(random, &actors, of),
        categories: some(random, &categories, of),
        actions: some(random, &[ACTIONS, &["lead.*", "*", "nothing.done"]].concat(), of),
        kinds: if random.one_in(of + 1) { vec![Kind::ALL[random.below(5)]] } else { Vec::new() },
        outcomes: if random.one_in(of + 2) { vec![Outcome::ALL[random.below(3)]] } else { Vec::new() },
        targets: some(random, TYPES, of)
            .into_iter()
            .map(|kind| TargetRef { kind, id: format!("t_{}", random.below(6)) })
            .collect(),
        target_types: some(random, TYPES, of),
        ips: some(random, IPS, of),
        processes: some(random, &["sp0", "sp1", "sp9"], of),
    }
}

fn query(random: &mut Random, catalogs: &Catalogs) -> Query {
    let day = 24 * 60 * 60 * 1000;
    let start = 1_793_491_200_000; // 2026-11-01.
    let edge = |random: &mut Random| random.one_in(4).then(|| start + day * random.below(10) as u64);
    Query {
        from_ms: edge(random),
        to_ms: edge(random),
        only: filters(random, catalogs, 4),
        not: filters(random, catalogs, 6),
        search: if random.one_in(2) {
            Search::parse(&typed(random)).unwrap_or_default()
        } else {
            Search::default()
        },
        sort: Sort { by: SortBy::ALL[random.below(6)], descending: random.one_in(2) },
    }
}

fn scope(random: &mut Random) -> Scope {
    let user = || IDS[0].to_owned();
    let sees = match random.below(6) {
        0 => Sees::Organization,
        1 => Sees::OwnOfOrganization(user()),
        2 => Sees::OwnOfAdministrators(user()),
        _ => Sees::Everything,
    };
    Scope { sees, access_events: random.one_in(3) }
}

const FACETS: &[FacetField] = &[
    FacetField::Category,
    FacetField::Action,
    FacetField::Kind,
    FacetField::Actor,
    FacetField::TargetType,
    FacetField::Ip,
    FacetField::Outcome,
];

/// Asks everything about one random question, and compares.
fn compare(world: &World, random: &mut Random, note: &str) {
    let org = OrgCode(random.below(world.sizes.len()) as u32);
    let catalogs = Arc::clone(&world.catalogs.read().unwrap());
    let (query, scope) = (query(random, &catalogs), scope(random));
    let head = world.sizes[org.0 as usize];
    let size = if random.one_in(3) { random.below(head as usize + 1) as u64 } else { head };
    let request = Request {
        org,
        scope: &scope,
        query: &query,
        catalogs: &catalogs,
        size: Size(size),
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let (index, store) = (world.index(), &*world.store);
    let log = oracle::read_log(store, &request);
    let list = oracle::list(&log, &request);
    let note = format!("{note}: {org:?} {scope:?} size {size} {query:#?}");
    assert_eq!(index.total(&request).unwrap(), list.len() as u64, "{note}");
    assert_eq!(index.span(&request).unwrap(), oracle::span(&log, &request), "{note}");
    let limit = 1 + random.below(12);
    let mut starts = vec![Start::Skip(0), Start::Skip(random.below(list.len() + 3) as u64)];
    for _ in 0..2 {
        if !list.is_empty() {
            starts.push(Start::After(list[random.below(list.len())].clone()));
            starts.push(Start::Before(list[random.below(list.len())].clone()));
        }
    }
    for start in &starts {
        let page = index.page(&request, start, limit).unwrap();
        assert_eq!(page, oracle::page(&list, start, limit), "{start:?} limit {limit} {note}");
    }
    let field = FACETS[random.below(FACETS.len())];
    let prefix = random.pick(&["", "", "", "a", "ZO", "2001", "u_", "lead", "endor", "ruiz"]);
    let facet = oracle::facet(&log, &request, store, field, prefix);
    assert_eq!(index.facet(&request, field, prefix).unwrap(), facet, "{field:?} {prefix} {note}");
    let mut edges: Vec<u64> =
        (0..random.below(5)).map(|_| log.get(random.below(log.len().max(1))).map_or(7, |it| it.ms)).collect();
    edges.sort_unstable();
    edges.dedup();
    assert_eq!(
        index.histogram(&request, &edges).unwrap(),
        oracle::histogram(&log, &request, &edges),
        "{edges:?} {note}"
    );
}

/// C04, C06, D08, D17, L10, L14, T15: filters, search, order, pages, counts, and the same set everywhere.
#[test]
fn every_answer_is_what_looking_at_every_event_gives() {
    for seed in 0..3 {
        let mut random = Random(seed);
        let mut world = World::new(4);
        for round in 0..30 {
            let org = OrgCode(random.below(3) as u32);
            let count = 1 + random.below(30);
            world.append(org, &mut random, count);
            match random.below(12) {
                0..4 => world.index().flush().unwrap(),
                4 => {
                    world.close();
                    world.open();
                }
                5 => {
                    world.close();
                    std::fs::remove_dir_all(world.path()).unwrap();
                    world.open();
                }
                _ => (),
            }
            for at in 0..8 {
                compare(&world, &mut random, &format!("seed {seed} round {round} query {at}"));
            }
        }
        assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    }
}

/// L14, C06: walking by cursors, either way, meets every match once, also while events arrive and move to disk.
#[test]
fn pages_forward_and_back_join_to_the_whole_list() {
    let mut random = Random(7);
    let mut world = World::new(2);
    let org = OrgCode(1);
    world.append(org, &mut random, 400);
    for by in SortBy::ALL {
        for descending in [false, true] {
            let catalogs = Arc::clone(&world.catalogs.read().unwrap());
            let query = Query { sort: Sort { by: *by, descending }, ..Query::default() };
            let request = Request {
                org,
                scope: &EVERYTHING,
                query: &query,
                catalogs: &catalogs,
                size: Size(world.sizes[1]),
                deadline: Instant::now() + Duration::from_secs(60),
            };
            let list = oracle::list(&oracle::read_log(&*world.store, &request), &request);
            let mut page = world.index().page(&request, &Start::Skip(0), 17).unwrap();
            let mut walked = page.places.clone();
            while page.has_next {
                if random.one_in(4) {
                    world.append(org, &mut random, 3);
                }
                if random.one_in(4) {
                    world.index().flush().unwrap();
                }
                page =
                    world.index().page(&request, &Start::After(walked.last().unwrap().clone()), 17).unwrap();
                assert!(page.has_previous);
                walked.extend(page.places.clone());
            }
            assert_eq!(walked, list, "{by:?} {descending}");
            let mut back: Vec<Position> = walked.split_off(walked.len() - 1);
            let mut page = Page { has_previous: true, ..Page::default() };
            while page.has_previous {
                page = world.index().page(&request, &Start::Before(back[0].clone()), 23).unwrap();
                assert!(page.has_next);
                back.splice(0..0, page.places.clone());
            }
            assert_eq!(back, list, "{by:?} {descending}, backwards");
        }
    }
}

#[test]
fn words_of_changed_catalogs_are_found_after_a_refresh() {
    let mut random = Random(11);
    let mut world = World::new(2);
    for _ in 0..6 {
        world.append(OrgCode(0), &mut random, 700);
        world.append(OrgCode(1), &mut random, 20);
    }
    let text = "['invoice.sent']\nlabel = 'Quux invoice'\ntemplate = '{actor} quuxified {target}'";
    *world.catalogs.write().unwrap() = Arc::new(own_catalog(text));
    world.index().refresh(OrgCode(0));
    world.index().refresh(OrgCode(1));
    // More arrives while the words are made anew.
    world.append(OrgCode(0), &mut random, 50);
    let (everything, all) = (Scope { sees: Sees::Everything, access_events: true }, Query::default());
    let questions = std::thread::scope(|threads| {
        let flush = threads.spawn(|| world.index().flush().unwrap());
        let mut questions = 0;
        while !flush.is_finished() {
            let total = world.with(OrgCode(0), &all, &everything, |it| world.index().total(it).unwrap());
            assert_eq!(total, world.sizes[0], "old and new words of an event are swapped in one step");
            questions += 1;
        }
        questions
    });
    assert!(questions > 0);
    assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    for word in ["quux", "quuxified", "lead"] {
        let query =
            Query { search: Search::parse(&format!("description:{word}")).unwrap(), ..Query::default() };
        for org in [OrgCode(0), OrgCode(1)] {
            world.with(org, &query, &EVERYTHING, |request| {
                let log = oracle::read_log(&*world.store, request);
                let list = oracle::list(&log, request);
                assert_eq!(world.index().total(request).unwrap(), list.len() as u64, "{word}");
                assert!(word != "quuxified" || !list.is_empty());
            });
        }
    }
    for at in 0..10 {
        compare(&world, &mut random, &format!("after a refresh, query {at}"));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// An older copy of the directory is a consistent beginning: the rest is taken in from the truth, nothing twice.
#[test]
fn an_older_copy_of_the_index_catches_up() {
    let mut random = Random(13);
    let mut world = World::new(3);
    for org in 0..3 {
        world.append(OrgCode(org), &mut random, 100);
    }
    world.close();
    let old = world.directory.path().join("old");
    copy(&world.path(), &old);
    world.open();
    for org in [2, 0, 2] {
        world.append(OrgCode(org), &mut random, 50);
    }
    world.close();
    std::fs::remove_dir_all(world.path()).unwrap();
    copy(&old, &world.path());
    world.open();
    assert_eq!(world.index().check().unwrap(), Vec::<String>::new());
    for at in 0..20 {
        compare(&world, &mut random, &format!("caught up, query {at}"));
    }
}

/// What cannot be trusted is made anew: files cut short, nonsense, another store's index.
#[test]
fn a_damaged_or_foreign_index_is_made_anew() {
    let mut random = Random(17);
    let mut world = World::new(2);
    world.append(OrgCode(0), &mut random, 200);
    world.close();
    let mut other = World::new(2);
    for _ in 0..3 {
        other.append(OrgCode(1), &mut random, 30);
    }
    other.close();
    type Damage = fn(&Path, &Path);
    let damages: &[Damage] = &[
        |path, _| std::fs::write(path.join("meta.json"), "{").unwrap(),
        |path, _| std::fs::remove_file(path.join("meta.json")).unwrap(),
        |path, _| {
            for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
                if entry.path().extension().is_some_and(|it| it == "fast") {
                    std::fs::write(entry.path(), "short").unwrap();
                }
            }
        },
        |path, other| {
            std::fs::remove_dir_all(path).unwrap();
            copy(&other.join("schema-1"), path);
        },
        |path, _| std::fs::rename(path, path.with_file_name("schema-0")).unwrap(),
        |path, _| {
            std::fs::remove_dir_all(path).unwrap();
            std::fs::write(path, "a file").unwrap();
        },
    ];
    for (at, damage) in damages.iter().enumerate() {
        damage(&world.path().join("schema-1"), &other.path());
        world.open();
        assert_eq!(world.index().check().unwrap(), Vec::<String>::new(), "damage {at}");
        world.close();
        let names: Vec<_> =
            std::fs::read_dir(world.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["schema-1"], "damage {at}");
    }
}

#[test]
fn a_question_whose_time_is_up_is_not_answered() {
    let mut random = Random(19);
    let mut world = World::new(1);
    world.append(OrgCode(0), &mut random, 10);
    world.with(OrgCode(0), &Query::default(), &EVERYTHING, |request| {
        let late = Request { deadline: Instant::now(), ..request.clone() };
        assert!(matches!(world.index().total(&late), Err(IndexError::TimedOut)));
    });
}

/// Promise 1: what was added is found by the very next question, whatever the thread behind is doing.
#[test]
fn an_added_event_is_found_at_once_and_once_by_questions_on_other_threads() {
    let mut random = Random(23);
    let mut world = World::new(1);
    let added = std::sync::atomic::AtomicU64::new(0);
    let done = std::sync::atomic::AtomicBool::new(false);
    let index = world.index.take().unwrap();
    let catalogs = Arc::clone(&world.catalogs.read().unwrap());
    let query = Query { search: Search::parse("id:ev").unwrap(), ..Query::default() };
    let everything = Scope { sees: Sees::Everything, access_events: true };
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    let least = added.load(std::sync::atomic::Ordering::SeqCst);
                    let request = |size| Request {
                        org: OrgCode(0),
                        scope: &everything,
                        query: &query,
                        catalogs: &catalogs,
                        size: Size(size),
                        deadline: Instant::now() + Duration::from_secs(60),
                    };
                    assert_eq!(index.total(&request(least)).unwrap(), least);
                    assert!(index.total(&request(u64::MAX)).unwrap() >= least);
                }
            });
        }
        for _ in 0..300 {
            let count = 1 + random.below(5);
            let first = world.sizes[0];
            let documents = (0..count).map(|at| document(&mut random, first + at as u64)).collect();
            let (append, events) = world.commit(OrgCode(0), documents);
            index.add(append, events);
            added.store(world.sizes[0], std::sync::atomic::Ordering::SeqCst);
            if random.one_in(10) {
                index.flush().unwrap();
            }
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    assert_eq!(index.check().unwrap(), Vec::<String>::new());
    let log = oracle::read_log(
        &*world.store,
        &Request {
            org: OrgCode(0),
            scope: &everything,
            query: &query,
            catalogs: &catalogs,
            size: Size(u64::MAX),
            deadline: Instant::now(),
        },
    );
    assert_eq!(
        log.iter().map(|known: &Known| known.seq).collect::<Vec<_>>(),
        (0..world.sizes[0]).collect::<Vec<_>>()
    );
}
