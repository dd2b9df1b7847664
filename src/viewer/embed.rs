//! The log inside other people's pages: `/embed.js`, the frame that it makes, and the start of a reader's session in it.
//!
//! Deliberately absent: data in the frame, until its script asks for it with a token; and cookies.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::access::Denied;
use crate::app::{App, Peer};
use crate::settings::origin::WebOrigin;
use crate::viewer::assets::{self, URLS, Urls};
use crate::viewer::policy::Policy;
use crate::viewer::problem::Problem;
use crate::viewer::session::{self, accepted};
use crate::viewer::{Params, blocking, failed, problem_response};
use crate::words::Words;

/// How long a page may use the script that it has before it asks for a newer one, in seconds.
const SCRIPT_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The parameter that names the page around the frame.
const HOST: &str = "host";

/// The file of the script.
const SCRIPT: &str = "embed.js";

/// The frame: an empty page whose script waits for a token.
#[derive(Template)]
#[template(path = "viewer/embed.html")]
struct Shell {
    urls: &'static Urls,
    words: Words,
    host: String,
}

/// `GET /embed.js`: what defines `<activity-log>`, for pages of any origin.
pub(super) async fn read_script(headers: HeaderMap) -> Response {
    let mut response = assets::answer(SCRIPT, &headers);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, SCRIPT_CACHE);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// `GET /embed?host=ORIGIN`: the frame. It may stand in pages of that origin when some organization lists it; whose log
/// comes into it is decided when its token is known.
pub(super) async fn show_frame(State(app): State<App>, params: Params, headers: HeaderMap) -> Response {
    let answer = async {
        let Query(sent) = params.map_err(|_| Problem::NotFound)?;
        let named = sent.iter().find(|(name, _)| name == HOST).map(|(_, host)| host.as_str());
        let host = WebOrigin::try_from(named.unwrap_or_default()).map_err(|_| Problem::NotFound)?;
        let asked = host.clone();
        let pictures =
            blocking(move || app.directory.embedding(asked.as_str()).map_err(|why| Denied::from(why).into()))
                .await?;
        let pictures = pictures.ok_or_else(|| Problem::NotListed(host.to_string()))?;
        let pictures =
            pictures.iter().filter_map(|origin| WebOrigin::try_from(origin.as_str()).ok()).collect();
        let words = Words::of(&[accepted(&headers)]);
        let shell = Shell { urls: &URLS, words, host: host.to_string() }.render().map_err(failed)?;
        let mut response = Html(shell).into_response();
        response.extensions_mut().insert(Policy { pictures, embedder: Some(host) });
        Ok(response)
    };
    answer.await.unwrap_or_else(|why| problem_response(&why, &headers, "/"))
}

/// `POST /embed`: the start of a session by its token alone, told to the frame: where its log is, and who reads.
pub(super) async fn start_embedded(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Response {
    match session::start_embedded(&app, &headers, &peer).await {
        Ok((org, session)) => {
            let Ok(home) = super::home_path(&app, org.as_str(), true).await else {
                return problem_response(&Problem::Failed, &headers, "/");
            };
            let told = json!({"log": home, "user": session.user.id, "role": session.role});
            axum::Json(told).into_response()
        }
        Err(why) => problem_response(&why, &headers, "/"),
    }
}
