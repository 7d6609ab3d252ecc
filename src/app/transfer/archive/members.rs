//! The members of an archive, written and read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::app::transfer::city;
use crate::app::transfer::settings::Settings;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::id::CityId;
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::formats::geojson;
use crate::formats::layer::{Findings, Layer};
use crate::formats::nouns::{Mapped, Mapping, facilities, rules, units, zones};
use crate::formats::parcel::{Members, pack};
use crate::geom::crs::Crs;

/// What the manifest calls such an archive.
pub const FORMAT: &str = "zonewarden-city";
/// How its members are written.
pub const VERSION: u32 = 1;

const CITY: &str = "city.json";
const UNITS: &str = "units.geojson";
const RULES: &str = "rules.geojson";
const PLANS: &str = "plans.json";

/// A plan as the archive lists it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    version: i64,
    /// RFC 3339, to the microsecond.
    effective_from: String,
    note: String,
}

fn zones_of(version: i64) -> String {
    format!("zones/plan-{version}.geojson")
}

fn facilities_of(kind: FacilityKind) -> String {
    format!("facilities/{}.geojson", kind.code())
}

/// The archive of a city and its plans, the first one first.
///
/// # Errors
/// In words, what an archive cannot hold.
pub fn packed(state: &CityState, plans: &[(Plan, Vec<Zone>)]) -> Result<Vec<u8>, String> {
    let mut members = Members::new();
    let written = |layer: Layer| geojson::write(&Layer { crs: Some(Crs::Wgs84), ..layer });
    members.insert(CITY.to_owned(), city::write(&state.city)?);
    members.insert(UNITS.to_owned(), written(units::to_layer(&state.units)));
    members.insert(RULES.to_owned(), written(rules::to_layer(&state.rules)));
    for kind in FacilityKind::ALL {
        let of_kind = state.facilities.iter().filter(|it| it.kind == *kind);
        let of_kind: Vec<Facility> = of_kind.cloned().collect();
        if !of_kind.is_empty() {
            members.insert(facilities_of(*kind), written(facilities::to_layer(&of_kind)));
        }
    }
    let listed = plans.iter().map(|(plan, _)| Listed {
        version: plan.version,
        effective_from: plan.effective_from.rfc3339(),
        note: plan.note.clone(),
    });
    let listed: Vec<Listed> = listed.collect();
    let mut list = serde_json::to_vec_pretty(&listed).map_err(|fault| fault.to_string())?;
    list.push(b'\n');
    members.insert(PLANS.to_owned(), list);
    for (plan, drawn) in plans {
        members.insert(zones_of(plan.version), written(zones::to_layer(drawn)));
    }
    pack(FORMAT, VERSION, &members)
}

/// What an archive holds.
#[derive(Default)]
pub(super) struct Whole {
    pub(super) city: Option<CityId>,
    pub(super) settings: Settings,
    pub(super) units: Vec<Unit>,
    pub(super) facilities: Vec<Facility>,
    pub(super) rules: Vec<Rule>,
    /// The first one first.
    pub(super) plans: Vec<(Plan, Vec<Zone>)>,
}

impl Whole {
    /// How many things there are in it.
    pub(super) fn rows(&self) -> usize {
        let zones = self.plans.last().map_or(0, |(_, zones)| zones.len());
        self.units.len() + self.facilities.len() + self.rules.len() + zones
    }

    /// Reads the members; every fault of every member is told.
    pub(super) fn read(members: Members, found: &mut Findings) -> Self {
        let mut reader = Reader { members, found };
        let mut whole = Self::default();
        if let Some(bytes) = reader.take(CITY) {
            let before = std::mem::take(reader.found);
            (whole.city, whole.settings) = city::read(&bytes, reader.found);
            reader.within(CITY, before);
            if whole.city.is_none() && !reader.found.refused() {
                reader.found.error(0, CITY, "`id` is missing", "give the city's code");
            }
        }
        whole.units = reader.layer(UNITS, units::from_layer);
        whole.rules = reader.layer(RULES, rules::from_layer);
        for kind in FacilityKind::ALL {
            let name = facilities_of(*kind);
            if reader.members.contains_key(&name) {
                whole.facilities.extend(reader.layer(&name, facilities::from_layer));
            }
        }
        let mut ids = BTreeSet::new();
        for it in &whole.facilities {
            if !ids.insert(&it.id) {
                let fault = format!("the id {} stands in two of its members", it.id);
                reader.found.error(0, "facilities", fault, "give each its own id");
            }
        }
        for plan in reader.plans() {
            let drawn = reader.layer(&zones_of(plan.version), zones::from_layer);
            whole.plans.push((plan, drawn));
        }
        let Reader { members, found } = reader;
        for name in members.keys() {
            found.error(0, name.clone(), "is no member of a city's archive", "take it out");
        }
        whole
    }
}

/// Takes member after member.
struct Reader<'f> {
    members: Members,
    found: &'f mut Findings,
}

impl Reader<'_> {
    fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let taken = self.members.remove(name);
        if taken.is_none() {
            self.found.error(0, name, "is not in the archive", "export the city anew");
        }
        taken
    }

    /// Puts the member's name before the places of what was found in it.
    fn within(&mut self, name: &str, before: Findings) {
        let inner = std::mem::replace(self.found, before);
        for mut finding in inner.into_vec() {
            finding.place = format!("{name}, {}", finding.place);
            self.found.push(finding);
        }
    }

    /// The nouns of a layer; one without rows has none.
    fn layer<T>(&mut self, name: &str, read: impl Fn(&Layer, &Mapping) -> Mapped<T>) -> Vec<T> {
        let Some(bytes) = self.take(name) else { return Vec::new() };
        let before = std::mem::take(self.found);
        let reading = geojson::read(&bytes);
        self.found.extend(reading.findings);
        let mut items = Vec::new();
        if !self.found.refused() && !reading.layer.features.is_empty() {
            let crs = reading.layer.crs.unwrap_or_default();
            let mapped = read(&reading.layer, &Mapping { crs, ..Mapping::default() });
            self.found.extend(mapped.findings);
            items = mapped.items;
        }
        self.within(name, before);
        items
    }

    /// The plans: versions 1, 2, 3 …, none earlier than the one before.
    fn plans(&mut self) -> Vec<Plan> {
        let Some(bytes) = self.take(PLANS) else { return Vec::new() };
        let listed: Vec<Listed> = match serde_json::from_slice(&bytes) {
            Ok(listed) => listed,
            Err(fault) => {
                self.found.error(0, PLANS, fault.to_string(), "export the city anew");
                return Vec::new();
            }
        };
        let mut plans: Vec<Plan> = Vec::new();
        for (it, version) in listed.into_iter().zip(1..) {
            let effective_from = match Instant::parse(&it.effective_from) {
                Ok(effective_from) => effective_from,
                Err(fault) => {
                    self.found.error(0, PLANS, fault, "give a time with its zone");
                    return Vec::new();
                }
            };
            let earlier = plans.last().is_some_and(|last| last.effective_from > effective_from);
            if it.version != version || earlier {
                let fault = format!("plan {} does not follow the one before it", it.version);
                self.found.error(0, PLANS, fault, "number them 1, 2, 3 …, in order of time");
                return Vec::new();
            }
            match words(&it.note, WORDS_CHARS_MAX) {
                Ok(note) => plans.push(Plan { version, effective_from, note }),
                Err(fault) => {
                    let fault = format!("the note of plan {version} {fault}");
                    self.found.error(0, PLANS, fault, "mend the text");
                    return Vec::new();
                }
            }
        }
        plans
    }
}
