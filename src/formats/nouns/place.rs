//! A file's geometry as the city keeps it: WGS84, on the grid, oriented, valid.

use geo::{CoordsIter, unary_union};
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPolygon, Polygon};

use crate::formats::layer::{FEATURE_VERTICES_MAX, Findings, HAIR_M};
use crate::formats::nouns::Invalid;
use crate::formats::nouns::collection::one_shape;
use crate::geom::coord::{LonLat, PositionFault, step};
use crate::geom::coverage::valid::made_valid;
use crate::geom::crs::{Crs, convert_geometry};
use crate::geom::measure;
use crate::geom::validity::{Fault, faults as faults_of};

/// Most faults of one geometry's shape that are told.
const FAULTS_MAX: usize = 20;

/// The geometry in WGS84 on the grid, rings oriented, repeated vertices left out; `None`, with
/// findings, where it is no position, collapses on the grid, or is not valid. An area that was valid and is not
/// on the grid is mended, with a warning.
pub(super) fn place(
    geometry: &Geometry<f64>,
    crs: Crs,
    row: usize,
    found: &mut Findings,
) -> Option<Geometry<f64>> {
    let shape = one_shape(geometry, row, found)?;
    placed(&shape, (crs, Invalid::Refused), row, found)
}

/// The same of an area that may not be valid as it was given.
pub(super) fn place_area(
    area: &Geometry<f64>,
    wanted: (Crs, Invalid),
    row: usize,
    found: &mut Findings,
) -> Option<Geometry<f64>> {
    let shape = one_shape(area, row, found)?;
    placed(&shape, wanted, row, found)
}

fn placed(
    geometry: &Geometry<f64>,
    (crs, invalid): (Crs, Invalid),
    row: usize,
    found: &mut Findings,
) -> Option<Geometry<f64>> {
    if geometry.coords_count() == 0 {
        found.error(row, "geometry", "is empty", "give its positions");
        return None;
    }
    if geometry.coords_count() > FEATURE_VERTICES_MAX {
        found.error(
            row,
            "geometry",
            format!("has more than {FEATURE_VERTICES_MAX} vertices (limit FEATURE_VERTICES_MAX)"),
            "simplify or split it",
        );
        return None;
    }
    if !are_positions(geometry, row, found) {
        return None;
    }
    if crs.same_degrees(Crs::Wgs84) {
        kept(geometry, invalid, row, found)
    } else {
        // Points are converted, edges are not bent: long ones are cut first.
        kept(&convert_geometry(geometry, crs, Crs::Wgs84), invalid, row, found)
    }
}

/// The same of a geometry of positions in WGS84.
fn kept(
    given: &Geometry<f64>,
    invalid: Invalid,
    row: usize,
    found: &mut Findings,
) -> Option<Geometry<f64>> {
    let mut told = Findings::default();
    let geometry = tidy(measure::on_grid(given), row, &mut told);
    let faults = geometry.as_ref().map(faults_of).unwrap_or_default();
    if !faults.is_empty()
        && let Geometry::MultiPolygon(parts) = given
        && let Some(rest) = without_slivers(parts, row, found)
    {
        // What was told is told again of the rest.
        return kept(&rest.into(), invalid, row, found);
    }
    found.absorb(told);
    let geometry = geometry?;
    if faults.is_empty() {
        return Some(geometry);
    }
    if let Some(mended) = mended(given, &geometry) {
        tell(&faults, row, found, true);
        return Some(mended);
    }
    if invalid == Invalid::Kept {
        return Some(geometry);
    }
    tell(&faults, row, found, false);
    None
}

