//! Sentence templates: `{actor} moved {target}[ to {changes.status.after}]`, checked when loaded.
//!
//! Deliberately absent: where the values come from, formatting of times and numbers, markup. A template
//! asks for each variable by name and the caller answers with plain text or with nothing.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::WordVisitor;

/// Longest template, in bytes: a sentence, not a page.
pub const TEMPLATE_BYTES_MAX: usize = 1_000;

/// What a sentence may ask for about an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Variable {
    /// Who acted.
    Actor,
    /// The account that was used.
    OnBehalfOf,
    /// The name of the first target.
    Target,
    /// The names of all targets.
    Targets,
    /// The type of the first target.
    TargetType,
    /// The sender's id of the first target.
    TargetId,
    /// `success`, `failure` or `denied`.
    Outcome,
    /// Why, in the sender's words.
    Reason,
    /// How many: `metadata.count`, else the number of targets.
    Count,
    /// The name of the signing process.
    Process,
    /// The name of the signee.
    Signee,
    /// How it came in.
    Channel,
    /// From which address.
    Ip,
    /// A member of `metadata`; dots in the key step into objects.
    Metadata(String),
    /// A changed field's value before.
    ChangeBefore(String),
    /// A changed field's value after.
    ChangeAfter(String),
}

/// Variables without a key of their own, as they are written.
const PLAIN: &[(&str, Variable)] = &[
    ("actor", Variable::Actor),
    ("on_behalf_of", Variable::OnBehalfOf),
    ("target", Variable::Target),
    ("targets", Variable::Targets),
    ("target.type", Variable::TargetType),
    ("target.id", Variable::TargetId),
    ("outcome", Variable::Outcome),
    ("reason", Variable::Reason),
    ("count", Variable::Count),
    ("process", Variable::Process),
    ("signee", Variable::Signee),
    ("channel", Variable::Channel),
    ("ip", Variable::Ip),
];

impl Variable {
    fn parse(name: &str) -> Option<Self> {
        if let Some((_, plain)) = PLAIN.iter().find(|(word, _)| *word == name) {
            return Some(plain.clone());
        }
        let keyed = |key: &str| (!key.is_empty()).then(|| key.to_owned());
        if let Some(key) = name.strip_prefix("metadata.") {
            return keyed(key).map(Self::Metadata);
        }
        let change = name.strip_prefix("changes.")?;
        if let Some(key) = change.strip_suffix(".before") {
            return keyed(key).map(Self::ChangeBefore);
        }
        change.strip_suffix(".after").and_then(keyed).map(Self::ChangeAfter)
    }

    /// The word a sentence shows when a required variable has no value.
    pub fn neutral_word(&self) -> &'static str {
        match self {
            Self::Actor | Self::OnBehalfOf | Self::Signee => "someone",
            Self::Target | Self::Targets => "it",
            Self::TargetType => "record",
            Self::Outcome => "an unknown outcome",
            Self::Reason => "no reason given",
            Self::Count => "several",
            Self::Process => "the document",
            Self::Channel => "an unknown channel",
            Self::Ip => "an unknown address",
            Self::Metadata(_) | Self::TargetId => "unknown",
            Self::ChangeBefore(_) | Self::ChangeAfter(_) => "nothing",
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(key) => write!(formatter, "metadata.{key}"),
            Self::ChangeBefore(key) => write!(formatter, "changes.{key}.before"),
            Self::ChangeAfter(key) => write!(formatter, "changes.{key}.after"),
            plain => {
                let word = PLAIN.iter().find(|(_, variable)| variable == plain).map_or("", |(word, _)| word);
                formatter.write_str(word)
            }
        }
    }
}

/// A checked sentence template.
///
/// `{name}` is a variable, `[ … ]` a part that vanishes when a variable inside it has no value; parts do
/// not nest. `{{`, `}}`, `[[` and `]]` are the characters themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Required(Vec<Piece>),
    Optional(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Variable),
}

/// A piece of a sentence as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// Words of the catalog, or of the language.
    Words(&'a str),
    /// What an event holds.
    Value(&'a str),
}

impl<'a> Told<'a> {
    /// The text.
    pub fn text(self) -> &'a str {
        match self {
            Self::Words(text) | Self::Value(text) => text,
        }
    }
}

/// Why a text is not a template, and at which of its characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The variable does not exist.
    #[error("template, character {at}: unknown variable \"{name}\", expected one of {expected}")]
    UnknownVariable {
        /// Position of its brace.
        at: usize,
        /// The name met.
        name: String,
        /// What could stand there.
        expected: String,
    },
    /// An opening brace or bracket without its closing one, or the other way round.
    #[error("template, character {at}: unbalanced \"{mark}\"")]
    Unbalanced {
        /// Position of the mark.
        at: usize,
        /// The mark that has no partner.
        mark: char,
    },
    /// An optional part inside another.
    #[error("template, character {at}: an optional part cannot stand inside another")]
    Nested {
        /// Position of the inner bracket.
        at: usize,
    },
    /// An optional part that could never vanish.
    #[error("template, character {at}: an optional part needs a variable")]
    NothingOptional {
        /// Position of its bracket.
        at: usize,
    },
    /// Longer than `TEMPLATE_BYTES_MAX`.
    #[error("template: longer than {TEMPLATE_BYTES_MAX} bytes")]
    TooLong,
}

