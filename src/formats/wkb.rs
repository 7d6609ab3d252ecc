//! Well-known binary (OGC 06-103r4, ISO 13249-3, and PostGIS's EWKB on reading) and the
//! GeoPackage blob around it (OGC 12-128r18, 2.1.3).

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

/// Deepest nesting of geometry collections.
pub const DEPTH_MAX: usize = 8;

/// Why bytes are no geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WkbFault {
    /// The bytes end too soon, or count more than they hold.
    #[error("the geometry is cut short at byte {at}")]
    Truncated { at: usize },
    /// Bytes are left behind the geometry.
    #[error("{bytes} bytes follow the geometry")]
    Trailing { bytes: usize },
    /// The byte-order mark is neither 0 nor 1.
    #[error("byte {at} is no byte order (0 or 1)")]
    ByteOrder { at: usize },
    /// A curve, a surface or an unknown type.
    #[error("geometry type {code} is not a point, line, polygon, a multi of them or a collection")]
    Kind { code: u32 },
    /// A part is not of the type its multi-geometry holds.
    #[error("a part of type {part} stands in a multi-geometry of type {whole}")]
    Part { whole: u32, part: u32 },
    /// A coordinate is NaN or infinite.
    #[error("the coordinate at byte {at} is not finite")]
    NotFinite { at: usize },
    /// A ring that does not end where it begins, or has fewer than four positions.
    #[error("the ring at byte {at} is not closed")]
    Ring { at: usize },
    /// Collections nested too deep.
    #[error("collections are nested deeper than {DEPTH_MAX} (limit DEPTH_MAX)")]
    Depth,
    /// Not a GeoPackage blob.
    #[error("the blob does not begin with a GeoPackage header of version 1")]
    Header,
}

/// A geometry as a blob has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wkb {
    /// The geometry, plane; `None` for an empty one.
    pub geometry: Option<Geometry<f64>>,
    /// The spatial reference number, where the blob has one.
    pub srid: Option<i32>,
    /// Whether heights or measures were left out.
    pub flattened: bool,
}

/// Reads WKB or EWKB of either byte order; heights and measures are left out.
///
/// # Errors
/// A [`WkbFault`]. Never panics, never allocates more than the bytes hold.
pub fn read_wkb(bytes: &[u8]) -> Result<Wkb, WkbFault> {
    let mut reader = Reader { bytes, at: 0, srid: None, flattened: false };
    let geometry = reader.geometry(0, None)?;
    match bytes.len() - reader.at {
        0 => Ok(Wkb { geometry, srid: reader.srid, flattened: reader.flattened }),
        bytes => Err(WkbFault::Trailing { bytes }),
    }
}

/// Reads a GeoPackage blob: header, envelope (skipped), WKB.
///
/// # Errors
/// A [`WkbFault`].
pub fn read_gpkg(blob: &[u8]) -> Result<Wkb, WkbFault> {
    let header = Header::read(blob)?;
    let wkb = read_wkb(&blob[header.wkb_at..])?;
    Ok(Wkb { srid: Some(header.srs), ..wkb })
}