/// An area that was valid, and crosses or touches itself only since it was rounded to the grid, as a valid one.
/// `None` where it was not valid before, and where nothing but a hair line is left of it.
fn mended(given: &Geometry<f64>, rounded: &Geometry<f64>) -> Option<Geometry<f64>> {
    let rounded = area(rounded.clone()).filter(|_| faults_of(given).is_empty())?;
    let mended = made_valid(&rounded)?;
    let sizes = mended.iter().map(|part| {
        let around_m = measure::length_m(&part.exterior().clone().into());
        (measure::polygon_area_m2(part).abs(), around_m)
    });
    let (area_m2, around_m) = sizes.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
    let mut parts = mended.0;
    let mended = if parts.len() == 1 {
        Geometry::Polygon(parts.remove(0))
    } else {
        MultiPolygon(parts).into()
    };
    (2.0 * area_m2 >= HAIR_M * around_m && faults_of(&mended).is_empty()).then_some(mended)
}

/// Tells what is wrong with a shape, each with its place: as warnings where it came of the rounding alone.
fn tell(faults: &[Fault], row: usize, found: &mut Findings, rounding: bool) {
    for fault in faults.iter().take(FAULTS_MAX) {
        let (what, remedy) = fault.kind.words();
        let (part, ring, at) = (fault.part + 1, fault.ring, fault.at);
        let place = format!("part {part}, ring {ring}, at {}, {}", at.x, at.y);
        if rounding {
            let what = format!("{what} on the grid of 1e-7 degree, and did not before");
            found.warning(row, place, what, MENDED);
        } else {
            found.error(row, place, what, remedy);
        }
    }
    let more = faults.len().saturating_sub(FAULTS_MAX);
    if more > 0 {
        let what = format!("{more} more such faults");
        if rounding {
            found.warning(row, "geometry", what, MENDED);
        } else {
            found.error(row, "geometry", what, "mend the shape");
        }
    }
}

/// What was done about an area that only rounding made invalid.
const MENDED: &str =
    "its borders were cut there, and nothing was moved by more than half a step of the grid";

/// The parts without those that were valid, are a hair line, and cross themselves once they lie on
/// the grid, all in WGS84: real boundary files have such crumbs. `None` when there is no such part, or nothing
/// else.
fn without_slivers(
    parts: &MultiPolygon<f64>,
    row: usize,
    found: &mut Findings,
) -> Option<MultiPolygon<f64>> {
    let is_sliver = |part: &&Polygon<f64>| {
        let (area_m2, around_m) =
            (measure::polygon_area_m2(part), measure::length_m(&part.exterior().clone().into()));
        let part = Geometry::from((*part).clone());
        2.0 * area_m2.abs() < HAIR_M * around_m
            && !faults_of(&measure::on_grid(&part)).is_empty()
            && faults_of(&part).is_empty()
    };
    let (slivers, rest): (Vec<_>, Vec<_>) = parts.0.iter().partition(is_sliver);
    if slivers.is_empty() || rest.is_empty() {
        return None;
    }
    for sliver in slivers {
        let at = sliver.exterior().0.first().copied().unwrap_or_default();
        found.warning(
            row,
            format!("part at {}, {}", at.x, at.y),
            format!(
                "the part is narrower than {HAIR_M} m and crosses itself on the grid of 1e-7 degree"
            ),
            "it is left out",
        );
    }
    Some(MultiPolygon(rest.into_iter().cloned().collect()))
}

/// Every vertex through the door: finite, and on the globe. The first that is not is told.
fn are_positions(geometry: &Geometry<f64>, row: usize, found: &mut Findings) -> bool {
    let faulty = |(at, c): (usize, Coord<f64>)| Some((at, LonLat::new(c.x, c.y).err()?));
    let mut faulty = (1..).zip(geometry.coords_iter()).filter_map(faulty);
    let Some((vertex, fault)) = faulty.next() else { return true };
    let more = match faulty.count() {
        0 => String::new(),
        more => format!(" ({more} more such vertices)"),
    };
    let remedy = match fault {
        PositionFault::Swapped { .. } => "exchange the two coordinates: longitude stands first",
        PositionFault::OutOfRange { .. } => {
            "give degrees; metres mean that the file is in another coordinate system than it says"
        }
        _ => "give the true position, or leave the geometry out",
    };
    found.error(row, format!("vertex {vertex}"), format!("{fault}{more}"), remedy);
    false
}

