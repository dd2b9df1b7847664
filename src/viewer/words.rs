//! The viewer's words in the reader's language, from the files in `messages/`.
//!
//! Deliberately absent: the words of the log itself. What was recorded stays as it is; labels of actions are the
//! catalogs'.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

/// One file a language, named by its tag.
#[derive(RustEmbed)]
#[folder = "messages/"]
struct Messages;

/// The language of whoever asks for none that there is; every message stands in it.
const DEFAULT: &str = "en";

struct Language {
    tag: String,
    bundle: FluentBundle<FluentResource>,
}

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
    Some(Language { tag, bundle })
}

/// The words of one language.
#[derive(Clone, Copy)]
pub struct Words(&'static Language);

impl Words {
    /// The first of these languages that there is; each may be a list as in `Accept-Language` (RFC 9110, 12.5.4), whose
    /// order counts and whose weights do not.
    pub fn of(wanted: &[Option<&str>]) -> Self {
        let wanted = wanted.iter().flatten().flat_map(|list| list.split(','));
        let mut tags = wanted.map(|range| range.split(';').next().unwrap_or_default().trim());
        let found = tags.find_map(|tag| LANGUAGES.iter().find(|language| is_of(tag, &language.tag)));
        Self(found.unwrap_or(&LANGUAGES[0]))
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

    /// A message.
    pub fn say(self, id: &str) -> String {
        self.fill(id, [])
    }

    /// A message with values in it.
    pub fn fill<'a>(self, id: &str, values: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>) -> String {
        let args: FluentArgs<'a> = values.into_iter().collect();
        for language in [self.0, &LANGUAGES[0]] {
            if let Some(message) = language.say(id, &args) {
                return message;
            }
        }
        id.to_owned()
    }
}

impl Language {
    fn say(&self, id: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        Some(self.bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }
}

/// Whether a tag that is wanted means this language: its first part alone counts.
fn is_of(wanted: &str, tag: &str) -> bool {
    wanted.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case(tag))
}
