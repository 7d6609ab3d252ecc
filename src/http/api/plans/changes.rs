//! What differs between two plans.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::app::transfer::plan_versions::{self, areas};
use crate::domain::accounts::Operation;
use crate::domain::zoning::diff::differences;
use crate::http::api::plans::bodies::{
    ChangedAreaBody, DifferencesBody, ZoneDifferenceBody, named, number, private,
};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// What differs between two plans: zones field by field, and the areas that changed hands.
#[utoipa::path(
    get, path = "/api/v1/plans/{version}/changes", operation_id = "compare_plans", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The later plan"),
        ("since" = Option<i64>, Query, description = "The earlier one (default: the plan before; 0 for none)"),
        ("geometry" = Option<bool>, Query, description = "false leaves the areas' geometries out"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What differs", body = DifferencesBody),
        (status = 404, description = "No such plan", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn compare_plans(
    State(web): State<Web>,
    mut desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ComparePlans)?;
    let since = desk.params.read("since", number);
    let shapes = desk.params.flag("geometry").unwrap_or(true);
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let version = named(&version)?;
    let after = plan_versions::whole(&web.app, &seat.city, &caller, version).await?;
    let since = since.unwrap_or(version - 1);
    let before = match plan_versions::whole(&web.app, &seat.city, &caller, since).await {
        Ok(before) => before.zones,
        // Before the first plan there were no zones.
        Err(Refusal::NotFound) if since == 0 => Vec::new(),
        Err(refusal) => return Err(refusal.into()),
    };
    let (before, after) = (Arc::new(before), Arc::new(after.zones));
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let areas = areas(Arc::clone(&before), Arc::clone(&after)).await?;
    drop(place);
    let area_m2: f64 = areas.iter().map(|it| it.area_m2).sum();
    let body = DifferencesBody {
        since,
        version,
        zones: differences(&before, &after).iter().map(ZoneDifferenceBody::of).collect(),
        areas: areas.iter().map(|it| ChangedAreaBody::of(it, shapes)).collect(),
        area_m2: (area_m2 * 100.0).round() / 100.0,
    };
    Ok(private(Json(body).into_response()))
}
