//! What people read in each language: every message is in every language, and each is used. Deliberately absent: whether a
//! translation is good.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use everlog::words::Words;
use everlog_core::catalog::{self, NAMES, Names, Template, Variable};
use everlog_core::profile;

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
    read_all("templates", &mut text);
    read_all("assets/viewer", &mut text);
    read_all("messages", &mut text);
    // Titles are held to the profiles.
    let english = messages(Path::new("messages/en.ftl"));
    for id in english.keys().filter(|id| !id.starts_with("title-")) {
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

/// The words of the shipped catalogs by the group of their ids.
fn said_by_catalogs() -> BTreeSet<(&'static str, String)> {
    let mut said = BTreeSet::new();
    for action in NAMES.iter().flat_map(|name| catalog::shipped(name).unwrap().actions()) {
        said.insert(("category", action.category.clone()));
        said.insert(("label", action.label.clone()));
        let wordings = action.reader.iter().flat_map(|wording| [wording.own.clone(), wording.other.clone()]);
        said.extend(wordings.map(|label| ("label", label)));
        let groups = [&action.group, &action.team_group].into_iter().flatten();
        said.extend(groups.map(|group| ("group", group.clone())));
    }
    said
}

fn id_of(group: &str, english: &str) -> String {
    let words = english.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(group.to_owned(), |id, word| format!("{id}-{}", word.to_lowercase()))
}

#[test]
fn every_word_of_a_shipped_catalog_has_a_name_in_every_language() {
    let said: BTreeSet<_> = said_by_catalogs().iter().map(|(group, word)| id_of(group, word)).collect();
    for words in Words::all().filter(|words| words.tag() != "en") {
        let file = format!("messages/catalogs/{}.ftl", words.tag());
        let named: BTreeSet<_> = messages(Path::new(&file)).into_keys().collect();
        assert_eq!(named, said, "{file}: on the left what it has, on the right what the catalogs say");
        for (group, word) in said_by_catalogs() {
            assert_ne!(words.say(&id_of(group, &word)), id_of(group, &word), "{file}: {word} cannot be read");
        }
        assert_eq!(words.names().label("Prospect"), "Prospect", "an organization's own label");
    }
}

/// The sentences of the shipped catalogs.
fn sentences() -> BTreeSet<&'static str> {
    let actions = NAMES.iter().flat_map(|name| catalog::shipped(name).unwrap().actions());
    actions.filter_map(|action| action.template.as_ref()).map(Template::as_str).collect()
}

/// What a template asks for: what must be there, and everything.
fn asked(template: &Template) -> [BTreeSet<String>; 2] {
    [
        template.required().map(ToString::to_string).collect(),
        template.variables().map(ToString::to_string).collect(),
    ]
}

#[test]
fn every_sentence_of_a_shipped_catalog_is_told_in_every_language_with_the_same_values() {
    for words in Words::all().filter(|words| words.tag() != "en") {
        let file = format!("messages/sentences/{}.toml", words.tag());
        let names = words.names();
        let told: BTreeSet<_> = names.sentences.keys().map(String::as_str).collect();
        assert_eq!(told, sentences(), "{file}: on the left what it has, on the right what the catalogs say");
        for (english, own) in &names.sentences {
            assert_eq!(asked(own), asked(&Template::parse(english).unwrap()), "{file}: {english}");
        }
        let known: BTreeSet<_> = names.words.keys().map(String::as_str).collect();
        assert_eq!(known, Names::WORDS.iter().copied().collect(), "{file}");
        assert!(names.word("and {rest} more").contains("{rest}"), "{file}");
    }
    let neutral = sentences().into_iter().flat_map(|it| {
        Template::parse(it).unwrap().variables().map(Variable::neutral_word).collect::<Vec<_>>()
    });
    for word in neutral {
        assert!(Names::WORDS.contains(&word), "{word}");
    }
}

#[test]
fn every_title_of_a_shipped_profile_has_a_name_in_every_language() {
    // What filters are called where no column says it, and who acts for a product.
    let mut known: BTreeSet<_> =
        ["User", "Category", "Action", "Event", "Date", "System"].map(|title| id_of("title", title)).into();
    for profile in profile::NAMES.iter().map(|name| profile::shipped(name).unwrap()) {
        let columns = profile.columns.iter().chain(&profile.process_columns).chain(&profile.export_columns);
        let titles = columns.map(|column| &column.title).chain([&profile.title]);
        for title in titles.filter(|title| title.chars().any(char::is_alphabetic)) {
            let id = id_of("title", title);
            assert_eq!(Words::of(&[]).say(&id), *title);
            assert!(Words::all().all(|words| words.say(&id) != id), "{title}");
            known.insert(id);
        }
    }
    let english = messages(Path::new("messages/en.ftl"));
    let stale: Vec<_> =
        english.keys().filter(|id| id.starts_with("title-") && !known.contains(*id)).collect();
    assert!(stale.is_empty(), "{stale:?}");
}

/// The number chooses the form: Arabic has six.
#[test]
fn counts_take_the_form_of_their_number() {
    let told = |tag: &str, count: u64| {
        let shown = count.to_string();
        let values = [("count", count.into()), ("shown", shown.as_str().into())];
        Words::of(&[Some(tag)]).fill("events-count", values)
    };
    assert_eq!((told("en", 1), told("en", 2)), ("1 event".to_owned(), "2 events".to_owned()));
    assert_eq!((told("de", 1), told("de", 0)), ("1 Ereignis".to_owned(), "0 Ereignisse".to_owned()));
    let arabic: Vec<_> = [0, 1, 2, 3, 11, 100].map(|count| told("ar", count)).to_vec();
    assert_eq!(arabic, ["لا أحداث", "حدث واحد", "حدثان", "3 أحداث", "11 حدثًا", "100 حدث"]);
}

#[test]
fn the_first_language_that_there_is_counts() {
    let tag = |wanted: &[Option<&str>]| Words::of(wanted).tag();
    assert_eq!(tag(&[None, Some("fr-CH, de;q=0.8, en;q=0.7")]), "de");
    assert_eq!(tag(&[Some("ar-EG"), Some("de")]), "ar");
    assert_eq!(tag(&[Some("tlh"), None]), "en");
    assert_eq!(tag(&[Some("*")]), "en");
}
