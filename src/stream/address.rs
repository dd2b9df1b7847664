//! Where messages may go: not into our own network, not to ourselves, however it is written.
//!
//! Deliberately absent: trust in a name. What a name stands for is checked when it is resolved, on the very addresses that
//! are then connected to, so that it cannot mean something else a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::http::Uri;

/// Longest address of a receiver, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Ports below this belong to the system; web servers have two of them.
const SYSTEM_PORTS: u16 = 1_024;
const WEB_PORTS: [u16; 2] = [80, 443];
/// Ports of databases, caches and machines' own services above those, where a POST may do harm.
const SERVICE_PORTS: &[u16] = &[
    1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4444, 5432, 5672, 5900, 5984, 6000, 6379,
    6443, 6667, 7000, 7001, 9042, 9092, 9200, 9300, 10250, 10255, 11211, 15672, 27017, 27018, 27019,
];

/// Names set apart for private networks (RFC 6762, RFC 8375; `.internal` by ICANN; the rest by use).
const PRIVATE_NAMES: &[&str] =
    &["localdomain", "local", "internal", "intranet", "private", "lan", "home.arpa"];

/// What an operator allows, and who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whether receivers may stand in private networks and be spoken to without TLS.
    pub allows_private: bool,
    /// Where we listen ourselves.
    pub own: Option<SocketAddr>,
    /// Under what host and port people reach us.
    pub own_authority: Option<String>,
}

/// Why nothing may be sent to an address. Says nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no address of a web server.
    #[error(
        "this is not the URL of a receiver: https://host/path, in ASCII, without user, password and fragment"
    )]
    NotAUrl,
    /// It is not encrypted.
    #[error("a receiver is spoken to by https")]
    NotEncrypted,
    /// A host that is a number, but not written as one address is.
    #[error("write the host as a name, or as one plain IP address")]
    OddHost,
    /// A port where something else answers.
    #[error("this port is not one of a receiver")]
    Port,
    /// It leads into a private network.
    #[error("this leads to a private, local or reserved address")]
    Private,
    /// It is a name that means nothing outside of a private network.
    #[error("this name stands for a machine or a private network, never for a receiver on the internet")]
    PrivateName,
    /// It leads to ourselves.
    #[error("this leads back to this server")]
    Ourselves,
}

impl Rules {
    /// Reads the address of a receiver, as far as it can be judged without asking what its name stands for.
    ///
    /// # Errors
    /// Says what about it is not allowed.
    pub fn read(&self, url: &str) -> Result<Uri, Refused> {
        // What programs read differently is not read at all.
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#<>\"^`{|}".contains(&byte));
        if url.len() > URL_BYTES_MAX || !is_plain {
            return Err(Refused::NotAUrl);
        }
        let uri: Uri = url.parse().map_err(|_| Refused::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Refused::NotAUrl);
        };
        if authority.as_str().contains(['@', '%']) {
            return Err(Refused::NotAUrl);
        }
        let told_port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        // A port that is none would be passed over, and another one taken.
        if !told_port.is_empty() && authority.port_u16().is_none() {
            return Err(Refused::NotAUrl);
        }
        let default_port = match scheme {
            "https" => 443,
            "http" if self.allows_private => 80,
            "http" => return Err(Refused::NotEncrypted),
            _ => return Err(Refused::NotAUrl),
        };
        let port = authority.port_u16().unwrap_or(default_port);
        let is_refused = port < SYSTEM_PORTS && !WEB_PORTS.contains(&port);
        if is_refused || SERVICE_PORTS.contains(&port) {
            return Err(Refused::Port);
        }
        match literal(authority.host())? {
            Some(ip) => self.check(SocketAddr::new(ip, port))?,
            // No resolver may say anything else of this one (RFC 6761).
            None if is_under(authority.host(), "localhost") => {
                self.check(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))?;
            }
            None if !self.allows_private && is_private_name(authority.host()) => {
                return Err(Refused::PrivateName);
            }
            None => {}
        }
        let named = format!("{}:{port}", authority.host().trim_end_matches('.').to_ascii_lowercase());
        if self.own_authority.as_deref() == Some(named.as_str()) {
            return Err(Refused::Ourselves);
        }
        Ok(uri)
    }

    /// Whether what a name stands for may be connected to.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self, address: SocketAddr) -> Result<(), Refused> {
        let ip = address.ip().to_canonical();
        if let Some(own) = self.own
            && own.port() == address.port()
            && (ip.is_loopback() || ip.is_unspecified() || ip == own.ip().to_canonical())
        {
            return Err(Refused::Ourselves);
        }
        if self.allows_private || is_public(address.ip()) { Ok(()) } else { Err(Refused::Private) }
    }
}

/// The address that a host is; none for a name. A number in any other spelling is refused: what one library takes for a
/// name, another takes for an address.
fn literal(host: &str) -> Result<Option<IpAddr>, Refused> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(Refused::OddHost)?;
        return inner.parse::<Ipv6Addr>().map(|ip| Some(ip.into())).map_err(|_| Refused::OddHost);
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Ok(Some(ip.into()));
    }
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || (last.len() >= 2 && last[..2].eq_ignore_ascii_case("0x"));
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_number || !is_name || host.starts_with('.') || host.contains("..") {
        Err(Refused::OddHost)
    } else {
        Ok(None)
    }
}

/// Whether a name is set apart for this machine or for private networks, or has no dot and so no place in the public tree.
/// Whatever it would resolve to is refused at each send too; here whoever makes the stream learns of it.
fn is_private_name(host: &str) -> bool {
    !host.trim_end_matches('.').contains('.') || PRIVATE_NAMES.iter().any(|suffix| is_under(host, suffix))
}

/// Whether a name is this one or lies below it.
fn is_under(host: &str, suffix: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether an address belongs to the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        // Mapped, translated, local and multicast addresses all lie outside of what is given out to the public.
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_reserved = match (a, b, c) {
        // This network, private, loopback, link-local.
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) => true,
        // Carrier-grade NAT, protocol assignments, 6to4 relays, benchmarks.
        (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => true,
        // Documentation.
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        _ => a >= 224,
    };
    !is_reserved
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // 2000::/3 is all that is given out.
    let is_global = first & 0xe000 == 0x2000;
    let is_reserved = match first {
        // Protocol assignments with Teredo and ORCHID in 2001::/23, documentation in 2001:db8::/32.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4 carries an IPv4 address of anybody's choice.
        0x2002 => true,
        // Documentation, 3fff::/20.
        0x3fff => second < 0x1000,
        _ => false,
    };
    is_global && !is_reserved
}
