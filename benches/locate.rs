//! Point to area: how fast, against what, and is it right?
//!
//! `cargo bench --bench locate -- [ZONES.geojson [POINTS.csv]]`, or the same paths in
//! `ZONEWARDEN_BENCH_ZONES` and `ZONEWARDEN_BENCH_POINTS`. Without zones the demonstration city is
//! asked, with many zones. The points file has the columns `lon`, `lat` and `official`, the last of
//! which is compared with the zones' property `precinct`.
//!
//! Everything runs in one process on one thread, the contestants in turn, round after round; what
//! is printed are medians and ratios. Ends with an error when a target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

#[path = "bed/median.rs"]
mod median;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use geo::{BoundingRect, Intersects, MapCoords, PreparedGeometry, Relate};
use geo_types::{Coord, MultiPolygon, Point};
use median::median;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use zonewarden::domain::sample::{Recipe, city};
use zonewarden::geom::coord::{GridBox, GridPoint, step};
use zonewarden::geom::locate::AreaIndex;
use zonewarden::geom::locate::area::{NOWHERE, Surroundings};

type Fault = Box<dyn std::error::Error>;

const POINTS: usize = 1_000_000;
/// The slow ones are asked about fewer points a round.
const SLOW_POINTS: usize = 100;
const ROUNDS: usize = 400;
/// The fast ones are asked about this many points a round: short enough that most rounds run
/// without being interrupted, so that the median means something on a busy machine.
const FAST_POINTS: usize = 20_000;
/// Stretches of other points before the measured one: enough to touch all of a table.
const WARM: usize = 9;
const AROUND_POINTS: usize = 2_000;
const RASTER: usize = 1024;

const SCALAR_OVER_PLAIN: f64 = 250.0;
const SCALAR_OVER_RASTER: f64 = 5.0;
const BATCH_OVER_PLAIN: f64 = 900.0;
const BATCH_OVER_RASTER: f64 = 1.5;

struct Zones {
    names: Vec<String>,
    areas: Vec<MultiPolygon<f64>>,
}

fn main() -> Result<ExitCode, Fault> {
    let mut paths = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let zones_path = paths.next().or_else(|| std::env::var("ZONEWARDEN_BENCH_ZONES").ok());
    let points_path = paths.next().or_else(|| std::env::var("ZONEWARDEN_BENCH_POINTS").ok());
    let zones = match &zones_path {
        Some(path) => read_zones(path)?,
        None => made_zones(),
    };
    let areas: Vec<&MultiPolygon<f64>> = zones.areas.iter().collect();
    let vertices: usize = edges(&zones.areas).count();
    println!("{} areas, {vertices} vertices", areas.len());

    let build_ms = (0..9).map(|_| {
        let start = Instant::now();
        black_box(AreaIndex::build(&areas));
        start.elapsed().as_secs_f64() * 1e3
    });
    let build_ms = median(build_ms);
    let index = AreaIndex::build(&areas);
    println!(
        "build {:.1} ms with the surroundings; {} KB to locate, {} KB with the surroundings",
        build_ms,
        index.bytes_to_locate() / 1024,
        index.bytes() / 1024
    );
    let extent = index.extent().ok_or("no areas")?;
    let mut dice = Dice(42);
    let points: Vec<GridPoint> = (0..POINTS).map(|_| dice.point(extent)).collect();
    let mut right = agrees_with_geo(&index, &zones.areas, &points);
    right &= partition_is_whole(&zones.areas);
    let fast = race(&index, &zones.areas, extent, &points);
    if let Some(path) = points_path {
        right &= official(&index, &zones, &path)?;
    }
    Ok(if right && fast { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_zones(path: &str) -> Result<Zones, Fault> {
    let text = std::fs::read_to_string(path)?;
    let geojson::GeoJson::FeatureCollection(collection) = text.parse()? else {
        return Err("no feature collection".into());
    };
    let mut zones = Zones { names: Vec::new(), areas: Vec::new() };
    for feature in collection.features {
        let name = feature.property("precinct").map(|name| match name.as_str() {
            Some(text) => text.to_owned(),
            None => name.to_string(),
        });
        let shape: geo_types::Geometry<f64> =
            feature.geometry.ok_or("a feature without geometry")?.try_into()?;
        let area = match shape {
            geo_types::Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
            geo_types::Geometry::MultiPolygon(area) => area,
            _ => return Err("a feature that is no area".into()),
        };
        zones.names.push(name.unwrap_or_default());
        zones.areas.push(area.map_coords(|c| degrees(grid(c))));
    }
    Ok(zones)
}

fn made_zones() -> Zones {
    let city = city(&Recipe { zones: 2_000, ..Recipe::default() });
    let names = city.zones.iter().map(|zone| zone.number.to_string()).collect();
    Zones { names, areas: city.zones.into_iter().map(|zone| zone.area).collect() }
}

fn grid(c: Coord<f64>) -> GridPoint {
    GridPoint { x: step(c.x), y: step(c.y) }
}

fn degrees(p: GridPoint) -> Coord<f64> {
    Coord { x: p.degrees().lon(), y: p.degrees().lat() }
}

/// A small generator: the same points every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 32) * n) >> 32
    }

    fn point(&mut self, frame: GridBox) -> GridPoint {
        let mut within = |min: i32, max: i32| {
            let offset = self.below(u64::from(max.abs_diff(min)) + 1);
            min.wrapping_add_unsigned(u32::try_from(offset).unwrap_or(0))
        };
        GridPoint { x: within(frame.min.x, frame.max.x), y: within(frame.min.y, frame.max.y) }
    }
}

/// All edges with the number of their area.
fn edges(areas: &[MultiPolygon<f64>]) -> impl Iterator<Item = (u16, GridPoint, GridPoint)> {
    (0_u16..).zip(areas).flat_map(|(area, shape)| {
        shape
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .flat_map(|ring| ring.0.windows(2))
            .map(move |pair| (area, grid(pair[0]), grid(pair[1])))
    })
}

/// The plain answer: rstar over the areas' boxes, then geo's `Intersects`.
struct Plain<'a> {
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u16>>,
    areas: &'a [MultiPolygon<f64>],
}

