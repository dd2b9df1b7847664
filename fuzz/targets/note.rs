//! Signed notes and the keys that open them. Deliberately absent: signatures that could be guessed.

#![no_main]

use everlog_core::checkpoint::{Checkpoint, LogKey, VerifierKey};
use everlog_core::ids::Size;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text, "a key is written in one way");
    }
    let key = LogKey::from_seed("log.example", [7; 32]).expect("the name is a key's");
    if let Ok(checkpoint) = key.verifier().open(text) {
        // Lines of other keys may follow; the text and our own line are as we write them.
        let ours = key.sign(&checkpoint);
        let signed = ours.split_once("\n\n").expect("a note has a text").0;
        assert!(text.starts_with(signed), "what opens is written as it was read");
    }
    // Whatever a log would be called: its note opens to what was signed, or does not open.
    let size = bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let checkpoint = Checkpoint { origin: text.to_owned(), size: Size(size), root: [9; 32] };
    if let Ok(opened) = key.verifier().open(&key.sign(&checkpoint)) {
        assert_eq!(opened, checkpoint);
    }
});
