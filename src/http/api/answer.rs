//! The explained answer as JSON: its documented shape, and the same written by hand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::locate::Located;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::UnitId;
use crate::domain::reports::routing::{Fired, Lost, LostWhy, Neighbour};
use crate::domain::text::Names;
use crate::geom::crs::Crs;
use crate::http::json::Json;

/// A name in Chinese and in English; either may be empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Names)]
pub struct NamesBody {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Names> for NamesBody {
    fn from(names: &Names) -> Self {
        Self { zh: names.zh.clone(), en: names.en.clone() }
    }
}

/// A unit, named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnitRef {
    /// Its code.
    #[schema(example = "u01")]
    pub id: String,
    /// Its name.
    pub names: NamesBody,
}

/// A zone, named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneRef {
    /// Its code.
    #[schema(example = "z01")]
    pub id: String,
    /// Its number on the map.
    pub number: u32,
    /// Its name.
    pub names: NamesBody,
}

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
    /// Probability (0 to 1) that the true position lies in the same zone.
    pub confidence: f64,
    /// Whether a dispatcher decides, because the confidence is below the city's floor.
    pub for_dispatcher: bool,
}

/// Writes the answer as [`AnswerBody`] documents it.
pub fn write(json: &mut Json, atlas: &Atlas, located: &Located<'_>, given: Crs) {
    let answer = &located.answer;
    json.raw("{\"city\":").text(atlas.city().id.as_str());
    json.raw(",\"plan_version\":").whole(answer.plan_version);
    json.raw(",\"atlas_version\":").whole(answer.atlas_version);
    json.raw(",\"position\":{\"lon\":").degrees(located.position.x);
    json.raw(",\"lat\":").degrees(located.position.y);
    json.raw("},\"given_crs\":\"").raw(given.code());
    json.raw("\",\"zone\":");
    match answer.zone {
        Some(found) => zone(json, found),
        None => {
            json.raw("null");
        }
    }
    json.raw(",\"unit\":");
    unit(json, atlas, answer.unit);
    json.raw(",\"co\":").list(&answer.co, |json, id| unit(json, atlas, id));
    json.raw(",\"rule\":").text(answer.fired.code());
    json.raw(",\"rule_names\":");
    rule_names(json, answer.fired);
    json.raw(",\"lost\":").list(&answer.lost, |json, one| lost(json, one));
    json.raw(",\"border_m\":").fixed_or_null(answer.border_m, 2);
    json.raw(",\"runner_up\":");
    match answer.runner_up {
        Some(next) => runner_up(json, atlas, next),
        None => {
            json.raw("null");
        }
    }
    json.raw(",\"confidence\":").fixed(answer.confidence, 4);
    json.raw(",\"for_dispatcher\":").flag(answer.for_dispatcher).raw("}");
}

/// Writes a unit as [`UnitRef`] documents it.
pub fn unit(json: &mut Json, atlas: &Atlas, id: &UnitId) {
    json.raw("{\"id\":").text(id.as_str()).raw(",\"names\":");
    names_or_empty(json, atlas.unit(id).map(|unit| &unit.names));
    json.raw("}");
}

/// Writes a zone as [`ZoneRef`] documents it.
pub fn zone(json: &mut Json, zone: &Zone) {
    json.raw("{\"id\":").text(zone.id.as_str());
    json.raw(",\"number\":").whole(i64::from(zone.number));
    json.raw(",\"names\":");
    names(json, &zone.names);
    json.raw("}");
}

/// Writes a name as [`NamesBody`] documents it.
pub fn names(json: &mut Json, names: &Names) {
    json.raw("{\"zh\":").text(&names.zh).raw(",\"en\":").text(&names.en).raw("}");
}

fn names_or_empty(json: &mut Json, found: Option<&Names>) {
    match found {
        Some(found) => names(json, found),
        None => {
            json.raw("{\"zh\":\"\",\"en\":\"\"}");
        }
    }
}

fn rule_names(json: &mut Json, fired: Fired<'_>) {
    match fired {
        Fired::Rule(rule) => names(json, &rule.names),
        Fired::Zone | Fired::Fallback => {
            json.raw("null");
        }
    }
}

fn lost(json: &mut Json, lost: &Lost<'_>) {
    json.raw("{\"rule\":").text(lost.rule.code()).raw(",\"rule_names\":");
    rule_names(json, lost.rule);
    json.raw(",\"unit\":").text_or_null(lost.unit.map(UnitId::as_str));
    json.raw(",\"why\":\"").raw(why(lost.why)).raw("\"}");
}

fn why(why: LostWhy) -> &'static str {
    match why {
        LostWhy::Outranked => "outranked",
        LostWhy::Category => "category",
        LostWhy::Window => "window",
        LostWhy::NoUnit => "no_unit",
    }
}

fn runner_up(json: &mut Json, atlas: &Atlas, next: Neighbour<'_>) {
    json.raw("{\"zone\":");
    zone(json, next.zone);
    json.raw(",\"unit\":");
    unit(json, atlas, &next.zone.lead);
    json.raw(",\"distance_m\":").fixed(next.distance_m, 2).raw("}");
}
