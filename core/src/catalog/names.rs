//! What the words of catalogs are called in a reader's language, and how their sentences are told in it, by what the catalogs
//! say.
//!
//! Deliberately absent: the languages themselves.

use std::collections::HashMap;

use crate::catalog::{Kind, Template};

/// The words of one language for those of catalogs. What has none is called as the catalog says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Labels, those that depend on who reads included.
    pub labels: HashMap<String, String>,
    /// Categories.
    pub categories: HashMap<String, String>,
    /// Kinds, by how a query writes them.
    pub kinds: HashMap<String, String>,
    /// Sentences, by how the catalog writes them.
    pub sentences: HashMap<String, Template>,
    /// What sentences say beside what the catalog writes; see [`Names::WORDS`].
    pub words: HashMap<String, String>,
}

impl Names {
    /// What sentences say beside what the catalog writes: how it ended, who is not named, and what has no value.
    pub const WORDS: &'static [&'static str] = &[
        "Failed",
        "Denied",
        "and {rest} more",
        "API key {name}",
        "{name} for {account}",
        "someone",
        "it",
        "record",
        "an unknown outcome",
        "no reason given",
        "several",
        "the document",
        "an unknown channel",
        "an unknown address",
        "unknown",
        "nothing",
        "something erased",
    ];

    /// What a label is called.
    pub fn label<'a>(&'a self, label: &'a str) -> &'a str {
        called(&self.labels, label)
    }

    /// What a category is called.
    pub fn category<'a>(&'a self, category: &'a str) -> &'a str {
        called(&self.categories, category)
    }

    /// What a kind is called.
    pub fn kind(&self, kind: Kind) -> &str {
        called(&self.kinds, kind.as_str())
    }

    /// How a sentence is told.
    pub fn sentence<'a>(&'a self, template: &'a Template) -> &'a Template {
        self.sentences.get(template.as_str()).unwrap_or(template)
    }

    /// What one of [`Names::WORDS`] is called.
    pub fn word<'a>(&'a self, word: &'a str) -> &'a str {
        called(&self.words, word)
    }
}

fn called<'a>(names: &'a HashMap<String, String>, word: &'a str) -> &'a str {
    names.get(word).map_or(word, String::as_str)
}
