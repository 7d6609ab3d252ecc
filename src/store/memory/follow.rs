//! Whether what a commit brings goes on from where things stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::change::Change;
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{DraftId, IncidentId, ReportId};
use crate::domain::incidents::docket::{Docket, report_of};
use crate::domain::incidents::masked::StepMasked;
use crate::domain::incidents::step::Step;
use crate::domain::reports::report::AssignedReport;
use crate::domain::reports::reroute::Rerouted;
use crate::store::words;

/// Whether every plan follows the one before.
pub(super) fn plans_follow(mut last: i64, changes: &[Change]) -> Result<(), String> {
    for change in changes {
        if let Change::PlanPublished { plan, .. } = change {
            if plan.version != last + 1 {
                return Err(words::plan_order(plan.version));
            }
            last = plan.version;
        }
    }
    Ok(())
}

/// Whether every case goes on from where it stands, and every new one has a report that waits for it.
pub(super) fn cases_follow(
    waiting: &BTreeSet<ReportId>,
    incidents: &BTreeMap<IncidentId, (Docket, Vec<Step>)>,
    changes: &[Change],
) -> Result<(), String> {
    let files = |id| {
        changes.iter().any(|it| matches!(it, Change::ReportFiled { report, .. } if report.id == id))
    };
    let moved = || {
        changes.iter().filter_map(|it| match it {
            Change::CaseMoved(moved) => Some(moved),
            _ => None,
        })
    };
    let claimed = || {
        let opened = moved().filter(|it| it.seen == 0).map(|it| report_of(it.docket.id));
        opened.filter(|report| !files(*report))
    };
    if !claimed().all(|report| waiting.contains(&report)) {
        return Err(words::not_waiting(claimed().count()));
    }
    for it in moved().filter(|it| it.seen > 0) {
        let now = incidents.get(&it.docket.id).map(|(docket, _)| docket.revision);
        if now != Some(it.seen) {
            return Err(words::case_moved(it.docket.id));
        }
    }
    Ok(())
}

/// Whether every further assignment follows the one in force.
pub(super) fn turns_follow(
    reports: &BTreeMap<ReportId, AssignedReport>,
    change: &Change,
) -> Result<(), String> {
    let Change::ReportsRerouted(them) = change else { return Ok(()) };
    let follows = |it: &Rerouted| {
        reports.get(&it.to.report).is_some_and(|held| held.assignment.turn + 1 == it.to.turn)
    };
    if them.iter().all(follows) { Ok(()) } else { Err(words::routed_meanwhile(them.len())) }
}

/// Whether every step whose words are to be masked is there.
pub(super) fn steps_follow(
    incidents: &BTreeMap<IncidentId, (Docket, Vec<Step>)>,
    change: &Change,
) -> Result<(), String> {
    let Change::StepsMasked(them) = change else { return Ok(()) };
    let there = |it: &&StepMasked| {
        let steps = incidents.get(&it.incident).map_or(&[][..], |(_, steps)| steps.as_slice());
        steps.iter().any(|step| step.revision == it.revision)
    };
    match them.iter().find(|it| !there(it)) {
        Some(it) => Err(words::no_step(it.incident, it.revision)),
        None => Ok(()),
    }
}

type Drafts = BTreeMap<DraftId, (DraftDocket, Vec<DraftStep>)>;

/// Whether every draft goes on from where it stands, and every new one is new.
pub(super) fn drafts_follow(drafts: &Drafts, changes: &[Change]) -> Result<(), String> {
    for change in changes {
        let Change::DraftMoved(moved) = change else { continue };
        let now = drafts.get(&moved.docket.id).map_or(0, |(docket, _)| docket.revision);
        if now != moved.seen {
            let id = moved.docket.id;
            let taken = moved.seen == 0;
            return Err(if taken { words::taken("draft", &id) } else { words::draft_moved(id) });
        }
    }
    Ok(())
}

/// Keeps what a commit did to drafts.
pub(super) fn drafts_keep(drafts: &mut Drafts, changes: &[Change]) {
    for change in changes {
        let Change::DraftMoved(moved) = change else { continue };
        let fresh = || (moved.docket.clone(), Vec::new());
        let (docket, steps) = drafts.entry(moved.docket.id).or_insert_with(fresh);
        docket.clone_from(&moved.docket);
        steps.extend(moved.steps.iter().cloned());
    }
}
