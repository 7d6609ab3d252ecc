//! The atlas wing: city, plans, zones, units, facilities, rules.

use std::borrow::Cow;

use geo_types::Geometry;

use crate::domain::atlas::city::{Approval, City};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::{Mode, Reach, Rule};
use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::id::{CategoryCode, CityId, FacilityId, RuleId, UnitId, ZoneId};
use crate::domain::text::Names;
use crate::domain::time::Instant;
use crate::store::promise::{Stamp, StoreError};
use crate::store::sql::Dialect;
use crate::store::statement::{
    Row, Statement, Table, Taken, Value, attributes, damaged, geometry, int, list, real, text,
    unknown,
};
use crate::store::words;

pub(super) static CITY: Table = Table {
    name: "city",
    columns: &[
        text("city_id"),
        text("name_zh"),
        text("name_en"),
        text("time_zone"),
        text("fallback_unit"),
        real("confidence_floor"),
        real("assumed_accuracy_m"),
        text("calendar"),
        text("limits"),
        int("contact_days"),
        text("approval"),
        text("reaches"),
        text("catalogue"),
    ],
    key: &["city_id"],
    taken: Taken::Replace,
};

pub(super) static UNIT: Table = Table {
    name: "unit",
    columns: &[
        text("city_id"),
        text("unit_id"),
        text("name_zh"),
        text("name_en"),
        text("kind"),
        int("capacity"),
        text("attributes"),
        geometry("seat"),
        text("office_hours"),
    ],
    key: &["city_id", "unit_id"],
    taken: Taken::Replace,
};

pub(super) static ZONE: Table = Table {
    name: "zone",
    columns: &[
        text("city_id"),
        int("plan_version"),
        text("zone_id"),
        int("number"),
        text("name_zh"),
        text("name_en"),
        text("lead_unit"),
        text("co_units"),
        text("attributes"),
        geometry("area"),
    ],
    key: &["city_id", "plan_version", "zone_id"],
    taken: Taken::Refuse,
};

pub(super) static FACILITY: Table = Table {
    name: "facility",
    columns: &[
        text("city_id"),
        text("facility_id"),
        text("kind"),
        text("name_zh"),
        text("name_en"),
        text("unit_id"),
        text("attributes"),
        geometry("place"),
    ],
    key: &["city_id", "facility_id"],
    taken: Taken::Replace,
};

pub(super) static RULE: Table = Table {
    name: "rule",
    columns: &[
        text("city_id"),
        text("rule_id"),
        text("name_zh"),
        text("name_en"),
        text("reach"),
        text("facility_kind"),
        text("facility_id"),
        real("distance_m"),
        text("categories"),
        text("time_window"),
        text("unit_id"),
        text("mode"),
        int("enabled"),
        geometry("place"),
    ],
    key: &["city_id", "rule_id"],
    taken: Taken::Replace,
};

/// Every city that is made, by id.
pub(super) const CITIES: &str = "select city_id from zonewarden.city order by city_id";

/// A plan, `$2`.
pub(super) const PLAN: &str = "select version, effective_from, note from zonewarden.plan \
     where city_id = $1 and version = $2";

/// The zones of the plan `$2`.
pub(super) const ZONES: &str = "select city_id, plan_version, zone_id, number, name_zh, name_en, \
     lead_unit, co_units, attributes, area from zonewarden.zone \
     where city_id = $1 and plan_version = $2 order by zone_id";

/// What a city has before its first plan.
pub(super) fn no_plan() -> Plan {
    Plan { version: 0, effective_from: Instant(0), note: String::new() }
}

