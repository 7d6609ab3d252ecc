//! The cases of JTS, edge for edge, and a few of our own.

use std::collections::BTreeSet;

use geo_types::{LineString, MultiPolygon, Polygon};

use super::*;

/// Coordinates of the cases are divided by this, so that 300 is 3 degrees and 0.1 is 10,000 steps.
const UNIT: f64 = 100.0;
const STEPS_IN_UNIT: f64 = 1e7 / UNIT;

/// The coordinate lists in a text of well-known text, in their order.
fn lists(text: &str) -> Vec<LineString<f64>> {
    let lists = text.split('(').filter(|piece| piece.contains(')') && piece.contains(' '));
    lists
        .map(|piece| {
            let inside = piece.split(')').next().unwrap();
            inside
                .split(',')
                .map(|pair| {
                    let (x, y) = pair.trim().split_once(' ').unwrap();
                    (x.parse::<f64>().unwrap() / UNIT, y.parse::<f64>().unwrap() / UNIT)
                })
                .collect()
        })
        .collect()
}

fn area(text: &str) -> MultiPolygon<f64> {
    let polygon = |text: &str| {
        let mut rings = lists(text).into_iter();
        rings.next().map(|exterior| Polygon::new(exterior, rings.collect()))
    };
    MultiPolygon(text.split(")), ((").filter_map(|piece| polygon(&wrapped(piece))).collect())
}

/// A piece between parts with its parentheses again.
fn wrapped(piece: &str) -> String {
    let piece = piece.trim_start_matches(|c: char| c.is_alphabetic() || " (".contains(c));
    format!("({})", piece.trim_end_matches(", EMPTY)").trim_end_matches(')'))
}

type Segment = [[i64; 2]; 2];

#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
fn segments(lines: &[LineString<f64>]) -> BTreeSet<Segment> {
    let whole = |c: &geo_types::Coord<f64>| [c.x, c.y].map(|v| (v * 1e7).round() as i64);
    let pairs = lines.iter().flat_map(|line| line.0.windows(2));
    pairs.map(|pair| [whole(&pair[0]), whole(&pair[1])]).map(sorted).collect()
}

fn sorted(mut segment: Segment) -> Segment {
    segment.sort_unstable();
    segment
}

fn found_segments(found: &[InvalidEdges], area: usize) -> BTreeSet<Segment> {
    let whole = |p: GridPoint| [i64::from(p.x), i64::from(p.y)];
    let own = found.iter().filter(|edges| edges.area == area);
    own.flat_map(|edges| edges.line.windows(2))
        .map(|pair| sorted([whole(pair[0]), whole(pair[1])]))
        .collect()
}

#[test]
fn every_case_of_jts_is_told_edge_for_edge() {
    let text = include_str!("../../../../../tests/data/jts_coverage_cases.jsonl");
    let (mut cases, mut invalid) = (0, 0);
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let texts = case["coverage"].as_array().unwrap();
        let areas: Vec<MultiPolygon<f64>> =
            texts.iter().map(|text| area(text.as_str().unwrap())).collect();
        let gap_width = case["gap_width"].as_f64().unwrap() * STEPS_IN_UNIT;
        let found = check(&areas.iter().collect::<Vec<_>>(), gap_width).unwrap();
        let name = format!("{} {}: {found:?}", case["suite"], case["test"]);
        let one = case["suite"] == "JTS CoveragePolygonValidatorTest";
        let expected = case["expected_invalid_edges"].as_array().cloned().unwrap_or_default();
        for (number, line) in expected.iter().enumerate() {
            let lines = lists(line.as_str().unwrap_or_default());
            assert_eq!(found_segments(&found, number), segments(&lines), "{name}");
            let runs = found.iter().filter(|edges| edges.area == number).count();
            assert_eq!(runs, lines.len(), "{name}");
        }
        // The other suite looks at the first area alone.
        let silent = found.iter().all(|edges| edges.area < if one { 1 } else { areas.len() });
        if case["expected"] == "valid" {
            assert!(found.iter().all(|edges| edges.area > 0 && one) || found.is_empty(), "{name}");
        } else {
            assert!(silent || one, "{name}");
            invalid += 1;
        }
        cases += 1;
    }
    assert_eq!((cases, invalid), (36, 26));
}

#[test]
fn a_hole_that_touches_its_shell_on_the_edge_of_the_coverage_is_right() {
    // The hole touches the shell at 0 2, a vertex of the outer border, and another area fills it.
    let ring = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 2, 0 0), (0 2, 2 1, 2 3, 0 2))";
    let areas = [area(ring), area("POLYGON ((0 2, 2 1, 2 3, 0 2))")];
    assert_eq!(check(&areas.iter().collect::<Vec<_>>(), 0.0), Ok(vec![]));
}

#[test]
fn what_is_no_place_is_refused() {
    let areas = [area("POLYGON ((0 0, 4 0, 99999 4, 0 0))")];
    assert!(check(&areas.iter().collect::<Vec<_>>(), 0.0).is_err());
}
