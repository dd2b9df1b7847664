//! Which segments become one: those of a like size, as long as what comes of them is not too large to be written anew.
//!
//! Deliberately absent: deletions. They are purged explicitly, all of them.

use std::collections::HashMap;

use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// So many segments of a like size become one.
const SEGMENTS_MIN: usize = 8;
/// Segments with fewer documents count as alike.
const LAYER_DOCS_MIN: u32 = 2_000;
/// No larger segment comes of a merge: writing it anew stays a matter of seconds, and so does the disk it needs.
const DOCS_MAX: u32 = 2_000_000;

/// The library's policy, bounded.
#[derive(Debug)]
pub(super) struct Merging(LogMergePolicy);

impl Merging {
    pub fn new() -> Self {
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(SEGMENTS_MIN);
        policy.set_min_layer_size(LAYER_DOCS_MIN);
        policy.set_max_docs_before_merge(DOCS_MAX as usize);
        policy.set_del_docs_ratio_before_merge(1.0);
        Self(policy)
    }
}

impl MergePolicy for Merging {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let docs: HashMap<SegmentId, u32> = segments.iter().map(|it| (it.id(), it.num_docs())).collect();
        let candidates = self.0.compute_merge_candidates(segments).into_iter();
        candidates.filter_map(|MergeCandidate(ids)| bounded(ids, &docs)).collect()
    }
}

/// Of segments that may become one, as many as come to no more than the largest; the smallest first.
fn bounded(mut ids: Vec<SegmentId>, docs: &HashMap<SegmentId, u32>) -> Option<MergeCandidate> {
    let docs_of = |id: &SegmentId| docs.get(id).copied().unwrap_or(DOCS_MAX);
    ids.sort_by_key(docs_of);
    let mut total = 0_u32;
    ids.retain(|id| {
        total = total.saturating_add(docs_of(id));
        total <= DOCS_MAX
    });
    (ids.len() > 1).then_some(MergeCandidate(ids))
}
