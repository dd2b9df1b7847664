//! Final PDFs, made once a process is completed: drawn, joined with the document, sealed, checked, kept, and only then
//! recorded.
//!
//! Deliberately absent: how each of that is done (`trail`). Killed anywhere, the next start finds the process still waiting
//! and bytes that nobody names swept away; what was recorded is not made again.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use everlog_core::bundle::Trust;
use everlog_core::hex::{self, Hex};
use everlog_core::process::{Status, Subject};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::Organization;
use crate::app::App;
use crate::app::bundles::WITHHELD_FROM_SESSIONS;
use crate::app::trails::{Told, Tongue};
use crate::blobs::{BlobError, Placed};
use crate::evidence::Verdict;
use crate::evidence::pdf::{BUNDLE, TRAIL, check_pdf};
use crate::log::{AppendError, Outcome, Refusal, Source, now_ms};
use crate::read::{ReadError, Showing};
use crate::store::process::Summoned;
use crate::store::{OrgCode, StoreError};
use crate::trail::finish::{Document, FinishError, Finished, Sealer, Way, Why, finish};
use crate::trail::inspect::{Condition, inspect};
use crate::trail::model::{Placement, Seal, Verification};
use crate::trail::pdf::{A4, Attachment, DrawError, draw};
use crate::trail::seal::SealWords;
use crate::trail::seal::stamp::Authority;

/// How long nothing is done after an announcement: others follow it, and all are looked at together.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the maker looks for nothing when nothing is announced.
const ROUND: Duration = Duration::from_secs(60);
/// How many processes are summoned together, beside those that have failed.
const GROUP_PROCESSES: usize = 32;
/// How long one that failed rests, at first and at most; twice as long after every failure.
const REST_MS: (u64, u64) = (1_000, 60 * 60 * 1_000);
/// How often a PDF is drawn until it says of itself how it was put together.
const DRAFTS_MAX: u32 = 3;
/// Says of a record that the PDF took the place of one that showed what is erased by now.
const REMADE: &str = "remade";
/// Why a file is sealed.
const REASON: &str = "This file holds the record of a signing process as it stands in the log.";

