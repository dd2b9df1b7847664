//! A process as the API returns it. Deliberately absent: hiding; who sees but a part of the log sees no process at all.

use everlog_core::process::{Attached, Signee};
use serde_json::{Value, json};

use crate::access::Organization;
use crate::read::iso;
use crate::read::process::Process;

/// A process as JSON. A time that is not known is null.
pub fn present_process(process: &Process, org: &Organization) -> Value {
    let state = &process.state;
    json!({
        "process_key": process.key,
        "organization": org.entry().row.id,
        "status": state.standing(),
        "display_name": state.display_name,
        "file_name": state.file_name,
        "flow_key": state.flow_key,
        "flow_type": state.flow_type,
        "created_by": state.created_by,
        "sign_in_order": state.sign_in_order,
        "requires_auth": state.requires_auth,
        "signature_location": state.signature_location,
        "expires_at": state.expires_ms.map(iso),
        "locale": state.locale,
        "time_zone": state.time_zone,
        "sequences": state.sequences,
        "attachments": state.attachments,
        "created_at": state.created_ms.map(iso),
        "started_at": state.started_ms.map(iso),
        "ended_at": state.ended_ms.map(iso),
        "end_cause": state.end_cause,
        "end_reason": state.end_reason,
        "deleted_at": state.deleted_ms.map(iso),
        "last_activity_at": state.last_ms.map(iso),
        "document": state.document.as_ref().map(attached),
        "trail": state.trail.as_ref().map(attached),
        "stamps_used": state.stamps_used,
        "payment": state.payment,
        "signees": state.signees.iter().map(signee).collect::<Vec<_>>(),
    })
}

fn attached(attached: &Attached) -> Value {
    json!({"sha256": attached.sha256, "size": attached.size, "at": iso(attached.at_ms)})
}

fn signee(signee: &Signee) -> Value {
    json!({
        "signee_key": signee.key,
        "name": signee.name,
        "email": signee.email,
        "phone": signee.phone,
        "ssn": signee.ssn,
        "address": signee.address,
        "postal_code": signee.postal_code,
        "city": signee.city,
        "required": signee.is_required,
        "order": signee.order,
        "role": signee.role,
        "signature_type": signee.signature_type,
        "auth": {
            "sms": signee.auth.sms,
            "otp": signee.auth.otp,
            "pin": signee.auth.pin,
            "id_check": signee.auth.id_check,
        },
        "expires_at": signee.expires_ms.map(iso),
        "has_reminders": signee.has_reminders,
        "status": signee.stand,
        "added_at": iso(signee.added_ms),
        "updated_at": iso(signee.updated_ms),
        "sends": signee.sends,
        "sent_at": signee.sent_ms.map(iso),
        "delivery_method": signee.delivery_method,
        "viewed_at": signee.viewed_ms.map(iso),
        "signed_at": signee.signed_ms.map(iso),
        "ended_at": signee.ended_ms.map(iso),
        "reason": signee.reason,
        "authenticated": signee.authenticated,
        "ip": signee.ip,
        "user_agent": signee.user_agent,
        "forwarded_to": signee.forwarded_to,
        "forwarded_from": signee.forwarded_from,
        "payment": signee.payment,
        "verification_failed": signee.verification_failed,
    })
}
