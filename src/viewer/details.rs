//! The details of one event, in tabs with addresses of their own, as a page or in the drawer.
//!
//! Deliberately absent: permission, and what stands in each tab, which has a file of its own in `details/`.

use askama::Template;
use everlog_core::event::Event;

use crate::app::App;
use crate::read::present;
use crate::settings::origin::WebOrigin;
use crate::trail::model::with_names;
use crate::viewer::address::{Address, encode};
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::changes::{ChangeTable, Side, pretty};
use crate::viewer::dates::Clock;
use crate::viewer::details::overview::{Fact, Overview};
use crate::viewer::details::proof::Proof;
use crate::viewer::details::related::Related;
use crate::viewer::icons;
use crate::viewer::problem::Problem;
use crate::viewer::process::document_of;
use crate::viewer::session::Visit;
use crate::viewer::table::{self, Presenter};
use crate::viewer::text::Text;
use crate::words::Words;

mod overview;
mod proof;
mod related;

pub(super) use overview::{is_web, parts};

use overview::Shown;
use proof::Found;

/// The parameter that chooses a tab.
pub(super) const TAB: &str = "tab";
/// The parameter that asks for every changed field.
const ALL: &str = "all";
/// How many fields are shown until all are asked for.
const FIELDS_SHOWN: usize = 100;
/// How many of them the overview shows.
const FIELDS_FIRST: usize = 5;

/// A part of the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Changes,
    Related,
    Raw,
    Proof,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Overview, Self::Changes, Self::Related, Self::Raw, Self::Proof];

    fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Changes => "changes",
            Self::Related => "related",
            Self::Raw => "raw",
            Self::Proof => "proof",
        }
    }
}

/// What of an event is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    tab: Tab,
    has_all: bool,
    /// Whether it is a page of its own.
    pub is_page: bool,
}

impl Asked {
    /// Reads the parameters; an unknown tab is the first.
    pub(super) fn read(params: &[(String, String)], is_page: bool) -> Self {
        let one = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let tab = Tab::ALL.into_iter().find(|tab| one(TAB) == Some(tab.as_str()));
        Self { tab: tab.unwrap_or(Tab::Overview), has_all: one(ALL).is_some(), is_page }
    }
}

/// The details as a page of their own.
#[derive(Template)]
#[template(path = "viewer/details_page.html")]
pub(super) struct DetailsPage {
    urls: &'static Urls,
    words: Words,
    organization: String,
    list: String,
    details: Details,
}

/// The details in the drawer.
#[derive(Template)]
#[template(path = "viewer/details.html")]
pub(super) struct Details {
    urls: &'static Urls,
    words: Words,
    label: Text,
    plain_title: String,
    tone: &'static str,
    category: Text,
    hue: u32,
    description: Text,
    notes: Vec<overview::Note>,
    tabs: Vec<TabLink>,
    body: Body,
    /// The address of the whole as a page.
    href: String,
    is_page: bool,
    /// The element of its headings: one below its title.
    heading: &'static str,
}

/// What stands in the chosen tab.
enum Body {
    Overview(Box<Overview>),
    Changes { table: Option<ChangeTable>, rest: Option<Rest> },
    Related(Related),
    Raw { facts: Vec<Fact>, json: String },
    Proof(Proof),
}

/// Fields that are not shown yet, and where they are.
struct Rest {
    words: String,
    href: String,
}

struct TabLink {
    label: String,
    href: String,
    is_chosen: bool,
    count: Option<String>,
}

/// Where an event, and its list, are.
pub(super) struct Place<'a> {
    pub visit: &'a Visit,
    pub address: &'a Address,
    pub clock: Clock,
    pub path: String,
    /// Where pictures of people may come from.
    pub pictures: Vec<WebOrigin>,
}

impl<'a> Place<'a> {
    pub(super) fn new(visit: &'a Visit, address: &'a Address) -> Self {
        let entry = visit.org.entry();
        let clock = visit.clock();
        let path = format!("/view/{}", encode(entry.row.id.as_str()));
        Self { visit, address, clock, path, pictures: visit.pictures() }
    }

    /// The address of an event, in this list.
    pub(super) fn event(&self, id: &str) -> String {
        self.address.on(format!("{}/events/{}", self.path, encode(id))).href()
    }

    /// The address of a record's history.
    pub(super) fn record(&self, kind: &str, id: &str) -> String {
        record_path(&self.path, kind, id)
    }

