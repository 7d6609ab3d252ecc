//! Hand-over in the background: what lay with a unit whose place went to another, goes there too.
//!
//! A pointer for each city says up to which plan, and within the next one up to which incident, all is handed
//! over. It moves in the commit that moves the incidents, and only from where it was looked at: so a process
//! that dies in between is followed by the next, and several at once do no harm.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::plans::between::Between;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Scope};
use crate::domain::change::Change;
use crate::domain::id::{CityId, IncidentId, UnitId};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::deadlines::Deadlines;
use crate::domain::incidents::desk::router;
use crate::domain::incidents::docket::{CaseMoved, Docket};
use crate::domain::incidents::handover::{Handed, HandedOver, Pointer, hand_over, owed, rezoned};
use crate::domain::incidents::step::Step;
use crate::store::{Basis, CommitError, ROWS_MAX};

/// Most incidents of one box that are looked at together.
const PAGE: u32 = 2_000;
/// Most incidents handed over in one commit.
const TOGETHER_MAX: usize = 200;
/// How often it is looked whether there is another plan.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often another's faster commit is followed before the rest waits for the next look.
const TURNS_MAX: usize = 50;

/// Hands over in every city whatever its plans moved, again and again; ends only when dropped.
pub async fn keep_handing_over(app: &App) {
    let mut done: BTreeMap<CityId, i64> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for city in app.cities() {
            let Ok(seat) = app.seat(Some(city.as_str())) else { continue };
            let Ok(atlas) = seat.atlas() else { continue };
            let plan = atlas.plan().version;
            if done.get(&city) == Some(&plan) {
                continue;
            }
            match hand_over_all(app, &seat).await {
                Ok(handed) => {
                    if handed > 0 {
                        tracing::info!(city = %city, plan, handed, "incidents were handed over");
                    }
                    done.insert(city, plan);
                }
                Err(refusal) => {
                    tracing::warn!(city = %city, fault = %refusal, "incidents wait to be handed over");
                }
            }
        }
    }
}

/// Hands over whatever the plans published until now moved in a city; how many incidents that were.
///
/// # Errors
/// [`Refusal::Moved`] when others were faster again and again; [`Refusal::Busy`], [`Refusal::Unavailable`];
/// what was handed over until then is.
pub async fn hand_over_all(app: &App, seat: &Seat) -> Result<usize, Refusal> {
    let mut handed = 0;
    loop {
        let pointer = app.store().handover(&seat.city).await?;
        let plan = pointer.plan + 1;
        let found = app.store().plans(&seat.city, plan, 1).await?.pop();
        let Some(published) = found.filter(|it| it.plan.version == plan) else {
            return Ok(handed);
        };
        if let Some(between) = Between::of(app, &seat.city, &published).await? {
            handed += with_plan(app, seat, &between, plan).await?;
        } else {
            // Nothing is known of what was before, as with the first plan.
            finish(app, seat, pointer).await?;
        }
    }
}

