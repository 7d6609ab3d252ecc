//! What goes wrong under `/open311`, in Open311's own shape and in the format that was asked for:
//! never a page, never a problem document.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::app::refusal::{Fault, Refusal};
use crate::formats::open311::document::{Document, Format, Value};
use crate::http::problem::{Cause, Kind, Problem};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Wrong {
    status: StatusCode,
    words: Vec<String>,
    retry_after_s: Option<u32>,
    cause: Option<Cause>,
}

impl Wrong {
    /// A refusal of this status.
    #[must_use]
    pub fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: vec![words.into()], retry_after_s: None, cause: None }
    }

    /// What is not there.
    #[must_use]
    pub fn missing(words: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, words)
    }

    /// The answer.
    #[must_use]
    pub fn answer(self, format: Format) -> Response {
        let error = |words: String| {
            Value::Members(vec![
                ("code", Value::Whole(i64::from(self.status.as_u16()))),
                ("description", Value::Text(words)),
            ])
        };
        let body = Value::List("error", self.words.into_iter().map(error).collect());
        let mut response = answer(self.status, &Document { root: "errors", body }, format);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

/// 404 for an unknown city, service, token or id, 403 for a bad key, 400 for anything else that is
/// the caller's matter.
fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::BadKey => StatusCode::FORBIDDEN,
        Kind::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
        kind if kind.row().0.is_server_error() => kind.row().0,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        let told = problem.told();
        let words = if told.faults.is_empty() {
            vec![told.detail]
        } else {
            told.faults.iter().map(sentence).collect()
        };
        Self {
            status: status(told.kind),
            words,
            retry_after_s: told.retry_after_s,
            cause: told.cause,
        }
    }
}

/// A fault with its place as Open311 names it.
fn sentence(fault: &Fault) -> String {
    let place = match fault.place.as_str() {
        "lon,lat" => "lat, long",
        "words" => "description",
        "city" => "jurisdiction_id",
        "contact" => "first_name, last_name, email, phone",
        place => place,
    };
    format!("{place}: {}", fault.words)
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoCity { given } => {
                Self::missing(format!("jurisdiction_id: there is no jurisdiction `{given}`"))
            }
            other => Problem::from(other).into(),
        }
    }
}

impl From<Vec<Fault>> for Wrong {
    fn from(faults: Vec<Fault>) -> Self {
        Problem::from(faults).into()
    }
}

/// A document as an answer.
#[must_use]
pub fn answer(status: StatusCode, document: &Document, format: Format) -> Response {
    let mut response = Response::new(Body::from(document.write(format)));
    *response.status_mut() = status;
    let value = HeaderValue::from_static(format.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// The format of a path under `/open311`; `None` for any other path.
#[must_use]
pub fn format_of(path: &str, headers: &HeaderMap) -> Option<Format> {
    let rest = path.strip_prefix("/open311")?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let suffix = rest.rsplit_once('.').and_then(|(_, suffix)| Format::from_suffix(suffix));
    Some(suffix.unwrap_or_else(|| preferred(headers)))
}

/// The format of a path that names none: JSON for who takes JSON and no XML.
fn preferred(headers: &HeaderMap) -> Format {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or_default();
    if accept.contains("json") && !accept.contains("xml") { Format::Json } else { Format::Xml }
}
