//! The plan in force, its zones, and the units.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::refusal::Refusal;
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::text::Attributes;
use crate::domain::time::Instant;
use crate::http::api::answer::PositionBody;
use crate::http::api::locate::JSON;
use crate::http::api::named::{self, NamesBody, UnitRef};
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::json::{GEOJSON, Json};
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// The plan in force, and the city it divides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Plan)]
pub struct PlanBody {
    /// The city's code.
    pub city: String,
    /// The city's name.
    pub city_names: NamesBody,
    /// The city's IANA time zone.
    pub time_zone: String,
    /// The plan's version.
    pub version: i64,
    /// The atlas in force.
    pub atlas_version: i64,
    /// From when the plan is in force.
    pub effective_from: String,
    /// Until when it was in force; null of the one that is.
    #[schema(required = true)]
    pub effective_to: Option<String>,
    /// Why it was made.
    pub note: String,
    /// How many zones it has.
    pub zones: usize,
    /// How many facilities the city has, by kind; a kind without any is left out.
    pub facilities: BTreeMap<String, usize>,
    /// West, south, east, north of the zones; null for a plan without zones.
    #[schema(required = true)]
    pub bbox: Option<[f64; 4]>,
    /// Who answers when nothing else does.
    pub fallback: UnitRef,
    /// Confidence below which a dispatcher decides.
    pub confidence_floor: f64,
    /// Accuracy radius (m) taken for a position that states none.
    pub assumed_accuracy_m: f64,
}

/// A unit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Unit)]
pub struct UnitBody {
    /// Its code.
    pub id: String,
    /// Its name.
    pub names: NamesBody,
    /// `department`, `institution`, `state_body` or `firm`.
    pub kind: String,
    /// Where it sits.
    #[schema(required = true)]
    pub seat: Option<PositionBody>,
    /// Staff it can send out.
    pub capacity: u32,
    /// When it works: spans such as `08:00-12:00,14:00-18:00`, with `daily` before them where weekends
    /// and holidays are worked; `never`. Without them the default hours hold.
    #[schema(required = true)]
    pub office_hours: Option<String>,
    /// The zones it leads.
    pub leads: Vec<String>,
    /// The zones in which it answers beside the lead.
    pub beside: Vec<String>,
    /// Further facts.
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// Units.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Units)]
pub struct UnitsBody {
    /// The atlas in force.
    pub atlas_version: i64,
    /// The units, by code.
    pub units: Vec<UnitBody>,
}

/// A GeoJSON feature collection of zones (RFC 7946).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ZoneCollection)]
pub struct ZonesBody {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The plan's version.
    pub plan_version: i64,
    /// The atlas in force.
    pub atlas_version: i64,
    /// The zones, by code.
    pub features: Vec<ZoneFeature>,
}

/// A zone as a GeoJSON feature.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ZoneFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its code.
    pub id: String,
    /// Its area, WGS84; null when left out.
    #[schema(value_type = Option<Object>, required = true)]
    pub geometry: Option<serde_json::Value>,
    /// What is known of it.
    pub properties: ZoneProperties,
}

