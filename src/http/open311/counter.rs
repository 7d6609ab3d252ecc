//! Who asks, about which jurisdiction, in which language, with which parameters.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};

use crate::app::accounts;
use crate::app::locate::{self, Place};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::in_force::Atlas;
use crate::formats::open311::document::{Document, Format};
use crate::formats::urlencoded::{self, Unreadable};
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;
use crate::http::desk::{self, has_key};
use crate::http::language::Language;
use crate::http::open311::error::Wrong;
use crate::http::open311::telling::Teller;
use crate::http::origin::base;
use crate::http::params::{self, Params, QUERY_BYTES_MAX};
use crate::http::web::Web;

/// What is answered.
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The document.
    pub document: Document,
    /// In which language.
    pub language: Language,
    /// Headers of its own.
    pub headers: HeaderMap,
}

/// A request as it came.
pub struct Asked<'a> {
    /// What every handler shares.
    pub web: &'a Web,
    /// The query.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The format of the answer.
    pub format: Format,
}

/// What is known of a request once it is at the counter.
pub struct Counter<'a> {
    /// What every handler shares.
    pub web: &'a Web,
    /// The city.
    pub seat: Arc<Seat>,
    /// The atlas in force.
    pub atlas: Arc<Atlas>,
    /// Who asks.
    pub caller: Caller,
    /// In which language.
    pub language: Language,
    /// What else is given.
    pub params: Params,
    /// Under which address the caller sees this service, without a slash at its end.
    pub base: String,
}

/// Names that may be given more than once.
fn repeats(name: &str) -> bool {
    name.starts_with("attribute[")
        || matches!(name, "media_url" | "service_code" | "service_request_id" | "status")
}

/// The pairs of a query.
///
/// # Errors
/// When it is too long or not percent-encoded UTF-8.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Wrong> {
    if query.len() > QUERY_BYTES_MAX {
        let words = format!("has {} bytes, at most {QUERY_BYTES_MAX} are taken", query.len());
        return Err(vec![Fault::new("query", words)].into());
    }
    urlencoded::pairs(query)
        .map(|pair| {
            pair.map_err(|Unreadable(name)| {
                vec![Fault::new(name, "is not percent-encoded UTF-8")].into()
            })
        })
        .collect()
}

impl<'a> Counter<'a> {
    /// Takes in a request that only asks; an `api_key` among its parameters is not looked at.
    ///
    /// # Errors
    /// An unknown or missing jurisdiction, a bad key in a header, a query that cannot be read.
    pub async fn open(asked: &Asked<'a>, operation: Operation) -> Result<Self, Wrong> {
        let mut given = pairs(asked.query)?;
        given.retain(|(name, _)| name != "api_key");
        Self::with(asked, operation, given).await
    }

    /// Takes in a request with all its parameters; an `api_key` among them is the caller's, where no
    /// header carries one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn with(
        asked: &Asked<'a>,
        operation: Operation,
        given: Vec<(String, String)>,
    ) -> Result<Self, Wrong> {
        let mut params = Params::of(given, repeats);
        let jurisdiction = params.text("jurisdiction_id");
        let seat = asked.web.app.seat(jurisdiction.as_deref())?;
        let key = params.text("api_key");
        let caller = match key {
            Some(key) if !has_key(asked.headers) => {
                accounts::verify(&asked.web.app, &seat.city, key.trim()).await?
            }
            _ => desk::caller(asked.web, &seat, asked.headers).await?,
        };
        must(&caller, operation)?;
        let atlas = seat.atlas()?;
        let accepted = Language::accepted(asked.headers);
        let language = params.read("lang", Language::named).unwrap_or(accepted);
        let base = base(asked.headers);
        Ok(Self { web: asked.web, seat, atlas, caller, language, params, base })
    }

    /// What was given must all be right and known; then the parameters are done with.
    ///
    /// # Errors
    /// Every fault.
    pub fn finish(&mut self) -> Result<(), Wrong> {
        Ok(std::mem::take(&mut self.params).finish()?)
    }

    /// The system of `lat` and `long`, by `coord_type`.
    pub fn coord_type(&mut self) -> Crs {
        self.params.crs("coord_type")
    }

    /// The place that `lat` and `long` name; both, or none of them.
    pub fn place(&mut self) -> Option<GridPoint> {
        let crs = self.coord_type();
        let (lat, lon) = (self.params.text("lat"), self.params.text("long"));
        if lat.is_none() && lon.is_none() {
            return None;
        }
        let mut number = |name: &str, given: Option<String>| match given {
            None => {
                self.params.fault(name, "is missing; lat and long belong together");
                None
            }
            Some(text) => {
                params::number(&text).map_err(|words| self.params.fault(name, words)).ok()
            }
        };
        let (lat, lon) = (number("lat", lat), number("long", lon));
        let place = Place { lon: lon?, lat: lat?, crs, accuracy_m: None };
        locate::enter(&self.atlas, &place).map_err(|faults| self.params.faults(faults)).ok()
    }

    /// How requests are told to this caller.
    #[must_use]
    pub fn teller(&self) -> Teller {
        let several = self.web.app.cities().len() > 1;
        Teller {
            atlas: Arc::clone(&self.atlas),
            language: self.language,
            base: self.base.clone(),
            of_city: if several { format!("?city={}", self.seat.city) } else { String::new() },
        }
    }

    /// The answer of a document.
    #[must_use]
    pub fn answer(&self, document: Document) -> Answered {
        let headers = HeaderMap::new();
        Answered { status: StatusCode::OK, document, language: self.language, headers }
    }
}

/// What is not there, in the words of what was asked for.
///
/// # Errors
/// The refusal, unless it says that nothing is there: that is told with `words`.
pub fn found<T>(result: Result<T, Refusal>, words: impl FnOnce() -> String) -> Result<T, Wrong> {
    result.map_err(|refusal| match refusal {
        Refusal::NotFound => Wrong::missing(words()),
        other => other.into(),
    })
}
