//! The signature of a seal as bytes: CMS SignedData with the attributes of CAdES (RFC 5652, RFC 5035, ETSI EN 319 142-1).
//!
//! Deliberately absent: leniency. What is read is written again, and only what comes out the same is believed; so nothing in
//! it can be changed that no signature covers.

use ring::digest;
use yasna::models::ObjectIdentifier;
use yasna::tags::TAG_INTEGER;
use yasna::{ASN1Result, BERReader, BERReaderSeq, DERWriter, Tag, construct_der, parse_der};

use crate::trail::seal::certificate::Certificate;
use crate::trail::seal::key::Algorithm;
use crate::trail::seal::oid;

/// The parts of a signature that are not the same in every seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The certificates, the signer's own first, the others as `Self::new` orders them.
    certificates: Vec<Certificate>,
    algorithm: Algorithm,
    /// The digest of what is signed.
    pub digest: Vec<u8>,
    /// The signature of the attributes.
    pub signed: Vec<u8>,
    /// A token of an authority on time, as it is.
    pub time_stamp: Option<Vec<u8>>,
}

impl Signature {
    /// A signature that is yet to be made.
    pub fn new(certificates: &[Certificate], algorithm: Algorithm, digest: Vec<u8>) -> Self {
        let mut certificates = certificates.to_vec();
        // The set in which they are written has no order of its own.
        if let [_, others @ ..] = &mut certificates[..] {
            others.sort_by(|a, b| a.der.cmp(&b.der));
        }
        Self { certificates, algorithm, digest, signed: Vec::new(), time_stamp: None }
    }

    /// The signer's certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// How it is signed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What the key signs: the set of attributes.
    pub fn attributes(&self) -> Vec<u8> {
        construct_der(|writer| self.write_attributes(writer))
    }

    fn write_attributes(&self, writer: DERWriter<'_>) {
        writer.write_set_of(|set| {
            attribute(set.next(), &oid::CONTENT_TYPE(), |value| value.write_oid(&oid::DATA()));
            attribute(set.next(), &oid::MESSAGE_DIGEST(), |value| value.write_bytes(&self.digest));
            attribute(set.next(), &oid::SIGNING_CERTIFICATE_V2(), |value| {
                value.write_sequence(|of| {
                    of.next().write_sequence(|all| {
                        // Every certificate, so that none can be exchanged; SHA-256 is what is meant when nothing is said.
                        for certificate in &self.certificates {
                            all.next().write_sequence(|it| it.next().write_bytes(&certificate.fingerprint()));
                        }
                    });
                });
            });
        });
    }

    /// The whole, as it stands in a file.
    pub fn to_der(&self) -> Vec<u8> {
        construct_der(|writer| {
            writer.write_sequence(|content| {
                content.next().write_oid(&oid::SIGNED_DATA());
                content
                    .next()
                    .write_tagged(Tag::context(0), |it| it.write_sequence(|data| self.write_data(data)));
            });
        })
    }

    fn write_data(&self, data: &mut yasna::DERWriterSeq<'_>) {
        data.next().write_u8(1);
        data.next().write_set_of(|set| write_digest_algorithm(set.next(), self.algorithm));
        data.next().write_sequence(|content| content.next().write_oid(&oid::DATA()));
        data.next().write_tagged_implicit(Tag::context(0), |it| {
            it.write_set_of(|set| {
                for certificate in &self.certificates {
                    set.next().write_der(&certificate.der);
                }
            });
        });
        data.next().write_set_of(|set| {
            set.next().write_sequence(|signer| {
                signer.next().write_u8(1);
                if let Some(own) = self.certificate() {
                    signer.next().write_sequence(|by| {
                        by.next().write_der(&own.issuer);
                        by.next().write_tagged_implicit(TAG_INTEGER, |it| it.write_bytes(&own.serial));
                    });
                }
                write_digest_algorithm(signer.next(), self.algorithm);
                signer.next().write_tagged_implicit(Tag::context(0), |it| self.write_attributes(it));
                write_signature_algorithm(signer.next(), self.algorithm);
                signer.next().write_bytes(&self.signed);
                if let Some(token) = &self.time_stamp {
                    signer.next().write_tagged_implicit(Tag::context(1), |it| {
                        it.write_set_of(|set| {
                            attribute(set.next(), &oid::TIME_STAMP_TOKEN(), |value| value.write_der(token));
                        });
                    });
                }
            });
        });
    }

