//! What leaves the house: one way out, by which every address is judged, and what is fetched by it.

pub mod way;
pub mod fetch;
