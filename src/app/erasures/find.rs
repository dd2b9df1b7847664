//! Whose fields an erasure takes: those of events, of everything that says who an actor or a signee is.
//!
//! Deliberately absent: taking them (`log::erase`), and which of them stay whatever is asked (`core::erasure`).

use std::collections::{BTreeMap, BTreeSet};

use everlog_core::event::{Actor, Event, FieldError, NewEvent};
use everlog_core::ids::Seq;
use everlog_core::leaf::flatten;
use everlog_core::query::{Filters, Query, TargetRef};
use everlog_core::search::{Needle, Search, Term};
use everlog_core::text::fold;
use percent_encoding::percent_decode_str;

use crate::access::Organization;
use crate::app::Parts;
use crate::app::erasures::{ACTOR_FIELDS, ErasureError, ErasureRequest, GROUP_ROWS, Whose};
use crate::store::process::every_seq;
use crate::store::{OrgCode, Row, StoreError};

/// What is erased where somebody acted on the actor's behalf.
const BEHALF_FIELDS: &[&str] =
    &["/e/on_behalf_of/name", "/e/on_behalf_of/email", "/e/on_behalf_of/avatar_url"];
/// What is erased of what is said of a signee.
const SIGNEE_FIELDS: &[&str] = &[
    "/e/metadata/signee/name",
    "/e/metadata/signee/email",
    "/e/metadata/signee/phone",
    "/e/metadata/signee/ssn",
    "/e/metadata/signee/address",
    "/e/metadata/signee/postal_code",
    "/e/metadata/signee/city",
    "/e/metadata/to",
];
/// Types of targets that are people: where one has an actor's id, its name is the actor's.
const PEOPLE: &[&str] = &["user", "member", "signee", "person", "contact", "employee", "customer"];

/// What an erasure is to take.
#[derive(Default)]
pub(super) struct Found {
    pub(super) names: BTreeSet<String>,
    pub(super) events: BTreeMap<Seq, Vec<String>>,
    pub(super) users: BTreeSet<String>,
    pub(super) views: Vec<(String, String)>,
}

impl Found {
    fn name(&mut self, seq: Seq, pointers: &[&str]) {
        let named = self.events.entry(seq).or_default();
        for pointer in pointers {
            if !named.iter().any(|it| it == pointer) {
                named.push((*pointer).to_owned());
            }
        }
    }
}

impl Parts {
    pub(super) fn found(&self, org: &Organization, request: &ErasureRequest) -> Result<Found, ErasureError> {
        let fields: Vec<&str> = request.fields.iter().map(String::as_str).collect();
        let mut found = Found::default();
        match &request.whose {
            Whose::Events(ids) => {
                let fields = if fields.is_empty() { ACTOR_FIELDS } else { &fields };
                for seq in self.seqs_of(org, ids)? {
                    found.name(seq, fields);
                }
            }
            Whose::Actor(actor) => self.find_actor(org, actor, &fields, &mut found)?,
            Whose::Signee(signee) => self.find_signee(org, signee, &fields, &mut found)?,
        }
        found.events.retain(|_, pointers| !pointers.is_empty());
        Ok(found)
    }

    fn seqs_of(&self, org: &Organization, ids: &[String]) -> Result<BTreeSet<Seq>, ErasureError> {
        let (mut seqs, mut faults) = (BTreeSet::new(), Vec::new());
        for (at, id) in ids.iter().enumerate() {
            match self.reader.event(org, id)? {
                Some(event) => drop(seqs.insert(event.seq)),
                None => faults.push(FieldError {
                    pointer: format!("/events/{at}"),
                    code: "not_found",
                    message: "there is no such event".to_owned(),
                }),
            }
        }
        if faults.is_empty() { Ok(seqs) } else { Err(ErasureError::Invalid(faults)) }
    }

