use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::command::{Edit, Share};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::edit::plan::Planned;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::trial::{drawn, line, point};

/// Two squares side by side, and a small one inside the first.
fn town() -> Coverage {
    drawn(&[
        "0 0, 100 0, 100 50, 100 100, 0 100; 20 20, 20 40, 40 40, 40 20",
        "100 0, 200 0, 200 100, 100 100, 100 50",
        "20 20, 40 20, 40 40, 20 40",
    ])
}

fn at(text: &str) -> Place {
    Place(point(text))
}

fn places(text: &str) -> Vec<Place> {
    line(text).into_iter().map(Place).collect()
}

fn free(coverage: &Coverage, edit: &Edit) -> Result<Planned, EditFault> {
    coverage.plan(edit, &Locks::default())
}

/// The edit done: the areas of faces 0 to 3 in whole square steps, and a partition.
fn done(edit: &Edit, areas: [i128; 4]) -> Coverage {
    let mut town = town();
    let before = town.sides();
    let planned = free(&town, edit).unwrap();
    town.apply(&planned.patch).unwrap();
    assert_eq!(town.check(), [], "{edit:?}");
    assert_eq!([0, 1, 2, 3].map(|face| town.area_twice(face) / 2), areas, "{edit:?}");
    let mut back = town.clone();
    back.apply(&planned.patch.inverse()).unwrap();
    assert_eq!(back.sides(), before);
    town
}

fn refused(edit: &Edit, expected: EditFault) {
    assert_eq!(free(&town(), edit).unwrap_err(), expected, "{edit:?}");
    let says = expected.to_string();
    assert!(says.contains("; ") && says.len() > 20, "{says}");
}

#[test]
fn a_vertex_moves_with_both_neighbours() {
    let edit = Edit::MoveVertex { from: at("100 50"), to: at("90 50") };
    done(&edit, [9100, 10500, 400, 0]);
    let node = Edit::MoveVertex { from: at("100 100"), to: at("90 110") };
    done(&node, [9850, 10750, 400, 0]);
    refused(
        &Edit::MoveVertex { from: at("1 1"), to: at("2 2") },
        EditFault::NoVertex { at: point("1 1") },
    );
    refused(
        &Edit::MoveVertex { from: at("100 50"), to: at("100 0") },
        EditFault::VertexAtPlace { at: point("100 0") },
    );
    let across = Edit::MoveVertex { from: at("100 50"), to: at("30 30") };
    assert!(matches!(free(&town(), &across), Err(EditFault::WouldCross { .. })));
}

#[test]
fn a_zone_turned_inside_out_or_swept_over_is_refused_though_nothing_crosses() {
    let triangle = drawn(&["0 0, 90 0, 90 90, 0 90; 20 20, 30 40, 40 20", "20 20, 40 20, 30 40"]);
    let flipped = Edit::MoveVertex { from: at("30 40"), to: at("30 5") };
    let fault = free(&triangle, &flipped).unwrap_err();
    assert!(matches!(fault, EditFault::WouldTurnOver { .. }), "{fault:?}");
    // The island of the town would come to lie outside of face 0.
    let swept = Edit::ReshapeArc { line: places("0 0, 50 10, 50 50, 0 100") };
    let fault = free(&town(), &swept).unwrap_err();
    assert!(matches!(fault, EditFault::WouldTurnOver { .. }), "{fault:?}");
}

#[test]
fn vertices_come_and_go() {
    let insert = Edit::InsertVertex { at: at("90 25"), between: [at("100 50"), at("100 0")] };
    done(&insert, [9350, 10250, 400, 0]);
    done(&Edit::DeleteVertex { at: at("100 50") }, [9600, 10000, 400, 0]);
    done(&Edit::DeleteVertex { at: at("200 0") }, [9600, 5000, 400, 0]);
    refused(
        &Edit::DeleteVertex { at: at("100 100") },
        EditFault::VertexIsNode { at: point("100 100"), degree: 3 },
    );
    let triangle = drawn(&["0 0, 90 0, 0 90"]);
    assert_eq!(
        free(&triangle, &Edit::DeleteVertex { at: at("0 90") }).unwrap_err(),
        EditFault::WouldEmpty { at: point("0 90"), face: Some(0) }
    );
    refused(
        &Edit::InsertVertex { at: at("5 5"), between: [at("0 0"), at("100 50")] },
        EditFault::NoSegment { at: point("0 0"), to: point("100 50") },
    );
}

