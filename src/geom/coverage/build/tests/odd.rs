//! Whatever comes in, nothing panics, and the laws are kept.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::law;
use super::partition::{Dice, PITCH, area, whole};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::fault::BuildFault;
use crate::geom::coverage::build::finding::{EmptyCause, Finding};
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::build::{Built, build};

fn built(areas: &[MultiPolygon<f64>]) -> Built {
    let built = build(&areas.iter().collect::<Vec<_>>(), &BuildSettings::default()).unwrap();
    law::keep(&built.sides);
    built
}

fn polygon(points: &[(f64, f64)]) -> MultiPolygon<f64> {
    MultiPolygon(vec![shape(points)])
}

fn shape(points: &[(f64, f64)]) -> Polygon<f64> {
    Polygon::new(points.iter().copied().collect(), vec![])
}

#[test]
fn nothing_and_next_to_nothing_are_empty_faces() {
    let nothing = [
        MultiPolygon(vec![]),
        polygon(&[]),
        polygon(&[(1.0, 1.0)]),
        polygon(&[(1.0, 1.0), (2.0, 2.0)]),
        polygon(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]),
        polygon(&[(1.0, 1.0), (1.000_000_01, 1.0), (1.0, 1.000_000_01)]),
    ];
    let built = built(&nothing);
    assert_eq!(built.sides, vec![]);
    let empty = |cause: fn(&EmptyCause) -> bool| {
        let has = |f: &&Finding| matches!(f, Finding::Empty { cause: c, .. } if cause(c));
        built.findings.iter().filter(has).count()
    };
    assert_eq!(empty(|cause| *cause == EmptyCause::Given), 2);
    assert_eq!(empty(|cause| matches!(cause, EmptyCause::Collapsed(_))), 4);
    assert_eq!(self::built(&[]), Built::default());
}

#[test]
fn every_coordinate_that_is_no_place_is_told() {
    let bad = [
        polygon(&[(f64::NAN, 1.0), (2.0, 2.0), (3.0, f64::INFINITY), (0.0, 0.0)]),
        polygon(&[(0.0, 0.0), (180.1, 2.0), (1.0, -90.1), (0.0, 1e300)]),
    ];
    let faults = build(&bad.iter().collect::<Vec<_>>(), &BuildSettings::default()).unwrap_err();
    let of = |n: usize| {
        faults.iter().filter(move |fault| match fault {
            BuildFault::NotFinite { area, .. } | BuildFault::OutOfRange { area, .. } => *area == n,
            _ => false,
        })
    };
    assert!(of(0).count() >= 2 && of(1).count() == 3, "{faults:?}");
}

#[test]
fn the_corners_of_the_globe_are_places() {
    let world = polygon(&[(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0)]);
    let across = polygon(&[(-180.0, -90.0), (180.0, 90.0), (180.0, -90.0), (-180.0, 90.0)]);
    let pole = polygon(&[(-180.0, 89.999_999_9), (180.0, 89.999_999_9), (0.0, 90.0)]);
    let built = built(&[world, across, pole]);
    assert!(!built.sides.is_empty());
}

#[test]
fn bow_ties_spikes_and_nests_are_read_by_odd_and_even() {
    let bow = polygon(&[(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0)]);
    let spike = polygon(&[(5.0, 0.0), (6.0, 0.0), (9.0, 0.0), (6.0, 0.0), (6.0, 1.0)]);
    let nest = MultiPolygon(vec![
        shape(&[(0.0, 5.0), (4.0, 5.0), (4.0, 9.0), (0.0, 9.0)]),
        shape(&[(1.0, 6.0), (3.0, 6.0), (3.0, 8.0), (1.0, 8.0)]),
    ]);
    let built = built(&[bow, spike, nest]);
    for face in 0..3 {
        let of = |f: &Finding| matches!(f, Finding::Invalid { face: own, .. } if *own == face);
        assert!(built.findings.iter().any(of), "{face}");
    }
    let at = |x: i32, y: i32| {
        law::face_at(&built.sides, GridPoint { x: x * 1_000_000, y: y * 1_000_000 })
    };
    assert_eq!((at(3, 10), at(10, 3), at(17, 10)), (Some(0), None, Some(0)));
    assert_eq!((at(59, 5), at(70, 1), at(20, 70)), (Some(1), None, Some(2)));
    let nested = built.sides.iter().filter(|side| side.a.y >= 50_000_000).count();
    assert_eq!(nested, 4, "the inner part bounds nothing");
}

