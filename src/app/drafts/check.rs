//! What keeps a draft from being published: every finding that blocks, each with its place. Pure.

use crate::app::drafts::bench::Ground;
use crate::app::drafts::refused::unlawful;
use crate::app::refusal::{Fault, Refusal};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::zoning::review::findings::{ReviewFinding, Weight, of_facts};

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
    let working = &ground.working;
    let broken = working.check().into_iter().map(|says| Fault::new("ground", says));
    let mut faults: Vec<Fault> = broken.collect();
    let mut warnings = Vec::new();
    // What a review says of them: a draft that it calls publishable is not refused here.
    for found in of_facts(&state.units, working) {
        match (found.weight(), &found) {
            (Weight::Blocks, ReviewFinding::NoUnit { zone, unit }) => {
                let leads = working.face(zone).and_then(|face| working.lead(face)) == Some(unit);
                let place = format!("zones.{zone}.{}", if leads { "lead" } else { "co" });
                faults.push(Fault::new(place, found.to_string()));
            }
            (Weight::Blocks, _) => faults.push(Fault::new("zones", found.to_string())),
            (Weight::Warns, _) => warnings.push(found.to_string()),
            (Weight::Informs, _) => {}
        }
    }
    let zones = working.zones();
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
    Ok(Checked { zones, warnings })
}
