//! The review of a draft, as it is or with edits that are only tried.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::drafts::review::{DAYS_DEFAULT, DAYS_MAX, LISTED_MAX, Look, Told, Trial, review};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::repair::Repair;
use crate::domain::zoning::review::findings::{ReviewFinding, Weight};
use crate::domain::zoning::review::movers::{Flow, Mover};
use crate::domain::zoning::review::state::{PlanFigures, ZoneFigures};
use crate::domain::zoning::review::tally::Tally;
use crate::domain::zoning::review::things::What;
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;
use crate::http::api::drafts::answer::{at, draft_id};
use crate::http::api::drafts::ask::edits;
use crate::http::api::drafts::ground::position;
use crate::http::api::drafts::repair::{RepairBody, rounded};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Movers listed when nothing is said.
const LISTED_DEFAULT: u32 = 1_000;
/// Largest set of edits to be tried, in bytes.
const EDITS_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A review of a draft against the plan in force.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftReview)]
pub struct ReviewBody {
    /// The draft's revision.
    pub revision: u32,
    /// The plan that it is held against.
    pub plan_version: i64,
    /// When incidents and reports were read.
    pub read_at: String,
    /// Whether nothing found keeps the draft from being published.
    pub publishable: bool,
    /// What was found, the weightiest first.
    pub findings: Vec<ReviewFindingBody>,
    /// The draft in figures.
    pub figures: PlanFiguresBody,
    /// Its zones in figures; with edits that are tried only those that they touch.
    pub zones: Vec<ZoneFiguresBody>,
    /// What goes from which unit to which.
    pub flows: Vec<FlowBody>,
    /// How many incidents and facilities go.
    pub moving: u64,
    /// How many open incidents stay with whom they are though their place goes to another unit.
    pub staying: u64,
    /// As many of both as were asked for: first the incidents that go, then facilities by kind, then the incidents that
    /// stay, each with the reason.
    pub listed: Vec<MoverBody>,
}

/// Something found in a draft.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReviewFinding)]
pub struct ReviewFindingBody {
    /// `empty`, `no_unit`, `same_number`, `parts`, `sliver`, `gap`, `outline_won` and `outline_lost` (ground that is in no
    /// zone now and would be in one, and the other way round), `enclave`, `island`, `idle_unit`, or `mended`: a fault of the areas that the draft began with, such as a hair-line overlap or gap, which was mended.
    pub kind: String,
    /// `blocks`: it keeps the draft from being published; `warns`: hardly meant; `informs`.
    pub weight: String,
    /// In words.
    pub words: String,
    /// The zone it is about.
    #[schema(required = true)]
    pub zone: Option<String>,
    /// The unit it is about.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Further zones that it is about: those around a gap, over each other, around an enclave, of the same number.
    pub beside: Vec<String>,
    /// Where.
    #[schema(required = true)]
    pub at: Option<[f64; 2]>,
    /// How large, square metres.
    #[schema(required = true)]
    pub area_m2: Option<f64>,
    /// How wide, metres.
    #[schema(required = true)]
    pub width_m: Option<f64>,
    /// Of a gap or an overlap that was mended, what was proposed for it, why, and what was done.
    #[schema(required = true)]
    pub repair: Option<RepairBody>,
}

/// What lies somewhere.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReviewTally)]
pub struct TallyBody {
    /// Open incidents.
    pub incidents: u32,
    /// Reports of the days looked back.
    pub reports: u32,
    /// Working hours that their categories allow for handling, summed.
    pub load_h: f64,
    /// Length of streets.
    pub street_m: f64,
    /// Weight of blocks.
    pub weight: f64,
    /// Facilities by kind.
    pub facilities: BTreeMap<String, u32>,
}

/// A zone in figures.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ZoneFigures)]
pub struct ZoneFiguresBody {
    /// The zone.
    pub zone: String,
    /// The unit that answers first.
    pub lead: String,
    /// Area.
    pub area_m2: f64,
    /// Length of all borders.
    pub perimeter_m: f64,
    /// `4π area / perimeter²`: 1 for a circle.
    pub polsby_popper: f64,
    /// The area as a part of the smallest circle around it.
    pub reock: f64,
    /// The area as a part of its convex hull.
    pub hull_ratio: f64,
    /// Parts that do not touch along a line.
    pub parts: usize,
    /// Holes.
    pub holes: usize,
    /// The middle of the area.
    pub centre: [f64; 2],
    /// By how much of the mean its weight is above it, or below where negative; null without weights.
    #[schema(required = true)]
    pub deviation: Option<f64>,
    /// How far the middle is from the seat of the lead unit.
    #[schema(required = true)]
    pub seat_m: Option<f64>,
    /// What lies in it.
    pub holds: TallyBody,
}

