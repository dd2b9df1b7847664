//! The words of one organization in one segment, copied out of its dictionary so that pieces of them can be found.
//!
//! A copy takes a fraction of a microsecond a word to make, about as long as one search through the dictionary itself,
//! and is kept: segments never change. Deliberately absent: where the words stand; the segment has the lists.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::index::SegmentId;
use tantivy::termdict::TermDictionary;

use crate::index::IndexError;
use crate::index::schema::split_word_term;
use crate::index::segment::Segment;
use crate::index::words::WordList;
use crate::store::OrgCode;

/// How much memory copies of words may take.
const CACHE_BYTES_MAX: usize = 64 << 20;

/// The words of one organization in one segment.
#[derive(Default)]
pub(super) struct Vocabulary {
    pub words: WordList,
}

impl Vocabulary {
    pub fn read(terms: &TermDictionary, org: OrgCode) -> Result<Self, IndexError> {
        let mut words = WordList::default();
        let mut range = terms.range().ge(org.0.to_be_bytes());
        if let Some(next) = org.0.checked_add(1) {
            range = range.lt(next.to_be_bytes());
        }
        let mut stream = range.into_stream()?;
        while stream.advance() {
            let (kind, key, token) = split_word_term(stream.key())
                .ok_or_else(|| IndexError::Corrupt("a word of the index has no kind".to_owned()))?;
            words.push(kind, key, token);
        }
        Ok(Self { words })
    }
}

/// Copies that were made, the least recently used dropped first.
#[derive(Default)]
pub(super) struct Vocabularies {
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    copies: HashMap<(SegmentId, OrgCode), (Arc<Vocabulary>, u64)>,
    size_bytes: usize,
    /// Counts uses, so that their order is known.
    uses: u64,
}

impl Vocabularies {
    /// The words of an organization in a segment.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub fn get(&self, segment: &Segment, org: OrgCode) -> Result<Arc<Vocabulary>, IndexError> {
        let key = (segment.id(), org);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.uses += 1;
        let now = cache.uses;
        if let Some((copy, used)) = cache.copies.get_mut(&key) {
            *used = now;
            return Ok(Arc::clone(copy));
        }
        drop(cache);
        // Two queries may make the same copy at once: rare, and better than one waiting under the lock.
        let copy = Arc::new(segment.vocabulary(org)?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.copies.insert(key, (Arc::clone(&copy), now)).is_none() {
            cache.size_bytes += copy.words.size_bytes();
        }
        cache.shrink();
        Ok(copy)
    }

    /// Drops the copies of segments that are no more.
    pub fn keep(&self, segments: &HashSet<SegmentId>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.copies.retain(|(segment, _), _| segments.contains(segment));
        cache.size_bytes = cache.copies.values().map(|(copy, _)| copy.words.size_bytes()).sum();
    }
}

impl Cache {
    fn shrink(&mut self) {
        while self.size_bytes > CACHE_BYTES_MAX {
            let oldest = self.copies.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let Some((copy, _)) = oldest.and_then(|key| self.copies.remove(&key)) else { return };
            self.size_bytes -= copy.words.size_bytes();
        }
    }
}
