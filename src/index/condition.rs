//! What every match must meet, made of the request once and asked of segments and of the tail alike.
//!
//! Deliberately absent: any way to leave out the scope, the size or the range of time: the only constructor takes the
//! whole request.

use std::collections::BTreeMap;
use std::ops::Range;

use everlog_core::catalog::{Described, is_access};
use everlog_core::event::{Audience, Outcome};
use everlog_core::ids::Size;
use everlog_core::query::{Filters, Query};
use everlog_core::scope::Sees;
use everlog_core::search::{Field, Needle as Sought};
use everlog_core::text;

use crate::index::dictionary::Dictionaries;
use crate::index::document::{Entry, outcome_code};
use crate::index::schema::{self, TermKind, WordKind};
use crate::index::texts::path_key;
use crate::index::words::{Needle, Part};
use crate::index::{FacetField, IndexError, Request};
use crate::store::{CodeKind, OrgCode};

/// What is found when any part of it is: codes, raw values, words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Clause {
    /// Sorted codes by kind.
    pub codes: BTreeMap<TermKind, Vec<u32>>,
    pub raws: Vec<(TermKind, Vec<u8>)>,
    pub words: Vec<(Part, Needle)>,
}

impl Clause {
    fn codes(kind: TermKind, codes: Vec<u32>) -> Self {
        let mut clause = Self::default();
        clause.add_codes(kind, codes);
        clause
    }

    fn raws(kind: TermKind, raws: impl Iterator<Item = Vec<u8>>) -> Self {
        Self { raws: raws.map(|raw| (kind, raw)).collect(), ..Self::default() }
    }

    fn add_codes(&mut self, kind: TermKind, mut codes: Vec<u32>) {
        codes.sort_unstable();
        codes.dedup();
        if !codes.is_empty() {
            self.codes.insert(kind, codes);
        }
    }

    /// Whether nothing can be found.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.raws.is_empty() && self.words.is_empty()
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.codes
            .iter()
            .any(|(&kind, codes)| entry.has_code(kind, |code| codes.binary_search(&code).is_ok()))
            || self.raws.iter().any(|(kind, raw)| entry.has_raw(*kind, raw))
            || self.words.iter().any(|(part, needle)| entry.words.holds(part, needle))
    }
}

/// A phrase of several tokens: those that hold each of them are candidates, the event's own text decides.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub field: Option<Field>,
    pub tokens: Vec<String>,
    pub negated: bool,
    /// One for each token.
    pub candidates: Vec<Clause>,
}

/// What every match must meet.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub org: OrgCode,
    pub keys: Range<u64>,
    pub size: Size,
    pub must: Vec<Clause>,
    pub must_not: Vec<Clause>,
    pub phrases: Vec<Phrase>,
}

