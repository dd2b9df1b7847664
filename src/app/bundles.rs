//! Bundles with a signature that covers what is in them. Deliberately absent: what a line holds (`core::bundle`).

use everlog_core::hex::Hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::leaf::Hash;
use serde_json::{Map, Value};

use crate::access::Organization;
use crate::app::Parts;
use crate::read::{ReadError, Showing, Signed, iso};
use crate::store::{EVIDENCE_PREFIX, StoreError};

/// What the API shows to nobody who reads, and a bundle for a reader therefore only shows to be there: by which key,
/// session and address an event came in.
pub const WITHHELD_FROM_SESSIONS: &[&str] = &["/s/key_id", "/s/session_id", "/s/remote", "/s/forwarded"];
/// The same for a reader from whom events are hidden: an event's cause is the position of another one.
const WITHHELD_FROM_RESTRICTED: &[&str] =
    &["/s/key_id", "/s/session_id", "/s/remote", "/s/forwarded", "/s/cause"];

/// How many rows are read together.
const GROUP_ROWS: usize = 500;

impl Parts {
    /// Remembers that a final PDF with this evidence was made, so that the code on its pages is known.
    ///
    /// # Errors
    /// When the store cannot write.
    pub fn remember_evidence(&self, sha256: &str, made_ms: u64) -> Result<(), StoreError> {
        let (name, made) = (format!("{EVIDENCE_PREFIX}{sha256}"), iso(made_ms));
        self.store.transact(&mut |transaction| transaction.set_meta(&name, made.as_bytes()))
    }

    /// When a final PDF with this evidence was made here, as RFC 3339.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn evidence_made_at(&self, sha256: &Hash) -> Result<Option<String>, StoreError> {
        let made = self.store.meta(&format!("{EVIDENCE_PREFIX}{}", Hex(sha256)))?;
        Ok(made.and_then(|made| String::from_utf8(made).ok()))
    }

    /// The signed head of a log of at least this size, as a bundle carries it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn signed(&self, org: &Organization, least: Size) -> Result<Signed, StoreError> {
        let head = self.checkpoint_covering(org, least)?;
        Ok(Signed { checkpoint: head.checkpoint, note: head.note, key: self.verifier_key() })
    }

    /// A bundle of these events: what `everlog verify` takes. The head is signed anew where the last one is too small.
    /// `query` says what was asked for, such as `{"process": …}`; of the paths in `withhold` only commitments are shown.
    ///
    /// # Errors
    /// When the store cannot answer, or one of the events is not there.
    pub fn bundle(
        &self,
        org: &Organization,
        seqs: &[Seq],
        query: Map<String, Value>,
        withhold: &'static [&'static str],
    ) -> Result<Vec<u8>, ReadError> {
        let mut least = seqs.iter().max().map_or(Size(0), |seq| seq.size_through());
        // What was erased is told by its record, which the head is to cover as well.
        for group in seqs.chunks(GROUP_ROWS) {
            let rows = self.store.rows(org.code(), group)?;
            let records =
                rows.iter().flat_map(|row| row.salts.erased()).map(|erased| erased.by.size_through());
            least = records.max().map_or(least, |size| size.max(least));
        }
        let signed = self.signed(org, least)?;
        self.reader.bundle(org, &signed, seqs, Showing { query, withhold, consistency: None })
    }

    /// The bundle of one event, by its id or position, if the reader may see it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn event_bundle(
        &self,
        org: &Organization,
        id_or_seq: &str,
        is_session: bool,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(event) = self.reader.event(org, id_or_seq)? else { return Ok(None) };
        let query = [("id".to_owned(), Value::from(event.id()))].into_iter().collect();
        self.bundle(org, &[event.seq], query, withheld(org, is_session)).map(Some)
    }
}

/// What a bundle for this reader only shows to be there. A key reads everything.
pub fn withheld(org: &Organization, is_session: bool) -> &'static [&'static str] {
    match (is_session, org.scope().is_restricted()) {
        (false, _) => &[],
        (true, false) => WITHHELD_FROM_SESSIONS,
        (true, true) => WITHHELD_FROM_RESTRICTED,
    }
}
