//! Turns of those who want the same of a bucket at once. Deliberately absent: what they want.
//!
//! Each caller holds a thread: were there no end to them, a bucket that answers slowly would take the threads that read the
//! log. Who finds no place waits for one while the bucket answers; while it does not, nobody waits behind those who try.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many are at it at once, how many wait, and how long each waits at most.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub places: usize,
    pub waiting: usize,
    pub time: Duration,
}

pub(super) struct Turns {
    limits: Limits,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    taken: usize,
    waiting: usize,
}

impl Turns {
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), freed: Condvar::new() }
    }

    /// A place, waited for as long as it is worth it; none when too many wait, or too long.
    pub fn take(&self, is_worth_it: &dyn Fn() -> bool) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.taken >= self.limits.places {
            if state.waiting >= self.limits.waiting || !is_worth_it() {
                return None;
            }
            state.waiting += 1;
            let is_full = |state: &mut State| state.taken >= self.limits.places && is_worth_it();
            let waited = self.freed.wait_timeout_while(state, self.limits.time, is_full);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
            if state.taken >= self.limits.places {
                return None;
            }
        }
        state.taken += 1;
        Some(Turn(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until this is dropped.
pub(super) struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        // Every one of them sees whether waiting is still worth it.
        self.0.freed.notify_all();
    }
}
