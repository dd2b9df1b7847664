//! Pages: what stands where on each, and in which order it is read aloud.
//!
//! Deliberately absent: what is said. Blocks come in reading order, each whole on a page as long as a page can hold it.

use std::rc::Rc;

use krilla::Document;
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::geom::{Rect, Size};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TagGroup, TagKind, TagTree,
};
use qrcodegen::QrCode;

use crate::trail::pdf::para::{Color, Para};
use crate::trail::pdf::shapes;

/// What sums of heights may differ by.
const ROUNDING: f32 = 0.01;

/// Where a page's content lies.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// The page's width.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// Its margin at the sides.
    pub side: f32,
    /// Where content begins.
    pub top: f32,
    /// Where it ends.
    pub bottom: f32,
}

impl Geometry {
    /// How wide content may be.
    pub fn content(self) -> f32 {
        self.width - 2.0 * self.side
    }
}

/// Something that is drawn.
#[derive(Clone)]
pub enum Mark {
    /// A line of a paragraph.
    Line(Rc<Para>, usize),
    /// A hairline, so wide.
    Rule(f32, Color),
    /// A ground with round corners: width, height, radius.
    Ground(f32, f32, f32, Color),
    /// An icon of a size.
    Icon(String, f32, Color),
    /// A QR code of a size, and the page it leads to.
    Code(Rc<QrCode>, f32, Color, String),
}

/// Something that is drawn, at its place: from the left of the page, from the top of its block.
#[derive(Clone)]
pub struct Item {
    /// From the left edge of the page.
    pub left: f32,
    /// From the top of the block.
    pub top: f32,
    /// How high it is.
    pub height: f32,
    /// What it is.
    pub mark: Mark,
    /// What it is read as; none for decoration.
    pub slot: Option<Slot>,
    /// The language it is read in, where that is not the page's.
    pub language: Option<&'static str>,
}

/// Items that belong together.
#[derive(Clone, Default)]
pub struct Block {
    /// What is in it.
    pub items: Vec<Item>,
    /// How high it is.
    pub height: f32,
}

/// A place in the tree of what is read, for the parts of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

enum Child {
    Group(usize),
    Text(Slot),
}

/// What is read aloud, in order.
struct Outline {
    groups: Vec<(TagKind, Vec<Child>)>,
    open: Vec<usize>,
    roots: Vec<usize>,
    texts: Vec<Vec<Identifier>>,
}

/// Pages in the making.
pub struct Paper {
    /// Where content lies on each page.
    pub geometry: Geometry,
    /// Whether it is laid out from right to left.
    pub is_rtl: bool,
    pages: Vec<Vec<Item>>,
    cursor: f32,
    outline: Outline,
}

impl Paper {
    /// One empty page.
    pub fn new(geometry: Geometry, is_rtl: bool) -> Self {
        let outline = Outline { groups: Vec::new(), open: Vec::new(), roots: Vec::new(), texts: Vec::new() };
        Self { geometry, is_rtl, pages: vec![Vec::new()], cursor: geometry.top, outline }
    }

    /// Begins a group of what is read: everything until its end belongs to it.
    pub fn begin(&mut self, tag: impl Into<TagKind>) {
        let group = self.outline.groups.len();
        self.outline.groups.push((tag.into(), Vec::new()));
        match self.outline.open.last() {
            Some(&parent) => self.outline.groups[parent].1.push(Child::Group(group)),
            None => self.outline.roots.push(group),
        }
        self.outline.open.push(group);
    }

    /// Ends the group that was begun last.
    pub fn end(&mut self) {
        self.outline.open.pop();
    }

    /// A place for a text in the group that is open.
    pub fn slot(&mut self) -> Option<Slot> {
        let slot = Slot(self.outline.texts.len());
        let &group = self.outline.open.last()?;
        self.outline.texts.push(Vec::new());
        self.outline.groups[group].1.push(Child::Text(slot));
        Some(slot)
    }

    /// Where something so wide lies that begins so far behind the start of the content.
    pub fn left(&self, start: f32, width: f32) -> f32 {
        match self.is_rtl {
            true => self.geometry.width - self.geometry.side - start - width,
            false => self.geometry.side + start,
        }
    }

    /// Leaves room, unless at the head of a page.
    pub fn space(&mut self, height: f32) {
        if self.cursor > self.geometry.top {
            self.cursor += height;
        }
    }

    /// On which page the next block of this height will begin, from 0, and how far down.
    pub fn next_place(&self, height: f32) -> (usize, f32) {
        match self.fits(height) {
            true => (self.pages.len() - 1, self.cursor),
            false => (self.pages.len(), self.geometry.top),
        }
    }

