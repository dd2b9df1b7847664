//! What a verifier refuses, one case each: the negative cases of `docs/format.md`, sections 6 to 9.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::bundle::tests::{Log, check, key, origin, other_key, trusting};
use crate::bundle::*;
use crate::checkpoint::Checkpoint;
use crate::ids::Size;

/// The lines of a bundle as values, to be changed.
fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn joined(lines: &[Value]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// What is wrong with a bundle of the events 2 and 4 of five after a change.
fn after(change: impl FnOnce(&mut Vec<Value>)) -> VerifyError {
    let mut lines = lines(&Log::sized(5).bundle(&[2, 4]));
    change(&mut lines);
    check(&joined(&lines)).expect_err("it still holds")
}

fn after_complete(change: impl FnOnce(&mut Vec<Value>)) -> VerifyError {
    let mut lines = lines(&Log::sized(5).complete());
    change(&mut lines);
    check(&joined(&lines)).expect_err("it still holds")
}

fn after_erasure(change: impl FnOnce(&mut Vec<Value>)) -> VerifyError {
    let log = Log::with_erasure();
    let header = Header { count: 1, records: 1, ..log.header(&[]) };
    let mut lines = lines(&log.bundle_as(&header, &[1, 3]));
    change(&mut lines);
    check(&joined(&lines)).expect_err("it still holds")
}

/// Where the field of this path stands among those of a line.
fn field<'a>(line: &'a mut Value, path: &str) -> &'a mut Value {
    let fields = line["fields"].as_array_mut().unwrap();
    fields.iter_mut().find(|field| field["path"] == path).unwrap()
}

fn drop_field(line: &mut Value, path: &str) -> Value {
    let fields = line["fields"].as_array_mut().unwrap();
    let at = fields.iter().position(|field| field["path"] == path).unwrap();
    fields.remove(at)
}

macro_rules! refused {
    ($error:expr, $fault:pat) => {
        let error = $error;
        assert!(matches!(error.fault, $fault), "{error}: {:?}", error.fault);
    };
}

#[test]
fn the_first_bad_event_is_named_with_its_line() {
    let error = after(|lines| lines[2]["received_ms"] = json!(1_795_182_082_999_u64));
    assert_eq!((error.line, error.index), (Some(3), Some(crate::ids::Seq(4))));
    assert_eq!(error.to_string(), "event 4, on line 3, does not hold");
    refused!(error, Fault::Inclusion(_));
}

#[test]
fn a_value_a_name_or_a_time_that_was_changed() {
    refused!(
        after(|lines| field(&mut lines[1], "/e/actor/id")["value"] = json!("\"u_9\"")),
        Fault::Inclusion(_)
    );
    refused!(
        after(|lines| field(&mut lines[1], "/e/actor/id")["path"] = json!("/e/actor/email")),
        Fault::Inclusion(_)
    );
    refused!(after(|lines| lines[1]["received_ms"] = json!(1)), Fault::Inclusion(_));
    refused!(
        after(|lines| field(&mut lines[1], "/e/actor/id")["salt"] = json!("00".repeat(16))),
        Fault::Inclusion(_)
    );
    let salt = |lines: &mut Vec<Value>| field(&mut lines[1], "/e/actor/id")["salt"] = json!("00".repeat(16));
    refused!(after_complete(salt), Fault::Root);
}

#[test]
fn a_wrong_index_or_another_logs_leaf() {
    refused!(after(|lines| lines[1]["index"] = json!(3)), Fault::Inclusion(_));
    refused!(after(|lines| lines[2]["index"] = json!(5)), Fault::Outside(_));
    let (own, mut foreign) = (Log::sized(5), Log::sized(5));
    foreign.documents[4]["e"]["action"] = json!("lead.deleted");
    let foreign = Log::of(foreign.documents);
    let bytes = [own.header(&[4]).to_line(), foreign.line(4, &[], true)].concat();
    refused!(check(&bytes).unwrap_err(), Fault::Inclusion(_));
    refused!(
        after(|lines| {
            lines[0]["log_id"] = json!("00".repeat(16));
        }),
        Fault::Contradiction(_)
    );
}

