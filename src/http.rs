//! The route table: every path of the API on one page, and what every answer has in common.
//!
//! Deliberately absent: what a handler does; each stands in the file that its URL names.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Extensions;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::compat::signing;
use crate::export::Format;
use crate::http::reference::Credentials;

mod body;
mod bundles;
mod catalogs;
mod checkpoint;
mod erasures;
mod events;
mod export;
mod extract;
mod feed;
mod intake;
mod keys;
mod layers;
mod live;
mod notifications;
mod operations;
mod organizations;
mod problem;
mod process_files;
mod processes;
mod proofs;
mod receipts;
mod reference;
mod remainder;
mod serve;
mod sessions;
mod streams;
mod targets;
mod tiles;
mod unread;

pub(crate) use erasures::shown as shown_erasures;
pub(crate) use intake::answer;
pub use problem::Problem;
pub use receipts::RECEIPT_BYTES_MAX;
pub use serve::{Serving, serve};

/// Largest JSON body, in bytes, as sent and as unpacked.
pub const JSON_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest line of an NDJSON body, in bytes: an event in canonical form has at most 262,144, and may be written wider.
pub const NDJSON_LINE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How long a body may stand still before the request is given up.
pub const BODY_IDLE_MAX: Duration = Duration::from_secs(30);
/// How long a JSON body may take as a whole: a byte now and then keeps no connection for ever.
pub const JSON_BODY_TIME_MAX: Duration = Duration::from_secs(300);
/// How long the body of a document may take as a whole: 25 MiB at a megabit a second, and some.
pub const DOCUMENT_BODY_TIME_MAX: Duration = Duration::from_secs(300);
/// How long the head of a request may take.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// How long an answer may wait for its reader before the connection is given up.
pub const UNREAD_MAX: Duration = Duration::from_secs(60);
/// Most connections at once.
pub const CONNECTIONS_MAX: usize = 20_000;

/// Marks an answer whose reader waits for each piece of it: compression would hold pieces back.
#[derive(Clone, Copy, Debug)]
struct AsItComes;

/// What the generated document says of the API as a whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Everlog",
        description = "The activity log and audit trail: record events, find them, prove them.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Credentials),
    tags(
        (name = "events", description = "Recording and finding what happened."),
        (name = "processes", description = "Signing processes: documents, their signees, and the rules on both."),
        (name = "evidence", description = "The signed head of a log, and proofs under it."),
        (name = "streams", description = "Events sent to somewhere else."),
        (name = "administration", description = "Organizations, keys and viewer sessions."),
        (name = "signing", description = "Signing processes, in the form of the signing activity API."),
        (name = "operations", description = "Health and metrics.")
    )
)]
struct Api;

/// Every route of the API with its place in the OpenAPI document.
fn api() -> OpenApiRouter<App> {
    let mut routes = routes();
    reference::complete(routes.get_openapi_mut());
    routes
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(organizations::create_organization, organizations::list_organizations))
        .routes(routes!(organizations::read_organization, organizations::update_organization))
        .routes(routes!(organizations::read_profile))
        .routes(routes!(catalogs::read_catalogs, catalogs::replace_catalog))
        .routes(routes!(keys::create_key, keys::list_keys))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(keys::create_vendor_key, keys::list_vendor_keys))
        .routes(routes!(keys::revoke_vendor_key))
        .routes(routes!(sessions::create_session, sessions::end_session))
        .routes(routes!(events::record_events, events::list_events))
        .routes(routes!(events::total_events))
        .routes(routes!(events::facet_events))
        .routes(routes!(events::histogram_events))
        .routes(routes!(events::read_event))
        .routes(routes!(bundles::read_bundle))
        .routes(routes!(targets::read_target))
        .routes(routes!(processes::create_process, processes::list_processes))
        .routes(routes!(processes::total_processes))
        .routes(routes!(processes::read_process))
        .routes(routes!(processes::record_process_events))
        .routes(routes!(process_files::attach_document, process_files::read_document))
        .routes(routes!(process_files::read_final))
        .routes(routes!(process_files::read_trail_json))
        .routes(routes!(process_files::read_trail_html))
        .routes(routes!(process_files::read_trail_pdf))
        .routes(routes!(export::export_events))
        .routes(routes!(feed::read_feed))
        .routes(routes!(checkpoint::read_checkpoint))
        .routes(routes!(checkpoint::read_log_key))
        .routes(routes!(proofs::read_inclusion_proof))
        .routes(routes!(proofs::read_consistency_proof))
        .routes(routes!(tiles::read_log_checkpoint))
        .routes(routes!(tiles::read_tile))
        .routes(routes!(erasures::make_erasure))
        .routes(routes!(notifications::list_notifications))
        .routes(routes!(streams::create_stream, streams::list_streams))
        .routes(routes!(streams::read_stream, streams::update_stream, streams::delete_stream))
        .routes(routes!(streams::test_stream))
        .routes(routes!(streams::replay_stream))
        .routes(routes!(streams::list_dead_letters))
        .routes(routes!(receipts::take_mailgun_receipt))
        .routes(routes!(receipts::take_sms_receipt))
        .routes(routes!(signing::list_signing_activity))
        .routes(routes!(signing::total_signing_activity))
        .routes(routes!(operations::health))
        .routes(routes!(operations::readiness))
        .routes(routes!(operations::read_metrics))
}

/// The whole API as a document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let (routes, document) = api().split_for_parts();
    let compressed = SizeAbove::new(1024)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES)
        // Workbooks and documents are packed already.
        .and(NotForContentType::const_new(Format::Xlsx.content_type()))
        .and(NotForContentType::const_new("application/pdf"))
        .and(NotForContentType::const_new(tiles::TILE))
        .and(|_, _, _: &_, extensions: &Extensions| extensions.get::<AsItComes>().is_none());
    routes
        .merge(reference::routes(&document))
        .merge(signing::routes())
        .merge(crate::viewer::routes(&app))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(JSON_BODY_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
        .layer(RequestBodyTimeoutLayer::new(BODY_IDLE_MAX))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(app.clone(), layers::observe))
        .layer(from_fn(layers::finish))
        .layer(from_fn(remainder::settle))
        .with_state(app)
}
