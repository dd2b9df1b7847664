//! Copies of a truth that another process is writing: the whole file, or what is new since the last copy.
//!
//! A reader of SQLite's log in front of the file sees one state of it for as long as its transaction lasts, and holds up no
//! writer; the log only grows meanwhile. A copy is one file without a log, so that it can lie on a medium that is never
//! written. Deliberately absent: where copies lie and whether they are well (`backup`).
//!
//! What is new, worked once: t0 a copy holds events 0 to 6 of a log. t1 event 3 is erased, 7 to 9 are recorded. t2 a copy of
//! the copy gets 7 to 9 by their keys, and 3 because its salts are other ones. Tables that are small are compared whole.

use std::collections::BTreeMap;
use std::path::Path;

use everlog_core::ids::Seq;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::store::sqlite::{data_directory, fault, read, schema};
use crate::store::{EVENTS_MAX, Head, OrgCode, StoreError};

/// Pages that are copied between two words of progress.
const PAGES_A_STEP: i32 = 2_000;
/// Events that are copied between two words of progress.
const EVENTS_A_STEP: u64 = 10_000;
/// Tables whose rows are found by their keys; all others are compared.
const BY_KEY: &[&str] = &["events", "event_ids", "appends", "erased_events"];
/// What a path may hold of a URI as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

const DOING: &str = "copy a truth";

/// Hears how much is done, and of how much.
pub type Told<'a> = &'a mut dyn FnMut(u64, u64);

/// What a copy of the new held before, and what was changed in it.
pub struct Renewed {
    /// Where each log ended.
    pub before: BTreeMap<OrgCode, Head>,
    /// Events below those ends that were erased from since.
    pub changed: Vec<(OrgCode, Seq)>,
}

/// Copies all of a truth as it is at this moment into a file that is not there yet. Told are pages.
///
/// # Errors
/// When either cannot be used; then what is in the file is nothing.
pub fn copy_whole(data: &Path, to: &Path, told: Told<'_>) -> Result<(), StoreError> {
    let live = open_live(data)?;
    let mut copy = Connection::open(to).map_err(fault(DOING))?;
    copy.pragma_update(None, "synchronous", "off").map_err(fault(DOING))?;
    // The transaction holds one state: without it every write of the other process would make the copy begin again.
    let one_state = live.unchecked_transaction().map_err(fault(DOING))?;
    schema::refuse_other(&one_state, data)?;
    let backup = Backup::new(&one_state, &mut copy).map_err(fault(DOING))?;
    loop {
        let step = backup.step(PAGES_A_STEP).map_err(fault(DOING))?;
        let progress = backup.progress();
        let (total, left) = (progress.pagecount.unsigned_abs(), progress.remaining.unsigned_abs());
        told(u64::from(total.saturating_sub(left)), u64::from(total));
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => {
                let source = "another program holds it".into();
                return Err(StoreError::Io { doing: DOING, source });
            }
        }
    }
    drop(backup);
    alone(&copy)
}

/// Brings a copy to what a truth is at this moment. Nothing when the truth does not go on from the copy, or is of another
/// schema: then, and after an error, the copy is worth nothing and is to be made whole.
///
/// # Errors
/// When either cannot be used.
pub fn copy_new(data: &Path, copy: &Path, told: Told<'_>) -> Result<Option<Renewed>, StoreError> {
    drop(open_live(data)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(copy, flags).map_err(fault(DOING))?;
    let set_up = || {
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "synchronous", "off")?;
        connection.pragma_update(None, "journal_mode", "off")?;
        let truth = data.join(data_directory::TRUTH);
        let truth = std::path::absolute(&truth).unwrap_or(truth);
        let path = utf8_percent_encode(&truth.to_string_lossy(), PLAIN).to_string();
        connection.execute("attach ? as live", [format!("file:{path}?mode=ro")])
    };
    set_up().map_err(fault(DOING))?;
    let one_state = connection.unchecked_transaction().map_err(fault(DOING))?;
    let Some(renewed) = renew(&one_state, told)? else { return Ok(None) };
    one_state.commit().map_err(fault(DOING))?;
    connection.execute("detach live", []).map_err(fault(DOING))?;
    alone(&connection)?;
    Ok(Some(renewed))
}