#[test]
fn a_proof_one_hash_longer_or_shorter_or_in_another_spelling() {
    let proof = |lines: &mut Vec<Value>, act: fn(&mut Vec<Value>)| {
        act(lines[1]["proof"].as_array_mut().unwrap());
    };
    refused!(after(|lines| proof(lines, |it| drop(it.pop()))), Fault::Inclusion(_));
    refused!(after(|lines| proof(lines, |it| it.push(it[0].clone()))), Fault::Inclusion(_));
    refused!(after(|lines| proof(lines, |it| it.swap(0, 1))), Fault::Inclusion(_));
    // The last character has two bits that no byte needs.
    refused!(
        after(|lines| proof(lines, |it| {
            let text = it[0].as_str().unwrap().replace('=', "");
            let (rest, last) = text.split_at(42);
            let next = char::from(last.as_bytes()[0] + 1);
            it[0] = json!(format!("{rest}{next}="));
        })),
        Fault::Line(_)
    );
    refused!(after(|lines| proof(lines, |it| it[0] = json!("AAAA"))), Fault::Line(_));
    refused!(after(|lines| drop(lines[1].as_object_mut().unwrap().remove("proof"))), Fault::ProofPresence(_));
    refused!(after_complete(|lines| lines[1]["proof"] = json!([])), Fault::ProofPresence(_));
}

#[test]
fn commitments_out_of_order_doubled_or_left_out() {
    let withheld = |lines: &mut Vec<Value>, act: fn(&mut Vec<Value>)| {
        act(lines[1]["withheld"].as_array_mut().unwrap());
    };
    refused!(after(|lines| withheld(lines, |it| it.reverse())), Fault::Unordered("withheld"));
    refused!(after(|lines| withheld(lines, |it| it.insert(0, it[0].clone()))), Fault::Unordered(_));
    refused!(after(|lines| withheld(lines, |it| drop(it.pop()))), Fault::Inclusion(_));
    refused!(
        after(|lines| withheld(lines, |it| {
            it[0] = json!(it[0].as_str().unwrap().to_uppercase());
        })),
        Fault::Line(_)
    );
    // A field that is shown and withheld at once.
    refused!(
        after(|lines| {
            let shown = field(&mut lines[1], "/e/action").clone();
            let salt = crate::hex::decode(shown["salt"].as_str().unwrap()).map(crate::leaf::Salt).unwrap();
            let hash = crate::leaf::commitment("/e/action", b"\"lead.created\"", &salt);
            let mut all: Vec<String> = serde_json::from_value(lines[1]["withheld"].clone()).unwrap();
            all.push(crate::hex::Hex(&hash).to_string());
            all.sort();
            lines[1]["withheld"] = json!(all);
        }),
        Fault::Leaf(crate::leaf::LeafError::NotAscending { .. })
    );
    let empty = |lines: &mut Vec<Value>| {
        lines[1]["fields"] = json!([]);
        lines[1]["withheld"] = json!([]);
    };
    refused!(after(empty), Fault::Leaf(crate::leaf::LeafError::CommitmentCount(0)));
    let many = |lines: &mut Vec<Value>| {
        lines[1]["withheld"] = (0..1_000).map(|it| json!(format!("{it:064x}"))).collect();
    };
    refused!(after(many), Fault::Leaf(crate::leaf::LeafError::CommitmentCount(_)));
}

#[test]
fn indices_that_do_not_ascend_and_times_that_run_backwards() {
    refused!(after(|lines| lines.swap(1, 2)), Fault::NotAscending(_));
    refused!(after(|lines| lines[2] = lines[1].clone()), Fault::NotAscending(_));
    let log = Log::sized(3);
    let late = |index| String::from_utf8(log.line(index, &[], true)).unwrap();
    let earlier = late(2).replace("1795182082125", "1795182082120");
    let bytes = [log.header(&[1, 2]).to_line(), late(1).into(), earlier.into()].concat();
    refused!(check(&bytes).unwrap_err(), Fault::TimeRunsBackwards(_));
    refused!(after_complete(|lines| drop(lines.remove(2))), Fault::Missing(_));
    refused!(after_complete(|lines| drop(lines.pop())), Fault::Count { .. });
}

