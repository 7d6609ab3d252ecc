//! The router against a slow one that reads the rules as a person would.

use std::sync::Arc;

use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon, Rect};
use proptest::prelude::*;

use super::*;
use crate::domain::atlas::city::{Approval, City, CityState};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::fault::AtlasFault;
use crate::domain::atlas::reach::{REACH_SHAPES_MAX, Volume};
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::rule::Reach;
use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::atlas::zone::Plan;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, FacilityId, ReportId, RuleId, ZoneId};
use crate::domain::reports::rehearse::{Elsewhere, Rehearsal, Told, Trial};
use crate::domain::text::{Attributes, Names};
use crate::domain::time::{Calendar, Window};
use crate::geom::coord::{LonLat, PositionFault};
use crate::geom::crs::Crs;
use crate::geom::measure::to_geometry_m;

fn unit_id(code: &str) -> UnitId {
    UnitId::new(code).unwrap()
}

fn names(text: &str) -> Names {
    Names::new(text, text).unwrap()
}

fn square(x: f64, y: f64, side: f64) -> Geometry<f64> {
    Geometry::Polygon(Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon())
}

fn zone(code: &str, lead: &str, x: f64) -> Zone {
    let Geometry::Polygon(area) = square(x, 36.5, 0.1) else { unreachable!() };
    Zone {
        id: ZoneId::new(code).unwrap(),
        number: 1,
        names: names(code),
        lead: unit_id(lead),
        co: vec![unit_id("police"), unit_id(lead)],
        area: MultiPolygon(vec![area]),
        attributes: Attributes::new(),
    }
}

fn facility(
    code: &str,
    kind: FacilityKind,
    unit: Option<&str>,
    geometry: Geometry<f64>,
) -> Facility {
    Facility {
        id: FacilityId::new(code).unwrap(),
        kind,
        names: names(code),
        geometry,
        unit: unit.map(unit_id),
        attributes: Attributes::new(),
    }
}

fn rule(code: &str, reach: Reach, unit: Option<&str>) -> Rule {
    Rule {
        id: RuleId::new(code).unwrap(),
        names: names(code),
        reach,
        categories: Vec::new(),
        window: Window::default(),
        unit: unit.map(unit_id),
        mode: Mode::Instead,
        enabled: true,
    }
}

/// Two zones side by side, 109.4..109.5..109.6 by 36.5..36.6, border on 109.5.
fn city(rules: Vec<Rule>) -> CityState {
    let unit = |code: &str| Unit {
        id: unit_id(code),
        names: names(code),
        kind: UnitKind::Department,
        seat: None,
        capacity: 1,
        hours: None,
        attributes: Attributes::new(),
    };
    let point = |x, y| Geometry::Point(Point::new(x, y));
    CityState {
        atlas_version: 7,
        city: City {
            id: CityId::new("test").unwrap(),
            names: names("test"),
            time_zone: "Asia/Shanghai".to_owned(),
            fallback: unit_id("fallback"),
            confidence_floor: 0.8,
            assumed_accuracy_m: 20.0,
            calendar: Calendar::default(),
            limits: CaseLimits::default(),
            contact_days: 180,
            approval: Approval::Off,
            reaches: Reaches::default(),
            catalogue: Catalogue::seed(),
        },
        plan: Plan { version: 3, effective_from: Instant(0), note: String::new() },
        zones: vec![zone("east", "b", 109.5), zone("west", "a", 109.4)],
        units: ["a", "b", "fallback", "food", "police", "road", "school"].map(unit).to_vec(),
        facilities: vec![
            facility("gate", FacilityKind::School, Some("school"), square(109.45, 36.55, 0.001)),
            facility("lamp", FacilityKind::Component, Some("road"), point(109.452, 36.552)),
            facility("lost", FacilityKind::Component, None, point(109.42, 36.52)),
            facility("far", FacilityKind::School, None, point(109.58, 36.58)),
        ],
        rules,
    }
}

