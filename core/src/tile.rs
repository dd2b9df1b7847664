//! The names of the static pieces that a log is read in (C2SP tlog-tiles): tiles of hashes, and bundles of leaves.
//!
//! Deliberately absent: the hashes and the leaves themselves, and where they are kept.

use std::fmt;
use std::ops::Range;

use crate::checkpoint::parse_decimal;
use crate::ids::Size;
use crate::merkle::TREE_SIZE_MAX;

/// Hashes of a full tile, and leaves of a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// The highest level that a name can have.
const LEVEL_MAX: u64 = 63;

/// How many digits of an index stand between two slashes.
const DIGITS: usize = 3;

/// What stands in front of the width of a piece that is not full.
const PARTIAL: &str = ".p/";

/// What stands in the place of a level for the leaves themselves.
const ENTRIES: &str = "entries";

/// One piece of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it holds.
    pub holds: Holds,
    /// Which one of its level, from 0.
    pub index: u64,
    /// How many: 1 to [`TILE_WIDTH`], which is a full one.
    pub width: u64,
}

/// What a piece holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Roots of perfect subtrees of 256^level leaves each; at level 0 leaf hashes.
    Hashes {
        /// The level.
        level: u8,
    },
    /// Leaves, each with its length in front.
    Entries,
}

impl Tile {
    /// Reads what stands behind `tile/`, such as `0/x001/234` or `entries/000.p/7`. A piece that no log can have has no name.
    pub fn parse(name: &str) -> Option<Self> {
        let (holds, rest) = name.split_once('/')?;
        let holds = match holds {
            ENTRIES => Holds::Entries,
            level => {
                let level = parse_decimal(level).filter(|level| *level <= LEVEL_MAX)?;
                Holds::Hashes { level: u8::try_from(level).ok()? }
            }
        };
        let (index, width) = match rest.split_once(PARTIAL) {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => {
                (index, parse_decimal(width).filter(|width| (1..TILE_WIDTH).contains(width))?)
            }
        };
        let tile = Self { holds, index: parse_index(index)?, width };
        tile.end().map(|_| tile)
    }

    /// The smallest log that has this piece.
    pub fn size(&self) -> Size {
        // A tile is made by `parse`, which knows that there is such a size; of others no log is large enough.
        self.end().unwrap_or(Size(u64::MAX))
    }

    /// The leaves below each of its hashes, or each of its leaves, in order.
    pub fn spans(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let leaves = self.leaves_each().unwrap_or(0);
        let first = self.index.saturating_mul(TILE_WIDTH);
        let end = first.saturating_add(self.width);
        (first..end).map(move |at| at.saturating_mul(leaves)..(at + 1).saturating_mul(leaves))
    }

    /// Where the last leaf below it ends.
    fn end(&self) -> Option<Size> {
        let end = self.index.checked_mul(TILE_WIDTH)?.checked_add(self.width)?;
        end.checked_mul(self.leaves_each()?).map(Size).filter(|size| *size <= TREE_SIZE_MAX)
    }

