//! How a bucket does: what of it fails now, counted, and told once when it begins and once when it is over. Deliberately
//! absent: asking it; whoever asks says how it went.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::blobs::fault::BucketFault;
use crate::blobs::home::BucketUrl;

/// What is asked of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Whether it is ours.
    Use,
    /// An object.
    Read,
    /// That there is an object.
    Write,
    /// That there is none.
    Delete,
    /// What objects there are.
    List,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Use, Self::Read, Self::Write, Self::Delete, Self::List];

    /// What is being done with documents.
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::Use => "used",
            Self::Read => "read",
            Self::Write => "written",
            Self::Delete => "deleted",
            Self::List => "listed",
        }
    }

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
        }
    }

    /// What whoever does this must be allowed.
    fn permission(self) -> &'static str {
        match self {
            Self::Use | Self::Read => "s3:GetObject",
            Self::Write => "s3:PutObject",
            Self::Delete => "s3:DeleteObject",
            Self::List => "s3:ListBucket",
        }
    }
}

/// What is known of a bucket by what was asked of it.
#[derive(Default)]
pub(super) struct Health {
    /// What fails, since it was asked last.
    failing: Mutex<BTreeMap<Operation, BucketFault>>,
    failures: [AtomicU64; Operation::ALL.len()],
    tells: AtomicBool,
}

impl Health {
    /// Tells the log from now on. Commands tell their user instead.
    pub fn begin_telling(&self) {
        self.tells.store(true, Ordering::Relaxed);
    }

    /// Whether nothing of it fails, as far as anybody asked.
    pub fn is_up(&self) -> bool {
        self.failing().is_empty()
    }

    /// Whether nobody gets an answer now.
    pub fn is_away(&self) -> bool {
        self.failing().values().any(|fault| matches!(fault, BucketFault::Away(_)))
    }

    pub fn failures(&self, operation: Operation) -> u64 {
        self.failures[operation as usize].load(Ordering::Relaxed)
    }

    /// It did what was asked: it answers. What it did not allow elsewhere it may still not allow.
    pub fn worked(&self, url: &BucketUrl, operation: Operation) {
        let mut failing = self.failing();
        if failing.is_empty() {
            return;
        }
        let is_like = |which: Operation| which.permission() == operation.permission();
        failing.retain(|which, fault| matches!(fault, BucketFault::Forbidden { .. }) && !is_like(*which));
        if failing.is_empty() && self.tells.load(Ordering::Relaxed) {
            tracing::info!("the bucket {url} does what is asked of it again");
        }
    }

    /// It did not.
    pub fn failed(&self, url: &BucketUrl, operation: Operation, fault: &BucketFault) {
        self.failures[operation as usize].fetch_add(1, Ordering::Relaxed);
        let mut failing = self.failing();
        let is_like = |it: &BucketFault| discriminant(it) == discriminant(fault);
        let is_told = match fault {
            BucketFault::Forbidden { .. } => failing.get(&operation).is_some_and(is_like),
            _ => failing.values().any(is_like),
        };
        failing.insert(operation, fault.clone());
        if is_told || !self.tells.load(Ordering::Relaxed) {
            return;
        }
        let doing = operation.doing();
        if matches!(fault, BucketFault::Forbidden { .. }) {
            let permission = operation.permission();
            tracing::error!(
                permission,
                "the documents in {url} cannot be {doing} without {permission}: {fault}"
            );
        } else {
            tracing::error!("the documents in {url} cannot be {doing}: {fault}");
        }
    }

    fn failing(&self) -> MutexGuard<'_, BTreeMap<Operation, BucketFault>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
