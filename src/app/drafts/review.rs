//! The review of a draft: findings, figures, and who and what would change hands; of the draft as it is, or with edits
//! that are only tried, live while somebody drags a border.
//!
//! What lies in the city is read once and kept for a while, and where it lies in a draft is kept with the draft's
//! ground: an edit that is tried costs what it moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::drafts::bench::Ground;
use crate::app::drafts::carried::{carried, on_bench};
use crate::app::drafts::meant::{laid_on, looked_through};
use crate::app::drafts::readings::{Reading, Sight};
use crate::app::drafts::refused::edit_faults;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::clocks::limit::LimitKind;
use crate::domain::clocks::limits::Awaited;
use crate::domain::id::{CityId, DraftId, ZoneId};
use crate::domain::incidents::docket::IncidentOrder;
use crate::domain::incidents::handover;
use crate::domain::reports::routing::{Ask, route_unit};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::held::Held;
use crate::domain::zoning::review::findings::{ReviewFinding, findings};
use crate::domain::zoning::review::movers::{Flow, Mover, flows, movers, staying};
use crate::domain::zoning::review::outline::Before;
use crate::domain::zoning::review::state::{PlanFigures, Review, ZoneFigures};
use crate::domain::zoning::review::things::{OpenCase, PastReport, Things};
use crate::domain::zoning::stays::Stays;
use crate::domain::zoning::tract::weight_of;
use crate::domain::zoning::working::Working;
use crate::store::{IncidentFilter, ROWS_MAX, ReportKey, Store};

/// Days looked back for reports when nothing is said.
pub const DAYS_DEFAULT: u32 = 90;
/// Most days looked back.
pub const DAYS_MAX: u32 = 3_660;
/// Most movers listed.
pub const LISTED_MAX: u32 = 100_000;
/// How long (µs) what lies in the city is taken as it was read.
const FRESH_US: i64 = 60 * 1_000_000;
/// And while edits are only tried: nobody who drags a border waits for the city to be read again.
const TRIED_US: i64 = 10 * FRESH_US;
/// Most cities, or ways to look at one, of which it is kept.
const KEPT_MAX: usize = 4;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;
/// Minutes of a calendar day, and of a working day.
const DAY_MIN: i64 = 1_440;
const WORKING_DAY_MIN: i64 = 480;

/// How a draft is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Reports of so many days count.
    pub days: u32,
    /// The attribute of blocks that weighs them; `None`: their `people`.
    pub weight: Option<String>,
    /// At most so many movers are listed.
    pub listed: u32,
}

/// A review.
pub struct Told {
    /// The draft's revision.
    pub revision: u32,
    /// The atlas that it is held against.
    pub atlas: Arc<Atlas>,
    /// What lies in the city.
    pub things: Arc<Things>,
    /// As of when.
    pub read_at: Instant,
    /// What was found, the weightiest first.
    pub findings: Vec<ReviewFinding>,
    /// The draft in figures.
    pub plan: PlanFigures,
    /// Its zones in figures; with edits that are tried only those that they touch.
    pub zones: Vec<ZoneFigures>,
    /// What goes from which unit to which.
    pub flows: Vec<Flow>,
    /// The incidents and facilities whose place changes hands.
    pub movers: Vec<Mover>,
    /// How many of them go to another unit.
    pub moving: u64,
    /// How many incidents among them stay with theirs.
    pub staying: u64,
}

/// Edits that are only tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The edits.
    pub edits: Vec<ZoningEdit>,
    /// The places came in another coordinate system: they mean the vertices next to them.
    pub foreign: bool,
}

/// Reviews a draft; with edits to be tried as it would be with them. Nothing is written.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Invalid`] for edits that would be refused as a step, in the same words.
pub async fn review(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: DraftId,
    (look, trial): (Look, Option<Trial>),
) -> Result<Told, Refusal> {
    must(caller, Operation::ReviewDraft)?;
    let fresh_us = if trial.is_some() { TRIED_US } else { FRESH_US };
    let reading = read(app, seat, &look, fresh_us).await?;
    let mut trial = trial;
    if let Some(trial) = &mut trial {
        looked_through(&reading.atlas, &mut trial.edits)?;
    }
    let told = on_bench(app, seat, id, move |app, seat, bench| async move {
        let (bench, ground) = bench.grounded(app.store(), app.benches(), &seat.city).await?;
        let (revision, held) = (bench.draft.revision, bench.draft.locks());
        let worked = app.benches().work(move || {
            let mut ground = ground;
            ground.review(&reading.things, &reading.look);
            let told = match trial {
                None => Ok(told(&ground, &reading, revision, (None, look.listed))),
                Some(trial) => tried(&mut ground, &reading, revision, (trial, &held, look.listed)),
            };
            (ground, told)
        });
        let (ground, told) = worked.await?;
        if let Err(Refusal::Inner(words)) = told {
            // The ground is not as it was: it is not laid back.
            return Err(Refusal::Inner(words));
        }
        Ok((bench.on(ground), told))
    });
    told.await?
}

