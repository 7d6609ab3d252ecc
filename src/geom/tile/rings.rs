//! Polygons in units, and what rounding leaves to be tidied in them.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE, step};
use crate::geom::tile::exact::is_spike;
use crate::geom::tile::grid::{Unit, World};

/// A polygon in units: its shell, then its holes; no ring repeats its first place at the end.
pub type Rings = Vec<Vec<Unit>>;

/// The unit of a zoom's world that is nearest to a position in degrees.
#[must_use]
pub fn unit(c: Coord<f64>, zoom: u32) -> Unit {
    World::of(GridPoint { x: step(c.x), y: step(c.y) }).nearest(zoom)
}

/// A ring without places that repeat the one before, and without spikes; fewer than three places when
/// nothing is left.
#[must_use]
pub fn tidied(ring: Vec<Unit>) -> Vec<Unit> {
    let mut kept: Vec<Unit> = Vec::with_capacity(ring.len());
    for p in ring {
        push(&mut kept, p);
    }
    // Where its end meets its beginning.
    let mut from = 0;
    while kept.len() - from > 1 {
        let last = kept.len() - 1;
        let (first, end) = (kept[from], kept[last]);
        if end == first || is_spike(kept[last - 1], end, first) {
            kept.pop();
        } else if is_spike(end, first, kept[from + 1]) {
            from += 1;
        } else {
            break;
        }
    }
    kept.drain(..from);
    if kept.len() < 3 { Vec::new() } else { kept }
}

/// Goes on to a place; what turns out to be a spike is taken back.
fn push(kept: &mut Vec<Unit>, p: Unit) {
    while let Some(&last) = kept.last() {
        if last == p {
            return;
        }
        let spike = kept.len() > 1 && is_spike(kept[kept.len() - 2], last, p);
        if !spike {
            break;
        }
        kept.pop();
    }
    kept.push(p);
}

/// Polygons in units as the other rooms know areas: a unit for each step of the grid.
pub(super) fn as_degrees(polygons: &[Rings]) -> MultiPolygon<f64> {
    let degrees = |p: &Unit| Coord {
        x: f64::from(p.x) / STEPS_PER_DEGREE,
        y: f64::from(p.y) / STEPS_PER_DEGREE,
    };
    let line = |ring: &Vec<Unit>| -> LineString<f64> {
        ring.iter().chain(ring.first()).map(degrees).collect()
    };
    let polygon = |rings: &Rings| {
        let mut lines = rings.iter().map(line);
        let shell = lines.next().unwrap_or_else(|| LineString(Vec::new()));
        Polygon::new(shell, lines.collect())
    };
    MultiPolygon(polygons.iter().map(polygon).collect())
}

/// And back: shells that run counter-clockwise by `x` and `y` are those that a tile wants.
pub(super) fn of_degrees(area: &MultiPolygon<f64>) -> Vec<Rings> {
    let ring = |line: &LineString<f64>| -> Vec<Unit> {
        let all = line.0.iter().map(|c| Unit { x: step(c.x), y: step(c.y) });
        all.take(line.0.len().saturating_sub(1)).collect()
    };
    let polygon = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
    };
    area.iter().map(polygon).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Corners = [(i32, i32)];

    fn ring(places: &Corners) -> Vec<Unit> {
        places.iter().map(|&(x, y)| Unit { x, y }).collect()
    }

    #[test]
    fn repeated_places_and_spikes_go_and_corners_stay() {
        let square = [(0, 0), (4, 0), (4, 4), (0, 4)];
        let cases: [(&Corners, &Corners); 7] = [
            (&square[..], &square[..]),
            (&[(0, 0), (0, 0), (4, 0), (4, 4), (4, 4), (0, 4), (0, 0)], &square),
            (&[(0, 0), (4, 0), (9, 0), (4, 0), (4, 4), (0, 4)], &square),
            (&[(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)], &[(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)]),
            (&[(0, -3), (0, 0), (4, 0), (4, 4), (0, 4), (0, 0)], &square),
            (&[(0, 0), (4, 0), (8, 0)], &[]),
            (&[(0, 0), (1, 1)], &[]),
        ];
        for (given, left) in cases {
            let mut found = tidied(ring(given));
            if let Some(first) = found.iter().position(|p| *p == Unit { x: 0, y: 0 }) {
                found.rotate_left(first);
            }
            assert_eq!(found, ring(left), "{given:?}");
        }
    }
}
