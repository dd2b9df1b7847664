//! The files of a document under signature: its Audit Trail in each form, and the final PDF; by the cookie of a session, or,
//! in a frame without cookies, by a link that works once and soon.
//!
//! Deliberately absent: what a file holds (`download`, `trail`).

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use crate::access::Caller;
use crate::app::trails::Tongue;
use crate::app::{App, Peer};
use crate::download::process::{NotThere, Piece, ProcessFile};
use crate::viewer::address::encode;
use crate::viewer::export::{admit, hand_out_link};
use crate::viewer::problem::Problem;
use crate::viewer::process::file_page;
use crate::viewer::session::{Visit, source};
use crate::viewer::{Params, Reader, blocking};

/// `GET /view/{org}/processes/{key}/{file}`.
pub(super) async fn read_file(
    State(app): State<App>,
    Path((org, key, file)): Path<(String, String, String)>,
    params: Params,
    method: Method,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&app, &org, &params, &headers);
    let answer = async {
        let sent = params.map_err(|_| Problem::NotFound)?.0;
        let is_look = method == Method::HEAD;
        let (asking, asked) = (app.clone(), headers.clone());
        let (file, session) = blocking(move || {
            let (visit, sent) = admit(&asking, &asked, &org, sent, is_look, Some(&format!("{key}/{file}")))?;
            let visit = visit.showing(&sent);
            let session = visit.session.clone();
            Ok((find(&asking, visit, &key, &file)?, session))
        })
        .await?;
        let (caller, source) = (Caller::Session(Box::new(session.clone())), source(&session, &peer));
        if file.is_known(&headers) {
            return Ok(file.not_modified());
        }
        if is_look {
            return Ok(file.head());
        }
        file.record(&app, Some(&caller), &source).await?;
        Ok(file.respond())
    };
    reader.answer(answer).await
}

/// `POST /view/{org}/processes/{key}/{file}`: the link that works once, for who shows a session's token.
pub(super) async fn link_file(
    State(app): State<App>,
    Path((org, key, file)): Path<(String, String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    hand_out_link(app, org, params, headers, move |app, visit, _| {
        let path = format!("{}/{}", file_page(&visit, &key), encode(&file));
        find(app, visit, &key, &file)?;
        Ok((path, Some(format!("{key}/{file}"))))
    })
    .await
}

/// The file of this name, in the language and zone that the reader reads in.
fn find(app: &App, visit: Visit, key: &str, file: &str) -> Result<ProcessFile, Problem> {
    let piece = Piece::named(file).ok_or(Problem::NoFile)?;
    let tongue = Tongue { locale: Some(visit.words.tag().to_owned()), zone: Some(visit.zone.clone()) };
    ProcessFile::find(app, visit.org, key, piece, &tongue).map_err(|why| match why {
        NotThere::Read(why) => why.into(),
        NotThere::Writing(_) | NotThere::Blob(_) => {
            tracing::error!(error = &why as &dyn std::error::Error, "a file of a process cannot be given");
            Problem::Failed
        }
        NotThere::NoProcess => Problem::NoProcess,
        _ => Problem::NoFile,
    })
}
