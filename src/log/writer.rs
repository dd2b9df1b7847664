//! The writer's thread: whatever waits becomes one transaction, one sync, one answer each.
//!
//! Deliberately absent: anything that could be done before an event's place is known.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use everlog_core::erasure::Salts;
use everlog_core::event::{Document, Event, Invalid, Mode, NewEvent};
use everlog_core::ids::Seq;
use everlog_core::leaf;
use everlog_core::process::{Incoming, IpRange, Policy, State, Subject, subject_of};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::directory::Entry;
use crate::index::Index;
use crate::log::erase::EraseJob;
use crate::log::prepare::Prepared;
use crate::log::process::{self, States};
use crate::log::{AppendError, Counters, Grown, Implied, Outcome, Recorded, Refusal, now_ms};
use crate::store::{Append, Head, OrgCode, Row, Store, StoreError, Transaction};

/// Most events of one transaction: what a crash may undo, unacknowledged, and what a sender at most waits behind.
const GROUP_EVENTS_MAX: usize = 4_000;

/// What the writer is asked for.
pub(super) enum Task {
    /// To take in events, beside others'.
    Append(Job),
    /// To erase, alone.
    Erase(Box<EraseJob>),
    /// To blank the codes of a log that no event has.
    Blank { org: OrgCode, answer: oneshot::Sender<Result<(), AppendError>> },
}

/// One piece of work for the writer.
pub(super) struct Job {
    pub org: Arc<Entry>,
    pub work: Work,
    pub answer: oneshot::Sender<Result<Vec<Outcome>, AppendError>>,
}

/// What is to be done in one log.
pub(super) enum Work {
    /// Events to take in, each for itself.
    Events { events: Vec<Result<Prepared, Invalid>>, is_own: bool },
    /// Events of which all are taken in or none.
    Whole { events: Vec<Result<Prepared, Invalid>>, is_own: bool },
    /// Whatever is due of a subject at this time.
    Due { subject: Subject, now_ms: u64 },
    /// The deletion of a process whose age counts from before this time.
    Deletion { subject: Subject, before_ms: u64 },
}

impl Work {
    fn events(&self) -> &[Result<Prepared, Invalid>] {
        match self {
            Self::Events { events, .. } | Self::Whole { events, .. } => events,
            Self::Due { .. } | Self::Deletion { .. } => &[],
        }
    }
}

pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) index: Arc<Index>,
    pub(super) grown: broadcast::Sender<Grown>,
    counters: Arc<Counters>,
    pub(super) scanner_ranges: Arc<[IpRange]>,
}

