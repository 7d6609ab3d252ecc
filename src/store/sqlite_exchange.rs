//! GeoPackage files (OGC 12-128r18) as bytes: layers in and out, apart from any store of ours.
//!
//! The file is opened in memory, read-only, as data of others: nothing of its schema is trusted, a
//! view is not run, and only tables that `gpkg_contents` names are read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB, OptionalExtension, params};
use serde_json::Value;

use crate::formats::cell::{decode, encode};
use crate::formats::label::{self, CRS_REMEDY, clip};
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Finding, Findings, Layer, Reading, VertexCount,
};
use crate::formats::wkb::{self, read_gpkg, write_gpkg};
use crate::geom::crs::Crs;

/// Numbers of the two systems that EPSG does not list, in our files.
const GCJ02_SRS: i32 = 990_001;
const BD09_SRS: i32 = 990_002;
/// What stands for `GP` and the version in the file's header.
const APPLICATION_ID: i32 = 0x4750_4B47;

/// Reads a layer; without a name the only one there is.
#[must_use]
pub fn read(bytes: &[u8], layer: Option<&str>) -> Reading {
    let mut found = Findings::default();
    let layer = match open(bytes) {
        Ok(file) => match rows(&file, layer, &mut found) {
            Ok(layer) => layer,
            Err(fault) => {
                found.error(0, "file", fault.to_string(), "write the file anew with GDAL or QGIS");
                Layer::default()
            }
        },
        Err(finding) => {
            found.push(*finding);
            Layer::default()
        }
    };
    Reading { layer, findings: found.into_vec() }
}

fn open(bytes: &[u8]) -> Result<Connection, Box<Finding>> {
    let refuse = |fault: String, remedy: &str| Box::new(Finding::error(0, "file", fault, remedy));
    if bytes.len() > BYTES_MAX {
        let fault =
            format!("the file has {} bytes, at most {BYTES_MAX} (limit BYTES_MAX)", bytes.len());
        return Err(refuse(fault, "split it"));
    }
    if !bytes.starts_with(b"SQLite format 3\0") || bytes.len() < 100 {
        return Err(refuse("the file is no GeoPackage".to_owned(), "give a .gpkg file, whole"));
    }
    let page = match u16::from_be_bytes([bytes[16], bytes[17]]) {
        1 => 65_536,
        size => usize::from(size),
    };
    let pages = u32::from_be_bytes([bytes[28], bytes[29], bytes[30], bytes[31]]) as usize;
    if page.saturating_mul(pages) > bytes.len() {
        return Err(refuse("the file is cut short".to_owned(), "get the whole file again"));
    }
    let mut bytes = bytes.to_vec();
    // A file in write-ahead mode cannot be opened in memory; what it holds itself is the same.
    for version in &mut bytes[18..20] {
        *version = 1;
    }
    let opened = Connection::open_in_memory().and_then(|mut file| {
        file.deserialize_read_exact(MAIN_DB, bytes.as_slice(), bytes.len(), true)?;
        file.pragma_update(None, "trusted_schema", false)?;
        file.pragma_update(None, "cell_size_check", true)?;
        file.query_row("select count(*) from gpkg_contents", [], |row| row.get::<_, i64>(0))?;
        Ok(file)
    });
    opened.map_err(|fault| {
        refuse(format!("the file is no whole GeoPackage: {fault}"), "get the whole file again")
    })
}

