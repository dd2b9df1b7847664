//! A bundle that is asked for: under which signed head, whether it is the whole log, and what it is tied to.
//!
//! Deliberately absent: its lines (`read`), and what a reader is not shown (`app::bundles`).

use everlog_core::bundle::Consistency;
use everlog_core::checkpoint::parse_decimal;
use everlog_core::ids::Size;
use everlog_core::query::{ParamError, once};
use serde_json::{Map, Value};

use crate::access::Organization;
use crate::app::App;
use crate::app::bundles::withheld;
use crate::read::{Bundling, Content, Question, ReadError, Showing, Signed, iso};

/// The parameter that ties a bundle to an older size of the log.
const SINCE: &str = "since";

/// A bundle that may be made. Its size is fixed here, before anything is recorded or sent.
pub(super) struct Evidence {
    signed: Signed,
    is_whole: bool,
    showing: Showing,
}

impl Evidence {
    /// Understands what is asked for beside the question; `params` are all parameters, `asked` those of the query.
    ///
    /// # Errors
    /// Names the parameter at fault.
    pub(super) fn new(
        app: &App,
        org: &Organization,
        question: &Question,
        params: &[(String, String)],
        asked: &[(String, String)],
        is_session: bool,
    ) -> Result<Self, ReadError> {
        let signed = app.signed(org, question.size)?;
        let size = signed.checkpoint.size;
        let withhold = withheld(org, is_session);
        let is_of_all = once(params, "size")?.is_none() || question.size == size;
        let is_whole = is_of_all
            && question.query.is_everything()
            && withhold.is_empty()
            && !org.scope().is_restricted();
        let consistency = match once(params, SINCE)? {
            None => None,
            Some(text) => {
                let from = || ParamError::expected(SINCE, format!("a size of the log, from 1 to {size}"));
                let older = parse_decimal(text).map(Size).filter(|from| *from > Size(0)).ok_or_else(from)?;
                let proof = app.reader.consistency(org, older, size)?.ok_or_else(from)?;
                Some(Consistency { from: older, proof })
            }
        };
        let query = query_of(asked, question.asked_ms);
        Ok(Self { signed, is_whole, showing: Showing { query, withhold, consistency } })
    }

    /// Refuses what belongs to bundles where none is asked for.
    pub(super) fn none(params: &[(String, String)]) -> Result<(), ParamError> {
        match once(params, SINCE)? {
            None => Ok(()),
            Some(_) => Err(ParamError::expected(
                SINCE,
                "format=bundle: nothing else is tied to an older size of the log",
            )),
        }
    }

    /// How many events it holds, where that is not what the question matches.
    pub(super) fn total(&self) -> Option<u64> {
        self.is_whole.then_some(self.signed.checkpoint.size.0)
    }

    pub(super) fn begin(
        self,
        app: &App,
        org: &Organization,
        question: &Question,
    ) -> Result<Bundling, ReadError> {
        let content = if self.is_whole { Content::Whole } else { Content::Matches(question) };
        app.reader.bundling(org, &self.signed, content, self.showing)
    }
}

/// What was asked for: a text for each parameter, a list where it stood more than once. A range that begins anew every day
/// means something only with the time at which it was asked for.
fn query_of(asked: &[(String, String)], asked_ms: u64) -> Map<String, Value> {
    let mut query = Map::new();
    for (name, value) in asked.iter().filter(|(_, value)| !value.is_empty()) {
        let value = Value::from(value.as_str());
        match query.get_mut(name) {
            None => drop(query.insert(name.clone(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    if query.contains_key("range") {
        query.insert("asked_at".to_owned(), Value::from(iso(asked_ms)));
    }
    query
}