/// A draft in figures.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanFigures)]
pub struct PlanFiguresBody {
    /// How many zones.
    pub zones: usize,
    /// Area of all.
    pub area_m2: f64,
    /// Length of the borders between zones.
    pub cut_m: f64,
    /// The mean of the zones' Polsby–Popper figures.
    pub polsby_popper_mean: f64,
    /// By which part of the mean weight the farthest zone is off it; null without weights.
    #[schema(required = true)]
    pub deviation: Option<f64>,
    /// What lies in all zones.
    pub holds: TallyBody,
}

/// What goes from one unit to another.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReviewFlow)]
pub struct FlowBody {
    /// The unit that answers now.
    pub from: String,
    /// The unit that would answer.
    pub to: String,
    /// What goes. Incidents are those that a publication would hand over.
    pub moves: TallyBody,
}

/// An incident or facility whose place changes hands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReviewMover)]
pub struct MoverBody {
    /// `incident`, or the kind of the facility.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Of a facility its name, Chinese.
    #[schema(required = true)]
    pub name_zh: Option<String>,
    /// English.
    #[schema(required = true)]
    pub name_en: Option<String>,
    /// Of an incident the unit that it lies with.
    #[schema(required = true)]
    pub lies_with: Option<String>,
    /// Where it counts.
    pub at: [f64; 2],
    /// The zone now.
    #[schema(required = true)]
    pub zone: Option<String>,
    /// The zone then.
    #[schema(required = true)]
    pub zone_then: Option<String>,
    /// The unit that answers now.
    pub from: String,
    /// The unit that would answer.
    pub to: String,
    /// Of an incident that stays with whom it is all the same, why: `undispatched` (no unit has it yet: it is routed anew
    /// when it is dispatched), `handled` (its unit is done with it, and it is being checked), `by_hand` (it was given to
    /// another unit than the one that the rules name), `ruled` (a rule names its unit, whatever the zone). Null for what
    /// goes.
    #[schema(required = true)]
    pub stays: Option<String>,
}

/// Edits to be tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DraftTrial)]
pub struct TrialBody {
    /// As `act_on_draft` takes them.
    #[schema(value_type = Vec<Object>)]
    edits: Vec<serde_json::Value>,
}

/// Reviews a draft: findings, figures, and who and what would change hands.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}/review", operation_id = "review_draft", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("days" = Option<u32>, Query, description = "How many days of reports count (0 to 3660; 90 when absent)"),
        ("weight" = Option<String>, Query, description = "The attribute of blocks that weighs them (`people` when absent); `area`: their square metres; `one`: their number"),
        ("listed" = Option<u32>, Query, description = "How many movers are listed (0 to 100000; 1000 when absent)"),
        ("crs" = Option<String>, Query, description = "wgs84 (default), cgcs2000, gcj02, bd09"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The review", body = ReviewBody),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn review_draft(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ReviewDraft)?;
    let (look, crs) = (look(&mut desk.params), desk.params.crs("crs"));
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let told = review(&web.app, &seat, &caller, draft_id(&id)?, (look, None)).await?;
    Ok(at(told.revision, &ReviewBody::of(&told, crs)))
}

