//! Profiles: how a log is shown and who may see it, one for each kind of product.
//!
//! Deliberately absent: any `if` on a profile's name, here or elsewhere. Whatever differs between profiles is
//! a member of [`Profile`], and the shipped ones are the files in `profiles/`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::place::{Misplaced, parse_toml};
use crate::words::words;

mod overrides;

pub use overrides::{ITEMS_MAX, OVERRIDABLE, OverrideFault, TITLE_CHARS_MAX};

words! {
    /// What a column shows.
    ColumnField, "column", {
        /// The number of the row, from 1.
        Number = "number",
        /// When it happened.
        Date = "date",
        /// The sentence.
        Description = "description",
        /// Who did it: name, e-mail address, picture.
        User = "user",
        /// The action's label.
        Action = "action",
        /// The action's category.
        Category = "category",
        /// The action's kind.
        Kind = "kind",
        /// The address it came from.
        Ip = "ip",
        /// The button that opens the details.
        Details = "details",
        /// The icon of the action.
        Icon = "icon",
        /// The document of a process.
        Document = "document",
        /// The state of a process.
        Status = "status",
        /// The signees of a process.
        Signees = "signees",
        /// When a process started.
        Started = "started",
        /// When something last happened in a process.
        LastActivity = "last_activity",
    }
}

impl ColumnField {
    /// Whether a file can hold it: a row number and a button are only of the screen.
    pub const fn is_exportable(self) -> bool {
        !matches!(self, Self::Number | Self::Details | Self::Icon)
    }
}

words! {
    /// What a list can be sorted by, as the query writes it.
    SortKey, "sort key", {
        /// When it happened.
        Time = "time",
        /// The action's label.
        Action = "action",
        /// The action's category.
        Category = "category",
        /// The action's kind.
        Kind = "kind",
        /// Who did it.
        Actor = "actor",
        /// The address it came from.
        Ip = "ip",
        /// When a process started.
        Started = "started",
        /// The document of a process.
        Document = "document",
        /// The state of a process.
        Status = "status",
        /// When something last happened in a process.
        Activity = "activity",
    }
}

words! {
    /// How a date is written in a list; exact and in full everywhere it can be hovered.
    DateStyle, "date style", {
        /// `Dec 15, 2025 04:54 PM` (`L06`).
        Absolute12h = "absolute_12h",
        /// `2 hours ago`, exact on hover (`C16`).
        Relative = "relative",
        /// Date, time and seconds in the reader's zone (`D04`).
        Exact = "exact",
        /// The same with the zone's name.
        ExactWithZone = "exact_with_zone",
    }
}

words! {
    /// A span of time a reader can choose with one click.
    Preset, "preset", {
        /// The current day.
        Today = "today",
        /// The day before.
        Yesterday = "yesterday",
        /// Since the week began.
        ThisWeek = "this_week",
        /// Seven calendar days, today included.
        Last7Days = "last_7_days",
        /// Thirty calendar days, today included.
        Last30Days = "last_30_days",
        /// Since the month began.
        ThisMonth = "this_month",
        /// The calendar month before.
        LastMonth = "last_month",
        /// Before now minus a calendar month.
        Older = "older",
        /// Everything.
        All = "all",
        /// Two dates.
        Custom = "custom",
    }
}

words! {
    /// A control that narrows the list.
    Filter, "filter", {
        /// Free text.
        Search = "search",
        /// One person.
        User = "user",
        /// Any number of people.
        Users = "users",
        /// The category, of those that occur.
        Category = "category",
        /// The action.
        Action = "action",
        /// The kind.
        Kind = "kind",
        /// The date.
        Range = "range",
        /// The state of a process.
        Status = "status",
    }
}

words! {
    /// What a role sees.
    Sees, "visibility", {
        /// Every event.
        Everything = "everything",
        /// Nothing: a session is refused.
        Nothing = "nothing",
        /// Audience organization.
        Organization = "organization",
        /// Audience organization, own events only.
        OwnInOrganization = "own_in_organization",
        /// Audience administrators, own events only.
        OwnInAdministrators = "own_in_administrators",
    }
}

