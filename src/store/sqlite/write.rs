//! The one connection that writes, and the calls inside its transaction.
//!
//! Deliberately absent: retries. A write that failed may or may not be on the disk, and only opening the file again
//! tells; until then nothing more is written.
//!
//! When the log in front of the file is moved into it: t0 a transaction commits and is on disk, in the log; t1 the next
//! one comes, finds the log long, and first copies it into the file; t2 copying fails: this one is refused, nothing of it
//! is kept, and what was acknowledged at t0 is still in the log.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::time::Duration;

use everlog_core::erasure::Salts;
use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use everlog_core::merkle::Frontier;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use serde_json::Value;

use crate::store::process::SubjectRow;
use crate::store::sqlite::body::{Decoders, Encoder};
use crate::store::sqlite::process;
use crate::store::sqlite::read::{self, int, row_key};
use crate::store::sqlite::schema::BUSY;
use crate::store::sqlite::scrub::scrub;
use crate::store::sqlite::{corrupt, fault};
use crate::store::stream::{DeadLetter, MessagePlace, StreamRow, Token};
use crate::store::{
    Append, Code, CodeKind, Credential, EVENTS_MAX, Head, ORGANIZATIONS_MAX, OrgCode, OrganizationRow, Row,
    SavedView, StoreError, Transaction,
};

/// Length of the log in front of the file from which it is copied into the file. Long enough that a page written often
/// is copied once, short enough that readers find their way in it quickly.
pub const LOG_BYTES_MAX: u64 = 16 << 20;
/// How long emptying the log may wait for those who read from it.
const SETTLE_MAX: Duration = Duration::from_millis(50);
/// Most values whose codes are remembered; beyond that all are forgotten and read again.
const CODES_REMEMBERED_MAX: usize = 1 << 16;

/// Into so many the values of a kind are divided.
const BUCKETS: u32 = 1 << 16;

/// The connection that writes. Its owner lets one caller in at a time.
pub(super) struct Writer {
    connection: Connection,
    encoder: Encoder,
    decoders: Decoders,
    codes: RememberedCodes,
    page_bytes: u64,
    /// Why nothing more is written.
    failed: Option<String>,
    /// The file itself, once it was needed. Closing it would give up the locks that connections of this process hold on it,
    /// so it stays open as long as they.
    file: Option<File>,
}

impl Writer {
    /// Takes a connection that is set up.
    pub(super) fn new(
        connection: Connection,
        encoder: Encoder,
        decoders: Decoders,
    ) -> Result<Self, StoreError> {
        let page_bytes = connection
            .pragma_query_value(None, "page_size", |line| line.get::<_, u32>(0))
            .map_err(fault("read its page size"))?;
        let codes = RememberedCodes::default();
        Ok(Self {
            connection,
            encoder,
            decoders,
            codes,
            page_bytes: page_bytes.into(),
            failed: None,
            file: None,
        })
    }

    /// One transaction; see `Store::transact`.
    pub(super) fn transact(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if let Some(reason) = &self.failed {
            let doing = "write before it is opened again, because an earlier write failed";
            return Err(StoreError::Io { doing, source: reason.clone().into() });
        }
        let result = self.copy_long_log().and_then(|()| self.run(work));
        if let Err(StoreError::Io { doing, source }) = &result {
            self.failed = Some(format!("it could not {doing}: {source}"));
        }
        result
    }

    fn run(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.codes.begin();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(write_fault("begin a transaction"))?;
        let mut calls = Calls {
            connection: &transaction,
            encoder: &mut self.encoder,
            decoders: &mut self.decoders,
            codes: &mut self.codes,
            refused: None,
        };
        // Dropped without a commit, the transaction is rolled back, also when `work` panics.
        work(&mut calls)?;
        if let Some(error) = calls.refused {
            return Err(error);
        }
        if transaction.is_autocommit() {
            let source = "it was rolled back while it ran".into();
            return Err(StoreError::Io { doing: "commit a transaction", source });
        }
        transaction.commit().map_err(write_fault("commit a transaction"))?;
        self.codes.commit();
        Ok(())
    }

