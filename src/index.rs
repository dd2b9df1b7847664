//! Finding: everything derived from the truth so that pages, totals, facets and histograms are quick.
//!
//! Deliberately absent: documents. A page is a list of positions; `read` fetches what stands there from the store. The
//! whole directory may be deleted at any time: it is rebuilt from the truth.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use everlog_core::catalog::Catalogs;
use everlog_core::event::Event;
use everlog_core::ids::{Seq, Size};
use everlog_core::query::Query;
use everlog_core::scope::{Scope, Sees};

use crate::store::{Append, Code, CodeKind, OrgCode, Store, StoreError};

mod caches;
mod check;
mod condition;
mod count;
mod cursor;
mod dictionary;
mod disk;
mod document;
mod matches;
mod merging;
mod order;
mod positions;
mod purge;
mod read;
mod schema;
mod segment;
mod since;
mod tail;
mod texts;
mod unused;
mod vocabulary;
mod words;
mod write;

pub use dictionary::actor_value;
pub use since::{LOOK_EVENTS_MAX, Since};

use caches::Caches;
use condition::Condition;
use dictionary::Dictionaries;
use disk::Disk;
use document::Entries;
use matches::Snapshot;
use read::Question;
use segment::Segment;
use tail::Tail;
use write::{Job, Shared, Writer};

/// How many places are asked for together where all are wanted.
const PLACES: usize = 10_000;
/// How long one such look may take.
const LOOK_TIME_MAX: Duration = Duration::from_secs(30);

/// The catalogs in force for an organization: the words of an event come from them.
pub type CatalogsOf = Arc<dyn Fn(OrgCode) -> Arc<Catalogs> + Send + Sync>;

/// Most events that may wait for the index before appending waits for it.
pub const TAIL_EVENTS_MAX: usize = 20_000;
/// Most values of one facet.
pub const FACET_VALUES_MAX: usize = 100;

/// One question to one log: who asks, what, up to where. Every answer is made from one of these.
#[derive(Clone)]
pub struct Request<'a> {
    /// The log.
    pub org: OrgCode,
    /// What the reader may see.
    pub scope: &'a Scope,
    /// What is asked.
    pub query: &'a Query,
    /// The words for actions, in force now.
    pub catalogs: &'a Catalogs,
    /// Only positions below this count: what later pages, totals and exports share with the first page.
    pub size: Size,
    /// When to give up.
    pub deadline: Instant,
}

/// The place of an event in an ordered list: what a cursor carries.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// The value of the column that orders the list, unless that is time; `None` also for an absent value.
    pub value: Option<String>,
    /// When it happened.
    pub occurred_ms: u64,
    /// Its position in the log.
    pub seq: Seq,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After so many matches.
    Skip(u64),
    /// Behind this place.
    After(Position),
    /// The page that ends in front of this place.
    Before(Position),
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The places on it, in the order asked for.
    pub places: Vec<Position>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether any stand in front.
    pub has_previous: bool,
}

/// What facets can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// Values and labels are the category's name.
    Category,
    /// Values are keys, labels the catalog's.
    Action,
    /// created, updated …
    Kind,
    /// Values are ids (the type's word where there is none), labels what is shown of the newest known form.
    Actor,
    /// Types of targets.
    TargetType,
    /// Addresses.
    Ip,
    /// success, failure, denied.
    Outcome,
}

/// One value of a facet that occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetValue {
    /// What to filter for.
    pub value: String,
    /// What to show.
    pub label: String,
    /// What tells it from others of the same label: the e-mail of an actor who is shown by name.
    pub detail: Option<String>,
    /// How many events have it, under all filters but those of this field.
    pub count: u64,
}

/// How many events of each kind, in the order of `Kind::ALL`.
pub type KindCounts = [u64; 5];

