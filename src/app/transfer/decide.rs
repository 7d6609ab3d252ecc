//! What an import changes, decided on one state of the city. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::transfer::settings::Settings;
use crate::app::transfer::swapped::Near;
use crate::app::transfer::{Kind, alike};
use crate::domain::atlas::city::{Approval, CONTACT_DAYS, City, CityState};
use crate::domain::atlas::fault::AtlasFault;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RulesNote;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::change::Change;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, UnitId};
use crate::domain::text::Names;
use crate::domain::time::{Calendar, Instant};
use crate::formats::layer::{Finding, Findings, Layer};
use crate::formats::nouns::{Invalid, Mapping, cover, facilities, rules, units, zones};
use crate::geom::crs::Crs;
use crate::geom::locate::area::AREAS_MAX;

/// What to do with a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Plea {
    /// What the layer holds.
    pub kind: Kind,
    /// The city, made when there is none.
    pub city: CityId,
    /// The system of the layer's coordinates.
    pub crs: Crs,
    /// The column that holds the id.
    pub id: Option<String>,
    /// The unit that leads zones whose rows name none.
    pub lead: Option<UnitId>,
    /// Make units that are named and not there.
    pub make_units: bool,
    /// The city's own settings, where they are to be others.
    pub settings: Settings,
    /// Take away what the file does not hold.
    pub replace: bool,
    /// Why: the new plan's note.
    pub note: String,
    /// The moment of the import.
    pub now: Instant,
}

/// What would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The changes for one commit; empty when an error was found or nothing differs.
    pub changes: Vec<Change>,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// How many are new, differ, and go.
    pub tally: Tally,
    /// The city as it would be, when nothing keeps it from being so.
    pub made: Option<CityState>,
}

/// How many are new, differ, and go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not there before.
    pub added: usize,
    /// There before, otherwise.
    pub changed: usize,
    /// There before, gone now.
    pub removed: usize,
    /// The same as before.
    pub same: usize,
}

/// Decides on the city as it stands; `None` where there is no such city yet.
#[must_use]
pub fn decide(layer: &Layer, plea: &Plea, state: Option<&CityState>) -> Verdict {
    let mut made = match state {
        Some(state) => state.clone(),
        None => founded(&plea.city, plea.now),
    };
    let known: BTreeSet<UnitId> = made.units.iter().map(|unit| unit.id.clone()).collect();
    let mapping = Mapping {
        crs: plea.crs,
        id: plea.id.clone(),
        lead: plea.lead.clone(),
        units: (!plea.make_units).then_some(known),
        invalid: Invalid::Refused,
    };
    let mut found = Findings::default();
    let mut changes = Vec::new();
    let tally = match plea.kind {
        Kind::Units => take_units(layer, plea, &mapping, &mut made, &mut changes, &mut found),
        Kind::Zones => take_zones(layer, plea, &mapping, &mut made, &mut changes, &mut found),
        Kind::Facilities => {
            let mut mapped = facilities::from_layer(layer, &mapping);
            alike::facilities(&mut mapped.items, &made.facilities);
            Near::of(&made.zones, plea.crs).places(&mapped, &mut found);
            found.extend(mapped.findings);
            let merged =
                Merged::of(&made.facilities, mapped.items, |it| it.id.clone(), plea.replace);
            made.facilities = merged.all;
            push(&mut changes, merged.set, Change::FacilitiesSet);
            push(&mut changes, merged.removed, Change::FacilitiesRemoved);
            merged.tally
        }
        Kind::Rules => {
            let mapped = rules::from_layer(layer, &mapping);
            Near::of(&made.zones, plea.crs).reaches(&mapped, &mut found);
            found.extend(mapped.findings);
            let note = RulesNote { note: plea.note.clone(), ..RulesNote::default() };
            take_rules(mapped.items, plea.replace, note, &mut made, &mut changes)
        }
    };
    match state {
        None => found_city(plea, &mut made, &mut changes, &mut found),
        Some(state) => {
            plea.settings.settle(&mut made.city, &mut found);
            if made.city != state.city {
                changes.insert(0, Change::CitySet(made.city.clone()));
            }
        }
    }
    Verdict::of(made, changes, found, tally)
}

