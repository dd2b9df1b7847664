//! Signed heads: when a head is signed, and the one that was signed last.
//!
//! Nothing is signed that was not read again, and nobody is given what is not kept. A store that does not go on from what was
//! signed last is only read from then on. Deliberately absent: what is signed (`core::checkpoint`).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use everlog_core::checkpoint::{Checkpoint, LogKeys, VerifierKey};
use everlog_core::ids::Size;
use everlog_core::leaf::LogId;
use everlog_core::merkle::Frontier;
use tokio::sync::broadcast;

use crate::access::Organization;
use crate::app::Parts;
use crate::config::Config;
use crate::log::{Log, now_ms};
use crate::signed::{Cosigned, Found, Kept, KeptError, SignedHeads};
use crate::store::closed::{Closed, LastSigned};
use crate::store::{Head, OrgCode, OrganizationRow, Store, StoreError};

mod hand_out;
mod reread;
mod witnesses;

use witnesses::Witnesses;

/// How long a signed checkpoint serves a growing log, in milliseconds: a log is signed at most so often.
pub(super) const CHECKPOINT_MS: u64 = 1_000;
/// How many announcements may wait for whoever hands heads out; who has missed some looks at every log.
const ANNOUNCEMENTS_MAX: usize = 1_024;

/// The signed head of a log.
#[derive(Clone, Debug)]
pub struct SignedHead {
    /// When it was signed, in milliseconds since 1970; not part of what is signed.
    pub signed_ms: u64,
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    /// What witnesses say of it, as far as they have answered: a line each, without its line break.
    pub cosignatures: Vec<String>,
}

impl SignedHead {
    /// The note with what witnesses say of it.
    pub fn cosigned_note(&self) -> String {
        let lines = self.cosignatures.iter().flat_map(|line| [line, "\n"]);
        std::iter::once(self.note.as_str()).chain(lines).collect()
    }
}

/// What signing has in common for all logs.
pub struct Checkpoints {
    keys: LogKeys,
    files: SignedHeads,
    logs: Mutex<HashMap<OrgCode, Arc<Mutex<Signing>>>>,
    /// Of how many logs a signed head is kept that the store does not hold at all: it is older than they are.
    pub lost_logs: usize,
    /// Heads that were signed.
    pub signed: AtomicU64,
    /// Told of every log whose head was signed or cosigned.
    announced: broadcast::Sender<OrgCode>,
    /// Who cosigns.
    pub witnesses: Witnesses,
    /// Where every signed head lands for others.
    directory: Option<PathBuf>,
    /// Files there that could not be written.
    pub files_failed: AtomicU64,
}

/// What is known of one log. Whoever holds it signs.
#[derive(Default)]
struct Signing {
    /// The tree of everything that was read again since the start, or before what was kept was signed.
    verified: Frontier,
    /// What was signed last, and when.
    signed: Option<(Frontier, u64)>,
    /// The same with its signatures, where they are those of the keys in force.
    head: Option<SignedHead>,
    /// The newest that witnesses have cosigned.
    cosigned: Option<SignedHead>,
}

impl Checkpoints {
    /// Reads what was signed last and holds every log against it, by one look each. Those that went back are closed.
    pub(super) fn open(
        config: &Config,
        keys: LogKeys,
        store: &dyn Store,
        log: &Log,
    ) -> Result<Self, StoreError> {
        let (files, mut found, is_new) = SignedHeads::open(&config.data())?;
        let mut logs = HashMap::new();
        let mut events = 0;
        for org in store.organizations()? {
            let Some(kept) = found.remove(&org.log_id) else {
                events += if is_new { store.head(org.code)?.size.0 } else { 0 };
                continue;
            };
            let head = store.head(org.code)?;
            let signing = kept.map_err(|why| {
                let error = &why as &dyn std::error::Error;
                tracing::error!(org.id = %org.id, error, "the signed head that was kept is damaged");
                Closed::Unreadable
            });
            match signing.and_then(|kept| Signing::resume(kept, &org, &head, &keys)) {
                Ok(signing) => drop(logs.insert(org.code, Arc::new(Mutex::new(signing)))),
                Err(why) => close(log, &org, why),
            }
        }
        if events > 0 {
            tracing::warn!(events, "no signed head is kept of what the store holds: it is taken as it is");
        }
        let lost_logs = lost(&found);
        Ok(Self {
            keys,
            files,
            logs: Mutex::new(logs),
            lost_logs,
            signed: AtomicU64::new(0),
            announced: broadcast::Sender::new(ANNOUNCEMENTS_MAX),
            witnesses: Witnesses::new(&config.witness),
            directory: config.checkpoint_dir.clone(),
            files_failed: AtomicU64::new(0),
        })
    }

