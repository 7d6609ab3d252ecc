//! Clipping against `geo`, and partitions that stay partitions.

use std::collections::HashMap;

use geo::{Area, BooleanOps};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon, Rect};

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::tile::clip;
use crate::geom::tile::exact::twice_area;
use crate::geom::tile::grid::{BUFFER, EXTENT, Tile, Unit, World, ZOOM_MAX};
use crate::geom::tile::partition::faces;
use crate::geom::tile::rings::{Rings, as_degrees};
use crate::geom::validity;

/// A small generator of numbers (splitmix64), so that a failure is told by its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^ (n >> 31)
    }

    /// From 0 to below 1.
    fn part(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / 4_294_967_296.0
    }

    fn within(&mut self, from: f64, to: f64) -> f64 {
        from + self.part() * (to - from)
    }
}

/// A tile somewhere, and its corner.
fn tile() -> (Tile, Unit) {
    let tile = Tile::new(8, 100, 120).unwrap();
    (tile, tile.origin())
}

fn whole(x: f64, y: f64, origin: Unit) -> Unit {
    #[expect(clippy::cast_possible_truncation, reason = "some thousands")]
    let units = |n: f64| n.round() as i32;
    Unit { x: origin.x + units(x), y: origin.y + units(y) }
}

/// A star with a hole of its own shape.
fn star(dice: &mut Dice, origin: Unit) -> Rings {
    let middle = (dice.within(-3_000.0, 7_000.0), dice.within(-3_000.0, 7_000.0));
    let size = dice.within(50.0, 6_000.0);
    let reach: Vec<f64> = (0..60).map(|_| size * dice.within(0.25, 1.0)).collect();
    let ring = |scale: f64| -> Vec<Unit> {
        let at = |(n, reach): (u32, &f64)| {
            let turn = f64::from(n) / 60.0 * std::f64::consts::TAU;
            whole(
                middle.0 + scale * reach * turn.cos(),
                middle.1 + scale * reach * turn.sin(),
                origin,
            )
        };
        (0..).zip(&reach).map(at).collect()
    };
    let mut hole = ring(0.5);
    hole.reverse();
    vec![ring(1.0), hole]
}

/// A comb whose long thin teeth lie nearly along the tile's northern edge, all with one slope.
fn comb(dice: &mut Dice, origin: Unit) -> Rings {
    let mut shell = vec![whole(-900.0, 4_000.0, origin), whole(-900.0, -500.0, origin)];
    let slope = dice.within(-1.0, 14.0);
    let mut y = -90.0;
    while y < -30.0 {
        y += dice.within(1.0, 4.0);
        shell.push(whole(-800.0, y, origin));
        y += dice.within(1.0, 4.0);
        shell.push(whole(5_000.0, y + slope, origin));
    }
    shell.push(whole(-800.0, 90.0, origin));
    shell.push(whole(3_000.0, 4_000.0, origin));
    if twice_area(&shell) < 0 {
        shell.reverse();
    }
    vec![shell]
}

fn is_valid(polygons: &[Rings]) -> bool {
    validity::faults(&Geometry::MultiPolygon(as_degrees(polygons))).is_empty()
}

fn in_units(polygons: &[Rings]) -> MultiPolygon<f64> {
    let at = |p: &Unit| Coord { x: f64::from(p.x), y: f64::from(p.y) };
    let line = |ring: &Vec<Unit>| -> LineString<f64> { ring.iter().map(at).collect() };
    let polygon =
        |rings: &Rings| Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect());
    MultiPolygon(polygons.iter().map(polygon).collect())
}

fn shoelace(polygons: &[Rings]) -> i64 {
    polygons.iter().flatten().map(|ring| twice_area(ring)).sum()
}

