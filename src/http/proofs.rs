//! `/v1/organizations/{org}/proofs/…`: that an event is in the log, and that the log continues an older one. Deliberately
//! absent: how proofs are checked, which `core` and docs/format.md say.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog_core::checkpoint::parse_decimal;
use everlog_core::ids::{Seq, Size};
use everlog_core::query::{ParamError, once};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Organization, Right};
use crate::app::App;
use crate::http::checkpoint::text;
use crate::http::extract::{Holder, InOrg, Params, blocking, open};
use crate::http::problem::Problem;

/// The proof that a log continues an older one.
#[derive(Serialize, ToSchema)]
pub(super) struct Consistency {
    /// The older size.
    from: u64,
    /// The newer size.
    to: u64,
    /// The hashes in base64, in the order of RFC 6962, section 2.1.2.
    hashes: Vec<String>,
}

/// Read the proof that an event is in the log.
///
/// A C2SP tlog-proof: position, path and signed head in one text that stands alone (docs/format.md, section 10). It holds for
/// the event's `leaf_hash`. Keep it as a receipt: with the log's key it proves the event without this server.
#[utoipa::path(
    get, path = "/v1/organizations/{org}/proofs/inclusion/{seq}", tag = "evidence",
    params(
        ("org" = String, Path, description = "The organization's id"), ("seq" = u64, Path, description = "The event's position"),
        ("size" = Option<u64>, Query, description = "The size of the log to prove it in, from seq + 1 to that of the signed head, which is the default")
    ),
    responses(
        (status = 200, description = "The proof", content_type = "text/plain", body = String),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem, description = "There is no event at this position")
    )
)]
pub(super) async fn read_inclusion_proof(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    Path((_, seq)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["size"])?;
    let org = open_whole(&app, &caller, InOrg(id)).await?;
    let Some(seq) = parse_decimal(&seq) else {
        return Err(ParamError::expected("seq", "a position: 0 or more, in plain decimal").into());
    };
    let size = size_in(&params, "size")?;
    let proof = blocking(move || {
        let proof = app.inclusion_proof(&org, Seq(seq), size)?;
        proof.ok_or_else(|| Problem::not_found("event"))
    })
    .await?;
    Ok(text(proof.to_string()))
}

/// Read the proof that the log continues an older one.
///
/// Who kept a checkpoint of size `from` sees that nothing it covered was changed (RFC 6962, section 2.1.2).
#[utoipa::path(
    get, path = "/v1/organizations/{org}/proofs/consistency", tag = "evidence",
    params(
        ("org" = String, Path, description = "The organization's id"),
        ("from" = u64, Query, description = "The older size, 1 or more"),
        ("to" = Option<u64>, Query, description = "The newer size, at most that of the signed head, which is the default")
    ),
    responses(
        (status = 200, description = "The proof", body = Consistency), (status = 400, body = Problem), (status = 403, body = Problem)
    )
)]
pub(super) async fn read_consistency_proof(
    State(app): State<App>,
    Holder(caller): Holder,
    id: InOrg,
    params: Params,
) -> Result<axum::Json<Consistency>, Problem> {
    params.only(&["from", "to"])?;
    let org = open_whole(&app, &caller, id).await?;
    let from = size_in(&params, "from")?.ok_or_else(|| ParamError::expected("from", SIZE))?;
    let to = size_in(&params, "to")?;
    blocking(move || {
        let (to, proof) = app.consistency_proof(&org, from, to)?;
        let hashes = proof.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect();
        Ok(axum::Json(Consistency { from: from.0, to: to.0, hashes }))
    })
    .await
}

/// What a size looks like.
const SIZE: &str = "a size: 1 or more, in plain decimal";

fn size_in(params: &Params, name: &'static str) -> Result<Option<Size>, ParamError> {
    let parse = |text: &str| parse_decimal(text).map(Size).ok_or_else(|| ParamError::expected(name, SIZE));
    once(&params.0, name)?.map(parse).transpose()
}

/// Opens a log for who sees all of it.
async fn open_whole(app: &App, caller: &Caller, InOrg(id): InOrg) -> Result<Organization, Problem> {
    let org = open(app, caller, id, Right::Read).await?;
    if org.scope().is_restricted() {
        let detail = "a proof tells the size of the log, which this session may not see";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    Ok(org)
}
