//! Checkpoints against keys and notes of others, and against every way to tamper with one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use crate::checkpoint::*;

const NAME: &str = "log.example:7878";

fn key() -> LogKey {
    LogKey::from_seed(NAME, [7; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    let origin = "log.example/log/0198f3b27c1e7a3f9d415b1e8c2a6f90".to_owned();
    Checkpoint { origin, size: Size(50), root: [0xFB; 32] }
}

fn signature_line(note: &str) -> &str {
    note.split_once("\n\n").unwrap().1
}

/// Key pair and note from the documentation of `golang.org/x/mod/sumdb/note`.
#[test]
fn the_example_of_the_signed_note_package_is_reproduced() {
    const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SIGNER: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNED: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv\
                          qfqdngotpRZb6KE6RyyBwJnAM=\n";
    let secret = BASE64_STANDARD.decode(SIGNER).unwrap();
    let key = LogKey::from_seed("PeterNeumann", secret[1..].try_into().unwrap()).unwrap();
    let note = format!("{TEXT}\n{SIGNED}");
    assert_eq!(key.verifier().to_string(), VERIFIER);
    assert_eq!(key.sign_text(TEXT), note);
    let verifier: VerifierKey = VERIFIER.parse().unwrap();
    assert_eq!(verifier.open_text(&note), Ok(TEXT));
    assert!(matches!(verifier.open(&note), Err(NoteError::NotACheckpoint(_))));
}

#[test]
fn a_verifier_key_has_one_spelling() {
    let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let parse = |text: &str| text.parse::<VerifierKey>();
    assert_eq!(parse(text).unwrap().to_string(), text);
    assert_eq!(parse(&text.replace("sum", "sun")), Err(KeyError::WrongHash));
    assert_eq!(parse(&text.replace("033de0ae", "033de0af")), Err(KeyError::WrongHash));
    assert_eq!(parse(&text.replace("033de0ae", "033DE0AE")), Err(KeyError::Malformed));
    assert_eq!(parse(&text.replace("+Ac4", "+Bc4")), Err(KeyError::UnknownAlgorithm(5)));
    assert_eq!(parse(&text[..text.len() - 4]), Err(KeyError::BadPublicKey));
    assert_eq!(parse(&(text.to_owned() + "=")), Err(KeyError::Malformed));
    assert_eq!(parse(&(text.to_owned() + "\n")), Err(KeyError::Malformed));
    assert_eq!(parse(&text.replace("sum.", "sum .")), Err(KeyError::BadName));
    assert_eq!(parse(text.trim_start_matches("sum.golang.org")), Err(KeyError::BadName));
    // The neutral point: any signature can be made to fit it.
    let weak = BASE64_STANDARD.encode([[1, 1].as_slice(), &[0; 31]].concat());
    assert_eq!(parse(&format!("weak+00000000+{weak}")), Err(KeyError::BadPublicKey));
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{85}b", &"x".repeat(KEY_NAME_BYTES_MAX + 1)] {
        assert!(matches!(LogKey::from_seed(name, [7; 32]), Err(KeyError::BadName)), "{name:?}");
    }
}

#[test]
fn a_checkpoint_is_three_lines_and_a_signature_that_its_key_opens() {
    let note = key().sign(&checkpoint());
    let text = "log.example/log/0198f3b27c1e7a3f9d415b1e8c2a6f90\n50\n\
                +/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=\n";
    assert!(note.starts_with(&format!("{text}\n\u{2014} {NAME} ")), "{note}");
    assert_eq!(key().verifier().open(&note), Ok(checkpoint()));
    assert_eq!(key().sign(&checkpoint()), note);
}

#[test]
fn foreign_signatures_are_passed_over_and_never_enough() {
    let key = key();
    let note = key.sign(&checkpoint());
    let witness = LogKey::from_seed("witness.example", [8; 32]).unwrap();
    let namesake = LogKey::from_seed(NAME, [9; 32]).unwrap();
    for foreign in [&witness, &namesake] {
        let other = foreign.sign(&checkpoint());
        let both = note.clone() + signature_line(&other);
        assert_eq!(key.verifier().open(&both), Ok(checkpoint()));
        assert_eq!(foreign.verifier().open(&both), Ok(checkpoint()));
        assert!(matches!(key.verifier().open(&other), Err(NoteError::NotSigned { .. })));
    }
}

#[test]
fn a_bad_line_of_the_known_key_is_refused_even_beside_a_good_one() {
    let key = key();
    let good = key.sign(&checkpoint());
    let (text, line) = (checkpoint().to_text(), signature_line(&good));
    let other = key.sign(&Checkpoint { size: Size(51), ..checkpoint() });
    let bad = signature_line(&other);
    let truncated = BASE64_STANDARD.encode([&key.verifier().id[..], &[0; 63]].concat());
    let short = format!("\u{2014} {NAME} {truncated}\n");
    for lines in [format!("{line}{bad}"), format!("{bad}{line}"), bad.to_owned(), format!("{line}{short}")] {
        let refused = key.verifier().open(&format!("{text}\n{lines}"));
        assert!(matches!(refused, Err(NoteError::BadSignature { .. })), "{refused:?}");
    }
    assert_eq!(key.verifier().open(&format!("{text}\n{line}{line}")), Ok(checkpoint()));
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_refused() {
    let key = key();
    let root = BASE64_STANDARD.encode([0; 32]);
    for text in [
        "o\n5\n".to_owned(),
        format!("o\n5\n{root}\nextension\n"),
        format!("o\n5\n{root}\n\n"),
        format!("\n5\n{root}\n"),
        format!("o\n05\n{root}\n"),
        format!("o\n+5\n{root}\n"),
        format!("o\n-5\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n5 \n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        format!("o\n5\n{}\n", BASE64_STANDARD.encode([0; 31])),
        format!("o\n5\n{}\n", BASE64_STANDARD.encode([0; 33])),
        format!("o\n5\n{}\n", root.trim_end_matches('=')),
        format!("o\n5\n{}B=\n", &root[..42]),
    ] {
        let refused = key.verifier().open(&key.sign_text(&text));
        assert!(matches!(refused, Err(NoteError::NotACheckpoint(_))), "{text:?}: {refused:?}");
    }
    assert!(key.verifier().open(&key.sign_text(&format!("o\n0\n{root}\n"))).is_ok());
}

#[test]
fn what_is_no_signed_note_is_refused() {
    let key = key();
    let open = |note: &str| key.verifier().open(note);
    let good = key.sign(&checkpoint());
    let note = |lines: &str| format!("{}\n{lines}", checkpoint().to_text());
    for bad in ["", "\n", "\n\n", "o\n5\n", &note(""), good.trim_end(), &good.replace("\n\n", "\n")] {
        assert_eq!(open(bad), Err(NoteError::Malformed), "{bad:?}");
    }
    assert_eq!(open(&good.replace('\n', "\r\n")), Err(NoteError::Malformed));
    assert_eq!(open(&good.replace("50", "5\u{7F}0")), Err(NoteError::Malformed));
    for line in ["x\n", "\u{2014} x\n", "\u{2014} x AAAA\n", "\u{2014} x AAAAAAA\n", "- x AAAAAAAA\n"] {
        let malformed = Err(NoteError::MalformedSignature { line: 2 });
        assert_eq!(open(&(good.clone() + line)), malformed, "{line:?}");
    }
    let large = good.clone() + &signature_line(&good).repeat(NOTE_BYTES_MAX / 100);
    assert_eq!(open(&large), Err(NoteError::TooLarge(large.len())));
}

#[test]
fn the_secret_key_is_not_printed() {
    let printed = format!("{:?}", key());
    assert_eq!(printed, format!("LogKey({}, …)", key().verifier().label()));
}

#[test]
fn every_single_bit_of_a_note_counts() {
    let (key, note) = (key(), key().sign(&checkpoint()));
    for bit in 0..8 * note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(key.verifier().open(&changed).is_err(), "{changed:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_checkpoint_comes_back(origin in "[ -~é€😀]{1,80}", size in any::<u64>(), root in any::<Hash>()) {
        let checkpoint = Checkpoint { origin, size: Size(size), root };
        prop_assert_eq!(key().verifier().open(&key().sign(&checkpoint)), Ok(checkpoint));
    }

    /// Whatever the origin smuggles in, a note never opens as another checkpoint.
    #[test]
    fn an_origin_never_makes_another_checkpoint(origin in "[a5\\n=—]{0,8}(\\n5\\nA{43}=)?", size in any::<u64>()) {
        let checkpoint = Checkpoint { origin, size: Size(size), root: [0; 32] };
        if let Ok(opened) = key().verifier().open(&key().sign(&checkpoint)) {
            prop_assert_eq!(opened, checkpoint);
        }
    }

    #[test]
    fn any_changed_byte_is_refused(position in any::<usize>(), byte in any::<u8>()) {
        let note = key().sign(&checkpoint());
        let mut bytes = note.clone().into_bytes();
        let position = position % bytes.len();
        bytes[position] = byte;
        if let Ok(changed) = String::from_utf8(bytes) && changed != note {
            prop_assert!(key().verifier().open(&changed).is_err());
        }
    }

    #[test]
    fn a_cut_or_inserted_text_is_refused(start in any::<usize>(), end in any::<usize>(), text in "[—\\n A-z0-9]{0,6}") {
        let note = key().sign(&checkpoint());
        let mut cuts: Vec<usize> = (0..=note.len()).filter(|at| note.is_char_boundary(*at)).collect();
        let (start, end) = (cuts[start % cuts.len()], cuts.swap_remove(end % cuts.len()));
        let changed = note[..start.min(end)].to_owned() + &text + &note[start.max(end)..];
        if changed != note {
            prop_assert!(key().verifier().open(&changed).is_err(), "{changed:?}");
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), lines in "[—\\n +a5A=]{0,60}") {
        let note = checkpoint().to_text() + &lines;
        for text in [text, lines, note] {
            prop_assert!(key().verifier().open(&text).is_err());
            prop_assert!(text.parse::<VerifierKey>().is_err());
        }
    }
}
