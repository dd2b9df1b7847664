//! What is offered while one types: fields, and the values that occur in them; values that a menu does not hold.
//!
//! Deliberately absent: values that do not occur, or that this reader may not see. Both come from facets, under every
//! other filter in force.

use askama::Template;
use everlog_core::profile::{Filter, Preset};
use everlog_core::query::once;
use everlog_core::search::Field;

use crate::app::App;
use crate::index::{FacetField, FacetValue};
use crate::read::Question;
use crate::viewer::address::Address;
use crate::viewer::filters::{self, Choice};
use crate::viewer::problem::Problem;
use crate::viewer::session::Visit;
use crate::viewer::text::{Text, hides_anything, rendered, shorten};
use crate::words::{Words, grouped};

/// Most offers at once: more is a list to read, not a help with typing.
const OFFERS_MAX: usize = 8;
/// Most values found for a menu at once.
const FOUND_MAX: usize = 20;
/// Longest label of an offer, in characters.
const LABEL_CHARS_MAX: usize = 60;
/// Longest value that is offered as a term, in characters: a search holds several.
const TERM_CHARS_MAX: usize = 120;

/// The options below the search.
#[derive(Template)]
#[template(path = "viewer/complete.html")]
struct Offers {
    offers: Vec<Offer>,
}

/// One option.
struct Offer {
    /// What takes the place of the word that is typed.
    insert: String,
    label: Text,
    second: Option<Text>,
    count: String,
}

/// More choices of a menu.
#[derive(Template)]
#[template(path = "viewer/found.html")]
struct Found {
    name: &'static str,
    is_single: bool,
    choices: Vec<Choice>,
}

/// Answers what is typed: `term` in the search, or in the menu that `menu` names. The address is the list as
/// it is without that word.
///
/// # Errors
/// When the parameters cannot be understood or the log cannot be read.
pub(super) fn complete(
    app: &App,
    visit: &Visit,
    address: &Address,
    sent: &[(String, String)],
) -> Result<Result<String, askama::Error>, Problem> {
    let one = |name| once(sent, name).map_err(Problem::Param);
    let term = one("term")?.unwrap_or_default();
    if let Some(menu) = one("menu")? {
        return Ok(rendered(&beyond(app, visit, address, menu, term)?, visit.words));
    }
    let (sign, word) = term.strip_prefix('-').map_or(("", term), |word| ("-", word));
    let offers = match word.split_once(':') {
        None => fields(sign, word),
        Some((name, part)) => match Field::from_name(name).and_then(|field| counted(&field)) {
            None => Vec::new(),
            Some(field) => {
                let values = facet(app, visit, address, field, part.trim_matches('"'))?;
                offers(&format!("{sign}{name}"), field, &values, visit.words)
            }
        },
    };
    Ok(rendered(&Offers { offers }, visit.words))
}

/// Choices that a menu does not hold: of the list as it is, then of all this reader may see, which count nothing here.
fn beyond(app: &App, visit: &Visit, address: &Address, menu: &str, term: &str) -> Result<Found, Problem> {
    let profile = &visit.org.entry().profile;
    let mut known = profile.filters.iter().copied().chain([Filter::Users]);
    let offered = known.find(|it| filters::name(*it) == Some(menu));
    let Some((filter, field)) = offered.and_then(|it| Some((it, filters::facet(it)?))) else {
        return Ok(Found { name: "", is_single: false, choices: Vec::new() });
    };
    let mut values = facet(app, visit, address, field, term)?;
    if values.len() < FOUND_MAX {
        let everything = address.cleared().with("range", Preset::All.as_str());
        let elsewhere = facet(app, visit, &everything, field, term)?;
        let is_new = |it: &FacetValue| values.iter().all(|known| known.value != it.value);
        let elsewhere: Vec<_> = elsewhere.into_iter().filter(is_new).collect();
        values.extend(elsewhere.into_iter().map(|it| FacetValue { count: 0, ..it }));
    }
    values.truncate(FOUND_MAX);
    let name = filters::name(filter).unwrap_or_default();
    Ok(Found { name, is_single: filter == Filter::User, choices: filters::found(name, &values, address) })
}

/// The facet that counts what a field of the search looks into.
fn counted(field: &Field) -> Option<FacetField> {
    match field {
        Field::Actor => Some(FacetField::Actor),
        Field::Action => Some(FacetField::Action),
        Field::Category => Some(FacetField::Category),
        Field::Kind => Some(FacetField::Kind),
        Field::Outcome => Some(FacetField::Outcome),
        Field::Target => Some(FacetField::TargetType),
        Field::Ip => Some(FacetField::Ip),
        Field::Process | Field::Id | Field::Description | Field::Metadata(_) => None,
    }
}

fn facet(
    app: &App,
    visit: &Visit,
    address: &Address,
    field: FacetField,
    part: &str,
) -> Result<Vec<FacetValue>, Problem> {
    // A search that is not finished elsewhere narrows nothing.
    let question = question(app, visit, address).or_else(|_| question(app, visit, &address.without("q")))?;
    Ok(app.reader.facet(&visit.org, &question, field, part)?)
}

fn question(app: &App, visit: &Visit, address: &Address) -> Result<Question, Problem> {
    let params = address.first_page().query(&visit.org.entry().profile);
    Ok(app.reader.question(&visit.org, &params, &[], &visit.moment())?)
}

fn fields(sign: &str, word: &str) -> Vec<Offer> {
    let word = word.to_lowercase();
    let named = Field::NAMED
        .iter()
        .chain(Field::SYNONYMS)
        .filter(|(name, _)| !word.is_empty() && name.starts_with(&word));
    let offer = |(name, _): &(&str, Field)| Offer {
        insert: format!("{sign}{name}:"),
        label: Text::short(&format!("{name}:")),
        second: None,
        count: String::new(),
    };
    named.map(offer).collect()
}

/// Values as terms that find them and little else: quoted, people by name unless several have it.
fn offers(name: &str, field: FacetField, values: &[FacetValue], words: Words) -> Vec<Offer> {
    let is_shared = |label: &str| values.iter().filter(|it| it.label == label).count() > 1;
    // In a search nothing marks what cannot be seen, so that such a name is not put there.
    let is_term = |text: &str| text.chars().nth(TERM_CHARS_MAX).is_none() && !hides_anything(text);
    let term = |it: &FacetValue| match field {
        FacetField::Actor if !is_shared(&it.label) && is_term(&it.label) => it.label.clone(),
        _ => it.value.clone(),
    };
    let offer = |it: &FacetValue| {
        let label = match field {
            FacetField::Kind => words.say(&format!("kind-{}", it.value)),
            _ => it.label.clone(),
        };
        let second = it
            .detail
            .clone()
            .or_else(|| (it.value != it.label && field != FacetField::Kind).then(|| it.value.clone()));
        Offer {
            insert: format!("{name}:\"{}\" ", term(it)),
            label: Text::name(&shorten(&label, LABEL_CHARS_MAX)),
            second: second.map(|it| Text::name(&shorten(&it, LABEL_CHARS_MAX))),
            count: grouped(it.count),
        }
    };
    // A quotation mark cannot stand inside quotation marks.
    let is_offered = |it: &&FacetValue| is_term(&term(it)) && !term(it).contains('"');
    values.iter().filter(is_offered).take(OFFERS_MAX).map(offer).collect()
}
