//! Bundles that hold, and every way in which one must not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use crate::bundle::*;
use crate::checkpoint::{Checkpoint, LogKey, VerifierKey};
use crate::erasure::Salts;
use crate::hex::Hex;
use crate::json::canonical;
use crate::leaf::{self, Seed, flatten};
use crate::merkle::Tree;

mod refused;
mod shapes;

/// A log in memory: documents, and the tree over them.
pub(super) struct Log {
    documents: Vec<Value>,
    salts: Vec<Salts>,
    tree: Tree,
}

const LOG_ID: LogId = LogId([0x2A; 16]);
const BEGAN_MS: u64 = 1_795_182_082_123;

pub(super) fn key() -> LogKey {
    LogKey::from_seed("log.example", [7; 32]).unwrap()
}

fn other_key() -> LogKey {
    LogKey::from_seed("log.example", [8; 32]).unwrap()
}

pub(super) fn origin() -> String {
    format!("log.example/log/{LOG_ID}")
}

fn seed(index: usize) -> Seed {
    Seed([index as u8; 32])
}

fn event(number: usize) -> Value {
    json!({
        "e": {
            "action": "lead.created", "actor": {"type": "user", "id": format!("u_{number}"), "name": "Zoë \"Z\" Müller"},
            "context": {"ip": "203.0.113.7"},
            "targets": [{"type": "lead", "id": "l_9"}, {"type": "pipeline", "id": "p_1"}],
            "metadata": {"tags": ["q4"], "n": 7, "a/b~c": {"deep": {"er": 1.5}}, "empty": {}, "list": [{"a": 1}, 2]},
        },
        "s": {"kind": "event", "via": "api", "key_id": "key_1", "remote": "198.51.100.4", "id": format!("evt_{number}")},
    })
}

impl Log {
    pub(super) fn of(documents: Vec<Value>) -> Self {
        let leaf = |(index, document): (usize, &Value)| {
            let hashes = leaf::commitments(document, &seed(index));
            leaf::leaf_hash(&LOG_ID, Seq(index as u64), BEGAN_MS + index as u64, &hashes)
        };
        let tree = documents.iter().enumerate().map(leaf).collect();
        let salts = (0..documents.len()).map(|index| Salts::Seed(seed(index))).collect();
        Self { documents, salts, tree }
    }

    /// As many usual events.
    pub(super) fn sized(size: usize) -> Self {
        Self::of((0..size).map(event).collect())
    }

    /// Five events, of which the last but one records that the name in the second was erased.
    pub(super) fn with_erasure() -> Self {
        Self::with_erasure_as("erasure.made", "erasure")
    }

    /// The same, recorded by an event of this action and kind.
    pub(super) fn with_erasure_as(action: &str, kind: &str) -> Self {
        let mut documents: Vec<Value> = (0..5).map(event).collect();
        let name = canonical(&documents[1]["e"]["actor"]["name"]);
        let commitment = leaf::commitment("/e/actor/name", &name, &seed(1).salt("/e/actor/name"));
        documents[3]["e"]["action"] = json!(action);
        documents[3]["e"]["metadata"] =
            json!({"basis": "request", "erased": {"1": [Hex(&commitment).to_string()]}});
        documents[3]["s"]["kind"] = json!(kind);
        let mut log = Self::of(documents);
        let written = log.salts[1].erase(&mut log.documents[1], &["/e/actor/name"], Seq(3)).unwrap();
        log.salts[1] = Salts::Written(written);
        log
    }

    pub(super) fn note(&self, size: Size) -> String {
        key().sign(&Checkpoint { origin: origin(), size, root: self.tree.root_at(size).unwrap() })
    }

    pub(super) fn header(&self, indices: &[u64]) -> Header {
        let size = self.tree.size();
        Header {
            origin: origin(),
            log_id: LOG_ID,
            size,
            checkpoint: self.note(size),
            key: key().verifier().to_string(),
            query: json!({"kind": "created"}).as_object().unwrap().clone(),
            count: indices.len() as u64,
            records: 0,
            is_complete: false,
            consistency: None,
        }
    }

