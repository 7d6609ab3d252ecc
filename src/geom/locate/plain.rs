//! The rule spelled out: every edge of every area asked, in 128-bit integers.
//!
//! Slow and obvious. The index must give the same answers.

use geo_types::{Coord, LineString, MultiPolygon};

use crate::geom::coord::{GridPoint, step};
use crate::geom::locate::area::Surroundings;
use crate::geom::locate::measure::Metric;

/// One polygon: its area and all its edges, shell and holes.
struct Piece {
    area: u16,
    edges: Vec<(GridPoint, GridPoint)>,
}

/// Areas as bare lists of edges.
pub(super) struct Plain {
    pieces: Vec<Piece>,
}

impl Plain {
    pub(super) fn build(areas: &[&MultiPolygon<f64>]) -> Self {
        let mut pieces = Vec::new();
        for (area, shape) in (0_u16..).zip(areas) {
            for polygon in *shape {
                let mut edges = Vec::new();
                push_ring(&mut edges, polygon.exterior());
                for hole in polygon.interiors() {
                    push_ring(&mut edges, hole);
                }
                pieces.push(Piece { area, edges });
            }
        }
        Self { pieces }
    }

    /// The two lowest areas that hold `p` by the direction rule; where none does, the lowest that
    /// touches it.
    pub(super) fn holders(&self, p: GridPoint) -> (Option<u16>, Option<u16>) {
        let mut held: Vec<u16> = Vec::new();
        let mut touched: Option<u16> = None;
        for piece in &self.pieces {
            let mut inside = false;
            let mut on_border = false;
            for &(a, b) in &piece.edges {
                inside ^= crosses(a, b, p);
                on_border |= on_edge(a, b, p);
            }
            if inside && held.last() != Some(&piece.area) {
                held.push(piece.area);
            }
            if on_border {
                touched = touched.or(Some(piece.area));
            }
        }
        (held.first().copied().or(touched), held.get(1).copied())
    }

    pub(super) fn locate(&self, p: GridPoint) -> Option<u16> {
        self.holders(p).0
    }

    pub(super) fn surroundings(&self, p: GridPoint) -> Surroundings {
        let (area, second) = self.holders(p);
        let metric = Metric::at(p);
        let mut own = f64::INFINITY;
        let mut other: Option<(u16, f64)> = second.map(|area| (area, 0.0));
        for piece in &self.pieces {
            for &(a, b) in &piece.edges {
                let end = |c: GridPoint| {
                    let less = |m: i32, n: i32| f64::from(m) - f64::from(n);
                    (less(c.x, p.x), less(c.y, p.y))
                };
                let d2 = metric.distance2(end(a), end(b));
                if Some(piece.area) == area {
                    own = own.min(d2);
                } else if other
                    .is_none_or(|(number, best)| d2 < best || (d2 <= best && piece.area < number))
                {
                    other = Some((piece.area, d2));
                }
            }
        }
        let runner_up = other.map(|(number, d2)| (number, d2.sqrt()));
        let border_m = match area {
            Some(_) => Some(own.sqrt()),
            None => runner_up.map(|(_, distance)| distance),
        };
        Surroundings { area, border_m, runner_up }
    }
}

fn push_ring(edges: &mut Vec<(GridPoint, GridPoint)>, ring: &LineString<f64>) {
    let grid = |c: &Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
    edges.extend(ring.0.windows(2).map(|pair| (grid(&pair[0]), grid(&pair[1]))));
}

/// Whether the ray westwards from `p + (ε, ε²)` crosses the edge.
fn crosses(a: GridPoint, b: GridPoint, p: GridPoint) -> bool {
    let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
    low.y <= p.y && p.y < high.y && cross(low, high, p) <= 0
}

fn on_edge(a: GridPoint, b: GridPoint, p: GridPoint) -> bool {
    let between = |a: i32, b: i32, p: i32| a.min(b) <= p && p <= a.max(b);
    between(a.x, b.x, p.x) && between(a.y, b.y, p.y) && cross(a, b, p) == 0
}

/// Positive when `p` lies left of the way from `a` to `b`.
fn cross(a: GridPoint, b: GridPoint, p: GridPoint) -> i128 {
    let less = |m: i32, n: i32| i128::from(m) - i128::from(n);
    less(b.x, a.x) * less(p.y, a.y) - less(b.y, a.y) * less(p.x, a.x)
}