/// The tables of features, and of attributes without geometry.
fn tables(file: &Connection) -> rusqlite::Result<Vec<String>> {
    file.prepare(
        "select c.table_name from gpkg_contents c join sqlite_schema s on s.name = c.table_name \
         where c.data_type in ('features', 'attributes') and s.type = 'table' \
         and s.sql not like 'create virtual%' order by c.table_name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn rows(file: &Connection, wanted: Option<&str>, found: &mut Findings) -> rusqlite::Result<Layer> {
    let tables = tables(file)?;
    let names = || tables.iter().map(|name| clip(name)).collect::<Vec<_>>().join(", ");
    let table = match wanted {
        Some(wanted) => tables.iter().find(|name| *name == wanted),
        None if tables.len() == 1 => tables.first(),
        None => None,
    };
    let Some(table) = table else {
        let fault = match wanted {
            Some(wanted) => format!("there is no layer `{}`", clip(wanted)),
            None => format!("the file holds {} layers", tables.len()),
        };
        found.error(0, "layers", fault, format!("name one (--layer): {}", names()));
        return Ok(Layer::default());
    };
    let mut layer = Layer { name: table.clone(), ..Layer::default() };
    let geometry: Option<(String, i32)> = file
        .query_row(
            "select column_name, srs_id from gpkg_geometry_columns where table_name = ?1",
            [table],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((_, srs)) = &geometry {
        layer.crs = system(file, *srs, found)?;
    }
    if let Some(fault) = unreadable_column(file, table)? {
        found.error(0, "columns", fault, "write the file anew with GDAL or QGIS");
        return Ok(layer);
    }
    let mut statement = file.prepare(&format!("select * from {}", quoted(table)))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if columns.len() > FIELDS_MAX {
        let fault = format!("{} columns, at most {FIELDS_MAX} (limit FIELDS_MAX)", columns.len());
        found.error(0, "columns", fault, "leave columns out");
        return Ok(layer);
    }
    let key = key_column(file, table)?;
    let mut count = VertexCount::default();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let at = layer.features.len() + 1;
        if at > FEATURES_MAX {
            let fault = format!("more than {FEATURES_MAX} features (limit FEATURES_MAX)");
            found.error(0, "file", fault, "split the file");
            break;
        }
        let mut feature = Feature { row: at, ..Feature::default() };
        for (i, name) in columns.iter().enumerate() {
            let value = row.get_ref(i)?;
            if geometry.as_ref().is_some_and(|(column, _)| column.eq_ignore_ascii_case(name)) {
                feature.geometry = shape(at, value, &mut count, found);
            } else if key.as_deref() != Some(name)
                && let Some(value) = cell(at, name, value, found)
            {
                feature.fields.insert(name.clone(), value);
            }
        }
        layer.features.push(feature);
    }
    Ok(layer)
}

/// A column whose name is no text: the driver would break on it.
fn unreadable_column(file: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let mut names = file.prepare("select name from pragma_table_xinfo(?1)")?;
    let mut rows = names.query([table])?;
    let mut at = 0;
    while let Some(row) = rows.next()? {
        at += 1;
        if row.get_ref(0)?.as_str().is_err() {
            return Ok(Some(format!("the name of column {at} is not UTF-8")));
        }
    }
    Ok(None)
}

/// The integer primary key: the row's number, not one of its facts.
fn key_column(file: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    file.query_row(
        "select name from pragma_table_info(?1) where pk = 1 and lower(type) = 'integer'",
        [table],
        |row| row.get(0),
    )
    .optional()
}

fn system(file: &Connection, srs: i32, found: &mut Findings) -> rusqlite::Result<Option<Crs>> {
    let named: Option<(String, i64, String)> = file
        .query_row(
            "select organization, organization_coordsys_id, srs_name from gpkg_spatial_ref_sys \
             where srs_id = ?1",
            [srs],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let (label, name) = match named {
        // "Undefined geographic": the file says nothing.
        _ if srs == 0 => return Ok(None),
        Some((organization, _, name)) if organization.eq_ignore_ascii_case("zonewarden") => {
            (name.clone(), name)
        }
        Some((organization, code, name)) => (format!("{organization}:{code}"), name),
        None => (format!("srs_id {srs}"), "without a row in gpkg_spatial_ref_sys".to_owned()),
    };
    match label::crs(&label) {
        Ok(crs) => Ok(Some(crs)),
        Err(system) => {
            let fault = format!("the layer is in {system} ({}), which is not read", clip(&name));
            found.error(0, "crs", fault, CRS_REMEDY);
            Ok(None)
        }
    }
}

fn shape(
    row: usize,
    value: ValueRef<'_>,
    count: &mut VertexCount,
    found: &mut Findings,
) -> Option<geo_types::Geometry<f64>> {
    use geo::CoordsIter;
    let fault = match value {
        ValueRef::Null => return None,
        ValueRef::Blob(blob) => match read_gpkg(blob) {
            Ok(wkb) => {
                if wkb.flattened {
                    found.warning(row, "geometry", "has heights or measures", "they are left out");
                }
                let geometry = wkb.geometry?;
                count.feature();
                match count.add(geometry.coords_count()) {
                    Ok(()) => return Some(geometry),
                    Err(limit) => limit,
                }
            }
            Err(fault) => fault.to_string(),
        },
        _ => "is no blob".to_owned(),
    };
    found.error(row, "geometry", fault, "write the feature anew");
    None
}

fn cell(row: usize, name: &str, value: ValueRef<'_>, found: &mut Findings) -> Option<Value> {
    let fault = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(value) => return Some(Value::from(value)),
        ValueRef::Real(value) if value.is_finite() => return Some(Value::from(value)),
        ValueRef::Real(_) => "is not finite",
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => return decode(text),
            Err(_) => "is not UTF-8",
        },
        ValueRef::Blob(_) => "holds bytes, which are not read",
    };
    found.error(row, clip(name), fault, "leave the column out, or mend the value");
    None
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes one layer as a GeoPackage.
///
/// # Errors
/// In words: two columns whose names differ only in case, or a fault of the database.
pub fn write(layer: &Layer) -> Result<Vec<u8>, String> {
    let columns = columns(layer)?;
    let make = || -> rusqlite::Result<Vec<u8>> {
        let mut file = Connection::open_in_memory()?;
        file.pragma_update(None, "application_id", APPLICATION_ID)?;
        file.pragma_update(None, "user_version", 10_300)?;
        let all = file.transaction()?;
        all.execute_batch(SCHEMA)?;
        fill(&all, layer, &columns)?;
        all.commit()?;
        file.execute_batch("vacuum")?;
        Ok(file.serialize(MAIN_DB)?.to_vec())
    };
    make().map_err(|fault| format!("the GeoPackage could not be written: {fault}"))
}

/// A column: its field, its name in the file, its type.
struct Column<'a> {
    field: &'a str,
    name: String,
    kind: &'static str,
}

