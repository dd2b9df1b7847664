//! Documents that are made to do harm, and sealed files that somebody changed. Deliberately absent: honest ones.

use std::fmt::Write;
use std::io::Write as _;

use everlog::trail::check::{SealState, check};
use everlog::trail::finish::{Document, Way, finish};
use everlog::trail::inspect::{Condition, inspect};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;

use crate::trail::sealing::{NOW_MS, TRAIL, assert_intact, key, original, sealer};

/// A file of these objects, numbered from one, the first its catalog.
pub fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", place + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", places.len() + 1);
    places.iter().for_each(|place| write!(table, "{place:010} 00000 n\r\n").unwrap());
    write!(table, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", places.len() + 1).unwrap();
    out.extend_from_slice(table.as_bytes());
    out
}

fn texts(objects: &[&str]) -> Vec<u8> {
    file(&objects.iter().map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>())
}

const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";

fn bomb(megabytes: usize) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    (0..megabytes).for_each(|_| packer.write_all(&zeros).unwrap());
    packer.finish().unwrap()
}

/// T-lines of bad inputs: circles, depths and bombs end in an answer, quickly, and never in a page laid behind them.
#[test]
fn hostile_documents_are_answered_and_nothing_is_laid_behind_them() {
    let deep_array = "[".repeat(200_000);
    let deep_dict = "<</A ".repeat(200_000);
    let mut deep_tree = vec![CATALOG.as_bytes().to_vec()];
    for number in 2..5_000 {
        deep_tree.push(format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", number + 1).into_bytes());
    }
    let packed = bomb(100);
    let mut bombed =
        format!("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length {}>>\nstream\n", packed.len())
            .into_bytes();
    bombed.extend_from_slice(&packed);
    bombed.extend_from_slice(b"\nendstream");
    let page = b"<</Type/Page/Parent 2 0 R>>".to_vec();
    let tree = b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec();
    // The stream of positions says that an object is in the bomb.
    let mut with_bomb = file(&[CATALOG.as_bytes().to_vec(), tree.clone(), page.clone(), bombed.clone()]);
    let start = with_bomb.len();
    let before = memchr::memmem::rfind(&with_bomb, b"xref\n0 ").unwrap();
    let rows = [2_u8, 0, 4, 0];
    with_bomb.extend_from_slice(
        format!(
            "9 0 obj <</Type/XRef/Size 10/W[1 2 1]/Index[8 1]/Root 1 0 R/Prev {before}/Length 4>>stream\n"
        )
        .as_bytes(),
    );
    with_bomb.extend_from_slice(&rows);
    with_bomb.extend_from_slice(format!("\nendstream endobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    // A stream of objects whose length is inside itself.
    let own_length = b"<</Type/ObjStm/N 1/First 4/Length 8 0 R>>\nstream\n8 0 9\nendstream".to_vec();
    let mut circle = file(&[CATALOG.as_bytes().to_vec(), tree.clone(), page.clone(), own_length]);
    let start = circle.len();
    let before = memchr::memmem::rfind(&circle, b"xref\n0 ").unwrap();
    circle.extend_from_slice(
        format!(
            "9 0 obj <</Type/XRef/Size 10/W[1 2 1]/Index[8 1]/Root 1 0 R/Prev {before}/Length 4>>stream\n"
        )
        .as_bytes(),
    );
    circle.extend_from_slice(&rows);
    circle.extend_from_slice(format!("\nendstream endobj\nstartxref\n{start}\n%%EOF\n").as_bytes());

    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a tree of pages in a circle", texts(&[CATALOG, "<</Type/Pages/Kids[2 0 R]/Count 1>>"])),
        (
            "a page twice",
            texts(&[CATALOG, "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", "<</Type/Page/Parent 2 0 R>>"]),
        ),
        ("a catalog that is itself", texts(&["1 0 R"])),
        (
            "references in a circle",
            texts(&["<</Pages 2 0 R/AcroForm 3 0 R>>", "<</Kids[5 0 R]/Count 1>>", "4 0 R", "3 0 R", "<<>>"]),
        ),
        ("a tree of pages as deep as it is long", file(&deep_tree)),
        ("lists in lists", texts(&[CATALOG, &deep_array])),
        ("dictionaries in dictionaries", texts(&[&deep_dict])),
        (
            "a table in a circle",
            b"%PDF-1.4\nxref\n0 0\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF".to_vec(),
        ),
        ("a table of billions", b"%PDF-1.4\nxref\n0 4000000000\ntrailer<<>>\nstartxref\n9\n%%EOF".to_vec()),
        (
            "a count that is not so",
            texts(&[CATALOG, "<</Type/Pages/Kids[3 0 R]/Count 9>>", "<</Type/Page>>"]),
        ),
        ("a bomb", with_bomb),
        ("a length inside itself", circle),
    ];
    let key = key();
    for (name, bytes) in cases {
        let started = std::time::Instant::now();
        let found = inspect(&bytes);
        assert!(found.as_ref().map_or(true, |it| it.condition != Condition::Healthy), "{name}: {found:?}");
        let finished =
            finish(Some(Document { bytes: &bytes, file_name: "it.pdf" }), TRAIL, sealer(&key), NOW_MS);
        let finished = finished.unwrap();
        assert!(matches!(finished.way, Way::Container(_)), "{name}: {:?}", finished.way);
        assert_eq!(check(&finished.bytes).unwrap().attachment("it.pdf").unwrap().bytes, bytes, "{name}");
        assert!(started.elapsed().as_secs() < 10, "{name}: {:?}", started.elapsed());
    }
}

/// The body of a page is never unpacked here: what it holds is no danger, and no reason against it.
#[test]
fn a_bomb_on_a_page_is_left_packed() {
    let packed = bomb(200);
    let mut stream = format!("<</Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).into_bytes();
    stream.extend_from_slice(&packed);
    stream.extend_from_slice(b"\nendstream");
    let tree = b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 612 792]>>".to_vec();
    let page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>".to_vec();
    let bytes = file(&[CATALOG.as_bytes().to_vec(), tree, page, stream]);
    let key = key();
    let finished =
        finish(Some(Document { bytes: &bytes, file_name: "it.pdf" }), TRAIL, sealer(&key), NOW_MS).unwrap();
    assert_eq!((finished.way, finished.page_count), (Way::Appended, 3));
    assert_intact(&check(&finished.bytes).unwrap(), &key);
}

/// Names may be written with escapes; a signature whose range is hidden so is still one.
#[test]
fn a_signature_is_found_however_its_names_are_written() {
    let bytes = texts(&[
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R>>",
        "<</T(a)/Kids[5 0 R]>>",
        "<</FT/Sig/V<</Byte#52ange[0 1 2 3]/Contents<00>>>>>",
    ]);
    assert_eq!(inspect(&bytes).unwrap().condition, Condition::Signed);
}

fn is_intact(bytes: &[u8]) -> bool {
    check(bytes).is_ok_and(|it| matches!(it.seal, SealState::Intact(_)))
}

/// L45: nothing can be added behind a seal, or cut off, or put in front.
#[test]
fn what_is_added_to_a_sealed_file_is_noticed() {
    let key = key();
    let bytes = original("streams.pdf");
    let sealed = finish(Some(Document { bytes: &bytes, file_name: "it.pdf" }), TRAIL, sealer(&key), NOW_MS)
        .unwrap()
        .bytes;
    assert!(is_intact(&sealed));
    assert!(!is_intact(&[&sealed[..], b"\n"].concat()));
    assert!(!is_intact(&sealed[..sealed.len() - 1]));
    assert!(!is_intact(&[b"\n", &sealed[..]].concat()));
    assert!(!is_intact(&bytes));
    // Sealed again, it is a file that was added to after its first seal; the new seal is over everything.
    let again = finish(None, &sealed, sealer(&key), NOW_MS).unwrap().bytes;
    assert!(is_intact(&again));
}

/// Every character of the signature itself, which no digest covers; of the zeros behind it, some.
#[test]
fn every_character_of_a_seal_is_watched() {
    const SIGNATURE_CHARS: usize = 1_700;
    let key = key();
    let sealed = finish(None, TRAIL, sealer(&key), NOW_MS).unwrap().bytes;
    let start = memchr::memmem::rfind(&sealed, b"/Contents <").unwrap();
    let end = start + memchr::memchr(b'>', &sealed[start..]).unwrap();
    let zeros = (start + SIGNATURE_CHARS..end).step_by(64);
    for at in (start..start + SIGNATURE_CHARS).chain(zeros).chain([end - 1, end]) {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(!is_intact(&changed), "byte {at}");
        // The same digit in capitals is another byte.
        if sealed[at].is_ascii_lowercase() {
            changed[at] = sealed[at].to_ascii_uppercase();
            assert!(!is_intact(&changed), "byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// L45: one changed byte anywhere is noticed, in every way a file is put together.
    #[test]
    fn any_changed_byte_of_a_sealed_file_is_noticed(at in any::<prop::sample::Index>(), flip in 1_u8.., way in 0..3_usize) {
        static SEALED: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        let sealed = &SEALED.get_or_init(|| {
            let key = key();
            let mut all: Vec<Vec<u8>> = ["classic.pdf", "signed.pdf"].iter().map(|name| crate::trail::sealing::finished(name, &key).bytes).collect();
            all.push(finish(None, TRAIL, sealer(&key), NOW_MS).unwrap().bytes);
            all
        })[way];
        let mut changed = sealed.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(!is_intact(&changed), "byte {}", at);
    }

    /// Whatever the bytes, they are answered; and what is laid behind them begins with them.
    #[test]
    fn broken_documents_are_answered(
        name in 0..4_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(), is_cut: bool,
    ) {
        let mut bytes = original(["classic.pdf", "streams.pdf", "hybrid.pdf", "attached.pdf"][name]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if inspect(&bytes).is_ok_and(|it| it.condition == Condition::Healthy)
            && let Ok(whole) = everlog::trail::append::append(&bytes, TRAIL)
        {
            prop_assert!(whole.starts_with(&bytes));
        }
    }
}
