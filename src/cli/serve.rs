//! `everlog serve`: the server, until it is told to stop. Deliberately absent: becoming a daemon.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::documents::within_start;
use crate::app::{App, OPERATOR_FILE};
use crate::blobs::{BlobError, Blobs};
use crate::cli::start_logging;
use crate::config::{Config, LISTEN_DEFAULT};
use crate::copy;
use crate::http::{Serving, serve};

/// What `serve` takes.
#[derive(Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    config: Config,
    /// A file with the same settings, as TOML; flags and environment stand above it
    #[arg(long = "config", env = "EVERLOG_CONFIG", value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(arguments: ServeArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.config.complete(arguments.file.as_deref())?;
    start_logging(config.log_format, "info");
    copy::refuse_half(&config.data())?;
    let (app, writer) = App::open(&config)?;
    see_documents(&app.blobs)?;
    let address = config.listen.map_or_else(|| LISTEN_DEFAULT.parse(), Ok)?;
    runtime()?.block_on(async {
        let serving =
            serve(app.clone(), address).await.with_context(|| format!("cannot listen on {address}"))?;
        if let Some(key) = &app.new_operator_key {
            let file = config.data().join(OPERATOR_FILE);
            eprintln!("The operator's key, kept in {} and shown only now:\n  {key}", file.display());
        }
        println!("everlog is ready: http://{} (data in {})", serving.address()?, config.data().display());
        until_told(app, serving).await
    })?;
    writer.join();
    Ok(ExitCode::SUCCESS)
}

/// Refuses to serve where documents cannot be kept before somebody changes something. A bucket that is only away now is told
/// of, or one that takes its time: events are recorded without it.
fn see_documents(blobs: &Arc<Blobs>) -> Result<(), BlobError> {
    blobs.begin_telling();
    let asked = Arc::clone(blobs);
    match within_start(move || asked.check()) {
        Some(Err(BlobError::Bucket { fault, .. })) if fault.passes() => {}
        Some(seen) => return seen,
        None => tracing::warn!("the bucket of documents does not answer yet"),
    }
    tracing::error!("events are recorded, documents are refused until their bucket is back");
    Ok(())
}

/// The threads that answer.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Serves until SIGTERM or SIGINT, then lets what was accepted end.
pub(super) async fn until_told(app: App, serving: Serving) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopping = app.stopping.clone();
    let index = app.index.clone();
    let maker = tokio::spawn(app.clone().make_trails());
    let purger = tokio::spawn(app.clone().keep_purging());
    let sweeper = tokio::spawn(app.clone().keep_sweeping());
    drop(app);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what was accepted is finished first");
        stopping.set();
    });
    serving.run().await;
    maker.await?;
    purger.await?;
    sweeper.await?;
    tokio::task::spawn_blocking(move || index.flush()).await??;
    Ok(())
}
