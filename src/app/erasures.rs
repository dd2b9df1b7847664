//! Erasing what a person may ask to have erased: whose fields they are, whether it may be, and that it is gone everywhere.
//!
//! Deliberately absent: taking fields out of events (`log`, `core::erasure`), and copies that others hold.
//!
//! An erasure, worked once. t0 the fields are found. t1 one transaction writes the records, what is left of the events,
//! and the states made of both. t2 the index finds nothing by the old values any more. t3 the ledger holds the records.
//! t4 it is acknowledged. t5 segments that held the values are rewritten, codes that nobody has are blanked, Audit Trails
//! that showed them are deleted and made anew, and the store's own log is emptied. Killed before t1, nothing happened;
//! killed after it, the next start does what is left before it serves, and t5 beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use everlog_core::erasure::{KEPT, may_name};
use everlog_core::event::{Actor, Document, Event, FieldError, NewEvent};
use everlog_core::hex;
use everlog_core::ids::Seq;
use everlog_core::json;
use everlog_core::leaf::flatten;
use everlog_core::process::Subject;
use everlog_core::query::{Filters, Query, TargetRef};
use everlog_core::search::{Needle, Search, Term};
use everlog_core::text::fold;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::access::Organization;
use crate::app::{App, Parts};
use crate::directory::Entry;
use crate::ledger::Line;
use crate::log::{self, AppendError, Erasure, ErasureMade, Source};
use crate::read::{ReadError, event_of};
use crate::store::{OrgCode, Row, StoreError};

/// Most events of one erasure: all of them change in one transaction, which others wait for.
pub const ERASED_EVENTS_MAX: usize = 50_000;
/// Most pointers of one request.
pub const ERASED_FIELDS_MAX: usize = 100;
/// Longest text of a request, in characters.
pub const ERASURE_TEXT_CHARS_MAX: usize = 1_000;
/// What is erased of an actor's own events unless fields are named.
pub const ACTOR_FIELDS: &[&str] = &[
    "/e/actor/name",
    "/e/actor/email",
    "/e/actor/avatar_url",
    "/e/context/ip",
    "/e/context/user_agent",
    "/e/context/location",
    "/s/remote",
    "/s/forwarded",
];
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
/// How many rows are read together.
const GROUP_ROWS: usize = 500;
/// How long the store's own log is waited for between two looks, and how often.
const SETTLING: (Duration, u32) = (Duration::from_millis(100), 300);
/// How long purging rests after a fault, and between looks when nothing is announced.
const REST: Duration = Duration::from_secs(30);

/// Whose fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of these events, by id or position.
    Events(Vec<String>),
    /// Those of an actor, by id or e-mail address.
    Actor(String),
    /// Those of a signee, by key.
    Signee(String),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ErasureRequest {
    /// Whose fields.
    pub whose: Whose,
    /// Which of them; empty: what says who it was.
    pub fields: Vec<String>,
    /// On what grounds.
    pub basis: String,
    /// The role of who asked for it.
    pub requested_by: String,
}

/// Why nothing is erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The request is at fault.
    #[error("the request is not valid")]
    Invalid(Vec<FieldError>),
    /// The organization must keep everything now.
    #[error("nothing may be erased now: {0}")]
    Hold(String),
    /// More than [`ERASED_EVENTS_MAX`].
    #[error("{0} events would lose something, {ERASED_EVENTS_MAX} may at once: name events instead")]
    TooMany(usize),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The ledger cannot be written.
    #[error("the ledger of erasures cannot be written")]
    Ledger(#[source] std::io::Error),
}

impl From<StoreError> for ErasureError {
    fn from(why: StoreError) -> Self {
        Self::Read(why.into())
    }
}

