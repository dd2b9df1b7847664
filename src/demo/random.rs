//! A small generator of numbers that always come in the same order. Deliberately absent: anything secret; never use it
//! for keys or salts.

/// SplitMix64, seeded by a text.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same text gives the same numbers, on every machine.
    pub fn seeded(text: &str) -> Self {
        // FNV-1a, spread by the first step of the generator.
        let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).unwrap_or(0) + 1;
        low + i64::try_from(self.number() % span).unwrap_or(0)
    }

    /// A position in a list of this length; 0 for an empty one.
    pub fn position(&mut self, length: usize) -> usize {
        let length = u64::try_from(length.max(1)).unwrap_or(1);
        usize::try_from(self.number() % length).unwrap_or(0)
    }

    /// One of these; the list is never empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.position(from.len());
        &from[at]
    }

    /// One of these texts that is not `current`, where there is another.
    pub fn pick_other<'a>(&mut self, from: &[&'a str], current: &str) -> &'a str {
        let others: Vec<&'a str> = from.iter().copied().filter(|text| *text != current).collect();
        let choice = if others.is_empty() { from } else { &others };
        choice[self.position(choice.len())]
    }

    /// True this often in a hundred.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// This many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.number()));
        }
        text.truncate(digits);
        text
    }
}
