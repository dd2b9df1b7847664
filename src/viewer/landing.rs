//! The page at `/`: what this server is, and where to go on. Deliberately absent: anything about any organization.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};

use crate::viewer::assets::{URLS, Urls};
use crate::viewer::icons;
use crate::viewer::session::accepted;
use crate::words::Words;

#[derive(Template)]
#[template(path = "viewer/landing.html")]
struct Landing {
    urls: &'static Urls,
    words: Words,
    version: &'static str,
}

/// `GET /`.
pub(super) async fn show_landing(headers: HeaderMap) -> Response {
    let words = Words::of(&[accepted(&headers)]);
    match (Landing { urls: &URLS, words, version: env!("CARGO_PKG_VERSION") }).render() {
        Ok(html) => Html(html).into_response(),
        Err(why) => {
            tracing::error!(error = &why as &dyn std::error::Error, "the landing page cannot be rendered");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
