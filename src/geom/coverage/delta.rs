//! What a change does at a place: which labels it takes away there and which it brings.

use crate::geom::coverage::exact::{Spot, ray_crosses, upward};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::{FaceLabel, Side};

/// A segment as a ray from the west meets it: who crosses it from its left to its right gains one
/// label and loses another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bit {
    pub(super) low: Spot,
    pub(super) high: Spot,
    pub(super) gain: FaceLabel,
    pub(super) lose: FaceLabel,
}

impl Bit {
    /// The segment of the way `from` -> `to`, crossing which from left to right is to gain and lose.
    pub(super) fn new(from: Spot, to: Spot, gain: FaceLabel, lose: FaceLabel) -> Self {
        let (low, high) = upward(from, to);
        if low == from {
            Self { low, high, gain, lose }
        } else {
            Self { low, high, gain: lose, lose: gain }
        }
    }
}

/// How often each label counts. A change has two or three labels at a place: they need no memory
/// of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    first: [(FaceLabel, i32); 4],
    /// How many of `first` are taken.
    taken: usize,
    more: Vec<(FaceLabel, i32)>,
}

impl Tally {
    pub(super) fn clear(&mut self) {
        self.taken = 0;
        self.more.clear();
    }

    pub(super) fn add(&mut self, label: FaceLabel, times: i32) {
        let first = self.first[..self.taken].iter_mut();
        let held = first.chain(&mut self.more).find(|(held, _)| *held == label);
        if let Some((_, count)) = held {
            *count += times;
        } else if let Some(free) = self.first.get_mut(self.taken) {
            *free = (label, times);
            self.taken += 1;
        } else {
            self.more.push((label, times));
        }
    }

    fn all(&self) -> impl Iterator<Item = (FaceLabel, i32)> + '_ {
        self.first[..self.taken].iter().chain(&self.more).copied()
    }

    pub(super) fn add_all(&mut self, other: &Self, times: i32) {
        for (label, count) in other.all() {
            self.add(label, count * times);
        }
    }

    pub(super) fn count(&self, label: FaceLabel) -> i32 {
        self.all().find(|(held, _)| *held == label).map_or(0, |(_, count)| count)
    }

    /// The labels that count, with how often.
    pub(super) fn counted(&self) -> impl Iterator<Item = (FaceLabel, i32)> + '_ {
        self.all().filter(|&(_, count)| count != 0)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.counted().next().is_none()
    }

    /// The one label that counts, once; `None` when it is another number of labels.
    pub(super) fn only(&self) -> Option<FaceLabel> {
        let mut counted = self.counted();
        match (counted.next(), counted.next()) {
            (Some((label, 1)), None) => Some(label),
            _ => None,
        }
    }
}

/// The bits of a change, which are closed chains for every label, found by place.
///
/// Bits that follow one another are one chain. What lies of it left or right of a place, above or below,
/// is passed over whole: between its two ends it crosses the ray once or not at all, on balance.
pub(super) struct Delta {
    bits: Vec<Bit>,
    /// A heap: `nodes[n]` spans `nodes[2 * n]` and `nodes[2 * n + 1]`; the leaves last.
    nodes: Vec<Node>,
    /// How many leaves there is room for: a power of two.
    leaves: usize,
}

/// Bits of one leaf.
const LEAF: usize = 4;
/// Bits that come with fewer breaks than one in so many are taken in the order in which they come.
const BREAK: usize = 16;

/// A run of bits.
#[derive(Clone, Copy)]
struct Node {
    west: i64,
    south: i64,
    east: i64,
    north: i64,
    chain: Chain,
}

/// How the bits of a run hang together.
#[derive(Clone, Copy)]
enum Chain {
    /// There are none.
    Empty,
    /// Each begins where the one before ends, all with the labels of the bit that is their sum: the
    /// way from its `from` to its `to`.
    One(Way),
    Broken,
}

/// A bit or a chain of them as a way, crossing which from left to right gains and loses.
#[derive(Clone, Copy)]
struct Way {
    from: Spot,
    to: Spot,
    gain: FaceLabel,
    lose: FaceLabel,
}

impl Way {
    /// The way that gains the greater of its labels.
    fn of(bit: &Bit) -> Self {
        let Bit { low, high, gain, lose } = *bit;
        if gain > lose {
            Self { from: low, to: high, gain, lose }
        } else {
            Self { from: high, to: low, gain: lose, lose: gain }
        }
    }

    fn then(self, next: Self) -> Option<Self> {
        let goes_on = (self.to, self.gain, self.lose) == (next.from, next.gain, next.lose);
        goes_on.then_some(Self { to: next.to, ..self })
    }

    /// Adds what a way does that lies west of `q`.
    fn add_west_of(&self, q: Spot, tally: &mut Tally) {
        let times = i32::from(self.to.y > q.y) - i32::from(self.from.y > q.y);
        if times != 0 {
            tally.add(self.gain, times);
            tally.add(self.lose, -times);
        }
    }
}

impl Node {
    const EMPTY: Self = Self {
        west: i64::MAX,
        south: i64::MAX,
        east: i64::MIN,
        north: i64::MIN,
        chain: Chain::Empty,
    };

