//! What incidents look like on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::incidents::Shown;
use crate::domain::accounts::{Caller, Role};
use crate::domain::clocks::limits::ClockOf;
use crate::domain::id::CityId;
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::duplicates::nearby::Candidate;
use crate::domain::incidents::state::Asked;
use crate::domain::incidents::step::{Move, Stage, Step};
use crate::domain::incidents::suggest::{Suggestion, Why};
use crate::domain::time::Instant;
use crate::http::api::answer::PositionBody;
use crate::http::api::incidents::clocks::ClockBody;

/// What an incident is about and where it stands.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Docket)]
pub struct DocketBody {
    /// Its id: that of the report that opened it.
    pub id: String,
    /// The city's code.
    pub city: String,
    /// How many steps there were; send it with the next one.
    pub revision: u32,
    /// Where it stands.
    #[schema(example = "dispatched")]
    pub stage: String,
    /// The same in Chinese.
    pub stage_zh: String,
    /// Since when.
    pub since: String,
    /// Whether something is still expected to happen.
    pub open: bool,
    /// The unit that answers; null before one was named.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Units beside it.
    pub co: Vec<String>,
    /// The unit that the rules named.
    pub routed_unit: String,
    /// Whether it waits for a dispatcher, because the rules were not sure.
    pub for_dispatcher: bool,
    /// The zone; null outside every zone.
    #[schema(required = true)]
    pub zone: Option<String>,
    /// What it is about.
    #[schema(required = true)]
    pub category: Option<String>,
    /// Where, WGS84.
    pub position: PositionBody,
    /// Through which door the first report came.
    pub source: String,
    /// When it happened, by the person who told first.
    pub happened_at: String,
    /// When it was opened.
    pub opened_at: String,
    /// When the last step was taken.
    pub last_at: String,
    /// The nearest deadline of its running clocks.
    #[schema(required = true)]
    pub due_at: Option<String>,
    /// The light of the clock whose deadline that is: `green`, from 80 % of the limit `yellow`, after the
    /// deadline `red`; null where no clock runs.
    #[schema(required = true, example = "green")]
    pub light: Option<String>,
    /// Which clock that is: `whole` for the whole case, or what its stage waits for: `verify`, `file`,
    /// `dispatch`, `handle`, `check` or `close`.
    #[schema(required = true, example = "handle")]
    pub light_of: Option<String>,
    /// What followed from its being overdue, the loudest: `remind`, `urge` or `raise`.
    #[schema(required = true)]
    pub escalated: Option<String>,
    /// When the next of these comes, as things stand.
    #[schema(required = true)]
    pub escalates_at: Option<String>,
    /// How many reports stand behind it.
    pub supporters: u32,
    /// The incident it lives on in, when it was merged.
    #[schema(required = true)]
    pub merged_into: Option<String>,
}

impl DocketBody {
    pub(super) fn of(city: &CityId, docket: &Docket, now: Instant) -> Self {
        let matter = &docket.matter;
        let at = matter.position.degrees();
        Self {
            id: docket.id.to_string(),
            city: city.to_string(),
            revision: docket.revision,
            stage: docket.stage.code().to_owned(),
            stage_zh: docket.stage.zh().to_owned(),
            since: docket.since.rfc3339(),
            open: docket.is_open(),
            unit: docket.unit.as_ref().map(ToString::to_string),
            co: docket.co.iter().map(ToString::to_string).collect(),
            routed_unit: matter.routed.to_string(),
            for_dispatcher: docket.for_dispatcher(),
            zone: matter.zone.as_ref().map(ToString::to_string),
            category: matter.category.as_ref().map(ToString::to_string),
            position: PositionBody { lon: at.lon(), lat: at.lat() },
            source: matter.source.clone(),
            happened_at: matter.happened_at.rfc3339(),
            opened_at: docket.opened_at.rfc3339(),
            last_at: docket.last_at.rfc3339(),
            due_at: docket.due_at.map(Instant::rfc3339),
            light: docket.light(now).map(|light| light.code().to_owned()),
            light_of: docket.turns.map(|turns| turns.of.code().to_owned()),
            escalated: docket.rung.map(|rung| rung.code().to_owned()),
            escalates_at: docket.escalates_at.map(Instant::rfc3339),
            supporters: docket.supporters,
            merged_into: docket.merged_into.map(|into| into.to_string()),
        }
    }
}

/// An incident with its steps.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Incident)]
pub struct IncidentBody {
    /// What it is about and where it stands.
    #[serde(flatten)]
    pub docket: DocketBody,
    /// What waits for a dispatcher's or inspector's answer.
    #[schema(required = true)]
    pub asked: Option<AskedBody>,
    /// The unit that a send-back proposes instead.
    #[schema(required = true)]
    pub proposed_unit: Option<String>,
    /// Every report behind it.
    pub reports: Vec<String>,
    /// The moves that are open to the caller now.
    pub open_to_you: Vec<String>,
    /// Its clocks: that of the whole case once it is filed, and that of its stage.
    pub clocks: Vec<ClockBody>,
    /// Its steps, oldest first.
    pub steps: Vec<StepBody>,
    /// Open incidents that may be the same matter, best first; for those who merge.
    pub candidates: Vec<CandidateBody>,
    /// Units that might answer instead, best first; for those who name the unit.
    pub suggestions: Vec<SuggestionBody>,
}

