//! The matches among the events committed behind a position, in the order of the log.
//!
//! The tail answers while it holds what is asked about; what is older comes from the truth and is made into the same
//! entries. Both go through the one constructor of matches, so that scope, filters and search mean what they mean in a
//! list. Segments are not asked: by position they are not in order, and an event that moves from the tail into one while
//! a reader follows the log can neither be missed nor seen twice. Deliberately absent: waiting for what is not there yet.

use std::sync::Arc;

use everlog_core::ids::Seq;

use crate::index::condition::Condition;
use crate::index::document::{Entries, Entry};
use crate::index::matches::{Matches, Snapshot};
use crate::index::write::entries_of;
use crate::index::{IndexError, Request, Shared};

/// Most events that one look goes through: so long one look keeps a thread.
pub const LOOK_EVENTS_MAX: usize = 1_000;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The positions of the matches, ascending.
    pub seqs: Vec<Seq>,
    /// Every event before this position has been looked at.
    pub upto: Seq,
    /// Whether the log held more when it was looked at.
    pub has_more: bool,
}

/// At most `limit` matches from a position on.
///
/// # Errors
/// When the store cannot be read, or time is up.
pub(super) fn since(
    shared: &Shared,
    request: &Request<'_>,
    from: Seq,
    limit: usize,
) -> Result<Since, IndexError> {
    let tail = shared.tail.snapshot(request.org)?.tail;
    let (entries, has_more) = window(shared, request, &tail, from)?;
    let end = entries.last().map_or(from, |entry| Seq(entry.seq.0 + 1));
    let snapshot = Snapshot { segments: Arc::default(), tail: Arc::new(entries) };
    // First the events, then the dictionaries: so every code of the events is known.
    let condition = Condition::new(request, &shared.dictionaries, None)?;
    let every = 0..u64::MAX;
    let store = &*shared.store;
    let matches = Matches::new(request, &snapshot, &condition, &every, &shared.caches, store)?;
    let mut seqs = Vec::new();
    matches.each(|hit| seqs.push(hit.seq()))?;
    seqs.sort_unstable();
    if seqs.len() > limit {
        let upto = seqs[limit];
        seqs.truncate(limit);
        return Ok(Since { seqs, upto, has_more: true });
    }
    Ok(Since { seqs, upto: end, has_more })
}

/// The next events from a position on, and whether the log holds more behind them.
fn window(
    shared: &Shared,
    request: &Request<'_>,
    tail: &[Arc<Entry>],
    from: Seq,
) -> Result<(Vec<Arc<Entry>>, bool), IndexError> {
    if tail.first().is_some_and(|first| first.seq <= from) {
        let begin = tail.partition_point(|entry| entry.seq < from);
        let end = tail.len().min(begin + LOOK_EVENTS_MAX);
        return Ok((tail[begin..end].to_vec(), end < tail.len()));
    }
    let catalogs = (shared.catalogs)(request.org);
    let entries = Entries { org: request.org, dictionaries: &shared.dictionaries, catalogs };
    let rows = shared.store.scan(request.org, from, LOOK_EVENTS_MAX)?;
    let made = entries_of(&entries, &rows)?.into_iter().map(Arc::new).collect();
    Ok((made, rows.len() == LOOK_EVENTS_MAX))
}
