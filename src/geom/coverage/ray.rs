//! Which face holds a place.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::exact::{Spot, on_segment, ray_crosses, turn, upward};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

/// Beside a place, infinitely near.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// At `q + (ε, ε²)`.
    East,
    /// At `q + (-ε, ε²)`, no segment leading there.
    West,
}

impl Coverage {
    /// The face that holds `p` by the rule of [`crate::geom::locate`]: that of `p + (ε, ε²)`; where
    /// this lies outside and `p` on the border of some faces, the lowest of them.
    #[must_use]
    pub fn locate(&self, p: GridPoint) -> FaceLabel {
        self.label_at(Spot::from(p).finer(2), Beside::East).or_else(|| {
            let touching = self.touching(p).flat_map(|side| [side.left, side.right]);
            touching.flatten().min()
        })
    }

    /// The segments that carry `p`, ends included.
    pub(super) fn touching(&self, p: GridPoint) -> impl Iterator<Item = Side> + '_ {
        let at = [f64::from(p.x), f64::from(p.y)];
        self.near(at, at).filter(move |side| on_segment(side.a.into(), side.b.into(), p.into()))
    }

    /// The label beside `q`, which is given in half steps.
    ///
    /// The first segment that the ray westwards meets has it on its eastern side. It is looked for in a
    /// window that grows threefold, so that the cost is that of the neighbourhood.
    pub(super) fn label_at(&self, q: Spot, beside: Beside) -> FaceLabel {
        if self.is_empty() {
            return None;
        }
        let (end, mut width) = (self.west(), self.window());
        let (x, y) = (half(q.x), half(q.y));
        loop {
            let west = x - width.ceil();
            let corner = Spot { x: q.x - 2 * whole(width), y: q.y };
            let mut best: Option<(Spot, Spot, FaceLabel)> = None;
            for side in self.near([west, y], [x, y]) {
                let (low, high, east) = uprightly(side);
                // What crosses west of the window waits: something between may not be listed.
                if ray_crosses(low, high, q)
                    && (beside == Beside::East || turn(low, high, q).is_ne())
                    && turn(low, high, corner).is_ge()
                    && best.is_none_or(|(l, h, _)| east_of((low, high), (l, h)))
                {
                    best = Some((low, high, east));
                }
            }
            if let Some((_, _, east)) = best {
                return east;
            }
            if west < end {
                return None;
            }
            width *= 3.0;
        }
    }
}

/// A side from its lower end up, in half steps, and the label east of it.
fn uprightly(side: Side) -> (Spot, Spot, FaceLabel) {
    let (a, b) = (Spot::from(side.a).finer(2), Spot::from(side.b).finer(2));
    let (low, high) = upward(a, b);
    (low, high, if low == a { side.right } else { side.left })
}

/// Of two segments that the same ray crosses and that do not cross each other, whether the first
/// lies east of the second.
fn east_of((low, high): (Spot, Spot), (other_low, other_high): (Spot, Spot)) -> bool {
    if low.y >= other_low.y {
        let order = turn(other_low, other_high, low);
        order.then_with(|| turn(other_low, other_high, high)).is_lt()
    } else {
        let order = turn(low, high, other_low);
        order.then_with(|| turn(low, high, other_high)).is_gt()
    }
}

#[expect(clippy::cast_precision_loss, reason = "half steps of the grid, far below 2^53")]
fn half(n: i64) -> f64 {
    n as f64 / 2.0
}

#[expect(clippy::cast_possible_truncation, reason = "doubled until it spans the grid: below 2^34")]
fn whole(n: f64) -> i64 {
    n.ceil() as i64
}
