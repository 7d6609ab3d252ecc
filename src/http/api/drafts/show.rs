//! One draft: its steps, its zones, its borders.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::drafts::read::{self, PAGE_MAX};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::atlas::zone::Zone;
use crate::geom::crs::Crs;
use crate::http::api::drafts::answer::{at, draft_id, tag};
use crate::http::api::drafts::bodies::{DraftBody, StepBody};
use crate::http::api::drafts::ground::{BorderBody, BordersBody, areas};
use crate::http::desk::Desk;
use crate::http::json::GEOJSON;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Steps on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;

/// One draft, with its steps.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}", operation_id = "get_draft", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("since" = Option<u32>, Query, description = "Only steps behind this revision (0 when absent)"),
        ("limit" = Option<u32>, Query, description = "Most steps (1 to 1000; 100 when absent); a page also ends behind 8 MiB of edits, and `next` says where to go on"),
        ("crs" = Option<String>, Query, description = "The system of places of remarks: wgs84 (default), cgcs2000, gcj02, bd09. Edits are told as they are kept, in WGS84"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The draft", body = DraftBody),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_draft(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetDraft)?;
    let since = desk.params.whole("since", 0, u32::MAX).unwrap_or(0);
    let limit = desk.params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    let crs = desk.params.crs("crs");
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let found = read::get(&web.app, &seat, &caller, draft_id(&id)?, (since, limit)).await?;
    let mut body = DraftBody::of(&found.draft, &caller);
    body.steps = found.steps.iter().map(|step| StepBody::of(step, crs)).collect();
    let last = found.steps.last().map(|last| last.revision);
    body.next = last.filter(|last| *last < found.draft.revision);
    Ok(at(found.draft.revision, &body))
}

/// A draft's zones as its edits leave them, as GeoJSON: what an import takes.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}/zones", operation_id = "get_draft_zones", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("crs" = Option<String>, Query, description = "wgs84 (default), cgcs2000, gcj02, bd09"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The zones", body = serde_json::Value, content_type = "application/geo+json"),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_draft_zones(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetDraftZones)?;
    let crs = desk.params.crs("crs");
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let found = read::zones(&web.app, &seat, &caller, draft_id(&id)?).await?;
    let features: Vec<Value> = found.zones.iter().map(|zone| feature(zone, crs)).collect();
    let mut body = json!({
        "type": "FeatureCollection", "revision": found.revision, "features": features,
    });
    if !crs.same_degrees(Crs::Wgs84) {
        body["crs_name"] = crs.code().into();
    }
    let mut response = axum::Json(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON));
    tag(&mut response, found.revision);
    Ok(response)
}

fn feature(zone: &Zone, crs: Crs) -> Value {
    let co: Vec<&str> = zone.co.iter().map(crate::domain::id::UnitId::as_str).collect();
    let mut properties = json!({
        "id": zone.id.as_str(),
        "number": zone.number,
        "name_zh": zone.names.zh,
        "name_en": zone.names.en,
        "lead": zone.lead.as_str(),
        "co": co.join(";"),
    });
    for (name, value) in &zone.attributes {
        let taken = properties.get(name).is_some();
        let name = if taken { format!("attr.{name}") } else { name.clone() };
        properties[name] = value.clone();
    }
    json!({
        "type": "Feature",
        "id": zone.id.as_str(),
        "geometry": areas(&zone.area, crs),
        "properties": properties,
    })
}

/// A draft's borders, each once for both sides: for an editor of maps.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}/borders", operation_id = "get_draft_borders", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("crs" = Option<String>, Query, description = "wgs84 (default), cgcs2000, gcj02, bd09"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The borders", body = BordersBody),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_draft_borders(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetDraftBorders)?;
    let crs = desk.params.crs("crs");
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let found = read::borders(&web.app, &seat, &caller, draft_id(&id)?).await?;
    let body = BordersBody {
        revision: found.revision,
        crs: crs.code().to_owned(),
        borders: found.borders.iter().map(|border| BorderBody::of(border, crs)).collect(),
    };
    Ok(at(found.revision, &body))
}
