//! Facilities 设施 as a layer.

use serde_json::Value;

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::id::{FacilityId, UnitId};
use crate::formats::layer::{Feature, Findings, Layer};
use crate::formats::nouns::columns::{Column, Columns, NAMES, Row, with_attributes};
use crate::formats::nouns::place::place;
use crate::formats::nouns::told::{Elsewhere, as_exported};
use crate::formats::nouns::{Mapped, Mapping, check_unit, unique};

const COLUMNS: &[Column] = &[
    Column { name: "id", aliases: &["facility", "facility_id", "code", "设施编码", "编码"] },
    Column { name: "kind", aliases: &["type", "facility_kind", "设施类型", "类型"] },
    Column { name: "unit", aliases: &["unit_id", "owner", "责任单位", "权属单位"] },
];
const ALL: &[&[Column]] = &[COLUMNS, &NAMES];
/// How `/ogc` and a store's file tell it.
const ELSEWHERE: Elsewhere = Elsewhere {
    maps: &[
        (&["code", "kind", "unit", "unit_zh"], &["unit_zh", "unit_en"]),
        (&["code", "kind", "unit", "unit_en"], &["unit_zh", "unit_en"]),
        (&["id", "code", "kind"], &[]),
    ],
    own: &["kind", "unit"],
    key: "facility_id",
};

/// The layer of facilities.
#[must_use]
pub fn to_layer(facilities: &[Facility]) -> Layer {
    let features = facilities.iter().enumerate().map(|(i, facility)| {
        let ours = [
            ("id", Value::from(facility.id.as_str())),
            ("kind", Value::from(facility.kind.code())),
            ("name_zh", Value::from(facility.names.zh.as_str())),
            ("name_en", Value::from(facility.names.en.as_str())),
            ("unit", facility.unit.as_ref().map_or(Value::Null, |unit| Value::from(unit.as_str()))),
        ];
        Feature {
            row: i + 1,
            id: Some(facility.id.to_string()),
            geometry: Some(facility.geometry.clone()),
            fields: with_attributes(ours, ALL, &facility.attributes),
        }
    });
    Layer { name: "facilities".to_owned(), crs: None, features: features.collect() }
}

/// The facilities of a layer.
#[must_use]
pub fn from_layer(layer: &Layer, mapping: &Mapping) -> Mapped<Facility> {
    let mut found = Findings::default();
    let id = mapping.id.as_deref();
    let layer = as_exported(layer, &ELSEWHERE, (ALL, id), &mut found);
    let columns = Columns::find(&layer, ALL, id, &mut found);
    if layer.features.is_empty() {
        found.error(0, "file", "there is no facility in it", "give one feature for each facility");
    }
    let kinds: Vec<&str> = FacilityKind::ALL.iter().map(|kind| kind.code()).collect();
    let kinds = format!("give one of {}", kinds.join(", "));
    let mut facilities = Vec::with_capacity(layer.features.len());
    for feature in &layer.features {
        if let Some(facility) = read(&mut columns.row(feature, &mut found), mapping, &kinds) {
            facilities.push((feature.row, facility));
        }
    }
    unique(facilities, |facility| facility.id.clone(), "id", found)
}

fn read(row: &mut Row<'_>, mapping: &Mapping, kinds: &str) -> Option<Facility> {
    let id = match row.parse("id", "give a short code", FacilityId::new) {
        None if mapping.id.is_none() && !row.faulty => {
            row.feature.id.as_deref().and_then(|id| FacilityId::new(id).ok())
        }
        id => id,
    };
    let id = row.required("id", id, "give each facility an id");
    let kind = row.parse("kind", kinds, facility_kind);
    let kind = row.required("kind", kind, kinds);
    let unit = row.parse("unit", "give the code of a unit", UnitId::new);
    if let Some(unit) = &unit {
        check_unit(mapping, unit, row, "unit");
    }
    let names = row.names(id.as_ref().map_or("", FacilityId::as_str));
    let attributes = row.attributes();
    if row.feature.geometry.is_none() {
        row.error("geometry", "is missing", "give the facility's place");
    }
    let geometry = row
        .feature
        .geometry
        .as_ref()
        .and_then(|geometry| place(geometry, mapping.crs, row.feature.row, row.found));
    let facility = Facility { id: id?, kind: kind?, names, geometry: geometry?, unit, attributes };
    (!row.faulty).then_some(facility)
}

/// A kind by its code or by what people call it.
pub(super) fn facility_kind(text: &str) -> Result<FacilityKind, String> {
    let code = text.to_lowercase().replace([' ', '-'], "_");
    FacilityKind::from_code(&code)
        .or_else(|| FacilityKind::ALL.iter().copied().find(|kind| kind.label().0 == text))
        .ok_or_else(|| format!("`{text}` is no kind of facility"))
}
