//! The guards: each says when an event may not happen, and what would be needed. Deliberately absent: what follows from
//! those that may (`imply`).
//!
//! A guard knows only what this log holds. Where that is nothing on its matter, it lets the event pass, so that a product
//! which begins to use the log in mid-life loses no fact; guards about a role pass where no role is given.

use crate::event::{ActorKind, NewEvent};
use crate::process::decide::Refusal;
use crate::process::form;
use crate::process::read::{self, Members};
use crate::process::{
    BEFORE_CREATION, CLOCKS_APART_MS_MAX, Incoming, Payment, SENDS_MAX, SIGNEES_MAX, Signee, Stand, State,
    Status, due, fold, imply, person,
};

/// An event before a state, with the signee it is about.
pub(super) struct Case<'a> {
    state: &'a State,
    event: &'a NewEvent,
    key: Option<&'a str>,
    signee: Option<&'a Signee>,
    is_own: bool,
    /// The moment by which times are judged: for history when it happened, else now.
    now_ms: u64,
    /// When it happened, as it says itself.
    at_ms: u64,
    is_history: bool,
}

type Guard = fn(&Case<'_>) -> Option<Refusal>;

/// Every guard that an event does not meet, in the order in which they are asked.
pub(super) fn refusals<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Refusal> + 'a {
    // What was tried and failed, or was not allowed, happened all the same.
    let is_done = fold::is_done(case.event);
    let guards = [&[process_ended as Guard, no_room] as &[Guard], guards_of(&case.event.action)];
    guards.into_iter().flatten().filter(move |_| is_done).filter_map(|guard| guard(case))
}

/// What is remarkable about an event that is taken all the same, live and as history.
///
/// A sender that was cut off tells late what happened, so that a time before the process was heard of may be true. Whoever
/// reads the trail has to know of it; nothing is refused for it.
pub(super) fn remark(case: &Case<'_>) -> Option<&'static str> {
    let created_ms = case.state.created_ms.filter(|_| case.is_in_process() && fold::is_done(case.event))?;
    (case.at_ms + CLOCKS_APART_MS_MAX < created_ms).then_some(BEFORE_CREATION)
}

/// The guards of an action, as the catalogs name them and a few about the form of what is told.
fn guards_of(action: &str) -> &'static [Guard] {
    match action {
        "document.created" => &[process_exists, invalid_process],
        "document.attached" => &[document_attached, already_invited],
        "trail.made" => &[trail_made],
        "signee.added" => &[invalid_signee, signee_exists],
        "invitation.sent" => &[signee_unknown, signee_ended, sends_exhausted],
        "document.declined" => &[signee_missing, signee_unknown, signee_ended],
        "signee.authenticated" => &[signee_unknown],
        "document.viewed" => &[signee_unknown, not_authenticated],
        "document.signed" => &[signee_missing, not_invited, out_of_order, not_authenticated],
        "signee.bounced" => &[signee_missing, not_by_email],
        "signee.removed" => &[signee_missing, signee_required, signee_signed],
        "document.forwarded" => &[
            signee_missing,
            signee_unknown,
            signee_ended,
            forward_two_factor,
            pin_not_entered,
            forward_recipient_missing,
            no_new_signee,
        ],
        "document.revoked" => &[may_not_cancel],
        "document.canceled" => &[end_may_not_be_told],
        "document.expired" => &[document_not_due],
        "invitation.timed_out" => &[invitation_not_due],
        "invitation.resent" => &[signee_unknown, invitation_not_active, sends_exhausted],
        "invitation.reinvited" => &[invitation_timed_out, not_rejected],
        "signing.retries_exhausted" => &[not_aadhaar],
        "document.deleted" => &[may_not_delete],
        "document.completed" => &[may_not_complete],
        "payment.captured" => &[payment_not_authorised, signing_not_clean],
        "payment.reversed" => &[payment_not_captured],
        "workflow.created" | "workflow.updated" | "workflow.deleted" => &[not_admin],
        "meeting.approved" | "meeting.rejected" => &[not_pending],
        "member.invitation_canceled" => &[invitation_accepted],
        "subscription.reactivated" => &[not_canceled],
        _ => &[],
    }
}

