//! Plans at work: small ones, cell by cell.

use geo_types::{Coord, LineString, Polygon};
use serde_json::json;

use super::*;
use crate::domain::id::UnitId;
use crate::domain::zoning::handed::handed;
use crate::domain::zoning::redraw::drawn;

/// Degrees along the side of a cell.
const CELL: f64 = 0.001;

fn corner(east: f64, north: f64) -> [f64; 2] {
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    [round(109.4 + east * CELL), round(36.5 + north * CELL)]
}

fn zone(id: &str, number: u32, east: f64, north: f64) -> Zone {
    let ring: LineString<f64> = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
        .into_iter()
        .map(|(dx, dy)| {
            let [x, y] = corner(east + dx, north + dy);
            Coord { x, y }
        })
        .collect();
    Zone {
        id: ZoneId::new(id).unwrap(),
        number,
        names: Names { zh: format!("{id}区"), en: String::new() },
        lead: UnitId::new("u1").unwrap(),
        co: vec![UnitId::new("u2").unwrap()],
        area: MultiPolygon::new(vec![Polygon::new(ring, Vec::new())]),
        attributes: Attributes::from([("k".to_owned(), json!(1))]),
    }
}

/// Four zones, two by two: c d above a b.
fn four() -> Vec<Zone> {
    vec![
        zone("a", 1, 0.0, 0.0),
        zone("b", 2, 1.0, 0.0),
        zone("c", 3, 0.0, 1.0),
        zone("d", 4, 1.0, 1.0),
    ]
}

fn edit(value: serde_json::Value) -> ZoningEdit {
    serde_json::from_value(value).unwrap()
}

fn ids(zones: &[&str]) -> BTreeSet<ZoneId> {
    zones.iter().map(|id| ZoneId::new(id).unwrap()).collect()
}

fn none() -> BTreeSet<ZoneId> {
    BTreeSet::new()
}

fn moved_middle() -> ZoningEdit {
    edit(json!({ "kind": "move_vertex", "from": corner(1.0, 1.0), "to": corner(1.2, 1.3) }))
}

fn split_a() -> ZoningEdit {
    edit(json!({
        "kind": "split", "zone": "a", "line": [corner(0.5, -0.1), corner(0.5, 1.2)],
        "new": { "id": "e", "co": ["u3", "u1", "u3"] },
    }))
}

/// Applied, and taken back: bit for bit what it was.
fn check(working: &mut Working, edits: &[ZoningEdit]) -> Applied {
    let (sides, zones) = (working.coverage.sides(), working.zones());
    let applied = working.apply(edits, &none()).unwrap();
    assert!(working.check().is_empty());
    working.take_back(&applied).unwrap();
    assert_eq!((working.coverage.sides(), working.zones()), (sides, zones));
    working.apply(edits, &none()).unwrap()
}

#[test]
fn a_plan_that_nobody_touched_is_given_back_as_it_came() {
    let zones = four();
    let working = Working::of(&zones).unwrap();
    assert_eq!(working.zones(), zones);
    assert_eq!(working.borders().len(), 8, "{:?}", working.borders());
}

#[test]
fn a_node_takes_every_border_along_and_tells_who_moves_where() {
    let mut working = Working::of(&four()).unwrap();
    let applied = check(&mut working, &[moved_middle()]);
    assert_eq!(applied.reshaped, ids(&["a", "b", "c", "d"]));
    assert_eq!(applied.touched, applied.reshaped);
    let sum: f64 = applied.moved.iter().map(|moved| moved.area_m2).sum();
    assert!(sum > 1_000.0 && sum < 10_000.0, "{:?}", applied.moved);
    let turned = applied.turned();
    assert_eq!(turned.moved[0].from, applied.moved[0].to);
}

