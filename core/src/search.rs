//! The free-text part of a query: words, phrases, `field:value`, and each of them negated.
//!
//! Deliberately absent: finding. The index and its oracle in the tests each do that in their own way.

use serde::{Deserialize, Serialize};

use crate::text;

/// Longest search text, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Most terms of one search.
pub const SEARCH_TERMS_MAX: usize = 20;

/// What every found event must hold, and what it must not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// All of them must hold.
    pub terms: Vec<Term>,
}

/// One condition of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Whether the event must not match.
    pub negated: bool,
    /// Where to look; everywhere when absent.
    pub field: Option<Field>,
    /// What to look for.
    pub needle: Needle,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Needle {
    /// A folded piece of a word: anywhere in a token from three characters on, else where a part of a token begins.
    Piece(String),
    /// Folded tokens that follow each other in one field, whole.
    Phrase(Vec<String>),
}

/// A named part of an event that `field:value` looks into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Field {
    /// Name, e-mail, id, type and role of the actor, and of whom it acted for.
    Actor,
    /// Key and label of the action.
    Action,
    /// The category.
    Category,
    /// The kind.
    Kind,
    /// The outcome.
    Outcome,
    /// Type, id and name of the targets and their parents.
    Target,
    /// The address.
    Ip,
    /// The process and the signee.
    Process,
    /// The event's own id, and those of the product's session and request.
    Id,
    /// The sentence, and the reason.
    Description,
    /// One key of the metadata, folded.
    Metadata(String),
}

impl Field {
    /// The fields that are named by one word, in the order in which they are offered.
    pub const NAMED: &[(&str, Self)] = &[
        ("actor", Self::Actor),
        ("action", Self::Action),
        ("category", Self::Category),
        ("kind", Self::Kind),
        ("outcome", Self::Outcome),
        ("target", Self::Target),
        ("ip", Self::Ip),
        ("process", Self::Process),
        ("id", Self::Id),
        ("description", Self::Description),
    ];

    /// Other words for some of them, as readers know them from the screen.
    pub const SYNONYMS: &[(&str, Self)] = &[("user", Self::Actor)];

    /// The field that a word before a colon names: one of `NAMED` or `SYNONYMS`, or `metadata.KEY`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = text::fold(name);
        if let Some(key) = name.strip_prefix("metadata.") {
            return (!key.is_empty()).then(|| Self::Metadata(key.to_owned()));
        }
        Self::NAMED
            .iter()
            .chain(Self::SYNONYMS)
            .find(|(known, _)| *known == name)
            .map(|(_, field)| field.clone())
    }
}

/// Why a search cannot be understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {reason}", .position + 1)]
pub struct SearchError {
    /// Position in the text, in characters, from 0.
    pub position: usize,
    /// What is wrong there.
    pub reason: SearchFault,
}

/// What is wrong with a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchFault {
    /// Longer than `SEARCH_CHARS_MAX`.
    #[error("a search has at most {SEARCH_CHARS_MAX} characters")]
    TooLong,
    /// More than `SEARCH_TERMS_MAX` terms.
    #[error("a search has at most {SEARCH_TERMS_MAX} terms")]
    TooManyTerms,
    /// A quotation mark that nothing closes.
    #[error("this quotation mark is not closed")]
    OpenQuote,
    /// `field:` with nothing to look for.
    #[error("a value is expected after the colon")]
    NoValue,
}

impl Search {
    /// Reads a search as it is typed. What is neither a sign nor a known field is looked for as it stands; pieces of
    /// nothing but punctuation are left out.
    ///
    /// # Errors
    /// Names the place of what cannot be understood.
    pub fn parse(typed: &str) -> Result<Self, SearchError> {
        let chars: Vec<char> = typed.chars().collect();
        if chars.len() > SEARCH_CHARS_MAX {
            return Err(SearchError { position: SEARCH_CHARS_MAX, reason: SearchFault::TooLong });
        }
        let mut reader = Reader { chars: &chars, at: 0 };
        let mut terms = Vec::new();
        while let Some(start) = reader.next_start() {
            if let Some(term) = reader.term()? {
                if terms.len() == SEARCH_TERMS_MAX {
                    return Err(SearchError { position: start, reason: SearchFault::TooManyTerms });
                }
                terms.push(term);
            }
        }
        Ok(Self { terms })
    }

