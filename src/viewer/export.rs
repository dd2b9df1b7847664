//! The Export menu and the files behind it: by the cookie of a session, or, in a frame without cookies, by a link that
//! works once and soon.
//!
//! Deliberately absent: what a file holds and which formats there are for whom; `download` knows.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use everlog_core::ids::OrgId;
use serde_json::json;

use crate::access::{Caller, Denied, Session};
use crate::app::{App, Peer};
use crate::download::{self, Download, Refused};
use crate::export::Format;
use crate::log::now_ms;
use crate::viewer::address::{Address, encode};
use crate::viewer::problem::Problem;
use crate::viewer::session::{Visit, chosen, source};
use crate::viewer::{CODE, Params, Reader, blocking, list_path};
use crate::words::grouped;

/// Who asked for a code, and what for.
type Admitted = (Visit, Vec<(String, String)>);

/// The formats that a reader may take away, as links that carry what is chosen on the page.
pub(super) struct ExportMenu {
    /// How many events each of them holds.
    pub holds: String,
    /// What each is called, and where it is.
    pub entries: Vec<(String, String)>,
}

impl ExportMenu {
    /// The menu of a list with so many matches; none where nothing may be taken away.
    pub(super) fn of(visit: &Visit, address: &Address, total: u64) -> Option<Self> {
        let formats = download::formats(&visit.org);
        let path = path(visit.org.entry().row.id.as_str());
        let list = address.without("limit").on(path).href();
        let mark = if list.contains('?') { '&' } else { '?' };
        let entry = |format: &Format| {
            let name = visit.words.say(&format!("export-{}", format.as_str()));
            (name, format!("{list}{mark}format={}", format.as_str()))
        };
        let holds = [("count", total.into()), ("shown", grouped(total).into())];
        (!formats.is_empty()).then(|| Self {
            holds: visit.words.fill("export-holds", holds),
            entries: formats.iter().map(entry).collect(),
        })
    }
}

/// `GET /view/{org}/export`: a file, for who holds the session's cookie or a one-time code.
pub(super) async fn export(
    State(app): State<App>,
    Path(org): Path<String>,
    params: Params,
    method: Method,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&app, &org, &params, &headers);
    let answer = async {
        let sent = params.map_err(|_| Problem::NotFound)?.0;
        let is_look = method == Method::HEAD;
        let (asking, asked) = (app.clone(), headers.clone());
        let (download, session) = blocking(move || {
            let (visit, sent) = admit(&asking, &asked, &org, sent, is_look, None)?;
            let session = visit.session.clone();
            Ok((download(&asking, visit, &sent)?, session))
        })
        .await?;
        if is_look {
            return Ok(download.head());
        }
        let place = download.enter(&app).map_err(refused)?;
        let source = source(&session, &peer);
        download.record(&app, Some(&Caller::Session(Box::new(session))), &source).await?;
        blocking(move || download.respond(&app, place).map_err(|why| failed(&why))).await
    };
    reader.answer(answer).await
}

/// `POST /view/{org}/export`: the link of a file that works once, for who shows a session's token.
pub(super) async fn link_export(
    State(app): State<App>,
    Path(org): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let path = path(&org);
    hand_out_link(app, org, params, headers, move |app, visit, sent| {
        download(app, visit, sent)?;
        Ok((path, None))
    })
    .await
}

/// Answers with a link that works once, for who shows a session's token. A cookie counts nothing here, so that no page of
/// another origin can have one made. `place` says where what is asked for is, and which one file a code of it opens; what
/// cannot be had is told there and now, where it can be shown.
pub(super) async fn hand_out_link<F>(
    app: App,
    org: String,
    params: Params,
    headers: HeaderMap,
    place: F,
) -> Response
where
    F: FnOnce(&App, Visit, &[(String, String)]) -> Result<(String, Option<String>), Problem> + Send + 'static,
{
    let reader = Reader::of(&app, &org, &params, &headers);
    let made = blocking(move || {
        let mut sent = params.map_err(|_| Problem::NotFound)?.0;
        let visit = Visit::open_by_token(&app, &headers, &org)?.showing(&sent);
        // Who follows the link shows no header that says which language the frame has.
        if chosen(&sent, LANGUAGE).is_none() {
            sent.push((LANGUAGE.to_owned(), visit.words.tag().to_owned()));
        }
        let session = visit.session.clone();
        let (path, file) = place(&app, visit, &sent)?;
        link_once(&app, &session, &path, sent, file.as_deref())
    });
    reader.answer(async { Ok(Json(json!({"url": made.await?})).into_response()) }).await
}

