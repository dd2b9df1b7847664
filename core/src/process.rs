//! Signing processes: what the events of one add up to, and the rules on what may happen next.
//!
//! Deliberately absent: places, clocks and settings. Times and the policy are passed in; the writer decides in which
//! transaction what is implied is recorded. A state is nothing but its events folded in order, so that it can be made anew
//! from the log at any time.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::Tone;
use crate::event::{Actor, Event, NewEvent, Origin, Via};
use crate::ids::Seq;
use crate::process::lean::lean;
use crate::profile::Ending;
use crate::words::words;

mod decide;
mod due;
mod fold;
pub mod form;
mod guard;
mod imply;
mod lean;
mod look;
mod person;
mod read;

#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod look_tests;
#[cfg(test)]
mod path_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod test_log;

pub use decide::{Refusal, Verdict, decide, observe};
pub use due::{deletion, due, next_due_ms};
pub use look::{IpRange, RangeError, is_certain};

/// Most signees of one process.
pub const SIGNEES_MAX: usize = 500;
/// Most times an invitation is sent, the first counted (`L28`).
pub const SENDS_MAX: u32 = 5;
/// How far the clocks of a sender's machines may lie apart from each other and from ours before a time is remarkable.
pub const CLOCKS_APART_MS_MAX: u64 = 5 * 60 * 1000;
/// Among the anomalies: what is told happened before the process was created.
pub const BEFORE_CREATION: &str = "before_creation";

/// What rules keep a state of: a process, or a record that is spoken of without one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

const PROCESS: &str = "process:";

impl Subject {
    /// The subject of a process.
    pub fn process(key: &str) -> Self {
        Self(format!("{PROCESS}{key}"))
    }

    /// The subject of a record: `document:doc_7`.
    pub fn record(kind: &str, id: &str) -> Self {
        Self(format!("{kind}:{id}"))
    }

    /// The subject as a store keeps it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The process's key, when it is one.
    pub fn process_key(&self) -> Option<&str> {
        self.0.strip_prefix(PROCESS)
    }

    /// As a store keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// Where a process stands. The last three are final.
    #[derive(Default)]
    Status, "status", {
        /// Nobody is invited yet.
        #[default]
        Draft = "draft",
        /// Invitations are out.
        Active = "active",
        /// It ended well.
        Completed = "completed",
        /// It ended otherwise.
        Canceled = "canceled",
        /// Its time ran out.
        Expired = "expired",
    }
}

impl Status {
    /// The colour of its word.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft => Tone::Neutral,
            Self::Active => Tone::Info,
            Self::Completed => Tone::Good,
            Self::Canceled => Tone::Bad,
            Self::Expired => Tone::Warn,
        }
    }

    /// Whether nothing of a signee is accepted any more (`X21`).
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled | Self::Expired)
    }
}

words! {
    /// Where a signee stands.
    #[derive(Default)]
    Stand, "signee state", {
        /// Named, and not invited yet.
        #[default]
        Added = "added",
        /// An invitation is out.
        Invited = "invited",
        /// They have seen the document.
        Viewed = "viewed",
        /// They signed.
        Signed = "signed",
        /// They declined.
        Declined = "declined",
        /// Their invitation could not be delivered.
        Bounced = "bounced",
        /// They were removed.
        Removed = "removed",
        /// They handed it to somebody else.
        Forwarded = "forwarded",
        /// Their time ran out.
        TimedOut = "timed_out",
    }
}

impl Stand {
    /// The colour of its word.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Signed => Tone::Good,
            Self::Declined | Self::Bounced | Self::Removed => Tone::Bad,
            Self::TimedOut => Tone::Warn,
            Self::Invited | Self::Viewed | Self::Forwarded => Tone::Info,
            Self::Added => Tone::Neutral,
        }
    }

    /// Whether somebody else stands in their place, or nobody.
    pub const fn is_replaced(self) -> bool {
        matches!(self, Self::Removed | Self::Forwarded)
    }

    /// Whether this signee's part is over.
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Added | Self::Invited | Self::Viewed)
    }
}