    pub(super) fn line(&self, index: u64, withhold: &[&str], has_proof: bool) -> Vec<u8> {
        let at = index as usize;
        let proof = self.tree.inclusion_proof(Seq(index), self.tree.size()).unwrap();
        let entry = Entry {
            index: Seq(index),
            received_ms: BEGAN_MS + index,
            document: &self.documents[at],
            salts: &self.salts[at],
        };
        let mut line = Vec::new();
        let shows = Shows::AllBut(withhold);
        write_line(&entry, shows, self.tree.size(), has_proof.then_some(proof.as_slice()), &mut line);
        line
    }

    /// A bundle of these events.
    pub(super) fn bundle(&self, indices: &[u64]) -> Vec<u8> {
        self.bundle_as(&self.header(indices), indices)
    }

    pub(super) fn bundle_as(&self, header: &Header, indices: &[u64]) -> Vec<u8> {
        let mut bytes = header.to_line();
        for index in indices {
            bytes.extend(self.line(*index, &["/s/key_id", "/s/remote"], !header.is_complete));
        }
        bytes
    }

    /// A bundle of everything.
    pub(super) fn complete(&self) -> Vec<u8> {
        let indices: Vec<u64> = (0..self.tree.size().0).collect();
        self.bundle_as(&Header { is_complete: true, ..self.header(&indices) }, &indices)
    }
}

pub(super) fn trusting(key: &LogKey) -> Trust {
    Trust { keys: vec![key.verifier().clone()], older: None }
}

pub(super) fn check(bytes: &[u8]) -> Result<Report, VerifyError> {
    verify(bytes, &Trust::default(), |_| {})
}

#[test]
fn a_bundle_of_some_events_holds_and_says_what_is_shown_of_them() {
    let log = Log::sized(9);
    let mut seen = Vec::new();
    let bytes = log.bundle(&[2, 5, 8]);
    let report = verify(&bytes, &trusting(&key()), |line| {
        seen.push((line.disclosed(), line.withheld.len(), line.erased.len()));
    });
    let report = report.unwrap();
    assert!(report.key_pinned && !report.header.is_complete);
    assert_eq!((report.header.count, report.header.size), (3, Size(9)));
    assert_eq!(report.withheld, 6);
    assert_eq!(report.received_ms, Some((BEGAN_MS + 2, BEGAN_MS + 8)));
    for ((disclosed, withheld, erased), index) in seen.iter().zip([2, 5, 8]) {
        let mut document = event(index);
        document["s"].as_object_mut().unwrap().retain(|name, _| name != "key_id" && name != "remote");
        assert_eq!((disclosed.index, *withheld, *erased), (Seq(index as u64), 2, 0));
        assert_eq!(disclosed.document, document);
    }
}

#[test]
fn a_complete_bundle_proves_that_nothing_is_missing() {
    for size in [0, 1, 2, 7, 8] {
        let report = check(&Log::sized(size).complete()).unwrap();
        assert!(report.header.is_complete && !report.key_pinned);
        assert_eq!(report.header.count, size as u64);
    }
}

#[test]
fn what_was_erased_is_told_with_the_record_that_must_be_there() {
    let log = Log::with_erasure();
    let header = Header { count: 1, records: 1, ..log.header(&[]) };
    let mut erased = Vec::new();
    let report = verify(&log.bundle_as(&header, &[1, 3]), &Trust::default(), |line| {
        erased.extend(line.erased.iter().map(|it| (line.index, it.by)));
    });
    assert_eq!(report.unwrap().erased, 1);
    assert_eq!(erased, [(Seq(1), Seq(3))]);
    assert_eq!(check(&log.complete()).unwrap().erased, 1);
}

#[test]
fn each_record_of_an_erasure_is_told_with_what_it_took() {
    let log = Log::with_erasure();
    let header = Header { records: 1, ..log.header(&[1]) };
    let report = check(&log.bundle_as(&header, &[1, 3])).unwrap();
    let [erasure] = &report.erasures[..] else { panic!("{:?}", report.erasures) };
    assert_eq!((erasure.by, erasure.events, erasure.fields), (Seq(3), 1, 1));
    assert_eq!(erasure.received_ms, BEGAN_MS + 3);
    assert_eq!(check(&log.bundle(&[0, 2])).unwrap().erasures, []);
}

