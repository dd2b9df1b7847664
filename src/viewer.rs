//! The viewer: the page on which people read their log. A route here, its page in `viewer/`, its words in `templates/`.
//!
//! Deliberately absent: permission (`access`), the query (`read`) and any rule of a profile (`core::profile`).

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use askama::Template;
use everlog_core::ids::OrgId;
use everlog_core::profile::List;
use everlog_core::query::TargetRef;

use crate::app::{App, Peer};
use crate::words::Words;

pub mod address;
mod assets;
pub mod changes;
mod complete;
pub mod dates;
mod details;
mod display;
mod embed;
mod evidence;
mod export;
mod files;
pub mod filters;
pub mod histogram;
mod icons;
mod landing;
mod live;
mod page;
pub mod person;
mod policy;
mod problem;
mod process;
mod processes;
mod record;
mod session;
mod table;
pub mod text;
mod verify;
mod views;

use address::{Address, encode};
use details::Asked;
use page::{Answer, Part};
use problem::Problem;
use session::Visit;
use text::rendered;

/// What a shared link carries until it is exchanged.
const CODE: &str = "code";

type Params = Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

/// The viewer's routes.
pub fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/", get(landing::show_landing))
        .route("/verify", get(verify::show_verify).post(verify::check_file))
        .route("/embed", get(embed::show_frame).post(embed::start_embedded))
        .route("/view/{org}", get(view_log))
        .route("/view/{org}/events/{id}", get(view_event))
        .route("/view/{org}/events/{id}/bundle", get(evidence::read_bundle).post(evidence::link_bundle))
        .route("/view/{org}/export", get(export::export).post(export::link_export))
        .route("/view/{org}/complete", get(complete_search))
        .route("/view/{org}/live", get(live::follow_log))
        .route("/view/{org}/views", post(views::save_view))
        .route("/view/{org}/records/{type}/{id}", get(view_record))
        .route("/view/{org}/processes", get(view_processes))
        .route("/view/{org}/processes/{key}", get(view_process))
        .route("/view/{org}/processes/{key}/{file}", get(files::read_file).post(files::link_file))
        .layer(middleware::from_fn_with_state(app.clone(), policy::guard));
    pages.route("/assets/{file}", get(assets::read_asset)).route("/embed.js", get(embed::read_script))
}

/// `GET /view/{org}`: the log; with a one-time code, the start of a session.
async fn view_log(
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
        if let Some((_, code)) = sent.iter().find(|(name, _)| name == CODE) {
            return start_session(&app, &org, &sent, code, &method, &peer, &headers).await;
        }
        let part = part(&headers);
        let base = app.server.reached_at(&headers);
        let (serving, asking) = (app.clone(), headers.clone());
        let (answer, address, code) = blocking(move || {
            let visit = Visit::open(&serving, &asking, &org)?.showing(&sent);
            let address = Address::read(list_path(&org), &sent, &visit.org.entry().profile);
            Ok((page::log_page(&serving, &visit, &address, part, &base)?, address, visit.org.code()))
        })
        .await?;
        if part == Part::Whole {
            // Whoever opens the page searches next. When it fails, the search will say so.
            tokio::task::spawn_blocking(move || app.index.warm(code).unwrap_or_default());
        }
        log_response(answer, &address, part, &headers)
    };
    reader.answer(answer).await
}

