//! What the words of catalogs are called in a reader's language, by what the catalogs say.
//!
//! Deliberately absent: the languages themselves, and sentences, which stay in the language of their catalog.

use std::collections::HashMap;

use crate::catalog::Kind;

/// The words of one language for those of catalogs. What has none is called as the catalog says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Labels, those that depend on who reads included.
    pub labels: HashMap<String, String>,
    /// Categories.
    pub categories: HashMap<String, String>,
    /// Kinds, by how a query writes them.
    pub kinds: HashMap<String, String>,
}

impl Names {
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
}

fn called<'a>(names: &'a HashMap<String, String>, word: &'a str) -> &'a str {
    names.get(word).map_or(word, String::as_str)
}
