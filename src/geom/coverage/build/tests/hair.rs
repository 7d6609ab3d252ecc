//! What snapping does, and what it leaves no trace of; in steps at the equator, where four are 4.5 cm.

use geo_types::MultiPolygon;

use super::law;
use super::partition::{Dice, Ring, area, break_one, whole};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Finding, Hair, Snapped};
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::build::{Built, build, build_telling};

/// Square metres of a square step.
const STEP_M2: f64 = 1.2309e-4;

fn p(x: i32, y: i32) -> GridPoint {
    GridPoint { x, y }
}

/// A rectangle without a vertex on its eastern side, and one beside it whose border leaves that side by some steps
/// in its middle third.
fn beside(steps: i32) -> Vec<MultiPolygon<f64>> {
    let west: Ring = vec![p(0, 0), p(1_000, 0), p(1_000, 9_000), p(0, 9_000)];
    let mut east: Ring = vec![p(1_000, 0), p(2_000, 0), p(2_000, 9_000), p(1_000, 9_000)];
    east.extend([p(1_000, 6_000), p(1_000 + steps, 4_000), p(1_000, 3_000)]);
    vec![area(&west), area(&east)]
}

fn told(areas: &[MultiPolygon<f64>]) -> Built {
    let areas: Vec<&MultiPolygon<f64>> = areas.iter().collect();
    let built = build_telling(&areas, &BuildSettings::default()).unwrap();
    law::keep(&built.sides);
    let plain = build(&areas, &BuildSettings::default()).unwrap();
    assert_eq!(built.sides, plain.sides, "telling changes nothing");
    built
}

fn snapped(built: &Built) -> &Snapped {
    let mut all = built.findings.iter();
    let found = all.find_map(|it| if let Finding::Snapped(it) = it { Some(it) } else { None });
    found.unwrap()
}

#[test]
fn what_lies_on_a_segment_that_is_bent_stays_on_it() {
    let built = told(&beside(4));
    let [Finding::Snapped(all), Finding::Unmatched { places, .. }, Finding::Together(_)] =
        &built.findings[..]
    else {
        panic!("{:?}", built.findings)
    };
    assert_eq!(places[..], [p(1_000, 3_000), p(1_000, 6_000)]);
    let [pair] = &all.between[..] else { panic!("{all:?}") };
    assert_eq!((all.pairs, pair.faces, pair.vertices), (1, [0, 1], 1));
    assert_eq!((pair.at, all.at, all.vertices), (p(1_004, 4_000), Some(p(1_004, 4_000)), 1));
    assert!((pair.farthest_m - 0.044_5).abs() < 0.000_2, "{pair:?}");
    // A triangle of four steps by three thousand.
    assert!((pair.moved_m2 - 6_000.0 * STEP_M2).abs() < 0.005, "{pair:?}");
    assert!((all.moved_m2 - pair.moved_m2).abs() < 1e-9, "{all:?}");
    assert_eq!(law::face_at(&built.sides, p(1_002, 4_000)), Some(0));
    assert_eq!(law::face_at(&built.sides, p(1_004, 4_000)), Some(1));
}

#[test]
fn a_gap_that_was_snapped_away_is_told_with_place_size_and_neighbours() {
    let built = told(&beside(4));
    let Some(Finding::Together(Hair::Gap(gap))) = built.findings.last() else {
        panic!("{built:?}")
    };
    assert!((gap.spot.area_m2 - 6_000.0 * STEP_M2).abs() < 0.005, "{gap:?}");
    assert!((0.02..0.05).contains(&gap.spot.width_m), "{gap:?}");
    assert!((1_000..=1_004).contains(&gap.spot.at.x), "{gap:?}");
    assert!((3_000..=6_000).contains(&gap.spot.at.y), "{gap:?}");
    let mut faces: Vec<u16> = gap.neighbours.iter().map(|border| border.face).collect();
    faces.sort_unstable();
    assert_eq!(faces, [0, 1]);
}

#[test]
fn an_overlap_that_was_snapped_away_is_told_with_who_lay_there() {
    let built = told(&beside(-4));
    let Some(Finding::Together(Hair::Overlap(it))) = built.findings.last() else {
        panic!("{built:?}")
    };
    assert!((it.spot.area_m2 - 6_000.0 * STEP_M2).abs() < 0.005, "{it:?}");
    assert_eq!(it.faces, [0, 1]);
    assert_eq!(law::face_at(&built.sides, p(998, 4_000)), Some(1));
}

#[test]
fn what_is_too_wide_to_be_snapped_is_told_once_and_as_what_it_is() {
    let built = told(&beside(40));
    let [Finding::Unmatched { .. }, Finding::Gap(gap)] = &built.findings[..] else {
        panic!("{:?}", built.findings)
    };
    assert!(gap.closed.is_some(), "{gap:?}");
    // The same beside a corner that is snapped.
    let mut areas = beside(40);
    areas.push(area(&vec![p(2_003, 0), p(3_000, 0), p(3_000, 9_000), p(2_000, 9_000)]));
    let built = told(&areas);
    let [Finding::Snapped(_), Finding::Unmatched { .. }, Finding::Gap(again)] = &built.findings[..]
    else {
        panic!("{:?}", built.findings)
    };
    assert_eq!(again, gap);
}

#[test]
fn a_crack_that_is_open_to_the_outside_is_told_by_what_was_moved() {
    let mut areas = beside(0);
    areas.push(area(&vec![p(2_004, 0), p(3_000, 0), p(3_000, 9_000), p(2_000, 9_000)]));
    let built = told(&areas);
    let [pair] = &snapped(&built).between[..] else { panic!("{:?}", built.findings) };
    assert_eq!((pair.faces, pair.vertices), ([1, 2], 1));
    assert!((pair.moved_m2 - 18_000.0 * STEP_M2).abs() < 0.01, "{pair:?}");
    assert!(!built.findings.iter().any(|it| matches!(it, Finding::Together(_))), "{built:?}");
}

#[test]
fn a_border_bent_to_both_sides_counts_both() {
    let west: Ring = vec![p(0, 0), p(1_000, 0), p(1_000, 9_000), p(0, 9_000)];
    let mut east: Ring = vec![p(1_000, 0), p(2_000, 0), p(2_000, 9_000), p(1_000, 9_000)];
    east.extend([p(1_004, 6_000), p(1_000, 4_500), p(996, 3_000)]);
    let built = told(&[area(&west), area(&east)]);
    assert!((snapped(&built).moved_m2 - 18_000.0 * STEP_M2).abs() < 0.01, "{built:?}");
}

#[test]
fn telling_builds_the_same_of_whatever_was_broken() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let mut rings = whole(&mut dice, 5);
        for _ in 0..dice.below(7) {
            break_one(&mut dice, &mut rings, [3, 30][usize::try_from(seed % 2).unwrap()]);
        }
        let areas: Vec<MultiPolygon<f64>> = rings.iter().map(area).collect();
        told(&areas);
    }
}
