//! A sealed file checked: whether the seal is over every byte, and whose it is; and the files it carries, given out.
//!
//! Deliberately absent: whom to trust, and what the files inside say.

use memchr::memmem;
use ring::digest;

use crate::trail::file::attachments::{self, ATTACHED_BYTES_MAX, attachments};
use crate::trail::file::object::{Dict, Object};
use crate::trail::file::pages::pages;
use crate::trail::file::{Fault, File};
use crate::trail::seal::FIELD;
use crate::trail::seal::certificate::Certificate;
use crate::trail::seal::cms::Signature;
use crate::trail::seal::stamp;

/// Most revisions that are told apart.
const REVISIONS_MAX: usize = 1_024;
/// Most bytes of the dictionary length of a signature that is read: two of a kind, four of a length.
const DER_HEAD_BYTES: usize = 4;

/// What is known of a file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Whether it is sealed, and whole.
    pub seal: SealState,
    /// How many pages it has.
    pub page_count: usize,
    /// Where each revision ends: the first so many bytes were a file of their own.
    pub revision_ends: Vec<usize>,
    /// The files inside.
    pub attachments: Vec<Attached>,
}

/// A file inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it is called; two may be called the same.
    pub name: String,
    /// What it is to the document: `Source`, `Data` and others.
    pub relationship: Option<String>,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Whether a file is sealed, and whole.
