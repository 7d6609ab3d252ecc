//! What the index speaks of: areas by number, and what lies around a point.

/// Most areas in one index.
pub const AREAS_MAX: usize = 65_534;
/// What a batch writes for a point in no area.
pub const NOWHERE: u16 = u16::MAX;

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
