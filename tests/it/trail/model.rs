//! What a trail says. Deliberately absent: how it is drawn.

use everlog::trail::model::{FORMAT, Trail};
use everlog::trail::sheet::Sheet;
use everlog_core::catalog::{Catalog, Catalogs};
use everlog_core::ids::Seq;
use everlog_core::process::{Stand, Status};
use serde_json::{Value, json};

use crate::trail::{PEOPLE, Story, ana};

/// X01, L52: every event is there, in order, with its figures.
#[test]
fn every_event_stands_in_the_trail_in_order() {
    let story = Story::signed_by(&PEOPLE);
    let trail = story.trail();
    let seqs: Vec<_> = trail.events.iter().map(|it| Seq(it.seq)).collect();
    assert_eq!(seqs, story.events.iter().map(|it| it.seq).collect::<Vec<_>>());
    assert!(!trail.is_interim);
    assert_eq!(trail.events[0].occurred_at.utc, "2026-11-20T09:00:00.000Z");
    assert_eq!(trail.events[0].occurred_at.local, "Nov 20, 2026 10:00:00\u{a0}CET");
}

/// A signee whom an event knows by key alone is named, in the sentence and as who acted.
#[test]
fn signees_are_named_by_their_keys() {
    let trail = Story::signed_by(&["Zoë Müller"]).trail();
    let told = |action: &str| trail.events.iter().find(|it| it.action == action).unwrap();
    let signed = told("document.signed");
    assert_eq!(signed.sentence, "Zoë Müller signed Master services agreement from 203.0.113.7");
    assert_eq!(signed.who.name.as_deref(), Some("Zoë Müller"));
    assert_eq!(signed.who.email.as_deref(), Some("signer0@example.org"));
    assert_eq!(told("invitation.sent").sentence, "Master services agreement was sent to Zoë Müller by Email");
}

/// X06, X07, D wording: labels, icons and groups are those of the signing catalog, also where the organization's own words
/// depend on who reads.
#[test]
fn labels_do_not_depend_on_who_reads() {
    let mut story = Story::signed_by(&["Zoë Müller"]);
    let facts = |story: &Story| -> Vec<_> {
        let entries = story.trail().events;
        let entries = entries.into_iter().filter(|it| it.action != "document.attached");
        entries.map(|it| (it.label, it.icon.unwrap_or_default(), it.group.unwrap_or_default())).collect()
    };
    let signing = facts(&story);
    let expected = ("document signed".to_owned(), "register".to_owned(), "signer".to_owned());
    assert!(signing.contains(&expected), "{signing:?}");
    story.catalogs = Catalogs::shipped_with(&["everlog", "documents"], None).unwrap();
    assert_eq!(facts(&story), signing);
}

#[test]
fn a_removal_stands_in_the_group_of_who_did_it() {
    let mut story = Story::signed_by(&["Zoë"]);
    let signee = &story.state.signees[0].key.clone();
    story.happens("18:01:00", json!({"action": "signee.removed", "actor": ana()}));
    story.happens("18:02:00", json!({"action": "signee.removed", "actor": {"type": "signee", "id": signee}}));
    let groups: Vec<_> = story.trail().events.iter().rev().take(2).map(|it| it.group.clone()).collect();
    assert_eq!(groups, [Some("signer".to_owned()), Some("team".to_owned())]);
}

/// X04: suspected scanners are listed, marked, with the reasons.
#[test]
fn a_scanner_is_marked_with_its_reasons() {
    let mut story = Story::signed_by(&["Zoë"]);
    let reasons = vec!["head_request".to_owned(), "known_agent".to_owned()];
    let opened = json!({"action": "document.accessed", "actor": {"type": "anonymous"}});
    story.happens("09:02:03", opened).document.served.automated.clone_from(&reasons);
    let trail = story.trail();
    assert_eq!(trail.events.last().unwrap().automated.as_ref().unwrap().reasons, reasons);
}