impl Condition {
    /// The condition of a request; `without` leaves out that field's own filter, as its facet does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(
        request: &Request<'_>,
        dictionaries: &Dictionaries,
        without: Option<FacetField>,
    ) -> Result<Self, IndexError> {
        let query = request.query;
        let mut resolver = Resolver::new(request, dictionaries)?;
        let mut condition = Self {
            org: request.org,
            keys: schema::keys(request.org, query.from_ms, query.to_ms),
            size: request.size,
            must: Vec::new(),
            must_not: Vec::new(),
            phrases: Vec::new(),
        };
        condition.add_scope(request, &resolver);
        condition.add_filters(query, &resolver, without)?;
        for term in &query.search.terms {
            match &term.needle {
                Sought::Piece(piece) => {
                    let clause = resolver.clause(term.field.as_ref(), &Needle::piece(piece))?;
                    condition.add(term.negated, clause);
                }
                Sought::Phrase(tokens) if tokens.len() == 1 => {
                    let clause = resolver.clause(term.field.as_ref(), &Needle::whole(&tokens[0]))?;
                    condition.add(term.negated, clause);
                }
                Sought::Phrase(tokens) => {
                    let clause = |token: &String| resolver.clause(term.field.as_ref(), &Needle::whole(token));
                    let candidates = tokens.iter().map(clause).collect::<Result<Vec<_>, _>>()?;
                    let (field, tokens) = (term.field.clone(), tokens.clone());
                    condition.phrases.push(Phrase { field, tokens, negated: term.negated, candidates });
                }
            }
        }
        Ok(condition)
    }

    fn add(&mut self, negated: bool, clause: Clause) {
        if negated { self.must_not.push(clause) } else { self.must.push(clause) }
    }

    fn add_scope(&mut self, request: &Request<'_>, resolver: &Resolver<'_, '_>) {
        let audience = |audience: Audience| Clause::codes(TermKind::Audience, vec![audience as u32]);
        let own = |user: &String| Clause::raws(TermKind::Party, std::iter::once(user.clone().into_bytes()));
        match &request.scope.sees {
            Sees::Everything => (),
            Sees::Organization => self.must.push(audience(Audience::Organization)),
            Sees::OwnOfOrganization(user) => {
                self.must.extend([audience(Audience::Organization), own(user)]);
            }
            Sees::OwnOfAdministrators(user) => {
                self.must.extend([audience(Audience::Administrators), own(user)]);
            }
        }
        if !request.scope.access_events {
            self.must_not.push(resolver.actions_where(|key, _| is_access(key)));
        }
    }

    /// What the filters ask for. The field that is left out is left out of both: its facet offers what was taken away.
    fn add_filters(
        &mut self,
        query: &Query,
        resolver: &Resolver<'_, '_>,
        without: Option<FacetField>,
    ) -> Result<(), IndexError> {
        self.must.extend(clauses(&query.only, resolver, without)?);
        self.must_not.extend(clauses(&query.not, resolver, without)?);
        Ok(())
    }

    /// Whether an event of the tail meets all but its phrases.
    pub fn holds(&self, entry: &Entry) -> bool {
        self.keys.contains(&entry.key)
            && self.size.holds(entry.seq)
            && self.must.iter().all(|clause| clause.holds(entry))
            && !self.must_not.iter().any(|clause| clause.holds(entry))
    }
}

/// One clause for each field that has values.
fn clauses(
    filters: &Filters,
    resolver: &Resolver<'_, '_>,
    without: Option<FacetField>,
) -> Result<Vec<Clause>, IndexError> {
    let mut clauses = Vec::new();
    let wants = |values: usize, field: FacetField| values > 0 && without != Some(field);
    if wants(filters.categories.len(), FacetField::Category) {
        clauses.push(resolver.actions_where(|_, described| filters.categories.contains(&described.category)));
    }
    if wants(filters.actions.len(), FacetField::Action) {
        let named = |key: &str| filters.actions.iter().any(|pattern| Query::action_matches(pattern, key));
        clauses.push(resolver.actions_where(|key, _| named(key)));
    }
    if wants(filters.kinds.len(), FacetField::Kind) {
        clauses.push(resolver.actions_where(|_, described| filters.kinds.contains(&described.kind)));
    }
    if wants(filters.actors.len(), FacetField::Actor) {
        clauses.push(Clause::codes(TermKind::Actor, resolver.actors(&filters.actors)?));
    }
    if wants(filters.outcomes.len(), FacetField::Outcome) {
        let codes = filters.outcomes.iter().map(|&outcome| outcome_code(outcome)).collect();
        clauses.push(Clause::codes(TermKind::Outcome, codes));
    }
    if wants(filters.target_types.len(), FacetField::TargetType) {
        let codes = resolver.codes(CodeKind::TargetType, &filters.target_types)?;
        clauses.push(Clause::codes(TermKind::TargetType, codes));
    }
    if wants(filters.ips.len(), FacetField::Ip) {
        clauses.push(Clause::codes(TermKind::Ip, resolver.codes(CodeKind::Ip, &filters.ips)?));
    }
    if !filters.targets.is_empty() {
        let raws = filters.targets.iter().map(|target| schema::target_raw(&target.kind, &target.id));
        clauses.push(Clause::raws(TermKind::Target, raws));
    }
    if !filters.processes.is_empty() {
        let raws = filters.processes.iter().map(|process| process.clone().into_bytes());
        clauses.push(Clause::raws(TermKind::Process, raws));
    }
    Ok(clauses)
}

impl Phrase {
    /// Whether an event of the tail holds all tokens.
    pub fn is_candidate(&self, entry: &Entry) -> bool {
        self.candidates.iter().all(|clause| clause.holds(entry))
    }
}

