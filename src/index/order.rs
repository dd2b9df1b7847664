//! The order of a list: by time or by what a column shows, absent values last, what is equal newest first.
//!
//! Deliberately absent: walking. An order turns a match or a cursor into a rank; smaller ranks stand earlier.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use everlog_core::catalog::{Described, Names};
use everlog_core::ids::Seq;
use everlog_core::query::{Sort, SortBy};
use everlog_core::text;

use crate::index::dictionary::{Dictionaries, address_of};
use crate::index::matches::Hit;
use crate::index::{IndexError, Position, Request, schema};
use crate::store::CodeKind;

/// A value as a column compares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortValue {
    /// An address is a number; version 4 comes before version 6.
    Address(IpAddr),
    /// Case and accents count only where nothing else differs.
    Text {
        /// What is compared first.
        folded: String,
        /// What decides between equals.
        shown: String,
    },
}

impl SortValue {
    pub fn text(shown: &str) -> Self {
        Self::Text { folded: text::fold(shown), shown: shown.to_owned() }
    }

    /// A text that is no address stands behind all that are.
    pub fn address(text: &str) -> Self {
        address_of(text).map_or_else(|| Self::text(text), Self::Address)
    }
}

/// The places of codes in the order of their values.
pub(super) struct Ranks {
    /// Sorted, each once.
    values: Vec<SortValue>,
    /// By code: which of `values`.
    by_code: Vec<u32>,
}

impl Ranks {
    /// From the values in the order of their codes.
    pub fn new(by_code: Vec<SortValue>) -> Self {
        let mut values = by_code.clone();
        values.sort_unstable();
        values.dedup();
        let place = |value| u32::try_from(values.partition_point(|other| other < value)).unwrap_or(u32::MAX);
        let by_code = by_code.iter().map(place).collect();
        Self { values, by_code }
    }

    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Odd for a value that is there; even, between its neighbours, for one that a cursor names and is gone.
    fn of_code(&self, code: u32) -> u64 {
        self.by_code.get(code as usize).map_or(0, |&place| 2 * u64::from(place) + 1)
    }

    fn of_value(&self, value: &SortValue) -> u64 {
        match self.values.binary_search(value) {
            Ok(place) => 2 * place as u64 + 1,
            Err(place) => 2 * place as u64,
        }
    }
}

/// The rank of a match: smaller stands earlier. Column, then time, then position.
pub(super) type Rank = [u64; 3];

/// The rank of absent values: behind all others in either direction.
const ABSENT: u64 = u64::MAX;

/// One order of one organization's events.
pub(super) struct Order {
    sort: Sort,
    /// Of the codes in the column; `None` for time.
    ranks: Option<Arc<Ranks>>,
    /// What the column shows, by code.
    shown: Vec<Arc<str>>,
}

