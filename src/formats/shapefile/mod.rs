//! Shapefiles in a zip: .shp, .dbf, .prj and .cpg (and .shx, which is written but not needed to
//! read). Bytes in memory; nothing is unpacked to a disk.
//!
//! The coordinate system is what .prj says: geographic WGS84 or CGCS2000; any other is refused by
//! name. Without .prj the caller must state it. Text is UTF-8 or GBK/GB18030 (and Latin-1), as .cpg
//! or the table's own mark says; without either it must be UTF-8.
//!
//! A shapefile holds one kind of shape, names of ten bytes and texts of 254. What we write is split
//! accordingly: `NAME_points`, `NAME_lines` …; long texts go on in further columns; and a member
//! `columns.json` says which short name is which column, so that reading gives the same layer. A
//! multi-geometry of one part is marked in a column of its own (`zw_multi`).

mod archive;
mod dbf;
mod prj;
mod shp;

use std::collections::BTreeMap;

use geo_types::{Geometry, MultiLineString, MultiPolygon};

use crate::domain::text::Attributes;
use crate::formats::cell::{decode, encode};
use crate::formats::label::{CRS_REMEDY, clip};
use crate::formats::layer::{FEATURES_MAX, Feature, Findings, Layer, Reading, VertexCount};
use crate::formats::shapefile::archive::{Member, pack, unpack};
use crate::formats::shapefile::dbf::Alias;
use crate::formats::shapefile::shp::Class;
use crate::geom::crs::Crs;

/// The member that says which short name is which column.
const ALIASES: &str = "columns.json";

/// The column that marks a multi-geometry of one part.
const MULTI: &str = "zw_multi";

/// Reads every shapefile of an archive as one layer.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut found = Findings::default();
    let layer = match unpack(bytes) {
        Ok(members) => whole(&members, &mut found),
        Err(finding) => {
            found.push(*finding);
            Layer::default()
        }
    };
    Reading { layer, findings: found.into_vec() }
}

fn whole(members: &[Member], found: &mut Findings) -> Layer {
    let mut layer = Layer::default();
    let mut count = VertexCount::default();
    let shapes: Vec<&Member> = members.iter().filter(|member| member.ending() == "shp").collect();
    if shapes.is_empty() {
        found.error(
            0,
            "file",
            "there is no .shp in the archive",
            "zip .shp, .dbf, .prj and .cpg together",
        );
    }
    for (i, shape) in shapes.iter().enumerate() {
        let beside = |ending: &str| {
            members.iter().find(|m| m.ending() == ending && m.stem() == shape.stem())
        };
        let crs = beside("prj").and_then(|prj| system(prj, found));
        if i == 0 {
            layer.crs = crs;
            layer.name = shape.title();
        } else if crs != layer.crs {
            let fault = "the shapefiles of the archive are in different coordinate systems";
            found.error(0, &shape.name, fault, "give one archive for each");
        }
        let geometries = match shp::read(&shape.bytes) {
            Ok(geometries) => geometries,
            Err(fault) => {
                found.error(0, &shape.name, fault, "get the whole file, or split it");
                continue;
            }
        };
        let Some(rows) = columns(shape, members, geometries.len(), layer.features.len(), found)
        else {
            continue;
        };
        if rows.len() != geometries.len() {
            let fault = format!("{} shapes, but {} rows of columns", geometries.len(), rows.len());
            found.error(
                0,
                &shape.name,
                fault,
                "write the shapefile anew: its parts do not belong together",
            );
            continue;
        }
        join(&mut layer, geometries, rows, &mut count, found);
    }
    rename(&mut layer, members, found);
    layer
}

/// The rows of the table beside a shapefile; `None` where it cannot be read.
fn columns(
    shape: &Member,
    members: &[Member],
    count: usize,
    before: usize,
    found: &mut Findings,
) -> Option<Vec<Option<Attributes>>> {
    let beside =
        |ending: &str| members.iter().find(|m| m.ending() == ending && m.stem() == shape.stem());
    let Some(dbf) = beside("dbf") else {
        found.warning(0, &shape.name, "there is no .dbf beside it", "the shapes have no columns");
        return Some(vec![Some(Attributes::new()); count]);
    };
    match dbf::read(&dbf.bytes, beside("cpg").map(|cpg| cpg.bytes.as_slice())) {
        Ok(table) => {
            for (row, fault, remedy) in table.faults {
                match row {
                    Some(row) => found.error(before + row, &dbf.name, fault, remedy),
                    None => found.warning(0, &dbf.name, fault, remedy),
                }
            }
            Some(table.rows)
        }
        Err(fault) => {
            found.error(0, &dbf.name, fault, "mend the table, or get the whole file");
            None
        }
    }
}

fn system(prj: &Member, found: &mut Findings) -> Option<Crs> {
    match prj::read(&String::from_utf8_lossy(&prj.bytes)) {
        Ok(crs) => Some(crs),
        Err(system) => {
            let fault = format!("the shapes are in {system}, which is not read");
            found.error(0, &prj.name, fault, CRS_REMEDY);
            None
        }
    }
}

