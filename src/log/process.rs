//! Rules at the writer: the states of what a transaction touches, read once, decided upon, and kept at its end.
//!
//! Deliberately absent: the rules, which are `core::process`.

use std::collections::{BTreeMap, HashMap};

use everlog_core::event::{Event, Mode};
use everlog_core::ids::Seq;
use everlog_core::process::{self, Incoming, Policy, Refusal, State, Status, Subject, Verdict};
use everlog_core::profile::Ending;
use everlog_core::text::fold;

use crate::directory::Entry;
use crate::store::process::{ProcessColumns, SubjectRow};
use crate::store::{OrgCode, Store, StoreError, Transaction};

/// How many events are read together when states are made anew.
const GROUP_ROWS: usize = 1_000;

/// What the organization has decided, else its profile.
pub(super) fn policy_of(org: &Entry) -> Policy {
    let set = |member: &str, default: Ending| {
        let set = org.row.settings.get(member).and_then(serde_json::Value::as_str);
        set.and_then(|word| word.parse().ok()).unwrap_or(default)
    };
    let defaults = &org.profile.defaults;
    Policy {
        on_decline: set("on_decline", defaults.on_decline),
        on_bounce: set("on_bounce", defaults.on_bounce),
        on_expired: set("on_expired", defaults.on_expired),
    }
}

/// The states that a transaction has read or changed in one log.
#[derive(Default)]
pub(super) struct States {
    known: HashMap<Subject, Known>,
    /// The events of processes that it adds: number, position, time.
    events: Vec<(u64, Seq, u64)>,
    /// While a part may be taken back: what was known of each subject before the part changed it.
    before: Option<HashMap<Subject, Known>>,
}

#[derive(Clone, Default)]
struct Known {
    state: Option<State>,
    /// The number of the process, once it has one.
    number: Option<u64>,
    waits: Waits,
    is_changed: bool,
}

/// What the server itself will do about a subject. History moves none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Waits {
    due_ms: Option<u64>,
    ages_from_ms: Option<u64>,
    awaits_trail: bool,
}

impl Waits {
    /// What follows from a state that was reached by a command.
    fn of(state: &State) -> Self {
        if state.deleted_ms.is_some() {
            return Self::default();
        }
        let is_completed = state.status == Status::Completed && state.is_created;
        Self {
            due_ms: process::next_due_ms(state),
            ages_from_ms: state.ages_from_ms().filter(|_| state.is_created),
            awaits_trail: is_completed && state.trail.is_none(),
        }
    }

    fn of_row(row: &SubjectRow) -> Self {
        let process = row.process.as_ref();
        Self {
            due_ms: row.due_ms,
            ages_from_ms: process.and_then(|process| process.ages_from_ms),
            awaits_trail: process.is_some_and(|process| process.awaits_trail),
        }
    }

    /// What waits after an event of this mode.
    fn after(self, state: &State, mode: Mode) -> Self {
        if mode == Mode::Record { self } else { Self::of(state) }
    }
}

impl States {
    /// From here on what changes can be taken back; gives the place to return to.
    pub(super) fn begin_part(&mut self) -> usize {
        self.before = Some(HashMap::new());
        self.events.len()
    }

    /// What changed stays.
    pub(super) fn keep_part(&mut self) {
        self.before = None;
    }

    /// A part that was refused leaves no trace.
    pub(super) fn take_back(&mut self, events: usize) {
        self.known.extend(self.before.take().unwrap_or_default());
        self.events.truncate(events);
    }

    /// The state of a subject as it is now.
    pub(super) fn state(
        &mut self,
        org: OrgCode,
        subject: &Subject,
        transaction: &mut dyn Transaction,
    ) -> Result<Option<&State>, StoreError> {
        Ok(self.known(org, subject, transaction)?.state.as_ref())
    }

    fn known(
        &mut self,
        org: OrgCode,
        subject: &Subject,
        transaction: &mut dyn Transaction,
    ) -> Result<&mut Known, StoreError> {
        if !self.known.contains_key(subject) {
            let known = match transaction.subject(org, subject.as_str())? {
                None => Known::default(),
                Some(row) => Known {
                    state: Some(row.decoded()?),
                    waits: Waits::of_row(&row),
                    number: row.process.map(|process| process.number),
                    is_changed: false,
                },
            };
            self.known.insert(subject.clone(), known);
        }
        Ok(self.known.entry(subject.clone()).or_default())
    }

    /// What the rules say of an event of this subject; some rules need none.
    pub(super) fn decide(
        &mut self,
        org: OrgCode,
        subject: Option<&Subject>,
        incoming: &Incoming<'_>,
        policy: Option<&Policy>,
        transaction: &mut dyn Transaction,
    ) -> Result<Result<Verdict, Refusal>, StoreError> {
        let state = match subject {
            Some(subject) => self.state(org, subject, transaction)?,
            None => None,
        };
        Ok(match policy {
            Some(policy) => process::decide(state, incoming, policy),
            None => Ok(process::observe(state, incoming)),
        })
    }

    /// Takes the state with the event in it, which now has a place.
    pub(super) fn advance(&mut self, subject: &Subject, state: State, mode: Mode, seq: Seq, at_ms: u64) {
        let known = self.known.entry(subject.clone()).or_default();
        if let Some(before) = &mut self.before
            && !before.contains_key(subject)
        {
            before.insert(subject.clone(), known.clone());
        }
        if subject.process_key().is_some() {
            let number = *known.number.get_or_insert(seq.0);
            self.events.push((number, seq, at_ms));
        }
        known.waits = known.waits.after(&state, mode);
        known.state = Some(state);
        known.is_changed = true;
    }

