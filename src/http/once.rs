//! The headers by which what is asked twice is done once.

use axum::http::{HeaderMap, HeaderName};

use crate::app::refusal::Refusal;
use crate::http::problem::Problem;

/// The header that makes a repetition safe.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that it had been done before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The caller's own key for what is asked.
///
/// # Errors
/// When it is other than visible ASCII.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(_) => Err(Refusal::fault("Idempotency-Key", "has other than visible ASCII").into()),
    }
}
