//! The truth: what every store keeps, and the few calls by which it is written and read.
//!
//! Deliberately absent: meaning. A store keeps bytes, positions and names; `log` decides what is written and `core` owns
//! every encoding. Both stores must answer alike: `tests/it/store.rs` is one list of cases that runs on each.

use std::collections::HashMap;

use everlog_core::erasure::Salts;
use everlog_core::event::{Document, Event};
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::json;
use everlog_core::leaf::{Hash, LogId};
use everlog_core::merkle::Frontier;
use serde_json::{Map, Value};

use crate::store::closed::Closed;
use crate::store::process::{ProcessFilter, ProcessPage, SubjectRow, Summoned};
use crate::store::stream::{DeadLetter, MessagePlace, StreamRow, Token};

pub mod closed;
pub mod process;
pub mod sqlite;
pub mod stream;

/// An organization inside the store: dense from 0, never used again, never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgCode(pub u32);

/// Most organizations of one store: the code has 22 bits in the index's key.
pub const ORGANIZATIONS_MAX: u32 = 1 << 22;
/// Most events of one organization: the position has 40 bits in a row's key.
pub const EVENTS_MAX: u64 = 1 << 40;
/// What the named value begins with by which the evidence of a final PDF is known again; its hash follows.
pub const EVIDENCE_PREFIX: &str = "evidence:";

/// One customer: its name, how its log is shown, and the identity of its log.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganizationRow {
    /// Its code in this store.
    pub code: OrgCode,
    /// Its id.
    pub id: OrgId,
    /// The name people know it by.
    pub name: String,
    /// The profile in force.
    pub profile: String,
    /// The shipped catalogs it uses, in order.
    pub catalogs: Vec<String>,
    /// The IANA name of its zone.
    pub time_zone: String,
    /// Its settings, as in the contract; absent members have their default.
    pub settings: Map<String, Value>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The identity of its log.
    pub log_id: LogId,
    /// The host in its log's origin; never changed once made.
    pub log_host: String,
}

/// Where an organization's log ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// How many events it holds.
    pub size: Size,
    /// What the tree needs to grow.
    pub frontier: Frontier,
    /// The time of the newest leaf: the next may not be smaller.
    pub received_ms: u64,
}

/// One recorded event, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its position.
    pub seq: Seq,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// The document's canonical bytes, exactly as hashed; without what was erased.
    pub document: Vec<u8>,
    /// Where the salts of its fields are, and what was erased.
    pub salts: Salts,
    /// The hash of its leaf.
    pub leaf_hash: Hash,
}

impl Row {
    /// The document as JSON: for what is hashed.
    ///
    /// # Errors
    /// When it is not what was written.
    pub fn value(&self) -> Result<Value, StoreError> {
        json::parse_with_depth(&self.document, json::DEPTH_MAX + 1)
            .map_err(|why| StoreError::Corrupt(format!("event {} is not JSON: {why}", self.seq)))
    }

    /// The document as what it says.
    ///
    /// # Errors
    /// When it is not what was written.
    pub fn parsed(&self) -> Result<Document, StoreError> {
        serde_json::from_slice(&self.document)
            .map_err(|why| StoreError::Corrupt(format!("event {} cannot be read: {why}", self.seq)))
    }

    /// The event.
    ///
    /// # Errors
    /// When it is not what was written.
    pub fn event(&self) -> Result<Event, StoreError> {
        Ok(Event {
            seq: self.seq,
            received_ms: self.received_ms,
            leaf_hash: self.leaf_hash,
            document: self.parsed()?,
            erased: self.salts.erased().to_vec(),
        })
    }
}

/// A kind of value that gets a small number, so that the index can count and sort it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CodeKind {
    /// Action names.
    Action = 0,
    /// Actors: the canonical JSON of `[type, id, name, email, role]`.
    Actor = 1,
    /// Addresses, as recorded.
    Ip = 2,
    /// Types of targets.
    TargetType = 3,
}

impl CodeKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Action, Self::Actor, Self::Ip, Self::TargetType];
}

/// The number of a value: dense from 0 within an organization and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u32);

/// What stands in the place of a code's value that was erased: NUL, which no event holds, as often as it had bytes. So it
/// is overwritten where it lies.
pub fn blank(value: &str) -> String {
    "\0".repeat(value.len().max(1))
}

/// Whether the value of a code was erased.
pub fn is_blank(value: &str) -> bool {
    value.starts_with('\0')
}

