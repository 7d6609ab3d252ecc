//! Floor 6: HTTP. A handler extracts, calls the app, shapes the answer; its structs stand beside
//! it. Nothing here touches the store.

pub mod limits;
pub mod problem;
pub mod params;
pub mod json;
pub mod origin;
pub mod language;
pub mod access_log;
pub mod meter;
pub mod web;
pub mod gate;
pub mod desk;
pub mod etag;
pub mod once;
pub mod body;
pub mod ops;
pub mod page;
pub mod api;
pub mod open311;
pub mod tiles;
pub mod ogc;
pub mod router;
pub mod server;
