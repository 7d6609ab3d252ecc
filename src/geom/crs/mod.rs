//! Coordinate systems in use in China, and the exact way between them.

mod shift;
pub mod name;
pub mod wire;

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Polygon,
};
use serde::{Deserialize, Serialize};

use crate::geom::coord::LonLat;

/// An edge longer than this, in degrees of either coordinate, is cut before it is converted.
///
/// A straight edge bends when its ends are moved by a shift that changes from place to place: 3.4 m
/// on 5 km, by the square of the length, so 1 cm on this.
pub const EDGE_MAX_DEG: f64 = 0.002_5;
/// Most pieces one edge is cut into; only edges that span a continent reach it.
pub const PIECES_MAX: u32 = 4_096;

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

/// Degrees of one system in another; CGCS2000 is taken as identical with WGS84, which it is within
/// centimetres.
///
/// The way back is exact: to another system and back again leaves less than 1e-8 m, except within
/// a kilometre of the edge of the box outside which GCJ-02 and BD-09 shift nothing (72.004 to
/// 137.8347 E, 0.8293 to 55.8271 N): there some coordinates have two places or none.
#[must_use]
pub fn convert_coord(c: Coord<f64>, from: Crs, to: Crs) -> Coord<f64> {
    match (from, to) {
        (Crs::Gcj02, Crs::Bd09) => shift::to_bd(c),
        (Crs::Bd09, Crs::Gcj02) => shift::from_bd(c),
        (from, to) if from == to => c,
        (from, to) => {
            let wgs84 = match from {
                Crs::Wgs84 | Crs::Cgcs2000 => c,
                Crs::Gcj02 => shift::from_gcj(c),
                Crs::Bd09 => shift::from_gcj(shift::from_bd(c)),
            };
            match to {
                Crs::Wgs84 | Crs::Cgcs2000 => wgs84,
                Crs::Gcj02 => shift::to_gcj(wgs84),
                Crs::Bd09 => shift::to_bd(shift::to_gcj(wgs84)),
            }
        }
    }
}

/// A position of one system in another, as [`convert_coord`].
#[must_use]
pub fn convert(place: LonLat, from: Crs, to: Crs) -> LonLat {
    let c = convert_coord(Coord { x: place.lon(), y: place.lat() }, from, to);
    // No shift reaches out of the globe (the box is far from its ends) and none leads to 0, 0.
    LonLat::new(c.x, c.y).unwrap_or(place)
}

impl Crs {
    /// A position of this system in WGS84, as [`convert`].
    #[must_use]
    pub fn to_wgs84(self, place: LonLat) -> LonLat {
        convert(place, self, Self::Wgs84)
    }

    /// A WGS84 position in this system, as [`convert`].
    #[must_use]
    pub fn from_wgs84(self, place: LonLat) -> LonLat {
        convert(place, Self::Wgs84, self)
    }

    /// Whether degrees of the two systems name the same places here.
    #[must_use]
    pub fn same_degrees(self, other: Self) -> bool {
        let plain = |crs| matches!(crs, Self::Wgs84 | Self::Cgcs2000);
        self == other || (plain(self) && plain(other))
    }
}

/// A geometry of one system in another: edges longer than [`EDGE_MAX_DEG`] are cut first, so that
/// none leaves its true course by more than about a centimetre. An edge that two geometries share is
/// cut at the same places in both, whichever way it runs.
#[must_use]
pub fn convert_geometry(geometry: &Geometry<f64>, from: Crs, to: Crs) -> Geometry<f64> {
    if from.same_degrees(to) {
        return geometry.clone();
    }
    let point = |c: Coord<f64>| convert_coord(c, from, to);
    let line =
        |line: &LineString<f64>| -> LineString<f64> { cut(line).into_iter().map(point).collect() };
    let polygon = |one: &Polygon<f64>| {
        Polygon::new(line(one.exterior()), one.interiors().iter().map(line).collect())
    };
    match geometry {
        Geometry::Point(p) => Geometry::Point(point(p.0).into()),
        Geometry::MultiPoint(points) => {
            Geometry::MultiPoint(MultiPoint(points.iter().map(|p| point(p.0).into()).collect()))
        }
        Geometry::Line(one) => Geometry::LineString(line(&LineString::from(*one))),
        Geometry::LineString(one) => Geometry::LineString(line(one)),
        Geometry::MultiLineString(lines) => {
            Geometry::MultiLineString(MultiLineString(lines.iter().map(line).collect()))
        }
        Geometry::Polygon(one) => Geometry::Polygon(polygon(one)),
        Geometry::MultiPolygon(all) => {
            Geometry::MultiPolygon(MultiPolygon(all.iter().map(polygon).collect()))
        }
        Geometry::Rect(frame) => Geometry::Polygon(polygon(&frame.to_polygon())),
        Geometry::Triangle(three) => Geometry::Polygon(polygon(&three.to_polygon())),
        Geometry::GeometryCollection(all) => Geometry::GeometryCollection(GeometryCollection(
            all.iter().map(|one| convert_geometry(one, from, to)).collect(),
        )),
    }
}

/// The line with its long edges cut into equal pieces.
fn cut(line: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut out: Vec<Coord<f64>> = line.0.first().copied().into_iter().collect();
    for pair in line.0.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let span = (b.x - a.x).abs().max((b.y - a.y).abs());
        let pieces = (span / EDGE_MAX_DEG).ceil().min(f64::from(PIECES_MAX));
        // Counted from the same end whichever way the edge runs.
        let turned = (b.x, b.y) < (a.x, a.y);
        let (low, high) = if turned { (b, a) } else { (a, b) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=4096")]
        let pieces = pieces as u32;
        out.extend((1..pieces).map(|i| {
            let i = if turned { pieces - i } else { i };
            low + (high - low) * (f64::from(i) / f64::from(pieces))
        }));
        out.push(b);
    }
    out
}

#[cfg(test)]
mod tests;