impl<'a> Plain<'a> {
    fn build(areas: &'a [MultiPolygon<f64>]) -> Self {
        let boxes = (0_u16..).zip(areas).filter_map(|(number, area)| {
            let frame = area.bounding_rect()?;
            let corners = (frame.min(), frame.max());
            let rectangle =
                Rectangle::from_corners([corners.0.x, corners.0.y], [corners.1.x, corners.1.y]);
            Some(GeomWithData::new(rectangle, number))
        });
        Self { boxes: RTree::bulk_load(boxes.collect()), areas }
    }

    fn locate(&self, p: Coord<f64>) -> u16 {
        let at = Point::from(p);
        self.boxes
            .locate_in_envelope_intersecting(AABB::from_point([p.x, p.y]))
            .filter(|found| self.areas[usize::from(found.data)].intersects(&at))
            .map(|found| found.data)
            .min()
            .unwrap_or(NOWHERE)
    }
}

fn agrees_with_geo(index: &AreaIndex, areas: &[MultiPolygon<f64>], points: &[GridPoint]) -> bool {
    let plain = Plain::build(areas);
    let differ: Vec<GridPoint> = points
        .iter()
        .copied()
        .filter(|&p| plain.locate(degrees(p)) != index.locate(p).unwrap_or(NOWHERE))
        .collect();
    let off_border = differ
        .iter()
        .filter(|&&p| !edges(areas).any(|(_, a, b)| between(a, b, p) && cross(a, b, p) == 0))
        .count();
    println!(
        "{} random points: {} differ from geo, of which off the borders {off_border}",
        points.len(),
        differ.len()
    );
    off_border == 0
}

fn between(a: GridPoint, b: GridPoint, p: GridPoint) -> bool {
    (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x) && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
}

fn cross(a: GridPoint, b: GridPoint, p: GridPoint) -> i64 {
    let less = |m: i32, n: i32| i64::from(m) - i64::from(n);
    less(b.x, a.x) * less(p.y, a.y) - less(b.y, a.y) * less(p.x, a.x)
}

