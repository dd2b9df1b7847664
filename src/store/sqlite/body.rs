//! A document as it lies in a row: compressed with a shared dictionary, and checked on the way out.
//!
//! Deliberately absent: what a document says, and any dictionary trained on what customers sent.

use std::collections::HashMap;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

use crate::store::StoreError;

/// The dictionary that new bodies are compressed with, made by `examples/train_dictionary.rs` from generated events.
pub(super) const SHIPPED: Dictionary<'static> =
    Dictionary { id: 1, bytes: include_bytes!("../../../assets/events-v1.zdict") };
/// In a row: compressed without a dictionary.
const NONE: u32 = 0;
/// The level at which more time no longer buys much.
const LEVEL: i32 = 3;
/// Longest document. The event in it is at most 262,144 bytes; what the server adds can name every field of it twice.
pub const DOCUMENT_BYTES_MAX: usize = 8 << 20;

/// A dictionary by the number that rows know it by.
#[derive(Clone, Copy)]
pub(super) struct Dictionary<'a> {
    /// Its number, from 1.
    pub(super) id: u32,
    /// What zstd loads.
    pub(super) bytes: &'a [u8],
}

/// Compresses bodies, all with one dictionary.
pub(super) struct Encoder {
    dictionary: u32,
    compressor: Compressor<'static>,
}

impl Encoder {
    /// Loads the dictionary once, for all bodies to come.
    ///
    /// A frame carries a checksum in the place of the dictionary's number, which the row has beside it: a damaged body
    /// is found when it is read, and not only when its leaf is verified.
    pub(super) fn new(dictionary: Dictionary<'_>) -> Result<Self, StoreError> {
        let load = || -> io::Result<Compressor<'static>> {
            let mut compressor = Compressor::with_dictionary(LEVEL, dictionary.bytes)?;
            compressor.set_parameter(CParameter::ChecksumFlag(true))?;
            compressor.set_parameter(CParameter::DictIdFlag(false))?;
            Ok(compressor)
        };
        let compressor = load().map_err(|error| unusable(dictionary.id, &error))?;
        Ok(Self { dictionary: dictionary.id, compressor })
    }

    /// The body of a document, and the number of its dictionary.
    pub(super) fn encode(&mut self, document: &[u8]) -> Result<(u32, Vec<u8>), StoreError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(StoreError::Full("bytes of a document"));
        }
        let body = self
            .compressor
            .compress(document)
            .map_err(|error| StoreError::Io { doing: "compress a document", source: Box::new(error) })?;
        Ok((self.dictionary, body))
    }

    /// The same, as long as what it replaces where that is possible: a row that keeps its length is overwritten where it
    /// lies, and nothing of it stays elsewhere in its page.
    pub(super) fn encode_in_place(
        &mut self,
        document: &[u8],
        length: usize,
    ) -> Result<(u32, Vec<u8>), StoreError> {
        let (dictionary, mut body) = self.encode(document)?;
        body.resize(length.max(body.len()), 0);
        Ok((dictionary, body))
    }
}

/// Decompresses bodies, each with the dictionary its row names.
pub(super) struct Decoders(HashMap<u32, Decompressor<'static>>);

impl Decoders {
    /// Loads every dictionary once.
    pub(super) fn new<'a>(dictionaries: impl Iterator<Item = Dictionary<'a>>) -> Result<Self, StoreError> {
        let plain = Dictionary { id: NONE, bytes: &[] };
        dictionaries
            .chain([plain])
            .map(|Dictionary { id, bytes }| {
                let decompressor =
                    Decompressor::with_dictionary(bytes).map_err(|error| unusable(id, &error))?;
                Ok((id, decompressor))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The document in a body, or what is wrong with it.
    pub(super) fn decode(&mut self, dictionary: u32, body: &[u8]) -> Result<Vec<u8>, String> {
        // To zstd this would be no frames, and well.
        if body.is_empty() {
            return Err("its body is empty".into());
        }
        let decompressor =
            self.0.get_mut(&dictionary).ok_or_else(|| format!("there is no dictionary {dictionary}"))?;
        decompressor.decompress(body, DOCUMENT_BYTES_MAX).map_err(|error| error.to_string())
    }
}

/// The frame at the beginning of a body that was made as long as another, without the zeros behind it.
pub(super) fn without_padding(body: &[u8]) -> &[u8] {
    let frame = zstd::zstd_safe::find_frame_compressed_size(body)
        .ok()
        .and_then(|length| body.split_at_checked(length));
    match frame {
        Some((frame, rest)) if rest.iter().all(|byte| *byte == 0) => frame,
        _ => body,
    }
}

fn unusable(id: u32, error: &io::Error) -> StoreError {
    StoreError::Corrupt(format!("dictionary {id} cannot be used: {error}"))
}
