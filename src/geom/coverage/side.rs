//! One segment of a partition with the faces beside it.

use crate::geom::coord::GridPoint;

/// The face on one side of a segment: a number from 0, or none, which is outside of every face.
pub type FaceLabel = Option<u16>;

/// A segment of a partition, with the face on each side of it.
///
/// It runs from the smaller end to the larger (by `x`, then `y`), so that a segment has one spelling. Left is to the left of
/// one who walks from `a` to `b`, `x` being east and `y` north. The two faces differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side {
    /// The smaller end.
    pub a: GridPoint,
    /// The larger end.
    pub b: GridPoint,
    /// The face to the left of the way from `a` to `b`.
    pub left: FaceLabel,
    /// The face to the right.
    pub right: FaceLabel,
}

impl Side {
    /// The side of the way `from` -> `to` with `left` to its left, spelled from the smaller end.
    #[must_use]
    pub fn new(from: GridPoint, to: GridPoint, left: FaceLabel, right: FaceLabel) -> Self {
        if (from.x, from.y) <= (to.x, to.y) {
            Self { a: from, b: to, left, right }
        } else {
            Self { a: to, b: from, left: right, right: left }
        }
    }

    /// The two faces, the smaller label first; outside is the smallest.
    #[must_use]
    pub fn beside(self) -> (FaceLabel, FaceLabel) {
        (self.left.min(self.right), self.left.max(self.right))
    }
}
