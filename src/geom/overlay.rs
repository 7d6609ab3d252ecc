//! Areas laid over one another: what two have in common, what one has alone, and where two partitions differ.

use std::collections::HashSet;

use geo::{BooleanOps, BoundingRect, MapCoords};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE, step};
use crate::geom::measure::polygon_on_grid;
use crate::geom::validity;

/// Boxes are merged two by two up to so many; of more, neighbours in a list are merged first.
const BOXES_MAX: usize = 256;

/// Areas on whole grid steps around an origin, which an overlay keeps exactly: those that share their
/// vertices leave nothing between them.
#[derive(Clone, Debug)]
pub struct Sheet {
    origin: Coord<f64>,
}

impl Sheet {
    /// A sheet around the middle of a box.
    #[must_use]
    pub fn around(frame: GridBox) -> Self {
        let middle = |a: i32, b: i32| f64::from(i32::midpoint(a, b));
        let origin =
            Coord { x: middle(frame.min.x, frame.max.x), y: middle(frame.min.y, frame.max.y) };
        Self { origin }
    }

    /// An area in degrees, laid on the sheet.
    #[must_use]
    pub fn lay(&self, area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        area.map_coords(|c| Coord {
            x: f64::from(step(c.x)) - self.origin.x,
            y: f64::from(step(c.y)) - self.origin.y,
        })
    }

    /// What two areas of the sheet have in common, in degrees.
    #[must_use]
    pub fn shared(&self, a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        self.lift(&a.intersection(b))
    }

    /// What an area of the sheet has outside all others, in degrees.
    #[must_use]
    pub fn alone(
        &self,
        area: &MultiPolygon<f64>,
        others: &[&MultiPolygon<f64>],
    ) -> MultiPolygon<f64> {
        let rest = others.iter().fold(area.clone(), |rest, other| rest.difference(*other));
        self.lift(&rest)
    }

    /// In degrees on the grid, without what is narrower than a step; a part that rounding would spoil keeps
    /// the places where edges crossed between steps.
    fn lift(&self, area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let wide = area.0.iter().filter(|part| width(part) >= 1.0);
        let parts = wide.filter_map(|part| {
            let degrees = |v: f64, origin: f64| (v + origin) / STEPS_PER_DEGREE;
            let exact = part.map_coords(|c| Coord {
                x: degrees(c.x, self.origin.x),
                y: degrees(c.y, self.origin.y),
            });
            let rounded = without_collapsed(polygon_on_grid(&exact))?;
            let sound = validity::faults(&Geometry::Polygon(rounded.clone())).is_empty();
            Some(if sound { rounded } else { exact })
        });
        MultiPolygon::new(parts.collect())
    }
}

/// The mean width of a part of a sheet, in steps.
fn width(part: &Polygon<f64>) -> f64 {
    use geo::{Area, Euclidean, Length};
    let around = Euclidean.length(part.exterior());
    if around > 0.0 { 2.0 * part.unsigned_area() / around } else { 0.0 }
}

fn without_collapsed(part: Polygon<f64>) -> Option<Polygon<f64>> {
    let (exterior, mut holes) = part.into_inner();
    holes.retain(|ring| ring.0.len() > 3);
    (exterior.0.len() > 3).then(|| Polygon::new(exterior, holes))
}

/// The box around an area on the grid; `None` for an empty one.
#[must_use]
pub fn frame(area: &MultiPolygon<f64>) -> Option<GridBox> {
    let around = area.bounding_rect()?;
    let at = |c: Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
    Some(GridBox { min: at(around.min()), max: at(around.max()) })
}

/// Whether two boxes have a point in common.
#[must_use]
pub fn meet(a: GridBox, b: GridBox) -> bool {
    a.min.x <= b.max.x && b.min.x <= a.max.x && a.min.y <= b.max.y && b.min.y <= a.max.y
}

/// Boxes that hold every point which lies in one of two areas and not in the other, borders included.
///
/// What lies between two borders is surrounded by pieces of edges that only one of the areas has, and such
/// pieces touch or cross each other all the way round. So boxes around runs of these edges, merged where they
/// meet, hold it: see [`merged`].
#[must_use]
pub fn differing(before: &MultiPolygon<f64>, after: &MultiPolygon<f64>) -> Vec<GridBox> {
    let (one, other) = (edges(before), edges(after));
    let mut boxes = Vec::new();
    for (area, known) in [(before, &other), (after, &one)] {
        for ring in rings(area) {
            let mut run: Option<GridBox> = None;
            for (a, b) in steps(ring) {
                if known.contains(&in_order(a, b)) {
                    boxes.extend(run.take());
                    continue;
                }
                let edge = around(a).with(around(b));
                run = Some(run.map_or(edge, |run| run.with(edge)));
            }
            boxes.extend(run);
        }
    }
    boxes
}