impl Order {
    /// The order that a request asks for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(request: &Request<'_>, dictionaries: &Dictionaries) -> Result<Self, IndexError> {
        let sort = request.query.sort;
        let of_actions = |shown: for<'a> fn(&'a Names, &'a Described) -> &'a str| {
            dictionaries.with(request.org, CodeKind::Action, |actions| {
                let describe = |(_, key)| request.catalogs.describe(key);
                let described: Vec<_> = actions.iter().map(describe).collect();
                let names = request.catalogs.names();
                described.iter().map(|it| Arc::<str>::from(shown(names, it))).collect::<Vec<_>>()
            })
        };
        let shown = match sort.by {
            SortBy::Time => return Ok(Self { sort, ranks: None, shown: Vec::new() }),
            SortBy::Action => of_actions(|names, described| names.label(&described.label))?,
            SortBy::Category => of_actions(|names, described| names.category(&described.category))?,
            SortBy::Kind => of_actions(|names, described| names.kind(described.kind))?,
            SortBy::Actor | SortBy::Ip => Vec::new(),
        };
        let ranks = match sort.by {
            SortBy::Actor => dictionaries.ranks(request.org, CodeKind::Actor)?,
            SortBy::Ip => dictionaries.ranks(request.org, CodeKind::Ip)?,
            _ => {
                // Many actions share a category: each text is folded once.
                let mut values: HashMap<&str, SortValue> = HashMap::new();
                let value = |text| values.entry(text).or_insert_with(|| SortValue::text(text)).clone();
                Arc::new(Ranks::new(shown.iter().map(|text| &**text).map(value).collect()))
            }
        };
        Ok(Self { sort, ranks: Some(ranks), shown })
    }

    /// Whether the list is the one that segments are sorted by.
    pub fn is_newest_first(&self) -> bool {
        self.sort.by == SortBy::Time && self.sort.descending
    }

    /// The code of a match in the column that orders.
    fn code(&self, hit: &Hit<'_>) -> Option<u32> {
        match self.sort.by {
            SortBy::Time => None,
            SortBy::Action | SortBy::Category | SortBy::Kind => Some(hit.action()),
            SortBy::Actor => Some(hit.actor()),
            SortBy::Ip => hit.ip(),
        }
    }

    /// The first part of a match's rank: what stands in the column.
    pub fn column(&self, hit: &Hit<'_>) -> u64 {
        self.column_of(self.code(hit))
    }

    fn column_of(&self, code: Option<u32>) -> u64 {
        match (&self.ranks, code) {
            (None, _) => 0,
            (Some(_), None) => ABSENT,
            (Some(ranks), Some(code)) => self.directed(ranks.of_code(code)),
        }
    }

    /// A match as a row of the list.
    pub fn row(&self, hit: &Hit<'_>) -> Row {
        let (code, key, seq) = (self.code(hit), hit.key(), hit.seq());
        Row { rank: self.rank(self.column_of(code), key, seq), key, seq, code }
    }

    /// The rank of a place in the list.
    pub fn rank_of(&self, request: &Request<'_>, position: &Position) -> Rank {
        let column = match (&self.ranks, &position.value) {
            (None, _) => 0,
            (Some(_), None) => ABSENT,
            (Some(ranks), Some(value)) => {
                let value = if self.sort.by == SortBy::Ip {
                    SortValue::address(value)
                } else {
                    SortValue::text(value)
                };
                self.directed(ranks.of_value(&value))
            }
        };
        self.rank(column, schema::key(request.org, position.occurred_ms), position.seq)
    }

    /// The place of a row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn position(
        &self,
        request: &Request<'_>,
        dictionaries: &Dictionaries,
        row: &Row,
    ) -> Result<Position, IndexError> {
        let value = match (self.sort.by, row.code) {
            (SortBy::Time, _) | (_, None) => None,
            (SortBy::Actor, Some(code)) => dictionaries.with(request.org, CodeKind::Actor, |actors| {
                Some(actors.actor(code).map_or("", |actor| actor.shown()).to_owned())
            })?,
            (SortBy::Ip, Some(code)) => {
                dictionaries.with(request.org, CodeKind::Ip, |ips| Some(ips.value(code).to_owned()))?
            }
            (_, Some(code)) => self.shown.get(code as usize).map(|text| text.to_string()),
        };
        Ok(Position { value, occurred_ms: schema::occurred_ms(row.key), seq: row.seq })
    }

    fn directed(&self, column: u64) -> u64 {
        // Ranks are far below `ABSENT`, also when turned round.
        if self.sort.descending { ABSENT - 1 - column } else { column }
    }

    fn rank(&self, column: u64, key: u64, seq: Seq) -> Rank {
        // Keys grow backwards in time.
        match self.sort {
            Sort { by: SortBy::Time, descending: false } => [column, u64::MAX - key, seq.0],
            _ => [column, key, u64::MAX - seq.0],
        }
    }
}

/// A match with its place in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub rank: Rank,
    pub key: u64,
    pub seq: Seq,
    /// In the column that orders.
    pub code: Option<u32>,
}
