//! The HTTP API as its users, careless and hostile, call it; the files mirror the URLs. Deliberately absent: the tests
//! themselves.

mod agreement;
mod bundles;
mod catalogs;
mod credentials;
mod document;
mod events;
pub mod export;
mod export_places;
mod feed;
mod final_pdf;
mod hostile_json;
mod isolation;
mod keys;
pub mod listen;
mod live;
mod ndjson;
mod organizations;
pub mod process_files;
mod process_lives;
mod processes;
mod profile;
mod proofs;
mod protocol;
mod query;
mod receipts;
mod reserved;
mod routes;
mod rules;
mod sessions;
pub mod signing;
mod stopping;
mod streams;
mod table;
mod targets;
mod visibility;
mod wording;
