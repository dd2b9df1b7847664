//! Proofs that hold, and every way in which one must not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::checkpoint::LogKey;
use crate::merkle::Tree;
use crate::proof::*;

const ORIGIN: &str = "log.example/log/2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a";
const LEAVES: u64 = 50;

fn key() -> LogKey {
    LogKey::from_seed("log.example", [7; 32]).unwrap()
}

fn leaf(index: u64) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(index.to_be_bytes()).finalize().into()
}

/// The proof of a leaf of a log of such leaves.
fn proof(index: u64, size: u64) -> Proof {
    let tree: Tree = (0..size).map(leaf).collect();
    let head = Checkpoint { origin: ORIGIN.to_owned(), size: Size(size), root: tree.root() };
    Proof::new(Seq(index), tree.inclusion_proof(Seq(index), Size(size)).unwrap(), key().sign(&head))
}

fn verify(proof: &Proof, index: u64) -> Result<Checkpoint, VerifyError> {
    proof.verify(&leaf(index), key().verifier())
}

/// What is wrong with the path of a proof that does not hold.
fn fault(proof: &Proof, index: u64) -> ProofError {
    match verify(proof, index) {
        Err(VerifyError::Path { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_proof_holds_for_its_leaf_and_comes_back_as_it_was_written() {
    for size in [1, 2, 3, 7, 8, 9, LEAVES] {
        for index in 0..size {
            let made = proof(index, size);
            let head = verify(&made, index).unwrap();
            assert_eq!((head.origin.as_str(), head.size), (ORIGIN, Size(size)));
            let text = made.to_string();
            assert!(text.starts_with(&format!("c2sp.org/tlog-proof@v1\nindex {index}\n")), "{text}");
            assert!(text.ends_with(&format!("\n\n{}", made.note)), "{text}");
            let parsed = Proof::parse(&text).unwrap();
            assert_eq!(parsed, made);
            assert_eq!(parsed.to_string(), text);
        }
    }
}

/// Negative cases of the page of the format: wrong index, one hash more or less, another leaf, another key.
#[test]
fn what_does_not_fit_the_signed_root_is_refused() {
    let good = proof(41, LEAVES);
    assert_eq!(fault(&good, 40), ProofError::RootMismatch);
    assert_eq!(fault(&Proof { index: Seq(40), ..good.clone() }, 41), ProofError::RootMismatch);
    for outside in [LEAVES, LEAVES + 1, u64::MAX] {
        let outside = fault(&Proof { index: Seq(outside), ..good.clone() }, 41);
        assert!(matches!(outside, ProofError::OutsideTree { .. }), "{outside:?}");
    }
    let (mut shorter, mut longer, mut turned) = (good.clone(), good.clone(), good.clone());
    shorter.path.pop();
    longer.path.push([0; 32]);
    turned.path.swap(0, 1);
    assert_eq!(fault(&shorter, 41), ProofError::TooShort);
    assert_eq!(fault(&longer, 41), ProofError::TooLong);
    assert_eq!(fault(&turned, 41), ProofError::RootMismatch);
    let other_head = Proof { note: proof(41, LEAVES - 1).note, ..good.clone() };
    assert!(verify(&other_head, 41).is_err());
    let stranger = LogKey::from_seed("log.example", [8; 32]).unwrap();
    let refused = good.verify(&leaf(41), stranger.verifier());
    assert!(matches!(refused, Err(VerifyError::Checkpoint(NoteError::NotSigned { .. }))), "{refused:?}");
    let no_note = Proof { note: String::new(), ..good };
    assert_eq!(verify(&no_note, 41), Err(VerifyError::Checkpoint(NoteError::Malformed)));
}

/// A note with a second, bad line for the known key is refused; lines of others are passed over and kept.
#[test]
fn signatures_of_others_are_kept_and_a_bad_one_of_the_log_is_refused() {
    let good = proof(41, LEAVES);
    let line = |note: &str| note.split_once("\n\n").unwrap().1.to_owned();
    let witness = LogKey::from_seed("witness.example", [9; 32]).unwrap();
    let head = key().verifier().open(&good.note).unwrap();
    let cosigned = Proof { note: good.note.clone() + &line(&witness.sign(&head)), ..good.clone() };
    assert_eq!(verify(&Proof::parse(&cosigned.to_string()).unwrap(), 41), Ok(head));
    let doubled = Proof { note: good.note.clone() + &line(&proof(0, 1).note), ..good };
    assert!(matches!(verify(&doubled, 41), Err(VerifyError::Checkpoint(NoteError::BadSignature { .. }))));
}

#[test]
fn data_of_others_is_kept_and_never_signed() {
    let mut made = proof(41, LEAVES);
    made.extra = b"age-v1.2.1".to_vec();
    let text = made.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMQ==\nindex 41\n"), "{text}");
    assert_eq!(Proof::parse(&text), Ok(made.clone()));
    assert!(verify(&made, 41).is_ok());
}

#[test]
fn a_proof_has_one_spelling() {
    let good = proof(41, LEAVES).to_string();
    let parse = |from: &str, to: &str| {
        assert!(good.contains(from), "{from:?}");
        Proof::parse(&good.replacen(from, to, 1))
    };
    let first_hash = good.lines().nth(2).unwrap().to_owned();
    for (index, line) in [
        ("index 041", 2),
        ("index +41", 2),
        ("index -1", 2),
        ("index ", 2),
        ("index  41", 2),
        ("index 41 ", 2),
        ("index 4_1", 2),
        ("index 18446744073709551616", 2),
        ("Index 41", 2),
        ("index\t41", 2),
        ("41", 2),
        ("extra \nindex 41", 2),
        ("extra AAA\nindex 41", 2),
        ("extra AAB=\nindex 41", 2),
        ("extraAAAA\nindex 41", 2),
        ("extra AAAA\nextra AAAA\nindex 41", 3),
        ("index 41\nindex 41", 3),
        ("index 41\nextra AAAA", 3),
        ("index 41\r", 2),
    ] {
        let refused = parse("index 41", index);
        assert!(
            matches!(refused, Err(ParseError::Line { line: at, .. }) if at == line),
            "{index}: {refused:?}"
        );
    }
    assert_eq!(parse("index 41", "index 18446744073709551615").unwrap().index, Seq(u64::MAX));
    assert_eq!(parse("index 41", "index 0").unwrap().index, Seq(0));
    let unpadded = first_hash.trim_end_matches('=');
    for hash in [unpadded, " ", "AAAA", &first_hash.replace('=', "=="), &format!("{first_hash} ")] {
        let refused = parse(&first_hash, hash);
        assert!(matches!(refused, Err(ParseError::Line { line: 3, .. })), "{hash}: {refused:?}");
    }
    assert!(parse("\n\n", "\n").is_err());
    for (from, to) in
        [("c2sp.org", " c2sp.org"), ("@v1\n", "@v1\r\n"), ("@v1\n", "@v1\n\n"), ("proof", "Proof")]
    {
        assert!(parse(from, to).is_err(), "{to:?}");
    }
    let newer = Err(ParseError::UnknownFormat("c2sp.org/tlog-proof@v2".to_owned()));
    assert_eq!(parse("@v1", "@v2"), newer);
    for short in ["", "\n", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 0\n"] {
        assert!(Proof::parse(short).is_err(), "{short:?}");
    }
}

#[test]
fn a_proof_that_no_tree_needs_is_not_read() {
    let mut long = proof(41, LEAVES);
    long.path = vec![[0; 32]; PATH_HASHES_MAX];
    assert_eq!(Proof::parse(&long.to_string()), Ok(long.clone()));
    long.path.push([0; 32]);
    assert_eq!(Proof::parse(&long.to_string()), Err(ParseError::LongPath));
    let large = proof(41, LEAVES).to_string() + &" ".repeat(PROOF_BYTES_MAX);
    assert_eq!(Proof::parse(&large), Err(ParseError::TooLarge(large.len())));
}

/// The proof of the worked example, which the page of the format shows, with the golden key.
#[test]
fn the_proof_of_the_page_is_made_again_byte_for_byte() {
    let golden = include_str!("../../../vectors/proof-v1.tlog-proof");
    let leaf_v1: serde_json::Value =
        serde_json::from_str(include_str!("../../../vectors/leaf-v1.json")).unwrap();
    let hash = |value: &serde_json::Value| -> Hash {
        BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
    };
    let origin = format!("log.example/log/{}", leaf_v1["log_id_hex"].as_str().unwrap());
    let head = Checkpoint { origin, size: Size(50), root: hash(&leaf_v1["root_b64"]) };
    let path = leaf_v1["inclusion_41_in_50"].as_array().unwrap().iter().map(hash).collect();
    let made = Proof::new(Seq(41), path, key().sign(&head));
    assert_eq!(made.to_string(), golden);
    let parsed: Proof = golden.parse().unwrap();
    assert_eq!(parsed.verify(&hash(&leaf_v1["leaf_hash_b64"]), key().verifier()), Ok(head));
}

proptest! {
    #[test]
    fn any_proof_comes_back(
        index in any::<u64>(),
        extra in prop::collection::vec(any::<u8>(), 0..40),
        path in prop::collection::vec(any::<Hash>(), 0..PATH_HASHES_MAX),
        note in any::<String>(),
    ) {
        let made = Proof { index: Seq(index), extra, path, note };
        prop_assert_eq!(Proof::parse(&made.to_string()), Ok(made));
    }

    /// What is read is written again byte for byte, so that no two texts are one proof.
    #[test]
    fn a_text_with_any_change_is_refused_or_is_another_proof(
        at in any::<usize>(), length in 0usize..3, text in "[—\\n =+A-z0-9]{0,4}",
    ) {
        let good = proof(41, LEAVES).to_string();
        let cuts: Vec<usize> = (0..=good.len()).filter(|at| good.is_char_boundary(*at)).collect();
        let start = at % cuts.len();
        let end = (start + length).min(cuts.len() - 1);
        let changed = good[..cuts[start]].to_owned() + &text + &good[cuts[end]..];
        if let Ok(parsed) = Proof::parse(&changed) {
            prop_assert_eq!(parsed.to_string(), changed.clone());
            // Only data of others may change and the proof still hold.
            prop_assert!(changed == good || !parsed.extra.is_empty() || verify(&parsed, 41).is_err());
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), lines in "(extra|index|A|=|/| |\\n|4|—){0,40}") {
        for text in [text, lines.clone(), format!("{FORMAT}\n{lines}"), format!("{FORMAT}\nindex 1\n{lines}")] {
            if let Ok(parsed) = Proof::parse(&text) {
                prop_assert_eq!(parsed.to_string(), text);
                prop_assert!(verify(&parsed, 1).is_err());
            }
        }
    }
}
