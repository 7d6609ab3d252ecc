//! The .shp (ESRI Shapefile Technical Description, July 1998).
//!
//! By hand: the crate for it cannot write rows without a shape, and gives a hole to the ring before
//! it instead of to the one around it.

use geo_types::{
    Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

use crate::formats::layer::FEATURES_MAX;
use crate::geom::validity::chain::{Chain, Standing};

/// Most pairs of a shell and a hole in one shape: each hole is looked for in every shell.
const RING_PAIRS_MAX: usize = 1_000_000_000;

/// The kinds of shape that one file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Points,
    Multipoints,
    Lines,
    Areas,
}

impl Class {
    pub(super) fn of(geometry: &Geometry<f64>) -> Result<Self, String> {
        match geometry {
            Geometry::Point(_) => Ok(Self::Points),
            Geometry::MultiPoint(_) => Ok(Self::Multipoints),
            Geometry::LineString(_) | Geometry::MultiLineString(_) => Ok(Self::Lines),
            Geometry::Polygon(_) | Geometry::MultiPolygon(_) => Ok(Self::Areas),
            _ => Err("a shapefile holds points, lines and areas, nothing mixed".to_owned()),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Multipoints => "multipoints",
            Self::Lines => "lines",
            Self::Areas => "areas",
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Points => 1,
            Self::Lines => 3,
            Self::Areas => 5,
            Self::Multipoints => 8,
        }
    }
}

/// One shape of the file.
pub(super) struct Record {
    /// `None` for a null shape; a fault in words.
    pub(super) geometry: Result<Option<Geometry<f64>>, String>,
    /// Whether heights or measures were left out.
    pub(super) flattened: bool,
}

/// Every shape, in order.
///
/// # Errors
/// In words, when this is no .shp, it is cut short, or holds more than [`FEATURES_MAX`] shapes.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Record>, String> {
    if bytes.len() < 100 || bytes[..4] != 9994_i32.to_be_bytes() {
        return Err("is no shapefile: its header is missing".to_owned());
    }
    let words = bytes[24..28].first_chunk().map_or(0, |raw| i32::from_be_bytes(*raw));
    let says = usize::try_from(words).unwrap_or(0) * 2;
    if says > bytes.len() {
        return Err(format!("has {} bytes, its header says {says}", bytes.len()));
    }
    let mut records = Vec::new();
    let mut at = 100;
    while at < says.max(100) {
        // Here, not where the rows are made: packed zeros are shapes of eight bytes.
        if records.len() == FEATURES_MAX {
            return Err(format!("holds more than {FEATURES_MAX} shapes (limit FEATURES_MAX)"));
        }
        let head = bytes.get(at..at + 8).ok_or_else(|| cut(at))?;
        let words = head[4..].first_chunk().map_or(0, |raw| i32::from_be_bytes(*raw));
        let length = usize::try_from(words).map_err(|_| cut(at))? * 2;
        let body =
            bytes.get(at + 8..).and_then(|rest| rest.get(..length)).ok_or_else(|| cut(at))?;
        let mut reader = Reader { bytes: body, at: 0, flattened: false };
        let geometry = reader.shape();
        records.push(Record { geometry, flattened: reader.flattened });
        at += 8 + length;
    }
    Ok(records)
}

