//! What follows from an event in the same transaction. Deliberately absent: what follows from that; each implied event goes
//! through the rules itself.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::event::{Actor, ActorKind, Audience, Context, NewEvent, Outcome, Target};
use crate::hex::Hex;
use crate::process::guard::Case;
use crate::process::{
    Incoming, Payment, Policy, Signee, Stand, State, Status, due, fold, guard, person, read,
};
use crate::profile::Ending;

/// What a new signee takes over from the event that names them: who they are, never how they sign.
const CONTACT: &[&str] = &["name", "email", "phone", "ssn", "address", "postal_code", "city"];

/// The verdicts of mail providers after which nothing will arrive. Mailgun says `failed` with a severity, or `rejected`.
const LOST_FOR_GOOD: &[&str] =
    &["rejected", "bounce", "bounced", "dropped", "hard_bounce", "hard_bounced", "undeliverable"];

/// An event of the server's own.
pub(super) fn own(action: &str, process: Option<&str>, targets: Vec<Target>) -> NewEvent {
    let system = ActorKind::System;
    NewEvent {
        id: None,
        action: action.to_owned(),
        occurred_at: None,
        actor: Actor { kind: system, id: None, name: None, email: None, role: None, avatar_url: None },
        on_behalf_of: None,
        targets,
        process: process.map(str::to_owned),
        signee: None,
        description: None,
        changes: None,
        context: Context::default(),
        outcome: Outcome::Success,
        reason: None,
        audience: Audience::Organization,
        metadata: Map::new(),
    }
}

/// A process's document.
pub(super) fn document(process: &str, state: &State) -> Target {
    let name = state.display_name.clone();
    Target { kind: "document".to_owned(), id: process.to_owned(), name, url: None, parent: None }
}

/// The cause and what it led to; makes the events that follow.
struct Consequences<'a> {
    cause: &'a NewEvent,
    state: &'a State,
}

impl Consequences<'_> {
    fn event(&self, action: &str, signee: Option<&str>, metadata: Value) -> NewEvent {
        let cause = self.cause;
        let process = cause.process.as_deref();
        let named: Vec<Target> = cause.targets.iter().filter(|it| it.kind == "document").cloned().collect();
        let targets = match process {
            _ if !named.is_empty() => named,
            Some(process) => vec![document(process, self.state)],
            None => cause.targets.clone(),
        };
        let mut event = own(action, process, targets);
        event.occurred_at.clone_from(&cause.occurred_at);
        event.audience = cause.audience;
        event.signee = signee.map(str::to_owned);
        if let Value::Object(metadata) = metadata {
            event.metadata = metadata;
        }
        event
    }

    fn canceled(&self, cause: &str, signee: Option<&str>) -> NewEvent {
        let mut event = self.event("document.canceled", signee, json!({"cause": cause}));
        event.reason.clone_from(&self.cause.reason);
        event
    }

    fn completed(&self, signee: Option<&str>) -> NewEvent {
        self.event("document.completed", signee, json!({"cause": "signed"}))
    }

    /// The end to which a signature or a removal leads, if all who are in it are known.
    fn end(&self, last_signee: Option<&str>) -> Vec<NewEvent> {
        let state = self.state;
        if state.is_over() || !state.is_created {
            return Vec::new();
        }
        let is_gone = |signee: &Signee| matches!(signee.stand, Stand::Removed | Stand::Forwarded);
        if !state.signees.is_empty() && state.signees.iter().all(is_gone) {
            return vec![self.canceled("all_removed", None)];
        }
        if !state.is_signed_by_all() {
            return Vec::new();
        }
        let signed = state.signees.iter().filter(|signee| signee.stand == Stand::Signed);
        let latest = || signed.max_by_key(|signee| signee.signed_ms).map(|signee| signee.key.as_str());
        vec![self.completed(last_signee.or_else(latest))]
    }

    /// `X16`: the new signee takes the slot, with everything that belongs to it, and is invited.
    fn forwarded(&self, old: Option<&Signee>, key: &str) -> Vec<NewEvent> {
        let told = self.cause.metadata.get("signee").and_then(Value::as_object);
        let mut signee = Map::from_iter([("signee_key".to_owned(), Value::from(key))]);
        for name in CONTACT {
            if let Some(value) = told.and_then(|told| told.get(*name)).filter(|value| !value.is_null()) {
                signee.insert((*name).to_owned(), value.clone());
            }
        }
        let email = signee.get("email").cloned().unwrap_or_default();
        if let Some(old) = old {
            inherit(&mut signee, old, self.state);
        }
        vec![
            self.event("signee.added", Some(key), json!({"signee": signee})),
            self.event("invitation.sent", Some(key), json!({"delivery_method": "Email", "to": email})),
        ]
    }

    /// `L35` and `L48`: what the document's deletion gives back.
    fn deleted(&self, incoming: &Incoming<'_>) -> Vec<NewEvent> {
        let state = self.state;
        let mut events = Vec::new();
        let by_sender = !incoming.is_own && !fold::is_program(&self.cause.actor);
        let is_unsigned = state.signatures == 0 && state.status != Status::Completed;
        if by_sender && is_unsigned && state.stamps_used > 0 {
            events.push(self.event("stamp.reversed", None, json!({"count": state.stamps_used})));
        }
        if state.status == Status::Completed {
            return events;
        }
        let reversed = |signee| {
            let mut event = self.event("payment.reversed", signee, json!({"cause": "document_deleted"}));
            event.reason.clone_from(&self.cause.reason);
            event
        };
        events.extend((state.payment == Payment::Captured).then(|| reversed(None)));
        let paid = state.signees.iter().filter(|signee| signee.payment == Payment::Captured);
        events.extend(paid.map(|signee| reversed(Some(signee.key.as_str()))));
        events
    }
}

