//! Serving streams: whatever a log gains goes to its receivers, in order, at least once, whoever else is slow.
//!
//! How far a stream has come is kept behind every message, so that a crash repeats at most the one that was under way.
//! Worked once: t0 the log grows to 9, the stream stands at 7. t1 its message of 7 is signed and sent. t2 the receiver has
//! it, and we are killed. t3 the next start finds 7 and sends it again, under the same `webhook-id`. t4 2xx: 8 is kept.
//! Deliberately absent: what is sent and whereto (`stream`), and changing streams (`streams::administer`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use everlog_core::hex;
use everlog_core::ids::Seq;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use crate::access::Organization;
use crate::app::App;
use crate::app::scheduler::RoundError;
use crate::blobs::BlobError;
use crate::config::Config;
use crate::log::now_ms;
use crate::read::ReadError;
use crate::read::process::Process;
use crate::store::stream::{DeadLetter, StreamRow};
use crate::store::{OrgCode, StoreError};
use crate::stream::address::Rules;
use crate::stream::message::{self, Message, Part, wants_checkpoints};
use crate::stream::send::{SendError, send};
use crate::stream::{DEAD_IN_A_ROW_MAX, Definition, JITTER_PART, Progress, RETRY_DELAYS};

pub mod administer;
mod checkpoints;

/// Most messages under way at once: a thread each.
const AT_ONCE_MAX: usize = 64;
/// Most of them of one organization, tests too: the slow receivers of one may not take every place.
const OF_ONE_MAX: usize = 8;
/// Most messages of one stream until others have their turn.
const MESSAGES_A_TURN: usize = 100;
/// How many events are read together.
const GROUP_EVENTS: usize = 200;
/// How many events are passed over in one look.
const PASSED_A_LOOK_MAX: u64 = 10_000;
/// From how many events that were passed over on the place is kept.
const PASSED_KEPT: u64 = 1_000;
/// When a stream is looked at again that could not be read.
const FAULT_PAUSE_MS: u64 = 10_000;

/// What serving streams has in common.
pub struct Streams {
    rules: RwLock<Rules>,
    delays: Vec<Duration>,
    changed: Notify,
    places: Arc<Semaphore>,
    own_places: Mutex<HashMap<OrgCode, Arc<Semaphore>>>,
    seen: Mutex<HashMap<Key, Seen>>,
    /// Messages that arrived.
    pub delivered: AtomicU64,
    /// Attempts that failed.
    pub failed: AtomicU64,
    /// Messages that were given up.
    pub dead: AtomicU64,
}

type Key = (OrgCode, String);

/// What is known of a stream beyond what is kept.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    epoch: u64,
    next: u64,
    behind: u64,
}

/// When a stream wants another turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// When its log grows.
    Idle,
    /// At this time, in milliseconds since 1970.
    At(u64),
    /// Never: it is no more.
    Gone,
}

/// What a stream is doing.
#[derive(Clone, Copy, Debug)]
enum Lane {
    Waits(Next),
    /// It has its turn; and whether something came meanwhile.
    Works(bool),
}

/// A message whose turn it is.
struct Turn {
    row: StreamRow,
    definition: Definition,
    progress: Progress,
    message: Message,
    /// Where the stream goes on behind it: the event, and which of its messages.
    behind: (u64, u32),
    /// It was given up before, and is wanted again.
    letter: Option<DeadLetter>,
    /// How many events it holds, where it is a signed head.
    signed: Option<u64>,
}

enum Look {
    Wait(Next),
    Send(Box<Turn>),
}

