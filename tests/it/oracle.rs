//! What the index must answer, by looking at every event, one after the other.
//!
//! Shares nothing with the index but the meaning of words, folding, actions and sentences, which `core` owns. Slow, short
//! and plain: it is right when reading it says so.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use everlog::index::{FacetField, FacetValue, KindCounts, Page, Position, Request, Start};
use everlog::store::{CodeKind, Row, Store};
use everlog_core::catalog::{Catalogs, Kind};
use everlog_core::event::{Actor, Audience, Document, Target};
use everlog_core::ids::Seq;
use everlog_core::query::{Filters, Query, SortBy};
use everlog_core::scope::Sees;
use everlog_core::search::{Field, Needle};
use everlog_core::sentence::sentence;
use everlog_core::text::{fold, is_found, tokens};
use serde_json::Value;

/// One event of the log, read.
pub struct Known {
    pub seq: u64,
    pub ms: u64,
    pub document: Document,
}

impl Known {
    pub fn read(row: &Row) -> Self {
        let document: Document = serde_json::from_slice(&row.document).unwrap();
        let ms = document.event.occurred_at.as_ref().map_or(row.received_ms, |time| time.ms());
        Self { seq: row.seq.0, ms, document }
    }
}

/// Every event of the log that a request is about.
pub fn read_log(store: &dyn Store, request: &Request<'_>) -> Vec<Known> {
    store.scan(request.org, Seq(0), usize::MAX).unwrap().iter().map(Known::read).collect()
}

fn actor_parts(actor: &Actor) -> Vec<String> {
    let mut parts = vec![actor.kind.as_str().to_owned()];
    parts.extend([&actor.id, &actor.name, &actor.email, &actor.role].into_iter().flatten().cloned());
    parts
}

/// Every text of an event with the field it is found under.
fn texts(known: &Known, catalogs: &Catalogs) -> Vec<(Field, String)> {
    let event = &known.document.event;
    let described = catalogs.describe(&event.action);
    let mut texts: Vec<(Field, String)> = Vec::new();
    for actor in [Some(&event.actor), event.on_behalf_of.as_ref()].into_iter().flatten() {
        texts.extend(actor_parts(actor).into_iter().map(|part| (Field::Actor, part)));
    }
    texts.push((Field::Action, event.action.clone()));
    texts.push((Field::Action, described.label));
    texts.push((Field::Category, described.category));
    texts.push((Field::Kind, described.kind.as_str().to_owned()));
    texts.push((Field::Outcome, event.outcome.as_str().to_owned()));
    for target in &event.targets {
        texts.push((Field::Target, target.kind.clone()));
        texts.push((Field::Target, target.id.clone()));
        texts.extend(target.name.clone().map(|name| (Field::Target, name)));
        if let Some(parent) = &target.parent {
            texts.push((Field::Target, parent.kind.clone()));
            texts.push((Field::Target, parent.id.clone()));
            texts.extend(parent.name.clone().map(|name| (Field::Target, name)));
        }
    }
    texts.push((Field::Description, sentence(event, catalogs)));
    let context = &event.context;
    for (field, text) in [
        (Field::Description, &event.reason),
        (Field::Description, &context.location),
        (Field::Ip, &context.ip),
        (Field::Id, &context.session_id),
        (Field::Id, &context.request_id),
        (Field::Process, &event.process),
        (Field::Process, &event.signee),
    ] {
        texts.extend(text.clone().map(|text| (field, text)));
    }
    texts.push((Field::Id, known.document.id().to_owned()));
    let mut values: Vec<(String, &Value)> =
        event.metadata.iter().map(|(key, value)| (key.clone(), value)).collect();
    while let Some((path, value)) = values.pop() {
        match value {
            Value::Null => (),
            Value::String(text) => texts.push((Field::Metadata(fold(&path)), text.clone())),
            Value::Bool(_) | Value::Number(_) => {
                texts.push((Field::Metadata(fold(&path)), value.to_string()))
            }
            Value::Array(items) => values.extend(items.iter().map(|item| (path.clone(), item))),
            Value::Object(members) => {
                values.extend(members.iter().map(|(name, value)| (format!("{path}.{name}"), value)));
            }
        }
    }
    texts
}

fn text_matches(known: &Known, request: &Request<'_>) -> bool {
    let texts = texts(known, request.catalogs);
    request.query.search.terms.iter().all(|term| {
        let looked_at =
            texts.iter().filter(|(field, _)| term.field.as_ref().is_none_or(|asked| asked == field));
        let found =
            looked_at.map(|(_, text)| tokens(text).collect::<Vec<_>>()).any(|words| match &term.needle {
                Needle::Piece(piece) => words.iter().any(|word| is_found(piece, word)),
                Needle::Phrase(phrase) => (0..words.len())
                    .any(|at| words[at..].len() >= phrase.len() && words[at..][..phrase.len()] == phrase[..]),
            });
        found != term.negated
    })
}

