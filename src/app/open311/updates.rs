//! Updates: what became of public requests, as a list of what happened, and what the public adds.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::app::incidents::{self, Wish, desk};
use crate::app::open311::get;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Role};
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::case::Ask;
use crate::domain::incidents::refusal::Refusal as Unlawful;
use crate::domain::incidents::step::{Carried, Move, Stage, Step};
use crate::domain::incidents::told::{self, added};
use crate::domain::reports::public::masked;
use crate::domain::time::Instant;
use crate::store::{ReportFilter, StepKey};

/// Most steps that are looked at for one page.
pub const STEPS_LOOKED_AT_MAX: u32 = 50_000;
/// How many are read at once.
const AT_ONCE: u32 = 1_000;
/// Most updates of the public that one case takes.
pub const ADDED_MAX: usize = 50;
/// How often an update is decided again on a case that has gone on.
const DECISIONS_MAX: u32 = 8;

/// Something that became of a public request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The case's step: the same may tell of several requests that stand behind one case.
    pub id: UpdateId,
    /// The request.
    pub report: ReportId,
    /// When.
    pub at: Instant,
    /// Where the case stood behind it.
    pub stage: Stage,
    /// Whether nothing more was expected to happen.
    pub closed: bool,
    /// What the public added, when it is that.
    pub words: Option<String>,
}

/// Which step of which case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpdateId {
    /// The case.
    pub incident: IncidentId,
    /// The step.
    pub revision: u32,
}

/// Updates of public requests from an instant to before another, the oldest first, so many left out,
/// at most so many.
///
/// # Errors
/// [`Refusal::Invalid`] when the page is not full after [`STEPS_LOOKED_AT_MAX`] steps;
/// [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    stretch: (Instant, Instant),
    page: (u32, u32),
) -> Result<Vec<Update>, Refusal> {
    list_within(app, seat, caller, stretch, page, STEPS_LOOKED_AT_MAX).await
}

/// The same, with another limit of steps. A page that is short for the limit alone is refused: it would read
/// as the end of the list.
///
/// # Errors
/// As [`list`].
pub async fn list_within(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    stretch: (Instant, Instant),
    (skip, limit): (u32, u32),
    steps_max: u32,
) -> Result<Vec<Update>, Refusal> {
    must(caller, Operation::ListServiceRequestUpdates)?;
    let skip = skip as usize;
    let enough = skip.saturating_add(limit as usize);
    let mut found = Vec::new();
    let (mut after, mut looked_at) = (None, 0);
    while found.len() < enough {
        if looked_at >= steps_max {
            let words = format!("hold {steps_max} steps of cases or more; narrow the dates");
            return Err(Refusal::fault("start_date, end_date", words));
        }
        let some = AT_ONCE.min(steps_max - looked_at);
        let steps = app.store().steps_between(&seat.city, stretch, after, some).await?;
        after = steps.last().map(StepKey::of);
        let last = steps.len() < some as usize;
        looked_at += some;
        found.extend(of_steps(app, seat, &steps).await?);
        if last {
            break;
        }
    }
    found.truncate(enough);
    found.drain(..found.len().min(skip));
    Ok(found)
}