/// A city is made or its settings change.
pub(super) fn set_city(city: &City) -> Statement<'_> {
    let calendar = serde_json::to_string(&city.calendar).unwrap_or_else(|_| "{}".to_owned());
    let limits = serde_json::to_string(&city.limits).unwrap_or_else(|_| "{}".to_owned());
    let reaches = serde_json::to_string(&city.reaches).unwrap_or_else(|_| "{}".to_owned());
    let catalogue = serde_json::to_string(&city.catalogue).unwrap_or_else(|_| "{}".to_owned());
    let row = vec![
        Value::text(city.id.as_str()),
        Value::text(&city.names.zh),
        Value::text(&city.names.en),
        Value::text(&city.time_zone),
        Value::text(city.fallback.as_str()),
        Value::Real(city.confidence_floor),
        Value::Real(city.assumed_accuracy_m),
        Value::owned(calendar),
        Value::owned(limits),
        Value::Int(i64::from(city.contact_days)),
        Value::text(city.approval.code()),
        Value::owned(reaches),
        Value::owned(catalogue),
    ];
    Statement::Bulk { table: &CITY, rows: vec![row] }
}

/// Units are made or replaced.
pub(super) fn set_units<'a>(city: &'a CityId, units: &'a [Unit]) -> Statement<'a> {
    let row = |unit: &'a Unit| {
        vec![
            Value::text(city.as_str()),
            Value::text(unit.id.as_str()),
            Value::text(&unit.names.zh),
            Value::text(&unit.names.en),
            Value::text(unit.kind.code()),
            Value::Int(i64::from(unit.capacity)),
            attributes(&unit.attributes),
            unit.seat.map_or(Value::Null, Value::point),
            unit.hours.as_ref().map_or(Value::Null, |hours| Value::owned(hours.to_string())),
        ]
    };
    Statement::Bulk { table: &UNIT, rows: units.iter().map(row).collect() }
}

/// A plan comes into force.
pub(super) fn publish<'a>(
    city: &'a CityId,
    plan: &'a Plan,
    zones: &'a [Zone],
    (atlas_version, stamp): (i64, &'a Stamp),
) -> [Statement<'a>; 3] {
    let row = |zone: &'a Zone| {
        vec![
            Value::text(city.as_str()),
            Value::Int(plan.version),
            Value::text(zone.id.as_str()),
            Value::Int(i64::from(zone.number)),
            Value::text(&zone.names.zh),
            Value::text(&zone.names.en),
            Value::text(zone.lead.as_str()),
            list(zone.co.iter().map(UnitId::as_str)),
            attributes(&zone.attributes),
            Value::Geometry(Cow::Owned(Geometry::MultiPolygon(zone.area.clone()))),
        ]
    };
    [
        Statement::One {
            text: "update zonewarden.plan set effective_to = $3 \
                   where city_id = $1 and version = $2",
            values: vec![
                Value::text(city.as_str()),
                Value::Int(plan.version - 1),
                Value::Int(plan.effective_from.0),
            ],
            must: None,
        },
        Statement::One {
            text: "insert into zonewarden.plan \
                   (city_id, version, effective_from, note, from_atlas, actor) \
                   values ($1, $2, $3, $4, $5, $6)",
            values: vec![
                Value::text(city.as_str()),
                Value::Int(plan.version),
                Value::Int(plan.effective_from.0),
                Value::text(&plan.note),
                Value::Int(atlas_version),
                Value::text(&stamp.actor),
            ],
            must: None,
        },
        Statement::Bulk { table: &ZONE, rows: zones.iter().map(row).collect() },
    ]
}

/// Facilities are made or replaced.
pub(super) fn set_facilities<'a>(city: &'a CityId, facilities: &'a [Facility]) -> Statement<'a> {
    let row = |it: &'a Facility| {
        vec![
            Value::text(city.as_str()),
            Value::text(it.id.as_str()),
            Value::text(it.kind.code()),
            Value::text(&it.names.zh),
            Value::text(&it.names.en),
            Value::text_or(it.unit.as_ref().map(UnitId::as_str)),
            attributes(&it.attributes),
            Value::Geometry(Cow::Borrowed(&it.geometry)),
        ]
    };
    Statement::Bulk { table: &FACILITY, rows: facilities.iter().map(row).collect() }
}

