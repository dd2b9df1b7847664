//! Reading: a question in a URL's words becomes one page of events, with its totals, facets and histogram.
//!
//! Deliberately absent: permission; an `Organization` comes from `access` and says what its holder may see. Every answer
//! of one session comes from the same `Request`, so that page, total and facets never disagree.

use std::sync::Arc;
use std::time::{Duration, Instant};

use everlog_core::catalog::{ACCESS, is_access};
use everlog_core::event::{Document, Event};
use everlog_core::ids::{Seq, Size};
use everlog_core::query::{
    LIMIT_DEFAULT, LIMIT_MAX, Moment, ParamError, ParamFault, Query, TargetRef, once, zone,
};
use everlog_core::{json, leaf};
use jiff::civil::Weekday;
use serde::Deserialize as _;

use crate::access::Organization;
use crate::index::{FacetField, FacetValue, Index, IndexError, KindCounts, Page, Position, Request, Start};
use crate::store::{Row, Store, StoreError};

mod bundle;
mod cursor;
mod edges;
mod history;
mod live;
mod notifications;
mod positions;
mod present;
pub mod process;
mod proof;
mod prover;
mod tiles;
mod walk;

pub use bundle::{Bundling, Content, Showing, Signed};
pub use cursor::CursorKey;
pub use history::STEPS_MAX;
pub use live::{Arrived, LAST_EVENT_ID};
pub use notifications::Notification;
pub use present::{iso, present};
pub use walk::Walk;

use cursor::Cursor;

/// How long one question may take.
pub const QUERY_TIME_MAX: Duration = Duration::from_secs(5);
/// Most matches that `skip` may leave out.
pub const SKIP_MAX: u64 = 1_000_000;

/// Why a question gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The question is at fault.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// The index cannot answer.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The store cannot answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record has more events than a state is made of.
    #[error("the record has more than {STEPS_MAX} events, from which its state is not rebuilt")]
    TooManySteps,
    /// A stored event is not what was recorded.
    #[error("event {seq} is damaged as it is stored: {why}")]
    Damaged {
        /// Its position.
        seq: Seq,
        /// What is wrong with it.
        why: String,
    },
}

impl ReadError {
    /// Whether what is stored is not what was written: asking again does not help.
    pub fn is_damage(&self) -> bool {
        let corrupt = |why: &StoreError| matches!(why, StoreError::Corrupt(_));
        match self {
            Self::Damaged { .. } => true,
            Self::Store(why) | Self::Index(IndexError::Store(why)) => corrupt(why),
            _ => false,
        }
    }
}

/// A question, understood: the same for a page and everything that is counted beside it.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub query: Query,
    /// Only positions below this.
    pub size: Size,
    /// The time against which relative ranges were resolved, in milliseconds since 1970.
    pub asked_ms: u64,
    /// Where the page begins.
    pub start: Start,
    /// How many events the page holds.
    pub limit: usize,
    /// The parameters of the first page, which later pages must repeat or leave out.
    params: Vec<(String, String)>,
}

/// A page of events.
#[derive(Clone, Debug)]
pub struct Events {
    /// In the order asked for.
    pub events: Vec<Event>,
    /// The cursor of the page behind, when there is more.
    pub next: Option<String>,
    /// The cursor of the page in front.
    pub previous: Option<String>,
}

/// Counts over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The length of a bucket, as an ISO 8601 duration.
    pub interval: &'static str,
    /// Begin and end of each bucket in milliseconds since 1970, and how many of each kind.
    pub buckets: Vec<(u64, u64, KindCounts)>,
}

/// Answers questions.
#[derive(Clone)]
pub struct Reader {
    store: Arc<dyn Store>,
    index: Arc<Index>,
    cursors: Arc<CursorKey>,
    trees: Arc<proof::Trees>,
}

/// The parameters that choose a page; the rest is the query.
const PAGE_PARAMETERS: &[&str] = &["limit", "cursor", "skip"];
/// Under which name a cursor keeps the record of its question; no parameter that is understood has it.
const RECORD: &str = "/record";

