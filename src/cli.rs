//! The command line: what each command is called and takes. Deliberately absent: what it does; one file a command.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use everlog_core::ids::OrgId;

use crate::access::{Right, Secret};
use crate::config::{Config, LogFormat};
use crate::store::sqlite::SqliteStore;

mod admin;
mod backup;
mod catalog;
mod copy;
mod demo;
mod destination;
mod erase;
mod events;
mod export;
mod log_key;
mod maintain;
mod output;
mod place;
mod receipts;
mod record;
mod serve;
mod trail;
mod verify;

/// The activity log and audit trail that every product needs.
#[derive(Parser)]
#[command(name = "everlog", version, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve believable data, and print links that open it
    Demo(demo::DemoArguments),
    /// Serve a data directory
    Serve(Box<serve::ServeArguments>),
    /// Make and list organizations
    #[command(subcommand)]
    Org(admin::OrgCommand),
    /// Make, list and take back keys
    #[command(subcommand)]
    Key(admin::KeyCommand),
    /// Show, renew and retire the keys that sign checkpoints
    #[command(subcommand)]
    LogKey(log_key::LogKeyCommand),
    /// Show and replace an organization's own words for its actions
    #[command(subcommand)]
    Catalog(catalog::CatalogCommand),
    /// Record events from a file or standard input: an object, an array, or one object a line
    Record(record::RecordArguments),
    /// Find events
    Query(events::QueryArguments),
    /// Write everything that a query matches into a file: CSV, XLSX, JSON Lines, or a bundle with proofs
    Export(export::ExportArguments),
    /// Write the Audit Trail of a signing process into a file: PDF, HTML or JSON
    Trail(trail::TrailArguments),
    /// Show events as they are recorded
    Tail(events::TailArguments),
    /// Bring in history: one JSON object a line
    Import(events::ImportArguments),
    /// Make the index anew from the truth
    Reindex(DataArguments),
    /// Re-read everything and tell what is wrong: values, leaves, tree, head, index
    Fsck(maintain::FsckArguments),
    /// Erase values of events, of an actor or of a signee; every proof still holds
    Erase(erase::EraseArguments),
    /// Copy everything that matters into a directory, of a running server too; the second time only what is new
    Backup(backup::BackupArguments),
    /// Copy every log to another place: positions, leaves and proofs stay; begun again, it goes on
    Copy(copy::CopyArguments),
    /// Verify a backup and put it into a data directory, while no server runs on it
    Restore(backup::RestoreArguments),
    /// Check a bundle or PDF that you were given, offline, or receipts that you kept: exit 0 it holds, 1 it does not, 2 cannot tell
    Verify(verify::VerifyArguments),
}

/// The data directory of a command that works on files.
#[derive(Args)]
struct DataArguments {
    /// The directory that holds the truth
    #[arg(long, env = "EVERLOG_DATA", default_value = crate::config::DATA_DEFAULT, value_name = "DIR")]
    data: PathBuf,
}

/// Where a command finds the log: a server, or else a data directory.
#[derive(Args)]
struct PlaceArguments {
    /// The server to talk to; without it, the data directory is opened
    #[arg(long, env = "EVERLOG_URL", value_name = "URL")]
    url: Option<String>,
    /// The key to show the server
    #[arg(long, env = "EVERLOG_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,
    /// The organization
    #[arg(long, env = "EVERLOG_ORG", value_name = "ID", value_parser = parse_org)]
    org: OrgId,
    #[command(flatten)]
    data: DataArguments,
}

fn parse_org(text: &str) -> Result<OrgId, String> {
    OrgId::try_from(text).map_err(|why| why.to_string())
}

fn parse_right(text: &str) -> Result<Right, String> {
    match text {
        "write" => Ok(Right::Write),
        "read" => Ok(Right::Read),
        "admin" => Ok(Right::Admin),
        _ => Err("expected write, read or admin".to_owned()),
    }
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Org(command) => admin::run_org(command),
        Command::Key(command) => admin::run_key(command),
        Command::LogKey(command) => log_key::run(command),
        Command::Catalog(command) => catalog::run(command),
        Command::Record(arguments) => record::record(arguments),
        Command::Query(arguments) => events::query(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::Trail(arguments) => trail::trail(arguments),
        Command::Tail(arguments) => events::tail(arguments),
        Command::Import(arguments) => events::import(arguments),
        Command::Reindex(arguments) => maintain::reindex(&arguments.data),
        Command::Fsck(arguments) => maintain::fsck(arguments),
        Command::Erase(arguments) => erase::erase(arguments),
        Command::Backup(arguments) => backup::backup(arguments),
        Command::Copy(arguments) => copy::copy(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::Verify(arguments) => verify::verify(arguments),
    };
    match done {
        Ok(code) => code,
        Err(why) if output::is_closed_pipe(&why) => ExitCode::SUCCESS,
        Err(why) => {
            let chain: Vec<String> = why.chain().map(ToString::to_string).collect();
            let told: Vec<String> = chain.join(": ").lines().map(output::visible).collect();
            eprintln!("everlog: {}", told.join("\n"));
            ExitCode::FAILURE
        }
    }
}

/// Starts writing log lines to standard error; `RUST_LOG` chooses which.
fn start_logging(format: Option<LogFormat>, default: &str) {
    use tracing_subscriber::EnvFilter;
    // A bucket that is asked again is told of once, when that was in vain.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{default},object_store=warn")));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match format {
        Some(LogFormat::Json) => lines.json().flatten_event(true).init(),
        _ => lines.init(),
    }
}

/// The configuration of a command that works on files: the data directory, which must be there, and what the environment
/// says of the rest.
fn config_of(data: &DataArguments) -> anyhow::Result<Config> {
    must_be_there(&data.data)?;
    config_of_new(data)
}

/// The same for a command that may make the directory.
fn config_of_new(data: &DataArguments) -> anyhow::Result<Config> {
    config_with(data, None)
}

/// The same with the file of settings that the server has.
fn config_with(data: &DataArguments, file: Option<&Path>) -> anyhow::Result<Config> {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let config = Config {
        data: Some(data.data.clone()),
        public_url: set("EVERLOG_PUBLIC_URL"),
        log_host: set("EVERLOG_LOG_HOST"),
        ..Config::default()
    };
    let mut config = config.complete(file)?;
    // No operator calls here: the server's own first start makes the key, and tells it.
    config.operator_key.get_or_insert_with(|| Secret::new_key().as_str().to_owned());
    Ok(config)
}

/// A mistyped path or a disk that is not mounted must not become an empty log in which all is well.
fn must_be_there(data: &Path) -> anyhow::Result<()> {
    if !SqliteStore::is_in(data) {
        anyhow::bail!("{} holds no log", data.display());
    }
    Ok(())
}