#[test]
fn a_border_is_laid_along_a_line() {
    let bulge = Edit::ReshapeArc { line: places("100 0, 120 0, 120 100, 100 100") };
    assert!(matches!(free(&town(), &bulge), Err(EditFault::WouldCross { .. })));
    let bulge = Edit::ReshapeArc { line: places("100 0, 120 20, 120 80, 100 100") };
    done(&bulge, [11200, 8400, 400, 0]);
    // A street that begins and ends somewhere else.
    let street = Edit::Straighten {
        between: [at("100 100"), at("100 0")],
        along: places("110 -50, 110 40, 120 50, 110 60, 110 200"),
    };
    let town = free(&town(), &street);
    assert!(matches!(town, Err(EditFault::WouldCross { .. })), "{town:?}");
    let street = Edit::Straighten {
        between: [at("100 100"), at("100 0")],
        along: places("100 10, 110 40, 110 60, 100 90"),
    };
    done(&street, [10100, 9500, 400, 0]);
    refused(
        &Edit::ReshapeArc { line: places("0 0, 30 50, 200 100") },
        EditFault::NotOneArc { at: point("0 0"), to: point("200 100") },
    );
}

#[test]
fn a_face_is_split_from_border_to_border() {
    let split = |text| Edit::Split { face: 1, line: places(text), new_face: 3 };
    // Beyond the border, on a vertex, on a segment.
    done(&split("90 50, 210 50"), [9600, 5000, 400, 5000]);
    done(&split("100 50, 200 50"), [9600, 5000, 400, 5000]);
    done(&split("200 50, 100 50"), [9600, 5000, 400, 5000]);
    done(&split("100 50, 150 60, 150 100"), [9600, 7750, 400, 2250]);
    // A loop that begins and ends at one node, turning either way.
    done(&split("100 50, 150 40, 150 60, 100 50"), [9600, 9500, 400, 500]);
    done(&split("100 50, 150 60, 150 40, 100 50"), [9600, 500, 400, 9500]);
    let refuse = |text, expected| refused(&split(text), expected);
    let (face, at) = (1, point);
    refuse("90 150, 210 150", EditFault::LineMissesFace { at: at("90 150"), face });
    refuse("90 50, 150 50", EditFault::LineEndsInside { at: at("150 50"), face });
    refuse("120 50, 150 50", EditFault::LineEndsInside { at: at("120 50"), face });
    refuse("100 0, 100 50, 200 50", EditFault::LineAlongBorder { at: at("100 0"), face });
    refuse("150 0, 200 50, 150 100", EditFault::LineTouchesBorder { at: at("200 50"), face });
    // On a node where three arcs meet, in passing.
    refuse("200 50, 100 100, 200 20", EditFault::LineTouchesBorder { at: at("100 100"), face });
    refuse("150 0, 250 50, 150 100", EditFault::LineLeavesFace { at: at("200 25"), face });
    refuse("110 0, 190 100, 110 100, 190 0", EditFault::CrossesItself { at: at("150 50") });
    refuse("150 0", EditFault::TooFewPoints { at: Some(at("150 0")) });
    refused(
        &Edit::Split { face: 1, line: places("90 50, 210 50"), new_face: 2 },
        EditFault::FaceInUse { face: 2 },
    );
    refused(
        &Edit::Split { face: 9, line: places("90 50, 210 50"), new_face: 3 },
        EditFault::UnknownFace { face: Some(9) },
    );
    refused(
        &Edit::Split { face: 0, line: places("0 30, 20 30"), new_face: 3 },
        EditFault::LineDoesNotPart { at: point("0 30"), face: 0 },
    );
}

#[test]
fn an_island_goes_with_the_part_it_lies_in() {
    let split = Edit::Split { face: 0, line: places("50 0, 50 100"), new_face: 3 };
    let town = done(&split, [5000, 10000, 400, 4600]);
    assert_eq!(town.locate(point("10 30")), Some(3));
    assert_eq!(town.locate(point("30 30")), Some(2));
}