    /// Reads what `to_der` wrote, and nothing else.
    pub fn read(der: &[u8]) -> Option<Self> {
        let read = SignedData::read(der)?;
        let own =
            read.certificates.iter().position(|it| it.issuer == read.issuer && it.serial == read.serial)?;
        let mut certificates = read.certificates;
        certificates.swap(0, own);
        let algorithm = certificates[0].algorithm?;
        let mut signature = Self::new(&certificates, algorithm, read.message_digest);
        signature.signed = read.signed;
        signature.time_stamp = read.time_stamp;
        (signature.to_der() == der).then_some(signature)
    }

    /// Whether the signature is the key's whose certificate is in it, of a content with this digest.
    pub fn is_of(&self, content_digest: &[u8]) -> bool {
        let Some(own) = self.certificate() else { return false };
        self.digest == content_digest
            && self.algorithm.is_signed(&own.public_key, &self.attributes(), &self.signed)
    }
}

fn attribute(writer: DERWriter<'_>, kind: &ObjectIdentifier, value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|attribute| {
        attribute.next().write_oid(kind);
        attribute.next().write_set(|set| value(set.next()));
    });
}

fn write_digest_algorithm(writer: DERWriter<'_>, algorithm: Algorithm) {
    let kind = if algorithm == Algorithm::EcdsaP384 { oid::SHA384() } else { oid::SHA256() };
    writer.write_sequence(|it| it.next().write_oid(&kind));
}

fn write_signature_algorithm(writer: DERWriter<'_>, algorithm: Algorithm) {
    writer.write_sequence(|it| match algorithm {
        Algorithm::EcdsaP256 => it.next().write_oid(&oid::ECDSA_SHA256()),
        Algorithm::EcdsaP384 => it.next().write_oid(&oid::ECDSA_SHA384()),
        Algorithm::Rsa => {
            it.next().write_oid(&oid::RSA_SHA256());
            it.next().write_null();
        }
    });
}

/// Any SignedData with one signer, as far as seals and time stamps ask.
pub struct SignedData {
    /// The content, when it is inside.
    pub content: Option<Vec<u8>>,
    /// The certificates inside.
    pub certificates: Vec<Certificate>,
    /// Who issued the signer's certificate.
    pub issuer: Vec<u8>,
    /// The number of the signer's certificate.
    pub serial: Vec<u8>,
    /// How the content was hashed.
    pub digest_algorithm: ObjectIdentifier,
    /// How the attributes were signed.
    pub signature_algorithm: ObjectIdentifier,
    /// The set of attributes that is signed, as a set of its own.
    pub attributes: Vec<u8>,
    /// The digest of the content among them.
    pub message_digest: Vec<u8>,
    /// The signature.
    pub signed: Vec<u8>,
    /// The token of an authority on time.
    pub time_stamp: Option<Vec<u8>>,
}

impl SignedData {
    /// Reads one.
    pub fn read(der: &[u8]) -> Option<Self> {
        parse_der(der, |reader| {
            reader.read_sequence(|reader| {
                reader.next().read_oid()?;
                reader.next().read_tagged(Tag::context(0), |reader| reader.read_sequence(read_data))
            })
        })
        .ok()
        .flatten()
    }
}

