//! The state of a page, which is its URL: what is chosen, and the links that choose otherwise.
//!
//! Deliberately absent: understanding a query. `read` does that; here a filter is a name and a value.

use everlog_core::profile::{Preset, Profile};
use everlog_core::query::PARAMETERS;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped in a path or a query: all but RFC 3986's unreserved characters and those that ids and values often hold.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b',');
/// The parameters that choose a page of the list: any other choice begins at the first page again.
const PLACE: &[&str] = &["cursor", "row"];
/// The parameters of a page beside those of a query.
const OWN: &[&str] = &["limit", "lang", "times", "live", "status", "starter", "cursor", "row"];
/// The parameters that choose how a page is shown, not what.
const SHOWN: &[&str] = &["tz", "lang", "times"];
/// Whether the list is followed.
const LIVE: &str = "live";
/// The parameters that `read` does not know.
const UNASKED: &[&str] = &["lang", "times", "row", "status", "starter", LIVE];
/// The value of `range` in forms that stands for two dates; never in a link.
const CUSTOM: &str = "custom";
/// The first year that events can lie in.
const FIRST_YEAR: &str = "1970";

/// A page's path and parameters, in one order and without empty or unknown ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: String,
    params: Vec<(String, String)>,
}

impl Address {
    /// The state that a URL or a form means, for this profile. What is unknown here is left out.
    pub fn read(path: String, sent: &[(String, String)], profile: &Profile) -> Self {
        let mut params: Vec<(String, String)> = Vec::new();
        for name in PARAMETERS.iter().chain(OWN) {
            for (_, value) in sent.iter().filter(|(key, value)| key == name && !value.is_empty()) {
                let pair = ((*name).to_owned(), value.clone());
                if !params.contains(&pair) {
                    params.push(pair);
                }
            }
        }
        let mut address = Self { path, params };
        match address.one("range") {
            // A form sends the dates whatever is chosen beside them.
            Some(CUSTOM) => address.drop("range"),
            Some(_) => address.params.retain(|(name, _)| name != "from" && name != "to"),
            None => {}
        }
        if address.one("range") == Some(profile.default_range.as_str()) {
            address.drop("range");
        }
        if address.one(LIVE).is_some_and(|value| value != "1") {
            address.drop(LIVE);
        }
        let is_size = |value: &str| profile.page_sizes.iter().any(|size| size.to_string() == value);
        let default = profile.default_page_size.to_string();
        if address.one("limit").is_some_and(|limit| !is_size(limit) || limit == default) {
            address.drop("limit");
        }
        address
    }

    /// Where the page is.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn drop(&mut self, name: &str) {
        self.params.retain(|(key, _)| key != name);
    }

    /// The parameters as `read` takes them, the profile's default range and page size included.
    pub fn query(&self, profile: &Profile) -> Vec<(String, String)> {
        let mut params: Vec<_> =
            self.params.iter().filter(|(name, _)| !UNASKED.contains(&name.as_str())).cloned().collect();
        let mut default = |name: &str, value: String| {
            if self.one(name).is_none() {
                params.push((name.to_owned(), value));
            }
        };
        if !self.has_dates() && profile.default_range != Preset::All {
            default("range", profile.default_range.as_str().to_owned());
        }
        default("limit", profile.default_page_size.to_string());
        params
    }

    /// Whether two dates are chosen instead of a preset.
    pub fn has_dates(&self) -> bool {
        self.one("from").is_some() || self.one("to").is_some()
    }

    /// Whether less is asked than everything this reader may see.
    pub fn is_narrowed(&self, profile: &Profile) -> bool {
        self.range(profile) != Preset::All.as_str() || self.without("range") != self.cleared()
    }

    /// The date before 1970, if there is one: a year of which not every digit is typed.
    pub fn early_date(&self) -> Option<&'static str> {
        let is_early = |text: &str| text.get(..4).is_some_and(|year| year < FIRST_YEAR);
        ["from", "to"].into_iter().find(|name| self.one(name).is_some_and(is_early))
    }

    /// The preset that is chosen or, by default, in force.
    pub fn range<'a>(&'a self, profile: &'a Profile) -> &'a str {
        if self.has_dates() { CUSTOM } else { self.one("range").unwrap_or(profile.default_range.as_str()) }
    }

    /// The values of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter.
    pub fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every parameter that is no place in the list.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        let params = self.params.iter().filter(|(name, _)| !PLACE.contains(&name.as_str()));
        params.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The number of the page's first row, from 1.
    pub fn first_row(&self) -> u64 {
        self.one("cursor").and(self.one("row")).and_then(|row| row.parse().ok()).unwrap_or(1)
    }

    /// The same list at another place.
    pub fn at(&self, cursor: &str, first_row: u64) -> Self {
        let mut address = self.first_page();
        address.params.push(("cursor".to_owned(), cursor.to_owned()));
        address.params.push(("row".to_owned(), first_row.to_string()));
        address
    }

    /// The same list from its beginning.
    pub fn first_page(&self) -> Self {
        let mut address = self.clone();
        PLACE.iter().for_each(|name| address.drop(name));
        address
    }

    /// The list with this one value of a parameter, whatever was chosen before.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut address = self.without(name);
        address.params.push((name.to_owned(), value.to_owned()));
        address
    }

    /// The list without any value of a parameter.
    pub fn without(&self, name: &str) -> Self {
        let mut address = self.first_page();
        address.drop(name);
        address
    }

    /// The list without one value of a parameter.
    pub fn without_value(&self, name: &str, value: &str) -> Self {
        let mut address = self.first_page();
        address.params.retain(|(key, it)| !(key == name && it == value));
        address
    }

    /// The list with one more value of a parameter.
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut address = self.without_value(name, value);
        address.params.push((name.to_owned(), value.to_owned()));
        address
    }

    /// The list from one moment to another, both as the reader's clock shows them.
    pub fn between(&self, from: &str, to: &str) -> Self {
        self.without("range").with("from", from).with("to", to)
    }

    /// The list with no filter, in the same order and pages of the same size.
    pub fn cleared(&self) -> Self {
        let mut address = self.clone();
        let is_kept = |name: &str| ["sort", "limit", LIVE].contains(&name) || SHOWN.contains(&name);
        address.params.retain(|(name, _)| is_kept(name));
        address
    }

    /// The list as it is opened, shown in the same way.
    pub fn opened(&self) -> Self {
        let mut address = self.clone();
        address.params.retain(|(name, _)| SHOWN.contains(&name.as_str()));
        address
    }

    /// The same state on another page.
    pub fn on(&self, path: String) -> Self {
        Self { path, ..self.first_page() }
    }

    /// The same state and place on another page.
    pub fn there(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }

    /// The choices as they stand in a URL, whichever page is shown and whether or not it is followed.
    pub fn choices(&self) -> String {
        let href = self.without(LIVE).href();
        href.split_once('?').map(|(_, choices)| choices.to_owned()).unwrap_or_default()
    }

    /// The URL, from its path on.
    pub fn href(&self) -> String {
        let mut href = self.path.clone();
        for (at, (name, value)) in self.params.iter().enumerate() {
            href.push(if at == 0 { '?' } else { '&' });
            href.push_str(name);
            href.push('=');
            href.push_str(&encode(value));
        }
        href
    }
}

/// A text as it stands in a path or a query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, &ENCODED).to_string()
}
