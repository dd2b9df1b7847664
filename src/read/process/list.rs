//! Lists of processes: the words of a URL become a filter, an order and a page. Deliberately absent: finding, which the
//! store does.

use everlog_core::process::Status;
use everlog_core::query::{FILTER_VALUE_BYTES_MAX, Moment, ParamError, ParamFault, Query, once};
use everlog_core::text::fold;

use crate::access::Organization;
use crate::read::cursor::ProcessCursor;
use crate::read::process::Process;
use crate::read::{PAGE_PARAMETERS, ReadError, Reader, SKIP_MAX, limit, number};
use crate::store::process::{ProcessFilter, ProcessOrder, ProcessPage};

/// The parameters that say which processes are meant, and in what order.
const PARAMETERS: &[&str] =
    &["status", "user", "flow_type", "flow_key", "process", "q", "from", "to", "range", "tz", "sort"];
/// Those of them that mean the same as of events.
const TIMES: &[&str] = &["from", "to", "range", "tz"];
/// Most pieces of a search.
const PIECES_MAX: usize = 20;
/// Longest search, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// What `status=` can say: the state of a process, or several of them in one word (`T16`).
const STATUSES: &[(&str, &[Status])] = &[
    ("all", Status::ALL),
    ("completed", &[Status::Completed]),
    ("active", &[Status::Draft, Status::Active]),
    ("inactive", &[Status::Canceled, Status::Expired]),
    ("draft", &[Status::Draft]),
    ("canceled", &[Status::Canceled]),
    ("expired", &[Status::Expired]),
];

/// What `sort=` can say.
const ORDERS: &[(&str, ProcessOrder)] = &[
    ("created", ProcessOrder::Made),
    ("name", ProcessOrder::Name),
    ("status", ProcessOrder::Status),
    ("started", ProcessOrder::Started),
    ("activity", ProcessOrder::Activity),
];

/// A question about processes, understood: the same for a page and for their number.
#[derive(Clone, Debug)]
pub struct ProcessQuestion {
    filter: ProcessFilter,
    page: ProcessPage,
    asked_ms: u64,
    size: u64,
    params: Vec<(String, String)>,
}

/// A page of processes.
#[derive(Clone, Debug)]
pub struct ProcessList {
    /// In the order asked for.
    pub processes: Vec<Process>,
    /// The cursor of the page behind, when there is more.
    pub next: Option<String>,
    /// The cursor of the page in front.
    pub previous: Option<String>,
}

impl Reader {
    /// Understands the parameters of a list of processes.
    ///
    /// # Errors
    /// Names the parameter that is unknown, cannot be understood, or does not belong to the cursor.
    pub fn process_question(
        &self,
        org: &Organization,
        params: &[(String, String)],
        moment: &Moment,
    ) -> Result<ProcessQuestion, ReadError> {
        let is_known = |name: &str| PARAMETERS.contains(&name) || PAGE_PARAMETERS.contains(&name);
        if let Some((name, _)) = params.iter().find(|(name, _)| !is_known(name)) {
            return Err(ParamError::new(name, ParamFault::Unknown).into());
        }
        let take = limit(params)? as u64;
        let skip = number(params, "skip", SKIP_MAX)?;
        let is_asked = |(name, value): &&(String, String)| {
            !PAGE_PARAMETERS.contains(&name.as_str()) && !value.is_empty()
        };
        let mut asked: Vec<_> = params.iter().filter(is_asked).cloned().collect();
        asked.sort();
        let cursor = match once(params, "cursor")? {
            None => ProcessCursor {
                params: asked,
                asked_ms: moment.now_ms,
                size: self.size(org)?.0,
                skip: skip.unwrap_or(0),
            },
            Some(_) if skip.is_some() => {
                return Err(ParamError::expected("skip", "either cursor or skip, not both").into());
            }
            Some(text) => {
                let expected = "the value of next or previous of an earlier page, unchanged";
                let cursor = self.cursors.open_processes(text);
                let cursor = cursor.ok_or_else(|| ParamError::expected("cursor", expected))?;
                if !(asked.is_empty() || asked == cursor.params) {
                    let expected = "a cursor of this query; it belongs to another one";
                    return Err(ParamError::expected("cursor", expected).into());
                }
                cursor
            }
        };
        let moment = Moment { now_ms: cursor.asked_ms, ..moment.clone() };
        let ProcessCursor { params, asked_ms, size, skip } = cursor;
        let filter = ProcessFilter { below: Some(size), ..filter(&params, &moment)? };
        let (order, descending) = order(&params)?;
        let page = ProcessPage { order, descending, skip, take };
        Ok(ProcessQuestion { filter, page, asked_ms, size, params })
    }

