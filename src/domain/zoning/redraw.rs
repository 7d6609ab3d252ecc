//! Whole sets of zones: as an edit keeps them, and as zones.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::domain::atlas::zone::Zone;
use crate::domain::text::Names;
use crate::domain::zoning::edit::{Area, DrawnZone, Line, NamesGiven};
use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::edit::place::Place;

/// A zone as an edit keeps it.
#[must_use]
pub fn drawn(zone: &Zone) -> DrawnZone {
    DrawnZone {
        id: zone.id.clone(),
        number: zone.number,
        names: NamesGiven { zh: zone.names.zh.clone(), en: zone.names.en.clone() },
        lead: zone.lead.clone(),
        co: zone.co.clone(),
        attributes: zone.attributes.clone(),
        area: area_of(&zone.area),
    }
}

/// Polygons as an edit keeps them; rings are closed.
#[must_use]
pub fn area_of(area: &MultiPolygon<f64>) -> Area {
    let ring = |ring: &LineString<f64>| -> Line {
        ring.0.iter().map(|c| Place(GridPoint { x: step(c.x), y: step(c.y) })).collect()
    };
    let rings = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
    };
    area.iter().map(rings).collect()
}

/// A zone of a set that was drawn.
pub(super) fn zone_of(it: &DrawnZone) -> Zone {
    let plain = Names { zh: String::new(), en: it.id.to_string() };
    Zone {
        id: it.id.clone(),
        number: it.number,
        names: it.names.kept().unwrap_or(plain),
        lead: it.lead.clone(),
        co: it.co.clone(),
        area: polygons(&it.area),
        attributes: it.attributes.clone(),
    }
}

fn polygons(area: &Area) -> MultiPolygon<f64> {
    let ring = |line: &Line| -> LineString<f64> {
        line.iter()
            .map(|place| {
                let at = place.0.degrees();
                Coord { x: at.lon(), y: at.lat() }
            })
            .collect()
    };
    let polygon = |rings: &Vec<Line>| {
        let mut rings = rings.iter().map(ring);
        let shell = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
        Polygon::new(shell, rings.collect())
    };
    area.iter().map(polygon).collect()
}
