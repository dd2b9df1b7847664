//! How an event changes a state. Deliberately absent: whether it may.
//!
//! What is recorded is believed, whatever came of it: an event that no guard would have let through changes the state as far
//! as that makes sense, but an end stays the end.

use serde_json::Value;

use crate::event::{Actor, ActorKind, NewEvent, Outcome};
use crate::process::form::TEXT_CHARS_MAX;
use crate::process::read::{self, Members, cut};
use crate::process::{
    Attached, Incoming, LOOKS_MAX, Look, Payment, SIGNEES_MAX, Signee, Stand, State, Status, imply, look,
    person,
};

/// Most methods of authentication that are remembered of a signee.
const METHODS_MAX: usize = 16;
/// Longest reason, user agent or method that is remembered, in characters; the whole stands in the event.
const NOTE_CHARS_MAX: usize = 500;

/// Actions that tell of a failure by themselves, so that their outcome need not be success.
const TELLS_OF_FAILURE: &[&str] = &[
    "document.expired",
    "invitation.timed_out",
    "payment.capture_failed",
    "signee.bounced",
    "signing.retries_exhausted",
    "verification.failed",
    "verification.failed_after_sign",
];

/// Whether what the action names was done: what was tried and failed, or was not allowed, changes nothing.
pub(super) fn is_done(event: &NewEvent) -> bool {
    event.outcome == Outcome::Success || TELLS_OF_FAILURE.contains(&event.action.as_str())
}

/// Adds an event to what is known. `automated` are the reasons to suspect a program behind it: such a look moves nobody.
pub(super) fn fold(state: &mut State, incoming: &Incoming<'_>, automated: &[String]) {
    let event = incoming.event;
    let at_ms = incoming.occurred_ms();
    state.first_ms = Some(state.first_ms.map_or(at_ms, |first| first.min(at_ms)));
    state.last_ms = Some(state.last_ms.map_or(at_ms, |last| last.max(at_ms)));
    if !is_done(event) {
        return;
    }
    let key = person::key_of(state, event).map(str::to_owned);
    if let Some(key) = &key {
        make_known(state, event, key, at_ms);
    }
    let before = (state.is_created, state.status);
    fold_process(state, incoming, at_ms);
    let is_completed = state.status == Status::Completed && before.1 != Status::Completed;
    if is_completed || (state.is_created && !before.0) {
        state.aging_ms = Some(incoming.received_ms);
    }
    fold_payment(state, event, key.as_deref());
    if matches!(event.action.as_str(), "document.viewed" | "document.accessed") {
        remember_look(state, event, key.clone(), at_ms);
    }
    let is_counted = !automated.iter().any(|reason| look::is_certain(reason));
    let Some(at) = key.and_then(|key| state.signees.iter().position(|signee| signee.key == key)) else {
        return;
    };
    let forwarded_to =
        (event.action == "document.forwarded").then(|| imply::forward_key(state, event)).flatten();
    if let Some(signee) = state.signees.get_mut(at) {
        let before = signee.clone();
        fold_signee(signee, event, at_ms, is_counted);
        if signee.stand == Stand::Forwarded && before.stand != Stand::Forwarded {
            signee.forwarded_to = forwarded_to;
        }
        if *signee != before {
            signee.updated_ms = at_ms;
        }
    }
}

/// Makes room for the signee that an event is the first to speak of, and takes in what `signee.added` says.
fn make_known(state: &mut State, event: &NewEvent, key: &str, at_ms: u64) {
    let is_added = event.action == "signee.added";
    let known = state.signees.iter().position(|signee| signee.key == key);
    if known.is_none()
        && !(person::makes_known(event) && read::is_key(key) && state.signees.len() < SIGNEES_MAX)
    {
        return;
    }
    let mut told = Signee { key: key.to_owned(), added_ms: at_ms, updated_ms: at_ms, ..Signee::default() };
    if is_added {
        let described = read::signee(&mut Members::of_signee(&event.metadata));
        let from = state.signees.iter().find(|signee| signee.forwarded_to.as_deref() == Some(key));
        let forwarded_from = from.map(|signee| signee.key.clone());
        let added_by = event.actor.email.clone().filter(|_| !is_program(&event.actor));
        told = Signee {
            key: told.key,
            added_ms: at_ms,
            updated_ms: at_ms,
            added_by,
            forwarded_from,
            ..described
        };
    } else if known.is_none() {
        told.is_adopted = true;
        told.is_required = true;
        let is_actor = event.actor.kind == ActorKind::Signee;
        told.name = event.actor.name.clone().filter(|_| is_actor);
        told.email = event.actor.email.clone().filter(|_| is_actor);
    }
    match known.and_then(|at| state.signees.get_mut(at)) {
        None => state.signees.push(told),
        // Somebody removed begins anew; somebody met in mid-life has already done things.
        Some(signee) if is_added && signee.stand == Stand::Removed => *signee = told,
        Some(signee) if is_added && signee.is_adopted => introduce(signee, told),
        Some(_) => {}
    }
}

