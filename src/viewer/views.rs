//! Lists that a reader gave a name to: kept, opened, replaced and taken away with plain forms.
//!
//! Deliberately absent: sharing. A view belongs to one reader of one organization; its link may be given to anyone, who
//! sees in it what they may see.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use crate::app::App;
use crate::store::{SavedView, StoreError};
use crate::viewer::address::Address;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::icons;
use crate::viewer::problem::Problem;
use crate::viewer::session::{Visit, chosen, comes_from_here};
use crate::viewer::text::Text;
use crate::viewer::{Reader, blocking, failed, list_path};
use crate::words::Words;

/// Most views of one reader.
const VIEWS_MAX: usize = 100;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 80;
/// Longest address of a view, in bytes.
const QUERY_BYTES_MAX: usize = 4_096;

/// The views of a reader, beside the title.
#[derive(Template)]
#[template(path = "viewer/views.html")]
pub(super) struct Views {
    words: Words,
    path: String,
    /// What is chosen now.
    choices: String,
    /// The view that is in force.
    current: Option<Text>,
    views: Vec<View>,
}

struct View {
    name: String,
    shown: Text,
    href: String,
    is_current: bool,
}

/// Asks before a view is replaced.
#[derive(Template)]
#[template(path = "viewer/view_exists.html")]
struct Exists {
    words: Words,
    urls: &'static Urls,
    path: String,
    name: String,
    shown: Text,
    query: String,
    back: String,
}

impl Views {
    /// The views of whoever visits, for the list at an address.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn of(app: &App, visit: &Visit, address: &Address) -> Result<Self, Problem> {
        let path = list_path(visit.org.entry().row.id.as_str());
        let choices = address.choices();
        let kept = app.store.views(visit.org.code(), &visit.session.user.id).map_err(unreadable)?;
        let view = |kept: SavedView| View {
            shown: Text::name(&kept.name),
            href: href(&path, &kept.query),
            is_current: kept.query == choices,
            name: kept.name,
        };
        let views: Vec<View> = kept.into_iter().map(view).collect();
        let current = views.iter().find(|view| view.is_current).map(|view| view.shown.clone());
        Ok(Self { words: visit.words, path, choices, current, views })
    }
}

fn href(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// What became of a form.
enum Done {
    Kept { back: String },
    Exists(Box<Exists>),
}

/// `POST /view/{org}/views`: keeps what is chosen under a name, or with `do=delete` takes that name away.
pub(super) async fn save_view(
    State(app): State<App>,
    Path(org): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Response {
    let query = form.as_ref().ok().and_then(|sent| chosen(sent, "query")).unwrap_or_default();
    let lang = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
    let reader = Reader::speaking(&app, &org, lang, &headers);
    let asking = headers.clone();
    let answer = async {
        let sent = form.map_err(|_| Problem::View)?.0;
        if !comes_from_here(&app, &headers) {
            return Err(Problem::Foreign);
        }
        let done = blocking(move || {
            let visit = Visit::open(&app, &asking, &org)?;
            change(&app, &visit, &sent)
        });
        match done.await? {
            Done::Kept { back } => {
                let location = HeaderValue::from_str(&back).map_err(|_| Problem::Failed)?;
                Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
            }
            Done::Exists(page) => {
                Ok((StatusCode::CONFLICT, Html(page.render().map_err(failed)?)).into_response())
            }
        }
    };
    reader.answer(answer).await
}

fn change(app: &App, visit: &Visit, sent: &[(String, String)]) -> Result<Done, Problem> {
    let one = |name: &str| sent.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let (org, owner) = (visit.org.code(), visit.session.user.id.as_str());
    let path = list_path(visit.org.entry().row.id.as_str());
    let query = understood(visit, one("query")).ok_or(Problem::View)?;
    let (name, back) = (one("name").to_owned(), href(&path, &query));
    if one("do") == "delete" {
        let mut delete =
            |work: &mut dyn crate::store::Transaction| work.delete_view(org, owner, &name).map(|_| ());
        app.store.transact(&mut delete).map_err(unwritable)?;
        return Ok(Done::Kept { back });
    }
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::View);
    }
    let kept = app.store.views(org, owner).map_err(unreadable)?;
    match kept.iter().find(|view| view.name == name) {
        Some(known) if known.query != query && one("replace") != "yes" => {
            let shown = Text::name(&name);
            return Ok(Done::Exists(Box::new(Exists {
                words: visit.words,
                urls: &URLS,
                path,
                name,
                shown,
                query,
                back,
            })));
        }
        None if kept.len() >= VIEWS_MAX => return Err(Problem::View),
        _ => {}
    }
    let view = SavedView { name, query };
    app.store.transact(&mut |work| work.save_view(org, owner, &view)).map_err(unwritable)?;
    Ok(Done::Kept { back })
}

/// The choices of an address, only those that a list has, in its own order.
fn understood(visit: &Visit, query: &str) -> Option<String> {
    if query.len() > QUERY_BYTES_MAX {
        return None;
    }
    let uri: Uri = format!("/?{query}").parse().ok()?;
    let sent = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?.0;
    let choices = Address::read(String::new(), &sent, &visit.org.entry().profile).choices();
    (choices.len() <= QUERY_BYTES_MAX).then_some(choices)
}

fn unreadable(why: StoreError) -> Problem {
    tracing::error!(error = &why as &dyn std::error::Error, "the views of a reader cannot be read");
    Problem::Failed
}

fn unwritable(why: StoreError) -> Problem {
    tracing::error!(error = &why as &dyn std::error::Error, "a view cannot be kept");
    Problem::Unavailable
}
