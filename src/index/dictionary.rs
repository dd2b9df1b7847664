//! The values behind codes: actions, actors, addresses and types of targets, as the store numbered them.
//!
//! Deliberately absent: giving codes. The log does that inside its transaction, so every code that an event has is in
//! the store before the event is seen here. A dictionary only grows; it is read again when a value is not in it yet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use everlog_core::event::{Actor, ActorKind};
use everlog_core::text;

use crate::index::IndexError;
use crate::index::order::{Ranks, SortValue};
use crate::index::schema::WordKind;
use crate::index::words::{Needle, Part, WordList};
use crate::store::{Code, CodeKind, OrgCode, Store, is_blank};

/// The form in which an actor gets its code: the canonical JSON of `[type, id, name, email, role]`.
///
/// Every form in which an actor appears has a code of its own, so that a list sorted by actor goes by what each row shows.
pub fn actor_value(actor: &Actor) -> String {
    // Strings and nulls in a list: plain JSON is canonical already.
    serde_json::json!([actor.kind, actor.id, actor.name, actor.email, actor.role]).to_string()
}

fn actor_of(value: &str) -> Option<Actor> {
    let (kind, id, name, email, role): (
        ActorKind,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    ) = serde_json::from_str(value).ok()?;
    Some(Actor { kind, id, name, email, role, avatar_url: None })
}

/// The values of one kind in one organization.
#[derive(Default)]
pub(super) struct Dictionary {
    values: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, u32>,
    /// Of actors only; `None` for a value that was erased.
    actors: Vec<Option<Actor>>,
    words: WordList,
    /// The code that each of the words belongs to.
    owners: Vec<u32>,
    /// The order of the values, made when first asked for, and again when there are more.
    ranks: Option<Arc<Ranks>>,
}

impl Dictionary {
    fn push(&mut self, kind: CodeKind, value: String) {
        let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        if is_blank(&value) {
            self.push_blank(kind);
            return;
        }
        let value: Arc<str> = value.into();
        match kind {
            CodeKind::Actor => {
                let actor = actor_of(&value);
                if let Some(actor) = &actor {
                    for part in actor_texts(actor) {
                        self.push_words(code, part);
                    }
                }
                self.actors.push(actor);
            }
            CodeKind::Ip => self.push_words(code, &value),
            // The words of an action come from the catalogs; types of targets stand among the words of the event.
            CodeKind::Action | CodeKind::TargetType => (),
        }
        self.codes.insert(Arc::clone(&value), code);
        self.values.push(value);
    }

    /// A value that was erased: no event has its code, and nothing finds it.
    fn push_blank(&mut self, kind: CodeKind) {
        if kind == CodeKind::Actor {
            self.actors.push(None);
        }
        self.values.push("".into());
    }

    fn push_words(&mut self, code: u32, text: &str) {
        for token in text::tokens(text) {
            self.words.push(WordKind::Id, b"", token.as_bytes());
            self.owners.push(code);
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of a code; empty for one that is not known.
    pub fn value(&self, code: u32) -> &str {
        self.values.get(code as usize).map_or("", |value| value)
    }

    /// The code of a value.
    pub fn code(&self, value: &str) -> Option<u32> {
        self.codes.get(value).copied()
    }

    /// Every value with its code; empty for one that was erased.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..).zip(self.values.iter().map(|value| &**value))
    }

    /// Every actor with its code.
    pub fn actors(&self) -> impl Iterator<Item = (u32, &Actor)> {
        (0..).zip(&self.actors).filter_map(|(code, actor)| Some((code, actor.as_ref()?)))
    }

    /// The actor of a code.
    pub fn actor(&self, code: u32) -> Option<&Actor> {
        self.actors.get(code as usize)?.as_ref()
    }

    /// The codes whose values hold the needle, ascending.
    pub fn find(&self, needle: &Needle) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        self.words.each(&Part::All, needle, |at| {
            if found.last() != Some(&self.owners[at]) {
                found.push(self.owners[at]);
            }
        });
        found
    }
}