/// Gives a signee who was met in mid-life what their being added tells of them.
fn introduce(signee: &mut Signee, told: Signee) {
    let done = std::mem::take(signee);
    *signee = Signee {
        stand: done.stand,
        sends: done.sends,
        sent_ms: done.sent_ms,
        delivery_method: done.delivery_method,
        viewed_ms: done.viewed_ms,
        signed_ms: done.signed_ms,
        ended_ms: done.ended_ms,
        reason: done.reason,
        authenticated: done.authenticated,
        ip: done.ip,
        user_agent: done.user_agent,
        forwarded_to: done.forwarded_to,
        forwarded_from: told.forwarded_from.or(done.forwarded_from),
        payment: done.payment,
        verification_failed: done.verification_failed,
        is_withdrawn: done.is_withdrawn,
        name: told.name.or(done.name),
        email: told.email.or(done.email),
        ..told
    };
}

fn fold_process(state: &mut State, incoming: &Incoming<'_>, at_ms: u64) {
    let event = incoming.event;
    let action = event.action.as_str();
    match action {
        "document.created" if !state.is_created => create(state, event, at_ms),
        "document.attached" if state.document.is_none() => state.document = attached(event, at_ms),
        "trail.made" => state.trail = attached(event, at_ms).or(state.trail.take()),
        "document.started" => state.started_ms = Some(at_ms),
        "invitation.sent" | "invitation.resent" | "invitation.reinvited" => {
            state.started_ms.get_or_insert(at_ms);
        }
        "document.signed" => state.signatures = state.signatures.saturating_add(1),
        "document.completed" => end(state, Status::Completed, event, at_ms),
        "document.canceled" => end(state, Status::Canceled, event, at_ms),
        "document.expired" => end(state, Status::Expired, event, at_ms),
        "document.deleted" => state.deleted_ms = state.deleted_ms.or(Some(at_ms)),
        "stamp.used" => state.stamps_used = state.stamps_used.saturating_add(1),
        "stamp.reversed" => {
            let count = event.metadata.get("count").and_then(Value::as_u64).unwrap_or(1);
            state.stamps_used = state.stamps_used.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        }
        "signee.authentication_enabled" if person::key_of(state, event).is_none() => {
            state.requires_auth = Some(true);
        }
        "meeting.created"
        | "meeting.approved"
        | "meeting.rejected"
        | "meeting.canceled"
        | "meeting.deleted"
        | "member.invited"
        | "member.joined"
        | "member.removed"
        | "member.invitation_canceled"
        | "subscription.canceled"
        | "subscription.reactivated" => state.last_decision = Some(action.to_owned()),
        _ => {}
    }
    let begins = matches!(
        action,
        "document.started"
            | "document.viewed"
            | "document.signed"
            | "invitation.sent"
            | "invitation.resent"
            | "invitation.reinvited"
    );
    if begins && state.status == Status::Draft {
        state.status = Status::Active;
    }
}

fn create(state: &mut State, event: &NewEvent, at_ms: u64) {
    state.is_created = true;
    state.created_ms = Some(at_ms);
    state.created_by = Some(event.actor.clone());
    let target = event.targets.iter().find(|target| target.kind == "document");
    let shown = target.and_then(|target| target.name.as_deref()).map(|name| cut(name, TEXT_CHARS_MAX));
    // Without a process the metadata is the sender's own, whatever its members are called.
    let Some(process) = &event.process else {
        state.display_name = shown;
        return;
    };
    describe(state, &mut Members::of_metadata(&event.metadata));
    state.display_name = state.display_name.take().or(shown).or_else(|| Some(process.clone()));
}

