//! Setting text: a paragraph broken into lines, and each line drawn.
//!
//! Deliberately absent: places on a page, and any character that a font does not have. Such are written as numbers, because
//! PDF/A refuses holes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use krilla::color::rgb;
use krilla::geom::Point;
use krilla::num::NormalizedF32;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use parley::style::{FontFamily, FontFamilyName, FontWeight, LineHeight, OverflowWrap, StyleProperty};
use parley::{Alignment, BaseDirection, Layout, LayoutContext, Line, Run};

use crate::trail::fonts::{Fonts, MONO, guides_layout};
use crate::trail::safe::code_point;

/// Red, green and blue.
pub type Color = [u8; 3];

/// Lines are this much higher than their letters.
const LINE_HEIGHT: f32 = 1.4;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// In points.
    pub size: f32,
    /// Whether it stands out.
    pub is_bold: bool,
    /// Whether its letters have even widths.
    pub is_mono: bool,
    /// Its colour.
    pub color: Color,
}

impl Style {
    /// Plain letters.
    pub const fn plain(size: f32, color: Color) -> Self {
        Self { size, is_bold: false, is_mono: false, color }
    }

    /// Bold letters.
    pub const fn bold(size: f32, color: Color) -> Self {
        Self { is_bold: true, ..Self::plain(size, color) }
    }

    /// Letters with even widths.
    pub const fn mono(size: f32, color: Color) -> Self {
        Self { is_mono: true, ..Self::plain(size, color) }
    }
}

/// In which direction a paragraph runs, and at which edge it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Whether it runs from right to left.
    pub is_rtl: bool,
    /// Whether it begins at the right edge.
    pub is_at_right: bool,
}

/// A paragraph in lines.
pub struct Para {
    text: String,
    layout: Layout<Color>,
    fonts: Vec<(u64, Font)>,
}

/// Sets paragraphs.
pub struct Typesetter {
    fonts: Fonts,
    layouts: LayoutContext<Color>,
}

impl Typesetter {
    /// Sets with these fonts.
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts, layouts: LayoutContext::new() }
    }

    /// Sets pieces of text, one behind the other, in lines at most this wide.
    pub fn para(&mut self, pieces: &[(&str, Style)], width: f32, flow: Flow) -> Para {
        let (mut text, mut styles) = (String::new(), Vec::new());
        for (piece, style) in pieces {
            let start = text.len();
            match piece.is_ascii() {
                true => text.push_str(piece),
                false => text.push_str(&self.fonts.coverage().drawable(piece)),
            }
            styles.push((start..text.len(), *style));
        }
        let layout = self.layout(&text, &styles, width, flow);
        let holes = holes(&layout);
        if holes.is_empty() {
            return self.finish(text, layout);
        }
        // A font may have each of two characters, and no form for both together.
        let (text, styles) = without(&text, &styles, &holes);
        let layout = self.layout(&text, &styles, width, flow);
        self.finish(text, layout)
    }

    fn finish(&self, text: String, layout: Layout<Color>) -> Para {
        let ids: BTreeSet<u64> =
            layout.lines().flat_map(|line| line.runs()).map(|run| run.font().data.id()).collect();
        let fonts = ids.into_iter().filter_map(|id| Some((id, self.fonts.font(id)?))).collect();
        Para { text, layout, fonts }
    }

    fn layout(
        &mut self,
        text: &str,
        styles: &[(Range<usize>, Style)],
        width: f32,
        flow: Flow,
    ) -> Layout<Color> {
        let named = |family: &&'static str| FontFamilyName::Named(Cow::Borrowed(family));
        let plain: Vec<_> = self.fonts.families.iter().map(named).collect();
        let mono: Vec<_> = [MONO].iter().chain(&self.fonts.families).map(named).collect();
        let mut builder = self.layouts.ranged_builder(&mut self.fonts.context, text, 1.0, false);
        builder.set_base_direction(if flow.is_rtl { BaseDirection::Rtl } else { BaseDirection::Ltr });
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(LINE_HEIGHT)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        // A line is at least as high as its paragraph's own letters, which would be large ones.
        let smallest = styles.iter().map(|(_, style)| style.size).fold(f32::INFINITY, f32::min);
        builder.push_default(StyleProperty::FontSize(smallest));
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(&plain))));
        for (range, style) in styles {
            let weight = if style.is_bold { FontWeight::BOLD } else { FontWeight::NORMAL };
            let families = if style.is_mono { &mono } else { &plain };
            let family = FontFamily::List(Cow::Borrowed(families));
            builder.push(StyleProperty::FontFamily(family), range.clone());
            builder.push(StyleProperty::FontSize(style.size), range.clone());
            builder.push(StyleProperty::FontWeight(weight), range.clone());
            builder.push(StyleProperty::Brush(style.color), range.clone());
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(width));
        let alignment = if flow.is_at_right { Alignment::Right } else { Alignment::Left };
        layout.align(alignment, parley::AlignmentOptions::default());
        layout
    }
}

