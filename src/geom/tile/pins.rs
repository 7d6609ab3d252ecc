//! Points, found by tile: they stand in the order in which a tile's quarters are visited, so that those of
//! a tile, of whatever zoom, stand together.

use crate::geom::coord::GridPoint;
use crate::geom::tile::grid::{Tile, Unit, World};

/// Points by tile.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    pins: Vec<Pin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pin {
    code: u64,
    at: World,
    item: u32,
}

impl Pins {
    /// Points, each with the number of what it is of.
    #[must_use]
    pub fn of(points: impl Iterator<Item = (u32, GridPoint)>) -> Self {
        let pin = |(item, p): (u32, GridPoint)| {
            let at = World::of(p);
            Pin { code: at.code(), at, item }
        };
        let mut pins: Vec<Pin> = points.map(pin).collect();
        pins.sort_unstable_by_key(|pin| (pin.code, pin.item, pin.at.x, pin.at.y));
        Self { pins }
    }

    /// The points of a tile, in units from its corner, 0 to [`EXTENT`](crate::geom::tile::grid::EXTENT) - 1:
    /// a point lies in one tile of each zoom.
    pub fn in_tile(&self, tile: Tile) -> impl Iterator<Item = (u32, Unit)> + '_ {
        let codes = tile.codes();
        let first = self.pins.partition_point(|pin| pin.code < codes.start);
        let count = self.pins[first..].partition_point(|pin| pin.code < codes.end);
        let origin = tile.origin();
        self.pins[first..first + count].iter().map(move |pin| {
            let Unit { x, y } = pin.at.within(tile.zoom());
            (pin.item, Unit { x: x - origin.x, y: y - origin.y })
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pins.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::tile::grid::{EXTENT, ZOOM_MAX};

    #[test]
    fn every_point_lies_in_the_tile_of_its_place_and_in_no_other() {
        let place = |n: i32| GridPoint { x: 1_094_000_000 + n * 7_919, y: 365_000_000 + n * 1_299 };
        let pins = Pins::of((0_u32..).zip((0..500).map(place)));
        for zoom in [0, 9, 13, ZOOM_MAX] {
            let mut seen = vec![0; 500];
            let mut tiles: Vec<Tile> =
                (0..500).map(|n| Tile::holding(World::of(place(n)), zoom)).collect();
            tiles.sort_by_key(|tile| (tile.x(), tile.y()));
            tiles.dedup();
            for tile in tiles {
                for (item, at) in pins.in_tile(tile) {
                    seen[item as usize] += 1;
                    assert!((0..EXTENT).contains(&at.x) && (0..EXTENT).contains(&at.y));
                    let n = i32::try_from(item).unwrap();
                    assert_eq!(Tile::holding(World::of(place(n)), zoom), tile);
                }
            }
            assert!(seen.iter().all(|count| *count == 1), "{zoom}");
        }
    }
}