fn refuse(code: &'static str, detail: impl Into<String>) -> Option<Refusal> {
    Some(Refusal { code, detail: detail.into() })
}

impl<'a> Case<'a> {
    pub(super) fn of(state: &'a State, incoming: &Incoming<'a>, is_history: bool) -> Self {
        let event = incoming.event;
        let key = person::key_of(state, event);
        let at_ms = incoming.occurred_ms();
        let now_ms = if is_history { at_ms } else { incoming.received_ms };
        let signee = key.and_then(|key| state.signee(key));
        Self { state, event, key, signee, is_own: incoming.is_own, now_ms, at_ms, is_history }
    }

    fn is_in_process(&self) -> bool {
        self.event.process.is_some()
    }

    /// Whether every signee is in the log, so that somebody unknown is nobody of theirs.
    fn knows_all_signees(&self) -> bool {
        let is_told = |signee: &Signee| !signee.is_adopted;
        self.is_in_process() && self.state.is_created && self.state.signees.iter().any(is_told)
    }

    /// Whether the actor, or the account used, is whoever created it; nothing where that is not known.
    fn is_sender(&self) -> Option<bool> {
        let created_by = self.state.created_by.as_ref()?.id.as_deref()?;
        let event = self.event;
        let actors = [Some(&event.actor), event.on_behalf_of.as_ref()];
        let mut people = actors.into_iter().flatten().filter(|actor| actor.kind != ActorKind::Signee);
        Some(people.any(|actor| actor.id.as_deref() == Some(created_by)))
    }

    /// When the time of a signee ran out, if the event happened no earlier.
    fn ran_out(&self, signee: &Signee) -> Option<String> {
        let expires_ms = signee.expires_ms.filter(|expires_ms| *expires_ms <= self.at_ms && !self.is_own)?;
        due::time(expires_ms).map(String::from)
    }

    fn role(&self) -> Option<&str> {
        self.event.actor.role.as_deref()
    }

    fn sender(&self) -> &str {
        self.state.created_by.as_ref().map_or("the sender", |actor| actor.shown())
    }
}

/// What is recorded of a process that is over: receipts, downloads, looks, deletions, payments, verifications (`X21`).
fn is_recorded_after_end(action: &str) -> bool {
    let Some((noun, verb)) = action.split_once('.') else { return false };
    matches!(noun, "delivery" | "payment" | "verification")
        || matches!(verb, "deleted" | "downloaded")
        || matches!(action, "document.accessed" | "stamp.reversed")
}

fn process_ended(case: &Case<'_>) -> Option<Refusal> {
    let state = case.state;
    // The server itself attaches a document, but somebody asked it to.
    let is_made_here = case.is_own && case.event.action != "document.attached";
    let is_free = is_made_here || !case.is_in_process() || is_recorded_after_end(&case.event.action);
    if is_free {
        return None;
    }
    if !state.is_over() {
        return behind_expiry(case);
    }
    let (how, at_ms) = match state.deleted_ms {
        Some(at_ms) if !state.status.is_final() => ("its document was deleted", Some(at_ms)),
        _ => (state.status.as_str(), state.ended_ms),
    };
    let when = at_ms.and_then(due::time).map(|time| format!(" at {}", time.text())).unwrap_or_default();
    let cause = state.end_cause.as_ref().map(|cause| format!(", cause {cause}")).unwrap_or_default();
    let detail = format!(
        "the process is over ({how}{when}{cause}); what is still recorded of it are receipts, downloads, links opened, deletions, payments and verifications"
    );
    refuse("process_ended", detail)
}