    /// Writes what has changed.
    pub(super) fn keep(self, org: OrgCode, transaction: &mut dyn Transaction) -> Result<(), StoreError> {
        for (subject, known) in &self.known {
            if let (Some(state), true) = (&known.state, known.is_changed) {
                transaction.put_subject(org, &row_of(subject, state, known.number, known.waits))?;
            }
        }
        for (number, seq, at_ms) in self.events {
            transaction.add_process_event(org, number, seq, at_ms)?;
        }
        Ok(())
    }
}

/// A state as it is stored; of a process with its number.
fn row_of(subject: &Subject, state: &State, number: Option<u64>, waits: Waits) -> SubjectRow {
    let process = subject.process_key().zip(number).map(|(key, number)| columns(key, number, state, waits));
    SubjectRow {
        subject: subject.as_str().to_owned(),
        state: state.to_bytes(),
        due_ms: waits.due_ms,
        process,
    }
}

fn columns(key: &str, number: u64, state: &State, waits: Waits) -> ProcessColumns {
    let name = state.display_name.as_deref().or(state.file_name.as_deref()).unwrap_or(key);
    let starter = state.created_by.as_ref().and_then(|actor| actor.email.as_deref()).unwrap_or_default();
    ProcessColumns {
        key: key.to_owned(),
        number,
        status: state.standing().as_str().to_owned(),
        name: fold(name),
        starter: starter.to_lowercase(),
        flow_key: state.flow_key.clone().unwrap_or_default(),
        flow_type: state.flow_type.clone().unwrap_or_default(),
        text: searched(key, state),
        started_ms: state.started_ms,
        first_ms: state.first_ms.unwrap_or_default(),
        last_ms: state.last_ms.unwrap_or_default(),
        ages_from_ms: waits.ages_from_ms,
        awaits_trail: waits.awaits_trail,
    }
}

/// What a search for processes looks in (`T15`), a line each: its key, names, and what signees are found by.
fn searched(key: &str, state: &State) -> String {
    let mut lines = vec![fold(key)];
    lines.extend(state.display_name.iter().chain(&state.file_name).map(|name| fold(name)));
    for signee in &state.signees {
        let found_by = [&signee.name, &signee.email, &signee.phone, &signee.ssn];
        lines.extend(found_by.into_iter().flatten().map(|text| fold(text)));
    }
    lines.join("\n")
}

/// The states of a log, made of its events alone.
#[derive(Debug, Default, PartialEq)]
pub struct Projection {
    /// Every subject, by its name.
    pub rows: BTreeMap<String, SubjectRow>,
    /// The events of processes: number, position, time.
    pub events: Vec<(u64, Seq, u64)>,
}

impl Projection {
    /// Reads a log from its beginning. Holds every state in memory at once.
    ///
    /// # Errors
    /// When the store cannot be read, or holds what is no event.
    pub fn of(store: &dyn Store, org: OrgCode) -> Result<Self, StoreError> {
        let (mut projector, mut from) = (Projector::default(), Seq(0));
        loop {
            let rows = store.scan(org, from, GROUP_ROWS)?;
            let Some(last) = rows.last() else { break };
            from = Seq(last.seq.0 + 1);
            for row in rows {
                projector.add(&row.event()?);
            }
        }
        Ok(projector.end())
    }
}

/// Makes the states of a log of its events, which come one by one, in order.
#[derive(Default)]
pub struct Projector(States);

impl Projector {
    /// Takes the next event. One that is about nothing with a state may be left out.
    pub fn add(&mut self, event: &Event) {
        self.0.replay(event);
    }

    /// The states after the last of them.
    pub fn end(self) -> Projection {
        let rows = self.0.known.keys();
        let rows = rows.filter_map(|subject| Some((subject.as_str().to_owned(), self.0.row(subject)?)));
        Projection { rows: rows.collect(), events: self.0.events }
    }
}

impl States {
    /// The state of a subject as it would be kept.
    pub(super) fn row(&self, subject: &Subject) -> Option<SubjectRow> {
        let known = self.known.get(subject)?;
        Some(row_of(subject, known.state.as_ref()?, known.number, known.waits))
    }

    /// Takes a recorded event as it was taken in.
    pub(super) fn replay(&mut self, event: &Event) {
        let Some(subject) = process::subject_of(&event.document.event) else { return };
        let before = self.known.get(&subject).and_then(|known| known.state.as_ref());
        let state = process::refold(before, event);
        let mode = event.document.served.mode.unwrap_or(Mode::Command);
        self.advance(&subject, state, mode, event.seq, event.occurred_ms());
    }
}

/// Makes the states of a log anew. Nothing else may write to it meanwhile.
///
/// # Errors
/// When the store cannot be read or written.
pub fn rebuild(store: &dyn Store, org: OrgCode) -> Result<(), StoreError> {
    let projection = Projection::of(store, org)?;
    store.transact(&mut |transaction| {
        transaction.clear_subjects(org)?;
        for row in projection.rows.values() {
            transaction.put_subject(org, row)?;
        }
        for &(number, seq, at_ms) in &projection.events {
            transaction.add_process_event(org, number, seq, at_ms)?;
        }
        Ok(())
    })
}