#[test]
fn where_a_line_crosses_between_grid_points_the_border_bends_and_it_is_said() {
    let slanted = drawn(&["0 0, 100 0, 97 100, 0 100", "100 0, 200 0, 200 100, 97 100"]);
    let edit = Edit::Split { face: 0, line: places("-10 41, 150 52"), new_face: 2 };
    let planned = free(&slanted, &edit).unwrap();
    assert_eq!(planned.bent.len(), 1, "{planned:?}");
    let mut split = slanted.clone();
    split.apply(&planned.patch).unwrap();
    assert_eq!(split.check(), []);
    // A locked neighbour does not bend.
    let locks = Locks { faces: [1].into(), outline: false };
    let fault = slanted.plan(&edit, &locks).unwrap_err();
    assert!(matches!(fault, EditFault::Locked { face: Some(1), .. }), "{fault:?}");
}

#[test]
fn faces_merge_when_they_have_a_border() {
    done(&Edit::Merge { into: 0, from: 1 }, [19600, 0, 400, 0]);
    done(&Edit::Merge { into: 0, from: 2 }, [10000, 10000, 0, 0]);
    done(&Edit::Merge { into: 2, from: 0 }, [0, 10000, 10000, 0]);
    let fault = EditFault::FacesDoNotTouch { into: 1, from: 2, at: point("20 20") };
    refused(&Edit::Merge { into: 1, from: 2 }, fault);
    refused(&Edit::Merge { into: 1, from: 1 }, EditFault::SameFace { face: Some(1) });
}

#[test]
fn what_is_given_goes_over() {
    let give = |what, from, to| Edit::Give { what, from, to };
    let area = |text: &str| Share::Area { polygons: vec![vec![places(text)]] };
    // Over two faces: only one gives. Around the island: it stays.
    done(&give(area("90 10, 110 10, 110 60, 90 60"), Some(0), Some(1)), [9100, 10500, 400, 0]);
    done(&give(area("10 10, 10 50, 50 50, 50 10"), Some(0), Some(1)), [8400, 11200, 400, 0]);
    done(&give(area("0 0, 10 0, 10 100, 0 100"), Some(0), Some(2)), [8600, 10000, 1400, 0]);
    done(&give(area("0 0, 10 0, 10 100, 0 100"), Some(0), None), [8600, 10000, 400, 0]);
    done(&give(area("-10 0, 0 0, 0 100, -10 100"), None, Some(0)), [10600, 10000, 400, 0]);
    done(&give(Share::Whole, Some(2), Some(1)), [9600, 10400, 0, 0]);
    done(&give(Share::Whole, Some(1), Some(2)), [9600, 0, 10400, 0]);
    refused(
        &give(area("0 -10, 9 -10, 9 -5"), Some(0), Some(1)),
        EditFault::AreaMissesFace { at: point("0 -10"), face: Some(0) },
    );
    refused(
        &give(area("15 15, 45 15, 45 45, 15 45"), Some(2), Some(0)),
        EditFault::WouldEmpty { at: point("15 15"), face: Some(2) },
    );
    refused(
        &give(area("0 0, 50 50, 50 0, 0 50"), Some(0), Some(1)),
        EditFault::CrossesItself { at: point("25 25") },
    );
    refused(
        &give(Share::Part { at: at("30 30") }, Some(0), Some(1)),
        EditFault::NotInFace { at: point("30 30"), face: Some(0), lies_in: Some(2) },
    );
    refused(
        &give(Share::Part { at: at("10 10") }, Some(0), Some(1)),
        EditFault::WouldEmpty { at: point("10 10"), face: Some(0) },
    );
    refused(&give(Share::Whole, Some(0), Some(9)), EditFault::UnknownFace { face: Some(9) });
}

#[test]
fn holes_are_cut_and_filled() {
    let hole = |text, new_face| Edit::AddHole { face: 0, ring: places(text), new_face };
    done(&hole("60 60, 80 60, 80 80, 60 80", Some(3)), [9200, 10000, 400, 400]);
    done(&hole("60 60, 60 80, 80 80, 80 60, 60 60", None), [9200, 10000, 400, 0]);
    let inside = |at| EditFault::RingNotInside { at: point(at), face: 0 };
    refused(&hole("60 60, 120 60, 120 80", Some(3)), inside("100 60"));
    refused(&hole("60 60, 100 50, 80 80", Some(3)), inside("100 50"));
    refused(&hole("30 30, 35 30, 35 35", Some(3)), inside("30 30"));
    // Dropped on the island: exactly, and across its border.
    refused(&hole("20 20, 40 20, 40 40, 20 40", Some(3)), inside("20 20"));
    refused(&hole("30 30, 60 30, 60 60", Some(3)), inside("40 30"));
    refused(
        &hole("10 10, 50 10, 50 50, 10 50", Some(3)),
        EditFault::RingAroundAnother { at: point("20 20"), face: 0 },
    );
    done(&Edit::DissolveHole { at: at("30 30") }, [10000, 10000, 0, 0]);
    refused(&Edit::DissolveHole { at: at("150 50") }, EditFault::NotAHole { at: point("150 50") });
    refused(&Edit::DissolveHole { at: at("500 50") }, EditFault::NotAHole { at: point("500 50") });
    let mut yard = done(&hole("60 60, 60 80, 80 80, 80 60", None), [9200, 10000, 400, 0]);
    let filled = free(&yard, &Edit::DissolveHole { at: at("70 70") }).unwrap();
    yard.apply(&filled.patch).unwrap();
    assert_eq!(yard.sides(), town().sides());
}

