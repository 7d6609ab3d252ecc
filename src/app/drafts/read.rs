//! Drafts as they are looked at.

use std::sync::Arc;

use crate::app::drafts::carried::on_bench;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::docket::{DraftDocket, DraftKey};
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::{DraftStep, Stage};
use crate::domain::id::DraftId;
use crate::domain::zoning::working::Border;
use crate::store::DraftFilter;

/// Most drafts, or steps of one, on one page.
pub const PAGE_MAX: u32 = 1_000;

/// A draft, and a page of its steps.
#[derive(Clone, Debug)]
pub struct Shown {
    /// As it stands.
    pub draft: Draft,
    /// Its steps behind the revision asked for.
    pub steps: Vec<DraftStep>,
}

/// A draft's zones as its edits leave them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// At which revision.
    pub revision: u32,
    /// The plan that it is drawn on.
    pub base: i64,
    /// The zones, by id.
    pub zones: Vec<Zone>,
}

/// A draft's borders as its edits leave them.
#[derive(Clone, Debug)]
pub struct Bordered {
    /// At which revision.
    pub revision: u32,
    /// The borders, each once.
    pub borders: Vec<Border>,
}

/// Which drafts are asked for; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// At this stage.
    pub stage: Option<Stage>,
    /// Only those that are not over, or only those that are.
    pub open: Option<bool>,
    /// Begun by this actor.
    pub owner: Option<String>,
    /// Behind this place of the list.
    pub after: Option<DraftKey>,
    /// At most so many.
    pub limit: u32,
}

/// Drafts, the last begun first.
///
/// # Errors
/// [`Refusal::NotFound`] for who sees none.
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    wanted: Wanted,
) -> Result<Vec<DraftDocket>, Refusal> {
    must(caller, Operation::ListDrafts)?;
    let Wanted { stage, open, owner, after, limit } = wanted;
    let filter = DraftFilter { stage, open, owner };
    Ok(app.store().drafts(&seat.city, &filter, after, limit.min(PAGE_MAX + 1)).await?)
}

/// One draft, with the steps behind `after`.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: DraftId,
    (after, limit): (u32, u32),
) -> Result<Shown, Refusal> {
    must(caller, Operation::GetDraft)?;
    let draft = folded(app, seat, id).await?;
    let limit = limit.min(PAGE_MAX + 1);
    let mut steps = app.store().draft_steps(&seat.city, id, after, limit).await?;
    // Two looks: what was added between them is not of this draft yet.
    steps.retain(|step| step.revision <= draft.revision);
    Ok(Shown { draft, steps })
}

/// A draft as it stands.
pub(super) async fn folded(app: &App, seat: &Seat, id: DraftId) -> Result<Draft, Refusal> {
    on_bench(app, seat, id, |_, _, bench| async move {
        let draft = bench.draft.clone();
        Ok((bench, draft))
    })
    .await
}

/// The zones of a draft as its edits leave them.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn zones(app: &App, seat: &Seat, caller: &Caller, id: DraftId) -> Result<Drawn, Refusal> {
    must(caller, Operation::GetDraftZones)?;
    drawn(app, seat, id).await.map(|(_, drawn)| drawn)
}

/// As [`zones`], with those of the plan it stands on.
pub(super) async fn drawn(
    app: &App,
    seat: &Seat,
    id: DraftId,
) -> Result<(Arc<Vec<Zone>>, Drawn), Refusal> {
    on_bench(app, seat, id, |app, seat, bench| async move {
        let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
        let worked = app.benches().work(move || {
            let zones = ground.working.zones();
            (ground, zones)
        });
        let (ground, zones) = worked.await?;
        let (base, revision) = (bench.draft.base, bench.draft.revision);
        let drawn = (Arc::clone(&ground.base), Drawn { revision, base, zones });
        Ok((bench.on(ground), drawn))
    })
    .await
}

/// The borders of a draft as its edits leave them: each once, for an editor of maps.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn borders(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: DraftId,
) -> Result<Bordered, Refusal> {
    must(caller, Operation::GetDraftBorders)?;
    on_bench(app, seat, id, |app, seat, bench| async move {
        let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
        let worked = app.benches().work(move || {
            let borders = ground.working.borders();
            (ground, borders)
        });
        let (ground, borders) = worked.await?;
        let revision = bench.draft.revision;
        Ok((bench.on(ground), Bordered { revision, borders }))
    })
    .await
}
