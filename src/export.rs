//! Files of events: events go in, in groups, and the bytes of a CSV, a JSON Lines file or a workbook come out.
//!
//! Deliberately absent: which events, and whether anybody may have them. A file holds what it is given, in that order.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use everlog_core::catalog::Catalogs;
use everlog_core::event::Event;
use everlog_core::profile::Profile;
use jiff::tz::TimeZone;
use serde_json::Value;

pub mod csv;
pub mod jsonl;
mod quiet;
mod table;
pub mod xlsx;

pub use table::Cell;
use table::Table;
use xlsx::Workbook;

/// The formats that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// One event a line.
    Jsonl,
    /// Events with what proves them, one a line. Its lines are made where its proofs are, not by a [`Maker`].
    Bundle,
}

impl Format {
    /// Every format, the plainest first.
    pub const ALL: &[Self] = &[Self::Csv, Self::Xlsx, Self::Jsonl, Self::Bundle];

    /// The word for it in `format=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
            Self::Bundle => "bundle",
        }
    }

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Bundle => "bundle.jsonl",
            _ => self.as_str(),
        }
    }

    /// The format of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == word)
    }

    /// What its bytes are (RFC 6838).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl | Self::Bundle => "application/x-ndjson",
        }
    }
}

/// Which columns a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of the profile, as its readers know them.
    Profile,
    /// Every member of an event.
    Full,
}

impl Columns {
    /// Both, the usual one first.
    pub const ALL: &[Self] = &[Self::Profile, Self::Full];

    /// The word for it in `columns=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Full => "full",
        }
    }
}

/// What a file is to be, and for whom.
#[derive(Clone)]
pub struct Plan {
    /// Its format.
    pub format: Format,
    /// Its columns, where it has some.
    pub columns: Columns,
    /// Whether a CSV is for programs: no byte order mark, no values made harmless.
    pub is_raw: bool,
    /// How the log is shown.
    pub profile: Arc<Profile>,
    /// The words for actions.
    pub catalogs: Arc<Catalogs>,
    /// Who reads, where it is a person: some actions read differently to who did them (L22, L23, L25, L26).
    pub reader: Option<String>,
    /// Whether positions are hidden from the reader.
    pub is_restricted: bool,
    /// In which zone times are told.
    pub zone: TimeZone,
    /// How many rows a sheet of a workbook has at most: `SHEET_ROWS_MAX`.
    pub sheet_rows_max: u32,
}

/// Why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file that a workbook waits in cannot be written.
    #[error("the file cannot be written")]
    Io(#[from] std::io::Error),
    /// The library's own error.
    #[error("the workbook cannot be made")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The library gave up: it does so where its files cannot be written, as on a full disk.
    #[error("the workbook's files cannot be written; the disk may be full")]
    GaveUp,
}

/// A file as it is made.
pub struct Maker {
    plan: Plan,
    table: Table,
    /// A workbook is packed when its last row is known.
    workbook: Option<Box<Workbook>>,
}

impl Maker {
    /// Begins a file and returns its first bytes. A workbook waits in `scratch`, in files without names, which are gone
    /// with whoever writes them, however it ends.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn begin(plan: Plan, scratch: &Path) -> Result<(Self, Vec<u8>), ExportError> {
        let table = Table::new(&plan);
        let (workbook, first) = match plan.format {
            Format::Csv => (None, csv::begin(&table.titles(), plan.is_raw)?),
            Format::Jsonl | Format::Bundle => (None, Vec::new()),
            Format::Xlsx => {
                (Some(Box::new(Workbook::begin(table.headings(), scratch, plan.sheet_rows_max)?)), Vec::new())
            }
        };
        Ok((Self { plan, table, workbook }, first))
    }

    /// Adds events and returns the bytes that they add. `json` gives an event as the API shows it to this reader.
    ///
    /// # Errors
    /// When a workbook cannot be written.
    pub fn add(&mut self, events: &[Event], json: impl Fn(&Event) -> Value) -> Result<Vec<u8>, ExportError> {
        let rows = events.iter().map(|event| self.table.cells(event, &json));
        match (&mut self.workbook, self.plan.format) {
            (Some(workbook), _) => {
                workbook.add(rows)?;
                Ok(Vec::new())
            }
            (None, Format::Jsonl) => Ok(jsonl::lines(events.iter().map(json))?),
            (None, _) => Ok(csv::rows(rows, self.plan.is_raw)?),
        }
    }

    /// Ends the file; a workbook is given back whole, to be read from its beginning.
    ///
    /// # Errors
    /// When a workbook cannot be written.
    pub fn finish(self) -> Result<Option<File>, ExportError> {
        self.workbook.map(|workbook| workbook.finish()).transpose()
    }
}
