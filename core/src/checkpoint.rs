//! The signed head of a log: a C2SP tlog-checkpoint in a signed note, and the key pair that makes and opens it.
//!
//! Deliberately absent: when a head may be signed, where keys are kept, and other signature algorithms than
//! Ed25519.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::hex::{self, Hex};
use crate::ids::Size;
use crate::leaf::Hash;

mod keys;

pub use keys::{KNOWN_KEYS_MAX, KeysError, LogKeys, SIGNING_KEYS_MAX};

/// Largest note that is opened, in bytes: a checkpoint with a hundred foreign signatures is far below.
pub const NOTE_BYTES_MAX: usize = 65_536;

/// Longest key name, in bytes: that of a host name and a port.
pub const KEY_NAME_BYTES_MAX: usize = 260;

/// The signature type of Ed25519 in C2SP signed-note.
const ALG_ED25519: u8 = 0x01;

/// What begins every signature line: an em dash and a space.
const SIGNATURE_LINE: &str = "\u{2014} ";

/// Size and root of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log: `<host>/log/<hex log_id>`. One line without control characters, not empty.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: Size,
    /// The root of that tree.
    pub root: Hash,
}

/// Why a note is not a checkpoint signed by the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`NOTE_BYTES_MAX`].
    #[error("the note has {0} bytes, more than {NOTE_BYTES_MAX}")]
    TooLarge(usize),
    /// Not a text, an empty line and signature lines, or a control character in it.
    #[error("this is not a signed note: it needs a text, an empty line and signature lines")]
    Malformed,
    /// A line after the text that is no signature.
    #[error("signature line {line} of the note is not `— name base64`")]
    MalformedSignature {
        /// Its position among the signature lines, from 1.
        line: usize,
    },
    /// No line is by this key.
    #[error("the note is not signed by {key}")]
    NotSigned {
        /// Name and id of the key.
        key: String,
    },
    /// A line by this key does not fit the text.
    #[error("a signature by {key} does not fit the note")]
    BadSignature {
        /// Name and id of the key.
        key: String,
    },
    /// The signed text is no checkpoint: origin, size and root, a line each.
    #[error("the signed text is not a checkpoint: {0}")]
    NotACheckpoint(&'static str),
}

/// Why a text is no key, or a name cannot be a key's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Empty, too long, or with white space, a plus sign or a control character.
    #[error(
        "a key name is 1 to {KEY_NAME_BYTES_MAX} bytes without white space, plus signs and control characters"
    )]
    BadName,
    /// Not `name+hash+key`, in lower-case hexadecimal and canonical base64.
    #[error("a verifier key is `name+hash+key`, such as example.com+1a2b3c4d+AbCd…")]
    Malformed,
    /// Another signature type than the one that is wanted: Ed25519 (1) for logs, its cosignatures (4) for witnesses.
    #[error(
        "signature type {0} is not the one that is wanted here: 1 of a log, 4 of a witness, both Ed25519"
    )]
    UnknownAlgorithm(u8),
    /// The bytes are no usable Ed25519 public key.
    #[error("this is no usable Ed25519 public key")]
    BadPublicKey,
    /// The hash is not that of name and key: a letter was lost or changed.
    #[error("the hash of the verifier key does not fit its name and key")]
    WrongHash,
}

/// The key pair that signs the checkpoints of an installation. It never leaves the server.
pub struct LogKey {
    signing: SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for LogKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogKey({}, …)", self.verifier.label())
    }
}

impl LogKey {
    /// The key of this name that the 32 secret bytes determine.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, KeyError> {
        let signing = SigningKey::from_bytes(&seed);
        let verifier = VerifierKey::new(name, signing.verifying_key())?;
        Ok(Self { signing, verifier })
    }

    /// What others need to open notes of this key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The whole note. The same checkpoint always gives the same bytes.
    ///
    /// [`VerifierKey::open`] refuses the note of an origin that is not as [`Checkpoint::origin`] says.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        self.sign_text(&checkpoint.to_text())
    }

    /// Signs any text that ends with a line break.
    fn sign_text(&self, text: &str) -> String {
        format!("{text}\n{}", self.signature_line(text))
    }

    fn signature_line(&self, text: &str) -> String {
        let signature = self.signing.sign(text.as_bytes()).to_bytes();
        let signed = BASE64_STANDARD.encode([&self.verifier.id[..], &signature].concat());
        format!("{SIGNATURE_LINE}{} {signed}\n", self.verifier.name)
    }

    /// The secret bytes that the key follows from.
    fn seed(&self) -> [u8; 32] {
        self.signing.to_bytes()
    }
}