impl Streams {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            rules: RwLock::new(rules(config)),
            delays: config.stream_delays.clone().unwrap_or_else(|| RETRY_DELAYS.to_vec()),
            changed: Notify::new(),
            places: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            own_places: Mutex::default(),
            seen: Mutex::default(),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dead: AtomicU64::new(0),
        }
    }

    /// Says where we listen, so that nothing is sent there.
    pub fn listens(&self, address: std::net::SocketAddr) {
        self.rules.write().unwrap_or_else(PoisonError::into_inner).own = Some(address);
    }

    /// Where messages may go.
    pub fn rules(&self) -> Rules {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many events all streams together have still to look at.
    pub fn behind(&self) -> u64 {
        self.seen().values().map(|seen| seen.behind).sum()
    }

    /// A place among those of an organization, and then one among all.
    async fn place(&self, org: OrgCode) -> Result<[OwnedSemaphorePermit; 2], AcquireError> {
        let own = {
            let mut places = self.own_places.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry(org).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_MAX))))
        };
        Ok([own.acquire_owned().await?, Arc::clone(&self.places).acquire_owned().await?])
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Key, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Serves every stream until the server stops. What is under way then is sent again at the next start.
    pub async fn keep_streams(self) {
        let mut grown = self.log.listen();
        let mut lanes: HashMap<Key, Lane> = HashMap::new();
        let mut turns: JoinSet<Next> = JoinSet::new();
        let mut working: HashMap<Id, Key> = HashMap::new();
        self.find_streams(&mut lanes).await;
        loop {
            let now = now_ms();
            for (key, lane) in &mut lanes {
                if matches!(lane, Lane::Waits(Next::At(due_ms)) if *due_ms <= now) {
                    *lane = Lane::Works(false);
                    let task = turns.spawn(self.clone().take_turn(key.clone()));
                    working.insert(task.id(), key.clone());
                }
            }
            let next = lanes.values().filter_map(|lane| match lane {
                Lane::Waits(Next::At(due_ms)) => Some(*due_ms),
                _ => None,
            });
            let wait = next.min().map_or(Duration::MAX, |due| Duration::from_millis(due.saturating_sub(now)));
            tokio::select! {
                () = self.stopping.wait() => return,
                () = self.streams.changed.notified() => self.find_streams(&mut lanes).await,
                heard = grown.recv() => match heard {
                    Ok(grown) => wake(&mut lanes, |org| org == grown.org),
                    Err(RecvError::Lagged(_)) => wake(&mut lanes, |_| true),
                    Err(RecvError::Closed) => return,
                },
                Some(ended) = turns.join_next_with_id(), if !turns.is_empty() => {
                    let (id, next) = match ended {
                        Ok((id, next)) => (id, next),
                        // Cancelled by nobody, it panicked, which is told where it happened.
                        Err(why) => (why.id(), Next::At(now_ms() + FAULT_PAUSE_MS)),
                    };
                    if let Some(key) = working.remove(&id) {
                        settle(&mut lanes, key, next);
                    }
                }
                () = tokio::time::sleep_until(far(wait)) => {}
            }
        }
    }

    /// Takes up streams that are new, and wakes every other: one of them was changed.
    async fn find_streams(&self, lanes: &mut HashMap<Key, Lane>) {
        match self.asked(|app| app.store.every_stream()).await {
            Ok(rows) => {
                for row in rows {
                    lanes.entry((row.org, row.id)).or_insert(Lane::Waits(Next::Idle));
                }
                for lane in lanes.values_mut() {
                    *lane = match lane {
                        Lane::Waits(_) => Lane::Waits(Next::At(0)),
                        Lane::Works(_) => Lane::Works(true),
                    };
                }
            }
            Err(why) => {
                tracing::error!(error = &why as &dyn std::error::Error, "the streams cannot be read");
                self.streams.changed.notify_one();
                tokio::time::sleep(Duration::from_millis(FAULT_PAUSE_MS)).await;
            }
        }
    }

    /// Sends what is due of a stream, until there is nothing, or it fails, or others have waited long enough.
    async fn take_turn(self, key: Key) -> Next {
        let taken = self.send_some(&key).await;
        taken.unwrap_or_else(|why| {
            tracing::warn!(
                stream.id = key.1,
                error = &why as &dyn std::error::Error,
                "a stream cannot be served now"
            );
            Next::At(now_ms() + FAULT_PAUSE_MS)
        })
    }

    async fn send_some(&self, key: &Key) -> Result<Next, RoundError> {
        for _ in 0..MESSAGES_A_TURN {
            let wanted = key.clone();
            let turn = match self.looked(move |app| look(app, &wanted, now_ms())).await? {
                Look::Wait(next) => return Ok(next),
                Look::Send(turn) => *turn,
            };
            let sent = self.attempt(key.0, &turn.definition, &turn.message).await;
            if let Err(why) = &sent {
                self.streams.failed.fetch_add(1, Ordering::Relaxed);
                tracing::info!(stream.id = turn.row.id, event.seq = turn.message.place.seq.0, %why, "a message did not arrive");
                if why.is_gone() {
                    self.disable_stream(key, "the receiver answered 410: it wants no more").await?;
                    return Ok(Next::Idle);
                }
            } else {
                self.streams.delivered.fetch_add(1, Ordering::Relaxed);
            }
            let is_failing = self.looked(move |app| kept(app, turn, sent, now_ms())).await?;
            if is_failing {
                let why = format!("{DEAD_IN_A_ROW_MAX} messages in a row could not be delivered");
                self.disable_stream(key, &why).await?;
                return Ok(Next::Idle);
            }
        }
        Ok(Next::At(0))
    }

    /// Sends a message once, on a thread of its own that holds nothing of ours: the server need not wait for it to stop.
    pub(super) async fn attempt(
        &self,
        org: OrgCode,
        definition: &Definition,
        message: &Message,
    ) -> Result<u16, SendError> {
        let place = self.streams.place(org).await.map_err(|_| SendError::Broken)?;
        let (definition, message, rules) = (definition.clone(), message.clone(), self.streams.rules());
        let (answer, answered) = oneshot::channel();
        let work = move || {
            // Whoever asked may have gone, with the server.
            drop(answer.send(send(&definition, &message, &rules, now_ms())));
            drop(place);
        };
        let started = std::thread::Builder::new().name("stream".to_owned()).spawn(work);
        started.map_err(|_| SendError::Broken)?;
        answered.await.unwrap_or(Err(SendError::Broken))
    }

    /// The signed document of a process; none where it is not made, or kept no more.
    fn final_document(&self, org: &Organization, process: &Process) -> Result<Option<Vec<u8>>, StoreError> {
        let sha256 = process.state.trail.as_ref().and_then(|made| hex::decode(&made.sha256));
        let Some(sha256) = sha256 else { return Ok(None) };
        match self.blobs.read(org.code(), &sha256) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(BlobError::Missing(_)) => Ok(None),
            Err(why) => Err(StoreError::Io { doing: "read a signed document", source: Box::new(why) }),
        }
    }

    async fn looked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, RoundError> {
        self.asked(move |app| {
            work(app).map_err(|why| match why {
                ReadError::Store(why) => why,
                why => StoreError::Corrupt(why.to_string()),
            })
        })
        .await
    }
}