impl Verdict {
    /// The changes, if what was found and the state that they make allow them.
    pub(super) fn of(
        made: CityState,
        mut changes: Vec<Change>,
        mut found: Findings,
        tally: Tally,
    ) -> Self {
        if !found.refused()
            && let Err(faults) = Atlas::build(made.clone())
        {
            no_atlas(faults, &mut found);
        }
        if found.refused() {
            changes.clear();
        }
        let made = Some(made).filter(|_| !found.refused());
        Self { changes, findings: found.into_vec(), tally, made }
    }
}

/// Tells why a state is no atlas.
fn no_atlas(faults: Vec<AtlasFault>, found: &mut Findings) {
    for fault in faults {
        let remedy = match fault {
            AtlasFault::UnknownTimeZone { .. } => "give the name of an IANA time zone",
            AtlasFault::Number { .. } => "give a number within the limits",
            AtlasFault::Volume { .. } => {
                "let one rule do for several categories or hours, draw areas, or switch some off"
            }
            _ => "import what is missing first, or leave it out",
        };
        found.error(0, "city", fault.to_string(), remedy);
    }
}

/// Adds a change where there is something to change.
pub(super) fn push<T>(changes: &mut Vec<Change>, items: Vec<T>, change: impl Fn(Vec<T>) -> Change) {
    if !items.is_empty() {
        changes.push(change(items));
    }
}

/// The rules as they stood, instead of those there are.
pub(super) fn restore_rules(former: Vec<Rule>, note: RulesNote, state: &CityState) -> Verdict {
    let (mut made, mut changes) = (state.clone(), Vec::new());
    let tally = take_rules(former, true, note, &mut made, &mut changes);
    Verdict::of(made, changes, Findings::default(), tally)
}

/// Where the city asks for a second person, a plan comes of a draft alone.
pub(super) fn approved(state: &CityState, found: &mut Findings) {
    // The first plan has nobody whose zones it could change.
    if state.city.approval == Approval::SecondPerson && state.plan.version > 0 {
        let fault = "the city asks for a second person's approval before other zones are published";
        let remedy = "begin a draft with these zones, or of the former plan, and propose it";
        found.error(0, "approval", fault.to_owned(), remedy);
    }
}

/// The zones as a former plan had them, instead of those there are.
pub(super) fn restore_plan(
    former: Vec<Zone>,
    (note, now): (&str, Instant),
    state: &CityState,
) -> Verdict {
    let (mut made, mut changes) = (state.clone(), Vec::new());
    let merged = Merged::of(&made.zones, former, |it| it.id.clone(), true);
    let mut found = Findings::default();
    if !merged.set.is_empty() || !merged.removed.is_empty() {
        approved(state, &mut found);
        let version = made.plan.version + 1;
        made.plan = Plan { version, effective_from: now, note: note.to_owned() };
        let (plan, zones) = (made.plan.clone(), merged.all.clone());
        changes.push(Change::PlanPublished { plan, zones });
    }
    made.zones = merged.all;
    Verdict::of(made, changes, found, merged.tally)
}

/// Rules merged into those there are, or instead of them.
pub(super) fn take_rules(
    given: Vec<Rule>,
    replace: bool,
    note: RulesNote,
    made: &mut CityState,
    changes: &mut Vec<Change>,
) -> Tally {
    let merged = Merged::of(&made.rules, given, |it| it.id.clone(), replace);
    made.rules = merged.all;
    push(changes, merged.set, Change::RulesSet);
    push(changes, merged.removed, Change::RulesRemoved);
    let Tally { added, changed, removed, .. } = merged.tally;
    if added + changed + removed > 0 {
        changes.push(Change::RulesNoted(RulesNote { added, changed, removed, ..note }));
    }
    merged.tally
}