    /// Copies the log into the file when what is not copied yet has grown long.
    fn copy_long_log(&self) -> Result<(), StoreError> {
        let (logged, copied) = self.checkpoint("noop")?;
        if logged.saturating_sub(copied) * self.page_bytes > LOG_BYTES_MAX {
            self.checkpoint("passive")?;
        }
        Ok(())
    }

    /// Copies all of the log into the file and empties it: what was overwritten in the file is then nowhere. False when
    /// somebody still reads from the log.
    pub(super) fn settle(&mut self) -> Result<bool, StoreError> {
        if self.failed.is_some() {
            return Ok(false);
        }
        // Writing waits meanwhile: a long reader is not waited for.
        let patience = |time| self.connection.busy_timeout(time).map_err(fault("set its patience"));
        patience(SETTLE_MAX)?;
        let settled = self.checkpoint("truncate");
        patience(BUSY)?;
        if settled?.0 != 0 {
            return Ok(false);
        }
        self.scrub_gaps()?;
        Ok(true)
    }

    /// Overwrites what splitting left in the gaps of pages; the log in front of the file is empty.
    fn scrub_gaps(&mut self) -> Result<(), StoreError> {
        let doing = "overwrite unused bytes of its file";
        let failed = |source: std::io::Error| StoreError::Io { doing, source: Box::new(source) };
        let roots: Vec<u32> = self
            .connection
            .prepare_cached("select rootpage from sqlite_schema where rootpage > 0 union all select 1")
            .and_then(|mut statement| statement.query_map([], |line| line.get(0))?.collect())
            .map_err(fault(doing))?;
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let path = self.connection.path().unwrap_or_default();
                OpenOptions::new().read(true).write(true).open(path).map_err(failed)?
            }
        };
        let scrubbed = scrub(&file, &roots);
        self.file = Some(file);
        scrubbed.map_err(failed)?;
        // Pages as they were must not be written from memory later.
        self.connection.execute_batch("pragma shrink_memory").map_err(fault(doing))
    }

    /// Copies all of the log into the file and empties it, unless a write has failed: then the next opening decides.
    pub(super) fn close(&mut self) -> Result<(), StoreError> {
        if self.failed.is_none() {
            self.checkpoint("truncate")?;
        }
        Ok(())
    }

    /// How many pages the log holds, and how many of them are in the file.
    fn checkpoint(&self, mode: &str) -> Result<(u64, u64), StoreError> {
        let read = || {
            self.connection
                .prepare_cached(&format!("pragma wal_checkpoint({mode})"))?
                .query_row([], |line| Ok((line.get::<_, i64>(1)?, line.get::<_, i64>(2)?)))
        };
        let (logged, copied) = read().map_err(write_fault("move its log into its file"))?;
        // -1 says that there is no log yet.
        Ok((u64::try_from(logged).unwrap_or(0), u64::try_from(copied).unwrap_or(0)))
    }
}

/// The codes of values seen lately, forgotten as soon as a transaction that may have made some did not commit.
#[derive(Default)]
struct RememberedCodes {
    by_value: HashMap<(OrgCode, CodeKind), HashMap<String, Code>>,
    count: usize,
    /// Set while a transaction runs; still set at the next one when it did not commit.
    uncommitted: bool,
}

impl RememberedCodes {
    fn begin(&mut self) {
        if self.uncommitted || self.count > CODES_REMEMBERED_MAX {
            self.by_value.clear();
            self.count = 0;
        }
        self.uncommitted = true;
    }

    fn commit(&mut self) {
        self.uncommitted = false;
    }

    fn get(&self, org: OrgCode, kind: CodeKind, value: &str) -> Option<Code> {
        self.by_value.get(&(org, kind))?.get(value).copied()
    }

    fn insert(&mut self, org: OrgCode, kind: CodeKind, value: &str, code: Code) {
        self.by_value.entry((org, kind)).or_default().insert(value.to_owned(), code);
        self.count += 1;
    }

