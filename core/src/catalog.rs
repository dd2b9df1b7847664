//! Catalogs: what each action is called, which category, kind and tone it has, and the sentence that tells it.
//!
//! Deliberately absent: the rules themselves (`process` knows what a guard means; here it is a code), and
//! languages, whose names for these words come from outside. An action that no catalog knows is still described, from its name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::place::{Misplaced, parse_toml};
use crate::words::words;

mod derive;
mod entry;
mod names;
mod template;

pub use entry::{Entry, LIST_MAX, TEXT_CHARS_MAX};
pub use names::Names;
pub use template::{Template, TemplateError, Told, Variable};

/// The category of events about reading the log itself.
pub const ACCESS: &str = "Access";
/// Most actions one catalog may hold; the largest shipped one has about a tenth of it.
pub const CATALOG_ACTIONS_MAX: usize = 1_000;

words! {
    /// What an action does to its record; the histogram and the Event filter go by it.
    Kind, "kind", {
        /// A new record.
        Created = "created",
        /// A change to a record.
        Updated = "updated",
        /// A record gone.
        Deleted = "deleted",
        /// A record moved between entities.
        Transferred = "transferred",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// The colour of an action's label.
    Tone, "tone", {
        /// Green.
        Good = "good",
        /// Red.
        Bad = "bad",
        /// Grey.
        Neutral = "neutral",
        /// Blue.
        Info = "info",
        /// Amber.
        Warn = "warn",
    }
}

impl Kind {
    /// The tone an action of this kind has when nothing else is said (`C16`).
    pub const fn tone(self) -> Tone {
        match self {
            Self::Created => Tone::Good,
            Self::Deleted => Tone::Bad,
            Self::Updated | Self::Transferred | Self::Other => Tone::Neutral,
        }
    }
}

/// One action as a catalog describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// `noun.verb`, such as `lead.status_changed`.
    pub key: String,
    /// What people read, verbatim.
    pub label: String,
    /// The part of the product it belongs to.
    pub category: String,
    /// What it does to its record.
    pub kind: Kind,
    /// The colour of its label.
    pub tone: Tone,
    /// The name of its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Whose doing it is in a signing process: creation, signer, team, system, end (`X07`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The group when a member of the team did it instead of a signee, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_group: Option<String>,
    /// The sentence that tells it, when the sender gives no description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// What it is called elsewhere. `signing` is its status in the signing activity API, where `*` stands for
    /// the provider's word; see [`Action::wire_status`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The two labels of an action that reads differently to the one who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderWording>,
    /// Codes of the rules that may refuse it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guard: Vec<String>,
    /// Keys of the actions it may imply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<String>,
    /// Whether it stands on the Audit Trail PDF.
    #[serde(default)]
    pub evidence: bool,
    /// Whether the server alone records it. Only in a shipped catalog.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reserved: bool,
}

/// A label that depends on who reads (`L22`, `L23`, `L25`, `L26`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderWording {
    /// What the actor reads.
    pub own: String,
    /// What everybody else reads.
    pub other: String,
}

impl Action {
    /// The label for a reader who did it (`own`) or who did not.
    pub fn label_for_reader(&self, own: bool) -> &str {
        match &self.reader {
            Some(wording) if own => &wording.own,
            Some(wording) => &wording.other,
            None => &self.label,
        }
    }

    /// The group it stands in on a process's page, by who did it.
    pub fn group_for(&self, by_team_member: bool) -> Option<&str> {
        let team = self.team_group.as_deref().filter(|_| by_team_member);
        team.or(self.group.as_deref())
    }

    /// The status the signing activity API writes (`T30`), with the provider's own word where one belongs.
    pub fn wire_status(&self, provider_status: &str) -> Option<String> {
        self.labels.get("signing").map(|label| label.replacen('*', provider_status, 1))
    }
}

/// One file of actions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    actions: Vec<Action>,
    by_key: HashMap<String, usize>,
}

/// Why a catalog was refused, and where: `catalogs/crm.toml:12:9: unknown tone "gren", expected one of …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct CatalogError(#[from] pub Misplaced);

