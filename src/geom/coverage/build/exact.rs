//! Predicates on the grid, in integers: nothing here rounds unless its name says so.

use std::cmp::Ordering;

use crate::geom::coord::GridPoint;

/// Twice the area of the triangle `o`, `a`, `b`, positive when it turns counter-clockwise.
pub(super) fn cross(o: GridPoint, a: GridPoint, b: GridPoint) -> i128 {
    let [ax, ay] = from(o, a);
    let [bx, by] = from(o, b);
    ax * by - ay * bx
}

/// The way from `o` to `p`.
pub(super) fn from(o: GridPoint, p: GridPoint) -> [i128; 2] {
    [i128::from(p.x) - i128::from(o.x), i128::from(p.y) - i128::from(o.y)]
}

/// Twice the area between a step of a ring and the origin: summed over a ring, twice its area.
pub(super) fn twice_area(a: GridPoint, b: GridPoint) -> i128 {
    i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y)
}

/// The ends, the smaller first.
pub(super) fn ordered(a: GridPoint, b: GridPoint) -> [GridPoint; 2] {
    if a <= b { [a, b] } else { [b, a] }
}

/// Whether the segment meets the pixel of `centre`: the square of one step around it, without its
/// upper and its right side.
///
/// Which corners lie on which side of the segment decides it (Hobby 1999; JTS `HotPixel`).
/// Everything is doubled, so that corners are integers.
pub(super) fn meets_pixel([a, b]: [GridPoint; 2], centre: GridPoint) -> bool {
    let doubled = |p: GridPoint| from(centre, p).map(|v| v * 2);
    let (mut p, mut q) = (doubled(a), doubled(b));
    if p[0] > q[0] {
        (p, q) = (q, p);
    }
    let apart_x = p[0] >= 1 || q[0] < -1;
    let apart_y = p[1].min(q[1]) >= 1 || p[1].max(q[1]) < -1;
    if apart_x || apart_y {
        return false;
    }
    if p[0] == q[0] || p[1] == q[1] {
        return true;
    }
    let rises = p[1] < q[1];
    let side =
        |x: i128, y: i128| ((q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])).signum();
    let [ul, ur] = [side(-1, 1), side(1, 1)];
    if ul == 0 {
        return !rises;
    }
    if ur == 0 {
        return rises;
    }
    let [ll, lr] = [side(-1, -1), side(1, -1)];
    if ul != ur || ll == 0 || ll != ul {
        return true;
    }
    if lr == 0 {
        return !rises;
    }
    lr != ll
}

/// The pixel in which two segments cross, each inside the other; `None` when they do not.
pub(super) fn crossing_rounded(
    [a, b]: [GridPoint; 2],
    [c, d]: [GridPoint; 2],
) -> Option<GridPoint> {
    let (of_c, of_d) = (cross(a, b, c), cross(a, b, d));
    if of_c.signum() * of_d.signum() >= 0 {
        return None;
    }
    let (of_a, of_b) = (cross(c, d, a), cross(c, d, b));
    if of_a.signum() * of_b.signum() >= 0 {
        return None;
    }
    // From `a` the crossing lies at the part of_a / (of_a - of_b) of the way.
    let (mut part, mut whole) = (of_a, of_a - of_b);
    if whole < 0 {
        (part, whole) = (-part, -whole);
    }
    let way = from(a, b);
    let rounded = |way: i128| (2 * way * part + whole).div_euclid(2 * whole);
    let at = |from: i32, way: i128| i32::try_from(i128::from(from) + rounded(way));
    // Between two ends that fit, it fits.
    Some(GridPoint { x: at(a.x, way[0]).ok()?, y: at(a.y, way[1]).ok()? })
}

/// The order in which one who walks from `a` to `b` enters the pixels of `p` and `q`, both of which
/// the way meets.
///
/// Along the longer axis pixels stand in columns; two in one column are entered one after the other.
pub(super) fn along([a, b]: [GridPoint; 2], p: GridPoint, q: GridPoint) -> Ordering {
    let way = from(a, b);
    let step = |axis: usize| {
        let of = |p: GridPoint| from(a, p)[axis] * way[axis].signum();
        of(p).cmp(&of(q))
    };
    if way[0].abs() >= way[1].abs() { step(0).then(step(1)) } else { step(1).then(step(0)) }
}

