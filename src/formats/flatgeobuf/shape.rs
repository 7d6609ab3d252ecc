//! The geometries and values of features in.

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};
use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::flatgeobuf::table::{Table, Tables, chunk, wide};
use crate::formats::flatgeobuf::wire::{
    COLLECTION, Column, ENDS, Kind, LINE_STRING, M, MULTI_LINE_STRING, MULTI_POINT, MULTI_POLYGON,
    PARTS, POINT, POLYGON, TYPE, XY, Z,
};
use crate::formats::label::clip;
use crate::formats::layer::{FEATURE_VERTICES_MAX, VertexCount};

/// Deepest nesting of geometries.
pub(super) const DEPTH_MAX: usize = 8;

/// Reads the geometry of one feature.
pub(super) struct Shape<'c> {
    count: &'c mut VertexCount,
    /// Parts and ends that may still be looked at: several tables may share what they lead to.
    parts_left: usize,
    /// Whether heights or measures were left out.
    pub(super) flattened: bool,
}

impl<'c> Shape<'c> {
    /// A new feature begins.
    pub(super) fn new(count: &'c mut VertexCount) -> Self {
        count.feature();
        Self { count, parts_left: FEATURE_VERTICES_MAX, flattened: false }
    }

    /// The geometry of a table; `kind` is its type where something said it before, else 0.
    ///
    /// # Errors
    /// In words.
    pub(super) fn read(
        &mut self,
        table: Table<'_>,
        kind: u8,
        depth: usize,
    ) -> Result<Option<Geometry<f64>>, String> {
        if depth > DEPTH_MAX {
            return Err(format!("is nested deeper than {DEPTH_MAX} (limit DEPTH_MAX)"));
        }
        self.spend(1)?;
        self.flattened |= table.vector(Z, 8)?.or(table.vector(M, 8)?).is_some();
        let kind = if kind == 0 { table.u8(TYPE)?.unwrap_or(0) } else { kind };
        match kind {
            POINT => Ok(self.positions(table)?.first().map(|at| Point(*at).into())),
            MULTI_POINT => {
                let points = self.positions(table)?.into_iter().map(Point).collect::<Vec<_>>();
                Ok((!points.is_empty()).then(|| MultiPoint(points).into()))
            }
            LINE_STRING => match self.positions(table)? {
                none if none.is_empty() => Ok(None),
                line if line.len() == 1 => Err("a line has one position".to_owned()),
                line => Ok(Some(LineString(line).into())),
            },
            MULTI_LINE_STRING => {
                let lines = self.lines(table)?;
                if lines.iter().any(|line| line.0.len() < 2) {
                    return Err("a part of a line has fewer than two positions".to_owned());
                }
                Ok((!lines.is_empty()).then(|| MultiLineString(lines).into()))
            }
            POLYGON => Ok(self.polygon(table)?.map(Geometry::from)),
            MULTI_POLYGON => {
                let mut areas = Vec::new();
                for part in self.parts(table)? {
                    match self.read(part?, POLYGON, depth + 1)? {
                        Some(Geometry::Polygon(area)) => areas.push(area),
                        _ => return Err("a part of the areas is empty".to_owned()),
                    }
                }
                Ok((!areas.is_empty()).then(|| MultiPolygon(areas).into()))
            }
            COLLECTION => {
                let mut parts = Vec::new();
                for part in self.parts(table)? {
                    parts.extend(self.read(part?, 0, depth + 1)?);
                }
                Ok((!parts.is_empty())
                    .then_some(Geometry::GeometryCollection(GeometryCollection(parts))))
            }
            0 => Err("has no type".to_owned()),
            other => Err(format!("is a curve or surface (type {other}), which is not read")),
        }
    }

    fn spend(&mut self, parts: usize) -> Result<(), String> {
        self.parts_left = self.parts_left.checked_sub(parts).ok_or_else(|| {
            format!("has more than {FEATURE_VERTICES_MAX} parts (limit FEATURE_VERTICES_MAX)")
        })?;
        Ok(())
    }

