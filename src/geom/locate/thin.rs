//! Which runs of border can be the nearest for some point of a cell?
//!
//! From the whole down through quarters, each keeping of its parent's runs those that are not
//! farther from all its points than another run that would serve. What serves is asked for every
//! area that may hold a point of the quarter: its own nearest border, and the nearest other area.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

use std::collections::HashMap;

use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE};
use crate::geom::locate::area::NOWHERE;
use crate::geom::locate::cells::Cells;
use crate::geom::locate::edges::{Outline, count};
use crate::geom::locate::runs::{RUN_EDGES, Run};
use crate::geom::project::Scale;

/// A cell without a list.
pub(super) const NO_LIST: u32 = u32::MAX;
/// Most cells on a side.
const SIDE_MAX: u32 = 256;
/// Cells for each run.
const CELLS_PER_RUN: f64 = 96.0;
/// Most list entries for each run, and for nothing at all: what remains goes without a list.
const ENTRIES_PER_RUN: usize = 256;
const ENTRIES: usize = 1 << 18;
/// Most runs looked at for each run, and for nothing at all.
const WORK_PER_RUN: usize = 1_000;
const WORK: usize = 1 << 22;
/// Lower bounds are taken this much smaller, upper bounds larger, against rounding.
const SLACK: f64 = 1e-9;

/// Every cell's runs.
pub(super) struct Lists {
    pub(super) cells: Cells,
    /// Where a cell's list begins in `entries`; [`NO_LIST`] when it has none.
    pub(super) list_of: Vec<u32>,
    /// Lists, the runs that may be nearest first; behind each an [`Entry::END`].
    pub(super) entries: Vec<Entry>,
}

/// A run that can be the nearest for some point of a cell.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) run: u32,
    /// No point of the cell is nearer to it: m², rounded down.
    pub(super) nearest: f32,
}

impl Entry {
    /// Nothing behind it can be nearer.
    pub(super) const END: Self = Self { run: 0, nearest: f32::INFINITY };

    fn new(run: u32, nearest: f64) -> Self {
        let rounded = nearest as f32;
        let nearest = if f64::from(rounded) > nearest { rounded.next_down() } else { rounded };
        Self { run, nearest }
    }
}

/// The lists over the extent and an eighth of it on every side.
pub(super) fn lists(outline: &Outline, extent: GridBox, runs: &[Run]) -> Lists {
    let grown = |min: i32, max: i32| {
        let margin = max.abs_diff(min) / 8 + 8;
        (min.saturating_sub_unsigned(margin), max.saturating_add_unsigned(margin))
    };
    let ((west, east), (south, north)) =
        (grown(extent.min.x, extent.max.x), grown(extent.min.y, extent.max.y));
    let frame =
        GridBox { min: GridPoint { x: west, y: south }, max: GridPoint { x: east, y: north } };
    let wanted = (runs.len() as f64 * CELLS_PER_RUN).sqrt() as u32;
    let cells = Cells::over(frame, wanted.clamp(4, SIDE_MAX));
    let mut thinner = Thinner {
        runs,
        cells,
        held: Held::read(&cells, outline),
        areas: vec![OfArea::NONE; usize::from(NOWHERE)],
        seen: Vec::new(),
        bounds: Vec::new(),
        list_of: vec![NO_LIST; cells.len()],
        lists: Vec::new(),
        entries_left: ENTRIES + ENTRIES_PER_RUN * runs.len(),
        work_left: WORK + WORK_PER_RUN * runs.len(),
    };
    let all: Vec<u32> = (0..count(runs.len())).collect();
    let size = cells.cols.max(cells.rows).next_power_of_two();
    thinner.quarter(Quarter { column: 0, row: 0, size }, &all);
    let Thinner { list_of, mut lists, .. } = thinner;
    lists.shrink_to_fit();
    Lists { cells, list_of, entries: lists }
}

/// A square of cells.
#[derive(Clone, Copy)]
struct Quarter {
    column: u32,
    row: u32,
    size: u32,
}

/// The areas that hold each cell's south-western corner.
struct Held {
    one: Vec<u16>,
    /// Where several do.
    many: HashMap<usize, Vec<u16>>,
}

