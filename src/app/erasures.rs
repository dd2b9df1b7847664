//! Erasing what a person may ask to have erased: whose fields they are, whether it may be, and that it is gone everywhere.
//!
//! Deliberately absent: taking fields out of events (`log`, `core::erasure`), and copies that others hold.
//!
//! An erasure, worked once. t0 the fields are found. t1 one transaction writes the records, what is left of the events,
//! and the states made of both. t2 the index finds nothing by the old values any more. t3 the ledger holds the records.
//! t4 it is acknowledged. t5 segments that held the values are rewritten, codes that nobody has are blanked, Audit Trails
//! that showed them are deleted and made anew, and the store's own log is emptied. Killed before t1, nothing happened;
//! killed after it, the next start does what is left before it serves, and t5 beside it.

use std::sync::Arc;

use everlog_core::erasure::{KEPT, may_name};
use everlog_core::event::FieldError;
use everlog_core::ids::Seq;
use everlog_core::json::is_pointer;
use serde_json::{Value, json};

use crate::access::Organization;
use crate::app::App;
use crate::directory::Entry;
use crate::ledger::Line;
use crate::log::{AppendError, Erasure, ErasureMade, Source};
use crate::read::ReadError;
use crate::store::StoreError;

mod catch_up;
mod find;
mod purge;

/// Most events of one erasure: all of them change in one transaction, which others wait for.
pub const ERASED_EVENTS_MAX: usize = 50_000;
/// Most pointers of one request.
pub const ERASED_FIELDS_MAX: usize = 100;
/// Longest text of a request, in characters.
pub const ERASURE_TEXT_CHARS_MAX: usize = 1_000;
/// What is erased of an actor's own events unless fields are named.
pub const ACTOR_FIELDS: &[&str] = &[
    "/e/actor/name",
    "/e/actor/email",
    "/e/actor/avatar_url",
    "/e/context/ip",
    "/e/context/user_agent",
    "/e/context/location",
    "/s/remote",
    "/s/forwarded",
];
/// How many rows are read together.
const GROUP_ROWS: usize = 500;
/// Whose fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of these events, by id or position.
    Events(Vec<String>),
    /// Those of an actor, by id or e-mail address.
    Actor(String),
    /// Those of a signee, by key.
    Signee(String),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ErasureRequest {
    /// Whose fields.
    pub whose: Whose,
    /// Which of them; empty: what says who it was.
    pub fields: Vec<String>,
    /// On what grounds.
    pub basis: String,
    /// The role of who asked for it.
    pub requested_by: String,
}

/// Why nothing is erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The request is at fault.
    #[error("the request is not valid")]
    Invalid(Vec<FieldError>),
    /// The organization must keep everything now.
    #[error("nothing may be erased now: {0}")]
    Hold(String),
    /// More than [`ERASED_EVENTS_MAX`].
    #[error("{0} events would lose something, {ERASED_EVENTS_MAX} may at once: name events instead")]
    TooMany(usize),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The ledger cannot be written.
    #[error("the ledger of erasures cannot be written")]
    Ledger(#[source] std::io::Error),
}

impl From<StoreError> for ErasureError {
    fn from(why: StoreError) -> Self {
        Self::Read(why.into())
    }
}

