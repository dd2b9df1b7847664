//! Text of others, ready to be shown: nothing in it can hide or reorder what a reader sees.
//!
//! Deliberately absent: changing recorded text. Marks stand beside what was recorded; the raw event shows it as it is.

use std::any::Any;

use askama::Template;
use everlog_core::text::is_bidi_control;

use crate::words::Words;

/// Longest text of one cell of a list, in characters; the details show the whole.
pub const CELL_CHARS_MAX: usize = 300;

/// Under which name a page hands down the words that it speaks.
const WORDS: &str = "words";

/// A text with its invisible characters made visible, isolated from what stands around it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"{% let words = crate::viewer::text::spoken(askama::get_value::<Words>(WORDS)) %}{% match isolation %}{% when Isolation::Auto %}<bdi>{% when Isolation::English %}<bdi lang="en" dir="ltr">{% when Isolation::None %}{% endmatch %}{% for piece in pieces %}{% match piece %}{% when Piece::Plain(text) %}{{ text }}{% when Piece::Mark { code, what } %}<span class="al-mark" title="{{ words.say(what.id()) }}">{{ code }}</span>{% when Piece::Begin %}<bdi>{% when Piece::End %}</bdi>{% endmatch %}{% endfor %}{% if isolation != Isolation::None %}</bdi>{% endif %}{% if is_mixed %} <span class="al-mark" title="{{ words.say("mark-alphabets.why") }}">{{ words.say("mark-alphabets") }}</span>{% endif %}"#
)]
pub struct Text {
    pieces: Vec<Piece>,
    isolation: Isolation,
    is_mixed: bool,
}

/// Whose words a piece of a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the language.
    Ours,
    /// Those of whoever sent the event.
    Theirs,
}

/// Which direction a text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Isolation {
    /// That of what stands around it.
    #[default]
    None,
    /// Its own, by its first letter.
    Auto,
    /// From left to right.
    English,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Mark {
        code: String,
        what: Hides,
    },
    /// From here to `End` the direction is its own.
    Begin,
    End,
}

/// What a character does that a reader cannot see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hides {
    Joiner,
    Direction,
    Space,
    Emptiness,
    Line,
    Tag,
    Control,
}

impl Hides {
    /// The message that says so.
    fn id(self) -> &'static str {
        match self {
            Self::Joiner => "mark-joiner",
            Self::Direction => "mark-direction",
            Self::Space => "mark-space",
            Self::Emptiness => "mark-emptiness",
            Self::Line => "mark-line",
            Self::Tag => "mark-tag",
            Self::Control => "mark-control",
        }
    }
}

/// Renders a page whose marks are told in these words.
///
/// # Errors
/// When the page cannot be rendered.
pub(super) fn rendered(page: &impl Template, words: Words) -> askama::Result<String> {
    page.render_with_values(&(WORDS, &words as &dyn Any))
}

/// The words of the page around, English where it names none.
fn spoken(found: askama::Result<&Words>) -> Words {
    found.copied().unwrap_or_else(|_| Words::of(&[]))
}

