//! JSON Lines: each event as the API shows it, on a line of its own. Deliberately absent: a header; every line says it all.

use std::io;

use serde_json::Value;

/// A line for each value. A line break in a value is escaped, as JSON has it, so that it ends no line.
///
/// # Errors
/// None: writing into memory does not fail.
pub fn lines(values: impl IntoIterator<Item = Value>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for value in values {
        serde_json::to_writer(&mut bytes, &value)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
