//! What a reader may see of one log. Deliberately absent: who the reader is; `access` makes a scope, nothing else does.

use crate::event::{Actor, Audience, NewEvent};

/// What a reader may see. There is no default: whoever asks a question says for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose events.
    pub sees: Sees,
    /// Whether events of the category Access (sessions, exports) are shown: only where they were asked for by a reader
    /// of everything.
    pub access_events: bool,
}

/// Whose events a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Every event of the log.
    Everything,
    /// Every event for the organization's audience, none for administrators (D27).
    Organization,
    /// For the organization's audience, and done by this user or on this user's account (D28).
    OwnOfOrganization(String),
    /// For the administrators' audience, and done by this user or on this user's account (D29, D30).
    OwnOfAdministrators(String),
}

impl Scope {
    /// Whether something may be hidden from this reader, so that positions and sizes must be, too.
    pub fn is_restricted(&self) -> bool {
        self.sees != Sees::Everything
    }
}

impl Sees {
    /// Whether this event is among those that the reader sees.
    pub fn shows(&self, event: &NewEvent) -> bool {
        let is_own = |user: &str| {
            let by = |actor: &Actor| actor.id.as_deref() == Some(user);
            by(&event.actor) || event.on_behalf_of.as_ref().is_some_and(by)
        };
        match self {
            Self::Everything => true,
            Self::Organization => event.audience == Audience::Organization,
            Self::OwnOfOrganization(user) => event.audience == Audience::Organization && is_own(user),
            Self::OwnOfAdministrators(user) => event.audience == Audience::Administrators && is_own(user),
        }
    }
}
