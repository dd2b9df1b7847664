//! Records rebuilt from their events, against a model that knows what really happened. Deliberately absent: events that
//! only mention a record; the viewer's tests have them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn step(at: u64, kind: Kind, before: Value, after: Value) -> Step {
    let mut changes = Changes::default();
    for (side, is_before) in [(&before, true), (&after, false)] {
        for (field, value) in side.as_object().into_iter().flatten() {
            let change = changes.0.entry(field.clone()).or_default();
            *(if is_before { &mut change.before } else { &mut change.after }) = Some(value.clone());
        }
    }
    changes.0.retain(|_, change| change.before != change.after);
    let is_said = !(before.is_null() && after.is_null());
    Step {
        event: format!("e-{at}"),
        seq: Seq(at),
        occurred_ms: at,
        kind,
        changes: is_said.then_some(changes),
    }
}

fn at(steps: &[Step], at_ms: u64) -> State {
    let mut replay = Replay::to(at_ms);
    let _ = steps.iter().all(|step| replay.take(step));
    replay.finish()
}

fn fields(state: &State) -> Value {
    json!(state.fields)
}

/// D18 to D20, L07, C12.
#[test]
fn a_record_is_created_changed_deleted_and_created_again() {
    let steps = [
        step(1, Kind::Created, Value::Null, json!({"status": "New", "owner": "u_3"})),
        step(2, Kind::Updated, json!({"status": "New"}), json!({"status": "Contacted", "note": null})),
        step(3, Kind::Deleted, json!({"status": "Contacted", "owner": "u_3", "note": null}), Value::Null),
        step(4, Kind::Created, Value::Null, json!({"status": "New"})),
    ];
    let seen: Vec<_> = (0..5).map(|ms| at(&steps, ms)).map(|it| (it.exists, fields(&it))).collect();
    assert_eq!(
        seen,
        [
            (Some(false), json!({})),
            (Some(true), json!({"status": "New", "owner": "u_3"})),
            (Some(true), json!({"status": "Contacted", "owner": "u_3", "note": null})),
            (Some(false), json!({})),
            (Some(true), json!({"status": "New"})),
        ]
    );
    let gone = at(&steps, 3);
    assert_eq!(json!(gone.held), json!({"status": "Contacted", "owner": "u_3", "note": null}));
    assert_eq!((gone.deleted_by.as_deref(), gone.gaps_total, gone.steps), (Some("e-3"), 0, 3));
    assert_eq!(at(&steps, 4).deleted_by, None);
}

#[test]
fn what_was_never_recorded_is_a_gap_and_no_guess() {
    let what = |steps: &[Step]| -> Vec<&'static str> {
        at(steps, 9).gaps.iter().map(|gap| gap.what.code()).collect()
    };
    let update = |ms, before, after| step(ms, Kind::Updated, before, after);
    let created = step(1, Kind::Created, Value::Null, json!({"a": 1}));
    assert_eq!(what(&[update(1, json!({"a": 1}), json!({"a": 2}))]), ["creation"]);
    assert_eq!(what(&[created.clone(), update(2, json!({"a": 5}), json!({"a": 2}))]), ["change"]);
    assert_eq!(what(&[created.clone(), update(2, json!({"a": 1, "b": 1}), json!({"b": 2}))]), ["change"]);
    assert_eq!(what(&[created.clone(), created.clone()]), ["deletion"]);
    assert_eq!(what(&[step(1, Kind::Created, Value::Null, Value::Null)]), ["initial_values"]);
    let deleted = step(2, Kind::Deleted, Value::Null, Value::Null);
    assert_eq!(
        what(&[created.clone(), deleted.clone(), update(3, json!({"a": 1}), json!({"a": 2}))]),
        ["return"]
    );
    // Who only names new values says nothing about the old ones.
    assert_eq!(what(&[created.clone(), update(2, Value::Null, json!({"a": 2, "b": 3}))]), [""; 0]);
    // To be looked at is no gap, nor does it bring anything back.
    let viewed = step(3, Kind::Other, Value::Null, Value::Null);
    let state = at(&[created, deleted, viewed], 9);
    assert_eq!((state.exists, state.gaps_total), (Some(false), 0));
}

