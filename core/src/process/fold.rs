//! How an event changes a state. Deliberately absent: whether it may.

use crate::process::{Incoming, State};

/// Adds an event to what is known. `automated` are the reasons to suspect a program behind it: such a look moves nobody.
pub(super) fn fold(state: &mut State, incoming: &Incoming<'_>, _automated: &[String]) {
    let at_ms = incoming.occurred_ms();
    state.first_ms = Some(state.first_ms.map_or(at_ms, |first| first.min(at_ms)));
    state.last_ms = Some(state.last_ms.map_or(at_ms, |last| last.max(at_ms)));
}