/// Why a catalog given as entries was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct EntryError {
    /// The action; empty for the catalog as a whole.
    pub key: String,
    /// The member of its entry; empty for the entry as a whole.
    pub member: &'static str,
    /// What is wrong.
    pub reason: String,
}

/// What an entry may be refused for beside what every entry is refused for: the member and the reason.
type MoreFaults<Text> = fn(&Entry<Text>, &str) -> Option<(&'static str, String)>;

/// What a key must look like.
const KEY_FORM: &str = "an action is 1 to 200 bytes such as lead.created, without white space and *";

impl Catalog {
    /// Reads a catalog: one table per action, in the order in which `actions` will give them back.
    ///
    /// `name` is what errors call the text. Unknown members, kinds, tones and variables, unbalanced templates
    /// and keys that stand twice are refused with their place.
    ///
    /// ```
    /// use everlog_core::catalog::{Catalog, Kind, Tone};
    ///
    /// let catalog = Catalog::parse("catalogs/zoo.toml", r#"
    ///     ["animal.created"]
    ///     label = "Animal arrived"
    ///     template = "{actor} welcomed {target}[ to {metadata.enclosure}]"
    /// "#)?;
    /// let action = catalog.get("animal.created").expect("it is in the catalog");
    /// assert_eq!((action.kind, action.tone, action.category.as_str()), (Kind::Created, Tone::Good, "Animal"));
    ///
    /// let error = Catalog::parse("catalogs/zoo.toml", "['animal.fed']\nlabel = 'Fed'\ntone = 'gren'").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "catalogs/zoo.toml:3:8: unknown tone \"gren\", expected one of good, bad, neutral, info, warn",
    /// );
    /// # Ok::<(), everlog_core::catalog::CatalogError>(())
    /// ```
    pub fn parse(name: &str, toml: &str) -> Result<Self, CatalogError> {
        Self::read(name, toml, |_, _| None)
    }

    /// Reads an organization's own catalog: one that leaves alone what is the server's.
    ///
    /// # Errors
    /// As `parse`; also an entry that is `reserved`, or that moves an action into the category Access or out of it.
    pub fn parse_own(name: &str, toml: &str) -> Result<Self, CatalogError> {
        Ok(Self::read(name, toml, Entry::own_fault)?.into_own())
    }

    /// Reads an own catalog that was kept: what `parse_own` refuses has no effect.
    ///
    /// # Errors
    /// As `parse`.
    pub fn parse_kept(name: &str, toml: &str) -> Result<Self, CatalogError> {
        Ok(Self::parse(name, toml)?.into_own())
    }

    /// The same without what only a shipped catalog may say.
    fn into_own(self) -> Self {
        let own = |action: &Action| {
            let category = if is_access(&action.key) { ACCESS.to_owned() } else { action.category.clone() };
            Action { category, reserved: false, ..action.clone() }
        };
        Self::of(self.name(), self.actions().map(own).collect())
    }

    fn read(name: &str, toml: &str, more: MoreFaults<Spanned<String>>) -> Result<Self, CatalogError> {
        let refuse = |offset: usize, reason: &str| Misplaced::at(name, toml, offset, reason);
        let entries: BTreeMap<Spanned<String>, Entry<Spanned<String>>> = parse_toml(name, toml)?;
        if entries.len() > CATALOG_ACTIONS_MAX {
            return Err(refuse(0, &format!("more than {CATALOG_ACTIONS_MAX} actions")).into());
        }
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, entry) in &entries {
            if !is_key(key.get_ref()) {
                return Err(refuse(key.span().start, KEY_FORM).into());
            }
            if let Some((member, reason)) = entry.fault().or_else(|| more(entry, key.get_ref())) {
                let label = Some(&entry.label).filter(|_| member == "label");
                let text = label.or(entry.category.as_ref().filter(|_| member == "category"));
                let place = text.map_or(key.span(), Spanned::span);
                return Err(refuse(place.start, &reason).into());
            }
        }
        let actions = entries.into_iter().map(|(key, entry)| entry.into_action(key.into_inner()));
        Ok(Self::of(name, actions.collect()))
    }

    /// Makes an organization's own catalog of entries, by the rules of `parse_own`.
    ///
    /// # Errors
    /// Names the first action and member at fault.
    pub fn own_from_entries(name: &str, entries: BTreeMap<String, Entry>) -> Result<Self, EntryError> {
        if entries.len() > CATALOG_ACTIONS_MAX {
            let reason = format!("more than {CATALOG_ACTIONS_MAX} actions");
            return Err(EntryError { key: String::new(), member: "", reason });
        }
        for (key, entry) in &entries {
            if !is_key(key) {
                return Err(EntryError { key: key.clone(), member: "", reason: KEY_FORM.to_owned() });
            }
            if let Some((member, reason)) = entry.fault().or_else(|| entry.own_fault(key)) {
                return Err(EntryError { key: key.clone(), member, reason });
            }
        }
        let actions = entries.into_iter().map(|(key, entry)| entry.into_action(key));
        Ok(Self::of(name, actions.collect()).into_own())
    }

    /// Its entries, by key.
    pub fn entries(&self) -> BTreeMap<String, Entry> {
        self.actions().map(|action| (action.key.clone(), Entry::from(action))).collect()
    }

    /// The catalog as `parse` reads it.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for action in self.actions() {
            entry::to_toml(&action.key, &Entry::from(action), &mut text);
        }
        text
    }

    fn of(name: &str, actions: Vec<Action>) -> Self {
        let by_key = actions.iter().enumerate().map(|(at, action)| (action.key.clone(), at)).collect();
        Self(Arc::new(Inner { name: name.to_owned(), actions, by_key }))
    }

    /// What errors called the text it was read from.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The action of this key.
    pub fn get(&self, key: &str) -> Option<&Action> {
        self.0.by_key.get(key).map(|&at| &self.0.actions[at])
    }

    /// Every action, in the order of the file.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.0.actions.iter()
    }
}

