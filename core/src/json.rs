//! The strict JSON reader that everything recorded passes through, and the canonical bytes that are hashed.
//!
//! Deliberately absent: streaming, leniency, and any knowledge of events; what a document must hold is
//! decided elsewhere.

use std::fmt;

use serde_json::{Map, Number, Value};

/// Deepest nesting of objects and arrays in one event; the event itself is at depth 1.
pub const DEPTH_MAX: usize = 32;

/// Deepest nesting that any caller can ask for: reading recurses, so this bounds the stack.
pub const DEPTH_LIMIT: usize = 128;

/// Longest member name in bytes, after unescaping.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Largest whole number, 2^53 − 1: beyond it neighbours share one double.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// Digits that always fit below [`INTEGER_MAX`], so that they need no rounding.
const PLAIN_DIGITS_MAX: usize = 15;

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

fn write_string(text: &str, out: &mut Vec<u8>) {
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

/// A refusal on its way out: each level adds its segment, so that reading what is good costs nothing.
struct Failure {
    kind: JsonErrorKind,
    offset: usize,
    pointer_reversed: Vec<String>,
}

impl Failure {
    fn new(kind: JsonErrorKind, offset: usize) -> Box<Self> {
        Box::new(Self { kind, offset, pointer_reversed: Vec::new() })
    }

    fn under(mut self: Box<Self>, segment: String) -> Box<Self> {
        self.pointer_reversed.push(segment);
        self
    }

    fn locate(&self, bytes: &[u8]) -> JsonError {
        let before = bytes.get(..self.offset).unwrap_or(bytes);
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |position| position + 1);
        let mut pointer = String::new();
        for segment in self.pointer_reversed.iter().rev() {
            push_pointer_segment(&mut pointer, segment);
        }
        JsonError {
            kind: self.kind,
            offset: self.offset,
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            pointer,
        }
    }
}

type Read<T> = Result<T, Box<Failure>>;