/// Where streams may send to; the address that we listen on is known later.
fn rules(config: &Config) -> Rules {
    let own_authority = config.public_url.as_ref().and_then(|url| {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let port = if scheme == "https" { 443 } else { 80 };
        Some(if has_port { authority } else { format!("{authority}:{port}") })
    });
    Rules { allows_private: config.allow_private_webhooks, own: None, own_authority }
}

/// A moment so far away; the clock of the runtime ends before ours.
fn far(wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(24 * 60 * 60);
    Instant::now() + wait.min(FAR)
}

fn wake(lanes: &mut HashMap<Key, Lane>, is_meant: impl Fn(OrgCode) -> bool) {
    for (key, lane) in lanes {
        if is_meant(key.0) {
            match lane {
                Lane::Waits(Next::Idle) => *lane = Lane::Waits(Next::At(0)),
                Lane::Works(again) => *again = true,
                // What failed waits its time, whatever comes meanwhile.
                Lane::Waits(_) => {}
            }
        }
    }
}

fn settle(lanes: &mut HashMap<Key, Lane>, key: Key, next: Next) {
    let again = matches!(lanes.get(&key), Some(Lane::Works(true)));
    match next {
        Next::Gone => drop(lanes.remove(&key)),
        Next::Idle if again => drop(lanes.insert(key, Lane::Waits(Next::At(0)))),
        // One look more costs nothing, and finds what an administrator changed.
        Next::At(_) if again => drop(lanes.insert(key, Lane::Waits(Next::At(0)))),
        next => drop(lanes.insert(key, Lane::Waits(next))),
    }
}

