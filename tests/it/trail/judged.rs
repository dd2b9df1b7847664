//! veraPDF judges what is handed out: trails alone and around a document are PDF/A-3a and PDF/UA-1, whatever is in them.
//! Deliberately absent: other people's programs that only read, which are in `validators`.

use everlog::trail::finish::{Document, Sealer, finish};
use everlog::trail::model::Placement;
use serde_json::{Value, json};

use crate::trail::pdf::{drawn, drawn_on, every_character, hostile_story};
use crate::trail::sealing::{CARRIED, NOW_MS, key, original, sealer};
use crate::trail::stamps::openssl_authority;
use crate::trail::validators::{PYTHON, run, text};
use crate::trail::{PEOPLE, Story, ana, keep};

/// What a trail keeps to.
pub const BOTH: &[&str] = &["3a", "ua1"];

/// A file, and the standards it must keep to.
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    pub standards: &'static [&'static str],
}

impl Case {
    pub fn new(name: &str, bytes: Vec<u8>, standards: &'static [&'static str]) -> Self {
        Self { name: name.to_owned(), bytes, standards }
    }
}

/// What veraPDF says of each file for each of its standards: nothing where it keeps to it, else why not. All files are
/// judged together, for the machine that runs it starts slowly.
pub fn judge(cases: &[Case]) -> Option<Vec<(String, &'static str, Vec<String>)>> {
    let directory = tempfile::tempdir().unwrap();
    let mut arguments = vec!["tests/it/trail/judge.py".to_owned()];
    let mut asked = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        keep(&format!("judged-{}.pdf", case.name), &case.bytes);
        let path = directory.path().join(format!("{place}.pdf"));
        std::fs::write(&path, &case.bytes).unwrap();
        for standard in case.standards {
            arguments.push(format!("{standard}={}", text(&path)));
            asked.push((case.name.clone(), *standard));
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = run(PYTHON, &arguments)?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), asked.len());
    let verdicts = asked.into_iter().zip(said).map(|((name, standard), said)| {
        assert!(said["checks"].as_u64().unwrap() > 100, "{name} was not looked at: {said}");
        let faults: Vec<String> = serde_json::from_value(said["faults"].clone()).unwrap();
        assert_eq!(said["holds"].as_bool().unwrap(), faults.is_empty(), "{said}");
        (name, standard, faults)
    });
    Some(verdicts.collect())
}

/// Every file keeps to its standards.
pub fn assert_held(cases: &[Case]) {
    let broken: Vec<String> = judge(cases)
        .unwrap_or_default()
        .into_iter()
        .filter(|it| !it.2.is_empty())
        .map(|(name, standard, faults)| format!("{name} is not {standard}:\n  {}", faults.join("\n  ")))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Every kind of trail, in every language.
fn stories() -> Vec<(String, Story)> {
    let mut stories = Vec::new();
    for locale in ["en", "de", "ar"] {
        let mut interim = Story::begun();
        interim.happens("09:00:00", json!({"action": "document.created", "actor": ana()}));
        let mut erased = Story::signed_by(&["Zoë", "דוד לוי"]);
        erased.erased.insert(erased.events[2].seq, vec!["/e/metadata/signee/name".to_owned()]);
        let kinds = [("interim", interim), ("final", Story::signed_by(&PEOPLE)), ("erased", erased)];
        for (kind, mut story) in kinds {
            story.locale = locale;
            stories.push((format!("{kind}-{locale}"), story));
        }
    }
    stories.push(("hostile".to_owned(), hostile_story()));
    stories
}

/// A trail of many pages; each takes the judge a quarter of a second.
fn long() -> Story {
    let mut story = Story::signed_by(&PEOPLE[..4]);
    for at in 0..100 {
        let action = ["document.accessed", "document.viewed", "reminder.sent"][at % 3];
        story
            .happens("18:03:00", json!({"action": action, "actor": ana(), "context": {"ip": "2001:db8::7"}}));
    }
    story
}

/// X02, L43, L44: a trail can be kept for decades and be read aloud, sealed and stamped as it is.
#[test]
fn every_trail_alone_is_archivable_and_accessible() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let mut cases: Vec<Case> =
        stories().iter().map(|(name, story)| Case::new(name, drawn(&story.trail()), BOTH)).collect();
    let story = Story::signed_by(&PEOPLE);
    for size in [(300.0, 420.0), (842.0, 595.0)] {
        cases.push(Case::new(&format!("size-{}", size.0), drawn_on(&story.trail(), size), BOTH));
    }
    cases.push(Case::new("characters", drawn(&every_character(0x8).trail()), BOTH));
    cases.push(Case::new("long", drawn(&long().trail()), BOTH));
    let trail = drawn(&story.trail());
    let authority = openssl_authority(directory.path());
    for (name, authority) in [("sealed", None), ("stamped", authority.as_ref())] {
        let sealed = finish(None, &trail, Sealer { authority, ..sealer(&key) }, NOW_MS).unwrap();
        assert!(sealed.time_stamp_missing.is_none());
        cases.push(Case::new(name, sealed.bytes, BOTH));
    }
    assert_held(&cases);
}

/// L43: so is one that carries a document, whatever that is.
#[test]
fn every_trail_around_a_document_is_archivable_and_accessible() {
    let key = key();
    let mut story = Story::signed_by(&PEOPLE);
    if let Some(seal) = &mut story.seal {
        seal.placement = Placement::Container;
    }
    let trail = drawn(&story.trail());
    let around = |name: &str, bytes: &[u8]| {
        let document = Document { bytes, file_name: name };
        Case::new(name, finish(Some(document), &trail, sealer(&key), NOW_MS).unwrap().bytes, BOTH)
    };
    let mut cases: Vec<Case> = CARRIED.iter().map(|(name, ..)| around(name, &original(name))).collect();
    cases.push(around("Größe 合同.pdf", b"no PDF at all"));
    assert_held(&cases);
}
