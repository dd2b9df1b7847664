//! The strict JSON reader that everything recorded passes through, and the canonical bytes that are hashed.
//!
//! Deliberately absent: streaming, leniency, and any knowledge of events; what a document must hold is
//! decided elsewhere.

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::json::reader::{Failure, Reader};

mod reader;

/// Deepest nesting of objects and arrays in one event; the event itself is at depth 1.
pub const DEPTH_MAX: usize = 32;

/// Deepest nesting that any caller can ask for: reading recurses, so this bounds the stack.
pub const DEPTH_LIMIT: usize = 128;

/// Longest member name in bytes, after unescaping.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Largest whole number, 2^53 − 1: beyond it neighbours share one double.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// What is wrong with a text that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// Something else stands where the grammar wants this.
    #[error("expected {0}")]
    Syntax(&'static str),
    /// The text stops inside a value, or holds none.
    #[error("the text ends before the value is complete")]
    UnexpectedEnd,
    /// Something follows the one value.
    #[error("something follows the end of the value")]
    TrailingCharacters,
    /// The text begins with U+FEFF.
    #[error("the text begins with a byte order mark; send UTF-8 without one")]
    ByteOrderMark,
    /// The bytes are not UTF-8.
    #[error("the bytes are not valid UTF-8")]
    InvalidUtf8,
    /// An object names a member twice, be it with different escapes.
    #[error("this member name occurs twice in the object")]
    DuplicateKey,
    /// A member name is longer than [`KEY_BYTES_MAX`].
    #[error("a member name is longer than {KEY_BYTES_MAX} bytes")]
    KeyTooLong,
    /// Objects and arrays are nested deeper than allowed.
    #[error("objects and arrays are nested too deep")]
    TooDeep,
    /// A number that a double cannot hold faithfully.
    #[error(
        "the number is out of range: whole numbers go up to ±{INTEGER_MAX}, \
         and no other number may become infinite or zero"
    )]
    NumberOutOfRange,
    /// Half of a surrogate pair.
    #[error("a \\u escape is half of a surrogate pair")]
    LoneSurrogate,
    /// U+0000, escaped or not.
    #[error("the character U+0000 is not allowed")]
    NulCharacter,
    /// A control character that JSON wants escaped.
    #[error("a control character inside a string must be escaped")]
    ControlCharacter,
    /// A backslash with something that JSON does not define.
    #[error("a backslash in a string begins no escape that JSON knows")]
    InvalidEscape,
}

impl JsonErrorKind {
    /// The stable code of this kind, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::UnexpectedEnd => "unexpected_end",
            Self::TrailingCharacters => "trailing_characters",
            Self::ByteOrderMark => "byte_order_mark",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::DuplicateKey => "duplicate_key",
            Self::KeyTooLong => "key_too_long",
            Self::TooDeep => "too_deep",
            Self::NumberOutOfRange => "number_out_of_range",
            Self::LoneSurrogate => "lone_surrogate",
            Self::NulCharacter => "nul_character",
            Self::ControlCharacter => "control_character",
            Self::InvalidEscape => "invalid_escape",
        }
    }
}

/// Why a text was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Bytes before the place.
    pub offset: usize,
    /// Line of the place, from 1.
    pub line: usize,
    /// Character of the place within its line, from 1.
    pub column: usize,
    /// RFC 6901 pointer to the innermost value that holds the place or is missing there; empty at the top.
    pub pointer: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at line {}, column {}", self.kind, self.line, self.column)?;
        if !self.pointer.is_empty() {
            write!(formatter, ", in {}", self.pointer)?;
        }
        Ok(())
    }
}

/// Reads one event's worth of JSON: [`parse_with_depth`] with [`DEPTH_MAX`].
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    parse_with_depth(bytes, DEPTH_MAX)
}

/// Reads exactly one JSON value by the input rules of the leaf format.
///
/// Whole numbers come back as integers however they were written. What is accepted has canonical bytes
/// that are accepted again and give the same value. `depth_max` counts objects and arrays only and is cut
/// to [`DEPTH_LIMIT`]; an array of events needs one level more than an event.
pub fn parse_with_depth(bytes: &[u8], depth_max: usize) -> Result<Value, JsonError> {
    let depth_max = depth_max.min(DEPTH_LIMIT);
    let failure = match std::str::from_utf8(bytes) {
        Ok(text) => match Reader::new(text, depth_max).document() {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        },
        Err(error) => {
            // What stands before the broken byte is read, to say which value holds it.
            let (valid, _) = bytes.split_at(error.valid_up_to());
            let before = std::str::from_utf8(valid).unwrap_or_default();
            let pointer = match Reader::new(before, depth_max).document() {
                Err(failure) if failure.kind != JsonErrorKind::UnexpectedEnd => {
                    return Err(failure.locate(bytes));
                }
                Err(failure) => failure.pointer_reversed,
                Ok(_) => Vec::new(),
            };
            Box::new(Failure {
                kind: JsonErrorKind::InvalidUtf8,
                offset: valid.len(),
                pointer_reversed: pointer,
            })
        }
    };
    Err(failure.locate(bytes))
}

/// The RFC 8785 bytes of a value: what is hashed, compared and stored.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    write_canonical(value, &mut bytes);
    bytes
}

/// Appends the RFC 8785 bytes of a value.
pub fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out),
    }
}

/// Members go out by the UTF-16 code units of their names.
fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) {
    // Below U+E000 the order of UTF-8 bytes is that of UTF-16 code units. Such names are usually sorted
    // already, since a map without insertion order keeps them so; then nothing is collected.
    let plain = |name: &str| name.bytes().all(|byte| byte < 0xEE);
    let sorted = members.keys().all(|name| plain(name)) && members.keys().is_sorted();
    out.push(b'{');
    if sorted {
        write_members(members.iter(), out);
    } else {
        let mut ordered: Vec<_> = members.iter().collect();
        ordered.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
        write_members(ordered.into_iter(), out);
    }
    out.push(b'}');
}

fn write_members<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    for (position, (name, value)) in members.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write_canonical(value, out);
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    match number.as_i64() {
        Some(integer) if integer.unsigned_abs() <= INTEGER_MAX.unsigned_abs() => {
            use std::io::Write as _;
            #[expect(clippy::expect_used, reason = "writing to a vector never fails")]
            write!(out, "{integer}").expect("a vector takes every byte");
        }
        _ => {
            #[expect(
                clippy::expect_used,
                reason = "a serde_json number is finite, and a vector takes every byte"
            )]
            serde_json_canonicalizer::to_writer(number, out).expect("a finite number has canonical bytes");
        }
    }
}

/// Appends a text as a JSON string, in canonical form.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut written = 0;
    out.push(b'"');
    for (position, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[written..position]);
        written = position + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0x0F)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// Whether an RFC 6901 pointer is another one, or leads further below it.
pub fn is_at_or_below(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether an RFC 6901 pointer is written as one: empty or behind a slash, and every `~` an escape.
pub fn is_pointer(text: &str) -> bool {
    let mut escapes = text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/')) && escapes.all(|rest| rest.starts_with(['0', '1']))
}

/// The member name that a segment of a pointer stands for.
pub fn pointer_name(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// Appends one segment of an RFC 6901 pointer, its slash included.
pub fn push_pointer_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    if !segment.contains(['~', '/']) {
        pointer.push_str(segment);
        return;
    }
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

#[cfg(test)]
mod tests;
