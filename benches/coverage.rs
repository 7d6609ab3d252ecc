//! The partition: what an edit costs on 64 zones out of 10,816 blocks, and on 64 zones of 100,000 segments; and what
//! the check and the dissolving of 10,000 blocks do.
//!
//! Run by hand: `cargo bench --bench coverage -- [ZONES.geojson]`, or the path in `ZONEWARDEN_BENCH_ZONES`.
//! Every edit is planned and applied, and undone afterwards; times are those of this machine. Of the file it is told
//! how long its polygons take to become a partition, beside the clean of GEOS: `ZONEWARDEN_BENCH_PYTHON` names a python
//! with shapely, which runs `benches/coverage/compare.py`. `ZONEWARDEN_BENCH_EDITS` (20,000) says how many edits are
//! drawn at random against the laws. Each figure that has a target is held against it; ends with an error when one is
//! missed.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Instant;

use geo::CoordsIter;
use geo_types::{Geometry, MultiPolygon};
use zonewarden::geom::coord::GridPoint;
use zonewarden::geom::coverage::build::build;
use zonewarden::geom::coverage::build::settings::BuildSettings;
use zonewarden::geom::coverage::edit::command::{Edit, Share};
use zonewarden::geom::coverage::edit::locks::Locks;
use zonewarden::geom::coverage::edit::place::Place;
use zonewarden::geom::coverage::map::Coverage;
use zonewarden::geom::coverage::side::{FaceLabel, Side};

/// Zones in a row, and steps between two corners: 1.8 km.
const ZONES: i32 = 8;
const ZONE_STEPS: i32 = 200_000;
/// Segments of a border between two corners.
const SEGMENTS: i32 = 700;
/// Blocks along one side of a zone, and segments of one side of a block.
const BLOCKS: i32 = 13;
const BLOCK_SEGMENTS: i32 = 4;
/// Most microseconds that an edit of zones out of blocks may take: in the middle of all, and of 99 in 100.
const MEDIAN_US: f64 = 200.0;
const P99_US: f64 = 2_000.0;
/// Most milliseconds that the check of 10,000 blocks, and their dissolving, may take.
const BLOCKS_MS: f64 = 10.0;
/// Edits of each kind.
const TRIES: usize = 400;
const CORNER: GridPoint = GridPoint { x: 1_094_000_000, y: 365_000_000 };

/// Makes an edit of one kind.
type Making = fn(&mut Dice, &[Side]) -> Edit;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut reached = zones_of_blocks();
    zones_of_long_borders();
    reached &= blocks();
    let count =
        std::env::var("ZONEWARDEN_BENCH_EDITS").map_or(Ok(20_000), |count| count.parse())?;
    laws(count);
    let path = std::env::args().skip(1).find(|word| !word.starts_with("--"));
    match path.or_else(|| std::env::var("ZONEWARDEN_BENCH_ZONES").ok()) {
        Some(path) => reached &= world(&path)?,
        None => println!("a file of the world: SKIPPED (give ZONES.geojson)"),
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The polygons of a file as a partition; whether that took no longer than the clean of GEOS, where it could be asked.
fn world(path: &str) -> Result<bool, Box<dyn std::error::Error>> {
    let file: geojson::GeoJson = std::fs::read_to_string(path)?.parse()?;
    let mut areas: Vec<MultiPolygon<f64>> = Vec::new();
    for feature in geojson::FeatureCollection::try_from(file)?.features {
        match feature.geometry.map(Geometry::<f64>::try_from).transpose()? {
            Some(Geometry::Polygon(one)) => areas.push(MultiPolygon(vec![one])),
            Some(Geometry::MultiPolygon(some)) => areas.push(some),
            _ => {}
        }
    }
    let given: Vec<&MultiPolygon<f64>> = areas.iter().collect();
    let vertices: usize = areas.iter().map(CoordsIter::coords_count).sum();
    println!("{path}: {} areas, {vertices} vertices", areas.len());
    let ours_ms = best("build", || assert!(build(&given, &BuildSettings::default()).is_ok()));
    let Ok(python) = std::env::var("ZONEWARDEN_BENCH_PYTHON") else {
        println!("GEOS: SKIPPED (ZONEWARDEN_BENCH_PYTHON names no python with shapely)");
        return Ok(true);
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/coverage/compare.py");
    let ran = Command::new(&python).args([script, path]).output()?;
    let told = String::from_utf8_lossy(&ran.stdout);
    let Some(theirs_ms) = clean_ms(&told) else {
        return Err(format!("{python}: {}", String::from_utf8_lossy(&ran.stderr)).into());
    };
    println!("{:16} {theirs_ms:7.2} ms", "clean of GEOS");
    Ok(within("the build", ours_ms, theirs_ms))
}

/// What the script says of the clean.
fn clean_ms(told: &str) -> Option<f64> {
    let line = told.lines().find_map(|line| line.strip_prefix("coverage_clean"))?;
    line.trim().strip_suffix("ms")?.trim().parse().ok()
}

/// Whether a time is within its target; it is told.
fn within(what: &str, took_ms: f64, target_ms: f64) -> bool {
    let reached = took_ms <= target_ms;
    let verdict = if reached { "reached" } else { "MISSED" };
    println!("{what} {took_ms:.2} ms, at most {target_ms:.2} ms: {verdict}");
    reached
}

/// Numbers by a fixed rule (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^ (n >> 31)
    }

    fn within(&mut self, from: i32, to: i32) -> i32 {
        let span = u64::try_from(to - from).unwrap_or(1);
        from + i32::try_from(self.next() % span).unwrap_or(0)
    }

    fn near(&mut self, p: GridPoint, far: i32) -> GridPoint {
        GridPoint { x: p.x + self.within(-far, far), y: p.y + self.within(-far, far) }
    }
}

