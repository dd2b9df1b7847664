//! The only writer: takes events in, decides what becomes of each, and acknowledges when it is durable and findable.
//!
//! Deliberately absent: who may write (`access`) and how bytes are kept (`store`).
//!
//! An event's way, worked once. t0: a request's events are read, normalised, committed to by salted hashes, on the
//! request's own thread. t1: the writer takes everything that waits, as one group. t2: one transaction gives places,
//! leaves and frontiers. t3: the store has synced. t4: the index holds the group in its tail. t5: all of the group are
//! answered. A crash before t3 loses what nobody was told of; after t3 it loses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use everlog_core::event::{FieldError, Invalid, Mode, Origin, Via};
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::process::{IpRange, Subject};
use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::directory::Entry;
use crate::index::Index;
use crate::store::closed::Closed;
use crate::store::{OrgCode, Store};

mod closed;
mod erase;
mod prepare;
mod process;
mod writer;

use closed::ClosedLogs;
use erase::EraseJob;
pub use erase::{Erasure, ErasureMade, mask};
use prepare::{Preparation, Prepared};
pub use prepare::{REDACTABLE_NOT, coded};
pub use process::{Projection, Projector, rebuild};
use writer::{Job, Task, Work, Writer};

/// Most events of one request's array; one transaction takes them together.
pub const BATCH_EVENTS_MAX: usize = 1_000;
/// How many events are prepared without leaving the request's own thread: some tens of microseconds each.
const PREPARED_AT_ONCE_MAX: usize = 8;
/// How many requests may wait for the writer before senders wait for a place.
const QUEUE_JOBS_MAX: usize = 1_024;
/// How many announcements a slow listener may lag behind before it has to read the log instead.
const ANNOUNCEMENTS_MAX: usize = 1_024;

/// The server's clock, in milliseconds since 1970. The one place that asks for the time.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// By what way and with what right events come in; becomes part of what is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The way in.
    pub via: Via,
    /// The key that was used.
    pub key_id: Option<String>,
    /// The viewer session that was used.
    pub session_id: Option<String>,
    /// The peer's address.
    pub remote: Option<String>,
    /// What trusted proxies reported, nearest last.
    pub forwarded: Vec<String>,
}

impl Source {
    /// The server itself.
    pub fn server() -> Self {
        Self { via: Via::Server, key_id: None, session_id: None, remote: None, forwarded: Vec::new() }
    }
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is recorded now.
    Created(Recorded),
    /// It was recorded before, with the same content.
    Duplicate(Recorded),
    /// It is not recorded.
    Refused(Refusal),
}

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: String,
    /// Its position.
    pub seq: Seq,
    /// The hash of its leaf.
    pub leaf_hash: Hash,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// What followed from it in the same transaction.
    pub implied: Vec<Implied>,
}

/// An event that followed from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implied {
    /// Its id.
    pub id: String,
    /// Its position.
    pub seq: Seq,
    /// What was done.
    pub action: String,
}

/// Why an event is not recorded. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its members are at fault.
    #[error("the event is not valid")]
    Invalid(Vec<FieldError>),
    /// Its id names another event.
    #[error("this id was used for another event")]
    IdConflict {
        /// The id.
        id: String,
        /// Where the other stands.
        seq: Seq,
    },
    /// A rule of its process does not allow it.
    #[error("{detail}")]
    Rule {
        /// The guard's code, as catalogs name it.
        code: &'static str,
        /// Why.
        detail: String,
    },
}

/// Why nothing of a request could be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The store cannot write; nothing is acknowledged until it can.
    #[error("the log cannot be written now")]
    Unavailable,
    /// The log is stopping.
    #[error("the log is stopping")]
    Stopping,
    /// This log is only read.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Told to listeners after a commit: this log has grown to this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grown {
    /// The log.
    pub org: OrgCode,
    /// How many events it holds now.
    pub size: u64,
}

/// Counters for operators.
#[derive(Debug, Default)]
pub struct Counters {
    /// Events recorded.
    pub events: AtomicU64,
    /// Events that were there before.
    pub duplicates: AtomicU64,
    /// Events refused.
    pub refused: AtomicU64,
    /// Transactions.
    pub commits: AtomicU64,
    /// Time spent in them, in microseconds.
    pub commit_us: AtomicU64,
}

