//! Where in a TOML file something is wrong, so that its author can jump there.
//!
//! Deliberately absent: reading files. The caller has the text and says what it is called.

use serde::de::DeserializeOwned;

/// An error at a place of a named file, written as editors expect it: `catalogs/crm.toml:12:9: …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct Misplaced {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Misplaced {
    /// The error at a byte offset of `text`; an offset past the end stands for the end.
    pub(crate) fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

/// Parses TOML into a type and places every error, whether of syntax or of meaning.
pub(crate) fn parse_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Misplaced> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Misplaced::at(file, text, offset, error.message())
    })
}
