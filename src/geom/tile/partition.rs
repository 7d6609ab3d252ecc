//! A partition at a zoom: fewer vertices, on whole units, and still a partition.

use geo_types::{Coord, MultiPolygon};

use crate::geom::coord::STEPS_PER_DEGREE;
use crate::geom::coverage::map::Coverage;
use crate::geom::tile::area::rounded;
use crate::geom::tile::grid::{Unit, ZOOM_MAX, unit_m};
use crate::geom::tile::mend::sorted_out;
use crate::geom::tile::rings::{Rings, of_degrees, unit};

/// A vertex goes when the triangle with its neighbours is smaller than the square of so many units: half a
/// pixel.
pub const TOLERANCE: f64 = 4.0;

/// The faces of a coverage as areas of a zoom's world, by their numbers up to `count`; one that is too
/// small has none.
///
/// Borders are thinned once for both sides, and the areas as rounded to whole units are sorted out as one:
/// two neighbours have the same vertices along their border, and nothing lies between. The deepest zoom is
/// not thinned, since maps enlarge it.
#[must_use]
pub fn faces(coverage: &Coverage, count: usize, zoom: u32) -> Vec<Vec<Rings>> {
    let middle = coverage
        .extent()
        .map_or(0.0, |frame| f64::midpoint(frame.min.degrees().lat(), frame.max.degrees().lat()));
    let exact = if zoom < ZOOM_MAX {
        coverage.thinned(TOLERANCE * unit_m(zoom, middle)).all_polygons()
    } else {
        coverage.all_polygons()
    };
    let flat: Vec<MultiPolygon<f64>> = exact.iter().map(|area| flattened(area, zoom)).collect();
    let areas: Vec<&MultiPolygon<f64>> = flat.iter().collect();
    let mut drawn: Vec<Vec<Rings>> = match sorted_out(&areas) {
        Some(sound) => {
            (0..=u16::MAX).take(flat.len()).map(|face| of_degrees(&sound.polygons(face))).collect()
        }
        // Too much for a coverage: each by itself.
        None => exact.iter().map(|area| rounded(area, zoom)).collect(),
    };
    drawn.resize(count, Vec::new());
    drawn
}

/// An area in degrees as one with a unit of the zoom's world for each step of the grid.
fn flattened(area: &MultiPolygon<f64>, zoom: u32) -> MultiPolygon<f64> {
    use geo::MapCoords;
    area.map_coords(|c| {
        let Unit { x, y } = unit(c, zoom);
        Coord { x: f64::from(x) / STEPS_PER_DEGREE, y: f64::from(y) / STEPS_PER_DEGREE }
    })
}
