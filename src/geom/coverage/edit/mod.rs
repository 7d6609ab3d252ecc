//! Edits of a coverage: commands in terms of places, planned into patches or refused.

pub mod place;
pub mod command;
pub mod fault;
pub mod locks;
mod change;
mod vertex;
mod reshape;
mod carve;
mod give;
mod split;
mod hole;
mod merge;
mod draw;
mod thin;
pub mod plan;

#[cfg(test)]
mod tests;
