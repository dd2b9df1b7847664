//! `/v1/organizations/{org}/viewer-sessions`: a link for one person to one log, for a while. Deliberately absent: the page
//! behind it (`viewer`).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::{Access, Caller, NewSession, Right, RoleFault, SESSION_SECONDS, User};
use crate::app::App;
use crate::http::body::Json;
use crate::http::extract::{Holder, InOrg, Origin, blocking, open};
use crate::http::keys::fault;
use crate::http::organizations::check_zone;
use crate::http::problem::Problem;
use crate::log::now_ms;
use crate::read::iso;

/// Longest text about the reader, in bytes: all of it must fit into the event that records the session.
const TEXT_BYTES_MAX: usize = 1_024;

/// A viewer session to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRequest {
    /// Who will read: the id is the one that events carry as `actor.id`.
    user: User,
    /// One of the profile's roles.
    role: String,
    /// 60 to 86,400; 900 when absent.
    ttl_seconds: Option<u64>,
    /// The reader's zone; the organization's when absent.
    time_zone: Option<String>,
    /// The reader's language.
    locale: Option<String>,
}

/// Make a viewer session.
///
/// `url` opens the log in a browser, once; `token` is for embedding and for calls of the API with the session's rights.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/viewer-sessions", tag = "administration", request_body = SessionRequest,
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 201, description = "`{token, url, expires_at}`"), (status = 403, body = Problem, description = "The role may not see the log"), (status = 422, body = Problem))
)]
pub(super) async fn create_session(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    headers: HeaderMap,
    Json(request): Json<SessionRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let base = app.server.reached_at(&headers);
    let org = open(&app, &caller, id, Right::Read).await?;
    if matches!(caller, Caller::Session(_)) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "a viewer session makes no sessions"));
    }
    let new = check(request)?;
    Access::check_role(&org, &new.role).map_err(|why| match why {
        RoleFault::Unknown => fault("/role", "a role that the organization's profile knows"),
        RoleFault::Excluded => Problem::new(StatusCode::FORBIDDEN, "role_excluded", why.to_string()),
    })?;
    let issued = json!({
        "action": "session.issued",
        "actor": match &caller { Caller::Key(key) => json!({"type": "api_key", "id": key.id, "name": key.name}), _ => json!({"type": "system"}) },
        "targets": [{"type": "user", "id": new.user.id, "name": new.user.name}],
        "metadata": {"role": new.role, "ttl_seconds": new.ttl_seconds},
    });
    app.log.append_own(org.entry(), &origin.source(&caller), issued).await?;
    blocking(move || {
        let now = now_ms();
        let (token, _, code) = app.access.create_session(&org, &new, now)?;
        let url = format!("{base}/view/{}?code={}", org.entry().row.id, code.as_str());
        let expires_at = iso(now + new.ttl_seconds * 1000);
        let made = json!({"token": token.as_str(), "url": url, "expires_at": expires_at});
        Ok((StatusCode::CREATED, axum::Json(made)))
    })
    .await
}

fn check(request: SessionRequest) -> Result<NewSession, Problem> {
    let (min, max, default) = SESSION_SECONDS;
    let ttl_seconds = request.ttl_seconds.unwrap_or(default);
    if !(min..=max).contains(&ttl_seconds) {
        return Err(fault("/ttl_seconds", &format!("a number from {min} to {max}")));
    }
    if request.user.id.is_empty() {
        return Err(fault("/user/id", "an id that is not empty"));
    }
    if request.role.is_empty() {
        return Err(fault("/role", "a role that is not empty"));
    }
    let texts = [
        ("/role", Some(&request.role)),
        ("/user/id", Some(&request.user.id)),
        ("/user/name", request.user.name.as_ref()),
        ("/user/email", request.user.email.as_ref()),
        ("/locale", request.locale.as_ref()),
    ];
    for (pointer, text) in texts {
        if text.is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(fault(pointer, &format!("at most {TEXT_BYTES_MAX} bytes")));
        }
    }
    if let Some(zone) = &request.time_zone {
        check_zone("/time_zone", zone)?;
    }
    Ok(NewSession {
        user: request.user,
        role: request.role,
        time_zone: request.time_zone,
        locale: request.locale,
        ttl_seconds,
        reusable: false,
    })
}

/// End the viewer session whose token this is.
#[utoipa::path(
    delete, path = "/v1/organizations/{org}/viewer-sessions", tag = "administration",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 204, description = "The token no longer works"), (status = 403, body = Problem))
)]
pub(super) async fn end_session(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
) -> Result<StatusCode, Problem> {
    open(&app, &caller, id, Right::Read).await?;
    let Caller::Session(session) = &caller else {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "only a session ends itself"));
    };
    let (org, session_id) = (Access::organization_of(session), session.id.clone());
    blocking(move || {
        app.access.revoke(Some(org), &session_id, now_ms())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
