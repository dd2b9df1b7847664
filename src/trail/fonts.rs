//! The fonts of a trail on paper: shipped with the program, so that paper is the same wherever it is made.
//!
//! Deliberately absent: fonts of the system, and symbols and emoji; what no font here covers is written as its number.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use krilla::text::Font;
use parley::FontContext;
use parley::fontique::{
    Blob, Charmap, Collection, CollectionOptions, FontInfo, FontInfoOverride, FontWeight, SourceCache,
};

use crate::trail::safe::code_point;

/// Largest font that is unpacked, in bytes; the largest shipped has about half of it.
const FONT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A file of one family.
struct File {
    family: &'static str,
    is_bold: bool,
    packed: &'static [u8],
    unpacked: OnceLock<Option<Unpacked>>,
}

/// A font as layout and paper each want it.
#[derive(Clone)]
struct Unpacked {
    blob: Blob<u8>,
    font: Font,
}

macro_rules! file {
    ($family:literal, $is_bold:literal, $file:literal) => {
        File {
            family: $family,
            is_bold: $is_bold,
            packed: include_bytes!(concat!("../../assets/fonts/", $file, ".zst")),
            unpacked: OnceLock::new(),
        }
    };
}

/// The family of letters with even widths.
pub const MONO: &str = "mono";

/// Every file; the first families are tried first.
static FILES: [File; 24] = [
    file!("sans", false, "NotoSans-Regular.ttf"),
    file!("sans", true, "NotoSans-Bold.ttf"),
    file!("mono", false, "NotoSansMono-Regular.ttf"),
    file!("arabic", false, "NotoSansArabic-Regular.ttf"),
    file!("arabic", true, "NotoSansArabic-Bold.ttf"),
    file!("hebrew", false, "NotoSansHebrew-Regular.ttf"),
    file!("hebrew", true, "NotoSansHebrew-Bold.ttf"),
    file!("devanagari", false, "NotoSansDevanagari-Regular.ttf"),
    file!("bengali", false, "NotoSansBengali-Regular.ttf"),
    file!("gurmukhi", false, "NotoSansGurmukhi-Regular.ttf"),
    file!("gujarati", false, "NotoSansGujarati-Regular.ttf"),
    file!("tamil", false, "NotoSansTamil-Regular.ttf"),
    file!("telugu", false, "NotoSansTelugu-Regular.ttf"),
    file!("kannada", false, "NotoSansKannada-Regular.ttf"),
    file!("malayalam", false, "NotoSansMalayalam-Regular.ttf"),
    file!("sinhala", false, "NotoSansSinhala-Regular.ttf"),
    file!("thai", false, "NotoSansThai-Regular.ttf"),
    file!("lao", false, "NotoSansLao-Regular.ttf"),
    file!("khmer", false, "NotoSansKhmer-Regular.ttf"),
    file!("myanmar", false, "NotoSansMyanmar-Regular.ttf"),
    file!("georgian", false, "NotoSansGeorgian-Regular.ttf"),
    file!("armenian", false, "NotoSansArmenian-Regular.ttf"),
    file!("ethiopic", false, "NotoSansEthiopic-Regular.ttf"),
    file!("east-asia", false, "NotoSansCJK-Regular.otf"),
];

/// The family that a character's script wants, beside those that every trail needs.
fn family_of(c: char) -> Option<&'static str> {
    Some(match u32::from(c) {
        0x530..=0x58f | 0xfb13..=0xfb17 => "armenian",
        0x590..=0x5ff | 0xfb1d..=0xfb4f => "hebrew",
        0x600..=0x77f | 0x8a0..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfefe => "arabic",
        0x900..=0x97f | 0xa8e0..=0xa8ff | 0x1cd0..=0x1cff => "devanagari",
        0x980..=0x9ff => "bengali",
        0xa00..=0xa7f => "gurmukhi",
        0xa80..=0xaff => "gujarati",
        0xb80..=0xbff => "tamil",
        0xc00..=0xc7f => "telugu",
        0xc80..=0xcff => "kannada",
        0xd00..=0xd7f => "malayalam",
        0xd80..=0xdff => "sinhala",
        0xe00..=0xe7f => "thai",
        0xe80..=0xeff => "lao",
        0x1000..=0x109f | 0xa9e0..=0xa9ff | 0xaa60..=0xaa7f => "myanmar",
        0x10a0..=0x10ff | 0x1c90..=0x1cbf | 0x2d00..=0x2d2f => "georgian",
        0x1200..=0x139f | 0x2d80..=0x2ddf | 0xab00..=0xab2f => "ethiopic",
        0x1780..=0x17ff | 0x19e0..=0x19ff => "khmer",
        0x3000..=0x9fff | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xff00..=0xffef => "east-asia",
        _ => return None,
    })
}