/// What is known of a zone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ZoneProperties {
    /// Its number on the map.
    pub number: u32,
    /// Its name.
    pub names: NamesBody,
    /// The unit that answers first.
    pub lead: UnitRef,
    /// Units that answer beside the lead.
    pub co: Vec<UnitRef>,
    /// Further facts.
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// The plan in force, and the city it divides.
#[utoipa::path(
    get, path = "/api/v1/plan", operation_id = "get_plan", tag = "atlas",
    params(
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The plan", body = PlanBody),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_plan(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = desk.view(&web, Operation::GetPlan).await?;
    let atlas = &view.atlas;
    desk.params.finish()?;
    Ok(etag::tagged(&headers, &view.tag_in_time(), JSON, || {
        let (city, plan) = (atlas.city(), atlas.plan());
        let mut json = Json::with_capacity(512);
        json.raw("{\"city\":").text(city.id.as_str()).raw(",\"city_names\":");
        named::names(&mut json, &city.names);
        json.raw(",\"time_zone\":").text(&city.time_zone);
        json.raw(",\"version\":").whole(plan.version);
        json.raw(",\"atlas_version\":").whole(atlas.version());
        json.raw(",\"effective_from\":").text(&plan.effective_from.rfc3339());
        let ends = view.then.and_then(|(_, stood)| stood.plan_to);
        json.raw(",\"effective_to\":").text_or_null(ends.map(Instant::rfc3339).as_deref());
        json.raw(",\"note\":").text(&plan.note);
        json.raw(",\"zones\":").whole(i64::try_from(atlas.zones().len()).unwrap_or(i64::MAX));
        json.raw(",\"facilities\":");
        counts(&mut json, atlas);
        json.raw(",\"bbox\":");
        match atlas.areas().extent() {
            Some(frame) => {
                let corners = [frame.min.x, frame.min.y, frame.max.x, frame.max.y];
                json.list(corners, |json, steps| {
                    json.degrees(steps);
                });
            }
            None => {
                json.raw("null");
            }
        }
        json.raw(",\"fallback\":");
        named::unit(&mut json, atlas, &city.fallback);
        json.raw(",\"confidence_floor\":").fixed(city.confidence_floor, 4);
        json.raw(",\"assumed_accuracy_m\":").fixed(city.assumed_accuracy_m, 2).raw("}");
        json.into_bytes()
    }))
}

/// The zones of the plan as GeoJSON.
#[utoipa::path(
    get, path = "/api/v1/zones", operation_id = "list_zones", tag = "atlas",
    params(
        ("bbox" = Option<String>, Query, description = "west,south,east,north: only zones that touch it"),
        ("unit" = Option<String>, Query, description = "Only zones that this unit leads or answers in"),
        ("geometry" = Option<bool>, Query, description = "false leaves the areas out"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The zones", body = ZonesBody, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn list_zones(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::ListZones).await?.atlas;
    let frame = desk.params.frame("bbox");
    let unit = desk.params.read("unit", crate::domain::id::UnitId::new);
    let shapes = desk.params.flag("geometry").unwrap_or(true);
    desk.params.finish()?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), GEOJSON, || {
        let wanted = |zone: &&Zone| {
            unit.as_ref().is_none_or(|unit| zone.lead == *unit || zone.co.contains(unit))
        };
        let zones: Vec<&Zone> = match frame {
            Some(frame) => atlas
                .zones_in(frame)
                .into_iter()
                .filter_map(|number| atlas.zones().get(number as usize))
                .filter(wanted)
                .collect(),
            None => atlas.zones().iter().filter(wanted).collect(),
        };
        let mut json = Json::with_capacity(zones.len() * 2_048 + 128);
        json.raw("{\"type\":\"FeatureCollection\",\"plan_version\":").whole(atlas.plan().version);
        json.raw(",\"atlas_version\":").whole(atlas.version()).raw(",\"features\":");
        json.list(zones, |json, zone| write_zone(json, &atlas, zone, shapes));
        json.raw("}");
        json.into_bytes()
    }))
}

/// One zone as a GeoJSON feature.
#[utoipa::path(
    get, path = "/api/v1/zones/{id}", operation_id = "get_zone", tag = "atlas",
    params(
        ("id" = String, Path, description = "The zone's code"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The zone", body = ZoneFeature, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such zone", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_zone(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::GetZone).await?.atlas;
    desk.params.finish()?;
    let id = crate::domain::id::ZoneId::new(&id).map_err(|_| Refusal::NotFound)?;
    let zone = atlas.zone(&id).ok_or(Refusal::NotFound)?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), GEOJSON, || {
        let mut json = Json::with_capacity(4_096);
        write_zone(&mut json, &atlas, zone, true);
        json.into_bytes()
    }))
}

