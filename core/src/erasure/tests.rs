//! What is left when fields are erased: the same leaf, from less.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{KEPT, Salts, Written, may_name};
use crate::event::Document;
use crate::ids::Seq;
use crate::json;
use crate::leaf::{Seed, flatten};

fn seed() -> Salts {
    Salts::Seed(Seed([9; 32]))
}

fn document() -> Value {
    json!({
        "e": {
            "action": "lead.created",
            "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@example.com"},
            "on_behalf_of": {"type": "user", "id": "u_2", "name": "Bo"},
            "targets": [{"type": "lead", "id": "l_9", "name": "Ana's lead", "parent": {"type": "pipeline", "id": "p_1"}}],
            "changes": {"email": {"before": "a@x.example", "after": "b@x.example"}, "n": {"after": 1}},
            "context": {"ip": "203.0.113.7"},
            "metadata": {"list": [{"who": "Ana"}, "Ana", [1]], "flat": ["a"], "deep": {"a": {"b": "Ana"}}, "empty": {}},
        },
        "s": {"id": "evt_1", "kind": "event", "via": "api", "remote": "203.0.113.9", "forwarded": ["198.51.100.1"]},
    })
}

/// Erases and returns what is left.
fn erased(pointers: &[&str]) -> (Value, Written) {
    let mut left = document();
    let written = seed().erase(&mut left, pointers, Seq(97)).unwrap();
    (left, written)
}

#[test]
fn an_event_with_erased_fields_has_the_leaf_it_had() {
    let before = seed().commitments(&document());
    for pointers in [
        &["/e/actor/name"][..],
        &["/e/actor"],
        &["/e/metadata"],
        &["/e/targets"],
        &["/e/changes/email", "/s/remote", "/s/forwarded"],
        &["/e", "/s"],
    ] {
        let (left, written) = erased(pointers);
        assert_eq!(Salts::Written(written).commitments(&left), before, "{pointers:?}");
        assert!(serde_json::from_value::<Document>(left).is_ok(), "{pointers:?}");
    }
}

#[test]
fn a_value_its_path_and_its_salt_are_gone() {
    let (left, written) = erased(&["/e/changes/email"]);
    assert_eq!(left["e"]["changes"], json!({"n": {"after": 1}}));
    assert!(written.salts.keys().all(|path| !path.contains("email") || path.starts_with("/e/actor")));
    assert!(written.erased.iter().all(|it| it.pointer == "/e/changes/email" && it.by == Seq(97)));
    assert_eq!(written.erased.len(), 2);
    let bytes = written.to_bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("x.example"));
}

#[test]
fn what_orders_the_log_and_decides_who_sees_it_stays() {
    let (left, _) = erased(&["/e", "/s"]);
    assert_eq!(
        left,
        json!({
            "e": {
                "action": "lead.created", "actor": {"type": "user"}, "on_behalf_of": {"type": "user"},
                "targets": [{}], "metadata": {"list": [{}, null, null]},
            },
            "s": {"id": "evt_1", "kind": "event", "via": "api"},
        })
    );
    assert!(KEPT.iter().all(|path| !may_name(path)));
    assert!(seed().erase(&mut document(), KEPT, Seq(97)).is_none());
}

#[test]
fn a_pointer_inside_a_field_names_the_whole_field() {
    let (left, _) = erased(&["/e/metadata/deep/a/b", "/e/metadata/flat/0"]);
    assert_eq!(left["e"]["metadata"].get("deep"), None);
    assert_eq!(left["e"]["metadata"].get("flat"), None);
}

#[test]
fn elements_keep_their_places_and_arrays_their_lengths() {
    let (left, written) = erased(&["/e/metadata/list/0", "/e/targets/0/parent"]);
    assert_eq!(left["e"]["metadata"]["list"], json!([{}, "Ana", [1]]));
    assert_eq!(left["e"]["targets"], json!([{"type": "lead", "id": "l_9", "name": "Ana's lead"}]));
    assert!(written.salts.contains_key("/e/metadata/list"));
}

#[test]
fn more_can_be_erased_later() {
    let before = seed().commitments(&document());
    let (mut left, written) = erased(&["/e/actor/name"]);
    let salts = Salts::Written(written);
    assert!(salts.erase(&mut left, &["/e/actor/name"], Seq(98)).is_none());
    let written = salts.erase(&mut left, &["/e/actor/email"], Seq(98)).unwrap();
    assert_eq!(written.erased.iter().map(|it| it.by.0).sum::<u64>(), 97 + 98);
    assert_eq!(Salts::Written(written).commitments(&left), before);
}

#[test]
fn what_is_named_is_what_is_erased() {
    let named = seed().named(&document(), &["/e/actor", "/e/metadata"]);
    let (_, written) = erased(&["/e/actor", "/e/metadata"]);
    let erased: Vec<_> = written.erased.into_iter().map(|it| (it.commitment, it.pointer)).collect();
    assert_eq!(named, erased);
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c~/é]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c~/0]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is erased from whatever, in two steps: the leaf stays, what is named goes, what is not named stays.
    #[test]
    fn whatever_is_erased_the_leaf_stays(metadata in any_value(), picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
        let whole = json!({"e": {"action": "a.b", "actor": {"type": "system"}, "metadata": {"m": metadata}}, "s": {"kind": "event"}});
        let fields = flatten(&whole);
        let before = seed().commitments(&whole);
        let (mut left, mut salts) = (whole, seed());
        for pick in picks {
            let path = pick.get(&fields).path.clone();
            // Half of the time what is above it.
            let pointer = if pick.index(2) == 0 && path.matches('/').count() > 2 {
                path.rsplit_once('/').unwrap().0.to_owned()
            } else {
                path
            };
            let shown = salts.fields(&left).len();
            if let Some(written) = salts.erase(&mut left, &[&pointer], Seq(5)) {
                prop_assert!(written.salts.len() < shown);
                prop_assert_eq!(Written::from_bytes(&written.to_bytes()), Some(written.clone()));
                salts = Salts::Written(written);
            }
            // Read again from its bytes, as a store gives it.
            left = json::parse_with_depth(&json::canonical(&left), 33).unwrap();
            prop_assert_eq!(salts.commitments(&left), before.clone());
        }
    }
}
