//! Signed heads as messages of a stream: behind every event that there is, the head that covers them.
//!
//! Deliberately absent: heads that were missed, and dead letters; the next head says all that an older one did.

use crate::access::Organization;
use crate::app::App;
use crate::app::checkpoints::CHECKPOINT_MS;
use crate::app::streams::{Look, Next, Turn};
use crate::read::ReadError;
use crate::store::StoreError;
use crate::store::stream::{MessagePlace, StreamRow};
use crate::stream::{Definition, Progress, message};

/// The head as the next message, when the stream has not sent it. A head that was signed just now serves for a second.
pub(super) fn look(
    app: &App,
    row: StreamRow,
    definition: Definition,
    progress: Progress,
    org: &Organization,
) -> Result<Look, ReadError> {
    let head = match app.checkpoint(org) {
        Ok(head) => head,
        // Nothing is signed of a log that is only read, until the server starts with another store.
        Err(StoreError::Closed(_)) => return Ok(Look::Wait(Next::Idle)),
        Err(why) => return Err(why.into()),
    };
    let size = head.checkpoint.size;
    if size.0 <= progress.signed {
        let is_older = size < app.store.head(org.code())?.size;
        let next = if is_older { Next::At(head.signed_ms + CHECKPOINT_MS) } else { Next::Idle };
        return Ok(Look::Wait(next));
    }
    let behind = (progress.next, progress.part);
    let place = MessagePlace { seq: everlog_core::ids::Seq(behind.0), part: behind.1 };
    let message = message::of_checkpoint(place, &head.checkpoint, &head.note, head.signed_ms, org);
    let turn = Turn { row, definition, progress, message, behind, letter: None, signed: Some(size.0) };
    Ok(Look::Send(Box::new(turn)))
}