fn renew(copy: &Connection, told: Told<'_>) -> Result<Option<Renewed>, StoreError> {
    if tables(copy, "main")? != tables(copy, "live")? {
        return Ok(None);
    }
    let Some(logs) = continued(copy)? else { return Ok(None) };
    let total: u64 = logs.iter().map(|log| log.to - log.from).sum();
    let mut done = 0;
    for log in &logs {
        let mut from = log.from;
        while from < log.to {
            let to = log.to.min(from + EVENTS_A_STEP);
            let keys = read::row_key(log.org, Seq(from)).zip(read::row_key(log.org, Seq(to - 1)));
            let Some((first, last)) = keys else { return Ok(None) };
            run(
                copy,
                "insert into main.events select * from live.events where id between ? and ?",
                [first, last],
            )?;
            done += to - from;
            told(done, total);
            from = to;
        }
        run(
            copy,
            "insert into main.event_ids select * from live.event_ids where org = ? and seq >= ?",
            (log.org.0, log.from.cast_signed()),
        )?;
    }
    let Some(changed) = renew_erased(copy, &logs)? else { return Ok(None) };
    run(
        copy,
        "insert into main.appends select * from live.appends
         where pos > (select coalesce(max(pos), 0) from main.appends)",
        [],
    )?;
    let before = before(copy, &logs)?;
    for (table, _) in tables(copy, "main")? {
        if !BY_KEY.contains(&table.as_str()) {
            compare(copy, &table)?;
        }
    }
    Ok(Some(Renewed { before, changed }))
}

/// A log of which the copy holds the events below `from`, and the truth those below `to`.
struct Continued {
    org: OrgCode,
    from: u64,
    to: u64,
}

/// Every log, if each goes on from what the copy holds of it: the tree of its head is grown again by who verifies the copy.
fn continued(copy: &Connection) -> Result<Option<Vec<Continued>>, StoreError> {
    let gone = "select count(*) from main.organizations as kept where not exists
                (select 1 from live.organizations where code = kept.code and log_id = kept.log_id)";
    if count(copy, gone)? > 0 {
        return Ok(None);
    }
    let read = || {
        copy.prepare(
            "select now.org, coalesce(kept.size, 0), now.size from live.heads as now
             left join main.heads as kept on kept.org = now.org order by now.org",
        )?
        .query_map([], |line| Ok((line.get(0)?, line.get::<_, i64>(1)?, line.get::<_, i64>(2)?)))?
        .collect::<rusqlite::Result<Vec<(u32, i64, i64)>>>()
    };
    let mut logs = Vec::new();
    for (org, from, to) in read().map_err(fault(DOING))? {
        let org = OrgCode(org);
        let (from, to) = (read::uint(from)?, read::uint(to)?);
        if from > to || to > EVENTS_MAX {
            return Ok(None);
        }
        if let Some(last) = from.checked_sub(1).and_then(|last| read::row_key(org, Seq(last))) {
            let same = "select count(*) from main.events as kept join live.events as now using (id)
                        where kept.id = ? and kept.leaf = now.leaf and kept.received_ms = now.received_ms";
            let found: i64 = copy.query_row(same, [last], |line| line.get(0)).map_err(fault(DOING))?;
            if found != 1 {
                return Ok(None);
            }
        }
        logs.push(Continued { org, from, to });
    }
    Ok(Some(logs))
}

