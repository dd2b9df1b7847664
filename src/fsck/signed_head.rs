//! Whether a log goes on from what was signed of it. Deliberately absent: the signature, which says who signed and not what
//! is stored.

use std::ops::RangeInclusive;

use everlog_core::ids::{Seq, Size};
use everlog_core::merkle::Frontier;

use crate::signed::Kept;
use crate::store::closed::LastSigned;

/// What is wrong with a log that ends in front of what was signed.
pub fn check_size(kept: &Kept, size: Size) -> Option<(Seq, String)> {
    let LastSigned { size: signed, .. } = last(kept);
    let what = || {
        format!(
            "the log ends here, but {signed} events of it were signed at {}: it is an older copy, or its end was taken away",
            last(kept).time()
        )
    };
    (size < signed).then(|| (Seq(size.0), what()))
}

/// What is wrong with the tree of as many events as were signed: the first of its parts that is another, by its events.
pub(super) fn check_tree(kept: &Kept, tree: &Frontier) -> Option<(RangeInclusive<Seq>, String)> {
    let (is, was) = (roots(tree), roots(&kept.frontier));
    let differs = is.iter().zip(&was).position(|(is, was)| is != was)?;
    let mut parts = bits(tree.size()).scan(0, |first, count| {
        let part = (*first, *first + count - 1);
        *first += count;
        Some(part)
    });
    let (first, last_one) = parts.nth(differs)?;
    let signed = last(kept);
    let what = format!(
        "of the {} events that were signed at {} one is another by now; it stands at {first} to {last_one}",
        signed.size,
        signed.time()
    );
    Some((Seq(first)..=Seq(last_one), what))
}

fn last(kept: &Kept) -> LastSigned {
    LastSigned { size: kept.frontier.size(), signed_ms: kept.signed_ms }
}

/// How many leaves each part of a frontier spans, the largest first.
fn bits(size: Size) -> impl Iterator<Item = u64> {
    (0..u64::BITS).rev().map(|bit| 1 << bit).filter(move |bit| size.0 & bit != 0)
}

/// The parts of a frontier, which stand behind its size in its bytes.
fn roots(frontier: &Frontier) -> Vec<Vec<u8>> {
    frontier.to_bytes()[size_of::<u64>()..].chunks(32).map(<[u8]>::to_vec).collect()
}