/// The box of a GeoPackage blob as min x, max x, min y, max y, from its header or else from its
/// coordinates; `None` for an empty geometry or what is no blob.
#[must_use]
pub fn gpkg_envelope(blob: &[u8]) -> Option<[f64; 4]> {
    let header = Header::read(blob).ok()?;
    if header.wkb_at >= 40 {
        let double = |i: usize| {
            let bytes: [u8; 8] = blob.get(8 + i * 8..16 + i * 8)?.try_into().ok()?;
            Some(if header.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
        };
        let found = [double(0)?, double(1)?, double(2)?, double(3)?];
        return found.iter().all(|v| v.is_finite()).then_some(found);
    }
    envelope(&read_wkb(&blob[header.wkb_at..]).ok()?.geometry?)
}

/// The box of a geometry as min x, max x, min y, max y; `None` when it has no coordinate.
#[must_use]
pub fn envelope(geometry: &Geometry<f64>) -> Option<[f64; 4]> {
    use geo::CoordsIter;
    geometry.coords_iter().fold(None, |frame: Option<[f64; 4]>, c| {
        let [a, b, d, e] = frame.unwrap_or([c.x, c.x, c.y, c.y]);
        Some([a.min(c.x), b.max(c.x), d.min(c.y), e.max(c.y)])
    })
}

/// Writes little-endian WKB, two dimensions.
#[must_use]
pub fn write_wkb(geometry: &Geometry<f64>) -> Vec<u8> {
    let mut out = Vec::new();
    put_geometry(&mut out, geometry);
    out
}

/// Writes a GeoPackage blob, little-endian; every type but a point carries its envelope.
#[must_use]
pub fn write_gpkg(geometry: &Geometry<f64>, srs: i32) -> Vec<u8> {
    let envelope = envelope(geometry);
    let point = matches!(geometry, Geometry::Point(_));
    let mut out = Vec::from(*b"GP\0");
    out.push(match envelope {
        None => 0b01_0001,
        Some(_) if point => 0b00_0001,
        Some(_) => 0b00_0011,
    });
    out.extend_from_slice(&srs.to_le_bytes());
    if let Some(envelope) = envelope.filter(|_| !point) {
        for side in envelope {
            out.extend_from_slice(&side.to_le_bytes());
        }
    }
    put_geometry(&mut out, geometry);
    out
}

struct Header {
    srs: i32,
    little: bool,
    wkb_at: usize,
}

impl Header {
    fn read(blob: &[u8]) -> Result<Self, WkbFault> {
        let head: &[u8; 8] = blob.first_chunk().ok_or(WkbFault::Truncated { at: blob.len() })?;
        let flags = head[3];
        if head[..3] != *b"GP\0" || flags & 0b10_0000 != 0 {
            return Err(WkbFault::Header);
        }
        let little = flags & 1 == 1;
        let srs = [head[4], head[5], head[6], head[7]];
        let srs = if little { i32::from_le_bytes(srs) } else { i32::from_be_bytes(srs) };
        let doubles = match (flags >> 1) & 0b111 {
            0 => 0,
            1 => 4,
            2 | 3 => 6,
            4 => 8,
            _ => return Err(WkbFault::Header),
        };
        let wkb_at = 8 + doubles * 8;
        if blob.len() < wkb_at {
            return Err(WkbFault::Truncated { at: blob.len() });
        }
        Ok(Self { srs, little, wkb_at })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    srid: Option<i32>,
    flattened: bool,
}

/// How the numbers of one geometry are written.
#[derive(Clone, Copy)]
struct Shape {
    little: bool,
    extra: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WkbFault> {
        let found = self.bytes[self.at..].first_chunk::<N>();
        let found = *found.ok_or(WkbFault::Truncated { at: self.bytes.len() })?;
        self.at += N;
        Ok(found)
    }

    fn number(&mut self, little: bool) -> Result<u32, WkbFault> {
        let raw = self.take()?;
        Ok(if little { u32::from_le_bytes(raw) } else { u32::from_be_bytes(raw) })
    }

    /// A count of things of at least `least` bytes, checked against what is left.
    fn count(&mut self, little: bool, least: usize) -> Result<usize, WkbFault> {
        let count = self.number(little)? as usize;
        let left = self.bytes.len() - self.at;
        if count.checked_mul(least).is_none_or(|need| need > left) {
            return Err(WkbFault::Truncated { at: self.bytes.len() });
        }
        Ok(count)
    }

    fn double(&mut self, little: bool) -> Result<f64, WkbFault> {
        let raw = self.take()?;
        Ok(if little { f64::from_le_bytes(raw) } else { f64::from_be_bytes(raw) })
    }

    fn pair(&mut self, shape: Shape) -> Result<(f64, f64), WkbFault> {
        let pair = (self.double(shape.little)?, self.double(shape.little)?);
        for _ in 0..shape.extra {
            self.take::<8>()?;
        }
        Ok(pair)
    }

    fn position(&mut self, shape: Shape) -> Result<Coord<f64>, WkbFault> {
        let at = self.at;
        let (x, y) = self.pair(shape)?;
        if x.is_finite() && y.is_finite() {
            Ok(Coord { x, y })
        } else {
            Err(WkbFault::NotFinite { at })
        }
    }

    fn line(&mut self, shape: Shape) -> Result<LineString<f64>, WkbFault> {
        let count = self.count(shape.little, 16 + shape.extra * 8)?;
        let mut line = Vec::with_capacity(count);
        for _ in 0..count {
            line.push(self.position(shape)?);
        }
        Ok(LineString(line))
    }

    fn ring(&mut self, shape: Shape) -> Result<LineString<f64>, WkbFault> {
        let at = self.at;
        let ring = self.line(shape)?;
        if ring.0.len() >= 4 && ring.0.first() == ring.0.last() {
            Ok(ring)
        } else {
            Err(WkbFault::Ring { at })
        }
    }

    /// The byte order, the plain type (1 to 7) and the shape of its numbers.
    fn head(&mut self) -> Result<(u32, Shape), WkbFault> {
        let at = self.at;
        let little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return Err(WkbFault::ByteOrder { at }),
        };
        let code = self.number(little)?;
        // EWKB marks height, measure and reference in the high bits; ISO adds 1000, 2000, 3000.
        let base = code & 0x1fff_ffff;
        let (plain, iso) = (base % 1000, base / 1000);
        if iso > 3 {
            return Err(WkbFault::Kind { code });
        }
        let height = code & 0x8000_0000 != 0 || iso & 1 == 1;
        let measure = code & 0x4000_0000 != 0 || iso & 2 == 2;
        if code & 0x2000_0000 != 0 {
            let srid = self.number(little)?;
            self.srid = self.srid.or(Some(srid.cast_signed()));
        }
        self.flattened |= height || measure;
        Ok((plain, Shape { little, extra: usize::from(height) + usize::from(measure) }))
    }

    fn geometry(
        &mut self,
        depth: usize,
        within: Option<u32>,
    ) -> Result<Option<Geometry<f64>>, WkbFault> {
        let (kind, shape) = self.head()?;
        if let Some(whole) = within
            && kind != whole - 3
        {
            return Err(WkbFault::Part { whole, part: kind });
        }
        match kind {
            1 => {
                let at = self.at;
                let (x, y) = self.pair(shape)?;
                if x.is_nan() && y.is_nan() {
                    return Ok(None); // how an empty point is written
                }
                if !(x.is_finite() && y.is_finite()) {
                    return Err(WkbFault::NotFinite { at });
                }
                Ok(Some(Point::new(x, y).into()))
            }
            2 => {
                let line = self.line(shape)?;
                Ok((!line.0.is_empty()).then_some(line.into()))
            }
            3 => {
                let count = self.count(shape.little, 4)?;
                let mut rings = Vec::with_capacity(count.min(1 << 16));
                for _ in 0..count {
                    rings.push(self.ring(shape)?);
                }
                let mut rings = rings.into_iter();
                Ok(rings.next().map(|shell| Polygon::new(shell, rings.collect()).into()))
            }
            4..=6 => self.parts(kind, shape, depth),
            7 => self.collection(shape, depth),
            code => Err(WkbFault::Kind { code }),
        }
    }

    fn parts(
        &mut self,
        kind: u32,
        shape: Shape,
        depth: usize,
    ) -> Result<Option<Geometry<f64>>, WkbFault> {
        let count = self.count(shape.little, 9)?;
        let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            match self.geometry(depth + 1, Some(kind))? {
                Some(Geometry::Point(point)) => points.push(point),
                Some(Geometry::LineString(line)) => lines.push(line),
                Some(Geometry::Polygon(polygon)) => polygons.push(polygon),
                _ => {} // an empty part adds nothing
            }
        }
        Ok(match kind {
            4 => (!points.is_empty()).then(|| MultiPoint(points).into()),
            5 => (!lines.is_empty()).then(|| MultiLineString(lines).into()),
            _ => (!polygons.is_empty()).then(|| MultiPolygon(polygons).into()),
        })
    }

    fn collection(
        &mut self,
        shape: Shape,
        depth: usize,
    ) -> Result<Option<Geometry<f64>>, WkbFault> {
        if depth >= DEPTH_MAX {
            return Err(WkbFault::Depth);
        }
        let count = self.count(shape.little, 9)?;
        let mut parts = Vec::new();
        for _ in 0..count {
            parts.extend(self.geometry(depth + 1, None)?);
        }
        Ok((!parts.is_empty()).then_some(Geometry::GeometryCollection(GeometryCollection(parts))))
    }
}

