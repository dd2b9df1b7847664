//! One line of a bundle: an event, as far as it is disclosed. Deliberately absent: whether it is in any log.

use std::borrow::Cow;

use serde::Deserialize;

use crate::bundle::{Base64Hash, Fault, FieldFault, HexBytes, LINE_BYTES_MAX, shape};
use crate::ids::{Seq, Size};
use crate::leaf::{self, Hash, LogId, Salt};

/// A field that was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Its commitment, which stays.
    pub commitment: Hash,
    /// The position of the record of its erasure.
    pub by: Seq,
}

/// An event on its line: what is shown of it, and that there is more.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its position in the log.
    pub index: Seq,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// What is shown, in an order in which what stands together in the document stands together.
    pub fields: Vec<Shown<'a>>,
    /// The commitments of what is kept back.
    pub withheld: Vec<Hash>,
    /// The commitments of what was erased, and by which record.
    pub erased: Vec<Erased>,
    /// The hash of its leaf; zeros until it is checked.
    pub leaf_hash: Hash,
    pub(super) proof: Option<Vec<Hash>>,
}

/// A field that is shown.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// Its path.
    pub path: Cow<'a, str>,
    /// The canonical bytes of its value; of an array that is taken apart, its length.
    pub value: Cow<'a, str>,
    /// What makes its commitment unguessable.
    pub salt: Salt,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine<'a> {
    index: u64,
    received_ms: u64,
    #[serde(borrow)]
    fields: Vec<RawField<'a>>,
    #[serde(default)]
    withheld: Vec<HexBytes<32>>,
    #[serde(default)]
    erased: Vec<RawErased>,
    proof: Option<Vec<Base64Hash>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    salt: HexBytes<16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawErased {
    commitment: HexBytes<32>,
    by: u64,
}

impl<'a> Line<'a> {
    /// Reads a line. That its fields can be those of one document is checked by [`Line::hash`].
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.len() > LINE_BYTES_MAX {
            return Err(Fault::TooLong);
        }
        let raw: RawLine<'_> = serde_json::from_slice(bytes).map_err(|why| Fault::Line(why.to_string()))?;
        let shown = |it: RawField<'a>| Shown { path: it.path, value: it.value, salt: Salt(it.salt.0) };
        Ok(Self {
            index: Seq(raw.index),
            received_ms: raw.received_ms,
            fields: raw.fields.into_iter().map(shown).collect(),
            withheld: raw.withheld.into_iter().map(|it| it.0).collect(),
            erased: raw
                .erased
                .into_iter()
                .map(|it| Erased { commitment: it.commitment.0, by: Seq(it.by) })
                .collect(),
            leaf_hash: Hash::default(),
            proof: raw.proof.map(|hashes| hashes.into_iter().map(|it| it.0).collect()),
        })
    }

    /// The hash of the leaf that the line stands for.
    ///
    /// # Errors
    /// When no document has these fields, or no leaf these commitments.
    pub(super) fn hash(&mut self, log_id: &LogId, size: Size) -> Result<Hash, Fault> {
        let hidden = self.withheld.len() + self.erased.len();
        let shown = self.fields.len();
        // What is too much for a leaf is not looked at any further.
        if shown + hidden > leaf::COMMITMENTS_MAX {
            return Err(Fault::Leaf(leaf::LeafError::CommitmentCount(shown + hidden)));
        }
        shape::check(&mut self.fields, hidden)?;
        if !self.withheld.is_sorted_by(|before, after| before < after) {
            return Err(Fault::Unordered("withheld"));
        }
        if !self.erased.is_sorted_by(|before, after| before.commitment < after.commitment) {
            return Err(Fault::Unordered("erased"));
        }
        let is_later = |it: &&Erased| it.by > self.index && size.holds(it.by);
        if let Some(erased) = self.erased.iter().find(|it| !is_later(it)) {
            return Err(Fault::ErasedBy(erased.by));
        }
        let mut commitments: Vec<Hash> = Vec::with_capacity(shown + hidden);
        let of = |field: &Shown<'_>| leaf::commitment(&field.path, field.value.as_bytes(), &field.salt);
        commitments.extend(self.fields.iter().map(of));
        commitments.extend(&self.withheld);
        commitments.extend(self.erased.iter().map(|it| it.commitment));
        commitments.sort_unstable();
        leaf::check_commitments(&commitments).map_err(Fault::Leaf)?;
        Ok(leaf::leaf_hash(log_id, self.index, self.received_ms, &commitments))
    }

    /// The value of a field that is shown, in canonical form.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.path == path).map(|field| field.value.as_ref())
    }

    /// Whether this event records that a field of another one was erased.
    pub(super) fn is_record_of(&self, index: Seq, commitment: &Hash) -> bool {
        let is_erasure = self.value("/s/kind") == Some("\"erasure\"")
            && self.value("/e/action") == Some("\"erasure.made\"");
        let listed = || {
            let listed = self.value(&format!("/e/metadata/erased/{index}"))?;
            let listed: Vec<HexBytes<32>> = serde_json::from_str(listed).ok()?;
            Some(listed.iter().any(|it| it.0 == *commitment))
        };
        is_erasure && listed().unwrap_or(false)
    }
}

impl Shown<'_> {
    pub(super) fn fault(&self, fault: FieldFault) -> Fault {
        // A path of a hostile file may be long; its beginning tells where to look.
        Fault::Field { path: self.path.chars().take(crate::words::WORD_SHOWN_CHARS_MAX).collect(), fault }
    }
}