fn cut(at: usize) -> String {
    format!("is cut short at byte {at}")
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    flattened: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let found = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        self.at += N;
        found.copied().ok_or_else(|| "the shape is cut short".to_owned())
    }

    fn int(&mut self) -> Result<i32, String> {
        self.take().map(i32::from_le_bytes)
    }

    /// A count of things of `least` bytes, checked against what is left.
    fn count(&mut self, least: usize) -> Result<usize, String> {
        let count = usize::try_from(self.int()?).map_err(|_| "a count is negative".to_owned())?;
        let left = self.bytes.len().saturating_sub(self.at);
        if count.saturating_mul(least) > left {
            return Err("the shape counts more than it holds".to_owned());
        }
        Ok(count)
    }

    fn position(&mut self) -> Result<Coord<f64>, String> {
        let (x, y) = (f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?));
        if x.is_finite() && y.is_finite() {
            Ok(Coord { x, y })
        } else {
            Err(format!("the position {x}, {y} is not finite"))
        }
    }

    fn shape(&mut self) -> Result<Option<Geometry<f64>>, String> {
        let code = self.int()?;
        self.flattened = matches!(code, 11 | 13 | 15 | 18 | 21 | 23 | 25 | 28);
        match code {
            0 => Ok(None),
            1 | 11 | 21 => Ok(Some(Point(self.position()?).into())),
            8 | 18 | 28 => {
                self.take::<32>()?;
                let count = self.count(16)?;
                let points: Result<Vec<_>, _> = (0..count).map(|_| self.position()).collect();
                let points = MultiPoint(points?.into_iter().map(Point).collect());
                Ok((!points.0.is_empty()).then(|| points.into()))
            }
            3 | 13 | 23 => {
                let mut lines = self.parts()?;
                if let Some(short) = lines.iter().find(|line| line.0.len() < 2) {
                    return Err(format!("a line has {} positions", short.0.len()));
                }
                Ok(match lines.len() {
                    0 => None,
                    1 => lines.pop().map(Geometry::from),
                    _ => Some(MultiLineString(lines).into()),
                })
            }
            5 | 15 | 25 => {
                let mut polygons = polygons(self.parts()?)?;
                Ok(match polygons.len() {
                    0 => None,
                    1 => polygons.pop().map(Geometry::from),
                    _ => Some(MultiPolygon(polygons).into()),
                })
            }
            31 => Err("a multipatch is not read".to_owned()),
            code => Err(format!("{code} is no type of shape")),
        }
    }

    fn parts(&mut self) -> Result<Vec<LineString<f64>>, String> {
        self.take::<32>()?;
        let parts = self.count(4)?;
        let points = self.count(16)?;
        let mut starts = Vec::with_capacity(parts + 1);
        for _ in 0..parts {
            starts.push(usize::try_from(self.int()?).unwrap_or(usize::MAX));
        }
        starts.push(points);
        let sorted = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if !sorted || starts.first() != Some(&0) {
            return Err("the parts of the shape do not follow each other".to_owned());
        }
        let mut lines = Vec::with_capacity(parts);
        for pair in starts.windows(2) {
            let line: Result<Vec<_>, _> = (pair[0]..pair[1]).map(|_| self.position()).collect();
            lines.push(LineString(line?));
        }
        Ok(lines)
    }
}

/// Twice the signed area around the first vertex; negative for a clockwise ring.
fn twice_area(ring: &LineString<f64>) -> f64 {
    let o = ring.0.first().copied().unwrap_or_default();
    ring.0
        .windows(2)
        .map(|p| (p[0].x - o.x) * (p[1].y - o.y) - (p[1].x - o.x) * (p[0].y - o.y))
        .sum()
}

/// Clockwise rings are shells, the others holes of the smallest shell around them.
fn polygons(rings: Vec<LineString<f64>>) -> Result<Vec<Polygon<f64>>, String> {
    if let Some(bad) = rings.iter().find(|r| r.0.len() < 4 || r.0.first() != r.0.last()) {
        let at = bad.0.first().copied().unwrap_or_default();
        return Err(format!("the ring at {}, {} is not closed", at.x, at.y));
    }
    let (mut shells, mut holes): (Vec<_>, Vec<_>) =
        rings.into_iter().partition(|ring| twice_area(ring) <= 0.0);
    if shells.is_empty() {
        // Written against the rule, but it can mean one thing only.
        std::mem::swap(&mut shells, &mut holes);
    }
    if shells.len().saturating_mul(holes.len()) > RING_PAIRS_MAX {
        let (shells, holes) = (shells.len(), holes.len());
        return Err(format!("has {shells} shells and {holes} holes (limit RING_PAIRS_MAX)"));
    }
    let mut inside: Vec<Vec<LineString<f64>>> = vec![Vec::new(); shells.len()];
    let frames: Vec<[f64; 4]> = shells.iter().map(frame).collect();
    let sizes: Vec<f64> = shells.iter().map(|shell| twice_area(shell).abs()).collect();
    let chains: Vec<Chain> = shells.iter().map(chain).collect();
    let mut lone = Vec::new();
    for hole in holes {
        let [west, east, south, north] = frame(&hole);
        let around = (0..shells.len())
            .filter(|i| {
                let [a, b, c, d] = frames[*i];
                west >= a && east <= b && south >= c && north <= d && holds(&chains[*i], &hole)
            })
            .min_by(|a, b| sizes[*a].total_cmp(&sizes[*b]));
        match around {
            Some(i) => inside[i].push(hole),
            None => lone.push(Polygon::new(hole, Vec::new())),
        }
    }
    let mut polygons: Vec<_> =
        shells.into_iter().zip(inside).map(|(shell, holes)| Polygon::new(shell, holes)).collect();
    polygons.extend(lone);
    Ok(polygons)
}

/// Least and greatest x, least and greatest y.
fn frame(ring: &LineString<f64>) -> [f64; 4] {
    ring.0.iter().fold([f64::MAX, f64::MIN, f64::MAX, f64::MIN], |[a, b, c, d], p| {
        [a.min(p.x), b.max(p.x), c.min(p.y), d.max(p.y)]
    })
}

fn chain(ring: &LineString<f64>) -> Chain {
    let mut points = ring.0.clone();
    points.dedup();
    Chain::new(points)
}

