//! The list of documents under signature: by status, by who started them, by a search, in an order.
//!
//! Deliberately absent: the events, which have their own list, and what a status means (`core::process`).

use askama::Template;
use everlog_core::profile::{self, Column, List, Profile, SortKey};

use crate::app::App;
use crate::read::process::Process;
use crate::viewer::address::Address;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::dates::When;
use crate::viewer::display::Display;
use crate::viewer::icons;
use crate::viewer::list_path;
use crate::viewer::problem::Problem;
use crate::viewer::process::{Download, Stance, called, downloads, file_page, signed, status_of};
use crate::viewer::session::Visit;
use crate::viewer::table::{self, Heading, SortLink};
use crate::viewer::text::{Text, shorten};
use crate::words::{Words, grouped};

/// How many people who start documents are offered.
const STARTERS_MAX: usize = 100;
/// How many names of signees a row shows.
const SIGNEES_SHOWN: usize = 3;
/// The order that is in no address: what happened last comes first.
const LATEST_FIRST: &str = "-activity";
/// The statuses that a reader chooses among, as the signing activity API names them.
const CHOICES: &[&str] = &[ALL, "completed", "active", "inactive"];
/// The choice that leaves nothing out, and stands in no address.
const ALL: &str = "all";
/// What orders are called in the list of the API, where that is another word.
const ORDERS: &[(&str, &str)] =
    &[("document", "name"), ("status", "status"), ("started", "started"), ("activity", "activity")];

/// The page.
#[derive(Template)]
#[template(path = "viewer/processes.html")]
pub(super) struct ProcessesPage {
    urls: &'static Urls,
    words: Words,
    title: String,
    organization: String,
    path: String,
    log: String,
    refresh: String,
    display: Display,
    q: String,
    /// What a search takes along.
    carried: Vec<(String, String)>,
    statuses: Vec<Choice>,
    starters: Vec<Choice>,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    count: String,
    zone: String,
    /// Where everything is, when a choice leaves nothing.
    clear: Option<String>,
    is_empty: bool,
    shown: String,
    /// The sizes of a page, and what a change of it takes along.
    sizes: Vec<(u32, bool)>,
    carried_by_size: Vec<(String, String)>,
    previous: Option<String>,
    next: Option<String>,
}

/// One of several, as a link.
struct Choice {
    label: String,
    count: String,
    href: String,
    is_chosen: bool,
}

/// One document.
struct Row {
    href: String,
    name: Text,
    file: Option<Text>,
    status: Stance,
    /// How many of those who are awaited have signed; nothing where nobody is.
    signed: Option<String>,
    signees: Vec<Text>,
    more: Option<String>,
    started: Option<When>,
    active: Option<When>,
    downloads: Vec<Download>,
}

/// The list as this address asks for it.
///
/// # Errors
/// When the store cannot answer.
pub(super) fn processes_page(app: &App, visit: &Visit, address: &Address) -> Result<ProcessesPage, Problem> {
    let org = &visit.org;
    let profile = &org.entry().profile;
    let (words, clock) = (visit.words, visit.clock());
    let size = address.one("limit").and_then(|limit| limit.parse().ok());
    let size = size.unwrap_or_else(|| u64::from(profile.default_page_size));
    let first = address.first_row().max(1);
    let chosen = address.one("status").filter(|status| CHOICES.contains(status)).unwrap_or(ALL);
    let asked = |status: &str| {
        let question = question(address, status, size, first - 1);
        Ok::<_, Problem>(app.reader.process_question(org, &question, &visit.moment())?)
    };
    let (mut total, mut statuses) = (0, Vec::with_capacity(CHOICES.len()));
    for name in CHOICES {
        let count = app.reader.process_total(org, &asked(name)?)?;
        let is_chosen = *name == chosen;
        if is_chosen {
            total = count;
        }
        statuses.push(Choice {
            label: words.say(&format!("processes-{name}")),
            count: grouped(count),
            href: if *name == ALL { address.without("status") } else { address.with("status", name) }.href(),
            is_chosen,
        });
    }
    let processes = app.reader.process_list(org, &asked(chosen)?)?.processes;
    let rows: Vec<Row> = processes.iter().map(|process| row(visit, process)).collect();
    let last = first + rows.len() as u64 - u64::from(!rows.is_empty());
    let is_narrowed = chosen != ALL || address.one("q").is_some() || address.one("starter").is_some();
    let list = |row: u64| if row <= 1 { address.first_page() } else { address.at("rows", row) };
    let shown = [
        ("rows", format!("<strong>{}–{}</strong>", grouped(first), grouped(last)).into()),
        ("total", grouped(total).into()),
    ];
    Ok(ProcessesPage {
        urls: &URLS,
        words,
        title: words.title(&profile.title),
        organization: shorten(&org.entry().row.name, 80),
        path: address.path().to_owned(),
        log: list_path(org.entry().row.id.as_str()),
        refresh: address.first_page().href(),
        display: Display::new(visit, address),
        q: address.one("q").unwrap_or_default().to_owned(),
        carried: carried(address, &["q", "starter"]),
        carried_by_size: carried(address, &["limit"]),
        sizes: profile.page_sizes.iter().map(|it| (*it, u64::from(*it) == size)).collect(),
        statuses,
        starters: starters(app, visit, address)?,
        headings: headings(visit, address),
        is_empty: rows.is_empty(),
        count: words.fill("processes-count", [("count", total.into()), ("shown", grouped(total).into())]),
        zone: clock.zone_name(),
        clear: (is_narrowed && rows.is_empty())
            .then(|| address.cleared().without("starter").without("status").href()),
        shown: if rows.is_empty() { String::new() } else { words.fill("rows-of", shown) },
        previous: (first > 1).then(|| list(first.saturating_sub(size).max(1)).href()),
        next: (last < total && !rows.is_empty()).then(|| list(last + 1).href()),
        rows,
    })
}

