//! Features as GeoJSON, in the system that was asked for.

use geo_types::{Coord, Geometry, LineString, Polygon};

use crate::domain::ogc::feature::{Feature, told as as_value};
use crate::domain::ogc::filter::Value;
use crate::domain::ogc::schema::{Field, Kind, Schema};
use crate::geom::crs::wire::WireCrs;
use crate::http::json::Json;

/// Writes the features of a collection.
pub struct Pen<'a> {
    schema: &'a Schema,
    crs: WireCrs,
    /// What stands before the value of each property: its name, made ready once.
    names: Vec<Vec<u8>>,
}

impl<'a> Pen<'a> {
    /// A pen for features of a schema, in a system.
    #[must_use]
    pub fn new(schema: &'a Schema, crs: WireCrs) -> Self {
        let ready = |(number, field): (usize, &Field)| {
            let mut json = Json::default();
            json.raw(if number == 0 { "{" } else { "," }).text(&field.name).raw(":");
            json.into_bytes()
        };
        Self { schema, crs, names: schema.fields.iter().enumerate().map(ready).collect() }
    }

    /// Writes a feature without its closing brace, so that links may follow. Every property is there, null where
    /// it has no value.
    pub fn open(&self, json: &mut Json, feature: &Feature<'_>) {
        json.raw("{\"type\":\"Feature\",\"id\":").text(&feature.id()).raw(",\"geometry\":");
        match feature.geometry() {
            None => {
                json.raw("null");
            }
            Some(shape) => geometry(json, &shape, self.crs),
        }
        json.raw(",\"properties\":");
        let (known, facts) = self.schema.fields.split_at(self.schema.known);
        let (before, before_facts) = self.names.split_at(self.schema.known);
        for (field, name) in known.iter().zip(before) {
            value(json.ready(name), field.kind, &feature.property(&field.name));
        }
        // Fields and facts are both in the order of their names: one walk along both.
        let mut told = feature.facts().into_iter().flatten().peekable();
        for (field, name) in facts.iter().zip(before_facts) {
            while told.next_if(|(fact, _)| **fact < field.name).is_some() {}
            let fact = told.next_if(|(fact, _)| **fact == field.name);
            value(
                json.ready(name),
                field.kind,
                &fact.map_or(Value::Null, |(_, fact)| as_value(fact)),
            );
        }
        json.raw(if self.names.is_empty() { "{}" } else { "}" });
    }
}

fn value(json: &mut Json, kind: Kind, value: &Value<'_>) {
    match value {
        Value::Null => {
            json.raw("null");
        }
        Value::Text(text) => {
            json.text(text);
        }
        Value::Time(span) => {
            json.text(&span.from.rfc3339());
        }
        // Facts of one name are of several kinds only where texts are among them.
        Value::Flag(flag) if kind == Kind::Text => {
            json.text(if *flag { "true" } else { "false" });
        }
        Value::Flag(flag) => {
            json.flag(*flag);
        }
        Value::Number(number) => {
            let quote = if kind == Kind::Text { "\"" } else { "" };
            json.raw(quote);
            match exact(*number) {
                Some(whole) => json.whole(whole),
                None if kind == Kind::Whole => json.raw(&format!("{number:.0}")),
                None => json.raw(&number.to_string()),
            };
            json.raw(quote);
        }
    }
}

/// The number, where it is a whole one that nothing was lost of.
fn exact(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53")]
    let whole = (number.abs() < EXACT && number.fract() == 0.0).then_some(number as i64);
    whole
}

fn geometry(json: &mut Json, shape: &Geometry<f64>, crs: WireCrs) {
    match crs {
        WireCrs::Crs84 => {
            json.geometry(shape);
        }
        // The degrees of the grid are exact in either order.
        WireCrs::Epsg4326 | WireCrs::Epsg4490 => {
            json.geometry(&crs.written_geometry(shape));
        }
        WireCrs::Epsg3857 => metres(json, &crs.written_geometry(shape)),
    }
}