fn ask(lon: f64, lat: f64) -> Ask<'static> {
    let position = LonLat::new(lon, lat).unwrap().grid();
    Ask { position, accuracy_m: None, category: None, at: Instant(0) }
}

fn lost<'a>(answer: &Answer<'a>) -> Vec<(&'a str, LostWhy)> {
    answer.lost.iter().map(|lost| (lost.rule.code(), lost.why)).collect()
}

#[test]
fn the_zone_leads_and_the_fallback_answers_outside_with_the_distance() {
    let atlas = Atlas::build(city(Vec::new())).unwrap();
    let inside = route(&atlas, &ask(109.45, 36.55));
    assert_eq!((inside.fired.code(), inside.unit.as_str()), ("zone", "a"));
    assert_eq!(inside.co, [&unit_id("police")]);
    assert_eq!(lost(&inside), [("fallback", LostWhy::Outranked)]);
    assert_eq!(inside.runner_up.unwrap().zone.id.as_str(), "east");
    assert!((inside.confidence - 1.0).abs() < 1e-12);

    let outside = route(&atlas, &ask(109.39, 36.55));
    assert_eq!((outside.fired.code(), outside.unit.as_str()), ("fallback", "fallback"));
    assert!((outside.border_m.unwrap() - 895.0).abs() < 2.0, "{:?}", outside.border_m);
    assert!(outside.zone.is_none() && outside.co.is_empty() && outside.lost.is_empty());
}

#[test]
fn a_place_on_the_border_is_even_odds_unless_it_is_exact() {
    let atlas = Atlas::build(city(Vec::new())).unwrap();
    let border = route(&atlas, &ask(109.5, 36.55));
    assert_eq!(border.zone.unwrap().id.as_str(), "east");
    assert!((border.confidence - 0.5).abs() < 1e-12 && border.for_dispatcher);
    let exact = route(&atlas, &Ask { accuracy_m: Some(0.0), ..ask(109.5, 36.55) });
    assert!((exact.confidence - 1.0).abs() < 1e-12 && !exact.for_dispatcher);
}

