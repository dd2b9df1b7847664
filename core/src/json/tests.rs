//! What the JSON reader accepts, what it refuses and what it says. Not here: what an event must hold.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use crate::json::*;

fn code(text: impl AsRef<[u8]>) -> &'static str {
    match parse(text.as_ref()) {
        Ok(value) => panic!("accepted as {value}"),
        Err(error) => error.kind.code(),
    }
}

fn canonical_text(text: &str) -> String {
    String::from_utf8(canonical(&parse(text.as_bytes()).unwrap())).unwrap()
}

#[test]
fn a_member_named_twice_is_refused_at_any_depth_and_under_any_escape() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":1.0,"a":1}"#,
        r#"{"":1,"":2}"#,
    ] {
        assert_eq!(code(text), "duplicate_key", "{text}");
    }
    assert!(parse("{\"\u{E9}\":1,\"e\u{301}\":2}".as_bytes()).is_ok(), "never normalised");
}

#[test]
fn a_whole_number_is_one_integer_however_it_is_written() {
    for (text, expected) in [
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e999999999999999999999", "0"),
        ("-0.000E-400", "0"),
        ("1e2", "100"),
        ("12.5e1", "125"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("9.007199254740991e15", "9007199254740991"),
        ("9007199254740990.9999", "9007199254740991"),
        ("999999999999999", "999999999999999"),
        ("1234567890123456", "1234567890123456"),
    ] {
        let value = parse(text.as_bytes()).unwrap();
        assert!(value.is_i64(), "{text}");
        assert_eq!(canonical_text(text), expected, "{text}");
    }
}

#[test]
fn a_fraction_is_the_nearest_double() {
    for (text, expected) in [
        ("0.1", "0.1"),
        ("1.00000000000000011102230246251565404236316680908203125", "1"),
        ("1.00000000000000011102230246251565404236316680908203126", "1.0000000000000002"),
        ("5e-324", "5e-324"),
        ("2.2250738585072011e-308", "2.225073858507201e-308"),
        ("1e-7", "1e-7"),
        ("0.000001", "0.000001"),
    ] {
        assert_eq!(canonical_text(text), expected, "{text}");
    }
}

#[test]
fn a_number_that_a_double_cannot_hold_faithfully_is_refused() {
    for text in [
        "9007199254740992",
        "-9007199254740992",
        "-9007199254740993",
        "9007199254740993.0",
        "9.007199254740993e15",
        "9007199254740991.5",
        "1e16",
        "1e20",
        "18446744073709551616",
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        "1e-400",
        "-0.0000000001e-320",
        "2e-324",
    ] {
        assert_eq!(code(text), "number_out_of_range", "{text}");
    }
}

#[test]
fn what_json_does_not_know_is_a_syntax_error() {
    for text in [
        "NaN",
        "Infinity",
        "-Infinity",
        "[0x10]",
        "01",
        "-01",
        "+1",
        ".5",
        "1.e2",
        "[1,]",
        "{\"a\":1,}",
        "[,1]",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "'a'",
        "// no\n1",
        "[1 /* no */]",
        "tru e",
        "True",
        "nul l",
        "{1:2}",
        "{\"a\" 1}",
        "{\"a\"}",
        "[1 2]",
        "-a",
        "1e+x",
        "]",
        "}",
        "\u{A0}1",
    ] {
        assert_eq!(code(text), "syntax", "{text}");
    }
    for text in ["1 2", "0x10", "{} {}", "nullx", "null,", "[]]", "1 // no", "1.5.5", "\"a\"\"b\""] {
        assert_eq!(code(text), "trailing_characters", "{text}");
    }
    for text in
        ["", "  \n", "[", "{", "[1", "{\"a\"", "{\"a\":", "\"a", "\"\\", "\"\\u12", "-", "1.", "1e", "tr"]
    {
        assert_eq!(code(text), "unexpected_end", "{text}");
    }
    for text in ["\"\\x\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\\n\""] {
        assert_eq!(code(text), "invalid_escape", "{text}");
    }
}

#[test]
fn half_a_surrogate_pair_is_refused_and_a_whole_one_is_its_character() {
    for text in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud83dx""#,
        r#""\ud83d\n""#,
        r#""\ud83d\ud83d""#,
        r#""\ude00\ud83d""#,
        r#"{"\uDEAD":1}"#,
        r#""\ud800\u0000""#,
    ] {
        assert_eq!(code(text), "lone_surrogate", "{text}");
    }
    assert_eq!(parse(br#""\ud83D\uDE00""#).unwrap(), json!("😀"));
}

#[test]
fn the_nul_character_is_refused_in_values_and_names() {
    for text in ["\"\\u0000\"", "\"a\\u0000b\"", "{\"\\u0000\":1}", "\"\0\"", "\0", "[1\0]"] {
        assert_eq!(code(text), "nul_character", "{text:?}");
    }
    assert_eq!(code("\"a\nb\""), "control_character");
    assert_eq!(
        parse("\"\u{7F}\u{85}\u{FEFF}\u{FFFF}\"".as_bytes()).unwrap(),
        json!("\u{7F}\u{85}\u{FEFF}\u{FFFF}")
    );
}

#[test]
fn what_is_not_utf_8_without_a_byte_order_mark_is_refused() {
    assert_eq!(code(b"\xEF\xBB\xBF{}"), "byte_order_mark");
    for bytes in [
        &b"\"\xC0\x80\""[..],
        b"\"\xF5\x80\x80\x80\"",
        b"\"\xE2\x82\"",
        b"\"\xE2\x82",
        b"\"\xED\xA0\x80\"",
        b"\xFF\xFE{\0}\0",
    ] {
        assert_eq!(code(bytes), "invalid_utf8", "{bytes:?}");
    }
    let error = parse(b"{\"a\":\n [0, \"\xC3\xA9\xFF\"]}").unwrap_err();
    assert_eq!((error.line, error.column, error.offset, error.pointer.as_str()), (2, 8, 14, "/a/1"));
}

#[test]
fn nesting_deeper_than_allowed_is_refused_without_using_the_stack() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(code(nested(DEPTH_MAX + 1)), "too_deep");
    assert!(parse_with_depth(nested(DEPTH_MAX + 1).as_bytes(), DEPTH_MAX + 1).is_ok());
    assert!(parse_with_depth(nested(DEPTH_LIMIT).as_bytes(), usize::MAX).is_ok());
    for depth in [127, 128, 10_000, 1_000_000] {
        assert_eq!(code("[".repeat(depth)), "too_deep");
        assert_eq!(code("{\"a\":".repeat(depth)), "too_deep");
    }
    assert!(parse_with_depth("[".repeat(1_000_000).as_bytes(), usize::MAX).is_err());
}

#[test]
fn a_member_name_has_a_limit_after_unescaping_and_a_string_has_none() {
    let named = |name: &str| format!("{{\"{name}\":1}}");
    assert!(parse(named(&"k".repeat(KEY_BYTES_MAX)).as_bytes()).is_ok());
    assert!(parse(named(&"\\u006b".repeat(KEY_BYTES_MAX)).as_bytes()).is_ok());
    assert_eq!(code(named(&"k".repeat(KEY_BYTES_MAX + 1))), "key_too_long");
    assert_eq!(code(named(&"é".repeat(KEY_BYTES_MAX / 2 + 1))), "key_too_long");
    assert_eq!(code(named(&"k".repeat(1 << 20))), "key_too_long");
    assert!(parse(format!("\"{}\"", "s".repeat(16 << 20)).as_bytes()).is_ok());
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    let error = parse(b"{\n  \"metadata\": {\"a/b\": [1, {\"~\": 1e999}]}\n}").unwrap_err();
    assert_eq!(error.pointer, "/metadata/a~1b/1/~0");
    assert_eq!(
        error.to_string(),
        "the number is out of range: whole numbers go up to ±9007199254740991, and no other number may \
         become infinite or zero at line 2, column 33, in /metadata/a~1b/1/~0"
    );
    let error = parse(b"{\"a\": 1,\n \"a\": 2}").unwrap_err();
    assert_eq!(error.to_string(), "this member name occurs twice in the object at line 2, column 2, in /a");
    assert_eq!(parse(b"[1,]").unwrap_err().to_string(), "expected a value at line 1, column 4, in /1");
}

#[test]
fn names_that_mean_something_elsewhere_are_plain_names_here() {
    let text = r#"{"":1,"/":2,"__proto__":{"constructor":null},"~1":3}"#;
    assert_eq!(canonical_text(text), text);
}

/// The example of RFC 8785, section 3.2.3: U+FB33 sorts after U+1F600 by UTF-16 code units.
#[test]
fn members_are_sorted_by_utf_16_code_units() {
    let text =
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}";
    let sorted = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{FB33}\":3}";
    assert_eq!(canonical_text(text), sorted);
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,3}",
        proptest::collection::vec(any::<char>().prop_filter("not NUL", |c| *c != '\0'), 0..5)
            .prop_map(String::from_iter),
    ]
}