impl Template {
    /// Reads and checks a template. Never panics, whatever the text.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLong);
        }
        let parts = Reader { chars: source.chars().collect(), next: 0 }.template()?;
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Calls `each` with every piece of the sentence, its own words and the values that `lookup` gives; empty text counts as
    /// no value, and a value that must be there and is not is told by what `neutral` makes of its neutral word.
    pub fn tell(
        &self,
        lookup: &dyn Fn(&Variable) -> Option<String>,
        neutral: &dyn Fn(&'static str) -> String,
        each: &mut dyn FnMut(Told<'_>),
    ) {
        let value = |variable: &Variable| lookup(variable).filter(|text| !text.is_empty());
        for part in &self.parts {
            match part {
                Part::Required(pieces) => {
                    for piece in pieces {
                        match piece {
                            Piece::Text(text) => each(Told::Words(text)),
                            Piece::Value(variable) => match value(variable) {
                                Some(text) => each(Told::Value(&text)),
                                None => each(Told::Words(&neutral(variable.neutral_word()))),
                            },
                        }
                    }
                }
                Part::Optional(pieces) => {
                    let values: Option<Vec<Option<String>>> = pieces
                        .iter()
                        .map(|piece| match piece {
                            Piece::Text(_) => Some(None),
                            Piece::Value(variable) => value(variable).map(Some),
                        })
                        .collect();
                    for (piece, value) in pieces.iter().zip(values.into_iter().flatten()) {
                        match (piece, value) {
                            (Piece::Text(text), _) => each(Told::Words(text)),
                            (Piece::Value(_), value) => each(Told::Value(&value.unwrap_or_default())),
                        }
                    }
                }
            }
        }
    }

    /// The variables that no part around them leaves out.
    pub fn required(&self) -> impl Iterator<Item = &Variable> {
        let required = self.parts.iter().filter_map(|part| match part {
            Part::Required(pieces) => Some(pieces),
            Part::Optional(_) => None,
        });
        required.flatten().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(variable) => Some(variable),
        })
    }

    /// Every variable the template asks for, in order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts
            .iter()
            .flat_map(|part| match part {
                Part::Required(pieces) | Part::Optional(pieces) => pieces,
            })
            .filter_map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Value(variable) => Some(variable),
            })
    }
}

/// A cursor over the characters of a template.
struct Reader {
    chars: Vec<char>,
    next: usize,
}

impl Reader {
    fn template(mut self) -> Result<Vec<Part>, TemplateError> {
        let mut parts = Vec::new();
        let mut pieces = Vec::new();
        // The position of the bracket that opened the optional part we are in.
        let mut opened: Option<usize> = None;
        while let Some(&mark) = self.chars.get(self.next) {
            let at = self.next + 1;
            let doubled = self.chars.get(self.next + 1) == Some(&mark);
            match mark {
                '{' | '}' | '[' | ']' if doubled && !(mark == ']' && opened.is_some()) => {
                    push_char(&mut pieces, mark);
                    self.next += 2;
                }
                '{' => pieces.push(Piece::Value(self.variable()?)),
                '[' => {
                    if opened.is_some() {
                        return Err(TemplateError::Nested { at });
                    }
                    opened = Some(at);
                    parts.push(Part::Required(std::mem::take(&mut pieces)));
                    self.next += 1;
                }
                ']' => {
                    let Some(opened_at) = opened.take() else {
                        return Err(TemplateError::Unbalanced { at, mark });
                    };
                    if !pieces.iter().any(|piece| matches!(piece, Piece::Value(_))) {
                        return Err(TemplateError::NothingOptional { at: opened_at });
                    }
                    parts.push(Part::Optional(std::mem::take(&mut pieces)));
                    self.next += 1;
                }
                '}' => return Err(TemplateError::Unbalanced { at, mark }),
                other => {
                    push_char(&mut pieces, other);
                    self.next += 1;
                }
            }
        }
        if let Some(at) = opened {
            return Err(TemplateError::Unbalanced { at, mark: '[' });
        }
        parts.push(Part::Required(pieces));
        Ok(parts)
    }

    /// Reads `{name}`; the cursor stands on the opening brace.
    fn variable(&mut self) -> Result<Variable, TemplateError> {
        let at = self.next + 1;
        let rest = &self.chars[at..];
        let end = rest.iter().position(|&c| matches!(c, '{' | '}' | '[' | ']'));
        let Some(end) = end.filter(|&end| rest[end] == '}') else {
            return Err(TemplateError::Unbalanced { at, mark: '{' });
        };
        let name: String = rest[..end].iter().collect();
        self.next = at + end + 1;
        Variable::parse(&name).ok_or_else(|| {
            let plain = PLAIN.iter().map(|(word, _)| *word);
            let keyed = ["metadata.KEY", "changes.KEY.before", "changes.KEY.after"];
            let expected = plain.chain(keyed).collect::<Vec<_>>().join(", ");
            TemplateError::UnknownVariable { at, name, expected }
        })
    }
}

