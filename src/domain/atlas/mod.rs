//! What is in force: city, plan, zones, units, facilities, rules — and who answers where.

pub mod city;
pub mod facility;
pub mod rule;
pub mod unit;
pub mod zone;

use std::fmt;

use geo_types::Geometry;

use crate::domain::atlas::city::{City, CityState};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::geom::coord::{GridBox, GridPoint, PositionFault};
use crate::geom::crs::Crs;
use crate::geom::index::Hit;
use crate::geom::locate::AreaIndex;

/// Everything in force in a city, indexed: immutable, shared, swapped whole.
pub struct Atlas {
    state: CityState,
}

/// Why a state is no atlas.
#[derive(Clone, Debug, PartialEq)]
pub enum AtlasFault {
    /// A zone, facility, rule or the city names a unit that there is not.
    UnknownUnit { by: String, unit: UnitId },
    /// The time zone is not in the IANA list.
    UnknownTimeZone { name: String },
    /// More zones than one index holds.
    TooManyZones { zones: usize },
}

impl fmt::Display for AtlasFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUnit { by, unit } => {
                write!(f, "{by} names the unit {unit}, which there is not")
            }
            Self::UnknownTimeZone { name } => {
                write!(f, "`{name}` is no IANA time zone such as Asia/Shanghai")
            }
            Self::TooManyZones { zones } => write!(f, "{zones} zones are more than one plan holds"),
        }
    }
}

impl std::error::Error for AtlasFault {}

impl Atlas {
    /// Indexes a city's state.
    ///
    /// # Errors
    /// Every [`AtlasFault`] of the state.
    pub fn build(_state: CityState) -> Result<Self, Vec<AtlasFault>> {
        todo!()
    }

    /// Counts every change; the ETag of all answers.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.state.atlas_version
    }

    /// The state it was built from.
    #[must_use]
    pub fn state(&self) -> &CityState {
        &self.state
    }

    /// The city.
    #[must_use]
    pub fn city(&self) -> &City {
        &self.state.city
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// The zones of the plan, by id; an area's number in [`Self::areas`] is its place here.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.state.zones
    }

    /// The units, by id.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.state.units
    }

    /// The facilities, by id; a [`Hit`]'s item is the place here.
    #[must_use]
    pub fn facilities(&self) -> &[Facility] {
        &self.state.facilities
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.state.rules
    }

    /// The zone with this code.
    #[must_use]
    pub fn zone(&self, _id: &ZoneId) -> Option<&Zone> {
        todo!()
    }

    /// The unit with this code.
    #[must_use]
    pub fn unit(&self, _id: &UnitId) -> Option<&Unit> {
        todo!()
    }

    /// The facility with this code.
    #[must_use]
    pub fn facility(&self, _id: &FacilityId) -> Option<&Facility> {
        todo!()
    }

    /// The zones by point.
    #[must_use]
    pub fn areas(&self) -> &AreaIndex {
        todo!()
    }

    /// The zones that touch a box, by number.
    #[must_use]
    pub fn zones_in(&self, _frame: GridBox) -> Vec<u32> {
        todo!()
    }

    /// The `k` nearest facilities of the kinds (none: of any), no farther than `max_m`.
    #[must_use]
    pub fn nearest(
        &self,
        _from: GridPoint,
        _kinds: &[FacilityKind],
        _k: usize,
        _max_m: f64,
    ) -> Vec<Hit> {
        todo!()
    }

    /// The facilities of the kinds (none: of any) within `radius_m`, nearest first.
    #[must_use]
    pub fn within(&self, _from: GridPoint, _kinds: &[FacilityKind], _radius_m: f64) -> Vec<Hit> {
        todo!()
    }

    /// The facilities of the kinds (none: of any) that touch the box, by number.
    #[must_use]
    pub fn in_box(&self, _kinds: &[FacilityKind], _frame: GridBox) -> Vec<u32> {
        todo!()
    }

    /// The facilities of the kinds (none: of any) that touch `area`, by number.
    #[must_use]
    pub fn intersecting(&self, _kinds: &[FacilityKind], _area: &Geometry<f64>) -> Vec<u32> {
        todo!()
    }

    /// A pair of numbers in a named system as a WGS84 grid point.
    ///
    /// # Errors
    /// What `LonLat::new` refuses, and [`PositionFault::Swapped`] also for a pair that lies far
    /// from the city as given but in it with longitude and latitude exchanged.
    pub fn enter(&self, _lon: f64, _lat: f64, _crs: Crs) -> Result<GridPoint, PositionFault> {
        todo!()
    }
}