/// Why no PDF is made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Bytes cannot be kept or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The trail cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// The trail cannot be written for programs.
    #[error("the trail cannot be written")]
    Write(#[from] serde_json::Error),
    /// The file cannot be put together or sealed.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// What was made does not hold when it is checked.
    #[error("the file that was made does not hold: {0}")]
    Check(String),
    /// That it was made cannot be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log refuses the record.
    #[error("the log refuses the record of it")]
    Refused(#[source] Refusal),
}

impl From<StoreError> for MakeError {
    fn from(why: StoreError) -> Self {
        Self::Read(why.into())
    }
}

/// A PDF with its evidence inside.
pub struct MadePdf {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// How it was put together.
    pub way: Way,
    /// How many pages it shows.
    pub page_count: usize,
    /// SHA-256 of the bundle inside.
    pub evidence_sha256: String,
}

/// A process whose PDF could not be made.
struct Failure {
    count: u32,
    again_ms: u64,
}

type Failures = HashMap<(OrgCode, String), Failure>;

impl App {
    /// Makes what waits to be made, again and again until the server stops.
    pub async fn make_trails(self) {
        let mut grown = self.log.listen();
        let mut failures = Failures::new();
        loop {
            self.make_waiting(&mut failures).await;
            let now_ms = now_ms();
            let next_ms = failures.values().map(|it| it.again_ms.saturating_sub(now_ms)).min();
            let rest = next_ms.map_or(ROUND, |ms| Duration::from_millis(ms).min(ROUND)).max(PAUSE);
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(rest) => {}
                // Whatever was announced, the store knows what waits.
                _ = grown.recv() => {
                    tokio::time::sleep(PAUSE).await;
                    grown = grown.resubscribe();
                }
            }
        }
    }

    /// One look: everything that waits and does not rest.
    async fn make_waiting(&self, failures: &mut Failures) {
        loop {
            let limit = GROUP_PROCESSES + failures.len();
            let asking = self.clone();
            let waiting = tokio::task::spawn_blocking(move || asking.store.awaiting_trails(limit)).await;
            let waiting = match waiting {
                Ok(Ok(waiting)) => waiting,
                Ok(Err(why)) => return log(&why, "the processes that wait for a trail cannot be read"),
                Err(why) => return log(&why, "the processes that wait for a trail cannot be read"),
            };
            let is_last = waiting.len() < limit;
            let now_ms = now_ms();
            failures.retain(|key, _| waiting.iter().any(|it| it.org == key.0 && it.subject == key.1));
            let (mut tried, mut made) = (0, 0);
            for Summoned { org, subject } in waiting {
                let key = (org, subject);
                let rests = failures.get(&key).is_some_and(|it| it.again_ms > now_ms);
                if self.stopping.is_set() || rests || self.log.closed(key.0).is_some() {
                    continue;
                }
                tried += 1;
                match self.make_one(key.0, key.1.clone()).await {
                    Ok(()) => {
                        made += 1;
                        failures.remove(&key);
                    }
                    Err(why) => {
                        log(&why, "a final PDF could not be made; it is tried again");
                        let failure = failures.entry(key).or_insert(Failure { count: 0, again_ms: 0 });
                        let rest_ms = REST_MS.0 << failure.count.min(20);
                        failure.count += 1;
                        failure.again_ms = now_ms + rest_ms.min(REST_MS.1);
                    }
                }
            }
            if is_last || tried == 0 || made == 0 {
                return;
            }
        }
    }

    async fn make_one(&self, org: OrgCode, subject: String) -> Result<(), MakeError> {
        let Some(entry) = self.directory.by_code(org).ok().flatten() else { return Ok(()) };
        let Ok(org) = self.access.open_locally(&entry.row.id) else { return Ok(()) };
        let Some(key) = Subject::from_stored(subject).process_key().map(str::to_owned) else { return Ok(()) };
        let (app, within) = (self.clone(), org.clone());
        let made = tokio::task::spawn_blocking(move || app.make_and_keep(&within, &key)).await;
        let gone = |why| StoreError::Io { doing: "make a final PDF", source: Box::new(why) };
        let Some((event, placed)) = made.map_err(gone)?? else { return Ok(()) };
        let evidence_sha256 = event["metadata"]["evidence_sha256"].as_str().unwrap_or_default().to_owned();
        // Without an answer it is not known what the log holds: the bytes then stay for the next start to ask.
        let outcome = self.log.offer_own(org.entry(), &Source::server(), event).await?;
        let app = self.clone();
        let settled = tokio::task::spawn_blocking(move || match outcome {
            Outcome::Created(_) | Outcome::Duplicate(_) => {
                placed.named();
                Ok(app.remember_evidence(&evidence_sha256, now_ms())?)
            }
            // Another process of this installation was quicker.
            Outcome::Refused(Refusal::Rule { code: "trail_made", .. }) => {
                placed.refused();
                Ok(())
            }
            Outcome::Refused(why) => {
                placed.refused();
                Err(MakeError::Refused(why))
            }
        });
        settled.await.map_err(gone)?
    }

    /// Makes the final PDF of a process and gives it its place; nothing when it does not wait for one any more.
    fn make_and_keep(&self, org: &Organization, key: &str) -> Result<Option<(Value, Placed)>, MakeError> {
        let Some(told) = self.told(org, key)? else { return Ok(None) };
        if told.state().status != Status::Completed || told.state().trail.is_some() {
            return Ok(None);
        }
        let document = self.document(org, &told)?;
        let pdf =
            self.pdf(org, &told, &Tongue::default(), document.as_deref(), self.time_authority.as_ref())?;
        let trust = Trust { keys: self.trusted_keys(), older: None };
        let checked = check_pdf(&pdf.bytes, &trust, &[self.seal_key.fingerprint()]);
        if checked.verdict() != Verdict::Holds {
            let faults: Vec<String> = checked.faults.iter().map(ToString::to_string).collect();
            return Err(MakeError::Check(faults.join("; ")));
        }
        let mut upload = self.blobs.begin(org.code())?;
        upload.write(&pdf.bytes)?;
        let placed = upload.place()?;
        Ok(Some((made(key, &told, &pdf, &placed), placed)))
    }

    /// The bytes of its document; nothing where there is none, or none that is kept here as it was.
    fn document(&self, org: &Organization, told: &Told) -> Result<Option<Vec<u8>>, MakeError> {
        let Some(attached) = &told.state().document else { return Ok(None) };
        let Some(hash) = hex::decode(&attached.sha256) else { return Ok(None) };
        match self.blobs.read(org.code(), &hash) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(why @ (BlobError::Missing(_) | BlobError::Damaged { .. })) => {
                log(&why, "a final PDF is made without its document");
                Ok(None)
            }
            Err(why) => Err(why.into()),
        }
    }

    /// Draws a trail with its evidence inside, joins it with a document, and seals it. Waits for a processor, and for the
    /// authority on time when there is one.
    ///
    /// # Errors
    /// When the log cannot be read, or the file not be made.
    pub fn pdf(
        &self,
        org: &Organization,
        told: &Told,
        tongue: &Tongue,
        document: Option<&[u8]>,
        mut authority: Option<&Authority>,
    ) -> Result<MadePdf, MakeError> {
        let found = document.map(inspect);
        let mut placement = match &found {
            None => Placement::Alone,
            Some(Ok(found)) if found.condition == Condition::Healthy => Placement::Appended,
            Some(_) => Placement::Container,
        };
        let size = found.and_then(Result::ok).map_or(A4, |it| it.page_size_of_last);
        let file_name = told.state().file_name.as_deref().unwrap_or_default();
        let document = document.map(|bytes| Document { bytes, file_name });
        let signer = self.seal_key.certificate().common_name().unwrap_or_else(|| "Everlog".to_owned());
        let mut drafts = 0;
        loop {
            drafts += 1;
            let seal = self.seal(&signer, placement, authority);
            let (pages, evidence_sha256) = self.pages(org, told, tongue, seal, size)?;
            let words = SealWords { name: &signer, reason: REASON };
            let sealer = Sealer { key: &self.seal_key, authority, words };
            let Finished { bytes, way, page_count, time_stamp_missing } =
                finish(document, &pages, sealer, now_ms())?;
            let is_as_said = placement_of(way) == placement && time_stamp_missing.is_none();
            if is_as_said || drafts == DRAFTS_MAX {
                return Ok(MadePdf { bytes, way, page_count, evidence_sha256 });
            }
            // The pages say how the file was put together: they are drawn again by what became of it.
            placement = placement_of(way);
            if let Some(why) = time_stamp_missing {
                log(&why, "a file is sealed without a time stamp");
                authority = None;
            }
        }
    }

    fn seal(&self, signer: &str, placement: Placement, authority: Option<&Authority>) -> Seal {
        Seal {
            signer: signer.to_owned(),
            is_self_issued: self.seal_key.is_self_issued(),
            certificate_sha256: Some(Hex(&self.seal_key.fingerprint()).to_string()),
            timestamp_authority: authority.map(|it| it.url().to_owned()),
            placement,
        }
    }

    /// The trail's own pages with the evidence inside, and the hash of that.
    fn pages(
        &self,
        org: &Organization,
        told: &Told,
        tongue: &Tongue,
        seal: Seal,
        size: (f32, f32),
    ) -> Result<(Vec<u8>, String), MakeError> {
        let seqs: Vec<_> = told.events.iter().map(|event| event.seq).collect();
        let least = seqs.iter().max().map_or_else(Default::default, |seq| seq.size_through());
        let signed = self.signed(org, least)?;
        let query = [("process".to_owned(), Value::from(told.key.as_str()))].into_iter().collect();
        let showing = Showing { query, withhold: WITHHELD_FROM_SESSIONS, consistency: None };
        let bundle = self.reader.bundle(org, &signed, &seqs, showing)?;
        let evidence_sha256 = Hex(&Sha256::digest(&bundle)).to_string();
        let verification = self.verification();
        let verification = Verification {
            // What the code on paper leads to: the evidence is known by its hash, which nobody can guess.
            url: verification.url.map(|url| format!("{url}?sha256={evidence_sha256}")),
            checkpoint: Some(signed.note),
            bundle_sha256: Some(evidence_sha256.clone()),
            ..verification
        };
        let trail = self.trail(org, told, tongue, verification, Some(seal));
        let json = trail.to_json()?;
        let attachments = [
            Attachment {
                name: BUNDLE,
                mime: "application/x-ndjson",
                description: "Every event of the process, with its proof and the signed head of the log",
                is_source: true,
                bytes: &bundle,
            },
            Attachment {
                name: TRAIL,
                mime: "application/json",
                description: "The Audit Trail for programs",
                is_source: false,
                bytes: &json,
            },
        ];
        // One at a time: each takes a processor.
        let _turn = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((draw(&trail, size, &attachments)?, evidence_sha256))
    }
}

