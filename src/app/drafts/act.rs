//! One step in a draft: may I? -> load -> let the law and the ground decide -> commit.

use std::collections::BTreeSet;

use crate::app::drafts::bench::{Bench, Ground};
use crate::app::drafts::carried::on_bench;
use crate::app::drafts::meant::{laid_on, looked_through};
use crate::app::drafts::order::{Done, Order, Wish};
use crate::app::drafts::publish::{Publication, publish};
use crate::app::drafts::rebase::rebase;
use crate::app::drafts::refused::{edit_faults, unlawful};
use crate::app::drafts::write::{Ended, decided, written};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Role};
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::step::{Act, Deed, DraftStep};
use crate::domain::id::{DraftId, KeyId, ZoneId};
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::handed::handed;
use crate::domain::zoning::held::Held;
use crate::domain::zoning::working::{Applied, Working};
use crate::store::Basis;

/// Takes a step, or only says what it would do.
///
/// # Errors
/// [`Refusal::NotFound`] for who sees no drafts, and for one that there is not; [`Refusal::Draft`] with what
/// would be right, and for a draft that has gone on since the caller looked with what came since;
/// [`Refusal::Invalid`] for an edit that does not fit the ground, with the place.
pub async fn act(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: DraftId,
    order: Order,
) -> Result<Done, Refusal> {
    must(caller, Operation::ActOnDraft)?;
    let caller = caller.clone();
    let done = on_bench(app, seat, id, move |app, seat, bench| async move {
        let (seen, dry_run) = (order.seen, order.dry_run);
        match order.wish.clone() {
            Wish::Deed(deed) => plain(&app, &seat, &caller, bench, (order, deed)).await,
            Wish::Rebase(how) => rebase(&app, &seat, &caller, bench, (seen, how, dry_run)).await,
            Wish::Publish { effective_at, note } => {
                let how = Publication { effective_at, note, dry_run };
                publish(&app, &seat, &caller, bench, (seen, how)).await
            }
        }
    });
    done.await?
}

/// A deed that is written as it was asked.
pub(super) async fn plain(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bench: Bench,
    (order, deed): (Order, Deed),
) -> Result<Ended, Refusal> {
    let mut step = match decided(app, seat, caller, &bench.draft, (order.seen, deed)).await {
        Ok(step) => step,
        Err(refusal) => return Ok((bench, Err(refusal))),
    };
    let known = match &mut step.deed {
        Deed::Share { with } => known_keys(app, seat, with).await,
        Deed::Edit { edits } => seat.atlas().and_then(|atlas| looked_through(&atlas, edits)),
        _ => Ok(()),
    };
    // Blocks and streets that were looked up count with their lines.
    let known = known.and_then(|()| bench.draft.keeps(&step.deed).map_err(unlawful));
    if let Err(refusal) = known {
        return Ok((bench, Err(refusal)));
    }
    match &step.deed {
        Deed::Edit { .. } | Deed::Undo | Deed::Redo | Deed::Lock { .. } => {
            return on_the_ground(app, seat, caller, bench, (step, &order)).await;
        }
        _ => {}
    }
    if order.dry_run {
        let done = Done::plain(&bench.draft);
        return Ok((bench, Ok(done)));
    }
    let bench = written(app, seat, caller, bench, step, (Basis::default(), Vec::new())).await?;
    let done = Done::plain(&bench.draft);
    Ok((bench, Ok(done)))
}

/// A step that has to do with the ground.
async fn on_the_ground(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bench: Bench,
    (mut step, order): (DraftStep, &Order),
) -> Result<Ended, Refusal> {
    let (dry_run, foreign) = (order.dry_run, order.foreign);
    let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
    let held = bench.draft.locks();
    let redo = bench.draft.strokes.get(bench.draft.done).map(|stroke| stroke.edits.clone());
    let (mut deed, revision) = (step.deed.clone(), step.revision);
    let stroke = bench.draft.strokes.get(bench.draft.done).map(|stroke| stroke.revision);
    let worked = app.benches().work(move || {
        let mut ground = ground;
        if let Deed::Edit { edits } = &mut deed {
            laid_on(&ground.working, edits, &held, foreign);
        }
        let applied = match &deed {
            Deed::Edit { edits } => done(&mut ground, edits, (&held, revision, dry_run)).map(Some),
            Deed::Redo => {
                let edits = redo.unwrap_or_default();
                let revision = stroke.unwrap_or(revision);
                redone(&mut ground, &edits, (&held, revision, dry_run)).map(Some)
            }
            Deed::Undo => undone(&mut ground, &held, dry_run),
            Deed::Lock { zones, .. } => known_zones(&ground, zones).map(|()| None),
            _ => Ok(None),
        };
        (ground, applied, deed)
    });
    let (ground, applied, deed) = worked.await?;
    step.deed = deed;
    let applied = match applied {
        Ok(applied) => applied,
        Err(refusal) => return Ok((bench.on(ground), Err(refusal))),
    };
    let bench = if dry_run {
        bench
    } else {
        written(app, seat, caller, bench, step, (Basis::default(), Vec::new())).await?
    };
    let outcome = Done { applied, ..Done::plain(&bench.draft) };
    Ok((bench.on(ground), Ok(outcome)))
}