/// Reviews a draft as it would be with edits, and writes nothing: fast enough to follow a hand that drags a border.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/review", operation_id = "try_edits", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("days" = Option<u32>, Query, description = "How many days of reports count (0 to 3660; 90 when absent)"),
        ("weight" = Option<String>, Query, description = "The attribute of blocks that weighs them, `area` or `one`"),
        ("listed" = Option<u32>, Query, description = "How many movers are listed (0 to 100000; 1000 when absent)"),
        ("crs" = Option<String>, Query, description = "The system of all places asked and answered"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = TrialBody,
    responses(
        (status = 200, description = "The review as it would be", body = ReviewBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn try_edits(
    State(web): State<Web>,
    Path(id): Path<String>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::TryEdits)?;
    let (look, crs) = (look(&mut desk.params), desk.params.crs("crs"));
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let bytes = body::whole(request.into_body(), EDITS_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let edits = edits(&mut fields, crs);
    fields.finish()?;
    let trial = Trial { edits, foreign: !crs.same_degrees(Crs::Wgs84) };
    let told = review(&web.app, &seat, &caller, draft_id(&id)?, (look, Some(trial))).await?;
    Ok(at(told.revision, &ReviewBody::of(&told, crs)))
}

fn look(params: &mut Params) -> Look {
    Look {
        days: params.whole("days", 0, DAYS_MAX).unwrap_or(DAYS_DEFAULT),
        weight: params.text("weight"),
        listed: params.whole("listed", 0, LISTED_MAX).unwrap_or(LISTED_DEFAULT),
    }
}

impl ReviewBody {
    /// In a system.
    #[must_use]
    pub fn of(told: &Told, crs: Crs) -> Self {
        let blocks = |it: &ReviewFinding| it.weight() == Weight::Blocks;
        Self {
            revision: told.revision,
            plan_version: told.atlas.plan().version,
            read_at: told.read_at.rfc3339(),
            publishable: !told.findings.iter().any(blocks),
            findings: told.findings.iter().map(|it| ReviewFindingBody::of(it, crs)).collect(),
            figures: PlanFiguresBody::of(&told.plan),
            zones: told.zones.iter().map(|it| ZoneFiguresBody::of(it, crs)).collect(),
            flows: told.flows.iter().map(FlowBody::of).collect(),
            moving: told.moving,
            staying: told.staying,
            listed: told.movers.iter().map(|it| MoverBody::of(it, told, crs)).collect(),
        }
    }
}

/// What a finding is about.
#[derive(Default)]
struct About<'a> {
    kind: &'static str,
    zone: Option<&'a ZoneId>,
    unit: Option<&'a UnitId>,
    at: Option<GridPoint>,
    area_m2: Option<f64>,
    width_m: Option<f64>,
    beside: &'a [ZoneId],
    repair: Option<&'a Repair>,
}

impl<'a> About<'a> {
    fn of(found: &'a ReviewFinding) -> Self {
        let none = Self::default();
        match found {
            ReviewFinding::Empty => Self { kind: "empty", ..none },
            ReviewFinding::NoUnit { zone, unit } => {
                Self { kind: "no_unit", zone: Some(zone), unit: Some(unit), ..none }
            }
            ReviewFinding::SameNumber { zone, other, .. } => Self {
                kind: "same_number",
                zone: Some(zone),
                beside: std::slice::from_ref(other),
                ..none
            },
            ReviewFinding::Parts { zone, at, area_m2 } => Self {
                kind: "parts",
                zone: Some(zone),
                at: Some(*at),
                area_m2: Some(*area_m2),
                ..none
            },
            ReviewFinding::Sliver { zone, at, area_m2, width_m } => Self {
                kind: "sliver",
                zone: Some(zone),
                at: Some(*at),
                area_m2: Some(*area_m2),
                width_m: Some(*width_m),
                ..none
            },
            ReviewFinding::Gap { at, area_m2, width_m, around, .. } => Self {
                kind: "gap",
                at: Some(*at),
                area_m2: Some(*area_m2),
                width_m: Some(*width_m),
                beside: around,
                ..none
            },
            ReviewFinding::Mended(it) => Self {
                kind: "mended",
                at: it.at,
                area_m2: it.area_m2,
                width_m: it.width_m,
                beside: &it.zones,
                repair: it.repair.as_ref(),
                ..none
            },
            ReviewFinding::MendedMore { .. } => Self { kind: "mended", ..none },
            ReviewFinding::Outline { more_m2, at, .. } => Self {
                kind: if *more_m2 > 0.0 { "outline_won" } else { "outline_lost" },
                at: Some(*at),
                area_m2: Some(more_m2.abs()),
                ..none
            },
            ReviewFinding::Enclave { zone, within } => Self {
                kind: "enclave",
                zone: Some(zone),
                beside: std::slice::from_ref(within),
                ..none
            },
            ReviewFinding::Island { zone } => Self { kind: "island", zone: Some(zone), ..none },
            ReviewFinding::IdleUnit { unit } => {
                Self { kind: "idle_unit", unit: Some(unit), ..none }
            }
        }
    }
}

impl ReviewFindingBody {
    pub(super) fn of(found: &ReviewFinding, crs: Crs) -> Self {
        let about = About::of(found);
        let weight = match found.weight() {
            Weight::Blocks => "blocks",
            Weight::Warns => "warns",
            Weight::Informs => "informs",
        };
        Self {
            kind: about.kind.to_owned(),
            weight: weight.to_owned(),
            words: found.to_string(),
            zone: about.zone.map(ToString::to_string),
            unit: about.unit.map(ToString::to_string),
            beside: about.beside.iter().map(ToString::to_string).collect(),
            at: about.at.map(|at| position(at, crs)),
            area_m2: about.area_m2.map(|m2| rounded(m2, 100.0)),
            width_m: about.width_m.map(|m| rounded(m, 1_000.0)),
            repair: about.repair.map(|it| RepairBody::of(it, crs)),
        }
    }
}

impl TallyBody {
    fn of(tally: &Tally) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "sums below 2^53")]
        let part = |sum: i64, of: f64| sum as f64 / of;
        let kinds = FacilityKind::ALL.iter().zip(tally.facilities).filter(|(_, count)| *count > 0);
        Self {
            incidents: tally.incidents,
            reports: tally.reports,
            load_h: rounded(part(tally.load_min, 60.0), 100.0),
            street_m: rounded(part(tally.street_mm, 1_000.0), 10.0),
            weight: part(tally.weight_milli, 1_000.0),
            facilities: kinds.map(|(kind, count)| (kind.code().to_owned(), count)).collect(),
        }
    }
}

