//! Leaves as stored and as tiles give them. Deliberately absent: whether any log holds one.

#![no_main]

use everlog_core::leaf::Leaf;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.to_bytes(), bytes, "what parses is written as it was read");
        leaf.hash();
    }
});
