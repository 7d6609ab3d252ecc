//! The header in.

use std::collections::BTreeSet;

use crate::formats::flatgeobuf::table::{Damaged, Table};
use crate::formats::flatgeobuf::wire::{
    COLUMN_NAME, COLUMN_TYPE, COLUMNS, CRS, CRS_CODE, CRS_CODE_STRING, CRS_NAME, CRS_ORG, CRS_WKT,
    Column, FEATURES_COUNT, GEOMETRY_TYPE, INDEX_NODE_SIZE, Kind, NAME, NODE_SIZE,
};
use crate::formats::label::{self, clip};
use crate::formats::layer::FIELDS_MAX;
use crate::geom::crs::Crs;

/// Longest name of a column, in bytes.
const NAME_BYTES_MAX: usize = 1_000;

/// What a file says of all its features.
pub(super) struct Header {
    pub(super) name: String,
    /// The type of every geometry; 0: each says its own.
    pub(super) kind: u8,
    pub(super) columns: Vec<Column>,
    /// How many features there are; 0: unknown.
    pub(super) features: u64,
    /// Children of a node of the index; 0: there is none.
    pub(super) node_size: u16,
    /// The system, or in words why it is none that is read.
    pub(super) crs: Result<Option<Crs>, String>,
}

/// Reads a header.
///
/// # Errors
/// In words, when it is damaged, or its columns are none that can be read.
pub(super) fn read(bytes: &[u8]) -> Result<Header, String> {
    let table = Table::root(bytes)?;
    let crs = table.table(CRS)?.map_or(Ok(Ok(None)), system)?;
    Ok(Header {
        name: clip(table.text(NAME)?.unwrap_or_default()),
        kind: table.u8(GEOMETRY_TYPE)?.unwrap_or(0),
        columns: columns(table, COLUMNS)?,
        features: table.u64(FEATURES_COUNT)?.unwrap_or(0),
        node_size: table.u16(INDEX_NODE_SIZE)?.unwrap_or(NODE_SIZE),
        crs,
    })
}

/// The columns that a field of a table declares.
///
/// # Errors
/// In words.
pub(super) fn columns(table: Table<'_>, field: usize) -> Result<Vec<Column>, String> {
    let tables = table.tables(field)?;
    if tables.left() > FIELDS_MAX {
        let count = tables.left();
        return Err(format!("declares {count} columns, at most {FIELDS_MAX} (limit FIELDS_MAX)"));
    }
    let (mut columns, mut names) = (Vec::new(), BTreeSet::new());
    for column in tables {
        let column = column?;
        let name = column.text(COLUMN_NAME)?.unwrap_or_default();
        if name.len() > NAME_BYTES_MAX {
            return Err(format!("has a column whose name is longer than {NAME_BYTES_MAX} bytes"));
        }
        let code = column.u8(COLUMN_TYPE)?.unwrap_or(0);
        let kind = Kind::from_code(code)
            .ok_or_else(|| format!("has the column `{}` of the unknown type {code}", clip(name)))?;
        if !names.insert(name) {
            return Err(format!("declares the column `{}` twice", clip(name)));
        }
        columns.push(Column { name: name.to_owned(), kind });
    }
    Ok(columns)
}

/// The system that a table names: by its number, else by its code, its text or its name.
fn system(table: Table<'_>) -> Result<Result<Option<Crs>, String>, Damaged> {
    let org = table.text(CRS_ORG)?.filter(|org| !org.is_empty()).unwrap_or("EPSG");
    let code = table.i32(CRS_CODE)?.unwrap_or(0);
    if code > 0 {
        return Ok(label::crs(&format!("{}:{code}", clip(org))).map(Some));
    }
    let text = |field| -> Result<Option<&str>, Damaged> {
        Ok(table.text(field)?.filter(|text| !text.trim().is_empty()))
    };
    let Some(code) = text(CRS_CODE_STRING)? else {
        let (wkt, name) = (text(CRS_WKT)?, text(CRS_NAME)?);
        return Ok(wkt.or(name).map_or(Ok(None), |text| label::crs(text).map(Some)));
    };
    Ok(label::crs(code).or_else(|_| label::crs(&format!("{}:{}", clip(org), clip(code)))).map(Some))
}
