//! Whether the states of processes and records that are kept are those that their events add up to. Deliberately absent:
//! making them anew, which the next start does when it is told to.

use std::collections::HashMap;

use everlog_core::ids::Seq;

use crate::fsck::FAULTS_MAX;
use crate::log::Projection;
use crate::store::process::ProcessFilter;
use crate::store::{OrgCode, Store, StoreError};

/// What is wrong; nothing when all is well.
pub(super) fn check(
    store: &dyn Store,
    org: OrgCode,
    projection: &Projection,
) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    let mut events: HashMap<u64, Vec<Seq>> = HashMap::new();
    for (number, seq, _) in &projection.events {
        events.entry(*number).or_default().push(*seq);
    }
    let mut processes = 0;
    for (subject, row) in &projection.rows {
        if faults.len() >= FAULTS_MAX {
            break;
        }
        match store.subject(org, subject) {
            Ok(kept) if kept.as_ref() == Some(row) => {}
            Ok(_) | Err(StoreError::Corrupt(_)) => {
                faults.push(format!("the state of {subject} is not what its events add up to"));
            }
            Err(why) => return Err(why),
        }
        let Some(process) = &row.process else { continue };
        processes += 1;
        let own = events.remove(&process.number).unwrap_or_default();
        if store.process_seqs(org, &process.key, Seq(0), own.len() + 1)? != own {
            faults.push(format!("the list of the events of {subject} is not that of its events"));
        }
    }
    let kept = store.count_processes(org, &ProcessFilter::default())?;
    if faults.is_empty() && processes != kept {
        faults.push(format!("{kept} processes are listed, the events tell of {processes}"));
    }
    Ok(faults)
}
