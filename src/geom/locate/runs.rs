//! The borders cut into short runs: what a distance is measured to.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::locate::area::NOWHERE;
use crate::geom::locate::edges::{Edge, Outline};
use crate::geom::locate::measure::Metric;

/// Edges of a run.
pub(super) const RUN_EDGES: usize = 16;

/// A few edges end to end that bound the same areas.
pub(super) struct Run {
    pub(super) hull: Hull,
    pub(super) line: Line,
}

/// What says whether a run is worth measuring. Kept apart from the corners: many are asked for
/// each that is measured.
#[derive(Clone, Copy)]
pub(super) struct Hull {
    pub(super) frame: GridBox,
    /// The areas on the two sides, ascending; the second [`NOWHERE`] when there is one only.
    pub(super) areas: [u16; 2],
}

/// The corners of a run.
pub(super) struct Line {
    xs: [i32; RUN_EDGES + 1],
    ys: [i32; RUN_EDGES + 1],
}

impl Run {
    /// A run of at most [`RUN_EDGES`] edges; the last corner is repeated to fill it.
    fn new(corners: &[GridPoint], areas: [u16; 2]) -> Self {
        let corner = |at: usize| corners[at.min(corners.len() - 1)];
        let ends = |of: fn(&GridPoint) -> i32| {
            let low = corners.iter().map(of).min().unwrap_or(0);
            (low, corners.iter().map(of).max().unwrap_or(0))
        };
        let ((west, east), (south, north)) = (ends(|p| p.x), ends(|p| p.y));
        let frame =
            GridBox { min: GridPoint { x: west, y: south }, max: GridPoint { x: east, y: north } };
        let line = Line {
            xs: std::array::from_fn(|at| corner(at).x),
            ys: std::array::from_fn(|at| corner(at).y),
        };
        Self { hull: Hull { frame, areas }, line }
    }
}

impl Line {
    /// A corner of the run; the last is [`RUN_EDGES`].
    pub(super) fn corner(&self, at: usize) -> GridPoint {
        GridPoint { x: self.xs[at], y: self.ys[at] }
    }

    /// Square of the distance (m²) from `p` to the run: the least over its edges.
    #[expect(clippy::inline_always, reason = "compiled once more for wide vectors")]
    #[inline(always)]
    pub(super) fn distance2(&self, p: GridPoint, metric: Metric) -> f64 {
        let (px, py) = (f64::from(p.x), f64::from(p.y));
        let mut each = [0.0; RUN_EDGES];
        for (at, out) in each.iter_mut().enumerate() {
            let (ax, ay) = (f64::from(self.xs[at]) - px, f64::from(self.ys[at]) - py);
            let (bx, by) = (f64::from(self.xs[at + 1]) - px, f64::from(self.ys[at + 1]) - py);
            *out = metric.distance2((ax, ay), (bx, by));
        }
        // By halves: sixteen one after the other would wait for one another.
        let mut half = RUN_EDGES / 2;
        while half > 0 {
            for at in 0..half {
                let (a, b) = (each[at], each[at + half]);
                each[at] = if a < b { a } else { b };
            }
            half /= 2;
        }
        each[0]
    }
}

/// Cuts all borders into runs, every edge once for each pair of areas that meet in it.
pub(super) fn cut(outline: &Outline) -> Vec<Run> {
    let mut cutter = Cutter { runs: Vec::new(), corners: Vec::new(), areas: [NOWHERE; 2] };
    let mut done = vec![false; outline.edges.len()];
    let mut areas = Vec::new();
    for ring in 0..outline.rings.len() {
        let from = outline.rings[ring] as usize;
        let to = outline.rings.get(ring + 1).map_or(outline.walk.len(), |&next| next as usize);
        let walk = &outline.walk[from..to];
        for (at, &number) in walk.iter().enumerate() {
            if std::mem::replace(&mut done[number as usize], true) {
                continue;
            }
            areas.clear();
            areas.extend(outline.owners(number).iter().map(|owner| outline.area(owner.piece)));
            areas.dedup();
            let edge = outline.edges[number as usize];
            let next = walk.get(at + 1).map(|&next| outline.edges[next as usize]);
            let pair = |pair: &[u16]| [pair[0], pair.get(1).copied().unwrap_or(NOWHERE)];
            let mut pairs = areas.chunks(2).map(pair);
            if let Some(pair) = pairs.next() {
                cutter.take(edge, next, pair);
            }
            cutter.runs.extend(pairs.map(|pair| Run::new(&[edge.low, edge.high], pair)));
        }
        cutter.finish();
    }
    cutter.runs
}

struct Cutter {
    runs: Vec<Run>,
    corners: Vec<GridPoint>,
    areas: [u16; 2],
}

impl Cutter {
    fn take(&mut self, edge: Edge, next: Option<Edge>, areas: [u16; 2]) {
        let far_end = match self.corners.last() {
            Some(&end) if end == edge.low => Some(edge.high),
            Some(&end) if end == edge.high => Some(edge.low),
            _ => None,
        };
        match far_end {
            Some(end) if self.areas == areas && self.corners.len() <= RUN_EDGES => {
                self.corners.push(end);
            }
            _ => {
                self.finish();
                self.areas = areas;
                let onward = next.is_some_and(|next| next.low == edge.low || next.high == edge.low);
                let (from, to) = if onward { (edge.high, edge.low) } else { (edge.low, edge.high) };
                self.corners.extend([from, to]);
            }
        }
    }

    fn finish(&mut self) {
        if !self.corners.is_empty() {
            self.runs.push(Run::new(&self.corners, self.areas));
            self.corners.clear();
        }
    }
}
