//! What is asked for, and what goes.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::domain::id::{CategoryCode, IncidentId};
use crate::domain::incidents::docket::{Docket, IncidentOrder, NEVER, incident_of};
use crate::domain::incidents::step::Step;
use crate::domain::reports::report::{AssignedReport, Report};
use crate::store::promise::{CaseFilter, IncidentFilter, ReportFilter};
use crate::store::words;

/// Takes out all of them, or says that not all are there.
pub(super) fn remove<Id: Ord + Display, T>(
    what: &str,
    held: &mut BTreeMap<Id, T>,
    ids: &[Id],
) -> Result<(), String> {
    let gone = ids.iter().filter(|id| held.remove(id).is_some()).count();
    if gone == ids.len() { Ok(()) } else { Err(words::not_all_there(what, ids.len())) }
}

/// Whether a report is asked for.
pub(super) fn wants(filter: &ReportFilter, it: &AssignedReport) -> bool {
    let AssignedReport { report, assignment } = it;
    let zone = filter.zone.as_ref().is_none_or(|zone| assignment.zone.as_ref() == Some(zone));
    let unit = filter
        .unit
        .as_ref()
        .is_none_or(|unit| assignment.unit == *unit || assignment.co.contains(unit));
    let within = |it: &CategoryCode| filter.categories.iter().any(|wanted| it.is_within(wanted));
    let category = filter.categories.is_empty() || report.category.as_ref().is_some_and(within);
    zone && unit
        && category
        && filter.from.is_none_or(|from| report.received_at >= from)
        && filter.to.is_none_or(|to| report.received_at < to)
        && (filter.ids.is_empty() || filter.ids.contains(&report.id))
        && filter.frame.is_none_or(|frame| frame.holds(report.position))
        && (!filter.public || report.is_public())
        && filter.for_dispatcher.is_none_or(|it| assignment.for_dispatcher == it)
}

/// Whether the case behind a report says what is asked for.
pub(super) fn stands(
    incidents: &BTreeMap<IncidentId, (Docket, Vec<Step>)>,
    wanted: CaseFilter,
    report: &Report,
) -> bool {
    let own = incidents.get(&incident_of(report.id)).map(|(docket, _)| docket);
    let case = match own.and_then(|own| own.merged_into) {
        None => own,
        Some(into) => match incidents.get(&into) {
            Some((docket, _)) if docket.merged_into.is_none() => Some(docket),
            // It lives on further.
            _ => return true,
        },
    };
    let received = report.received_at;
    let changed = case.map_or(received, |case| case.last_at.max(received));
    wanted.closed.is_none_or(|closed| case.is_some_and(|case| !case.is_open()) == closed)
        && wanted.changed_from.is_none_or(|from| changed >= from)
        && wanted.changed_to.is_none_or(|to| changed < to)
}

/// Whether an incident is.
pub(super) fn wants_incident(
    filter: &IncidentFilter,
    order: IncidentOrder,
    docket: &Docket,
) -> bool {
    let matter = &docket.matter;
    let due = docket.due_at.unwrap_or(NEVER);
    let any = order == IncidentOrder::Newest && !filter.open;
    (any || docket.is_open())
        && filter.zone.as_ref().is_none_or(|zone| matter.zone.as_ref() == Some(zone))
        && filter.unit.as_ref().is_none_or(|unit| docket.units().any(|it| it == unit))
        && filter.category.as_ref().is_none_or(|wanted| {
            matter.category.as_ref().is_some_and(|category| category.is_within(wanted))
        })
        && filter.stage.is_none_or(|stage| docket.stage == stage)
        && (!filter.for_dispatcher || docket.for_dispatcher())
        && filter.escalated.is_none_or(|least| docket.rung >= Some(least))
        && filter.due_from.is_none_or(|from| due >= from)
        && filter.due_to.is_none_or(|to| due < to)
        && filter.opened_from.is_none_or(|from| docket.opened_at >= from)
        && filter.opened_to.is_none_or(|to| docket.opened_at < to)
}
