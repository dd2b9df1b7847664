//! Events as evidence: the lines of a bundle, each with its proof at the size that was signed.
//!
//! Deliberately absent: signing, and who may have a bundle.

use everlog_core::bundle::{Entry, Header, write_line};
use everlog_core::checkpoint::Checkpoint;
use everlog_core::ids::Seq;
use everlog_core::json;
use serde_json::{Map, Value};

use crate::access::Organization;
use crate::read::{ReadError, Reader};
use crate::store::StoreError;

/// How many rows are read together.
const GROUP_ROWS: usize = 500;

/// A signed head, and the key that others open it with.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    /// The verifier key, one line.
    pub key: String,
}

/// What a bundle shows, and of what it only shows that it is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Showing<'a> {
    /// Fields that are kept back, by their paths; a path above fields names all below it.
    pub withhold: &'a [&'a str],
}

impl Reader {
    /// A bundle of these events, which the signed head covers and the reader may see. They may be in any order.
    ///
    /// # Errors
    /// When the store cannot answer, or one of them is not there.
    pub fn bundle(
        &self,
        org: &Organization,
        signed: &Signed,
        seqs: &[Seq],
        query: Map<String, Value>,
        showing: Showing<'_>,
    ) -> Result<Vec<u8>, ReadError> {
        let mut seqs = seqs.to_vec();
        seqs.sort_unstable();
        seqs.dedup();
        let header = header(org, signed, query, seqs.len() as u64);
        let mut bytes = header.to_line();
        for group in seqs.chunks(GROUP_ROWS) {
            self.bundle_lines(org, signed, group, showing, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Appends the lines of these events, which ascend.
    fn bundle_lines(
        &self,
        org: &Organization,
        signed: &Signed,
        seqs: &[Seq],
        showing: Showing<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        let missing = || StoreError::Corrupt("an event that is to be proven is not there".to_owned());
        let rows = self.store.rows(org.code(), seqs)?;
        if rows.len() != seqs.len() {
            return Err(missing().into());
        }
        for row in rows {
            let proof = self.inclusion(org, row.seq, signed.checkpoint.size)?.ok_or_else(missing)?;
            let document = json::parse_with_depth(&row.document, json::DEPTH_MAX + 1)
                .map_err(|why| StoreError::Corrupt(format!("event {} is not JSON: {why}", row.seq)))?;
            let entry = Entry {
                index: row.seq,
                received_ms: row.received_ms,
                document: &document,
                salts: &row.salts,
            };
            write_line(&entry, showing.withhold, Some(&proof), out);
        }
        Ok(())
    }
}

fn header(org: &Organization, signed: &Signed, query: Map<String, Value>, count: u64) -> Header {
    Header {
        origin: signed.checkpoint.origin.clone(),
        log_id: org.entry().row.log_id,
        size: signed.checkpoint.size,
        checkpoint: signed.note.clone(),
        key: signed.key.clone(),
        query,
        count,
        records: 0,
        is_complete: false,
        consistency: None,
    }
}
