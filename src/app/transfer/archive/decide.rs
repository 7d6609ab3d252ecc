//! What an archive changes, decided on one state of the city. Pure.

use crate::app::transfer::archive::members::Whole;
use crate::app::transfer::decide::{Merged, Tally, Verdict, approved, founded, push, take_rules};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::rule_set::RulesNote;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::formats::layer::Findings;
use crate::formats::nouns::cover;
use crate::geom::locate::area::AREAS_MAX;

/// Decides on the city as it stands; `None` where there is no such city yet.
pub(super) fn decide(
    city: &CityId,
    whole: &Whole,
    note: &str,
    state: Option<&CityState>,
    now: Instant,
) -> Verdict {
    let mut found = Findings::default();
    let mut changes = Vec::new();
    let mut made = state.cloned().unwrap_or_else(|| founded(city, now));
    whole.settings.settle(&mut made.city, &mut found);
    if state.is_none_or(|state| state.city != made.city) {
        changes.push(Change::CitySet(made.city.clone()));
    }
    let units = Merged::of(&made.units, whole.units.clone(), |it| it.id.clone(), true);
    made.units = units.all;
    push(&mut changes, units.set, Change::UnitsSet);
    let zoned = plans(whole, note, now, &mut made, &mut changes, &mut found);
    let placed = Merged::of(&made.facilities, whole.facilities.clone(), |it| it.id.clone(), true);
    made.facilities = placed.all;
    push(&mut changes, placed.set, Change::FacilitiesSet);
    push(&mut changes, placed.removed, Change::FacilitiesRemoved);
    let told = RulesNote { note: note.to_owned(), ..RulesNote::default() };
    let ruled = take_rules(whole.rules.clone(), true, told, &mut made, &mut changes);
    push(&mut changes, units.removed, Change::UnitsRemoved);
    let tallies = [units.tally, zoned, placed.tally, ruled];
    Verdict::of(made, changes, found, tallies.into_iter().fold(Tally::default(), sum))
}

fn sum(a: Tally, b: Tally) -> Tally {
    Tally {
        added: a.added + b.added,
        changed: a.changed + b.changed,
        removed: a.removed + b.removed,
        same: a.same + b.same,
    }
}

/// The archive's plans where the city has none, with their versions and times; else the zones of the last one as
/// the city's next plan.
fn plans(
    whole: &Whole,
    note: &str,
    now: Instant,
    made: &mut CityState,
    changes: &mut Vec<Change>,
    found: &mut Findings,
) -> Tally {
    let Some((last, zones)) = whole.plans.last() else { return Tally::default() };
    if zones.len() > AREAS_MAX {
        let fault = format!("{} zones, at most {AREAS_MAX} (limit AREAS_MAX)", zones.len());
        found.error(0, "plans.json", fault, "merge zones");
        return Tally::default();
    }
    let merged = Merged::of(&made.zones, zones.clone(), |it| it.id.clone(), true);
    if made.plan.version == 0 {
        if last.effective_from > now {
            let fault = format!("plan {} begins later than now", last.version);
            found.error(0, "plans.json", fault, "import it then, or set the clock");
        }
        let published = |(plan, zones): &(Plan, Vec<Zone>)| {
            let (plan, zones) = (plan.clone(), zones.clone());
            Change::PlanPublished { plan, zones }
        };
        changes.extend(whole.plans.iter().map(published));
        made.plan = last.clone();
    } else if !merged.set.is_empty() || !merged.removed.is_empty() {
        approved(made, found);
        let note = if note.is_empty() { last.note.as_str() } else { note };
        let version = made.plan.version + 1;
        made.plan = Plan { version, effective_from: now, note: note.to_owned() };
        let (plan, zones) = (made.plan.clone(), merged.all.clone());
        changes.push(Change::PlanPublished { plan, zones });
        if whole.plans.len() > 1 {
            let fault = format!("holds {} former plans", whole.plans.len() - 1);
            let remedy = "they are left out: the city has plans of its own";
            found.warning(0, "plans.json", fault, remedy);
        }
    }
    if changes.iter().any(|change| matches!(change, Change::PlanPublished { .. })) {
        let zones: Vec<&Zone> = merged.all.iter().collect();
        found.extend(cover::findings(&zones, &vec![0; zones.len()]));
    }
    made.zones = merged.all;
    merged.tally
}
