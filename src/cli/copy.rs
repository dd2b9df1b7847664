//! `copy`: a log moved to another place. Deliberately absent: how; see `copy`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use crate::blobs::{Blobs, BucketAccess, BucketUrl};
use crate::cli::{must_be_there, output, start_logging};
use crate::copy;
use crate::directory::Directory;
use crate::fsck::{Checks, Fault};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

/// The files beside the truth that a log needs to go on as itself, and directories of such files.
const FILES: &[&str] = &["log.key", "seal.key", "operator.key", crate::ledger::FILE];
const DIRECTORIES: &[&str] = &["signed"];

/// What `copy` takes.
#[derive(Args)]
pub(super) struct CopyArguments {
    /// The data directory to copy, which no server holds
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Where the copy goes: a directory that is not there yet, is empty, or holds an earlier copy
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The bucket that the documents of the copy are to lie in [default: where the copy has them, else in its directory]
    #[arg(long, value_name = "URL")]
    blobs: Option<BucketUrl>,
    /// One JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

pub(super) fn copy(arguments: CopyArguments) -> anyhow::Result<ExitCode> {
    start_logging(None, "warn");
    must_be_there(&arguments.from)?;
    let CopyArguments { from, to, blobs: wanted, json } = arguments;
    if fs::canonicalize(&from).ok() == fs::canonicalize(&to).ok() {
        bail!("{} is copied to itself", from.display());
    }
    let source = SqliteStore::open(&from)?;
    let target = SqliteStore::open(&to)?;
    copy::begin(&source, &target, &to)?;
    let access = BucketAccess::of_environment();
    let to_blobs = Blobs::open_at(&to, wanted.as_ref(), &access)?;
    let blobs = (Arc::new(Blobs::open(&from)?), Arc::new(to_blobs));
    blobs.0.check()?;
    blobs.1.check()?;
    let mut events = 0;
    for org in source.organizations()? {
        events += source.head(org.code)?.size.0;
    }
    let bar = output::progress(Some(events), false);
    let done = copy::copy((&source, &blobs.0), (&target, &blobs.1), &|count| bar.inc(count))?;
    bar.finish_and_clear();
    for name in FILES {
        copy_file(&from.join(name), &to.join(name))?;
    }
    for name in DIRECTORIES {
        copy_directory(&from.join(name), &to.join(name))?;
    }
    copy::end(&to)?;
    let target: Arc<dyn Store> = Arc::new(target);
    let orgs = Directory::new(Arc::clone(&target)).all()?;
    let checks = Checks { blobs: Some(&blobs.1), ..Checks::of(target.as_ref()) };
    let report = checks.all(&orgs, None)?;
    let faults: Vec<&Fault> = report.faults().collect();
    if json {
        let told = json!({
            "organizations": done.organizations, "events": done.events, "new_events": done.new_events,
            "documents": done.documents, "unnamed_documents": done.unnamed_documents, "faults": faults,
        });
        println!("{told}");
    } else {
        for fault in &faults {
            eprintln!("{fault}");
        }
        if done.unnamed_documents > 0 {
            println!("{} documents that nobody names are left where they are", done.unnamed_documents);
        }
        println!(
            "{} events of {} organizations are in {}, {} of them and {} documents new; every leaf was read again there.",
            done.events,
            done.organizations,
            to.display(),
            done.new_events,
            done.documents
        );
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn copy_directory(from: &Path, to: &Path) -> anyhow::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why).with_context(|| format!("{} cannot be read", from.display())),
    };
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in entries {
        let entry = entry?;
        copy_file(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies a file, with who may read it, over an older copy; one that is not there is passed over.
fn copy_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    match fs::copy(from, to) {
        Ok(_) => Ok(fs::File::open(to)?.sync_all()?),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why).with_context(|| format!("{} cannot be copied", from.display())),
    }
}
