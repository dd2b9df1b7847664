//! Whether fields can be those of one document: the flatten rule read backwards.
//!
//! Deliberately absent: the document. What is checked here is what taking it apart again would tell, without building it.

use std::cmp::Ordering;

use serde_json::Value;

use crate::bundle::line::Shown;
use crate::bundle::{Fault, FieldFault};
use crate::json::{self, DEPTH_MAX};
use crate::leaf::{KEY_BYTES_MAX, PATH_BYTES_MAX, PATH_SEGMENTS_MAX};

/// Longest whole number that is taken as it stands, in digits: shorter than the largest there is.
const PLAIN_DIGITS_MAX: usize = 15;

/// What a value is to the flatten rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `{}`.
    EmptyObject,
    /// An object with members.
    Object,
    /// An array with an object among its elements.
    ArrayWithObject,
    /// A whole number that may be a length.
    Whole(u64),
    /// Everything else.
    Plain,
}

/// Puts the fields in order and checks that one document can have them, beside `hidden` fields that are not shown. With
/// none hidden, taking that document apart gives exactly these fields.
pub(super) fn check(fields: &mut [Shown<'_>], hidden: usize) -> Result<(), Fault> {
    for field in &*fields {
        check_path(&field.path).ok_or_else(|| field.fault(FieldFault::Path))?;
    }
    fields.sort_by(|left, right| by_place(&left.path, &right.path));
    if let Some(pair) = fields.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(pair[1].fault(FieldFault::Twice));
    }
    let mut left_out = 0;
    if !fields.is_empty() {
        node(fields, 0, 0, &mut left_out)?;
    }
    if left_out > hidden as u64 {
        return Err(Fault::ElementsLeftOut);
    }
    Ok(())
}

/// A pointer below `/e` or `/s`, short enough, its escapes in order.
fn check_path(path: &str) -> Option<()> {
    let is_below = path.starts_with("/e/") || path.starts_with("/s/");
    if !(is_below && path.len() <= PATH_BYTES_MAX) {
        return None;
    }
    let mut segments = 0;
    for segment in path[1..].split('/') {
        segments += 1;
        let mut length = 0;
        let mut bytes = segment.bytes();
        while let Some(byte) = bytes.next() {
            length += 1;
            let is_whole = match byte {
                0 => false,
                b'~' => matches!(bytes.next(), Some(b'0' | b'1')),
                _ => true,
            };
            if !is_whole {
                return None;
            }
        }
        if length > KEY_BYTES_MAX {
            return None;
        }
    }
    (segments <= PATH_SEGMENTS_MAX).then_some(())
}

/// An order in which a path stands directly before those below it: the slash comes before every other character.
fn by_place(left: &str, right: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    match left.bytes().zip(right.bytes()).find(|(left, right)| left != right) {
        Some((left, right)) => rank(left).cmp(&rank(right)),
        None => left.len().cmp(&right.len()),
    }
}

/// Checks the fields at and below a place, whose path has `length` bytes and `segments` segments; tells whether an object
/// may be there, and counts the elements of arrays that are nowhere.
fn node(fields: &[Shown<'_>], length: usize, segments: usize, left_out: &mut u64) -> Result<bool, Fault> {
    let (own, mut below) = match fields {
        [own, below @ ..] if own.path.len() == length => (Some((own, kind(own, segments)?)), below),
        _ => (None, fields),
    };
    if let Some((own, kind)) = own
        && below.is_empty()
    {
        let is_apart = matches!(kind, Kind::Object | Kind::ArrayWithObject);
        if is_apart && segments < PATH_SEGMENTS_MAX {
            return Err(own.fault(FieldFault::NotFlat));
        }
        return Ok(matches!(kind, Kind::Object | Kind::EmptyObject));
    }
    let array = match own {
        None => None,
        Some((own, Kind::Whole(length))) => Some((own, length)),
        Some((own, _)) => return Err(own.fault(FieldFault::NotALength)),
    };
    let (mut children, mut may_hold_object) = (0, false);
    while let [first, ..] = below {
        let name = first.path[length + 1..].split('/').next().unwrap_or_default();
        let end = length + 1 + name.len();
        let is_inside = |field: &Shown<'_>| {
            // The names are equal where the paths are equal up to the end and a segment ends there.
            field.path.as_bytes().get(length + 1..end) == Some(name.as_bytes())
                && matches!(field.path.as_bytes().get(end), None | Some(b'/'))
        };
        let count = below.iter().take_while(|field| is_inside(field)).count();
        if let Some((_, elements)) = array
            && !is_element(name, elements)
        {
            return Err(first.fault(FieldFault::NotAnElement));
        }
        may_hold_object |= node(&below[..count], end, segments + 1, left_out)?;
        children += 1;
        below = &below[count..];
    }
    let Some((own, elements)) = array else { return Ok(true) };
    if children == elements && !may_hold_object {
        return Err(own.fault(FieldFault::NoObject));
    }
    *left_out = left_out.saturating_add(elements - children);
    Ok(false)
}

/// Whether a name is the position of an element: decimal, without leading zeros, below the length.
fn is_element(name: &str, elements: u64) -> bool {
    let is_plain = name == "0" || (!name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()));
    is_plain && name.parse().is_ok_and(|position: u64| position < elements)
}

/// Reads a value; only canonical bytes that the input rules accept are one.
fn kind(field: &Shown<'_>, segments: usize) -> Result<Kind, Fault> {
    let text = field.value.as_ref();
    if let Some(kind) = plain_kind(text.as_bytes()) {
        return Ok(kind);
    }
    let bad = || field.fault(FieldFault::NotCanonical);
    // The document itself is one deeper than the event.
    let value = json::parse_with_depth(text.as_bytes(), DEPTH_MAX + 1 - segments).map_err(|_| bad())?;
    if json::canonical(&value) != text.as_bytes() {
        return Err(bad());
    }
    Ok(match &value {
        Value::Object(members) if members.is_empty() => Kind::EmptyObject,
        Value::Object(_) => Kind::Object,
        Value::Array(items) if items.iter().any(Value::is_object) => Kind::ArrayWithObject,
        Value::Number(number) => number.as_u64().map_or(Kind::Plain, Kind::Whole),
        _ => Kind::Plain,
    })
}

/// What most values are, told without reading them as JSON: they have one spelling, and this is it.
fn plain_kind(text: &[u8]) -> Option<Kind> {
    match text {
        [b'"', inner @ .., b'"'] => {
            let is_plain = inner.iter().all(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\');
            is_plain.then_some(Kind::Plain)
        }
        b"true" | b"false" | b"null" => Some(Kind::Plain),
        b"0" => Some(Kind::Whole(0)),
        [b'1'..=b'9', ..] if text.len() <= PLAIN_DIGITS_MAX && text.iter().all(u8::is_ascii_digit) => {
            let number = text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            Some(Kind::Whole(number))
        }
        _ => None,
    }
}