/// Where no glyph was found, as ranges of the text.
fn holes(layout: &Layout<Color>) -> Vec<Range<usize>> {
    let runs = layout.lines().flat_map(|line| line.runs());
    let clusters = runs.flat_map(|run| {
        let holes = run.clusters().filter(|it| it.glyphs().any(|glyph| glyph.id == 0));
        holes.map(|it| it.text_range()).collect::<Vec<_>>()
    });
    clusters.collect()
}

/// A text with what stands in these ranges written as numbers.
fn without(
    text: &str,
    styles: &[(Range<usize>, Style)],
    holes: &[Range<usize>],
) -> (String, Vec<(Range<usize>, Style)>) {
    let mut written = String::with_capacity(text.len());
    let mut moved = Vec::with_capacity(styles.len());
    for (range, style) in styles {
        let start = written.len();
        for (at, c) in text[range.clone()].char_indices() {
            let at = range.start + at;
            match holes.iter().any(|hole| hole.contains(&at)) && !guides_layout(c) {
                true => written.push_str(&code_point(c)),
                false => written.push(c),
            }
        }
        moved.push((start..written.len(), *style));
    }
    (written, moved)
}

impl Para {
    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.layout.len()
    }

    /// Where a line begins, measured from the first, and how high it is.
    pub fn line_box(&self, index: usize) -> (f32, f32) {
        self.layout.get(index).map_or((0.0, 0.0), |line| {
            let metrics = line.metrics();
            (metrics.block_min_coord, metrics.line_height)
        })
    }

    /// How high all of it is.
    pub fn height(&self) -> f32 {
        self.layout.height()
    }

    /// How wide its widest line is.
    pub fn width(&self) -> f32 {
        self.layout.width()
    }

    /// Draws a line whose upper left corner is here.
    pub fn draw(&self, index: usize, left: f32, top: f32, surface: &mut Surface<'_>) {
        let Some(line) = self.layout.get(index) else { return };
        let metrics = line.metrics();
        let baseline = top + metrics.baseline - metrics.block_min_coord;
        self.draw_line(&line, left + metrics.offset, baseline, surface);
    }

    fn draw_line(&self, line: &Line<'_, Color>, left: f32, baseline: f32, surface: &mut Surface<'_>) {
        let mut x = left;
        for run in line.runs() {
            let id = run.font().data.id();
            let Some((_, font)) = self.fonts.iter().find(|(it, _)| *it == id) else { continue };
            for (color, glyphs, advance) in pieces(&run, &self.text) {
                let color = self.layout.styles().get(color).map_or([0; 3], |style| style.brush);
                if !glyphs.is_empty() {
                    surface.set_fill(Some(fill(color)));
                    let place = Point::from_xy(x, baseline);
                    surface.draw_glyphs(place, &glyphs, font.clone(), &self.text, run.font_size(), false);
                }
                x += advance;
            }
        }
    }
}

/// The glyphs of a run by their styles, in the order of the eye, and how far each piece reaches.
fn pieces(run: &Run<'_, Color>, text: &str) -> Vec<(usize, Vec<KrillaGlyph>, f32)> {
    let size = run.font_size();
    let mut pieces: Vec<(usize, Vec<KrillaGlyph>, f32)> = Vec::new();
    for cluster in run.visual_clusters() {
        let range = cluster.text_range();
        if cluster.is_ligature_continuation() {
            if let Some(glyph) = pieces.last_mut().and_then(|piece| piece.1.last_mut()) {
                glyph.text_range =
                    glyph.text_range.start.min(range.start)..glyph.text_range.end.max(range.end);
            }
            continue;
        }
        // What only guides layout has no ink, and would be a character without a meaning.
        let is_seen = !text[range.clone()].chars().all(guides_layout);
        let style = usize::from(cluster.style_index());
        for glyph in cluster.glyphs() {
            if pieces.last().is_none_or(|piece| piece.0 != style) {
                pieces.push((style, Vec::new(), 0.0));
            }
            let Some(piece) = pieces.last_mut() else { continue };
            piece.2 += glyph.advance;
            if is_seen {
                // Layout counts downwards, paper upwards.
                let (x, y) = (glyph.x / size, -glyph.y / size);
                let id = GlyphId::new(glyph.id);
                piece.1.push(KrillaGlyph::new(id, glyph.advance / size, x, y, 0.0, range.clone(), None));
            }
        }
    }
    pieces
}

/// Ink of one colour.
pub fn fill(color: Color) -> Fill {
    let [red, green, blue] = color;
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: Default::default(),
    }
}
