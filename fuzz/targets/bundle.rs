//! Bundles: anything at all, and real ones with changes. Whatever verifies under the pinned key shows what the real ones show.
//! Deliberately absent: what a header says of the question, which nobody signs.

#![no_main]

use std::collections::HashMap;
use std::sync::OnceLock;

use everlog_core::bundle::{Trust, verify};
use everlog_fuzz::edited;
use libfuzzer_sys::fuzz_target;

const PARTIAL: &[u8] = include_bytes!("../../vectors/bundle-v1.jsonl");
const COMPLETE: &[u8] = include_bytes!("../../vectors/bundle-complete-v1.jsonl");
const KEY: &str = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

/// What is true: of each log and position its time, and of each field its value.
type Truth = HashMap<(String, u64), (u64, HashMap<String, String>)>;

fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(|| Trust { keys: vec![KEY.parse().expect("this is a key")], older: None })
}

/// What a bundle shows, when it holds.
fn shown(bundle: &[u8]) -> Option<Truth> {
    let mut events = Vec::new();
    let report = verify(bundle, trust(), |line| {
        let fields = line.fields.iter().map(|it| (it.path.to_string(), it.value.to_string())).collect();
        events.push((line.index.0, line.received_ms, fields));
    });
    let origin = report.ok().filter(|report| report.key_pinned)?.header.origin;
    Some(events.into_iter().map(|(index, at, fields)| ((origin.clone(), index), (at, fields))).collect())
}

fn truth() -> &'static Truth {
    static TRUTH: OnceLock<Truth> = OnceLock::new();
    TRUTH.get_or_init(|| {
        let mut truth = shown(PARTIAL).expect("it holds");
        for (place, (at, fields)) in shown(COMPLETE).expect("it holds") {
            truth.entry(place).or_insert((at, HashMap::new())).1.extend(fields);
        }
        truth
    })
}

fn check(bundle: &[u8]) {
    // Without a pinned key nothing is known of it but that it must not be our downfall.
    let _ = verify(bundle, &Trust::default(), |_| {});
    for (place, (at, fields)) in shown(bundle).unwrap_or_default() {
        let (true_at, true_fields) = truth().get(&place).expect("no event is made up");
        assert_eq!(at, *true_at, "no time is changed");
        for (path, value) in fields {
            assert_eq!(true_fields.get(&path), Some(&value), "no value is changed: {path}");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&edited(PARTIAL, bytes));
    check(&edited(COMPLETE, bytes));
});
