//! Maps: vector tiles under `/tiles`, what describes them (`TileJSON`, OGC API – Tiles), and styles that draw them.

pub mod cache;
pub mod answer;
pub mod tile;
pub mod tileset;
pub mod palette;
pub mod style;
pub mod layers;
pub mod ogc;
pub mod mount;
