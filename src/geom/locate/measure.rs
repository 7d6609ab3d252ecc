//! Metres around one point.

use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE};
use crate::geom::project::Scale;

/// Metres in a grid step of longitude and of latitude, at one point's latitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    pub(super) x_m: f64,
    pub(super) y_m: f64,
}

impl Metric {
    pub(super) fn at(p: GridPoint) -> Self {
        let scale = Scale::at(f64::from(p.y) / STEPS_PER_DEGREE);
        Self { x_m: scale.lon_m / STEPS_PER_DEGREE, y_m: scale.lat_m / STEPS_PER_DEGREE }
    }

    /// Square of the distance (m²) from `p` to the edge between `a` and `b`, corners given in steps
    /// relative to `p`. Zero exactly when `p` lies on the edge, at the extents of a city: beside the
    /// foot it is the cross product over the length, and its products are exact below 2^53.
    ///
    /// Everything is computed and one of three taken: a loop over this has no branches.
    #[expect(clippy::inline_always, reason = "compiled once more for wide vectors")]
    #[inline(always)]
    pub(super) fn distance2(self, (ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
        let (xx, yy) = (self.x_m * self.x_m, self.y_m * self.y_m);
        let (dx, dy) = (bx - ax, by - ay);
        let before = -(ax * dx * xx + ay * dy * yy);
        let after = bx * dx * xx + by * dy * yy;
        let cross = ax * dy - ay * dx;
        let beside = cross * cross * (xx * yy) / (dx * dx * xx + dy * dy * yy);
        let past = if after <= 0.0 { bx * bx * xx + by * by * yy } else { beside };
        if before <= 0.0 { ax * ax * xx + ay * ay * yy } else { past }
    }

    /// Square of the distance (m²) from `p` to the box.
    #[inline]
    pub(super) fn box_distance2(self, p: GridPoint, frame: GridBox) -> f64 {
        let gap = |low: i32, high: i32, n: i32| {
            let n = f64::from(n);
            (f64::from(low) - n).max(n - f64::from(high)).max(0.0)
        };
        let x = gap(frame.min.x, frame.max.x, p.x) * self.x_m;
        let y = gap(frame.min.y, frame.max.y, p.y) * self.y_m;
        x * x + y * y
    }
}
