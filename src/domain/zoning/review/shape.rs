//! The shape of a zone in figures.

use geo::{ConvexHull, Coord};
use geo_types::{LineString, MultiPolygon};

use crate::geom::measure::polygon_area_m2;
use crate::geom::project::Scale;

/// The shape of a zone.
///
/// Lengths and circles are measured in the plane that touches the ellipsoid at the zone's own latitude; areas on
/// the ellipsoid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Area.
    pub area_m2: f64,
    /// Length of all borders, those of holes too.
    pub perimeter_m: f64,
    /// Polsby and Popper 1991: `4π area / perimeter²`, 1 for a circle.
    pub polsby_popper: f64,
    /// Reock 1961: the area as a part of the smallest circle around it.
    pub reock: f64,
    /// The area as a part of its convex hull.
    pub hull_ratio: f64,
    /// Its parts, the largest first.
    pub parts: Vec<Part>,
    /// Holes.
    pub holes: usize,
    /// The middle of its area, degrees.
    pub centre: [f64; 2],
}

/// A part of a zone that touches the others in points at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Its area.
    pub area_m2: f64,
    /// The length of its outer ring.
    pub outer_m: f64,
    /// A corner of it, degrees.
    pub at: [f64; 2],
}

impl Shape {
    /// The shape of an area.
    #[must_use]
    pub fn of(area: &MultiPolygon<f64>) -> Self {
        let Some(first) = area.iter().find_map(|part| part.exterior().0.first().copied()) else {
            return Self::default();
        };
        let scale = Scale::at(first.y);
        let flat = |at: Coord<f64>| Coord {
            x: (at.x - first.x) * scale.lon_m,
            y: (at.y - first.y) * scale.lat_m,
        };
        let (mut perimeter_m, mut twice, mut moment) = (0.0, 0.0, [0.0, 0.0]);
        let mut outer = Vec::new();
        let mut parts = Vec::with_capacity(area.0.len());
        for part in area {
            let mut outer_m = 0.0;
            for (number, ring) in
                std::iter::once(part.exterior()).chain(part.interiors()).enumerate()
            {
                let before_m = perimeter_m;
                for edge in ring.0.windows(2) {
                    let (a, b) = (flat(edge[0]), flat(edge[1]));
                    perimeter_m += (b.x - a.x).hypot(b.y - a.y);
                    let cross = a.x * b.y - b.x * a.y;
                    twice += cross;
                    moment[0] += (a.x + b.x) * cross;
                    moment[1] += (a.y + b.y) * cross;
                }
                if number == 0 {
                    outer_m = perimeter_m - before_m;
                }
            }
            outer.extend(part.exterior().0.iter().map(|at| flat(*at)));
            let at = part.exterior().0.first().map_or([first.x, first.y], |at| [at.x, at.y]);
            parts.push(Part { area_m2: polygon_area_m2(part), outer_m, at });
        }
        parts.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
        let area_m2: f64 = parts.iter().map(|part| part.area_m2).sum();
        let plane_m2 = twice.abs() / 2.0;
        let hull = LineString(outer).convex_hull();
        let ring = &hull.exterior().0;
        let hull_m2 = ring.windows(2).map(|e| e[0].x * e[1].y - e[1].x * e[0].y).sum::<f64>() / 2.0;
        let radius_m = smallest_circle(ring);
        let part_of = |whole: f64| if whole > 0.0 { plane_m2 / whole } else { 0.0 };
        let centre = if twice == 0.0 {
            [first.x, first.y]
        } else {
            [
                first.x + moment[0] / (3.0 * twice) / scale.lon_m,
                first.y + moment[1] / (3.0 * twice) / scale.lat_m,
            ]
        };
        Self {
            area_m2,
            perimeter_m,
            polsby_popper: 4.0 * std::f64::consts::PI * part_of(perimeter_m * perimeter_m),
            reock: part_of(std::f64::consts::PI * radius_m * radius_m),
            hull_ratio: part_of(hull_m2.abs()),
            parts,
            holes: area.iter().map(|part| part.interiors().len()).sum(),
            centre,
        }
    }
}

