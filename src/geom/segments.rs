//! Whether two segments meet, in whole numbers of whichever size.

use std::cmp::Ordering;

/// A position in whole numbers, with the two questions that say how products of its differences fit.
pub trait Position: Copy + PartialEq {
    /// One coordinate.
    type Number: Copy + Ord;

    /// Along the first axis, then the second.
    fn coordinates(self) -> [Self::Number; 2];

    /// On which side of the line from `a` to `b` a position lies: which is greater depends on the axes,
    /// `Equal` is on the line.
    fn side(a: Self, b: Self, p: Self) -> Ordering;

    /// Whether two positions of one line through `from` lie in the same direction of it.
    fn same_way(from: Self, p: Self, q: Self) -> bool;
}

/// Whether the segments share a point that is not an end of both; a segment conflicts with itself.
#[inline]
pub fn conflict<P: Position>(a: P, b: P, c: P, d: P) -> bool {
    let fold =
        |hub: P, one: P, other: P| P::side(hub, one, other).is_eq() && P::same_way(hub, one, other);
    if a == c {
        fold(a, b, d)
    } else if a == d {
        fold(a, b, c)
    } else if b == c {
        fold(b, a, d)
    } else if b == d {
        fold(b, a, c)
    } else {
        meet(a, b, c, d)
    }
}

/// Whether the closed segments share a point.
#[inline]
fn meet<P: Position>(a: P, b: P, c: P, d: P) -> bool {
    let [one, other] = [[a, b], [c, d]].map(|ends| ends.map(P::coordinates));
    let apart = |axis: usize| {
        let [a, b, c, d] = [one[0][axis], one[1][axis], other[0][axis], other[1][axis]];
        a.max(b) < c.min(d) || c.max(d) < a.min(b)
    };
    if apart(0) || apart(1) {
        return false;
    }
    let beside = |one: Ordering, other: Ordering| one == other && !one.is_eq();
    !beside(P::side(a, b, c), P::side(a, b, d)) && !beside(P::side(c, d, a), P::side(c, d, b))
}
