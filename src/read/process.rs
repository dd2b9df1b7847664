//! Processes as readers see them: one, a list, the events of one, and the names of signees in events.
//!
//! Deliberately absent: rules. A state is read as the writer left it, never worked out here.

use std::collections::HashMap;

use everlog_core::event::{ActorKind, Event};
use everlog_core::ids::Seq;
use everlog_core::process::{State, Subject};

use crate::access::Organization;
use crate::read::{ReadError, Reader, may_see};
use crate::store::StoreError;
use crate::store::process::{ProcessFilter, ProcessPage, SubjectRow};

mod list;
mod present;

pub use list::{ProcessList, ProcessQuestion};
pub use present::present_process;

/// How many events of a process are read together.
const GROUP_EVENTS: usize = 1_000;

/// A process as the writer left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its key.
    pub key: String,
    /// The position of its first event.
    pub number: u64,
    /// What its events add up to.
    pub state: State,
    /// Whether its Audit Trail is still to be made.
    pub awaits_trail: bool,
}

impl Reader {
    /// A process; none where there is none, or where the reader sees but a part of the log.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn process(&self, org: &Organization, key: &str) -> Result<Option<Process>, ReadError> {
        if org.scope().is_restricted() {
            return Ok(None);
        }
        let row = self.store.subject(org.code(), Subject::process(key).as_str())?;
        row.map(process_of).transpose()
    }

    /// A page of processes. Who sees but a part of the log sees none.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn processes(
        &self,
        org: &Organization,
        filter: &ProcessFilter,
        page: ProcessPage,
    ) -> Result<Vec<Process>, ReadError> {
        if org.scope().is_restricted() {
            return Ok(Vec::new());
        }
        self.store.processes(org.code(), filter, page)?.into_iter().map(process_of).collect()
    }

    /// How many processes a filter leaves.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn count_processes(&self, org: &Organization, filter: &ProcessFilter) -> Result<u64, ReadError> {
        if org.scope().is_restricted() {
            return Ok(0);
        }
        Ok(self.store.count_processes(org.code(), filter)?)
    }

    /// Who started processes, by e-mail address in small letters, and how many: the busiest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn starters(&self, org: &Organization, limit: usize) -> Result<Vec<(String, u64)>, ReadError> {
        if org.scope().is_restricted() {
            return Ok(Vec::new());
        }
        Ok(self.store.starters(org.code(), limit)?)
    }

    /// Every event of a process, in order, with the names of its signees.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn process_events(&self, org: &Organization, key: &str) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::new();
        let mut from = Some(Seq(0));
        while let Some(at) = from {
            let (group, next) = self.process_events_from(org, key, at, GROUP_EVENTS)?;
            events.extend(group);
            from = next;
        }
        Ok(events)
    }

    /// Up to `limit` events of a process from a position on, and from where to go on; nothing at the end.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn process_events_from(
        &self,
        org: &Organization,
        key: &str,
        from: Seq,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<Seq>), ReadError> {
        let seqs = self.store.process_seqs(org.code(), key, from, limit)?;
        let next = seqs.last().filter(|_| seqs.len() == limit).map(|last| Seq(last.0 + 1));
        let mut events = self.events(org, &seqs)?;
        events.retain(|event| may_see(org, event));
        Ok((events, next))
    }

    /// Fills in the names of signees who acted without being named: a name stands in the log once, where they were added.
    pub(super) fn name_signees(&self, org: &Organization, events: &mut [Event]) -> Result<(), ReadError> {
        let mut states: HashMap<String, Option<State>> = HashMap::new();
        for event in events {
            let sent = &mut event.document.event;
            let (Some(key), Some(id)) = (&sent.process, &sent.actor.id) else { continue };
            if sent.actor.kind != ActorKind::Signee || sent.actor.name.is_some() {
                continue;
            }
            if !states.contains_key(key) {
                let row = self.store.subject(org.code(), Subject::process(key).as_str())?;
                states.insert(key.clone(), row.as_ref().map(SubjectRow::decoded).transpose()?);
            }
            let signee = states.get(key).and_then(Option::as_ref).and_then(|state| state.signee(id));
            if let Some(signee) = signee {
                sent.actor.name.clone_from(&signee.name);
                sent.actor.email = sent.actor.email.take().or_else(|| signee.email.clone());
            }
        }
        Ok(())
    }
}

fn process_of(row: SubjectRow) -> Result<Process, ReadError> {
    let state = row.decoded()?;
    let damaged = || StoreError::Corrupt(format!("{} is a process without its columns", row.subject));
    let columns = row.process.ok_or_else(damaged)?;
    Ok(Process { key: columns.key, number: columns.number, state, awaits_trail: columns.awaits_trail })
}
