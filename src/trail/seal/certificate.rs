//! What a certificate says, as far as a seal asks. Deliberately absent: chains, revocation, trust.

use ring::digest;
use yasna::models::{ObjectIdentifier, TaggedDerValue};
use yasna::tags::{TAG_BMPSTRING, TAG_PRINTABLESTRING, TAG_UTF8STRING};
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, Tag, parse_der};

use crate::trail::seal::key::Algorithm;
use crate::trail::seal::oid;

/// A certificate that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not an X.509 certificate")]
pub struct CertificateFault;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The whole, as it is.
    pub der: Vec<u8>,
    /// Who issued it, as it is.
    pub issuer: Vec<u8>,
    /// Whose it is, as it is.
    pub subject: Vec<u8>,
    /// The serial number, its bytes as they are.
    pub serial: Vec<u8>,
    /// From when it holds, in milliseconds since 1970.
    pub not_before_ms: i64,
    /// Until when it holds, in milliseconds since 1970.
    pub not_after_ms: i64,
    /// How its key signs, when that is known here.
    pub algorithm: Option<Algorithm>,
    /// Its key.
    pub public_key: Vec<u8>,
}

impl Certificate {
    /// Reads one.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read(der: &[u8]) -> Result<Self, CertificateFault> {
        parse_der(der, |reader| read(reader, der)).map_err(|_| CertificateFault)
    }

    /// The SHA-256 of the whole.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.der).as_ref());
        hash
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whose it is, in words: the common name, else nothing.
    pub fn common_name(&self) -> Option<String> {
        let name = parse_der(&self.subject, |reader| {
            let mut found = None;
            reader.read_sequence_of(|reader| {
                reader.read_set_of(|reader| {
                    reader.read_sequence(|reader| {
                        let kind = reader.next().read_oid()?;
                        let value = reader.next().read_tagged_der()?;
                        if kind == oid::COMMON_NAME() {
                            found = Some(words(&value));
                        }
                        Ok(())
                    })
                })
            })?;
            Ok(found)
        });
        name.ok().flatten()
    }
}

fn words(value: &TaggedDerValue) -> String {
    let tag = value.tag();
    if tag == TAG_BMPSTRING {
        let units = value.value().chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]]));
        return String::from_utf16_lossy(&units.collect::<Vec<_>>());
    }
    if tag == TAG_UTF8STRING || tag == TAG_PRINTABLESTRING {
        return String::from_utf8_lossy(value.value()).into_owned();
    }
    value.value().iter().map(|byte| char::from(*byte)).collect()
}

fn read(reader: BERReader<'_, '_>, der: &[u8]) -> ASN1Result<Certificate> {
    reader.read_sequence(|reader| {
        let certificate = reader.next().read_sequence(|reader| {
            reader.read_optional(|reader| reader.read_tagged(Tag::context(0), |it| it.read_u8()))?;
            let serial = reader.next().read_tagged_der()?.value().to_vec();
            reader.next().read_der()?;
            let issuer = reader.next().read_der()?;
            let (not_before_ms, not_after_ms) =
                reader.next().read_sequence(|reader| Ok((time(reader.next())?, time(reader.next())?)))?;
            let subject = reader.next().read_der()?;
            let (algorithm, public_key) = reader.next().read_sequence(|reader| {
                let algorithm = reader.next().read_sequence(|reader| {
                    let kind = reader.next().read_oid()?;
                    let of = reader.read_optional(|reader| reader.read_der())?;
                    Ok(algorithm(&kind, of.as_deref()))
                })?;
                let (key, _) = reader.next().read_bitvec_bytes()?;
                Ok((algorithm, key))
            })?;
            // Key usages and the like, which a seal does not ask.
            while reader.read_optional(|reader| reader.read_der())?.is_some() {}
            Ok(Certificate {
                der: der.to_vec(),
                issuer,
                subject,
                serial,
                not_before_ms,
                not_after_ms,
                algorithm,
                public_key,
            })
        })?;
        reader.next().read_der()?;
        reader.next().read_der()?;
        Ok(certificate)
    })
}

fn algorithm(kind: &ObjectIdentifier, of: Option<&[u8]>) -> Option<Algorithm> {
    if *kind == oid::RSA_KEY() {
        return Some(Algorithm::Rsa);
    }
    if *kind != oid::EC_KEY() {
        return None;
    }
    let curve = parse_der(of?, |reader| reader.read_oid()).ok()?;
    if curve == oid::P256() {
        Some(Algorithm::EcdsaP256)
    } else if curve == oid::P384() {
        Some(Algorithm::EcdsaP384)
    } else {
        None
    }
}

/// A time of either kind (RFC 5280, 4.1.2.5), in milliseconds since 1970.
pub(super) fn time(reader: BERReader<'_, '_>) -> ASN1Result<i64> {
    let value = reader.read_tagged_der()?;
    let text = std::str::from_utf8(value.value()).map_err(|_| invalid())?;
    let text = if text.len() == "YYMMDDHHMMSSZ".len() {
        format!("{}{text}", if text < "50" { "20" } else { "19" })
    } else {
        text.to_owned()
    };
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S%.fZ", &text).map_err(|_| invalid())?;
    Ok(time.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| invalid())?.timestamp().as_millisecond())
}

fn invalid() -> ASN1Error {
    ASN1Error::new(ASN1ErrorKind::Invalid)
}
