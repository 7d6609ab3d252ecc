//! How wide a shape is: the largest circle inside.
//!
//! Squares over the shape are split, the most promising first, until none can hold a circle larger
//! than the best by more than a tenth (Mapbox polylabel, ISC licence, has the idea).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::exact::twice_area;
use crate::geom::coverage::build::finding::Spot;
use crate::geom::coverage::build::metres::Metres;

/// Most squares looked at.
const SQUARES_MAX: usize = 2_000;
/// Most distances to a border taken.
const DISTANCES_MAX: usize = 1_000_000;
/// Two widths that differ by no more are the same, in metres.
const NEAR_M: f64 = 2e-4;

/// The place, area and width of a shape whose border is `darts`, each with the shape to its left.
/// Where it is surely wider than `enough_m`, the search may end there.
pub(super) fn spot(darts: &[[GridPoint; 2]], enough_m: f64) -> Spot {
    let low = |axis: fn(&GridPoint) -> i32| darts.iter().flatten().map(axis).min().unwrap_or(0);
    let high = |axis: fn(&GridPoint) -> i32| darts.iter().flatten().map(axis).max().unwrap_or(0);
    let (x, y) = ([low(|p| p.x), high(|p| p.x)], [low(|p| p.y), high(|p| p.y)]);
    let middle = GridPoint { x: i32::midpoint(x[0], x[1]), y: i32::midpoint(y[0], y[1]) };
    let metres = Metres::around(middle);
    let twice: i128 = darts.iter().map(|&[a, b]| twice_area(a, b)).sum();
    let area_m2 = metres.area_m2(twice);
    let border: Vec<[[f64; 2]; 2]> =
        darts.iter().map(|ends| ends.map(|p| metres.plane(p))).collect();
    let length_m: f64 = border.iter().map(|[a, b]| (b[0] - a[0]).hypot(b[1] - a[1])).sum();
    let far = metres.plane(GridPoint { x: x[1], y: y[1] });
    let near = metres.plane(GridPoint { x: x[0], y: y[0] });
    let circle = Search { border: &border, enough_m: enough_m / 2.0 }.largest(near, far);
    let mean_m = if length_m > 0.0 { area_m2 / length_m } else { 0.0 };
    let radius_m = if circle.given_up { circle.radius_m.max(mean_m) } else { circle.radius_m };
    Spot { at: metres.grid(circle.centre), area_m2, width_m: radius_m * 2.0 }
}

struct Circle {
    centre: [f64; 2],
    radius_m: f64,
    /// Larger ones were not ruled out.
    given_up: bool,
}

struct Search<'a> {
    border: &'a [[[f64; 2]; 2]],
    /// A radius that is enough.
    enough_m: f64,
}

impl Search<'_> {
    fn largest(&self, low: [f64; 2], high: [f64; 2]) -> Circle {
        let (wide, tall) = (high[0] - low[0], high[1] - low[1]);
        // Not smaller than a part of the longer side, or a hair-line begins with a million.
        let half = (wide.min(tall) / 2.0).max(wide.max(tall) / 64.0);
        let mut best = Circle { centre: self.anywhere(), radius_m: 0.0, given_up: false };
        let mut queue = BinaryHeap::new();
        if half > 0.0 {
            let mut x = low[0] + half;
            while x - half < high[0] {
                let mut y = low[1] + half;
                while y - half < high[1] {
                    self.look([x, y], half, &mut best, &mut queue);
                    y += half * 2.0;
                }
                x += half * 2.0;
            }
        }
        let mut squares = queue.len();
        while let Some(Square { centre, half, radius_max_m }) = queue.pop() {
            let within = radius_max_m <= (best.radius_m * 1.1).max(best.radius_m + NEAR_M);
            if within || best.radius_m > self.enough_m {
                break;
            }
            squares += 4;
            if squares > SQUARES_MAX || squares * self.border.len() > DISTANCES_MAX {
                best.given_up = true;
                break;
            }
            let q = half / 2.0;
            for [dx, dy] in [[-q, -q], [q, -q], [-q, q], [q, q]] {
                self.look([centre[0] + dx, centre[1] + dy], q, &mut best, &mut queue);
            }
        }
        best
    }

    fn look(&self, centre: [f64; 2], half: f64, best: &mut Circle, queue: &mut BinaryHeap<Square>) {
        let radius_m = self.inside_m(centre);
        if radius_m > best.radius_m {
            (best.radius_m, best.centre) = (radius_m, centre);
        }
        let radius_max_m = radius_m + half * std::f64::consts::SQRT_2;
        if radius_max_m > best.radius_m {
            queue.push(Square { centre, half, radius_max_m });
        }
    }

    /// The distance to the border, negative outside.
    fn inside_m(&self, p: [f64; 2]) -> f64 {
        let (mut nearest, mut inside) = (f64::INFINITY, false);
        for [a, b] in self.border {
            let local = |q: &[f64; 2]| [q[0] - p[0], q[1] - p[1]];
            let (a, b) = (local(a), local(b));
            if (a[1] > 0.0) != (b[1] > 0.0) {
                let turn = a[0] * b[1] - a[1] * b[0];
                inside ^= (turn > 0.0) == (b[1] > a[1]);
            }
            nearest = nearest.min(crate::geom::project::origin_to_segment_m2(a, b));
        }
        if inside { nearest.sqrt() } else { -nearest.sqrt() }
    }

    /// A place on the border, for a shape too narrow to have an inside in doubles.
    fn anywhere(&self) -> [f64; 2] {
        self.border.first().map_or([0.0; 2], |[a, b]| [0, 1].map(|i| f64::midpoint(a[i], b[i])))
    }
}

/// A square and the largest radius that a circle around a place of it can have.
struct Square {
    centre: [f64; 2],
    half: f64,
    radius_max_m: f64,
}

impl Ord for Square {
    fn cmp(&self, other: &Self) -> Ordering {
        self.radius_max_m.total_cmp(&other.radius_max_m)
    }
}

impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Square {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Square {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, area_m2: f64, width_m: f64) {
        let point = |pair: &str| {
            let (x, y) = pair.trim().split_once(' ').unwrap();
            GridPoint { x: x.parse().unwrap(), y: y.parse().unwrap() }
        };
        let ring: Vec<GridPoint> = text.split(',').map(point).collect();
        let darts: Vec<[GridPoint; 2]> =
            (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]]).collect();
        let found = spot(&darts, f64::INFINITY);
        assert!((found.area_m2 / area_m2 - 1.0).abs() < 0.01, "{text}: {found:?}");
        assert!((found.width_m / width_m - 1.0).abs() < 0.1, "{text}: {found:?}");
    }

    #[test]
    fn a_width_is_that_of_the_largest_circle_inside() {
        // At the equator a thousand steps are 11.13 m east and 11.06 m north.
        check("0 0, 1000 0, 1000 1000, 0 1000", 123.1, 11.06);
        check("0 0, 100000 0, 100000 100, 0 100", 1231.0, 1.106);
        // Askew, so that its box says nothing; 157 m long, and at its wider end a hundred steps high.
        check("0 0, 10000 10000, 10000 10100, 0 10", 68.0, 0.745);
        // A hair-line of 8 km: the search is given up, its mean width is told.
        check("0 0, 500000 500000, 500000 500002", 61.5, 0.00784);
    }
}