#[test]
fn a_count_that_does_not_match() {
    refused!(after(|lines| lines[0]["count"] = json!(3)), Fault::Count { said: 3, found: 2 });
    refused!(after(|lines| lines[0]["count"] = json!(1)), Fault::Count { said: 1, found: 2 });
    refused!(after(|lines| lines[0]["count"] = json!(6)), Fault::Contradiction(_));
    refused!(after(|lines| drop(lines.pop())), Fault::Count { said: 2, found: 1 });
    // What matches is not passed off as a record.
    let records = |lines: &mut Vec<Value>| {
        lines[0]["count"] = json!(1);
        lines[0]["records"] = json!(1);
    };
    refused!(after(records), Fault::Records { said: 1, found: 0 });
    refused!(after_complete(|lines| lines[0]["complete"] = json!(false)), Fault::ProofPresence(_));
    refused!(after(|lines| lines[0]["complete"] = json!(true)), Fault::Contradiction(_));
}

#[test]
fn values_that_are_not_in_canonical_form() {
    let bad = [
        ("/e/metadata/n", "7.0"),
        ("/e/metadata/n", "07"),
        ("/e/metadata/n", "-0"),
        ("/e/metadata/n", " 7"),
        ("/e/metadata/n", ""),
        ("/e/metadata/n", "9007199254740993"),
        ("/e/actor/id", "\"\\u0075_2\""),
        ("/e/actor/id", "\"u_2"),
        ("/e/actor/id", "\"\\u0000\""),
        ("/e/metadata/tags", "[\"q4\", \"a\"]"),
        ("/e/metadata/a~1b~0c/deep", "{\"b\":1,\"a\":2}"),
        ("/e/metadata/a~1b~0c/deep", "{\"a\":1,\"a\":2}"),
    ];
    for (path, value) in bad {
        let error = after(|lines| field(&mut lines[1], path)["value"] = json!(value));
        let is_it = matches!(error.fault, Fault::Field { fault: FieldFault::NotCanonical, .. });
        assert!(is_it, "{value}: {:?}", error.fault);
    }
}

