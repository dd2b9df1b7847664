//! A walk through everything that a question matches, in its order, a group at a time: what an export is made of.
//!
//! Deliberately absent: a limit, and a deadline for the whole. Each look into the index has its own.

use std::collections::VecDeque;

use everlog_core::event::Event;
use everlog_core::ids::Seq;
use everlog_core::query::SortBy;

use crate::access::Organization;
use crate::index::Start;
use crate::read::{Question, ReadError, Reader, request, scope_for};
use crate::store::StoreError;

/// How many places are asked for at once where the index has them in order.
const PLACES: usize = 10_000;
/// How many where each look is one pass over all matches: some megabytes, so that there are few looks.
const PLACES_SORTED: usize = 100_000;

/// A walk; what it finds is the same set as the pages of its question, in the same order.
pub struct Walk {
    reader: Reader,
    org: Organization,
    question: Question,
    /// Where the next look begins; nothing when the last one saw the end.
    next: Option<Start>,
    waiting: VecDeque<Seq>,
}

impl Reader {
    /// Begins at the first match of a question, whatever page it asks for.
    pub fn walk(&self, org: &Organization, question: &Question) -> Walk {
        Walk {
            reader: self.clone(),
            org: org.clone(),
            question: question.clone(),
            next: Some(Start::Skip(0)),
            waiting: VecDeque::new(),
        }
    }
}

impl Walk {
    /// Up to `count` further events; none at the end.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn group(&mut self, count: usize) -> Result<Vec<Event>, ReadError> {
        while self.waiting.is_empty() {
            let Some(start) = self.next.take() else { return Ok(Vec::new()) };
            self.look(&start)?;
        }
        let seqs: Vec<Seq> = self.waiting.drain(..count.min(self.waiting.len())).collect();
        let events = self.reader.events(&self.org, &seqs)?;
        if events.len() != seqs.len() {
            // A file that leaves one out would look whole.
            return Err(StoreError::Corrupt("an event that the index names is not there".to_owned()).into());
        }
        Ok(events)
    }

    fn look(&mut self, start: &Start) -> Result<(), ReadError> {
        let scope = scope_for(&self.org, &self.question.query);
        let sort = self.question.query.sort;
        let is_in_order = sort.by == SortBy::Time && sort.descending;
        let request = request(&self.org, &scope, &self.question);
        let places = if is_in_order { PLACES } else { PLACES_SORTED };
        let page = self.reader.index.page(&request, start, places)?;
        self.waiting.extend(page.places.iter().map(|place| place.seq));
        self.next = page.places.into_iter().last().filter(|_| page.has_next).map(Start::After);
        Ok(())
    }
}
