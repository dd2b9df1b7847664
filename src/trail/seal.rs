//! A file sealed: a signature over every byte of it but its own, as PAdES says (ETSI EN 319 142-1, level B-B, with a time
//! stamp B-T).
//!
//! Deliberately absent: what a seal means. It attests that this installation made these bytes, never who a signee is.

use everlog_core::hex::Hex;
use ring::digest;

use crate::trail::file::object::{Dict, Id, Object, date};
use crate::trail::file::pages::pages;
use crate::trail::file::update::Update;
use crate::trail::file::{Fault, File};
use crate::trail::seal::cms::Signature;
use crate::trail::seal::key::SealKey;
use crate::trail::seal::stamp::{Authority, StampError};

pub mod certificate;
pub mod cms;
pub mod key;
pub mod oid;
pub mod stamp;

/// What the field of the seal is called.
pub const FIELD: &str = "Everlog seal";
/// Room for a signature without its certificates, in bytes.
const SIGNATURE_BYTES: usize = 4 * 1024;
/// Printed as it stands, locked (ISO 32000-1, table 165): what PDF/A asks of what is not seen.
const FLAGS: i64 = 4 | 128;
/// The file has signatures, and only additions keep them (ISO 32000-1, table 219).
const SIGNATURES_EXIST: i64 = 1 | 2;
/// What stands where the range will be, as wide as it can get.
const RANGE_ROOM: &str = "[0 0000000000 0000000000 0000000000]";

/// What is said beside a seal.
#[derive(Clone, Copy, Debug)]
pub struct SealWords<'a> {
    /// Who seals.
    pub name: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// A file that is sealed.
#[derive(Debug)]
pub struct Sealed {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Why there is no time stamp, when one was wanted.
    pub time_stamp_missing: Option<StampError>,
}

/// Why a file cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file cannot be read.
    #[error("the file cannot be sealed: {0}")]
    File(Fault),
    /// The key gave no signature.
    #[error("the key gave no signature")]
    Key,
    /// The signature is larger than the room that was left for it.
    #[error("the signature is too large")]
    Room,
}

/// Seals a file whose last page is the trail's, at a moment; with a time stamp when there is an authority and it answers.
///
/// # Errors
/// When the file cannot be read or the key does not sign.
pub fn seal(
    pdf: Vec<u8>,
    key: &SealKey,
    authority: Option<&Authority>,
    now_ms: u64,
    words: SealWords<'_>,
) -> Result<Sealed, SealError> {
    let certificates: usize = key.certificates().iter().map(|it| it.der.len()).sum();
    let stamp_room = authority.map_or(0, |_| stamp::TOKEN_BYTES_MAX);
    let room = SIGNATURE_BYTES + certificates + stamp_room;
    let mut open = prepare(pdf, room, now_ms, words).map_err(SealError::File)?;
    let (before, after) = open.outside();
    let mut hash = digest::Context::new(key.algorithm().digest());
    hash.update(before);
    hash.update(after);
    let mut signature = Signature::new(key.certificates(), key.algorithm(), hash.finish().as_ref().to_vec());
    signature.signed = key.sign(&signature.attributes()).ok_or(SealError::Key)?;
    let mut time_stamp_missing = None;
    match authority.map(|it| it.stamp(&signature.signed)) {
        Some(Ok(token)) => signature.time_stamp = Some(token),
        Some(Err(why)) => time_stamp_missing = Some(why),
        None => {}
    }
    open.close(&signature.to_der())?;
    Ok(Sealed { bytes: open.bytes, time_stamp_missing })
}

/// A file with room for a signature.
struct Open {
    bytes: Vec<u8>,
    /// Where the signature stands, its brackets included.
    start: usize,
    end: usize,
}

impl Open {
    fn outside(&self) -> (&[u8], &[u8]) {
        (&self.bytes[..self.start], &self.bytes[self.end..])
    }

