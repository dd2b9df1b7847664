//! Every statement that reads, for readers and for the writer alike. Deliberately absent: how a connection is had.

use std::collections::HashMap;

use everlog_core::erasure::{Salts, Written};
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::{Hash, LogId, Seed};
use rusqlite::{Connection, OptionalExtension as _, Row as Line};

use crate::store::sqlite::body::{Decoders, without_padding};
use crate::store::sqlite::{corrupt, fault, frontier_from_bytes};
use crate::store::{
    Append, Code, CodeKind, Credential, EVENTS_MAX, Head, ORGANIZATIONS_MAX, OrgCode, OrganizationRow, Row,
    SavedView, StoreError,
};

/// How many of the lower bits of a row's key are its position.
const SEQ_BITS: u32 = EVENTS_MAX.trailing_zeros();
// A key is positive in SQLite's 64 bits.
const _: () = assert!(EVENTS_MAX.is_power_of_two() && ORGANIZATIONS_MAX.trailing_zeros() + SEQ_BITS < 64);

/// The key of a row; none where no log can have such a row.
pub(super) fn row_key(org: OrgCode, seq: Seq) -> Option<i64> {
    let possible = org.0 < ORGANIZATIONS_MAX && seq.0 < EVENTS_MAX;
    possible.then(|| (i64::from(org.0) << SEQ_BITS) | seq.0.cast_signed())
}

/// The log and position of a key.
pub(super) fn key_parts(key: i64) -> (OrgCode, Seq) {
    let key = key.cast_unsigned();
    // A key has 62 bits by the table's own check, the code 22 of them: nothing is cut off.
    let org = OrgCode((key >> SEQ_BITS) as u32);
    (org, Seq(key & (EVENTS_MAX - 1)))
}

/// A number as SQLite keeps it.
pub(super) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Full("a number of 63 bits"))
}

/// A number as we wrote it: never negative.
pub(super) fn uint(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| corrupt(format!("a number is negative: {value}")))
}

const ORGANIZATION: &str = "select code, id, name, profile, catalogs, time_zone, settings, created_ms, log_id, log_host from organizations";

pub(super) fn organizations(connection: &Connection) -> Result<Vec<OrganizationRow>, StoreError> {
    let doing = "list organizations";
    let mut statement =
        connection.prepare_cached(&format!("{ORGANIZATION} order by id")).map_err(fault(doing))?;
    let mut lines = statement.query([]).map_err(fault(doing))?;
    let mut organizations = Vec::new();
    while let Some(line) = lines.next().map_err(fault(doing))? {
        organizations.push(organization_row(line)?);
    }
    Ok(organizations)
}

pub(super) fn organization(
    connection: &Connection,
    id: &OrgId,
) -> Result<Option<OrganizationRow>, StoreError> {
    let doing = "read an organization";
    let mut statement =
        connection.prepare_cached(&format!("{ORGANIZATION} where id = ?")).map_err(fault(doing))?;
    let mut lines = statement.query([id.as_str()]).map_err(fault(doing))?;
    lines.next().map_err(fault(doing))?.map(organization_row).transpose()
}

fn organization_row(line: &Line<'_>) -> Result<OrganizationRow, StoreError> {
    let (code, id, created_ms, log_id) = columns(line, |line| {
        let id: String = line.get("id")?;
        Ok((line.get("code")?, id, line.get("created_ms")?, line.get("log_id")?))
    })?;
    let (catalogs, settings) =
        columns(line, |line| Ok((line.get::<_, String>("catalogs")?, line.get::<_, String>("settings")?)))?;
    let damaged = |what: &str| corrupt(format!("the {what} of organization {code}"));
    Ok(OrganizationRow {
        code: OrgCode(code),
        id: OrgId::try_from(id).map_err(|_| damaged("id"))?,
        name: columns(line, |line| line.get("name"))?,
        profile: columns(line, |line| line.get("profile"))?,
        catalogs: serde_json::from_str(&catalogs).map_err(|_| damaged("catalogs"))?,
        time_zone: columns(line, |line| line.get("time_zone"))?,
        settings: serde_json::from_str(&settings).map_err(|_| damaged("settings"))?,
        created_ms: uint(created_ms)?,
        log_id: LogId(log_id),
        log_host: columns(line, |line| line.get("log_host"))?,
    })
}

