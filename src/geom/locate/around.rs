//! What lies around a point: the nearest border of its area, the nearest other area.
//!
//! A table of cells, each with the runs of border that can be the nearest for some point of the
//! cell; a look-up measures the distance to the few whose box is near enough. Beyond the table, and
//! where its lists would grow too long, boxes around groups of runs take their place.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::locate::area::{NOWHERE, Surroundings};
use crate::geom::locate::cells::Cells;
use crate::geom::locate::edges::Outline;
use crate::geom::locate::leaf::Holders;
use crate::geom::locate::measure::Metric;
use crate::geom::locate::runs::{Hull, Line, cut};
use crate::geom::locate::thin::{self, Entry};

/// Runs in a group.
const GROUP: usize = 32;
/// Boxes are taken this much nearer than computed, so that rounding never hides a tie.
const NEARER: f64 = 1.0 - 1e-12;

/// The runs by place.
pub(super) struct Around {
    hulls: Vec<Hull>,
    /// The corners of every run.
    lines: Vec<Line>,
    /// The box around every [`GROUP`] runs.
    groups: Vec<GridBox>,
    cells: Cells,
    /// Where each cell's list begins in `lists`; [`thin::NO_LIST`] when it has none.
    list_of: Vec<u32>,
    lists: Vec<Entry>,
}

/// What is known so far: squares of metres.
struct Found {
    area: u16,
    own: f64,
    other: f64,
    other_area: u16,
}

impl Found {
    /// Whether nothing so far (m²) or farther can change what is known.
    #[inline]
    fn is_done(&self, nearest: f64) -> bool {
        let own_done = self.area == NOWHERE || nearest >= self.own;
        own_done && (nearest > self.other || nearest == f64::INFINITY)
    }

    /// Measures a run if it can be nearer than what is known.
    #[expect(clippy::inline_always, reason = "compiled once more for wide vectors")]
    #[inline(always)]
    fn visit(&mut self, hull: &Hull, line: &Line, p: GridPoint, metric: Metric) {
        let [first, second] = hull.areas;
        let mine = self.area != NOWHERE && (first == self.area || second == self.area);
        let other = if first == self.area { second } else { first };
        let nearest = metric.box_distance2(p, hull.frame) * NEARER;
        if !(mine && nearest < self.own || other != NOWHERE && nearest <= self.other) {
            return;
        }
        let d2 = line.distance2(p, metric);
        if mine && d2 < self.own {
            self.own = d2;
        }
        let closer = d2 < self.other || d2 <= self.other && other < self.other_area;
        if other != NOWHERE && closer {
            self.other = d2;
            self.other_area = other;
        }
    }
}

impl Around {
    pub(super) fn build(outline: &Outline, extent: GridBox) -> Self {
        let runs = cut(outline);
        let groups = runs
            .chunks(GROUP)
            .filter_map(|group| group.iter().map(|run| run.hull.frame).reduce(GridBox::with))
            .collect();
        let thin::Lists { cells, list_of, entries: lists } = thin::lists(outline, extent, &runs);
        let (hulls, lines) = runs.into_iter().map(|run| (run.hull, run.line)).unzip();
        Self { hulls, lines, groups, cells, list_of, lists }
    }

    /// The answer at `p`, which these two areas hold.
    #[expect(clippy::inline_always, reason = "compiled once more for wide vectors")]
    #[inline(always)]
    pub(super) fn surroundings(&self, p: GridPoint, (area, second): Holders) -> Surroundings {
        let metric = Metric::at(p);
        let mut found = Found {
            area: area.unwrap_or(NOWHERE),
            own: f64::INFINITY,
            other: if second.is_some() { 0.0 } else { f64::INFINITY },
            other_area: second.unwrap_or(NOWHERE),
        };
        match self.list(p) {
            Some(list) => {
                for entry in list {
                    if found.is_done(f64::from(entry.nearest)) {
                        break;
                    }
                    let run = entry.run as usize;
                    found.visit(&self.hulls[run], &self.lines[run], p, metric);
                }
            }
            None => self.everywhere(&mut found, p, metric),
        }
        let metres = |d2: f64| d2.is_finite().then(|| d2.sqrt());
        let runner_up = metres(found.other).map(|metres| (found.other_area, metres));
        let border_m = match area {
            Some(_) => metres(found.own),
            None => runner_up.map(|(_, metres)| metres),
        };
        Surroundings { area, border_m, runner_up }
    }

    /// Where a point's cell stands on a walk through all cells, to and fro: points in this order
    /// find in the near memory what the one before needed.
    pub(super) fn walk(&self, p: GridPoint) -> u32 {
        let place = |n: i32, from: i64, k: u32, cells: u32| {
            ((i64::from(n) - from) >> k).clamp(0, i64::from(cells) - 1)
        };
        let x = place(p.x, self.cells.x0, self.cells.kx, self.cells.cols);
        let y = place(p.y, self.cells.y0, self.cells.ky, self.cells.rows);
        let along = if y % 2 == 0 { x } else { i64::from(self.cells.cols) - 1 - x };
        u32::try_from(y * i64::from(self.cells.cols) + along).unwrap_or(u32::MAX)
    }

    /// The list of the point's cell, and what lies behind it.
    #[inline]
    pub(super) fn list(&self, p: GridPoint) -> Option<&[Entry]> {
        Some(&self.lists[self.start(p)?..])
    }

    #[inline]
    fn start(&self, p: GridPoint) -> Option<usize> {
        let x = (i64::from(p.x) - self.cells.x0) >> self.cells.kx;
        let y = (i64::from(p.y) - self.cells.y0) >> self.cells.ky;
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        if x >= self.cells.cols || y >= self.cells.rows {
            return None;
        }
        let at = self.list_of[y as usize * self.cells.cols as usize + x as usize];
        (at != thin::NO_LIST).then_some(at as usize)
    }

    /// All runs, the groups from the nearest box on.
    #[cold]
    fn everywhere(&self, found: &mut Found, p: GridPoint, metric: Metric) {
        let mut order: Vec<(f64, usize)> = self
            .groups
            .iter()
            .enumerate()
            .map(|(at, frame)| (metric.box_distance2(p, *frame) * NEARER, at))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for (nearest, group) in order {
            if found.is_done(nearest) {
                break;
            }
            let from = group * GROUP;
            for run in from..(from + GROUP).min(self.hulls.len()) {
                found.visit(&self.hulls[run], &self.lines[run], p, metric);
            }
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Hull>() * self.hulls.len()
            + size_of::<Line>() * self.lines.len()
            + size_of::<GridBox>() * self.groups.len()
            + 4 * self.list_of.len()
            + size_of::<Entry>() * self.lists.len()
    }
}
