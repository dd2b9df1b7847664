//! The rules that browsers enforce on our pages, and the headers that every page carries.
//!
//! Deliberately absent: exceptions. Nothing is inline, everything but pictures of people comes from this server, and
//! nobody frames a page that was not made for it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use everlog_core::ids::OrgId;

use crate::app::App;
use crate::settings::origin::WebOrigin;

/// The headers by which an answer differs.
const VARY: &str = "HX-Request, HX-Request-Type, Authorization, Cookie";

/// What one page may do beyond what all may.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    /// Where it may load pictures of people from.
    pub pictures: Vec<WebOrigin>,
    /// In whose pages it may stand.
    pub embedder: Option<WebOrigin>,
}

impl Policy {
    /// The policy in the words of CSP 3. Origins have one form, in which nothing ends a directive.
    fn header(&self) -> String {
        let pictures: String = self.pictures.iter().map(|origin| format!(" {origin}")).collect();
        let embedder = self.embedder.as_ref().map_or("'none'", WebOrigin::as_str);
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{pictures}; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {embedder}"
        )
    }
}

/// Puts the rules on every page.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let org = (request.method() == Method::GET).then(|| organization(request.uri().path())).flatten();
    let mut response = next.run(request).await;
    let own = response.extensions_mut().remove::<Policy>();
    // Only who may read a log, and so was answered, learns what its organization set.
    let org = org.filter(|_| response.status() == StatusCode::OK);
    let policy = own.or_else(|| Some(of_organization(&app, &org?))).unwrap_or_default();
    write(&policy, response.headers_mut());
    response
}

/// The organization in the path of a page.
fn organization(path: &str) -> Option<OrgId> {
    OrgId::try_from(path.strip_prefix("/view/")?.split('/').next()?).ok()
}

fn of_organization(app: &App, org: &OrgId) -> Policy {
    let entry = app.directory.find(org).ok().flatten();
    let pictures =
        entry.map(|entry| WebOrigin::listed(&entry.row.settings, "avatar_origins")).unwrap_or_default();
    Policy { pictures, embedder: None }
}

fn write(policy: &Policy, headers: &mut HeaderMap) {
    for (name, value) in [
        // Nothing is told to others; our own forms are known by their origin.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, VARY),
        // A page is one reader's own, and must be gone when the session is.
        (header::CACHE_CONTROL, "private, no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What cannot be a header leaves the strictest of all.
    let strictest = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    let told = HeaderValue::from_str(&policy.header()).unwrap_or(strictest);
    headers.insert(header::CONTENT_SECURITY_POLICY, told);
    if policy.embedder.is_none() {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}
