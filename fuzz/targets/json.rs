//! JSON as strangers send it, and events in it. Deliberately absent: what a server makes of an event.

#![no_main]

use everlog_core::event::NewEvent;
use everlog_core::json::{canonical, parse};
use everlog_core::leaf::{field_count_and_longest_path, flatten};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes) else { return };
    let written = canonical(&value);
    assert_eq!(parse(&written).as_ref(), Ok(&value), "canonical bytes give the same value");
    assert_eq!(canonical(&parse(&written).expect("they were read just now")), written);
    field_count_and_longest_path(&value);
    flatten(&value);
    if let Ok(event) = NewEvent::from_json(value) {
        let told = event.to_json();
        let again = NewEvent::from_json(told.clone()).expect("an event that was written is one");
        assert_eq!(again.to_json(), told);
    }
});
