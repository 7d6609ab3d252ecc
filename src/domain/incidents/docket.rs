//! The docket 案卷: an incident as stores and lists hold it, and what one decision adds to it.

use crate::domain::clocks::clock::Light;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::duplicates::nearby::Spot;
use crate::domain::incidents::state::Incident;
use crate::domain::incidents::step::{Stage, Step};
use crate::domain::incidents::timing::{self, Turns};
use crate::domain::incidents::told::told;
use crate::domain::reports::public::PUBLIC_SOURCE;
use crate::domain::reports::report::{Assignment, Report};
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;

/// What an incident is about: told by the report that opened it, and never changed but for the zone. When a plan
/// comes into force, that of every open one becomes its place's. One that is over keeps its own, and so it does
/// when it is reopened, until a plan moves its place again.
#[derive(Clone, Debug, PartialEq)]
pub struct Matter {
    /// Through which door the first report came.
    pub source: String,
    /// What it is about, where that is known.
    pub category: Option<CategoryCode>,
    /// Where, WGS84.
    pub position: GridPoint,
    /// The zone, where the place lies in one: that of the last plan while it was open.
    pub zone: Option<ZoneId>,
    /// When it happened, by the person who told first.
    pub happened_at: Instant,
    /// The unit that the rules named.
    pub routed: UnitId,
    /// Whether the rules were not sure enough, so that a dispatcher decides.
    pub doubtful: bool,
}

impl Matter {
    /// What a report and its assignment tell.
    #[must_use]
    pub fn of(report: &Report, to: &Assignment) -> Self {
        Self {
            source: report.source.clone(),
            category: report.category.clone(),
            position: report.position,
            zone: to.zone.clone(),
            happened_at: report.happened_at,
            routed: to.unit.clone(),
            doubtful: to.for_dispatcher,
        }
    }

    /// Whether the report that opened it is public.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.source == PUBLIC_SOURCE
    }

    /// Where and when it happened, to be compared with others.
    #[must_use]
    pub fn spot(&self, incident: IncidentId) -> Spot {
        Spot {
            incident,
            category: self.category.clone(),
            position: self.position,
            at: self.happened_at,
        }
    }
}

/// When a case is due, and by what that was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The nearest deadline of its clocks.
    pub at: Option<Instant>,
    /// That of the whole case, which the public is promised; `None` also before its clock has started.
    pub whole_at: Option<Instant>,
    /// Whose deadline that is, and when its light turns.
    pub turns: Option<Turns>,
    /// When the next step of its ladders comes.
    pub escalates_at: Option<Instant>,
    /// [`edition`](crate::domain::incidents::deadlines::edition) of calendar, limits and hours; 0 for a
    /// case that was never timed.
    pub edition: i64,
}

/// A deadline that was told anew, for a case that took no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseTimed {
    /// Which case.
    pub id: IncidentId,
    /// At which revision. One that has gone on since was timed with its step.
    pub revision: u32,
    /// What was told.
    pub due: Due,
}

/// An incident as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Docket {
    /// Its id: that of the report that opened it, so that no report ever opens two.
    pub id: IncidentId,
    /// What it is about.
    pub matter: Matter,
    /// How many steps there were.
    pub revision: u32,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Instant,
    /// When it was opened.
    pub opened_at: Instant,
    /// When the last step was taken.
    pub last_at: Instant,
    /// The unit that answers.
    pub unit: Option<UnitId>,
    /// Units beside it.
    pub co: Vec<UnitId>,
    /// How many reports stand behind it.
    pub supporters: u32,
    /// Where it lives on, when it was merged.
    pub merged_into: Option<IncidentId>,
    /// The nearest deadline of its running clocks.
    pub due_at: Option<Instant>,
    /// The deadline of the whole case: see [`Due::whole_at`].
    pub whole_due_at: Option<Instant>,
    /// Whose deadline that is, and when its light turns; `None` also where that was never told.
    pub turns: Option<Turns>,
    /// By which calendar, limits and hours: see [`Due::edition`].
    pub timed_by: i64,
    /// When the next step of its ladders comes.
    pub escalates_at: Option<Instant>,
    /// The loudest step that was taken of the ladders of its present clocks.
    pub rung: Option<Act>,
}

impl Docket {
    /// The docket of a case.
    #[must_use]
    pub fn of(case: &Case, matter: Matter, due: Due) -> Self {
        let state: &Incident = case.state();
        Self {
            id: state.id,
            matter,
            revision: state.revision,
            stage: state.stage,
            since: state.since,
            opened_at: case.steps().first().map_or(state.since, |first| first.at),
            last_at: state.last_at,
            unit: state.unit.clone(),
            co: state.co.clone(),
            supporters: u32::try_from(state.supporters()).unwrap_or(u32::MAX),
            merged_into: state.merged.map(|merged| merged.into),
            due_at: due.at,
            whole_due_at: due.whole_at,
            turns: due.turns,
            timed_by: due.edition,
            escalates_at: due.escalates_at,
            rung: timing::loudest(case),
        }
    }

