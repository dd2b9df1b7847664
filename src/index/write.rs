//! The thread that writes the index: takes appends in the order of commits, commits now and then, shows the result.
//!
//! Deliberately absent: waiting for it. An event is found through the tail from the moment it is handed over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use everlog_core::event::Document;
use everlog_core::ids::Seq;

use crate::index::caches::Caches;
use crate::index::dictionary::Dictionaries;
use crate::index::disk::{Disk, Watermark};
use crate::index::document::{Entries, Entry};
use crate::index::purge::{Look, Purge};
use crate::index::schema::{self, BLOCK_BITS};
use crate::index::segment::Segment;
use crate::index::tail::Tail;
use crate::index::{CatalogsOf, IndexError};
use crate::store::{Append, OrgCode, Row, Store};

/// So many events are committed at once in a busy time: half of what may wait, so that taking in goes on meanwhile.
const COMMIT_EVENTS_MAX: usize = 10_000;
/// So long an event waits for a commit in a quiet time.
const COMMIT_AFTER: Duration = Duration::from_secs(1);
/// How many events are read from the store at once.
pub(super) const READ_EVENTS_MAX: usize = 2_000;
/// How many appends are read from the store at once.
const READ_APPENDS_MAX: usize = 1_000;
/// How many blocks of positions are replaced in one commit.
const REFRESH_BLOCKS_MAX: u32 = 16;

/// What the thread is asked to do.
pub(super) enum Job {
    /// Takes in what was appended; the tail has it already.
    Add(Append, Vec<Arc<Entry>>),
    /// Makes the words of an organization's events anew.
    Refresh(OrgCode),
    /// Replaces events by what they say now, and answers when that is what every query sees.
    Rewrite(Vec<Arc<Entry>>, Sender<()>),
    /// Takes what was deleted off the disk, and answers when nothing of it is left.
    Purge(Sender<()>),
    /// Answers when everything is on disk.
    Flush(Sender<()>),
}

/// Shared by the thread and the queries.
pub(super) struct Shared {
    pub store: Arc<dyn Store>,
    pub catalogs: CatalogsOf,
    pub dictionaries: Dictionaries,
    pub caches: Caches,
    pub tail: Tail,
}

/// The thread's own.
pub(super) struct Writer {
    shared: Arc<Shared>,
    disk: Disk,
    /// Added and not committed.
    pending: usize,
    /// When the oldest of them was added.
    since: Option<Instant>,
    /// Whose words are to be made anew; the first is at work.
    refreshes: VecDeque<Refresh>,
    /// Who waits until everything is on disk, new words too.
    flushes: Vec<Sender<()>>,
    purge: Purge,
}

/// How far the new words of an organization have come.
struct Refresh {
    org: OrgCode,
    next_block: u32,
    /// One behind the last block that there was when it began; later events have new words anyway.
    end_block: Option<u32>,
}

/// Reads events of one log from the store as entries.
pub(super) fn read_entries(
    store: &dyn Store,
    entries: &Entries<'_>,
    from: Seq,
    count: usize,
) -> Result<Vec<Entry>, IndexError> {
    let rows = store.scan(entries.org, from, count)?;
    if rows.len() != count {
        return Err(IndexError::missing(entries.org, Seq(from.0 + rows.len() as u64)));
    }
    entries_of(entries, &rows)
}

/// The entries of rows.
///
/// # Errors
/// When a row holds no event, or the codes of one cannot be read.
pub(super) fn entries_of(entries: &Entries<'_>, rows: &[Row]) -> Result<Vec<Entry>, IndexError> {
    let entry = |row: &Row| {
        let document: Document = serde_json::from_slice(&row.document)
            .map_err(|_| IndexError::unreadable(entries.org, row.seq))?;
        entries.entry(row.seq, row.received_ms, &document)
    };
    rows.iter().map(entry).collect()
}

/// Cuts a range of positions into parts that are read at once.
fn parts(from: u64, to: u64) -> impl Iterator<Item = (Seq, usize)> {
    let step = READ_EVENTS_MAX as u64;
    (from..to).step_by(READ_EVENTS_MAX).map(move |start| (Seq(start), (to - start).min(step) as usize))
}