/// Longest key of an action, in bytes: the longest an event may name.
const KEY_BYTES_MAX: usize = 200;

fn is_key(key: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '*';
    (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.contains(odd)
}

/// How an action is shown, whether a catalog knows it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Described {
    /// What people read.
    pub label: String,
    /// The part of the product.
    pub category: String,
    /// What it does to its record.
    pub kind: Kind,
    /// The colour of its label.
    pub tone: Tone,
    /// The name of its icon.
    pub icon: Option<String>,
}

/// The catalogs of one organization; where two know a key, the later one counts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    layers: Vec<Catalog>,
    names: Arc<Names>,
}

/// A name under which no catalog is shipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no catalog \"{name}\"; shipped are {}", NAMES.join(", "))]
pub struct UnknownCatalog {
    /// The name asked for.
    pub name: String,
}

impl Catalogs {
    /// Merges catalogs in order, an organization's own last.
    pub fn new(layers: impl IntoIterator<Item = Catalog>) -> Self {
        Self { layers: layers.into_iter().collect(), names: Arc::default() }
    }

    /// Merges shipped catalogs by name, then the organization's own.
    pub fn shipped_with<N: AsRef<str>>(names: &[N], own: Option<Catalog>) -> Result<Self, UnknownCatalog> {
        let mut layers = Vec::with_capacity(names.len() + 1);
        for name in names {
            let name = name.as_ref();
            layers.push(shipped(name).ok_or_else(|| UnknownCatalog { name: name.to_owned() })?.clone());
        }
        layers.extend(own);
        Ok(Self::new(layers))
    }

    /// The same catalogs for a reader of another language: what is shown and searched has these names too; what is
    /// asked for by category stays as it is.
    pub fn named(&self, names: &Arc<Names>) -> Self {
        Self { layers: self.layers.clone(), names: Arc::clone(names) }
    }

