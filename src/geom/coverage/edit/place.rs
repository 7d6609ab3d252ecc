//! A place of an edit as it is written: `[longitude, latitude]` in degrees.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::geom::coord::{GridPoint, step};

/// A point of the grid, written as degrees. The trip through JSON is exact: the nearest double of a
/// seventh decimal is read as that decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub GridPoint);

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.0.degrees();
        [place.lon(), place.lat()].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [lon, lat] = <[f64; 2]>::deserialize(deserializer)?;
        // Not finite is not within either.
        if lon.abs() <= 180.0 && lat.abs() <= 90.0 {
            Ok(Self(GridPoint { x: step(lon), y: step(lat) }))
        } else {
            Err(serde::de::Error::custom(format!(
                "the place {lon}, {lat} is outside the globe: longitude within ±180, then latitude within ±90"
            )))
        }
    }
}
