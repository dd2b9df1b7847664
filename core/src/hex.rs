//! Bytes as lower-case hexadecimal, with exactly one spelling. Deliberately absent: upper case, prefixes, spaces.

use std::fmt;

/// Shows bytes as lower-case hexadecimal.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Reads exactly `N` bytes of lower-case hexadecimal, and nothing else.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use crate::hex::{Hex, decode};

    #[test]
    fn hexadecimal_has_one_spelling() {
        assert_eq!(decode("00ff1a"), Some([0x00, 0xFF, 0x1A]));
        assert_eq!(Hex(&[0x00, 0xFF, 0x1A]).to_string(), "00ff1a");
        for bad in ["00FF1A", "00ff1", "00ff1a0", "00ff1a00", "0x00ff", "00ff1g", " 0ff1a", "é0ff1", ""] {
            assert_eq!(decode::<3>(bad), None, "{bad:?}");
        }
    }
}