impl Reader {
    /// Reads from a store and its index, with the installation's key for cursors.
    pub fn new(store: Arc<dyn Store>, index: Arc<Index>, cursors: CursorKey) -> Self {
        Self { store, index, cursors: Arc::new(cursors), trees: Arc::default() }
    }

    /// Understands the parameters of a list: query, `limit`, `cursor` or `skip`. `others` belong to the caller.
    ///
    /// # Errors
    /// Names the parameter that is unknown, cannot be understood, or does not belong to the cursor.
    pub fn question(
        &self,
        org: &Organization,
        params: &[(String, String)],
        others: &[&str],
        moment: &Moment,
    ) -> Result<Question, ReadError> {
        self.question_about(org, None, params, others, moment)
    }

    /// The same within the history of one record, which stands in the path and not among the parameters.
    ///
    /// # Errors
    /// As `question`; a cursor of another record is one of another question.
    pub fn question_about(
        &self,
        org: &Organization,
        record: Option<&TargetRef>,
        params: &[(String, String)],
        others: &[&str],
        moment: &Moment,
    ) -> Result<Question, ReadError> {
        let limit = limit(params)?;
        let about = record.map(|it| (RECORD.to_owned(), serde_json::json!([it.kind, it.id]).to_string()));
        if record.is_some() && params.iter().any(|(name, _)| name == "target") {
            return Err(ParamError::new("target", ParamFault::Excludes("the record in the path")).into());
        }
        let asked = |(name, _): &&(String, String)| {
            !PAGE_PARAMETERS.contains(&name.as_str()) && name != "size" && !others.contains(&name.as_str())
        };
        let mut repeated: Vec<_> =
            params.iter().filter(asked).filter(|(_, value)| !value.is_empty()).cloned().collect();
        repeated.sort();
        let skip = number(params, "skip", SKIP_MAX)?;
        let Some(text) = once(params, "cursor")? else {
            let known = [PAGE_PARAMETERS, &["size"], others].concat();
            let query = Query::parse(params, &known, moment)?;
            let head = self.store.head(org.code())?.size;
            let size = number(params, "size", u64::MAX)?;
            if size.is_some() && org.scope().is_restricted() {
                // Asked again and again, it would tell the positions of what is hidden.
                return Err(ParamError::new("size", ParamFault::Unknown).into());
            }
            let size = size.map_or(head, |size| Size(size).min(head));
            let start = Start::Skip(skip.unwrap_or(0));
            repeated.extend(about);
            let query = within(query, record);
            return Ok(Question { query, size, asked_ms: moment.now_ms, start, limit, params: repeated });
        };
        if skip.is_some() {
            return Err(ParamError::expected("skip", "either cursor or skip, not both").into());
        }
        let cursor = self.cursors.open(text).ok_or_else(|| {
            ParamError::expected("cursor", "the value of next or previous of an earlier page, unchanged")
        })?;
        let (own, asked): (Vec<_>, Vec<_>) =
            cursor.params.iter().cloned().partition(|(name, _)| name == RECORD);
        if !(own.into_iter().next() == about && (repeated.is_empty() || repeated == asked)) {
            return Err(
                ParamError::expected("cursor", "a cursor of this query; it belongs to another one").into()
            );
        }
        let moment = Moment { now_ms: cursor.asked_ms, ..moment.clone() };
        let query = within(Query::parse(&asked, &[], &moment)?, record);
        if cursor.words != cursor::words(org.catalogs(), query.sort.by) {
            let expected = "a cursor of this order, whose words are others by now; begin again without it";
            return Err(ParamError::expected("cursor", expected).into());
        }
        let size = Size(cursor.size).min(self.store.head(org.code())?.size);
        let start =
            if cursor.backwards { Start::Before(cursor.position) } else { Start::After(cursor.position) };
        Ok(Question { query, size, asked_ms: cursor.asked_ms, start, limit, params: cursor.params })
    }

