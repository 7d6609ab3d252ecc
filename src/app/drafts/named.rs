//! Blocks and streets that edits name: looked up once, so that an edit means the same whatever becomes of them.

use geo_types::{Coord, Geometry, LineString, MultiPolygon};

use crate::app::refusal::Fault;
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::FacilityId;
use crate::domain::zoning::edit::{Line, ZoningEdit};
use crate::domain::zoning::redraw::area_of;
use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::edit::place::Place;
use crate::geom::measure::between_m;

/// Puts the areas of blocks and the lines of streets in place of their names; a fault for each that there is not.
pub(super) fn look_up(atlas: &Atlas, edits: &mut [ZoningEdit]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (n, edit) in edits.iter_mut().enumerate() {
        let mut fault = |field: &str, says: String| {
            faults.push(Fault::new(format!("edits[{n}].{field}"), says));
        };
        match edit {
            ZoningEdit::Give { area, block, .. } => {
                let Some(id) = block.take() else { continue };
                match found(atlas, &id, FacilityKind::Block).and_then(polygons) {
                    Some(found) => *area = Some(area_of(&found)),
                    None => fault("block", format!("the city has no block {id} with an area")),
                }
            }
            ZoningEdit::Straighten { between, along, street } => {
                let Some(id) = street.take() else { continue };
                let near = between[0].0;
                match found(atlas, &id, FacilityKind::Street).and_then(|it| line(it, near)) {
                    Some(found) => *along = found,
                    None => fault("street", format!("the city has no street {id} with a line")),
                }
            }
            _ => {}
        }
    }
    faults
}

fn found<'a>(atlas: &'a Atlas, id: &FacilityId, kind: FacilityKind) -> Option<&'a Facility> {
    atlas.facility(id).filter(|facility| facility.kind == kind)
}

fn polygons(block: &Facility) -> Option<MultiPolygon<f64>> {
    match &block.geometry {
        Geometry::Polygon(one) => Some(MultiPolygon(vec![one.clone()])),
        Geometry::MultiPolygon(some) => Some(some.clone()),
        _ => None,
    }
}

/// The line of a street; of several the one with the vertex nearest to a place.
fn line(street: &Facility, near: GridPoint) -> Option<Line> {
    let at = near.degrees();
    let at = Coord { x: at.lon(), y: at.lat() };
    let far_m = |line: &&LineString<f64>| {
        line.0.iter().map(|c| between_m(at, *c)).fold(f64::INFINITY, f64::min)
    };
    let line = match &street.geometry {
        Geometry::LineString(one) => Some(one),
        Geometry::MultiLineString(some) => some.iter().min_by(|a, b| far_m(a).total_cmp(&far_m(b))),
        _ => None,
    };
    let place = |c: &Coord<f64>| Place(GridPoint { x: step(c.x), y: step(c.y) });
    line.map(|line| line.0.iter().map(place).collect())
}
