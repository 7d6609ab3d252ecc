//! Steps: one in one case, or many at once, each for itself.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::incidents::again;
use crate::app::incidents::taken::Taken;
use crate::app::incidents::{BULK_MAX, Wish};
use crate::app::once::Pass;
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::{IncidentId, PictureId, UnitId};
use crate::domain::incidents::case::Ask;
use crate::domain::incidents::step::{Carried, Move};
use crate::domain::time::Instant;
use crate::http::api::incidents::bodies::{DocketBody, IncidentBody};
use crate::http::api::incidents::{answer, incident_id, private, replayed, ticket};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::once::idempotency_key;
use crate::http::problem::{Kind, Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest step, in bytes.
const STEP_BYTES_MAX: usize = 64 * 1024;
/// Largest list of steps, in bytes.
const STEPS_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A step that somebody wants to take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewStep)]
pub struct NewStepBody {
    /// What is to be done: one of `open_to_you`.
    #[schema(example = "handle")]
    act: String,
    /// The revision of the incident that was looked at.
    revision: u32,
    /// What was said or done, or the reason.
    words: Option<String>,
    /// Pictures, by id.
    pictures: Option<Vec<String>>,
    /// The unit that is to answer; with a send-back the one proposed.
    unit: Option<String>,
    /// Units beside it.
    co: Option<Vec<String>>,
    /// Until when an extension or suspension is asked, RFC 3339.
    until: Option<String>,
    /// With a merge the incident that this one goes into.
    other: Option<String>,
    /// With a merge or a split the revision of the other incident that was looked at.
    other_revision: Option<u32>,
}

/// A step in one of many incidents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewStepOf)]
pub struct NewStepOfBody {
    /// Which incident.
    id: String,
    /// The step.
    #[serde(flatten)]
    step: NewStepBody,
}

/// What became of one of many steps.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = StepResult)]
pub struct StepResultBody {
    /// Which incident.
    pub id: String,
    /// The status that the step by itself would have had.
    pub status: u16,
    /// The incident as it is now, when the step was taken.
    #[schema(required = true)]
    pub incident: Option<DocketBody>,
    /// Why it was not taken.
    #[schema(required = true)]
    pub problem: Option<ProblemBody>,
}

/// What became of many steps, in their order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = StepResults)]
pub struct StepResultsBody {
    /// One for each step.
    pub results: Vec<StepResultBody>,
}

