//! Receipts of writes: what the server answered, each with the proof that it is in the log, a JSON object a line.
//!
//! Deliberately absent: holding them against the log later, which is `verify`'s.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, bail};
use everlog_core::checkpoint::VerifierKey;
use everlog_core::hex;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::proof::{Proof, VerifyError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::place::Place;

/// What every line says that it is.
const FORMAT: &str = "everlog-receipt/v1";
/// How a file of receipts begins: the format is the first member of every line.
pub(super) const BEGINNING: &[u8] = b"{\"format\":\"everlog-receipt/";
/// Longest line, in bytes: an answer, and a proof of the longest kind, escaped.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReceipt {
    format: String,
    organization: String,
    answer: Value,
    proof: String,
}

/// A receipt: a server said that it recorded an event, and proved it.
pub(super) struct Receipt {
    pub organization: OrgId,
    pub seq: Seq,
    pub leaf: Hash,
    /// The event's id and when it was received, as the answer says.
    pub id: String,
    pub received_at: String,
    pub proof: Proof,
}

impl Receipt {
    /// # Errors
    /// Says why a line is none.
    pub fn parse(line: &[u8]) -> anyhow::Result<Self> {
        let raw: RawReceipt = serde_json::from_slice(line)?;
        if raw.format != FORMAT {
            bail!("it is of the format {:?}; only {FORMAT} is known", raw.format);
        }
        let proof = Proof::parse(&raw.proof)?;
        let (seq, leaf) = acknowledged(&raw.answer).context("its answer names no position and leaf hash")?;
        if proof.index != seq {
            bail!("its proof is of event {}, its answer of event {seq}", proof.index);
        }
        let text = |name: &str| raw.answer[name].as_str().unwrap_or_default().to_owned();
        let organization = OrgId::try_from(raw.organization)?;
        Ok(Self { organization, seq, leaf, id: text("id"), received_at: text("received_at"), proof })
    }
}

/// Position and leaf hash of an answer; nothing where the write was refused.
fn acknowledged(answer: &Value) -> Option<(Seq, Hash)> {
    Some((Seq(answer["seq"].as_u64()?), hex::decode(answer["leaf_hash"].as_str()?)?))
}

/// A file that receipts are added to, by one writer at a time.
pub(super) struct Receipts {
    file: File,
    organization: OrgId,
    keys: Vec<VerifierKey>,
}

impl Receipts {
    /// Opens or makes the file. A last line that was cut off, as by a crash, is taken away: it proves nothing.
    ///
    /// # Errors
    /// When it holds something else, or somebody else adds to it.
    pub fn open(path: &Path, organization: &OrgId, keys: Vec<VerifierKey>) -> anyhow::Result<Self> {
        let told = || format!("{} cannot be written", path.display());
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).with_context(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("{} gets receipts from another process already", path.display())
            }
            Err(TryLockError::Error(why)) => return Err(why).with_context(told),
        }
        let length = file.metadata().with_context(told)?.len();
        let whole = whole_lines(&mut file, length).with_context(told)?;
        let mut beginning = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        (&file).take(BEGINNING.len() as u64).read_to_end(&mut beginning)?;
        if !BEGINNING.starts_with(&beginning) {
            bail!("{} holds something else than receipts; give another file", path.display());
        }
        if whole < length {
            eprintln!("everlog: the last line of {} was cut off and is taken away", path.display());
            file.set_len(whole).with_context(told)?;
        }
        file.sync_all().with_context(told)?;
        // That the file is there must be durable, too.
        if let Some(directory) = path.parent() {
            let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
            File::open(directory).and_then(|it| it.sync_all()).with_context(told)?;
        }
        Ok(Self { file, organization: organization.clone(), keys })
    }

    /// Keeps the receipts of a group of writes; they are on the disk when this returns.
    ///
    /// # Errors
    /// When a proof cannot be had, does not hold, or cannot be kept. What was written is recorded all the same.
    pub fn keep(&mut self, place: &Place, answers: &[Value]) -> anyhow::Result<()> {
        let recorded: Vec<_> =
            answers.iter().filter_map(|answer| Some((answer, acknowledged(answer)?))).collect();
        let Some(last) = recorded.iter().map(|(_, (seq, _))| *seq).max() else { return Ok(()) };
        // All under one head: fewer are asked for when they are held against the log.
        let size = self.check(&place.inclusion(last, None)?, None)?;
        let mut lines = Vec::new();
        for (answer, (seq, leaf)) in recorded {
            let proof = place.inclusion(seq, Some(size))?;
            self.check(&proof, Some((seq, &leaf)))?;
            let receipt = RawReceipt {
                format: FORMAT.to_owned(),
                organization: self.organization.to_string(),
                answer: answer.clone(),
                proof: proof.to_string(),
            };
            serde_json::to_writer(&mut lines, &receipt)?;
            lines.push(b'\n');
        }
        self.file
            .write_all(&lines)
            .and_then(|()| self.file.sync_data())
            .context("the receipts cannot be kept")
    }

    /// The signed size of a proof. One that does not hold is worth nothing later, and is told now.
    fn check(&self, proof: &Proof, leaf: Option<(Seq, &Hash)>) -> anyhow::Result<Size> {
        let head = match leaf {
            None => opened(&self.keys, |key| key.open(&proof.note).map_err(VerifyError::Checkpoint)),
            Some((seq, _)) if proof.index != seq => bail!("the server proves another event than {seq}"),
            Some((_, leaf)) => opened(&self.keys, |key| proof.verify(leaf, key)),
        };
        Ok(head.context("the server's proof of what it recorded does not hold")?.size)
    }
}

/// What the first key opens that signed; the last refusal where none did.
///
/// # Errors
/// As `open` says; a fault other than that the key did not sign is final.
pub(super) fn opened<T>(
    keys: &[VerifierKey],
    open: impl Fn(&VerifierKey) -> Result<T, VerifyError>,
) -> Result<T, VerifyError> {
    use everlog_core::checkpoint::NoteError;
    let mut refused = VerifyError::Checkpoint(NoteError::Malformed);
    for key in keys {
        match open(key) {
            Err(why @ VerifyError::Checkpoint(NoteError::NotSigned { .. })) => refused = why,
            told => return told,
        }
    }
    Err(refused)
}

/// How many bytes there are up to the end of the last whole line.
fn whole_lines(file: &mut File, length: u64) -> std::io::Result<u64> {
    let start = length.saturating_sub(LINE_BYTES_MAX as u64 + 1);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(LINE_BYTES_MAX as u64 + 1).read_to_end(&mut tail)?;
    let end = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
    Ok(if end == 0 && start > 0 { length } else { start + end })
}
