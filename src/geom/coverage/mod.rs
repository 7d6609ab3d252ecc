//! A partition of the city into faces, kept as its borders.
//!
//! A [`map::Coverage`] holds undirected segments between points of the grid, each with the face on
//! its left and on its right. A border is there once, so that a gap or an overlap between two faces
//! cannot be expressed; rings, polygons and arcs are derived. The laws, which [`check`] verifies:
//!
//! 1. segments meet only at common ends;
//! 2. left differs from right;
//! 3. around a node, the wedge between two neighbouring segments has one label;
//! 4. what lies alone inside a face has that face around it, and all of it outside around it.
//!
//! A [`patch::Patch`] is the one way to change a coverage: segments removed, segments added. Its
//! inverse swaps the two. An [`edit::command::Edit`] speaks of places only, and is planned into a
//! patch or refused with a place. Every predicate is decided in whole numbers.
//!
//! This room knows no zones, units or drafts, and keeps no history.

pub mod side;
mod exact;
mod sweep;
mod hash;
pub mod patch;
pub mod map;
pub mod apply;
mod ray;
pub mod fault;
pub mod check;
mod rings;
pub mod face;
pub mod arc;
pub mod topology;
mod delta;
mod verify;
mod node;
pub mod moved;
pub mod dissolve;
pub mod thin;
pub mod snapped;
pub mod edit;
pub mod build;
pub mod valid;

#[cfg(test)]
mod trial;
#[cfg(test)]
mod tests;