/// What the metadata of a process's creation says of it.
pub(super) fn describe(state: &mut State, members: &mut Members<'_>) {
    state.display_name = members.text("display_name");
    state.file_name = members.text("file_name");
    state.flow_key = members.text("flow_key");
    state.flow_type = members.text("flow_type");
    state.sign_in_order = members.flag("sign_in_order").unwrap_or_default();
    state.requires_auth = members.flag("requires_auth");
    state.signature_location = members.text("signature_location");
    state.expires_ms = members.time_ms("expires_at");
    state.locale = members.text("locale");
    state.time_zone = members.text("time_zone");
    state.sequences = members.list("sequences");
    state.attachments = members.list("attachments");
}

/// The first end counts; only an expiry may become the cancellation that follows from it.
fn end(state: &mut State, status: Status, event: &NewEvent, at_ms: u64) {
    let cause = read::word(&event.metadata, "cause").map(|cause| cut(cause, NOTE_CHARS_MAX));
    if state.status.is_final() {
        let follows = status == Status::Canceled && cause.as_deref() == Some("expired");
        if state.status == Status::Expired && follows {
            state.status = Status::Canceled;
        }
        return;
    }
    state.status = status;
    // Whether a person looked no longer decides anything.
    state.looks.clear();
    state.ended_ms = Some(at_ms);
    state.end_reason = event.reason.as_deref().map(|reason| cut(reason, NOTE_CHARS_MAX));
    state.end_cause = match status {
        // The sender says it by hand, a program because all have signed (`L24`).
        Status::Completed if is_program(&event.actor) => cause.or_else(|| Some("signed".to_owned())),
        Status::Completed => Some("manual".to_owned()),
        Status::Expired => Some("expired".to_owned()),
        _ => cause,
    };
}

/// Whether no person stands behind it.
pub(super) fn is_program(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::System | ActorKind::Service)
}

fn attached(event: &NewEvent, at_ms: u64) -> Option<Attached> {
    let sha256 = read::word(&event.metadata, "sha256")?;
    crate::hex::decode::<32>(sha256)?;
    let size = event.metadata.get("size")?.as_u64()?;
    Some(Attached { sha256: sha256.to_owned(), size, at_ms })
}

/// Only looks that can still be near another one in time are worth remembering.
fn remember_look(state: &mut State, event: &NewEvent, signee: Option<String>, at_ms: u64) {
    state.looks.retain(|look| look.at_ms.abs_diff(at_ms) <= look::NEAR_MS);
    if state.looks.len() >= LOOKS_MAX {
        state.looks.remove(0);
    }
    let signee = signee.filter(|key| read::is_key(key));
    state.looks.push(Look { at_ms, signee, ip: event.context.ip.clone() });
}

fn fold_signee(signee: &mut Signee, event: &NewEvent, at_ms: u64, is_counted: bool) {
    let is_open = !signee.stand.is_ended();
    match event.action.as_str() {
        "invitation.sent" => invite(signee, event, at_ms, signee.is_withdrawn),
        "invitation.resent" => {
            // Where the first send is not in the log, this is the second at least.
            signee.sends = signee.sends.max(1);
            invite(signee, event, at_ms, false);
        }
        "invitation.reinvited" => invite(signee, event, at_ms, true),
        "invitation.deleted" => signee.is_withdrawn = true,
        "signee.authentication_enabled" => ask_for(signee, event),
        "signee.authenticated" => {
            let method = read::word(&event.metadata, "method").unwrap_or("other").to_lowercase();
            let method = cut(&method, NOTE_CHARS_MAX);
            if signee.authenticated.len() < METHODS_MAX && !signee.authenticated.contains(&method) {
                signee.authenticated.push(method);
            }
        }
        "document.viewed" if is_counted => {
            signee.viewed_ms.get_or_insert(at_ms);
            if is_open {
                signee.stand = Stand::Viewed;
            }
        }
        "document.signed" if !matches!(signee.stand, Stand::Signed | Stand::Removed | Stand::Forwarded) => {
            signee.stand = Stand::Signed;
            signee.signed_ms = Some(at_ms);
            signee.ended_ms = None;
            signee.reason = None;
            signee.verification_failed = false;
            signee.ip.clone_from(&event.context.ip);
            signee.user_agent = event.context.user_agent.as_deref().map(|text| cut(text, NOTE_CHARS_MAX));
        }
        "document.declined" if is_open => leave(signee, Stand::Declined, event, at_ms),
        "signee.bounced" if is_open => leave(signee, Stand::Bounced, event, at_ms),
        "signee.removed" if signee.stand != Stand::Signed => leave(signee, Stand::Removed, event, at_ms),
        "document.forwarded" if is_open => leave(signee, Stand::Forwarded, event, at_ms),
        "invitation.timed_out" if is_open => leave(signee, Stand::TimedOut, event, at_ms),
        "verification.failed" => signee.verification_failed |= signee.stand == Stand::Signed,
        "verification.failed_after_sign" => signee.verification_failed = true,
        _ => {}
    }
}

