//! Who may do what: keys, viewer sessions, and what each may see. The only place that opens an organization.
//!
//! Deliberately absent: HTTP. A credential is a text here, however it came.

use std::sync::Arc;

use everlog_core::catalog::{Catalogs, Names};
use everlog_core::event::Audience;
use everlog_core::ids::OrgId;
use everlog_core::leaf::{Hash, LogId};
use everlog_core::profile;
use everlog_core::scope::{Scope, Sees};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::directory::{Directory, DirectoryError, Entry};
use crate::store::{Credential, OrgCode, Store, StoreError};

mod download;
mod secret;
mod session;

pub use download::DOWNLOAD_CODE_MS;
pub use secret::{KEY_PREFIX, SESSION_PREFIX, Secret};

/// Longest credential that is looked at, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 256;
/// Shortest and longest life of a viewer session, and the one when none is asked for, in seconds.
pub const SESSION_SECONDS: (u64, u64, u64) = (60, 86_400, 900);

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Send events.
    Write,
    /// Read everything but keys.
    Read,
    /// Keys, settings, catalogs, history.
    Admin,
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Who runs the installation.
    Operator,
    /// A program, by its key.
    Key(Key),
    /// A person, by a viewer session.
    Session(Box<Session>),
}

/// A key that works.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it is called in lists and in the log.
    pub id: String,
    /// What people call it.
    pub name: String,
    hash: Hash,
    reach: Reach,
    rights: Vec<Right>,
}

/// The organizations a key works for.
#[derive(Clone, Debug)]
enum Reach {
    One(OrgCode),
    Some(Vec<OrgId>),
    Every,
}

/// A viewer session that works.
#[derive(Clone, Debug)]
pub struct Session {
    /// What it is called in the log.
    pub id: String,
    hash: Hash,
    org: OrgCode,
    /// Who reads.
    pub user: User,
    /// In which role.
    pub role: String,
    /// In which zone; the organization's when absent.
    pub time_zone: Option<TimeZone>,
    /// In which language.
    pub locale: Option<String>,
    /// Until when, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// The person a session is for, as the product knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The same id that events carry as `actor.id`.
    pub id: String,
    /// The name people know them by.
    #[serde(default)]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// A right to one organization's log, held for one request.
#[derive(Clone)]
pub struct Organization {
    entry: Arc<Entry>,
    scope: Scope,
    /// The entry's own, or with the names of the reader's language.
    catalogs: Arc<Catalogs>,
}

impl Organization {
    fn of(entry: Arc<Entry>, sees: Sees) -> Self {
        let catalogs = Arc::clone(&entry.catalogs);
        Self { entry, scope: Scope { sees, access_events: false }, catalogs }
    }

    /// What is known of it.
    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// The words for its actions, in the language of who reads.
    pub fn catalogs(&self) -> &Arc<Catalogs> {
        &self.catalogs
    }

    /// The same for a reader of another language.
    #[must_use]
    pub fn named(self, names: &Arc<Names>) -> Self {
        Self { catalogs: Arc::new(self.catalogs.named(names)), ..self }
    }

    /// Its code in the store.
    pub fn code(&self) -> OrgCode {
        self.entry.row.code
    }

    /// What the caller may see of its log.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// Why a caller is turned away.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// No credential, or none that works.
    #[error("a valid credential is needed")]
    Unauthenticated,
    /// The credential works, but not for this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such organization, or it is not the caller's: the same answer for both.
    #[error("there is no such organization")]
    NotFound,
    /// It cannot be told now.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Directory(DirectoryError::Store(error))
    }
}

/// A key as it is made: shown once, kept as a hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Right>,
    /// The organizations of a vendor's key: `*`, or ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
}

/// A viewer session as it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewSession {
    /// Who will read.
    pub user: User,
    /// In which role.
    pub role: String,
    /// In which zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// In which language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// How long it lives, in seconds.
    pub ttl_seconds: u64,
    /// Whether its link works more than once: only for the demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reusable: bool,
}

