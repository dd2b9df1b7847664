//! Words: how text is cut and folded for search, the same for what is indexed and for what is asked.
//!
//! Deliberately absent: the log. Folding exists in the index only; recorded text is never normalised.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest token kept for search, in bytes; longer ones are cut at a character.
pub const TOKEN_BYTES_MAX: usize = 200;

/// Case and diacritics folded: `Zoë` and `ZOE` are one. Marks that carry vowels in Indic scripts stay.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|&c| !is_diacritic(c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            // Lower-casing may bring a mark of its own, as in İ.
            c if is_diacritic(c) || is_invisible(c) => (),
            c => folded.push(c),
        }
    }
    folded
}

/// Marks that a reader leaves out when typing: accents, Hebrew points, Arabic vowel signs.
fn is_diacritic(c: char) -> bool {
    let dropped = matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}');
    dropped && is_combining_mark(c)
}

/// Characters that show nothing: they would hide a word from search, and a formula from whoever looks for one.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Characters that change the direction of those around them.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether there is anything in a text that a reader can see: not only spaces, control characters and what takes no space.
pub fn can_be_seen(text: &str) -> bool {
    let looks_empty = |c| {
        matches!(
            c,
            '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{ffa0}'
        )
    };
    text.chars().any(|c| !(c.is_whitespace() || c.is_control() || is_invisible(c) || looks_empty(c)))
}

/// The tokens of a text, folded: what white space separates, outer punctuation trimmed.
///
/// An e-mail, an id, an address, `auth.signed_in` and a run of Chinese are one token each.
pub fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().filter_map(token)
}

/// One token of a piece without white space, folded and trimmed, if anything is left of it.
pub fn token(piece: &str) -> Option<String> {
    let mut folded = fold(piece);
    let trimmed = folded.trim_matches(|c: char| !c.is_alphanumeric());
    if trimmed.is_empty() {
        return None;
    }
    if trimmed.len() != folded.len() {
        folded = trimmed.to_owned();
    }
    cut(&mut folded, TOKEN_BYTES_MAX);
    Some(folded)
}

/// Cuts a text to at most so many bytes, at a character.
pub fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
    }
}

/// Shortest needle that is found anywhere inside a token, in characters; shorter ones only where a part begins.
pub const INSIDE_CHARS_MIN: usize = 3;

/// Whether a folded needle is found in a folded token: anywhere from three characters on, fewer only where a part
/// of the token begins.
pub fn is_found(needle: &str, token: &str) -> bool {
    if needle.chars().count() >= INSIDE_CHARS_MIN {
        return token.contains(needle);
    }
    token.match_indices(needle).any(|(at, _)| begins_part(token.as_bytes(), at))
}

/// Whether a part of a token begins at this byte: at its start, or behind a character that is neither letter nor digit.
///
/// Bytes beyond ASCII count as letters, so that this can be asked of bytes.
pub fn begins_part(token: &[u8], at: usize) -> bool {
    at == 0 || !(token[at - 1].is_ascii_alphanumeric() || token[at - 1] >= 0x80)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_diacritics_do_not_matter() {
        for (text, folded) in [
            ("Zoë Müller", "zoe muller"),
            ("ŁÓDŹ", "lodz"),
            ("Straße", "strasse"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("Søren Æbler", "soren aebler"),
            ("İstanbul", "istanbul"),
            ("Ｆｕｌｌ", "full"),
            ("שָׁלוֹם", "שלום"),
            ("a\u{200b}b\u{202e}c", "abc"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn an_email_an_id_and_a_run_of_chinese_are_one_token() {
        let found: Vec<_> =
            tokens("(Ana.Ruiz@acme.example), auth.signed_in 203.0.113.7 … \"王小明签署\"!").collect();
        assert_eq!(found, ["ana.ruiz@acme.example", "auth.signed_in", "203.0.113.7", "王小明签署"]);
    }

    #[test]
    fn short_needles_are_found_only_where_a_part_begins() {
        assert!(is_found("4f2a", "sp8d4f2a11"));
        assert!(is_found("ru", "ana.ruiz@acme.example"));
        assert!(!is_found("ui", "ana.ruiz@acme.example"));
        assert!(is_found("uiz", "ana.ruiz@acme.example"));
    }

    proptest! {
        #[test]
        fn tokens_of_a_text_do_not_change_when_folded_again(text in any::<String>()) {
            for token in tokens(&text) {
                prop_assert!(token.len() <= TOKEN_BYTES_MAX);
                prop_assert_eq!(Some(fold(&token)), Some(token));
            }
        }
    }
}
