//! The flatten rule read backwards agrees with the flatten rule itself.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::bundle::Line;
use crate::bundle::line::Shown;
use crate::bundle::shape;
use crate::ids::Seq;
use crate::json::canonical;
use crate::leaf::{Field, Salt, flatten};

fn shown(fields: &[Field]) -> Vec<Shown<'static>> {
    let of = |field: &Field| Shown {
        path: field.path.clone().into(),
        value: String::from_utf8(field.value.clone()).unwrap().into(),
        salt: Salt([0; 16]),
    };
    fields.iter().map(of).collect()
}

/// The document that a set of fields describes if any does, put together without looking.
fn rebuilt(fields: Vec<Shown<'static>>) -> Value {
    let line = Line {
        index: Seq(0),
        received_ms: 0,
        fields,
        withheld: Vec::new(),
        erased: Vec::new(),
        leaf_hash: Default::default(),
        proof: None,
    };
    line.disclosed().document
}

fn documents() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_i64..4).prop_map(Value::from),
        Just(json!(1.5)),
        "[a~/\"é]{0,2}".prop_map(Value::from),
        Just(json!({})),
        Just(json!([])),
    ];
    let value = scalar.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a0-1~/.]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    let part = prop::collection::btree_map("[ab0~/]{1,2}", value, 1..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()));
    (part.clone(), part).prop_map(|(e, s)| json!({"e": e, "s": s}))
}

/// Fields of which most sets belong to no document.
fn any_fields() -> impl Strategy<Value = Vec<Field>> {
    let value = prop::sample::select(vec!["0", "1", "2", "\"x\"", "{}", "[1]", "[{}]", "{\"a\":1}", "null"]);
    let path = prop::collection::vec(prop::sample::select(vec!["0", "1", "a"]), 1..4)
        .prop_map(|segments| format!("/e/{}", segments.join("/")));
    let fields = prop::collection::btree_map(path, value, 1..7);
    fields.prop_map(|fields| {
        fields.into_iter().map(|(path, value)| Field { path, value: value.into() }).collect()
    })
}

proptest! {
    #[test]
    fn the_fields_of_a_document_are_accepted_and_give_it_back(document in documents()) {
        let mut fields = shown(&flatten(&document));
        shape::check(&mut fields, 0).unwrap();
        prop_assert_eq!(canonical(&rebuilt(fields)), canonical(&document));
    }

    /// Whatever is kept back, the rest is still that of a document.
    #[test]
    fn any_part_of_a_document_is_accepted(document in documents(), kept in prop::collection::vec(any::<bool>(), 64)) {
        let all = flatten(&document);
        let part: Vec<Field> =
            all.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(it, _)| it.clone()).collect();
        let hidden = all.len() - part.len();
        prop_assert!(shape::check(&mut shown(&part), hidden).is_ok());
    }

    /// With nothing hidden, fields are accepted exactly when taking their document apart gives them again.
    #[test]
    fn fields_are_accepted_exactly_when_a_document_has_them(fields in any_fields()) {
        let with_s = [fields, vec![Field { path: "/s/kind".into(), value: b"\"event\"".to_vec() }]].concat();
        let mut shown = shown(&with_s);
        let is_accepted = shape::check(&mut shown, 0).is_ok();
        let mut again = flatten(&rebuilt(shown));
        let mut expected = with_s;
        again.sort();
        expected.sort();
        prop_assert_eq!(is_accepted, again == expected);
    }
}