/// Takes columns; one of another type than we wrote is damage.
fn columns<T>(line: &Line<'_>, take: impl FnOnce(&Line<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
    take(line).map_err(fault("read a row"))
}

pub(super) fn catalog(connection: &Connection, org: OrgCode) -> Result<Option<String>, StoreError> {
    one(connection, "read a catalog", "select toml from catalogs where org = ?", [org.0])
}

pub(super) fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    one(connection, "read a named value", "select value from meta where name = ?", [name])
}

/// The first column of the only line.
fn one<T: rusqlite::types::FromSql>(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<T>, StoreError> {
    let read = || connection.prepare_cached(sql)?.query_row(parameters, |line| line.get(0)).optional();
    read().map_err(fault(doing))
}

pub(super) fn head(connection: &Connection, org: OrgCode) -> Result<Head, StoreError> {
    let read = || {
        connection
            .prepare_cached("select size, frontier, received_ms from heads where org = ?")?
            .query_row([org.0], |line| Ok((line.get(0)?, line.get::<_, Vec<u8>>(1)?, line.get(2)?)))
            .optional()
    };
    let (size, frontier, received_ms) = read()
        .map_err(fault("read a head"))?
        .ok_or_else(|| corrupt(format!("organization {} has no head", org.0)))?;
    let size = Size(uint(size)?);
    Ok(Head { size, frontier: frontier_from_bytes(org, size, &frontier)?, received_ms: uint(received_ms)? })
}

const EVENT: &str = "select id, received_ms, dictionary, leaf, seed, body from events";

pub(super) fn row(
    connection: &Connection,
    decoders: &mut Decoders,
    org: OrgCode,
    seq: Seq,
) -> Result<Option<Row>, StoreError> {
    Ok(rows(connection, decoders, org, &[seq])?.pop())
}

pub(super) fn rows(
    connection: &Connection,
    decoders: &mut Decoders,
    org: OrgCode,
    seqs: &[Seq],
) -> Result<Vec<Row>, StoreError> {
    let doing = "read events";
    let mut statement = connection.prepare_cached(&format!("{EVENT} where id = ?")).map_err(fault(doing))?;
    let mut rows = Vec::with_capacity(seqs.len());
    for key in seqs.iter().filter_map(|&seq| row_key(org, seq)) {
        let mut lines = statement.query([key]).map_err(fault(doing))?;
        if let Some(line) = lines.next().map_err(fault(doing))? {
            rows.push(event_row(connection, line, decoders)?);
        }
    }
    Ok(rows)
}

pub(super) fn scan(
    connection: &Connection,
    decoders: &mut Decoders,
    org: OrgCode,
    from: Seq,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let doing = "scan events";
    let Some((first, last)) = range(org, from, Size(EVENTS_MAX)) else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection
        .prepare_cached(&format!("{EVENT} where id between ? and ? order by id limit ?"))
        .map_err(fault(doing))?;
    let mut lines = statement.query([first, last, limit]).map_err(fault(doing))?;
    let mut rows = Vec::new();
    while let Some(line) = lines.next().map_err(fault(doing))? {
        rows.push(event_row(connection, line, decoders)?);
    }
    Ok(rows)
}

/// The first and last key of the positions `from..to`; none where that is empty.
fn range(org: OrgCode, from: Seq, to: Size) -> Option<(i64, i64)> {
    let last = to.0.min(EVENTS_MAX).checked_sub(1)?;
    let first = row_key(org, from)?;
    (from.0 <= last).then_some((first, row_key(org, Seq(last))?))
}

/// An event from a line of `EVENT`.
pub(super) fn event_row(
    connection: &Connection,
    line: &Line<'_>,
    decoders: &mut Decoders,
) -> Result<Row, StoreError> {
    let key: i64 = columns(line, |line| line.get(0))?;
    let (org, seq) = key_parts(key);
    let damaged = |why: &dyn std::fmt::Display| {
        corrupt(format!("event {seq} of organization {} cannot be read: {why}", org.0))
    };
    let read = || {
        let body = line.get_ref(5)?.as_blob()?;
        Ok::<_, rusqlite::Error>((line.get(1)?, line.get(2)?, line.get(3)?, line.get(4)?, body))
    };
    let (received_ms, dictionary, leaf_hash, seed, body) = read().map_err(|error| damaged(&error))?;
    let (salts, body) = match seed {
        NO_SEED => {
            let written =
                written_salts(connection, key)?.ok_or_else(|| damaged(&"its salts are not there"))?;
            (Salts::Written(written), without_padding(body))
        }
        seed => (Salts::Seed(Seed(seed)), body),
    };
    let document = decoders.decode(dictionary, body).map_err(|why| damaged(&why))?;
    Ok(Row { seq, received_ms: uint(received_ms)?, document, salts, leaf_hash })
}

/// In the place of a seed that was destroyed. As a random seed it never comes.
pub(super) const NO_SEED: [u8; 32] = [0; 32];

fn written_salts(connection: &Connection, key: i64) -> Result<Option<Written>, StoreError> {
    let sql = "select salts from erased_events where id = ?";
    let bytes: Option<Vec<u8>> = one(connection, "read the salts of an event", sql, [key])?;
    Ok(bytes.and_then(|bytes| Written::from_bytes(&bytes)))
}

pub(super) fn erased_seqs(
    connection: &Connection,
    org: OrgCode,
    from: Seq,
    limit: usize,
) -> Result<Vec<Seq>, StoreError> {
    let Some((first, last)) = range(org, from, Size(EVENTS_MAX)) else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached("select id from erased_events where id between ? and ? order by id limit ?")?
            .query_map([first, last, limit], |line| line.get(0))?
            .map(|key| key.map(|key| key_parts(key).1))
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("list what was erased"))
}

