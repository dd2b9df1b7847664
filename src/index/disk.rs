//! The index's directory: opened when it is ours and whole, made anew otherwise; and its writer.
//!
//! Deliberately absent: what is in the documents. Nothing here is worth saving: everything comes from the truth, so a
//! directory that cannot be trusted is emptied. A crash while it fills again leaves an index that is merely behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tantivy::index::{SegmentId, SegmentMeta, SegmentReader};
use tantivy::indexer::IndexWriterOptions;
use tantivy::{
    FutureResult, Index, IndexReader, IndexSettings, IndexSortByField, IndexWriter, Order, ReloadPolicy, Term,
};

use crate::index::IndexError;
use crate::index::document::Entry;
use crate::index::merging::Merging;
use crate::index::positions::Positions;
use crate::index::schema::{self, Fields, SCHEMA_VERSION, TermKind, schema};
use crate::index::segment::Segment;
use crate::store::{Append, OrgCode, Store};

/// Memory of the one thread that writes segments: more makes larger segments, not a faster thread.
const WRITER_BYTES: usize = 50 << 20;
/// With one, small merges wait behind a large one and tiny segments pile up.
const MERGE_THREADS: usize = 2;

/// Up to where the index has come, kept with every commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watermark {
    pub pos: u64,
    org: u32,
    first: u64,
    count: u64,
}

impl Watermark {
    /// In front of the first append.
    pub const START: Self = Self { pos: 0, org: 0, first: 0, count: 0 };

    pub fn of(append: &Append) -> Self {
        Self { pos: append.pos, org: append.org.0, first: append.first.0, count: append.count }
    }

    /// Whether the store's order of commits has this very append at this place.
    fn is_of(&self, store: &dyn Store) -> Result<bool, IndexError> {
        let Some(before) = self.pos.checked_sub(1) else { return Ok(true) };
        let appends = store.appends(before, 1)?;
        Ok(appends.first().is_some_and(|append| Self::of(append) == *self))
    }
}

/// What is kept with every commit.
#[derive(Serialize, Deserialize)]
struct Payload {
    watermark: Watermark,
    /// The organizations whose words were being made anew.
    refreshing: Vec<u32>,
}

/// The index on disk, with its only writer.
pub(super) struct Disk {
    pub fields: Fields,
    reader: IndexReader,
    writer: IndexWriter,
    /// Of the last append that was added, committed or not.
    pub watermark: Watermark,
    /// How far the last commit reaches: what is behind it is in no segment yet.
    committed: Watermark,
    /// The organizations whose words are being made anew: what a crash interrupts begins again.
    pub refreshing: Vec<u32>,
}

/// What is wrong with the files of an index that is not open, by their checksums; none where there is no index of this
/// schema. Opening it would make it anew.
pub(super) fn damaged(dir: &Path) -> Option<Vec<String>> {
    let path = dir.join(format!("schema-{SCHEMA_VERSION}"));
    if !path.exists() {
        return None;
    }
    let read = || -> tantivy::Result<_> {
        let index = Index::open_in_dir(&path)?;
        let payload = index.load_metas()?.payload;
        let is_read = payload.is_none_or(|it| serde_json::from_str::<Payload>(&it).is_ok());
        let files = index.validate_checksum()?;
        Ok((is_read && index.schema() == schema().0, files))
    };
    Some(match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok((false, _))) => vec!["what it says of itself is not what was written".to_owned()],
        Ok(Ok((true, files))) => {
            let mut files: Vec<_> = files.iter().map(|it| it.display().to_string()).collect();
            files.sort();
            files.into_iter().map(|file| format!("{file} has a wrong checksum")).collect()
        }
        Ok(Err(why)) => vec![format!("it cannot be opened: {why}")],
        Err(_) => vec!["it cannot be opened".to_owned()],
    })
}

impl Disk {
    /// Opens the index in a directory; whatever is not a whole index of this truth and schema is replaced by an empty one.
    ///
    /// # Errors
    /// When the directory cannot be used at all.
    pub fn open(dir: &Path, store: &dyn Store) -> Result<Self, IndexError> {
        let name = format!("schema-{SCHEMA_VERSION}");
        std::fs::create_dir_all(dir)?;
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_name() != name.as_str() {
                tracing::info!("the index of another schema is removed");
                remove(&entry.path())?;
            }
        }
        let path = dir.join(name);
        if path.exists() {
            // The library takes its files at their word: a damaged one may make it panic.
            let opened = catch_unwind(AssertUnwindSafe(|| Self::open_existing(&path, store)));
            match opened.unwrap_or_else(|_| Err(IndexError::Corrupt("it cannot be opened".to_owned()))) {
                Ok(disk) => return Ok(disk),
                Err(IndexError::Store(error)) => return Err(IndexError::Store(error)),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the index is made anew")
                }
            }
            remove(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        let settings = IndexSettings {
            sort_by_field: Some(IndexSortByField { field: schema::KEY.to_owned(), order: Order::Asc }),
            ..IndexSettings::default()
        };
        let index = Index::builder().schema(schema().0).settings(settings).create_in_dir(&path)?;
        Self::with(&index, Payload { watermark: Watermark::START, refreshing: Vec::new() })
    }