#[test]
fn overrides_go_by_class_and_the_losers_say_why() {
    let here = || square(109.44, 36.54, 0.02);
    let kind = FacilityKind::School;
    let mut parking = rule("parking", Reach::Everywhere, Some("police"));
    parking.categories = vec![CategoryCode::new("event.05").unwrap()];
    let mut night = rule("night", Reach::Area { area: square(109.4, 36.5, 0.1) }, Some("food"));
    night.window = serde_json::from_str(r#"{"hours":[["22:00","05:00"]]}"#).unwrap();
    let mut off = rule("off", Reach::Area { area: here() }, Some("food"));
    off.enabled = false;
    let road = Geometry::LineString(LineString(vec![
        Coord { x: 109.4, y: 36.5525 },
        Coord { x: 109.6, y: 36.5525 },
    ]));
    let atlas = Atlas::build(city(vec![
        parking,
        night,
        off,
        rule("site", Reach::Area { area: here() }, Some("food")),
        rule("ring", Reach::Ring { kind, facility: None, radius_m: 200.0 }, None),
        rule("road", Reach::Line { line: road, buffer_m: 60.0 }, Some("road")),
        rule("nobody", Reach::Line { line: here(), buffer_m: 9_000.0 }, None),
        rule("lamp", Reach::Component { kind: FacilityKind::Component, within_m: 5.0 }, None),
    ]))
    .unwrap();
    let category = CategoryCode::new("event.05.parking").unwrap();
    // 2026-05-01T12:00+08:00
    let at = Instant::parse("2026-05-01T04:00:00Z").unwrap();
    let asked = Ask { category: Some(&category), at, ..ask(109.452, 36.552) };
    let answer = route(&atlas, &asked);
    assert_eq!((answer.fired.code(), answer.unit.as_str()), ("lamp", "road"));
    assert_eq!(
        lost(&answer),
        [
            ("road", LostWhy::Outranked),
            ("nobody", LostWhy::NoUnit),
            ("ring", LostWhy::Outranked),
            ("site", LostWhy::Outranked),
            ("night", LostWhy::Window),
            ("parking", LostWhy::Outranked),
            ("zone", LostWhy::Outranked),
            ("fallback", LostWhy::Outranked),
        ]
    );
    assert!(answer.co.is_empty());
    // 22:30 on the city's clock.
    let at = Instant::parse("2026-05-01T14:30:00Z").unwrap();
    let late = route(&atlas, &Ask { category: Some(&category), at, ..ask(109.41, 36.51) });
    assert_eq!(late.fired.code(), "night");
    let plain = route(&atlas, &ask(109.55, 36.51));
    assert_eq!(plain.fired.code(), "zone");
    assert_eq!(lost(&plain)[0], ("nobody", LostWhy::NoUnit));
    assert!(lost(&plain).contains(&("parking", LostWhy::Category)));
}

#[test]
fn beside_the_zones_lead_it_stays_co_responsible() {
    let mut food = rule("food", Reach::Everywhere, Some("food"));
    food.mode = Mode::Beside;
    let atlas = Atlas::build(city(vec![food])).unwrap();
    let answer = route(&atlas, &ask(109.5, 36.55));
    assert_eq!((answer.unit.as_str(), &answer.co[..]), ("food", &[&unit_id("b")][..]));
    // The zone's border matters, because the zone's lead has a part.
    assert!((answer.confidence - 0.5).abs() < 1e-12);
}

#[test]
fn confidence_knows_the_border_of_a_rule_from_both_sides() {
    let ring = Reach::Ring { kind: FacilityKind::School, facility: None, radius_m: 200.0 };
    let atlas = Atlas::build(city(vec![rule("ring", ring, Some("school"))])).unwrap();
    let gate = FacilityId::new("gate").unwrap();
    let grounds = &atlas.facility(&gate).unwrap().geometry;
    let mut seen = Vec::new();
    for step in 0..40_i32 {
        let asked = ask(109.45, 36.552 + f64::from(step) * 5e-5);
        let answer = route(&atlas, &asked);
        let at = asked.position.degrees();
        let metres = to_geometry_m(Coord { x: at.lon(), y: at.lat() }, grounds).unwrap();
        let expected = same_side((metres - 200.0).abs(), sigma_m(20.0));
        let expected = if (metres - 200.0).abs() > 3.0 * sigma_m(20.0) { 1.0 } else { expected };
        assert!((answer.confidence - expected).abs() < 2e-3, "{metres} {answer:?}");
        seen.push(answer.fired.code().to_owned());
    }
    assert!(seen.contains(&"ring".to_owned()) && seen.contains(&"zone".to_owned()));
}

#[test]
fn a_rule_that_is_nearly_hit_is_told_to_who_asks_where_it_keeps_the_confidence_down() {
    let ring = || Reach::Ring { kind: FacilityKind::School, facility: None, radius_m: 200.0 };
    let atlas = Atlas::build(city(vec![rule("ring", ring(), Some("school"))])).unwrap();
    // Some twenty metres outside.
    let near = ask(109.4505, 36.55298);
    let told = route_in_doubt(&atlas, &near);
    assert_eq!((told.fired.code(), told.missed.len()), ("zone", 1), "{told:?}");
    let missed = told.missed[0];
    assert_eq!((missed.rule.id.as_str(), missed.unit.as_str()), ("ring", "school"));
    assert!((missed.away_m - 20.0).abs() < 2.0, "{missed:?}");
    assert!((same_side(missed.away_m, sigma_m(20.0)) - told.confidence).abs() < 1e-9);
    assert_eq!(Answer { missed: Vec::new(), ..told }, route(&atlas, &near));
    let sure = Ask { accuracy_m: Some(5.0), ..near.clone() };
    assert!(route_in_doubt(&atlas, &sure).missed.is_empty(), "too far for so accurate a position");
    for lat in [36.5525, 36.56] {
        assert!(route_in_doubt(&atlas, &ask(109.4505, lat)).missed.is_empty(), "{lat}");
    }
    // It leaves nothing in doubt where it would have named the same unit.
    let same = Atlas::build(city(vec![rule("ring", ring(), Some("a"))])).unwrap();
    assert!(route_in_doubt(&same, &near).missed.is_empty());
}

#[test]
fn a_rule_that_holds_everywhere_instead_of_the_zone_is_sure() {
    let atlas = Atlas::build(city(vec![rule("all", Reach::Everywhere, Some("food"))])).unwrap();
    assert!((route(&atlas, &ask(109.5, 36.55)).confidence - 1.0).abs() < 1e-12);
}

#[test]
fn every_fault_of_a_state_is_said_at_once() {
    let bad_ring = Reach::Ring {
        kind: FacilityKind::Market,
        facility: Some(FacilityId::new("gate").unwrap()),
        radius_m: f64::NAN,
    };
    let empty = Geometry::Polygon(Polygon::new(LineString(Vec::new()), Vec::new()));
    let mut state = city(vec![
        rule("x", Reach::Area { area: empty }, Some("ghost")),
        rule("y", bad_ring, None),
        rule("y", Reach::Everywhere, None),
    ]);
    state.city.time_zone = "Mars/Olympus".to_owned();
    state.city.fallback = unit_id("nobody");
    state.city.confidence_floor = 1.5;
    state.zones[0].lead = unit_id("spirit");
    let faults = Atlas::build(state).err().unwrap();
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let text = words.join("\n");
    for part in
        ["ghost", "spirit", "nobody", "Mars/Olympus", "facility gate", "rule y is there twice"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(faults.contains(&AtlasFault::Shape { by: "rule x".to_owned() }));
    let numbers = |f: &&AtlasFault| matches!(f, AtlasFault::Number { .. });
    assert_eq!(faults.iter().filter(numbers).count(), 2, "{text}");
}

#[test]
fn rules_about_more_shapes_than_an_index_holds_are_refused_before_one_is_built() {
    let each = 1_000;
    let ring = |n: usize| {
        let reach = Reach::Ring { kind: FacilityKind::Camera, facility: None, radius_m: 50.0 };
        rule(&format!("ring-{n}"), reach, None)
    };
    let mut state = city((0..REACH_SHAPES_MAX / each).map(ring).collect());
    state.facilities = (0..each)
        .map(|n| {
            let place = Geometry::Point(Point::new(109.45, 36.55));
            facility(&format!("camera-{n}"), FacilityKind::Camera, Some("police"), place)
        })
        .collect();
    // With another fault no index is built either, and the limit itself is none.
    state.city.fallback = unit_id("nobody");
    let faults = |state: &CityState| Atlas::build(state.clone()).err().unwrap();
    assert!(matches!(faults(&state)[..], [AtlasFault::UnknownUnit { .. }]));
    let line = LineString::from(vec![(109.41, 36.51), (109.42, 36.52)]);
    let line = Reach::Line { line: Geometry::LineString(line), buffer_m: 5.0 };
    state.rules.push(rule("road", line, Some("road")));
    let said = faults(&state)[0].to_string();
    let expected = "the rules that are switched on are about 2000001 shapes of facilities, lines and areas, \
                    at most 2000000 (limit REACH_SHAPES_MAX); rule ring-0 is about the most";
    assert_eq!(said, expected);
    // What is switched off is in no index.
    state.rules[0].enabled = false;
    assert_eq!(faults(&state).len(), 1);
}

#[test]
fn the_vertices_of_what_rules_are_about_are_counted_for_each_of_them() {
    let ring = |facility| Reach::Ring { kind: FacilityKind::School, facility, radius_m: 50.0 };
    let one = Some(FacilityId::new("gate").unwrap());
    let area = Reach::Area { area: square(109.45, 36.55, 0.01) };
    let mut state = city(vec![
        rule("all", ring(None), None),
        rule("area", area, Some("food")),
        rule("everywhere", Reach::Everywhere, Some("food")),
        rule("one", ring(one), None),
    ]);
    state.facilities.sort_by(|a, b| a.id.cmp(&b.id));
    let volume = Volume::of(&state.rules, &state.facilities);
    // Two schools, a square of five vertices and a point; an area of five; the square alone.
    assert_eq!((volume.shapes, volume.vertices), (2 + 1 + 1, 6 + 5 + 5));
    assert_eq!(volume.most, Some(&state.rules[0].id));
}

#[test]
fn the_door_tells_swapped_from_far() {
    let atlas = Atlas::build(city(Vec::new())).unwrap();
    assert!(atlas.enter(109.45, 36.55, Crs::Wgs84).is_ok());
    assert!(atlas.enter(116.4, 39.9, Crs::Wgs84).is_ok(), "far is for the fallback");
    let shifted = atlas.enter(109.45, 36.55, Crs::Gcj02).unwrap();
    assert!((shifted.x - 1_094_500_000).abs() > 30_000, "half a kilometre west: {shifted:?}");
    assert!(matches!(atlas.enter(36.55, 109.45, Crs::Wgs84), Err(PositionFault::Swapped { .. })));
    let mut state = city(Vec::new());
    // Where both orders are on the globe, the city's place tells.
    for zone in &mut state.zones {
        let moved = |c: Coord<f64>| Coord { x: c.x - 73.9 - 109.5, y: c.y + 4.2 };
        zone.area = geo::MapCoords::map_coords(&zone.area, moved);
    }
    let city_in_the_west = Atlas::build(state).unwrap();
    assert!(city_in_the_west.enter(-73.9, 40.75, Crs::Wgs84).is_ok());
    assert!(matches!(
        city_in_the_west.enter(40.75, -73.9, Crs::Wgs84),
        Err(PositionFault::Swapped { .. })
    ));
}

/// The rules read one by one, without any index.
fn slow(atlas: &Atlas, asked: &Ask<'_>) -> (String, UnitId) {
    let at = asked.position.degrees();
    let here = Coord { x: at.lon(), y: at.lat() };
    let metres = |geometry: &Geometry<f64>| to_geometry_m(here, geometry).unwrap();
    let mut fits: Vec<(u8, bool, f64, f64, usize, &RuleId, &UnitId)> = Vec::new();
    for rule in atlas.rules().iter().filter(|rule| rule.enabled) {
        let narrow =
            rule.categories.iter().filter(|c| asked.category.is_some_and(|a| a.is_within(c)));
        let depth = narrow.map(|c| c.as_str().matches('.').count() + 1).max();
        if depth.is_none() && !rule.categories.is_empty() {
            continue;
        }
        if !rule.window.holds(asked.at.local(atlas.time_zone()), &atlas.city().calendar) {
            continue;
        }
        let nearest = |kind: FacilityKind, only: Option<&FacilityId>| {
            atlas
                .facilities()
                .iter()
                .filter(|f| f.kind == kind && only.is_none_or(|id| *id == f.id))
                .map(|f| (metres(&f.geometry), f.unit.as_ref()))
                .min_by(|a, b| a.0.total_cmp(&b.0))
        };
        let (class, wide, extent, limit, found) = match &rule.reach {
            Reach::Component { kind, within_m } => {
                (0, true, *within_m, *within_m, nearest(*kind, None))
            }
            Reach::Line { line, buffer_m } => {
                (1, true, *buffer_m, *buffer_m, Some((metres(line), None)))
            }
            Reach::Ring { kind, facility, radius_m } => {
                (2, facility.is_none(), *radius_m, *radius_m, nearest(*kind, facility.as_ref()))
            }
            Reach::Area { area } => {
                (3, true, crate::geom::measure::area_m2(area), 0.0, Some((metres(area), None)))
            }
            Reach::Everywhere => (4, true, 0.0, 0.0, Some((0.0, None))),
        };
        let Some((distance, own)) = found.filter(|(distance, _)| *distance <= limit) else {
            continue;
        };
        let Some(unit) = rule.unit.as_ref().or(own) else { continue };
        fits.push((class, wide, extent, distance, usize::MAX - depth.unwrap_or(0), &rule.id, unit));
    }
    fits.sort_by(|a, b| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then(a.2.total_cmp(&b.2))
            .then(a.3.total_cmp(&b.3))
            .then(a.4.cmp(&b.4))
            .then(a.5.cmp(b.5))
    });
    if let Some(first) = fits.first() {
        return (first.5.to_string(), first.6.clone());
    }
    match atlas.areas().locate(asked.position) {
        Some(zone) => ("zone".to_owned(), atlas.zones()[usize::from(zone)].lead.clone()),
        None => ("fallback".to_owned(), atlas.city().fallback.clone()),
    }
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let kind = prop_oneof![Just(FacilityKind::School), Just(FacilityKind::Component)];
    let place = (109.38..109.62_f64, 36.48..36.62_f64);
    let grid = |c: (f64, f64)| {
        let p = LonLat::new(c.0, c.1).unwrap().on_grid();
        Coord { x: p.lon(), y: p.lat() }
    };
    let metres = prop_oneof![Just(200.0), 1.0..4_000.0];
    let reach = prop_oneof![
        (kind.clone(), metres.clone())
            .prop_map(|(kind, within_m)| Reach::Component { kind, within_m }),
        (place.clone(), place.clone(), metres.clone()).prop_map(move |(a, b, buffer_m)| {
            let line = Geometry::LineString(LineString(vec![grid(a), grid(b)]));
            Reach::Line { line, buffer_m }
        }),
        (kind, metres.clone(), any::<bool>()).prop_map(|(kind, radius_m, named)| {
            let one = if kind == FacilityKind::School { "gate" } else { "lamp" };
            let facility = named.then(|| FacilityId::new(one).unwrap());
            Reach::Ring { kind, facility, radius_m }
        }),
        (place, 0.001..0.1).prop_map(move |(at, side)| {
            let (low, high) = (grid(at), grid((at.0 + side, at.1 + side)));
            Reach::Area { area: Geometry::Polygon(Rect::new(low, high).to_polygon()) }
        }),
        Just(Reach::Everywhere),
    ];
    let categories = prop_oneof![
        Just(vec![]),
        Just(vec!["event.05"]),
        Just(vec!["event", "event.05.parking"]),
        Just(vec!["component.01"])
    ];
    let unit =
        prop_oneof![Just(None), Just(Some("food")), Just(Some("road")), Just(Some("police"))];
    (reach, categories, unit, any::<bool>(), 0..10_u8, any::<bool>()).prop_map(
        |(reach, categories, unit, beside, off, window)| {
            let mut made = rule("r", reach, unit);
            made.categories =
                categories.into_iter().map(|c| CategoryCode::new(c).unwrap()).collect();
            made.mode = if beside { Mode::Beside } else { Mode::Instead };
            made.enabled = off > 0;
            if window {
                // Every rule has one, so that having one orders nothing.
                made.window = serde_json::from_str(r#"{"hours":[["07:00","19:00"]]}"#).unwrap();
            }
            made
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_router_says_what_the_rules_say_one_by_one(
        mut rules in prop::collection::vec(some_rule(), 0..12),
        asks in prop::collection::vec((109.38..109.62_f64, 36.48..36.62_f64, 0..4_usize, 0..86_400_i64), 20),
        windows in any::<bool>(),
    ) {
        for (number, rule) in rules.iter_mut().enumerate() {
            rule.id = RuleId::new(&format!("r{number:02}")).unwrap();
            if !windows {
                rule.window = Window::default();
            } else if rule.window == Window::default() {
                rule.window = serde_json::from_str(r#"{"weekdays":[1,2,3,4,5,6,7]}"#).unwrap();
            }
        }
        let atlas = Atlas::build(city(rules)).unwrap();
        for (lon, lat, category, second) in asks {
            let code = ["event.05.parking", "event.01", "component.01.manhole", ""][category];
            let code = CategoryCode::new(code).ok();
            let at = Instant(second * 1_000_000);
            let asked = Ask { category: code.as_ref(), at, ..ask(lon, lat) };
            let answer = route(&atlas, &asked);
            let (fired, unit) = slow(&atlas, &asked);
            prop_assert_eq!((answer.fired.code(), answer.unit), (fired.as_str(), &unit));
            prop_assert!(atlas.unit(answer.unit).is_some());
            prop_assert!((0.5..=1.0).contains(&answer.confidence));
            prop_assert!(!answer.co.contains(&answer.unit));
            let named = route_unit(&atlas, &asked, atlas.areas().locate(asked.position));
            let brief = route_brief(&atlas, &asked);
            prop_assert_eq!((named.unit, named.rule), (brief.unit, brief.rule));
            prop_assert_eq!(brief.unit, answer.unit);
            prop_assert_eq!(brief.rule.map(|r| atlas.rules()[r as usize].id.as_str()),
                Some(answer.fired.code()).filter(|code| !matches!(*code, "zone" | "fallback")));
            prop_assert_eq!(brief.confidence.to_bits(), answer.confidence.to_bits());
            prop_assert_eq!(brief.border_m, answer.border_m);
            prop_assert_eq!(
                brief.zone.map(|z| &atlas.zones()[usize::from(z)].id), answer.zone.map(|z| &z.id));
        }
    }

    #[test]
    fn a_trial_finds_what_two_answers_say(
        rules in prop::collection::vec((some_rule(), 0..4_u8), 0..8),
        asks in prop::collection::vec((109.38..109.62_f64, 36.48..36.62_f64, 0..4_usize, 0..86_400_i64), 30),
        (led, moved) in any::<(bool, bool)>(),
    ) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (number, (mut rule, which)) in rules.into_iter().enumerate() {
            rule.id = RuleId::new(&format!("r{number:02}")).unwrap();
            if which != 1 {
                a.push(rule.clone());
            }
            if which == 2 {
                rule.unit = Some(unit_id("road"));
            }
            if which != 3 {
                b.push(rule);
            }
        }
        let (now, mut then) = (city(a), city(b));
        if led {
            then.zones[0].lead = unit_id("road");
        }
        if moved {
            then.facilities.pop();
        }
        let (now, then) = (Arc::new(Atlas::build(now).unwrap()), Arc::new(Atlas::build(then).unwrap()));
        let codes = ["event.05.parking", "event.01", "component.01.manhole", ""];
        let told: Vec<Told> = (0_u128..).zip(&asks).map(|(n, (lon, lat, category, second))| Told {
            id: ReportId(uuid::Uuid::from_u128(n)),
            received_at: Instant(0),
            happened_at: Instant(second * 1_000_000),
            category: CategoryCode::new(codes[*category]).ok(),
            accuracy_m: None,
            position: LonLat::new(*lon, *lat).unwrap().grid(),
        }).collect();
        let mut found = Rehearsal::default();
        Trial::new(Arc::clone(&now), Arc::clone(&then)).rehearse(&told, &mut found);
        let expected: Vec<Elsewhere> = told.iter().filter_map(|one| {
            let category = one.category.as_ref();
            let asked =
                Ask { position: one.position, accuracy_m: None, category, at: one.happened_at };
            let (a, b) = (route(&now, &asked), route(&then, &asked));
            (a.unit != b.unit).then(|| Elsewhere {
                report: one.id,
                from: a.unit.clone(),
                to: b.unit.clone(),
                rule: a.fired.code().to_owned(),
                rule_then: b.fired.code().to_owned(),
            })
        }).collect();
        prop_assert_eq!(found.listed, expected);
        prop_assert_eq!(found.reports, told.len() as u64);
    }
}