/// A record whose history begins in the middle is known as far as later events tell what they found.
#[test]
fn what_a_later_event_found_was_there_before() {
    let steps = [
        step(5, Kind::Updated, json!({"status": "New"}), json!({"status": "Won"})),
        step(7, Kind::Updated, json!({"owner": "u_1"}), json!({"owner": "u_2"})),
        step(9, Kind::Deleted, json!({"status": "Won", "owner": "u_2", "city": "Oslo"}), Value::Null),
        step(11, Kind::Created, Value::Null, json!({"status": "New", "size": 3})),
    ];
    let before = at(&steps, 4);
    assert_eq!(before.exists, None);
    assert_eq!(fields(&before), json!({"status": "New", "owner": "u_1", "city": "Oslo"}));
    assert_eq!(before.inferred.len(), 3);
    let between = at(&steps, 5);
    assert_eq!(fields(&between), json!({"status": "Won", "owner": "u_1", "city": "Oslo"}));
    assert_eq!(between.inferred.iter().collect::<Vec<_>>(), ["city", "owner"]);
    assert_eq!(at(&steps, 9).held.len(), 3);
}

/// The example of the module's first lines.
#[test]
fn an_event_that_came_in_late_stands_where_it_happened() {
    let update = |at, before: &str, after: &str| {
        step(at, Kind::Updated, json!({"status": before}), json!({"status": after}))
    };
    let steps = [update(1, "New", "Sent"), update(2, "Sent", "Opened"), update(3, "Sent", "Signed")];
    assert_eq!(fields(&at(&steps, 2)), json!({"status": "Opened"}));
    let now = at(&steps, 9);
    assert_eq!(fields(&now), json!({"status": "Signed"}));
    let expected = Missing::Change {
        field: "status".to_owned(),
        known: Some(json!("Opened")),
        found: Some(json!("Sent")),
    };
    assert_eq!(now.gaps.last().map(|gap| &gap.what), Some(&expected));
}

/// A field that only a later event names, without what it found, is not known at the moment; one that it found missing
/// was not there.
#[test]
fn a_field_that_later_events_name_without_its_value_is_not_known() {
    let only_after = step(5, Kind::Updated, Value::Null, json!({"status": "Won"}));
    assert_eq!(at(&[only_after], 4).unknown.iter().collect::<Vec<_>>(), ["status"]);
    let both = step(5, Kind::Updated, json!({"owner": 1}), json!({"owner": 2, "status": "Won"}));
    assert!(at(&[both], 4).unknown.is_empty());
}

#[test]
fn gaps_are_counted_beyond_those_that_are_told() {
    let steps: Vec<Step> = (0..3 * GAPS_MAX as u64)
        .map(|ms| step(ms, Kind::Updated, json!({"a": ms * 2}), json!({"a": ms * 2 + 1})))
        .collect();
    let state = at(&steps, u64::MAX);
    assert_eq!((state.gaps.len(), state.gaps_total), (GAPS_MAX, 3 * GAPS_MAX));
}

/// What one does to a record.
#[derive(Clone, Debug)]
enum Edit {
    Create(BTreeMap<String, u8>),
    Update(BTreeMap<String, Option<u8>>),
    Delete,
}

fn edits() -> impl Strategy<Value = Vec<(Edit, bool)>> {
    let field = prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned);
    let edit = prop_oneof![
        1 => prop::collection::btree_map(field.clone(), 0..4_u8, 1..4).prop_map(Edit::Create),
        6 => prop::collection::btree_map(field, prop::option::weighted(0.8, 0..4_u8), 1..3).prop_map(Edit::Update),
        1 => Just(Edit::Delete),
    ];
    prop::collection::vec((edit, prop::bool::weighted(0.75)), 1..40)
}

type Model = Option<BTreeMap<String, u8>>;

