//! One segment of the index on disk, opened for reading: its columns, its terms, and the documents a clause finds.
//!
//! Deliberately absent: scope, size and deletions; `matches` adds them to every set of documents.

use std::ops::Range;
use std::sync::Arc;

use tantivy::columnar::ColumnValues;
use tantivy::fastfield::Column;
use tantivy::index::{InvertedIndexReader, SegmentId, SegmentReader};
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED};

use crate::index::IndexError;
use crate::index::condition::Clause;
use crate::index::matches::Deadline;
use crate::index::schema::{self, Fields, TermKind};
use crate::index::vocabulary::Vocabulary;
use crate::store::OrgCode;

/// From so many lists of documents on, a union is made once as a set of bits.
const UNION_LISTS_MAX: usize = 24;

/// A segment, with everything that queries need of it opened once.
pub(super) struct Segment {
    pub reader: SegmentReader,
    pub keys: Arc<dyn ColumnValues>,
    pub seqs: Arc<dyn ColumnValues>,
    pub actions: Arc<dyn ColumnValues>,
    pub actors: Arc<dyn ColumnValues>,
    pub ips: Arc<dyn ColumnValues>,
    pub outcomes: Arc<dyn ColumnValues>,
    pub target_types: Column<u64>,
    terms: Arc<InvertedIndexReader>,
    words: Arc<InvertedIndexReader>,
}

impl Segment {
    /// Opens a segment.
    ///
    /// # Errors
    /// When a part of it is missing or damaged.
    pub fn open(reader: &SegmentReader, fields: &Fields) -> Result<Self, IndexError> {
        let columns = reader.fast_fields();
        let column = |name: &str| -> Result<Arc<dyn ColumnValues>, IndexError> {
            let column = columns.u64(name)?;
            if column.values.num_vals() != reader.max_doc() {
                return Err(IndexError::Corrupt(format!("a segment lacks values in the column {name}")));
            }
            Ok(column.values)
        };
        Ok(Self {
            keys: column(schema::KEY)?,
            seqs: column(schema::SEQ)?,
            actions: column("action")?,
            actors: column("actor")?,
            ips: column("ip")?,
            outcomes: column("outcome")?,
            target_types: columns.u64("target_type")?,
            terms: reader.inverted_index(fields.term)?,
            words: reader.inverted_index(fields.word)?,
            reader: reader.clone(),
        })
    }

    pub fn id(&self) -> SegmentId {
        self.reader.segment_id()
    }

    pub fn is_deleted(&self, doc: DocId) -> bool {
        self.reader.is_deleted(doc)
    }

    /// Whether any of its documents was deleted.
    pub fn has_deleted(&self) -> bool {
        self.reader.num_deleted_docs() > 0
    }

    /// The documents with these keys.
    pub fn range(&self, keys: &Range<u64>) -> Range<DocId> {
        let bound = |key| lower_bound(&*self.keys, self.reader.max_doc(), key);
        bound(keys.start)..bound(keys.end)
    }

    /// Calls `each` with every code of a kind that an event of an organization has.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub fn each_code(
        &self,
        org: OrgCode,
        kind: TermKind,
        each: &mut dyn FnMut(u32),
    ) -> Result<(), IndexError> {
        let range = self.terms.terms().range();
        let range = range.ge(schema::code_term(org, kind, 0)).le(schema::code_term(org, kind, u32::MAX));
        let mut stream = range.into_stream()?;
        while stream.advance() {
            let code = stream.key().last_chunk().map(|bytes| u32::from_be_bytes(*bytes));
            let code =
                code.ok_or_else(|| IndexError::Corrupt("a term of the index has no code".to_owned()))?;
            if !self.has_deleted() || self.has_any_left(stream.value())? {
                each(code);
            }
        }
        Ok(())
    }

    /// Whether a document of a term was not deleted.
    fn has_any_left(&self, info: &TermInfo) -> Result<bool, IndexError> {
        let mut docs = self.terms.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        while docs.doc() != TERMINATED {
            if !self.is_deleted(docs.doc()) {
                return Ok(true);
            }
            docs.advance();
        }
        Ok(false)
    }

    fn posting(&self, in_words: bool, term: &[u8]) -> Result<Option<SegmentPostings>, IndexError> {
        let index = if in_words { &self.words } else { &self.terms };
        let Some(info) = index.terms().get(term)? else { return Ok(None) };
        Ok(Some(index.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?))
    }

    /// The words of one organization in this segment, for scanning.
    pub fn vocabulary(&self, org: OrgCode) -> Result<Vocabulary, IndexError> {
        Vocabulary::read(self.words.terms(), org)
    }

    /// The documents within a range that a clause finds.
    ///
    /// # Errors
    /// When the segment cannot be read, or time is up.
    pub fn docs(
        &self,
        org: OrgCode,
        clause: &Clause,
        within: &Range<DocId>,
        vocabulary: &Vocabulary,
        deadline: &mut Deadline,
    ) -> Result<Docs, IndexError> {
        let mut union = Union { within: within.clone(), lists: Vec::new(), bits: None };
        for (&kind, codes) in &clause.codes {
            for &code in codes {
                deadline.tick()?;
                union.add(self.posting(false, &schema::code_term(org, kind, code))?);
            }
        }
        for (kind, raw) in &clause.raws {
            union.add(self.posting(false, &schema::raw_term(org, *kind, raw))?);
        }
        for (part, needle) in &clause.words {
            let mut found = Vec::new();
            vocabulary.words.each(part, needle, |at| found.push(at));
            for at in found {
                deadline.tick()?;
                let group = vocabulary.words.group(at);
                let term = schema::word_term(org, group.kind, &group.key, vocabulary.words.word(at));
                union.add(self.posting(true, &term)?);
            }
        }
        Ok(union.into_docs())
    }
}

