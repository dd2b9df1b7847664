//! Changing streams: made, changed, moved, taken away; recorded first. Deliberately absent: who may.

use everlog_core::event::Audience;
use everlog_core::ids::Seq;
use serde_json::{Value, json};

use crate::access::Organization;
use crate::app::App;
use crate::app::scheduler::RoundError;
use crate::app::streams::Key;
use crate::log::{AppendError, Source, now_ms};
use crate::store::stream::StreamRow;
use crate::store::{OrgCode, StoreError};
use crate::stream::message::Message;
use crate::stream::send::SendError;
use crate::stream::{Definition, Progress, STREAMS_MAX, Secret, message, stream_id};

/// What a stream is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct NewStream {
    /// Where to.
    pub url: String,
    /// Which events.
    pub events: Vec<String>,
    /// For whom.
    pub audience: Audience,
    /// What people call it.
    pub description: Option<String>,
}

/// What is changed about a stream; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamChange {
    /// Where to.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// For whom.
    pub audience: Option<Audience>,
    /// What people call it; an empty text is none.
    pub description: Option<String>,
    /// Whether it sends.
    pub is_enabled: Option<bool>,
    /// Whether it gets a new secret.
    pub rotates: bool,
}

/// What is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Everything from a position on.
    From(Seq),
    /// Every dead letter.
    DeadLetters,
    /// The dead letters of these positions.
    These(Vec<Seq>),
}

/// Why a stream is not changed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// There is none such.
    #[error("there is no such stream")]
    NotFound,
    /// There are as many as there may be.
    #[error("an organization has at most {STREAMS_MAX} streams")]
    TooMany,
    /// The position is not there yet.
    #[error("the log ends at {0}")]
    Beyond(u64),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Work in the background fails.
    #[error(transparent)]
    Round(#[from] RoundError),
}

impl App {
    /// Makes a stream, which begins with the next event.
    ///
    /// # Errors
    /// When there are too many, or it can be neither recorded nor kept.
    pub async fn create_stream(
        &self,
        org: &Organization,
        actor: &Value,
        source: &Source,
        new: NewStream,
    ) -> Result<(StreamRow, Secret), StreamError> {
        let _turn = self.changes.lock().await;
        let code = org.code();
        if self.asked(move |app| app.store.streams(code)).await?.len() >= STREAMS_MAX {
            return Err(StreamError::TooMany);
        }
        let secret = Secret::random().map_err(|why| random_fault(&why))?;
        let id = stream_id().map_err(|why| random_fault(&why))?;
        let definition = Definition {
            url: new.url,
            events: new.events,
            audience: new.audience,
            description: new.description.filter(|text| !text.is_empty()),
            secret: secret.clone(),
            former: None,
            disabled: None,
        };
        let mut event = event("stream.created", actor, &id, &definition);
        event["after"] = told(&definition);
        let recorded = self.log.append_own(org.entry(), source, event).await?;
        let progress = Progress { next: recorded.seq.0 + 1, ..Progress::default() };
        let row = StreamRow {
            org: code,
            id,
            definition: json!(definition),
            created_ms: now_ms(),
            epoch: 0,
            progress: json!(progress),
        };
        let kept = row.clone();
        self.asked(move |app| app.store.transact(&mut |transaction| transaction.insert_stream(&kept)))
            .await?;
        self.streams.changed.notify_one();
        Ok((row, secret))
    }

    /// Changes a stream. A secret that is new is given, once.
    ///
    /// # Errors
    /// When there is none such, or it can be neither recorded nor kept.
    pub async fn change_stream(
        &self,
        org: &Organization,
        actor: &Value,
        source: &Source,
        id: &str,
        change: StreamChange,
    ) -> Result<(StreamRow, Option<Secret>), StreamError> {
        let _turn = self.changes.lock().await;
        let (mut row, before) = self.defined(org.code(), id).await?;
        let mut after = before.clone();
        if change.rotates {
            after = after.rotated(now_ms()).map_err(|why| random_fault(&why))?;
        }
        after.url = change.url.unwrap_or(after.url);
        after.events = change.events.unwrap_or(after.events);
        after.audience = change.audience.unwrap_or(after.audience);
        if let Some(text) = change.description {
            after.description = Some(text).filter(|text| !text.is_empty());
        }
        match change.is_enabled {
            Some(true) => after.disabled = None,
            Some(false) => after.disabled = after.disabled.or_else(|| Some("switched off".to_owned())),
            None => {}
        }
        if after == before {
            // Nothing is under way while it waits, so that nothing comes twice.
            let waits = row.progress["due_ms"].is_u64();
            if change.is_enabled == Some(true) && waits {
                self.try_again(&mut row).await?;
            }
            return Ok((row, None));
        }
        let mut event = event("stream.updated", actor, id, &after);
        (event["before"], event["after"]) = (told(&before), told(&after));
        if change.rotates {
            event["metadata"]["rotated"] = json!(true);
        }
        self.log.append_own(org.entry(), source, event).await?;
        row.definition = json!(after);
        self.try_again(&mut row).await?;
        Ok((row, change.rotates.then_some(after.secret)))
    }

    /// Keeps what is decided about a stream, and has it tried at once, as if for the first time: whoever changes something,
    /// or has mended a receiver, wants to see it work.
    async fn try_again(&self, row: &mut StreamRow) -> Result<(), StreamError> {
        let progress: Progress = serde_json::from_value(row.progress.clone()).unwrap_or_default();
        row.progress = json!(Progress { attempts: 0, due_ms: None, dead_in_a_row: 0, ..progress });
        let kept = row.clone();
        self.asked(move |app| {
            app.store.transact(&mut |transaction| {
                transaction.define_stream(kept.org, &kept.id, &kept.definition)?;
                transaction.turn_stream(kept.org, &kept.id, &kept.progress).map(drop)
            })
        })
        .await?;
        self.streams.changed.notify_one();
        Ok(())
    }