    /// Everything that says who an actor is: in what they did, in what was done on their behalf or to them, and wherever
    /// their e-mail address stands.
    fn find_actor(
        &self,
        org: &Organization,
        wanted: &str,
        fields: &[&str],
        found: &mut Found,
    ) -> Result<(), ErasureError> {
        let is_it = |actor: &Actor| {
            let is_address = |text: &String| wanted.contains('@') && text.eq_ignore_ascii_case(wanted);
            let is_named = |text: &String| text == wanted || is_address(text);
            actor.id.as_ref().is_some_and(is_named) || actor.email.as_ref().is_some_and(is_address)
        };
        let only = Filters { actors: vec![wanted.to_owned()], ..Filters::default() };
        let mut events = self.events_of(org, &Query { only, ..Query::default() })?;
        // The filter asks who acted; a search of actors also finds on whose behalf.
        if let Ok(search) = Search::parse(&format!("actor:\"{wanted}\"")) {
            events.extend(self.events_of(org, &Query { search, ..Query::default() })?);
        }
        let (mut emails, mut names, mut ids) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for event in events {
            let sent = &event.document.event;
            if is_it(&sent.actor) {
                found.name(event.seq, if fields.is_empty() { ACTOR_FIELDS } else { fields });
            }
            let behalf = sent.on_behalf_of.as_ref().filter(|actor| is_it(actor));
            if behalf.is_some() {
                found.name(event.seq, if fields.is_empty() { BEHALF_FIELDS } else { fields });
            }
            for actor in [Some(&sent.actor), behalf].into_iter().flatten().filter(|actor| is_it(actor)) {
                emails.extend(actor.email.clone());
                names.extend(actor.name.clone());
                ids.extend(actor.id.clone());
            }
        }
        if !fields.is_empty() {
            return Ok(());
        }
        ids.insert(wanted.to_owned());
        if wanted.contains('@') {
            emails.insert(wanted.to_owned());
        }
        for id in &ids {
            self.find_target(org, id, found)?;
        }
        for email in &emails {
            self.find_text(org, email, found)?;
            // As it stands in addresses of pages, the server's own records of exports among them.
            self.find_text(org, &email.replace('@', "%40"), found)?;
        }
        found.views = self.views_with(org.code(), emails.iter().chain(&names))?;
        found.names = names;
        found.users = ids.into_iter().chain(emails).collect();
        Ok(())
    }

    /// The names of people who stand as the target of an event.
    fn find_target(&self, org: &Organization, id: &str, found: &mut Found) -> Result<(), ErasureError> {
        let targets = PEOPLE.iter().map(|kind| TargetRef { kind: (*kind).to_owned(), id: id.to_owned() });
        let only = Filters { targets: targets.collect(), ..Filters::default() };
        for event in self.events_of(org, &Query { only, ..Query::default() })? {
            for (at, target) in event.document.event.targets.iter().enumerate() {
                if target.id == id && PEOPLE.contains(&target.kind.as_str()) {
                    let (name, url) = (format!("/e/targets/{at}/name"), format!("/e/targets/{at}/url"));
                    found.name(event.seq, &[&name, &url]);
                }
            }
        }
        Ok(())
    }

    /// Every field in which an address stands.
    fn find_text(&self, org: &Organization, text: &str, found: &mut Found) -> Result<(), ErasureError> {
        // Anywhere in a token: it may stand in the address of a page.
        let term = Term { negated: false, field: None, needle: Needle::Piece(fold(text)) };
        let search = Search { terms: vec![term] };
        for row in self.rows_of(org, &Query { search, ..Query::default() })? {
            self.name_fields_with(&row, &[text], found)?;
        }
        Ok(())
    }

    /// Which of these names still stand somewhere.
    pub(super) fn mentions(
        &self,
        org: &Organization,
        names: BTreeSet<String>,
    ) -> Result<Vec<(String, u64)>, ErasureError> {
        let mut mentions = Vec::new();
        for name in names {
            let Ok(search) = Search::parse(&format!("\"{name}\"")) else { continue };
            let count = self.reader.every_seq(org, &Query { search, ..Query::default() })?.len() as u64;
            if count > 0 {
                mentions.push((name, count));
            }
        }
        Ok(mentions)
    }

    /// Names every field of an event that holds one of these texts, in whatever case.
    fn name_fields_with(&self, row: &Row, texts: &[&str], found: &mut Found) -> Result<(), ErasureError> {
        let document = row.value()?;
        for field in flatten(&document) {
            let value = String::from_utf8_lossy(&field.value).to_lowercase();
            if texts.iter().any(|text| value.contains(&text.to_lowercase())) {
                found.name(row.seq, &[&field.path]);
            }
        }
        Ok(())
    }

