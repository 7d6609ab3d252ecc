//! Geometries by place: an R-tree (rstar) for what lies near, within a radius, in a box or in an
//! area.

use geo_types::Geometry;

use crate::geom::coord::{GridBox, GridPoint};

/// Geometries by place. Items are numbered in the order given.
pub struct PlaceIndex {}

/// An item and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The item's number.
    pub item: u32,
    /// Distance in metres; 0 inside an area.
    pub distance_m: f64,
}

impl PlaceIndex {
    /// Builds the index; every geometry finite, not empty, on the grid.
    #[must_use]
    pub fn build<'a>(_geometries: impl Iterator<Item = &'a Geometry<f64>>) -> Self {
        todo!()
    }

    /// The `k` nearest that `wanted` accepts, no farther than `max_m`, nearest first, ties by
    /// number.
    #[must_use]
    pub fn nearest(
        &self,
        _from: GridPoint,
        _k: usize,
        _max_m: f64,
        _wanted: &dyn Fn(u32) -> bool,
    ) -> Vec<Hit> {
        todo!()
    }

    /// All within `radius_m`, nearest first, ties by number.
    #[must_use]
    pub fn within(&self, _from: GridPoint, _radius_m: f64) -> Vec<Hit> {
        todo!()
    }

    /// All that touch the box, by number. Exact, not by bounding box only.
    #[must_use]
    pub fn in_box(&self, _frame: GridBox) -> Vec<u32> {
        todo!()
    }

    /// All that touch `area`, by number. Exact.
    #[must_use]
    pub fn intersecting(&self, _area: &Geometry<f64>) -> Vec<u32> {
        todo!()
    }
}