/// A bundle is begun at a size, and a field is erased before its line is written.
#[test]
fn a_field_that_is_erased_behind_the_size_is_withheld_at_it() {
    let log = Log::with_erasure();
    let size = Size(3);
    let header = Header { size, checkpoint: log.note(size), ..log.header(&[1]) };
    let proof = log.tree.inclusion_proof(Seq(1), size).unwrap();
    let (document, salts) = (&log.documents[1], &log.salts[1]);
    let entry = Entry { index: Seq(1), received_ms: BEGAN_MS + 1, document, salts };
    let mut bytes = header.to_line();
    write_line(&entry, Shows::AllBut(&[]), size, Some(&proof), &mut bytes);
    let report = check(&bytes).unwrap();
    assert_eq!((report.withheld, report.erased), (1, 0));
}

#[test]
fn of_an_event_that_shows_only_some_fields_the_others_are_committed_to() {
    let log = Log::sized(5);
    let proof = log.tree.inclusion_proof(Seq(2), Size(5)).unwrap();
    let (document, salts) = (&log.documents[2], &log.salts[2]);
    let entry = Entry { index: Seq(2), received_ms: BEGAN_MS + 2, document, salts };
    let mut bytes = log.header(&[2]).to_line();
    let shows = Shows::Only(&["/e/action", "/e/actor"]);
    write_line(&entry, shows, Size(5), Some(&proof), &mut bytes);
    let report = check(&bytes).unwrap();
    let all = flatten(document).len() as u64;
    assert_eq!((report.disclosed, report.withheld), (4, all - 4));
}

#[test]
fn a_bundle_continues_an_older_checkpoint_by_proof_or_by_its_leaves() {
    let log = Log::sized(9);
    for from in 0..=9 {
        let trust = Trust { keys: Vec::new(), older: Some(log.note(Size(from))) };
        let proof = log.tree.consistency_proof(Size(from), Size(9)).unwrap();
        let consistency = Some(Consistency { from: Size(from), proof });
        let header = Header { consistency, ..log.header(&[4]) };
        let continues = |bytes: &[u8]| verify(bytes, &trust, |_| {}).unwrap().continues;
        assert_eq!(continues(&log.bundle_as(&header, &[4])), Some(Continues { from: Size(from) }));
        assert_eq!(continues(&log.complete()), Some(Continues { from: Size(from) }));
    }
}

/// The auditor's own line endings and white space change nothing.
#[test]
fn white_space_and_the_order_of_members_are_free() {
    let log = Log::sized(3);
    let bytes = log.bundle(&[1]);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let Value::Object(members) = serde_json::from_str(line).unwrap() else { panic!() };
            let members: Vec<_> =
                members.iter().rev().map(|(name, value)| format!("{} : {value}", json!(name))).collect();
            format!("{{ {} }}\r", members.join(" ,\t"))
        })
        .collect();
    check(lines.join("\n").as_bytes()).unwrap();
}

#[test]
fn every_key_that_is_pinned_may_have_signed() {
    let bytes = Log::sized(2).bundle(&[0]);
    let keys = |keys: &[LogKey]| {
        let keys: Vec<VerifierKey> = keys.iter().map(|key| key.verifier().clone()).collect();
        verify(&bytes, &Trust { keys, older: None }, |_| {})
    };
    assert_eq!(keys(&[other_key(), key()]).unwrap().key, *key().verifier());
    assert!(matches!(keys(&[other_key()]).unwrap_err().fault, Fault::NotTrusted(_)));
}

/// The worked example of `docs/format.md`, section 9, byte for byte.
#[test]
fn the_golden_bundles_are_reproduced_byte_for_byte() {
    let log = Log::with_erasure();
    let header = Header { count: 1, records: 1, ..log.header(&[]) };
    let partial = include_str!("../../../vectors/bundle-v1.jsonl");
    let complete = include_str!("../../../vectors/bundle-complete-v1.jsonl");
    assert_eq!(String::from_utf8(log.bundle_as(&header, &[1, 3])).unwrap(), partial);
    assert_eq!(String::from_utf8(log.complete()).unwrap(), complete);
    for golden in [partial, complete] {
        verify(golden.as_bytes(), &trusting(&key()), |_| {}).unwrap();
    }
}

