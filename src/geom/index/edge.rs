//! One straight edge on the grid, with predicates decided in integers.

use rstar::{AABB, RTreeObject};

use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE};
use crate::geom::project::{Scale, origin_to_segment_m2};

/// An edge of a part; a point is an edge of no length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) a: GridPoint,
    pub(super) b: GridPoint,
    /// The part it belongs to.
    pub(super) part: u32,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(corner(self.a), corner(self.b))
    }
}

/// A grid point as the tree's coordinates: steps, which doubles hold exactly.
pub(super) fn corner(p: GridPoint) -> [f64; 2] {
    [f64::from(p.x), f64::from(p.y)]
}

/// On which side of the line `a` → `b` the point lies: positive left, negative right, 0 on it.
pub(super) fn side(a: GridPoint, b: GridPoint, p: GridPoint) -> i128 {
    let wide = i128::from;
    (wide(b.x) - wide(a.x)) * (wide(p.y) - wide(a.y))
        - (wide(b.y) - wide(a.y)) * (wide(p.x) - wide(a.x))
}

impl Edge {
    /// Whether `p` lies on the edge, ends included.
    pub(super) fn carries(&self, p: GridPoint) -> bool {
        self.frame().holds(p) && side(self.a, self.b, p) == 0
    }

    /// Whether a ray from `p` to the east crosses the edge; the lower end counts, the upper not.
    pub(super) fn crosses_ray(&self, p: GridPoint) -> bool {
        let (low, high) = if self.a.y <= self.b.y { (self.a, self.b) } else { (self.b, self.a) };
        low.y <= p.y && p.y < high.y && side(low, high, p) > 0
    }

    /// The box around the edge.
    pub(super) fn frame(&self) -> GridBox {
        let (a, b) = (self.a, self.b);
        GridBox {
            min: GridPoint { x: a.x.min(b.x), y: a.y.min(b.y) },
            max: GridPoint { x: a.x.max(b.x), y: a.y.max(b.y) },
        }
    }

    /// Whether two edges share a point.
    pub(super) fn touches(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.frame(), other.frame());
        if mine.max.x < theirs.min.x
            || theirs.max.x < mine.min.x
            || mine.max.y < theirs.min.y
            || theirs.max.y < mine.min.y
        {
            return false;
        }
        // With boxes that meet, two edges are apart only if one lies strictly beside the other's
        // line; an edge of no length leaves the decision to the other.
        !(beside(self, other) || beside(other, self))
    }

    /// Whether the edge touches the box, border included.
    pub(super) fn touches_box(&self, frame: GridBox) -> bool {
        let mine = self.frame();
        if mine.max.x < frame.min.x
            || frame.max.x < mine.min.x
            || mine.max.y < frame.min.y
            || frame.max.y < mine.min.y
        {
            return false;
        }
        let sides = [
            frame.min,
            GridPoint { x: frame.max.x, y: frame.min.y },
            frame.max,
            GridPoint { x: frame.min.x, y: frame.max.y },
        ]
        .map(|p| side(self.a, self.b, p));
        !(sides.iter().all(|&s| s > 0) || sides.iter().all(|&s| s < 0))
    }
}

/// Whether both ends of `edge` lie strictly on one side of the line of `line`.
fn beside(line: &Edge, edge: &Edge) -> bool {
    let (s, t) = (side(line.a, line.b, edge.a), side(line.a, line.b, edge.b));
    (s > 0 && t > 0) || (s < 0 && t < 0)
}

/// The box around edges; `None` for none.
pub(super) fn frame_of(edges: &[Edge]) -> Option<GridBox> {
    edges.iter().map(Edge::frame).reduce(GridBox::with)
}

/// Metres around a place, for coordinates in grid steps.
#[derive(Clone, Copy)]
pub(super) struct Ruler {
    from: [f64; 2],
    /// Metres in a step of longitude and of latitude.
    step_m: [f64; 2],
}

impl Ruler {
    pub(super) fn at(from: GridPoint) -> Self {
        let scale = Scale::at(from.degrees().lat());
        Self {
            from: corner(from),
            step_m: [scale.lon_m / STEPS_PER_DEGREE, scale.lat_m / STEPS_PER_DEGREE],
        }
    }

    /// A lower bound, in metres, of the distance to anything in a box: a hair less than the true
    /// distance to the box, so that rounding can only widen a search.
    pub(super) fn bound_m(&self, frame: &AABB<[f64; 2]>) -> f64 {
        let (low, high) = (frame.lower(), frame.upper());
        let gap = |i: usize| {
            let from = self.from[i];
            (low[i] - from).max(from - high[i]).max(0.0) * self.step_m[i]
        };
        gap(0).hypot(gap(1)) * (1.0 - 1e-9)
    }

    /// The square of the distance to a box, m².
    pub(super) fn bound_m2(&self, frame: GridBox) -> f64 {
        let gap = |i: usize, low: i32, high: i32| {
            let from = self.from[i];
            (f64::from(low) - from).max(from - f64::from(high)).max(0.0) * self.step_m[i]
        };
        let (x, y) = (gap(0, frame.min.x, frame.max.x), gap(1, frame.min.y, frame.max.y));
        (x * x + y * y) * (1.0 - 1e-9)
    }

    /// The distance to an edge in metres.
    pub(super) fn edge_m(&self, edge: &Edge) -> f64 {
        self.edge_m2(edge).sqrt()
    }

    /// The square of the distance to an edge, m².
    pub(super) fn edge_m2(&self, edge: &Edge) -> f64 {
        let metres = |p: GridPoint| {
            let [x, y] = corner(p);
            [(x - self.from[0]) * self.step_m[0], (y - self.from[1]) * self.step_m[1]]
        };
        origin_to_segment_m2(metres(edge.a), metres(edge.b))
    }
}
