//! A set of positions of one log: a bit an event. Deliberately absent: what the events are.

use everlog_core::ids::Seq;

/// How many positions a word holds.
const BITS: u64 = u64::BITS as u64;

/// Positions, in memory of an eighth of a byte for each event below the largest.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    words: Vec<u64>,
    count: u64,
}

impl Positions {
    /// Adds a position; one that is there already changes nothing.
    pub(super) fn insert(&mut self, seq: Seq) {
        // A log has fewer events than memory has bits.
        let at = (seq.0 / BITS) as usize;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let bit = 1 << (seq.0 % BITS);
        self.count += u64::from(self.words[at] & bit == 0);
        self.words[at] |= bit;
    }

    /// Whether a position is among them.
    pub(super) fn contains(&self, seq: Seq) -> bool {
        let word = self.words.get((seq.0 / BITS) as usize).copied().unwrap_or_default();
        word & (1 << (seq.0 % BITS)) != 0
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The first `limit` from a position on, ascending.
    pub(super) fn from(&self, from: Seq, limit: usize) -> Vec<Seq> {
        let mut found = Vec::new();
        let first = from.0 / BITS;
        for (&word, at) in self.words.iter().skip(first as usize).zip(first..) {
            let mut left = if at == first { word & (u64::MAX << (from.0 % BITS)) } else { word };
            while left != 0 && found.len() < limit {
                found.push(Seq(at * BITS + u64::from(left.trailing_zeros())));
                left &= left - 1;
            }
            if found.len() == limit {
                break;
            }
        }
        found
    }
}

impl FromIterator<Seq> for Positions {
    fn from_iter<I: IntoIterator<Item = Seq>>(seqs: I) -> Self {
        let mut positions = Self::default();
        seqs.into_iter().for_each(|seq| positions.insert(seq));
        positions
    }
}

#[cfg(test)]
mod tests {
    use everlog_core::ids::Seq;

    use super::Positions;

    #[test]
    fn positions_come_back_once_each_in_order_and_from_anywhere() {
        let positions: Positions = [200, 0, 63, 64, 63, 1_000, 127, 128].map(Seq).into_iter().collect();
        let all = [0, 63, 64, 127, 128, 200, 1_000].map(Seq);
        assert_eq!((positions.count(), positions.from(Seq(0), 100)), (7, all.to_vec()));
        for from in 0..=1_001 {
            let expected: Vec<Seq> = all.into_iter().filter(|seq| seq.0 >= from).take(3).collect();
            assert_eq!(positions.from(Seq(from), 3), expected, "{from}");
            assert_eq!(positions.contains(Seq(from)), all.contains(&Seq(from)));
        }
        assert_eq!(Positions::default().from(Seq(0), 1), []);
    }
}