/// The texts of an actor that search looks into.
pub(super) fn actor_texts(actor: &Actor) -> impl Iterator<Item = &str> {
    let optional = [&actor.id, &actor.name, &actor.email, &actor.role];
    std::iter::once(actor.kind.as_str()).chain(optional.into_iter().filter_map(|part| part.as_deref()))
}

/// One that grows while it is read.
type Shared = Arc<RwLock<Dictionary>>;

/// The dictionaries of all organizations, each read from the store when first needed.
pub(super) struct Dictionaries {
    store: Arc<dyn Store>,
    all: RwLock<HashMap<(OrgCode, CodeKind), Shared>>,
}

impl Dictionaries {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, all: RwLock::default() }
    }

    /// The code of a value that an event has.
    ///
    /// # Errors
    /// When the store cannot be read, or gave no code to the value.
    pub fn code(&self, org: OrgCode, kind: CodeKind, value: &str) -> Result<u32, IndexError> {
        let known = self.with(org, kind, |dictionary| dictionary.code(value))?;
        if let Some(code) = known {
            return Ok(code);
        }
        let dictionary = self.get(org, kind);
        let mut dictionary = dictionary.write().unwrap_or_else(PoisonError::into_inner);
        self.fetch(org, kind, &mut dictionary)?;
        dictionary.code(value).ok_or_else(|| {
            IndexError::Corrupt(format!("a value of kind {kind:?} has no code in log {}", org.0))
        })
    }

    /// Reads a dictionary. Take the snapshot of the events first: then it holds every code they have.
    pub fn with<T>(
        &self,
        org: OrgCode,
        kind: CodeKind,
        read: impl FnOnce(&Dictionary) -> T,
    ) -> Result<T, IndexError> {
        let dictionary = self.get(org, kind);
        let loaded = dictionary.read().unwrap_or_else(PoisonError::into_inner);
        if loaded.len() > 0 {
            return Ok(read(&loaded));
        }
        drop(loaded);
        let mut empty = dictionary.write().unwrap_or_else(PoisonError::into_inner);
        if empty.len() == 0 {
            self.fetch(org, kind, &mut empty)?;
        }
        Ok(read(&empty))
    }

    /// The order of all values by what is shown of them.
    pub fn ranks(&self, org: OrgCode, kind: CodeKind) -> Result<Arc<Ranks>, IndexError> {
        let made = self.with(org, kind, |it| it.ranks.clone().filter(|ranks| ranks.len() == it.len()))?;
        if let Some(ranks) = made {
            return Ok(ranks);
        }
        let dictionary = self.get(org, kind);
        let mut dictionary = dictionary.write().unwrap_or_else(PoisonError::into_inner);
        let shown = (0..).zip(&dictionary.values).map(|(code, value)| match kind {
            CodeKind::Actor => SortValue::text(dictionary.actor(code).map_or("", |actor| actor.shown())),
            CodeKind::Ip => SortValue::address(value),
            CodeKind::Action | CodeKind::TargetType => SortValue::text(value),
        });
        let ranks = Arc::new(Ranks::new(shown.collect()));
        dictionary.ranks = Some(Arc::clone(&ranks));
        Ok(ranks)
    }

    /// Forgets what was read for an organization: some of its values were erased.
    pub fn forget(&self, org: OrgCode) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(of, _), _| *of != org);
    }

    fn get(&self, org: OrgCode, kind: CodeKind) -> Shared {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(dictionary) = all.get(&(org, kind)) {
            return Arc::clone(dictionary);
        }
        drop(all);
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((org, kind)).or_default())
    }

    fn fetch(&self, org: OrgCode, kind: CodeKind, dictionary: &mut Dictionary) -> Result<(), IndexError> {
        let from = Code(u32::try_from(dictionary.len()).unwrap_or(u32::MAX));
        for value in self.store.codes(org, kind, from)? {
            dictionary.push(kind, value);
        }
        Ok(())
    }
}

/// The address that a text means.
pub(super) fn address_of(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
