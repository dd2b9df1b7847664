//! One record through time: what its events say it held at a moment, and where they leave a gap.
//!
//! Deliberately absent: guessing. A value is told only where an event names it; what events contradict or never said is a
//! gap, and the reader is told so. Also absent: finding the events of a record.
//!
//! Events count in the order in which they happened, then in that of the log: an event that came in late stands where it
//! happened, and does not undo what was newer. Worked once: at t1 `status` becomes Sent, at t3 Signed, and only then
//! arrives that at t2 it was Opened. At t2 it is Opened, from t3 on Signed; that the change at t3 names Sent as what was
//! before contradicts Opened, and is a gap.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::{Catalogs, Kind};
use crate::event::{Changes, Event, Outcome};
use crate::ids::Seq;
use crate::query::TargetRef;

/// Most gaps that are told one by one; how many there are is counted on.
pub const GAPS_MAX: usize = 100;

/// What one event says of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The event's id.
    pub event: String,
    /// Its position.
    pub seq: Seq,
    /// When it happened, in milliseconds since 1970.
    pub occurred_ms: u64,
    /// What was done to the record.
    pub kind: Kind,
    /// What differs; absent: nothing was said about it.
    pub changes: Option<Changes>,
}

impl Step {
    /// What an event says of a record; `None` where it only mentions it, or what it tells of was not done.
    ///
    /// Changes are those of the event's first target, and of all others of its type: an operation on many records is one
    /// event. What else it names, such as the pipeline of a lead, is not changed by it.
    pub fn of(event: &Event, target: &TargetRef, catalogs: &Catalogs) -> Option<Self> {
        let sent = &event.document.event;
        let is_changed = sent.targets.first().is_some_and(|first| first.kind == target.kind)
            && sent.targets.iter().any(|it| it.kind == target.kind && it.id == target.id);
        if !(is_changed && sent.outcome == Outcome::Success) {
            return None;
        }
        Some(Self {
            event: event.id().to_owned(),
            seq: event.seq,
            occurred_ms: event.occurred_ms(),
            kind: catalogs.describe(&sent.action).kind,
            changes: sent.changes.clone(),
        })
    }
}

/// What is known of a record at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Whether it is there; `None` where no event says.
    pub exists: Option<bool>,
    /// The values that are known.
    pub fields: BTreeMap<String, Value>,
    /// Those of them that only a later event tells, by what it found.
    pub inferred: BTreeSet<String>,
    /// Fields that only later events name, without what they found.
    pub unknown: BTreeSet<String>,
    /// What it held when it was deleted last.
    pub held: BTreeMap<String, Value>,
    /// The event that deleted it last, unless it came back since.
    pub deleted_by: Option<String>,
    /// The event that changed it last.
    pub changed_by: Option<String>,
    /// Where the events do not fit together or say too little, oldest first, at most `GAPS_MAX`.
    pub gaps: Vec<Gap>,
    /// How many gaps there are.
    pub gaps_total: usize,
    /// How many events it was made of.
    pub steps: u64,
}

/// A place where something is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The event at which it shows.
    pub event: String,
    /// When that happened, in milliseconds since 1970.
    pub occurred_ms: u64,
    /// What is not known.
    pub what: Missing,
}

/// What is not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// The first event found the record there already.
    Creation,
    /// It was created, and no value was named.
    InitialValues,
    /// It was created while it was there: how it went in between was not recorded.
    Deletion,
    /// It was changed after it was deleted: how it came back was not recorded.
    Return,
    /// A field was something else than the events before say: a change in between was not recorded.
    Change {
        /// The field.
        field: String,
        /// Its value by the events before; `None`: it was not there.
        known: Option<Value>,
        /// What this event found; `None`: it was not there.
        found: Option<Value>,
    },
}

impl Missing {
    /// The word for it in the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Creation => "creation",
            Self::InitialValues => "initial_values",
            Self::Deletion => "deletion",
            Self::Return => "return",
            Self::Change { .. } => "change",
        }
    }

    /// The field it concerns, where it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Change { field, .. } => Some(field),
            Self::Creation | Self::InitialValues | Self::Deletion | Self::Return => None,
        }
    }
}

/// A field of which an event told: its value, or that it is not there.
type Known = Option<Value>;

/// Rebuilds a record from its events, given in the order in which they happened.
#[derive(Debug)]
pub struct Replay {
    at_ms: u64,
    state: State,
    known: BTreeMap<String, Known>,
    /// Whether a field that no event named is known not to be there.
    is_whole: bool,
    /// Whether the moment is passed; what follows only tells what it found.
    is_past: bool,
    /// The fields of which what follows has told already.
    told: BTreeSet<String>,
    is_done: bool,
}

impl Replay {
    /// The record as it was at the end of this millisecond.
    pub fn to(at_ms: u64) -> Self {
        Self {
            at_ms,
            state: State::default(),
            known: BTreeMap::new(),
            is_whole: false,
            is_past: false,
            told: BTreeSet::new(),
            is_done: false,
        }
    }