    fn forget(&mut self, org: OrgCode, kind: CodeKind) {
        self.count -= self.by_value.remove(&(org, kind)).map_or(0, |codes| codes.len());
    }
}

/// The calls inside a transaction that runs.
pub(super) struct Calls<'a> {
    pub(super) connection: &'a Connection,
    encoder: &'a mut Encoder,
    decoders: &'a mut Decoders,
    codes: &'a mut RememberedCodes,
    /// The first error a call gave. After it the transaction cannot commit, even when `work` goes on: a call that failed
    /// may have done a part of its work.
    refused: Option<StoreError>,
}

impl Calls<'_> {
    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Err(error), None) = (&result, &self.refused) {
            self.refused = Some(match error {
                StoreError::Io { doing, source } => {
                    StoreError::Io { doing, source: source.to_string().into() }
                }
                StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
                StoreError::Directory(why) => StoreError::Directory(why.clone()),
                StoreError::Exists(what) => StoreError::Exists(what),
                StoreError::Full(what) => StoreError::Full(what),
                StoreError::Closed(why) => StoreError::Closed(*why),
            });
        }
        result
    }

    /// Runs one statement that writes; gives how many rows it touched.
    pub(super) fn write(
        &self,
        writing: Writing,
        parameters: impl rusqlite::Params,
    ) -> Result<usize, StoreError> {
        let run = || self.connection.prepare_cached(writing.sql)?.execute(parameters);
        run().map_err(|error| writing.error(error))
    }

    fn intern_unnoted(&mut self, org: OrgCode, kind: CodeKind, value: &str) -> Result<Code, StoreError> {
        if let Some(code) = self.codes.get(org, kind, value) {
            return Ok(code);
        }
        let read = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut lines = statement.query(parameters)?;
            lines.next()?.map(|line| line.get::<_, i64>(0)).transpose()
        };
        let kept = read(
            "select code from codes where org = ? and kind = ? and bucket = ? and value = ?",
            &[&org.0, &(kind as u8), &bucket(value), &value],
        )
        .map_err(fault("read a code"))?;
        let number = match kept {
            Some(code) => code,
            None => read(
                "select coalesce(max(code) + 1, 0) from codes where org = ? and kind = ?",
                &[&org.0, &(kind as u8)],
            )
            .map_err(fault("read the last code"))?
            .unwrap_or(0),
        };
        let code = Code(u32::try_from(number).map_err(|_| StoreError::Full("codes of a kind"))?);
        if kept.is_none() {
            self.write(INSERT_CODE, (org.0, kind as u8, code.0, bucket(value), value))?;
        }
        self.codes.insert(org, kind, value, code);
        Ok(code)
    }

    fn blank_codes_unnoted(
        &mut self,
        org: OrgCode,
        kind: CodeKind,
        codes: &[Code],
    ) -> Result<(), StoreError> {
        self.codes.forget(org, kind);
        for &code in codes {
            if self.write(BLANK_CODE, (org.0, kind as u8, code.0))? != 1 {
                return Err(corrupt(format!("organization {} has no code {} of {kind:?}", org.0, code.0)));
            }
        }
        Ok(())
    }

    fn append_unnoted(
        &mut self,
        org: OrgCode,
        rows: &[(Row, String)],
        head: &Head,
    ) -> Result<Append, StoreError> {
        let old = read::head(self.connection, org)?;
        check_append(&old, rows, head)?;
        for (row, id) in rows {
            let key = row_key(org, row.seq).ok_or(StoreError::Full("events of an organization"))?;
            let (dictionary, body) = self.encoder.encode(&row.document)?;
            let received_ms = int(row.received_ms)?;
            let Salts::Seed(seed) = &row.salts else {
                return Err(corrupt(format!("event {} is new and has lost something", row.seq)));
            };
            self.write(INSERT_EVENT, (key, received_ms, dictionary, row.leaf_hash, seed.0, body))?;
            self.write(INSERT_EVENT_ID, (org.0, id, int(row.seq.0)?))?;
        }
        let frontier = head.frontier.to_bytes();
        let moved = self.write(
            MOVE_HEAD,
            (int(head.size.0)?, frontier, int(head.received_ms)?, org.0, int(old.size.0)?),
        )?;
        if moved != 1 {
            return Err(corrupt(format!("organization {} has no head at {}", org.0, old.size)));
        }
        let (first, count) = (old.size.next(), rows.len() as u64);
        self.write(INSERT_APPEND, (org.0, int(first.0)?, int(count)?))?;
        let pos = self.connection.last_insert_rowid().cast_unsigned();
        Ok(Append { pos, org, first, count })
    }

    fn erase_unnoted(&mut self, org: OrgCode, row: &Row) -> Result<(), StoreError> {
        let Salts::Written(written) = &row.salts else {
            return Err(corrupt(format!("event {} has lost nothing", row.seq)));
        };
        let key = row_key(org, row.seq).ok_or(StoreError::Full("events of an organization"))?;
        let length: i64 = self
            .connection
            .prepare_cached("select length(body) from events where id = ?")
            .and_then(|mut statement| statement.query_row([key], |line| line.get(0)))
            .map_err(fault("read the length of an event"))?;
        let length = usize::try_from(length).unwrap_or_default();
        let (dictionary, body) = self.encoder.encode_in_place(&row.document, length)?;
        let kept = (dictionary, read::NO_SEED, body, key, int(row.received_ms)?, row.leaf_hash);
        if self.write(ERASE_EVENT, kept)? != 1 {
            return Err(corrupt(format!("event {} of organization {} is another one", row.seq, org.0)));
        }
        self.write(PUT_SALTS, (key, written.to_bytes())).map(drop)
    }

    fn create_organization_unnoted(&mut self, row: &OrganizationRow) -> Result<OrgCode, StoreError> {
        let next: i64 = self
            .connection
            .prepare_cached("select coalesce(max(code) + 1, 0) from organizations")
            .and_then(|mut statement| statement.query_row([], |line| line.get(0)))
            .map_err(fault("read the last organization"))?;
        let code = u32::try_from(next).ok().filter(|&code| code < ORGANIZATIONS_MAX);
        let code = OrgCode(code.ok_or(StoreError::Full("organizations"))?);
        self.write(
            INSERT_ORGANIZATION,
            (
                code.0,
                row.id.as_str(),
                &row.name,
                &row.profile,
                json(&row.catalogs)?,
                &row.time_zone,
                json(&row.settings)?,
                int(row.created_ms)?,
                row.log_id.0,
                &row.log_host,
            ),
        )?;
        self.write(INSERT_HEAD, (code.0, Frontier::new().to_bytes()))?;
        Ok(code)
    }

    fn update_organization_unnoted(&mut self, row: &OrganizationRow) -> Result<(), StoreError> {
        let updated = self.write(
            UPDATE_ORGANIZATION,
            (&row.name, &row.profile, json(&row.catalogs)?, &row.time_zone, json(&row.settings)?, row.code.0),
        )?;
        if updated != 1 {
            return Err(corrupt(format!("there is no organization {}", row.code.0)));
        }
        Ok(())
    }

    fn insert_credential_unnoted(&mut self, credential: &Credential) -> Result<(), StoreError> {
        self.write(
            INSERT_CREDENTIAL,
            (
                credential.hash,
                &credential.id,
                &credential.kind,
                credential.org.map(|org| org.0),
                json(&credential.grant)?,
                int(credential.created_ms)?,
                credential.expires_ms.map(int).transpose()?,
                credential.revoked_ms.map(int).transpose()?,
            ),
        )
        .map(drop)
    }
}

