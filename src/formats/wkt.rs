//! Well-known text, as OGC Simple Features (06-103r4, clause 7) has it: geometries in columns of
//! CSV files.

use std::fmt::{self, Write as _};

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

/// Deepest nesting of collections read.
pub const DEPTH_MAX: usize = 16;

/// Why a text is no geometry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WktFault {
    /// Where in the text, in bytes from 0.
    pub byte: usize,
    /// What is wrong and what would be right.
    pub fault: String,
}

impl fmt::Display for WktFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.byte, self.fault)
    }
}

impl std::error::Error for WktFault {}

/// The geometry a text spells.
///
/// Any case and spacing; heights and measures are dropped; `NaN` and infinities are read as such,
/// for the validity checker to name; `POINT EMPTY` becomes a multi-point of no points; a linear
/// ring becomes a line. `SRID=…;` before it is the caller's ([`split_srid`]).
///
/// # Errors
/// The first [`WktFault`].
pub fn read(text: &str) -> Result<Geometry<f64>, WktFault> {
    let mut reader = Reader { text, at: 0, extras: Extras::Free };
    let geometry = reader.geometry(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault("nothing may follow the geometry"));
    }
    Ok(geometry)
}

/// The number and the rest of a text that begins with `SRID=4326;`, as PostGIS writes it; the text
/// itself when it does not.
#[must_use]
pub fn split_srid(text: &str) -> (Option<u32>, &str) {
    let trimmed = text.trim_start();
    let split = trimmed
        .get(..5)
        .filter(|head| head.eq_ignore_ascii_case("SRID="))
        .and_then(|_| trimmed[5..].split_once(';'))
        .and_then(|(srid, rest)| Some((srid.trim().parse().ok()?, rest)));
    split.map_or((None, text), |(srid, rest)| (Some(srid), rest))
}

/// The text of a geometry; numbers in the fewest digits that read back the same.
#[must_use]
pub fn write(geometry: &Geometry<f64>) -> String {
    let mut out = String::new();
    put(&mut out, geometry);
    out
}

/// How many numbers a coordinate has beyond two.
#[derive(Clone, Copy, PartialEq)]
enum Extras {
    /// Nothing said: none, one or two.
    Free,
    /// `Z` or `M`: one.
    One,
    /// `ZM`: two.
    Two,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    extras: Extras,
}

type Read<T> = Result<T, WktFault>;

