//! The key that seals documents, with the certificates that say whose it is. Deliberately absent: files, and whom to trust.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair,
    UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::trail::seal::certificate::{Certificate, CertificateFault};

/// Most certificates that go with a key.
pub const CERTIFICATES_MAX: usize = 10;
/// How long a certificate that is made here says it holds.
const YEARS: u64 = 20;
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;
/// For signing documents (RFC 9336).
const DOCUMENT_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 36];

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// RSA as in PKCS #1 version 1.5 with SHA-256.
    Rsa,
}

impl Algorithm {
    /// The digest that goes with it.
    pub fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::EcdsaP256 | Self::Rsa => &digest::SHA256,
            Self::EcdsaP384 => &digest::SHA384,
        }
    }

    /// Whether a signature is one of these bytes by this public key.
    pub fn is_signed(self, public_key: &[u8], bytes: &[u8], signed: &[u8]) -> bool {
        let by: &dyn signature::VerificationAlgorithm = match self {
            Self::EcdsaP256 => &signature::ECDSA_P256_SHA256_ASN1,
            Self::EcdsaP384 => &signature::ECDSA_P384_SHA384_ASN1,
            Self::Rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(by, public_key).verify(bytes, signed).is_ok()
    }
}

enum Private {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A key that seals, and its certificates, its own first.
pub struct SealKey {
    private: Private,
    algorithm: Algorithm,
    certificates: Vec<Certificate>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// The system gave no randomness, or the certificate could not be made.
    #[error("a key for seals cannot be made")]
    Making,
    /// The key is not in a form that is read.
    #[error(
        "the key for seals is not one that is read: an unencrypted PKCS #8 key in PEM, ECDSA on P-256 or P-384, or RSA"
    )]
    Key,
    /// The certificates are not in a form that is read.
    #[error("the certificates for seals cannot be read: PEM, the key's own first")]
    Certificates(#[source] Option<CertificateFault>),
    /// The first certificate is another key's.
    #[error("the first certificate for seals is not the certificate of the key")]
    Mismatch,
}

impl SealKey {
    /// Makes a key and a certificate that only it vouches for, as PEM that `from_pem` reads: the key, then the certificate.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(name: &str, now_ms: u64) -> Result<String, SealKeyError> {
        let making = |_| SealKeyError::Making;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(making)?;
        let mut parameters = CertificateParams::default();
        let mut named = DistinguishedName::new();
        named.push(DnType::CommonName, name);
        parameters.distinguished_name = named;
        let mut serial = [0; 16];
        getrandom::fill(&mut serial).map_err(|_| SealKeyError::Making)?;
        // A serial number is positive and has no zero in front (RFC 5280, 4.1.2.2).
        serial[0] = serial[0] & 0x3F | 0x40;
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        let moment = |ms: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(ms / 1_000);
        parameters.not_before = moment(now_ms);
        parameters.not_after = moment(now_ms + YEARS * YEAR_MS);
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
        let certificate = parameters.self_signed(&key).map_err(making)?;
        Ok(pem("PRIVATE KEY", key.serialized_der()) + &pem("CERTIFICATE", certificate.der()))
    }

    /// Reads a key and its certificates.
    ///
    /// # Errors
    /// Says what cannot be read, or that they do not belong together.
    pub fn from_pem(key: &str, certificates: &str) -> Result<Self, SealKeyError> {
        let private = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| SealKeyError::Key)?;
        let mut read = Vec::new();
        for der in CertificateDer::pem_slice_iter(certificates.as_bytes()).take(CERTIFICATES_MAX) {
            let der = der.map_err(|_| SealKeyError::Certificates(None))?;
            read.push(Certificate::read(&der).map_err(|why| SealKeyError::Certificates(Some(why)))?);
        }
        let own = read.first().ok_or(SealKeyError::Certificates(None))?;
        let algorithm = own.algorithm.ok_or(SealKeyError::Key)?;
        let random = SystemRandom::new();
        let (private, public) = match (algorithm, &private) {
            (Algorithm::EcdsaP256 | Algorithm::EcdsaP384, PrivateKeyDer::Pkcs8(der)) => {
                let by = if algorithm == Algorithm::EcdsaP256 {
                    &ECDSA_P256_SHA256_ASN1_SIGNING
                } else {
                    &ECDSA_P384_SHA384_ASN1_SIGNING
                };
                let key = EcdsaKeyPair::from_pkcs8(by, der.secret_pkcs8_der(), &random);
                let key = key.map_err(|_| SealKeyError::Key)?;
                let public = signature::KeyPair::public_key(&key).as_ref().to_vec();
                (Private::Ecdsa(key), public)
            }
            (Algorithm::Rsa, private) => {
                let key = match private {
                    PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
                    PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
                    _ => return Err(SealKeyError::Key),
                };
                let key = key.map_err(|_| SealKeyError::Key)?;
                let public = key.public().as_ref().to_vec();
                (Private::Rsa(key), public)
            }
            _ => return Err(SealKeyError::Key),
        };
        if public != own.public_key {
            return Err(SealKeyError::Mismatch);
        }
        Ok(Self { private, algorithm, certificates: read })
    }

    /// The key's own certificate.
    pub fn certificate(&self) -> &Certificate {
        // There is one: without, the key is refused.
        &self.certificates[0]
    }

    /// Every certificate, the key's own first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// How the key signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether nobody but the key itself vouches for it.
    pub fn is_self_issued(&self) -> bool {
        self.certificate().is_self_issued()
    }

    /// The SHA-256 of the key's own certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.certificate().fingerprint()
    }

    /// Signs bytes; nothing when the system gives no randomness.
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.private {
            Private::Ecdsa(key) => key.sign(&random, bytes).ok().map(|it| it.as_ref().to_vec()),
            Private::Rsa(key) => {
                let mut signed = vec![0; key.public().modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, bytes, &mut signed).ok()?;
                Some(signed)
            }
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    const LINE_CHARS: usize = 64;
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE_CHARS));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem + &format!("-----END {label}-----\n")
}