/// Takes a step in a case. A merge or a split takes one in each of the two cases, or none.
///
/// Send an `Idempotency-Key` and a repetition is safe: the same key with the same body is one step and gives the first
/// answer, the incident as it stood then, though the case has gone on since. With another body it is refused.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/steps", operation_id = "act_on_incident", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for this step"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = NewStepBody,
    responses(
        (status = 200, description = "The incident as it is now", body = IncidentBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The step is for another role or unit", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such incident, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The case has gone on since you looked, and how; or the step is not open now", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn act_on_incident(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ActOnIncident)?;
    desk.params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let key = idempotency_key(request.headers())?;
    let path = request.uri().path().to_owned();
    let bytes = body::whole(request.into_body(), STEP_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let wish = wish(&mut fields);
    fields.finish()?;
    let (id, wish) = (incident_id(&id)?, wish.ok_or_else(unread)?);
    let pass = ticket(&desk.caller, key, &path, &bytes)?.map(|ticket| ticket.whole());
    let (seat, caller) = (&desk.seat, &desk.caller);
    let acted = again::act_and_offer(&web.app, seat, caller, id, &wish, pass.as_ref()).await?;
    // As the clocks stood with the step: who asks again is told the same.
    let at = acted.shown.docket.last_at;
    let mut response = answer(seat, caller, &acted.shown, &acted.offers, at)?;
    if acted.again {
        replayed(&mut response);
    }
    Ok(response)
}

/// Takes steps in many cases, each for itself: what became of each stands in the answer.
///
/// Send an `Idempotency-Key` and a repetition is safe: the same key with the same body takes no step twice and gives
/// the first answer, of what was refused too. One that broke off is gone on with.
#[utoipa::path(
    post, path = "/api/v1/incidents/steps", operation_id = "act_on_incidents", tag = "incidents",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for all of these steps"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(content = Vec<NewStepOfBody>, description = "At most 200 steps"),
    responses(
        (status = 200, description = "What became of each", body = StepResultsBody),
        (status = 400, description = "The body is no JSON list of objects", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn act_on_incidents(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let Desk { seat, caller, params } = desk;
    must(&caller, Operation::ActOnIncidents)?;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let key = idempotency_key(request.headers())?;
    let path = request.uri().path().to_owned();
    let bytes = body::whole(request.into_body(), STEPS_BYTES_MAX).await?;
    let given: Vec<Value> = serde_json::from_slice(&bytes).map_err(|fault| {
        Problem::new(Kind::Malformed, format!("the body is no JSON list: {fault}"))
    })?;
    if given.len() > BULK_MAX {
        let words = format!("{} steps; at most {BULK_MAX} are taken at once", given.len());
        return Err(Problem::new(Kind::TooLarge, words));
    }
    let ticket = ticket(&caller, key, &path, &bytes)?;
    if let Some(ticket) = &ticket
        && let Some(first) = ticket.recall::<Vec<Told>>(&web.app, &seat, given.len()).await?
    {
        return told_again(&web, &seat, first).await;
    }
    let (mut told, mut results) = (Vec::new(), Vec::with_capacity(given.len()));
    for (nth, one) in given.into_iter().enumerate() {
        let pass = ticket.as_ref().map(|ticket| ticket.part(nth));
        let (of, result) = one_of_many(&web, &seat, &caller, one, pass.as_ref()).await;
        told.push(of);
        results.push(result);
    }
    // Where the service failed something is left to be done: who asks again goes on there.
    let failed = results.iter().any(|result| result.status >= FAILED);
    if let Some(ticket) = ticket.filter(|_| !failed)
        && let Some(first) = ticket.whole().settle(&web.app, &seat, &caller, &told).await?
    {
        return told_again(&web, &seat, first).await;
    }
    let mut response = Json(StepResultsBody { results }).into_response();
    private(&mut response);
    Ok(response)
}

/// What became of one of many steps, as its answer is told again from.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    id: String,
    taken: Option<Taken>,
    problem: Option<ProblemBody>,
}

/// From this status on it is the service that failed.
const FAILED: u16 = 500;

/// What was answered first.
async fn told_again(web: &Web, seat: &Seat, first: Vec<Told>) -> Result<Response, Problem> {
    let mut results = Vec::with_capacity(first.len());
    for Told { id, taken, problem } in first {
        let status = problem.as_ref().map_or(200, |problem| problem.status);
        let incident = match taken {
            Some(taken) => {
                let shown = again::as_it_was(&web.app, seat, &taken).await?;
                Some(DocketBody::of(&seat.city, &shown.docket, shown.docket.last_at))
            }
            None => None,
        };
        results.push(StepResultBody { id, status, incident, problem });
    }
    let mut response = Json(StepResultsBody { results }).into_response();
    replayed(&mut response);
    private(&mut response);
    Ok(response)
}

async fn one_of_many(
    web: &Web,
    seat: &Seat,
    caller: &Caller,
    given: Value,
    pass: Option<&Pass>,
) -> (Told, StepResultBody) {
    let mut named = String::new();
    let taken = async {
        let mut fields = Fields::of(given)?;
        let id = fields.text("id");
        let wish = wish(&mut fields);
        named = id.clone().unwrap_or_default().chars().take(64).collect();
        if id.is_none() {
            fields.fault("id", "is missing; name the incident");
        }
        fields.finish()?;
        let id = incident_id(&id.unwrap_or_default())?;
        let wish = wish.ok_or_else(unread)?;
        let acted = again::act(&web.app, seat, caller, id, &wish, pass).await?;
        Ok::<_, Problem>(acted.shown.docket)
    }
    .await;
    let id = named.clone();
    match taken {
        Ok(docket) => {
            let incident = Some(DocketBody::of(&seat.city, &docket, docket.last_at));
            let told = Told { id: named, taken: Some(Taken::of(&docket)), problem: None };
            (told, StepResultBody { id, status: 200, incident, problem: None })
        }
        Err(problem) => {
            let body = problem.body();
            let told = Told { id: named, taken: None, problem: Some(body.clone()) };
            let status = body.status;
            (told, StepResultBody { id, status, incident: None, problem: Some(body) })
        }
    }
}

/// A step out of a body; `None` when a must is missing, which is a fault of the fields.
fn wish(fields: &mut Fields) -> Option<Wish> {
    let act = fields.must("act", |text| {
        Move::from_code(text).ok_or_else(|| {
            let all: Vec<&str> = Move::ALL.iter().map(|act| act.code()).collect();
            format!("is no move; these are: {}", all.join(", "))
        })
    });
    let seen = fields.must_whole("revision");
    let carried = Carried {
        words: fields.text("words").unwrap_or_default(),
        pictures: fields.list("pictures", PictureId::new),
        unit: fields.read("unit", UnitId::new),
        co: fields.list("co", UnitId::new),
        until: fields.read("until", Instant::parse),
        other: fields.read("other", |text| text.parse().map(IncidentId)),
        reports: Vec::new(),
        key: None,
        clock: None,
    };
    let other_seen = fields.whole("other_revision");
    Some(Wish { ask: Ask { seen: seen?, act: act?, carried }, other_seen })
}

/// Never seen: what keeps a step from being read is a fault of its fields.
fn unread() -> Problem {
    Problem::new(Kind::Malformed, "the step cannot be read")
}
