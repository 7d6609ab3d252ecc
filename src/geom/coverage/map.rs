//! The segments of a partition, found by node, by face and by place.

use std::sync::OnceLock;

use rstar::{AABB, RTree, RTreeObject};

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::exact::{Spot, cross};
use crate::geom::coverage::hash::{FoldMap, FoldSet};
use crate::geom::coverage::side::{FaceLabel, Side};

/// No number: the end of a list, a place that is not taken.
const NONE: u32 = u32::MAX;

/// A partition: segments with the face on each side.
///
/// Built by `from_sides`, changed by `apply`, asked through the methods that the files of this room
/// add. Two coverages are the same when their [`Coverage::sides`] are.
#[derive(Clone, Default)]
pub struct Coverage {
    /// Segments by number; a free place holds a segment with equal labels.
    segments: Vec<Segment>,
    free: Vec<u32>,
    /// Some end at each node; an end is twice the segment's number, plus one at its larger end.
    nodes: FoldMap<GridPoint, u32>,
    /// By label, outside first.
    faces: Vec<Face>,
    /// By place; made when first asked for. What lies in `stale` is not there.
    index: OnceLock<RTree<Entry>>,
    /// Entries of the tree whose segments were removed: to leave them is quicker than to take them
    /// out, and what is undone finds them again.
    stale: FoldSet<Entry>,
}

/// With more stale entries than this, and than half of those that are not, the tree is made anew.
const STALE_MAX: usize = 4_096;

#[derive(Clone, Copy)]
struct Segment {
    side: Side,
    /// The next end around the node of each of its two ends; the last leads to the first.
    next: [u32; 2],
    /// Where it stands in the lists of its left and its right face.
    place: [u32; 2],
}

#[derive(Clone, Default)]
struct Face {
    /// Twice the segment's number, plus one where the face is on the right.
    sides: Vec<u32>,
    area_twice: i128,
}

/// A segment in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    a: GridPoint,
    b: GridPoint,
    number: u32,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(corner(self.a), corner(self.b))
    }
}

/// A grid point as the tree's coordinates: steps, which doubles hold exactly.
fn corner(p: GridPoint) -> [f64; 2] {
    [f64::from(p.x), f64::from(p.y)]
}

impl Coverage {
    /// Every segment, in the order of ends: the canonical listing.
    #[must_use]
    pub fn sides(&self) -> Vec<Side> {
        let mut sides: Vec<Side> = self.each().collect();
        sides.sort_unstable();
        sides
    }

