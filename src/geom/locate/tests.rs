#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]
use geo_types::{Coord, LineString, Polygon};

use super::*;
use crate::geom::coord::STEPS_PER_DEGREE;

/// A polygon from "x,y x,y …; hole …" in grid steps.
fn polygon(text: &str) -> Polygon<f64> {
    let ring = |text: &str| {
        text.split_whitespace()
            .map(|pair| {
                let (x, y) = pair.split_once(',').unwrap();
                let degrees = |n: &str| f64::from(n.parse::<i32>().unwrap()) / STEPS_PER_DEGREE;
                Coord { x: degrees(x), y: degrees(y) }
            })
            .collect::<LineString<f64>>()
    };
    let mut rings = text.split(';').map(ring);
    Polygon::new(rings.next().unwrap(), rings.collect())
}

fn index(areas: &[&str]) -> AreaIndex {
    let areas: Vec<MultiPolygon<f64>> =
        areas.iter().map(|area| MultiPolygon(area.split('|').map(polygon).collect())).collect();
    AreaIndex::build(&areas.iter().collect::<Vec<_>>())
}

fn at(index: &AreaIndex, x: i32, y: i32) -> Option<u16> {
    index.locate(GridPoint { x, y })
}

#[test]
fn a_shared_arc_belongs_to_the_east_and_a_level_one_to_the_north() {
    let west_east = index(&["0,0 4,0 4,4 0,4", "4,0 8,0 8,4 4,4"]);
    assert_eq!(at(&west_east, 3, 2), Some(0));
    assert_eq!(at(&west_east, 4, 2), Some(1));
    let south_north = index(&["0,0 4,0 4,4 0,4", "0,4 4,4 4,8 0,8"]);
    assert_eq!(at(&south_north, 2, 4), Some(1));
    assert_eq!(at(&south_north, 2, 3), Some(0));
}

#[test]
fn the_outer_border_belongs_to_the_area_inside() {
    let one = index(&["0,0 4,0 4,4 0,4"]);
    for x in -1..=5 {
        for y in -1..=5 {
            let inside = (0..=4).contains(&x) && (0..=4).contains(&y);
            assert_eq!(at(&one, x, y).is_some(), inside, "{x},{y}");
        }
    }
}

/// A small generator, so that the tests need no dice.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u32) -> i32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(below)) as i32
    }
}

fn ring(corners: &[(i64, i64)]) -> LineString<f64> {
    let degrees = |n: i64| n as f64 / STEPS_PER_DEGREE;
    corners.iter().map(|&(x, y)| Coord { x: degrees(x), y: degrees(y) }).collect()
}

/// Both ends of the rule's answers, index against plain, at every given point.
fn same(areas: &[MultiPolygon<f64>], points: impl Iterator<Item = GridPoint>) {
    let refs: Vec<_> = areas.iter().collect();
    let (index, plain) = (AreaIndex::build(&refs), plain::Plain::build(&refs));
    let tree = index.tree.as_ref().unwrap();
    let points: Vec<GridPoint> = points.collect();
    let (xs, ys): (Vec<i32>, Vec<i32>) = points.iter().map(|p| (p.x, p.y)).unzip();
    let (mut batch, mut portable) = (vec![1; xs.len()], vec![2; xs.len()]);
    index.locate_batch(&xs, &ys, &mut batch);
    index.locate_batch_portable(&xs, &ys, &mut portable);
    assert_eq!(batch, portable, "the twins differ in {areas:?}");
    let together = index.surroundings_batch(&points);
    let alone: Vec<_> = points.iter().map(|&p| index.surroundings_portable(p)).collect();
    assert_eq!(together, alone, "the twins differ in {areas:?}");
    for (&p, &area) in points.iter().zip(&batch) {
        assert_eq!(plain.locate(p).unwrap_or(NOWHERE), area, "{p:?} in {areas:?}");
        assert_eq!(tree.holders(p), plain.holders(p), "{p:?} in {areas:?}");
        assert_eq!(index.locate(p), plain.locate(p), "{p:?} in {areas:?}");
        let (quick, slow) = (index.surroundings(p), plain.surroundings(p));
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a),
            (a, b) => a.is_none() && b.is_none(),
        };
        let metres = |s: Surroundings| s.runner_up.map(|(_, metres)| metres);
        assert!(
            quick.area == slow.area
                && near(quick.border_m, slow.border_m)
                && near(metres(quick), metres(slow)),
            "{quick:?} is not {slow:?} at {p:?} in {areas:?}"
        );
        if metres(quick) == metres(slow) {
            assert_eq!(quick.runner_up, slow.runner_up, "at {p:?} in {areas:?}");
        }
    }
}