fn tidy(geometry: Geometry<f64>, row: usize, found: &mut Findings) -> Option<Geometry<f64>> {
    match geometry {
        Geometry::LineString(line) => tidy_line(line, row, found).map(Geometry::from),
        Geometry::MultiLineString(lines) => {
            let lines: Option<Vec<_>> =
                lines.0.into_iter().map(|line| tidy_line(line, row, found)).collect();
            Some(MultiLineString(lines?).into())
        }
        Geometry::Polygon(polygon) => {
            let polygon = tidy_polygon(polygon, row, found);
            if polygon.is_none() {
                thin(row, found);
            }
            polygon.map(Geometry::from)
        }
        Geometry::MultiPolygon(parts) => {
            let parts: Vec<_> =
                parts.0.into_iter().filter_map(|part| tidy_polygon(part, row, found)).collect();
            if parts.is_empty() {
                thin(row, found);
                return None;
            }
            Some(MultiPolygon(parts).into())
        }
        other => Some(other),
    }
}

fn thin(row: usize, found: &mut Findings) {
    found.error(
        row,
        "geometry",
        "the area is thinner than the grid of 1e-7 degree",
        "give its true boundary",
    );
}

fn tidy_line(
    mut line: LineString<f64>,
    row: usize,
    found: &mut Findings,
) -> Option<LineString<f64>> {
    line.0.dedup();
    if line.0.len() < 2 {
        found.error(
            row,
            "geometry",
            "the line has no length",
            "give at least two different positions",
        );
        return None;
    }
    Some(line)
}

/// Without repeated vertices, exterior counter-clockwise, holes clockwise; rings without area are
/// left out with a warning. `None` when the exterior is one.
fn tidy_polygon(polygon: Polygon<f64>, row: usize, found: &mut Findings) -> Option<Polygon<f64>> {
    let (shell, holes) = polygon.into_inner();
    let mut ring = |ring: LineString<f64>, left: bool| {
        let at = ring.0.first().copied().unwrap_or_default();
        let ring = oriented(ring, left);
        if ring.is_none() {
            found.warning(
                row,
                format!("ring at {}, {}", at.x, at.y),
                "the ring has no area on the grid of 1e-7 degree",
                "it is left out",
            );
        }
        ring
    };
    let shell = ring(shell, true)?;
    let holes = holes.into_iter().filter_map(|hole| ring(hole, false)).collect();
    Some(Polygon::new(shell, holes))
}

fn oriented(mut ring: LineString<f64>, counter_clockwise: bool) -> Option<LineString<f64>> {
    ring.0.dedup();
    let twice = twice_area_steps(&ring);
    if ring.0.len() < 4 || (twice == 0 && !covers(&ring)) {
        return None;
    }
    if (twice > 0) != counter_clockwise {
        ring.0.reverse();
    }
    Some(ring)
}

/// Whether a ring whose loops cancel out covers more than a hair line: a bow tie is no crumb, and what
/// checks the shape has words for it.
fn covers(ring: &LineString<f64>) -> bool {
    let parts = unary_union([&Polygon::new(ring.clone(), Vec::new())]);
    let area_m2: f64 = parts.0.iter().map(|part| measure::polygon_area_m2(part).abs()).sum();
    2.0 * area_m2 >= HAIR_M * measure::length_m(&ring.clone().into())
}

/// Twice the signed area in grid steps squared, exact; positive when counter-clockwise.
pub(super) fn twice_area_steps(ring: &LineString<f64>) -> i128 {
    let cross = |pair: &[Coord<f64>]| {
        let (a, b) = (pair[0], pair[1]);
        let [ax, ay, bx, by] = [a.x, a.y, b.x, b.y].map(|v| i128::from(step(v)));
        ax * by - bx * ay
    };
    ring.0.windows(2).map(cross).sum()
}

/// Any areal geometry as a multi-polygon; `None` for what has no area.
pub(super) fn area(geometry: Geometry<f64>) -> Option<MultiPolygon<f64>> {
    match geometry {
        Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon])),
        Geometry::MultiPolygon(parts) => Some(parts),
        _ => None,
    }
}
