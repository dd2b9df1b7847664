//! The texts that callers show: how they are made and recognised. Deliberately absent: keeping them; only hashes are kept.

use std::fmt;

use crate::access::CREDENTIAL_BYTES_MAX;

/// How every key begins.
pub const KEY_PREFIX: &str = "evl_sk_";
/// How every session token begins.
pub const SESSION_PREFIX: &str = "evl_vs_";
/// How every one-time code of a link begins.
const CODE_PREFIX: &str = "evl_vc_";

/// Random characters of a secret: 178 bits.
const RANDOM_CHARS: usize = 30;
/// Characters of a key's check sum.
const CHECK_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A credential in clear; shown once and never kept. Its debug form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new key: 30 random characters and 6 of their CRC-32, so that a mistyped one is known without looking it up.
    pub fn new_key() -> Self {
        let random = random_base62(RANDOM_CHARS);
        Self(format!("{KEY_PREFIX}{random}{}", check(&random)))
    }

    /// A new session token.
    pub fn new_session() -> Self {
        Self(format!("{SESSION_PREFIX}{}", random_base62(RANDOM_CHARS)))
    }

    /// A new one-time code.
    pub fn new_code() -> Self {
        Self(format!("{CODE_PREFIX}{}", random_base62(RANDOM_CHARS)))
    }

    /// What may be a secret of ours, by its form alone.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > CREDENTIAL_BYTES_MAX {
            return None;
        }
        let is_plain = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let fits = match text.strip_prefix(KEY_PREFIX) {
            Some(rest) => {
                is_plain(rest, RANDOM_CHARS + CHECK_CHARS)
                    && check(&rest[..RANDOM_CHARS]) == rest[RANDOM_CHARS..]
            }
            None => {
                let rest = text.strip_prefix(SESSION_PREFIX).or_else(|| text.strip_prefix(CODE_PREFIX));
                rest.is_some_and(|rest| is_plain(rest, RANDOM_CHARS))
            }
        };
        fits.then(|| Self(text.to_owned()))
    }

    /// The secret in clear.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

fn check(random: &str) -> String {
    let mut sum = crc32fast::hash(random.as_bytes());
    let mut digits = [0; CHECK_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(sum % 62) as usize];
        sum /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// Random digits of base 62, each equally likely.
///
/// # Panics
/// Where the system has no randomness left to give, no secret may be made.
#[expect(clippy::expect_used, reason = "without randomness secrets would be guessable")]
pub(super) fn random_base62(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        // 248 is the largest multiple of 62 in a byte: what lies above would favour the first digits.
        let fair = bytes.into_iter().filter(|&byte| byte < 248);
        text.extend(fair.map(|byte| char::from(BASE62[usize::from(byte % 62)])).take(length - text.len()));
    }
    text
}
