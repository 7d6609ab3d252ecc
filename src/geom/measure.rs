//! Lengths, distances and areas in metres.
//!
//! Edges are straight in degrees, as GeoJSON and both databases have them. Lengths and distances
//! are taken on the ellipsoid's scale at one latitude ([`Scale`]). For two places `d` metres apart
//! at latitude φ (tests hold both bounds against the geodesic):
//!
//! - on the scale of the middle latitude the error is below `d³ (1 + tan²φ) / 24R²`: 0.004 mm at
//!   1 km, 4 mm at 10 km, 4 m at 100 km, all at 60°;
//! - on the scale of one end's latitude, as in a search from a point, below `d² tan φ / 2R`: 0.14 m
//!   at 1 km, 14 m at 10 km, both at 60°.
//!
//! Areas are exact for edges straight in degrees. Nothing is wrapped at ±180°.

use geo_types::{Coord, Geometry, LineString, Polygon};

use crate::geom::coord::{GridPoint, step};
use crate::geom::index::PlaceIndex;
use crate::geom::project::{Scale, origin_to_segment};

/// The distance between two places, on the scale of their middle latitude.
#[must_use]
pub fn between_m(a: Coord<f64>, b: Coord<f64>) -> f64 {
    let scale = Scale::at(f64::midpoint(a.y, b.y));
    ((b.x - a.x) * scale.lon_m).hypot((b.y - a.y) * scale.lat_m)
}

/// The distance from a place to the nearest point of an edge, on the scale of the place's
/// latitude.
#[must_use]
pub fn to_segment_m(from: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let scale = Scale::at(from.y);
    let metres = |c: Coord<f64>| [(c.x - from.x) * scale.lon_m, (c.y - from.y) * scale.lat_m];
    origin_to_segment(metres(a), metres(b))
}

/// The distance from a place to a geometry, 0 inside an area and on its border; `None` when the
/// geometry is empty.
///
/// Decided on the grid, on the scale of the place's latitude. It builds an index of the geometry:
/// many places ask a [`PlaceIndex`] instead.
#[must_use]
pub fn to_geometry_m(from: Coord<f64>, geometry: &Geometry<f64>) -> Option<f64> {
    let from = GridPoint { x: step(from.x), y: step(from.y) };
    let index = PlaceIndex::build(std::iter::once(geometry));
    index.nearest(from, 1, f64::INFINITY, &|_| true).first().map(|hit| hit.distance_m)
}

/// The length of lines, or of all borders of areas; points have none.
#[must_use]
pub fn length_m(geometry: &Geometry<f64>) -> f64 {
    let mut sum_m = 0.0;
    each_line(geometry, &mut |line| {
        sum_m += line.0.windows(2).map(|pair| between_m(pair[0], pair[1])).sum::<f64>();
    });
    sum_m
}

/// The area on the ellipsoid, holes taken away; points and lines have none.
///
/// Rings may turn either way. The area between an edge and the equator is
/// `∫ q(φ) dλ` with `q` the integral of the ellipsoid's two radii of curvature over latitude
/// (Snyder, Map Projections, USGS 1987, formula 3-12 times a²/2); along an edge `φ` is linear in `λ`, and
/// three Gauss points leave less than 1e-9 of the area for edges under a degree.
#[must_use]
pub fn area_m2(geometry: &Geometry<f64>) -> f64 {
    match geometry {
        Geometry::Polygon(polygon) => polygon_area_m2(polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().map(polygon_area_m2).sum(),
        Geometry::Rect(frame) => polygon_area_m2(&frame.to_polygon()),
        Geometry::Triangle(triangle) => polygon_area_m2(&triangle.to_polygon()),
        Geometry::GeometryCollection(all) => all.iter().map(area_m2).sum(),
        _ => 0.0,
    }
}

/// The area of one polygon, as [`area_m2`].
#[must_use]
pub fn polygon_area_m2(polygon: &Polygon<f64>) -> f64 {
    let holes: f64 = polygon.interiors().iter().map(|ring| ring_area_m2(ring).abs()).sum();
    (ring_area_m2(polygon.exterior()).abs() - holes).max(0.0)
}

/// The area inside a ring, positive when it turns counter-clockwise; an open ring is closed.
#[must_use]
pub fn ring_area_m2(ring: &LineString<f64>) -> f64 {
    // Gauss–Legendre on three points: places as parts of the edge, and weights.
    const GAUSS: [(f64, f64); 3] = [
        (0.112_701_665_379_258_3, 5.0 / 18.0),
        (0.5, 8.0 / 18.0),
        (0.887_298_334_620_741_7, 5.0 / 18.0),
    ];
    let Some(&origin) = ring.0.first() else { return 0.0 };
    let base = band_m2(origin.y);
    let edge = |a: Coord<f64>, b: Coord<f64>| {
        let mean: f64 = GAUSS.iter().map(|(t, w)| w * band_m2(a.y + t * (b.y - a.y))).sum();
        (a.x - b.x).to_radians() * (mean - base)
    };
    let closing = ring.0.last().map_or(0.0, |&last| edge(last, origin));
    ring.0.windows(2).map(|pair| edge(pair[0], pair[1])).sum::<f64>() + closing
}

/// The area between the equator and a latitude, for one radian of longitude.
fn band_m2(lat_deg: f64) -> f64 {
    const B_M: f64 = 6_356_752.314_245_179;
    const E: f64 = 0.081_819_190_842_621_49;
    let s = lat_deg.to_radians().sin();
    B_M * B_M / 2.0 * (s / (1.0 - E * E * s * s) + (E * s).atanh() / E)
}

/// Hands every line and ring of a geometry on.
fn each_line(geometry: &Geometry<f64>, take: &mut dyn FnMut(&LineString<f64>)) {
    let mut polygon = |polygon: &Polygon<f64>| {
        take(polygon.exterior());
        polygon.interiors().iter().for_each(&mut *take);
    };
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => {}
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(polygons) => polygons.iter().for_each(polygon),
        Geometry::Rect(frame) => polygon(&frame.to_polygon()),
        Geometry::Triangle(triangle) => polygon(&triangle.to_polygon()),
        Geometry::Line(line) => take(&LineString::from(*line)),
        Geometry::LineString(line) => take(line),
        Geometry::MultiLineString(lines) => lines.iter().for_each(take),
        Geometry::GeometryCollection(all) => all.iter().for_each(|one| each_line(one, take)),
    }
}

