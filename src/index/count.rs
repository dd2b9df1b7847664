//! Counts over all matches: totals, facets, the histogram, the span of time. Deliberately absent: lists of events.

use std::collections::HashMap;

use everlog_core::event::Outcome;
use everlog_core::text;

use crate::index::document::outcome_code;
use crate::index::matches::Hit;
use crate::index::read::Question;
use crate::index::{FACET_VALUES_MAX, FacetField, FacetValue, IndexError, KindCounts, schema};
use crate::store::CodeKind;

impl Question<'_> {
    /// How many matches there are.
    pub fn total(&self) -> Result<u64, IndexError> {
        self.matches()?.count()
    }

    /// The time of the oldest and of the newest match.
    pub fn span(&self) -> Result<Option<(u64, u64)>, IndexError> {
        let mut span: Option<(u64, u64)> = None;
        self.each(|hit| {
            let at = schema::occurred_ms(hit.key);
            span = Some(span.map_or((at, at), |(oldest, newest)| (oldest.min(at), newest.max(at))));
        })?;
        Ok(span)
    }

    /// How many matches of each kind lie between each two neighbours of `edges_ms`.
    pub fn histogram(&self, edges_ms: &[u64]) -> Result<Vec<KindCounts>, IndexError> {
        let kinds: Vec<usize> = self.dictionaries.with(self.request.org, CodeKind::Action, |actions| {
            actions.iter().map(|(_, key)| self.request.catalogs.describe(key).kind as usize).collect()
        })?;
        let mut buckets: Vec<KindCounts> = vec![[0; 5]; edges_ms.len().saturating_sub(1)];
        self.each(|hit| {
            let at = schema::occurred_ms(hit.key);
            let bucket = edges_ms.partition_point(|&edge| edge <= at).checked_sub(1);
            if let Some(counts) = bucket.and_then(|bucket| buckets.get_mut(bucket))
                && let Some(&kind) = kinds.get(hit.action() as usize)
            {
                counts[kind] += 1;
            }
        })?;
        Ok(buckets)
    }

    /// The values of a field that occur, most frequent first.
    pub fn facet(&self, field: FacetField, part: &str) -> Result<Vec<FacetValue>, IndexError> {
        let counts = self.counts(field)?;
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

    /// How many matches have each code.
    fn counts(&self, field: FacetField) -> Result<Vec<u64>, IndexError> {
        let mut counts: Vec<u64> = Vec::new();
        let mut count = |code: u32| {
            let at = code as usize;
            if at >= counts.len() {
                counts.resize(at + 1, 0);
            }
            counts[at] += 1;
        };
        let mut each = |hit: &Hit<'_>| match field {
            FacetField::Category | FacetField::Action | FacetField::Kind => count(hit.action()),
            FacetField::Actor => count(hit.actor()),
            FacetField::TargetType => hit.target_types(&mut count),
            FacetField::Ip => hit.ip().into_iter().for_each(&mut count),
            FacetField::Outcome => count(hit.outcome()),
        };
        self.each(|hit| each(hit))?;
        Ok(counts)
    }

    /// What a code stands for, not counted yet.
    fn shown(&self, field: FacetField, code: u32) -> Result<FacetValue, IndexError> {
        let of = |value: String, label: String| FacetValue { value, label, detail: None, count: 0 };
        let org = self.request.org;
        let value = |kind| self.dictionaries.with(org, kind, |values| values.value(code).to_owned());
        let plain = |value: String| of(value.clone(), value);
        match field {
            FacetField::Action => {
                let key = value(CodeKind::Action)?;
                let label = self.request.catalogs.describe(&key).label;
                Ok(of(key, label))
            }
            FacetField::Category => {
                Ok(plain(self.request.catalogs.describe(&value(CodeKind::Action)?).category))
            }
            FacetField::Kind => {
                let kind = self.request.catalogs.describe(&value(CodeKind::Action)?).kind;
                Ok(plain(kind.as_str().to_owned()))
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
