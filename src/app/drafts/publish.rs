//! A draft into force, now or at a time: the plan and the draft's last step in one commit.

use std::sync::Arc;

use crate::app::drafts::bench::Bench;
use crate::app::drafts::check::{Checked, check};
use crate::app::drafts::order::Done;
use crate::app::drafts::refused::unlawful;
use crate::app::drafts::write::{Ended, decided, written};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::{Approval, CityState};
use crate::domain::atlas::zone::Plan;
use crate::domain::change::Change;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::{Act, Deed, Stage};
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::store::Basis;

/// How often it is decided again because the atlas moved meanwhile.
const TURNS_MAX: usize = 5;

/// How a draft is to come into force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// When; `None` for now.
    pub effective_at: Option<Instant>,
    /// Why: the plan's note; the draft's name when empty.
    pub note: String,
    /// Only look what keeps it from being published.
    pub dry_run: bool,
}

/// Publishes a draft, or schedules it, on the revision `seen`.
///
/// # Errors
/// As [`super::act::act`]; [`Refusal::Invalid`] with every finding that blocks.
pub(super) async fn publish(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bench: Bench,
    (seen, how): (u32, Publication),
) -> Result<Ended, Refusal> {
    let note = match words(&how.note, WORDS_CHARS_MAX) {
        Ok(note) => note,
        Err(fault) => return Ok((bench, Err(Refusal::fault("note", fault.to_string())))),
    };
    let (mut bench, mut turns) = (bench, 0);
    loop {
        let state = app.store().load(&seat.city).await?.ok_or(Refusal::NotReady)?;
        let deed = match how.effective_at {
            Some(at) => Deed::Schedule { at, note: note.clone() },
            None => Deed::Publish { plan: state.plan.version + 1 },
        };
        let lawful = async {
            let step = decided(app, seat, caller, &bench.draft, (seen, deed.clone())).await?;
            admitted(&bench.draft, &state, &deed, app.now()).map_err(unlawful)?;
            Ok(step)
        };
        let step = match lawful.await {
            Ok(step) => step,
            Err(refusal) => return Ok((bench, Err(refusal))),
        };
        let (grounded, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
        let (version, state) = (state.atlas_version, Arc::new(state));
        let (ground, checked) = app
            .benches()
            .work(move || {
                let checked = check(&ground, &state);
                (ground, checked)
            })
            .await?;
        bench = grounded.on(ground);
        let Checked { zones, warnings } = match checked {
            Ok(checked) => checked,
            Err(refusal) => return Ok((bench, Err(refusal))),
        };
        if how.dry_run {
            let done = Done { warnings, ..Done::plain(&bench.draft) };
            return Ok((bench, Ok(done)));
        }
        let mut changes = Vec::new();
        if let Deed::Publish { plan } = deed {
            let note = if note.is_empty() { bench.draft.name.clone() } else { note.clone() };
            let plan = Plan { version: plan, effective_from: app.now(), note };
            changes.push(Change::PlanPublished { plan, zones });
        }
        let basis = Basis { atlas_version: Some(version) };
        let id = bench.draft.id;
        match written(app, seat, caller, bench, step, (basis, changes)).await {
            Ok(bench) => {
                let done = Done { warnings, ..Done::plain(&bench.draft) };
                return Ok((bench, Ok(done)));
            }
            Err(Refusal::Moved) if turns < TURNS_MAX => {
                turns += 1;
                bench = Bench::catch_up(app.store(), &seat.city, id, None).await?;
            }
            Err(refusal) => return Err(refusal),
        }
    }
}

/// Whether a draft may come into force as things are: the plan it stands on, the approval, the time.
///
/// # Errors
/// The [`Unlawful`] that says why not.
pub(super) fn admitted(
    draft: &Draft,
    state: &CityState,
    deed: &Deed,
    now: Instant,
) -> Result<(), Unlawful> {
    if let Deed::Schedule { at, .. } = deed
        && *at <= now
    {
        return Err(Unlawful::Past { at: *at, now });
    }
    let approved =
        draft.approved_by.is_some() && matches!(draft.stage, Stage::Approved | Stage::Scheduled);
    if state.city.approval == Approval::SecondPerson && !approved {
        return Err(Unlawful::Unapproved { act: Act::Publish });
    }
    let (base, now) = (draft.base, state.plan.version);
    if base != now {
        return Err(Unlawful::OldBase { base, now });
    }
    Ok(())
}
