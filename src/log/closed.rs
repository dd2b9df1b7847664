//! The logs that are only read, and why. Deliberately absent: opening one again; a start with another store does it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::store::OrgCode;
use crate::store::closed::Closed;

/// Asked before every append: as long as there are none, one flag.
#[derive(Debug, Default)]
pub(super) struct ClosedLogs {
    is_any: AtomicBool,
    logs: RwLock<HashMap<OrgCode, Closed>>,
}

impl ClosedLogs {
    /// Closes a log. What was found first stands.
    pub fn close(&self, org: OrgCode, why: Closed) {
        self.logs.write().unwrap_or_else(PoisonError::into_inner).entry(org).or_insert(why);
        self.is_any.store(true, Ordering::Release);
    }

    /// Why a log is closed, if it is.
    pub fn why(&self, org: OrgCode) -> Option<Closed> {
        if !self.is_any.load(Ordering::Acquire) {
            return None;
        }
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(&org).copied()
    }

    /// Every one of them.
    pub fn all(&self) -> Vec<Closed> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }
}
