//! The socket: accepting, bounding and, at the end, finishing what was begun. Deliberately absent: TLS, which a proxy in
//! front ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::app::App;
use crate::http::unread::Unread;
use crate::http::{CONNECTIONS_MAX, HEAD_TIME_MAX, UNREAD_MAX, router};

/// How long requests that were begun may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(20);
/// How long to wait when no connection can be accepted, because files have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A server that listens.
pub struct Serving {
    listener: TcpListener,
    app: App,
}

/// Begins to listen.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(app: App, address: SocketAddr) -> std::io::Result<Serving> {
    let listener = TcpListener::bind(address).await?;
    app.streams.listens(listener.local_addr()?);
    Ok(Serving { listener, app })
}

impl Serving {
    /// The address it listens on, with the port that was free.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the server is told to stop, and then until what was begun has ended.
    pub async fn run(self) {
        let router = router(self.app.clone());
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let stopping = self.app.stopping.clone();
        let streams = tokio::spawn(self.app.clone().keep_streams());
        let checkpoints = tokio::spawn(self.app.clone().hand_out_checkpoints());
        let scrub = tokio::spawn(self.app.clone().keep_scrubbing());
        let clock = tokio::spawn(self.app.keep_time());
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let accepted = tokio::select! {
                () = stopping.wait() => break,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(why) => {
                    tracing::warn!(error = &why as &dyn std::error::Error, "no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Small answers leave at once; a socket that cannot be told so still works.
            drop(stream.set_nodelay(true));
            let service =
                router.clone().map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
                    request.extensions_mut().insert(ConnectInfo(peer));
                    request.map(axum::body::Body::new)
                });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME_MAX)
                .max_buf_size(HEAD_BYTES_MAX)
                .serve_connection(
                    TokioIo::new(Unread::new(stream, UNREAD_MAX)),
                    TowerToHyperService::new(service),
                );
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(why) = connection.await {
                    tracing::debug!(error = &why as &dyn std::error::Error, "a connection broke");
                }
                drop(place);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests had not ended when the server stopped");
        }
        // They end by themselves when the server stops; one that panicked has nothing left to do.
        drop((clock.await, streams.await, checkpoints.await, scrub.await));
    }
}
