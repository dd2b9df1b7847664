//! An event of a trail: what was recorded, and the words for it.
//!
//! Deliberately absent: anything the log does not hold. The name of a signee whom an event knows by key alone is the one the
//! process has for that key.

use everlog_core::catalog::{Action, Catalogs, Described, NAMES, Names, Tone, shipped};
use everlog_core::event::{Actor, ActorKind, Event, NewEvent, Outcome, Target};
use everlog_core::hex::Hex;
use everlog_core::process::{Signee, State};
use everlog_core::sentence::sentence_in;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::trail::model::{Moment, Person, Sources, Writer};

/// The catalog whose words an Audit Trail uses; some of other shipped ones depend on who reads.
const SIGNING: &str = "signing";

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its position in the organization's log.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// What was done, `noun.verb`.
    pub action: String,
    /// What that is called.
    pub label: String,
    /// The name of its icon.
    pub icon: Option<String>,
    /// The colour of its label.
    pub tone: Tone,
    /// Whose doing it was: creation, signer, team, system, end.
    pub group: Option<String>,
    /// The sentence that tells it.
    pub sentence: String,
    /// Who acted.
    pub who: Person,
    /// The account that was used, where it is another's.
    pub on_behalf_of: Option<Person>,
    /// The key of the signee it is about.
    pub signee: Option<String>,
    /// When it happened.
    pub occurred_at: Moment,
    /// When the log took it in.
    pub received_at: Moment,
    /// From where.
    pub ip: Option<String>,
    /// Where on earth, in words.
    pub location: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in the words of who acted or of what refused.
    pub reason: Option<String>,
    /// Set where a program probably opened a link, not a person.
    pub automated: Option<Automated>,
    /// What would have been refused, had it not been brought in as history.
    pub anomalies: Vec<String>,
    /// The position of the event that implied it.
    pub cause: Option<u64>,
    /// What was erased of it: pointers into the recorded document.
    pub erased: Vec<String>,
    /// The hash of its leaf, in hex.
    pub leaf_hash: String,
}

/// The suspicion that a program acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automated {
    /// Why, as codes.
    pub reasons: Vec<String>,
}

pub(super) fn entry(sources: &Sources<'_>, writer: Writer<'_>, event: &Event) -> Entry {
    let recorded = &event.document.event;
    let served = &event.document.served;
    let named = with_names(recorded, sources.state);
    let action = action(&recorded.action, sources.catalogs);
    let described = described(action, &recorded.action, sources.catalogs);
    let is_of_team = recorded.actor.kind != ActorKind::Signee;
    Entry {
        seq: event.seq.0,
        id: event.id().to_owned(),
        action: recorded.action.clone(),
        label: writer.words.names().label(&described.label).to_owned(),
        icon: described.icon,
        tone: described.tone,
        group: action.and_then(|it| it.group_for(is_of_team)).map(str::to_owned),
        sentence: told(writer.words.names(), &named, action, sources.catalogs),
        who: Person::from(&named.actor),
        on_behalf_of: named.on_behalf_of.as_ref().map(Person::from),
        signee: recorded.signee.clone(),
        occurred_at: writer.moment(event.occurred_ms()),
        received_at: writer.moment(event.received_ms),
        ip: recorded.context.ip.clone(),
        location: recorded.context.location.clone(),
        user_agent: recorded.context.user_agent.clone(),
        outcome: recorded.outcome,
        reason: recorded.reason.clone(),
        automated: (!served.automated.is_empty()).then(|| Automated { reasons: served.automated.clone() }),
        anomalies: served.anomalies.clone(),
        cause: served.cause.map(|seq| seq.0),
        erased: sources.erased.get(&event.seq).cloned().unwrap_or_default(),
        leaf_hash: Hex(&event.leaf_hash).to_string(),
    }
}

/// The entry of an action: the organization's own, else the signing catalog's, whose words do not depend on who reads.
fn action<'a>(key: &str, catalogs: &'a Catalogs) -> Option<&'a Action> {
    let known = catalogs.get(key);
    let is_shipped = |action: &Action| {
        NAMES.iter().filter_map(|name| shipped(name)).any(|catalog| catalog.get(key) == Some(action))
    };
    known.filter(|action| !is_shipped(action)).or_else(|| shipped(SIGNING)?.get(key)).or(known)
}

fn described(action: Option<&Action>, key: &str, catalogs: &Catalogs) -> Described {
    match action {
        None => catalogs.describe(key),
        Some(action) => Described {
            label: action.label.clone(),
            category: action.category.clone(),
            kind: action.kind,
            tone: action.tone,
            icon: action.icon.clone(),
        },
    }
}

/// The sentence, by the catalog that the label is from.
fn told(names: &Names, event: &NewEvent, action: Option<&Action>, catalogs: &Catalogs) -> String {
    let is_own = catalogs.get(&event.action).is_none_or(|own| action == Some(own));
    match shipped(SIGNING) {
        Some(signing) if !is_own => sentence_in(names, event, &Catalogs::new([signing.clone()])),
        _ => sentence_in(names, event, catalogs),
    }
}

/// The event with names where it holds a key alone: whoever acted, whose invitation it was, to whom it went, and the document
/// where no target is named. A signee of whom no name is left is told by the key, as everywhere.
pub fn with_names(event: &NewEvent, state: &State) -> NewEvent {
    let mut named = event.clone();
    let document = event.process.as_ref().filter(|_| event.targets.is_empty());
    named.targets.extend(document.map(|key| Target {
        kind: "document".to_owned(),
        id: key.clone(),
        name: state.display_name.clone().or_else(|| state.file_name.clone()),
        url: None,
        parent: None,
    }));
    let people = [Some(&mut named.actor), named.on_behalf_of.as_mut()];
    people.into_iter().flatten().for_each(|actor| fill(actor, state));
    if let Some(signee) = event.signee.as_deref().and_then(|key| state.signee(key)) {
        if !named.metadata.contains_key("to") && event.action.starts_with("invitation.") {
            named.metadata.insert("to".to_owned(), Value::String(signee.shown().to_owned()));
        }
        if event.action == "signee.added" {
            call(&mut named.metadata, signee.shown());
        }
        named.signee = Some(signee.shown().to_owned());
    }
    named
}

/// Names whom `metadata.signee` adds, where it names nobody.
fn call(metadata: &mut Map<String, Value>, shown: &str) {
    let added = metadata.entry("signee").or_insert_with(|| Value::Object(Map::new()));
    if let Some(added) = added.as_object_mut() {
        added.entry("name").or_insert_with(|| Value::String(shown.to_owned()));
    }
}

fn fill(actor: &mut Actor, state: &State) {
    let signee: Option<&Signee> = match (actor.kind, &actor.id) {
        (ActorKind::Signee, Some(key)) => state.signee(key),
        _ => None,
    };
    if let Some(signee) = signee {
        actor.name = actor.name.take().or_else(|| signee.name.clone());
        actor.email = actor.email.take().or_else(|| signee.email.clone());
    }
}