    /// Whether something is still expected to happen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.stage.is_over()
    }

    /// Whether it waits for a dispatcher, because the rules were not sure and nobody has named a unit.
    #[must_use]
    pub fn for_dispatcher(&self) -> bool {
        self.matter.doubtful && self.unit.is_none() && self.is_open()
    }

    /// The light of the clock whose deadline is the nearest; `None` where no clock runs.
    #[must_use]
    pub fn light(&self, now: Instant) -> Option<Light> {
        self.turns.map(|turns| turns.light(now))
    }

    /// Where and when it happened, to be compared with others.
    #[must_use]
    pub fn spot(&self) -> Spot {
        self.matter.spot(self.id)
    }

    /// Units that have a part in it, each once, the lead first.
    pub fn units(&self) -> impl Iterator<Item = &UnitId> {
        let beside = self.co.iter().filter(|unit| Some(*unit) != self.unit.as_ref());
        self.unit.iter().chain(beside)
    }
}

/// In which order incidents are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncidentOrder {
    /// Only open ones, the nearest deadline first, then by id; those without a deadline last.
    #[default]
    Urgent,
    /// Open or not, the last opened first, within one instant the highest id first.
    Newest,
}

/// The place of an incident in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncidentKey {
    /// Its deadline ([`NEVER`] without one), or when it was opened, as the order says.
    pub at: Instant,
    /// Its id.
    pub id: IncidentId,
}

/// The deadline of what has none, in keys and tables.
pub const NEVER: Instant = Instant(i64::MAX);

impl IncidentOrder {
    /// The place of an incident in a list of this order.
    #[must_use]
    pub fn key(self, docket: &Docket) -> IncidentKey {
        let at = match self {
            Self::Urgent => docket.due_at.unwrap_or(NEVER),
            Self::Newest => docket.opened_at,
        };
        IncidentKey { at, id: docket.id }
    }
}

/// The incident that a report opens or has opened.
#[must_use]
pub fn incident_of(report: ReportId) -> IncidentId {
    IncidentId(report.0)
}

/// The report that opened an incident.
#[must_use]
pub fn report_of(incident: IncidentId) -> ReportId {
    ReportId(incident.0)
}

/// A case with the steps that one decision added: all a store has to know.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseMoved {
    /// As it is now.
    pub docket: Docket,
    /// The revision on which it was decided; 0 for a case that is opened.
    pub seen: u32,
    /// The steps behind `seen`.
    pub steps: Vec<Step>,
    /// Units that had a part in it at `seen` and have none now.
    pub left: Vec<UnitId>,
    /// The reports that stand behind it now, its own first.
    pub reports: Vec<ReportId>,
    /// What of `steps` those who reported it hear; not told where surely none of them is public.
    pub news: Vec<News>,
}

/// A step of which those who reported the case hear: see [`told`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Which step.
    pub revision: u32,
    /// When it was taken.
    pub at: Instant,
    /// The reports that stood behind the case then.
    pub reports: Vec<ReportId>,
}

impl CaseMoved {
    /// What was added to a case since `before`; `None`: it is opened.
    #[must_use]
    pub fn between(before: Option<&Docket>, case: &Case, matter: Matter, due: Due) -> Self {
        let docket = Docket::of(case, matter, due);
        let seen = before.map_or(0, |before| before.revision);
        let steps = case.steps().iter().filter(|step| step.revision > seen).cloned().collect();
        let had = before.into_iter().flat_map(Docket::units);
        let left = had.filter(|unit| docket.units().all(|now| now != *unit)).cloned().collect();
        let reports: Vec<ReportId> = case.state().reports().collect();
        let may_be_public = docket.matter.is_public() || reports.len() > 1;
        let news = if may_be_public { news(case, seen) } else { Vec::new() };
        Self { docket, seen, steps, left, reports, news }
    }
}

/// What of the steps behind a revision those who reported the case hear.
fn news(case: &Case, seen: u32) -> Vec<News> {
    // A case is made of lawful steps alone, so they fold.
    let all = told(case.steps()).unwrap_or_default();
    let new = all.into_iter().filter(|it| it.step.revision > seen);
    new.map(|it| News { revision: it.step.revision, at: it.step.at, reports: it.reports }).collect()
}