impl Held {
    fn read(cells: &Cells, outline: &Outline) -> Self {
        let mut held = Self { one: Vec::with_capacity(cells.len()), many: HashMap::new() };
        cells.corners(outline, |_, _, pieces| {
            held.one.push(pieces.first().map_or(NOWHERE, |&piece| outline.area(piece)));
            if pieces.len() > 1 {
                let areas = pieces.iter().map(|&piece| outline.area(piece)).collect();
                held.many.insert(held.one.len() - 1, areas);
            }
        });
        held
    }

    fn at(&self, cell: usize) -> &[u16] {
        match self.many.get(&cell) {
            Some(areas) => areas,
            None if self.one[cell] == NOWHERE => &[],
            None => std::slice::from_ref(&self.one[cell]),
        }
    }
}

/// What one quarter knows of one area.
#[derive(Clone, Copy)]
struct OfArea {
    /// No point of the quarter is farther (m²) from the area's border.
    farthest: f64,
    /// It may hold a point of the quarter.
    present: bool,
    seen: bool,
}

impl OfArea {
    const NONE: Self = Self { farthest: f64::INFINITY, present: false, seen: false };
}

struct Thinner<'a> {
    runs: &'a [Run],
    cells: Cells,
    held: Held,
    areas: Vec<OfArea>,
    /// The areas with an entry in `areas`.
    seen: Vec<u16>,
    /// For each run of the list at hand: no point of the quarter is nearer, none farther (m²).
    bounds: Vec<(f64, f64)>,
    list_of: Vec<u32>,
    lists: Vec<Entry>,
    entries_left: usize,
    work_left: usize,
}

impl Thinner<'_> {
    fn quarter(&mut self, quarter: Quarter, list: &[u32]) {
        let Quarter { column, row, size } = quarter;
        let Some(work_left) = self.work_left.checked_sub(list.len()) else { return };
        if column >= self.cells.cols || row >= self.cells.rows || self.entries_left == 0 {
            return;
        }
        self.work_left = work_left;
        let kept = self.keep(quarter, list);
        if size > 1 {
            let kept: Vec<u32> = kept.into_iter().map(|(_, run)| run).collect();
            let half = size / 2;
            for (east, north) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (column, row) = (column + east * half, row + north * half);
                self.quarter(Quarter { column, row, size: half }, &kept);
            }
        } else if let Some(entries_left) = self.entries_left.checked_sub(kept.len()) {
            self.entries_left = entries_left;
            let cell = row as usize * self.cells.cols as usize + column as usize;
            self.list_of[cell] = count(self.lists.len());
            self.lists.extend(kept.iter().map(|&(nearest, run)| Entry::new(run, nearest)));
            self.lists.push(Entry::END);
        } else {
            self.entries_left = 0;
        }
    }

    /// The runs that can be nearest, each behind how near (m²) it can be, in that order.
    fn keep(&mut self, quarter: Quarter, list: &[u32]) -> Vec<(f64, u32)> {
        let frame = Frame::of(&self.cells, quarter);
        self.bounds.clear();
        self.bounds.extend(list.iter().map(|&run| frame.bounds(&self.runs[run as usize])));
        let mut mixed = false;
        for (&run, &(nearest, farthest)) in list.iter().zip(&self.bounds) {
            for area in
                self.runs[run as usize].hull.areas.into_iter().filter(|&area| area != NOWHERE)
            {
                let of = see(&mut self.areas, &mut self.seen, area);
                of.farthest = of.farthest.min(farthest);
                of.present |= nearest <= 0.0;
                mixed |= nearest <= 0.0;
            }
        }
        let corner = quarter.row as usize * self.cells.cols as usize + quarter.column as usize;
        let held = self.held.at(corner);
        for &area in held {
            see(&mut self.areas, &mut self.seen, area).present = true;
        }
        let limits = Limits::new(&self.areas, &self.seen, mixed || held.is_empty());
        let mut kept: Vec<(f64, u32)> = list
            .iter()
            .zip(&self.bounds)
            .filter(|&(&run, &(nearest, _))| {
                self.runs[run as usize]
                    .hull
                    .areas
                    .into_iter()
                    .filter(|&area| area != NOWHERE)
                    .any(|area| nearest <= limits.of(&self.areas, area))
            })
            .map(|(&run, &(nearest, _))| (nearest, run))
            .collect();
        for area in self.seen.drain(..) {
            self.areas[usize::from(area)] = OfArea::NONE;
        }
        if quarter.size == 1 {
            kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        }
        kept
    }
}