    /// How many segments there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.len() - self.free.len()
    }

    /// Whether there is no segment at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The faces that have an area, ascending.
    #[must_use]
    pub fn faces(&self) -> Vec<u16> {
        (0..=u16::MAX)
            .zip(self.faces.iter().skip(1))
            .filter(|(_, face)| !face.sides.is_empty())
            .map(|(face, _)| face)
            .collect()
    }

    /// Whether a face has an area.
    #[must_use]
    pub fn has(&self, face: u16) -> bool {
        self.face(Some(face)).is_some_and(|face| !face.sides.is_empty())
    }

    /// Twice the area of a face in square steps of the grid, exact.
    #[must_use]
    pub fn area_twice(&self, face: u16) -> i128 {
        self.face(Some(face)).map_or(0, |face| face.area_twice)
    }

    /// The box around all segments.
    #[must_use]
    pub fn extent(&self) -> Option<GridBox> {
        self.each().map(|side| frame(side.a, side.b)).reduce(GridBox::with)
    }

    /// Whether a segment ends at `p`.
    #[must_use]
    pub fn has_node(&self, p: GridPoint) -> bool {
        self.nodes.contains_key(&p)
    }

    /// Every segment, in no order.
    pub fn each(&self) -> impl Iterator<Item = Side> + '_ {
        self.segments.iter().map(|held| held.side).filter(|side| side.left != side.right)
    }

    /// Every segment with its number, in no order; numbers lie below [`Self::numbers`].
    pub(super) fn each_numbered(&self) -> impl Iterator<Item = (u32, Side)> + '_ {
        let all = (0..).zip(&self.segments).map(|(number, held)| (number, held.side));
        all.filter(|(_, side)| side.left != side.right)
    }

    /// One more than the highest number of a segment.
    pub(super) fn numbers(&self) -> usize {
        self.segments.len()
    }

    /// Pairs of numbers of segments with a common node; each two such segments are joined by some
    /// of the pairs.
    pub(super) fn joined(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let live = (0..).zip(&self.segments).filter(|(_, held)| held.side.left != held.side.right);
        live.flat_map(|(number, held)| held.next.map(|end| (number, end >> 1)))
    }

    /// Every node with the segments that end there, in no order.
    pub(super) fn each_star(
        &self,
    ) -> impl Iterator<Item = (GridPoint, impl Iterator<Item = Side> + '_)> + '_ {
        // Not through the map: the segments lie in memory as they hang together.
        let live = (0_u32..)
            .zip(&self.segments)
            .filter(|(_, held)| held.side.left != held.side.right)
            .flat_map(|(number, held)| [(2 * number, held.side.a), (2 * number + 1, held.side.b)]);
        let first = |&(end, _): &(u32, GridPoint)| self.ends(end).all(|other| end <= other);
        live.filter(first).map(|(end, p)| (p, self.sides_of(end)))
    }

    /// The segments that end at `p`, in no order.
    pub(super) fn star(&self, p: GridPoint) -> impl Iterator<Item = Side> + '_ {
        self.sides_of(self.nodes.get(&p).copied().unwrap_or(NONE))
    }

    fn sides_of(&self, end: u32) -> impl Iterator<Item = Side> + '_ {
        self.ends(end).map(|end| self.segments[(end >> 1) as usize].side)
    }

    /// The ends at the node of one of them, this first.
    fn ends(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let mut end = first;
        std::iter::from_fn(move || {
            let held = self.segments.get((end >> 1) as usize).filter(|_| end != NONE)?;
            let this = end;
            end = held.next[(end & 1) as usize];
            if end == first {
                end = NONE;
            }
            Some(this)
        })
    }

    /// The segment between two points.
    pub(super) fn between(&self, p: GridPoint, q: GridPoint) -> Option<Side> {
        self.star(p).find(|side| (side.a, side.b) == (p, q) || (side.a, side.b) == (q, p))
    }

    /// The segments that have `face` on their left or right, in no order; one with it on the right
    /// comes with `true`.
    pub(super) fn around(&self, face: FaceLabel) -> impl Iterator<Item = (Side, bool)> + '_ {
        let sides = self.face(face).map_or(&[][..], |face| &face.sides);
        sides.iter().map(|&at| (self.segments[(at >> 1) as usize].side, at & 1 == 1))
    }

    /// How many segments have `face` beside them.
    pub(super) fn around_len(&self, face: FaceLabel) -> usize {
        self.face(face).map_or(0, |face| face.sides.len())
    }

    /// The segments whose boxes touch a box given in steps by its corners, in no order.
    pub(super) fn near(&self, min: [f64; 2], max: [f64; 2]) -> impl Iterator<Item = Side> + '_ {
        self.tree()
            .locate_in_envelope_intersecting(AABB::from_corners(min, max))
            .filter(|entry| self.stale.is_empty() || !self.stale.contains(entry))
            .map(|entry| self.segments[entry.number as usize].side)
    }

    /// The segments whose boxes touch a box of the grid, in no order.
    pub(super) fn near_box(&self, frame: GridBox) -> impl Iterator<Item = Side> + '_ {
        self.near(corner(frame.min), corner(frame.max))
    }

    /// The western end of everything.
    pub(super) fn west(&self) -> f64 {
        self.tree().root().envelope().lower()[0]
    }

    /// A width that some segments have; not 0.
    pub(super) fn window(&self) -> f64 {
        let envelope = self.tree().root().envelope();
        let count = u32::try_from(self.len()).map_or(f64::from(u32::MAX), f64::from);
        ((envelope.upper()[0] - envelope.lower()[0]) / count.sqrt().max(1.0)).max(1.0)
    }

    /// A coverage of these segments; their labels differ and their ends do (the caller has checked
    /// both).
    pub(super) fn of(sides: &[Side]) -> Self {
        let mut coverage = Self::default();
        coverage.segments.reserve(sides.len());
        coverage.nodes.reserve(sides.len());
        for &side in sides {
            coverage.insert(side);
        }
        coverage
    }

    /// Puts a segment there. Its labels differ and there is none between its ends (the caller has
    /// checked both).
    pub(super) fn insert(&mut self, side: Side) {
        let held = Segment { side, next: [NONE; 2], place: [NONE; 2] };
        let number = if let Some(number) = self.free.pop() {
            self.segments[number as usize] = held;
            number
        } else {
            self.segments.push(held);
            count(self.segments.len() - 1)
        };
        for (at, p) in [(0, side.a), (1, side.b)] {
            let end = 2 * number + at;
            let held = *self.nodes.entry(p).or_insert(end);
            let after = if held == end { end } else { std::mem::replace(self.next_mut(held), end) };
            *self.next_mut(end) = after;
        }
        self.join_faces(number);
        if let Some(tree) = self.index.get_mut() {
            let entry = Entry { a: side.a, b: side.b, number };
            if self.stale.is_empty() || !self.stale.remove(&entry) {
                tree.insert(entry);
            }
        }
    }

    /// Takes a segment away, by its number.
    pub(super) fn remove(&mut self, number: u32) {
        let Side { a, b, .. } = self.segments[number as usize].side;
        self.leave_faces(number);
        for (at, p) in [(0, a), (1, b)] {
            self.unlink(p, 2 * number + at);
        }
        if self.index.get().is_some() {
            self.stale.insert(Entry { a, b, number });
        }
        let held = &mut self.segments[number as usize].side;
        held.right = held.left;
        self.free.push(number);
        if self.stale.len() > STALE_MAX.max(self.len() / 2) {
            self.stale.clear();
            self.index = OnceLock::new();
        }
    }

    /// Gives a segment other labels, by its number.
    pub(super) fn relabel(&mut self, number: u32, side: Side) {
        self.leave_faces(number);
        self.segments[number as usize].side = side;
        self.join_faces(number);
    }

    /// The segment from its smaller end to its larger, with its number.
    pub(super) fn numbered(&self, a: GridPoint, b: GridPoint) -> Option<(u32, Side)> {
        let first = *self.nodes.get(&a)?;
        self.ends(first)
            .map(|end| (end >> 1, self.segments[(end >> 1) as usize].side))
            .find(|(_, side)| side.a == a && side.b == b)
    }

    fn next_mut(&mut self, end: u32) -> &mut u32 {
        &mut self.segments[(end >> 1) as usize].next[(end & 1) as usize]
    }

    fn unlink(&mut self, p: GridPoint, gone: u32) {
        let after = *self.next_mut(gone);
        if after == gone {
            self.nodes.remove(&p);
            return;
        }
        self.nodes.insert(p, after);
        let before = self.ends(gone).last().unwrap_or(gone);
        *self.next_mut(before) = after;
    }

    fn join_faces(&mut self, number: u32) {
        let Side { a, b, left, right } = self.segments[number as usize].side;
        let origin = Spot { x: 0, y: 0 };
        let twice = cross(origin, a.into(), origin, b.into());
        for (at, label, twice) in [(0, left, twice), (1, right, -twice)] {
            let position = position(label);
            if self.faces.len() <= position {
                self.faces.resize_with(position + 1, Face::default);
            }
            let face = &mut self.faces[position];
            face.area_twice += twice;
            self.segments[number as usize].place[at as usize] = count(face.sides.len());
            face.sides.push(2 * number + at);
        }
    }

    fn leave_faces(&mut self, number: u32) {
        let Segment { side: Side { a, b, left, right }, place, .. } =
            self.segments[number as usize];
        let origin = Spot { x: 0, y: 0 };
        let twice = cross(origin, a.into(), origin, b.into());
        for (at, label, twice) in [(0, left, twice), (1, right, -twice)] {
            let face = &mut self.faces[position(label)];
            face.area_twice -= twice;
            face.sides.swap_remove(place[at] as usize);
            if let Some(&moved) = face.sides.get(place[at] as usize) {
                self.segments[(moved >> 1) as usize].place[(moved & 1) as usize] = place[at];
            }
        }
    }

    fn face(&self, label: FaceLabel) -> Option<&Face> {
        self.faces.get(position(label))
    }

    fn tree(&self) -> &RTree<Entry> {
        self.index.get_or_init(|| {
            let live = |(number, held): (u32, &Segment)| {
                let Side { a, b, left, right } = held.side;
                (left != right).then_some(Entry { a, b, number })
            };
            RTree::bulk_load((0..).zip(&self.segments).filter_map(live).collect())
        })
    }
}

/// The box around a segment.
pub(super) fn frame(a: GridPoint, b: GridPoint) -> GridBox {
    GridBox {
        min: GridPoint { x: a.x.min(b.x), y: a.y.min(b.y) },
        max: GridPoint { x: a.x.max(b.x), y: a.y.max(b.y) },
    }
}

/// Where a label stands in the list of faces.
fn position(label: FaceLabel) -> usize {
    label.map_or(0, |face| usize::from(face) + 1)
}

/// A count as 32 bits: two thousand million segments do not fit into memory.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