impl ErasureRequest {
    /// Refuses what no erasure can do, with every fault.
    ///
    /// # Errors
    /// Names the members at fault.
    pub fn check(&self) -> Result<(), ErasureError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, code, message: String| {
            faults.push(FieldError { pointer, code, message });
        };
        for (name, text) in [("basis", &self.basis), ("requested_by", &self.requested_by)] {
            if !(1..=ERASURE_TEXT_CHARS_MAX).contains(&text.trim().chars().count()) {
                let message = format!("expected a text of 1 to {ERASURE_TEXT_CHARS_MAX} characters");
                fault(format!("/{name}"), "invalid_value", message);
            }
        }
        if self.fields.len() > ERASED_FIELDS_MAX {
            fault("/fields".to_owned(), "too_many", format!("at most {ERASED_FIELDS_MAX} pointers"));
        }
        for (at, field) in self.fields.iter().enumerate() {
            if !may_name(field) {
                let message = format!(
                    "expected a pointer below /e or /s, such as /e/metadata/phone; what stays is {}",
                    KEPT.join(", ")
                );
                fault(format!("/fields/{at}"), "not_erasable", message);
            }
        }
        match &self.whose {
            Whose::Events(events) if events.is_empty() || events.len() > ERASED_EVENTS_MAX => {
                fault(
                    "/events".to_owned(),
                    "invalid_value",
                    format!("expected 1 to {ERASED_EVENTS_MAX} events"),
                );
            }
            Whose::Actor(text) | Whose::Signee(text) if text.is_empty() => {
                fault(String::new(), "invalid_value", "expected an id that is not empty".to_owned());
            }
            _ => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(ErasureError::Invalid(faults)) }
    }
}

impl App {
    /// Erases, and answers when it is recorded, durable, and found by no query any more; it is gone from the disk soon
    /// after. Nothing is made when no field is left to be erased.
    ///
    /// # Errors
    /// When the request is at fault, the organization is under a legal hold (which is recorded), or the log cannot be read
    /// or written.
    pub async fn erase(
        &self,
        org: &Organization,
        source: &Source,
        actor: Value,
        request: ErasureRequest,
    ) -> Result<Erased, ErasureError> {
        request.check()?;
        if let Some(hold) = org.entry().row.settings.get("legal_hold").and_then(Value::as_str) {
            let event = json!({
                "action": "erasure.refused", "actor": actor, "outcome": "denied", "reason": hold,
                "metadata": {"basis": request.basis, "requested_by": request.requested_by},
            });
            self.log.append_own(org.entry(), source, event).await?;
            return Err(ErasureError::Hold(hold.to_owned()));
        }
        let (app, within, asked) = (self.clone(), org.clone(), request.clone());
        let found = tokio::task::spawn_blocking(move || app.found(&within, &asked)).await;
        let found = found.map_err(|_| AppendError::Unavailable)??;
        if found.events.len() > ERASED_EVENTS_MAX {
            return Err(ErasureError::TooMany(found.events.len()));
        }
        let erasure = Erasure {
            events: found.events,
            actor,
            basis: request.basis,
            requested_by: request.requested_by,
            sessions_of: found.users.into_iter().collect(),
            views: found.views,
        };
        let made = self.erase_and_note(org.entry(), source, erasure).await?;
        let (app, within) = (self.clone(), org.clone());
        let mentions = tokio::task::spawn_blocking(move || app.mentions(&within, found.names)).await;
        Ok(Erased { made, mentions: mentions.map_err(|_| AppendError::Unavailable)?? })
    }

    /// Erases and adds the records to the ledger.
    async fn erase_and_note(
        &self,
        org: &Arc<Entry>,
        source: &Source,
        erasure: Erasure,
    ) -> Result<Vec<ErasureMade>, ErasureError> {
        let why = (erasure.basis.clone(), erasure.requested_by.clone());
        let made = self.log.erase(org, source, erasure).await?;
        let line = |it: &ErasureMade| Line::new(&org.row.log_id, it.record.seq, (&why.0, &why.1), &it.erased);
        let lines: Vec<Line> = made.iter().map(line).collect();
        let app = self.clone();
        let noted = tokio::task::spawn_blocking(move || app.ledger.add(&lines)).await;
        noted.map_err(|_| AppendError::Unavailable)?.map_err(ErasureError::Ledger)?;
        self.purge_wanted.notify_one();
        Ok(made)
    }
}

/// What was erased, and what only a person can decide upon.
#[derive(Clone, Debug)]
pub struct Erased {
    /// The records.
    pub made: Vec<ErasureMade>,
    /// Names that were erased and still stand elsewhere, and in how many events: they may be somebody else's.
    pub mentions: Vec<(String, u64)>,
}

