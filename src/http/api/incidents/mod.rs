//! Incidents: the work lists, one incident with its steps, and the steps people take.

pub mod bodies;
pub mod clocks;
pub mod list;
pub mod act;
pub mod pictures;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::incidents::offers::Offers;
use crate::app::incidents::{self, Shown};
use crate::app::keyring::hex;
use crate::app::once::{Once, Ticket};
use crate::app::refusal::Refusal;
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::IncidentId;
use crate::domain::time::Instant;
use crate::http::api::incidents::bodies::{CandidateBody, IncidentBody, SuggestionBody};
use crate::http::api::incidents::clocks::ClockBody;
use crate::http::desk::Desk;
use crate::http::once::REPLAYED;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// One incident with its steps, what is open to the caller, and what it may be a duplicate of.
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}", operation_id = "get_incident", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident's id: that of the report that opened it"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The incident", body = IncidentBody),
        (status = 404, description = "No such incident, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_incident(
    State(web): State<Web>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetIncident)?;
    desk.params.finish()?;
    let (app, seat, caller) = (&web.app, &desk.seat, &desk.caller);
    let found = incidents::get(app, seat, caller, incident_id(&id)?).await?;
    let offers = Offers::with(app, seat, caller, &found.docket, &found.case).await?;
    answer(seat, caller, &found, &offers, app.now())
}

/// The id in a path; what is none opens nothing.
fn incident_id(text: &str) -> Result<IncidentId, Refusal> {
    Uuid::parse_str(text).map(IncidentId).map_err(|_| Refusal::NotFound)
}

/// The incident with what is offered, its clocks as they stand at a moment.
fn answer(
    seat: &Seat,
    caller: &Caller,
    found: &Shown,
    offers: &Offers,
    at: Instant,
) -> Result<Response, Problem> {
    let alike = offers.candidates.iter().map(CandidateBody::of).collect();
    let others = offers.suggestions.iter().map(SuggestionBody::of).collect();
    let mut body = IncidentBody::of((&seat.city, at), caller, found, alike, others);
    body.clocks = ClockBody::all(&incidents::clocks(seat, found, at)?);
    let mut response = Json(body).into_response();
    let tag = HeaderValue::try_from(format!("\"{}\"", found.docket.revision));
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    private(&mut response);
    Ok(response)
}

/// What the answer to a request is kept under, when it came with a key: one body sent to two incidents is two
/// requests.
fn ticket(
    caller: &Caller,
    key: Option<String>,
    path: &str,
    body: &[u8],
) -> Result<Option<Ticket>, Refusal> {
    if key.is_none() {
        return Ok(None);
    }
    let hash = Sha256::new().chain_update(path).chain_update("\n").chain_update(body).finalize();
    Once { key, request_hash: hex(&hash) }.ticket(caller)
}

/// Says that it had been done before under the same key.
fn replayed(response: &mut Response) {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
}

/// For this caller alone: nothing may keep it.
fn private(response: &mut Response) {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
}
