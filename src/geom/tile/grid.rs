//! The square of web maps (EPSG:3857) in whole numbers: the world, its tiles, and the units of a tile.

use std::fmt;
use std::ops::Range;

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};

/// Units along each side of a tile.
pub const EXTENT: i32 = 1 << EXTENT_BITS;
/// Units around a tile that lines and areas are drawn into, so that their strokes meet across tiles.
pub const BUFFER: i32 = 64;
/// The deepest zoom that is drawn; maps enlarge its tiles beyond.
pub const ZOOM_MAX: u32 = 16;
/// Zooms drawn, from 0.
pub const ZOOMS: usize = 17;

const EXTENT_BITS: u32 = 12;
/// The world is 2^32 wide: 9 mm at the equator, less than a step of the grid.
const WORLD_BITS: u32 = 32;
const WORLD: i64 = 1 << WORLD_BITS;
const SIDE: f64 = 4_294_967_296.0;

/// A place in the square of web maps: `x` east and `y` south of its north-western corner, 2^32 to a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// From ±180° on eastwards.
    pub x: i64,
    /// From 85.06° north on southwards.
    pub y: i64,
}

/// A place in units: of a zoom's whole world, or within a tile from its north-western corner. `x` runs east,
/// `y` south.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// Eastwards.
    pub x: i32,
    /// Southwards.
    pub y: i32,
}

impl World {
    /// The place of a grid point. Latitudes beyond ±85.06° lie on the square's edge.
    #[must_use]
    pub fn of(p: GridPoint) -> Self {
        let turn = i128::from(p.x) + 1_800_000_000;
        let x = (turn * i128::from(WORLD) + 1_800_000_000) / 3_600_000_000;
        // libm and not the system's: every machine gets the same last bit.
        let sine = libm::sin((f64::from(p.y) / STEPS_PER_DEGREE).to_radians());
        let north = libm::atanh(sine) / std::f64::consts::TAU;
        let y = (0.5 - north) * SIDE;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast is held at the ends of its type"
        )]
        let y = y.round() as i64;
        Self { x: i64::try_from(x).unwrap_or(WORLD), y: y.clamp(0, WORLD) }
    }

    /// The nearest unit of a zoom's world.
    #[must_use]
    pub fn nearest(self, zoom: u32) -> Unit {
        let shift = shift(zoom);
        let unit = |w: i64| narrow((w + (1 << (shift - 1))) >> shift);
        Unit { x: unit(self.x), y: unit(self.y) }
    }

    /// The unit of a zoom's world in which it lies: of the tile that holds the place.
    #[must_use]
    pub fn within(self, zoom: u32) -> Unit {
        let shift = shift(zoom);
        let unit = |w: i64| narrow(w.min(WORLD - 1) >> shift);
        Unit { x: unit(self.x), y: unit(self.y) }
    }

    /// Where its tile of the deepest zoom stands along the curve that visits a tile's quarters one after
    /// the other (Morton 1966): what lies in one tile, of whatever zoom, stands together.
    #[must_use]
    pub fn code(self) -> u64 {
        let Unit { x, y } = self.within(ZOOM_MAX);
        interleaved(x >> EXTENT_BITS, y >> EXTENT_BITS)
    }
}

/// Bits of the world that a unit of a zoom does not tell.
fn shift(zoom: u32) -> u32 {
    WORLD_BITS - EXTENT_BITS - zoom.min(ZOOM_MAX)
}

/// At most 2^28.
fn narrow(unit: i64) -> i32 {
    i32::try_from(unit).unwrap_or(i32::MAX)
}

/// The bits of two numbers below 2^16 by turns, the first's lowest.
fn interleaved(x: i32, y: i32) -> u64 {
    let spread = |n: i32| {
        let mut n = u64::from(n.unsigned_abs()) & 0xffff;
        n = (n | (n << 8)) & 0x00ff_00ff;
        n = (n | (n << 4)) & 0x0f0f_0f0f;
        n = (n | (n << 2)) & 0x3333_3333;
        (n | (n << 1)) & 0x5555_5555
    };
    spread(x) | (spread(y) << 1)
}

/// A tile: which of the 4^zoom squares, counted from the north-western corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    zoom: u32,
    x: u32,
    y: u32,
}

/// Why three numbers name no tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTile {
    /// Deeper than is drawn.
    Zoom { given: u32, max: u32 },
    /// No column or row of the zoom.
    Beyond { name: &'static str, given: u32, zoom: u32 },
}

impl fmt::Display for NoTile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zoom { given, max } => {
                write!(
                    f,
                    "z: zoom {given} is not drawn; zooms go from 0 to {max}, enlarge the last"
                )
            }
            Self::Beyond { name, given, zoom } => {
                let last = (1_u64 << zoom) - 1;
                write!(f, "{name}: {given} is no tile of zoom {zoom}; they go from 0 to {last}")
            }
        }
    }
}

