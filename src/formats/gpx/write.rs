//! GPX out.

use geo_types::{Coord, Geometry, LineString};
use serde_json::Value;

use crate::formats::geojson::put_degrees;
use crate::formats::gpx::words::{FIELD, MULTI, NAMESPACE};
use crate::formats::layer::{Feature, Layer};
use crate::formats::xml::field::{text, title};
use crate::formats::xml::{attribute, escaped};
use crate::geom::crs::Crs;

pub(super) fn layer(layer: &Layer) -> Result<Vec<u8>, String> {
    let crs = layer.crs.unwrap_or_default();
    if !crs.same_degrees(Crs::Wgs84) {
        return Err(format!("GPX holds WGS84 alone, not {}; leave the system out", crs.code()));
    }
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"zonewarden\" \
         xmlns=\"http://www.topografix.com/GPX/1/1\" xmlns:zw=\"{NAMESPACE}\">\n"
    );
    if !layer.name.is_empty() {
        out.push_str("<metadata><name>");
        escaped(&mut out, &layer.name);
        out.push_str("</name></metadata>\n");
    }
    // Waypoints stand before tracks.
    let (points, lines): (Vec<&Feature>, Vec<&Feature>) =
        layer.features.iter().partition(|it| matches!(it.geometry, Some(Geometry::Point(_))));
    for it in points.into_iter().chain(lines) {
        feature(&mut out, it)?;
    }
    out.push_str("</gpx>\n");
    Ok(out.into_bytes())
}

fn feature(out: &mut String, feature: &Feature) -> Result<(), String> {
    let lines: Vec<&LineString<f64>> = match &feature.geometry {
        Some(Geometry::Point(point)) => {
            point_tag(out, "wpt", point.0);
            out.push('>');
            told(out, feature, true, false);
            out.push_str("</wpt>\n");
            return Ok(());
        }
        Some(Geometry::LineString(line)) => vec![line],
        Some(Geometry::MultiLineString(lines)) => lines.0.iter().collect(),
        Some(_) => {
            let row = feature.row;
            return Err(format!("row {row}: GPX holds points and lines, no areas and no mixtures"));
        }
        None => {
            return Err(format!("row {}: has no place, and GPX holds nothing else", feature.row));
        }
    };
    let alone = lines.len() == 1 && matches!(feature.geometry, Some(Geometry::MultiLineString(_)));
    out.push_str("<trk>");
    told(out, feature, false, alone);
    for line in lines {
        out.push_str("<trkseg>");
        for at in &line.0 {
            point_tag(out, "trkpt", *at);
            out.push_str("/>");
        }
        out.push_str("</trkseg>");
    }
    out.push_str("</trk>\n");
    Ok(())
}

/// The beginning of the tag of a point.
fn point_tag(out: &mut String, name: &str, at: Coord<f64>) {
    out.push('<');
    out.push_str(name);
    out.push_str(" lat=\"");
    put_degrees(out, at.y);
    out.push_str("\" lon=\"");
    put_degrees(out, at.x);
    out.push('"');
}

/// The fields, in the order that GPX prescribes: of a point height and time, then the name, then the others.
fn told(out: &mut String, feature: &Feature, of_point: bool, multi: bool) {
    for (name, value) in &feature.fields {
        if of_point && is_native(name, value) {
            element(out, name, &text(value));
        }
    }
    if let Some(name) = title(&feature.fields) {
        element(out, "name", name);
    }
    let others = feature.fields.iter();
    let others: Vec<_> =
        others.filter(|(name, value)| !(of_point && is_native(name, value))).collect();
    if others.is_empty() && !multi {
        return;
    }
    out.push_str("<extensions>");
    for (name, value) in others {
        field(out, name, &text(value));
    }
    if multi {
        field(out, MULTI, "1");
    }
    out.push_str("</extensions>");
}

/// Whether GPX has an element for the field, and its value is one that belongs there.
fn is_native(name: &str, value: &Value) -> bool {
    match (name, value) {
        ("ele", Value::Number(_)) => true,
        ("time", Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        _ => false,
    }
}

fn field(out: &mut String, name: &str, text: &str) {
    out.push_str("<zw:");
    out.push_str(FIELD);
    out.push_str(" name=\"");
    attribute(out, name);
    out.push_str("\">");
    escaped(out, text);
    out.push_str("</zw:");
    out.push_str(FIELD);
    out.push('>');
}

fn element(out: &mut String, name: &str, text: &str) {
    for end in ["<", name, ">"] {
        out.push_str(end);
    }
    escaped(out, text);
    for end in ["</", name, ">"] {
        out.push_str(end);
    }
}