/// Everything that belongs to the slot of a signee and not to the person.
fn inherit(signee: &mut Map<String, Value>, old: &Signee, state: &State) {
    let auth = old.auth;
    let mut put = |name: &str, value: Value| signee.insert(name.to_owned(), value);
    put("required", old.is_required.into());
    if let Some(order) = state.order_of(old) {
        put("order", order.into());
    }
    if let Some(role) = &old.role {
        put("role", role.as_str().into());
    }
    if let Some(signature_type) = &old.signature_type {
        put("signature_type", signature_type.as_str().into());
    }
    if auth != Default::default() {
        put("auth", json!({"sms": auth.sms, "otp": auth.otp, "pin": auth.pin, "id_check": auth.id_check}));
    }
    if let Some(time) = old.expires_ms.and_then(due::time) {
        put("expires_at", time.text().into());
    }
    if old.has_reminders {
        put("has_reminders", true.into());
    }
}

/// The events that follow from one that is in the state already.
pub(super) fn implied(
    before: &State,
    state: &State,
    incoming: &Incoming<'_>,
    policy: &Policy,
) -> Vec<NewEvent> {
    let cause = incoming.event;
    let key = person::key_of(before, cause);
    let signee = key.and_then(|key| state.signee(key));
    let then = Consequences { cause, state };
    let cancels = |consequence| consequence == Ending::Cancel && cause.process.is_some();
    // An end follows once, from what really changed where somebody stands.
    let became = |stand| {
        let was = key.and_then(|key| before.signee(key)).map(|signee| signee.stand);
        signee.is_some_and(|signee| signee.stand == stand) && was != Some(stand)
    };
    match cause.action.as_str() {
        _ if !fold::is_done(cause) => Vec::new(),
        "document.deleted" if before.deleted_ms.is_none() => then.deleted(incoming),
        "invitation.deleted" => {
            let paid = signee.filter(|signee| signee.payment == Payment::Captured);
            let metadata = json!({"cause": "invitation_deleted"});
            paid.map(|signee| then.event("payment.reversed", Some(&signee.key), metadata))
                .into_iter()
                .collect()
        }
        // What a record without a process goes through its product tells by itself.
        _ if cause.process.is_none() => Vec::new(),
        "document.expired" if cancels(policy.on_expired) && before.status != Status::Expired => {
            vec![then.canceled("expired", None)]
        }
        _ if state.is_over() => Vec::new(),
        "document.signed" | "signee.removed" => {
            let last = key.filter(|_| cause.action == "document.signed");
            then.end(last)
        }
        "document.declined" if cancels(policy.on_decline) && became(Stand::Declined) => {
            vec![then.canceled("declined", key)]
        }
        "signee.bounced" if cancels(policy.on_bounce) && became(Stand::Bounced) => {
            vec![then.canceled("bounced", key)]
        }
        "document.revoked" => vec![then.canceled("revoked", None)],
        "document.forwarded" => {
            let known = signee.and_then(|signee| signee.forwarded_to.clone());
            let Some(new) = known.or_else(|| forward_key(before, cause)) else { return Vec::new() };
            then.forwarded(signee, &new)
        }
        "delivery.confirmation" => bounced(&then, incoming, signee, key),
        _ => Vec::new(),
    }
}

/// A receipt that says that nothing will arrive ends an invitation by e-mail that is out.
fn bounced(
    then: &Consequences<'_>,
    incoming: &Incoming<'_>,
    signee: Option<&Signee>,
    key: Option<&str>,
) -> Vec<NewEvent> {
    let metadata = &then.cause.metadata;
    let Some(key) = key.filter(|_| is_lost_for_good(metadata)) else { return Vec::new() };
    // Where the whole process is in the log, a receipt about somebody unknown is not about a signee.
    let is_out = |signee: &Signee| !signee.stand.is_ended() && signee.is_invited();
    if !signee.map_or(!then.state.is_created, is_out) {
        return Vec::new();
    }
    let told =
        ["to", "id"].into_iter().filter_map(|name| Some((name.to_owned(), metadata.get(name)?.clone())));
    let mut event = then.event("signee.bounced", Some(key), Value::Object(told.collect()));
    let said = read::word(metadata, "reason").map(str::to_owned);
    event.reason = then.cause.reason.clone().or(said);
    let own = Incoming { event: &event, is_own: true, ..*incoming };
    let is_refused = guard::refusals(&Case::of(then.state, &own, false)).next().is_some();
    if is_refused { Vec::new() } else { vec![event] }
}

fn is_lost_for_good(metadata: &Map<String, Value>) -> bool {
    let said = |name: &str| read::word(metadata, name).unwrap_or_default().to_ascii_lowercase();
    ["event", "status"].into_iter().any(|name| {
        let verdict = said(name);
        LOST_FOR_GOOD.contains(&verdict.as_str()) || (verdict == "failed" && said("severity") == "permanent")
    })
}

/// The key of the signee to whom a document is forwarded: the one that the event names, else one made of what is known, in the
/// form of other keys. Nothing without a new address.
pub(super) fn forward_key(state: &State, event: &NewEvent) -> Option<String> {
    if let Some(key) = read::signee_key(&event.metadata) {
        return Some(key.to_owned());
    }
    let email = event.metadata.get("signee")?.get("email")?.as_str()?;
    let old = person::key_of(state, event).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [event.process.as_deref().unwrap_or_default(), old, email] {
        // Lengths before texts, so that no two lists of parts are the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let slots = state.signees.iter().filter(|signee| signee.stand == Stand::Forwarded).count();
    hash.update((slots as u64).to_be_bytes());
    let digest = hash.finalize();
    Some(format!("si{}", Hex(&digest[..16])))
}
