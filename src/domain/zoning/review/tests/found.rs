//! Small drawn plans, each with one finding, and a city whose figures were counted by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use geo::{MapCoords, unary_union};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon, Rect};

use crate::domain::atlas::city::{Approval, CONTACT_DAYS, City, CityState};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, FacilityId, IncidentId, UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::time::{Calendar, Instant};
use crate::domain::zoning::repair::{Broken, Repair, Way};
use crate::domain::zoning::review::findings::{ReviewFinding, Weight, findings};
use crate::domain::zoning::review::outline::Before;
use crate::domain::zoning::review::state::Review;
use crate::domain::zoning::review::things::{OpenCase, PastReport, Things};
use crate::domain::zoning::stays::Stays;
use crate::domain::zoning::working::Working;
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::settings::Remedy;
use crate::geom::measure::polygon_on_grid;

/// The south-west corner of every drawing.
const CORNER: GridPoint = GridPoint { x: 1_094_000_000, y: 365_000_000 };
/// Grid steps along the side of a cell: 89.6 m from west to east, 111.0 m from south to north.
const CELL: i32 = 10_000;
/// The area of a cell.
const CELL_M2: f64 = 9_941.7;

fn at(east: i32, north: i32) -> GridPoint {
    GridPoint { x: CORNER.x + east, y: CORNER.y + north }
}

fn coord(east: i32, north: i32) -> Coord<f64> {
    let place = at(east, north).degrees();
    Coord { x: place.lon(), y: place.lat() }
}

/// The zones of a drawing: each letter is a cell of a zone that the unit of the letter leads, a dot belongs to
/// none; rows are separated by `/`, the north first.
fn drawn(text: &str, cell: i32) -> Vec<Zone> {
    let mut cells: BTreeMap<char, Vec<Polygon<f64>>> = BTreeMap::new();
    for (north, row) in (0_i32..).zip(text.rsplit('/')) {
        for (east, letter) in (0_i32..).zip(row.chars()).filter(|(_, letter)| *letter != '.') {
            let corner = |dx: i32, dy: i32| Coord {
                x: f64::from((east + dx) * cell),
                y: f64::from((north + dy) * cell),
            };
            let square = Rect::new(corner(0, 0), corner(1, 1)).to_polygon();
            cells.entry(letter).or_default().push(square);
        }
    }
    let degrees = |c: Coord<f64>| Coord {
        x: (c.x + f64::from(CORNER.x)) / 1e7,
        y: (c.y + f64::from(CORNER.y)) / 1e7,
    };
    let zone = |(letter, cells): (char, Vec<Polygon<f64>>)| {
        let area = unary_union(cells.iter()).map_coords(degrees);
        Zone {
            id: ZoneId::new(&letter.to_string()).unwrap(),
            number: u32::from(letter),
            names: named(&letter.to_string()),
            lead: UnitId::new(&format!("u{letter}")).unwrap(),
            co: Vec::new(),
            area: MultiPolygon(area.0.iter().map(polygon_on_grid).collect()),
            attributes: Attributes::new(),
        }
    };
    cells.into_iter().map(zone).collect()
}

fn named(name: &str) -> Names {
    Names { zh: String::new(), en: name.to_owned() }
}

/// A city of these zones, their units and some more.
fn city(zones: Vec<Zone>, more: &[&str]) -> CityState {
    let mut units: BTreeSet<UnitId> = zones.iter().map(|zone| zone.lead.clone()).collect();
    units.extend(more.iter().map(|id| UnitId::new(id).unwrap()));
    CityState {
        atlas_version: 1,
        city: City {
            id: CityId::new("c").unwrap(),
            names: named("c"),
            time_zone: "Asia/Shanghai".to_owned(),
            fallback: zones[0].lead.clone(),
            confidence_floor: 0.5,
            assumed_accuracy_m: 10.0,
            calendar: Calendar::default(),
            limits: CaseLimits::default(),
            approval: Approval::Off,
            reaches: Reaches::default(),
            catalogue: Catalogue::seed(),
            contact_days: CONTACT_DAYS,
        },
        plan: Plan { version: 1, effective_from: Instant(0), note: String::new() },
        zones,
        units: units.into_iter().map(Unit::named_only).collect(),
        facilities: Vec::new(),
        rules: Vec::new(),
    }
}

