//! What follows when an incident is overdue, as a whole or at its stage: reminded 催办, urged 督办, raised
//! 升级, in the background.
//!
//! Each incident remembers when the first of its ladders goes on; what has become due is found along an
//! index and recorded as steps of the case. A step is written onto the revision it was decided on, and how
//! many were taken is folded from the steps: so none is taken twice, by several processes or after a restart.

use std::time::Duration;

use crate::app::incidents::deadlines::clock;
use crate::app::incidents::{Shown, load};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::change::Change;
use crate::domain::incidents::deadlines::Deadlines;
use crate::domain::incidents::docket::{CaseMoved, CaseTimed, Docket, Due, IncidentKey};
use crate::store::{Basis, CommitError};

/// Most incidents that one commit escalates.
const PAGE: u32 = 200;
/// How often it is looked what has become overdue.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Escalates what is overdue in every city, again and again; ends only when dropped.
pub async fn keep_escalating(app: &App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for city in app.cities() {
            let Ok(seat) = app.seat(Some(city.as_str())) else { continue };
            match escalate_all(app, &seat).await {
                Ok(0) | Err(Refusal::NotReady) => {}
                Ok(escalated) => tracing::info!(city = %city, escalated, "overdue incidents"),
                Err(refusal) => {
                    tracing::warn!(city = %city, fault = %refusal, "overdue incidents wait");
                }
            }
        }
    }
}

/// Takes every step of the ladders that has become due in a city; how many incidents that were.
///
/// Incidents whose deadline another edition of calendar and limits told are left until it is told anew.
///
/// # Errors
/// [`Refusal::NotReady`], [`Refusal::Unavailable`]; what was taken until then is.
pub async fn escalate_all(app: &App, seat: &Seat) -> Result<usize, Refusal> {
    let (mut escalated, mut after) = (0, None);
    loop {
        let page = app.store().escalating(&seat.city, app.now(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(escalated) };
        after = last.escalates_at.map(|at| IncidentKey { at, id: last.id });
        let atlas = seat.atlas()?;
        let deadlines = Deadlines::of(&atlas);
        let mut changes = Vec::with_capacity(page.len());
        for docket in page.iter().filter(|it| it.timed_by == deadlines.edition()) {
            changes.extend(change(app, seat, &deadlines, docket).await?);
        }
        escalated += commit(app, seat, changes).await?;
    }
}

/// What is to be written about an incident whose time has come; `None` when it has gone on meanwhile.
async fn change(
    app: &App,
    seat: &Seat,
    deadlines: &Deadlines<'_>,
    found: &Docket,
) -> Result<Option<Change>, Refusal> {
    let shown = match load(app, seat, found.id).await {
        Err(Refusal::Damaged(fault)) => return Ok(Some(set_aside(seat, found, &fault))),
        shown => shown?,
    };
    let Shown { docket, case } = shown;
    let category = docket.matter.category.as_ref();
    let rungs = deadlines.rungs(&case, category, app.now());
    if docket.revision != found.revision || rungs.is_empty() {
        return Ok(None);
    }
    Ok(Some(match case.escalate(&rungs, &clock(), app.now()) {
        Ok(case) => {
            let due = deadlines.due(&case, category);
            let matter = docket.matter.clone();
            Change::CaseMoved(CaseMoved::between(Some(&docket), &case, matter, due))
        }
        Err(refusal) => set_aside(seat, found, &refusal.to_string()),
    }))
}

/// One that cannot be escalated, so that it is not found again at every look.
fn set_aside(seat: &Seat, docket: &Docket, fault: &str) -> Change {
    tracing::error!(city = %seat.city, incident = %docket.id, fault, "cannot be escalated");
    let (at, whole_at) = (docket.due_at, docket.whole_due_at);
    let (turns, edition) = (docket.turns, docket.timed_by);
    let due = Due { at, whole_at, turns, escalates_at: None, edition };
    Change::CasesTimed(vec![CaseTimed { id: docket.id, revision: docket.revision, due }])
}

/// All in one commit; each for itself where one of them has gone on meanwhile.
async fn commit(app: &App, seat: &Seat, changes: Vec<Change>) -> Result<usize, Refusal> {
    if changes.is_empty() {
        return Ok(0);
    }
    let all = changes.len();
    match app.commit(&seat.city, &clock(), Basis::default(), changes.clone()).await {
        Ok(_) => return Ok(all),
        Err(CommitError::Conflict(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut written = 0;
    for change in changes {
        match app.commit(&seat.city, &clock(), Basis::default(), vec![change]).await {
            Ok(_) => written += 1,
            // Another was faster: the next look finds what is left to do.
            Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(written)
}
