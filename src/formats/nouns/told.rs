//! Layers that left this service by another door than an export, and come back as map programs saved them: a collection
//! of `/ogc`, or a table of a store's file.
//!
//! Both hold more than the noun, under names of their own: what follows from it, the plan, the city. That is known by
//! the columns that stand together, and left out, so that it does not become facts of the thing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::layer::{Feature, Findings, Layer};
use crate::formats::nouns::columns::{Column, escaped};

/// How the things of one sort are told elsewhere.
pub(super) struct Elsewhere {
    /// Its collections of `/ogc`: columns by which one is known, and what it tells that follows from the rest.
    pub(super) maps: &'static [(&'static [&'static str], &'static [&'static str])],
    /// What these tell of the thing itself, beside its code and names.
    pub(super) own: &'static [&'static str],
    /// The column of the id in a store's table.
    pub(super) key: &'static str,
}

/// A property of `/ogc` that names the feature.
const CODE: &str = "code";
/// Under which GDAL saves the feature's id beside it.
const ID: &str = "id";
/// What every collection tells of a thing.
const NAMED: [&str; 4] = [ID, CODE, "name_zh", "name_en"];
/// In a store's table the city.
const CITY: &str = "city_id";
/// There, further facts as one JSON object.
const FACTS: &str = "attributes";
/// There, what is no fact of the thing.
const STORED: [&str; 3] = [CITY, "plan_version", "ogc_fid"];

/// The layer as our own export would have it; any other as it is. `id` is the column that the caller says to be the id.
pub(super) fn as_exported<'a>(
    layer: &'a Layer,
    elsewhere: &Elsewhere,
    (columns, id): (&[&[Column]], Option<&str>),
    found: &mut Findings,
) -> Cow<'a, Layer> {
    let names: BTreeSet<&str> =
        layer.features.iter().flat_map(|it| it.fields.keys().map(String::as_str)).collect();
    let together = |marks: &[&str]| marks.iter().all(|mark| names.contains(mark));
    if together(&[CITY, FACTS, elsewhere.key]) {
        one_city(layer, found);
        return with_fields(layer, |feature| stored(feature, columns));
    }
    let spare = spare_id(layer, id);
    // Where only the id beside the code tells whose file it is, the two must agree.
    let known = |marks: &[&str]| together(marks) && (!marks.contains(&ID) || spare.is_some());
    if let Some((_, beside)) = elsewhere.maps.iter().find(|(marks, _)| known(marks)) {
        let left_out: Vec<&str> = beside.iter().copied().chain(spare).collect();
        return with_fields(layer, |it| mapped(it, elsewhere.own, (&left_out[..], columns)));
    }
    Cow::Borrowed(layer)
}

fn with_fields(layer: &Layer, fields: impl Fn(&Feature) -> Attributes) -> Cow<'_, Layer> {
    let features = layer.features.iter().map(|feature| Feature {
        fields: fields(feature),
        row: feature.row,
        id: feature.id.clone(),
        geometry: feature.geometry.clone(),
    });
    Cow::Owned(Layer { name: layer.name.clone(), crs: layer.crs, features: features.collect() })
}

/// Which of the two columns that name a feature says what the other one does.
fn spare_id(layer: &Layer, id: Option<&str>) -> Option<&'static str> {
    let twice = layer.features.iter().all(|it| it.fields.get(ID) == it.fields.get(CODE));
    twice.then_some(if id == Some(CODE) { ID } else { CODE })
}

/// Of a row of a collection what the noun has.
fn mapped(
    feature: &Feature,
    own: &[&str],
    (left_out, columns): (&[&str], &[&[Column]]),
) -> Attributes {
    let is_own = |name: &str| NAMED.contains(&name) || own.contains(&name);
    let told = feature.fields.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let fields = told.map(|(name, value)| {
        // What else it tells is a fact, also where it is called like another column of ours.
        let name = if is_own(name) { name.clone() } else { escaped(columns, name) };
        (name, value.clone())
    });
    fields.collect()
}

/// Of a row of a store's table what the noun has.
fn stored(feature: &Feature, columns: &[&[Column]]) -> Attributes {
    let mut fields = feature.fields.clone();
    fields.retain(|name, _| !STORED.contains(&name.as_str()));
    let facts = match fields.remove(FACTS) {
        Some(Value::Object(facts)) => facts,
        Some(other) => {
            fields.insert(FACTS.to_owned(), other);
            return fields;
        }
        None => return fields,
    };
    let facts = facts.into_iter().map(|(name, value)| (escaped(columns, &name), value));
    fields.extend(facts.collect::<Attributes>());
    fields
}

