//! `/v1/organizations/{org}/keys` and `/v1/keys`: keys made, listed and taken back. Deliberately absent: checking them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use everlog_core::event::FieldError;
use everlog_core::ids::OrgId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::{Caller, NewKey, Organization, Right};
use crate::app::App;
use crate::http::body::Json;
use crate::http::extract::{Holder, InOrg, blocking};
use crate::http::problem::Problem;
use crate::log::now_ms;
use crate::read::iso;
use crate::store::Credential;

/// Longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Most organizations that a vendor's key names one by one: each request with it looks through them.
const ORGANIZATIONS_MAX: usize = 1_000;

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRequest {
    /// What people call it.
    name: String,
    /// What it may do.
    scopes: Vec<Right>,
    /// When it stops working, RFC 3339; never when absent.
    expires_at: Option<String>,
}

/// A vendor's key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorKeyRequest {
    /// What people call it.
    name: String,
    /// What it may do.
    scopes: Vec<Right>,
    /// For which organizations: `*`, or their ids.
    organizations: Organizations,
    /// When it stops working, RFC 3339; never when absent.
    expires_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Organizations {
    Every(String),
    Some(Vec<String>),
}

/// Make a key of an organization.
///
/// The key is shown once; only its hash is kept.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/keys", tag = "administration", request_body = KeyRequest,
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 201, description = "`{id, key, name, scopes, …}`"), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create_key(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    Json(request): Json<KeyRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let new = NewKey { name: request.name, scopes: request.scopes, organizations: None };
    let expires_ms = check(&new, request.expires_at.as_deref())?;
    blocking(move || {
        let org = app.access.administer(&caller, &id)?;
        make(&app, Some(&org), &new, expires_ms)
    })
    .await
}

/// Make a vendor's key.
///
/// For the operator: one key for several organizations, or for all.
#[utoipa::path(
    post, path = "/v1/keys", tag = "administration", request_body = VendorKeyRequest,
    responses((status = 201, description = "`{id, key, name, scopes, organizations, …}`"), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create_vendor_key(
    State(app): State<App>,
    Holder(caller): Holder,
    Json(request): Json<VendorKeyRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    operator(&caller)?;
    let organizations = match request.organizations {
        Organizations::Every(star) if star == "*" => vec![star],
        Organizations::Some(ids)
            if (1..=ORGANIZATIONS_MAX).contains(&ids.len())
                && ids.iter().all(|id| OrgId::try_from(id.as_str()).is_ok()) =>
        {
            ids
        }
        _ => {
            let expected = format!("\"*\", or an array of 1 to {ORGANIZATIONS_MAX} ids of organizations");
            return Err(fault("/organizations", &expected));
        }
    };
    let new = NewKey { name: request.name, scopes: request.scopes, organizations: Some(organizations) };
    let expires_ms = check(&new, request.expires_at.as_deref())?;
    blocking(move || {
        let ids = new.organizations.iter().flatten().filter(|id| *id != "*");
        for id in ids.flat_map(|id| OrgId::try_from(id.as_str())) {
            // A key for a name that somebody takes later would open what it was not made for.
            if app.directory.find(&id).map_err(|why| Problem::internal(&why))?.is_none() {
                return Err(fault(
                    "/organizations",
                    &format!("ids of organizations that are there; {id} is not"),
                ));
            }
        }
        make(&app, None, &new, expires_ms)
    })
    .await
}

fn make(
    app: &App,
    org: Option<&Organization>,
    new: &NewKey,
    expires_ms: Option<u64>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let now = now_ms();
    let (secret, id) = app.access.create_key(org, new, now, expires_ms)?;
    let mut shown = shown(&id, &json!(new), now, expires_ms, None);
    shown["key"] = json!(secret.as_str());
    Ok((StatusCode::CREATED, axum::Json(shown)))
}

/// List the keys of an organization.
///
/// Without the keys themselves: they are shown once, when they are made.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/keys", tag = "administration",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "`{data: [{id, name, scopes, created_at, expires_at, revoked_at}]}`"), (status = 403, body = Problem))
)]
pub(super) async fn list_keys(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
) -> Result<axum::Json<Value>, Problem> {
    blocking(move || {
        let org = app.access.administer(&caller, &id)?;
        Ok(list(&app.access.keys(Some(&org))?))
    })
    .await
}

