//! Metres around one point.

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
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

    /// Square of the distance (m²) from `p` to the edge from `a` to `b`. Zero exactly when `p` lies
    /// on the edge, at the extents of a city: beside the foot it is the cross product over the
    /// length, and the products are exact below 2^53.
    pub(super) fn distance2(self, p: GridPoint, a: GridPoint, b: GridPoint) -> f64 {
        let less = |m: i32, n: i32| f64::from(m) - f64::from(n);
        let (ax, ay) = (less(a.x, p.x), less(a.y, p.y));
        let (bx, by) = (less(b.x, p.x), less(b.y, p.y));
        let (dx, dy) = (bx - ax, by - ay);
        let (xx, yy) = (self.x_m * self.x_m, self.y_m * self.y_m);
        let before = -(ax * dx * xx + ay * dy * yy);
        let after = bx * dx * xx + by * dy * yy;
        if before <= 0.0 {
            ax * ax * xx + ay * ay * yy
        } else if after <= 0.0 {
            bx * bx * xx + by * by * yy
        } else {
            let cross = ax * dy - ay * dx;
            cross * cross * (xx * yy) / (dx * dx * xx + dy * dy * yy)
        }
    }
}
