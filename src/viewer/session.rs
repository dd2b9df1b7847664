//! A reader's visit: the cookie that carries a session, and the one-time code of a link that starts one.
//!
//! Deliberately absent: deciding who sees what. `access` does; a page is given an `Organization` that knows.

use axum::http::{HeaderMap, HeaderValue, header};
use everlog_core::event::Via;
use everlog_core::ids::OrgId;
use everlog_core::query::Moment;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::access::{Access, Caller, Denied, Organization, Right, Session};
use crate::app::App;
use crate::log::{Source, now_ms};
use crate::read::week_start;
use crate::viewer::problem::Problem;
use crate::viewer::words::Words;

/// How the cookie of every session begins; the organization's id follows, so that several stand side by side.
const COOKIE: &str = "everlog-";
/// What browsers demand of a cookie that no other host and no plain connection may set.
const HOST_PREFIX: &str = "__Host-";
/// Longest user agent that is recorded, in bytes.
const USER_AGENT_BYTES_MAX: usize = 1_024;

/// Someone reads one organization's log.
pub(super) struct Visit {
    /// What they may see.
    pub org: Organization,
    /// Who they are.
    pub session: Session,
    /// Their zone; the organization's unless the session names one.
    pub zone: TimeZone,
    /// When they ask, in milliseconds since 1970.
    pub now_ms: u64,
    /// The words of their language.
    pub words: Words,
}

impl Visit {
    /// Opens the log for whoever holds the cookie of its session.
    ///
    /// # Errors
    /// Without any session; with one for another organization, the same as for an organization that is not there; in a
    /// role that may not see the log.
    pub(super) fn open(app: &App, headers: &HeaderMap, org: &str) -> Result<Self, Problem> {
        let id = OrgId::try_from(org).map_err(|_| Problem::NotFound)?;
        let now_ms = now_ms();
        let own = [format!("{HOST_PREFIX}{COOKIE}{id}"), format!("{COOKIE}{id}")];
        // A reader of another log is told that this one is not there; only someone unknown is asked to sign in.
        let (own, others): (Vec<_>, Vec<_>) =
            cookies(headers).partition(|(name, _)| own.iter().any(|own| own == name));
        let held = if own.is_empty() { others } else { own };
        let session = held.iter().find_map(|(_, token)| session(&app.access, token, now_ms).transpose());
        let session = session.transpose()?.ok_or(Problem::Unauthenticated)?;
        let org = app.access.open(&Caller::Session(Box::new(session.clone())), &id, Right::Read)?;
        let zone = session.time_zone.clone().unwrap_or_else(|| org.entry().time_zone.clone());
        let words = Words::of(&[session.locale.as_deref(), accepted(headers)]);
        Ok(Self { org, session, zone, now_ms, words })
    }

    /// What relative times are resolved against.
    pub(super) fn moment(&self) -> Moment {
        Moment { now_ms: self.now_ms, time_zone: self.zone.clone(), week_start: week_start(&self.org) }
    }
}

fn session(access: &Access, token: &str, now_ms: u64) -> Result<Option<Session>, Problem> {
    match access.authenticate(token, now_ms) {
        Ok(Caller::Session(session)) => Ok(Some(*session)),
        // A key is no session, whoever put it into a cookie.
        Ok(_) | Err(Denied::Unauthenticated) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// The languages that a browser asks for.
pub(super) fn accepted(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()
}

/// Names and values of the cookies that may carry a session.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| name.strip_prefix(HOST_PREFIX).unwrap_or(name).starts_with(COOKIE))
}

/// Exchanges the code of a link for a session, records that it started, and returns the cookie that carries it.
///
/// # Errors
/// When the code does not work or no longer does, or nothing can be recorded.
pub(super) async fn start(
    app: &App,
    headers: &HeaderMap,
    org: &str,
    code: &str,
) -> Result<HeaderValue, Problem> {
    let id = OrgId::try_from(org).map_err(|_| Problem::NotFound)?;
    let (access, code, now) = (app.clone(), code.to_owned(), now_ms());
    let asked = id.clone();
    let exchanged = tokio::task::spawn_blocking(move || access.access.exchange(&asked, &code, now)).await;
    let (token, session) = exchanged.map_err(|_| Problem::Failed)?.map_err(|why| match why {
        Denied::Unauthenticated => Problem::UsedLink,
        other => other.into(),
    })?;
    let entry = app.directory.find(&id).map_err(Denied::from)?.ok_or(Problem::NotFound)?;
    let source = Source { via: Via::Viewer, session_id: Some(session.id.clone()), ..Source::server() };
    app.log.append_own(&entry, &source, started(&session, headers)).await?;
    let is_https = app.server.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let seconds = session.expires_ms.saturating_sub(now) / 1000;
    cookie(&id, token.as_str(), seconds, is_https).ok_or(Problem::Failed)
}

fn started(session: &Session, headers: &HeaderMap) -> serde_json::Value {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let user = &session.user;
    json!({
        "action": "session.started",
        "actor": {"type": "user", "id": user.id, "name": user.name, "email": user.email, "role": session.role},
        "context": {"channel": "web", "user_agent": agent.filter(|agent| agent.len() <= USER_AGENT_BYTES_MAX)},
    })
}

fn cookie(org: &OrgId, token: &str, seconds: u64, is_https: bool) -> Option<HeaderValue> {
    let (prefix, secure) = if is_https { (HOST_PREFIX, "; Secure") } else { ("", "") };
    let text =
        format!("{prefix}{COOKIE}{org}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).ok()
}
