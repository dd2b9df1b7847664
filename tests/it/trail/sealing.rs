//! From a document and a trail to a sealed file, and back, with documents of many makers. Deliberately absent: what other
//! people's programs say of the result, which is in `validators`.

use everlog::trail::append::claims::{Claims, with_claims};
use everlog::trail::check::{Checked, SealState, StampState, check};
use everlog::trail::finish::{Document, Finished, Sealer, Way, Why, finish};
use everlog::trail::inspect::{Condition, DocumentRefused, inspect};
use everlog::trail::seal::SealWords;
use everlog::trail::seal::key::SealKey;

/// Two pages that carry two files.
pub const TRAIL: &[u8] = include_bytes!("trail.pdf");
pub const TRAIL_PAGES: usize = 2;
pub const NOW_MS: u64 = 1_790_000_000_000;

pub fn original(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/it/trail/originals/{name}")).unwrap()
}

/// Documents behind which pages are laid, with the number of their own.
pub const HEALTHY: &[(&str, usize)] = &[
    ("classic.pdf", 2),
    ("streams.pdf", 2),
    ("linearized.pdf", 4),
    ("linearized_streams.pdf", 4),
    ("turned.pdf", 2),
    ("inherited.pdf", 5),
    ("form.pdf", 1),
    ("form_streams.pdf", 1),
    ("attached.pdf", 1),
    ("chromium.pdf", 1),
    ("libreoffice.pdf", 1),
];

/// Documents that are carried, why, and how many pages they have as far as anybody knows.
pub const CARRIED: &[(&str, Condition, Option<usize>)] = &[
    ("signed.pdf", Condition::Signed, Some(2)),
    ("certified.pdf", Condition::Certified, Some(2)),
    ("password_owner.pdf", Condition::Encrypted, Some(2)),
    ("password_user.pdf", Condition::Encrypted, None),
    ("junk_before.pdf", Condition::JunkBeforeHeader, Some(2)),
    ("xfa.pdf", Condition::Xfa, Some(1)),
    (
        "hybrid.pdf",
        Condition::Unsure("it says in two ways where its objects lie, which validators refuse"),
        Some(1),
    ),
    ("without_table.pdf", Condition::Unsure("it does not say where its table of positions is"), Some(2)),
];

pub fn key() -> SealKey {
    let pem = SealKey::generate("Everlog at everlog.example", NOW_MS).unwrap();
    SealKey::from_pem(&pem, &pem).unwrap()
}

pub fn sealer(key: &SealKey) -> Sealer<'_> {
    let words = SealWords { name: "Everlog at everlog.example", reason: "Audit trail of proc_7" };
    Sealer { key, authority: None, words }
}

pub fn finished(name: &str, key: &SealKey) -> Finished {
    let bytes = original(name);
    finish(Some(Document { bytes: &bytes, file_name: name }), TRAIL, sealer(key), NOW_MS).unwrap()
}

pub fn assert_intact(checked: &Checked, key: &SealKey) {
    let SealState::Intact(seal) = &checked.seal else { panic!("{:?}", checked.seal) };
    assert_eq!(seal.certificate.fingerprint(), key.fingerprint());
    assert_eq!(seal.certificate.common_name().as_deref(), Some("Everlog at everlog.example"));
    assert_eq!(seal.said_at_ms, i64::try_from(NOW_MS).ok());
    assert!(matches!(seal.stamp, StampState::Missing));
    assert!(seal.certificate.is_self_issued());
}

/// L43: the pages of the trail lie behind those of the document, whose bytes are the first of the result.
#[test]
fn pages_are_laid_behind_every_healthy_document() {
    let key = key();
    for (name, pages) in HEALTHY {
        let bytes = original(name);
        let found = inspect(&bytes).unwrap();
        assert_eq!((found.condition, found.pages), (Condition::Healthy, Some(*pages)), "{name}");
        let finished = finished(name, &key);
        assert_eq!(finished.way, Way::Appended, "{name}");
        assert_eq!(finished.page_count, pages + TRAIL_PAGES, "{name}");
        assert!(finished.bytes.starts_with(&bytes), "{name}");
        let checked = check(&finished.bytes).unwrap();
        assert_intact(&checked, &key);
        assert!(checked.revision_ends.contains(&bytes.len()), "{name}: {:?}", checked.revision_ends);
        assert_eq!(checked.attachment("everlog-bundle.jsonl").unwrap().bytes, b"{\"a\":1}\n");
        assert_eq!(checked.attachment("audit-trail.json").unwrap().relationship.as_deref(), Some("Data"));
    }
}

