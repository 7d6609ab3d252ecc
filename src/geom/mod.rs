//! Floor 1: shapes and measures. Knows no city, reads no clock, touches no file.
//!
//! Every coordinate that is kept lies on a fixed-point grid of 1e-7 degree ([`coord`]), so that
//! "on which side" is decided in integers and two machines never disagree.

pub mod coord;
pub mod crs;
pub mod segments;
pub mod index;
pub mod locate;
pub mod coverage;
pub mod measure;
pub mod overlay;
pub mod relate;
pub mod project;
pub mod validity;
pub mod tile;
