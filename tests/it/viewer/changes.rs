//! What changed, side by side. Deliberately absent: pages; those are asked for over HTTP.

use proptest::prelude::*;
use serde_json::{Value, json};

use askama::Template;
use everlog::viewer::changes::{ChangeTable, Side};
use everlog::viewer::text::Text;
use everlog_core::catalog::Kind;
use everlog_core::event::Changes;

fn table(before: Value, after: Value) -> ChangeTable {
    let map = |value: Value| value.as_object().cloned();
    let kind = match (&before, &after) {
        (Value::Null, _) => Kind::Created,
        (_, Value::Null) => Kind::Deleted,
        _ => Kind::Updated,
    };
    ChangeTable::new(&Changes::between(map(before), map(after)), kind, usize::MAX).unwrap()
}

/// D18 to D20, D23 to D25.
#[test]
fn a_creation_shows_all_values_a_deletion_its_snapshot_and_an_update_what_differs() {
    let created = table(json!(null), json!({"name": "Globex", "seats": 4}));
    assert_eq!((created.title, created.is_pair, created.rows.len()), ("changes-created", false, 2));
    let deleted = table(json!({"name": "Globex"}), json!(null));
    assert_eq!((deleted.title, deleted.is_pair), ("changes-deleted", false));
    let updated =
        table(json!({"status": "New", "owner": "u_3"}), json!({"status": "Contacted", "owner": "u_3"}));
    assert_eq!((updated.title, updated.is_pair, updated.rows.len()), ("changes-title", true, 1));
    assert_eq!(updated.rows[0].before, Side::Words(vec![(true, Text::sentence("New"))]));
}

#[test]
fn only_the_words_that_differ_are_marked_in_a_long_text() {
    let table =
        table(json!({"note": "Call back on Monday at nine"}), json!({"note": "Call back on Friday at nine"}));
    let pieces = [
        (false, Text::sentence("Call back on ")),
        (true, Text::sentence("Friday")),
        (false, Text::sentence(" at nine")),
    ];
    assert_eq!(table.rows[0].after, Side::Words(pieces.to_vec()));
}

#[test]
fn a_field_that_was_not_there_differs_from_one_that_was_null() {
    let table = table(json!({"a": null}), json!({"b": null}));
    assert_eq!((&table.rows[0].before, &table.rows[0].after), (&Side::Null, &Side::Missing));
    assert_eq!((&table.rows[1].before, &table.rows[1].after), (&Side::Missing, &Side::Null));
}

proptest! {
    #[test]
    fn no_word_is_lost_between_the_pieces(before in "[ab ]{8,40}", after in "[ab \n]{8,40}") {
        let table = table(json!({"note": format!("x {before} x x x")}), json!({"note": format!("y {after} y y y")}));
        let joined = |side: &Side, keep: fn(&(bool, Text)) -> bool| match side {
            Side::Words(pieces) => pieces.iter().filter(|it| keep(it)).map(|(_, text)| text.render().unwrap()).collect(),
            _ => String::new(),
        };
        let plain = |html: String| html.replace("<bdi>", "").replace("</bdi>", "");
        let row = &table.rows[0];
        prop_assert_eq!(plain(joined(&row.before, |_| true)), format!("x {before} x x x"));
        prop_assert_eq!(plain(joined(&row.after, |_| true)), format!("y {after} y y y"));
        let kept = |side: &Side| plain(joined(side, |(differs, _)| !differs)).split_whitespace().collect::<String>();
        prop_assert_eq!(kept(&row.before), kept(&row.after));
    }
}
