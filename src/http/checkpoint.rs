//! The signed head of a log, and the key to check it with. Deliberately absent: proofs.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use everlog_core::query::{ParamError, once};

use crate::access::Right;
use crate::app::App;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::problem::Problem;

/// Read the signed head of the log.
///
/// A C2SP tlog-checkpoint: size and root hash under an Ed25519 signature. Who keeps one can tell later whether the log
/// was rewritten. Signed anew at most once a second. Behind the signature of the log stand those of the witnesses that have
/// cosigned this very head; they come a moment after it. `cosigned=true` gives the newest head that has one.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/checkpoint", tag = "evidence",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("cosigned" = Option<bool>, Query, description = "true: the newest head that a witness has cosigned")
    ),
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "No witness has cosigned a head"),
        (status = 503, body = Problem, description = "The log is only read")
    )
)]
pub(super) async fn read_checkpoint(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["cosigned"])?;
    let is_cosigned = match once(&params.0, "cosigned")? {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ParamError::expected("cosigned", "true or false").into()),
    };
    let org = open(&app, &caller, id, Right::Read).await?;
    if org.scope().is_restricted() {
        let detail = "a checkpoint tells the size of the log, which this session may not see";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    let signed = blocking(move || {
        if !is_cosigned {
            return Ok(app.checkpoint(&org)?);
        }
        let detail = "no witness has cosigned a head of this log yet";
        app.cosigned_checkpoint(&org)?
            .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_cosigned", detail))
    });
    Ok(text(signed.await?.cosigned_note()))
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