#[derive(Clone, Debug)]
pub enum SealState {
    /// There is no seal.
    Missing,
    /// There is one, and the file is not what was sealed.
    Altered(&'static str),
    /// Every byte is as it was sealed.
    Intact(Box<Seal>),
}

/// A seal that holds.
#[derive(Clone, Debug)]
pub struct Seal {
    /// Whose it is.
    pub certificate: Certificate,
    /// When it was made, as its maker says, in milliseconds since 1970.
    pub said_at_ms: Option<i64>,
    /// When it was made, as an authority says.
    pub stamp: StampState,
}

/// What an authority says of the time.
#[derive(Clone, Debug)]
pub enum StampState {
    /// Nobody was asked.
    Missing,
    /// There is a time stamp that cannot be checked here, or is of something else.
    Unchecked,
    /// It was there by then.
    Stamped(Box<stamp::Stamp>),
}

impl Checked {
    /// The one file inside of this name; nothing when there are two.
    pub fn attachment(&self, name: &str) -> Option<&Attached> {
        let mut named = self.attachments.iter().filter(|it| it.name == name);
        named.next().filter(|_| named.next().is_none())
    }
}

/// Checks a file.
///
/// # Errors
/// Says why it cannot be read.
pub fn check(pdf: &[u8]) -> Result<Checked, Fault> {
    if File::header(pdf) != Some(0) {
        return Err(Fault("it is not a PDF"));
    }
    let file = File::read(pdf)?;
    file.unpack_all()?;
    let catalog = file.catalog()?;
    let seal = match seal_of(&file, &catalog)? {
        None => SealState::Missing,
        Some(dict) => {
            state(&file, &dict).map_or_else(SealState::Altered, |it| SealState::Intact(Box::new(it)))
        }
    };
    let mut attached = Vec::new();
    let mut total = 0_usize;
    for attachment in attachments(&file, &catalog)? {
        let bytes = attachments::content(&file, &attachment)?;
        total += bytes.len();
        if total > ATTACHED_BYTES_MAX {
            return Err(Fault("its attached files are too large"));
        }
        let name = attachments::name(&file, &attachment)?;
        let specification = file.resolve(&attachment.specification)?;
        let relationship = specification.as_dict().and_then(|it| it.get("AFRelationship"));
        let relationship = relationship.and_then(Object::as_name);
        let relationship = relationship.map(|it| String::from_utf8_lossy(it).into_owned());
        attached.push(Attached { name, relationship, bytes });
    }
    let page_count = pages(&file)?.len();
    Ok(Checked { seal, page_count, revision_ends: revision_ends(pdf), attachments: attached })
}

/// The signature of our field.
fn seal_of(file: &File<'_>, catalog: &Dict) -> Result<Option<Dict>, Fault> {
    let form = file.member_dict(catalog, "AcroForm")?;
    let mut found = None;
    for field in file.member_array(&form, "Fields")? {
        let field = file.resolve(&field)?;
        let Some(field) = field.as_dict() else { continue };
        if field.is("FT", "Sig") && field.get("T").and_then(Object::as_text) == Some(FIELD.as_bytes()) {
            found = file.member(field, "V")?.as_dict().cloned();
        }
    }
    Ok(found)
}

/// A seal that holds, or why it does not.
fn state(file: &File<'_>, dict: &Dict) -> Result<Seal, &'static str> {
    let bytes = file.bytes;
    let range = dict.get("ByteRange").and_then(Object::as_array).unwrap_or_default();
    let range: Vec<usize> =
        range.iter().filter_map(Object::as_integer).filter_map(|it| usize::try_from(it).ok()).collect();
    let [0, start, end, rest] = range[..] else { return Err("its seal does not say what it is over") };
    if end.checked_add(rest) != Some(bytes.len()) {
        return Err("something was added after it was sealed");
    }
    let gap = bytes.get(start..end).ok_or("its seal does not say what it is over")?;
    let der = signature_in(gap).ok_or("its seal is not written as seals are")?;
    // Nothing but the signature may be outside: the gap must be the very text that the seal names.
    let contents = dict.get("Contents").and_then(Object::as_text);
    if contents.is_none_or(|it| !it.starts_with(&der)) || !dict.is("SubFilter", "ETSI.CAdES.detached") {
        return Err("its seal is not written as seals are");
    }
    let signature = Signature::read(&der).ok_or("its seal is not written as seals are")?;
    let mut hash = digest::Context::new(signature.algorithm().digest());
    hash.update(&bytes[..start]);
    hash.update(&bytes[end..]);
    if !signature.is_of(hash.finish().as_ref()) {
        return Err("it was changed after it was sealed");
    }
    let stamp = match &signature.time_stamp {
        None => StampState::Missing,
        Some(token) => stamp::check(token, &signature.signed)
            .map_or(StampState::Unchecked, |it| StampState::Stamped(Box::new(it))),
    };
    let certificate = signature.certificate().cloned().ok_or("its seal is not written as seals are")?;
    Ok(Seal { certificate, said_at_ms: said_at(dict), stamp })
}

/// The signature that fills a gap: lowercase digits, and nothing but zeros behind it.
fn signature_in(gap: &[u8]) -> Option<Vec<u8>> {
    let digits = gap.strip_prefix(b"<")?.strip_suffix(b">")?;
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = digits.chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| if let [high, low] = pair { Some(digit(*high)? * 16 + digit(*low)?) } else { None })
        .collect();
    let mut bytes = bytes?;
    // A sequence whose length takes two bytes, as that of every signature does.
    let [0x30, 0x82, high, low] = bytes.get(..DER_HEAD_BYTES)? else { return None };
    let length = DER_HEAD_BYTES + usize::from(u16::from_be_bytes([*high, *low]));
    let padding = bytes.get(length..)?;
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    bytes.truncate(length);
    Some(bytes)
}

fn said_at(dict: &Dict) -> Option<i64> {
    let text = std::str::from_utf8(dict.get("M")?.as_text()?).ok()?;
    let time = jiff::civil::DateTime::strptime("D:%Y%m%d%H%M%SZ", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

fn revision_ends(bytes: &[u8]) -> Vec<usize> {
    let marker = b"%%EOF";
    memmem::find_iter(bytes, marker)
        .take(REVISIONS_MAX)
        .map(|at| {
            let end = at + marker.len();
            match &bytes[end..] {
                [b'\r', b'\n', ..] => end + 2,
                [b'\r' | b'\n', ..] => end + 1,
                _ => end,
            }
        })
        .collect()
}
