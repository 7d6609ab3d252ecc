//! Areas that share no borders, rounded each by itself.

use geo_types::{Geometry, MultiPolygon};

use crate::geom::tile::exact::twice_area;
use crate::geom::tile::grid::Unit;
use crate::geom::tile::mend::mended;
use crate::geom::tile::rings::{Rings, as_degrees, tidied, unit};
use crate::geom::validity;

/// What is smaller than this both ways, in units, is not drawn: half a pixel.
const SPECK: i32 = 4;

/// Areas in degrees, rounded to the units of a zoom, each by itself; specks are left out, and what rounding
/// made invalid is mended.
#[must_use]
pub fn rounded(area: &MultiPolygon<f64>, zoom: u32) -> Vec<Rings> {
    let polygons: Vec<Rings> = area
        .iter()
        .map(|polygon| {
            let all = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            all.map(|ring| tidied(ring.0.iter().map(|c| unit(*c, zoom)).collect())).collect()
        })
        .filter(|rings: &Rings| !is_speck(rings))
        .map(|mut rings: Rings| {
            rings.retain(|ring| ring.len() > 2);
            rings
        })
        .collect();
    if polygons.is_empty() {
        return polygons;
    }
    let whole = Geometry::MultiPolygon(as_degrees(&polygons));
    if validity::faults(&whole).is_empty() { turned(polygons) } else { mended(&polygons) }
}

/// Whether the shell is too small to be seen, or no ring at all.
fn is_speck(rings: &Rings) -> bool {
    let Some(shell) = rings.first().filter(|shell| shell.len() > 2) else { return true };
    let wide = |of: fn(&Unit) -> i32| {
        let ends = (shell.iter().map(of).min(), shell.iter().map(of).max());
        ends.1.unwrap_or(0) - ends.0.unwrap_or(0)
    };
    wide(|p| p.x) < SPECK && wide(|p| p.y) < SPECK
}

/// Every ring the way it has to go.
fn turned(mut polygons: Vec<Rings>) -> Vec<Rings> {
    for rings in &mut polygons {
        for (at, ring) in rings.iter_mut().enumerate() {
            if (twice_area(ring) > 0) != (at == 0) {
                ring.reverse();
            }
        }
    }
    polygons
}

#[cfg(test)]
mod tests {
    use geo_types::{Coord, LineString, Polygon};

    use super::*;

    /// A ring of offsets in units of the deepest zoom around a place of the demonstration city.
    fn area(offsets: &[(f64, f64)]) -> MultiPolygon<f64> {
        // A unit there, in degrees of longitude and of latitude.
        let (wide, tall) = (360.0 / 268_435_456.0, 360.0 / 268_435_456.0 * 0.803);
        let at = |&(x, y): &(f64, f64)| Coord { x: 109.484 + x * wide, y: 36.585 - y * tall };
        MultiPolygon(vec![Polygon::new(offsets.iter().map(at).collect::<LineString>(), vec![])])
    }

    #[test]
    fn what_rounding_crossed_is_a_valid_area_again_and_specks_are_left_out() {
        // Too thin a neck: its two sides become one.
        let neck = area(&[
            (0., 0.),
            (40., 0.),
            (40., 40.),
            (20.2, 40.),
            (20.2, 20.),
            (19.8, 20.),
            (19.8, 40.),
            (0., 40.),
        ]);
        for zoom in [10, 13, 16] {
            let drawn = rounded(&neck, zoom);
            assert!(validity::faults(&Geometry::MultiPolygon(as_degrees(&drawn))).is_empty());
            assert!(drawn.iter().all(|rings| twice_area(&rings[0]) > 0), "{zoom}");
            assert_eq!(drawn.is_empty(), zoom == 10, "{zoom}: {drawn:?}");
        }
        assert!(rounded(&area(&[(0., 0.), (2., 0.), (2., 2.)]), 16).is_empty());
    }
}
