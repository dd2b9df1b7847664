//! Erasing fields of recorded events: what is left of each, the records that tell of it, and the states made of both, in
//! one transaction.
//!
//! Deliberately absent: whose fields, and why. A later erasure of the same fields finds nothing and records nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use everlog_core::erasure::{ErasedField, Salts};
use everlog_core::event::{Event, Mode, Origin};
use everlog_core::hex::Hex;
use everlog_core::ids::Seq;
use everlog_core::json;
use everlog_core::leaf::Hash;
use everlog_core::process::{Subject, subject_of};
use everlog_core::query::{Filters, Query, TargetRef};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::directory::Entry;
use crate::index::{Index, IndexError};
use crate::log::prepare::{Preparation, Prepared, coded};
use crate::log::process::{States, rebuild};
use crate::log::writer::{Extension, Writer};
use crate::log::{AppendError, Grown, Outcome, Recorded, Source, now_ms};
use crate::store::process::{SubjectRow, every_seq};
use crate::store::{CodeKind, OrgCode, Row, Store, StoreError, Transaction};

/// Most events that one record tells of: an event has at most 950 fields.
const RECORD_EVENTS_MAX: usize = 500;
/// Most bytes of commitments in one record: an event has at most 262,144.
const RECORD_BYTES_MAX: usize = 200 * 1024;
/// How many rows are read together.
const GROUP_ROWS: usize = 500;
/// What is to be erased from one log, by whom and why.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Of which events, and the pointers that name their fields.
    pub events: BTreeMap<Seq, Vec<String>>,
    /// Who acts, as an actor's JSON.
    pub actor: Value,
    /// On what grounds.
    pub basis: String,
    /// Who asked for it: a role, never a name.
    pub requested_by: String,
    /// The users, by id or e-mail address, whose viewer sessions go with it.
    pub sessions_of: Vec<String>,
    /// The saved views, by owner and name, that go with it.
    pub views: Vec<(String, String)>,
}

impl Erasure {
    /// Takes away what is kept of a person beside the log.
    fn take_beside(&self, org: OrgCode, transaction: &mut dyn Transaction) -> Result<(), StoreError> {
        for user in &self.sessions_of {
            transaction.delete_sessions(org, user)?;
        }
        for (owner, name) in &self.views {
            transaction.delete_view(org, owner, name)?;
        }
        Ok(())
    }
}

/// A record, and what it tells of.
#[derive(Clone, Debug)]
pub struct ErasureMade {
    /// Where it stands.
    pub record: Recorded,
    /// What was erased, by event.
    pub erased: BTreeMap<Seq, Vec<ErasedField>>,
}

/// An erasure on its way to the writer.
pub(super) struct EraseJob {
    pub org: Arc<Entry>,
    pub source: Source,
    pub erasure: Erasure,
    pub answer: oneshot::Sender<Result<Vec<ErasureMade>, AppendError>>,
}

/// An event that loses something.
struct Losing {
    row: Row,
    document: Value,
    pointers: Vec<String>,
    /// What names its fields, by commitment.
    named: Vec<(Hash, String)>,
}

/// A record that is to be written, and the events it tells of.
struct Record {
    prepared: Prepared,
    losing: Vec<Losing>,
}

impl Writer {
    /// Erases, in a transaction of its own: everything before is committed, nothing comes between.
    pub(super) fn erase(&self, job: EraseJob) {
        let EraseJob { org, source, erasure, answer } = job;
        let made = self.erased(&org, &source, &erasure).map_err(|why| {
            tracing::error!(error = &why as &dyn std::error::Error, org.id = %org.row.id, "an erasure failed");
            AppendError::Unavailable
        });
        // A sender that has gone away is not told; what was erased is gone all the same.
        drop(answer.send(made));
    }

    /// Blanks the codes that no event has any more.
    pub(super) fn blank(&self, org: OrgCode) -> Result<(), AppendError> {
        let blank = || -> Result<(), Box<dyn std::error::Error>> {
            for &kind in CodeKind::ALL {
                let unused = self.index.unused_codes(org, kind)?;
                if !unused.is_empty() {
                    self.store.transact(&mut |transaction| transaction.blank_codes(org, kind, &unused))?;
                }
            }
            self.index.forget_codes(org);
            Ok(())
        };
        blank().map_err(|why| {
            tracing::error!(error = why.as_ref(), "codes could not be blanked");
            AppendError::Unavailable
        })
    }

