//! `fsck` and `reindex`: looking after a data directory while no server runs on it. Deliberately absent: repair of the
//! truth; there is none.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::app::open_index;
use crate::blobs::Blobs;
use crate::cli::{DataArguments, must_be_there, output, start_logging};
use crate::directory::Directory;
use crate::fsck::{Checked, Checks, Fault, Report};
use crate::index::{Index, damaged_files};
use crate::ledger::Ledger;
use crate::signed;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

/// What `fsck` takes.
#[derive(Args)]
pub(super) struct FsckArguments {
    #[command(flatten)]
    data: DataArguments,
    /// One JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

pub(super) fn reindex(data: &Path) -> anyhow::Result<ExitCode> {
    start_logging(None, "info");
    must_be_there(data)?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data)?);
    let directory = Arc::new(Directory::new(Arc::clone(&store)));
    match std::fs::remove_dir_all(data.join("index")) {
        Ok(()) => {}
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        Err(why) => return Err(why.into()),
    }
    let index = open_index(data, &store, &directory)?;
    index.flush()?;
    println!("the index is made anew");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn fsck(arguments: FsckArguments) -> anyhow::Result<ExitCode> {
    start_logging(None, "warn");
    let data = &arguments.data.data;
    must_be_there(data)?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data)?);
    let directory = Arc::new(Directory::new(Arc::clone(&store)));
    let (orgs, mut events) = (directory.all()?, 0);
    for org in &orgs {
        // One whose head cannot be read is told of below.
        events += store.head(org.row.code).map_or(0, |head| head.size.0);
    }
    let bar = output::progress(Some(events), false);
    let (index, of_index) = index(data, &store, &directory);
    let (blobs, signed) = (Blobs::open(data)?, signed::found_in(data)?);
    let ledger = Ledger::of(data).read();
    // What cannot be asked says nothing of what is there.
    blobs.check()?;
    let progress = |read| bar.inc(read);
    let checks = Checks {
        blobs: Some(&blobs),
        signed: Some(&signed),
        ledger: ledger.as_deref().ok(),
        progress: &progress,
        ..Checks::of(store.as_ref())
    };
    let mut report = checks.all(&orgs, index.as_ref())?;
    report.faults.extend(of_index.into_iter().map(|what| Fault::general(format!("the index: {what}"))));
    if let Err(why) = &ledger {
        report.faults.push(Fault::general(format!("the ledger of erasures: {why}")));
    }
    bar.finish_and_clear();
    let faults: Vec<&Fault> = report.faults().collect();
    if arguments.json {
        println!(
            "{}",
            json!({
                "organizations": report.logs.len(), "events": report.events(), "logs": report.logs,
                "index": index.is_some(), "faults": faults,
            })
        );
    } else {
        print(&report, index.is_some());
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The index, and what is wrong with it before it is compared. A damaged one is not opened, which would make it anew.
fn index(data: &Path, store: &Arc<dyn Store>, directory: &Arc<Directory>) -> (Option<Index>, Vec<String>) {
    match damaged_files(&data.join("index")) {
        None => (None, Vec::new()),
        Some(damaged) if damaged.is_empty() => match open_index(data, store, directory) {
            Ok(index) => (Some(index), Vec::new()),
            Err(why) => {
                (None, vec![format!("it cannot be brought up to the log: {:#}", anyhow::Error::from(why))])
            }
        },
        Some(damaged) => (None, damaged),
    }
}

/// What was found, for people: what is wrong first, then what is well.
fn print(report: &Report, is_index_compared: bool) {
    let faults: Vec<&Fault> = report.faults().collect();
    for fault in &faults {
        println!("{}", output::visible(&fault.to_string()));
    }
    for log in report.logs.iter().filter(|log| log.faults.is_empty()) {
        let Checked { organization, size, signed, erased, erasures, subjects, files, .. } = log;
        let signed = signed
            .map_or("never signed".to_owned(), |signed| format!("the first {signed} as they were signed"));
        let erased = match erased {
            0 => String::new(),
            erased => format!("; fields of {erased} events erased, as {erasures} records say"),
        };
        println!(
            "{organization}: {size} events are well, {signed}; {subjects} processes and records, {files} files{erased}"
        );
    }
    for Checked { organization, erasures_to_repeat, unnamed_files, .. } in &report.logs {
        if *erasures_to_repeat > 0 {
            println!(
                "{organization}: {erasures_to_repeat} erasures were made behind this backup; the next start makes them again"
            );
        }
        if *unnamed_files > 0 {
            println!(
                "{organization}: {unnamed_files} files that nobody names lie beside it; they harm nothing"
            );
        }
    }
    let (events, logs) = (report.events(), report.logs.len());
    let index =
        if is_index_compared { "and the index" } else { "; there is no index that could be compared" };
    if faults.is_empty() {
        println!("all is well: {events} events of {logs} organizations, their leaves, trees {index}");
        return;
    }
    println!("NOT all is well: {} faults in {events} events of {logs} organizations", faults.len());
    for log in &report.logs {
        if let Some(seq) = log.faults.iter().find_map(|fault| fault.seq) {
            println!("{}: the first bad event is {seq}", log.organization);
        }
    }
}
