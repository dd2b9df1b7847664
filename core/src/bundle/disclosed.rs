//! An event of a bundle, put together again from what is shown of it. Deliberately absent: whether it holds.

use serde_json::{Map, Value};

use crate::bundle::Line;
use crate::bundle::line::Shown;
use crate::ids::Seq;
use crate::json::pointer_name;

/// An event as far as it is disclosed.
#[derive(Clone, Debug, PartialEq)]
pub struct Disclosed {
    /// Its position in the log.
    pub index: Seq,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// The document `{"e", "s"}`. What is withheld or erased is not in it: members are absent, elements of an array whose
    /// length is shown are null, and an array of which nothing but the length is shown is that number.
    pub document: Value,
}

impl Line<'_> {
    /// The document as far as it is shown. Only a line that the verifier accepted has one.
    pub fn disclosed(&self) -> Disclosed {
        let document = value(&self.fields, 0);
        Disclosed { index: self.index, received_ms: self.received_ms, document }
    }
}

/// The value at a place whose path has `length` bytes, of the fields at and below it, which are in order.
fn value(fields: &[Shown<'_>], length: usize) -> Value {
    let (own, mut below) = match fields {
        [own, below @ ..] if own.path.len() == length => (Some(own), below),
        _ => (None, fields),
    };
    let own: Option<Value> = own.map(|own| serde_json::from_str(&own.value).unwrap_or(Value::Null));
    if below.is_empty() {
        return own.unwrap_or_else(|| Value::Object(Map::new()));
    }
    let mut members = Map::new();
    while let [first, ..] = below {
        let name = first.path[length + 1..].split('/').next().unwrap_or_default();
        let end = length + 1 + name.len();
        let is_inside = |field: &&Shown<'_>| {
            field.path.as_bytes().get(length + 1..end) == Some(name.as_bytes())
                && matches!(field.path.as_bytes().get(end), None | Some(b'/'))
        };
        let count = below.iter().take_while(is_inside).count();
        members.insert(pointer_name(name), value(&below[..count], end));
        below = &below[count..];
    }
    // No more elements than there are commitments, as the verifier has made sure.
    match own.as_ref().and_then(Value::as_u64) {
        None => Value::Object(members),
        Some(elements) => Value::Array(
            (0..elements).map(|at| members.remove(&at.to_string()).unwrap_or_default()).collect(),
        ),
    }
}
