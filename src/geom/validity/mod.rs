//! Is this geometry what it claims to be? Every fault, each with its place.

use geo_types::{Coord, Geometry};

/// What is wrong with a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// NaN or infinite coordinate.
    NotFinite,
}

/// A fault and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Where, in the geometry's own coordinates.
    pub at: Coord<f64>,
    /// Which polygon of a multi-polygon, from 0.
    pub part: usize,
    /// Which ring, 0 the exterior.
    pub ring: usize,
}

/// Every fault of `geometry`, in the order of parts, rings, places; empty when it is valid.
#[must_use]
pub fn faults(_geometry: &Geometry<f64>) -> Vec<Fault> {
    todo!()
}