#[test]
fn what_is_locked_keeps_its_area() {
    let locks = |faces: &[u16], outline| Locks { faces: faces.iter().copied().collect(), outline };
    let check = |edit: &Edit, locks: &Locks, expected: Option<Option<u16>>| {
        let fault = town().plan(edit, locks).err();
        let face = fault.map(|fault| match fault {
            EditFault::Locked { face, .. } => face,
            other => panic!("{other:?}"),
        });
        assert_eq!(face, expected, "{edit:?}");
    };
    let node = Edit::MoveVertex { from: at("100 100"), to: at("90 110") };
    check(&node, &locks(&[1], false), Some(Some(1)));
    check(&node, &locks(&[2], false), None);
    check(&node, &locks(&[], true), Some(None));
    // On the segment: nobody's area changes.
    let exact = Edit::InsertVertex { at: at("100 25"), between: [at("100 50"), at("100 0")] };
    check(&exact, &locks(&[0, 1, 2], true), None);
    let split = Edit::Split { face: 1, line: places("90 50, 210 50"), new_face: 3 };
    check(&split, &locks(&[1], false), Some(Some(1)));
    check(&split, &locks(&[0, 2], true), None);
    check(&Edit::Merge { into: 0, from: 2 }, &locks(&[2], false), Some(Some(2)));
}

#[test]
fn thinning_keeps_nodes_and_passes_over_nothing() {
    let wavy = drawn(&[
        "0 0, 1000 0, 1000 1000, 500 1003, 0 1000",
        "0 1000, 500 1003, 1000 1000, 1000 2000, 0 2000",
    ]);
    let all = Edit::Thin { tolerance_m: 1.0, arc: None };
    let planned = free(&wavy, &all).unwrap();
    assert_eq!((planned.patch.removed().len(), planned.patch.added().len()), (2, 1));
    let locks = Locks { faces: [1].into(), outline: false };
    assert!(wavy.plan(&all, &locks).unwrap().patch.is_empty());
    // Everything is smaller than a kilometre: what is left has its nodes and three corners a ring.
    let coarse = town().thinned(1000.0);
    assert_eq!(coarse.check(), []);
    assert_eq!(coarse.faces(), [0, 1, 2]);
    refused(&Edit::Thin { tolerance_m: f64::NAN, arc: None }, EditFault::NoTolerance);
}

#[test]
fn an_edit_is_written_in_degrees_and_read_exactly() {
    let edits = [
        Edit::MoveVertex {
            from: Place(GridPoint { x: 1_094_843_391, y: 365_912_347 }),
            to: Place(GridPoint { x: -1_800_000_000, y: 900_000_000 }),
        },
        Edit::Thin { tolerance_m: 0.1, arc: None },
        Edit::Give {
            what: Share::Area { polygons: vec![vec![places("0 0, 1 0, 3 7")]] },
            from: None,
            to: Some(3),
        },
    ];
    for edit in &edits {
        let text = serde_json::to_string(edit).unwrap();
        assert_eq!(&serde_json::from_str::<Edit>(&text).unwrap(), edit, "{text}");
    }
    let text = serde_json::to_string(&edits[0]).unwrap();
    assert_eq!(
        text,
        r#"{"kind":"move_vertex","from":[109.4843391,36.5912347],"to":[-180.0,90.0]}"#
    );
    let beyond = r#"{"kind":"delete_vertex","at":[36.5, 109.4]}"#;
    assert!(serde_json::from_str::<Edit>(beyond).is_err());
}
