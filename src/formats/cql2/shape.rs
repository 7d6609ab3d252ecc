//! Geometries within expressions: checked before anything is asked of them.

use geo::CoordsIter;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon, Rect,
};
use serde_json::Value;

use crate::formats::cql2::node::Node;
use crate::geom::crs::wire::WireCrs;
use crate::geom::validity;

/// A geometry of a named system, in WGS84.
///
/// # Errors
/// Words for what is empty, off the globe or invalid.
pub(super) fn checked(geometry: &Geometry<f64>, crs: WireCrs) -> Result<Node, String> {
    if geometry.coords_iter().next().is_none() {
        return Err("an empty geometry has no place to compare with".to_owned());
    }
    let shape = crs.read_geometry(geometry);
    for c in shape.coords_iter() {
        // NaN fails both.
        if !(c.x.abs() <= 180.0 && c.y.abs() <= 90.0) {
            return Err(format!(
                "a geometry lies off the globe at longitude {}, latitude {}; its numbers are read as {}",
                c.x,
                c.y,
                crs.uri()
            ));
        }
    }
    match validity::faults(&shape).first() {
        Some(fault) => Err(format!("a geometry is not valid: {fault}")),
        None => Ok(Node::Shape(Box::new(shape))),
    }
}

/// The box of four numbers, or of six with heights; one whose first corner lies east of its second crosses
/// the antimeridian.
///
/// # Errors
/// Words.
pub(super) fn frame(numbers: &[f64], crs: WireCrs) -> Result<Node, String> {
    let (low, high) = match numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => ([*a, *b], [*c, *d]),
        _ => return Err("a box has four numbers, or six with heights".to_owned()),
    };
    let (low, high) = (crs.read(low), crs.read(high));
    if low.y > high.y {
        return Err("a box's first corner is the one of the lower latitude".to_owned());
    }
    let rect = |from: Coord<f64>, to: Coord<f64>| Rect::new(from, to).to_polygon();
    if low.x <= high.x {
        // A box without an inside is a place or a line.
        return checked(&thin(low, high), WireCrs::Crs84);
    }
    let east = rect(low, Coord { x: 180.0, y: high.y });
    let west = rect(Coord { x: -180.0, y: low.y }, high);
    checked(&Geometry::MultiPolygon(MultiPolygon(vec![east, west])), WireCrs::Crs84)
}

#[expect(clippy::float_cmp, reason = "a box is thin only where its numbers are the same")]
fn thin(low: Coord<f64>, high: Coord<f64>) -> Geometry<f64> {
    match (low.x == high.x, low.y == high.y) {
        (true, true) => Geometry::Point(Point(low)),
        (false, false) => Geometry::Polygon(Rect::new(low, high).to_polygon()),
        _ => Geometry::LineString(LineString(vec![low, high])),
    }
}

type Read<T> = Result<T, String>;

/// A GeoJSON geometry. Collections hold no collections.
///
/// # Errors
/// Words.
pub(super) fn geojson(value: &Value, crs: WireCrs) -> Read<Node> {
    checked(&geometry(value, true)?, crs)
}

fn geometry(value: &Value, collections: bool) -> Read<Geometry<f64>> {
    let kind = value["type"].as_str().unwrap_or_default();
    let given = &value["coordinates"];
    Ok(match kind {
        "Point" => Geometry::Point(Point(position(given)?)),
        "MultiPoint" => {
            Geometry::MultiPoint(MultiPoint(line(given)?.0.into_iter().map(Point).collect()))
        }
        "LineString" => Geometry::LineString(line(given)?),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(each(given, line)?)),
        "Polygon" => Geometry::Polygon(polygon(given)?),
        "MultiPolygon" => Geometry::MultiPolygon(MultiPolygon(each(given, polygon)?)),
        "GeometryCollection" if collections => {
            let members = each(&value["geometries"], |one| geometry(one, false))?;
            Geometry::GeometryCollection(GeometryCollection(members))
        }
        _ => return Err("a geometry has a type of GeoJSON and coordinates".to_owned()),
    })
}

fn each<T>(value: &Value, read: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    let list = value.as_array().ok_or("the coordinates of a geometry do not fit its type")?;
    list.iter().map(read).collect()
}

fn position(value: &Value) -> Read<Coord<f64>> {
    let numbers = each(value, |one| one.as_f64().ok_or_else(|| "a coordinate is a number".into()))?;
    match numbers[..] {
        [x, y] | [x, y, _] | [x, y, _, _] => Ok(Coord { x, y }),
        _ => Err("a position has two numbers, or three with a height".to_owned()),
    }
}

fn line(value: &Value) -> Read<LineString<f64>> {
    each(value, position).map(LineString)
}

fn polygon(value: &Value) -> Read<Polygon<f64>> {
    let mut rings = each(value, line)?.into_iter();
    let shell = rings.next().ok_or("a polygon has a ring")?;
    Ok(Polygon::new(shell, rings.collect()))
}
