//! How these interfaces refuse: `responseStatus` with a code, a message and the members at fault (`T35`).
//!
//! Deliberately absent: the decision to refuse.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Denied;
use crate::read::ReadError;
use crate::store::StoreError;

/// How long a caller should wait before it asks again, in seconds.
const RETRY_SECONDS: u32 = 2;
/// What is said of whatever is at fault here.
const INTERNAL: &str = "something went wrong here; it has been logged";

/// A refusal, before its request's id is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// A sentence for people.
    pub message: String,
    /// The parameters at fault.
    pub errors: Vec<Fault>,
    retry_after: Option<u32>,
}

/// The body of a refusal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningRefusal)]
pub struct Shape<'a> {
    /// What is wrong.
    pub response_status: ResponseStatus<'a>,
}

/// What is wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningResponseStatus)]
pub struct ResponseStatus<'a> {
    /// The name of the HTTP status: `BadRequest`, `Unauthorized`, `NotFound`.
    pub error_code: String,
    /// A sentence for people.
    pub message: &'a str,
    /// Always empty.
    pub stack_trace: &'a str,
    /// The parameters at fault.
    pub errors: &'a [Fault],
    /// `requestId`: what to name when asking about it.
    pub meta: Meta<'a>,
}

/// What else is known of a refusal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningMeta)]
pub struct Meta<'a> {
    /// What to name when asking about it.
    pub request_id: &'a str,
}

/// One parameter at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningFault)]
pub struct Fault {
    /// `Required`, `Invalid`, `Repeated` or `Unknown`.
    pub error_code: &'static str,
    /// The parameter's name.
    pub field_name: String,
    /// A sentence for people.
    pub message: String,
}

impl Refusal {
    /// A refusal with a status and a sentence.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), retry_after: None }
    }

    /// Parameters are at fault; the sentence tells of the first.
    pub fn of_parameters(errors: Vec<Fault>) -> Self {
        let message = errors.first().map(|fault| format!("{}: {}", fault.field_name, fault.message));
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, message.unwrap_or_default()) }
    }

    /// The body, in which the request is named.
    pub fn to_bytes(&self, request_id: &str) -> Vec<u8> {
        let name = self.status.canonical_reason().unwrap_or("Error");
        let response_status = ResponseStatus {
            error_code: name.chars().filter(|c| c.is_ascii_alphanumeric()).collect(),
            message: &self.message,
            stack_trace: "",
            errors: &self.errors,
            meta: Meta { request_id },
        };
        // Plain data: there is nothing that JSON cannot hold.
        serde_json::to_vec(&Shape { response_status }).unwrap_or_default()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"everlog\", charset=\"UTF-8\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        // The body is written where the request's id is known.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let message = denied.to_string();
        match denied {
            Denied::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, message),
            Denied::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, message),
            Denied::NotFound => Self::new(StatusCode::NOT_FOUND, message),
            Denied::Directory(why) => Self::internal(&why),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Io { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer now");
                Self { retry_after: Some(RETRY_SECONDS), ..refusal }
            }
            why => Self::internal(&why),
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(why) => Self::from(why),
            why => Self::internal(&why),
        }
    }
}

impl Refusal {
    /// Something here is at fault: the log tells what, the caller learns nothing.
    pub fn internal(why: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = why, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
    }
}
