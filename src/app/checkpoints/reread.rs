//! Reading again what is about to be signed, by the way on which everybody reads: what was stored is decoded, flattened,
//! committed to and hashed anew, and must give the tree of the head.
//!
//! Deliberately absent: what is wrong with a row by itself (`fsck`).

use everlog_core::ids::{Seq, Size};
use everlog_core::merkle::Frontier;

use crate::directory::Entry;
use crate::fsck::check_row;
use crate::store::closed::{Closed, LastSigned};
use crate::store::{Head, OrgCode, Row, Store, StoreError};

/// How many rows are read together.
const GROUP_ROWS: usize = 1_000;

/// The first event that is not there or not what its leaf says.
#[derive(Debug)]
struct Bad {
    seq: Seq,
    why: String,
}

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
    let damaged = |bad: Bad| {
        tracing::error!(org.id = %org.row.id, event.seq = bad.seq.0, why = bad.why, "an event cannot be verified");
        StoreError::from(Closed::Damaged { seq: bad.seq })
    };
    let mut received_ms = 0;
    if let Some(before) = tree.size().0.checked_sub(1).map(Seq) {
        let row = read_rows(store, org.row.code, before, 1)?.map_err(damaged)?.into_iter().next();
        received_ms = row.filter(|row| row.seq == before).map_or(0, |row| row.received_ms);
    }
    while tree.size() < size {
        let next = Seq(tree.size().0);
        let rows = read_rows(store, org.row.code, next, GROUP_ROWS)?.map_err(damaged)?;
        if rows.is_empty() {
            return Err(damaged(Bad { seq: next, why: "it is missing".to_owned() }));
        }
        for row in rows.into_iter().take_while(|row| size.holds(row.seq)) {
            let next = Seq(tree.size().0);
            let why = if row.seq == next {
                check_row(org, &row, received_ms)
            } else {
                Some("it is missing".to_owned())
            };
            if let Some(why) = why {
                return Err(damaged(Bad { seq: next, why }));
            }
            received_ms = row.received_ms;
            tree.push(row.leaf_hash);
        }
    }
    Ok(())
}

/// Rows from a position on. Where they cannot be read together, one by one, so that the bad one has a name.
fn read_rows(
    store: &dyn Store,
    org: OrgCode,
    from: Seq,
    limit: usize,
) -> Result<Result<Vec<Row>, Bad>, StoreError> {
    let why = match store.scan(org, from, limit) {
        Err(StoreError::Corrupt(why)) => why,
        read => return read.map(Ok),
    };
    let mut rows = Vec::new();
    for seq in (from.0..).take(limit).map(Seq) {
        match store.scan(org, seq, 1) {
            Ok(row) if row.is_empty() => break,
            Ok(row) => rows.extend(row),
            // Those in front of it are well as far as they can be read; a bad one among them comes first.
            Err(StoreError::Corrupt(_)) if !rows.is_empty() => return Ok(Ok(rows)),
            Err(StoreError::Corrupt(why)) => return Ok(Err(Bad { seq, why })),
            Err(other) => return Err(other),
        }
    }
    Ok(Err(Bad { seq: from, why }))
}
