//! How requests to a bucket go out: over the HTTP client that the rest of the server uses.
//!
//! A request blocks the thread that polls it. That thread belongs to whoever waits for the bucket (`blobs::bucket` has a
//! runtime for each call), never to those who answer requests. Deliberately absent: what is asked, signing it, and asking
//! again; `object_store` does that.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{Method, Response};
use hyper::body::Frame;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::{ClientConfigKey, ClientOptions};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, BodyReader};

use crate::blobs::access;
use crate::blobs::fault::PLAIN;

/// How long a request may take as a whole, where not its beginning is slow but there is much of it.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10 * 60);
/// How long it may take until somebody answers the connection, and until an answer begins, when nothing is set.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a connection that nobody uses is kept: servers close theirs, and a request must not meet that.
const IDLE_TIME_MAX: Duration = Duration::from_secs(5);
/// How many connections are kept.
const IDLE_CONNECTIONS_MAX: usize = 16;
/// How many bytes of an answer are handed on together.
const PIECE_BYTES: usize = 64 * 1024;

/// Makes the client of a bucket.
pub(super) struct Connector {
    roots: Option<RootCerts>,
}

impl Connector {
    /// One that trusts what everybody trusts, or else these certificates alone.
    ///
    /// # Errors
    /// When there is something between them that is no certificate.
    pub fn new(certificates: Option<&[u8]>) -> Result<Self, String> {
        let read = |pem: &[u8]| -> Result<RootCerts, String> {
            let items: Result<Vec<PemItem<'static>>, _> = parse_pem(pem).collect();
            let certificates: Vec<Certificate<'static>> = items
                .map_err(|why| why.to_string())?
                .into_iter()
                .filter_map(|item| match item {
                    PemItem::Certificate(certificate) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err("it holds no certificate".to_owned());
            }
            Ok(RootCerts::new_with_certs(&certificates))
        };
        Ok(Self { roots: certificates.map(read).transpose()? })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let set = |key| options.get_config_value(&key);
        let time = |key, unset: Duration| set(key).and_then(|text| access::time(&text)).unwrap_or(unset);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("everlog/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(REQUEST_TIME_MAX))
            .timeout_connect(Some(time(ClientConfigKey::ConnectTimeout, CONNECT_TIME_MAX)))
            .timeout_recv_response(Some(time(ClientConfigKey::Timeout, ANSWER_TIME_MAX)))
            .max_idle_age(IDLE_TIME_MAX)
            .max_idle_connections_per_host(IDLE_CONNECTIONS_MAX);
        if let Some(roots) = &self.roots {
            config = config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build());
        }
        let allows_http = set(ClientConfigKey::AllowHttp).is_some_and(|it| it == "true");
        Ok(HttpClient::new(Client { agent: config.build().into(), allows_http }))
    }
}

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
#[error("{PLAIN}")]
struct Plain;

struct Client {
    agent: Agent,
    allows_http: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

impl HttpService for Client {
    // What `async fn` in this trait stands for.
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.exchange(request))
    }
}

impl Client {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !(self.allows_http || request.uri().scheme_str() == Some("https")) {
            return Err(HttpError::new(HttpErrorKind::Unknown, Plain));
        }
        let (parts, body) = request.into_parts();
        // It is in memory already.
        let body = to_bytes(Body::new(body), usize::MAX).await;
        let body = body.map_err(|why| HttpError::new(HttpErrorKind::Unknown, why))?;
        let takes_body = matches!(parts.method, Method::PUT | Method::POST);
        let answer = if takes_body {
            self.agent.run(axum::http::Request::from_parts(parts, &body[..]))
        } else {
            self.agent.run(axum::http::Request::from_parts(parts, ()))
        };
        let (parts, body) = answer.map_err(failed)?.into_parts();
        let pieces = Pieces { reader: Some(body.into_reader()) };
        Ok(Response::from_parts(parts, HttpResponseBody::new(pieces)))
    }
}

/// The body of an answer, read as it is asked for. One that ends before it was said to is an error of the reader.
struct Pieces {
    reader: Option<BodyReader<'static>>,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let Some(reader) = &mut self.reader else { return Poll::Ready(None) };
        let mut piece = vec![0; PIECE_BYTES];
        Poll::Ready(match reader.read(&mut piece) {
            Ok(0) => {
                self.reader = None;
                None
            }
            Ok(count) => {
                piece.truncate(count);
                Some(Ok(Frame::data(piece.into())))
            }
            Err(why) => {
                self.reader = None;
                Some(Err(HttpError::new(kind_of(&why), why)))
            }
        })
    }
}

/// What may be asked again, told from what would only be refused again.
fn failed(why: ureq::Error) -> HttpError {
    let kind = match &why {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(why) => kind_of(why),
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, why)
}

fn kind_of(why: &io::Error) -> HttpErrorKind {
    match why.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::NotConnected
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable => HttpErrorKind::Connect,
        ErrorKind::TimedOut => HttpErrorKind::Timeout,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        // Whatever is asked of a bucket here may be asked twice.
        | ErrorKind::UnexpectedEof => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    }
}
