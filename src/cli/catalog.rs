//! `catalog`: an organization's own words for its actions, shown and replaced, on a server or in a data directory.
//! Deliberately absent: the shipped catalogs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::catalogs::NewCatalog;
use crate::cli::PlaceArguments;
use crate::cli::place::{Place, answer};
use crate::log::Source;

/// The content type of a catalog as people write it.
const TOML: &str = "application/toml";

/// What `catalog` does.
#[derive(Subcommand)]
pub(super) enum CatalogCommand {
    /// Print the organization's own catalog as TOML
    Show(Show),
    /// Replace the organization's own catalog by a TOML file
    Set(Set),
}

/// What `catalog show` takes.
#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    place: PlaceArguments,
}

/// What `catalog set` takes.
#[derive(Args)]
pub(super) struct Set {
    /// The file; - for standard input
    file: PathBuf,
    #[command(flatten)]
    place: PlaceArguments,
}

pub(super) fn run(command: CatalogCommand) -> anyhow::Result<ExitCode> {
    match command {
        CatalogCommand::Show(it) => show(&Place::open(&it.place)?)?,
        CatalogCommand::Set(it) => set(&it.file, &it.place)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(place: &Place) -> anyhow::Result<()> {
    let toml = match place {
        Place::Remote { agent, base, key } => {
            let url = format!("{base}/catalogs");
            let request = agent.get(&url).header("Authorization", format!("Bearer {key}"));
            let mut sent = request.header("Accept", TOML).call().with_context(|| format!("{url} fails"))?;
            if !sent.status().is_success() {
                answer(sent)?;
                return Ok(());
            }
            sent.body_mut().read_to_string()?
        }
        Place::Local { app, org, .. } => app.own_catalog(org)?,
    };
    print!("{toml}");
    Ok(())
}

fn set(file: &Path, arguments: &PlaceArguments) -> anyhow::Result<()> {
    let mut toml = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut toml)?;
    } else {
        toml = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    // Refused before anything is opened or sent, with its place.
    let new = NewCatalog::from_toml(toml.clone()).with_context(|| file.display().to_string())?;
    let place = Place::open(arguments)?;
    match &place {
        Place::Remote { agent, base, key } => {
            let request = agent.put(format!("{base}/catalogs")).header("Content-Type", TOML);
            answer(request.header("Authorization", format!("Bearer {key}")).send(toml)?)?;
        }
        Place::Local { app, org, runtime, .. } => {
            let actor = json!({"type": "system", "name": "Operator"});
            let source = Source { via: everlog_core::event::Via::Cli, ..Source::server() };
            runtime.block_on(app.replace_catalog(org, &actor, &source, new))?;
        }
    }
    place.close();
    Ok(())
}
