//! `/v1/organizations/{org}/receipts`: delivery receipts as providers write and sign them. Deliberately absent: bearers; a
//! provider has none, its signature says who it is. Whoever cannot sign learns nothing, not even which organizations are.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use everlog_core::event::FieldError;
use everlog_core::hex;
use everlog_core::ids::OrgId;
use everlog_core::json;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::access::{Denied, Organization};
use crate::app::App;
use crate::app::receipts::{Receipt, ReceiptError, SIGNATURE_AGE_MS_MAX, SIGNATURE_AHEAD_MS_MAX, Taken};
use crate::http::body::{ContentType, incomplete, of_shape, too_large};
use crate::http::extract::{InOrg, Origin, blocking};
use crate::http::problem::Problem;
use crate::log::{Source, now_ms};
use crate::read::iso;

/// Largest receipt, in bytes: anybody may send one before it is known who signed it.
pub const RECEIPT_BYTES_MAX: usize = 128 * 1024;
/// The header that signs a receipt of a text message.
const SIGNATURE: &str = "everlog-signature";

/// A receipt of Mailgun's: its webhook, of which only what is read is named.
#[derive(Deserialize)]
struct MailgunReceipt {
    signature: Option<MailgunSignature>,
    #[serde(rename = "event-data", default)]
    event: Value,
}

#[derive(Deserialize)]
struct MailgunSignature {
    timestamp: String,
    token: String,
    signature: String,
}

/// A receipt of a gateway for text messages.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SmsReceipt {
    /// The process that the message was about.
    process_key: Option<String>,
    /// The signee that it was for.
    signee_key: Option<String>,
    /// What the gateway says of it; any word.
    status: String,
    /// The message's id.
    id: String,
}

/// Take a delivery receipt of Mailgun.
///
/// Mailgun's webhook, as JSON. It is signed with the key under `settings.receipt_keys.mailgun`; no Bearer. Process, signee
/// and channel are the custom variables `process_key`, `signee_key` and `channel` (Confirmation by default, SalesPerson). A
/// receipt that was taken before is answered alike and recorded once. A final failure of a confirmation has `signee.bounced`
/// recorded.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/receipts/mailgun", tag = "processes", security(()),
    request_body(description = "`{signature: {timestamp, token, signature}, \"event-data\": {…}}`", content_type = "application/json"),
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "Recorded, now or before"), (status = 202, description = "Recorded; it belongs to no process that is known"), (status = 401, body = Problem))
)]
pub(super) async fn take_mailgun_receipt(
    State(app): State<App>,
    InOrg(id): InOrg,
    origin: Origin,
    request: Request,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let (_, bytes) = whole(request).await?;
    let MailgunReceipt { signature, event } = read(&bytes)?;
    let signature = signature.ok_or(Denied::Unauthenticated)?;
    let signed = format!("{}{}", signature.timestamp, signature.token);
    let org = enter(&app, id, "mailgun", signed.into_bytes(), signature.signature).await?;
    let now = now_ms();
    if !is_current(&signature.timestamp, now) {
        return Err(refused("signature_expired", "the signature is too old or of a time to come"));
    }
    let is_good = {
        let (app, org) = (app.clone(), org.clone());
        blocking(move || Ok(app.is_token_good(&org, &signature.token, &bytes, now)?)).await?
    };
    if !is_good {
        return Err(refused("signature_used", "the signature's token came with another receipt"));
    }
    take(&app, &org, &origin.receipt(), of_mailgun(&event)?).await
}

/// Take a delivery receipt of a text message.
///
/// The header `Everlog-Signature` is the HMAC-SHA256 of the body under `settings.receipt_keys.sms`, in hexadecimal; no
/// Bearer. `status` is any word of the gateway's. A receipt with the same `id` and `status` is recorded once.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/receipts/sms", tag = "processes", security(()), request_body = SmsReceipt,
    params(("org" = String, Path, description = "The organization's id"), ("Everlog-Signature" = String, Header, description = "Hexadecimal HMAC-SHA256 of the body")),
    responses((status = 200, description = "Recorded, now or before"), (status = 202, description = "Recorded; it belongs to no process that is known"), (status = 401, body = Problem))
)]
pub(super) async fn take_sms_receipt(
    State(app): State<App>,
    InOrg(id): InOrg,
    origin: Origin,
    request: Request,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let (headers, bytes) = whole(request).await?;
    let mut given = headers.get_all(SIGNATURE).iter();
    let (Some(signature), None) = (given.next(), given.next()) else {
        return Err(Denied::Unauthenticated.into());
    };
    let signature = signature.to_str().unwrap_or_default().to_owned();
    let org = enter(&app, id, "sms", bytes.to_vec(), signature).await?;
    take(&app, &org, &origin.receipt(), of_sms(read(&bytes)?)?).await
}

