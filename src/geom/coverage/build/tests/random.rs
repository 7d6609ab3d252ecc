//! Laws, faces and areas on many random partitions.

use geo::{Area, BooleanOps};
use geo_types::MultiPolygon;

use super::law;
use super::partition::{Dice, PITCH, area, break_one, whole};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::finding::Finding;
use crate::geom::coverage::build::settings::{BuildSettings, Remedy};

const NOTHING: BuildSettings = BuildSettings {
    snap_m: 0.0,
    gap_width_m: 0.0,
    hole_width_m: 1e9,
    overlap_width_m: 0.0,
    sliver_width_m: 0.0,
    remedy: None,
};

fn settings(dice: &mut Dice) -> BuildSettings {
    let remedies = [None, Some(Remedy::Longest), Some(Remedy::Largest), Some(Remedy::Middle)];
    BuildSettings {
        snap_m: f64::from(dice.below(3)) * 0.2,
        gap_width_m: f64::from(dice.below(4)),
        hole_width_m: f64::from(dice.below(20)),
        overlap_width_m: f64::from(dice.below(3)),
        sliver_width_m: 1.0,
        remedy: remedies[dice.index(4)],
    }
}

fn broken(dice: &mut Dice, far: i32) -> Vec<MultiPolygon<f64>> {
    let size = 3 + dice.below(4);
    let mut rings = whole(dice, size);
    for _ in 0..dice.below(7) {
        break_one(dice, &mut rings, far);
    }
    rings.iter().map(area).collect()
}

#[test]
fn a_whole_partition_stays_as_it_is() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let areas: Vec<MultiPolygon<f64>> = whole(&mut dice, 6).iter().map(area).collect();
        let built = build(&areas.iter().collect::<Vec<_>>(), &BuildSettings::default()).unwrap();
        assert_eq!(built.findings, vec![], "{seed}");
        law::keep(&built.sides);
        let mut given: Vec<[GridPoint; 2]> = areas
            .iter()
            .flat_map(|area| area.0[0].exterior().lines())
            .map(|line| {
                let p = |c: geo_types::Coord<f64>| GridPoint {
                    x: crate::geom::coord::step(c.x),
                    y: crate::geom::coord::step(c.y),
                };
                let (a, b) = (p(line.start), p(line.end));
                [a.min(b), a.max(b)]
            })
            .collect();
        given.sort_unstable();
        given.dedup();
        assert_eq!(built.sides.iter().map(|side| [side.a, side.b]).collect::<Vec<_>>(), given);
    }
}

#[test]
fn what_is_built_of_broken_partitions_keeps_the_laws_and_the_faces() {
    let (mut kept, mut outside) = (0, 0);
    for seed in 0..1_200 {
        let mut dice = Dice::new(seed);
        // From a hair to half a block, and now and then so fine that rounding is all there is.
        let far = [3, 20, 100, 400][dice.index(4)];
        let areas = broken(&mut dice, far);
        let settings = settings(&mut dice);
        let built = build(&areas.iter().collect::<Vec<_>>(), &settings).unwrap();
        let again = build(&areas.iter().collect::<Vec<_>>(), &settings).unwrap();
        assert_eq!(built, again);
        law::keep(&built.sides);
        // Nothing moves farther than it is snapped; gaps are filled up to their width.
        let far_steps = settings.snap_m.max(0.2) / 0.011 * 2.0;
        for _ in 0..40 {
            let p = GridPoint { x: dice.below(6 * PITCH), y: dice.below(6 * PITCH) };
            let at: Vec<(bool, f64)> = areas.iter().map(|area| law::holds(area, p)).collect();
            if at.iter().any(|&(_, border)| border < far_steps) {
                continue;
            }
            let holding: Vec<u16> =
                (0..).zip(&at).filter(|(_, (held, _))| *held).map(|(face, _)| face).collect();
            let found = law::face_at(&built.sides, p);
            match holding.as_slice() {
                [] => {
                    let wide = at.iter().all(|&(_, border)| border * 0.011 > settings.gap_width_m);
                    assert!(found.is_none() || !wide, "{seed} {p:?} {found:?}");
                    outside += 1;
                }
                &[only] => assert_eq!(found, Some(only), "{seed} {p:?} {settings:?}"),
                several => assert!(several.contains(&found.unwrap()), "{seed} {p:?}"),
            }
            kept += 1;
        }
    }
    assert!(kept > 20_000 && outside > 100, "{kept} {outside}");
}

