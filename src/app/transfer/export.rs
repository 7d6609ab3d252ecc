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

/// Exports what is in force in a city, or was at a moment.
///
/// WGS84 and CGCS2000 lose nothing. GCJ-02 and BD-09 bend straight edges: long ones get more
/// vertices, and reading the file back gives the same border within centimetres, not the same
/// vertices.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`], [`Refusal::Invalid`] for what is no moment of which anything
/// is known, or what the format cannot hold.
pub async fn export(
    app: &App,
    city: &CityId,
    kind: Kind,
    format: Format,
    crs: Crs,
    datetime: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    let none = || Refusal::NoCity { given: city.to_string() };
    let state = match datetime {
        Some(datetime) => past::state(app, city, datetime).await?.0,
        None => app.store().load(city).await?.ok_or_else(none)?,
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
