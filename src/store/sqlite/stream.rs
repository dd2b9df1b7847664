//! Every statement about streams, dead letters and tokens. Deliberately absent: sending anything.

use everlog_core::ids::Seq;
use everlog_core::leaf::Hash;
use rusqlite::{Connection, OptionalExtension as _, Row as Line};
use serde_json::Value;

use crate::store::sqlite::read::{int, uint};
use crate::store::sqlite::write::{Calls, Writing, json};
use crate::store::sqlite::{corrupt, fault};
use crate::store::stream::{DeadLetter, MessagePlace, StreamRow, Token};
use crate::store::{OrgCode, StoreError};

const STREAM: &str = "select org, id, definition, created_ms, epoch, progress from streams";

pub(super) fn streams(connection: &Connection, org: OrgCode) -> Result<Vec<StreamRow>, StoreError> {
    list(connection, &format!("{STREAM} where org = ? order by created_ms, id"), [org.0])
}

pub(super) fn stream(
    connection: &Connection,
    org: OrgCode,
    id: &str,
) -> Result<Option<StreamRow>, StoreError> {
    Ok(list(connection, &format!("{STREAM} where org = ? and id = ?"), (org.0, id))?.pop())
}

pub(super) fn every_stream(connection: &Connection) -> Result<Vec<StreamRow>, StoreError> {
    list(connection, STREAM, [])
}

fn list(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<StreamRow>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        let lines = statement.query_map(parameters, |line| Ok(stream_row(line)))?;
        lines.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(fault("list streams"))?.into_iter().collect()
}

fn stream_row(line: &Line<'_>) -> Result<StreamRow, StoreError> {
    let read = || {
        Ok((
            OrgCode(line.get(0)?),
            line.get::<_, String>(1)?,
            line.get::<_, String>(2)?,
            line.get(3)?,
            line.get(4)?,
            line.get::<_, String>(5)?,
        ))
    };
    let (org, id, definition, created_ms, epoch, progress) = read().map_err(fault("read a stream"))?;
    let value = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|_| corrupt(format!("the stream {id} is not JSON")))
    };
    Ok(StreamRow {
        org,
        definition: value(&definition)?,
        created_ms: uint(created_ms)?,
        epoch: uint(epoch)?,
        progress: value(&progress)?,
        id,
    })
}

pub(super) fn dead_letters(
    connection: &Connection,
    org: OrgCode,
    stream: &str,
    after: Option<MessagePlace>,
    only_wanted: bool,
    limit: usize,
) -> Result<Vec<DeadLetter>, StoreError> {
    let wanted = if only_wanted { "and is_wanted = 1" } else { "" };
    let sql = format!(
        "select seq, part, letter, is_wanted from dead_letters
         where org = ? and stream = ? and (seq, part) > (?, ?) {wanted} order by seq, part limit ?"
    );
    let (seq, part) = after.map_or(Ok((-1, 0)), |at| int(at.seq.0).map(|seq| (seq, at.part)))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let lines = statement.query_map((org.0, stream, seq, part, limit), |line| {
            Ok((line.get(0)?, line.get(1)?, line.get::<_, String>(2)?, line.get(3)?))
        })?;
        lines.collect::<rusqlite::Result<Vec<_>>>()
    };
    let letter = |(seq, part, letter, is_wanted): (i64, u32, String, bool)| {
        let bad = |_| corrupt(format!("a dead letter of the stream {stream} is not JSON"));
        let place = MessagePlace { seq: Seq(uint(seq)?), part };
        Ok(DeadLetter { place, letter: serde_json::from_str(&letter).map_err(bad)?, is_wanted })
    };
    read().map_err(fault("list dead letters"))?.into_iter().map(letter).collect()
}

fn body_of_token(connection: &Connection, org: OrgCode, token: &Hash) -> Result<Option<Hash>, StoreError> {
    let read = || {
        connection
            .prepare_cached("select body from receipt_tokens where org = ? and token = ?")?
            .query_row((org.0, token), |line| line.get(0))
            .optional()
    };
    read().map_err(fault("read a token"))
}