/// Looks for the next message of a stream.
fn look(app: &App, key: &Key, now_ms: u64) -> Result<Look, ReadError> {
    let (code, id) = key;
    let Some(row) = app.store.stream(*code, id)? else {
        app.streams.seen().remove(key);
        return Ok(Look::Wait(Next::Gone));
    };
    let unreadable = |_| StoreError::Corrupt(format!("the stream {id} cannot be read"));
    let definition = Definition::from_value(&row.definition).map_err(unreadable)?;
    let progress: Progress = serde_json::from_value(row.progress.clone()).map_err(unreadable)?;
    let entry = app.directory.by_code(*code).ok().flatten();
    let Some(entry) = entry.filter(|_| definition.disabled.is_none()) else {
        app.streams.seen().remove(key);
        return Ok(Look::Wait(Next::Idle));
    };
    let org = app.access.open_for_stream(entry, definition.audience);
    if let Some(letter) = app.store.dead_letters(*code, id, None, true, 1)?.pop() {
        let event = app.reader.feed(&org, letter.place.seq, 1)?.pop();
        let part = event.as_ref().and_then(|event| Part::of(event, &definition, &org, letter.place.part));
        if let (Some(event), Some(part)) = (event, part)
            && part.number() == letter.place.part
            && let Some(message) = message_of(app, &event, part, &org)?
        {
            let (behind, letter) = ((progress.next, progress.part), Some(letter));
            return Ok(Look::Send(Box::new(Turn {
                row,
                definition,
                progress,
                message,
                behind,
                letter,
                signed: None,
            })));
        }
        // What the stream does not send any more is not wanted any more.
        let unwanted = DeadLetter { is_wanted: false, ..letter };
        app.store.transact(&mut |transaction| transaction.put_dead_letter(*code, id, &unwanted))?;
        return Ok(Look::Wait(Next::At(0)));
    }
    if let Some(due_ms) = progress.due_ms.filter(|due_ms| *due_ms > now_ms) {
        return Ok(Look::Wait(Next::At(due_ms)));
    }
    search(app, key, row, definition, progress, &org)
}

/// Goes on in the log until an event is the cause of a message.
fn search(
    app: &App,
    key: &Key,
    row: StreamRow,
    definition: Definition,
    mut progress: Progress,
    org: &Organization,
) -> Result<Look, ReadError> {
    let kept = progress.next;
    let known = app.streams.seen().get(key).copied().filter(|seen| seen.epoch == row.epoch);
    if let Some(seen) = known.filter(|seen| seen.next > progress.next) {
        (progress.next, progress.part) = (seen.next, 0);
    }
    let first = progress.next;
    let head = app.reader.size(org)?.0;
    let is_at_end = loop {
        let events = app.reader.feed(org, Seq(progress.next), GROUP_EVENTS)?;
        if events.is_empty() {
            break true;
        }
        for event in events {
            progress.next = event.seq.0;
            while let Some(part) = Part::of(&event, &definition, org, progress.part) {
                if let Some(message) = message_of(app, &event, part, org)? {
                    progress.part = part.number();
                    let has_more = Part::of(&event, &definition, org, part.number() + 1).is_some();
                    let seq = event.seq.0;
                    let behind = if has_more { (seq, part.number() + 1) } else { (seq + 1, 0) };
                    note(app, key, row.epoch, seq, head);
                    let turn =
                        Turn { row, definition, progress, message, behind, letter: None, signed: None };
                    return Ok(Look::Send(Box::new(turn)));
                }
                progress.part = part.number() + 1;
            }
            (progress.next, progress.part) = (event.seq.0 + 1, 0);
        }
        if progress.next - first >= PASSED_A_LOOK_MAX {
            break false;
        }
    };
    note(app, key, row.epoch, progress.next, head);
    if progress.next - kept >= PASSED_KEPT {
        let passed = json!(Progress { attempts: 0, due_ms: None, ..progress.clone() });
        app.store.transact(&mut |transaction| {
            transaction.advance_stream(row.org, &row.id, row.epoch, &passed).map(drop)
        })?;
    }
    // A head tells how long the log is, which a stream of a part of it does not.
    if is_at_end && wants_checkpoints(&definition) && !org.scope().is_restricted() {
        return checkpoints::look(app, row, definition, progress, org);
    }
    Ok(Look::Wait(if is_at_end { Next::Idle } else { Next::At(0) }))
}

