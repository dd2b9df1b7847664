//! The words of one organization in one segment, copied out of its dictionary so that pieces of them can be found.
//!
//! A copy takes a fraction of a microsecond a word to make, about as long as one search through the dictionary itself,
//! and is kept in `caches`. Deliberately absent: where the words stand; the segment has the lists.

use tantivy::termdict::TermDictionary;

use crate::index::IndexError;
use crate::index::schema::split_word_term;
use crate::index::words::WordList;
use crate::store::OrgCode;

/// The words of one organization in one segment.
#[derive(Default)]
pub(super) struct Vocabulary {
    pub words: WordList,
}

impl Vocabulary {
    pub fn read(terms: &TermDictionary, org: OrgCode) -> Result<Self, IndexError> {
        let mut words = WordList::default();
        let mut range = terms.range().ge(org.0.to_be_bytes());
        if let Some(next) = org.0.checked_add(1) {
            range = range.lt(next.to_be_bytes());
        }
        let mut stream = range.into_stream()?;
        while stream.advance() {
            let (kind, key, token) = split_word_term(stream.key())
                .ok_or_else(|| IndexError::Corrupt("a word of the index has no kind".to_owned()))?;
            words.push(kind, key, token);
        }
        Ok(Self { words })
    }
}
