//! Pictures for steps.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::incidents::again;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::reports::picture::PICTURE_BYTES_MAX;
use crate::http::api::incidents::{incident_id, private, replayed, ticket};
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::once::idempotency_key;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// A picture that was kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = KeptPicture)]
pub struct KeptPictureBody {
    /// What a step names it by.
    pub id: String,
}

/// Keeps a picture with an incident, at most 200 with one; a step names it then. What it is, its bytes say.
///
/// Send an `Idempotency-Key` and a repetition is safe: the same key with the same picture gives the same id, with
/// another it is refused.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/pictures", operation_id = "keep_picture", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for this picture"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(description = "JPEG, PNG, WebP, GIF or MP4, at most 8 MiB", content(
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        (Vec<u8> = "image/gif"), (Vec<u8> = "video/mp4"),
    )),
    responses(
        (status = 201, description = "Kept", body = KeptPictureBody),
        (status = 404, description = "No such incident, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Another media type", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn keep_picture(
    State(web): State<Web>,
    Path(id): Path<String>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    let Desk { seat, caller, params } = desk;
    must(&caller, Operation::KeepPicture)?;
    params.finish()?;
    let taken = ["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"];
    body::media_type(request.headers(), &taken)?;
    let key = idempotency_key(request.headers())?;
    let path = request.uri().path().to_owned();
    let lag = web.limits.upload_lag;
    let sent = body::upload(&web.uploads, lag, request.into_body(), PICTURE_BYTES_MAX).await?;
    let pass = ticket(&caller, key, &path, &sent.bytes)?.map(|ticket| ticket.whole());
    let (id, bytes): (_, Arc<[u8]>) = (incident_id(&id)?, Arc::from(&sent.bytes[..]));
    let kept = again::keep_picture(&web.app, &seat, &caller, id, bytes, pass.as_ref()).await?;
    let place = format!("/api/v1/pictures/{}", kept.id);
    let body = Json(KeptPictureBody { id: kept.id.to_string() });
    let mut response = (StatusCode::CREATED, body).into_response();
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    if kept.again {
        replayed(&mut response);
    }
    private(&mut response);
    Ok(response)
}
