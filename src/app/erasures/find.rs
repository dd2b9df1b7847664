//! Whose fields an erasure takes: those of events, of everything that says who an actor or a signee is.
//!
//! Deliberately absent: taking them (`log::erase`), and which of them stay whatever is asked (`core::erasure`).

use std::collections::{BTreeMap, BTreeSet};

use everlog_core::event::{Actor, Event, FieldError, NewEvent};
use everlog_core::ids::Seq;
use everlog_core::json::{self, pointer_name};
use everlog_core::leaf::flatten;
use everlog_core::query::{Filters, Query, TargetRef};
use everlog_core::search::Search;
use everlog_core::text;
use memchr::memmem::Finder;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::access::Organization;
use crate::app::Parts;
use crate::app::erasures::{ACTOR_FIELDS, ErasureError, ErasureRequest, GROUP_ROWS, Mention, Whose};
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

/// What of a person's own record says who it is, in lower case, letters and digits alone.
const PERSONAL: &[&str] = &[
    "name",
    "firstname",
    "middlename",
    "lastname",
    "surname",
    "givenname",
    "familyname",
    "fullname",
    "displayname",
    "nickname",
    "username",
    "email",
    "emailaddress",
    "phone",
    "phonenumber",
    "mobile",
    "mobilephone",
    "address",
    "street",
    "postalcode",
    "zip",
    "zipcode",
    "city",
    "birthday",
    "birthdate",
    "dateofbirth",
    "ssn",
    "kennitala",
    "nationalid",
    "avatar",
    "avatarurl",
    "photo",
    "photourl",
];

