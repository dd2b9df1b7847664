//! Events as evidence: a bundle as it is made, a group of lines at a time, under a head that is signed already.
//!
//! Deliberately absent: signing, and who may have a bundle.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use everlog_core::bundle::{Consistency, Entry, Header, Shows, write_line};
use everlog_core::checkpoint::Checkpoint;
use everlog_core::erasure::ErasedField;
use everlog_core::ids::{Seq, Size};
use serde_json::{Map, Value};

use crate::access::Organization;
use crate::read::positions::Positions;
use crate::read::prover::Prover;
use crate::read::{Question, ReadError, Reader, request, scope_for};
use crate::store::{Row, StoreError};

/// How many rows are read together.
const GROUP_ROWS: usize = 500;
/// How long finding the matches may take, whose number has no limit.
const MATCHES_TIME_MAX: Duration = Duration::from_secs(60);

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

/// Which events a bundle holds.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Every event of the log, of every category: then nothing can be missing.
    Whole,
    /// What a question matches, as far as the reader may see it.
    Matches(&'a Question),
    /// These, which the reader may see.
    Events(&'a [Seq]),
}

/// What a bundle says beside its events, and what it keeps back.
#[derive(Clone, Debug, Default)]
pub struct Showing {
    /// What was asked for, as the parameters of a list.
    pub query: Map<String, Value>,
    /// Fields of which only commitments are shown, by their paths; a path above fields names all below it.
    pub withhold: &'static [&'static str],
    /// That the log continues an older one.
    pub consistency: Option<Consistency>,
}

/// A bundle as it is made: its first line, then its events in the order of the log.
pub struct Bundling {
    reader: Reader,
    org: Organization,
    header: Header,
    withhold: &'static [&'static str],
    /// The events and the records of erasures that they name; nothing where it is the whole log.
    positions: Option<Positions>,
    /// Records that no one asked for, and what a reader from whom events are hidden sees of them.
    records: BTreeMap<Seq, Vec<String>>,
    prover: Prover,
    next: Seq,
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
        showing: Showing,
    ) -> Result<Vec<u8>, ReadError> {
        let mut bundling = self.bundling(org, signed, Content::Events(seqs), showing)?;
        let mut bytes = bundling.first_line();
        while bundling.group(GROUP_ROWS, &mut bytes)? > 0 {}
        Ok(bytes)
    }

    /// Begins a bundle under a signed head, which covers all that is to be in it.
    ///
    /// # Errors
    /// When the index or the store cannot answer.
    pub fn bundling(
        &self,
        org: &Organization,
        signed: &Signed,
        content: Content<'_>,
        showing: Showing,
    ) -> Result<Bundling, ReadError> {
        let size = signed.checkpoint.size;
        let mut positions = match content {
            Content::Whole => None,
            Content::Matches(question) => Some(self.matches(org, question)?),
            Content::Events(seqs) => Some(seqs.iter().copied().collect()),
        };
        let count = positions.as_ref().map_or(size.0, Positions::count);
        let records = match &mut positions {
            None => BTreeMap::new(),
            Some(positions) => self.add_records(org, positions, size)?,
        };
        let header = Header {
            origin: signed.checkpoint.origin.clone(),
            log_id: org.entry().row.log_id,
            size,
            checkpoint: signed.note.clone(),
            key: signed.key.clone(),
            query: showing.query,
            count,
            records: records.len() as u64,
            is_complete: positions.is_none(),
            consistency: showing.consistency,
        };
        Ok(Bundling {
            reader: self.clone(),
            org: org.clone(),
            header,
            withhold: showing.withhold,
            positions,
            records,
            prover: Prover::new(org.code(), size),
            next: Seq(0),
        })
    }

    fn matches(&self, org: &Organization, question: &Question) -> Result<Positions, ReadError> {
        let scope = scope_for(org, &question.query);
        let mut request = request(org, &scope, question);
        request.deadline = Instant::now() + MATCHES_TIME_MAX;
        let mut positions = Positions::default();
        self.index.each(&request, |seq| positions.insert(seq))?;
        Ok(positions)
    }

    /// Adds the records of erasures that the events at these positions name, and returns those that were not among them,
    /// each with the paths that show that it is one.
    fn add_records(
        &self,
        org: &Organization,
        positions: &mut Positions,
        size: Size,
    ) -> Result<BTreeMap<Seq, Vec<String>>, ReadError> {
        let mut named: BTreeMap<Seq, Vec<String>> = BTreeMap::new();
        let is_few = positions.count() <= GROUP_ROWS as u64;
        let mut from = Seq(0);
        loop {
            let seqs = match is_few {
                true => positions.from(from, GROUP_ROWS),
                false => self.store.erased_seqs(org.code(), from, GROUP_ROWS)?,
            };
            let Some(last) = seqs.last() else { break };
            from = Seq(last.0 + 1);
            let seqs: Vec<Seq> = seqs.into_iter().filter(|seq| positions.contains(*seq)).collect();
            for row in self.store.rows(org.code(), &seqs)? {
                let records = row.salts.erased().iter().map(|it: &ErasedField| it.by);
                for by in records.filter(|by| size.holds(*by) && !positions.contains(*by)) {
                    let paths = named.entry(by).or_default();
                    let path = format!("/e/metadata/erased/{}", row.seq);
                    if paths.last() != Some(&path) {
                        paths.push(path);
                    }
                }
            }
        }
        named.keys().for_each(|by| positions.insert(*by));
        Ok(named)
    }
}

