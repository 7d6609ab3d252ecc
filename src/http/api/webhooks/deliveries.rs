//! What was not delivered: what is still tried, and dead letters, which may be tried again.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::state::must;
use crate::app::webhooks;
use crate::domain::accounts::Operation;
use crate::http::api::webhooks::bodies::{DeliveriesBody, DeliveryBody, ReplayedBody};
use crate::http::api::webhooks::{private, read, webhook_id};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Deliveries on a page when nothing is said, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

/// Which dead letters are tried again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
pub struct ReplayBody {
    /// Their numbers, at most 1000; the first 1000 of all when absent.
    seqs: Option<Vec<i64>>,
}

/// What a webhook has not delivered, by the journal's number.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{id}/deliveries", operation_id = "list_deliveries", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("dead" = Option<bool>, Query, description = "Dead letters, or what is still tried (default)"),
        ("after" = Option<u32>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveriesBody),
        (status = 404, description = "No such webhook, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_deliveries(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListDeliveries)?;
    let dead = desk.params.flag("dead").unwrap_or_default();
    let after = desk.params.whole("after", 0, u32::MAX).unwrap_or_default();
    let limit = desk.params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    desk.params.finish()?;
    let (seat, id) = (&desk.seat, webhook_id(&id)?);
    // One more than shown tells whether there is another page.
    let page = (i64::from(after), limit + 1);
    let mut found = webhooks::deliveries(&web.app, seat, &desk.caller, &id, dead, page).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| last.seq);
    let deliveries = found.iter().map(|it| DeliveryBody::of(&seat.city, it)).collect();
    Ok(private(&DeliveriesBody { deliveries, next }))
}

/// Tries dead letters again, now and then as often as at first.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{id}/replay", operation_id = "replay_deliveries", tag = "live",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = ReplayBody,
    responses(
        (status = 200, description = "How many are tried again", body = ReplayedBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such webhook, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "One that is named is no dead letter", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn replay_deliveries(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ReplayDeliveries)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let mut fields = read(request).await?;
    let named = fields.has("seqs").then(|| fields.wholes("seqs"));
    fields.finish()?;
    let replayed = webhooks::replay(&web.app, &seat, &caller, &webhook_id(&id)?, named).await?;
    Ok(private(&ReplayedBody { replayed }))
}