    fn leaves_each(&self) -> Option<u64> {
        match self.holds {
            Holds::Entries => Some(1),
            Holds::Hashes { level } => TILE_WIDTH.checked_pow(u32::from(level)),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holds {
            Holds::Entries => write!(formatter, "{ENTRIES}/")?,
            Holds::Hashes { level } => write!(formatter, "{level}/")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>0$}", digits.len().next_multiple_of(DIGITS));
        for (at, group) in digits.as_bytes().chunks(DIGITS).enumerate() {
            let is_last = (at + 1) * DIGITS == digits.len();
            // Digits are ASCII.
            let group = String::from_utf8_lossy(group);
            if is_last { write!(formatter, "{group}")? } else { write!(formatter, "x{group}/")? }
        }
        if self.width == TILE_WIDTH { Ok(()) } else { write!(formatter, "{PARTIAL}{}", self.width) }
    }
}

/// An index in groups of three digits, all but the last with an `x` in front, and no group more than it takes.
fn parse_index(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let last = groups.next()?;
    let mut digits: Vec<&str> = groups.map(|group| group.strip_prefix('x')).collect::<Option<_>>()?;
    digits.insert(0, last);
    let is_group = |group: &&str| group.len() == DIGITS && group.bytes().all(|byte| byte.is_ascii_digit());
    let is_shortest = digits.len() == 1 || digits.last() != Some(&"000");
    if !(digits.iter().all(is_group) && is_shortest) {
        return None;
    }
    digits
        .iter()
        .rev()
        .try_fold(0_u64, |index, group| index.checked_mul(1_000)?.checked_add(group.parse().ok()?))
}

/// Appends a leaf as it stands in a bundle of entries: `u16(length) || leaf`.
///
/// A leaf of the most commitments there can be is far shorter than the length can say.
pub fn write_entry(leaf: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(leaf.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(leaf);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use crate::ids::Size;
    use crate::leaf::{COMMITMENTS_MAX, Leaf, LogId};
    use crate::tile::*;

    fn hashes(level: u8, index: u64, width: u64) -> Tile {
        Tile { holds: Holds::Hashes { level }, index, width }
    }

    /// The examples of the specification.
    #[test]
    fn names_are_those_of_the_specification() {
        for (name, tile) in [
            ("0/x001/x234/067", hashes(0, 1_234_067, 256)),
            ("0/000", hashes(0, 0, 256)),
            ("0/273.p/112", hashes(0, 273, 112)),
            ("1/001.p/17", hashes(1, 1, 17)),
            ("2/000.p/1", hashes(2, 0, 1)),
            ("entries/x001/000", Tile { holds: Holds::Entries, index: 1_000, width: 256 }),
            ("entries/x001/000.p/255", Tile { holds: Holds::Entries, index: 1_000, width: 255 }),
        ] {
            assert_eq!(Tile::parse(name), Some(tile), "{name}");
            assert_eq!(tile.to_string(), name);
        }
        // A tree of 70,000 has these at its right edge, and none that are larger.
        for (name, size) in [("0/273.p/112", 70_000), ("1/001.p/17", 69_888), ("2/000.p/1", 65_536)] {
            assert_eq!(Tile::parse(name).unwrap().size(), Size(size));
        }
        let spans: Vec<_> = hashes(1, 1, 2).spans().collect();
        assert_eq!(spans, [65_536..65_792, 65_792..66_048]);
    }

    #[test]
    fn a_piece_has_one_name_and_one_that_no_log_has_has_none() {
        for name in [
            "",
            "/",
            "0",
            "0/",
            "0/0",
            "0/00",
            "0/0000",
            "0/00a",
            "0/+01",
            "0/x001",
            "0/x000/001",
            "0/001/234",
            "0/x01/234",
            "0/x001/x234",
            "0/X001/234",
            "00/000",
            "64/000",
            "-1/000",
            "+1/000",
            "0/000/",
            "0//000",
            "/0/000",
            "0/000.p",
            "0/000.p/",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/-1",
            "0/000.p/1/",
            "0/000.p/1.p/1",
            "0/000.P/1",
            "0/\u{0660}00",
            "Entries/000",
            "entries/",
            "entries",
            "data/000",
            "8/000",
            "7/128",
            "9/000.p/1",
            "63/000",
            "0/x999/x999/x999/x999/x999/999",
            "0/x001/x000/x000/x000/x000/x000/x000/000",
        ] {
            assert_eq!(Tile::parse(name), None, "{name:?}");
        }
        assert!(Tile::parse("7/127.p/128").is_none(), "2^63 leaves are more than a tree has");
        assert!(Tile::parse("7/000").is_none());
        assert!(Tile::parse("7/000.p/127").is_some());
    }

    #[test]
    fn the_largest_leaf_has_a_length_that_two_bytes_hold() {
        let commitments = vec![[0; 32]; COMMITMENTS_MAX];
        let leaf = Leaf { log_id: LogId([0; 16]), index: crate::ids::Seq(0), received_ms: 0, commitments };
        let (bytes, mut out) = (leaf.to_bytes(), Vec::new());
        write_entry(&bytes, &mut out);
        assert_eq!(usize::from(u16::from_be_bytes([out[0], out[1]])), bytes.len());
        assert_eq!(out[2..], bytes);
    }

    proptest! {
        #[test]
        fn any_name_comes_back(level in 0u8..8, index in 0u64..1 << 55, width in 1u64..=256, entries: bool) {
            let holds = if entries { Holds::Entries } else { Holds::Hashes { level } };
            let tile = Tile { holds, index, width };
            if let Some(parsed) = Tile::parse(&tile.to_string()) {
                prop_assert_eq!(parsed, tile);
                let spans: Vec<_> = tile.spans().collect();
                prop_assert_eq!(spans.len() as u64, width);
                prop_assert_eq!(Size(spans.last().unwrap().end), tile.size());
                prop_assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
            } else {
                prop_assert_eq!(tile.size(), Size(u64::MAX));
            }
        }

        #[test]
        fn arbitrary_text_is_no_name_or_the_one_name(text in "(entries|[0-9x]{1,4}|/|\\.p/|\\.){0,9}", any in any::<String>()) {
            for text in [text, any] {
                if let Some(tile) = Tile::parse(&text) {
                    prop_assert_eq!(tile.to_string(), text);
                }
            }
        }
    }
}
