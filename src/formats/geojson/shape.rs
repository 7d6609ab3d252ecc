//! The `geometry` member.

use geo_types::{Geometry, MultiLineString, MultiPoint, MultiPolygon, Point};

use crate::formats::geojson::members::members;
use crate::formats::geojson::positions::{Lost, Positions};
use crate::formats::label::clip;
use crate::formats::layer::{Findings, VertexCount};

/// The geometry types of RFC 7946 that are read.
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
    if kind == "GeometryCollection" {
        found.error(
            row,
            "geometry.type",
            "a GeometryCollection is not read: it has no one shape",
            "give one feature for each of its geometries, or a multi-geometry",
        );
        return None;
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

fn coordinates_of(
    shapes: &mut Shapes,
    found: &mut Findings,
    row: usize,
    kind: &str,
    text: &str,
) -> Option<Geometry<f64>> {
    shapes.count.feature();
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
