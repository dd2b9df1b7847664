//! Workbooks for Excel and its like: real dates, and text that stays text, whatever it looks like (L19).
//!
//! Deliberately absent: formulas and links; nothing in a workbook of ours does anything. A workbook is a zip file whose
//! parts are known when its last row is: rows wait in files without names, so that memory stays flat. The library panics
//! where they cannot be written; every call that reaches it is kept `quietly`, and whoever is told so drops the workbook.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};

use crate::export::quiet::quietly;
use crate::export::table::Heading;
use crate::export::{Cell, ExportError};

/// Most rows of a sheet, its header included: the format's own limit.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Longest text of a cell, in UTF-16 units: the format's own limit.
pub const CELL_UNITS_MAX: usize = 32_767;
/// What ends a text that was longer.
pub const CUT: &str = " … [cut: the whole text is in CSV and JSON Lines]";
/// What sheets are called; those behind the first with their number.
const SHEET_NAME: &str = "Events";
/// How dates are shown: in any language the same.
const DATE_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";

/// A workbook as it is made.
pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    headings: Vec<Heading>,
    scratch: PathBuf,
    rows_max: u32,
    /// The sheet that is written, from 0, and the row that comes next.
    sheet: usize,
    row: u32,
    dates: Format,
}

impl Workbook {
    /// A workbook with a header and no rows, that waits in this directory.
    pub(super) fn begin(headings: Vec<Heading>, scratch: &Path, rows_max: u32) -> Result<Self, ExportError> {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.set_tempdir(scratch)?;
        let dates = Format::new().set_num_format(DATE_FORMAT);
        let mut made =
            Self { book, headings, scratch: scratch.to_owned(), rows_max, sheet: 0, row: 0, dates };
        quietly(|| made.begin_sheet().map_err(ExportError::from))?;
        Ok(made)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        let (bold, dates) = (Format::new().set_bold(), &self.dates);
        let name = match self.sheet {
            0 => SHEET_NAME.to_owned(),
            sheet => format!("{SHEET_NAME} {}", sheet + 1),
        };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        for (column, heading) in (0..).zip(&self.headings) {
            sheet.set_column_width(column, heading.width)?;
            if heading.is_time {
                sheet.set_column_format(column, dates)?;
            }
            let title = match heading.is_time {
                true => Cow::Owned(format!("{} ({})", heading.title, heading.zone)),
                false => Cow::Borrowed(heading.title.as_str()),
            };
            sheet.write_string_with_format(0, column, title, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        self.row = 1;
        Ok(())
    }

    /// Adds rows; where a sheet is full, on the next one.
    pub(super) fn add(&mut self, mut rows: impl Iterator<Item = Vec<Cell>>) -> Result<(), ExportError> {
        quietly(|| rows.try_for_each(|cells| self.add_row(&cells)))
    }

    fn add_row(&mut self, cells: &[Cell]) -> Result<(), ExportError> {
        if self.row == self.rows_max {
            self.end_sheet()?;
            self.sheet += 1;
            self.begin_sheet()?;
        }
        let (row, dates) = (self.row, &self.dates);
        let sheet = self.book.worksheet_from_index(self.sheet)?;
        for (column, cell) in (0..).zip(cells) {
            write(sheet, row, column, cell, dates)?;
        }
        self.row += 1;
        Ok(())
    }

    /// The header filters the rows below it.
    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let last = u16::try_from(self.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let row = self.row - 1;
        self.book.worksheet_from_index(self.sheet)?.autofilter(0, 0, row, last)?;
        Ok(())
    }

    /// Packs the workbook into a file without a name, to be read from its beginning.
    pub(super) fn finish(mut self) -> Result<File, ExportError> {
        quietly(|| {
            self.end_sheet()?;
            let mut file = tempfile::tempfile_in(&self.scratch)?;
            self.book.save_to_writer(&mut file)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(file)
        })
    }
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, dates: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, fitting(text))?;
        }
        Cell::Number(number) => {
            // Positions lie far below 2^53.
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Time(time) => {
            let of = |number: i8| u8::try_from(number).unwrap_or(0);
            let year = u16::try_from(time.year()).unwrap_or(u16::MAX);
            let date = ExcelDateTime::from_ymd(year, of(time.month()), of(time.day()))?;
            let milli = u16::try_from(time.millisecond()).unwrap_or(0);
            let at =
                date.and_hms_milli(u16::from(of(time.hour())), of(time.minute()), of(time.second()), milli)?;
            sheet.write_datetime_with_format(row, column, &at, dates)?;
        }
    }
    Ok(())
}

/// A text that fits into a cell; one that does not ends in a mark that says so.
pub fn fitting(text: &str) -> Cow<'_, str> {
    // No text has more units than bytes.
    if text.len() <= CELL_UNITS_MAX || text.encode_utf16().count() <= CELL_UNITS_MAX {
        return Cow::Borrowed(text);
    }
    let mut left = CELL_UNITS_MAX - CUT.encode_utf16().count();
    let fits = |c: &char| {
        let rest = left.checked_sub(c.len_utf16());
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push_str(CUT);
    Cow::Owned(cut)
}