#[test]
fn fields_that_no_document_can_have() {
    use FieldFault::{NoObject, NotALength, NotAnElement, NotFlat, Path, Twice};
    fn add(path: &'static str, value: &'static str) -> impl FnOnce(&mut Vec<Value>) {
        move |lines| {
            let field = json!({"path": path, "value": value, "salt": "00".repeat(16)});
            lines[1]["fields"].as_array_mut().unwrap().push(field);
        }
    }
    let cases = [
        ("/e/action", "\"x\"", Twice),
        ("e/x", "1", Path),
        ("", "{}", Path),
        ("/e", "{}", Path),
        ("/x/y", "1", Path),
        ("/e/a~2", "1", Path),
        ("/e/a~", "1", Path),
        ("/e/a/b/c/d", "1", Path),
        ("/e/x", "{\"a\":1}", NotFlat),
        ("/e/x", "[{}]", NotFlat),
        ("/e/actor/id/x", "1", NotALength),
        ("/e/metadata/tags/0", "\"q4\"", NotALength),
        ("/e/metadata/n/7", "{}", NotAnElement),
        ("/e/metadata/n/x", "{}", NotAnElement),
        ("/e/targets/2/id", "\"x\"", NotAnElement),
        ("/e/targets/00/id", "\"x\"", NotAnElement),
        ("/e/targets/-1/id", "\"x\"", NotAnElement),
    ];
    for (path, value, expected) in cases {
        match after(add(path, value)).fault {
            Fault::Field { fault, .. } => assert_eq!(fault, expected, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
    }
    let one = |lines: &mut Vec<Value>| {
        field(&mut lines[1], "/e/metadata/list")["value"] = json!("1");
        field(&mut lines[1], "/e/metadata/list/0")["value"] = json!("5");
        drop_field(&mut lines[1], "/e/metadata/list/1");
    };
    refused!(after(one), Fault::Field { fault: NoObject, .. });
    let far = |lines: &mut Vec<Value>| field(&mut lines[1], "/e/metadata/list")["value"] = json!("900000");
    refused!(after(far), Fault::ElementsLeftOut);
    let long = |lines: &mut Vec<Value>| {
        let path = format!("/e/{}", "x".repeat(crate::leaf::KEY_BYTES_MAX + 1));
        field(&mut lines[1], "/e/action")["path"] = json!(path);
    };
    refused!(after(long), Fault::Field { fault: Path, .. });
}

#[test]
fn members_that_are_unknown_missing_or_twice() {
    refused!(after(|lines| lines[0]["x"] = json!(1)), Fault::Header(_));
    refused!(after(|lines| lines[1]["x"] = json!(1)), Fault::Line(_));
    refused!(after(|lines| lines[1]["fields"][0]["x"] = json!(1)), Fault::Line(_));
    refused!(after(|lines| drop(lines[0].as_object_mut().unwrap().remove("query"))), Fault::Header(_));
    refused!(after(|lines| drop(lines[1].as_object_mut().unwrap().remove("fields"))), Fault::Line(_));
    for (line, name) in [(0, "\"size\":5"), (1, "\"index\":2"), (1, "\"received_ms\":")] {
        let text = String::from_utf8(Log::sized(5).bundle(&[2, 4])).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let twice = if name.ends_with(':') { format!("{name}1,{name}") } else { format!("{name},{name}") };
        lines[line] = lines[line].replacen(name, &twice, 1);
        assert!(check(lines.join("\n").as_bytes()).is_err(), "{name}");
    }
    // Not the end of a line, not an event.
    let bytes = [Log::sized(5).bundle(&[2, 4]), b"\n".to_vec()].concat();
    refused!(check(&bytes).unwrap_err(), Fault::Line(_));
}

#[test]
fn erasures_whose_record_is_no_record_or_not_there() {
    refused!(after_erasure(|lines| lines[1]["erased"][0]["by"] = json!(1)), Fault::ErasedBy(_));
    refused!(after_erasure(|lines| lines[1]["erased"][0]["by"] = json!(5)), Fault::ErasedBy(_));
    let without = |lines: &mut Vec<Value>| {
        lines.pop();
        lines[0]["records"] = json!(0);
    };
    let error = after_erasure(without);
    assert_eq!(error.index, Some(crate::ids::Seq(1)));
    refused!(error, Fault::NoRecord(_));
    // Another event, which is in the log and in the bundle, and records no erasure.
    let log = Log::with_erasure();
    let header = Header { count: 2, records: 1, ..log.header(&[]) };
    let mut other = lines(&log.bundle_as(&header, &[1, 2, 3]));
    other[1]["erased"][0]["by"] = json!(2);
    refused!(check(&joined(&other)).unwrap_err(), Fault::NotARecord { .. });
    // A commitment that the record does not list: withheld, and passed off as erased.
    let passed_off = |lines: &mut Vec<Value>| {
        let commitment = lines[1]["withheld"].as_array_mut().unwrap().remove(0);
        let erased = lines[1]["erased"].as_array_mut().unwrap();
        erased.push(json!({"commitment": commitment, "by": 3}));
        erased.sort_by_key(|it| it["commitment"].as_str().unwrap().to_owned());
    };
    refused!(after_erasure(passed_off), Fault::NotARecord { .. });
    let doubled = |lines: &mut Vec<Value>| {
        let erased = lines[1]["erased"].as_array_mut().unwrap();
        erased.push(erased[0].clone());
    };
    refused!(after_erasure(doubled), Fault::Unordered("erased"));
    // Anybody may send an event that lists commitments; only the server's own erases.
    for (action, kind) in [("erasure.made", "event"), ("lead.created", "erasure")] {
        let log = Log::with_erasure_as(action, kind);
        let header = Header { count: 1, records: 1, ..log.header(&[]) };
        let error = check(&log.bundle_as(&header, &[1, 3])).unwrap_err();
        assert!(matches!(error.fault, Fault::NotARecord { .. }), "{action} {kind}: {:?}", error.fault);
    }
    // The record's list is withheld: then it proves nothing.
    let header = Header { count: 1, records: 1, ..log.header(&[]) };
    let mut bytes = log.bundle_as(&header, &[1]);
    bytes.extend(log.line(3, &["/e/metadata/erased"], true));
    refused!(check(&bytes).unwrap_err(), Fault::NotARecord { .. });
}

#[test]
fn a_header_that_contradicts_its_checkpoint() {
    for (member, value) in [
        ("origin", json!("other.example/log/2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a")),
        ("size", json!(6)),
        ("size", json!(4)),
        ("consistency", json!({"from": 6, "proof": []})),
    ] {
        let error = after(|lines| lines[0][member] = value.clone());
        assert!(matches!(error.fault, Fault::Contradiction(_)), "{value}: {:?}", error.fault);
    }
    refused!(after(|lines| lines[0]["log_id"] = json!("2A".repeat(16))), Fault::Header(_));
    refused!(after(|lines| lines[0]["size"] = json!(-5)), Fault::Header(_));
    refused!(after(|lines| lines[0]["key"] = json!("x")), Fault::Key(_));
    let log = Log::sized(5);
    let smaller = Header { checkpoint: log.note(Size(4)), ..log.header(&[]) };
    refused!(check(&smaller.to_line()).unwrap_err(), Fault::Contradiction(_));
}

#[test]
fn a_note_by_another_key_or_with_a_second_bad_line_for_the_known_key() {
    let log = Log::sized(5);
    let bundle = |checkpoint: String, key: String| {
        check(&log.bundle_as(&Header { checkpoint, key, ..log.header(&[2]) }, &[2])).unwrap_err()
    };
    let own = key().verifier().to_string();
    let foreign = other_key().sign(&Checkpoint { origin: origin(), size: Size(5), root: log.tree.root() });
    refused!(bundle(foreign.clone(), own.clone()), Fault::Checkpoint(_));
    let good = log.note(Size(5));
    let bad_line = log.note(Size(4)).lines().last().unwrap().to_owned();
    refused!(bundle(format!("{good}{bad_line}\n"), own.clone()), Fault::Checkpoint(_));
    refused!(bundle(good.replacen("\n5\n", "\n6\n", 1), own), Fault::Checkpoint(_));
    let by_another =
        Header { checkpoint: foreign, key: other_key().verifier().to_string(), ..log.header(&[2]) };
    let bytes = log.bundle_as(&by_another, &[2]);
    assert!(!check(&bytes).unwrap().key_pinned);
    refused!(verify(&bytes, &trusting(&key()), |_| {}).unwrap_err(), Fault::NotTrusted(_));
}

#[test]
fn an_older_checkpoint_that_the_log_does_not_continue() {
    let log = Log::sized(9);
    let mut documents = log.documents.clone();
    documents[1]["e"]["action"] = json!("lead.deleted");
    let other = Log::of(documents);
    let with = |older: String, header: &Header| {
        verify(&log.bundle_as(header, &[4]), &Trust { keys: Vec::new(), older: Some(older) }, |_| {})
            .unwrap_err()
    };
    for from in [2, 4, 5, 8, 9] {
        let proof = log.tree.consistency_proof(Size(from), Size(9)).unwrap();
        let header =
            Header { consistency: Some(Consistency { from: Size(from), proof }), ..log.header(&[4]) };
        refused!(with(other.note(Size(from)), &header), Fault::Consistency(_));
        let complete =
            verify(&log.complete(), &Trust { keys: Vec::new(), older: Some(other.note(Size(from))) }, |_| {});
        refused!(complete.unwrap_err(), Fault::Consistency(_));
    }
    // A size for which there is no proof, and a log that is larger than the bundle's: nothing can be told.
    assert!(with(log.note(Size(3)), &log.header(&[4])).fault.is_doubt());
    let larger = Log::sized(12).note(Size(12));
    assert!(with(larger, &log.header(&[4])).fault.is_doubt());
    let by_another = other_key().sign(&Checkpoint { origin: origin(), size: Size(9), root: log.tree.root() });
    refused!(with(by_another, &log.header(&[4])), Fault::OlderCheckpoint(_));
    let origin = format!("log.example/log/{}", "00".repeat(16));
    let of_another = key().sign(&Checkpoint { origin, size: Size(9), root: log.tree.root() });
    refused!(with(of_another, &log.header(&[4])), Fault::OtherLog(_));
    // A complete bundle checks the proof in its header by its own leaves.
    let mut proof = log.tree.consistency_proof(Size(5), Size(9)).unwrap();
    proof[0][0] ^= 1;
    let all: Vec<u64> = (0..9).collect();
    let consistency = Some(Consistency { from: Size(5), proof });
    let header = Header { consistency, is_complete: true, ..log.header(&all) };
    refused!(check(&log.bundle_as(&header, &all)).unwrap_err(), Fault::Consistency(_));
}

#[test]
fn what_is_no_bundle_is_a_doubt_and_not_a_fault() {
    for bytes in [&b""[..], b"\n", b"%PDF-1.7", b"{}", b"[]", b"{\"format\":\"x\"}", b"\xFF\xFE"] {
        assert!(check(bytes).unwrap_err().fault.is_doubt());
    }
    let error = after(|lines| lines[0]["format"] = json!("everlog-bundle/v2"));
    assert!(error.fault.is_doubt());
    refused!(error, Fault::UnknownFormat(_));
}