/// The kinds of credentials in the store.
const KEY: &str = "key";
const VENDOR_KEY: &str = "vendor_key";
const SESSION: &str = "session";
const CODE: &str = "session_code";
const DOWNLOAD: &str = "download_code";

/// Checks credentials and opens organizations.
pub struct Access {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    operator: Hash,
}

impl Access {
    /// With the operator's key.
    pub fn new(store: Arc<dyn Store>, directory: Arc<Directory>, operator_key: &str) -> Self {
        Self { store, directory, operator: hash(operator_key) }
    }

    /// Who holds this credential.
    ///
    /// # Errors
    /// `Unauthenticated` for whatever does not work, for whatever reason.
    pub fn authenticate(&self, credential: &str, now_ms: u64) -> Result<Caller, Denied> {
        let secret = Secret::parse(credential);
        // Hashes are compared, so that time tells nothing about the key.
        if hash(credential) == self.operator {
            return Ok(Caller::Operator);
        }
        let found = self.working(&secret.ok_or(Denied::Unauthenticated)?, now_ms)?;
        match found.kind.as_str() {
            KEY | VENDOR_KEY => key_of(found).map(Caller::Key),
            SESSION => {
                session_of(self.issued(found, now_ms)?).map(|session| Caller::Session(Box::new(session)))
            }
            _ => Err(Denied::Unauthenticated),
        }
    }

    fn working(&self, secret: &Secret, now_ms: u64) -> Result<Credential, Denied> {
        self.working_hash(&hash(secret.as_str()), now_ms)
    }

    fn working_hash(&self, hash: &Hash, now_ms: u64) -> Result<Credential, Denied> {
        let found = self.store.credential(hash)?.ok_or(Denied::Unauthenticated)?;
        let is_over = found.expires_ms.is_some_and(|at| at <= now_ms) || found.revoked_ms.is_some();
        if is_over { Err(Denied::Unauthenticated) } else { Ok(found) }
    }

    /// Opens an organization for a caller with this right.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is another's, `Forbidden` when the right is missing.
    pub fn open(&self, caller: &Caller, id: &OrgId, right: Right) -> Result<Organization, Denied> {
        let entry = self.directory.find(id)?.ok_or(Denied::NotFound)?;
        let sees = match caller {
            Caller::Operator => {
                return Err(Denied::Forbidden("the operator's key is for administration, not for logs"));
            }
            Caller::Key(key) => {
                if !key.reaches(&entry) {
                    return Err(Denied::NotFound);
                }
                if !key.rights.contains(&right) {
                    return Err(Denied::Forbidden("the key lacks the scope that this needs"));
                }
                Sees::Everything
            }
            Caller::Session(session) => {
                if session.org != entry.row.code {
                    return Err(Denied::NotFound);
                }
                if right != Right::Read {
                    return Err(Denied::Forbidden("a viewer session may only read"));
                }
                sees(&entry, &session.role, &session.user.id)
                    .ok_or(Denied::Forbidden("this role may not see the log"))?
            }
        };
        Ok(Organization::of(entry, sees))
    }

    /// Whether a caller who once opened an organization to read it still may: for who reads for long.
    ///
    /// # Errors
    /// When the credential was taken back or is over, or no longer opens the organization.
    pub fn check_reader(&self, caller: &Caller, id: &OrgId, now_ms: u64) -> Result<(), Denied> {
        match caller {
            Caller::Operator => {}
            Caller::Key(key) => drop(self.working_hash(&key.hash, now_ms)?),
            Caller::Session(session) => drop(self.working_hash(&session.hash, now_ms)?),
        }
        self.open(caller, id, Right::Read).map(drop)
    }

    /// Opens an organization for the administration: the operator, or a key with the scope admin.
    ///
    /// # Errors
    /// As `open`.
    pub fn administer(&self, caller: &Caller, id: &OrgId) -> Result<Organization, Denied> {
        match caller {
            Caller::Operator => self.open_locally(id),
            _ => self.open(caller, id, Right::Admin),
        }
    }

