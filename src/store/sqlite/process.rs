//! Every statement about subjects and processes. Deliberately absent: what their states mean.

use everlog_core::ids::Seq;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, Row as Line, params_from_iter};

use crate::store::process::{
    PROCESS_PREFIX, ProcessColumns, ProcessFilter, ProcessOrder, ProcessPage, SubjectRow, Summoned,
};
use crate::store::sqlite::fault;
use crate::store::sqlite::read::{int, uint};
use crate::store::{OrgCode, StoreError};

const COLUMNS: &str = "s.subject, s.state, s.due_ms, p.key, p.number, p.status, p.name, p.starter, p.flow_key, p.flow_type, p.text,
    p.started_ms, p.first_ms, p.last_ms, p.ages_from_ms, p.awaits_trail";

pub(super) fn subject(
    connection: &Connection,
    org: OrgCode,
    subject: &str,
) -> Result<Option<SubjectRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from subjects s left join processes p on p.org = s.org and p.key = ?3
         where s.org = ?1 and s.subject = ?2"
    );
    let key = subject.strip_prefix(PROCESS_PREFIX);
    let read = || {
        connection
            .prepare_cached(&sql)?
            .query_row((org.0, subject, key), |line| Ok(subject_row(line)))
            .optional()
    };
    read().map_err(fault("read a subject"))?.transpose()
}

fn subject_row(line: &Line<'_>) -> Result<SubjectRow, StoreError> {
    let read = || {
        let time = |at: usize| line.get::<_, Option<i64>>(at);
        let key: Option<String> = line.get(3)?;
        let process = match key {
            None => None,
            Some(key) => Some((
                ProcessColumns {
                    key,
                    number: 0,
                    status: line.get(5)?,
                    name: line.get(6)?,
                    starter: line.get(7)?,
                    flow_key: line.get(8)?,
                    flow_type: line.get(9)?,
                    text: line.get(10)?,
                    started_ms: None,
                    first_ms: 0,
                    last_ms: 0,
                    ages_from_ms: None,
                    awaits_trail: line.get(15)?,
                },
                (line.get(4)?, time(11)?, line.get(12)?, line.get(13)?, time(14)?),
            )),
        };
        Ok((line.get(0)?, line.get(1)?, time(2)?, process))
    };
    let (subject, state, due_ms, process) = read().map_err(fault("read a subject"))?;
    let optional = |time: Option<i64>| time.map(uint).transpose();
    let process = match process {
        None => None,
        Some((columns, (number, started, first, last, ages))) => Some(ProcessColumns {
            number: uint(number)?,
            started_ms: optional(started)?,
            first_ms: uint(first)?,
            last_ms: uint(last)?,
            ages_from_ms: optional(ages)?,
            ..columns
        }),
    };
    Ok(SubjectRow { subject, state, due_ms: optional(due_ms)?, process })
}

/// The condition of a filter, behind `where`, and its values.
fn condition(org: OrgCode, filter: &ProcessFilter) -> Result<(String, Vec<Sql>), StoreError> {
    let mut sql = "p.org = ?".to_owned();
    let mut values = vec![Sql::from(i64::from(org.0))];
    let mut and = |text: &str, value: Sql| {
        sql.push_str(" and ");
        sql.push_str(text);
        values.push(value);
    };
    let texts = [
        ("p.key = ?", &filter.key),
        ("p.starter = ?", &filter.starter),
        ("p.flow_key = ?", &filter.flow_key),
        ("p.flow_type = ? collate nocase", &filter.flow_type),
    ];
    for (text, value) in texts {
        if let Some(value) = value {
            and(text, value.clone().into());
        }
    }
    for piece in &filter.pieces {
        and("instr(p.text, ?) > 0", piece.clone().into());
    }
    if let Some(after) = filter.after {
        and("p.number > ?", int(after)?.into());
    }
    // Those whose life lies outside of the range are left out without a look at their events.
    if let Some(from_ms) = filter.from_ms {
        and("p.last_ms >= ?", int(from_ms)?.into());
    }
    if let Some(to_ms) = filter.to_ms {
        and("p.first_ms < ?", int(to_ms)?.into());
    }
    if let Some(below) = filter.below {
        and("p.number < ?", int_or_last(below).into());
    }
    if !filter.statuses.is_empty() {
        let places = vec!["?"; filter.statuses.len()].join(", ");
        sql.push_str(&format!(" and p.status in ({places})"));
        values.extend(filter.statuses.iter().cloned().map(Sql::from));
    }
    if filter.from_ms.is_some() || filter.to_ms.is_some() {
        let (from, to) = (filter.from_ms.unwrap_or(0), filter.to_ms.unwrap_or(i64::MAX.cast_unsigned()));
        sql.push_str(
            " and (p.first_ms >= ? or p.last_ms < ? or exists (select 1 from process_events e
              where e.org = p.org and e.number = p.number and e.occurred_ms >= ? and e.occurred_ms < ?))",
        );
        for time in [from, to, from, to] {
            values.push(int(time)?.into());
        }
    }
    Ok((sql, values))
}

