//! The one primitive of change: segments removed and segments added.

use crate::geom::coverage::side::Side;

/// A change of a coverage. A segment in both lists gets other labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    removed: Vec<Side>,
    added: Vec<Side>,
}

impl Patch {
    /// The change that takes `removed` away and puts `added` there. Both are sorted, and what is in
    /// both with the same labels is dropped: a change has one spelling.
    #[must_use]
    pub fn new(mut removed: Vec<Side>, mut added: Vec<Side>) -> Self {
        removed.sort_unstable();
        removed.dedup();
        added.sort_unstable();
        added.dedup();
        let both = common(&removed, &added);
        if !both.is_empty() {
            let other = |side: &Side| both.binary_search(side).is_err();
            removed.retain(other);
            added.retain(other);
        }
        Self { removed, added }
    }

    /// The segments taken away, ascending.
    #[must_use]
    pub fn removed(&self) -> &[Side] {
        &self.removed
    }

    /// The segments put there, ascending.
    #[must_use]
    pub fn added(&self) -> &[Side] {
        &self.added
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }

    /// The change back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { removed: self.added.clone(), added: self.removed.clone() }
    }

    /// Every segment that changes, once: as it was and as it becomes.
    pub(super) fn changes(&self) -> Vec<(Option<Side>, Option<Side>)> {
        let ends = |side: &Side| (side.a, side.b);
        let mut changes = Vec::with_capacity(self.removed.len().max(self.added.len()));
        let (mut olds, mut news) =
            (self.removed.iter().copied().peekable(), self.added.iter().copied().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => return changes,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => ends(old).cmp(&ends(new)),
            };
            let old = if order.is_le() { olds.next() } else { None };
            let new = if order.is_ge() { news.next() } else { None };
            changes.push((old, new));
        }
    }
}

/// What two sorted lists share, sorted.
fn common(one: &[Side], other: &[Side]) -> Vec<Side> {
    let mut rest = other;
    let mut both = Vec::new();
    for side in one {
        rest = &rest[rest.partition_point(|held| held < side)..];
        if rest.first() == Some(side) {
            both.push(*side);
        }
    }
    both
}
