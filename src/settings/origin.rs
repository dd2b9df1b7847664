//! The origin of a web page, as browsers write it: a scheme, a host and a port that is not the scheme's own.
//!
//! Deliberately absent: paths, wildcards and upper case. What is compared with a browser's word, or stands in a header,
//! has one form.

use std::fmt;

use serde_json::{Map, Value};

/// The hosts that may be reached without TLS: this machine.
const LOCAL_HOSTS: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

/// An origin: `https://app.example`, or `http://` for this machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Those that a member of an organization's settings lists; what is none is left out.
    pub fn listed(settings: &Map<String, Value>, member: &str) -> Vec<Self> {
        let list = settings.get(member).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|text| Self::try_from(text.as_str()?).ok()).collect()
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin such as https://app.example; http only for this machine, no path, no wildcard, lower case"
)]
pub struct NoOrigin;

impl TryFrom<&str> for WebOrigin {
    type Error = NoOrigin;

    fn try_from(text: &str) -> Result<Self, NoOrigin> {
        let (rest, is_secure) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return Err(NoOrigin),
        };
        // The colons of an address in brackets are its own.
        let end = rest.find(']').map_or(0, |at| at + 1);
        let (host, port) = match rest[end..].find(':') {
            Some(at) => (&rest[..end + at], Some(&rest[end + at + 1..])),
            None => (rest, None),
        };
        let default = if is_secure { 443 } else { 80 };
        let is_allowed = is_secure || LOCAL_HOSTS.contains(&host) || host.ends_with(".localhost");
        if !is_allowed || !is_host(host) || port.is_some_and(|port| !is_port(port, default)) {
            return Err(NoOrigin);
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_label = |label: &str| {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(is_plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(is_label)
}

fn is_port(port: &str, default: u16) -> bool {
    port.parse::<u16>().is_ok_and(|number| number != 0 && number != default && number.to_string() == port)
}