#[test]
fn random_polygons_are_cut_as_geo_cuts_them() {
    let (tile, origin) = tile();
    let edge = f64::from(BUFFER) + 0.5;
    let far = f64::from(EXTENT) + edge;
    let window = Rect::new((-edge, -edge), (far, far)).to_polygon();
    let (mut looked_at, mut crossed) = (0, 0);
    for seed in 0..900 {
        let mut dice = Dice(seed);
        let given = if seed % 3 == 0 { comb(&mut dice, origin) } else { star(&mut dice, origin) };
        if !is_valid(std::slice::from_ref(&given)) {
            continue;
        }
        looked_at += 1;
        let cut = clip::polygons(std::slice::from_ref(&given), tile);
        assert!(is_valid(&cut), "{seed}: {cut:?}");
        for rings in &cut {
            for (at, ring) in rings.iter().enumerate() {
                assert_eq!(twice_area(ring) > 0, at == 0, "{seed}: ring {at} of {rings:?}");
                let holds = |n: i32| (-BUFFER - 1..=EXTENT + BUFFER + 1).contains(&n);
                assert!(ring.iter().all(|p| holds(p.x) && holds(p.y)), "{seed}: {ring:?}");
            }
        }
        let local = |ring: &Vec<Unit>| -> Vec<Unit> {
            ring.iter().map(|p| Unit { x: p.x - origin.x, y: p.y - origin.y }).collect()
        };
        let moved: Rings = given.iter().map(local).collect();
        let expected = in_units(&[moved]).intersection(&window);
        let difference = in_units(&cut).xor(&expected).unsigned_area();
        // The window is drawn half a unit wider, and each crossing bends a segment by up to one.
        let crossings = cut.iter().flatten().flatten().filter(|p| {
            [-BUFFER - 1, EXTENT + BUFFER + 1].iter().any(|edge| p.x == *edge || p.y == *edge)
        });
        let crossings = u32::try_from(crossings.count()).unwrap();
        crossed += crossings;
        let allowed = 4.0 * (far + edge) + f64::from(crossings) * 3_000.0;
        assert!(difference <= allowed, "{seed}: {difference} > {allowed}");
    }
    assert!(looked_at > 780 && crossed > 3_000, "{looked_at} {crossed}");
}

#[test]
fn a_polygon_around_a_tile_fills_it_and_one_beside_it_is_not_there() {
    let (tile, origin) = tile();
    let square = |low: f64, high: f64| {
        let at = [(low, low), (high, low), (high, high), (low, high)];
        at.map(|(x, y)| whole(x, y, origin)).to_vec()
    };
    let around = square(-9_000.0, 9_000.0);
    let full = clip::polygons(&[vec![around.clone()]], tile);
    assert_eq!(shoelace(&full), 2 * i64::from(EXTENT + 2 * BUFFER + 2).pow(2));
    let turned = |mut ring: Vec<Unit>| {
        ring.reverse();
        ring
    };
    // A hole around the tile, one in it, and one across its corner.
    let gone = clip::polygons(&[vec![around.clone(), turned(square(-5_000.0, 5_000.0))]], tile);
    assert!(gone.is_empty(), "{gone:?}");
    let holed = clip::polygons(&[vec![around.clone(), turned(square(100.0, 200.0))]], tile);
    assert_eq!(holed[0].len(), 2);
    let nicked = clip::polygons(&[vec![around, turned(square(-500.0, 500.0))]], tile);
    assert_eq!((nicked.len(), nicked[0].len()), (1, 1));
    assert_eq!(shoelace(&nicked), 2 * (i64::from(EXTENT + 130).pow(2) - 565 * 565));
    assert!(clip::polygons(&[vec![square(5_000.0, 6_000.0)]], tile).is_empty());
    assert!(clip::polygons(&[vec![square(-70.0, -65.0)]], tile).is_empty());
}

