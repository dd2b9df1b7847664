//! Why a bucket does not do what is asked, in words that say what to do. Deliberately absent: what the bucket itself answered
//! but for its status and its code: answers repeat what was sent, keys and signatures with it.

use std::error::Error;

/// What an error says when a request was not sent because everybody could read along.
pub(super) const PLAIN: &str =
    "its address begins with http://, where everybody can read along: AWS_ALLOW_HTTP=true says that it may";
/// What the library of TLS says of certificates that it does not believe.
const NOT_BELIEVED: &str = "invalid peer certificate";

/// Why a bucket does not do what is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketFault {
    /// Nobody answers, or not to the end.
    #[error("it cannot be reached: {0}")]
    Away(String),
    /// It has no time, or something went wrong there.
    #[error("it answered {status} {code}")]
    Answered {
        /// Its status.
        status: u16,
        /// Its own word for it; empty when it said none.
        code: String,
    },
    /// Too many wait for it already.
    #[error("too many wait for it already")]
    Busy,
    /// It does not allow this.
    #[error(
        "it refuses these credentials ({code}): see that AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the role of this machine, may read, write, delete and list there"
    )]
    Forbidden {
        /// Its own word for it.
        code: String,
    },
    /// There are none.
    #[error(
        "there are no credentials for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"
    )]
    NoCredentials,
    /// There is no such bucket.
    #[error("there is no such bucket at this endpoint: see AWS_ENDPOINT_URL and AWS_REGION")]
    NoBucket,
    /// It lies in another region.
    #[error("it lies in another region: set AWS_REGION")]
    Region,
    /// The prefix is that of other documents.
    #[error("it holds the documents of another data directory: take another prefix")]
    OfOthers,
    /// Another home lies above or below it.
    #[error(
        "{0} says that the documents of another data directory lie above or below it: take a prefix beside that"
    )]
    Nested(String),
    /// Its certificate is nobody's that is believed.
    #[error("its certificate is not believed: AWS_CA_BUNDLE names a file of those that are ({0})")]
    Untrusted(String),
    /// Nothing there says that these are the documents of this directory.
    #[error(
        "what lies there are not the documents of this data directory: see that the bucket and AWS_ENDPOINT_URL are those from before"
    )]
    NotOurs,
    /// What is set cannot be used.
    #[error("{0}")]
    Setting(String),
}

impl BucketFault {
    /// Whether it may be well again without anybody doing anything here.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Answered { .. } | Self::Busy)
    }
}

/// What an error of the client means.
pub(super) fn fault(why: &object_store::Error) -> BucketFault {
    let text = chain(why);
    let (status, code) = (status_in(&text), code_in(&text));
    if text.contains("/latest/api/token") || text.contains("/latest/meta-data") {
        return BucketFault::NoCredentials;
    }
    let is_of_region =
        ["AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"];
    match code.as_deref() {
        Some("NoSuchBucket") => return BucketFault::NoBucket,
        Some(code) if is_of_region.contains(&code) => return BucketFault::Region,
        _ => {}
    }
    match status {
        Some(status @ (401 | 403)) => {
            BucketFault::Forbidden { code: code.unwrap_or_else(|| status.to_string()) }
        }
        Some(301 | 307) => BucketFault::Region,
        _ if text.contains("Received redirect without LOCATION") => BucketFault::Region,
        Some(status) => BucketFault::Answered { status, code: code.unwrap_or_default() },
        _ if text.contains(NOT_BELIEVED) => BucketFault::Untrusted(innermost(why)),
        _ if text.contains("HTTP error") && !text.contains(PLAIN) => BucketFault::Away(innermost(why)),
        _ => BucketFault::Setting(innermost(why)),
    }
}

/// Every error of a chain, in words.
fn chain(why: &dyn Error) -> String {
    let mut text = why.to_string();
    let mut next = why.source();
    while let Some(why) = next {
        text.push('\n');
        text.push_str(&why.to_string());
        next = why.source();
    }
    text
}

/// The last error of a chain, in words.
fn innermost(why: &dyn Error) -> String {
    let mut last = why;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// The status of an answer, as the client tells it.
fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The code in an answer's body. Codes are words of letters.
fn code_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = !code.is_empty() && code.len() <= 64 && code.bytes().all(|it| it.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}
