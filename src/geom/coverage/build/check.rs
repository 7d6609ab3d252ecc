//! Which edges of areas do not match, in the manner of JTS's coverage validator.
//!
//! Nothing is mended or overlaid: an edge is right when one other polygon has exactly the same edge
//! and lies on its other side, or when nothing else is there. It is wrong when it is there twice on
//! the same side, runs along, crosses or touches the inside of another's edge, lies inside another
//! polygon, or runs for more than a gap's width beside another's edge less than that away (Davis,
//! `CoveragePolygonValidator`, JTS 1.20). A hole that touches its shell at a vertex can be told
//! wrong by GEOS; here vertices inside are asked exactly.
//!
//! It sees no invalid polygon, as [`crate::geom::validity`] sees no invalid coverage: ask both.

use std::collections::HashMap;
use std::ops::ControlFlow;

use geo_types::MultiPolygon;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::check::rings::{Known, Ring, rings};
use crate::geom::coverage::build::exact::{cross, crossed_westwards, crossing_rounded};
use crate::geom::coverage::build::fault::{BuildFault, WORK_MAX};
use crate::geom::coverage::build::read::read;
use crate::geom::coverage::build::tree::Tree;

mod rings;

/// A run of edges of one ring that match nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEdges {
    pub area: usize,
    /// Which polygon of the area, and which of its rings, 0 the exterior.
    pub part: usize,
    pub ring: usize,
    /// The vertices of the run; closed when it is all of the ring.
    pub line: Vec<GridPoint>,
}

/// The edges of each area that do not match the others, by area, part and ring.
///
/// `gap_width` is the width below which a gap between two edges makes them invalid, in grid steps;
/// 0 looks for none. It is measured in the plane of degrees, as JTS does it.
///
/// # Errors
/// More vertices or areas than are built from, coordinates that are no places, or edges too
/// entangled.
pub fn check(
    areas: &[&MultiPolygon<f64>],
    gap_width: f64,
) -> Result<Vec<InvalidEdges>, Vec<BuildFault>> {
    // Whatever cannot be read is told by the reader.
    read(areas)?;
    let mut rings = rings(areas);
    match_equal(&mut rings);
    find_meeting(&mut rings, gap_width).map_err(|fault| vec![fault])?;
    let mut all = Vec::new();
    for ring in &rings {
        let [area, part, number] = ring.place;
        let runs = ring.invalid_runs().into_iter();
        all.extend(runs.map(|line| InvalidEdges { area, part, ring: number, line }));
    }
    Ok(all)
}

/// An edge: ring and number.
type Place = (usize, usize);

/// Marks equal edges: matched when they run opposite ways, invalid when they run the same way, as
/// those of two rings over the same place do.
fn match_equal(rings: &mut [Ring]) {
    let mut first: HashMap<[GridPoint; 2], [Option<Place>; 2]> = HashMap::new();
    for ring in 0..rings.len() {
        for edge in 0..rings[ring].points.len() {
            let [a, b] = rings[ring].edge(edge);
            let (key, way) = if a <= b { ([a, b], 0) } else { ([b, a], 1) };
            let seen = first.entry(key).or_default();
            let own = (ring, edge);
            if let Some(twin) = seen[way] {
                mark(rings, twin, Known::Invalid);
                mark(rings, own, Known::Invalid);
            } else {
                seen[way] = Some(own);
                if let Some(other) = seen[1 - way] {
                    mark(rings, other, Known::Matched);
                    mark(rings, own, Known::Matched);
                }
            }
        }
    }
}

/// Invalid is stronger than matched.
fn mark(rings: &mut [Ring], (ring, edge): Place, known: Known) {
    let old = &mut rings[ring].known[edge];
    if *old != Known::Invalid {
        *old = known;
    }
}

/// Every edge with its ring and number, by place.
struct Edges {
    places: Vec<Place>,
    tree: Tree,
}

impl Edges {
    fn of(rings: &[Ring]) -> Self {
        let mut places = Vec::new();
        let mut ends = Vec::new();
        for (number, ring) in rings.iter().enumerate() {
            for edge in 0..ring.points.len() {
                places.push((number, edge));
                ends.push(ring.edge(edge));
            }
        }
        Self { places, tree: Tree::build(&ends) }
    }
}

/// Marks edges that meet another area's edge other than at ends, or lie inside at a common end, or
/// leave a narrow gap; then those whose vertices lie inside another area.
#[expect(clippy::cast_possible_truncation, reason = "a cast from float to integer saturates")]
fn find_meeting(rings: &mut [Ring], gap_width: f64) -> Result<(), BuildFault> {
    let edges = Edges::of(rings);
    let reach = (gap_width.clamp(0.0, 4e9).ceil() as i64) + 1;
    // Along an edge that meets no other area's, a ring stays inside or outside of each.
    let mut met: Vec<Vec<bool>> = rings.iter().map(|ring| vec![false; ring.points.len()]).collect();
    let (mut work, mut given_up) = (0_u64, None);
    let _ = edges.tree.pairs([reach, reach], &mut |i, j| {
        let (one, other) = (edges.places[i as usize], edges.places[j as usize]);
        work += 1;
        if work > WORK_MAX {
            given_up = Some(rings[one.0].points[one.1]);
            return ControlFlow::Break(());
        }
        if rings[one.0].place[0] != rings[other.0].place[0] {
            for (target, beside) in [(one, other), (other, one)] {
                let (meets, invalid) = judge(rings, target, beside, gap_width);
                met[target.0][target.1] |= meets;
                if invalid && rings[target.0].known[target.1] == Known::Nothing {
                    rings[target.0].known[target.1] = Known::Invalid;
                }
            }
        }
        ControlFlow::Continue(())
    });
    if let Some(at) = given_up {
        return Err(BuildFault::TooEntangled { at });
    }
    find_inside(rings, &edges, &met);
    Ok(())
}

