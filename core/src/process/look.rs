//! Looks at a document that programs took: mail scanners, link checkers, previews (`X04`).
//!
//! Deliberately absent: consequences. A look is recorded whoever took it; what is certainly no person moves no signee.

use std::net::IpAddr;
use std::str::FromStr;

use crate::event::NewEvent;
use crate::process::{Incoming, State, person, read};

/// The request asked for the headers alone. Certain.
pub const HEAD_REQUEST: &str = "head_request";
/// The user agent names a mail gateway, a link checker or a preview. Certain.
pub const KNOWN_AGENT: &str = "known_agent";
/// Sooner after the send than people open their mail. Suspected.
pub const SOON_AFTER_SEND: &str = "soon_after_send";
/// Links of several signees were opened from one address at nearly the same time. Suspected.
pub const MANY_LINKS: &str = "many_links";
/// The address is in a range that the operator lists. Suspected.
pub const LISTED_RANGE: &str = "listed_range";

/// How long after a send a look is suspected: scanners are there in seconds, people have to read first.
pub const SOON_MS: u64 = 10_000;
/// How near in time the links of several signees are opened by one program.
pub const NEAR_MS: u64 = 10_000;

/// What programs call themselves that fetch links for others to look at, in lower case. A part of the user agent is enough.
///
/// Libraries and browsers without a screen are not here: products use them for what people do.
const AGENTS: &[&str] = &[
    // Mail gateways and link checkers.
    "barracuda",
    "bitdefender",
    "cloudmark",
    "fireeye",
    "fortimail",
    "ironport",
    "linkcheck",
    "mailscanner",
    "messagelabs",
    "mimecast",
    "proofpoint",
    "safelinks",
    "sophos",
    "symantec",
    "trendmicro",
    "trend micro",
    "urlscan",
    "virustotal",
    "yahoomailproxy",
    "zscaler",
    "googleimageproxy",
    // Office and Outlook, which ask for a link before it is opened.
    "bingpreview",
    "microsoft office existence discovery",
    "microsoft office protocol discovery",
    "skypeuripreview",
    // Previews in conversations.
    "discordbot",
    "embedly",
    "facebookexternalhit",
    "google-pagerenderer",
    "iframely",
    "linkedinbot",
    "mastodon/",
    "pinterestbot",
    "redditbot",
    "signalbot",
    "slack-imgproxy",
    "slackbot",
    "telegrambot",
    "twitterbot",
    "viberbot",
    "vkshare",
    "whatsapp/",
    // Crawlers.
    "applebot",
    "bingbot",
    "duckduckbot",
    "googlebot",
    "petalbot",
    "yandexbot",
];

/// Whether a reason leaves no doubt that no person looked.
pub fn is_certain(reason: &str) -> bool {
    matches!(reason, HEAD_REQUEST | KNOWN_AGENT)
}

/// Why a program is suspected behind a look; empty for people and for everything that is no look.
///
/// Whoever proved who they are is a person, however quickly they came (`X05`).
pub(super) fn reasons(state: &State, incoming: &Incoming<'_>) -> Vec<String> {
    let event = incoming.event;
    if !matches!(event.action.as_str(), "document.accessed" | "document.viewed") {
        return Vec::new();
    }
    let key = person::key_of(state, event);
    let signee = key.and_then(|key| state.signee(key));
    let is_proven = signee.is_some_and(|signee| !signee.authenticated.is_empty());
    let at_ms = incoming.occurred_ms();
    let since_send = signee.and_then(|signee| at_ms.checked_sub(signee.sent_ms?));
    let found = [
        (HEAD_REQUEST, is_head(event)),
        (KNOWN_AGENT, is_known_agent(event)),
        (SOON_AFTER_SEND, !is_proven && since_send.is_some_and(|ms| ms <= SOON_MS)),
        (MANY_LINKS, !is_proven && is_one_of_many(state, event, key, at_ms)),
        (LISTED_RANGE, is_listed(incoming)),
    ];
    found.into_iter().filter(|(_, is_so)| *is_so).map(|(reason, _)| reason.to_owned()).collect()
}

fn is_head(event: &NewEvent) -> bool {
    read::word(&event.metadata, "method").is_some_and(|method| method.eq_ignore_ascii_case("HEAD"))
}

fn is_known_agent(event: &NewEvent) -> bool {
    let Some(agent) = &event.context.user_agent else { return false };
    let agent = agent.to_ascii_lowercase();
    AGENTS.iter().any(|known| agent.contains(known))
}

fn is_one_of_many(state: &State, event: &NewEvent, key: Option<&str>, at_ms: u64) -> bool {
    let (Some(key), Some(ip)) = (key, event.context.ip_addr()) else { return false };
    state.looks.iter().any(|look| {
        let is_near = look.at_ms.abs_diff(at_ms) <= NEAR_MS;
        let is_other = look.signee.as_deref().is_some_and(|other| other != key);
        let from = look.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        is_near && is_other && from.is_some_and(|from| from.to_canonical() == ip.to_canonical())
    })
}

fn is_listed(incoming: &Incoming<'_>) -> bool {
    let ip = incoming.event.context.ip_addr();
    ip.is_some_and(|ip| incoming.scanner_ranges.iter().any(|range| range.holds(ip)))
}

/// A range of addresses, `203.0.113.0/24` or `2001:db8::/32`; one address alone is a range too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct IpRange {
    base: u128,
    bits: u32,
    is_v4: bool,
}

/// A text that is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a range of addresses is written like 203.0.113.0/24 or 2001:db8::/32")]
pub struct RangeError;

/// The address as the highest bits of a number, and how many bits it has.
fn bits_of(ip: IpAddr) -> (u128, u32) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

impl IpRange {
    /// Whether the address is in it.
    pub fn holds(&self, ip: IpAddr) -> bool {
        let (address, width) = bits_of(ip);
        self.is_v4 == (width == 32) && address & mask(self.bits) == self.base
    }
}

impl TryFrom<String> for IpRange {
    type Error = RangeError;

    fn try_from(text: String) -> Result<Self, RangeError> {
        text.parse()
    }
}

impl FromStr for IpRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (ip, bits) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let (address, width) = bits_of(ip.parse().map_err(|_| RangeError)?);
        let bits = match bits {
            None => width,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| RangeError)?
            }
            Some(_) => return Err(RangeError),
        };
        if bits > width {
            return Err(RangeError);
        }
        Ok(Self { base: address & mask(bits), bits, is_v4: width == 32 })
    }
}
