//! Do the zones tile? Overlaps, and gaps that they enclose, each with its place and area.
//!
//! One union of all zones tells whether anything is covered twice and which holes are left; only
//! when something is are the pairs looked at. The union runs on whole grid steps around a local
//! origin, which the overlay keeps exactly, so that zones that share their vertices leave nothing.

use geo::{Area, BooleanOps, BoundingRect, Euclidean, Length, MapCoords, unary_union};
use geo_types::{Coord, LineString, MultiPolygon, Polygon, Rect};

use crate::domain::atlas::zone::Zone;
use crate::formats::layer::{Finding, Findings, HAIR_M};
use crate::geom::coord::{GridBox, GridPoint, STEPS_PER_DEGREE, step};
use crate::geom::project::Scale;

/// Most vertices of all zones together that are checked.
pub const COVER_VERTICES_MAX: usize = 5_000_000;
/// How many others a zone's box may meet on average. Side by side it meets ten; where it meets many
/// more, the zones lie in a pile, and only some of the pairs are looked at.
pub const COVER_NEIGHBOURS_MAX: usize = 32;
/// Pairs that are always looked at: a few hundred zones may lie as they like.
const PAIRS: usize = 100_000;
/// Most vertices of all pairs together that are laid over one another: some minutes of work.
pub const PAIR_VERTICES_MAX: usize = 500_000_000;
/// Overlaps told one by one, hair lines not counted; after that only that there are more.
pub const COVER_OVERLAPS_MAX: usize = 500;
/// What is covered twice and is smaller than this (m²) altogether is the overlay's rounding.
const NOTHING_M2: f64 = 1e-3;

/// Every overlap and every enclosed gap of a plan. An overlap is an error, and so is what is too much to look
/// for overlaps in; a hair line of one and any gap a warning. `rows` are the zones' rows in the file, 0 for one that is in force already.
#[must_use]
pub fn findings(zones: &[&Zone], rows: &[usize]) -> Vec<Finding> {
    findings_called(zones, rows, PAIR_VERTICES_MAX, |zone| zone.id.as_str())
}

/// The same, with what the zones are called in the findings, and for those in a hurry with another
/// [`PAIR_VERTICES_MAX`].
#[must_use]
pub fn findings_called(
    zones: &[&Zone],
    rows: &[usize],
    pair_vertices_max: usize,
    called: impl Fn(&Zone) -> &str,
) -> Vec<Finding> {
    let mut found = Findings::default();
    let vertices: usize = zones.iter().map(|zone| count(&zone.area)).sum();
    if vertices > COVER_VERTICES_MAX {
        found.error(
            0,
            "zones",
            format!("{vertices} vertices are too many to look for overlaps and gaps (limit COVER_VERTICES_MAX, {COVER_VERTICES_MAX})"),
            "simplify the boundaries so that they can be checked",
        );
        return found.into_vec();
    }
    let Some(frame) = Frame::of(zones) else { return Vec::new() };
    let plane: Vec<MultiPolygon<f64>> = zones.iter().map(|zone| frame.plane(&zone.area)).collect();
    let pairs = Pairs::of(&plane);
    let names: Vec<&str> = zones.iter().map(|zone| called(zone)).collect();
    let overlaps = |found: &mut Findings| {
        overlaps(&names, rows, &plane, (&pairs, pair_vertices_max), &frame, found);
    };
    if pairs.piled {
        // The union of a pile has as many corners as its pairs have crossings.
        overlaps(&mut found);
        return found.into_vec();
    }
    let polygons: Vec<&Polygon<f64>> = plane.iter().flat_map(|area| &area.0).collect();
    let union = unary_union(polygons.iter().copied());
    let sum: f64 = polygons.iter().map(|polygon| polygon.unsigned_area()).sum();
    if (sum - union.unsigned_area()) * frame.step2_m2() > NOTHING_M2 {
        overlaps(&mut found);
    }
    for hole in union.0.iter().flat_map(Polygon::interiors) {
        gap(hole, &frame, &mut found);
    }
    found.into_vec()
}

fn count(area: &MultiPolygon<f64>) -> usize {
    use geo::CoordsIter;
    area.coords_count()
}

/// Zones whose boxes meet, two by two.
struct Pairs {
    list: Vec<(u32, u32)>,
    /// Whether there are more than are looked at.
    piled: bool,
}

impl Pairs {
    fn of(plane: &[MultiPolygon<f64>]) -> Self {
        let most = plane.len().saturating_mul(COVER_NEIGHBOURS_MAX).max(PAIRS);
        let mut boxes: Vec<(u32, Rect<f64>)> =
            (0..).zip(plane).filter_map(|(i, area)| Some((i, area.bounding_rect()?))).collect();
        boxes.sort_by(|a, b| a.1.min().x.total_cmp(&b.1.min().x).then(a.0.cmp(&b.0)));
        let mut list = Vec::new();
        for (n, (i, a)) in boxes.iter().enumerate() {
            for (j, b) in boxes[n + 1..].iter().take_while(|(_, b)| b.min().x < a.max().x) {
                if b.min().y >= a.max().y || a.min().y >= b.max().y {
                    continue;
                }
                if list.len() == most {
                    return Self { list, piled: true };
                }
                list.push((*i.min(j), *i.max(j)));
            }
        }
        Self { list, piled: false }
    }
}