    fn parts<'a>(&mut self, table: Table<'a>) -> Result<Tables<'a>, String> {
        let parts = table.tables(PARTS)?;
        self.spend(parts.left())?;
        Ok(parts)
    }

    fn positions(&mut self, table: Table<'_>) -> Result<Vec<Coord<f64>>, String> {
        let bytes = table.vector(XY, 8)?.unwrap_or_default();
        let pairs = bytes.chunks_exact(16);
        if !pairs.remainder().is_empty() {
            return Err("has an odd number of coordinates".to_owned());
        }
        self.count.add(pairs.len())?;
        let mut all = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let (x, y) = (f64::from_le_bytes(chunk(pair, 0)?), f64::from_le_bytes(chunk(pair, 8)?));
            if !(x.is_finite() && y.is_finite()) {
                return Err(format!("the position {x}, {y} is not finite"));
            }
            all.push(Coord { x, y });
        }
        Ok(all)
    }

    /// Positions cut where their ends say.
    fn lines(&mut self, table: Table<'_>) -> Result<Vec<LineString<f64>>, String> {
        let positions = self.positions(table)?;
        let ends = table.vector(ENDS, 4)?.unwrap_or_default();
        if ends.is_empty() {
            let whole = (!positions.is_empty()).then_some(LineString(positions));
            return Ok(whole.into_iter().collect());
        }
        self.spend(ends.len() / 4)?;
        let (mut lines, mut from) = (Vec::new(), 0);
        for end in ends.chunks_exact(4) {
            let to = wide(u32::from_le_bytes(chunk(end, 0)?));
            let line = positions.get(from..to);
            let line = line.ok_or("its parts do not follow each other")?;
            lines.push(LineString(line.to_vec()));
            from = to;
        }
        if from < positions.len() {
            return Err("has positions behind its last part".to_owned());
        }
        Ok(lines)
    }

    fn polygon(&mut self, table: Table<'_>) -> Result<Option<Polygon<f64>>, String> {
        let rings = self.lines(table)?;
        if let Some(bad) = rings.iter().find(|it| it.0.len() < 4 || it.0.first() != it.0.last()) {
            let at = bad.0.first().copied().unwrap_or_default();
            return Err(format!("the ring at {}, {} is not closed", at.x, at.y));
        }
        let mut rings = rings.into_iter();
        Ok(rings.next().map(|shell| Polygon::new(shell, rings.collect())))
    }
}

/// The values of a feature.
///
/// # Errors
/// In words.
pub(super) fn values(bytes: &[u8], columns: &[Column]) -> Result<Attributes, String> {
    let mut fields = Attributes::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let number = usize::from(u16::from_le_bytes(chunk(rest, 0)?));
        let column = columns
            .get(number)
            .ok_or_else(|| format!("has a value of column {number}, which is not declared"))?;
        rest = rest.get(2..).unwrap_or_default();
        let (value, behind) = value(rest, column.kind)
            .ok_or_else(|| format!("the value of `{}` is cut short", clip(&column.name)))?;
        if let Some(value) = value {
            fields.insert(column.name.clone(), value);
        }
        rest = rest.get(behind..).unwrap_or_default();
    }
    Ok(fields)
}

/// A value and how many bytes it takes; `None` inside for what JSON has no value for. `None` where the bytes
/// end too soon.
fn value(bytes: &[u8], kind: Kind) -> Option<(Option<Value>, usize)> {
    macro_rules! number {
        ($type:ty, $size:literal) => {{
            let value = <$type>::from_le_bytes(chunk::<$size>(bytes, 0).ok()?);
            (Some(Value::from(value)), $size)
        }};
    }
    let real = |value: f64| Some(value).filter(|value| value.is_finite()).map(Value::from);
    Some(match kind {
        Kind::Byte => number!(i8, 1),
        Kind::UByte => number!(u8, 1),
        Kind::Bool => (Some(Value::Bool(*bytes.first()? != 0)), 1),
        Kind::Short => number!(i16, 2),
        Kind::UShort => number!(u16, 2),
        Kind::Int => number!(i32, 4),
        Kind::UInt => number!(u32, 4),
        Kind::Long => number!(i64, 8),
        Kind::ULong => number!(u64, 8),
        Kind::Float => (real(f64::from(f32::from_le_bytes(chunk(bytes, 0).ok()?))), 4),
        Kind::Double => (real(f64::from_le_bytes(chunk(bytes, 0).ok()?)), 8),
        Kind::Text | Kind::Json | Kind::DateTime | Kind::Binary => {
            let length = wide(u32::from_le_bytes(chunk(bytes, 0).ok()?));
            let raw = bytes.get(4..)?.get(..length)?;
            (text(raw, kind), 4 + length)
        }
    })
}

fn text(raw: &[u8], kind: Kind) -> Option<Value> {
    let text = || Value::from(String::from_utf8_lossy(raw));
    match kind {
        Kind::Json => Some(serde_json::from_slice(raw).unwrap_or_else(|_| text())),
        Kind::Binary => None,
        _ => Some(text()),
    }
}