fn is_visible(known: &Known, request: &Request<'_>) -> bool {
    let event = &known.document.event;
    let own = |user: &String| {
        event.actor.id.as_ref() == Some(user)
            || event.on_behalf_of.as_ref().is_some_and(|it| it.id.as_ref() == Some(user))
    };
    let seen = match &request.scope.sees {
        Sees::Everything => true,
        Sees::Organization => event.audience == Audience::Organization,
        Sees::OwnOfOrganization(user) => event.audience == Audience::Organization && own(user),
        Sees::OwnOfAdministrators(user) => event.audience == Audience::Administrators && own(user),
    };
    let access = everlog_core::catalog::is_access(&event.action);
    seen && known.seq < request.size.0 && (!access || request.scope.access_events)
}

/// Whether an event is found; `without` leaves out that field's own filter.
fn is_match(known: &Known, request: &Request<'_>, without: Option<FacetField>) -> bool {
    let query = request.query;
    let event = &known.document.event;
    let described = request.catalogs.describe(&event.action);
    let off = |field| without == Some(field);
    let is_actor = |value: &String| match (&event.actor.id, &event.actor.email) {
        (_, Some(email)) if email.to_lowercase() == value.to_lowercase() => true,
        (Some(id), _) => id == value,
        (None, _) => event.actor.kind.as_str() == value,
    };
    // For each field: whether it asks nothing, and whether the event has one of its values.
    let fields = |of: &Filters| {
        let is_target = |it: &Target| of.targets.iter().any(|of| of.kind == it.kind && of.id == it.id);
        [
            (FacetField::Actor, of.actors.is_empty(), of.actors.iter().any(is_actor)),
            (FacetField::Category, of.categories.is_empty(), of.categories.contains(&described.category)),
            (
                FacetField::Action,
                of.actions.is_empty(),
                of.actions.iter().any(|pattern| Query::action_matches(pattern, &event.action)),
            ),
            (FacetField::Kind, of.kinds.is_empty(), of.kinds.contains(&described.kind)),
            (FacetField::Outcome, of.outcomes.is_empty(), of.outcomes.contains(&event.outcome)),
            (
                FacetField::TargetType,
                of.target_types.is_empty(),
                event.targets.iter().any(|it| of.target_types.contains(&it.kind)),
            ),
            (
                FacetField::Ip,
                of.ips.is_empty(),
                event.context.ip.as_ref().is_some_and(|ip| of.ips.contains(ip)),
            ),
        ]
        .map(|(field, is_empty, has)| (off(field) || is_empty, has))
        .into_iter()
        .chain([
            (of.targets.is_empty(), event.targets.iter().any(is_target)),
            (of.processes.is_empty(), event.process.as_ref().is_some_and(|it| of.processes.contains(it))),
        ])
        .collect::<Vec<_>>()
    };
    is_visible(known, request)
        && query.from_ms.is_none_or(|from| known.ms >= from)
        && query.to_ms.is_none_or(|to| known.ms < to)
        && fields(&query.only).iter().all(|(is_off, has)| *is_off || *has)
        && fields(&query.not).iter().all(|(is_off, has)| *is_off || !*has)
        && text_matches(known, request)
}

fn matching<'a>(log: &'a [Known], request: &Request<'_>, without: Option<FacetField>) -> Vec<&'a Known> {
    log.iter().filter(|known| is_match(known, request, without)).collect()
}

/// What the column shows that the list is ordered by.
fn column(known: &Known, request: &Request<'_>) -> Option<String> {
    let event = &known.document.event;
    let described = request.catalogs.describe(&event.action);
    match request.query.sort.by {
        SortBy::Time => None,
        SortBy::Action => Some(described.label),
        SortBy::Category => Some(described.category),
        SortBy::Kind => Some(described.kind.as_str().to_owned()),
        SortBy::Actor => Some(event.actor.shown().to_owned()),
        SortBy::Ip => event.context.ip.clone(),
    }
}

fn compare(a: &Known, b: &Known, request: &Request<'_>) -> Ordering {
    let newest = (b.ms, b.seq).cmp(&(a.ms, a.seq));
    let sort = request.query.sort;
    if sort.by == SortBy::Time {
        return if sort.descending { newest } else { newest.reverse() };
    }
    let by_value = match (column(a, request), column(b, request)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let ascending = if sort.by == SortBy::Ip {
                a.parse::<IpAddr>().unwrap().cmp(&b.parse::<IpAddr>().unwrap())
            } else {
                (fold(&a), a).cmp(&(fold(&b), b))
            };
            if sort.descending { ascending.reverse() } else { ascending }
        }
    };
    by_value.then(newest)
}