#[test]
fn many_borders_through_one_place_are_noded() {
    // Thin triangles that all cross near the middle, at every angle.
    let star: Vec<MultiPolygon<f64>> = (0..40)
        .map(|i| {
            let t = f64::from(i) * 0.0785;
            let (s, c) = t.sin_cos();
            polygon(&[(s, c), (-s + 1e-6, -c), (-s, -c + 1e-6)])
        })
        .collect();
    assert!(built(&star).sides.len() > 100);
}

#[test]
fn noise_of_a_few_steps_is_noded() {
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let span = 4 + dice.below(40);
        let noise: Vec<MultiPolygon<f64>> = (0..3)
            .map(|_| {
                let points = 3 + dice.index(9);
                let point = |_| GridPoint { x: dice.about(span), y: dice.about(span) };
                area(&(0..points).map(point).collect())
            })
            .collect();
        built(&noise);
    }
}

#[test]
fn noise_over_all_the_globe_is_noded() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let noise: Vec<MultiPolygon<f64>> = (0..3)
            .map(|_| {
                let point =
                    |_| GridPoint { x: dice.about(900_000_000) * 2, y: dice.about(900_000_000) };
                area(&(0..9).map(point).collect())
            })
            .collect();
        built(&noise);
    }
}

#[test]
fn nested_copies_and_far_islands_find_what_they_lie_in() {
    let square = |x: f64, y: f64, r: f64| shape(&[(x, y), (x + r, y), (x + r, y + r), (x, y + r)]);
    let mut rings = Vec::new();
    for i in 0..30 {
        let r = 30.0 - f64::from(i);
        let outer = square(-r, -r, 2.0 * r);
        let inner = square(-r + 0.5, -r + 0.5, 2.0 * r - 1.0).exterior().clone();
        rings.push(MultiPolygon(vec![Polygon::new(outer.exterior().clone(), vec![inner])]));
    }
    rings.extend([MultiPolygon(vec![square(170.0, 80.0, 1.0), square(-170.0, -80.0, 1.0)])]);
    let built = built(&rings);
    for i in 0..30 {
        let x = -300_000_000 + 10_000_000 * i + 2_000_000;
        let face = u16::try_from(i).unwrap();
        assert_eq!(law::face_at(&built.sides, GridPoint { x, y: 0 }), Some(face));
        let between = GridPoint { x: x + 5_000_000, y: 0 };
        assert_eq!(law::face_at(&built.sides, between), None);
    }
    let holes = built.findings.iter().filter(|f| matches!(f, Finding::Hole { .. })).count();
    assert_eq!(holes, 30);
}

#[test]
fn a_million_vertices_are_built_and_more_than_are_allowed_refused() {
    let ring = |n: usize| -> LineString<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let at = |i: usize| i as f64 / n as f64 * std::f64::consts::TAU;
        let far = |t: f64| 2.0 + (t * 999.0).sin() / 10.0;
        let place = |t: f64| Coord { x: t.cos() * far(t), y: t.sin() * far(t) };
        (0..n).map(|i| place(at(i))).collect()
    };
    let large = MultiPolygon(vec![Polygon::new(ring(1_000_000), vec![])]);
    let built = build(&[&large], &BuildSettings::default()).unwrap();
    assert!(built.sides.len() > 900_000);
    let huge = MultiPolygon(vec![Polygon::new(ring(2_000_001), vec![])]);
    let refused = build(&[&huge], &BuildSettings::default());
    assert!(matches!(refused.unwrap_err()[..], [BuildFault::TooManyVertices { .. }]));
}

#[test]
fn snapping_reaches_what_is_near_and_moves_nothing_else() {
    let mut dice = Dice::new(3);
    let mut rings = whole(&mut dice, 5);
    // Two steps, some two centimetres, at one vertex inside.
    let inner = |p: &GridPoint| p.x > PITCH && p.x < 4 * PITCH && p.y > PITCH && p.y < 4 * PITCH;
    let ring = rings.iter().position(|ring| ring.iter().any(inner)).unwrap();
    let vertex = rings[ring].iter().position(inner).unwrap();
    rings[ring][vertex].x += 2;
    let areas: Vec<MultiPolygon<f64>> = rings.iter().map(area).collect();
    let built = built(&areas);
    let [Finding::Snapped(snapped)] = &built.findings[..] else { panic!("{:?}", built.findings) };
    assert_eq!(snapped.vertices, 1);
    assert!((snapped.farthest_m - 0.022).abs() < 0.001, "{snapped:?}");
    assert!(snapped.moved_m2 > 0.05 && snapped.moved_m2 < 1.0, "{snapped:?}");
}
