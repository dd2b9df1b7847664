//! The log page: one question, answered once for the table, the count, the menus and the histogram.
//!
//! Deliberately absent: HTML, which is in the templates, and HTTP.

use askama::Template;
use everlog_core::event::Event;
use everlog_core::ids::Seq;
use everlog_core::profile::{Filter, List, Preset, Profile};
use everlog_core::query::{ParamError, ParamFault};
use everlog_core::search::{self, Field, SEARCH_CHARS_MAX, SEARCH_TERMS_MAX, Search, SearchError};

use crate::app::App;
use crate::index::{FacetField, FacetValue};
use crate::read::Question;
use crate::viewer::address::Address;
use crate::viewer::assets::{URLS, Urls};
use crate::viewer::dates::Clock;
use crate::viewer::display::Display;
use crate::viewer::export::ExportMenu;
use crate::viewer::filters::{self, Chip, Control};
use crate::viewer::histogram::Chart;
use crate::viewer::icons;
use crate::viewer::problem::Problem;
use crate::viewer::process::name_documents;
use crate::viewer::session::Visit;
use crate::viewer::table::{self, Cell, Heading, Orders, Presenter, Row};
use crate::viewer::text::{rendered, shorten};
use crate::viewer::views::Views;
use crate::words::{Words, grouped};

/// How many chosen people are looked up beyond those that a menu offers.
const NAMES_MAX: usize = 5;
/// Longest search that a hint repeats, in characters.
const HINT_CHARS_MAX: usize = 40;

/// The whole page.
#[derive(Template)]
#[template(path = "viewer/log.html")]
pub(super) struct LogPage {
    urls: &'static Urls,
    words: Words,
    title: String,
    organization: String,
    path: String,
    /// The list of documents, where the profile has one.
    documents: Option<String>,
    refresh: String,
    export: Option<ExportMenu>,
    views: Views,
    display: Display,
    bar: Bar,
    results: Results,
}

/// What changes of the page when something is chosen.
#[derive(Template)]
#[template(path = "viewer/log_fragment.html")]
pub(super) struct LogFragment {
    words: Words,
    export: Option<ExportMenu>,
    views: Views,
    bar: Bar,
    results: Results,
    /// Whether the menus are sent again: not while filters that wait for their button would be undone.
    has_menus: bool,
}

/// What is counted of a list.
#[derive(Template)]
#[template(path = "viewer/figures.html")]
struct Figures {
    words: Words,
    results: Results,
}

/// The query bar.
pub(super) struct Bar {
    path: String,
    q: String,
    has_search: bool,
    fault: Option<SearchFault>,
    /// What a reader should know of a search that is understood.
    hint: String,
    controls: Vec<Control>,
    carried: Vec<(String, String)>,
    has_buttons: bool,
    reset: String,
}

/// What is wrong with a search, and where.
pub(super) struct SearchFault {
    message: String,
    before: String,
    at: String,
    after: String,
}

/// What is typed that asks nothing.
enum Fault {
    /// The search cannot be understood.
    Search(SearchFault),
    /// The last date lies before the first.
    Dates,
}

/// Everything below the bar.
#[derive(Default)]
pub(super) struct Results {
    applied: Vec<(String, String)>,
    q: String,
    /// Behind which place what is new begins, sealed.
    live_from: String,
    chips: Vec<Chip>,
    clear: String,
    chart: Chart,
    /// How many events match, where that can be told.
    total: Option<u64>,
    count: String,
    /// The range that is in force though nobody chose it; empty when there is none.
    within: String,
    headings: Vec<Heading>,
    orders: Option<Orders>,
    rows: Vec<Row>,
    has_details_column: bool,
    pager: Option<Pager>,
    empty: Option<Empty>,
    zone: String,
    date_style: &'static str,
}

impl Results {
    /// The zone's name, which is of the time zone database, as markup.
    fn zone_markup(&self) -> String {
        format!("<bdi>{}</bdi>", self.zone)
    }
}

/// The way to other pages of the list.
pub(super) struct Pager {
    /// Which rows of how many, as markup.
    rows: String,
    first: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    sizes: Vec<(u32, bool)>,
    path: String,
    carried: Vec<(String, String)>,
}

/// Why the list is empty.
pub(super) enum Empty {
    /// Nothing was ever recorded, and this reader may see everything.
    FirstUse { curl: String },
    /// Nothing was ever recorded that this reader may see.
    NoActivity,
    /// Something is, but not this. With the choice that hides most, if there is one.
    NoMatch { hint: Option<Hint>, clear: String },
    /// The search cannot be understood.
    BadSearch,
    /// The last date lies before the first.
    BadDates { clear: String },
}