impl Calls<'_> {
    fn put_subject_unnoted(&mut self, org: OrgCode, row: &SubjectRow) -> Result<(), StoreError> {
        let due_ms = row.due_ms.map(int).transpose()?;
        self.write(PUT_SUBJECT, (org.0, &row.subject, &row.state, due_ms))?;
        let Some(process) = &row.process else { return Ok(()) };
        let values = rusqlite::params![
            org.0,
            int(process.number)?,
            process.key,
            process.status,
            process.name,
            process.starter,
            process.flow_key,
            process.flow_type,
            process.text,
            process.started_ms.map(int).transpose()?,
            int(process.first_ms)?,
            int(process.last_ms)?,
            process.ages_from_ms.map(int).transpose()?,
            process.awaits_trail,
        ];
        self.write(PUT_PROCESS, values).map(drop)
    }
}

impl Transaction for Calls<'_> {
    fn head(&mut self, org: OrgCode) -> Result<Head, StoreError> {
        let result = read::head(self.connection, org);
        self.note(result)
    }

    fn find_ids(&mut self, org: OrgCode, ids: &[&str]) -> Result<HashMap<String, Seq>, StoreError> {
        let result = read::find_ids(self.connection, org, ids);
        self.note(result)
    }

    fn row(&mut self, org: OrgCode, seq: Seq) -> Result<Option<Row>, StoreError> {
        let result = read::row(self.connection, self.decoders, org, seq);
        self.note(result)
    }

    fn intern(&mut self, org: OrgCode, kind: CodeKind, value: &str) -> Result<Code, StoreError> {
        let result = self.intern_unnoted(org, kind, value);
        self.note(result)
    }

    fn blank_codes(&mut self, org: OrgCode, kind: CodeKind, codes: &[Code]) -> Result<(), StoreError> {
        let result = self.blank_codes_unnoted(org, kind, codes);
        self.note(result)
    }

    fn append(&mut self, org: OrgCode, rows: &[(Row, String)], head: &Head) -> Result<Append, StoreError> {
        let result = self.append_unnoted(org, rows, head);
        self.note(result)
    }

    fn erase(&mut self, org: OrgCode, row: &Row) -> Result<(), StoreError> {
        let result = self.erase_unnoted(org, row);
        self.note(result)
    }

    fn add_erasure(&mut self, org: OrgCode, seq: Seq) -> Result<(), StoreError> {
        let result = int(seq.0).and_then(|seq| self.write(ADD_ERASURE, (org.0, seq)).map(drop));
        self.note(result)
    }

    fn set_purged(&mut self, org: OrgCode, seq: Seq) -> Result<(), StoreError> {
        let result = int(seq.0).and_then(|seq| self.write(SET_PURGED, (org.0, seq)).map(drop));
        self.note(result)
    }

    fn delete_sessions(&mut self, org: OrgCode, user: &str) -> Result<u64, StoreError> {
        let result = self.write(DELETE_SESSIONS, (org.0, user)).map(|deleted| deleted as u64);
        self.note(result)
    }

    fn create_organization(&mut self, row: &OrganizationRow) -> Result<OrgCode, StoreError> {
        let result = self.create_organization_unnoted(row);
        self.note(result)
    }

    fn update_organization(&mut self, row: &OrganizationRow) -> Result<(), StoreError> {
        let result = self.update_organization_unnoted(row);
        self.note(result)
    }

    fn insert_credential(&mut self, credential: &Credential) -> Result<(), StoreError> {
        let result = self.insert_credential_unnoted(credential);
        self.note(result)
    }

    fn revoke_credential(&mut self, org: Option<OrgCode>, id: &str, now_ms: u64) -> Result<bool, StoreError> {
        let revoke = || {
            let now_ms = int(now_ms)?;
            let revoked = self.write(REVOKE_CREDENTIAL, (now_ms, id, org.map(|org| org.0), now_ms))?;
            Ok(revoked == 1)
        };
        let result = revoke();
        self.note(result)
    }

    fn set_meta(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let result = self.write(SET_META, (name, value)).map(drop);
        self.note(result)
    }

    fn set_catalog(&mut self, org: OrgCode, toml: &str) -> Result<(), StoreError> {
        let result = self.write(SET_CATALOG, (org.0, toml)).map(drop);
        self.note(result)
    }

    fn save_view(&mut self, org: OrgCode, owner: &str, view: &SavedView) -> Result<(), StoreError> {
        let result = self.write(SAVE_VIEW, (org.0, owner, &view.name, &view.query)).map(drop);
        self.note(result)
    }

    fn delete_view(&mut self, org: OrgCode, owner: &str, name: &str) -> Result<bool, StoreError> {
        let result = self.write(DELETE_VIEW, (org.0, owner, name)).map(|deleted| deleted == 1);
        self.note(result)
    }

    fn subject(&mut self, org: OrgCode, subject: &str) -> Result<Option<SubjectRow>, StoreError> {
        let result = process::subject(self.connection, org, subject);
        self.note(result)
    }

    fn put_subject(&mut self, org: OrgCode, row: &SubjectRow) -> Result<(), StoreError> {
        let result = self.put_subject_unnoted(org, row);
        self.note(result)
    }

    fn clear_subjects(&mut self, org: OrgCode) -> Result<(), StoreError> {
        let clear = || CLEAR_SUBJECTS.into_iter().try_for_each(|each| self.write(each, [org.0]).map(drop));
        let result = clear();
        self.note(result)
    }

    fn add_process_event(
        &mut self,
        org: OrgCode,
        number: u64,
        seq: Seq,
        at_ms: u64,
    ) -> Result<(), StoreError> {
        let add =
            || self.write(INSERT_PROCESS_EVENT, (org.0, int(number)?, int(seq.0)?, int(at_ms)?)).map(drop);
        let result = add();
        self.note(result)
    }

    fn insert_stream(&mut self, row: &StreamRow) -> Result<(), StoreError> {
        let result = self.insert_stream_unnoted(row);
        self.note(result)
    }

    fn define_stream(&mut self, org: OrgCode, id: &str, definition: &Value) -> Result<bool, StoreError> {
        let result = self.define_stream_unnoted(org, id, definition);
        self.note(result)
    }

    fn turn_stream(&mut self, org: OrgCode, id: &str, progress: &Value) -> Result<bool, StoreError> {
        let result = self.turn_stream_unnoted(org, id, progress);
        self.note(result)
    }

    fn advance_stream(
        &mut self,
        org: OrgCode,
        id: &str,
        epoch: u64,
        progress: &Value,
    ) -> Result<bool, StoreError> {
        let result = self.advance_stream_unnoted(org, id, epoch, progress);
        self.note(result)
    }

    fn delete_stream(&mut self, org: OrgCode, id: &str) -> Result<bool, StoreError> {
        let result = self.delete_stream_unnoted(org, id);
        self.note(result)
    }

    fn put_dead_letter(&mut self, org: OrgCode, stream: &str, letter: &DeadLetter) -> Result<(), StoreError> {
        let result = self.put_dead_letter_unnoted(org, stream, letter);
        self.note(result)
    }

    fn delete_dead_letter(
        &mut self,
        org: OrgCode,
        stream: &str,
        place: MessagePlace,
    ) -> Result<bool, StoreError> {
        let result = self.delete_dead_letter_unnoted(org, stream, place);
        self.note(result)
    }

    fn want_dead_letters(
        &mut self,
        org: OrgCode,
        stream: &str,
        seqs: Option<&[Seq]>,
    ) -> Result<u64, StoreError> {
        let result = self.want_dead_letters_unnoted(org, stream, seqs);
        self.note(result)
    }

    fn remember_token(
        &mut self,
        org: OrgCode,
        token: &Hash,
        body: &Hash,
        now_ms: u64,
        forget_ms: u64,
    ) -> Result<Token, StoreError> {
        let result = self.remember_token_unnoted(org, token, body, now_ms, forget_ms);
        self.note(result)
    }
}

