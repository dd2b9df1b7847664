//! A reader's visit: the cookie or the header that carries a session, and how one starts, by a link or inside a page.
//!
//! Deliberately absent: deciding who sees what. `access` does; a page is given an `Organization` that knows.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use everlog_core::event::Via;
use everlog_core::ids::OrgId;
use everlog_core::profile::DateStyle;
use everlog_core::query::Moment;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::access::{Access, Caller, Denied, Organization, Right, Session};
use crate::app::{App, Peer};
use crate::log::{Outcome, Source, now_ms};
use crate::read::week_start;
use crate::settings::origin::WebOrigin;
use crate::viewer::blocking;
use crate::viewer::dates::Clock;
use crate::viewer::problem::Problem;
use crate::words::Words;

/// How the cookie of every session begins; the organization's id follows, so that several stand side by side.
const COOKIE: &str = "everlog-";
/// What browsers demand of a cookie that no other host and no plain connection may set.
const HOST_PREFIX: &str = "__Host-";
/// The header in which a frame names the origin of the page around it.
const EMBEDDER: &str = "everlog-embedder";
/// The header in which a frame names the language that the page around it wants.
const LANGUAGE: &str = "everlog-language";
/// Longest user agent that is recorded, in bytes.
const USER_AGENT_BYTES_MAX: usize = 1_024;

/// Someone reads one organization's log.
pub(super) struct Visit {
    /// What they may see.
    pub org: Organization,
    /// Who they are.
    pub session: Session,
    /// Their own zone: the organization's unless the session names one.
    pub own_zone: TimeZone,
    /// The zone in which they read now.
    pub zone: TimeZone,
    /// When they ask, in milliseconds since 1970.
    pub now_ms: u64,
    /// The words of their language.
    pub words: Words,
    /// How they want times written, where they chose.
    pub times: Option<Times>,
}

/// How times are written, whatever the profile says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Relative,
    Exact,
}

impl Visit {
    /// Opens the log for whoever holds its session: as a Bearer token, and then no cookie counts, or in a cookie.
    ///
    /// # Errors
    /// Without any session; with one for another organization, the same as for an organization that is not there; in a
    /// role that may not see the log; inside a page that the organization does not list.
    pub(super) fn open(app: &App, headers: &HeaderMap, org: &str) -> Result<Self, Problem> {
        let id = OrgId::try_from(org).map_err(|_| Problem::NotFound)?;
        let session = held(&app.access, headers, &id, now_ms())?.ok_or(Problem::Unauthenticated)?;
        Self::of(app, headers, &id, session)
    }

    /// Opens the log for whoever shows the token of its session: a cookie counts nothing.
    ///
    /// # Errors
    /// As `open`.
    pub(super) fn open_by_token(app: &App, headers: &HeaderMap, org: &str) -> Result<Self, Problem> {
        bearer(headers)?.ok_or(Problem::Unauthenticated)?;
        Self::open(app, headers, org)
    }

    /// Opens the log for a session, however it was found.
    ///
    /// # Errors
    /// As `open`.
    pub(super) fn of(app: &App, headers: &HeaderMap, id: &OrgId, session: Session) -> Result<Self, Problem> {
        let now_ms = now_ms();
        let org = app.access.open(&Caller::Session(Box::new(session.clone())), id, Right::Read)?;
        check_embedder(headers, &org)?;
        let own_zone = session.time_zone.clone().unwrap_or_else(|| org.entry().time_zone.clone());
        let words = spoken(headers, None, Some(&session));
        let org = org.named(words.names());
        let zone = own_zone.clone();
        Ok(Self { org, session, own_zone, zone, now_ms, words, times: None })
    }

    /// The same, shown as an address chooses: in a language, in a zone, with times written in a way.
    #[must_use]
    pub(super) fn showing(mut self, sent: &[(String, String)]) -> Self {
        if let Some(words) = chosen(sent, "lang").and_then(Words::in_language) {
            self.words = words;
            self.org = self.org.named(words.names());
        }
        // A zone that is not there is told of by whoever understands the query.
        if let Some(zone) = chosen(sent, "tz").and_then(|name| TimeZone::get(name).ok()) {
            self.zone = zone;
        }
        self.times = match chosen(sent, "times") {
            Some("relative") => Some(Times::Relative),
            Some("exact") => Some(Times::Exact),
            _ => None,
        };
        self
    }

