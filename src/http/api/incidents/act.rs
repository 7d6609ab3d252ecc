//! Steps: one in one case, or many at once, each for itself.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::incidents::{self, BULK_MAX, Wish};
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::{IncidentId, PictureId, UnitId};
use crate::domain::incidents::case::Ask;
use crate::domain::incidents::step::{Carried, Move};
use crate::domain::time::Instant;
use crate::http::api::incidents::bodies::{DocketBody, IncidentBody};
use crate::http::api::incidents::{answer, incident_id, private};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
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
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/steps", operation_id = "act_on_incident", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident's id"),
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
    let bytes = body::whole(request.into_body(), STEP_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let wish = wish(&mut fields);
    fields.finish()?;
    let (id, wish) = (incident_id(&id)?, wish.ok_or_else(unread)?);
    let now = incidents::act(&web.app, &desk.seat, &desk.caller, id, &wish).await?;
    answer(&web, &desk.seat, &desk.caller, &now).await
}

/// Takes steps in many cases, each for itself: what became of each stands in the answer.
#[utoipa::path(
    post, path = "/api/v1/incidents/steps", operation_id = "act_on_incidents", tag = "incidents",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
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
    let bytes = body::whole(request.into_body(), STEPS_BYTES_MAX).await?;
    let given: Vec<Value> = serde_json::from_slice(&bytes).map_err(|fault| {
        Problem::new(Kind::Malformed, format!("the body is no JSON list: {fault}"))
    })?;
    if given.len() > BULK_MAX {
        let words = format!("{} steps; at most {BULK_MAX} are taken at once", given.len());
        return Err(Problem::new(Kind::TooLarge, words));
    }
    let mut results = Vec::with_capacity(given.len());
    for one in given {
        results.push(one_of_many(&web, &seat, &caller, one).await);
    }
    let mut response = Json(StepResultsBody { results }).into_response();
    private(&mut response);
    Ok(response)
}

async fn one_of_many(web: &Web, seat: &Seat, caller: &Caller, given: Value) -> StepResultBody {
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
        let now = incidents::act(&web.app, seat, caller, id, &wish).await?;
        Ok::<_, Problem>(DocketBody::of(&seat.city, &now.docket, web.app.now()))
    }
    .await;
    match taken {
        Ok(docket) => {
            StepResultBody { id: named, status: 200, incident: Some(docket), problem: None }
        }
        Err(problem) => {
            let body = problem.body();
            StepResultBody { id: named, status: body.status, incident: None, problem: Some(body) }
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
