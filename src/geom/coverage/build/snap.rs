//! Vertices that nearly meet another area's border are moved onto it.
//!
//! Only loose vertices take part: ends of a segment that one polygon alone has. Everything that
//! already matches stays where it is, however near. Where this makes borders cross, the noding that
//! follows takes care of it.
//!
//! A vertex that lies on a segment which is moved or bent goes into that segment first. Otherwise it
//! would stay on the old line while the segment leaves it, and snapping would open a hair line of
//! its own.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::exact::{cross, from, ordered};
use crate::geom::coverage::build::fault::{BuildFault, WORK_MAX};
use crate::geom::coverage::build::finding::{PLACES_MAX, Snapped, SnappedPair};
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::metres::Metres;
use crate::geom::coverage::build::node::cut;
use crate::geom::coverage::build::tree::Tree;

/// Most steps that snapping reaches, however near a pole: a tenth of a degree.
const REACH_MAX: f64 = 1e6;

/// Linework after snapping.
pub(super) struct Snap {
    pub(super) linework: Linework,
    pub(super) snapped: Snapped,
    /// Vertices that lay on a segment which was moved or bent, and were put into it.
    pub(super) unmatched: Vec<GridPoint>,
}

/// Moves loose vertices within `snap_m` of another area's loose vertex, or segment, onto it.
pub(super) fn snap(linework: Linework, face_of: &[u16], snap_m: f64) -> Result<Snap, BuildFault> {
    let nothing = |linework| Snap { linework, snapped: Snapped::default(), unmatched: Vec::new() };
    let mut loose = Loose::of(&linework, face_of, snap_m);
    if loose.segments.is_empty() || snap_m.is_nan() || snap_m <= 0.0 {
        return Ok(nothing(linework));
    }
    loose.find_near()?;
    let moves = loose.choose();
    let kept = |p: &GridPoint| !moves.contains_key(p);
    loose.on_segment.retain(|(_, p, _)| kept(p));
    loose.on_segment.sort_unstable_by_key(|&(i, p, _)| (i, p));
    loose.on_segment.dedup_by_key(|&mut (i, p, _)| (i, p));
    let mut cuts: Vec<(u32, GridPoint)> =
        loose.on_segment.iter().map(|&(i, p, _)| (i, p)).collect();
    let vertices = moves.len() + cuts.len();
    if vertices == 0 {
        return Ok(nothing(linework));
    }
    let lying = loose.lying_on_bent(&linework, &cuts, &moves);
    cuts.extend(&lying);
    cuts.sort_unstable();
    let swept = Swept { linework: &linework, loose: &loose, face_of, moves: &moves };
    let mut snapped = swept.told(&cuts);
    snapped.vertices = vertices;
    let bent = cut(&linework, &mut cuts, along);
    let goal = |p: GridPoint| moves.get(&p).map_or(p, |&(to, _)| to);
    let edges = bent.edges_with(|segment, pieces| {
        let [a, b] = bent.ends[segment].map(goal);
        if a != b {
            pieces.push(ordered(a, b));
        }
    });
    let unmatched = lying.into_iter().map(|(_, p)| p).collect();
    Ok(Snap { linework: Linework::gather(edges), snapped, unmatched })
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

/// What is asked when it is told what was snapped.
struct Swept<'a> {
    linework: &'a Linework,
    loose: &'a Loose,
    face_of: &'a [u16],
    moves: &'a Moves,
}

