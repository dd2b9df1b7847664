//! What a reader is told when there is no page: each cause has its own words.
//!
//! Deliberately absent: causes inside the server. They are logged where they are met; a page shows the request's id.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use everlog_core::query::{FILTER_VALUE_BYTES_MAX, FILTER_VALUES_MAX, ParamError, ParamFault};

use crate::access::Denied;
use crate::index::IndexError;
use crate::log::AppendError;
use crate::read::ReadError;
use crate::store::StoreError;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::icons;
use crate::viewer::page;
use crate::viewer::session::embedder;
use crate::words::Words;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// No session, or one that is over.
    #[error("no session")]
    Unauthenticated,
    /// No sign of any session: a copied address, opened elsewhere.
    #[error("no session was ever here")]
    Unknown,
    /// The code of a link that does not work or was used.
    #[error("the link was used")]
    UsedLink,
    /// A role that may not see the log.
    #[error("the role may not see the log")]
    Forbidden,
    /// The organization does not list the page around the frame, of this origin.
    #[error("the organization does not list {0}")]
    NotListed(String),
    /// A format that the organization does not let its readers take away.
    #[error("not exported")]
    NotExported,
    /// As many files are being made as may be at once.
    #[error("too many exports")]
    TooManyExports,
    /// No such log, or another's.
    #[error("not found")]
    NotFound,
    /// No such event, or one that may not be seen.
    #[error("no such event")]
    NoEvent,
    /// No such document, or one that may not be seen.
    #[error("no such document")]
    NoProcess,
    /// No such file of a document, or none yet.
    #[error("no such file")]
    NoFile,
    /// The address of the page cannot be understood.
    #[error(transparent)]
    Param(ParamError),
    /// A view whose name or address does not do, or one too many.
    #[error("the view cannot be kept")]
    View,
    /// What changes something was sent by another site.
    #[error("sent by another site")]
    Foreign,
    /// The question took longer than a question may.
    #[error("the question took too long")]
    TooSlow,
    /// Nothing can be written now.
    #[error("the log cannot be written")]
    Unavailable,
    /// The log is only read, because what is stored is not what was signed.
    #[error("the log is only read")]
    Closed,
    /// What is stored of it is not what was written; told where it was met.
    #[error("damaged")]
    Damaged,
    /// Our fault; told where it was met.
    #[error("failed")]
    Failed,
}

impl From<Denied> for Problem {
    fn from(why: Denied) -> Self {
        match why {
            Denied::Unauthenticated => Self::Unauthenticated,
            Denied::Forbidden(_) => Self::Forbidden,
            Denied::NotFound => Self::NotFound,
            Denied::Directory(why) => {
                tracing::error!(error = &why as &dyn std::error::Error, "an organization cannot be opened");
                Self::Failed
            }
        }
    }
}

