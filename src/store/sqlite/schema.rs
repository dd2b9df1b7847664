//! How a connection is opened and the tables come to be. Deliberately absent: every statement on a row of a log.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, OptionalExtension as _};

use crate::store::StoreError;
use crate::store::sqlite::body::{Dictionary, SHIPPED};
use crate::store::sqlite::data_directory::{APPLICATION_ID, DataDirectory, TRUTH};
use crate::store::sqlite::fault;

/// How long a connection waits for another's lock. Ours wait for each other on a mutex; this is for a copy being made.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Statements a connection keeps prepared: more than there are in this store.
const STATEMENTS: usize = 64;
/// Pages the writer keeps, in KiB: the upper levels of the trees of ids and codes, which are written at random places.
const WRITER_CACHE_KIB: i64 = 64 << 10;
/// Pages a reader keeps, in KiB: the operating system has the rest.
const READER_CACHE_KIB: i64 = 4 << 10;

/// The migrations, as they lie in `migrations/`.
#[allow(clippy::unwrap_used)] // The macro's own code, on file names it has parsed at compile time.
mod embedded {
    refinery::embed_migrations!("src/store/sqlite/migrations");
}

/// Opens the only connection that writes, and brings the tables up to date.
pub(super) fn open_writer(directory: &DataDirectory) -> Result<Connection, StoreError> {
    let refused = |error| refusal(directory.path(), error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(directory.truth(), flags).map_err(refused)?;
    if connection.is_readonly(MAIN_DB).map_err(refused)? {
        return Err(read_only(directory.path()));
    }
    set_up(&connection, WRITER_CACHE_KIB).map_err(refused)?;
    refuse_newer(&connection, directory.path())?;
    set_up_writer(&connection).map_err(refused)?;
    migrate(&mut connection)?;
    connection
        .execute("insert or ignore into dictionaries (id, bytes) values (?, ?)", (SHIPPED.id, SHIPPED.bytes))
        .map_err(refused)?;
    Ok(connection)
}

/// Opens a connection that reads. The tables are there.
pub(super) fn open_reader(truth: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(truth, flags)?;
        set_up(&connection, READER_CACHE_KIB)?;
        Ok(connection)
    };
    open().map_err(fault("open the truth for reading"))
}

/// The dictionaries that the directory brought with it, by their numbers.
pub(super) fn dictionaries(connection: &Connection) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    let read = || {
        connection
            .prepare("select id, bytes from dictionaries order by id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()
    };
    read().map_err(fault("read its dictionaries"))
}

/// The dictionary that new bodies use: the directory's own copy of the one we ship.
pub(super) fn shipped(dictionaries: &[(u32, Vec<u8>)]) -> Result<Dictionary<'_>, StoreError> {
    dictionaries
        .iter()
        .find(|(id, _)| *id == SHIPPED.id)
        .map(|(id, bytes)| Dictionary { id: *id, bytes })
        .ok_or_else(|| StoreError::Corrupt(format!("there is no dictionary {}", SHIPPED.id)))
}

fn set_up(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A negative number of pages is a number of KiB.
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    // The last connection would otherwise move the log into the file while closing, where nobody sees it fail.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// The application id comes first and in the file itself: a directory that we were killed in while making it is
/// recognised as ours.
fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application_id != APPLICATION_ID {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(())
}

/// The newest schema that this program knows.
fn known_version() -> i32 {
    embedded::migrations::runner().get_migrations().iter().map(|each| each.version()).max().unwrap_or(0)
}

/// The schema of the file; 0 while it has none.
fn stored_version(connection: &Connection) -> rusqlite::Result<i32> {
    let table = "select 1 from sqlite_schema where type = 'table' and name = 'refinery_schema_history'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection
        .query_row("select coalesce(max(version), 0) from refinery_schema_history", [], |row| row.get(0))
}

fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let stored = stored_version(connection).map_err(|error| refusal(path, error))?;
    let known = known_version();
    if stored > known {
        return Err(StoreError::Directory(format!(
            "the data directory {} was written by a newer everlog: its schema is {stored}, this program knows {known}",
            path.display()
        )));
    }
    Ok(())
}

/// Refuses a file of another schema than ours: who only reads it cannot bring it up to date.
pub(super) fn refuse_other(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    refuse_newer(connection, path)?;
    let stored = stored_version(connection).map_err(|error| refusal(path, error))?;
    let known = known_version();
    if stored < known {
        return Err(StoreError::Directory(format!(
            "the data directory {} was last written by an older everlog: its schema is {stored}, this program's {known}; \
             start this version on it once",
            path.display()
        )));
    }
    Ok(())
}

/// Adds what is missing, all of it or nothing. A file that is up to date is not touched.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let stored = stored_version(connection).map_err(fault("read its schema"))?;
    if stored == known_version() {
        return Ok(());
    }
    let migrated = embedded::migrations::runner().set_grouped(true).run(connection);
    migrated.map(drop).map_err(|error| StoreError::Io { doing: "make its tables", source: Box::new(error) })
}

/// Why SQLite does not open the file, in words for the operator.
fn refusal(path: &Path, error: rusqlite::Error) -> StoreError {
    let shown = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly) => read_only(path),
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            StoreError::Directory(format!("no permission to open {TRUTH} in the data directory {shown}"))
        }
        Some(ErrorCode::DiskFull) => {
            StoreError::Directory(format!("no space is left for the data directory {shown}"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Directory(format!("{TRUTH} in {shown} is locked by another program"))
        }
        _ => fault("open the truth")(error),
    }
}

fn read_only(path: &Path) -> StoreError {
    StoreError::Directory(format!("{TRUTH} in the data directory {} is read-only", path.display()))
}
