//! Arcs with fewer vertices, once for both sides, never crossing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::coverage::arc::far;
use crate::geom::coverage::exact::{Spot, cross, turn};
use crate::geom::coverage::hash::{FoldMap, FoldSet};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::Side;
use crate::geom::project::Scale;

impl Coverage {
    /// The coverage for display at a coarse scale: vertices taken away while the triangle with
    /// their neighbours is smaller than the square of the tolerance (Visvalingam and Whyatt 1993).
    ///
    /// It is a partition, with the same nodes and faces; it is for the eye, and never kept.
    #[must_use]
    pub fn thinned(&self, tolerance_m: f64) -> Self {
        let all: Vec<Side> = self.each().collect();
        let (removed, added) = self.thinning(tolerance_m, &all, &|_| true);
        let removed: FoldSet<GridPoint> = removed.into_iter().collect();
        let stays = |side: &Side| !removed.contains(&side.a) && !removed.contains(&side.b);
        let mut sides: Vec<Side> = all.into_iter().filter(stays).collect();
        sides.extend(added);
        Self::of(&sides)
    }

    /// The patch that takes vertices away as [`Self::thinned`] does, of those that may go. All
    /// segments near the ones that may change are given.
    pub(super) fn thinning_patch(
        &self,
        tolerance_m: f64,
        near: &[Side],
        may_go: &dyn Fn(GridPoint) -> bool,
    ) -> Patch {
        let (gone, added) = self.thinning(tolerance_m, near, may_go);
        let removed = gone.into_iter().flat_map(|at| self.star(at)).collect();
        Patch::new(removed, added)
    }

    /// The vertices that go, and the segments that come.
    ///
    /// A vertex goes when no other lies in the triangle with its neighbours, edges included: then the
    /// new segment crosses nothing and passes over nothing. Ends of arcs stay.
    fn thinning(
        &self,
        tolerance_m: f64,
        near: &[Side],
        may_go: &dyn Fn(GridPoint) -> bool,
    ) -> (Vec<GridPoint>, Vec<Side>) {
        let mut thinner = Thinner::of(self, near, may_go);
        thinner.run(tolerance_m * tolerance_m);
        let gone: Vec<GridPoint> =
            thinner.vertices.iter().filter(|held| !held.there).map(|held| held.at).collect();
        let set: FoldSet<GridPoint> = gone.iter().copied().collect();
        let mut added = Vec::new();
        for &at in &gone {
            for side in self.star(at) {
                let from = far(side, at);
                if set.contains(&from) {
                    continue;
                }
                let end = self.beyond(from, at, &set);
                if from < end {
                    let (left, right) = if side.a == from {
                        (side.left, side.right)
                    } else {
                        (side.right, side.left)
                    };
                    added.push(Side::new(from, end, left, right));
                }
            }
        }
        (gone, added)
    }

    /// The first vertex that is not gone on the way from `before` over `at`.
    fn beyond(
        &self,
        mut before: GridPoint,
        mut at: GridPoint,
        gone: &FoldSet<GridPoint>,
    ) -> GridPoint {
        while gone.contains(&at) {
            let Some(next) = self.star(at).map(|side| far(side, at)).find(|&p| p != before) else {
                return at;
            };
            (before, at) = (at, next);
        }
        at
    }
}

/// No vertex: an end of a segment that is beyond counting.
const NONE: u32 = u32::MAX;

struct Vertex {
    at: GridPoint,
    /// Square metres in a square step at its latitude.
    step_m2: f64,
    /// Its neighbours, where it has two and may go; else none.
    beside: [u32; 2],
    there: bool,
}

/// The triangle of a vertex, in the order in which they go.
type Turn = Reverse<(u64, GridPoint, u32)>;

struct Thinner {
    vertices: Vec<Vertex>,
    /// Segments between vertices that stay, by their numbers, the smaller first.
    fixed: FoldSet<(u32, u32)>,
    strips: Strips,
}

impl Thinner {
    fn of(coverage: &Coverage, near: &[Side], may_go: &dyn Fn(GridPoint) -> bool) -> Self {
        let mut numbers: FoldMap<GridPoint, u32> = FoldMap::default();
        let mut vertices = Vec::new();
        for at in near.iter().flat_map(|side| [side.a, side.b]) {
            numbers.entry(at).or_insert_with(|| {
                let scale = Scale::at(at.degrees().lat());
                let step_m2 = scale.lon_m * scale.lat_m / (STEPS_PER_DEGREE * STEPS_PER_DEGREE);
                vertices.push(Vertex { at, step_m2, beside: [NONE; 2], there: true });
                u32::try_from(vertices.len() - 1).unwrap_or(NONE)
            });
        }
        for vertex in &mut vertices {
            let mut beside = coverage.star(vertex.at).map(|side| far(side, vertex.at));
            if let (Some(p), Some(q), None) = (beside.next(), beside.next(), beside.next())
                && may_go(vertex.at)
            {
                vertex.beside = [p, q].map(|p| numbers.get(&p).copied().unwrap_or(NONE));
            }
        }
        let stays = |number: u32| vertices[number as usize].beside[0] == NONE;
        let mut fixed = FoldSet::default();
        for side in near {
            if let (Some(&p), Some(&q)) = (numbers.get(&side.a), numbers.get(&side.b))
                && stays(p)
                && stays(q)
            {
                fixed.insert((p.min(q), p.max(q)));
            }
        }
        let strips = Strips::of(&vertices);
        Self { vertices, fixed, strips }
    }

