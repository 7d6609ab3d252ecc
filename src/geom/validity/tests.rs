//! Small shapes, each with what is wrong with it. Drawn for these tests.

use geo_types::{Geometry, GeometryCollection, LineString, MultiPolygon, Polygon, coord, point};

use super::FaultKind::{
    DisconnectedInterior, DuplicateRing, HoleOutsideShell, MoreFaults, NestedHoles, NestedShells,
    NotFinite, PartsOverlap, RingsCross, SelfIntersection, SelfTouch, TooFewPoints, TooLarge,
};
use super::*;

/// A ring from `"0 0, 4 0, 4 4"`, closed.
fn ring(text: &str) -> LineString<f64> {
    let number = |s: &str| s.parse::<f64>().unwrap();
    let mut ring: LineString<f64> = text
        .split(',')
        .map(|pair| {
            let (x, y) = pair.trim().split_once(' ').unwrap();
            (number(x), number(y))
        })
        .collect();
    ring.close();
    ring
}

/// Polygons between `/`, rings between `;`.
fn shape(text: &str) -> MultiPolygon<f64> {
    let polygon = |text: &str| {
        let mut rings = text.split(';').map(ring);
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    MultiPolygon(text.split('/').map(polygon).collect())
}

/// The kinds, places, parts and rings of a shape's faults.
fn check(text: &str, expected: &[(FaultKind, (f64, f64), usize, usize)]) {
    let shape = shape(text);
    let found = faults(&Geometry::MultiPolygon(shape.clone()));
    let brief: Vec<_> = found.iter().map(|f| (f.kind, (f.at.x, f.at.y), f.part, f.ring)).collect();
    assert_eq!(brief, expected, "{text}: {found:#?}");
    // Neither the turn of the rings nor where they start changes what is wrong.
    let turned = MultiPolygon(
        shape
            .iter()
            .map(|polygon| {
                let turn = |ring: &LineString<f64>| {
                    let mut coords = ring.0[1..].to_vec();
                    coords.rotate_left(1);
                    coords.reverse();
                    LineString(coords)
                };
                Polygon::new(
                    turn(polygon.exterior()),
                    polygon.interiors().iter().map(turn).collect(),
                )
            })
            .collect(),
    );
    let kinds = |faults: Vec<Fault>| {
        let mut kinds: Vec<_> = faults.iter().map(|f| (f.kind, f.part, f.ring)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(faults(&Geometry::MultiPolygon(turned))), kinds(found), "turned: {text}");
}

#[test]
fn what_is_right_has_no_fault() {
    for right in [
        "0 0, 9 0, 9 9, 0 9",
        "0 0, 0 0, 9 0, 9 0, 9 9, 0 9, 0 9",
        // A hole apart, one that touches the shell once, two that touch each other once.
        "0 0, 9 0, 9 9, 0 9; 1 1, 2 1, 2 2, 1 2",
        "0 0, 9 0, 9 9, 0 9; 0 4, 3 3, 3 5",
        "0 0, 9 0, 9 9, 0 9; 2 2, 4 2, 4 4, 2 4; 4 4, 6 4, 6 6, 4 6",
        // Three holes that meet at one point.
        "0 0, 9 0, 9 9, 0 9; 4 4, 1 5, 1 3; 4 4, 5 1, 3 1; 4 4, 7 3, 7 5",
        // Parts that touch at a point; a part in another's hole, touching the hole once.
        "0 0, 2 0, 2 2, 0 2 / 2 2, 4 2, 4 4, 2 4",
        "0 0, 9 0, 9 9, 0 9; 2 2, 7 2, 7 7, 2 7 / 3 3, 5 3, 5 5, 3 5",
        "0 0, 9 0, 9 9, 0 9; 2 2, 7 2, 7 7, 2 7 / 2 2, 5 3, 3 5",
        // Every vertex of the inner part lies on the hole.
        "0 0, 9 0, 9 9, 0 9; 2 2, 7 2, 7 7, 2 7 / 4 2, 7 4, 4 7, 2 4",
    ] {
        check(right, &[]);
    }
}

#[test]
fn a_ring_that_meets_itself_is_told_where() {
    check("0 0, 4 4, 4 0, 0 4", &[(SelfIntersection, (2.0, 2.0), 0, 0)]);
    // Three crossings, all listed.
    check(
        "0 0, 8 0, 8 2, 0 2, 0 3, 5 3, 5 -1, 3 -1, 3 1, 0 1",
        &[
            (SelfIntersection, (3.0, 0.0), 0, 0),
            (SelfIntersection, (5.0, 0.0), 0, 0),
            (SelfIntersection, (5.0, 2.0), 0, 0),
        ],
    );
    check("0 0, 9 0, 9 9, 5 0, 0 9", &[(SelfTouch, (5.0, 0.0), 0, 0)]);
    // Through a vertex of its own: crossing, not touching.
    check("0 4, 2 2, 4 0, 4 4, 2 2, 0 0", &[(SelfIntersection, (2.0, 2.0), 0, 0)]);
    // A spike outwards and one inwards.
    check("0 0, 6 0, 6 3, 9 3, 6 3, 6 6, 0 6", &[(SelfIntersection, (9.0, 3.0), 0, 0)]);
    check("0 0, 6 0, 6 3, 2 3, 6 3, 6 6, 0 6", &[(SelfIntersection, (2.0, 3.0), 0, 0)]);
}

#[test]
fn holes_lie_in_their_shell_and_apart() {
    let shell = "0 0, 9 0, 9 9, 0 9";
    check(&format!("{shell}; 11 1, 12 1, 12 2"), &[(HoleOutsideShell, (11.0, 1.0), 0, 1)]);
    check(
        &format!("{shell}; 1 1, 8 1, 8 8, 1 8; 3 3, 4 3, 4 4"),
        &[(NestedHoles, (3.0, 3.0), 0, 2)],
    );
    check(
        &format!("{shell}; 7 4, 11 4, 11 5, 7 5"),
        &[(RingsCross, (9.0, 4.0), 0, 1), (RingsCross, (9.0, 5.0), 0, 1)],
    );
    check(&format!("{shell}; 0 3, 3 3, 3 6, 0 6"), &[(RingsCross, (0.0, 3.0), 0, 1)]);
    check(
        &format!("{shell}; 2 2, 4 2, 4 4, 2 4; 4 2, 6 2, 6 4, 4 4"),
        &[(RingsCross, (4.0, 2.0), 0, 2)],
    );
    check(
        &format!("{shell}; 2 2, 4 2, 4 4, 2 4; 4 4, 4 2, 2 2, 2 4"),
        &[(DuplicateRing, (4.0, 4.0), 0, 2)],
    );
    check(&format!("{shell}; {shell}"), &[(DuplicateRing, (0.0, 0.0), 0, 1)]);
    // Outside a dented shell though every vertex of the hole lies on it.
    check(
        "0 0, 2 0, 2 6, 7 6, 7 0, 9 0, 9 9, 0 9; 2 0, 7 0, 4 6",
        &[(HoleOutsideShell, (2.0, 0.0), 0, 1)],
    );
}

#[test]
fn touching_holes_may_not_cut_the_polygon_in_two() {
    let shell = "0 0, 9 0, 9 9, 0 9";
    check(&format!("{shell}; 0 4, 4 3, 9 4, 4 5"), &[(DisconnectedInterior, (9.0, 4.0), 0, 1)]);
    check(
        &format!("{shell}; 2 2, 5 1, 4 2; 4 2, 5 5, 4 4; 4 4, 2 2, 1 5"),
        &[(DisconnectedInterior, (4.0, 4.0), 0, 3)],
    );
}

#[test]
fn parts_share_no_more_than_points() {
    check(
        "0 0, 4 0, 4 4, 0 4 / 2 2, 6 2, 6 6, 2 6",
        &[(PartsOverlap, (2.0, 4.0), 1, 0), (PartsOverlap, (4.0, 2.0), 1, 0)],
    );
    check("0 0, 4 0, 4 4, 0 4 / 4 1, 8 1, 8 3, 4 3", &[(PartsOverlap, (4.0, 1.0), 1, 0)]);
    check("0 0, 9 0, 9 9, 0 9 / 2 2, 3 2, 3 3", &[(NestedShells, (2.0, 2.0), 1, 0)]);
    check("2 2, 3 2, 3 3 / 0 0, 9 0, 9 9, 0 9", &[(NestedShells, (2.0, 2.0), 0, 0)]);
    check("0 0, 4 0, 4 4 / 4 4, 0 0, 4 0", &[(DuplicateRing, (4.0, 4.0), 1, 0)]);
    // Beside the hole, all vertices on it.
    check(
        "0 0, 9 0, 9 9, 0 9; 4 4, 5 3, 4 1, 3 3 / 3 3, 4 4, 1 6",
        &[(PartsOverlap, (3.0, 3.0), 1, 0)],
    );
}

#[test]
fn every_fault_of_a_shape_is_listed_with_its_part_and_ring() {
    check(
        "0 0, 9 0, 9 9, 0 9; 20 0, 21 0, 21 1; 1 1, 3 3, 3 1, 1 3 / 30 0, 33 3, 33 0, 30 3",
        &[
            (HoleOutsideShell, (20.0, 0.0), 0, 1),
            (SelfIntersection, (2.0, 2.0), 0, 2),
            (SelfIntersection, (31.5, 1.5), 1, 0),
        ],
    );
}

#[test]
fn what_is_no_ring_or_line_or_number_is_said() {
    let kinds = |geometry: Geometry<f64>| -> Vec<FaultKind> {
        faults(&geometry).into_iter().map(|fault| fault.kind).collect()
    };
    assert_eq!(kinds(point! { x: f64::NAN, y: 1.0 }.into()), [NotFinite]);
    assert_eq!(kinds(point! { x: 1e300, y: 1.0 }.into()), [TooLarge]);
    assert_eq!(kinds(ring("1 1, 1 1, 1 1").into()), [TooFewPoints]);
    assert_eq!(kinds(LineString(vec![coord! { x: 1.0, y: 2.0 }]).into()), [TooFewPoints]);
    assert_eq!(kinds(Polygon::new(ring("0 0, 1 1, 0 0"), vec![]).into()), [TooFewPoints]);
    assert_eq!(
        kinds(Polygon::new(ring("0 0, 1 0, 1 NaN, 0 inf"), vec![]).into()),
        [NotFinite, NotFinite]
    );
    let flat = Polygon::new(ring("0 0, 4 0, 9 0"), vec![]);
    assert_eq!(kinds(flat.into()), [SelfIntersection, SelfIntersection]);
    for empty in [
        Geometry::LineString(LineString(vec![])),
        Geometry::Polygon(Polygon::new(LineString(vec![]), vec![])),
        Geometry::MultiPolygon(MultiPolygon(vec![])),
        Geometry::GeometryCollection(GeometryCollection(vec![])),
    ] {
        assert_eq!(kinds(empty), []);
    }
}

#[test]
fn members_of_a_collection_are_counted_through() {
    let crossed = Geometry::Polygon(Polygon::new(ring("0 0, 4 4, 4 0, 0 4"), vec![]));
    let both = shape("0 0, 1 0, 1 1 / 5 5, 6 5, 6 6");
    let all = vec![Geometry::MultiPolygon(both), crossed.clone(), crossed];
    let found = faults(&Geometry::GeometryCollection(GeometryCollection(all)));
    assert_eq!(found.iter().map(|fault| fault.part).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_hair_beside_a_line_is_told_from_on_it() {
    // 0.1 + 0.2 is not 0.3: the vertex lies a hair inside the shell or on it.
    let hair = f64::EPSILON * 4.0;
    for (off, touches) in [(0.0, true), (hair, false)] {
        let shell = ring("0 0, 3 0, 3 3, 0 3");
        let at = |x: f64, y: f64| coord! { x: x, y: y };
        let hole = |x: f64| LineString(vec![at(x, 1.5), at(1.0, 1.0), at(1.0, 2.0), at(x, 1.5)]);
        let far = LineString(vec![at(3.0, 1.5), at(1.0, 2.0), at(2.0, 2.5), at(3.0, 1.5)]);
        let polygon = Polygon::new(shell, vec![hole(off), far]);
        let cut =
            faults(&Geometry::Polygon(polygon)).iter().any(|f| f.kind == DisconnectedInterior);
        assert_eq!(cut, touches, "{off}");
    }
}

#[test]
fn a_ring_that_crosses_itself_everywhere_is_given_up_in_time() {
    // A star of 5,001 points: every edge crosses nearly every other.
    let n = 5_001_u32;
    let star: LineString<f64> = (0..=n)
        .map(|i| f64::from(i % n * (n / 2) % n) * std::f64::consts::TAU / f64::from(n))
        .map(|t| (t.cos(), t.sin()))
        .collect();
    let found = faults(&Geometry::Polygon(Polygon::new(star, vec![])));
    assert!(found.len() > 900 && found.len() <= FAULTS_MAX + 1);
    assert_eq!(found.last().map(|fault| fault.kind), Some(MoreFaults));
}
