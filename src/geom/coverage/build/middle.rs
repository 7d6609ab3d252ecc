//! The line in the middle of a gap between two faces.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::exact::{cross, crossed_westwards, crossing_rounded};
use crate::geom::coverage::build::metres::length_m;
use crate::geom::coverage::build::plane::start;
use crate::geom::coverage::build::regions::Regions;

/// Most vertices of a gap whose middle is sought: every two segments are compared.
const MIDDLE_VERTICES_MAX: usize = 400;

/// The line in the middle of a gap, from one of the places where both faces meet to the other.
#[derive(Clone)]
pub(super) struct Middle {
    pub(super) line: Vec<GridPoint>,
    /// The face to the left of the line and to the right.
    pub(super) left: u16,
    pub(super) right: u16,
}

/// The middle of a region between two faces, where each has one piece of its border; `None` where
/// the grid leaves no room for a line.
pub(super) fn middle(regions: &Regions<'_>, region: u32) -> Option<Middle> {
    let ring = ring(regions, region)?;
    let face = |i: usize| ring[i % ring.len()].1;
    let turns: Vec<usize> =
        (0..ring.len()).filter(|&i| face(i) != face(i + ring.len() - 1)).collect();
    let &[first, second] = turns.as_slice() else { return None };
    let run = |from: usize, to: usize| -> Vec<GridPoint> {
        (from..=to).map(|i| ring[i % ring.len()].0).collect()
    };
    let one = run(first, second);
    let mut other = run(second, first + ring.len());
    other.reverse();
    let line = between(&one, &other)?;
    let corners: Vec<GridPoint> = ring.iter().map(|&(p, _)| p).collect();
    // The gap lies left of its border, so what is between `one` and the line lies right of it.
    clear(&line, &corners).then_some(Middle { line, left: face(second), right: face(first) })
}

/// The corners of a region that has one border, each with the face beside the segment after it.
fn ring(regions: &Regions<'_>, region: u32) -> Option<Vec<(GridPoint, u16)>> {
    let segments = regions.beside.segments(region);
    let &first = segments.first()?;
    if segments.len() > MIDDLE_VERTICES_MAX {
        return None;
    }
    let inside_left = regions.plane.sides[first as usize][0] == region;
    let begin = first * 2 + u32::from(!inside_left);
    let (mut ring, mut dart) = (Vec::with_capacity(segments.len()), begin);
    loop {
        let [left, right] = regions.plane.sides[dart as usize / 2];
        let other = if dart % 2 == 0 { right } else { left };
        ring.push((start(regions.ends, dart), regions.labels[other as usize]?));
        dart = regions.plane.next[dart as usize];
        if dart == begin {
            break;
        }
    }
    (ring.len() == segments.len()).then_some(ring)
}

/// Half way between two lines with common ends, at the same parts of their lengths.
fn between(one: &[GridPoint], other: &[GridPoint]) -> Option<Vec<GridPoint>> {
    let parts = |line: &[GridPoint]| {
        let mut sum_m = 0.0;
        let mut at = vec![0.0];
        for pair in line.windows(2) {
            sum_m += length_m([pair[0], pair[1]]);
            at.push(sum_m);
        }
        at.iter().map(|m| m / sum_m).collect::<Vec<f64>>()
    };
    let (of_one, of_other) = (parts(one), parts(other));
    let inner = |all: &[f64]| all[1..all.len() - 1].to_vec();
    let mut at = [inner(&of_one), inner(&of_other)].concat();
    at.sort_by(f64::total_cmp);
    let mut line = vec![*one.first()?];
    for part in at {
        let [p, q] = [place(one, &of_one, part), place(other, &of_other, part)];
        line.push(half_way(p, q));
    }
    line.push(*one.last()?);
    line.dedup();
    (line.len() > 2).then_some(line)
}

/// The place at a part of a line.
fn place(line: &[GridPoint], parts: &[f64], part: f64) -> [f64; 2] {
    let after = parts.partition_point(|&p| p < part).clamp(1, parts.len() - 1);
    let (low, high) = (parts[after - 1], parts[after]);
    let t = if high > low { (part - low) / (high - low) } else { 0.0 };
    let [a, b] = [line[after - 1], line[after]].map(|p| [f64::from(p.x), f64::from(p.y)]);
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

#[expect(clippy::cast_possible_truncation, reason = "between two places of the grid")]
fn half_way(p: [f64; 2], q: [f64; 2]) -> GridPoint {
    let mean = |a: f64, b: f64| f64::midpoint(a, b).round() as i32;
    GridPoint { x: mean(p[0], q[0]), y: mean(p[1], q[1]) }
}

/// Whether a line lies inside a ring and touches neither it, but with its ends, nor itself.
fn clear(line: &[GridPoint], ring: &[GridPoint]) -> bool {
    let inside = |p: GridPoint| {
        let crossed = |i: usize| crossed_westwards(p, [ring[i], ring[(i + 1) % ring.len()]]);
        (0..ring.len()).filter(|&i| crossed(i)).count() % 2 == 1
    };
    let pieces: Vec<[GridPoint; 2]> = line.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let border = (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]]);
    line[1..line.len() - 1].iter().all(|&p| inside(p))
        && border.clone().all(|side| pieces.iter().all(|&piece| !meet(piece, side)))
        && (0..pieces.len()).all(|i| pieces[..i].iter().all(|&before| !meet(before, pieces[i])))
        && line.iter().collect::<std::collections::HashSet<_>>().len() == line.len()
}

/// Whether two segments have more in common than an end of both.
fn meet(one: [GridPoint; 2], other: [GridPoint; 2]) -> bool {
    let on = |p: GridPoint, [a, b]: [GridPoint; 2]| {
        p != a
            && p != b
            && cross(a, b, p) == 0
            && (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x)
            && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
    };
    let same = one == other || one == [other[1], other[0]];
    same || one.iter().any(|&p| on(p, other))
        || other.iter().any(|&p| on(p, one))
        || crossing_rounded(one, other).is_some()
}