/// The review with edits, which are taken back.
fn tried(
    ground: &mut Ground,
    reading: &Reading,
    revision: u32,
    (trial, held, listed): (Trial, &Held, u32),
) -> Result<Told, Refusal> {
    let Trial { mut edits, foreign } = trial;
    laid_on(&ground.working, &mut edits, held, foreign);
    let applied = ground.working.apply_held(&edits, held).map_err(|faults| edit_faults(&faults))?;
    let followed = ground.try_out(&applied);
    let told = told(ground, reading, revision, (Some(&applied.touched), listed));
    ground.give_up(&applied, followed).map_err(Refusal::Inner)?;
    Ok(told)
}

fn told(
    ground: &Ground,
    reading: &Reading,
    revision: u32,
    (touched, listed): (Option<&BTreeSet<ZoneId>>, u32),
) -> Told {
    let made;
    let review = if let Some(review) = ground.reviewed() {
        review
    } else {
        made = Review::of(Arc::clone(&reading.things), &ground.working);
        &made
    };
    let (atlas, working) = (&reading.atlas, &ground.working);
    let all: Vec<_> = match touched {
        Some(touched) => touched.iter().cloned().collect(),
        None => working.ids(),
    };
    let listed = usize::try_from(listed).unwrap_or(usize::MAX);
    let flows = flows(review, atlas, working);
    Told {
        revision,
        atlas: Arc::clone(atlas),
        things: Arc::clone(&reading.things),
        read_at: reading.at,
        findings: findings(review, atlas, working),
        plan: review.plan(working),
        zones: all.iter().filter_map(|zone| review.zone(atlas, working, zone)).collect(),
        moving: flows.iter().map(counted).sum(),
        staying: staying(review, atlas, working),
        movers: movers(review, atlas, working, listed),
        flows,
    }
}

/// What a set of zones would find and move, were it published now.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What was found, the weightiest first.
    pub findings: Vec<ReviewFinding>,
    /// What would go from which unit to which.
    pub flows: Vec<Flow>,
    /// How many incidents and facilities would.
    pub moving: u64,
}

/// The outlook of each of some sets of zones.
///
/// # Errors
/// [`Refusal::Unavailable`] when the city cannot be read; [`Refusal::Inner`] for zones that give no ground.
pub(super) async fn outlooks(
    app: &App,
    seat: &Seat,
    sets: Vec<Vec<Zone>>,
) -> Result<Vec<Outlook>, Refusal> {
    let look = Look { days: DAYS_DEFAULT, weight: None, listed: 0 };
    let reading = read(app, seat, &look, FRESH_US).await?;
    let worked = app.benches().work(move || {
        let outlook = |zones: Vec<Zone>| {
            let working =
                Working::taken_up(&zones).map_err(|faults| Refusal::Inner(faults.join("; ")))?;
            let review = Review::of(Arc::clone(&reading.things), &working);
            let flows = flows(&review, &reading.atlas, &working);
            let findings = findings(&review, &reading.atlas, &working);
            Ok(Outlook { findings, moving: flows.iter().map(counted).sum(), flows })
        };
        sets.into_iter().map(outlook).collect()
    });
    worked.await?
}

/// How many incidents and facilities go.
fn counted(flow: &Flow) -> u64 {
    let facilities: u64 = flow.tally.facilities.iter().map(|count| u64::from(*count)).sum();
    facilities + u64::from(flow.tally.incidents)
}

