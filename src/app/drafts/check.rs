//! What keeps a draft from being published: every finding that blocks, each with its place. Pure.

use std::collections::BTreeMap;

use crate::app::drafts::bench::Ground;
use crate::app::drafts::refused::unlawful;
use crate::app::refusal::{Fault, Refusal};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::geom::locate::area::AREAS_MAX;

/// Most findings that are told.
const FINDINGS_MAX: usize = 1_000;

/// A draft that may be published.
pub(super) struct Checked {
    /// Its zones, by id.
    pub zones: Vec<Zone>,
    /// What was noticed and keeps nothing from being done.
    pub warnings: Vec<String>,
}

/// Looks at the ground, and whether the city with these zones is an atlas.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that blocks; [`Refusal::Draft`] for a draft that changes nothing.
pub(super) fn check(ground: &Ground, state: &CityState) -> Result<Checked, Refusal> {
    let zones = ground.working.zones();
    let mut faults: Vec<Fault> = ground
        .working
        .check()
        .into_iter()
        .map(|(at, says)| Fault { at, ..Fault::new("ground", says) })
        .collect();
    if zones.is_empty() {
        faults.push(Fault::new("zones", "there is no zone; draw at least one"));
    }
    if zones.len() > AREAS_MAX {
        let says = format!("are {}, at most {AREAS_MAX} go into a plan", zones.len());
        faults.push(Fault::new("zones", says));
    }
    let has = |unit| state.units.binary_search_by(|it| it.id.cmp(unit)).is_ok();
    for zone in &zones {
        let place = |what: &str| format!("zones.{}.{what}", zone.id);
        if !has(&zone.lead) {
            let says = format!("there is no unit {}; name one that there is", zone.lead);
            faults.push(Fault::new(place("lead"), says));
        }
        for unit in zone.co.iter().filter(|unit| !has(*unit)) {
            faults.push(Fault::new(place("co"), format!("there is no unit {unit}; leave it out")));
        }
        if zone.area.0.is_empty() {
            faults.push(Fault::new(place("area"), "is empty; give the zone an area or merge it"));
        }
    }
    if faults.is_empty() {
        let made = CityState { zones: zones.clone(), ..state.clone() };
        if let Err(found) = Atlas::build(made) {
            faults.extend(found.iter().map(|fault| Fault::new("city", fault.to_string())));
        }
    }
    let more = faults.len().saturating_sub(FINDINGS_MAX);
    if more > 0 {
        faults.truncate(FINDINGS_MAX);
        faults.push(Fault::new("ground", format!("{more} further findings are not listed")));
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    if zones == state.zones {
        return Err(unlawful(Unlawful::Idle));
    }
    Ok(Checked { warnings: numbers(&zones), zones })
}

/// Two zones with one number are two answers on the map to "which zone is 12?".
fn numbers(zones: &[Zone]) -> Vec<String> {
    let mut first: BTreeMap<u32, &Zone> = BTreeMap::new();
    let mut found = Vec::new();
    for zone in zones {
        match first.get(&zone.number) {
            Some(other) => found.push(format!(
                "zones {} and {} both have the number {}",
                other.id, zone.id, zone.number
            )),
            None => {
                first.insert(zone.number, zone);
            }
        }
    }
    found
}
