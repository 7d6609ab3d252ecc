//! KML out.

use geo_types::{Coord, Geometry, LineString, Polygon};

use crate::formats::geojson::put_degrees;
use crate::formats::layer::{Feature, Layer};
use crate::formats::xml::field::{text, title};
use crate::formats::xml::{attribute, escaped};
use crate::geom::crs::Crs;

pub(super) fn layer(layer: &Layer) -> Result<Vec<u8>, String> {
    let crs = layer.crs.unwrap_or_default();
    if !crs.same_degrees(Crs::Wgs84) {
        return Err(format!("KML holds WGS84 alone, not {}; leave the system out", crs.code()));
    }
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n",
    );
    if !layer.name.is_empty() {
        element(&mut out, "name", &layer.name);
        out.push('\n');
    }
    for feature in &layer.features {
        placemark(&mut out, feature);
    }
    out.push_str("</Document>\n</kml>\n");
    Ok(out.into_bytes())
}

fn placemark(out: &mut String, feature: &Feature) {
    out.push_str("<Placemark>");
    if let Some(name) = title(&feature.fields) {
        element(out, "name", name);
    }
    if !feature.fields.is_empty() {
        out.push_str("<ExtendedData>");
        for (name, value) in &feature.fields {
            out.push_str("<Data name=\"");
            attribute(out, name);
            out.push_str("\">");
            element(out, "value", &text(value));
            out.push_str("</Data>");
        }
        out.push_str("</ExtendedData>");
    }
    if let Some(shape) = &feature.geometry {
        geometry(out, shape);
    }
    out.push_str("</Placemark>\n");
}

fn element(out: &mut String, name: &str, text: &str) {
    within(out, name, |out| escaped(out, text));
}

fn within(out: &mut String, name: &str, inner: impl FnOnce(&mut String)) {
    for end in ["<", name, ">"] {
        out.push_str(end);
    }
    inner(out);
    for end in ["</", name, ">"] {
        out.push_str(end);
    }
}

fn geometry(out: &mut String, shape: &Geometry<f64>) {
    match shape {
        Geometry::Point(point) => positions(out, "Point", &[point.0]),
        Geometry::Line(line) => positions(out, "LineString", &[line.start, line.end]),
        Geometry::LineString(line) => positions(out, "LineString", &line.0),
        Geometry::Polygon(area) => polygon(out, area),
        Geometry::Rect(area) => polygon(out, &area.to_polygon()),
        Geometry::Triangle(area) => polygon(out, &area.to_polygon()),
        Geometry::MultiPoint(points) => within(out, "MultiGeometry", |out| {
            for point in &points.0 {
                positions(out, "Point", &[point.0]);
            }
        }),
        Geometry::MultiLineString(lines) => within(out, "MultiGeometry", |out| {
            for line in &lines.0 {
                positions(out, "LineString", &line.0);
            }
        }),
        Geometry::MultiPolygon(areas) => within(out, "MultiGeometry", |out| {
            for area in &areas.0 {
                polygon(out, area);
            }
        }),
        Geometry::GeometryCollection(parts) => within(out, "MultiGeometry", |out| {
            for part in &parts.0 {
                geometry(out, part);
            }
        }),
    }
}

fn polygon(out: &mut String, area: &Polygon<f64>) {
    let ring = |out: &mut String, name: &str, ring: &LineString<f64>| {
        within(out, name, |out| positions(out, "LinearRing", &ring.0));
    };
    within(out, "Polygon", |out| {
        ring(out, "outerBoundaryIs", area.exterior());
        for hole in area.interiors() {
            ring(out, "innerBoundaryIs", hole);
        }
    });
}

fn positions(out: &mut String, name: &str, positions: &[Coord<f64>]) {
    within(out, name, |out| {
        within(out, "coordinates", |out| {
            for (nth, at) in positions.iter().enumerate() {
                if nth > 0 {
                    out.push(' ');
                }
                put_degrees(out, at.x);
                out.push(',');
                put_degrees(out, at.y);
            }
        });
    });
}