    /// Everything that says who a signee is, in every process they are in.
    fn find_signee(
        &self,
        org: &Organization,
        key: &str,
        fields: &[&str],
        found: &mut Found,
    ) -> Result<(), ErasureError> {
        let Ok(search) = Search::parse(&format!("\"{key}\"")) else { return Ok(()) };
        let mut processes = BTreeSet::new();
        for event in self.events_of(org, &Query { search, ..Query::default() })? {
            let sent = &event.document.event;
            if is_about(sent, key) {
                processes.extend(sent.process.clone());
            }
        }
        for process in processes {
            self.find_signee_in(org, key, &process, fields, found)?;
        }
        Ok(())
    }

    fn find_signee_in(
        &self,
        org: &Organization,
        key: &str,
        process: &str,
        fields: &[&str],
        found: &mut Found,
    ) -> Result<(), ErasureError> {
        let state = self.reader.process(org, process)?.map(|process| process.state);
        let known = state.as_ref().and_then(|state| state.signee(key));
        found.names.extend(known.and_then(|signee| signee.name.clone()).filter(|_| fields.is_empty()));
        let texts = known.into_iter().flat_map(|it| [&it.email, &it.phone, &it.ssn]).flatten();
        let texts: Vec<&str> = texts.map(String::as_str).filter(|text| text.len() >= 5).collect();
        for group in every_seq(self.store.as_ref(), org.code(), process)?.chunks(GROUP_ROWS) {
            for row in self.store.rows(org.code(), group)? {
                let event = row.event()?;
                let sent = &event.document.event;
                if is_about(sent, key) && !fields.is_empty() {
                    found.name(row.seq, fields);
                } else if fields.is_empty() {
                    if describes(sent, key) {
                        found.name(row.seq, SIGNEE_FIELDS);
                    }
                    if sent.actor.id.as_deref() == Some(key) {
                        found.name(row.seq, ACTOR_FIELDS);
                    }
                    self.name_fields_with(&row, &texts, found)?;
                }
            }
        }
        Ok(())
    }

    fn rows_of(&self, org: &Organization, query: &Query) -> Result<Vec<Row>, ErasureError> {
        let seqs = self.reader.every_seq(org, query)?;
        let mut rows = Vec::with_capacity(seqs.len());
        for group in seqs.chunks(GROUP_ROWS) {
            rows.extend(self.store.rows(org.code(), group)?);
        }
        Ok(rows)
    }

    fn events_of(&self, org: &Organization, query: &Query) -> Result<Vec<Event>, ErasureError> {
        let rows = self.rows_of(org, query)?.into_iter();
        Ok(rows.map(|row| row.event()).collect::<Result<_, _>>()?)
    }

    /// The views that were kept of questions with one of these texts.
    fn views_with<'a>(
        &self,
        org: OrgCode,
        texts: impl Iterator<Item = &'a String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let texts: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
        let views = self.store.every_view(org)?.into_iter().filter(|(_, view)| {
            let plain = view.query.replace('+', " ");
            let said = percent_decode_str(&plain).decode_utf8_lossy().to_lowercase();
            texts.iter().any(|text| said.contains(text) || view.name.to_lowercase().contains(text))
        });
        Ok(views.map(|(owner, view)| (owner, view.name)).collect())
    }
}

/// Whether an event says something of a signee.
fn is_about(event: &NewEvent, key: &str) -> bool {
    let said = event.metadata.get("signee").and_then(|signee| signee["signee_key"].as_str());
    event.signee.as_deref() == Some(key) || said == Some(key) || event.actor.id.as_deref() == Some(key)
}

/// Whether it is this signee that the event's metadata describes: a forward describes who has the document now.
fn describes(event: &NewEvent, key: &str) -> bool {
    let said = event.metadata.get("signee").and_then(|signee| signee["signee_key"].as_str());
    said.map_or(event.signee.as_deref() == Some(key) && event.action != "document.forwarded", |said| {
        said == key
    })
}
