//! What people read, in their language, from the files in `messages/`.
//!
//! Deliberately absent: the words of the log itself. What was recorded stays as it is; labels of actions are the
//! catalogs'.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use everlog_core::catalog::{Kind, NAMES, Names, Template};
use everlog_core::profile::Preset;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::DateTime;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;
use unic_langid::LanguageIdentifier;

pub mod time;

/// One file a language, named by its tag; one more for the words of the shipped catalogs, and one for their sentences.
#[derive(RustEmbed)]
#[folder = "messages/"]
struct Messages;

/// The language of whoever asks for none that there is; every message stands in it.
const DEFAULT: &str = "en";
/// Where the words of the shipped catalogs are. English has none: the catalogs themselves are English.
const CATALOGS: &str = "catalogs/";
/// Where their sentences are, by how the catalogs write them.
const SENTENCES: &str = "sentences/";

struct Language {
    tag: String,
    bundle: FluentBundle<FluentResource>,
    names: Arc<Names>,
}

/// The messages that the page's script says.
static SCRIPT_IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = Messages::get(&format!("{DEFAULT}.ftl")).map(|file| file.data).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let ids = text.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id);
    ids.filter(|id| id.starts_with("script-")).map(str::to_owned).collect()
});

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let mut languages: Vec<Language> = Messages::iter().filter_map(|file| language(&file)).collect();
    languages.sort_by_key(|language| (language.tag != DEFAULT, language.tag.clone()));
    languages
});

fn language(file: &str) -> Option<Language> {
    let tag = file.strip_suffix(".ftl")?.to_owned();
    let text = String::from_utf8(Messages::get(file)?.data.into_owned()).ok()?;
    // What can be read of a file is used; a test reads all of each.
    let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, _)| resource);
    let id: LanguageIdentifier = tag.parse().ok()?;
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Values are isolated by elements where they are shown.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    if let Some(catalogs) = Messages::get(&format!("{CATALOGS}{file}")) {
        let text = String::from_utf8(catalogs.data.into_owned()).ok()?;
        bundle
            .add_resource_overriding(FluentResource::try_new(text).unwrap_or_else(|(resource, _)| resource));
    }
    let mut language = Language { tag, bundle, names: Arc::default() };
    language.names = Arc::new(language.names());
    Some(language)
}

/// A file of sentences.
#[derive(Default, Deserialize)]
struct Sentences {
    sentences: HashMap<String, Template>,
    words: HashMap<String, String>,
}

impl Sentences {
    /// Those of a language; a file that cannot be read is as if it were not there, and a test reads each.
    fn of(tag: &str) -> Self {
        let file = Messages::get(&format!("{SENTENCES}{tag}.toml")).map(|file| file.data);
        let text = file.and_then(|data| String::from_utf8(data.into_owned()).ok());
        text.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }
}

