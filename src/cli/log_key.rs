//! `log-key`: the keys that sign checkpoints, in a data directory. Deliberately absent: a running server's; it takes them up
//! when it starts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use everlog_core::checkpoint::LogKeys;
use serde_json::{Value, json};

use crate::app::{LOG_KEY_VARIABLE, log_keys, retire_log_key, rotate_log_keys};
use crate::cli::{DataArguments, config_with, must_be_there, output};
use crate::config::Config;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

/// What `log-key` does.
#[derive(Subcommand)]
pub(super) enum LogKeyCommand {
    /// Show the verifier keys: the newest, those that sign beside it, those that are retired
    Show(Place),
    /// Make a new key that signs first; the others go on signing, so that who knows only them can follow
    Rotate(Place),
    /// End the signing of an older key, and forget its secret
    Retire(Retire),
}

/// Where the keys are, and what they are called.
#[derive(Args)]
pub(super) struct Place {
    #[command(flatten)]
    data: DataArguments,
    /// The server's file of settings, where the host stands that keys are called by
    #[arg(long = "config", env = "EVERLOG_CONFIG", value_name = "FILE")]
    file: Option<PathBuf>,
    /// JSON lines, on a terminal too
    #[arg(long)]
    json: bool,
}

/// What `log-key retire` takes.
#[derive(Args)]
pub(super) struct Retire {
    /// The key, as `log-key show` shows it, or the part in front of its second plus sign
    key: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: LogKeyCommand) -> anyhow::Result<ExitCode> {
    let (place, retired) = match &command {
        LogKeyCommand::Show(place) | LogKeyCommand::Rotate(place) => (place, None),
        LogKeyCommand::Retire(it) => (&it.place, Some(it.key.trim())),
    };
    must_be_there(&place.data.data)?;
    let config = config_with(&place.data, place.file.as_deref())?;
    let (data, host) = (config.data(), host_of(&config));
    let keys = match (&command, retired) {
        (LogKeyCommand::Show(_), _) => log_keys(&data, &host, config.log_key.as_deref())?,
        (_, None) => {
            must_be_in_the_directory(&config)?;
            rotate_log_keys(&data, &host)?
        }
        (_, Some(named)) => {
            must_be_in_the_directory(&config)?;
            retire_log_key(&data, &host, named)?
        }
    };
    show(&keys, place.json)?;
    if !matches!(command, LogKeyCommand::Show(_)) {
        eprintln!("The server takes this up when it is started again.");
    }
    Ok(ExitCode::SUCCESS)
}

/// What keys are called by: as the settings say; where they say nothing, as the logs that are there are called, because the
/// server that made them had its settings from elsewhere.
fn host_of(config: &Config) -> String {
    if config.public_url.is_some() || config.log_host.is_some() {
        return config.log_host();
    }
    let logs = SqliteStore::open_to_read(&config.data()).and_then(|store| store.organizations());
    let mut logs = logs.unwrap_or_default();
    logs.sort_by_key(|log| log.created_ms);
    let Some(newest) = logs.pop() else { return config.log_host() };
    if logs.iter().any(|log| log.log_host != newest.log_host) {
        eprintln!(
            "Called {0}, as the newest log is; others have another host. If the server does not call itself {0}, say so as it \
             is told: EVERLOG_LOG_HOST, EVERLOG_PUBLIC_URL or --config.",
            newest.log_host
        );
    }
    newest.log_host
}

/// A change of the file would change nothing where the keys are set elsewhere.
fn must_be_in_the_directory(config: &Config) -> anyhow::Result<()> {
    if config.log_key.is_some() {
        anyhow::bail!(
            "the keys are set by {LOG_KEY_VARIABLE} or the file of settings: change them there, a seed of 64 hexadecimal \
             digits a word, newest first, and the verifier key of what is retired in place of its seed"
        );
    }
    Ok(())
}

fn show(keys: &LogKeys, as_json: bool) -> anyhow::Result<()> {
    let signing =
        keys.in_force().enumerate().map(|(at, key)| (key, if at == 0 { "newest" } else { "signs" }));
    let all = signing.chain(keys.retired().iter().map(|key| (key, "retired")));
    let rows: Vec<Value> = all.map(|(key, state)| json!({"key": key.to_string(), "state": state})).collect();
    if as_json || !output::is_terminal() {
        return output::print_lines(&rows);
    }
    let mut table = output::table(&["State", "Key"]);
    let cell = |row: &Value, member: &str| output::visible(row[member].as_str().unwrap_or_default());
    for row in &rows {
        table.add_row([cell(row, "state"), cell(row, "key")]);
    }
    println!("{table}");
    Ok(())
}
