//! Who is responsible here: positions checked at the door, then the router.

use crate::app::refusal::{Fault, Refusal};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CategoryCode;
use crate::domain::reports::confidence::accuracy;
use crate::domain::reports::routing::{self, Answer, Ask};
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;

/// A place as somebody gave it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Longitude in degrees.
    pub lon: f64,
    /// Latitude in degrees.
    pub lat: f64,
    /// The system of the two.
    pub crs: Crs,
    /// Accuracy radius (m, 68 %).
    pub accuracy_m: Option<f64>,
}

/// What was answered, and for which grid point.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<'a> {
    /// The place, WGS84, on the grid.
    pub position: GridPoint,
    /// Who answers, and why.
    pub answer: Answer<'a>,
}

/// Who answers at a place.
///
/// # Errors
/// Every fault of the place.
pub fn locate<'a>(
    atlas: &'a Atlas,
    place: &Place,
    category: Option<&CategoryCode>,
    at: Instant,
) -> Result<Located<'a>, Vec<Fault>> {
    let position = enter(atlas, place)?;
    let ask = Ask { position, accuracy_m: place.accuracy_m, category, at };
    Ok(Located { position, answer: routing::route(atlas, &ask) })
}

/// The grid point of a place.
///
/// # Errors
/// Every fault of the place.
pub fn enter(atlas: &Atlas, place: &Place) -> Result<GridPoint, Vec<Fault>> {
    let mut faults = Vec::new();
    if let Some(fault) = place.accuracy_m.and_then(|radius_m| accuracy(radius_m).err()) {
        faults.push(Fault::new("accuracy", fault.to_string()));
    }
    match atlas.enter(place.lon, place.lat, place.crs) {
        Ok(position) if faults.is_empty() => Ok(position),
        Ok(_) => Err(faults),
        Err(fault) => {
            faults.push(Fault::new("lon,lat", fault.to_string()));
            Err(faults)
        }
    }
}

impl From<Vec<Fault>> for Refusal {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Invalid(faults)
    }
}