impl Reader<'_> {
    fn geometry(&mut self, depth: usize) -> Read<Geometry<f64>> {
        if depth > DEPTH_MAX {
            return Err(self.fault(format!("collections nest deeper than {DEPTH_MAX}")));
        }
        let start = self.at;
        let kind = self.kind();
        Ok(match kind.as_str() {
            "POINT" if self.empty() => Geometry::MultiPoint(MultiPoint(vec![])),
            "POINT" => Geometry::Point(self.only(Self::coord)?.into()),
            "LINESTRING" | "LINEARRING" => Geometry::LineString(self.line()?),
            "POLYGON" => Geometry::Polygon(self.polygon()?),
            "MULTIPOINT" => {
                let points = self.list(Self::multi_point_member)?;
                Geometry::MultiPoint(MultiPoint(points.into_iter().flatten().collect()))
            }
            "MULTILINESTRING" => Geometry::MultiLineString(MultiLineString(self.list(Self::line)?)),
            "MULTIPOLYGON" => Geometry::MultiPolygon(MultiPolygon(self.list(Self::polygon)?)),
            "GEOMETRYCOLLECTION" => Geometry::GeometryCollection(GeometryCollection(
                self.list(|reader| reader.geometry(depth + 1))?,
            )),
            _ => {
                self.at = start;
                return Err(self.fault(
                    "no geometry begins here; write POINT, LINESTRING, POLYGON, MULTIPOINT, \
                     MULTILINESTRING, MULTIPOLYGON or GEOMETRYCOLLECTION",
                ));
            }
        })
    }

    /// The word for the type, without the letters for heights, which are noted.
    fn kind(&mut self) -> String {
        let word = self.word().to_ascii_uppercase();
        let (kind, tag) = match word.strip_suffix("ZM") {
            Some(kind) => (kind, "ZM"),
            None => match word.strip_suffix(['Z', 'M']) {
                Some(kind) if !kind.is_empty() => (kind, "Z"),
                _ => (word.as_str(), ""),
            },
        };
        let mut tag = tag.to_owned();
        if tag.is_empty() {
            let before = self.at;
            tag = self.word().to_ascii_uppercase();
            if !matches!(tag.as_str(), "Z" | "M" | "ZM") {
                self.at = before;
                tag.clear();
            }
        }
        self.extras = match tag.as_str() {
            "" => Extras::Free,
            "ZM" => Extras::Two,
            _ => Extras::One,
        };
        kind.to_owned()
    }

    fn line(&mut self) -> Read<LineString<f64>> {
        Ok(LineString(self.list(Self::coord)?))
    }

    /// Rings as they are written: `Polygon::new` would close an open one and hide the fault.
    fn polygon(&mut self) -> Read<Polygon<f64>> {
        let at = self.at;
        let rings = self.list(Self::line)?;
        let open = rings.iter().any(|ring| {
            let (first, last) = (ring.0.first(), ring.0.last());
            // A ring through NaN equals nothing; its coordinates are the fault to name.
            first != last && ring.0.iter().all(|c| c.x.is_finite() && c.y.is_finite())
        });
        if open {
            self.at = at;
            return Err(self.fault("a ring is not closed; repeat its first coordinate at its end"));
        }
        let mut rings = rings.into_iter();
        let exterior = rings.next().unwrap_or_else(|| LineString(vec![]));
        Ok(Polygon::new(exterior, rings.collect()))
    }

    /// `(1 2)` or, as older files have it, `1 2`; nothing for `EMPTY`.
    fn multi_point_member(&mut self) -> Read<Option<Point<f64>>> {
        if self.empty() {
            return Ok(None);
        }
        let coord = if self.peek() == Some(b'(') { self.only(Self::coord)? } else { self.coord()? };
        Ok(Some(coord.into()))
    }

    /// One thing in brackets.
    fn only<T>(&mut self, member: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.take(b'(', "`(` must stand here")?;
        let found = member(self)?;
        self.take(b')', "`)` must stand here")?;
        Ok(found)
    }

    /// Things in brackets between commas; none for `EMPTY`.
    fn list<T>(&mut self, mut member: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut all = Vec::new();
        if self.empty() {
            return Ok(all);
        }
        self.take(b'(', "`(` or EMPTY must stand here")?;
        loop {
            all.push(member(self)?);
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        self.take(b')', "`,` or `)` must stand here")?;
        Ok(all)
    }

    fn coord(&mut self) -> Read<Coord<f64>> {
        let (x, y) = (self.number()?, self.number()?);
        let mut extras = 0;
        while extras < 2 && !matches!(self.peek(), Some(b',' | b')') | None) {
            self.number()?;
            extras += 1;
        }
        let right = match self.extras {
            Extras::Free => true,
            Extras::One => extras == 1,
            Extras::Two => extras == 2,
        };
        if right {
            Ok(Coord { x, y })
        } else {
            Err(self.fault("the coordinate has more or fewer numbers than the type says"))
        }
    }

    fn number(&mut self) -> Read<f64> {
        self.space();
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(rest.len());
        let Ok(number) = rest[..end].parse::<f64>() else {
            return Err(self.fault("a number must stand here"));
        };
        self.at += end;
        Ok(number)
    }

    /// Whether `EMPTY` stood here; it is passed.
    fn empty(&mut self) -> bool {
        let before = self.at;
        let empty = self.word().eq_ignore_ascii_case("EMPTY");
        if !empty {
            self.at = before;
        }
        empty
    }

    fn word(&mut self) -> &str {
        self.space();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, byte: u8, otherwise: &str) -> Read<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.fault(otherwise))
    }

    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    fn fault(&self, says: impl Into<String>) -> WktFault {
        WktFault { byte: self.at, fault: says.into() }
    }
}

fn put(out: &mut String, geometry: &Geometry<f64>) {
    match geometry {
        Geometry::Point(p) => put_list(out, "POINT", &[p.0], put_coord),
        Geometry::Line(line) => put_list(out, "LINESTRING", &[line.start, line.end], put_coord),
        Geometry::LineString(line) => put_list(out, "LINESTRING", &line.0, put_coord),
        Geometry::Polygon(polygon) => put_polygon(out, "POLYGON", polygon),
        Geometry::Rect(frame) => put_polygon(out, "POLYGON", &frame.to_polygon()),
        Geometry::Triangle(three) => put_polygon(out, "POLYGON", &three.to_polygon()),
        Geometry::MultiPoint(points) => put_list(out, "MULTIPOINT", &points.0, |out, p| {
            put_list(out, "", &[p.0], put_coord);
        }),
        Geometry::MultiLineString(lines) => {
            put_list(out, "MULTILINESTRING", &lines.0, |out, line| {
                put_list(out, "", &line.0, put_coord);
            });
        }
        Geometry::MultiPolygon(polygons) => {
            put_list(out, "MULTIPOLYGON", &polygons.0, |out, one| put_polygon(out, "", one));
        }
        Geometry::GeometryCollection(all) => put_list(out, "GEOMETRYCOLLECTION", &all.0, put),
    }
}

