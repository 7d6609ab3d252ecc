//! Webhooks: a unit's own systems are told what concerns it, by the Standard Webhooks rules.

pub mod bodies;
pub mod secret;
pub mod deliveries;

use std::convert::Infallible;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::app::webhooks::{self, Alteration, Order};
use crate::domain::accounts::Operation;
use crate::domain::id::{UnitId, WebhookId};
use crate::domain::webhooks::webhook::Topic;
use crate::http::api::webhooks::bodies::{IssuedWebhookBody, WebhookBody, WebhooksBody};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A webhook that somebody wants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewWebhook)]
pub struct NewWebhookBody {
    /// Where it goes: `https://` and a public host.
    #[schema(example = "https://example.org/zonewarden")]
    url: String,
    /// What it tells of: `report_filed`, `case_opened`, `case_moved`, `plan_published`; all of them when absent.
    topics: Option<Vec<String>>,
    /// What it is for.
    label: Option<String>,
    /// For an admin: whose it is; the city's own, which tells of everything, when absent.
    unit: Option<String>,
}

/// What is to be otherwise; what is absent stays as it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookChange)]
pub struct WebhookChangeBody {
    /// Where it goes.
    url: Option<String>,
    /// What it tells of.
    topics: Option<Vec<String>>,
    /// What it is for.
    label: Option<String>,
    /// Whether it is on. Switched on again it goes on where it was.
    enabled: Option<bool>,
}

/// The caller's webhooks: a unit's own; of an admin, all.
#[utoipa::path(
    get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "live",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    responses(
        (status = 200, description = "The webhooks", body = WebhooksBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_webhooks(State(web): State<Web>, desk: Desk) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListWebhooks)?;
    desk.params.finish()?;
    let found = webhooks::list(&web.app, &desk.seat, &desk.caller).await?;
    Ok(private(&WebhooksBody { webhooks: found.iter().map(WebhookBody::of).collect() }))
}

/// Makes a webhook. Its secret is shown this once.
///
/// Each event of the journal that concerns the unit is posted as `{"type", "timestamp", "data": {"city", "seq",
/// "subject", "facts"}}` with the headers `webhook-id` (the same at every attempt), `webhook-timestamp` and
/// `webhook-signature`. Any 2xx is taken for received; anything else is tried again for four days, 410 switches
/// the webhook off. Redirects are not followed.
#[utoipa::path(
    post, path = "/api/v1/webhooks", operation_id = "make_webhook", tag = "live",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    request_body = NewWebhookBody,
    responses(
        (status = 201, description = "The webhook and its secret", body = IssuedWebhookBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city has as many as it may", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn make_webhook(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::MakeWebhook)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let mut fields = read(request).await?;
    let text = |given: &str| Ok::<_, Infallible>(given.to_owned());
    let order = Order {
        url: fields.must("url", text).unwrap_or_default(),
        topics: fields.list("topics", Topic::from_code),
        label: fields.text("label").unwrap_or_default(),
        unit: fields.read("unit", UnitId::new),
    };
    fields.finish()?;
    let made = webhooks::make(&web.app, &seat, &caller, order).await?;
    Ok((StatusCode::CREATED, private(&IssuedWebhookBody::of(&made))).into_response())
}

/// One webhook.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{id}", operation_id = "get_webhook", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The webhook", body = WebhookBody),
        (status = 404, description = "No such webhook, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_webhook(
    State(web): State<Web>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetWebhook)?;
    desk.params.finish()?;
    let (caller, operation) = (&desk.caller, Operation::GetWebhook);
    let found = webhooks::get(&web.app, &desk.seat, caller, operation, &webhook_id(&id)?).await?;
    Ok(private(&WebhookBody::of(&found)))
}

/// Changes a webhook, or switches it off and on.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{id}", operation_id = "change_webhook", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = WebhookChangeBody,
    responses(
        (status = 200, description = "The webhook as it is now", body = WebhookBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such webhook, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else has changed it just now", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn change_webhook(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ChangeWebhook)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let mut fields = read(request).await?;
    let topics = fields.has("topics").then(|| fields.list("topics", Topic::from_code));
    let ask = Alteration {
        url: fields.text("url"),
        topics,
        label: fields.text("label"),
        enabled: fields.flag("enabled"),
    };
    fields.finish()?;
    let now = webhooks::alter(&web.app, &seat, &caller, &webhook_id(&id)?, ask).await?;
    Ok(private(&WebhookBody::of(&now)))
}

/// Removes a webhook, and what it has not delivered.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{id}", operation_id = "remove_webhook", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "No such webhook, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else has removed it just now", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn remove_webhook(
    State(web): State<Web>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::RemoveWebhook)?;
    desk.params.finish()?;
    webhooks::remove(&web.app, &desk.seat, &desk.caller, &webhook_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The fields of a JSON body.
async fn read(request: Request) -> Result<Fields, Problem> {
    body::media_type(request.headers(), &["application/json"])?;
    let bytes = body::whole(request.into_body(), BODY_BYTES_MAX).await?;
    Fields::parse(&bytes)
}

/// The id in a path; what is none opens nothing.
fn webhook_id(text: &str) -> Result<WebhookId, Refusal> {
    WebhookId::new(text).map_err(|_| Refusal::NotFound)
}

/// An answer that no cache keeps.
fn private(body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