pub(super) fn erasures(connection: &Connection, org: OrgCode) -> Result<Vec<(Seq, bool)>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select seq, is_purged from erasures where org = ? order by seq")?
            .query_map([org.0], |line| Ok((line.get::<_, i64>(0)?, line.get(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let lines = read().map_err(fault("list erasures"))?;
    lines.into_iter().map(|(seq, is_purged)| Ok((Seq(uint(seq)?), is_purged))).collect()
}

pub(super) fn unpurged(connection: &Connection) -> Result<Vec<(OrgCode, Seq)>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select org, seq from erasures where is_purged = 0 order by org, seq")?
            .query_map([], |line| Ok((line.get(0)?, line.get::<_, i64>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let lines = read().map_err(fault("list what is to be purged"))?;
    lines.into_iter().map(|(org, seq)| Ok((OrgCode(org), Seq(uint(seq)?)))).collect()
}

pub(super) fn every_view(
    connection: &Connection,
    org: OrgCode,
) -> Result<Vec<(String, SavedView)>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select owner, name, query from saved_views where org = ? order by owner, name")?
            .query_map([org.0], |line| {
                Ok((line.get(0)?, SavedView { name: line.get(1)?, query: line.get(2)? }))
            })?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("list views"))
}

pub(super) fn find_id(connection: &Connection, org: OrgCode, id: &str) -> Result<Option<Seq>, StoreError> {
    let found: Option<i64> =
        one(connection, "find an id", "select seq from event_ids where org = ? and id = ?", (org.0, id))?;
    found.map(|seq| uint(seq).map(Seq)).transpose()
}

pub(super) fn find_ids(
    connection: &Connection,
    org: OrgCode,
    ids: &[&str],
) -> Result<HashMap<String, Seq>, StoreError> {
    let mut found = HashMap::new();
    for &id in ids {
        if let Some(seq) = find_id(connection, org, id)? {
            found.insert(id.to_owned(), seq);
        }
    }
    Ok(found)
}

pub(super) fn leaf_hashes(
    connection: &Connection,
    org: OrgCode,
    from: Seq,
    to: Size,
) -> Result<Vec<Hash>, StoreError> {
    let Some((first, last)) = range(org, from, to) else { return Ok(Vec::new()) };
    let read = || {
        connection
            .prepare_cached("select leaf from events where id between ? and ? order by id")?
            .query_map([first, last], |line| line.get(0))?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("read hashes of leaves"))
}

pub(super) fn codes(
    connection: &Connection,
    org: OrgCode,
    kind: CodeKind,
    from: Code,
) -> Result<Vec<String>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select value from codes where org = ? and kind = ? and code >= ? order by code")?
            .query_map((org.0, kind as u8, from.0), |line| line.get(0))?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("read codes"))
}

pub(super) fn appends(connection: &Connection, after: u64, limit: usize) -> Result<Vec<Append>, StoreError> {
    // No place is behind the last that SQLite can count.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        connection
            .prepare_cached("select pos, org, first, count from appends where pos > ? order by pos limit ?")?
            .query_map([after, limit], |line| Ok((line.get(0)?, line.get(1)?, line.get(2)?, line.get(3)?)))?
            .collect::<rusqlite::Result<Vec<(i64, u32, i64, i64)>>>()
    };
    let lines = read().map_err(fault("read appends"))?;
    lines.into_iter().map(append_row).collect()
}

