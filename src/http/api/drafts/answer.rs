//! What the answers about drafts share.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use crate::app::refusal::Refusal;
use crate::domain::id::DraftId;
use crate::http::problem::{Kind, Problem};

/// The id in a path; what is none opens nothing.
pub(super) fn draft_id(text: &str) -> Result<DraftId, Refusal> {
    Uuid::parse_str(text).map(DraftId).map_err(|_| Refusal::NotFound)
}

/// An answer at a revision, for this caller alone.
pub(super) fn at(revision: u32, body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    tag(&mut response, revision);
    response
}

/// Says at which revision an answer is, and that nothing may keep it.
pub(super) fn tag(response: &mut Response, revision: u32) {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The revision that `If-Match` names.
///
/// # Errors
/// When it names none of a draft.
pub(super) fn seen(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = given.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    text.parse().map(Some).map_err(|_| {
        Problem::new(Kind::Malformed, "If-Match names no revision of a draft, such as \"3\"")
    })
}
