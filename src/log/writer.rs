//! The writer's thread: whatever waits becomes one transaction, one sync, one answer each.
//!
//! Deliberately absent: anything that could be done before an event's place is known.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use everlog_core::event::{Document, Event, Invalid};
use everlog_core::ids::Seq;
use everlog_core::leaf::{self, LogId};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::index::Index;
use crate::log::prepare::Prepared;
use crate::log::{AppendError, Counters, Grown, Outcome, Recorded, Refusal, now_ms};
use crate::store::{Append, Head, OrgCode, Row, Store, StoreError, Transaction};

/// Most events of one transaction: what a crash may undo, unacknowledged, and what a sender at most waits behind.
const GROUP_EVENTS_MAX: usize = 4_000;

/// One request's events, on their way to the writer.
pub(super) struct Job {
    pub org: OrgCode,
    pub log_id: LogId,
    pub events: Vec<Result<Prepared, Invalid>>,
    pub answer: oneshot::Sender<Result<Vec<Outcome>, AppendError>>,
}

pub(super) struct Writer {
    store: Arc<dyn Store>,
    index: Arc<Index>,
    grown: broadcast::Sender<Grown>,
    counters: Arc<Counters>,
}

/// What one transaction adds to one log.
struct Extension<'a> {
    head: Head,
    rows: Vec<(Row, String)>,
    prepared: Vec<&'a Prepared>,
    /// The ids that this transaction adds, with their place among `rows`.
    added: HashMap<&'a str, usize>,
    held: HashMap<String, Seq>,
}

/// What a committed transaction did, for the index and the senders.
#[derive(Default)]
struct Done {
    outcomes: Vec<Vec<Outcome>>,
    appended: Vec<(Append, Vec<Event>)>,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        index: Arc<Index>,
        grown: broadcast::Sender<Grown>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { store, index, grown, counters }
    }

    /// Works until every sender is gone and everything accepted is answered.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let mut waiting = first.events.len();
            let mut jobs = vec![first];
            while waiting < GROUP_EVENTS_MAX
                && let Ok(job) = queue.try_recv()
            {
                waiting += job.events.len();
                jobs.push(job);
            }
            self.commit(jobs);
        }
    }

    fn commit(&self, jobs: Vec<Job>) {
        let started = Instant::now();
        let mut done = Done::default();
        let committed = self.store.transact(&mut |transaction| {
            done = write(&jobs, transaction)?;
            Ok(())
        });
        if let Err(why) = committed {
            tracing::error!(error = &why as &dyn std::error::Error, "a group of events could not be written");
            for job in jobs {
                // A sender that has gone away cannot be told.
                drop(job.answer.send(Err(AppendError::Unavailable)));
            }
            return;
        }
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        let spent = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.commit_us.fetch_add(spent, Ordering::Relaxed);
        let grown: Vec<_> =
            done.appended.iter().map(|(it, _)| Grown { org: it.org, size: it.first.0 + it.count }).collect();
        for (append, events) in done.appended {
            self.index.add(append, events);
        }
        for (job, outcomes) in jobs.into_iter().zip(done.outcomes) {
            // A sender that has gone away is not told; what it sent is recorded all the same.
            drop(job.answer.send(Ok(outcomes)));
        }
        for grown in grown {
            // Nobody listening is no fault.
            drop(self.grown.send(grown));
        }
    }
}

/// Gives every event of the group its place, in the order of the jobs.
fn write(jobs: &[Job], transaction: &mut dyn Transaction) -> Result<Done, StoreError> {
    let mut extensions: HashMap<OrgCode, Extension<'_>> = HashMap::new();
    let mut order = Vec::new();
    let mut outcomes = Vec::with_capacity(jobs.len());
    let now_ms = now_ms();
    for job in jobs {
        let extension = match extensions.entry(job.org) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                order.push(job.org);
                entry.insert(Extension::open(job.org, jobs, transaction)?)
            }
        };
        let mut answers = Vec::with_capacity(job.events.len());
        for event in &job.events {
            answers.push(match event {
                Err(invalid) => Outcome::Refused(Refusal::Invalid(invalid.errors.clone())),
                Ok(prepared) => extension.place(job, prepared, now_ms, transaction)?,
            });
        }
        outcomes.push(answers);
    }
    let mut appended = Vec::new();
    for org in order {
        if let Some(extension) = extensions.remove(&org)
            && !extension.rows.is_empty()
        {
            let append = transaction.append(org, &extension.rows, &extension.head)?;
            appended.push((append, extension.into_events()));
        }
    }
    Ok(Done { outcomes, appended })
}