/// What went wrong in the index. Nothing is lost by any of it: the truth is in the store.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The directory cannot be read or written.
    #[error("the index's directory cannot be used")]
    Io(#[from] std::io::Error),
    /// The library's own error.
    #[error("the index cannot be used")]
    Tantivy(#[from] tantivy::TantivyError),
    /// The store could not be read.
    #[error("the index cannot read the truth")]
    Store(#[from] StoreError),
    /// The question took longer than its deadline.
    #[error("the answer took too long")]
    TimedOut,
    /// What is there is not what was written: made anew at the next start, or named by `check`.
    #[error("the index is damaged: {0}")]
    Corrupt(String),
    /// The thread that writes has stopped: nothing can be found until the next start.
    #[error("the index has stopped: {0}")]
    Failed(String),
}

impl IndexError {
    fn missing(org: OrgCode, seq: Seq) -> Self {
        Self::Corrupt(format!("event {seq} of log {} is not in the store", org.0))
    }

    fn unreadable(org: OrgCode, seq: Seq) -> Self {
        Self::Corrupt(format!("event {seq} of log {} cannot be read", org.0))
    }
}

/// The index over all logs of a store. Queries run at once on any thread; what was added is found by the next of them.
pub struct Index {
    shared: Arc<Shared>,
    disk: tantivy::Index,
    /// The place of the last append that was taken in; held while one is, so that they stay in order.
    taken: Mutex<u64>,
    /// Taken when the index is dropped: then the thread commits and ends.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What is wrong with the files of an index that is not open; none where there is no index. Opening a damaged one makes it
/// anew.
pub fn damaged_files(dir: &Path) -> Option<Vec<String>> {
    disk::damaged(dir)
}

impl Index {
    /// Opens the index in a directory, or makes it; returns when it holds everything that the store does.
    ///
    /// # Errors
    /// When the directory or the store cannot be used. An index that is damaged, of another schema or of another store
    /// is no error: it is made anew.
    pub fn open(dir: &Path, store: Arc<dyn Store>, catalogs: CatalogsOf) -> Result<Self, IndexError> {
        let mut disk = Disk::open(dir, &*store)?;
        let dictionaries = Dictionaries::new(Arc::clone(&store));
        write::catch_up(&mut disk, &*store, &dictionaries, &catalogs)?;
        let segments = disk.segments()?;
        let caches = Caches::default();
        caches.keep(&segments.iter().map(Segment::id).collect());
        let shared = Arc::new(Shared { store, catalogs, dictionaries, caches, tail: Tail::new(segments) });
        let (taken, handle) = (Mutex::new(disk.watermark.pos), disk.index().clone());
        let writer = Writer::new(Arc::clone(&shared), disk);
        let (jobs, queue) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name("index".to_owned()).spawn(move || writer.run(&queue))?;
        Ok(Self { shared, disk: handle, taken, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Takes in what was just committed, in the order of commits, before it is acknowledged: the next query finds it.
    ///
    /// Waits while more than `TAIL_EVENTS_MAX` events wait for the index. When it cannot be taken in, every later query
    /// fails until the index is opened again: an event that is not found is worse than no answer.
    pub fn add(&self, append: Append, events: Vec<Event>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if append.pos <= *taken {
            return;
        }
        let catalogs = (self.shared.catalogs)(append.org);
        let entries = Entries { org: append.org, dictionaries: &self.shared.dictionaries, catalogs };
        let made: Result<Vec<_>, IndexError> = events
            .iter()
            .map(|event| entries.entry(event.seq, event.received_ms, &event.document).map(Arc::new))
            .collect();
        match made {
            Ok(made) => {
                self.shared.tail.push(append.pos, append.org, &made);
                self.send(Job::Add(append, made));
                *taken = append.pos;
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an append cannot be indexed");
                self.shared.tail.fail(error.to_string());
            }
        }
    }

    /// One page of the list that a request asks for.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or the deadline passes.
    pub fn page(&self, request: &Request<'_>, start: &Start, limit: usize) -> Result<Page, IndexError> {
        self.ask(request, None, |question| question.page(start, limit))
    }

    /// The positions of all that match below a size, whoever may see them, newest first: what an erasure looks for.
    ///
    /// # Errors
    /// When the index cannot answer, or not in time.
    pub fn every_seq(
        &self,
        org: OrgCode,
        query: &Query,
        catalogs: &Catalogs,
        size: Size,
    ) -> Result<Vec<Seq>, IndexError> {
        let scope = Scope { sees: Sees::Everything, access_events: true };
        let (mut seqs, mut start) = (Vec::new(), Start::Skip(0));
        loop {
            let deadline = Instant::now() + LOOK_TIME_MAX;
            let request = Request { org, scope: &scope, query, catalogs, size, deadline };
            let page = self.page(&request, &start, PLACES)?;
            seqs.extend(page.places.iter().map(|place| place.seq));
            match page.places.into_iter().last().filter(|_| page.has_next) {
                Some(last) => start = Start::After(last),
                None => return Ok(seqs),
            }
        }
    }

    /// Hands every match to `each`, in no order, in one pass.
    ///
    /// # Errors
    /// As `page`.
    pub fn each(&self, request: &Request<'_>, mut each: impl FnMut(Seq)) -> Result<(), IndexError> {
        self.ask(request, None, |question| question.each(|hit| each(hit.seq())))
    }

    /// How many events match; exact.
    ///
    /// # Errors
    /// As `page`.
    pub fn total(&self, request: &Request<'_>) -> Result<u64, IndexError> {
        self.ask(request, None, |question| question.total())
    }

    /// The values of a field that occur under all filters but its own, most frequent first, at most `FACET_VALUES_MAX`;
    /// with a `part` only those that have it in value, label or detail, as a search would find it.
    ///
    /// # Errors
    /// As `page`.
    pub fn facet(
        &self,
        request: &Request<'_>,
        field: FacetField,
        part: &str,
    ) -> Result<Vec<FacetValue>, IndexError> {
        self.ask(request, Some(field), |question| question.facet(field, part))
    }

    /// How many matches of each kind lie between neighbouring edges, which ascend: the first is inclusive, the second
    /// exclusive.
    ///
    /// # Errors
    /// As `page`.
    pub fn histogram(&self, request: &Request<'_>, edges_ms: &[u64]) -> Result<Vec<KindCounts>, IndexError> {
        self.ask(request, None, |question| question.histogram(edges_ms))
    }

    /// The times of the oldest and the newest match.
    ///
    /// # Errors
    /// As `page`.
    pub fn span(&self, request: &Request<'_>) -> Result<Option<(u64, u64)>, IndexError> {
        self.ask(request, None, |question| question.span())
    }

    /// The matches among the events committed from a position on, in the order of the log, at most `limit`, and how far
    /// it has looked: going on from there, every match is found once, whatever is written meanwhile. The request's size
    /// and order say nothing here.
    ///
    /// # Errors
    /// As `page`.
    pub fn since(&self, request: &Request<'_>, from: Seq, limit: usize) -> Result<Since, IndexError> {
        since::since(&self.shared, request, from, limit)
    }

    /// Copies the words of an organization, so that the first search does not wait for it: someone has come to look.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn warm(&self, org: OrgCode) -> Result<(), IndexError> {
        self.shared.caches.warm_for(org, &self.shared.tail.snapshot(org)?.segments)
    }

    /// Makes the words of an organization's events anew, in the background: its catalogs have changed. What is added from
    /// now on is made of the new ones already.
    pub fn refresh(&self, org: OrgCode) {
        // Whoever is adding may have asked for the catalogs before they changed: its events come first.
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.dictionaries.forget(org);
        self.send(Job::Refresh(org));
        drop(taken);
    }

    /// Makes events of a log say what they say now: something was erased from them. When it returns, no query finds any
    /// of them by what they said before, and each finds them by what is left, at the same place. What they said before
    /// is still on the disk until `purge` returns.
    ///
    /// Called by the thread that writes the log, once the truth says it and after `add` took in everything before; every
    /// value that the events still have has its code by then. Calling it again changes nothing: that is how an erasure
    /// goes on that a crash interrupted.
    ///
    /// # Errors
    /// When a value has no code, or the index has stopped.
    pub fn rewrite(&self, org: OrgCode, events: &[Event]) -> Result<(), IndexError> {
        // What was added before is handed over before.
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let catalogs = (self.shared.catalogs)(org);
        let entries = Entries { org, dictionaries: &self.shared.dictionaries, catalogs };
        let entry =
            |event: &Event| entries.entry(event.seq, event.received_ms, &event.document).map(Arc::new);
        let made = events.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let (done, answer) = mpsc::channel();
        self.send(Job::Rewrite(made, done));
        drop(taken);
        self.wait_for(&answer)
    }

    /// Returns when nothing that was deleted or replaced is left on the disk or in memory; some seconds for a million
    /// events in the segments concerned. Writing and finding go on meanwhile.
    ///
    /// # Errors
    /// When the index has stopped, or segments cannot be written anew: then it may be called again.
    pub fn purge(&self) -> Result<(), IndexError> {
        let (done, answer) = mpsc::channel();
        self.send(Job::Purge(done));
        self.wait_for(&answer)
    }

    /// The codes of a kind that no event of the log has and whose values are still there. Called by the thread that
    /// writes the log, while nothing is written: a code that is given to an event next would be among them.
    ///
    /// # Errors
    /// When the index or the store cannot be read.
    pub fn unused_codes(&self, org: OrgCode, kind: CodeKind) -> Result<Vec<Code>, IndexError> {
        unused::unused_codes(&self.shared, org, kind)
    }

    /// Forgets the values behind the codes of a log: some were blanked, and all are read anew.
    pub fn forget_codes(&self, org: OrgCode) {
        self.shared.dictionaries.forget(org);
    }

    /// Returns when everything added so far is in segments on disk, and everything to be made anew is.
    ///
    /// # Errors
    /// When the index has stopped.
    pub fn flush(&self) -> Result<(), IndexError> {
        let (done, answer) = mpsc::channel();
        self.send(Job::Flush(done));
        self.wait_for(&answer)
    }

    fn wait_for(&self, answer: &Receiver<()>) -> Result<(), IndexError> {
        answer.recv().map_err(|_| match self.shared.tail.snapshot(OrgCode(0)) {
            Err(error) => error,
            Ok(_) => IndexError::Failed("it did not do what it was asked to".to_owned()),
        })
    }

    /// How many events wait for the index.
    pub fn lag(&self) -> u64 {
        self.shared.tail.len() as u64
    }

    /// Compares the index with the truth, event by event, and names what differs; for a log at rest.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn check(&self) -> Result<Vec<String>, IndexError> {
        check::check(&self.shared, &self.disk)
    }

    fn send(&self, job: Job) {
        // The thread only ends before the sender when it has failed, and then every query says so.
        if let Some(jobs) = &self.jobs {
            jobs.send(job).unwrap_or_default();
        }
    }

    fn ask<T>(
        &self,
        request: &Request<'_>,
        without: Option<FacetField>,
        answer: impl FnOnce(&Question<'_>) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        // First the events, then the dictionaries: so every code of the events is known.
        let snapshot: Snapshot = self.shared.tail.snapshot(request.org)?;
        let condition = Condition::new(request, &self.shared.dictionaries, without)?;
        answer(&Question {
            request,
            snapshot: &snapshot,
            condition: &condition,
            dictionaries: &self.shared.dictionaries,
            caches: &self.shared.caches,
            store: &*self.shared.store,
        })
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was told to every query already.
            thread.join().unwrap_or_default();
        }
    }
}
