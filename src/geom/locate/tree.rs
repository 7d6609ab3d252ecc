//! The index itself: a table of cells, crowded cells split into 8 × 8, again and again, down to
//! leaves with a few edges.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::locate::area::NOWHERE;
use crate::geom::locate::cells::{Cells, point, toggle};
use crate::geom::locate::edges::{Edge, Outline, count};
use crate::geom::locate::leaf::{self, Cell, Holders, LeafOwner};

/// What a table or block says of a cell: the kind in the two highest bits.
pub(super) const KIND: u32 = 3 << 30;
/// Wholly in the area in the low half, or [`NOWHERE`].
pub(super) const WHOLE: u32 = 0;
/// Split: the number of a block of 64 cells.
pub(super) const BLOCK: u32 = 1 << 30;
/// A near leaf: its place in the pool.
pub(super) const NEAR: u32 = 2 << 30;
/// A far leaf: its place in the pool.
pub(super) const FAR: u32 = 3 << 30;
/// Log2 of the cells on a block's side.
pub(super) const SPLIT: u32 = 3;

/// Most cells on a side of the table: it stays in the second cache.
const SIDE_MAX: u32 = 512;
/// Cells of the table for each edge.
const CELLS_PER_EDGE: f64 = 4.0;
/// Words of blocks and leaves for each edge: what crowded cells may spend on splitting. Beyond it
/// they stay whole and slow, so that long edges drawn to and fro cannot eat the memory.
const WORDS_PER_EDGE: usize = 96;

/// Most words of all: an entry has thirty bits for a leaf's place.
const WORDS_MAX: usize = 1 << 29;

/// The index.
pub(super) struct Tree {
    pub(super) cells: Cells,
    pub(super) min: GridPoint,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) table: Vec<u32>,
    pub(super) blocks: Vec<u32>,
    pub(super) pool: Vec<u32>,
    pub(super) edges: Vec<Edge>,
}

impl Tree {
    /// Builds the tree over the outline's `extent`.
    pub(super) fn build(outline: &Outline, extent: GridBox) -> Self {
        let cells = table_for(outline, extent);
        let (start, numbers) = distribute(&cells, outline);
        let mut builder = Builder {
            outline,
            blocks: Vec::new(),
            pool: Vec::new(),
            words_left: (65_536 + WORDS_PER_EDGE * outline.edges.len()).min(WORDS_MAX),
        };
        let mut table = vec![0; cells.len()];
        cells.corners(outline, |c, r, held| {
            let at = r as usize * cells.cols as usize + c as usize;
            let cell = Cell {
                x0: cells.x0 + (i64::from(c) << cells.kx),
                y0: cells.y0 + (i64::from(r) << cells.ky),
                kx: cells.kx,
                ky: cells.ky,
            };
            table[at] =
                builder.entry(cell, &numbers[start[at] as usize..start[at + 1] as usize], held);
        });
        let Builder { mut blocks, mut pool, .. } = builder;
        leaf::finish(&mut pool);
        blocks.shrink_to_fit();
        pool.shrink_to_fit();
        Self {
            cells,
            min: extent.min,
            width: extent.max.x.abs_diff(extent.min.x),
            height: extent.max.y.abs_diff(extent.min.y),
            table,
            blocks,
            pool,
            edges: outline.edges.clone(),
        }
    }

    /// The entry that decides at `p`, and the size of its cell; `None` beyond the extent.
    #[inline]
    fn descend(&self, x: u32, y: u32) -> (u32, u32, u32) {
        let Cells { mut kx, mut ky, cols, .. } = self.cells;
        let mut entry = self.table[(y >> ky) as usize * cols as usize + (x >> kx) as usize];
        while entry & KIND == BLOCK {
            kx -= SPLIT;
            ky -= SPLIT;
            entry = self.child(entry, x >> kx, y >> ky);
        }
        (entry, kx, ky)
    }

    /// The entry of a block's cell at this column and row (counted from the extent's corner).
    #[inline]
    pub(super) fn child(&self, block: u32, column: u32, row: u32) -> u32 {
        let at = (row & 7) << SPLIT | column & 7;
        self.blocks[((block & !KIND) << (2 * SPLIT) | at) as usize]
    }

    /// The point relative to the extent's corner, if it lies in the extent.
    #[inline]
    fn relative(&self, p: GridPoint) -> Option<(u32, u32)> {
        let x = p.x.wrapping_sub(self.min.x).cast_unsigned();
        let y = p.y.wrapping_sub(self.min.y).cast_unsigned();
        (x <= self.width && y <= self.height).then_some((x, y))
    }

    /// The lowest area that holds `p`.
    #[inline]
    pub(super) fn holder(&self, p: GridPoint) -> Option<u16> {
        let (x, y) = self.relative(p)?;
        let (entry, kx, ky) = self.descend(x, y);
        self.decide(entry, kx, ky, x, y)
    }

