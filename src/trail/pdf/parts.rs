//! The parts of a trail beside its events: the process, who signs, the seal, how to verify.
//!
//! Deliberately absent: words. They are the sheet's.

use std::rc::Rc;

use everlog_core::catalog::Tone;
use krilla::tagging::{TableHeaderScope, Tag};

use crate::trail::pdf::draft::{BODY, Column, Draft, MUTED, SMALL, SOFT, TEXT, colors};
use crate::trail::pdf::paper::{Block, Item, Mark};
use crate::trail::pdf::para::Style;
use crate::trail::pdf::shapes;
use crate::trail::sheet::{Fact, SheetSignee};

/// How wide the names of facts are, as a part of the width.
const LABELS: f32 = 0.25;
/// The letters of hashes and keys.
const CODE: f32 = 7.4;
/// How wide the code is that leads to the page that verifies.
const QR: f32 = 84.0;
/// Between two columns of facts.
const GUTTER: f32 = 18.0;

/// Where facts stand.
#[derive(Clone, Copy)]
struct Grid {
    start: f32,
    width: f32,
    labels: f32,
    size: f32,
}

impl Draft<'_> {
    /// The process and its document.
    pub fn process(&mut self) {
        let sheet = self.sheet;
        self.heading(&sheet.titles.document, 60.0);
        let facts: Vec<&Fact> = sheet.process.iter().chain(&sheet.document).collect();
        self.facts(&facts, self.width());
        if let Some(text) = &sheet.no_document {
            self.paper.space(4.0);
            self.paragraph(text, Style::plain(BODY, MUTED), self.width(), 0.0);
        }
    }

    /// A table of facts, a hairline below each.
    fn facts(&mut self, facts: &[&Fact], width: f32) {
        self.paper.begin(Tag::Table);
        let mut first = Block { items: Vec::new(), height: 0.5 };
        self.mark(&mut first, (0.0, 0.0), (width, 0.5), Mark::Rule(width, crate::trail::pdf::draft::LINE));
        self.paper.add(first, 16.0);
        let grid = Grid { start: 0.0, width, labels: width * LABELS, size: BODY };
        for fact in facts {
            let mut block = Block::default();
            let height = self.fact(&mut block, fact, grid, 2.5);
            let line = Mark::Rule(width, crate::trail::pdf::draft::LINE);
            self.mark(&mut block, (0.0, 2.5 + height + 2.0), (width, 0.5), line);
            block.height = height + 5.0;
            self.paper.add(block, 0.0);
        }
        self.paper.end();
    }

    /// A fact's name and value, read as the cells of a row wherever they stand; says how high they are.
    fn fact(&mut self, block: &mut Block, fact: &Fact, grid: Grid, top: f32) -> f32 {
        self.paper.begin(Tag::TR);
        self.paper.begin(Tag::TH(TableHeaderScope::Row));
        let slot = self.paper.slot();
        let label = Column::new(grid.start, grid.labels - 8.0, top, slot);
        let label = self.set(block, &[(&fact.label, Style::plain(grid.size, MUTED))], label);
        self.paper.end();
        self.paper.begin(Tag::TD);
        let slot = self.paper.slot();
        let (style, lower) = match fact.is_code {
            true => (Style::mono(grid.size * CODE / BODY, TEXT), (grid.size - grid.size * CODE / BODY) * 0.9),
            false => (Style::plain(grid.size, TEXT), 0.0),
        };
        let column = Column::new(grid.start + grid.labels, grid.width - grid.labels, top + lower, slot);
        let value = self.set(block, &[(&fact.value, style)], Column { is_code: fact.is_code, ..column });
        self.paper.end();
        self.paper.end();
        label.max(value + lower)
    }

    /// A paragraph so far behind the start of the content.
    fn paragraph(&mut self, text: &str, style: Style, width: f32, start: f32) {
        let mut block = Block::default();
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        self.set(&mut block, &[(text, style)], Column::new(start, width, 0.0, slot));
        self.paper.end();
        block.height += 3.0;
        self.paper.add(block, 0.0);
    }

    /// Who was to sign.
    pub fn signees(&mut self) {
        let sheet = self.sheet;
        if sheet.signees.is_empty() {
            return;
        }
        self.heading(&sheet.titles.signees, 130.0);
        for signee in &sheet.signees {
            self.signee(signee);
        }
        let mut last = Block { items: Vec::new(), height: 0.5 };
        self.rule(&mut last, 0.0);
        self.paper.add(last, 0.0);
    }

    fn signee(&mut self, signee: &SheetSignee) {
        let width = self.width();
        let mut block = Block::default();
        self.rule(&mut block, 0.0);
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        let name = self.tight(&signee.name, Style::bold(BODY + 0.75, TEXT), width * 0.72, false);
        self.put(&mut block, &name, Column::new(0.0, name.width(), 6.0, slot));
        let slot = self.paper.slot();
        self.badge(&mut block, &signee.status, (name.width() + 8.0, 6.5), slot);
        self.paper.end();
        let mut top = 6.0 + name.height() + 3.0;
        if let Some(warning) = &signee.warning {
            let (ink, _) = colors(Tone::Warn);
            self.paper.begin(Tag::P);
            let slot = self.paper.slot();
            let column = Column::new(0.0, width, top, slot);
            top += self.set(&mut block, &[(warning, Style::plain(BODY - 0.75, ink))], column) + 2.0;
            self.paper.end();
        }
        self.paper.begin(Tag::Table);
        top = self.pairs(&mut block, &signee.facts, top);
        self.paper.end();
        block.height = top + 6.0;
        self.paper.add(block, 0.0);
    }

    /// Facts two beside each other, where the page is wide enough; a wide one has a row of its own.
    fn pairs(&mut self, block: &mut Block, facts: &[Fact], mut top: f32) -> f32 {
        let width = self.width();
        let is_wide = width < 380.0;
        let half = if is_wide { width } else { (width - GUTTER) / 2.0 };
        let labels = if is_wide { width * LABELS } else { half * 0.36 };
        let mut facts = facts.iter().peekable();
        while let Some(fact) = facts.next() {
            let grid = Grid { start: 0.0, width: half, labels, size: BODY - 0.75 };
            if fact.is_wide || is_wide {
                top += self.fact(block, fact, Grid { width, ..grid }, top) + 1.0;
            } else {
                let mut height = self.fact(block, fact, grid, top);
                if let Some(beside) = facts.next_if(|it| !it.is_wide) {
                    height = height.max(self.fact(block, beside, Grid { start: half + GUTTER, ..grid }, top));
                }
                top += height + 1.0;
            }
        }
        top
    }

    /// What addresses in a trail mean, on a ground of its own.
    pub fn scanners(&mut self, [title, warning, remedy]: &[String; 3]) {
        const PADDING: f32 = 9.0;
        let width = self.width();
        let inner = width - 2.0 * PADDING;
        let mut text = Block::default();
        let mut top = PADDING - 1.0;
        let plain = Style::plain(BODY - 0.75, TEXT);
        for (part, style) in [(title, Style { is_bold: true, ..plain }), (warning, plain), (remedy, plain)] {
            self.paper.begin(Tag::P);
            let slot = self.paper.slot();
            top += self.set(&mut text, &[(part, style)], Column::new(PADDING, inner, top, slot)) + 2.0;
            self.paper.end();
        }
        let height = top + PADDING - 3.0;
        let mut block = Block { items: Vec::new(), height };
        self.mark(&mut block, (0.0, 0.0), (width, height), Mark::Ground(width, height, 4.0, SOFT));
        block.items.append(&mut text.items);
        self.paper.space(10.0);
        self.paper.add(block, 0.0);
    }

    /// What the seal attests and does not.
    pub fn seal(&mut self) {
        let sheet = self.sheet;
        self.heading(&sheet.titles.seal, 125.0);
        for text in &sheet.seal {
            self.paragraph(text, Style::plain(BODY, TEXT), self.width(), 0.0);
        }
        if !sheet.seal_facts.is_empty() {
            self.paper.space(4.0);
            self.facts(&sheet.seal_facts.iter().collect::<Vec<_>>(), self.width());
        }
    }

    /// How to verify, with the code beside it.
    pub fn verify(&mut self) {
        let sheet = self.sheet;
        let code = sheet.verify_code.as_ref().and_then(|(url, called)| Some((shapes::qr(url)?, url, called)));
        self.heading(&sheet.titles.verify, QR + 110.0);
        let narrower = if code.is_some() { QR + GUTTER } else { 0.0 };
        let width = self.width() - narrower;
        let mut block = Block::default();
        let mut top = 0.0;
        for text in &sheet.verify {
            self.paper.begin(Tag::P);
            let slot = self.paper.slot();
            let column = Column::new(0.0, width, top, slot);
            top += self.set(&mut block, &[(text, Style::plain(BODY, TEXT))], column) + 3.0;
            self.paper.end();
        }
        if let Some((code, url, called)) = code {
            self.paper.begin(Tag::Figure(Some(called.clone())));
            self.paper.begin(Tag::Link);
            let slot = self.paper.slot();
            self.paper.end();
            self.paper.end();
            let mark = Mark::Code(Rc::new(code), QR, TEXT, url.clone());
            let left = self.paper.left(width + GUTTER, QR);
            block.items.push(Item { left, top: 2.0, height: QR, mark, slot, language: None });
            block.height = block.height.max(QR + 4.0);
        }
        self.paper.add(block, 0.0);
        self.paper.space(4.0);
        self.facts(&sheet.verify_facts.iter().collect::<Vec<_>>(), self.width());
    }

    /// A muted line under a part's title.
    pub fn remark(&mut self, text: &str) {
        self.paragraph(text, Style::plain(SMALL + 0.75, MUTED), self.width(), 0.0);
    }
}
