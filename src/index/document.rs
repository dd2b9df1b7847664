//! What the index keeps of one event. Deliberately absent: the event itself; it stays in the store.

use std::sync::Arc;

use everlog_core::catalog::Catalogs;
use everlog_core::event::{Document, Outcome};
use everlog_core::ids::Seq;
use everlog_core::text;
use tantivy::TantivyDocument;

use crate::index::IndexError;
use crate::index::dictionary::{Dictionaries, actor_value};
use crate::index::schema::{self, Fields, TermKind, WordKind};
use crate::index::texts::{actors, each_text};
use crate::index::words::WordList;
use crate::store::{CodeKind, OrgCode};

/// Most words kept of one event; what an event of the largest size holds beyond is not found by its words.
pub(super) const WORDS_MAX: usize = 10_000;

/// One event as the index sees it.
#[derive(Debug)]
pub(super) struct Entry {
    pub org: OrgCode,
    pub key: u64,
    pub seq: Seq,
    pub action: u32,
    pub actor: u32,
    pub behalf: Option<u32>,
    pub ip: Option<u32>,
    pub outcome: u32,
    pub audience: u32,
    /// Without repetition.
    pub target_types: Vec<u32>,
    /// Raw values, sorted.
    pub raws: Vec<(TermKind, Vec<u8>)>,
    pub words: WordList,
}

/// The code of an outcome: outcomes are few and fixed.
pub(super) fn outcome_code(outcome: Outcome) -> u32 {
    outcome as u32
}

/// Makes entries of events.
pub(super) struct Entries<'a> {
    pub org: OrgCode,
    pub dictionaries: &'a Dictionaries,
    pub catalogs: Arc<Catalogs>,
}

impl Entries<'_> {
    /// The entry of an event.
    ///
    /// # Errors
    /// When one of its values has no code, or the codes cannot be read.
    pub fn entry(&self, seq: Seq, received_ms: u64, document: &Document) -> Result<Entry, IndexError> {
        let event = &document.event;
        let code = |kind, value: &str| self.dictionaries.code(self.org, kind, value);
        let occurred_ms = event.occurred_at.as_ref().map_or(received_ms, |time| time.ms());
        let mut target_types = Vec::new();
        // What stands in the place of an erased target has no type.
        for target in event.targets.iter().filter(|target| !target.kind.is_empty()) {
            let code = code(CodeKind::TargetType, &target.kind)?;
            if !target_types.contains(&code) {
                target_types.push(code);
            }
        }
        let behalf = event.on_behalf_of.as_ref();
        Ok(Entry {
            org: self.org,
            key: schema::key(self.org, occurred_ms),
            seq,
            action: code(CodeKind::Action, &event.action)?,
            actor: code(CodeKind::Actor, &actor_value(&event.actor))?,
            behalf: behalf.map(|actor| code(CodeKind::Actor, &actor_value(actor))).transpose()?,
            ip: event.context.ip.as_ref().map(|ip| code(CodeKind::Ip, ip)).transpose()?,
            outcome: outcome_code(event.outcome),
            audience: event.audience as u32,
            target_types,
            raws: raws(document),
            words: words(document, &self.catalogs),
        })
    }
}

fn raws(document: &Document) -> Vec<(TermKind, Vec<u8>)> {
    let event = &document.event;
    let mut raws = Vec::new();
    for target in event.targets.iter().filter(|target| !target.id.is_empty()) {
        raws.push((TermKind::Target, schema::target_raw(&target.kind, &target.id)));
    }
    if let Some(process) = &event.process {
        raws.push((TermKind::Process, process.clone().into_bytes()));
    }
    for id in actors(event).filter_map(|actor| actor.id.as_ref()) {
        raws.push((TermKind::Party, id.clone().into_bytes()));
    }
    raws.sort_unstable();
    raws.dedup();
    raws
}

fn words(document: &Document, catalogs: &Catalogs) -> WordList {
    let mut words: Vec<(WordKind, String, String)> = Vec::new();
    each_text(document, catalogs, &mut |kind, key, text| {
        for token in text::tokens(text).take(WORDS_MAX.saturating_sub(words.len())) {
            words.push((kind, key.to_owned(), token));
        }
    });
    words.sort_unstable();
    words.dedup();
    let mut list = WordList::default();
    for (kind, key, token) in &words {
        list.push(*kind, key.as_bytes(), token.as_bytes());
    }
    list
}

impl Entry {
    /// The codes of a kind that the event has.
    pub fn has_code(&self, kind: TermKind, mut is_wanted: impl FnMut(u32) -> bool) -> bool {
        match kind {
            TermKind::Action => is_wanted(self.action),
            TermKind::Actor => is_wanted(self.actor),
            TermKind::Behalf => self.behalf.is_some_and(is_wanted),
            TermKind::Ip => self.ip.is_some_and(is_wanted),
            TermKind::Outcome => is_wanted(self.outcome),
            TermKind::Audience => is_wanted(self.audience),
            TermKind::TargetType => self.target_types.iter().any(|&code| is_wanted(code)),
            TermKind::Target | TermKind::Process | TermKind::Party | TermKind::Block => false,
        }
    }

    /// Whether the event has a raw value.
    pub fn has_raw(&self, kind: TermKind, raw: &[u8]) -> bool {
        self.raws.binary_search_by(|(of, value)| (*of, value.as_slice()).cmp(&(kind, raw))).is_ok()
    }

    /// The document for the index on disk.
    pub fn to_document(&self, fields: &Fields) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(fields.key, self.key);
        document.add_u64(fields.seq, self.seq.0);
        document.add_u64(fields.action, self.action.into());
        document.add_u64(fields.actor, self.actor.into());
        document.add_u64(fields.ip, self.ip.map_or(0, |code| u64::from(code) + 1));
        document.add_u64(fields.outcome, self.outcome.into());
        for &code in &self.target_types {
            document.add_u64(fields.target_type, code.into());
            document.add_bytes(fields.term, &schema::code_term(self.org, TermKind::TargetType, code));
        }
        for (kind, code) in [
            (TermKind::Action, Some(self.action)),
            (TermKind::Actor, Some(self.actor)),
            (TermKind::Behalf, self.behalf),
            (TermKind::Ip, self.ip),
            (TermKind::Outcome, Some(self.outcome)),
            (TermKind::Audience, Some(self.audience)),
            (TermKind::Block, Some(schema::block(self.seq))),
        ] {
            if let Some(code) = code {
                document.add_bytes(fields.term, &schema::code_term(self.org, kind, code));
            }
        }
        for (kind, raw) in &self.raws {
            document.add_bytes(fields.term, &schema::raw_term(self.org, *kind, raw));
        }
        for (group, token) in self.words.iter() {
            document.add_bytes(fields.word, &schema::word_term(self.org, group.kind, &group.key, token));
        }
        document
    }
}