/// The radius of the smallest circle around the corners of a convex ring (Welzl 1991, in the order given: corners
/// of a hull are few).
fn smallest_circle(ring: &[Coord<f64>]) -> f64 {
    let mut circle = Circle { x: 0.0, y: 0.0, r: -1.0 };
    for (i, p) in ring.iter().enumerate() {
        if circle.holds(*p) {
            continue;
        }
        circle = Circle { x: p.x, y: p.y, r: 0.0 };
        for (j, q) in ring[..i].iter().enumerate() {
            if circle.holds(*q) {
                continue;
            }
            circle = Circle::across(*p, *q);
            for s in &ring[..j] {
                if !circle.holds(*s) {
                    circle = Circle::through(*p, *q, *s).unwrap_or(circle);
                }
            }
        }
    }
    circle.r.max(0.0)
}

#[derive(Clone, Copy)]
struct Circle {
    x: f64,
    y: f64,
    r: f64,
}

impl Circle {
    fn holds(&self, p: Coord<f64>) -> bool {
        // A millionth more than the radius, so that corners on the circle count as inside.
        (p.x - self.x).hypot(p.y - self.y) <= self.r * (1.0 + 1e-9) + 1e-9
    }

    fn across(a: Coord<f64>, b: Coord<f64>) -> Self {
        let (x, y) = (f64::midpoint(a.x, b.x), f64::midpoint(a.y, b.y));
        Self { x, y, r: (a.x - x).hypot(a.y - y) }
    }

    /// `None` when they lie on a line.
    fn through(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> Option<Self> {
        let (bx, by, cx, cy) = (b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y);
        let d = 2.0 * (bx * cy - by * cx);
        if d == 0.0 {
            return None;
        }
        let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
        let (ux, uy) = ((cy * b2 - by * c2) / d, (bx * c2 - cx * b2) / d);
        Some(Self { x: a.x + ux, y: a.y + uy, r: ux.hypot(uy) })
    }
}

#[cfg(test)]
mod tests {
    use geo_types::{Polygon, polygon};

    use super::*;

    fn metres(ring: &[(f64, f64)]) -> Polygon<f64> {
        let scale = Scale::at(36.5);
        let at =
            |(x, y): &(f64, f64)| Coord { x: 109.0 + x / scale.lon_m, y: 36.5 + y / scale.lat_m };
        Polygon::new(LineString(ring.iter().map(at).collect()), vec![])
    }

    #[test]
    fn a_square_has_the_figures_of_a_square() {
        let square = metres(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]);
        let shape = Shape::of(&MultiPolygon(vec![square]));
        let near = |a: f64, b: f64| assert!((a - b).abs() < b * 1e-4, "{a} {b}");
        near(shape.area_m2, 10_000.0);
        near(shape.perimeter_m, 400.0);
        near(shape.polsby_popper, std::f64::consts::FRAC_PI_4);
        near(shape.reock, 2.0 / std::f64::consts::PI);
        near(shape.hull_ratio, 1.0);
        assert_eq!((shape.parts.len(), shape.holes), (1, 0));
    }

    #[test]
    fn an_angle_fills_less_of_its_hull_and_two_parts_are_two() {
        let angle = metres(&[
            (0.0, 0.0),
            (200.0, 0.0),
            (200.0, 100.0),
            (100.0, 100.0),
            (100.0, 200.0),
            (0.0, 200.0),
        ]);
        let far = metres(&[(500.0, 0.0), (510.0, 0.0), (510.0, 10.0), (500.0, 10.0)]);
        let alone = Shape::of(&MultiPolygon(vec![angle.clone()]));
        assert!((alone.hull_ratio - 30_000.0 / 35_000.0).abs() < 1e-4, "{}", alone.hull_ratio);
        let both = Shape::of(&MultiPolygon(vec![far, angle]));
        assert_eq!(both.parts.len(), 2);
        assert!(both.parts[0].area_m2 > 29_000.0 && both.parts[1].area_m2 < 101.0);
        assert!(both.hull_ratio < alone.hull_ratio);
    }

    #[test]
    fn nothing_has_no_figures_and_no_panic() {
        assert_eq!(Shape::of(&MultiPolygon(vec![])), Shape::default());
        let line = polygon![(x: 1.0, y: 1.0), (x: 2.0, y: 1.0)];
        assert!(Shape::of(&MultiPolygon(vec![line])).reock.is_finite());
    }

    #[test]
    fn the_smallest_circle_holds_all_and_touches_two() {
        let ring = [(0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (5.0, 6.0), (0.0, 4.0)];
        let ring: Vec<Coord<f64>> = ring.iter().map(|(x, y)| Coord { x: *x, y: *y }).collect();
        let r = smallest_circle(&ring);
        assert!((r - 10.0_f64.hypot(4.0) / 2.0).abs() < 1e-6, "{r}");
    }
}
