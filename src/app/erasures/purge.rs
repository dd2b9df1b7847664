//! That what was erased is gone from everything that is made of the log: the index, codes, Audit Trails, the store's own log.
//!
//! Deliberately absent: how a segment or a page of the store loses a value (`index::purge`, `store`).

use std::collections::BTreeSet;
use std::time::Duration;

use everlog_core::event::{Document, Event};
use everlog_core::hex;
use everlog_core::ids::Seq;
use everlog_core::process::Subject;
use serde_json::Value;

use crate::app::erasures::{ErasureError, GROUP_ROWS};
use crate::app::{App, Parts};
use crate::read::ReadError;
use crate::store::process::every_seq;
use crate::store::{OrgCode, StoreError};

/// How long the store's own log is waited for between two looks, and how often.
const SETTLING: (Duration, u32) = (Duration::from_millis(100), 300);
/// How long purging rests after a fault, and between looks when nothing is announced.
const REST: Duration = Duration::from_secs(30);

impl App {
    /// Takes what was erased out of everything that is made of the log, again and again until the server stops.
    pub async fn keep_purging(self) {
        loop {
            let app = self.clone();
            let done = tokio::task::spawn_blocking(move || app.purge()).await;
            match done {
                Ok(Ok(())) => {}
                Ok(Err(why)) => {
                    tracing::warn!(
                        error = &why as &dyn std::error::Error,
                        "what was erased is not purged yet"
                    );
                }
                Err(why) => {
                    tracing::error!(error = &why as &dyn std::error::Error, "purging ended in a panic")
                }
            }
            tokio::select! {
                () = self.stopping.wait() => return,
                () = tokio::time::sleep(REST) => {}
                () = self.purge_wanted.notified() => {}
            }
        }
    }
}

impl Parts {
    /// Takes what was erased out of everything that is made of the log, now. Waits until it is done.
    ///
    /// # Errors
    /// When something cannot be read or written; asked again, it goes on.
    pub fn purge(&self) -> Result<(), ErasureError> {
        let unpurged = self.store.unpurged()?;
        if unpurged.is_empty() {
            return Ok(());
        }
        let orgs: BTreeSet<OrgCode> = unpurged.iter().map(|(org, _)| *org).collect();
        for (org, record) in &unpurged {
            self.delete_old_trails(*org, *record)?;
        }
        for org in orgs {
            self.log.blank_codes(org)?;
        }
        self.index.purge().map_err(ReadError::from)?;
        let mut looks = 0;
        while !self.store.settle()? {
            looks += 1;
            if looks > SETTLING.1 {
                let why = "somebody has been reading for long from what was there before".into();
                return Err(StoreError::Io { doing: "empty its log", source: why }.into());
            }
            std::thread::sleep(SETTLING.0);
        }
        self.store.transact(&mut |transaction| {
            unpurged.iter().try_for_each(|(org, record)| transaction.set_purged(*org, *record))
        })?;
        Ok(())
    }

    /// Deletes the Audit Trails that are no longer those of their processes.
    fn delete_old_trails(&self, org: OrgCode, record: Seq) -> Result<(), ErasureError> {
        let mut processes = BTreeSet::new();
        for event in self.listed_events(org, record)? {
            processes.extend(event.document.event.process);
        }
        for process in processes {
            let subject = Subject::process(&process);
            let Some(row) = self.store.subject(org, subject.as_str())? else { continue };
            let now = row.decoded()?.trail.map(|trail| trail.sha256);
            for group in every_seq(self.store.as_ref(), org, &process)?.chunks(GROUP_ROWS) {
                for row in self.store.rows(org, group)? {
                    let event = row.event()?.document.event;
                    let hash = event.metadata.get("sha256").and_then(Value::as_str);
                    let old =
                        hash.filter(|hash| event.action == "trail.made" && now.as_deref() != Some(hash));
                    if let Some(hash) = old.and_then(hex::decode) {
                        self.blobs.delete(org, &hash).map_err(|why| StoreError::Io {
                            doing: "delete an Audit Trail",
                            source: Box::new(why),
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The events that a record tells of, as they are now.
    pub(super) fn listed_events(&self, org: OrgCode, record: Seq) -> Result<Vec<Event>, ErasureError> {
        let Some(row) = self.store.rows(org, &[record])?.pop() else { return Ok(Vec::new()) };
        let seqs = listed(&row.parsed()?);
        let rows = self.store.rows(org, &seqs)?.into_iter();
        Ok(rows.map(|row| row.event()).collect::<Result<_, _>>()?)
    }
}

/// What a record of an erasure lists: the events that lost something.
fn listed(document: &Document) -> Vec<Seq> {
    let erased = document.event.metadata.get("erased").and_then(Value::as_object);
    erased.into_iter().flat_map(|it| it.keys()).filter_map(|index| index.parse().ok().map(Seq)).collect()
}