    fn run(&mut self, area_max_m2: f64) {
        let mut queue: BinaryHeap<Turn> = BinaryHeap::new();
        for number in (0..).take(self.vertices.len()) {
            self.queue(number, area_max_m2, &mut queue);
        }
        while let Some(Reverse((bits, _, number))) = queue.pop() {
            let vertex = &self.vertices[number as usize];
            // Told again since, with another triangle.
            let current = vertex.there && self.area_m2(number).to_bits() == bits;
            if current && self.may_go(number) {
                let beside = self.vertices[number as usize].beside;
                self.take(number);
                for near in beside {
                    self.queue(near, area_max_m2, &mut queue);
                }
            }
        }
    }

    fn queue(&self, number: u32, area_max_m2: f64, queue: &mut BinaryHeap<Turn>) {
        let vertex = &self.vertices[number as usize];
        if vertex.beside[0] != NONE {
            let area_m2 = self.area_m2(number);
            if area_m2 < area_max_m2 {
                // Not negative: the order of the bits is that of the numbers.
                queue.push(Reverse((area_m2.to_bits(), vertex.at, number)));
            }
        }
    }

    fn corners(&self, number: u32) -> [GridPoint; 3] {
        let vertex = &self.vertices[number as usize];
        let [p, q] = vertex.beside.map(|beside| self.vertices[beside as usize].at);
        [p, vertex.at, q]
    }

    /// The triangle of a vertex with its neighbours, on the scale of its latitude.
    fn area_m2(&self, number: u32) -> f64 {
        let [p, at, q] = self.corners(number).map(Spot::from);
        #[expect(clippy::cast_precision_loss, reason = "an area to sort by")]
        let steps = cross(at, p, at, q).unsigned_abs() as f64;
        steps * self.vertices[number as usize].step_m2.abs() / 2.0
    }

    /// Whether the segment that replaces a vertex is new, and nothing lies in between.
    fn may_go(&self, number: u32) -> bool {
        let [one, other] = self.vertices[number as usize].beside;
        let neighbours = |m: u32, n: u32| self.vertices[m as usize].beside.contains(&n);
        let there = neighbours(one, other)
            || neighbours(other, one)
            || self.fixed.contains(&(one.min(other), one.max(other)));
        !there && self.strips.free(&self.vertices, self.corners(number))
    }

    fn take(&mut self, number: u32) {
        let [one, other] = self.vertices[number as usize].beside;
        self.vertices[number as usize].there = false;
        let mut both_stay = true;
        for (near, beyond) in [(one, other), (other, one)] {
            let held = &mut self.vertices[near as usize].beside;
            if held[0] != NONE {
                both_stay = false;
                for end in held {
                    if *end == number {
                        *end = beyond;
                    }
                }
            }
        }
        if both_stay {
            self.fixed.insert((one.min(other), one.max(other)));
        }
    }
}

/// Vertices by place: level strips of about as many each, from west to east in each.
struct Strips {
    floors: Vec<i32>,
    strips: Vec<Vec<(i32, u32)>>,
}

/// Vertices in one strip, aimed at.
const PER_STRIP: usize = 256;

impl Strips {
    fn of(vertices: &[Vertex]) -> Self {
        let mut order: Vec<(GridPoint, u32)> =
            (0..).zip(vertices).map(|(number, held)| (held.at, number)).collect();
        order.sort_unstable_by_key(|(at, _)| (at.y, at.x));
        let (mut floors, mut strips) = (Vec::new(), Vec::<Vec<(i32, u32)>>::new());
        for (at, number) in order {
            let full = strips.last().is_none_or(|strip| strip.len() >= PER_STRIP);
            // One latitude is not parted.
            if full && floors.last() < Some(&at.y) {
                floors.push(at.y);
                strips.push(Vec::new());
            }
            if let Some(strip) = strips.last_mut() {
                strip.push((at.x, number));
            }
        }
        for strip in &mut strips {
            strip.sort_unstable();
        }
        Self { floors, strips }
    }

    /// Whether no vertex but the corners lies in a triangle or on its edge.
    fn free(&self, vertices: &[Vertex], corners: [GridPoint; 3]) -> bool {
        let [p, at, q] = corners;
        let (west, east) = (p.x.min(at.x).min(q.x), p.x.max(at.x).max(q.x));
        let (south, north) = (p.y.min(at.y).min(q.y), p.y.max(at.y).max(q.y));
        let first = self.floors.partition_point(|&floor| floor <= south).saturating_sub(1);
        let last = self.floors.partition_point(|&floor| floor <= north);
        self.strips[first..last].iter().all(|strip| {
            let from = strip.partition_point(|&(x, _)| x < west);
            strip[from..].iter().take_while(|&&(x, _)| x <= east).all(|&(_, number)| {
                let held = &vertices[number as usize];
                !held.there || corners.contains(&held.at) || outside(held.at, corners)
            })
        })
    }
}

/// Whether a place lies outside of a triangle and not on its edge; of one without area, off its
/// line or beyond its ends.
fn outside(p: GridPoint, corners: [GridPoint; 3]) -> bool {
    let [a, b, c] = corners.map(Spot::from);
    let p = Spot::from(p);
    let turns = [turn(a, b, p), turn(b, c, p), turn(c, a, p)];
    let left = turns.iter().any(|turn| turn.is_gt());
    let right = turns.iter().any(|turn| turn.is_lt());
    if left || right {
        return left && right;
    }
    let beyond = |from: fn(Spot) -> i64| {
        let (low, high) = (from(a).min(from(b)).min(from(c)), from(a).max(from(b)).max(from(c)));
        from(p) < low || high < from(p)
    };
    beyond(|spot| spot.x) || beyond(|spot| spot.y)
}