fn path(org: &str) -> String {
    format!("{}/export", list_path(org))
}

/// The parameter that chooses the language.
const LANGUAGE: &str = "lang";
/// What a one-time link is for, where that is no list: a parameter of its code.
const FILE: &str = "file";

/// The visit of who asks, and what is asked for: by the cookie of a session as the address says, by a one-time code as was
/// said when it was made. A code opens what it was made for, a list or the one `file`, and nothing else.
pub(super) fn admit(
    app: &App,
    headers: &HeaderMap,
    org: &str,
    sent: Vec<(String, String)>,
    is_look: bool,
    file: Option<&str>,
) -> Result<Admitted, Problem> {
    let value = |sent: &[(String, String)], name: &str| {
        sent.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
    };
    let Some(code) = value(&sent, CODE) else { return Ok((Visit::open(app, headers, org)?, sent)) };
    let (visit, sent) = exchange(app, headers, org, &code, is_look)?;
    if value(&sent, FILE).as_deref() != file {
        return Err(Problem::UsedLink);
    }
    Ok((visit, sent))
}

/// The address of what is at `path` that works once: for a list as it is asked for, or for one `file`.
fn link_once(
    app: &App,
    session: &Session,
    path: &str,
    mut sent: Vec<(String, String)>,
    file: Option<&str>,
) -> Result<String, Problem> {
    sent.retain(|(name, _)| name != FILE);
    sent.extend(file.map(|file| (FILE.to_owned(), file.to_owned())));
    let code = app.access.create_download(session, &sent, now_ms()).map_err(Denied::from)?;
    Ok(format!("{path}?{CODE}={}", encode(code.as_str())))
}

/// The visit of the session that asked for a code, and what it asked for. Whoever only looks leaves the code alone.
fn exchange(
    app: &App,
    headers: &HeaderMap,
    org: &str,
    code: &str,
    is_look: bool,
) -> Result<Admitted, Problem> {
    let id = OrgId::try_from(org).map_err(|_| Problem::NotFound)?;
    let found = match is_look {
        true => app.access.look_at_download(&id, code, now_ms()),
        false => app.access.exchange_download(&id, code, now_ms()),
    };
    let (session, params) = found.map_err(|why| match why {
        Denied::Unauthenticated => Problem::UsedLink,
        other => other.into(),
    })?;
    Ok((Visit::of(app, headers, &id, session)?, params))
}

/// What the address of the page means as a file: the same query, the profile's default range included.
fn download(app: &App, visit: Visit, sent: &[(String, String)]) -> Result<Download, Problem> {
    // The words of the reader's language find the same in a file as on the page.
    let visit = visit.showing(sent);
    let address = Address::read(String::new(), sent, &visit.org.entry().profile).first_page();
    let mut params = address.query(&visit.org.entry().profile);
    params.retain(|(name, _)| name != "limit");
    let own = sent.iter().filter(|(name, _)| download::PARAMETERS.contains(&name.as_str()));
    params.extend(own.cloned());
    let moment = visit.moment();
    let (caller, words) = (Caller::Session(Box::new(visit.session)), visit.words);
    let download = Download::new(app, visit.org, Some(&caller), &params, &moment).map_err(refused)?;
    Ok(download.titled(|title| words.title(title)))
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::NotAllowed(_) => Problem::NotExported,
        Refused::NoPlace(_) => Problem::TooManyExports,
        Refused::Read(why) => why.into(),
    }
}

fn failed(why: &download::Broken) -> Problem {
    tracing::error!(error = why as &dyn std::error::Error, "an export cannot be begun");
    Problem::Failed
}
