//! What commits do to incidents.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::change::Change;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::docket::{Docket, report_of};
use crate::domain::incidents::step::Step;

/// Keeps the steps, masks, zones and deadlines of a commit.
pub(super) fn keep(
    waiting: &mut BTreeSet<ReportId>,
    incidents: &mut BTreeMap<IncidentId, (Docket, Vec<Step>)>,
    changes: &[Change],
) {
    for change in changes {
        if let Change::CaseMoved(moved) = change {
            waiting.remove(&report_of(moved.docket.id));
            let (docket, steps) = incidents
                .entry(moved.docket.id)
                .or_insert_with(|| (moved.docket.clone(), Vec::new()));
            // Where it lies is told when it is opened and with a plan, and by no step.
            let zone = docket.matter.zone.take();
            docket.clone_from(&moved.docket);
            docket.matter.zone = zone;
            steps.extend(moved.steps.iter().cloned());
        }
    }
    let masked = changes.iter().filter_map(|change| match change {
        Change::StepsMasked(masked) => Some(masked),
        _ => None,
    });
    for it in masked.flatten() {
        let found = incidents.get_mut(&it.incident).map(|(_, steps)| steps.iter_mut());
        if let Some(step) = found.into_iter().flatten().find(|step| step.revision == it.revision) {
            step.carried.clone_from(&it.carried);
        }
    }
    let rezoned = changes.iter().filter_map(|change| match change {
        Change::HandedOver(it) => Some(&it.rezoned),
        _ => None,
    });
    for it in rezoned.flatten() {
        if let Some((docket, _)) = incidents.get_mut(&it.incident) {
            docket.matter.zone.clone_from(&it.zone);
        }
    }
    // Behind all steps: whoever times a case has seen them.
    let timed = changes.iter().filter_map(|change| match change {
        Change::CasesTimed(timed) => Some(timed),
        _ => None,
    });
    for it in timed.flatten() {
        if let Some((docket, _)) = incidents.get_mut(&it.id)
            && docket.revision == it.revision
        {
            docket.due_at = it.due.at;
            docket.whole_due_at = it.due.whole_at;
            docket.turns = it.due.turns;
            docket.timed_by = it.due.edition;
            docket.escalates_at = it.due.escalates_at;
        }
    }
}