fn take_units(
    layer: &Layer,
    plea: &Plea,
    mapping: &Mapping,
    made: &mut CityState,
    changes: &mut Vec<Change>,
    found: &mut Findings,
) -> Tally {
    let mut mapped = units::from_layer(layer, mapping);
    alike::units(&mut mapped.items, &made.units);
    Near::of(&made.zones, plea.crs).seats(&mapped, found);
    found.extend(mapped.findings);
    let merged = Merged::of(&made.units, mapped.items, |it| it.id.clone(), plea.replace);
    made.units = merged.all;
    push(changes, merged.set, Change::UnitsSet);
    push(changes, merged.removed, Change::UnitsRemoved);
    merged.tally
}

fn take_zones(
    layer: &Layer,
    plea: &Plea,
    mapping: &Mapping,
    made: &mut CityState,
    changes: &mut Vec<Change>,
    found: &mut Findings,
) -> Tally {
    let mut mapped = zones::from_layer(layer, mapping);
    alike::zones(&mut mapped.items, &made.zones);
    let rows: BTreeMap<_, _> =
        mapped.items.iter().map(|zone| zone.id.clone()).zip(mapped.rows.iter().copied()).collect();
    let readable = !mapped.refused();
    found.extend(mapped.findings);
    let merged = Merged::of(&made.zones, mapped.items, |it| it.id.clone(), plea.replace);
    if merged.all.len() > AREAS_MAX {
        let fault = format!("{} zones, at most {AREAS_MAX} (limit AREAS_MAX)", merged.all.len());
        found.error(0, "file", fault, "merge zones");
        return merged.tally;
    }
    numbers(&merged.all, &rows, found);
    if readable {
        let zones: Vec<&Zone> = merged.all.iter().collect();
        let rows: Vec<usize> =
            zones.iter().map(|zone| rows.get(&zone.id).copied().unwrap_or(0)).collect();
        found.extend(cover::findings(&zones, &rows));
    }
    if plea.make_units {
        make_units(&merged.all, made, changes, found);
    }
    if !merged.set.is_empty() || !merged.removed.is_empty() {
        approved(made, found);
        let plan = Plan {
            version: made.plan.version + 1,
            effective_from: plea.now,
            note: plea.note.clone(),
        };
        made.plan = plan.clone();
        changes.push(Change::PlanPublished { plan, zones: merged.all.clone() });
    }
    made.zones = merged.all;
    Near::of(&made.zones, plea.crs).there(made, found);
    merged.tally
}

/// Two zones with one number are two answers on the map to "which zone is 12?".
fn numbers(
    zones: &[Zone],
    rows: &BTreeMap<crate::domain::id::ZoneId, usize>,
    found: &mut Findings,
) {
    let mut first: BTreeMap<u32, &Zone> = BTreeMap::new();
    for zone in zones {
        if let Some(other) = first.get(&zone.number) {
            found.warning(
                rows.get(&zone.id).copied().unwrap_or(0),
                "number",
                format!("zones {} and {} both have the number {}", other.id, zone.id, zone.number),
                "give each its own number",
            );
        } else {
            first.insert(zone.number, zone);
        }
    }
}

fn make_units(
    zones: &[Zone],
    made: &mut CityState,
    changes: &mut Vec<Change>,
    found: &mut Findings,
) {
    let mut known: BTreeSet<UnitId> = made.units.iter().map(|unit| unit.id.clone()).collect();
    let mut fresh = Vec::new();
    for id in zones.iter().flat_map(|zone| std::iter::once(&zone.lead).chain(&zone.co)) {
        if known.insert(id.clone()) {
            found.warning(
                0,
                "units",
                format!("there is no unit {id}: it is made"),
                "import the units to give it its name, kind and seat",
            );
            fresh.push(Unit::named_only(id.clone()));
        }
    }
    made.units.extend(fresh.iter().cloned());
    made.units.sort_by(|a, b| a.id.cmp(&b.id));
    push(changes, fresh, Change::UnitsSet);
}