/// What happened when the time was up happened after the end, also where that end is not in the log yet.
fn behind_expiry(case: &Case<'_>) -> Option<Refusal> {
    let tells_of_it = matches!(case.event.action.as_str(), "document.expired" | "invitation.timed_out");
    let is_behind = |expires_ms: &u64| *expires_ms <= case.at_ms && !tells_of_it;
    let expires_ms = case.state.expires_ms.filter(is_behind)?;
    let [ends, happened] =
        [expires_ms, case.at_ms].map(|ms| due::time(ms).map_or_else(String::new, String::from));
    refuse(
        "process_ended",
        format!("the process ends at {ends}, and this is said to have happened at {happened}"),
    )
}

/// A process holds so many signees and no more.
fn no_room(case: &Case<'_>) -> Option<Refusal> {
    let key = case.key?;
    let adds = case.signee.is_none() && person::makes_known(case.event);
    if adds && !read::is_key(key) {
        let detail = format!("a signee's key has 1 to {} bytes, this one {}", read::KEY_BYTES_MAX, key.len());
        return refuse("invalid_signee", detail);
    }
    if !(adds && case.state.signees.len() >= SIGNEES_MAX) {
        return None;
    }
    refuse("too_many_signees", format!("a process has at most {SIGNEES_MAX} signees, and this one has them"))
}

fn process_exists(case: &Case<'_>) -> Option<Refusal> {
    if !(case.is_in_process() && case.state.is_created) {
        return None;
    }
    let when = case.state.created_ms.and_then(due::time);
    let when = when.map(|time| format!(" at {}", time.text())).unwrap_or_default();
    refuse("process_exists", format!("the process was created{when}; a new one needs a key of its own"))
}

fn invalid_process(case: &Case<'_>) -> Option<Refusal> {
    if !case.is_in_process() {
        return None;
    }
    let mut probe = State::default();
    let mut members = Members::of_metadata(&case.event.metadata);
    fold::describe(&mut probe, &mut members);
    refuse("invalid_process", members.faults.into_iter().next()?)
}

fn invalid_signee(case: &Case<'_>) -> Option<Refusal> {
    // What takes over a slot takes it over as it is, and a forward was asked for its form itself.
    if case.is_own {
        return None;
    }
    let metadata = &case.event.metadata;
    let mut members = Members::of_signee(metadata);
    read::signee(&mut members);
    let told = members.key();
    if let Some(fault) = members.faults.into_iter().next() {
        return refuse("invalid_signee", fault);
    }
    if !case.is_in_process() {
        return None;
    }
    // Who is known by their deeds already has the key that they have.
    let new = case.event.signee.as_deref().filter(|_| case.signee.is_none());
    if let Some(misfit) = new.and_then(|key| form::key(key).err()) {
        return refuse("invalid_signee", format!("signee is {}", misfit.expected));
    }
    match (&case.event.signee, told) {
        (None, None) => refuse("invalid_signee", "signee is needed: the key of who is added"),
        (Some(named), Some(told)) if named != told => {
            refuse("invalid_signee", format!("signee is {named}, but metadata.signee.signee_key is {told}"))
        }
        _ => None,
    }
}

/// Who was removed may be added anew, who was met in mid-life is introduced.
fn signee_exists(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| !signee.is_adopted && signee.stand != Stand::Removed)?;
    let detail =
        format!("{} is a signee already ({}); another one needs a key of its own", signee.key, signee.stand);
    refuse("signee_exists", detail)
}

fn signee_ended(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee?;
    if !signee.stand.is_ended() {
        let when = case.ran_out(signee)?;
        return refuse("signee_ended", format!("the time of {} ran out at {when}", signee.shown()));
    }
    let next = match signee.stand {
        Stand::Declined => "; after a decline an invitation.reinvited asks again",
        Stand::Forwarded => "; the document was handed on, and the new signee goes on with it",
        _ => "",
    };
    refuse("signee_ended", format!("the part of {} is over ({}){next}", signee.shown(), signee.stand))
}

/// What somebody did or met is about somebody; of nobody it would change nothing, or end the process in no one's name.
fn signee_missing(case: &Case<'_>) -> Option<Refusal> {
    if !(case.is_in_process() && case.key.is_none()) {
        return None;
    }
    refuse("signee_missing", format!("signee is needed: the key of whom {} is about", case.event.action))
}

