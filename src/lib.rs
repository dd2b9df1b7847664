//! The server and the command line: everything that touches files, sockets, clocks and randomness.
//!
//! Deliberately absent: what others must trust. That is `everlog_core`.

pub mod access;
pub mod app;
pub mod backup;
pub mod blobs;
pub mod cli;
pub mod compat;
pub mod config;
pub mod copy;
pub mod demo;
pub mod directory;
pub mod download;
pub mod evidence;
pub mod export;
pub mod fsck;
pub mod http;
pub mod index;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod quota;
pub mod read;
pub mod settings;
pub mod signed;
pub mod store;
pub mod stream;
pub mod trail;
pub mod viewer;
pub mod witness;
pub mod words;
