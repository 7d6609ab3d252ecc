//! What there is as tiles: collections, their layers, and what features are told with.

use crate::geom::tile::grid::{NoTile, Tile, ZOOM_MAX};

/// Something that there is as tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// The zones of the plan, and where their names stand.
    Zones,
    /// Facilities of every kind but streets and bridges.
    Facilities,
    /// Streets and bridges.
    Streets,
    /// All of these.
    City,
    /// Open incidents of the caller's scope.
    Incidents,
    /// Reports of the last days, counted by squares.
    Heat,
}

/// A layer of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name in the tile.
    pub id: &'static str,
    /// What is in it.
    pub says: &'static str,
    /// What its features are told with: key, and what kind of value.
    pub fields: &'static [(&'static str, &'static str)],
    /// 0 for points, 2 for areas; `None` where there are several kinds.
    pub dimension: Option<u8>,
}

const TEXT: &str = "String";
const NUMBER: &str = "Number";
const FLAG: &str = "Boolean";

/// Colours that tell neighbouring zones apart.
pub const COLOURS: usize = 8;
/// The deepest zoom of [`Collection::Heat`]: squares of some sixty metres in the middle latitudes.
pub const HEAT_ZOOM_MAX: u32 = 14;
/// From this zoom on points of kinds with more than [`MANY`] facilities are drawn.
pub const MANY_ZOOM_MIN: u32 = 14;
/// Facilities of a kind that are drawn at every zoom.
pub const MANY: usize = 1_000;

const OF_ZONES: &[(&str, &str)] = &[
    ("id", TEXT),
    ("number", NUMBER),
    ("name_zh", TEXT),
    ("name_en", TEXT),
    ("lead", TEXT),
    ("lead_zh", TEXT),
    ("lead_en", TEXT),
    ("colour", NUMBER),
];
const OF_FACILITIES: &[(&str, &str)] =
    &[("id", TEXT), ("kind", TEXT), ("name_zh", TEXT), ("name_en", TEXT), ("unit", TEXT)];

/// Zones.
pub const ZONES: LayerInfo = LayerInfo {
    id: "zones",
    says: "Responsibility zones; `colour` (0 to 7) tells neighbours apart",
    fields: OF_ZONES,
    dimension: Some(2),
};
/// Where zones' names stand.
pub const ZONE_LABELS: LayerInfo = LayerInfo {
    id: "zone_labels",
    says: "One place well inside each zone, for its number and names",
    fields: OF_ZONES,
    dimension: Some(0),
};
/// Facilities.
pub const FACILITIES: LayerInfo = LayerInfo {
    id: "facilities",
    says: "What the city holds as geometry, by kind; points of which there are more than 1,000 from zoom 14 on",
    fields: OF_FACILITIES,
    dimension: None,
};
/// Streets.
pub const STREETS: LayerInfo = LayerInfo {
    id: "streets",
    says: "Streets and bridges",
    fields: OF_FACILITIES,
    dimension: None,
};
/// Open incidents.
pub const INCIDENTS: LayerInfo = LayerInfo {
    id: "incidents",
    says: "Open incidents of the caller's scope",
    fields: &[
        ("id", TEXT),
        ("category", TEXT),
        ("stage", TEXT),
        ("unit", TEXT),
        ("due_at", TEXT),
        ("overdue", FLAG),
        ("for_dispatcher", FLAG),
        ("escalated", TEXT),
    ],
    dimension: Some(0),
};
/// Reports by squares.
pub const HEAT: LayerInfo = LayerInfo {
    id: "heat",
    says: "Reports of the last 30 days, counted by squares; the public is told of three and more",
    fields: &[("count", NUMBER)],
    dimension: Some(0),
};

impl Collection {
    /// Every collection.
    pub const ALL: [Self; 6] =
        [Self::Zones, Self::Facilities, Self::Streets, Self::City, Self::Incidents, Self::Heat];

    /// Its name in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Zones => "zones",
            Self::Facilities => "facilities",
            Self::Streets => "streets",
            Self::City => "city",
            Self::Incidents => "incidents",
            Self::Heat => "heat",
        }
    }

    /// The collection with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// What people call it: Chinese, English.
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Zones => ("责任区", "Zones"),
            Self::Facilities => ("设施", "Facilities"),
            Self::Streets => ("街道", "Streets"),
            Self::City => ("城市", "City"),
            Self::Incidents => ("案件", "Incidents"),
            Self::Heat => ("举报热度", "Reports by squares"),
        }
    }

    /// Its layers.
    #[must_use]
    pub fn layers(self) -> &'static [LayerInfo] {
        match self {
            Self::Zones => &[ZONES, ZONE_LABELS],
            Self::Facilities => &[FACILITIES],
            Self::Streets => &[STREETS],
            Self::City => &[ZONES, ZONE_LABELS, FACILITIES, STREETS],
            Self::Incidents => &[INCIDENTS],
            Self::Heat => &[HEAT],
        }
    }

    /// Whether its tiles change only with the atlas.
    #[must_use]
    pub fn is_of_atlas(self) -> bool {
        !matches!(self, Self::Incidents | Self::Heat)
    }

    /// The deepest zoom that there is of it.
    #[must_use]
    pub fn zoom_max(self) -> u32 {
        if self == Self::Heat { HEAT_ZOOM_MAX } else { ZOOM_MAX }
    }

    /// The tile in column `x` and row `y` of a zoom.
    ///
    /// # Errors
    /// [`NoTile`] when there is none.
    pub fn tile(self, zoom: u32, x: u32, y: u32) -> Result<Tile, NoTile> {
        let max = self.zoom_max();
        if zoom > max { Err(NoTile::Zoom { given: zoom, max }) } else { Tile::new(zoom, x, y) }
    }
}