/// What is recorded.
fn made(key: &str, told: &Told, pdf: &MadePdf, placed: &Placed) -> Value {
    let (way, reason) = words(pdf.way);
    let mut event = json!({
        "action": "trail.made",
        "actor": {"type": "system"},
        "process": key,
        "targets": [{"type": "document", "id": key, "name": told.state().display_name}],
        "metadata": {
            "sha256": Hex(&placed.sha256()).to_string(),
            "size": placed.size(),
            "pages": pdf.page_count,
            "evidence_sha256": pdf.evidence_sha256,
            "way": way,
        },
    });
    if let Some(reason) = reason {
        event["metadata"]["reason"] = json!(reason);
    }
    if told.state().erased_by.is_some() {
        event["metadata"][REMADE] = json!(true);
    }
    event
}

fn placement_of(way: Way) -> Placement {
    match way {
        Way::Appended => Placement::Appended,
        Way::Container(_) => Placement::Container,
        Way::TrailAlone => Placement::Alone,
    }
}

/// How a file was put together and why, as words of the log.
fn words(way: Way) -> (&'static str, Option<&'static str>) {
    match way {
        Way::Appended => ("appended", None),
        Way::TrailAlone => ("alone", None),
        Way::Container(Why::Unreadable) => ("container", Some("unreadable")),
        Way::Container(Why::Appending(_)) => ("container", Some("appending_failed")),
        Way::Container(Why::Condition(condition)) => ("container", Some(condition_word(condition))),
    }
}

/// What a document is like, as a word of the log and the API.
pub fn condition_word(condition: Condition) -> &'static str {
    match condition {
        Condition::Healthy => "healthy",
        Condition::Signed => "signed",
        Condition::Certified => "certified",
        Condition::Encrypted => "encrypted",
        Condition::JunkBeforeHeader => "bytes_before_header",
        Condition::Xfa => "xfa",
        Condition::Unsure(_) => "unsure",
    }
}

fn log(why: &(dyn std::error::Error + 'static), what: &str) {
    tracing::warn!(error = why, "{what}");
}
