//! What a city's past is told from.

use std::collections::BTreeMap;

use crate::domain::atlas::history::Published;
use crate::domain::atlas::zone::Zone;
use crate::domain::change::Change;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::handover::{Handed, Pointer};
use crate::domain::reports::report::{AssignedReport, Assignment};
use crate::domain::time::Instant;
use crate::store::plans::begins;
use crate::store::promise::Stamp;
use crate::store::words;

/// What a city's past is told from.
#[derive(Default)]
pub(super) struct Past {
    /// From when each atlas version stood.
    pub(super) begun: BTreeMap<i64, Instant>,
    pub(super) plans: BTreeMap<i64, (Published, Vec<Zone>)>,
    pub(super) pointer: Option<Pointer>,
    pub(super) handed: BTreeMap<(i64, IncidentId), Handed>,
    /// Assignments that are no longer in force.
    pub(super) former: BTreeMap<ReportId, Vec<Assignment>>,
}

impl Past {
    /// Whether a hand-over goes on from where it stands.
    pub(super) fn follows(&self, change: &Change) -> Result<(), String> {
        let Change::HandedOver(it) = change else { return Ok(()) };
        if self.pointer.is_none_or(|at| at == it.seen) {
            Ok(())
        } else {
            Err(words::handed_farther(it.seen.plan + 1))
        }
    }

    /// An atlas version begins.
    pub(super) fn begun(&mut self, stamp: &Stamp, changes: &[Change], version: i64) {
        let last = self.begun.last_key_value().map(|(_, at)| *at);
        let at = begins(stamp, changes);
        self.begun.insert(version, last.map_or(at, |last| last.max(at)));
        for change in changes {
            let Change::PlanPublished { plan, zones: drawn } = change else { continue };
            if let Some((before, _)) = self.plans.get_mut(&(plan.version - 1)) {
                before.effective_to = Some(plan.effective_from);
            }
            let mut kept = drawn.clone();
            kept.sort_by(|a, b| a.id.cmp(&b.id));
            let published = Published {
                plan: plan.clone(),
                effective_to: None,
                actor: stamp.actor.clone(),
                from_atlas: version,
                zones: kept.len(),
            };
            self.plans.insert(plan.version, (published, kept));
        }
    }

    /// What was handed over or routed anew.
    pub(super) fn apply(
        &mut self,
        reports: &mut BTreeMap<ReportId, AssignedReport>,
        change: &Change,
    ) {
        match change {
            Change::HandedOver(it) => {
                self.pointer = Some(it.now);
                let rows = it.handed.iter().map(|of| ((of.plan, of.incident), of.clone()));
                self.handed.extend(rows);
            }
            Change::ReportsRerouted(them) => {
                for it in them {
                    let Some(held) = reports.get_mut(&it.to.report) else { continue };
                    let former = std::mem::replace(&mut held.assignment, it.to.clone());
                    self.former.entry(it.to.report).or_default().push(former);
                }
            }
            _ => {}
        }
    }
}
