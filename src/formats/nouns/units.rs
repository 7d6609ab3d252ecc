//! Units 责任单位 as a layer of their seats.

use geo_types::{Geometry, Point};
use serde_json::Value;

use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::clocks::hours::{HoursFault, OfficeHours};
use crate::domain::id::UnitId;
use crate::formats::layer::{Feature, Findings, Layer};
use crate::formats::nouns::columns::{Column, Columns, NAMES, Row, with_attributes};
use crate::formats::nouns::place::place;
use crate::formats::nouns::told::{Elsewhere, as_exported};
use crate::formats::nouns::{Mapped, Mapping, unique};
use crate::geom::coord::{GridPoint, step};

const COLUMNS: &[Column] = &[
    Column {
        name: "id", aliases: &["unit", "unit_id", "unitid", "code", "单位编码", "编码"]
    },
    Column { name: "kind", aliases: &["type", "unit_kind", "单位类型", "类型"] },
    Column { name: "capacity", aliases: &["staff", "人数", "力量"] },
    Column { name: "office_hours", aliases: &["officehours", "工作时间", "办公时间"] },
];
const ALL: &[&[Column]] = &[COLUMNS, &NAMES];
/// How `/ogc` and a store's file tell it.
const ELSEWHERE: Elsewhere = Elsewhere {
    maps: &[(&["id", "code", "kind", "capacity"], &[])],
    own: &["kind", "capacity", "office_hours"],
    key: "unit_id",
};

/// The layer of units; a unit without a seat has no geometry.
#[must_use]
pub fn to_layer(units: &[Unit]) -> Layer {
    let features = units.iter().enumerate().map(|(i, unit)| {
        let ours = [
            ("id", Value::from(unit.id.as_str())),
            ("name_zh", Value::from(unit.names.zh.as_str())),
            ("name_en", Value::from(unit.names.en.as_str())),
            ("kind", Value::from(unit.kind.code())),
            ("capacity", Value::from(unit.capacity)),
        ];
        let hours = unit.hours.as_ref().map(|hours| ("office_hours", hours.to_string().into()));
        let seat = unit.seat.map(|seat| {
            let at = seat.degrees();
            Geometry::from(Point::new(at.lon(), at.lat()))
        });
        Feature {
            row: i + 1,
            id: Some(unit.id.to_string()),
            geometry: seat,
            fields: with_attributes(ours.into_iter().chain(hours), ALL, &unit.attributes),
        }
    });
    Layer { name: "units".to_owned(), crs: None, features: features.collect() }
}

/// The units of a layer.
#[must_use]
pub fn from_layer(layer: &Layer, mapping: &Mapping) -> Mapped<Unit> {
    let mut found = Findings::default();
    let id = mapping.id.as_deref();
    let layer = as_exported(layer, &ELSEWHERE, (ALL, id), &mut found);
    let columns = Columns::find(&layer, ALL, id, &mut found);
    if layer.features.is_empty() {
        found.error(0, "file", "there is no unit in it", "give one row for each unit");
    }
    let mut units = Vec::with_capacity(layer.features.len());
    for feature in &layer.features {
        if let Some(unit) = read(&mut columns.row(feature, &mut found), mapping) {
            units.push((feature.row, unit));
        }
    }
    unique(units, |unit| unit.id.clone(), "id", found)
}

fn read(row: &mut Row<'_>, mapping: &Mapping) -> Option<Unit> {
    let id = match row.parse("id", "give a short code", UnitId::new) {
        None if mapping.id.is_none() && !row.faulty => {
            row.feature.id.as_deref().and_then(|id| UnitId::new(id).ok())
        }
        id => id,
    };
    let id = row.required("id", id, "give each unit an id");
    let kinds = UnitKind::ALL.map(UnitKind::code).join(", ");
    let kind = row.parse("kind", &format!("give one of {kinds}"), |text| {
        UnitKind::from_code(&text.to_lowercase())
            .ok_or_else(|| format!("`{text}` is no kind of unit"))
    });
    let capacity = row.parse("capacity", "give a whole number", str::parse::<u32>);
    let remedy = "give spans such as 08:00-12:00,14:00-18:00, with `daily` before them where \
                  weekends are worked, or `never`";
    let hours = row.parse("office_hours", remedy, |text| {
        let words = |faults: Vec<HoursFault>| {
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        OfficeHours::parse(text).map_err(words)
    });
    let names = row.names(id.as_ref().map_or("", UnitId::as_str));
    let attributes = row.attributes();
    let seat = match &row.feature.geometry {
        None => None,
        Some(point @ Geometry::Point(_)) => {
            let placed = place(point, mapping.crs, row.feature.row, row.found);
            row.faulty |= placed.is_none();
            match placed {
                Some(Geometry::Point(at)) => Some(GridPoint { x: step(at.x()), y: step(at.y()) }),
                _ => None,
            }
        }
        Some(_) => {
            row.error("geometry", "the seat is no point", "give a point, or none");
            None
        }
    };
    // A city's own offices are by far the most: the kind of those that say nothing.
    let kind = kind.unwrap_or(UnitKind::Department);
    let capacity = capacity.unwrap_or(0);
    let unit = Unit { id: id?, names, kind, seat, capacity, hours, attributes };
    (!row.faulty).then_some(unit)
}
