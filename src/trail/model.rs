//! The Audit Trail as data: what a process's events say, in order, for people and programs alike. Its JSON is what is
//! attached to the PDF as `audit-trail.json`.
//!
//! Deliberately absent: the clock, the store and layout. The same sources always give the same trail, byte for byte. Social
//! security numbers stay in the events; nobody who is shown a trail needs them.

use std::collections::BTreeMap;

use everlog_core::catalog::Catalogs;
use everlog_core::event::{Actor, ActorKind, Event};
use everlog_core::ids::Seq;
use everlog_core::process::{State, Status};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::words::Words;

mod entry;
mod signee;

pub use entry::{Automated, Entry, with_names};
pub use signee::TrailSignee;

/// What the JSON is: a member that changes its meaning changes this.
pub const FORMAT: &str = "everlog-audit-trail-1";

/// All that a trail is made of.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The process's key.
    pub process_key: &'a str,
    /// What its events add up to.
    pub state: &'a State,
    /// Its events, by position.
    pub events: &'a [Event],
    /// What was erased of them: pointers into the recorded document.
    pub erased: &'a BTreeMap<Seq, Vec<String>>,
    /// The organization's catalogs.
    pub catalogs: &'a Catalogs,
    /// The organization's id and its name.
    pub organization: (&'a str, &'a str),
    /// The language, as a tag (BCP 47); where there are no words of it, English.
    pub locale: &'a str,
    /// The zone in which times are written beside UTC.
    pub zone: &'a TimeZone,
    /// When it is made.
    pub now_ms: u64,
    /// SHA-256 of the document as it was signed, where signing changed it.
    pub sha256_after: Option<&'a str>,
    /// How it can be checked.
    pub verification: Verification,
    /// The seal over the file, where there is one.
    pub seal: Option<Seal>,
}

/// An Audit Trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trail {
    /// [`FORMAT`].
    pub format: String,
    /// The language of its words (BCP 47).
    pub language: String,
    /// The zone of its local times, by its IANA name.
    pub time_zone: String,
    /// When it was made.
    pub made_at: Moment,
    /// Whether the process had not ended by then.
    pub is_interim: bool,
    /// Whose log it is from.
    pub organization: TrailOrganization,
    /// The process.
    pub process: Process,
    /// The document.
    pub document: Hashes,
    /// Who was to sign.
    pub signees: Vec<TrailSignee>,
    /// Every event, in order.
    pub events: Vec<Entry>,
    /// The seal over the file.
    pub seal: Option<Seal>,
    /// How it can be checked.
    pub verification: Verification,
}

/// A moment, for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// RFC 3339 with milliseconds.
    pub utc: String,
    /// As the trail's language writes it, in the trail's zone.
    pub local: String,
}

/// Whose log it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailOrganization {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// The process as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub name: Option<String>,
    /// The name of its file.
    pub file_name: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// What ended it, as recorded.
    pub end_cause: Option<String>,
    /// Why, in somebody's words.
    pub end_reason: Option<String>,
    /// Who started it.
    pub owner: Option<Person>,
    /// When it was created.
    pub created_at: Option<Moment>,
    /// When signing began.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// When its time is or was up.
    pub expires_at: Option<Moment>,
    /// When its document was deleted.
    pub deleted_at: Option<Moment>,
    /// Whether people sign one after the other.
    pub sign_in_order: bool,
    /// Whether they prove who they are.
    pub requires_auth: Option<bool>,
}

/// The document by its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    /// SHA-256 as it was attached, in hex.
    pub sha256_before: Option<String>,
    /// How many bytes it had.
    pub size: Option<u64>,
    /// SHA-256 as it was signed, where signing changed it.
    pub sha256_after: Option<String>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What kind of actor.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// The sender's id for it.
    pub id: Option<String>,
    /// The name people know it by.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The role it acted in.
    pub role: Option<String>,
}

/// How the trail can be checked without trusting whoever hands it on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The page that checks it.
    pub url: Option<String>,
    /// The log's key, as a verifier key of a signed note.
    pub log_key: Option<String>,
    /// The signed head under which every event stands.
    pub checkpoint: Option<String>,
    /// SHA-256 of the bundle that is attached, in hex.
    pub bundle_sha256: Option<String>,
}