/// What is asked, as the list of the API takes it: both are one list.
fn question(address: &Address, status: &str, take: u64, skip: u64) -> Vec<(String, String)> {
    let (descending, by) = table::order_now(address, LATEST_FIRST);
    let sort = match ORDERS.iter().find(|(own, _)| *own == by) {
        Some((_, by)) => format!("{}{by}", if descending { "-" } else { "" }),
        None => LATEST_FIRST.to_owned(),
    };
    let (take, skip) = (take.to_string(), skip.to_string());
    let asked = [
        ("status", Some(status)),
        ("q", address.one("q")),
        ("user", address.one("starter")),
        ("sort", Some(sort.as_str())),
        ("limit", Some(take.as_str())),
        ("skip", Some(skip.as_str())),
    ];
    let asked = asked.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    asked.collect()
}

/// The choices beside those of a form, which it takes along.
fn carried(address: &Address, own: &[&str]) -> Vec<(String, String)> {
    let carried = address.params().filter(|(name, _)| !own.contains(name));
    carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn starters(app: &App, visit: &Visit, address: &Address) -> Result<Vec<Choice>, Problem> {
    let chosen = address.one("starter").map(str::to_lowercase);
    let found = app.reader.starters(&visit.org, STARTERS_MAX)?;
    let choices = found.into_iter().map(|(starter, count)| Choice {
        count: grouped(count),
        href: address.with("starter", &starter).href(),
        is_chosen: chosen.as_deref() == Some(starter.as_str()),
        label: starter,
    });
    Ok(choices.collect())
}

/// The columns of the list: the profile's where it lists processes, else those of the profile that does.
fn columns(profile: &Profile) -> &[Column] {
    match (profile.list, profile::shipped("signing")) {
        (List::Log, Some(signing)) => &signing.columns,
        _ => &profile.columns,
    }
}

fn headings(visit: &Visit, address: &Address) -> Vec<Heading> {
    let (descending, by) = table::order_now(address, LATEST_FIRST);
    let link = |key: SortKey| {
        let is_now = by == key.as_str();
        // Times begin with the latest, words with A.
        let next = if is_now { !descending } else { matches!(key, SortKey::Started | SortKey::Activity) };
        let value = format!("{}{}", if next { "-" } else { "" }, key.as_str());
        let sorted =
            if value == LATEST_FIRST { address.without("sort") } else { address.with("sort", &value) };
        SortLink { href: sorted.href(), now: table::direction(is_now, descending) }
    };
    columns(&visit.org.entry().profile)
        .iter()
        .map(|column| Heading {
            field: column.field.as_str(),
            title: visit.words.title(&column.title),
            sort: column.sortable.map(link),
        })
        .collect()
}

fn row(visit: &Visit, process: &Process) -> Row {
    let (words, clock, state) = (visit.words, visit.clock(), &process.state);
    let name = called(process);
    let awaited: Vec<_> = state.signees.iter().filter(|signee| !signee.stand.is_replaced()).collect();
    let beyond = awaited.len().saturating_sub(SIGNEES_SHOWN);
    Row {
        href: file_page(visit, &process.key),
        name: Text::name(&shorten(name, 120)),
        file: state
            .file_name
            .as_deref()
            .filter(|file| *file != name)
            .map(|file| Text::name(&shorten(file, 120))),
        status: status_of(state, words),
        signed: signed(state, words),
        signees: awaited
            .iter()
            .take(SIGNEES_SHOWN)
            .map(|signee| Text::name(&shorten(signee.shown(), 60)))
            .collect(),
        more: (beyond > 0).then(|| words.fill("processes-more", [("count", (beyond as f64).into())])),
        started: state.started_ms.map(|ms| clock.when(ms)),
        active: state.last_ms.map(|ms| clock.when(ms)),
        downloads: downloads(visit, process),
    }
}