    fn close(&mut self, signature: &[u8]) -> Result<(), SealError> {
        let written = Hex(signature).to_string();
        let room = self.bytes.get_mut(self.start + 1..self.end - 1);
        let room = room.and_then(|it| it.get_mut(..written.len())).ok_or(SealError::Room)?;
        room.copy_from_slice(written.as_bytes());
        Ok(())
    }
}

/// Writes everything of a seal but its signature.
fn prepare(mut pdf: Vec<u8>, room: usize, now_ms: u64, words: SealWords<'_>) -> Result<Open, Fault> {
    let file = File::read(&pdf)?;
    let all = pages(&file)?;
    let last = all.last().ok_or(Fault("it has no pages"))?.id;
    let mut update = Update::new(&file);
    let (signature, field) = (update.reserve(), update.reserve());

    let mut dict = Dict::default();
    dict.set("Type", Object::name("Sig"))
        .set("Filter", Object::name("Adobe.PPKLite"))
        .set("SubFilter", Object::name("ETSI.CAdES.detached"))
        .set("M", date(now_ms))
        .set("Name", Object::text(words.name))
        .set("Reason", Object::text(words.reason));
    let mut written = Vec::new();
    Object::Dict(dict).write(&mut written);
    written.truncate(written.len() - b">>".len());
    written.extend_from_slice(b"/ByteRange ");
    let range_at = written.len();
    written.extend_from_slice(RANGE_ROOM.as_bytes());
    written.extend_from_slice(b"/Contents ");
    let contents_at = written.len();
    written.push(b'<');
    written.resize(written.len() + 2 * room, b'0');
    written.extend_from_slice(b">>>");
    let place = update.put_written(signature, &written);

    let mut widget = Dict::default();
    widget
        .set("Type", Object::name("Annot"))
        .set("Subtype", Object::name("Widget"))
        .set("FT", Object::name("Sig"))
        .set("T", Object::text(FIELD))
        .set("V", signature.into())
        .set("F", Object::Integer(FLAGS))
        .set("P", update.known(last.number).into())
        .set("Rect", Object::Array(vec![Object::Integer(0); 4]));
    update.put(field, &widget.into());
    hang(&file, &mut update, last, field)?;

    let added = update.finish().ok_or(Fault("it has too many objects"))?;
    pdf.reserve_exact(added.len());
    pdf.extend_from_slice(&added);
    let (start, end) = (place.start + contents_at, place.end - b">>".len());
    let mut open = Open { bytes: pdf, start, end };
    let range = format!("[0 {start} {end} {}]", open.bytes.len() - end);
    let range = format!("{range:<width$}", width = RANGE_ROOM.len());
    let at = place.start + range_at;
    open.bytes[at..at + range.len()].copy_from_slice(range.as_bytes());
    Ok(open)
}

/// Puts the field on its page and into the form.
fn hang(file: &File<'_>, update: &mut Update<'_, '_>, last: Id, field: Id) -> Result<(), Fault> {
    let page = file.object(last.number)?;
    let mut page = page.as_dict().cloned().ok_or(Fault("its last page is not one"))?;
    let mut annotations = file.member_array(&page, "Annots")?;
    annotations.push(field.into());
    page.set("Annots", Object::Array(annotations));
    // Whoever walks from field to field walks as the page is read (ISO 14289-1, 7.18.3).
    page.set("Tabs", Object::name("S"));
    update.put(update.known(last.number), &page.into());

    let mut catalog = file.catalog()?;
    let mut form = file.member_dict(&catalog, "AcroForm")?;
    let mut fields = file.member_array(&form, "Fields")?;
    fields.push(field.into());
    let flags = file.member(&form, "SigFlags")?.as_integer().unwrap_or(0);
    form.set("Fields", Object::Array(fields)).set("SigFlags", Object::Integer(flags | SIGNATURES_EXIST));
    catalog.set("AcroForm", form.into());
    update.put(update.known(file.root()?.number), &catalog.into());
    Ok(())
}
