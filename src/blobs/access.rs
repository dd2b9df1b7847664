//! How a bucket is reached, and in whose name: what the variables say that everybody uses for it, seen to be usable before
//! anything is asked. Deliberately absent: the bucket. No value is ever repeated: any may be a secret in the wrong place.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use object_store::ClientConfigKey;
use object_store::aws::AmazonS3ConfigKey;
use url::Url;

use crate::blobs::fault::BucketFault;

/// What names variables for buckets begin with.
const VARIABLES: &str = "AWS_";
/// The variable that names a file of certificates that endpoints are verified with, and no others.
pub(super) const CERTIFICATES: &str = "AWS_CA_BUNDLE";
/// What names of variables end in that name a file.
const FILE: &str = "_FILE";
/// Words for yes and for no.
const YES: [&str; 5] = ["true", "1", "yes", "on", "y"];
const NO: [&str; 5] = ["false", "0", "no", "off", "n"];

/// The variables, without the white space around their values. Secrets among them are shown to nobody.
#[derive(Clone, Default)]
pub struct BucketAccess(Vec<(String, String)>);

impl BucketAccess {
    /// What the environment says.
    pub fn of_environment() -> Self {
        let all = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?;
            name.starts_with(VARIABLES).then_some((name.to_owned(), value.into_string().ok()?))
        });
        Self::of(all)
    }

    /// What these variables say, of which each has its usual name. An empty one is as if it were not set.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        // Files of secrets end in a line break, and whoever fills variables from them hands it on.
        let trimmed = variables.into_iter().map(|(name, value)| (name, value.trim().to_owned()));
        Self(trimmed.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The file of certificates, if one is named.
    pub(super) fn certificates(&self) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == CERTIFICATES).map(|(_, value)| value.as_str())
    }

    /// What the client of a bucket is told, in its own words.
    ///
    /// # Errors
    /// Names the variable that cannot be used.
    pub(super) fn settings(&self) -> Result<Vec<(AmazonS3ConfigKey, String)>, BucketFault> {
        let known = self.0.iter().filter_map(|(name, value)| {
            let key = name.to_ascii_lowercase().parse().ok()?;
            Some(setting(name, key, value))
        });
        known.collect()
    }
}

impl fmt::Debug for BucketAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.write_str("BucketAccess ")?;
        formatter.debug_set().entries(names).finish()
    }
}

/// One of them, seen to be what the client takes: of what it does not take, it says little or ends the thread.
fn setting(
    name: &str,
    key: AmazonS3ConfigKey,
    value: &str,
) -> Result<(AmazonS3ConfigKey, String), BucketFault> {
    use AmazonS3ConfigKey as Known;
    let bad = |what: &str| Err(BucketFault::Setting(format!("{name} {what}")));
    let is_plain = |it: char| it.is_ascii_graphic() || it == ' ';
    if !name.ends_with(FILE) && !value.chars().all(is_plain) {
        return bad("holds a character that does not belong there: a line break, or one that is not ASCII");
    }
    let value = match key {
        Known::Endpoint | Known::S3Endpoint | Known::StsEndpoint | Known::MetadataEndpoint => {
            if !is_address(value, false) {
                return bad("is no address like https://minio.example:9000");
            }
            value.to_owned()
        }
        Known::ContainerCredentialsFullUri if !is_address(value, true) => {
            return bad("is no address like http://169.254.170.23/v1/credentials");
        }
        Known::ContainerCredentialsRelativeUri
            if !(value.starts_with('/') && is_address(&format!("http://localhost{value}"), true)) =>
        {
            return bad("is no path like /v2/credentials");
        }
        Known::Region | Known::DefaultRegion if !is_region(value) => {
            return bad("is no region like eu-central-1");
        }
        Known::Client(ClientConfigKey::Timeout | ClientConfigKey::ConnectTimeout) => match time(value) {
            Some(time) => format!("{}ms", time.as_millis()),
            None => return bad("is no time like 30s, or 30, which means seconds"),
        },
        Known::Client(ClientConfigKey::AllowHttp) => match yes_or_no(value) {
            Some(allows) => allows.to_string(),
            None => return bad("is neither true nor false"),
        },
        _ => value.to_owned(),
    };
    Ok((key, value))
}

/// Whether requests can be sent below an address.
fn is_address(text: &str, may_ask: bool) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    matches!(url.scheme(), "http" | "https")
        && text.contains("://")
        && text.parse::<axum::http::Uri>().is_ok_and(|uri| uri.host().is_some())
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && (may_ask || url.query().is_none())
}

fn is_region(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// How long something is waited for: seconds, or with its unit.
pub(super) fn time(text: &str) -> Option<Duration> {
    let time = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?,
    };
    (time >= Duration::from_millis(1) && time <= Duration::from_secs(24 * 60 * 60)).then_some(time)
}

fn yes_or_no(text: &str) -> Option<bool> {
    let is_in = |words: [&str; 5]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_in(YES) {
        return Some(true);
    }
    is_in(NO).then_some(false)
}
