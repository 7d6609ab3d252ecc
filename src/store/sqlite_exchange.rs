//! GeoPackage files (OGC 12-128r18) as bytes: layers in and out, apart from any store of ours.
//!
//! The file is opened in memory, read-only, as data of others: nothing of its schema is trusted. A view
//! is not run, a virtual table is not opened and a generated column is not made, in the tables of the
//! standard as little as in others; only tables that `gpkg_contents` names are read, in at most
//! `STEPS_MAX` steps.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OptionalExtension, params};
use serde_json::Value;

use crate::formats::cell::{decode, encode};
use crate::formats::label::{self, CRS_REMEDY, clip};
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Finding, Findings, Layer, Reading, VertexCount,
};
use crate::formats::wkb::{self, Wkb, read_gpkg, write_gpkg};
use crate::geom::crs::Crs;

/// Numbers of the two systems that EPSG does not list, in our files.
const GCJ02_SRS: i32 = 990_001;
const BD09_SRS: i32 = 990_002;
/// What stands for `GP` and the version in the file's header.
const APPLICATION_ID: i32 = 0x4750_4B47;
/// The tables that say what the others are.
const DIRECTORY: [&str; 3] = ["gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"];
/// Most steps of SQLite's machine over one file. A cell takes one, a row a few more: a million rows of
/// a thousand columns stay far below.
const STEPS_MAX: u64 = 2_000_000_000;
/// The steps are counted by so many.
const STEPS_AT_ONCE: u16 = 10_000;
/// What to do about a file that is otherwise than those of others.
const ANEW: &str = "write the file anew with GDAL or QGIS";

/// Reads a layer; without a name the only one there is.
#[must_use]
pub fn read(bytes: &[u8], layer: Option<&str>) -> Reading {
    let mut found = Findings::default();
    let layer = match open(bytes) {
        Ok(file) => match rows(&file, layer, &mut found) {
            Ok(layer) => layer,
            Err(fault) => {
                found.error(0, "file", words(&fault), ANEW);
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
        bound(&mut file, STEPS_MAX)?;
        let fault = directory_fault(&file)?;
        Ok((file, fault))
    });
    let broken = |fault: &str| format!("the file is no whole GeoPackage: {fault}");
    match opened {
        Ok((file, None)) => Ok(file),
        Ok((_, Some(fault))) => Err(refuse(broken(&fault), ANEW)),
        Err(fault) => Err(refuse(broken(&words(&fault)), "get the whole file again")),
    }
}

/// Ends whatever runs once the statements have taken so many steps.
fn bound(file: &mut Connection, steps: u64) -> rusqlite::Result<()> {
    let mut left = steps / u64::from(STEPS_AT_ONCE);
    let is_over = move || {
        left = left.saturating_sub(1);
        left == 0
    };
    file.progress_handler(i32::from(STEPS_AT_ONCE), Some(is_over))
}

/// What went wrong, for people.
fn words(fault: &rusqlite::Error) -> String {
    match fault.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            format!("reading it takes more than {STEPS_MAX} steps (limit STEPS_MAX)")
        }
        _ => fault.to_string(),
    }
}

/// Why the tables that say what the others are cannot be read.
fn directory_fault(file: &Connection) -> rusqlite::Result<Option<String>> {
    for name in DIRECTORY {
        // A view may have no end. SQLite keeps the text of a table with these two words first and with
        // one blank, and that of a virtual one, whose code would run, with `create virtual`.
        let is_table: bool = file.query_row(
            "select exists (select 1 from sqlite_schema where lower(name) = ?1 \
             and type = 'table' and sql like 'create table %')",
            [name],
            |row| row.get(0),
        )?;
        if !is_table {
            return Ok(Some(format!("there is no table `{name}`")));
        }
        if let Some(fault) = column_fault(file, name)? {
            return Ok(Some(format!("{name}: {fault}")));
        }
    }
    Ok(None)
}

