//! A feature as map clients see it: one thing of the city's with flat properties.

use std::borrow::Cow;

use geo_types::{Coord, Geometry, LineString, Point};

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::ogc::filter::{Subject, Value};
use crate::domain::ogc::schema::ID;
use crate::domain::ogc::span::Span;
use crate::domain::text::{Attributes, Names};
use crate::domain::time::Instant;
use crate::domain::zoning::arcs::NamedBorder;
use crate::geom::coord::GridPoint;
use crate::geom::measure::length_m;

/// One feature.
#[derive(Clone, Copy)]
pub struct Feature<'a> {
    /// The atlas that names units.
    pub atlas: &'a Atlas,
    /// What it is.
    pub thing: Thing<'a>,
}

/// What a feature is.
#[derive(Clone, Copy)]
pub enum Thing<'a> {
    /// A zone of the plan.
    Zone(&'a Zone),
    /// A unit at its seat.
    Unit(&'a Unit),
    /// A facility.
    Facility(&'a Facility),
    /// An incident.
    Incident(&'a Docket),
    /// A zone of a draft.
    Drawn {
        /// The zone.
        zone: &'a Zone,
        /// Whether its area is locked.
        locked: bool,
    },
    /// A border of a draft.
    Arc(&'a NamedBorder),
}

impl<'a> Feature<'a> {
    /// Its id, unique in its collection.
    #[must_use]
    pub fn id(&self) -> Cow<'a, str> {
        match self.thing {
            Thing::Zone(zone) | Thing::Drawn { zone, .. } => Cow::Borrowed(zone.id.as_str()),
            Thing::Arc(arc) => Cow::Borrowed(arc.id.as_str()),
            Thing::Unit(unit) => Cow::Borrowed(unit.id.as_str()),
            Thing::Facility(facility) => Cow::Borrowed(facility.id.as_str()),
            Thing::Incident(docket) => Cow::Owned(docket.id.to_string()),
        }
    }

    /// A property.
    #[must_use]
    pub fn property(&self, name: &str) -> Value<'a> {
        if name == ID {
            return Value::Text(self.id());
        }
        match self.thing {
            Thing::Drawn { locked, .. } if name == "locked" => Value::Flag(locked),
            Thing::Zone(zone) | Thing::Drawn { zone, .. } => self.of_zone(zone, name),
            Thing::Arc(arc) => of_arc(arc, name),
            Thing::Unit(unit) => of_unit(unit, name),
            Thing::Facility(facility) => self.of_facility(facility, name),
            Thing::Incident(docket) => self.of_incident(docket, name),
        }
    }

    /// What its source tells beside what is known of all, by name.
    #[must_use]
    pub fn facts(&self) -> Option<&'a Attributes> {
        match self.thing {
            Thing::Zone(zone) | Thing::Drawn { zone, .. } => Some(&zone.attributes),
            Thing::Unit(unit) => Some(&unit.attributes),
            Thing::Facility(facility) => Some(&facility.attributes),
            Thing::Incident(_) | Thing::Arc(_) => None,
        }
    }

    /// Its geometry, WGS84.
    #[must_use]
    pub fn geometry(&self) -> Option<Cow<'a, Geometry<f64>>> {
        match self.thing {
            Thing::Zone(zone) | Thing::Drawn { zone, .. } => {
                Some(Cow::Owned(Geometry::MultiPolygon(zone.area.clone())))
            }
            Thing::Arc(arc) => Some(Cow::Owned(Geometry::LineString(course(arc)))),
            Thing::Unit(unit) => unit.seat.map(point),
            Thing::Facility(facility) => Some(Cow::Borrowed(&facility.geometry)),
            Thing::Incident(docket) => Some(point(docket.matter.position)),
        }
    }

    fn of_zone(&self, zone: &'a Zone, name: &str) -> Value<'a> {
        match name {
            "name_zh" => text(&zone.names.zh),
            "name_en" => text(&zone.names.en),
            "number" => Value::Number(f64::from(zone.number)),
            "lead" => text(zone.lead.as_str()),
            "lead_zh" => self.unit_name(Some(&zone.lead), |names| &names.zh),
            "lead_en" => self.unit_name(Some(&zone.lead), |names| &names.en),
            "co" => list(&zone.co),
            "plan_version" => whole(self.atlas.plan().version),
            "effective_from" => time(self.atlas.plan().effective_from),
            name => fact(&zone.attributes, name),
        }
    }

    fn of_facility(&self, facility: &'a Facility, name: &str) -> Value<'a> {
        match name {
            "name_zh" => text(&facility.names.zh),
            "name_en" => text(&facility.names.en),
            "kind" => text(facility.kind.code()),
            "unit" => facility.unit.as_ref().map_or(Value::Null, |unit| text(unit.as_str())),
            "unit_zh" => self.unit_name(facility.unit.as_ref(), |names| &names.zh),
            "unit_en" => self.unit_name(facility.unit.as_ref(), |names| &names.en),
            name => fact(&facility.attributes, name),
        }
    }

    fn of_incident(&self, docket: &'a Docket, name: &str) -> Value<'a> {
        let matter = &docket.matter;
        let named = || {
            let code = matter.category.as_ref()?;
            self.atlas.city().catalogue.named(code.as_str()).map(|named| &named.names)
        };
        match name {
            "stage" => text(docket.stage.code()),
            "stage_zh" => text(docket.stage.zh()),
            "category" => matter.category.as_ref().map_or(Value::Null, |code| text(code.as_str())),
            "category_zh" => named().map_or(Value::Null, |named| text(&named.zh)),
            "category_en" => named().map_or(Value::Null, |named| text(&named.en)),
            "zone" => matter.zone.as_ref().map_or(Value::Null, |zone| text(zone.as_str())),
            "unit" => docket.unit.as_ref().map_or(Value::Null, |unit| text(unit.as_str())),
            "unit_zh" => self.unit_name(docket.unit.as_ref(), |names| &names.zh),
            "unit_en" => self.unit_name(docket.unit.as_ref(), |names| &names.en),
            "co" => list(&docket.co),
            "routed_unit" => text(matter.routed.as_str()),
            "for_dispatcher" => Value::Flag(docket.for_dispatcher()),
            "opened_at" => time(docket.opened_at),
            "happened_at" => time(matter.happened_at),
            "stage_since" => time(docket.since),
            "last_at" => time(docket.last_at),
            "due_at" => docket.due_at.map_or(Value::Null, time),
            "supporters" => Value::Number(f64::from(docket.supporters)),
            "source" => text(&matter.source),
            "revision" => Value::Number(f64::from(docket.revision)),
            "merged_into" => match docket.merged_into {
                Some(into) => Value::Text(Cow::Owned(into.to_string())),
                None => Value::Null,
            },
            _ => Value::Null,
        }
    }

    fn unit_name(&self, unit: Option<&UnitId>, of: fn(&Names) -> &String) -> Value<'a> {
        let found = unit.and_then(|unit| self.atlas.unit(unit));
        found.map_or(Value::Null, |unit| text(of(&unit.names)))
    }
}

fn of_arc<'a>(arc: &'a NamedBorder, name: &str) -> Value<'a> {
    let zone = |zone: Option<&'a ZoneId>| zone.map_or(Value::Null, |zone| text(zone.as_str()));
    match name {
        "left" => zone(arc.border.left.as_ref()),
        "right" => zone(arc.border.right.as_ref()),
        "length_m" => {
            let length_m = length_m(&Geometry::LineString(course(arc)));
            Value::Number((length_m * 100.0).round() / 100.0)
        }
        _ => Value::Null,
    }
}

