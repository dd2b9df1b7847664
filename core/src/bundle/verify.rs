//! Checking a bundle line by line, in memory that does not grow with it.
//!
//! Deliberately absent: trust. Whose key signed is told; whether that is the right one, only who pins a key can know.

use std::collections::{BTreeMap, HashMap};

use crate::bundle::{Consistency, Fault, Header, Line, VerifyError};
use crate::checkpoint::{Checkpoint, NoteError, VerifierKey};
use crate::ids::{Seq, Size};
use crate::leaf::Hash;
use crate::merkle::{EMPTY_ROOT, Frontier, InclusionVerifier, ProofError, TREE_SIZE_MAX, verify_consistency};

/// What the auditor brings.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The keys that may have signed; with none, the key in the header is taken, and told to be unchecked.
    pub keys: Vec<VerifierKey>,
    /// A signed note that was kept from an earlier time.
    pub older: Option<String>,
}

/// What holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What the first line says.
    pub header: Header,
    /// The root that was signed.
    pub root: Hash,
    /// The key that signed it: the pinned one, else that of the header.
    pub key: VerifierKey,
    /// Whether the key is one that the auditor brought.
    pub key_pinned: bool,
    /// The older log that this one was seen to continue.
    pub continues: Option<Continues>,
    /// How many fields are shown, over all events.
    pub disclosed: u64,
    /// How many are withheld.
    pub withheld: u64,
    /// How many are erased.
    pub erased: u64,
    /// By which records, in the order of the log.
    pub erasures: Vec<Erasure>,
    /// When the first and the last event of the bundle were received, in milliseconds since 1970.
    pub received_ms: Option<(u64, u64)>,
}

/// The record of an erasure, and what it took from the events of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its position in the log.
    pub by: Seq,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// On what basis, as far as the record shows it: its beginning, where it is long.
    pub basis: Option<String>,
    /// Who asked for it: a role.
    pub requested_by: Option<String>,
    /// From how many events of this bundle it took something.
    pub events: u64,
    /// How many of their fields.
    pub fields: u64,
}

impl Erasure {
    fn of(record: &Line<'_>, erasures: &[(Seq, Hash)]) -> Self {
        let text = |path: &str| {
            let text: String = serde_json::from_str(record.value(path)?).ok()?;
            Some(text.chars().take(TEXT_CHARS_MAX).collect())
        };
        // They stand together by event, as they were met.
        let events = 1 + erasures.windows(2).filter(|pair| pair[0].0 != pair[1].0).count() as u64;
        Self {
            by: record.index,
            received_ms: record.received_ms,
            basis: text("/e/metadata/basis"),
            requested_by: text("/e/metadata/requested_by"),
            events,
            fields: erasures.len() as u64,
        }
    }
}

/// How much is kept of what a record says, in characters: many records may be named.
const TEXT_CHARS_MAX: usize = 1_000;

/// An older log that a bundle's log continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continues {
    /// Its size.
    pub from: Size,
}

/// A bundle that is being checked. Nothing holds before [`Verifier::finish`] says so.
pub struct Verifier {
    header: Header,
    checkpoint: Checkpoint,
    key: VerifierKey,
    key_pinned: bool,
    older: Option<Checkpoint>,
    /// Of a complete bundle: the roots at the older size and at the one that its header continues, once it came so far.
    older_root: Option<Hash>,
    continued_root: Option<Hash>,
    /// Of a complete bundle: the tree so far.
    tree: Frontier,
    /// Of any other: what checks the proofs.
    inclusion: InclusionVerifier,
    /// The line before: position and time.
    last: Option<(Seq, u64)>,
    lines: u64,
    /// Erasures whose record has not come yet, by its position: the event and the commitment.
    awaited: HashMap<Seq, Vec<(Seq, Hash)>>,
    /// The events of the bundle that are named as the record of an erasure.
    named: BTreeMap<Seq, Erasure>,
    counts: [u64; 3],
    first_ms: u64,
}

impl Verifier {
    /// Begins with the first line: the log, its size, and the signature over it.
    ///
    /// # Errors
    /// When it is no header, contradicts itself, or is not signed by whom it should be.
    pub fn new(header: &[u8], trust: &Trust) -> Result<Self, VerifyError> {
        Self::begin(header, trust).map_err(|fault| VerifyError { line: Some(1), index: None, fault })
    }

    fn begin(line: &[u8], trust: &Trust) -> Result<Self, Fault> {
        let header = Header::parse(line)?;
        let own: VerifierKey = header.key.parse().map_err(Fault::Key)?;
        let checkpoint = own.open(&header.checkpoint).map_err(Fault::Checkpoint)?;
        check_header(&header, &checkpoint)?;
        let pinned = pinned(&header, &own, &trust.keys)?;
        let key_pinned = pinned.is_some();
        let key = pinned.unwrap_or(own);
        let older = trust.older.as_deref().map(|note| older(note, &key, trust, &header)).transpose()?;
        let mut verifier = Self {
            older_root: None,
            continued_root: None,
            tree: Frontier::new(),
            inclusion: InclusionVerifier::new(header.size, checkpoint.root),
            last: None,
            lines: 0,
            awaited: HashMap::new(),
            named: BTreeMap::new(),
            counts: [0; 3],
            first_ms: 0,
            header,
            checkpoint,
            key,
            key_pinned,
            older,
        };
        verifier.remember_roots();
        Ok(verifier)
    }