    /// The page that a question asks for.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn process_list(
        &self,
        org: &Organization,
        question: &ProcessQuestion,
    ) -> Result<ProcessList, ReadError> {
        let ProcessPage { skip, take, .. } = question.page;
        // One more than asked for tells whether there is more.
        let page = ProcessPage { take: take + 1, ..question.page };
        let mut processes = self.processes(org, &question.filter, page)?;
        let has_next = processes.len() as u64 > take;
        processes.truncate(usize::try_from(take).unwrap_or(usize::MAX));
        let seal = |skip| {
            self.cursors.seal_processes(&ProcessCursor {
                params: question.params.clone(),
                asked_ms: question.asked_ms,
                size: question.size,
                skip,
            })
        };
        let next = has_next.then(|| seal(skip + take));
        let previous = (skip > 0 && !processes.is_empty()).then(|| seal(skip.saturating_sub(take)));
        Ok(ProcessList { processes, next, previous })
    }

    /// How many processes a question is about.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn process_total(&self, org: &Organization, question: &ProcessQuestion) -> Result<u64, ReadError> {
        self.count_processes(org, &question.filter)
    }
}

fn filter(params: &[(String, String)], moment: &Moment) -> Result<ProcessFilter, ParamError> {
    let times: Vec<_> = params.iter().filter(|(name, _)| TIMES.contains(&name.as_str())).cloned().collect();
    let times = Query::parse(&times, &[], moment)?;
    let text = |name: &str| match once(params, name)? {
        Some(text) if text.len() > FILTER_VALUE_BYTES_MAX => Err(ParamError::new(name, ParamFault::Length)),
        text => Ok(text.map(str::to_owned)),
    };
    Ok(ProcessFilter {
        statuses: statuses(params)?,
        key: text("process")?,
        starter: text("user")?.map(|user| user.to_lowercase()),
        flow_key: text("flow_key")?,
        flow_type: text("flow_type")?,
        pieces: pieces(once(params, "q")?.unwrap_or_default())?,
        from_ms: times.from_ms,
        to_ms: times.to_ms,
        below: None,
        after: None,
    })
}

/// The statuses meant by all words together; none where every status is.
fn statuses(params: &[(String, String)]) -> Result<Vec<String>, ParamError> {
    let mut found: Vec<Status> = Vec::new();
    for (_, word) in params.iter().filter(|(name, word)| name == "status" && !word.is_empty()) {
        let meant = STATUSES.iter().find(|(known, _)| known == word);
        let (_, meant) = meant.ok_or_else(|| {
            let words: Vec<_> = STATUSES.iter().map(|(known, _)| *known).collect();
            ParamError::expected("status", format!("one of {}", words.join(", ")))
        })?;
        found.extend(*meant);
    }
    found.sort_unstable();
    found.dedup();
    if found.len() == Status::ALL.len() {
        found.clear();
    }
    Ok(found.into_iter().map(|status| status.as_str().to_owned()).collect())
}

/// The pieces of a search, every one of which must be found.
fn pieces(text: &str) -> Result<Vec<String>, ParamError> {
    let pieces: Vec<String> = text.split_whitespace().map(fold).filter(|piece| !piece.is_empty()).collect();
    if text.chars().count() > SEARCH_CHARS_MAX || pieces.len() > PIECES_MAX {
        let expected = format!("at most {SEARCH_CHARS_MAX} characters and {PIECES_MAX} words");
        return Err(ParamError::expected("q", expected));
    }
    Ok(pieces)
}

fn order(params: &[(String, String)]) -> Result<(ProcessOrder, bool), ParamError> {
    let text = once(params, "sort")?.unwrap_or("-created");
    let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
    let found = ORDERS.iter().find(|(known, _)| *known == word);
    let (_, order) = found.ok_or_else(|| {
        let words: Vec<_> = ORDERS.iter().map(|(known, _)| *known).collect();
        ParamError::expected("sort", format!("{}, with - in front for descending", words.join(", ")))
    })?;
    Ok((*order, descending))
}