fn any_document() -> impl Strategy<Value = Value> {
    let integer = -INTEGER_MAX..=INTEGER_MAX;
    let fraction =
        any::<f64>().prop_filter("faithful", |f| f.abs() <= INTEGER_MAX as f64 && f.fract() != 0.0);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer.prop_map(Value::from),
        fraction.prop_map(Value::from),
        any_name().prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(any_name(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_bytes_parse_to_the_same_value_and_stay_as_they_are(value in any_document()) {
        let bytes = canonical(&value);
        let again = parse(&bytes).unwrap();
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(canonical(&again), bytes);
    }

    #[test]
    fn canonical_bytes_are_those_of_the_reference_implementation(value in any_document()) {
        prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    #[test]
    fn other_writers_of_json_are_understood(value in any_document()) {
        prop_assert_eq!(parse(serde_json::to_string(&value).unwrap().as_bytes()).unwrap(), value.clone());
        prop_assert_eq!(parse(serde_json::to_string_pretty(&value).unwrap().as_bytes()).unwrap(), value);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(value) = parse(&bytes) {
            prop_assert_eq!(parse(&canonical(&value)).unwrap(), value);
        }
    }

    /// Whatever is accepted is JSON to others too, and is accepted again in canonical form.
    #[test]
    fn nothing_is_accepted_that_is_not_json(text in "[\\[\\]{}:,\"\\\\u0-9a-fntrE+\\-. \n😀]{0,24}") {
        if let Ok(value) = parse(text.as_bytes()) {
            let theirs: Value = serde_json::from_str(&text).unwrap();
            let bytes = canonical(&value);
            prop_assert_eq!(&bytes, &canonical(&theirs));
            prop_assert_eq!(parse(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn a_number_is_what_the_standard_library_reads(text in "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?") {
        let double: f64 = text.parse().unwrap();
        match parse(text.as_bytes()) {
            Ok(value) => prop_assert_eq!(value.as_f64().unwrap(), double),
            Err(error) => {
                prop_assert_eq!(error.kind, JsonErrorKind::NumberOutOfRange);
                prop_assert!(double.abs() > INTEGER_MAX as f64 || double == 0.0);
            }
        }
    }
}
