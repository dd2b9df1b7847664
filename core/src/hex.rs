//! Bytes as lower-case hexadecimal, with exactly one spelling. Deliberately absent: upper case, prefixes, spaces.

use std::fmt::{self, Write as _};

/// Shows bytes as lower-case hexadecimal.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.0.iter().try_for_each(|byte| {
            let [high, low] = [byte >> 4, byte & 0x0F].map(|digit| char::from(DIGITS[usize::from(digit)]));
            formatter.write_char(high)?;
            formatter.write_char(low)
        })
    }
}

/// Reads exactly `N` bytes of lower-case hexadecimal, and nothing else.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    let mut all = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|character| VALUES[usize::from(character)]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (all < 16).then_some(bytes)
}

/// What a character is worth as a digit; what is none is worth 16 or more. A table, because digits of hashes are as good as
/// random, and a processor that guesses which is which guesses wrong.
const VALUES: [u8; 256] = {
    let mut values = [0xFF; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit as usize] as usize] = digit;
        digit += 1;
    }
    values
};

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
