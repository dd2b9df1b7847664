//! `POST /v1/organizations/{org}/erasures`. Deliberately absent: what belongs to a person; see `app::erasures`.

use axum::extract::State;
use axum::http::StatusCode;
use everlog_core::event::FieldError;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::Right;
use crate::app::App;
use crate::app::erasures::{ERASED_EVENTS_MAX, Erased, ErasureError, ErasureRequest, Mention, Whose};
use crate::http::body::Json;
use crate::http::extract::{Holder, InOrg, Origin, open};
use crate::http::keys::actor;
use crate::http::problem::Problem;
use crate::log::ErasureMade;

/// Most positions of events that are told of a name that still stands somewhere: the newest.
const MENTIONS_TOLD_MAX: usize = 100;
/// What no server can reach, told with every erasure.
pub(crate) const ELSEWHERE: &[&str] = &[
    "exports, bundles and PDFs that were handed out",
    "what streams have delivered",
    "backups that were made before; restored beside this ledger of erasures, they are erased again",
];

/// What is to be erased: of `events`, of an `actor` or of a `signee`, exactly one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasureBody {
    /// Events, by id or position.
    events: Option<Vec<EventName>>,
    /// An actor, by id or e-mail address: everything that says who it was, wherever it stands.
    actor: Option<String>,
    /// A signee, by key: everything that says who it was, in every process.
    signee: Option<String>,
    /// Pointers into the recorded document, such as `/e/metadata/phone`; one above fields names all below it. Without them,
    /// what says who it was.
    #[serde(default)]
    fields: Vec<String>,
    /// On what grounds, as it is to stand in the log: no names.
    basis: String,
    /// The role of who asked for it, never a name.
    requested_by: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum EventName {
    Position(u64),
    Id(String),
}

/// Erase values.
///
/// The values and their salts are destroyed, the commitments stay, so that every proof holds. It is itself recorded, as
/// `erasure.made`. When this answers, no query finds the values; they are gone from the disk soon after. The answer names
/// what nobody here can reach.
#[utoipa::path(
    post, path = "/v1/organizations/{org}/erasures", tag = "evidence", request_body = ErasureBody,
    params(("org" = String, Path, description = "The organization's id")),
    responses(
        (status = 201, description = "`{erasures: [{seq, events, fields}], mentions: [{name, events, seqs}], elsewhere: […]}`"),
        (status = 200, description = "Nothing was left to be erased: `{erasures: [], mentions: […], elsewhere: […]}`"),
        (status = 409, description = "`legal_hold`: nothing may be erased now; that it was refused is recorded", body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem)
    )
)]
pub(super) async fn make_erasure(
    State(app): State<App>,
    Holder(caller): Holder,
    InOrg(id): InOrg,
    origin: Origin,
    Json(body): Json<ErasureBody>,
) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let org = open(&app, &caller, id, Right::Admin).await?;
    let whose = match (body.events, body.actor, body.signee) {
        (Some(events), None, None) => {
            let names = events.into_iter().map(|event| match event {
                EventName::Position(seq) => seq.to_string(),
                EventName::Id(id) => id,
            });
            Whose::Events(names.collect())
        }
        (None, Some(actor), None) => Whose::Actor(actor),
        (None, None, Some(signee)) => Whose::Signee(signee),
        _ => {
            let message = "expected exactly one of events, actor and signee".to_owned();
            let error = FieldError { pointer: String::new(), code: "invalid_value", message };
            return Err(Problem::invalid(vec![error]));
        }
    };
    let request =
        ErasureRequest { whose, fields: body.fields, basis: body.basis, requested_by: body.requested_by };
    let erased = app.erase(&org, &origin.source(&caller), actor(&caller), request).await?;
    let status = if erased.made.is_empty() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(shown(&erased))))
}

/// What is answered.
pub(crate) fn shown(erased: &Erased) -> Value {
    let one = |it: &ErasureMade| {
        let fields: usize = it.erased.values().map(Vec::len).sum();
        json!({"seq": it.record.seq, "events": it.erased.len(), "fields": fields})
    };
    let mention = |it: &Mention| {
        let told = &it.seqs[it.seqs.len().saturating_sub(MENTIONS_TOLD_MAX)..];
        json!({"name": it.name, "events": it.seqs.len(), "seqs": told})
    };
    json!({
        "erasures": erased.made.iter().map(one).collect::<Vec<_>>(),
        "mentions": erased.mentions.iter().map(mention).collect::<Vec<_>>(),
        "elsewhere": ELSEWHERE,
    })
}

impl From<ErasureError> for Problem {
    fn from(why: ErasureError) -> Self {
        match why {
            ErasureError::Invalid(faults) => Self::invalid(faults),
            ErasureError::Hold(hold) => {
                let detail = format!("a legal hold is set, nothing is erased: {hold}");
                Self::new(StatusCode::CONFLICT, "legal_hold", detail)
            }
            ErasureError::TooMany(count) => {
                let message = format!("{count} events would lose something, {ERASED_EVENTS_MAX} may at once");
                let error = FieldError { pointer: String::new(), code: "too_many", message };
                Self::invalid(vec![error])
            }
            ErasureError::Read(why) => why.into(),
            ErasureError::Append(why) => why.into(),
            why @ ErasureError::Ledger(_) => Self::internal(&why),
        }
    }
}
