//! A trail as a page to take away. Deliberately absent: a browser; what a page looks like is looked at.

use everlog::trail::html::html;
use everlog::trail::sheet::Sheet;
use serde_json::json;

use crate::trail::{PEOPLE, Story, ana, keep};

/// The text of a page: what stands between the tags, with the few characters that are escaped read back.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<').skip(1) {
        text.push_str(part.split_once('>').map_or("", |it| it.1));
    }
    let escapes = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    escapes.iter().fold(text, |text, (escape, character)| text.replace(escape, character))
}

/// X03: the trail that is no PDF holds every event with the same words and figures.
#[test]
fn the_page_says_what_the_sheet_says() {
    let mut story = Story::signed_by(&PEOPLE);
    for locale in ["en", "de", "ar"] {
        story.locale = locale;
        let trail = story.trail();
        let page = html(&trail).unwrap();
        keep(&format!("trail-{locale}.html"), page.as_bytes());
        let text = text_of(&page);
        let sheet = Sheet::of(&trail);
        for event in &sheet.events {
            for part in [&event.sentence, &event.label, &event.when, &event.who, &event.technical] {
                assert!(text.contains(part.as_str()), "{locale}: {part}");
            }
        }
        for fact in sheet.process.iter().chain(&sheet.document).chain(&sheet.verify_facts) {
            assert!(text.contains(&fact.label) && text.contains(&fact.value), "{locale}: {fact:?}");
        }
        let direction = if locale == "ar" { "rtl" } else { "ltr" };
        assert!(page.contains(&format!(r#"<html lang="{locale}" dir="{direction}">"#)));
    }
}

#[test]
fn the_page_needs_nothing_beside_it() {
    let page = html(&Story::signed_by(&PEOPLE).trail()).unwrap();
    for loads in ["<script", "<link", "<img", "url(", "@import", " src="] {
        assert!(!page.contains(loads), "holds {loads}");
    }
}

/// X05: whoever may have opened a link is warned about, with the remedy.
#[test]
fn scanners_are_explained_and_an_interim_trail_says_so() {
    let mut story = Story::begun();
    story.happens("09:00:00", json!({"action": "document.created", "actor": ana()}));
    let page = html(&story.trail()).unwrap();
    assert!(page.contains("This process has not ended."));
    assert!(!page.contains("About addresses"));
    let opened = json!({"action": "document.accessed", "actor": {"type": "anonymous"}});
    story.happens("09:02:03", opened).document.served.automated = vec!["known_agent".to_owned()];
    let page = html(&story.trail()).unwrap();
    assert!(page.contains("Probably not a person") && page.contains("known agent"));
    assert!(page.contains("ask signees to authenticate"));
}

/// What others wrote is text, on one line, with nothing hidden in it.
#[test]
fn hostile_names_are_text() {
    let name = "<script>alert(1)</script>\u{202e}fdp.exe\u{0}</style>{{7*7}}";
    let mut story = Story::signed_by(&[name]);
    story.state.display_name = Some(name.to_owned());
    story.state.file_name = Some("a".repeat(900));
    story.happens("18:01:00", json!({"action": "x.y", "actor": ana(), "description": name}));
    let page = html(&story.trail()).unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\0'));
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(text_of(&page).contains("<script>alert(1)</script>[U+202E]fdp.exe[U+0000]</style>{{7*7}}"));
}
