//! Positions, and the fixed-point grid on which every kept coordinate lies.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Grid steps in one degree: 1e-7 degree, about 11 mm of latitude.
pub const STEPS_PER_DEGREE: f64 = 1e7;

/// A position on the fixed-point grid, in steps of 1e-7 degree, WGS84.
///
/// `x` is longitude (±1,800,000,000), `y` latitude (±900,000,000). Every predicate of the project
/// is decided on these integers; the double `x as f64 / 1e7` names the same point exactly, so that
/// files, both databases and the wire carry it without loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GridPoint {
    /// Longitude in 1e-7 degree.
    pub x: i32,
    /// Latitude in 1e-7 degree.
    pub y: i32,
}

impl GridPoint {
    /// The grid point as degrees.
    #[must_use]
    pub fn degrees(self) -> LonLat {
        LonLat {
            lon: f64::from(self.x) / STEPS_PER_DEGREE,
            lat: f64::from(self.y) / STEPS_PER_DEGREE,
        }
    }
}

/// A position in degrees that is finite and within ±180 / ±90.
///
/// Which coordinate system the degrees belong to is the holder's matter; everything behind the
/// door (`geom::crs`) is WGS84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LonLat {
    lon: f64,
    lat: f64,
}

/// Why a pair of numbers is no position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PositionFault {
    /// NaN or infinite.
    NotFinite { lon: f64, lat: f64 },
    /// Longitude beyond ±180 or latitude beyond ±90.
    OutOfRange { lon: f64, lat: f64 },
    /// Out of range as given, but a position when longitude and latitude change places.
    Swapped { lon: f64, lat: f64 },
    /// Exactly 0,0 or the -1,-1 that some systems write for "no position".
    Null { lon: f64, lat: f64 },
}

impl fmt::Display for PositionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { lon, lat } => {
                write!(
                    f,
                    "position {lon}, {lat} is not a pair of finite numbers; give longitude and latitude in degrees"
                )
            }
            Self::OutOfRange { lon, lat } => write!(
                f,
                "position {lon}, {lat} is outside the globe; longitude must lie in -180..180 and latitude in -90..90 degrees"
            ),
            Self::Swapped { lon, lat } => write!(
                f,
                "position {lon}, {lat} looks swapped: give longitude first, then latitude ({lat}, {lon})"
            ),
            Self::Null { lon, lat } => {
                write!(
                    f,
                    "position {lon}, {lat} is what systems write when they know no position; give the real one"
                )
            }
        }
    }
}

impl std::error::Error for PositionFault {}

impl LonLat {
    /// A position from degrees.
    ///
    /// # Errors
    /// A [`PositionFault`] when the numbers are not finite, outside the globe, swapped so that the
    /// latitude falls outside ±90, or one of the two pairs that mean "no position".
    pub fn new(lon: f64, lat: f64) -> Result<Self, PositionFault> {
        if !(lon.is_finite() && lat.is_finite()) {
            return Err(PositionFault::NotFinite { lon, lat });
        }
        if lon.abs() > 180.0 || lat.abs() > 90.0 {
            let swapped = lat.abs() <= 180.0 && lon.abs() <= 90.0;
            return Err(if swapped {
                PositionFault::Swapped { lon, lat }
            } else {
                PositionFault::OutOfRange { lon, lat }
            });
        }
        #[expect(clippy::float_cmp, reason = "exactly these pairs are written for no position")]
        if (lon == 0.0 && lat == 0.0) || (lon == -1.0 && lat == -1.0) {
            return Err(PositionFault::Null { lon, lat });
        }
        // -0.0 and 0.0 are one place: keep one spelling.
        Ok(Self { lon: lon + 0.0, lat: lat + 0.0 })
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// The nearest grid point (half a step goes away from zero).
    #[must_use]
    pub fn grid(self) -> GridPoint {
        GridPoint { x: step(self.lon), y: step(self.lat) }
    }

    /// The same position moved onto the grid: what is stored.
    #[must_use]
    pub fn on_grid(self) -> Self {
        self.grid().degrees()
    }
}

/// An axis-parallel box on the grid, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridBox {
    /// South-west corner.
    pub min: GridPoint,
    /// North-east corner.
    pub max: GridPoint,
}

impl GridBox {
    /// The box around both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            min: GridPoint { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: GridPoint { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    /// Whether `p` lies in the box or on its edge.
    #[must_use]
    pub fn holds(self, p: GridPoint) -> bool {
        (self.min.x..=self.max.x).contains(&p.x) && (self.min.y..=self.max.y).contains(&p.y)
    }
}

/// A coordinate in degrees, within ±180, as grid steps.
#[expect(clippy::cast_possible_truncation, reason = "within ±1.8e9 by the caller's range check")]
#[must_use]
pub fn step(degrees: f64) -> i32 {
    (degrees * STEPS_PER_DEGREE).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_point_survives_the_trip_through_degrees() {
        for x in [-1_800_000_000, -1_094_840_001, -3, 0, 7, 1_094_843_390, 1_800_000_000] {
            assert_eq!(step(f64::from(x) / STEPS_PER_DEGREE), x);
        }
    }

    #[test]
    fn what_is_no_position_is_told_apart() {
        assert!(matches!(LonLat::new(f64::NAN, 1.0), Err(PositionFault::NotFinite { .. })));
        assert!(matches!(LonLat::new(1.0, f64::INFINITY), Err(PositionFault::NotFinite { .. })));
        assert!(matches!(LonLat::new(36.5, 109.4), Err(PositionFault::Swapped { .. })));
        assert!(matches!(LonLat::new(1e308, 3.0), Err(PositionFault::OutOfRange { .. })));
        assert!(matches!(LonLat::new(-0.0, 0.0), Err(PositionFault::Null { .. })));
        assert!(matches!(LonLat::new(-1.0, -1.0), Err(PositionFault::Null { .. })));
    }
}
