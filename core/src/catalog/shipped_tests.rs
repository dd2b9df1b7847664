//! What the shipped catalogs hold, against the vocabulary. Deliberately absent: how a catalog is read.

#![allow(clippy::unwrap_used, clippy::expect_used)]