impl Sees {
    /// Whether part of the log is hidden, and therefore positions and totals of the log too.
    pub const fn is_restricted(self) -> bool {
        !matches!(self, Self::Everything)
    }
}

words! {
    /// A file a reader can take away.
    Export, "export", {
        /// Comma-separated values.
        Csv = "csv",
        /// A spreadsheet.
        Xlsx = "xlsx",
        /// One event a line.
        Jsonl = "jsonl",
        /// Events as evidence.
        Bundle = "bundle",
        /// The Audit Trail of a process on paper.
        Pdf = "pdf",
        /// The Audit Trail as a page.
        Html = "html",
        /// The Audit Trail for programs.
        Json = "json",
    }
}

words! {
    /// What the first page lists.
    List, "list", {
        /// Events.
        Log = "log",
        /// Signing processes, each with its log.
        Processes = "processes",
    }
}

words! {
    /// What happens to a document when a signee declines, cannot be reached or is late.
    Ending, "ending", {
        /// It is canceled.
        Cancel = "cancel",
        /// It lives on.
        Keep = "keep",
    }
}

/// One column of a table or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it shows.
    pub field: ColumnField,
    /// Its heading.
    pub title: String,
    /// What a click on the heading sorts by; none: it cannot be clicked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sortable: Option<SortKey>,
}

/// A role a viewer session may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role as sessions name it.
    pub name: String,
    /// What it sees.
    pub sees: Sees,
}

/// Settings an organization has when it says nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// After `document.declined` (`X13`, `L29`).
    pub on_decline: Ending,
    /// After `signee.bounced` (`X14`, `L28`).
    pub on_bounce: Ending,
    /// After `document.expired` (`X18`).
    pub on_expired: Ending,
    /// Who the server's own steps are by (`T27`).
    pub system_name: String,
}

/// How a log is shown and who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The name organizations choose it by.
    pub name: String,
    /// The heading of the page.
    pub title: String,
    /// Shipped catalogs it speaks, in order.
    pub catalogs: Vec<String>,
    /// What the first page lists.
    pub list: List,
    /// The columns of that list.
    pub columns: Vec<Column>,
    /// The columns of the log on a process's own page.
    pub process_columns: Vec<Column>,
    /// The columns of CSV and XLSX files; those of the list unless the file says otherwise.
    pub export_columns: Vec<Column>,
    /// How dates are written.
    pub date_style: DateStyle,
    /// Spans of time offered, in order.
    pub presets: Vec<Preset>,
    /// The span when nothing is chosen.
    pub default_range: Preset,
    /// Filters offered, in order.
    pub filters: Vec<Filter>,
    /// Whether filters wait for a Filter button, beside a Reset button (`D15`, `D16`).
    pub filter_buttons: bool,
    /// Rows a page may have.
    pub page_sizes: Vec<u32>,
    /// Rows a page has when nothing is chosen.
    pub default_page_size: u32,
    /// Roles with what they see; with `any_role`, only the usual names.
    pub roles: Vec<Role>,
    /// Whether a session may have any role, and sees everything.
    pub any_role: bool,
    /// Whether events may be for administrators only (`D30`).
    pub audiences: bool,
    /// Files a session may take away unless the organization's settings say otherwise.
    pub exports: Vec<Export>,
    /// Settings until the organization changes them.
    pub defaults: Defaults,
}

/// Why a profile was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ProfileError(#[from] pub Misplaced);

/// A profile as it stands in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    catalogs: Vec<Spanned<String>>,
    list: List,
    columns: Vec<Column>,
    #[serde(default)]
    process_columns: Vec<Column>,
    #[serde(default)]
    export_columns: Option<Vec<Column>>,
    date_style: DateStyle,
    presets: Vec<Preset>,
    default_range: Spanned<Preset>,
    filters: Vec<Filter>,
    filter_buttons: bool,
    page_sizes: Vec<u32>,
    default_page_size: Spanned<u32>,
    roles: Vec<Spanned<Role>>,
    any_role: bool,
    audiences: bool,
    exports: Vec<Export>,
    defaults: Defaults,
}

