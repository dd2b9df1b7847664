//! Text of others among words of ours. Deliberately absent: fonts.

use everlog::trail::safe::{sentence, visible};

#[test]
fn what_hides_or_turns_text_is_written_as_its_number() {
    assert_eq!(visible("a\u{202e}b\u{0}c\u{200b}"), "a[U+202E]b[U+0000]c[U+200B]");
    assert_eq!(visible("می\u{200c}خواهم"), "می\u{200c}خواهم");
    assert_eq!(visible("two\nlines"), "two lines");
}

#[test]
fn names_that_run_left_do_not_turn_the_sentence() {
    let told = sentence("דוד was sent to נועה, דוד לוי 203.0.113.7", &["דוד", "נועה", "דוד לוי"]);
    assert_eq!(
        told,
        "\u{2068}דוד\u{2069} was sent to \u{2068}נועה\u{2069}, \u{2068}דוד לוי\u{2069} 203.0.113.7"
    );
    assert_eq!(
        sentence("Ana signed محمد 7 علي.pdf now", &[]),
        "Ana signed \u{2068}محمد 7 علي\u{2069}.pdf now"
    );
    assert_eq!(sentence("Ana signed", &["Ana"]), "Ana signed");
}
