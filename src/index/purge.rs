//! Takes what was deleted off the disk: every segment with deleted documents is written anew without them.
//!
//! A merge that began before a deletion ends in a segment that still holds the deleted documents, only marked; and a
//! segment that another merge has taken cannot be written anew meanwhile. So it is looked at until no segment has any.
//! t0: a merge of A and B begins. t1: a document of A is deleted. t2: writing A anew fails, as A is in the merge. t3: the
//! merge ends in C, where the document is marked. t4: C is written anew, and nothing is left. Deliberately absent: waiting;
//! the thread that writes looks in between.

use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::{FutureResult, TantivyError};

use crate::index::IndexError;
use crate::index::disk::Disk;

/// How long to wait between two looks.
const LOOK_AFTER: Duration = Duration::from_millis(20);
/// How many rewrites may fail, otherwise than because of another merge, before it is given up until the next time.
const FAILURES_MAX: usize = 10;

/// A segment that is being written anew.
struct Rewrite {
    segment: SegmentId,
    result: Pin<Box<FutureResult<Option<SegmentMeta>>>>,
}

/// What is still to be taken off the disk.
#[derive(Default)]
pub(super) struct Purge {
    is_wanted: bool,
    rewrites: Vec<Rewrite>,
    failures: usize,
    looked: Option<Instant>,
    /// Who is told when nothing is left; dropped when it is given up.
    waiting: Vec<Sender<()>>,
}

/// What a look at the segments came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// There is nothing to do.
    Idle,
    /// Segments are being written anew.
    Busy,
    /// No segment has deleted documents any more: to be shown, and then told.
    Clean,
}

impl Purge {
    /// Begins, or goes on.
    pub fn want(&mut self) {
        self.is_wanted = true;
        self.looked = None;
    }

    /// The same, and tells this one when nothing is left.
    pub fn want_for(&mut self, done: Sender<()>) {
        self.waiting.push(done);
        self.want();
    }

    /// How long until the next look.
    pub fn wait(&self) -> Duration {
        if !self.is_wanted {
            return Duration::MAX;
        }
        self.looked.map_or(Duration::ZERO, |at| LOOK_AFTER.saturating_sub(at.elapsed()))
    }

    /// Looks at the segments when it is time to, and begins to write anew what is to be.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn look(&mut self, disk: &mut Disk) -> Result<Look, IndexError> {
        if !self.is_wanted {
            return Ok(Look::Idle);
        }
        if self.wait() > Duration::ZERO {
            return Ok(Look::Busy);
        }
        self.looked = Some(Instant::now());
        self.drop_finished();
        if self.failures > FAILURES_MAX {
            tracing::error!("segments with deleted documents cannot be written anew");
            *self = Self { rewrites: std::mem::take(&mut self.rewrites), ..Self::default() };
            return Ok(Look::Idle);
        }
        let dirty = disk.dirty()?;
        if dirty.is_empty() && self.rewrites.is_empty() {
            return Ok(Look::Clean);
        }
        for segment in dirty {
            if !self.rewrites.iter().any(|rewrite| rewrite.segment == segment) {
                self.rewrites.push(Rewrite { segment, result: Box::pin(disk.merge(segment)) });
            }
        }
        Ok(Look::Busy)
    }

    fn drop_finished(&mut self) {
        let failures = &mut self.failures;
        self.rewrites.retain_mut(|rewrite| {
            match rewrite.result.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => return true,
                Poll::Ready(Ok(_)) => (),
                // Another merge has the segment: the next look sees what came of that.
                Poll::Ready(Err(TantivyError::InvalidArgument(_))) => (),
                Poll::Ready(Err(error)) => {
                    tracing::warn!(%error, "a segment cannot be written anew");
                    *failures += 1;
                }
            }
            false
        });
    }

    /// Tells everyone who waits: what is shown now holds nothing that was deleted.
    pub fn tell(&mut self) {
        // Whoever asked may have gone: it happened all the same.
        self.waiting.drain(..).for_each(|done| done.send(()).unwrap_or_default());
        *self = Self::default();
    }
}
