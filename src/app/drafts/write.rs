//! How a step is decided on the revision that was looked at, and written.

use crate::app::drafts::bench::Bench;
use crate::app::drafts::order::Done;
use crate::app::drafts::refused::unlawful;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::change::Change;
use crate::domain::drafts::docket::DraftMoved;
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::drafts::state::{Ask, Draft};
use crate::domain::drafts::step::{Deed, DraftStep};
use crate::store::{Basis, CommitError};

/// Most steps that are read for the words of a conflict.
const SINCE_MAX: u32 = 200;

/// The bench as it is laid back, and what became of the wish. Where it is an error, what was half done on
/// the bench is not laid back at all.
pub(super) type Ended = (Bench, Result<Done, Refusal>);

/// What the law says to a deed on the revision that was looked at.
pub(super) async fn decided(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    draft: &Draft,
    (seen, deed): (u32, Deed),
) -> Result<DraftStep, Refusal> {
    let since = if seen < draft.revision {
        app.store().draft_steps(&seat.city, draft.id, seen, SINCE_MAX).await?
    } else {
        Vec::new()
    };
    draft.decide(Ask { seen, deed }, || since, caller, app.now()).map_err(unlawful)
}

/// Writes a step, with what goes into the same commit.
///
/// # Errors
/// [`Refusal::Draft`] with what came in between when another was faster; [`Refusal::Moved`].
pub(super) async fn written(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    mut bench: Bench,
    step: DraftStep,
    (basis, mut changes): (Basis, Vec<Change>),
) -> Result<Bench, Refusal> {
    let seen = bench.draft.revision;
    bench.wrote(&step);
    let moved = DraftMoved::by(&bench.draft, step);
    changes.push(Change::DraftMoved(Box::new(moved)));
    match app.commit(&seat.city, caller, basis, changes).await {
        Ok(_) => Ok(bench),
        Err(CommitError::Conflict(words)) => {
            let id = bench.draft.id;
            let now = Bench::catch_up(app.store(), &seat.city, id, None).await?.draft;
            if now.revision == seen {
                return Err(Refusal::Conflict(words));
            }
            let since = app.store().draft_steps(&seat.city, id, seen, SINCE_MAX).await?;
            let (stage, now) = (now.stage, now.revision);
            Err(unlawful(Unlawful::Stale { seen, now, stage, since }))
        }
        Err(error) => Err(error.into()),
    }
}
