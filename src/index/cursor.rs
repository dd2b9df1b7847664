//! The matches in one segment, in the order of their keys; once all are wanted, worked out once and kept.
//!
//! Deliberately absent: the tail, and putting segments together, which is `matches`.

use std::ops::Range;
use std::sync::Arc;

use everlog_core::ids::{Seq, Size};
use tantivy::DocId;

use crate::index::IndexError;
use crate::index::caches::SetKey;
use crate::index::condition::{Clause, Condition, Phrase};
use crate::index::count::Tally;
use crate::index::matches::{Deadline, Walk};
use crate::index::segment::{Bits, Docs, Segment};
use crate::index::vocabulary::Vocabulary;

/// How many documents are counted at once: enough that choosing the column costs nothing, few enough to stay in cache.
const CHUNK: usize = 1_024;

/// The matches in one segment.
pub(super) struct Cursor<'a> {
    pub segment: &'a Segment,
    next: DocId,
    end: DocId,
    must: Vec<Docs>,
    must_not: Vec<Docs>,
    phrases: Vec<(&'a Phrase, Vec<Docs>)>,
    size: Size,
    /// Whether every position in the segment is below the size.
    is_within_size: bool,
    /// By which the matches are kept; `None` where they may be others tomorrow.
    key: Option<SetKey>,
    /// The matches, when they are known.
    known: Option<Arc<Bits>>,
}

impl<'a> Cursor<'a> {
    /// The matches of a condition whose clauses are `clauses`; `None` where there can be none.
    ///
    /// # Errors
    /// When the segment cannot be read, or time is up.
    pub fn new(
        segment: &'a Segment,
        condition: &'a Condition,
        clauses: &Arc<(Vec<Clause>, Vec<Clause>)>,
        keys: &Range<u64>,
        walk: &mut Walk<'_>,
    ) -> Result<Option<Self>, IndexError> {
        let range = segment.range(keys);
        if range.is_empty() {
            return Ok(None);
        }
        let mut cursor = Self {
            segment,
            next: range.start,
            end: range.end,
            must: Vec::new(),
            must_not: Vec::new(),
            phrases: Vec::new(),
            size: condition.size,
            is_within_size: condition.size.holds(Seq(segment.seqs.max_value())),
            key: None,
            known: None,
        };
        // What an event itself must tell is not kept: values may be erased from it.
        if cursor.is_within_size && !segment.has_deleted() && condition.phrases.is_empty() {
            let clauses = Arc::clone(clauses);
            let key = SetKey { segment: segment.id(), range: range.clone(), clauses };
            let known = walk.caches.sets.get(&key);
            cursor.key = Some(key);
            if let Some(known) = known {
                cursor.know(known);
                return Ok(Some(cursor));
            }
        }
        if !cursor.open(condition, &range, walk)? {
            return Ok(None);
        }
        // Many lists were read to their ends already: whoever asks next shall not have to.
        if cursor.must.iter().any(|docs| matches!(docs, Docs::Bits(_))) {
            cursor.settle(walk)?;
        }
        Ok(Some(cursor))
    }

    /// Opens the lists of what must and must not be; false where there can be no match.
    fn open(
        &mut self,
        condition: &'a Condition,
        range: &Range<DocId>,
        walk: &mut Walk<'_>,
    ) -> Result<bool, IndexError> {
        let segment = self.segment;
        let mut all = condition.must.iter().chain(&condition.must_not);
        let has_words = all.any(|clause| !clause.words.is_empty()) || !condition.phrases.is_empty();
        let words = if has_words {
            walk.caches.words(segment, condition.org)?
        } else {
            Arc::new(Vocabulary::default())
        };
        let mut docs = |clause| segment.docs(condition.org, clause, range, &words, &mut walk.deadline);
        for clause in &condition.must {
            let docs = docs(clause)?;
            if docs.is_empty() {
                return Ok(false);
            }
            self.must.push(docs);
        }
        for clause in &condition.must_not {
            self.must_not.extend(Some(docs(clause)?).filter(|docs| !docs.is_empty()));
        }
        for phrase in &condition.phrases {
            let candidates = phrase.candidates.iter().map(&mut docs).collect::<Result<Vec<_>, _>>()?;
            if candidates.iter().any(Docs::is_empty) {
                if phrase.negated {
                    continue;
                }
                return Ok(false);
            }
            // What must be there can be sought; what must not be there is only asked about.
            let asked = if phrase.negated {
                candidates
            } else {
                self.must.extend(candidates);
                Vec::new()
            };
            self.phrases.push((phrase, asked));
        }
        self.must.sort_by_key(Docs::cost);
        Ok(true)
    }

    /// From here on every document of this set matches, and no other.
    fn know(&mut self, known: Arc<Bits>) {
        self.must = vec![Docs::Bits(Arc::clone(&known))];
        self.must_not.clear();
        self.known = Some(known);
    }