/// What an organization has decided where products differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// After `document.declined`.
    pub on_decline: Ending,
    /// After `signee.bounced`.
    pub on_bounce: Ending,
    /// After `document.expired`, which ends the process in any case (`X18`).
    pub on_expired: Ending,
}

/// An event on its way in, with what the rules need to know of its arrival.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// What is said to have happened.
    pub event: &'a NewEvent,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// What made it.
    pub origin: Origin,
    /// Whether the server itself did it: an implied event, a timer, `trail.made`.
    pub is_own: bool,
    /// Where the operator knows mail scanners to be.
    pub scanner_ranges: &'a [IpRange],
}

impl Incoming<'_> {
    /// When it happened, in milliseconds since 1970.
    pub fn occurred_ms(&self) -> u64 {
        self.event.occurred_at.as_ref().map_or(self.received_ms, |time| time.ms())
    }
}

lean! {
    /// What is known of a process, or of a record outside of any.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    State {
        /// Whether its creation is in the log; a product may adopt it in mid-life.
        pub is_created: bool,
        /// What people call it.
        pub display_name: Option<String>,
        /// The name of its file.
        pub file_name: Option<String>,
        /// What it was made from.
        pub flow_key: Option<String>,
        /// By what kind of flow.
        pub flow_type: Option<String>,
        /// Who started it; the owner.
        pub created_by: Option<Actor>,
        /// Whether signees sign one after the other.
        pub sign_in_order: bool,
        /// Whether signees prove who they are; absent where it was not said.
        pub requires_auth: Option<bool>,
        /// Where on the document signatures stand.
        pub signature_location: Option<String>,
        /// When its time is up, in milliseconds since 1970.
        pub expires_ms: Option<u64>,
        /// The language of its Audit Trail.
        pub locale: Option<String>,
        /// The zone of its Audit Trail.
        pub time_zone: Option<String>,
        /// Who of a sequential flow signs where, as sent.
        pub sequences: Vec<Value>,
        /// Other files, as sent.
        pub attachments: Vec<Value>,
        /// Where it stands.
        pub status: Status,
        /// What ended it: `signed`, `manual`, `declined`, `bounced`, `all_removed`, `revoked`, `expired`; or as recorded.
        pub end_cause: Option<String>,
        /// The reason somebody gave for the end.
        pub end_reason: Option<String>,
        /// When it was created.
        pub created_ms: Option<u64>,
        /// When signing began: `document.started`, else the first invitation.
        pub started_ms: Option<u64>,
        /// When it ended.
        pub ended_ms: Option<u64>,
        /// When its document was deleted.
        pub deleted_ms: Option<u64>,
    /// When the log heard of its creation, or of its completion: what its age for deletion counts from, whatever times its
    /// events give themselves.
    pub aging_ms: Option<u64>,
        /// When its earliest event happened.
        pub first_ms: Option<u64>,
        /// When its latest event happened.
        pub last_ms: Option<u64>,
        /// The document that is signed.
        pub document: Option<Attached>,
        /// Its Audit Trail, once made; one from before an erasure is none.
        pub trail: Option<Attached>,
        /// The latest record of an erasure in one of its events.
        pub erased_by: Option<Seq>,
        /// The people in it, in the order in which they were added.
        pub signees: Vec<Signee>,
        /// How often somebody signed.
        pub signatures: u32,
        /// Stamps used and not given back.
        pub stamps_used: u32,
        /// A payment for the process as a whole.
        pub payment: Payment,
        /// The last deciding action of a record that is no document: `meeting.approved`, `subscription.canceled`.
        pub last_decision: Option<String>,
        /// The latest looks at the document, for telling people from programs; at most [`LOOKS_MAX`].
        pub looks: Vec<Look>,
    }
}

/// What is recorded when an Audit Trail was made.
const TRAIL_MADE: &str = "trail.made";

/// Most looks that are remembered.
pub const LOOKS_MAX: usize = 20;

lean! {
    /// A link opened or a document viewed.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    Look {
        /// When.
        pub at_ms: u64,
        /// Whose link.
        pub signee: Option<String>,
        /// From where.
        pub ip: Option<String>,
    }
}

