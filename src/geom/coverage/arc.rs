//! Arcs: the longest chains of segments with one pair of faces.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::hash::FoldSet;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

/// A chain of segments between two nodes, or a ring without a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arc {
    /// Its vertices; a ring's first is repeated at the end.
    pub points: Vec<GridPoint>,
    /// The face to the left of the way along the points.
    pub left: FaceLabel,
    /// The face to the right.
    pub right: FaceLabel,
}

impl Coverage {
    /// Every arc once, in the order of its points. An arc runs from its smaller end (of equal ends, so
    /// that its second vertex is smaller than its last but one); a ring from its smallest vertex.
    #[must_use]
    pub fn arcs(&self) -> Vec<Arc> {
        let mut sides = self.sides();
        // From nodes first, so that what is left over are rings.
        sides.sort_by_cached_key(|side| !(self.is_node(side.a) || self.is_node(side.b)));
        let mut done: FoldSet<(GridPoint, GridPoint)> = FoldSet::default();
        let mut arcs = Vec::new();
        for side in sides {
            if done.contains(&(side.a, side.b)) {
                continue;
            }
            let begins_at_b = self.is_node(side.b) && !self.is_node(side.a);
            let (from, to) = if begins_at_b { (side.b, side.a) } else { (side.a, side.b) };
            let points = self.chain(from, to);
            for pair in points.windows(2) {
                done.insert((pair[0].min(pair[1]), pair[0].max(pair[1])));
            }
            arcs.push(spelled(points, side, begins_at_b));
        }
        arcs.sort_unstable();
        arcs
    }

    /// Whether other than two segments end at `p`. Where two do, they have one pair of faces.
    pub(super) fn is_node(&self, p: GridPoint) -> bool {
        self.star(p).take(3).count() != 2
    }

    /// The way from `from` over its neighbour `to` up to the next node, or back to `from`.
    pub(super) fn chain(&self, from: GridPoint, to: GridPoint) -> Vec<GridPoint> {
        let mut points = vec![from, to];
        let (mut before, mut at) = (from, to);
        while at != from && !self.is_node(at) {
            let Some(next) = self.star(at).map(|side| far(side, at)).find(|&p| p != before) else {
                break;
            };
            points.push(next);
            (before, at) = (at, next);
        }
        points
    }
}

/// The end of a side that is not `p`.
pub(super) fn far(side: Side, p: GridPoint) -> GridPoint {
    if side.a == p { side.b } else { side.a }
}

/// The arc of a chain that begins with `side`, or with its reverse.
fn spelled(mut points: Vec<GridPoint>, side: Side, reversed: bool) -> Arc {
    let (mut left, mut right) =
        if reversed { (side.right, side.left) } else { (side.left, side.right) };
    let ends = (points[0], points[points.len() - 1]);
    let turned =
        if ends.0 == ends.1 { points[points.len() - 2] < points[1] } else { ends.1 < ends.0 };
    if turned {
        points.reverse();
        (left, right) = (right, left);
    }
    Arc { points, left, right }
}
