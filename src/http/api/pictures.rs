//! Pictures that came with reports.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::app::open311;
use crate::app::refusal::Refusal;
use crate::domain::id::PictureId;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// A picture: as it was sent for staff in whose scope its report lies; for everybody, when the
/// report is public, without what the camera wrote beside it.
#[utoipa::path(
    get, path = "/api/v1/pictures/{id}", operation_id = "get_picture", tag = "reports",
    params(
        ("id" = String, Path, description = "The picture's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The picture", content(
            (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
            (Vec<u8> = "image/gif"), (Vec<u8> = "video/mp4"),
        )),
        (status = 404, description = "No such picture, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_picture(
    State(web): State<Web>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    desk.params.finish()?;
    let id = PictureId::new(&id).map_err(|_| Refusal::NotFound)?;
    let shown = open311::picture(&web.app, &desk.seat, &desk.caller, &id).await?;
    let mut response = Response::new(Body::from(Bytes::from_owner(shown.bytes)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.media.code()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Whatever a browser takes the bytes for, nothing in them runs.
    let alone = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, alone);
    Ok(response)
}
