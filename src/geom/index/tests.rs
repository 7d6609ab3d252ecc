//! The index against plain loops over every geometry.

use geo::{Intersects, Rect};
use geo_types::{LineString, MultiPolygon, Point, point, polygon};

use super::*;
use crate::geom::measure::on_grid;
use crate::geom::project::{Scale, origin_to_segment};

/// Small repeatable dice (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    /// A number of steps in -n..=n.
    fn about(&mut self, n: i32) -> i32 {
        i32::try_from(self.below(2 * u64::from(n.unsigned_abs()) + 1)).unwrap() - n
    }

    fn spot(&mut self, n: i32) -> Coord<f64> {
        let p = GridPoint { x: 1_094_840_000 + self.about(n), y: 365_850_000 + self.about(n) };
        Coord { x: p.degrees().lon(), y: p.degrees().lat() }
    }
}

fn town(seed: u64, n: usize) -> Vec<Geometry<f64>> {
    let dice = &mut Dice(seed);
    (0..n)
        .map(|i| {
            let c = dice.spot(500_000);
            let mut near = |r: i32| {
                let d = dice.about(r);
                let e = dice.about(r);
                Coord { x: c.x + f64::from(d) / 1e7, y: c.y + f64::from(e) / 1e7 }
            };
            let geometry = match i % 5 {
                0 | 1 => Geometry::Point(Point(c)),
                2 => Geometry::LineString((0..9).map(|_| near(40_000)).collect()),
                3 => Geometry::Polygon(star(c, 30_000.0, i)),
                _ => {
                    let hole = star(c, 9_000.0, i);
                    let outer = star(c, 60_000.0, i).exterior().clone();
                    let apart = star(Coord { x: c.x + 0.02, y: c.y }, 20_000.0, i);
                    let ring = Polygon::new(outer, vec![hole.exterior().clone()]);
                    Geometry::MultiPolygon(MultiPolygon(vec![ring, apart]))
                }
            };
            on_grid(&geometry)
        })
        .collect()
}

fn star(c: Coord<f64>, steps: f64, turn: usize) -> Polygon<f64> {
    let corners = (0..12u32).map(|i| {
        let t =
            f64::from(i) * std::f64::consts::TAU / 12.0 + f64::from(u32::try_from(turn).unwrap());
        let r = steps / 1e7 * if i % 2 == 0 { 1.0 } else { 0.6 };
        (c.x + r * t.cos(), c.y + r * t.sin())
    });
    Polygon::new(corners.collect(), vec![])
}

/// The plain way: every edge of every geometry.
fn plain_distance_m(from: GridPoint, geometry: &Geometry<f64>) -> f64 {
    let at = from.degrees();
    if geometry.intersects(&point!(x: at.lon(), y: at.lat())) {
        return 0.0;
    }
    let scale = Scale::at(at.lat());
    let metres = |c: Coord<f64>| {
        let p = grid(c);
        let (dx, dy) = (f64::from(p.x) - f64::from(from.x), f64::from(p.y) - f64::from(from.y));
        [dx * (scale.lon_m / 1e7), dy * (scale.lat_m / 1e7)]
    };
    let line = |line: &LineString<f64>| {
        line.0
            .windows(2)
            .map(|pair| origin_to_segment(metres(pair[0]), metres(pair[1])))
            .fold(f64::INFINITY, f64::min)
    };
    let polygon =
        |one: &Polygon<f64>| one.interiors().iter().map(line).fold(line(one.exterior()), f64::min);
    match geometry {
        Geometry::Point(p) => origin_to_segment(metres(p.0), metres(p.0)),
        Geometry::LineString(one) => line(one),
        Geometry::Polygon(one) => polygon(one),
        Geometry::MultiPolygon(all) => all.iter().map(polygon).fold(f64::INFINITY, f64::min),
        other => panic!("not in the town: {other:?}"),
    }
}

fn plain_hits(from: GridPoint, town: &[Geometry<f64>], max_m: f64) -> Vec<Hit> {
    let mut hits: Vec<Hit> = (0..)
        .zip(town)
        .map(|(item, geometry)| Hit { item, distance_m: plain_distance_m(from, geometry) })
        .filter(|hit| hit.distance_m <= max_m)
        .collect();
    hits.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.item.cmp(&b.item)));
    hits
}

#[test]
fn nearest_and_within_give_what_a_loop_over_everything_gives() {
    for seed in 1..6 {
        let town = town(seed * 77, 300);
        let index = PlaceIndex::build(town.iter());
        let dice = &mut Dice(seed);
        for round in 0..40 {
            let from = grid(dice.spot(600_000));
            let radius_m = [0.0, 50.0, 700.0, 5_000.0, f64::INFINITY][round % 5];
            let all = plain_hits(from, &town, radius_m);
            assert_eq!(index.within(from, radius_m), all, "seed {seed}, round {round}");
            let k = 1 + round * 3;
            let odd: Vec<Hit> = all.into_iter().filter(|hit| hit.item % 2 == 1).take(k).collect();
            assert_eq!(index.nearest(from, k, radius_m, &|item| item % 2 == 1), odd);
        }
    }
}

