//! Predicates on whole numbers: which side, which turn, where two segments cross.

use std::cmp::Ordering;

use crate::geom::coord::GridPoint;
use crate::geom::segments::Position;

/// A position in whole numbers: steps of the grid, or of a finer one.
///
/// Within ±2^41 (steps in 512 parts), so that every product of three differences fits into 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    pub(super) x: i64,
    pub(super) y: i64,
}

impl From<GridPoint> for Spot {
    fn from(p: GridPoint) -> Self {
        Self { x: p.x.into(), y: p.y.into() }
    }
}

impl Spot {
    /// The position in steps of one `parts`-th.
    pub(super) fn finer(self, parts: i64) -> Self {
        Self { x: self.x * parts, y: self.y * parts }
    }

    /// The position on the grid; one beyond 32 bits is held at the edge.
    pub(super) fn grid(self) -> GridPoint {
        let narrow = |n: i64| i32::try_from(n).unwrap_or(if n < 0 { i32::MIN } else { i32::MAX });
        GridPoint { x: narrow(self.x), y: narrow(self.y) }
    }
}

/// The middle of a segment of the grid, in half steps: whole numbers.
pub(super) fn middle(a: GridPoint, b: GridPoint) -> Spot {
    let sum = |m: i32, n: i32| i64::from(m) + i64::from(n);
    Spot { x: sum(a.x, b.x), y: sum(a.y, b.y) }
}

/// `(b - a) × (d - c)`.
pub(super) fn cross(a: Spot, b: Spot, c: Spot, d: Spot) -> i128 {
    let (ux, uy, vx, vy) = (b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y);
    let small = |n: i64| i32::try_from(n).is_ok();
    // Each factor below 2^31: each product at most 2^62, their difference below 2^63.
    if small(ux) && small(uy) && small(vx) && small(vy) {
        (ux * vy - uy * vx).into()
    } else {
        i128::from(ux) * i128::from(vy) - i128::from(uy) * i128::from(vx)
    }
}

/// Where `p` lies seen along the way from `a` to `b`: `Greater` left, `Less` right.
pub(super) fn turn(a: Spot, b: Spot, p: Spot) -> Ordering {
    cross(a, b, a, p).cmp(&0)
}

/// Whether `p` lies on the segment, ends included.
pub(super) fn on_segment(a: Spot, b: Spot, p: Spot) -> bool {
    let between = |m: i64, n: i64, p: i64| m.min(n) <= p && p <= m.max(n);
    between(a.x, b.x, p.x) && between(a.y, b.y, p.y) && turn(a, b, p).is_eq()
}

impl Position for Spot {
    type Number = i64;

    #[inline]
    fn coordinates(self) -> [i64; 2] {
        [self.x, self.y]
    }

    #[inline]
    fn side(a: Self, b: Self, p: Self) -> Ordering {
        turn(a, b, p)
    }

    #[inline]
    fn same_way(from: Self, p: Self, q: Self) -> bool {
        same_way(from, p, q)
    }
}

/// Whether two points of one line through `from` lie on the same side of it.
fn same_way(from: Spot, p: Spot, q: Spot) -> bool {
    (p.x - from.x).signum() == (q.x - from.x).signum()
        && (p.y - from.y).signum() == (q.y - from.y).signum()
}

/// Whether the segments cross at a point inside both, and not along a line.
pub(super) fn cross_inside(a: Spot, b: Spot, c: Spot, d: Spot) -> bool {
    let opposite = |m: Ordering, n: Ordering| !m.is_eq() && m == n.reverse();
    opposite(turn(a, b, c), turn(a, b, d)) && opposite(turn(c, d, a), turn(c, d, b))
}

/// The place where two segments that [`cross_inside`] cross, rounded to whole numbers.
pub(super) fn crossing(a: Spot, b: Spot, c: Spot, d: Spot) -> Spot {
    let (part, whole) = (cross(a, c, c, d), cross(a, b, c, d));
    let along = |from: i64, to: i64| from + share(to - from, part, whole);
    Spot { x: along(a.x, b.x), y: along(a.y, b.y) }
}

/// `length * part / whole`, rounded to the nearest, the lower of two; `part` at most `whole`.
pub(super) fn share(length: i64, part: i128, whole: i128) -> i64 {
    let (part, whole) = if whole < 0 { (-part, -whole) } else { (part, whole) };
    let twice = 2 * i128::from(length) * part;
    let nearest = (twice + whole - 1).div_euclid(2 * whole);
    // Between 0 and `length`.
    i64::try_from(nearest).unwrap_or(0)
}

/// Whether one who turns counter-clockwise about `hub`, beginning at the direction of `from`, comes
/// to the direction of `p` before that of `q`.
pub(super) fn turns_first(hub: Spot, from: Spot, p: Spot, q: Spot) -> bool {
    let quarter = |p: Spot| match turn(hub, from, p) {
        Ordering::Equal if same_way(hub, from, p) => 0,
        Ordering::Greater => 1,
        Ordering::Equal => 2,
        Ordering::Less => 3,
    };
    let (p_quarter, q_quarter) = (quarter(p), quarter(q));
    p_quarter < q_quarter || (p_quarter == q_quarter && turn(hub, p, q).is_gt())
}

/// A segment from its lower end to its upper; a level one from its western end.
pub(super) fn upward(a: Spot, b: Spot) -> (Spot, Spot) {
    if (a.y, a.x) <= (b.y, b.x) { (a, b) } else { (b, a) }
}

/// Whether the ray westwards from `p + (ε, ε²)` crosses the segment from `low` to `high`.
pub(super) fn ray_crosses(low: Spot, high: Spot, p: Spot) -> bool {
    low.y <= p.y && p.y < high.y && turn(low, high, p).is_le()
}

/// Twice the area inside a ring that is not closed by repetition, positive when it turns
/// counter-clockwise.
pub(super) fn twice_area(ring: &[Spot]) -> i128 {
    let Some((&first, rest)) = ring.split_first() else { return 0 };
    rest.windows(2).map(|pair| cross(first, pair[0], first, pair[1])).sum()
}