/// Brings the events that were erased from to what is left of them, where they lie; nothing when one is another event.
fn renew_erased(copy: &Connection, logs: &[Continued]) -> Result<Option<Vec<(OrgCode, Seq)>>, StoreError> {
    let read = || {
        copy.prepare(
            "select id from (select * from live.erased_events except select * from main.erased_events)",
        )?
        .query_map([], |line| line.get::<_, i64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut changed = Vec::new();
    for key in read().map_err(fault(DOING))? {
        let (org, seq) = read::key_parts(key);
        let is_new = logs.iter().any(|log| log.org == org && seq.0 >= log.from);
        let renewed = run(
            copy,
            "update main.events set dictionary = now.dictionary, seed = now.seed, body = now.body
             from (select * from live.events where id = ?1) as now
             where events.id = ?1 and events.leaf = now.leaf and events.received_ms = now.received_ms",
            [key],
        )?;
        if renewed != 1 {
            return Ok(None);
        }
        run(
            copy,
            "insert or replace into main.erased_events select * from live.erased_events where id = ?",
            [key],
        )?;
        if !is_new {
            changed.push((org, seq));
        }
    }
    Ok(Some(changed))
}

fn before(copy: &Connection, logs: &[Continued]) -> Result<BTreeMap<OrgCode, Head>, StoreError> {
    let known = logs.iter().filter(|log| log.from > 0);
    known.map(|log| Ok((log.org, read::head(copy, log.org)?))).collect()
}

/// Makes one table what it is in the truth, touching only rows that differ.
fn compare(copy: &Connection, table: &str) -> Result<(), StoreError> {
    let keys = || {
        copy.prepare("select name from pragma_table_info(?, 'main') where pk > 0 order by pk")?
            .query_map([table], |line| line.get::<_, String>(0))?
            .map(|name| name.map(|name| format!("\"{name}\"")))
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let keys = keys().map_err(fault(DOING))?.join(", ");
    if keys.is_empty() {
        run(copy, &format!("delete from main.\"{table}\""), [])?;
        return run(copy, &format!("insert into main.\"{table}\" select * from live.\"{table}\""), [])
            .map(drop);
    }
    let other = format!("select * from main.\"{table}\" except select * from live.\"{table}\"");
    run(copy, &format!("delete from main.\"{table}\" where ({keys}) in (select {keys} from ({other}))"), [])?;
    let new = format!("select * from live.\"{table}\" except select * from main.\"{table}\"");
    run(copy, &format!("insert into main.\"{table}\" {new}"), []).map(drop)
}

/// The tables with what they are made by; indexes are part of a table here.
fn tables(connection: &Connection, of: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = format!(
        "select tbl_name, group_concat(sql, char(10) order by name) from {of}.sqlite_schema
         where name not like 'sqlite^_%' escape '^' group by tbl_name order by tbl_name"
    );
    let read = || {
        connection
            .prepare(&sql)?
            .query_map([], |line| Ok((line.get(0)?, line.get(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(fault(DOING))
}

fn count(connection: &Connection, sql: &str) -> Result<i64, StoreError> {
    connection.query_row(sql, [], |line| line.get(0)).map_err(fault(DOING))
}

fn run(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<usize, StoreError> {
    connection.prepare_cached(sql).and_then(|mut it| it.execute(parameters)).map_err(fault(DOING))
}

/// A connection to a truth that this process does not hold, and does not write.
fn open_live(data: &Path) -> Result<Connection, StoreError> {
    let connection = schema::open_reader(&data.join(data_directory::TRUTH))?;
    schema::refuse_other(&connection, data)?;
    Ok(connection)
}

/// Makes a copy one file, without a log beside it.
fn alone(copy: &Connection) -> Result<(), StoreError> {
    let mode: String = copy
        .pragma_update_and_check(None, "journal_mode", "delete", |line| line.get(0))
        .map_err(fault(DOING))?;
    if mode != "delete" {
        return Err(StoreError::Io { doing: DOING, source: "another program holds the copy".into() });
    }
    Ok(())
}