pub(super) fn processes(
    connection: &Connection,
    org: OrgCode,
    filter: &ProcessFilter,
    page: ProcessPage,
) -> Result<Vec<SubjectRow>, StoreError> {
    let (condition, mut values) = condition(org, filter)?;
    let direction = if page.descending { "desc" } else { "asc" };
    let order = match page.order {
        ProcessOrder::Made => format!("p.number {direction}"),
        ProcessOrder::Name => format!("p.name {direction}, p.number desc"),
        ProcessOrder::Status => format!("p.status {direction}, p.number desc"),
        ProcessOrder::Started => format!("p.started_ms {direction}, p.number desc"),
        ProcessOrder::Activity => format!("p.last_ms {direction}, p.number desc"),
    };
    // The page is found among the narrow rows; states are read for what is on it alone.
    let sql = format!(
        "select {COLUMNS} from
            (select p.org, p.number from processes p where {condition} order by {order} limit ? offset ?) f
            join processes p on p.org = f.org and p.number = f.number
            join subjects s on s.org = p.org and s.subject = 'process:' || p.key
         order by {order}"
    );
    let bounded = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    values.extend([bounded(page.take).into(), bounded(page.skip).into()]);
    let doing = "list processes";
    let mut statement = connection.prepare_cached(&sql).map_err(fault(doing))?;
    let mut lines = statement.query(params_from_iter(values)).map_err(fault(doing))?;
    let mut rows = Vec::new();
    while let Some(line) = lines.next().map_err(fault(doing))? {
        rows.push(subject_row(line)?);
    }
    Ok(rows)
}

pub(super) fn count_processes(
    connection: &Connection,
    org: OrgCode,
    filter: &ProcessFilter,
) -> Result<u64, StoreError> {
    let (condition, values) = condition(org, filter)?;
    let count = || {
        connection
            .prepare_cached(&format!("select count(*) from processes p where {condition}"))?
            .query_row(params_from_iter(values), |line| line.get(0))
    };
    uint(count().map_err(fault("count processes"))?)
}

pub(super) fn starters(
    connection: &Connection,
    org: OrgCode,
    limit: usize,
) -> Result<Vec<(String, u64)>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached(
                "select starter, count(*) from processes where org = ? and starter <> ''
                 group by starter order by count(*) desc, starter limit ?",
            )?
            .query_map((org.0, limit), |line| Ok((line.get(0)?, line.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(String, i64)>>>()
    };
    let starters = read().map_err(fault("count who starts processes"))?;
    starters.into_iter().map(|(starter, count)| Ok((starter, uint(count)?))).collect()
}

pub(super) fn process_seqs(
    connection: &Connection,
    org: OrgCode,
    key: &str,
    from: Seq,
    limit: usize,
) -> Result<Vec<Seq>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached(
                "select e.seq from process_events e
                 where e.org = ?1 and e.number = (select number from processes where org = ?1 and key = ?2) and e.seq >= ?3
                 order by e.seq limit ?4",
            )?
            .query_map((org.0, key, int_or_last(from.0), limit), |line| line.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()
    };
    read().map_err(fault("list the events of a process"))?.into_iter().map(|seq| uint(seq).map(Seq)).collect()
}

/// No position is behind the last that SQLite can count.
fn int_or_last(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn due(connection: &Connection, now_ms: u64, limit: usize) -> Result<Vec<Summoned>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql =
        "select org, subject from subjects where due_ms is not null and due_ms <= ? order by due_ms limit ?";
    summoned(connection, sql, (int_or_last(now_ms), limit))
}

pub(super) fn aged(
    connection: &Connection,
    org: OrgCode,
    status: &str,
    before_ms: u64,
    limit: usize,
) -> Result<Vec<Summoned>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = "select org, 'process:' || key from processes
               where org = ? and status = ? and ages_from_ms is not null and ages_from_ms < ? order by ages_from_ms limit ?";
    summoned(connection, sql, (org.0, status, int_or_last(before_ms), limit))
}

pub(super) fn awaiting_trails(connection: &Connection, limit: usize) -> Result<Vec<Summoned>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql =
        "select org, 'process:' || key from processes where awaits_trail = 1 order by org, number limit ?";
    summoned(connection, sql, [limit])
}

fn summoned(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Summoned>, StoreError> {
    let read = || {
        connection
            .prepare_cached(sql)?
            .query_map(parameters, |line| Ok(Summoned { org: OrgCode(line.get(0)?), subject: line.get(1)? }))?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("list what is due"))
}