/// One pass over the text. `at` is always a character boundary: it only moves past ASCII or whole runs.
struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth_max: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, depth_max: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth_max }
    }

    fn document(mut self) -> Read<Value> {
        if self.text.starts_with('\u{FEFF}') {
            return Err(Failure::new(JsonErrorKind::ByteOrderMark, 0));
        }
        self.skip_space();
        let value = self.value(0)?;
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(Failure::new(JsonErrorKind::TrailingCharacters, self.at));
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The failure for something other than `expected` at the current place.
    fn unexpected(&self, expected: &'static str) -> Box<Failure> {
        match self.peek() {
            None => Failure::new(JsonErrorKind::UnexpectedEnd, self.at),
            Some(0) => Failure::new(JsonErrorKind::NulCharacter, self.at),
            Some(_) => Failure::new(JsonErrorKind::Syntax(expected), self.at),
        }
    }

    /// Reads the value that begins here; `depth` objects and arrays are open around it.
    fn value(&mut self, depth: usize) -> Read<Value> {
        match self.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(self.number()?)),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn literal(&mut self, word: &'static str, value: Value) -> Read<Value> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        let kind = if word.as_bytes().starts_with(rest) {
            JsonErrorKind::UnexpectedEnd
        } else {
            JsonErrorKind::Syntax("a value")
        };
        Err(Failure::new(kind, self.at))
    }

    /// Steps over the opening bracket of the object or array that is at `depth`.
    fn open(&mut self, depth: usize) -> Read<()> {
        if depth > self.depth_max {
            return Err(Failure::new(JsonErrorKind::TooDeep, self.at));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        self.open(depth)?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            let item = self.value(depth).map_err(|failure| failure.under(items.len().to_string()))?;
            items.push(item);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.unexpected("`,` or `]`")),
            }
            self.skip_space();
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.open(depth)?;
        let mut members = Map::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.member(depth, &mut members)?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.unexpected("`,` or `}`")),
            }
            self.skip_space();
        }
    }

    fn member(&mut self, depth: usize, members: &mut Map<String, Value>) -> Read<()> {
        let name_at = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a member name in double quotes"));
        }
        let name = self.string()?;
        if name.len() > KEY_BYTES_MAX {
            return Err(Failure::new(JsonErrorKind::KeyTooLong, name_at));
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        if members.contains_key(&name) {
            return Err(Failure::new(JsonErrorKind::DuplicateKey, name_at).under(name));
        }
        self.at += 1;
        self.skip_space();
        match self.value(depth) {
            Ok(value) => {
                members.insert(name, value);
                Ok(())
            }
            Err(failure) => Err(failure.under(name)),
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let run = self.plain_run();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(run.to_owned());
        }
        let mut text = run.to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    text.push(character);
                }
                None => return Err(Failure::new(JsonErrorKind::UnexpectedEnd, self.at)),
                Some(0) => return Err(Failure::new(JsonErrorKind::NulCharacter, self.at)),
                Some(_) => return Err(Failure::new(JsonErrorKind::ControlCharacter, self.at)),
            }
            text.push_str(self.plain_run());
        }
    }

    /// Steps over the characters that stand for themselves.
    fn plain_run(&mut self) -> &'a str {
        let start = self.at;
        let special = |&byte: &u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        self.at = match self.bytes[start..].iter().position(special) {
            Some(length) => start + length,
            None => self.bytes.len(),
        };
        &self.text[start..self.at]
    }

    fn escape(&mut self) -> Read<char> {
        let backslash = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(backslash),
            None => return Err(Failure::new(JsonErrorKind::UnexpectedEnd, self.at)),
            Some(_) => return Err(Failure::new(JsonErrorKind::InvalidEscape, backslash)),
        };
        self.at += 1;
        Ok(character)
    }

    /// Reads `uXXXX`, or two of them when they are a surrogate pair.
    fn unicode_escape(&mut self, backslash: usize) -> Read<char> {
        let unit = self.code_unit(backslash)?;
        if unit == 0 {
            return Err(Failure::new(JsonErrorKind::NulCharacter, backslash));
        }
        let mut units = [unit, 0];
        let mut length = 1;
        if (0xD800..0xDC00).contains(&unit) && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 1;
            units[1] = self.code_unit(self.at - 1)?;
            length = 2;
        }
        match char::decode_utf16(units[..length].iter().copied()).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(Failure::new(JsonErrorKind::LoneSurrogate, backslash)),
        }
    }

    /// Reads `uXXXX`.
    fn code_unit(&mut self, backslash: usize) -> Read<u16> {
        let mut unit = 0;
        for position in self.at + 1..self.at + 5 {
            let Some(&byte) = self.bytes.get(position) else {
                return Err(Failure::new(JsonErrorKind::UnexpectedEnd, self.bytes.len()));
            };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(Failure::new(JsonErrorKind::InvalidEscape, backslash));
            };
            unit = unit << 4 | digit as u16;
        }
        self.at += 5;
        Ok(unit)
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Read<Number> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        if negative {
            self.at += 1;
        }
        let integer_at = self.at;
        self.digits()?;
        if self.bytes[integer_at] == b'0' && self.at > integer_at + 1 {
            return Err(Failure::new(JsonErrorKind::Syntax("no digit after a leading zero"), integer_at + 1));
        }
        if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) && self.at - integer_at <= PLAIN_DIGITS_MAX {
            let magnitude = self.bytes[integer_at..self.at]
                .iter()
                .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            return Ok(Number::from(if negative { -magnitude } else { magnitude }));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mantissa_end = self.at;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let written_zero = !self.bytes[start..mantissa_end].iter().any(|byte| (b'1'..=b'9').contains(byte));
        faithful_number(&self.text[start..self.at], written_zero)
            .ok_or_else(|| Failure::new(JsonErrorKind::NumberOutOfRange, start))
    }
}

/// The number that a literal of the right grammar stands for, rounded to the nearest double.
///
/// Every double from 2^53 up is whole, so one bound refuses whole literals beyond it, literals that round
/// to one, and infinity.
fn faithful_number(literal: &str, written_zero: bool) -> Option<Number> {
    let double: f64 = literal.parse().ok()?;
    let within = double.abs() <= INTEGER_MAX as f64;
    let vanished = double == 0.0 && !written_zero;
    if !within || vanished {
        return None;
    }
    if double.fract() == 0.0 {
        return Some(Number::from(double as i64));
    }
    Number::from_f64(double)
}

#[cfg(test)]
mod tests;
