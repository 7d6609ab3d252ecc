//! The `geometry` member.

use geo_types::{Geometry, GeometryCollection, MultiLineString, MultiPoint, MultiPolygon, Point};

use crate::formats::geojson::members::{Members, elements, members};
use crate::formats::geojson::positions::{Lost, Positions};
use crate::formats::label::clip;
use crate::formats::layer::{Finding, Findings, VertexCount};
use crate::formats::wkb::DEPTH_MAX;

/// The type of a geometry that holds others.
pub(super) const COLLECTION: &str = "GeometryCollection";
/// The other geometry types of RFC 7946.
pub(super) const TYPES: [&str; 6] =
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];

/// What all geometries of one file share.
#[derive(Default)]
pub(super) struct Shapes {
    count: VertexCount,
    heights: usize,
    heights_from: usize,
}

impl Shapes {
    /// What is told once for the file.
    pub(super) fn summary(&self, found: &mut Findings) {
        if self.heights > 0 {
            found.warning(
                self.heights_from,
                "coordinates",
                format!("{} positions have heights, from this row on", self.heights),
                "heights are left out",
            );
        }
    }
}

/// The geometry in `text`; `None`, with a finding, where there is none.
pub(super) fn shape(
    shapes: &mut Shapes,
    found: &mut Findings,
    row: usize,
    text: &str,
) -> Option<Geometry<f64>> {
    shapes.count.feature();
    geometry(shapes, found, row, text, 0)
}

/// The same, within so many collections.
fn geometry(
    shapes: &mut Shapes,
    found: &mut Findings,
    row: usize,
    text: &str,
    depth: usize,
) -> Option<Geometry<f64>> {
    let members = match members(text) {
        Ok(members) if members.twice.is_empty() => members,
        Ok(_) => {
            found.error(
                row,
                "geometry",
                "a member stands here twice",
                "keep the one that is meant",
            );
            return None;
        }
        Err(_) => {
            found.error(
                row,
                "geometry",
                "is no object",
                "give an object with type and coordinates, or null",
            );
            return None;
        }
    };
    let kind = members.text("type").unwrap_or_default();
    if kind == COLLECTION {
        return collection(shapes, found, row, &members, depth);
    }
    if !TYPES.contains(&kind.as_str()) {
        let fault = format!("`{}` is no geometry type", clip(&kind));
        found.error(row, "geometry.type", fault, format!("give one of {}", TYPES.join(", ")));
        return None;
    }
    let Some(coordinates) = members.get("coordinates") else {
        found.error(row, "geometry", "the member `coordinates` is missing", "give it");
        return None;
    };
    coordinates_of(shapes, found, row, &kind, coordinates.get())
}

fn collection(
    shapes: &mut Shapes,
    found: &mut Findings,
    row: usize,
    members: &Members<'_>,
    depth: usize,
) -> Option<Geometry<f64>> {
    if depth == DEPTH_MAX {
        let fault = format!("collections are nested deeper than {DEPTH_MAX} (limit DEPTH_MAX)");
        found.error(row, "geometry", fault, "give their geometries in one collection");
        return None;
    }
    let Some(Ok(given)) = members.get("geometries").map(|raw| elements(raw.get())) else {
        let fault = "the member `geometries` is missing or is no array";
        found.error(row, "geometry", fault, "give an array of geometries");
        return None;
    };
    let (mut parts, mut failed) = (Vec::new(), false);
    for (i, part) in given.iter().enumerate() {
        let mut told = Findings::default();
        parts.extend(geometry(shapes, &mut told, row, part.get(), depth + 1));
        failed |= told.refused();
        for finding in told.into_vec() {
            found.push(Finding { place: format!("geometries[{i}].{}", finding.place), ..finding });
        }
    }
    if failed {
        return None;
    }
    if parts.is_empty() {
        found.warning(row, "geometries", "the collection is empty", "give geometries, or null");
        return None;
    }
    Some(Geometry::GeometryCollection(GeometryCollection(parts)))
}

fn coordinates_of(
    shapes: &mut Shapes,
    found: &mut Findings,
    row: usize,
    kind: &str,
    text: &str,
) -> Option<Geometry<f64>> {
    let mut positions = Positions::new(text, &mut shapes.count);
    let geometry = read(&mut positions, kind);
    let failed = !positions.faults.is_empty();
    for (place, fault, remedy) in positions.faults {
        found.error(row, place, fault, remedy);
    }
    if positions.quoted > 0 {
        found.warning(
            row,
            positions.quoted_at,
            format!("{} coordinates stand in quotes, this the first", positions.quoted),
            "write numbers without quotes; they are read as the numbers they spell",
        );
    }
    let heights = positions.heights;
    if heights > 0 && shapes.heights == 0 {
        shapes.heights_from = row;
    }
    shapes.heights += heights;
    match geometry {
        Ok(Some(geometry)) if !failed => Some(geometry),
        Ok(None) if !failed => {
            found.warning(row, "coordinates", "the geometry is empty", "give coordinates, or null");
            None
        }
        _ => None,
    }
}

fn read(from: &mut Positions<'_>, kind: &str) -> Result<Option<Geometry<f64>>, Lost> {
    Ok(match kind {
        "Point" => from.position()?.map(|c| Point(c).into()),
        "LineString" => {
            let line = from.line()?;
            let line = from.proper_line(line);
            (!line.0.is_empty()).then(|| line.into())
        }
        "Polygon" => from.polygon()?.map(Geometry::from),
        "MultiPoint" => {
            let points = from.line()?;
            let points = MultiPoint(points.into_iter().map(Point).collect());
            (!points.0.is_empty()).then(|| points.into())
        }
        "MultiLineString" => {
            let lines = MultiLineString(from.lines()?);
            (!lines.0.is_empty()).then(|| lines.into())
        }
        _ => {
            let polygons = MultiPolygon(from.polygons()?);
            (!polygons.0.is_empty()).then(|| polygons.into())
        }
    })
}