fn see<'a>(areas: &'a mut [OfArea], seen: &mut Vec<u16>, area: u16) -> &'a mut OfArea {
    let of = &mut areas[usize::from(area)];
    if !of.seen {
        of.seen = true;
        seen.push(area);
    }
    of
}

/// How far an area's runs can be and still be the nearest for some point.
struct Limits {
    /// The area with the lowest farthest distance, that, and the lowest of the others.
    first: u16,
    first_m2: f64,
    second_m2: f64,
    first_present: bool,
    /// How many areas may hold a point; no area counts as one when that is possible.
    present: usize,
}

impl Limits {
    fn new(areas: &[OfArea], seen: &[u16], outside: bool) -> Self {
        let mut limits = Self {
            first: NOWHERE,
            first_m2: f64::INFINITY,
            second_m2: f64::INFINITY,
            first_present: false,
            present: usize::from(outside),
        };
        for &area in seen {
            let OfArea { farthest, present, .. } = areas[usize::from(area)];
            limits.present += usize::from(present);
            if farthest < limits.first_m2 {
                limits.second_m2 = limits.first_m2;
                limits.first_m2 = farthest;
                limits.first = area;
                limits.first_present = present;
            } else if farthest < limits.second_m2 {
                limits.second_m2 = farthest;
            }
        }
        limits
    }

    fn of(&self, areas: &[OfArea], area: u16) -> f64 {
        let OfArea { farthest, present, .. } = areas[usize::from(area)];
        // As the own border of a point in the area.
        let own = if present { farthest } else { f64::NEG_INFINITY };
        // As the nearest other area of a point elsewhere.
        let elsewhere = self.present - usize::from(present);
        let other = if self.first_present && self.first != area {
            self.second_m2
        } else if elsewhere > 0 {
            self.first_m2
        } else {
            f64::NEG_INFINITY
        };
        own.max(other)
    }
}

/// The ground of a quarter and the least and most metres in a step there.
struct Frame {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
    least: (f64, f64),
    most: (f64, f64),
}

impl Frame {
    fn of(cells: &Cells, quarter: Quarter) -> Self {
        let west = cells.x0 + (i64::from(quarter.column) << cells.kx);
        let south = cells.y0 + (i64::from(quarter.row) << cells.ky);
        let (west, south) = (west as f64, south as f64);
        let east = west + f64::from(quarter.size) * (1_u64 << cells.kx) as f64;
        let north = south + f64::from(quarter.size) * (1_u64 << cells.ky) as f64;
        let (low, high) = (south.abs().min(north.abs()), south.abs().max(north.abs()));
        let low = if south <= 0.0 && north >= 0.0 { 0.0 } else { low } / STEPS_PER_DEGREE;
        let high = high / STEPS_PER_DEGREE;
        // Towards the poles a degree of longitude shrinks and one of latitude grows.
        let (near, far) = if high <= 90.0 {
            (Scale::at(low), Scale::at(high))
        } else {
            (Scale::at(0.0), Scale { lon_m: 0.0, ..Scale::at(90.0) })
        };
        let step = |metres: f64| metres / STEPS_PER_DEGREE;
        Self {
            west,
            east,
            south,
            north,
            least: (step(far.lon_m), step(near.lat_m)),
            most: (step(near.lon_m), step(far.lat_m)),
        }
    }

    /// The least and the most (m²) that a point here can be from the run.
    fn bounds(&self, run: &Run) -> (f64, f64) {
        let GridBox { min, max } = run.hull.frame;
        let x = (f64::from(min.x) - self.east).max(self.west - f64::from(max.x)).max(0.0);
        let y = (f64::from(min.y) - self.north).max(self.south - f64::from(max.y)).max(0.0);
        let (x, y) = (x * self.least.0, y * self.least.1);
        let farthest = [0, RUN_EDGES / 2, RUN_EDGES]
            .map(|at| {
                let corner = run.line.corner(at);
                let (cx, cy) = (f64::from(corner.x), f64::from(corner.y));
                let x = (cx - self.west).abs().max((cx - self.east).abs()) * self.most.0;
                let y = (cy - self.south).abs().max((cy - self.north).abs()) * self.most.1;
                x * x + y * y
            })
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        ((x * x + y * y) * (1.0 - SLACK), farthest * (1.0 + SLACK))
    }
}
