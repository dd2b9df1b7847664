//! Sealed positions and cursors as strangers send them back. Deliberately absent: their secrets.

#![no_main]

use std::sync::OnceLock;

use everlog::read::CursorKey;
use everlog_core::ids::Seq;
use everlog_core::leaf::LogId;
use everlog_fuzz::edited;
use libfuzzer_sys::fuzz_target;

const LOG: LogId = LogId([3; 16]);

fuzz_target!(|bytes: &[u8]| {
    static SEALED: OnceLock<(CursorKey, String)> = OnceLock::new();
    let (key, sealed) = SEALED.get_or_init(|| {
        let key = CursorKey::new(&[5; 32]);
        let sealed = key.seal_position(&LOG, Seq(41));
        (key, sealed)
    });
    for text in [String::from_utf8_lossy(bytes), String::from_utf8_lossy(&edited(sealed.as_bytes(), bytes))] {
        let opened = key.open_position(&LOG, &text);
        assert_eq!(opened, (text == *sealed).then_some(Seq(41)), "only what was sealed opens");
        assert_eq!(key.open_position(&LogId([4; 16]), &text), None, "and for its log alone");
    }
});
