//! What the server itself does when a time has come. Deliberately absent: waiting, which is the scheduler's.

use crate::event::NewEvent;
use crate::process::{State, Subject};

/// When something of this state falls due next, in milliseconds since 1970.
pub fn next_due_ms(_state: &State) -> Option<u64> {
    None
}

/// What is due at this time, in order: the process's expiry, its invitations' time-outs.
pub fn due(_subject: &Subject, _state: &State, _now_ms: u64) -> Vec<NewEvent> {
    Vec::new()
}
