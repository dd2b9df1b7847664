//! Whether the file agrees with itself: its pages, and the tables that must say the same.
//!
//! Deliberately absent: bodies, times, leaves and the tree, which `fsck` verifies by reading the rows as anyone does.

use everlog_core::ids::Seq;
use rusqlite::{Connection, OptionalExtension as _};

use crate::store::sqlite::body::SHIPPED;
use crate::store::sqlite::pool::Reader;
use crate::store::sqlite::{fault, read};
use crate::store::{EVENTS_MAX, OrgCode, OrganizationRow, StoreError};

/// Most problems that are named: beyond that the reader knows what to do.
pub const PROBLEMS_MAX: usize = 100;

const DOING: &str = "check itself";

/// What is wrong, one sentence each; nothing when all is well. Sees one state of the store, whatever is written meanwhile.
pub(super) fn check(reader: &mut Reader) -> Result<Vec<String>, StoreError> {
    let snapshot = reader.connection.transaction().map_err(fault(DOING))?;
    let mut problems = pages(&snapshot)?;
    for organization in read::organizations(&snapshot)? {
        log(&snapshot, &organization, &mut problems)?;
        ids(&snapshot, &organization, &mut problems)?;
        appends(&snapshot, &organization, &mut problems)?;
    }
    codes(&snapshot, &mut problems)?;
    strangers(&snapshot, &mut problems)?;
    dictionary(&snapshot, &mut problems)?;
    problems.truncate(PROBLEMS_MAX);
    Ok(problems)
}

/// SQLite's own check of its pages.
fn pages(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let read = || {
        connection
            .prepare("pragma quick_check")?
            .query_map([], |line| line.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let lines = read().map_err(fault(DOING))?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// The head says how many events there are, and they have the positions below that.
fn log(
    connection: &Connection,
    organization: &OrganizationRow,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let id = &organization.id;
    let head = match read::head(connection, organization.code) {
        Ok(head) => head,
        Err(StoreError::Corrupt(what)) => {
            problems.push(what);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let (count, newest_ms) = events(connection, organization.code)?;
    if count != head.size.0 {
        problems.push(format!("the log of {id} ends at {} but holds {count} events", head.size));
    }
    // Counted and the last is in its place: then none is missing between.
    if let Some(last) = head.size.0.checked_sub(1) {
        let key = read::row_key(organization.code, Seq(last));
        let kept = connection
            .query_row("select 1 from events where id = ?", [key], |_| Ok(()))
            .optional()
            .map_err(fault(DOING))?;
        if kept.is_none() {
            problems.push(format!("the log of {id} has no event {last}"));
        }
    }
    if newest_ms.is_some_and(|newest_ms| newest_ms.cast_unsigned() != head.received_ms) {
        problems.push(format!("the head of {id} has another time than its newest event"));
    }
    Ok(())
}

/// How many events a log holds, and the time of the newest.
fn events(connection: &Connection, org: OrgCode) -> Result<(u64, Option<i64>), StoreError> {
    let Some((first, last)) = read::row_key(org, Seq(0)).zip(read::row_key(org, Seq(EVENTS_MAX - 1))) else {
        return Ok((0, None));
    };
    let count: i64 = connection
        .query_row("select count(*) from events where id between ? and ?", [first, last], |line| line.get(0))
        .map_err(fault(DOING))?;
    let newest_ms = connection
        .query_row(
            "select received_ms from events where id between ? and ? order by id desc limit 1",
            [first, last],
            |line| line.get(0),
        )
        .optional()
        .map_err(fault(DOING))?;
    Ok((read::uint(count)?, newest_ms))
}

/// Every event has exactly one id.
fn ids(
    connection: &Connection,
    organization: &OrganizationRow,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let (count, distinct, last): (i64, i64, Option<i64>) = connection
        .query_row(
            "select count(*), count(distinct seq), max(seq) from event_ids where org = ?",
            [organization.code.0],
            |line| Ok((line.get(0)?, line.get(1)?, line.get(2)?)),
        )
        .map_err(fault(DOING))?;
    let (events, _) = events(connection, organization.code)?;
    let dense = count == distinct && last.map_or(0, |last| last + 1) == count;
    if !(dense && count.cast_unsigned() == events) {
        problems.push(format!("the ids of {} do not name each of its {events} events once", organization.id));
    }
    Ok(())
}

/// The appends cover every position once, in the order of commits.
fn appends(
    connection: &Connection,
    organization: &OrganizationRow,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("select pos, org, first, count from appends where org = ? order by pos")
        .map_err(fault(DOING))?;
    let mut lines = statement.query([organization.code.0]).map_err(fault(DOING))?;
    let mut end = 0;
    while let Some(line) = lines.next().map_err(fault(DOING))? {
        let take = || Ok((line.get(0)?, line.get(1)?, line.get(2)?, line.get(3)?));
        let append = read::append_row(take().map_err(fault(DOING))?)?;
        if append.first.0 != end {
            problems.push(format!(
                "append {} of {} begins at {}, not at {end}",
                append.pos, organization.id, append.first
            ));
        }
        end = append.first.0 + append.count;
    }
    let (events, _) = events(connection, organization.code)?;
    if end != events {
        problems.push(format!("the appends of {} end at {end}, its log at {events}", organization.id));
    }
    Ok(())
}

/// Codes are dense from 0, and each is of one value.
fn codes(connection: &Connection, problems: &mut Vec<String>) -> Result<(), StoreError> {
    let sparse = "select org, kind from codes group by org, kind having count(*) != max(code) + 1";
    named(connection, sparse, problems, |org, kind| {
        format!("the codes of organization {org}, kind {kind}, have gaps")
    })?;
    // Blanked values are zero bytes, and may be alike.
    let twice = "select org, kind from codes where substr(cast(value as blob), 1, 1) is not x'00'
                 group by org, kind having count(*) != count(distinct value)";
    named(connection, twice, problems, |org, kind| {
        format!("a value of organization {org}, kind {kind}, has two codes")
    })
}

/// Nothing belongs to an organization that is not there.
fn strangers(connection: &Connection, problems: &mut Vec<String>) -> Result<(), StoreError> {
    let events = "select id >> 40, count(*) from events
                  where not exists (select 1 from organizations where code = events.id >> 40) group by 1";
    named(connection, events, problems, |org, count| {
        format!("{count} events belong to no organization ({org})")
    })?;
    let ids = "select org, count(*) from event_ids
               where not exists (select 1 from organizations where code = event_ids.org) group by 1";
    named(connection, ids, problems, |org, count| format!("{count} ids belong to no organization ({org})"))
}

/// A problem for every line of a query of two numbers.
fn named(
    connection: &Connection,
    sql: &str,
    problems: &mut Vec<String>,
    problem: impl Fn(i64, i64) -> String,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql).map_err(fault(DOING))?;
    let lines =
        statement.query_map([], |line| Ok(problem(line.get(0)?, line.get(1)?))).map_err(fault(DOING))?;
    for line in lines.take(PROBLEMS_MAX) {
        problems.push(line.map_err(fault(DOING))?);
    }
    Ok(())
}

/// The copy of the dictionary that we ship is that which we ship.
fn dictionary(connection: &Connection, problems: &mut Vec<String>) -> Result<(), StoreError> {
    let bytes: Vec<u8> = connection
        .query_row("select bytes from dictionaries where id = ?", [SHIPPED.id], |line| line.get(0))
        .map_err(fault(DOING))?;
    if bytes != SHIPPED.bytes {
        problems.push(format!(
            "dictionary {} is not the one that was shipped: no event can be read by it",
            SHIPPED.id
        ));
    }
    Ok(())
}
