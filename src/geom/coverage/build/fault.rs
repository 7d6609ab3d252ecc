//! Why areas cannot become a coverage.

use std::fmt;

use geo_types::Coord;

use crate::geom::coord::GridPoint;

/// Most faces of a coverage.
pub const FACES_MAX: usize = 65_535;
/// Most vertices of all areas together.
pub const VERTICES_MAX: usize = 2_000_000;
/// Most faults listed.
pub const FAULTS_MAX: usize = 1_000;
/// Most pairs of segments, or areas above each other, looked at: some seconds' work. Ordinary
/// borders need some ten for each vertex.
pub const WORK_MAX: u64 = 200_000_000;

/// Why areas cannot become a coverage, and where.
#[derive(Clone, Debug, PartialEq)]
pub enum BuildFault {
    /// More areas than faces can be numbered.
    TooManyFaces { faces: usize },
    /// More vertices than are built from.
    TooManyVertices { vertices: usize },
    /// NaN or infinite coordinate.
    NotFinite { at: Coord<f64>, area: usize, part: usize, ring: usize },
    /// Longitude beyond ±180 or latitude beyond ±90 degrees.
    OutOfRange { at: Coord<f64>, area: usize, part: usize, ring: usize },
    /// So many segments lie across each other that building was given up, near this place.
    TooEntangled { at: GridPoint },
    /// There are more faults than are listed.
    MoreFaults,
}

impl fmt::Display for BuildFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyFaces { faces } => {
                write!(f, "{faces} areas are more than a coverage has faces (FACES_MAX, 65,535)")
            }
            Self::TooManyVertices { vertices } => write!(
                f,
                "{vertices} vertices are more than are built from (VERTICES_MAX, 2,000,000); simplify or split the areas"
            ),
            Self::NotFinite { at, area, part, ring } => write!(
                f,
                "coordinate {}, {} of area {area} (part {part}, ring {ring}) is no pair of finite numbers; give degrees",
                at.x, at.y
            ),
            Self::OutOfRange { at, area, part, ring } => write!(
                f,
                "coordinate {}, {} of area {area} (part {part}, ring {ring}) is outside the globe; longitude must lie in -180..180 and latitude in -90..90 degrees",
                at.x, at.y
            ),
            Self::TooEntangled { at } => {
                let at = at.degrees();
                write!(
                    f,
                    "too many borders lie across each other near {}, {}; simplify the areas or leave out those that repeat others",
                    at.lon(),
                    at.lat()
                )
            }
            Self::MoreFaults => {
                f.write_str("there are more faults than are listed; mend those listed first")
            }
        }
    }
}

impl std::error::Error for BuildFault {}