proptest! {
    /// What a changed byte changes is refused; what it does not change (white space, an escape) may hold. The query says
    /// what was asked for, and nothing signs it.
    #[test]
    fn a_changed_byte_that_changes_what_is_said_is_refused(
        is_complete in any::<bool>(), place in any::<prop::sample::Index>(), byte in any::<u8>(),
        act in 0..4,
    ) {
        let log = Log::with_erasure();
        let consistency = Consistency { from: Size(3), proof: log.tree.consistency_proof(Size(3), Size(5)).unwrap() };
        let header = Header { count: 1, records: 1, consistency: Some(consistency), ..log.header(&[]) };
        let bytes = if is_complete { log.complete() } else { log.bundle_as(&header, &[1, 3]) };
        let trust = Trust { keys: vec![key().verifier().clone()], older: Some(log.note(Size(3))) };
        let holds = verify(&bytes, &trust, |_| {}).is_ok();
        prop_assert!(holds);
        let mut changed = bytes.clone();
        let place = place.index(bytes.len());
        match act {
            0 => changed[place] = byte,
            1 => changed[place] ^= 1 << (byte % 8),
            2 => { changed.remove(place); }
            _ => changed.insert(place, byte),
        }
        let said = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).ok()?;
            let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n').map(|line| {
                let mut value: Value = serde_json::from_str(line).ok()?;
                if let Some(header) = value.as_object_mut() {
                    header.remove("query");
                }
                Some(value)
            });
            lines.collect::<Option<Vec<Value>>>()
        };
        if said(&changed) != said(&bytes) {
            let is_refused = verify(&changed, &trust, |_| {}).is_err();
            prop_assert!(is_refused, "{}", String::from_utf8_lossy(&changed));
        }
    }

    /// Whatever the bytes are: an answer, never a panic.
    #[test]
    fn no_bytes_are_too_strange(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(check(text.as_bytes()).unwrap_err().fault.is_doubt());
        prop_assert!(check(&bytes).unwrap_err().fault.is_doubt());
        let header = Log::sized(1).header(&[0]).to_line();
        prop_assert!(check(&[&header, text.as_bytes()].concat()).is_err());
        prop_assert!(check(&[&header[..], &bytes].concat()).is_err());
    }

    #[test]
    fn any_events_in_any_choice_hold(size in 1_u64..40, chosen in prop::collection::btree_set(0_u64..40, 0..10)) {
        let chosen: Vec<u64> = chosen.into_iter().filter(|index| *index < size).collect();
        prop_assert!(check(&Log::sized(size as usize).bundle(&chosen)).is_ok());
    }
}

/// Every field of every event, apart and together, can be withheld; it is counted, and the event still holds.
#[test]
fn whatever_is_withheld_is_counted_and_still_committed_to() {
    let log = Log::sized(3);
    let paths: Vec<String> = flatten(&event(1)).into_iter().map(|field| field.path).collect();
    let above = ["/e", "/s", "/e/metadata", "/e/targets", "/e/targets/0", "/e/metadata/list"];
    for path in paths.iter().map(String::as_str).chain(above) {
        let bytes = [log.header(&[1]).to_line(), log.line(1, &[path], true)].concat();
        let report = check(&bytes).unwrap_or_else(|why| panic!("{path}: {why}: {}", why.fault));
        let hidden = paths.iter().filter(|it| *it == path || it.starts_with(&format!("{path}/"))).count();
        assert_eq!(report.withheld, hidden as u64, "{path}");
        assert_eq!(report.disclosed, (paths.len() - hidden) as u64, "{path}");
    }
    let bytes = [log.header(&[1]).to_line(), log.line(1, &["/e", "/s"], true)].concat();
    assert_eq!(check(&bytes).unwrap().disclosed, 0);
}
