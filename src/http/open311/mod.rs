//! Open311 `GeoReport` v2 under `/open311/v2`, for citizens' applications of any make.
//!
//! The suffix of a path chooses between XML and JSON, so the paths that are mounted are not those
//! of the document one by one: [`mount`] mounts them all, one desk answers.

pub mod error;
pub mod telling;
pub mod counter;
pub mod bodies;
pub mod services;
pub mod filing;
pub mod requests;
pub mod updates;
pub mod bulk;
pub mod mount;
