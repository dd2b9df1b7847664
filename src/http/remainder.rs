//! What a handler leaves unread of a request's body: read away where it is little, so that the connection can take the next
//! request; where it is much, the answer says that the connection ends with it, and what still comes is read away behind it,
//! because programs that send before they read would otherwise meet a broken connection and never learn why.
//!
//! A refusal is often ready before the body has arrived. Closing behind an answer that promised more would meet a client
//! in the middle of its next request. Deliberately absent: bodies that are still read while their answer is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
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
/// Most bytes that are read away behind an answer: the largest document, and whatever somebody takes for one.
const BEHIND_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// How long that may take: no answer waits for it, but a connection does.
const BEHIND_TIME_MAX: Duration = Duration::from_secs(30);
/// How long nothing may come of it: whoever is still sending is waited for, and nobody else.
const PAUSE_MAX: Duration = Duration::from_secs(2);

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
    let Ok(rest) = returned.try_recv() else { return response };
    let bytes_told = rest.size_hint().lower();
    let mut rest = rest.into_data_stream();
    let is_small = !is_asking && bytes_told <= REST_BYTES_MAX;
    if is_small && is_read_away(&mut rest, REST_BYTES_MAX, REST_TIME_MAX).await {
        return response;
    }
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    if !is_asking && bytes_told <= BEHIND_BYTES_MAX {
        tokio::spawn(async move { is_read_away(&mut rest, BEHIND_BYTES_MAX, BEHIND_TIME_MAX).await });
    }
    response
}

/// Whether a body has ended after being read within these limits.
async fn is_read_away(rest: &mut BodyDataStream, bytes_max: u64, time_max: Duration) -> bool {
    let read = async {
        let mut bytes = 0;
        while bytes <= bytes_max {
            match tokio::time::timeout(PAUSE_MAX, rest.next()).await {
                Ok(Some(Ok(piece))) => bytes += piece.len() as u64,
                Ok(None) => return true,
                Ok(Some(Err(_))) | Err(_) => return false,
            }
        }
        false
    };
    tokio::time::timeout(time_max, read).await.unwrap_or(false)
}