fn overlaps(
    names: &[&str],
    rows: &[usize],
    plane: &[MultiPolygon<f64>],
    (pairs, vertices_max): (&Pairs, usize),
    frame: &Frame,
    found: &mut Findings,
) {
    let counts: Vec<usize> = plane.iter().map(count).collect();
    let (mut told, mut errors, mut left) = (Findings::default(), 0, vertices_max);
    let mut looked_at = 0;
    for (first, second) in &pairs.list {
        let (first, second) = (*first as usize, *second as usize);
        let vertices = counts[first] + counts[second];
        if errors >= COVER_OVERLAPS_MAX || vertices > left {
            break;
        }
        left -= vertices;
        looked_at += 1;
        let parts = plane[first].intersection(&plane[second]).0;
        let between = (names[first], names[second], rows[second]);
        for finding in parts.iter().filter_map(|part| overlap(between, part, frame)) {
            errors += usize::from(!finding.warning);
            told.push(finding);
        }
    }
    if pairs.piled || looked_at < pairs.list.len() {
        let more = if pairs.piled { "more than " } else { "" };
        let fault = format!(
            "of {more}{} pairs of zones whose boxes meet, {looked_at} were looked at for overlaps",
            pairs.list.len()
        );
        let remedy = if errors > 0 {
            "mend what is listed and check the file again"
        } else {
            "cut zones that are long and lie aslant, or simplify the boundaries, so that all can be checked"
        };
        found.error(0, "zones", fault, remedy);
    }
    found.absorb(told);
}

fn overlap(
    (first, second, row): (&str, &str, usize),
    part: &Polygon<f64>,
    frame: &Frame,
) -> Option<Finding> {
    let (area_m2, width_m) = frame.measure(part.unsigned_area(), part.exterior());
    if area_m2 < NOTHING_M2 {
        return None;
    }
    let place = format!("zones {first} and {second} at {}", frame.place(part.exterior()));
    Some(if width_m < HAIR_M {
        Finding::warning(
            row,
            place,
            format!("they overlap by a hair line: {area_m2:.2} m², {width_m:.3} m wide"),
            "the first of the two answers there; draw the border once for both",
        )
    } else {
        Finding::error(
            row,
            place,
            format!("they overlap by {area_m2:.1} m²"),
            "give the place to one of them",
        )
    })
}

fn gap(hole: &LineString<f64>, frame: &Frame, found: &mut Findings) {
    let ring = Polygon::new(hole.clone(), Vec::new());
    let (area_m2, width_m) = frame.measure(ring.unsigned_area(), hole);
    if area_m2 < NOTHING_M2 {
        return;
    }
    let kind = if width_m < HAIR_M { "a hair-line gap" } else { "a gap" };
    found.warning(
        0,
        format!("zones around {}", frame.place(hole)),
        format!("{kind} of {area_m2:.2} m², {width_m:.3} m wide, belongs to no zone"),
        "a report from there goes to the fallback unit; give the place to a zone unless this is meant",
    );
}

/// Whole grid steps around the middle of the city.
struct Frame {
    origin: Coord<f64>,
    /// Metres in a grid step along x and y.
    step_m: (f64, f64),
}

impl Frame {
    fn of(zones: &[&Zone]) -> Option<Self> {
        let at = |c: Coord<f64>| GridPoint { x: step(c.x), y: step(c.y) };
        let frame = |area: Rect<f64>| GridBox { min: at(area.min()), max: at(area.max()) };
        let boxes = zones.iter().filter_map(|zone| zone.area.bounding_rect()).map(frame);
        let all = boxes.reduce(GridBox::with)?;
        let middle = GridPoint {
            x: i32::midpoint(all.min.x, all.max.x),
            y: i32::midpoint(all.min.y, all.max.y),
        };
        let scale = Scale::at(middle.degrees().lat());
        Some(Self {
            origin: Coord { x: f64::from(middle.x), y: f64::from(middle.y) },
            step_m: (scale.lon_m / STEPS_PER_DEGREE, scale.lat_m / STEPS_PER_DEGREE),
        })
    }

    fn plane(&self, area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        area.map_coords(|c| Coord {
            x: f64::from(step(c.x)) - self.origin.x,
            y: f64::from(step(c.y)) - self.origin.y,
        })
    }

    fn step2_m2(&self) -> f64 {
        self.step_m.0 * self.step_m.1
    }

    /// Area (m²) and mean width (m) of a ring.
    fn measure(&self, area_steps: f64, ring: &LineString<f64>) -> (f64, f64) {
        let metres = ring.map_coords(|c| Coord { x: c.x * self.step_m.0, y: c.y * self.step_m.1 });
        let area_m2 = area_steps * self.step2_m2();
        let around_m = Euclidean.length(&metres);
        (area_m2, if around_m > 0.0 { 2.0 * area_m2 / around_m } else { 0.0 })
    }

    /// The first position of a ring in degrees.
    fn place(&self, ring: &LineString<f64>) -> String {
        let c = ring.0.first().copied().unwrap_or_default();
        let degrees = |v: f64| v / STEPS_PER_DEGREE;
        format!("{:.7}, {:.7}", degrees(c.x + self.origin.x), degrees(c.y + self.origin.y))
    }
}