/// A store may hold several cities, an import goes into one.
fn one_city(layer: &Layer, found: &mut Findings) {
    let cities: BTreeSet<&str> =
        layer.features.iter().filter_map(|it| it.fields.get(CITY)?.as_str()).collect();
    if cities.len() > 1 {
        let names: Vec<&str> = cities.into_iter().take(30).collect();
        let fault = format!("the rows are of several cities: {}", names.join(", "));
        found.error(0, CITY, fault, "save the rows of one city, and import that file");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::id::UnitId;
    use crate::formats::nouns::{Mapping, facilities, units, zones};

    fn layer(rows: &[Value], shape: &str) -> Layer {
        let geometry = crate::formats::wkt::read(shape).unwrap();
        let feature = |(at, fields): (usize, &Value)| Feature {
            row: at + 1,
            id: None,
            geometry: Some(geometry.clone()),
            fields: serde_json::from_value(fields.clone()).unwrap(),
        };
        Layer {
            name: String::new(),
            crs: None,
            features: rows.iter().enumerate().map(feature).collect(),
        }
    }

    const AREA: &str = "MULTIPOLYGON (((109.4 36.5, 109.5 36.5, 109.5 36.6, 109.4 36.5)))";
    const PLACE: &str = "POINT (109.4 36.5)";

    fn attributes(value: Value) -> Attributes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_zone_saved_of_a_map_is_the_zone_without_what_follows_from_it() {
        let row = json!({ "id": "Z1", "code": "Z1", "name_zh": "甲", "number": 3, "lead": "u1", "co": "u2 u3",
            "lead_zh": "一局", "plan_version": 4, "effective_from": "2026-01-01T00:00:00Z", "title": "标题", "grade": "A" });
        let mapped = zones::from_layer(&layer(&[row], AREA), &Mapping::default());
        assert_eq!(mapped.findings, []);
        let zone = &mapped.items[0];
        assert_eq!((zone.id.as_str(), zone.number, zone.names.zh.as_str()), ("Z1", 3, "甲"));
        let co: Vec<&str> = zone.co.iter().map(UnitId::as_str).collect();
        assert_eq!((zone.lead.as_str(), co), ("u1", vec!["u2", "u3"]));
        assert_eq!(zone.attributes, attributes(json!({ "title": "标题", "grade": "A" })));
        // By its other name, and of a draft.
        let row = json!({ "id": "Z1", "code": "Z1", "name_en": "A", "number": 3, "lead": "u1", "lead_en": "One",
            "locked": false, "grade": "A" });
        let mapping = Mapping { id: Some("code".to_owned()), ..Mapping::default() };
        let mapped = zones::from_layer(&layer(&[row], AREA), &mapping);
        assert_eq!(mapped.findings, []);
        assert_eq!(mapped.items[0].attributes, attributes(json!({ "grade": "A" })));
        // A file of others that has some of these names keeps them.
        let row =
            json!({ "id": "Z1", "name": "A", "lead": "u1", "plan_version": 4, "lead_zh": "x" });
        let mapped = zones::from_layer(&layer(&[row], AREA), &Mapping::default());
        let kept = attributes(json!({ "plan_version": 4, "lead_zh": "x" }));
        assert_eq!(mapped.items[0].attributes, kept);
        let row = json!({ "id": "u7", "code": "7", "name": "A", "kind": "firm", "capacity": 3,
            "工作时间": "08:00-12:00" });
        let mapped = units::from_layer(&layer(&[row], PLACE), &Mapping::default());
        let unit = &mapped.items[0];
        assert_eq!((unit.names.en.as_str(), unit.hours.is_some()), ("A", true));
        assert_eq!(unit.attributes, attributes(json!({ "code": "7" })));
    }

    #[test]
    fn facilities_and_units_saved_of_a_map_are_those() {
        let row = json!({ "id": "F1", "code": "F1", "name_zh": "校", "kind": "school", "unit": "u1",
            "unit_zh": "一局", "pupils": 9 });
        let mapped = facilities::from_layer(&layer(&[row], PLACE), &Mapping::default());
        assert_eq!(mapped.findings, []);
        let unit = mapped.items[0].unit.as_ref().map(UnitId::as_str);
        assert_eq!((mapped.items[0].id.as_str(), unit), ("F1", Some("u1")));
        assert_eq!(mapped.items[0].attributes, attributes(json!({ "pupils": 9 })));
        let row = json!({ "id": "u1", "code": "u1", "name_zh": "一局", "kind": "department",
            "capacity": 3, "office_hours": "08:00-12:00", "floor": 2 });
        let mapped = units::from_layer(&layer(&[row], PLACE), &Mapping::default());
        assert_eq!(mapped.findings, []);
        assert!(mapped.items[0].hours.is_some());
        assert_eq!(mapped.items[0].attributes, attributes(json!({ "floor": 2 })));
    }

    #[test]
    fn a_row_of_a_store_s_table_is_the_noun_and_several_cities_are_refused() {
        let row = |city: &str, id: &str| {
            json!({ "city_id": city, "plan_version": 1, "zone_id": id, "number": 3, "name_zh": "甲", "name_en": "",
                "lead_unit": "u1", "co_units": ["u2"], "attributes": { "title": "标题", "area_m2": 9.5 } })
        };
        let mapped = zones::from_layer(&layer(&[row("a", "Z1")], AREA), &Mapping::default());
        assert_eq!(mapped.findings, []);
        let zone = &mapped.items[0];
        assert_eq!((zone.id.as_str(), zone.lead.as_str(), zone.co.len()), ("Z1", "u1", 1));
        assert_eq!(zone.attributes, attributes(json!({ "title": "标题", "area_m2": 9.5 })));
        let two = layer(&[row("a", "Z1"), row("b", "Z2")], AREA);
        let told: Vec<String> = zones::from_layer(&two, &Mapping::default())
            .findings
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "error: city_id: the rows are of several cities: a, b; save the rows of one city, and import that file"
            ]
        );
        let row = json!({ "city_id": "a", "facility_id": "F1", "kind": "school", "name_zh": "校",
            "name_en": "", "unit_id": "u1", "attributes": {} });
        let mapped = facilities::from_layer(&layer(&[row], PLACE), &Mapping::default());
        assert_eq!((&mapped.findings[..], mapped.items[0].attributes.len()), (&[][..], 0));
        let row = json!({ "city_id": "a", "unit_id": "u1", "name_zh": "一局", "name_en": "",
            "kind": "department", "capacity": 3, "attributes": { "floor": 2 } });
        let mapped = units::from_layer(&layer(&[row], PLACE), &Mapping::default());
        assert_eq!(mapped.findings, []);
        assert_eq!(mapped.items[0].attributes, attributes(json!({ "floor": 2 })));
    }
}