impl From<ReadError> for Problem {
    fn from(why: ReadError) -> Self {
        match why {
            ReadError::Param(why) => Self::Param(why),
            ReadError::Index(IndexError::TimedOut) => Self::TooSlow,
            ReadError::Store(StoreError::Closed(_)) => Self::Closed,
            why if why.is_damage() => {
                tracing::error!(error = &why as &dyn std::error::Error, "what is stored is damaged");
                Self::Damaged
            }
            why => {
                tracing::error!(error = &why as &dyn std::error::Error, "a page cannot be read");
                Self::Failed
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(why: AppendError) -> Self {
        match why {
            AppendError::Closed(_) => Self::Closed,
            AppendError::Unavailable | AppendError::Stopping => Self::Unavailable,
        }
    }
}

/// A problem on the screen: a page of its own, or in the place of what was asked for.
#[derive(Template)]
#[template(path = "viewer/problem.html")]
pub(super) struct ProblemPage {
    urls: &'static Urls,
    words: Words,
    is_fragment: bool,
    icon: &'static str,
    title: String,
    text: String,
    /// A way on, where there is one: its words and where it leads.
    link: Option<(String, String)>,
    /// Whether the same may be asked again where it was asked.
    can_retry: bool,
    request_id: Option<String>,
    /// Whether the page around a frame can be asked for another session.
    is_renewable: bool,
}

impl Problem {
    /// The status that goes with it.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated | Self::Unknown | Self::UsedLink => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotListed(_) | Self::NotExported | Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooManyExports => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound | Self::NoEvent | Self::NoProcess | Self::NoFile => StatusCode::NOT_FOUND,
            Self::Param(_) | Self::View => StatusCode::BAD_REQUEST,
            Self::Unavailable | Self::Closed | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Damaged | Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The words for it. `list` is where the log itself is.
    pub(super) fn page(
        &self,
        headers: &HeaderMap,
        words: Words,
        list: &str,
        is_fragment: bool,
    ) -> ProblemPage {
        let to_list = |id| Some((words.say(id), list.to_owned()));
        let to_documents = || Some((words.say("problem-to-documents"), format!("{list}/processes")));
        let is_renewable = matches!(self, Self::Unauthenticated) && embedder(headers).is_some();
        let (id, icon, link) = match self {
            Self::Unauthenticated if is_renewable => ("embedded-ended", "lock", None),
            Self::NotListed(_) => ("embedded-not-listed", "prohibited", None),
            Self::Unauthenticated if is_fragment => ("problem-ended-here", "lock", None),
            Self::Unauthenticated => ("problem-unauthenticated", "lock", None),
            Self::Unknown => ("problem-unknown", "lock", None),
            Self::UsedLink => ("problem-used-link", "lock", None),
            Self::Forbidden => ("problem-forbidden", "prohibited", None),
            Self::NotExported => ("export-refused", "prohibited", to_list("problem-to-list")),
            Self::TooManyExports => ("export-busy", "timer", to_list("problem-to-list")),
            Self::NotFound => ("problem-not-found", "search", None),
            Self::NoEvent => ("problem-no-event", "search", to_list("problem-to-list")),
            Self::NoProcess => ("problem-no-process", "search", to_documents()),
            Self::NoFile => ("problem-no-file", "file", to_documents()),
            Self::Param(_) => ("problem-param", "search", to_list("problem-without-filters")),
            Self::View => ("problem-view", "view", to_list("problem-to-list")),
            Self::Foreign => ("problem-foreign", "prohibited", to_list("problem-to-list")),
            Self::TooSlow => ("problem-too-slow", "timer", to_list("problem-without-filters")),
            Self::Unavailable => ("problem-unavailable", "timer", to_list("problem-again")),
            Self::Closed => ("problem-closed", "lock", None),
            Self::Damaged => ("problem-damaged", "warning", None),
            Self::Failed => ("problem-failed", "warning", to_list("problem-again")),
        };
        let value = match self {
            Self::Param(why) => ("part", why.parameter.as_str().into()),
            Self::NotListed(origin) => ("origin", origin.as_str().into()),
            _ => ("", "".into()),
        };
        // What is asked again in place does not lead away from it.
        let is_passing = matches!(self, Self::TooSlow | Self::Unavailable | Self::Failed);
        let can_retry = is_fragment && !is_renewable && (is_passing || matches!(self, Self::Unauthenticated));
        let is_ours = is_passing || matches!(self, Self::Damaged);
        let request_id = is_ours.then(|| request_id(headers)).flatten();
        ProblemPage {
            urls: &URLS,
            words,
            is_fragment,
            icon,
            title: words.say(id),
            text: match self {
                Self::Param(why) => {
                    format!("{} {}", words.fill("problem-param.text", [value]), reason(why, words))
                }
                _ => words.fill(&format!("{id}.text"), [value]),
            },
            link: link.filter(|_| !can_retry),
            can_retry,
            request_id,
            is_renewable,
        }
    }
}

/// What is wrong with a part of the address.
fn reason(why: &ParamError, words: Words) -> String {
    let (id, value) = match &why.fault {
        ParamFault::Unknown => ("problem-param-unknown", String::new()),
        ParamFault::Repeated => ("problem-param-repeated", String::new()),
        ParamFault::TooMany => ("problem-param-many", FILTER_VALUES_MAX.to_string()),
        ParamFault::Length => ("problem-param-length", FILTER_VALUE_BYTES_MAX.to_string()),
        // What would do is told by the parser, in English.
        ParamFault::Expected(what) if words.tag() == "en" => return format!("Expected: {what}."),
        ParamFault::Expected(_) => (expected(&why.parameter), String::new()),
        ParamFault::Excludes(other) => ("problem-param-excludes", (*other).to_owned()),
        ParamFault::NoPages(_) => ("problem-param-pages", String::new()),
        ParamFault::BeforeFrom => ("problem-param-before-from", String::new()),
        ParamFault::Search(why) => return format!("{}.", page::reason(why, words)),
    };
    words.fill(id, [("value", value.into())])
}

/// What would do in a part of the address, in languages that the parser does not speak.
fn expected(parameter: &str) -> &'static str {
    match parameter {
        "from" | "to" => "problem-param-date",
        "range" => "problem-param-range",
        "tz" => "problem-param-zone",
        "ip" => "problem-param-ip",
        "target" => "problem-param-target",
        "limit" | "skip" => "problem-param-number",
        "cursor" => "problem-param-cursor",
        _ => "problem-param-expected",
    }
}

/// The id under which the request is in the server's log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use askama::Template;
    use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use crate::index::IndexError;
    use crate::read::ReadError;
    use crate::viewer::problem::Problem;
    use crate::words::Words;

    /// What the index gives up on is no fault of ours, and is told as what it is.
    #[test]
    fn a_question_that_takes_too_long_has_words_of_its_own() {
        let problem = Problem::from(ReadError::Index(IndexError::TimedOut));
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-request-id"),
            HeaderValue::from_static("r-1"),
        )]);
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
        let in_place = problem.page(&headers, Words::of(&[]), "/view/acme", true).render().unwrap();
        for part in ["took too long", "five seconds", "data-retry", "<code>r-1</code>"] {
            assert!(in_place.contains(part), "{part} is not in {in_place}");
        }
        let page = problem.page(&headers, Words::of(&[]), "/view/acme", false).render().unwrap();
        assert!(page.contains("href=\"/view/acme\"") && !page.contains("data-retry"), "{page}");
    }
}
