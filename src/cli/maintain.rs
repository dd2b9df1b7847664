//! `fsck` and `reindex`: looking after a data directory while no server runs on it. Deliberately absent: repair of the
//! truth; there is none.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::app::open_index;
use crate::cli::{DataArguments, must_be_there, output, start_logging};
use crate::directory::Directory;
use crate::fsck;
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
    let orgs = directory.all()?;
    let mut events = 0;
    for org in &orgs {
        events += store.head(org.row.code)?.size.0;
    }
    let bar = output::progress(Some(events), false);
    let index = open_index(data, &store, &directory)?;
    let mut faults = Vec::new();
    fsck::check_all(&store, &orgs, Some(&index), &|read| bar.inc(read), &mut |fault| faults.push(fault))?;
    bar.finish_and_clear();
    let is_well = faults.is_empty();
    if arguments.json {
        println!("{}", json!({"organizations": orgs.len(), "events": events, "faults": faults}));
    } else if is_well {
        println!(
            "all is well: {events} events of {} organizations, their leaves, trees and the index",
            orgs.len()
        );
    } else {
        faults.iter().for_each(|fault| println!("{}", output::visible(fault)));
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
