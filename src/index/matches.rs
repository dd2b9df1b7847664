//! The events that meet a condition, from segments and tail at once, in the order of their keys.
//!
//! There is one constructor, and it knows everything that hides an event: scope, filters and range (the condition), the
//! size, deletions, and what of the tail is in segments already. Deliberately absent: what is done with the matches.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use everlog_core::event::Document;
use everlog_core::ids::Seq;
use tantivy::DocId;

use crate::index::caches::Caches;
use crate::index::condition::{Condition, Phrase};
use crate::index::count::Tally;
use crate::index::cursor::Cursor;
use crate::index::document::Entry;
use crate::index::segment::Segment;
use crate::index::texts::holds_phrase;
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
pub(super) struct Hit<'a>(Place<'a>);

#[derive(Clone, Copy)]
enum Place<'a> {
    Segment(&'a Segment, DocId),
    Tail(&'a Entry),
}

/// Columns hold codes, which have 32 bits.
fn code(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl<'a> Hit<'a> {
    pub fn of_segment(segment: &'a Segment, doc: DocId) -> Self {
        Self(Place::Segment(segment, doc))
    }

    pub fn key(&self) -> u64 {
        match self.0 {
            Place::Segment(segment, doc) => segment.keys.get_val(doc),
            Place::Tail(entry) => entry.key,
        }
    }

    pub fn seq(&self) -> Seq {
        match self.0 {
            Place::Segment(segment, doc) => Seq(segment.seqs.get_val(doc)),
            Place::Tail(entry) => entry.seq,
        }
    }

    pub fn action(&self) -> u32 {
        match self.0 {
            Place::Segment(segment, doc) => code(segment.actions.get_val(doc)),
            Place::Tail(entry) => entry.action,
        }
    }

    pub fn actor(&self) -> u32 {
        match self.0 {
            Place::Segment(segment, doc) => code(segment.actors.get_val(doc)),
            Place::Tail(entry) => entry.actor,
        }
    }

    pub fn ip(&self) -> Option<u32> {
        match self.0 {
            Place::Segment(segment, doc) => segment.ips.get_val(doc).checked_sub(1).map(code),
            Place::Tail(entry) => entry.ip,
        }
    }
}

/// The matches of one condition.
pub(super) struct Matches<'a> {
    cursors: Vec<Cursor<'a>>,
    /// Sorted by key.
    tail: Vec<&'a Entry>,
    walk: Walk<'a>,
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
        caches: &'a Caches,
        store: &'a dyn Store,
    ) -> Result<Self, IndexError> {
        let deadline = Deadline::new(request.deadline);
        deadline.look()?;
        let keys = condition.keys.start.max(keys.start)..condition.keys.end.min(keys.end);
        let walk = Walk { verifier: Verifier { request, store }, caches, deadline };
        let mut matches = Self { cursors: Vec::new(), tail: Vec::new(), walk };
        if condition.must.iter().any(|clause| clause.is_empty()) || keys.is_empty() {
            return Ok(matches);
        }
        let clauses = Arc::new((condition.must.clone(), condition.must_not.clone()));
        for segment in snapshot.segments.iter() {
            let cursor = Cursor::new(segment, condition, &clauses, &keys, &mut matches.walk)?;
            matches.cursors.extend(cursor);
        }
        for entry in snapshot.tail.iter() {
            matches.walk.deadline.tick()?;
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
            let holds = phrase.is_candidate(entry) && self.walk.verifier.holds(phrase, entry.seq)?;
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
            each(&Hit(Place::Tail(entry)));
        }
        for cursor in &mut self.cursors {
            cursor.settle(&mut self.walk)?;
            while let Some(doc) = cursor.next(&mut self.walk)? {
                each(&Hit::of_segment(cursor.segment, doc));
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
            count += cursor.count(&mut self.walk)?;
        }
        Ok(count)
    }

    /// How many matches have each code.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn tally(mut self, tally: &Tally) -> Result<Vec<u64>, IndexError> {
        let mut counts = Vec::new();
        for entry in &self.tail {
            tally.count_entry(entry, &mut counts);
        }
        for cursor in &mut self.cursors {
            let own = cursor.tally(tally, &mut self.walk)?;
            counts.resize(counts.len().max(own.len()), 0);
            counts.iter_mut().zip(own.iter()).for_each(|(count, own)| *count += own);
        }
        Ok(counts)
    }

    /// The keys of the newest and of the oldest match.
    ///
    /// # Errors
    /// When the index or the store cannot be read, or time is up.
    pub fn span(mut self) -> Result<Option<(u64, u64)>, IndexError> {
        let ends = self.tail.first().zip(self.tail.last()).map(|(newest, oldest)| (newest.key, oldest.key));
        let mut span = ends;
        for cursor in &mut self.cursors {
            let Some((newest, oldest)) = cursor.span(&mut self.walk)? else { continue };
            span = Some(span.map_or((newest, oldest), |(a, b)| (a.min(newest), b.max(oldest))));
        }
        Ok(span)
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
            heads.push(cursor.next_keyed(&mut self.walk)?);
        }
        let mut tail = self.tail.iter().peekable();
        let mut run: Vec<Hit<'a>> = Vec::new();
        loop {
            let first =
                heads.iter().flatten().map(|(key, _)| *key).chain(tail.peek().map(|entry| entry.key)).min();
            let Some(key) = first else { return Ok(()) };
            for (head, cursor) in heads.iter_mut().zip(&mut self.cursors) {
                while let Some((_, doc)) = head.filter(|(at, _)| *at == key) {
                    run.push(Hit::of_segment(cursor.segment, doc));
                    *head = cursor.next_keyed(&mut self.walk)?;
                }
            }
            while let Some(entry) = tail.next_if(|entry| entry.key == key) {
                run.push(Hit(Place::Tail(entry)));
            }
            run.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.seq()));
            for hit in run.drain(..) {
                if !each(&hit) {
                    return Ok(());
                }
            }
        }
    }
}

/// What every step of a walk needs.
pub(super) struct Walk<'a> {
    pub verifier: Verifier<'a>,
    pub caches: &'a Caches,
    pub deadline: Deadline,
}

/// Looks into the event itself, where words alone cannot tell.
pub(super) struct Verifier<'a> {
    request: &'a Request<'a>,
    store: &'a dyn Store,
}

impl Verifier<'_> {
    pub fn holds(&self, phrase: &Phrase, seq: Seq) -> Result<bool, IndexError> {
        let rows = self.store.rows(self.request.org, &[seq])?;
        let row = rows.first().ok_or_else(|| IndexError::missing(self.request.org, seq))?;
        let document: Document = serde_json::from_slice(&row.document)
            .map_err(|_| IndexError::unreadable(self.request.org, seq))?;
        Ok(holds_phrase(&document, self.request.catalogs, phrase.field.as_ref(), &phrase.tokens))
    }
}
