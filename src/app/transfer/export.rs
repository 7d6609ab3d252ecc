//! A file out.

use crate::app::past;
use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::import::blocking;
use crate::app::transfer::{Format, Kind, file};
use crate::domain::atlas::city::CityState;
use crate::domain::id::CityId;
use crate::formats::layer::Layer;
use crate::formats::nouns::{facilities, rules, units, zones};
use crate::geom::crs::Crs;

/// What of a city's time is exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which<'a> {
    /// What is in force.
    #[default]
    Now,
    /// What was at a moment: RFC 3339, or a date in the city's time zone (its beginning).
    At(&'a str),
    /// The zones of a published plan.
    Plan(i64),
}

impl<'a> Which<'a> {
    /// What two options say that exclude each other.
    ///
    /// # Errors
    /// In words, when both are given, or a plan of what is not zones.
    pub fn of(
        kind: Kind,
        plan: Option<i64>,
        datetime: Option<&'a str>,
    ) -> Result<Self, &'static str> {
        match (plan, datetime) {
            (Some(_), Some(_)) => Err("a plan has its own time; give one of both"),
            (Some(_), None) if kind != Kind::Zones => {
                Err("a plan holds zones; give a time for what stood beside it")
            }
            (Some(plan), None) => Ok(Self::Plan(plan)),
            (None, Some(datetime)) => Ok(Self::At(datetime)),
            (None, None) => Ok(Self::Now),
        }
    }
}

/// Exports what is in force in a city, was at a moment, or the zones of any plan.
///
/// WGS84 and CGCS2000 lose nothing. GCJ-02 and BD-09 bend straight edges: long ones get more
/// vertices, and reading the file back gives the same border within centimetres, not the same
/// vertices.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`], [`Refusal::Invalid`] for what is no moment of which anything
/// is known, no plan that there is, or what the format cannot hold.
pub async fn export(
    app: &App,
    city: &CityId,
    kind: Kind,
    format: Format,
    crs: Crs,
    which: Which<'_>,
) -> Result<Vec<u8>, Refusal> {
    let none = || Refusal::NoCity { given: city.to_string() };
    let state = match which {
        Which::At(datetime) => past::state(app, city, datetime).await?.0,
        Which::Now => app.store().load(city).await?.ok_or_else(none)?,
        Which::Plan(version) => {
            let mut state = app.store().load(city).await?.ok_or_else(none)?;
            let found = app.store().plans(city, version, 1).await?.pop();
            let found = found.filter(|it| it.plan.version == version).ok_or_else(|| {
                let last = state.plan.version;
                Refusal::fault("plan", format!("there is no plan {version}; the last is {last}"))
            })?;
            state.zones = app.store().plan_zones(city, version).await?;
            state.plan = found.plan;
            state
        }
    };
    blocking(move || file::write(&layer(&state, kind, crs), format))
        .await?
        .map_err(|words| Refusal::fault(kind.code(), words))
}

/// The layer of a kind, in a system.
#[must_use]
pub fn layer(state: &CityState, kind: Kind, crs: Crs) -> Layer {
    let mut layer = match kind {
        Kind::Zones => zones::to_layer(&state.zones),
        Kind::Units => units::to_layer(&state.units),
        Kind::Facilities => facilities::to_layer(&state.facilities),
        Kind::Rules => rules::to_layer(&state.rules),
    };
    layer.crs = Some(crs);
    if !crs.same_degrees(Crs::Wgs84) {
        for feature in &mut layer.features {
            feature.geometry = feature
                .geometry
                .take()
                .map(|geometry| crate::geom::crs::convert_geometry(&geometry, Crs::Wgs84, crs));
        }
    }
    layer
}
