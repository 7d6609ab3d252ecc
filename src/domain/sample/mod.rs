//! The demonstration city: an illustrative valley town, the same for the same seed.

use crate::domain::atlas::city::CityState;

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// How many zones (60).
    pub zones: u32,
    /// How many restaurants, markets, stops … as a multiple of the model city's numbers (1).
    pub facilities: u32,
    /// How many cameras (42,248, or 0 to leave them out).
    pub cameras: u32,
    /// Which of several cities, from 0; each lies elsewhere.
    pub city: u32,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { seed: 1, zones: 60, facilities: 1, cameras: 0, city: 0 }
    }
}

/// Makes the city; atlas and plan are at version 1.
#[must_use]
pub fn city(_recipe: &Recipe) -> CityState {
    todo!()
}
