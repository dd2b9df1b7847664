//! Time stamps of an authority (RFC 3161): asked for, and checked. Deliberately absent: which authority deserves trust.

use std::io::Read;
use std::time::Duration;

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use sha2::{Digest, Sha256};
use yasna::{ASN1Result, BERReader, construct_der, parse_der};

use crate::trail::seal::certificate::{Certificate, time};
use crate::trail::seal::cms::{SignedData, digest_by};
use crate::trail::seal::key::Algorithm;
use crate::trail::seal::oid;

/// Most bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How long an authority may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An authority on time.
#[derive(Debug)]
pub struct Authority {
    url: String,
    agent: ureq::Agent,
}

/// Why there is no time stamp.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// The authority did not answer, or not with success.
    #[error("the time stamp authority did not answer")]
    Unreachable(#[source] Box<ureq::Error>),
    /// The answer could not be read to its end.
    #[error("the answer of the time stamp authority broke off")]
    Broken(#[source] std::io::Error),
    /// There is no randomness.
    #[error("there is no randomness to ask with")]
    Random,
    /// The authority refused, or gave something that is no token for what was asked.
    #[error("the answer of the time stamp authority is not a time stamp of what was asked")]
    Useless,
}

impl Authority {
    /// An authority at an address.
    pub fn new(url: String) -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
        Self { url, agent }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for a token of these bytes.
    ///
    /// # Errors
    /// When it cannot be had, or is not what was asked for.
    pub fn stamp(&self, bytes: &[u8]) -> Result<Vec<u8>, StampError> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(|_| StampError::Random)?;
        let nonce = u64::from_be_bytes(nonce);
        let hash = Sha256::digest(bytes);
        let mut answer = self
            .agent
            .post(&self.url)
            .header("content-type", "application/timestamp-query")
            .send(&question(&hash, nonce)[..])
            .map_err(|why| StampError::Unreachable(Box::new(why)))?;
        let mut read = Vec::new();
        let bound = u64::try_from(2 * TOKEN_BYTES_MAX).unwrap_or(u64::MAX);
        answer.body_mut().as_reader().take(bound).read_to_end(&mut read).map_err(StampError::Broken)?;
        let token = parse_der(&read, |reader| {
            reader.read_sequence(|reader| {
                let status = reader.next().read_sequence(|reader| {
                    let status = reader.next().read_u8()?;
                    while reader.read_optional(|it| it.read_der())?.is_some() {}
                    Ok(status)
                })?;
                let token = reader.read_optional(|it| it.read_der())?;
                // Granted, or granted with changes.
                Ok(token.filter(|_| status <= 1))
            })
        });
        let token = token.ok().flatten().ok_or(StampError::Useless)?;
        let stamp = check(&token, bytes).ok_or(StampError::Useless)?;
        let is_ours = stamp.nonce.as_deref() == Some(&number(nonce)[..]);
        if !is_ours || token.len() > TOKEN_BYTES_MAX { Err(StampError::Useless) } else { Ok(token) }
    }
}

fn question(hash: &[u8], nonce: u64) -> Vec<u8> {
    construct_der(|writer| {
        writer.write_sequence(|it| {
            it.next().write_u8(1);
            it.next().write_sequence(|imprint| {
                imprint.next().write_sequence(|by| by.next().write_oid(&oid::SHA256()));
                imprint.next().write_bytes(hash);
            });
            it.next().write_u64(nonce);
            // With the certificate, so that the token is checked with nothing else.
            it.next().write_bool(true);
        });
    })
}

/// A number as its bytes stand in DER.
fn number(value: u64) -> Vec<u8> {
    let der = construct_der(|writer| writer.write_u64(value));
    der.get(2..).unwrap_or_default().to_vec()
}

/// What a time stamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The authority's certificate.
    pub certificate: Certificate,
    nonce: Option<Vec<u8>>,
}

/// Checks a token: that it is of these bytes, and signed by the certificate inside. Nothing when it is not.
pub fn check(token: &[u8], bytes: &[u8]) -> Option<Stamp> {
    let read = SignedData::read(token)?;
    let content = read.content?;
    let (algorithm, imprint, time_ms, nonce) = parse_der(&content, info).ok()?;
    let is_of_content = digest_by(&read.digest_algorithm, &content)? == read.message_digest;
    if digest_by(&algorithm, bytes)? != imprint || !is_of_content {
        return None;
    }
    let own =
        read.certificates.into_iter().find(|it| it.issuer == read.issuer && it.serial == read.serial)?;
    let by = verifier(own.algorithm?, &read.signature_algorithm, &read.digest_algorithm)?;
    UnparsedPublicKey::new(by, &own.public_key).verify(&read.attributes, &read.signed).ok()?;
    Some(Stamp { time_ms, certificate: own, nonce })
}

type Info = (yasna::models::ObjectIdentifier, Vec<u8>, i64, Option<Vec<u8>>);

/// TSTInfo (RFC 3161, 2.4.2).
fn info(reader: BERReader<'_, '_>) -> ASN1Result<Info> {
    reader.read_sequence(|reader| {
        reader.next().read_u8()?;
        reader.next().read_oid()?;
        let (algorithm, imprint) = reader.next().read_sequence(|reader| {
            let algorithm = reader.next().read_sequence(|reader| {
                let kind = reader.next().read_oid()?;
                reader.read_optional(|it| it.read_der())?;
                Ok(kind)
            })?;
            Ok((algorithm, reader.next().read_bytes()?))
        })?;
        reader.next().read_tagged_der()?;
        let time_ms = time(reader.next())?;
        let mut nonce = None;
        while let Some(value) = reader.read_optional(|it| it.read_tagged_der())? {
            if value.tag() == yasna::tags::TAG_INTEGER {
                nonce = Some(value.value().to_vec());
            }
        }
        Ok((algorithm, imprint, time_ms, nonce))
    })
}

fn verifier(
    key: Algorithm,
    signed_by: &yasna::models::ObjectIdentifier,
    hashed_by: &yasna::models::ObjectIdentifier,
) -> Option<&'static dyn VerificationAlgorithm> {
    let is = |one: fn() -> yasna::models::ObjectIdentifier| *signed_by == one();
    Some(match key {
        Algorithm::EcdsaP256 if is(oid::ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
        Algorithm::EcdsaP256 if is(oid::ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
        Algorithm::EcdsaP384 if is(oid::ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
        Algorithm::EcdsaP384 if is(oid::ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
        Algorithm::Rsa if is(oid::RSA_SHA256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rsa if is(oid::RSA_SHA384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rsa if is(oid::RSA_SHA512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        // Some name the key alone, and the digest beside it.
        Algorithm::Rsa if is(oid::RSA_KEY) && *hashed_by == oid::SHA256() => {
            &signature::RSA_PKCS1_2048_8192_SHA256
        }
        Algorithm::Rsa if is(oid::RSA_KEY) && *hashed_by == oid::SHA384() => {
            &signature::RSA_PKCS1_2048_8192_SHA384
        }
        Algorithm::Rsa if is(oid::RSA_KEY) && *hashed_by == oid::SHA512() => {
            &signature::RSA_PKCS1_2048_8192_SHA512
        }
        _ => return None,
    })
}
