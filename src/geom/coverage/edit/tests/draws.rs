//! Faces drawn as a whole.

use std::collections::BTreeSet;

use geo_types::{LineString, MultiPolygon};

use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::edit::command::{Edit, Rings};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::trial::{Dice, SMALL, coverage, drawn, line};

/// Two squares side by side, and a small one inside the first.
fn town() -> Coverage {
    drawn(&[
        "0 0, 100 0, 100 50, 100 100, 0 100; 20 20, 20 40, 40 40, 40 20",
        "100 0, 200 0, 200 100, 100 100, 100 50",
        "20 20, 40 20, 40 40, 20 40",
    ])
}

/// A polygon as text: rings by semicolon.
fn draw(face: u16, text: &str) -> Edit {
    let rings = text.split(';').map(|ring| line(ring).into_iter().map(Place).collect());
    Edit::Draw { face, polygons: vec![rings.collect()], past: BTreeSet::new() }
}

/// The edit done: the areas of faces 0 to 3 in whole square steps, and a partition.
fn done(base: &Coverage, edit: &Edit, areas: [i128; 4]) -> Coverage {
    let mut town = base.clone();
    let planned = town.plan(edit, &Locks::default()).unwrap();
    town.apply(&planned.patch).unwrap();
    assert_eq!(town.check(), [], "{edit:?}");
    assert_eq!([0, 1, 2, 3].map(|face| town.area_twice(face) / 2), areas, "{edit:?}");
    let mut back = town.clone();
    back.apply(&planned.patch.inverse()).unwrap();
    assert_eq!(back.sides(), base.sides());
    town
}

fn refused(text: &str, face: u16) -> EditFault {
    town().plan(&draw(face, text), &Locks::default()).unwrap_err()
}

#[test]
fn what_a_face_gains_is_taken_and_the_neighbour_drawn_so_too_changes_nothing_more() {
    let wider = draw(1, "90 0, 200 0, 200 100, 90 100");
    let town = done(&town(), &wider, [8_600, 11_000, 400, 0]);
    let other = draw(0, "0 0, 90 0, 90 100, 0 100; 20 20, 20 40, 40 40, 40 20");
    let again = town.plan(&other, &Locks::default()).unwrap();
    assert!(again.patch.is_empty(), "{:?}", again.patch);
    let again = town.plan(&wider, &Locks::default()).unwrap();
    assert!(again.patch.is_empty(), "{:?}", again.patch);
}

#[test]
fn what_a_face_leaves_goes_to_the_longest_border_and_to_nobody_where_that_is_the_outline() {
    done(&town(), &draw(1, "110 0, 200 0, 200 100, 110 100"), [10_600, 9_000, 400, 0]);
    done(&town(), &draw(1, "100 0, 200 0, 190 100, 100 100"), [9_600, 9_500, 400, 0]);
    // A hole that is all around the face's own.
    let holed = "100 0, 200 0, 200 100, 100 100; 140 40, 140 60, 160 60, 160 40";
    let town = done(&town(), &draw(1, holed), [9_600, 9_600, 400, 0]);
    assert_eq!(town.gaps().len(), 1);
    // Gains and leaves at once, on nobody's land too.
    done(&self::town(), &draw(1, "90 10, 210 10, 210 100, 90 100"), [8_700, 10_800, 400, 0]);
}

#[test]
fn what_a_face_leaves_goes_past_those_that_are_named_where_another_is_around() {
    let past = |text: &str| {
        let Edit::Draw { face, polygons, .. } = draw(1, text) else { panic!("{text}") };
        Edit::Draw { face, polygons, past: [0].into() }
    };
    // The outline, though its border is shorter.
    done(&town(), &past("110 0, 200 0, 200 100, 110 100"), [9_600, 9_000, 400, 0]);
    // Nobody else is around.
    let notched = "100 0, 200 0, 200 100, 100 100, 130 50";
    done(&town(), &past(notched), [11_100, 8_500, 400, 0]);
}

#[test]
fn a_face_that_is_not_there_yet_is_carved_out_of_all_that_lie_under_it() {
    done(&town(), &draw(3, "80 40, 120 40, 120 60, 80 60"), [9_200, 9_600, 400, 800]);
    done(&town(), &draw(3, "30 30, 30 10, 10 10, 10 30"), [9_300, 10_000, 300, 400]);
    done(&town(), &draw(3, "300 0, 320 0, 320 20, 300 20"), [9_600, 10_000, 400, 400]);
}

#[test]
fn what_crosses_itself_misses_the_face_or_swallows_another_is_refused_with_the_place() {
    let crosses = refused("100 0, 200 100, 200 0, 100 100", 1);
    assert!(matches!(crosses, EditFault::CrossesItself { .. }), "{crosses}");
    let misses = refused("10 10, 15 10, 15 15, 10 15", 1);
    assert!(matches!(misses, EditFault::AreaMissesFace { face: Some(1), .. }), "{misses}");
    let swallows = refused("0 0, 100 0, 100 100, 0 100", 0);
    assert!(matches!(swallows, EditFault::WouldEmpty { face: Some(2), .. }), "{swallows}");
    let locks = Locks { faces: [0].into(), outline: false };
    let edit = draw(1, "90 0, 200 0, 200 100, 90 100");
    let locked = town().plan(&edit, &locks).unwrap_err();
    assert!(matches!(locked, EditFault::Locked { face: Some(0), .. }), "{locked}");
    // The other side of the locked face is free.
    let edit = draw(1, "100 0, 210 0, 210 100, 100 100");
    assert!(town().plan(&edit, &locks).is_ok());
}

fn rings(area: &MultiPolygon<f64>) -> Vec<Rings> {
    let place = |c: &geo_types::Coord<f64>| Place(GridPoint { x: step(c.x), y: step(c.y) });
    let ring = |ring: &LineString<f64>| -> Vec<Place> { ring.0.iter().map(place).collect() };
    let all = area.iter().map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
    all.map(|of_part| of_part.map(ring).collect()).collect()
}

#[test]
fn whatever_is_drawn_leaves_a_partition_and_faces_drawn_as_they_are_change_nothing() {
    let (mut drawn, mut refused) = (0, 0);
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut ground = coverage(SMALL, seed);
        for _ in 0..4 {
            let ring: Vec<Place> = (0..3)
                .map(|_| Place(GridPoint { x: dice.within(-120, 160), y: dice.within(-120, 160) }))
                .collect();
            let face = *dice.pick(&[0_u16, 1, 2, 3, 4, 9]);
            let edit = Edit::Draw { face, polygons: vec![vec![ring]], past: BTreeSet::new() };
            let before = ground.sides();
            match ground.plan(&edit, &Locks::default()) {
                Ok(planned) => {
                    ground.apply(&planned.patch).unwrap();
                    assert_eq!(ground.check(), [], "seed {seed}: {edit:?}");
                    drawn += 1;
                }
                Err(fault) => {
                    assert_eq!(ground.sides(), before);
                    assert!(fault.to_string().contains("; "), "{fault}");
                    refused += 1;
                }
            }
        }
        for face in ground.faces() {
            let polygons = rings(&ground.polygons(face));
            let edit = Edit::Draw { face, polygons, past: BTreeSet::new() };
            let again = ground.plan(&edit, &Locks::default()).unwrap();
            assert!(again.patch.is_empty(), "seed {seed}, face {face}: {:?}", again.patch);
        }
    }
    assert!(drawn > 100 && refused > 10, "{drawn} drawn, {refused} refused");
}