fn course(arc: &NamedBorder) -> LineString<f64> {
    let place = |at: &GridPoint| {
        let at = at.degrees();
        Coord { x: at.lon(), y: at.lat() }
    };
    arc.border.points.iter().map(place).collect()
}

fn of_unit<'a>(unit: &'a Unit, name: &str) -> Value<'a> {
    match name {
        "name_zh" => text(&unit.names.zh),
        "name_en" => text(&unit.names.en),
        "kind" => text(unit.kind.code()),
        "capacity" => Value::Number(f64::from(unit.capacity)),
        "office_hours" => match &unit.hours {
            Some(hours) => Value::Text(Cow::Owned(hours.to_string())),
            None => Value::Null,
        },
        name => fact(&unit.attributes, name),
    }
}

/// A text; an empty one says nothing.
fn text(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Null } else { Value::Text(Cow::Borrowed(text)) }
}

fn list(units: &[UnitId]) -> Value<'static> {
    let codes: Vec<&str> = units.iter().map(UnitId::as_str).collect();
    if codes.is_empty() { Value::Null } else { Value::Text(Cow::Owned(codes.join(" "))) }
}

fn time(at: Instant) -> Value<'static> {
    Value::Time(Span::at(at))
}

#[expect(clippy::cast_precision_loss, reason = "versions are counted by people")]
fn whole(number: i64) -> Value<'static> {
    Value::Number(number as f64)
}

fn point(at: GridPoint) -> Cow<'static, Geometry<f64>> {
    let at = at.degrees();
    Cow::Owned(Geometry::Point(Point::new(at.lon(), at.lat())))
}

fn fact<'a>(facts: &'a Attributes, name: &str) -> Value<'a> {
    facts.get(name).map_or(Value::Null, told)
}

/// A fact as a value.
#[must_use]
pub fn told(fact: &serde_json::Value) -> Value<'_> {
    match fact {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Flag(*flag),
        serde_json::Value::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        serde_json::Value::String(given) => Value::Text(Cow::Borrowed(given)),
        other => Value::Text(Cow::Owned(other.to_string())),
    }
}

impl Subject for Feature<'_> {
    fn value(&self, name: &str) -> Value<'_> {
        self.property(name)
    }

    fn shape(&self) -> Option<Cow<'_, Geometry<f64>>> {
        self.geometry()
    }
}
