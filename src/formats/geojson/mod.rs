//! GeoJSON (RFC 7946; of its elder, the `crs` member is still obeyed).
//!
//! Reading is strict about what could mean two things and forgiving about the traps of public
//! data that cannot: numbers in quotes and a bare array of features are read with a warning;
//! heights are left out. Everything else is an error with its place. A GeometryCollection is read as
//! one; what of it can be kept is for those to say who make things of it.

mod members;
mod positions;
mod shape;
mod write;

use serde_json::value::RawValue;

use crate::domain::text::Attributes;
use crate::formats::geojson::members::{Members, elements, fields, members};
use crate::formats::geojson::shape::{COLLECTION, Shapes, TYPES, shape};
use crate::formats::label::{self, CRS_REMEDY, clip};
use crate::formats::layer::{BYTES_MAX, Feature, Findings, Layer, Reading};
use crate::formats::text_of;
use crate::geom::crs::Crs;

/// Reads a FeatureCollection, a Feature or a geometry. Coordinates are as written: neither range
/// nor validity of shapes is looked at here.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut file =
        File { layer: Layer::default(), found: Findings::default(), shapes: Shapes::default() };
    match text_of(bytes, BYTES_MAX) {
        Ok((text, marked)) => {
            if marked {
                file.found.warning(
                    0,
                    "byte 0",
                    "the text begins with a byte-order mark",
                    "leave it out; it is skipped",
                );
            }
            file.whole(text);
        }
        Err(finding) => file.found.push(finding),
    }
    file.shapes.summary(&mut file.found);
    Reading { layer: file.layer, findings: file.found.into_vec() }
}

/// Writes a layer: members in a fixed order, properties sorted, one feature a line, coordinates
/// exact from the grid with at most seven decimals. The same layer gives the same bytes.
///
/// WGS84 (and no label) is plain RFC 7946. Any other system is named in a `crs` member as the
/// elder specification had it (`urn:ogc:def:crs:EPSG::4490`, `urn:zonewarden:crs:gcj02`), which
/// [`read`] obeys; programs that know only RFC 7946 ignore it, so such a file is for those who
/// asked for it.
#[must_use]
pub fn write(layer: &Layer) -> Vec<u8> {
    write::layer(layer)
}

/// A geometry as a GeoJSON object, coordinates exact from the grid.
#[must_use]
pub fn geometry_text(geometry: &geo_types::Geometry<f64>) -> String {
    write::geometry_text(geometry)
}

/// Degrees with at most seven decimals, exact from the grid.
pub(super) fn put_degrees(out: &mut String, value: f64) {
    write::degrees(out, value);
}

struct File {
    layer: Layer,
    found: Findings,
    shapes: Shapes,
}

impl File {
    fn whole(&mut self, text: &str) {
        match text.trim_start().as_bytes().first() {
            None => {
                self.found.error(
                    0,
                    "file",
                    "the file is empty",
                    "give a GeoJSON FeatureCollection",
                );
            }
            Some(b'[') => {
                self.found.warning(
                    0,
                    "file",
                    "the file is a bare array, not a FeatureCollection",
                    "wrap it: {\"type\":\"FeatureCollection\",\"features\":[…]}; its elements are read as features",
                );
                match elements(text) {
                    Ok(features) => self.features(&features),
                    Err(fault) => self.found.push(json_fault(text, &fault)),
                }
            }
            Some(_) => match members(text) {
                Ok(members) => self.object(text, &members),
                Err(fault) => self.found.push(json_fault(text, &fault)),
            },
        }
    }

    fn object(&mut self, text: &str, members: &Members<'_>) {
        self.duplicates(0, "file", members);
        self.label(members);
        if let Some(name) = members.text("name") {
            self.layer.name = name;
        }
        match members.text("type").as_deref() {
            Some("FeatureCollection") => match members.get("features").map(elements_of) {
                Some(Ok(features)) => self.features(&features),
                Some(Err(fault)) => {
                    self.found.error(0, "features", fault, "give an array of features");
                }
                None => self.found.error(
                    0,
                    "file",
                    "the member `features` is missing",
                    "give an array of features",
                ),
            },
            Some("Feature") => self.feature_of(1, members),
            Some(kind) if TYPES.contains(&kind) || kind == COLLECTION => {
                let geometry = shape(&mut self.shapes, &mut self.found, 1, text);
                self.layer.features.push(Feature { row: 1, geometry, ..Feature::default() });
            }
            Some("Topology") => self.found.error(
                0,
                "type",
                "the file is TopoJSON",
                "convert it to GeoJSON, for instance with topo2geo",
            ),
            Some(kind) => self.found.error(
                0,
                "type",
                format!("`{}` is no GeoJSON type", clip(kind)),
                "give a FeatureCollection",
            ),
            None => self.found.error(
                0,
                "type",
                "the member `type` is missing or is no text: this is JSON, but not GeoJSON",
                "give {\"type\":\"FeatureCollection\",\"features\":[…]}",
            ),
        }
    }

