//! The connections that read, made when they are needed and kept. Deliberately absent: writing.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::store::StoreError;
use crate::store::sqlite::body::{Decoders, Dictionary};
use crate::store::sqlite::schema;

/// Most connections that read at once; each costs a few MiB of pages, and more of them than cores wait for the disk only.
/// Who comes when all are out waits for the first to come back.
pub const READERS_MAX: usize = 16;

/// A connection that reads, with what it needs to understand bodies.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) decoders: Decoders,
}

/// All connections that read.
pub(super) struct Readers {
    truth: PathBuf,
    dictionaries: Vec<(u32, Vec<u8>)>,
    /// Owned by who holds the lock, which is never held while anything is read.
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Reader>,
    /// How many there are, idle or out.
    open: usize,
}

impl Readers {
    /// Opens none yet.
    pub(super) fn new(truth: PathBuf, dictionaries: Vec<(u32, Vec<u8>)>) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), open: 0 });
        Self { truth, dictionaries, state, returned: Condvar::new() }
    }

    /// Reads on a connection that nobody else uses meanwhile. `work` must not ask for another.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut loan = Loan { readers: self, reader: self.idle() };
        let reader = match loan.reader.take() {
            Some(idle) => loan.reader.insert(idle),
            None => loan.reader.insert(self.open()?),
        };
        let result = work(reader);
        if matches!(result, Err(StoreError::Io { .. })) {
            // A connection that met a fault is not lent again.
            loan.reader = None;
        }
        result
    }

    /// An idle connection, or none when a new one may be opened; then it is counted already.
    fn idle(&self) -> Option<Reader> {
        let mut state = self.lock();
        loop {
            if let Some(reader) = state.idle.pop() {
                return Some(reader);
            }
            if state.open < READERS_MAX {
                state.open += 1;
                return None;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(&self) -> Result<Reader, StoreError> {
        let connection = schema::open_reader(&self.truth)?;
        let dictionaries = self.dictionaries.iter().map(|(id, bytes)| Dictionary { id: *id, bytes });
        Ok(Reader { connection, decoders: Decoders::new(dictionaries)? })
    }

    /// Nothing panics while it is held, and no half-made state is ever in it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection back, or its place, also when the work panicked.
struct Loan<'a> {
    readers: &'a Readers,
    reader: Option<Reader>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.lock();
        match self.reader.take() {
            Some(reader) => state.idle.push(reader),
            None => state.open -= 1,
        }
        drop(state);
        self.readers.returned.notify_one();
    }
}
