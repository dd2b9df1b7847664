//! A trail on paper: tagged PDF/A-3a with what a program needs attached to it.
//!
//! Deliberately absent: the document that was signed, and the seal; others put these pages behind it and seal the file. The
//! same trail gives the same bytes: there is no clock here, and no font but those shipped.

use jiff::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::metadata::{DateTime, Metadata, TextDirection};
use krilla::{Document, SerializeSettings};

use crate::trail::fonts::Fonts;
use crate::trail::model::Trail;
use crate::trail::pdf::draft::Draft;
use crate::trail::sheet::Sheet;

mod draft;
mod events;
mod paper;
mod para;
mod parts;
mod shapes;

/// The page of a trail without a document, in points: A4.
pub const A4: (f32, f32) = (595.28, 841.89);
/// Narrowest and lowest page that a trail is drawn on, in points; smaller documents get [`A4`].
const SIDE_MIN: f32 = 280.0;
/// Widest and highest; larger documents get [`A4`].
const SIDE_MAX: f32 = 1_600.0;
/// Longest title that a PDF is given, in characters; the pages say the whole.
const TITLE_CHARS_MAX: usize = 200;

/// A file inside the PDF.
#[derive(Clone, Debug)]
pub struct Attachment<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is, for programs.
    pub mime: &'a str,
    /// What it is, for people.
    pub description: &'a str,
    /// Whether it is where the pages come from, and not something beside them.
    pub is_source: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Why a trail could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// An attachment cannot be named so.
    #[error("{name} cannot be attached: {mime} is no type, or the name stands twice")]
    Attachment {
        /// Its name.
        name: String,
        /// Its type.
        mime: String,
    },
    /// What was drawn is no archivable PDF; a fault of this program.
    #[error("the pages cannot be written: {0}")]
    Writing(String),
}

/// Draws a trail on pages of this size, in points, with files attached.
///
/// # Errors
/// When an attachment has no proper type or stands twice. Text never is a reason: what cannot be drawn is written as its
/// number.
pub fn draw(trail: &Trail, size: (f32, f32), attachments: &[Attachment<'_>]) -> Result<Vec<u8>, DrawError> {
    let sheet = Sheet::of(trail);
    let mut document = Document::new_with(settings()?);
    document.set_metadata(metadata(trail, &sheet));
    for attachment in attachments {
        attach(&mut document, trail, attachment)?;
    }
    // What others wrote is in the model, and one of our words shows the script of all.
    let theirs = serde_json::to_string(trail).map_err(|error| DrawError::Writing(error.to_string()))?;
    let fonts = Fonts::for_texts([theirs.as_str(), &sheet.titles.document].into_iter());
    let written = Draft::new(fonts, page_size(size), &sheet).write(&mut document);
    let tree = written.ok_or_else(|| DrawError::Writing("a page without a size".to_owned()))?;
    document.set_tag_tree(tree.with_lang(Some(sheet.language.to_owned())));
    document.finish().map_err(|error| DrawError::Writing(format!("{error:?}")))
}

fn page_size((width, height): (f32, f32)) -> (f32, f32) {
    let is_fit = |side: f32| (SIDE_MIN..=SIDE_MAX).contains(&side);
    if is_fit(width) && is_fit(height) { (width, height) } else { A4 }
}

fn settings() -> Result<SerializeSettings, DrawError> {
    let standards = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1);
    let configuration = standards.finish().map_err(|error| DrawError::Writing(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

fn metadata(trail: &Trail, sheet: &Sheet) -> Metadata {
    let title: String = format!("{}: {}", sheet.kind, trail.title()).chars().take(TITLE_CHARS_MAX).collect();
    let direction = if sheet.is_rtl { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
    let metadata = Metadata::new()
        .title(crate::trail::safe::visible(&title))
        .language(sheet.language.to_owned())
        .creator("Everlog".to_owned())
        .producer("Everlog".to_owned())
        .document_id(trail.process.key.clone())
        .text_direction(direction);
    match made(trail) {
        Some(made) => metadata.creation_date(made),
        None => metadata,
    }
}

/// When the trail was made.
fn made(trail: &Trail) -> Option<DateTime> {
    let made = trail.made_at.utc.parse::<Timestamp>().ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let date =
        DateTime::new(u16::try_from(made.year()).ok()?).month(small(made.month())).day(small(made.day()));
    let time = date.hour(small(made.hour())).minute(small(made.minute())).second(small(made.second()));
    Some(time.utc_offset_hour(0).utc_offset_minute(0))
}

fn attach(document: &mut Document, trail: &Trail, attachment: &Attachment<'_>) -> Result<(), DrawError> {
    let refuse =
        || DrawError::Attachment { name: attachment.name.to_owned(), mime: attachment.mime.to_owned() };
    let kind = match attachment.is_source {
        true => AssociationKind::Source,
        false => AssociationKind::Data,
    };
    let file = EmbeddedFile {
        path: attachment.name.to_owned(),
        mime_type: Some(MimeType::new(attachment.mime).ok_or_else(refuse)?),
        description: Some(attachment.description.to_owned()),
        association_kind: kind,
        data: attachment.bytes.to_vec().into(),
        modification_date: made(trail),
        compress: None,
        location: None,
    };
    document.embed_file(file).ok_or_else(refuse)
}
