//! What a PDF is made of: read from bytes, written as bytes. Deliberately absent: where objects lie, and what streams hold.

use std::collections::BTreeMap;
use std::ops::Range;

use everlog_core::hex::Hex;

use crate::trail::file::Fault;

/// Deepest nesting of arrays and dictionaries that is read.
const DEPTH_MAX: usize = 96;

/// A name without its slash, its escapes resolved.
pub type Name = Vec<u8>;

/// The number and generation of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The number.
    pub number: u32,
    /// The generation.
    pub generation: u16,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, as it was written.
    Real(String),
    /// Bytes of text.
    Text(Vec<u8>),
    /// A name.
    Name(Name),
    /// A list.
    Array(Vec<Object>),
    /// Members by name; of two with one name the later one holds.
    Dict(Dict),
    /// A dictionary with the place of its bytes in the file.
    Stream(Dict, Range<usize>),
    /// Another object.
    Reference(Id),
}

/// Members by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(BTreeMap<Name, Object>);

impl Dict {
    /// A member; nothing and the null object are the same.
    pub fn get(&self, name: &str) -> Option<&Object> {
        self.0.get(name.as_bytes()).filter(|it| **it != Object::Null)
    }

    /// Sets a member.
    pub fn set(&mut self, name: &str, value: Object) -> &mut Self {
        self.0.insert(name.as_bytes().to_vec(), value);
        self
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) -> Option<Object> {
        self.0.remove(name.as_bytes())
    }

    /// Every member.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Object)> {
        self.0.iter()
    }

    /// Every value, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.0.values_mut()
    }

    /// Whether the member is this name.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).and_then(Object::as_name) == Some(value.as_bytes())
    }
}

impl Object {
    /// A name.
    pub fn name(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    /// Text as PDF knows it: ASCII as it is, everything else as UTF-16.
    pub fn text(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Text(text.as_bytes().to_vec());
        }
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        Self::Text([0xFE, 0xFF].into_iter().chain(units).collect())
    }

    /// The whole number, when it is one.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    /// The number, whole or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Self::Real(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The name, when it is one.
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    /// The text, when it is one: its bytes.
    pub fn as_text(&self) -> Option<&[u8]> {
        if let Self::Text(bytes) = self { Some(bytes) } else { None }
    }

    /// The list, when it is one.
    pub fn as_array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The dictionary, also of a stream.
    pub fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) | Self::Stream(dict, _) = self { Some(dict) } else { None }
    }

    /// What is referred to, when it is a reference.
    pub fn as_reference(&self) -> Option<Id> {
        if let Self::Reference(id) = self { Some(*id) } else { None }
    }

    /// Writes the value; of a stream, its dictionary alone.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Integer(number) => put(out, format_args!("{number}")),
            Self::Real(text) => out.extend_from_slice(text.as_bytes()),
            Self::Text(bytes) => write_text(bytes, out),
            Self::Name(name) => write_name(name, out),
            Self::Array(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dict(dict) | Self::Stream(dict, _) => {
                out.extend_from_slice(b"<<");
                for (name, value) in dict.iter() {
                    write_name(name, out);
                    out.push(b' ');
                    value.write(out);
                }
                out.extend_from_slice(b">>");
            }
            Self::Reference(id) => put(out, format_args!("{} {} R", id.number, id.generation)),
        }
    }
}

impl From<Dict> for Object {
    fn from(dict: Dict) -> Self {
        Self::Dict(dict)
    }
}

impl From<Id> for Object {
    fn from(id: Id) -> Self {
        Self::Reference(id)
    }
}

/// Writes formatted text into bytes.
pub fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.extend_from_slice(text.to_string().as_bytes());
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !is_delimiter(*byte) && *byte != b'#' {
            out.push(*byte);
        } else {
            put(out, format_args!("#{byte:02X}"));
        }
    }
}