impl Calls<'_> {
    pub(super) fn insert_stream_unnoted(&self, row: &StreamRow) -> Result<(), StoreError> {
        let (definition, progress) = (json(&row.definition)?, json(&row.progress)?);
        let (created_ms, epoch) = (int(row.created_ms)?, int(row.epoch)?);
        self.write(INSERT_STREAM, (row.org.0, &row.id, definition, created_ms, epoch, progress)).map(drop)
    }

    pub(super) fn define_stream_unnoted(
        &self,
        org: OrgCode,
        id: &str,
        definition: &Value,
    ) -> Result<bool, StoreError> {
        Ok(self.write(DEFINE_STREAM, (json(definition)?, org.0, id))? == 1)
    }

    pub(super) fn turn_stream_unnoted(
        &self,
        org: OrgCode,
        id: &str,
        progress: &Value,
    ) -> Result<bool, StoreError> {
        Ok(self.write(TURN_STREAM, (json(progress)?, org.0, id))? == 1)
    }

    pub(super) fn advance_stream_unnoted(
        &self,
        org: OrgCode,
        id: &str,
        epoch: u64,
        progress: &Value,
    ) -> Result<bool, StoreError> {
        Ok(self.write(ADVANCE_STREAM, (json(progress)?, org.0, id, int(epoch)?))? == 1)
    }

    pub(super) fn delete_stream_unnoted(&self, org: OrgCode, id: &str) -> Result<bool, StoreError> {
        Ok(self.write(DELETE_STREAM, (org.0, id))? == 1)
    }

    pub(super) fn put_dead_letter_unnoted(
        &self,
        org: OrgCode,
        stream: &str,
        letter: &DeadLetter,
    ) -> Result<(), StoreError> {
        let MessagePlace { seq, part } = letter.place;
        let text = json(&letter.letter)?;
        self.write(PUT_DEAD_LETTER, (org.0, stream, int(seq.0)?, part, text, letter.is_wanted)).map(drop)
    }

    pub(super) fn delete_dead_letter_unnoted(
        &self,
        org: OrgCode,
        stream: &str,
        place: MessagePlace,
    ) -> Result<bool, StoreError> {
        Ok(self.write(DELETE_DEAD_LETTER, (org.0, stream, int(place.seq.0)?, place.part))? == 1)
    }

    pub(super) fn want_dead_letters_unnoted(
        &self,
        org: OrgCode,
        stream: &str,
        seqs: Option<&[Seq]>,
    ) -> Result<u64, StoreError> {
        let Some(seqs) = seqs else {
            return self.write(WANT_DEAD_LETTERS, (org.0, stream)).map(|wanted| wanted as u64);
        };
        let mut wanted = 0;
        for seq in seqs {
            wanted += self.write(WANT_DEAD_LETTERS_OF, (org.0, stream, int(seq.0)?))? as u64;
        }
        Ok(wanted)
    }

    pub(super) fn remember_token_unnoted(
        &self,
        org: OrgCode,
        token: &Hash,
        body: &Hash,
        now_ms: u64,
        forget_ms: u64,
    ) -> Result<Token, StoreError> {
        self.write(FORGET_TOKENS, (org.0, int(forget_ms)?))?;
        if self.write(REMEMBER_TOKEN, (org.0, token, body, int(now_ms)?))? == 1 {
            return Ok(Token::New);
        }
        let known = body_of_token(self.connection, org, token)?;
        Ok(if known.as_ref() == Some(body) { Token::Same } else { Token::Other })
    }
}

const INSERT_STREAM: Writing = Writing {
    doing: "keep a stream",
    unique: "the stream",
    sql: "insert into streams (org, id, definition, created_ms, epoch, progress) values (?, ?, ?, ?, ?, ?)",
};
const DEFINE_STREAM: Writing = Writing {
    doing: "change a stream",
    unique: "the stream",
    sql: "update streams set definition = ? where org = ? and id = ?",
};
const TURN_STREAM: Writing = Writing {
    doing: "move a stream",
    unique: "the stream",
    sql: "update streams set progress = ?, epoch = epoch + 1 where org = ? and id = ?",
};
const ADVANCE_STREAM: Writing = Writing {
    doing: "advance a stream",
    unique: "the stream",
    sql: "update streams set progress = ? where org = ? and id = ? and epoch = ?",
};
const DELETE_STREAM: Writing = Writing {
    doing: "take a stream away",
    unique: "the stream",
    sql: "delete from streams where org = ? and id = ?",
};
const PUT_DEAD_LETTER: Writing = Writing {
    doing: "keep a dead letter",
    unique: "the dead letter",
    sql: "insert into dead_letters (org, stream, seq, part, letter, is_wanted) values (?, ?, ?, ?, ?, ?)
          on conflict (org, stream, seq, part) do update set letter = excluded.letter, is_wanted = excluded.is_wanted",
};
const DELETE_DEAD_LETTER: Writing = Writing {
    doing: "take a dead letter away",
    unique: "the dead letter",
    sql: "delete from dead_letters where org = ? and stream = ? and seq = ? and part = ?",
};
const WANT_DEAD_LETTERS: Writing = Writing {
    doing: "want dead letters again",
    unique: "the dead letter",
    sql: "update dead_letters set is_wanted = 1 where org = ? and stream = ?",
};
const WANT_DEAD_LETTERS_OF: Writing = Writing {
    doing: "want dead letters again",
    unique: "the dead letter",
    sql: "update dead_letters set is_wanted = 1 where org = ? and stream = ? and seq = ?",
};
const FORGET_TOKENS: Writing = Writing {
    doing: "forget old tokens",
    unique: "the token",
    sql: "delete from receipt_tokens where org = ? and seen_ms < ?",
};
const REMEMBER_TOKEN: Writing = Writing {
    doing: "remember a token",
    unique: "the token",
    sql: "insert into receipt_tokens (org, token, body, seen_ms) values (?, ?, ?, ?) on conflict do nothing",
};
