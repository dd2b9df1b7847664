//! The events that meet a condition, from segments and tail at once, in the order of their keys.
//!
//! There is one constructor, and it knows everything that hides an event: scope, filters and range (the condition), the
//! size, deletions, and what of the tail is in segments already. Deliberately absent: what is done with the matches.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use everlog_core::event::Document;
use everlog_core::ids::{Seq, Size};
use tantivy::DocId;

use crate::index::condition::{Condition, Phrase};
use crate::index::document::Entry;
use crate::index::segment::{Docs, Segment};
use crate::index::texts::holds_phrase;
use crate::index::vocabulary::{Vocabularies, Vocabulary};
use crate::index::{IndexError, Request};
use crate::store::Store;

/// How many steps are taken between two looks at the clock.
const STEPS_PER_LOOK: u32 = 4_096;

/// When a query gives up.
pub(super) struct Deadline {
    at: Instant,
    steps: u32,
}

impl Deadline {
    pub fn new(at: Instant) -> Self {
        Self { at, steps: 0 }
    }

    /// Counts a step; looks at the clock now and then.
    ///
    /// # Errors
    /// `TimedOut` when it is too late.
    pub fn tick(&mut self) -> Result<(), IndexError> {
        self.steps += 1;
        if self.steps < STEPS_PER_LOOK {
            return Ok(());
        }
        self.steps = 0;
        self.look()
    }

    fn look(&self) -> Result<(), IndexError> {
        if Instant::now() < self.at { Ok(()) } else { Err(IndexError::TimedOut) }
    }
}

/// What a query sees: every event committed before it was asked, each in one place.
pub(super) struct Snapshot {
    pub segments: Arc<Vec<Segment>>,
    /// Of the organization asked about, not in the segments yet.
    pub tail: Arc<Vec<Arc<Entry>>>,
}

/// One match.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub key: u64,
    pub seq: Seq,
    place: Place<'a>,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Segment(&'a Segment, DocId),
    Tail(&'a Entry),
}

/// Columns hold codes, which have 32 bits.
fn code(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Hit<'_> {
    pub fn action(&self) -> u32 {
        match self.place {
            Place::Segment(segment, doc) => code(segment.actions.get_val(doc)),
            Place::Tail(entry) => entry.action,
        }
    }

    pub fn actor(&self) -> u32 {
        match self.place {
            Place::Segment(segment, doc) => code(segment.actors.get_val(doc)),
            Place::Tail(entry) => entry.actor,
        }
    }

    pub fn ip(&self) -> Option<u32> {
        match self.place {
            Place::Segment(segment, doc) => segment.ips.get_val(doc).checked_sub(1).map(code),
            Place::Tail(entry) => entry.ip,
        }
    }

    pub fn outcome(&self) -> u32 {
        match self.place {
            Place::Segment(segment, doc) => code(segment.outcomes.get_val(doc)),
            Place::Tail(entry) => entry.outcome,
        }
    }

    /// Calls `each` with the types of its targets, each once.
    pub fn target_types(&self, each: &mut dyn FnMut(u32)) {
        match self.place {
            Place::Segment(segment, doc) => segment.target_types.values_for_doc(doc).map(code).for_each(each),
            Place::Tail(entry) => entry.target_types.iter().copied().for_each(each),
        }
    }
}

/// The matches of one condition.
pub(super) struct Matches<'a> {
    cursors: Vec<Cursor<'a>>,
    /// Sorted by key.
    tail: Vec<&'a Entry>,
    verifier: Verifier<'a>,
    deadline: Deadline,
}