    /// The note of a log as it was when it was smaller; the caller knows that the signed head continues it.
    pub(super) fn sign_older(&self, checkpoint: &Checkpoint) -> String {
        self.keys.sign(checkpoint)
    }

    /// What lies on the disk of the last signed head of a log.
    pub(super) fn kept(&self, log_id: &LogId) -> Option<Result<Kept, KeptError>> {
        self.files.kept(log_id)
    }

    fn of(&self, org: OrgCode) -> Arc<Mutex<Signing>> {
        Arc::clone(self.logs.lock().unwrap_or_else(PoisonError::into_inner).entry(org).or_default())
    }
}

/// Makes a log one that is only read, and says so.
fn close(log: &Log, org: &OrganizationRow, why: Closed) {
    tracing::error!(org.id = %org.id, code = why.code(), %why, "a log is only read from now on");
    log.close(org.code, why);
}

/// Says of which logs only the signed head is left.
fn lost(found: &Found) -> usize {
    for (log_id, kept) in found {
        let signed_ms = kept.as_ref().map_or(0, |kept| kept.signed_ms);
        let signed = LastSigned { size: Size(0), signed_ms }.time();
        tracing::error!(log.id = %log_id, %signed, "a log was signed that the store does not hold: it is from before it was made");
    }
    found.len()
}

/// Whose line it is: the word behind the dash.
fn signer(line: &str) -> Option<&str> {
    line.split(' ').nth(1)
}

fn origin(org: &OrganizationRow) -> String {
    format!("{}/log/{}", org.log_host, org.log_id)
}

impl Signing {
    /// Goes on from what was kept, if the store does.
    fn resume(kept: Kept, org: &OrganizationRow, head: &Head, keys: &LogKeys) -> Result<Self, Closed> {
        let Kept { signed_ms, frontier, note, cosigned } = kept;
        let signed = LastSigned { size: frontier.size(), signed_ms };
        if head.size < signed.size {
            return Err(Closed::WentBack { size: head.size, signed });
        }
        if head.size == signed.size && head.frontier != frontier {
            return Err(Closed::Rewritten(signed));
        }
        let opened = keys.newest().open(&note).ok();
        if opened.as_ref().is_some_and(|checkpoint| checkpoint.origin != origin(org)) {
            return Err(Closed::Unreadable);
        }
        // What other keys of ours have signed is signed anew: every key in force signs, and none that is retired.
        let opened = opened.filter(|checkpoint| is_by_all(keys, checkpoint, &note));
        let mut head =
            opened.map(|checkpoint| SignedHead { signed_ms, checkpoint, note, cosignatures: Vec::new() });
        let cosigned = cosigned.and_then(|it| {
            let Cosigned { signed_ms, note, cosignatures } = it;
            let checkpoint = keys.newest().open(&note).ok().filter(|it| is_by_all(keys, it, &note))?;
            Some(SignedHead { signed_ms, checkpoint, note, cosignatures })
        });
        if let (Some(head), Some(cosigned)) = (&mut head, &cosigned)
            && head.note == cosigned.note
        {
            head.cosignatures.clone_from(&cosigned.cosignatures);
        }
        Ok(Self { verified: frontier.clone(), signed: Some((frontier, signed_ms)), head, cosigned })
    }
}

/// Whether every key in force has signed a note, and none that is retired.
fn is_by_all(keys: &LogKeys, checkpoint: &Checkpoint, note: &str) -> bool {
    note.starts_with(&keys.sign(checkpoint)) && keys.retired().iter().all(|key| key.open(note).is_err())
}

/// What is written of a log.
fn kept(frontier: &Frontier, head: &SignedHead, cosigned: Option<&SignedHead>) -> Kept {
    let cosigned = cosigned.map(|it| Cosigned {
        signed_ms: it.signed_ms,
        note: it.note.clone(),
        cosignatures: it.cosignatures.clone(),
    });
    Kept { signed_ms: head.signed_ms, frontier: frontier.clone(), note: head.note.clone(), cosigned }
}

impl Parts {
    /// The signed head of a log; signed anew when the log grew, at most once a second.
    ///
    /// # Errors
    /// As [`Self::checkpoint_covering`].
    pub fn checkpoint(&self, org: &Organization) -> Result<SignedHead, StoreError> {
        self.checkpoint_covering(org, Size(0))
    }

