//! One log, read once: its rows are checked in ranges at once, and joined in order into its tree, the states of its
//! processes, its erasures and the files that it names.
//!
//! Deliberately absent: holding a log in memory. What was joined is let go, but for states and what was erased.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use everlog_core::hex::Hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::process::subject_of;

use crate::directory::Entry;
use crate::fsck::chain::{Chain, Told};
use crate::fsck::erasures::Erasures;
use crate::fsck::row::{Attached, Place, attached, end, read};
use crate::fsck::{Checked, Checks, FAULTS_MAX, Fault, files, signed_head, states};
use crate::log::{Projection, Projector};
use crate::signed::Kept;
use crate::store::{Head, StoreError};

/// How many rows are read together.
const GROUP_ROWS: u64 = 200;
/// How many groups may wait to be joined, of each that reads.
const GROUPS_WAITING_MAX: usize = 2;
/// How many events that something was erased from are listed together.
const GROUP_ERASED: usize = 1_000;

/// Re-reads one log.
pub(super) fn check_log(checks: &Checks<'_>, org: &Entry) -> Result<Checked, StoreError> {
    let mut joining = Joining::new(checks, org);
    let head = match checks.store.head(org.row.code) {
        Err(StoreError::Corrupt(why)) => {
            joining.tell(None, format!("its head cannot be read: {why}"));
            None
        }
        read => Some(read?),
    };
    joining.size = match &head {
        Some(head) => head.size,
        None => end(checks.store, org.row.code)?,
    };
    if let Some((seq, what)) = joining.signed.and_then(|kept| signed_head::check_size(kept, joining.size)) {
        joining.tell(Some(seq), what);
    }
    let size = joining.size;
    thread::scope(|scope| {
        let readers: Vec<_> = (0..checks.workers.max(1) as u64)
            .map(|worker| {
                let (groups, joined) = sync_channel(GROUPS_WAITING_MAX);
                scope.spawn(move || read_groups(checks, org, size, worker, &groups));
                joined
            })
            .collect();
        joining.join_all(&readers)
    })?;
    joining.end(head.as_ref())
}

/// What stands in a group of positions.
type Group = Result<Vec<Place>, StoreError>;

/// Reads every group whose turn is this worker's.
fn read_groups(checks: &Checks<'_>, org: &Entry, size: Size, worker: u64, groups: &SyncSender<Group>) {
    let step = GROUP_ROWS * checks.workers.max(1) as u64;
    let mut from = GROUP_ROWS * worker;
    while from < size.0 {
        let to = Size(size.0.min(from + GROUP_ROWS));
        // Nobody waits any more when enough faults were found.
        if groups.send(read(checks.store, org, Seq(from), to)).is_err() {
            return;
        }
        from += step;
    }
}

/// What was joined so far.
struct Joining<'a> {
    checks: &'a Checks<'a>,
    org: &'a Entry,
    signed: Option<&'a Kept>,
    size: Size,
    chain: Chain,
    erasures: Erasures,
    projector: Projector,
    /// The files that it names, and the events that do.
    named: Vec<(Seq, Attached)>,
    faults: Vec<Fault>,
}

impl<'a> Joining<'a> {
    fn new(checks: &'a Checks<'a>, org: &'a Entry) -> Self {
        let mut joining = Self {
            checks,
            org,
            signed: None,
            size: Size(0),
            chain: Chain::default(),
            erasures: Erasures::with(checks.ledger, &org.row.log_id),
            projector: Projector::default(),
            named: Vec::new(),
            faults: Vec::new(),
        };
        match checks.signed.and_then(|signed| signed.get(&org.row.log_id)) {
            None => {}
            Some(Ok(kept)) => joining.signed = Some(kept),
            Some(Err(why)) => {
                joining.tell(None, format!("what was signed of it last is kept and cannot be read: {why}"));
            }
        }
        joining
    }

    fn tell(&mut self, seq: Option<Seq>, what: String) {
        self.faults.push(Fault { organization: Some(self.org.row.id.clone()), seq, what });
    }

    fn tell_all(&mut self, told: Told) {
        told.into_iter().for_each(|(seq, what)| self.tell(Some(seq), what));
    }

    /// Takes the groups in their order until the end or until enough is wrong.
    fn join_all(&mut self, readers: &[Receiver<Group>]) -> Result<(), StoreError> {
        for joined in readers.iter().cycle() {
            if !self.size.holds(self.chain.next) || self.faults.len() >= FAULTS_MAX {
                break;
            }
            // A reader that is gone has panicked, which the scope tells.
            let Ok(group) = joined.recv() else { break };
            let group = group?;
            group.iter().for_each(|place| self.join(place));
            (self.checks.progress)(group.len() as u64);
        }
        Ok(())
    }

    fn join(&mut self, place: &Place) {
        let (seq, mut told) = (self.chain.next, Told::new());
        self.chain.take(place, self.signed, &mut told);
        if !matches!(place, Place::Read(reading) if reading.fault.is_none()) {
            self.erasures.unread(seq);
        }
        if let Place::Read(reading) = place {
            self.erasures.lost(seq, &reading.erased, self.size, &mut told);
            if let Some(event) = &reading.event {
                self.erasures.record(event, &mut told);
                self.projector.add(event);
                self.named.extend(attached(event).map(|file| (seq, file)));
            }
        }
        self.tell_all(told);
    }