impl std::error::Error for NoTile {}

impl Tile {
    /// The tile in column `x` and row `y` of a zoom.
    ///
    /// # Errors
    /// [`NoTile`] when there is none.
    pub fn new(zoom: u32, x: u32, y: u32) -> Result<Self, NoTile> {
        if zoom > ZOOM_MAX {
            return Err(NoTile::Zoom { given: zoom, max: ZOOM_MAX });
        }
        let beyond = |given: u32| given >= 1 << zoom;
        if beyond(x) {
            return Err(NoTile::Beyond { name: "x", given: x, zoom });
        }
        if beyond(y) {
            return Err(NoTile::Beyond { name: "y", given: y, zoom });
        }
        Ok(Self { zoom, x, y })
    }

    /// The tile of a zoom that holds a place.
    #[must_use]
    pub fn holding(at: World, zoom: u32) -> Self {
        let zoom = zoom.min(ZOOM_MAX);
        let Unit { x, y } = at.within(zoom);
        Self { zoom, x: (x >> EXTENT_BITS).unsigned_abs(), y: (y >> EXTENT_BITS).unsigned_abs() }
    }

    /// Its zoom.
    #[must_use]
    pub fn zoom(self) -> u32 {
        self.zoom
    }

    /// Its column, from the west.
    #[must_use]
    pub fn x(self) -> u32 {
        self.x
    }

    /// Its row, from the north.
    #[must_use]
    pub fn y(self) -> u32 {
        self.y
    }

    /// Its north-western corner in the zoom's units.
    #[must_use]
    pub fn origin(self) -> Unit {
        let corner = |n: u32| narrow(i64::from(n) << EXTENT_BITS);
        Unit { x: corner(self.x), y: corner(self.y) }
    }

    /// The [`World::code`]s of what lies in it.
    #[must_use]
    pub fn codes(self) -> Range<u64> {
        let below = 2 * (ZOOM_MAX - self.zoom);
        let number = |n: u32| i32::try_from(n).unwrap_or(0);
        let first = interleaved(number(self.x), number(self.y)) << below;
        first..first + (1 << below)
    }
}

/// How many metres a unit of a zoom measures at a latitude.
#[must_use]
pub fn unit_m(zoom: u32, lat_deg: f64) -> f64 {
    const EQUATOR_M: f64 = 40_075_016.685_578_49;
    let units = f64::from(EXTENT) * f64::from(1_u32 << zoom.min(ZOOM_MAX));
    EQUATOR_M * libm::cos(lat_deg.to_radians()) / units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_lies_in_the_tile_that_other_maps_name() {
        // From the usual formula, 109.484 E 36.585 N.
        let at = World::of(GridPoint { x: 1_094_840_000, y: 365_850_000 });
        for (zoom, x, y) in [(0, 0, 0), (1, 1, 0), (10, 823, 400), (14, 13_174, 6_400)] {
            let tile = Tile::new(zoom, x, y).unwrap();
            assert_eq!(Tile::holding(at, zoom), tile);
            assert!(tile.codes().contains(&at.code()), "{tile:?}");
        }
        assert!(!Tile::new(14, 13_175, 6_400).unwrap().codes().contains(&at.code()));
    }

    #[test]
    fn the_edges_of_the_world_lie_in_its_outermost_tiles() {
        for (x, y) in [(1_800_000_000, -900_000_000), (-1_800_000_000, 900_000_000), (0, 0)] {
            let at = World::of(GridPoint { x, y });
            for zoom in 0..=ZOOM_MAX {
                let tile = Tile::holding(at, zoom);
                assert_eq!(Tile::new(zoom, tile.x(), tile.y()), Ok(tile));
                let (unit, origin) = (at.within(zoom), tile.origin());
                assert!((0..EXTENT).contains(&(unit.x - origin.x)));
                assert!((0..EXTENT).contains(&(unit.y - origin.y)));
            }
        }
    }

    #[test]
    fn numbers_that_name_no_tile_are_refused_with_those_that_do() {
        assert_eq!(Tile::new(17, 0, 0), Err(NoTile::Zoom { given: 17, max: 16 }));
        let beyond = Tile::new(3, 2, 8).unwrap_err();
        assert!(beyond.to_string().contains("from 0 to 7"), "{beyond}");
        assert!(Tile::new(3, 8, 0).is_err() && Tile::new(0, 0, 0).is_ok());
    }

    #[test]
    fn a_unit_of_the_deepest_zoom_is_some_centimetres() {
        assert!((unit_m(ZOOM_MAX, 0.0) - 0.149).abs() < 0.001);
        assert!((unit_m(0, 60.0) - 40_075_016.7 / 8_192.0).abs() < 1.0);
    }
}
