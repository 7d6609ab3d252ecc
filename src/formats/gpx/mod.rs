//! GPX 1.1: waypoints, routes and tracks, as points and lines.
//!
//! Coordinates are WGS84. A waypoint's `ele` (m) and `time` are fields; of a track or route, `time_from`,
//! `time_to`, `ele_min` and `ele_max` say what its points say. The other elements of a feature (`desc`,
//! `sym` …) are fields under their names, those of `extensions` too. What we write beside name, height and
//! time stands there: one element for each field, which names it.

mod words;
mod write;

use geo_types::{Coord, Geometry, LineString, MultiLineString, Point};
use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::cell::decode;
use crate::formats::fixed::number;
use crate::formats::gpx::words::{FIELD, MULTI};
use crate::formats::label::clip;
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Findings, Layer, Reading, VertexCount,
};
use crate::formats::text_of;
use crate::formats::xml::field::named;
use crate::formats::xml::read::{Fault, Reader, Tag};
use crate::geom::crs::Crs;

/// The system that the standard prescribes.
pub const DEFAULT_CRS: Crs = Crs::Wgs84;

/// Reads a GPX document. Coordinates are as written: their range is not looked at here.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let text = match text_of(bytes, BYTES_MAX) {
        Ok((text, _)) => text,
        Err(finding) => return Reading::refusal(finding),
    };
    let mut file = File {
        xml: Reader::new(text),
        layer: Layer::default(),
        found: Findings::default(),
        count: VertexCount::default(),
    };
    if let Err(fault) = file.document() {
        file.found.push(fault.finding());
    }
    Reading { layer: file.layer, findings: file.found.into_vec() }
}

/// Writes a layer of points and lines: one feature a line, coordinates exact from the grid with at most seven
/// decimals. The same layer gives the same bytes.
///
/// # Errors
/// In words: an area, a multi-point, a row without a place, or a system that GPX cannot hold.
pub fn write(layer: &Layer) -> Result<Vec<u8>, String> {
    write::layer(layer)
}

struct File<'a> {
    xml: Reader<'a>,
    layer: Layer,
    found: Findings,
    count: VertexCount,
}

/// What the points of a line say.
#[derive(Default)]
struct Along {
    times: Option<(String, String)>,
    heights: Option<(f64, f64)>,
}