/// Tangled areas: every ring a few dice throws, crossing itself and its neighbours.
fn tangle(
    dice: &mut Dice,
    areas: usize,
    corners: u32,
    size: u32,
    origin: i64,
    zoom: i64,
) -> Vec<MultiPolygon<f64>> {
    (0..areas)
        .map(|_| {
            let polygons = (0..=dice.next(2)).map(|_| {
                let rings: Vec<_> = (0..=dice.next(2))
                    .map(|_| {
                        let n = 3 + dice.next(corners);
                        let corner = |dice: &mut Dice| {
                            (
                                origin + i64::from(dice.next(size)) * zoom,
                                origin + i64::from(dice.next(size)) * zoom,
                            )
                        };
                        ring(&(0..n).map(|_| corner(dice)).collect::<Vec<_>>())
                    })
                    .collect();
                let mut rings = rings.into_iter();
                Polygon::new(rings.next().unwrap(), rings.collect())
            });
            MultiPolygon(polygons.collect())
        })
        .collect()
}

#[test]
fn every_point_of_tangled_little_areas_is_as_the_rule_says() {
    let mut dice = Dice(7);
    for round in 0..400 {
        let areas = tangle(&mut dice, 1 + round % 4, 6, 24, 0, 1);
        let points = (-1..26).flat_map(|x| (-1..26).map(move |y| GridPoint { x, y }));
        same(&areas, points);
    }
}

#[test]
fn crowded_cells_are_as_the_rule_says() {
    let mut dice = Dice(11);
    for round in 0..60 {
        let zoom = [1, 3, 100, 3_000, 70_000, 900_000][round % 6];
        let areas = tangle(&mut dice, 1 + round % 5, 60, 1000, -500 * zoom, zoom);
        let mut points: Vec<GridPoint> = Vec::new();
        for c in areas.iter().flatten().flat_map(|p| p.exterior().0.iter()) {
            let p = GridPoint { x: (c.x * 1e7).round() as i32, y: (c.y * 1e7).round() as i32 };
            points.extend([p, GridPoint { x: p.x + 1, y: p.y }, GridPoint { x: p.x, y: p.y - 1 }]);
        }
        for _ in 0..300 {
            let c = |dice: &mut Dice| {
                (i64::from(dice.next(1100)) - 550) * zoom + i64::from(dice.next(9)) - 4
            };
            points.push(GridPoint { x: c(&mut dice) as i32, y: c(&mut dice) as i32 });
        }
        same(&areas, points.into_iter());
    }
}

#[test]
fn the_ends_of_the_integers_are_as_the_rule_says() {
    let mut dice = Dice(13);
    let ends = [
        i64::from(i32::MIN),
        i64::from(i32::MIN) + 1,
        -1,
        0,
        1,
        i64::from(i32::MAX) - 1,
        i64::from(i32::MAX),
    ];
    for _ in 0..300 {
        let mut pick = || ends[dice.next(7) as usize];
        let areas: Vec<_> = (0..2)
            .map(|_| {
                let corners: Vec<_> = (0..4).map(|_| (pick(), pick())).collect();
                MultiPolygon(vec![Polygon::new(ring(&corners), vec![])])
            })
            .collect();
        let points: Vec<_> = ends
            .iter()
            .flat_map(|&x| ends.map(|y| GridPoint { x: x as i32, y: y as i32 }))
            .collect();
        same(&areas, points.into_iter());
    }
}

#[test]
fn an_empty_index_holds_nothing() {
    let empty = AreaIndex::build(&[]);
    assert_eq!(empty.extent(), None);
    assert_eq!(at(&empty, 0, 0), None);
}

/// Areas drawn as text, a letter for each unit square, the top line the northernmost. Area 0 is
/// `a`, and so on; each square is a polygon of its own.
fn drawn(picture: &str, unit: i64) -> Vec<MultiPolygon<f64>> {
    let rows: Vec<&str> = picture.split_whitespace().rev().collect();
    let mut areas: Vec<MultiPolygon<f64>> = Vec::new();
    for (y, row) in (0_i64..).zip(&rows) {
        for (x, letter) in (0_i64..).zip(row.bytes()).filter(|(_, letter)| *letter != b'.') {
            let area = usize::from(letter - b'a');
            areas.resize(areas.len().max(area + 1), MultiPolygon(vec![]));
            let (west, south, east, north) = (x * unit, y * unit, (x + 1) * unit, (y + 1) * unit);
            let square = [(west, south), (east, south), (east, north), (west, north)];
            areas[area].0.push(Polygon::new(ring(&square), vec![]));
        }
    }
    areas
}

