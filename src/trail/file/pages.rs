//! The pages of a file: how many, where, how large. Deliberately absent: what is on them.

use std::collections::BTreeSet;

use crate::trail::file::object::{Dict, Id, Object};
use crate::trail::file::{Fault, File};

/// Most pages of one file.
pub const PAGES_MAX: usize = 50_000;
/// Deepest tree of pages.
const TREE_DEPTH_MAX: usize = 64;
/// What pages inherit (ISO 32000-1, table 30).
const INHERITED: &[&str] = &["Resources", "MediaBox", "CropBox", "Rotate"];
/// A4, in points.
pub const A4: (f32, f32) = (595.276, 841.89);
/// Smallest and largest side that is believed, in points.
const SIDE_POINTS: std::ops::RangeInclusive<f64> = 72.0..=14_400.0;

/// A page with everything it inherits.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its object.
    pub id: Id,
    /// Its members and those inherited.
    pub dict: Dict,
}

/// Every page in order.
///
/// # Errors
/// Says what is not as it must be in the tree of pages; a page that is in it twice is a fault too.
pub fn pages(file: &File<'_>) -> Result<Vec<Page>, Fault> {
    let catalog = file.catalog()?;
    let root = catalog.get("Pages").and_then(Object::as_reference).ok_or(Fault("it has no pages"))?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![(root, Dict::default(), 0_usize)];
    while let Some((id, inherited, depth)) = waiting.pop() {
        if !seen.insert(id.number) {
            return Err(Fault("its tree of pages leads in a circle"));
        }
        if depth > TREE_DEPTH_MAX || seen.len() > 2 * PAGES_MAX {
            return Err(Fault("its tree of pages is too large"));
        }
        let object = file.object(id.number)?;
        let dict = object.as_dict().ok_or(Fault("its tree of pages is broken"))?;
        let mut inherits = inherited;
        for name in INHERITED {
            if let Some(value) = dict.get(name) {
                inherits.set(name, value.clone());
            }
        }
        if dict.get("Kids").is_some() && !dict.is("Type", "Page") {
            let kids = file.member_array(dict, "Kids")?;
            for kid in kids.iter().rev() {
                let kid = kid.as_reference().ok_or(Fault("its tree of pages is broken"))?;
                waiting.push((kid, inherits.clone(), depth + 1));
            }
            if waiting.len() > 2 * PAGES_MAX {
                return Err(Fault("its tree of pages is too large"));
            }
        } else {
            let mut page = dict.clone();
            for (name, value) in inherits.iter() {
                page.set(&String::from_utf8_lossy(name), value.clone());
            }
            found.push(Page { id, dict: page });
        }
        if found.len() > PAGES_MAX {
            return Err(Fault("it has too many pages"));
        }
    }
    if found.is_empty() { Err(Fault("it has no pages")) } else { Ok(found) }
}

/// How large a page is shown, in points, turned as it is turned; A4 when it does not say so sensibly.
pub fn size(file: &File<'_>, page: &Dict) -> (f32, f32) {
    let rectangle = |name: &str| {
        let sides = file.member_array(page, name).ok()?;
        let sides: Vec<f64> =
            sides.iter().filter_map(|it| file.resolve(it).ok()).filter_map(|it| it.as_number()).collect();
        let [left, bottom, right, top] = sides[..] else { return None };
        Some((left.min(right), bottom.min(top), left.max(right), bottom.max(top)))
    };
    let Some(media) = rectangle("MediaBox") else { return A4 };
    let crop = rectangle("CropBox").unwrap_or(media);
    let unit = file.member(page, "UserUnit").ok().and_then(|it| it.as_number()).unwrap_or(1.0);
    let width = (media.2.min(crop.2) - media.0.max(crop.0)) * unit;
    let height = (media.3.min(crop.3) - media.1.max(crop.1)) * unit;
    if !SIDE_POINTS.contains(&width) || !SIDE_POINTS.contains(&height) {
        return A4;
    }
    let turned = file.member(page, "Rotate").ok().and_then(|it| it.as_integer()).unwrap_or(0);
    #[expect(clippy::cast_possible_truncation, reason = "sides are bounded above")]
    let size = (width as f32, height as f32);
    if turned.rem_euclid(180) == 90 { (size.1, size.0) } else { size }
}
