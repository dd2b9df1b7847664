//! A list of words that can be searched for pieces: one run of bytes, scanned at memory speed.
//!
//! Deliberately absent: who holds the words. An event in the tail, a segment's share of an organization and a dictionary
//! of coded values each keep one of these.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use everlog_core::text::{INSIDE_CHARS_MIN, begins_part};
use memchr::memmem::Finder;

use crate::index::schema::WordKind;

/// Stands between words; no UTF-8 text holds it.
const SEPARATOR: u8 = 0xff;

/// Words in groups, searchable.
#[derive(Debug, Default)]
pub(super) struct WordList {
    text: Vec<u8>,
    /// Where each word ends in `text`.
    ends: Vec<u32>,
    groups: Vec<Group>,
}

/// Words that stand in the same part of an event.
#[derive(Debug)]
pub(super) struct Group {
    pub kind: WordKind,
    /// The folded key of the metadata, else empty.
    pub key: Box<[u8]>,
    /// One behind its last word.
    end: usize,
}

/// Which groups are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    All,
    Kind(WordKind),
    /// One key of the metadata, folded.
    Metadata(String),
}

/// What is looked for, prepared for many words.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    finder: Finder<'static>,
    length: usize,
    fit: Fit,
}

/// Where in a word a needle may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fit {
    Anywhere,
    PartStart,
    Whole,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        (self.finder.needle(), self.fit) == (other.finder.needle(), other.fit)
    }
}

impl Eq for Needle {}

impl Hash for Needle {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.finder.needle(), self.fit).hash(hasher);
    }
}

impl Needle {
    /// A piece of a word: anywhere from three characters on, else where a part begins.
    pub fn piece(piece: &str) -> Self {
        let long = piece.chars().count() >= INSIDE_CHARS_MIN;
        Self::new(piece, if long { Fit::Anywhere } else { Fit::PartStart })
    }

    /// A whole word.
    pub fn whole(token: &str) -> Self {
        Self::new(token, Fit::Whole)
    }

    fn new(text: &str, fit: Fit) -> Self {
        Self { finder: Finder::new(text.as_bytes()).into_owned(), length: text.len(), fit }
    }

    fn fits(&self, word: &[u8], at: usize) -> bool {
        match self.fit {
            Fit::Anywhere => true,
            Fit::PartStart => begins_part(word, at),
            Fit::Whole => at == 0 && word.len() == self.length,
        }
    }

    /// Whether one text, a single word, holds the needle.
    pub fn is_in(&self, word: &str) -> bool {
        let word = word.as_bytes();
        let mut from = 0;
        while let Some(hit) = word.get(from..).and_then(|rest| self.finder.find(rest)) {
            if self.fits(word, from + hit) {
                return true;
            }
            from += hit + 1;
        }
        false
    }
}

impl WordList {
    /// Adds a word behind all others; words of one group are added one after another.
    pub fn push(&mut self, kind: WordKind, key: &[u8], token: &[u8]) {
        self.text.extend_from_slice(token);
        // A list of 4 GiB would be a segment's share of one organization beyond any merge; it is cut, not wrapped.
        let Ok(end) = u32::try_from(self.text.len()) else { return };
        self.ends.push(end);
        self.text.push(SEPARATOR);
        let end = self.ends.len();
        match self.groups.last_mut() {
            Some(group) if group.kind == kind && *group.key == *key => group.end = end,
            _ => self.groups.push(Group { kind, key: key.into(), end }),
        }
    }

    /// How many words it holds.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How much memory it takes, about.
    pub fn size_bytes(&self) -> usize {
        self.text.len() + 4 * self.ends.len() + 64 * self.groups.len()
    }

    /// One word.
    pub fn word(&self, at: usize) -> &[u8] {
        &self.text[self.start(at)..self.ends[at] as usize]
    }

    /// The group of a word.
    pub fn group(&self, at: usize) -> &Group {
        &self.groups[self.groups.partition_point(|group| group.end <= at)]
    }

    /// Every word with its group, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Group, &[u8])> {
        (0..self.len()).map(|at| (self.group(at), self.word(at)))
    }

    fn start(&self, at: usize) -> usize {
        match at.checked_sub(1) {
            None => 0,
            Some(before) => self.ends[before] as usize + 1,
        }
    }

    /// Whether any word of a part holds the needle.
    pub fn holds(&self, part: &Part, needle: &Needle) -> bool {
        self.scan(part, needle, &mut |_| false)
    }

    /// Calls `found` with every word of a part that holds the needle, once each.
    pub fn each(&self, part: &Part, needle: &Needle, mut found: impl FnMut(usize)) {
        self.scan(part, needle, &mut |at| {
            found(at);
            true
        });
    }

    /// Whether anything was found; stops when `found` says false.
    fn scan(&self, part: &Part, needle: &Needle, found: &mut dyn FnMut(usize) -> bool) -> bool {
        if let Part::All = part {
            return self.scan_range(0..self.len(), needle, found);
        }
        let mut start = 0;
        let mut any = false;
        for group in &self.groups {
            let wanted = match part {
                Part::All => true,
                Part::Kind(kind) => group.kind == *kind,
                Part::Metadata(key) => group.kind == WordKind::Metadata && *group.key == *key.as_bytes(),
            };
            any |= wanted && self.scan_range(start..group.end, needle, found);
            start = group.end;
        }
        any
    }

    fn scan_range(&self, words: Range<usize>, needle: &Needle, found: &mut dyn FnMut(usize) -> bool) -> bool {
        if words.is_empty() || needle.length == 0 {
            return false;
        }
        let mut at = self.start(words.start);
        let end = self.ends[words.end - 1] as usize;
        let mut any = false;
        while let Some(hit) = self.text.get(at..end).and_then(|rest| needle.finder.find(rest)) {
            let hit = at + hit;
            let word = self.ends.partition_point(|&end| (end as usize) < hit + needle.length);
            let start = self.start(word);
            if !needle.fits(&self.text[start..self.ends[word] as usize], hit - start) {
                at = hit + 1;
                continue;
            }
            any = true;
            if !found(word) {
                return true;
            }
            at = self.ends[word] as usize + 1;
        }
        any
    }
}