fn write_text(bytes: &[u8], out: &mut Vec<u8>) {
    let is_plain = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    if is_plain {
        out.push(b'(');
        for byte in bytes {
            if matches!(byte, b'(' | b')' | b'\\') {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.push(b')');
    } else {
        out.push(b'<');
        put(out, format_args!("{}", Hex(bytes)));
        out.push(b'>');
    }
}

/// Reads values from a place on.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    /// Where the next value is looked for.
    pub at: usize,
}

impl<'a> Lexer<'a> {
    /// A reader of these bytes from a place on.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        // A file may name any place.
        Self { bytes, at: at.min(bytes.len()) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Walks over white space and comments.
    pub fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|it| !matches!(it, b'\r' | b'\n')) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// Whether this word comes next; it is then passed.
    pub fn eat(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_next = rest.starts_with(word)
            && rest.get(word.len()).is_none_or(|next| is_space(*next) || is_delimiter(*next));
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// A run of regular characters.
    pub fn word(&mut self) -> &'a [u8] {
        self.skip_space();
        let start = self.at;
        while self.peek().is_some_and(|it| !is_space(it) && !is_delimiter(it)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    /// A whole number that is not negative.
    pub fn number<T: std::str::FromStr>(&mut self) -> Result<T, Fault> {
        let word = self.word();
        let is_digits = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(word).ok().filter(|_| is_digits);
        text.and_then(|it| it.parse().ok()).ok_or(Fault("a number is expected and is not there"))
    }

    /// The next value.
    pub fn object(&mut self) -> Result<Object, Fault> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault("values are nested too deeply"));
        }
        self.skip_space();
        match self.peek().ok_or(Fault("it ends in the middle of a value"))? {
            b'/' => Ok(Object::Name(self.name())),
            b'(' => self.literal(),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip_space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        return Ok(Object::Array(items));
                    }
                    items.push(self.nested(depth + 1)?);
                }
            }
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                self.dict(depth).map(Object::Dict)
            }
            b'<' => self.hexadecimal(),
            byte if !is_delimiter(byte) => self.plain(),
            _ => Err(Fault("a value is expected and is not there")),
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, Fault> {
        let mut dict = Dict::default();
        loop {
            self.skip_space();
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if rest.starts_with(b">>") {
                self.at += 2;
                return Ok(dict);
            }
            if !rest.starts_with(b"/") {
                return Err(Fault("a dictionary holds something without a name"));
            }
            let name = self.name();
            dict.0.insert(name, self.nested(depth + 1)?);
        }
    }

    fn name(&mut self) -> Name {
        self.at += 1;
        let word = {
            let start = self.at;
            while self.peek().is_some_and(|it| !is_space(it) && !is_delimiter(it)) {
                self.at += 1;
            }
            &self.bytes[start..self.at]
        };
        let mut name = Vec::with_capacity(word.len());
        let mut place = 0;
        while place < word.len() {
            let escaped = (word[place] == b'#').then(|| word.get(place + 1..place + 3)).flatten();
            if let Some(byte) = escaped.and_then(|it| hex_byte(it[0], it[1])) {
                name.push(byte);
                place += 3;
            } else {
                name.push(word[place]);
                place += 1;
            }
        }
        name
    }

    fn literal(&mut self) -> Result<Object, Fault> {
        let mut text = Vec::new();
        let mut open = 0_usize;
        loop {
            let byte = self.peek().ok_or(Fault("it ends in the middle of a text"))?;
            self.at += 1;
            match byte {
                b'(' => {
                    open += 1;
                    if open > 1 {
                        text.push(byte);
                    }
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(Object::Text(text));
                    }
                    text.push(byte);
                }
                b'\\' => self.escape(&mut text)?,
                _ => text.push(byte),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Fault> {
        let byte = self.peek().ok_or(Fault("it ends in the middle of a text"))?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                // High-order overflow is ignored (ISO 32000-1, 7.3.4.2).
                text.push(value.to_le_bytes()[0]);
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<Object, Fault> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            let byte = self.peek().ok_or(Fault("it ends in the middle of a text"))?;
            self.at += 1;
            match byte {
                b'>' => break,
                byte if is_space(byte) => {}
                byte if byte.is_ascii_hexdigit() => digits.push(byte),
                _ => return Err(Fault("a hexadecimal text holds something else")),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        Ok(Object::Text(digits.chunks_exact(2).filter_map(|it| hex_byte(it[0], it[1])).collect()))
    }

    /// A number, a reference or a word.
    fn plain(&mut self) -> Result<Object, Fault> {
        let fault = Fault("a value is expected and is not there");
        let word = std::str::from_utf8(self.word()).map_err(|_| fault)?;
        match word {
            "null" => return Ok(Object::Null),
            "true" => return Ok(Object::Bool(true)),
            "false" => return Ok(Object::Bool(false)),
            _ => {}
        }
        if let Ok(number) = word.parse::<i64>() {
            return Ok(self.reference(word).map_or(Object::Integer(number), Object::Reference));
        }
        let is_real = word.bytes().any(|it| it.is_ascii_digit())
            && word.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+'))
            && word.parse::<f64>().is_ok_and(f64::is_finite);
        is_real.then(|| Object::Real(word.to_owned())).ok_or(fault)
    }

    /// What `12 0 R` refers to, its first number being read already.
    fn reference(&mut self, first: &str) -> Option<Id> {
        let number = first.parse::<u32>().ok()?;
        let mut ahead = self.clone();
        let generation = ahead.number::<u16>().ok()?;
        if !ahead.eat(b"R") {
            return None;
        }
        self.at = ahead.at;
        Some(Id { number, generation })
    }
}

/// White space as PDF knows it.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

/// A moment as PDF writes it, in UTC; one beyond all calendars is null.
pub fn date(ms: u64) -> Object {
    let moment = i64::try_from(ms).ok().and_then(|it| jiff::Timestamp::from_millisecond(it).ok());
    moment.map_or(Object::Null, |it| Object::text(&it.strftime("D:%Y%m%d%H%M%SZ").to_string()))
}