impl File {
    /// The font, unpacked once a process.
    fn font(&self) -> Option<&Unpacked> {
        let unpack = || {
            let mut bytes = Vec::new();
            let unpacking = zstd::Decoder::new(self.packed).ok()?;
            unpacking.take(FONT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
            let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
            Some(Unpacked { blob: Blob::new(Arc::clone(&bytes)), font: Font::new(bytes.into(), 0)? })
        };
        self.unpacked.get_or_init(unpack).as_ref()
    }
}

/// The fonts that one trail needs.
pub struct Fonts {
    /// What lays text out with them.
    pub context: FontContext,
    /// Their families, those of letters with even widths left out.
    pub families: Vec<&'static str>,
    loaded: Vec<(Unpacked, FontInfo)>,
}

impl Fonts {
    /// The fonts for these texts.
    pub fn for_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut wanted = vec!["sans", MONO];
        for family in texts.flat_map(str::chars).filter(|c| !c.is_ascii()).filter_map(family_of) {
            if !wanted.contains(&family) {
                wanted.push(family);
            }
        }
        let options = CollectionOptions { shared: false, system_fonts: false };
        let mut collection = Collection::new(options);
        let mut loaded = Vec::new();
        for file in FILES.iter().filter(|file| wanted.contains(&file.family)) {
            let Some(unpacked) = file.font() else { continue };
            let weight = if file.is_bold { FontWeight::BOLD } else { FontWeight::NORMAL };
            let named = FontInfoOverride {
                family_name: Some(file.family),
                width: None,
                style: None,
                weight: Some(weight),
                axes: None,
            };
            let added = collection.register_fonts(unpacked.blob.clone(), Some(named));
            let infos = added.into_iter().flat_map(|(_, infos)| infos);
            loaded.extend(infos.map(|info| (unpacked.clone(), info)));
        }
        // In the order of the files, so that nothing depends on which text came first.
        let mut families: Vec<_> = FILES.iter().map(|file| file.family).collect();
        families.dedup();
        families.retain(|family| *family != MONO && wanted.contains(family));
        let context = FontContext { collection, source_cache: SourceCache::default() };
        Self { context, families, loaded }
    }

    /// The font that paper draws with, by the id of its bytes.
    pub fn font(&self, id: u64) -> Option<Font> {
        self.loaded.iter().find(|(it, _)| it.blob.id() == id).map(|(it, _)| it.font.clone())
    }

    /// What tells which characters can be drawn.
    pub fn coverage(&self) -> Coverage<'_> {
        let charmaps = self.loaded.iter();
        let charmaps = charmaps.filter_map(|(font, info)| info.charmap_index().charmap(font.blob.data()));
        Coverage { charmaps: charmaps.collect() }
    }
}

/// Which characters can be drawn.
pub struct Coverage<'a> {
    charmaps: Vec<Charmap<'a>>,
}

impl Coverage<'_> {
    /// A text with whatever cannot be drawn written as its number.
    pub fn drawable(&self, text: &str) -> String {
        let mut drawn = String::with_capacity(text.len());
        for c in text.chars() {
            match self.covers(c) {
                true => drawn.push(c),
                false => drawn.push_str(&code_point(c)),
            }
        }
        drawn
    }

    fn covers(&self, c: char) -> bool {
        // PDF/A wants a meaning for each character: those for private use have none.
        let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        c.is_ascii()
            || guides_layout(c)
            || !is_private && self.charmaps.iter().any(|it| it.map(c).is_some_and(|glyph| glyph != 0))
    }
}

/// Characters that guide layout and are not drawn.
pub fn guides_layout(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{2066}'..='\u{2069}')
}