    /// The page that a question asks for.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn page(&self, org: &Organization, question: &Question) -> Result<Events, ReadError> {
        let scope = scope_for(org, &question.query);
        let request = request(org, &scope, question);
        let page = self.index.page(&request, &question.start, question.limit)?;
        let seqs: Vec<Seq> = page.places.iter().map(|place| place.seq).collect();
        let events = self.events(org, &seqs)?;
        let (next, previous) = self.cursors_of(org, question, &page);
        Ok(Events { events, next, previous })
    }

    fn cursors_of(
        &self,
        org: &Organization,
        question: &Question,
        page: &Page,
    ) -> (Option<String>, Option<String>) {
        let words = cursor::words(org.catalogs(), question.query.sort.by);
        let seal = |position: Option<&Position>, backwards| {
            position.map(|position| {
                self.cursors.seal(&Cursor {
                    params: question.params.clone(),
                    asked_ms: question.asked_ms,
                    size: question.size.0,
                    position: position.clone(),
                    backwards,
                    words: words.clone(),
                })
            })
        };
        let next = seal(page.places.last().filter(|_| page.has_next), false);
        let previous = seal(page.places.first().filter(|_| page.has_previous), true);
        (next, previous)
    }

    /// The positions of every event that a query matches, whatever it is about. Only for readers of everything.
    ///
    /// # Errors
    /// When the index cannot answer.
    pub fn every_seq(&self, org: &Organization, query: &Query) -> Result<Vec<Seq>, ReadError> {
        Ok(self.index.every_seq(org.code(), query, org.catalogs(), self.size(org)?)?)
    }

    /// How many events a question matches.
    ///
    /// # Errors
    /// When the index cannot answer.
    pub fn total(&self, org: &Organization, question: &Question) -> Result<u64, ReadError> {
        let scope = scope_for(org, &question.query);
        Ok(self.index.total(&request(org, &scope, question))?)
    }

    /// The values of a field that occur, counted under every other filter; only those that have `part` in what is
    /// shown of them.
    ///
    /// # Errors
    /// When the index cannot answer.
    pub fn facet(
        &self,
        org: &Organization,
        question: &Question,
        field: FacetField,
        part: &str,
    ) -> Result<Vec<FacetValue>, ReadError> {
        let scope = scope_for(org, &question.query);
        Ok(self.index.facet(&request(org, &scope, question), field, part)?)
    }

    /// How many events of each kind happened when, in buckets that begin where the reader's days and hours begin.
    ///
    /// # Errors
    /// When the index cannot answer.
    pub fn histogram(
        &self,
        org: &Organization,
        question: &Question,
        moment: &Moment,
    ) -> Result<Histogram, ReadError> {
        let scope = scope_for(org, &question.query);
        let request = request(org, &scope, question);
        let (from, to) = match (question.query.from_ms, question.query.to_ms) {
            (Some(from), Some(to)) => (from, to),
            (from, to) => {
                let Some((oldest, newest)) = self.index.span(&request)? else {
                    return Ok(Histogram { interval: edges::FINEST, buckets: Vec::new() });
                };
                (from.unwrap_or(oldest), to.unwrap_or(newest + 1))
            }
        };
        let (interval, edges) = edges::between(from, to, &zone(&question.params, moment)?, moment.week_start);
        let counts = self.index.histogram(&request, &edges)?;
        let buckets = edges.windows(2).zip(counts).map(|(edge, count)| (edge[0], edge[1], count)).collect();
        Ok(Histogram { interval, buckets })
    }

    /// One event by id or position, if it may be seen.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn event(&self, org: &Organization, id_or_seq: &str) -> Result<Option<Event>, ReadError> {
        let is_position = !id_or_seq.is_empty() && id_or_seq.bytes().all(|byte| byte.is_ascii_digit());
        let seq = match (is_position, org.scope().is_restricted()) {
            // Positions tell how much is hidden.
            (true, true) => None,
            (true, false) => id_or_seq.parse().ok().filter(|seq| *seq <= i64::MAX as u64).map(Seq),
            (false, _) => self.store.find_id(org.code(), id_or_seq)?,
        };
        let Some(seq) = seq else { return Ok(None) };
        let event = self.events(org, &[seq])?.pop();
        Ok(event.filter(|event| may_see(org, event)))
    }

    /// Up to `limit` events in the order of the log, from a position on. Only for readers of everything.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn feed(&self, org: &Organization, from: Seq, limit: usize) -> Result<Vec<Event>, ReadError> {
        self.named(org, self.store.scan(org.code(), from, limit)?)
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn size(&self, org: &Organization) -> Result<Size, ReadError> {
        Ok(self.store.head(org.code())?.size)
    }

    fn events(&self, org: &Organization, seqs: &[Seq]) -> Result<Vec<Event>, ReadError> {
        self.named(org, self.store.rows(org.code(), seqs)?)
    }

    /// The events of rows, with the names of their signees.
    fn named(&self, org: &Organization, rows: Vec<Row>) -> Result<Vec<Event>, ReadError> {
        let events = rows.into_iter().map(|row| verified(org, row));
        let mut events = events.collect::<Result<Vec<_>, _>>()?;
        self.name_signees(org, &mut events)?;
        Ok(events)
    }
}

