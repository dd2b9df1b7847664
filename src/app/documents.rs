//! The document of a process: whether it may be attached, what it is, where it is kept, and that the log says so.
//!
//! Deliberately absent: how its bytes come in and go out. The rules on when are `core::process`.

use std::collections::HashSet;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use everlog_core::event::{Invalid, NewEvent, Origin};
use everlog_core::hex::{self, Hex};
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::process::{self, Incoming, Policy};
use everlog_core::profile::Ending;
use serde_json::{Value, json};

use crate::access::Organization;
use crate::app::App;
use crate::blobs::{BlobError, Upload};
use crate::log::{AppendError, Outcome, Refusal, Source, now_ms};
use crate::read::ReadError;
use crate::read::process::Process;
use crate::store::process::{ProcessFilter, ProcessOrder, ProcessPage};
use crate::store::{OrgCode, Store, StoreError};
use crate::trail::inspect::{DocumentRefused, Original, inspect};

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// How many documents are looked into at once: each is in memory as a whole then.
pub(super) const INSPECTIONS_MAX: usize = 2;
/// How many processes are read together.
const GROUP_PROCESSES: u64 = 1_000;

/// How long it rests between two looks at what a crash or a bucket without an answer has left, and at whether one that failed
/// is well again.
const SWEEP_REST: Duration = Duration::from_secs(10);

/// How long a start waits for a bucket, each time that it asks it: events need none.
pub const START_TIME_MAX: Duration = Duration::from_secs(3);

/// A document that is attached now.
#[derive(Clone, Debug, PartialEq)]
pub struct AttachedDocument {
    /// The id of the event that says so.
    pub event_id: String,
    /// Its position.
    pub seq: Seq,
    /// SHA-256 of the bytes.
    pub sha256: Hash,
    /// How many they are.
    pub size: u64,
    /// What they were seen to be.
    pub original: Original,
}

/// Why no document is attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// The log knows no such process.
    #[error("there is no such process")]
    NoProcess,
    /// A rule does not allow it now.
    #[error("{0}")]
    Refused(Refusal),
    /// It is no document that anybody could sign.
    #[error(transparent)]
    NoDocument(#[from] DocumentRefused),
    /// The process cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its bytes cannot be kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl App {
    /// The process, when a document may be attached to it now.
    ///
    /// # Errors
    /// When there is none, or a rule does not allow it.
    pub fn may_attach(&self, org: &Organization, key: &str) -> Result<Process, AttachError> {
        let process = self.reader.process(org, key)?.ok_or(AttachError::NoProcess)?;
        let event = event(&process, &json!({"type": "system"}), &[0; 32], 0);
        let invalid = |why: Invalid| AttachError::Refused(Refusal::Invalid(why.errors));
        let event = NewEvent::from_json(event).map_err(invalid)?;
        let incoming = Incoming {
            event: &event,
            received_ms: now_ms(),
            origin: Origin::Event,
            is_own: true,
            scanner_ranges: &[],
        };
        // Nothing follows from it, whatever the policy.
        let keep = Ending::Keep;
        let policy = Policy { on_decline: keep, on_bounce: keep, on_expired: keep };
        match process::decide(Some(&process.state), &incoming, &policy) {
            Ok(_) => Ok(process),
            Err(why) => Err(AttachError::Refused(Refusal::Rule { code: why.code, detail: why.detail })),
        }
    }

    /// Keeps the bytes of an upload and records that they are the document of a process. Once begun it goes on whether or
    /// not anybody waits for it: run it as a task of its own.
    ///
    /// # Errors
    /// When the bytes are no document, or a rule does not allow it any more; then they are not kept.
    pub async fn attach(
        self,
        org: Organization,
        process: Process,
        upload: Upload,
        actor: Value,
        source: Source,
    ) -> Result<AttachedDocument, AttachError> {
        let (upload, original) = {
            let _place = self.inspections.acquire().await;
            blocking(move || {
                let original = inspect(&upload.read_back()?)?;
                Ok((upload, original))
            })
            .await?
        };
        let placed = blocking(move || Ok(upload.place()?)).await?;
        let (sha256, size) = (placed.sha256(), placed.size());
        let event = event(&process, &actor, &sha256, size);
        // Without an answer it is not known what the log holds: the bytes then stay for the next start to ask.
        match self.log.offer_own(org.entry(), &source, event).await? {
            Outcome::Created(recorded) | Outcome::Duplicate(recorded) => {
                settle(|| placed.named()).await;
                Ok(AttachedDocument { event_id: recorded.id, seq: recorded.seq, sha256, size, original })
            }
            Outcome::Refused(why) => {
                settle(|| placed.refused()).await;
                Err(AttachError::Refused(why))
            }
        }
    }
}

impl App {
    /// Asks after what a crash has left in a bucket, and after what went there without an answer, again and again until the
    /// server stops. A bucket that failed is asked whether it is well again.
    pub async fn keep_sweeping(self) {
        loop {
            let app = self.clone();
            match tokio::task::spawn_blocking(move || app.sweep_now(Instant::now())).await {
                Ok(Ok(())) => {}
                Ok(Err(why)) => tell(&why),
                Err(why) => tell(&why),
            }
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(SWEEP_REST) => {}
            }
        }
    }

    /// The same once, as of this moment.
    ///
    /// # Errors
    /// When the disk or the log cannot be read.
    pub fn sweep_now(&self, now: Instant) -> Result<(), BlobError> {
        if self.blobs.is_up() == Some(false) {
            // It counts and tells by itself what it meets.
            self.blobs.check().ok();
        }
        if self.blobs.is_in_doubt() {
            self.blobs.settle_doubts(&|org| named(self.store.as_ref(), org), now)?;
        }
        Ok(())
    }
}

/// What something at the start gives, unless it takes so long that it is left to itself.
pub fn within_start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = mpsc::channel();
    // Whoever waits may have gone.
    std::thread::spawn(move || drop(tell.send(work())));
    told.recv_timeout(START_TIME_MAX).ok()
}

fn tell(why: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error = why, "what a crash may have left is not settled yet");
}

/// What is recorded.
fn event(process: &Process, actor: &Value, sha256: &Hash, size: u64) -> Value {
    json!({
        "action": "document.attached",
        "actor": actor,
        "process": process.key,
        "targets": [{"type": "document", "id": process.key, "name": process.state.display_name}],
        "metadata": {"sha256": Hex(sha256).to_string(), "size": size},
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AttachError> + Send + 'static,
) -> Result<T, AttachError> {
    let gone = |why| StoreError::Io { doing: "work in the background", source: Box::new(why) };
    tokio::task::spawn_blocking(work).await.map_err(|why| ReadError::from(gone(why)))?
}

/// Tells the disk what became of bytes. Should that fail, the next start does it.
async fn settle(work: impl FnOnce() + Send + 'static) {
    drop(tokio::task::spawn_blocking(work).await);
}

/// Every hash that the processes of an organization name.
pub(super) fn named(store: &dyn Store, org: OrgCode) -> Result<HashSet<Hash>, StoreError> {
    let mut named = HashSet::new();
    let mut page =
        ProcessPage { order: ProcessOrder::Made, descending: false, skip: 0, take: GROUP_PROCESSES };
    loop {
        let rows = store.processes(org, &ProcessFilter::default(), page)?;
        for row in &rows {
            let state = row.decoded()?;
            let attached = state.document.iter().chain(&state.trail);
            named.extend(attached.filter_map(|it| hex::decode::<32>(&it.sha256)));
        }
        if (rows.len() as u64) < page.take {
            return Ok(named);
        }
        page.skip += page.take;
    }
}