/// What one transaction adds to one log.
pub(super) struct Extension {
    org: Arc<Entry>,
    policy: Policy,
    scanner_ranges: Arc<[IpRange]>,
    head: Head,
    rows: Vec<(Row, String)>,
    documents: Vec<Document>,
    /// The ids that this transaction adds, with their place among `rows`.
    added: HashMap<String, usize>,
    held: HashMap<String, Seq>,
    states: States,
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
        scanner_ranges: Vec<IpRange>,
    ) -> Self {
        Self { store, index, grown, counters, scanner_ranges: scanner_ranges.into() }
    }

    /// Works until every sender is gone and everything accepted is answered.
    pub(super) fn run(self, mut queue: mpsc::Receiver<Task>) {
        while let Some(first) = queue.blocking_recv() {
            let (mut jobs, mut waiting, mut next) = (Vec::new(), 0, Some(first));
            while let Some(Task::Append(job)) = next {
                waiting += job.work.events().len();
                jobs.push(job);
                next = if waiting < GROUP_EVENTS_MAX { queue.try_recv().ok() } else { None };
            }
            if !jobs.is_empty() {
                self.commit(jobs);
            }
            match next {
                Some(Task::Erase(job)) => self.erase(*job),
                // Whoever asked may be gone; the codes are blank all the same.
                Some(Task::Blank { org, answer }) => drop(answer.send(self.blank(org))),
                Some(Task::Append(_)) | None => {}
            }
        }
    }

    fn commit(&self, jobs: Vec<Job>) {
        let started = Instant::now();
        let mut done = Done::default();
        let committed = self.store.transact(&mut |transaction| {
            done = write(&jobs, &self.scanner_ranges, transaction)?;
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
fn write(
    jobs: &[Job],
    scanner_ranges: &Arc<[IpRange]>,
    transaction: &mut dyn Transaction,
) -> Result<Done, StoreError> {
    let mut extensions: HashMap<OrgCode, Extension> = HashMap::new();
    let mut order = Vec::new();
    let mut outcomes = Vec::with_capacity(jobs.len());
    let now_ms = now_ms();
    for job in jobs {
        let code = job.org.row.code;
        let extension = match extensions.entry(code) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                order.push(code);
                entry.insert(Extension::open(&job.org, jobs, scanner_ranges, transaction)?)
            }
        };
        // What an organization decided may change between two jobs of a group.
        extension.policy = process::policy_of(&job.org);
        outcomes.push(extension.work(&job.work, now_ms, transaction)?);
    }
    let mut appended = Vec::new();
    for org in order {
        if let Some(extension) = extensions.remove(&org)
            && !extension.rows.is_empty()
        {
            appended.push(extension.keep(org, transaction)?);
        }
    }
    Ok(Done { outcomes, appended })
}

impl Extension {
    pub(super) fn open(
        org: &Arc<Entry>,
        jobs: &[Job],
        scanner_ranges: &Arc<[IpRange]>,
        transaction: &mut dyn Transaction,
    ) -> Result<Self, StoreError> {
        let code = org.row.code;
        let ids = jobs.iter().filter(|job| job.org.row.code == code).flat_map(|job| job.work.events());
        // Ids of our own making are new; only those that senders chose can be there already.
        let ids = ids.flatten().filter(|prepared| prepared.document.event.id.is_some());
        let ids: Vec<&str> = ids.map(|prepared| prepared.id.as_str()).collect();
        Ok(Self {
            head: transaction.head(code)?,
            held: if ids.is_empty() { HashMap::new() } else { transaction.find_ids(code, &ids)? },
            policy: process::policy_of(org),
            scanner_ranges: Arc::clone(scanner_ranges),
            org: Arc::clone(org),
            rows: Vec::new(),
            documents: Vec::new(),
            added: HashMap::new(),
            states: States::default(),
        })
    }

    fn work(
        &mut self,
        work: &Work,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Vec<Outcome>, StoreError> {
        match work {
            Work::Events { events, is_own } => {
                events.iter().map(|event| self.take(event, *is_own, now_ms, transaction)).collect()
            }
            Work::Whole { events, is_own } => self.take_whole(events, *is_own, now_ms, transaction),
            Work::Due { subject, now_ms: due_ms } => {
                let state = self.states.state(self.org.row.code, subject, transaction)?;
                let due = state.map(|state| everlog_core::process::due(subject, state, *due_ms));
                self.take_own(due.unwrap_or_default(), now_ms, transaction)
            }
            Work::Deletion { subject, before_ms } => {
                let state = self.states.state(self.org.row.code, subject, transaction)?;
                let is_old = |state: &&State| {
                    state.deleted_ms.is_none() && state.ages_from_ms().is_some_and(|from| from < *before_ms)
                };
                let old = state.filter(is_old);
                let deletion = old.and_then(|state| everlog_core::process::deletion(subject, state));
                self.take_own(deletion.into_iter().collect(), now_ms, transaction)
            }
        }
    }

    pub(super) fn take(
        &mut self,
        event: &Result<Prepared, Invalid>,
        is_own: bool,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Outcome, StoreError> {
        match event {
            Err(invalid) => Ok(Outcome::Refused(Refusal::Invalid(invalid.errors.clone()))),
            Ok(prepared) => self.place(prepared, is_own, now_ms, transaction),
        }
    }

    /// All of them or none: what the first ones left is taken back when a later one is refused.
    fn take_whole(
        &mut self,
        events: &[Result<Prepared, Invalid>],
        is_own: bool,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Vec<Outcome>, StoreError> {
        let (head, rows, process_events) = (self.head.clone(), self.rows.len(), self.states.begin_part());
        let mut outcomes = Vec::with_capacity(events.len());
        for event in events {
            let outcome = self.take(event, is_own, now_ms, transaction)?;
            if let refused @ Outcome::Refused(_) = outcome {
                self.head = head;
                self.rows.truncate(rows);
                self.documents.truncate(rows);
                self.added.retain(|_, at| *at < rows);
                self.states.take_back(process_events);
                return Ok(vec![refused]);
            }
            outcomes.push(outcome);
        }
        self.states.keep_part();
        Ok(outcomes)
    }

    /// What the server itself does because its time has come.
    fn take_own(
        &mut self,
        events: Vec<NewEvent>,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(events.len());
        for event in events {
            let prepared = Prepared::own(event, None, now_ms);
            outcomes.push(self.take(&prepared, true, now_ms, transaction)?);
        }
        Ok(outcomes)
    }

    /// Gives an event its place, and what follows from it the next ones.
    fn place(
        &mut self,
        prepared: &Prepared,
        is_own: bool,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Outcome, StoreError> {
        if let Some(&at) = self.added.get(prepared.id.as_str()) {
            return Ok(compare(&self.rows[at].0, prepared));
        }
        let code = self.org.row.code;
        if let Some(&seq) = self.held.get(&prepared.id) {
            let row = transaction.row(code, seq)?;
            let row = row.ok_or_else(|| StoreError::Corrupt(format!("the id of event {seq} has no row")))?;
            return Ok(compare(&row, prepared));
        }
        // Never smaller than the leaf before, whatever the clock does.
        let received_ms = now_ms.max(self.head.received_ms);
        let Document { event, served } = &prepared.document;
        let subject = subject_of(event);
        let scanner_ranges = Arc::clone(&self.scanner_ranges);
        let incoming =
            Incoming { event, received_ms, origin: served.kind, is_own, scanner_ranges: &scanner_ranges };
        let policy = (served.mode != Some(Mode::Record)).then_some(self.policy);
        let verdict =
            match self.states.decide(code, subject.as_ref(), &incoming, policy.as_ref(), transaction)? {
                Ok(verdict) => verdict,
                Err(why) => {
                    return Ok(Outcome::Refused(Refusal::Rule { code: why.code, detail: why.detail }));
                }
            };
        let mut recorded = if verdict.automated.is_empty() && verdict.anomalies.is_empty() {
            self.push(prepared, received_ms, transaction)?
        } else {
            match prepared.marked(verdict.automated, verdict.anomalies) {
                Ok(marked) => self.push(&marked, received_ms, transaction)?,
                Err(invalid) => return Ok(Outcome::Refused(Refusal::Invalid(invalid.errors))),
            }
        };
        let mode = served.mode.unwrap_or(Mode::Command);
        if let Some(subject) = &subject {
            self.states.advance(subject, verdict.state, mode, recorded.seq, incoming.occurred_ms());
        }
        for event in verdict.implied {
            self.imply(event, &mut recorded, now_ms, transaction)?;
        }
        Ok(Outcome::Created(recorded))
    }

    /// Records what follows from an event, behind it, and what follows from that.
    fn imply(
        &mut self,
        event: NewEvent,
        cause: &mut Recorded,
        now_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<(), StoreError> {
        let action = event.action.clone();
        let prepared = Prepared::own(event, Some(cause.seq), now_ms);
        match self.take(&prepared, true, now_ms, transaction)? {
            Outcome::Created(recorded) => {
                let Recorded { id, seq, implied, .. } = recorded;
                cause.implied.push(Implied { id, seq, action });
                cause.implied.extend(implied);
            }
            // A cause without what it implies must not be: the whole group is given up.
            Outcome::Duplicate(_) | Outcome::Refused(_) => {
                return Err(StoreError::Corrupt(format!("the rules imply {action}, which they refuse")));
            }
        }
        Ok(())
    }

    /// Adds an event at the head.
    fn push(
        &mut self,
        prepared: &Prepared,
        received_ms: u64,
        transaction: &mut dyn Transaction,
    ) -> Result<Recorded, StoreError> {
        for (kind, value) in &prepared.coded {
            transaction.intern(self.org.row.code, *kind, value)?;
        }
        let seq = self.head.size.next();
        let leaf_hash = leaf::leaf_hash(&self.org.row.log_id, seq, received_ms, &prepared.commitments);
        self.head.frontier.push(leaf_hash);
        self.head.size = self.head.frontier.size();
        self.head.received_ms = received_ms;
        let row = Row {
            seq,
            received_ms,
            document: prepared.bytes.clone(),
            salts: Salts::Seed(prepared.seed.clone()),
            leaf_hash,
        };
        let recorded = recorded(&row, &prepared.id);
        self.added.insert(prepared.id.clone(), self.rows.len());
        self.rows.push((row, prepared.id.clone()));
        self.documents.push(prepared.document.clone());
        Ok(recorded)
    }

    /// Writes everything, and gives the events for the index.
    pub(super) fn keep(
        self,
        org: OrgCode,
        transaction: &mut dyn Transaction,
    ) -> Result<(Append, Vec<Event>), StoreError> {
        let append = transaction.append(org, &self.rows, &self.head)?;
        self.states.keep(org, transaction)?;
        let events = self.rows.into_iter().zip(self.documents).map(|((row, _), document)| Event {
            seq: row.seq,
            received_ms: row.received_ms,
            leaf_hash: row.leaf_hash,
            document,
            erased: Vec::new(),
        });
        Ok((append, events.collect()))
    }
}

fn recorded(row: &Row, id: &str) -> Recorded {
    Recorded {
        id: id.to_owned(),
        seq: row.seq,
        leaf_hash: row.leaf_hash,
        received_ms: row.received_ms,
        implied: Vec::new(),
    }
}

/// A used id: the same content again is a duplicate, other content a conflict. Where something was redacted, then or now,
/// or erased since, the contents cannot be compared, and the id decides.
fn compare(row: &Row, prepared: &Prepared) -> Outcome {
    let is_same = row.document.starts_with(&prepared.bytes[..prepared.sent_bytes]);
    let is_redacted = |document: &Document| !document.served.redacted.is_empty();
    let was_redacted = || serde_json::from_slice(&row.document).is_ok_and(|document| is_redacted(&document));
    if is_same || !row.salts.erased().is_empty() || is_redacted(&prepared.document) || was_redacted() {
        return Outcome::Duplicate(recorded(row, &prepared.id));
    }
    Outcome::Refused(Refusal::IdConflict { id: prepared.id.clone(), seq: row.seq })
}
