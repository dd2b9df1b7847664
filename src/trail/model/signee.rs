//! A person of a trail. Deliberately absent: what they did, event by event.

use everlog_core::process::{Signee, Stand};
use serde::{Deserialize, Serialize};

use crate::trail::model::{Moment, Writer};

/// A person of the process, with what became of their part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrailSignee {
    /// Their key.
    pub key: String,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Where they live, on one line.
    pub address: Option<String>,
    /// In what role they sign.
    pub role: Option<String>,
    /// Whether the process waits for them.
    pub is_required: bool,
    /// Their place in the order of signing.
    pub order: Option<u32>,
    /// The kind of signature.
    pub signature_type: Option<String>,
    /// The ways in which they were asked to prove who they are.
    pub asked_for: Vec<String>,
    /// The ways in which they did.
    pub identified_by: Vec<String>,
    /// Where they stand.
    pub status: Stand,
    /// When they were added.
    pub added_at: Moment,
    /// When the invitation was last sent.
    pub sent_at: Option<Moment>,
    /// How often it was sent.
    pub sends: u32,
    /// How it was sent.
    pub delivery_method: Option<String>,
    /// When they first viewed the document.
    pub viewed_at: Option<Moment>,
    /// When they signed.
    pub signed_at: Option<Moment>,
    /// When their part ended otherwise.
    pub ended_at: Option<Moment>,
    /// Why they declined or were removed.
    pub reason: Option<String>,
    /// From where they signed.
    pub ip: Option<String>,
    /// With what they signed.
    pub user_agent: Option<String>,
    /// The key of whoever has it now.
    pub forwarded_to: Option<String>,
    /// The key of whoever had it before.
    pub forwarded_from: Option<String>,
    /// Whether a check failed after they signed.
    pub verification_failed: bool,
}

pub(super) fn signee(signee: &Signee, writer: Writer<'_>) -> TrailSignee {
    let moment = |ms: Option<u64>| ms.map(|ms| writer.moment(ms));
    let auth = &signee.auth;
    let methods = [("sms", auth.sms), ("otp", auth.otp), ("pin", auth.pin), ("id_check", auth.id_check)];
    let asked_for = methods.iter().filter(|(_, is_asked)| *is_asked).map(|(method, _)| (*method).to_owned());
    TrailSignee {
        key: signee.key.clone(),
        name: signee.name.clone(),
        email: signee.email.clone(),
        phone: signee.phone.clone(),
        address: address(signee),
        role: signee.role.clone(),
        is_required: signee.is_required,
        order: signee.order,
        signature_type: signee.signature_type.clone(),
        asked_for: asked_for.collect(),
        identified_by: signee.authenticated.clone(),
        status: signee.stand,
        added_at: writer.moment(signee.added_ms),
        sent_at: moment(signee.sent_ms),
        sends: signee.sends,
        delivery_method: signee.delivery_method.clone(),
        viewed_at: moment(signee.viewed_ms),
        signed_at: moment(signee.signed_ms),
        ended_at: moment(signee.ended_ms),
        reason: signee.reason.clone(),
        ip: signee.ip.clone(),
        user_agent: signee.user_agent.clone(),
        forwarded_to: signee.forwarded_to.clone(),
        forwarded_from: signee.forwarded_from.clone(),
        verification_failed: signee.verification_failed,
    }
}

/// Street, then postal code and town.
fn address(signee: &Signee) -> Option<String> {
    let town: Vec<_> =
        [&signee.postal_code, &signee.city].into_iter().flatten().map(String::as_str).collect();
    let parts = [signee.address.clone(), Some(town.join(" "))];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

impl TrailSignee {
    /// What people read: name, else e-mail, else key.
    pub fn shown(&self) -> &str {
        let known = [&self.name, &self.email].into_iter().flatten().map(String::as_str);
        known.chain([self.key.as_str()]).find(|it| everlog_core::text::can_be_seen(it)).unwrap_or(&self.key)
    }
}