fn atlas(zones: &[Zone], more: &[&str]) -> Atlas {
    Atlas::build(city(zones.to_vec(), more)).unwrap()
}

/// What is found in a draft of these zones.
fn found(atlas: &Atlas, zones: &[Zone]) -> Vec<ReviewFinding> {
    let before = Before::of(atlas);
    let things = Things::gather((atlas, before), Vec::new(), &[], &|_| 0.0, &|_, _| None);
    let working = Working::taken_up(zones).unwrap();
    findings(&Review::of(Arc::new(things), &working), atlas, &working)
}

/// What is found in a drawing that is in force.
fn in_force(text: &str, cell: i32) -> Vec<ReviewFinding> {
    let zones = drawn(text, cell);
    found(&atlas(&zones, &[]), &zones)
}

fn zone(id: &str) -> ZoneId {
    ZoneId::new(id).unwrap()
}

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn near(told: f64, expected: f64, by: f64) {
    assert!((told - expected).abs() <= by, "{told}, not {expected}");
}

#[test]
fn plain_neighbours_have_no_findings() {
    assert_eq!(in_force("aab/aab", CELL), []);
    assert_eq!(in_force("a", CELL), [], "a zone alone is no island");
}

#[test]
fn a_part_apart_from_the_rest_is_found_with_its_place_and_area() {
    let all = in_force("aabba/aabba", CELL);
    let [ReviewFinding::Parts { zone, at, area_m2 }] = &all[..] else { panic!("{all:?}") };
    assert_eq!(zone.as_str(), "a");
    near(*area_m2, 2.0 * CELL_M2, 1.0);
    let (east, north) = (at.x - CORNER.x, at.y - CORNER.y);
    assert!((4 * CELL..=5 * CELL).contains(&east) && (0..=2 * CELL).contains(&north), "{at:?}");
    assert_eq!(all[0].weight(), Weight::Warns);
    assert_eq!(all[0].to_string(), "zone a has a part apart from the rest, 19883 m²");
}

