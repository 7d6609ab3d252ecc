//! A draft is begun: blank, as a copy of another, or with what was imported.

use std::collections::BTreeSet;

use crate::app::clock;
use crate::app::drafts::bench::plan_zones;
use crate::app::drafts::read::folded;
use crate::app::drafts::refused::unlawful;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::change::Change;
use crate::domain::drafts::docket::DraftMoved;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::{CopiedFrom, Deed, OPEN_MAX};
use crate::domain::id::DraftId;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::redraw::drawn;
use crate::store::Basis;

/// A draft that somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDraft {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub words: String,
    /// The draft it is a copy of; none: the plan in force.
    pub copy_of: Option<DraftId>,
    /// The former plan whose zones it begins with.
    pub of_plan: Option<i64>,
}

/// Begins a draft on the plan in force, with its zones or with those of a former plan, or as a copy of another.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not, [`Refusal::Invalid`] with every fault, [`Refusal::Conflict`] when the
/// city has as many as it may.
pub async fn make(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    ask: NewDraft,
) -> Result<Draft, Refusal> {
    must(caller, Operation::MakeDraft)?;
    if ask.copy_of.is_some() && ask.of_plan.is_some() {
        let says = "is given beside copy_of; a draft begins with one of them".to_owned();
        return Err(Refusal::fault("of_plan", says));
    }
    let (base, copied_from, drew, edits) = if let Some(id) = ask.copy_of {
        let like = folded(app, seat, id).await.map_err(|refusal| match refusal {
            Refusal::NotFound => Refusal::fault("copy_of", format!("there is no draft {id}")),
            refusal => refusal,
        })?;
        let from = CopiedFrom { draft: id, revision: like.revision };
        (like.base, Some(from), like.drawers(), like.held())
    } else {
        let state = app.store().load(&seat.city).await?.ok_or(Refusal::NotReady)?;
        let edits = match ask.of_plan {
            Some(plan) => vec![vec![former(app, seat, plan).await?]],
            None => Vec::new(),
        };
        (state.plan.version, None, BTreeSet::new(), edits)
    };
    let (name, words) = (ask.name, ask.words);
    begin(app, seat, caller, Deed::Open { name, words, base, copied_from, drew, edits }).await
}

/// The zones of a former plan, all of them.
async fn former(app: &App, seat: &Seat, plan: i64) -> Result<ZoningEdit, Refusal> {
    let zones =
        plan_zones(app.store(), &seat.city, plan).await.map_err(|refusal| match refusal {
            Refusal::NotFound => Refusal::fault("of_plan", format!("there is no plan {plan}")),
            refusal => refusal,
        })?;
    if zones.is_empty() {
        return Err(Refusal::fault("of_plan", "must be a plan from 1 on".to_owned()));
    }
    Ok(ZoningEdit::Redraw { zones: zones.iter().map(drawn).collect() })
}

/// Begins a draft with edits on a plan.
pub(super) async fn made_of(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    (name, words, base): (String, String, i64),
    edits: Vec<ZoningEdit>,
) -> Result<Draft, Refusal> {
    let (edits, drew) = (vec![edits], BTreeSet::new());
    begin(app, seat, caller, Deed::Open { name, words, base, copied_from: None, drew, edits }).await
}

async fn begin(app: &App, seat: &Seat, caller: &Caller, deed: Deed) -> Result<Draft, Refusal> {
    let (draft, step) =
        Draft::open(clock::draft_id(), deed, caller, app.now()).map_err(unlawful)?;
    let open = app.store().drafts_open(&seat.city).await?;
    if usize::try_from(open).is_ok_and(|open| open >= OPEN_MAX) {
        return Err(Refusal::Conflict(format!(
            "the city has {OPEN_MAX} drafts that are not over, which is as many as it may (limit \
             OPEN_MAX); drop some first"
        )));
    }
    let moved = Change::DraftMoved(Box::new(DraftMoved::by(&draft, step)));
    app.commit(&seat.city, caller, Basis::default(), vec![moved]).await?;
    Ok(draft)
}