    /// What the first line says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Checks the next line and returns what it shows. In a complete bundle it is known to be in the log only when
    /// [`Verifier::finish`] has said so.
    ///
    /// # Errors
    /// Names the event and what is wrong with it. Whoever goes on after that learns nothing.
    pub fn line<'a>(&mut self, bytes: &'a [u8]) -> Result<Line<'a>, VerifyError> {
        // The first line is the header's.
        self.lines += 1;
        let number = Some(self.lines + 1);
        let mut line =
            Line::parse(bytes).map_err(|fault| VerifyError { line: number, index: None, fault })?;
        let index = Some(line.index);
        self.check(&mut line).map_err(|fault| VerifyError { line: number, index, fault })?;
        Ok(line)
    }

    fn check(&mut self, line: &mut Line<'_>) -> Result<(), Fault> {
        self.check_place(line)?;
        let hash = line.hash(&self.header.log_id, self.header.size)?;
        line.leaf_hash = hash;
        match (self.header.is_complete, &line.proof) {
            (true, None) => {
                self.tree.push(hash);
                self.remember_roots();
            }
            (false, Some(proof)) => {
                self.inclusion.verify(&hash, line.index, proof).map_err(Fault::Inclusion)?;
            }
            (true, Some(_)) => return Err(Fault::ProofPresence("a complete bundle holds no proofs")),
            (false, None) => return Err(Fault::ProofPresence("its proof is missing")),
        }
        if let Some(erasures) = self.awaited.remove(&line.index) {
            if let Some((index, _)) = erasures.iter().find(|(index, hash)| !line.is_record_of(*index, hash)) {
                return Err(Fault::NotARecord { by: line.index, index: *index });
            }
            self.named.insert(line.index, Erasure::of(line, &erasures));
        }
        for erased in &line.erased {
            self.awaited.entry(erased.by).or_default().push((line.index, erased.commitment));
        }
        let counts = [line.fields.len(), line.withheld.len(), line.erased.len()];
        self.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count as u64);
        if self.last.is_none() {
            self.first_ms = line.received_ms;
        }
        self.last = Some((line.index, line.received_ms));
        Ok(())
    }

    /// Position and time, by themselves and behind the line before.
    fn check_place(&self, line: &Line<'_>) -> Result<(), Fault> {
        if !self.header.size.holds(line.index) {
            return Err(Fault::Outside(self.header.size));
        }
        let next = self.last.map_or(Seq(0), |(last, _)| Seq(last.0 + 1));
        if let Some((last, received_ms)) = self.last {
            if line.index <= last {
                return Err(Fault::NotAscending(last));
            }
            if line.received_ms < received_ms {
                return Err(Fault::TimeRunsBackwards(last));
            }
        }
        if self.header.is_complete && line.index != next {
            return Err(Fault::Missing(next));
        }
        Ok(())
    }

    fn remember_roots(&mut self) {
        let size = self.tree.size();
        let is_at = |other: Option<Size>| self.header.is_complete && other == Some(size);
        if is_at(self.older.as_ref().map(|older| older.size)) {
            self.older_root = Some(self.tree.root());
        }
        if is_at(self.header.consistency.as_ref().map(|it| it.from)) {
            self.continued_root = Some(self.tree.root());
        }
    }

    /// Says what holds, when every line has been read.
    ///
    /// # Errors
    /// When lines are missing, or the events together are not the log that was signed.
    pub fn finish(self) -> Result<Report, VerifyError> {
        let whole = |fault| VerifyError { line: None, index: None, fault };
        // A map has no order of its own; the first in the log is named.
        let unrecorded = self
            .awaited
            .iter()
            .flat_map(|(by, erasures)| erasures.iter().map(move |(index, _)| (*index, *by)));
        if let Some((index, by)) = unrecorded.min() {
            return Err(VerifyError { line: None, index: Some(index), fault: Fault::NoRecord(by) });
        }
        let said = self.header.count.saturating_add(self.header.records);
        if said != self.lines {
            return Err(whole(Fault::Count { said, found: self.lines }));
        }
        let named = self.named.len() as u64;
        if self.header.records > named {
            let (said, found) = (self.header.records, named);
            return Err(whole(Fault::Records { said, found }));
        }
        if self.header.is_complete {
            if self.tree.size() != self.header.size {
                return Err(whole(Fault::Missing(self.tree.size().next())));
            }
            if self.tree.root() != self.checkpoint.root {
                return Err(whole(Fault::Root));
            }
            if let (Some(Consistency { from, proof }), Some(root)) =
                (&self.header.consistency, &self.continued_root)
            {
                verify_consistency(*from, self.header.size, proof, root, &self.checkpoint.root)
                    .map_err(|why| whole(Fault::Consistency(why)))?;
            }
        }
        let continues = self.continues().map_err(whole)?;
        let [disclosed, withheld, erased] = self.counts;
        Ok(Report {
            root: self.checkpoint.root,
            key: self.key,
            key_pinned: self.key_pinned,
            continues,
            disclosed,
            withheld,
            erased,
            erasures: self.named.into_values().collect(),
            received_ms: self.last.map(|(_, last_ms)| (self.first_ms, last_ms)),
            header: self.header,
        })
    }

    /// Compares with the older checkpoint: by the leaves where all are there, else by the proof.
    fn continues(&self) -> Result<Option<Continues>, Fault> {
        let Some(older) = &self.older else { return Ok(None) };
        let (from, to) = (older.size, self.header.size);
        if from > to {
            return Err(Fault::NotComparable("it is of a larger log than the bundle"));
        }
        let none = Consistency { from, proof: Vec::new() };
        let proof = match (&self.header.consistency, self.older_root) {
            (_, Some(root)) if root == older.root => return Ok(Some(Continues { from })),
            (_, Some(_)) => return Err(Fault::Consistency(ProofError::OldRootMismatch)),
            (Some(consistency), None) if consistency.from == from => consistency,
            (_, None) if from == to || from == Size(0) => &none,
            _ => return Err(Fault::NotComparable("the bundle continues a log of another size")),
        };
        verify_consistency(from, to, &proof.proof, &older.root, &self.checkpoint.root)
            .map_err(Fault::Consistency)?;
        Ok(Some(Continues { from }))
    }
}