/// What lies in the city, read lately or now.
async fn read(app: &App, seat: &Seat, look: &Look, fresh_us: i64) -> Result<Reading, Refusal> {
    let (atlas, now) = (seat.atlas()?, app.now());
    let weight = look.weight.clone().unwrap_or_else(|| "people".to_owned());
    let look = Sight { days: look.days.min(DAYS_MAX), weight };
    let held = || {
        let fits = |it: &&Reading| {
            it.city == seat.city
                && it.atlas.version() == atlas.version()
                && it.look == look
                && now.0.saturating_sub(it.at.0) < fresh_us
        };
        app.benches().readings().held().iter().find(fits).cloned()
    };
    if let Some(found) = held() {
        return Ok(found);
    }
    let turn = Arc::clone(&app.benches().readings().turn).lock_owned().await;
    if let Some(found) = held() {
        return Ok(found);
    }
    let (app, city) = (app.clone(), seat.city.clone());
    carried(async move {
        let things = gathered(&app, &city, &atlas, (&look, now)).await?;
        let made = Reading { city, atlas, look, at: now, things };
        let mut kept = app.benches().readings().held();
        kept.retain(|it| !(it.city == made.city && it.look == made.look));
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(made.clone());
        drop(turn);
        Ok(made)
    })
    .await
}

/// What lies in the city now.
async fn gathered(
    app: &App,
    city: &CityId,
    atlas: &Arc<Atlas>,
    (look, now): (&Sight, Instant),
) -> Result<Arc<Things>, Refusal> {
    let cases = open_cases(app.store(), city).await?;
    let since = Instant(now.0.saturating_sub(i64::from(look.days).saturating_mul(DAY_US)));
    let reports = past_reports(app.store(), city, since, atlas).await?;
    let (held, by) = (Arc::clone(atlas), look.weight.clone());
    let things = app.benches().work(move || {
        let weigh = |block: &Facility| weight_of(block, &by);
        let stays = |case: &OpenCase, zone| stays(&held, case, zone);
        Arc::new(Things::gather((&held, Before::of(&held)), cases, &reports, &weigh, &stays))
    });
    things.await
}

/// Why an open incident in a zone, by its place in [`Atlas::zones`], stays with whom it is when its place goes to another
/// unit: by the test of the hand-over; and because a rule names its unit, whatever the zone.
#[must_use]
pub fn stays(atlas: &Atlas, case: &OpenCase, zone: Option<u16>) -> Option<Stays> {
    let ask = Ask {
        position: case.position,
        accuracy_m: None,
        category: case.category.as_ref(),
        at: case.happened_at,
    };
    let named = route_unit(atlas, &ask, zone);
    let stays = handover::stays(case.transferable, case.unit.as_ref(), named.unit);
    stays.or_else(|| named.rule.map(|_| Stays::Ruled))
}

async fn open_cases(store: &Store, city: &CityId) -> Result<Vec<OpenCase>, Refusal> {
    let (filter, order) = (IncidentFilter::default(), IncidentOrder::Urgent);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.incidents(city, &filter, order, after, ROWS_MAX).await?;
        after = page.last().map(|docket| order.key(docket));
        all.extend(page.into_iter().map(|docket| OpenCase {
            id: docket.id,
            transferable: handover::is_transferable(docket.stage),
            position: docket.matter.position,
            category: docket.matter.category,
            happened_at: docket.matter.happened_at,
            unit: docket.unit,
        }));
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn past_reports(
    store: &Store,
    city: &CityId,
    since: Instant,
    atlas: &Atlas,
) -> Result<Vec<PastReport>, Refusal> {
    let mut loads = BTreeMap::new();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.told(city, since, after, ROWS_MAX).await?;
        after = page.last().map(|last| ReportKey { received_at: last.received_at, id: last.id });
        for told in page {
            let load_min = *loads.entry(told.category.clone()).or_insert_with(|| {
                let limits = atlas.city().limits.of(told.category.as_ref());
                limits.stages.get(&Awaited::Handle).map_or(0, |limit| {
                    let minutes = i64::from(limit.minutes);
                    match limit.kind {
                        LimitKind::Continuous | LimitKind::OfficeHours => minutes,
                        LimitKind::WorkingDays | LimitKind::CalendarDays => {
                            minutes * WORKING_DAY_MIN / DAY_MIN
                        }
                    }
                })
            });
            all.push(PastReport { position: told.position, load_min });
        }
        if after.is_none() {
            return Ok(all);
        }
    }
}