impl ZoneFiguresBody {
    fn of(it: &ZoneFigures, crs: Crs) -> Self {
        let [lon, lat] = it.shape.centre;
        let centre = crate::geom::coord::LonLat::new(lon, lat).map(|at| position(at.grid(), crs));
        Self {
            zone: it.zone.to_string(),
            lead: it.lead.to_string(),
            area_m2: rounded(it.shape.area_m2, 100.0),
            perimeter_m: rounded(it.shape.perimeter_m, 100.0),
            polsby_popper: rounded(it.shape.polsby_popper, 10_000.0),
            reock: rounded(it.shape.reock, 10_000.0),
            hull_ratio: rounded(it.shape.hull_ratio, 10_000.0),
            parts: it.shape.parts.len(),
            holes: it.shape.holes,
            centre: centre.unwrap_or(it.shape.centre),
            deviation: it.deviation.map(|part| rounded(part, 10_000.0)),
            seat_m: it.seat_m.map(|m| rounded(m, 10.0)),
            holds: TallyBody::of(&it.tally),
        }
    }
}

impl PlanFiguresBody {
    fn of(it: &PlanFigures) -> Self {
        Self {
            zones: it.zones,
            area_m2: rounded(it.area_m2, 100.0),
            cut_m: rounded(it.cut_m, 100.0),
            polsby_popper_mean: rounded(it.polsby_popper_mean, 10_000.0),
            deviation: it.deviation.map(|part| rounded(part, 1e6)),
            holds: TallyBody::of(&it.tally),
        }
    }
}

impl FlowBody {
    pub(super) fn of(flow: &Flow) -> Self {
        Self {
            from: flow.from.to_string(),
            to: flow.to.to_string(),
            moves: TallyBody::of(&flow.tally),
        }
    }
}

impl MoverBody {
    fn of(mover: &Mover, told: &Told, crs: Crs) -> Self {
        let facility = match mover.thing.what {
            What::Facility(number) => told.atlas.facilities().get(number as usize),
            _ => None,
        };
        let case = match mover.thing.what {
            What::Case(number) => told.things.cases().get(number as usize),
            _ => None,
        };
        let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let id = case.map(|case| case.id.to_string());
        Self {
            kind: facility.map_or("incident", |it| it.kind.code()).to_owned(),
            id: id.or_else(|| facility.map(|it| it.id.to_string())).unwrap_or_default(),
            name_zh: facility.and_then(|it| name(&it.names.zh)),
            name_en: facility.and_then(|it| name(&it.names.en)),
            lies_with: case.and_then(|case| case.unit.as_ref()).map(ToString::to_string),
            at: position(mover.thing.at, crs),
            zone: mover.zone.as_ref().map(ToString::to_string),
            zone_then: mover.zone_then.as_ref().map(ToString::to_string),
            from: mover.from.to_string(),
            to: mover.to.to_string(),
            stays: mover.thing.stays.map(|stays| stays.code().to_owned()),
        }
    }
}