/// Whether more of `hole` lies inside the shell than outside (some of it may lie on it).
fn holds(shell: &Chain, hole: &LineString<f64>) -> bool {
    // A handful of places decides. The middles of edges speak where all vertices lie on the shell.
    let step = (hole.0.len() / 16).max(1);
    let middle = |a: Coord<f64>, b: Coord<f64>| Coord {
        x: f64::midpoint(a.x, b.x),
        y: f64::midpoint(a.y, b.y),
    };
    let edges = hole.0.windows(2).step_by(step);
    let (mut inside, mut outside) = (0, 0);
    for place in edges.flat_map(|edge| [edge[0], middle(edge[0], edge[1])]) {
        match shell.standing(place) {
            Standing::Inside => inside += 1,
            Standing::Outside => outside += 1,
            Standing::On(_) => {}
        }
    }
    inside > outside
}

/// The .shp and the .shx of shapes of one class.
pub(super) fn write(class: Class, geometries: &[Option<&Geometry<f64>>]) -> (Vec<u8>, Vec<u8>) {
    let (mut shp, mut shx) = (vec![0; 100], vec![0; 100]);
    let mut frame: Option<[f64; 4]> = None;
    for (i, geometry) in geometries.iter().enumerate() {
        let body = geometry.map_or_else(|| 0_i32.to_le_bytes().to_vec(), |g| body(class, g));
        if let Some([a, b, c, d]) = geometry.and_then(crate::formats::wkb::envelope) {
            let [e, f, g, h] = frame.unwrap_or([a, b, c, d]);
            frame = Some([a.min(e), b.max(f), c.min(g), d.max(h)]);
        }
        shx.extend(words(shp.len()));
        shx.extend(words(body.len()));
        shp.extend(int(i + 1).to_be_bytes());
        shp.extend(words(body.len()));
        shp.extend(body);
    }
    for file in [&mut shp, &mut shx] {
        let length = words(file.len());
        file[..4].copy_from_slice(&9994_i32.to_be_bytes());
        file[24..28].copy_from_slice(&length);
        file[28..32].copy_from_slice(&1000_i32.to_le_bytes());
        file[32..36].copy_from_slice(&class.code().to_le_bytes());
        let [min_x, max_x, min_y, max_y] = frame.unwrap_or_default();
        for (i, side) in [min_x, min_y, max_x, max_y].into_iter().enumerate() {
            file[36 + i * 8..44 + i * 8].copy_from_slice(&side.to_le_bytes());
        }
    }
    (shp, shx)
}

/// Everything that is counted stays far below 2^31: files are limited.
fn int(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn words(bytes: usize) -> [u8; 4] {
    int(bytes / 2).to_be_bytes()
}

fn body(class: Class, geometry: &Geometry<f64>) -> Vec<u8> {
    let mut out = class.code().to_le_bytes().to_vec();
    let parts: Vec<Vec<Coord<f64>>> = match geometry {
        Geometry::Point(point) => {
            out.extend(point.x().to_le_bytes());
            out.extend(point.y().to_le_bytes());
            return out;
        }
        Geometry::MultiPoint(points) => vec![points.0.iter().map(|point| point.0).collect()],
        Geometry::LineString(line) => vec![line.0.clone()],
        Geometry::MultiLineString(lines) => lines.0.iter().map(|line| line.0.clone()).collect(),
        Geometry::Polygon(polygon) => rings(polygon).collect(),
        Geometry::MultiPolygon(polygons) => polygons.0.iter().flat_map(rings).collect(),
        _ => Vec::new(), // Class::of lets none through
    };
    let [min_x, max_x, min_y, max_y] = crate::formats::wkb::envelope(geometry).unwrap_or_default();
    for side in [min_x, min_y, max_x, max_y] {
        out.extend(side.to_le_bytes());
    }
    if class != Class::Multipoints {
        out.extend(int(parts.len()).to_le_bytes());
    }
    out.extend(int(parts.iter().map(Vec::len).sum()).to_le_bytes());
    if class != Class::Multipoints {
        let mut start = 0;
        for part in &parts {
            out.extend(int(start).to_le_bytes());
            start += part.len();
        }
    }
    for c in parts.iter().flatten() {
        out.extend(c.x.to_le_bytes());
        out.extend(c.y.to_le_bytes());
    }
    out
}

/// Shell clockwise, holes counter-clockwise, as the format asks.
fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = Vec<Coord<f64>>> + '_ {
    let turn = |ring: &LineString<f64>, clockwise: bool| {
        let mut ring = ring.0.clone();
        if (twice_area(&LineString(ring.clone())) < 0.0) != clockwise {
            ring.reverse();
        }
        ring
    };
    std::iter::once(turn(polygon.exterior(), true))
        .chain(polygon.interiors().iter().map(move |hole| turn(hole, false)))
}
