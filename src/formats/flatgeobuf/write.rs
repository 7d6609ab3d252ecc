//! `FlatGeobuf` out.

use std::collections::BTreeMap;

use geo_types::{Coord, Geometry, LineString, Polygon};
use serde_json::Value;

use crate::formats::flatgeobuf::build::{Builder, Field};
use crate::formats::flatgeobuf::tree::{Node, around, nodes, order};
use crate::formats::flatgeobuf::wire::{
    COLLECTION, COLUMN_NAME, COLUMN_TYPE, COLUMNS, CRS, CRS_CODE, CRS_CODE_STRING, CRS_NAME,
    CRS_ORG, Column, ENDS, ENVELOPE, FEATURES_COUNT, GEOMETRY, GEOMETRY_TYPE, INDEX_NODE_SIZE,
    Kind, LINE_STRING, MAGIC, MULTI_LINE_STRING, MULTI_POINT, MULTI_POLYGON, NAME, NODE_SIZE,
    PARTS, POINT, POLYGON, PROPERTIES, TYPE, XY,
};
use crate::formats::label::crs_name;
use crate::formats::layer::{FIELDS_MAX, Feature, Layer};
use crate::formats::wkb::envelope;
use crate::geom::crs::Crs;

pub(super) fn layer(layer: &Layer) -> Result<Vec<u8>, String> {
    let columns = columns(layer)?;
    let boxes: Option<Vec<[f64; 4]>> = layer.features.iter().map(frame).collect();
    let boxes = boxes.filter(|boxes| !boxes.is_empty());
    let order = match &boxes {
        Some(boxes) => order(boxes),
        None => (0..layer.features.len()).collect(),
    };
    let mut out = MAGIC.to_vec();
    out.extend(header(layer, &columns, boxes.as_deref().and_then(around)));
    let mut features = Vec::new();
    let mut leaves = Vec::new();
    for at in order {
        if let Some(boxes) = &boxes {
            let begins = u64::try_from(features.len()).unwrap_or(u64::MAX);
            leaves.push(Node { sides: boxes[at], at: begins });
        }
        features.extend(feature(&layer.features[at], &columns));
    }
    if boxes.is_some() {
        for node in nodes(leaves) {
            node.put(&mut out);
        }
    }
    out.extend(features);
    Ok(out)
}

/// Least x, least y, greatest x, greatest y.
fn frame(feature: &Feature) -> Option<[f64; 4]> {
    let [west, east, south, north] = envelope(feature.geometry.as_ref()?)?;
    Some([west, south, east, north])
}

/// The columns of all features, each with the type of its values.
fn columns(layer: &Layer) -> Result<Vec<Column>, String> {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    for (name, value) in layer.features.iter().flat_map(|feature| &feature.fields) {
        let Some(kind) = kind(value) else { continue };
        let held = kinds.entry(name).or_insert(kind);
        if *held != kind {
            *held = Kind::Json;
        }
    }
    if kinds.len() > FIELDS_MAX {
        let count = kinds.len();
        return Err(format!("{count} columns, at most {FIELDS_MAX} (limit FIELDS_MAX)"));
    }
    let column = |(name, kind): (&str, Kind)| Column { name: name.to_owned(), kind };
    Ok(kinds.into_iter().map(column).collect())
}

fn kind(value: &Value) -> Option<Kind> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(Kind::Bool),
        Value::Number(number) if number.is_i64() => Some(Kind::Long),
        Value::Number(number) if number.is_f64() => Some(Kind::Double),
        Value::String(_) => Some(Kind::Text),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(Kind::Json),
    }
}

fn header(layer: &Layer, columns: &[Column], frame: Option<[f64; 4]>) -> Vec<u8> {
    let mut builder = Builder::new();
    let types: Vec<u8> =
        layer.features.iter().filter_map(|it| it.geometry.as_ref()).map(code).collect();
    let first = types.first().copied().unwrap_or(0);
    let one = if types.iter().all(|it| *it == first) { first } else { 0 };
    let count = u64::try_from(layer.features.len()).unwrap_or(u64::MAX);
    let node_size = if frame.is_some() { NODE_SIZE } else { 0 };
    let mut fields = vec![
        (NAME, Field::Later),
        (COLUMNS, Field::Later),
        (GEOMETRY_TYPE, Field::U8(one)),
        (FEATURES_COUNT, Field::U64(count)),
        (INDEX_NODE_SIZE, Field::U16(node_size)),
    ];
    let system = layer.crs.map(|crs| (fields.len(), crs));
    fields.extend(system.map(|_| (CRS, Field::Later)));
    let framed = frame.map(|frame| (fields.len(), frame));
    fields.extend(framed.map(|_| (ENVELOPE, Field::Later)));
    let places = builder.table(Builder::ROOT, &fields);
    builder.text(places[0], &layer.name);
    let slots = builder.tables(places[1], columns.len());
    for (slot, column) in slots.into_iter().zip(columns) {
        let fields = [(COLUMN_NAME, Field::Later), (COLUMN_TYPE, Field::U8(column.kind.code()))];
        let places = builder.table(slot, &fields);
        builder.text(places[0], &column.name);
    }
    if let Some((at, crs)) = system {
        put_system(&mut builder, places[at], crs);
    }
    if let Some((at, frame)) = framed {
        let sides: Vec<u8> = frame.iter().flat_map(|side| side.to_le_bytes()).collect();
        builder.vector(places[at], frame.len(), 8, &sides);
    }
    builder.finish()
}

