//! The rings of areas: how each meets itself and the others, by every two edges whose boxes meet.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use geo_types::{Coord, LineString, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

use crate::geom::validity::chain::Chain;
use crate::geom::validity::contact::{Contact, compare, contact, courses_cross, same_way};
use crate::geom::validity::fault::{FaultKind, List};

/// Most pairs of edges, or of rings, looked at in one geometry: a few seconds' work. Ordinary
/// borders need some ten for each vertex.
pub(super) const WORK_MAX: u64 = 100_000_000;

/// A ring and where it belongs.
pub(super) struct Ring {
    pub(super) chain: Chain,
    /// The polygon, from 0 in the slice that is checked.
    pub(super) polygon: usize,
    /// Part and ring, as faults name them.
    pub(super) place: (usize, usize),
    /// The same ring is there before.
    pub(super) repeated: bool,
    /// It crosses or overlaps itself, so that it has no certain inside.
    pub(super) tangled: bool,
}

/// The rings of one geometry under check.
#[derive(Default)]
pub(super) struct Rings {
    pub(super) all: Vec<Ring>,
    /// Pairs that cross or overlap, the lower number first.
    pub(super) crossing: HashSet<(usize, usize)>,
    /// Pairs of one polygon that touch, and where.
    pub(super) touches: Vec<(usize, usize, Coord<f64>)>,
    /// Edges that run along an edge of another ring: ring, edge, the other ring, place.
    along: Vec<(usize, usize, usize, Coord<f64>)>,
    work: u64,
}

/// The ring's vertices without repeats, closed; `None` with the fault added when it is no ring.
/// An empty ring has no vertices.
fn ring_points(
    ring: &LineString<f64>,
    place: (usize, usize),
    list: &mut List,
) -> Option<Vec<Coord<f64>>> {
    if !list.finite(&ring.0, place) {
        return None;
    }
    let mut points = ring.0.clone();
    points.dedup();
    let (Some(&first), Some(&end)) = (points.first(), points.last()) else {
        return Some(points);
    };
    if first != end {
        list.add(FaultKind::RingNotClosed, end, place, None);
        points.push(first);
    }
    if points.len() < 4 {
        list.add(FaultKind::TooFewPoints, first, place, None);
        return None;
    }
    Some(points)
}

impl Rings {
    pub(super) fn take(
        &mut self,
        polygon: usize,
        part: usize,
        shape: &Polygon<f64>,
        list: &mut List,
    ) {
        let rings = std::iter::once(shape.exterior()).chain(shape.interiors());
        for (number, ring) in rings.enumerate() {
            let place = (part, number);
            let Some(points) = ring_points(ring, place, list) else { continue };
            if points.is_empty() {
                continue;
            }
            if shape.exterior().0.is_empty() {
                list.add(FaultKind::HoleOutsideShell, points[0], place, None);
                continue;
            }
            let chain = Chain::new(points);
            self.all.push(Ring { chain, polygon, place, repeated: false, tangled: false });
        }
    }

    /// Finds rings that are there twice, whichever way they turn and wherever they start.
    pub(super) fn mark_repeated(&mut self, list: &mut List) {
        let mut seen: HashMap<Vec<[u64; 2]>, usize> = HashMap::new();
        // Only rings of one box and one number of edges can be the same: few are written out.
        let mut groups: HashMap<[u64; 5], Vec<usize>> = HashMap::new();
        for (i, ring) in self.all.iter().enumerate() {
            let frame = ring.chain.frame();
            let [a, b] = [bits(frame.min), bits(frame.max)];
            let key = [a[0], a[1], b[0], b[1], ring.chain.edges() as u64];
            groups.entry(key).or_default().push(i);
        }
        let mut alike: Vec<Vec<usize>> = groups.into_values().filter(|g| g.len() > 1).collect();
        alike.sort_unstable();
        for i in alike.into_iter().flatten() {
            match seen.entry(spelled(&self.all[i].chain)) {
                std::collections::hash_map::Entry::Vacant(new) => {
                    new.insert(i);
                }
                std::collections::hash_map::Entry::Occupied(first) => {
                    let (other, at) = (self.all[*first.get()].place, self.all[i].chain.points[0]);
                    list.add(FaultKind::DuplicateRing, at, self.all[i].place, Some(other));
                    self.all[i].repeated = true;
                }
            }
        }
    }

