//! Audit Trails of processes: what the log says of one, told in the words and the zone that are wished for.
//!
//! Deliberately absent: what a trail says (`trail::model`), who may have it, and PDFs of it (`make`).

use std::collections::BTreeMap;

use everlog_core::event::Event;
use everlog_core::ids::Seq;
use everlog_core::process::{State, refold};
use jiff::tz::TimeZone;

use crate::access::Organization;
use crate::app::Parts;
use crate::log::now_ms;
use crate::read::ReadError;
use crate::trail::model::{Seal, Sources, Trail, Verification, trail};

pub mod make;

/// The path of the page that checks a file.
const VERIFY: &str = "/verify";

/// In what words, and in what zone; where nothing is wished for, those of the process, else of its organization.
#[derive(Clone, Debug, Default)]
pub struct Tongue {
    /// A language, as a tag.
    pub locale: Option<String>,
    /// A zone.
    pub zone: Option<TimeZone>,
}

/// The events of a process, and what they add up to: read once, so that a trail, its evidence and its state are of one
/// moment.
pub struct Told {
    key: String,
    events: Vec<Event>,
    state: State,
}

impl Told {
    /// What the events add up to.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl Parts {
    /// Everything that the log says of a process; nothing when there is none, or none that this reader sees.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub fn told(&self, org: &Organization, key: &str) -> Result<Option<Told>, ReadError> {
        if self.reader.process(org, key)?.is_none() {
            return Ok(None);
        }
        let events = self.reader.process_events(org, key)?;
        let state =
            events.iter().fold(None, |state: Option<State>, event| Some(refold(state.as_ref(), event)));
        Ok(Some(Told { key: key.to_owned(), events, state: state.unwrap_or_default() }))
    }

    /// The trail of a process.
    pub fn trail(
        &self,
        org: &Organization,
        told: &Told,
        tongue: &Tongue,
        verification: Verification,
        seal: Option<Seal>,
    ) -> Trail {
        let Told { key, events, state } = told;
        let row = &org.entry().row;
        let own = state.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let zone = tongue.zone.clone().or(own).unwrap_or_else(|| org.entry().time_zone.clone());
        let lost = events.iter().filter(|event| !event.erased.is_empty());
        let pointers = |event: &Event| event.erased.iter().map(|it| it.pointer.clone()).collect();
        let erased: BTreeMap<Seq, Vec<String>> = lost.map(|event| (event.seq, pointers(event))).collect();
        trail(Sources {
            process_key: key,
            state,
            events,
            erased: &erased,
            catalogs: &org.entry().catalogs,
            organization: (row.id.as_str(), &row.name),
            locale: tongue.locale.as_deref().or(state.locale.as_deref()).unwrap_or_default(),
            zone: &zone,
            now_ms: now_ms(),
            sha256_after: None,
            verification,
            seal,
        })
    }

    /// How a trail that carries no evidence can be checked: where, and by which key.
    pub fn verification(&self) -> Verification {
        Verification {
            url: self.server.public_url.as_ref().map(|url| format!("{url}{VERIFY}")),
            log_key: Some(self.verifier_key()),
            ..Verification::default()
        }
    }
}
