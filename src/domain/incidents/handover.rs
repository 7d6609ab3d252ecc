//! Hand-over 移交: what becomes of open incidents when another plan comes into force.
//!
//! An incident moves when its place has another owner, the rules therefore name another unit, and it lies with
//! the unit that they named under the former plan. So what somebody reassigned by hand stays where it is, and
//! so does what a rule above the zones decides alike under both plans. What lies with no unit yet is routed
//! anew when it is dispatched. The zone of every incident that is open then becomes that of its place.

use crate::domain::accounts::Caller;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{IncidentId, UnitId, ZoneId};
use crate::domain::incidents::case::{Ask, Case};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::refusal::Refusal;
use crate::domain::incidents::step::{CO_UNITS_MAX, Carried, Move, Stage};
use crate::domain::incidents::table;
use crate::domain::reports::routing;
use crate::domain::time::Instant;
use crate::domain::zoning::diff::{Changed, Hands};
use crate::domain::zoning::stays::Stays;

/// How far a city's incidents have been handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer {
    /// Up to this plan everything is.
    pub plan: i64,
    /// Of the next plan what stands up to this id.
    pub after: Option<IncidentId>,
}

/// An incident that went to another unit with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// With which plan.
    pub plan: i64,
    /// Which incident.
    pub incident: IncidentId,
    /// The step that says so.
    pub revision: u32,
    /// From whom.
    pub from: UnitId,
    /// To whom.
    pub to: UnitId,
    /// Whose the place was; `None`: no zone's.
    pub from_zone: Option<ZoneId>,
    /// Whose it is.
    pub to_zone: Option<ZoneId>,
    /// When.
    pub at: Instant,
}

/// A stretch of a hand-over: what went, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// How far it had come.
    pub seen: Pointer,
    /// How far it has come.
    pub now: Pointer,
    /// What went.
    pub handed: Vec<Handed>,
    /// Open incidents whose place is another zone's, whether they went or not: lists by zone go by the plan in force.
    pub rezoned: Vec<Rezoned>,
}

/// An open incident whose place is another zone's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rezoned {
    /// Which incident.
    pub incident: IncidentId,
    /// Whose the place is; `None`: no zone's.
    pub zone: Option<ZoneId>,
}

/// What an incident's hand-over is decided by.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed<'a> {
    /// The unit that has it.
    pub from: &'a UnitId,
    /// The unit that answers now.
    pub to: &'a UnitId,
    /// Units beside it.
    pub co: Vec<UnitId>,
    /// Whose the place was and is.
    pub place: Changed<'a>,
}

/// Whether an incident at this stage can be handed over.
#[must_use]
pub fn is_transferable(stage: Stage) -> bool {
    table::line(stage, Move::HandOver).is_some()
}

/// Why an incident stays with whom it is, whoever gets its place; `None`: it goes to whom the rules then name. It lies with
/// `unit`, and `named` is whom they name now.
#[must_use]
pub fn stays(transferable: bool, unit: Option<&UnitId>, named: &UnitId) -> Option<Stays> {
    match unit {
        None => Some(Stays::Undispatched),
        Some(_) if !transferable => Some(Stays::Handled),
        Some(unit) => (unit != named).then_some(Stays::ByHand),
    }
}

/// To whom an incident goes under the later plan; `None` when it stays.
#[must_use]
pub fn owed<'a>(hands: Hands<'a>, docket: &Docket) -> Option<Owed<'a>> {
    let transferable = is_transferable(docket.stage);
    if !transferable {
        return None;
    }
    let place = hands.changed(docket.matter.position)?;
    let ask = routing::Ask {
        position: docket.matter.position,
        accuracy_m: None,
        category: docket.matter.category.as_ref(),
        at: docket.matter.happened_at,
    };
    let (before, after) = (routing::route(hands.before, &ask), routing::route(hands.after, &ask));
    let stays = stays(transferable, docket.unit.as_ref(), before.unit);
    if stays.is_some() || after.unit == before.unit {
        return None;
    }
    let co = after.co.into_iter().take(CO_UNITS_MAX).cloned().collect();
    Some(Owed { from: before.unit, to: after.unit, co, place })
}

/// The other zone that an open incident lies in under the later plan.
#[must_use]
pub fn rezoned(hands: Hands<'_>, docket: &Docket) -> Option<Rezoned> {
    let zone = hands.changed(docket.matter.position)?.to.map(|zone| zone.id.clone());
    let other = docket.is_open() && zone != docket.matter.zone;
    other.then_some(Rezoned { incident: docket.id, zone })
}

/// Hands a case over.
///
/// # Errors
/// The [`Refusal`] of the workflow's law, for a case that is full.
pub fn hand_over(
    case: &Case,
    owed: &Owed<'_>,
    plans: (i64, i64),
    caller: &Caller,
    at: Instant,
) -> Result<Case, Refusal> {
    let carried = Carried {
        words: why(owed.place, plans),
        unit: Some(owed.to.clone()),
        co: owed.co.clone(),
        ..Carried::default()
    };
    case.decide(Ask { seen: case.state().revision, act: Move::HandOver, carried }, caller, at)
}

fn why(place: Changed<'_>, (former, later): (i64, i64)) -> String {
    let zone = |zone: Option<&Zone>| {
        zone.map_or("outside every zone".to_owned(), |zone| format!("in zone {}", zone.id))
    };
    let (from, to) = (zone(place.from), zone(place.to));
    let moved = match (place.from, place.to) {
        (Some(was), Some(is)) if was.id == is.id => {
            format!("zone {} is led by {}, no longer by {}", is.id, is.lead, was.lead)
        }
        _ => format!("the place lies {to}, no longer {from}"),
    };
    format!("plan {former} -> {later}: {moved}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_goes_with_its_place_when_it_lies_where_the_rules_put_it_and_can_be_moved() {
        let [a, b] = ["a", "b"].map(|code| UnitId::new(code).unwrap());
        for (stage, unit, expected) in [
            (Stage::Dispatched, Some(&a), None),
            (Stage::Handling, Some(&a), None),
            (Stage::SentBack, Some(&a), None),
            (Stage::Suspended, Some(&a), None),
            (Stage::Handling, Some(&b), Some(Stays::ByHand)),
            (Stage::Handled, Some(&a), Some(Stays::Handled)),
            (Stage::Checked, Some(&a), Some(Stays::Handled)),
            (Stage::Collected, None, Some(Stays::Undispatched)),
            (Stage::Filed, None, Some(Stays::Undispatched)),
        ] {
            assert_eq!(stays(is_transferable(stage), unit, &a), expected, "{stage} {unit:?}");
        }
    }
}
