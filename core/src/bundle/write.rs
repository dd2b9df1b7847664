//! Writing a line of a bundle. Deliberately absent: which events are written, and in what file.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use crate::erasure::{ErasedField, Salts};
use crate::hex::Hex;
use crate::ids::{Seq, Size};
use crate::json::is_at_or_below;
use crate::leaf::{self, Hash};

/// An event as it is stored, to be written on a line.
pub struct Entry<'a> {
    /// Its position in the log.
    pub index: Seq,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// The document, without what was erased from it.
    pub document: &'a Value,
    /// The salts of its fields, and what was erased.
    pub salts: &'a Salts,
}

/// Which fields of an event are shown. A path names its field and all below it; of the others the commitment stands there.
#[derive(Clone, Copy, Debug)]
pub enum Shows<'a> {
    /// All but these.
    AllBut(&'a [&'a str]),
    /// None but these.
    Only(&'a [&'a str]),
}

impl Shows<'_> {
    fn shows(self, path: &str) -> bool {
        match self {
            Self::AllBut(hidden) => !hidden.iter().any(|above| is_at_or_below(path, above)),
            Self::Only(shown) => shown.iter().any(|above| is_at_or_below(path, above)),
        }
    }
}

/// Appends a line with its line feed. `size` is the header's; `proof` leads to its root, and a complete bundle has none.
///
/// An erasure that is recorded at or behind `size` is none yet in the log of that size, and its value is gone all the same:
/// its commitment stands among the withheld.
pub fn write_line(
    entry: &Entry<'_>,
    shows: Shows<'_>,
    size: Size,
    proof: Option<&[Hash]>,
    out: &mut Vec<u8>,
) {
    let erased = entry.salts.erased();
    let mut withheld: Vec<Hash> =
        erased.iter().filter(|it| !size.holds(it.by)).map(|it| it.commitment).collect();
    put(out, &format!("{{\"index\":{},\"received_ms\":{},\"fields\":[", entry.index, entry.received_ms));
    let mut is_first = true;
    for (field, salt) in entry.salts.fields(entry.document) {
        if !shows.shows(&field.path) {
            withheld.push(leaf::commitment(&field.path, &field.value, &salt));
            continue;
        }
        put(out, if is_first { "{\"path\":" } else { ",{\"path\":" });
        is_first = false;
        put_string(out, &field.path);
        put(out, ",\"value\":");
        // Canonical bytes are UTF-8.
        put_string(out, &String::from_utf8_lossy(&field.value));
        put(out, &format!(",\"salt\":\"{salt}\"}}"));
    }
    withheld.sort_unstable();
    put(out, "],\"withheld\":[");
    put_list(out, withheld.iter().map(|hash| format!("\"{}\"", Hex(hash))));
    put(out, "],\"erased\":[");
    let one = |it: &ErasedField| format!("{{\"commitment\":\"{}\",\"by\":{}}}", Hex(&it.commitment), it.by);
    put_list(out, erased.iter().filter(|it| size.holds(it.by)).map(one));
    put(out, "]");
    if let Some(proof) = proof {
        put(out, ",\"proof\":[");
        put_list(out, proof.iter().map(|hash| format!("\"{}\"", BASE64_STANDARD.encode(hash))));
        put(out, "]");
    }
    put(out, "}\n");
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    crate::json::write_string(text, out);
}

fn put_list(out: &mut Vec<u8>, items: impl Iterator<Item = String>) {
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        put(out, &item);
    }
}
