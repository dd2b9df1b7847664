//! A trail laid out: the head, the parts in order, and what stands around them on every page.
//!
//! Deliberately absent: events, which are laid out beside (`events`), and the facts of the other parts (`parts`).

use std::num::NonZeroU16;
use std::rc::Rc;

use everlog_core::catalog::Tone;
use krilla::Document;
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::outline::{Outline, OutlineNode};
use krilla::tagging::{Tag, TagTree};

use crate::trail::fonts::Fonts;
use crate::trail::pdf::paper::{Block, Geometry, Item, Mark, Paper, Slot};
use crate::trail::pdf::para::{Color, Flow, Para, Style, Typesetter};
use crate::trail::sheet::{Badge, Sheet};

/// Ink of what is read.
pub const TEXT: Color = [0x17, 0x1a, 0x21];
/// Ink of what stands back.
pub const MUTED: Color = [0x5d, 0x64, 0x72];
/// Hairlines.
pub const LINE: Color = [0xd5, 0xd9, 0xe0];
/// The ground of a remark.
pub const SOFT: Color = [0xf4, 0xf5, 0xf7];

/// Letters of the text.
pub const BODY: f32 = 8.75;
/// Letters of details.
pub const SMALL: f32 = 7.25;
/// Letters of the head; of one longer than so many characters.
const TITLE: f32 = 19.0;
const TITLE_LONG: (usize, f32) = (120, 12.0);
/// Letters of a part's title.
const HEADING: f32 = 11.5;
/// Margins at the sides of a page, as a part of its width, and at most in points.
const SIDE: (f32, f32) = (0.085, 54.0);
/// From the edge of a page to its content.
const TOP: f32 = 62.0;
/// From the edge of a page to the line that runs along its head or foot.
const RUNNING: f32 = 34.0;
/// How wide a letter of even width is, as a part of its height.
const MONO_ADVANCE: f32 = 0.6;

/// The ink of a tone, and its ground.
pub const fn colors(tone: Tone) -> (Color, Color) {
    match tone {
        Tone::Good => ([0x16, 0x65, 0x34], [0xdc, 0xfc, 0xe7]),
        Tone::Bad => ([0x99, 0x1b, 0x1b], [0xfe, 0xe2, 0xe2]),
        Tone::Neutral => ([0x3b, 0x42, 0x52], [0xec, 0xee, 0xf2]),
        Tone::Info => ([0x1e, 0x4e, 0x8c], [0xe0, 0xed, 0xfd]),
        Tone::Warn => ([0x7a, 0x4a, 0x04], [0xfd, 0xf0, 0xd5]),
    }
}

/// A trail being laid out.
pub struct Draft<'a> {
    /// What is said.
    pub sheet: &'a Sheet,
    /// What sets text.
    pub typesetter: Typesetter,
    /// Where it goes.
    pub paper: Paper,
    bookmarks: Vec<(String, usize, f32)>,
}

/// A text in a block: where it begins, how wide it may be, what it is read as.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Behind the start of the content.
    pub start: f32,
    /// How wide.
    pub width: f32,
    /// From the top of the block.
    pub top: f32,
    /// What it is read as.
    pub slot: Option<Slot>,
    /// The language, where it is not the page's; such a text runs from left to right.
    pub language: Option<&'static str>,
    /// Whether it runs from left to right whatever the page: hashes, addresses.
    pub is_code: bool,
}

impl Column {
    /// A column of the page's own language.
    pub const fn new(start: f32, width: f32, top: f32, slot: Option<Slot>) -> Self {
        Self { start, width, top, slot, language: None, is_code: false }
    }
}

impl<'a> Draft<'a> {
    /// Begins with an empty page.
    pub fn new(fonts: Fonts, (width, height): (f32, f32), sheet: &'a Sheet) -> Self {
        let side = (width * SIDE.0).min(SIDE.1);
        let geometry = Geometry { width, height, side, top: TOP, bottom: height - TOP };
        let paper = Paper::new(geometry, sheet.is_rtl);
        Self { sheet, typesetter: Typesetter::new(fonts), paper, bookmarks: Vec::new() }
    }

