//! One-time codes of downloads: a frame without cookies follows a plain link to a file, once and soon.
//!
//! Deliberately absent: what the file holds. A code keeps the parameters that were asked for and the session that asked;
//! it gives nothing that the session would not get.

use everlog_core::hex::{Hex, decode};
use everlog_core::ids::OrgId;
use serde::{Deserialize, Serialize};

use crate::access::{Access, DOWNLOAD, Denied, Secret, Session, session_of};
use crate::store::{Credential, StoreError};

/// How long a code may wait, in milliseconds.
pub const DOWNLOAD_CODE_MS: u64 = 60_000;

/// What a code stands for.
#[derive(Serialize, Deserialize)]
struct Grant {
    /// The hash under which the session is kept: when it ends, its codes do.
    session: String,
    params: Vec<(String, String)>,
}

impl Access {
    /// Makes the code of a download that this session asks for with these parameters.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn create_download(
        &self,
        session: &Session,
        params: &[(String, String)],
        now_ms: u64,
    ) -> Result<Secret, StoreError> {
        let grant = Grant { session: Hex(&session.hash).to_string(), params: params.to_vec() };
        let grant = serde_json::to_value(grant).unwrap_or_default();
        let expires_ms = Some(session.expires_ms.min(now_ms + DOWNLOAD_CODE_MS));
        let (code, _) =
            self.keep(Secret::new_code(), DOWNLOAD, "cod_", Some(session.org), grant, now_ms, expires_ms)?;
        Ok(code)
    }

    /// Exchanges the code of a download for the session that asked and its parameters, once; at the same moment twice,
    /// exactly one succeeds.
    ///
    /// # Errors
    /// `Unauthenticated` for a code that does not work or no longer does, or is another organization's, or whose session
    /// is over.
    pub fn exchange_download(
        &self,
        org: &OrgId,
        code: &str,
        now_ms: u64,
    ) -> Result<(Session, Vec<(String, String)>), Denied> {
        let (found, grant) = self.granted(org, code, now_ms)?;
        if !self.revoke(found.org, &found.id, now_ms)? {
            return Err(Denied::Unauthenticated);
        }
        self.standing_for(grant, now_ms)
    }

    /// What an exchange would give, with the code left as it is: for who only looks.
    ///
    /// # Errors
    /// As `exchange_download`.
    pub fn look_at_download(
        &self,
        org: &OrgId,
        code: &str,
        now_ms: u64,
    ) -> Result<(Session, Vec<(String, String)>), Denied> {
        let (_, grant) = self.granted(org, code, now_ms)?;
        self.standing_for(grant, now_ms)
    }

    fn granted(&self, org: &OrgId, code: &str, now_ms: u64) -> Result<(Credential, Grant), Denied> {
        let secret = Secret::parse(code).ok_or(Denied::Unauthenticated)?;
        let found = self.working(&secret, now_ms)?;
        let entry = self.directory.find(org)?.ok_or(Denied::Unauthenticated)?;
        if found.kind != DOWNLOAD || found.org != Some(entry.row.code) {
            return Err(Denied::Unauthenticated);
        }
        let grant = serde_json::from_value(found.grant.clone()).map_err(|_| Denied::Unauthenticated)?;
        Ok((found, grant))
    }

    fn standing_for(&self, grant: Grant, now_ms: u64) -> Result<(Session, Vec<(String, String)>), Denied> {
        let hash = decode(&grant.session).ok_or(Denied::Unauthenticated)?;
        let session = session_of(self.working_hash(&hash, now_ms)?)?;
        Ok((session, grant.params))
    }
}
