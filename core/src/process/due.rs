//! What the server itself does when a time has come. Deliberately absent: waiting, which is the scheduler's.

use crate::event::{Actor, ActorKind, Audience, Context, NewEvent, Outcome, Target};
use crate::process::{State, Status, Subject};

/// When something of this state falls due next, in milliseconds since 1970.
pub fn next_due_ms(_state: &State) -> Option<u64> {
    None
}

/// What is due at this time, in order: the process's expiry, its invitations' time-outs.
pub fn due(_subject: &Subject, _state: &State, _now_ms: u64) -> Vec<NewEvent> {
    Vec::new()
}

/// The deletion of a document whose time to be kept is over.
pub fn deletion(subject: &Subject, state: &State) -> NewEvent {
    let key = subject.process_key().unwrap_or_default();
    let cause = if state.status == Status::Draft { "retention_draft" } else { "retention_completed" };
    let target = Target {
        kind: "document".to_owned(),
        id: key.to_owned(),
        name: state.display_name.clone(),
        url: None,
        parent: None,
    };
    let system =
        Actor { kind: ActorKind::System, id: None, name: None, email: None, role: None, avatar_url: None };
    NewEvent {
        id: None,
        action: "document.deleted".to_owned(),
        occurred_at: None,
        actor: system,
        on_behalf_of: None,
        targets: vec![target],
        process: Some(key.to_owned()),
        signee: None,
        description: None,
        changes: None,
        context: Context::default(),
        outcome: Outcome::Success,
        reason: None,
        audience: Audience::Organization,
        metadata: [("cause".to_owned(), cause.into())].into_iter().collect(),
    }
}