    /// What their words are called in the reader's language.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The action of this key, from the last catalog that knows it.
    pub fn get(&self, key: &str) -> Option<&Action> {
        self.layers.iter().rev().find_map(|catalog| catalog.get(key))
    }

    /// Every action that counts, in the order of the catalogs.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.layers.iter().enumerate().flat_map(move |(at, catalog)| {
            let later = &self.layers[at + 1..];
            catalog.actions().filter(move |action| later.iter().all(|layer| layer.get(&action.key).is_none()))
        })
    }

    /// How an action is shown. One that no catalog knows is described from its name:
    /// `spam_carrier.status_changed` is "Spam carrier status changed" of "Spam carrier".
    pub fn describe(&self, key: &str) -> Described {
        match self.get(key) {
            Some(action) => Described {
                label: action.label.clone(),
                category: action.category.clone(),
                kind: action.kind,
                tone: action.tone,
                icon: action.icon.clone(),
            },
            None => {
                let kind = derive::kind(key);
                let (label, category) = (derive::label(key), derive::category(key));
                Described { label, category, kind, tone: kind.tone(), icon: None }
            }
        }
    }
}

/// The names of the shipped catalogs.
pub const NAMES: &[&str] = &["everlog", "documents", "workspace", "signing", "platform"];

static SHIPPED: LazyLock<Vec<Catalog>> = LazyLock::new(|| {
    let texts = [
        ("catalogs/everlog.toml", include_str!("../../catalogs/everlog.toml")),
        ("catalogs/documents.toml", include_str!("../../catalogs/documents.toml")),
        ("catalogs/workspace.toml", include_str!("../../catalogs/workspace.toml")),
        ("catalogs/signing.toml", include_str!("../../catalogs/signing.toml")),
        ("catalogs/platform.toml", include_str!("../../catalogs/platform.toml")),
    ];
    #[expect(clippy::expect_used, reason = "the texts are constants; a test parses each of them")]
    let parse = |(name, text)| Catalog::parse(name, text).expect("a shipped catalog parses");
    texts.into_iter().map(parse).collect()
});

/// Whether an action is about reading the log itself: those that the server's own catalog puts into [`ACCESS`]. They are left
/// out of every list unless asked for, so that what an organization's catalog says of them does not matter.
pub fn is_access(key: &str) -> bool {
    server_action(key).is_some_and(|action| action.category == ACCESS)
}

/// Whether the server alone records an action.
pub fn is_reserved(key: &str) -> bool {
    server_action(key).is_some_and(|action| action.reserved)
}

fn server_action(key: &str) -> Option<&'static Action> {
    shipped("everlog").and_then(|catalog| catalog.get(key))
}

/// A shipped catalog, by one of [`NAMES`].
pub fn shipped(name: &str) -> Option<&'static Catalog> {
    let at = NAMES.iter().position(|known| *known == name)?;
    SHIPPED.get(at)
}

#[cfg(test)]
mod shipped_tests;

