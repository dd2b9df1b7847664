//! What comes in: the events behind a position that a reader may see and asked for, in the order of the log.
//!
//! Deliberately absent: waiting, which `app::live` does, and any way to tell how much was passed over: where a look ended
//! is for going on from, and leaves the server only sealed.

use std::time::Instant;

use everlog_core::event::Event;
use everlog_core::ids::{Seq, Size};
use everlog_core::query::{Moment, ParamError, ParamFault, Query};

use crate::access::Organization;
use crate::index::Request;
use crate::read::{QUERY_TIME_MAX, ReadError, Reader, limit, scope_for};

/// The name of the header by which a listener goes on.
pub const LAST_EVENT_ID: &str = "Last-Event-ID";
/// A parameter of lists that says nothing where events come one by one.
const LIMIT: &str = "limit";

/// The parameters that choose a page otherwise.
const OF_PAGES: &[&str] = &["cursor", "skip", "size"];

/// What one look at a log found.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// In the order of the log.
    pub events: Vec<Event>,
    /// Where the next look begins.
    pub next: Seq,
    /// Whether there was more to look at already.
    pub has_more: bool,
}

impl Reader {
    /// Understands the parameters of a list that is followed: those of its query. Order and `limit` are understood and
    /// say nothing; a page that is chosen otherwise cannot be followed.
    ///
    /// # Errors
    /// Names the parameter that is unknown or cannot be understood.
    pub fn live_query(
        &self,
        params: &[(String, String)],
        others: &[&str],
        moment: &Moment,
    ) -> Result<Query, ReadError> {
        limit(params)?;
        if let Some((name, _)) = params.iter().find(|(name, _)| OF_PAGES.contains(&name.as_str())) {
            return Err(ParamError::new(name, ParamFault::NoPages("a list that is followed")).into());
        }
        Ok(Query::parse(params, &[&[LIMIT], others].concat(), moment)?)
    }

    /// At most `limit` events of a query from a position on. The query is resolved for this look: who follows `today`
    /// past midnight follows another day.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn since(
        &self,
        org: &Organization,
        query: &Query,
        from: Seq,
        limit: usize,
    ) -> Result<Arrived, ReadError> {
        let scope = scope_for(org, query);
        let request = Request {
            org: org.code(),
            scope: &scope,
            query,
            catalogs: org.catalogs(),
            size: Size(u64::MAX),
            deadline: Instant::now() + QUERY_TIME_MAX,
        };
        let found = self.index.since(&request, from, limit)?;
        let events = self.events(org, &found.seqs)?;
        Ok(Arrived { events, next: found.upto, has_more: found.has_more })
    }

    /// A position as a listener carries it: sealed, bound to this log, and no two alike.
    pub fn seal_position(&self, org: &Organization, position: Seq) -> String {
        self.cursors.seal_position(&org.entry().row.log_id, position)
    }

    /// The position that a listener carries.
    ///
    /// # Errors
    /// When it was not sealed here for this log.
    pub fn open_position(&self, org: &Organization, text: &str) -> Result<Seq, ReadError> {
        let opened = self.cursors.open_position(&org.entry().row.log_id, text);
        let expected = || ParamError::expected(LAST_EVENT_ID, "the id of a message of this log, unchanged");
        Ok(opened.ok_or_else(expected)?)
    }
}
