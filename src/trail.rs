//! The Audit Trail of a signing process: one model and its three renderings, for programs, browsers and paper; laid behind
//! the document or around it, and sealed.
//!
//! Deliberately absent: reading the log, and deciding when a trail is made or where it is kept. Events and their state are
//! passed in.

pub mod append;
pub mod check;
pub mod container;
pub mod file;
pub mod finish;
mod fonts;
pub mod html;
mod icons;
pub mod inspect;
pub mod model;
pub mod pdf;
pub mod safe;
pub mod seal;
pub mod sheet;