impl IncidentBody {
    pub(super) fn of(
        (city, now): (&CityId, Instant),
        caller: &Caller,
        found: &Shown,
        candidates: Vec<CandidateBody>,
        suggestions: Vec<SuggestionBody>,
    ) -> Self {
        let state = found.case.state();
        // The other sides of a merge and a split are nobody's to ask for by themselves.
        let mut open = state.open_to(caller.role, caller.unit.as_ref());
        open.retain(|act| !matches!(act, Move::Absorb | Move::Release));
        Self {
            docket: DocketBody::of(city, &found.docket, now),
            asked: state.asked.map(AskedBody::of),
            proposed_unit: state.proposed.as_ref().map(ToString::to_string),
            reports: state.reports().map(|report| report.to_string()).collect(),
            open_to_you: open.into_iter().map(|act| act.code().to_owned()).collect(),
            clocks: Vec::new(),
            steps: found.case.staged().map(|(step, stage)| StepBody::of(step, stage)).collect(),
            candidates,
            suggestions,
        }
    }
}

/// What a unit asked and nobody has answered yet.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Asked)]
pub struct AskedBody {
    /// `ask_extension`, `ask_suspension` or `appeal`.
    pub act: String,
    /// Until when.
    #[schema(required = true)]
    pub until: Option<String>,
}

impl AskedBody {
    fn of(asked: Asked) -> Self {
        let until = match asked {
            Asked::Extension(until) | Asked::Suspension(until) => Some(until.rfc3339()),
            Asked::Appeal => None,
        };
        Self { act: asked.act().code().to_owned(), until }
    }
}

/// One step of a case.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Step)]
pub struct StepBody {
    /// 1, 2, 3 …
    pub revision: u32,
    /// What was done.
    #[schema(example = "dispatch")]
    pub act: String,
    /// The same in Chinese.
    pub act_zh: String,
    /// In which role.
    pub role: String,
    /// By whom: a key's code, `router`, `public`.
    pub actor: String,
    /// For which unit the actor spoke.
    #[schema(required = true)]
    pub speaks_for: Option<String>,
    /// When.
    pub at: String,
    /// What was said or done, or the reason.
    pub words: String,
    /// Pictures, by id.
    pub pictures: Vec<String>,
    /// The unit that was named.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Units beside it.
    pub co: Vec<String>,
    /// Until when something was asked.
    #[schema(required = true)]
    pub until: Option<String>,
    /// The other incident of a merge or split.
    #[schema(required = true)]
    pub other: Option<String>,
    /// Of `remind`, `urge` and `raise`: which clock is overdue, `whole` for that of the whole case, or what
    /// its stage waits for.
    #[schema(required = true)]
    pub clock: Option<String>,
    /// Of `remind`, `urge` and `raise`: the roles it is addressed to.
    pub hears: Vec<String>,
}

impl StepBody {
    /// A step, and where the case stood behind it.
    fn of(step: &Step, stage: Stage) -> Self {
        let carried = &step.carried;
        let rung = step.act.rung();
        let hears: &[Role] = match (stage.awaited(), rung) {
            (Some(awaited), Some(rung)) => awaited.hears(rung),
            _ => &[],
        };
        Self {
            revision: step.revision,
            act: step.act.code().to_owned(),
            act_zh: step.act.zh().to_owned(),
            role: step.role.code().to_owned(),
            actor: step.actor.clone(),
            speaks_for: step.speaks_for.as_ref().map(ToString::to_string),
            at: step.at.rfc3339(),
            words: carried.words.clone(),
            pictures: carried.pictures.iter().map(ToString::to_string).collect(),
            unit: carried.unit.as_ref().map(ToString::to_string),
            co: carried.co.iter().map(ToString::to_string).collect(),
            until: carried.until.map(Instant::rfc3339),
            other: carried.other.map(|other| other.to_string()),
            clock: rung.map(|_| carried.clock.unwrap_or(ClockOf::Whole).code().to_owned()),
            hears: hears.iter().map(|role| role.code().to_owned()).collect(),
        }
    }
}

/// An open incident that may be the same matter.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Candidate)]
pub struct CandidateBody {
    /// Which one.
    pub id: String,
    /// How far away, metres.
    pub distance_m: f64,
    /// How much time lies between, seconds.
    pub apart_s: f64,
    /// From 0 to 1; it orders the candidates and is no probability.
    pub score: f64,
}

impl CandidateBody {
    pub(super) fn of(candidate: &Candidate) -> Self {
        Self {
            id: candidate.incident.to_string(),
            distance_m: candidate.distance_m,
            apart_s: candidate.apart_s,
            score: candidate.score,
        }
    }
}

/// A unit that might answer instead.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = UnitSuggestion)]
pub struct SuggestionBody {
    /// Which unit.
    pub unit: String,
    /// `proposed` by the unit that sent it back, named by the `rules` as they are now, by a rule that was
    /// `missed` by a few metres, `beside` the one that the rules name, by an `outranked` rule, or as the lead of the
    /// `runner_up` zone.
    pub why: String,
    /// The rule that was missed or outranked.
    #[schema(required = true)]
    pub rule: Option<String>,
    /// How far the reach of the missed rule, or the other zone, is, metres.
    #[schema(required = true)]
    pub distance_m: Option<u32>,
}

impl SuggestionBody {
    pub(super) fn of(suggestion: &Suggestion) -> Self {
        let (why, rule, distance_m) = match &suggestion.why {
            Why::Proposed => ("proposed", None, None),
            Why::Rules => ("rules", None, None),
            Why::Missed(rule, away_m) => ("missed", Some(rule.clone()), Some(*away_m)),
            Why::Beside => ("beside", None, None),
            Why::Outranked(rule) => ("outranked", Some(rule.clone()), None),
            Why::RunnerUp(away_m) => ("runner_up", None, Some(*away_m)),
        };
        Self { unit: suggestion.unit.to_string(), why: why.to_owned(), rule, distance_m }
    }
}

/// A page of incidents.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Incidents)]
pub struct IncidentsBody {
    /// The incidents, in the order asked for.
    pub incidents: Vec<DocketBody>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
}