/// The words of one language.
#[derive(Clone, Copy)]
pub struct Words(&'static Language);

impl Words {
    /// The language of a tag, where there is one.
    pub fn in_language(tag: &str) -> Option<Self> {
        LANGUAGES.iter().find(|language| is_of(tag, &language.tag)).map(Self)
    }

    /// The first of these languages that there is; each may be a list as in `Accept-Language` (RFC 9110, 12.5.4), whose
    /// order counts and whose weights do not.
    pub fn of(wanted: &[Option<&str>]) -> Self {
        let wanted = wanted.iter().flatten().flat_map(|list| list.split(','));
        let mut tags = wanted.map(|range| range.split(';').next().unwrap_or_default().trim());
        let found = tags.find_map(Self::in_language);
        found.unwrap_or(Self(&LANGUAGES[0]))
    }

    /// Every language that there is, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(Self)
    }

    /// The language's tag (BCP 47).
    pub fn tag(self) -> &'static str {
        &self.0.tag
    }

    /// In which direction it is written: `ltr` or `rtl`.
    pub fn direction(self) -> String {
        self.say("language-direction")
    }

    /// A message, or with a dot between them one of its attributes.
    pub fn say(self, id: &str) -> String {
        self.render(id, &[])
    }

    /// Whether there is such a message.
    pub fn has(self, id: &str) -> bool {
        self.say(id) != id
    }

    /// A message with values in it.
    pub fn fill<'a>(self, id: &str, values: impl AsRef<[(&'a str, FluentValue<'a>)]>) -> String {
        self.render(id, values.as_ref())
    }

    fn render(self, id: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = values.iter().cloned().collect();
        for language in [self.0, &LANGUAGES[0]] {
            if let Some(message) = language.say(id, &args) {
                return message;
            }
        }
        id.to_owned()
    }

    /// A title of a profile, which is written in English; one that is in no file stays as it is.
    pub fn title(self, english: &str) -> String {
        self.0.named("title", english).unwrap_or_else(|| english.to_owned())
    }

    /// What the choice of all of them is called: `All users`.
    pub fn all_of(self, title: &str) -> String {
        let all = self.0.say(&format!("{}.all", id_of("title", title)), &FluentArgs::new());
        all.unwrap_or_else(|| self.say("menu-all"))
    }

    /// What the words of the shipped catalogs are called.
    pub fn names(self) -> &'static Arc<Names> {
        &self.0.names
    }

    /// What a preset is called.
    pub fn preset(self, preset: Preset) -> String {
        self.say(&format!("preset-{}", preset.as_str().replace('_', "-")))
    }

    /// What the page's script says, as JSON: every message whose id begins with `script-`.
    pub fn of_script(self) -> String {
        let said = SCRIPT_IDS.iter().map(|id| (id.clone(), Value::String(self.say(id))));
        Value::Object(said.collect()).to_string()
    }

    /// A date in one of the forms of the language, `date-…`: each takes of the parts what it shows.
    pub fn date(self, form: &str, at: DateTime) -> String {
        let padded = |number: i8| FluentValue::from(format!("{number:02}"));
        let half = if at.hour() < 12 { "am" } else { "pm" };
        let parts = [
            ("year", at.year().to_string().into()),
            ("month", at.month().into()),
            ("month-padded", padded(at.month())),
            ("weekday", at.weekday().to_monday_one_offset().into()),
            ("day", at.day().to_string().into()),
            ("day-padded", padded(at.day())),
            ("hour", padded(at.hour())),
            ("hour-12", padded((at.hour() + 11) % 12 + 1)),
            ("half", half.into()),
            ("minute", padded(at.minute())),
            ("second", padded(at.second())),
        ];
        self.fill(form, parts)
    }
}

/// A count with its thousands grouped: `1,234`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The id of an English word: its letters and digits in lower case, with dashes between them.
fn id_of(group: &str, english: &str) -> String {
    let words = english.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: Vec<_> = words.map(str::to_ascii_lowercase).collect();
    format!("{group}-{}", slug.join("-"))
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Words").field(&self.tag()).finish()
    }
}

impl Language {
    fn named(&self, group: &str, english: &str) -> Option<String> {
        self.say(&id_of(group, english), &FluentArgs::new())
    }

    /// The names of whatever the shipped catalogs say, as far as this language has them.
    fn names(&self) -> Names {
        let mut names = Names::default();
        if self.tag == DEFAULT {
            return names;
        }
        let Sentences { sentences, words } = Sentences::of(&self.tag);
        let add = |names: &mut HashMap<String, String>, group, english: &str| {
            names.extend(self.named(group, english).map(|name| (english.to_owned(), name)));
        };
        for catalog in NAMES.iter().filter_map(|name| everlog_core::catalog::shipped(name)) {
            for action in catalog.actions() {
                add(&mut names.categories, "category", &action.category);
                add(&mut names.labels, "label", &action.label);
                if let Some(wording) = &action.reader {
                    add(&mut names.labels, "label", &wording.own);
                    add(&mut names.labels, "label", &wording.other);
                }
            }
        }
        for kind in Kind::ALL {
            add(&mut names.kinds, "kind", kind.as_str());
        }
        Names { sentences, words, ..names }
    }

    fn say(&self, id: &str, args: &FluentArgs<'_>) -> Option<String> {
        let (id, attribute) = id.split_once('.').map_or((id, None), |(id, attribute)| (id, Some(attribute)));
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(attribute) => message.get_attribute(attribute)?.value(),
        };
        Some(self.bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }
}

/// Whether a tag that is wanted means this language: its first part alone counts.
fn is_of(wanted: &str, tag: &str) -> bool {
    wanted.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(tag))
}
