//! What a witness says of a checkpoint: a C2SP tlog-cosignature (`cosignature/v1`), and the key to check one with.
//!
//! Deliberately absent: making one, asking for one, how old one may be, and other signature algorithms than Ed25519.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::checkpoint::{KeyError, NOTE_BYTES_MAX, key_id, parse_key, parse_signature_line, write_key};
use crate::hex::Hex;

/// The signature type of timestamped Ed25519 cosignatures in C2SP signed-note.
const ALG_COSIGNATURE: u8 = 0x04;
/// The latest time that a cosignature may name (C2SP tlog-cosignature, section Format).
const SECONDS_MAX: u64 = i64::MAX as u64;

/// A witness: its name and the key that its cosignatures are verified with, written `name+hash+key`.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    /// The first bytes of `SHA-256(name || 0x0A || 0x04 || public key)`.
    id: [u8; 4],
    public: VerifyingKey,
}

/// That a witness has seen a checkpoint and nothing that contradicts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// When, in seconds since 1970, by the clock of the witness.
    pub seconds: u64,
}

/// Why a line is not a cosignature of a checkpoint by a witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// What is said to be cosigned is no note.
    #[error("this is not a signed note")]
    NotANote,
    /// Not `— name base64`.
    #[error("a cosignature is a line `— name base64`")]
    Malformed,
    /// By another key.
    #[error("the line is by another key")]
    OtherKey,
    /// Not a time and a signature, or a time beyond all times.
    #[error("a cosignature holds a time and an Ed25519 signature")]
    WrongForm,
    /// It does not fit what it is said to be of.
    #[error("the cosignature does not fit the checkpoint")]
    Bad,
}

impl WitnessKey {
    /// The name of the witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks a line, without its line break, against the text of a note: what stands before its signatures.
    ///
    /// # Errors
    /// Says why it is no cosignature of this witness on this note.
    pub fn verify(&self, note: &str, line: &str) -> Result<Cosignature, CosignatureError> {
        if note.len() > NOTE_BYTES_MAX || line.len() > NOTE_BYTES_MAX {
            return Err(CosignatureError::NotANote);
        }
        let text = note.rfind("\n\n").map(|at| &note[..=at]).ok_or(CosignatureError::NotANote)?;
        let (name, id, signature) = parse_signature_line(line).ok_or(CosignatureError::Malformed)?;
        if name != self.name || id != self.id {
            return Err(CosignatureError::OtherKey);
        }
        let (seconds, signature) = signature.split_first_chunk().ok_or(CosignatureError::WrongForm)?;
        let seconds = u64::from_be_bytes(*seconds);
        let signature = Signature::from_slice(signature).map_err(|_| CosignatureError::WrongForm)?;
        if seconds > SECONDS_MAX {
            return Err(CosignatureError::WrongForm);
        }
        // "cosignature/v1" 0x0A "time " seconds 0x0A || the text of the note
        let signed = format!("cosignature/v1\ntime {seconds}\n{text}");
        self.public.verify_strict(signed.as_bytes(), &signature).map_err(|_| CosignatureError::Bad)?;
        Ok(Cosignature { seconds })
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_key(formatter, &self.name, &self.id, ALG_COSIGNATURE, &self.public)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WitnessKey({}+{})", self.name, Hex(&self.id))
    }
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, written, public) = parse_key(text, ALG_COSIGNATURE)?;
        let id = key_id(&name, ALG_COSIGNATURE, &public)?;
        if id != written {
            return Err(KeyError::WrongHash);
        }
        Ok(Self { name, id, public })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use base64::prelude::{BASE64_STANDARD, Engine as _};

    use crate::checkpoint::KeyError;
    use crate::cosignature::{CosignatureError, WitnessKey};

    /// The checkpoint of the C2SP page, and a cosignature on it made by another library, from the page alone.
    const NOTE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    const KEY: &str = "witness.example.com/w1+b2b3731c+BBl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";
    const LINE: &str = "\u{2014} witness.example.com/w1 srNzHAAAAABkGFDLO3QHuVkoSLXBTFXEZirSXMcqft7KH9IJ/9dNoJmEuYKyHYdwR8Hl82lSBc3HRuL0pix1dLkwMzmSzwYLULbTBA==";
    /// The same, said to be made 2^63 seconds after 1970.
    const LATE: &str = "\u{2014} witness.example.com/w1 srNzHIAAAAAAAAAAlogM8Fi1ph/Bdy4CiT0IfZnLP2FrCCqaSVKn2F3aNPswWZvARyDhb75jQMN04CWZLNqXkOctW/VggaeDmEbvBA==";

    fn key() -> WitnessKey {
        KEY.parse().unwrap()
    }

    #[test]
    fn a_cosignature_of_another_library_verifies_and_tells_its_time() {
        assert_eq!(key().to_string(), KEY);
        assert_eq!(key().verify(NOTE, LINE).unwrap().seconds, 1_679_315_147);
        // Signatures are not part of what is cosigned.
        let (text, _) = NOTE.split_once("\n\n").unwrap();
        assert!(key().verify(&format!("{text}\n\n"), LINE).is_ok());
    }

    #[test]
    fn every_changed_bit_of_a_cosignature_is_refused() {
        let encoded = LINE.rsplit_once(' ').unwrap().1;
        let bytes = BASE64_STANDARD.decode(encoded).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let line = LINE.replace(encoded, &BASE64_STANDARD.encode(&changed));
            let why = key().verify(NOTE, &line).unwrap_err();
            let expected = match bit / 8 {
                0..4 => CosignatureError::OtherKey,
                4 if bit == 39 => CosignatureError::WrongForm,
                _ => CosignatureError::Bad,
            };
            assert_eq!(why, expected, "bit {bit}");
        }
    }

    #[test]
    fn what_is_no_cosignature_of_this_checkpoint_is_refused() {
        let other = NOTE.replace("20852163", "20852164");
        assert_eq!(key().verify(&other, LINE), Err(CosignatureError::Bad));
        assert_eq!(key().verify("no note", LINE), Err(CosignatureError::NotANote));
        assert_eq!(key().verify(NOTE, LATE), Err(CosignatureError::WrongForm));
        let plain = NOTE.rsplit_once("\n\n").unwrap().1.trim_end();
        assert_eq!(key().verify(NOTE, plain), Err(CosignatureError::OtherKey));
        for bad in [
            "",
            "\u{2014} ",
            LINE.trim_start_matches('\u{2014}'),
            &format!("{LINE} "),
            &LINE[..LINE.len() - 1],
        ] {
            assert_eq!(key().verify(NOTE, bad), Err(CosignatureError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn a_key_of_a_log_is_no_key_of_a_witness_nor_the_other_way_round() {
        assert!(matches!(KEY.parse::<crate::checkpoint::VerifierKey>(), Err(KeyError::UnknownAlgorithm(4))));
        let log = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(log.parse::<WitnessKey>(), Err(KeyError::UnknownAlgorithm(1)));
        assert_eq!(KEY.replace("w1", "w2").parse::<WitnessKey>(), Err(KeyError::WrongHash));
    }
}
