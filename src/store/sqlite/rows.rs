//! Values into `SQLite` and rows out of it. Geometry is a GeoPackage blob.

use std::borrow::Cow;

use geo_types::Geometry;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, ErrorCode, ToSql, params_from_iter};

use crate::formats::wkb;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Value, damaged};

/// EPSG:4326, as every geometry column says.
const WGS84: i32 = 4326;

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Geometry(it) => ToSqlOutput::from(wkb::write_gpkg(it, WGS84)),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Texts(texts) => {
                let texts: Vec<Cow<'_, str>> =
                    texts.iter().map(|text| Cow::Borrowed(text.as_str())).collect();
                ToSqlOutput::from(serde_json::Value::from(texts).to_string())
            }
        })
    }
}

/// A row by column number.
pub(super) struct SqliteRow<'r>(pub(super) &'r rusqlite::Row<'r>);

impl SqliteRow<'_> {
    fn value(&self, at: usize) -> Result<ValueRef<'_>, StoreError> {
        self.0.get_ref(at).map_err(|error| fault(&error))
    }
}

impl Row for SqliteRow<'_> {
    fn text_or(&self, at: usize) -> Result<Option<&str>, StoreError> {
        self.value(at)?.as_str_or_null().map_err(|fault| damaged(at, &fault))
    }

    fn int_or(&self, at: usize) -> Result<Option<i64>, StoreError> {
        self.value(at)?.as_i64_or_null().map_err(|fault| damaged(at, &fault))
    }

    fn real_or(&self, at: usize) -> Result<Option<f64>, StoreError> {
        self.value(at)?.as_f64_or_null().map_err(|fault| damaged(at, &fault))
    }

    fn bytes_or(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        self.value(at)?.as_blob_or_null().map_err(|fault| damaged(at, &fault))
    }

    fn geometry_or(&self, at: usize) -> Result<Option<Geometry<f64>>, StoreError> {
        let Some(blob) = self.value(at)?.as_blob_or_null().map_err(|fault| damaged(at, &fault))?
        else {
            return Ok(None);
        };
        wkb::read_gpkg(blob).map(|it| it.geometry).map_err(|fault| damaged(at, &fault))
    }
}

/// Every row of a query.
pub(super) fn all<T>(
    connection: &Connection,
    text: &str,
    values: &[Value<'_>],
    mut read: impl FnMut(&SqliteRow<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    let mut statement =
        connection.prepare_cached(&Dialect::Sqlite.spell(text)).map_err(|error| fault(&error))?;
    let mut rows = statement.query(params_from_iter(values)).map_err(|error| fault(&error))?;
    while let Some(row) = rows.next().map_err(|error| fault(&error))? {
        found.push(read(&SqliteRow(row))?);
    }
    Ok(found)
}

/// What a fault of the library means.
pub(super) fn fault(error: &Error) -> StoreError {
    let words = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged(format!("the file is damaged ({words}); restore it from a backup"))
        }
        Some(ErrorCode::NotADatabase) => {
            StoreError::Damaged("the file is no database; it was left as it is".to_owned())
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable("another program keeps the file locked".to_owned())
        }
        Some(ErrorCode::DiskFull) => StoreError::Unavailable("the disk is full".to_owned()),
        Some(ErrorCode::ReadOnly) => StoreError::Unavailable("the file is read-only".to_owned()),
        _ => StoreError::Unavailable(words),
    }
}

/// The five functions that the triggers of a GeoPackage's R-trees call.
pub(super) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    for (side, name) in ["ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"].into_iter().enumerate() {
        connection.create_scalar_function(name, 1, flags, move |context| {
            let blob = context.get_raw(0).as_blob_or_null().unwrap_or(None);
            Ok(blob.and_then(wkb::gpkg_envelope).map(|sides| sides[side]))
        })?;
    }
    connection.create_scalar_function("ST_IsEmpty", 1, flags, |context| {
        let blob = context.get_raw(0).as_blob_or_null().unwrap_or(None);
        Ok(blob.map(|blob| wkb::gpkg_envelope(blob).is_none()))
    })
}