fn log_response(
    answer: Answer,
    address: &Address,
    part: Part,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let html = Html(answer.html.map_err(failed)?);
    if part == Part::Whole {
        let status = if answer.is_understood { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        return Ok((status, html).into_response());
    }
    // A search that cannot be understood yet is being typed: the page and its address stay as they are.
    let (name, url) = if answer.is_typing || part == Part::Figures {
        ("hx-push-url", "false".to_owned())
    } else {
        history(address, headers)
    };
    let url = HeaderValue::from_str(&url).map_err(|_| Problem::Failed)?;
    Ok(([(name, url)], html).into_response())
}

/// How the browser's history takes a change in: letters of one search are one step back, not many.
fn history(address: &Address, headers: &HeaderMap) -> (&'static str, String) {
    let url = address.href();
    let now = headers.get("hx-current-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let now_q = now.split(['?', '&']).find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default();
    let is_typing = is_from_search(headers) && !now_q.is_empty() && address.one("q").is_some();
    let is_same = now.ends_with(&url);
    (if is_typing || is_same { "hx-replace-url" } else { "hx-push-url" }, url)
}

/// `GET /view/{org}/events/{id}`: one event, as a page or in the drawer.
async fn view_event(
    State(app): State<App>,
    Path((org, id)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let is_page = part(&headers) == Part::Whole;
    show(app, org, params, headers, move |app, visit, address, sent| {
        let event = app.reader.event(&visit.org, &id)?.ok_or(Problem::NoEvent)?;
        let (address, asked) = (address.first_page(), Asked::read(sent, is_page));
        let html = match is_page {
            true => rendered(&details::details_page(app, &event, visit, &address, asked)?, visit.words),
            false => rendered(&details::details(app, &event, visit, &address, asked)?, visit.words),
        };
        html.map_err(failed)
    })
    .await
}

/// `GET /view/{org}/complete`: what is offered while one types.
async fn complete_search(
    State(app): State<App>,
    Path(org): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    show(app, org, params, headers, |app, visit, address, sent| {
        complete::complete(app, visit, address, sent)?.map_err(failed)
    })
    .await
}

/// `GET /view/{org}/records/{type}/{id}`: the history of one record.
async fn view_record(
    State(app): State<App>,
    Path((org, kind, id)): Path<(String, String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    show(app, org, params, headers, |app, visit, _, sent| {
        let page = record::record_page(app, visit, &TargetRef { kind, id }, sent)?;
        rendered(&page, visit.words).map_err(failed)
    })
    .await
}

/// `GET /view/{org}/processes`: the documents under signature.
async fn view_processes(
    State(app): State<App>,
    Path(org): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    show(app, org, params, headers, |app, visit, address, _| {
        let address = address.there(format!("{}/processes", address.path()));
        rendered(&processes::processes_page(app, visit, &address)?, visit.words).map_err(failed)
    })
    .await
}

/// `GET /view/{org}/processes/{key}`: one of them.
async fn view_process(
    State(app): State<App>,
    Path((org, key)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    show(app, org, params, headers, move |app, visit, address, sent| {
        rendered(&process::process_page(app, visit, &key, address, sent)?, visit.words).map_err(failed)
    })
    .await
}

/// Answers with what `html` makes of the log, the list that is open and the parameters, where it may wait.
async fn show(
    app: App,
    org: String,
    params: Params,
    headers: HeaderMap,
    html: impl FnOnce(&App, &Visit, &Address, &[(String, String)]) -> Result<String, Problem> + Send + 'static,
) -> Response {
    let reader = Reader::of(&app, &org, &params, &headers);
    let answer = blocking(move || {
        let sent = params.map_err(|_| Problem::NotFound)?.0;
        let visit = Visit::open(&app, &headers, &org)?.showing(&sent);
        let address = Address::read(list_path(&org), &sent, &visit.org.entry().profile);
        Ok(Html(html(&app, &visit, &address, &sent)?).into_response())
    });
    reader.answer(answer).await
}

/// Exchanges the code of a link and leads to the address without it. A HEAD looks and leaves the code alone.
async fn start_session(
    app: &App,
    org: &str,
    sent: &[(String, String)],
    code: &str,
    method: &Method,
    peer: &Peer,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if *method == Method::HEAD {
        return Ok(StatusCode::OK.into_response());
    }
    let rest = sent.iter().filter(|(name, _)| name != CODE);
    let query: Vec<_> = rest.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let home = home_path(app, org, query.is_empty()).await?;
    let clean = format!("{home}{mark}{}", query.join("&"));
    let location = HeaderValue::from_str(&clean).map_err(|_| Problem::NotFound)?;
    match session::start(app, headers, peer, org, code).await {
        Ok(cookie) => {
            let led = [(header::SET_COOKIE, cookie), (header::LOCATION, location)];
            Ok((StatusCode::SEE_OTHER, led).into_response())
        }
        // Who comes back to a used link with the session it started goes on in it.
        Err(Problem::UsedLink) => {
            let (app, headers, org) = (app.clone(), headers.clone(), org.to_owned());
            let is_open = blocking(move || Visit::open(&app, &headers, &org).map(|_| ())).await.is_ok();
            if !is_open {
                return Err(Problem::UsedLink);
            }
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        Err(why) => Err(why),
    }
}

/// Who asks for a page of an organization, to be told in their language why there is none.
struct Reader {
    app: App,
    org: String,
    lang: Option<String>,
    headers: HeaderMap,
}

impl Reader {
    fn of(app: &App, org: &str, params: &Params, headers: &HeaderMap) -> Self {
        let lang = params.as_ref().ok().and_then(|sent| session::chosen(sent, "lang"));
        Self::speaking(app, org, lang, headers)
    }

    fn speaking(app: &App, org: &str, lang: Option<&str>, headers: &HeaderMap) -> Self {
        let lang = lang.map(str::to_owned);
        Self { app: app.clone(), org: org.to_owned(), lang, headers: headers.clone() }
    }

    /// The answer, or the page that says why there is none.
    async fn answer(self, answer: impl Future<Output = Result<Response, Problem>>) -> Response {
        match answer.await {
            Ok(response) => response,
            Err(why) => self.told(&why).await,
        }
    }

    async fn told(self, why: &Problem) -> Response {
        let (list, org, headers) = (list_path(&self.org), self.org.clone(), self.headers.clone());
        let words =
            blocking(move || Ok(session::words(&self.app, &self.headers, &self.org, self.lang.as_deref())));
        let words = words.await.unwrap_or_else(|_| Words::of(&[session::accepted(&headers)]));
        // What is asked for by a page that is open was open with a session, even if its cookie is gone with it.
        let is_told = part(&headers) != Part::Whole || session::had_session(&headers, &org);
        let why = if matches!(why, Problem::Unauthenticated) && !is_told { &Problem::Unknown } else { why };
        problem_page(why, &headers, words, &list)
    }
}

fn problem_response(why: &Problem, headers: &HeaderMap, list: &str) -> Response {
    problem_page(why, headers, Words::of(&[session::accepted(headers)]), list)
}

fn problem_page(why: &Problem, headers: &HeaderMap, words: Words, list: &str) -> Response {
    let page = why.page(headers, words, list, part(headers) != Part::Whole);
    match page.render() {
        Ok(html) => (why.status(), Html(html)).into_response(),
        Err(_) => why.status().into_response(),
    }
}

/// Runs what reads the store and the index where it may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::Failed)?
}

fn failed(why: askama::Error) -> Problem {
    tracing::error!(error = &why as &dyn std::error::Error, "a page cannot be rendered");
    Problem::Failed
}

/// How much of the page is asked for. A restored page of the history is asked for whole.
fn part(headers: &HeaderMap) -> Part {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it.as_bytes() == value.as_bytes());
    match is("hx-request", "true") && is("hx-request-type", "partial") {
        false => Part::Whole,
        true if is("hx-target", "div#al-above") => Part::Figures,
        true if is_from_search(headers) => Part::FragmentOfSearch,
        true => Part::Fragment,
    }
}

fn is_from_search(headers: &HeaderMap) -> bool {
    headers.get("hx-source").is_some_and(|source| source.as_bytes() == b"input#al-q")
}

/// Where a reader begins: at the documents, where the profile lists them and nothing of the log is asked for.
async fn home_path(app: &App, org: &str, is_plain: bool) -> Result<String, Problem> {
    let (app, path) = (app.clone(), list_path(org));
    let Ok(id) = OrgId::try_from(org) else { return Ok(path) };
    let lists =
        blocking(move || Ok(app.directory.find(&id).ok().flatten().map(|it| it.profile.list))).await?;
    Ok(if is_plain && lists == Some(List::Processes) { format!("{path}/processes") } else { path })
}

fn list_path(org: &str) -> String {
    format!("/view/{}", encode(org))
}