/// The order of two ways from one node, counter-clockwise from due east; neither is of no length.
pub(super) fn by_angle(o: GridPoint, p: GridPoint, q: GridPoint) -> Ordering {
    let lower = |p: GridPoint| (p.y, p.x) < (o.y, o.x);
    lower(p).cmp(&lower(q)).then_with(|| 0.cmp(&cross(o, p, q)))
}

/// Whether the line just above `p`, westwards of it, crosses the segment: as in
/// [`crate::geom::locate`].
pub(super) fn crossed_westwards(p: GridPoint, [a, b]: [GridPoint; 2]) -> bool {
    let [low, high] = if a.y <= b.y { [a, b] } else { [b, a] };
    low.y <= p.y && p.y < high.y && cross(low, high, p) <= 0
}

/// Which of two segments that do not cross lies farther east where both cross the line just above
/// `p`.
pub(super) fn farther_east(p: GridPoint, one: [GridPoint; 2], other: [GridPoint; 2]) -> Ordering {
    let place = |[a, b]: [GridPoint; 2]| {
        let [low, high] = if a.y <= b.y { [a, b] } else { [b, a] };
        let way = from(low, high);
        let rise = i128::from(p.y) - i128::from(low.y);
        // x = low.x + way.x * rise / way.y, from p.
        let x = (i128::from(low.x) - i128::from(p.x)) * way[1] + way[0] * rise;
        (x, way)
    };
    let ((here, way), (there, other_way)) = (place(one), place(other));
    let at = (here * other_way[1]).cmp(&(there * way[1]));
    at.then_with(|| (way[0] * other_way[1]).cmp(&(other_way[0] * way[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: i32, y: i32) -> GridPoint {
        GridPoint { x, y }
    }

    #[test]
    fn a_pixel_is_met_by_what_passes_within_half_a_step() {
        assert!(meets_pixel([p(-3, 0), p(3, 0)], p(0, 0)));
        assert!(!meets_pixel([p(-3, 1), p(3, 1)], p(0, 0)));
        // Through the lower left corner, which belongs to it, and the upper right, which does not.
        assert!(meets_pixel([p(-1, 0), p(0, -1)], p(0, 0)));
        assert!(!meets_pixel([p(1, 0), p(0, 1)], p(0, 0)));
        // Along the diagonal pixels are met one after the other; those beside share a corner only.
        assert!(meets_pixel([p(-1, -1), p(4, 4)], p(2, 2)));
        assert!(!meets_pixel([p(0, 0), p(1, 1)], p(1, 0)));
        // Ends that lie on it.
        assert!(meets_pixel([p(0, 0), p(7, 5)], p(0, 0)));
        assert!(!meets_pixel([p(1, 0), p(7, 5)], p(0, 0)));
    }

    #[test]
    fn a_crossing_is_rounded_to_the_pixel_that_holds_it() {
        assert_eq!(crossing_rounded([p(0, 0), p(2, 2)], [p(0, 2), p(2, 0)]), Some(p(1, 1)));
        assert_eq!(crossing_rounded([p(0, 0), p(1, 1)], [p(0, 1), p(1, 0)]), Some(p(1, 1)));
        assert_eq!(crossing_rounded([p(0, 0), p(-1, -1)], [p(0, -1), p(-1, 0)]), Some(p(0, 0)));
        assert_eq!(crossing_rounded([p(0, 0), p(2, 2)], [p(1, 1), p(2, 0)]), None);
        let far = [p(-1_800_000_000, -900_000_000), p(1_800_000_000, 900_000_000)];
        let other = [p(-1_800_000_000, 900_000_000), p(1_800_000_000, -900_000_000)];
        assert_eq!(crossing_rounded(far, other), Some(p(0, 0)));
    }

    #[test]
    fn ways_stand_counter_clockwise_from_the_east() {
        let o = p(5, 5);
        let ring = [p(9, 5), p(9, 6), p(5, 9), p(1, 5), p(1, 4), p(5, 1), p(9, 4)];
        for (i, &a) in ring.iter().enumerate() {
            for (j, &b) in ring.iter().enumerate() {
                assert_eq!(by_angle(o, a, b), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }
}