/// A choice without which there are matches.
pub(super) struct Hint {
    told: String,
    remove: String,
    href: String,
}

/// How much of the page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// What changes.
    Fragment,
    /// What changes while one types; chosen filters may still wait for their button.
    FragmentOfSearch,
    /// What is counted, while the rows stay as they are.
    Figures,
}

/// A page, or a part of it.
pub(super) struct Answer {
    pub html: Result<String, askama::Error>,
    /// Whether what is asked could be understood.
    pub is_understood: bool,
    /// Whether the page stays as it is, because its search is still being typed.
    pub is_typing: bool,
}

/// Answers a log page.
///
/// # Errors
/// When the address cannot be understood or the log cannot be read.
pub(super) fn log_page(
    app: &App,
    visit: &Visit,
    address: &Address,
    part: Part,
    base: &str,
) -> Result<Answer, Problem> {
    let profile = &visit.org.entry().profile;
    let clock = visit.clock();
    let read = Read { app, visit, address, profile, clock: &clock };
    let fault = match read.question(address) {
        Ok(question) => Ok(question),
        Err(Problem::Param(why)) => Err(Fault::of(address, why, visit.words)?),
        Err(why) => return Err(why),
    };
    let is_understood = fault.is_ok();
    let is_typing = matches!(fault, Err(Fault::Search(_)));
    let (bar, results) = match fault {
        Ok(question) => {
            let facets = read.facets(&question)?;
            (read.bar(&facets, None), read.results(&question, &facets, base)?)
        }
        Err(Fault::Search(fault)) => (read.bar(&[], Some(fault)), read.unanswered(&[], Empty::BadSearch)),
        Err(Fault::Dates) => read.without_figures()?,
    };
    let views = Views::of(app, visit, address)?;
    let html = match part {
        Part::Whole => rendered(&read.page(views, bar, results), visit.words),
        Part::Figures => rendered(&Figures { words: visit.words, results }, visit.words),
        part => {
            let is_waiting = part == Part::FragmentOfSearch && profile.filter_buttons;
            let has_menus = !is_typing && !is_waiting;
            let export = read.export(&results);
            let fragment = LogFragment { words: visit.words, export, views, bar, results, has_menus };
            rendered(&fragment, visit.words)
        }
    };
    Ok(Answer { html, is_understood, is_typing })
}

fn q(address: &Address) -> String {
    address.one("q").unwrap_or_default().to_owned()
}

/// One reading of one address.
struct Read<'a> {
    app: &'a App,
    visit: &'a Visit,
    address: &'a Address,
    profile: &'a Profile,
    clock: &'a Clock,
}