/// Takes in everything that was appended behind the index's watermark.
///
/// # Errors
/// When the store or the index fails.
pub(super) fn catch_up(
    disk: &mut Disk,
    store: &dyn Store,
    dictionaries: &Dictionaries,
    catalogs: &CatalogsOf,
) -> Result<(), IndexError> {
    let last = store.last_append()?;
    let (mut pending, mut total) = (0, 0);
    loop {
        let appends = store.appends(disk.watermark.pos, READ_APPENDS_MAX)?;
        for append in &appends {
            let entries = Entries { org: append.org, dictionaries, catalogs: catalogs(append.org) };
            for (from, count) in parts(append.first.0, append.first.0 + append.count) {
                for entry in read_entries(store, &entries, from, count)? {
                    disk.add(&entry)?;
                }
                pending += count;
            }
            disk.watermark = Watermark::of(append);
            if pending >= COMMIT_EVENTS_MAX {
                disk.commit()?;
                total += pending;
                pending = 0;
                tracing::info!(events = total, pos = append.pos, last, "the index catches up");
            }
        }
        if appends.is_empty() {
            break;
        }
    }
    if pending > 0 {
        disk.commit()?;
        tracing::info!(events = total + pending, "the index has caught up");
    }
    Ok(())
}

impl Writer {
    /// Goes on with what the one before it left unfinished.
    pub fn new(shared: Arc<Shared>, disk: Disk) -> Self {
        let refreshes = disk.refreshing.iter().map(|&org| Refresh::new(OrgCode(org))).collect();
        let mut purge = Purge::default();
        purge.want();
        Self { shared, disk, pending: 0, since: None, refreshes, flushes: Vec::new(), purge }
    }