/// How a net of bent quadrilaterals is made.
struct Net {
    across: i32,
    mesh: i32,
    per_edge: i32,
    wiggle: i32,
}

/// The borders of a net whose cells are numbered by row.
fn net(net: &Net) -> Vec<Side> {
    let mut dice = Dice(7);
    let bend = net.mesh / 8;
    let mut knot = |x: i32, y: i32| {
        dice.near(GridPoint { x: CORNER.x + x * net.mesh, y: CORNER.y + y * net.mesh }, bend)
    };
    let knots: Vec<Vec<GridPoint>> =
        (0..=net.across).map(|y| (0..=net.across).map(|x| knot(x, y)).collect()).collect();
    let cell = |x: i32, y: i32| -> FaceLabel {
        let inside = (0..net.across).contains(&x) && (0..net.across).contains(&y);
        u16::try_from(y * net.across + x).ok().filter(|_| inside)
    };
    let mut sides = Vec::new();
    let mut border = |p: GridPoint, q: GridPoint, left: FaceLabel, right: FaceLabel| {
        let mut last = p;
        for n in 1..=net.per_edge {
            let part = |from: i32, to: i32| from + (to - from) * n / net.per_edge;
            let on = GridPoint { x: part(p.x, q.x), y: part(p.y, q.y) };
            let at = if n < net.per_edge { dice.near(on, net.wiggle) } else { q };
            sides.push(Side::new(last, at, left, right));
            last = at;
        }
    };
    for (y, row) in (0..).zip(&knots) {
        for (x, pair) in (0..).zip(row.windows(2)) {
            border(pair[0], pair[1], cell(x, y), cell(x, y - 1));
        }
    }
    for (y, rows) in (0..).zip(knots.windows(2)) {
        for (x, (&low, &high)) in (0..).zip(rows[0].iter().zip(&rows[1])) {
            border(low, high, cell(x - 1, y), cell(x, y));
        }
    }
    sides
}

/// Zones as they are made of street blocks, whose figures are held against the target.
fn zones_of_blocks() -> bool {
    let mesh = ZONE_STEPS / BLOCKS;
    let sides = net(&Net { across: ZONES * BLOCKS, mesh, per_edge: BLOCK_SEGMENTS, wiggle: 100 });
    let zone = |block: i32| {
        let (x, y) = (block % (ZONES * BLOCKS), block / (ZONES * BLOCKS));
        u16::try_from(y / BLOCKS * ZONES + x / BLOCKS).ok()
    };
    let table: Vec<FaceLabel> = (0..(ZONES * BLOCKS).pow(2)).map(zone).collect();
    let Ok(blocks) = Coverage::from_sides(&sides) else {
        println!("the blocks are no partition");
        return false;
    };
    let slowest = edits(blocks.relabelled(&table));
    let reached = slowest.is_some_and(|(median, p99)| median <= MEDIAN_US && p99 <= P99_US);
    let verdict = if reached { "reached" } else { "MISSED" };
    println!("each kind within {MEDIAN_US} µs, 99 in 100 within {P99_US} µs: {verdict}");
    reached
}

