//! What commits let the public hear of cases.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::change::Change;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::reports::report::AssignedReport;
use crate::store::promise::StepKey;

/// The steps that somebody public is told of, and by which report each case is public.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) steps: BTreeSet<StepKey>,
    pub(super) by: BTreeMap<IncidentId, ReportId>,
}

impl Heard {
    /// Keeps what the public hears of a commit.
    pub(super) fn keep(
        &mut self,
        reports: &BTreeMap<ReportId, AssignedReport>,
        changes: &[Change],
    ) {
        let first = |ids: &[ReportId]| {
            let held = ids.iter().filter_map(|id| reports.get(id)).map(|it| &it.report);
            let public = held.filter(|report| report.is_public());
            public.map(|report| (report.received_at, report.id)).min().map(|(_, id)| id)
        };
        for change in changes {
            let Change::CaseMoved(moved) = change else { continue };
            let incident = moved.docket.id;
            match first(&moved.reports) {
                Some(report) => self.by.insert(incident, report),
                None => self.by.remove(&incident),
            };
            let told = moved.news.iter().filter(|news| first(&news.reports).is_some());
            self.steps.extend(told.map(|news| StepKey {
                at: news.at,
                incident,
                revision: news.revision,
            }));
        }
    }
}
