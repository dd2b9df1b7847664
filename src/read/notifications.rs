//! The notifications of a process: what was sent to whom over which channel, and what its provider says became of it.
//!
//! Deliberately absent: a record of its own. All of it is in the events of the process.

use everlog_core::event::{Event, NewEvent};
use everlog_core::process::State;
use serde_json::{Value, json};

use crate::access::Organization;
use crate::read::{ReadError, Reader, iso};

/// The words by which providers say that a message will not or did not arrive.
const FAILURES: &[&str] = &["failed", "rejected", "undelivered", "undeliverable", "expired", "bounced"];

/// One line of the log of notifications (`L53`): something was sent, or its provider reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The event that tells it.
    pub event: String,
    /// What was done.
    pub action: String,
    /// When, in milliseconds since 1970.
    pub occurred_ms: u64,
    /// What the message is: invitation, reminder, confirmation, salesperson, sms …
    pub message: String,
    /// How it goes: email, sms; as the product or the provider calls it.
    pub channel: Option<String>,
    /// For whom, by key.
    pub signee: Option<String>,
    /// What people call them.
    pub signee_name: Option<String>,
    /// Where to.
    pub to: Option<String>,
    /// `sent`, or the provider's word.
    pub status: String,
    /// Whether that means that it did not arrive; not for good where the severity is temporary.
    pub is_failure: bool,
    /// How bad, in the provider's word.
    pub severity: Option<String>,
    /// The provider's reason.
    pub reason: Option<String>,
}

impl Reader {
    /// The notifications of a process in the order of the log; none where its reader sees no such process.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn notifications(
        &self,
        org: &Organization,
        key: &str,
    ) -> Result<Option<Vec<Notification>>, ReadError> {
        let Some(process) = self.process(org, key)? else { return Ok(None) };
        let events = self.process_events(org, key)?;
        Ok(Some(Notification::all(&events, &process.state)))
    }
}

impl Notification {
    /// Those among the events of a process, in their order.
    pub fn all(events: &[Event], state: &State) -> Vec<Self> {
        events.iter().filter_map(|event| Self::of(event, state)).collect()
    }

    fn of(event: &Event, state: &State) -> Option<Self> {
        let sent = &event.document.event;
        let (noun, verb) = sent.action.split_once('.')?;
        let (message, status) = match (noun, verb) {
            ("invitation", "sent" | "resent" | "reinvited") | ("reminder", "sent") => {
                (noun, "sent".to_owned())
            }
            ("delivery", message) => (message, reported(sent)?),
            _ => return None,
        };
        let signee = sent.signee.as_deref().and_then(|key| state.signee(key));
        let channel = match message {
            "invitation" | "reminder" => text(sent, "delivery_method").map(|method| method.to_lowercase()),
            "sms" => Some("sms".to_owned()),
            _ => Some("email".to_owned()),
        };
        let known_to = || match channel.as_deref() {
            Some("sms") => signee?.phone.clone(),
            Some("email") if message != "salesperson" => signee?.email.clone(),
            _ => None,
        };
        Some(Self {
            event: event.id().to_owned(),
            action: sent.action.clone(),
            occurred_ms: event.occurred_ms(),
            message: message.to_owned(),
            signee: sent.signee.clone(),
            signee_name: signee.and_then(|signee| signee.name.clone()),
            to: text(sent, "to").or_else(known_to),
            channel,
            is_failure: FAILURES.iter().any(|word| status.eq_ignore_ascii_case(word)),
            status,
            severity: text(sent, "severity"),
            reason: text(sent, "reason").or_else(|| text(sent, "description")),
        })
    }

    /// As the API shows it.
    pub fn to_json(&self) -> Value {
        json!({
            "event": self.event, "action": self.action, "occurred_at": iso(self.occurred_ms),
            "message": self.message, "channel": self.channel, "signee_key": self.signee,
            "signee_name": self.signee_name, "to": self.to, "status": self.status,
            "failed": self.is_failure, "severity": self.severity, "reason": self.reason,
        })
    }
}

/// The provider's word.
fn reported(event: &NewEvent) -> Option<String> {
    let whole = text(event, "wire_status").and_then(|wire| Some(wire.split_once(':')?.1.to_owned()));
    text(event, "status").or_else(|| text(event, "event")).or(whole)
}

fn text(event: &NewEvent, member: &str) -> Option<String> {
    event.metadata.get(member).and_then(Value::as_str).map(str::to_owned)
}