/// Zones whose borders are drawn far more finely than those of any city that was seen.
fn zones_of_long_borders() {
    let sides = net(&Net { across: ZONES, mesh: ZONE_STEPS, per_edge: SEGMENTS, wiggle: 40 });
    match Coverage::from_sides(&sides) {
        Ok(coverage) => drop(edits(coverage)),
        Err(_) => println!("the net is no partition"),
    }
}

/// Edits of each kind. The largest median and the largest of the 99th in a hundred, in microseconds.
fn edits(mut coverage: Coverage) -> Option<(f64, f64)> {
    println!("{} zones, {} segments", coverage.faces().len(), coverage.len());
    let sides = coverage.sides();
    let mut dice = Dice(1);
    let kinds: [(&str, Making); 6] = [
        ("move a vertex", move_vertex),
        ("delete a vertex", delete_vertex),
        ("split a zone", split),
        ("merge two zones", merge),
        ("give a block", give),
        ("cut a hole", hole),
    ];
    let mut slowest = (0.0_f64, 0.0_f64);
    for (kind, draw) in kinds {
        let (mut planned_us, mut moved_us) = (Vec::new(), Vec::new());
        for _ in 0..TRIES {
            let edit = draw(&mut dice, &sides);
            let start = Instant::now();
            let Ok(planned) = coverage.plan(&edit, &Locks::default()) else { continue };
            if coverage.apply(&planned.patch).is_err() {
                println!("{kind}: a plan that does not apply");
                return None;
            }
            planned_us.push(start.elapsed().as_secs_f64() * 1e6);
            let start = Instant::now();
            black_box(planned.patch.moved());
            moved_us.push(start.elapsed().as_secs_f64() * 1e6);
            let undone = coverage.apply(&planned.patch.inverse());
            assert_eq!(undone, Ok(()), "{kind}");
        }
        let (median, p99) = tell(kind, &mut planned_us);
        tell("  who moves", &mut moved_us);
        slowest = (slowest.0.max(median), slowest.1.max(p99));
    }
    assert!(coverage.check().is_empty());
    Some(slowest)
}

/// Edits at random on a small city, one upon the other: after each that is not refused every law holds, and every other one
/// is undone bit for bit.
fn laws(count: u32) {
    let small = net(&Net { across: ZONES, mesh: ZONE_STEPS, per_edge: 6, wiggle: 3_000 });
    let kinds: [Making; 6] = [move_vertex, delete_vertex, split, merge, give, hole];
    let (mut dice, mut done, mut refused) = (Dice(3), 0, 0);
    let mut coverage = Coverage::default();
    let mut sides = Vec::new();
    for n in 0..count {
        if n % 400 == 0 {
            coverage = Coverage::from_sides(&small).unwrap_or_default();
        }
        if n % 20 == 0 {
            sides = coverage.sides();
        }
        let kind = usize::try_from(dice.next() % 6).unwrap_or(0);
        let edit = kinds[kind](&mut dice, &sides);
        let Ok(planned) = coverage.plan(&edit, &Locks::default()) else {
            refused += 1;
            continue;
        };
        let before = coverage.sides();
        assert_eq!(coverage.apply(&planned.patch), Ok(()), "edit {n}: {edit:?}");
        let faults = coverage.check();
        assert!(faults.is_empty(), "edit {n}: {edit:?}: {faults:?}");
        if dice.next() % 2 == 0 {
            assert_eq!(coverage.apply(&planned.patch.inverse()), Ok(()), "edit {n}");
            assert!(coverage.sides() == before, "edit {n}: {edit:?} is undone bit for bit");
        }
        done += 1;
    }
    println!("{done} edits at random kept every law, {refused} more were refused");
}