/// The whole list, in order.
pub fn list(log: &[Known], request: &Request<'_>) -> Vec<Position> {
    let mut found = matching(log, request, None);
    found.sort_by(|a, b| compare(a, b, request));
    let position =
        |it: &&Known| Position { value: column(it, request), occurred_ms: it.ms, seq: Seq(it.seq) };
    found.iter().map(position).collect()
}

/// One page of a list; a place to start from is one that is on it.
pub fn page(list: &[Position], start: &Start, limit: usize) -> Page {
    let place = |position: &Position| list.iter().position(|it| it == position).unwrap();
    let (from, to) = match start {
        Start::Skip(skip) => ((*skip as usize).min(list.len()), list.len()),
        Start::After(position) => (place(position) + 1, list.len()),
        Start::Before(position) => (place(position).saturating_sub(limit), place(position)),
    };
    let to = to.min(from + limit);
    Page { places: list[from..to].to_vec(), has_next: to < list.len(), has_previous: from > 0 }
}

pub fn facet(
    log: &[Known],
    request: &Request<'_>,
    store: &dyn Store,
    field: FacetField,
    prefix: &str,
) -> Vec<FacetValue> {
    let mut counts: BTreeMap<String, (u64, BTreeSet<usize>, String, Option<String>)> = BTreeMap::new();
    let forms = store.codes(request.org, CodeKind::Actor, everlog::store::Code(0)).unwrap();
    for known in matching(log, request, Some(field)) {
        let event = &known.document.event;
        let described = request.catalogs.describe(&event.action);
        let same = |value: String| (value.clone(), value);
        let values: Vec<(String, String)> = match field {
            FacetField::Category => vec![same(described.category)],
            FacetField::Action => vec![(event.action.clone(), described.label)],
            FacetField::Kind => vec![same(described.kind.as_str().to_owned())],
            FacetField::Actor => {
                let id = event.actor.id.clone().unwrap_or(event.actor.kind.as_str().to_owned());
                vec![(id, event.actor.shown().to_owned())]
            }
            FacetField::TargetType => {
                let kinds = event.targets.iter().map(|target| target.kind.clone());
                // What stands in the place of an erased target has no type.
                let kinds: BTreeSet<_> = kinds.filter(|kind| !kind.is_empty()).collect();
                kinds.into_iter().map(same).collect()
            }
            FacetField::Ip => event.context.ip.clone().into_iter().map(same).collect(),
            FacetField::Outcome => vec![same(event.outcome.as_str().to_owned())],
        };
        let actor = &event.actor;
        let form =
            serde_json::to_string(&(actor.kind, &actor.id, &actor.name, &actor.email, &actor.role)).unwrap();
        let code = forms.iter().position(|it| *it == form).unwrap();
        for (value, label) in values {
            let found = counts.entry(value).or_default();
            found.0 += 1;
            // The label is that of the newest form that occurs.
            if found.1.last().is_none_or(|newest| code >= *newest) {
                found.2 = label;
                let email = actor.email.clone().filter(|email| email != actor.shown());
                found.3 = email.filter(|_| field == FacetField::Actor);
            }
            found.1.insert(code);
        }
    }
    let mut values: Vec<FacetValue> = counts
        .into_iter()
        .map(|(value, (count, _, label, detail))| FacetValue { value, label, detail, count })
        .filter(|it| {
            let shown = [Some(&it.value), Some(&it.label), it.detail.as_ref()];
            prefix.is_empty() || shown.into_iter().flatten().any(|text| is_found(&fold(prefix), &fold(text)))
        })
        .collect();
    values.sort_by(|a, b| {
        let by_label = (fold(&a.label), &a.label, &a.value).cmp(&(fold(&b.label), &b.label, &b.value));
        b.count.cmp(&a.count).then(by_label)
    });
    values.truncate(100);
    values
}

pub fn histogram(log: &[Known], request: &Request<'_>, edges: &[u64]) -> Vec<KindCounts> {
    let found = matching(log, request, None);
    let kind_of = |known: &Known| request.catalogs.describe(&known.document.event.action).kind;
    let count = |from: u64, to: u64, kind: Kind| {
        found.iter().filter(|it| it.ms >= from && it.ms < to && kind_of(it) == kind).count() as u64
    };
    let bucket = |edge: &[u64]| {
        let mut counts = KindCounts::default();
        for (at, kind) in Kind::ALL.iter().enumerate() {
            counts[at] = count(edge[0], edge[1], *kind);
        }
        counts
    };
    edges.windows(2).map(bucket).collect()
}

pub fn span(log: &[Known], request: &Request<'_>) -> Option<(u64, u64)> {
    let times: Vec<u64> = matching(log, request, None).iter().map(|it| it.ms).collect();
    Some((*times.iter().min()?, *times.iter().max()?))
}