/// A public key with its name, written `name+hash+key` (C2SP signed-note).
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    /// The first bytes of `SHA-256(name || 0x0A || 0x01 || public key)`.
    id: [u8; 4],
    public: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, public: VerifyingKey) -> Result<Self, KeyError> {
        Ok(Self { name: name.to_owned(), id: key_id(name, ALG_ED25519, &public)?, public })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name and id: enough to tell keys apart, too little to verify.
    pub fn label(&self) -> String {
        format!("{}+{}", self.name, Hex(&self.id))
    }

    /// Opens a note: the checkpoint, if this key signed it and nothing in the note contradicts that.
    ///
    /// Signatures by other keys are passed over. Every line by this key must be good, a checkpoint has no
    /// extension lines, and numbers and base64 have one spelling.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        Checkpoint::from_text(self.open_text(note)?)
    }

    /// Opens a note with any text.
    fn open_text<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLarge(note.len()));
        }
        if note.chars().any(|character| character.is_ascii_control() && character != '\n') {
            return Err(NoteError::Malformed);
        }
        let break_at = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, lines) = (&note[..=break_at], &note[break_at + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signed = false;
        for (position, line) in lines.split('\n').enumerate() {
            let malformed = NoteError::MalformedSignature { line: position + 1 };
            let (name, id, signature) = parse_signature_line(line).ok_or(malformed)?;
            if name != self.name || id != self.id {
                continue;
            }
            let good = Signature::from_slice(&signature)
                .is_ok_and(|signature| self.public.verify_strict(text.as_bytes(), &signature).is_ok());
            if !good {
                return Err(NoteError::BadSignature { key: self.label() });
            }
            signed = true;
        }
        if !signed {
            return Err(NoteError::NotSigned { key: self.label() });
        }
        Ok(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(formatter, &self.name, &self.id, ALG_ED25519, &self.public)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, written, public) = parse_key(text, ALG_ED25519)?;
        let key = Self::new(&name, public)?;
        if key.id != written {
            return Err(KeyError::WrongHash);
        }
        Ok(key)
    }
}

/// The first bytes of `SHA-256(name || 0x0A || algorithm || public key)`.
pub(crate) fn key_id(name: &str, algorithm: u8, public: &VerifyingKey) -> Result<[u8; 4], KeyError> {
    if !is_key_name(name) {
        return Err(KeyError::BadName);
    }
    let hasher = Sha256::new().chain_update(name).chain_update([b'\n', algorithm]);
    let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.chain_update(public.as_bytes()).finalize());
    Ok([a, b, c, d])
}

/// Writes `name+hash+key`.
pub(crate) fn write_key(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    id: &[u8; 4],
    algorithm: u8,
    public: &VerifyingKey,
) -> fmt::Result {
    let key = BASE64_STANDARD.encode([&[algorithm][..], public.as_bytes()].concat());
    write!(formatter, "{name}+{}+{key}", Hex(id))
}

/// Reads `name+hash+key` of one signature type. The hash is as it is written.
pub(crate) fn parse_key(text: &str, algorithm: u8) -> Result<(String, [u8; 4], VerifyingKey), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Malformed)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Malformed)?;
    let id: [u8; 4] = hex::decode(id).ok_or(KeyError::Malformed)?;
    let key = BASE64_STANDARD.decode(key).map_err(|_| KeyError::Malformed)?;
    let public = match key.as_slice() {
        [actual, public @ ..] if *actual == algorithm => public,
        [other, ..] => return Err(KeyError::UnknownAlgorithm(*other)),
        [] => return Err(KeyError::Malformed),
    };
    let public = <&[u8; 32]>::try_from(public).map_err(|_| KeyError::BadPublicKey)?;
    let public = VerifyingKey::from_bytes(public).map_err(|_| KeyError::BadPublicKey)?;
    if public.is_weak() {
        return Err(KeyError::BadPublicKey);
    }
    Ok((name.to_owned(), id, public))
}

impl Checkpoint {
    /// The text that is signed.
    fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    fn from_text(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::NotACheckpoint("it has fewer than three lines"));
        };
        if lines.next().is_some() {
            return Err(NoteError::NotACheckpoint("it has extension lines"));
        }
        if origin.is_empty() {
            return Err(NoteError::NotACheckpoint("its origin is empty"));
        }
        let size = parse_decimal(size)
            .map(Size)
            .ok_or(NoteError::NotACheckpoint("its size is not a plain number"))?;
        let root = BASE64_STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        let root = root.ok_or(NoteError::NotACheckpoint("its root is not 32 bytes of base64"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A number in decimal digits without sign and leading zeros: the one spelling that a note and a proof know.
pub fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with(['0', '+']);
    plain.then(|| text.parse().ok()).flatten()
}

/// Name, key id and signature of a line `— name base64(id || signature)`.
pub(crate) fn parse_signature_line(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_LINE)?.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let (id, signature) = decoded.split_first_chunk()?;
    if !is_key_name(name) || signature.is_empty() {
        return None;
    }
    Some((name, *id, signature.to_vec()))
}

fn is_key_name(name: &str) -> bool {
    let allowed = |character: char| !character.is_whitespace() && !character.is_control() && character != '+';
    (1..=KEY_NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed)
}

#[cfg(test)]
mod tests;
