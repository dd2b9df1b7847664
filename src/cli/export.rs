//! `export`: everything that a query matches, into a file or a pipe. Deliberately absent: what a file holds (`export`) and
//! where it lands (`destination`).

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use crate::cli::PlaceArguments;
use crate::cli::destination;
use crate::cli::events::parse_pair;
use crate::cli::output;
use crate::cli::place::Place;
use crate::export::{Columns, Format};

/// Parameters of the API.
type Params = Vec<(String, String)>;

/// What `export` takes.
#[derive(Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Free text: words, pieces of words, "phrases", field:value; behind a `--` also -without
    text: Vec<String>,
    /// Parameters of the API, such as kind=deleted, actor=u_3, range=last_7_days, sort=time; may be repeated
    #[arg(long = "where", short = 'w', value_name = "NAME=VALUE", value_parser = parse_pair)]
    filters: Vec<(String, String)>,
    /// The format; without it what the file's name says, else CSV
    #[arg(long, short = 'f', value_enum)]
    format: Option<FormatArgument>,
    /// The columns of a table
    #[arg(long, value_enum, default_value_t = ColumnsArgument::Profile)]
    columns: ColumnsArgument,
    /// CSV for programs: without byte order mark, every value exactly as recorded
    #[arg(long)]
    raw: bool,
    /// For a bundle: a size of the log, of which somebody kept the checkpoint; the bundle proves that it continues that
    #[arg(long, value_name = "SIZE")]
    since: Option<u64>,
    /// The file to write; it gets its name when it is whole
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArgument {
    /// Comma-separated values, safe to open in spreadsheets
    Csv,
    /// A workbook with real dates
    Xlsx,
    /// One event a line, as the API shows it
    Jsonl,
    /// One event a line with what proves it: for `everlog verify`
    Bundle,
}

#[derive(Clone, Copy, ValueEnum)]
enum ColumnsArgument {
    /// Those of the profile, as its readers know them
    Profile,
    /// Every member of an event
    Full,
}

impl ExportArguments {
    /// # Errors
    /// When the file's name ends in what is no format.
    fn format(&self) -> anyhow::Result<Format> {
        match self.format {
            Some(FormatArgument::Csv) => return Ok(Format::Csv),
            Some(FormatArgument::Xlsx) => return Ok(Format::Xlsx),
            Some(FormatArgument::Jsonl) => return Ok(Format::Jsonl),
            Some(FormatArgument::Bundle) => return Ok(Format::Bundle),
            None => {}
        }
        let Some(path) = &self.output else { return Ok(Format::Csv) };
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if name.ends_with(&format!(".{}", Format::Bundle.ending())) {
            return Ok(Format::Bundle);
        }
        let Some(ending) = path.extension() else { return Ok(Format::Csv) };
        ending.to_str().and_then(|ending| Format::named(&ending.to_ascii_lowercase())).with_context(|| {
            let known: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
            format!("{} ends in no format: give --format, one of {}", path.display(), known.join(", "))
        })
    }

    /// The query alone, and all parameters.
    fn params(&self, format: Format) -> (Params, Params) {
        let mut query = self.filters.clone();
        if !self.text.is_empty() {
            query.push(("q".to_owned(), self.text.join(" ")));
        }
        let columns = match self.columns {
            ColumnsArgument::Profile => Columns::Profile,
            ColumnsArgument::Full => Columns::Full,
        };
        let own = [
            ("format", format.as_str()),
            ("columns", columns.as_str()),
            ("raw", if self.raw { "true" } else { "false" }),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let since = self.since.map(|size| ("since".to_owned(), size.to_string()));
        let all = query.iter().cloned().chain(own).chain(since).collect();
        (query, all)
    }
}

pub(super) fn export(arguments: ExportArguments) -> anyhow::Result<ExitCode> {
    if arguments.output.is_none() && io::stdout().is_terminal() {
        bail!("an export is no text for a terminal: give a file with -o, or a pipe");
    }
    let format = arguments.format()?;
    if arguments.raw && format != Format::Csv {
        bail!("--raw is for CSV; {} has no such form", format.as_str());
    }
    if arguments.since.is_some() && format != Format::Bundle {
        bail!("--since is for bundles; {} proves nothing", format.as_str());
    }
    let (query, params) = arguments.params(format);
    let place = Place::open(&arguments.place)?;
    match &arguments.output {
        None => write(&place, &query, &params, &mut io::stdout().lock())?,
        Some(path) => destination::write_to(path, |out| write(&place, &query, &params, out))?,
    }
    place.close();
    Ok(ExitCode::SUCCESS)
}

fn write(
    place: &Place,
    query: &[(String, String)],
    params: &[(String, String)],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    // Asked for the bar alone; the export counts for itself.
    let is_watched = io::stderr().is_terminal();
    let total = if is_watched { Some(place.total(query)?) } else { None };
    let bar = output::progress(total, false);
    place.export(params, &mut |bytes, events| {
        bar.set_position(events);
        Ok(out.write_all(bytes)?)
    })?;
    bar.finish_and_clear();
    Ok(out.flush()?)
}
