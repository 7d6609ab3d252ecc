//! Updates: what became of public requests, as a list of what happened, and what the public adds.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::app::incidents::standing::Standing;
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

/// How many steps, or reports, are read at once.
const AT_ONCE: u32 = 1_000;
/// So many are read at least: a step that another of the same instant has overtaken is not told.
const AT_LEAST: u32 = 100;
/// Of how many cases all steps are read at once.
const CASES_AT_ONCE: usize = 100;
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
    /// What the public added, when it is that and not withheld.
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
/// The store gives the steps that the public is told of and no others, page by page, so that what is read
/// grows with what is asked for, whatever else happened in the stretch.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    stretch: (Instant, Instant),
    (skip, limit): (u32, u32),
) -> Result<Vec<Update>, Refusal> {
    must(caller, Operation::ListServiceRequestUpdates)?;
    let skip = skip as usize;
    let enough = skip.saturating_add(limit as usize);
    let mut found = Vec::new();
    let mut after = None;
    while found.len() < enough {
        let left = u32::try_from(enough - found.len()).unwrap_or(u32::MAX);
        let some = left.clamp(AT_LEAST, AT_ONCE);
        let steps = app.store().public_steps(&seat.city, stretch, after, some).await?;
        after = steps.last().copied();
        found.extend(of_steps(app, seat, &steps, left as usize).await?);
        if steps.len() < some as usize {
            break;
        }
    }
    found.drain(..found.len().min(skip));
    Ok(found)
}

/// What these steps tell of public requests, in their order, at most so much.
async fn of_steps(
    app: &App,
    seat: &Seat,
    steps: &[StepKey],
    most: usize,
) -> Result<Vec<Update>, Refusal> {
    let cases: BTreeSet<IncidentId> = steps.iter().map(|step| step.incident).collect();
    let cases: Vec<IncidentId> = cases.into_iter().collect();
    let wanted: HashSet<&StepKey> = steps.iter().collect();
    let mut news: HashMap<StepKey, News> = HashMap::new();
    // A case may have thousands of steps: only those of so many are held at once.
    for cases in cases.chunks(CASES_AT_ONCE) {
        let whole = app.store().steps_of(&seat.city, cases).await?;
        for case in whole.chunk_by(|a, b| a.incident == b.incident) {
            // A case that cannot be read is told of by nobody; the log has it from the desk.
            for told in told::told(case).unwrap_or_default() {
                let key = StepKey::of(told.step);
                if wanted.contains(&key) {
                    news.insert(key, News::of(told));
                }
            }
        }
    }
    let mut ids: Vec<ReportId> = news.values().flat_map(|it| it.reports.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let public = public_of(app, seat, &ids).await?;
    let cases = Standing::read(app, seat, public.iter().copied()).await?;
    let withheld = |id: ReportId| cases.behind(id).is_some_and(|docket| docket.stage.is_withheld());
    let told = steps.iter().filter_map(|step| Some((step, news.get(step)?)));
    let updates = told.flat_map(|(step, it)| {
        let reports = it.reports.iter().filter(|report| public.contains(report));
        reports.map(move |report| Update {
            id: UpdateId { incident: step.incident, revision: step.revision },
            report: *report,
            at: step.at,
            stage: it.stage,
            closed: it.closed,
            words: it.words.clone().filter(|_| !withheld(*report)),
        })
    });
    Ok(updates.take(most).collect())
}

/// What of a step is told.
struct News {
    reports: Vec<ReportId>,
    stage: Stage,
    closed: bool,
    words: Option<String>,
}

impl News {
    fn of(told: told::Told<'_>) -> Self {
        Self {
            stage: told.stage,
            closed: told.is_closed(),
            words: told.words().map(str::to_owned),
            reports: told.reports,
        }
    }
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
        match incidents::step(app, seat, &public, docket.id, &wish).await {
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
