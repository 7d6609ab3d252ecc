use geo_types::Geometry;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::face::nanometres;
use crate::geom::coverage::fault::CoverageFault;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::Side;
use crate::geom::coverage::trial::{Dice, Net, SMALL, coverage, drawn, line, point, sides};
use crate::geom::locate::AreaIndex;
use crate::geom::validity;

/// Every face is a valid polygon of the exact area, and each point is where the zone index has it.
pub(super) fn agrees_with_polygons(coverage: &Coverage, dice: &mut Dice, net: Net) {
    let polygons = coverage.all_polygons();
    for (face, shape) in (0..).zip(&polygons) {
        let faults = validity::faults(&Geometry::MultiPolygon(shape.clone()));
        assert!(faults.is_empty(), "face {face}: {faults:?}\n{shape:?}");
        assert_eq!(area_twice(shape), coverage.area_twice(face), "face {face}");
    }
    let index = AreaIndex::build(&polygons.iter().collect::<Vec<_>>());
    let nodes: Vec<GridPoint> = coverage.sides().iter().map(|side| side.a).collect();
    for n in 0..60 {
        let mut at = GridPoint {
            x: net.corner.x + dice.within(-net.mesh, net.mesh * (net.across + 1)),
            y: net.corner.y + dice.within(-net.mesh, net.mesh * (net.across + 1)),
        };
        if n % 3 == 0 && !nodes.is_empty() {
            at = *dice.pick(&nodes);
        }
        if n % 3 == 1 && !nodes.is_empty() {
            at.y = dice.pick(&nodes).y;
        }
        assert_eq!(coverage.locate(at), index.locate(at), "{at:?}");
    }
}

fn area_twice(shape: &geo_types::MultiPolygon<f64>) -> i128 {
    use crate::geom::coord::step;
    let ring = |ring: &geo_types::LineString<f64>| -> i128 {
        let at = |c: geo_types::Coord<f64>| (i128::from(step(c.x)), i128::from(step(c.y)));
        ring.0
            .windows(2)
            .map(|pair| {
                let ((ax, ay), (bx, by)) = (at(pair[0]), at(pair[1]));
                ax * by - bx * ay
            })
            .sum()
    };
    shape
        .iter()
        .map(|part| {
            assert!(ring(part.exterior()) > 0);
            ring(part.exterior()) + part.interiors().iter().map(ring).sum::<i128>()
        })
        .sum()
}

#[test]
fn random_nets_become_valid_polygons_of_the_same_places() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let net = Net { across: dice.within(1, 8), faces: 4, ..SMALL };
        let coverage = coverage(net, seed);
        agrees_with_polygons(&coverage, &mut dice, net);
    }
}

#[test]
fn a_net_at_the_ends_of_the_grid_is_exact() {
    let mesh = 225_000_000;
    let corner = GridPoint { x: 1_800_000_000 - 8 * mesh, y: -900_000_000 };
    let net = Net { across: 8, mesh, bend: 0, faces: 3, corner };
    for seed in 0..50 {
        let coverage = coverage(net, seed);
        for (face, shape) in (0..).zip(coverage.all_polygons()) {
            assert_eq!(area_twice(&shape), coverage.area_twice(face));
            assert!(validity::faults(&Geometry::MultiPolygon(shape)).is_empty());
        }
    }
}

#[test]
fn arcs_hold_every_segment_once_with_its_faces() {
    for seed in 0..200 {
        let coverage = coverage(SMALL, seed);
        let mut from_arcs: Vec<Side> = coverage
            .arcs()
            .iter()
            .flat_map(|arc| {
                arc.points.windows(2).map(|pair| Side::new(pair[0], pair[1], arc.left, arc.right))
            })
            .collect();
        from_arcs.sort_unstable();
        assert_eq!(from_arcs, coverage.sides());
    }
}

#[test]
fn the_arcs_of_a_face_are_its_rings() {
    for seed in 0..200 {
        let coverage = coverage(SMALL, seed);
        let topology = coverage.topology();
        for face in &topology.faces {
            let mut from_arcs = Vec::new();
            for numbers in face.polygons.iter().flatten() {
                let mut ring: Vec<GridPoint> = Vec::new();
                for &number in numbers {
                    let mut points = topology.arcs
                        [usize::try_from(number.max(-1 - number)).unwrap()]
                    .points
                    .clone();
                    if number < 0 {
                        points.reverse();
                    }
                    assert!(ring.last().is_none_or(|last| *last == points[0]));
                    ring.pop();
                    ring.extend(points);
                }
                assert_eq!(ring.first(), ring.last());
                from_arcs.extend(ring.windows(2).map(|pair| (pair[0], pair[1])));
            }
            let mut border: Vec<(GridPoint, GridPoint)> = coverage
                .around(Some(face.face))
                .map(|(side, right)| if right { (side.b, side.a) } else { (side.a, side.b) })
                .collect();
            from_arcs.sort_unstable();
            border.sort_unstable();
            assert_eq!(from_arcs, border);
        }
    }
}

