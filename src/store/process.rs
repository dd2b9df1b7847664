//! What a store keeps of subjects: their states as bytes, and of processes the columns that lists are made of.
//!
//! Deliberately absent: what a state means. All of it is made of the log and can be made anew.

use everlog_core::ids::Seq;
use everlog_core::process::State;

use crate::store::{OrgCode, Store, StoreError};

/// How many positions are read together where all are wanted.
const GROUP_SEQS: usize = 1_000;
/// What the subject of a process begins with; its key follows.
pub const PROCESS_PREFIX: &str = "process:";

/// The state of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRow {
    /// The subject, as `core::process` writes it.
    pub subject: String,
    /// Its state, in core's own encoding.
    pub state: Vec<u8>,
    /// When something of it falls due, in milliseconds since 1970.
    pub due_ms: Option<u64>,
    /// What lists of processes show and filter by; absent for a record that is no process.
    pub process: Option<ProcessColumns>,
}

impl SubjectRow {
    /// The state, by core's decoding.
    ///
    /// # Errors
    /// When the bytes are not what was written.
    pub fn decoded(&self) -> Result<State, StoreError> {
        State::from_bytes(&self.state).map_err(|why| {
            StoreError::Corrupt(format!("the state of {} cannot be read: {why}", self.subject))
        })
    }
}

/// The positions of every event of a process, in order.
///
/// # Errors
/// When the store cannot be read.
pub fn every_seq(store: &dyn Store, org: OrgCode, key: &str) -> Result<Vec<Seq>, StoreError> {
    let mut seqs: Vec<Seq> = Vec::new();
    loop {
        let from = seqs.last().map_or(Seq(0), |last| Seq(last.0 + 1));
        let group = store.process_seqs(org, key, from, GROUP_SEQS)?;
        let is_last = group.len() < GROUP_SEQS;
        seqs.extend(group);
        if is_last {
            return Ok(seqs);
        }
    }
}

/// The columns of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessColumns {
    /// Its key.
    pub key: String,
    /// The position of its first event: its place among all processes, and its name in other tables.
    pub number: u64,
    /// Where it stands.
    pub status: String,
    /// What people call it, folded for sorting.
    pub name: String,
    /// The e-mail address of who started it, in small letters.
    pub starter: String,
    /// What it was made from.
    pub flow_key: String,
    /// By what kind of flow.
    pub flow_type: String,
    /// Everything that a search looks in, folded.
    pub text: String,
    /// When signing began.
    pub started_ms: Option<u64>,
    /// When its earliest event happened.
    pub first_ms: u64,
    /// When its latest event happened.
    pub last_ms: u64,
    /// From when its age counts for deletion: the end of a completed one, the creation of a draft.
    pub ages_from_ms: Option<u64>,
    /// Whether its Audit Trail is still to be made.
    pub awaits_trail: bool,
}

/// Which processes are asked for. All conditions hold together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessFilter {
    /// One of these statuses; any where there are none.
    pub statuses: Vec<String>,
    /// The key.
    pub key: Option<String>,
    /// Who started it, in small letters.
    pub starter: Option<String>,
    /// What it was made from.
    pub flow_key: Option<String>,
    /// By what kind of flow, in any case.
    pub flow_type: Option<String>,
    /// Folded pieces, all of which its text holds.
    pub pieces: Vec<String>,
    /// Something happened at or after this time, in milliseconds since 1970 …
    pub from_ms: Option<u64>,
    /// … and before this one: an event lies in the range.
    pub to_ms: Option<u64>,
    /// Those whose number is smaller: later pages of a list leave out what came after its first.
    pub below: Option<u64>,
    /// Made behind the process of this number: where a list goes on.
    pub after: Option<u64>,
}

/// In what order processes come; equals come newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessOrder {
    /// As they were made: pages of it stay as they are while others are made.
    #[default]
    Made,
    /// By name.
    Name,
    /// By status.
    Status,
    /// By when signing began.
    Started,
    /// By their latest event.
    Activity,
}

/// A page of a list of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessPage {
    /// The order.
    pub order: ProcessOrder,
    /// Whether it is turned round.
    pub descending: bool,
    /// How many are passed over.
    pub skip: u64,
    /// How many come at most.
    pub take: u64,
}

/// A subject of some organization: what the scheduler is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summoned {
    /// Whose it is.
    pub org: OrgCode,
    /// The subject.
    pub subject: String,
}
