//! Predicates on units. Differences lie below 2^31, so that every product fits into 64 bits.

use std::cmp::Ordering;

use crate::geom::segments::Position;
use crate::geom::tile::grid::Unit;

/// `(b - a) × (p - a)`, positive when `p` lies on the inside of a shell's edge from `a` to `b`.
pub(super) fn cross(a: Unit, b: Unit, p: Unit) -> i64 {
    let d = |m: i32, n: i32| i64::from(m) - i64::from(n);
    d(b.x, a.x) * d(p.y, a.y) - d(b.y, a.y) * d(p.x, a.x)
}

/// Twice the area of a ring, positive for one that turns as a shell does.
pub(super) fn twice_area(ring: &[Unit]) -> i64 {
    let Some((&first, rest)) = ring.split_first() else { return 0 };
    rest.windows(2).map(|pair| cross(first, pair[0], pair[1])).sum()
}

/// Whether the way turns back on itself at `p`.
pub(super) fn is_spike(before: Unit, p: Unit, after: Unit) -> bool {
    cross(before, p, after) == 0 && !ahead(before, p, after)
}

/// Whether who comes from `before` to `p` and goes on to `after` goes forward.
fn ahead(before: Unit, p: Unit, after: Unit) -> bool {
    let d = |m: i32, n: i32| i64::from(m) - i64::from(n);
    d(p.x, before.x) * d(after.x, p.x) + d(p.y, before.y) * d(after.y, p.y) > 0
}

impl Position for Unit {
    type Number = i32;

    #[inline]
    fn coordinates(self) -> [i32; 2] {
        [self.x, self.y]
    }

    #[inline]
    fn side(a: Self, b: Self, p: Self) -> Ordering {
        cross(a, b, p).cmp(&0)
    }

    #[inline]
    fn same_way(from: Self, p: Self, q: Self) -> bool {
        !ahead(p, from, q)
    }
}

/// Where a point lies to rings, by the parity of the edges to the east of it; `None` on an edge.
pub(super) fn inside<'a>(rings: impl Iterator<Item = &'a [Unit]>, p: Unit) -> Option<bool> {
    let mut inside = false;
    for ring in rings {
        let Some(&last) = ring.last() else { continue };
        let mut a = last;
        for &b in ring {
            let turn = cross(a, b, p);
            let spans = |m: i32, n: i32, p: i32| m.min(n) <= p && p <= m.max(n);
            if turn == 0 && spans(a.x, b.x, p.x) && spans(a.y, b.y, p.y) {
                return None;
            }
            if (a.y > p.y) != (b.y > p.y) && (turn > 0) == (b.y > a.y) {
                inside = !inside;
            }
            a = b;
        }
    }
    Some(inside)
}