impl<'a> Matches<'a> {
    /// The matches of a condition, with keys in a range narrower than its own.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn new(
        request: &'a Request<'a>,
        snapshot: &'a Snapshot,
        condition: &'a Condition,
        keys: &Range<u64>,
        vocabularies: &Vocabularies,
        store: &'a dyn Store,
    ) -> Result<Self, IndexError> {
        let deadline = Deadline::new(request.deadline);
        deadline.look()?;
        let keys = condition.keys.start.max(keys.start)..condition.keys.end.min(keys.end);
        let verifier = Verifier { request, store };
        let mut matches = Self { cursors: Vec::new(), tail: Vec::new(), verifier, deadline };
        if condition.must.iter().any(|clause| clause.is_empty()) || keys.is_empty() {
            return Ok(matches);
        }
        for segment in snapshot.segments.iter() {
            let cursor = Cursor::new(segment, condition, &keys, vocabularies, &mut matches.deadline)?;
            matches.cursors.extend(cursor);
        }
        for entry in snapshot.tail.iter() {
            matches.deadline.tick()?;
            if keys.contains(&entry.key)
                && condition.holds(entry)
                && matches.tail_phrases(condition, entry)?
            {
                matches.tail.push(entry);
            }
        }
        matches.tail.sort_by_key(|entry| entry.key);
        Ok(matches)
    }

    fn tail_phrases(&mut self, condition: &Condition, entry: &Entry) -> Result<bool, IndexError> {
        for phrase in &condition.phrases {
            let holds = phrase.is_candidate(entry) && self.verifier.holds(phrase, entry.seq)?;
            if holds == phrase.negated {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Calls `each` with every match, in no order.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn each(mut self, mut each: impl FnMut(&Hit<'a>)) -> Result<(), IndexError> {
        for entry in &self.tail {
            each(&Hit { key: entry.key, seq: entry.seq, place: Place::Tail(entry) });
        }
        for cursor in &mut self.cursors {
            while let Some(doc) = cursor.next(&self.verifier, &mut self.deadline)? {
                each(&cursor.hit(doc));
            }
        }
        Ok(())
    }

    /// How many matches there are. Where nothing narrows a segment's range down, its length is the answer, less what is
    /// hidden in it: the whole log is counted without looking at its events.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn count(mut self) -> Result<u64, IndexError> {
        let mut count = self.tail.len() as u64;
        for cursor in &mut self.cursors {
            if cursor.is_whole() {
                count += cursor.count_whole(&mut self.deadline)?;
                continue;
            }
            while cursor.next(&self.verifier, &mut self.deadline)?.is_some() {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Calls `each` with the matches newest first until it says to stop.
    ///
    /// The order of equal keys within a segment is not to be relied on: all matches of one key are gathered from
    /// everywhere and put in order by position, the later first.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn newest_first(mut self, mut each: impl FnMut(&Hit<'a>) -> bool) -> Result<(), IndexError> {
        let mut heads = Vec::with_capacity(self.cursors.len());
        for cursor in &mut self.cursors {
            heads.push(cursor.next_hit(&self.verifier, &mut self.deadline)?);
        }
        let mut tail = self.tail.iter().peekable();
        let mut run: Vec<Hit<'a>> = Vec::new();
        loop {
            let first =
                heads.iter().flatten().map(|hit| hit.key).chain(tail.peek().map(|entry| entry.key)).min();
            let Some(key) = first else { return Ok(()) };
            for (head, cursor) in heads.iter_mut().zip(&mut self.cursors) {
                while let Some(hit) = head.filter(|hit| hit.key == key) {
                    run.push(hit);
                    *head = cursor.next_hit(&self.verifier, &mut self.deadline)?;
                }
            }
            while let Some(entry) = tail.next_if(|entry| entry.key == key) {
                run.push(Hit { key, seq: entry.seq, place: Place::Tail(entry) });
            }
            run.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.seq));
            for hit in run.drain(..) {
                if !each(&hit) {
                    return Ok(());
                }
            }
        }
    }
}

/// Looks into the event itself, where words alone cannot tell.
struct Verifier<'a> {
    request: &'a Request<'a>,
    store: &'a dyn Store,
}

impl Verifier<'_> {
    fn holds(&self, phrase: &Phrase, seq: Seq) -> Result<bool, IndexError> {
        let rows = self.store.rows(self.request.org, &[seq])?;
        let row = rows.first().ok_or_else(|| IndexError::missing(self.request.org, seq))?;
        let document: Document = serde_json::from_slice(&row.document)
            .map_err(|_| IndexError::unreadable(self.request.org, seq))?;
        Ok(holds_phrase(&document, self.request.catalogs, phrase.field.as_ref(), &phrase.tokens))
    }
}

