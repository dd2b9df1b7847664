//! The files that lie in a file: found, and added to. Deliberately absent: which files those are.

use crate::trail::file::object::{Dict, Object};
use crate::trail::file::{Fault, File};

/// Most files of one file, and most nodes of the tree that names them.
const NODES_MAX: usize = 10_000;
/// Most bytes that an attached file unpacks to.
pub const ATTACHED_BYTES_MAX: usize = 256 << 20;

/// A file that lies in a file.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The key it is filed under.
    pub key: Vec<u8>,
    /// Its specification: a dictionary, or a reference to one.
    pub specification: Object,
}

/// Every attached file, in the order of the tree.
pub fn attachments(file: &File<'_>, catalog: &Dict) -> Result<Vec<Attachment>, Fault> {
    let names = file.member_dict(catalog, "Names")?;
    let mut waiting = vec![file.member(&names, "EmbeddedFiles")?];
    let mut found = Vec::new();
    for _ in 0..NODES_MAX {
        let Some(node) = waiting.pop() else { return Ok(found) };
        let node = file.resolve(&node)?;
        let Some(node) = node.as_dict() else { continue };
        for pair in file.member_array(node, "Names")?.chunks(2) {
            let [key, specification] = pair else { return Err(Fault("its tree of names is broken")) };
            let key = file.resolve(key)?.as_text().ok_or(Fault("its tree of names is broken"))?.to_vec();
            found.push(Attachment { key, specification: specification.clone() });
        }
        if found.len() > NODES_MAX {
            break;
        }
        waiting.extend(file.member_array(node, "Kids")?.into_iter().rev());
    }
    Err(Fault("it has too many attached files"))
}

/// What an attached file is called.
pub fn name(file: &File<'_>, attachment: &Attachment) -> Result<String, Fault> {
    let specification = file.resolve(&attachment.specification)?;
    let dict = specification.as_dict().ok_or(Fault("an attached file is not described"))?;
    let name = match file.member(dict, "UF")? {
        Object::Null => file.member(dict, "F")?,
        name => name,
    };
    let bytes = name.as_text().ok_or(Fault("an attached file has no name"))?;
    Ok(match bytes {
        [0xFE, 0xFF, units @ ..] => {
            let units: Vec<u16> =
                units.chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        [0xEF, 0xBB, 0xBF, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        // PDFDocEncoding, which is Latin-1 wherever names of files are written (ISO 32000-1, annex D).
        text => text.iter().map(|byte| char::from(*byte)).collect(),
    })
}

/// What an attached file holds.
pub fn content(file: &File<'_>, attachment: &Attachment) -> Result<Vec<u8>, Fault> {
    let specification = file.resolve(&attachment.specification)?;
    let dict = specification.as_dict().ok_or(Fault("an attached file is not described"))?;
    let embedded = file.member_dict(dict, "EF")?;
    let stream = match file.member(&embedded, "F")? {
        Object::Null => file.member(&embedded, "UF")?,
        stream => stream,
    };
    let Object::Stream(dict, place) = stream else { return Err(Fault("an attached file is not there")) };
    file.unpack(&dict, &place, ATTACHED_BYTES_MAX)
}

/// Sets which files a catalog names, and which belong to the whole document. Every member but these two stays.
pub fn set(
    file: &File<'_>,
    catalog: &mut Dict,
    mut all: Vec<Attachment>,
    of_document: Vec<Object>,
) -> Result<(), Fault> {
    all.sort_by(|a, b| a.key.cmp(&b.key));
    let entries = all.into_iter().flat_map(|it| [Object::Text(it.key), it.specification]).collect();
    let mut tree = Dict::default();
    tree.set("Names", Object::Array(entries));
    let mut names = file.member_dict(catalog, "Names")?;
    names.set("EmbeddedFiles", tree.into());
    catalog.set("Names", names.into());
    if !of_document.is_empty() {
        let mut belonging = file.member_array(catalog, "AF")?;
        belonging.extend(of_document);
        catalog.set("AF", Object::Array(belonging));
    }
    Ok(())
}