/// List the keys of vendors.
#[utoipa::path(
    get, path = "/v1/keys", tag = "administration",
    responses((status = 200, description = "`{data: […]}`"), (status = 403, body = Problem))
)]
pub(super) async fn list_vendor_keys(
    State(app): State<App>,
    Holder(caller): Holder,
) -> Result<axum::Json<Value>, Problem> {
    operator(&caller)?;
    blocking(move || Ok(list(&app.access.keys(None)?))).await
}

/// Take a key back.
///
/// From the next request on it no longer works.
#[utoipa::path(
    delete, path = "/v1/organizations/{org}/keys/{id}", tag = "administration",
    params(("org" = String, Path, description = "The organization's id"), ("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It no longer works"), (status = 404, body = Problem))
)]
pub(super) async fn revoke_key(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    Path((_, key_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        let org = app.access.administer(&caller, &id)?;
        revoked(app.access.revoke_key(&org, &key_id, now_ms())?)
    })
    .await
}

/// Take a vendor's key back.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "administration", params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It no longer works"), (status = 404, body = Problem))
)]
pub(super) async fn revoke_vendor_key(
    State(app): State<App>,
    Holder(caller): Holder,
    Path(key_id): Path<String>,
) -> Result<StatusCode, Problem> {
    operator(&caller)?;
    blocking(move || revoked(app.access.revoke(None, &key_id, now_ms())?)).await
}

fn revoked(done: bool) -> Result<StatusCode, Problem> {
    if done { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("key")) }
}

fn list(keys: &[Credential]) -> axum::Json<Value> {
    let data: Vec<Value> = keys
        .iter()
        .map(|key| shown(&key.id, &key.grant, key.created_ms, key.expires_ms, key.revoked_ms))
        .collect();
    axum::Json(json!({"data": data}))
}

fn shown(
    id: &str,
    grant: &Value,
    created_ms: u64,
    expires_ms: Option<u64>,
    revoked_ms: Option<u64>,
) -> Value {
    let mut shown = json!({
        "id": id, "name": grant["name"], "scopes": grant["scopes"], "created_at": iso(created_ms),
        "expires_at": expires_ms.map(iso), "revoked_at": revoked_ms.map(iso),
    });
    if let Some(organizations) = grant.get("organizations") {
        shown["organizations"] = organizations.clone();
    }
    shown
}

fn check(new: &NewKey, expires_at: Option<&str>) -> Result<Option<u64>, Problem> {
    if !(1..=NAME_CHARS_MAX).contains(&new.name.trim().chars().count()) {
        return Err(fault("/name", "a name of 1 to 200 characters"));
    }
    if new.scopes.is_empty() {
        return Err(fault("/scopes", "at least one of write, read, admin"));
    }
    if (1..new.scopes.len()).any(|at| new.scopes[..at].contains(&new.scopes[at])) {
        return Err(fault("/scopes", "each scope once"));
    }
    let Some(text) = expires_at else { return Ok(None) };
    let time: Option<Timestamp> = text.parse().ok();
    let ms = time.and_then(|time| u64::try_from(time.as_millisecond()).ok()).filter(|ms| *ms > now_ms());
    ms.map(Some).ok_or_else(|| fault("/expires_at", "a time in the future, as RFC 3339 writes it"))
}

pub(super) fn fault(pointer: &str, expected: &str) -> Problem {
    let message = format!("expected {expected}");
    Problem::invalid(vec![FieldError { pointer: pointer.to_owned(), code: "invalid_value", message }])
}

/// Who acts by a key, as an actor.
pub(super) fn actor(caller: &Caller) -> Value {
    match caller {
        Caller::Key(key) => json!({"type": "api_key", "id": key.id, "name": key.name}),
        _ => json!({"type": "system", "name": "Operator"}),
    }
}

/// Only for who runs the installation.
pub(super) fn operator(caller: &Caller) -> Result<(), Problem> {
    match caller {
        Caller::Operator => Ok(()),
        _ => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "this needs the operator's key")),
    }
}