/// A city before anything is in it.
pub(super) fn founded(city: &CityId, now: Instant) -> CityState {
    CityState {
        atlas_version: 0,
        city: City {
            id: city.clone(),
            names: Names { zh: String::new(), en: city.to_string() },
            time_zone: "Asia/Shanghai".to_owned(),
            // Replaced when the city is made; a code stands here for the type's sake.
            fallback: no_unit(city),
            confidence_floor: 0.6,
            assumed_accuracy_m: 10.0,
            calendar: Calendar::default(),
            limits: CaseLimits::default(),
            contact_days: CONTACT_DAYS,
            approval: Approval::Off,
            reaches: Reaches::default(),
            catalogue: Catalogue::seed(),
        },
        plan: Plan { version: 0, effective_from: now, note: String::new() },
        zones: Vec::new(),
        units: Vec::new(),
        facilities: Vec::new(),
        rules: Vec::new(),
    }
}

#[expect(clippy::expect_used, reason = "a city's code is a unit's code: one rule for both")]
fn no_unit(city: &CityId) -> UnitId {
    UnitId::new(city.as_str()).expect("codes are of one form")
}

/// Makes the city itself: its fallback is the unit of the option, else the one that leads, else the
/// first.
fn found_city(plea: &Plea, made: &mut CityState, changes: &mut Vec<Change>, found: &mut Findings) {
    let chosen = plea
        .lead
        .as_ref()
        .and_then(|lead| made.units.iter().find(|unit| unit.id == *lead))
        .or(made.units.first());
    let Some(unit) = chosen else {
        if !found.refused() {
            found.error(
                0,
                "city",
                format!("there is no city {}, and no unit in it that could answer", plea.city),
                "import its units first, or let zones make them (--make-units)",
            );
        }
        return;
    };
    made.city.fallback = unit.id.clone();
    plea.settings.settle(&mut made.city, found);
    found.warning(
        0,
        "city",
        format!("there is no city {}: it is made", plea.city),
        format!(
            "its fallback unit is {}, its time zone {} (--fallback, --time-zone)",
            made.city.fallback, made.city.time_zone
        ),
    );
    changes.insert(0, Change::CitySet(made.city.clone()));
}

/// What there is and what the file holds, together.
pub(super) struct Merged<T, K> {
    /// Everything afterwards, by id.
    pub(super) all: Vec<T>,
    /// New or different.
    pub(super) set: Vec<T>,
    pub(super) removed: Vec<K>,
    pub(super) tally: Tally,
}

impl<T: Clone + PartialEq, K: Ord + Clone> Merged<T, K> {
    pub(super) fn of(there: &[T], file: Vec<T>, key: impl Fn(&T) -> K, replace: bool) -> Self {
        let old: BTreeMap<K, &T> = there.iter().map(|it| (key(it), it)).collect();
        let mut new: BTreeMap<K, T> = file.into_iter().map(|it| (key(&it), it)).collect();
        let mut tally = Tally::default();
        let mut set = Vec::new();
        for (id, item) in &new {
            match old.get(id) {
                None => tally.added += 1,
                Some(before) if *before == item => {
                    tally.same += 1;
                    continue;
                }
                Some(_) => tally.changed += 1,
            }
            set.push(item.clone());
        }
        let mut removed = Vec::new();
        for (id, item) in &old {
            if new.contains_key(id) {
                continue;
            }
            if replace {
                removed.push(id.clone());
            } else {
                new.insert(id.clone(), (*item).clone());
            }
        }
        tally.removed = removed.len();
        Self { all: new.into_values().collect(), set, removed, tally }
    }
}
