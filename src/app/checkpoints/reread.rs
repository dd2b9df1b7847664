//! Reading again what is about to be signed, by the way on which everybody reads: what was stored is decoded, flattened,
//! committed to and hashed anew, and must give the tree of the head.
//!
//! Deliberately absent: what is wrong with a row by itself (`fsck`).

use everlog_core::ids::{Seq, Size};
use everlog_core::merkle::Frontier;

use crate::directory::Entry;
use crate::fsck::{self, Place};
use crate::store::closed::{Closed, LastSigned};
use crate::store::{Head, Store, StoreError};

/// How many rows are read together.
const GROUP_ROWS: u64 = 1_000;

/// Brings `verified`, the tree of everything that was read before, to the head. What `signed` holds was signed last.
///
/// # Errors
/// `Closed` when the log is not what its head says, or does not go on from what was signed; otherwise the store's own.
pub(super) fn read_again(
    store: &dyn Store,
    org: &Entry,
    verified: &mut Frontier,
    signed: Option<(&Frontier, u64)>,
    head: &Head,
) -> Result<(), StoreError> {
    let last = |(frontier, signed_ms): (&Frontier, u64)| LastSigned { size: frontier.size(), signed_ms };
    if let Some(signed) = signed.map(last).filter(|signed| head.size < signed.size) {
        return Err(Closed::WentBack { size: head.size, signed }.into());
    }
    if verified.size() <= head.size {
        read_on(store, org, verified, head.size)?;
        if *verified == head.frontier {
            return Ok(());
        }
    }
    // Every new event is well, and the head another: what lies before them was changed. Where, only all of them can tell.
    let mut whole = Frontier::new();
    if let Some((frontier, signed_ms)) = signed {
        read_on(store, org, &mut whole, frontier.size())?;
        if whole != *frontier {
            return Err(Closed::Rewritten(last((frontier, signed_ms))).into());
        }
    }
    let first_unsigned = Seq(whole.size().0);
    read_on(store, org, &mut whole, head.size)?;
    if whole == head.frontier {
        *verified = whole;
        return Ok(());
    }
    tracing::error!(org.id = %org.row.id, "the head of a log is not that of its events");
    Err(Closed::Damaged { seq: first_unsigned }.into())
}

/// Reads from the end of a tree on, and lets it grow to a size.
fn read_on(store: &dyn Store, org: &Entry, tree: &mut Frontier, size: Size) -> Result<(), StoreError> {
    // From the event in front on: none is received before the one in front of it.
    let mut next = Seq(tree.size().0.saturating_sub(1));
    let mut before_ms = 0;
    while size.holds(next) {
        let end = Size(size.0.min(next.0 + GROUP_ROWS));
        for place in fsck::read(store, org, next, end)? {
            let is_new = next.0 == tree.size().0;
            let row = match place {
                Place::Missing => Err("it is missing".to_owned()),
                Place::Unreadable(why) => Err(why),
                Place::Read(row) if !is_new => Ok(row),
                Place::Read(row) => {
                    match fsck::check_time(row.received_ms, before_ms).or(row.fault.clone()) {
                        Some(why) => Err(why),
                        None => Ok(row),
                    }
                }
            };
            let row = row.map_err(|why| {
                tracing::error!(org.id = %org.row.id, event.seq = next.0, why, "an event cannot be verified");
                Closed::Damaged { seq: next }
            })?;
            if is_new {
                tree.push(row.leaf_hash);
            }
            (before_ms, next) = (row.received_ms, Seq(next.0 + 1));
        }
    }
    Ok(())
}
