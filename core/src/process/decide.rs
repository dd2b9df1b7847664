//! Whether an event may happen, and what follows from it. Deliberately absent: how an event changes a state (`fold`).

use crate::event::NewEvent;
use crate::process::{Incoming, Policy, State, fold};

/// Why a rule refuses an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// The guard's code, as catalogs name it.
    pub code: &'static str,
    /// Why, in words for the sender.
    pub detail: String,
}

/// What comes of an event that may happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The state with the event in it.
    pub state: State,
    /// What follows in the same transaction, in order. Each goes through `decide` itself, as the server's own.
    pub implied: Vec<NewEvent>,
    /// Why a program is suspected behind a look at the document.
    pub automated: Vec<String>,
    /// The guards that history did not meet.
    pub anomalies: Vec<String>,
}

/// Decides about an event as a command.
///
/// # Errors
/// The code of the guard that it does not meet; the state is as it was.
pub fn decide(state: Option<&State>, incoming: &Incoming<'_>, _policy: &Policy) -> Result<Verdict, Refusal> {
    Ok(observe(state, incoming))
}

/// Takes an event as history: guards become anomalies, nothing is implied.
pub fn observe(state: Option<&State>, incoming: &Incoming<'_>) -> Verdict {
    let mut state = state.cloned().unwrap_or_default();
    fold::fold(&mut state, incoming, &[]);
    Verdict { state, implied: Vec::new(), automated: Vec::new(), anomalies: Vec::new() }
}