#[test]
fn a_zone_is_cut_in_two_and_joined_again() {
    let mut working = Working::of(&four()).unwrap();
    let applied = check(&mut working, &[split_a()]);
    assert_eq!(applied.reshaped, ids(&["a", "e"]));
    let made = working.zones().into_iter().find(|zone| zone.id.as_str() == "e").unwrap();
    assert_eq!((made.number, made.lead.as_str(), made.co.len()), (5, "u1", 1));
    assert_eq!(made.names.en, "e");
    let merge = edit(json!({ "kind": "merge", "into": "a", "from": "e" }));
    let applied = check(&mut working, &[merge]);
    assert_eq!(applied.reshaped, ids(&["a", "e"]));
    let left: Vec<String> = working.zones().iter().map(|zone| zone.id.to_string()).collect();
    assert_eq!(left, ["a", "b", "c", "d"]);
    let area = |zones: &[Zone]| -> f64 { zones.iter().map(|zone| area_m2(&zone.area)).sum() };
    assert!((area(&working.zones()) - area(&four())).abs() < 1e-3);
}

#[test]
fn what_is_known_of_a_zone_changes_without_its_area() {
    let mut working = Working::of(&four()).unwrap();
    let set = edit(json!({
        "kind": "set_zone", "zone": "b", "number": 9, "names": { "zh": "东" }, "lead": "u2",
    }));
    let applied = check(&mut working, &[set]);
    assert_eq!((applied.touched, applied.reshaped), (ids(&["b"]), none()));
    let zones = working.zones();
    assert_eq!((zones[1].number, zones[1].lead.as_str()), (9, "u2"));
    assert!(zones[1].co.is_empty(), "a lead is not beside itself");
    assert_eq!(zones[1].area, four()[1].area);
}

#[test]
fn holes_gifts_and_thinning_keep_the_ground_whole() {
    let mut working = Working::of(&four()).unwrap();
    let ring = [corner(0.2, 0.2), corner(0.4, 0.2), corner(0.3, 0.4)];
    let edits = [
        edit(json!({ "kind": "add_hole", "zone": "a", "ring": ring, "new": { "id": "h" } })),
        edit(json!({ "kind": "set_zone", "zone": "h", "lead": "u7" })),
        edit(json!({
            "kind": "give", "from": "d", "to": "c",
            "area": [[[corner(0.9, 1.2), corner(1.4, 1.2), corner(1.4, 1.6), corner(0.9, 1.6)]]],
        })),
        edit(json!({ "kind": "thin", "tolerance_m": 0.5 })),
    ];
    let applied = check(&mut working, &edits);
    assert_eq!(applied.reshaped, ids(&["a", "c", "d", "h"]));
    let dissolved = edit(json!({ "kind": "dissolve_hole", "at": corner(0.3, 0.25) }));
    let applied = check(&mut working, &[dissolved]);
    assert_eq!(applied.reshaped, ids(&["a", "h"]));
    assert!(!working.has(&ZoneId::new("h").unwrap()));
}

#[test]
fn a_zone_that_is_drawn_takes_and_leaves_and_a_new_one_has_the_unit_of_whom_it_takes_most() {
    let mut zones = four();
    zones[1].lead = UnitId::new("u9").unwrap();
    let mut working = Working::of(&zones).unwrap();
    let ring = |places: &[(f64, f64)]| -> Vec<[f64; 2]> {
        places.iter().map(|(east, north)| corner(*east, *north)).collect()
    };
    let wider = ring(&[(0.0, 0.0), (1.3, 0.0), (1.0, 1.0), (0.0, 1.0)]);
    let wider = edit(json!({ "kind": "draw", "zone": "a", "area": [[wider]] }));
    let applied = check(&mut working, &[wider]);
    assert_eq!(applied.reshaped, ids(&["a", "b"]));
    // The neighbour as it is by now.
    let narrower = ring(&[(1.3, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)]);
    let narrower = edit(json!({ "kind": "draw", "zone": "b", "area": [[narrower]] }));
    assert!(check(&mut working, &[narrower]).touched.is_empty());
    let new = ring(&[(0.9, 0.4), (1.8, 0.4), (1.8, 1.2), (0.9, 1.2)]);
    let new = edit(json!({ "kind": "carve", "new": { "id": "n" }, "area": [[new]] }));
    let applied = check(&mut working, &[new]);
    assert_eq!(applied.reshaped, ids(&["a", "b", "c", "d", "n"]));
    let made = working.zones().into_iter().find(|it| it.id.as_str() == "n").unwrap();
    assert_eq!((made.lead.as_str(), made.number), ("u9", 5));
    let apart = ring(&[(8.0, 8.0), (9.0, 8.0), (9.0, 9.0)]);
    let apart = edit(json!({ "kind": "carve", "new": { "id": "m" }, "area": [[apart]] }));
    let fault = working.apply(&[apart], &none()).unwrap_err().remove(0);
    assert!(fault.says.contains("name its lead"), "{fault}");
}

