//! One exchange with a witness (C2SP tlog-witness): what is asked, and what its answer means.
//!
//! Deliberately absent: when to ask, and what is known of a witness from before (`app::checkpoints`).

use std::fmt;
use std::io::Read as _;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog_core::checkpoint::{KeyError, parse_decimal};
use everlog_core::cosignature::{CosignatureError, WitnessKey};
use everlog_core::ids::Size;
use everlog_core::leaf::Hash;
use serde::Deserialize;
use ureq::Agent;

/// Most witnesses of an installation: each gets every head, and a line in the note.
pub const WITNESSES_MAX: usize = 16;
/// How long one question may take as a whole.
const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(20);
/// How long it may take until somebody answers the connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes: a few lines.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// Longest wait that a witness may ask for, in seconds.
const RETRY_AFTER_SECONDS_MAX: u64 = 60 * 60;

/// Where a witness is asked, and the key that its answers are verified with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Witness {
    /// The prefix of its address, without a slash at the end.
    url: String,
    /// Its name and its key.
    pub key: WitnessKey,
}

/// Why a text names no witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Not two words, the first an address.
    #[error(
        "a witness is its URL and its verifier key, with a space between: https://witness.example name+hash+key"
    )]
    Malformed,
    /// The second word is no key of a witness.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl FromStr for Witness {
    type Err = WitnessError;

    fn from_str(text: &str) -> Result<Self, WitnessError> {
        let (url, key) = text.trim().split_once(' ').ok_or(WitnessError::Malformed)?;
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if !is_web || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WitnessError::Malformed);
        }
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key: key.trim().parse()? })
    }
}

impl TryFrom<String> for Witness {
    type Error = WitnessError;

    fn try_from(text: String) -> Result<Self, WitnessError> {
        text.parse()
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Witness({:?})", self.key)
    }
}

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The line with which it cosigns, without its line break.
    Cosigned(String),
    /// It has cosigned a head of this size last, and wants a proof from there.
    Stands(Size),
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// 404.
    #[error("it does not know this log")]
    UnknownLog,
    /// 403.
    #[error("it does not know the key of this log")]
    UnknownKey,
    /// 422: the log does not continue what the witness has cosigned.
    #[error("it has cosigned something that this log does not continue")]
    NotContinued,
    /// Another answer.
    #[error("it answered {status}")]
    Status {
        /// With what.
        status: u16,
        /// When to come again, in seconds.
        retry_after: Option<u64>,
    },
    /// 200, and no line by its key.
    #[error("it answered without a cosignature of its own")]
    NoCosignature,
    /// 200, and a line by its key that is not good.
    #[error("its cosignature does not hold")]
    Bad(#[source] CosignatureError),
    /// 409 without a size.
    #[error("it answered a conflict without saying where it stands")]
    NoSize,
    /// Nobody answers in time, or not at all.
    #[error("it cannot be reached")]
    Unreachable,
}

/// Whom to ask, with the connection that is kept open.
pub struct Asker {
    /// The witness.
    pub witness: Witness,
    agent: Agent,
}

impl Asker {
    /// Nobody is asked yet.
    pub fn new(witness: Witness) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(ATTEMPT_TIME_MAX))
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .user_agent(concat!("Everlog/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { witness, agent: agent.into() }
    }

    /// Asks for a cosignature on a note, with the proof that it continues the head of size `old`. Waits for the answer.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn ask(&self, old: Size, proof: &[Hash], note: &str) -> Result<Answer, AskError> {
        let url = format!("{}/add-checkpoint", self.witness.url);
        let sent = self.agent.post(url).header("content-type", "text/plain; charset=utf-8");
        let mut answer = sent.send(body(old, proof, note)).map_err(|why| {
            // Whatever went wrong on the way, nothing was answered.
            tracing::debug!(
                witness = self.witness.key.name(),
                error = &why as &dyn std::error::Error,
                "no answer"
            );
            AskError::Unreachable
        })?;
        let mut text = String::new();
        let read = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_string(&mut text);
        let status = answer.status().as_u16();
        match status {
            200 => {
                read.map_err(|_| AskError::NoCosignature)?;
                self.cosignature(note, &text)
            }
            403 => Err(AskError::UnknownKey),
            404 => Err(AskError::UnknownLog),
            409 => {
                let size = text.strip_suffix('\n').and_then(parse_decimal).map(Size);
                size.map(Answer::Stands).ok_or(AskError::NoSize)
            }
            422 => Err(AskError::NotContinued),
            status => {
                let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let asked = asked.and_then(|value| value.trim().parse().ok());
                let retry_after = asked.map(|seconds: u64| seconds.min(RETRY_AFTER_SECONDS_MAX));
                Err(AskError::Status { status, retry_after })
            }
        }
    }

    /// The line by its own key; lines by others are passed over.
    fn cosignature(&self, note: &str, text: &str) -> Result<Answer, AskError> {
        for line in text.lines() {
            match self.witness.key.verify(note, line) {
                Ok(_) => return Ok(Answer::Cosigned(line.to_owned())),
                Err(CosignatureError::OtherKey | CosignatureError::Malformed) => {}
                Err(why) => return Err(AskError::Bad(why)),
            }
        }
        Err(AskError::NoCosignature)
    }
}

/// `old` and a size, the proof, an empty line, the note (C2SP tlog-witness, section add-checkpoint).
fn body(old: Size, proof: &[Hash], note: &str) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&STANDARD.encode(hash));
        body.push('\n');
    }
    body.push('\n');
    body + note
}

#[cfg(test)]
mod tests {
    use everlog_core::ids::Size;

    use crate::witness::{Witness, WitnessError, body};

    const KEY: &str = "witness.example.com/w1+b2b3731c+BBl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";

    #[test]
    fn a_witness_is_an_address_and_a_key() {
        let witness: Result<Witness, _> = format!("https://w.example/x/ {KEY}").parse();
        assert_eq!(witness.map(|it| it.url), Ok("https://w.example/x".to_owned()));
        for bad in ["", KEY, "https://w.example", "ftp://w.example KEY", "https://w\u{e9}.example KEY"] {
            let parsed: Result<Witness, _> = bad.replace("KEY", KEY).parse();
            assert_eq!(parsed, Err(WitnessError::Malformed), "{bad}");
        }
        let log = "https://w PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert!(matches!(log.parse::<Witness>(), Err(WitnessError::Key(_))));
    }

    /// The form of the example on the C2SP page.
    #[test]
    fn a_question_is_the_old_size_a_proof_an_empty_line_and_the_note() {
        let asked = body(Size(7), &[[0; 32], [0xff; 32]], "o\n8\nroot\n\n\u{2014} o sig\n");
        let hashes =
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n//////////////////////////////////////////8=\n";
        assert_eq!(asked, format!("old 7\n{hashes}\no\n8\nroot\n\n\u{2014} o sig\n"));
        assert_eq!(body(Size(0), &[], "n\n"), "old 0\n\nn\n");
    }
}
