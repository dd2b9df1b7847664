//! People in a list. Deliberately absent: pages; those are asked for over HTTP.

use everlog::settings::origin::WebOrigin;
use everlog::viewer::person::Person;
use everlog::viewer::text::Text;
use everlog::words::Words;
use everlog_core::event::NewEvent;
use serde_json::json;

fn person(actor: serde_json::Value) -> Person {
    let event = NewEvent::from_json(json!({"action": "lead.created", "actor": actor})).unwrap();
    Person::of(&event, "System", Words::of(&[]))
}

/// L08, C17.
#[test]
fn a_person_has_name_e_mail_and_initials() {
    let ana =
        person(json!({"type": "user", "id": "u", "name": "Ana María Ruiz", "email": "ana@acme.example"}));
    assert_eq!((ana.initials.as_str(), ana.second.unwrap()), ("AR", Text::name("ana@acme.example")));
    assert_eq!(person(json!({"type": "system"})).initials, "S");
    assert_eq!(person(json!({"type": "user", "id": "u", "name": "王小明"})).initials, "王");
}

/// G of names in which nothing can be seen.
#[test]
fn a_name_of_nothing_but_space_falls_back_to_what_can_be_seen() {
    for nothing in ["", "  ", "\u{200b}\u{feff}", "\u{3164}", "\u{202e} \u{2800}"] {
        let mailed = person(json!({"type": "user", "id": "u", "name": nothing, "email": "ana@acme.example"}));
        assert_eq!(mailed.name, Text::name("ana@acme.example"), "{nothing:?}");
        assert_eq!(mailed.second, None);
        assert_eq!(person(json!({"type": "user", "id": "u", "name": nothing})).name, Text::name("u"));
    }
}

/// G of what wants to be more than a picture.
#[test]
fn a_picture_elsewhere_is_shown_from_the_origins_that_are_listed() {
    let origins = [WebOrigin::try_from("https://pictures.example").unwrap()];
    let shown = |url: &str| {
        let actor = json!({"type": "user", "id": "u", "avatar_url": url});
        let event = NewEvent::from_json(json!({"action": "lead.created", "actor": actor})).unwrap();
        Person::of(&event, "System", Words::of(&[])).pictured(&event.actor, &origins).avatar
    };
    assert_eq!(
        shown("https://pictures.example/ana.png?s=28").unwrap(),
        "https://pictures.example/ana.png?s=28"
    );
    for bad in [
        "https://pictures.example",
        "https://pictures.example.evil.example/p.png",
        "https://pictures.example@evil.example/p.png",
        "https://pictures.example:8443/p.png",
        "https://pictures.example//evil.example/p.png",
        "http://pictures.example/p.png",
        "https://pictures.example/\"><script>alert(1)</script>",
        "https://pictures.example/p q.png",
        "https://pictures.example/\\evil",
        "javascript:alert(1)",
    ] {
        assert_eq!(shown(bad), None, "{bad}");
    }
}

#[test]
fn only_small_pictures_inside_the_event_are_shown() {
    let with = |url: &str| person(json!({"type": "user", "id": "u", "avatar_url": url})).avatar.is_some();
    assert!(with("data:image/png;base64,iVBORw0KGgo="));
    let large = format!("data:image/png;base64,{}", "A".repeat(9_000));
    for bad in [
        "https://evil.example/p.png",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html,x",
        "javascript:alert(1)",
        &large,
    ] {
        assert!(!with(bad), "{bad}");
    }
}
