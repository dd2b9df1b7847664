//! Text of others among words of ours. Deliberately absent: fonts.

use everlog::trail::safe::{is_told_leftward, sentence, visible};

#[test]
fn what_hides_or_turns_text_is_written_as_its_number() {
    assert_eq!(visible("a\u{202e}b\u{0}c\u{200b}"), "a[U+202E]b[U+0000]c[U+200B]");
    assert_eq!(visible("می\u{200c}خواهم"), "می\u{200c}خواهم");
    assert_eq!(visible("two\nlines"), "two lines");
}

#[test]
fn names_that_run_left_do_not_turn_the_sentence() {
    let told = sentence("דוד was sent to נועה, דוד לוי 203.0.113.7", &["דוד", "נועה", "דוד לוי"], false);
    assert_eq!(
        told,
        "\u{2068}דוד\u{2069} was sent to \u{2068}נועה\u{2069}, \u{2068}דוד לוי\u{2069} 203.0.113.7"
    );
    assert_eq!(
        sentence("Ana signed محمد 7 علي.pdf now", &[], false),
        "Ana signed \u{2068}محمد 7 علي\u{2069}.pdf now"
    );
    assert_eq!(sentence("Ana signed", &["Ana"], false), "Ana signed");
}

#[test]
fn names_in_a_sentence_that_runs_left_stand_apart_whatever_they_are() {
    let told = sentence("تم توقيع «Lease (2)» بواسطة نور", &["Lease (2)", "نور", ""], true);
    assert_eq!(told, "تم توقيع «\u{2068}Lease (2)\u{2069}» بواسطة \u{2068}نور\u{2069}");
    assert!(is_told_leftward("تم توقيع «Lease»", &["Lease"]));
    assert!(!is_told_leftward("نور signed Lease", &["نور"]));
}