    /// The same, of at least this size, whenever the last one was signed: what is proven must be under the signature.
    ///
    /// # Errors
    /// When the store cannot be read, what is signed cannot be kept, or the log is closed: because what is stored is not
    /// what was signed before, or does not give its own head.
    pub fn checkpoint_covering(&self, org: &Organization, least: Size) -> Result<SignedHead, StoreError> {
        if let Some(why) = self.log.closed(org.code()) {
            return Err(why.into());
        }
        let signing = self.checkpoints.of(org.code());
        let mut signing = signing.lock().unwrap_or_else(PoisonError::into_inner);
        let head = self.store.head(org.code())?;
        let now = now_ms();
        if let Some(kept) = &signing.head
            && (kept.checkpoint.size == head.size
                || (kept.checkpoint.size >= least && now < kept.signed_ms + CHECKPOINT_MS))
        {
            return Ok(kept.clone());
        }
        let Signing { verified, signed, .. } = &mut *signing;
        let signed = signed.as_ref().map(|(frontier, signed_ms)| (frontier, *signed_ms));
        let read = reread::read_again(self.store.as_ref(), org.entry(), verified, signed, &head);
        if let Err(StoreError::Closed(why)) = &read {
            close(&self.log, &org.entry().row, *why);
        }
        read?;
        self.sign(&org.entry().row, &mut signing, now)
    }

    /// Signs what was read again, and keeps it before anybody sees it.
    fn sign(
        &self,
        org: &OrganizationRow,
        signing: &mut Signing,
        now_ms: u64,
    ) -> Result<SignedHead, StoreError> {
        let Checkpoints { keys, files, signed, announced, .. } = &self.checkpoints;
        let frontier = signing.verified.clone();
        let checkpoint = Checkpoint { origin: origin(org), size: frontier.size(), root: frontier.root() };
        let note = keys.sign(&checkpoint);
        let made = SignedHead { signed_ms: now_ms, checkpoint, note, cosignatures: Vec::new() };
        files.replace(&org.log_id, &kept(&frontier, &made, signing.cosigned.as_ref()))?;
        signed.fetch_add(1, Ordering::Relaxed);
        (signing.signed, signing.head) = (Some((frontier, now_ms)), Some(made.clone()));
        // Nobody listening is no fault.
        drop(announced.send(org.code));
        Ok(made)
    }

    /// The newest signed head that at least one witness has cosigned, if there is one.
    ///
    /// # Errors
    /// When the log is closed.
    pub fn cosigned_checkpoint(&self, org: &Organization) -> Result<Option<SignedHead>, StoreError> {
        if let Some(why) = self.log.closed(org.code()) {
            return Err(why.into());
        }
        let signing = self.checkpoints.of(org.code());
        let cosigned = signing.lock().unwrap_or_else(PoisonError::into_inner).cosigned.clone();
        Ok(cosigned)
    }

    /// The head of a log that was signed last, if one was.
    fn last_signed(&self, org: OrgCode) -> Option<SignedHead> {
        let signing = self.checkpoints.of(org);
        let head = signing.lock().unwrap_or_else(PoisonError::into_inner).head.clone();
        head.filter(|_| self.log.closed(org).is_none())
    }

    /// Keeps what a witness says of a head. What it says of one that is older than another that is cosigned is not needed.
    fn keep_cosignature(&self, org: &OrganizationRow, of: &SignedHead, line: &str) -> Result<(), StoreError> {
        let signing = self.checkpoints.of(org.code);
        let mut signing = signing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cosigned = match &signing.cosigned {
            Some(newer) if newer.checkpoint.size > of.checkpoint.size => return Ok(()),
            Some(same) if same.note == of.note => same.clone(),
            _ => SignedHead { cosignatures: Vec::new(), ..of.clone() },
        };
        cosigned.cosignatures.retain(|known| signer(known) != signer(line));
        cosigned.cosignatures.push(line.to_owned());
        let Signing { signed: Some((frontier, _)), head: Some(head), .. } = &mut *signing else {
            return Ok(());
        };
        self.checkpoints.files.replace(&org.log_id, &kept(frontier, head, Some(&cosigned)))?;
        if head.note == cosigned.note {
            head.cosignatures.clone_from(&cosigned.cosignatures);
        }
        signing.cosigned = Some(cosigned);
        // Nobody listening is no fault.
        drop(self.checkpoints.announced.send(org.code));
        Ok(())
    }

    /// The keys that checkpoints of this installation are verified with: those that sign, newest first, and those that did.
    pub fn trusted_keys(&self) -> Vec<VerifierKey> {
        self.checkpoints.keys.verifiers().cloned().collect()
    }

    /// The newest of them, as one line.
    pub fn verifier_key(&self) -> String {
        self.checkpoints.keys.newest().to_string()
    }
}
