//! A rectangular table of cells whose sides are powers of two.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::locate::edges::{Edge, Outline, count};

/// Where the cells of a table lie. A cell covers the grid points `[x0 + c·2^kx, x0 + (c+1)·2^kx)`,
/// likewise in `y`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    pub(super) x0: i64,
    pub(super) y0: i64,
    pub(super) kx: u32,
    pub(super) ky: u32,
    pub(super) cols: u32,
    pub(super) rows: u32,
}

impl Cells {
    /// The finest table over `frame` with fewer than `side` cells a side.
    pub(super) fn over(frame: GridBox, side: u32) -> Self {
        let shift = |width: i64| {
            let mut k = 0;
            while width >> k >= i64::from(side.max(1)) {
                k += 1;
            }
            k
        };
        let (x0, y0) = (i64::from(frame.min.x), i64::from(frame.min.y));
        let width = i64::from(frame.max.x) - x0;
        let height = i64::from(frame.max.y) - y0;
        let (kx, ky) = (shift(width), shift(height));
        let cells = |n: i64| u32::try_from(n + 1).unwrap_or(1);
        Self { x0, y0, kx, ky, cols: cells(width >> kx), rows: cells(height >> ky) }
    }

    pub(super) fn len(&self) -> usize {
        self.cols as usize * self.rows as usize
    }

    /// Calls `visit` with every cell (column, row) that the edge meets: whose closed box, from its
    /// first to its last grid point, has a point in common with the edge. Exact.
    pub(super) fn meeting(&self, edge: Edge, mut visit: impl FnMut(u32, u32)) {
        let row = |y: i32| (i64::from(y) - self.y0) >> self.ky;
        let from = row(edge.low.y).max(0);
        let to = row(edge.high.y).min(i64::from(self.rows) - 1);
        for r in from..=to {
            let south = self.y0 + (r << self.ky);
            let north = south + (1_i64 << self.ky) - 1;
            let (x_low, x_high) = if edge.low.y == edge.high.y {
                ((edge.low.x.into(), edge.low.x.into()), (edge.high.x.into(), edge.high.x.into()))
            } else {
                (edge.x_at(south.max(edge.low.y.into())), edge.x_at(north.min(edge.high.y.into())))
            };
            // From the western end rounded up to the eastern rounded down.
            let (west, east) = if x_low.0 <= x_high.0 && x_low.1 <= x_high.1 {
                (x_low.1, x_high.0)
            } else {
                (x_high.1, x_low.0)
            };
            let first = ((west - self.x0) >> self.kx).max(0);
            let last = ((east - self.x0) >> self.kx).min(i64::from(self.cols) - 1);
            for c in first..=last {
                // Both within the table's sides.
                visit(c as u32, r as u32);
            }
        }
    }

    /// Calls `visit` with every cell, row by row, and the polygons that hold its south-western
    /// corner.
    pub(super) fn corners(&self, outline: &Outline, mut visit: impl FnMut(u32, u32, &[u32])) {
        // For each row the edges across its southern side, with the first longitude east of them.
        let mut start = vec![0_u32; self.rows as usize + 1];
        let rows_of = |edge: Edge| {
            let up = |y: i32| {
                let above = i64::from(y) - self.y0 + (1_i64 << self.ky) - 1;
                (above >> self.ky).clamp(0, self.rows.into()) as usize
            };
            up(edge.low.y)..up(edge.high.y)
        };
        for &edge in &outline.edges {
            for r in rows_of(edge) {
                start[r + 1] += 1;
            }
        }
        for r in 0..self.rows as usize {
            start[r + 1] += start[r];
        }
        let mut next = start.clone();
        let mut crossings = vec![(0_i64, 0_u32); start[self.rows as usize] as usize];
        for (number, &edge) in outline.edges.iter().enumerate() {
            for r in rows_of(edge) {
                let y = self.y0 + ((r as i64) << self.ky);
                crossings[next[r] as usize] = (edge.x_at(y).1, count(number));
                next[r] += 1;
            }
        }
        let mut held = Vec::new();
        for r in 0..self.rows {
            let row = &mut crossings[start[r as usize] as usize..start[r as usize + 1] as usize];
            row.sort_unstable();
            let mut passed = row.iter().peekable();
            held.clear();
            for c in 0..self.cols {
                let x = self.x0 + (i64::from(c) << self.kx);
                while let Some(&(_, edge)) = passed.next_if(|(east, _)| *east <= x) {
                    toggle(&mut held, outline, edge);
                }
                visit(c, r, &held);
            }
        }
    }
}

/// Turns the polygons that an edge bounds from held to not held and back.
pub(super) fn toggle(held: &mut Vec<u32>, outline: &Outline, edge: u32) {
    for owner in outline.owners(edge).iter().filter(|owner| owner.odd) {
        match held.iter().position(|&piece| piece == owner.piece) {
            Some(at) => {
                held.swap_remove(at);
            }
            None => held.push(owner.piece),
        }
    }
}

/// The grid point at these coordinates, which lie in the range of the table's frame.
pub(super) fn point(x: i64, y: i64) -> GridPoint {
    GridPoint {
        x: x.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
        y: y.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
    }
}
