//! Writing a line of a bundle. Deliberately absent: which events are written, and in what file.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use crate::erasure::{ErasedField, Salts};
use crate::hex::Hex;
use crate::ids::Seq;
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

/// Appends a line with its line feed. Of a field at or below one of the paths in `withhold` only the commitment is shown.
/// `proof` leads to the root at the header's size; a complete bundle has none.
pub fn write_line(entry: &Entry<'_>, withhold: &[&str], proof: Option<&[Hash]>, out: &mut Vec<u8>) {
    let mut withheld = Vec::new();
    put(out, &format!("{{\"index\":{},\"received_ms\":{},\"fields\":[", entry.index, entry.received_ms));
    let mut is_first = true;
    for (field, salt) in entry.salts.fields(entry.document) {
        if withhold.iter().any(|above| is_at_or_below(&field.path, above)) {
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
    put_list(out, entry.salts.erased().iter().map(one));
    put(out, "]");
    if let Some(proof) = proof {
        put(out, ",\"proof\":[");
        put_list(out, proof.iter().map(|hash| format!("\"{}\"", BASE64_STANDARD.encode(hash))));
        put(out, "]");
    }
    put(out, "}\n");
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
