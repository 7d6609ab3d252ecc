//! Values into PostgreSQL and rows out of it.

use std::error::Error as StdError;

use bytes::BytesMut;
use geo_types::Geometry;
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::postgres::geometry;
use crate::store::promise::StoreError;
use crate::store::statement::{Row, Value, damaged};

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Real(number) => number.to_sql(kind, out),
            Self::Text(text) => text.as_ref().to_sql(kind, out),
            Self::Geometry(it) => geometry::write(it, kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Texts(texts) => texts.to_sql(kind, out),
        }
    }

    /// Which value goes into which column is ours to get right: the suite prepares and runs all.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row by column number.
pub(super) struct PostgresRow(pub(super) tokio_postgres::Row);

impl PostgresRow {
    fn value<'r, T: FromSql<'r>>(&'r self, at: usize) -> Result<Option<T>, StoreError> {
        self.0.try_get(at).map_err(|fault| damaged(at, &fault))
    }
}

impl Row for PostgresRow {
    fn text_or(&self, at: usize) -> Result<Option<&str>, StoreError> {
        self.value(at)
    }

    fn int_or(&self, at: usize) -> Result<Option<i64>, StoreError> {
        self.value(at)
    }

    fn real_or(&self, at: usize) -> Result<Option<f64>, StoreError> {
        self.value(at)
    }

    fn bytes_or(&self, at: usize) -> Result<Option<&[u8]>, StoreError> {
        self.value(at)
    }

    fn geometry_or(&self, at: usize) -> Result<Option<Geometry<f64>>, StoreError> {
        Ok(self.value::<geometry::Read>(at)?.map(|it| it.0))
    }
}

/// What a fault of the library means. Only the server's message is passed on: its detail would
/// quote the row.
pub(super) fn fault(error: &Error) -> StoreError {
    let Some(told) = error.as_db_error() else {
        let cause = StdError::source(error).map_or(String::new(), |cause| format!(": {cause}"));
        return StoreError::Unavailable(format!("{error}{cause}"));
    };
    let words = told.message().to_owned();
    match *told.code() {
        SqlState::UNDEFINED_TABLE
        | SqlState::UNDEFINED_COLUMN
        | SqlState::INVALID_SCHEMA_NAME
        | SqlState::DATA_CORRUPTED
        | SqlState::INDEX_CORRUPTED => StoreError::Damaged(words),
        _ => StoreError::Unavailable(words),
    }
}
