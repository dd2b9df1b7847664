//! Calls into a library that panics where it should return an error: the panic ends the call, and nothing else.
//!
//! Deliberately absent: an excuse for panics of our own. What was in the library's hands is not used again.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::export::ExportError;

thread_local! {
    /// Whether this thread is in such a call, whose panic is told as an error.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The hook for all other panics stays what it was.
static HOOK: Once = Once::new();

/// Does this; a panic in it is the error `GaveUp`, and writes nothing to standard error.
pub(super) fn quietly<T>(work: impl FnOnce() -> Result<T, ExportError>) -> Result<T, ExportError> {
    HOOK.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                loud(info);
            }
        }));
    });
    IS_QUIET.set(true);
    // Whoever hears of it drops what the call may have left half done.
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(false);
    done.unwrap_or(Err(ExportError::GaveUp))
}
