//! The geometries of KML in.

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use crate::formats::fixed::number;
use crate::formats::label::clip;
use crate::formats::layer::{Findings, VertexCount};
use crate::formats::xml::read::{Fault, Reader};

/// Deepest nesting of multi-geometries.
const DEPTH_MAX: usize = 8;

/// Reads geometries, and counts what is told once for the file.
#[derive(Default)]
pub(super) struct Shapes {
    count: VertexCount,
    /// Features with heights.
    heights: usize,
    high: bool,
    /// Multi-geometries that are open.
    depth: usize,
}

impl Shapes {
    /// A new feature begins.
    pub(super) fn feature(&mut self) {
        self.count.feature();
        self.high = false;
    }

    /// Tells what was left out.
    pub(super) fn summary(&self, found: &mut Findings) {
        if self.heights > 0 {
            let fault = format!("{} shapes have heights", self.heights);
            found.warning(0, "geometry", fault, "they are left out");
        }
    }

    /// The geometry in the element of this name, which was opened last, to its end; `None` for an empty one,
    /// and for a faulty one, which is told.
    pub(super) fn read(
        &mut self,
        xml: &mut Reader<'_>,
        name: &str,
        row: usize,
        found: &mut Findings,
    ) -> Result<Option<Geometry<f64>>, Fault> {
        match name {
            "Point" => {
                let at = self.line(xml, row, found)?;
                if let Some([_, _, ..]) = at.as_deref() {
                    let fault = "a point has several positions";
                    found.error(row, "Point", fault, "give one");
                }
                Ok(at.and_then(|at| at.first().map(|at| Point(*at).into())))
            }
            "Polygon" => self.polygon(xml, row, found),
            "MultiGeometry" => self.several(xml, row, found),
            _ => {
                let line = self.line(xml, row, found)?.unwrap_or_default();
                if line.len() == 1 {
                    found.error(row, "LineString", "a line has one position", "give two or more");
                }
                Ok((line.len() > 1).then(|| LineString(line).into()))
            }
        }
    }

    fn several(
        &mut self,
        xml: &mut Reader<'_>,
        row: usize,
        found: &mut Findings,
    ) -> Result<Option<Geometry<f64>>, Fault> {
        if self.depth == DEPTH_MAX {
            let fault = format!("nested deeper than {DEPTH_MAX} (limit DEPTH_MAX)");
            found.error(row, "MultiGeometry", fault, "give one list of parts");
            xml.skip()?;
            return Ok(None);
        }
        self.depth += 1;
        let parts = self.gathered(xml, row, found);
        self.depth -= 1;
        Ok(joined(parts?))
    }

    fn gathered(
        &mut self,
        xml: &mut Reader<'_>,
        row: usize,
        found: &mut Findings,
    ) -> Result<Vec<Geometry<f64>>, Fault> {
        let mut parts = Vec::new();
        while let Some(tag) = xml.child()? {
            match tag.name {
                "Point" | "LineString" | "LinearRing" | "Polygon" | "MultiGeometry" => {
                    parts.extend(self.read(xml, tag.name, row, found)?);
                }
                _ => xml.skip()?,
            }
        }
        Ok(parts)
    }

    fn polygon(
        &mut self,
        xml: &mut Reader<'_>,
        row: usize,
        found: &mut Findings,
    ) -> Result<Option<Geometry<f64>>, Fault> {
        let (mut shells, mut holes) = (Vec::new(), Vec::new());
        while let Some(tag) = xml.child()? {
            let rings = match tag.name {
                "outerBoundaryIs" => &mut shells,
                "innerBoundaryIs" => &mut holes,
                _ => {
                    xml.skip()?;
                    continue;
                }
            };
            while let Some(ring) = xml.child()? {
                if ring.name != "LinearRing" {
                    xml.skip()?;
                } else if let Some(line) = self.line(xml, row, found)?.filter(|it| !it.is_empty()) {
                    closed(&line, row, found);
                    rings.push(LineString(line));
                }
            }
        }
        if shells.len() > 1 {
            let fault = format!("a polygon has {} outer rings", shells.len());
            found.error(row, "Polygon", fault, "give each its own polygon in a MultiGeometry");
        }
        if shells.is_empty() && !holes.is_empty() {
            found.error(row, "Polygon", "has inner rings and no outer one", "give the outer ring");
        }
        Ok(shells.into_iter().next().map(|shell| Polygon::new(shell, holes).into()))
    }

    /// The positions in the element that was opened last, to its end; `None` where one is faulty.
    fn line(
        &mut self,
        xml: &mut Reader<'_>,
        row: usize,
        found: &mut Findings,
    ) -> Result<Option<Vec<Coord<f64>>>, Fault> {
        let mut line = Some(Vec::new());
        while let Some(tag) = xml.child()? {
            if tag.name == "coordinates" {
                let text = xml.text()?;
                line = self.positions(&text, row, found);
            } else {
                xml.skip()?;
            }
        }
        Ok(line)
    }

    fn positions(
        &mut self,
        text: &str,
        row: usize,
        found: &mut Findings,
    ) -> Option<Vec<Coord<f64>>> {
        let mut all = Vec::new();
        for (nth, tuple) in text.split_ascii_whitespace().enumerate() {
            let mut numbers = tuple.split(',').map(|text| number(text.as_bytes()));
            let mut next = || numbers.next().flatten().filter(|number| number.is_finite());
            let (x, y, z) = (next(), next(), next());
            let (Some(x), Some(y)) = (x, y) else {
                let fault = format!("`{}` is not a pair of finite numbers", clip(tuple));
                let remedy = "give longitude,latitude, and blanks between positions alone";
                found.error(row, format!("coordinates[{nth}]"), fault, remedy);
                return None;
            };
            if let Err(limit) = self.count.add(1) {
                found.error(row, "geometry", limit, "split or simplify the shape");
                return None;
            }
            if z.is_some_and(|z| z != 0.0) && !self.high {
                self.high = true;
                self.heights += 1;
            }
            all.push(Coord { x, y });
        }
        Some(all)
    }
}

fn closed(ring: &[Coord<f64>], row: usize, found: &mut Findings) {
    if ring.len() < 4 || ring.first() != ring.last() {
        let at = ring.first().copied().unwrap_or_default();
        let fault =
            format!("the ring at {}, {} is not closed, or has less than 4 positions", at.x, at.y);
        found.error(row, "LinearRing", fault, "repeat its first position as the last");
    }
}

/// Parts of one kind as a multi-geometry, others as a collection.
fn joined(parts: Vec<Geometry<f64>>) -> Option<Geometry<f64>> {
    let (mut points, mut lines, mut areas) = (Vec::new(), Vec::new(), Vec::new());
    for part in &parts {
        match part {
            Geometry::Point(point) => points.push(*point),
            Geometry::LineString(line) => lines.push(line.clone()),
            Geometry::Polygon(area) => areas.push(area.clone()),
            _ => {}
        }
    }
    let all = parts.len();
    if all == 0 {
        None
    } else if points.len() == all {
        Some(MultiPoint(points).into())
    } else if lines.len() == all {
        Some(MultiLineString(lines).into())
    } else if areas.len() == all {
        Some(MultiPolygon(areas).into())
    } else {
        Some(Geometry::GeometryCollection(GeometryCollection(parts)))
    }
}