    /// What shows an event as rows do.
    pub(super) fn presenter<'b>(&'b self, categories: &'b [String]) -> Presenter<'b> {
        let entry = self.visit.org.entry();
        Presenter {
            profile: &entry.profile,
            catalogs: self.visit.org.catalogs(),
            clock: &self.clock,
            address: self.address,
            reader: &self.visit.session.user.id,
            path: &self.path,
            categories,
            pictures: &self.pictures,
        }
    }
}

/// The path of a record's history below that of the log.
pub(super) fn record_path(log: &str, kind: &str, id: &str) -> String {
    format!("{log}/records/{}/{}", encode(kind), encode(id))
}

/// A link with one more parameter.
pub(super) fn with(href: &str, name: &str, value: &str) -> String {
    let mark = if href.contains('?') { '&' } else { '?' };
    format!("{href}{mark}{name}={}", encode(value))
}

/// The details of an event for this visit; `address` is the list it was opened from.
///
/// # Errors
/// When what stands beside the event cannot be read.
pub(super) fn details(
    app: &App,
    event: &Event,
    visit: &Visit,
    address: &Address,
    asked: Asked,
) -> Result<Details, Problem> {
    let place = Place::new(visit, address);
    let (words, catalogs) = (visit.words, visit.org.catalogs());
    let sent = &event.document.event;
    let document = document_of(app, visit, event)?;
    let named = document.as_ref().map(|document| with_names(sent, &document.state));
    let described = catalogs.describe(&sent.action);
    let categories = table::categories(catalogs);
    let presenter = place.presenter(&categories);
    let (label, tone) = presenter.tag(event, &described);
    let href = place.event(event.id());
    let changes = |limit| {
        let changes = sent.changes.as_ref()?;
        ChangeTable::new(changes, described.kind, limit)
    };
    let total = sent.changes.as_ref().map_or(0, |changes| changes.0.len());
    let body = match asked.tab {
        Tab::Overview => {
            let more = (total > FIELDS_FIRST)
                .then(|| rest(words, "details-all-changes", total, &tab_href(&href, Tab::Changes)));
            let overview = Overview::new(event, &place, changes(FIELDS_FIRST), more);
            let document = document.as_ref().map(|it| overview::document(it, &place));
            Body::Overview(Box::new(Overview { document, ..overview }))
        }
        Tab::Changes => {
            let limit = if asked.has_all { usize::MAX } else { FIELDS_SHOWN };
            let all = with(&tab_href(&href, Tab::Changes), ALL, "1");
            let rest = (total > limit).then(|| rest(words, "details-all-fields", total, &all));
            Body::Changes { table: changes(limit), rest }
        }
        Tab::Related => Body::Related(Related::read(app, event, &place, &presenter)?),
        Tab::Raw => {
            Body::Raw { facts: overview::ids(event, words), json: pretty(&present(event, &visit.org)) }
        }
        Tab::Proof => Body::Proof(Proof::read(app, event, &place)?),
    };
    let tab = |tab: Tab| TabLink {
        label: words.say(&format!("tab-{}", tab.as_str())),
        href: tab_href(&href, tab),
        is_chosen: tab == asked.tab,
        count: (tab == Tab::Changes && total > 0).then(|| total.to_string()),
    };
    Ok(Details {
        urls: &URLS,
        words,
        plain_title: format!("{} – {label}", catalogs.names().category(&described.category)),
        label: Text::short(&label),
        tone,
        hue: presenter.category_hue(&described.category),
        category: Text::short(catalogs.names().category(&described.category)),
        description: table::told(named.as_ref().unwrap_or(sent), usize::MAX, catalogs, words),
        notes: overview::notes(event, &place),
        tabs: Tab::ALL.into_iter().map(tab).collect(),
        body,
        href: tab_href(&href, asked.tab),
        is_page: asked.is_page,
        heading: if asked.is_page { "h2" } else { "h3" },
    })
}

/// The details as a page of their own.
///
/// # Errors
/// As `details`.
pub(super) fn details_page(
    app: &App,
    event: &Event,
    visit: &Visit,
    address: &Address,
    asked: Asked,
) -> Result<DetailsPage, Problem> {
    Ok(DetailsPage {
        urls: &URLS,
        words: visit.words,
        organization: visit.org.entry().row.name.clone(),
        list: address.href(),
        details: details(app, event, visit, address, asked)?,
    })
}

fn tab_href(href: &str, tab: Tab) -> String {
    if tab == Tab::Overview { href.to_owned() } else { with(href, TAB, tab.as_str()) }
}

fn rest(words: Words, id: &str, total: usize, href: &str) -> Rest {
    let count = total as f64;
    Rest { words: words.fill(id, [("count", count.into())]), href: href.to_owned() }
}
