//! What a reader is told when there is no page: each cause has its own words.
//!
//! Deliberately absent: causes inside the server. They are logged where they are met; a page shows the request's id.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use everlog_core::query::ParamError;

use crate::access::Denied;
use crate::log::AppendError;
use crate::read::ReadError;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::icons;
use crate::viewer::session::{accepted, embedder};
use crate::viewer::words::Words;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// No session, or one that is over.
    #[error("no session")]
    Unauthenticated,
    /// The code of a link that does not work or was used.
    #[error("the link was used")]
    UsedLink,
    /// A role that may not see the log.
    #[error("the role may not see the log")]
    Forbidden,
    /// The organization does not list the page around the frame, of this origin.
    #[error("the organization does not list {0}")]
    NotListed(String),
    /// No such log, or another's.
    #[error("not found")]
    NotFound,
    /// No such event, or one that may not be seen.
    #[error("no such event")]
    NoEvent,
    /// The address of the page cannot be understood.
    #[error(transparent)]
    Param(ParamError),
    /// Nothing can be written now.
    #[error("the log cannot be written")]
    Unavailable,
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
            why => {
                tracing::error!(error = &why as &dyn std::error::Error, "a page cannot be read");
                Self::Failed
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(_: AppendError) -> Self {
        Self::Unavailable
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
    link: Option<(&'static str, String)>,
    request_id: Option<String>,
    /// Whether the page around a frame can be asked for another session.
    is_renewable: bool,
}

impl Problem {
    /// The status that goes with it.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated | Self::UsedLink => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotListed(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoEvent => StatusCode::NOT_FOUND,
            Self::Param(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The words for it. `list` is where the log itself is.
    pub(super) fn page(&self, headers: &HeaderMap, list: &str, is_fragment: bool) -> ProblemPage {
        let to_list = |words| Some((words, list.to_owned()));
        let words = Words::of(&[accepted(headers)]);
        let is_renewable = matches!(self, Self::Unauthenticated) && embedder(headers).is_some();
        let (icon, title, text, link) = match self {
            Self::Unauthenticated if is_renewable => {
                ("lock", words.say("embedded-ended"), words.say("embedded-ended-text"), None)
            }
            Self::NotListed(origin) => (
                "prohibited",
                words.say("embedded-not-listed"),
                words.fill("embedded-not-listed-text", [("origin", origin.as_str().into())]),
                None,
            ),
            Self::Unauthenticated => (
                "lock",
                "Your session has ended".to_owned(),
                "For your safety a session lasts a limited time. Open the activity log again from your product, and you are back where you were.".to_owned(),
                None,
            ),
            Self::UsedLink => (
                "lock",
                "This link has expired or was already used".to_owned(),
                "A link to the activity log opens it once, within a short time. Open it again from your product to get a new one.".to_owned(),
                None,
            ),
            Self::Forbidden => (
                "prohibited",
                "Your role cannot open this log".to_owned(),
                "Only some roles of your organization may read its activity log. Ask an owner or an admin if you need something from it.".to_owned(),
                None,
            ),
            Self::NotFound => ("search", "There is no such page".to_owned(), "Check the address, or open the activity log again from your product.".to_owned(), None),
            Self::NoEvent => (
                "search",
                "There is no such event".to_owned(),
                "It does not exist, or you may not see it.".to_owned(),
                to_list("Show all activity"),
            ),
            Self::Param(why) => (
                "search",
                "This address cannot be understood".to_owned(),
                format!("The part “{}” is not valid: {}.", why.parameter, why.fault),
                to_list("Start without filters"),
            ),
            Self::Unavailable => (
                "timer",
                "The log is busy".to_owned(),
                "It cannot record anything for the moment, so it does not open either. Please try again shortly.".to_owned(),
                to_list("Try again"),
            ),
            Self::Failed => (
                "warning",
                "Something went wrong on our side".to_owned(),
                "Nothing is lost. Please try again; if it happens again, tell support the number below.".to_owned(),
                to_list("Try again"),
            ),
        };
        let request_id =
            matches!(self, Self::Unavailable | Self::Failed).then(|| request_id(headers)).flatten();
        ProblemPage { urls: &URLS, words, is_fragment, icon, title, text, link, request_id, is_renewable }
    }
}

/// The id under which the request is in the server's log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}
