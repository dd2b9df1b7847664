//! Counts over all matches: totals, facets, the histogram, the span of time. Deliberately absent: lists of events.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use everlog_core::event::Outcome;
use everlog_core::text;
use tantivy::DocId;
use tantivy::columnar::ColumnValues;

use crate::index::document::{Entry, outcome_code};
use crate::index::read::Question;
use crate::index::segment::Segment;
use crate::index::{FACET_VALUES_MAX, FacetField, FacetValue, IndexError, KindCounts, schema};
use crate::store::{CodeKind, OrgCode};

/// How many kinds of actions there are.
const KINDS: usize = 5;

/// What is counted of every match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tally {
    Action,
    Actor,
    Ip,
    Outcome,
    TargetType,
    /// The kinds of actions, by code, between neighbouring edges.
    Kinds {
        org: OrgCode,
        edges_ms: Arc<[u64]>,
        kinds: Arc<[u8]>,
    },
}

impl Tally {
    /// What the values of a facet are made from.
    fn of(field: FacetField) -> Self {
        match field {
            FacetField::Category | FacetField::Action | FacetField::Kind => Self::Action,
            FacetField::Actor => Self::Actor,
            FacetField::TargetType => Self::TargetType,
            FacetField::Ip => Self::Ip,
            FacetField::Outcome => Self::Outcome,
        }
    }

    /// Counts an event of the tail.
    pub fn count_entry(&self, entry: &Entry, counts: &mut Vec<u64>) {
        match self {
            Self::Action => add(counts, entry.action as usize),
            Self::Actor => add(counts, entry.actor as usize),
            Self::Ip => entry.ip.into_iter().for_each(|code| add(counts, code as usize)),
            Self::Outcome => add(counts, entry.outcome as usize),
            Self::TargetType => entry.target_types.iter().for_each(|&code| add(counts, code as usize)),
            Self::Kinds { edges_ms, kinds, .. } => {
                let at = schema::occurred_ms(entry.key);
                let bucket = edges_ms.partition_point(|&edge| edge <= at).checked_sub(1);
                let bucket = bucket.filter(|bucket| bucket + 1 < edges_ms.len());
                if let Some((bucket, kind)) = bucket.zip(kinds.get(entry.action as usize)) {
                    add(counts, bucket * KINDS + usize::from(*kind));
                }
            }
        }
    }

    /// Counts the documents of one segment.
    pub fn counter<'a>(&'a self, segment: &'a Segment) -> Counter<'a> {
        let buckets = match self {
            Self::Kinds { org, edges_ms, .. } => {
                let of = |edge: &[u64]| segment.range(&schema::keys(*org, Some(edge[0]), Some(edge[1])));
                edges_ms.windows(2).map(of).enumerate().rev().collect()
            }
            _ => Vec::new(),
        };
        Counter { tally: self, segment, buckets, codes: Vec::new() }
    }
}

/// Counts the documents of one segment, in ascending order.
pub(super) struct Counter<'a> {
    tally: &'a Tally,
    segment: &'a Segment,
    /// The buckets and their documents; the newest, which stand first in the segment, in front.
    buckets: Vec<(usize, Range<DocId>)>,
    codes: Vec<u64>,
}

impl Counter<'_> {
    pub fn count(&mut self, docs: &[DocId], counts: &mut Vec<u64>) {
        let segment = self.segment;
        match self.tally {
            Tally::Action => {
                self.read(&*segment.actions, docs).iter().for_each(|&code| add(counts, code as usize))
            }
            Tally::Actor => {
                self.read(&*segment.actors, docs).iter().for_each(|&code| add(counts, code as usize))
            }
            Tally::Outcome => {
                self.read(&*segment.outcomes, docs).iter().for_each(|&code| add(counts, code as usize))
            }
            Tally::Ip => {
                // 0 says that there is none.
                let codes = self.read(&*segment.ips, docs).iter().filter_map(|code| code.checked_sub(1));
                codes.for_each(|code| add(counts, code as usize));
            }
            Tally::TargetType => {
                let codes = docs.iter().flat_map(|&doc| segment.target_types.values_for_doc(doc));
                codes.for_each(|code| add(counts, code as usize));
            }
            Tally::Kinds { kinds, .. } => self.count_kinds(docs, kinds, counts),
        }
    }

    fn read(&mut self, column: &dyn ColumnValues, docs: &[DocId]) -> &[u64] {
        self.codes.resize(docs.len(), 0);
        column.get_vals(docs, &mut self.codes);
        &self.codes
    }

    fn count_kinds(&mut self, docs: &[DocId], kinds: &[u8], counts: &mut Vec<u64>) {
        let segment = self.segment;
        self.read(&*segment.actions, docs);
        let mut buckets = self.buckets.iter();
        let Some(mut bucket) = buckets.next() else { return };
        for (&doc, &action) in docs.iter().zip(&self.codes) {
            while doc >= bucket.1.end {
                let Some(next) = buckets.next() else { return };
                bucket = next;
            }
            if let Some(kind) = kinds.get(action as usize).filter(|_| bucket.1.contains(&doc)) {
                add(counts, bucket.0 * KINDS + usize::from(*kind));
            }
        }
    }
}

