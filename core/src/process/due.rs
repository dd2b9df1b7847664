//! What the server itself does when a time has come. Deliberately absent: waiting, which is the scheduler's.
//!
//! Worked once: invitations end at t1 and t3, the process at t2. At t1 the first times out. Down from then until after t3, the
//! server finds at its start that the process expired at t2; what would have come after that has no invitation to end.

use crate::event::{NewEvent, OccurredAt, Target};
use crate::process::{Signee, State, Status, Subject, imply};

/// When something of this state falls due next, in milliseconds since 1970.
pub fn next_due_ms(state: &State) -> Option<u64> {
    if state.is_over() {
        return None;
    }
    let invitations = state.signees.iter().filter_map(invitation_end_ms);
    invitations.chain(state.expires_ms).min()
}

/// What is due at this time, in the order of its times: invitations' time-outs, the process's expiry. Nothing follows that.
pub fn due(subject: &Subject, state: &State, now_ms: u64) -> Vec<NewEvent> {
    let Some(process) = subject.process_key() else { return Vec::new() };
    if state.is_over() {
        return Vec::new();
    }
    let expires_ms = state.expires_ms.filter(|expires_ms| *expires_ms <= now_ms);
    let last_ms = expires_ms.unwrap_or(now_ms);
    let ends = state.signees.iter().filter_map(|signee| Some((invitation_end_ms(signee)?, signee)));
    let mut ends: Vec<_> = ends.filter(|(at_ms, _)| *at_ms <= last_ms).collect();
    ends.sort_by_key(|(at_ms, _)| *at_ms);
    let mut events: Vec<NewEvent> = Vec::with_capacity(ends.len() + 1);
    for (at_ms, signee) in ends {
        let mut event = made("invitation.timed_out", process, state, at_ms);
        event.signee = Some(signee.key.clone());
        if let Some(email) = &signee.email {
            event.metadata.insert("invitee".to_owned(), email.as_str().into());
        }
        events.push(event);
    }
    if let Some(at_ms) = expires_ms {
        events.push(made("document.expired", process, state, at_ms));
    }
    events
}

/// When an invitation that is out ends.
fn invitation_end_ms(signee: &Signee) -> Option<u64> {
    let is_out = signee.is_invited() && !signee.stand.is_ended();
    signee.expires_ms.filter(|_| is_out)
}

fn made(action: &str, process: &str, state: &State, at_ms: u64) -> NewEvent {
    let mut event = imply::own(action, Some(process), vec![imply::document(process, state)]);
    if let Some(time) = time(at_ms) {
        event.metadata.insert("due_at".to_owned(), time.text().into());
    }
    event
}

/// The deletion of a completed document or a draft whose time is up (`L27`); nothing else is deleted by itself.
pub fn deletion(subject: &Subject, state: &State) -> Option<NewEvent> {
    let cause = match state.status {
        _ if state.deleted_ms.is_some() => return None,
        Status::Completed => "retention_completed",
        Status::Draft => "retention_draft",
        Status::Active | Status::Canceled | Status::Expired => return None,
    };
    let process = subject.process_key();
    let target = match process {
        Some(process) => imply::document(process, state),
        None => {
            let id = subject.as_str().strip_prefix("document:")?.to_owned();
            Target {
                kind: "document".to_owned(),
                id,
                name: state.display_name.clone(),
                url: None,
                parent: None,
            }
        }
    };
    let mut event = imply::own("document.deleted", process, vec![target]);
    event.metadata.insert("cause".to_owned(), cause.into());
    Some(event)
}

/// A moment as events write it.
pub(super) fn time(at_ms: u64) -> Option<OccurredAt> {
    let moment = i64::try_from(at_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())?;
    OccurredAt::try_from(format!("{moment:.3}")).ok()
}
