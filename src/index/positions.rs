//! Finds events in a segment by where they stand, so that what they said before can be deleted.
//!
//! Segments are sorted by key: a binary search finds the run of equal keys, and the position picks the event out of it.
//! So no event needs a term of its own. Deliberately absent: scores, and any use but deleting.

use std::sync::Arc;

use tantivy::index::SegmentReader;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, TERMINATED};

use crate::index::document::Entry;
use crate::index::schema;
use crate::index::segment::lower_bound;

/// Keys and positions of events, sorted.
#[derive(Clone, Debug)]
pub(super) struct Positions(Arc<[(u64, u64)]>);

impl Positions {
    pub fn of(entries: &[Arc<Entry>]) -> Self {
        let mut places: Vec<_> = entries.iter().map(|entry| (entry.key, entry.seq.0)).collect();
        places.sort_unstable();
        Self(places.into())
    }

    /// The documents of the events that are in a segment, ascending.
    fn docs(&self, reader: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let keys = reader.fast_fields().u64(schema::KEY)?.values;
        let seqs = reader.fast_fields().u64(schema::SEQ)?.values;
        let mut docs = Vec::new();
        for places in self.0.chunk_by(|(key, _), (next, _)| key == next) {
            let key = places[0].0;
            // Keys have the organization in their upper bits, which are never all set.
            let run =
                lower_bound(&*keys, reader.max_doc(), key)..lower_bound(&*keys, reader.max_doc(), key + 1);
            docs.extend(run.filter(|&doc| places.binary_search(&(key, seqs.get_val(doc))).is_ok()));
        }
        Ok(docs)
    }
}

impl Query for Positions {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Positions {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(Found { docs: self.docs(reader)?, at: 0 }))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("an event of these", 1.0))
    }
}

/// The documents that were found, one after the other.
struct Found {
    docs: Vec<DocId>,
    at: usize,
}

impl DocSet for Found {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }
}

impl Scorer for Found {
    fn score(&mut self) -> Score {
        1.0
    }
}
