//! Documents as large as anybody has. Deliberately absent: figures; `benches/seal.rs` prints them.

use everlog::trail::check::check;
use everlog::trail::finish::{Document, Way, Why, finish};
use everlog::trail::inspect::Condition;

use crate::trail::hostile::file;
use crate::trail::sealing::{NOW_MS, TRAIL, TRAIL_PAGES, assert_intact, key, sealer};

fn document(rest: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let first = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/MediaBox[0 0 595 842]/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/Resources<<>>>>",
    ];
    let objects: Vec<Vec<u8>> = first.iter().map(|it| it.as_bytes().to_vec()).chain(rest).collect();
    file(&objects)
}

/// Pictures that no packing makes smaller, so many MiB.
fn pictures(count: u32) -> Vec<u8> {
    document((0..count).map(|seed| {
        let mut state = seed | 1;
        let mut picture =
            format!("<</Subtype/Image/Filter/DCTDecode/Length {}>>\nstream\n", 1 << 20).into_bytes();
        picture.extend((0..1 << 20).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }));
        picture.extend_from_slice(b"\nendstream");
        picture
    }))
}

fn objects(count: u32) -> Vec<u8> {
    document(
        (0..count)
            .map(|it| format!("<</Type/Annot/Rect[{it} 0 9 9]/Dest[3 0 R/XYZ null {it} 0]>>").into_bytes()),
    )
}

/// Something that grows faster than the document shows here as a test that does not end; figures are the bench's.
#[test]
fn large_documents_are_joined_sealed_and_carried_whole() {
    let key = key();
    for (name, bytes) in [("pictures", pictures(8)), ("objects", objects(50_000))] {
        let joined = |bytes: &[u8]| {
            finish(Some(Document { bytes, file_name: "it.pdf" }), TRAIL, sealer(&key), NOW_MS).unwrap()
        };
        let appended = joined(&bytes);
        assert_eq!((appended.way, appended.page_count), (Way::Appended, 1 + TRAIL_PAGES), "{name}");
        assert!(appended.bytes.starts_with(&bytes), "{name}");
        assert_intact(&check(&appended.bytes).unwrap(), &key);
        let with_junk = [b"junk\n", &bytes[..]].concat();
        let carried = joined(&with_junk);
        assert_eq!(carried.way, Way::Container(Why::Condition(Condition::JunkBeforeHeader)), "{name}");
        assert_eq!(check(&carried.bytes).unwrap().attachment("it.pdf").unwrap().bytes, with_junk, "{name}");
    }
}
