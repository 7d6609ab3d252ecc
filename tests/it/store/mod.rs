//! One suite over every store: memory (the oracle), a GeoPackage file, PostgreSQL with PostGIS.

pub(crate) mod places;
pub(crate) mod made;
mod faces;
mod random;
mod people;
mod links;
mod answers;
mod plans;
mod public;
mod pictures;
mod geometry;
mod intake;
mod files;
mod edits;
mod schema;
mod secure;
pub(crate) mod killed;
mod webhooks;
mod drafts;
