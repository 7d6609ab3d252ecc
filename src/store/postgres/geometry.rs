//! Geometry to and from PostGIS, through the `postgis` crate's EWKB.

use std::error::Error;

use bytes::BytesMut;
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};
use postgis::ewkb;
use postgres_types::{FromSql, IsNull, ToSql, Type};

/// EPSG:4326, as every geometry column says.
const WGS84: Option<i32> = Some(4326);

/// Writes a geometry as EWKB.
pub(super) fn write(
    geometry: &Geometry<f64>,
    kind: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match geometry {
        Geometry::Point(it) => point(it.0, WGS84).to_sql(kind, out),
        Geometry::LineString(it) => line(it, WGS84).to_sql(kind, out),
        Geometry::Polygon(it) => polygon(it, WGS84).to_sql(kind, out),
        Geometry::MultiPoint(it) => {
            let points = it.iter().map(|part| point(part.0, None)).collect();
            ewkb::MultiPoint { points, srid: WGS84 }.to_sql(kind, out)
        }
        Geometry::MultiLineString(it) => {
            let lines = it.iter().map(|part| line(part, None)).collect();
            ewkb::MultiLineString { lines, srid: WGS84 }.to_sql(kind, out)
        }
        Geometry::MultiPolygon(it) => {
            let polygons = it.iter().map(|part| polygon(part, None)).collect();
            ewkb::MultiPolygon { polygons, srid: WGS84 }.to_sql(kind, out)
        }
        Geometry::Line(_)
        | Geometry::Rect(_)
        | Geometry::Triangle(_)
        | Geometry::GeometryCollection(_) => Err("this type of geometry is not stored".into()),
    }
}

fn point(at: Coord<f64>, srid: Option<i32>) -> ewkb::Point {
    ewkb::Point { x: at.x, y: at.y, srid }
}

fn line(line: &LineString<f64>, srid: Option<i32>) -> ewkb::LineString {
    ewkb::LineString { points: line.coords().map(|at| point(*at, None)).collect(), srid }
}

fn polygon(polygon: &Polygon<f64>, srid: Option<i32>) -> ewkb::Polygon {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    ewkb::Polygon { rings: rings.map(|ring| line(ring, None)).collect(), srid }
}

/// A geometry as PostGIS sends it.
pub(super) struct Read(pub(super) Geometry<f64>);

impl<'a> FromSql<'a> for Read {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match ewkb::Geometry::from_sql(kind, raw)? {
            ewkb::GeometryT::Point(it) => Geometry::Point(coord(&it).into()),
            ewkb::GeometryT::LineString(it) => Geometry::LineString(read_line(&it)),
            ewkb::GeometryT::Polygon(it) => Geometry::Polygon(read_polygon(&it)),
            ewkb::GeometryT::MultiPoint(it) => Geometry::MultiPoint(MultiPoint::new(
                it.points.iter().map(|part| coord(part).into()).collect(),
            )),
            ewkb::GeometryT::MultiLineString(it) => Geometry::MultiLineString(
                MultiLineString::new(it.lines.iter().map(read_line).collect()),
            ),
            ewkb::GeometryT::MultiPolygon(it) => Geometry::MultiPolygon(MultiPolygon::new(
                it.polygons.iter().map(read_polygon).collect(),
            )),
            ewkb::GeometryT::GeometryCollection(_) => return Err("a collection".into()),
        }))
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "geometry"
    }
}

fn coord(point: &ewkb::Point) -> Coord<f64> {
    Coord { x: point.x, y: point.y }
}

fn read_line(line: &ewkb::LineString) -> LineString<f64> {
    LineString::new(line.points.iter().map(coord).collect())
}

fn read_polygon(polygon: &ewkb::Polygon) -> Polygon<f64> {
    let mut rings = polygon.rings.iter().map(read_line);
    let exterior = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Polygon::new(exterior, rings.collect())
}
