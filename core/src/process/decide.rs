//! Whether an event may happen, and what follows from it. Deliberately absent: the guards themselves (`guard`), what follows
//! (`imply`) and how an event changes a state (`fold`).

use crate::event::NewEvent;
use crate::process::guard::{self, Case};
use crate::process::{Incoming, Policy, State, fold, imply, look};

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
    /// The guards that history did not meet, and what is remarkable about its time.
    pub anomalies: Vec<String>,
}

/// Decides about an event as a command. Events without a subject are asked about too, with no state: some guards need none.
///
/// # Errors
/// The code of the guard that it does not meet; the state is as it was.
pub fn decide(state: Option<&State>, incoming: &Incoming<'_>, policy: &Policy) -> Result<Verdict, Refusal> {
    let nothing = State::default();
    let before = state.unwrap_or(&nothing);
    let case = Case::of(before, incoming, false);
    if let Some(refusal) = guard::refusals(&case).next() {
        return Err(refusal);
    }
    let anomalies = guard::remark(&case).map(str::to_owned).into_iter().collect();
    let (state, automated) = after(before, incoming);
    let implied = imply::implied(before, &state, incoming, policy);
    Ok(Verdict { state, implied, automated, anomalies })
}

/// Takes an event as history: guards become anomalies, nothing is implied.
pub fn observe(state: Option<&State>, incoming: &Incoming<'_>) -> Verdict {
    let nothing = State::default();
    let before = state.unwrap_or(&nothing);
    let mut anomalies: Vec<String> = Vec::new();
    let case = Case::of(before, incoming, true);
    for refusal in guard::refusals(&case) {
        // Two guards may have the same code, and once is enough.
        if !anomalies.iter().any(|code| code == refusal.code) {
            anomalies.push(refusal.code.to_owned());
        }
    }
    anomalies.extend(guard::remark(&case).map(str::to_owned));
    let (state, automated) = after(before, incoming);
    Verdict { state, implied: Vec::new(), automated, anomalies }
}

fn after(before: &State, incoming: &Incoming<'_>) -> (State, Vec<String>) {
    let automated = look::reasons(before, incoming);
    let mut state = before.clone();
    fold::fold(&mut state, incoming, &automated);
    (state, automated)
}