#[test]
fn boxes_and_areas_touch_what_geo_says_they_touch() {
    for seed in 1..6 {
        let town = town(seed * 91, 200);
        let index = PlaceIndex::build(town.iter());
        let dice = &mut Dice(seed);
        for _ in 0..30 {
            let (a, b) = (dice.spot(500_000), dice.spot(500_000));
            let (a, b) = if dice.below(4) == 0 { (a, a) } else { (a, b) };
            let rect = Geometry::Rect(Rect::new(a, b));
            let touching = |area: &Geometry<f64>| -> Vec<u32> {
                (0..).zip(&town).filter(|(_, g)| g.intersects(area)).map(|(i, _)| i).collect()
            };
            let frame = GridBox {
                min: GridPoint { x: grid(a).x.min(grid(b).x), y: grid(a).y.min(grid(b).y) },
                max: GridPoint { x: grid(a).x.max(grid(b).x), y: grid(a).y.max(grid(b).y) },
            };
            assert_eq!(index.in_box(frame), touching(&rect), "{frame:?}");
            assert_eq!(index.intersecting(&rect), touching(&rect), "{rect:?}");
            let area = on_grid(&Geometry::Polygon(star(a, 200_000.0, 3)));
            assert_eq!(index.intersecting(&area), touching(&area), "{area:?}");
            let line = Geometry::LineString(LineString(vec![a, b, dice.spot(500_000)]));
            assert_eq!(index.intersecting(&line), touching(&line), "{line:?}");
        }
    }
}

#[test]
fn a_border_counts_as_inside_and_a_hole_does_not() {
    let square = polygon!(
        exterior: [(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0), (x: 1.0, y: 2.0)],
        interiors: [[(x: 1.4, y: 1.4), (x: 1.4, y: 1.6), (x: 1.6, y: 1.6), (x: 1.6, y: 1.4)]],
    );
    let index = PlaceIndex::build(std::iter::once(&Geometry::Polygon(square)));
    let at = |x: f64, y: f64| GridPoint { x: step(x), y: step(y) };
    for border in [at(1.0, 1.0), at(2.0, 2.0), at(1.5, 1.0), at(2.0, 1.3), at(1.4, 1.5)] {
        assert_eq!(index.covering(border), [0], "{border:?}");
        assert_eq!(index.within(border, 0.0), [Hit { item: 0, distance_m: 0.0 }]);
    }
    assert!(index.covering(at(1.5, 1.5)).is_empty());
    assert!(index.covering(at(2.000_000_1, 1.5)).is_empty());
    let near = index.nearest(at(1.5, 1.5), 1, 20_000.0, &|_| true);
    assert!((near[0].distance_m - 11_000.0).abs() < 150.0, "{near:?}");
    assert!(index.in_box(GridBox { min: at(1.45, 1.45), max: at(1.55, 1.55) }).is_empty());
    assert_eq!(index.in_box(GridBox { min: at(1.05, 1.05), max: at(1.1, 1.1) }), [0]);
}

#[test]
fn equal_distances_come_by_number_and_nothing_is_found_of_nothing() {
    let p = Geometry::Point(Point::new(109.0, 36.0));
    let empty = Geometry::LineString(LineString(vec![]));
    let town = [p.clone(), empty, p.clone(), p];
    let index = PlaceIndex::build(town.iter());
    let from = GridPoint { x: 1_090_000_000, y: 359_990_000 };
    let items = |hits: Vec<Hit>| hits.into_iter().map(|hit| hit.item).collect::<Vec<_>>();
    assert_eq!(items(index.nearest(from, 2, f64::INFINITY, &|_| true)), [0, 2]);
    assert_eq!(items(index.within(from, 500.0)), [0, 2, 3]);
    assert!(index.within(from, f64::NAN).is_empty());
    assert!(index.nearest(from, 0, f64::INFINITY, &|_| true).is_empty());
    let nothing = PlaceIndex::build(std::iter::empty());
    assert!(nothing.nearest(from, 9, f64::INFINITY, &|_| true).is_empty());
    assert!(nothing.covering(from).is_empty());
    assert!(nothing.intersecting(&town[0]).is_empty());
}

#[test]
fn the_ends_of_the_globe_do_not_overflow() {
    let corner = |x: f64, y: f64| Coord { x, y };
    let globe = Rect::new(corner(-180.0, -90.0), corner(180.0, 90.0)).to_polygon();
    let index = PlaceIndex::build(std::iter::once(&Geometry::Polygon(globe)));
    let far = GridPoint { x: i32::MAX, y: i32::MIN };
    assert_eq!(index.covering(GridPoint { x: 1_800_000_000, y: -900_000_000 }), [0]);
    assert!(index.covering(far).is_empty());
    assert_eq!(index.nearest(far, 1, f64::INFINITY, &|_| true).len(), 1);
}
