//! What a handler leaves unread of a request's body: read away where it is little, so that the connection can take the next
//! request; where it is much, the answer says that the connection ends with it.
//!
//! A refusal is often ready before the body has arrived. Closing behind an answer that promised more would meet a client
//! in the middle of its next request. Deliberately absent: bodies that are still read while their answer is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// Most bytes that are read away.
const REST_BYTES_MAX: u64 = 256 * 1024;
/// How long that may take: an answer waits for it.
const REST_TIME_MAX: Duration = Duration::from_secs(2);

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Body,
    back: Option<Sender<Body>>,
}

impl Lent {
    fn new(body: Body) -> (Self, Receiver<Body>) {
        let (back, returned) = channel();
        (Self { body, back: Some(back) }, returned)
    }
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.back = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take()
            && !self.body.is_end_stream()
        {
            // Nobody waits for it when the answer has begun.
            drop(back.send(std::mem::take(&mut self.body)));
        }
    }
}

/// Leaves the connection so that the next request can be read from it, or says that there is no next one.
pub(super) async fn settle(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Who asks before sending has sent nothing yet, and perhaps never will.
    let is_asking = request.headers().contains_key(header::EXPECT);
    let (head, body) = request.into_parts();
    let (lent, mut returned) = Lent::new(body);
    let mut response = next.run(Request::from_parts(head, Body::new(lent))).await;
    if let Ok(rest) = returned.try_recv()
        && (is_asking || !is_read_away(rest).await)
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether a body has ended after being read within the limits.
async fn is_read_away(rest: Body) -> bool {
    if rest.size_hint().lower() > REST_BYTES_MAX {
        return false;
    }
    let read = async {
        let (mut pieces, mut bytes) = (rest.into_data_stream(), 0);
        while let Some(piece) = pieces.next().await {
            let Ok(piece) = piece else { return false };
            bytes += piece.len() as u64;
            if bytes > REST_BYTES_MAX {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(REST_TIME_MAX, read).await.unwrap_or(false)
}