    /// Works all matches out, once for everyone who asks the same; leaves what may not be kept as it is.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn settle(&mut self, walk: &mut Walk<'_>) -> Result<(), IndexError> {
        if self.known.is_some() || self.is_whole() {
            return Ok(());
        }
        let Some(key) = self.key.clone() else { return Ok(()) };
        let mut bits = Bits::new(&key.range);
        while let Some(doc) = self.next(walk)? {
            bits.set(doc);
        }
        let size_bytes = bits.size_bytes();
        self.next = key.range.start;
        let known = walk.caches.sets.put(key, bits, size_bytes);
        self.know(known);
        Ok(())
    }

    /// The next match with its key.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn next_keyed(&mut self, walk: &mut Walk<'_>) -> Result<Option<(u64, DocId)>, IndexError> {
        Ok(self.next(walk)?.map(|doc| (self.segment.keys.get_val(doc), doc)))
    }

    /// The next match.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn next(&mut self, walk: &mut Walk<'_>) -> Result<Option<DocId>, IndexError> {
        'docs: while self.next < self.end {
            walk.deadline.tick()?;
            let doc = self.next;
            for docs in &mut self.must {
                let found = docs.seek(doc);
                if found > doc {
                    self.next = found;
                    continue 'docs;
                }
            }
            self.next += 1;
            if self.segment.is_deleted(doc)
                || self.must_not.iter_mut().any(|docs| docs.seek(doc) == doc)
                || !(self.is_within_size || self.size.holds(Seq(self.segment.seqs.get_val(doc))))
                || !self.phrases_hold(doc, walk)?
            {
                continue;
            }
            return Ok(Some(doc));
        }
        Ok(None)
    }

    /// Whether every document of the range matches.
    fn is_whole(&self) -> bool {
        let is_narrowed = !(self.must.is_empty() && self.must_not.is_empty() && self.phrases.is_empty());
        !is_narrowed && self.is_within_size && !self.segment.has_deleted()
    }

    /// How many matches there are.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn count(&mut self, walk: &mut Walk<'_>) -> Result<u64, IndexError> {
        let is_all = self.must.is_empty() && self.phrases.is_empty() && self.key.is_some();
        if is_all {
            return self.count_all(&mut walk.deadline);
        }
        self.settle(walk)?;
        if let Some(known) = &self.known {
            return Ok(known.count());
        }
        let mut count = 0;
        while self.next(walk)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// The length of the range, less what must not be.
    fn count_all(&mut self, deadline: &mut Deadline) -> Result<u64, IndexError> {
        let mut hidden = 0;
        let mut next = self.next;
        while let Some(doc) =
            self.must_not.iter_mut().map(|docs| docs.seek(next)).min().filter(|doc| *doc < self.end)
        {
            deadline.tick()?;
            hidden += 1;
            next = doc + 1;
        }
        Ok(u64::from(self.end - self.next) - hidden)
    }

    /// The keys of the newest and of the oldest match.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn span(&mut self, walk: &mut Walk<'_>) -> Result<Option<(u64, u64)>, IndexError> {
        self.settle(walk)?;
        let Some((newest, _)) = self.next_keyed(walk)? else { return Ok(None) };
        let last = match &self.known {
            Some(known) => known.last(),
            None if self.is_whole() => Some(self.end - 1),
            None => {
                let mut last = Some(self.next - 1);
                while let Some(doc) = self.next(walk)? {
                    last = Some(doc);
                }
                last
            }
        };
        Ok(last.map(|last| (newest, self.segment.keys.get_val(last))))
    }

    /// How many matches have each code.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn tally(&mut self, tally: &Tally, walk: &mut Walk<'_>) -> Result<Arc<Vec<u64>>, IndexError> {
        let key = self.key.clone().map(|key| (key, tally.clone()));
        if let Some(known) = key.as_ref().and_then(|key| walk.caches.tallies.get(key)) {
            return Ok(known);
        }
        self.settle(walk)?;
        let mut counts = Vec::new();
        let mut counter = tally.counter(self.segment);
        let mut docs = Vec::with_capacity(CHUNK);
        loop {
            docs.clear();
            while docs.len() < CHUNK
                && let Some(doc) = self.next(walk)?
            {
                docs.push(doc);
            }
            if docs.is_empty() {
                break;
            }
            counter.count(&docs, &mut counts);
        }
        let size_bytes = counts.len() * size_of::<u64>();
        Ok(match key {
            Some(key) => walk.caches.tallies.put(key, counts, size_bytes),
            None => Arc::new(counts),
        })
    }

    fn phrases_hold(&mut self, doc: DocId, walk: &Walk<'_>) -> Result<bool, IndexError> {
        for (phrase, candidates) in &mut self.phrases {
            let is_candidate = candidates.iter_mut().all(|docs| docs.seek(doc) == doc);
            let holds = is_candidate && walk.verifier.holds(phrase, Seq(self.segment.seqs.get_val(doc)))?;
            if holds == phrase.negated {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
