//! Asking witnesses to cosign what was signed: each on its own, however slow another is.
//!
//! Worked once: t0 a head of 7 is signed. t1 the witness, of which nothing is known, is asked with an old size of 0. t2 it
//! answers 409: it stands at 5. t3 it is asked again with the proof from 5 to 7, and cosigns. t4 its line is kept beside the
//! head, and stands in the note from then on. Deliberately absent: judging who is right when a witness has seen another log:
//! that is told, and somebody must look.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use everlog_core::ids::Size;
use everlog_core::leaf::Hash;
use tokio::sync::oneshot;

use crate::access::Organization;
use crate::app::App;
use crate::app::checkpoints::{SignedHead, signer};
use crate::app::scheduler::RoundError;
use crate::log::now_ms;
use crate::read::ReadError;
use crate::store::{OrgCode, StoreError};
use crate::witness::{Answer, AskError, Asker, Witness};

/// How long is waited after a failure, at first and at most, in milliseconds; twice as long after every one.
const REST_MS: (u64, u64) = (2_000, 15 * 60 * 1_000);
/// How often one head is shown to a witness that tells each time where it stands.
const TRIES_MAX: u32 = 3;

/// Who cosigns, and what became of asking.
pub struct Witnesses {
    askers: Vec<Arc<Asker>>,
    /// Cosignatures that were given.
    pub cosigned: AtomicU64,
    /// Questions that were not answered by one.
    pub failed: AtomicU64,
    /// Of these, those where the witness has seen another log.
    pub contradicted: AtomicU64,
}

/// Why a witness does not cosign a head.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Ask(#[from] AskError),
    /// It has cosigned a larger head than there is: the log went back.
    #[error("it has cosigned {stands} events of this log, which holds {size}")]
    Ahead { stands: Size, size: Size },
    /// It does not take the proof from where it says that it stands.
    #[error("it has cosigned another log of {0} events")]
    Other(Size),
    #[error(transparent)]
    Round(#[from] RoundError),
}

impl Fault {
    /// Whether the witness has seen what this log is not.
    fn is_contradiction(&self) -> bool {
        matches!(self, Self::Ahead { .. } | Self::Other(_) | Self::Ask(AskError::NotContinued))
    }
}

/// What is known of a log at one witness.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// What it has cosigned last, as far as is known.
    stands: Size,
    failures: u32,
    /// When it is asked, if it is.
    due_ms: Option<u64>,
}

impl Witnesses {
    pub(super) fn new(witnesses: &[Witness]) -> Self {
        Self {
            askers: witnesses.iter().map(|it| Arc::new(Asker::new(it.clone()))).collect(),
            cosigned: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            contradicted: AtomicU64::new(0),
        }
    }

    pub(super) fn askers(&self) -> Vec<Arc<Asker>> {
        self.askers.clone()
    }
}

impl App {
    /// Shows one witness every head that is signed, until the server stops.
    pub(super) async fn keep_asking(self, asker: Arc<Asker>) {
        let mut announced = self.checkpoints.announced.subscribe();
        let mut logs: HashMap<OrgCode, Standing> = HashMap::new();
        let mut unreached = 0;
        let due = |logs: &mut HashMap<OrgCode, Standing>, org| {
            logs.entry(org).or_default().due_ms.get_or_insert(0);
        };
        for org in self.every_log().await {
            due(&mut logs, org);
        }
        loop {
            let now = now_ms();
            let next = logs.iter().filter_map(|(org, log)| Some((log.due_ms?, *org))).min();
            let wait = next.map_or(Duration::MAX, |(due, _)| Duration::from_millis(due.saturating_sub(now)));
            tokio::select! {
                () = self.stopping.wait() => return,
                heard = announced.recv() => match heard {
                    Ok(org) => due(&mut logs, org),
                    Err(_) => self.every_log().await.into_iter().for_each(|org| due(&mut logs, org)),
                },
                () = tokio::time::sleep(wait) => {
                    let Some((_, org)) = next else { continue };
                    let log = logs.entry(org).or_default();
                    let shown = tokio::select! {
                        () = self.stopping.wait() => return,
                        shown = self.show(&asker, org, &mut log.stands) => shown,
                    };
                    unreached = self.settle(&asker, log, shown, unreached);
                    if unreached > 0 {
                        // Whoever cannot be reached is not asked about another log in the meantime.
                        tokio::select! {
                            () = self.stopping.wait() => return,
                            () = tokio::time::sleep(Duration::from_millis(rest_ms(unreached))) => {}
                        }
                    }
                }
            }
        }
    }

