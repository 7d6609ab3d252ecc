//! `FlatGeobuf` (version 3): a header, an index, features, each a flatbuffer.
//!
//! Written with the index wherever every feature has a place, which also sorts the features along a curve;
//! without it in the layer's order. Reading needs no index and trusts no offset. A column whose values are of
//! one kind has its type; any other holds JSON. A value that is null is left out, as the format has it.

mod wire;
mod table;
mod build;
mod tree;
mod header;
mod shape;
mod write;

use crate::formats::flatgeobuf::header::{Header, columns};
use crate::formats::flatgeobuf::shape::{Shape, values};
use crate::formats::flatgeobuf::table::{Table, chunk, wide};
use crate::formats::flatgeobuf::wire::{GEOMETRY, Kind, MAGIC, OWN_COLUMNS, PROPERTIES};
use crate::formats::label::{CRS_REMEDY, clip};
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, Feature, Finding, Findings, Layer, Reading, VertexCount,
};

/// What to do about a file that is not whole.
const WHOLE: &str = "get the whole file, or write it anew";

/// Reads a file. Coordinates are as written: neither range nor validity of shapes is looked at here.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut file = File {
        layer: Layer::default(),
        found: Findings::default(),
        count: VertexCount::default(),
        flattened: 0,
    };
    if let Err(finding) = file.whole(bytes) {
        file.found.push(*finding);
    }
    if file.flattened > 0 {
        let fault = format!("{} shapes have heights or measures", file.flattened);
        file.found.warning(0, "geometry", fault, "they are left out");
    }
    Reading { layer: file.layer, findings: file.found.into_vec() }
}

/// Writes a layer. The same layer gives the same bytes.
///
/// # Errors
/// In words: more columns than a layer may have.
pub fn write(layer: &Layer) -> Result<Vec<u8>, String> {
    write::layer(layer)
}

struct File {
    layer: Layer,
    found: Findings,
    count: VertexCount,
    /// Features with heights or measures.
    flattened: usize,
}

impl File {
    fn whole(&mut self, bytes: &[u8]) -> Result<(), Box<Finding>> {
        let refuse = |place: &str, fault: String, remedy: &str| {
            Box::new(Finding::error(0, place, fault, remedy))
        };
        if bytes.len() > BYTES_MAX {
            let fault = format!(
                "the file has {} bytes, at most {BYTES_MAX} are read (limit BYTES_MAX)",
                bytes.len()
            );
            return Err(refuse("file", fault, "split it"));
        }
        let begins = bytes.starts_with(&MAGIC[..3]) && bytes.get(4..7) == Some(&MAGIC[4..7]);
        if !begins || bytes.get(3) != Some(&MAGIC[3]) {
            let fault = "the file is no FlatGeobuf of version 3: its first bytes are others";
            return Err(refuse("file", fault.to_owned(), "give a .fgb file"));
        }
        let cut = |what: &str| refuse(what, "is cut short".to_owned(), WHOLE);
        let raw = sized(bytes, MAGIC.len()).ok_or_else(|| cut("header"))?;
        let header = header::read(raw).map_err(|words| refuse("header", words, WHOLE))?;
        let mut at = MAGIC.len() + 4 + raw.len();
        self.layer.name.clone_from(&header.name);
        match &header.crs {
            Ok(crs) => self.layer.crs = *crs,
            Err(system) => {
                let fault = format!("the shapes are in {system}, which is not read");
                self.found.error(0, "crs", fault, CRS_REMEDY);
            }
        }
        for column in header.columns.iter().filter(|column| column.kind == Kind::Binary) {
            let fault = format!("the column `{}` holds bytes", clip(&column.name));
            self.found.warning(0, "columns", fault, "it is left out");
        }
        if header.node_size > 0 && header.features > 0 {
            let index = tree::bytes(header.features, header.node_size);
            let index = index.and_then(|index| usize::try_from(index).ok());
            let behind = index.and_then(|index| at.checked_add(index));
            at = behind.filter(|behind| *behind <= bytes.len()).ok_or_else(|| cut("index"))?;
        }
        self.features(bytes, at, &header)
    }

    fn features(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        header: &Header,
    ) -> Result<(), Box<Finding>> {
        let refuse =
            |fault: String, remedy: &str| Box::new(Finding::error(0, "features", fault, remedy));
        while at < bytes.len() {
            let row = self.layer.features.len() + 1;
            if row > FEATURES_MAX {
                let fault = format!("more than {FEATURES_MAX} features (limit FEATURES_MAX)");
                return Err(refuse(fault, "split the file"));
            }
            let raw = sized(bytes, at)
                .ok_or_else(|| refuse(format!("are cut short at feature {row}"), WHOLE))?;
            at += 4 + raw.len();
            let feature = self.feature(raw, row, header).unwrap_or_else(|words| {
                self.found.error(row, "feature", words, WHOLE);
                Feature { row, ..Feature::default() }
            });
            self.layer.features.push(feature);
        }
        let there = u64::try_from(self.layer.features.len()).unwrap_or(u64::MAX);
        if header.features > 0 && header.features != there {
            let fault = format!("are {there}, the header says {}", header.features);
            return Err(refuse(fault, WHOLE));
        }
        Ok(())
    }

    fn feature(&mut self, raw: &[u8], row: usize, header: &Header) -> Result<Feature, String> {
        let table = Table::root(raw)?;
        let mut feature = Feature { row, ..Feature::default() };
        if let Some(geometry) = table.table(GEOMETRY)? {
            let mut shape = Shape::new(&mut self.count);
            match shape.read(geometry, header.kind, 0) {
                Ok(read) => feature.geometry = read,
                Err(words) => self.found.error(row, "geometry", words, "mend the shape"),
            }
            self.flattened += usize::from(shape.flattened);
        }
        if let Some(properties) = table.vector(PROPERTIES, 1)? {
            let own = columns(table, OWN_COLUMNS)?;
            let declared = if own.is_empty() { &header.columns } else { &own };
            match values(properties, declared) {
                Ok(fields) => feature.fields = fields,
                Err(words) => self.found.error(row, "properties", words, WHOLE),
            }
        }
        Ok(feature)
    }
}

/// The bytes whose number stands before them.
fn sized(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let size = wide(u32::from_le_bytes(chunk(bytes, at).ok()?));
    bytes.get(at + 4..)?.get(..size)
}

#[cfg(test)]
mod tests;