fn add(counts: &mut Vec<u64>, at: usize) {
    if at >= counts.len() {
        counts.resize(at + 1, 0);
    }
    counts[at] += 1;
}

impl Question<'_> {
    /// How many matches there are.
    pub fn total(&self) -> Result<u64, IndexError> {
        self.matches()?.count()
    }

    /// The time of the oldest and of the newest match.
    pub fn span(&self) -> Result<Option<(u64, u64)>, IndexError> {
        let keys = self.matches()?.span()?;
        // Keys grow backwards in time.
        Ok(keys.map(|(newest, oldest)| (schema::occurred_ms(oldest), schema::occurred_ms(newest))))
    }

    /// How many matches of each kind lie between each two neighbours of `edges_ms`.
    pub fn histogram(&self, edges_ms: &[u64]) -> Result<Vec<KindCounts>, IndexError> {
        let kinds = self.dictionaries.with(self.request.org, CodeKind::Action, |actions| {
            actions.iter().map(|(_, key)| self.request.catalogs.describe(key).kind as u8).collect()
        })?;
        let tally = Tally::Kinds { org: self.request.org, edges_ms: edges_ms.into(), kinds };
        let counts = self.matches()?.tally(&tally)?;
        let bucket =
            |at: usize| std::array::from_fn(|kind| counts.get(at * KINDS + kind).copied().unwrap_or(0));
        Ok((0..edges_ms.len().saturating_sub(1)).map(bucket).collect())
    }

    /// The values of a field that occur, most frequent first.
    pub fn facet(&self, field: FacetField, part: &str) -> Result<Vec<FacetValue>, IndexError> {
        let counts = self.matches()?.tally(&Tally::of(field))?;
        // Several codes may stand for one value; the label comes from the newest of those that occur.
        let mut values: HashMap<String, FacetValue> = HashMap::new();
        for (code, &count) in (0_u32..).zip(&counts).filter(|(_, count)| **count > 0) {
            let shown = self.shown(field, code)?;
            let count = count + values.get(&shown.value).map_or(0, |it| it.count);
            values.insert(shown.value.clone(), FacetValue { count, ..shown });
        }
        let part = text::fold(part.trim());
        let has = |text: &str| part.is_empty() || text::is_found(&part, &text::fold(text));
        let is_wanted =
            |it: &FacetValue| has(&it.value) || has(&it.label) || it.detail.as_deref().is_some_and(has);
        let mut values: Vec<FacetValue> = values.into_values().filter(is_wanted).collect();
        values.sort_by_cached_key(|it| {
            (std::cmp::Reverse(it.count), text::fold(&it.label), it.label.clone(), it.value.clone())
        });
        values.truncate(FACET_VALUES_MAX);
        Ok(values)
    }

    /// What a code stands for, not counted yet.
    fn shown(&self, field: FacetField, code: u32) -> Result<FacetValue, IndexError> {
        let of = |value: String, label: String| FacetValue { value, label, detail: None, count: 0 };
        let (org, catalogs) = (self.request.org, self.request.catalogs);
        let value = |kind| self.dictionaries.with(org, kind, |values| values.value(code).to_owned());
        let plain = |value: String| of(value.clone(), value);
        match field {
            FacetField::Action => {
                let key = value(CodeKind::Action)?;
                let label = catalogs.describe(&key).label;
                let label = catalogs.names().label(&label).to_owned();
                Ok(of(key, label))
            }
            FacetField::Category => {
                let category = catalogs.describe(&value(CodeKind::Action)?).category;
                let label = catalogs.names().category(&category).to_owned();
                Ok(of(category, label))
            }
            FacetField::Kind => {
                let kind = catalogs.describe(&value(CodeKind::Action)?).kind;
                Ok(of(kind.as_str().to_owned(), catalogs.names().kind(kind).to_owned()))
            }
            FacetField::Actor => {
                self.dictionaries.with(org, CodeKind::Actor, |actors| match actors.actor(code) {
                    Some(actor) => {
                        let id = actor.id.as_deref().unwrap_or_else(|| actor.kind.as_str());
                        let detail = actor.email.clone().filter(|email| email != actor.shown());
                        FacetValue { detail, ..of(id.to_owned(), actor.shown().to_owned()) }
                    }
                    None => of(String::new(), String::new()),
                })
            }
            FacetField::TargetType => Ok(plain(value(CodeKind::TargetType)?)),
            FacetField::Ip => Ok(plain(value(CodeKind::Ip)?)),
            FacetField::Outcome => {
                let outcome = Outcome::ALL.iter().find(|outcome| outcome_code(**outcome) == code);
                Ok(plain(outcome.map_or("", |outcome| outcome.as_str()).to_owned()))
            }
        }
    }
}