    /// Opens an organization for whoever holds the data directory itself: the command line.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub fn open_locally(&self, id: &OrgId) -> Result<Organization, Denied> {
        let entry = self.directory.find(id)?.ok_or(Denied::NotFound)?;
        Ok(Organization::of(entry, Sees::Everything))
    }

    /// Opens the log of this identity: for anybody where its organization says so, else for who sees all of it.
    ///
    /// # Errors
    /// `NotFound` for everybody else, whatever the credential is: whether there is such a log is nobody's business.
    pub fn open_log(
        &self,
        log: &LogId,
        credential: Option<&str>,
        now_ms: u64,
    ) -> Result<Organization, Denied> {
        let entry = self.directory.by_log(log)?.ok_or(Denied::NotFound)?;
        if entry.has_public_log() {
            return Ok(Organization::of(entry, Sees::Everything));
        }
        let opened = self
            .authenticate(credential.unwrap_or_default(), now_ms)
            .and_then(|caller| self.open(&caller, &entry.row.id, Right::Read));
        match opened {
            Ok(org) if !org.scope().is_restricted() => Ok(org),
            Err(Denied::Directory(why)) => Err(why.into()),
            _ => Err(Denied::NotFound),
        }
    }

    /// Opens an organization for a provider of delivery receipts: `is_signed` says whether what it sent is signed with the
    /// secret that the organization's settings name for it.
    ///
    /// # Errors
    /// `Unauthenticated` whatever is missing: the organization, its secret, the signature.
    pub fn open_signed(
        &self,
        id: &OrgId,
        provider: &str,
        is_signed: impl FnOnce(&str) -> bool,
    ) -> Result<Organization, Denied> {
        let entry = self.directory.find(id)?.ok_or(Denied::Unauthenticated)?;
        let secret = entry.row.settings.get("receipt_keys").and_then(|keys| keys.get(provider)?.as_str());
        match secret {
            // Anybody can sign with an empty secret.
            Some(secret) if !secret.is_empty() && is_signed(secret) => {
                Ok(Organization::of(entry, Sees::Everything))
            }
            _ => Err(Denied::Unauthenticated),
        }
    }

    /// Opens an organization for one of its streams: for its audience, where the profile knows of more than one.
    pub fn open_for_stream(&self, entry: Arc<Entry>, audience: Audience) -> Organization {
        let is_part = audience == Audience::Organization && entry.profile.audiences;
        Organization::of(entry, if is_part { Sees::Organization } else { Sees::Everything })
    }

    /// Makes a key of an organization, or of a vendor when there is none. Returns what to show once, and the key's id.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn create_key(
        &self,
        org: Option<&Organization>,
        new: &NewKey,
        now_ms: u64,
        expires_ms: Option<u64>,
    ) -> Result<(Secret, String), StoreError> {
        let kind = if org.is_some() { KEY } else { VENDOR_KEY };
        let grant = serde_json::to_value(new).unwrap_or_default();
        self.keep(Secret::new_key(), kind, "key_", org.map(Organization::code), grant, now_ms, expires_ms)
    }

    /// The keys of an organization, or those of vendors.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keys(&self, org: Option<&Organization>) -> Result<Vec<Credential>, StoreError> {
        self.store.credentials(org.map(Organization::code), if org.is_some() { KEY } else { VENDOR_KEY })
    }

    /// Takes a credential back: a key, or a session. False when there is none such that still works.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn revoke(&self, org: Option<OrgCode>, id: &str, now_ms: u64) -> Result<bool, StoreError> {
        let mut revoked = false;
        self.store.transact(&mut |transaction| {
            revoked = transaction.revoke_credential(org, id, now_ms)?;
            Ok(())
        })?;
        Ok(revoked)
    }

    /// Takes a key of an organization back, never a session. False when it has none such that still works.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn revoke_key(&self, org: &Organization, id: &str, now_ms: u64) -> Result<bool, StoreError> {
        let is_its = self.keys(Some(org))?.iter().any(|key| key.id == id);
        Ok(is_its && self.revoke(Some(org.code()), id, now_ms)?)
    }

    /// The organization that a session belongs to, to end it.
    pub fn organization_of(session: &Session) -> OrgCode {
        session.org
    }

    /// What a session of this role would see of an organization.
    ///
    /// # Errors
    /// The role is unknown to the profile, or may not see the log.
    pub fn check_role(org: &Organization, role: &str) -> Result<(), RoleFault> {
        match org.entry.profile.sees(role) {
            None => Err(RoleFault::Unknown),
            Some(profile::Sees::Nothing) => Err(RoleFault::Excluded),
            Some(_) => Ok(()),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is one column of the row")]
    fn keep(
        &self,
        secret: Secret,
        kind: &str,
        prefix: &str,
        org: Option<OrgCode>,
        grant: serde_json::Value,
        created_ms: u64,
        expires_ms: Option<u64>,
    ) -> Result<(Secret, String), StoreError> {
        let hash = hash(secret.as_str());
        let id = format!("{prefix}{}", secret::random_base62(16));
        let kind = kind.to_owned();
        let credential =
            Credential { hash, id: id.clone(), kind, org, grant, created_ms, expires_ms, revoked_ms: None };
        self.store.transact(&mut |transaction| transaction.insert_credential(&credential))?;
        Ok((secret, id))
    }
}

/// Why no session can be made for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleFault {
    /// The profile does not know the role.
    #[error("the organization's profile has no such role")]
    Unknown,
    /// The role may not see the log at all (C03).
    #[error("this role may not see the log")]
    Excluded,
}

