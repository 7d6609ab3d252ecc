//! Incidents: may I? -> load -> let the law of the workflow decide -> commit, and again when another
//! was faster.

pub mod board;
pub mod deadlines;
pub mod desk;
pub mod escalation;
pub mod pictures;
pub mod proposals;
pub mod standing;
pub mod offers;
pub mod taken;
pub mod again;
pub mod worklist;

use std::sync::Arc;

use crate::app::incidents::offers::Offers;
use crate::app::incidents::taken::Taken;
use crate::app::once::Pass;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Scope};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::change::Change;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, CityId, IncidentId, PictureId, UnitId, ZoneId};
use crate::domain::incidents::case::{Ask, Case, Pair};
use crate::domain::incidents::deadlines::Deadlines;
use crate::domain::incidents::docket::{CaseMoved, Docket, IncidentKey, IncidentOrder};
use crate::domain::incidents::refusal::Refusal as Unlawful;
use crate::domain::incidents::step::{Carried, Move, Stage};
use crate::domain::incidents::timing::TimingReading;
use crate::domain::time::Instant;
use crate::store::{Basis, CommitError, IncidentFilter};

/// How often a decision is made again on a case that has gone on.
const DECISIONS_MAX: u32 = 8;
/// Most incidents on one page.
pub const PAGE_MAX: u32 = 1_000;
/// Most steps asked at once.
pub const BULK_MAX: usize = 200;

/// An incident with its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it is about and where it stands.
    pub docket: Docket,
    /// Its steps and what they fold to.
    pub case: Case,
}

/// What somebody wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The move and what it brings along, on the revision the caller looked at.
    pub ask: Ask,
    /// With a merge or a split: the revision of the other incident that the caller looked at.
    pub other_seen: Option<u32>,
}

/// One incident, when the caller may see it.
///
/// # Errors
/// [`Refusal::NotFound`] for what does not exist and for what the caller may not see alike.
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
) -> Result<Shown, Refusal> {
    must(caller, Operation::GetIncident)?;
    let shown = load(app, seat, id).await?;
    if shown.case.state().is_seen_by(caller.role, caller.unit.as_ref()) {
        Ok(shown)
    } else {
        Err(Refusal::NotFound)
    }
}

/// Which incidents are asked for; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// In this zone.
    pub zone: Option<ZoneId>,
    /// Led by this unit, or with it beside the lead.
    pub unit: Option<UnitId>,
    /// Of this category or below it.
    pub category: Option<CategoryCode>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// Only those that wait for a dispatcher because the rules were not sure.
    pub for_dispatcher: bool,
    /// Only those whose ladder was climbed at least so far.
    pub escalated: Option<Act>,
    /// Due at or after.
    pub due_from: Option<Instant>,
    /// Due before.
    pub due_to: Option<Instant>,
    /// Opened at or after.
    pub opened_from: Option<Instant>,
    /// Opened before.
    pub opened_to: Option<Instant>,
    /// In which order.
    pub order: IncidentOrder,
    /// Behind this place of the list.
    pub after: Option<IncidentKey>,
    /// At most so many.
    pub limit: u32,
}

/// Incidents of the caller's scope.
///
/// # Errors
/// [`Refusal::NotFound`] for a caller without a scope.
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    wanted: Wanted,
) -> Result<Vec<Docket>, Refusal> {
    must(caller, Operation::ListIncidents)?;
    wanted_in(app, &seat.city, caller, &wanted).await
}

async fn wanted_in(
    app: &App,
    city: &CityId,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<Vec<Docket>, Refusal> {
    let unit = match (caller.scope(), wanted.unit.clone()) {
        (Scope::Nothing, _) => return Err(Refusal::NotFound),
        (Scope::Everything, unit) => unit,
        (Scope::Unit(own), Some(unit)) if own != unit => return Ok(Vec::new()),
        (Scope::Unit(own), _) => Some(own),
    };
    let filter = IncidentFilter {
        zone: wanted.zone.clone(),
        unit,
        category: wanted.category.clone(),
        stage: wanted.stage,
        open: false,
        for_dispatcher: wanted.for_dispatcher,
        escalated: wanted.escalated,
        due_from: wanted.due_from,
        due_to: wanted.due_to,
        opened_from: wanted.opened_from,
        opened_to: wanted.opened_to,
    };
    let limit = wanted.limit.min(PAGE_MAX + 1);
    Ok(app.store().incidents(city, &filter, wanted.order, wanted.after, limit).await?)
}

/// Keeps a picture with an incident that the caller sees.
async fn picture(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    bytes: Arc<[u8]>,
    pass: Option<&Pass>,
) -> Result<PictureId, Refusal> {
    get(app, seat, caller, id).await?;
    pictures::keep(app, seat, caller, id, bytes, pass).await
}

/// How a step is answered.
#[derive(Clone, Copy, Debug, Default)]
struct Answering<'a> {
    /// What the answer is kept under, in the same commit.
    pass: Option<&'a Pass>,
    /// Whether it tells what is offered with the case.
    offers: bool,
}

/// Takes one step, for a caller who has been let in; with a merge or a split one in each of the two cases, or none.
pub(super) async fn step(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    wish: &Wish,
) -> Result<Shown, Refusal> {
    let (shown, _) = step_answered(app, seat, caller, id, wish, Answering::default()).await?;
    Ok(shown)
}

