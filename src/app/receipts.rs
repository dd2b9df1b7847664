//! What providers report about messages on their way to people: one event a receipt, however often it comes.
//!
//! Deliberately absent: how a provider writes and signs its receipts, which `http::receipts` knows; and what follows from
//! a failure, which the rules say.

use everlog_core::event::Mode;
use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use everlog_core::process::State;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::access::Organization;
use crate::app::App;
use crate::log::{AppendError, Outcome, Refusal, Source};
use crate::read::ReadError;
use crate::store::StoreError;
use crate::store::stream::Token;

/// How old a signature may be that comes with its own time: a provider that is not answered tries again for eight hours.
pub const SIGNATURE_AGE_MS_MAX: u64 = 12 * 60 * 60 * 1_000;
/// How far ahead of our clock such a time may lie.
pub const SIGNATURE_AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;
/// Longest name of a channel that becomes an action of its own, in bytes.
const CHANNEL_BYTES_MAX: usize = 40;
/// How many bytes of a hash tell one receipt from another.
const ID_BYTES: usize = 16;

/// A receipt whose signature is right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    /// What the provider is called in ids: `mailgun`, `sms`.
    pub provider: &'static str,
    /// What people call it.
    pub provider_name: &'static str,
    /// Makes the receipt one of its kind: the provider's own id, with the status where one message has several.
    pub identity: String,
    /// What the message was: Confirmation, SalesPerson, SMS.
    pub channel: String,
    /// What the provider says of it.
    pub status: String,
    /// When, as RFC 3339 writes it; absent: when it was received.
    pub occurred_at: Option<String>,
    /// The process that it names.
    pub process_key: Option<String>,
    /// The signee that it names.
    pub signee_key: Option<String>,
    /// What else it tells.
    pub metadata: Map<String, Value>,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is recorded.
    Recorded,
    /// It is recorded, and belongs to no process that is known.
    OfNoProcess,
    /// It was recorded before.
    Duplicate,
}

/// Why a receipt is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Its event is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The process cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl App {
    /// Whether a token that came with this body may be believed: never before seen, or seen with the same. It is remembered
    /// as long as its time lets it pass, also over a restart. Waits for the disk.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn is_token_good(
        &self,
        org: &Organization,
        token: &str,
        body: &[u8],
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        let hash = |bytes: &[u8]| Hash::from(Sha256::digest(bytes));
        let (token, body) = (hash(token.as_bytes()), hash(body));
        let forget_ms = now_ms.saturating_sub(SIGNATURE_AGE_MS_MAX + SIGNATURE_AHEAD_MS_MAX);
        let mut known = Token::Other;
        self.store.transact(&mut |transaction| {
            known = transaction.remember_token(org.code(), &token, &body, now_ms, forget_ms)?;
            Ok(())
        })?;
        Ok(known != Token::Other)
    }

    /// Records a receipt.
    ///
    /// # Errors
    /// When its event is refused, or nothing can be read or written now.
    pub async fn take_receipt(
        &self,
        org: &Organization,
        source: &Source,
        receipt: Receipt,
    ) -> Result<Taken, ReceiptError> {
        let state = match &receipt.process_key {
            None => None,
            Some(key) => {
                let (app, org, key) = (self.clone(), org.clone(), key.clone());
                let read = tokio::task::spawn_blocking(move || app.reader.process(&org, &key)).await;
                read.map_err(|_| AppendError::Unavailable)??.map(|process| process.state)
            }
        };
        let is_known = state.is_some();
        let event = event(receipt, state.as_ref());
        let mut outcomes = self.log.append(org.entry(), source, Mode::Command, vec![event]).await?;
        match outcomes.pop().ok_or(AppendError::Unavailable)? {
            Outcome::Created(_) if is_known => Ok(Taken::Recorded),
            Outcome::Created(_) => Ok(Taken::OfNoProcess),
            // The same receipt, told when less or more was known of its process.
            Outcome::Duplicate(_) | Outcome::Refused(Refusal::IdConflict { .. }) => Ok(Taken::Duplicate),
            Outcome::Refused(why) => Err(why.into()),
        }
    }
}

fn event(receipt: Receipt, state: Option<&State>) -> Value {
    let Receipt { provider, status, channel, mut metadata, .. } = receipt;
    metadata.insert("wire_status".to_owned(), json!(format!("{channel}:{status}")));
    let mut event = json!({
        "id": id(provider, &receipt.identity),
        "action": action(&channel),
        "actor": {"type": "service", "id": provider, "name": receipt.provider_name},
        "occurred_at": receipt.occurred_at,
        "context": {"channel": "webhook"},
    });
    let signee = receipt.signee_key;
    match (receipt.process_key, state) {
        (Some(key), Some(state)) => {
            let name = state.display_name.as_ref().or(state.file_name.as_ref());
            event["targets"] = json!([{"type": "document", "id": key, "name": name}]);
            event["process"] = json!(key);
            match signee {
                Some(signee) if state.signee(&signee).is_some() => event["signee"] = json!(signee),
                // What it names is kept, as what the provider said.
                signee => metadata.extend(signee.map(|signee| ("signee_key".to_owned(), json!(signee)))),
            }
        }
        (process, _) => {
            let named = [("process_key", process), ("signee_key", signee)];
            let named = named.into_iter().filter_map(|(name, key)| Some((name.to_owned(), json!(key?))));
            metadata.extend(named);
        }
    }
    event["metadata"] = Value::Object(metadata);
    event
}

/// The action for a channel; one that no catalog knows has its own.
fn action(channel: &str) -> String {
    let word = channel.to_ascii_lowercase();
    let fits = (1..=CHANNEL_BYTES_MAX).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    format!("delivery.{}", if fits { &word } else { "other" })
}

/// Providers choose ids of any shape and length; ours has one.
fn id(provider: &str, identity: &str) -> String {
    let hash = Sha256::digest(identity.as_bytes());
    format!("receipt:{provider}:{}", Hex(&hash[..ID_BYTES]))
}
