//! How the ground of a draft stands in answers: places, areas, borders.

use geo_types::{Coord, Geometry, LineString, MultiPolygon};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::zoning::working::{Border, Moved};
use crate::geom::coord::GridPoint;
use crate::geom::crs::{Crs, convert_geometry};

/// An area that changes hands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MovedArea)]
pub struct MovedBody {
    /// Whose it was; null: nobody's.
    #[schema(required = true)]
    pub from: Option<String>,
    /// Whose it is; null: nobody's.
    #[schema(required = true)]
    pub to: Option<String>,
    /// Its size, square metres.
    pub area_m2: f64,
    /// The area, a GeoJSON geometry.
    #[schema(value_type = Object)]
    pub geometry: Value,
}

/// A border, once for both sides.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftBorder)]
pub struct BorderBody {
    /// Its vertices, longitude and latitude; a ring's first is repeated at the end.
    pub points: Vec<[f64; 2]>,
    /// The zone to the left of the way along the points; null: nobody's land.
    #[schema(required = true)]
    pub left: Option<String>,
    /// The zone to the right.
    #[schema(required = true)]
    pub right: Option<String>,
}

/// The borders of a draft.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftBorders)]
pub struct BordersBody {
    /// At which revision.
    pub revision: u32,
    /// In which system the places are.
    pub crs: String,
    /// The borders, each once.
    pub borders: Vec<BorderBody>,
}

/// A place in a system.
#[must_use]
pub fn position(at: GridPoint, crs: Crs) -> [f64; 2] {
    let at = at.degrees();
    let at = if crs.same_degrees(Crs::Wgs84) { at } else { crs.from_wgs84(at) };
    [at.lon(), at.lat()]
}

impl MovedBody {
    /// In a system.
    #[must_use]
    pub fn of(moved: &Moved, crs: Crs) -> Self {
        Self {
            from: moved.from.as_ref().map(ToString::to_string),
            to: moved.to.as_ref().map(ToString::to_string),
            area_m2: (moved.area_m2 * 100.0).round() / 100.0,
            geometry: areas(&moved.area, crs),
        }
    }
}

impl BorderBody {
    /// In a system. Vertices are converted one by one, so that each names a vertex that can be edited.
    #[must_use]
    pub fn of(border: &Border, crs: Crs) -> Self {
        Self {
            points: border.points.iter().map(|at| position(*at, crs)).collect(),
            left: border.left.as_ref().map(ToString::to_string),
            right: border.right.as_ref().map(ToString::to_string),
        }
    }
}

/// Polygons as a GeoJSON geometry.
#[must_use]
pub fn areas(area: &MultiPolygon<f64>, crs: Crs) -> Value {
    let converted;
    let area = if crs.same_degrees(Crs::Wgs84) {
        area
    } else {
        let geometry = Geometry::MultiPolygon(area.clone());
        converted = match convert_geometry(&geometry, Crs::Wgs84, crs) {
            Geometry::MultiPolygon(area) => area,
            _ => area.clone(),
        };
        &converted
    };
    let place = |c: &Coord<f64>| json!([c.x, c.y]);
    let ring = |ring: &LineString<f64>| ring.0.iter().map(place).collect::<Vec<_>>();
    let polygons: Vec<Vec<Vec<Value>>> = area
        .iter()
        .map(|part| std::iter::once(part.exterior()).chain(part.interiors()).map(ring).collect())
        .collect();
    json!({ "type": "MultiPolygon", "coordinates": polygons })
}
