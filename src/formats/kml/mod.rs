//! KML (OGC 12-007): placemarks with their data, in documents and folders.
//!
//! Coordinates are WGS84, longitude first, as the standard has it; heights are left out. Every value of
//! `ExtendedData` is a field, written and read as in a table's [cell](crate::formats::cell). What maps show as
//! the name (`name`) is a field where no other one names the placemark. Where placemarks lie in more than one
//! folder, `folder` says in which. Several geometries of one kind are a multi-geometry; styles, views,
//! overlays and links to other files are passed over.

mod shape;
mod write;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::cell::decode;
use crate::formats::kml::shape::Shapes;
use crate::formats::label::clip;
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Findings, Layer, Reading,
};
use crate::formats::text_of;
use crate::formats::xml::field::named;
use crate::formats::xml::read::{Fault, Reader, Tag};
use crate::geom::crs::Crs;

/// The system that the standard prescribes.
pub const DEFAULT_CRS: Crs = Crs::Wgs84;

/// Reads a KML document. Coordinates are as written: neither range nor validity of shapes is looked at here.
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
        shapes: Shapes::default(),
        titles: vec![String::new()],
        open: vec![0],
        folders: Vec::new(),
    };
    if let Err(fault) = file.document() {
        file.found.push(fault.finding());
    }
    file.told_folders();
    file.shapes.summary(&mut file.found);
    Reading { layer: file.layer, findings: file.found.into_vec() }
}

/// Writes a layer: one placemark a line, coordinates exact from the grid with at most seven decimals. The same
/// layer gives the same bytes.
///
/// # Errors
/// In words, when the layer is in a system that KML cannot hold.
pub fn write(layer: &Layer) -> Result<Vec<u8>, String> {
    write::layer(layer)
}

struct File<'a> {
    xml: Reader<'a>,
    layer: Layer,
    found: Findings,
    shapes: Shapes,
    /// The names of all folders, the first for what lies in none.
    titles: Vec<String>,
    /// The folders that are open, by their place in `titles`.
    open: Vec<usize>,
    /// The folder of each feature.
    folders: Vec<usize>,
}

impl File<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let Some(root) = self.xml.child()? else { return Ok(()) };
        match root.name {
            "kml" => self.container()?,
            "Document" | "Folder" => self.folder()?,
            "Placemark" => self.placemark(&root)?,
            other => {
                let fault = format!("<{}> is no KML", clip(other));
                self.found.error(0, "file", fault, "give a KML document (a KMZ is its zip)");
                return Ok(());
            }
        }
        // What follows is read for its faults.
        self.xml.event().map(|_| ())
    }

    /// What stands in a document or folder, to its end.
    fn container(&mut self) -> Result<(), Fault> {
        while let Some(tag) = self.xml.child()? {
            match tag.name {
                "Document" | "Folder" => self.folder()?,
                "Placemark" => self.placemark(&tag)?,
                "name" => {
                    let name = clip(self.xml.text()?.trim());
                    if self.layer.name.is_empty() {
                        self.layer.name.clone_from(&name);
                    }
                    if let Some(at) = self.open.last().filter(|at| **at > 0) {
                        self.titles[*at] = name;
                    }
                }
                "NetworkLink" => {
                    let remedy = "import the file that it leads to";
                    self.found.warning(0, "NetworkLink", "a link to another file", remedy);
                    self.xml.skip()?;
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn folder(&mut self) -> Result<(), Fault> {
        self.open.push(self.titles.len());
        self.titles.push(String::new());
        let read = self.container();
        self.open.pop();
        read
    }

    fn placemark(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        let row = self.layer.features.len() + 1;
        if row > FEATURES_MAX {
            let words = format!("more than {FEATURES_MAX} features (limit FEATURES_MAX)");
            return Err(self.xml.fault(words));
        }
        self.shapes.feature();
        let id = tag.attribute("id").map(|id| clip(id.trim())).filter(|id| !id.is_empty());
        let mut feature = Feature { row, id, ..Feature::default() };
        let (mut name, mut description) = (None, None);
        while let Some(tag) = self.xml.child()? {
            match tag.name {
                "name" => name = Some(self.xml.text()?.trim().to_owned()),
                "description" => description = Some(self.xml.text()?.trim().to_owned()),
                "ExtendedData" => self.data(&mut feature)?,
                "Point" | "LineString" | "LinearRing" | "Polygon" | "MultiGeometry" => {
                    if feature.geometry.is_some() {
                        let remedy = "put them into one MultiGeometry, or into placemarks";
                        self.found.error(row, "geometry", "there are two geometries", remedy);
                    }
                    feature.geometry =
                        self.shapes.read(&mut self.xml, tag.name, row, &mut self.found)?;
                }
                "Model" | "Track" | "MultiTrack" => {
                    let fault = format!("a {} is not read", tag.name);
                    self.found.warning(row, "geometry", fault, "give a line or an area");
                    self.xml.skip()?;
                }
                _ => self.xml.skip()?,
            }
        }
        named(&mut feature.fields, name);
        if let Some(text) = description.filter(|text| !text.is_empty()) {
            feature.fields.entry("description".to_owned()).or_insert(Value::from(text));
        }
        self.folders.push(self.open.last().copied().unwrap_or_default());
        self.layer.features.push(feature);
        Ok(())
    }

    /// `ExtendedData`: values that stand alone, and those of a schema.
    fn data(&mut self, feature: &mut Feature) -> Result<(), Fault> {
        while let Some(tag) = self.xml.child()? {
            match tag.name {
                "Data" => {
                    let mut text = String::new();
                    while let Some(inner) = self.xml.child()? {
                        if inner.name == "value" {
                            text = self.xml.text()?.into_owned();
                        } else {
                            self.xml.skip()?;
                        }
                    }
                    self.field(feature, &tag, &text);
                }
                "SchemaData" => {
                    while let Some(inner) = self.xml.child()? {
                        let text = self.xml.text()?;
                        if inner.name == "SimpleData" {
                            self.field(feature, &inner, &text);
                        }
                    }
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn field(&mut self, feature: &mut Feature, tag: &Tag<'_>, text: &str) {
        let Some(value) = decode(text) else { return };
        let row = feature.row;
        let Some(name) = tag.attribute("name").filter(|name| !name.trim().is_empty()) else {
            self.found.error(row, "ExtendedData", "a value has no name", "name it");
            return;
        };
        if feature.fields.contains_key(&*name) {
            let remedy = "take one out";
            self.found.error(row, clip(&name), "stands there twice", remedy);
        } else if feature.fields.len() == FIELDS_MAX {
            let fault = format!("more than {FIELDS_MAX} fields (limit FIELDS_MAX)");
            self.found.error(row, "ExtendedData", fault, "leave columns out");
        } else {
            feature.fields.insert(name.into_owned(), value);
        }
    }

    /// Where there is more than one folder, each feature says in which it lies.
    fn told_folders(&mut self) {
        let title = |at: &usize| self.titles.get(*at).map_or("", String::as_str);
        let several: BTreeSet<&str> = self.folders.iter().map(title).collect();
        if several.len() < 2 {
            return;
        }
        for (feature, at) in self.layer.features.iter_mut().zip(&self.folders) {
            let title = title(at);
            let fields: &mut Attributes = &mut feature.fields;
            if !title.is_empty() {
                fields.entry("folder".to_owned()).or_insert(Value::from(title));
            }
        }
    }
}

#[cfg(test)]
mod tests;