impl File {
    /// The place and the reason of the first thing that contradicts another.
    fn contradiction(&self) -> Option<(usize, String)> {
        if let Some(name) =
            self.catalogs.iter().find(|name| crate::catalog::shipped(name.get_ref()).is_none())
        {
            let error = crate::catalog::UnknownCatalog { name: name.get_ref().clone() };
            return Some((name.span().start, error.to_string()));
        }
        if !self.page_sizes.contains(self.default_page_size.get_ref()) {
            return Some((self.default_page_size.span().start, "not one of page_sizes".to_owned()));
        }
        if *self.default_range.get_ref() == Preset::Custom {
            return Some((self.default_range.span().start, "\"custom\" is no range by itself".to_owned()));
        }
        let mut seen = BTreeSet::new();
        for role in &self.roles {
            let (place, role) = (role.span().start, role.get_ref());
            let is_first = seen.insert(role.name.as_str());
            let why = overrides::role_contradiction(role, is_first, self.any_role, self.audiences);
            if let Some(why) = why {
                return Some((place, why));
            }
        }
        None
    }
}

impl Profile {
    /// Reads a profile. `file` is what errors call the text; its last part without `.toml` is the name.
    ///
    /// ```
    /// let error = everlog_core::profile::Profile::parse("profiles/zoo.toml", "title = 'Zoo'\nlist = 'lgo'");
    /// assert_eq!(
    ///     error.unwrap_err().to_string(),
    ///     "profiles/zoo.toml:2:8: unknown list \"lgo\", expected one of log, processes",
    /// );
    /// ```
    pub fn parse(file: &str, toml: &str) -> Result<Self, ProfileError> {
        let parsed: File = parse_toml(file, toml)?;
        if let Some((offset, reason)) = parsed.contradiction() {
            return Err(Misplaced::at(file, toml, offset, reason).into());
        }
        let last = file.rsplit('/').next().unwrap_or(file);
        Ok(Self {
            name: last.strip_suffix(".toml").unwrap_or(last).to_owned(),
            title: parsed.title,
            catalogs: parsed.catalogs.into_iter().map(Spanned::into_inner).collect(),
            list: parsed.list,
            export_columns: parsed.export_columns.unwrap_or_else(|| overrides::exportable(&parsed.columns)),
            columns: parsed.columns,
            process_columns: parsed.process_columns,
            date_style: parsed.date_style,
            presets: parsed.presets,
            default_range: parsed.default_range.into_inner(),
            filters: parsed.filters,
            filter_buttons: parsed.filter_buttons,
            page_sizes: parsed.page_sizes,
            default_page_size: parsed.default_page_size.into_inner(),
            roles: parsed.roles.into_iter().map(Spanned::into_inner).collect(),
            any_role: parsed.any_role,
            audiences: parsed.audiences,
            exports: parsed.exports,
            defaults: parsed.defaults,
        })
    }

    /// What a session of this role sees; `None`: the profile has no such role, and no session is made.
    pub fn sees(&self, role: &str) -> Option<Sees> {
        if self.any_role {
            return Some(Sees::Everything);
        }
        self.roles.iter().find(|known| known.name == role).map(|known| known.sees)
    }
}

/// The names of the shipped profiles.
pub const NAMES: &[&str] = &["documents", "workspace", "signing", "platform"];

static SHIPPED: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let texts = [
        ("profiles/documents.toml", include_str!("../../profiles/documents.toml")),
        ("profiles/workspace.toml", include_str!("../../profiles/workspace.toml")),
        ("profiles/signing.toml", include_str!("../../profiles/signing.toml")),
        ("profiles/platform.toml", include_str!("../../profiles/platform.toml")),
    ];
    #[expect(clippy::expect_used, reason = "the texts are constants; a test parses each of them")]
    let parse = |(file, text)| Profile::parse(file, text).expect("a shipped profile parses");
    texts.into_iter().map(parse).collect()
});

/// A shipped profile, by one of [`NAMES`].
pub fn shipped(name: &str) -> Option<&'static Profile> {
    SHIPPED.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests;