    /// How their lists write dates.
    pub(super) fn clock(&self) -> Clock {
        let style = match (self.times, self.org.entry().profile.date_style) {
            (Some(Times::Relative), _) => DateStyle::Relative,
            (Some(Times::Exact), DateStyle::Relative) => DateStyle::Exact,
            (_, style) => style,
        };
        Clock { now_ms: self.now_ms, zone: self.zone.clone(), style, words: self.words }
    }

    /// Where pictures of people may come from.
    pub(super) fn pictures(&self) -> Vec<WebOrigin> {
        WebOrigin::listed(&self.org.entry().row.settings, "avatar_origins")
    }

    /// What relative times are resolved against.
    pub(super) fn moment(&self) -> Moment {
        Moment { now_ms: self.now_ms, time_zone: self.zone.clone(), week_start: week_start(&self.org) }
    }
}

/// The words for whoever asks, also where they may see nothing.
pub(super) fn words(app: &App, headers: &HeaderMap, org: &str, lang: Option<&str>) -> Words {
    let id = OrgId::try_from(org).ok();
    let session = id.and_then(|id| held(&app.access, headers, &id, now_ms()).ok().flatten());
    spoken(headers, lang, session.as_ref())
}

/// The language of a page: chosen in its address, by the page around it, with the session, or by the browser.
fn spoken(headers: &HeaderMap, lang: Option<&str>, session: Option<&Session>) -> Words {
    let locale = session.and_then(|session| session.locale.as_deref());
    Words::of(&[lang, text(headers, LANGUAGE), locale, accepted(headers)])
}

/// The session that a request holds: as a Bearer token, and then no cookie counts, or in a cookie.
fn held(access: &Access, headers: &HeaderMap, org: &OrgId, now_ms: u64) -> Result<Option<Session>, Problem> {
    match bearer(headers)? {
        Some(token) => session(access, token, now_ms),
        None => session_of_cookie(access, headers, org, now_ms),
    }
}

