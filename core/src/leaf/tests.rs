//! The golden leaf, what flattening promises, and every leaf that must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::{Map, json};

use crate::json::{canonical, parse};
use crate::leaf::*;

/// The worked example of the leaf format. Its salts are test salts, so no seed leads to them.
fn golden() -> Value {
    serde_json::from_str(include_str!("../../../vectors/leaf-v1.json")).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn golden_document(golden: &Value) -> Value {
    parse(text(golden, "document_jcs").as_bytes()).unwrap()
}

fn golden_leaf() -> (Leaf, Vec<u8>) {
    let golden = golden();
    let mut commitments: Vec<Hash> = golden["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            let salt = Salt(hex::decode(text(field, "salt_hex")).unwrap());
            commitment(text(field, "path"), text(field, "value_jcs").as_bytes(), &salt)
        })
        .collect();
    commitments.sort();
    let leaf = Leaf {
        log_id: text(&golden, "log_id_hex").parse().unwrap(),
        index: Seq(golden["index"].as_u64().unwrap()),
        received_ms: golden["received_ms"].as_u64().unwrap(),
        commitments,
    };
    (leaf, bytes_of_hex(text(&golden, "leaf_hex")))
}

#[test]
fn the_golden_document_has_the_golden_fields_and_commitments() {
    let golden = golden();
    let document = golden_document(&golden);
    assert_eq!(canonical(&document), text(&golden, "document_jcs").as_bytes());
    let fields = flatten(&document);
    let expected = golden["fields"].as_array().unwrap();
    assert_eq!(fields.len(), expected.len());
    for (field, expected) in fields.iter().zip(expected) {
        assert_eq!(field.path, text(expected, "path"));
        assert_eq!(str::from_utf8(&field.value).unwrap(), text(expected, "value_jcs"));
        let salt = Salt(hex::decode(text(expected, "salt_hex")).unwrap());
        let hash = commitment(&field.path, &field.value, &salt);
        assert_eq!(Hex(&hash).to_string(), text(expected, "commitment_hex"), "{}", field.path);
    }
}

#[test]
fn the_golden_leaf_is_reproduced_byte_for_byte() {
    let (leaf, bytes) = golden_leaf();
    assert_eq!(leaf.to_bytes(), bytes);
    assert_eq!(Hex(&leaf.hash()).to_string(), text(&golden(), "leaf_hash_hex"));
    assert_eq!(Leaf::parse(&bytes).unwrap(), leaf);
}

/// Pinned here once; the formula is that of the leaf format.
#[test]
fn a_salt_is_derived_from_seed_and_path() {
    let seed = Seed([7; 32]);
    let preimage = [b"everlog/salt/v1\0".as_slice(), &[7; 32], b"/e/action"].concat();
    assert_eq!(seed.salt("/e/action").0, Sha256::digest(preimage)[..16]);
    assert_ne!(seed.salt("/e/action"), seed.salt("/e/actio"));
    assert_ne!(seed.salt("/e/action"), Seed([8; 32]).salt("/e/action"));
}

#[test]
fn commitments_are_those_of_every_field_in_ascending_order() {
    let document = golden_document(&golden());
    let seed = Seed([7; 32]);
    let mut one_by_one: Vec<Hash> =
        flatten(&document).iter().map(|f| commitment(&f.path, &f.value, &seed.salt(&f.path))).collect();
    one_by_one.sort();
    assert_eq!(commitments(&document, &seed), one_by_one);
    assert_eq!(check_commitments(&one_by_one), Ok(()));
}

#[test]
fn every_value_is_a_field_wherever_it_stands() {
    let document = json!({
        "e": {
            "empty": {}, "list": [1, {}], "scalars": [[1], null], "a/b~c": {"": true},
            "deep": {"er": {"still": {"more": 1}, "rows": [{"x": 1}]}},
            "rows": {"of": [{"x": 1}], "mixed": [5, {"x": [{}]}]},
        },
        "s": {"kind": "event"},
    });
    let fields: Vec<(String, String)> =
        flatten(&document).into_iter().map(|f| (f.path, String::from_utf8(f.value).unwrap())).collect();
    let mut expected = [
        ("/e/a~1b~0c/", "true"),
        ("/e/deep/er/rows", "[{\"x\":1}]"),
        ("/e/deep/er/still", "{\"more\":1}"),
        ("/e/empty", "{}"),
        ("/e/list", "2"),
        ("/e/list/0", "1"),
        ("/e/list/1", "{}"),
        ("/e/rows/mixed", "2"),
        ("/e/rows/mixed/0", "5"),
        ("/e/rows/mixed/1", "{\"x\":[{}]}"),
        ("/e/rows/of", "1"),
        ("/e/rows/of/0", "{\"x\":1}"),
        ("/e/scalars", "[[1],null]"),
        ("/s/kind", "\"event\""),
    ]
    .map(|(path, value)| (path.to_owned(), value.to_owned()));
    expected.sort();
    assert_eq!(fields, expected);
}

