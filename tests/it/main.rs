//! Every test of the server and the command line, in one binary. Deliberately absent: the tests themselves.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backup;
mod blobs;
mod browser;
mod command_line;
mod copy;
mod crash;
mod demo;
mod drill;
mod evidence;
mod export;
mod format;
mod http;
mod index;
mod log_keys;
mod memory_store;
mod oracle;
mod receipts;
mod s3;
mod server;
mod settings;
mod signed;
mod spreadsheets;
mod store;
mod store_sqlite;
mod tidy;
mod trail;
mod verify;
mod viewer;
mod witness;
mod words;