/// Everything of this plan is done.
async fn finish(app: &App, seat: &Seat, seen: Pointer) -> Result<(), Refusal> {
    let now = Pointer { plan: seen.plan + 1, after: None };
    let over =
        Change::HandedOver(HandedOver { seen, now, handed: Vec::new(), rezoned: Vec::new() });
    match app.commit(&seat.city, &router(), Basis::default(), vec![over]).await {
        // Another process was faster: the pointer says how far it is.
        Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Hands over what one plan moved, from where the pointer stands.
async fn with_plan(app: &App, seat: &Seat, between: &Between, plan: i64) -> Result<usize, Refusal> {
    let (mut handed, mut together, mut turns) = (0, TOGETHER_MAX, 0);
    'look: loop {
        let mut seen = app.store().handover(&seat.city).await?;
        if seen.plan + 1 != plan {
            return Ok(handed);
        }
        let owing = owing(app, &seat.city, between, seen.after).await?;
        if owing.is_empty() {
            finish(app, seat, seen).await?;
            return Ok(handed);
        }
        for stretch in owing.chunks(together) {
            match write(app, seat, between, seen, stretch).await {
                Ok((now, count)) => {
                    seen = now;
                    handed += count;
                }
                // One of them has gone on, or another process is at it: look again, at fewer.
                Err(CommitError::Conflict(_)) if turns < TURNS_MAX => {
                    turns += 1;
                    together = (together / 4).max(1);
                    continue 'look;
                }
                Err(error) => return Err(error.into()),
            }
        }
        together = TOGETHER_MAX;
    }
}

/// The first of the incidents behind `after` that the plan moves to another unit or zone, by id; none when there are no
/// more.
async fn owing(
    app: &App,
    city: &CityId,
    between: &Between,
    mut after: Option<IncidentId>,
) -> Result<Vec<Docket>, Refusal> {
    loop {
        let (mut found, mut end) = (BTreeMap::new(), None);
        for frame in &between.boxes {
            let page = app.store().open_within(city, *frame, after, PAGE).await?;
            if page.len() >= PAGE as usize {
                let last = page.last().map(|docket| docket.id);
                // Behind the first full page not every box has been read.
                end = end.map_or(last, |end: IncidentId| last.map(|last| last.min(end)));
            }
            found.extend(page.into_iter().map(|docket| (docket.id, docket)));
        }
        if let Some(end) = end {
            found.retain(|id, _| *id <= end);
        }
        let between = between.clone();
        let owing = tokio::task::spawn_blocking(move || {
            let dockets = found.into_values();
            let hands = between.hands();
            let moves =
                |docket: &Docket| owed(hands, docket).is_some() || rezoned(hands, docket).is_some();
            dockets.filter(moves).collect::<Vec<_>>()
        })
        .await
        .map_err(|fault| Refusal::Inner(format!("a hand-over was not decided: {fault}")))?;
        if !owing.is_empty() || end.is_none() {
            return Ok(owing);
        }
        after = end;
    }
}

/// One commit for a stretch of incidents; how far it has come and how many went.
async fn write(
    app: &App,
    seat: &Seat,
    between: &Between,
    seen: Pointer,
    stretch: &[Docket],
) -> Result<(Pointer, usize), CommitError> {
    let ids: Vec<IncidentId> = stretch.iter().map(|docket| docket.id).collect();
    let mut steps: BTreeMap<IncidentId, Vec<Step>> = BTreeMap::new();
    for step in app.store().steps_of(&seat.city, &ids).await? {
        steps.entry(step.incident).or_default().push(step);
    }
    let plan = between.after.plan().version;
    let deadlines = Deadlines::of(&between.after);
    let (mut changes, mut handed) = (Vec::new(), Vec::new());
    for docket in stretch {
        let mut steps = steps.remove(&docket.id).unwrap_or_default();
        // What was added since it was found is told by the commit.
        steps.retain(|step| step.revision <= docket.revision);
        let Some(owed) = owed(between.hands(), docket) else { continue };
        let plans = (between.before.plan().version, plan);
        let told = Case::fold(steps).map_err(|fault| fault.to_string()).and_then(|case| {
            hand_over(&case, &owed, plans, &router(), app.now()).map_err(|fault| fault.to_string())
        });
        let case = match told {
            Ok(case) => case,
            // A case that is full, or cannot be read, must not keep the others.
            Err(fault) => {
                tracing::error!(city = %seat.city, incident = %docket.id, fault, "cannot be handed over");
                continue;
            }
        };
        let due = deadlines.due(&case, docket.matter.category.as_ref());
        handed.push(Handed {
            plan,
            incident: docket.id,
            revision: case.state().revision,
            from: owed.from.clone(),
            to: owed.to.clone(),
            from_zone: owed.place.from.map(|zone| zone.id.clone()),
            to_zone: owed.place.to.map(|zone| zone.id.clone()),
            at: case.state().last_at,
        });
        let matter = docket.matter.clone();
        changes.push(Change::CaseMoved(CaseMoved::between(Some(docket), &case, matter, due)));
    }
    let now = Pointer { plan: seen.plan, after: stretch.last().map(|docket| docket.id) };
    let count = handed.len();
    let rezoned = stretch.iter().filter_map(|docket| rezoned(between.hands(), docket)).collect();
    changes.push(Change::HandedOver(HandedOver { seen, now, handed, rezoned }));
    app.commit(&seat.city, &router(), Basis::default(), changes).await?;
    Ok((now, count))
}

/// What was handed over with a plan, as far as the caller may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Whether everything of the plan is handed over.
    pub done: bool,
    /// How many from which unit to which, the largest first.
    pub flows: Vec<(UnitId, UnitId, usize)>,
    /// One page, each with the incident as it stands now.
    pub rows: Vec<(Handed, Option<Docket>)>,
    /// Whether there are more.
    pub more: bool,
}

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only what went from this unit.
    pub from: Option<UnitId>,
    /// Only what went to this unit.
    pub to: Option<UnitId>,
    /// Behind this incident.
    pub after: Option<IncidentId>,
    /// At most so many.
    pub limit: usize,
}

