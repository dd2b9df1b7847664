//! An organization's own catalog: read, and replaced as a whole. Deliberately absent: the shipped catalogs it uses; they are
//! members of the organization.

use std::collections::BTreeMap;
use std::sync::Arc;

use everlog_core::catalog::{Catalog, CatalogError, Entry as CatalogEntry, EntryError};
use serde_json::{Map, Value, json};

use crate::access::Organization;
use crate::app::App;
use crate::directory::{DirectoryError, Entry};
use crate::log::{AppendError, Source};
use crate::store::StoreError;

/// Largest catalog, in bytes of TOML.
pub const CATALOG_BYTES_MAX: usize = 512 * 1024;
/// What errors call the text.
const NAME: &str = "catalog";
/// Most bytes of entries, before and after, in the event that records a change: the rest is counted and named.
const RECORDED_BYTES_MAX: usize = 64 * 1024;
/// Most actions that this event names.
const NAMED_MAX: usize = 200;

/// A catalog as it was sent, understood.
#[derive(Clone, Debug)]
pub struct NewCatalog {
    catalog: Catalog,
    toml: String,
}

/// Why a catalog is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CatalogFault {
    /// The text is at fault, at a line and column.
    #[error(transparent)]
    Text(#[from] CatalogError),
    /// An entry is at fault.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It is too large.
    #[error("a catalog has at most {} KiB", CATALOG_BYTES_MAX / 1024)]
    TooLarge,
}

/// Why a catalog could not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// It cannot be recorded, so it is not done.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It cannot be kept.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl NewCatalog {
    /// Reads TOML as people write it; the text is kept as it is, with its comments.
    ///
    /// # Errors
    /// Names line and column.
    pub fn from_toml(toml: String) -> Result<Self, CatalogFault> {
        if toml.len() > CATALOG_BYTES_MAX {
            return Err(CatalogFault::TooLarge);
        }
        Ok(Self { catalog: Catalog::parse_own(NAME, &toml)?, toml })
    }

    /// Takes entries as programs send them.
    ///
    /// # Errors
    /// Names action and member.
    pub fn from_entries(entries: BTreeMap<String, CatalogEntry>) -> Result<Self, CatalogFault> {
        let catalog = Catalog::own_from_entries(NAME, entries)?;
        let toml = catalog.to_toml();
        if toml.len() > CATALOG_BYTES_MAX {
            return Err(CatalogFault::TooLarge);
        }
        Ok(Self { catalog, toml })
    }
}

impl App {
    /// The organization's own catalog, as the TOML that was kept; empty for none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_catalog(&self, org: &Organization) -> Result<String, StoreError> {
        Ok(self.store.catalog(org.code())?.unwrap_or_default())
    }

    /// Replaces the organization's own catalog. On return labels, categories, kinds, facets and filters are the new ones,
    /// also of what was recorded before; the words that a search finds by a sentence follow in the background.
    ///
    /// One change at a time: of two at once neither undoes the other. What changes is recorded first.
    ///
    /// # Errors
    /// When it can be neither recorded nor kept.
    pub async fn replace_catalog(
        &self,
        org: &Organization,
        actor: &Value,
        source: &Source,
        new: NewCatalog,
    ) -> Result<Arc<Entry>, ReplaceError> {
        let _turn = self.changes.lock().await;
        let code = org.code();
        let (app, id) = (self.clone(), org.entry().row.id.clone());
        let read = move || -> Result<_, DirectoryError> {
            let before = app.store.catalog(code)?.unwrap_or_default();
            let entry = app.directory.find(&id)?;
            Ok((before, entry))
        };
        let (before, entry) = blocking(read).await?;
        let entry = entry.unwrap_or_else(|| Arc::clone(org.entry()));
        if before == new.toml {
            return Ok(entry);
        }
        // One that this version cannot read any more is replaced by one that it can.
        let entries = Catalog::parse_kept(NAME, &before).map(|catalog| catalog.entries()).unwrap_or_default();
        let event = change_event(&entry, &entries, &new.catalog.entries(), actor);
        self.log.append_own(&entry, source, event).await?;
        let app = self.clone();
        let keep = move || -> Result<_, DirectoryError> {
            app.store.transact(&mut |transaction| transaction.set_catalog(code, &new.toml))?;
            app.directory.forget(code);
            let changed = app.directory.find(&entry.row.id)?;
            app.index.refresh(code);
            Ok(changed.unwrap_or(entry))
        };
        Ok(blocking(keep).await?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DirectoryError> + Send + 'static,
) -> Result<T, DirectoryError> {
    let failed = |why: tokio::task::JoinError| StoreError::Corrupt(why.to_string());
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

/// The event that records a change: how many actions, which, and what became of those that fit.
fn change_event(
    org: &Entry,
    before: &BTreeMap<String, CatalogEntry>,
    after: &BTreeMap<String, CatalogEntry>,
    actor: &Value,
) -> Value {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| before.get(*key) != after.get(*key));
    let mut changes = Map::new();
    let mut bytes = 0;
    for key in &keys {
        let mut change = Map::new();
        for (side, entries) in [("before", before), ("after", after)] {
            change.extend(entries.get(*key).map(|entry| (side.to_owned(), json!(entry))));
        }
        let change = Value::Object(change);
        bytes += key.len() + change.to_string().len();
        if bytes > RECORDED_BYTES_MAX || changes.len() == NAMED_MAX {
            break;
        }
        changes.insert((*key).clone(), change);
    }
    let row = &org.row;
    json!({
        "action": "catalog.updated", "actor": actor, "changes": changes,
        "targets": [{"type": "organization", "id": row.id, "name": row.name}],
        "metadata": {"count": keys.len(), "ids": keys.iter().take(NAMED_MAX).collect::<Vec<_>>()},
    })
}