/// What an address chooses beside its query.
pub(super) fn chosen<'a>(sent: &'a [(String, String)], name: &str) -> Option<&'a str> {
    sent.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn session(access: &Access, token: &str, now_ms: u64) -> Result<Option<Session>, Problem> {
    match access.authenticate(token, now_ms) {
        Ok(Caller::Session(session)) => Ok(Some(*session)),
        // A key is no session, whoever put it into a cookie.
        Ok(_) | Err(Denied::Unauthenticated) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// The session that one of the cookies holds.
fn session_of_cookie(
    access: &Access,
    headers: &HeaderMap,
    org: &OrgId,
    now_ms: u64,
) -> Result<Option<Session>, Problem> {
    let own = [format!("{HOST_PREFIX}{COOKIE}{org}"), format!("{COOKIE}{org}")];
    // A reader of another log is told that this one is not there; only someone unknown is asked to sign in.
    let (own, others): (Vec<_>, Vec<_>) =
        cookies(headers).partition(|(name, _)| own.iter().any(|own| own == name));
    let held = if own.is_empty() { others } else { own };
    held.iter().find_map(|(_, token)| session(access, token, now_ms).transpose()).transpose()
}

/// Whether a request shows that there was a session for this log, even if it is over.
pub(super) fn had_session(headers: &HeaderMap, org: &str) -> bool {
    let is_its =
        |name: &str| name.strip_prefix(HOST_PREFIX).unwrap_or(name).strip_prefix(COOKIE) == Some(org);
    headers.contains_key(header::AUTHORIZATION) || cookies(headers).any(|(name, _)| is_its(name))
}

/// The Bearer token of a request. Credentials of other schemes are a proxy's, not ours.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let given = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| value.to_str().ok());
    let credentials = given.map(|value| value.split_once(' ').unwrap_or((value, "")));
    let mut tokens = credentials
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match (tokens.next(), tokens.next()) {
        (token, None) => Ok(token),
        _ => Err(Problem::Unauthenticated),
    }
}

/// The origin of the page around the frame, as the frame tells it: browsers let it stand in no other.
pub(super) fn embedder(headers: &HeaderMap) -> Option<&str> {
    text(headers, EMBEDDER)
}

/// Whether the organization lists the page that its log is shown in.
fn check_embedder(headers: &HeaderMap, org: &Organization) -> Result<(), Problem> {
    let Some(embedder) = embedder(headers) else { return Ok(()) };
    let listed = WebOrigin::listed(&org.entry().row.settings, "embed_origins");
    match listed.iter().any(|origin| origin.as_str() == embedder) {
        true => Ok(()),
        false => Err(Problem::NotListed(embedder.to_owned())),
    }
}

/// Whether a request that changes something was sent by a page of this server: another site may post a form too, and a
/// browser would send our cookie along. Browsers say where a form stands: in `Sec-Fetch-Site`, and where there is no TLS
/// in `Origin` alone. A request that says neither is not trusted, but for one with a Bearer token: no form sends that,
/// and no script of another site, and beside it a cookie counts nothing.
pub(super) fn comes_from_here(app: &App, headers: &HeaderMap) -> bool {
    if matches!(bearer(headers), Ok(Some(_))) {
        return true;
    }
    match (text(headers, "sec-fetch-site"), text(headers, "origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == app.server.reached_at(headers),
        (None, None) => false,
    }
}

/// The languages that a reader asks for: by the page around the frame, else by the browser.
pub(super) fn accepted(headers: &HeaderMap) -> Option<&str> {
    text(headers, LANGUAGE).or_else(|| text(headers, header::ACCEPT_LANGUAGE.as_str()))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
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
    peer: &Peer,
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
    app.log.append_own(&entry, &source(&session, peer), started(&session, headers, peer)).await?;
    let is_https = app.server.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let seconds = session.expires_ms.saturating_sub(now) / 1000;
    cookie(&id, token.as_str(), seconds, is_https).ok_or(Problem::Failed)
}

/// Starts a session by its token alone, inside a page: recorded when the token is first used so, and returned with the
/// organization that it is for.
///
/// # Errors
/// Without a token that works; inside a page that its organization does not list; when nothing can be recorded.
pub(super) async fn start_embedded(
    app: &App,
    headers: &HeaderMap,
    peer: &Peer,
) -> Result<(OrgId, Session), Problem> {
    let token = bearer(headers)?.ok_or(Problem::Unauthenticated)?.to_owned();
    let asked = (app.clone(), headers.clone());
    let (session, entry, id, is_started) = blocking(move || {
        let (app, headers) = asked;
        let session = session(&app.access, &token, now_ms())?.ok_or(Problem::Unauthenticated)?;
        let entry = app.directory.by_code(Access::organization_of(&session)).map_err(Denied::from)?;
        let id = entry.ok_or(Problem::NotFound)?.row.id.clone();
        let org = app.access.open(&Caller::Session(Box::new(session.clone())), &id, Right::Read)?;
        check_embedder(&headers, &org)?;
        let is_started =
            app.store.find_id(org.code(), &started_id(&session)).map_err(Denied::from)?.is_some();
        Ok((session, Arc::clone(org.entry()), id, is_started))
    })
    .await?;
    if !is_started {
        let mut event = started(&session, headers, peer);
        event["id"] = started_id(&session).into();
        // Two frames may start it at once, and differ: the first is the one that counts.
        let outcome = app.log.offer_own(&entry, &source(&session, peer), event).await?;
        if let Outcome::Refused(why) = outcome {
            tracing::info!(org.id = %id, %why, "the start of a session was recorded by another frame");
        }
    }
    Ok((id, session))
}

/// The id of the event that records the start of a session inside a page: there is one.
fn started_id(session: &Session) -> String {
    format!("started:{}", session.id)
}

/// How what a session does comes in.
pub(super) fn source(session: &Session, peer: &Peer) -> Source {
    Source {
        via: Via::Viewer,
        session_id: Some(session.id.clone()),
        remote: peer.remote.map(|ip| ip.to_string()),
        forwarded: peer.forwarded.iter().map(ToString::to_string).collect(),
        ..Source::server()
    }
}

fn started(session: &Session, headers: &HeaderMap, peer: &Peer) -> serde_json::Value {
    let agent = text(headers, header::USER_AGENT.as_str());
    let user = &session.user;
    json!({
        "action": "session.started",
        "actor": {"type": "user", "id": user.id, "name": user.name, "email": user.email, "role": session.role},
        "context": {
            "channel": "web",
            "ip": peer.client.map(|ip| ip.to_string()),
            "user_agent": agent.filter(|agent| agent.len() <= USER_AGENT_BYTES_MAX),
        },
    })
}

fn cookie(org: &OrgId, token: &str, seconds: u64, is_https: bool) -> Option<HeaderValue> {
    let (prefix, secure) = if is_https { (HOST_PREFIX, "; Secure") } else { ("", "") };
    let text =
        format!("{prefix}{COOKIE}{org}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).ok()
}