#[test]
fn a_ring_that_touches_itself_is_shell_and_hole() {
    let square = "0 0, 40 0, 40 40, 0 40";
    // A hole that touches the shell at one corner, filled by face 1.
    let pinched = drawn(&[&format!("{square}; 0 0, 10 20, 20 10"), "0 0, 20 10, 10 20"]);
    let shape = pinched.polygons(0);
    assert_eq!((shape.0.len(), shape.0[0].interiors().len()), (1, 1));
    // Two holes that touch each other.
    let chained = drawn(&[
        &format!("{square}; 10 10, 10 20, 20 20, 20 10; 20 20, 20 30, 30 30, 30 20"),
        "10 10, 20 10, 20 20, 10 20; 20 20, 30 20, 30 30, 20 30",
    ]);
    let shape = chained.polygons(0);
    assert_eq!((shape.0.len(), shape.0[0].interiors().len()), (1, 2));
    assert_eq!(chained.polygons(1).0.len(), 2);
}

#[test]
fn a_broken_partition_is_told_by_place() {
    let outer = |a: &str, b: &str| Side::new(point(a), point(b), Some(0), None);
    let square =
        [outer("0 0", "9 0"), outer("9 0", "9 9"), outer("9 9", "0 9"), outer("0 9", "0 0")];
    let check = |more: &[Side], expected: &[CoverageFault]| {
        let sides: Vec<Side> = square.iter().chain(more).copied().collect();
        let found = Coverage::from_sides(&sides).err().unwrap_or_default();
        assert_eq!(found, expected);
    };
    let ring = |text: &str, inside, around| -> Vec<Side> {
        let points = line(text);
        (0..points.len())
            .map(|n| Side::new(points[n], points[(n + 1) % points.len()], inside, around))
            .collect()
    };
    check(&[], &[]);
    check(&ring("2 2, 4 2, 4 4", Some(1), Some(0)), &[]);
    check(
        &ring("2 2, 4 2, 4 4", Some(1), None),
        &[CoverageFault::WrongSurroundings { at: point("2 2"), labelled: None, lies_in: Some(0) }],
    );
    check(
        &ring("2 2, 4 4, 4 2", Some(1), Some(0)),
        &[CoverageFault::WrongSurroundings {
            at: point("2 2"),
            labelled: Some(1),
            lies_in: Some(0),
        }],
    );
    check(
        &ring("5 5, 12 5, 5 7", Some(1), Some(0)),
        &[
            CoverageFault::Crossing { at: point("9 5") },
            CoverageFault::Crossing { at: point("9 6") },
        ],
    );
    check(
        &[Side::new(point("0 0"), point("9 9"), Some(1), Some(0))],
        &[
            CoverageFault::LabelsDisagree { at: point("0 0"), one: Some(1), other: Some(0) },
            CoverageFault::LabelsDisagree { at: point("9 9"), one: Some(0), other: Some(1) },
        ],
    );
    check(&[outer("0 0", "9 0")], &[CoverageFault::Twice { at: point("0 0"), to: point("9 0") }]);
    check(
        &[Side::new(point("3 3"), point("3 3"), None, Some(0))],
        &[CoverageFault::NoLength { at: point("3 3") }],
    );
}

#[test]
fn a_patch_and_its_inverse_restore_bit_for_bit() {
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let mut coverage = coverage(SMALL, seed);
        assert_eq!(coverage.locate(point("-999 0")), None);
        let before = coverage.sides();
        let removed: Vec<Side> = before.iter().copied().filter(|_| dice.chance(30)).collect();
        let mut added = sides(Net { corner: point("999 999"), ..SMALL }, &mut dice);
        added.extend(
            removed
                .iter()
                .filter(|side| side.a.x % 2 == 0)
                .map(|&side| Side { left: Some(77), ..side }),
        );
        let patch = Patch::new(removed, added);
        coverage.apply(&patch).unwrap();
        assert_ne!(coverage.sides(), before);
        assert!(coverage.apply(&patch).is_err());
        coverage.apply(&patch.inverse()).unwrap();
        assert_eq!(coverage.sides(), before);
        assert_eq!(coverage.check(), []);
        agrees_with_polygons(&coverage, &mut dice, SMALL);
    }
}

#[test]
fn a_segment_has_its_length_and_what_is_enclosed_is_a_gap() {
    let coverage =
        drawn(&["0 0, 1000 0, 1000 1000, 0 1000", "1000 0, 2000 0, 2000 1000, 1000 1000"]);
    let between = coverage.each().find(|side| side.beside() == (Some(0), Some(1))).unwrap();
    assert!((nanometres(between) - 11_057_427_600).abs() < 1_000, "{}", nanometres(between));
    assert_eq!(coverage.gaps(), []);
    let around = drawn(&[
        "0 0, 3000 0, 3000 1000, 2000 1000, 1000 1000, 0 1000",
        "0 1000, 1000 1000, 1000 2000, 2000 2000, 2000 1000, 3000 1000, 3000 3000, 0 3000",
    ]);
    let gaps = around.gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].exterior().0.len(), 5);
    assert_eq!(gaps[0].exterior().0[0], geo_types::Coord { x: 1e-4, y: 1e-4 });
}