impl Read<'_> {
    fn question(&self, address: &Address) -> Result<Question, Problem> {
        if let Some(name) = address.early_date() {
            return Err(Problem::Param(ParamError::expected(name, "a date from 1970 on")));
        }
        let params = address.query(self.profile);
        let question = self.app.reader.question(&self.visit.org, &params, &[], &self.visit.moment());
        question.map_err(Problem::from)
    }

    fn facets(&self, question: &Question) -> Result<Vec<(Filter, Vec<FacetValue>)>, Problem> {
        let offered =
            self.profile.filters.iter().filter_map(|filter| Some((*filter, filters::facet(*filter)?)));
        let facets = offered.map(|(filter, field)| {
            let mut values = self.app.reader.facet(&self.visit.org, question, field, "")?;
            if field == FacetField::Actor {
                self.name_chosen(&mut values)?;
            }
            Ok((filter, values))
        });
        let mut facets: Vec<_> = facets.collect::<Result<_, Problem>>()?;
        if !facets.iter().any(|(filter, _)| filters::facet(*filter) == Some(FacetField::Actor)) {
            // A link may choose people where no menu offers them; their chips have names all the same.
            let mut named = Vec::new();
            self.name_chosen(&mut named)?;
            facets.push((Filter::Users, named));
        }
        Ok(facets)
    }

    /// Adds the chosen people whom the other filters hide, by the names that the log knows.
    fn name_chosen(&self, values: &mut Vec<FacetValue>) -> Result<(), Problem> {
        let is_offered = |id: &str| values.iter().any(|it| it.value == id);
        let left_out = self.address.all("not").filter_map(|it| it.strip_prefix("actor:"));
        let chosen = self.address.all("actor").chain(left_out);
        let hidden: Vec<&str> = chosen.filter(|id| !is_offered(id)).take(NAMES_MAX).collect();
        if hidden.is_empty() {
            return Ok(());
        }
        let everything = self.question(&self.everything())?;
        for id in hidden {
            let known = self.app.reader.facet(&self.visit.org, &everything, FacetField::Actor, id)?;
            let known = known.into_iter().find(|it| it.value == id);
            values.extend(known.map(|it| FacetValue { count: 0, ..it }));
        }
        Ok(())
    }

    /// The address of everything this reader may see.
    fn everything(&self) -> Address {
        self.address.cleared().with("range", Preset::All.as_str())
    }

    /// A page whose dates are the wrong way round: what can be chosen, and no figure of anything.
    fn without_figures(&self) -> Result<(Bar, Results), Problem> {
        let address = self.address.without("from").without("to");
        let facets = match self.question(&address) {
            Ok(question) => self.facets(&question)?,
            // The search has a fault of its own; it is told when the dates are right.
            Err(_) => Vec::new(),
        };
        let mut bar = self.bar(&facets, None);
        for control in &mut bar.controls {
            match control {
                Control::Menu(menu) => menu.choices.iter_mut().for_each(|choice| choice.count.clear()),
                Control::Range(range) => range.is_inverted = true,
            }
        }
        Ok((bar, self.unanswered(&facets, Empty::BadDates { clear: address.href() })))
    }

    /// What stands below the bar when nothing can be asked.
    fn unanswered(&self, facets: &[(Filter, Vec<FacetValue>)], empty: Empty) -> Results {
        Results {
            applied: self.applied(),
            q: q(self.address),
            chips: filters::chips(
                self.profile,
                self.address,
                facets,
                self.visit.org.catalogs(),
                self.visit.words,
            ),
            clear: self.address.cleared().href(),
            empty: Some(empty),
            zone: self.clock.zone_name(),
            ..Results::default()
        }
    }

    /// The choices beside the search, which a new search takes along.
    fn applied(&self) -> Vec<(String, String)> {
        let applied = self.address.params().filter(|(name, _)| *name != "q");
        applied.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn bar(&self, facets: &[(Filter, Vec<FacetValue>)], fault: Option<SearchFault>) -> Bar {
        let control = |filter: &Filter| match filter {
            Filter::Range => {
                Some(Control::Range(filters::range_menu(self.profile, self.address, self.clock)))
            }
            filter => {
                let values = facets.iter().find(|(it, _)| it == filter).map_or(&[][..], |(_, values)| values);
                filters::menu(self.profile, *filter, values, self.address, self.visit.words)
                    .map(Control::Menu)
            }
        };
        let controls: Vec<_> = self.profile.filters.iter().filter_map(control).collect();
        Bar {
            path: self.path(),
            q: q(self.address),
            hint: self.field_hint(),
            has_search: self.profile.filters.contains(&Filter::Search),
            fault,
            carried: filters::carried(&controls, self.address),
            controls,
            has_buttons: self.profile.filter_buttons,
            reset: self.address.opened().href(),
        }
    }

    /// What is said of a field that there is none of.
    fn field_hint(&self) -> String {
        let Some(field) = self.address.one("q").and_then(Search::unknown_field) else { return String::new() };
        let known: Vec<&str> = Field::NAMED.iter().map(|(name, _)| *name).collect();
        let values = [("field", shorten(field, 40).into()), ("fields", known.join(", ").into())];
        self.visit.words.fill("unknown-field", values)
    }

    fn path(&self) -> String {
        format!("/view/{}", self.visit.org.entry().row.id)
    }

    /// What is shown may be taken away; where nothing can be asked, nothing can.
    fn export(&self, results: &Results) -> Option<ExportMenu> {
        ExportMenu::of(self.visit, self.address, results.total?)
    }

    fn page(&self, views: Views, bar: Bar, results: Results) -> LogPage {
        LogPage {
            urls: &URLS,
            words: self.visit.words,
            title: self.visit.words.title(&self.profile.title),
            organization: shorten(&self.visit.org.entry().row.name, 80),
            path: self.path(),
            documents: (self.profile.list == List::Processes)
                .then(|| self.address.opened().there(format!("{}/processes", self.path())).href()),
            refresh: self.address.first_page().href(),
            export: self.export(&results),
            views,
            display: Display::new(self.visit, self.address),
            bar,
            results,
        }
    }

    fn results(
        &self,
        question: &Question,
        facets: &[(Filter, Vec<FacetValue>)],
        base: &str,
    ) -> Result<Results, Problem> {
        let (org, reader) = (&self.visit.org, &self.app.reader);
        let catalogs = org.catalogs();
        let mut page = reader.page(org, question)?;
        name_documents(self.app, self.visit, &mut page.events)?;
        let total = reader.total(org, question)?;
        let histogram = reader.histogram(org, question, &self.visit.moment())?;
        let headings = table::headings(self.profile, self.address, self.visit.words);
        let rows = self.rows(&page.events);
        let empty = if total == 0 { Some(self.empty(base)?) } else { None };
        Ok(Results {
            applied: self.applied(),
            q: q(self.address),
            live_from: reader.seal_position(org, Seq(question.size.0)),
            chips: filters::chips(self.profile, self.address, facets, catalogs, self.visit.words),
            clear: self.address.cleared().href(),
            chart: Chart::new(&histogram, self.address, self.clock),
            total: Some(total),
            count: self
                .visit
                .words
                .fill("events-count", [("count", total.into()), ("shown", grouped(total).into())]),
            within: self.default_range(),
            has_details_column: headings.iter().any(|heading| heading.field == "details"),
            headings,
            orders: table::orders(self.profile, self.address, self.visit.words),
            pager: (!rows.is_empty())
                .then(|| self.pager(question, rows.len(), total, page.next, page.previous)),
            rows,
            empty,
            zone: self.clock.zone_name(),
            date_style: self.clock.style.as_str(),
        })
    }

    fn rows(&self, events: &[Event]) -> Vec<Row> {
        let catalogs = self.visit.org.catalogs();
        let presenter = Presenter {
            profile: self.profile,
            catalogs,
            clock: self.clock,
            address: self.address,
            reader: &self.visit.session.user.id,
            path: &self.path(),
            categories: &table::categories(catalogs),
            pictures: &self.visit.pictures(),
        };
        let first = self.address.first_row();
        events.iter().zip(first..).map(|(event, number)| presenter.row(event, number)).collect()
    }

    fn pager(
        &self,
        question: &Question,
        shown: usize,
        total: u64,
        next: Option<String>,
        previous: Option<String>,
    ) -> Pager {
        let first = self.address.first_row();
        let (shown, limit) = (shown as u64, question.limit as u64);
        let at = |cursor: Option<String>, row: u64| cursor.map(|cursor| self.address.at(&cursor, row).href());
        let carried = self.address.params().filter(|(name, _)| *name != "limit");
        let rows = format!("<strong>{}–{}</strong>", grouped(first), grouped(first + shown - 1));
        Pager {
            rows: self.visit.words.fill("rows-of", [("rows", rows.into()), ("total", grouped(total).into())]),
            first: previous.is_some().then(|| self.address.first_page().href()),
            previous: at(previous, first.saturating_sub(limit).max(1)),
            next: at(next, first + shown),
            sizes: self.profile.page_sizes.iter().map(|size| (*size, u64::from(*size) == limit)).collect(),
            path: self.path(),
            carried: carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    /// The profile's range in words, where it leaves out what lies outside of it and nothing else says so.
    fn default_range(&self) -> String {
        let range = self.profile.default_range;
        let is_silent = self.address.range(self.profile) == range.as_str() && range != Preset::All;
        if is_silent { self.visit.words.preset(range) } else { String::new() }
    }

    /// Why nothing is shown: never anything, all of it at another time, or which choice hides most.
    fn empty(&self, base: &str) -> Result<Empty, Problem> {
        let everything = self.everything();
        if self.total(&everything)? == 0 {
            // How to record is told to who sees whatever is recorded, and asks for all of it.
            let is_first_use = !self.visit.org.scope().is_restricted()
                && self.address.first_page() == self.address.cleared();
            return Ok(if is_first_use {
                Empty::FirstUse { curl: curl(base, self.visit.org.entry().row.id.as_str()) }
            } else {
                Empty::NoActivity
            });
        }
        if let Some(all) = self.whole_time() {
            let count = self.total(&all)?;
            if count > 0 {
                return Ok(Empty::NoMatch {
                    hint: Some(self.outside(&all, count)),
                    clear: everything.href(),
                });
            }
        }
        let mut hint: Option<(u64, Hint)> = None;
        for (choice, address) in self.steps_back() {
            let count = self.total(&address)?;
            if count > hint.as_ref().map_or(0, |(most, _)| *most) {
                hint = Some((count, self.hint(choice, &address, count)));
            }
        }
        Ok(Empty::NoMatch { hint: hint.map(|(_, hint)| hint), clear: everything.href() })
    }

    fn hint(&self, choice: &str, address: &Address, count: u64) -> Hint {
        let words = self.visit.words;
        let q = shorten(self.address.one("q").unwrap_or_default(), HINT_CHARS_MAX);
        let told = words.fill(choice, [("words", q.as_str().into())]);
        Hint {
            told: words.fill(
                "empty-without",
                [("choice", told.into()), ("count", count.into()), ("shown", grouped(count).into())],
            ),
            remove: words.fill(&format!("{choice}.remove"), [("words", q.as_str().into())]),
            href: address.href(),
        }
    }

    /// What is offered first: the same question is answered at another time.
    fn outside(&self, all: &Address, count: u64) -> Hint {
        let range = filters::range_words(self.profile, self.address, self.visit.words);
        let told =
            [("count", count.into()), ("shown", grouped(count).into()), ("range", range.as_str().into())];
        Hint {
            told: self.visit.words.fill("empty-outside", told),
            remove: self.visit.words.say("empty-outside.remove"),
            href: all.href(),
        }
    }

    /// The address with all time, where that is not what is asked.
    fn whole_time(&self) -> Option<Address> {
        let all = || self.address.without("from").without("to").with("range", Preset::All.as_str());
        (self.address.range(self.profile) != Preset::All.as_str()).then(all)
    }

    /// The address without each choice but the date, one at a time, and the message that names the choice.
    fn steps_back(&self) -> Vec<(&'static str, Address)> {
        let mut steps = Vec::new();
        if self.address.one("q").is_some() {
            steps.push(("without-search", self.address.without("q")));
        }
        for (name, choice) in [
            ("actor", "without-actor"),
            ("category", "without-category"),
            ("action", "without-action"),
            ("kind", "without-kind"),
            ("outcome", "without-outcome"),
            ("target", "without-target"),
            ("target_type", "without-target-type"),
            ("ip", "without-ip"),
            ("process", "without-process"),
            ("not", "without-not"),
        ] {
            if self.address.one(name).is_some() {
                steps.push((choice, self.address.without(name)));
            }
        }
        steps
    }

    fn total(&self, address: &Address) -> Result<u64, Problem> {
        let question = self.question(address)?;
        Ok(self.app.reader.total(&self.visit.org, &question)?)
    }
}

impl Fault {
    /// What the reader typed wrong; anything else is a fault of the address.
    fn of(address: &Address, why: ParamError, words: Words) -> Result<Self, Problem> {
        match why.fault {
            ParamFault::Search(search) => Ok(Self::Search(SearchFault::new(address, &search, words))),
            ParamFault::BeforeFrom => Ok(Self::Dates),
            _ => Err(Problem::Param(why)),
        }
    }
}

impl SearchFault {
    fn new(address: &Address, why: &SearchError, words: Words) -> Self {
        let typed: Vec<char> = address.one("q").unwrap_or_default().chars().collect();
        let position = why.position.min(typed.len());
        let end = (position + 1).min(typed.len());
        let text = |chars: &[char]| shorten(&chars.iter().collect::<String>(), 200);
        Self {
            message: words.fill(
                "fault-at",
                [("position", (position + 1).into()), ("reason", reason(why, words).into())],
            ),
            before: text(&typed[..position]),
            at: text(&typed[position..end]),
            after: text(&typed[end..]),
        }
    }
}

/// Why a search cannot be understood.
pub(super) fn reason(why: &SearchError, words: Words) -> String {
    let (id, most) = match why.reason {
        search::SearchFault::TooLong => ("fault-too-long", SEARCH_CHARS_MAX),
        search::SearchFault::TooManyTerms => ("fault-too-many-terms", SEARCH_TERMS_MAX),
        search::SearchFault::OpenQuote => ("fault-open-quote", 0),
        search::SearchFault::NoValue => ("fault-no-value", 0),
    };
    words.fill(id, [("most", most.into())])
}

/// The line that records a first event.
fn curl(base: &str, org: &str) -> String {
    format!(
        "curl {base}/v1/organizations/{org}/events \\\n  -H \"Authorization: Bearer $EVERLOG_API_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"action\": \"auth.signed_in\", \"actor\": {{\"type\": \"user\", \"id\": \"u_1\", \"name\": \"Ana Ruiz\"}}}}'"
    )
}
