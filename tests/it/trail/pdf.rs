//! A trail on paper: that programs written by others read it, and find in it what the other renderings say. Deliberately
//! absent: taste; `EVERLOG_SCREENSHOTS` keeps the files for whoever wants to look.

use std::path::Path;
use std::process::Command;

use everlog::trail::model::Trail;
use everlog::trail::pdf::{A4, Attachment, draw};
use everlog::trail::sheet::Sheet;
use serde_json::json;

use crate::trail::{PEOPLE, Story, ana, keep};

pub fn drawn(trail: &Trail) -> Vec<u8> {
    drawn_on(trail, A4)
}

pub fn drawn_on(trail: &Trail, size: (f32, f32)) -> Vec<u8> {
    let json = trail.to_json().unwrap();
    let bundle = b"{\"format\":\"everlog-bundle-1\"}\n".repeat(40);
    let attachments = [
        Attachment {
            name: "everlog-bundle.jsonl",
            mime: "application/x-ndjson",
            description: "Every event, with its proof",
            is_source: true,
            bytes: &bundle,
        },
        Attachment {
            name: "audit-trail.json",
            mime: "application/json",
            description: "This trail for programs",
            is_source: false,
            bytes: &json,
        },
    ];
    draw(trail, size, &attachments).unwrap()
}

/// What a program says of a file; nothing where it is missing, which is a failure where tests must run.
fn ask(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<String> {
    ask_bytes(program, arguments, pdf).map(|told| String::from_utf8_lossy(&told).into_owned())
}

fn ask_bytes(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("trail.pdf");
    std::fs::write(&file, pdf).unwrap();
    let file = file.to_str().unwrap();
    let arguments = arguments.iter().map(|it| if *it == "FILE" { file } else { it });
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program}: {complaint}");
            Some(output.stdout)
        }
        Err(error) => {
            let must = std::env::var_os("EVERLOG_TESTS_MUST_RUN").is_some();
            assert!(!must, "{program} must be there: {error}");
            eprintln!("skipped: {program} is missing ({error})");
            None
        }
    }
}

/// Letters alone, in an order that does not depend on lines and directions.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// X02: paper says what the model says, event by event.
#[test]
fn every_sentence_and_figure_is_on_the_paper() {
    let mut story = Story::signed_by(&["Zoë Müller-Straße", "王小明", "김민준", "Ωμέγα Ж"]);
    for _ in 0..8 {
        for action in ["document.accessed", "document.viewed", "reminder.sent"] {
            story.happens(
                "18:03:00",
                json!({"action": action, "actor": ana(), "context": {"ip": "2001:db8::7"}}),
            );
        }
    }
    story.happens("18:04:00", json!({"action": "document.accessed", "actor": {"type": "anonymous"}}));
    story.events.last_mut().unwrap().document.served.automated = vec!["known_agent".to_owned()];
    for locale in ["en", "de"] {
        story.locale = locale;
        let trail = story.trail();
        assert!(trail.events.len() >= 40);
        let pdf = drawn(&trail);
        keep(&format!("trail-{locale}.pdf"), &pdf);
        let Some(text) = ask("pdftotext", &["-raw", "-enc", "UTF-8", "FILE", "-"], &pdf) else { return };
        let text = letters(&text);
        let sheet = Sheet::of(&trail);
        for event in &sheet.events {
            for part in
                [&event.sentence, &event.label, &event.who, &event.technical].into_iter().chain(&event.notes)
            {
                assert!(text.contains(&letters(part)), "{locale}: {part}");
            }
        }
        for fact in sheet.process.iter().chain(&sheet.document).chain(&sheet.seal_facts) {
            assert!(text.contains(&letters(&fact.value)), "{locale}: {fact:?}");
        }
        assert!(
            text.contains(&letters(&sheet.page_number(1, 5)))
                || text.contains(&letters(&sheet.page_number(1, 6)))
        );
    }
}

/// The file is sound for a parser that nobody here wrote, tagged, and holds what is attached.
#[test]
fn other_programs_find_the_file_sound() {
    let trail = Story::signed_by(&PEOPLE).trail();
    let pdf = drawn(&trail);
    keep("trail-scripts.pdf", &pdf);
    let Some(checked) = ask("qpdf", &["--check", "FILE"], &pdf) else { return };
    assert!(checked.contains("No syntax or stream encoding errors found"), "{checked}");
    let attached = ask("qpdf", &["--list-attachments", "FILE"], &pdf).unwrap();
    assert!(attached.contains("audit-trail.json") && attached.contains("everlog-bundle.jsonl"));
    let json = ask("qpdf", &["--show-attachment=audit-trail.json", "FILE"], &pdf).unwrap();
    assert_eq!(serde_json::from_str::<Trail>(&json).unwrap(), trail);
    if let Some(info) = ask("pdfinfo", &["FILE"], &pdf) {
        assert!(info.contains("Tagged:          yes"), "{info}");
    }
    if let Some(fonts) = ask("pdffonts", &["FILE"], &pdf) {
        for line in fonts.lines().skip(2) {
            assert!(line.contains(" yes yes yes"), "not embedded, a subset and readable: {line}");
        }
    }
}

