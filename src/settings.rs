//! The settings of one organization: what the contract names, typed, checked before they are kept.
//!
//! Deliberately absent: defaults that a profile gives; a member that is absent here has its profile's.

use std::collections::BTreeMap;

use everlog_core::json::is_pointer;
use everlog_core::profile::Export;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::log::REDACTABLE_NOT;
use crate::settings::origin::{NoOrigin, WebOrigin};

pub mod origin;

/// Most entries of one list.
const LIST_MAX: usize = 100;
/// Longest text, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// Largest settings as a whole, in bytes of JSON: the event that records a change holds what was and what is, and more than
/// twice this fits into an event.
const SETTINGS_BYTES_MAX: usize = 64 * 1024;
/// Whose secrets for delivery receipts there can be.
const RECEIPT_PROVIDERS: &[&str] = &["mailgun", "sms"];

/// What an organization sets for its log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The formats a viewer session may export; the profile's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Vec<String>>,
    /// What becomes of a document that is declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_decline: Option<Policy>,
    /// What becomes of a document whose invitation bounces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_bounce: Option<Policy>,
    /// What becomes of a document that expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_expired: Option<Policy>,
    /// After how many days completed documents are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_completed_after_days: Option<u32>,
    /// After how many days drafts are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_drafts_after_days: Option<u32>,
    /// The first day of a week; Monday when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week_start: Option<WeekStart>,
    /// The pages that may embed the viewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub embed_origins: Vec<String>,
    /// Where pictures of actors may be loaded from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub avatar_origins: Vec<String>,
    /// Pointers into an event as sent, such as `/metadata/card`: what stands there is removed before it is recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<String>,
    /// The providers' secrets for delivery receipts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub receipt_keys: BTreeMap<String, String>,
    /// Who the server's own steps are by, in the signing API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_name: Option<String>,
    /// Whether anybody may read the log's signed head, its tiles and its leaves under `/log/{log_id}/`, without a key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub public_log: bool,
    /// Why nothing may be erased now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_hold: Option<String>,
    /// How many events a second are taken in; more get 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_events_per_second: Option<u32>,
    /// Members of its profile that it has otherwise; see `GET profile` for the profile in force.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub profile_overrides: Map<String, Value>,
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It is canceled.
    Cancel,
    /// It stays open.
    Keep,
}

/// The first day of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WeekStart {
    /// As ISO 8601 has it.
    Monday,
    /// As in America.
    Sunday,
    /// As in the Arab world.
    Saturday,
}

impl Settings {
    /// The settings that a row holds.
    ///
    /// # Errors
    /// When the row was written by a version that knows more.
    pub fn from_map(map: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        serde_json::from_value(Value::Object(map.clone()))
    }

    /// The settings as a row holds them.
    pub fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// What is wrong with them, by member; an empty name is all of them.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let lists = [
            ("embed_origins", &self.embed_origins),
            ("avatar_origins", &self.avatar_origins),
            ("redact", &self.redact),
        ];
        for (name, list) in lists {
            if list.len() > LIST_MAX || list.iter().any(|text| text.len() > TEXT_BYTES_MAX) {
                faults.push((name, format!("at most {LIST_MAX} texts of at most {TEXT_BYTES_MAX} bytes")));
            }
        }
        for (name, list) in &lists[..2] {
            if let Some(bad) = list.iter().find(|origin| WebOrigin::try_from(origin.as_str()).is_err()) {
                faults.push((name, format!("{bad} is {NoOrigin}")));
            }
        }
        if let Some(bad) = self.redact.iter().find(|pointer| !is_redactable(pointer)) {
            faults.push((
                "redact",
                format!(
                    "{bad} is not a pointer that may be redacted, such as /metadata/card; in a name, ~ is written ~0 and / is ~1"
                ),
            ));
        }
        let is_format = |name: &String| name.parse::<Export>().is_ok();
        if let Some(bad) = self.export.iter().flatten().find(|name| !is_format(name)) {
            faults.push(("export", format!("{bad} is not a format")));
        }
        if self.export.as_ref().is_some_and(|formats| formats.len() > LIST_MAX) {
            faults.push(("export", format!("at most {LIST_MAX} formats")));
        }
        let is_bad = |(name, secret): (&String, &String)| {
            !RECEIPT_PROVIDERS.contains(&name.as_str()) || secret.len() > TEXT_BYTES_MAX
        };
        if self.receipt_keys.iter().any(is_bad) {
            let providers = RECEIPT_PROVIDERS.join(", ");
            faults
                .push(("receipt_keys", format!("secrets of at most {TEXT_BYTES_MAX} bytes for {providers}")));
        }
        for (name, text) in [("system_name", &self.system_name), ("legal_hold", &self.legal_hold)] {
            if text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
                faults.push((name, format!("at most {TEXT_BYTES_MAX} bytes")));
            }
        }
        if serde_json::to_string(self).is_ok_and(|text| text.len() > SETTINGS_BYTES_MAX) {
            faults.push(("", format!("the settings have at most {SETTINGS_BYTES_MAX} bytes together")));
        }
        if self.quota_events_per_second == Some(0) {
            faults.push(("quota_events_per_second", "at least 1".to_owned()));
        }
        if self.legal_hold.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            faults.push(("legal_hold", "a reason in words".to_owned()));
        }
        faults
    }
}

fn is_redactable(pointer: &str) -> bool {
    pointer.starts_with('/') && is_pointer(pointer) && !REDACTABLE_NOT.contains(&pointer)
}
