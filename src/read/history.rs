//! One record through time: its state at a moment, rebuilt from its events. Deliberately absent: what an event does to a
//! record, which is `core::history`.

use std::time::Instant;

use everlog_core::event::Event;
use everlog_core::history::{Replay, State, Step};
use everlog_core::ids::Seq;
use everlog_core::query::{Query, Sort, SortBy, TargetRef};
use everlog_core::scope::Scope;

use crate::access::Organization;
use crate::index::{IndexError, Request, Start};
use crate::read::{QUERY_TIME_MAX, ReadError, Reader, scope_for};

/// Most events of one record that a state is made of.
pub const STEPS_MAX: u64 = 100_000;
/// How far behind an event those that it implied are looked for.
const IMPLIED_EVENTS_MAX: usize = 20;
/// How many events are read together.
const GROUP_EVENTS: usize = 500;

impl Reader {
    /// Whether any event that may be seen names this record.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn has_record(&self, org: &Organization, record: &TargetRef) -> Result<bool, ReadError> {
        let query = of_record(record, Sort::default());
        let scope = scope_for(org, &query);
        let request = self.request_of(org, &scope, &query)?;
        Ok(!self.index.page(&request, &Start::Skip(0), 1)?.places.is_empty())
    }

    /// Up to `limit` events of a query in its order, if they may be seen: what stands beside another event.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn some(&self, org: &Organization, query: &Query, limit: usize) -> Result<Vec<Event>, ReadError> {
        let scope = scope_for(org, query);
        let page = self.index.page(&self.request_of(org, &scope, query)?, &Start::Skip(0), limit)?;
        let seqs: Vec<_> = page.places.iter().map(|place| place.seq).collect();
        self.events(org, &seqs)
    }

    /// The events that one event implied, which follow it in the log. Only for readers of everything.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn implied(&self, org: &Organization, cause: Seq) -> Result<Vec<Event>, ReadError> {
        let mut events = self.feed(org, Seq(cause.0 + 1), IMPLIED_EVENTS_MAX)?;
        events.retain(|event| event.document.served.cause == Some(cause));
        Ok(events)
    }

    /// What is known of a record at the end of a millisecond; `None` where no event names it. Only for readers of
    /// everything: what is hidden would look like a gap.
    ///
    /// # Errors
    /// When the index or the store cannot answer, or the record has more than `STEPS_MAX` events.
    pub fn record_at(
        &self,
        org: &Organization,
        record: &TargetRef,
        at_ms: u64,
    ) -> Result<Option<State>, ReadError> {
        let sort = Sort { by: SortBy::Time, descending: false };
        let query = of_record(record, sort);
        let scope = scope_for(org, &query);
        let request = self.request_of(org, &scope, &query)?;
        let mut replay = Replay::to(at_ms);
        let mut start = Start::Skip(0);
        let mut count = 0;
        loop {
            let page = self.index.page(&request, &start, GROUP_EVENTS)?;
            let seqs: Vec<_> = page.places.iter().map(|place| place.seq).collect();
            count += seqs.len() as u64;
            if count > STEPS_MAX {
                return Err(ReadError::TooManySteps);
            }
            if Instant::now() > request.deadline {
                return Err(IndexError::TimedOut.into());
            }
            let events = self.events(org, &seqs)?;
            let mut steps = events.iter().filter_map(|it| Step::of(it, record, &org.entry().catalogs));
            let goes_on = steps.all(|step| replay.take(&step));
            match page.places.last() {
                Some(last) if page.has_next && goes_on => start = Start::After(last.clone()),
                _ => break,
            }
        }
        Ok((count > 0).then(|| replay.finish()))
    }

    fn request_of<'a>(
        &self,
        org: &'a Organization,
        scope: &'a Scope,
        query: &'a Query,
    ) -> Result<Request<'a>, ReadError> {
        let catalogs = org.catalogs();
        let (size, deadline) = (self.size(org)?, Instant::now() + QUERY_TIME_MAX);
        Ok(Request { org: org.code(), scope, query, catalogs, size, deadline })
    }
}

/// The query for the events that name a record.
fn of_record(record: &TargetRef, sort: Sort) -> Query {
    let mut query = Query { sort, ..Query::default() };
    query.only.targets = vec![record.clone()];
    query
}