/// L43: what appending would harm comes back out of the trail byte for byte.
#[test]
fn documents_that_appending_would_harm_are_carried() {
    let key = key();
    for (name, condition, pages) in CARRIED {
        let bytes = original(name);
        let found = inspect(&bytes).unwrap();
        assert_eq!((found.condition, found.pages), (*condition, *pages), "{name}");
        let finished = finished(name, &key);
        assert_eq!(finished.way, Way::Container(Why::Condition(*condition)), "{name}");
        assert_eq!(finished.page_count, TRAIL_PAGES);
        let checked = check(&finished.bytes).unwrap();
        assert_intact(&checked, &key);
        let carried = checked.attachment(name).unwrap();
        assert_eq!(carried.bytes, bytes, "{name}");
        assert_eq!(carried.relationship.as_deref(), Some("Source"));
        assert_eq!(checked.attachments.len(), 3);
    }
}

#[test]
fn a_trail_without_a_document_is_sealed_alone() {
    let key = key();
    let finished = finish(None, TRAIL, sealer(&key), NOW_MS).unwrap();
    assert_eq!((finished.way, finished.page_count), (Way::TrailAlone, TRAIL_PAGES));
    assert!(finished.bytes.starts_with(TRAIL));
    assert_intact(&check(&finished.bytes).unwrap(), &key);
}

#[test]
fn what_is_no_readable_pdf_is_refused_with_a_code_and_still_carried() {
    let key = key();
    let cases: &[(&[u8], &str)] = &[
        (b"", "document_empty"),
        (b"PK\x03\x04 a workbook", "document_not_pdf"),
        (b"%PDF-1.7\nnothing follows", "document_damaged"),
        (&original("truncated.pdf")[..300], "document_damaged"),
        (b"%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj 2 0 obj <</Type/Pages/Kids[]/Count 0>> endobj", "document_damaged"),
    ];
    for (bytes, code) in cases {
        let refused = inspect(bytes).unwrap_err();
        assert_eq!(refused.code(), *code);
        let document = Document { bytes, file_name: "../odd\n.pdf" };
        let finished = finish(Some(document), TRAIL, sealer(&key), NOW_MS).unwrap();
        assert_eq!(finished.way, Way::Container(Why::Unreadable));
        assert_eq!(check(&finished.bytes).unwrap().attachment(".._odd_.pdf").unwrap().bytes, *bytes);
    }
    let mut far = vec![b' '; 1_025];
    far.extend_from_slice(&original("classic.pdf"));
    assert_eq!(inspect(&far), Err(DocumentRefused::NotPdf));
}

/// A trail is drawn on paper like that of the last page, as it is shown.
#[test]
fn the_size_of_the_last_page_is_as_it_is_shown() {
    let sizes = [
        ("classic.pdf", (595.0, 842.0)),
        // Cropped to 450 by 650, and turned.
        ("turned.pdf", (650.0, 450.0)),
        // Everything inherited from the root of a deep tree.
        ("inherited.pdf", (300.0, 400.0)),
        ("hybrid.pdf", (612.0, 792.0)),
    ];
    for (name, size) in sizes {
        assert_eq!(inspect(&original(name)).unwrap().page_size_of_last, size, "{name}");
    }
}

#[test]
fn a_document_keeps_its_own_files_and_no_longer_claims_to_be_an_archive() {
    let finished = finished("attached.pdf", &key());
    let checked = check(&finished.bytes).unwrap();
    assert_eq!(checked.attachment("annex.txt").unwrap().bytes, b"An annex of its own.\n");
    assert_eq!(checked.attachment("größe.txt").unwrap().bytes, b"Another.\n");
    assert_eq!(checked.attachments.len(), 4);
}

#[test]
fn claims_are_taken_out_as_elements_and_as_attributes() {
    let none = |text| with_claims(text, Claims::default());
    let with = r#"<d pdfaid:part="3" pdfaid:conformance='B' a="1"><pdfuaid:part>1</pdfuaid:part><t>pdfaid:part</t></d>"#;
    assert_eq!(none(with).unwrap(), r#"<d   a="1"><t>pdfaid:part</t></d>"#);
    assert_eq!(none("<pdfaid:part>3"), None);
    assert_eq!(none("plain").unwrap(), "plain");
}

/// A document that carries a file named as one of ours would leave it in doubt which of the two is meant.
#[test]
fn a_document_with_a_bundle_of_its_own_is_carried() {
    let key = key();
    let twice =
        finish(Some(Document { bytes: TRAIL, file_name: "t.pdf" }), TRAIL, sealer(&key), NOW_MS).unwrap();
    let Way::Container(Why::Condition(Condition::Unsure(why))) = twice.way else { panic!("{:?}", twice.way) };
    assert!(why.contains("named as one of the trail's"), "{why}");
    let sealed = finish(None, TRAIL, sealer(&key), NOW_MS).unwrap().bytes;
    assert_eq!(inspect(&sealed).unwrap().condition, Condition::Signed);
}

#[test]
fn a_file_that_nobody_sealed_has_no_seal() {
    assert!(matches!(check(&original("classic.pdf")).unwrap().seal, SealState::Missing));
    assert!(matches!(check(&original("signed.pdf")).unwrap().seal, SealState::Missing));
    assert!(check(b"nothing").is_err());
}