    /// Takes a stream away, with its dead letters.
    ///
    /// # Errors
    /// When there is none such, or it can be neither recorded nor done.
    pub async fn delete_stream(
        &self,
        org: &Organization,
        actor: &Value,
        source: &Source,
        id: &str,
    ) -> Result<(), StreamError> {
        let _turn = self.changes.lock().await;
        let (row, before) = self.defined(org.code(), id).await?;
        let mut event = event("stream.deleted", actor, id, &before);
        event["before"] = told(&before);
        self.log.append_own(org.entry(), source, event).await?;
        self.asked(move |app| {
            app.store.transact(&mut |transaction| transaction.delete_stream(row.org, &row.id).map(drop))
        })
        .await?;
        self.streams.changed.notify_one();
        Ok(())
    }

    /// Has messages sent again. Returns how many dead letters that are.
    ///
    /// # Errors
    /// When there is no such stream or position, or it can be neither recorded nor done.
    pub async fn replay_stream(
        &self,
        org: &Organization,
        actor: &Value,
        source: &Source,
        id: &str,
        replay: Replay,
    ) -> Result<u64, StreamError> {
        let _turn = self.changes.lock().await;
        let (row, definition) = self.defined(org.code(), id).await?;
        let mut event = event("stream.replayed", actor, id, &definition);
        event["metadata"]["from"] = match &replay {
            Replay::From(seq) => {
                let code = org.code();
                let head = self.asked(move |app| app.store.head(code)).await?.size.0;
                if seq.0 > head {
                    return Err(StreamError::Beyond(head));
                }
                json!(seq)
            }
            Replay::DeadLetters | Replay::These(_) => json!("dead letters"),
        };
        self.log.append_own(org.entry(), source, event).await?;
        let wanted = self.asked(move |app| {
            let mut wanted = 0;
            app.store.transact(&mut |transaction| {
                wanted = match &replay {
                    Replay::From(seq) => {
                        let progress = Progress { next: seq.0, ..Progress::default() };
                        transaction.turn_stream(row.org, &row.id, &json!(progress))?;
                        0
                    }
                    Replay::DeadLetters => transaction.want_dead_letters(row.org, &row.id, None)?,
                    Replay::These(seqs) => transaction.want_dead_letters(row.org, &row.id, Some(seqs))?,
                };
                Ok(())
            })?;
            Ok(wanted)
        });
        let wanted = wanted.await?;
        self.streams.changed.notify_one();
        Ok(wanted)
    }

    /// Asks the receiver of a stream whether it is there, once.
    ///
    /// # Errors
    /// When there is no such stream. What the receiver says is no error of ours.
    pub async fn test_stream(
        &self,
        org: &Organization,
        id: &str,
    ) -> Result<Result<u16, SendError>, StreamError> {
        let (_, definition) = self.defined(org.code(), id).await?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|why| random_fault(&why))?;
        let message: Message = message::test(org, id, &random, now_ms());
        Ok(self.attempt(org.code(), &definition, &message).await)
    }

    /// Stops a stream where it is, and says so in its log.
    pub(super) async fn disable_stream(&self, key: &Key, why: &str) -> Result<(), RoundError> {
        let _turn = self.changes.lock().await;
        let (code, id) = key;
        let (row, mut definition) = match self.defined(*code, id).await {
            Ok(found) => found,
            Err(StreamError::NotFound) => return Ok(()),
            Err(StreamError::Round(why)) => return Err(why),
            Err(why) => return Err(StoreError::Corrupt(why.to_string()).into()),
        };
        let entry = self.asked({
            let code = *code;
            move |app| Ok(app.directory.by_code(code).ok().flatten())
        });
        let Some(entry) = entry.await?.filter(|_| definition.disabled.is_none()) else { return Ok(()) };
        definition.disabled = Some(why.to_owned());
        let mut event = event("stream.disabled", &json!({"type": "system"}), id, &definition);
        event["reason"] = json!(why);
        self.log.append_own(&entry, &Source::server(), event).await?;
        let definition = json!(definition);
        self.asked(move |app| {
            app.store.transact(&mut |transaction| {
                transaction.define_stream(row.org, &row.id, &definition).map(drop)
            })
        })
        .await
    }

    /// A stream with what was decided about it.
    ///
    /// # Errors
    /// When there is none such.
    pub async fn defined(&self, org: OrgCode, id: &str) -> Result<(StreamRow, Definition), StreamError> {
        let wanted = id.to_owned();
        let row =
            self.asked(move |app| app.store.stream(org, &wanted)).await?.ok_or(StreamError::NotFound)?;
        let definition = Definition::from_value(&row.definition)
            .map_err(|_| StoreError::Corrupt(format!("the stream {id} cannot be read")))?;
        Ok((row, definition))
    }
}

fn random_fault(why: &getrandom::Error) -> StoreError {
    StoreError::Io { doing: "get random bytes", source: why.to_string().into() }
}

fn event(action: &str, actor: &Value, id: &str, definition: &Definition) -> Value {
    json!({
        "action": action, "actor": actor, "metadata": {},
        "targets": [{"type": "stream", "id": id, "name": definition.description}],
    })
}

/// A stream as it may be told: without secrets. What follows a host may be one, too.
fn told(definition: &Definition) -> Value {
    let Definition { url, events, audience, description, disabled, .. } = definition;
    let end = url.find("://").and_then(|at| Some(at + 3 + url[at + 3..].find(['/', '?'])?));
    json!({
        "url": end.map_or(url.as_str(), |end| &url[..end]), "events": events, "audience": audience,
        "description": description, "enabled": disabled.is_none(),
    })
}
