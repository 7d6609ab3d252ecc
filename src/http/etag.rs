//! Answers that change only with the atlas: the atlas version is their tag.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::atlas::in_force::Atlas;

/// Caches may keep an answer but ask again each time: a publish is seen at once.
const REVALIDATE: &str = "no-cache";

/// The tag of everything that this atlas answers. Weak, because compression changes the bytes; of
/// this build, because another may shape the answer differently.
#[must_use]
pub fn of(atlas: &Atlas) -> String {
    format!(
        "W/\"{}.{}-{}\"",
        atlas.city().id.as_str().escape_default(),
        atlas.version(),
        env!("CARGO_PKG_VERSION")
    )
}

/// The answer with its tag; 304 without a body where the caller has it already.
pub fn tagged<B: Into<Body>>(
    headers: &HeaderMap,
    tag: &str,
    content_type: &'static str,
    body: impl FnOnce() -> B,
) -> Response {
    let mut response = if holds(headers, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(body().into());
        let value = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
        response
    };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(REVALIDATE));
    response
}

/// Whether `If-None-Match` names the tag, compared weakly (RFC 9110, 13.1.2).
#[must_use]
pub fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|given| given.trim() == "*" || opaque(given) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_weak_or_strong_alone_or_in_a_list() {
        let tag = "W/\"c.3-0.1.0\"";
        for (given, held) in [
            ("W/\"c.3-0.1.0\"", true),
            ("\"c.3-0.1.0\"", true),
            ("\"x\", W/\"c.3-0.1.0\"", true),
            ("*", true),
            ("\"c.4-0.1.0\"", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_str(given).unwrap());
            assert_eq!(holds(&headers, tag), held, "{given}");
        }
    }
}