/// What these steps tell of public requests, in their order.
async fn of_steps(app: &App, seat: &Seat, steps: &[Step]) -> Result<Vec<Update>, Refusal> {
    // The opening alone is no news, and most cases of a page may be just opened.
    let cases: BTreeSet<IncidentId> =
        steps.iter().filter(|step| step.revision > 1).map(|step| step.incident).collect();
    let cases: Vec<IncidentId> = cases.into_iter().collect();
    let whole = app.store().steps_of(&seat.city, &cases).await?;
    let mut news: HashMap<(IncidentId, u32), told::Told<'_>> = HashMap::new();
    for case in whole.chunk_by(|a, b| a.incident == b.incident) {
        // A case that cannot be read is told of by nobody; the log has it from the desk.
        let told = told::told(case).unwrap_or_default();
        news.extend(told.into_iter().map(|it| ((it.step.incident, it.step.revision), it)));
    }
    let mut ids: Vec<ReportId> = news.values().flat_map(|it| it.reports.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let public = public_of(app, seat, &ids).await?;
    let told = steps.iter().filter_map(|step| news.get(&(step.incident, step.revision)));
    let updates = told.flat_map(|it| {
        let reports = it.reports.iter().filter(|report| public.contains(report));
        reports.map(|report| Update {
            id: UpdateId { incident: it.step.incident, revision: it.step.revision },
            report: *report,
            at: it.step.at,
            stage: it.stage,
            closed: it.is_closed(),
            words: it.words().map(str::to_owned),
        })
    });
    Ok(updates.collect())
}

/// Which of these reports are public.
async fn public_of(app: &App, seat: &Seat, ids: &[ReportId]) -> Result<HashSet<ReportId>, Refusal> {
    let mut public = HashSet::new();
    for ids in ids.chunks(AT_ONCE as usize) {
        let filter = ReportFilter { ids: ids.to_vec(), public: true, ..ReportFilter::default() };
        let found = app.store().reports(&seat.city, &filter, None, AT_ONCE).await?;
        public.extend(found.into_iter().map(|it| it.report.id));
    }
    Ok(public)
}

/// What somebody adds to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// To which request.
    pub report: ReportId,
    /// The words.
    pub words: String,
    /// The sender's own key: with the same key it is added once.
    pub key: Option<String>,
}

/// What became of an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// The step that holds it.
    pub id: UpdateId,
    /// Whether it had been added before under the same key.
    pub again: bool,
}

/// Adds words of the public to the case of a public request, as a note that moves nothing.
///
/// # Errors
/// [`Refusal::NotFound`] for what does not exist and what is not public alike; [`Refusal::KeyReused`];
/// [`Refusal::Invalid`] for words that are none, and for a case that was added to often enough;
/// [`Refusal::Moved`] when the case goes on at each of several decisions.
pub async fn add(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    addition: &Addition,
) -> Result<Added, Refusal> {
    let operation = Operation::FileServiceRequestUpdate;
    must(caller, operation)?;
    // Whoever sends it: what comes through this door is the public's.
    let public = Caller { role: Role::Public, unit: None, actor: caller.actor.clone() };
    for _ in 0..DECISIONS_MAX {
        let seen = get(app, seat, caller, operation, addition.report).await?;
        let Some(docket) = seen.case else {
            // Filed a moment ago, and the desk has not come to it.
            desk::take_up_all(app, seat).await?;
            continue;
        };
        let shown = incidents::load(app, seat, docket.id).await?;
        let theirs = shown.case.steps().iter().filter(|step| added(step));
        let earlier = |step: &&Step| {
            addition.key.is_some() && step.actor == public.actor && step.carried.key == addition.key
        };
        if let Some(step) = theirs.clone().find(earlier) {
            // What was added may have been masked since.
            let words = &step.carried.words;
            if *words != addition.words && *words != masked(&addition.words) {
                return Err(Refusal::KeyReused);
            }
            let id = UpdateId { incident: docket.id, revision: step.revision };
            return Ok(Added { id, again: true });
        }
        if theirs.count() >= ADDED_MAX {
            let words = format!("has {ADDED_MAX} updates already, and takes no more");
            return Err(Refusal::fault("service_request_id", words));
        }
        let carried = Carried {
            words: addition.words.clone(),
            key: addition.key.clone(),
            ..Carried::default()
        };
        let ask = Ask { seen: shown.docket.revision, act: Move::Note, carried };
        let wish = Wish { ask, other_seen: None };
        match incidents::step(app, seat, &public, docket.id, &wish, None).await {
            Ok(shown) => {
                let id = UpdateId { incident: docket.id, revision: shown.docket.revision };
                return Ok(Added { id, again: false });
            }
            Err(Refusal::Case(unlawful)) if matches!(*unlawful, Unlawful::Stale { .. }) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Moved)
}