/// Does edits on the ground; of a dry run takes them back.
fn done(
    ground: &mut Ground,
    edits: &[ZoningEdit],
    (held, revision, dry_run): (&Held, u32, bool),
) -> Result<Applied, Refusal> {
    let applied = ground.working.apply_held(edits, held).map_err(|faults| edit_faults(&faults))?;
    let applied = with_areas(&ground.working, applied);
    if dry_run {
        ground.working.take_back(&applied).map_err(|fault| Refusal::Inner(fault.to_string()))?;
    } else {
        ground.did(revision, applied.clone());
    }
    Ok(applied)
}

/// Does edits again as they were done, unless they change the area of a zone that is locked now.
fn redone(
    ground: &mut Ground,
    edits: &[ZoningEdit],
    (held, revision, dry_run): (&Held, u32, bool),
) -> Result<Applied, Refusal> {
    let applied =
        ground.working.apply(edits, &BTreeSet::new()).map_err(|faults| edit_faults(&faults))?;
    let applied = with_areas(&ground.working, applied);
    let kept = kept(&applied, held);
    if dry_run || !kept.is_empty() {
        ground.working.take_back(&applied).map_err(|fault| Refusal::Inner(fault.to_string()))?;
    } else {
        ground.did(revision, applied.clone());
    }
    if kept.is_empty() {
        Ok(applied)
    } else {
        Err(unlawful(Unlawful::Locked { act: Act::Redo, zones: kept }))
    }
}

/// Takes the last stroke back, unless it changed the area of a zone that is locked now.
fn undone(ground: &mut Ground, held: &Held, dry_run: bool) -> Result<Option<Applied>, Refusal> {
    let kept = ground.last().map(|last| kept(last, held)).unwrap_or_default();
    if !kept.is_empty() {
        return Err(unlawful(Unlawful::Locked { act: Act::Undo, zones: kept }));
    }
    let last = ground.last().cloned().map(|last| with_areas(&ground.working, last));
    if !dry_run {
        ground.take_back().map_err(Refusal::Inner)?;
    }
    Ok(last.as_ref().map(Applied::turned))
}

/// What is locked now of what edits changed.
fn kept(applied: &Applied, held: &Held) -> Vec<String> {
    let zones = applied.reshaped.intersection(&held.zones).map(ToString::to_string);
    let outline = (held.outline && applied.outline).then(|| "the outline".to_owned());
    zones.chain(outline).collect()
}

/// What edits did, with the areas that change hands also where they drew all zones anew; the ground is as they
/// left it.
fn with_areas(working: &Working, mut applied: Applied) -> Applied {
    // That the ground is not as they left it is said by whoever takes them back.
    if applied.is_whole()
        && let Ok(moved) = handed(working, &applied)
    {
        applied.moved = moved;
    }
    applied
}

fn known_zones(ground: &Ground, zones: &BTreeSet<ZoneId>) -> Result<(), Refusal> {
    let lacks = zones.iter().filter(|zone| !ground.working.has(zone));
    none(lacks.map(|zone| Fault::new("zones", format!("the draft has no zone {zone}"))).collect())
}

fn none(faults: Vec<Fault>) -> Result<(), Refusal> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Keys that a draft is shared with must be there, and see drafts.
async fn known_keys(app: &App, seat: &Seat, with: &BTreeSet<KeyId>) -> Result<(), Refusal> {
    let (keys, now) = (app.store().keys(&seat.city).await?, app.now());
    let sees = |id: &KeyId| {
        keys.iter().any(|key| {
            key.id == *id && key.is_live(now) && matches!(key.role, Role::Planner | Role::Admin)
        })
    };
    let lacks = with.iter().filter(|id| !sees(id));
    let words = |id| format!("there is no key {id} of a planner or admin in force");
    none(lacks.map(|id| Fault::new("with", words(id))).collect())
}