/// Does what can be done, and returns each event with the record behind it.
fn live(edits: &[(Edit, bool)]) -> Vec<(Step, Model, bool)> {
    let mut record: Model = None;
    let mut lived = Vec::new();
    for (edit, is_kept) in edits {
        let ms = lived.len() as u64 * 10 + 10;
        let (kind, before, after, next) = match (edit, &record) {
            (Edit::Create(values), None) => (Kind::Created, Value::Null, json!(values), Some(values.clone())),
            (Edit::Update(values), Some(held)) => {
                let mut next = held.clone();
                for (field, value) in values {
                    match value {
                        Some(value) => next.insert(field.clone(), *value),
                        None => next.remove(field),
                    };
                }
                (Kind::Updated, json!(held), json!(next), Some(next))
            }
            (Edit::Delete, Some(held)) => (Kind::Deleted, json!(held), Value::Null, None),
            _ => continue,
        };
        record = next;
        lived.push((step(ms, kind, before, after), record.clone(), *is_kept));
    }
    lived
}

fn values(state: &State) -> BTreeMap<String, u8> {
    state.fields.iter().map(|(field, value)| (field.clone(), value.as_u64().unwrap() as u8)).collect()
}

proptest! {
    #[test]
    fn with_every_event_every_moment_is_known_exactly(edits in edits()) {
        let lived = live(&edits);
        let steps: Vec<Step> = lived.iter().map(|(step, _, _)| step.clone()).collect();
        for (step, model, _) in &lived {
            for ms in [step.occurred_ms, step.occurred_ms + 9] {
                let state = at(&steps, ms);
                prop_assert_eq!(state.exists, Some(model.is_some()));
                prop_assert_eq!(values(&state), model.clone().unwrap_or_default());
                prop_assert_eq!((state.gaps_total, state.inferred.len(), state.unknown.len()), (0, 0, 0));
            }
        }
    }

    /// Events are lost: what a kept event said last is right, and what it found otherwise than known is told.
    #[test]
    fn with_events_missing_no_kept_word_is_lost_and_every_contradiction_is_told(edits in edits()) {
        let lived = live(&edits);
        let kept: Vec<Step> = lived.iter().filter(|(_, _, is_kept)| *is_kept).map(|(step, _, _)| step.clone()).collect();
        for (place, (step, model, is_kept)) in lived.iter().enumerate() {
            if !is_kept {
                continue;
            }
            let state = at(&kept, step.occurred_ms);
            prop_assert_eq!(state.exists, Some(model.is_some()));
            for (field, change) in &step.changes.as_ref().unwrap().0 {
                let expected = if step.kind == Kind::Deleted { None } else { change.after.as_ref() };
                prop_assert_eq!(state.fields.get(field), expected);
            }
            let before = at(&kept, step.occurred_ms - 1);
            let names_before = step.changes.as_ref().unwrap().0.values().any(|change| change.before.is_some());
            let earlier = names_before && lived[..place].iter().any(|(_, _, is_kept)| *is_kept);
            for (field, change) in &step.changes.as_ref().unwrap().0 {
                let known = before.fields.get(field);
                let is_told = state.gaps.iter().any(|gap| gap.event == step.event && gap.what.field() == Some(field));
                if earlier && before.exists == Some(true) && step.kind != Kind::Created && known.is_some()
                    && known != change.before.as_ref()
                {
                    prop_assert!(is_told, "{field} was {known:?}, found {:?}", change.before);
                }
            }
            // Nothing is inferred that was not so.
            let truth = lived[..place].last().and_then(|(_, model, _)| model.clone());
            if before.exists.is_none() || !before.inferred.is_empty() {
                for field in &before.inferred {
                    let value = before.fields[field].as_u64().unwrap() as u8;
                    let next = lived[place..].iter().any(|(it, _, is_kept)| !is_kept && it.changes.is_some());
                    let is_so = truth.as_ref().and_then(|held| held.get(field)) == Some(&value);
                    prop_assert!(is_so || next, "{field} was never {value}");
                }
            }
        }
    }
}