#[cfg(test)]
mod vocabulary_tests;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::{Catalog, Catalogs, Kind, Tone, shipped};

    fn refusal(toml: &str) -> String {
        Catalog::parse("catalogs/crm.toml", toml).unwrap_err().to_string()
    }

    #[test]
    fn every_mistake_is_named_with_file_line_and_column() {
        let head = "# A catalog.\n\n['lead.created']\nlabel = 'Lead Created'\n";
        for (mistake, expected) in [
            ("tone = 'gren'", "5:8: unknown tone \"gren\", expected one of good, bad, neutral, info, warn"),
            ("kind = 'moved'", "5:8: unknown kind \"moved\", expected one of created, updated, deleted, tr"),
            ("colour = 'red'", "5:1: unknown field `colour`, expected one of `label`, `category`"),
            ("label = 'Again'", "5:1: duplicate key"),
            ("['lead.created']", "5:2: duplicate key"),
            (
                "template = '{actr}'",
                "5:12: template, character 1: unknown variable \"actr\", expected one of",
            ),
            ("template = '{actor'", "5:12: template, character 1: unbalanced \"{\""),
            ("template = '[{actor}'", "5:12: template, character 1: unbalanced \"[\""),
            ("category = ' '", "5:12: a category cannot be blank"),
            ("reader = { own = 'You' }", "5:10: missing field `other`"),
            ("['lead created']\nlabel = 'x'", "5:2: an action is 1 to 200 bytes such as lead.created"),
            ("['x.y']", "5:1: missing field `label`"),
            ("tone =", "5:7: string values must be quoted"),
        ] {
            let message = refusal(&format!("{head}{mistake}"));
            assert!(message.starts_with(&format!("catalogs/crm.toml:{expected}")), "{mistake}: {message}");
        }
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let message = refusal("['a.b']\nlabels = { a = 'ü', b = 7 }");
        assert!(message.starts_with("catalogs/crm.toml:2:25: invalid type: integer `7`"), "{message}");
    }

    #[test]
    fn an_unknown_action_is_described_from_its_name() {
        let described = Catalogs::default().describe("spam_carrier.status_changed");
        assert_eq!(described.label, "Spam carrier status changed");
        assert_eq!(described.category, "Spam carrier");
        assert_eq!((described.kind, described.tone, described.icon), (Kind::Other, Tone::Neutral, None));
        let created = Catalogs::default().describe("invoice.created");
        assert_eq!((created.kind, created.tone), (Kind::Created, Tone::Good));
        let deleted = Catalogs::default().describe("invoice.deleted");
        assert_eq!((deleted.kind, deleted.tone), (Kind::Deleted, Tone::Bad));
    }

    #[test]
    fn the_last_catalog_that_knows_an_action_counts() {
        let own = Catalog::parse("own", "['lead.created']\nlabel = 'Prospect'\n['zoo.fed']\nlabel = 'Fed'")
            .unwrap();
        let catalogs = Catalogs::shipped_with(&["everlog", "workspace"], Some(own)).unwrap();
        assert_eq!(catalogs.describe("lead.created").label, "Prospect");
        assert_eq!(catalogs.describe("lead.deleted").label, "Lead Deleted");
        assert_eq!(catalogs.describe("zoo.fed").category, "Zoo");
        let keys: Vec<&str> = catalogs.actions().map(|action| action.key.as_str()).collect();
        assert_eq!(keys.iter().filter(|key| **key == "lead.created").count(), 1);
        assert_eq!(keys.len(), 69 + 1 + shipped("everlog").unwrap().actions().count());
        let unknown = Catalogs::shipped_with(&["crm"], None).unwrap_err();
        assert!(
            unknown.to_string().starts_with("there is no catalog \"crm\"; shipped are everlog"),
            "{unknown}"
        );
    }

    #[test]
    fn a_catalog_keeps_the_order_of_its_file() {
        let catalog = Catalog::parse("c", "['z.z']\nlabel = 'Z'\n['a.a']\nlabel = 'A'").unwrap();
        assert_eq!(catalog.actions().map(|action| action.key.as_str()).collect::<Vec<_>>(), ["z.z", "a.a"]);
    }

    #[test]
    fn a_catalog_written_down_is_read_as_the_same() {
        for name in super::NAMES {
            let catalog = shipped(name).unwrap();
            let read = Catalog::parse("c", &catalog.to_toml()).unwrap();
            assert_eq!(read.actions().collect::<Vec<_>>(), catalog.actions().collect::<Vec<_>>());
            let mut entries = catalog.entries();
            entries.values_mut().for_each(|entry| entry.reserved = false);
            assert_eq!(Catalog::own_from_entries("c", entries.clone()).unwrap().entries(), entries);
        }
        let odd = "\u{7f}\\ \"'\n\t\u{1}ü😀 [x] {y}";
        let entries = [("a.\"b".to_owned(), super::Entry { label: odd.to_owned(), ..fed() })];
        let catalog = Catalog::own_from_entries("c", entries.into()).unwrap();
        assert_eq!(Catalog::parse("c", &catalog.to_toml()).unwrap().entries(), catalog.entries());
    }

    fn fed() -> super::Entry {
        serde_json::from_str(r#"{"label": "Fed", "labels": {"x y": "z"}, "guard": ["a", "b"]}"#).unwrap()
    }

    #[test]
    fn texts_and_lists_of_an_entry_are_bounded() {
        let long = "x".repeat(100_000);
        let message = refusal(&format!("['lead.created']\nlabel = '{long}'"));
        assert_eq!(message, "catalogs/crm.toml:2:9: a label has at most 200 characters");
        let message = refusal(&format!("\n['lead.created']\nlabel = 'x'\nicon = '{long}'"));
        assert_eq!(message, "catalogs/crm.toml:2:2: an icon has at most 200 characters");
        let many = super::Entry { guard: vec!["g".to_owned(); 51], ..fed() };
        let error = Catalog::own_from_entries("c", [("a.b".to_owned(), many)].into()).unwrap_err();
        assert_eq!(
            (error.key.as_str(), error.member, error.reason.as_str()),
            ("a.b", "guard", "more than 50")
        );
        let keys = (0..1_001).map(|at| (format!("a.b{at}"), fed()));
        assert_eq!(
            Catalog::own_from_entries("c", keys.collect()).unwrap_err().reason,
            "more than 1000 actions"
        );
    }

    #[test]
    fn an_action_survives_json() {
        for action in shipped("documents").unwrap().actions() {
            let json = serde_json::to_string(action).unwrap();
            assert_eq!(&serde_json::from_str::<super::Action>(&json).unwrap(), action);
        }
    }

    /// What reads the log stays hidden, and nothing else is hidden with it.
    #[test]
    fn an_own_catalog_moves_nothing_into_access_or_out_of_it() {
        for (toml, expected) in [
            (
                "['export.made']\nlabel = 'x'\ncategory = 'Files'",
                "own:3:12: the category of export.made is Access",
            ),
            (
                "['zoo.fed']\nlabel = 'x'\ncategory = 'Access'",
                "own:3:12: the category Access is the server's",
            ),
            (
                "['zoo.fed']\nlabel = 'x'\ncategory = ' access '",
                "own:3:12: the category Access is the server's",
            ),
            ("['access.granted']\nlabel = 'x'", "own:1:2: the category Access is the server's"),
            ("['zoo.fed']\nlabel = 'x'\nreserved = true", "own:1:2: reserved is for what the server"),
        ] {
            let why = Catalog::parse_own("own", toml).unwrap_err().to_string();
            assert!(why.starts_with(expected), "{why}");
        }
        let renamed =
            "['export.made']\nlabel = 'Taken away'\n['access.granted']\nlabel = 'x'\ncategory = 'Doors'";
        let own = Catalog::parse_own("own", renamed).unwrap();
        assert_eq!(Catalog::own_from_entries("own", own.entries()).unwrap().entries(), own.entries());
        let catalogs = Catalogs::shipped_with(&["everlog"], Some(own)).unwrap();
        let shown = catalogs.describe("export.made");
        assert_eq!((shown.label.as_str(), shown.category.as_str()), ("Taken away", "Access"));
        // One that was kept before this was refused changes nothing either.
        let old = Catalog::parse_kept("own", "['export.made']\nlabel = 'x'\ncategory = 'Files'").unwrap();
        let catalogs = Catalogs::shipped_with(&["everlog"], Some(old)).unwrap();
        assert_eq!(catalogs.describe("export.made").category, "Access");
        assert!(super::is_access("export.made") && !super::is_access("access.granted"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "(\\[['a-z.]{0,8}\\]\n|label = '[^']{0,6}'\n|.{0,9}\n){0,6}") {
            if let Err(error) = Catalog::parse("c", &text) {
                prop_assert!(error.0.line >= 1 && error.0.column >= 1);
            }
        }

        #[test]
        fn any_action_name_is_described(key in ".{0,40}") {
            let described = Catalogs::default().describe(&key);
            prop_assert!(!described.label.is_empty() && !described.category.is_empty());
        }
    }
}
