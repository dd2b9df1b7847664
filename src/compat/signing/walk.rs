//! A page of processes as JSON, a piece at a time: however many processes and events it has, memory holds a few of them.
//!
//! Deliberately absent: what an event is called (`show`).

use std::collections::VecDeque;

use everlog_core::ids::Seq;
use serde::Serialize;

use crate::access::Organization;
use crate::app::App;
use crate::compat::signing::question::Question;
use crate::compat::signing::show::{Words, head};
use crate::read::process::Process;
use crate::read::{ReadError, Reader};
use crate::store::process::{ProcessFilter, ProcessOrder, ProcessPage};

/// How many processes are read together.
const GROUP_PROCESSES: u64 = 100;
/// How many events of one process are read together.
const GROUP_EVENTS: usize = 500;
/// How many bytes make a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Where a page stands while it is written.
pub(super) struct Walk {
    reader: Reader,
    org: Organization,
    filter: ProcessFilter,
    /// How many processes are still passed over.
    skip: u64,
    /// How many processes may still be read.
    left: u64,
    /// Those that are read, in order; the first may be half written.
    waiting: VecDeque<Process>,
    /// From where on the first one's events are still to be written; nothing before its head is.
    entries: Option<Entries>,
    stage: Stage,
}

#[derive(Clone, Copy)]
struct Entries {
    from: Seq,
    is_first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is written yet.
    Fresh,
    /// The array is open, and empty.
    Open,
    /// A process stands in it.
    Filled,
    /// The array is closed.
    Done,
}

impl Walk {
    pub(super) fn new(app: &App, org: Organization, question: Question) -> Self {
        let Question { filter, take, skip } = question;
        let reader = app.reader.clone();
        let (waiting, entries, stage) = (VecDeque::new(), None, Stage::Fresh);
        Self { reader, org, filter, skip, left: take, waiting, entries, stage }
    }

    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// What was given so far is not the whole answer.
    pub(super) fn step(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if self.stage == Stage::Done {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        if self.stage == Stage::Fresh {
            bytes.push(b'[');
            self.stage = Stage::Open;
        }
        while bytes.len() < PIECE_BYTES {
            if self.waiting.is_empty() {
                self.read_on()?;
            }
            let Some(process) = self.waiting.front() else {
                bytes.push(b']');
                self.stage = Stage::Done;
                break;
            };
            let Some(entries) = self.entries else {
                if self.stage == Stage::Filled {
                    bytes.push(b',');
                }
                self.stage = Stage::Filled;
                // What is open at its end goes on with the log.
                write(&mut bytes, &head(&process.key, &process.state));
                bytes.pop();
                bytes.extend_from_slice(b",\"activityLog\":[");
                self.entries = Some(Entries { from: Seq(0), is_first: true });
                continue;
            };
            self.entries = self.write_entries(process, entries, &mut bytes)?;
            if self.entries.is_none() {
                let words = Words::of(&self.org);
                bytes.extend_from_slice(b"],");
                let at = bytes.len();
                write(&mut bytes, &words.tail(&process.key, &process.state));
                // Its members are those of the object that is open.
                bytes.remove(at);
                self.waiting.pop_front();
            }
        }
        Ok(Some(bytes))
    }

    /// The next processes in the order of their making, behind the last one: whatever changes meanwhile, none comes twice.
    fn read_on(&mut self) -> Result<(), ReadError> {
        let take = self.left.min(GROUP_PROCESSES);
        if take == 0 {
            return Ok(());
        }
        let page = ProcessPage { order: ProcessOrder::Made, descending: false, skip: self.skip, take };
        let found = self.reader.processes(&self.org, &self.filter, page)?;
        self.skip = 0;
        let is_last = (found.len() as u64) < take;
        self.left = if is_last { 0 } else { self.left - take };
        self.filter.after = found.last().map(|process| process.number).or(self.filter.after);
        self.waiting.extend(found);
        Ok(())
    }

    /// Writes a group of entries, and says where to go on.
    fn write_entries(
        &self,
        process: &Process,
        entries: Entries,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Entries>, ReadError> {
        let Entries { from, mut is_first } = entries;
        let (events, next) = self.reader.process_events_from(&self.org, &process.key, from, GROUP_EVENTS)?;
        let words = Words::of(&self.org);
        for entry in events.iter().filter_map(|event| words.entry(event, &process.key, &process.state)) {
            if !is_first {
                bytes.push(b',');
            }
            is_first = false;
            write(bytes, &entry);
        }
        Ok(next.map(|from| Entries { from, is_first }))
    }
}

fn write(bytes: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to memory cannot fail, and plain data with text for names is always JSON.
    serde_json::to_writer(bytes, value).ok();
}