/// Rules are made or replaced.
pub(super) fn set_rules<'a>(city: &'a CityId, rules: &'a [Rule]) -> Statement<'a> {
    Statement::Bulk { table: &RULE, rows: rules.iter().map(|rule| rule_row(city, rule)).collect() }
}

fn rule_row<'a>(city: &'a CityId, rule: &'a Rule) -> Vec<Value<'a>> {
    let (kind, facility, distance_m, place) = match &rule.reach {
        Reach::Component { kind, within_m } => (Some(*kind), None, Some(*within_m), None),
        Reach::Line { line, buffer_m } => (None, None, Some(*buffer_m), Some(line)),
        Reach::Ring { kind, facility, radius_m } => {
            (Some(*kind), facility.as_ref(), Some(*radius_m), None)
        }
        Reach::Area { area } => (None, None, None, Some(area)),
        Reach::Everywhere => (None, None, None, None),
    };
    let window = serde_json::to_string(&rule.window).unwrap_or_else(|_| "{}".to_owned());
    vec![
        Value::text(city.as_str()),
        Value::text(rule.id.as_str()),
        Value::text(&rule.names.zh),
        Value::text(&rule.names.en),
        Value::text(rule.reach.code()),
        Value::text_or(kind.map(FacilityKind::code)),
        Value::text_or(facility.map(FacilityId::as_str)),
        Value::real_or(distance_m),
        list(rule.categories.iter().map(CategoryCode::as_str)),
        Value::owned(window),
        Value::text_or(rule.unit.as_ref().map(UnitId::as_str)),
        Value::text(rule.mode.code()),
        Value::flag(rule.enabled),
        place.map_or(Value::Null, |it| Value::Geometry(Cow::Borrowed(it))),
    ]
}

/// What can be removed by id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Removable {
    Units,
    Facilities,
    Rules,
}

/// Rows go, all of them or none.
pub(super) fn remove(
    dialect: Dialect,
    city: &CityId,
    what: Removable,
    ids: Vec<String>,
) -> Statement<'_> {
    let (text, name) = match (what, dialect) {
        (Removable::Units, Dialect::Postgres) => (
            "delete from zonewarden.unit where city_id = $1 and unit_id = any($2::text[])",
            "units",
        ),
        (Removable::Units, Dialect::Sqlite) => (
            "delete from zonewarden.unit where city_id = $1 \
             and unit_id in (select value from json_each($2))",
            "units",
        ),
        (Removable::Facilities, Dialect::Postgres) => (
            "delete from zonewarden.facility where city_id = $1 and facility_id = any($2::text[])",
            "facilities",
        ),
        (Removable::Facilities, Dialect::Sqlite) => (
            "delete from zonewarden.facility where city_id = $1 \
             and facility_id in (select value from json_each($2))",
            "facilities",
        ),
        (Removable::Rules, Dialect::Postgres) => (
            "delete from zonewarden.rule where city_id = $1 and rule_id = any($2::text[])",
            "rules",
        ),
        (Removable::Rules, Dialect::Sqlite) => (
            "delete from zonewarden.rule where city_id = $1 \
             and rule_id in (select value from json_each($2))",
            "rules",
        ),
    };
    let asked = ids.len();
    let must = u64::try_from(asked).unwrap_or(u64::MAX);
    Statement::One {
        text,
        values: vec![Value::text(city.as_str()), Value::Texts(ids)],
        must: Some((must, words::not_all_there(name, asked))),
    }
}

