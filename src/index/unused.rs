//! The codes that no event has any more: their values may go.
//!
//! A segment has a term for every code of its events, so its dictionary is the list; only where documents were deleted it
//! may name a code that none of those left has. Deliberately absent: taking the values away, which is the store's.

use crate::index::schema::TermKind;
use crate::index::write::Shared;
use crate::index::{IndexError, OrgCode};
use crate::store::{Code, CodeKind, is_blank};

/// The terms that a code of a kind stands in.
fn terms(kind: CodeKind) -> &'static [TermKind] {
    match kind {
        CodeKind::Action => &[TermKind::Action],
        CodeKind::Actor => &[TermKind::Actor, TermKind::Behalf],
        CodeKind::Ip => &[TermKind::Ip],
        CodeKind::TargetType => &[TermKind::TargetType],
    }
}

/// The codes of a kind that no event has and whose values are still there.
pub(super) fn unused_codes(shared: &Shared, org: OrgCode, kind: CodeKind) -> Result<Vec<Code>, IndexError> {
    let values = shared.store.codes(org, kind, Code(0))?;
    let mut used = vec![false; values.len()];
    let mut mark = |code: u32| {
        if let Some(used) = used.get_mut(code as usize) {
            *used = true;
        }
    };
    let snapshot = shared.tail.snapshot(org)?;
    for &term in terms(kind) {
        for entry in snapshot.tail.iter() {
            entry.has_code(term, |code| {
                mark(code);
                false
            });
        }
        for segment in snapshot.segments.iter() {
            segment.each_code(org, term, &mut mark)?;
        }
    }
    let unused = (0..).zip(&values).zip(&used).filter(|((_, value), used)| !**used && !is_blank(value));
    Ok(unused.map(|((code, _), _)| Code(code)).collect())
}