/// Turns the words of a request into codes.
struct Resolver<'a, 'b> {
    org: OrgCode,
    dictionaries: &'a Dictionaries,
    request: &'a Request<'b>,
    /// The actions that occur, by code: catalogs describe them anew for every request.
    actions: Vec<(String, Described)>,
}

impl<'a, 'b> Resolver<'a, 'b> {
    fn new(request: &'a Request<'b>, dictionaries: &'a Dictionaries) -> Result<Self, IndexError> {
        let actions = dictionaries.with(request.org, CodeKind::Action, |actions| {
            actions.iter().map(|(_, key)| (key.to_owned(), request.catalogs.describe(key))).collect()
        })?;
        Ok(Self { org: request.org, dictionaries, request, actions })
    }

    fn action_codes(&self, is_wanted: impl Fn(&str, &Described) -> bool) -> Vec<u32> {
        (0..).zip(&self.actions).filter(|(_, (key, of))| is_wanted(key, of)).map(|(code, _)| code).collect()
    }

    fn actions_where(&self, is_wanted: impl Fn(&str, &Described) -> bool) -> Clause {
        Clause::codes(TermKind::Action, self.action_codes(is_wanted))
    }

    fn codes(&self, kind: CodeKind, values: &[String]) -> Result<Vec<u32>, IndexError> {
        self.dictionaries
            .with(self.org, kind, |dictionary| values.iter().filter_map(|it| dictionary.code(it)).collect())
    }

    /// The forms of the actors that any of the values names: by id, by e-mail in any case, by type where there is no id.
    fn actors(&self, values: &[String]) -> Result<Vec<u32>, IndexError> {
        let lowered: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
        self.dictionaries.with(self.org, CodeKind::Actor, |actors| {
            let named = actors.actors().filter(|(_, actor)| {
                let id = actor.id.as_deref().unwrap_or_else(|| actor.kind.as_str());
                let email = actor.email.as_ref().map(|email| email.to_lowercase());
                values.iter().any(|value| value == id) || email.is_some_and(|email| lowered.contains(&email))
            });
            named.map(|(code, _)| code).collect()
        })
    }

    /// Where a needle is found: the codes of values that hold it, and the words of the event itself.
    fn clause(&mut self, field: Option<&Field>, needle: &Needle) -> Result<Clause, IndexError> {
        let wants = |of: &Field| field.is_none_or(|field| field == of);
        let mut clause = Clause::default();
        let words = match field {
            None => Some(Part::All),
            Some(Field::Description) => Some(Part::Kind(WordKind::Description)),
            Some(Field::Target) => Some(Part::Kind(WordKind::Target)),
            Some(Field::Id) => Some(Part::Kind(WordKind::Id)),
            Some(Field::Process) => Some(Part::Kind(WordKind::Process)),
            Some(Field::Metadata(path)) => Some(Part::Metadata(path_key(path))),
            Some(
                Field::Actor | Field::Action | Field::Category | Field::Kind | Field::Outcome | Field::Ip,
            ) => None,
        };
        clause.words.extend(words.map(|part| (part, needle.clone())));
        let holds = |text: &str| text::tokens(text).any(|token| needle.is_in(&token));
        let names = self.request.catalogs.names();
        let actions = self.action_codes(|key, described| {
            (wants(&Field::Action)
                && (holds(key) || holds(&described.label) || holds(names.label(&described.label))))
                || (wants(&Field::Category)
                    && (holds(&described.category) || holds(names.category(&described.category))))
                || (wants(&Field::Kind)
                    && (holds(described.kind.as_str()) || holds(names.kind(described.kind))))
        });
        clause.add_codes(TermKind::Action, actions);
        if wants(&Field::Outcome) {
            let found = Outcome::ALL.iter().filter(|outcome| holds(outcome.as_str()));
            clause.add_codes(TermKind::Outcome, found.map(|&outcome| outcome_code(outcome)).collect());
        }
        let find = |kind| self.dictionaries.with(self.request.org, kind, |values| values.find(needle));
        if wants(&Field::Actor) {
            let actors = find(CodeKind::Actor)?;
            clause.add_codes(TermKind::Behalf, actors.clone());
            clause.add_codes(TermKind::Actor, actors);
        }
        if wants(&Field::Ip) {
            clause.add_codes(TermKind::Ip, find(CodeKind::Ip)?);
        }
        Ok(clause)
    }
}