/// Whether an edge meets another area's, and whether that makes it invalid.
fn judge(rings: &[Ring], target: Place, beside: Place, gap_width: f64) -> (bool, bool) {
    let (mine, theirs) = (&rings[target.0], &rings[beside.0]);
    let [t, a] = [mine.edge(target.1), theirs.edge(beside.1)];
    if t == a || t == [a[1], a[0]] {
        return (true, false);
    }
    let narrow = || gap_width > 0.0 && nearly_parallel(t, a, gap_width);
    let touch = t.iter().any(|&p| on_inside(p, a)) || a.iter().any(|&p| on_inside(p, t));
    if touch || crossing_rounded(t, a).is_some() {
        return (true, true);
    }
    let Some(node) = t.into_iter().find(|p| a.contains(p)) else { return (false, narrow()) };
    let end = if node == t[0] { t[1] } else { t[0] };
    let at = if node == a[0] { beside.1 } else { theirs.next(beside.1) };
    let [before, after] = [theirs.before(at), theirs.next(at)].map(|i| theirs.points[i]);
    (true, in_turn(node, after, before, end) || narrow())
}

/// Whether a place lies on a segment, its ends left out.
fn on_inside(p: GridPoint, [a, b]: [GridPoint; 2]) -> bool {
    p != a
        && p != b
        && (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x)
        && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
        && cross(a, b, p) == 0
}

/// Whether the way from `o` to `p` lies in the turn counter-clockwise from `from` to `to`, both left
/// out.
fn in_turn(o: GridPoint, from: GridPoint, to: GridPoint, p: GridPoint) -> bool {
    let (left, right) = (cross(o, from, p) > 0, cross(o, to, p) < 0);
    match cross(o, from, to).signum() {
        1 => left && right,
        -1 => left || right,
        _ => left && from != to,
    }
}

/// Whether two segments run beside each other for more than `width`, no farther apart than that.
fn nearly_parallel(one: [GridPoint; 2], other: [GridPoint; 2], width: f64) -> bool {
    let real = |ends: [GridPoint; 2]| ends.map(|p| [f64::from(p.x), f64::from(p.y)]);
    let (one, other) = (real(one), real(other));
    let apart = |a: [f64; 2], b: [f64; 2]| (b[0] - a[0]).hypot(b[1] - a[1]);
    let (Some(on_one), Some(on_other)) = (projected(one, other), projected(other, one)) else {
        return false;
    };
    if apart(on_one[0], on_one[1]) <= width || apart(on_other[0], on_other[1]) <= width {
        return false;
    }
    let same = apart(on_one[0], on_other[0]) <= apart(on_one[0], on_other[1]);
    let [first, last] = if same { on_other } else { [on_other[1], on_other[0]] };
    apart(on_one[0], first) <= width && apart(on_one[1], last) <= width
}

/// The part of a line onto which a segment falls; `None` when it falls beside it.
fn projected([a, b]: [[f64; 2]; 2], segment: [[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let way = [b[0] - a[0], b[1] - a[1]];
    let length2 = way[0] * way[0] + way[1] * way[1];
    let parts = segment.map(|p| ((p[0] - a[0]) * way[0] + (p[1] - a[1]) * way[1]) / length2);
    let beside = parts.iter().all(|&t| t >= 1.0) || parts.iter().all(|&t| t <= 0.0);
    let at = |t: f64| {
        let t = t.clamp(0.0, 1.0);
        [a[0] + way[0] * t, a[1] + way[1] * t]
    };
    (!beside).then(|| parts.map(at))
}

/// Marks the edges on both sides of a vertex inside another area, unless something is known of them.
fn find_inside(rings: &mut [Ring], edges: &Edges, met: &[Vec<bool>]) {
    for number in 0..rings.len() {
        // Known from the vertex before, as long as the ring meets nothing on the way.
        let mut inside = None;
        for vertex in 0..rings[number].points.len() {
            let before = rings[number].before(vertex);
            if met[number][before] {
                inside = None;
            }
            let unknown = |&edge: &usize| rings[number].known[edge] == Known::Nothing;
            let open: Vec<usize> = [vertex, before].into_iter().filter(unknown).collect();
            if !open.is_empty()
                && *inside.get_or_insert_with(|| lies_inside(rings, number, vertex, edges))
            {
                for edge in open {
                    rings[number].known[edge] = Known::Invalid;
                }
            }
        }
    }
}

/// Whether a vertex lies inside a polygon of another area, its border left out.
fn lies_inside(rings: &[Ring], number: usize, vertex: usize, edges: &Edges) -> bool {
    let (p, area) = (rings[number].points[vertex], rings[number].place[0]);
    // For each polygon whether an odd number of its edges lies west, and whether it is touched.
    let mut seen: HashMap<usize, (bool, bool)> = HashMap::new();
    edges.tree.westwards(p, &|_| true, &mut |i| {
        let (ring, edge) = edges.places[i as usize];
        let ends = rings[ring].edge(edge);
        if rings[ring].place[0] != area {
            let (odd, touched) = seen.entry(rings[ring].polygon).or_default();
            *odd ^= crossed_westwards(p, ends);
            *touched |= ends.contains(&p) || on_inside(p, ends);
        }
    });
    seen.values().any(|&(odd, touched)| odd && !touched)
}

#[cfg(test)]
mod tests;