/// What one transaction appended to one log; `pos` is the order of commits over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    /// Its place in the order of commits, from 1, growing, not dense.
    pub pos: u64,
    /// The log.
    pub org: OrgCode,
    /// The first position it added.
    pub first: Seq,
    /// How many it added.
    pub count: u64,
}

/// A credential as stored: a key of an organization, a vendor's key, or a viewer session.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// SHA-256 of the secret; the secret itself is nowhere.
    pub hash: Hash,
    /// What it is called in lists and in the log.
    pub id: String,
    /// `key`, `vendor_key`, `session`, `session_code`, `download_code`: one table, one lookup.
    pub kind: String,
    /// The organization it belongs to; absent for a vendor's key.
    pub org: Option<OrgCode>,
    /// What it may do and who holds it, in `access`'s own JSON.
    pub grant: Value,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it stops working.
    pub expires_ms: Option<u64>,
    /// When it was taken back.
    pub revoked_ms: Option<u64>,
}

/// A list that a reader gave a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// What its owner calls it.
    pub name: String,
    /// What is chosen in it, as in the URL of the list.
    pub query: String,
}

/// What went wrong in a store, by whose fault.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, the file or the connection failed: nothing more is acknowledged until it is known to be well again.
    #[error("the store cannot {doing}")]
    Io {
        /// What it was doing.
        doing: &'static str,
        /// The library's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored is not what was written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The data directory cannot be used, and why, in words for the operator.
    #[error("{0}")]
    Directory(String),
    /// The name or id is taken.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// A documented limit is reached.
    #[error("the store's limit is reached: {0}")]
    Full(&'static str),
    /// What is stored is not what was signed: the log is only read.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// The calls inside one transaction. All of it becomes durable together, or none of it.
pub trait Transaction {
    /// The organization's head, locked until the end.
    fn head(&mut self, org: OrgCode) -> Result<Head, StoreError>;
    /// Which of these ids the log holds, and where.
    fn find_ids(&mut self, org: OrgCode, ids: &[&str]) -> Result<HashMap<String, Seq>, StoreError>;
    /// One row of the log, for comparing a duplicate.
    fn row(&mut self, org: OrgCode, seq: Seq) -> Result<Option<Row>, StoreError>;
    /// Makes sure that the value has a code.
    fn intern(&mut self, org: OrgCode, kind: CodeKind, value: &str) -> Result<Code, StoreError>;
    /// Overwrites the values of codes that no event has any more with blank ones. The codes stay, and stay dense; the
    /// same value gets a new one when it comes again. Blanking a code again changes nothing.
    fn blank_codes(&mut self, org: OrgCode, kind: CodeKind, codes: &[Code]) -> Result<(), StoreError>;
    /// Adds rows with the ids of their events at the head's place, and moves the head. Rows are in order, without gaps.
    fn append(&mut self, org: OrgCode, rows: &[(Row, String)], head: &Head) -> Result<Append, StoreError>;
    /// Puts what is left of an event in its place. Its seed and what was erased are overwritten where they lay; only
    /// position, time and leaf hash must be as before.
    fn erase(&mut self, org: OrgCode, row: &Row) -> Result<(), StoreError>;
    /// Remembers that the event at this position records an erasure, which is not purged yet.
    fn add_erasure(&mut self, org: OrgCode, seq: Seq) -> Result<(), StoreError>;
    /// Remembers that what a record erased is gone from everything that is made of the log.
    fn set_purged(&mut self, org: OrgCode, seq: Seq) -> Result<(), StoreError>;
    /// Deletes every viewer session of the user of this id or e-mail address, with what is known of the user; returns how
    /// many there were.
    fn delete_sessions(&mut self, org: OrgCode, user: &str) -> Result<u64, StoreError>;
    /// Makes an organization with an empty log. The code in the row is ignored; the one it got is returned.
    fn create_organization(&mut self, row: &OrganizationRow) -> Result<OrgCode, StoreError>;
    /// Replaces name, profile, catalogs, zone and settings.
    fn update_organization(&mut self, row: &OrganizationRow) -> Result<(), StoreError>;
    /// Keeps a credential.
    fn insert_credential(&mut self, credential: &Credential) -> Result<(), StoreError>;
    /// Marks a credential as taken back; false when there is none such that still works.
    fn revoke_credential(&mut self, org: Option<OrgCode>, id: &str, now_ms: u64) -> Result<bool, StoreError>;
    /// Keeps a named value of the installation.
    fn set_meta(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError>;
    /// Replaces the organization's own catalog, as TOML.
    fn set_catalog(&mut self, org: OrgCode, toml: &str) -> Result<(), StoreError>;
    /// Keeps a view of this owner; one of the same name is replaced.
    fn save_view(&mut self, org: OrgCode, owner: &str, view: &SavedView) -> Result<(), StoreError>;
    /// Takes a view of this owner away; false when there is none of this name.
    fn delete_view(&mut self, org: OrgCode, owner: &str, name: &str) -> Result<bool, StoreError>;
    /// The state of a subject, with what this transaction wrote of it.
    fn subject(&mut self, org: OrgCode, subject: &str) -> Result<Option<SubjectRow>, StoreError>;
    /// Keeps the state of a subject, and of a process its columns; what was there is replaced.
    fn put_subject(&mut self, org: OrgCode, row: &SubjectRow) -> Result<(), StoreError>;
    /// Forgets every subject and process of a log, to make them anew.
    fn clear_subjects(&mut self, org: OrgCode) -> Result<(), StoreError>;
    /// Adds an event to those of the process of this number; `at_ms` is when it happened.
    fn add_process_event(
        &mut self,
        org: OrgCode,
        number: u64,
        seq: Seq,
        at_ms: u64,
    ) -> Result<(), StoreError>;
    /// Keeps a new stream.
    fn insert_stream(&mut self, row: &StreamRow) -> Result<(), StoreError>;
    /// Replaces what an administrator decided; false when there is no such stream.
    fn define_stream(&mut self, org: OrgCode, id: &str, definition: &Value) -> Result<bool, StoreError>;
    /// Moves a stream as an administrator wants it, which begins an epoch; false when there is no such stream.
    fn turn_stream(&mut self, org: OrgCode, id: &str, progress: &Value) -> Result<bool, StoreError>;
    /// Keeps how far a stream has come; false, and nothing is kept, when its epoch is over.
    fn advance_stream(
        &mut self,
        org: OrgCode,
        id: &str,
        epoch: u64,
        progress: &Value,
    ) -> Result<bool, StoreError>;
    /// Takes a stream away with its dead letters; false when there is none such.
    fn delete_stream(&mut self, org: OrgCode, id: &str) -> Result<bool, StoreError>;
    /// Keeps a dead letter; one of the same place is replaced.
    fn put_dead_letter(&mut self, org: OrgCode, stream: &str, letter: &DeadLetter) -> Result<(), StoreError>;
    /// Takes a dead letter away; false when there is none such.
    fn delete_dead_letter(
        &mut self,
        org: OrgCode,
        stream: &str,
        place: MessagePlace,
    ) -> Result<bool, StoreError>;
    /// Marks dead letters to be sent once more: those of these positions, or all; returns how many there are.
    fn want_dead_letters(
        &mut self,
        org: OrgCode,
        stream: &str,
        seqs: Option<&[Seq]>,
    ) -> Result<u64, StoreError>;
    /// Remembers with what a receipt's token came, forgets those from before `forget_ms`, and tells what was known.
    fn remember_token(
        &mut self,
        org: OrgCode,
        token: &Hash,
        body: &Hash,
        now_ms: u64,
        forget_ms: u64,
    ) -> Result<Token, StoreError>;
}

/// A place that keeps the truth. Reads may run at once, on any thread; they see what is committed.
pub trait Store: Send + Sync + 'static {
    /// Runs `work` in one transaction and returns when what it wrote is durable. `work` may run more than once.
    ///
    /// # Errors
    /// Whatever `work` returns, or the store's own fault; then nothing of it is kept. Callers on several threads wait
    /// for each other.
    fn transact(
        &self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Every organization, by id.
    fn organizations(&self) -> Result<Vec<OrganizationRow>, StoreError>;
    /// One organization.
    fn organization(&self, id: &OrgId) -> Result<Option<OrganizationRow>, StoreError>;
    /// Its own catalog, as TOML.
    fn catalog(&self, org: OrgCode) -> Result<Option<String>, StoreError>;
    /// The views of one reader, by name.
    fn views(&self, org: OrgCode, owner: &str) -> Result<Vec<SavedView>, StoreError>;
    /// Where its log ends.
    fn head(&self, org: OrgCode) -> Result<Head, StoreError>;
    /// The rows at these positions, in the order asked; a position that is not there is left out.
    fn rows(&self, org: OrgCode, seqs: &[Seq]) -> Result<Vec<Row>, StoreError>;
    /// Up to `limit` rows from a position on, in order.
    fn scan(&self, org: OrgCode, from: Seq, limit: usize) -> Result<Vec<Row>, StoreError>;
    /// The positions of up to `limit` events that something was erased from, from a position on, in order.
    fn erased_seqs(&self, org: OrgCode, from: Seq, limit: usize) -> Result<Vec<Seq>, StoreError>;
    /// The records of erasures of a log, in order, and whether each is purged.
    fn erasures(&self, org: OrgCode) -> Result<Vec<(Seq, bool)>, StoreError>;
    /// The records of erasures that are not purged, of every log.
    fn unpurged(&self) -> Result<Vec<(OrgCode, Seq)>, StoreError>;
    /// The views of every reader, with their owners.
    fn every_view(&self, org: OrgCode) -> Result<Vec<(String, SavedView)>, StoreError>;
    /// Makes sure that nothing of what was overwritten lies in the store's own logs; false when a reader is in the way:
    /// then it is to be asked again.
    fn settle(&self) -> Result<bool, StoreError>;
    /// Where the event with this id stands.
    fn find_id(&self, org: OrgCode, id: &str) -> Result<Option<Seq>, StoreError>;
    /// The hashes of the leaves in a range of positions, in order.
    fn leaf_hashes(&self, org: OrgCode, from: Seq, to: Size) -> Result<Vec<Hash>, StoreError>;
    /// The values with a code from `from` on, in order of their codes.
    fn codes(&self, org: OrgCode, kind: CodeKind, from: Code) -> Result<Vec<String>, StoreError>;
    /// Up to `limit` appends behind a place in the order of commits.
    fn appends(&self, after: u64, limit: usize) -> Result<Vec<Append>, StoreError>;
    /// The last place in the order of commits; 0 for an empty store.
    fn last_append(&self) -> Result<u64, StoreError>;
    /// The credential with this hash, whether or not it still works.
    fn credential(&self, hash: &Hash) -> Result<Option<Credential>, StoreError>;
    /// The credentials of an organization of one kind, oldest first; without organization, those that span them.
    fn credentials(&self, org: Option<OrgCode>, kind: &str) -> Result<Vec<Credential>, StoreError>;
    /// A named value of the installation.
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// The state of a subject.
    fn subject(&self, org: OrgCode, subject: &str) -> Result<Option<SubjectRow>, StoreError>;
    /// A page of the processes that a filter leaves.
    fn processes(
        &self,
        org: OrgCode,
        filter: &ProcessFilter,
        page: ProcessPage,
    ) -> Result<Vec<SubjectRow>, StoreError>;
    /// How many processes a filter leaves.
    fn count_processes(&self, org: OrgCode, filter: &ProcessFilter) -> Result<u64, StoreError>;
    /// Who started processes, by e-mail address in small letters, and how many: up to `limit`, the busiest first.
    fn starters(&self, org: OrgCode, limit: usize) -> Result<Vec<(String, u64)>, StoreError>;
    /// The positions of up to `limit` events of a process from a position on, in order.
    fn process_seqs(&self, org: OrgCode, key: &str, from: Seq, limit: usize) -> Result<Vec<Seq>, StoreError>;
    /// Up to `limit` subjects of which something is due at this time, the longest due first.
    fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<Summoned>, StoreError>;
    /// Up to `limit` processes of this status that age since before this time, the oldest first.
    fn aged(
        &self,
        org: OrgCode,
        status: &str,
        before_ms: u64,
        limit: usize,
    ) -> Result<Vec<Summoned>, StoreError>;
    /// Up to `limit` processes whose Audit Trail is still to be made.
    fn awaiting_trails(&self, limit: usize) -> Result<Vec<Summoned>, StoreError>;
    /// The streams of an organization, oldest first.
    fn streams(&self, org: OrgCode) -> Result<Vec<StreamRow>, StoreError>;
    /// One of them.
    fn stream(&self, org: OrgCode, id: &str) -> Result<Option<StreamRow>, StoreError>;
    /// The streams of every organization, for whoever serves them.
    fn every_stream(&self) -> Result<Vec<StreamRow>, StoreError>;
    /// Up to `limit` dead letters of a stream behind a place, in order; only those wanted again, or all.
    fn dead_letters(
        &self,
        org: OrgCode,
        stream: &str,
        after: Option<MessagePlace>,
        only_wanted: bool,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError>;
    /// Re-reads what the store itself can check (pages, checksums, tables that must agree) and names what is wrong.
    fn check(&self) -> Result<Vec<String>, StoreError>;
}