/// The same, with what the answer tells.
async fn step_answered(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    wish: &Wish,
    answering: Answering<'_>,
) -> Result<(Shown, Offers), Refusal> {
    for _ in 0..DECISIONS_MAX {
        let atlas = seat.atlas()?;
        let deadlines = Deadlines::of(&atlas);
        let shown = load(app, seat, id).await?;
        let decided = match wish.ask.act {
            Move::Merge | Move::Split => pair(app, seat, caller, &shown, wish).await?,
            _ => vec![(shown.clone(), decide(&shown.case, caller, wish, app.now())?)],
        };
        known_units(&atlas, &wish.ask.carried)?;
        pictures::known(app, seat, id, &wish.ask.carried).await?;
        let moved: Vec<CaseMoved> = decided
            .iter()
            .map(|(before, case)| {
                let matter = before.docket.matter.clone();
                let due = deadlines.due(case, matter.category.as_ref());
                CaseMoved::between(Some(&before.docket), case, matter, due)
            })
            .collect();
        let docket = moved[0].docket.clone();
        let mut changes: Vec<Change> = moved.into_iter().map(Change::CaseMoved).collect();
        let offers = match decided.first().filter(|_| answering.offers) {
            // Before the commit, which keeps them: who asks again is offered the same.
            Some((_, case)) => Offers::with(app, seat, caller, &docket, case).await?,
            None => Offers::default(),
        };
        if let Some(pass) = answering.pass {
            changes.push(pass.keep(&Taken::offering(&docket, offers.clone()))?);
        }
        match app.commit(&seat.city, caller, Basis::default(), changes).await {
            Ok(_) => {
                let (_, case) = decided.into_iter().next().ok_or(Refusal::Moved)?;
                return Ok((Shown { docket, case }, offers));
            }
            // Another was faster: the law says to whom it looks stale, and what has changed.
            Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Moved)
}

/// How the clocks of an incident stand at a moment.
///
/// # Errors
/// [`Refusal::NotReady`] before the first atlas.
pub fn clocks(seat: &Seat, shown: &Shown, at: Instant) -> Result<TimingReading, Refusal> {
    let atlas = seat.atlas()?;
    let category = shown.docket.matter.category.as_ref();
    Ok(Deadlines::of(&atlas).read(&shown.case, category, at))
}

pub(super) async fn load(app: &App, seat: &Seat, id: IncidentId) -> Result<Shown, Refusal> {
    let (docket, steps) = app.store().incident(&seat.city, id).await?.ok_or(Refusal::NotFound)?;
    let case = Case::fold(steps)
        .map_err(|fault| Refusal::Damaged(format!("incident {id} cannot be read: {fault}")))?;
    Ok(Shown { docket, case })
}

fn decide(case: &Case, caller: &Caller, wish: &Wish, now: Instant) -> Result<Case, Refusal> {
    case.decide(wish.ask.clone(), caller, now).map_err(unlawful)
}

/// A merge or a split: this case, and the one it goes into or comes out of.
async fn pair(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    part: &Shown,
    wish: &Wish,
) -> Result<Vec<(Shown, Case)>, Refusal> {
    let state = part.case.state();
    // Whether the caller may at all comes before what the wish lacks.
    if !state.is_seen_by(caller.role, caller.unit.as_ref()) {
        return Err(Refusal::NotFound);
    }
    state.permit(wish.ask.act, caller.role, caller.unit.as_ref()).map_err(unlawful)?;
    let named = wish.ask.carried.other;
    let other = match wish.ask.act {
        Move::Split => named.or(state.merged.map(|merged| merged.into)),
        _ => named,
    };
    let Some(other) = other else {
        return Err(Refusal::fault("other", "is missing; name the incident it is merged into"));
    };
    let whole = load(app, seat, other).await.map_err(|refusal| match refusal {
        Refusal::NotFound => Refusal::fault("other", format!("there is no incident {other}")),
        refusal => refusal,
    })?;
    let Some(whole_seen) = wish.other_seen else {
        let now = whole.docket.revision;
        return Err(Refusal::fault(
            "other_revision",
            format!("is missing; give the revision of {other} you looked at (it is at {now})"),
        ));
    };
    let both = Pair { part: &part.case, part_seen: wish.ask.seen, whole: &whole.case, whole_seen };
    let why = wish.ask.carried.words.as_str();
    let now = app.now();
    let (one, two) = match wish.ask.act {
        Move::Split => both.split(why, caller, now),
        _ => both.merge(why, caller, now),
    }
    .map_err(unlawful)?;
    Ok(vec![(part.clone(), one), (whole, two)])
}

fn unlawful(refusal: Unlawful) -> Refusal {
    match refusal {
        Unlawful::Unseen => Refusal::NotFound,
        refusal => Refusal::Case(Box::new(refusal)),
    }
}

/// Units that a step names must be units of the city.
fn known_units(atlas: &Atlas, carried: &Carried) -> Result<(), Refusal> {
    let named = carried.unit.iter().map(|unit| ("unit", unit));
    let beside = carried.co.iter().map(|unit| ("co", unit));
    let faults: Vec<Fault> = named
        .chain(beside)
        .filter(|(_, unit)| atlas.unit(unit).is_none())
        .map(|(place, unit)| Fault::new(place, format!("the city has no unit {unit}")))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}
