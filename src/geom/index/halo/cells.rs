//! Boxes by cells, in two floors: a coarse table over everything, and a fine one within each of
//! its cells that has more than a few. A county is mostly empty; its town is not.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "cells and entries are bounded by the constants below, and offsets lie in the frame"
)]

use crate::geom::coord::{GridBox, GridPoint};

/// Most coarse cells a side.
const COARSE: usize = 128;
/// Fine cells a side of a coarse one.
const FINE: usize = 16;
/// Boxes of a coarse cell that are not worth a fine table.
const FEW: usize = 4;
/// Most entries of all lists; beyond it cells become larger.
const ENTRIES_MAX: usize = 16_000_000;

/// Numbers of boxes by cell, each list in ascending order.
pub(super) struct Cells {
    frame: GridBox,
    /// Coarse cells a side.
    side: usize,
    /// Steps in a coarse cell, along x and along y; a multiple of [`FINE`].
    cell: (i64, i64),
    /// For each coarse cell its first list in `starts`, doubled, and 1 more when it has a fine table.
    coarse: Vec<u32>,
    /// Where a list begins in `entries`; it ends where the next begins.
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Cells {
    /// Cells over boxes, each numbered by its place.
    pub(super) fn build(boxes: &[GridBox]) -> Option<Self> {
        let frame = boxes.iter().copied().reduce(GridBox::with)?;
        let mut cells = Self::empty(frame, COARSE);
        // Thousands of boxes that each reach across the whole city: fewer, larger cells.
        while cells.side > 1 && cells.coarse_entries(boxes) > ENTRIES_MAX {
            cells = Self::empty(frame, cells.side / 2);
        }
        cells.fill(boxes);
        Some(cells)
    }

    fn empty(frame: GridBox, side: usize) -> Self {
        let steps = |from: i32, to: i32| {
            ((i64::from(to) - i64::from(from)) / side as i64 / FINE as i64 + 1) * FINE as i64
        };
        let cell = (steps(frame.min.x, frame.max.x), steps(frame.min.y, frame.max.y));
        Self { frame, side, cell, coarse: Vec::new(), starts: Vec::new(), entries: Vec::new() }
    }

    fn coarse_entries(&self, boxes: &[GridBox]) -> usize {
        let cells = |frame: &GridBox| {
            let ((x0, y0), (x1, y1)) = (self.coarse_cell(frame.min), self.coarse_cell(frame.max));
            (x1 - x0 + 1) * (y1 - y0 + 1)
        };
        boxes.iter().map(cells).sum()
    }

    fn fill(&mut self, boxes: &[GridBox]) {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); self.side * self.side];
        for (number, frame) in (0u32..).zip(boxes) {
            let ((x0, y0), (x1, y1)) = (self.coarse_cell(frame.min), self.coarse_cell(frame.max));
            for y in y0..=y1 {
                lists[y * self.side + x0..=y * self.side + x1]
                    .iter_mut()
                    .for_each(|list| list.push(number));
            }
        }
        let mut fine: Vec<Vec<u32>> = vec![Vec::new(); FINE * FINE];
        for (at, list) in lists.into_iter().enumerate() {
            let first = self.starts.len() as u32 * 2;
            if list.len() <= FEW || self.entries.len() + list.len() * FINE * FINE > ENTRIES_MAX {
                self.coarse.push(first);
                self.push(&list);
                continue;
            }
            self.coarse.push(first + 1);
            let origin = (at % self.side, at / self.side);
            for number in list {
                let frame = boxes[number as usize];
                let (x0, y0) = self.fine_cell(frame.min, origin);
                let (x1, y1) = self.fine_cell(frame.max, origin);
                for y in y0..=y1 {
                    fine[y * FINE + x0..=y * FINE + x1]
                        .iter_mut()
                        .for_each(|list| list.push(number));
                }
            }
            for list in &mut fine {
                self.push(list);
                list.clear();
            }
        }
        self.starts.push(self.entries.len() as u32);
    }

    fn push(&mut self, list: &[u32]) {
        self.starts.push(self.entries.len() as u32);
        self.entries.extend_from_slice(list);
    }

    fn coarse_cell(&self, p: GridPoint) -> (usize, usize) {
        let x = (i64::from(p.x) - i64::from(self.frame.min.x)) / self.cell.0;
        let y = (i64::from(p.y) - i64::from(self.frame.min.y)) / self.cell.1;
        (x as usize, y as usize)
    }

    /// The fine cell within a coarse one; of a point beyond it, the nearest.
    fn fine_cell(&self, p: GridPoint, (x, y): (usize, usize)) -> (usize, usize) {
        let within = |n: i32, from: i32, cell: i64, coarse: usize| {
            let offset = i64::from(n) - i64::from(from) - coarse as i64 * cell;
            (offset / (cell / FINE as i64)).clamp(0, FINE as i64 - 1) as usize
        };
        (
            within(p.x, self.frame.min.x, self.cell.0, x),
            within(p.y, self.frame.min.y, self.cell.1, y),
        )
    }

    /// The boxes that may hold the point; all that do are among them.
    #[inline]
    pub(super) fn at(&self, p: GridPoint) -> &[u32] {
        if !self.frame.holds(p) {
            return &[];
        }
        let (x, y) = self.coarse_cell(p);
        let coarse = self.coarse[y * self.side + x];
        let mut list = (coarse / 2) as usize;
        if coarse % 2 == 1 {
            let (x, y) = self.fine_cell(p, (x, y));
            list += y * FINE + x;
        }
        &self.entries[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(x: i32, y: i32, side: i32) -> GridBox {
        GridBox { min: GridPoint { x, y }, max: GridPoint { x: x + side, y: y + side } }
    }

    #[test]
    fn a_cell_names_every_box_that_touches_it_and_a_far_one_none() {
        let cells =
            Cells::build(&[frame(0, 0, 100_000), frame(500, 500, 9), frame(0, 0, 10)]).unwrap();
        assert_eq!(cells.at(GridPoint { x: 4, y: 4 }), [0, 1, 2]);
        assert_eq!(cells.at(GridPoint { x: 100_000, y: 100_000 }), [0]);
        assert!(cells.at(GridPoint { x: 100_001, y: 0 }).is_empty());
        assert!(Cells::build(&[]).is_none());
    }

    #[test]
    fn a_crowded_cell_is_cut_finer_and_still_names_all_that_hold_the_point() {
        let mut boxes = vec![frame(-1_000_000, -1_000_000, 2_000_000)];
        boxes.extend((0..400).map(|n| frame(n % 20 * 700, n / 20 * 700, 650 + n)));
        let cells = Cells::build(&boxes).unwrap();
        let mut listed = 0;
        for n in 0..2_000 {
            let p = GridPoint { x: n * 7_919 % 15_000, y: n * 104_729 % 15_000 };
            let list = cells.at(p);
            listed += list.len();
            assert!(list.is_sorted());
            for (number, frame) in (0u32..).zip(&boxes) {
                assert!(!frame.holds(p) || list.contains(&number), "{p:?} {frame:?}");
            }
        }
        assert!(listed < 2_000 * 20, "{listed}");
    }
}