fn columns(layer: &Layer) -> Result<Vec<Column<'_>>, String> {
    let mut kinds: BTreeMap<&str, &'static str> = BTreeMap::new();
    for (name, value) in layer.features.iter().flat_map(|feature| &feature.fields) {
        let kind = match value {
            Value::Null => continue,
            Value::Number(number) if number.is_i64() => "integer",
            Value::Number(number) if number.is_f64() => "real",
            _ => "text",
        };
        let known = kinds.entry(name).or_insert(kind);
        if *known != kind {
            *known = "text";
        }
    }
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for (field, kind) in kinds {
        let lower = field.to_lowercase();
        let taken = matches!(lower.as_str(), "fid" | "geom");
        let name = if taken { format!("attr.{field}") } else { field.to_owned() };
        if field.contains('\0') || !seen.insert(name.to_lowercase()) {
            return Err(format!(
                "a GeoPackage cannot hold the column `{}` beside one that differs only in case",
                clip(field)
            ));
        }
        columns.push(Column { field, name, kind });
    }
    Ok(columns)
}

fn fill(file: &Connection, layer: &Layer, columns: &[Column<'_>]) -> rusqlite::Result<()> {
    let table = if layer.name.is_empty() { "layer" } else { &layer.name };
    let srs = match layer.crs.unwrap_or_default() {
        Crs::Wgs84 => 4326,
        Crs::Cgcs2000 => 4490,
        Crs::Gcj02 => GCJ02_SRS,
        Crs::Bd09 => BD09_SRS,
    };
    let declared: Vec<String> = columns
        .iter()
        .map(|column| format!(", {} {}", quoted(&column.name), column.kind))
        .collect();
    file.execute_batch(&format!(
        "create table {} (fid integer primary key autoincrement not null, geom geometry{})",
        quoted(table),
        declared.concat()
    ))?;
    let mut frame: Option<[f64; 4]> = None;
    let marks: Vec<String> = (0..columns.len()).map(|i| format!(", ?{}", i + 2)).collect();
    let names: Vec<String> = columns.iter().map(|c| format!(", {}", quoted(&c.name))).collect();
    let mut insert = file.prepare(&format!(
        "insert into {} (geom{}) values (?1{})",
        quoted(table),
        names.concat(),
        marks.concat()
    ))?;
    for feature in &layer.features {
        if let Some([a, b, c, d]) = feature.geometry.as_ref().and_then(wkb::envelope) {
            let [e, f, g, h] = frame.unwrap_or([a, b, c, d]);
            frame = Some([a.min(e), b.max(f), c.min(g), d.max(h)]);
        }
        insert.raw_bind_parameter(1, feature.geometry.as_ref().map(|g| write_gpkg(g, srs)))?;
        for (i, column) in columns.iter().enumerate() {
            let value = feature.fields.get(column.field).filter(|value| !value.is_null());
            match (column.kind, value) {
                ("integer", Some(value)) => insert.raw_bind_parameter(i + 2, value.as_i64())?,
                ("real", Some(value)) => insert.raw_bind_parameter(i + 2, value.as_f64())?,
                (_, value) => insert.raw_bind_parameter(i + 2, value.map(encode))?,
            }
        }
        insert.raw_execute()?;
    }
    let side = |i: usize| frame.map(|frame| frame[i]);
    file.execute(
        "insert into gpkg_contents values (?1, 'features', ?1, '', '1970-01-01T00:00:00.000Z', ?2, ?3, ?4, ?5, ?6)",
        params![table, side(0), side(2), side(1), side(3), srs],
    )?;
    file.execute(
        "insert into gpkg_geometry_columns values (?1, 'geom', 'GEOMETRY', ?2, 0, 0)",
        params![table, srs],
    )?;
    Ok(())
}

/// The tables every GeoPackage has (OGC 12-128r18, annex C), with the systems of ours.
const SCHEMA: &str = include_str!("sqlite_exchange.sql");

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point};
    use serde_json::json;

    fn sample(crs: Crs) -> Layer {
        let fields = |n: i64| {
            [
                ("name", json!("枣园 \"a\"")),
                ("n", json!(n)),
                ("share", json!(0.5)),
                ("mixed", if n == 1 { json!("12") } else { json!(12) }),
                ("list", json!(["a"])),
                ("flag", json!(true)),
            ]
            .map(|(k, v)| (k.to_owned(), v))
            .into()
        };
        let feature = |row, geometry, n| Feature { row, id: None, geometry, fields: fields(n) };
        let line = line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)];
        let features = vec![
            feature(1, Some(point!(x: 109.484, y: 36.585).into()), 1),
            feature(2, Some(line.into()), 2),
            feature(3, None, 3),
        ];
        Layer { name: "样例 \"x\"".to_owned(), crs: Some(crs), features }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for crs in Crs::ALL {
            let back = read(&write(&sample(crs)).unwrap(), None);
            assert_eq!((back.layer, back.findings), (sample(crs), vec![]));
        }
        let empty = Layer { name: "zones".to_owned(), ..Layer::default() };
        assert_eq!(read(&write(&empty).unwrap(), None).findings, vec![]);
    }

    #[test]
    fn a_file_cut_short_or_changed_is_refused_or_read_and_never_panics() {
        let bytes = write(&sample(Crs::Wgs84)).unwrap();
        for cut in (0..bytes.len()).step_by(4_001) {
            assert!(read(&bytes[..cut], None).refused(), "cut at {cut}");
        }
        for at in (0..bytes.len()).step_by(257) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xff;
            let _ = read(&changed, None);
        }
    }

    #[test]
    fn a_column_whose_name_is_no_text_is_refused() {
        let mut bytes = write(&sample(Crs::Wgs84)).unwrap();
        let name = b"\"share\" real";
        let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
        bytes[at + 1] = 0xd4;
        let reading = read(&bytes, None);
        assert!(reading.findings[0].fault.contains("is not UTF-8"), "{:?}", reading.findings);
    }

    #[test]
    fn layers_and_systems_that_are_not_there_are_named() {
        assert!(read(b"", None).refused());
        let bytes = write(&sample(Crs::Wgs84)).unwrap();
        let other = read(&bytes, Some("zones"));
        assert!(other.findings[0].remedy.contains("样例"), "{:?}", other.findings);
        let mut file = Connection::open_in_memory().unwrap();
        file.deserialize_read_exact(MAIN_DB, bytes.as_slice(), bytes.len(), false).unwrap();
        file.execute_batch(
            "insert into gpkg_spatial_ref_sys values ('NAD83 / Colorado Central (ftUS)', 2232, 'EPSG', 2232, 'x', '');
             update gpkg_geometry_columns set srs_id = 2232;",
        )
        .unwrap();
        let bytes = file.serialize(MAIN_DB).unwrap().to_vec();
        let read = read(&bytes, None);
        assert!(
            read.findings[0].fault.contains("`EPSG:2232` (NAD83 / Colorado"),
            "{:?}",
            read.findings
        );
    }
}
