//! The background check of a running server: every event and every file is read again in its time, a little at once.
//!
//! How far it has come is kept, so that a restart goes on from there. What it finds is recorded in the log it is found in,
//! once, and told to whoever reads the server's log. Deliberately absent: what is compared with the whole of a log (states,
//! erasures, the index), which `fsck` does while nobody writes; and any read of the store that lasts.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog_core::hex::Hex;
use everlog_core::ids::{Seq, Size};
use everlog_core::merkle::Frontier;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::directory::Entry;
use crate::fsck::{self, Attached, Chain, FAULTS_MAX, Fault, Place, Told};
use crate::log::{Source, now_ms};
use crate::signed::{Kept, replace_file};
use crate::store::{Head, OrgCode, StoreError};

/// How often everything is read again when nothing is said.
pub const DAYS_DEFAULT: u64 = 7;
/// The share of one core that it takes at most, in percent.
const SHARE_PERCENT: u32 = 5;
/// How long a server runs before it begins: starting is work enough.
const BEGIN_AFTER: Duration = Duration::from_secs(60);
/// How long it waits when nothing is due, or when the store does not answer.
const IDLE: Duration = Duration::from_secs(60);
/// How many rows are read together: no read lasts, and an event has at most a few hundred KiB.
const GROUP_ROWS: u64 = 100;
/// How many steps are worked off between two notes of how far it has come.
const STEPS_A_NOTE: u64 = 500;
/// The file in the data directory that says how far it has come.
const FILE: &str = "scrub.json";
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// How far it has come, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    /// The log that is being read, while a round lasts.
    at: Option<At>,
    /// Events read in this round, or the last.
    events: u64,
    /// Faults found in this round, or the last.
    faults: u64,
    /// Faults found in the round before this one.
    faults_before: u64,
    /// When a round ended last, in milliseconds since 1970.
    finished_ms: Option<u64>,
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    org: u32,
    next: Seq,
    received_ms: u64,
    /// The tree of what was read, as a frontier in base64; none where it cannot be known.
    tree: Option<String>,
}

/// A log that is being read.
struct Turn {
    org: Arc<Entry>,
    chain: Chain,
    /// Where the log ended when its turn came.
    head: Head,
    /// What was signed of it then.
    kept: Option<Kept>,
    /// Faults found in it.
    faults: usize,
}

/// What is to be told.
struct Found {
    org: Arc<Entry>,
    fault: Fault,
}

/// What a step came to.
enum Step {
    Worked(Vec<Found>),
    Idle,
}

/// The background check, as everyone sees it.
pub struct Scrub {
    file: PathBuf,
    period_ms: u64,
    /// Held by whoever reads; there is one.
    state: Mutex<State>,
    /// Events read in this round, or the last.
    pub events: AtomicU64,
    /// Faults found in the last whole round or in this one, whichever are more.
    pub faults: AtomicU64,
    /// When a round ended last, in milliseconds since 1970; 0 before.
    pub finished_ms: AtomicU64,
}

#[derive(Default)]
struct State {
    note: Note,
    turn: Option<Turn>,
    steps: u64,
}

impl Scrub {
    pub(super) fn open(data: &Path, days: Option<u64>) -> Self {
        let file = data.join(FILE);
        // Without a note it begins anew, which is what a damaged one is worth.
        let note: Note = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let period_ms = days.unwrap_or(DAYS_DEFAULT).saturating_mul(DAY_MS);
        let scrub = Self {
            file,
            period_ms,
            state: Mutex::new(State { note: note.clone(), ..State::default() }),
            events: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            finished_ms: AtomicU64::new(0),
        };
        scrub.show(&note);
        scrub
    }

    fn show(&self, note: &Note) {
        self.events.store(note.events, Ordering::Relaxed);
        self.faults.store(note.faults.max(note.faults_before), Ordering::Relaxed);
        self.finished_ms.store(note.finished_ms.unwrap_or(0), Ordering::Relaxed);
    }

    fn keep(&self, note: &Note) {
        let mut new = self.file.clone().into_os_string();
        new.push(".new");
        let directory = self.file.parent().unwrap_or(Path::new("."));
        let kept = serde_json::to_vec(note)
            .map_err(Into::into)
            .and_then(|bytes| replace_file(directory, Path::new(&new), &self.file, &bytes, 0o600));
        if let Err(why) = kept {
            // What is not noted is read again.
            tracing::warn!(
                error = &why as &dyn std::error::Error,
                "how far the check has come cannot be kept"
            );
        }
    }
}

