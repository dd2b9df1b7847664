//! What a log proves, asked of a server or of a data directory. Deliberately absent: whether it holds; whoever asks checks.

use std::io::Read;

use anyhow::{Context, bail};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog_core::checkpoint::VerifierKey;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::Hash;
use everlog_core::proof::{PROOF_BYTES_MAX, Proof};

use crate::cli::place::{Place, answer};

/// Largest text of keys, in bytes.
const KEYS_BYTES_MAX: usize = 1 << 20;

impl Place {
    /// A server's log; without a key it answers what it answers to everybody.
    pub fn remote(url: &str, key: Option<String>, org: &OrgId) -> Self {
        let base = format!("{}/v1/organizations/{org}", url.trim_end_matches('/'));
        Self::Remote { agent: Self::agent(), base, key: key.unwrap_or_default() }
    }

    /// The keys that sign this log, as the log itself names them.
    pub fn log_keys(&self) -> anyhow::Result<Vec<VerifierKey>> {
        match self {
            Self::Remote { base, .. } => {
                let root = base.rsplit_once("/organizations/").map_or(base.as_str(), |(root, _)| root);
                let lines = self.text(&format!("{root}/log-key"), KEYS_BYTES_MAX)?;
                let keys = lines.lines().map(str::trim).filter(|line| !line.is_empty());
                keys.map(|line| line.parse().context("the server names a key that is none")).collect()
            }
            Self::Local { app, .. } => Ok(app.trusted_keys()),
        }
    }

    /// The signed head as it is now.
    pub fn checkpoint(&self) -> anyhow::Result<String> {
        match self {
            Self::Remote { base, .. } => self.text(&format!("{base}/checkpoint"), PROOF_BYTES_MAX),
            Self::Local { app, org, .. } => Ok(app.checkpoint(org)?.note),
        }
    }

    /// The proof of an event in the log of a size, else under the signed head; an error where the log does not hold it.
    pub fn inclusion(&self, seq: Seq, size: Option<Size>) -> anyhow::Result<Proof> {
        match self {
            Self::Remote { base, .. } => {
                let size = size.map(|size| format!("?size={size}")).unwrap_or_default();
                let text = self.text(&format!("{base}/proofs/inclusion/{seq}{size}"), PROOF_BYTES_MAX)?;
                Ok(Proof::parse(&text)?)
            }
            Self::Local { app, org, .. } => {
                let proof = app.inclusion_proof(org, seq, size)?;
                proof.with_context(|| format!("the log has no event {seq}"))
            }
        }
    }

    /// The proof that the log of the size `to` continues that of the size `from`.
    pub fn consistency(&self, from: Size, to: Size) -> anyhow::Result<Vec<Hash>> {
        if from == Size(0) || from == to {
            return Ok(Vec::new());
        }
        match self {
            Self::Remote { .. } => {
                let params =
                    [("from", from), ("to", to)].map(|(name, size)| (name.to_owned(), size.to_string()));
                let answer = self.get("/proofs/consistency", &params)?;
                let hashes = answer["hashes"].as_array().context("the server gives no proof")?;
                let hash =
                    |text: &serde_json::Value| BASE64_STANDARD.decode(text.as_str()?).ok()?.try_into().ok();
                let hashes = hashes.iter().map(hash).collect::<Option<_>>();
                hashes.context("the server gives a proof that is none")
            }
            Self::Local { app, org, .. } => Ok(app.consistency_proof(org, from, Some(to))?.1),
        }
    }

    fn text(&self, url: &str, bytes_max: usize) -> anyhow::Result<String> {
        let Self::Remote { agent, key, .. } = self else { bail!("this log is not behind a server") };
        let mut request = agent.get(url);
        if !key.is_empty() {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut sent = request.call().with_context(|| format!("{url} cannot be reached"))?;
        if !sent.status().is_success() {
            return match answer(sent) {
                Err(why) => Err(why),
                Ok(_) => bail!("{url} answers nothing"),
            };
        }
        let mut text = String::new();
        let read = sent.body_mut().as_reader().take(bytes_max as u64 + 1).read_to_string(&mut text)?;
        if read > bytes_max {
            bail!("{url} answers more than there can be");
        }
        Ok(text)
    }
}