fn note(app: &App, key: &Key, epoch: u64, next: u64, head: u64) {
    let seen = Seen { epoch, next, behind: head.saturating_sub(next) };
    app.streams.seen().insert(key.clone(), seen);
}

fn message_of(
    app: &App,
    event: &everlog_core::event::Event,
    part: Part,
    org: &Organization,
) -> Result<Option<Message>, ReadError> {
    if part == Part::Event {
        return Ok(Some(message::of_event(event, org)));
    }
    let Some(key) = &event.document.event.process else { return Ok(None) };
    let Some(process) = app.reader.process(org, key)? else { return Ok(None) };
    let document = app.final_document(org, &process)?;
    Ok(message::of_process(event, &process, document.as_deref(), org))
}

/// Keeps what became of a message. True when nobody has listened for so long that the stream must stop.
fn kept(app: &App, turn: Turn, sent: Result<u16, SendError>, now_ms: u64) -> Result<bool, ReadError> {
    let Turn { row, progress, message, behind, letter, signed, .. } = turn;
    let place = message.place;
    let dead = |error: String, attempts: u32| DeadLetter {
        place,
        letter: json!({"type": message.kind, "id": message.id, "error": error, "attempts": attempts, "failed_ms": now_ms}),
        is_wanted: false,
    };
    if let Some(letter) = letter {
        let before = letter.letter["attempts"].as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let again = sent.err().map(|why| dead(why.to_string(), before.saturating_add(1)));
        app.store.transact(&mut |transaction| match &again {
            Some(again) => transaction.put_dead_letter(row.org, &row.id, again),
            None => transaction.delete_dead_letter(row.org, &row.id, place).map(drop),
        })?;
        return Ok(false);
    }
    let (next, part) = behind;
    let signed_size = signed.unwrap_or(progress.signed);
    let passed = Progress { next, part, signed: signed_size, attempts: 0, due_ms: None, ..progress.clone() };
    let (progress, given_up) = match sent {
        Ok(_) => (Progress { dead_in_a_row: 0, error: None, delivered_ms: Some(now_ms), ..passed }, None),
        Err(why) => {
            let (attempts, error) = (progress.attempts.saturating_add(1), why.to_string());
            match app.streams.delays.get(attempts as usize - 1) {
                Some(delay) => {
                    let due_ms = Some(now_ms + pause_ms(*delay, &why));
                    let error = Some(error);
                    (
                        Progress { attempts, due_ms, error, next: place.seq.0, part: place.part, ..progress },
                        None,
                    )
                }
                None => {
                    let dead_in_a_row = progress.dead_in_a_row + 1;
                    let letter = dead(error.clone(), attempts);
                    // The next head says all that this one did.
                    (
                        Progress { dead_in_a_row, error: Some(error), ..passed },
                        signed.is_none().then_some(letter),
                    )
                }
            }
        }
    };
    let value = json!(progress);
    let mut is_ours = false;
    app.store.transact(&mut |transaction| {
        is_ours = transaction.advance_stream(row.org, &row.id, row.epoch, &value)?;
        match &given_up {
            Some(letter) if is_ours => transaction.put_dead_letter(row.org, &row.id, letter),
            _ => Ok(()),
        }
    })?;
    if is_ours && given_up.is_some() {
        app.streams.dead.fetch_add(1, Ordering::Relaxed);
    }
    Ok(is_ours && progress.dead_in_a_row >= DEAD_IN_A_ROW_MAX)
}

/// How long to wait: the delay with some chance, or longer where the receiver asks for it.
fn pause_ms(delay: Duration, why: &SendError) -> u64 {
    let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    let mut random = [0; 8];
    // Without randomness delays are equal, and nothing worse.
    getrandom::fill(&mut random).ok();
    let jitter = u64::from_le_bytes(random) % (delay / JITTER_PART + 1);
    let asked = match why {
        SendError::Status { retry_after: Some(seconds), .. } => seconds.saturating_mul(1_000),
        _ => 0,
    };
    delay.saturating_add(jitter).max(asked)
}
