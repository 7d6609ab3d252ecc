//! A draft onto the plan in force: its edits are done again, and those that no longer fit are told.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::drafts::bench::{Bench, Ground, plan_zones};
use crate::app::drafts::order::{Conflict, Conflicting, Done};
use crate::app::drafts::refused::unlawful;
use crate::app::drafts::write::{Ended, decided, written};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Deed;
use crate::domain::id::ZoneId;
use crate::domain::zoning::diff::differences;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::fault::EditFault;
use crate::domain::zoning::overwritten::{Overwritten, overwritten};
use crate::domain::zoning::working::Applied;
use crate::store::Basis;

/// Most zones that are named.
const NAMED_MAX: usize = 10;

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
    (seen, how, dry_run): (u32, Conflicting, bool),
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
    let former = plan_zones(app.store(), &seat.city, bench.draft.base).await?;
    let (draft, zones) = (bench.draft.clone(), Arc::new(state.zones));
    let worked = app.benches().work(move || {
        let overdrawn = if how.overdraw { Vec::new() } else { changed(&former, &zones) };
        let meanwhile = Meanwhile { overdrawn, former: (!how.overwrite).then_some(former) };
        replayed(&draft, base, zones, &meanwhile)
    });
    let (ground, conflicts) = worked.await??;
    if dry_run {
        let done = Done { conflicts, ..Done::plain(&bench.draft) };
        return Ok((bench, Ok(done)));
    }
    if !conflicts.is_empty() && !how.drop_conflicts {
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

/// The zones that another plan has otherwise.
fn changed(former: &[Zone], zones: &[Zone]) -> Vec<ZoneId> {
    differences(former, zones).into_iter().map(|it| it.id.clone()).collect()
}

/// Why an edit that draws all zones anew does not go onto a plan that changed some: it fits always, and would undo them.
fn overdraws(edit: &ZoningEdit, changed: &[ZoneId]) -> Option<EditFault> {
    if !matches!(edit, ZoningEdit::Redraw { .. }) || changed.is_empty() {
        return None;
    }
    let names: Vec<String> = changed.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = changed.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let says = format!(
        "it draws all zones anew and would undo what was published meanwhile in {}{more}; let it with \
         overdraw, or draw it anew",
        names.join(", ")
    );
    Some(EditFault { edit: 0, says, at: None })
}

/// Why an edit does not go onto a plan that has set the same facts otherwise: it fits always, and would overwrite them.
fn overwrites(facts: &[Overwritten]) -> Option<EditFault> {
    if facts.is_empty() {
        return None;
    }
    let told: Vec<String> = facts.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = facts.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let says = format!(
        "the plan in force has meanwhile set the same facts otherwise: {}{more}; let the draft's stand with \
         overwrite",
        told.join("; ")
    );
    Some(EditFault { edit: 0, says, at: None })
}

/// What was published since the plan that a draft stands on, as far as its edits may not undo it.
struct Meanwhile {
    /// The zones that are otherwise; none where all may be drawn anew.
    overdrawn: Vec<ZoneId>,
    /// The zones as they were; `None` where their facts may be overwritten.
    former: Option<Vec<Zone>>,
}

/// A new ground with the edits that fit, and those that do not.
fn replayed(
    draft: &Draft,
    base: i64,
    zones: Arc<Vec<Zone>>,
    meanwhile: &Meanwhile,
) -> Result<(Ground, Vec<Conflict>), Refusal> {
    let published = Arc::clone(&zones);
    let mut ground = Ground::of(base, zones).map_err(Refusal::Damaged)?;
    let (mut conflicts, mut number) = (Vec::new(), 0);
    for stroke in &draft.strokes[..draft.done] {
        let mut whole: Option<Applied> = None;
        for edit in stroke.edits.iter() {
            let former = meanwhile.former.as_ref();
            let facts = former.map(|former| overwritten(edit, former, &published));
            let facts = facts.unwrap_or_default();
            let undoes = overdraws(edit, &meanwhile.overdrawn).or_else(|| overwrites(&facts));
            let done = match undoes {
                Some(fault) => Err(vec![fault]),
                None => ground.working.apply(std::slice::from_ref(edit), &BTreeSet::new()),
            };
            match done {
                Ok(applied) => match &mut whole {
                    Some(whole) => whole.join(applied),
                    None => whole = Some(applied),
                },
                Err(faults) => conflicts.extend(faults.into_iter().take(1).map(|fault| Conflict {
                    edit: number,
                    kind: edit.kind(),
                    actor: stroke.actor.clone(),
                    fault,
                    overwritten: facts.clone(),
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