/// Where everybody in the process is known, nobody else takes part: a mistyped key would stand in the trail as a person.
fn signee_unknown(case: &Case<'_>) -> Option<Refusal> {
    let key = case.key.filter(|_| case.signee.is_none() && case.knows_all_signees())?;
    refuse("signee_unknown", format!("the process has no signee {key}; signee.added comes first"))
}

fn not_invited(case: &Case<'_>) -> Option<Refusal> {
    let Some(signee) = case.signee else {
        let key = case.key.filter(|_| case.knows_all_signees())?;
        return refuse(
            "not_invited",
            format!("the process has no signee {key}; signee.added and invitation.sent come first"),
        );
    };
    if signee.stand.is_ended() {
        let detail = format!("{} has no invitation that is open ({})", signee.shown(), signee.stand);
        return refuse("not_invited", detail);
    }
    if let Some(when) = case.ran_out(signee) {
        return refuse("not_invited", format!("the invitation of {} ended at {when}", signee.shown()));
    }
    if signee.is_invited() {
        return None;
    }
    let why = if signee.is_withdrawn { "the invitation was deleted" } else { "no invitation was sent" };
    refuse("not_invited", format!("{why} to {}; an invitation.sent comes first", signee.shown()))
}

fn out_of_order(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|_| case.state.sign_in_order)?;
    let order = case.state.order_of(signee)?;
    let holds_up = |other: &&Signee| {
        let is_done = matches!(other.stand, Stand::Signed | Stand::Removed | Stand::Forwarded);
        let is_earlier = case.state.order_of(other).is_some_and(|earlier| earlier < order);
        other.is_required && !is_done && is_earlier
    };
    let first = case.state.signees.iter().find(holds_up)?;
    let detail = format!(
        "signees sign in order, and {} ({}) comes before {}",
        first.shown(),
        first.stand,
        signee.shown()
    );
    refuse("out_of_order", detail)
}

fn not_authenticated(case: &Case<'_>) -> Option<Refusal> {
    let requires_auth = case.state.requires_auth.unwrap_or_default();
    let nobody = Signee::default();
    // In a process that asks everybody, somebody unknown has not proved anything either.
    let signee = case.signee.or_else(|| case.key.map(|_| &nobody))?;
    if signee.is_authenticated(requires_auth) {
        return None;
    }
    let auth = signee.auth;
    let asked = [("sms", auth.sms), ("otp", auth.otp), ("pin", auth.pin), ("id_check", auth.id_check)];
    let open: Vec<&str> = asked
        .into_iter()
        .filter(|(method, is_asked)| *is_asked && !signee.authenticated.iter().any(|it| it == method))
        .map(|(method, _)| method)
        .collect();
    let open = if open.is_empty() { "any method".to_owned() } else { open.join(", ") };
    let who = case.key.unwrap_or_default();
    refuse(
        "not_authenticated",
        format!("{who} has yet to prove who they are: signee.authenticated by {open} comes first"),
    )
}

fn not_by_email(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee?;
    if !signee.is_invited() {
        return refuse("not_by_email", format!("no invitation to {} is out", signee.shown()));
    }
    let method = signee.delivery_method.as_deref()?;
    let is_mail = method.to_ascii_lowercase().contains("mail");
    if is_mail {
        return None;
    }
    refuse("not_by_email", format!("{} was invited by {method}, and only e-mail bounces", signee.shown()))
}

fn signee_required(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| signee.is_required && !signee.is_adopted)?;
    refuse(
        "signee_required",
        format!("{} is required, and only optional signees can be removed", signee.shown()),
    )
}

fn signee_signed(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| signee.stand == Stand::Signed)?;
    refuse("signee_signed", format!("{} has signed already", signee.shown()))
}

fn forward_two_factor(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| signee.auth.sms || signee.auth.otp)?;
    let method = if signee.auth.sms { "sms" } else { "otp" };
    refuse(
        "forward_two_factor",
        format!("{} is asked for a second factor ({method}), which nobody else can give", signee.shown()),
    )
}

