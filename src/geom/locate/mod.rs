//! Which area holds this point? THE border rule, and the index that answers by it.
//!
//! # The rule
//!
//! A point `p` of the grid is asked for as `p + (ε, ε²)`: moved east by an infinitely small step,
//! and north by an infinitely smaller one. So moved it lies on no edge whatever, and an area holds
//! it or does not. Hence, on a shared arc, the point belongs to the area **east** of the arc; on an
//! arc that runs due east, to the area **north** of it; on a vertex, to the area whose wedge opens
//! due east (just above the due-east ray). In integers: the ray westwards from the moved point
//! crosses an edge from `low` to `high` exactly when `low.y <= p.y < high.y` and `p` does not lie
//! left of the edge.
//!
//! 1. An area holds the point when one of its polygons does: an odd number of crossings with the
//!    polygon's edges, shell and holes alike. An edge that one polygon uses twice (rounding folds a
//!    hair-line onto itself) is crossed twice, and bounds nothing.
//! 2. Of several that hold it (a partition broken by overlaps) the lowest number wins.
//! 3. Where none holds it, but it lies on the border of some (their outer border seen from the
//!    west or the south, a hair-line gap, an edge folded onto itself), the lowest number of those
//!    wins: the outer border belongs to the area inside.
//! 4. Otherwise it lies in no area.
//!
//! Every point of the union of the closed areas thus belongs to exactly one area, and no point
//! besides. Longitudes do not wrap at ±180.

mod measure;
mod plain;

use geo_types::MultiPolygon;

use crate::geom::coord::{GridBox, GridPoint, step};

/// Most areas in one index.
pub const AREAS_MAX: usize = 65_534;
/// What a batch writes for a point in no area.
pub const NOWHERE: u16 = u16::MAX;

/// Areas by point. Areas are numbered in the order given.
pub struct AreaIndex {
    plain: plain::Plain,
    extent: Option<GridBox>,
}

/// What lies around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surroundings {
    /// The area that holds the point.
    pub area: Option<u16>,
    /// Distance (m) to the nearest border of that area; outside all, to the nearest area. `None`
    /// only when the index is empty.
    pub border_m: Option<f64>,
    /// The nearest other area and its distance (m); `None` where there is no other. Outside all
    /// areas: the nearest one.
    pub runner_up: Option<(u16, f64)>,
}

impl AreaIndex {
    /// Builds the index. Every coordinate on the grid, at most [`AREAS_MAX`] areas (the caller has
    /// checked both).
    #[must_use]
    pub fn build(areas: &[&MultiPolygon<f64>]) -> Self {
        Self { plain: plain::Plain::build(areas), extent: extent(areas) }
    }

    /// The area that holds `p`. Where several do (a broken partition), the one with the lowest
    /// number.
    #[must_use]
    pub fn locate(&self, p: GridPoint) -> Option<u16> {
        self.plain.locate(p)
    }

    /// The area of every point, [`NOWHERE`] outside all: the same answers as [`Self::locate`],
    /// many look-ups in flight. The three slices are of one length.
    pub fn locate_batch(&self, xs: &[i32], ys: &[i32], out: &mut [u16]) {
        for ((&x, &y), out) in xs.iter().zip(ys).zip(out) {
            *out = self.locate(GridPoint { x, y }).unwrap_or(NOWHERE);
        }
    }

    /// The area, the distance to its border and the runner-up.
    #[must_use]
    pub fn surroundings(&self, p: GridPoint) -> Surroundings {
        self.plain.surroundings(p)
    }

    /// The box around all areas; `None` when there are none.
    #[must_use]
    pub fn extent(&self) -> Option<GridBox> {
        self.extent
    }
}

fn extent(areas: &[&MultiPolygon<f64>]) -> Option<GridBox> {
    areas
        .iter()
        .flat_map(|area| area.0.iter())
        .flat_map(|polygon| polygon.exterior().0.iter())
        .map(|c| GridPoint { x: step(c.x), y: step(c.y) })
        .fold(None, |frame: Option<GridBox>, p| {
            let GridBox { min, max } = frame.unwrap_or(GridBox { min: p, max: p });
            Some(GridBox {
                min: GridPoint { x: min.x.min(p.x), y: min.y.min(p.y) },
                max: GridPoint { x: max.x.max(p.x), y: max.y.max(p.y) },
            })
        })
}

#[cfg(test)]
mod tests {
    use geo_types::{Coord, LineString, Polygon};

    use super::*;
    use crate::geom::coord::STEPS_PER_DEGREE;

    /// A polygon from "x,y x,y …; hole …" in grid steps.
    fn polygon(text: &str) -> Polygon<f64> {
        let ring = |text: &str| {
            text.split_whitespace()
                .map(|pair| {
                    let (x, y) = pair.split_once(',').unwrap();
                    let degrees = |n: &str| f64::from(n.parse::<i32>().unwrap()) / STEPS_PER_DEGREE;
                    Coord { x: degrees(x), y: degrees(y) }
                })
                .collect::<LineString<f64>>()
        };
        let mut rings = text.split(';').map(ring);
        Polygon::new(rings.next().unwrap(), rings.collect())
    }

    fn index(areas: &[&str]) -> AreaIndex {
        let areas: Vec<MultiPolygon<f64>> =
            areas.iter().map(|area| MultiPolygon(area.split('|').map(polygon).collect())).collect();
        AreaIndex::build(&areas.iter().collect::<Vec<_>>())
    }

    fn at(index: &AreaIndex, x: i32, y: i32) -> Option<u16> {
        index.locate(GridPoint { x, y })
    }

    #[test]
    fn a_shared_arc_belongs_to_the_east_and_a_level_one_to_the_north() {
        let west_east = index(&["0,0 4,0 4,4 0,4", "4,0 8,0 8,4 4,4"]);
        assert_eq!(at(&west_east, 3, 2), Some(0));
        assert_eq!(at(&west_east, 4, 2), Some(1));
        let south_north = index(&["0,0 4,0 4,4 0,4", "0,4 4,4 4,8 0,8"]);
        assert_eq!(at(&south_north, 2, 4), Some(1));
        assert_eq!(at(&south_north, 2, 3), Some(0));
    }

    #[test]
    fn the_outer_border_belongs_to_the_area_inside() {
        let one = index(&["0,0 4,0 4,4 0,4"]);
        for x in -1..=5 {
            for y in -1..=5 {
                let inside = (0..=4).contains(&x) && (0..=4).contains(&y);
                assert_eq!(at(&one, x, y).is_some(), inside, "{x},{y}");
            }
        }
    }
}
