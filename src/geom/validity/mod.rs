//! Is this geometry what it claims to be? Every fault, each with its place.
//!
//! The rules are those of OGC Simple Features (06-103r4, clause 6.1.11), as JTS, GEOS and PostGIS
//! read them: rings may touch at points but not along lines, no ring touches itself, holes lie in
//! their shell and not in each other, the inside hangs together, and parts share no more than
//! points. Repeated vertices and either turn of a ring are fine; so is whatever is empty. Degrees
//! out of range are another matter, and the caller's.

pub mod chain;
mod contact;
mod fault;
mod rings;
mod nesting;
mod areas;

use geo_types::{Coord, Geometry};

use crate::geom::validity::fault::List;
pub use crate::geom::validity::fault::{COORDINATE_MAX, FAULTS_MAX, Fault, FaultKind};

/// Most vertices of a geometry that is checked.
pub const VERTICES_MAX: usize = 2_000_000;

/// Every fault of `geometry`, in the order of parts, rings, places; empty when it is valid.
///
/// Where the list would grow beyond [`FAULTS_MAX`], or the geometry is larger or more entangled
/// than is checked, the last entry says so. A million vertices take about a second.
///
/// Each geometry of a collection is judged by itself; their parts are counted through.
#[must_use]
pub fn faults(geometry: &Geometry<f64>) -> Vec<Fault> {
    use geo::CoordsIter;
    let mut list = List::default();
    if geometry.coords_count() > VERTICES_MAX {
        let at = geometry.coords_iter().next().unwrap_or_default();
        list.limit(FaultKind::TooManyVertices, at);
    } else {
        geometry_faults(geometry, 0, &mut list);
    }
    list.into_vec()
}

/// Adds the faults of a geometry whose parts are counted from `part`; the number of its parts.
fn geometry_faults(geometry: &Geometry<f64>, part: usize, list: &mut List) -> usize {
    match geometry {
        Geometry::Point(p) => {
            list.finite(&[p.0], (part, 0));
            1
        }
        Geometry::MultiPoint(points) => {
            for (i, p) in points.iter().enumerate() {
                list.finite(&[p.0], (part + i, 0));
            }
            points.0.len()
        }
        Geometry::Line(line) => {
            line_faults(&[line.start, line.end], part, list);
            1
        }
        Geometry::LineString(line) => {
            line_faults(&line.0, part, list);
            1
        }
        Geometry::MultiLineString(lines) => {
            for (i, line) in lines.iter().enumerate() {
                line_faults(&line.0, part + i, list);
            }
            lines.0.len()
        }
        Geometry::Polygon(polygon) => areas::faults(std::slice::from_ref(polygon), part, list),
        Geometry::MultiPolygon(polygons) => areas::faults(&polygons.0, part, list),
        Geometry::Rect(frame) => areas::faults(&[frame.to_polygon()], part, list),
        Geometry::Triangle(three) => areas::faults(&[three.to_polygon()], part, list),
        Geometry::GeometryCollection(all) => {
            let mut parts = 0;
            for one in all {
                parts += geometry_faults(one, part + parts, list);
            }
            parts
        }
    }
}

fn line_faults(points: &[Coord<f64>], part: usize, list: &mut List) {
    let Some(&first) = points.first() else { return };
    if list.finite(points, (part, 0)) && points.iter().all(|&p| p == first) {
        list.add(FaultKind::TooFewPoints, first, (part, 0), None);
    }
}

#[cfg(test)]
mod tests;