/// An append from its columns.
pub(super) fn append_row((pos, org, first, count): (i64, u32, i64, i64)) -> Result<Append, StoreError> {
    Ok(Append { pos: uint(pos)?, org: OrgCode(org), first: Seq(uint(first)?), count: uint(count)? })
}

pub(super) fn last_append(connection: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> =
        one(connection, "read the last append", "select coalesce(max(pos), 0) from appends", [])?;
    uint(last.unwrap_or(0))
}

pub(super) fn views(
    connection: &Connection,
    org: OrgCode,
    owner: &str,
) -> Result<Vec<SavedView>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select name, query from saved_views where org = ? and owner = ? order by name")?
            .query_map((org.0, owner), |line| Ok(SavedView { name: line.get(0)?, query: line.get(1)? }))?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("list views"))
}

const CREDENTIAL: &str =
    "select hash, id, kind, org, \"grant\", created_ms, expires_ms, revoked_ms from credentials";

pub(super) fn credential(connection: &Connection, hash: &Hash) -> Result<Option<Credential>, StoreError> {
    let doing = "read a credential";
    let mut statement =
        connection.prepare_cached(&format!("{CREDENTIAL} where hash = ?")).map_err(fault(doing))?;
    let mut lines = statement.query([hash]).map_err(fault(doing))?;
    lines.next().map_err(fault(doing))?.map(credential_row).transpose()
}

pub(super) fn credentials(
    connection: &Connection,
    org: Option<OrgCode>,
    kind: &str,
) -> Result<Vec<Credential>, StoreError> {
    let doing = "list credentials";
    let mut statement = connection
        .prepare_cached(&format!("{CREDENTIAL} where org is ? and kind = ? order by created_ms, id"))
        .map_err(fault(doing))?;
    let mut lines = statement.query((org.map(|org| org.0), kind)).map_err(fault(doing))?;
    let mut credentials = Vec::new();
    while let Some(line) = lines.next().map_err(fault(doing))? {
        credentials.push(credential_row(line)?);
    }
    Ok(credentials)
}

fn credential_row(line: &Line<'_>) -> Result<Credential, StoreError> {
    let id: String = columns(line, |line| line.get("id"))?;
    let grant: String = columns(line, |line| line.get("grant"))?;
    let time = |name: &str| -> Result<Option<u64>, StoreError> {
        columns(line, |line| line.get::<_, Option<i64>>(name))?.map(uint).transpose()
    };
    Ok(Credential {
        hash: columns(line, |line| line.get("hash"))?,
        grant: serde_json::from_str(&grant).map_err(|_| corrupt(format!("the grant of credential {id}")))?,
        id,
        kind: columns(line, |line| line.get("kind"))?,
        org: columns(line, |line| line.get::<_, Option<u32>>("org"))?.map(OrgCode),
        created_ms: uint(columns(line, |line| line.get("created_ms"))?)?,
        expires_ms: time("expires_ms")?,
        revoked_ms: time("revoked_ms")?,
    })
}
