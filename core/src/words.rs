//! Closed sets of words: an enum whose members are written the same way in TOML, JSON, URLs and messages.
//!
//! Deliberately absent: any translation. A word is what programs exchange; what people read is a label.

use std::fmt;

/// A word outside its set: says what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} \"{word}\", expected one of {expected}")]
pub struct UnknownWord {
    /// What the set is called, such as `tone`.
    pub what: &'static str,
    /// The word met, cut to [`WORD_SHOWN_CHARS_MAX`].
    pub word: String,
    /// The words of the set, separated by commas.
    pub expected: String,
}

/// How much of an unknown word an error repeats: enough to recognise it, never a whole body.
pub const WORD_SHOWN_CHARS_MAX: usize = 60;

impl UnknownWord {
    /// The error for `word`, met where one of `expected` should stand.
    pub fn new(what: &'static str, word: &str, expected: &[&str]) -> Self {
        let word = word.chars().take(WORD_SHOWN_CHARS_MAX).collect();
        Self { what, word, expected: expected.join(", ") }
    }
}

/// Reads a string with a function, so that the error gets the place of that string in its file.
pub(crate) struct WordVisitor<F> {
    pub(crate) expecting: &'static str,
    pub(crate) read: F,
}

impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> serde::de::Visitor<'_> for WordVisitor<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expecting)
    }

    fn visit_str<D: serde::de::Error>(self, text: &str) -> Result<T, D> {
        (self.read)(text).map_err(D::custom)
    }
}

/// Declares an enum of words with `ALL`, `as_str`, `Display`, `FromStr` and serde by the word.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal, {
            $($(#[$member_meta:meta])* $member:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$member_meta])* $member,)+
        }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$member,)+];

            const WORDS: &[&str] = &[$($word,)+];

            /// The member as it is written in TOML, JSON and URLs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$member),)+
                    other => Err($crate::words::UnknownWord::new($what, other, Self::WORDS)),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor =
                    $crate::words::WordVisitor { expecting: concat!("a word for the ", $what), read: str::parse::<Self> };
                deserializer.deserialize_str(visitor)
            }
        }
    };
}

pub(crate) use words;
