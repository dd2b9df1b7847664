//! Handing signed heads out without being asked: to witnesses, and as files for another machine.
//!
//! Deliberately absent: streams, which have their turns elsewhere (`app::streams`), and asking a witness.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{fs, io};

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::JoinSet;

use crate::app::App;
use crate::app::checkpoints::CHECKPOINT_MS;
use crate::app::scheduler::RoundError;
use crate::signed::replace_file;
use crate::store::{OrgCode, StoreError};

/// When a file is tried again that could not be written.
const FAULT_PAUSE: Duration = Duration::from_secs(10);
/// Others may read what everybody may know.
const FILE_MODE: u32 = 0o644;

/// The logs that something is to be done for.
type Waiting = BTreeSet<OrgCode>;

impl App {
    /// Signs what grew and hands it out, where somebody waits for it, until the server stops.
    pub async fn hand_out_checkpoints(self) {
        let mut tasks = JoinSet::new();
        let askers = self.checkpoints.witnesses.askers();
        if self.checkpoints.directory.is_none() && askers.is_empty() {
            return;
        }
        if let Some(directory) = self.checkpoints.directory.clone() {
            tasks.spawn(self.clone().write_files(directory.into()));
        }
        for asker in askers {
            tasks.spawn(self.clone().keep_asking(asker));
        }
        tasks.spawn(self.sign_what_grows());
        while tasks.join_next().await.is_some() {}
    }

    /// Signs what grew at most once a second, and at the latest a second after it has become quiet.
    async fn sign_what_grows(self) {
        let mut grown = self.log.listen();
        // What grew while nobody looked is signed first.
        let mut waiting = self.every_log().await;
        loop {
            if waiting.is_empty() {
                tokio::select! {
                    () = self.stopping.wait() => return,
                    heard = grown.recv() => match heard {
                        Ok(grown) => drop(waiting.insert(grown.org)),
                        Err(RecvError::Lagged(_)) => waiting = self.every_log().await,
                        Err(RecvError::Closed) => return,
                    },
                }
            }
            loop {
                match grown.try_recv() {
                    Ok(grown) => drop(waiting.insert(grown.org)),
                    Err(TryRecvError::Lagged(_)) => waiting = self.every_log().await,
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            for org in std::mem::take(&mut waiting) {
                if self.stopping.is_set() {
                    return;
                }
                match self.asked(move |app| app.sign_all(org)).await {
                    Ok(true) => {}
                    Ok(false) => drop(waiting.insert(org)),
                    // Why a log is closed was told when it was found.
                    Err(RoundError::Store(StoreError::Closed(_))) => {}
                    Err(why) => {
                        waiting.insert(org);
                        let error = &why as &dyn std::error::Error;
                        tracing::warn!(error, "a head cannot be signed now");
                    }
                }
            }
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(Duration::from_millis(CHECKPOINT_MS)) => {}
            }
        }
    }

    /// Signs the head of a log. False when the one that serves now does not cover everything.
    fn sign_all(&self, org: OrgCode) -> Result<bool, StoreError> {
        let head = self.store.head(org)?;
        let entry = self.directory.by_code(org).ok().flatten();
        let Some(org) = entry.and_then(|entry| self.access.open_locally(&entry.row.id).ok()) else {
            return Ok(true);
        };
        Ok(head.size.0 == 0 || self.checkpoint(&org)?.checkpoint.size >= head.size)
    }

    pub(super) async fn every_log(&self) -> Waiting {
        match self.asked(|app| app.store.organizations()).await {
            Ok(rows) => rows.into_iter().map(|row| row.code).collect(),
            Err(why) => {
                let error = &why as &dyn std::error::Error;
                tracing::error!(error, "the logs whose heads are handed out cannot be listed");
                Waiting::new()
            }
        }
    }

    /// Writes every head into its file as it is signed, and again as it is cosigned.
    async fn write_files(self, directory: Box<Path>) {
        let mut announced = self.checkpoints.announced.subscribe();
        let mut waiting = self.every_log().await;
        loop {
            let mut failed = Waiting::new();
            for org in std::mem::take(&mut waiting) {
                let place = directory.clone();
                let written = self.asked(move |app| app.write_file(org, &place)).await;
                if let Err(why) = written {
                    self.checkpoints.files_failed.fetch_add(1, Ordering::Relaxed);
                    let error = &why as &dyn std::error::Error;
                    tracing::error!(error, directory = %directory.display(), "a signed head cannot be handed out as a file");
                    failed.insert(org);
                }
            }
            let pause = if failed.is_empty() { Duration::MAX } else { FAULT_PAUSE };
            waiting = failed;
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(pause) => {}
                heard = announced.recv() => match heard {
                    Ok(org) => drop(waiting.insert(org)),
                    Err(RecvError::Lagged(_)) => waiting = self.every_log().await,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    fn write_file(&self, org: OrgCode, directory: &Path) -> Result<(), StoreError> {
        let (Some(head), Ok(Some(entry))) = (self.last_signed(org), self.directory.by_code(org)) else {
            return Ok(());
        };
        let name = entry.row.log_id.to_string();
        let (new, place) = (directory.join(format!(".{name}.new")), directory.join(name));
        let write = || -> io::Result<()> {
            fs::create_dir_all(directory)?;
            replace_file(directory, &new, &place, head.cosigned_note().as_bytes(), FILE_MODE)
        };
        write().map_err(|why| StoreError::Io { doing: "write a signed head for others", source: why.into() })
    }
}