    /// The `crs` member of the elder specification.
    fn label(&mut self, members: &Members<'_>) {
        let Some(raw) = members.get("crs") else { return };
        let value: serde_json::Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let properties = &value["properties"];
        let name = match value["type"].as_str() {
            Some("name") => properties["name"].as_str().map(str::to_owned),
            Some("EPSG") => properties["code"]
                .as_u64()
                .map(|code| code.to_string())
                .or_else(|| properties["code"].as_str().map(str::to_owned))
                .map(|code| format!("EPSG:{code}")),
            _ => value.as_str().map(str::to_owned),
        };
        match name.as_deref().map(label::crs) {
            Some(Ok(crs)) => self.layer.crs = Some(crs),
            Some(Err(system)) => self.found.error(
                0,
                "crs",
                format!("the file says that its coordinates are in {system}, which is not read"),
                CRS_REMEDY,
            ),
            None => self.found.error(
                0,
                "crs",
                format!("`{}` names no coordinate system", clip(raw.get())),
                "name it, or leave the member out: GeoJSON without it is WGS84",
            ),
        }
    }

    fn features(&mut self, raw: &[&RawValue]) {
        self.layer.features.reserve(raw.len());
        for (i, feature) in raw.iter().enumerate() {
            self.feature(i + 1, feature.get());
        }
    }

    fn feature(&mut self, row: usize, text: &str) {
        let members = match members(text) {
            Ok(members) => members,
            Err(fault) => {
                let fault = format!("is no GeoJSON feature: {}", reason(&fault));
                return self.found.error(row, "feature", fault, "give an object of type Feature");
            }
        };
        self.duplicates(row, "feature", &members);
        if members.get("crs").is_some() {
            self.found.error(
                row,
                "crs",
                "a coordinate system of its own stands in a feature",
                "say it once, beside `features`",
            );
        }
        self.feature_of(row, &members);
    }

    fn feature_of(&mut self, row: usize, members: &Members<'_>) {
        if members.text("type").as_deref() != Some("Feature") {
            let given = members.get("type").map_or("missing", |raw| raw.get());
            return self.found.error(
                row,
                "type",
                format!("the type is {}, not \"Feature\"", clip(given)),
                "give an object of type Feature with geometry and properties",
            );
        }
        let id = self.id(row, members);
        let fields = self.properties(row, members);
        let geometry = match members.get("geometry").map(|raw| raw.get()) {
            None => {
                self.found.warning(
                    row,
                    "geometry",
                    "the member `geometry` is missing",
                    "give one, or null",
                );
                None
            }
            Some("null") => None,
            Some(text) => shape(&mut self.shapes, &mut self.found, row, text),
        };
        self.layer.features.push(Feature { row, id, geometry, fields });
    }

    fn id(&mut self, row: usize, members: &Members<'_>) -> Option<String> {
        match serde_json::from_str(members.get("id")?.get()) {
            Ok(serde_json::Value::String(id)) => Some(id),
            Ok(serde_json::Value::Number(id)) => Some(id.to_string()),
            Ok(serde_json::Value::Null) => None,
            _ => {
                self.found.error(
                    row,
                    "id",
                    "the id is neither text nor a number",
                    "give one of these",
                );
                None
            }
        }
    }

    fn properties(&mut self, row: usize, members: &Members<'_>) -> Attributes {
        let Some(raw) = members.get("properties") else { return Attributes::new() };
        match fields(raw.get()) {
            Ok(read) => {
                for name in read.twice {
                    self.found.error(
                        row,
                        format!("properties.{}", clip(&name)),
                        "the property stands here twice",
                        "keep the one that is meant",
                    );
                }
                read.fields
            }
            Err(fault) => {
                let fault = reason(&fault);
                self.found.error(
                    row,
                    "properties",
                    fault,
                    "give a flat object of properties, or null",
                );
                Attributes::new()
            }
        }
    }

    fn duplicates(&mut self, row: usize, place: &str, members: &Members<'_>) {
        for name in &members.twice {
            self.found.error(
                row,
                place,
                format!("the member `{}` stands here twice", clip(name)),
                "keep the one that is meant",
            );
        }
    }
}

fn elements_of<'a>(raw: &&'a RawValue) -> Result<Vec<&'a RawValue>, String> {
    elements(raw.get()).map_err(|fault| reason(&fault))
}

/// What the JSON reader says, without its place (which is relative to a part of the file).
fn reason(fault: &serde_json::Error) -> String {
    let text = fault.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}

/// A fault of the JSON text as a whole.
fn json_fault(text: &str, fault: &serde_json::Error) -> crate::formats::layer::Finding {
    let place = format!("line {} column {}", fault.line(), fault.column());
    let line = text.lines().nth(fault.line().saturating_sub(1)).unwrap_or_default();
    let from = line.as_bytes().get(fault.column().saturating_sub(2)..).unwrap_or_default();
    let near = |word: &[u8]| {
        from.iter().take(3).copied().eq(word.iter().take(3).copied())
            || from.get(1..).is_some_and(|rest| rest.starts_with(word))
    };
    let (what, remedy) = if fault.is_eof() {
        ("the text ends too early".to_owned(), "get the whole file: it was cut short".to_owned())
    } else if near(b"NaN") || near(b"Inf") || near(b"-In") {
        (
            "NaN or Infinity is no JSON number".to_owned(),
            "write null for what is not known; a coordinate must be a finite number".to_owned(),
        )
    } else if reason(fault).starts_with("trailing characters") {
        (
            "something follows the end of the object".to_owned(),
            "give one FeatureCollection; features one a line go into its `features` array"
                .to_owned(),
        )
    } else {
        (format!("this is no JSON: {}", reason(fault)), "mend the text at this place".to_owned())
    };
    crate::formats::layer::Finding::error(0, place, what, remedy)
}

/// The label a layer without one has: GeoJSON is WGS84 (RFC 7946, 4).
pub const DEFAULT_CRS: Crs = Crs::Wgs84;

#[cfg(test)]
mod tests;
