//! A trail as one HTML file that needs nothing beside it: to read in a browser, to print, to keep.
//!
//! Deliberately absent: scripts, and anything fetched. The style stands inside, because the file is taken away.

use askama::Template;

use crate::trail::icons;
use crate::trail::model::Trail;
use crate::trail::sheet::Sheet;

/// Its style: a part of the file, never of a page that the viewer serves.
const STYLE: &str = include_str!("../../assets/trail/trail.css");

#[derive(Template)]
#[template(path = "trail/trail.html")]
struct Page {
    sheet: Sheet,
    style: &'static str,
}

/// Draws a trail as HTML.
///
/// # Errors
/// Never in practice: the template writes into memory.
pub fn html(trail: &Trail) -> Result<String, askama::Error> {
    Page { sheet: Sheet::of(trail), style: STYLE }.render()
}
