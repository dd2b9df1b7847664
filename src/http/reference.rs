//! `/openapi.json` and `/docs`: the API described from the code itself, readable without internet. Deliberately absent:
//! anything written twice; whatever stands here comes from the handlers.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response as Described, SecurityRequirement};
use utoipa::{IntoParams, Modify, ToSchema};

use crate::app::App;
use crate::http::problem::Problem;

/// The status that stands for all that are not named.
const DEFAULT: &str = "default";
/// The content type of refusals.
const PROBLEM: &str = "application/problem+json";

/// The parameters of a query.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they describe; `core::query` reads")]
pub(super) struct QueryParameters {
    /// From this time on: RFC 3339, or a date in `tz`.
    from: Option<String>,
    /// Before this time; a bare date includes that day.
    to: Option<String>,
    /// today, yesterday, this_week, last_7_days, last_30_days, this_month, last_month, older, all.
    range: Option<String>,
    /// The zone of dates and ranges.
    tz: Option<String>,
    /// Ids or e-mails of actors; repeatable.
    actor: Option<Vec<String>>,
    /// Categories; repeatable.
    category: Option<Vec<String>>,
    /// Actions, or `user.*`; repeatable.
    action: Option<Vec<String>>,
    /// created, updated, deleted, transferred, other; repeatable.
    kind: Option<Vec<String>>,
    /// success, failure, denied; repeatable.
    outcome: Option<Vec<String>>,
    /// Types of targets; repeatable.
    target_type: Option<Vec<String>>,
    /// Addresses; repeatable.
    ip: Option<Vec<String>>,
    /// Processes; repeatable.
    process: Option<Vec<String>>,
    /// `name:value` of any parameter from `actor` to `process`: without these; repeatable.
    not: Option<Vec<String>>,
    /// Free text: words and pieces of words, "phrases", field:value, -without.
    q: Option<String>,
    /// Only what the log held at this size.
    size: Option<u64>,
}

/// The parameter of a query that names its record; a history has it in its path.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they describe; `core::query` reads")]
pub(super) struct TargetParameter {
    /// `type:id`; repeatable.
    target: Option<Vec<String>>,
}

/// What makes an answer a stream.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "they describe; `live` reads")]
pub(super) struct StreamParameters {
    /// `text/event-stream` for what is recorded from now on.
    #[param(rename = "Accept")]
    accept: Option<String>,
    /// Of a stream: the id of the last message that was seen; it goes on behind it.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<String>,
}

/// A file that is no text.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes")]
pub(super) struct Binary(Vec<u8>);

/// The order of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes; `read` reads")]
pub(super) struct SortParameter {
    /// -time (default), time, and either way action, category, kind, actor, ip.
    sort: Option<String>,
}

/// The parameters of a list of processes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they describe; `read` reads")]
pub(super) struct ProcessParameters {
    /// all, completed, active, inactive, draft, canceled, expired; repeatable.
    status: Option<Vec<String>>,
    /// The e-mail address of who started it, in any case.
    user: Option<String>,
    /// By what kind of flow, in any case.
    flow_type: Option<String>,
    /// What it was made from.
    flow_key: Option<String>,
    /// Its key.
    process: Option<String>,
    /// Pieces of its key, of names, and of what signees are found by.
    q: Option<String>,
    /// Something happened from this time on: RFC 3339, or a date in `tz`.
    from: Option<String>,
    /// Something happened before this time; a bare date includes that day.
    to: Option<String>,
    /// today, yesterday, this_week, last_7_days, last_30_days, this_month, last_month, older, all.
    range: Option<String>,
    /// The zone of dates and ranges.
    tz: Option<String>,
}

/// The order of a list of processes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes; `read` reads")]
pub(super) struct ProcessSortParameter {
    /// -created (default), created, and either way name, status, started, activity.
    sort: Option<String>,
}

/// What chooses a page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they describe; `read` reads")]
pub(super) struct PageParameters {
    /// 1 to 1,000; 100 by default.
    limit: Option<u32>,
    /// The `next` or `previous` of an earlier page.
    cursor: Option<String>,
    /// How many to leave out, instead of a cursor.
    skip: Option<u64>,
}

/// The credentials, and where they are needed.
pub(super) struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key (evl_sk_…), a viewer session's token (evl_vs_…), or the operator's key"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("The organization's id and a key"))
            .build();
        components.add_security_scheme("basic", SecurityScheme::Http(basic));
        document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("bearer", [])]);
    }
}

/// Completes every operation with what all of them share: a refusal is a problem document, whatever its status.
pub(super) fn complete(document: &mut OpenApi) {
    // What the router calls the rest of a path is a parameter like any other here.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    let problem = || {
        let schema = Ref::from_schema_name(Problem::name());
        ContentBuilder::new().schema(Some(schema)).build()
    };
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            // What refuses in another form says so itself.
            if responses.contains_key(DEFAULT) {
                continue;
            }
            let any = Described::new("Any other refusal");
            responses.insert(DEFAULT.to_owned(), RefOr::T(any));
            let is_refusal = |status: &str| status == DEFAULT || status.starts_with(['4', '5']);
            for (status, response) in responses.iter_mut() {
                let RefOr::T(response) = response else { continue };
                if response.description.is_empty() {
                    response.description = told(status).to_owned();
                }
                if is_refusal(status) {
                    response.content = [(PROBLEM.to_owned(), RefOr::T(problem()))].into_iter().collect();
                }
            }
        }
    }
}