/// The tables of features, and of attributes without geometry.
fn tables(file: &Connection) -> rusqlite::Result<Vec<String>> {
    file.prepare(
        "select c.table_name from gpkg_contents c join sqlite_schema s on s.name = c.table_name \
         where c.data_type in ('features', 'attributes') and s.type = 'table' \
         and s.sql like 'create table %' order by c.table_name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// The table that is asked for, else the only one there is.
fn chosen(file: &Connection, wanted: Option<&str>) -> rusqlite::Result<Result<String, Finding>> {
    let tables = tables(file)?;
    let fault = match wanted {
        Some(wanted) if tables.iter().any(|name| name == wanted) => {
            return Ok(Ok(wanted.to_owned()));
        }
        Some(wanted) => format!("there is no layer `{}`", clip(wanted)),
        None => match tables.as_slice() {
            [only] => return Ok(Ok(only.clone())),
            _ => format!("the file holds {} layers", tables.len()),
        },
    };
    let names = tables.iter().map(|name| clip(name)).collect::<Vec<_>>().join(", ");
    Ok(Err(Finding::error(0, "layers", fault, format!("name one (--layer): {names}"))))
}

fn rows(file: &Connection, wanted: Option<&str>, found: &mut Findings) -> rusqlite::Result<Layer> {
    let mut layer = Layer::default();
    match chosen(file, wanted)? {
        Ok(table) => layer.name = table,
        Err(finding) => {
            found.push(finding);
            return Ok(layer);
        }
    }
    let geometry: Option<(String, i32)> = file
        .query_row(
            "select column_name, srs_id from gpkg_geometry_columns where table_name = ?1",
            [&layer.name],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((_, srs)) = &geometry {
        layer.crs = system(file, *srs, found)?;
    }
    match column_fault(file, &layer.name)? {
        Some(fault) => found.error(0, "columns", fault, ANEW),
        None => features(file, geometry.as_ref(), &mut layer, found)?,
    }
    Ok(layer)
}

/// The rows of the layer's table; `geometry` is the column of their shapes, with its system.
fn features(
    file: &Connection,
    geometry: Option<&(String, i32)>,
    layer: &mut Layer,
    found: &mut Findings,
) -> rusqlite::Result<()> {
    let mut statement = file.prepare(&format!("select * from {}", quoted(&layer.name)))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if columns.len() > FIELDS_MAX {
        let fault = format!("{} columns, at most {FIELDS_MAX} (limit FIELDS_MAX)", columns.len());
        found.error(0, "columns", fault, "leave columns out");
        return Ok(());
    }
    let key = key_column(file, &layer.name)?;
    let declared = declared(file, &layer.name)?;
    let (mut count, mut room) = (VertexCount::default(), Room(BYTES_MAX));
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
            if !room.holds(value) {
                let fault = format!("has more than {BYTES_MAX} bytes of values (limit BYTES_MAX)");
                found.error(0, "file", fault, "split the file");
                return Ok(());
            }
            match geometry {
                Some((column, srs)) if column.eq_ignore_ascii_case(name) => {
                    feature.geometry = shape(at, *srs, value, &mut count, found);
                }
                _ if key.as_deref() == Some(name.as_str()) => {}
                _ => {
                    let declared = declared.get(name).copied().unwrap_or_default();
                    if let Some(value) = cell(at, name, (value, declared), found) {
                        feature.fields.insert(name.clone(), value);
                    }
                }
            }
        }
        layer.features.push(feature);
    }
    Ok(())
}

/// Bytes that values may still have. A file has them once, but a column's default, which stands in
/// the schema, is read again for every row that was written before the column was added.
struct Room(usize);

impl Room {
    /// Whether there was room for the value, which is taken.
    fn holds(&mut self, value: ValueRef<'_>) -> bool {
        let bytes = match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// A column that is not to be read: the driver would break on a name that is no text, and a generated
/// column gives as many bytes in every row as its expression says.
fn column_fault(file: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let mut columns = file.prepare("select name, hidden from pragma_table_xinfo(?1)")?;
    let mut rows = columns.query([table])?;
    let mut at = 0;
    while let Some(row) = rows.next()? {
        at += 1;
        let Ok(name) = row.get_ref(0)?.as_str() else {
            return Ok(Some(format!("the name of column {at} is not UTF-8")));
        };
        if row.get::<_, i64>(1)? != 0 {
            return Ok(Some(format!("the column `{}` is generated, not written", clip(name))));
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

/// A geometry of a layer in the system `srs`.
fn shape(
    row: usize,
    srs: i32,
    value: ValueRef<'_>,
    count: &mut VertexCount,
    found: &mut Findings,
) -> Option<geo_types::Geometry<f64>> {
    use geo::CoordsIter;
    let fault = match value {
        ValueRef::Null => return None,
        ValueRef::Blob(blob) => match read_gpkg(blob) {
            // 0 and -1 say nothing.
            Ok(Wkb { srid: Some(own), .. }) if own != srs && !matches!(own, -1 | 0) => {
                format!("is in the system with srs_id {own}, its layer in {srs}")
            }
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

/// What a column is declared to hold, where its values do not say it themselves.
#[derive(Clone, Copy, Default)]
enum Declared {
    #[default]
    Plain,
    /// `BOOLEAN`: 0 or 1.
    Flag,
    /// `DATETIME`: with thousandths of a second, whether somebody gave them or not.
    Time,
    /// Text that is JSON, as `gpkg_data_columns` says.
    Json,
    /// `TEXT` as GDAL and QGIS write it: digits are a text, where ours would stand in quotes.
    Text,
}

/// What the columns of a table are declared to hold.
fn declared(file: &Connection, table: &str) -> rusqlite::Result<BTreeMap<String, Declared>> {
    let is_table = |name: &str| -> rusqlite::Result<bool> {
        let there: bool = file.query_row(
            "select exists (select 1 from sqlite_schema where name = ?1 and type = 'table' \
             and sql like 'create table %')",
            [name],
            |row| row.get(0),
        )?;
        Ok(there && column_fault(file, name)?.is_none())
    };
    // A table of GDAL's own beside those of the standard.
    let theirs = is_table("gpkg_ogr_contents")?;
    let mut json: BTreeSet<String> = BTreeSet::new();
    if is_table("gpkg_data_columns")? {
        let mut named = file.prepare(
            "select column_name from gpkg_data_columns \
             where table_name = ?1 and mime_type = 'application/json'",
        )?;
        json = named.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    }
    let mut columns = file.prepare("select name, lower(type) from pragma_table_info(?1)")?;
    let told = columns.query_map([table], |row| {
        let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let declared = match kind.as_str() {
            "boolean" => Declared::Flag,
            "datetime" => Declared::Time,
            _ if json.contains(&name) => Declared::Json,
            kind if theirs && kind.starts_with("text") => Declared::Text,
            _ => Declared::Plain,
        };
        Ok((name, declared))
    })?;
    told.collect()
}

fn cell(
    row: usize,
    name: &str,
    (value, declared): (ValueRef<'_>, Declared),
    found: &mut Findings,
) -> Option<Value> {
    let fault = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(flag @ 0..=1) if matches!(declared, Declared::Flag) => {
            return Some(Value::from(flag == 1));
        }
        ValueRef::Integer(value) => return Some(Value::from(value)),
        ValueRef::Real(value) if value.is_finite() => return Some(Value::from(value)),
        ValueRef::Real(_) => "is not finite",
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => return worded(text, declared),
            Err(_) => "is not UTF-8",
        },
        ValueRef::Blob(_) => "holds bytes, which are not read",
    };
    found.error(row, clip(name), fault, "leave the column out, or mend the value");
    None
}

/// The value of a text.
fn worded(text: &str, declared: Declared) -> Option<Value> {
    let plain = decode(text);
    match declared {
        Declared::Json => serde_json::from_str(text).ok().or(plain),
        Declared::Time if text.get(19..23) == Some(".000") => {
            Some(Value::from(text.replacen(".000", "", 1)))
        }
        Declared::Text if matches!(plain, Some(Value::Number(_))) => Some(text.trim().into()),
        Declared::Plain | Declared::Flag | Declared::Time | Declared::Text => plain,
    }
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
mod tests;
