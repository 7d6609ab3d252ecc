//! Routing rules as a layer: a line or an area where the reach has one, else rows without geometry.

use geo_types::Geometry;
use serde_json::{Value, json};

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::atlas::rule::{Mode, Reach, Rule};
use crate::domain::id::{CategoryCode, FacilityId, RuleId, UnitId};
use crate::domain::text::Attributes;
use crate::domain::time::Window;
use crate::formats::layer::{Feature, Findings, Layer};
use crate::formats::nouns::columns::{Column, Columns, NAMES, Row, with_attributes};
use crate::formats::nouns::facilities::facility_kind;
use crate::formats::nouns::place::place;
use crate::formats::nouns::{Mapped, Mapping, check_unit, unique};

/// Farthest that a rule may reach from its line, ring or component (m).
pub const DISTANCE_MAX_M: f64 = 50_000.0;

const COLUMNS: &[Column] = &[
    Column { name: "id", aliases: &["rule", "rule_id", "code"] },
    Column { name: "reach", aliases: &["class"] },
    Column { name: "kind", aliases: &["facility_kind"] },
    Column { name: "facility", aliases: &["facility_id"] },
    Column { name: "distance_m", aliases: &["within_m", "buffer_m", "radius_m"] },
    Column { name: "categories", aliases: &["category"] },
    Column { name: "window", aliases: &["when"] },
    Column { name: "unit", aliases: &["unit_id"] },
    Column { name: "mode", aliases: &[] },
    Column { name: "enabled", aliases: &["on"] },
];
const ALL: &[&[Column]] = &[COLUMNS, &NAMES];

/// The layer of rules.
#[must_use]
pub fn to_layer(rules: &[Rule]) -> Layer {
    let features = rules.iter().enumerate().map(|(i, rule)| {
        let text = |value: Option<&str>| value.map_or(Value::Null, Value::from);
        let (kind, facility, distance_m, geometry) = match &rule.reach {
            Reach::Component { kind, within_m } => (Some(*kind), None, Some(*within_m), None),
            Reach::Line { line, buffer_m } => (None, None, Some(*buffer_m), Some(line.clone())),
            Reach::Ring { kind, facility, radius_m } => {
                (Some(*kind), facility.as_ref(), Some(*radius_m), None)
            }
            Reach::Area { area } => (None, None, None, Some(area.clone())),
            Reach::Everywhere => (None, None, None, None),
        };
        let ours = [
            ("id", Value::from(rule.id.as_str())),
            ("name_zh", Value::from(rule.names.zh.as_str())),
            ("name_en", Value::from(rule.names.en.as_str())),
            ("reach", Value::from(rule.reach.code())),
            ("kind", text(kind.map(FacilityKind::code))),
            ("facility", text(facility.map(FacilityId::as_str))),
            ("distance_m", distance_m.map_or(Value::Null, Value::from)),
            (
                "categories",
                json!(
                    rule.categories.iter().map(CategoryCode::as_str).collect::<Vec<_>>().join(";")
                ),
            ),
            ("window", serde_json::to_value(&rule.window).unwrap_or_default()),
            ("unit", text(rule.unit.as_ref().map(UnitId::as_str))),
            ("mode", Value::from(rule.mode.code())),
            ("enabled", Value::from(rule.enabled)),
        ];
        Feature {
            row: i + 1,
            id: Some(rule.id.to_string()),
            geometry,
            fields: with_attributes(ours, ALL, &Attributes::new()),
        }
    });
    Layer { name: "rules".to_owned(), crs: None, features: features.collect() }
}

/// The rules of a layer. A column that is none of ours is an error: a rule that is half understood
/// sends reports astray.
#[must_use]
pub fn from_layer(layer: &Layer, mapping: &Mapping) -> Mapped<Rule> {
    let mut found = Findings::default();
    let columns = Columns::find(layer, ALL, mapping.id.as_deref(), &mut found);
    let mut rules = Vec::with_capacity(layer.features.len());
    for feature in &layer.features {
        if let Some(rule) = read(&mut columns.row(feature, &mut found), mapping) {
            rules.push((feature.row, rule));
        }
    }
    unique(rules, |rule| rule.id.clone(), "id", found)
}

