//! The server and the command line: everything that touches files, sockets, clocks and randomness.
//!
//! Deliberately absent: what others must trust. That is `everlog_core`.

pub mod directory;
pub mod store;