#[test]
fn an_event_is_measured_as_it_will_be_flattened() {
    let event = json!({"action": "a.b", "targets": [{"id": "1"}, {"id": "2"}], "metadata": {"ключ/": 1}});
    let extent = field_count_and_longest_path(&event);
    assert_eq!(extent, Extent { field_count: 5, path_bytes_max: "/e/metadata/ключ~1".len() });
    let empty = field_count_and_longest_path(&json!({}));
    assert_eq!(empty, Extent { field_count: 1, path_bytes_max: 2 });
}

/// A bundle may claim any path. With a wrapped length prefix, path and value could trade bytes.
#[test]
fn a_path_longer_than_its_length_prefix_commits_to_nothing_else() {
    let salt = Salt([0; 16]);
    let long = "/e/".to_owned() + &"x".repeat(usize::from(u16::MAX));
    let wrapped = long.len() - (usize::from(u16::MAX) + 1);
    let (path, value) = long.split_at(wrapped);
    assert_ne!(commitment(&long, b"1", &salt), commitment(path, format!("{value}1").as_bytes(), &salt));
}

#[test]
fn a_leaf_of_another_shape_is_refused() {
    let (leaf, bytes) = golden_leaf();
    let n = leaf.commitments.len();
    let changed = |position: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[position] = value;
        Leaf::parse(&bytes)
    };
    let with = |commitments: Vec<Hash>| Leaf::parse(&Leaf { commitments, ..leaf.clone() }.to_bytes());
    assert_eq!(changed(0, 0), Err(LeafError::UnknownVersion(0)));
    assert_eq!(changed(0, 2), Err(LeafError::UnknownVersion(2)));
    assert_eq!(changed(1, 0), Err(LeafError::UnknownSuite(0)));
    assert_eq!(changed(1, 2), Err(LeafError::UnknownSuite(2)));
    assert_eq!(changed(35, n as u8 - 1), Err(LeafError::TrailingBytes(32)));
    let expected = HEADER_BYTES + 32 * (n + 1);
    assert_eq!(changed(35, n as u8 + 1), Err(LeafError::TooShort { expected, actual: bytes.len() }));
    assert_eq!(Leaf::parse(&[&bytes[..], &[0]].concat()), Err(LeafError::TrailingBytes(1)));
    for length in 0..bytes.len() {
        assert!(matches!(Leaf::parse(&bytes[..length]), Err(LeafError::TooShort { .. })), "{length}");
    }
    let mut doubled = leaf.commitments.clone();
    doubled[4] = doubled[3];
    assert_eq!(with(doubled), Err(LeafError::NotAscending { position: 4 }));
    let mut unsorted = leaf.commitments.clone();
    unsorted.swap(7, 8);
    assert_eq!(with(unsorted), Err(LeafError::NotAscending { position: 8 }));
    assert_eq!(with(Vec::new()), Err(LeafError::CommitmentCount(0)));
    let many = |count: u16| (0..count).map(|i| Sha256::digest(i.to_be_bytes()).into()).collect::<Vec<Hash>>();
    let sorted = |mut hashes: Vec<Hash>| {
        hashes.sort();
        hashes
    };
    assert!(with(sorted(many(1_000))).is_ok());
    assert_eq!(with(sorted(many(1_001))), Err(LeafError::CommitmentCount(1_001)));
}

#[test]
fn a_leaf_of_another_log_index_or_time_has_another_hash() {
    let (leaf, _) = golden_leaf();
    let mut other_log = leaf.clone();
    other_log.log_id.0[15] ^= 1;
    let others = [
        other_log,
        Leaf { index: Seq(leaf.index.0 + 1), ..leaf.clone() },
        Leaf { received_ms: leaf.received_ms + 1, ..leaf.clone() },
        Leaf { commitments: leaf.commitments[1..].to_vec(), ..leaf.clone() },
    ];
    for other in others {
        assert_ne!(other.hash(), leaf.hash());
    }
}

#[test]
fn a_log_id_has_one_spelling_and_secrets_are_not_printed() {
    let text = "0198f3b27c1e7a3f9d415b1e8c2a6f90";
    assert_eq!(text.parse::<LogId>().unwrap().to_string(), text);
    assert_eq!(text.to_uppercase().parse::<LogId>(), Err(LogIdError));
    assert_eq!(text[1..].parse::<LogId>(), Err(LogIdError));
    assert_eq!(format!("{:?} {:?}", Seed([7; 32]), Salt([7; 16])), "Seed(…) Salt(…)");
}

/// A field as a path of unescaped segments and a value.
type Part = (Vec<String>, Value);