/// What an erasure is to take.
#[derive(Default)]
struct Found {
    names: BTreeSet<String>,
    events: BTreeMap<Seq, Vec<String>>,
    users: BTreeSet<String>,
    views: Vec<(String, String)>,
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
    fn found(&self, org: &Organization, request: &ErasureRequest) -> Result<Found, ErasureError> {
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
    fn mentions(
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
        let document = json::parse_with_depth(&row.document, json::DEPTH_MAX + 1)
            .map_err(|why| StoreError::Corrupt(format!("event {} is not JSON: {why}", row.seq)))?;
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
        let mut from = Seq(0);
        loop {
            let seqs = self.store.process_seqs(org.code(), process, from, GROUP_ROWS)?;
            for row in self.store.rows(org.code(), &seqs)? {
                let event = event_of(row.clone())?;
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
            match seqs.last().filter(|_| seqs.len() == GROUP_ROWS) {
                Some(last) => from = Seq(last.0 + 1),
                None => return Ok(()),
            }
        }
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
        Ok(rows.map(event_of).collect::<Result<_, _>>()?)
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

/// What a record of an erasure lists: the events that lost something.
fn listed(document: &Document) -> Vec<Seq> {
    let erased = document.event.metadata.get("erased").and_then(Value::as_object);
    erased.into_iter().flat_map(|it| it.keys()).filter_map(|index| index.parse().ok().map(Seq)).collect()
}

/// The pointers by which the fields of each event were named.
fn pointers_of(line: &Line) -> BTreeMap<Seq, Vec<String>> {
    let pointers = |fields: &Vec<(String, String)>| {
        let pointers: BTreeSet<String> = fields.iter().map(|(_, pointer)| pointer.clone()).collect();
        pointers.into_iter().collect()
    };
    line.erased.iter().map(|(seq, fields)| (*seq, pointers(fields))).collect()
}

impl App {
    /// Takes what was erased out of everything that is made of the log, again and again until the server stops.
    pub async fn keep_purging(self) {
        loop {
            let app = self.clone();
            let done = tokio::task::spawn_blocking(move || app.purge()).await;
            match done {
                Ok(Ok(())) => {}
                Ok(Err(why)) => {
                    tracing::warn!(
                        error = &why as &dyn std::error::Error,
                        "what was erased is not purged yet"
                    );
                }
                Err(why) => {
                    tracing::error!(error = &why as &dyn std::error::Error, "purging ended in a panic")
                }
            }
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(REST) => {}
                () = self.purge_wanted.notified() => {}
            }
        }
    }
}

impl Parts {
    /// Takes what was erased out of everything that is made of the log, now. Waits until it is done.
    ///
    /// # Errors
    /// When something cannot be read or written; asked again, it goes on.
    pub fn purge(&self) -> Result<(), ErasureError> {
        let unpurged = self.store.unpurged()?;
        if unpurged.is_empty() {
            return Ok(());
        }
        let orgs: BTreeSet<OrgCode> = unpurged.iter().map(|(org, _)| *org).collect();
        for (org, record) in &unpurged {
            self.delete_old_trails(*org, *record)?;
        }
        for org in orgs {
            self.log.blank_codes(org)?;
        }
        self.index.purge().map_err(ReadError::from)?;
        let mut looks = 0;
        while !self.store.settle()? {
            looks += 1;
            if looks > SETTLING.1 {
                let why = "somebody has been reading for long from what was there before".into();
                return Err(StoreError::Io { doing: "empty its log", source: why }.into());
            }
            std::thread::sleep(SETTLING.0);
        }
        self.store.transact(&mut |transaction| {
            unpurged.iter().try_for_each(|(org, record)| transaction.set_purged(*org, *record))
        })?;
        Ok(())
    }

    /// Deletes the Audit Trails that are no longer those of their processes.
    fn delete_old_trails(&self, org: OrgCode, record: Seq) -> Result<(), ErasureError> {
        let mut processes = BTreeSet::new();
        for event in self.listed_events(org, record)? {
            processes.extend(event.document.event.process);
        }
        for process in processes {
            let subject = Subject::process(&process);
            let Some(row) = self.store.subject(org, subject.as_str())? else { continue };
            let now = row.decoded()?.trail.map(|trail| trail.sha256);
            let mut from = Seq(0);
            loop {
                let seqs = self.store.process_seqs(org, &process, from, GROUP_ROWS)?;
                for row in self.store.rows(org, &seqs)? {
                    let event = event_of(row)?.document.event;
                    let hash = event.metadata.get("sha256").and_then(Value::as_str);
                    let old =
                        hash.filter(|hash| event.action == "trail.made" && now.as_deref() != Some(hash));
                    if let Some(hash) = old.and_then(hex::decode) {
                        self.blobs.delete(org, &hash).map_err(|why| StoreError::Io {
                            doing: "delete an Audit Trail",
                            source: Box::new(why),
                        })?;
                    }
                }
                match seqs.last().filter(|_| seqs.len() == GROUP_ROWS) {
                    Some(last) => from = Seq(last.0 + 1),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// The events that a record tells of, as they are now.
    fn listed_events(&self, org: OrgCode, record: Seq) -> Result<Vec<Event>, ErasureError> {
        let Some(row) = self.store.rows(org, &[record])?.pop() else { return Ok(Vec::new()) };
        let seqs = listed(&event_of(row)?.document);
        let rows = self.store.rows(org, &seqs)?.into_iter();
        Ok(rows.map(event_of).collect::<Result<_, _>>()?)
    }

    /// At the start: what was erased and not purged is masked in the index before anybody asks it; the ledger learns of
    /// records that it does not hold, and what only it knows of is erased again.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub(super) fn catch_up_erasures(&self) -> Result<(), ErasureError> {
        for (org, record) in self.store.unpurged()? {
            let events = self.listed_events(org, record)?;
            self.index.rewrite(org, &events).map_err(ReadError::from)?;
        }
        let lines = self.ledger.read().map_err(ErasureError::Ledger)?;
        for row in self.store.organizations()? {
            let Some(org) = self.directory.find(&row.id).ok().flatten() else { continue };
            self.note_missing(&org, &lines)?;
            self.repeat_missing(&org, &lines)?;
        }
        Ok(())
    }

    /// Adds the records of a log that the ledger does not hold: it was away, or we were killed before they were added.
    fn note_missing(&self, org: &Entry, lines: &[Line]) -> Result<(), ErasureError> {
        let log = org.row.log_id.to_string();
        for (record, _) in self.store.erasures(org.row.code)? {
            if lines.iter().any(|line| line.log_id == log && line.record == record) {
                continue;
            }
            let Some(row) = self.store.rows(org.row.code, &[record])?.pop() else { continue };
            let said = event_of(row)?.document.event.metadata;
            let mut erased = BTreeMap::new();
            for event in self.listed_events(org.row.code, record)? {
                let by_it = event.erased.into_iter().filter(|it| it.by == record).collect();
                erased.insert(event.seq, by_it);
            }
            let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
            let why = (text("basis"), text("requested_by"));
            let line = Line::new(&org.row.log_id, record, why, &erased);
            self.ledger.add(&[line]).map_err(ErasureError::Ledger)?;
        }
        Ok(())
    }

    /// Erases again what the ledger knows of and the log does not: the store is from a backup that was made before.
    fn repeat_missing(&self, org: &Arc<Entry>, lines: &[Line]) -> Result<(), ErasureError> {
        let log = org.row.log_id.to_string();
        let known: BTreeSet<Seq> =
            self.store.erasures(org.row.code)?.into_iter().map(|(seq, _)| seq).collect();
        for line in lines.iter().filter(|line| line.log_id == log && !known.contains(&line.record)) {
            if self.log.closed(org.row.code).is_some() {
                // Its record is behind the end of what is there, and is there again when the newer backup is.
                log::mask(self.store.as_ref(), &self.index, org.row.code, &pointers_of(line), line.record)?;
                continue;
            }
            let erasure = Erasure {
                events: pointers_of(line),
                actor: json!({"type": "system"}),
                basis: line.basis.clone(),
                requested_by: line.requested_by.clone(),
                sessions_of: Vec::new(),
                views: Vec::new(),
            };
            let why = (&*line.basis, &*line.requested_by);
            let made = self.log.erase_blocking(org, &Source::server(), erasure)?;
            if !made.is_empty() {
                tracing::warn!(org.id = %org.row.id, record = line.record.0, "an erasure that the store did not know was made again");
            }
            let line = |it: &ErasureMade| Line::new(&org.row.log_id, it.record.seq, why, &it.erased);
            let lines: Vec<Line> = made.iter().map(line).collect();
            self.ledger.add(&lines).map_err(ErasureError::Ledger)?;
        }
        Ok(())
    }
}
