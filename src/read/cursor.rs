//! Cursors: what a later page needs to know, sealed so that a reader can neither read nor change it; and the position
//! from which a listener goes on, sealed too. Positions and sizes would tell a restricted reader how much is hidden.
//!
//! Deliberately absent: organization and visibility. They come from the credential, every time; a cursor of one
//! organization shown to another finds places there like any other question. A listener's position is bound to its log.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use everlog_core::catalog::{Action, Catalogs};
use everlog_core::ids::Seq;
use everlog_core::leaf::LogId;
use everlog_core::query::SortBy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::index::Position;

/// The version of a cursor, authenticated with it: another version's cursor does not open.
const VERSION: &[u8] = b"everlog-cursor/v1";
/// The same for a list of processes.
const PROCESSES_VERSION: &[u8] = b"everlog-processes/v1";
/// The same for a position that a listener goes on from; the id of its log follows.
const POSITION_VERSION: &[u8] = b"everlog-position/v1";
/// Longest cursor that is looked at, in bytes.
const CURSOR_BYTES_MAX: usize = 1 << 20;

/// What a later page shares with the first one, and where it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The parameters of the first page.
    pub params: Vec<(String, String)>,
    /// When the first page was asked for.
    pub asked_ms: u64,
    /// The size of the log then.
    pub size: u64,
    /// The place that the page follows, or ends in front of.
    pub position: Position,
    /// Whether the page ends in front of the place.
    pub backwards: bool,
    /// What the order rested on, where it rests on words.
    #[serde(default)]
    pub words: Option<String>,
}

/// The same of a list of processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ProcessCursor {
    /// The parameters of the first page.
    pub params: Vec<(String, String)>,
    /// When the first page was asked for.
    pub asked_ms: u64,
    /// The size of the log then: what came later is on no page.
    pub size: u64,
    /// How many processes stand on the pages in front.
    pub skip: u64,
}

/// A fingerprint of the words that catalogs give a list its order by; none where they give none. Under other words the
/// place of a cursor would be another one: events would be missed, others seen twice.
pub(super) fn words(catalogs: &Catalogs, by: SortBy) -> Option<String> {
    let names = catalogs.names();
    let word = |action: &Action| match by {
        SortBy::Action => Some(names.label(&action.label).to_owned()),
        SortBy::Category => Some(names.category(&action.category).to_owned()),
        SortBy::Kind => Some(names.kind(action.kind).to_owned()),
        SortBy::Time | SortBy::Actor | SortBy::Ip => None,
    };
    let words: BTreeMap<_, _> =
        catalogs.actions().filter_map(|action| Some((action.key.as_str(), word(action)?))).collect();
    let bytes = serde_json::to_vec(&words).ok().filter(|_| !words.is_empty())?;
    Some(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &bytes)))
}

/// The installation's key for cursors.
pub struct CursorKey(LessSafeKey);

impl CursorKey {
    /// A key from 32 random bytes; every process of one installation uses the same.
    ///
    /// # Panics
    /// Never: AES-256-GCM takes any 32 bytes.
    #[expect(clippy::expect_used, reason = "the length is right by type")]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("a key has 32 bytes")))
    }

    pub(super) fn seal(&self, cursor: &Cursor) -> String {
        self.seal_bytes(VERSION, serde_json::to_vec(cursor).unwrap_or_default())
    }

    pub(super) fn open(&self, text: &str) -> Option<Cursor> {
        serde_json::from_slice(&self.open_bytes(VERSION, text)?).ok()
    }

    /// Seals what a later page of a list of processes shares with the first.
    pub(super) fn seal_processes(&self, cursor: &ProcessCursor) -> String {
        self.seal_bytes(PROCESSES_VERSION, serde_json::to_vec(cursor).unwrap_or_default())
    }

    pub(super) fn open_processes(&self, text: &str) -> Option<ProcessCursor> {
        serde_json::from_slice(&self.open_bytes(PROCESSES_VERSION, text)?).ok()
    }

    /// Seals a position of one log: as long as any other, and for no other log.
    pub fn seal_position(&self, log: &LogId, position: Seq) -> String {
        self.seal_bytes(&bound(log), position.0.to_be_bytes().to_vec())
    }

    /// The position of this log that was sealed.
    pub fn open_position(&self, log: &LogId, text: &str) -> Option<Seq> {
        let bytes = self.open_bytes(&bound(log), text)?;
        Some(Seq(u64::from_be_bytes(bytes.try_into().ok()?)))
    }

    /// # Panics
    /// Where the system has no randomness left to give.
    #[expect(
        clippy::expect_used,
        reason = "a nonce must not repeat; a cursor is far below the cipher's limit"
    )]
    fn seal_bytes(&self, bound: &[u8], mut sealed: Vec<u8>) -> String {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).expect("the system gives random bytes");
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, Aad::from(bound), &mut sealed).expect("a cursor is short");
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    fn open_bytes(&self, bound: &[u8], text: &str) -> Option<Vec<u8>> {
        if text.len() > CURSOR_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        Some(self.0.open_in_place(nonce, Aad::from(bound), &mut sealed).ok()?.to_vec())
    }
}

fn bound(log: &LogId) -> Vec<u8> {
    [POSITION_VERSION, &log.0].concat()
}
