//! The proof that an event is in the log: its leaf, the hashes that lead from it to the signed root, and what that shows.
//!
//! Deliberately absent: opening the leaf. What stands here proves that a leaf is in the log, and not yet that the words
//! above are in the leaf.

use everlog_core::event::Event;
use everlog_core::hex::Hex;
use everlog_core::merkle::verify_inclusion;

use crate::app::App;
use crate::read::ReadError;
use crate::viewer::dates::When;
use crate::viewer::details::Place;
use crate::viewer::problem::Problem;
use crate::words::grouped;

/// What is shown of a proof.
pub(super) struct Proof {
    pub leaf: String,
    pub found: Found,
}

/// What there is to check.
pub(super) enum Found {
    /// Positions are not for this reader.
    Hidden,
    /// The event is newer than the signed head.
    Unsigned,
    Path(Box<Path>),
}

pub(super) struct Path {
    /// Which event of how many, in words.
    pub place: String,
    /// How many hashes lead to the root, in words.
    pub steps: String,
    pub index: u64,
    pub size: u64,
    pub origin: String,
    pub root: String,
    pub signed: When,
    pub hashes: Vec<String>,
    pub key: String,
    pub note: String,
    /// What this server found when it checked.
    pub holds: bool,
}

impl Proof {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(app: &App, event: &Event, place: &Place<'_>) -> Result<Self, Problem> {
        let org = &place.visit.org;
        let leaf = Hex(&event.leaf_hash).to_string();
        if org.scope().is_restricted() {
            return Ok(Self { leaf, found: Found::Hidden });
        }
        let head = app.checkpoint(org).map_err(ReadError::from)?;
        let (size, root) = (head.checkpoint.size, head.checkpoint.root);
        let Some(path) = app.reader.inclusion(org, event.seq, size)? else {
            return Ok(Self { leaf, found: Found::Unsigned });
        };
        let holds = verify_inclusion(&event.leaf_hash, event.seq, size, &path, &root).is_ok();
        let words = place.visit.words;
        let (number, all) = (grouped(event.seq.0 + 1), grouped(size.0));
        let told = [("number", number.as_str().into()), ("size", all.as_str().into())];
        let path = Path {
            place: words.fill("proof-place", told),
            steps: words.fill("proof-path", [("count", (path.len() as f64).into())]),
            index: event.seq.0,
            size: size.0,
            origin: head.checkpoint.origin,
            root: Hex(&root).to_string(),
            signed: place.clock.exact_when(head.signed_ms),
            hashes: path.iter().map(|hash| Hex(hash).to_string()).collect(),
            key: app.verifier_key(),
            note: head.note,
            holds,
        };
        Ok(Self { leaf, found: Found::Path(Box::new(path)) })
    }
}