    fn fits(&self, height: f32) -> bool {
        self.cursor + height <= self.geometry.bottom
    }

    /// Puts a block below what there is, on a new page when it and what must follow it do not fit; one that is higher than a
    /// page is continued on the next.
    pub fn add(&mut self, block: Block, with_next: f32) {
        let room = self.geometry.bottom - self.geometry.top;
        if !self.fits(block.height + with_next)
            && (block.height + with_next <= room || !self.fits(room / 3.0))
        {
            self.turn();
        }
        let mut items = block.items;
        if !self.fits(block.height) {
            items.sort_by(|a, b| a.top.total_cmp(&b.top));
        }
        let mut passed = 0.0;
        for item in items {
            let bottom = self.cursor + item.top - passed + item.height;
            if bottom > self.geometry.bottom + ROUNDING && item.top > passed {
                passed = item.top;
                self.turn();
            }
            let top = self.cursor + item.top - passed;
            if let Some(page) = self.pages.last_mut() {
                page.push(Item { top, ..item });
            }
        }
        self.cursor += (block.height - passed).max(0.0);
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.cursor = self.geometry.top;
    }

    /// How many pages there are.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Draws every page; `frame` gives what stands around the content of each, from 0.
    pub fn draw(
        mut self,
        document: &mut Document,
        mut frame: impl FnMut(usize) -> Vec<Item>,
    ) -> Option<TagTree> {
        let size = Size::from_wh(self.geometry.width, self.geometry.height)?;
        for (number, items) in self.pages.iter().enumerate() {
            let mut page = document.start_page_with(PageSettings::new(size));
            let mut surface = page.surface();
            for item in frame(number) {
                let kind =
                    if item.top < self.geometry.top { ArtifactType::Header } else { ArtifactType::Footer };
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
                draw(&item, self.is_rtl, &mut surface);
                surface.end_tagged();
            }
            for item in items {
                draw_tagged(item, self.is_rtl, &mut self.outline.texts, &mut surface);
            }
            surface.finish();
            for item in items {
                if let (Mark::Code(_, size, _, url), Some(slot)) = (&item.mark, item.slot) {
                    let rect = Rect::from_xywh(item.left, item.top, *size, *size)?;
                    let target = Target::Action(Action::Link(LinkAction::new(url.clone())));
                    let link = Annotation::new_link(LinkAnnotation::new(rect, target), Some(url.clone()));
                    self.outline.texts[slot.0].push(page.add_tagged_annotation(link));
                }
            }
            page.finish();
        }
        Some(self.outline.tree())
    }
}

impl Outline {
    fn tree(mut self) -> TagTree {
        let mut tree = TagTree::new();
        for root in std::mem::take(&mut self.roots) {
            tree.push(self.group(root));
        }
        tree
    }

    fn group(&mut self, at: usize) -> TagGroup {
        let (tag, children) = (self.groups[at].0.clone(), std::mem::take(&mut self.groups[at].1));
        let mut group = TagGroup::new(tag);
        for child in children {
            match child {
                Child::Group(at) => group.push(self.group(at)),
                Child::Text(slot) => {
                    for part in std::mem::take(&mut self.texts[slot.0]) {
                        group.push(Node::from(part));
                    }
                }
            }
        }
        group
    }
}

fn draw_tagged(item: &Item, is_rtl: bool, texts: &mut [Vec<Identifier>], surface: &mut Surface<'_>) {
    let tag = match (item.slot, &item.mark) {
        (None, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
        (Some(_), Mark::Line(..)) => ContentTag::Span(SpanTag::empty().with_lang(item.language)),
        (Some(_), _) => ContentTag::Other,
    };
    let part = surface.start_tagged(tag);
    draw(item, is_rtl, surface);
    surface.end_tagged();
    if let Some(slot) = item.slot {
        texts[slot.0].push(part);
    }
}

fn draw(item: &Item, is_rtl: bool, surface: &mut Surface<'_>) {
    let place = (item.left, item.top);
    match &item.mark {
        Mark::Line(para, index) => para.draw(*index, item.left, item.top, surface),
        Mark::Rule(width, color) => shapes::rule(place, *width, *color, surface),
        Mark::Ground(width, height, radius, color) => {
            shapes::rounded(place, (*width, *height), *radius, *color, surface)
        }
        Mark::Icon(name, size, color) => shapes::icon(name, place, *size, *color, is_rtl, surface),
        Mark::Code(code, size, color, _) => shapes::code(code, place, *size, *color, surface),
    }
}
