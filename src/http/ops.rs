//! For whoever runs the service: does it live, can it answer, what does it count.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::refusal::Refusal;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::web::Web;

/// The type of Prometheus's text.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether the service lives or can answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthBody {
    /// `ok`, or `degraded` while a newer state gives no atlas and the old one answers, or a background task pauses.
    pub status: String,
    /// The build.
    pub version: String,
    /// The cities, and which atlas of each is in force.
    pub cities: Vec<CityHealth>,
    /// What goes on in the background, by name.
    pub tasks: Vec<TaskHealth>,
}

/// How a background task stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TaskHealth {
    /// Its name.
    pub task: String,
    /// Whether it is at work; if not, it has met a fault and is begun again after a pause.
    pub running: bool,
    /// How often that has happened.
    pub ended: u32,
}

/// How a city stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CityHealth {
    /// Its code.
    pub city: String,
    /// The atlas in force; null before the first.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// Whether a newer state gives no atlas.
    pub stale: bool,
}

fn health(web: &Web) -> HealthBody {
    let cities: Vec<CityHealth> = web
        .app
        .cities()
        .into_iter()
        .filter_map(|city| {
            let seat = web.app.seat(Some(city.as_str())).ok()?;
            let atlas_version = seat.glance().as_ref().map(|atlas| atlas.version());
            Some(CityHealth {
                city: city.to_string(),
                atlas_version,
                stale: seat.fault().is_some(),
            })
        })
        .collect();
    let standing = web.app.tasks().standing();
    let tasks: Vec<TaskHealth> = standing
        .into_iter()
        .map(|(task, it)| TaskHealth {
            task: task.to_owned(),
            running: it.running,
            ended: it.ended,
        })
        .collect();
    let degraded = cities.iter().any(|city| city.stale) || tasks.iter().any(|task| !task.running);
    HealthBody {
        status: if degraded { "degraded" } else { "ok" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cities,
        tasks,
    }
}

fn uncached(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// Whether the process lives. Asks nobody else.
#[utoipa::path(
    get, path = "/health", operation_id = "get_health", tag = "ops",
    responses((status = 200, description = "It lives", body = HealthBody))
)]
pub(crate) async fn get_health(State(web): State<Web>) -> Response {
    uncached(Json(health(&web)))
}

/// Whether the service can answer: every city has an atlas.
#[utoipa::path(
    get, path = "/ready", operation_id = "get_readiness", tag = "ops",
    responses(
        (status = 200, description = "It can", body = HealthBody),
        (status = 503, description = "Not yet, or there is no city yet", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_readiness(State(web): State<Web>) -> Result<Response, Problem> {
    if web.closing.is_cancelled() {
        return Err(Refusal::NotReady.into());
    }
    web.app.ready()?;
    Ok(uncached(Json(health(&web))))
}

/// Counters for Prometheus.
#[utoipa::path(
    get, path = "/metrics", operation_id = "get_metrics", tag = "ops",
    responses((status = 200, description = "Counters", body = String, content_type = "text/plain"))
)]
pub(crate) async fn get_metrics(State(web): State<Web>) -> Response {
    let health = health(&web);
    for city in health.cities {
        #[expect(clippy::cast_precision_loss, reason = "versions stay far below 2^52")]
        let version = city.atlas_version.unwrap_or_default() as f64;
        let of = ("city", city.city.as_str());
        web.meter.show("zonewarden_atlas_version", of, version);
        web.meter.show("zonewarden_atlas_stale", of, f64::from(u8::from(city.stale)));
    }
    for task in health.tasks {
        let of = ("task", task.task.as_str());
        web.meter.show("zonewarden_task_running", of, f64::from(u8::from(task.running)));
        web.meter.show("zonewarden_task_ended", of, f64::from(task.ended));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    {
        web.meter.in_flight.set(web.in_flight.load(Ordering::Relaxed) as f64);
        web.meter.log_dropped.set(web.log.as_ref().map_or(0, |log| log.dropped()) as f64);
    }
    let mut response = Response::new(Body::from(web.meter.render()));
    let value = HeaderValue::from_static(PROMETHEUS);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    uncached(response)
}

/// This document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", operation_id = "get_openapi", tag = "ops",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub(crate) async fn get_openapi(State(web): State<Web>) -> Response {
    let mut response = Response::new(Body::from(web.document.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What lies nowhere.
pub(crate) async fn nowhere() -> Problem {
    Refusal::NotFound.into()
}

/// A method that a place does not know.
pub(crate) async fn no_method() -> Response {
    let problem = crate::http::problem::Kind::NoMethod;
    let mut response = Problem::new(problem, "this place does not know the method").into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
