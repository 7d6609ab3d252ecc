//! Re-routing of stored history on request: reports whose place changed hands get a further assignment by the
//! plan in force. What has one already is not found again, so that a pass which is cut short goes on where it
//! was, and several at once do no harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::plans::between::Between;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::change::Change;
use crate::domain::id::UnitId;
use crate::domain::reports::reroute::{Rerouted, Stored, reroute};
use crate::domain::time::Instant;
use crate::store::{Basis, CommitError, Store};

/// Most further assignments in one commit.
const TOGETHER_MAX: usize = 10_000;
/// How often others' faster commits are followed.
const TURNS_MAX: usize = 20;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The plan whose changes are followed: the one in force.
    pub plan: i64,
    /// The plan whose zones are compared with, 0 for none; `None`: the one just before.
    pub since_plan: Option<i64>,
    /// Only reports received at or after.
    pub since: Option<Instant>,
    /// Only count.
    pub dry_run: bool,
}

/// What was done, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Reports that were looked at because they lie near what changed.
    pub looked_at: u64,
    /// Reports that got a further assignment, or would.
    pub rerouted: u64,
    /// How many of them from which unit to which; those that stay with theirs are not counted.
    pub flows: BTreeMap<(UnitId, UnitId), u64>,
}

/// Routes stored reports anew whose place changed hands with the plan in force.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not, and for a plan that there is not; [`Refusal::Conflict`] for one
/// that is not in force, [`Refusal::Moved`] when another came into force meanwhile;
/// [`Refusal::Unavailable`]. What was routed until then is.
pub async fn reroute_all(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    ask: Ask,
) -> Result<Outcome, Refusal> {
    must(caller, Operation::ReroutePlan)?;
    let between = between(app, seat, &ask).await?;
    let since = (ask.since.unwrap_or(Instant(i64::MIN)), ask.plan);
    let mut outcome = Outcome::default();
    for frame in &between.boxes {
        let (mut after, mut turns) = (None, 0);
        loop {
            let limit = Store::STORED_MAX;
            let page = app.store().stored_within(&seat.city, *frame, since, after, limit).await?;
            let Some(last) = page.last().map(|it| it.told.id) else { break };
            let looked_at = page.len() as u64;
            let decided = decide(&between, page, app.now()).await?;
            if !ask.dry_run && !commit(app, seat, caller, &between, &decided).await? {
                // Others were faster: what they did is not found again.
                turns += 1;
                if turns > TURNS_MAX {
                    return Err(Refusal::Moved);
                }
                continue;
            }
            outcome.looked_at += looked_at;
            outcome.count(&decided);
            after = Some(last);
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, decided: &[Rerouted]) {
        for it in decided {
            self.rerouted += 1;
            if let Some(from) = it.left.first().filter(|from| **from != it.to.unit) {
                *self.flows.entry((from.clone(), it.to.unit.clone())).or_default() += 1;
            }
        }
    }
}

/// The plan in force and the one it is compared with.
async fn between(app: &App, seat: &Seat, ask: &Ask) -> Result<Between, Refusal> {
    let after = seat.atlas()?;
    let find = async |version: i64| {
        let found = app.store().plans(&seat.city, version, 1).await?.pop();
        found.filter(|it| it.plan.version == version).ok_or(Refusal::NotFound)
    };
    let plan = find(ask.plan).await?;
    let now = after.plan().version;
    if plan.plan.version != now {
        let words = format!(
            "plan {} is not in force, plan {now} is: what is routed anew goes by it",
            ask.plan
        );
        return Err(Refusal::Conflict(words));
    }
    let since = ask.since_plan.unwrap_or(ask.plan - 1);
    if since >= ask.plan {
        return Err(Refusal::fault("since_plan", format!("must be a plan before {}", ask.plan)));
    }
    // The zones alone count: those of the former plan, with all else as it is.
    let mut state = after.state().clone();
    let zones = app.store().plan_zones(&seat.city, since).await?;
    if zones.is_empty() && since != 0 {
        return Err(Refusal::fault("since_plan", format!("there is no plan {since}")));
    }
    let mut known: Vec<UnitId> = state.units.iter().map(|unit| unit.id.clone()).collect();
    known.sort();
    for unit in zones.iter().flat_map(|zone| std::iter::once(&zone.lead).chain(&zone.co)) {
        if let Err(at) = known.binary_search(unit) {
            known.insert(at, unit.clone());
            state.units.push(Unit::named_only(unit.clone()));
        }
    }
    (state.zones, state.facilities, state.rules) = (zones, Vec::new(), Vec::new());
    let before = tokio::task::spawn_blocking(move || Atlas::build(state))
        .await
        .map_err(|fault| Refusal::Inner(format!("the former plan was not built: {fault}")))?
        .map_err(|_| Refusal::Inner(format!("the zones of plan {since} give no atlas")))?;
    Between::from(Arc::new(before), after).await
}

/// The further assignments of those whose place changed hands, off the workers that answer.
async fn decide(
    between: &Between,
    page: Vec<Stored>,
    now: Instant,
) -> Result<Vec<Rerouted>, Refusal> {
    let between = between.clone();
    tokio::task::spawn_blocking(move || {
        let hands = between.hands();
        let changed = page.iter().filter(|it| hands.changed(it.told.position).is_some());
        changed.map(|it| reroute(&between.after, it, now)).collect()
    })
    .await
    .map_err(|fault| Refusal::Inner(format!("nothing was routed anew: {fault}")))
}

/// Writes them, as long as the atlas is the one that decided; whether nobody was faster.
async fn commit(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    between: &Between,
    decided: &[Rerouted],
) -> Result<bool, Refusal> {
    for some in decided.chunks(TOGETHER_MAX) {
        let changes = vec![Change::ReportsRerouted(some.to_vec())];
        let basis = Basis { atlas_version: Some(between.after.version()) };
        match app.commit(&seat.city, caller, basis, changes).await {
            Ok(_) => {}
            Err(CommitError::Conflict(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}
