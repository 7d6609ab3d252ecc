//! Random broken partitions, judged by GEOS: what our check says of them edge for edge, and whether
//! what is built of them is a valid coverage.

use std::process::Command;

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use serde_json::{Value, json};
use zonewarden::geom::coverage::build::build;
use zonewarden::geom::coverage::build::check::check;
use zonewarden::geom::coverage::build::settings::BuildSettings;

const CASES: u64 = 400;

/// The Python that has shapely, as `tests/run` names it; says so loudly when there is none, and fails
/// where it must be.
fn python() -> Option<String> {
    let found = std::env::var("ZONEWARDEN_TEST_SHAPELY").ok();
    if found.is_none() {
        let must = std::env::var("REQUIRE_SHAPELY").is_ok();
        assert!(!must, "REQUIRE_SHAPELY is set, ZONEWARDEN_TEST_SHAPELY is not");
        eprintln!("SKIPPED: ZONEWARDEN_TEST_SHAPELY names no Python with shapely");
    }
    found
}

/// Numbers that look random, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i32) -> i32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }

    fn about(&mut self, n: i32) -> i32 {
        self.below(2 * n + 1) - n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(i32::try_from(n).unwrap())).unwrap()
    }
}

type Ring = Vec<[i32; 2]>;
/// The parts of an area, each with its shell and holes.
type Shape = Vec<Vec<Ring>>;

/// The blocks of a jittered lattice, some of them two joined.
fn lattice(dice: &mut Dice) -> Vec<Shape> {
    const PITCH: i32 = 1_000;
    let size = 3 + dice.below(3);
    let mut lattice = Vec::new();
    for i in 0..=size {
        for j in 0..=size {
            lattice.push([i * PITCH + dice.about(300), j * PITCH + dice.about(300)]);
        }
    }
    let at = |i: i32, j: i32| lattice[usize::try_from(i * (size + 1) + j).unwrap()];
    let mut shapes = Vec::new();
    for i in 0..size {
        let mut j = 0;
        while j < size {
            let tall = if j + 1 < size { 1 + dice.below(2) } else { 1 };
            let mut ring: Ring = (j..=j + tall).map(|j| at(i, j)).collect();
            ring.extend((j..=j + tall).rev().map(|j| at(i + 1, j)));
            shapes.push(vec![vec![ring]]);
            j += tall;
        }
    }
    shapes
}

/// A ring half as large, around the middle of the corners.
fn within(ring: &Ring) -> Ring {
    let count = i32::try_from(ring.len()).unwrap();
    let middle = [0_usize, 1].map(|axis| ring.iter().map(|p| p[axis]).sum::<i32>() / count);
    ring.iter()
        .map(|p| [0_usize, 1].map(|axis| middle[axis] + (p[axis] - middle[axis]) / 2))
        .collect()
}

/// A whole partition: some blocks have a hole, which is left empty, or is an island of one area, of one around
/// another, or of a second part of some other block; sometimes the first block and the last are one area.
fn whole(dice: &mut Dice) -> Vec<Shape> {
    let mut shapes = lattice(dice);
    let blocks = shapes.len();
    for _ in 0..dice.below(4) {
        let host = dice.index(blocks);
        if shapes[host][0].len() > 1 {
            continue;
        }
        let hole = within(&shapes[host][0][0]);
        shapes[host][0].push(hole.clone());
        match dice.below(4) {
            0 => {}
            1 => shapes.push(vec![vec![hole]]),
            2 => {
                let inner = within(&hole);
                shapes.push(vec![vec![hole, inner.clone()]]);
                shapes.push(vec![vec![inner]]);
            }
            _ => {
                let other = (host + 1 + dice.index(blocks - 1)) % blocks;
                shapes[other].push(vec![hole]);
            }
        }
    }
    if dice.below(3) == 0 {
        let last = shapes.remove(blocks - 1);
        shapes[0].extend(last);
    }
    shapes
}

/// A partition with a few things broken.
fn broken(dice: &mut Dice) -> Vec<Shape> {
    let mut shapes = whole(dice);
    let far = [2, 30, 300][dice.index(3)];
    for _ in 0..dice.below(5) {
        let i = dice.index(shapes.len());
        let part = dice.index(shapes[i].len());
        let number = dice.index(shapes[i][part].len());
        let ring = &mut shapes[i][part][number];
        let v = dice.index(ring.len());
        match dice.below(4) {
            0 => ring[v] = ring[v].map(|x| x + dice.about(far)),
            1 if ring.len() > 4 => drop(ring.remove(v)),
            2 => {
                let way = [dice.about(far), dice.about(far)];
                for p in ring.iter_mut() {
                    *p = [p[0] + way[0], p[1] + way[1]];
                }
            }
            _ => {
                let twin = shapes[i].clone();
                shapes.push(twin);
            }
        }
    }
    shapes
}

fn area(shape: &Shape) -> MultiPolygon<f64> {
    let coord = |p: &[i32; 2]| Coord { x: f64::from(p[0]) / 1e7, y: f64::from(p[1]) / 1e7 };
    let line = |ring: &Ring| {
        let mut line: LineString<f64> = ring.iter().map(coord).collect();
        line.close();
        line
    };
    let part = |rings: &Vec<Ring>| {
        let mut lines = rings.iter().map(line);
        Polygon::new(lines.next().unwrap(), lines.collect())
    };
    shape.iter().map(part).collect()
}

fn case(seed: u64) -> Value {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let shapes = broken(&mut dice);
    let areas: Vec<MultiPolygon<f64>> = shapes.iter().map(area).collect();
    let areas: Vec<&MultiPolygon<f64>> = areas.iter().collect();
    let mut invalid = vec![Vec::new(); areas.len()];
    for edges in check(&areas, 0.0).unwrap() {
        let pairs = edges.line.windows(2).map(|p| json!([[p[0].x, p[0].y], [p[1].x, p[1].y]]));
        invalid[edges.area].extend(pairs);
    }
    let built = build(&areas, &BuildSettings::default()).unwrap();
    let sides: Vec<Value> =
        built.sides.iter().map(|s| json!([s.a.x, s.a.y, s.b.x, s.b.y, s.left, s.right])).collect();
    json!({ "areas": shapes, "invalid": invalid, "sides": sides })
}

#[test]
fn geos_agrees_on_broken_partitions_and_on_what_is_built_of_them() {
    let Some(python) = python() else { return };
    let cases: Vec<Value> = (0..CASES).map(case).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_vec(&cases).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/coverage_oracle/judge.py");
    let out = Command::new(python).arg(script).arg(file.path()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let judged: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(judged["cases"], CASES);
    assert!(judged["compared"].as_u64().unwrap() > CASES / 2, "{judged}");
    assert!(judged["invalid"].as_u64().unwrap() > CASES / 4, "{judged}");
    // Of those that were compared.
    assert!(judged["holes"].as_u64().unwrap() > CASES / 4, "{judged}");
    assert!(judged["parts"].as_u64().unwrap() > CASES / 8, "{judged}");
}
