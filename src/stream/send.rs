//! One attempt to send a message. Deliberately absent: redirects, proxies, cookies, and reading what is answered; what a
//! receiver says beyond its status is nobody's business here.

use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::stream::Definition;
use crate::stream::address::{Refused, Rules};
use crate::stream::message::Message;

/// How long one attempt may take as a whole.
pub const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(20);
/// How long it may take until somebody answers the connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Largest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Longest wait that a receiver may ask for, in seconds.
const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 60 * 60;

/// Why a message did not arrive, in words that say no more than its sender may know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may not be sent there.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The receiver answered otherwise than by 2xx.
    #[error("the receiver answered {status}")]
    Status {
        /// With what.
        status: u16,
        /// When to come again, in seconds.
        retry_after: Option<u64>,
    },
    /// The host is not known.
    #[error("the host is not found")]
    NotFound,
    /// It took too long.
    #[error("the receiver did not answer in time")]
    TimedOut,
    /// The encryption failed.
    #[error("no encrypted connection can be made")]
    Tls,
    /// Anything else on the way.
    #[error("the connection cannot be made or broke off")]
    Broken,
}

impl SendError {
    /// Whether the receiver wants no more messages (410 Gone).
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status: 410, .. })
    }
}

/// Sends a message once and waits for the answer: on a thread that may wait.
///
/// # Errors
/// Says why it did not arrive.
pub fn send(
    definition: &Definition,
    message: &Message,
    rules: &Rules,
    now_ms: u64,
) -> Result<u16, SendError> {
    let uri = rules.read(&definition.url)?;
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .https_only(!rules.allows_private)
        .timeout_global(Some(ATTEMPT_TIME_MAX))
        .timeout_connect(Some(CONNECT_TIME_MAX))
        .max_response_header_size(HEAD_BYTES_MAX)
        .max_idle_connections(0)
        .user_agent(concat!("Everlog/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Checked(rules.clone()));
    let answer = agent
        .post(uri)
        .header("content-type", "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", (now_ms / 1_000).to_string())
        .header("webhook-signature", definition.signatures(&message.id, now_ms, &message.body))
        .send(&message.body[..])
        .map_err(|why| fault(&why))?;
    let status = answer.status().as_u16();
    if answer.status().is_success() {
        return Ok(status);
    }
    let asked =
        answer.headers().get("retry-after").and_then(|value| seconds_of(value.to_str().ok()?, now_ms));
    Err(SendError::Status { status, retry_after: asked.map(|seconds| seconds.min(RETRY_AFTER_SECONDS_MAX)) })
}

/// How many seconds a `Retry-After` asks for: it says so, or it is a date.
fn seconds_of(text: &str, now_ms: u64) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(u64::try_from(at.as_millisecond()).ok()?.saturating_sub(now_ms).div_ceil(1_000))
}

/// Resolves names, and gives only addresses that may be connected to: those and no others are then used.
#[derive(Debug)]
struct Checked(Rules);

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        for address in found.iter() {
            // One that is not allowed among many is a trick.
            self.0.check(*address).map_err(|why| Error::Other(Box::new(why)))?;
        }
        Ok(found)
    }
}

fn fault(why: &Error) -> SendError {
    match why {
        Error::Other(other) => match other.downcast_ref::<Refused>() {
            Some(refused) => SendError::Refused(*refused),
            None => SendError::Broken,
        },
        Error::HostNotFound => SendError::NotFound,
        Error::Timeout(_) => SendError::TimedOut,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => SendError::Tls,
        _ => SendError::Broken,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ureq::unversioned::transport::time::Duration;

    use super::*;

    #[test]
    fn a_receiver_asks_for_time_in_seconds_or_by_a_date() {
        let now_ms = 1_445_412_420_500;
        assert_eq!(seconds_of(" 120 ", now_ms), Some(120));
        assert_eq!(seconds_of("Wed, 21 Oct 2015 07:28:00 GMT", now_ms), Some(60));
        assert_eq!(seconds_of("Wed, 21 Oct 2015 07:26:00 GMT", now_ms), Some(0), "it is over");
        for odd in ["", "soon", "-1", "1.5"] {
            assert_eq!(seconds_of(odd, now_ms), None, "{odd}");
        }
    }

    /// J: whatever a name was taken for when the stream was made, the addresses it stands for now decide.
    #[test]
    fn what_a_name_stands_for_is_checked_when_it_is_resolved() {
        let rules = |allows_private| Checked(Rules { allows_private, ..Rules::default() });
        let timeout = || NextTimeout {
            after: Duration::NotHappening,
            reason: ureq::Timeout::Resolve,
            per_read: None,
            per_write: None,
        };
        let resolve = |rules: Checked| {
            rules.resolve(&"https://localhost:8443/".parse().unwrap(), &Config::default(), timeout())
        };
        assert_eq!(fault(&resolve(rules(false)).unwrap_err()).to_string(), Refused::Private.to_string());
        assert!(resolve(rules(true)).is_ok());
    }
}
