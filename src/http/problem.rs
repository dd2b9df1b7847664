//! What every refusal looks like: RFC 9457 problem documents. Deliberately absent: the decision to refuse.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use everlog_core::event::FieldError;
use everlog_core::json::JsonError;
use everlog_core::query::ParamError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Denied;
use crate::app::documents::AttachError;
use crate::blobs::{BlobError, BucketFault};
use crate::download::process::NotThere;
use crate::download::{Broken, Refused};
use crate::index::IndexError;
use crate::log::{AppendError, Refusal};
use crate::quota::{EXPORT_RETRY_SECONDS, Exhausted, NoPlace};
use crate::read::ReadError;
use crate::store::StoreError;
use crate::store::closed::Closed;

/// How long a caller should wait before it writes again, in seconds.
const RETRY_SECONDS: u32 = 2;
/// The same for a log that is only read: until somebody has restored another store.
const CLOSED_RETRY_SECONDS: u32 = 300;

/// A refusal. Its request id is added on its way out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    pub status: StatusCode,
    /// The status in words.
    pub title: &'static str,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
    /// What is wrong where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Fault>)]
    pub errors: Vec<FieldError>,
    /// When to try again, in seconds.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

/// One fault in what was sent.
#[derive(Serialize, ToSchema)]
pub struct Fault {
    /// RFC 6901 pointer, or the parameter's name.
    pub pointer: String,
    /// A stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A refusal with a status, a stable code and a sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { status, title, code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// A refusal that names members.
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Something here is at fault: the log tells what, the caller learns nothing.
    pub fn internal(why: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = why, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong here; it has been logged",
        )
    }

    /// What is stored of what is asked for is not what was written. Nothing of it is shown.
    pub fn damaged(why: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = why, "what is stored is damaged");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "damaged",
            "what is stored of this is damaged and is not shown; it has been logged, and asking again does not help",
        )
    }

    /// What is asked for is not there, or not the caller's to see: the same answer for both.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    /// The members of a request's body are at fault.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |error| match error.pointer.as_str() {
            "" => error.message.clone(),
            pointer => format!("{pointer}: {}", error.message),
        });
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).with_errors(errors)
    }

    /// Nothing can be written now.
    pub fn unavailable(detail: &str) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after: Some(RETRY_SECONDS), ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"everlog\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        // The body is written where the request's id is known.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let detail = denied.to_string();
        match denied {
            Denied::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail),
            Denied::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            Denied::NotFound => Self::not_found("organization"),
            Denied::Directory(why) => Self::internal(&why),
        }
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        let fault = FieldError {
            pointer: error.pointer.clone(),
            code: error.kind.code(),
            message: error.to_string(),
        };
        Self::new(StatusCode::BAD_REQUEST, "not_json", error.to_string()).with_errors(vec![fault])
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(errors) => Self::invalid(errors),
            Refusal::IdConflict { id, seq } => {
                let message = format!("the id {id} was used for another event, which stands at {seq}");
                let errors = vec![FieldError {
                    pointer: "/id".to_owned(),
                    code: "id_conflict",
                    message: message.clone(),
                }];
                Self::new(StatusCode::CONFLICT, "id_conflict", message).with_errors(errors)
            }
            Refusal::Rule { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        if let AppendError::Closed(why) = error {
            return Self::from(why);
        }
        Self::unavailable(&format!("{error}; send it again with the same ids"))
    }
}

impl From<Closed> for Problem {
    fn from(why: Closed) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, why.code(), why.to_string());
        Self { retry_after: Some(CLOSED_RETRY_SECONDS), ..problem }
    }
}

impl From<Exhausted> for Problem {
    fn from(exhausted: Exhausted) -> Self {
        let detail = "the organization's quota of events a second is used up";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "quota_exhausted", detail);
        Self { retry_after: Some(exhausted.retry_after), ..problem }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Io { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::unavailable("the store does not answer now")
            }
            StoreError::Closed(why) => Self::from(why),
            why @ StoreError::Corrupt(_) => Self::damaged(&why),
            why => Self::internal(&why),
        }
    }
}

impl From<ParamError> for Problem {
    fn from(error: ParamError) -> Self {
        Self::from(ReadError::Param(error))
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Param(fault) => {
                let message = fault.fault.to_string();
                let errors =
                    vec![FieldError { pointer: fault.parameter.clone(), code: "invalid_parameter", message }];
                Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", fault.to_string()).with_errors(errors)
            }
            ReadError::Index(IndexError::TimedOut) => Self::unavailable(
                "the question took too long; narrow it down, for example by a range of time",
            ),
            why @ ReadError::TooManySteps => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_events", why.to_string())
            }
            why if why.is_damage() => Self::damaged(&why),
            ReadError::Store(why) => Self::from(why),
            why => Self::internal(&why),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::NotAllowed(_) => Self::new(StatusCode::FORBIDDEN, "export_not_allowed", detail),
            Refused::NoPlace(NoPlace::Here) => {
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_exports", detail);
                Self { retry_after: Some(EXPORT_RETRY_SECONDS), ..problem }
            }
            Refused::NoPlace(NoPlace::Anywhere) => {
                Self { retry_after: Some(EXPORT_RETRY_SECONDS), ..Self::unavailable(&detail) }
            }
            Refused::Read(why) => Self::from(why),
        }
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Bucket { fault: BucketFault::Busy, .. } => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a caller is sent away");
                Self::unavailable("too many documents are kept or read now")
            }
            BlobError::Bucket { .. } => {
                // That it fails was told when it began.
                tracing::debug!(error = &error as &dyn std::error::Error, "the bucket failed");
                Self::unavailable("documents cannot be kept or read now")
            }
            BlobError::Io { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "the blobs failed");
                Self::unavailable("documents cannot be kept or read now")
            }
            BlobError::Store(why) => Self::from(why),
            why @ BlobError::Damaged { .. } => Self::damaged(&why),
            why => Self::internal(&why),
        }
    }
}

impl From<AttachError> for Problem {
    fn from(error: AttachError) -> Self {
        match error {
            AttachError::NoProcess => Self::not_found("process"),
            AttachError::NoDocument(why) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, why.code(), why.to_string())
            }
            AttachError::Refused(why) => Self::from(why),
            AttachError::Read(why) => Self::from(why),
            AttachError::Blob(why) => Self::from(why),
            AttachError::Append(AppendError::Closed(why)) => Self::from(why),
            AttachError::Append(why) => Self::unavailable(&format!("{why}; send the document again")),
        }
    }
}

impl From<NotThere> for Problem {
    fn from(error: NotThere) -> Self {
        let code = match error {
            NotThere::NoProcess => return Self::not_found("process"),
            NotThere::Read(why) => return Self::from(why),
            NotThere::Blob(why) => return Self::from(why),
            NotThere::Writing(why) => return Self::internal(why.as_ref()),
            NotThere::NoDocument => "no_document",
            NotThere::NotCompleted(_) => "not_completed",
            NotThere::BeingMade => "trail_pending",
            NotThere::NotMade => "trail_not_made",
            NotThere::NotKept => "not_kept",
        };
        Self::new(StatusCode::NOT_FOUND, code, error.to_string())
    }
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        Self::internal(&broken)
    }
}

/// The answer where no route is.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is nothing at {path}; see /docs"))
}

/// The answer where a route has other methods.
pub(super) async fn method_not_allowed(method: Method) -> Problem {
    let method: String = method.as_str().chars().take(20).collect();
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not possible here; see /docs"),
    )
}

/// The answer where a handler broke: nothing of ours should, and if it does, it is told to nobody but the log.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "something went wrong here; it has been logged",
    )
    .into_response()
}