    fn open_existing(path: &Path, store: &dyn Store) -> Result<Self, IndexError> {
        let index = Index::open_in_dir(path)?;
        if index.schema() != schema().0 {
            return Err(IndexError::Corrupt("its schema is another".to_owned()));
        }
        let payload = match index.load_metas()?.payload {
            None => Payload { watermark: Watermark::START, refreshing: Vec::new() },
            Some(payload) => serde_json::from_str(&payload)
                .map_err(|_| IndexError::Corrupt("its watermark cannot be read".to_owned()))?,
        };
        if !payload.watermark.is_of(store)? {
            return Err(IndexError::Corrupt("it was made from another log".to_owned()));
        }
        let disk = Self::with(&index, payload)?;
        disk.segments()?;
        Ok(disk)
    }

    fn with(index: &Index, payload: Payload) -> Result<Self, IndexError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(MERGE_THREADS)
            .memory_budget_per_thread(WRITER_BYTES)
            .build();
        let writer: IndexWriter = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(Merging::new()));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let Payload { watermark, refreshing } = payload;
        Ok(Self { fields: schema().1, reader, writer, watermark, committed: watermark, refreshing })
    }

    /// Adds an event; it is found after the next commit.
    pub fn add(&self, entry: &Entry) -> Result<(), IndexError> {
        self.writer.add_document(entry.to_document(&self.fields))?;
        Ok(())
    }

    /// Deletes the events of a block of positions, as of the next commit; those added later stay.
    pub fn delete_block(&self, org: OrgCode, block: u32) {
        let term = schema::code_term(org, TermKind::Block, block);
        self.writer.delete_term(Term::from_field_bytes(self.fields.term, &term));
    }

    /// Replaces events by what they say now, as of the next commit. What was added before must be committed.
    pub fn replace(&self, entries: &[Arc<Entry>]) -> Result<(), IndexError> {
        // One query for all of them: each deletion is asked of every segment.
        self.writer.delete_query(Box::new(Positions::of(entries)))?;
        entries.iter().try_for_each(|entry| self.add(entry))
    }

    /// Makes everything added and deleted durable, with the watermark, in one step.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        let payload = Payload { watermark: self.watermark, refreshing: self.refreshing.clone() };
        let payload = serde_json::to_string(&payload).unwrap_or_default();
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        self.committed = self.watermark;
        Ok(())
    }

    /// How far the segments of the last commit reach.
    pub fn committed(&self) -> Watermark {
        self.committed
    }

    /// The segments of the last commit.
    pub fn segments(&self) -> Result<Vec<Segment>, IndexError> {
        self.reader.reload()?;
        let searcher = self.reader.searcher();
        searcher.segment_readers().iter().map(|reader| Segment::open(reader, &self.fields)).collect()
    }

    /// The segments that have deleted documents.
    pub fn dirty(&self) -> Result<Vec<SegmentId>, IndexError> {
        self.reader.reload()?;
        let searcher = self.reader.searcher();
        let dirty = searcher.segment_readers().iter().filter(|reader| reader.num_deleted_docs() > 0);
        Ok(dirty.map(SegmentReader::segment_id).collect())
    }

    /// Begins to write a segment anew, without its deleted documents.
    pub fn merge(&mut self, segment: SegmentId) -> FutureResult<Option<SegmentMeta>> {
        self.writer.merge(&[segment])
    }

    /// Removes the files of segments that are no more.
    pub fn remove_old_files(&self) -> Result<(), IndexError> {
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// How many events of a log are in the segments of the last commit: they come in order, so it is one behind the last.
    pub fn size_of(&self, org: OrgCode) -> Result<u64, IndexError> {
        let keys = schema::keys(org, None, None);
        let segments = self.segments()?;
        let newest = |segment: &Segment| segment.range(&keys).map(|doc| segment.seqs.get_val(doc) + 1).max();
        Ok(segments.iter().filter_map(newest).max().unwrap_or(0))
    }

    /// The library's own handle, for checking its files.
    pub fn index(&self) -> &Index {
        self.writer.index()
    }

    /// Waits for merges and gives the directory back.
    pub fn close(self) -> Result<(), IndexError> {
        self.writer.wait_merging_threads()?;
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), IndexError> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)?
    } else {
        std::fs::remove_file(path)?
    }
    Ok(())
}
