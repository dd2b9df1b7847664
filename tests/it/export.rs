//! The bytes of exports, without a log around them: the limits of workbooks, and a memory that stays flat. Deliberately
//! absent: which events they hold; see `http::export`.

use std::io::Read;
use std::sync::Arc;

use everlog::export::xlsx::{CELL_UNITS_MAX, CUT, SHEET_ROWS_MAX, fitting};
use everlog::export::{Columns, Format, Maker, Plan};
use everlog_core::catalog::Catalogs;
use everlog_core::event::Event;
use everlog_core::ids::Seq;
use everlog_core::profile;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::http::export::sheet;

fn plan(format: Format) -> Plan {
    Plan {
        format,
        columns: Columns::Profile,
        is_raw: false,
        profile: Arc::new(profile::shipped("documents").unwrap().clone()),
        catalogs: Arc::new(Catalogs::default()),
        reader: None,
        is_restricted: false,
        zone: TimeZone::UTC,
        sheet_rows_max: SHEET_ROWS_MAX,
    }
}

fn events(count: u64) -> Vec<Event> {
    let document = json!({
        "e": {"action": "document.created", "actor": {"type": "user", "id": "u_1", "name": "Ana"}, "description": "Made"},
        "s": {"id": "e", "kind": "event", "via": "api"},
    });
    let document = serde_json::from_value(document).unwrap();
    let event = Event {
        seq: Seq(0),
        received_ms: 1_800_000_000_000,
        leaf_hash: [0; 32],
        document,
        erased: Vec::new(),
    };
    (0..count).map(|seq| Event { seq: Seq(seq), ..event.clone() }).collect()
}

fn workbook(plan: Plan, events: &[Event]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let (mut maker, first) = Maker::begin(plan, directory.path()).unwrap();
    assert!(first.is_empty(), "a workbook has no bytes until it is packed");
    for group in events.chunks(7) {
        assert!(maker.add(group, |_| Value::Null).unwrap().is_empty());
    }
    let mut bytes = Vec::new();
    maker.finish().unwrap().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "files without names leave nothing");
    bytes
}

/// A sheet that is full is followed by another, each with its header; the limit is the format's own.
#[test]
fn a_workbook_goes_on_to_another_sheet_when_one_is_full() {
    assert_eq!(SHEET_ROWS_MAX, 1_048_576);
    let bytes = workbook(Plan { sheet_rows_max: 10, ..plan(Format::Xlsx) }, &events(20));
    let rows: Vec<usize> = (0..3).map(|at| sheet(&bytes, at).len()).collect();
    assert_eq!(rows, [10, 10, 3], "nine rows under each header, and two");
    for at in 0..3 {
        assert_eq!(sheet(&bytes, at)[0][0].to_string(), "Date (UTC)");
    }
    // Exactly full: no sheet without rows.
    let bytes = workbook(Plan { sheet_rows_max: 10, ..plan(Format::Xlsx) }, &events(9));
    assert_eq!(sheet(&bytes, 0).len(), 10);
    assert!(std::panic::catch_unwind(|| sheet(&bytes, 1)).is_err());
}

/// H of the hostile list: a cell has at most 32,767 UTF-16 units, and says where something is missing.
#[test]
fn a_text_too_long_for_a_cell_is_cut_with_a_mark() {
    let units = |text: &str| text.encode_utf16().count();
    for fits in [String::new(), "x".repeat(CELL_UNITS_MAX), "ä".repeat(CELL_UNITS_MAX)] {
        assert_eq!(fitting(&fits), fits);
    }
    for long in ["x".repeat(CELL_UNITS_MAX + 1), "😀".repeat(CELL_UNITS_MAX), "ä😀".repeat(CELL_UNITS_MAX)]
    {
        let cut = fitting(&long);
        assert!(cut.ends_with(CUT) && units(&cut) <= CELL_UNITS_MAX && units(&cut) > CELL_UNITS_MAX - 2);
    }
    let mut long = events(1);
    long[0].document.event.description = Some("=".repeat(200_000));
    let rows = sheet(&workbook(plan(Format::Xlsx), &long), 0);
    assert!(rows[1][1].to_string().ends_with(CUT));
}
