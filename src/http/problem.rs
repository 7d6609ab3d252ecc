//! THE error table: every refusal's status and sentence, as RFC 9457 problem details.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::refusal::{Fault, Refusal};
use crate::domain::drafts::refusal::Refusal as Undraftable;
use crate::domain::incidents::refusal::Refusal as Unlawful;
use crate::geom::coord::GridPoint;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// What the type of every problem of ours begins with.
pub const TYPE_PREFIX: &str = "urn:zonewarden:problem:";

macro_rules! problems {
    ($($name:ident = $status:ident, $slug:literal, $title:literal;)*) => {
        /// What kind of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $title] $name,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Status, end of the type, title.
            #[must_use]
            pub fn row(self) -> (StatusCode, &'static str, &'static str) {
                match self { $(Self::$name => (StatusCode::$status, $slug, $title),)* }
            }
        }
    };
}

problems! {
    Malformed = BAD_REQUEST, "malformed", "The request cannot be read";
    BadKey = UNAUTHORIZED, "bad-key", "The API key opens nothing";
    NotFound = NOT_FOUND, "not-found", "There is nothing here";
    NoMethod = METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not for this place";
    Conflict = CONFLICT, "conflict", "The change contradicts what is there";
    NotYours = FORBIDDEN, "not-yours", "The step is for somebody else";
    Stale = CONFLICT, "stale", "It has changed since you looked";
    TooLarge = PAYLOAD_TOO_LARGE, "too-large", "The body is too large";
    BadMedia = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body's type is not taken";
    Invalid = UNPROCESSABLE_ENTITY, "invalid", "The request has faults";
    KeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The idempotency key is used";
    Slow = REQUEST_TIMEOUT, "too-slow", "The body came too slowly";
    Broken = INTERNAL_SERVER_ERROR, "broken", "The service failed";
    Busy = SERVICE_UNAVAILABLE, "busy", "The service is busy";
    NotReady = SERVICE_UNAVAILABLE, "not-ready", "The service is not ready";
    NoCityYet = SERVICE_UNAVAILABLE, "no-city-yet", "The service has no city yet";
    NoContactKeys = SERVICE_UNAVAILABLE, "no-contact-keys", "The service can keep no contacts";
    Sealed = INTERNAL_SERVER_ERROR, "sealed", "The contact cannot be opened";
    TimedOut = GATEWAY_TIMEOUT, "timed-out", "The answer took too long";
}

/// What nearly every operation may answer with, for the document.
#[derive(utoipa::IntoResponses)]
pub enum UsualProblems {
    /// The key opens nothing
    #[response(status = 401, content_type = "application/problem+json")]
    BadKey(ProblemBody),
    /// Every fault of the parameters
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Busy or not ready
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(ProblemBody),
}

/// A problem on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    faults: Vec<Fault>,
    retry_after_s: Option<u32>,
    cause: Option<String>,
}

/// Why it happened: for the log, never for the caller.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

/// What a problem holds.
#[derive(Clone, Debug)]
pub struct Told {
    /// What kind of problem it is.
    pub kind: Kind,
    /// What happened.
    pub detail: String,
    /// Every fault found.
    pub faults: Vec<Fault>,
    /// When to come back.
    pub retry_after_s: Option<u32>,
    /// Why: for the log.
    pub cause: Option<Cause>,
}

/// A problem (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// What kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "urn:zonewarden:problem:invalid")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here.
    pub detail: String,
    /// Every fault found, each with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultBody>,
}

