//! Who asks, about which city, with which parameters: the first step of almost every handler.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::app::accounts;
use crate::app::past::{self, Then};
use crate::app::refusal::Refusal;
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::history::Stood;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::time::Instant;
use crate::http::etag;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::web::Web;

/// Another header that carries an API key.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Who asks, about which city, with which parameters.
pub struct Desk {
    /// The city.
    pub seat: Arc<Seat>,
    /// Who asks.
    pub caller: Caller,
    /// The parameters, `city` already taken.
    pub params: Params,
}

impl Desk {
    /// The caller's right to the operation, and the atlas in force.
    ///
    /// # Errors
    /// As for what does not exist.
    pub fn open(&self, operation: Operation) -> Result<Arc<Atlas>, Problem> {
        must(&self.caller, operation)?;
        Ok(self.seat.atlas()?)
    }
}

/// The atlas that a read is answered from: the one in force, or that of a moment in the past.
pub struct View {
    /// The atlas.
    pub atlas: Arc<Atlas>,
    /// The moment that was asked for, and when the atlas stood.
    pub then: Option<(Instant, Stood)>,
}

impl View {
    /// The tag of answers that depend on the atlas alone.
    #[must_use]
    pub fn tag(&self) -> String {
        etag::of(&self.atlas)
    }

    /// The tag of answers that also say until when it stood: that becomes known later.
    #[must_use]
    pub fn tag_in_time(&self) -> String {
        match &self.then {
            None => self.tag(),
            Some((at, stood)) => {
                let ends = [stood.to, stood.plan_to].map(|to| to.map_or(0, |to| to.0));
                let more = format!("-{}-{}-{}\"", at.0, ends[0], ends[1]);
                format!("{}{more}", self.tag().trim_end_matches('"'))
            }
        }
    }
}

impl Desk {
    /// The caller's right to the operation, and the atlas of the moment that `datetime` names, else the one in
    /// force. What is wrong with `datetime` waits for [`Params::finish`], as every other fault does.
    ///
    /// # Errors
    /// As for what does not exist; [`Problem`] when too many wait for an atlas of the past.
    pub async fn view(&mut self, web: &Web, operation: Operation) -> Result<View, Problem> {
        let atlas = self.open(operation)?;
        let Some(text) = self.params.text("datetime") else {
            return Ok(View { atlas, then: None });
        };
        match past::at(&web.app, &self.seat, &text).await {
            Ok(Then { atlas, at, stood }) => Ok(View { atlas, then: Some((at, stood)) }),
            Err(Refusal::Invalid(faults)) => {
                self.params.faults(faults);
                Ok(View { atlas, then: None })
            }
            Err(refusal) => Err(refusal.into()),
        }
    }
}

impl FromRequestParts<Web> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let mut params = Params::parse(parts.uri.query().unwrap_or_default());
        let city = params.text("city");
        let seat = web.app.seat(city.as_deref())?;
        let caller = caller(web, &seat, &parts.headers).await?;
        Ok(Self { seat, caller, params })
    }
}

/// Whether a request carries an API key at all.
#[must_use]
pub fn has_key(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(API_KEY)
}

/// Who sent these headers.
///
/// # Errors
/// [`Refusal::BadKey`] for a key that opens nothing, also where none would be needed.
pub async fn caller(web: &Web, seat: &Seat, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let bearer = headers.get(header::AUTHORIZATION).map(|value| {
        value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or(Refusal::BadKey)
    });
    let plain = headers.get(API_KEY).map(|value| value.to_str().map_err(|_| Refusal::BadKey));
    match bearer.or(plain).transpose()? {
        Some(token) => accounts::verify(&web.app, &seat.city, token.trim()).await,
        None => Ok(Caller::public()),
    }
}
