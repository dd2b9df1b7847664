//! Which signee an event is about. Deliberately absent: guesses. Where an event names nobody, it is about nobody.

use crate::event::{ActorKind, NewEvent};
use crate::process::{Signee, State, read};

/// Acts of signees themselves, by which a record without a process knows them from their e-mail address.
const OWN_ACTS: &[&str] = &[
    "document.accessed",
    "document.declined",
    "document.forwarded",
    "document.signed",
    "document.viewed",
    "payment.authorised",
    "signee.authenticated",
    "signing.retries_exhausted",
    "verification.failed",
    "verification.failed_after_sign",
];

/// The key of the signee that an event is about: named by it, else its actor, else the receiver of a delivery.
///
/// A record without a process knows people by their addresses: the one invited, the one who acts.
pub(super) fn key_of<'a>(state: &'a State, event: &'a NewEvent) -> Option<&'a str> {
    if let Some(key) = &event.signee {
        return Some(key);
    }
    let actor = &event.actor;
    let is_signee = actor.kind == ActorKind::Signee;
    if is_signee
        && let Some(id) = &actor.id
        && state.signee(id).is_some()
    {
        return Some(id);
    }
    let acts = is_signee || (event.process.is_none() && OWN_ACTS.contains(&event.action.as_str()));
    if acts && let Some(signee) = actor.email.as_deref().and_then(|email| by_email(state, email)) {
        return Some(&signee.key);
    }
    if is_signee {
        return actor.id.as_deref();
    }
    if matches!(event.action.as_str(), "delivery.confirmation" | "delivery.sms") {
        let to = read::word(&event.metadata, "to")?;
        return by_email(state, to).map(|signee| signee.key.as_str());
    }
    if event.action == "signee.added" && event.process.is_some() {
        return read::signee_key(&event.metadata);
    }
    if event.process.is_none() { invited(state, event) } else { None }
}

/// Whom a record without a process says an invitation, a payment or a check is about.
fn invited<'a>(state: &'a State, event: &'a NewEvent) -> Option<&'a str> {
    let (noun, _) = event.action.split_once('.')?;
    if !matches!(noun, "invitation" | "payment" | "reminder" | "signee" | "signing" | "verification") {
        return None;
    }
    let metadata = &event.metadata;
    let email = || metadata.get("signee")?.get("email")?.as_str();
    let named = read::word(metadata, "invitee").or_else(|| read::word(metadata, "to")).or_else(email)?;
    Some(by_email(state, named).map_or(named, |signee| &signee.key))
}

/// The signee of this address; of several the one whose part is not over.
fn by_email<'a>(state: &'a State, email: &str) -> Option<&'a Signee> {
    let is_it = |signee: &&Signee| {
        let same = |text: &str| text.eq_ignore_ascii_case(email);
        signee.email.as_deref().is_some_and(same) || same(&signee.key)
    };
    let mut found = state.signees.iter().filter(is_it);
    found.clone().find(|signee| !signee.stand.is_ended()).or_else(|| found.next())
}

/// Whether an event makes a signee known of whom nothing was recorded before.
pub(super) fn makes_known(event: &NewEvent) -> bool {
    let Some((noun, verb)) = event.action.split_once('.') else { return false };
    match noun {
        "signee" | "invitation" | "payment" | "verification" | "signing" => true,
        "document" => matches!(verb, "viewed" | "signed" | "declined" | "forwarded"),
        _ => false,
    }
}

/// The signee that a payment or a check is about when it names nobody: the only one.
pub(super) fn only_one(state: &State) -> Option<&Signee> {
    match state.signees.as_slice() {
        [signee] => Some(signee),
        _ => None,
    }
}
