//! Shapes cut to the tiles of web maps, in whole numbers.
//!
//! [`grid`] lays the world out in units: 4,096 to a tile at each zoom. Whatever is drawn is rounded to them
//! once for a whole zoom, and never tile by tile: what two areas or two tiles share stays shared.
//! [`partition`] draws areas that share borders with fewer vertices, each border once for both sides;
//! [`clip`] cuts them to a tile exactly, and [`mend`] repairs what rounding at its edge made invalid.
//! Rings turn as the Mapbox Vector Tile specification wants them: `x` east, `y` south, the shoelace area of
//! a shell positive and that of a hole negative.

pub mod grid;
mod exact;
mod passage;
pub mod rings;
pub mod mend;
pub mod area;
pub mod clip;
pub mod line;
pub mod partition;
pub mod sheet;
pub mod pins;
pub mod label;
pub mod colour;

#[cfg(test)]
mod tests;
