//! What the wings hand to the drivers: statements to run, and rows to read. No driver is named here.

use std::borrow::Cow;

use geo_types::{Geometry, Point};

use crate::domain::text::Attributes;
use crate::geom::coord::{GridPoint, step};
use crate::store::promise::StoreError;

/// One value of the smallest common kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(Cow<'a, str>),
    /// WGS84, two dimensions.
    Geometry(Cow<'a, Geometry<f64>>),
    /// As they are.
    Bytes(&'a [u8]),
    /// For `$n::text[]` in one dialect, a JSON list in the other.
    Texts(Vec<String>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn text_or(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    pub(super) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    pub(super) fn int_or(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }

    pub(super) fn real_or(number: Option<f64>) -> Self {
        number.map_or(Self::Null, Self::Real)
    }

    pub(super) fn flag(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }

    pub(super) fn point(at: GridPoint) -> Self {
        let at = at.degrees();
        Self::Geometry(Cow::Owned(Geometry::Point(Point::new(at.lon(), at.lat()))))
    }
}

/// The kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Real,
    Geometry,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What happens to a row whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is an error.
    Refuse,
    /// It is replaced: all columns outside the key.
    Replace,
}

/// A table that is written in bulk; its columns in the order of the rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) key: &'static [&'static str],
    pub(super) taken: Taken,
}

/// Something to run within a transaction.
#[derive(Debug)]
pub(super) enum Statement<'a> {
    /// One statement in the canonical spelling (see [`crate::store::sql`]).
    One {
        text: &'static str,
        values: Vec<Value<'a>>,
        /// How many rows it must touch, and the conflict's words when it does not.
        must: Option<(u64, String)>,
    },
    /// Rows into a table: COPY or arrays in one dialect, one prepared insert in the other.
    Bulk { table: &'static Table, rows: Vec<Vec<Value<'a>>> },
}

/// A row that was read, by column number from 0.
pub(super) trait Row {
    fn text_or(&self, at: usize) -> Result<Option<&str>, StoreError>;
    fn int_or(&self, at: usize) -> Result<Option<i64>, StoreError>;
    fn real_or(&self, at: usize) -> Result<Option<f64>, StoreError>;
    fn geometry_or(&self, at: usize) -> Result<Option<Geometry<f64>>, StoreError>;
    fn bytes_or(&self, at: usize) -> Result<Option<&[u8]>, StoreError>;

    fn bytes(&self, at: usize) -> Result<&[u8], StoreError> {
        self.bytes_or(at)?.ok_or_else(|| missing(at))
    }

    fn text(&self, at: usize) -> Result<&str, StoreError> {
        self.text_or(at)?.ok_or_else(|| missing(at))
    }

    fn int(&self, at: usize) -> Result<i64, StoreError> {
        self.int_or(at)?.ok_or_else(|| missing(at))
    }

    fn real(&self, at: usize) -> Result<f64, StoreError> {
        self.real_or(at)?.ok_or_else(|| missing(at))
    }

    fn geometry(&self, at: usize) -> Result<Geometry<f64>, StoreError> {
        self.geometry_or(at)?.ok_or_else(|| missing(at))
    }

    fn flag(&self, at: usize) -> Result<bool, StoreError> {
        Ok(self.int(at)? != 0)
    }

    /// A code: an id, a kind, a role.
    fn code<T, E: std::fmt::Display>(
        &self,
        at: usize,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        read(self.text(at)?).map_err(|fault| damaged(at, &fault))
    }

    fn code_or<T, E: std::fmt::Display>(
        &self,
        at: usize,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        self.text_or(at)?.map(read).transpose().map_err(|fault| damaged(at, &fault))
    }

    fn point_or(&self, at: usize) -> Result<Option<GridPoint>, StoreError> {
        match self.geometry_or(at)? {
            None => Ok(None),
            Some(Geometry::Point(p)) if p.x().abs() <= 180.0 && p.y().abs() <= 90.0 => {
                Ok(Some(GridPoint { x: step(p.x()), y: step(p.y()) }))
            }
            Some(_) => Err(damaged(at, &"no point on the globe")),
        }
    }

    /// JSON; the empty list and object are common and cost nothing.
    fn json<T: serde::de::DeserializeOwned + Default>(&self, at: usize) -> Result<T, StoreError> {
        match self.text(at)? {
            "{}" | "[]" => Ok(T::default()),
            text => serde_json::from_str(text).map_err(|fault| damaged(at, &fault)),
        }
    }
}

fn missing(at: usize) -> StoreError {
    damaged(at, &"a value is missing")
}

/// A row that cannot be read back.
pub(super) fn damaged(at: usize, fault: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("column {} of a row: {fault}", at + 1))
}

/// A code that is not in its list.
pub(super) fn unknown(code: &str) -> String {
    format!("`{}` is not known", code.escape_debug())
}

/// A list of codes as JSON. Codes need no escape; whatever else comes is escaped all the same.
pub(super) fn list<'a>(codes: impl ExactSizeIterator<Item = &'a str>) -> Value<'static> {
    Value::Text(json(codes))
}

/// The text of [`list`].
pub(super) fn json<'a>(codes: impl ExactSizeIterator<Item = &'a str>) -> Cow<'static, str> {
    if codes.len() == 0 {
        return Cow::Borrowed("[]");
    }
    let codes = codes.map(|code| serde_json::Value::from(code).to_string());
    Cow::Owned(format!("[{}]", codes.collect::<Vec<_>>().join(",")))
}

/// Attributes as JSON, keys sorted.
pub(super) fn attributes(attributes: &Attributes) -> Value<'static> {
    if attributes.is_empty() {
        return Value::text("{}");
    }
    let members = attributes
        .iter()
        .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())));
    Value::owned(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

pub(super) const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

pub(super) const fn int(name: &'static str) -> Column {
    Column { name, kind: Kind::Int }
}

pub(super) const fn real(name: &'static str) -> Column {
    Column { name, kind: Kind::Real }
}

pub(super) const fn geometry(name: &'static str) -> Column {
    Column { name, kind: Kind::Geometry }
}
