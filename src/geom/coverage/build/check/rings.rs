//! The rings of areas under check, each edge with what is known of it.

use geo_types::{LineString, MultiPolygon};

use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::build::exact::twice_area;

/// What is known of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// Another ring has it, and lies on its other side.
    Matched,
    Invalid,
}

/// A ring on the grid, walked so that the inside of its polygon lies to the left.
pub(super) struct Ring {
    /// Area, part and ring.
    pub(super) place: [usize; 3],
    /// The polygon, counted through all areas.
    pub(super) polygon: usize,
    /// Without repeats; the first is not repeated at the end.
    pub(super) points: Vec<GridPoint>,
    /// What is known of the edge after each point.
    pub(super) known: Vec<Known>,
}

impl Ring {
    /// Edge `i`, from its start to its end.
    pub(super) fn edge(&self, i: usize) -> [GridPoint; 2] {
        [self.points[i], self.points[self.next(i)]]
    }

    pub(super) fn next(&self, i: usize) -> usize {
        if i + 1 == self.points.len() { 0 } else { i + 1 }
    }

    pub(super) fn before(&self, i: usize) -> usize {
        if i == 0 { self.points.len() - 1 } else { i - 1 }
    }

    /// The maximal runs of edges that are invalid; all of them together make a closed line.
    pub(super) fn invalid_runs(&self) -> Vec<Vec<GridPoint>> {
        let bad = |i: usize| self.known[i] == Known::Invalid;
        let count = self.points.len();
        if count > 0 && (0..count).all(bad) {
            return vec![self.points.iter().copied().chain([self.points[0]]).collect()];
        }
        let starts = (0..count).filter(|&i| bad(i) && !bad(self.before(i)));
        starts
            .map(|start| {
                let mut line = vec![self.points[start]];
                let mut at = start;
                while bad(at) {
                    at = self.next(at);
                    line.push(self.points[at]);
                }
                line
            })
            .collect()
    }
}

/// All rings of all areas; what is left of a ring that collapses has no edges or two.
pub(super) fn rings(areas: &[&MultiPolygon<f64>]) -> Vec<Ring> {
    let mut all = Vec::new();
    let mut polygon = 0;
    for (area, shapes) in areas.iter().enumerate() {
        for (part, shape) in shapes.iter().enumerate() {
            let rings = std::iter::once(shape.exterior()).chain(shape.interiors());
            for (number, ring) in rings.enumerate() {
                let points = points(ring, number == 0);
                let known = vec![Known::Nothing; points.len()];
                all.push(Ring { place: [area, part, number], polygon, points, known });
            }
            polygon += 1;
        }
    }
    all
}

fn points(ring: &LineString<f64>, exterior: bool) -> Vec<GridPoint> {
    let mut points: Vec<GridPoint> =
        ring.0.iter().map(|c| GridPoint { x: step(c.x), y: step(c.y) }).collect();
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 2 {
        return Vec::new();
    }
    let ends = |i: usize| (points[i], points[(i + 1) % points.len()]);
    let twice: i128 = (0..points.len()).map(ends).map(|(a, b)| twice_area(a, b)).sum();
    if (twice > 0) != exterior {
        points.reverse();
    }
    points
}
