//! What a log's events are together: none is missing, no time goes back, and they grow the tree that was signed.
//!
//! Deliberately absent: what is wrong with one of them by itself (`fsck::row`), and where the log should end.

use everlog_core::ids::Seq;
use everlog_core::merkle::Frontier;

use crate::fsck::FAULTS_MAX;
use crate::fsck::row::{Place, check_time};
use crate::fsck::signed_head::check_tree;
use crate::signed::Kept;

/// What is wrong, and with which event.
pub type Told = Vec<(Seq, String)>;

/// The events of a log up to one of them, in order.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The next position.
    pub next: Seq,
    /// When the newest was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// Their tree, as long as every leaf is known.
    pub tree: Option<Frontier>,
    /// The first of those that are missing in front of the next.
    missing: Option<Seq>,
    /// The first of those that are bad by themselves: where they stand, what was signed tells no more.
    bad: Vec<Seq>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::from(Seq(0), 0, Some(Frontier::new()))
    }
}

impl Chain {
    /// Goes on in front of this position.
    pub fn from(next: Seq, received_ms: u64, tree: Option<Frontier>) -> Self {
        Self { next, received_ms, tree, missing: None, bad: Vec::new() }
    }

    /// Whether what stands in front of the next position was there.
    pub fn is_there(&self) -> bool {
        self.missing.is_none()
    }

    /// Takes what stands at the next position, and tells what is wrong with it and so far.
    pub fn take(&mut self, place: &Place, kept: Option<&Kept>, told: &mut Told) {
        let seq = self.next;
        if let Place::Missing = place {
            self.missing.get_or_insert(seq);
            self.tree = None;
            self.next = Seq(seq.0 + 1);
            return;
        }
        self.end(told);
        self.next = Seq(seq.0 + 1);
        match place {
            Place::Missing => {}
            Place::Unreadable(why) => {
                self.tree = None;
                told.push((seq, why.clone()));
            }
            Place::Read(reading) => {
                let fault = check_time(reading.received_ms, self.received_ms).or(reading.fault.clone());
                if fault.is_some() && self.bad.len() < FAULTS_MAX {
                    self.bad.push(seq);
                }
                told.extend(fault.map(|what| (seq, what)));
                self.received_ms = reading.received_ms;
                if let Some(tree) = &mut self.tree {
                    tree.push(reading.leaf_hash);
                }
            }
        }
        let signed = kept.zip(self.tree.as_ref());
        let signed = signed.filter(|(kept, tree)| kept.frontier.size() == tree.size());
        if let Some((part, what)) = signed.and_then(|(kept, tree)| check_tree(kept, tree))
            && !self.bad.iter().any(|bad| part.contains(bad))
        {
            told.push((*part.start(), what));
        }
    }

    /// Tells which events are missing in front of the next position.
    pub fn end(&mut self, told: &mut Told) {
        let Some(first) = self.missing.take() else { return };
        let last = self.next.0.saturating_sub(1);
        told.push((
            first,
            if first.0 == last {
                "it is missing".to_owned()
            } else {
                format!("it is missing, and so are all up to event {last}")
            },
        ));
    }
}
