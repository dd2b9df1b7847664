//! What an original is: whether it is a PDF at all, how many pages it has, and whether pages may be laid behind it.
//!
//! Deliberately absent: what its pages show.

use memchr::memmem;

use crate::trail::append;
use crate::trail::file::object::{Dict, Object};
use crate::trail::file::pages::{A4, pages, size};
use crate::trail::file::{Fault, File};

/// Most fields of a form that are looked at.
const FIELDS_MAX: usize = 10_000;

/// What was found out about an original.
#[derive(Clone, Debug, PartialEq)]
pub struct Original {
    /// How many pages it has; nothing when only its password would tell.
    pub pages: Option<usize>,
    /// How large its last page is shown, in points; A4 when that is not known.
    pub page_size_of_last: (f32, f32),
    /// Whether pages may be laid behind it.
    pub condition: Condition,
}

/// What an original is like; only a healthy one has pages laid behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing speaks against pages behind it.
    Healthy,
    /// It is signed: anything behind it would make its signatures read as altered.
    Signed,
    /// It is certified, or has rights of use, which is a signature too.
    Certified,
    /// It is encrypted.
    Encrypted,
    /// It does not begin with its header, so its positions are in doubt.
    JunkBeforeHeader,
    /// It is a form that draws its own pages.
    Xfa,
    /// Something about it is in doubt.
    Unsure(&'static str),
}

/// Why a document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefused {
    /// There is nothing.
    #[error("The document is empty.")]
    Empty,
    /// It is something else.
    #[error("The document is not a PDF: its beginning does not say so.")]
    NotPdf,
    /// It begins as a PDF, and nobody can read it.
    #[error("The document is a PDF that is damaged beyond reading: {0}.")]
    Damaged(Fault),
}

impl DocumentRefused {
    /// The stable code of a problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "document_empty",
            Self::NotPdf => "document_not_pdf",
            Self::Damaged(_) => "document_damaged",
        }
    }
}

/// Looks at an original.
///
/// # Errors
/// Refuses what is empty, no PDF, or has no page that anybody could read.
pub fn inspect(original: &[u8]) -> Result<Original, DocumentRefused> {
    if original.is_empty() {
        return Err(DocumentRefused::Empty);
    }
    let header = File::header(original).ok_or(DocumentRefused::NotPdf)?;
    // Positions count from the header in some files with something before it, from the first byte in others.
    let whole = if header == 0 { original } else { &original[header..] };
    match look(whole) {
        Ok(found) if header == 0 => Ok(found),
        Ok(found) if found.condition == Condition::Healthy => {
            Ok(Original { condition: Condition::JunkBeforeHeader, ..found })
        }
        Ok(found) => Ok(found),
        Err(why) => recovered(original, header, why),
    }
}

/// What a strict reading finds.
fn look(bytes: &[u8]) -> Result<Original, Fault> {
    let file = File::read(bytes)?;
    if file.is_encrypted {
        return Ok(encrypted(&file));
    }
    file.unpack_all()?;
    let all = pages(&file)?;
    let last = all.last().map_or(A4, |page| size(&file, &page.dict));
    let condition = condition(&file, all.len()).unwrap_or_else(|why| Condition::Unsure(why.0));
    Ok(Original { pages: Some(all.len()), page_size_of_last: last, condition })
}

/// Of an encrypted file, what can be read without a password: structure is in the clear unless it is packed.
fn encrypted(file: &File<'_>) -> Original {
    let all = pages(file).ok();
    let last = all.as_ref().and_then(|all| all.last()).map_or(A4, |page| size(file, &page.dict));
    Original { pages: all.map(|it| it.len()), page_size_of_last: last, condition: Condition::Encrypted }
}

/// What can be counted in a file that does not lie where it says.
fn recovered(original: &[u8], header: usize, why: Fault) -> Result<Original, DocumentRefused> {
    let file = File::recover(original).map_err(DocumentRefused::Damaged)?;
    if file.is_encrypted {
        return Ok(encrypted(&file));
    }
    let all = pages(&file).map_err(DocumentRefused::Damaged)?;
    let last = all.last().map_or(A4, |page| size(&file, &page.dict));
    let condition = if header > 0 { Condition::JunkBeforeHeader } else { Condition::Unsure(why.0) };
    Ok(Original { pages: Some(all.len()), page_size_of_last: last, condition })
}

fn condition(file: &File<'_>, page_count: usize) -> Result<Condition, Fault> {
    let catalog = file.catalog()?;
    if file.member(&catalog, "Perms")? != Object::Null {
        return Ok(Condition::Certified);
    }
    let form = file.member_dict(&catalog, "AcroForm")?;
    let flags = file.member(&form, "SigFlags")?.as_integer().unwrap_or(0);
    // A signature must stand in the file unpacked, so that its range can leave it out; its name may be written with escapes,
    // so the fields are looked at too.
    let is_signed =
        flags & 1 == 1 || memmem::find(file.bytes, b"/ByteRange").is_some() || has_signed_field(file, &form)?;
    if is_signed {
        return Ok(Condition::Signed);
    }
    if form.get("XFA").is_some() {
        return Ok(Condition::Xfa);
    }
    if file.is_hybrid {
        return Ok(Condition::Unsure("it says in two ways where its objects lie, which validators refuse"));
    }
    if catalog.get("Collection").is_some() {
        return Ok(Condition::Unsure("it is a portfolio, which shows its files in place of its pages"));
    }
    let root = file.member_dict(&catalog, "Pages")?;
    let counted = file.member(&root, "Count")?.as_integer();
    if counted != i64::try_from(page_count).ok() {
        return Ok(Condition::Unsure("its tree of pages counts otherwise than it says"));
    }
    append::may_be_appended_to(file, &catalog)
}

fn has_signed_field(file: &File<'_>, form: &Dict) -> Result<bool, Fault> {
    let mut waiting = file.member_array(form, "Fields")?;
    for _ in 0..FIELDS_MAX {
        let Some(field) = waiting.pop() else { return Ok(false) };
        let field = file.resolve(&field)?;
        let Some(field) = field.as_dict() else { continue };
        let value = file.member(field, "V")?;
        if value.as_dict().is_some_and(|it| it.get("ByteRange").is_some()) {
            return Ok(true);
        }
        waiting.extend(file.member_array(field, "Kids")?);
    }
    Err(Fault("its form has too many fields"))
}