fn write_zone(json: &mut Json, atlas: &Atlas, zone: &Zone, shape: bool) {
    json.raw("{\"type\":\"Feature\",\"id\":").text(zone.id.as_str()).raw(",\"geometry\":");
    if shape {
        json.areas(&zone.area);
    } else {
        json.raw("null");
    }
    json.raw(",\"properties\":{\"number\":").whole(i64::from(zone.number));
    json.raw(",\"names\":");
    named::names(json, &zone.names);
    json.raw(",\"lead\":");
    named::unit(json, atlas, &zone.lead);
    json.raw(",\"co\":").list(&zone.co, |json, unit| named::unit(json, atlas, unit));
    json.raw(",\"attributes\":");
    attributes(json, &zone.attributes);
    json.raw("}}");
}

/// Writes how many facilities there are of each kind.
fn counts(json: &mut Json, atlas: &Atlas) {
    let counts: BTreeMap<&str, usize> =
        atlas.places().counts().map(|(kind, count)| (kind.code(), count)).collect();
    let mut before = "{";
    for (kind, count) in counts {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        json.raw(before).text(kind).raw(":").whole(count);
        before = ",";
    }
    json.raw(if before == "{" { "{}" } else { "}" });
}

/// Writes attributes as a JSON object.
pub fn attributes(json: &mut Json, attributes: &Attributes) {
    let text = serde_json::to_string(attributes).unwrap_or_else(|_| "{}".to_owned());
    json.raw(&text);
}

/// The units.
#[utoipa::path(
    get, path = "/api/v1/units", operation_id = "list_units", tag = "atlas",
    params(
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The units", body = UnitsBody),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn list_units(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::ListUnits).await?.atlas;
    desk.params.finish()?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), JSON, || {
        let mut json = Json::with_capacity(atlas.units().len() * 256 + 64);
        json.raw("{\"atlas_version\":").whole(atlas.version()).raw(",\"units\":");
        json.list(atlas.units(), |json, unit| write_unit(json, &atlas, unit));
        json.raw("}");
        json.into_bytes()
    }))
}

/// One unit.
#[utoipa::path(
    get, path = "/api/v1/units/{id}", operation_id = "get_unit", tag = "atlas",
    params(
        ("id" = String, Path, description = "The unit's code"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The unit", body = UnitBody),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such unit", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_unit(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::GetUnit).await?.atlas;
    desk.params.finish()?;
    let id = crate::domain::id::UnitId::new(&id).map_err(|_| Refusal::NotFound)?;
    let unit = atlas.unit(&id).ok_or(Refusal::NotFound)?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), JSON, || {
        let mut json = Json::with_capacity(512);
        write_unit(&mut json, &atlas, unit);
        json.into_bytes()
    }))
}

fn write_unit(json: &mut Json, atlas: &Atlas, unit: &Unit) {
    json.raw("{\"id\":").text(unit.id.as_str()).raw(",\"names\":");
    named::names(json, &unit.names);
    json.raw(",\"kind\":\"").raw(unit.kind.code()).raw("\",\"seat\":");
    match unit.seat {
        Some(seat) => {
            json.raw("{\"lon\":").degrees(seat.x).raw(",\"lat\":").degrees(seat.y).raw("}");
        }
        None => {
            json.raw("null");
        }
    }
    json.raw(",\"capacity\":").whole(i64::from(unit.capacity));
    let hours = unit.hours.as_ref().map(ToString::to_string);
    json.raw(",\"office_hours\":").text_or_null(hours.as_deref());
    let leads = atlas.zones().iter().filter(|zone| zone.lead == unit.id);
    json.raw(",\"leads\":").list(leads, |json, zone| {
        json.text(zone.id.as_str());
    });
    let beside = atlas.zones().iter().filter(|zone| zone.co.contains(&unit.id));
    json.raw(",\"beside\":").list(beside, |json, zone| {
        json.text(zone.id.as_str());
    });
    json.raw(",\"attributes\":");
    attributes(json, &unit.attributes);
    json.raw("}");
}