fn pin_not_entered(case: &Case<'_>) -> Option<Refusal> {
    let has_pin = |signee: &Signee| signee.authenticated.iter().any(|method| method == "pin");
    let signee = case.signee.filter(|signee| signee.auth.pin && !has_pin(signee))?;
    refuse(
        "pin_not_entered",
        format!(
            "{} has a PIN and has not entered it: signee.authenticated by pin comes first",
            signee.shown()
        ),
    )
}

fn forward_recipient_missing(case: &Case<'_>) -> Option<Refusal> {
    let told = case.event.metadata.get("signee").and_then(|it| it.as_object());
    let is_there = |name: &str| told.is_some_and(|told| read::word(told, name).is_some());
    let missing: Vec<&str> = ["name", "email"].into_iter().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return None;
    }
    let members: Vec<String> = missing.iter().map(|name| format!("metadata.signee.{name}")).collect();
    refuse("forward_recipient_missing", format!("who receives it is missing: {}", members.join(" and ")))
}

/// The signee to whom it is forwarded must be one that can be added.
fn no_new_signee(case: &Case<'_>) -> Option<Refusal> {
    if !case.is_in_process() {
        return None;
    }
    let mut members = Members::of_signee(&case.event.metadata);
    read::signee(&mut members);
    members.key();
    if let Some(fault) = members.faults.into_iter().next() {
        return refuse("invalid_signee", fault);
    }
    // Who forwards may become known by it and takes a place too.
    let places = usize::from(case.signee.is_none() && case.key.is_some()) + 1;
    if case.state.signees.len() + places > SIGNEES_MAX {
        return refuse("too_many_signees", format!("a process has at most {SIGNEES_MAX} signees"));
    }
    let new = imply::forward_key(case.state, case.event)?;
    if case.state.signee(&new).is_none() && case.key != Some(new.as_str()) {
        return None;
    }
    refuse("signee_exists", format!("{new} is a signee already; who receives it needs a key of their own"))
}

fn may_not_cancel(case: &Case<'_>) -> Option<Refusal> {
    let is_signee = case.event.actor.kind == ActorKind::Signee;
    let may = |role: &str| role.eq_ignore_ascii_case("owner") || role.eq_ignore_ascii_case("admin");
    if case.is_own || (!is_signee && (case.is_sender() == Some(true) || case.role().is_none_or(may))) {
        return None;
    }
    // Whose process it is may not be known; a signee is not of the team in any case.
    if !is_signee && case.is_sender().is_none() {
        return None;
    }
    let who = case.event.actor.shown();
    refuse(
        "may_not_cancel",
        format!("{who} is neither {}, who created it, nor owner or admin", case.sender()),
    )
}

/// An end told from outside is somebody's decision as a revocation is. A product tells by itself how a document without a
/// process ended, whoever it was that ended it.
fn end_may_not_be_told(case: &Case<'_>) -> Option<Refusal> {
    let is_program = !case.is_in_process() && fold::is_program(&case.event.actor);
    if is_program { None } else { may_not_cancel(case) }
}

/// A process has one document, so that nobody has to ask which one was signed.
fn document_attached(case: &Case<'_>) -> Option<Refusal> {
    let attached = case.state.document.as_ref().filter(|_| case.is_in_process())?;
    let detail =
        format!("the process has its document: {} bytes with the SHA-256 {}", attached.size, attached.sha256);
    refuse("document_attached", detail)
}

/// It is made once, whoever makes it.
fn trail_made(case: &Case<'_>) -> Option<Refusal> {
    let made = case.state.trail.as_ref().filter(|_| case.is_in_process())?;
    refuse("trail_made", format!("the Audit Trail was made: SHA-256 {}", made.sha256))
}

/// Who was invited was invited to sign what was there then.
fn already_invited(case: &Case<'_>) -> Option<Refusal> {
    let is_begun = case.state.started_ms.is_some() || case.state.signees.iter().any(|it| it.sends > 0);
    if !(case.is_in_process() && is_begun) {
        return None;
    }
    refuse("already_invited", "signing has begun; a document is attached before the first invitation")
}