    /// Takes the next event. False when no later one can tell more.
    pub fn take(&mut self, step: &Step) -> bool {
        if step.occurred_ms > self.at_ms {
            self.look_back(step);
            return !self.is_done;
        }
        self.state.steps += 1;
        match step.kind {
            Kind::Created => self.create(step),
            Kind::Deleted => self.delete(step),
            Kind::Updated | Kind::Transferred | Kind::Other => self.update(step),
        }
        true
    }

    /// What is known.
    pub fn finish(mut self) -> State {
        self.state.fields.extend(values(self.known));
        self.state
    }

    fn create(&mut self, step: &Step) {
        if self.state.exists == Some(true) {
            self.gap(step, Missing::Deletion);
        }
        self.known.clear();
        let changes = step.changes.as_ref().filter(|changes| !changes.0.is_empty());
        if changes.is_none() {
            self.gap(step, Missing::InitialValues);
        }
        self.is_whole = changes.is_some();
        self.state.exists = Some(true);
        self.state.deleted_by = None;
        for (field, change) in changes.iter().flat_map(|changes| &changes.0) {
            self.known.insert(field.clone(), change.after.clone());
        }
        self.state.changed_by = Some(step.event.clone());
    }

    fn update(&mut self, step: &Step) {
        let changes = step.changes.as_ref().filter(|changes| !changes.0.is_empty());
        // Being looked at, or failing, says nothing of whether a record is there.
        if changes.is_none() && step.kind == Kind::Other {
            return;
        }
        match self.state.exists {
            None => self.gap(step, Missing::Creation),
            Some(false) => {
                self.gap(step, Missing::Return);
                self.is_whole = false;
                self.state.deleted_by = None;
            }
            Some(true) => {}
        }
        self.state.exists = Some(true);
        let Some(changes) = changes else { return };
        self.compare(step, changes);
        for (field, change) in &changes.0 {
            self.known.insert(field.clone(), change.after.clone());
        }
        self.state.changed_by = Some(step.event.clone());
    }

    fn delete(&mut self, step: &Step) {
        match self.state.exists {
            None if step.changes.as_ref().is_none_or(|changes| changes.0.is_empty()) => {
                self.gap(step, Missing::Creation);
            }
            Some(false) => self.gap(step, Missing::Return),
            None | Some(true) => {}
        }
        if let Some(changes) = &step.changes {
            self.compare(step, changes);
            for (field, change) in &changes.0 {
                self.known.insert(field.clone(), change.before.clone());
            }
        }
        self.state.held = values(std::mem::take(&mut self.known)).collect();
        self.state.exists = Some(false);
        self.state.deleted_by = Some(step.event.clone());
        self.state.changed_by = Some(step.event.clone());
        self.is_whole = true;
    }

    /// Tells where an event found something else than the events before left.
    fn compare(&mut self, step: &Step, changes: &Changes) {
        // Who names no value before says nothing about it.
        if !names_before(changes) {
            return;
        }
        for (field, change) in &changes.0 {
            let known = match self.known.get(field) {
                Some(known) => known.as_ref(),
                None if self.is_whole && self.state.exists == Some(true) => None,
                None => continue,
            };
            if known != change.before.as_ref() {
                let (known, found) = (known.cloned(), change.before.clone());
                self.gap(step, Missing::Change { field: field.clone(), known, found });
            }
        }
    }

    /// What an event behind the moment found was there already, unless something else told of it in between.
    fn look_back(&mut self, step: &Step) {
        let is_first = !std::mem::replace(&mut self.is_past, true);
        let is_begun = self.state.exists.is_some();
        if step.kind == Kind::Created || (self.state.exists == Some(false)) {
            if is_first && !is_begun {
                self.state.exists = Some(false);
            }
            self.is_done = true;
            return;
        }
        self.is_done = step.kind == Kind::Deleted;
        let Some(changes) = &step.changes else { return };
        for (field, change) in &changes.0 {
            let is_known = self.known.contains_key(field) || (self.is_whole && is_begun);
            if !is_known && self.told.insert(field.clone()) {
                match &change.before {
                    Some(value) => {
                        self.state.inferred.insert(field.clone());
                        self.state.fields.insert(field.clone(), value.clone());
                    }
                    None if names_before(changes) => {}
                    None => {
                        self.state.unknown.insert(field.clone());
                    }
                }
            }
        }
    }

    fn gap(&mut self, step: &Step, what: Missing) {
        self.state.gaps_total += 1;
        if self.state.gaps.len() < GAPS_MAX {
            let event = step.event.clone();
            self.state.gaps.push(Gap { event, occurred_ms: step.occurred_ms, what });
        }
    }
}

fn names_before(changes: &Changes) -> bool {
    changes.0.values().any(|change| change.before.is_some())
}

fn values(known: BTreeMap<String, Known>) -> impl Iterator<Item = (String, Value)> {
    known.into_iter().filter_map(|(field, value)| Some((field, value?)))
}

#[cfg(test)]
mod tests;
