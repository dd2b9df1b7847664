//! The notifications of a document (`L53`): what went to whom, and what its provider says became of it.
//!
//! Deliberately absent: which events those are (`read::notifications`).

use crate::read::Notification;
use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::text::{Text, shorten};
use crate::words::Words;

/// Longest address or name that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// Messages whose names say how they go.
const SAY_HOW: &[&str] = &["sms", "confirmation", "salesperson"];

/// One line of the table.
pub(in crate::viewer) struct Notice {
    pub when: When,
    pub message: Text,
    pub channel: Option<Text>,
    pub to: Option<Text>,
    /// Who is reached there.
    pub name: Option<Text>,
    pub status: Text,
    pub tone: &'static str,
    pub reason: Option<Text>,
    pub href: String,
}

/// The lines, in the order of the log.
pub(super) fn notices(place: &Place<'_>, notifications: Vec<Notification>) -> Vec<Notice> {
    notifications.into_iter().map(|it| notice(place, it)).collect()
}

fn notice(place: &Place<'_>, sent: Notification) -> Notice {
    let words = place.visit.words;
    let name = |text: &str| Text::name(&shorten(text, SHOWN_CHARS_MAX));
    let is_passing = sent.severity.as_deref() == Some("temporary");
    let tone = match sent.status.to_lowercase().as_str() {
        _ if sent.is_failure && is_passing => "warn",
        _ if sent.is_failure => "bad",
        "delivered" | "opened" | "clicked" => "good",
        "complained" => "warn",
        _ => "neutral",
    };
    Notice {
        when: place.clock.exact_when(sent.occurred_ms),
        message: told(words, &sent.message, |word| format!("message-{word}")),
        channel: sent
            .channel
            .as_deref()
            .filter(|_| !SAY_HOW.contains(&sent.message.as_str()))
            .map(|channel| told(words, channel, |word| format!("sent-by-{word}"))),
        to: sent.to.as_deref().or(sent.signee_name.as_deref()).or(sent.signee.as_deref()).map(name),
        name: sent.signee_name.as_deref().filter(|_| sent.to.is_some()).map(name),
        status: told(words, &sent.status, |word| format!("delivery-{word}")),
        tone,
        reason: sent.reason.as_deref().map(Text::short),
        href: place.event(&sent.event),
    }
}

/// The word for what a product or provider calls something; one that is in no file stands as it came.
fn told(words: Words, own: &str, id: impl Fn(&str) -> String) -> Text {
    let is_plain = own.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let id = id(&own.to_ascii_lowercase().replace('_', "-"));
    if is_plain && words.has(&id) { Text::sentence(&words.say(&id)) } else { Text::short(own) }
}
