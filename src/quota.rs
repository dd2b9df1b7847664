//! How much an organization may ask for: events a second, where its settings bound them, and exports at once. Deliberately
//! absent: a default bound of events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::access::Organization;
use crate::store::OrgCode;

/// How many seconds of its quota an organization may save up for a burst.
const BURST_SECONDS: f64 = 2.0;
/// Most exports of one organization at once: each may hold a thread, and a workbook two files.
pub const ORG_EXPORTS_MAX: usize = 8;
/// Most exports of the whole server at once.
pub const EXPORTS_MAX: usize = 64;
/// How long who finds no place for an export should wait, in seconds.
pub const EXPORT_RETRY_SECONDS: u32 = 10;

/// What each organization may still send now.
#[derive(Debug, Default)]
pub struct Quotas(Mutex<HashMap<OrgCode, (f64, Instant)>>);

/// The quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// When to try again, in seconds.
    pub retry_after: u32,
}

impl Quotas {
    /// Takes so many events off an organization's quota. A request larger than all that can be saved up is let through
    /// when nothing is owed, and owed afterwards.
    ///
    /// # Errors
    /// When the quota is used up; then nothing is taken.
    pub fn take(&self, org: &Organization, events: usize) -> Result<(), Exhausted> {
        let quota =
            org.entry().row.settings.get("quota_events_per_second").and_then(serde_json::Value::as_f64);
        let Some(quota) = quota else { return Ok(()) };
        let now = Instant::now();
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = saved.entry(org.code()).or_insert((quota * BURST_SECONDS, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * quota).min(quota * BURST_SECONDS);
        *at = now;
        let wanted = events as f64;
        if *tokens < wanted.min(quota * BURST_SECONDS) {
            let missing = wanted.min(quota * BURST_SECONDS) - *tokens;
            let seconds = (missing / quota).ceil().clamp(1.0, 3600.0);
            return Err(Exhausted { retry_after: seconds as u32 });
        }
        *tokens -= wanted;
        Ok(())
    }
}

/// The exports that are being made, by organization.
#[derive(Debug, Default)]
pub struct Exports(Mutex<HashMap<OrgCode, usize>>);

/// Why no export can be begun now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The organization has as many as it may have.
    #[error("the organization has {ORG_EXPORTS_MAX} exports being made, and no more at once")]
    Here,
    /// The server has as many as it may have.
    #[error("the server makes as many exports at once as it can")]
    Anywhere,
}

impl Exports {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.open().values().sum()
    }

    /// Takes a place, until it is dropped.
    ///
    /// # Errors
    /// When the organization, or the server, has none left.
    pub fn enter(self: &Arc<Self>, org: OrgCode) -> Result<ExportPlace, NoPlace> {
        let mut open = self.open();
        if open.get(&org).is_some_and(|count| *count >= ORG_EXPORTS_MAX) {
            return Err(NoPlace::Here);
        }
        if open.values().sum::<usize>() >= EXPORTS_MAX {
            return Err(NoPlace::Anywhere);
        }
        *open.entry(org).or_default() += 1;
        Ok(ExportPlace { exports: Arc::clone(self), org })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<OrgCode, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one export, until it is dropped.
#[derive(Debug)]
pub struct ExportPlace {
    exports: Arc<Exports>,
    org: OrgCode,
}

impl Drop for ExportPlace {
    fn drop(&mut self) {
        let mut open = self.exports.open();
        if let Some(count) = open.get_mut(&self.org) {
            *count = count.saturating_sub(1);
        }
        open.retain(|_, count| *count > 0);
    }
}