impl<'a> Extension<'a> {
    fn open(org: OrgCode, jobs: &'a [Job], transaction: &mut dyn Transaction) -> Result<Self, StoreError> {
        let ids = jobs.iter().filter(|job| job.org == org).flat_map(|job| &job.events);
        // Ids of our own making are new; only those that senders chose can be there already.
        let ids = ids.flatten().filter(|prepared| prepared.document.event.id.is_some());
        let ids: Vec<&str> = ids.map(|prepared| prepared.id.as_str()).collect();
        let head = transaction.head(org)?;
        let held = if ids.is_empty() { HashMap::new() } else { transaction.find_ids(org, &ids)? };
        Ok(Self { head, rows: Vec::new(), prepared: Vec::new(), added: HashMap::new(), held })
    }

    fn place(
        &mut self,
        job: &Job,
        prepared: &'a Prepared,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Outcome, StoreError> {
        if let Some(&at) = self.added.get(prepared.id.as_str()) {
            return Ok(compare(&self.rows[at].0, prepared));
        }
        if let Some(&seq) = self.held.get(&prepared.id) {
            let row = transaction.row(job.org, seq)?;
            let row = row.ok_or_else(|| StoreError::Corrupt(format!("the id of event {seq} has no row")))?;
            return Ok(compare(&row, prepared));
        }
        for (kind, value) in &prepared.coded {
            transaction.intern(job.org, *kind, value)?;
        }
        let seq = self.head.size.next();
        // Never smaller than the leaf before, whatever the clock does.
        let received_ms = now_ms.max(self.head.received_ms);
        let leaf_hash = leaf::leaf_hash(&job.log_id, seq, received_ms, &prepared.commitments);
        self.head.frontier.push(leaf_hash);
        self.head.size = self.head.frontier.size();
        self.head.received_ms = received_ms;
        let row = Row {
            seq,
            received_ms,
            document: prepared.bytes.clone(),
            seed: prepared.seed.clone(),
            leaf_hash,
        };
        let recorded = recorded(&row, &prepared.id);
        self.added.insert(&prepared.id, self.rows.len());
        self.rows.push((row, prepared.id.clone()));
        self.prepared.push(prepared);
        Ok(Outcome::Created(recorded))
    }

    fn into_events(self) -> Vec<Event> {
        let events = self.rows.into_iter().zip(self.prepared);
        let events = events.map(|((row, _), prepared)| Event {
            seq: row.seq,
            received_ms: row.received_ms,
            leaf_hash: row.leaf_hash,
            document: prepared.document.clone(),
        });
        events.collect()
    }
}

fn recorded(row: &Row, id: &str) -> Recorded {
    Recorded { id: id.to_owned(), seq: row.seq, leaf_hash: row.leaf_hash, received_ms: row.received_ms }
}

/// A used id: the same content again is a duplicate, other content a conflict. Where something was redacted, then or now,
/// the contents cannot be compared, and the id decides.
fn compare(row: &Row, prepared: &Prepared) -> Outcome {
    let is_same = row.document.starts_with(&prepared.bytes[..prepared.sent_bytes]);
    let is_redacted = |document: &Document| !document.served.redacted.is_empty();
    let was_redacted = || serde_json::from_slice(&row.document).is_ok_and(|document| is_redacted(&document));
    if is_same || is_redacted(&prepared.document) || was_redacted() {
        return Outcome::Duplicate(recorded(row, &prepared.id));
    }
    Outcome::Refused(Refusal::IdConflict { id: prepared.id.clone(), seq: row.seq })
}
