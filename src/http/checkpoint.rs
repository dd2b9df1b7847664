//! The signed head of a log, and the key to check it with. Deliberately absent: proofs.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::access::Right;
use crate::app::App;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::problem::Problem;

/// Read the signed head of the log.
///
/// A C2SP tlog-checkpoint: size and root hash under an Ed25519 signature. Who keeps one can tell later whether the log
/// was rewritten. Signed anew at most once a second.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/checkpoint", tag = "evidence",
    params(("org" = String, Path, description = "The organization's id")),
    responses((status = 200, content_type = "text/plain", body = String), (status = 403, body = Problem))
)]
pub(super) async fn read_checkpoint(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let org = open(&app, &caller, id, Right::Read).await?;
    if org.scope().is_restricted() {
        let detail = "a checkpoint tells the size of the log, which this session may not see";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let signed = blocking(move || Ok(app.checkpoint(&org)?)).await?;
    Ok(text(signed.note))
}

/// Read the key that checkpoints are verified with.
///
/// One C2SP verifier key a line, newest first: those that sign, then those that are retired and signed once. A checkpoint has
/// a line of every key that signs. Keep a copy: it is what an auditor trusts.
#[utoipa::path(
    get, path = "/v1/log-key", tag = "evidence", security(()),
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(super) async fn read_log_key(State(app): State<App>) -> Response {
    text(app.trusted_keys().iter().map(|key| format!("{key}\n")).collect())
}

pub(super) fn text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], text)
        .into_response()
}