impl File<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let Some(root) = self.xml.child()? else { return Ok(()) };
        if root.name != "gpx" {
            let fault = format!("<{}> is no GPX", clip(root.name));
            self.found.error(0, "file", fault, "give a GPX document");
            return Ok(());
        }
        while let Some(tag) = self.xml.child()? {
            match tag.name {
                "metadata" => {
                    while let Some(inner) = self.xml.child()? {
                        if inner.name == "name" {
                            self.layer.name = clip(self.xml.text()?.trim());
                        } else {
                            self.xml.skip()?;
                        }
                    }
                }
                "wpt" | "rte" | "trk" => self.feature(&tag)?,
                _ => self.xml.skip()?,
            }
        }
        // What follows is read for its faults.
        self.xml.event().map(|_| ())
    }

    fn feature(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        let row = self.layer.features.len() + 1;
        if row > FEATURES_MAX {
            let words = format!("more than {FEATURES_MAX} features (limit FEATURES_MAX)");
            return Err(self.xml.fault(words));
        }
        self.count.feature();
        let mut feature = Feature { row, ..Feature::default() };
        let at = (tag.name == "wpt").then(|| self.position(tag, row)).flatten();
        let (mut name, mut parts, mut along) = (None, Vec::new(), Along::default());
        let mut route = Vec::new();
        while let Some(inner) = self.xml.child()? {
            match (tag.name, inner.name) {
                ("trk", "trkseg") => {
                    let mut line = Vec::new();
                    while let Some(point) = self.xml.child()? {
                        if point.name == "trkpt" {
                            self.passed(&point, row, &mut line, &mut along)?;
                        } else {
                            self.xml.skip()?;
                        }
                    }
                    parts.push(line);
                }
                ("rte", "rtept") => self.passed(&inner, row, &mut route, &mut along)?,
                (_, "name") => name = Some(self.xml.text()?.trim().to_owned()),
                (_, "extensions") => self.extensions(&mut feature)?,
                (_, "link") => {
                    let href = inner.attribute("href").unwrap_or_default().into_owned();
                    self.field(&mut feature, "link", Some(Value::from(href)));
                    self.xml.skip()?;
                }
                ("wpt", "ele") => {
                    let text = self.xml.text()?;
                    self.field(&mut feature, "ele", height(&text));
                }
                (_, other) => {
                    let text = self.xml.text()?.trim().to_owned();
                    let told = Some(text).filter(|text| !text.is_empty()).map(Value::from);
                    self.field(&mut feature, other, told);
                }
            }
        }
        if tag.name == "rte" {
            parts.push(route);
        }
        feature.geometry = match at {
            Some(at) => Some(Point(at).into()),
            None => self.line(parts, row, &mut feature.fields),
        };
        along.tell(&mut feature.fields);
        named(&mut feature.fields, name);
        self.layer.features.push(feature);
        Ok(())
    }

    /// A point of a line, to its end.
    fn passed(
        &mut self,
        tag: &Tag<'_>,
        row: usize,
        line: &mut Vec<Coord<f64>>,
        along: &mut Along,
    ) -> Result<(), Fault> {
        line.extend(self.position(tag, row));
        while let Some(inner) = self.xml.child()? {
            let text = self.xml.text()?;
            match inner.name {
                "ele" => along.height(&text),
                "time" => along.time(text.trim()),
                _ => {}
            }
        }
        Ok(())
    }

    fn position(&mut self, tag: &Tag<'_>, row: usize) -> Option<Coord<f64>> {
        let read = |name: &str| {
            let value = number(tag.attribute(name)?.as_bytes())?;
            value.is_finite().then_some(value)
        };
        let (Some(x), Some(y)) = (read("lon"), read("lat")) else {
            let remedy = "give lat and lon, finite numbers of degrees";
            self.found.error(row, tag.name, "its lat or lon is missing or no number", remedy);
            return None;
        };
        if let Err(limit) = self.count.add(1) {
            self.found.error(row, "geometry", limit, "split or simplify the line");
            return None;
        }
        Some(Coord { x, y })
    }

    /// A line of its parts; those that are too short are told.
    fn line(
        &mut self,
        parts: Vec<Vec<Coord<f64>>>,
        row: usize,
        fields: &mut Attributes,
    ) -> Option<Geometry<f64>> {
        let marked = fields.remove(MULTI).is_some();
        let mut lines = Vec::new();
        for part in parts {
            match part.len() {
                0 => {}
                1 => {
                    let fault = "a line has one position";
                    self.found.warning(row, "geometry", fault, "the part is left out");
                }
                _ => lines.push(LineString(part)),
            }
        }
        match lines.len() {
            0 => None,
            1 if !marked => lines.pop().map(Geometry::from),
            _ => Some(MultiLineString(lines).into()),
        }
    }

    /// Fields that stand beside what GPX knows.
    fn extensions(&mut self, feature: &mut Feature) -> Result<(), Fault> {
        while let Some(tag) = self.xml.child()? {
            let text = self.xml.text()?;
            let ours = tag.attribute("name").filter(|_| tag.name == FIELD);
            let name = ours.map_or_else(|| tag.name.to_owned(), std::borrow::Cow::into_owned);
            self.field(feature, &name, decode(&text));
        }
        Ok(())
    }

    fn field(&mut self, feature: &mut Feature, name: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        if feature.fields.len() >= FIELDS_MAX && !feature.fields.contains_key(name) {
            let fault = format!("more than {FIELDS_MAX} fields (limit FIELDS_MAX)");
            self.found.error(feature.row, "extensions", fault, "leave columns out");
        } else {
            // Of what may stand several times, such as a link, the first is kept.
            feature.fields.entry(name.to_owned()).or_insert(value);
        }
    }
}

/// A height (m), as a number where it is one.
fn height(text: &str) -> Option<Value> {
    match decode(text)? {
        Value::String(text) => match number(text.as_bytes()) {
            Some(value) if value.is_finite() => Some(Value::from(value)),
            _ => Some(Value::String(text)),
        },
        other => Some(other),
    }
}

impl Along {
    fn height(&mut self, text: &str) {
        if let Some(value) = number(text.as_bytes()).filter(|value| value.is_finite()) {
            let (low, high) = self.heights.unwrap_or((value, value));
            self.heights = Some((low.min(value), high.max(value)));
        }
    }

    fn time(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match &mut self.times {
            Some((_, last)) => text.clone_into(last),
            None => self.times = Some((text.to_owned(), text.to_owned())),
        }
    }

    fn tell(self, fields: &mut Attributes) {
        let mut put = |name: &str, value: Value| {
            fields.entry(name.to_owned()).or_insert(value);
        };
        if let Some((first, last)) = self.times {
            put("time_from", Value::from(first));
            put("time_to", Value::from(last));
        }
        if let Some((low, high)) = self.heights {
            put("ele_min", Value::from(low));
            put("ele_max", Value::from(high));
        }
    }
}

#[cfg(test)]
mod tests;
