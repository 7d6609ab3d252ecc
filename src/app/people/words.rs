//! Words: what is taken out of them when those who told are forgotten, on request or in time.
//!
//! Of what the public said, in reports and in notes to their cases, every number and address goes; of what staff wrote
//! the traces of those alone who are forgotten. The journal, the feeds and what webhooks send hold no words, and what
//! else tells of them reads them where they are masked: so they do not come back.

use std::collections::BTreeSet;

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::change::Change;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::docket::{Docket, incident_of};
use crate::domain::incidents::masked::StepMasked;
use crate::domain::incidents::step::{Stage, Step};
use crate::domain::reports::people::WordsMasked;
use crate::domain::reports::report::AssignedReport;
use crate::domain::reports::traces::Traces;
use crate::domain::time::Instant;
use crate::store::{Basis, ReportFilter, StepKey};

/// Steps that are looked at for one commit.
const PAGE: u32 = 500;
/// Most ids that are asked for at once.
const ASKED_MAX: usize = 1_000;

/// Adds what those are known by who stand behind reports. Who cannot be opened leaves no traces: that is told in the
/// log, and keeps nobody from being forgotten.
pub(super) fn trace(app: &App, seat: &Seat, filed: &[AssignedReport], traces: &mut Traces) {
    let Ok(keys) = app.contact_keys() else { return };
    for AssignedReport { report, .. } in filed {
        let Some(sealed) = &report.person else { continue };
        match keys.open(&seat.city, report.id, sealed) {
            Ok(person) => traces.add(&person),
            Err(refusal) => {
                tracing::warn!(city = %seat.city, fault = %refusal, "what staff wrote of a person stays");
            }
        }
    }
}

/// What is to be masked in the steps of cases.
pub(super) async fn in_steps(
    app: &App,
    seat: &Seat,
    cases: &[IncidentId],
    traces: &Traces,
) -> Result<Vec<StepMasked>, Refusal> {
    let mut masked = Vec::new();
    for ids in cases.chunks(ASKED_MAX) {
        let steps = app.store().steps_of(&seat.city, ids).await?;
        masked.extend(steps.iter().filter_map(|step| StepMasked::of(step, traces)));
    }
    Ok(masked)
}

/// The changes that mask; none where nothing is to be masked.
pub(super) fn changes(reports: Vec<WordsMasked>, steps: Vec<StepMasked>) -> Vec<Change> {
    let changes = [
        (!reports.is_empty()).then_some(Change::WordsMasked(reports)),
        (!steps.is_empty()).then_some(Change::StepsMasked(steps)),
    ];
    changes.into_iter().flatten().collect()
}

/// Masks what the public told of cases that have been over since before an instant; of how many reports and steps.
/// Goes on where it ended the last time, along the steps by their time, so that each case is looked at when its
/// last step has become old enough. Several processes do no harm: who masks again takes nothing out.
pub(super) async fn mask_due(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    before: Instant,
) -> Result<usize, Refusal> {
    let from = app.store().words_done(&seat.city).await?.unwrap_or(Instant(i64::MIN));
    if from >= before {
        return Ok(0);
    }
    let (mut masked, mut after) = (0, None);
    loop {
        let page = app.store().steps_between(&seat.city, (from, before), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(masked) };
        after = Some(StepKey::of(last));
        let full = page.len() >= PAGE as usize;
        let (reports, steps) = of_page(app, seat, &page, before).await?;
        masked += reports.len() + steps.len();
        let mut changes = changes(reports, steps);
        // Of a full page others of the last instant may be on the next.
        changes.push(Change::WordsDone { until: if full { last.at } else { before } });
        app.commit(&seat.city, caller, Basis::default(), changes).await?;
        if !full {
            return Ok(masked);
        }
    }
}

/// What is to be masked of the cases of these steps that are over.
async fn of_page(
    app: &App,
    seat: &Seat,
    page: &[Step],
    before: Instant,
) -> Result<(Vec<WordsMasked>, Vec<StepMasked>), Refusal> {
    let touched: BTreeSet<IncidentId> = page.iter().map(|step| step.incident).collect();
    let touched: Vec<IncidentId> = touched.into_iter().collect();
    let dockets = app.store().incidents_of(&seat.city, &touched).await?;
    // What was merged is over when that is over which it lives on in.
    let over = |it: &&Docket| !it.is_open() && it.stage != Stage::Merged && it.last_at < before;
    let over: Vec<IncidentId> = dockets.iter().filter(over).map(|it| it.id).collect();
    let whole = app.store().steps_of(&seat.city, &over).await?;
    let whole = whole.chunk_by(|a, b| a.incident == b.incident);
    // A case that cannot be read is told of in the log of the desk.
    let cases: Vec<Case> = whole.filter_map(|steps| Case::fold(steps.to_vec()).ok()).collect();
    let (mut reports, mut steps) = (Vec::new(), Vec::new());
    for case in &cases {
        let (of_reports, of_steps) = of_case(app, seat, case).await?;
        reports.extend(of_reports);
        steps.extend(of_steps);
    }
    // One report stands behind one case at a time, and a case that was taken in behind one other.
    let mut seen = BTreeSet::new();
    reports.retain(|it: &WordsMasked| seen.insert(it.report));
    let mut seen = BTreeSet::new();
    steps.retain(|it: &StepMasked| seen.insert((it.incident, it.revision)));
    Ok((reports, steps))
}

async fn of_case(
    app: &App,
    seat: &Seat,
    case: &Case,
) -> Result<(Vec<WordsMasked>, Vec<StepMasked>), Refusal> {
    let told: Vec<ReportId> = case.state().reports().collect();
    let (mut filed, mut traces) = (Vec::new(), Traces::default());
    for ids in told.chunks(ASKED_MAX) {
        filed.extend(read(app, seat, ids).await?);
    }
    trace(app, seat, &filed, &mut traces);
    let atlas = seat.atlas()?;
    let catalogue = &atlas.city().catalogue;
    let masked = |it: &AssignedReport| WordsMasked::of(&it.report, &traces, catalogue);
    let reports = filed.iter().filter_map(masked).collect();
    let mut cases: BTreeSet<IncidentId> = told.into_iter().map(incident_of).collect();
    cases.insert(case.state().id);
    cases.extend(case.state().absorbed.keys());
    let cases: Vec<IncidentId> = cases.into_iter().collect();
    Ok((reports, in_steps(app, seat, &cases, &traces).await?))
}

/// The reports with these ids, as far as they are there.
pub(super) async fn read(
    app: &App,
    seat: &Seat,
    ids: &[ReportId],
) -> Result<Vec<AssignedReport>, Refusal> {
    // No condition is every report.
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = ReportFilter { ids: ids.to_vec(), ..ReportFilter::default() };
    let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    Ok(app.store().reports(&seat.city, &filter, None, limit).await?)
}
