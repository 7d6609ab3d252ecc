//! Incidents 案件 as a layer: what a work list is handed on as. Written, never read.
//!
//! `due_at` is the nearest deadline of an incident's clocks, `light` that clock's light 红绿灯 (`green`, `yellow`
//! or `red`), and `light_of` which clock it is: `whole`, or what the stage waits for (`verify`, `file`, `dispatch`,
//! `handle`, `check` or `close`). All three are empty where no clock runs.

use geo_types::{Geometry, Point};
use serde_json::Value;

use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::clock::Light;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::text::Attributes;
use crate::domain::time::Instant;
use crate::formats::csv;
use crate::formats::layer::{Feature, Layer};
use crate::geom::crs::Crs;

/// The names of what is told of every incident, so that a table without any has a header.
const FIELDS: [&str; 24] = [
    "id",
    "stage",
    "stage_zh",
    "category",
    "category_zh",
    "category_en",
    "zone",
    "unit",
    "co_units",
    "routed_unit",
    "for_dispatcher",
    "due_at",
    "light",
    "light_of",
    "escalated",
    "escalates_at",
    "opened_at",
    "happened_at",
    "stage_since",
    "last_at",
    "supporters",
    "source",
    "revision",
    "merged_into",
];

/// The layer of incidents, WGS84, in the order given, with their lights as of `now` and the names of the city's
/// categories.
#[must_use]
pub fn to_layer(dockets: &[Docket], catalogue: &Catalogue, now: Instant) -> Layer {
    let features = dockets.iter().enumerate().map(|(i, docket)| {
        let at = docket.matter.position.degrees();
        Feature {
            row: i + 1,
            id: Some(docket.id.to_string()),
            geometry: Some(Geometry::Point(Point::new(at.lon(), at.lat()))),
            fields: fields(docket, catalogue, now),
        }
    });
    Layer { name: "incidents".to_owned(), crs: Some(Crs::Wgs84), features: features.collect() }
}

/// The layer as a CSV. What is not there is an empty cell, where a table would have the word `null`.
#[must_use]
pub fn to_table(dockets: &[Docket], catalogue: &Catalogue, now: Instant) -> Vec<u8> {
    let mut layer = to_layer(dockets, catalogue, now);
    for feature in &mut layer.features {
        feature.fields.retain(|_, value| !value.is_null());
    }
    csv::write_of(&layer, &FIELDS)
}

fn fields(docket: &Docket, catalogue: &Catalogue, now: Instant) -> Attributes {
    let matter = &docket.matter;
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let time = |at: Instant| Value::from(at.rfc3339());
    let category = matter.category.as_ref().map(CategoryCode::as_str);
    let named = category.and_then(|code| catalogue.named(code)).map(|named| &named.names);
    let co: Vec<&str> = docket.co.iter().map(UnitId::as_str).collect();
    let all = [
        ("id", Value::from(docket.id.to_string())),
        ("stage", Value::from(docket.stage.code())),
        ("stage_zh", Value::from(docket.stage.zh())),
        ("category", text(category)),
        ("category_zh", text(named.map(|named| named.zh.as_str()))),
        ("category_en", text(named.map(|named| named.en.as_str()))),
        ("zone", text(matter.zone.as_ref().map(ZoneId::as_str))),
        ("unit", text(docket.unit.as_ref().map(UnitId::as_str))),
        ("co_units", Value::from(co.join(" "))),
        ("routed_unit", Value::from(matter.routed.as_str())),
        ("for_dispatcher", Value::from(docket.for_dispatcher())),
        ("due_at", docket.due_at.map_or(Value::Null, time)),
        ("light", text(docket.light(now).map(Light::code))),
        ("light_of", text(docket.turns.map(|turns| turns.of.code()))),
        ("escalated", text(docket.rung.map(Act::code))),
        ("escalates_at", docket.escalates_at.map_or(Value::Null, time)),
        ("opened_at", time(docket.opened_at)),
        ("happened_at", time(matter.happened_at)),
        ("stage_since", time(docket.since)),
        ("last_at", time(docket.last_at)),
        ("supporters", Value::from(docket.supporters)),
        ("source", Value::from(matter.source.as_str())),
        ("revision", Value::from(docket.revision)),
        ("merged_into", docket.merged_into.map_or(Value::Null, |into| into.to_string().into())),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
