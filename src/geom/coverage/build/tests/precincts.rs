//! Precincts of Denver as they came, and their repaired twin. Areas and widths are those that GEOS tells of them.

use geo_types::{LineString, MultiPolygon, Polygon};
use serde_json::Value;

use super::law;
use super::partition::{Ring, area};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::build_telling;
use crate::geom::coverage::build::finding::{Finding, Hair, Spot};
use crate::geom::coverage::build::settings::BuildSettings;

/// The precincts of one file, each with its name.
fn precincts(of: &str) -> Vec<(String, MultiPolygon<f64>)> {
    let text = include_str!("../../../../../tests/data/denver_precincts.jsonl");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["of"] == of)
        .map(|row| {
            let parts = row["parts"].as_array().unwrap().iter().map(|part| {
                let mut rings = part.as_array().unwrap().iter().map(ring);
                Polygon::new(rings.next().unwrap(), rings.collect())
            });
            (row["name"].as_str().unwrap().to_owned(), parts.collect())
        })
        .collect()
}

fn ring(ways: &Value) -> LineString<f64> {
    let ways: Vec<i32> = ways
        .as_array()
        .unwrap()
        .iter()
        .map(|way| i32::try_from(way.as_i64().unwrap()).unwrap())
        .collect();
    let mut at = GridPoint { x: 0, y: 0 };
    let places = ways.chunks_exact(2).map(|way| {
        (at.x, at.y) = (at.x + way[0], at.y + way[1]);
        at
    });
    area(&places.collect::<Ring>()).0.remove(0).into_inner().0
}

/// What was found in a file.
struct Found {
    names: Vec<String>,
    findings: Vec<Finding>,
}

impl Found {
    fn of(file: &str) -> Self {
        let (names, areas): (Vec<String>, Vec<MultiPolygon<f64>>) =
            precincts(file).into_iter().unzip();
        let areas: Vec<&MultiPolygon<f64>> = areas.iter().collect();
        let built = build_telling(&areas, &BuildSettings::default()).unwrap();
        law::keep(&built.sides);
        Self { names, findings: built.findings }
    }

    fn holes_m2(&self) -> Vec<f64> {
        let holes = self.findings.iter().filter_map(|it| match it {
            Finding::Hole { spot, .. } => Some(spot.area_m2),
            _ => None,
        });
        let mut all: Vec<f64> = holes.collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Every gap, be it snapped away or not.
    fn gaps(&self) -> Vec<Spot> {
        let gaps = self.findings.iter().filter_map(|it| match it {
            Finding::Gap(gap) | Finding::Together(Hair::Gap(gap)) => Some(gap.spot),
            _ => None,
        });
        gaps.collect()
    }

    /// Every overlap of two precincts, be it snapped away or not.
    fn overlaps(&self, names: [&str; 2]) -> Vec<Spot> {
        let overlaps = self.findings.iter().filter_map(|it| match it {
            Finding::Overlap(it) | Finding::Together(Hair::Overlap(it)) => Some(it),
            _ => None,
        });
        let theirs = overlaps.filter(|it| {
            it.faces.iter().map(|face| self.names[usize::from(*face)].as_str()).eq(names)
        });
        theirs.map(|it| it.spot).collect()
    }
}

fn near(all: &[f64], expected: &[f64]) {
    assert_eq!(all.len(), expected.len(), "{all:?}");
    for (one, other) in all.iter().zip(expected) {
        assert!((one - other).abs() < other / 100.0, "{all:?}");
    }
}

#[test]
fn true_enclaves_are_no_gaps_and_every_gap_and_overlap_is_told() {
    let found = Found::of("orig");
    let enclaves_m2 = [
        4_382.3,
        4_673.8,
        9_824.0,
        18_069.3,
        42_558.2,
        56_594.5,
        177_496.6,
        1_305_041.7,
        1_477_046.1,
    ];
    near(&found.holes_m2(), &enclaves_m2);
    // Of survey precision all of them.
    let gaps = found.gaps();
    assert!(gaps.iter().all(|spot| spot.width_m < 0.2 && spot.area_m2 < 4.0), "{gaps:?}");
    let large = gaps.iter().filter(|spot| (3.0..3.4).contains(&spot.area_m2)).count();
    assert_eq!(large, 1, "{gaps:?}");
    // GEOS: 10.38 square metres; the ends of it, which are narrower than the snap width, were brought together.
    let overlaps = found.overlaps(["Denver 650", "Denver 651"]);
    let wide: Vec<&Spot> = overlaps.iter().filter(|spot| spot.width_m > 0.1).collect();
    let [wide] = wide[..] else { panic!("{overlaps:?}") };
    assert!(wide.width_m < 0.25 && (9.0..10.4).contains(&wide.area_m2), "{wide:?}");
    let undecided = found.findings.iter().any(|it| {
        matches!(it, Finding::Gap(gap) if gap.closed.is_none())
            || matches!(it, Finding::Empty { .. } | Finding::Duplicate { .. })
    });
    assert!(!undecided, "{:?}", found.findings);
}

#[test]
fn of_the_repaired_twin_nothing_is_told_but_its_enclaves() {
    let found = Found::of("repaired");
    let enclaves_m2 = [
        4_350.3,
        4_654.2,
        4_685.2,
        10_450.2,
        20_892.8,
        42_559.4,
        58_861.6,
        181_103.1,
        1_321_095.2,
        1_472_600.8,
    ];
    near(&found.holes_m2(), &enclaves_m2);
    assert_eq!(found.gaps(), []);
    let broken = found.findings.iter().any(|it| matches!(it, Finding::Overlap(_)));
    assert!(!broken, "{:?}", found.findings);
}
