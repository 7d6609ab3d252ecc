//! How what describes tiles is answered, and what a caller may ask about.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::Value;

use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::app::tiles::collection::Collection;
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::geom::coord::GridBox;
use crate::http::etag;
use crate::http::problem::Problem;

/// The type of JSON answers.
pub const JSON: &str = "application/json";

/// The collection with this name, when the caller may see it.
///
/// # Errors
/// [`Refusal::NotFound`] for what there is not and what is not for the caller alike.
pub fn collection(code: &str, caller: &Caller) -> Result<Collection, Refusal> {
    let found = Collection::from_code(code).ok_or(Refusal::NotFound)?;
    if found == Collection::Incidents {
        must(caller, Operation::ListIncidents)?;
    }
    Ok(found)
}

/// The tag of what an atlas answers here.
#[must_use]
pub fn tag(atlas: &Atlas, what: &str) -> String {
    format!("{}-{what}\"", etag::of(atlas).trim_end_matches('"'))
}

/// A document that changes only with the atlas; maps of other places may read it.
#[must_use]
pub fn document(headers: &HeaderMap, tag: &str, json: &Value) -> Response {
    let body = || Body::from(serde_json::to_vec(json).unwrap_or_default());
    let mut response = etag::tagged(headers, tag, JSON, body);
    open_to_all(&mut response);
    response
}

/// Lets pages from elsewhere read an answer: nothing in it hangs on who asks but by a key that they would have
/// to know.
pub fn open_to_all(response: &mut Response) {
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
}

/// Whether the caller takes gzip (RFC 9110, 12.5.3).
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    let named = given.flat_map(|list| list.split(',')).filter_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let coding = parts.next().filter(|it| ["gzip", "x-gzip", "*"].contains(it))?;
        let refused = parts.any(|it| {
            it.strip_prefix("q=").is_some_and(|q| q.parse::<f64>().is_ok_and(|q| q <= 0.0))
        });
        Some((coding != "*", !refused))
    });
    // By name goes before any.
    named.max_by_key(|(by_name, _)| *by_name).is_some_and(|(_, taken)| taken)
}

/// West, south, east, north in degrees: of the zones, or of the whole square where there are none.
#[must_use]
pub fn bounds(atlas: &Atlas) -> [f64; 4] {
    atlas.areas().extent().map_or(
        [-180.0, -85.051_128, 180.0, 85.051_128],
        |GridBox { min, max }| {
            let (min, max) = (min.degrees(), max.degrees());
            [min.lon(), min.lat(), max.lon(), max.lat()]
        },
    )
}

/// The words of a query that name the city, where there are several, and the moment that was asked for.
#[must_use]
pub fn query(city: Option<&str>, datetime: Option<&str>) -> String {
    let pairs = [("city", city), ("datetime", datetime)];
    let given =
        pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped((*value)?))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
}

/// Percent-encoded, but for what stands for itself.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}

/// Words about a path that cannot be read.
#[must_use]
pub fn malformed(words: impl Into<String>) -> Problem {
    Problem::new(crate::http::problem::Kind::Malformed, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_not_refused() {
        for (given, taken) in [
            ("", false),
            ("gzip", true),
            ("br, gzip;q=0.8", true),
            ("gzip;q=0", false),
            ("*", true),
            ("*, gzip;q=0", false),
            ("*;q=0, gzip", true),
            ("deflate", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, given.parse().unwrap());
            assert_eq!(takes_gzip(&headers), taken, "{given}");
        }
    }

    #[test]
    fn what_stands_in_an_address_is_escaped() {
        assert_eq!(query(None, None), "");
        assert_eq!(
            query(Some("延"), Some("2026-05-06T10:00:00+08:00")),
            "?city=%E5%BB%B6&datetime=2026-05-06T10:00:00%2B08:00"
        );
    }
}