fn join(
    layer: &mut Layer,
    geometries: Vec<shp::Record>,
    rows: Vec<Option<Attributes>>,
    count: &mut VertexCount,
    found: &mut Findings,
) {
    use geo::CoordsIter;
    let from = layer.features.len();
    let mut heights = 0_usize;
    for (i, (record, fields)) in geometries.into_iter().zip(rows).enumerate() {
        let row = from + i + 1;
        if row > FEATURES_MAX {
            let fault = format!("more than {FEATURES_MAX} features (limit FEATURES_MAX)");
            return found.error(0, "file", fault, "split the file");
        }
        let Some(fields) = fields else { continue }; // deleted, as dBASE marks it
        heights += usize::from(record.flattened);
        let geometry = record.geometry.unwrap_or_else(|fault| {
            found.error(row, "geometry", fault, "mend the shape");
            None
        });
        count.feature();
        if let Some(geometry) = &geometry
            && let Err(limit) = count.add(geometry.coords_count())
        {
            found.error(row, "geometry", limit, "split or simplify the shape");
        }
        layer.features.push(Feature { row, id: None, geometry, fields });
    }
    if heights > 0 {
        let fault = format!("{heights} shapes have heights or measures");
        found.warning(0, "geometry", fault, "they are left out");
    }
}

/// Gives the columns their long names, puts long texts together again, and reads the cells.
fn rename(layer: &mut Layer, members: &[Member], found: &mut Findings) {
    let table = members.iter().find(|member| member.name == ALIASES);
    let table = table.map(|member| serde_json::from_slice::<Vec<Alias>>(&member.bytes));
    let mut aliases = match table.unwrap_or(Ok(Vec::new())) {
        Ok(aliases) if aliases.len() <= dbf::COLUMNS_MAX => aliases,
        _ => {
            found.error(0, ALIASES, "is no table of column names", "leave the member out");
            return;
        }
    };
    aliases.sort_by_key(|alias| alias.part);
    for feature in &mut layer.features {
        let mut cells: BTreeMap<String, String> = BTreeMap::new();
        for alias in &aliases {
            // The pieces of a text are joined as they stood in the cells.
            if let Some(value) = feature.fields.remove(&alias.short) {
                cells.entry(alias.column.clone()).or_default().push_str(&cell_of(value));
            }
        }
        for (name, value) in std::mem::take(&mut feature.fields) {
            cells.entry(name).or_insert_with(|| cell_of(value));
        }
        let read = cells.into_iter().filter_map(|(name, cell)| Some((name, decode(&cell)?)));
        feature.fields = read.collect();
        if !aliases.is_empty() && feature.fields.remove(MULTI).is_some() {
            feature.geometry = feature.geometry.take().map(multi);
        }
    }
}

/// The geometry as a multi-geometry of one part.
fn multi(geometry: Geometry<f64>) -> Geometry<f64> {
    match geometry {
        Geometry::LineString(line) => MultiLineString(vec![line]).into(),
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]).into(),
        other => other,
    }
}

/// The layer with a mark on every multi-geometry of one part.
fn marked(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    for feature in &mut layer.features {
        let one = match &feature.geometry {
            Some(Geometry::MultiLineString(lines)) => lines.0.len() == 1,
            Some(Geometry::MultiPolygon(polygons)) => polygons.0.len() == 1,
            _ => false,
        };
        if one {
            feature.fields.insert(MULTI.to_owned(), serde_json::Value::from(1));
        }
    }
    layer
}

fn cell_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => encode(&other),
    }
}

/// Writes a layer as an archive of shapefiles.
///
/// # Errors
/// In words: more columns or longer text than a shapefile holds, or a geometry of mixed kind.
pub fn write(layer: &Layer) -> Result<Vec<u8>, String> {
    let name = if layer.name.is_empty() { "layer" } else { &layer.name };
    let marked = marked(layer);
    let layer = &marked;
    let table = dbf::Plan::of(layer)?;
    let mut classes: BTreeMap<Class, Vec<&Feature>> = BTreeMap::new();
    let mut plain: Vec<&Feature> = Vec::new();
    for feature in &layer.features {
        match &feature.geometry {
            Some(geometry) => classes.entry(Class::of(geometry)?).or_default().push(feature),
            None => plain.push(feature),
        }
    }
    // Rows without geometry go with the first kind there is.
    let first = classes.keys().next().copied().unwrap_or(Class::Points);
    classes.entry(first).or_default().extend(plain);
    let mut members = Vec::new();
    let several = classes.len() > 1;
    for (class, features) in &classes {
        let stem = if several { format!("{name}_{}", class.word()) } else { name.to_owned() };
        let geometries: Vec<_> = features.iter().map(|f| f.geometry.as_ref()).collect();
        let (shp, shx) = shp::write(*class, &geometries);
        members.push((format!("{stem}.shp"), shp));
        members.push((format!("{stem}.shx"), shx));
        members.push((format!("{stem}.dbf"), table.write(features)?));
        members.push((format!("{stem}.prj"), prj::write(layer.crs.unwrap_or_default()).into()));
        members.push((format!("{stem}.cpg"), b"UTF-8".to_vec()));
    }
    let aliases = serde_json::to_vec_pretty(&table.aliases()).map_err(|fault| fault.to_string())?;
    members.push((ALIASES.to_owned(), aliases));
    pack(&members).map_err(|fault| format!("{}: {fault}", clip(name)))
}

#[cfg(test)]
mod tests;