#[test]
fn an_edit_that_does_not_fit_is_told_with_its_place_and_changes_nothing() {
    let mut working = Working::of(&four()).unwrap();
    let (sides, zones) = (working.coverage.sides(), working.zones());
    let mut refused = |edits: &[ZoningEdit], locked: &[&str], says: &str, edit: usize, at: bool| {
        let fault = working.apply(edits, &ids(locked)).unwrap_err().remove(0);
        assert!(fault.says.contains(says), "{fault}");
        assert_eq!((fault.edit, fault.at.is_some()), (edit, at), "{fault:?}");
        assert_eq!((working.coverage.sides(), working.zones()), (sides.clone(), zones.clone()));
    };
    let nowhere =
        edit(json!({ "kind": "move_vertex", "from": corner(0.5, 0.5), "to": corner(0.6, 0.5) }));
    refused(&[moved_middle(), split_a(), nowhere], &[], "vertex", 2, true);
    let across =
        edit(json!({ "kind": "move_vertex", "from": corner(1.0, 1.0), "to": corner(5.0, 5.0) }));
    refused(&[across], &[], "", 0, true);
    let apart = edit(json!({ "kind": "merge", "into": "a", "from": "d" }));
    refused(&[apart], &[], "zone", 0, true);
    refused(&[moved_middle()], &["c"], "zone c", 0, true);
    let unknown = edit(json!({ "kind": "merge", "into": "a", "from": "zz" }));
    refused(&[unknown], &[], "no zone zz", 0, false);
    let twice = edit(json!({
        "kind": "split", "zone": "a", "line": [corner(0.5, -0.1), corner(0.5, 1.1)],
        "new": { "id": "b" },
    }));
    refused(&[twice], &[], "a zone b already", 0, false);
}

#[test]
fn a_whole_set_takes_the_place_of_another_and_gives_it_back() {
    let mut working = Working::of(&four()).unwrap();
    let mut zones = four();
    zones.remove(3);
    zones[2].number = 7;
    let redraw = ZoningEdit::Redraw { zones: zones.iter().map(drawn).collect() };
    let applied = check(&mut working, std::slice::from_ref(&redraw));
    assert_eq!((applied.touched, applied.reshaped), (ids(&["c", "d"]), ids(&["d"])));
    assert_eq!(working.zones(), zones);
    let again: ZoningEdit = serde_json::from_str(&serde_json::to_string(&redraw).unwrap()).unwrap();
    assert_eq!(again, redraw);
    let mut locked = Working::of(&four()).unwrap();
    assert!(locked.apply(&[redraw], &ids(&["d"])).is_err());
}

#[test]
fn what_changes_hands_where_all_zones_are_drawn_anew_is_told_area_by_area() {
    let mut working = Working::of(&four()).unwrap();
    let mut zones = four();
    // `d` becomes nobody's, and `c` what `a` was.
    zones.remove(3);
    let (first, third) = (zones[0].area.clone(), zones[2].area.clone());
    (zones[0].area, zones[2].area) = (third, first);
    let redraw = ZoningEdit::Redraw { zones: zones.iter().map(drawn).collect() };
    let applied = working.apply(&[redraw], &none()).unwrap();
    let then = working.zones();
    let moved = handed(&working, &applied).unwrap();
    let name = |zone: &Option<ZoneId>| zone.as_ref().map(ToString::to_string);
    let pairs: Vec<_> = moved.iter().map(|it| (name(&it.from), name(&it.to))).collect();
    let pair = |from: &str, to: Option<&str>| (Some(from.to_owned()), to.map(str::to_owned));
    assert_eq!(pairs, [pair("a", Some("c")), pair("c", Some("a")), pair("d", None)]);
    for (moved, was) in moved.iter().zip([0, 2, 3]) {
        assert!((moved.area_m2 - area_m2(&four()[was].area)).abs() < 0.1, "{moved:?}");
    }
    assert_eq!(working.zones(), then, "to be told changes nothing");
}

