//! How two edges meet, decided without rounding.
//!
//! Which side a point lies on comes from Shewchuk's adaptive predicate (by `geo`), which is exact
//! as long as no product leaves the range of doubles.

use std::cmp::Ordering;

use geo::GeoNum;
use geo::kernels::{Kernel, Orientation};
use geo_types::Coord;

/// How two edges meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Contact {
    /// They do not.
    Apart,
    /// Each crosses the other's inside, at about this place.
    Crossing(Coord<f64>),
    /// They share a piece; one end of the piece.
    Overlap(Coord<f64>),
    /// They share just this point, an end of at least one.
    Touch(Coord<f64>),
}

pub(super) fn side(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> Orientation {
    <f64 as GeoNum>::Ker::orient2d(a, b, p)
}

/// How the edges `a`–`b` and `c`–`d` meet; neither is of no length.
pub(super) fn contact([a, b]: [Coord<f64>; 2], [c, d]: [Coord<f64>; 2]) -> Contact {
    use Orientation::Collinear;
    let (of_c, of_d) = (side(a, b, c), side(a, b, d));
    if of_c == of_d && of_c != Collinear {
        return Contact::Apart;
    }
    let (of_a, of_b) = (side(c, d, a), side(c, d, b));
    if of_a == of_b && of_a != Collinear {
        return Contact::Apart;
    }
    if [of_a, of_b, of_c, of_d].iter().all(|&s| s == Collinear) {
        return along(order(a, b), order(c, d));
    }
    // An end on the other's line touches if it lies between the other's ends.
    let ends = [(of_c, c, [a, b]), (of_d, d, [a, b]), (of_a, a, [c, d]), (of_b, b, [c, d])];
    if ends.iter().all(|(s, ..)| *s != Collinear) {
        return Contact::Crossing(meeting([a, b], [c, d]));
    }
    ends.iter()
        .find(|(s, p, edge)| *s == Collinear && between(*p, *edge))
        .map_or(Contact::Apart, |(_, p, _)| Contact::Touch(*p))
}

/// Two edges on one line, each from its lower end to its upper.
fn along([a, b]: [Coord<f64>; 2], [c, d]: [Coord<f64>; 2]) -> Contact {
    let start = if compare(a, c).is_lt() { c } else { a };
    let end = if compare(b, d).is_lt() { b } else { d };
    match compare(start, end) {
        Ordering::Less => Contact::Overlap(start),
        Ordering::Equal => Contact::Touch(start),
        Ordering::Greater => Contact::Apart,
    }
}

/// By longitude, then by latitude: along a line, from one end to the other.
pub(super) fn compare(a: Coord<f64>, b: Coord<f64>) -> Ordering {
    (a.x + 0.0).total_cmp(&(b.x + 0.0)).then((a.y + 0.0).total_cmp(&(b.y + 0.0)))
}

fn order(a: Coord<f64>, b: Coord<f64>) -> [Coord<f64>; 2] {
    if compare(a, b).is_le() { [a, b] } else { [b, a] }
}

/// Whether a point on an edge's line lies on the edge.
pub(super) fn between(p: Coord<f64>, [a, b]: [Coord<f64>; 2]) -> bool {
    let within = |v: f64, a: f64, b: f64| a.min(b) <= v && v <= a.max(b);
    within(p.x, a.x, b.x) && within(p.y, a.y, b.y)
}

/// About where two crossing edges meet, kept within the first.
fn meeting([a, b]: [Coord<f64>; 2], [c, d]: [Coord<f64>; 2]) -> Coord<f64> {
    // From `a`, so that small figures far from the origin keep their digits.
    let (ab, cd, ac) = (b - a, d - c, c - a);
    let cross = |p: Coord<f64>, q: Coord<f64>| p.x * q.y - p.y * q.x;
    let part = cross(ac, cd) / cross(ab, cd);
    if part.is_finite() { a + ab * part.clamp(0.0, 1.0) } else { a }
}

/// Whether two directions from `p` are the same.
pub(super) fn same_way(p: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> bool {
    let sign = |v: f64, w: f64| v.partial_cmp(&w);
    side(p, a, b) == Orientation::Collinear
        && sign(a.x, p.x) == sign(b.x, p.x)
        && sign(a.y, p.y) == sign(b.y, p.y)
}

/// Whether the direction from `p` to `b` lies in the turn counter-clockwise from `from` to `to`,
/// both ends left out.
pub(super) fn in_turn(p: Coord<f64>, from: Coord<f64>, to: Coord<f64>, b: Coord<f64>) -> bool {
    use Orientation::{Clockwise, Collinear, CounterClockwise};
    let left_of_from = side(p, from, b) == CounterClockwise;
    match side(p, from, to) {
        CounterClockwise => left_of_from && side(p, to, b) == Clockwise,
        Clockwise => left_of_from || (side(p, to, b) == Clockwise && !same_way(p, from, b)),
        Collinear => left_of_from && !same_way(p, from, to),
    }
}

/// Whether two courses through `p` cross there, `None` where they run together.
pub(super) fn courses_cross(
    p: Coord<f64>,
    one: [Coord<f64>; 2],
    other: [Coord<f64>; 2],
) -> Option<bool> {
    let together = one.iter().any(|&mine| other.iter().any(|&theirs| same_way(p, mine, theirs)));
    let inside = other.map(|theirs| in_turn(p, one[0], one[1], theirs));
    if together { None } else { Some(inside[0] != inside[1]) }
}
