//! `/v1/organizations`: made, read and changed. Deliberately absent: deleting; a log is kept for ever.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use everlog_core::event::FieldError;
use everlog_core::ids::OrgId;
use everlog_core::profile::OverrideFault;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::access::{Caller, Right};
use crate::app::{App, NewOrganization, OrganizationError};
use crate::directory::{DirectoryError, Entry, PROFILE_OVERRIDES};
use crate::http::body::{self, Json};
use crate::http::extract::{Holder, InOrg, Origin, blocking, open};
use crate::http::keys::{fault, operator};
use crate::http::problem::Problem;
use crate::read::iso;
use crate::settings::Settings;
use crate::store::OrganizationRow;

/// What an id looks like.
const ORG_ID_FORM: &str = "1 to 63 characters of a-z, 0-9, _ and -, of which the first is a letter or digit";
/// Longest name of an organization, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Most catalogs of one organization: each is held in memory once more for it.
const CATALOGS_MAX: usize = 20;

/// How deep a change of the settings is merged: a setting, and the members of one that is an object.
const MERGE_DEPTH: u32 = 2;

/// An organization to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationRequest {
    /// `[a-z0-9][a-z0-9_-]{0,62}`, for ever.
    id: String,
    /// The name people know it by.
    name: String,
    /// documents, workspace, signing or platform.
    profile: String,
    /// The shipped catalogs it uses; the profile's when absent.
    #[serde(default)]
    catalogs: Vec<String>,
    /// The IANA name of its zone; UTC when absent.
    time_zone: Option<String>,
    /// Its settings.
    #[serde(default)]
    settings: Settings,
}

/// What changes of an organization; absent members stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationChange {
    /// Its new name.
    name: Option<String>,
    /// Its new profile.
    profile: Option<String>,
    /// Its new catalogs.
    catalogs: Option<Vec<String>>,
    /// Its new zone.
    time_zone: Option<String>,
    /// Settings to be merged in (RFC 7396): a null takes one away.
    settings: Option<serde_json::Map<String, Value>>,
}

/// Make an organization.
#[utoipa::path(
    post, path = "/v1/organizations", tag = "administration", request_body = OrganizationRequest,
    responses((status = 201, description = "The organization"), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create_organization(
    State(app): State<App>,
    Holder(caller): Holder,
    Json(request): Json<OrganizationRequest>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    operator(&caller)?;
    let id = OrgId::try_from(request.id).map_err(|_| fault("/id", ORG_ID_FORM))?;
    check_name(&request.name)?;
    check_catalogs(&request.catalogs)?;
    check_settings(&request.settings)?;
    let new = NewOrganization {
        id,
        name: request.name,
        profile: request.profile,
        catalogs: request.catalogs,
        time_zone: request.time_zone.unwrap_or_else(|| "UTC".to_owned()),
        settings: request.settings,
    };
    blocking(move || {
        let made = app.create_organization(new).map_err(refused)?;
        Ok((StatusCode::CREATED, axum::Json(shown(&app, &made)?)))
    })
    .await
}

/// List the organizations of this installation.
#[utoipa::path(
    get, path = "/v1/organizations", tag = "administration",
    responses((status = 200, description = "`{data: […]}`"), (status = 403, body = Problem))
)]
pub(super) async fn list_organizations(
    State(app): State<App>,
    Holder(caller): Holder,
) -> Result<axum::Json<Value>, Problem> {
    operator(&caller)?;
    blocking(move || {
        let entries = app.directory.all().map_err(|why| Problem::internal(&why))?;
        let data: Result<Vec<Value>, Problem> = entries.iter().map(|entry| shown(&app, entry)).collect();
        Ok(axum::Json(json!({"data": data?})))
    })
    .await
}

/// Read an organization.
#[utoipa::path(
    get, path = "/v1/organizations/{org}", tag = "administration",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "The organization"), (status = 404, body = Problem))
)]
pub(super) async fn read_organization(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
) -> Result<axum::Json<Value>, Problem> {
    blocking(move || {
        let org = match &caller {
            Caller::Operator => app.access.administer(&caller, &id)?,
            _ => app.access.open(&caller, &id, Right::Read)?,
        };
        if matches!(caller, Caller::Session(_)) {
            // A session learns what its page shows: the size would tell how much is hidden, settings hold secrets.
            let row = &org.entry().row;
            return Ok(axum::Json(
                json!({"id": row.id, "name": row.name, "profile": row.profile, "time_zone": row.time_zone}),
            ));
        }
        Ok(axum::Json(shown(&app, org.entry())?))
    })
    .await
}

