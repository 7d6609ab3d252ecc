//! Tiny plans, drawn: each letter is a cell of a zone, a dot belongs to none.

use std::collections::BTreeSet;

use geo::unary_union;
use geo_types::{Coord, Polygon, Rect};

use super::*;
use crate::domain::atlas::city::{CONTACT_DAYS, City, CityState};
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Plan;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, UnitId};
use crate::domain::text::{Attributes, Names};
use crate::domain::time::{Calendar, Instant};

/// Grid steps along the side of a cell.
const CELL: i32 = 1_000;
const WEST: i32 = 1_094_000_000;
const SOUTH: i32 = 365_000_000;

/// The zones of a drawing, rows separated by `/`, the north first; each is led by the unit of its letter.
fn drawn(text: &str) -> Vec<Zone> {
    let rows: Vec<&str> = text.split('/').collect();
    let mut cells: BTreeMap<char, Vec<Polygon<f64>>> = BTreeMap::new();
    for (north, row) in rows.iter().rev().enumerate() {
        for (east, letter) in row.chars().enumerate().filter(|(_, letter)| *letter != '.') {
            let corner = |dx: usize, dy: usize| Coord {
                x: f64::from(i32::try_from(east + dx).unwrap() * CELL),
                y: f64::from(i32::try_from(north + dy).unwrap() * CELL),
            };
            cells
                .entry(letter)
                .or_default()
                .push(Rect::new(corner(0, 0), corner(1, 1)).to_polygon());
        }
    }
    let zone = |(letter, cells): (char, Vec<Polygon<f64>>)| {
        let degrees = |c: Coord<f64>| Coord {
            x: (c.x + f64::from(WEST)) / 1e7,
            y: (c.y + f64::from(SOUTH)) / 1e7,
        };
        let area = geo::MapCoords::map_coords(&unary_union(cells.iter()), degrees);
        Zone {
            id: ZoneId::new(&letter.to_string()).unwrap(),
            number: u32::from(letter),
            names: Names { zh: String::new(), en: letter.to_string() },
            lead: UnitId::new(&format!("u{letter}")).unwrap(),
            co: Vec::new(),
            area: MultiPolygon::new(
                area.0.iter().map(crate::geom::measure::polygon_on_grid).collect(),
            ),
            attributes: Attributes::new(),
        }
    };
    cells.into_iter().map(zone).collect()
}

fn atlas(zones: Vec<Zone>) -> Atlas {
    let mut units: BTreeSet<UnitId> = zones.iter().map(|zone| zone.lead.clone()).collect();
    units.insert(UnitId::new("u0").unwrap());
    Atlas::build(CityState {
        atlas_version: 1,
        city: City {
            id: CityId::new("c").unwrap(),
            names: Names { zh: String::new(), en: "c".to_owned() },
            time_zone: "Asia/Shanghai".to_owned(),
            fallback: UnitId::new("u0").unwrap(),
            confidence_floor: 0.5,
            assumed_accuracy_m: 10.0,
            calendar: Calendar::default(),
            limits: CaseLimits::default(),
            approval: crate::domain::atlas::city::Approval::Off,
            reaches: crate::domain::atlas::reaches::Reaches::default(),
            catalogue: crate::domain::catalogue::whole::Catalogue::seed(),
            contact_days: CONTACT_DAYS,
        },
        plan: Plan { version: 1, effective_from: Instant(0), note: String::new() },
        zones,
        units: units.into_iter().map(Unit::named_only).collect(),
        facilities: Vec::new(),
        rules: Vec::new(),
    })
    .unwrap()
}

