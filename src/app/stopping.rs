//! A flag that the server is about to stop, which whoever works for long can wait for. Deliberately absent: signals.

use tokio::sync::watch;

/// Set once, seen everywhere.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Sender<bool>);

impl Default for Stopping {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopping {
    /// From now on nothing new is begun.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is set.
    pub async fn wait(&self) {
        // The sender lives in `self`, so that waiting does not fail.
        drop(self.0.subscribe().wait_for(|is_set| *is_set).await);
    }
}