/// One thing wrong with a request.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// Which parameter, field, header or row.
    pub place: String,
    /// What is wrong and what would be right.
    pub words: String,
    /// Where on the ground, longitude and latitude in WGS84; absent where that says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f64; 2]>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), faults: Vec::new(), retry_after_s: None, cause: None }
    }

    /// Faults of what was asked.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [one] => format!("{}: {}", one.place, one.words),
            many => format!("{} faults", many.len()),
        };
        Self { faults, ..Self::new(Kind::Invalid, detail) }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened here.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Everything about it, for another shape of answer.
    #[must_use]
    pub fn told(self) -> Told {
        let Self { kind, detail, faults, retry_after_s, cause } = self;
        Told { kind, detail, faults, retry_after_s, cause: cause.map(Cause) }
    }

    fn retry(self, after_s: u32) -> Self {
        Self { retry_after_s: Some(after_s), ..self }
    }

    fn because(self, cause: String) -> Self {
        Self { cause: Some(cause), ..self }
    }

    /// As it stands in a body.
    #[must_use]
    pub fn body(&self) -> ProblemBody {
        let (status, slug, title) = self.kind.row();
        let faults = self.faults.iter();
        ProblemBody {
            kind: format!("{TYPE_PREFIX}{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            faults: faults
                .map(|fault| FaultBody {
                    place: fault.place.clone(),
                    words: fault.words.clone(),
                    at: fault.at.map(GridPoint::degrees).map(|at| [at.lon(), at.lat()]),
                })
                .collect(),
        }
    }

    /// Too many at once.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(Kind::Busy, "too many requests at once; try again shortly").retry(1)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::NoCity { .. } | Refusal::NotFound | Refusal::Nobody => {
                Self::new(Kind::NotFound, words)
            }
            Refusal::WhichCity { .. } => Self::invalid(vec![Fault::new("city", words)]),
            Refusal::NotReady => Self::new(Kind::NotReady, words).retry(2),
            Refusal::NoCityYet => Self::new(Kind::NoCityYet, words).retry(2),
            Refusal::BadKey => Self::new(Kind::BadKey, words),
            Refusal::NoPepper => {
                Self::new(Kind::BadKey, Refusal::BadKey.to_string()).because(words)
            }
            Refusal::NoContactKeys => Self::new(Kind::NoContactKeys, words),
            Refusal::Sealed(_) => Self::new(Kind::Sealed, words.clone()).because(words),
            Refusal::Invalid(faults) => Self::invalid(faults),
            Refusal::KeyReused => Self::new(Kind::KeyReused, words),
            Refusal::Moved => Self::new(Kind::Busy, words).retry(1),
            Refusal::Busy => Self::busy(),
            Refusal::Conflict(_) => Self::new(Kind::Conflict, words),
            Refusal::Unavailable(_) => {
                let detail = "the store does not answer just now; whether a write happened is not \
                              known: repeat it with the same Idempotency-Key";
                Self::new(Kind::Busy, detail).retry(2).because(words)
            }
            Refusal::Case(refusal) => case(&refusal, words),
            Refusal::Draft(refusal) => draft(&refusal, words),
            Refusal::Damaged(_) | Refusal::Inner(_) => {
                Self::new(Kind::Broken, "a fault of the service; it has been logged").because(words)
            }
        }
    }
}

/// What the workflow does not admit: faults of the step, somebody else's move, or another moment's.
fn case(refusal: &Unlawful, words: String) -> Problem {
    match refusal {
        Unlawful::Carried { lacks, .. } => Problem::invalid(
            lacks.iter().map(|lack| Fault::new(lack.field, lack.says.clone())).collect(),
        ),
        Unlawful::NotForRole { .. } | Unlawful::NotLead { .. } => {
            Problem::new(Kind::NotYours, words)
        }
        Unlawful::Unseen => Problem::new(Kind::NotFound, words),
        Unlawful::Stale { .. } => Problem::new(Kind::Stale, words),
        Unlawful::NotOpen { .. }
        | Unlawful::Paired(_)
        | Unlawful::ByTheClock(_)
        | Unlawful::NothingAsked { .. }
        | Unlawful::AlreadyAsked { .. }
        | Unlawful::SameUnit { .. }
        | Unlawful::WrongOther { .. }
        | Unlawful::Full { .. } => Problem::new(Kind::Conflict, words),
    }
}

/// What the law of drafts does not admit.
fn draft(refusal: &Undraftable, words: String) -> Problem {
    match refusal {
        Undraftable::Stale { .. } => Problem::new(Kind::Stale, words),
        Undraftable::NotYours { .. } => Problem::new(Kind::NotYours, words),
        Undraftable::Carried { lacks, .. } => Problem::invalid(
            lacks.iter().map(|lack| Fault::new(lack.field.clone(), lack.says.clone())).collect(),
        ),
        Undraftable::NotOpen { .. }
        | Undraftable::NothingTo(_)
        | Undraftable::Full { .. }
        | Undraftable::Unapproved { .. }
        | Undraftable::OldBase { .. }
        | Undraftable::SameBase { .. }
        | Undraftable::Past { .. }
        | Undraftable::Locked { .. }
        | Undraftable::Idle => Problem::new(Kind::Conflict, words),
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::invalid(faults)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, body) = (self.kind.row().0, self.body());
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        if self.kind == Kind::BadKey {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_type_of_its_own_and_an_error_status() {
        let slugs: std::collections::BTreeSet<&str> =
            Kind::ALL.iter().map(|kind| kind.row().1).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let status = kind.row().0;
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
        }
    }

    #[test]
    fn the_store_s_own_words_go_to_the_log_and_not_to_the_caller() {
        let problem = Problem::from(Refusal::Unavailable("host=10.0.0.1 password".to_owned()));
        assert!(!problem.detail.contains("password"));
        assert!(problem.cause.is_some_and(|cause| cause.contains("password")));
    }
}