    /// The first word before a colon that looks like a field and names none: it is looked for as it stands.
    pub fn unknown_field(typed: &str) -> Option<&str> {
        // What stands between quotation marks is looked for as it is.
        let outside = typed.split('"').step_by(2).flat_map(str::split_whitespace);
        let pairs = outside.filter_map(|word| word.strip_prefix('-').unwrap_or(word).split_once(':'));
        let is_name = |name: &str| {
            name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_.".contains(&byte))
        };
        pairs
            .filter(|(name, value)| is_name(name) && !value.is_empty() && !value.starts_with("//"))
            .map(|(name, _)| name)
            .find(|name| Field::from_name(name).is_none())
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn next_start(&mut self) -> Option<usize> {
        while self.chars.get(self.at)?.is_whitespace() {
            self.at += 1;
        }
        Some(self.at)
    }

    fn term(&mut self) -> Result<Option<Term>, SearchError> {
        // A minus negates only what begins with it and goes on: a lone dash is punctuation.
        let negated =
            self.chars[self.at] == '-' && self.chars.get(self.at + 1).is_some_and(|c| !c.is_whitespace());
        self.at += usize::from(negated);
        let field = self.field();
        let needle = if self.chars.get(self.at) == Some(&'"') { self.phrase()? } else { self.piece() };
        match needle {
            Some(needle) => Ok(Some(Term { negated, field, needle })),
            None if field.is_some() => Err(SearchError { position: self.at, reason: SearchFault::NoValue }),
            None => Ok(None),
        }
    }

    /// Takes `name:` when it names a field.
    fn field(&mut self) -> Option<Field> {
        let rest = &self.chars[self.at..];
        let colon = rest.iter().position(|&c| c == ':' || c == '"' || c.is_whitespace())?;
        if rest[colon] != ':' {
            return None;
        }
        let name: String = rest[..colon].iter().collect();
        let field = Field::from_name(&name)?;
        self.at += colon + 1;
        Some(field)
    }

    fn phrase(&mut self) -> Result<Option<Needle>, SearchError> {
        let open = self.at;
        let inside = &self.chars[open + 1..];
        let Some(length) = inside.iter().position(|&c| c == '"') else {
            return Err(SearchError { position: open, reason: SearchFault::OpenQuote });
        };
        let quoted: String = inside[..length].iter().collect();
        self.at = open + length + 2;
        let tokens: Vec<String> = text::tokens(&quoted).collect();
        Ok((!tokens.is_empty()).then_some(Needle::Phrase(tokens)))
    }

    fn piece(&mut self) -> Option<Needle> {
        let rest = &self.chars[self.at..];
        let length = rest.iter().position(|c| c.is_whitespace()).unwrap_or(rest.len());
        let piece: String = rest[..length].iter().collect();
        self.at += length;
        text::token(&piece).map(Needle::Piece)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn piece(text: &str) -> Term {
        Term { negated: false, field: None, needle: Needle::Piece(text.to_owned()) }
    }

    #[test]
    fn a_user_is_asked_for_as_an_actor_is() {
        assert_eq!(
            Search::parse("-user:\"Ana Ruiz\" User:sam"),
            Search::parse("-actor:\"Ana Ruiz\" actor:sam")
        );
        assert_eq!(Search::unknown_field("user:ana"), None);
    }

    #[test]
    fn words_phrases_fields_and_negations_are_told_apart() {
        let search =
            Search::parse("Zoë \"New  Deal\" actor:ana -draft -ip:203.0.113.7 metadata.Score:7 http://x - …")
                .unwrap();
        let phrase = Needle::Phrase(vec!["new".to_owned(), "deal".to_owned()]);
        assert_eq!(
            search.terms,
            [
                piece("zoe"),
                Term { needle: phrase, ..piece("") },
                Term { field: Some(Field::Actor), ..piece("ana") },
                Term { negated: true, ..piece("draft") },
                Term { negated: true, field: Some(Field::Ip), ..piece("203.0.113.7") },
                Term { field: Some(Field::Metadata("score".to_owned())), ..piece("7") },
                piece("http://x"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_place() {
        let fault = |text: &str| Search::parse(text).map_err(|it| (it.position, it.reason)).unwrap_err();
        assert_eq!(fault("ab \"cd"), (3, SearchFault::OpenQuote));
        assert_eq!(fault("actor: ana"), (6, SearchFault::NoValue));
        assert_eq!(fault(&"x".repeat(201)), (200, SearchFault::TooLong));
        assert_eq!(fault(&"ab ".repeat(21)), (60, SearchFault::TooManyTerms));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(typed in "[a-z\":* -]{0,60}|\\PC{0,210}") {
            if let Ok(search) = Search::parse(&typed) {
                prop_assert!(search.terms.len() <= SEARCH_TERMS_MAX);
            }
        }
    }
}