impl Text {
    /// The whole text.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut pieces = Vec::new();
        let mut plain = String::new();
        for (at, &c) in chars.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| chars[at]);
            match hidden(c, before, chars.get(at + 1).copied()) {
                None => plain.push(c),
                Some(what) => {
                    if !plain.is_empty() {
                        pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Mark { code: format!("U+{:04X}", u32::from(c)), what });
                }
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        Self { pieces, isolation: Isolation::Auto, is_mixed: false }
    }

    /// A text of the page's own direction.
    pub fn sentence(text: &str) -> Self {
        Self { isolation: Isolation::None, ..Self::new(text) }
    }

    /// A sentence of ours, told in the direction of its words whatever the names in it: in that of the page, or on a page
    /// that runs from right to left, where it has no such words, as English.
    pub fn told(told: &[(Whose, String)], is_rtl_page: bool) -> Self {
        let is_ours = |whose: &Whose| *whose == Whose::Ours;
        let is_rtl =
            is_rtl_page && told.iter().any(|(whose, text)| is_ours(whose) && text.contains(runs_left));
        let mut pieces = Vec::new();
        for (whose, text) in told {
            let is_apart = !is_ours(whose) && (is_rtl || text.contains(runs_left));
            pieces.extend(is_apart.then_some(Piece::Begin));
            pieces.extend(Self::new(text).pieces);
            pieces.extend(is_apart.then_some(Piece::End));
        }
        let isolation = if is_rtl_page && !is_rtl { Isolation::English } else { Isolation::None };
        Self { pieces, isolation, is_mixed: false }
    }

    /// As much of the text as a list shows.
    pub fn short(text: &str) -> Self {
        Self::new(&shorten(text, CELL_CHARS_MAX))
    }

    /// A name: also says when a word mixes alphabets whose letters look alike.
    pub fn name(text: &str) -> Self {
        Self { is_mixed: is_of_mixed_alphabets(text), ..Self::short(text) }
    }

    /// The text with its marks, where there is no room for markup.
    pub fn plain(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Mark { code, .. } => format!("[{code}]"),
            Piece::Begin | Piece::End => String::new(),
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// Whether a character runs from right to left.
fn runs_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// At most so many characters, with an ellipsis where some are missing.
pub fn shorten(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whether something in a text cannot be seen, and would be marked.
pub fn hides_anything(text: &str) -> bool {
    Text::new(text).pieces.iter().any(|piece| matches!(piece, Piece::Mark { .. }))
}

/// JSON text whose invisible characters are written as escapes: the same value, with nothing hidden in it.
pub fn escape_hidden(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        // Without its neighbours a joiner is left alone: it hides nothing that a mark would show better.
        match hidden(c, Some('ü'), Some('ü')) {
            None => shown.push(c),
            Some(_) => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")))
            }
        }
    }
    shown
}

/// What a character does that a reader cannot see, if it is such a one.
fn hidden(c: char, before: Option<char>, after: Option<char>) -> Option<Hides> {
    match c {
        '\n' | '\t' => None,
        '\u{200c}' | '\u{200d}' => {
            // Persian names and joined emoji need them; between plain letters they only hide.
            let is_needed = [before, after].iter().all(|it| it.is_some_and(|it| !it.is_ascii()));
            (!is_needed).then_some(Hides::Joiner)
        }
        c if is_bidi_control(c) => Some(Hides::Direction),
        '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{ad}' | '\u{34f}' | '\u{180e}' => {
            Some(Hides::Space)
        }
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => Some(Hides::Emptiness),
        '\u{2028}' | '\u{2029}' => Some(Hides::Line),
        '\u{e0000}'..='\u{e007f}' => Some(Hides::Tag),
        c if c.is_control() => Some(Hides::Control),
        _ => None,
    }
}

/// Letters of Cyrillic and Greek that cannot be told from Latin ones.
const LOOK_LATIN: &str = "АВЕЅІЈКМНОРСТУХԚԜаеіјѕорсухһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳν";

/// Whether a word mixes alphabets, or stands beside Latin words and only looks like one.
fn is_of_mixed_alphabets(text: &str) -> bool {
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let has_latin = words().any(|word| word.chars().any(|c| c.is_ascii_alphabetic()));
    // A letter alone is an initial.
    let only_looks_latin =
        |word: &str| word.chars().nth(1).is_some() && word.chars().all(|c| LOOK_LATIN.contains(c));
    words().any(mixes_alphabets) || has_latin && words().any(only_looks_latin)
}

/// Whether a word holds Latin letters beside Cyrillic or Greek ones.
fn mixes_alphabets(word: &str) -> bool {
    let is_latin = |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}');
    let looks_latin =
        |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}') && c.is_alphabetic();
    word.chars().any(is_latin) && word.chars().any(looks_latin)
}