/// The body of a receipt.
async fn whole(request: Request) -> Result<(HeaderMap, Bytes), Problem> {
    if ContentType::of(request.headers())? != ContentType::Json {
        let detail = "the content type is application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, RECEIPT_BYTES_MAX).await.map_err(|why| match incomplete(&why) {
        problem if problem.status == StatusCode::PAYLOAD_TOO_LARGE => {
            too_large(format!("a receipt has at most {RECEIPT_BYTES_MAX} bytes"))
        }
        problem => problem,
    })?;
    Ok((head.headers, bytes))
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    of_shape(json::parse(bytes)?)
}

/// Opens the organization for a provider that signed these bytes with the organization's key for it.
async fn enter(
    app: &App,
    id: OrgId,
    provider: &'static str,
    signed: Vec<u8>,
    signature: String,
) -> Result<Organization, Problem> {
    let app = app.clone();
    blocking(move || {
        let is_signed = |secret: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let tag = hex::decode::<32>(&signature.to_ascii_lowercase());
            // Compared in a time that tells nothing.
            tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
        };
        Ok(app.access.open_signed(&id, provider, is_signed)?)
    })
    .await
}

fn is_current(timestamp: &str, now_ms: u64) -> bool {
    let seconds: Option<u64> = timestamp.parse().ok();
    seconds.and_then(|seconds| seconds.checked_mul(1_000)).is_some_and(|ms| {
        ms.saturating_add(SIGNATURE_AGE_MS_MAX) >= now_ms && ms <= now_ms + SIGNATURE_AHEAD_MS_MAX
    })
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}

async fn take(
    app: &App,
    org: &Organization,
    source: &Source,
    receipt: Receipt,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let (status, word) = match app.take_receipt(org, source, receipt).await? {
        Taken::Recorded => (StatusCode::OK, "created"),
        Taken::OfNoProcess => (StatusCode::ACCEPTED, "created"),
        Taken::Duplicate => (StatusCode::OK, "duplicate"),
    };
    Ok((status, axum::Json(json!({"status": word}))))
}

/// What Mailgun tells: who, to whom, what, and why not.
fn of_mailgun(event: &Value) -> Result<Receipt, Problem> {
    let text = |pointer: &str| text(event.pointer(pointer)?);
    let (Some(status), Some(id)) = (text("/event"), text("/id")) else {
        let name = if text("/event").is_none() { "event" } else { "id" };
        return Err(required(&format!("/event-data/{name}")));
    };
    // A message without variables has an empty list in their place.
    let variable = |name: &str| text(&format!("/user-variables/{name}"));
    let told = [
        ("event", Some(status.clone())),
        ("to", text("/recipient").or_else(|| text("/message/headers/to"))),
        ("sender", text("/envelope/sender").or_else(|| text("/message/headers/from"))),
        ("id", Some(id.clone())),
        ("severity", text("/severity")),
        ("reason", text("/reason")),
        ("code", text("/delivery-status/code")),
        ("description", text("/delivery-status/description").or_else(|| text("/delivery-status/message"))),
    ];
    Ok(Receipt {
        provider: "mailgun",
        provider_name: "Mailgun",
        identity: format!("{id}\0{status}"),
        channel: variable("channel").unwrap_or_else(|| "Confirmation".to_owned()),
        status,
        occurred_at: event.get("timestamp").and_then(Value::as_f64).and_then(at),
        process_key: variable("process_key"),
        signee_key: variable("signee_key"),
        metadata: members(told),
    })
}

fn of_sms(receipt: SmsReceipt) -> Result<Receipt, Problem> {
    let SmsReceipt { process_key, signee_key, status, id } = receipt;
    if status.is_empty() {
        return Err(required("/status"));
    }
    if id.is_empty() {
        return Err(required("/id"));
    }
    Ok(Receipt {
        provider: "sms",
        provider_name: "SMS gateway",
        // A message is queued, sent and delivered under one id.
        identity: format!("{id}\0{status}"),
        channel: "SMS".to_owned(),
        metadata: members([("status", Some(status.clone())), ("id", Some(id))]),
        status,
        occurred_at: None,
        process_key,
        signee_key,
    })
}

/// Seconds since 1970, as a time that an event may have.
fn at(seconds: f64) -> Option<String> {
    let ms = seconds * 1_000.0;
    let is_time = ms.is_finite() && (0.0..=now_ms() as f64).contains(&ms);
    is_time.then(|| iso(ms as u64))
}

/// A text, or a number as one; what is empty is not there.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn members<const N: usize>(told: [(&str, Option<String>); N]) -> Map<String, Value> {
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}

fn required(pointer: &str) -> Problem {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let message = format!("{name} is required");
    Problem::invalid(vec![FieldError { pointer: pointer.to_owned(), code: "required", message }])
}

impl From<ReceiptError> for Problem {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Refused(why) => why.into(),
            ReceiptError::Append(why) => why.into(),
            ReceiptError::Read(why) => why.into(),
        }
    }
}