impl Swept<'_> {
    /// Everything that was moved, summed up as a whole and by the two faces that it is between. A
    /// moved segment counts what it sweeps once for each polygon that has it.
    fn told(&self, cuts: &[(u32, GridPoint)]) -> Snapped {
        let mut all = Snapped::default();
        let mut pairs: BTreeMap<[u16; 2], SnappedPair> = BTreeMap::new();
        let mut by = |faces: [u16; 2], at: GridPoint, moved_m: f64| {
            all.farthest(at, moved_m);
            let pair = pairs.entry(faces).or_insert_with(|| SnappedPair::of(faces, at));
            pair.add(at, moved_m);
        };
        for (&from, &(to, moved_m)) in self.moves {
            for (_, face) in self.loose.faces_at(from) {
                if let Some(other) = self.other_at(to, *face) {
                    by(paired(*face, other), to, moved_m);
                }
            }
        }
        for &(segment, at, moved_m) in &self.loose.on_segment {
            for &polygon in self.linework.polygons(segment as usize) {
                let face = self.face_of[polygon as usize];
                if let Some(other) = self.other_at(at, face) {
                    by(paired(face, other), at, moved_m);
                }
            }
        }
        let mut rest = cuts;
        for segment in 0..self.linework.ends.len() {
            let own = rest.iter().take_while(|&&(i, _)| i as usize == segment).count();
            let (mine, others) = rest.split_at(own);
            rest = others;
            let Some((swept_m2, onto)) = self.swept(segment, mine) else { continue };
            for &polygon in self.linework.polygons(segment) {
                all.moved_m2 += swept_m2;
                let face = self.face_of[polygon as usize];
                let others = onto.iter().filter_map(|&at| self.other_at(at, face));
                let mut faces = others.map(|other| paired(face, other));
                if let Some(faces) = faces.find(|faces| pairs.contains_key(faces))
                    && let Some(pair) = pairs.get_mut(&faces)
                {
                    pair.moved_m2 += swept_m2;
                }
            }
        }
        let mut between: Vec<SnappedPair> = pairs.into_values().collect();
        between.sort_by(|a, b| b.moved_m2.total_cmp(&a.moved_m2).then(a.faces.cmp(&b.faces)));
        all.pairs = between.len();
        between.truncate(PLACES_MAX);
        all.between = between;
        all
    }

    /// A face other than this one that has a vertex.
    fn other_at(&self, at: GridPoint, face: u16) -> Option<u16> {
        self.loose.faces_at(at).iter().map(|&(_, other)| other).find(|&other| other != face)
    }

    /// The area that a segment sweeps when it is moved and bent, and onto which places; `None`
    /// where it stays.
    fn swept(&self, segment: usize, cuts: &[(u32, GridPoint)]) -> Option<(f64, Vec<GridPoint>)> {
        let [a, b] = self.linework.ends[segment];
        let goal = |p: GridPoint| self.moves.get(&p).map_or(p, |&(to, _)| to);
        let (to_a, to_b) = (goal(a), goal(b));
        if cuts.is_empty() && to_a == a && to_b == b {
            return None;
        }
        let mut bends: Vec<GridPoint> = cuts.iter().map(|&(_, p)| p).collect();
        bends.sort_unstable_by(|&p, &q| along([a, b], p, q));
        let way = [a, to_a].into_iter().chain(bends.iter().copied()).chain([to_b, b]);
        let swept_m2 = between_m2([a, b], &way.collect::<Vec<_>>());
        let ends = [(a, to_a), (b, to_b)].into_iter().filter(|(from, to)| from != to);
        let onto = ends.map(|(_, to)| to).chain(bends).collect();
        Some((swept_m2, onto))
    }
}

/// The area between a segment and a way beside it that has its ends; what lies to the left and what
/// lies to the right add up.
fn between_m2([a, b]: [GridPoint; 2], way: &[GridPoint]) -> f64 {
    let metres = Metres::around(a);
    let [east, north] = metres.plane(b);
    let length = east.hypot(north);
    // Along the segment and off it.
    let places = way.iter().map(|&p| {
        let [x, y] = metres.plane(p);
        [(x * east + y * north) / length, (y * east - x * north) / length]
    });
    let places: Vec<[f64; 2]> = places.collect();
    let piece = |[from, to]: [[f64; 2]; 2]| {
        let (along, [one, other]) = ((to[0] - from[0]).abs(), [from[1], to[1]]);
        let sum = one.abs() + other.abs();
        if sum == 0.0 {
            0.0
        } else if one * other < 0.0 {
            along * (one * one + other * other) / (2.0 * sum)
        } else {
            along * sum / 2.0
        }
    };
    places.windows(2).map(|pair| piece([pair[0], pair[1]])).sum()
}

/// Two faces, the lower number first.
fn paired(a: u16, b: u16) -> [u16; 2] {
    [a.min(b), a.max(b)]
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
    /// A segment of the linework, and a vertex on its inside.
    lying: Vec<(u32, GridPoint)>,
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
            lying: Vec::new(),
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
            // What lies on the segment already is for the noding, unless the segment leaves it.
            let on_line = cross(a, b, p) == 0;
            if on_line && inside([a, b], p) {
                self.lying.push((self.segments[j], p));
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
            if foot.is_some_and(|m| m <= self.snap_m) && !on_line {
                self.on_segment.push((self.segments[j], p, foot.unwrap_or_default()));
            }
        }
    }

    /// The vertices that lie on segments which are moved or bent, each with its segment; those that
    /// move themselves are left out.
    fn lying_on_bent(
        &self,
        linework: &Linework,
        cuts: &[(u32, GridPoint)],
        moves: &Moves,
    ) -> Vec<(u32, GridPoint)> {
        let is_cut = |segment: u32| cuts.binary_search_by_key(&segment, |&(i, _)| i).is_ok();
        let has_moved = |segment: u32| {
            linework.ends[segment as usize].iter().any(|end| moves.contains_key(end))
        };
        let mut lying: Vec<(u32, GridPoint)> = self
            .lying
            .iter()
            .copied()
            .filter(|&(segment, p)| {
                !moves.contains_key(&p) && (has_moved(segment) || is_cut(segment))
            })
            .collect();
        lying.sort_unstable();
        lying.dedup();
        lying
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

/// Whether a place on the line through a segment lies between its ends.
fn inside([a, b]: [GridPoint; 2], p: GridPoint) -> bool {
    let [low, high] = ordered(a, b);
    // Along a line the order of places is that of their coordinates.
    low < p && p < high
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