fn invite(signee: &mut Signee, event: &NewEvent, at_ms: u64, is_new: bool) {
    let reopens = matches!(signee.stand, Stand::Declined | Stand::Bounced | Stand::TimedOut);
    if signee.stand == Stand::Added || (event.action == "invitation.reinvited" && reopens) {
        signee.stand = Stand::Invited;
        signee.ended_ms = None;
        signee.reason = None;
    }
    signee.sends = if is_new { 1 } else { signee.sends.saturating_add(1) };
    signee.is_withdrawn = false;
    signee.sent_ms = Some(at_ms);
    let method = read::word(&event.metadata, "delivery_method").map(|method| cut(method, NOTE_CHARS_MAX));
    signee.delivery_method = method.or(signee.delivery_method.take());
    if signee.email.is_none() && signee.is_adopted {
        let to = read::word(&event.metadata, "to").or_else(|| read::word(&event.metadata, "invitee"));
        signee.email = to.filter(|to| to.contains('@')).map(|to| cut(to, NOTE_CHARS_MAX));
    }
}

/// `X10`: a code by text message, unless another method is named.
fn ask_for(signee: &mut Signee, event: &NewEvent) {
    match read::word(&event.metadata, "method").unwrap_or("sms").to_ascii_lowercase().as_str() {
        "sms" => signee.auth.sms = true,
        "otp" => signee.auth.otp = true,
        "pin" => signee.auth.pin = true,
        "id_check" => signee.auth.id_check = true,
        _ => {}
    }
}

fn leave(signee: &mut Signee, stand: Stand, event: &NewEvent, at_ms: u64) {
    signee.stand = stand;
    signee.ended_ms = Some(at_ms);
    signee.reason = event.reason.as_deref().map(|reason| cut(reason, NOTE_CHARS_MAX));
}

fn fold_payment(state: &mut State, event: &NewEvent, key: Option<&str>) {
    let stands = match event.action.as_str() {
        "payment.authorised" => Payment::Authorised,
        "payment.captured" => Payment::Captured,
        "payment.capture_failed" => Payment::Failed,
        "payment.reversed" => Payment::Reversed,
        "verification.failed_after_sign" if key.is_none() => {
            if let [signee] = state.signees.as_mut_slice() {
                signee.verification_failed = true;
            }
            return;
        }
        _ => return,
    };
    let payer = payer(state, key).map(|signee| signee.key.clone());
    match state.signees.iter_mut().find(|signee| Some(&signee.key) == payer.as_ref()) {
        Some(signee) => signee.payment = stands,
        None => state.payment = stands,
    }
}

/// Whose payment an event about one means; nobody's for one of the process as a whole.
pub(super) fn payer<'a>(state: &'a State, key: Option<&str>) -> Option<&'a Signee> {
    if let Some(signee) = key.and_then(|key| state.signee(key)) {
        let is_shared = signee.payment == Payment::None && state.payment != Payment::None;
        return (!is_shared).then_some(signee);
    }
    if state.payment != Payment::None {
        return None;
    }
    let mut paying = state.signees.iter().filter(|signee| signee.payment != Payment::None);
    paying.next().filter(|_| paying.next().is_none())
}
