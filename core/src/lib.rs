//! What others must trust: events, catalogs, leaves, the tree, proofs and queries.
//!
//! Deliberately absent: input and output, clocks, randomness, async. Time, salts and keys are passed in,
//! so that a verifier is this crate and a file, and the same input always gives the same bytes.

pub mod bundle;
pub mod catalog;
pub mod checkpoint;
pub mod cosignature;
pub mod erasure;
pub mod event;
pub mod hex;
pub mod history;
pub mod ids;
pub mod json;
pub mod leaf;
pub mod merkle;
pub mod place;
pub mod process;
pub mod profile;
pub mod proof;
pub mod query;
pub mod scope;
pub mod search;
pub mod sentence;
pub mod text;
pub mod tile;
pub mod words;
