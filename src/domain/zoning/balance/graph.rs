//! Blocks and their borders as flat arrays, checked once.
//!
//! Islands are tied to their nearest block by a bridge: an edge without length that lets a zone
//! span the water where nothing else is possible, and that the search pays for.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::domain::zoning::balance::bridges::bridges;

/// Most blocks of a graph.
pub const BLOCKS_MAX: usize = 200_000;
/// Longest border between two blocks, and the farthest a coordinate may lie from the origin.
pub const REACH_MAX_M: f64 = 1e7;
/// Most that a border's cost factor may be.
pub const FACTOR_MAX: f64 = 100.0;
/// Most blocks that the local test of contiguity looks at.
const RING_MAX: usize = 64;

/// The blocks of a city in a local plane, in metres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks {
    /// One for each block: `[x, y]`.
    pub centroid_m: Vec<[f64; 2]>,
    /// One for each block.
    pub area_m2: Vec<f64>,
    /// What of a block's border no other block shares: the city's border, water outside.
    pub outer_border_m: Vec<f64>,
    /// Several quantities (residents, reports a year), each with one number for each block.
    pub weights: Vec<Vec<f64>>,
    /// Who borders on whom. Several borders of the same two blocks add up.
    pub borders: Vec<Border>,
}

/// What two blocks share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Border {
    /// Two different blocks.
    pub blocks: [u32; 2],
    /// Length; blocks that touch in a point do not border on each other.
    pub length_m: f64,
    /// What a metre of zone border costs here: 1, less along rivers and main streets.
    pub factor: f64,
}

/// What is wrong with blocks.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum GraphFault {
    /// Nothing to divide.
    #[error("there are no blocks")]
    NoBlocks,
    /// More than [`BLOCKS_MAX`].
    #[error("{blocks} blocks, more than {BLOCKS_MAX}")]
    TooManyBlocks {
        /// How many.
        blocks: usize,
    },
    /// A column has not one number for each block.
    #[error("{column:?} has {rows} rows for {blocks} blocks")]
    Rows {
        /// Which column.
        column: Column,
        /// Its rows.
        rows: usize,
        /// The blocks.
        blocks: usize,
    },
    /// A number that is not finite, negative where it may not be, or too great.
    #[error("{column:?} of block {block} is {value}")]
    Number {
        /// Which column.
        column: Column,
        /// Which block.
        block: usize,
        /// The number.
        value: f64,
    },
    /// A border names a block that is not there, or one block twice.
    #[error("border {border} joins {blocks:?}")]
    Ends {
        /// Which border.
        border: usize,
        /// What it names.
        blocks: [u32; 2],
    },
    /// A border's length or factor is out of range.
    #[error("border {border} has length {length_m} m and factor {factor}")]
    Length {
        /// Which border.
        border: usize,
        /// Its length.
        length_m: f64,
        /// Its factor.
        factor: f64,
    },
}

/// A column of [`Blocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `centroid_m`.
    Centroid,
    /// `area_m2`.
    Area,
    /// `outer_border_m`.
    OuterBorder,
    /// `weights`, with its number.
    Weight(usize),
}

/// One end's view of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) to: u32,
    pub(super) edge: u32,
    /// Whole centimetres, so that sums are exact whatever the order.
    pub(super) cost_cm: i32,
}

/// Checked blocks with their neighbourhoods.
#[derive(Clone, Debug)]
pub struct Graph {
    blocks: Blocks,
    /// Edges: the borders, each pair once, then the bridges.
    ends: Vec<[u32; 2]>,
    length_m: Vec<f64>,
    cost_cm: Vec<i32>,
    borders: usize,
    first_side: Vec<u32>,
    sides: Vec<Side>,
    first_ring: Vec<u32>,
    ring: Vec<u32>,
    /// Which others of its block's ring a member of the ring touches.
    touches: Vec<u64>,
}

impl Graph {
    /// Checks the blocks and lays out who is next to whom.
    ///
    /// # Errors
    ///
    /// Every fault, each with its place.
    pub fn build(blocks: Blocks) -> Result<Self, Vec<GraphFault>> {
        let faults = faults(&blocks);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut joined: BTreeMap<[u32; 2], (f64, f64)> = BTreeMap::new();
        for border in &blocks.borders {
            let [a, b] = border.blocks;
            let sum = joined.entry([a.min(b), a.max(b)]).or_default();
            sum.0 += border.length_m;
            sum.1 += border.length_m * border.factor;
        }
        let mut ends: Vec<[u32; 2]> = joined.keys().copied().collect();
        let mut length_m: Vec<f64> = joined.values().map(|sum| sum.0).collect();
        let mut cost_cm: Vec<i32> = joined.values().map(|sum| centimetres(sum.1)).collect();
        let borders = ends.len();
        ends.extend(bridges(&blocks.centroid_m, &ends));
        length_m.resize(ends.len(), 0.0);
        // A zone that spans a bridge is charged for it, about as for a block's whole border.
        let toll = cost_cm.iter().map(|cost| i64::from(*cost)).max().unwrap_or(0).max(100);
        cost_cm.resize(ends.len(), i32::try_from(-4 * toll).unwrap_or(i32::MIN / 4));
        let (first_side, sides) = adjacency(blocks.area_m2.len(), &ends, &cost_cm);
        let mut graph = Self {
            blocks,
            ends,
            length_m,
            cost_cm,
            borders,
            first_side,
            sides,
            first_ring: vec![0],
            ring: Vec::new(),
            touches: Vec::new(),
        };
        graph.lay_rings();
        Ok(graph)
    }

