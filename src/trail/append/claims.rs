//! What a file says of itself as a whole: that it keeps to PDF/A or PDF/UA. With pages behind it, it says what both halves
//! say and what the sum of them keeps.
//!
//! Deliberately absent: whether it is true. What is laid behind keeps to what its maker says; what the maker of an original
//! says stays that maker's word.

use memchr::memmem;

use crate::trail::append::structure::Structure;
use crate::trail::file::attachments::attachments;
use crate::trail::file::object::{Dict, Object};
use crate::trail::file::pages::Page;
use crate::trail::file::update::Update;
use crate::trail::file::{Fault, File};

/// Most bytes of a description.
const DESCRIPTION_BYTES_MAX: usize = 4 << 20;
/// Most notes on the pages of a file that are looked at.
const NOTES_MAX: usize = 100_000;
/// How claims are named in a description: PDF/A, PDF/UA, and others that are never kept.
const ARCHIVE: &str = "pdfaid:";
const ACCESSIBLE: &str = "pdfuaid:";
const OTHERS: &[&str] = &["pdfxid:", "pdfvtid:", "pdfe:"];

/// How much PDF/A a file is: the letters of ISO 19005-3, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It looks the same everywhere.
    Basic,
    /// And its text can be read by programs.
    Unicode,
    /// And its structure.
    Accessible,
}

/// What a file says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The part of PDF/A, and how much of it.
    pub archive: Option<(u8, Level)>,
    /// Whether it is PDF/UA-1.
    pub is_accessible: bool,
}

/// The description of a file and what it says.
#[derive(Debug, Default)]
struct Description {
    text: Option<String>,
    claims: Claims,
}

impl Description {
    /// Reads what a file says of itself; one that cannot be read claims nothing that could be kept.
    fn of(file: &File<'_>, catalog: &Dict) -> Result<Self, Fault> {
        let Object::Stream(dict, place) = file.member(catalog, "Metadata")? else {
            return Ok(Self::default());
        };
        let text = file.unpack(&dict, &place, DESCRIPTION_BYTES_MAX).ok();
        let text = text.and_then(|it| String::from_utf8(it).ok());
        let claims = text.as_deref().map(claims).unwrap_or_default();
        Ok(Self { text, claims })
    }
}

/// What a description claims.
pub fn claims(text: &str) -> Claims {
    let level = match value(text, "pdfaid:conformance") {
        Some("B") => Some(Level::Basic),
        Some("U") => Some(Level::Unicode),
        Some("A") => Some(Level::Accessible),
        _ => None,
    };
    let part = value(text, "pdfaid:part").and_then(|it| it.parse().ok());
    Claims { archive: part.zip(level), is_accessible: value(text, "pdfuaid:part") == Some("1") }
}

/// What a property says, as an element or an attribute; nothing when it stands twice.
fn value<'t>(text: &'t str, property: &str) -> Option<&'t str> {
    let mut found = place_of(text, property);
    let place = found.next()?;
    if found.next().is_some() { None } else { text.get(place).map(str::trim) }
}

/// Where values of a property stand.
fn place_of<'t>(text: &'t str, property: &str) -> impl Iterator<Item = std::ops::Range<usize>> + 't {
    let property = property.to_owned();
    let places: Vec<usize> = memmem::find_iter(text.as_bytes(), property.as_bytes()).collect();
    places.into_iter().filter_map(move |at| {
        let start = at + property.len();
        let (before, rest) = (&text[..at], &text[start..]);
        if before.ends_with('<') && rest.starts_with(|c: char| c == '>' || c.is_ascii_whitespace()) {
            let opening = start + rest.find('>')? + 1;
            return Some(opening..opening + text[opening..].find('<')?);
        }
        if !before.ends_with(|c: char| c.is_ascii_whitespace()) {
            return None;
        }
        let quote_at = rest.find(['"', '\'']).filter(|at| rest[..*at].trim() == "=")?;
        let quote = rest[quote_at..].chars().next()?;
        let end = quote_at + 1 + rest[quote_at + 1..].find(quote)?;
        Some(start + quote_at + 1..start + end)
    })
}

/// An original and its parts, as far as claims depend on them.
pub(super) struct Whole<'f, 'a> {
    pub file: &'f File<'a>,
    pub pages: &'f [Page],
    pub structure: Option<&'f Structure>,
}

