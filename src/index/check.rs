//! Whether the index says what the truth says. Deliberately absent: repair; deleting the directory is that.

use std::collections::HashMap;

use everlog_core::ids::Seq;

use crate::index::IndexError;
use crate::index::document::{Entries, Entry};
use crate::index::matches::Snapshot;
use crate::index::schema;
use crate::index::write::{READ_EVENTS_MAX, Shared, read_entries};
use crate::store::OrganizationRow;

/// Most differences that are named.
const DIFFERENCES_MAX: usize = 100;

/// What the index holds of an event in columns.
#[derive(Debug, PartialEq, Eq)]
struct Columns {
    key: u64,
    action: u64,
    actor: u64,
    ip: u64,
    outcome: u64,
}

impl Columns {
    fn of(entry: &Entry) -> Self {
        Self {
            key: entry.key,
            action: entry.action.into(),
            actor: entry.actor.into(),
            ip: entry.ip.map_or(0, |code| u64::from(code) + 1),
            outcome: entry.outcome.into(),
        }
    }
}

/// Names what differs between index and truth.
pub(super) fn check(shared: &Shared, disk: &tantivy::Index) -> Result<Vec<String>, IndexError> {
    let mut differences: Vec<String> = disk
        .validate_checksum()?
        .iter()
        .map(|file| format!("{} has a wrong checksum", file.display()))
        .collect();
    for organization in shared.store.organizations()? {
        check_organization(shared, &organization, &mut differences)?;
    }
    differences.truncate(DIFFERENCES_MAX);
    Ok(differences)
}

fn check_organization(
    shared: &Shared,
    organization: &OrganizationRow,
    differences: &mut Vec<String>,
) -> Result<(), IndexError> {
    let org = organization.code;
    let size = shared.store.head(org)?.size;
    let mut indexed = indexed(&shared.tail.snapshot(org)?, organization, differences);
    let entries = Entries { org, dictionaries: &shared.dictionaries, catalogs: (shared.catalogs)(org) };
    for start in (0..size.0).step_by(READ_EVENTS_MAX) {
        let count = (size.0 - start).min(READ_EVENTS_MAX as u64) as usize;
        for entry in read_entries(&*shared.store, &entries, Seq(start), count)? {
            match indexed.remove(&entry.seq) {
                None => {
                    differences.push(format!("{}: event {} is not in the index", organization.id, entry.seq))
                }
                Some(found) if found != Columns::of(&entry) => {
                    differences
                        .push(format!("{}: event {} is indexed as another", organization.id, entry.seq));
                }
                Some(_) => (),
            }
            if differences.len() >= DIFFERENCES_MAX {
                return Ok(());
            }
        }
    }
    let mut strangers: Vec<Seq> = indexed.into_keys().collect();
    strangers.sort_unstable();
    differences
        .extend(strangers.iter().map(|seq| format!("{}: event {seq} is only in the index", organization.id)));
    Ok(())
}

fn indexed(
    snapshot: &Snapshot,
    organization: &OrganizationRow,
    differences: &mut Vec<String>,
) -> HashMap<Seq, Columns> {
    let mut indexed = HashMap::new();
    let mut insert = |seq: Seq, columns| {
        if indexed.insert(seq, columns).is_some() {
            differences.push(format!("{}: event {seq} is in the index twice", organization.id));
        }
    };
    let keys = schema::keys(organization.code, None, None);
    for segment in snapshot.segments.iter() {
        for doc in segment.range(&keys).filter(|&doc| !segment.is_deleted(doc)) {
            let columns = Columns {
                key: segment.keys.get_val(doc),
                action: segment.actions.get_val(doc),
                actor: segment.actors.get_val(doc),
                ip: segment.ips.get_val(doc),
                outcome: segment.outcomes.get_val(doc),
            };
            insert(Seq(segment.seqs.get_val(doc)), columns);
        }
    }
    for entry in snapshot.tail.iter() {
        insert(entry.seq, Columns::of(entry));
    }
    indexed
}
