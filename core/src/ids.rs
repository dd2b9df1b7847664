//! The identifiers and positions that everything else is keyed by. Deliberately absent: how any of them is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest organization id, in bytes.
pub const ORG_ID_BYTES_MAX: usize = 63;

/// An organization's id as outsiders write it: `[a-z0-9][a-z0-9_-]{0,62}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgId(String);

/// Why a text is not an organization id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an organization id is 1 to 63 characters of a-z, 0-9, _ and -, and begins with a letter or digit")]
pub struct OrgIdError;

impl OrgId {
    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrgId {
    type Error = OrgIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let first_is_plain = bytes.first().is_some_and(|&byte| plain(byte));
        let rest_is_allowed = bytes.iter().all(|&byte| plain(byte) || byte == b'_' || byte == b'-');
        if !(first_is_plain && rest_is_allowed && bytes.len() <= ORG_ID_BYTES_MAX) {
            return Err(OrgIdError);
        }
        Ok(Self(text))
    }
}

impl TryFrom<&str> for OrgId {
    type Error = OrgIdError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::try_from(text.to_owned())
    }
}

impl From<OrgId> for String {
    fn from(id: OrgId) -> Self {
        id.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A position in one organization's log, from 0, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// A count of events: the log holds the positions below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Size(pub u64);

impl Size {
    /// The position the next event gets.
    pub fn next(self) -> Seq {
        Seq(self.0)
    }

    /// Whether an event at this position is in a log of this size.
    pub fn holds(self, seq: Seq) -> bool {
        seq.0 < self.0
    }
}

impl Seq {
    /// The smallest size that holds this position.
    pub fn size_through(self) -> Size {
        Size(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::OrgId;

    #[test]
    fn an_organization_id_is_short_plain_and_begins_with_a_letter_or_digit() {
        for good in ["a", "0", "acme", "acme-2_b", &"x".repeat(63)] {
            assert!(OrgId::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "Acme", "a b", "ä", "a/b", &"x".repeat(64)] {
            assert!(OrgId::try_from(bad).is_err(), "{bad}");
        }
    }
}