fn put_system(builder: &mut Builder, slot: usize, crs: Crs) {
    let (org, code, name) = match crs {
        Crs::Wgs84 => ("EPSG", 4326, "WGS 84"),
        Crs::Cgcs2000 => ("EPSG", 4490, "China Geodetic Coordinate System 2000"),
        Crs::Gcj02 | Crs::Bd09 => ("zonewarden", 0, crs_name(crs)),
    };
    let mut fields =
        vec![(CRS_ORG, Field::Later), (CRS_CODE, Field::I32(code)), (CRS_NAME, Field::Later)];
    if code == 0 {
        fields.push((CRS_CODE_STRING, Field::Later));
    }
    let places = builder.table(slot, &fields);
    builder.text(places[0], org);
    builder.text(places[2], name);
    if let Some(place) = places.get(3) {
        builder.text(*place, name);
    }
}

fn feature(feature: &Feature, columns: &[Column]) -> Vec<u8> {
    let mut builder = Builder::new();
    let mut fields = vec![(PROPERTIES, Field::Later)];
    if feature.geometry.is_some() {
        fields.push((GEOMETRY, Field::Later));
    }
    let places = builder.table(Builder::ROOT, &fields);
    let values = values(feature, columns);
    builder.vector(places[0], values.len(), 1, &values);
    if let (Some(geometry), Some(slot)) = (&feature.geometry, places.get(1)) {
        shape(&mut builder, *slot, geometry);
    }
    builder.finish()
}

fn values(feature: &Feature, columns: &[Column]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, column) in (0_u16..).zip(columns) {
        let Some(value) = feature.fields.get(&column.name).filter(|value| !value.is_null()) else {
            continue;
        };
        out.extend(number.to_le_bytes());
        match (column.kind, value) {
            (Kind::Bool, Value::Bool(flag)) => out.push(u8::from(*flag)),
            (Kind::Long, Value::Number(number)) => {
                out.extend(number.as_i64().unwrap_or_default().to_le_bytes());
            }
            (Kind::Double, Value::Number(number)) => {
                out.extend(number.as_f64().unwrap_or_default().to_le_bytes());
            }
            (Kind::Text, Value::String(text)) => put_text(&mut out, text),
            (_, value) => put_text(&mut out, &value.to_string()),
        }
    }
    out
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(text.as_bytes());
}

/// The type of a geometry.
fn code(geometry: &Geometry<f64>) -> u8 {
    match geometry {
        Geometry::Point(_) => POINT,
        Geometry::Line(_) | Geometry::LineString(_) => LINE_STRING,
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => POLYGON,
        Geometry::MultiPoint(_) => MULTI_POINT,
        Geometry::MultiLineString(_) => MULTI_LINE_STRING,
        Geometry::MultiPolygon(_) => MULTI_POLYGON,
        Geometry::GeometryCollection(_) => COLLECTION,
    }
}

fn shape(builder: &mut Builder, slot: usize, geometry: &Geometry<f64>) {
    let code = code(geometry);
    match geometry {
        Geometry::Point(point) => lines(builder, slot, code, &[&[point.0]]),
        Geometry::Line(line) => lines(builder, slot, code, &[&[line.start, line.end]]),
        Geometry::LineString(line) => lines(builder, slot, code, &[&line.0]),
        Geometry::MultiPoint(points) => {
            let all: Vec<Coord<f64>> = points.0.iter().map(|point| point.0).collect();
            lines(builder, slot, code, &[&all]);
        }
        Geometry::MultiLineString(them) => {
            let all: Vec<&[Coord<f64>]> = them.0.iter().map(|line| line.0.as_slice()).collect();
            lines(builder, slot, code, &all);
        }
        Geometry::Polygon(area) => polygon(builder, slot, area),
        Geometry::Rect(area) => polygon(builder, slot, &area.to_polygon()),
        Geometry::Triangle(area) => polygon(builder, slot, &area.to_polygon()),
        Geometry::MultiPolygon(areas) => {
            let slots = parts(builder, slot, code, areas.0.len());
            for (slot, area) in slots.into_iter().zip(&areas.0) {
                polygon(builder, slot, area);
            }
        }
        Geometry::GeometryCollection(them) => {
            let slots = parts(builder, slot, code, them.0.len());
            for (slot, part) in slots.into_iter().zip(&them.0) {
                shape(builder, slot, part);
            }
        }
    }
}

/// A geometry of parts, which are written later; where the offset of each stands.
fn parts(builder: &mut Builder, slot: usize, code: u8, count: usize) -> Vec<usize> {
    let places = builder.table(slot, &[(TYPE, Field::U8(code)), (PARTS, Field::Later)]);
    builder.tables(places[1], count)
}

fn polygon(builder: &mut Builder, slot: usize, area: &Polygon<f64>) {
    let rings = std::iter::once(area.exterior()).chain(area.interiors());
    let rings: Vec<&[Coord<f64>]> =
        rings.filter(|ring| !ring.0.is_empty()).map(positions).collect();
    lines(builder, slot, POLYGON, &rings);
}

fn positions(line: &LineString<f64>) -> &[Coord<f64>] {
    &line.0
}

/// A geometry of positions, with the ends of its lines where there are several.
fn lines(builder: &mut Builder, slot: usize, code: u8, lines: &[&[Coord<f64>]]) {
    let mut fields = vec![(TYPE, Field::U8(code)), (XY, Field::Later)];
    if lines.len() > 1 {
        fields.push((ENDS, Field::Later));
    }
    let places = builder.table(slot, &fields);
    let numbers = lines.iter().copied().flatten().flat_map(|at| [at.x, at.y]);
    let numbers: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    builder.vector(places[1], numbers.len() / 8, 8, &numbers);
    if let Some(place) = places.get(2) {
        let mut end = 0_u32;
        let mut ends = Vec::new();
        for line in lines {
            end = end.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
            ends.extend(end.to_le_bytes());
        }
        builder.vector(*place, lines.len(), 4, &ends);
    }
}
