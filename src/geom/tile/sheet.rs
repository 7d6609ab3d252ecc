//! The lines and areas of one zoom, found by tile.

use rstar::{AABB, RTree, RTreeObject};

use crate::geom::tile::clip;
use crate::geom::tile::grid::{BUFFER, EXTENT, Tile, Unit};
use crate::geom::tile::line;
use crate::geom::tile::rings::Rings;

/// What has a length or an area, in units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Lines.
    Lines(Vec<Vec<Unit>>),
    /// Areas.
    Areas(Vec<Rings>),
}

impl Shape {
    /// Whether there is nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Lines(lines) => lines.is_empty(),
            Self::Areas(polygons) => polygons.is_empty(),
        }
    }

    /// What of it lies in a tile and its buffer, in units from the tile's corner.
    #[must_use]
    pub fn cut(&self, tile: Tile) -> Self {
        match self {
            Self::Lines(lines) => Self::Lines(line::lines(lines, tile)),
            Self::Areas(polygons) => Self::Areas(clip::polygons(polygons, tile)),
        }
    }

    fn frame(&self) -> Option<AABB<[f64; 2]>> {
        let rings: Vec<&Vec<Unit>> = match self {
            Self::Lines(lines) => lines.iter().collect(),
            Self::Areas(polygons) => polygons.iter().filter_map(|rings| rings.first()).collect(),
        };
        let corners = rings.into_iter().flatten().map(|p| [f64::from(p.x), f64::from(p.y)]);
        corners.map(AABB::from_point).reduce(|one, other| {
            let (low, high) = (one.lower(), one.upper());
            let (other_low, other_high) = (other.lower(), other.upper());
            AABB::from_corners(
                [low[0].min(other_low[0]), low[1].min(other_low[1])],
                [high[0].max(other_high[0]), high[1].max(other_high[1])],
            )
        })
    }
}

/// Shapes of a zoom's world.
pub struct Sheet {
    zoom: u32,
    shapes: Vec<(u32, Shape)>,
    index: RTree<Entry>,
}

struct Entry {
    frame: AABB<[f64; 2]>,
    at: usize,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.frame
    }
}

impl Sheet {
    /// Shapes in the units of a zoom, each with the number of what it is of; empty ones are never found.
    #[must_use]
    pub fn of(zoom: u32, shapes: Vec<(u32, Shape)>) -> Self {
        let entry =
            |(at, (_, shape)): (usize, &(u32, Shape))| Some(Entry { frame: shape.frame()?, at });
        let entries = shapes.iter().enumerate().filter_map(entry).collect();
        Self { zoom, index: RTree::bulk_load(entries), shapes }
    }

    /// What lies in a tile of this zoom and its buffer, cut to it, in the order given; nothing in a tile of
    /// another zoom.
    #[must_use]
    pub fn in_tile(&self, tile: Tile) -> Vec<(u32, Shape)> {
        if tile.zoom() != self.zoom {
            return Vec::new();
        }
        let Unit { x, y } = tile.origin();
        let low = |n: i32| f64::from(n) - f64::from(BUFFER);
        let high = |n: i32| f64::from(n) + f64::from(EXTENT + BUFFER);
        let search = AABB::from_corners([low(x), low(y)], [high(x), high(y)]);
        let found = self.index.locate_in_envelope_intersecting(search);
        let mut found: Vec<usize> = found.map(|entry| entry.at).collect();
        found.sort_unstable();
        found
            .into_iter()
            .map(|at| (self.shapes[at].0, self.shapes[at].1.cut(tile)))
            .filter(|(_, shape)| !shape.is_empty())
            .collect()
    }
}
