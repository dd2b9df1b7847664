//! `backup` and `restore`: what an operator is told of them. Deliberately absent: how either is done (`backup`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use clap::Args;
use everlog_core::checkpoint::VerifierKey;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::app::App;
use crate::backup::make::{self, Made};
use crate::backup::put::{self, Behind, Ready};
use crate::backup::{Manifest, Phase};
use crate::blobs::{BucketAccess, BucketUrl};
use crate::cli::serve::runtime;
use crate::cli::{DataArguments, config_of, config_of_new, output, start_logging};
use crate::config::Config;
use crate::log::{Source, now_ms};
use crate::read::iso;

/// What `backup` takes.
#[derive(Args)]
pub(super) struct BackupArguments {
    /// Where the backup goes: a directory that is empty, not there yet, or holds the backup from before
    #[arg(value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Leave out log.key, seal.key and operator.key: keep them elsewhere
    #[arg(long)]
    without_keys: bool,
    /// One JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

/// What `restore` takes.
#[derive(Args)]
pub(super) struct RestoreArguments {
    /// The directory that holds the backup
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Put it into the place of the log that is there, which is kept beside it in replaced-…
    #[arg(long)]
    replace: bool,
    /// Forget what was signed behind the backup: those events are lost, and each log records that it was restored
    #[arg(long)]
    accept_loss: bool,
    /// The bucket that the documents are to lie in [default: where the data directory has them]
    #[arg(long, value_name = "URL")]
    blobs: Option<BucketUrl>,
    /// The key that the heads in the backup must be signed with, as /v1/log-key gives it
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// One JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

/// A bar that begins anew with every phase.
struct Bars(Mutex<Option<(Phase, ProgressBar)>>);

impl Bars {
    fn told(&self, phase: Phase, done: u64, total: u64) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_none_or(|(last, _)| *last != phase) {
            let bar = output::progress(Some(total), phase == Phase::Files);
            bar.set_message(match phase {
                Phase::Truth => "of the truth",
                Phase::Events => "events verified",
                Phase::Files => "of the files",
            });
            if let Some((_, last)) = shown.replace((phase, bar)) {
                last.finish_and_clear();
            }
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    fn end(&self) {
        if let Some((_, bar)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

pub(super) fn backup(arguments: BackupArguments) -> anyhow::Result<ExitCode> {
    start_logging(None, "warn");
    let config = config_of(&arguments.data)?;
    let is_named = config.public_url.is_some() || config.log_host.is_some();
    let log_host = is_named.then(|| config.log_host());
    let access = BucketAccess::of_environment();
    let wanted = make::Wanted {
        data: &arguments.data.data,
        to: &arguments.to,
        with_keys: !arguments.without_keys,
        log_host: log_host.as_deref(),
        log_key: config.log_key.as_deref(),
        access: &access,
    };
    let bars = Bars(Mutex::new(None));
    let began_ms = now_ms();
    let made = make::make(&wanted, &|phase, done, total| bars.told(phase, done, total));
    bars.end();
    let made = made?;
    let took_ms = now_ms().saturating_sub(began_ms);
    if arguments.json {
        println!("{}", backup_told(&made, took_ms));
    } else {
        tell_backup(&arguments.to, &made, took_ms);
    }
    let is_whole = made.manifest.faults.is_empty();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn backup_told(made: &Made, took_ms: u64) -> Value {
    let Manifest { version, made_at, is_incremental, has_keys, logs, faults, .. } = &made.manifest;
    json!({
        "version": version,
        "made_at": made_at,
        "is_incremental": is_incremental,
        "has_keys": has_keys,
        "logs": logs,
        "events": made.manifest.events(),
        "new_events": made.new_events,
        "bytes": made.manifest.bytes(),
        "new_documents": made.new_blobs.0,
        "unnamed_documents": made.unnamed_blobs,
        "faults": faults,
        "why_whole": made.why_whole,
        "took_ms": took_ms,
    })
}

fn tell_backup(to: &Path, made: &Made, took_ms: u64) {
    let manifest = &made.manifest;
    if let Some(why) = &made.why_whole {
        println!("everything was copied anew: {}", output::visible(why));
    }
    println!(
        "backed up {} events of {} logs, {} of them new, and {} new documents into {}: {} in {:.1} s",
        manifest.events(),
        manifest.logs.len(),
        made.new_events,
        made.new_blobs.0,
        to.display(),
        indicatif::HumanBytes(manifest.bytes()),
        std::time::Duration::from_millis(took_ms).as_secs_f64(),
    );
    if manifest.has_keys {
        println!("the keys are in it: whoever reads it can sign in the name of this server");
    } else {
        println!("the keys are not in it: without log.key, restored logs are signed by another key");
    }
    if made.unnamed_blobs > 0 {
        println!("{} documents that no log in it names are left out", made.unnamed_blobs);
    }
    manifest.faults.iter().for_each(|fault| println!("NOT WELL: {}", output::visible(fault)));
}

pub(super) fn restore(arguments: RestoreArguments) -> anyhow::Result<ExitCode> {
    start_logging(None, "warn");
    let key = arguments.key.as_deref().map(str::parse::<VerifierKey>).transpose().context("--key")?;
    let data = &arguments.data.data;
    let access = BucketAccess::of_environment();
    let wanted = put::Wanted {
        backup: &arguments.from,
        data,
        replace: arguments.replace,
        accept_loss: arguments.accept_loss,
        key: key.as_ref(),
        blobs: arguments.blobs.as_ref(),
        access: &access,
    };
    let bars = Bars(Mutex::new(None));
    let ready = put::prepare(&wanted, &|phase, done, total| bars.told(phase, done, total));
    bars.end();
    let ready = ready?;
    if arguments.accept_loss {
        if ready.lacks_keys && std::env::var_os("EVERLOG_LOG_KEY").is_none() {
            anyhow::bail!("there is no log.key to go on with: set EVERLOG_LOG_KEY to what it held");
        }
        record_restored(&arguments.data, &ready)?;
    }
    let Ready { manifest, behind, erasures, lacks_keys, kept_keys, in_bucket, .. } = &ready;
    let told = json!({
        "made_at": manifest.made_at,
        "logs": manifest.logs,
        "events": manifest.events(),
        "behind": behind.iter().map(behind_told).collect::<Vec<_>>(),
        "accepted_loss": arguments.accept_loss,
        "erasures_to_repeat": erasures,
        "lacks_keys": lacks_keys,
        "kept_keys": kept_keys,
        "bucket": in_bucket.as_ref().map(|(url, _)| url.to_string()),
        "new_documents": in_bucket.as_ref().map(|(_, count)| count),
    });
    let words = restore_words(&ready, data, arguments.accept_loss);
    let replaced = ready.put()?;
    if arguments.json {
        let mut told = told;
        told["replaced"] = json!(replaced.map(|path| path.display().to_string()));
        println!("{told}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{words}");
    if let Some(replaced) = replaced {
        println!("What was there before is in {}; delete it when you need it no more.", replaced.display());
    }
    println!("Start the server: it makes the index anew first.");
    Ok(ExitCode::SUCCESS)
}

fn behind_told(behind: &Behind) -> Value {
    let Behind { organization, size, signed, signed_ms } = behind;
    json!({"organization": organization, "size": size, "signed_size": signed, "signed_at": iso(*signed_ms)})
}

fn restore_words(ready: &Ready, data: &Path, accept_loss: bool) -> String {
    let Ready { manifest, behind, erasures, lacks_keys, kept_keys, was_in_bucket, in_bucket, .. } = ready;
    let mut words = vec![format!(
        "Restored {} events of {} logs from the backup of {} into {}; every one of them was read again.",
        manifest.events(),
        manifest.logs.len(),
        manifest.made_at,
        data.display()
    )];
    if let Some((url, count)) = in_bucket {
        words.push(format!("The documents lie in {url}; {count} of them were not there."));
    } else if let Some(url) = was_in_bucket {
        words.push(format!(
            "The documents lay in {url} and lie in the data directory now; restored with --blobs {url} they lie there."
        ));
    }
    for Behind { organization, size, signed, signed_ms } in behind {
        words.push(format!(
            "{organization}: {signed} events were signed at {}, this backup holds {size} of them.",
            iso(*signed_ms)
        ));
    }
    if !behind.is_empty() && accept_loss {
        words.push(
            "What was signed of them is forgotten. Who holds such a checkpoint will see that this log contradicts it; \
             the event log.restored in each log says why."
                .to_owned(),
        );
    } else if !behind.is_empty() {
        words.push(
            "Those logs are only read, and neither written nor signed, until a newer backup is restored with --replace. \
             If there is none: restore this one again with --replace --accept-loss. It gives the missing events up, \
             and records in each log that it was restored."
                .to_owned(),
        );
    }
    if *erasures > 0 {
        words.push(format!(
            "{erasures} erasures were made after the backup. The ledger knows them: the next start makes them again."
        ));
    }
    if *lacks_keys {
        words.push(
            "There is no log.key: put yours there before the start, or a new one is made and everyone who keeps the old \
             verifier key must be told."
                .to_owned(),
        );
    }
    if !kept_keys.is_empty() {
        words
            .push(format!("The keys that were there stay; the backup has others: {}.", kept_keys.join(", ")));
    }
    words.join("\n")
}

/// Opens what is to come as a server would, and records in every log that it was restored.
fn record_restored(data: &DataArguments, ready: &Ready) -> anyhow::Result<()> {
    let config = Config { data: Some(ready.directory()), ..config_of_new(data)? };
    let (app, writer) = App::open(&config)?;
    let recorded = runtime()?.block_on(async {
        for org in app.directory.all()? {
            let size = ready.manifest.logs.iter().find(|log| log.log_id == org.row.log_id.to_string());
            let lost = ready.behind.iter().find(|behind| behind.organization == org.row.id.as_str());
            let mut metadata = json!({
                "made_at": ready.manifest.made_at,
                "size": size.map_or(0, |log| log.size.0),
            });
            if let Some(lost) = lost {
                metadata["signed_size"] = json!(lost.signed);
                metadata["signed_at"] = json!(iso(lost.signed_ms));
            }
            let event = json!({
                "action": "log.restored",
                "actor": {"type": "system"},
                "targets": [{"type": "organization", "id": org.row.id, "name": org.row.name}],
                "metadata": metadata,
            });
            app.log.append_own(&org, &Source::server(), event).await?;
        }
        anyhow::Ok(())
    });
    drop(app);
    writer.join();
    recorded
}
