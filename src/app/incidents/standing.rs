//! The cases behind reports; where one was merged, the one it lives on in.

use std::collections::HashMap;

use crate::app::state::{App, Seat};
use crate::domain::id::{IncidentId, ReportId, UnitId};
use crate::domain::incidents::docket::{Docket, incident_of};
use crate::domain::reports::report::AssignedReport;
use crate::store::StoreError;

/// How far it is followed where a case lives on in another, and that one in a third.
const MERGES_MAX: usize = 8;

/// Cases that were read for some reports.
#[derive(Debug, Default)]
pub struct Standing(HashMap<IncidentId, Docket>);

impl Standing {
    /// Reads the cases behind reports.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(
        app: &App,
        seat: &Seat,
        reports: impl Iterator<Item = ReportId>,
    ) -> Result<Self, StoreError> {
        let mut known: HashMap<IncidentId, Docket> = HashMap::new();
        let mut asked: Vec<IncidentId> = reports.map(incident_of).collect();
        for _ in 0..MERGES_MAX {
            if asked.is_empty() {
                break;
            }
            let dockets = app.store().incidents_of(&seat.city, &asked).await?;
            let mut next: Vec<IncidentId> =
                dockets.iter().filter_map(|it| it.merged_into).collect();
            known.extend(dockets.into_iter().map(|docket| (docket.id, docket)));
            next.retain(|id| !known.contains_key(id));
            next.sort_unstable();
            next.dedup();
            asked = next;
        }
        Ok(Self(known))
    }

    /// Every case that was read, also those that live on in others.
    pub fn all(&self) -> impl Iterator<Item = &Docket> {
        self.0.values()
    }

    /// The case behind one of the reports; `None` for one that was not taken up yet.
    #[must_use]
    pub fn behind(&self, report: ReportId) -> Option<&Docket> {
        let mut case = self.0.get(&incident_of(report))?;
        for _ in 0..MERGES_MAX {
            let Some(into) = case.merged_into.and_then(|into| self.0.get(&into)) else { break };
            case = into;
        }
        Some(case)
    }

    /// Whether a unit has a part in what became of one of the reports: see [`Standing::parties`].
    #[must_use]
    pub fn concerns(&self, unit: &UnitId, filed: &AssignedReport) -> bool {
        self.parties(filed).contains(&unit)
    }

    /// Those who have a part in what became of one of the reports: in its case, or in one that it lives on in; some
    /// may stand there twice. The assignment decides before the desk has taken the report up, and no more
    /// afterwards: a case that went to another unit is not the former one's any longer.
    #[must_use]
    pub fn parties<'a>(&'a self, filed: &'a AssignedReport) -> Vec<&'a UnitId> {
        let Some(mut case) = self.0.get(&incident_of(filed.report.id)) else {
            let to = &filed.assignment;
            return std::iter::once(&to.unit).chain(&to.co).collect();
        };
        let mut parties: Vec<&UnitId> = case.units().collect();
        for _ in 1..MERGES_MAX {
            let Some(into) = case.merged_into.and_then(|into| self.0.get(&into)) else { break };
            parties.extend(into.units());
            case = into;
        }
        parties
    }
}

/// Whether a report is a unit's to see: see [`Standing::concerns`].
///
/// # Errors
/// [`StoreError`].
pub async fn concerns(
    app: &App,
    seat: &Seat,
    unit: &UnitId,
    filed: &AssignedReport,
) -> Result<bool, StoreError> {
    let cases = Standing::read(app, seat, std::iter::once(filed.report.id)).await?;
    Ok(cases.concerns(unit, filed))
}
