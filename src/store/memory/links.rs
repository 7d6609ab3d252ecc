//! Links of reports that wait to be followed.

use std::collections::BTreeMap;

use crate::domain::change::Change;
use crate::domain::id::ReportId;
use crate::domain::reports::links::LinksWaiting;
use crate::domain::reports::people::PeopleForgotten;
use crate::domain::reports::report::AssignedReport;
use crate::store::words;

/// Those of one city.
#[derive(Default)]
pub(super) struct Links(BTreeMap<ReportId, LinksWaiting>);

impl Links {
    /// Those that wait, by report.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &LinksWaiting> {
        self.0.values()
    }

    /// Whether what is followed waits, and nobody has begun to follow it since it was looked at.
    pub(super) fn follows(&self, change: &Change) -> Result<(), String> {
        let Change::LinksFollowed(it) = change else { return Ok(()) };
        match self.0.get(&it.report) {
            Some(held) if held.attempts == it.seen => Ok(()),
            _ => Err(words::links_gone_on(it.report)),
        }
    }

    /// Does what [`Self::follows`] has admitted.
    pub(super) fn apply(
        &mut self,
        reports: &mut BTreeMap<ReportId, AssignedReport>,
        change: &Change,
    ) {
        match change {
            Change::LinksFollowed(it) => {
                if let Some(next_at) = it.next_at {
                    let (report, attempts) = (it.report, it.attempts);
                    self.0.insert(report, LinksWaiting { report, attempts, next_at });
                } else {
                    self.0.remove(&it.report);
                }
                if let Some((further, found)) = it.further.as_ref().zip(reports.get_mut(&it.report))
                {
                    found.report.further.clone_from(further);
                }
            }
            Change::LinksDropped(dropped)
            | Change::PeopleForgotten(PeopleForgotten { reports: dropped, .. }) => {
                self.0.retain(|report, _| !dropped.contains(report));
            }
            Change::WordsMasked(masked) => {
                self.0.retain(|report, _| masked.iter().all(|it| it.report != *report));
            }
            _ => {}
        }
    }

    /// The links of filed reports wait: behind all else, as where reports are written last.
    pub(super) fn wait(&mut self, changes: &[Change]) {
        for change in changes {
            let Change::ReportFiled { report, .. } = change else { continue };
            if !report.further.links.is_empty() {
                let (id, next_at) = (report.id, report.received_at);
                self.0.insert(id, LinksWaiting { report: id, attempts: 0, next_at });
            }
        }
    }
}
