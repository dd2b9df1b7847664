//! What is drawn beside text: icons, rules, the ground of a badge, a QR code. Deliberately absent: places; they are passed in.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Rect, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::trail::icons::{self, UNITS};
use crate::trail::pdf::para::{Color, fill};

/// How thick the strokes of an icon are, in its own units.
const STROKE: f32 = 1.25;
/// How thick a rule is.
const HAIRLINE: f32 = 0.5;
/// By how much a circle's arc bends, as a part of its radius.
const ARC: f32 = 0.552_3;

/// Draws an icon as wide and high as this.
pub fn icon(
    name: &str,
    (left, top): (f32, f32),
    size: f32,
    color: Color,
    is_rtl: bool,
    surface: &mut Surface<'_>,
) {
    let scale = size / UNITS;
    let place = match is_rtl && icons::is_directed(name) {
        true => Transform::from_row(-scale, 0.0, 0.0, scale, left + size, top),
        false => Transform::from_row(scale, 0.0, 0.0, scale, left, top),
    };
    let Some(path) = outline(icons::path(name)).and_then(|path| path.transform(place)) else { return };
    surface.set_fill(None);
    surface.set_stroke(Some(stroke(color, STROKE * scale)));
    surface.draw_path(&path);
    surface.set_stroke(None);
}

fn stroke(color: Color, width: f32) -> Stroke {
    let [red, green, blue] = color;
    Stroke {
        paint: rgb::Color::new(red, green, blue).into(),
        width,
        miter_limit: 10.0,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        opacity: NormalizedF32::ONE,
        dash: None,
    }
}

/// Reads the paths that `icons` writes: M, L, C and Z with absolute places.
fn outline(text: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut words = text.split(' ');
    while let Some(letter) = words.next() {
        let mut next = || words.next()?.parse::<f32>().ok();
        match letter {
            "M" => path.move_to(next()?, next()?),
            "L" => path.line_to(next()?, next()?),
            "C" => path.cubic_to(next()?, next()?, next()?, next()?, next()?, next()?),
            _ => path.close(),
        }
    }
    path.finish()
}

/// Draws a hairline.
pub fn rule((left, top): (f32, f32), width: f32, color: Color, surface: &mut Surface<'_>) {
    rectangle((left, top), (width, HAIRLINE), color, surface);
}

/// Fills a rectangle.
pub fn rectangle(
    (left, top): (f32, f32),
    (width, height): (f32, f32),
    color: Color,
    surface: &mut Surface<'_>,
) {
    let mut path = PathBuilder::new();
    let Some(rect) = Rect::from_xywh(left, top, width, height) else { return };
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.set_fill(Some(fill(color)));
        surface.draw_path(&path);
    }
}

/// Fills a rectangle with round corners.
pub fn rounded(
    (left, top): (f32, f32),
    (width, height): (f32, f32),
    radius: f32,
    color: Color,
    surface: &mut Surface<'_>,
) {
    let radius = radius.min(height / 2.0).min(width / 2.0);
    let (right, bottom, bend) = (left + width, top + height, radius * (1.0 - ARC));
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - bend, top, right, top + bend, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - bend, right - bend, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + bend, bottom, left, bottom - bend, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + bend, left + bend, top, left + radius, top);
    path.close();
    if let Some(path) = path.finish() {
        surface.set_fill(Some(fill(color)));
        surface.draw_path(&path);
    }
}

/// A QR code of this text, where it is short enough for one.
pub fn qr(text: &str) -> Option<QrCode> {
    QrCode::encode_text(text, QrCodeEcc::Medium).ok()
}

/// Draws a QR code as wide and high as this, as one path: a row's dark modules beside each other are one rectangle.
pub fn code(code: &QrCode, (left, top): (f32, f32), size: f32, color: Color, surface: &mut Surface<'_>) {
    let modules = code.size();
    let side = size / modules as f32;
    let mut path = PathBuilder::new();
    for y in 0..modules {
        let mut x = 0;
        while x < modules {
            let start = x;
            while code.get_module(x, y) {
                x += 1;
            }
            let place = (left + start as f32 * side, top + y as f32 * side);
            if let Some(rect) =
                Rect::from_xywh(place.0, place.1, (x - start) as f32 * side, side).filter(|_| x > start)
            {
                path.push_rect(rect);
            }
            x += 1;
        }
    }
    if let Some(path) = path.finish() {
        surface.set_fill(Some(fill(color)));
        surface.draw_path(&path);
    }
}
