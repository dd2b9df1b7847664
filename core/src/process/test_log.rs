//! A log of one process for tests: what the writer does, without disk. Deliberately absent: asserting.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::event::{NewEvent, Origin};
use crate::process::{
    Incoming, Policy, Refusal, Signee, Stand, State, Status, Subject, decide, due, observe,
};
use crate::profile::Ending;

pub(super) const CANCEL: Policy =
    Policy { on_decline: Ending::Cancel, on_bounce: Ending::Cancel, on_expired: Ending::Keep };
pub(super) const KEEP: Policy =
    Policy { on_decline: Ending::Keep, on_bounce: Ending::Keep, on_expired: Ending::Keep };

/// How long the log lets pass between two events: nobody is suspected of being a program.
pub(super) const STEP_MS: u64 = 60_000;
/// When a log begins.
pub(super) const BEGIN_MS: u64 = 1_795_182_000_000;

pub(super) fn owner() -> Value {
    json!({"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"})
}

/// An event as sent, the members given over those that every event has.
pub(super) fn event(action: &str, members: Value) -> NewEvent {
    let mut value = json!({"action": action, "actor": owner()});
    let given = members.as_object().cloned().unwrap_or_default();
    value.as_object_mut().unwrap().extend(given);
    NewEvent::from_json(value).unwrap()
}

/// The same of a signee's own doing in the process `sp1`.
pub(super) fn act(action: &str, signee: &str, members: Value) -> NewEvent {
    let mut all = json!({"process": "sp1", "signee": signee, "actor": {"type": "signee", "id": signee}});
    let given = members.as_object().cloned().unwrap_or_default();
    all.as_object_mut().unwrap().extend(given);
    event(action, all)
}

/// The same of the owner's doing.
pub(super) fn done(action: &str, members: Value) -> NewEvent {
    let mut all = json!({"process": "sp1"});
    let given = members.as_object().cloned().unwrap_or_default();
    all.as_object_mut().unwrap().extend(given);
    event(action, all)
}

/// What was recorded, and the state it adds up to.
pub(super) struct TestLog {
    pub(super) policy: Policy,
    pub(super) now_ms: u64,
    pub(super) state: Option<State>,
    /// Every recorded event, with the time of its receipt and whether the server made it.
    pub(super) log: Vec<(NewEvent, u64, bool)>,
}

impl TestLog {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, now_ms: BEGIN_MS, state: None, log: Vec::new() }
    }

    /// A process with these signees, invited by e-mail.
    pub(super) fn with(policy: Policy, process: Value, signees: &[(&str, Value)]) -> Self {
        let mut log = Self::new(policy);
        log.take(done("document.created", json!({"metadata": process})));
        for (key, told) in signees {
            log.take(done("signee.added", json!({"signee": key, "metadata": {"signee": told}})));
        }
        for (key, _) in signees {
            let sent = json!({"signee": key, "metadata": {"delivery_method": "Email", "to": format!("{key}@x.example")}});
            log.take(done("invitation.sent", sent));
        }
        log
    }

    pub(super) fn state(&self) -> State {
        self.state.clone().unwrap_or_default()
    }

    pub(super) fn status(&self) -> Status {
        self.state().status
    }

    pub(super) fn signee(&self, key: &str) -> Signee {
        self.state().signee(key).cloned().unwrap()
    }

    pub(super) fn stand(&self, key: &str) -> Stand {
        self.signee(key).stand
    }

    /// Every action recorded, in order.
    pub(super) fn actions(&self) -> Vec<&str> {
        self.log.iter().map(|(event, ..)| event.action.as_str()).collect()
    }

    pub(super) fn last(&self) -> &NewEvent {
        &self.log.last().unwrap().0
    }

    /// Takes an event that must pass; what it implied, as actions.
    pub(super) fn take(&mut self, event: NewEvent) -> Vec<String> {
        let action = event.action.clone();
        self.try_take(event).unwrap_or_else(|refusal| panic!("{action}: {} {refusal}", refusal.code))
    }

    /// The code that refuses an event.
    pub(super) fn refused(&mut self, event: NewEvent) -> &'static str {
        let before = (self.state.clone(), self.log.len());
        let action = event.action.clone();
        match self.try_take(event) {
            Err(refusal) => {
                assert_eq!(before, (self.state.clone(), self.log.len()), "{action} left a trace");
                assert!(refusal.detail.len() > 10, "{action}: {}", refusal.detail);
                refusal.code
            }
            Ok(_) => panic!("{action} was taken"),
        }
    }

    /// Takes an event and everything it implies, as the writer does: all or nothing.
    pub(super) fn try_take(&mut self, event: NewEvent) -> Result<Vec<String>, Refusal> {
        self.now_ms += STEP_MS;
        self.run(event, false)
    }

    /// Takes an event as history.
    pub(super) fn record(&mut self, event: &NewEvent) {
        self.state = Some(observe(self.state.as_ref(), &incoming(event, self.now_ms, false)).state);
    }

    /// Takes what the server itself does.
    pub(super) fn take_own(&mut self, event: NewEvent) -> Vec<String> {
        self.run(event, true).unwrap_or_else(|refusal| panic!("own: {} {refusal}", refusal.code))
    }

    /// The code that refuses what the server itself would do.
    pub(super) fn refused_own(&mut self, event: NewEvent) -> &'static str {
        self.run(event, true).map(|_| "nothing").unwrap_or_else(|refusal| refusal.code)
    }

    /// Lets time pass and does what is due.
    pub(super) fn wait_until(&mut self, now_ms: u64) -> Vec<String> {
        self.now_ms = now_ms;
        let events = due(&Subject::process("sp1"), &self.state(), now_ms);
        let actions = events.iter().map(|event| event.action.clone()).collect::<Vec<_>>();
        for event in events {
            self.take_own(event);
        }
        actions
    }

    fn run(&mut self, event: NewEvent, is_own: bool) -> Result<Vec<String>, Refusal> {
        let verdict = decide(self.state.as_ref(), &incoming(&event, self.now_ms, is_own), &self.policy)?;
        self.state = Some(verdict.state);
        self.log.push((event, self.now_ms, is_own));
        let mut implied = Vec::new();
        for event in verdict.implied {
            assert!(self.log.len() < 10_000, "what is implied goes on for ever");
            implied.push(event.action.clone());
            // What a rule implies, no rule refuses.
            implied.extend(self.run(event, true).unwrap());
        }
        Ok(implied)
    }

    /// The state as history tells it, and its anomalies.
    pub(super) fn retold(&self) -> (Option<State>, Vec<String>) {
        let mut state = None;
        let mut anomalies = Vec::new();
        for (event, received_ms, is_own) in &self.log {
            let verdict = observe(state.as_ref(), &incoming(event, *received_ms, *is_own));
            state = Some(verdict.state);
            anomalies.extend(verdict.anomalies);
        }
        (state, anomalies)
    }
}

pub(super) fn incoming(event: &NewEvent, received_ms: u64, is_own: bool) -> Incoming<'_> {
    let origin = if is_own { Origin::Implied } else { Origin::Event };
    Incoming { event, received_ms, origin, is_own, scanner_ranges: &[] }
}
