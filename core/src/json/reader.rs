//! One pass over a JSON text, and where it was refused. Not here: the words for a refusal, and canonical bytes.

use serde_json::{Map, Number, Value};

use crate::json::{INTEGER_MAX, JsonError, JsonErrorKind, KEY_BYTES_MAX, push_pointer_segment};

/// Digits that always fit below [`INTEGER_MAX`], so that they need no rounding.
const PLAIN_DIGITS_MAX: usize = 15;

/// A refusal on its way out: each level adds its segment, so that reading what is good costs nothing.
pub(super) struct Failure {
    pub(super) kind: JsonErrorKind,
    pub(super) offset: usize,
    /// Unescaped, the innermost first.
    pub(super) pointer_reversed: Vec<String>,
}

impl Failure {
    fn new(kind: JsonErrorKind, offset: usize) -> Box<Self> {
        Box::new(Self { kind, offset, pointer_reversed: Vec::new() })
    }

    fn under(mut self: Box<Self>, segment: String) -> Box<Self> {
        self.pointer_reversed.push(segment);
        self
    }

    pub(super) fn locate(&self, bytes: &[u8]) -> JsonError {
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

pub(super) type Read<T> = Result<T, Box<Failure>>;

/// One pass over the text. `at` is always a character boundary: it only moves past ASCII or whole runs.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth_max: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, depth_max: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth_max }
    }

    pub(super) fn document(mut self) -> Read<Value> {
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