/// Where a value is looked up: with many values a few share one, and it tells nothing of a value that was erased.
fn bucket(value: &str) -> u32 {
    value.chars().fold(0, |bucket, character| (bucket * 31 + u32::from(character)) & (BUCKETS - 1))
}

/// The rows continue the log, and the new head is theirs.
fn check_append(old: &Head, rows: &[(Row, String)], new: &Head) -> Result<(), StoreError> {
    let (mut size, mut received_ms) = (old.size, old.received_ms);
    for (row, _) in rows {
        if !(row.seq == size.next() && row.received_ms >= received_ms) {
            return Err(corrupt(format!("event {} does not continue the log at {size}", row.seq)));
        }
        (size, received_ms) = (row.seq.size_through(), row.received_ms);
    }
    if size.0 > EVENTS_MAX {
        return Err(StoreError::Full("events of an organization"));
    }
    let agrees = new.size == size && new.frontier.size() == size && new.received_ms == received_ms;
    if !agrees || rows.is_empty() {
        return Err(corrupt(format!("a head at {} is not that of a log of {size}", new.size)));
    }
    Ok(())
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Io { doing: "encode a value", source: Box::new(error) })
}

/// A statement that writes, and what it says when it fails.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    pub(super) doing: &'static str,
    /// What is there already when a value that is unique is not.
    pub(super) unique: &'static str,
    pub(super) sql: &'static str,
}