/// What changed hands between two drawings, as `from>to:cells`; each place of a fine raster that changed
/// hands lies in a box, and in an area unless it is on a border.
fn check(before: &str, after: &str, expected: &str) {
    let (before, after) = (drawn(before), drawn(after));
    let areas = changed_areas(&before, &after);
    let cell_m2 = area_m2(&Geometry::MultiPolygon(drawn("x").remove(0).area));
    let told: Vec<String> = areas
        .iter()
        .map(|it| {
            let code = |zone: &Option<ZoneId>| zone.as_ref().map_or("-", ZoneId::as_str).to_owned();
            format!("{}>{}:{:.2}", code(&it.from), code(&it.to), it.area_m2 / cell_m2)
        })
        .collect();
    assert_eq!(told.join(" "), expected);
    let boxes = boxes(&before, &after, 3);
    assert!(boxes.len() <= 3);
    let (was, is) = (atlas(before), atlas(after));
    let hands = Hands { before: &was, after: &is };
    for x in (-CELL..7 * CELL).step_by(250) {
        for y in (-CELL..5 * CELL).step_by(250) {
            let p = GridPoint { x: WEST + x, y: SOUTH + y };
            let changed = hands.changed(p);
            let inside = boxes.iter().any(|it| it.holds(p));
            assert!(changed.is_none() || inside, "{p:?} changed hands outside the boxes {boxes:?}");
            if x % CELL == 0 || y % CELL == 0 {
                continue;
            }
            let at = geo_types::Point::new(p.degrees().lon(), p.degrees().lat());
            let within = areas.iter().find(|it| geo::Contains::contains(&it.area, &at));
            let owners = within.map(|it| (it.from.as_ref(), it.to.as_ref()));
            let told = changed.map(|it| (it.from.map(|zone| &zone.id), it.to.map(|zone| &zone.id)));
            assert_eq!(told, owners, "{p:?}");
        }
    }
}

#[test]
fn the_same_plan_changes_nothing() {
    check("aab/aab", "aab/aab", "");
}

#[test]
fn a_border_moves_and_what_lies_between_changes_hands() {
    check("aabb/aabb", "aaab/aabb", "b>a:1.00");
    check("aabb/aabb", "abbb/aaab", "a>b:1.00 b>a:1.00");
}

#[test]
fn zones_come_go_split_and_merge() {
    check("aabb", "aacb", "b>c:1.00");
    check("aacb", "aabb", "c>b:1.00");
    check("aabb", "cccc", "a>c:2.00 b>c:2.00");
    check("abab/cdcd", "badc/abab", "a>b:1.00 a>d:1.00 b>a:1.00 b>c:1.00 c>a:2.00 d>b:2.00");
}

#[test]
fn the_city_grows_and_shrinks() {
    check("aab.", "aabb", "->b:1.00");
    check("aabb", ".abb", "a>-:1.00");
    check("aabb", "", "a>-:2.00 b>-:2.00");
    check("", "ab", "->a:1.00 ->b:1.00");
}

#[test]
fn an_enclave_and_a_hole_are_no_faults() {
    check("aaaaa/aabaa/aaaaa", "aaaaa/aaaaa/aaaaa", "b>a:1.00");
    check("aaaaa/aaaaa/aaaaa", "aaaaa/a.bba/aaaaa", "a>-:1.00 a>b:2.00");
}

#[test]
fn another_lead_is_told_apart_and_every_place_of_the_zone_changed_hands() {
    let before = drawn("aabb");
    let mut after = before.clone();
    after[1].lead = UnitId::new("ua").unwrap();
    after[0].number = 99;
    let differ = differences(&before, &after);
    let told: Vec<_> =
        differ.iter().map(|it| (it.id.as_str(), it.led_otherwise(), it.redrawn())).collect();
    assert_eq!(told, [("a", false, false), ("b", true, false)]);
    assert!(changed_areas(&before, &after).is_empty());
    let found = boxes(&before, &after, 8);
    let (was, is) = (atlas(before), atlas(after));
    let hands = Hands { before: &was, after: &is };
    let at = |x: i32| GridPoint { x: WEST + x, y: SOUTH + 500 };
    assert!(hands.changed(at(500)).is_none());
    let changed = hands.changed(at(2_500)).unwrap();
    assert_eq!(
        (changed.from.unwrap().lead.as_str(), changed.to.unwrap().lead.as_str()),
        ("ub", "ua")
    );
    assert!(
        found.iter().any(|it| it.holds(at(2_500))) && !found.iter().any(|it| it.holds(at(500)))
    );
}