/// Change an organization.
///
/// A change of its settings is recorded in its log.
#[utoipa::path(
    patch, path = "/v1/organizations/{org}", tag = "administration", request_body = OrganizationChange,
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "The organization as it is now"), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn update_organization(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    Json(change): Json<OrganizationChange>,
) -> Result<axum::Json<Value>, Problem> {
    // A sender that goes away does not stop a change between its record and its act.
    let done = tokio::spawn(change_organization(app, caller, id, origin, change));
    done.await.unwrap_or_else(|why| Err(Problem::internal(&why)))
}

/// Reads what is, records what will be, and makes it so: one change at a time, so that none undoes another.
async fn change_organization(
    app: App,
    caller: Caller,
    id: OrgId,
    origin: Origin,
    change: OrganizationChange,
) -> Result<axum::Json<Value>, Problem> {
    let _turn = app.changes.lock().await;
    let held = {
        let (app, caller) = (app.clone(), caller.clone());
        blocking(move || Ok(app.access.administer(&caller, &id)?)).await?
    };
    let before = &held.entry().row;
    let row = changed(before.clone(), change)?;
    let event = change_event(before, &row, &caller);
    {
        let (app, row) = (app.clone(), row.clone());
        blocking(move || app.check_organization(&row).map_err(|why| refused(why.into()))).await?;
    }
    // What cannot be recorded must not be done.
    if let Some(event) = event {
        app.log.append_own(held.entry(), &origin.source(&caller), event).await?;
    }
    let app = app.clone();
    blocking(move || {
        let entry = app.update_organization(&row).map_err(|why| refused(why.into()))?;
        Ok(axum::Json(shown(&app, &entry)?))
    })
    .await
}

/// The row as the change would have it, where its members make sense by themselves.
fn changed(mut row: OrganizationRow, change: OrganizationChange) -> Result<OrganizationRow, Problem> {
    if let Some(name) = change.name {
        check_name(&name)?;
        row.name = name;
    }
    if let Some(catalogs) = change.catalogs {
        check_catalogs(&catalogs)?;
        row.catalogs = catalogs;
    }
    row.profile = change.profile.unwrap_or(row.profile);
    row.time_zone = change.time_zone.unwrap_or(row.time_zone);
    merge(&mut row.settings, change.settings.unwrap_or_default(), MERGE_DEPTH);
    let settings = Settings::from_map(&row.settings)
        .map_err(|why| Problem::invalid(vec![body::fault("/settings".to_owned(), &why.to_string())]))?;
    check_settings(&settings)?;
    Ok(row)
}

/// Merges a change into what is there (RFC 7396): a null takes a member away, an object changes the members it names.
/// What holds nothing any more goes, so that absent and empty are one.
fn merge(into: &mut Map<String, Value>, change: Map<String, Value>, depth: u32) {
    for (name, value) in change {
        match (value, into.get_mut(&name)) {
            (Value::Null, _) => {
                into.remove(&name);
            }
            (Value::Object(change), Some(Value::Object(inner))) if depth > 1 => {
                merge(inner, change, depth - 1);
                if inner.is_empty() {
                    into.remove(&name);
                }
            }
            (Value::Object(mut new), _) if depth > 1 => {
                new.retain(|_, value| !value.is_null());
                into.insert(name, Value::Object(new));
            }
            (value, _) => {
                into.insert(name, value);
            }
        }
    }
}

/// The event that records a change; secrets are named, never told.
fn change_event(before: &OrganizationRow, after: &OrganizationRow, caller: &Caller) -> Option<Value> {
    let told = |row: &OrganizationRow| {
        let mut told = without_secrets(row);
        told.insert("name".to_owned(), json!(row.name));
        told.insert("profile".to_owned(), json!(row.profile));
        told.insert("catalogs".to_owned(), json!(row.catalogs));
        told.insert("time_zone".to_owned(), json!(row.time_zone));
        told
    };
    if before == after {
        return None;
    }
    let names = |row: &OrganizationRow| told(row).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    // Secrets differ where they are kept, and nowhere that is told.
    let differs = |name: &String| {
        told(before).get(name) != told(after).get(name)
            || before.settings.get(name) != after.settings.get(name)
    };
    let changed: Vec<_> = names(before).union(&names(after)).filter(|name| differs(name)).cloned().collect();
    let actor = match caller {
        Caller::Key(key) => json!({"type": "api_key", "id": key.id, "name": key.name}),
        _ => json!({"type": "system", "name": "Operator"}),
    };
    Some(json!({
        "action": "settings.updated", "actor": actor, "before": told(before), "after": told(after),
        "targets": [{"type": "organization", "id": after.id, "name": after.name}],
        "metadata": {"changed": changed},
    }))
}