fn put_polygon(out: &mut String, word: &str, polygon: &Polygon<f64>) {
    // An empty exterior is left out only with all the rest: otherwise a hole would become one.
    let exterior = Some(polygon.exterior())
        .filter(|ring| !ring.0.is_empty() || !polygon.interiors().is_empty());
    let rings: Vec<_> = exterior.into_iter().chain(polygon.interiors()).collect();
    put_list(out, word, &rings, |out, ring| put_list(out, "", &ring.0, put_coord));
}

fn put_list<T>(out: &mut String, word: &str, all: &[T], mut one: impl FnMut(&mut String, &T)) {
    out.push_str(word);
    if all.is_empty() {
        out.push_str(if word.is_empty() { "EMPTY" } else { " EMPTY" });
        return;
    }
    out.push('(');
    for (i, member) in all.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        one(out, member);
    }
    out.push(')');
}

fn put_coord(out: &mut String, c: &Coord<f64>) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{} {}", c.x, c.y);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_and_written_the_same() {
        for text in [
            "POINT(1 2)",
            "LINESTRING(1 2,3.5 -4)",
            "LINESTRING EMPTY",
            "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
            "POLYGON EMPTY",
            "POLYGON(EMPTY,(1 1,2 1,2 2,1 1))",
            "MULTIPOLYGON(EMPTY,((0 0,4 0,4 4,0 0),EMPTY))",
            "MULTIPOINT((1 2),(3 4))",
            "MULTIPOINT EMPTY",
            "MULTILINESTRING((1 1,0 0),EMPTY)",
            "MULTIPOLYGON(((0 0,4 0,4 4,0 0)),((9 9,8 9,8 8,9 9)))",
            "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION EMPTY,LINESTRING(0 0,1 1))",
            "POINT(109.484 36.585)",
            "POINT(NaN -inf)",
        ] {
            assert_eq!(write(&read(text).unwrap()), text);
        }
    }

    #[test]
    fn spellings_of_one_geometry_are_one() {
        for (text, plain) in [
            (" point  Z ( 1\t2 3 ) ", "POINT(1 2)"),
            ("POINTZM(1 2 3 4)", "POINT(1 2)"),
            ("POINT M (1 2 3)", "POINT(1 2)"),
            ("POINT(1 2 3)", "POINT(1 2)"),
            ("POINT EMPTY", "MULTIPOINT EMPTY"),
            ("point z empty", "MULTIPOINT EMPTY"),
            ("MULTIPOINT(1 2, 3 4)", "MULTIPOINT((1 2),(3 4))"),
            ("MultiPoint(EMPTY,(1e0 2.0))", "MULTIPOINT((1 2))"),
            ("LINEARRING (0 0, 1 0, 0 1, 0 0)", "LINESTRING(0 0,1 0,0 1,0 0)"),
        ] {
            assert_eq!(write(&read(text).unwrap()), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_geometry_is_told_with_its_place() {
        for (text, byte) in [
            ("", 0),
            ("CIRCLE(1 2)", 0),
            ("POINT", 5),
            ("POINT(1)", 7),
            ("POINT(1 2", 9),
            ("POINT(1 2) x", 11),
            ("POINT(1 2 3 4 5)", 14),
            ("POINT Z (1 2)", 12),
            ("POINT(1,2)", 7),
            ("POINT(一 2)", 6),
            ("LINESTRING()", 11),
            ("LINESTRING(1 2,)", 15),
            ("POLYGON((0 0,1 0,1 1))", 7),
            ("MULTIPOLYGON((0 0,1 1))", 14),
        ] {
            assert_eq!(read(text).unwrap_err().byte, byte, "{text}");
        }
        let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
        assert!(read(&deep).unwrap_err().fault.contains("deeper"), "{deep:.60}");
    }

    #[test]
    fn a_number_of_the_system_is_split_off() {
        assert_eq!(split_srid("SRID=4326;POINT(1 2)"), (Some(4326), "POINT(1 2)"));
        assert_eq!(split_srid(" srid=4490; POINT(1 2)"), (Some(4490), " POINT(1 2)"));
        assert_eq!(split_srid("POINT(1 2)"), (None, "POINT(1 2)"));
        assert_eq!(split_srid("SRID=x;POINT(1 2)"), (None, "SRID=x;POINT(1 2)"));
        assert_eq!(split_srid("一二三四五"), (None, "一二三四五"));
    }
}
