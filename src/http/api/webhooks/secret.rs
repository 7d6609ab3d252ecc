//! A webhook's secret is changed.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::state::must;
use crate::app::webhooks::{self, FORMER_S};
use crate::domain::accounts::Operation;
use crate::http::api::webhooks::bodies::IssuedWebhookBody;
use crate::http::api::webhooks::{private, read, webhook_id};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// How a secret is changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewSecret)]
pub struct NewSecretBody {
    /// For how many seconds the secret before signs too (0 to 2592000; a day when absent).
    keep_s: Option<u32>,
}

/// Gives a webhook another secret, which is shown this once. For a while both sign.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = NewSecretBody,
    responses(
        (status = 200, description = "The webhook and its secret", body = IssuedWebhookBody),
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
pub(crate) async fn rotate_webhook_secret(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::RotateWebhookSecret)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let mut fields = read(request).await?;
    let keep_s = fields.whole("keep_s").unwrap_or(FORMER_S);
    fields.finish()?;
    let made = webhooks::rotate(&web.app, &seat, &caller, &webhook_id(&id)?, keep_s).await?;
    Ok(private(&IssuedWebhookBody::of(&made)))
}
