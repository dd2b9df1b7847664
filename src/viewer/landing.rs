//! The page at `/`: what this server is, and where to go on. Deliberately absent: anything about any organization.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};

use crate::viewer::assets::{URLS, Urls};
use crate::viewer::icons;

#[derive(Template)]
#[template(path = "viewer/landing.html")]
struct Landing {
    urls: &'static Urls,
    version: &'static str,
}

/// `GET /`.
pub(super) async fn show_landing() -> Response {
    match (Landing { urls: &URLS, version: env!("CARGO_PKG_VERSION") }).render() {
        Ok(html) => Html(html).into_response(),
        Err(why) => {
            tracing::error!(error = &why as &dyn std::error::Error, "the landing page cannot be rendered");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
