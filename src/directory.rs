//! The organizations of this installation with their profile and catalogs loaded, kept in memory.
//!
//! Deliberately absent: permission. `access` decides who gets to hold what is found here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use everlog_core::catalog::{self, Catalog, Catalogs};
use everlog_core::ids::OrgId;
use everlog_core::leaf::LogId;
use everlog_core::profile::{self, OverrideFault, Profile};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::store::{OrgCode, OrganizationRow, Store, StoreError};

/// The catalog of events that every log may hold, whatever its product.
const OWN_CATALOG: &str = "everlog";

/// One organization, ready to be used.
#[derive(Debug)]
pub struct Entry {
    /// What the store holds.
    pub row: OrganizationRow,
    /// How its log is shown: its profile with what it overrides.
    pub profile: Arc<Profile>,
    /// The words for its actions.
    pub catalogs: Arc<Catalogs>,
    /// Its zone, loaded.
    pub time_zone: TimeZone,
}

impl Entry {
    /// Whether anybody may read the signed head of its log, its tiles and its leaves.
    pub fn has_public_log(&self) -> bool {
        self.row.settings.get(PUBLIC_LOG).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// Why an organization cannot be used as it is stored.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its profile, catalog or zone is not one that this version knows.
    #[error("the organization {org} names {what}, which this version does not know")]
    Unknown {
        /// The organization.
        org: OrgId,
        /// What it names.
        what: String,
    },
    /// What it overrides of its profile contradicts the rest.
    #[error("the organization {org} overrides its profile as it cannot be: {}", first(faults))]
    Overrides {
        /// The organization.
        org: OrgId,
        /// Everything that is wrong.
        faults: Vec<OverrideFault>,
    },
}

fn first(faults: &[OverrideFault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

/// The setting that holds what an organization overrides of its profile.
pub const PROFILE_OVERRIDES: &str = "profile_overrides";

/// The setting that opens the tiles of a log to everybody.
const PUBLIC_LOG: &str = "public_log";

/// Finds organizations by id, by code and by the identity of their log.
pub struct Directory {
    store: Arc<dyn Store>,
    known: RwLock<Known>,
}

type Embedders = HashMap<String, BTreeSet<String>>;

#[derive(Default)]
struct Known {
    by_id: HashMap<OrgId, Arc<Entry>>,
    by_code: HashMap<OrgCode, Arc<Entry>>,
    /// The origins that some organization lists in `embed_origins`, each with the `avatar_origins` of those that do.
    embedders: Option<Arc<Embedders>>,
    /// The organization of every log: it never changes, and logs only come.
    logs: Option<Arc<HashMap<LogId, OrgCode>>>,
    /// How often something was forgotten: what was read before that may be what was to be forgotten.
    forgotten: u64,
}

impl Directory {
    /// A directory of what the store holds; loaded as it is asked for.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: RwLock::default() }
    }

    /// The organization of this id.
    ///
    /// # Errors
    /// When the store fails, or the row names what this version does not know.
    pub fn find(&self, id: &OrgId) -> Result<Option<Arc<Entry>>, DirectoryError> {
        let found = self.known.read().unwrap_or_else(|it| it.into_inner()).by_id.get(id).cloned();
        if found.is_some() {
            return Ok(found);
        }
        let forgotten = self.forgotten();
        match self.store.organization(id)? {
            None => Ok(None),
            Some(row) => self.load(row, forgotten).map(Some),
        }
    }

    /// The organization of this code. Codes come from the store, so that there is one.
    ///
    /// # Errors
    /// As `find`.
    pub fn by_code(&self, code: OrgCode) -> Result<Option<Arc<Entry>>, DirectoryError> {
        let found = self.known.read().unwrap_or_else(|it| it.into_inner()).by_code.get(&code).cloned();
        if found.is_some() {
            return Ok(found);
        }
        let forgotten = self.forgotten();
        let row = self.store.organizations()?.into_iter().find(|row| row.code == code);
        row.map(|row| self.load(row, forgotten)).transpose()
    }

    /// The organization whose log has this identity.
    ///
    /// # Errors
    /// As `find`.
    pub fn by_log(&self, log: &LogId) -> Result<Option<Arc<Entry>>, DirectoryError> {
        let kept = self.known.read().unwrap_or_else(|it| it.into_inner()).logs.clone();
        let logs = match kept {
            Some(logs) => logs,
            None => self.load_logs()?,
        };
        logs.get(log).map_or(Ok(None), |code| self.by_code(*code))
    }

    fn load_logs(&self) -> Result<Arc<HashMap<LogId, OrgCode>>, StoreError> {
        let forgotten = self.forgotten();
        let rows = self.store.organizations()?;
        let logs = Arc::new(rows.iter().map(|row| (row.log_id, row.code)).collect::<HashMap<_, _>>());
        let mut known = self.known.write().unwrap_or_else(|it| it.into_inner());
        if known.forgotten == forgotten {
            known.logs = Some(Arc::clone(&logs));
        }
        Ok(logs)
    }

    /// Every organization, by id.
    ///
    /// # Errors
    /// As `find`.
    pub fn all(&self) -> Result<Vec<Arc<Entry>>, DirectoryError> {
        let forgotten = self.forgotten();
        self.store.organizations()?.into_iter().map(|row| self.load(row, forgotten)).collect()
    }

    /// Whether some organization may be shown inside pages of this origin: then the origins of the pictures that those
    /// organizations show. Which ones they are is not told.
    ///
    /// # Errors
    /// When the store fails.
    pub fn embedding(&self, origin: &str) -> Result<Option<BTreeSet<String>>, StoreError> {
        let kept = self.known.read().unwrap_or_else(|it| it.into_inner()).embedders.clone();
        if let Some(embedders) = kept {
            return Ok(embedders.get(origin).cloned());
        }
        let forgotten = self.forgotten();
        let embedders = Arc::new(embedders_of(&self.store.organizations()?));
        let mut known = self.known.write().unwrap_or_else(|it| it.into_inner());
        if known.forgotten == forgotten {
            known.embedders = Some(Arc::clone(&embedders));
        }
        Ok(embedders.get(origin).cloned())
    }

    /// Forgets what is kept of all organizations together: one was made.
    pub fn forget_lists(&self) {
        let mut known = self.known.write().unwrap_or_else(|it| it.into_inner());
        known.forgotten += 1;
        known.embedders = None;
        known.logs = None;
    }

    /// Forgets what is known of an organization: it was changed.
    pub fn forget(&self, code: OrgCode) {
        let mut known = self.known.write().unwrap_or_else(|it| it.into_inner());
        known.forgotten += 1;
        known.embedders = None;
        if let Some(entry) = known.by_code.remove(&code) {
            known.by_id.remove(&entry.row.id);
        }
    }

    fn forgotten(&self) -> u64 {
        self.known.read().unwrap_or_else(|it| it.into_inner()).forgotten
    }

    /// Loads a row that was read when so much had been forgotten, and keeps it unless it may be outdated by now.
    fn load(&self, row: OrganizationRow, forgotten: u64) -> Result<Arc<Entry>, DirectoryError> {
        let own = self.store.catalog(row.code)?;
        let entry = Arc::new(entry_of(row, own.as_deref())?);
        let mut known = self.known.write().unwrap_or_else(|it| it.into_inner());
        if known.forgotten == forgotten {
            known.by_id.insert(entry.row.id.clone(), Arc::clone(&entry));
            known.by_code.insert(entry.row.code, Arc::clone(&entry));
        }
        Ok(entry)
    }
}

fn embedders_of(rows: &[OrganizationRow]) -> Embedders {
    let mut embedders = Embedders::new();
    for row in rows {
        let listed = |member: &str| {
            let list = row.settings.get(member).and_then(|list| list.as_array()).into_iter().flatten();
            list.filter_map(|origin| origin.as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        for embedder in listed("embed_origins") {
            embedders.entry(embedder).or_default().extend(listed("avatar_origins"));
        }
    }
    embedders
}

/// Loads what a row names.
///
/// # Errors
/// Names what this version does not know.
pub fn entry_of(row: OrganizationRow, own_catalog: Option<&str>) -> Result<Entry, DirectoryError> {
    let unknown = |what: String| DirectoryError::Unknown { org: row.id.clone(), what };
    let profile =
        profile::shipped(&row.profile).ok_or_else(|| unknown(format!("the profile {}", row.profile)))?;
    let time_zone =
        TimeZone::get(&row.time_zone).map_err(|_| unknown(format!("the time zone {}", row.time_zone)))?;
    let mut names = vec![OWN_CATALOG.to_owned()];
    let chosen = if row.catalogs.is_empty() { &profile.catalogs } else { &row.catalogs };
    names.extend(chosen.iter().filter(|name| *name != OWN_CATALOG).cloned());
    let mut layers = Vec::new();
    for name in &names {
        layers.push(catalog::shipped(name).ok_or_else(|| unknown(format!("the catalog {name}")))?.clone());
    }
    if let Some(toml) = own_catalog {
        let own = Catalog::parse_kept("the organization's own catalog", toml);
        layers.push(own.map_err(|why| unknown(why.to_string()))?);
    }
    let nothing = Map::new();
    let overrides = row.settings.get(PROFILE_OVERRIDES).and_then(Value::as_object).unwrap_or(&nothing);
    let profile = profile.overridden(overrides);
    let profile = profile.map_err(|faults| DirectoryError::Overrides { org: row.id.clone(), faults })?;
    Ok(Entry { profile: Arc::new(profile), catalogs: Arc::new(Catalogs::new(layers)), time_zone, row })
}
