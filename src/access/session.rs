//! A viewer session and what belongs to it: the token that was issued, the code of its link, the cookie that the code is
//! exchanged for, and the codes of its downloads. They are one session: it expires once, and whichever ends it ends all.
//!
//! Deliberately absent: what a session may see; see `access`.

use everlog_core::hex::{Hex, decode};
use everlog_core::ids::OrgId;
use serde::{Deserialize, Serialize};

use crate::access::{
    Access, CODE, Denied, NewSession, Organization, SESSION, Secret, Session, hash, session_of,
};
use crate::store::{Credential, StoreError};

/// How long the one-time code of a link may wait, in milliseconds.
const CODE_MS: u64 = 15 * 60 * 1000;

/// The grant of whatever belongs to a session that was issued.
#[derive(Serialize, Deserialize)]
struct Part {
    /// The hash under which that session is kept.
    session: String,
}

impl Access {
    /// Makes a viewer session: its token, its id, and the one-time code for its link.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn create_session(
        &self,
        org: &Organization,
        new: &NewSession,
        now_ms: u64,
    ) -> Result<(Secret, String, Secret), StoreError> {
        let grant = serde_json::to_value(new).unwrap_or_default();
        let expires_ms = now_ms + new.ttl_seconds * 1000;
        let org = Some(org.code());
        let (token, id) =
            self.keep(Secret::new_session(), SESSION, "ses_", org, grant, now_ms, Some(expires_ms))?;
        let part = Part { session: Hex(&hash(token.as_str())).to_string() };
        let part = serde_json::to_value(part).unwrap_or_default();
        let code_ms = if new.reusable { expires_ms } else { expires_ms.min(now_ms + CODE_MS) };
        let (code, _) = self.keep(Secret::new_code(), CODE, "cod_", org, part, now_ms, Some(code_ms))?;
        Ok((token, id, code))
    }

    /// Exchanges the code of a link for another secret of the session it was issued with, once; at the same moment
    /// twice, exactly one succeeds.
    ///
    /// # Errors
    /// `Unauthenticated` for a code that does not work or no longer does, or is another organization's, or whose session
    /// is over.
    pub fn exchange(&self, org: &OrgId, code: &str, now_ms: u64) -> Result<(Secret, Session), Denied> {
        let secret = Secret::parse(code).ok_or(Denied::Unauthenticated)?;
        let found = self.working(&secret, now_ms)?;
        let entry = self.directory.find(org)?.ok_or(Denied::Unauthenticated)?;
        if found.kind != CODE || found.org != Some(entry.row.code) {
            return Err(Denied::Unauthenticated);
        }
        let (id, grant) = (found.id.clone(), found.grant.clone());
        let issued = self.issued(found, now_ms)?;
        let expires_ms = issued.expires_ms;
        let new: NewSession =
            serde_json::from_value(issued.grant.clone()).map_err(|_| Denied::Unauthenticated)?;
        if !new.reusable && !self.revoke(issued.org, &id, now_ms)? {
            return Err(Denied::Unauthenticated);
        }
        let session = session_of(issued)?;
        let (token, _) =
            self.keep(Secret::new_session(), SESSION, "ses_", Some(session.org), grant, now_ms, expires_ms)?;
        Ok((token, session))
    }

    /// The session that a credential belongs to: its own unless it is a part of another. One that is over has no parts.
    pub(super) fn issued(&self, found: Credential, now_ms: u64) -> Result<Credential, Denied> {
        let Ok(part) = serde_json::from_value::<Part>(found.grant.clone()) else { return Ok(found) };
        let hash = decode(&part.session).ok_or(Denied::Unauthenticated)?;
        self.working_hash(&hash, now_ms)
    }
}
