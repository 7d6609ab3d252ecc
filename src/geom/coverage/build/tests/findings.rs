//! One small broken partition for each kind of finding, in steps at the equator: a thousand are
//! 11.13 m east and 11.06 m north.

use geo_types::MultiPolygon;

use super::law;
use super::partition::area;
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{
    EmptyCause, Finding, Gap, Overlap, OverlapReason, RemedyReason,
};
use crate::geom::coverage::build::settings::{BuildSettings, Remedy};
use crate::geom::coverage::build::{Built, build};

const WIDE: BuildSettings = BuildSettings {
    snap_m: 0.05,
    gap_width_m: 2.0,
    hole_width_m: 20.0,
    overlap_width_m: 2.0,
    sliver_width_m: 1.0,
    remedy: None,
};

/// Areas from `"0 0, 9 0, 9 9"`, parts between `/`.
fn areas(texts: &[&str]) -> Vec<MultiPolygon<f64>> {
    let point = |pair: &str| {
        let (x, y) = pair.trim().split_once(' ').unwrap();
        GridPoint { x: x.parse().unwrap(), y: y.parse().unwrap() }
    };
    let part = |text: &str| area(&text.split(',').map(point).collect()).0;
    texts.iter().map(|text| MultiPolygon(text.split('/').flat_map(part).collect())).collect()
}

fn built(texts: &[&str], settings: &BuildSettings) -> Built {
    let areas = areas(texts);
    let built = build(&areas.iter().collect::<Vec<_>>(), settings).unwrap();
    law::keep(&built.sides);
    built
}

fn at(built: &Built, x: i32, y: i32) -> Option<u16> {
    law::face_at(&built.sides, GridPoint { x, y })
}

fn gaps(built: &Built) -> Vec<&Gap> {
    let all = built.findings.iter();
    all.filter_map(|f| if let Finding::Gap(gap) = f { Some(gap) } else { None }).collect()
}

fn overlaps(built: &Built) -> Vec<&Overlap> {
    let all = built.findings.iter();
    all.filter_map(|f| if let Finding::Overlap(one) = f { Some(one) } else { None }).collect()
}

/// Two squares with a sliver of 1.1 m between, closed at both ends.
const SLIVER: [&str; 2] = [
    "0 0, 9000 0, 9000 4000, 8000 4000, 1000 4000, 0 4000",
    "0 4000, 1000 4000, 1500 4100, 7500 4100, 8000 4000, 9000 4000, 9000 20000, 0 20000",
];

#[test]
fn a_narrow_gap_goes_to_the_longest_border() {
    let built = built(&SLIVER, &WIDE);
    let &[gap] = &gaps(&built)[..] else { panic!("{built:?}") };
    assert_eq!(gap.neighbours.iter().map(|b| b.face).collect::<Vec<_>>(), [1, 0]);
    assert!((gap.neighbours[1].length_m - 77.92).abs() < 0.1, "{gap:?}");
    assert!((gap.spot.width_m - 1.1).abs() < 0.12, "{gap:?}");
    assert!((gap.spot.area_m2 - 6_500.0 * 100.0 * 1.2309e-4).abs() < 0.1, "{gap:?}");
    assert_eq!((gap.proposed, gap.reason), (Remedy::Longest, RemedyReason::JoinsNothing));
    assert_eq!((gap.closed, gap.largest.face), (Some(Remedy::Longest), 1));
    assert_eq!((at(&built, 4000, 4050), built.findings.len()), (Some(1), 1));
}

#[test]
fn a_gap_can_be_split_along_its_middle() {
    let built = built(&SLIVER, &BuildSettings { remedy: Some(Remedy::Middle), ..WIDE });
    let &[gap] = &gaps(&built)[..] else { panic!("{built:?}") };
    assert_eq!(gap.closed, Some(Remedy::Middle));
    assert_eq!(gap.middle.as_ref().unwrap().len(), 4);
    assert_eq!((at(&built, 4000, 4030), at(&built, 4000, 4070)), (Some(0), Some(1)));
}

#[test]
fn a_gap_that_is_too_wide_stays_and_is_told() {
    let built = built(&SLIVER, &BuildSettings { gap_width_m: 1.0, ..WIDE });
    assert_eq!((gaps(&built)[0].closed, at(&built, 4000, 4050)), (None, None));
    let hole = self::built(&SLIVER, &BuildSettings { gap_width_m: 0.5, hole_width_m: 1.0, ..WIDE });
    let [only] = &hole.findings[..] else { panic!("{hole:?}") };
    assert!(matches!(only, Finding::Hole { .. }) && only.informs(), "{only:?}");
}

