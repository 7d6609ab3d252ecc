//! A border laid along another line between two of its vertices.

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::coverage::arc::far;
use crate::geom::coverage::edit::change::{Change, labels_from, simple_line, verified};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::exact::{Spot, twice_area};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::project::Scale;

/// Replaces the border between the two ends of `line` by the line.
///
/// Of a ring there are two such ways; the one that changes less area is replaced.
pub(super) fn reshape(coverage: &Coverage, line: &[GridPoint]) -> Result<Change, EditFault> {
    let line = simple_line(line)?;
    let (from, to) = (line[0], line[line.len() - 1]);
    for at in [from, to] {
        if !coverage.has_node(at) {
            return Err(EditFault::NoVertex { at });
        }
    }
    let ways = ways(coverage, from, to);
    let swept = |way: &Way| {
        let back = line.iter().rev().skip(1).take(line.len().saturating_sub(2));
        let ring: Vec<Spot> = way.points.iter().chain(back).map(|&p| p.into()).collect();
        twice_area(&ring).abs()
    };
    let way = ways.into_iter().min_by_key(swept).ok_or(EditFault::NotOneArc { at: from, to })?;
    let removed =
        way.points.windows(2).filter_map(|pair| coverage.between(pair[0], pair[1])).collect();
    let added =
        line.windows(2).map(|pair| Side::new(pair[0], pair[1], way.left, way.right)).collect();
    verified(coverage, removed, added)
}

/// Lays the border between two vertices along the part of a line that lies nearest to them.
pub(super) fn straighten(
    coverage: &Coverage,
    [from, to]: [GridPoint; 2],
    along: &[GridPoint],
) -> Result<Change, EditFault> {
    let mut along = along.to_vec();
    along.dedup();
    if along.len() < 2 {
        return Err(EditFault::TooFewPoints { at: along.first().copied() });
    }
    let (mut first, mut last) = (foot(&along, from), foot(&along, to));
    if first.order() > last.order() {
        along.reverse();
        (first, last) = (foot(&along, from), foot(&along, to));
    }
    let mut line = vec![from, first.at];
    if let Some(between) = along.get(first.segment + 1..=last.segment) {
        line.extend(between);
    }
    line.extend([last.at, to]);
    reshape(coverage, &line)
}

/// A stretch of border with one pair of labels, along the way of its points.
struct Way {
    points: Vec<GridPoint>,
    left: FaceLabel,
    right: FaceLabel,
}

/// The ways along borders from one vertex to another that pass no node between.
fn ways(coverage: &Coverage, from: GridPoint, to: GridPoint) -> Vec<Way> {
    let way = |side: Side| {
        let (left, right) = labels_from(side, from);
        let (mut before, mut at) = (from, far(side, from));
        let mut points = vec![from, at];
        while at != to {
            if at == from || coverage.is_node(at) {
                return None;
            }
            let next = coverage.star(at).map(|side| far(side, at)).find(|&p| p != before)?;
            points.push(next);
            (before, at) = (at, next);
        }
        Some(Way { points, left, right })
    };
    if from == to { Vec::new() } else { coverage.star(from).filter_map(way).collect() }
}

/// The place of a line nearest to another.
struct Foot {
    at: GridPoint,
    segment: usize,
    share: f64,
}

impl Foot {
    fn order(&self) -> (usize, u64) {
        // Not negative: the order of the bits is that of the numbers.
        (self.segment, self.share.to_bits())
    }
}

/// The foot of a place on a line of two places or more, in the metres of its latitude.
fn foot(line: &[GridPoint], p: GridPoint) -> Foot {
    let scale = Scale::at(f64::from(p.y) / STEPS_PER_DEGREE);
    let metres = |q: GridPoint| {
        let less = |m: i32, n: i32| f64::from(m) - f64::from(n);
        (less(q.x, p.x) * scale.lon_m, less(q.y, p.y) * scale.lat_m)
    };
    let mut best = (f64::INFINITY, Foot { at: p, segment: 0, share: 0.0 });
    for (segment, pair) in line.windows(2).enumerate() {
        let ((ax, ay), (bx, by)) = (metres(pair[0]), metres(pair[1]));
        let (dx, dy) = (bx - ax, by - ay);
        let share = (-(ax * dx + ay * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        let distance = (ax + share * dx).hypot(ay + share * dy);
        if distance < best.0 {
            let along = |from: i32, to: i32| {
                let exact = f64::from(from) + share * (f64::from(to) - f64::from(from));
                #[expect(clippy::cast_possible_truncation, reason = "between two of 32 bits")]
                let rounded = exact.round() as i32;
                rounded
            };
            let at = GridPoint { x: along(pair[0].x, pair[1].x), y: along(pair[0].y, pair[1].y) };
            best = (distance, Foot { at, segment, share: share + 0.0 });
        }
    }
    best.1
}