/// A net of cells with bent borders, each bent once for both sides: areas in degrees.
fn net(dice: &mut Dice) -> Vec<MultiPolygon<f64>> {
    const CELLS: i32 = 6;
    const PIECES: i32 = 24;
    let mesh = 120_000;
    let mut bent: HashMap<(i32, i32), Coord<f64>> = HashMap::new();
    let mut place = |x: i32, y: i32| {
        *bent.entry((x, y)).or_insert_with(|| Coord {
            x: (1_094_000_000.0 + f64::from(x * mesh / PIECES) + dice.within(-1_900.0, 1_900.0))
                .round()
                / STEPS_PER_DEGREE,
            y: (365_000_000.0 + f64::from(y * mesh / PIECES) + dice.within(-1_900.0, 1_900.0))
                .round()
                / STEPS_PER_DEGREE,
        })
    };
    let mut areas = Vec::new();
    for (i, j) in (0..CELLS).flat_map(|i| (0..CELLS).map(move |j| (i, j))) {
        let (west, south) = (i * PIECES, j * PIECES);
        let mut ring = Vec::new();
        ring.extend((0..PIECES).map(|n| (west + n, south)));
        ring.extend((0..PIECES).map(|n| (west + PIECES, south + n)));
        ring.extend((0..PIECES).map(|n| (west + PIECES - n, south + PIECES)));
        ring.extend((0..PIECES).map(|n| (west, south + PIECES - n)));
        let line: LineString<f64> = ring.into_iter().map(|(x, y)| place(x, y)).collect();
        areas.push(MultiPolygon(vec![Polygon::new(line, vec![])]));
    }
    areas
}

/// How often each segment is walked, from its first end to its second.
fn walked(areas: &[Vec<Rings>]) -> HashMap<(Unit, Unit), usize> {
    let mut count = HashMap::new();
    for ring in areas.iter().flatten().flatten() {
        for (at, &p) in ring.iter().enumerate() {
            *count.entry((p, ring[(at + 1) % ring.len()])).or_insert(0) += 1;
        }
    }
    count
}

#[test]
fn neighbours_share_their_borders_vertex_by_vertex_at_every_zoom_and_in_every_tile() {
    for seed in 0..4 {
        let given = net(&mut Dice(seed));
        let areas: Vec<&MultiPolygon<f64>> = given.iter().collect();
        let built = build(&areas, &BuildSettings::default()).unwrap();
        let coverage = Coverage::from_sides(&built.sides).unwrap();
        for zoom in 0..=ZOOM_MAX {
            let drawn = faces(&coverage, given.len(), zoom);
            assert!(drawn.iter().all(|area| is_valid(area)), "{seed} {zoom}");
            let count = walked(&drawn);
            assert!(count.values().all(|n| *n == 1), "{seed} {zoom}: a segment is walked twice");
            if zoom >= 12 {
                assert!(drawn.iter().all(|area| !area.is_empty()), "{seed} {zoom}");
                // What has an area on one side alone is the net's outline: one ring, and no gap within.
                let alone = count.keys().filter(|(a, b)| !count.contains_key(&(*b, *a)));
                let outline: HashMap<Unit, Unit> = alone.copied().collect();
                let first = *outline.keys().next().unwrap();
                let around = std::iter::successors(Some(first), |at| outline.get(at).copied());
                let length = 1 + around.skip(1).take_while(|at| *at != first).count();
                assert_eq!(length, outline.len(), "{seed} {zoom}");
            }
            tiles_are_covered(&drawn, zoom, seed);
        }
    }
}

/// A tile in the middle of the net, and those around it, are covered without gap and overlap.
fn tiles_are_covered(drawn: &[Vec<Rings>], zoom: u32, seed: u64) {
    let middle = World::of(GridPoint { x: 1_094_360_000, y: 365_360_000 });
    let tile = Tile::holding(middle, zoom);
    let cut: Vec<Vec<Rings>> = drawn.iter().map(|area| clip::polygons(area, tile)).collect();
    assert!(cut.iter().all(|area| is_valid(area)), "{seed} {zoom}");
    let is_deep = zoom >= 14;
    if is_deep {
        let side = i64::from(EXTENT + 2 * BUFFER + 2);
        let all: i64 = cut.iter().map(|area| shoelace(area)).sum();
        let off = (all - 2 * side * side).abs();
        assert!(off <= 2 * side, "{seed} {zoom}: {off} half units are not covered once");
    }
}
