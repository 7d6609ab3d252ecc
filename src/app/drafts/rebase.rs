//! A draft onto the plan in force: its edits are done again, and those that no longer fit are told.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::drafts::bench::{Bench, Ground};
use crate::app::drafts::order::{Conflict, Done};
use crate::app::drafts::refused::unlawful;
use crate::app::drafts::write::{Ended, decided, written};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Deed;
use crate::domain::zoning::working::Applied;
use crate::store::Basis;

/// Puts a draft onto the plan in force, on the revision `seen`. Where edits do not fit it is refused with
/// all of them, unless they are to be dropped; a dry run only tells them.
///
/// # Errors
/// As [`super::act::act`].
pub(super) async fn rebase(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bench: Bench,
    (seen, drop_conflicts, dry_run): (u32, bool, bool),
) -> Result<Ended, Refusal> {
    let state = app.store().load(&seat.city).await?.ok_or(Refusal::NotReady)?;
    let base = state.plan.version;
    // The law first: who may not is not told of conflicts.
    let deed = Deed::Rebase { base, dropped: Vec::new() };
    if let Err(refusal) = decided(app, seat, caller, &bench.draft, (seen, deed)).await {
        return Ok((bench, Err(refusal)));
    }
    if base == bench.draft.base {
        return Ok((bench, Err(unlawful(Unlawful::SameBase { base }))));
    }
    let (draft, zones) = (bench.draft.clone(), Arc::new(state.zones));
    let (ground, conflicts) = app.benches().work(move || replayed(&draft, base, zones)).await??;
    if dry_run {
        let done = Done { conflicts, ..Done::plain(&bench.draft) };
        return Ok((bench, Ok(done)));
    }
    if !conflicts.is_empty() && !drop_conflicts {
        return Ok((bench, Err(Refusal::Invalid(conflicts.iter().map(fault).collect()))));
    }
    let dropped = conflicts.iter().map(|conflict| conflict.edit).collect();
    let deed = Deed::Rebase { base, dropped };
    let step = decided(app, seat, caller, &bench.draft, (seen, deed)).await?;
    // The plan it stands on now must still be the one in force: the atlas decides.
    let basis = Basis { atlas_version: Some(state.atlas_version) };
    let bench = written(app, seat, caller, bench, step, (basis, Vec::new())).await?;
    let done = Done { conflicts, ..Done::plain(&bench.draft) };
    Ok((bench.on(ground), Ok(done)))
}

/// A new ground with the edits that fit, and those that do not.
fn replayed(
    draft: &Draft,
    base: i64,
    zones: Arc<Vec<Zone>>,
) -> Result<(Ground, Vec<Conflict>), Refusal> {
    let mut ground = Ground::of(base, zones).map_err(Refusal::Damaged)?;
    let (mut conflicts, mut number) = (Vec::new(), 0);
    for stroke in &draft.strokes[..draft.done] {
        let mut whole: Option<Applied> = None;
        for edit in stroke.edits.iter() {
            match ground.working.apply(std::slice::from_ref(edit), &BTreeSet::new()) {
                Ok(applied) => match &mut whole {
                    Some(whole) => whole.join(applied),
                    None => whole = Some(applied),
                },
                Err(faults) => conflicts.extend(faults.into_iter().take(1).map(|fault| Conflict {
                    edit: number,
                    kind: edit.kind(),
                    actor: stroke.actor.clone(),
                    fault,
                })),
            }
            number += 1;
        }
        if let Some(whole) = whole {
            ground.did(stroke.revision, whole);
        }
    }
    Ok((ground, conflicts))
}

fn fault(conflict: &Conflict) -> Fault {
    let words = format!(
        "{} by {} no longer fits: {}; drop what conflicts, or edit the draft first",
        conflict.kind, conflict.actor, conflict.fault.says
    );
    Fault { at: conflict.fault.at, ..Fault::new(format!("edits[{}]", conflict.edit), words) }
}