    /// Lays everything out and draws it.
    pub fn write(mut self, document: &mut Document) -> Option<TagTree> {
        self.head();
        self.process();
        self.signees();
        self.events();
        self.seal();
        self.verify();
        document.set_outline(self.outline());
        let pages = self.paper.pages();
        let frames: Vec<_> = (0..pages).map(|page| self.frame(page, pages)).collect();
        let mut frames = frames.into_iter();
        self.paper.draw(document, |_| frames.next().unwrap_or_default())
    }

    /// How wide content may be.
    pub fn width(&self) -> f32 {
        self.paper.geometry.content()
    }

    /// In which direction the page runs.
    pub fn flow(&self, is_code: bool) -> Flow {
        Flow { is_rtl: self.sheet.is_rtl && !is_code, is_at_right: self.sheet.is_rtl }
    }

    /// Sets text at its own width, to be put wherever it ends.
    pub fn tight(&mut self, text: &str, style: Style, width: f32, is_code: bool) -> Rc<Para> {
        let flow = Flow { is_rtl: self.sheet.is_rtl && !is_code, is_at_right: false };
        Rc::new(self.typesetter.para(&[(text, style)], width, flow))
    }

    /// Sets text into a block and says how high it is.
    pub fn set(&mut self, block: &mut Block, pieces: &[(&str, Style)], column: Column) -> f32 {
        let flow = self.flow(column.is_code || column.language.is_some());
        let para = Rc::new(self.typesetter.para(pieces, column.width, flow));
        self.put(block, &para, column);
        para.height()
    }

    /// Puts a paragraph into a block.
    pub fn put(&self, block: &mut Block, para: &Rc<Para>, column: Column) {
        let left = self.paper.left(column.start, column.width);
        for line in 0..para.lines() {
            let (top, height) = para.line_box(line);
            block.items.push(Item {
                left,
                top: column.top + top,
                height,
                mark: Mark::Line(Rc::clone(para), line),
                slot: column.slot,
                language: column.language,
            });
        }
        block.height = block.height.max(column.top + para.height());
    }

    /// Puts a drawing into a block; without a slot it is decoration.
    pub fn mark(&self, block: &mut Block, (start, top): (f32, f32), (width, height): (f32, f32), mark: Mark) {
        let left = self.paper.left(start, width);
        block.items.push(Item { left, top, height, mark, slot: None, language: None });
    }

    /// A rule over the whole width.
    pub fn rule(&self, block: &mut Block, top: f32) {
        let width = self.width();
        self.mark(block, (0.0, top), (width, 0.5), Mark::Rule(width, LINE));
    }

    /// A badge, which begins here; says how wide it is.
    pub fn badge(
        &mut self,
        block: &mut Block,
        badge: &Badge,
        (start, top): (f32, f32),
        slot: Option<Slot>,
    ) -> f32 {
        const PADDING: f32 = 6.0;
        const HEIGHT: f32 = 12.5;
        let (ink, ground) = colors(badge.tone);
        let para = self.tight(&badge.word, Style::bold(SMALL, ink), self.width() / 2.0, false);
        let width = para.width() + 2.0 * PADDING;
        self.mark(block, (start, top), (width, HEIGHT), Mark::Ground(width, HEIGHT, HEIGHT / 2.0, ground));
        let inner = top + (HEIGHT - para.height()) / 2.0;
        self.put(block, &para, Column::new(start + PADDING, para.width(), inner, slot));
        block.height = block.height.max(top + HEIGHT);
        width
    }

    fn head(&mut self) {
        let (sheet, width) = (self.sheet, self.width());
        let mut block = Block::default();
        self.paper.begin(Tag::P);
        let over = format!("{} · {}", sheet.kind, sheet.organization);
        let slot = self.paper.slot();
        let mut top =
            self.set(&mut block, &[(&over, Style::plain(BODY, MUTED))], Column::new(0.0, width, 0.0, slot));
        self.paper.end();
        top += 1.0;
        self.paper.begin(Tag::Hn(NonZeroU16::MIN, Some(sheet.title.clone())));
        let slot = self.paper.slot();
        let is_long = sheet.title.chars().count() > TITLE_LONG.0;
        let size = if is_long { TITLE_LONG.1 } else { TITLE };
        top += self.set(
            &mut block,
            &[(&sheet.title, Style::bold(size, TEXT))],
            Column::new(0.0, width, top, slot),
        );
        self.paper.end();
        self.bookmark(&sheet.title);
        top += 5.0;
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        let badge = self.badge(&mut block, &sheet.status, (0.0, top), slot);
        let slot = self.paper.slot();
        let made = Column::new(badge + 8.0, width - badge - 8.0, top + 0.5, slot);
        self.set(&mut block, &[(&sheet.made, Style::plain(BODY - 0.75, MUTED))], made);
        self.paper.end();
        self.paper.add(block, 0.0);
        if let Some((word, text)) = &sheet.interim {
            self.interim(word, text);
        }
    }