/// The first document whose key is at least this.
pub(super) fn lower_bound(keys: &dyn ColumnValues, docs: DocId, key: u64) -> DocId {
    let (mut low, mut high) = (0, docs);
    while low < high {
        let middle = low + (high - low) / 2;
        if keys.get_val(middle) < key { low = middle + 1 } else { high = middle }
    }
    low
}

/// Collects lists of documents; many become one set of bits.
struct Union {
    within: Range<DocId>,
    lists: Vec<SegmentPostings>,
    bits: Option<Bits>,
}

impl Union {
    fn add(&mut self, list: Option<SegmentPostings>) {
        let Some(list) = list else { return };
        if self.bits.is_none() && self.lists.len() < UNION_LISTS_MAX {
            self.lists.push(list);
            return;
        }
        let bits = self.bits.get_or_insert_with(|| Bits::new(&self.within));
        for mut list in self.lists.drain(..).chain([list]) {
            let mut doc = seek(&mut list, self.within.start);
            while doc < self.within.end {
                bits.set(doc);
                doc = list.advance();
            }
        }
    }

    fn into_docs(self) -> Docs {
        match self.bits {
            Some(bits) => Docs::Bits(Arc::new(bits)),
            None => Docs::Lists(self.lists),
        }
    }
}

/// Documents in ascending order.
pub(super) enum Docs {
    Lists(Vec<SegmentPostings>),
    Bits(Arc<Bits>),
}

impl Docs {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Lists(lists) if lists.is_empty())
    }

    /// How many there are at most, for asking the rarest first.
    pub fn cost(&self) -> u64 {
        match self {
            Self::Lists(lists) => lists.iter().map(|list| u64::from(list.doc_freq())).sum(),
            Self::Bits(bits) => bits.words.len() as u64 * 64,
        }
    }

    /// The first document from `target` on, or `TERMINATED`. Targets never go back.
    pub fn seek(&mut self, target: DocId) -> DocId {
        match self {
            Self::Lists(lists) => lists.iter_mut().map(|list| seek(list, target)).min().unwrap_or(TERMINATED),
            Self::Bits(bits) => bits.first_from(target).unwrap_or(TERMINATED),
        }
    }
}

/// A set of documents of a range, a bit for each.
#[derive(Debug)]
pub(super) struct Bits {
    start: DocId,
    words: Vec<u64>,
}

impl Bits {
    /// The empty set.
    pub fn new(within: &Range<DocId>) -> Self {
        Self { start: within.start, words: vec![0; within.len().div_ceil(64)] }
    }

    /// Adds a document of the range.
    pub fn set(&mut self, doc: DocId) {
        let at = (doc - self.start) as usize;
        self.words[at / 64] |= 1 << (at % 64);
    }

    pub fn size_bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    /// How many documents it holds.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The first document from `target` on.
    pub fn first_from(&self, target: DocId) -> Option<DocId> {
        let at = target.saturating_sub(self.start) as usize;
        // The bits before the target are masked out of the first word.
        let mut mask = u64::MAX << (at % 64);
        for (place, word) in self.words.iter().enumerate().skip(at / 64) {
            let left = word & mask;
            if left != 0 {
                return Some(self.start + (place * 64) as DocId + left.trailing_zeros());
            }
            mask = u64::MAX;
        }
        None
    }

    /// The last document.
    pub fn last(&self) -> Option<DocId> {
        let (place, word) = self.words.iter().enumerate().rev().find(|(_, word)| **word != 0)?;
        Some(self.start + (place * 64) as DocId + 63 - word.leading_zeros())
    }
}

fn seek(list: &mut SegmentPostings, target: DocId) -> DocId {
    if list.doc() >= target { list.doc() } else { list.seek(target) }
}
