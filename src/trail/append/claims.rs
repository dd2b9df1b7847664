//! What an original says of itself as a whole, and what is no longer known once pages lie behind it: that it keeps to PDF/A
//! or PDF/UA. Deliberately absent: making it so.

use memchr::memmem;

use crate::trail::file::object::{Dict, Object};
use crate::trail::file::update::Update;
use crate::trail::file::{Fault, File};

/// Most bytes of a description.
const DESCRIPTION_BYTES_MAX: usize = 4 << 20;
/// How the claims are named in a description.
const CLAIMS: &[&str] = &["pdfaid:", "pdfuaid:", "pdfxid:"];

/// Writes the description anew without its claims; one that cannot be read but may claim something is left away.
pub(super) fn withdraw(
    file: &File<'_>,
    update: &mut Update<'_, '_>,
    catalog: &mut Dict,
) -> Result<(), Fault> {
    let Object::Stream(dict, place) = file.member(catalog, "Metadata")? else { return Ok(()) };
    let described = file.unpack(&dict, &place, DESCRIPTION_BYTES_MAX).ok();
    let described = described.and_then(|it| String::from_utf8(it).ok());
    let Some(described) = described else {
        catalog.remove("Metadata");
        return Ok(());
    };
    let Some(rest) = without_claims(&described) else {
        catalog.remove("Metadata");
        return Ok(());
    };
    if rest != described {
        let mut dict = Dict::default();
        dict.set("Type", Object::name("Metadata")).set("Subtype", Object::name("XML"));
        let id = update.reserve();
        update.put_stream(id, dict, rest.as_bytes());
        catalog.set("Metadata", id.into());
    }
    Ok(())
}

/// The description without every element and attribute that claims; nothing when one has no end.
pub fn without_claims(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for claim in CLAIMS {
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
    }
    Some(text)
}
