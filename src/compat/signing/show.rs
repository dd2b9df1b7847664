//! An event and a state in the words of `/signing/activity` (T24 to T33).
//!
//! Deliberately absent: a vocabulary of its own. Statuses are the catalogs' labels of the name `signing`; what is written here
//! are the sentences and the makers that the interface fixes.

use std::borrow::Cow;

use everlog_core::catalog::{Catalogs, is_access, shipped};
use everlog_core::event::{ActorKind, Event, NewEvent};
use everlog_core::process::{self, Auth, Stand, State, Status};
use everlog_core::sentence::{plain, sentence};
use serde_json::Value;

use crate::access::Organization;
use crate::compat::signing::shape::{Attachment, Entry, Head, Sequence, Signee, SigningKey, Tail, Time};

/// Who reports what became of an e-mail.
const MAILGUN: &str = "Mailgun";
/// Events of the record, not of the signing: they stand in no log of this interface.
const LEFT_OUT: &[&str] = &["document.attached", "trail.made"];
/// The steps of the system itself, whoever asked for them (T27).
const BY_SYSTEM: &[&str] =
    &["signee.added", "invitation.sent", "reminder.sent", "delivery.sms", "document.signed"];
/// The steps that are about the process as a whole, and tell how it is signed.
const OF_PROCESS: &[&str] = &["document.created", "document.started"];
/// The steps of a signee's part.
const OF_SIGNEE: &[&str] = &["signee.added", "invitation.sent", "document.signed"];

/// What an organization's answers have in common.
pub(super) struct Words<'a> {
    catalogs: &'a Catalogs,
    system_name: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn of(org: &'a Organization) -> Self {
        let entry = org.entry();
        let set = entry.row.settings.get("system_name").and_then(Value::as_str);
        Self { catalogs: &entry.catalogs, system_name: set.unwrap_or(&entry.profile.defaults.system_name) }
    }

    /// An event as an entry of its process's log; nothing where it is left out.
    pub(super) fn entry<'e>(&self, event: &'e Event, key: &'e str, state: &'e State) -> Option<Entry<'e>>
    where
        'a: 'e,
    {
        let sent = &event.document.event;
        let action = sent.action.as_str();
        if LEFT_OUT.contains(&action) || is_access(action) {
            return None;
        }
        let signee = sent.signee.as_deref().and_then(|key| state.signee(key));
        let (is_of_process, is_of_signee) = (OF_PROCESS.contains(&action), OF_SIGNEE.contains(&action));
        let is_authenticated = signee.is_some_and(|signee| signee.auth != Auth::default());
        let requires_auth = match is_of_signee && is_authenticated {
            true => Some(true),
            false => state.requires_auth.filter(|_| is_of_process || is_of_signee),
        };
        let location = state.signature_location.as_deref();
        Some(Entry {
            id: event.seq.0 + 1,
            flow_key: state.flow_key.as_deref().unwrap_or_default(),
            process_key: key,
            signee_key: sent.signee.as_deref(),
            status: self.status(sent),
            description: self.description(sent, key),
            user_agent: sent.context.user_agent.as_deref(),
            file_name: state.file_name.as_deref().filter(|_| is_of_process),
            created_at: Time(event.occurred_ms()),
            created_by: self.created_by(sent),
            requires_auth,
            sign_in_order: (is_of_process && state.sign_in_order).then_some(true),
            signature_location: location.filter(|_| is_of_process || action == "document.signed"),
            sequence_key: sent.signee.as_deref().and_then(|signee| sequence_of(state, signee)),
        })
    }

    /// T30: the word of the provider where there is one, unharmed; the catalog's word; else the label, written as one word.
    fn status(&self, sent: &NewEvent) -> String {
        if let Some(wire) = text(&sent.metadata, "wire_status") {
            return wire.to_owned();
        }
        let action = &sent.action;
        // An organization's own words for an action do not change what programs were written against.
        let known = [
            self.catalogs.get(action),
            shipped("signing").and_then(|it| it.get(action)),
            shipped("everlog").and_then(|it| it.get(action)),
        ];
        let provided = provider_word(sent);
        let has_words = |label: &String| provided.is_some() || !label.contains('*');
        let known = known.into_iter().flatten().find(|it| it.labels.get("signing").is_some_and(has_words));
        let status = known.and_then(|action| action.wire_status(provided.unwrap_or_default()));
        status.unwrap_or_else(|| one_word(&self.catalogs.describe(action).label))
    }

    /// T29, to the letter; what else there is, is told as everywhere.
    fn description(&self, sent: &NewEvent, key: &str) -> String {
        let signee = sent.signee.as_deref().unwrap_or_default();
        let said = |name: &str| sent.metadata.get(name).and_then(plain).unwrap_or_default();
        match sent.action.as_str() {
            "document.created" => format!("Signing process created. ProcessKey: {key}."),
            "signee.added" => format!("Signee added. Processkey: {key}. Signee key: {signee}."),
            "invitation.sent" => {
                let method = said("delivery_method");
                format!("Signup sent. Processkey: {key}. Signee: {signee}. Delivery method : {method} ")
            }
            "document.started" => format!("Signing process started. ProcessKey: {key}."),
            "delivery.sms" => {
                format!("SMS delivery status: {}.", provider_word(sent).unwrap_or_default())
            }
            "document.signed" => format!("Signee signed. ProcessKey: {key}. Signee key: {signee}"),
            "document.completed" => format!("Signing completed. ProcessKey: {key}."),
            _ if is_of_mailgun(sent) => format!(
                "Mailgun webhook. Event: {}. To:{}. Sender:{}. Id:{}. Severity: {}. Reason:{}",
                provider_word(sent).unwrap_or_default(),
                said("to"),
                said("sender"),
                said("id"),
                said("severity"),
                said("reason"),
            ),
            _ => sentence(sent, self.catalogs),
        }
    }

    /// T27: the e-mail address of a user, the provider of a receipt, else the system.
    fn created_by<'e>(&self, sent: &'e NewEvent) -> Cow<'e, str>
    where
        'a: 'e,
    {
        let action = sent.action.as_str();
        if is_of_mailgun(sent) {
            return MAILGUN.into();
        }
        let actor = &sent.actor;
        match actor.kind {
            _ if BY_SYSTEM.contains(&action) => self.system_name.into(),
            ActorKind::User => actor.email.as_deref().unwrap_or(actor.shown()).into(),
            ActorKind::ApiKey | ActorKind::Service => actor.shown().into(),
            ActorKind::Signee | ActorKind::System | ActorKind::Anonymous => self.system_name.into(),
        }
    }

    /// What stands behind the log: who signs, and what else belongs to the process.
    pub(super) fn tail<'e>(&'e self, key: &'e str, state: &'e State) -> Tail<'e> {
        let is_in_it = |signee: &&process::Signee| !matches!(signee.stand, Stand::Removed | Stand::Forwarded);
        Tail {
            signees: state.signees.iter().filter(is_in_it).map(|signee| self.signee(key, signee)).collect(),
            sequence_signees: state.sequences.iter().filter(|it| it.is_object()).map(sequence).collect(),
            attachment_references: state
                .attachments
                .iter()
                .filter(|it| it.is_object())
                .map(|it| attachment(key, it))
                .collect(),
        }
    }

    fn signee<'e>(&'e self, key: &'e str, signee: &'e process::Signee) -> Signee<'e> {
        let told = |value: &'e Option<String>| value.as_deref().unwrap_or_default();
        Signee {
            process_key: key,
            signee_key: &signee.key,
            ssn: told(&signee.ssn),
            name: told(&signee.name),
            address: told(&signee.address),
            postal_code: told(&signee.postal_code),
            city: told(&signee.city),
            phone: told(&signee.phone),
            email: told(&signee.email),
            signature_type: signee.signature_type.as_deref(),
            has_reminders: signee.has_reminders,
            created_at: Time(signee.added_ms),
            created_by: self.system_name,
            updated_at: Time(signee.added_ms),
        }
    }
}