    fn erased(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: &Erasure,
    ) -> Result<Vec<ErasureMade>, StoreError> {
        let store = self.store.as_ref();
        let losing = losing(store, org.row.code, &erasure.events)?;
        if losing.is_empty() {
            store.transact(&mut |transaction| erasure.take_beside(org.row.code, transaction))?;
            return Ok(Vec::new());
        }
        let subjects = self.subjects(org, &losing)?;
        let records = records(org, source, erasure, losing)?;
        let mut done = Done::default();
        store.transact(&mut |transaction| {
            done = self.write(org, erasure, &records, &subjects, transaction)?;
            Ok(())
        })?;
        let Done { made, appended, changed } = done;
        let size = made.last().map_or(0, |it| it.record.seq.0 + 1);
        if let Some((append, events)) = appended {
            self.index.add(append, events);
        }
        self.index.rewrite(org.row.code, &changed).map_err(not_rewritten)?;
        drop(self.grown.send(Grown { org: org.row.code, size }));
        Ok(made)
    }

    /// Writes records and what is left of the events.
    fn write(
        &self,
        org: &Arc<Entry>,
        erasure: &Erasure,
        records: &[Record],
        subjects: &BTreeMap<Subject, BTreeSet<Seq>>,
        transaction: &mut dyn Transaction,
    ) -> Result<Done, StoreError> {
        let code = org.row.code;
        let mut extension = Extension::open(org, &[], &self.scanner_ranges, transaction)?;
        let mut done = Done::default();
        for record in records {
            let outcome = extension.take(&Ok(record.prepared.clone()), true, now_ms(), transaction)?;
            let Outcome::Created(recorded) = outcome else {
                return Err(StoreError::Corrupt("the record of an erasure was refused".to_owned()));
            };
            let mut erased = BTreeMap::new();
            for losing in &record.losing {
                let (event, fields) = losing.take(code, recorded.seq, transaction)?;
                erased.insert(event.seq, fields);
                done.changed.push(event);
            }
            transaction.add_erasure(code, recorded.seq)?;
            done.made.push(ErasureMade { record: recorded, erased });
        }
        for (subject, seqs) in subjects {
            if let Some(row) = self.state_of(code, subject, seqs, &done.changed)? {
                transaction.put_subject(code, &row)?;
            }
        }
        erasure.take_beside(code, transaction)?;
        done.appended = Some(extension.keep(code, transaction)?);
        Ok(done)
    }

    /// The subjects that the events are about, each with the positions of all its events.
    fn subjects(
        &self,
        org: &Entry,
        losing: &[Losing],
    ) -> Result<BTreeMap<Subject, BTreeSet<Seq>>, StoreError> {
        let mut subjects: BTreeMap<Subject, BTreeSet<Seq>> = BTreeMap::new();
        let mut asked = BTreeSet::new();
        for it in losing {
            let document = it.row.parsed()?;
            let Some(subject) = subject_of(&document.event) else { continue };
            if let Some(key) = subject.process_key() {
                if asked.insert((key.to_owned(), String::new())) {
                    let seqs = every_seq(self.store.as_ref(), org.row.code, key)?;
                    subjects.entry(subject).or_default().extend(seqs);
                }
                continue;
            }
            for target in document.event.targets {
                if asked.insert((target.kind.clone(), target.id.clone())) {
                    let seqs = self.record_seqs(org, TargetRef { kind: target.kind, id: target.id })?;
                    subjects.entry(subject.clone()).or_default().extend(seqs);
                }
            }
        }
        Ok(subjects)
    }

    fn record_seqs(&self, org: &Entry, target: TargetRef) -> Result<Vec<Seq>, StoreError> {
        let only = Filters { targets: vec![target], ..Filters::default() };
        let fault = |why| StoreError::Io { doing: "ask the index for a record", source: Box::new(why) };
        let size = self.store.head(org.row.code)?.size;
        let query = Query { only, ..Query::default() };
        self.index.every_seq(org.row.code, &query, &org.catalogs, size).map_err(fault)
    }

    /// The state of a subject, made anew of its events as they are now.
    fn state_of(
        &self,
        org: OrgCode,
        subject: &Subject,
        seqs: &BTreeSet<Seq>,
        changed: &[Event],
    ) -> Result<Option<SubjectRow>, StoreError> {
        let changed: BTreeMap<Seq, &Event> = changed.iter().map(|event| (event.seq, event)).collect();
        let mut states = States::default();
        let seqs: Vec<Seq> = seqs.iter().copied().collect();
        for group in seqs.chunks(GROUP_ROWS) {
            for row in self.store.rows(org, group)? {
                let event = match changed.get(&row.seq) {
                    Some(event) => (*event).clone(),
                    None => row.event()?,
                };
                if subject_of(&event.document.event).as_ref() == Some(subject) {
                    states.replay(&event);
                }
            }
        }
        Ok(states.row(subject))
    }
}

/// What a committed erasure did.
#[derive(Default)]
struct Done {
    made: Vec<ErasureMade>,
    appended: Option<(crate::store::Append, Vec<Event>)>,
    changed: Vec<Event>,
}