/// What a status means wherever a handler says nothing of its own: a description is required (OpenAPI 3.1).
fn told(status: &str) -> &'static str {
    match status {
        "400" => "A parameter or the body cannot be understood; `errors` says where",
        "401" => "No credential, or none that works",
        "403" => "The credential works, but not for this",
        "404" => "There is no such thing, or it is not the caller's to see",
        "409" => "It contradicts what is there",
        "422" => "A member is at fault; `errors` says which",
        "429" => "Too much at once; `Retry-After` says when to try again",
        "503" => "Not possible now; `Retry-After` says when to try again",
        _ => "The answer",
    }
}

/// One operation, as the page shows it.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<[String; 3]>,
    body: Vec<[String; 3]>,
    responses: Vec<[String; 2]>,
}

#[derive(Template)]
#[template(path = "reference.html")]
struct Page {
    groups: Vec<(String, String, Vec<Operation>)>,
    limits: Vec<(&'static str, String)>,
}

/// The routes of the document and the page, made once.
pub(super) fn routes(document: &OpenApi) -> Router<App> {
    let document = serde_json::to_value(document).unwrap_or_default();
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let page = Page { groups: groups(&document), limits: limits() }.render().unwrap_or_default();
    let json = move |State(_): State<App>| async move {
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    let html = move |State(_): State<App>| async move { page_response(page) };
    let css = || async { ([(header::CONTENT_TYPE, "text/css")], include_str!("../../assets/docs.css")) };
    Router::new().route("/openapi.json", get(json)).route("/docs", get(html)).route("/docs.css", get(css))
}

fn page_response(page: String) -> Response {
    let mut response = Html(page).into_response();
    let policy =
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

fn groups(document: &Value) -> Vec<(String, String, Vec<Operation>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut groups: Vec<(String, String, Vec<Operation>)> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| (text(&tag["name"]), text(&tag["description"]), Vec::new()))
        .collect();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = text(&operation["tags"][0]);
            if let Some((_, _, operations)) = groups.iter_mut().find(|(name, _, _)| *name == tag) {
                operations.push(described(document, path, method, operation));
            }
        }
    }
    groups
}

/// Text as HTML, with what stands between backticks as code.
fn marked(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (at, piece) in text.split('`').enumerate() {
        let escaped = piece.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        if at % 2 == 1 {
            html.push_str(&format!("<code>{escaped}</code>"));
        } else {
            html.push_str(&escaped);
        }
    }
    html
}

fn described(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |value: &Value| marked(value.as_str().unwrap_or_default());
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters =
        parameters.map(|it| [text(&it["name"]), text(&it["in"]), told(&it["description"])]).collect();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = text(&schema["$ref"]).rsplit('/').next().unwrap_or_default().to_owned();
    let schema = &document["components"]["schemas"][&name];
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    let members = schema["properties"].as_object().into_iter().flatten();
    let body = members
        .map(|(member, about)| {
            let need = if required.contains(member) { "required" } else { "" };
            [member.clone(), need.to_owned(), told(&about["description"])]
        })
        .collect();
    let responses =
        operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| *status != DEFAULT);
    let responses = responses.map(|(status, about)| [status.clone(), told(&about["description"])]).collect();
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: told(&operation["description"]),
        parameters,
        body,
        responses,
    }
}

/// The documented limits, from the constants themselves.
fn limits() -> Vec<(&'static str, String)> {
    use everlog_core::{event, json, leaf, query, search};
    vec![
        ("Canonical bytes of an event", leaf::EVENT_BYTES_MAX.to_string()),
        ("Fields of an event", leaf::FIELDS_MAX.to_string()),
        ("Depth of an event", json::DEPTH_MAX.to_string()),
        ("Bytes of a key", leaf::KEY_BYTES_MAX.to_string()),
        ("Bytes of a path", leaf::PATH_BYTES_MAX.to_string()),
        ("Characters of an id", event::EVENT_ID_CHARS_MAX.to_string()),
        ("Bytes of an action", event::ACTION_BYTES_MAX.to_string()),
        ("Bytes of a JSON body", super::JSON_BODY_BYTES_MAX.to_string()),
        ("Bytes of a delivery receipt", super::RECEIPT_BYTES_MAX.to_string()),
        ("Bytes of an NDJSON line", super::NDJSON_LINE_BYTES_MAX.to_string()),
        ("Events of an array", crate::log::BATCH_EVENTS_MAX.to_string()),
        ("Characters of a search", search::SEARCH_CHARS_MAX.to_string()),
        ("Terms of a search", search::SEARCH_TERMS_MAX.to_string()),
        ("Values of one filter", query::FILTER_VALUES_MAX.to_string()),
        ("Events of a page", query::LIMIT_MAX.to_string()),
        ("Values of a facet", crate::index::FACET_VALUES_MAX.to_string()),
        ("Seconds of a query", crate::read::QUERY_TIME_MAX.as_secs().to_string()),
        ("Seconds a body may stand still", super::BODY_IDLE_MAX.as_secs().to_string()),
        ("Bytes of a document", crate::app::documents::DOCUMENT_BYTES_MAX.to_string()),
        ("Seconds a document may take", super::DOCUMENT_BODY_TIME_MAX.as_secs().to_string()),
        ("Seconds a JSON body may take", super::JSON_BODY_TIME_MAX.as_secs().to_string()),
        ("Connections at once", super::CONNECTIONS_MAX.to_string()),
    ]
}