/// Every vertex and every edge midpoint in exactly one area. The partition is moved to its own
/// corner and doubled, so that midpoints lie on the grid; each point's area must be the one that
/// an own ray over all edges of each area gives.
fn partition_is_whole(areas: &[MultiPolygon<f64>]) -> bool {
    let mut min = GridPoint { x: i32::MAX, y: i32::MAX };
    for (_, a, _) in edges(areas) {
        min = GridPoint { x: min.x.min(a.x), y: min.y.min(a.y) };
    }
    let twice = |p: GridPoint| GridPoint { x: (p.x - min.x) * 2, y: (p.y - min.y) * 2 };
    let doubled: Vec<MultiPolygon<f64>> =
        areas.iter().map(|area| area.map_coords(|c| degrees(twice(grid(c))))).collect();
    let index = AreaIndex::build(&doubled.iter().collect::<Vec<_>>());
    let rays: Vec<Ray> = (0..areas.len()).map(|area| Ray::build(&doubled[area])).collect();
    let (mut asked, mut wrong, mut by_direction, mut by_touch, mut overlaps) = (0, 0, 0, 0, 0);
    for (_, a, b) in edges(&doubled) {
        for p in [a, GridPoint { x: i32::midpoint(a.x, b.x), y: i32::midpoint(a.y, b.y) }] {
            let holders: Vec<usize> = (0..rays.len()).filter(|&area| rays[area].holds(p)).collect();
            asked += 1;
            by_direction += usize::from(holders.len() == 1);
            overlaps += usize::from(holders.len() > 1);
            by_touch += usize::from(holders.is_empty());
            let right = match (index.locate(p), holders.first()) {
                (Some(area), Some(&first)) => usize::from(area) == first,
                (Some(area), None) => rays[usize::from(area)].touches(p),
                (None, _) => false,
            };
            wrong += usize::from(!right);
        }
    }
    println!(
        "{asked} vertices and midpoints: in exactly one area {}, not {wrong} \
         (held by the direction {by_direction}, outer border from the west or south {by_touch}, \
         overlaps of the given areas {overlaps})",
        asked - wrong
    );
    wrong == 0
}

/// The edges of one area in stripes of latitude, for an independent ray.
struct Ray {
    south: i32,
    stripe: i32,
    stripes: Vec<Vec<(GridPoint, GridPoint)>>,
}

impl Ray {
    fn build(area: &MultiPolygon<f64>) -> Self {
        let all: Vec<_> = edges(std::slice::from_ref(area)).map(|(_, a, b)| (a, b)).collect();
        let south = all.iter().map(|(a, _)| a.y).min().unwrap_or(0);
        let north = all.iter().map(|(a, _)| a.y).max().unwrap_or(0);
        let stripe = (north - south) / 256 + 1;
        let mut stripes = vec![Vec::new(); 256];
        for (a, b) in all {
            let at = |y: i32| usize::try_from((y - south) / stripe).unwrap_or(0);
            for stripe in &mut stripes[at(a.y.min(b.y))..=at(a.y.max(b.y))] {
                stripe.push((a, b));
            }
        }
        Self { south, stripe, stripes }
    }

    fn stripe(&self, p: GridPoint) -> &[(GridPoint, GridPoint)] {
        usize::try_from((p.y - self.south).div_euclid(self.stripe))
            .ok()
            .and_then(|at| self.stripes.get(at))
            .map_or(&[], Vec::as_slice)
    }

    fn holds(&self, p: GridPoint) -> bool {
        let crossed = self.stripe(p).iter().filter(|&&(a, b)| {
            let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
            low.y <= p.y && p.y < high.y && cross(low, high, p) <= 0
        });
        crossed.count() % 2 == 1
    }

    fn touches(&self, p: GridPoint) -> bool {
        self.stripe(p).iter().any(|&(a, b)| between(a, b, p) && cross(a, b, p) == 0)
    }
}

/// One cell for each of 1024 × 1024 equal parts of the extent: fast, and wrong along the borders.
struct Raster {
    min: GridPoint,
    per_x: u64,
    per_y: u64,
    cells: Vec<u16>,
}

