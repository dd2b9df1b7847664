//! What handlers take from a request: the caller, the organization's id, the parameters, the way it came.
//!
//! Deliberately absent: bodies, which `body` reads strictly.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use everlog_core::event::Via;
use everlog_core::ids::OrgId;
use everlog_core::query::{Moment, TargetRef};
use serde::Deserialize;
use serde_json::Value;

use crate::access::{Caller, Denied, Organization, Right};
use crate::app::{App, Peer};
use crate::http::problem::Problem;
use crate::log::{Source, now_ms};
use crate::read::{Question, week_start};

/// Most parameters of a URL.
const PARAMETERS_MAX: usize = 1_000;

/// The holder of the one credential of a request.
pub(super) struct Holder(pub Caller);

impl FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?.to_owned();
        let app = app.clone();
        blocking(move || Ok(app.access.authenticate(&token, now_ms())?)).await.map(Self)
    }
}

/// The credential of a request.
///
/// # Errors
/// When there is none, or more than one.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return Err(Denied::Unauthenticated.into());
    };
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Denied::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Denied::Unauthenticated.into());
    }
    Ok(token.trim())
}

/// The organization's id in the path; what can be none is not found.
pub(super) struct InOrg(pub OrgId);

#[derive(Deserialize)]
struct OrgPath {
    org: String,
}

impl FromRequestParts<App> for InOrg {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("organization");
        let path = Path::from_request_parts(parts, app).await;
        let Path(OrgPath { org }) = path.map_err(|why| not_utf8(&why).unwrap_or_else(not_found))?;
        OrgId::try_from(org).map(Self).map_err(|_| not_found())
    }
}

/// What is said of a path whose part behind the organization is no text.
fn not_utf8(why: &PathRejection) -> Option<Problem> {
    let PathRejection::FailedToDeserializePathParams(why) = why else { return None };
    match why.kind() {
        ErrorKind::InvalidUtf8InPathParam { key } if key != "org" => {
            let detail = format!("there is nothing at this path: {key} is not UTF-8");
            Some(Problem::new(StatusCode::NOT_FOUND, "not_found", detail))
        }
        _ => None,
    }
}

/// The parameters of the URL, in order.
pub(super) struct Params(pub Vec<(String, String)>);

impl FromRequestParts<App> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let refuse = |detail| Problem::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail);
        if !is_utf8(parts.uri.query().unwrap_or_default()) {
            return Err(refuse("the parameters of the URL are not UTF-8"));
        }
        let params = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(params) = params.map_err(|_| refuse("the parameters of the URL cannot be read"))?;
        if params.len() > PARAMETERS_MAX {
            return Err(refuse("the URL has too many parameters"));
        }
        Ok(Self(params))
    }
}

/// Whether what the escapes of a URL's parameters stand for is UTF-8.
fn is_utf8(query: &str) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%');
        let escaped =
            escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    std::str::from_utf8(&bytes).is_ok()
}

impl Params {
    /// Refuses every parameter but these.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                use everlog_core::query::{ParamError, ParamFault};
                Err(ParamError::new(name, ParamFault::Unknown).into())
            }
        }
    }
}

/// The addresses by which a request came: the peer's, and what trusted proxies say.
pub(super) struct Origin(Peer);

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Peer::from_request_parts(parts, app).await.map(Self)
    }
}

impl Origin {
    /// How what this caller sends came in.
    pub fn source(self, caller: &Caller) -> Source {
        let (key_id, session_id) = match caller {
            Caller::Operator => (None, None),
            Caller::Key(key) => (Some(key.id.clone()), None),
            Caller::Session(session) => (None, Some(session.id.clone())),
        };
        Source { key_id, session_id, ..self.by(Via::Api) }
    }

    /// How a delivery receipt came in.
    pub fn receipt(self) -> Source {
        self.by(Via::Receipt)
    }

    fn by(self, via: Via) -> Source {
        let remote = self.0.remote.map(|ip| ip.to_string());
        let forwarded = self.0.forwarded.iter().map(IpAddr::to_string).collect();
        Source { via, key_id: None, session_id: None, remote, forwarded }
    }
}

/// Opens the organization of a request for its caller.
pub(super) async fn open(
    app: &App,
    caller: &Caller,
    id: OrgId,
    right: Right,
) -> Result<Organization, Problem> {
    let (app, caller) = (app.clone(), caller.clone());
    blocking(move || Ok(app.access.open(&caller, &id, right)?)).await
}

/// What relative times mean to a caller: the session's zone, else the organization's.
fn moment(caller: &Caller, org: &Organization) -> Moment {
    let own = match caller {
        Caller::Session(session) => session.time_zone.clone(),
        _ => None,
    };
    let time_zone = own.unwrap_or_else(|| org.entry().time_zone.clone());
    Moment { now_ms: now_ms(), time_zone, week_start: week_start(org) }
}

/// Opens an organization for the reader who holds a credential, and says what relative times mean to them now.
///
/// # Errors
/// When the credential does not work, or no longer, or not here.
pub(super) fn enter(app: &App, token: &str, id: &OrgId) -> Result<(Organization, Moment), Denied> {
    let caller = app.access.authenticate(token, now_ms())?;
    let org = app.access.open(&caller, id, Right::Read)?;
    let moment = moment(&caller, &org);
    Ok((org, moment))
}

/// A reader and the parameters of a question to one log.
pub(super) struct Asked {
    pub app: App,
    pub caller: Caller,
    pub org: Organization,
    pub params: Vec<(String, String)>,
    pub moment: Moment,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Holder(caller) = Holder::from_request_parts(parts, app).await?;
        let InOrg(id) = InOrg::from_request_parts(parts, app).await?;
        let Params(params) = Params::from_request_parts(parts, app).await?;
        let org = open(app, &caller, id, Right::Read).await?;
        let moment = moment(&caller, &org);
        Ok(Self { app: app.clone(), caller, org, params, moment })
    }
}

impl Asked {
    /// Understands the question, whose parameters in `others` belong to the handler, and answers it.
    pub async fn answer(
        self,
        others: &'static [&'static str],
        answer: impl FnOnce(&Self, &Question) -> Result<Value, Problem> + Send + 'static,
    ) -> Result<axum::Json<Value>, Problem> {
        self.answer_about(None, others, answer).await
    }

    /// The same within the history of one record, when there is one.
    pub async fn answer_about(
        self,
        record: impl Into<Option<TargetRef>>,
        others: &'static [&'static str],
        answer: impl FnOnce(&Self, &Question) -> Result<Value, Problem> + Send + 'static,
    ) -> Result<axum::Json<Value>, Problem> {
        let record = record.into();
        blocking(move || {
            let reader = &self.app.reader;
            let question =
                reader.question_about(&self.org, record.as_ref(), &self.params, others, &self.moment)?;
            answer(&self, &question).map(axum::Json)
        })
        .await
    }
}

/// Runs what waits for a disk where waiting harms nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|why| Err(Problem::internal(&why)))
}