    /// The blocks as they were given.
    #[must_use]
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// How many blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.area_m2.len()
    }

    /// Never: a graph has blocks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.area_m2.is_empty()
    }

    /// How many bridges tie the parts together: one less than there are parts.
    #[must_use]
    pub fn bridges(&self) -> usize {
        self.ends.len() - self.borders
    }

    #[inline]
    pub(super) fn sides(&self, block: u32) -> &[Side] {
        let at = block as usize;
        &self.sides[self.first_side[at] as usize..self.first_side[at + 1] as usize]
    }

    #[inline]
    pub(super) fn ends(&self, edge: u32) -> [u32; 2] {
        self.ends[edge as usize]
    }

    pub(super) fn edges(&self) -> &[[u32; 2]] {
        &self.ends
    }

    pub(super) fn is_bridge(&self, edge: u32) -> bool {
        edge as usize >= self.borders
    }

    pub(super) fn length_m(&self, edge: u32) -> f64 {
        self.length_m[edge as usize]
    }

    pub(super) fn cost_cm(&self, edge: u32) -> i32 {
        self.cost_cm[edge as usize]
    }

    /// The blocks around one: its neighbours first, then those that touch two of them, with who
    /// of them touches whom. Empty where there are too many.
    #[inline]
    pub(super) fn ring(&self, block: u32) -> (&[u32], &[u64]) {
        let at = block as usize;
        let range = self.first_ring[at] as usize..self.first_ring[at + 1] as usize;
        (&self.ring[range.clone()], &self.touches[range])
    }

    fn lay_rings(&mut self) {
        let mut seen = vec![0_u32; self.len()];
        for block in 0..index(self.len()) {
            let mut ring: Vec<u32> = self.sides(block).iter().map(|side| side.to).collect();
            if ring.len() <= RING_MAX {
                self.add_second_ring(block, &mut ring, &mut seen);
                for &member in &ring {
                    let mask = ring.iter().enumerate().filter(|(_, other)| {
                        self.sides(member).iter().any(|side| side.to == **other)
                    });
                    let mask = mask.fold(0_u64, |mask, (bit, _)| mask | 1 << bit);
                    self.touches.push(mask);
                }
                self.ring.extend(ring);
            }
            self.first_ring.push(index(self.ring.len()));
        }
    }

    /// Blocks that touch two neighbours: across the corner where four blocks meet.
    fn add_second_ring(&self, block: u32, ring: &mut Vec<u32>, seen: &mut [u32]) {
        let near = ring.len();
        let mut met = Vec::new();
        for &neighbour in &ring[..near] {
            for side in self.sides(neighbour) {
                seen[side.to as usize] += 1;
                met.push(side.to);
            }
        }
        for &other in &met {
            let twice = seen[other as usize] >= 2;
            seen[other as usize] = 0;
            if twice && other != block && ring.len() < RING_MAX && !ring[..near].contains(&other) {
                ring.push(other);
            }
        }
    }
}

/// A count as an index; counts of this room are below 2^32.
pub(super) fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn centimetres(m: f64) -> i32 {
    (m * 100.0).round().clamp(0.0, 1e8) as i32
}

fn adjacency(blocks: usize, ends: &[[u32; 2]], cost_cm: &[i32]) -> (Vec<u32>, Vec<Side>) {
    let mut lists: Vec<Vec<Side>> = vec![Vec::new(); blocks];
    for (edge, (&[a, b], &cost_cm)) in (0..).zip(ends.iter().zip(cost_cm)) {
        lists[a as usize].push(Side { to: b, edge, cost_cm });
        lists[b as usize].push(Side { to: a, edge, cost_cm });
    }
    let mut first = vec![0];
    let mut sides = Vec::with_capacity(2 * ends.len());
    for list in lists {
        sides.extend(list);
        first.push(index(sides.len()));
    }
    (first, sides)
}

fn faults(blocks: &Blocks) -> Vec<GraphFault> {
    let count = blocks.centroid_m.len();
    let mut faults = Vec::new();
    if count == 0 {
        faults.push(GraphFault::NoBlocks);
    }
    if count > BLOCKS_MAX {
        faults.push(GraphFault::TooManyBlocks { blocks: count });
    }
    let flat: Vec<f64> = blocks.centroid_m.iter().flatten().copied().collect();
    let far = |value: f64| !value.is_finite() || value.abs() > REACH_MAX_M;
    faults.extend(flat.iter().enumerate().filter(|(_, value)| far(**value)).map(|(at, value)| {
        GraphFault::Number { column: Column::Centroid, block: at / 2, value: *value }
    }));
    let weights = blocks.weights.iter().enumerate().map(|(n, rows)| (Column::Weight(n), rows));
    let columns = [(Column::Area, &blocks.area_m2), (Column::OuterBorder, &blocks.outer_border_m)];
    for (column, rows) in columns.into_iter().chain(weights) {
        if rows.len() != count {
            faults.push(GraphFault::Rows { column, rows: rows.len(), blocks: count });
        }
        let wrong = |value: f64| !(0.0..=1e15).contains(&value);
        faults.extend(
            rows.iter()
                .enumerate()
                .filter(|(_, value)| wrong(**value))
                .map(|(block, value)| GraphFault::Number { column, block, value: *value }),
        );
    }
    for (at, border) in blocks.borders.iter().enumerate() {
        let [a, b] = border.blocks;
        if a == b || a.max(b) as usize >= count {
            faults.push(GraphFault::Ends { border: at, blocks: border.blocks });
        }
        let Border { length_m, factor, .. } = *border;
        let right =
            length_m > 0.0 && length_m <= REACH_MAX_M && (0.0..=FACTOR_MAX).contains(&factor);
        if !right {
            faults.push(GraphFault::Length { border: at, length_m, factor });
        }
    }
    faults
}