/// Whether what the header says fits its checkpoint and itself.
fn check_header(header: &Header, checkpoint: &Checkpoint) -> Result<(), Fault> {
    let lines = header.count.checked_add(header.records);
    let contradiction = if checkpoint.origin != header.origin {
        "the checkpoint is of another origin"
    } else if !header.origin.ends_with(&format!("/log/{}", header.log_id)) {
        "the origin is not that of the log_id"
    } else if checkpoint.size != header.size {
        "the checkpoint is of another size"
    } else if header.size > TREE_SIZE_MAX {
        "no log is so large"
    } else if lines.is_none_or(|lines| lines > header.size.0) {
        "it counts more events than the log has"
    } else if header.is_complete && lines != Some(header.size.0) {
        "it says that it is complete and counts fewer events than the log has"
    } else if header.size == Size(0) && checkpoint.root != EMPTY_ROOT {
        "the root of an empty log is another"
    } else if header.consistency.as_ref().is_some_and(|it| it.from > header.size) {
        "it continues a log that is larger"
    } else {
        return Ok(());
    };
    Err(Fault::Contradiction(contradiction))
}

/// The pinned key that signed; nothing where none is pinned.
fn pinned(header: &Header, own: &VerifierKey, keys: &[VerifierKey]) -> Result<Option<VerifierKey>, Fault> {
    for key in keys {
        match key.open(&header.checkpoint) {
            Ok(_) => return Ok(Some(key.clone())),
            Err(NoteError::NotSigned { .. }) => {}
            Err(why) => return Err(Fault::Checkpoint(why)),
        }
    }
    if keys.is_empty() { Ok(None) } else { Err(Fault::NotTrusted(own.to_string())) }
}

/// The checkpoint that the auditor kept: of this log, signed by a pinned key, or by the one that signed the bundle.
fn older(note: &str, key: &VerifierKey, trust: &Trust, header: &Header) -> Result<Checkpoint, Fault> {
    let keys = if trust.keys.is_empty() { std::slice::from_ref(key) } else { &trust.keys };
    let mut refused = None;
    for key in keys {
        match key.open(note) {
            Ok(older) if older.origin == header.origin => return Ok(older),
            Ok(older) => return Err(Fault::OtherLog(older.origin)),
            Err(why @ NoteError::NotSigned { .. }) => refused = Some(why),
            Err(why) => return Err(Fault::OlderCheckpoint(why)),
        }
    }
    Err(Fault::OlderCheckpoint(refused.unwrap_or(NoteError::Malformed)))
}

/// Checks a bundle that is in memory and hands every event to `each`, as soon as its line holds.
///
/// # Errors
/// Names the first bad event and what is wrong with it.
pub fn verify(bytes: &[u8], trust: &Trust, mut each: impl FnMut(&Line<'_>)) -> Result<Report, VerifyError> {
    let mut lines = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|byte| *byte == b'\n');
    let mut verifier = Verifier::new(lines.next().unwrap_or_default(), trust)?;
    for line in lines {
        each(&verifier.line(line)?);
    }
    verifier.finish()
}
