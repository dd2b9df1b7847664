//! The signees of a document: where each of them stands, how they were identified, and what is no longer known of them.
//!
//! Deliberately absent: what a state means (`core::process`).

use std::collections::BTreeSet;

use everlog_core::event::Event;
use everlog_core::process::{Signee, State};

use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::process::Stance;
use crate::viewer::text::{CELL_CHARS_MAX, Text, shorten};
use crate::words::Words;

/// How many signees are shown before the rest is asked for.
const SIGNEES_OPEN: usize = 12;
/// What every event writes of a signee lies below this.
const SIGNEE_POINTER: &str = "/e/metadata/signee";

/// The signees, the first of them open.
pub(in crate::viewer) struct Signees {
    pub first: Vec<SigneeRow>,
    pub rest: Vec<SigneeRow>,
    /// How many have signed of those who are awaited; nothing where nobody is.
    pub signed: Option<String>,
    /// What opens the rest.
    pub more: String,
}

pub(in crate::viewer) struct SigneeRow {
    pub name: Text,
    pub second: Option<Text>,
    pub role: Option<Text>,
    pub stance: Stance,
    pub is_optional: bool,
    /// Whether something that was known of them was erased on request.
    pub is_erased: bool,
    pub identified: String,
    pub sent: Option<When>,
    pub viewed: Option<When>,
    pub ended: Option<When>,
    pub expires: Option<When>,
    pub reason: Option<Text>,
    pub from: Option<String>,
}

/// The signees of a document, in the order in which they were added.
pub(super) fn signees(place: &Place<'_>, state: &State, events: &[Event]) -> Signees {
    let words = place.visit.words;
    let erased = erased(events);
    let is_over = state.status.is_final();
    let row = |signee: &Signee| row(place, signee, is_over, erased.contains(signee.key.as_str()));
    let mut first: Vec<SigneeRow> = state.signees.iter().map(row).collect();
    // One more is shown rather than asked for.
    let at = if first.len() > SIGNEES_OPEN + 1 { SIGNEES_OPEN } else { first.len() };
    let rest = first.split_off(at);
    let more = [("count", (rest.len() as f64).into())];
    Signees { signed: signed(state, words), more: words.fill("process-signees-more", more), first, rest }
}

/// How many of those who are awaited have signed, in words; nothing where nobody is.
pub(in crate::viewer) fn signed(state: &State, words: Words) -> Option<String> {
    let awaited: Vec<_> = state.signees.iter().filter(|signee| !signee.stand.is_replaced()).collect();
    let signed = awaited.iter().filter(|signee| signee.signed_ms.is_some()).count();
    let counts = [("signed", (signed as f64).into()), ("count", (awaited.len() as f64).into())];
    (!awaited.is_empty()).then(|| words.fill("processes-signed", counts))
}

/// The keys of those of whom something was erased.
fn erased(events: &[Event]) -> BTreeSet<&str> {
    let is_of_signee = |event: &&Event| event.erased.iter().any(|it| it.pointer.starts_with(SIGNEE_POINTER));
    let added = events.iter().filter(|event| event.document.event.action == "signee.added");
    added.filter(is_of_signee).filter_map(|event| event.document.event.signee.as_deref()).collect()
}

fn row(place: &Place<'_>, signee: &Signee, is_over: bool, is_erased: bool) -> SigneeRow {
    let words = place.visit.words;
    let asked = [
        (signee.auth.sms, "sms"),
        (signee.auth.otp, "otp"),
        (signee.auth.pin, "pin"),
        (signee.auth.id_check, "id_check"),
    ];
    let methods = asked.iter().filter(|(is_asked, _)| *is_asked).map(|(_, method)| {
        let is_done = signee.authenticated.iter().any(|done| done == method);
        let told = words.say(&format!("trail-method-{}", method.replace('_', "-")));
        if is_done { format!("{told} ✓") } else { told }
    });
    let when = |ms: Option<u64>| ms.map(|ms| place.clock.exact_when(ms));
    let ended_ms = signee.signed_ms.or(signee.ended_ms);
    SigneeRow {
        name: Text::name(&shorten(signee.shown(), 120)),
        second: signee.email.as_deref().filter(|_| signee.name.is_some()).map(Text::short),
        role: signee.role.as_deref().map(Text::short),
        stance: Stance {
            label: words.say(&format!("trail-stand-{}", signee.stand).replace('_', "-")),
            tone: signee.stand.tone().as_str(),
        },
        is_optional: !signee.is_required,
        is_erased,
        identified: methods.collect::<Vec<_>>().join(&words.say("comma")),
        sent: when(signee.sent_ms),
        viewed: when(signee.viewed_ms),
        ended: when(ended_ms),
        expires: when(signee.expires_ms.filter(|_| ended_ms.is_none() && !is_over)),
        reason: signee.reason.as_deref().map(|reason| Text::new(&shorten(reason, CELL_CHARS_MAX))),
        from: signee.ip.clone(),
    }
}
