//! `/v1/organizations/{org}/catalogs`: the organization's own words for its actions. Deliberately absent: the shipped
//! catalogs, which `PATCH /v1/organizations/{org}` chooses.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::catalog::{Catalog, CatalogError, Entry};
use everlog_core::event::FieldError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Caller, Organization, Right};
use crate::app::App;
use crate::app::catalogs::{CATALOG_BYTES_MAX, CatalogFault, NewCatalog, ReplaceError};
use crate::directory::DirectoryError;
use crate::http::body::{Json, incomplete, too_large};
use crate::http::extract::{Holder, InOrg, Origin, blocking, open};
use crate::http::problem::Problem;

/// The content type of a catalog as people write it.
const TOML: &str = "application/toml";

/// The content type of a catalog as programs send it.
const JSON: &str = "application/json";

/// A catalog as programs send it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogRequest {
    actions: BTreeMap<String, Entry>,
}

/// Read the catalogs in force.
///
/// `catalogs` are the shipped ones, in order; `actions` the organization's own entries, which come last and count. With
/// `Accept: application/toml` its own catalog as it was written.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/catalogs", tag = "administration",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "`{catalogs, actions: {key: entry}}`, or TOML"), (status = 404, body = Problem))
)]
pub(super) async fn read_catalogs(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let org = open(&app, &caller, id, Right::Read).await?;
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wants_toml = accepts.into_iter().any(|value| value.contains(TOML));
    blocking(move || {
        let toml = app.own_catalog(&org)?;
        let vary = (header::VARY, "Accept");
        if wants_toml {
            return Ok(([(header::CONTENT_TYPE, TOML), vary], toml).into_response());
        }
        Ok(([vary], axum::Json(shown(&org, &toml)?)).into_response())
    })
    .await
}

/// Replace the organization's own catalog.
///
/// As `{actions: {key: entry}}` in JSON, or as TOML. It is in force at once, also for what was recorded before, and may
/// override shipped entries. The change is recorded in the log.
#[utoipa::path(
    put, path = "/v1/organizations/{org}/catalogs", tag = "administration",
    request_body(description = "`{actions: {key: {label, category?, kind?, tone?, icon?, template?, …}}}`, or TOML", content(("application/json"), ("application/toml"))),
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, description = "The catalogs in force"), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn replace_catalog(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    request: Request,
) -> Result<axum::Json<Value>, Problem> {
    let org = {
        let (app, caller) = (app.clone(), caller.clone());
        blocking(move || Ok(app.access.administer(&caller, &id)?)).await?
    };
    let new = read_catalog(&app, request).await?;
    let actor = match &caller {
        Caller::Key(key) => json!({"type": "api_key", "id": key.id, "name": key.name}),
        _ => json!({"type": "system", "name": "Operator"}),
    };
    let source = origin.source(&caller);
    // A sender that goes away does not stop a change between its record and its act.
    let done = tokio::spawn(async move {
        app.replace_catalog(&org, &actor, &source, new).await.map_err(Problem::from)?;
        blocking(move || {
            let org = app.access.open_locally(&org.entry().row.id)?;
            Ok(axum::Json(shown(&org, &app.own_catalog(&org)?)?))
        })
        .await
    });
    done.await.unwrap_or_else(|why| Err(Problem::internal(&why)))
}

async fn read_catalog(app: &App, request: Request) -> Result<NewCatalog, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(TOML) {
        let bytes = to_bytes(request.into_body(), CATALOG_BYTES_MAX).await.map_err(|why| {
            let problem = incomplete(&why);
            if problem.status == StatusCode::PAYLOAD_TOO_LARGE {
                CatalogFault::TooLarge.into()
            } else {
                problem
            }
        })?;
        let not_utf8 = |_| Problem::new(StatusCode::BAD_REQUEST, "not_toml", "the catalog is not UTF-8");
        let toml = String::from_utf8(bytes.to_vec()).map_err(not_utf8)?;
        return Ok(NewCatalog::from_toml(toml)?);
    }
    if !(essence.is_empty() || essence.eq_ignore_ascii_case(JSON)) {
        let detail = format!("the content type is {JSON} or {TOML}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let Json(CatalogRequest { actions }) = Json::from_request(request, app).await?;
    Ok(NewCatalog::from_entries(actions)?)
}

fn shown(org: &Organization, toml: &str) -> Result<Value, Problem> {
    let own = Catalog::parse_kept("catalog", toml).map_err(|why| Problem::internal(&why))?;
    let row = &org.entry().row;
    let shipped = if row.catalogs.is_empty() { &org.entry().profile.catalogs } else { &row.catalogs };
    Ok(json!({"catalogs": shipped, "actions": own.entries()}))
}

impl From<CatalogFault> for Problem {
    fn from(fault: CatalogFault) -> Self {
        let (pointer, message) = match &fault {
            CatalogFault::Text(CatalogError(at)) => {
                (String::new(), format!("line {}, column {}: {}", at.line, at.column, at.message))
            }
            CatalogFault::Entry(at) => {
                let key = at.key.chars().take(60).collect::<String>().replace('~', "~0").replace('/', "~1");
                let parts = ["actions", &key, at.member];
                let named = parts.into_iter().filter(|part| !part.is_empty());
                (named.map(|part| format!("/{part}")).collect(), at.reason.clone())
            }
            CatalogFault::TooLarge => return too_large(fault.to_string()),
        };
        Self::invalid(vec![FieldError { pointer, code: "invalid_value", message }])
    }
}

impl From<ReplaceError> for Problem {
    fn from(error: ReplaceError) -> Self {
        match error {
            ReplaceError::Append(why) => Self::from(why),
            ReplaceError::Directory(DirectoryError::Store(why)) => Self::from(why),
            ReplaceError::Directory(why) => Self::internal(&why),
        }
    }
}