/// Which claims a file keeps with pages behind it that claim something themselves.
fn kept(whole: &Whole<'_, '_>, catalog: &Dict, theirs: Claims, ours: Claims) -> Result<Claims, Fault> {
    let marks = whole.file.member_dict(catalog, "MarkInfo")?;
    let is_tagged = whole.structure.is_some() && marks.get("Marked") == Some(&Object::Bool(true));
    let mut kept = Claims::default();
    // Our pages have no colours but their own, so whatever the original says of the paper it is meant for holds on. The
    // first part has rules that the later ones have not kept, and the fourth is for another PDF.
    if let (Some((part @ (2 | 3), theirs)), Some((3, ours))) = (theirs.archive, ours.archive) {
        let level = theirs.min(ours);
        let is_level_kept = level != Level::Accessible || is_tagged;
        // Files in a file of the second part are not filed as the third wants it.
        if is_level_kept && (part == 3 || !carries_files(whole, catalog)?) {
            kept.archive = Some((3, level));
        }
    }
    if theirs.is_accessible && ours.is_accessible && is_tagged {
        let headings = whole.structure.map(|it| it.has_plain_headings(whole.file)).transpose()?;
        kept.is_accessible = headings == Some(false);
    }
    Ok(kept)
}

/// Whether files lie in it, of its own or on a page.
fn carries_files(whole: &Whole<'_, '_>, catalog: &Dict) -> Result<bool, Fault> {
    if !attachments(whole.file, catalog)?.is_empty() {
        return Ok(true);
    }
    let mut looked = 0;
    for page in whole.pages {
        for note in whole.file.member_array(&page.dict, "Annots")? {
            looked += 1;
            let note = whole.file.resolve(&note)?;
            if looked > NOTES_MAX || note.as_dict().is_some_and(|it| it.get("FS").is_some()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Has a file say of itself what it keeps with the pages of another behind it; a description that cannot be read but may
/// claim something is left away.
pub(super) fn settle(
    whole: &Whole<'_, '_>,
    added: (&File<'_>, &Dict),
    update: &mut Update<'_, '_>,
    catalog: &mut Dict,
) -> Result<(), Fault> {
    if catalog.get("Metadata").is_none() {
        return Ok(());
    }
    let theirs = Description::of(whole.file, catalog)?;
    let ours = Description::of(added.0, added.1)?;
    let kept = kept(whole, catalog, theirs.claims, ours.claims)?;
    let rest = theirs.text.as_deref().and_then(|text| with_claims(text, kept));
    match rest {
        None => {
            catalog.remove("Metadata");
        }
        Some(rest) if Some(&rest) != theirs.text.as_ref() => {
            let mut dict = Dict::default();
            dict.set("Type", Object::name("Metadata")).set("Subtype", Object::name("XML"));
            let id = update.reserve();
            update.put_stream(id, dict, rest.as_bytes());
            catalog.set("Metadata", id.into());
        }
        Some(_) => {}
    }
    Ok(())
}

/// The description with these of its claims and no others; nothing when it cannot be said so.
pub fn with_claims(text: &str, kept: Claims) -> Option<String> {
    let mut text = text.to_owned();
    for other in OTHERS {
        text = without(text, other)?;
    }
    if !kept.is_accessible {
        text = without(text, ACCESSIBLE)?;
    }
    let Some((part, _)) = kept.archive else { return without(text, ARCHIVE) };
    let place = place_of(&text, "pdfaid:part").next()?;
    if text.get(place.clone())?.trim() != part.to_string() {
        text.replace_range(place, &part.to_string());
        // Amendments and corrections are of the part that it was.
        for of_part in ["pdfaid:amd", "pdfaid:corr"] {
            text = without(text, of_part)?;
        }
    }
    Some(text)
}

/// The description without every element and attribute that is named so; nothing when one has no end.
fn without(mut text: String, claim: &str) -> Option<String> {
    while let Some(at) = text.find(&format!("<{claim}")) {
        let name_end = at + text[at..].find(|c: char| c == '>' || c == '/' || c.is_whitespace())?;
        let name = text[at + 1..name_end].to_owned();
        let opening = at + text[at..].find('>')? + 1;
        let end = if text[..opening].ends_with("/>") {
            opening
        } else {
            let closing = format!("</{name}>");
            opening + text[opening..].find(&closing)? + closing.len()
        };
        text.replace_range(at..end, "");
    }
    while let Some(at) = memmem::find_iter(text.as_bytes(), claim.as_bytes())
        .find(|at| text[..*at].ends_with(|c: char| c.is_ascii_whitespace()))
    {
        let quote_at = at + text[at..].find(['"', '\''])?;
        let quote = text[quote_at..].chars().next()?;
        let end = quote_at + 1 + text[quote_at + 1..].find(quote)? + 1;
        text.replace_range(at..end, "");
    }
    Some(text)
}
