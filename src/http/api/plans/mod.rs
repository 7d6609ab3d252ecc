//! Published plans: listed, read, compared, published again; and what went from unit to unit with one.

pub mod bodies;
pub mod changes;
pub mod restore;
pub mod handover;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::state::must;
use crate::app::transfer::plan_versions::{self, PAGE_MAX};
use crate::domain::accounts::Operation;
use crate::formats::geojson;
use crate::formats::nouns::zones::to_layer;
use crate::geom::crs::Crs;
use crate::http::api::plans::bodies::{PublishedBody, PublishedPlansBody, named, number, private};
use crate::http::desk::Desk;
use crate::http::json::GEOJSON;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Plans on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;

/// The plans that were published, the last first.
#[utoipa::path(
    get, path = "/api/v1/plans", operation_id = "list_plans", tag = "atlas",
    params(
        ("until" = Option<i64>, Query, description = "Not higher than this; `next` of the page before"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The plans", body = PublishedPlansBody),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn list_plans(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListPlans)?;
    let until = desk.params.read("until", number);
    let limit = desk.params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    desk.params.finish()?;
    let city = &desk.seat.city;
    let mut found = plan_versions::list(&web.app, city, &desk.caller, until, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| last.plan.version - 1);
    let plans = found.iter().map(PublishedBody::of).collect();
    Ok(private(Json(PublishedPlansBody { plans, next }).into_response()))
}

/// One published plan.
#[utoipa::path(
    get, path = "/api/v1/plans/{version}", operation_id = "get_plan_version", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The plan's version"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The plan", body = PublishedBody),
        (status = 404, description = "No such plan", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_plan_version(
    State(web): State<Web>,
    desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetPlanVersion)?;
    desk.params.finish()?;
    let found =
        plan_versions::get(&web.app, &desk.seat.city, &desk.caller, named(&version)?).await?;
    Ok(private(Json(PublishedBody::of(&found)).into_response()))
}

/// The zones of a published plan as GeoJSON: what an import takes.
#[utoipa::path(
    get, path = "/api/v1/plans/{version}/zones", operation_id = "get_plan_zones", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The plan's version"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The zones", body = serde_json::Value, content_type = "application/geo+json"),
        (status = 404, description = "No such plan", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_plan_zones(
    State(web): State<Web>,
    desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetPlanZones)?;
    desk.params.finish()?;
    let version = named(&version)?;
    let whole = plan_versions::whole(&web.app, &desk.seat.city, &desk.caller, version).await?;
    let mut layer = to_layer(&whole.zones);
    layer.crs = Some(Crs::Wgs84);
    let bytes = geojson::write(&layer);
    Ok(private(([(header::CONTENT_TYPE, GEOJSON)], bytes).into_response()))
}
