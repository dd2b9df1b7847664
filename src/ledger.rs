//! The ledger of erasures: a file beside the truth that knows what was erased, so that a backup from before cannot bring
//! it back.
//!
//! Deliberately absent: values. It names fields by their commitments, which say nothing once salt and value are gone, and
//! by the pointers they were asked for with.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use everlog_core::erasure::ErasedField;
use everlog_core::hex::Hex;
use everlog_core::ids::Seq;
use everlog_core::leaf::LogId;
use serde::{Deserialize, Serialize};

/// The file in the data directory.
pub const FILE: &str = "erasures.jsonl";
/// The owner may read and write, nobody else anything.
const FILE_MODE: u32 = 0o600;

/// One record of an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Of which log, in hexadecimal.
    pub log_id: String,
    /// The position of the record.
    pub record: Seq,
    /// On what grounds.
    pub basis: String,
    /// The role of who asked for it.
    pub requested_by: String,
    /// The fields of each event: commitment in hexadecimal, and the pointer that named it.
    pub erased: BTreeMap<Seq, Vec<(String, String)>>,
}

impl Line {
    /// The line of a record.
    pub fn new(
        log: &LogId,
        record: Seq,
        (basis, requested_by): (&str, &str),
        erased: &BTreeMap<Seq, Vec<ErasedField>>,
    ) -> Self {
        let of = |fields: &Vec<ErasedField>| {
            fields.iter().map(|it| (Hex(&it.commitment).to_string(), it.pointer.clone())).collect()
        };
        Self {
            log_id: log.to_string(),
            record,
            basis: basis.to_owned(),
            requested_by: requested_by.to_owned(),
            erased: erased.iter().map(|(seq, fields)| (*seq, of(fields))).collect(),
        }
    }
}

/// The file. Lines are only ever added.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// Held while lines are added.
    adding: Mutex<()>,
}

impl Ledger {
    /// The ledger of a data directory; it need not be there yet.
    pub fn of(data: &Path) -> Self {
        Self { path: data.join(FILE), adding: Mutex::default() }
    }

    /// Every line.
    ///
    /// # Errors
    /// When it cannot be read, or holds what was never written to it. A last line that was cut off while it was written is
    /// passed over: its erasure was not acknowledged, and the log knows of it.
    pub fn read(&self) -> io::Result<Vec<Line>> {
        let mut text = String::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_string(&mut text)?,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(why),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines().filter(|line| !line.is_empty()).enumerate().map(|(at, line)| {
            let damaged = |why| {
                let what = format!("line {} of {} cannot be read: {why}", at + 1, self.path.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            };
            serde_json::from_str(line).map_err(damaged)
        });
        lines.collect()
    }

    /// Adds lines; they are on the disk when this returns.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(&self, lines: &[Line]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        let _turn = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !self.path.exists();
        let options = OpenOptions::new().read(true).append(true).create(true).mode(FILE_MODE).clone();
        let mut file = options.open(&self.path)?;
        cut_torn_line(&mut file)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        match self.path.parent().filter(|_| is_new) {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Takes a last line away that has no end.
fn cut_torn_line(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole < bytes.len() { file.set_len(whole as u64) } else { Ok(()) }
}