impl Raster {
    fn build(index: &AreaIndex, frame: GridBox) -> Self {
        let side = RASTER as u64;
        let (width, height) = (
            u64::from(frame.max.x.abs_diff(frame.min.x)),
            u64::from(frame.max.y.abs_diff(frame.min.y)),
        );
        let mut cells = Vec::with_capacity(RASTER * RASTER);
        for row in 0..side {
            for col in 0..side {
                let middle =
                    |size: u64, n: u64| u32::try_from(size * (2 * n + 1) / (2 * side)).unwrap_or(0);
                let x = frame.min.x.wrapping_add_unsigned(middle(width, col));
                let y = frame.min.y.wrapping_add_unsigned(middle(height, row));
                cells.push(index.locate(GridPoint { x, y }).unwrap_or(NOWHERE));
            }
        }
        let per = |size: u64| (side << 32) / (size + 1);
        Self { min: frame.min, per_x: per(width), per_y: per(height), cells }
    }

    #[inline]
    fn read(&self, x: i32, y: i32) -> u16 {
        let part = |n: u32, per: u64| ((u64::from(n) * per) >> 32) as usize;
        let col = part(x.wrapping_sub(self.min.x).cast_unsigned(), self.per_x);
        let row = part(y.wrapping_sub(self.min.y).cast_unsigned(), self.per_y);
        self.cells[row * RASTER + col]
    }
}

#[derive(Default)]
struct Times {
    plain: Vec<f64>,
    prepared: Vec<f64>,
    scalar: Vec<f64>,
    batch: Vec<f64>,
    portable: Vec<f64>,
    raster: Vec<f64>,
    around: Vec<f64>,
}

fn race(
    index: &AreaIndex,
    areas: &[MultiPolygon<f64>],
    extent: GridBox,
    points: &[GridPoint],
) -> bool {
    let plain = Plain::build(areas);
    let prepared: Vec<_> = areas.iter().map(PreparedGeometry::from).collect();
    let raster = Raster::build(index, extent);
    let xs: Vec<i32> = points.iter().map(|p| p.x).collect();
    let ys: Vec<i32> = points.iter().map(|p| p.y).collect();
    let mut out = vec![0_u16; FAST_POINTS];
    let mut around: Vec<Surroundings> = Vec::new();
    let mut times = Times::default();
    for round in 0..ROUNDS {
        let from = round * FAST_POINTS % POINTS;
        let asked: [_; WARM + 1] = std::array::from_fn(|nth| {
            let at =
                (from + (WARM - nth) * (POINTS / (WARM + 1) / FAST_POINTS * FAST_POINTS)) % POINTS;
            (&xs[at..at + FAST_POINTS], &ys[at..at + FAST_POINTS])
        });
        let points = &points[from..from + FAST_POINTS];
        let slow = &points[..SLOW_POINTS];
        times.plain.push(time(slow.len(), || {
            for &p in slow {
                black_box(plain.locate(degrees(p)));
            }
        }));
        times.prepared.push(time(slow.len(), || {
            for &p in slow {
                black_box(through_prepared(&plain, &prepared, degrees(p)));
            }
        }));
        times.raster.push(timed(&asked, &mut out, |xs, ys, out| {
            for ((&x, &y), out) in xs.iter().zip(ys).zip(out) {
                *out = raster.read(x, y);
            }
        }));
        times.scalar.push(timed(&asked, &mut out, |xs, ys, out| {
            for ((&x, &y), out) in xs.iter().zip(ys).zip(out) {
                *out = index.locate(GridPoint { x, y }).unwrap_or(NOWHERE);
            }
        }));
        times.batch.push(timed(&asked, &mut out, |xs, ys, out| index.locate_batch(xs, ys, out)));
        times
            .portable
            .push(timed(&asked, &mut out, |xs, ys, out| index.locate_batch_portable(xs, ys, out)));
        let some = &points[..AROUND_POINTS];
        times.around.push(time(some.len(), || {
            around.clear();
            around.extend(some.iter().map(|&p| index.surroundings(p)));
            black_box(&around);
        }));
    }
    report(&times)
}