/// The same geometry with every coordinate on the grid: repeated vertices dropped, rings closed,
/// exteriors counter-clockwise and holes clockwise.
///
/// Rounding can make rings touch or cross: a caller that needs a valid geometry asks
/// [`crate::geom::validity::faults`] about the result. Rings and lines that collapse keep what is
/// left of them, so that the fault has a place.
#[must_use]
pub fn on_grid(geometry: &Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::Point(p) => Geometry::Point(rounded(p.0).into()),
        Geometry::MultiPoint(points) => {
            Geometry::MultiPoint(points.iter().map(|p| rounded(p.0)).collect())
        }
        Geometry::Line(line) => {
            Geometry::Line(geo_types::Line::new(rounded(line.start), rounded(line.end)))
        }
        Geometry::LineString(line) => Geometry::LineString(line_on_grid(line)),
        Geometry::MultiLineString(lines) => {
            Geometry::MultiLineString(lines.iter().map(line_on_grid).collect())
        }
        Geometry::Polygon(polygon) => Geometry::Polygon(polygon_on_grid(polygon)),
        Geometry::MultiPolygon(polygons) => {
            Geometry::MultiPolygon(polygons.iter().map(polygon_on_grid).collect())
        }
        Geometry::Rect(frame) => Geometry::Polygon(polygon_on_grid(&frame.to_polygon())),
        Geometry::Triangle(three) => Geometry::Polygon(polygon_on_grid(&three.to_polygon())),
        Geometry::GeometryCollection(all) => {
            Geometry::GeometryCollection(all.iter().map(on_grid).collect())
        }
    }
}

/// One polygon moved to the grid, as [`on_grid`].
#[must_use]
pub fn polygon_on_grid(polygon: &Polygon<f64>) -> Polygon<f64> {
    let exterior = ring_on_grid(polygon.exterior(), true);
    let holes = polygon.interiors().iter().map(|ring| ring_on_grid(ring, false)).collect();
    Polygon::new(exterior, holes)
}

fn ring_on_grid(ring: &LineString<f64>, counter_clockwise: bool) -> LineString<f64> {
    let mut ring = line_on_grid(ring);
    ring.close();
    let twice = twice_area(&ring);
    if (twice < 0 && counter_clockwise) || (twice > 0 && !counter_clockwise) {
        ring.0.reverse();
    }
    ring
}

/// Twice the area of a closed ring on the grid, exact, in square steps; positive when it turns
/// counter-clockwise.
fn twice_area(ring: &LineString<f64>) -> i128 {
    let at = |c: Coord<f64>| (i128::from(step(c.x)), i128::from(step(c.y)));
    ring.0
        .windows(2)
        .map(|pair| {
            let ((ax, ay), (bx, by)) = (at(pair[0]), at(pair[1]));
            ax * by - bx * ay
        })
        .sum()
}

fn line_on_grid(line: &LineString<f64>) -> LineString<f64> {
    let mut coords: Vec<Coord<f64>> = line.0.iter().map(|&c| rounded(c)).collect();
    coords.dedup();
    LineString(coords)
}