/// Bytes that belong to a process, by their hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// SHA-256, in hex.
    pub sha256: String,
    /// How many bytes.
    pub size: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

words! {
    /// Where a payment stands.
    #[derive(Default)]
    Payment, "payment", {
        /// There is none.
        #[default]
        None = "none",
        /// Approved by the payer.
        Authorised = "authorised",
        /// Collected.
        Captured = "captured",
        /// Collection failed.
        Failed = "failed",
        /// Given back.
        Reversed = "reversed",
    }
}

lean! {
    /// How a signee proves who they are.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    Auth {
        /// A code by text message.
        pub sms: bool,
        /// A one-time code.
        pub otp: bool,
        /// A PIN agreed on before.
        pub pin: bool,
        /// A check of identity.
        pub id_check: bool,
    }
}

lean! {
    /// A person in a process.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    Signee {
        /// Their key: `si` and 32 hex digits, or the sender's own.
        pub key: String,
        /// Their name.
        pub name: Option<String>,
        /// Their e-mail address.
        pub email: Option<String>,
        /// Their telephone number.
        pub phone: Option<String>,
        /// Their social security number.
        pub ssn: Option<String>,
        /// Street.
        pub address: Option<String>,
        /// Postal code.
        pub postal_code: Option<String>,
        /// Town.
        pub city: Option<String>,
        /// Whether the process waits for them.
        pub is_required: bool,
        /// Their place in the order of signing.
        pub order: Option<u32>,
        /// In what role they sign.
        pub role: Option<String>,
        /// Qualified, Simple, ClickToSign, AdvancedVeriff or BankIdSe (`T24`).
        pub signature_type: Option<String>,
        /// How they prove who they are.
        pub auth: Auth,
        /// When their time is up.
        pub expires_ms: Option<u64>,
        /// Whether reminders are planned.
        pub has_reminders: bool,
        /// When they were added.
        pub added_ms: u64,
        /// Who added them: an e-mail address; absent for the system.
        pub added_by: Option<String>,
        /// When anything about them last changed.
        pub updated_ms: u64,
        /// Where they stand.
        pub stand: Stand,
        /// How often the invitation was sent.
        pub sends: u32,
        /// When it was last sent.
        pub sent_ms: Option<u64>,
        /// How it was sent: Sms, Email.
        pub delivery_method: Option<String>,
        /// When they first viewed the document.
        pub viewed_ms: Option<u64>,
        /// When they signed.
        pub signed_ms: Option<u64>,
        /// When their part ended otherwise.
        pub ended_ms: Option<u64>,
        /// Why they declined or were removed.
        pub reason: Option<String>,
        /// The methods by which they proved who they are.
        pub authenticated: Vec<String>,
        /// From where they signed.
        pub ip: Option<String>,
        /// With what they signed.
        pub user_agent: Option<String>,
        /// Who has it now, when they handed it on.
        pub forwarded_to: Option<String>,
        /// From whom they have it.
        pub forwarded_from: Option<String>,
        /// Their payment.
        pub payment: Payment,
        /// Whether a check failed after they signed.
        pub verification_failed: bool,
        /// Whether they are known by their deeds alone: that they were added is not in the log.
        pub is_adopted: bool,
        /// Whether their invitation was taken back.
        pub is_withdrawn: bool,
    }
}

impl Signee {
    /// What people read: name, else e-mail, else key.
    pub fn shown(&self) -> &str {
        self.name.as_deref().or(self.email.as_deref()).unwrap_or(&self.key)
    }

    /// Whether an invitation to them can be out: one was sent and not taken back, or nothing is known of it.
    pub fn is_invited(&self) -> bool {
        !self.is_withdrawn && (self.sends > 0 || self.is_adopted)
    }

    /// Whether they proved who they are where that is asked for: by every method named for them, else by any.
    pub fn is_authenticated(&self, requires_auth: bool) -> bool {
        let has = |method: &str| self.authenticated.iter().any(|it| it == method);
        let Auth { sms, otp, pin, id_check } = self.auth;
        let asked = [("sms", sms), ("otp", otp), ("pin", pin), ("id_check", id_check)];
        let is_any_named = asked.iter().any(|(_, is_asked)| *is_asked);
        let named = asked.iter().all(|(method, is_asked)| !is_asked || has(method));
        if is_any_named { named } else { !requires_auth || !self.authenticated.is_empty() }
    }
}