impl App {
    /// Reads everything again and again, slowly, until the server stops.
    pub async fn keep_scrubbing(self) {
        if self.scrub.period_ms == 0 {
            return;
        }
        let mut pause = BEGIN_AFTER;
        loop {
            tokio::select! {
                () = self.stopping.wait() => break,
                () = tokio::time::sleep(pause) => {}
            }
            let started = Instant::now();
            pause = match self.scrub_step(false).await {
                Ok(true) => started.elapsed() * (100 - SHARE_PERCENT) / SHARE_PERCENT,
                Ok(false) => IDLE,
                Err(why) => {
                    let error = &why as &dyn std::error::Error;
                    tracing::error!(error, "the check of the stored logs cannot go on now");
                    IDLE
                }
            };
        }
        self.scrub.keep(&self.scrub.state.lock().unwrap_or_else(PoisonError::into_inner).note);
    }

    /// Reads everything once, or what is left of a round, without a pause. Gives the faults of the round.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn scrub_now(&self) -> Result<u64, StoreError> {
        let mut is_due = true;
        while self.scrub_step(is_due).await? {
            is_due = false;
        }
        Ok(self.scrub.state.lock().unwrap_or_else(PoisonError::into_inner).note.faults)
    }

    /// Reads a little more; false when nothing is due.
    async fn scrub_step(&self, is_due: bool) -> Result<bool, StoreError> {
        let app = self.clone();
        let step = tokio::task::spawn_blocking(move || app.read_on(is_due)).await;
        let gone = |why| StoreError::Io { doing: "read in the background", source: Box::new(why) };
        let Step::Worked(found) = step.map_err(gone)?? else { return Ok(false) };
        for Found { org, fault } in found {
            self.tell_fault(&org, &fault).await;
        }
        Ok(true)
    }

    /// Says what was found, and records it. It is recorded once: the same fault has the same id in every round.
    async fn tell_fault(&self, org: &Arc<Entry>, fault: &Fault) {
        let seq = fault.seq.map(|seq| seq.0);
        tracing::error!(org.id = %org.row.id, event.seq = seq, why = fault.what, "what is stored is damaged");
        let named = fault.seq.map_or_else(|| fault.what.clone(), |seq| format!("event {seq}"));
        let id = Sha256::digest(format!("{}\0{named}", org.row.log_id));
        let mut metadata = serde_json::Map::new();
        metadata.extend(seq.map(|seq| ("seq".to_owned(), seq.into())));
        let event = json!({
            "id": format!("scrub-{}", Hex(&id[..16])),
            "action": "scrub.failed",
            "actor": {"type": "system"},
            "outcome": "failure",
            "reason": match fault.seq {
                Some(seq) => format!("event {seq}: {}", fault.what),
                None => fault.what.clone(),
            },
            "metadata": metadata,
        });
        if let Err(why) = self.log.offer_own(org, &Source::server(), event).await {
            tracing::warn!(org.id = %org.row.id, error = &why as &dyn std::error::Error, "a fault cannot be recorded");
        }
    }

    /// One step, where waiting for the disk harms nobody.
    fn read_on(&self, is_due: bool) -> Result<Step, StoreError> {
        let mut state = self.scrub.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        if state.note.at.is_none() {
            let last_ms = state.note.finished_ms.unwrap_or(0);
            if !(is_due || now_ms() >= last_ms.saturating_add(self.scrub.period_ms)) {
                return Ok(Step::Idle);
            }
            let at = At { org: 0, next: Seq(0), received_ms: 0, tree: tree_text(Some(&Frontier::new())) };
            let faults_before = state.note.faults;
            state.note = Note { at: Some(at), events: 0, faults: 0, faults_before, ..state.note.clone() };
        }
        let mut found = Vec::new();
        if state.turn.is_none() {
            state.turn = self.next_turn(&state.note, &mut found)?;
        }
        match &mut state.turn {
            Some(turn) => {
                let is_over = match self.read_group(turn, &mut state.note, &mut found) {
                    Ok(is_over) => is_over,
                    Err(why) => {
                        // What was read of it counts for nothing: its files were not.
                        state.turn = None;
                        return Err(why);
                    }
                };
                if is_over {
                    let next = turn.org.row.code.0 + 1;
                    let tree = tree_text(Some(&Frontier::new()));
                    state.note.at = Some(At { org: next, next: Seq(0), received_ms: 0, tree });
                    state.turn = None;
                }
            }
            None => {
                let Note { at, finished_ms, faults, faults_before, .. } = &mut state.note;
                (*at, *finished_ms, *faults_before) = (None, Some(now_ms()), *faults);
                tracing::info!(
                    events = state.note.events,
                    faults = state.note.faults,
                    "every stored event was read again"
                );
            }
        }
        state.note.faults += found.len() as u64;
        self.scrub.show(&state.note);
        state.steps += 1;
        if state.turn.is_none() || state.steps.is_multiple_of(STEPS_A_NOTE) {
            self.scrub.keep(&state.note);
        }
        Ok(Step::Worked(found))
    }

    /// The log that the note names, or the next one behind it; none when all were read.
    fn next_turn(&self, note: &Note, found: &mut Vec<Found>) -> Result<Option<Turn>, StoreError> {
        let Some(at) = &note.at else { return Ok(None) };
        let mut codes: Vec<_> = self.store.organizations()?.into_iter().map(|row| row.code).collect();
        codes.sort_unstable();
        for code in codes.into_iter().filter(|code| code.0 >= at.org) {
            match self.directory.by_code(code) {
                Ok(None) => {}
                Ok(Some(org)) => match self.turn(org, at, found)? {
                    None => {}
                    turn => return Ok(turn),
                },
                Err(why) => {
                    let error = &why as &dyn std::error::Error;
                    tracing::error!(org.code = code.0, error, "a log cannot be opened to be checked");
                }
            }
        }
        Ok(None)
    }

    /// Begins with a log, or goes on where the note says; none when its head cannot be read.
    fn turn(&self, org: Arc<Entry>, at: &At, found: &mut Vec<Found>) -> Result<Option<Turn>, StoreError> {
        let code = org.row.code;
        let mut faults = 0;
        let mut tell = |seq, what| {
            faults += 1;
            let fault = Fault { organization: Some(org.row.id.clone()), seq, what };
            found.push(Found { org: Arc::clone(&org), fault });
        };
        let head = match self.store.head(code) {
            Err(StoreError::Corrupt(why)) => {
                tell(None, format!("its head cannot be read: {why}"));
                return Ok(None);
            }
            head => head?,
        };
        let kept = match self.checkpoints.kept(&org.row.log_id) {
            Some(Err(why)) => {
                tell(None, format!("what was signed of it last is kept and cannot be read: {why}"));
                None
            }
            kept => kept.and_then(Result::ok),
        };
        if let Some((seq, what)) = kept.as_ref().and_then(|kept| fsck::check_size(kept, head.size)) {
            tell(Some(seq), what);
        }
        let mut chain = Chain::default();
        if code.0 == at.org && head.size.0 >= at.next.0 {
            chain = Chain::from(at.next, at.received_ms, at.tree.as_deref().and_then(tree_of));
        }
        Ok(Some(Turn { org, chain, head, kept, faults }))
    }

    /// Reads the next rows of a log and the files that they name; says whether its end is reached.
    fn read_group(
        &self,
        turn: &mut Turn,
        note: &mut Note,
        found: &mut Vec<Found>,
    ) -> Result<bool, StoreError> {
        let Turn { org, chain, head, kept, faults } = turn;
        let from = chain.next;
        let to = Size(head.size.0.min(from.0 + GROUP_ROWS));
        let (mut told, mut files) = (Told::new(), Vec::new());
        for place in fsck::read(self.store.as_ref(), org, from, to)? {
            let seq = chain.next;
            chain.take(&place, kept.as_ref(), &mut told);
            if let Place::Read(reading) = &place {
                files.extend(reading.event.as_ref().and_then(fsck::attached).map(|file| (seq, file)));
            }
        }
        let code = org.row.code;
        for (seq, file) in files {
            // What is taken away meanwhile is not named any more.
            if self.names(code, &file)?
                && let Some(what) = fsck::check_file(&self.blobs, code, &file)?
                && self.names(code, &file)?
            {
                told.push((seq, what));
            }
        }
        note.events += chain.next.0 - from.0;
        let is_over = !head.size.holds(chain.next);
        let mut general = None;
        if is_over {
            chain.end(&mut told);
            let is_other = chain.tree.as_ref().is_some_and(|tree| *tree != head.frontier);
            general = is_other.then(|| "the head's tree is not the tree of the events".to_owned());
        }
        let told = told.into_iter().map(|(seq, what)| (Some(seq), what));
        for (seq, what) in told.chain(general.map(|what| (None, what))) {
            *faults += 1;
            if *faults <= FAULTS_MAX {
                let fault = Fault { organization: Some(org.row.id.clone()), seq, what };
                found.push(Found { org: Arc::clone(org), fault });
            }
        }
        note.at = Some(At {
            org: code.0,
            next: chain.next,
            received_ms: chain.received_ms,
            tree: tree_text(chain.tree.as_ref()),
        });
        Ok(is_over)
    }

    fn names(&self, org: OrgCode, file: &Attached) -> Result<bool, StoreError> {
        let row = self.store.subject(org, file.subject.as_str())?;
        row.map_or(Ok(false), |row| Ok(fsck::names(&row.decoded()?, &file.sha256)))
    }
}

fn tree_text(tree: Option<&Frontier>) -> Option<String> {
    tree.map(|tree| STANDARD.encode(tree.to_bytes()))
}

fn tree_of(text: &str) -> Option<Frontier> {
    Frontier::from_bytes(&STANDARD.decode(text).ok()?).ok()
}