#[test]
fn what_was_erased_is_named() {
    let mut story = Story::signed_by(&["Zoë"]);
    story.erased.insert(story.events[2].seq, vec!["/e/metadata/signee/name".to_owned()]);
    assert_eq!(story.trail().events[2].erased, ["/e/metadata/signee/name"]);
}

#[test]
fn an_open_process_gives_an_interim_trail() {
    let mut story = Story::begun();
    assert!(story.trail().is_interim);
    story.state.status = Status::Expired;
    assert!(!story.trail().is_interim);
}

/// What a signee needs nobody to see is not in the trail.
#[test]
fn social_security_numbers_stay_in_the_events() {
    let mut story = Story::signed_by(&["Zoë"]);
    story.state.signees[0].ssn = Some("010130-2989".to_owned());
    story.state.signees[0].stand = Stand::Signed;
    let json = String::from_utf8(story.trail().to_json().unwrap()).unwrap();
    assert!(!json.contains("010130-2989"));
}

#[test]
fn the_json_can_be_read_back_and_is_always_the_same() {
    let story = Story::signed_by(&PEOPLE);
    let trail = story.trail();
    let json = trail.to_json().unwrap();
    assert_eq!(serde_json::from_slice::<Trail>(&json).unwrap(), trail);
    assert_eq!(story.trail().to_json().unwrap(), json);
    let value: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["format"], FORMAT);
    let members: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let documented = std::fs::read_to_string("docs/trail.md").unwrap();
    for member in members {
        assert!(documented.contains(&format!("`{member}`")), "docs/trail.md does not say what {member} is");
    }
}

#[test]
fn words_and_times_are_of_the_language_and_the_zone() {
    let mut story = Story::signed_by(&["Zoë"]);
    (story.locale, story.zone) = ("de-AT", "America/New_York");
    let trail = story.trail();
    assert_eq!((trail.language.as_str(), trail.time_zone.as_str()), ("de", "America/New_York"));
    assert_eq!(trail.events[0].label, "Dokument erstellt");
    assert_eq!(trail.events[0].occurred_at.local, "20.11.2026, 04:00:00\u{a0}EST");
    assert_eq!(trail.events[0].occurred_at.utc, "2026-11-20T09:00:00.000Z");
}

/// X01: whoever reads the trail reads it in their language; what others wrote is theirs.
#[test]
fn sentences_are_of_the_language_and_an_organizations_own_stay_as_they_are() {
    let mut story = Story::signed_by(&["Zoë Müller"]);
    story.happens(
        "18:01:00",
        json!({"action": "document.viewed", "actor": ana(), "description": "Ana took a last look."}),
    );
    story.locale = "de";
    let told = |story: &Story, action: &str| {
        let entries = story.trail().events;
        entries.into_iter().rfind(|it| it.action == action).unwrap().sentence
    };
    let title = "Master services agreement";
    assert_eq!(
        told(&story, "document.signed"),
        format!("Zoë Müller hat „{title}“ unterschrieben (von 203.0.113.7)")
    );
    assert_eq!(told(&story, "invitation.sent"), format!("„{title}“ wurde an Zoë Müller gesendet (Email)"));
    assert_eq!(told(&story, "document.viewed"), "Ana took a last look.");
    story.locale = "ar";
    assert_eq!(told(&story, "document.completed"), format!("اكتمل «{title}»"));
    let own = "[\"document.completed\"]\nlabel = \"Deal\"\ntemplate = \"{target} is a deal\"";
    let own = Catalog::parse_own("own", own).unwrap();
    story.catalogs = Catalogs::shipped_with(&["everlog", "signing"], Some(own)).unwrap();
    assert_eq!(told(&story, "document.completed"), format!("{title} is a deal"));
    let sheet = Sheet::of(&story.trail());
    let foreign: Vec<_> =
        sheet.events.iter().filter(|it| it.is_foreign).map(|it| it.sentence.as_str()).collect();
    assert_eq!(foreign, [&format!("{title} is a deal"), "Ana took a last look."]);
}
