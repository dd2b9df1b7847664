//! The events of a trail, a row each: when, the icon, what, who, and one muted line of technical detail.
//!
//! Deliberately absent: abridging. A row that is higher than a page goes on on the next.

use everlog_core::catalog::Tone;
use krilla::tagging::{TableHeaderScope, Tag};

use crate::trail::pdf::draft::{BODY, Column, Draft, MUTED, SMALL, TEXT, colors};
use crate::trail::pdf::paper::{Block, Mark};
use crate::trail::pdf::para::Style;
use crate::trail::sheet::SheetEvent;

/// How wide the column of times is.
const TIMES: f32 = 92.0;
/// How wide an icon is, and how far from it the text begins.
const ICON: f32 = 11.5;
const BESIDE_ICON: f32 = 19.0;
/// Below this width times stand above what happened.
const WIDE: f32 = 360.0;
/// The language of sentences that are told in no other: that of the catalogs.
const CATALOGS: &str = "en";

impl Draft<'_> {
    /// Every event.
    pub fn events(&mut self) {
        let sheet = self.sheet;
        self.heading(&sheet.titles.events, 90.0);
        self.remark(&sheet.count);
        if !sheet.events.is_empty() {
            self.paper.begin(Tag::Table);
            self.columns();
            for event in &sheet.events {
                self.event(event);
            }
            self.paper.end();
        }
        if let Some(texts) = &sheet.scanners {
            self.scanners(texts);
        }
    }

    fn times(&self) -> f32 {
        if self.width() < WIDE { 0.0 } else { TIMES }
    }

    /// The titles of the columns.
    fn columns(&mut self) {
        let sheet = self.sheet;
        let times = self.times();
        let style = Style::plain(SMALL, MUTED);
        let mut block = Block::default();
        self.paper.begin(Tag::TR);
        // On a narrow page there is one column, and the other's title stands behind its own.
        let places =
            [(&sheet.titles.time, 0.0), (&sheet.titles.event, (times + BESIDE_ICON).max(TIMES / 2.0))];
        for (title, start) in places {
            self.paper.begin(Tag::TH(TableHeaderScope::Column));
            let slot = self.paper.slot();
            self.set(&mut block, &[(title, style)], Column::new(start, self.width() - start, 2.0, slot));
            self.paper.end();
        }
        self.paper.end();
        block.height += 3.0;
        let bottom = block.height;
        self.rule(&mut block, bottom);
        self.paper.add(block, 40.0);
    }

    fn event(&mut self, event: &SheetEvent) {
        let (ink, _) = colors(event.tone);
        let times = self.times();
        let (start, width) = (times + BESIDE_ICON, self.width() - times - BESIDE_ICON);
        let mut block = Block::default();
        let mut top = 6.0;
        self.paper.begin(Tag::TR);
        self.paper.begin(Tag::TD);
        let slot = self.paper.slot();
        let (room, behind) = if times > 0.0 { (times - 10.0, 0.0) } else { (width, start) };
        let style = Style::plain(SMALL + 0.5, MUTED);
        let time = self.set(&mut block, &[(&event.when, style)], Column::new(behind, room, top + 0.75, slot));
        self.paper.end();
        top += if times > 0.0 { 0.0 } else { time };
        self.mark(&mut block, (times, top + 0.25), (ICON, ICON), Mark::Icon(event.icon.clone(), ICON, ink));
        self.paper.begin(Tag::TD);
        top += self.label(&mut block, event, (start, top), width);
        let plain = Style::plain(BODY, TEXT);
        let language = event.is_foreign.then_some(CATALOGS);
        let told = Column { language, ..Column::new(start, width, top, None) };
        top += self.part(&mut block, &event.sentence, plain, told) + 0.5;
        let detail = Column::new(start, width, top, None);
        top += self.part(&mut block, &event.technical, Style::plain(SMALL, MUTED), detail);
        let (warn, _) = colors(Tone::Warn);
        for note in &event.notes {
            let column = Column::new(start, width, top + 1.0, None);
            top += self.part(&mut block, note, Style::plain(BODY - 1.0, warn), column) + 1.0;
        }
        self.paper.end();
        self.paper.end();
        block.height = block.height.max(top) + 6.0;
        let bottom = block.height;
        self.rule(&mut block, bottom);
        self.paper.add(block, 0.0);
    }

    /// What it is called, who did it, and at the end of the line whose doing that is.
    fn label(&mut self, block: &mut Block, event: &SheetEvent, (start, top): (f32, f32), width: f32) -> f32 {
        let (ink, _) = colors(event.tone);
        let muted = Style::plain(SMALL, MUTED);
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        let mut room = width;
        let group = event.group.as_ref().map(|group| self.tight(group, muted, width / 2.0, false));
        if let Some(group) = &group {
            room -= group.width() + 10.0;
        }
        let between = ("  ", muted);
        let pieces = [
            (event.label.as_str(), Style::bold(BODY, ink)),
            between,
            (event.who.as_str(), Style::plain(BODY - 0.75, MUTED)),
        ];
        let height = self.set(block, &pieces, Column::new(start, room, top, slot));
        if let Some(group) = &group {
            let slot = self.paper.slot();
            let column = Column::new(start + width - group.width(), group.width(), top + 1.25, slot);
            self.put(block, group, column);
        }
        self.paper.end();
        height
    }

    /// A paragraph of a row.
    fn part(&mut self, block: &mut Block, text: &str, style: Style, column: Column) -> f32 {
        self.paper.begin(Tag::P);
        let slot = self.paper.slot();
        let height = self.set(block, &[(text, style)], Column { slot, ..column });
        self.paper.end();
        height
    }
}