/// The seal over the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Whose certificate it bears.
    pub signer: String,
    /// Whether the server made that certificate itself.
    pub is_self_issued: bool,
    /// SHA-256 of the certificate, in hex.
    pub certificate_sha256: Option<String>,
    /// Who vouches for the time; absent: the server's clock alone.
    pub timestamp_authority: Option<String>,
    /// How trail and document are one file.
    pub placement: Placement,
}

/// How trail and document are one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The trail stands alone.
    #[default]
    Alone,
    /// Its pages follow the document's, whose bytes are the first of the file.
    Appended,
    /// The document is attached to the trail, byte for byte.
    Container,
}

/// Makes a trail.
pub fn trail(sources: Sources<'_>) -> Trail {
    let writer = Writer { words: Words::of(&[Some(sources.locale)]), zone: sources.zone };
    let state = sources.state;
    let entry = |event| entry::entry(&sources, writer, event);
    let (id, name) = sources.organization;
    Trail {
        format: FORMAT.to_owned(),
        language: writer.words.tag().to_owned(),
        time_zone: sources.zone.iana_name().unwrap_or("UTC").to_owned(),
        made_at: writer.moment(sources.now_ms),
        is_interim: !state.status.is_final(),
        organization: TrailOrganization { id: id.to_owned(), name: name.to_owned() },
        process: process(sources.process_key, state, writer),
        document: Hashes {
            sha256_before: state.document.as_ref().map(|it| it.sha256.clone()),
            size: state.document.as_ref().map(|it| it.size),
            sha256_after: sources.sha256_after.map(str::to_owned),
        },
        signees: state.signees.iter().map(|it| signee::signee(it, writer)).collect(),
        events: sources.events.iter().map(entry).collect(),
        seal: sources.seal,
        verification: sources.verification,
    }
}

impl Trail {
    /// The bytes of `audit-trail.json`: indented, with a line end behind it.
    ///
    /// # Errors
    /// Never in practice: every member has a text.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// What people call the process: its name, else the file's, else its key.
    pub fn title(&self) -> &str {
        let process = &self.process;
        let names = [&process.name, &process.file_name].into_iter().flatten();
        names.map(String::as_str).find(|name| everlog_core::text::can_be_seen(name)).unwrap_or(&process.key)
    }
}

fn process(key: &str, state: &State, writer: Writer<'_>) -> Process {
    let moment = |ms: Option<u64>| ms.map(|ms| writer.moment(ms));
    Process {
        key: key.to_owned(),
        name: state.display_name.clone(),
        file_name: state.file_name.clone(),
        status: state.status,
        end_cause: state.end_cause.clone(),
        end_reason: state.end_reason.clone(),
        owner: state.created_by.as_ref().map(Person::from),
        created_at: moment(state.created_ms),
        started_at: moment(state.started_ms),
        ended_at: moment(state.ended_ms),
        expires_at: moment(state.expires_ms),
        deleted_at: moment(state.deleted_ms),
        sign_in_order: state.sign_in_order,
        requires_auth: state.requires_auth,
    }
}

impl From<&Actor> for Person {
    fn from(actor: &Actor) -> Self {
        Self {
            kind: actor.kind,
            id: actor.id.clone(),
            name: actor.name.clone(),
            email: actor.email.clone(),
            role: actor.role.clone(),
        }
    }
}

impl Person {
    /// What people read: the name, else the address, the id; where nothing is known, what kind of actor it is.
    pub fn shown(&self, words: Words) -> String {
        let known = [&self.name, &self.email, &self.id].into_iter().flatten();
        let mut seen = known.filter(|it| everlog_core::text::can_be_seen(it));
        match (seen.next(), self.kind) {
            // A key has a name that somebody gave it, and is nobody.
            (Some(name), ActorKind::ApiKey) => {
                words.fill("actor-key-named", [("name", name.as_str().into())])
            }
            (Some(name), _) => name.clone(),
            (None, ActorKind::System) => words.title("System"),
            (None, kind) => words.say(&format!("actor-{}", kind.as_str().replace('_', "-"))),
        }
    }
}

/// The words and the zone in which a trail is written.
#[derive(Clone, Copy, Debug)]
struct Writer<'a> {
    words: Words,
    zone: &'a TimeZone,
}

impl Writer<'_> {
    fn moment(self, ms: u64) -> Moment {
        let at = crate::words::time::moment(ms);
        let here = at.to_zoned(self.zone.clone());
        let zone = crate::words::time::zone_at(&here);
        Moment {
            utc: at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            local: format!("{}\u{a0}{zone}", self.words.date("date-second", here.datetime())),
        }
    }
}