/// What was handed over with a plan: by unit, and a page of the incidents. A unit is told what it gave and
/// what it got.
///
/// # Errors
/// [`Refusal::NotFound`] for a plan that there is not, and for who may not see it; [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    city: &CityId,
    caller: &Caller,
    plan: i64,
    page: &Page,
) -> Result<List, Refusal> {
    let wanted =
        Wanted::of(app, city, caller, plan, (page.from.as_ref(), page.to.as_ref())).await?;
    let (mut flows, mut rows, mut more) = (BTreeMap::new(), Vec::new(), false);
    let mut last = None;
    loop {
        let read = app.store().handed(city, plan, last, ROWS_MAX).await?;
        let Some(end) = read.last() else { break };
        last = Some(end.incident);
        for it in read.into_iter().filter(|it| wanted.has(it)) {
            *flows.entry((it.from.clone(), it.to.clone())).or_insert(0) += 1;
            let behind = page.after.is_none_or(|after| it.incident > after);
            match behind {
                true if rows.len() < page.limit => rows.push(it),
                true => more = true,
                false => {}
            }
        }
    }
    let rows = with_dockets(app, city, rows).await?;
    let mut flows: Vec<_> = flows.into_iter().map(|((from, to), n)| (from, to, n)).collect();
    flows.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
    let done = app.store().handover(city).await?.plan >= plan;
    Ok(List { done, flows, rows, more })
}

/// What of a list somebody sees and wants.
struct Wanted {
    /// The unit whose own it is; `None`: anybody's.
    own: Option<UnitId>,
    from: Option<UnitId>,
    to: Option<UnitId>,
}

impl Wanted {
    /// # Errors
    /// As [`list`].
    async fn of(
        app: &App,
        city: &CityId,
        caller: &Caller,
        plan: i64,
        (from, to): (Option<&UnitId>, Option<&UnitId>),
    ) -> Result<Self, Refusal> {
        must(caller, Operation::GetHandover)?;
        let known = app.store().plans(city, plan, 1).await?;
        if known.first().is_none_or(|it| it.plan.version != plan) {
            return Err(Refusal::NotFound);
        }
        let own = match caller.scope() {
            Scope::Nothing => return Err(Refusal::NotFound),
            Scope::Everything => None,
            Scope::Unit(unit) => Some(unit),
        };
        Ok(Self { own, from: from.cloned(), to: to.cloned() })
    }

    fn has(&self, it: &Handed) -> bool {
        self.own.as_ref().is_none_or(|own| it.from == *own || it.to == *own)
            && self.from.as_ref().is_none_or(|unit| it.from == *unit)
            && self.to.as_ref().is_none_or(|unit| it.to == *unit)
    }
}

/// Each with the incident as it stands now.
async fn with_dockets(
    app: &App,
    city: &CityId,
    rows: Vec<Handed>,
) -> Result<Vec<(Handed, Option<Docket>)>, Refusal> {
    let ids: Vec<IncidentId> = rows.iter().map(|it| it.incident).collect();
    let mut dockets: BTreeMap<IncidentId, Docket> = BTreeMap::new();
    for ids in ids.chunks(1_000) {
        let found = app.store().incidents_of(city, ids).await?;
        dockets.extend(found.into_iter().map(|docket| (docket.id, docket)));
    }
    let rows = rows.into_iter().map(|it| {
        let docket = dockets.remove(&it.incident);
        (it, docket)
    });
    Ok(rows.collect())
}

/// All that was handed over with a plan, piece by piece: for lists that are written as they are read. Nothing is kept that
/// grows with the list.
pub struct Whole {
    app: App,
    city: CityId,
    plan: i64,
    wanted: Wanted,
    last: Option<IncidentId>,
}

impl Whole {
    /// Begins a list, of what went from and to a unit where they are named.
    ///
    /// # Errors
    /// As [`list`].
    pub async fn begin(
        app: &App,
        city: &CityId,
        caller: &Caller,
        plan: i64,
        (from, to): (Option<&UnitId>, Option<&UnitId>),
    ) -> Result<Self, Refusal> {
        let wanted = Wanted::of(app, city, caller, plan, (from, to)).await?;
        Ok(Self { app: app.clone(), city: city.clone(), plan, wanted, last: None })
    }

    /// The next of them, by incident, each as it stands now; `None` at the end.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<Vec<(Handed, Option<Docket>)>>, Refusal> {
        loop {
            let read = self.app.store().handed(&self.city, self.plan, self.last, ROWS_MAX).await?;
            let Some(end) = read.last() else { return Ok(None) };
            self.last = Some(end.incident);
            let wanted: Vec<Handed> = read.into_iter().filter(|it| self.wanted.has(it)).collect();
            if !wanted.is_empty() {
                return with_dockets(&self.app, &self.city, wanted).await.map(Some);
            }
        }
    }
}
