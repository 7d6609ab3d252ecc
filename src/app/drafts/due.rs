//! Scheduled drafts: at its time each comes into force, in the background.
//!
//! The draft's revision decides between several processes. One whose time passed while no process ran comes
//! into force at once, with the real time of taking effect; one that no longer fits, or cannot be read any more, is put
//! back to be edited, with a step that says why.

use std::time::Duration;

use crate::app::drafts::bench::Bench;
use crate::app::drafts::check::{Checked, check};
use crate::app::drafts::publish::admitted;
use crate::app::drafts::write::{decided, written};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::atlas::zone::Plan;
use crate::domain::change::Change;
use crate::domain::drafts::docket::{DraftDocket, DraftMoved};
use crate::domain::drafts::state::{CLOCK, Draft};
use crate::domain::drafts::step::{Deed, DraftStep, Stage};
use crate::store::{Basis, StoreError};

/// How often it is looked whether a time has come.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most drafts looked at in one go.
const PAGE: u32 = 50;
/// Most characters that are kept of why a draft cannot be read.
const WHY_CHARS_MAX: usize = 500;
/// Of what is not there at all.
const GONE: &str = "its steps, or the plan that it stands on, are not there";

/// Publishes what is due in every city, again and again; ends only when dropped.
pub async fn keep_publishing(app: &App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for city in app.cities() {
            let Ok(seat) = app.seat(Some(city.as_str())) else { continue };
            match publish_due(app, &seat).await {
                Ok(0) | Err(Refusal::NotReady) => {}
                Ok(done) => tracing::info!(city = %city, done, "scheduled drafts"),
                Err(refusal) => {
                    tracing::warn!(city = %city, fault = %refusal, "a scheduled draft waits");
                }
            }
        }
    }
}

/// Publishes every draft whose time has come, or puts it back; how many those were.
///
/// # Errors
/// [`Refusal::Unavailable`]; what was done until then is.
pub async fn publish_due(app: &App, seat: &Seat) -> Result<usize, Refusal> {
    let due = app.store().drafts_due(&seat.city, app.now(), PAGE).await?;
    let mut done = 0;
    for docket in due {
        let outcome = match publish_one(app, seat, &docket).await {
            Err(Refusal::Damaged(why)) => put_aside(app, seat, &docket, &why).await,
            Err(Refusal::NotFound) => put_aside(app, seat, &docket, GONE).await,
            outcome => outcome,
        };
        match outcome {
            Ok(written) => done += usize::from(written),
            // Another process was faster, or somebody withdrew it: the next look finds what is left.
            Err(Refusal::Draft(_) | Refusal::Moved | Refusal::Conflict(_)) => {}
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::NotReady)) => return Err(refusal),
            // What is wrong with one draft must not keep the others.
            Err(refusal) => {
                tracing::error!(city = %seat.city, draft = %docket.id, fault = %refusal, "waits");
            }
        }
    }
    Ok(done)
}

fn clock() -> Caller {
    Caller { role: Role::Admin, unit: None, actor: CLOCK.to_owned() }
}

/// Puts a draft back that cannot be read: it would be due again and again. Nothing can be decided on it, so the step goes
/// behind what its docket says. Whether it was written, as [`publish_one`].
async fn put_aside(
    app: &App,
    seat: &Seat,
    docket: &DraftDocket,
    why: &str,
) -> Result<bool, Refusal> {
    tracing::error!(city = %seat.city, draft = %docket.id, why, "a scheduled draft is put back");
    let why: String = why.chars().take(WHY_CHARS_MAX).collect();
    let clock = clock();
    let step = DraftStep {
        draft: docket.id,
        revision: docket.revision + 1,
        role: clock.role,
        actor: clock.actor.clone(),
        at: app.now().max(docket.last_at),
        deed: Deed::PutBack { words: format!("at its time it could not be read: {why}") },
    };
    let docket = DraftDocket {
        revision: step.revision,
        stage: Stage::Open,
        effective_at: None,
        last_at: step.at,
        last_by: step.actor.clone(),
        ..docket.clone()
    };
    let moved = DraftMoved { docket, seen: step.revision - 1, steps: vec![step] };
    let change = Change::DraftMoved(Box::new(moved));
    app.commit(&seat.city, &clock, Basis::default(), vec![change]).await?;
    Ok(true)
}

/// What cannot be read of the city is no fault of a draft.
fn of_the_city(error: StoreError) -> Refusal {
    match Refusal::from(error) {
        Refusal::Damaged(words) => Refusal::Inner(words),
        refusal => refusal,
    }
}

/// Whether a step was written: another process, or another look, may have been faster.
async fn publish_one(app: &App, seat: &Seat, docket: &DraftDocket) -> Result<bool, Refusal> {
    let clock = clock();
    let mut turn = app.benches().turn(&seat.city, docket.id).await;
    let bench = Bench::catch_up(app.store(), &seat.city, docket.id, turn.take()).await?;
    if bench.draft.stage != Stage::Scheduled {
        *turn = Some(bench);
        return Ok(false);
    }
    let state = app.store().load(&seat.city).await.map_err(of_the_city)?;
    let state = state.ok_or(Refusal::NotReady)?;
    let basis = Basis { atlas_version: Some(state.atlas_version) };
    let (seen, plan) = (bench.draft.revision, state.plan.version + 1);
    let deed = Deed::Publish { plan };
    let fits = if let Err(refusal) = admitted(&bench.draft, &state, &deed, app.now()) {
        Err((bench, refusal.to_string()))
    } else {
        let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
        let worked = app.benches().work(move || {
            let checked = check(&ground, &state);
            (ground, checked)
        });
        let (ground, checked) = worked.await?;
        let bench = bench.on(ground);
        match checked {
            Ok(checked) => Ok((bench, checked)),
            Err(refusal) => Err((bench, refusal.to_string())),
        }
    };
    let (bench, deed, changes) = match fits {
        Ok((bench, Checked { zones, .. })) => {
            let Draft { name, note, .. } = &bench.draft;
            let note = if note.is_empty() { name.clone() } else { note.clone() };
            let plan = Plan { version: plan, effective_from: app.now(), note };
            (bench, deed, vec![Change::PlanPublished { plan, zones }])
        }
        Err((bench, why)) => {
            tracing::warn!(draft = %docket.id, why, "a scheduled draft is put back");
            let words = format!("at its time it could not be published: {why}");
            (bench, Deed::PutBack { words }, Vec::new())
        }
    };
    let step = decided(app, seat, &clock, &bench.draft, (seen, deed)).await?;
    *turn = Some(written(app, seat, &clock, bench, step, (basis, changes)).await?);
    Ok(true)
}
