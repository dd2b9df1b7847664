//! The forms of what is told of a process and its signees, whichever way it comes: a body that makes one, or an event.
//!
//! Deliberately absent: which member has which form; whoever reads them knows (`read`, the body of `POST processes`).

use crate::event::EVENT_ID_CHARS_MAX;
use crate::text::can_be_seen;

/// Longest key that a sender chooses, in characters: as of an event's id.
pub const KEY_CHARS_MAX: usize = EVENT_ID_CHARS_MAX;
/// A key that would be taken for a route.
const KEYS_NOT: &[&str] = &["total"];
/// Longest name or other short text, in characters.
pub const TEXT_CHARS_MAX: usize = 500;
/// Longest e-mail address, in characters (RFC 5321).
pub const EMAIL_CHARS_MAX: usize = 254;
/// Longest telephone number as written, in characters.
const PHONE_CHARS_MAX: usize = 40;
/// How many digits a telephone number has (E.164 allows 15; extensions come behind).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=20;
/// How a signature is made (`T24`).
pub const SIGNATURE_TYPES: &[&str] = &["Qualified", "Simple", "ClickToSign", "AdvancedVeriff", "BankIdSe"];

/// What a text should be, and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// `too_long` or `invalid_value`.
    pub code: &'static str,
    /// What it should be: `one e-mail address, such as …`.
    pub expected: String,
}

impl Misfit {
    fn odd(expected: impl Into<String>) -> Self {
        Self { code: "invalid_value", expected: expected.into() }
    }
}

/// Whether this is a key that a sender may choose.
///
/// # Errors
/// Says what one is.
pub fn key(key: &str) -> Result<(), Misfit> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:~-".contains(&byte);
    let fits = (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(is_plain);
    if fits && !KEYS_NOT.contains(&key) && !key.bytes().all(|byte| byte == b'.') {
        return Ok(());
    }
    Err(Misfit::odd(format!(
        "a key of 1 to {KEY_CHARS_MAX} characters of A-Z a-z 0-9 . _ : ~ -, not only dots, and not total"
    )))
}

/// Whether this is a name or another short text.
///
/// # Errors
/// Says what one is.
pub fn text(text: &str) -> Result<(), Misfit> {
    if text.chars().count() > TEXT_CHARS_MAX {
        let expected = format!("a text of at most {TEXT_CHARS_MAX} characters");
        return Err(Misfit { code: "too_long", expected });
    }
    if can_be_seen(text) && !text.contains(char::is_control) {
        return Ok(());
    }
    Err(Misfit::odd("a text in which something can be seen, without control characters"))
}

/// Whether this is one e-mail address, with nothing around it that a mailer would read otherwise.
///
/// # Errors
/// Says what one is.
pub fn email(email: &str) -> Result<(), Misfit> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c);
    let halves = email.rsplit_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
    let is_host = |host: &str| !(host.starts_with('.') || host.ends_with('.') || host.contains(".."));
    let fits = halves.is_some_and(|(name, host)| !name.contains('@') && is_host(host));
    if fits && !email.contains(is_odd) && email.chars().count() <= EMAIL_CHARS_MAX {
        return Ok(());
    }
    Err(Misfit::odd("one e-mail address, such as ana@acme.example, without a name around it"))
}

/// Whether this is a telephone number.
///
/// # Errors
/// Says what one is.
pub fn phone(phone: &str) -> Result<(), Misfit> {
    let number = phone.strip_prefix('+').unwrap_or(phone);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = number.chars().all(|c| c.is_ascii_digit() || " -.()/".contains(c));
    if is_plain && PHONE_DIGITS.contains(&digits) && phone.len() <= PHONE_CHARS_MAX {
        return Ok(());
    }
    Err(Misfit::odd("a telephone number, such as +354 555 1234"))
}

/// Whether this is a way to sign.
///
/// # Errors
/// Names them.
pub fn signature_type(name: &str) -> Result<(), Misfit> {
    if SIGNATURE_TYPES.contains(&name) {
        return Ok(());
    }
    Err(Misfit::odd(format!("one of {}", SIGNATURE_TYPES.join(", "))))
}
