//! `/v1/organizations/{org}/processes/{key}/notifications`: what was sent to whom, and what became of it. Deliberately
//! absent: sending; products and their providers do that.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::extract::{Asked, blocking};
use crate::http::problem::Problem;
use crate::read::Notification;

/// The process in the path.
pub(super) struct InProcess(String);

#[derive(Deserialize)]
struct ProcessPath {
    key: String,
}

impl FromRequestParts<App> for InProcess {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<ProcessPath>::from_request_parts(parts, app).await;
        path.map(|Path(ProcessPath { key })| Self(key)).map_err(|_| Problem::not_found("process"))
    }
}

/// Read the notifications of a process.
///
/// Every message to its people in the order of the log: invitations and reminders as they were sent, and what providers
/// report about them, over all channels. `status` is `sent` or the provider's own word.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/processes/{key}/notifications", tag = "processes",
    params(("org" = String, Path, description = "The organization's id"), ("key" = String, Path, description = "The process's key")),
    responses((status = 200, description = "`{data: [{event, action, occurred_at, message, channel, signee_key, signee_name, to, status, failed, severity, reason}]}`"), (status = 404, body = Problem))
)]
pub(super) async fn list_notifications(
    asked: Asked,
    process: InProcess,
) -> Result<axum::Json<Value>, Problem> {
    let InProcess(key) = process;
    if let Some((name, _)) = asked.params.first() {
        use everlog_core::query::{ParamError, ParamFault};
        return Err(ParamError::new(name, ParamFault::Unknown).into());
    }
    blocking(move || {
        let found = asked.app.reader.notifications(&asked.org, &key)?;
        let found = found.ok_or_else(|| Problem::not_found("process"))?;
        let data: Vec<Value> = found.iter().map(Notification::to_json).collect();
        Ok(axum::Json(json!({"data": data})))
    })
    .await
}