    /// What an entry that is no block says of a point in its cell.
    #[inline]
    pub(super) fn decide(&self, entry: u32, kx: u32, ky: u32, x: u32, y: u32) -> Option<u16> {
        match entry & KIND {
            WHOLE => (entry as u16 != NOWHERE).then_some(entry as u16),
            NEAR => {
                let (x, y) = (x & ((1 << kx) - 1), y & ((1 << ky) - 1));
                leaf::near_holder(&self.pool[(entry & !KIND) as usize..], x, y)
            }
            _ => self.far(entry, kx, x, y).0,
        }
    }

    /// The two lowest areas that hold `p`.
    pub(super) fn holders(&self, p: GridPoint) -> Holders {
        let Some((x, y)) = self.relative(p) else { return (None, None) };
        let (entry, kx, ky) = self.descend(x, y);
        self.decide_two(entry, kx, ky, x, y)
    }

    /// As [`Self::decide`], the two lowest areas.
    #[inline]
    pub(super) fn decide_two(&self, entry: u32, kx: u32, ky: u32, x: u32, y: u32) -> Holders {
        match entry & KIND {
            WHOLE => ((entry as u16 != NOWHERE).then_some(entry as u16), None),
            NEAR => {
                let (x, y) = (x & ((1 << kx) - 1), y & ((1 << ky) - 1));
                leaf::near_holders(&self.pool[(entry & !KIND) as usize..], x, y)
            }
            _ => self.far(entry, kx, x, y),
        }
    }

    #[cold]
    fn far(&self, entry: u32, kx: u32, x: u32, y: u32) -> Holders {
        let west = self.cells.x0 + (i64::from(x) >> kx << kx);
        let p = GridPoint {
            x: self.min.x.wrapping_add_unsigned(x),
            y: self.min.y.wrapping_add_unsigned(y),
        };
        leaf::far_holders(&self.pool[(entry & !KIND) as usize..], &self.edges, west, p)
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        4 * (self.table.len() + self.blocks.len() + self.pool.len())
            + size_of::<Edge>() * self.edges.len()
    }
}

/// A table with cells in proportion to the edges, and coarser where the edges are long.
fn table_for(outline: &Outline, extent: GridBox) -> Cells {
    let edges = outline.edges.len();
    let wanted = (edges as f64 * CELLS_PER_EDGE).sqrt() as u32;
    let mut side = wanted.clamp(4, SIDE_MAX);
    loop {
        let cells = Cells::over(extent, side);
        let met: u64 = outline
            .edges
            .iter()
            .map(|edge| {
                let across = u64::from(edge.low.x.abs_diff(edge.high.x) >> cells.kx);
                1 + across + u64::from(edge.low.y.abs_diff(edge.high.y) >> cells.ky)
            })
            .sum();
        if side <= 1 || met <= 4 * edges as u64 + 65_536 {
            return cells;
        }
        side /= 2;
    }
}

/// The edges of every cell: where each cell's begin, and their numbers.
fn distribute(cells: &Cells, outline: &Outline) -> (Vec<u32>, Vec<u32>) {
    let mut pairs = Vec::with_capacity(2 * outline.edges.len());
    for (number, &edge) in outline.edges.iter().enumerate() {
        cells.meeting(edge, |c, r| pairs.push((r * cells.cols + c, count(number))));
    }
    grouped(cells.len(), &pairs)
}

/// Pairs (group, item) as each group's items: where they begin, and the items.
fn grouped(groups: usize, pairs: &[(u32, u32)]) -> (Vec<u32>, Vec<u32>) {
    let mut start = vec![0_u32; groups + 1];
    for &(group, _) in pairs {
        start[group as usize + 1] += 1;
    }
    for group in 0..groups {
        start[group + 1] += start[group];
    }
    let mut next = start.clone();
    let mut items = vec![0; pairs.len()];
    for &(group, item) in pairs {
        items[next[group as usize] as usize] = item;
        next[group as usize] += 1;
    }
    (start, items)
}

struct Builder<'a> {
    outline: &'a Outline,
    blocks: Vec<u32>,
    pool: Vec<u32>,
    words_left: usize,
}

