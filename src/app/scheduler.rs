//! What the server does because a time has come: expiries, time-outs, the deletion of what is kept no longer.
//!
//! Deliberately absent: what is due, which `core::process` says, and doing it once, which the writer's transaction sees to.
//! A server that was down does what fell due meanwhile as soon as it is back.

use std::sync::Arc;
use std::time::Duration;

use everlog_core::process::{Status, Subject};

use crate::app::App;
use crate::directory::Entry;
use crate::log::{AppendError, now_ms};
use crate::store::process::Summoned;
use crate::store::{OrgCode, StoreError};

/// How often the scheduler looks: what is due is done at most so late.
pub const PERIOD: Duration = Duration::from_secs(1);
/// How many subjects are summoned together.
const GROUP_SUBJECTS: usize = 200;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Why a round was not finished. The next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl App {
    /// Looks again and again until the server stops.
    pub async fn keep_time(self) {
        let mut rounds = tokio::time::interval(PERIOD);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stopping.wait() => return,
                _ = rounds.tick() => {}
            }
            if let Err(why) = self.do_due(now_ms()).await {
                tracing::warn!(error = &why as &dyn std::error::Error, "what is due could not be done yet");
            }
        }
    }

    /// Does everything that is due at this time.
    ///
    /// # Errors
    /// When the store or the log fails; what was done stays done.
    pub async fn do_due(&self, now_ms: u64) -> Result<(), RoundError> {
        loop {
            let due = self.asked(move |app| app.store.due(now_ms, GROUP_SUBJECTS)).await?;
            let is_last = due.len() < GROUP_SUBJECTS;
            let mut done = 0;
            for Summoned { org, subject } in due {
                if self.log.closed(org).is_none()
                    && let Some(org) = self.entry(org).await?
                {
                    done += self.log.do_due(&org, Subject::from_stored(subject), now_ms).await?.len();
                }
            }
            // What cannot be done now is summoned again in the next round.
            if is_last || done == 0 {
                break;
            }
        }
        for org in self.asked(|app| app.store.organizations()).await? {
            if self.log.closed(org.code).is_some() {
                continue;
            }
            let days = |member: &str| org.settings.get(member).and_then(serde_json::Value::as_u64);
            let rules = [
                (Status::Completed, days("delete_completed_after_days")),
                (Status::Draft, days("delete_drafts_after_days")),
            ];
            for (status, days) in rules {
                let Some(days) = days else { continue };
                let before_ms = now_ms.saturating_sub(days.saturating_mul(DAY_MS));
                self.delete_aged(org.code, status, before_ms).await?;
            }
        }
        Ok(())
    }

    async fn delete_aged(&self, org: OrgCode, status: Status, before_ms: u64) -> Result<(), RoundError> {
        loop {
            let aged = self
                .asked(move |app| app.store.aged(org, status.as_str(), before_ms, GROUP_SUBJECTS))
                .await?;
            let is_last = aged.len() < GROUP_SUBJECTS;
            let Some(entry) = self.entry(org).await? else { return Ok(()) };
            let mut done = 0;
            for Summoned { subject, .. } in aged {
                done += self.log.delete_aged(&entry, Subject::from_stored(subject), before_ms).await?.len();
            }
            if is_last || done == 0 {
                return Ok(());
            }
        }
    }

    async fn entry(&self, org: OrgCode) -> Result<Option<Arc<Entry>>, RoundError> {
        let found = self.asked(move |app| Ok(app.directory.by_code(org).ok().flatten())).await?;
        Ok(found)
    }

    /// Asks the store where waiting for the disk harms nobody.
    pub(super) async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&App) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, RoundError> {
        let app = self.clone();
        let answer = tokio::task::spawn_blocking(move || ask(&app)).await;
        let gone = |why| StoreError::Io { doing: "ask in the background", source: Box::new(why) };
        Ok(answer.map_err(gone)??)
    }
}