impl Key {
    fn reaches(&self, entry: &Entry) -> bool {
        match &self.reach {
            Reach::One(code) => *code == entry.row.code,
            Reach::Some(ids) => ids.contains(&entry.row.id),
            Reach::Every => true,
        }
    }

    /// The organization it belongs to, unless it is a vendor's.
    pub fn organization(&self) -> Option<OrgCode> {
        match self.reach {
            Reach::One(code) => Some(code),
            Reach::Some(_) | Reach::Every => None,
        }
    }

    /// Whether it may do this.
    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }
}

fn key_of(found: Credential) -> Result<Key, Denied> {
    let grant: NewKey = serde_json::from_value(found.grant).map_err(|_| Denied::Unauthenticated)?;
    let reach = match (found.org, grant.organizations) {
        (Some(code), _) => Reach::One(code),
        (None, Some(ids)) if ids.iter().any(|id| id == "*") => Reach::Every,
        (None, ids) => Reach::Some(ids.unwrap_or_default().into_iter().flat_map(OrgId::try_from).collect()),
    };
    Ok(Key { id: found.id, name: grant.name, hash: found.hash, reach, rights: grant.scopes })
}

fn session_of(found: Credential) -> Result<Session, Denied> {
    let grant: NewSession = serde_json::from_value(found.grant).map_err(|_| Denied::Unauthenticated)?;
    Ok(Session {
        id: found.id,
        hash: found.hash,
        org: found.org.ok_or(Denied::Unauthenticated)?,
        user: grant.user,
        role: grant.role,
        time_zone: grant.time_zone.and_then(|name| TimeZone::get(&name).ok()),
        locale: grant.locale,
        expires_ms: found.expires_ms.unwrap_or(0),
    })
}

/// D27 to D30, C03: what a role sees, for this user.
fn sees(entry: &Entry, role: &str, user: &str) -> Option<Sees> {
    match entry.profile.sees(role)? {
        profile::Sees::Everything => Some(Sees::Everything),
        profile::Sees::Nothing => None,
        profile::Sees::Organization => Some(Sees::Organization),
        profile::Sees::OwnInOrganization => Some(Sees::OwnOfOrganization(user.to_owned())),
        profile::Sees::OwnInAdministrators => Some(Sees::OwnOfAdministrators(user.to_owned())),
    }
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}
