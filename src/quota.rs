//! How many events a second an organization may send, where its settings bound it. Deliberately absent: a default bound.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::access::Organization;
use crate::store::OrgCode;

/// How many seconds of its quota an organization may save up for a burst.
const BURST_SECONDS: f64 = 2.0;

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
