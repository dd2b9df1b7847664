//! The words of the viewer: every message in every language, and each used. Deliberately absent: whether a translation is
//! good.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use everlog::viewer::words::Words;

/// The messages of a file: id and what stands behind it.
fn messages(file: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(file).unwrap();
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        match line.split_once(" =") {
            Some((id, rest)) if line.starts_with(|c: char| c.is_ascii_lowercase()) => {
                let is_new = messages.insert(id.to_owned(), rest.to_owned()).is_none();
                assert!(is_new, "{}: {id} stands twice", file.display());
                last = Some(id.to_owned());
            }
            _ if line.starts_with([' ', '}']) => {
                messages.get_mut(last.as_ref().unwrap()).unwrap().push_str(line)
            }
            _ => panic!("{}: not a message: {line}", file.display()),
        }
    }
    messages
}

fn values(message: &str) -> BTreeSet<String> {
    let name = |part: &str| part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    message.split('$').skip(1).map(name).collect()
}

fn read_all(dir: &str, text: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(path.to_str().unwrap(), text),
            false => text.push_str(&fs::read_to_string(&path).unwrap_or_default()),
        }
    }
}

#[test]
fn every_language_has_every_message_with_the_same_values_in_it() {
    let english = messages(Path::new("messages/en.ftl"));
    for words in Words::all() {
        let file = format!("messages/{}.ftl", words.tag());
        let own = messages(Path::new(&file));
        let ids: BTreeSet<_> = own.keys().collect();
        assert_eq!(ids, english.keys().collect(), "{file}: other messages than English");
        for (id, message) in &own {
            // Each language writes dates of other parts.
            if !id.starts_with("date-") {
                assert_eq!(values(message), values(&english[id]), "{file}: {id}");
            }
            let has_attributes_alone = message.trim_start().starts_with('.');
            assert!(has_attributes_alone || words.say(id) != *id, "{file}: {id} cannot be read");
        }
        assert!(matches!(words.direction().as_str(), "ltr" | "rtl"), "{file}");
    }
}

#[test]
fn every_message_is_used() {
    let mut text = String::new();
    read_all("src", &mut text);
    read_all("templates/viewer", &mut text);
    read_all("assets/viewer", &mut text);
    read_all("messages", &mut text);
    for id in messages(Path::new("messages/en.ftl")).keys() {
        let script = id.strip_prefix("script-").map(|id| format!("'{id}'"));
        let uses = [format!("\"{id}\""), format!("\"{id}."), format!("{{ {id} }}")];
        let is_used = uses.iter().chain(&script).any(|it| text.contains(it)) || is_made(id, &text);
        assert!(is_used, "{id} is used nowhere");
    }
}

/// Whether an id is put together from a part that ends in a dash, as `format!("kind-{kind}")`.
fn is_made(id: &str, text: &str) -> bool {
    id.match_indices('-').any(|(at, _)| text.contains(&format!("\"{}{{", &id[..=at])))
}

#[test]
fn the_first_language_that_there_is_counts() {
    let tag = |wanted: &[Option<&str>]| Words::of(wanted).tag();
    assert_eq!(tag(&[None, Some("fr-CH, de;q=0.8, en;q=0.7")]), "de");
    assert_eq!(tag(&[Some("ar-EG"), Some("de")]), "ar");
    assert_eq!(tag(&[Some("tlh"), None]), "en");
    assert_eq!(tag(&[Some("*")]), "en");
}
