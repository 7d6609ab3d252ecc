//! One area that lies across itself, made valid.

use geo_types::MultiPolygon;

use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;

/// The area on the grid, valid, as a [`build`] reads it: edges are cut where they cross or touch, and a place
/// is in a part where an odd number of the part's borders lies west of it. No edge is moved by more than half a
/// step. `None` where nothing is left, or a coordinate is no place on the globe.
#[must_use]
pub fn made_valid(area: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let built = build(&[area], &BuildSettings::AS_IT_IS).ok()?;
    let coverage = Coverage::from_sides(&built.sides).ok()?;
    let area = coverage.polygons(0);
    (!area.0.is_empty()).then_some(area)
}
