//! Deadlines told anew, in the background, after the calendar, limits or hours are others.
//!
//! Each incident remembers by which edition its deadline was told. So a pass that is cut short goes on where
//! it was, several processes may make it at once, and what is told already is only looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::incidents::load;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::incidents::deadlines::{Deadlines, edition};
use crate::domain::incidents::docket::{CaseTimed, Due};
use crate::store::Basis;

/// Most incidents timed in one commit.
const PAGE: u32 = 200;
/// How often it is looked whether there is another edition.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many looks after a pass there is a second one: a process that had not heard of the edition may have
/// timed a step by the one before.
const LOOKS_BETWEEN: u32 = 30;

/// What was done for a city.
struct Done {
    version: i64,
    edition: i64,
    /// Looks until the second pass; `None` after it.
    left: Option<u32>,
}

/// Who tells deadlines and escalates what is overdue.
pub(super) fn clock() -> Caller {
    Caller { role: Role::Dispatcher, unit: None, actor: "clock".to_owned() }
}

/// Tells deadlines anew wherever an edition is another, again and again; ends only when dropped.
pub async fn keep_timing(app: &App) {
    let mut done: BTreeMap<CityId, Done> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for city in app.cities() {
            let Ok(seat) = app.seat(Some(city.as_str())) else { continue };
            let Ok(atlas) = seat.atlas() else { continue };
            let now = match done.get_mut(&city) {
                Some(it) if it.version == atlas.version() => it.edition,
                _ => edition(&atlas),
            };
            let second = match done.get_mut(&city) {
                Some(it) if it.edition == now => {
                    it.version = atlas.version();
                    match &mut it.left {
                        None => continue,
                        Some(left) if *left > 0 => {
                            *left -= 1;
                            continue;
                        }
                        Some(_) => true,
                    }
                }
                _ => false,
            };
            match time_all(app, &seat).await {
                Ok(timed) => {
                    if timed > 0 {
                        tracing::info!(city = %city, timed, "deadlines were told anew");
                    }
                    let left = (!second).then_some(LOOKS_BETWEEN);
                    done.insert(city, Done { version: atlas.version(), edition: now, left });
                }
                Err(refusal) => {
                    tracing::warn!(city = %city, fault = %refusal, "deadlines wait to be told anew");
                }
            }
        }
    }
}

/// Tells the deadline of every open incident of a city that another edition timed; how many those were.
///
/// # Errors
/// [`Refusal::NotReady`], [`Refusal::Unavailable`]; what was told until then is.
pub async fn time_all(app: &App, seat: &Seat) -> Result<usize, Refusal> {
    let (mut timed, mut after) = (0, None);
    loop {
        let atlas = seat.atlas()?;
        let deadlines = Deadlines::of(&atlas);
        let edition = deadlines.edition();
        let page = app.store().timed_otherwise(&seat.city, edition, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(timed) };
        after = Some(last.id);
        let mut them = Vec::with_capacity(page.len());
        for docket in &page {
            let due = match load(app, seat, docket.id).await {
                Ok(shown) if shown.docket.revision == docket.revision => {
                    deadlines.due(&shown.case, docket.matter.category.as_ref())
                }
                // It has gone on, and was timed with its step.
                Ok(_) => continue,
                Err(Refusal::Damaged(fault)) => {
                    tracing::error!(city = %seat.city, incident = %docket.id, fault, "cannot be timed");
                    let (at, whole_at) = (docket.due_at, docket.whole_due_at);
                    Due { at, whole_at, turns: docket.turns, escalates_at: None, edition }
                }
                Err(refusal) => return Err(refusal),
            };
            them.push(CaseTimed { id: docket.id, revision: docket.revision, due });
        }
        timed += them.len();
        if !them.is_empty() {
            let changes = vec![Change::CasesTimed(them)];
            app.commit(&seat.city, &clock(), Basis::default(), changes).await?;
        }
    }
}
