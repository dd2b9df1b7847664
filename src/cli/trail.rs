//! `trail`: the Audit Trail of a process, or its document with it, into a file or a pipe. Deliberately absent: what it says.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use crate::cli::PlaceArguments;
use crate::cli::destination;
use crate::cli::place::Place;
use crate::download::process::Piece;

/// What `trail` takes.
#[derive(Args)]
pub(super) struct TrailArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The process's key
    #[arg(value_name = "PROCESS")]
    process: String,
    /// The file to write, which ends in .pdf, .html or .json; it gets its name when it is whole
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
    /// The document with its Audit Trail, as it was made when the process was completed, rather than the trail alone
    #[arg(long = "final", conflicts_with_all = ["locale", "tz"])]
    is_final: bool,
    /// The language: en, de or ar; the process's own by default
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// The zone beside UTC, by its IANA name; the process's own by default
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

impl TrailArguments {
    /// # Errors
    /// When the file's name ends in what a trail cannot be.
    fn piece(&self) -> anyhow::Result<Piece> {
        let ending = self.output.as_ref().and_then(|path| path.extension());
        let ending = ending.map(|it| it.to_string_lossy().to_ascii_lowercase());
        match (ending.as_deref().unwrap_or("pdf"), self.is_final) {
            ("pdf", true) => Ok(Piece::Final),
            (_, true) => bail!("the final file is a PDF"),
            (ending, false) => Piece::named(&format!("audit-trail.{ending}"))
                .with_context(|| format!("a trail is a .pdf, .html or .json, not a .{ending}")),
        }
    }
}

pub(super) fn trail(arguments: TrailArguments) -> anyhow::Result<ExitCode> {
    let piece = arguments.piece()?;
    if arguments.output.is_none() && io::stdout().is_terminal() {
        bail!("a PDF is no text for a terminal: give a file with -o, or a pipe");
    }
    let params = [("locale", &arguments.locale), ("tz", &arguments.tz)];
    let params: Vec<(String, String)> =
        params.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
    let place = Place::open(&arguments.place)?;
    match &arguments.output {
        None => place.process_file(&arguments.process, piece, &params, &mut io::stdout().lock())?,
        Some(path) => {
            destination::write_to(path, |out| place.process_file(&arguments.process, piece, &params, out))?
        }
    }
    place.close();
    Ok(ExitCode::SUCCESS)
}
