//! What happens around every request: an id, a line in the log, a count, and the body of a refusal.
//!
//! Deliberately absent: personal data. Neither addresses nor queries nor bodies are logged.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::app::App;
use crate::compat::{Refusal, signing};
use crate::http::problem::Problem;

/// The header that names a request.
const REQUEST_ID: &str = "x-request-id";

/// The id of a request: ours, so that two are never the same.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub String);

#[derive(Serialize)]
struct Identified<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    problem: &'a Problem,
    request_id: &'a str,
}

/// Gives every request an id, and every refusal its body. Answers that the framework makes itself get the same shape.
pub(super) async fn finish(mut request: Request, next: Next) -> Response {
    let mut random = [0; 8];
    // Without randomness ids repeat, and nothing worse.
    getrandom::fill(&mut random).ok();
    let id = format!("req_{}", everlog_core::hex::Hex(&random));
    request.extensions_mut().insert(RequestId(id.clone()));
    let value = HeaderValue::from_str(&id).ok();
    // A caller's own value would let two requests have one id; pages that tell the id read it from here.
    request.headers_mut().remove(REQUEST_ID);
    request.headers_mut().extend(value.clone().map(|value| (HeaderName::from_static(REQUEST_ID), value)));
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    response.headers_mut().extend(value.map(|value| (HeaderName::from_static(REQUEST_ID), value)));
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| unshaped(&response));
    let refusal = response.extensions_mut().remove::<Refusal>();
    let refusal = refusal.or_else(|| {
        let problem = problem.as_ref()?;
        signing::refusal_at(&path, problem.status, &problem.detail)
    });
    if let Some(refusal) = refusal {
        return refused(response, "application/json", refusal.to_bytes(&id));
    }
    let Some(problem) = problem else { return response };
    let body = Identified { r#type: "about:blank", problem: &problem, request_id: &id };
    refused(response, "application/problem+json", serde_json::to_vec(&body).unwrap_or_default())
}

/// The answer with the body of a refusal.
fn refused(mut response: Response, kind: &'static str, body: Vec<u8>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    response
}

/// A refusal made outside our handlers has plain text: it is told in our words.
fn unshaped(response: &Response) -> Option<Problem> {
    let status = response.status();
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_ours = kind.starts_with("text/html") || kind.contains("json");
    if !(status.is_client_error() || status.is_server_error()) || is_ours {
        return None;
    }
    Some(match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "body_too_large", "the body is larger than is taken here")
        }
        StatusCode::REQUEST_TIMEOUT => {
            Problem::new(status, "timeout", "the request stood still for too long")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(status, "unsupported_media_type", "this content type or encoding is not taken here")
        }
        status if status.is_server_error() => Problem::new(status, "internal", "something went wrong here"),
        status => Problem::new(status, "bad_request", "the request cannot be understood"),
    })
}

/// One line and one count a request.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;
    let spent = started.elapsed();
    let status = response.status().as_u16();
    app.requests.count(&method, &route, status, spent);
    let duration_ms = spent.as_micros() as f64 / 1000.0;
    tracing::info!(request.id = id, http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
    response
}