/// Names in any script, mirrored pages, and what has no glyph: drawn, never refused.
#[test]
fn every_script_is_drawn() {
    let mut story = Story::signed_by(&PEOPLE);
    story.happens("18:05:00", json!({"action": "x.told", "actor": ana(), "description": "Emoji 🦩, a rune ᚠ, private \u{e000}, a lone mark \u{301}, Thai ไทย, Tamil தமிழ், Georgian ქართული, joined का\u{301}"}));
    for locale in ["en", "ar"] {
        story.locale = locale;
        let pdf = drawn(&story.trail());
        keep(&format!("trail-all-{locale}.pdf"), &pdf);
        let Some(text) = ask("pdftotext", &["-raw", "-enc", "UTF-8", "FILE", "-"], &pdf) else { return };
        for name in ["王小明", "김민준", "[U+1F9A9]", "[U+16A0]", "[U+E000]"] {
            assert!(text.contains(name), "{locale}: {name}");
        }
    }
}

/// Texts that do what they can to break a page.
pub fn hostile_story() -> Story {
    let long = "no-spaces-".repeat(120);
    let name = "<script>alert(1)</script>\u{202e}fdp.exe\u{0}\u{fffe}\u{feff}";
    let mut story = Story::signed_by(&[
        name,
        &long,
        "\u{200d}\u{200c}",
        "\u{2066}\u{2067}",
        "ا\u{64b}\u{64b}\u{64b}क्\u{200d}",
    ]);
    story.state.display_name = Some(long.clone());
    story.state.file_name = Some(format!("{long}.pdf"));
    let text = "A tremendously long story. ".repeat(800);
    story.happens("18:05:00", json!({"action": "x.told", "actor": ana(), "description": text}));
    story
}

/// Whatever is in a text, there is a file.
#[test]
fn hostile_text_is_drawn() {
    let pdf = drawn(&hostile_story().trail());
    keep("trail-hostile.pdf", &pdf);
    let Some(checked) = ask("qpdf", &["--check", "FILE"], &pdf) else { return };
    assert!(checked.contains("No syntax or stream encoding errors found"), "{checked}");
    let shown = ask("pdftotext", &["-raw", "FILE", "-"], &pdf).unwrap();
    assert_eq!(shown.matches("tremendously").count(), 800, "a row higher than a page loses nothing");
}

/// Every character of the first blocks of 256, one sentence for each.
pub fn every_character(blocks: u32) -> Story {
    let mut story = Story::begun();
    for block in 0..blocks {
        let text: String = (block * 256..(block + 1) * 256).filter_map(char::from_u32).collect();
        if !text.trim().is_empty() {
            let told = format!("Block {block:x}: {}", text.replace('\0', ""));
            story.happens("18:05:00", json!({"action": "x.told", "actor": ana(), "description": told}));
        }
    }
    story
}

/// Every character below the private planes.
#[test]
fn no_character_is_refused() {
    drawn(&every_character(0x200).trail());
}

/// The page is as large as the document's last, where a trail can be read on it.
#[test]
fn pages_have_the_size_asked_for() {
    let mut story = Story::begun();
    story.happens("09:00:00", json!({"action": "document.created", "actor": ana()}));
    story.state.signees = Story::signed_by(&["Zoë", "דוד לוי"]).state.signees;
    let sizes = [
        ((612.0, 792.0), "612 x 792"),
        ((842.0, 595.0), "842 x 595"),
        ((300.0, 420.0), "300 x 420"),
        ((9.0, 9e9), "595.28 x 841.89"),
    ];
    for (size, shown) in sizes {
        let pdf = drawn_on(&story.trail(), size);
        keep(&format!("trail-{}.pdf", size.0), &pdf);
        let Some(info) = ask("pdfinfo", &["FILE"], &pdf) else { return };
        assert!(info.contains(shown), "{shown}: {info}");
        let text = ask("pdftotext", &["-l", "1", "FILE", "-"], &pdf).unwrap();
        assert!(text.contains("INTERIM"), "{text}");
    }
}

#[test]
fn the_same_trail_gives_the_same_bytes() {
    let draw = || drawn(&Story::signed_by(&PEOPLE).trail());
    assert_eq!(draw(), draw());
}

/// A bad attachment is the caller's fault and said so.
#[test]
fn an_attachment_stands_once() {
    let trail = Story::begun().trail();
    let file = Attachment {
        name: "a.json",
        mime: "application/json",
        description: "A",
        is_source: false,
        bytes: b"{}",
    };
    let refused = draw(&trail, A4, &[file.clone(), file]).unwrap_err();
    assert!(refused.to_string().contains("a.json"), "{refused}");
    assert!(Path::new("assets/fonts/OFL.txt").exists(), "the fonts are shipped with their licence");
}

/// Where the title's ink begins, in pixels below the top of the page; nothing where no program can look.
fn top_of_title(title: &str) -> Option<usize> {
    let mut story = Story::begun();
    story.state.display_name = Some(title.to_owned());
    let arguments =
        ["-r", "144", "-f", "1", "-l", "1", "-gray", "-x", "0", "-y", "160", "-W", "600", "-H", "60", "FILE"];
    let shown = ask_bytes("pdftoppm", &arguments, &drawn(&story.trail()))?;
    // P5, width and height, the white: a line each; then a byte a pixel.
    let pixels = &shown[shown.len() - 600 * 60..];
    pixels.chunks(600).position(|row| row.iter().any(|pixel| *pixel < 128))
}

/// Once a shadda fell into the letter below it: layout counts downwards, paper upwards.
#[test]
fn marks_stand_above_their_letters() {
    let Some(letter) = top_of_title("\u{648}") else { return };
    let marked = top_of_title("\u{648}\u{651}").unwrap();
    assert!(marked + 4 < letter, "a mark begins at {marked}, its letter at {letter}");
}