/// The matches in one segment.
struct Cursor<'a> {
    segment: &'a Segment,
    next: DocId,
    end: DocId,
    must: Vec<Docs>,
    must_not: Vec<Docs>,
    phrases: Vec<(&'a Phrase, Vec<Docs>)>,
    size: Size,
    /// Whether every position in the segment is below the size.
    is_within_size: bool,
}

impl<'a> Cursor<'a> {
    fn new(
        segment: &'a Segment,
        condition: &'a Condition,
        keys: &Range<u64>,
        vocabularies: &Vocabularies,
        deadline: &mut Deadline,
    ) -> Result<Option<Self>, IndexError> {
        let range = segment.range(keys);
        if range.is_empty() {
            return Ok(None);
        }
        let mut all = condition.must.iter().chain(&condition.must_not);
        let has_words = all.any(|clause| !clause.words.is_empty()) || !condition.phrases.is_empty();
        let vocabulary = if has_words {
            vocabularies.get(segment, condition.org)?
        } else {
            Arc::new(Vocabulary::default())
        };
        let mut docs = |clause| segment.docs(condition.org, clause, &range, &vocabulary, deadline);
        let mut must = Vec::new();
        for clause in &condition.must {
            let docs = docs(clause)?;
            if docs.is_empty() {
                return Ok(None);
            }
            must.push(docs);
        }
        let must_not = condition.must_not.iter().map(&mut docs).collect::<Result<Vec<_>, _>>()?;
        let mut phrases = Vec::new();
        for phrase in &condition.phrases {
            let candidates = phrase.candidates.iter().map(&mut docs).collect::<Result<Vec<_>, _>>()?;
            if candidates.iter().any(Docs::is_empty) {
                if phrase.negated {
                    continue;
                }
                return Ok(None);
            }
            // What must be there can be sought; what must not be there is only asked about.
            let asked = if phrase.negated {
                candidates
            } else {
                must.extend(candidates);
                Vec::new()
            };
            phrases.push((phrase, asked));
        }
        must.sort_by_key(Docs::cost);
        Ok(Some(Self {
            segment,
            next: range.start,
            end: range.end,
            must,
            must_not: must_not.into_iter().filter(|docs| !docs.is_empty()).collect(),
            phrases,
            size: condition.size,
            is_within_size: condition.size.holds(Seq(segment.seqs.max_value())),
        }))
    }

    fn hit(&self, doc: DocId) -> Hit<'a> {
        let segment = self.segment;
        Hit {
            key: segment.keys.get_val(doc),
            seq: Seq(segment.seqs.get_val(doc)),
            place: Place::Segment(segment, doc),
        }
    }

    fn next_hit(
        &mut self,
        verifier: &Verifier<'_>,
        deadline: &mut Deadline,
    ) -> Result<Option<Hit<'a>>, IndexError> {
        Ok(self.next(verifier, deadline)?.map(|doc| self.hit(doc)))
    }

    fn next(
        &mut self,
        verifier: &Verifier<'_>,
        deadline: &mut Deadline,
    ) -> Result<Option<DocId>, IndexError> {
        'docs: while self.next < self.end {
            deadline.tick()?;
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
                || !self.phrases_hold(doc, verifier)?
            {
                continue;
            }
            return Ok(Some(doc));
        }
        Ok(None)
    }

    /// Whether every document of the range matches, but for those that must not.
    fn is_whole(&self) -> bool {
        self.must.is_empty() && self.phrases.is_empty() && self.is_within_size && !self.segment.has_deleted()
    }

    fn count_whole(&mut self, deadline: &mut Deadline) -> Result<u64, IndexError> {
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

    fn phrases_hold(&mut self, doc: DocId, verifier: &Verifier<'_>) -> Result<bool, IndexError> {
        for (phrase, candidates) in &mut self.phrases {
            let is_candidate = candidates.iter_mut().all(|docs| docs.seek(doc) == doc);
            let holds = is_candidate && verifier.holds(phrase, Seq(self.segment.seqs.get_val(doc)))?;
            if holds == phrase.negated {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
