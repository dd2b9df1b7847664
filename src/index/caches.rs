//! What is worked out of a segment once and kept: segments never change. The least recently used is dropped first.
//!
//! Deliberately absent: anything that the next commit could make wrong. What a segment with deletions holds, or what only
//! the event itself can tell, is not kept.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::DocId;
use tantivy::index::SegmentId;

use crate::index::condition::Clause;
use crate::index::count::Tally;
use crate::index::segment::{Bits, Segment};
use crate::index::vocabulary::Vocabulary;
use crate::index::{IndexError, OrgCode};

/// How much memory copies of words may take. Most words are ids, each once: a dozen bytes and four for its place.
const WORDS_BYTES_MAX: usize = 256 << 20;
/// How much memory sets of matches may take: one of ten million events has a bit over a megabyte.
const SETS_BYTES_MAX: usize = 64 << 20;
/// How much memory counts of matches may take.
const TALLIES_BYTES_MAX: usize = 32 << 20;

/// A question to one segment: the same one has the same answer for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SetKey {
    pub segment: SegmentId,
    pub range: Range<DocId>,
    /// What must hold, and what must not.
    pub clauses: Arc<(Vec<Clause>, Vec<Clause>)>,
}

/// Everything that is kept.
pub(super) struct Caches {
    words: Cache<(SegmentId, OrgCode), Vocabulary>,
    /// The documents that match.
    pub sets: Cache<SetKey, Bits>,
    /// How many of them have which code.
    pub tallies: Cache<(SetKey, Tally), Vec<u64>>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            words: Cache::new(WORDS_BYTES_MAX),
            sets: Cache::new(SETS_BYTES_MAX),
            tallies: Cache::new(TALLIES_BYTES_MAX),
        }
    }
}

impl Caches {
    /// The words of an organization in a segment.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub fn words(&self, segment: &Segment, org: OrgCode) -> Result<Arc<Vocabulary>, IndexError> {
        let key = (segment.id(), org);
        if let Some(copy) = self.words.get(&key) {
            return Ok(copy);
        }
        // Two queries may make the same copy at once: rare, and better than one waiting under the lock.
        let copy = segment.vocabulary(org)?;
        let size_bytes = copy.words.size_bytes();
        Ok(self.words.put(key, copy, size_bytes))
    }

    /// Copies the words of new segments for the organizations that were searched before.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn warm(&self, segments: &[Segment]) -> Result<(), IndexError> {
        let searched: HashSet<OrgCode> = self.words.keys().into_iter().map(|(_, org)| org).collect();
        searched.into_iter().try_for_each(|org| self.warm_for(org, segments))
    }

    /// Copies the words of one organization.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn warm_for(&self, org: OrgCode, segments: &[Segment]) -> Result<(), IndexError> {
        segments.iter().try_for_each(|segment| self.words(segment, org).map(drop))
    }

    /// Lets what is made of new segments be kept, from before they are shown.
    pub fn expect(&self, segments: &HashSet<SegmentId>) {
        self.words.expect(segments);
        self.sets.expect(segments);
        self.tallies.expect(segments);
    }

    /// Drops what was made of segments that are no more; a query that began before may make such a thing still, and it
    /// is not kept.
    pub fn keep(&self, segments: &HashSet<SegmentId>) {
        self.words.keep(segments);
        self.sets.keep(segments);
        self.tallies.keep(segments);
    }

    /// Drops what was asked and answered: somebody may have looked for what was erased.
    pub fn forget_questions(&self) {
        self.sets.clear();
        self.tallies.clear();
    }
}

/// What is made of one segment.
pub(super) trait OfSegment {
    fn segment(&self) -> SegmentId;
}

impl OfSegment for (SegmentId, OrgCode) {
    fn segment(&self) -> SegmentId {
        self.0
    }
}

impl OfSegment for SetKey {
    fn segment(&self) -> SegmentId {
        self.segment
    }
}

impl OfSegment for (SetKey, Tally) {
    fn segment(&self) -> SegmentId {
        self.0.segment
    }
}

/// Values that were made, up to so many bytes.
pub(super) struct Cache<K, V> {
    bytes_max: usize,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    values: HashMap<K, Value<V>>,
    size_bytes: usize,
    /// Counts uses, so that their order is known.
    uses: u64,
    /// The segments that there are.
    segments: HashSet<SegmentId>,
}

impl<K, V> Default for State<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), size_bytes: 0, uses: 0, segments: HashSet::new() }
    }
}

struct Value<V> {
    value: Arc<V>,
    size_bytes: usize,
    used: u64,
}

impl<K: Clone + Eq + Hash + OfSegment, V> Cache<K, V> {
    fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut state = self.lock();
        state.uses += 1;
        let now = state.uses;
        let found = state.values.get_mut(key)?;
        found.used = now;
        Some(Arc::clone(&found.value))
    }

    fn keys(&self) -> Vec<K> {
        self.lock().values.keys().cloned().collect()
    }

    /// Keeps a value, unless it alone is too large, or its segment is no more.
    pub fn put(&self, key: K, value: V, size_bytes: usize) -> Arc<V> {
        let value = Arc::new(value);
        if size_bytes > self.bytes_max {
            return value;
        }
        let mut state = self.lock();
        if !state.segments.contains(&key.segment()) {
            return value;
        }
        let kept = Value { value: Arc::clone(&value), size_bytes, used: state.uses };
        let replaced = state.values.insert(key, kept).map_or(0, |old| old.size_bytes);
        state.size_bytes += size_bytes;
        state.size_bytes -= replaced;
        if state.size_bytes > self.bytes_max {
            state.halve();
        }
        value
    }

    fn expect(&self, segments: &HashSet<SegmentId>) {
        self.lock().segments.extend(segments);
    }

    fn keep(&self, segments: &HashSet<SegmentId>) {
        let mut state = self.lock();
        state.segments.clone_from(segments);
        state.values.retain(|key, _| segments.contains(&key.segment()));
        state.size_bytes = state.values.values().map(|value| value.size_bytes).sum();
    }

    fn clear(&self) {
        let mut state = self.lock();
        state.values.clear();
        state.size_bytes = 0;
    }
}

impl<K: Clone + Eq + Hash, V> State<K, V> {
    /// Drops what was not used for longest, until half is left: seldom, so that looking at all of it costs little.
    fn halve(&mut self) {
        let mut by_use: Vec<(u64, K)> =
            self.values.iter().map(|(key, value)| (value.used, key.clone())).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        let target = self.size_bytes / 2;
        for (_, key) in by_use {
            if self.size_bytes <= target {
                return;
            }
            self.size_bytes -= self.values.remove(&key).map_or(0, |value| value.size_bytes);
        }
    }
}
