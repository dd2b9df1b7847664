//! Erasing fields of a recorded event: which may go, what is left of the document, and its commitments all the same.
//!
//! Deliberately absent: who may erase and why, and the record that tells of it. What is erased here is gone from the
//! values that are passed in; making it gone from the disk is the store's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hex::{self, Hex};
use crate::ids::Seq;
use crate::json::{is_at_or_below, pointer_name};
use crate::leaf::{self, Field, Hash, Salt, Seed, flatten};

/// What stays whatever is asked: it orders the log and decides who sees the event, and says nothing of a person.
/// A path above one of these names what is beside it.
pub const KEPT: &[&str] = &[
    "/e/action",
    "/e/actor/type",
    "/e/audience",
    "/e/id",
    "/e/occurred_at",
    "/e/on_behalf_of/type",
    "/e/outcome",
    "/e/process",
    "/e/signee",
    "/s/anomalies",
    "/s/automated",
    "/s/cause",
    "/s/id",
    "/s/kind",
    "/s/mode",
    "/s/redacted",
    "/s/via",
];

/// Where the salts of an event's fields are.
#[derive(Clone, PartialEq, Eq)]
pub enum Salts {
    /// All follow from one seed: nothing was erased.
    Seed(Seed),
    /// Written out one by one, because the seed would lead to the erased ones too.
    Written(Written),
}

/// The salts of what is left of an event, and the commitments of what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The salt of each field that is left, by its path.
    pub salts: BTreeMap<String, Salt>,
    /// What was erased, in the order of the commitments.
    pub erased: Vec<ErasedField>,
}

/// A field that was erased. Its own path may say something of a person; what named it was chosen by who asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErasedField {
    /// Its commitment, which stays in the leaf.
    pub commitment: Hash,
    /// The position of the record of its erasure.
    pub by: Seq,
    /// The pointer by which it was named.
    pub pointer: String,
}

impl std::fmt::Debug for Salts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seed(seed) => seed.fmt(formatter),
            Self::Written(written) => written.fmt(formatter),
        }
    }
}

impl Salts {
    /// What was erased; nothing of most events.
    pub fn erased(&self) -> &[ErasedField] {
        match self {
            Self::Seed(_) => &[],
            Self::Written(written) => &written.erased,
        }
    }

    /// The fields of a document that are left, each with its salt.
    pub fn fields(&self, document: &Value) -> Vec<(Field, Salt)> {
        let fields = flatten(document).into_iter();
        match self {
            Self::Seed(seed) => fields.map(|field| (seed.salt(&field.path), field)).map(swap).collect(),
            // What stands in the place of an erased element has no salt.
            Self::Written(written) => {
                fields.filter_map(|field| Some((*written.salts.get(&field.path)?, field))).map(swap).collect()
            }
        }
    }

    /// The commitments of the event's leaf, ascending.
    pub fn commitments(&self, document: &Value) -> Vec<Hash> {
        match self {
            Self::Seed(seed) => leaf::commitments(document, seed),
            Self::Written(written) => {
                let fields = self.fields(document);
                let left =
                    fields.iter().map(|(field, salt)| leaf::commitment(&field.path, &field.value, salt));
                let mut hashes: Vec<Hash> =
                    left.chain(written.erased.iter().map(|erased| erased.commitment)).collect();
                hashes.sort_unstable();
                hashes
            }
        }
    }

    /// The commitments of the fields that these pointers name and that may go, each with the pointer; in order.
    pub fn named(&self, document: &Value, pointers: &[&str]) -> Vec<(Hash, String)> {
        let fields = self.fields(document);
        let named = fields.iter().filter_map(|(field, salt)| {
            let pointer = naming(document, &field.path, pointers)?;
            Some((leaf::commitment(&field.path, &field.value, salt), pointer.to_owned()))
        });
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        named
    }

    /// Takes the named fields out of a document; `by` is the position of the record. Gives what there is to keep in the
    /// place of the salts so far, or nothing when no field is named.
    pub fn erase(&self, document: &mut Value, pointers: &[&str], by: Seq) -> Option<Written> {
        let mut written = Written { salts: BTreeMap::new(), erased: self.erased().to_vec() };
        let mut gone = Vec::new();
        for (field, salt) in self.fields(document) {
            match naming(document, &field.path, pointers) {
                Some(pointer) => {
                    let commitment = leaf::commitment(&field.path, &field.value, &salt);
                    written.erased.push(ErasedField { commitment, by, pointer: pointer.to_owned() });
                    gone.push(field.path);
                }
                None => drop(written.salts.insert(field.path, salt)),
            }
        }
        if gone.is_empty() {
            return None;
        }
        // Deeper ones first, so that an object is empty when its turn comes.
        gone.iter().rev().for_each(|path| take(document, path));
        written.erased.sort_unstable();
        Some(written)
    }
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// Whether a pointer names anything that may be erased, in whatever event.
pub fn may_name(pointer: &str) -> bool {
    let is_inside = |root| is_at_or_below(pointer, root);
    (is_inside("/e") || is_inside("/s")) && !KEPT.iter().any(|kept| is_at_or_below(pointer, kept))
}

/// The pointer by which a field is erased: one above it, of it, or inside it.
fn naming<'a>(document: &Value, path: &str, pointers: &[&'a str]) -> Option<&'a str> {
    let names = |pointer: &&&str| is_at_or_below(path, pointer) || is_at_or_below(pointer, path);
    let pointer = pointers.iter().find(names)?;
    let is_length =
        || document.pointer(path).and_then(Value::as_array).is_some_and(|it| it.iter().any(Value::is_object));
    let is_kept = KEPT.iter().any(|kept| is_at_or_below(path, kept)) || is_length();
    (!is_kept).then_some(*pointer)
}

/// Takes the value at a path away, and the objects that are empty then. An element of an array leaves something in its
/// place, an object for an object: the others keep their positions, and the array its length.
fn take(document: &mut Value, path: &str) {
    let Some((parent, name)) = path.rsplit_once('/') else { return };
    let is_emptied = match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&pointer_name(name));
            members.is_empty()
        }
        Some(Value::Array(items)) => {
            if let Some(item) = name.parse().ok().and_then(|place: usize| items.get_mut(place)) {
                *item = if item.is_object() { Value::Object(serde_json::Map::new()) } else { Value::Null };
            }
            false
        }
        _ => false,
    };
    // `/e` and `/s` themselves stay, and so does an emptied element.
    let is_member = |(above, _): (&str, &str)| document.pointer(above).is_some_and(Value::is_object);
    if is_emptied && parent.matches('/').count() > 1 && parent.rsplit_once('/').is_some_and(is_member) {
        take(document, parent);
    }
}

/// As it is kept: members in a fixed order, hashes and salts in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    salts: BTreeMap<String, String>,
    erased: Vec<(String, Seq, String)>,
}

impl Written {
    /// What a store keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        let kept = Kept {
            salts: self.salts.iter().map(|(path, salt)| (path.clone(), salt.to_string())).collect(),
            erased: self
                .erased
                .iter()
                .map(|it| (Hex(&it.commitment).to_string(), it.by, it.pointer.clone()))
                .collect(),
        };
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    /// What `to_bytes` gave; nothing of anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let salts = kept.salts.into_iter().map(|(path, salt)| Some((path, Salt(hex::decode(&salt)?))));
        let erased = kept.erased.into_iter().map(|(commitment, by, pointer)| {
            Some(ErasedField { commitment: hex::decode(&commitment)?, by, pointer })
        });
        Some(Self { salts: salts.collect::<Option<_>>()?, erased: erased.collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests;
