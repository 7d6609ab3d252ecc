//! GeoJSON out.

use geo_types::{Coord, Geometry, LineString, Polygon};

use crate::formats::label::crs_name;
use crate::formats::layer::{Feature, Layer};
use crate::geom::coord::{STEPS_PER_DEGREE, step};
use crate::geom::crs::Crs;

pub(super) fn layer(layer: &Layer) -> Vec<u8> {
    let mut out = String::from("{\"type\":\"FeatureCollection\",\n");
    if !layer.name.is_empty() {
        out.push_str("\"name\":");
        quoted(&mut out, &layer.name);
        out.push_str(",\n");
    }
    if let Some(crs) = layer.crs.filter(|crs| *crs != Crs::Wgs84) {
        out.push_str("\"crs\":{\"type\":\"name\",\"properties\":{\"name\":");
        quoted(&mut out, crs_name(crs));
        out.push_str("}},\n");
    }
    out.push_str("\"features\":[\n");
    for (i, feature) in layer.features.iter().enumerate() {
        if i > 0 {
            out.push_str(",\n");
        }
        put_feature(&mut out, feature);
    }
    out.push_str("\n]}\n");
    out.into_bytes()
}

pub(super) fn geometry_text(geometry: &Geometry<f64>) -> String {
    let mut out = String::new();
    put_geometry(&mut out, geometry);
    out
}

fn put_feature(out: &mut String, feature: &Feature) {
    out.push_str("{\"type\":\"Feature\",");
    if let Some(id) = &feature.id {
        out.push_str("\"id\":");
        quoted(out, id);
        out.push(',');
    }
    out.push_str("\"properties\":{");
    for (i, (name, value)) in feature.fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        quoted(out, name);
        out.push(':');
        out.push_str(&value.to_string());
    }
    out.push_str("},\"geometry\":");
    match &feature.geometry {
        Some(geometry) => put_geometry(out, geometry),
        None => out.push_str("null"),
    }
    out.push('}');
}

fn quoted(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn put_geometry(out: &mut String, geometry: &Geometry<f64>) {
    let mut put = |kind: &str, body: &dyn Fn(&mut String)| {
        out.push_str("{\"type\":\"");
        out.push_str(kind);
        out.push_str("\",\"coordinates\":");
        body(out);
        out.push('}');
    };
    match geometry {
        Geometry::Point(point) => put("Point", &|out| position(out, point.0)),
        Geometry::LineString(line) => put("LineString", &|out| put_line(out, line)),
        Geometry::Line(line) => {
            put("LineString", &|out| {
                list(out, &[line.start, line.end], |out, c| position(out, *c));
            });
        }
        Geometry::Polygon(polygon) => put("Polygon", &|out| put_polygon(out, polygon)),
        Geometry::Rect(rect) => put("Polygon", &|out| put_polygon(out, &rect.to_polygon())),
        Geometry::Triangle(three) => put("Polygon", &|out| put_polygon(out, &three.to_polygon())),
        Geometry::MultiPoint(points) => {
            put("MultiPoint", &|out| list(out, &points.0, |out, point| position(out, point.0)));
        }
        Geometry::MultiLineString(lines) => {
            put("MultiLineString", &|out| list(out, &lines.0, put_line));
        }
        Geometry::MultiPolygon(polygons) => {
            put("MultiPolygon", &|out| list(out, &polygons.0, put_polygon));
        }
        Geometry::GeometryCollection(parts) => {
            out.push_str("{\"type\":\"GeometryCollection\",\"geometries\":");
            list(out, &parts.0, put_geometry);
            out.push('}');
        }
    }
}

fn list<T>(out: &mut String, items: &[T], put: impl Fn(&mut String, &T)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        put(out, item);
    }
    out.push(']');
}

fn put_polygon(out: &mut String, polygon: &Polygon<f64>) {
    out.push('[');
    put_line(out, polygon.exterior());
    for ring in polygon.interiors() {
        out.push(',');
        put_line(out, ring);
    }
    out.push(']');
}

fn put_line(out: &mut String, line: &LineString<f64>) {
    list(out, &line.0, |out, c| position(out, *c));
}

fn position(out: &mut String, c: Coord<f64>) {
    out.push('[');
    degrees(out, c.x);
    out.push(',');
    degrees(out, c.y);
    out.push(']');
}

/// Degrees with at most seven decimals, exact from the grid, without trailing zeros.
pub(super) fn degrees(out: &mut String, value: f64) {
    use std::fmt::Write as _;
    let steps = i64::from(step(value));
    let (whole, rest) = (steps.abs() / STEPS, steps.abs() % STEPS);
    let sign = if steps < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{whole}");
    if rest > 0 {
        let text = format!("{rest:07}");
        out.push('.');
        out.push_str(text.trim_end_matches('0'));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "exactly ten million")]
const STEPS: i64 = STEPS_PER_DEGREE as i64;
