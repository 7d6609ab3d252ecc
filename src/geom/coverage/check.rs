//! The laws of a coverage, verified.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::exact::{Spot, cross_inside, crossing, on_segment, turn, turns_first};
use crate::geom::coverage::fault::{COVERAGE_FAULTS_MAX, CoverageFault};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::ray::Beside;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::coverage::sweep::pairs;
use crate::geom::segments::conflict;

/// The largest longitude and latitude, in steps.
const REACH: (i32, i32) = (1_800_000_000, 900_000_000);

impl Coverage {
    /// The coverage of these segments, in any order.
    ///
    /// # Errors
    /// Every broken law, each with its place. Segments that are wrong in themselves (no length, one
    /// face, twice there) are told before it is asked how they lie to each other.
    pub fn from_sides(sides: &[Side]) -> Result<Self, Vec<CoverageFault>> {
        let faults = alone(sides);
        if !faults.is_empty() {
            return Err(listed(faults));
        }
        let coverage = Self::of(sides);
        let faults = coverage.check();
        if faults.is_empty() { Ok(coverage) } else { Err(faults) }
    }

    /// Every broken law, ascending; none in a coverage that was changed by planned edits only.
    ///
    /// What lies alone in which face is asked only when all else is right. The cost is that of
    /// sorting all segments.
    #[must_use]
    pub fn check(&self) -> Vec<CoverageFault> {
        let mut faults = std::thread::scope(|scope| {
            let crossings = scope.spawn(|| self.crossings());
            let mut faults = self.stars();
            match crossings.join() {
                Ok(found) => faults.extend(found),
                Err(fault) => std::panic::resume_unwind(fault),
            }
            faults
        });
        if faults.is_empty() {
            faults = self.surroundings();
        }
        listed(faults)
    }

    fn crossings(&self) -> Vec<CoverageFault> {
        let segments: Vec<(Spot, Spot)> =
            self.each().map(|side| (side.a.into(), side.b.into())).collect();
        let mut faults = Vec::new();
        pairs(&segments, |i, j| {
            let ((a, b), (c, d)) = (segments[i], segments[j]);
            if faults.len() <= COVERAGE_FAULTS_MAX && conflict(a, b, c, d) {
                faults.push(CoverageFault::Crossing { at: meeting(a, b, c, d).grid() });
            }
        });
        faults
    }

    fn stars(&self) -> Vec<CoverageFault> {
        let mut faults = Vec::new();
        let mut around: Vec<Way> = Vec::new();
        for (at, star) in self.each_star() {
            around.clear();
            around.extend(star.map(|side| Way::from(at, side)));
            if around.len() > 2 {
                let (hub, first) = (Spot::from(at), around[0].to);
                around.sort_unstable_by(|p, q| {
                    let less = turns_first(hub, first, p.to, q.to);
                    let more = turns_first(hub, first, q.to, p.to);
                    more.cmp(&less)
                });
            }
            for (n, way) in around.iter().enumerate() {
                let next = &around[(n + 1) % around.len()];
                if way.left != next.right {
                    let (one, other) = (way.left, next.right);
                    faults.push(CoverageFault::LabelsDisagree { at, one, other });
                    break;
                }
            }
        }
        faults
    }

    /// Whether each group of segments that hang together lies in the face that it is labelled with.
    fn surroundings(&self) -> Vec<CoverageFault> {
        let mut groups = Groups::of(self.numbers());
        for (one, other) in self.joined() {
            groups.join(one, other);
        }
        let mut firsts: Vec<Option<Side>> = vec![None; self.numbers()];
        for (number, side) in self.each_numbered() {
            let first = &mut firsts[groups.root(number) as usize];
            *first = Some(first.map_or(side, |held| first_of(held, side)));
        }
        let firsts: Vec<Side> = firsts.into_iter().flatten().collect();
        let alone = firsts.len() == 1;
        let fault = |side: &Side| {
            let at = Spot::from(side.a).finer(2);
            let lies_in = if alone { None } else { self.label_at(at, Beside::West) };
            let labelled = side.left;
            (labelled != lies_in).then_some(CoverageFault::WrongSurroundings {
                at: side.a,
                labelled,
                lies_in,
            })
        };
        firsts.iter().filter_map(fault).collect()
    }
}

/// Of two segments the one with the smaller first end; of two with the same, the one whose left
/// side looks west.
fn first_of(one: Side, other: Side) -> Side {
    match one.a.cmp(&other.a) {
        std::cmp::Ordering::Less => one,
        std::cmp::Ordering::Greater => other,
        std::cmp::Ordering::Equal => {
            let left = turn(one.a.into(), one.b.into(), other.b.into()).is_gt();
            if left { other } else { one }
        }
    }
}

/// A segment as one who leaves a node sees it.
struct Way {
    to: Spot,
    left: FaceLabel,
    right: FaceLabel,
}

impl Way {
    fn from(at: GridPoint, side: Side) -> Self {
        let Side { a, b, left, right } = side;
        if a == at {
            Self { to: b.into(), left, right }
        } else {
            Self { to: a.into(), left: right, right: left }
        }
    }
}

/// A place that two conflicting segments share, rounded.
pub(super) fn meeting(a: Spot, b: Spot, c: Spot, d: Spot) -> Spot {
    if cross_inside(a, b, c, d) {
        return crossing(a, b, c, d);
    }
    let inner = |p: Spot| p != a && p != b && on_segment(a, b, p);
    if inner(c) {
        c
    } else if inner(d) {
        d
    } else if on_segment(c, d, a) {
        a
    } else {
        b
    }
}

/// What is wrong with segments in themselves.
fn alone(sides: &[Side]) -> Vec<CoverageFault> {
    let mut faults = Vec::new();
    let mut ends = Vec::with_capacity(sides.len());
    let inside = |p: GridPoint| {
        p.x.unsigned_abs() <= REACH.0.unsigned_abs() && p.y.unsigned_abs() <= REACH.1.unsigned_abs()
    };
    for &Side { a, b, left, right } in sides {
        if !(inside(a) && inside(b)) {
            faults.push(CoverageFault::OutOfRange { at: a });
        }
        if a == b {
            faults.push(CoverageFault::NoLength { at: a });
        } else if a > b {
            faults.push(CoverageFault::Reversed { at: a, to: b });
        }
        if left == right {
            faults.push(CoverageFault::OneFace { at: a, to: b, face: left });
        }
        ends.push((a.min(b), a.max(b)));
    }
    ends.sort_unstable();
    let twice = ends.windows(2).filter(|pair| pair[0] == pair[1]);
    faults.extend(twice.map(|pair| CoverageFault::Twice { at: pair[0].0, to: pair[0].1 }));
    faults
}

fn listed(mut faults: Vec<CoverageFault>) -> Vec<CoverageFault> {
    faults.sort_unstable();
    faults.dedup();
    if faults.len() > COVERAGE_FAULTS_MAX {
        faults.truncate(COVERAGE_FAULTS_MAX);
        faults.push(CoverageFault::MoreFaults);
    }
    faults
}

/// Numbers in groups that only grow together.
struct Groups(Vec<u32>);

impl Groups {
    fn of(count: usize) -> Self {
        Self((0..).take(count).collect())
    }

    fn root(&mut self, mut n: u32) -> u32 {
        while self.0[n as usize] != n {
            let up = self.0[n as usize];
            self.0[n as usize] = self.0[up as usize];
            n = self.0[n as usize];
        }
        n
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}
