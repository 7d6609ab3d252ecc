//! What rounding made invalid, repaired.

use geo_types::MultiPolygon;

use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::tile::rings::{Rings, as_degrees, of_degrees};

/// The polygons as a valid area: edges are cut where they cross, and what they enclose an odd number of
/// times is inside. Nothing when that cannot be done.
#[must_use]
pub fn mended(polygons: &[Rings]) -> Vec<Rings> {
    let area = as_degrees(polygons);
    sorted_out(&[&area]).map_or_else(Vec::new, |coverage| of_degrees(&coverage.polygons(0)))
}

/// Areas in units, as [`as_degrees`] has them, as one partition; area `i` is face `i`.
pub(super) fn sorted_out(areas: &[&MultiPolygon<f64>]) -> Option<Coverage> {
    let built = build(areas, &BuildSettings::AS_IT_IS).ok()?;
    Coverage::from_sides(&built.sides).ok()
}
