//! Bytes that no page of the file uses any more, overwritten with zeros.
//!
//! Deliberately absent: freed pages and deleted rows, which SQLite overwrites itself (`secure_delete`). What it leaves is the
//! gap of a page whose rows moved to another one: pages are split where rows of several organizations come between each
//! other. The layout is that of SQLite's "Database File Format", sections 1.3 and 1.6.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

/// Length of the header at the beginning of the file, in front of the first page's own.
const FILE_HEADER_BYTES: usize = 100;

/// Overwrites the gaps of every page of these trees, by their root pages. The file must be whole: nothing in a log in front
/// of it, and nobody who writes to it meanwhile. Returns how many pages had something in their gap.
///
/// # Errors
/// When the file cannot be read or written, or is not laid out as it must be; what was overwritten until then was in no use.
pub(super) fn scrub(file: &File, roots: &[u32]) -> io::Result<u64> {
    let mut header = [0; FILE_HEADER_BYTES];
    file.read_exact_at(&mut header, 0)?;
    // 1 stands for 65,536.
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => usize::from(bytes),
    };
    let usable = page_bytes.saturating_sub(usize::from(header[20]));
    let pages = file.metadata()?.len() / page_bytes.max(1) as u64;
    let (mut waiting, mut page, mut scrubbed) = (roots.to_vec(), vec![0; page_bytes], 0);
    let mut left = pages;
    while let Some(number) = waiting.pop() {
        // Every page is in one tree, once.
        left = left.checked_sub(1).ok_or_else(|| odd(number))?;
        let place = u64::from(number.checked_sub(1).ok_or_else(|| odd(number))?) * page_bytes as u64;
        file.read_exact_at(&mut page, place)?;
        let layout = Layout::of(&page[..usable.min(page_bytes)], number).ok_or_else(|| odd(number))?;
        waiting.extend(layout.children);
        let mut is_clean = true;
        for gap in layout.gaps {
            let bytes = &mut page[gap.clone()];
            if bytes.iter().any(|byte| *byte != 0) {
                bytes.fill(0);
                file.write_all_at(bytes, place + gap.start as u64)?;
                is_clean = false;
            }
        }
        scrubbed += u64::from(!is_clean);
    }
    if scrubbed > 0 {
        file.sync_data()?;
    }
    Ok(scrubbed)
}

fn odd(page: u32) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("page {page} is not laid out as a page of a tree"))
}

/// What a page of a tree refers to, and what of it is in no use.
struct Layout {
    children: Vec<u32>,
    gaps: Vec<Range<usize>>,
}

impl Layout {
    fn of(page: &[u8], number: u32) -> Option<Self> {
        let start = if number == 1 { FILE_HEADER_BYTES } else { 0 };
        let two = |at: usize| Some(usize::from(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?)));
        let four = |at: usize| Some(u32::from_be_bytes(page.get(at..at + 4)?.try_into().ok()?));
        let is_interior = match page.get(start)? {
            0x02 | 0x05 => true,
            0x0a | 0x0d => false,
            _ => return None,
        };
        let header_bytes = if is_interior { 12 } else { 8 };
        let cells = two(start + 3)?;
        let content = match two(start + 5)? {
            0 => 65_536,
            at => at,
        };
        let pointers = start + header_bytes;
        let pointers_end = pointers + 2 * cells;
        if pointers_end > content || content > page.len() {
            return None;
        }
        let mut children = Vec::new();
        if is_interior {
            children.push(four(start + 8)?);
            for cell in 0..cells {
                let at = two(pointers + 2 * cell)?;
                children.push((at >= content).then(|| four(at)).flatten()?);
            }
        }
        let mut gaps: Vec<_> = std::iter::once(pointers_end..content).collect();
        let mut block = two(start + 1)?;
        while block != 0 {
            // Behind its own four bytes a block of free space is in no use; they follow each other upwards.
            let (next, bytes) = (two(block)?, two(block + 2)?);
            let is_sound = block >= content && bytes >= 4 && block + bytes <= page.len();
            if !is_sound || (next != 0 && next < block + bytes) {
                return None;
            }
            gaps.push(block + 4..block + bytes);
            block = next;
        }
        Some(Self { children, gaps })
    }
}
