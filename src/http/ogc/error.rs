//! What goes wrong under `/ogc`: problem documents; for QGIS, which shows nothing of them, an OWS exception.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::refusal::{Fault, Refusal};
use crate::formats::xml::{attribute, escaped};
use crate::http::problem::{Kind, Problem};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Wrong {
    problem: Problem,
    /// Where it is another than the problem's own.
    status: Option<StatusCode>,
}

impl Wrong {
    /// What is not there.
    #[must_use]
    pub fn missing(words: impl Into<String>) -> Self {
        Problem::new(Kind::NotFound, words).into()
    }

    /// What is not as the caller saw it.
    #[must_use]
    pub fn stale() -> Self {
        Self::unmet("the city was changed since you looked; look again")
    }

    /// What `If-Match` named is no more, in words.
    #[must_use]
    pub fn unmet(words: impl Into<String>) -> Self {
        let problem = Problem::new(Kind::Stale, words);
        Self { problem, status: Some(StatusCode::PRECONDITION_FAILED) }
    }

    /// What was drawn in a draft and does not fit: the request can be read, what it asks for cannot be done. A
    /// revision that was named and is no more is a condition that does not hold.
    #[must_use]
    pub fn of_drawing(refusal: Refusal) -> Self {
        let problem = Problem::from(refusal);
        let status = match problem.kind() {
            Kind::Invalid => Some(StatusCode::UNPROCESSABLE_ENTITY),
            Kind::Stale => Some(StatusCode::PRECONDITION_FAILED),
            _ => None,
        };
        Self { problem, status }
    }

    /// The answer, in the shape that the caller's program shows.
    #[must_use]
    pub fn answer(self, headers: &HeaderMap) -> Response {
        let status = self.status.unwrap_or_else(|| status(self.problem.kind()));
        let mut body = self.problem.body();
        body.status = status.as_u16();
        let (text, media) = if is_qgis(headers) {
            (exception(&self.problem), Some("text/xml; charset=utf-8"))
        } else {
            (serde_json::to_string(&body).unwrap_or_default(), None)
        };
        let mut response = self.problem.into_response();
        *response.status_mut() = status;
        *response.body_mut() = Body::from(text);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        if let Some(media) = media {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        }
        response
    }
}

/// The standard has 400 for every parameter that is not right.
fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        kind => kind.row().0,
    }
}

fn is_qgis(headers: &HeaderMap) -> bool {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|agent| agent.contains("QGIS/"))
}

/// An exception report of OWS Common 1.1.
fn exception(problem: &Problem) -> String {
    let told = problem.clone().told();
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ows:ExceptionReport \
         xmlns:ows=\"http://www.opengis.net/ows/1.1\" version=\"1.1.0\" xml:lang=\"en\">\n",
    );
    let code = match told.kind {
        Kind::Invalid | Kind::Malformed => "InvalidParameterValue",
        Kind::NotFound => "NotFound",
        _ => "NoApplicableCode",
    };
    let mut one = |locator: &str, words: &str| {
        xml.push_str("  <ows:Exception exceptionCode=\"");
        xml.push_str(code);
        xml.push_str("\" locator=\"");
        attribute(&mut xml, locator);
        xml.push_str("\">\n    <ows:ExceptionText>");
        escaped(&mut xml, words);
        xml.push_str("</ows:ExceptionText>\n  </ows:Exception>\n");
    };
    if told.faults.is_empty() {
        one("", &told.detail);
    }
    for fault in &told.faults {
        one(&fault.place, &format!("{}: {}", fault.place, fault.words));
    }
    xml.push_str("</ows:ExceptionReport>\n");
    xml
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { problem, status: None }
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<Vec<Fault>> for Wrong {
    fn from(faults: Vec<Fault>) -> Self {
        Problem::from(faults).into()
    }
}
