//! Who did it, as a list shows them: picture or initials, name, and a second line.
//!
//! Deliberately absent: pictures from anywhere. What is inside the event is shown, and what stands where the organization
//! said, so that opening a log tells nobody else.

use askama::Template;
use everlog_core::event::{Actor, ActorKind, NewEvent};

use crate::settings::origin::WebOrigin;
use crate::viewer::text::Text;
use crate::words::Words;

/// Longest picture that is shown, in bytes of its URL.
const AVATAR_BYTES_MAX: usize = 8 * 1024;
/// Longest address of a picture elsewhere, in bytes.
const AVATAR_URL_BYTES_MAX: usize = 2_048;
/// Hues that style sheets know, as classes `al-hue-0` and on.
pub const HUES: u32 = 24;
/// Pictures that browsers draw and that cannot hold script.
const AVATAR_TYPES: &[&str] = &[
    "data:image/png;base64,",
    "data:image/jpeg;base64,",
    "data:image/webp;base64,",
    "data:image/gif;base64,",
];

/// A person or a program.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "viewer/person.html")]
pub struct Person {
    /// What they are called.
    pub name: Text,
    /// Their address, or for whom they acted.
    pub second: Option<Text>,
    /// Their picture.
    pub avatar: Option<String>,
    /// What stands for a picture.
    pub initials: String,
    /// The hue of their initials.
    pub hue: u32,
}

impl Person {
    /// Who did this event, and on whose account. `system` is the name of an actor that has none.
    pub fn of(event: &NewEvent, system: &str, words: Words) -> Self {
        let actor = &event.actor;
        let name = shown(actor, system, words);
        let second = match &event.on_behalf_of {
            Some(account) => Some(words.fill("acting-for", [("name", shown(account, system, words).into())])),
            // A key has a name that somebody gave it, and is nobody.
            None if actor.kind == ActorKind::ApiKey && actor.name.is_some() => {
                Some(words.say("actor-api-key"))
            }
            None => actor.email.clone().filter(|email| *email != name),
        };
        Self {
            second: second.map(|it| Text::name(&it)),
            avatar: actor.avatar_url.clone().filter(|url| is_picture(url)),
            initials: initials(&name),
            hue: hue(actor.id.as_deref().unwrap_or(&name)),
            name: Text::name(&name),
        }
    }

    /// With the picture that the actor has at one of these origins, if so.
    #[must_use]
    pub fn pictured(mut self, actor: &Actor, origins: &[WebOrigin]) -> Self {
        let elsewhere = actor.avatar_url.as_deref().filter(|url| is_at(url, origins));
        self.avatar = self.avatar.or_else(|| elsewhere.map(str::to_owned));
        self
    }
}

/// What a reader calls an actor.
pub fn shown(actor: &Actor, system: &str, words: Words) -> String {
    if actor.name.is_some() || actor.email.is_some() || actor.id.is_some() {
        return actor.shown().to_owned();
    }
    match actor.kind {
        ActorKind::System => words.title(system),
        kind => words.say(&format!("actor-{}", kind.as_str().replace('_', "-"))),
    }
}

fn is_picture(url: &str) -> bool {
    let data = AVATAR_TYPES.iter().find_map(|prefix| url.strip_prefix(prefix));
    let is_base64 =
        |data: &str| data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    url.len() <= AVATAR_BYTES_MAX && data.is_some_and(is_base64)
}

/// Whether an address lies at one of these origins, and cannot mean another.
fn is_at(url: &str, origins: &[WebOrigin]) -> bool {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte));
    let is_in = |origin: &WebOrigin| {
        url.strip_prefix(origin.as_str()).is_some_and(|rest| rest.starts_with('/') && !rest.starts_with("//"))
    };
    url.len() <= AVATAR_URL_BYTES_MAX && is_plain && origins.iter().any(is_in)
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (letters.next(), letters.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).take(2).collect()
}

/// A hue that stays with a name: FNV-1a, so that it is the same in every process.
pub fn hue(name: &str) -> u32 {
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % HUES
}