fn through_prepared<'a>(
    plain: &Plain<'_>,
    prepared: &[PreparedGeometry<'a, &'a MultiPolygon<f64>>],
    p: Coord<f64>,
) -> u16 {
    let at = Point::from(p);
    plain
        .boxes
        .locate_in_envelope_intersecting(AABB::from_point([p.x, p.y]))
        .filter(|found| prepared[usize::from(found.data)].relate(&at).is_intersects())
        .map(|found| found.data)
        .min()
        .unwrap_or(NOWHERE)
}

/// Nanoseconds a point of filling `out` for the last points, after the others unmeasured: whoever ran
/// before left the caches full of other things.
fn timed(
    asked: &[(&[i32], &[i32])],
    out: &mut [u16],
    run: impl Fn(&[i32], &[i32], &mut [u16]),
) -> f64 {
    let mut ns = 0.0;
    for &(xs, ys) in asked {
        ns = time(out.len(), || {
            run(xs, ys, &mut *out);
            black_box(&mut *out);
        });
    }
    ns
}

/// Nanoseconds a point.
fn time(points: usize, run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e9 / points as f64
}

fn report(times: &Times) -> bool {
    let middle = |times: &[f64]| median(times.iter().copied());
    let (plain, raster) = (middle(&times.plain), middle(&times.raster));
    println!("{:<34}{:>10}{:>14}{:>14}", "", "ns/point", "plain/it", "it/raster");
    let line = |name: &str, times: &[f64]| {
        let ns = middle(times);
        println!("{name:<34}{ns:>10.2}{:>14.1}{:>14.2}", plain / ns, ns / raster);
        (plain / ns, ns / raster)
    };
    line("rstar boxes + geo Intersects", &times.plain);
    line("rstar boxes + geo prepared relate", &times.prepared);
    line("raster 1024², one cell (inexact)", &times.raster);
    let scalar = line("one by one", &times.scalar);
    let batch = line("batch", &times.batch);
    line("batch, portable", &times.portable);
    line("surroundings, one by one", &times.around);
    let reached = [
        ("one by one, times the plain answer", scalar.0 >= SCALAR_OVER_PLAIN),
        ("one by one, within the raster read", scalar.1 <= SCALAR_OVER_RASTER),
        ("batch, times the plain answer", batch.0 >= BATCH_OVER_PLAIN),
        ("batch, within the raster read", batch.1 <= BATCH_OVER_RASTER),
    ];
    for (name, reached) in reached {
        println!("{} {name}", if reached { "reached" } else { "MISSED " });
    }
    reached.iter().all(|(_, reached)| *reached)
}

/// Real points with the area that an office gave them.
fn official(index: &AreaIndex, zones: &Zones, path: &str) -> Result<bool, Fault> {
    let mut rows = csv::Reader::from_path(path)?;
    let columns = rows.headers()?.clone();
    let column = |name: &str| {
        columns.iter().position(|title| title == name).ok_or(format!("no column {name}"))
    };
    let (lon, lat, office) = (column("lon")?, column("lat")?, column("official")?);
    let (mut all, mut agree, mut near) = (0_usize, 0_usize, 0_usize);
    let mut points = Vec::new();
    for row in rows.records() {
        let row = row?;
        let p = grid(Coord { x: row[lon].parse()?, y: row[lat].parse()? });
        points.push(p);
        let around = index.surroundings(p);
        let is = |area: u16| zones.names[usize::from(area)] == row[office];
        all += 1;
        let same = around.area.is_some_and(is);
        agree += usize::from(same);
        near += usize::from(same || around.runner_up.is_some_and(|(area, m)| m <= 1.0 && is(area)));
    }
    let ns = points.chunks_exact(AROUND_POINTS).cycle().take(ROUNDS).map(|points| {
        time(points.len(), || {
            for &p in points {
                black_box(index.surroundings(p));
            }
        })
    });
    let share = |n: usize| 100.0 * n as f64 / all as f64;
    println!(
        "{all} official points: {:.2} % agree, {:.2} % with a runner-up within 1 m; \
         surroundings {:.0} ns a point",
        share(agree),
        share(near),
        median(ns)
    );
    Ok(share(agree) >= 96.4 && share(near) >= 98.9)
}
