//! The Audit Trail of a signing process: one model and its three renderings, for programs, browsers and paper.
//!
//! Deliberately absent: reading the log, and deciding when a trail is made. Events and their state are passed in.

pub mod html;
mod icons;
pub mod model;
pub mod safe;
pub mod sheet;