fn document_not_due(case: &Case<'_>) -> Option<Refusal> {
    let is_known = case.is_in_process() && case.state.is_created;
    not_due(case, case.state.expires_ms, is_known, "the process")
}

fn invitation_not_due(case: &Case<'_>) -> Option<Refusal> {
    let expires_ms = case.signee.and_then(|signee| signee.expires_ms);
    let is_known = case.is_in_process() && case.signee.is_some_and(|signee| !signee.is_adopted);
    not_due(case, expires_ms, is_known, "the invitation")
}

/// The server ends things in time; from outside that is told afterwards at the earliest.
fn not_due(case: &Case<'_>, expires_ms: Option<u64>, is_known: bool, what: &str) -> Option<Refusal> {
    if case.is_own {
        return None;
    }
    match expires_ms {
        Some(expires_ms) if case.now_ms < expires_ms => {
            let when = due::time(expires_ms).map(String::from).unwrap_or_default();
            refuse("not_due", format!("{what} ends at {when}, and the server says so by itself"))
        }
        None if is_known && !case.is_history => {
            refuse("not_due", format!("{what} has no time at which it ends"))
        }
        _ => None,
    }
}

fn invitation_not_active(case: &Case<'_>) -> Option<Refusal> {
    let Some(signee) = case.signee else {
        let key = case.key.filter(|_| case.knows_all_signees())?;
        return refuse("invitation_not_active", format!("the process has no signee {key}"));
    };
    let why = match signee.stand {
        stand if stand.is_ended() => stand.as_str(),
        _ if signee.is_withdrawn => "the invitation was deleted",
        _ if !signee.is_invited() => "no invitation was sent yet",
        _ if case.ran_out(signee).is_some() => "its time has run out",
        _ => return None,
    };
    refuse("invitation_not_active", format!("no invitation to {} is active: {why}", signee.shown()))
}

/// An invitation that was taken back begins anew, and so does one after a rejection (`invitation.reinvited`).
fn sends_exhausted(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| signee.sends >= SENDS_MAX && !signee.is_withdrawn)?;
    let detail = format!(
        "the invitation to {} was sent {} times, the first counted; {SENDS_MAX} are allowed",
        signee.shown(),
        signee.sends
    );
    refuse("sends_exhausted", detail)
}

fn not_rejected(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee.filter(|signee| !matches!(signee.stand, Stand::Declined | Stand::TimedOut))?;
    // Of somebody met in mid-life who does not stand anywhere yet nothing is held.
    if signee.is_adopted && signee.stand == Stand::Added && signee.sends == 0 {
        return None;
    }
    let detail = format!("{} has not rejected an invitation ({})", signee.shown(), signee.stand);
    refuse("not_rejected", detail)
}

fn invitation_timed_out(case: &Case<'_>) -> Option<Refusal> {
    let signee = case.signee?;
    let has_passed = signee.expires_ms.is_some_and(|expires_ms| expires_ms <= case.now_ms);
    if !(signee.stand == Stand::TimedOut || has_passed) {
        return None;
    }
    refuse("invitation_timed_out", format!("the time of {} to sign has run out", signee.shown()))
}

fn not_aadhaar(case: &Case<'_>) -> Option<Refusal> {
    let method = read::word(&case.event.metadata, "method");
    if method.is_some_and(|method| method.to_lowercase().contains("aadhaar")) {
        return None;
    }
    let told = method.map_or("no method is named".to_owned(), |method| format!("this method is {method}"));
    refuse("not_aadhaar", format!("attempts run out with Aadhaar only, and {told} (metadata.method)"))
}

