//! Hand-over 移交 as a layer: the list that both units are given. Written, never read.

use geo_types::{Geometry, Point};
use serde_json::Value;

use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::{CategoryCode, UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::Handed;
use crate::domain::text::Attributes;
use crate::formats::csv;
use crate::formats::layer::{Feature, Layer};
use crate::geom::crs::Crs;

/// The columns of the table, beside the place.
const FIELDS: [&str; 13] = [
    "id",
    "plan",
    "from",
    "to",
    "from_zone",
    "to_zone",
    "handed_at",
    "revision",
    "category",
    "category_zh",
    "category_en",
    "stage",
    "unit",
];

/// The header of the list as a CSV.
#[must_use]
pub fn header() -> Vec<u8> {
    csv::header_of_points(&FIELDS)
}

/// Some lines of the list as a CSV. No cell is a formula; what is not there is an empty cell, where a table would have
/// the word `null`.
#[must_use]
pub fn lines(rows: &[(Handed, Option<Docket>)], catalogue: &Catalogue) -> Vec<u8> {
    let mut layer = to_layer(rows, catalogue);
    for feature in &mut layer.features {
        feature.fields.retain(|_, value| !value.is_null());
    }
    csv::rows_of_points(&layer, &FIELDS)
}

/// The layer of what was handed over, WGS84, each with its incident as it stands, in the order given.
#[must_use]
pub fn to_layer(rows: &[(Handed, Option<Docket>)], catalogue: &Catalogue) -> Layer {
    let features = rows.iter().enumerate().map(|(i, (handed, docket))| {
        let place = docket.as_ref().map(|docket| docket.matter.position.degrees());
        Feature {
            row: i + 1,
            id: Some(handed.incident.to_string()),
            geometry: place.map(|at| Geometry::Point(Point::new(at.lon(), at.lat()))),
            fields: fields(handed, docket.as_ref(), catalogue),
        }
    });
    Layer { name: "handover".to_owned(), crs: Some(Crs::Wgs84), features: features.collect() }
}

fn fields(handed: &Handed, docket: Option<&Docket>, catalogue: &Catalogue) -> Attributes {
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let category = docket.and_then(|docket| docket.matter.category.as_ref());
    let category = category.map(CategoryCode::as_str);
    let named = category.and_then(|code| catalogue.named(code)).map(|named| &named.names);
    let all = [
        ("id", Value::from(handed.incident.to_string())),
        ("plan", Value::from(handed.plan)),
        ("from", Value::from(handed.from.as_str())),
        ("to", Value::from(handed.to.as_str())),
        ("from_zone", text(handed.from_zone.as_ref().map(ZoneId::as_str))),
        ("to_zone", text(handed.to_zone.as_ref().map(ZoneId::as_str))),
        ("handed_at", Value::from(handed.at.rfc3339())),
        ("revision", Value::from(handed.revision)),
        ("category", text(category)),
        ("category_zh", text(named.map(|named| named.zh.as_str()))),
        ("category_en", text(named.map(|named| named.en.as_str()))),
        ("stage", text(docket.map(|docket| docket.stage.code()))),
        ("unit", text(docket.and_then(|it| it.unit.as_ref()).map(UnitId::as_str))),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
