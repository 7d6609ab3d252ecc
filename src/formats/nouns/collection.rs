//! A GeometryCollection, as far as it can be kept: the city's things have one kind of shape each.

use std::borrow::Cow;

use geo_types::{
    Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};

use crate::formats::layer::Findings;

/// The one shape that a geometry is: a collection of like parts is a multi-geometry, or its only part.
/// `None`, with a finding, where its parts are unlike: which of them counts nobody can say.
#[must_use]
pub fn one_shape<'a>(
    geometry: &'a Geometry<f64>,
    row: usize,
    found: &mut Findings,
) -> Option<Cow<'a, Geometry<f64>>> {
    let Geometry::GeometryCollection(parts) = geometry else {
        return Some(Cow::Borrowed(geometry));
    };
    let like = Like::of(parts);
    let there: Vec<&str> = [
        ("points", like.points.is_empty()),
        ("lines", like.lines.is_empty()),
        ("areas", like.areas.is_empty()),
    ]
    .into_iter()
    .filter_map(|(word, is_empty)| (!is_empty).then_some(word))
    .collect();
    if there.len() > 1 {
        found.error(
            row,
            "geometry",
            format!("a collection of {} has no one shape and is not kept", there.join(" and ")),
            "give a feature for each, or a collection of points, of lines or of areas alone",
        );
        return None;
    }
    found.warning(
        row,
        "geometry",
        "is a collection of one kind of geometry",
        "it is read as the multi-geometry of its parts",
    );
    Some(Cow::Owned(like.joined()))
}

/// The parts of a collection, by what they are.
#[derive(Default)]
struct Like {
    points: Vec<Point<f64>>,
    lines: Vec<LineString<f64>>,
    areas: Vec<Polygon<f64>>,
}

impl Like {
    /// All parts in their order, also those within collections within it.
    fn of(parts: &GeometryCollection<f64>) -> Self {
        let mut all = Self::default();
        let mut open: Vec<&Geometry<f64>> = parts.0.iter().rev().collect();
        while let Some(part) = open.pop() {
            match part {
                Geometry::Point(point) => all.points.push(*point),
                Geometry::MultiPoint(points) => all.points.extend(points.0.iter().copied()),
                Geometry::Line(line) => all.lines.push(LineString(vec![line.start, line.end])),
                Geometry::LineString(line) => all.lines.push(line.clone()),
                Geometry::MultiLineString(lines) => all.lines.extend(lines.0.iter().cloned()),
                Geometry::Polygon(area) => all.areas.push(area.clone()),
                Geometry::MultiPolygon(areas) => all.areas.extend(areas.0.iter().cloned()),
                Geometry::Rect(area) => all.areas.push(area.to_polygon()),
                Geometry::Triangle(area) => all.areas.push(area.to_polygon()),
                Geometry::GeometryCollection(more) => open.extend(more.0.iter().rev()),
            }
        }
        all
    }

    /// What they are together, where they are of one kind.
    fn joined(mut self) -> Geometry<f64> {
        match (self.points.len(), self.lines.len(), self.areas.len()) {
            (_, _, 1) => Geometry::Polygon(self.areas.remove(0)),
            (_, _, 2..) => MultiPolygon(self.areas).into(),
            (_, 1, 0) => Geometry::LineString(self.lines.remove(0)),
            (_, 2.., 0) => MultiLineString(self.lines).into(),
            (1, 0, 0) => Geometry::Point(self.points.remove(0)),
            (_, 0, 0) => MultiPoint(self.points).into(),
        }
    }
}