    fn of(bit: &Bit) -> Self {
        let Bit { low, high, .. } = bit;
        Self {
            west: low.x.min(high.x),
            south: low.y,
            east: low.x.max(high.x),
            north: high.y,
            chain: Chain::One(Way::of(bit)),
        }
    }

    fn with(self, other: Self) -> Self {
        let chain = match (self.chain, other.chain) {
            (Chain::Empty, chain) | (chain, Chain::Empty) => chain,
            (Chain::One(one), Chain::One(next)) => one.then(next).map_or(Chain::Broken, Chain::One),
            _ => Chain::Broken,
        };
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
            chain,
        }
    }
}

impl Delta {
    pub(super) fn of(bits: Vec<Bit>) -> Self {
        let breaks = |pair: &&[Bit]| Way::of(&pair[0]).then(Way::of(&pair[1])).is_none();
        let broken = bits.windows(2).filter(breaks).count();
        let bits = if broken > bits.len() / BREAK { chained(&bits) } else { bits };
        let leaves = bits.len().div_ceil(LEAF).next_power_of_two();
        let mut nodes = vec![Node::EMPTY; 2 * leaves];
        for (n, held) in bits.chunks(LEAF).enumerate() {
            nodes[leaves + n] = held.iter().map(Node::of).fold(Node::EMPTY, Node::with);
        }
        for n in (1..leaves).rev() {
            nodes[n] = nodes[2 * n].with(nodes[2 * n + 1]);
        }
        Self { bits, nodes, leaves }
    }

    /// What a patch does, in half steps.
    pub(super) fn of_patch(patch: &Patch) -> Self {
        Self::of(bits(patch, 2))
    }

    /// Adds what changes at `q + (ε, ε²)`.
    pub(super) fn add_at(&self, q: Spot, tally: &mut Tally) {
        self.add_of(1, q, tally);
    }

    fn add_of(&self, n: usize, q: Spot, tally: &mut Tally) {
        let node = &self.nodes[n];
        if q.y < node.south || node.north <= q.y || q.x < node.west {
            return;
        }
        if let (true, Chain::One(way)) = (node.east < q.x, node.chain) {
            way.add_west_of(q, tally);
        } else if n < self.leaves {
            self.add_of(2 * n, q, tally);
            self.add_of(2 * n + 1, q, tally);
        } else {
            let first = (n - self.leaves) * LEAF;
            for bit in &self.bits[first..(first + LEAF).min(self.bits.len())] {
                if ray_crosses(bit.low, bit.high, q) {
                    tally.add(bit.gain, 1);
                    tally.add(bit.lose, -1);
                }
            }
        }
    }

    /// The label at `q + (ε, ε²)` where it was `old`; `None` when the change leaves no single one.
    pub(super) fn relabel(&self, old: FaceLabel, q: Spot) -> Option<FaceLabel> {
        let mut tally = Tally::default();
        tally.add(old, 1);
        self.add_at(q, &mut tally);
        tally.only()
    }
}

/// The bits of a patch in steps of one `parts`-th; labels that stay beside a segment are left out.
pub(super) fn bits(patch: &Patch, parts: i64) -> Vec<Bit> {
    let mut bits = Vec::with_capacity(patch.removed().len() + patch.added().len());
    for change in patch.changes() {
        let mut push = |side: Side, gain, lose| {
            let (a, b) = (Spot::from(side.a).finer(parts), Spot::from(side.b).finer(parts));
            bits.push(Bit::new(a, b, gain, lose));
        };
        match change {
            (Some(old), Some(new)) => {
                if old.left != new.left {
                    push(old, old.left, new.left);
                }
                if old.right != new.right {
                    push(old, new.right, old.right);
                }
            }
            (Some(old), None) => push(old, old.left, old.right),
            (None, Some(new)) => push(new, new.right, new.left),
            (None, None) => {}
        }
    }
    bits
}

/// Whether the place infinitely near to the middle of `a` -> `b` that is asked for as
/// `middle + (ε, ε²)` lies right of the way; `a` is the smaller end.
pub(super) fn asked_on_right(a: Spot, b: Spot) -> bool {
    b.y > a.y
}

/// The bits in an order in which they hang together.
fn chained(bits: &[Bit]) -> Vec<Bit> {
    let ways: Vec<Way> = bits.iter().map(Way::of).collect();
    let key = |n: u32| {
        let way = &ways[n as usize];
        (way.from, way.gain, way.lose)
    };
    let mut order: Vec<u32> = (0..).take(bits.len()).collect();
    order.sort_unstable_by_key(|&n| key(n));
    let mut used = vec![false; bits.len()];
    let mut chained = Vec::with_capacity(bits.len());
    for &start in &order {
        let mut at = start;
        while !used[at as usize] {
            used[at as usize] = true;
            chained.push(bits[at as usize]);
            let way = &ways[at as usize];
            let after = (way.to, way.gain, way.lose);
            let first = order.partition_point(|&n| key(n) < after);
            let next = order[first..].iter().take_while(|&&n| key(n) == after);
            if let Some(&next) = next.into_iter().find(|&&n| !used[n as usize]) {
                at = next;
            }
        }
    }
    chained
}
