//! What rounding made invalid, repaired.

use geo_types::MultiPolygon;

use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::tile::rings::{Rings, as_degrees, of_degrees};

/// Nothing is moved but what has to be: every place stays on whole units.
const AS_IT_IS: BuildSettings = BuildSettings {
    snap_m: 0.0,
    gap_width_m: 0.0,
    hole_width_m: 0.0,
    overlap_width_m: 0.0,
    sliver_width_m: 0.0,
    remedy: None,
};

/// The polygons as a valid area: edges are cut where they cross, and what they enclose an odd number of
/// times is inside. Nothing when that cannot be done.
#[must_use]
pub fn mended(polygons: &[Rings]) -> Vec<Rings> {
    let area = as_degrees(polygons);
    sorted_out(&[&area]).map_or_else(Vec::new, |coverage| of_degrees(&coverage.polygons(0)))
}

/// Areas in units, as [`as_degrees`] has them, as one partition; area `i` is face `i`.
pub(super) fn sorted_out(areas: &[&MultiPolygon<f64>]) -> Option<Coverage> {
    let built = build(areas, &AS_IT_IS).ok()?;
    Coverage::from_sides(&built.sides).ok()
}
