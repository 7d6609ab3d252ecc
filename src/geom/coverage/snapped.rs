//! Hair lines between a drawing and the borders that it follows.

use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE};
use crate::geom::coverage::exact::Spot;
use crate::geom::coverage::face::coord;
use crate::geom::coverage::hash::FoldSet;
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::measure::{between_m, to_segment_m};
use crate::geom::project::Scale;

impl Coverage {
    /// A drawn line with its places moved onto the vertices of borders that lie within `reach_m`, passing those that
    /// lie as near to it, and without places beside a segment that it follows from end to end. A ring has its first
    /// place at the end again, and keeps it.
    ///
    /// What is drawn along borders as they are is not touched, and neither is what lies farther away.
    #[must_use]
    pub fn snapped(&self, line: &[GridPoint], reach_m: f64) -> Vec<GridPoint> {
        let mut points: Vec<GridPoint> =
            line.iter().map(|&p| self.vertex_within(p, reach_m).unwrap_or(p)).collect();
        points.dedup();
        self.begin_at_vertex(&mut points);
        let mut passing: Vec<GridPoint> = Vec::with_capacity(points.len());
        for pair in points.windows(2) {
            passing.push(pair[0]);
            passing.extend(self.beside(pair[0], pair[1], reach_m));
        }
        passing.extend(points.last());
        self.without_hairs(&passing, reach_m)
    }

    /// The vertex nearest to a place, within `reach_m`.
    #[must_use]
    pub fn vertex_within(&self, p: GridPoint, reach_m: f64) -> Option<GridPoint> {
        if self.has_node(p) {
            return Some(p);
        }
        let ends = self.near_box(wider(frame(p, p), reach_m)).flat_map(|side| [side.a, side.b]);
        ends.map(|q| (between_m(coord(p), coord(q)), q))
            .filter(|(far_m, _)| *far_m <= reach_m)
            .min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
            .map(|(_, q)| q)
    }

    /// Turns a ring so that it begins at a vertex, where it has one.
    fn begin_at_vertex(&self, points: &mut Vec<GridPoint>) {
        let closed = points.len() > 3 && points.first() == points.last();
        let begins = points.iter().position(|&p| self.has_node(p)).filter(|_| closed);
        if let Some(at) = begins {
            points.pop();
            points.rotate_left(at);
            points.extend(points.first().copied());
        }
    }

    /// The vertices that a straight way from `p` to `q` passes within `reach_m`, in the order along it; none where
    /// the way is a border.
    fn beside(&self, p: GridPoint, q: GridPoint, reach_m: f64) -> Vec<GridPoint> {
        if self.between(p, q).is_some() {
            return Vec::new();
        }
        let (from, to) = (Spot::from(p), Spot::from(q));
        let along = |at: GridPoint| {
            let wide = |m: i64, n: i64| i128::from(m) * i128::from(n);
            let at = Spot::from(at);
            wide(at.x - from.x, to.x - from.x) + wide(at.y - from.y, to.y - from.y)
        };
        let (first, last) = (along(p), along(q));
        let mut seen: FoldSet<GridPoint> = FoldSet::default();
        let ends = self.near_box(wider(frame(p, q), reach_m)).flat_map(|side| [side.a, side.b]);
        let mut found: Vec<GridPoint> = ends
            .filter(|&at| (first + 1..last).contains(&along(at)) && seen.insert(at))
            .filter(|&at| to_segment_m(coord(at), coord(p), coord(q)) <= reach_m)
            .collect();
        found.sort_unstable_by_key(|&at| (along(at), at));
        found
    }

    /// Without places between the two ends of a segment that lie within `reach_m` of it.
    fn without_hairs(&self, points: &[GridPoint], reach_m: f64) -> Vec<GridPoint> {
        let mut kept: Vec<GridPoint> = Vec::with_capacity(points.len());
        // Where in `kept` the last vertex stands.
        let mut last: Option<usize> = None;
        for &p in points {
            if self.has_node(p) {
                if let Some(at) = last {
                    let from = kept[at];
                    let near =
                        |m: &GridPoint| to_segment_m(coord(*m), coord(from), coord(p)) <= reach_m;
                    if self.between(from, p).is_some() && kept[at + 1..].iter().all(near) {
                        kept.truncate(at + 1);
                    }
                }
                last = Some(kept.len());
            }
            kept.push(p);
        }
        kept.dedup();
        kept
    }
}

/// A box with so many metres around it.
fn wider(GridBox { min, max }: GridBox, by_m: f64) -> GridBox {
    let south = min.y.unsigned_abs().max(max.y.unsigned_abs());
    let scale = Scale::at(f64::from(south) / STEPS_PER_DEGREE);
    let steps = |degree_m: f64| {
        let exact = by_m / degree_m.max(1.0) * STEPS_PER_DEGREE;
        #[expect(clippy::cast_possible_truncation, reason = "held far within 32 bits")]
        let whole = exact.clamp(0.0, 1e9).ceil() as i32;
        whole
    };
    let (x, y) = (steps(scale.lon_m), steps(scale.lat_m));
    GridBox {
        min: GridPoint { x: min.x.saturating_sub(x), y: min.y.saturating_sub(y) },
        max: GridPoint { x: max.x.saturating_add(x), y: max.y.saturating_add(y) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::coverage::trial::{drawn, line};

    /// Two squares of a thousand steps, some eleven metres, side by side.
    fn two() -> Coverage {
        drawn(&["0 0, 1000 0, 1000 1000, 0 1000", "1000 0, 2000 0, 2000 1000, 1000 1000"])
    }

    fn check(given: &str, expected: &str) {
        let found = two().snapped(&line(given), 0.05);
        assert_eq!(found, line(expected), "{given}");
    }

    #[test]
    fn what_lies_a_hair_beside_a_border_follows_it_and_the_rest_stays() {
        // As it is.
        check("0 0, 1000 0, 1000 1000, 0 1000, 0 0", "0 0, 1000 0, 1000 1000, 0 1000, 0 0");
        // Places beside vertices, and beside the segment between them.
        check(
            "2 1, 998 -2, 1003 500, 1001 1003, 0 1000, 2 1",
            "0 0, 1000 0, 1000 1000, 0 1000, 0 0",
        );
        // A vertex that the way passes.
        check(
            "0 0, 2000 1, 2000 1000, 0 1000, 0 0",
            "0 0, 1000 0, 2000 0, 2000 1000, 1000 1000, 0 1000, 0 0",
        );
        // Farther than five centimetres.
        check("0 0, 1010 0, 1000 1000, 0 1000, 0 0", "0 0, 1000 0, 1010 0, 1000 1000, 0 1000, 0 0");
        check(
            "0 0, 1000 0, 1020 500, 1000 1000, 0 1000, 0 0",
            "0 0, 1000 0, 1020 500, 1000 1000, 0 1000, 0 0",
        );
        // A ring that begins in the midst of a border.
        check(
            "999 500, 1000 1000, 0 1000, 0 0, 1000 0, 999 500",
            "1000 1000, 0 1000, 0 0, 1000 0, 1000 1000",
        );
    }
}
