//! Published plans: which there were, what differs, and one published again as a new one.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::{App, must};
use crate::app::transfer::calendar::no_city;
use crate::app::transfer::decide::restore_plan;
use crate::app::transfer::import::{Outcome, blocking, may, turns};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::history::Published;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::CityId;
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::domain::zoning::diff::{ChangedArea, changed_areas};
use crate::formats::layer::Findings;

/// Most plans on one page.
pub const PAGE_MAX: u32 = 1_000;

/// A published plan with its zones.
#[derive(Clone, Debug)]
pub struct Whole {
    /// What is told of it.
    pub published: Published,
    /// Its zones, by id.
    pub zones: Vec<Zone>,
}

/// The plans that are not higher than `until`, the last first.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not read them; [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    city: &CityId,
    caller: &Caller,
    until: Option<i64>,
    limit: u32,
) -> Result<Vec<Published>, Refusal> {
    must(caller, Operation::ListPlans)?;
    let until = until.unwrap_or(i64::MAX);
    let mut found = app.store().plans(city, until, limit.min(PAGE_MAX + 1)).await?;
    for it in &mut found {
        discreet(caller, it);
    }
    Ok(found)
}

/// One plan.
///
/// # Errors
/// [`Refusal::NotFound`] for one that there is not; [`Refusal::Unavailable`].
pub async fn get(
    app: &App,
    city: &CityId,
    caller: &Caller,
    version: i64,
) -> Result<Published, Refusal> {
    must(caller, Operation::GetPlanVersion)?;
    let found = app.store().plans(city, version, 1).await?.pop();
    let mut found = found.filter(|it| it.plan.version == version).ok_or(Refusal::NotFound)?;
    discreet(caller, &mut found);
    Ok(found)
}

/// One plan with its zones.
///
/// # Errors
/// As [`get`].
pub async fn whole(
    app: &App,
    city: &CityId,
    caller: &Caller,
    version: i64,
) -> Result<Whole, Refusal> {
    let published = get(app, city, caller, version).await?;
    let zones = app.store().plan_zones(city, version).await?;
    Ok(Whole { published, zones })
}

/// Who published a plan is told to staff alone.
fn discreet(caller: &Caller, it: &mut Published) {
    if !caller.may(Operation::ListRules) {
        it.actor.clear();
    }
}

/// The areas that went from one zone to another, off the workers that answer.
///
/// # Errors
/// [`Refusal::Inner`].
pub async fn areas(
    before: Arc<Vec<Zone>>,
    after: Arc<Vec<Zone>>,
) -> Result<Vec<ChangedArea>, Refusal> {
    blocking(move || changed_areas(&before, &after)).await
}

/// How a plan is published again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// Which plan.
    pub version: i64,
    /// Why.
    pub note: String,
    /// Only look.
    pub dry_run: bool,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// Publishes a former plan again, which makes a new one.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not, and for a plan that there is not; else as an import. That its zones
/// name units that are gone is no error: it stands in the outcome.
pub async fn restore(
    app: &App,
    city: &CityId,
    caller: &Caller,
    ask: Restore,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let note = words(&ask.note, WORDS_CHARS_MAX)
        .map_err(|fault| Refusal::fault("note", fault.to_string()))?;
    let Whole { published, zones } = whole(app, city, caller, ask.version).await?;
    let version = published.plan.version;
    let note = if note.is_empty() { format!("plan {version} again") } else { note };
    let rows = zones.len();
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, now: Instant| match state {
            Some(state) => restore_plan(zones.clone(), (&note, now), state),
            None => no_city(&city, Findings::default()),
        }
    };
    let city = city.clone();
    turns(app, caller, (city, rows), Arc::new(decide), Vec::new(), (ask.dry_run, ask.seen)).await
}