/// What an erasure is to take.
#[derive(Default)]
pub(super) struct Found {
    pub(super) names: BTreeSet<String>,
    /// Events in which one of them stood.
    pub(super) mentioned: Vec<Seq>,
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
            self.find_signees_with(org, email, found)?;
        }
        names.append(&mut found.names);
        // And as it stands in addresses of pages, the server's own records of exports among them.
        let in_pages = emails.iter().map(|email| email.replace('@', "%40"));
        let addresses: Vec<String> = emails.iter().cloned().chain(in_pages).collect();
        self.look_through(org, &addresses, &names, found)?;
        found.views = self.views_with(org.code(), emails.iter().chain(&names))?;
        found.names = names;
        found.users = ids.into_iter().chain(emails).collect();
        Ok(())
    }

    /// The names of people who stand as the target of an event, and what it changed in who they are.
    fn find_target(&self, org: &Organization, id: &str, found: &mut Found) -> Result<(), ErasureError> {
        let targets = PEOPLE.iter().map(|kind| TargetRef { kind: (*kind).to_owned(), id: id.to_owned() });
        let only = Filters { targets: targets.collect(), ..Filters::default() };
        for event in self.events_of(org, &Query { only, ..Query::default() })? {
            let sent = &event.document.event;
            for (at, target) in sent.targets.iter().enumerate() {
                if target.id == id && PEOPLE.contains(&target.kind.as_str()) {
                    let (name, url) = (format!("/e/targets/{at}/name"), format!("/e/targets/{at}/url"));
                    found.name(event.seq, &[&name, &url]);
                }
            }
            // Of several targets nobody knows whose it was.
            for member in sent.changes.iter().flat_map(|it| it.0.keys()).filter(|_| sent.targets.len() == 1) {
                let plain: String = member.chars().filter(char::is_ascii_alphanumeric).collect();
                if PERSONAL.contains(&plain.to_ascii_lowercase().as_str()) {
                    let mut pointer = "/e/changes".to_owned();
                    json::push_pointer_segment(&mut pointer, member);
                    found.name(event.seq, &[&pointer]);
                }
            }
        }
        Ok(())
    }

    /// Everything that says who a signee is, in the processes to which one with this address was invited.
    fn find_signees_with(
        &self,
        org: &Organization,
        email: &str,
        found: &mut Found,
    ) -> Result<(), ErasureError> {
        let Ok(search) = Search::parse(&format!("\"{email}\"")) else { return Ok(()) };
        let mut signees = BTreeSet::new();
        for event in self.events_of(org, &Query { search, ..Query::default() })? {
            let sent = event.document.event;
            let Some(said) = sent.metadata.get("signee") else { continue };
            let key = said["signee_key"].as_str().map(str::to_owned).or(sent.signee);
            if said["email"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(email)) {
                signees.extend(key.zip(sent.process));
            }
        }
        for (key, process) in signees {
            self.find_signee_in(org, &key, &process, &[], found)?;
        }
        Ok(())
    }

    /// Names every field in which an address stands, and notes every event in which a name does. Reads the whole log: what
    /// was before and after is in no index, nor is what members are called.
    fn look_through(
        &self,
        org: &Organization,
        addresses: &[String],
        names: &BTreeSet<String>,
        found: &mut Found,
    ) -> Result<(), ErasureError> {
        let addresses: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
        let finder = |text: &String| {
            let written = json::canonical(&Value::from(text.to_lowercase()));
            Finder::new(inside_quotes(&written)).into_owned()
        };
        let addressed: Vec<_> = addresses.iter().map(finder).collect();
        let named: Vec<_> = names.iter().map(finder).collect();
        let mut from = Seq(0);
        loop {
            let rows = self.store.scan(org.code(), from, GROUP_ROWS)?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = Seq(last.seq.0 + 1);
            for row in rows {
                let document = String::from_utf8_lossy(&row.document).to_lowercase();
                let holds = |finder: &Finder<'_>| finder.find(document.as_bytes()).is_some();
                if addressed.iter().any(holds) {
                    name_fields_with(&row, &addresses, found)?;
                }
                if named.iter().any(holds) {
                    found.mentioned.push(row.seq);
                }
            }
        }
    }

    /// Which of these names still stand in which of these events.
    pub(super) fn mentions(
        &self,
        org: &Organization,
        names: BTreeSet<String>,
        seqs: &[Seq],
    ) -> Result<Vec<Mention>, ErasureError> {
        let phrases = names.into_iter().map(|name| (text::tokens(&name).collect::<Vec<_>>(), name));
        let mut mentions: Vec<_> = phrases
            .filter(|(phrase, _)| !phrase.is_empty())
            .map(|(phrase, name)| (phrase, Mention { name, seqs: Vec::new() }))
            .collect();
        for group in seqs.chunks(GROUP_ROWS) {
            for row in self.store.rows(org.code(), group)? {
                let texts = texts_of(&row)?;
                for (phrase, mention) in &mut mentions {
                    let holds = |text: &Vec<String>| text.windows(phrase.len()).any(|it| it == *phrase);
                    if texts.iter().any(holds) {
                        mention.seqs.push(row.seq);
                    }
                }
            }
        }
        let mentions = mentions.into_iter().map(|(_, mention)| mention);
        Ok(mentions.filter(|mention| !mention.seqs.is_empty()).collect())
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
        let names = found.names.clone();
        if names.is_empty() { Ok(()) } else { self.look_through(org, &[], &names, found) }
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
        let texts: Vec<String> =
            texts.filter(|text| text.len() >= 5).map(|text| text.to_lowercase()).collect();
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
                    name_fields_with(&row, &texts, found)?;
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

/// Names every field of an event that holds one of these texts of lower case: those whose value does, and what is above
/// those whose name does, as what is erased is recorded by its name.
fn name_fields_with(row: &Row, texts: &[String], found: &mut Found) -> Result<(), StoreError> {
    let holds = |text: &str| {
        let text = text.to_lowercase();
        texts.iter().any(|it| text.contains(it.as_str()))
    };
    for field in flatten(&row.value()?) {
        let mut path = &*field.path;
        // The names of the path are escaped, which no address needs.
        let mut is_named = holds(&String::from_utf8_lossy(&field.value));
        while let Some((above, _)) = path.rsplit_once('/').filter(|_| holds(path)) {
            (path, is_named) = (above, true);
        }
        if is_named {
            found.name(row.seq, &[path]);
        }
    }
    Ok(())
}

/// The words of every text of an event, what members are called included.
fn texts_of(row: &Row) -> Result<Vec<Vec<String>>, StoreError> {
    let mut texts = Vec::new();
    for field in flatten(&row.value()?) {
        texts.push(text::tokens(&pointer_name(field.path.rsplit('/').next().unwrap_or_default())).collect());
        if let Ok(Value::String(value)) = serde_json::from_slice(&field.value) {
            texts.push(text::tokens(&value).collect());
        }
    }
    Ok(texts)
}

/// A text as it stands in JSON, without its quotation marks.
fn inside_quotes(text: &[u8]) -> &[u8] {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
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