impl Bundling {
    /// The first line.
    pub fn first_line(&self) -> Vec<u8> {
        self.header.to_line()
    }

    /// Appends the lines of up to `count` further events, and returns how many there were: none at the end.
    ///
    /// # Errors
    /// When the store cannot answer, or one of them is not there.
    pub fn group(&mut self, count: usize, out: &mut Vec<u8>) -> Result<usize, ReadError> {
        let rows = self.rows(count)?;
        for row in &rows {
            self.write(row, out)?;
        }
        if let Some(last) = rows.last() {
            self.next = Seq(last.seq.0 + 1);
        }
        Ok(rows.len())
    }

    /// The next rows; a file that leaves one out would not hold, and is not made.
    fn rows(&self, count: usize) -> Result<Vec<Row>, ReadError> {
        let (store, org) = (&self.reader.store, self.org.code());
        let (rows, expected) = match &self.positions {
            Some(positions) => {
                let seqs = positions.from(self.next, count);
                (store.rows(org, &seqs)?, seqs.len())
            }
            None => {
                let left = usize::try_from(self.header.size.0 - self.next.0).unwrap_or(usize::MAX);
                (store.scan(org, self.next, count.min(left))?, count.min(left))
            }
        };
        if rows.len() != expected {
            return Err(StoreError::Corrupt("an event that is to be proven is not there".to_owned()).into());
        }
        Ok(rows)
    }

    fn write(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let proof = match self.header.is_complete {
            true => None,
            false => Some(self.prover.inclusion(&self.reader, row.seq)?),
        };
        let document = row.value()?;
        let entry =
            Entry { index: row.seq, received_ms: row.received_ms, document: &document, salts: &row.salts };
        // A record that the reader did not ask for shows others what was erased, and of which events: to somebody from whom
        // events are hidden it shows no more than that it records what this bundle says.
        let shown: Vec<&str> = match self.records.get(&row.seq) {
            Some(paths) if self.org.scope().is_restricted() => {
                RECORD.iter().copied().chain(paths.iter().map(String::as_str)).collect()
            }
            _ => Vec::new(),
        };
        let shows = if shown.is_empty() { Shows::AllBut(self.withhold) } else { Shows::Only(&shown) };
        write_line(&entry, shows, self.header.size, proof.as_deref(), out);
        Ok(())
    }
}

/// What an event is known by as the record of an erasure.
const RECORD: &[&str] = &["/e/action", "/s/kind"];
