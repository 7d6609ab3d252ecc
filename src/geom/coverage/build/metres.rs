//! Grid steps in metres, near a place.

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::project::Scale;

/// A plane in metres around a place of the grid.
#[derive(Clone, Copy)]
pub(super) struct Metres {
    origin: GridPoint,
    /// Metres in a step east and in a step north.
    pub(super) step_m: [f64; 2],
}

impl Metres {
    pub(super) fn around(origin: GridPoint) -> Self {
        let scale = Scale::at(f64::from(origin.y) / STEPS_PER_DEGREE);
        // At a pole a step east has no length, and nothing could be divided by it.
        let lon_m = scale.lon_m.max(scale.lat_m * 1e-6);
        let step_m = [lon_m / STEPS_PER_DEGREE, scale.lat_m / STEPS_PER_DEGREE];
        Self { origin, step_m }
    }

    pub(super) fn plane(&self, p: GridPoint) -> [f64; 2] {
        let [east, north] = self.step_m;
        let way = |to: i32, from: i32| f64::from(to) - f64::from(from);
        [way(p.x, self.origin.x) * east, way(p.y, self.origin.y) * north]
    }

    /// The grid point nearest to a place of the plane.
    #[expect(clippy::cast_possible_truncation, reason = "a cast from float to integer saturates")]
    pub(super) fn grid(&self, [x, y]: [f64; 2]) -> GridPoint {
        let at = |from: i32, way: f64| (f64::from(from) + way).round() as i32;
        GridPoint {
            x: at(self.origin.x, x / self.step_m[0]),
            y: at(self.origin.y, y / self.step_m[1]),
        }
    }

    /// An area given in square steps, twice.
    #[expect(clippy::cast_precision_loss, reason = "a measure for people")]
    pub(super) fn area_m2(&self, twice: i128) -> f64 {
        twice.unsigned_abs() as f64 / 2.0 * self.step_m[0] * self.step_m[1]
    }
}

/// The length of a segment, on the scale of its middle latitude.
pub(super) fn length_m([a, b]: [GridPoint; 2]) -> f64 {
    let metres = Metres::around(GridPoint { x: a.x, y: i32::midpoint(a.y, b.y) });
    let [[ax, ay], [bx, by]] = [a, b].map(|p| metres.plane(p));
    (bx - ax).hypot(by - ay)
}