/// The areas at every vertex of a drawing, as text in the drawing's order.
fn at_vertices(picture: &str) -> String {
    let areas = drawn(picture, 4);
    let index = AreaIndex::build(&areas.iter().collect::<Vec<_>>());
    let rows: Vec<&str> = picture.split_whitespace().collect();
    let (width, height) =
        (i32::try_from(rows[0].len()).unwrap(), i32::try_from(rows.len()).unwrap());
    let letter = |x: i32, y: i32| match at(&index, 4 * x, 4 * y) {
        Some(area) => char::from(b'a' + u8::try_from(area).unwrap()),
        None => '.',
    };
    let line = |y: i32| (0..=width).map(|x| letter(x, y)).collect::<String>();
    (0..=height).rev().map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_vertex_belongs_to_its_north_east_and_on_the_rim_to_the_lowest_that_touches() {
    assert_eq!(at_vertices("ab cd"), "aab abb cdd");
    assert_eq!(at_vertices("a.b"), "aabb aabb");
    assert_eq!(at_vertices("ba a."), "baa baa aa.");
}

#[test]
fn the_hole_of_one_is_the_other_and_its_rim_belongs_by_direction() {
    let index = index(&["0,0 9,0 9,9 0,9; 3,3 3,6 6,6 6,3", "3,3 6,3 6,6 3,6"]);
    assert_eq!(at(&index, 3, 4), Some(1), "its west side");
    assert_eq!(at(&index, 4, 3), Some(1), "its south side");
    assert_eq!(at(&index, 6, 4), Some(0), "its east side");
    assert_eq!(at(&index, 4, 6), Some(0), "its north side");
    assert_eq!(at(&index, 3, 3), Some(1));
    assert_eq!(at(&index, 6, 6), Some(0));
}

#[test]
fn a_hole_that_touches_the_shell_is_still_a_hole() {
    let index = index(&["0,0 8,0 8,8 0,8; 0,4 4,2 4,6"]);
    assert_eq!(at(&index, 2, 4), None);
    assert_eq!(at(&index, 0, 4), Some(0), "where they touch");
    assert_eq!(at(&index, 4, 4), Some(0));
    assert_eq!(at(&index, 2, 3), Some(0), "on the hole's rim");
}

#[test]
fn a_folded_edge_bounds_nothing_but_touches() {
    let spike = index(&["0,0 4,0 4,4 9,4 4,4 0,4", "5,2 8,2 8,6 5,6"]);
    assert_eq!(at(&spike, 6, 4), Some(1), "within the other, the spike is nothing");
    assert_eq!(at(&spike, 9, 4), Some(0), "where nobody else is, it touches");
    assert_eq!(at(&spike, 9, 5), None);
    let collapsed = index(&["3,3 3,3 3,3"]);
    assert_eq!(at(&collapsed, 3, 3), Some(0));
    assert_eq!(at(&collapsed, 3, 4), None);
}

#[test]
fn every_vertex_and_midpoint_of_a_partition_is_in_exactly_one_area() {
    let mut dice = Dice(17);
    for _ in 0..20 {
        let picture: Vec<String> = (0..6)
            .map(|_| {
                (0..6).map(|_| char::from(b'a' + u8::try_from(dice.next(4)).unwrap())).collect()
            })
            .collect();
        let areas = drawn(&picture.join(" "), 2);
        let plain = plain::Plain::build(&areas.iter().collect::<Vec<_>>());
        let all = (0..=12).flat_map(|x| (0..=12).map(move |y| GridPoint { x, y }));
        for p in all.clone() {
            let (one, another) = plain.holders(p);
            assert!(one.is_some() && another.is_none(), "{p:?} in {picture:?}");
        }
        same(&areas, all);
    }
}

#[test]
fn distances_are_metres_on_the_ellipsoid() {
    let index = index(&["0,0 100,0 100,100 0,100", "200,0 300,0 300,100 200,100"]);
    let step = 0.011_131_95;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    let inside = index.surroundings(GridPoint { x: 90, y: 50 });
    assert_eq!((inside.area, inside.runner_up.map(|r| r.0)), (Some(0), Some(1)));
    assert!(near(inside.border_m.unwrap(), 10.0 * step), "{inside:?}");
    assert!(near(inside.runner_up.unwrap().1, 110.0 * step), "{inside:?}");
    let between = index.surroundings(GridPoint { x: 140, y: 50 });
    assert_eq!((between.area, between.runner_up.map(|r| r.0)), (None, Some(0)));
    assert_eq!(between.border_m, between.runner_up.map(|r| r.1));
    let border = index.surroundings(GridPoint { x: 100, y: 50 });
    assert_eq!((border.area, border.border_m), (Some(0), Some(0.0)));
}

#[test]
fn beyond_the_table_the_surroundings_are_still_exact() {
    let mut dice = Dice(19);
    let areas = tangle(&mut dice, 4, 90, 1000, 0, 10);
    let far = [-900_000_000, -50_000, 60_000, 900_000_000];
    same(&areas, far.iter().flat_map(|&x| far.map(|y| GridPoint { x, y })));
}

#[test]
fn well_inside_an_area_its_own_rim_is_not_forgotten() {
    // Many corners make many cells: most lie wholly within one area.
    let round = |x: f64, y: f64, radius: f64| {
        let corner = |nth: i32| {
            let (sin, cos) = (f64::from(nth) * std::f64::consts::TAU / 600.0).sin_cos();
            ((x + radius * cos) as i64, (y + radius * sin) as i64)
        };
        MultiPolygon(vec![Polygon::new(ring(&(0..600).map(corner).collect::<Vec<_>>()), vec![])])
    };
    let areas = [round(0.0, 0.0, 50_000.0), round(130_000.0, 20_000.0, 40_000.0)];
    let mut dice = Dice(23);
    let points: Vec<GridPoint> = (0..400)
        .map(|_| GridPoint { x: dice.next(230_000) - 55_000, y: dice.next(120_000) - 55_000 })
        .collect();
    same(&areas, points.into_iter());
}
