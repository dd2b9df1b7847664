//! What the metadata of an event says of a process or a signee, with every fault of its form.
//!
//! Deliberately absent: judgement. A command with a fault is refused, history keeps what can be read.

use serde_json::{Map, Value};

use crate::event::OccurredAt;
use crate::process::form::{self, Misfit, TEXT_CHARS_MAX};
use crate::process::{Auth, Signee};

/// Longest key by which a signee is known, in bytes: who was never added may have one that nobody could choose.
pub const KEY_BYTES_MAX: usize = 200;

/// The members of an object; what is null is absent.
pub(super) struct Members<'a> {
    map: Option<&'a Map<String, Value>>,
    /// What is wrong, in words for the sender.
    pub(super) faults: Vec<String>,
    place: &'static str,
}

impl<'a> Members<'a> {
    /// The metadata itself.
    pub(super) fn of_metadata(metadata: &'a Map<String, Value>) -> Self {
        Self { map: Some(metadata), faults: Vec::new(), place: "metadata" }
    }

    /// The object `metadata.signee`.
    pub(super) fn of_signee(metadata: &'a Map<String, Value>) -> Self {
        let value = metadata.get("signee").filter(|value| !value.is_null());
        let map = value.and_then(Value::as_object);
        let mut members = Self { map, faults: Vec::new(), place: "metadata.signee" };
        if value.is_some() && map.is_none() {
            members.faults.push("metadata.signee is an object".to_owned());
        }
        members
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.map?.get(name).filter(|value| !value.is_null())
    }

    fn fault(&mut self, name: &str, form: &str) {
        self.faults.push(format!("{}.{name} is {form}", self.place));
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.formed(name, form::text)
    }

    /// A text of some form; without it, what there is of it.
    fn formed(&mut self, name: &str, form: fn(&str) -> Result<(), Misfit>) -> Option<String> {
        let Some(text) = self.get(name)?.as_str() else {
            self.fault(name, &format!("a text of at most {TEXT_CHARS_MAX} characters"));
            return None;
        };
        if let Err(misfit) = form(text) {
            self.fault(name, &misfit.expected);
        }
        Some(cut(text, TEXT_CHARS_MAX))
    }

    /// The key that a signee is told to have.
    pub(super) fn key(&mut self) -> Option<&'a str> {
        let value = self.get("signee_key")?;
        let key = value.as_str().unwrap_or_default();
        if let Err(misfit) = form::key(key) {
            self.fault("signee_key", &misfit.expected);
        }
        Some(key).filter(|key| is_key(key))
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        if !value.is_boolean() {
            self.fault(name, "true or false");
        }
        value.as_bool()
    }

    pub(super) fn time_ms(&mut self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        let time = value.as_str().and_then(|text| OccurredAt::try_from(text.to_owned()).ok());
        if time.is_none() {
            self.fault(name, "a time such as 2026-11-20T13:41:22.123Z");
        }
        time.map(|time| time.ms())
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        let Some(value) = self.get(name) else { return Vec::new() };
        if !value.is_array() {
            self.fault(name, "a list");
        }
        value.as_array().cloned().unwrap_or_default()
    }

    fn order(&mut self) -> Option<u32> {
        let value = self.get("order")?;
        let order = value.as_u64().and_then(|order| u32::try_from(order).ok());
        if order.is_none() {
            self.fault("order", "a whole number from 0");
        }
        order
    }

    fn auth(&mut self) -> Auth {
        let Some(value) = self.get("auth") else { return Auth::default() };
        let Some(map) = value.as_object() else {
            self.fault("auth", "an object");
            return Auth::default();
        };
        let mut members = Self { map: Some(map), faults: Vec::new(), place: "metadata.signee.auth" };
        let mut flag = |name| members.flag(name).unwrap_or_default();
        let auth = Auth { sms: flag("sms"), otp: flag("otp"), pin: flag("pin"), id_check: flag("id_check") };
        self.faults.append(&mut members.faults);
        auth
    }
}

/// A signee as `metadata.signee` describes one; required unless it says otherwise. Their key is read by [`signee_key`].
pub(super) fn signee(members: &mut Members<'_>) -> Signee {
    Signee {
        name: members.text("name"),
        email: members.formed("email", form::email),
        phone: members.formed("phone", form::phone),
        ssn: members.text("ssn"),
        address: members.text("address"),
        postal_code: members.text("postal_code"),
        city: members.text("city"),
        is_required: members.flag("required").unwrap_or(true),
        order: members.order(),
        role: members.text("role"),
        signature_type: members.formed("signature_type", form::signature_type),
        auth: members.auth(),
        expires_ms: members.time_ms("expires_at"),
        has_reminders: members.flag("has_reminders").unwrap_or_default(),
        ..Signee::default()
    }
}

/// The key that `metadata.signee` names, when it is one.
pub(super) fn signee_key(metadata: &Map<String, Value>) -> Option<&str> {
    let key = metadata.get("signee")?.get("signee_key")?.as_str()?;
    is_key(key).then_some(key)
}

/// Whether this can be a signee's key.
pub(super) fn is_key(key: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&key.len())
}

/// A text of the metadata in which something stands.
pub(super) fn word<'a>(metadata: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    metadata.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The beginning of a text, at most so many characters of it.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