impl State {
    /// The state that these bytes hold.
    ///
    /// # Errors
    /// When they are not what `to_bytes` gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The state as it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Plain data with text for names: there is nothing that JSON cannot hold.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The signee of this key.
    pub fn signee(&self, key: &str) -> Option<&Signee> {
        self.signees.iter().find(|signee| signee.key == key)
    }

    /// From when its age counts for deletion: the end of a completed one, the creation of a draft.
    pub fn ages_from_ms(&self) -> Option<u64> {
        match self.status {
            Status::Completed | Status::Draft => self.aging_ms,
            Status::Active | Status::Canceled | Status::Expired => None,
        }
    }

    /// Where it is listed: one whose document was deleted while it was open is as good as canceled.
    pub fn standing(&self) -> Status {
        if self.deleted_ms.is_some() && !self.status.is_final() { Status::Canceled } else { self.status }
    }

    /// Whether nothing of a signee is accepted any more: it ended, or its document is gone (`X21`).
    pub fn is_over(&self) -> bool {
        self.status.is_final() || self.deleted_ms.is_some()
    }

    /// A signee's place in the order of signing: the one given, else the one in which they were added.
    pub fn order_of(&self, signee: &Signee) -> Option<u32> {
        if signee.order.is_some() || !self.sign_in_order || signee.is_adopted {
            return signee.order;
        }
        let at = self.signees.iter().position(|it| it.key == signee.key)?;
        u32::try_from(at + 1).ok()
    }

    /// Whether no required signee is left unsigned, and somebody signed.
    pub fn is_signed_by_all(&self) -> bool {
        let in_it = |signee: &&Signee| !matches!(signee.stand, Stand::Removed | Stand::Forwarded);
        let mut required = self.signees.iter().filter(in_it).filter(|signee| signee.is_required).peekable();
        let signed = |signee: &Signee| signee.stand == Stand::Signed;
        if required.peek().is_none() { self.signees.iter().any(signed) } else { required.all(signed) }
    }
}

/// The state with one more recorded event in it: what is stored is made so, and can be made so again.
pub fn refold(state: Option<&State>, event: &Event) -> State {
    let served = &event.document.served;
    let incoming = Incoming {
        event: &event.document.event,
        received_ms: event.received_ms,
        origin: served.kind,
        is_own: served.via == Via::Server,
        // The reasons to suspect a program are those that were recorded.
        scanner_ranges: &[],
    };
    let mut state = state.cloned().unwrap_or_default();
    let erased_by = event.erased.iter().map(|erased| erased.by).max();
    // An Audit Trail that was made before says what is erased since: it is to be made anew.
    if erased_by.is_some() {
        state.erased_by = state.erased_by.max(erased_by);
        state.trail = None;
    }
    fold::fold(&mut state, &incoming, &served.automated);
    if incoming.event.action == TRAIL_MADE && state.erased_by > Some(event.seq) {
        state.trail = None;
    }
    state
}

/// The subject of an event: its process, else the record that rules on its action are about.
pub fn subject_of(event: &NewEvent) -> Option<Subject> {
    if let Some(process) = &event.process {
        return Some(Subject::process(process));
    }
    let (noun, _) = event.action.split_once('.')?;
    let kind = match noun {
        "document" | "invitation" | "signee" | "stamp" | "payment" | "verification" | "signing" => "document",
        "meeting" | "subscription" => noun,
        "member" => "invitation",
        _ => return None,
    };
    let target = event.targets.iter().find(|target| target.kind == kind).or_else(|| {
        // What a product calls the thing is its own affair; where there is one target, it is that.
        event.targets.first().filter(|_| kind != "document")
    })?;
    // Empty is what was erased.
    (!target.id.is_empty()).then(|| Subject::record(kind, &target.id))
}
