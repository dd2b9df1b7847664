//! What an operator sets: flags, environment and a file, the stronger in front. Deliberately absent: settings of an
//! organization, which stand in the store.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use everlog_core::process::IpRange;
use serde::Deserialize;

use crate::blobs::{BucketAccess, BucketUrl};
use crate::witness::{WITNESSES_MAX, Witness};

/// Where the server listens when nothing is said.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7878";
/// Where data lies when nothing is said.
pub const DATA_DEFAULT: &str = "./everlog-data";

/// Shortest operator key, in characters.
pub const OPERATOR_KEY_CHARS_MIN: usize = 32;

/// The flags of `serve`; each also as an environment variable, and in the file of `--config` under the same name.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address to listen on [default: 127.0.0.1:7878]
    #[arg(long, env = "EVERLOG_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The directory that holds the truth [default: ./everlog-data]
    #[arg(long, env = "EVERLOG_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The bucket that documents lie in, from the first start on: s3://BUCKET/PREFIX [default: the data directory]
    #[arg(long, env = unless_empty("EVERLOG_BLOBS"), value_name = "URL")]
    pub blobs: Option<BucketUrl>,
    /// The address under which people reach this server, for links; also the host in the origin of new logs
    #[arg(long, env = "EVERLOG_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The host in the origin of new logs [default: the host of the public URL, else everlog.invalid]
    #[arg(long, env = "EVERLOG_LOG_HOST", value_name = "HOST")]
    pub log_host: Option<String>,
    /// An address whose X-Forwarded-For is believed; may be repeated
    #[arg(long, env = "EVERLOG_TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS")]
    pub trusted_proxies: Vec<IpAddr>,
    /// A range of addresses of mail scanners, like 203.0.113.0/24: a look at a document from there is marked; may be repeated
    #[arg(long, env = "EVERLOG_SCANNER_RANGES", value_delimiter = ',', value_name = "RANGE")]
    pub scanner_ranges: Vec<IpRange>,
    /// Lets streams send into private networks and without TLS: where receivers stand beside the server, and for tests
    #[arg(long, env = "EVERLOG_ALLOW_PRIVATE_WEBHOOKS")]
    pub allow_private_webhooks: bool,
    /// After how many days everything that is stored is read again in the background; 0: never [default: 7]
    #[arg(long, env = "EVERLOG_SCRUB_DAYS", value_name = "DAYS")]
    pub scrub_days: Option<u64>,
    /// How log lines are written: text or json [default: text]
    #[arg(long, env = "EVERLOG_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// The key that seals documents, as PKCS #8 in PEM; with --seal-certificate [default: made at first start]
    #[arg(long, env = "EVERLOG_SEAL_KEY", value_name = "FILE")]
    pub seal_key: Option<PathBuf>,
    /// The certificates of that key as PEM, its own first
    #[arg(long, env = "EVERLOG_SEAL_CERTIFICATE", value_name = "FILE")]
    pub seal_certificate: Option<PathBuf>,
    /// An authority that stamps seals with the time (RFC 3161)
    #[arg(long, env = "EVERLOG_TIMESTAMP_URL", value_name = "URL")]
    pub timestamp_url: Option<String>,
    /// A witness that cosigns every signed head: its URL and its verifier key, with a space between; may be repeated
    #[arg(long, env = "EVERLOG_WITNESS", value_delimiter = ',', value_name = "URL VKEY")]
    pub witness: Vec<Witness>,
    /// A directory in which every signed head lands as a file, for another machine to collect
    #[arg(long, env = "EVERLOG_CHECKPOINT_DIR", value_name = "DIR")]
    pub checkpoint_dir: Option<PathBuf>,
    /// The operator's key, 32 characters or more [default: made at first start, kept in the data directory]
    #[arg(skip)]
    pub operator_key: Option<String>,
    /// The seeds of the keys that sign checkpoints, 64 hexadecimal digits each, newest first [default: made at first start]
    #[arg(skip)]
    pub log_key: Option<String>,
    /// How that bucket is reached, where it is not what the environment says: for tests
    #[arg(skip)]
    #[serde(skip)]
    pub bucket_access: Option<BucketAccess>,
    /// The delays of streams that fail, where they are not those of the standard: for tests, which cannot wait for days
    #[arg(skip)]
    #[serde(skip)]
    pub stream_delays: Option<Vec<Duration>>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what is expected.
    #[error("{path} is not a configuration")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value is not usable.
    #[error("{name}: {why}")]
    Value {
        /// What was set.
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The name of a variable, unless that is set to nothing: templates of deployments do so where nothing is wanted.
fn unless_empty(name: &'static str) -> Option<&'static str> {
    let value = std::env::var_os(name);
    value.is_none_or(|value| !value.to_string_lossy().trim().is_empty()).then_some(name)
}

impl Config {
    /// Completes what the flags and the environment say with what the file says, and takes the secrets, which are never
    /// flags, from the environment.
    ///
    /// # Errors
    /// Names the file or the value at fault.
    pub fn complete(mut self, file: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let file: Self = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
                path: path.to_owned(),
                source: Box::new(source),
            })?;
            self.listen = self.listen.or(file.listen);
            self.data = self.data.or(file.data);
            self.blobs = self.blobs.or(file.blobs);
            self.public_url = self.public_url.or(file.public_url);
            self.log_host = self.log_host.or(file.log_host);
            self.log_format = self.log_format.or(file.log_format);
            self.scrub_days = self.scrub_days.or(file.scrub_days);
            self.seal_key = self.seal_key.or(file.seal_key);
            self.seal_certificate = self.seal_certificate.or(file.seal_certificate);
            self.timestamp_url = self.timestamp_url.or(file.timestamp_url);
            self.checkpoint_dir = self.checkpoint_dir.or(file.checkpoint_dir);
            self.allow_private_webhooks |= file.allow_private_webhooks;
            self.operator_key = file.operator_key;
            self.log_key = file.log_key;
            if self.trusted_proxies.is_empty() {
                self.trusted_proxies = file.trusted_proxies;
            }
            if self.scanner_ranges.is_empty() {
                self.scanner_ranges = file.scanner_ranges;
            }
            if self.witness.is_empty() {
                self.witness = file.witness;
            }
        }
        self.operator_key = std::env::var("EVERLOG_OPERATOR_KEY").ok().or(self.operator_key);
        self.log_key = std::env::var("EVERLOG_LOG_KEY").ok().or(self.log_key);
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if !self.public_url.as_ref().is_none_or(is_url) {
            return Err(ConfigError::Value { name: "public_url", why: "begins with http:// or https://" });
        }
        if !self.timestamp_url.as_ref().is_none_or(is_url) {
            return Err(ConfigError::Value { name: "timestamp_url", why: "begins with http:// or https://" });
        }
        if self.witness.len() > WITNESSES_MAX {
            return Err(ConfigError::Value { name: "witness", why: "is given 16 times at most" });
        }
        let names = self.witness.iter().map(|witness| witness.key.name());
        if names.collect::<BTreeSet<_>>().len() < self.witness.len() {
            return Err(ConfigError::Value { name: "witness", why: "names each witness once" });
        }
        if self.seal_key.is_some() != self.seal_certificate.is_some() {
            return Err(ConfigError::Value {
                name: "seal_key",
                why: "and seal_certificate are set together",
            });
        }
        if self.operator_key.as_ref().is_some_and(|key| key.chars().count() < OPERATOR_KEY_CHARS_MIN) {
            return Err(ConfigError::Value {
                name: "EVERLOG_OPERATOR_KEY",
                why: "has 32 characters or more",
            });
        }
        Ok(())
    }

    /// The directory that holds the truth.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(DATA_DEFAULT))
    }

    /// The host in the origin of new logs.
    pub fn log_host(&self) -> String {
        let host_of = |url: &String| {
            let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
        };
        let host = self.log_host.clone().or_else(|| self.public_url.as_ref().map(host_of));
        host.filter(|host| !host.is_empty()).unwrap_or_else(|| "everlog.invalid".to_owned())
    }
}