fn push_char(pieces: &mut Vec<Piece>, c: char) {
    if let Some(Piece::Text(text)) = pieces.last_mut() {
        text.push(c);
    } else {
        pieces.push(Piece::Text(c.into()));
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor { expecting: "a sentence template", read: Template::parse })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::{Template, TemplateError, Variable};

    fn filled(template: &Template, lookup: &dyn Fn(&Variable) -> Option<String>) -> String {
        let mut sentence = String::new();
        template.tell(lookup, &str::to_owned, &mut |piece| sentence.push_str(piece.text()));
        sentence
    }

    fn render(template: &str, values: &[(&str, &str)]) -> String {
        filled(&Template::parse(template).unwrap(), &|variable| {
            let name = variable.to_string();
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// C12: a status change names from and to.
    #[test]
    fn a_sentence_is_filled_with_values() {
        let template = "{actor} moved lead {target} from {changes.status.before} to {changes.status.after}";
        let values = [
            ("actor", "Ana Ruiz"),
            ("target", "Globex"),
            ("changes.status.before", "New"),
            ("changes.status.after", "Contacted"),
        ];
        assert_eq!(render(template, &values), "Ana Ruiz moved lead Globex from New to Contacted");
    }

    #[test]
    fn an_optional_part_vanishes_when_a_variable_inside_has_no_value() {
        let template = "{signee} declined {target}[: {reason}][ ({metadata.a.b}, {ip})]";
        let values = [("signee", "Ana"), ("target", "Lease"), ("ip", "192.0.2.1")];
        assert_eq!(render(template, &values), "Ana declined Lease");
        let values = [("signee", "Ana"), ("target", "Lease"), ("reason", "too dear"), ("metadata.a.b", "")];
        assert_eq!(render(template, &values), "Ana declined Lease: too dear");
    }

    #[test]
    fn a_required_variable_without_value_gives_a_neutral_word() {
        assert_eq!(render("{actor} opened {target}", &[]), "someone opened it");
        assert_eq!(render("{count} moved to {changes.x.after}", &[]), "several moved to nothing");
    }

    #[test]
    fn doubled_marks_stand_for_themselves() {
        assert_eq!(render("{{{actor}}} [[x]]", &[("actor", "A")]), "{A} [x]");
        assert_eq!(render("a[ in {ip}]]]", &[("ip", "::1")]), "a in ::1]");
    }

    #[test]
    fn values_are_never_read_as_templates() {
        assert_eq!(render("{actor}", &[("actor", "{ip}[x]")]), "{ip}[x]");
    }

    #[test]
    fn mistakes_are_refused_with_their_place() {
        use TemplateError::{Nested, NothingOptional, Unbalanced};
        let error = |template: &str| Template::parse(template).unwrap_err();
        assert_eq!(error("a {actor"), Unbalanced { at: 3, mark: '{' });
        assert_eq!(error("a {act{or}"), Unbalanced { at: 3, mark: '{' });
        assert_eq!(error("a } b"), Unbalanced { at: 3, mark: '}' });
        assert_eq!(error("a [ {ip}"), Unbalanced { at: 3, mark: '[' });
        assert_eq!(error("a ] b"), Unbalanced { at: 3, mark: ']' });
        assert_eq!(error("a [ {ip} [{ip}]]"), Nested { at: 10 });
        assert_eq!(error("a [ b ]"), NothingOptional { at: 3 });
        assert_eq!(error(&"x".repeat(1_001)), TemplateError::TooLong);
        let unknown = error("ä {actr} b");
        assert!(matches!(&unknown, TemplateError::UnknownVariable { at: 3, name, .. } if name == "actr"));
        assert!(unknown.to_string().contains("on_behalf_of, target, targets"), "{unknown}");
        for empty in ["{}", "{metadata.}", "{changes..after}", "{changes.after}", "{changes.x}", "{ actor }"]
        {
            assert!(matches!(error(empty), TemplateError::UnknownVariable { .. }), "{empty}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,60}") {
            let _unused = Template::parse(&text).is_ok();
        }

        #[test]
        fn any_run_of_marks_and_names_is_read_or_refused(
            pieces in prop::collection::vec(
                prop::sample::select(vec!["{", "}", "[", "]", "actor", "changes.", ".after", "é", " "]), 0..24,
            )
        ) {
            let text = pieces.concat();
            if let Ok(template) = Template::parse(&text) {
                filled(&template, &|_| None);
                let told = || filled(&template, &|_| Some("v".into()));
                prop_assert_eq!(told(), told());
            }
        }

        #[test]
        fn a_variable_reads_back_as_written(key in "[a-z.]{1,12}") {
            for variable in [
                Variable::Metadata(key.clone()),
                Variable::ChangeBefore(key.clone()),
                Variable::ChangeAfter(key.clone()),
                Variable::TargetType,
                Variable::TargetId,
            ] {
                prop_assert_eq!(Variable::parse(&variable.to_string()), Some(variable));
            }
        }
    }
}
