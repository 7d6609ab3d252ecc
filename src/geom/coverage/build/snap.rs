//! Vertices that nearly meet another area's border are moved onto it.
//!
//! Only loose vertices take part: ends of a segment that one polygon alone has. Everything that
//! already matches stays where it is, however near. Where this makes borders cross, the noding that
//! follows takes care of it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::exact::{cross, from, ordered, twice_area};
use crate::geom::coverage::build::fault::{BuildFault, WORK_MAX};
use crate::geom::coverage::build::finding::Snapped;
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::metres::Metres;
use crate::geom::coverage::build::node::cut;
use crate::geom::coverage::build::tree::Tree;

/// Most steps that snapping reaches, however near a pole: a tenth of a degree.
const REACH_MAX: f64 = 1e6;

/// Moves loose vertices within `snap_m` of another area's loose vertex, or segment, onto it.
pub(super) fn snap(
    linework: Linework,
    face_of: &[u16],
    snap_m: f64,
) -> Result<(Linework, Snapped), BuildFault> {
    let mut loose = Loose::of(&linework, face_of, snap_m);
    if loose.segments.is_empty() || snap_m.is_nan() || snap_m <= 0.0 {
        return Ok((linework, Snapped::default()));
    }
    loose.find_near()?;
    let moves = loose.choose();
    let kept = |p: &GridPoint| !moves.contains_key(p);
    let mut cuts: Vec<(u32, GridPoint)> =
        loose.on_segment.iter().filter(|(_, p, _)| kept(p)).map(|&(i, p, _)| (i, p)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut snapped = Snapped { vertices: moves.len(), ..Snapped::default() };
    for &(to, m) in moves.values() {
        snapped.farthest(to, m);
    }
    for &(_, p, m) in loose.on_segment.iter().filter(|(_, p, _)| kept(p)) {
        snapped.farthest(p, m);
    }
    snapped.vertices += cuts.len();
    if snapped.vertices == 0 {
        return Ok((linework, snapped));
    }
    snapped.moved_m2 = swept_m2(&linework, &cuts, &moves);
    let bent = cut(&linework, &mut cuts, along);
    let goal = |p: GridPoint| moves.get(&p).map_or(p, |&(to, _)| to);
    let edges = bent.edges_with(|segment, pieces| {
        let [a, b] = bent.ends[segment].map(goal);
        if a != b {
            pieces.push(ordered(a, b));
        }
    });
    Ok((Linework::gather(edges), snapped))
}

impl Snapped {
    fn farthest(&mut self, at: GridPoint, moved_m: f64) {
        let farther = moved_m > self.farthest_m;
        let first = self.at.is_none_or(|old| moved_m >= self.farthest_m && at < old);
        if farther || first {
            (self.farthest_m, self.at) = (moved_m, Some(at));
        }
    }
}

/// The order of places near a segment along it.
fn along([a, b]: [GridPoint; 2], p: GridPoint, q: GridPoint) -> std::cmp::Ordering {
    let way = from(a, b);
    let part = |at: GridPoint| {
        let off = from(a, at);
        way[0] * off[0] + way[1] * off[1]
    };
    part(p).cmp(&part(q))
}

/// What moved segments sweep, once for each polygon that has them.
#[expect(clippy::cast_precision_loss, reason = "a segment has few polygons")]
fn swept_m2(linework: &Linework, cuts: &[(u32, GridPoint)], moves: &Moves) -> f64 {
    let goal = |p: GridPoint| moves.get(&p).map_or(p, |&(to, _)| to);
    let mut sum_m2 = 0.0;
    let mut rest = cuts;
    for (segment, &[a, b]) in linework.ends.iter().enumerate() {
        let own = rest.iter().take_while(|&&(i, _)| i as usize == segment).count();
        let (mine, others) = rest.split_at(own);
        rest = others;
        let (to_a, to_b) = (goal(a), goal(b));
        if mine.is_empty() && to_a == a && to_b == b {
            continue;
        }
        let mut bends: Vec<GridPoint> = mine.iter().map(|&(_, p)| p).collect();
        bends.sort_unstable_by(|&p, &q| along([a, b], p, q));
        let ring: Vec<GridPoint> =
            [a, b, to_b].into_iter().chain(bends.into_iter().rev()).chain([to_a, a]).collect();
        let twice: i128 = ring.windows(2).map(|pair| twice_area(pair[0], pair[1])).sum();
        let polygons = linework.polygons(segment).len() as f64;
        sum_m2 += Metres::around(a).area_m2(twice) * polygons;
    }
    sum_m2
}

/// Where a vertex moves to, and how far in metres.
type Moves = HashMap<GridPoint, (GridPoint, f64)>;

/// The segments that one polygon alone has, and their ends.
struct Loose {
    snap_m: f64,
    reach: [i64; 2],
    /// The number of each loose segment in the linework, its ends and its face.
    segments: Vec<u32>,
    ends: Vec<[GridPoint; 2]>,
    faces: Vec<u16>,
    /// Loose vertices, each with the faces that have it, sorted.
    vertices: Vec<(GridPoint, u16)>,
    /// Two vertices of different faces and their distance.
    pairs: Vec<(f64, GridPoint, GridPoint)>,
    /// A segment of the linework, a vertex near its inside, and the distance.
    on_segment: Vec<(u32, GridPoint, f64)>,
}

impl Loose {
    fn of(linework: &Linework, face_of: &[u16], snap_m: f64) -> Self {
        let face = |polygon: u32| face_of[polygon as usize];
        let mut all = Self {
            snap_m,
            reach: [1, 1],
            segments: Vec::new(),
            ends: Vec::new(),
            faces: Vec::new(),
            vertices: Vec::new(),
            pairs: Vec::new(),
            on_segment: Vec::new(),
        };
        for (i, &ends) in (0..).zip(&linework.ends) {
            if let &[polygon] = linework.polygons(i as usize) {
                all.segments.push(i);
                all.ends.push(ends);
                all.faces.push(face(polygon));
                all.vertices.extend(ends.map(|p| (p, face(polygon))));
            }
        }
        all.vertices.sort_unstable();
        all.vertices.dedup();
        all.add_shared(linework, face_of);
        all.reach = reach(&all.vertices, snap_m);
        all
    }

    /// Adds the faces that have a loose vertex by a segment that is not loose.
    fn add_shared(&mut self, linework: &Linework, face_of: &[u16]) {
        let loose = self.vertices.len();
        for (i, ends) in linework.ends.iter().enumerate() {
            let polygons = linework.polygons(i);
            if polygons.len() == 1 {
                continue;
            }
            for &p in ends {
                let known = &self.vertices[..loose];
                let at = known.partition_point(|&(q, _)| q < p);
                if known.get(at).is_some_and(|&(q, _)| q == p) {
                    let faces = polygons.iter().map(|&polygon| (p, face_of[polygon as usize]));
                    self.vertices.extend(faces);
                }
            }
        }
        self.vertices.sort_unstable();
        self.vertices.dedup();
    }

    /// The faces that have a vertex.
    fn faces_at(&self, p: GridPoint) -> &[(GridPoint, u16)] {
        let start = self.vertices.partition_point(|&(q, _)| q < p);
        let count = self.vertices[start..].iter().take_while(|&&(q, _)| q == p).count();
        &self.vertices[start..start + count]
    }

    fn has(&self, p: GridPoint, face: u16) -> bool {
        self.vertices.binary_search(&(p, face)).is_ok()
    }

    fn find_near(&mut self) -> Result<(), BuildFault> {
        let tree = Tree::build(&self.ends);
        let (mut work, mut given_up) = (0_u64, None);
        let _ = tree.pairs(self.reach, &mut |i, j| {
            work += 1;
            if work > WORK_MAX {
                given_up = Some(self.ends[i as usize][0]);
                return ControlFlow::Break(());
            }
            if self.faces[i as usize] != self.faces[j as usize] {
                self.look(i as usize, j as usize);
                self.look(j as usize, i as usize);
            }
            ControlFlow::Continue(())
        });
        given_up.map_or(Ok(()), |at| Err(BuildFault::TooEntangled { at }))
    }

    /// Looks at the ends of segment `i` beside segment `j` of another face.
    fn look(&mut self, i: usize, j: usize) {
        let [a, b] = self.ends[j];
        for p in self.ends[i] {
            if p == a || p == b || self.has(p, self.faces[j]) {
                continue;
            }
            let metres = Metres::around(p);
            let [near_a, near_b] = [a, b].map(|end| {
                let off = metres.plane(end);
                off[0].hypot(off[1])
            });
            for (end, m) in [(a, near_a), (b, near_b)] {
                if m <= self.snap_m && !self.has(end, self.faces[i]) {
                    let [low, high] = ordered(p, end);
                    self.pairs.push((m, low, high));
                }
            }
            if near_a.min(near_b) <= self.snap_m {
                continue;
            }
            let foot = foot_m(metres.plane(a), metres.plane(b));
            // What lies on the segment already is for the noding, and moves nothing.
            if foot.is_some_and(|m| m <= self.snap_m) && cross(a, b, p) != 0 {
                self.on_segment.push((self.segments[j], p, foot.unwrap_or_default()));
            }
        }
    }

    /// Which vertices move, nearest pairs first. One that others have moved to stays.
    fn choose(&mut self) -> Moves {
        self.pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut moves = Moves::new();
        let mut targets = std::collections::HashSet::new();
        for &(m, p, q) in &self.pairs {
            if moves.contains_key(&p) || moves.contains_key(&q) {
                continue;
            }
            // The one that more faces share stays; else the smaller.
            let more = self.faces_at(q).len() > self.faces_at(p).len();
            let (stays, goes) = if more { (q, p) } else { (p, q) };
            let (stays, goes) = if targets.contains(&goes) { (goes, stays) } else { (stays, goes) };
            if !targets.contains(&goes) {
                moves.insert(goes, (stays, m));
                targets.insert(stays);
            }
        }
        moves
    }
}

/// The distance from the origin to the inside of a segment; `None` where an end is nearest.
fn foot_m(a: [f64; 2], b: [f64; 2]) -> Option<f64> {
    let way = [b[0] - a[0], b[1] - a[1]];
    let length2 = way[0] * way[0] + way[1] * way[1];
    let part = -(a[0] * way[0] + a[1] * way[1]);
    (part > 0.0 && part < length2).then(|| (a[0] * way[1] - a[1] * way[0]).abs() / length2.sqrt())
}

/// How many steps snapping reaches, east and north, where a step east is shortest.
#[expect(clippy::cast_possible_truncation, reason = "at most REACH_MAX")]
fn reach(vertices: &[(GridPoint, u16)], snap_m: f64) -> [i64; 2] {
    let farthest = vertices.iter().map(|&(p, _)| p).max_by_key(|p| p.y.unsigned_abs());
    let Some(at) = farthest else { return [1, 1] };
    let equator = Metres::around(GridPoint { x: 0, y: 0 });
    let steps = |step_m: f64| (snap_m / step_m).min(REACH_MAX).ceil() as i64 + 1;
    [steps(Metres::around(at).step_m[0]), steps(equator.step_m[1])]
}