fn put_head(out: &mut Vec<u8>, kind: u32) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    // A geometry in memory has fewer than 2^32 parts: each takes 16 bytes or more.
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_position(out: &mut Vec<u8>, c: Coord<f64>) {
    out.extend_from_slice(&c.x.to_le_bytes());
    out.extend_from_slice(&c.y.to_le_bytes());
}

fn put_line(out: &mut Vec<u8>, line: &LineString<f64>) {
    put_count(out, line.0.len());
    for &c in &line.0 {
        put_position(out, c);
    }
}

fn put_polygon(out: &mut Vec<u8>, polygon: &Polygon<f64>) {
    put_head(out, 3);
    if polygon.exterior().0.is_empty() {
        return put_count(out, 0);
    }
    put_count(out, 1 + polygon.interiors().len());
    put_line(out, polygon.exterior());
    for ring in polygon.interiors() {
        put_line(out, ring);
    }
}

fn put_geometry(out: &mut Vec<u8>, geometry: &Geometry<f64>) {
    match geometry {
        Geometry::Point(point) => {
            put_head(out, 1);
            put_position(out, point.0);
        }
        Geometry::Line(line) => {
            put_head(out, 2);
            put_line(out, &LineString(vec![line.start, line.end]));
        }
        Geometry::LineString(line) => {
            put_head(out, 2);
            put_line(out, line);
        }
        Geometry::Polygon(polygon) => put_polygon(out, polygon),
        Geometry::Rect(rect) => put_polygon(out, &rect.to_polygon()),
        Geometry::Triangle(triangle) => put_polygon(out, &triangle.to_polygon()),
        Geometry::MultiPoint(points) => {
            put_head(out, 4);
            put_count(out, points.0.len());
            for point in &points.0 {
                put_head(out, 1);
                put_position(out, point.0);
            }
        }
        Geometry::MultiLineString(lines) => {
            put_head(out, 5);
            put_count(out, lines.0.len());
            for line in &lines.0 {
                put_head(out, 2);
                put_line(out, line);
            }
        }
        Geometry::MultiPolygon(polygons) => {
            put_head(out, 6);
            put_count(out, polygons.0.len());
            for polygon in &polygons.0 {
                put_polygon(out, polygon);
            }
        }
        Geometry::GeometryCollection(parts) => {
            put_head(out, 7);
            put_count(out, parts.0.len());
            for part in &parts.0 {
                put_geometry(out, part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point, polygon};

    fn samples() -> Vec<Geometry<f64>> {
        let square = polygon![
            exterior: [(x: 0., y: 0.), (x: 4., y: 0.), (x: 4., y: 4.), (x: 0., y: 4.)],
            interiors: [[(x: 1., y: 1.), (x: 1., y: 2.), (x: 2., y: 2.)]],
        ];
        let line = line_string![(x: 109.484, y: 36.585), (x: 109.5, y: 36.6)];
        vec![
            point!(x: 109.484, y: 36.585).into(),
            line.clone().into(),
            square.clone().into(),
            MultiPoint(vec![point!(x: 1., y: 2.), point!(x: 3., y: 4.)]).into(),
            MultiLineString(vec![line.clone(), line.clone()]).into(),
            MultiPolygon(vec![square.clone(), square.clone()]).into(),
            Geometry::GeometryCollection(GeometryCollection(vec![square.into(), line.into()])),
        ]
    }

    #[test]
    fn every_type_survives_the_round_trip_and_no_cut_of_it_panics() {
        for geometry in samples() {
            let wkb = write_wkb(&geometry);
            assert_eq!(read_wkb(&wkb).unwrap().geometry.as_ref(), Some(&geometry));
            let blob = write_gpkg(&geometry, 4326);
            let back = read_gpkg(&blob).unwrap();
            assert_eq!((back.geometry.as_ref(), back.srid), (Some(&geometry), Some(4326)));
            assert_eq!(gpkg_envelope(&blob), envelope(&geometry));
            for cut in 0..blob.len() {
                assert!(read_gpkg(&blob[..cut]).is_err(), "cut at {cut} of {geometry:?}");
            }
            let mut long = wkb;
            long.push(0);
            assert_eq!(read_wkb(&long), Err(WkbFault::Trailing { bytes: 1 }));
        }
    }

    #[test]
    fn no_changed_byte_panics() {
        for geometry in samples() {
            let blob = write_gpkg(&geometry, 4326);
            for at in 0..blob.len() {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut changed = blob.clone();
                    changed[at] = value;
                    let _ = read_gpkg(&changed);
                    let _ = gpkg_envelope(&changed);
                }
            }
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    #[test]
    fn big_endian_heights_measures_and_the_postgis_flags_are_read() {
        let at = Some(Geometry::from(point!(x: 1.0, y: 2.0)));
        let xdr = "00 00000001 3ff0000000000000 4000000000000000";
        assert_eq!(read_wkb(&hex(xdr)).unwrap().geometry, at);
        let iso_zm =
            "00 00000bb9 3ff0000000000000 4000000000000000 4008000000000000 4010000000000000";
        let read = read_wkb(&hex(iso_zm)).unwrap();
        assert_eq!((read.geometry, read.flattened), (at.clone(), true));
        let ewkb = "01 010000a0 e6100000 000000000000f03f 0000000000000040 0000000000000840";
        let read = read_wkb(&hex(ewkb)).unwrap();
        assert_eq!((read.geometry, read.srid, read.flattened), (at, Some(4326), true));
    }

    #[test]
    fn what_is_no_plane_geometry_is_refused_by_name() {
        let nan = "01 01000000 000000000000f87f 000000000000f87f";
        assert_eq!(read_wkb(&hex(nan)).unwrap().geometry, None);
        let half = "01 01000000 000000000000f87f 0000000000000040";
        assert_eq!(read_wkb(&hex(half)), Err(WkbFault::NotFinite { at: 5 }));
        assert_eq!(read_wkb(&hex("01 08000000 00000000")), Err(WkbFault::Kind { code: 8 }));
        assert_eq!(read_wkb(&hex("02 01000000")), Err(WkbFault::ByteOrder { at: 0 }));
        let bomb = "01 02000000 ffffffff";
        assert_eq!(read_wkb(&hex(bomb)), Err(WkbFault::Truncated { at: 9 }));
        let mut deep = Vec::new();
        for _ in 0..100_000 {
            deep.extend(hex("01 07000000 01000000"));
        }
        assert_eq!(read_wkb(&deep), Err(WkbFault::Depth));
        let mixed = "01 04000000 01000000 01 02000000 00000000";
        assert_eq!(read_wkb(&hex(mixed)), Err(WkbFault::Part { whole: 4, part: 2 }));
    }
}