impl Builder<'_> {
    /// The entry of a cell that meets these edges and whose corner these polygons hold.
    fn entry(&mut self, cell: Cell, edges: &[u32], held: &[u32]) -> u32 {
        if edges.is_empty() {
            let first = held.iter().map(|&piece| self.outline.area(piece)).min();
            let alone = held.iter().all(|&piece| Some(self.outline.area(piece)) == first);
            if alone {
                return WHOLE | u32::from(first.unwrap_or(NOWHERE));
            }
        }
        let near = leaf::is_near(cell, edges, self.outline);
        let wanted = edges.len() > leaf::NEAR_MAX || (!near && self.would_be_near(cell, edges));
        if wanted && cell.kx >= SPLIT && cell.ky >= SPLIT && self.words_left > 0 {
            return self.split(cell, edges, held);
        }
        self.leaf(cell, edges, held, near)
    }

    /// Whether smaller cells would make near leaves: short edges in a wide cell.
    fn would_be_near(&self, cell: Cell, edges: &[u32]) -> bool {
        cell.kx.max(cell.ky) >= leaf::NEAR_SHIFT_MAX - 1
            && edges.iter().all(|&edge| {
                let Edge { low, high } = self.outline.edges[edge as usize];
                low.x.abs_diff(high.x) < 1 << 14 && low.y.abs_diff(high.y) < 1 << 14
            })
    }

    /// The polygons that hold the cell's reference: those that hold its corner, less what the
    /// cell's own edges do there.
    fn reference(&self, cell: Cell, edges: &[u32], held: &[u32]) -> Vec<u32> {
        let mut reference = held.to_vec();
        self.toggle_at(cell.x0, point(cell.x0, cell.y0), edges, &mut reference);
        reference
    }

    fn toggle_at(&self, west: i64, p: GridPoint, edges: &[u32], held: &mut Vec<u32>) {
        for &edge in edges {
            if self.outline.edges[edge as usize].toggles(west, p) {
                toggle(held, self.outline, edge);
            }
        }
    }

    fn split(&mut self, cell: Cell, edges: &[u32], held: &[u32]) -> u32 {
        let reference = self.reference(cell, edges, held);
        let inner = Cells {
            x0: cell.x0,
            y0: cell.y0,
            kx: cell.kx - SPLIT,
            ky: cell.ky - SPLIT,
            cols: 1 << SPLIT,
            rows: 1 << SPLIT,
        };
        let mut pairs = Vec::with_capacity(4 * edges.len());
        for &edge in edges {
            inner.meeting(self.outline.edges[edge as usize], |c, r| {
                pairs.push((r << SPLIT | c, edge));
            });
        }
        let (start, items) = grouped(inner.len(), &pairs);
        let block = self.blocks.len() >> (2 * SPLIT);
        self.blocks.resize(self.blocks.len() + inner.len(), 0);
        self.words_left = self.words_left.saturating_sub(inner.len() + 2 * items.len());
        let mut corner_held = Vec::new();
        for at in 0..inner.len() {
            let (c, r) = (at as i64 & 7, at as i64 >> SPLIT);
            let child = Cell {
                x0: cell.x0 + (c << inner.kx),
                y0: cell.y0 + (r << inner.ky),
                kx: inner.kx,
                ky: inner.ky,
            };
            corner_held.clone_from(&reference);
            let corner = point(child.x0, child.y0);
            self.toggle_at(cell.x0, corner, edges, &mut corner_held);
            let items = &items[start[at] as usize..start[at + 1] as usize];
            let entry = self.entry(child, items, &corner_held);
            self.blocks[block << (2 * SPLIT) | at] = entry;
        }
        BLOCK | count(block)
    }

    fn leaf(&mut self, cell: Cell, edges: &[u32], held: &[u32], near: bool) -> u32 {
        let owners = self.leaf_owners(cell, edges, held);
        let at = count(self.pool.len());
        self.words_left = self.words_left.saturating_sub(1 + owners.len() + 2 * edges.len());
        if near && owners.len() <= leaf::NEAR_MAX {
            leaf::write_near(&mut self.pool, cell, edges, &owners, self.outline);
            NEAR | at
        } else {
            leaf::write_far(&mut self.pool, edges, &owners);
            FAR | at
        }
    }

    fn leaf_owners(&self, cell: Cell, edges: &[u32], held: &[u32]) -> Vec<LeafOwner> {
        let reference = self.reference(cell, edges, held);
        let mut owners: Vec<LeafOwner> = Vec::new();
        for (at, &edge) in (0_u32..).zip(edges) {
            for owner in self.outline.owners(edge) {
                let known = if let Some(known) = owners.iter().position(|o| o.piece == owner.piece)
                {
                    known
                } else {
                    owners.push(LeafOwner {
                        area: self.outline.area(owner.piece),
                        piece: owner.piece,
                        reference: reference.contains(&owner.piece),
                        edges: Vec::new(),
                    });
                    owners.len() - 1
                };
                owners[known].edges.push((at, owner.odd));
            }
        }
        // Of the polygons that hold the whole cell the two lowest areas are enough.
        let mut whole: Vec<u16> = reference
            .iter()
            .filter(|&&piece| owners.iter().all(|owner| owner.piece != piece))
            .map(|&piece| self.outline.area(piece))
            .collect();
        whole.sort_unstable();
        whole.dedup();
        owners.extend(whole.into_iter().take(2).map(|area| LeafOwner {
            area,
            piece: u32::MAX,
            reference: true,
            edges: Vec::new(),
        }));
        owners.sort_unstable_by_key(|owner| (owner.area, owner.piece));
        owners
    }
}
