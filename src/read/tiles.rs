//! A log in pieces of one size (C2SP tlog-tiles): hashes of its tree, and its leaves. Deliberately absent: who may have them,
//! and up to which size; the caller knows that the log reaches behind the piece.

use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Leaf;
use everlog_core::tile::{Holds, Tile, write_entry};

use crate::access::Organization;
use crate::read::{ReadError, Reader};
use crate::store::{Row, StoreError};

/// How many rows are read together: their documents are in memory, and each may be large.
const GROUP_ROWS: u64 = 32;

impl Reader {
    /// The hashes of a tile, one behind the other; of a bundle of entries, those of the tile beside it. Only for readers of
    /// everything.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn tile(&self, org: &Organization, tile: &Tile) -> Result<Vec<u8>, ReadError> {
        let mut spans = tile.spans();
        if !matches!(tile.holds, Holds::Entries | Holds::Hashes { level: 0 }) {
            let roots = spans.map(|span| self.subtree(org.code(), span)).collect::<Result<Vec<_>, _>>()?;
            return Ok(roots.concat());
        }
        let first = spans.next().map_or(0, |span| span.start);
        let hashes = self.store.leaf_hashes(org.code(), Seq(first), tile.size())?;
        if hashes.len() as u64 != tile.width {
            return Err(missing(tile).into());
        }
        Ok(hashes.concat())
    }

    /// The leaves of a bundle of entries, each with its length in front. They are put together from what is stored, and are
    /// what was hashed. Only for readers of everything.
    ///
    /// # Errors
    /// When the store cannot answer, or an event does not give its leaf any more.
    pub fn entries(&self, org: &Organization, tile: &Tile) -> Result<Vec<u8>, ReadError> {
        let Size(end) = tile.size();
        let first = end - tile.width;
        let mut bytes = Vec::new();
        for start in (first..end).step_by(GROUP_ROWS as usize) {
            let seqs: Vec<Seq> = (start..end.min(start + GROUP_ROWS)).map(Seq).collect();
            let rows = self.store.rows(org.code(), &seqs)?;
            if rows.len() != seqs.len() {
                return Err(missing(tile).into());
            }
            for row in &rows {
                write_entry(&leaf(org, row)?.to_bytes(), &mut bytes);
            }
        }
        Ok(bytes)
    }
}

fn missing(tile: &Tile) -> StoreError {
    StoreError::Corrupt(format!("leaves are missing below {}", tile.size()))
}

/// The leaf of an event, as it was hashed.
fn leaf(org: &Organization, row: &Row) -> Result<Leaf, StoreError> {
    let document = row.value()?;
    let leaf = Leaf {
        log_id: org.entry().row.log_id,
        index: row.seq,
        received_ms: row.received_ms,
        commitments: row.salts.commitments(&document),
    };
    if leaf.hash() != row.leaf_hash {
        return Err(StoreError::Corrupt(format!("event {} does not give its leaf any more", row.seq)));
    }
    Ok(leaf)
}