/// The query within the history of a record.
fn within(mut query: Query, record: Option<&TargetRef>) -> Query {
    if let Some(record) = record {
        query.only.targets = vec![record.clone()];
    }
    query
}

/// The event that a row holds, as it is to be shown: what does not give the leaf that was recorded is nobody's to see.
fn verified(org: &Organization, row: Row) -> Result<Event, ReadError> {
    let damaged = |why: &dyn std::fmt::Display| ReadError::Damaged { seq: row.seq, why: why.to_string() };
    let value = json::parse_with_depth(&row.document, json::DEPTH_MAX + 1).map_err(|why| damaged(&why))?;
    let commitments = row.salts.commitments(&value);
    let computed = leaf::leaf_hash(&org.entry().row.log_id, row.seq, row.received_ms, &commitments);
    if computed != row.leaf_hash {
        return Err(damaged(&"it does not give the leaf that was recorded"));
    }
    let document = Document::deserialize(value).map_err(|why| damaged(&why))?;
    Ok(event(row, document))
}

fn event(row: Row, document: Document) -> Event {
    let erased = row.salts.erased().to_vec();
    Event { seq: row.seq, received_ms: row.received_ms, leaf_hash: row.leaf_hash, document, erased }
}

/// The day on which an organization's weeks begin: Monday unless its settings say otherwise.
pub fn week_start(org: &Organization) -> Weekday {
    match org.entry().row.settings.get("week_start").and_then(|day| day.as_str()) {
        Some("sunday") => Weekday::Sunday,
        Some("saturday") => Weekday::Saturday,
        _ => Weekday::Monday,
    }
}

fn request<'a>(
    org: &'a Organization,
    scope: &'a everlog_core::scope::Scope,
    question: &'a Question,
) -> Request<'a> {
    Request {
        org: org.code(),
        scope,
        query: &question.query,
        catalogs: org.catalogs(),
        size: question.size,
        deadline: Instant::now() + QUERY_TIME_MAX,
    }
}

/// Events about reading the log are shown when their category is asked for by a reader of everything.
fn scope_for(org: &Organization, query: &Query) -> everlog_core::scope::Scope {
    let mut scope = org.scope().clone();
    scope.access_events = !scope.is_restricted() && query.only.categories.iter().any(|it| it == ACCESS);
    scope
}

/// Whether one event may be seen, by the same rule as lists; a reader of everything may open any event by its id.
fn may_see(org: &Organization, event: &Event) -> bool {
    let sent = &event.document.event;
    org.scope().sees.shows(sent) && !(org.scope().is_restricted() && is_access(&sent.action))
}

fn limit(params: &[(String, String)]) -> Result<usize, ParamError> {
    let expected = || ParamError::expected("limit", format!("a number from 1 to {LIMIT_MAX}"));
    match once(params, "limit")? {
        None => Ok(LIMIT_DEFAULT),
        Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(expected),
    }
}

fn number(params: &[(String, String)], name: &str, max: u64) -> Result<Option<u64>, ParamError> {
    let expected = || ParamError::expected(name, format!("a number from 0 to {max}"));
    once(params, name)?
        .map(|text| text.parse().ok().filter(|number| *number <= max).ok_or_else(expected))
        .transpose()
}
