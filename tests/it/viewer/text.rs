//! Text of others, shown so that it hides nothing. Deliberately absent: pages; those are asked for over HTTP.

use proptest::prelude::*;

use askama::Template;
use everlog::viewer::text::{Text, Whose, escape_hidden};
use serde_json::json;

use crate::server::Server;
use crate::viewer::{lead, opened, record};

fn shown(text: &str) -> String {
    Text::name(text).render().unwrap()
}

#[test]
fn directions_and_invisible_characters_are_shown_as_marks() {
    let shown = shown("ana\u{202e}gpj.exe");
    assert!(shown.contains("U+202E") && !shown.contains('\u{202e}'), "{shown}");
    assert!(self::shown("ad\u{200b}min").contains("U+200B"));
    assert!(self::shown("ad\u{200d}min").contains("U+200D"));
}

#[test]
fn joiners_that_a_script_or_an_emoji_needs_are_left_alone() {
    for text in ["می‌خواهم", "👩‍💻"] {
        assert_eq!(shown(text), format!("<bdi>{text}</bdi>"));
    }
}

#[test]
fn a_word_of_two_alphabets_is_marked_and_a_name_of_two_words_is_not() {
    assert!(shown("Аnа Ruiz").contains("mixed alphabets"));
    assert!(!shown("Анна Ruiz").contains("mixed alphabets"));
}

/// G of names that only look like others.
#[test]
fn a_word_that_only_looks_latin_is_marked_beside_latin_ones() {
    for name in ["Аdmin аna Ruiz", "Сосо Chanel", "Ana ΝΟΤ", "РауРаӀ Ltd and раура Inc"] {
        assert!(shown(name).contains("mixed alphabets"), "{name}");
    }
    for name in ["Ελένη Smith", "Елена Smith", "Іван Roe", "А. Smith", "Сосо", "Οξύ", "Ana 2"]
    {
        assert!(!shown(name).contains("mixed alphabets"), "{name}");
    }
}

#[test]
fn json_means_the_same_with_its_invisible_characters_escaped() {
    let value = serde_json::json!({"a\u{202e}b": "x\u{200b}\u{e0041}\u{feff}y", "می\u{200c}خواهم": 1});
    let shown = escape_hidden(&value.to_string());
    assert!(
        !shown.contains(['\u{202e}', '\u{200b}', '\u{e0041}', '\u{feff}']) && shown.contains("\\u202e"),
        "{shown}"
    );
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
}

#[test]
fn names_in_a_sentence_cannot_turn_it_round() {
    let told = |pieces: &[(Whose, &str)], is_rtl| {
        let pieces: Vec<_> = pieces.iter().map(|(whose, text)| (*whose, (*text).to_owned())).collect();
        Text::told(&pieces, is_rtl).render().unwrap()
    };
    let english = [(Whose::Theirs, "נועה"), (Whose::Ours, " signed "), (Whose::Theirs, "Lease")];
    assert_eq!(told(&english, false), "<bdi>נועה</bdi> signed Lease");
    assert_eq!(told(&english, true), r#"<bdi lang="en" dir="ltr"><bdi>נועה</bdi> signed Lease</bdi>"#);
    let arabic = [(Whose::Ours, "اكتمل «"), (Whose::Theirs, "Lease (2)"), (Whose::Ours, "»")];
    assert_eq!(told(&arabic, true), "اكتمل «<bdi>Lease (2)</bdi>»");
}

/// What a mark means is told in the language of the page; without one in English.
#[test]
fn marks_are_told_in_the_language_of_the_page() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut event = lead("Globex\u{202e}", "2026-11-01T10:00:00Z");
    event["actor"]["name"] = json!("A\u{440}ple");
    record(&server, "acme", &key, &json!([event]));
    for (lang, direction, alphabets) in [
        ("en", "Changes the direction of text", "mixed alphabets"),
        ("de", "Ändert die Schreibrichtung", "gemischte Alphabete"),
        ("ar", "يغيّر اتجاه النص", "أبجديات مختلطة"),
    ] {
        let list = visitor.get(&format!("/view/acme?lang={lang}"));
        let href = list.text.split("/view/acme/events/").nth(1).unwrap().split(['?', '"']).next().unwrap();
        let details = visitor.get(&format!("/view/acme/events/{href}?lang={lang}"));
        for page in [&list.text, &details.text] {
            assert!(page.contains(&format!("title=\"{direction}\">U+202E")), "{lang}: {page}");
            assert!(page.contains(&format!(">{alphabets}<")), "{lang}: {page}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_becomes_markup_or_changes_direction(text in any::<String>()) {
        let shown = shown(&text);
        let inside = shown.strip_prefix("<bdi>").unwrap().split("</bdi>").next().unwrap();
        let without_marks = inside.replace("<span class=\"al-mark\" title=\"", "").replace("</span>", "");
        prop_assert!(!without_marks.contains('<'));
        let hidden = ['\u{202e}', '\u{200b}', '\u{feff}', '\u{0}'];
        prop_assert!(!shown.contains(hidden));
    }
}