/// What stands in front of the log.
pub(super) fn head<'a>(key: &'a str, state: &'a State) -> Head<'a> {
    let file_name = state.file_name.as_deref();
    Head {
        process_key: key,
        status: match state.standing() {
            Status::Draft => "Created",
            Status::Active => "Started",
            Status::Completed => "Completed",
            Status::Canceled => "Canceled",
            Status::Expired => "Expired",
        },
        activity_display_name: state.display_name.as_deref().or(file_name).unwrap_or(key),
        file_name: file_name.unwrap_or_default(),
    }
}

/// Whether it is a receipt of an e-mail, whatever channel of its own a product calls it by.
fn is_of_mailgun(sent: &NewEvent) -> bool {
    let action = sent.action.as_str();
    let is_theirs = || sent.actor.kind == ActorKind::Service && sent.actor.id.as_deref() == Some("mailgun");
    matches!(action, "delivery.confirmation" | "delivery.salesperson")
        || (action.starts_with("delivery.") && action != "delivery.sms" && is_theirs())
}

/// What a provider of deliveries calls it.
fn provider_word(sent: &NewEvent) -> Option<&str> {
    let said = text(&sent.metadata, "event").or_else(|| text(&sent.metadata, "status"));
    said.filter(|_| sent.action.starts_with("delivery."))
}

fn text<'a>(metadata: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    metadata.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// `document declined` as `DocumentDeclined`.
fn one_word(label: &str) -> String {
    let mut word = String::with_capacity(label.len());
    for part in label.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut rest = part.chars();
        word.extend(rest.next().into_iter().flat_map(char::to_uppercase).chain(rest));
    }
    if word.is_empty() { "Other".to_owned() } else { word }
}

/// The sequence that a signee signs in.
fn sequence_of<'a>(state: &'a State, signee: &str) -> Option<&'a str> {
    let names_signee = |value: &Value| member(value, "signee_key") == signee;
    let is_in_it =
        |sequence: &&Value| names_signee(sequence) || list(sequence, "signing_keys").iter().any(names_signee);
    let found = state.sequences.iter().find(is_in_it)?;
    Some(member(found, "sequence_key")).filter(|key| !key.is_empty())
}

fn sequence(value: &Value) -> Sequence<'_> {
    let keys = list(value, "signing_keys").iter().filter(|it| it.is_object());
    Sequence {
        sequence_key: member(value, "sequence_key"),
        signee_key: member(value, "signee_key"),
        url: member(value, "url"),
        signing_keys: keys
            .map(|key| SigningKey {
                signee_key: member(key, "signee_key"),
                process_key: member(key, "process_key"),
            })
            .collect(),
    }
}

fn attachment<'a>(key: &'a str, value: &'a Value) -> Attachment<'a> {
    Attachment {
        // Some number theirs.
        id: value.get("id").and_then(plain).unwrap_or_default().into(),
        file_name: member(value, "file_name"),
        content_length: value.get("content_length").and_then(Value::as_u64).unwrap_or_default(),
        content_type: member(value, "content_type"),
        url: member(value, "url"),
        description: member(value, "description"),
        process_key: key,
        attachment_type: member(value, "attachment_type"),
        signee_key: Some(member(value, "signee_key")).filter(|key| !key.is_empty()),
    }
}

/// A text that a product sent along; empty where it is none.
fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
