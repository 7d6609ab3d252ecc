//! Which area holds this point? THE border rule, and the index that answers by it.

use geo_types::MultiPolygon;

use crate::geom::coord::{GridBox, GridPoint};

/// Most areas in one index.
pub const AREAS_MAX: usize = 65_534;
/// What a batch writes for a point in no area.
pub const NOWHERE: u16 = u16::MAX;

/// Areas by point. Areas are numbered in the order given.
pub struct AreaIndex {}

/// What lies around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surroundings {
    /// The area that holds the point.
    pub area: Option<u16>,
    /// Distance (m) to the nearest border of that area; outside all, to the nearest area. `None`
    /// only when the index is empty.
    pub border_m: Option<f64>,
    /// The nearest other area and its distance (m); `None` where there is no other. Outside all
    /// areas: the nearest one.
    pub runner_up: Option<(u16, f64)>,
}

impl AreaIndex {
    /// Builds the index. Every coordinate on the grid, at most [`AREAS_MAX`] areas (the caller has
    /// checked both).
    #[must_use]
    pub fn build(_areas: &[&MultiPolygon<f64>]) -> Self {
        todo!()
    }

    /// The area that holds `p`. Where several do (a broken partition), the one with the lowest
    /// number.
    #[must_use]
    pub fn locate(&self, _p: GridPoint) -> Option<u16> {
        todo!()
    }

    /// The area of every point, [`NOWHERE`] outside all: the same answers as [`Self::locate`],
    /// many look-ups in flight. The three slices are of one length.
    pub fn locate_batch(&self, _xs: &[i32], _ys: &[i32], _out: &mut [u16]) {
        todo!()
    }

    /// The area, the distance to its border and the runner-up.
    #[must_use]
    pub fn surroundings(&self, _p: GridPoint) -> Surroundings {
        todo!()
    }

    /// The box around all areas; `None` when there are none.
    #[must_use]
    pub fn extent(&self) -> Option<GridBox> {
        todo!()
    }
}
