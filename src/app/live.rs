//! Following a log: a listener waits until something comes in that its reader may see, and hands it over.
//!
//! Its reader's right is asked for again at every look, so that it ends with the session or the key, and always with the
//! words, roles and filters in force. Nothing is read ahead: whoever does not ask for the next batch costs nothing.
//! A reader of part of a log learns nothing of the rest: what is hidden wakes nobody up, and the heartbeat has a beat of
//! its own.
//!
//! To follow a list: give `App::listen` a closure that opens the log for the reader, the list's parameters, and where to
//! begin (`Reader::size` for what comes from now on, `Reader::open_position` for who comes back); then ask for `next` again
//! and again, and send `Reader::seal_position` of `Batch::next` along. Deliberately absent: how a batch is written.

use std::sync::Arc;
use std::time::Duration;

use everlog_core::event::Event;
use everlog_core::ids::Seq;
use everlog_core::query::Moment;
use futures_util::FutureExt;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use crate::access::Organization;
use crate::app::App;
use crate::log::Grown;
use crate::read::Arrived;
use crate::store::OrgCode;

/// Most listeners at once: each looks at every burst of its log.
pub const LISTENERS_MAX: usize = 2_000;
/// How often a listener hears that nothing has come, and at least how often its right is checked.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 100;
/// Least time between two looks of one listener that is up to date: what comes in one burst is seen together.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// Opens the log for the one who listens, and says what relative times mean to them now; `None` when they may no longer.
/// Asked before every look, on a thread that may wait.
pub type Opening = Box<dyn Fn() -> Option<(Organization, Moment)> + Send + Sync>;

/// What a listener follows.
#[derive(Clone, Debug)]
pub enum Follow {
    /// Every event. Only for readers of everything.
    Everything,
    /// The events of a list, by the parameters of its query as they stand in the URL; already understood once by
    /// `Reader::live_query`. Names of others are the caller's own.
    Matching {
        /// The parameters.
        params: Vec<(String, String)>,
        /// The names of parameters that are none of the query's.
        others: &'static [&'static str],
    },
}

/// What came in since the last batch; without events it is a heartbeat.
pub struct Batch {
    /// The log, as its reader may see it now.
    pub org: Organization,
    /// In the order of the log.
    pub events: Vec<Event>,
    /// Where a later listener goes on. It tells how much was passed over: it leaves the server only sealed.
    pub next: Seq,
}

/// There are `LISTENERS_MAX` listeners already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many listeners at once")]
pub struct TooManyListeners;

/// Follows one log for one reader. Dropping it ends it.
pub struct Listener {
    app: App,
    open: Arc<Opening>,
    follow: Arc<Follow>,
    next: Seq,
    /// The log, known from the first look on: announcements of others are not for this listener.
    org: Option<OrgCode>,
    grown: Receiver<Grown>,
    heartbeat: Interval,
    /// Whether there may be something to look at.
    is_due: bool,
    /// Not before this.
    look_at: Instant,
    _place: OwnedSemaphorePermit,
}

/// The places for listeners.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LISTENERS_MAX))
}

impl App {
    /// Begins to follow a log from a position on. What is there already comes at once.
    ///
    /// # Errors
    /// When there are too many listeners.
    pub fn listen(&self, open: Opening, follow: Follow, from: Seq) -> Result<Listener, TooManyListeners> {
        let place = Arc::clone(&self.listeners).try_acquire_owned().map_err(|_| TooManyListeners)?;
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Listener {
            app: self.clone(),
            open: Arc::new(open),
            follow: Arc::new(follow),
            next: from,
            org: None,
            // Before the first look: what comes after it is announced.
            grown: self.log.listen(),
            heartbeat,
            is_due: true,
            look_at: Instant::now(),
            _place: place,
        })
    }
}

impl Listener {
    /// Waits for the next batch; `None` when the server stops, the reader's right has ended, or the log cannot be read.
    /// Then the listener may come back with the place it had.
    pub async fn next(&mut self) -> Option<Batch> {
        let stopping = self.app.stopping.clone();
        tokio::select! {
            () = stopping.wait() => None,
            batch = self.heard() => batch,
        }
    }

    async fn heard(&mut self) -> Option<Batch> {
        loop {
            let is_heartbeat = if self.is_due {
                sleep_until(self.look_at).await;
                // Who goes through a long log without a match hears that too.
                self.heartbeat.tick().now_or_never().is_some()
            } else {
                self.wait().await?
            };
            let batch = self.look().await?;
            if is_heartbeat || !batch.events.is_empty() {
                return Some(batch);
            }
        }
    }

    /// Waits for an announcement or for the heartbeat, and says whether it was that.
    async fn wait(&mut self) -> Option<bool> {
        loop {
            tokio::select! {
                _ = self.heartbeat.tick() => return Some(true),
                told = self.grown.recv() => match told {
                    Ok(told) if self.org.is_some_and(|org| org != told.org) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        self.is_due = true;
                        return Some(false);
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    async fn look(&mut self) -> Option<Batch> {
        // What was announced up to now is committed: this look sees it.
        while !matches!(self.grown.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        let (app, open, follow) = (self.app.clone(), Arc::clone(&self.open), Arc::clone(&self.follow));
        let from = self.next;
        let looked = tokio::task::spawn_blocking(move || look(&app, &open, &follow, from));
        let (org, arrived) = looked.await.ok()??;
        self.org = Some(org.code());
        self.next = arrived.next;
        self.is_due = arrived.has_more;
        self.look_at = Instant::now() + if arrived.has_more { Duration::ZERO } else { LOOK_PAUSE };
        Some(Batch { org, events: arrived.events, next: arrived.next })
    }
}

fn look(app: &App, open: &Opening, follow: &Follow, from: Seq) -> Option<(Organization, Arrived)> {
    let (org, moment) = open()?;
    let arrived = match follow {
        Follow::Everything if org.scope().is_restricted() => return None,
        Follow::Everything => app.reader.feed(&org, from, BATCH_EVENTS_MAX).map(|events| Arrived {
            next: events.last().map_or(from, |event| Seq(event.seq.0 + 1)),
            has_more: events.len() == BATCH_EVENTS_MAX,
            events,
        }),
        Follow::Matching { params, others } => app
            .reader
            .live_query(params, others, &moment)
            .and_then(|query| app.reader.since(&org, &query, from, BATCH_EVENTS_MAX)),
    };
    match arrived {
        Ok(arrived) => Some((org, arrived)),
        Err(why) => {
            tracing::warn!(error = &why as &dyn std::error::Error, "a listener ends: its log cannot be read");
            None
        }
    }
}
