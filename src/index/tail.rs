//! What is committed but not in segments yet, and the segments themselves: changed together, seen together.
//!
//! t0: an append is in the tail only. t1: the thread that writes has committed it, and queries still see the segments of
//! before and the tail. t2: under the lock, the new segments replace the old ones and the append leaves the tail. A query
//! takes both under the same lock, so it sees each event exactly once. Deliberately absent: who writes, and when.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::index::document::Entry;
use crate::index::matches::Snapshot;
use crate::index::segment::Segment;
use crate::index::{IndexError, TAIL_EVENTS_MAX};
use crate::store::OrgCode;

/// What queries see.
pub(super) struct Tail {
    state: Mutex<State>,
    /// Told when the tail shrinks.
    shrunk: Condvar,
}

struct State {
    segments: Arc<Vec<Segment>>,
    /// By organization, with the place of its append in the order of commits.
    entries: HashMap<OrgCode, Waiting>,
    count: usize,
    /// Why nothing can be answered any more.
    failed: Option<String>,
}

#[derive(Default)]
struct Waiting {
    entries: Arc<Vec<Arc<Entry>>>,
    /// Place in the order of commits and number of its events, oldest first.
    appends: Vec<(u64, usize)>,
}

impl Tail {
    pub fn new(segments: Vec<Segment>) -> Self {
        let segments = Arc::new(segments);
        let state = State { segments, entries: HashMap::new(), count: 0, failed: None };
        Self { state: Mutex::new(state), shrunk: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room, and then adds what one transaction appended to one log.
    pub fn push(&self, pos: u64, org: OrgCode, entries: &[Arc<Entry>]) {
        let state = self.lock();
        let is_full = |state: &mut State| state.count > TAIL_EVENTS_MAX && state.failed.is_none();
        let mut state = self.shrunk.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        if state.failed.is_some() {
            return;
        }
        state.count += entries.len();
        let waiting = state.entries.entry(org).or_default();
        Arc::make_mut(&mut waiting.entries).extend(entries.iter().cloned());
        waiting.appends.push((pos, entries.len()));
    }

    /// Shows new segments, and drops from the tail what is in them: every append up to a place.
    pub fn publish(&self, segments: Vec<Segment>, upto: u64) {
        let mut state = self.lock();
        let old = std::mem::replace(&mut state.segments, Arc::new(segments));
        let mut dropped = 0;
        state.entries.retain(|_, waiting| {
            let appends = waiting.appends.partition_point(|(pos, _)| *pos <= upto);
            let entries: usize = waiting.appends.drain(..appends).map(|(_, count)| count).sum();
            dropped += entries;
            if !waiting.appends.is_empty() && entries > 0 {
                Arc::make_mut(&mut waiting.entries).drain(..entries);
            }
            !waiting.appends.is_empty()
        });
        state.count -= dropped;
        drop(state);
        self.shrunk.notify_all();
        // Unmaps files, which may take a moment: outside of the lock.
        drop(old);
    }

    /// Stops answering: the index has fallen behind and cannot catch up.
    pub fn fail(&self, why: String) {
        self.lock().failed.get_or_insert(why);
        self.shrunk.notify_all();
    }

    /// What a query about one organization sees.
    ///
    /// # Errors
    /// When the index has failed.
    pub fn snapshot(&self, org: OrgCode) -> Result<Snapshot, IndexError> {
        let state = self.lock();
        if let Some(why) = &state.failed {
            return Err(IndexError::Failed(why.clone()));
        }
        let tail = state.entries.get(&org).map(|waiting| Arc::clone(&waiting.entries)).unwrap_or_default();
        Ok(Snapshot { segments: Arc::clone(&state.segments), tail })
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.lock().count
    }
}