impl Writing {
    fn error(self, error: rusqlite::Error) -> StoreError {
        use rusqlite::ffi::{
            SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE,
        };
        match error.sqlite_error() {
            Some(inner) if inner.code == ErrorCode::ConstraintViolation => match inner.extended_code {
                SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID | SQLITE_CONSTRAINT_UNIQUE => {
                    StoreError::Exists(self.unique)
                }
                // Another CHECK or reference: the caller asked for what cannot be, and the store stays well.
                _ => corrupt(format!("it cannot {}: {error}", self.doing)),
            },
            _ => write_fault(self.doing)(error),
        }
    }
}

/// While writing, every fault of the file ends writing: what is damaged is not built upon.
fn write_fault(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Io { doing, source: Box::new(error) }
}

const INSERT_CODE: Writing = Writing {
    doing: "keep a code",
    unique: "the code",
    sql: "insert into codes (org, kind, code, bucket, value) values (?, ?, ?, ?, ?)",
};
const BLANK_CODE: Writing = Writing {
    doing: "blank a code",
    unique: "the code",
    // As `blank` says: the row keeps its length and is overwritten where it lies.
    sql: "update codes set value = cast(zeroblob(max(1, octet_length(value))) as text)
          where org = ? and kind = ? and code = ?",
};
const INSERT_EVENT: Writing = Writing {
    doing: "keep an event",
    unique: "the position",
    sql: "insert into events (id, received_ms, dictionary, leaf, seed, body) values (?, ?, ?, ?, ?, ?)",
};
const ERASE_EVENT: Writing = Writing {
    doing: "erase fields of an event",
    unique: "the event",
    sql: "update events set dictionary = ?, seed = ?, body = ? where id = ? and received_ms = ? and leaf = ?",
};
const PUT_SALTS: Writing = Writing {
    doing: "keep the salts of an event",
    unique: "the salts of the event",
    sql: "insert into erased_events (id, salts) values (?, ?) on conflict (id) do update set salts = excluded.salts",
};
const ADD_ERASURE: Writing = Writing {
    doing: "keep an erasure",
    unique: "the erasure",
    sql: "insert into erasures (org, seq, is_purged) values (?, ?, 0)",
};
const SET_PURGED: Writing = Writing {
    doing: "keep that an erasure is purged",
    unique: "the erasure",
    sql: "update erasures set is_purged = 1 where org = ? and seq = ?",
};
const DELETE_SESSIONS: Writing = Writing {
    doing: "delete the sessions of a user",
    unique: "the session",
    sql: "delete from credentials where org = ?1 and kind = 'session'
          and (\"grant\" ->> '$.user.id' = ?2 or lower(\"grant\" ->> '$.user.email') = lower(?2))",
};
const INSERT_EVENT_ID: Writing = Writing {
    doing: "keep the id of an event",
    unique: "the id of the event",
    sql: "insert into event_ids (org, id, seq) values (?, ?, ?)",
};
const MOVE_HEAD: Writing = Writing {
    doing: "move a head",
    unique: "the head",
    sql: "update heads set size = ?, frontier = ?, received_ms = ? where org = ? and size = ?",
};
const INSERT_APPEND: Writing = Writing {
    doing: "keep an append",
    unique: "the append",
    sql: "insert into appends (org, first, count) values (?, ?, ?)",
};
const INSERT_ORGANIZATION: Writing = Writing {
    doing: "keep an organization",
    unique: "the organization",
    sql: "insert into organizations
              (code, id, name, profile, catalogs, time_zone, settings, created_ms, log_id, log_host)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};
const INSERT_HEAD: Writing = Writing {
    doing: "keep a head",
    unique: "the head",
    sql: "insert into heads (org, size, frontier, received_ms) values (?, 0, ?, 0)",
};
const UPDATE_ORGANIZATION: Writing = Writing {
    doing: "change an organization",
    unique: "the organization",
    sql: "update organizations set name = ?, profile = ?, catalogs = ?, time_zone = ?, settings = ? where code = ?",
};
const INSERT_CREDENTIAL: Writing = Writing {
    doing: "keep a credential",
    unique: "the credential",
    sql: "insert into credentials (hash, id, kind, org, \"grant\", created_ms, expires_ms, revoked_ms)
          values (?, ?, ?, ?, ?, ?, ?, ?)",
};
const REVOKE_CREDENTIAL: Writing = Writing {
    doing: "take back a credential",
    unique: "the credential",
    sql: "update credentials set revoked_ms = ?
          where id = ? and org is ? and revoked_ms is null and (expires_ms is null or expires_ms > ?)",
};
const SET_META: Writing = Writing {
    doing: "keep a named value",
    unique: "the named value",
    sql: "insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
};
const SET_CATALOG: Writing = Writing {
    doing: "keep a catalog",
    unique: "the catalog",
    sql: "insert into catalogs (org, toml) values (?, ?) on conflict (org) do update set toml = excluded.toml",
};
const SAVE_VIEW: Writing = Writing {
    doing: "keep a view",
    unique: "the view",
    sql: "insert into saved_views (org, owner, name, query) values (?, ?, ?, ?)
          on conflict (org, owner, name) do update set query = excluded.query",
};
const DELETE_VIEW: Writing = Writing {
    doing: "take a view away",
    unique: "the view",
    sql: "delete from saved_views where org = ? and owner = ? and name = ?",
};
const PUT_SUBJECT: Writing = Writing {
    doing: "keep a state",
    unique: "the subject",
    sql: "insert into subjects (org, subject, state, due_ms) values (?, ?, ?, ?)
          on conflict (org, subject) do update set state = excluded.state, due_ms = excluded.due_ms",
};
const PUT_PROCESS: Writing = Writing {
    doing: "keep a process",
    unique: "the process",
    sql: "insert into processes (org, number, key, status, name, starter, flow_key, flow_type, text,
              started_ms, first_ms, last_ms, ages_from_ms, awaits_trail)
          values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          on conflict (org, number) do update set
              status = excluded.status, name = excluded.name, starter = excluded.starter, flow_key = excluded.flow_key,
              flow_type = excluded.flow_type, text = excluded.text, started_ms = excluded.started_ms,
              first_ms = excluded.first_ms, last_ms = excluded.last_ms, ages_from_ms = excluded.ages_from_ms,
              awaits_trail = excluded.awaits_trail",
};
const INSERT_PROCESS_EVENT: Writing = Writing {
    doing: "keep an event of a process",
    unique: "the event of the process",
    sql: "insert into process_events (org, number, seq, occurred_ms) values (?, ?, ?, ?)",
};
const CLEAR_SUBJECTS: [Writing; 3] = [
    Writing { doing: "clear states", unique: "", sql: "delete from subjects where org = ?" },
    Writing { doing: "clear processes", unique: "", sql: "delete from processes where org = ?" },
    Writing {
        doing: "clear events of processes",
        unique: "",
        sql: "delete from process_events where org = ?",
    },
];
