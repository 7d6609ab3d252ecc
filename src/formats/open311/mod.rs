//! Open311 `GeoReport` v2: its documents in XML and JSON, and the forms that people send.

pub mod document;
pub mod table;
pub mod form;
pub mod multipart;
