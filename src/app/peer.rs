//! Who is at the other end of a request: the peer's address, and what trusted proxies say stands behind it.
//!
//! Deliberately absent: believing anybody else's word.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;

/// Most addresses that are believed of a chain of proxies.
const FORWARDED_MAX: usize = 20;

/// The addresses by which a request came.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Who opened the connection.
    pub remote: Option<IpAddr>,
    /// What trusted proxies reported, nearest last; empty when the connection is no proxy's.
    pub forwarded: Vec<IpAddr>,
    /// Who stands behind the proxies that are trusted.
    pub client: Option<IpAddr>,
}

impl Peer {
    /// The addresses of a request that came from `remote`, where these proxies are trusted.
    pub fn of(remote: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let remote = remote.map(|ip| ip.to_canonical());
        let is_proxy = remote.is_some_and(|ip| trusted.contains(&ip));
        let forwarded = if is_proxy { forwarded(headers) } else { Vec::new() };
        // The nearest that is no proxy of ours is the last that one of ours saw; what stands before it anybody can write.
        let client = forwarded.iter().rev().find(|ip| !trusted.contains(ip)).copied();
        Self { remote, client: client.or(remote), forwarded }
    }
}

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let remote = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self::of(remote, &parts.headers, &app.server.trusted_proxies))
    }
}

fn forwarded(headers: &HeaderMap) -> Vec<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let addresses = lines.flat_map(|line| line.split(','));
    let mut addresses: Vec<IpAddr> = addresses.filter_map(|text| text.trim().parse().ok()).collect();
    // The nearest are the ones that our own proxies saw.
    addresses.drain(..addresses.len().saturating_sub(FORWARDED_MAX));
    addresses
}
