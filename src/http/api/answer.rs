//! The explained answer as JSON: its documented shape, and the same written by hand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::locate::Located;
use crate::domain::atlas::history::Stood;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::UnitId;
use crate::domain::reports::routing::{Fired, LostWhy};
use crate::domain::time::Instant;
use crate::geom::crs::Crs;
use crate::http::api::fragments::Fragments;
use crate::http::api::named::{NamesBody, UnitRef, ZoneRef};
use crate::http::json::Json;

/// A rule that reaches the place and did not decide.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = LostRule)]
pub struct LostBody {
    /// The rule's code, `zone` or `fallback`.
    pub rule: String,
    /// What people call that rule; null for `zone` and `fallback`.
    #[schema(required = true)]
    pub rule_names: Option<NamesBody>,
    /// Who would have answered.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// `outranked`, `category`, `window` or `no_unit`.
    pub why: String,
}

/// The nearest other zone.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RunnerUp)]
pub struct RunnerUpBody {
    /// Which zone.
    pub zone: ZoneRef,
    /// Its lead unit.
    pub unit: UnitRef,
    /// How far its area is, in metres.
    pub distance_m: f64,
}

/// A position in degrees.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Position)]
pub struct PositionBody {
    /// Longitude, WGS84.
    pub lon: f64,
    /// Latitude, WGS84.
    pub lat: f64,
}

/// Who is responsible at a place, and why.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Answer)]
pub struct AnswerBody {
    /// The city's code.
    pub city: String,
    /// The plan in force.
    pub plan_version: i64,
    /// The atlas that answered.
    pub atlas_version: i64,
    /// The place, WGS84, on the grid of 1e-7 degree.
    pub position: PositionBody,
    /// The system the position was given in.
    pub given_crs: String,
    /// The zone; null outside every zone.
    #[schema(required = true)]
    pub zone: Option<ZoneRef>,
    /// The unit that answers. There always is one.
    pub unit: UnitRef,
    /// Units beside it, in order.
    pub co: Vec<UnitRef>,
    /// Why: the code of the rule that fired, `zone` or `fallback`.
    pub rule: String,
    /// What people call that rule; null for `zone` and `fallback`.
    #[schema(required = true)]
    pub rule_names: Option<NamesBody>,
    /// Every rule that reaches the place and did not decide.
    pub lost: Vec<LostBody>,
    /// Metres to the nearest border of the zone; outside every zone, to the nearest zone.
    #[schema(required = true)]
    pub border_m: Option<f64>,
    /// The nearest other zone.
    #[schema(required = true)]
    pub runner_up: Option<RunnerUpBody>,
    /// Probability (0 to 1) that the true position gives the same units; 1 for a rule that holds everywhere.
    pub confidence: f64,
    /// Whether a dispatcher decides, because the confidence is below the city's floor.
    pub for_dispatcher: bool,
    /// When that was in force; only where `datetime` was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<InForceBody>,
}

/// When an answer of the past was in force.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = InForce)]
pub struct InForceBody {
    /// The moment that was asked for.
    pub datetime: String,
    /// From when the plan was in force.
    pub plan_from: String,
    /// Until when; null when it still is.
    #[schema(required = true)]
    pub plan_to: Option<String>,
    /// From when everything that bears on the answer stood so.
    pub atlas_from: String,
    /// Until when; null when it still does.
    #[schema(required = true)]
    pub atlas_to: Option<String>,
}

/// Writes when an answer was in force, behind all else of it.
fn in_force(json: &mut Json, (at, stood): (Instant, Stood)) {
    json.raw(",\"in_force\":{\"datetime\":").text(&at.rfc3339());
    json.raw(",\"plan_from\":").text(&stood.plan_from.rfc3339());
    json.raw(",\"plan_to\":").text_or_null(stood.plan_to.map(Instant::rfc3339).as_deref());
    json.raw(",\"atlas_from\":").text(&stood.from.rfc3339());
    json.raw(",\"atlas_to\":").text_or_null(stood.to.map(Instant::rfc3339).as_deref());
    json.raw("}");
}

/// Writes the answer as [`AnswerBody`] documents it.
pub fn write(
    json: &mut Json,
    atlas: &Atlas,
    fragments: &Fragments,
    located: &Located<'_>,
    (given, then): (Crs, Option<(Instant, Stood)>),
) {
    let answer = &located.answer;
    json.raw(fragments.head()).degrees(located.position.x);
    json.raw(",\"lat\":").degrees(located.position.y);
    json.raw("},\"given_crs\":\"").raw(given.code());
    json.raw("\",\"zone\":");
    json.raw(answer.zone.map_or("null", |zone| fragments.zone(atlas, zone)));
    json.raw(",\"unit\":");
    json.raw(match (answer.fired, answer.zone) {
        (Fired::Zone, Some(zone)) => fragments.lead(atlas, zone),
        _ => fragments.unit(answer.unit),
    });
    json.raw(",\"co\":").list(&answer.co, |json, id| {
        json.raw(fragments.unit(id));
    });
    json.raw(fragments.fired(atlas, answer.fired));
    json.raw(",\"lost\":").list(&answer.lost, |json, lost| {
        json.raw(fragments.lost(atlas, lost.rule));
        json.text_or_null(lost.unit.map(UnitId::as_str));
        json.raw(why(lost.why));
    });
    json.raw(",\"border_m\":").fixed_or_null(answer.border_m, 2);
    json.raw(",\"runner_up\":");
    match answer.runner_up {
        Some(next) => {
            json.raw("{\"zone\":").raw(fragments.zone(atlas, next.zone));
            json.raw(",\"unit\":").raw(fragments.lead(atlas, next.zone));
            json.raw(",\"distance_m\":").fixed(next.distance_m, 2).raw("}");
        }
        None => {
            json.raw("null");
        }
    }
    json.raw(",\"confidence\":").fixed(answer.confidence, 4);
    json.raw(",\"for_dispatcher\":").flag(answer.for_dispatcher);
    if let Some(then) = then {
        in_force(json, then);
    }
    json.raw("}");
}

/// The end of a rule that lost.
fn why(why: LostWhy) -> &'static str {
    match why {
        LostWhy::Outranked => ",\"why\":\"outranked\"}",
        LostWhy::Category => ",\"why\":\"category\"}",
        LostWhy::Window => ",\"why\":\"window\"}",
        LostWhy::NoUnit => ",\"why\":\"no_unit\"}",
    }
}