    /// Says at the head that the process has not ended.
    fn interim(&mut self, word: &str, text: &str) {
        const PADDING: f32 = 9.0;
        let (ink, ground) = colors(Tone::Warn);
        let width = self.width();
        let word = word.to_uppercase();
        let pieces = [
            (word.as_str(), Style::bold(BODY, ink)),
            ("  ", Style::plain(BODY, ink)),
            (text, Style::plain(BODY, ink)),
        ];
        let flow = self.flow(false);
        let para = Rc::new(self.typesetter.para(&pieces, width - 2.0 * PADDING, flow));
        let height = para.height() + 2.0 * PADDING - 2.0;
        let mut block = Block { items: Vec::new(), height };
        self.mark(&mut block, (0.0, 0.0), (width, height), Mark::Ground(width, height, 4.0, ground));
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        self.put(&mut block, &para, Column::new(PADDING, width - 2.0 * PADDING, PADDING - 1.0, slot));
        self.paper.end();
        self.paper.space(12.0);
        self.paper.add(block, 0.0);
    }

    /// The title of a part, with room below for what must not stand without it.
    pub fn heading(&mut self, title: &str, with_next: f32) {
        let mut block = Block::default();
        self.paper.space(22.0);
        self.paper.begin(Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(title.to_owned())));
        let slot = self.paper.slot();
        let column = Column::new(0.0, self.width(), 0.0, slot);
        let height = self.set(&mut block, &[(title, Style::bold(HEADING, TEXT))], column);
        self.paper.end();
        block.height = height + 5.0;
        let (page, top) = self.paper.next_place(block.height + with_next);
        self.bookmarks.push((title.to_owned(), page, top));
        self.paper.add(block, with_next);
    }

    fn bookmark(&mut self, title: &str) {
        self.bookmarks.push((title.to_owned(), 0, TOP));
    }

    fn outline(&self) -> Outline {
        let mut outline = Outline::new();
        for (title, page, top) in &self.bookmarks {
            let place = XyzDestination::new(*page, Point::from_xy(0.0, *top));
            outline.push_child(OutlineNode::new(title.clone(), place));
        }
        outline
    }

    /// What stands around the content of a page: what it is, of which process, which page it is.
    fn frame(&mut self, page: usize, pages: usize) -> Vec<Item> {
        let (sheet, width, height) = (self.sheet, self.width(), self.paper.geometry.height);
        let mut block = Block::default();
        let style = Style::plain(SMALL, MUTED);
        let kind = self.tight(&sheet.kind, style, width / 2.0, false);
        self.put(&mut block, &kind, Column::new(0.0, kind.width(), RUNNING, None));
        // A key as long as may be is written smaller.
        let room = width - kind.width() - 16.0;
        let letters = sheet.key.chars().count() as f32 * MONO_ADVANCE;
        let size = SMALL.min(room / letters.max(1.0));
        let key = self.tight(&sheet.key, Style::mono(size, MUTED), room + 1.0, true);
        self.put(&mut block, &key, Column::new(width - key.width(), key.width(), RUNNING, None));
        self.rule(&mut block, RUNNING + 14.0);
        let foot = height - RUNNING - 10.0;
        self.rule(&mut block, foot - 6.0);
        let place = self.tight(&sheet.page_number(page + 1, pages), style, width, false);
        self.put(&mut block, &place, Column::new(width - place.width(), place.width(), foot, None));
        let room = width - place.width() - 16.0;
        let made = self.tight(&sheet.made, style, room, false);
        self.put(&mut block, &made, Column::new(0.0, made.width(), foot, None));
        block.items
    }
}