#[test]
fn a_gap_that_would_join_what_never_touched_says_so() {
    // West and east never touch: north and south meet at the ends of the gap between them.
    let four = [
        "0 0, 9000 0, 9000 1000, 4600 4000, 4400 4000, 0 1000",
        "0 9000, 0 7000, 4400 4080, 4600 4080, 9000 7000, 9000 9000",
        "0 1000, 4400 4000, 4400 4080, 0 7000",
        "9000 1000, 9000 7000, 4600 4080, 4600 4000",
    ];
    let built = built(&four, &WIDE);
    let &[gap] = &gaps(&built)[..] else { panic!("{built:?}") };
    assert_eq!((gap.longest.face, gap.longest.joins.as_slice()), (0, &[1_u16][..]));
    assert_eq!(gap.neighbours.len(), 4);
    // The north is the largest, and would join the south.
    assert_eq!(gap.largest.joins.len(), 1);
    assert_eq!((gap.proposed, gap.reason), (Remedy::Longest, RemedyReason::AllJoin));
}

#[test]
fn a_narrow_overlap_goes_to_the_longest_border_and_a_wide_one_by_number() {
    let texts = ["0 0, 5000 0, 5100 4000, 0 4000", "5000 0, 9000 0, 9000 4000, 5000 4000"];
    let built = built(&texts, &WIDE);
    let &[overlap] = &overlaps(&built)[..] else { panic!("{built:?}") };
    assert_eq!(
        (overlap.faces.as_slice(), overlap.reason),
        (&[0, 1][..], OverlapReason::LongestBorder)
    );
    assert!((overlap.spot.area_m2 - 200_000.0 * 1.2309e-4).abs() < 0.1, "{overlap:?}");
    assert_eq!(overlap.given, 1);
    assert_eq!(at(&built, 5040, 3000), Some(1));
    let wide = self::built(&texts, &BuildSettings { overlap_width_m: 0.3, ..WIDE });
    let &[overlap] = &overlaps(&wide)[..] else { panic!("{wide:?}") };
    assert_eq!((overlap.given, overlap.reason), (0, OverlapReason::LowestNumber));
}

#[test]
fn an_enclave_drawn_over_what_is_around_it_keeps_its_place() {
    let texts = [
        "0 0, 9000 0, 9000 9000, 0 9000",
        "2000 2000, 6000 2000, 6000 6000, 2000 6000",
        "3000 3000, 5000 3000, 5000 5000, 3000 5000",
    ];
    let built = built(&texts, &WIDE);
    let all = overlaps(&built);
    assert!(all.iter().all(|o| o.reason == OverlapReason::WouldVanish), "{all:?}");
    assert_eq!(
        [at(&built, 1000, 1000), at(&built, 2500, 2500), at(&built, 4000, 4000)],
        [Some(0), Some(1), Some(2)]
    );
}

#[test]
fn a_face_that_is_there_twice_is_told_once() {
    let square = "0 0, 9000 0, 9000 9000, 0 9000";
    let built = built(&[square, "20000 0, 30000 0, 30000 9000", square], &WIDE);
    let [Finding::Duplicate { face: 2, of: 0, at, area_m2 }] = &built.findings[..] else {
        panic!("{built:?}")
    };
    assert!((area_m2 - 81e6 * 1.2309e-4).abs() < 10.0, "{area_m2}");
    assert!((at.x - 4500).abs() < 50 && (at.y - 4500).abs() < 50, "{at:?}");
}

#[test]
fn a_face_under_others_has_nothing_left() {
    let built = built(
        &[
            "0 0, 4000 0, 4000 9000, 0 9000",
            "4000 0, 9000 0, 9000 9000, 4000 9000",
            "3950 2000, 4050 2000, 4050 6000, 3950 6000",
        ],
        &WIDE,
    );
    // It would vanish, so it keeps its place.
    assert_eq!(at(&built, 4000, 4000), Some(2));
    let none = |f: &Finding| matches!(f, Finding::Empty { cause: EmptyCause::Covered, .. });
    assert!(!built.findings.iter().any(none));
}

#[test]
fn a_vertex_on_another_border_is_counted() {
    let built = built(
        &["0 0, 4000 0, 4000 9000, 0 9000", "4000 0, 9000 0, 9000 9000, 4000 9000, 4000 5000"],
        &WIDE,
    );
    let places = vec![GridPoint { x: 4000, y: 5000 }];
    assert_eq!(built.findings, [Finding::Unmatched { vertices: 1, places }]);
    let inner = built.sides.iter().filter(|side| side.left.is_some() && side.right.is_some());
    assert_eq!(inner.count(), 2);
}

#[test]
fn parts_apart_are_told_and_narrow_ones_are_slivers() {
    let parts = "0 0, 9000 0, 9000 9000, 0 9000 / 20000 0, 29000 0, 29000 30, 20000 30 / \
        20000 5000, 25000 5000, 25000 9000";
    let built = built(&[parts], &WIDE);
    let [Finding::Sliver { face: 0, spot, neighbours }, detached] = &built.findings[..] else {
        panic!("{built:?}")
    };
    assert!((spot.width_m - 0.33).abs() < 0.04 && neighbours.is_empty(), "{spot:?}");
    assert!(matches!(detached, Finding::Detached { .. }) && detached.informs());
}
