//! Coordinate systems in use in China, and the exact way between them.

use serde::{Deserialize, Serialize};

/// The system a position's degrees belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crs {
    /// GPS, OSM, GeoJSON (EPSG:4326).
    #[default]
    Wgs84,
    /// The legal national system (EPSG:4490): identity with WGS84 at this precision.
    Cgcs2000,
    /// AMap, Tencent, many Android network fixes.
    Gcj02,
    /// Baidu.
    Bd09,
}

impl Crs {
    /// Every system.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Cgcs2000, Self::Gcj02, Self::Bd09];

    /// The code on the wire, in tables and in options.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Cgcs2000 => "cgcs2000",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The system with this code (any case; `gcj-02` and `bd-09` too).
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.to_ascii_lowercase().replace('-', "");
        Self::ALL.into_iter().find(|crs| crs.code() == code)
    }
}