/// What a ring of a union encloses that is not the union's: all of a hole, and of an exterior ring the loops that it
/// makes where it comes back to a vertex, which turn the other way.
fn enclosed_by(ring: &geo_types::LineString<f64>, hole: bool) -> f64 {
    let loop_area = |points: &[geo_types::Coord<f64>]| {
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0
    };
    let points = &ring.0[..ring.0.len() - 1];
    let whole = loop_area(points);
    if hole {
        return whole.abs();
    }
    let (mut way, mut enclosed): (Vec<geo_types::Coord<f64>>, f64) = (Vec::new(), 0.0);
    for at in points {
        // A boolean operation rounds on a scale of its own.
        let same = |it: &geo_types::Coord<f64>| (it.x - at.x).hypot(it.y - at.y) < 5e-8;
        if let Some(first) = way.iter().position(same) {
            let area = loop_area(&way[first..]);
            enclosed += if area * whole < 0.0 { area.abs() } else { 0.0 };
            way.truncate(first);
        }
        way.push(*at);
    }
    enclosed
}

#[test]
fn areas_of_overlaps_and_gaps_are_those_of_boolean_operations() {
    // A square step at the equator.
    let square_m2 = 0.011_131_949_079_327_36 * 0.011_057_427_582_158_4;
    let (mut told, mut closed) = (0, 0);
    for seed in 0..300 {
        let mut dice = Dice::new(seed + 5_000);
        let size = 4;
        let mut rings = whole(&mut dice, size);
        for _ in 0..3 {
            let i = dice.index(rings.len());
            let v = dice.index(rings[i].len());
            rings[i][v].x += dice.about(300);
            rings[i][v].y += dice.about(300);
        }
        let areas: Vec<MultiPolygon<f64>> = rings.iter().map(area).collect();
        let built = build(&areas.iter().collect::<Vec<_>>(), &NOTHING).unwrap();
        if built.findings.iter().any(|f| matches!(f, Finding::Invalid { .. })) {
            continue;
        }
        law::keep(&built.sides);
        let empty = MultiPolygon(vec![]);
        let union = areas.iter().fold(empty, |all, area| all.union(area));
        let steps = |area: f64| area * 1e14 * square_m2;
        let sum: f64 = areas.iter().map(Area::unsigned_area).sum();
        let rings = union.iter().flat_map(|part| {
            std::iter::once((part.exterior(), false))
                .chain(part.interiors().iter().map(|r| (r, true)))
        });
        let enclosed: f64 = rings.map(|(ring, hole)| enclosed_by(ring, hole)).sum();
        let (mut overlaps, mut gaps) = (0.0, 0.0);
        for finding in &built.findings {
            match finding {
                Finding::Overlap(overlap) => {
                    overlaps += overlap.spot.area_m2
                        * f64::from(u8::try_from(overlap.faces.len() - 1).unwrap());
                }
                Finding::Gap(gap) => gaps += gap.spot.area_m2,
                _ => {}
            }
        }
        // Half a step along the borders, at most.
        let near_m2 = 1.0;
        let (overlaps_m2, gaps_m2) = (steps(sum - union.unsigned_area()), steps(enclosed));
        assert!((overlaps - overlaps_m2).abs() < near_m2, "{seed} {overlaps} {overlaps_m2}");
        // A gap between parts that touch in points alone lies in no ring of the union: it is counted here.
        assert!(gaps > gaps_m2 - near_m2, "{seed} {gaps} {gaps_m2}");
        closed += usize::from(gaps > gaps_m2 + near_m2);
        told += usize::from(overlaps > 1.0) + usize::from(gaps > 1.0);
    }
    assert!(told > 200, "{told}");
    assert!(closed <= 40, "{closed} gaps lie between parts that touch in points");
}