#[test]
fn a_locked_outline_lets_borders_within_move_and_keeps_the_ground_of_all() {
    let held = Held { outline: true, ..Held::default() };
    let mut working = Working::of(&four()).unwrap();
    let out =
        edit(json!({ "kind": "move_vertex", "from": corner(1.0, 0.0), "to": corner(1.0, -0.1) }));
    let free = Working::of(&four()).unwrap().apply(std::slice::from_ref(&out), &none()).unwrap();
    assert!(free.outline);
    let fault = working.apply_held(&[out], &held).unwrap_err().remove(0);
    assert!(fault.says.contains("locked") && fault.at.is_some(), "{fault:?}");
    assert!(!working.apply_held(&[moved_middle()], &held).unwrap().outline);

    let mut zones = four();
    zones.remove(3);
    let redraw = |zones: &[Zone]| ZoningEdit::Redraw { zones: zones.iter().map(drawn).collect() };
    let mut working = Working::of(&four()).unwrap();
    let fault = working.apply_held(&[redraw(&zones)], &held).unwrap_err().remove(0);
    assert!(fault.says.contains("the outline is locked"), "{fault:?}");
    // Somewhere in `d`, which would be nobody's.
    let at = fault.at.unwrap().degrees();
    let ([west, south], [east, north]) = (corner(1.0, 1.0), corner(2.0, 2.0));
    assert!((west..east).contains(&at.lon()) && (south..north).contains(&at.lat()), "{fault:?}");
    // `c` takes the place of `d` too: the same ground, otherwise divided.
    let ring =
        [(0.0, 1.0), (2.0, 1.0), (2.0, 2.0), (0.0, 2.0), (0.0, 1.0)].map(|(x, y)| corner(x, y));
    let ring: LineString<f64> = ring.map(|[x, y]| Coord { x, y }).to_vec().into();
    zones[2].area = MultiPolygon::new(vec![Polygon::new(ring, Vec::new())]);
    assert!(!working.apply_held(&[redraw(&zones)], &held).unwrap().outline);
}

#[test]
fn a_place_in_another_system_is_taken_for_the_vertex_next_to_it() {
    let working = Working::of(&four()).unwrap();
    let mut edits = [moved_middle()];
    edits[0].each_place(|at| at.0.x += 2);
    working.snap(&mut edits);
    let ZoningEdit::MoveVertex { from, to } = &edits[0] else { unreachable!() };
    let ZoningEdit::MoveVertex { from: meant, to: goes } = moved_middle() else { unreachable!() };
    assert_eq!(*from, meant);
    assert_eq!(to.0.x, goes.0.x + 2, "there is no vertex near");
}

#[test]
fn a_plan_of_one_zone_and_one_of_none_are_plans_too() {
    let mut working = Working::of(&four()[..1]).unwrap();
    check(&mut working, &[split_a()]);
    let mut empty = Working::of(&[]).unwrap();
    assert_eq!(empty.zones(), []);
    let merge = edit(json!({ "kind": "merge", "into": "a", "from": "b" }));
    assert!(empty.apply(&[merge], &none()).is_err());
    let redraw = ZoningEdit::Redraw { zones: four().iter().map(drawn).collect() };
    check(&mut empty, &[redraw]);
    assert_eq!(empty.zones(), four());
}

#[test]
fn thousands_of_edits_are_taken_back_to_the_first_bit() {
    let mut working = Working::of(&four()).unwrap();
    let sides = working.coverage.sides();
    let places = [corner(1.0, 1.0), corner(1.2, 1.3), corner(0.8, 1.1), corner(1.1, 0.7)];
    let mut done = Vec::new();
    for n in 0..3_000 {
        let (from, to) = (places[n % 4], places[(n + 1) % 4]);
        let moved = edit(json!({ "kind": "move_vertex", "from": from, "to": to }));
        done.push(working.apply(&[moved], &none()).unwrap());
    }
    for applied in done.iter().rev() {
        working.take_back(applied).unwrap();
    }
    assert_eq!((working.coverage.sides(), working.zones()), (sides, four()));
}