impl ErasureRequest {
    /// Refuses what no erasure can do, with every fault.
    ///
    /// # Errors
    /// Names the members at fault.
    pub fn check(&self) -> Result<(), ErasureError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code, message: String| {
            faults.push(FieldError { pointer, code, message });
        };
        for (name, text) in [("basis", &self.basis), ("requested_by", &self.requested_by)] {
            if !(1..=ERASURE_TEXT_CHARS_MAX).contains(&text.trim().chars().count()) {
                let message = format!("expected a text of 1 to {ERASURE_TEXT_CHARS_MAX} characters");
                fault(format!("/{name}"), "invalid_value", message);
            }
        }
        if self.fields.len() > ERASED_FIELDS_MAX {
            fault("/fields".to_owned(), "too_many", format!("at most {ERASED_FIELDS_MAX} pointers"));
        }
        for (at, field) in self.fields.iter().enumerate() {
            if !is_pointer(field) {
                let message = "expected a pointer (RFC 6901): in a name, ~ is written ~0 and / is ~1";
                fault(format!("/fields/{at}"), "invalid_value", message.to_owned());
            } else if !may_name(field) {
                let message = format!(
                    "expected a pointer below /e or /s, such as /e/metadata/phone; what stays is {}",
                    KEPT.join(", ")
                );
                fault(format!("/fields/{at}"), "not_erasable", message);
            }
        }
        match &self.whose {
            Whose::Events(events) if events.is_empty() || events.len() > ERASED_EVENTS_MAX => {
                fault(
                    "/events".to_owned(),
                    "invalid_value",
                    format!("expected 1 to {ERASED_EVENTS_MAX} events"),
                );
            }
            Whose::Actor(text) | Whose::Signee(text) if text.is_empty() => {
                fault(String::new(), "invalid_value", "expected an id that is not empty".to_owned());
            }
            _ => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(ErasureError::Invalid(faults)) }
    }
}

impl App {
    /// Erases, and answers when it is recorded, durable, and found by no query any more; it is gone from the disk soon
    /// after. Nothing is made when no field is left to be erased.
    ///
    /// # Errors
    /// When the request is at fault, the organization is under a legal hold (which is recorded), or the log cannot be read
    /// or written.
    pub async fn erase(
        &self,
        org: &Organization,
        source: &Source,
        actor: Value,
        request: ErasureRequest,
    ) -> Result<Erased, ErasureError> {
        request.check()?;
        if let Some(hold) = org.entry().row.settings.get("legal_hold").and_then(Value::as_str) {
            let event = json!({
                "action": "erasure.refused", "actor": actor, "outcome": "denied", "reason": hold,
                "metadata": {"basis": request.basis, "requested_by": request.requested_by},
            });
            self.log.append_own(org.entry(), source, event).await?;
            return Err(ErasureError::Hold(hold.to_owned()));
        }
        let (app, within, asked) = (self.clone(), org.clone(), request.clone());
        let found = tokio::task::spawn_blocking(move || app.found(&within, &asked)).await;
        let found = found.map_err(|_| AppendError::Unavailable)??;
        if found.events.len() > ERASED_EVENTS_MAX {
            return Err(ErasureError::TooMany(found.events.len()));
        }
        let erasure = Erasure {
            events: found.events,
            actor,
            basis: request.basis,
            requested_by: request.requested_by,
            sessions_of: found.users.into_iter().collect(),
            views: found.views,
        };
        let made = self.erase_and_note(org.entry(), source, erasure).await?;
        let (app, within) = (self.clone(), org.clone());
        let mentions =
            tokio::task::spawn_blocking(move || app.mentions(&within, found.names, &found.mentioned)).await;
        Ok(Erased { made, mentions: mentions.map_err(|_| AppendError::Unavailable)?? })
    }

    /// Erases and adds the records to the ledger.
    async fn erase_and_note(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: Erasure,
    ) -> Result<Vec<ErasureMade>, ErasureError> {
        let why = (erasure.basis.clone(), erasure.requested_by.clone());
        let made = self.log.erase(org, source, erasure).await?;
        let line = |it: &ErasureMade| Line::new(&org.row.log_id, it.record.seq, (&why.0, &why.1), &it.erased);
        let lines: Vec<Line> = made.iter().map(line).collect();
        let app = self.clone();
        let noted = tokio::task::spawn_blocking(move || app.ledger.add(&lines)).await;
        noted.map_err(|_| AppendError::Unavailable)?.map_err(ErasureError::Ledger)?;
        self.purge_wanted.notify_one();
        Ok(made)
    }
}

/// What was erased, and what only a person can decide upon.
#[derive(Clone, Debug)]
pub struct Erased {
    /// The records.
    pub made: Vec<ErasureMade>,
    /// Names that were erased and still stand elsewhere: they may be somebody else's.
    pub mentions: Vec<Mention>,
}

/// A name that was erased, and still stands in events.
#[derive(Clone, Debug)]
pub struct Mention {
    /// The name.
    pub name: String,
    /// Where.
    pub seqs: Vec<Seq>,
}