impl Counters {
    fn count(&self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let counter = match outcome {
                Outcome::Created(_) => &self.events,
                Outcome::Duplicate(_) => &self.duplicates,
                Outcome::Refused(_) => &self.refused,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Where the writer's answer comes.
type Answered<T> = oneshot::Receiver<Result<T, AppendError>>;

/// The log of every organization, for writing. Cheap to clone; the last clone to go stops the writer.
#[derive(Clone)]
pub struct Log {
    jobs: mpsc::Sender<Task>,
    grown: broadcast::Sender<Grown>,
    counters: Arc<Counters>,
    closed: Arc<ClosedLogs>,
}

/// The writer's thread; joining it waits until everything accepted is answered.
pub struct WriterThread(std::thread::JoinHandle<()>);

impl WriterThread {
    /// Waits for the writer to finish what was accepted, once every `Log` is gone.
    pub fn join(self) {
        // A writer that panicked has answered nobody it should not have: its jobs' senders saw it go.
        if self.0.join().is_err() {
            tracing::error!("the writer ended in a panic");
        }
    }
}

impl Log {
    /// Starts the writer on a store and the index made from it. Looks at documents from `scanner_ranges` are marked.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        store: Arc<dyn Store>,
        index: Arc<Index>,
        scanner_ranges: Vec<IpRange>,
    ) -> std::io::Result<(Self, WriterThread)> {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let (grown, _) = broadcast::channel(ANNOUNCEMENTS_MAX);
        let counters = Arc::new(Counters::default());
        let writer = Writer::new(store, index, grown.clone(), Arc::clone(&counters), scanner_ranges);
        let thread =
            std::thread::Builder::new().name("writer".to_owned()).spawn(move || writer.run(queue))?;
        Ok((Self { jobs, grown, counters, closed: Arc::default() }, WriterThread(thread)))
    }

    /// Takes in events in order and returns, for each, what became of it. Whatever is answered `Created` or `Duplicate`
    /// is durable, in the tree and found by the next query. The good ones among them are recorded whatever the others.
    ///
    /// # Errors
    /// When the log cannot be written: then some may have been recorded, and sending them again with their ids is safe.
    pub async fn append(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        mode: Mode,
        events: Vec<Value>,
    ) -> Result<Vec<Outcome>, AppendError> {
        let events = prepare_all(org, source, mode, events, false).await?;
        self.take_in(org, Work::Events { events, is_own: false }).await
    }

    /// Takes in events that belong together: all of them, or, when one is refused, none; then that refusal is all that is
    /// answered.
    ///
    /// # Errors
    /// As `append`.
    pub async fn append_whole(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        events: Vec<Value>,
    ) -> Result<Vec<Outcome>, AppendError> {
        let events = prepare_all(org, source, Mode::Command, events, false).await?;
        self.take_in(org, Work::Whole { events, is_own: false }).await
    }

    async fn take_in(&self, org: &Arc<Entry>, work: Work) -> Result<Vec<Outcome>, AppendError> {
        if let Some(why) = self.closed.why(org.row.code) {
            return Err(why.into());
        }
        let (answer, answered) = oneshot::channel();
        let job = Job { org: Arc::clone(org), work, answer };
        self.jobs.send(Task::Append(job)).await.map_err(|_| AppendError::Stopping)?;
        let outcomes = answered.await.map_err(|_| AppendError::Unavailable)??;
        self.counters.count(&outcomes);
        Ok(outcomes)
    }

    /// Records an act of the server's own.
    ///
    /// # Errors
    /// As `append`; an act that cannot be recorded must not be done.
    pub async fn append_own(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        event: Value,
    ) -> Result<Recorded, AppendError> {
        match self.offer_own(org, source, event).await? {
            Outcome::Created(recorded) | Outcome::Duplicate(recorded) => Ok(recorded),
            Outcome::Refused(why) => {
                tracing::error!(org.id = %org.row.id, %why, "the server's own event was refused");
                Err(AppendError::Unavailable)
            }
        }
    }

    /// The same for an act with an id, which may have been recorded otherwise before: what became of it.
    ///
    /// # Errors
    /// As `append`.
    pub async fn offer_own(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        event: Value,
    ) -> Result<Outcome, AppendError> {
        let events = prepare_all(org, source, Mode::Command, vec![event], true).await?;
        let mut outcomes = self.take_in(org, Work::Events { events, is_own: true }).await?;
        outcomes.pop().ok_or(AppendError::Unavailable)
    }

    /// Does what is due of a subject at this time: expiries and time-outs. What was done before is not done again.
    ///
    /// # Errors
    /// As `append`.
    pub async fn do_due(
        &self,
        org: &Arc<Entry>,
        subject: Subject,
        now_ms: u64,
    ) -> Result<Vec<Outcome>, AppendError> {
        self.take_in(org, Work::Due { subject, now_ms }).await
    }

    /// Records that the document of a process is deleted, when its age counts from before this time.
    ///
    /// # Errors
    /// As `append`.
    pub async fn delete_aged(
        &self,
        org: &Arc<Entry>,
        subject: Subject,
        before_ms: u64,
    ) -> Result<Vec<Outcome>, AppendError> {
        self.take_in(org, Work::Deletion { subject, before_ms }).await
    }

    /// From now on this log is only read. What was accepted before is still written.
    pub fn close(&self, org: OrgCode, why: Closed) {
        self.closed.close(org, why);
    }

    /// Why a log is only read, if it is.
    pub fn closed(&self, org: OrgCode) -> Option<Closed> {
        self.closed.why(org)
    }

    /// Why logs are only read, one by one.
    pub fn all_closed(&self) -> Vec<Closed> {
        self.closed.all()
    }

    /// Erases fields of events. What is answered is durable, found by no query any more, and recorded; nothing is when no
    /// field that could be erased is named.
    ///
    /// # Errors
    /// When the log cannot be written; then nothing was erased, or it will be taken out of the index at the next start.
    pub async fn erase(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: Erasure,
    ) -> Result<Vec<ErasureMade>, AppendError> {
        let (task, answered) = self.erase_task(org, source, erasure)?;
        self.jobs.send(task).await.map_err(|_| AppendError::Stopping)?;
        answered.await.map_err(|_| AppendError::Unavailable)?
    }

    /// The same where no runtime is: before anybody is served.
    ///
    /// # Errors
    /// As `erase`.
    pub fn erase_blocking(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: Erasure,
    ) -> Result<Vec<ErasureMade>, AppendError> {
        let (task, answered) = self.erase_task(org, source, erasure)?;
        self.ask(task, answered)
    }

    fn erase_task(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: Erasure,
    ) -> Result<(Task, Answered<Vec<ErasureMade>>), AppendError> {
        if let Some(why) = self.closed.why(org.row.code) {
            return Err(why.into());
        }
        let (answer, answered) = oneshot::channel();
        let job = EraseJob { org: Arc::clone(org), source: source.clone(), erasure, answer };
        Ok((Task::Erase(Box::new(job)), answered))
    }

    /// Blanks the codes of an organization that no event has any more. Waits.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn blank_codes(&self, org: OrgCode) -> Result<(), AppendError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Task::Blank { org, answer }, answered)
    }

    /// Waits for the writer on a thread of its own: one that serves may not wait.
    fn ask<T: Send>(&self, task: Task, answered: Answered<T>) -> Result<T, AppendError> {
        let wait = || {
            self.jobs.blocking_send(task).map_err(|_| AppendError::Stopping)?;
            answered.blocking_recv().map_err(|_| AppendError::Unavailable)?
        };
        std::thread::scope(|threads| threads.spawn(wait).join()).unwrap_or(Err(AppendError::Unavailable))
    }

    /// Tells of every log that grows from now on.
    pub fn listen(&self) -> broadcast::Receiver<Grown> {
        self.grown.subscribe()
    }

    /// What was done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// Prepares a few events at once, and many where they keep no other request waiting.
async fn prepare_all(
    org: &Arc<Entry>,
    source: &Source,
    mode: Mode,
    events: Vec<Value>,
    is_own: bool,
) -> Result<Vec<Result<Prepared, Invalid>>, AppendError> {
    let (org, source, is_few) = (Arc::clone(org), source.clone(), events.len() <= PREPARED_AT_ONCE_MAX);
    let work = move || {
        let preparation =
            Preparation { org: &org, source: &source, mode, is_own, origin: Origin::Event, now_ms: now_ms() };
        events.into_iter().map(|event| preparation.prepare(event)).collect()
    };
    if is_few {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| AppendError::Unavailable)
}