#[test]
fn a_zone_so_narrow_that_it_is_hardly_meant_is_a_sliver() {
    // A cell of 500 steps is 4.48 m wide and 5.55 m high; `b` is 4.48 m by 11.10 m.
    let all = in_force("aaaab/aaaab", 500);
    let [ReviewFinding::Sliver { zone, area_m2, width_m, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(zone.as_str(), "b");
    near(*area_m2, 49.71, 0.02);
    near(*width_m, 3.19, 0.01);
    assert_eq!(all[0].weight(), Weight::Warns);
    assert_eq!(all[0].to_string(), "zone b has a part only 3.2 m wide");
}

#[test]
fn a_zone_within_another_is_an_enclave_and_one_that_touches_none_an_island() {
    let enclave = in_force("aaa/aba/aaa", CELL);
    assert_eq!(enclave, [ReviewFinding::Enclave { zone: zone("b"), within: zone("a") }]);
    assert_eq!(enclave[0].to_string(), "zone b lies wholly within zone a");
    let island = in_force("aab.c", CELL);
    assert_eq!(island, [ReviewFinding::Island { zone: zone("c") }]);
    assert_eq!(island[0].to_string(), "zone c touches no other");
    assert_eq!((enclave[0].weight(), island[0].weight()), (Weight::Informs, Weight::Informs));
}

#[test]
fn a_unit_without_a_part_in_any_zone_is_idle_and_one_beside_a_lead_is_not() {
    let mut zones = drawn("aab/aab", CELL);
    let atlas = atlas(&zones, &["u9"]);
    let idle = found(&atlas, &zones);
    assert_eq!(idle, [ReviewFinding::IdleUnit { unit: unit("u9") }]);
    assert_eq!(idle[0].to_string(), "unit u9 has no part in any zone");
    zones[1].co = vec![unit("u9")];
    assert_eq!(found(&atlas, &zones), []);
}

#[test]
fn every_zone_that_has_the_number_of_another_is_told() {
    let mut zones = drawn("abc", CELL);
    let atlas = atlas(&zones, &[]);
    for zone in &mut zones {
        zone.number = 12;
    }
    let same =
        |other: &str| ReviewFinding::SameNumber { zone: zone("a"), other: zone(other), number: 12 };
    let all = found(&atlas, &zones);
    assert_eq!(all, [same("b"), same("c")]);
    assert_eq!(all[0].to_string(), "zones a and b both have the number 12");
}

#[test]
fn a_draft_without_zones_is_empty_and_the_weightiest_finding_stands_first() {
    let zones = drawn("aab/aab", CELL);
    let atlas = atlas(&zones, &[]);
    let all = found(&atlas, &[]);
    let idle = |id: &str| ReviewFinding::IdleUnit { unit: unit(id) };
    let [ReviewFinding::Empty, ReviewFinding::Outline { more_m2, places: 1, .. }, rest @ ..] =
        &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!(rest, [idle("ua"), idle("ub")]);
    assert_eq!((all[0].weight(), all[1].weight()), (Weight::Blocks, Weight::Warns));
    near(*more_m2, -6.0 * CELL_M2, 1.0);
}

#[test]
fn ground_that_is_won_here_and_lost_there_is_told_of_both_places() {
    // The cell in the north east goes to nobody, and as large a one in the south west comes to `a`.
    let (force, draft) = (drawn(".bb/.ab", CELL), drawn(".b./aab", CELL));
    let mut all = found(&atlas(&force, &[]), &draft);
    all.retain(|it| matches!(it, ReviewFinding::Outline { .. }));
    let [
        ReviewFinding::Outline { more_m2: won_m2, at: won, places: 1 },
        ReviewFinding::Outline { more_m2: lost_m2, at: lost, places: 1 },
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    near(*won_m2, CELL_M2, 1.0);
    near(*lost_m2, -CELL_M2, 1.0);
    let cell = |at: &GridPoint| ((at.x - CORNER.x) / CELL, (at.y - CORNER.y) / CELL);
    assert_eq!((cell(won), cell(lost)), ((0, 0), (2, 1)));
    assert!(all[0].to_string().contains("that are in no zone now would be in one"), "{}", all[0]);
    assert!(all[1].to_string().contains("that are in a zone now would be in none"), "{}", all[1]);
}

/// Three cells side by side, `a` to `c`: `b` lies three steps over `a` along their border, and its border with `c`
/// has a notch for each number of steps, so deep, a fifth of the border high.
fn hairy(notches: &[i32]) -> Vec<Zone> {
    let mut zones = drawn("abc", CELL);
    let mut ring = vec![coord(CELL - 3, 0), coord(2 * CELL, 0)];
    for (number, deep) in (0_i32..).zip(notches) {
        let from = (2 * number + 1) * CELL / 5;
        let corners = [(0, 0), (*deep, CELL / 10), (0, CELL / 5)];
        ring.extend(corners.map(|(west, north)| coord(2 * CELL - west, from + north)));
    }
    ring.extend([coord(2 * CELL, CELL), coord(CELL - 3, CELL), coord(CELL - 3, 0)]);
    zones[1].area = MultiPolygon(vec![Polygon::new(LineString(ring), Vec::new())]);
    zones
}

#[test]
fn what_was_mended_when_a_draft_took_its_plan_up_is_told_with_place_size_and_neighbours() {
    let zones = hairy(&[4]);
    let all = found(&atlas(&zones, &[]), &zones);
    let [
        ReviewFinding::Mended(snapped),
        ReviewFinding::Mended(overlap),
        ReviewFinding::Mended(gap),
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert!(all.iter().all(|it| it.weight() == Weight::Informs), "{all:?}");
    assert!(snapped.words.contains("vertices") && snapped.at.is_some(), "{snapped:?}");
    assert_eq!(overlap.zones, [zone("a"), zone("b")]);
    // Three steps are 26.9 mm, over a border of 111 m.
    near(overlap.area_m2.unwrap(), 2.98, 0.01);
    near(overlap.width_m.unwrap(), 0.027, 0.003);
    let place = overlap.at.unwrap();
    assert!((CELL - 3..=CELL).contains(&(place.x - CORNER.x)), "{place:?}");
    assert!((0..=CELL).contains(&(place.y - CORNER.y)), "{place:?}");
    let between: BTreeSet<&str> = gap.zones.iter().map(ZoneId::as_str).collect();
    assert_eq!(between, ["b", "c"].into());
    // Half of 35.9 mm by 22.2 m.
    near(gap.area_m2.unwrap(), 0.398, 0.002);
    // The search for the largest circle in a hair-line is given up at its mean width, half of that.
    assert!((0.017..0.037).contains(&gap.width_m.unwrap()), "{gap:?}");
    let place = gap.at.unwrap();
    assert!((2 * CELL - 4..=2 * CELL).contains(&(place.x - CORNER.x)), "{place:?}");
    assert!((CELL / 5..=2 * CELL / 5).contains(&(place.y - CORNER.y)), "{place:?}");
    for it in [overlap, gap] {
        assert!(it.words.starts_with("mended on taking up: "), "{}", it.words);
        assert!(it.words.ends_with("; the borders were brought together"), "{}", it.words);
    }
}

#[test]
fn a_gap_that_was_closed_is_told_apart_from_those_that_were_snapped_with_the_reason() {
    // Thirty steps are 27 cm: too far to be snapped, and narrow enough to be closed.
    let zones = hairy(&[4, 30]);
    let all = found(&atlas(&zones, &[]), &zones);
    let repairs = all.iter().filter_map(|it| match it {
        ReviewFinding::Mended(it) => it.repair.as_ref().map(|repair| (&it.words, repair)),
        _ => None,
    });
    let told: Vec<(&str, f64, &Repair)> = repairs
        .map(|(words, it)| (words.split_once(" wide; ").unwrap().1, it.area_m2, it))
        .collect();
    let [closed, over, snapped] = &told[..] else { panic!("{told:?}") };
    near(closed.1, 2.98, 0.02);
    assert_eq!((closed.2.broken, closed.2.done), (Broken::Gap, Some(Way::Gap(Remedy::Longest))));
    assert_eq!((closed.2.why.code(), closed.2.to.as_deref()), ("joins_nothing", Some("b")));
    let says = "it was closed as proposed: give it to b, which has the longest border, because that joins none that \
                did not touch before; or give it to c, the largest around it";
    assert!(closed.0.starts_with(says), "{}", closed.0);
    let open: Vec<_> =
        closed.2.offers.iter().map(|it| (it.way.code(), it.to.as_deref())).take(2).collect();
    assert_eq!(open, [("longest", Some("b")), ("largest", Some("c"))]);
    assert_eq!((over.2.broken, over.2.done), (Broken::Overlap, Some(Way::Together)));
    near(snapped.1, 0.398, 0.002);
    assert_eq!(
        (snapped.2.done, snapped.0),
        (Some(Way::Together), "the borders were brought together")
    );
}

#[test]
fn an_overlap_too_wide_for_a_hair_line_is_mended_too_and_somebody_has_to_decide() {
    let mut zones = drawn("ab", CELL);
    // A tenth of a cell: 9 m.
    let ring = [(9_000, 0), (20_000, 0), (20_000, 10_000), (9_000, 10_000), (9_000, 0)];
    let ring = LineString(ring.map(|(east, north)| coord(east, north)).to_vec());
    zones[1].area = MultiPolygon(vec![Polygon::new(ring, Vec::new())]);
    let all = found(&atlas(&zones, &[]), &zones);
    let [ReviewFinding::Mended(overlap)] = &all[..] else { panic!("{all:?}") };
    assert_eq!((all[0].weight(), overlap.undecided), (Weight::Warns, true));
    assert_eq!(overlap.zones, [zone("a"), zone("b")]);
    near(overlap.area_m2.unwrap(), CELL_M2 / 10.0, 0.5);
    assert!(overlap.words.contains("it went to zone a; draw it for the one"), "{}", overlap.words);
}

#[test]
fn a_gap_that_the_plan_in_force_has_too_is_told_as_one_and_a_new_one_warns() {
    // The gap of 1,000 steps is 9 m wide and stays.
    let zones = hairy(&[1_000]);
    let gap = |all: &[ReviewFinding]| -> Vec<ReviewFinding> {
        all.iter().filter(|it| matches!(it, ReviewFinding::Gap { .. })).cloned().collect()
    };
    let inherited = gap(&found(&atlas(&zones, &[]), &zones));
    let [ReviewFinding::Gap { area_m2, width_m, around, inherited: true, .. }] = &inherited[..]
    else {
        panic!("{inherited:?}")
    };
    assert_eq!(*around, [zone("b"), zone("c")]);
    near(*area_m2, CELL_M2 / 100.0, 0.2);
    // Its sides are 22.2 m and twice 14.3 m.
    near(*width_m, 3.92, 0.05);
    assert_eq!(inherited[0].weight(), Weight::Informs);
    assert!(inherited[0].to_string().ends_with(", as in the plan in force"), "{inherited:?}");
    let new = gap(&found(&atlas(&drawn("abc", CELL), &[]), &zones));
    let [ReviewFinding::Gap { inherited: false, .. }] = &new[..] else { panic!("{new:?}") };
    assert_eq!(new[0].weight(), Weight::Warns);
}

fn facility(id: &str, kind: FacilityKind, geometry: Geometry<f64>) -> Facility {
    Facility {
        id: FacilityId::new(id).unwrap(),
        kind,
        names: named(id),
        geometry,
        unit: None,
        attributes: Attributes::new(),
    }
}

/// Three zones of a cell each, `abc` from west to east: a school and a street in `a`, a street from `a` into `b`, a
/// block in each; the unit of `a` sits a cell to the north of its middle.
fn hand_counted() -> Atlas {
    let mut state = city(drawn("abc", CELL), &[]);
    state.units[0].seat = Some(at(5_000, 15_000));
    let street = |id: &str, places: &[(i32, i32)]| {
        let line: LineString<f64> = places.iter().map(|(x, y)| coord(*x, *y)).collect();
        facility(id, FacilityKind::Street, Geometry::LineString(line))
    };
    let block = |id: &str, east: i32| {
        let square = Rect::new(coord(east, 1_000), coord(east + 3_000, 4_000)).to_polygon();
        facility(id, FacilityKind::Block, Geometry::Polygon(square))
    };
    state.facilities = vec![
        facility("s", FacilityKind::School, Geometry::Point(Point(coord(6_000, 6_000)))),
        street("r1", &[(2_000, 5_000), (5_000, 5_000), (8_000, 5_000)]),
        street("r2", &[(5_000, 2_000), (10_000, 2_000), (13_000, 2_000), (15_000, 2_000)]),
        block("ka", 1_000),
        block("kb", 11_000),
        block("kc", 21_000),
    ];
    Atlas::build(state).unwrap()
}

/// Incidents: two in `a`, of which a rule holds the second, one in `b`, one outside. Reports: 30 and 45 minutes in
/// `a`, 5 in `b`, 1,000 outside.
fn things_of(atlas: &Atlas, weigh: &dyn Fn(&Facility) -> f64) -> Arc<Things> {
    let places = [at(3_000, 3_000), at(4_000, 6_000), at(15_000, 5_000), at(-5_000, 5_000)];
    let cases = (0_u128..).zip(places).map(|(n, position)| OpenCase {
        id: IncidentId(uuid::Uuid::from_u128(n)),
        position,
        category: None,
        happened_at: Instant(0),
        transferable: true,
        unit: None,
    });
    let reports = [30, 45, 5, 1_000].into_iter().zip(places);
    let reports: Vec<PastReport> =
        reports.map(|(load_min, position)| PastReport { position, load_min }).collect();
    let stays =
        |case: &OpenCase, _: Option<u16>| (case.id.0.as_u128() == 1).then_some(Stays::Ruled);
    let before = Before::of(atlas);
    Arc::new(Things::gather((atlas, before), cases.collect(), &reports, weigh, &stays))
}

#[test]
fn the_figures_of_zones_are_those_counted_by_hand() {
    let atlas = hand_counted();
    let weigh = |block: &Facility| if block.id.as_str() == "ka" { 4.0 } else { 1.0 };
    let working = Working::of(atlas.zones()).unwrap();
    let review = Review::of(things_of(&atlas, &weigh), &working);
    let check = |id: &str, counts: [i64; 5], facilities: [u32; 3], street_mm: i64| {
        let told = review.zone(&atlas, &working, &zone(id)).unwrap();
        let tally = told.tally;
        let [incidents, staying, reports] =
            [tally.incidents, tally.staying, tally.reports].map(i64::from);
        let counted = [incidents, staying, reports, tally.load_min, tally.weight_milli];
        assert_eq!(counted, counts, "zone {id}");
        let kinds = [FacilityKind::School, FacilityKind::Street, FacilityKind::Block];
        assert_eq!(kinds.map(|kind| tally.of(kind)), facilities, "zone {id}");
        assert!((tally.street_mm - street_mm).abs() <= 5, "zone {id}: {} mm", tally.street_mm);
        near(told.shape.area_m2, CELL_M2, 0.5);
        near(told.shape.perimeter_m, 2.0 * (89.59 + 110.97), 0.05);
        told.seat_m
    };
    // 0.0011 degrees of longitude are 98.55 m here, 0.0005 are 44.80 m; a cell is 110.97 m high.
    let seat_m = check("a", [2, 1, 2, 75, 4_000], [1, 1, 1], 98_550);
    near(seat_m.unwrap(), 110.968, 0.01);
    assert_eq!(check("b", [1, 0, 1, 5, 1_000], [0, 1, 1], 44_795), None, "it has no seat");
    assert_eq!(check("c", [0, 0, 0, 0, 1_000], [0, 0, 1], 0), None);
}

#[test]
fn the_figures_of_the_plan_are_those_counted_by_hand() {
    let atlas = hand_counted();
    let weigh = |block: &Facility| if block.id.as_str() == "ka" { 4.0 } else { 1.0 };
    let working = Working::of(atlas.zones()).unwrap();
    let told = Review::of(things_of(&atlas, &weigh), &working).plan(&working);
    let tally = told.tally;
    assert_eq!((told.zones, tally.incidents, tally.staying, tally.reports), (3, 3, 1, 3));
    assert_eq!((tally.load_min, tally.weight_milli), (80, 6_000));
    assert!((tally.street_mm - 143_345).abs() <= 5, "{} mm", tally.street_mm);
    // Zones weigh 4, 1 and 1, the mean is 2: the heaviest is off by all of it, the others by half.
    assert_eq!(told.deviation, Some(1.0));
    near(told.area_m2, 3.0 * CELL_M2, 0.5);
    near(told.cut_m, 2.0 * 110.968, 0.02);
    let weightless = Review::of(things_of(&atlas, &|_| 0.0), &working).plan(&working);
    assert_eq!(weightless.deviation, None);
}
