//! What came in since a position, against the oracle: random questions from random positions, while the index writes behind.
//! Deliberately absent: waiting and waking, which is in `http::live`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use everlog::index::{Index, LOOK_EVENTS_MAX, Request};
use everlog::store::OrgCode;
use everlog_core::ids::{Seq, Size};

use crate::index::{Random, World, document, query, scope};
use crate::oracle;

/// Ends what runs beside a test, also when the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Looks again and again, as a listener does, and returns everything that it found.
fn walk(index: &Index, request: &Request<'_>, from: u64, head: u64, limit: usize, note: &str) -> Vec<u64> {
    let (mut found, mut next) = (Vec::new(), Seq(from));
    loop {
        let look = index.since(request, next, limit).unwrap();
        let seqs: Vec<u64> = look.seqs.iter().map(|seq| seq.0).collect();
        assert!(seqs.len() <= limit && seqs.is_sorted_by(|a, b| a < b), "{seqs:?} {note}");
        assert!(seqs.iter().all(|seq| (next.0..look.upto.0).contains(seq)), "{seqs:?} of {next:?} {note}");
        found.extend(seqs);
        if !look.has_more {
            // Who stands at the end or behind it stays there.
            assert_eq!(look.upto.0, head.max(from), "{note}");
            return found;
        }
        assert!(look.upto > next, "a look that makes no way never ends: {note}");
        next = look.upto;
    }
}

/// Each match is met once, in the order of the log, whether it is in the tail, in a segment, or just on its way there.
#[test]
fn a_listener_meets_each_match_once_from_wherever_it_begins() {
    let mut random = Random(29);
    let mut world = World::new(2);
    let index = world.index.take().unwrap();
    let catalogs = Arc::clone(&world.catalogs.read().unwrap());
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                index.flush().unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let _ending = Ending(&done);
        for round in 0..60 {
            let org = OrgCode(random.below(2) as u32);
            let first = world.sizes[org.0 as usize];
            // Now and then more than one look goes through.
            let count = if round % 20 == 19 { LOOK_EVENTS_MAX + 300 } else { 1 + random.below(40) };
            let documents = (0..count).map(|at| document(&mut random, first + at as u64)).collect();
            let (append, events) = world.commit(org, documents);
            index.add(append, events);
            for _ in 0..4 {
                let org = OrgCode(random.below(2) as u32);
                let (query, scope) = (query(&mut random, &catalogs), scope(&mut random));
                let request = Request {
                    org,
                    scope: &scope,
                    query: &query,
                    catalogs: &catalogs,
                    size: Size(u64::MAX),
                    deadline: Instant::now() + Duration::from_secs(60),
                };
                let head = world.sizes[org.0 as usize];
                // The end, and behind it, among them.
                let from = random.below(head as usize + 3) as u64;
                let most = if random.one_in(2) { 3 } else { 200 };
                let limit = 1 + random.below(most);
                let note = format!("round {round} from {from} limit {limit}: {org:?} {scope:?} {query:#?}");
                let list = oracle::list(&oracle::read_log(&*world.store, &request), &request);
                let mut expected: Vec<u64> =
                    list.iter().map(|it| it.seq.0).filter(|seq| *seq >= from).collect();
                expected.sort_unstable();
                assert_eq!(walk(&index, &request, from, head, limit, &note), expected, "{note}");
            }
        }
    });
    assert_eq!(index.check().unwrap(), Vec::<String>::new());
}
