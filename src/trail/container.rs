//! A trail that carries the original as a file inside, byte for byte: for originals behind which nothing may be laid.
//!
//! Deliberately absent: any look into the original; its own signatures stay as they are because it does.

use crate::trail::append::{AppendError, pages_elsewhere};
use crate::trail::file::attachments::{self, Attachment, attachments};
use crate::trail::file::object::{Dict, Object, date};
use crate::trail::file::pages::pages;
use crate::trail::file::update::{Update, integer};
use crate::trail::file::{Fault, File};

/// Puts an original into a trail under a name, written at a moment.
///
/// # Errors
/// Says what of the trail cannot be read, or that the result does not read as it must.
pub fn container(
    original: &[u8],
    file_name: &str,
    trail: &[u8],
    now_ms: u64,
) -> Result<Vec<u8>, AppendError> {
    let file = File::read(trail).map_err(AppendError::Trail)?;
    let mut update = Update::new(&file);
    let key = embed(&file, &mut update, original, file_name, now_ms).map_err(AppendError::Trail)?;
    let added = update.finish().ok_or(AppendError::Reread("it has too many objects"))?;
    let mut bytes = Vec::with_capacity(trail.len() + added.len());
    bytes.extend_from_slice(trail);
    bytes.extend_from_slice(&added);
    drop(added);
    reread(original, &key, &file, bytes)
}

fn embed(
    file: &File<'_>,
    update: &mut Update<'_, '_>,
    original: &[u8],
    file_name: &str,
    now_ms: u64,
) -> Result<Vec<u8>, Fault> {
    let mut catalog = file.catalog()?;
    let mut all = attachments(file, &catalog)?;
    let mut key = Object::text(file_name).as_text().unwrap_or_default().to_vec();
    while all.iter().any(|it| it.key == key) {
        key.push(b'_');
    }

    let mut parameters = Dict::default();
    parameters.set("Size", integer(original.len())).set("ModDate", date(now_ms));
    let mut stream = Dict::default();
    stream
        .set("Type", Object::name("EmbeddedFile"))
        .set("Subtype", Object::name("application/pdf"))
        .set("Params", parameters.into());
    let content = update.reserve();
    // Packed, so that nothing inside is taken for a part of what is around it.
    update.put_packed(content, stream, original);

    let mut embedded = Dict::default();
    embedded.set("F", content.into()).set("UF", content.into());
    let mut specification = Dict::default();
    specification
        .set("Type", Object::name("Filespec"))
        .set("F", Object::text(file_name))
        .set("UF", Object::text(file_name))
        .set("AFRelationship", Object::name("Source"))
        .set("Desc", Object::text("The document, byte for byte as it was"))
        .set("EF", embedded.into());
    let id = update.reserve();
    update.put(id, &specification.into());
    all.push(Attachment { key: key.clone(), specification: id.into() });
    attachments::set(file, &mut catalog, all, vec![id.into()])?;
    update.put(update.known(file.root()?.number), &catalog.into());
    Ok(key)
}

/// The original comes out as it went in, and no page was lost; the whole is given back.
fn reread(original: &[u8], key: &[u8], trail: &File<'_>, bytes: Vec<u8>) -> Result<Vec<u8>, AppendError> {
    let read = || -> Result<(usize, usize, bool), Fault> {
        let file = File::read(&bytes)?;
        let all = attachments(&file, &file.catalog()?)?;
        let ours = all.iter().find(|it| it.key == key).ok_or(Fault("the original is not in it"))?;
        let is_equal = attachments::content(&file, ours)? == original;
        Ok((pages(trail)?.len(), pages(&file)?.len(), is_equal))
    };
    let (before, after, is_equal) = read().map_err(|why| AppendError::Reread(why.0))?;
    if !is_equal {
        return Err(AppendError::Reread("the original does not come out as it went in"));
    }
    let (theirs, bytes) = pages_elsewhere(bytes);
    if before != after || theirs != Some(after) {
        return Err(AppendError::Reread("it has another number of pages"));
    }
    Ok(bytes)
}