fn may_not_delete(case: &Case<'_>) -> Option<Refusal> {
    let is_by_itself = matches!(case.state.status, Status::Completed | Status::Draft);
    let is_system = case.event.actor.kind == ActorKind::System;
    // A product's own clean-up is as good as this server's (`L27`).
    if is_by_itself && (case.is_own || is_system) {
        return None;
    }
    if !case.is_own && case.is_sender() != Some(false) {
        return None;
    }
    let who = case.event.actor.shown();
    let detail = format!(
        "{who} is not {}, who created it; by itself only a completed document or a draft is deleted, and this one is {}",
        case.sender(),
        case.state.status
    );
    refuse("may_not_delete", detail)
}

fn may_not_complete(case: &Case<'_>) -> Option<Refusal> {
    // Without a process the product itself finds that all have signed.
    let is_program = !case.is_in_process() && fold::is_program(&case.event.actor);
    if case.is_own || is_program || case.is_sender() != Some(false) {
        return None;
    }
    let who = case.event.actor.shown();
    let detail = format!(
        "{who} is not {}, who created it; it completes by itself with the last signature",
        case.sender()
    );
    refuse("may_not_complete", detail)
}

fn payment_not_authorised(case: &Case<'_>) -> Option<Refusal> {
    let payment = fold::payer(case.state, case.key).map_or(case.state.payment, |signee| signee.payment);
    let is_fine = match payment {
        Payment::Authorised | Payment::Failed => true,
        Payment::None => !case.state.is_created,
        Payment::Captured | Payment::Reversed => false,
    };
    if is_fine {
        return None;
    }
    refuse("payment_not_authorised", format!("the payment is {payment}; a payment.authorised comes first"))
}

fn signing_not_clean(case: &Case<'_>) -> Option<Refusal> {
    let named =
        case.signee.or_else(|| fold::payer(case.state, None)).or_else(|| person::only_one(case.state));
    let unclean = |signee: &&Signee| {
        let is_unknown = signee.is_adopted && signee.stand == Stand::Added && signee.sends == 0;
        signee.verification_failed || (signee.stand != Stand::Signed && !is_unknown)
    };
    let bad = match named {
        Some(signee) => Some(signee).filter(unclean),
        None => case.state.signees.iter().find(|it| it.verification_failed || it.stand == Stand::Declined),
    };
    if let Some(signee) = bad {
        let how = if signee.verification_failed { "a verification failed" } else { signee.stand.as_str() };
        let detail = format!("{} has not signed without fault ({how})", signee.shown());
        return refuse("signing_not_clean", detail);
    }
    let nobody = named.is_none() && case.state.is_created && case.state.signatures == 0;
    if nobody { refuse("signing_not_clean", "nobody has signed yet") } else { None }
}

fn payment_not_captured(case: &Case<'_>) -> Option<Refusal> {
    let payment = fold::payer(case.state, case.key).map_or(case.state.payment, |signee| signee.payment);
    let is_fine = payment == Payment::Captured || (payment == Payment::None && !case.state.is_created);
    if is_fine {
        return None;
    }
    refuse(
        "payment_not_captured",
        format!("the payment is {payment}; only a captured one is given back, once"),
    )
}

fn not_admin(case: &Case<'_>) -> Option<Refusal> {
    let role = case.role().filter(|role| !role.eq_ignore_ascii_case("admin") && !case.is_own)?;
    refuse("not_admin", format!("only an admin works on workflows, and actor.role is {role}"))
}

fn not_pending(case: &Case<'_>) -> Option<Refusal> {
    let last = case.state.last_decision.as_deref().filter(|last| *last != "meeting.created")?;
    refuse("not_pending", format!("the meeting is not pending any more: its last decision is {last}"))
}

fn invitation_accepted(case: &Case<'_>) -> Option<Refusal> {
    let last = case.state.last_decision.as_deref().filter(|last| *last == "member.joined")?;
    refuse(
        "invitation_accepted",
        format!("the invitation was accepted ({last}); a member is removed by member.removed"),
    )
}

fn not_canceled(case: &Case<'_>) -> Option<Refusal> {
    let last = case.state.last_decision.as_deref().filter(|last| *last != "subscription.canceled")?;
    refuse("not_canceled", format!("the subscription is not canceled: its last decision is {last}"))
}