/// Takes fields out of events of a log that is only read, as a record at `by` tells, which the log does not hold now.
/// Nothing else may write to it meanwhile.
///
/// # Errors
/// When the store or the index cannot be read or written.
pub fn mask(
    store: &dyn Store,
    index: &Index,
    org: OrgCode,
    events: &BTreeMap<Seq, Vec<String>>,
    by: Seq,
) -> Result<(), StoreError> {
    let losing = losing(store, org, events)?;
    if losing.is_empty() {
        return Ok(());
    }
    let mut changed = Vec::new();
    store.transact(&mut |transaction| {
        for it in &losing {
            changed.push(it.take(org, by, transaction)?.0);
        }
        Ok(())
    })?;
    index.rewrite(org, &changed).map_err(not_rewritten)?;
    rebuild(store, org)
}

fn not_rewritten(why: IndexError) -> StoreError {
    StoreError::Io { doing: "take what was erased out of the index", source: Box::new(why) }
}

/// The events that lose something, in order. Records of erasures lose nothing.
fn losing(
    store: &dyn Store,
    org: OrgCode,
    events: &BTreeMap<Seq, Vec<String>>,
) -> Result<Vec<Losing>, StoreError> {
    let seqs: Vec<Seq> = events.keys().copied().collect();
    let mut losing = Vec::new();
    for group in seqs.chunks(GROUP_ROWS) {
        for row in store.rows(org, group)? {
            let document = row.value()?;
            let pointers = events.get(&row.seq).cloned().unwrap_or_default();
            let names: Vec<&str> = pointers.iter().map(String::as_str).collect();
            let named = row.salts.named(&document, &names);
            let is_record = document["s"]["kind"] == Origin::Erasure.as_str();
            if !named.is_empty() && !is_record {
                losing.push(Losing { row, document, pointers, named });
            }
        }
    }
    Ok(losing)
}

/// Divides the events among as many records as they need.
fn records(
    org: &Entry,
    source: &Source,
    erasure: &Erasure,
    losing: Vec<Losing>,
) -> Result<Vec<Record>, StoreError> {
    let mut records = Vec::new();
    let (mut group, mut bytes) = (Vec::new(), 0);
    for it in losing {
        let size = it.named.len() * (size_of::<Hash>() * 2 + 3) + 32;
        if group.len() == RECORD_EVENTS_MAX || (bytes + size > RECORD_BYTES_MAX && !group.is_empty()) {
            records.push(record(org, source, erasure, std::mem::take(&mut group))?);
            bytes = 0;
        }
        bytes += size;
        group.push(it);
    }
    records.push(record(org, source, erasure, group)?);
    Ok(records)
}

fn record(
    org: &Entry,
    source: &Source,
    erasure: &Erasure,
    losing: Vec<Losing>,
) -> Result<Record, StoreError> {
    let listed = losing.iter().map(|it| {
        let commitments = it.named.iter().map(|(hash, _)| Value::from(Hex(hash).to_string()));
        (it.row.seq.to_string(), commitments.collect())
    });
    let listed: Map<String, Value> = listed.collect();
    let event = serde_json::json!({
        "action": "erasure.made",
        "actor": erasure.actor,
        "metadata": {"basis": erasure.basis, "requested_by": erasure.requested_by, "erased": listed},
    });
    let preparation = Preparation {
        org,
        source,
        mode: Mode::Command,
        is_own: true,
        origin: Origin::Erasure,
        now_ms: now_ms(),
    };
    let prepared = preparation
        .prepare(event)
        .map_err(|why| StoreError::Corrupt(format!("the record of an erasure is no event: {why}")))?;
    Ok(Record { prepared, losing })
}

impl Losing {
    /// Puts what is left of it in its place; gives that, and what is not left.
    fn take(
        &self,
        org: OrgCode,
        by: Seq,
        transaction: &mut dyn Transaction,
    ) -> Result<(Event, Vec<ErasedField>), StoreError> {
        let (row, fields) = self.left(by)?;
        transaction.erase(org, &row)?;
        let event = row.event()?;
        for (kind, value) in coded(&event.document.event) {
            transaction.intern(org, kind, &value)?;
        }
        Ok((event, fields))
    }

    /// What is left of it, and what is not.
    fn left(&self, by: Seq) -> Result<(Row, Vec<ErasedField>), StoreError> {
        let mut document = self.document.clone();
        let names: Vec<&str> = self.pointers.iter().map(String::as_str).collect();
        let missing = || StoreError::Corrupt(format!("event {} has lost its fields already", self.row.seq));
        let written = self.row.salts.erase(&mut document, &names, by).ok_or_else(missing)?;
        let erased = written.erased.iter().filter(|erased| erased.by == by).cloned().collect();
        let row =
            Row { document: json::canonical(&document), salts: Salts::Written(written), ..self.row.clone() };
        Ok((row, erased))
    }
}