    /// Runs until nobody can send any more; then commits what is pending.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        let guard = FailGuard(Arc::clone(&self.shared));
        if let Err(error) = self.work(jobs) {
            tracing::error!(error = &error as &dyn std::error::Error, "the index cannot be written");
            self.shared.tail.fail(error.to_string());
        }
        drop(guard);
        // The tail knows of the failure by now: whoever waits for a flush may ask it.
        self.flushes.clear();
        if let Err(error) = self.disk.close() {
            tracing::warn!(error = &error as &dyn std::error::Error, "the index was not closed well");
        }
    }

    fn work(&mut self, jobs: &Receiver<Job>) -> Result<(), IndexError> {
        loop {
            if !self.refreshes.is_empty() {
                // What waits goes first: a log that grows must not wait for words of the past.
                match jobs.try_recv() {
                    Ok(job) => self.handle(job)?,
                    Err(TryRecvError::Empty) => self.refresh()?,
                    Err(TryRecvError::Disconnected) => return self.commit(),
                }
                continue;
            }
            if !self.flushes.is_empty() {
                self.commit()?;
                // Whoever asked may have gone: the commit happened all the same.
                self.flushes.drain(..).for_each(|done| done.send(()).unwrap_or_default());
            }
            self.purge()?;
            let wait = self.since.map_or(Duration::MAX, |since| COMMIT_AFTER.saturating_sub(since.elapsed()));
            match jobs.recv_timeout(wait.min(self.purge.wait())) {
                Ok(job) => self.handle(job)?,
                Err(RecvTimeoutError::Timeout) => self.commit_aged()?,
                Err(RecvTimeoutError::Disconnected) => return self.commit(),
            }
        }
    }

    fn handle(&mut self, job: Job) -> Result<(), IndexError> {
        match job {
            Job::Add(append, entries) => self.add(&append, &entries),
            Job::Flush(done) => {
                self.flushes.push(done);
                Ok(())
            }
            Job::Rewrite(entries, done) => self.rewrite(&entries, &done),
            Job::Purge(done) => {
                self.purge.want_for(done);
                Ok(())
            }
            Job::Refresh(org) => {
                self.refreshes.push_back(Refresh::new(org));
                self.disk.refreshing = self.refreshes.iter().map(|refresh| refresh.org.0).collect();
                self.since.get_or_insert_with(Instant::now);
                self.commit()
            }
        }
    }

    fn add(&mut self, append: &Append, entries: &[Arc<Entry>]) -> Result<(), IndexError> {
        for entry in entries {
            self.disk.add(entry)?;
        }
        self.disk.watermark = Watermark::of(append);
        self.pending += entries.len();
        self.since.get_or_insert_with(Instant::now);
        if self.pending >= COMMIT_EVENTS_MAX { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), IndexError> {
        if self.since.take().is_none() {
            return Ok(());
        }
        self.pending = 0;
        self.disk.commit()?;
        self.publish()
    }

    /// Commits what has waited long enough.
    fn commit_aged(&mut self) -> Result<(), IndexError> {
        let is_aged = self.since.is_some_and(|since| since.elapsed() >= COMMIT_AFTER);
        if is_aged { self.commit() } else { Ok(()) }
    }

    fn publish(&self) -> Result<(), IndexError> {
        let segments = self.disk.segments()?;
        let ids = segments.iter().map(Segment::id).collect();
        // Queries go on with the segments of before, and then find what they need of the new ones made.
        self.shared.caches.expect(&ids);
        self.shared.caches.warm(&segments)?;
        // What was added since the commit is in the tail alone, and stays there.
        self.shared.tail.publish(segments, self.disk.committed().pos);
        self.shared.caches.keep(&ids);
        Ok(())
    }

    /// Replaces events by what they say now, in one step.
    fn rewrite(&mut self, entries: &[Arc<Entry>], done: &Sender<()>) -> Result<(), IndexError> {
        // Then none of them is in the tail, and what was added is deleted with the rest.
        self.commit()?;
        self.disk.replace(entries)?;
        self.since = Some(Instant::now());
        self.commit()?;
        // Whoever asked may have gone: it happened all the same.
        done.send(()).unwrap_or_default();
        Ok(())
    }

    /// Looks whether anything deleted is still on the disk. New words come first: they delete more.
    fn purge(&mut self) -> Result<(), IndexError> {
        if self.purge.look(&mut self.disk)? == Look::Clean {
            self.publish()?;
            self.shared.caches.forget_questions();
            self.disk.remove_old_files()?;
            self.purge.tell();
        }
        Ok(())
    }

    /// Replaces some blocks of the events whose words are made anew: each commit swaps old for new in one step.
    fn refresh(&mut self) -> Result<(), IndexError> {
        // Everything added must be committed, so that its size says what a block holds: a block is deleted as a whole,
        // and what was deleted must be what is added again.
        self.commit()?;
        let Some(refresh) = self.refreshes.front_mut() else { return Ok(()) };
        let org = refresh.org;
        let size = self.disk.size_of(org)?;
        let blocks = size.checked_sub(1).map_or(0, |last| schema::block(Seq(last)) + 1);
        let last = *refresh.end_block.get_or_insert(blocks);
        let start = refresh.next_block;
        let end = (start + REFRESH_BLOCKS_MAX).min(last);
        refresh.next_block = end;
        if start < end {
            (start..end).for_each(|block| self.disk.delete_block(org, block));
            let to = (u64::from(end) << BLOCK_BITS).min(size);
            let entries = Entries {
                org,
                dictionaries: &self.shared.dictionaries,
                catalogs: (self.shared.catalogs)(org),
            };
            for (from, count) in parts(u64::from(start) << BLOCK_BITS, to) {
                for entry in read_entries(&*self.shared.store, &entries, from, count)? {
                    self.disk.add(&entry)?;
                }
            }
        }
        if end == last {
            self.refreshes.pop_front();
            self.disk.refreshing = self.refreshes.iter().map(|refresh| refresh.org.0).collect();
        }
        self.since.get_or_insert_with(Instant::now);
        self.commit()?;
        if self.refreshes.is_empty() {
            self.purge.want();
        }
        Ok(())
    }
}

impl Refresh {
    fn new(org: OrgCode) -> Self {
        Self { org, next_block: 0, end_block: None }
    }
}

/// Says that the index has failed when its thread panics.
struct FailGuard(Arc<Shared>);

impl Drop for FailGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.tail.fail("its thread panicked".to_owned());
        }
    }
}
