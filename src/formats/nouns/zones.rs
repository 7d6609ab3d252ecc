//! Zones 责任区 as a layer.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::formats::layer::{Feature, Findings, Layer};
use crate::formats::nouns::collection::one_shape;
use crate::formats::nouns::columns::{Column, Columns, NAMES, Row, with_attributes};
use crate::formats::nouns::place::{area, place_area};
use crate::formats::nouns::told::{Elsewhere, as_exported};
use crate::formats::nouns::{Mapped, Mapping, check_unit, unique};

const COLUMNS: &[Column] = &[
    Column {
        name: "id",
        aliases: &["zone", "zone_id", "zoneid", "code", "责任区", "责任区编码", "编码"],
    },
    Column {
        name: "number",
        aliases: &["no", "num", "zone_no", "zone_number", "编号", "序号", "责任区编号"],
    },
    Column {
        name: "lead",
        aliases: &["lead_unit", "lead_unit_id", "unit", "unit_id", "责任单位", "牵头单位"],
    },
    Column {
        name: "co",
        aliases: &["co_units", "co_unit", "co_responsible", "配合单位", "协同单位", "共同责任单位"],
    },
];
const ALL: &[&[Column]] = &[COLUMNS, &NAMES];
/// How `/ogc` and a store's file tell it.
const ELSEWHERE: Elsewhere = Elsewhere {
    maps: &[
        (
            &["code", "lead", "plan_version", "effective_from"],
            &["lead_zh", "lead_en", "plan_version", "effective_from"],
        ),
        (&["code", "lead", "lead_zh", "locked"], &["lead_zh", "lead_en", "locked"]),
        (&["code", "lead", "lead_en", "locked"], &["lead_zh", "lead_en", "locked"]),
    ],
    own: &["number", "lead", "co"],
    key: "zone_id",
};

/// The layer of a plan's zones.
#[must_use]
pub fn to_layer(zones: &[Zone]) -> Layer {
    let features = zones.iter().enumerate().map(|(i, zone)| {
        let ours = [
            ("id", Value::from(zone.id.as_str())),
            ("number", Value::from(zone.number)),
            ("name_zh", Value::from(zone.names.zh.as_str())),
            ("name_en", Value::from(zone.names.en.as_str())),
            ("lead", Value::from(zone.lead.as_str())),
            ("co", json!(zone.co.iter().map(UnitId::as_str).collect::<Vec<_>>().join(";"))),
        ];
        Feature {
            row: i + 1,
            id: Some(zone.id.to_string()),
            geometry: Some(zone.area.clone().into()),
            fields: with_attributes(ours, ALL, &zone.attributes),
        }
    });
    Layer { name: "zones".to_owned(), crs: None, features: features.collect() }
}

/// The zones of a layer. Whether they tile is [`super::cover`]'s matter.
#[must_use]
pub fn from_layer(layer: &Layer, mapping: &Mapping) -> Mapped<Zone> {
    let mut found = Findings::default();
    let id = mapping.id.as_deref();
    let layer = as_exported(layer, &ELSEWHERE, (ALL, id), &mut found);
    let columns = Columns::find(&layer, ALL, id, &mut found);
    if layer.features.is_empty() {
        found.error(0, "file", "there is no zone in it", "give one feature for each zone");
    }
    let mut zones = Vec::with_capacity(layer.features.len());
    for feature in &layer.features {
        if let Some(zone) = read(&mut columns.row(feature, &mut found), mapping) {
            zones.push((feature.row, zone));
        }
    }
    unique(zones, |zone| zone.id.clone(), "id", found)
}

fn read(row: &mut Row<'_>, mapping: &Mapping) -> Option<Zone> {
    let id = match row.parse("id", "give a short code", ZoneId::new) {
        None if mapping.id.is_none() && !row.faulty => {
            row.feature.id.as_deref().and_then(|id| ZoneId::new(id).ok())
        }
        id => id,
    };
    let id = row.required("id", id, "give each zone an id, or name its column (--zone-id)");
    let number = row.parse("number", "give a whole number", str::parse::<u32>);
    let lead = row
        .parse("lead", "give the code of a unit", UnitId::new)
        .or_else(|| mapping.lead.clone().filter(|_| !row.faulty));
    if lead.is_none() && !row.faulty {
        let place = row.place("lead");
        row.error(place, "no unit leads the zone", "give the unit's code, or one for all (--lead)");
    }
    let mut co: Vec<UnitId> = Vec::new();
    for unit in row.codes("co", UnitId::new) {
        if !co.contains(&unit) && Some(&unit) != lead.as_ref() {
            co.push(unit);
        }
    }
    for unit in &co {
        check_unit(mapping, unit, row, "co");
    }
    if let Some(lead) = &lead {
        check_unit(mapping, lead, row, "lead");
    }
    let names = row.names(id.as_ref().map_or("", ZoneId::as_str));
    let attributes = row.attributes();
    let given = row.feature.geometry.as_ref();
    let one = given.and_then(|given| one_shape(given, row.feature.row, row.found));
    let is_told = given.is_some() && one.is_none();
    let shape = one.map(Cow::into_owned).and_then(area);
    if shape.is_none() && !is_told {
        let fault = if given.is_none() { "is missing" } else { "is no area" };
        row.error("geometry", fault, "give the zone's area as a polygon or multi-polygon");
    }
    let wanted = (mapping.crs, mapping.invalid);
    let shape = shape
        .and_then(|parts| place_area(&parts.into(), wanted, row.feature.row, row.found))
        .and_then(area);
    let id = id?;
    let number = number.unwrap_or_else(|| number_of(&id, row.feature.row));
    let zone = Zone { number, names, lead: lead?, co, area: shape?, attributes, id };
    (!row.faulty).then_some(zone)
}

/// The digits at the end of the id, else the row.
fn number_of(id: &ZoneId, row: usize) -> u32 {
    let text = id.as_str();
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or_else(|_| u32::try_from(row).unwrap_or(u32::MAX))
}
