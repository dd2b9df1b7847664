//! Files that we sealed, with changes: none is whole any more, and none is told as something that we never had to do with.
//! Deliberately absent: evidence that holds; the seal alone is asked.

#![no_main]

use std::sync::OnceLock;

use everlog::evidence::Verdict;
use everlog::evidence::pdf::{bears_our_seal, check_pdf};
use everlog::trail::check::{SealState, check};
use everlog::trail::finish::{Document, Sealer, finish};
use everlog::trail::seal::SealWords;
use everlog::trail::seal::key::SealKey;
use everlog_core::bundle::Trust;
use everlog_fuzz::edited;
use libfuzzer_sys::fuzz_target;

const NOW_MS: u64 = 1_790_000_000_000;
const TRAIL: &[u8] = include_bytes!("../../tests/it/trail/trail.pdf");
const HEALTHY: &[u8] = include_bytes!("../../tests/it/trail/originals/classic.pdf");
const SIGNED: &[u8] = include_bytes!("../../tests/it/trail/originals/signed.pdf");

/// The document under the trail, the document inside it, and the trail alone.
fn sealed() -> &'static [Vec<u8>] {
    static SEALED: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEALED.get_or_init(|| {
        let pem = SealKey::generate("Everlog at everlog.example", NOW_MS).expect("there is randomness");
        let key = SealKey::from_pem(&pem, &pem).expect("it was made just now");
        let words = SealWords { name: "Everlog at everlog.example", reason: "Audit trail" };
        let documents = [Some(HEALTHY), Some(SIGNED), None];
        let files = documents.map(|bytes| {
            let document = bytes.map(|bytes| Document { bytes, file_name: "it.pdf" });
            let sealer = Sealer { key: &key, authority: None, words };
            finish(document, TRAIL, sealer, NOW_MS).expect("it can be sealed").bytes
        });
        files.to_vec()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, edits)) = bytes.split_first() else { return };
    let whole = &sealed()[usize::from(*which) % sealed().len()];
    let file = edited(whole, edits);
    let is_whole = file == *whole;
    let is_intact = check(&file).is_ok_and(|it| matches!(it.seal, SealState::Intact(_)));
    assert_eq!(is_intact, is_whole, "the seal is over every byte");
    if !is_whole && bears_our_seal(&file) {
        assert_eq!(check_pdf(&file, &Trust::default(), &[]).verdict(), Verdict::Fails);
    }
});