/// A row of [`CITY`].
pub(super) fn read_city(row: &impl Row) -> Result<City, StoreError> {
    Ok(City {
        id: row.code(0, CityId::new)?,
        names: names(row, 1)?,
        time_zone: row.text(3)?.to_owned(),
        fallback: row.code(4, UnitId::new)?,
        confidence_floor: row.real(5)?,
        assumed_accuracy_m: row.real(6)?,
        calendar: row.json(7)?,
        limits: row.json(8)?,
        contact_days: u32::try_from(row.int(9)?).map_err(|fault| damaged(9, &fault))?,
        approval: row.code(10, |code| Approval::from_code(code).ok_or_else(|| unknown(code)))?,
        reaches: row.json(11)?,
        catalogue: row.json(12)?,
    })
}

/// A row of [`PLAN`].
pub(super) fn read_plan(row: &impl Row) -> Result<Plan, StoreError> {
    Ok(Plan {
        version: row.int(0)?,
        effective_from: Instant(row.int(1)?),
        note: row.text(2)?.to_owned(),
    })
}

/// A row of [`ZONES`].
pub(super) fn read_zone(row: &impl Row) -> Result<Zone, StoreError> {
    let area = match row.geometry(9)? {
        Geometry::MultiPolygon(area) => area,
        Geometry::Polygon(one) => one.into(),
        _ => return Err(damaged(9, &"a zone's area is no polygon")),
    };
    Ok(Zone {
        id: row.code(2, ZoneId::new)?,
        number: u32::try_from(row.int(3)?).map_err(|fault| damaged(3, &fault))?,
        names: names(row, 4)?,
        lead: row.code(6, UnitId::new)?,
        co: row.json(7)?,
        attributes: row.json(8)?,
        area,
    })
}

/// A row of [`UNIT`].
pub(super) fn read_unit(row: &impl Row) -> Result<Unit, StoreError> {
    Ok(Unit {
        id: row.code(1, UnitId::new)?,
        names: names(row, 2)?,
        kind: row.code(4, |code| UnitKind::from_code(code).ok_or_else(|| unknown(code)))?,
        capacity: u32::try_from(row.int(5)?).map_err(|fault| damaged(5, &fault))?,
        attributes: row.json(6)?,
        seat: row.point_or(7)?,
        hours: row.code_or(8, |text| {
            OfficeHours::parse(text).map_err(|faults| {
                faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            })
        })?,
    })
}

/// A row of [`FACILITY`].
pub(super) fn read_facility(row: &impl Row) -> Result<Facility, StoreError> {
    Ok(Facility {
        id: row.code(1, FacilityId::new)?,
        kind: row.code(2, kind)?,
        names: names(row, 3)?,
        unit: row.code_or(5, UnitId::new)?,
        attributes: row.json(6)?,
        geometry: row.geometry(7)?,
    })
}

/// A row of [`RULE`].
pub(super) fn read_rule(row: &impl Row) -> Result<Rule, StoreError> {
    let reach = match row.text(4)? {
        "component" => Reach::Component { kind: row.code(5, kind)?, within_m: row.real(7)? },
        "line" => Reach::Line { line: row.geometry(13)?, buffer_m: row.real(7)? },
        "ring" => Reach::Ring {
            kind: row.code(5, kind)?,
            facility: row.code_or(6, FacilityId::new)?,
            radius_m: row.real(7)?,
        },
        "area" => Reach::Area { area: row.geometry(13)? },
        "category" => Reach::Everywhere,
        other => return Err(damaged(4, &unknown(other))),
    };
    Ok(Rule {
        id: row.code(1, RuleId::new)?,
        names: names(row, 2)?,
        reach,
        categories: row.json(8)?,
        window: row.json(9)?,
        unit: row.code_or(10, UnitId::new)?,
        mode: row.code(11, |code| Mode::from_code(code).ok_or_else(|| unknown(code)))?,
        enabled: row.flag(12)?,
    })
}

fn kind(code: &str) -> Result<FacilityKind, String> {
    FacilityKind::from_code(code).ok_or_else(|| unknown(code))
}

fn names(row: &impl Row, at: usize) -> Result<Names, StoreError> {
    Ok(Names { zh: row.text(at)?.to_owned(), en: row.text(at + 1)?.to_owned() })
}