    /// Pairs of rings whose boxes meet, the lower number first; at most [`WORK_MAX`] in all.
    pub(super) fn near_pairs(&mut self) -> Vec<(usize, usize)> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let boxed = |i: usize| {
            let frame = self.all[i].chain.frame();
            let [low, high] = [frame.min, frame.max].map(|c| [c.x, c.y]);
            GeomWithData::new(Rectangle::from_corners(low, high), i)
        };
        let tree: RTree<_> = RTree::bulk_load((0..self.all.len()).map(boxed).collect());
        let mut pairs = Vec::new();
        for (i, ring) in self.all.iter().enumerate() {
            if ring.repeated {
                continue;
            }
            let frame: AABB<[f64; 2]> = boxed(i).envelope();
            let near = tree.locate_in_envelope_intersecting(frame).map(|other| other.data);
            pairs.extend(near.filter(|&j| i < j && !self.all[j].repeated).map(|j| (i, j)));
            if pairs.len() as u64 > WORK_MAX / 10 {
                self.work = WORK_MAX;
                break;
            }
        }
        pairs
    }

    /// Looks at every two edges that may meet; breaks off when the list or the work is full.
    pub(super) fn meet(&mut self, pairs: &[(usize, usize)], list: &mut List) -> ControlFlow<()> {
        for i in 0..self.all.len() {
            if !self.all[i].repeated {
                self.meet_itself(i, list)?;
            }
        }
        pairs.iter().try_for_each(|&(i, j)| self.meet_other(i, j, list))
    }

    fn meet_itself(&mut self, i: usize, list: &mut List) -> ControlFlow<()> {
        let ring = &self.all[i];
        let (chain, place) = (&ring.chain, ring.place);
        let (mut tangled, mut work) = (false, self.work);
        let done = chain.pairs(&mut |e, f| {
            spend(&mut work)?;
            if chain.next(e) == f || chain.next(f) == e {
                let (before, after) = if chain.next(e) == f { (e, f) } else { (f, e) };
                let [a, p] = chain.edge(before);
                if same_way(p, a, chain.edge(after)[1]) {
                    tangled = true;
                    list.add(FaultKind::SelfIntersection, p, place, None);
                }
                return go_on(list);
            }
            match contact(chain.edge(e), chain.edge(f)) {
                Contact::Apart => return ControlFlow::Continue(()),
                Contact::Crossing(at) | Contact::Overlap(at) => {
                    tangled = true;
                    list.add(FaultKind::SelfIntersection, at, place, None);
                }
                Contact::Touch(p) => {
                    if let Some(cross) = cross_at(p, (chain, e), (chain, f)) {
                        tangled |= cross;
                        let kind =
                            if cross { FaultKind::SelfIntersection } else { FaultKind::SelfTouch };
                        list.add(kind, p, place, None);
                    }
                }
            }
            go_on(list)
        });
        self.work = work;
        self.all[i].tangled = tangled;
        done
    }

    fn meet_other(&mut self, i: usize, j: usize, list: &mut List) -> ControlFlow<()> {
        let (one, other) = (&self.all[i], &self.all[j]);
        let same_polygon = one.polygon == other.polygon;
        let (kind, place, with) = (crossing_kind(same_polygon), other.place, Some(one.place));
        let (mut crossing, mut work) = (false, self.work);
        spend(&mut work)?;
        let (touches, along) = (&mut self.touches, &mut self.along);
        let done = one.chain.pairs_with(&other.chain, &mut |e, f| {
            spend(&mut work)?;
            match contact(one.chain.edge(e), other.chain.edge(f)) {
                Contact::Apart => return ControlFlow::Continue(()),
                Contact::Crossing(at) => {
                    crossing = true;
                    list.add(kind, at, place, with);
                }
                Contact::Overlap(at) => {
                    crossing = true;
                    along.push((j, f, i, at));
                }
                Contact::Touch(p) => match cross_at(p, (&one.chain, e), (&other.chain, f)) {
                    Some(true) => {
                        crossing = true;
                        list.add(kind, p, place, with);
                    }
                    Some(false) if same_polygon => touches.push((i, j, p)),
                    _ => {}
                },
            }
            go_on(list)
        });
        self.work = work;
        if crossing {
            self.crossing.insert((i, j));
        }
        done
    }

    /// Adds one fault for every run of edges along another ring, at its start.
    pub(super) fn list_along(&mut self, list: &mut List) {
        let edges: HashSet<_> =
            self.along.iter().map(|&(ring, edge, by, _)| (ring, edge, by)).collect();
        let mut alone: HashSet<(usize, usize)> = HashSet::new();
        for &(ring, edge, by, at) in &self.along {
            let count = self.all[ring].chain.edges();
            let before = if edge == 0 { count - 1 } else { edge - 1 };
            // A ring wholly along another has no start: one fault will do.
            let start = !edges.contains(&(ring, before, by));
            if start || (edge == 0 && alone.insert((ring, by))) {
                let (place, other) = (self.all[ring].place, &self.all[by]);
                let same_polygon = self.all[ring].polygon == other.polygon;
                list.add(crossing_kind(same_polygon), at, place, Some(other.place));
            }
        }
    }
}

fn crossing_kind(same_polygon: bool) -> FaultKind {
    if same_polygon { FaultKind::RingsCross } else { FaultKind::PartsOverlap }
}

/// Whether the courses of two rings cross at `p`, where an edge of each touches the other. `None`
/// where the pair is not the one to tell: of the two edges at a vertex the one that ends there
/// tells, and courses that run together are told by the edges that do.
fn cross_at(p: Coord<f64>, one: (&Chain, usize), other: (&Chain, usize)) -> Option<bool> {
    courses_cross(p, course(p, one)?, course(p, other)?)
}

/// Where a ring comes from and goes to at `p` on its edge; `None` at the edge's start.
fn course(p: Coord<f64>, (chain, at): (&Chain, usize)) -> Option<[Coord<f64>; 2]> {
    let [a, b] = chain.edge(at);
    if p == a {
        None
    } else if p == b {
        Some([a, chain.edge(chain.next(at))[1]])
    } else {
        Some([a, b])
    }
}

fn spend(work: &mut u64) -> ControlFlow<()> {
    *work += 1;
    if *work > WORK_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn go_on(list: &mut List) -> ControlFlow<()> {
    if list.full() {
        list.more();
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(())
}

/// A ring written from its lowest vertex, towards the lower of that one's neighbours: the same for
/// all spellings of one ring.
fn spelled(chain: &Chain) -> Vec<[u64; 2]> {
    let points = &chain.points[..chain.edges()];
    let n = points.len();
    let start = (0..n).min_by(|&i, &j| compare(points[i], points[j])).unwrap_or_default();
    let (next, before) = (points[(start + 1) % n], points[(start + n - 1) % n]);
    let forth = compare(next, before).is_le();
    (0..n)
        .map(|i| bits(points[if forth { (start + i) % n } else { (start + n - i) % n }]))
        .collect()
}

/// A coordinate to compare with, -0 being 0.
fn bits(c: Coord<f64>) -> [u64; 2] {
    [(c.x + 0.0).to_bits(), (c.y + 0.0).to_bits()]
}
