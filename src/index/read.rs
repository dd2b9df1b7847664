//! Pages: the newest first straight from the walk, every other order by one pass that keeps the best.
//!
//! Deliberately absent: counting, which is `count`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::index::caches::Caches;
use crate::index::condition::Condition;
use crate::index::dictionary::Dictionaries;
use crate::index::matches::{Hit, Matches, Snapshot};
use crate::index::order::{Order, Rank, Row};
use crate::index::{IndexError, Page, Position, Request, Start, schema};
use crate::store::Store;

/// Everything that one question is answered from.
pub(super) struct Question<'a> {
    pub request: &'a Request<'a>,
    pub snapshot: &'a Snapshot,
    pub condition: &'a Condition,
    pub dictionaries: &'a Dictionaries,
    pub caches: &'a Caches,
    pub store: &'a dyn Store,
}

/// Every key there is.
const ALL_KEYS: Range<u64> = 0..u64::MAX;

impl<'a> Question<'a> {
    /// All matches.
    pub fn matches(&self) -> Result<Matches<'a>, IndexError> {
        self.matches_within(&ALL_KEYS)
    }

    fn matches_within(&self, keys: &Range<u64>) -> Result<Matches<'a>, IndexError> {
        Matches::new(self.request, self.snapshot, self.condition, keys, self.caches, self.store)
    }

    /// Calls `each` with every match, in no order.
    pub fn each(&self, each: impl FnMut(&Hit<'a>)) -> Result<(), IndexError> {
        self.matches()?.each(each)
    }

    /// One page of the list.
    pub fn page(&self, start: &Start, limit: usize) -> Result<Page, IndexError> {
        let order = Order::new(self.request, self.dictionaries)?;
        let rows = match (start, order.is_newest_first()) {
            (Start::Skip(skip), true) => self.newest_skip(&order, *skip, limit)?,
            (Start::After(position), true) => self.newest_after(&order, position, limit)?,
            (Start::Before(position), true) => self.newest_before(&order, position, limit)?,
            (Start::Skip(skip), false) => self.sorted_skip(&order, *skip, limit)?,
            (Start::After(position), false) => self.sorted_after(&order, position, limit)?,
            (Start::Before(position), false) => {
                self.before(&order, order.rank_of(self.request, position), &ALL_KEYS, limit)?
            }
        };
        let place = |row: &Row| order.position(self.request, self.dictionaries, row);
        let places = rows.rows.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Page { places, has_next: rows.has_next, has_previous: rows.has_previous })
    }

    fn newest_skip(&self, order: &Order, skip: u64, limit: usize) -> Result<Rows, IndexError> {
        let mut page = Rows::default();
        let mut skipped = 0;
        self.matches()?.newest_first(|hit| {
            if skipped < skip {
                skipped += 1;
                page.has_previous = true;
                return true;
            }
            page.has_next = page.rows.len() == limit;
            if !page.has_next {
                page.rows.push(order.row(hit));
            }
            !page.has_next
        })?;
        Ok(page)
    }

    fn newest_after(&self, order: &Order, position: &Position, limit: usize) -> Result<Rows, IndexError> {
        let bound = order.rank_of(self.request, position);
        let key = schema::key(self.request.org, position.occurred_ms);
        let mut page = Rows::default();
        self.matches_within(&(key..u64::MAX))?.newest_first(|hit| {
            let row = order.row(hit);
            if row.rank <= bound {
                page.has_previous = true;
                return true;
            }
            page.has_next = page.rows.len() == limit;
            if !page.has_next {
                page.rows.push(row);
            }
            !page.has_next
        })?;
        if !page.has_previous {
            page.has_previous = self.has_any(&(0..key))?;
        }
        Ok(page)
    }

    fn newest_before(&self, order: &Order, position: &Position, limit: usize) -> Result<Rows, IndexError> {
        let bound = order.rank_of(self.request, position);
        let key = schema::key(self.request.org, position.occurred_ms);
        let mut page = self.before(order, bound, &(0..key.saturating_add(1)), limit)?;
        if !page.has_next {
            page.has_next = self.has_any(&(key.saturating_add(1)..u64::MAX))?;
        }
        Ok(page)
    }

    fn has_any(&self, keys: &Range<u64>) -> Result<bool, IndexError> {
        let mut any = false;
        self.matches_within(keys)?.newest_first(|_| {
            any = true;
            false
        })?;
        Ok(any)
    }

    fn sorted_skip(&self, order: &Order, skip: u64, limit: usize) -> Result<Rows, IndexError> {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let mut first = Smallest::new(skip.saturating_add(limit));
        let mut count = 0_usize;
        self.each(|hit| {
            count += 1;
            if !first.is_beyond(order.column(hit)) {
                first.push(order.row(hit));
            }
        })?;
        let mut rows = first.into_sorted();
        rows.drain(..skip.min(rows.len()));
        Ok(Rows { rows, has_next: count > skip.saturating_add(limit), has_previous: skip.min(count) > 0 })
    }

    fn sorted_after(&self, order: &Order, position: &Position, limit: usize) -> Result<Rows, IndexError> {
        let bound = order.rank_of(self.request, position);
        let mut first = Smallest::new(limit);
        let (mut behind, mut has_previous) = (0_usize, false);
        self.each(|hit| {
            let row = order.row(hit);
            if row.rank > bound {
                behind += 1;
                first.push(row);
            } else {
                has_previous = true;
            }
        })?;
        Ok(Rows { rows: first.into_sorted(), has_next: behind > limit, has_previous })
    }

    /// The last rows in front of a bound.
    fn before(
        &self,
        order: &Order,
        bound: Rank,
        keys: &Range<u64>,
        limit: usize,
    ) -> Result<Rows, IndexError> {
        let mut last = Smallest::new(limit);
        let (mut in_front, mut has_next) = (0_usize, false);
        self.matches_within(keys)?.each(|hit| {
            let row = order.row(hit);
            if row.rank < bound {
                in_front += 1;
                last.push(Reverse(row));
            } else {
                has_next = true;
            }
        })?;
        let rows = last.into_sorted().into_iter().rev().map(|Reverse(row)| row).collect();
        Ok(Rows { rows, has_next, has_previous: in_front > limit })
    }
}

#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    has_next: bool,
    has_previous: bool,
}

/// Keeps the smallest of many.
struct Smallest<T: Ord> {
    heap: BinaryHeap<T>,
    limit: usize,
}

impl Smallest<Row> {
    /// Whether no row with this in its column can be among the smallest: most are left out without looking further.
    fn is_beyond(&self, column: u64) -> bool {
        self.heap.len() >= self.limit && self.heap.peek().is_none_or(|largest| column > largest.rank[0])
    }
}

impl<T: Ord> Smallest<T> {
    fn new(limit: usize) -> Self {
        Self { heap: BinaryHeap::new(), limit }
    }

    fn push(&mut self, row: T) {
        if self.heap.len() < self.limit {
            self.heap.push(row);
        } else if let Some(mut largest) = self.heap.peek_mut()
            && row < *largest
        {
            *largest = row;
        }
    }

    fn into_sorted(self) -> Vec<T> {
        self.heap.into_sorted_vec()
    }
}
