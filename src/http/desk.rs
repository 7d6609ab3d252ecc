//! Who asks, about which city, with which parameters: the first step of almost every handler.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::app::accounts;
use crate::app::refusal::Refusal;
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
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
