//! Why a log is only read: what is stored is not what was signed. Deliberately absent: finding out (`app::checkpoints`), and
//! any way to open such a log again but to start with another store.

use everlog_core::ids::{Seq, Size};
use jiff::Timestamp;

/// Why a log is neither written nor signed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// It ends before what was signed: an older copy of it was put back.
    #[error(
        "this log holds {size} events, but {} of it were signed at {}; it is only read until a backup from after that time \
         is restored",
        .signed.size, .signed.time()
    )]
    WentBack {
        /// How many events it holds.
        size: Size,
        /// What was signed.
        signed: LastSigned,
    },
    /// It is as long as what was signed or longer, and another: it was put back and has grown since, or was rewritten.
    #[error(
        "this log is not the one of which {} events were signed at {}; it is only read until a backup from after that time \
         is restored",
        .0.size, .0.time()
    )]
    Rewritten(LastSigned),
    /// An event is not there, or not what its leaf says.
    #[error(
        "event {seq} of this log cannot be verified; the log is only read until a backup that is whole is restored"
    )]
    Damaged {
        /// The first that is bad.
        seq: Seq,
    },
    /// What was signed last is kept, and cannot be read.
    #[error(
        "what was signed last of this log is kept and cannot be read; it is only read until that file is mended"
    )]
    Unreadable,
}

/// The last signed head, as far as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSigned {
    /// How many events it holds.
    pub size: Size,
    /// When it was signed, in milliseconds since 1970.
    pub signed_ms: u64,
}

impl LastSigned {
    /// When it was signed, to the next second: a backup from after it holds what was signed.
    pub fn time(&self) -> Timestamp {
        let second = i64::try_from(self.signed_ms.div_ceil(1_000)).ok();
        second.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(Timestamp::MAX)
    }
}

impl Closed {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WentBack { .. } => "log_went_back",
            Self::Rewritten(_) => "log_rewritten",
            Self::Damaged { .. } => "log_damaged",
            Self::Unreadable => "signed_head_unreadable",
        }
    }

    /// What was signed, where a backup is wanted that holds it.
    pub const fn wanted(&self) -> Option<LastSigned> {
        match self {
            Self::WentBack { signed, .. } | Self::Rewritten(signed) => Some(*signed),
            Self::Damaged { .. } | Self::Unreadable => None,
        }
    }
}
