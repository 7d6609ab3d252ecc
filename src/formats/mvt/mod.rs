//! Mapbox Vector Tiles (specification 2.1), written by hand: every byte of a tile is put down once.
//!
//! What features are told with lies in a [`vocabulary::Vocabulary`], its values encoded once for many tiles.
//! A [`layer::Layer`] takes of it what its features use; layers one after the other are a tile, and no bytes
//! at all are an empty one.

mod wire;
pub mod vocabulary;
pub mod layer;