    /// Notes what became of one question. Returns how often in a row the witness could not be reached.
    fn settle(&self, asker: &Asker, log: &mut Standing, shown: Result<bool, Fault>, unreached: u32) -> u32 {
        let witnesses = &self.checkpoints.witnesses;
        let why = match shown {
            Ok(was_asked) => {
                witnesses.cosigned.fetch_add(u64::from(was_asked), Ordering::Relaxed);
                (log.failures, log.due_ms) = (0, None);
                return if was_asked { 0 } else { unreached };
            }
            Err(why) => why,
        };
        witnesses.failed.fetch_add(1, Ordering::Relaxed);
        let name = asker.witness.key.name();
        if why.is_contradiction() {
            witnesses.contradicted.fetch_add(1, Ordering::Relaxed);
            let error = &why as &dyn std::error::Error;
            tracing::error!(witness = name, error, "a witness has seen another log than this one");
        } else if log.failures == 0 && unreached == 0 {
            tracing::warn!(
                witness = name,
                error = &why as &dyn std::error::Error,
                "a witness does not cosign"
            );
        }
        if matches!(why, Fault::Ask(AskError::Unreachable)) {
            log.due_ms = Some(0);
            return unreached.saturating_add(1);
        }
        log.failures = log.failures.saturating_add(1);
        let asked = match &why {
            Fault::Ask(AskError::Status { retry_after: Some(seconds), .. }) => seconds * 1_000,
            _ => 0,
        };
        log.due_ms = Some(now_ms() + rest_ms(log.failures).max(asked));
        0
    }

    /// Shows a witness the newest signed head of a log; false when there is none that it has not cosigned.
    async fn show(&self, asker: &Arc<Asker>, org: OrgCode, stands: &mut Size) -> Result<bool, Fault> {
        let name = asker.witness.key.name().to_owned();
        let Some((org, head)) = self.asked(move |app| app.to_show(org, &name)).await? else {
            return Ok(false);
        };
        let size = head.checkpoint.size;
        for _ in 0..TRIES_MAX {
            // A witness that stands further than this head was shown a newer one, by a server before this one.
            if *stands > size {
                return Err(Fault::Ahead { stands: *stands, size });
            }
            let (within, old) = (org.clone(), *stands);
            let proof = self.asked(move |app| app.proof_between(&within, old, size)).await?;
            match ask(asker, old, proof, head.note.clone()).await? {
                Answer::Cosigned(line) => {
                    *stands = size;
                    self.asked(move |app| app.keep_cosignature(&org.entry().row, &head, &line)).await?;
                    return Ok(true);
                }
                Answer::Stands(there) if there == old => return Err(Fault::Other(there)),
                Answer::Stands(there) => *stands = there,
            }
        }
        Err(Fault::Other(*stands))
    }

    /// The newest signed head of a log that the witness of this name has not cosigned.
    fn to_show(&self, org: OrgCode, witness: &str) -> Result<Option<(Organization, SignedHead)>, StoreError> {
        let Some(head) = self.last_signed(org) else { return Ok(None) };
        let is_cosigned = head.cosignatures.iter().any(|line| signer(line) == Some(witness));
        let entry = self.directory.by_code(org).ok().flatten();
        let org = entry.and_then(|entry| self.access.open_locally(&entry.row.id).ok());
        Ok(org.filter(|_| head.checkpoint.size.0 > 0 && !is_cosigned).map(|org| (org, head)))
    }

    fn proof_between(&self, org: &Organization, from: Size, to: Size) -> Result<Vec<Hash>, StoreError> {
        let proof = self.reader.consistency(org, from, to).map_err(|why| match why {
            ReadError::Store(why) => why,
            why => StoreError::Corrupt(why.to_string()),
        })?;
        proof.ok_or_else(|| StoreError::Corrupt(format!("the log was never of size {from} below {to}")))
    }
}

/// Asks on a thread of its own that holds nothing of ours: the server need not wait for it to stop.
async fn ask(asker: &Arc<Asker>, old: Size, proof: Vec<Hash>, note: String) -> Result<Answer, AskError> {
    let (answer, answered) = oneshot::channel();
    let asker = Arc::clone(asker);
    // Whoever asked may have gone, with the server.
    let work = move || drop(answer.send(asker.ask(old, &proof, &note)));
    let started = std::thread::Builder::new().name("witness".to_owned()).spawn(work);
    started.map_err(|_| AskError::Unreachable)?;
    answered.await.unwrap_or(Err(AskError::Unreachable))
}

fn rest_ms(failures: u32) -> u64 {
    (REST_MS.0 << failures.saturating_sub(1).min(20)).min(REST_MS.1)
}