fn read(row: &mut Row<'_>, mapping: &Mapping) -> Option<Rule> {
    let id = row.parse("id", "give a short code", RuleId::new);
    let id = row.required("id", id, "give each rule an id");
    let reach = reach(row, mapping);
    let categories = row.codes("categories", CategoryCode::new);
    let window = window(row);
    let unit = row.parse("unit", "give the code of a unit", UnitId::new);
    if let Some(unit) = &unit {
        check_unit(mapping, unit, row, "unit");
    }
    let mode = row
        .parse("mode", "give instead or beside", |text| {
            Mode::from_code(text).ok_or_else(|| format!("`{text}` is no mode"))
        })
        .unwrap_or(Mode::Instead);
    let enabled = row
        .parse("enabled", "give true or false", |text| match text.to_lowercase().as_str() {
            "true" | "1" | "yes" | "是" => Ok(true),
            "false" | "0" | "no" | "否" => Ok(false),
            _ => Err(format!("`{text}` is neither true nor false")),
        })
        .unwrap_or(true);
    let names = row.names(id.as_ref().map_or("", RuleId::as_str));
    for name in row.attributes().keys() {
        row.error(name.clone(), "is no column of a rule", "leave it out, or rename it");
    }
    let reach = reach?;
    if unit.is_none() && matches!(reach, Reach::Line { .. } | Reach::Everywhere) {
        row.error("unit", "is missing", "name the unit that answers");
    }
    let rule = Rule { id: id?, names, reach, categories, window, unit, mode, enabled };
    (!row.faulty).then_some(rule)
}

fn reach(row: &mut Row<'_>, mapping: &Mapping) -> Option<Reach> {
    const CLASSES: &str = "give component, line, ring, area or category";
    let class = row.text("reach");
    let class = row.required("reach", class, CLASSES)?;
    let kind = row.parse("kind", "give a kind of facility", facility_kind);
    let facility = row.parse("facility", "give a facility's code", FacilityId::new);
    let distance_m = row.parse("distance_m", "give metres", |text| match text.parse::<f64>() {
        Ok(m) if (0.0..=DISTANCE_MAX_M).contains(&m) => Ok(m),
        _ => {
            Err(format!("`{text}` is not between 0 and {DISTANCE_MAX_M} m (limit DISTANCE_MAX_M)"))
        }
    });
    let geometry = match &row.feature.geometry {
        Some(geometry) => {
            let placed = place(geometry, mapping.crs, row.feature.row, row.found);
            row.faulty |= placed.is_none();
            placed
        }
        None => None,
    };
    match class.as_str() {
        "component" => {
            let kind = row.required("kind", kind, "say which kind of facility");
            let within_m = row.required("distance_m", distance_m, "say within how many metres");
            Some(Reach::Component { kind: kind?, within_m: within_m? })
        }
        "ring" => {
            let kind = row.required("kind", kind, "say around which kind of facility");
            let radius_m = row.required("distance_m", distance_m, "say how wide the ring is");
            Some(Reach::Ring { kind: kind?, facility, radius_m: radius_m? })
        }
        "line" => {
            let line = geometry
                .filter(|g| matches!(g, Geometry::LineString(_) | Geometry::MultiLineString(_)));
            if line.is_none() {
                row.error("geometry", "there is no line", "give the section as a line");
            }
            let buffer_m = row.required("distance_m", distance_m, "say how far from the line");
            Some(Reach::Line { line: line?, buffer_m: buffer_m? })
        }
        "area" => {
            let area =
                geometry.filter(|g| matches!(g, Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
            if area.is_none() {
                row.error("geometry", "there is no area", "give the enclave as a polygon");
            }
            Some(Reach::Area { area: area? })
        }
        "category" => Some(Reach::Everywhere),
        _ => {
            let place = row.place("reach");
            row.error(place, format!("`{class}` is no reach"), CLASSES);
            None
        }
    }
}

fn window(row: &mut Row<'_>) -> Window {
    const REMEDY: &str = r#"give JSON such as {"weekdays":[1,2,3,4,5],"hours":[["07:00","18:00"]],"school_days":true}"#;
    match row.json("window").map(serde_json::from_value::<Window>) {
        None => Window::default(),
        Some(Ok(window)) => {
            if !window.weekdays.iter().all(|day| (1..=7).contains(day)) {
                row.error("window", "a weekday is not between 1 (Monday) and 7", REMEDY);
            }
            // They hold at no moment: the rule would be there and never answer.
            if let Some((at, _)) = window.hours.iter().find(|(from, to)| from == to) {
                row.error(
                    "window",
                    format!("hours begin and end at {at}, which is no time at all"),
                    "give hours that end at another time; for the whole day leave `hours` out",
                );
            }
            window
        }
        Some(Err(fault)) => {
            row.error("window", format!("is no window: {fault}"), REMEDY);
            Window::default()
        }
    }
}