/// A coordinate on the grid. What is not finite, or too large for the grid, stays as it is: the
/// validity checker names it.
fn rounded(c: Coord<f64>) -> Coord<f64> {
    let number = |v: f64| {
        let inside = v.abs() <= 200.0;
        if inside { f64::from(step(v)) / crate::geom::coord::STEPS_PER_DEGREE } else { v }
    };
    Coord { x: number(c.x), y: number(c.y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Distance, Geodesic, GeodesicArea, Orient};
    use geo_types::{LineString, Point};

    fn coord(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn distances_keep_the_written_bound_against_the_geodesic() {
        for lat in [-60.0, -33.0, 0.5, 22.0, 36.585, 60.0] {
            for (dx, dy) in [(1e-4, 2e-4), (0.01, -0.004), (0.07, 0.03), (-0.1, 0.08)] {
                let (a, b) = (coord(109.5, lat), coord(109.5 + dx, lat + dy));
                let true_m = Geodesic.distance(Point(a), Point(b));
                let tan = f64::to_radians(lat).tan().abs();
                let middle = true_m.powi(3) * (tan * tan + 1.0) / (24.0 * 6.35e6_f64.powi(2));
                assert!((between_m(a, b) - true_m).abs() <= middle + 1e-6, "{lat} {dx} {dy}");
                let end = true_m.powi(2) * (tan + 0.01) / (2.0 * 6.35e6);
                assert!((to_segment_m(a, b, b) - true_m).abs() <= end + 1e-6, "{lat} {dx} {dy}");
            }
        }
    }

    #[test]
    fn the_foot_of_a_segment_is_nearer_than_its_ends() {
        let at = coord(109.0, 36.0);
        let foot = to_segment_m(at, coord(108.9, 36.01), coord(109.2, 36.01));
        assert!((foot - 1109.6).abs() < 0.2, "{foot}");
        assert!(to_segment_m(at, coord(109.01, 36.0), coord(109.02, 36.0)) > 900.0);
        assert!(to_segment_m(at, at, at) == 0.0);
    }

    #[test]
    fn an_area_agrees_with_the_geodesic_one_and_holes_are_taken_away() {
        let ring = |x: f64, y: f64, r: f64| {
            (0..=200)
                .map(|i| f64::from(i % 200) * std::f64::consts::TAU / 200.0)
                .map(|t| (x + r * t.cos(), y + r * t.sin()))
                .collect::<LineString<f64>>()
        };
        let shell = ring(109.484, 36.585, 0.05);
        let plain = Polygon::new(shell.clone(), vec![]);
        let with_hole = Polygon::new(shell, vec![ring(109.484, 36.585, 0.02)]);
        for polygon in [plain, with_hole] {
            // geo adds a hole that turns as its shell does.
            let theirs = polygon.orient(geo::orient::Direction::Default).geodesic_area_unsigned();
            let ours = polygon_area_m2(&polygon);
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
        }
    }

    #[test]
    fn a_ring_that_turns_clockwise_has_a_negative_area() {
        let ring =
            LineString::from(vec![(109.0, 36.0), (109.0, 36.1), (109.1, 36.1), (109.1, 36.0)]);
        assert!(ring_area_m2(&ring) < 0.0);
        // 0.1° by 0.1° at 36.05° N: 8.99 km by 11.10 km.
        assert!((ring_area_m2(&ring) / -99.97e6 - 1.0).abs() < 1e-3, "{}", ring_area_m2(&ring));
    }

    #[test]
    fn lengths_count_every_ring_and_no_points() {
        let square = |x: f64, r: f64| {
            LineString::from(vec![(x, 0.0), (x + r, 0.0), (x + r, r), (x, r), (x, 0.0)])
        };
        let polygon = Polygon::new(square(10.0, 0.02), vec![square(10.005, 0.005)]);
        let sum: f64 = [square(10.0, 0.02), square(10.005, 0.005)]
            .into_iter()
            .map(|ring| length_m(&Geometry::LineString(ring)))
            .sum();
        assert!((length_m(&Geometry::Polygon(polygon)) - sum).abs() < 1e-9);
        assert!((sum - 4.0 * 0.025 * 110_950.0).abs() < 60.0, "{sum}");
        assert!(length_m(&Geometry::Point(Point::new(1.0, 2.0))) == 0.0);
    }

    #[test]
    fn moving_to_the_grid_rounds_closes_turns_and_drops_repeats() {
        let ring = LineString::from(vec![
            (109.0, 36.0),
            (109.0, 36.000_000_1),
            (109.0, 36.000_000_12),
            (109.1, 36.1),
            (109.100_000_04, 36.0),
            (109.0, 36.0),
        ]);
        let Geometry::Polygon(polygon) = on_grid(&Geometry::Polygon(Polygon::new(ring, vec![])))
        else {
            panic!("a polygon stays one")
        };
        let expected =
            vec![(109.0, 36.0), (109.1, 36.0), (109.1, 36.1), (109.0, 36.000_000_1), (109.0, 36.0)];
        assert_eq!(polygon.exterior(), &LineString::from(expected));
        assert!(twice_area(polygon.exterior()) > 0);
    }

    #[test]
    fn what_is_no_number_stays_for_the_checker_to_name() {
        let Geometry::Point(p) = on_grid(&Geometry::Point(Point::new(f64::NAN, 1e300))) else {
            panic!("a point stays one")
        };
        assert!(p.x().is_nan());
        assert!(p.y() > 1e299);
    }
}