/// Writes a geometry whose numbers are metres, to the millimetre.
fn metres(json: &mut Json, shape: &Geometry<f64>) {
    let kind = |json: &mut Json, name: &str| {
        json.raw("{\"type\":\"").raw(name).raw("\",\"coordinates\":");
    };
    match shape {
        Geometry::Point(point) => {
            kind(json, "Point");
            position(json, point.0);
        }
        Geometry::MultiPoint(points) => {
            kind(json, "MultiPoint");
            json.list(&points.0, |json, point| position(json, point.0));
        }
        Geometry::LineString(one) => {
            kind(json, "LineString");
            line(json, one);
        }
        Geometry::MultiLineString(lines) => {
            kind(json, "MultiLineString");
            json.list(&lines.0, line);
        }
        Geometry::Polygon(one) => {
            kind(json, "Polygon");
            rings(json, one);
        }
        Geometry::MultiPolygon(polygons) => {
            kind(json, "MultiPolygon");
            json.list(&polygons.0, rings);
        }
        Geometry::Line(one) => {
            kind(json, "LineString");
            line(json, &LineString::from(*one));
        }
        Geometry::Rect(frame) => {
            kind(json, "Polygon");
            rings(json, &frame.to_polygon());
        }
        Geometry::Triangle(three) => {
            kind(json, "Polygon");
            rings(json, &three.to_polygon());
        }
        Geometry::GeometryCollection(_) => {
            // No feature of ours has one.
            json.raw("null");
            return;
        }
    }
    json.raw("}");
}

fn position(json: &mut Json, at: Coord<f64>) {
    json.raw("[").fixed(at.x, 3).raw(",").fixed(at.y, 3).raw("]");
}

fn line(json: &mut Json, line: &LineString<f64>) {
    json.list(&line.0, |json, at| position(json, *at));
}

fn rings(json: &mut Json, polygon: &Polygon<f64>) {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    json.list(rings, line);
}

#[cfg(test)]
mod tests {
    use geo_types::{Point, Rect};

    use super::*;

    #[test]
    fn numbers_are_written_as_their_kind() {
        let written = |kind, number: f64| {
            let mut json = Json::default();
            value(&mut json, kind, &Value::Number(number));
            String::from_utf8(json.into_bytes()).unwrap()
        };
        assert_eq!(written(Kind::Whole, 12.0), "12");
        assert_eq!(written(Kind::Number, -3.0), "-3");
        assert_eq!(written(Kind::Number, 0.25), "0.25");
        assert_eq!(written(Kind::Text, 7.0), "\"7\"");
        assert_eq!(written(Kind::Text, 1.5), "\"1.5\"");
        assert_eq!(written(Kind::Whole, 9_007_199_254_740_992.0), "9007199254740992");
        assert_eq!(written(Kind::Number, 1e21), "1000000000000000000000");
    }

    #[test]
    fn a_geometry_is_written_in_the_order_and_unit_of_its_system() {
        let written = |shape: &Geometry<f64>, crs| {
            let mut json = Json::default();
            geometry(&mut json, shape, crs);
            serde_json::from_slice::<serde_json::Value>(&json.into_bytes()).unwrap()
        };
        let point = Point::new(109.484, 36.585).into();
        let of = |crs| written(&point, crs)["coordinates"].clone();
        assert_eq!(of(WireCrs::Crs84), serde_json::json!([109.484, 36.585]));
        assert_eq!(of(WireCrs::Epsg4326), serde_json::json!([36.585, 109.484]));
        assert_eq!(of(WireCrs::Epsg4490), serde_json::json!([36.585, 109.484]));
        assert_eq!(of(WireCrs::Epsg3857), serde_json::json!([12_187_703.13, 4_381_417.928]));
        let area =
            Geometry::MultiPolygon(vec![Rect::new((0.0, 0.0), (1.0, 1.0)).to_polygon()].into());
        let area = written(&area, WireCrs::Epsg3857);
        assert_eq!(area["type"], "MultiPolygon");
        assert_eq!(area["coordinates"][0][0].as_array().map(Vec::len), Some(5));
    }
}
