//! The texts of an event by the part they stand in: what its words are made of, and what a phrase is checked against.
//!
//! Deliberately absent: folding and cutting, which is `core::text`.

use everlog_core::catalog::Catalogs;
use everlog_core::event::{Actor, Document, NewEvent};
use everlog_core::search::Field;
use everlog_core::sentence::{plain, sentence};
use everlog_core::text;
use serde_json::Value;

use crate::index::dictionary::actor_texts;
use crate::index::schema::WordKind;

/// Longest path of the metadata that `metadata.PATH:` can name, in bytes; a longer one is cut.
const PATH_BYTES_MAX: usize = 200;

/// Calls `each` with every text that words are made of: the part, the folded path of the metadata, the text.
pub(super) fn each_text(
    document: &Document,
    catalogs: &Catalogs,
    each: &mut dyn FnMut(WordKind, &str, &str),
) {
    let event = &document.event;
    each(WordKind::Description, "", &sentence(event, catalogs));
    for text in [&event.reason, &event.context.location].into_iter().flatten() {
        each(WordKind::Description, "", text);
    }
    for target in &event.targets {
        for text in [Some(&target.kind), Some(&target.id), target.name.as_ref()].into_iter().flatten() {
            each(WordKind::Target, "", text);
        }
        if let Some(parent) = &target.parent {
            for text in [Some(&parent.kind), Some(&parent.id), parent.name.as_ref()].into_iter().flatten() {
                each(WordKind::Target, "", text);
            }
        }
    }
    each(WordKind::Id, "", document.id());
    for text in [&event.context.session_id, &event.context.request_id].into_iter().flatten() {
        each(WordKind::Id, "", text);
    }
    for text in [&event.process, &event.signee].into_iter().flatten() {
        each(WordKind::Process, "", text);
    }
    for (name, value) in &event.metadata {
        each_value(name, value, each);
    }
}

/// The values below one path; a list has the path of what it stands in.
fn each_value(path: &str, value: &Value, each: &mut dyn FnMut(WordKind, &str, &str)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                each_value(&format!("{path}.{name}"), value, each);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_value(path, item, each)),
        value => {
            if let Some(text) = plain(value) {
                each(WordKind::Metadata, &path_key(path), &text);
            }
        }
    }
}

/// The folded form in which a path of the metadata is kept and asked for. NUL ends a path in a term.
pub(super) fn path_key(path: &str) -> String {
    let mut key = text::fold(path).replace('\0', " ");
    text::cut(&mut key, PATH_BYTES_MAX);
    key
}

/// Whether the tokens follow each other in one text of the event, or of one part of it.
pub(super) fn holds_phrase(
    document: &Document,
    catalogs: &Catalogs,
    field: Option<&Field>,
    phrase: &[String],
) -> bool {
    let mut found = false;
    let mut look = |text: &str| found = found || follows(text, phrase);
    let wants = |of: &Field| field.is_none_or(|field| field == of);
    let event = &document.event;
    if wants(&Field::Actor) {
        for actor in actors(event) {
            actor_texts(actor).for_each(&mut look);
        }
    }
    let (described, names) = (catalogs.describe(&event.action), catalogs.names());
    for (of, text) in [
        (Field::Action, event.action.as_str()),
        (Field::Action, &described.label),
        (Field::Action, names.label(&described.label)),
        (Field::Category, &described.category),
        (Field::Category, names.category(&described.category)),
        (Field::Kind, described.kind.as_str()),
        (Field::Kind, names.kind(described.kind)),
        (Field::Outcome, event.outcome.as_str()),
        (Field::Ip, event.context.ip.as_deref().unwrap_or_default()),
    ] {
        if wants(&of) {
            look(text);
        }
    }
    each_text(document, catalogs, &mut |kind, path, text| {
        let wanted = match (field, kind) {
            (None, _)
            | (Some(Field::Description), WordKind::Description)
            | (Some(Field::Target), WordKind::Target)
            | (Some(Field::Id), WordKind::Id)
            | (Some(Field::Process), WordKind::Process) => true,
            (Some(Field::Metadata(asked)), WordKind::Metadata) => path_key(asked) == path,
            _ => false,
        };
        if wanted {
            look(text);
        }
    });
    found
}

/// Who acted, and whose account was used.
pub(super) fn actors(event: &NewEvent) -> impl Iterator<Item = &Actor> {
    std::iter::once(&event.actor).chain(&event.on_behalf_of)
}

fn follows(text: &str, phrase: &[String]) -> bool {
    let tokens: Vec<String> = text::tokens(text).collect();
    tokens.windows(phrase.len().max(1)).any(|window| window == phrase)
}