fn read_data(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Option<SignedData>> {
    reader.next().read_u8()?;
    reader.next().read_der()?;
    let content = reader.next().read_sequence(|reader| {
        reader.next().read_oid()?;
        reader.read_optional(|reader| reader.read_tagged(Tag::context(0), |it| it.read_bytes()))
    })?;
    let mut certificates = Vec::new();
    reader.read_optional(|reader| {
        reader.read_tagged_implicit(Tag::context(0), |reader| {
            reader.read_set_of(|reader| {
                certificates.push(Certificate::read(&reader.read_der()?).ok());
                Ok(())
            })
        })
    })?;
    // Lists of what was revoked, which are not asked.
    reader.read_optional(|reader| reader.read_tagged_implicit(Tag::context(1), skip_set))?;
    let certificates: Option<Vec<Certificate>> = certificates.into_iter().collect();
    let mut signers = Vec::new();
    reader.next().read_set_of(|reader| {
        signers.push(reader.read_sequence(read_signer)?);
        Ok(())
    })?;
    let (Some(certificates), Ok([signer])) = (certificates, <[SignedData; 1]>::try_from(signers)) else {
        return Ok(None);
    };
    Ok(Some(SignedData { content, certificates, ..signer }))
}

fn skip_set(reader: BERReader<'_, '_>) -> ASN1Result<()> {
    reader.read_set_of(|reader| reader.read_der().map(drop))
}

fn read_signer(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<SignedData> {
    reader.next().read_u8()?;
    let (issuer, serial) = reader.next().read_sequence(|reader| {
        Ok((reader.next().read_der()?, reader.next().read_tagged_der()?.value().to_vec()))
    })?;
    let digest_algorithm = read_algorithm(reader.next())?;
    let attributes = reader.next().read_tagged_implicit(Tag::context(0), |reader| {
        let mut all = Vec::new();
        reader.read_set_of(|reader| {
            all.push(reader.read_der()?);
            Ok(())
        })?;
        Ok(all)
    })?;
    let signature_algorithm = read_algorithm(reader.next())?;
    let signed = reader.next().read_bytes()?;
    let unsigned = reader.read_optional(|reader| {
        reader.read_tagged_implicit(Tag::context(1), |reader| {
            let mut all = Vec::new();
            reader.read_set_of(|reader| {
                all.push(reader.read_der()?);
                Ok(())
            })?;
            Ok(all)
        })
    })?;
    let digest = value_of(&attributes, &oid::MESSAGE_DIGEST());
    let digest = digest.and_then(|der| parse_der(&der, |reader| reader.read_bytes()).ok());
    Ok(SignedData {
        content: None,
        certificates: Vec::new(),
        issuer,
        serial,
        digest_algorithm,
        signature_algorithm,
        message_digest: digest.unwrap_or_default(),
        attributes: construct_der(|writer| {
            writer.write_set_of(|set| attributes.iter().for_each(|it| set.next().write_der(it)));
        }),
        signed,
        time_stamp: unsigned.and_then(|all| value_of(&all, &oid::TIME_STAMP_TOKEN())),
    })
}

fn read_algorithm(reader: BERReader<'_, '_>) -> ASN1Result<ObjectIdentifier> {
    reader.read_sequence(|reader| {
        let kind = reader.next().read_oid()?;
        reader.read_optional(|reader| reader.read_der())?;
        Ok(kind)
    })
}

/// The only value of an attribute.
fn value_of(attributes: &[Vec<u8>], kind: &ObjectIdentifier) -> Option<Vec<u8>> {
    attributes.iter().find_map(|attribute| {
        parse_der(attribute, |reader| {
            reader.read_sequence(|reader| {
                let found = reader.next().read_oid()?;
                let mut values = Vec::new();
                reader.next().read_set_of(|reader| {
                    values.push(reader.read_der()?);
                    Ok(())
                })?;
                Ok((found == *kind).then(|| values.into_iter().next()).flatten())
            })
        })
        .ok()
        .flatten()
    })
}

/// A digest by the name of its algorithm.
pub fn digest_by(kind: &ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    let by = if *kind == oid::SHA256() {
        &digest::SHA256
    } else if *kind == oid::SHA384() {
        &digest::SHA384
    } else if *kind == oid::SHA512() {
        &digest::SHA512
    } else {
        return None;
    };
    Some(digest::digest(by, bytes).as_ref().to_vec())
}