    /// What only shows when everything was read.
    fn end(mut self, head: Option<&Head>) -> Result<Checked, StoreError> {
        let mut told = Told::new();
        let is_there = self.chain.is_there();
        self.chain.end(&mut told);
        let is_read = !self.size.holds(self.chain.next);
        if is_read {
            self.erasures.end(self.size, &mut told);
            self.check_erased(&mut told)?;
        }
        self.tell_all(told);
        if let Some(head) = head.filter(|_| is_read) {
            self.check_head(head, is_there)?;
        }
        let projection = std::mem::take(&mut self.projector).end();
        // States and files follow from events that are well.
        let are_well = self.faults.iter().all(|fault| fault.seq.is_none());
        let (subjects, files, unnamed) = if are_well { self.check_made(&projection)? } else { (0, 0, 0) };
        self.faults.sort_by_key(|fault| (fault.seq.is_none(), fault.seq));
        self.faults.truncate(FAULTS_MAX);
        Ok(Checked {
            organization: self.org.row.id.clone(),
            size: Size(self.chain.next.0),
            signed: self.signed.map(|kept| kept.frontier.size()),
            erased: self.erasures.events.len() as u64,
            erasures: self.erasures.records.len() as u64,
            erasures_to_repeat: self.erasures.to_repeat,
            subjects,
            files,
            unnamed_files: unnamed,
            faults: self.faults,
        })
    }

    /// What is made of the events and kept beside them: states and files; how many there are of each, and of files that
    /// nobody names.
    fn check_made(&mut self, projection: &Projection) -> Result<(u64, u64, u64), StoreError> {
        let (store, code) = (self.checks.store, self.org.row.code);
        states::check(store, code, projection)?.into_iter().for_each(|what| self.tell(None, what));
        let subjects = projection.rows.len() as u64;
        let Some(blobs) = self.checks.blobs else { return Ok((subjects, 0, 0)) };
        let mut all = std::mem::take(&mut self.named);
        self.excuse_trails(projection, &mut all)?;
        let named = files::named(projection, &all)?;
        let unnamed = files::count_unnamed(blobs, code, &named)?;
        self.tell_all(files::check(blobs, code, &named, self.checks.workers)?);
        Ok((subjects, named.len() as u64, unnamed))
    }

    /// An Audit Trail that shows what the next start erases again is made anew then: the backup may not hold it any more.
    fn excuse_trails(&self, projection: &Projection, all: &mut [(Seq, Attached)]) -> Result<(), StoreError> {
        let events: Vec<Seq> = self.erasures.to_lose.iter().copied().collect();
        let mut subjects = BTreeSet::new();
        for group in events.chunks(GROUP_ERASED) {
            for row in self.checks.store.rows(self.org.row.code, group)? {
                subjects.extend(subject_of(&row.event()?.document.event));
            }
        }
        for (_, file) in all.iter_mut().filter(|(_, file)| subjects.contains(&file.subject)) {
            let Some(row) = projection.rows.get(file.subject.as_str()) else { continue };
            if row.decoded()?.trail.is_some_and(|it| it.sha256 == Hex(&file.sha256).to_string()) {
                file.is_due = false;
            }
        }
        Ok(())
    }

    /// The lists of what was erased, and of the records that tell of it, are those of the events.
    fn check_erased(&self, told: &mut Told) -> Result<(), StoreError> {
        let (store, code) = (self.checks.store, self.org.row.code);
        let (mut kept, mut from) = (Vec::new(), Seq(0));
        loop {
            let group = store.erased_seqs(code, from, GROUP_ERASED)?;
            let Some(last) = group.last() else { break };
            from = Seq(last.0 + 1);
            kept.extend(group.into_iter().filter(|seq| self.size.holds(*seq)));
        }
        let Erasures { events, records, unread, .. } = &self.erasures;
        if let Some(seq) = kept.iter().find(|seq| events.binary_search(seq).is_err()) {
            told.push((*seq, "salts of an erasure are kept of it, from which nothing was erased".to_owned()));
        }
        let listed = store.erasures(code)?.into_iter().map(|(seq, _)| seq);
        let listed: Vec<Seq> = listed.filter(|seq| self.size.holds(*seq)).collect();
        let is_record = |seq| records.binary_search(seq).is_ok() || unread.contains(seq);
        if let Some(seq) = listed.iter().find(|seq| !is_record(seq)) {
            told.push((*seq, "it is listed as a record of an erasure, which it is not".to_owned()));
        }
        if let Some(seq) = records.iter().find(|seq| listed.binary_search(seq).is_err()) {
            told.push((*seq, "it records an erasure, and is not listed as such".to_owned()));
        }
        Ok(())
    }

    /// The head is that of the events; the newest of them may not be there.
    fn check_head(&mut self, head: &Head, is_newest_there: bool) -> Result<(), StoreError> {
        let code = self.org.row.code;
        if self.chain.tree.as_ref().is_some_and(|tree| *tree != head.frontier) {
            self.tell(None, "the head's tree is not the tree of the events".to_owned());
        }
        if is_newest_there && self.chain.received_ms != head.received_ms {
            self.tell(None, "the head's time is not that of the newest event".to_owned());
        }
        let behind = match self.checks.store.scan(code, Seq(head.size.0), 1) {
            Ok(rows) => rows.first().map(|row| row.seq),
            Err(StoreError::Corrupt(_)) => Some(Seq(head.size.0)),
            Err(why) => return Err(why),
        };
        // A log that grows meanwhile has a head that knows of it.
        if let Some(seq) = behind
            && self.checks.store.head(code)?.size == head.size
        {
            self.tell(Some(seq), format!("it stands behind the head, which counts {} events", head.size));
        }
        Ok(())
    }
}