/// The same boxes, merged where they meet, and then those that cost the least until there are no more than
/// `most`.
#[must_use]
pub fn merged(boxes: Vec<GridBox>, most: usize) -> Vec<GridBox> {
    let mut boxes = boxes;
    boxes.sort_unstable_by_key(|it| (it.min, it.max));
    boxes.dedup();
    while boxes.len() > BOXES_MAX {
        boxes =
            boxes.chunks(2).filter_map(|two| two.iter().copied().reduce(GridBox::with)).collect();
    }
    loop {
        let pair = (0..boxes.len())
            .flat_map(|i| (i + 1..boxes.len()).map(move |j| (i, j)))
            .find(|(i, j)| meet(boxes[*i], boxes[*j]));
        let cheapest = || {
            (0..boxes.len())
                .flat_map(|i| (i + 1..boxes.len()).map(move |j| (i, j)))
                .min_by(|a, b| cost(&boxes, *a).total_cmp(&cost(&boxes, *b)))
        };
        let pair = pair.or_else(|| if boxes.len() > most.max(1) { cheapest() } else { None });
        let Some((i, j)) = pair else { return boxes };
        let other = boxes.swap_remove(j);
        boxes[i] = boxes[i].with(other);
    }
}

/// How much more two boxes hold together than each for itself.
fn cost(boxes: &[GridBox], (i, j): (usize, usize)) -> f64 {
    let size = |it: GridBox| {
        let side = |a: i32, b: i32| f64::from(b) - f64::from(a) + 1.0;
        side(it.min.x, it.max.x) * side(it.min.y, it.max.y)
    };
    size(boxes[i].with(boxes[j])) - size(boxes[i]) - size(boxes[j])
}

fn around(p: GridPoint) -> GridBox {
    GridBox { min: p, max: p }
}

fn rings(area: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    area.0.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()))
}

fn steps(ring: &LineString<f64>) -> impl Iterator<Item = (GridPoint, GridPoint)> {
    let at = |c: Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
    ring.0.windows(2).map(move |pair| (at(pair[0]), at(pair[1])))
}

fn edges(area: &MultiPolygon<f64>) -> HashSet<(GridPoint, GridPoint)> {
    rings(area).flat_map(steps).map(|(a, b)| in_order(a, b)).collect()
}

fn in_order(a: GridPoint, b: GridPoint) -> (GridPoint, GridPoint) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: i32, south: i32, side: i32) -> MultiPolygon<f64> {
        let at = |x: i32, y: i32| (f64::from(x) / 1e7, f64::from(y) / 1e7);
        let (east, north) = (west + side, south + side);
        let ring = vec![at(west, south), at(east, south), at(east, north), at(west, north)];
        MultiPolygon::new(vec![Polygon::new(ring.into(), Vec::new())])
    }

    #[test]
    fn what_two_have_in_common_and_what_one_has_alone() {
        let (a, b) = (square(0, 0, 100), square(60, 60, 100));
        let sheet = Sheet::around(frame(&a).unwrap());
        let (a, b) = (sheet.lay(&a), sheet.lay(&b));
        assert_eq!(frame(&sheet.shared(&a, &b)), frame(&square(60, 60, 40)));
        assert_eq!(frame(&sheet.alone(&a, &[&b])), frame(&square(0, 0, 100)));
        assert!(sheet.alone(&a, &[&a]).0.is_empty());
    }

    #[test]
    fn what_is_narrower_than_a_step_is_nothing() {
        let (a, mut b) = (square(0, 0, 1_000), square(1_000, 0, 1_000));
        // A vertex off the common border by one step: half a step wide on average.
        b.0[0].exterior_mut(|ring| ring.0.insert(4, Coord { x: 999.0 / 1e7, y: 500.0 / 1e7 }));
        let sheet = Sheet::around(frame(&a).unwrap());
        assert!(sheet.shared(&sheet.lay(&a), &sheet.lay(&b)).0.is_empty());
    }

    #[test]
    fn boxes_of_what_differs_hold_it_and_are_merged_where_they_meet() {
        let (a, b) = (square(0, 0, 100), square(0, 0, 100));
        assert!(differing(&a, &b).is_empty());
        let moved = square(10, 0, 100);
        let boxes = merged(differing(&a, &moved), 8);
        assert_eq!(
            boxes,
            [GridBox { min: GridPoint { x: 0, y: 0 }, max: GridPoint { x: 110, y: 100 } }]
        );
        let apart = [square(0, 0, 1), square(10, 0, 1), square(1_000, 0, 1)];
        let boxes: Vec<GridBox> = apart.iter().filter_map(frame).collect();
        assert_eq!(merged(boxes.clone(), 3).len(), 3);
        let two = merged(boxes, 2);
        assert_eq!(two.len(), 2);
        assert!(two.iter().any(|it| it.max.x == 11), "{two:?}");
    }
}
