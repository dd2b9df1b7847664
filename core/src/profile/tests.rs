//! What the shipped profiles hold, against `viewer.md`'s table. Deliberately absent: how a page is drawn.

#![allow(clippy::unwrap_used, clippy::expect_used)]