/// Undoes flattening: possible for every document, so no two of them share their fields.
fn unflatten(fields: &[Part], depth: usize) -> Value {
    if let [(path, value)] = fields
        && path.len() == depth
    {
        return value.clone();
    }
    let mut members: Vec<(String, Vec<Part>)> = Vec::new();
    let mut length = None;
    for (path, value) in fields {
        let Some(segment) = path.get(depth) else {
            length = value.as_u64();
            continue;
        };
        match members.iter_mut().find(|(name, _)| name == segment) {
            Some((_, below)) => below.push((path.clone(), value.clone())),
            None => members.push((segment.clone(), vec![(path.clone(), value.clone())])),
        }
    }
    let built = members.into_iter().map(|(name, below)| (name, unflatten(&below, depth + 1)));
    match length {
        Some(length) => {
            let items: Vec<Value> = built.map(|(_, item)| item).collect();
            assert_eq!(items.len() as u64, length);
            Value::from(items)
        }
        None => Value::Object(built.collect::<Map<_, _>>()),
    }
}

fn rebuilt(document: &Value) -> Value {
    let fields: Vec<Part> = flatten(document)
        .iter()
        .map(|field| {
            let segments = field.path.split('/').skip(1);
            let path = segments.map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect();
            (path, parse(&field.value).unwrap())
        })
        .collect();
    unflatten(&fields, 0)
}

/// Few names and values, so that documents which could be confused are frequent.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar =
        prop_oneof![(0..4_i64).prop_map(Value::from), "[01~/]{0,2}".prop_map(Value::from), Just(Value::Null)];
    scalar.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[01~/]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    any_value().prop_map(|event| json!({"e": event, "s": {"kind": "event"}}))
}

/// Changes one scalar or structure, counted from the front, and says whether there was one.
fn change_nth(value: &mut Value, nth: &mut usize) -> bool {
    if *nth == 0 {
        *value = match value {
            Value::Number(number) => Value::from(number.as_i64().unwrap() ^ 1),
            Value::String(text) => Value::from(text.clone() + "\u{1}"),
            Value::Null => Value::Bool(false),
            Value::Array(items) => json!({"0": items}),
            Value::Object(members) => json!([members]),
            Value::Bool(_) => Value::Null,
        };
        return true;
    }
    *nth -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change_nth(item, nth)),
        Value::Object(members) => members.values_mut().any(|member| change_nth(member, nth)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_document_can_be_rebuilt_from_its_fields(document in any_document()) {
        prop_assert_eq!(rebuilt(&document), document);
    }

    #[test]
    fn different_documents_have_different_fields(left in any_document(), right in any_document()) {
        prop_assert_eq!(flatten(&left) == flatten(&right), left == right);
    }

    #[test]
    fn no_path_occurs_twice(document in any_document()) {
        let mut paths: Vec<String> = flatten(&document).into_iter().map(|field| field.path).collect();
        let count = paths.len();
        paths.sort();
        paths.dedup();
        prop_assert_eq!(paths.len(), count);
    }

    #[test]
    fn any_change_of_a_value_changes_the_commitments(document in any_document(), nth in 0_usize..12) {
        let mut changed = document.clone();
        if change_nth(&mut changed["e"], &mut { nth }) {
            let seed = Seed([7; 32]);
            prop_assert_ne!(commitments(&changed, &seed), commitments(&document, &seed));
        }
    }

    #[test]
    fn any_bit_changed_in_a_value_changes_the_leaf(field in 0_usize..25, bit in any::<usize>()) {
        let golden = golden();
        let field = &golden["fields"][field];
        let salt = Salt(hex::decode(text(field, "salt_hex")).unwrap());
        let mut value = text(field, "value_jcs").as_bytes().to_vec();
        let bit = bit % (8 * value.len());
        value[bit / 8] ^= 1 << (bit % 8);
        let (leaf, _) = golden_leaf();
        let old: Hash = hex::decode(text(field, "commitment_hex")).unwrap();
        let mut commitments = leaf.commitments.clone();
        let position = commitments.iter().position(|hash| *hash == old).unwrap();
        commitments[position] = commitment(text(field, "path"), &value, &salt);
        commitments.sort();
        let changed = Leaf { commitments, ..leaf.clone() };
        prop_assert_ne!(changed.hash(), leaf.hash());
    }

    #[test]
    fn random_bytes_are_refused_or_come_back_as_they_were(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..140), header in any::<bool>(),
    ) {
        if header && bytes.len() >= HEADER_BYTES {
            let n = ((bytes.len() - HEADER_BYTES) / 32) as u8;
            bytes[..2].copy_from_slice(&[1, 1]);
            bytes[34..36].copy_from_slice(&[0, n]);
            bytes.truncate(HEADER_BYTES + 32 * usize::from(n));
        }
        if let Ok(leaf) = Leaf::parse(&bytes) {
            prop_assert_eq!(leaf.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_bit_changed_in_a_leaf_is_refused_or_read_as_another(bit in 0_usize..8 * (36 + 25 * 32)) {
        let (leaf, mut bytes) = golden_leaf();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Leaf::parse(&bytes) {
            prop_assert_ne!(other.hash(), leaf.hash());
        }
    }
}
