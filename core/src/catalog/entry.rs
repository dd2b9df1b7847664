//! An entry of a catalog as it is written, by hand in TOML or by a program in JSON. Deliberately absent: how it is shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::catalog::{ACCESS, Action, Kind, ReaderWording, Template, Tone, derive, is_access};

/// Longest text that people read and longest word, in characters: a label stands in one cell of a table.
pub const TEXT_CHARS_MAX: usize = 200;
/// Most members of one list of an entry.
pub const LIST_MAX: usize = 50;

/// An entry under its key. What is left out is derived from the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "Text: Deserialize<'de>"))]
pub struct Entry<Text = String> {
    /// What people read.
    pub label: Text,
    /// The part of the product it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Text>,
    /// What it does to its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The colour of its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
    /// The name of its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Whose doing it is in a signing process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The group when a member of the team did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_group: Option<String>,
    /// The sentence that tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// What it is called elsewhere.
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evidence: bool,
    /// Whether the server alone records it. Only in a shipped catalog.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reserved: bool,
}

/// A text with or without its place in a file.
pub trait Written {
    /// The text.
    fn text(&self) -> &str;
    /// The text alone.
    fn into_text(self) -> String;
}

impl Written for String {
    fn text(&self) -> &str {
        self
    }

    fn into_text(self) -> String {
        self
    }
}

impl Written for Spanned<String> {
    fn text(&self) -> &str {
        self.get_ref()
    }

    fn into_text(self) -> String {
        self.into_inner()
    }
}

impl<Text: Written> Entry<Text> {
    pub(super) fn into_action(self, key: String) -> Action {
        let kind = self.kind.unwrap_or_else(|| derive::kind(&key));
        Action {
            label: self.label.into_text(),
            category: self.category.map_or_else(|| derive::category(&key), Text::into_text),
            kind,
            tone: self.tone.unwrap_or(kind.tone()),
            icon: self.icon,
            group: self.group,
            team_group: self.team_group,
            template: self.template,
            labels: self.labels,
            reader: self.reader,
            guard: self.guard,
            followed_by: self.followed_by,
            evidence: self.evidence,
            reserved: self.reserved,
            key,
        }
    }

    /// The member that an organization's own catalog may not have so, and the reason. Without a category, an action that
    /// reads the log stays where it is.
    pub(super) fn own_fault(&self, key: &str) -> Option<(&'static str, String)> {
        if self.reserved {
            return Some(("reserved", "reserved is for what the server alone records".to_owned()));
        }
        let named = self.category.as_ref().map(|text| text.text().trim());
        if is_access(key) {
            let is_moved = named.is_some_and(|category| category != ACCESS);
            return is_moved.then(|| ("category", format!("the category of {key} is {ACCESS}")));
        }
        let category = named.map_or_else(|| derive::category(key), str::to_owned);
        let reason = || format!("the category {ACCESS} is the server's own; name another one");
        category.eq_ignore_ascii_case(ACCESS).then(|| ("category", reason()))
    }

    /// The member at fault and the reason.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let words = |name, text: &str| word_fault(name, text).map(|why| (name, why));
        if let Some(fault) = words("label", self.label.text()) {
            return Some(fault);
        }
        if let Some(fault) = self.category.as_ref().and_then(|text| words("category", text.text())) {
            return Some(fault);
        }
        let singles = [("icon", &self.icon), ("group", &self.group), ("team_group", &self.team_group)];
        let reader = self.reader.iter().flat_map(|it| [("reader", &it.own), ("reader", &it.other)]);
        let labels = self.labels.iter().flat_map(|(name, label)| [("labels", name), ("labels", label)]);
        let guard = self.guard.iter().map(|code| ("guard", code));
        let followed_by = self.followed_by.iter().map(|key| ("followed_by", key));
        let singles = singles.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let mut texts = singles.chain(reader).chain(labels).chain(guard).chain(followed_by);
        let lists = [
            ("labels", self.labels.len()),
            ("guard", self.guard.len()),
            ("followed_by", self.followed_by.len()),
        ];
        if let Some((name, _)) = lists.into_iter().find(|(_, length)| *length > LIST_MAX) {
            return Some((name, format!("more than {LIST_MAX}")));
        }
        texts.find_map(|(name, text)| words(name, text))
    }
}

fn word_fault(name: &str, text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(format!("{} cannot be blank", with_article(name)));
    }
    (text.chars().count() > TEXT_CHARS_MAX)
        .then(|| format!("{} has at most {TEXT_CHARS_MAX} characters", with_article(name)))
}

fn with_article(name: &str) -> String {
    format!("{} {name}", if name.starts_with('i') { "an" } else { "a" })
}

impl From<&Action> for Entry {
    fn from(action: &Action) -> Self {
        let action = action.clone();
        Self {
            label: action.label,
            category: Some(action.category),
            kind: Some(action.kind),
            tone: Some(action.tone),
            icon: action.icon,
            group: action.group,
            team_group: action.team_group,
            template: action.template,
            labels: action.labels,
            reader: action.reader,
            guard: action.guard,
            followed_by: action.followed_by,
            evidence: action.evidence,
            reserved: action.reserved,
        }
    }
}

/// An entry as one TOML table under its key.
pub(super) fn to_toml(key: &str, entry: &Entry, out: &mut String) {
    let json = serde_json::to_value(entry).unwrap_or_default();
    out.push_str(&format!("[{}]\n", toml_value(&key.into())));
    for (name, value) in json.as_object().into_iter().flatten() {
        out.push_str(&format!("{name} = {}\n", toml_value(value)));
    }
    out.push('\n');
}

/// What JSON and TOML share: strings with the same escapes, booleans, lists, objects as inline tables.
fn toml_value(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", list(items.iter().map(toml_value).collect())),
        Value::Object(members) => {
            let pair = |(name, value): (&String, &Value)| {
                format!("{} = {}", toml_value(&name.as_str().into()), toml_value(value))
            };
            format!("{{ {} }}", list(members.iter().map(pair).collect()))
        }
        // JSON leaves this one character as it is, TOML does not.
        Value::String(_) => value.to_string().replace('\u{7f}', "\\u007f"),
        other => other.to_string(),
    }
}