/// Median and 99th in a hundred.
fn tell(what: &str, took_us: &mut [f64]) -> (f64, f64) {
    took_us.sort_by(f64::total_cmp);
    let at = |percent: usize| took_us.get(took_us.len() * percent / 100).copied().unwrap_or(0.0);
    println!("{what:16} {:4}  median {:7.1} µs  p99 {:7.1} µs", took_us.len(), at(50), at(99));
    (at(50), at(99))
}

fn pick<'a>(dice: &mut Dice, sides: &'a [Side]) -> &'a Side {
    let count = u64::try_from(sides.len()).unwrap_or(1);
    &sides[usize::try_from(dice.next() % count).unwrap_or(0)]
}

/// A zone, and a place in its middle.
fn zone(dice: &mut Dice) -> (u16, GridPoint) {
    let (x, y) = (dice.within(0, ZONES), dice.within(0, ZONES));
    let middle = |n: i32| ZONE_STEPS * n + ZONE_STEPS / 2;
    let at = GridPoint { x: CORNER.x + middle(x), y: CORNER.y + middle(y) };
    (u16::try_from(y * ZONES + x).unwrap_or(0), at)
}

fn by(p: GridPoint, x: i32, y: i32) -> Place {
    Place(GridPoint { x: p.x + x, y: p.y + y })
}

fn move_vertex(dice: &mut Dice, sides: &[Side]) -> Edit {
    let from = pick(dice, sides).a;
    Edit::MoveVertex { from: Place(from), to: Place(dice.near(from, 60)) }
}

fn delete_vertex(dice: &mut Dice, sides: &[Side]) -> Edit {
    Edit::DeleteVertex { at: Place(pick(dice, sides).a) }
}

fn split(dice: &mut Dice, _: &[Side]) -> Edit {
    let (face, at) = zone(dice);
    let (x, y) = (dice.within(-ZONE_STEPS / 2, ZONE_STEPS / 2), ZONE_STEPS * 6 / 10);
    Edit::Split { face, line: vec![by(at, -x, -y), Place(at), by(at, x, y)], new_face: 100 }
}

fn merge(dice: &mut Dice, sides: &[Side]) -> Edit {
    let side = pick(dice, sides);
    Edit::Merge { into: side.left.unwrap_or(0), from: side.right.unwrap_or(0) }
}

/// A square of 40 m over a border.
fn give(dice: &mut Dice, sides: &[Side]) -> Edit {
    let side = pick(dice, sides);
    let (at, wide) = (dice.near(side.a, 2_000), 4_000);
    let ring = vec![by(at, 0, 0), by(at, wide, 0), by(at, wide, wide), by(at, 0, wide)];
    let what = Share::Area { polygons: vec![vec![ring]] };
    Edit::Give { what, from: side.left, to: side.right }
}

fn hole(dice: &mut Dice, _: &[Side]) -> Edit {
    let (face, at) = zone(dice);
    let ring = vec![by(at, 0, 0), by(at, 5_000, 0), by(at, 5_000, 5_000)];
    Edit::AddHole { face, ring, new_face: Some(100) }
}

fn blocks() -> bool {
    let mut reached = true;
    for per_edge in [1, 4] {
        let sides = net(&Net { across: 100, mesh: 16_000, per_edge, wiggle: 100 });
        let Ok(blocks) = Coverage::from_sides(&sides) else {
            println!("the blocks are no partition");
            return false;
        };
        let table: Vec<FaceLabel> =
            (0..10_000).map(|block: u16| Some(block % 100 / 13 + 8 * (block / 1_300))).collect();
        println!("10,000 blocks, {} segments", blocks.len());
        let check = best("check", || assert!(blocks.check().is_empty()));
        let dissolve = best("dissolve", || assert_eq!(blocks.relabelled(&table).faces().len(), 64));
        reached &= within("the check", check, BLOCKS_MS);
        reached &= within("the dissolving", dissolve, BLOCKS_MS);
    }
    reached
}

/// The shortest of some times, in milliseconds.
fn best(what: &str, work: impl Fn()) -> f64 {
    let mut took_ms = f64::INFINITY;
    for _ in 0..7 {
        let start = Instant::now();
        work();
        took_ms = took_ms.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("{what:16} {took_ms:7.2} ms");
    took_ms
}