/// Read the profile in force.
///
/// The organization's profile with what its setting `profile_overrides` has otherwise.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/profile", tag = "administration",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "Columns, filters, presets, roles"), (status = 404, body = Problem))
)]
pub(super) async fn read_profile(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
) -> Result<axum::Json<Value>, Problem> {
    let org = open(&app, &caller, id, Right::Read).await?;
    Ok(axum::Json(json!(*org.entry().profile)))
}

/// The settings as they may be told: secrets are named only.
fn without_secrets(row: &OrganizationRow) -> Map<String, Value> {
    let mut settings = row.settings.clone();
    if let Some(keys) = settings.get_mut("receipt_keys").and_then(Value::as_object_mut) {
        keys.values_mut().for_each(|secret| *secret = json!("(secret)"));
    }
    settings
}

fn shown(app: &App, entry: &Entry) -> Result<Value, Problem> {
    let row = &entry.row;
    let settings = without_secrets(row);
    Ok(json!({
        "id": row.id, "name": row.name, "profile": row.profile,
        "catalogs": if row.catalogs.is_empty() { &entry.profile.catalogs } else { &row.catalogs },
        "time_zone": row.time_zone, "settings": settings, "created_at": iso(row.created_ms),
        "log_id": row.log_id.to_string(), "origin": format!("{}/log/{}", row.log_host, row.log_id),
        "size": app.store.head(row.code)?.size,
    }))
}

fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.trim().chars().count());
    let is_plain = !name.contains(char::is_control);
    let expected = "a name of 1 to 200 characters without control characters";
    if fits && is_plain { Ok(()) } else { Err(fault("/name", expected)) }
}

fn check_catalogs(catalogs: &[String]) -> Result<(), Problem> {
    let is_repeated = (1..catalogs.len().min(CATALOGS_MAX)).any(|at| catalogs[..at].contains(&catalogs[at]));
    if catalogs.len() > CATALOGS_MAX || is_repeated {
        return Err(fault("/catalogs", &format!("at most {CATALOGS_MAX} catalogs, each once")));
    }
    Ok(())
}

fn check_settings(settings: &Settings) -> Result<(), Problem> {
    let faults = settings.faults();
    if faults.is_empty() {
        return Ok(());
    }
    let errors = faults.into_iter().map(|(name, why)| FieldError {
        pointer: if name.is_empty() { "/settings".to_owned() } else { format!("/settings/{name}") },
        code: "invalid_value",
        message: why,
    });
    Err(Problem::invalid(errors.collect()))
}

fn refused(error: OrganizationError) -> Problem {
    match error {
        OrganizationError::Exists => Problem::new(StatusCode::CONFLICT, "id_conflict", error.to_string()),
        OrganizationError::Directory(DirectoryError::Store(why)) => Problem::from(why),
        OrganizationError::Directory(DirectoryError::Overrides { faults, .. }) => {
            let error = |fault: OverrideFault| FieldError {
                pointer: format!("/settings/{PROFILE_OVERRIDES}{}", fault.pointer),
                code: "invalid_value",
                message: fault.message,
            };
            Problem::invalid(faults.into_iter().map(error).collect())
        }
        OrganizationError::Directory(DirectoryError::Unknown { what, .. }) => {
            let place = ["/profile", "/time_zone", "/catalogs"];
            let pointer = place
                .into_iter()
                .find(|it| what.contains(&it[1..].replace('_', " ").replace("catalogs", "catalog")));
            let message = format!("{what} is not known here");
            Problem::invalid(vec![FieldError {
                pointer: pointer.unwrap_or_default().to_owned(),
                code: "invalid_value",
                message,
            }])
        }
    }
}

/// Whether the name of a zone is known.
pub(super) fn check_zone(pointer: &str, name: &str) -> Result<(), Problem> {
    TimeZone::get(name)
        .map(|_| ())
        .map_err(|_| fault(pointer, "the name of a time zone, such as Europe/Berlin"))
}
