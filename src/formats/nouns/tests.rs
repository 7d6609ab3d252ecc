use std::collections::BTreeSet;

use geo_types::{Geometry, LineString, MultiPolygon, Polygon, line_string, point, polygon};
use serde_json::json;

use super::{Invalid, Mapping, cover, facilities, rules, system, units, zones};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::{Mode, Reach, Rule};
use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::atlas::zone::Zone;
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::id::{CategoryCode, FacilityId, RuleId, UnitId, ZoneId};
use crate::domain::text::Names;
use crate::formats::geojson;
use crate::formats::layer::{Finding, Layer};
use crate::geom::coord::GridPoint;
use crate::geom::crs::{Crs, convert_geometry};
use crate::geom::measure::{on_grid, polygon_on_grid};
use crate::geom::validity::faults;

fn layer(features: &[(&str, &str)]) -> Layer {
    let features: Vec<String> = features
        .iter()
        .map(|(properties, geometry)| {
            format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
        })
        .collect();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let reading = geojson::read(text.as_bytes());
    assert!(!reading.refused(), "{:?}", reading.findings);
    reading.layer
}

/// A square of side `side` degrees with its south-west corner at `x`, `y`.
fn square(x: f64, y: f64, side: f64) -> String {
    let (e, n) = (x + side, y + side);
    format!(
        r#"{{"type":"Polygon","coordinates":[[[{x},{y}],[{e},{y}],[{e},{n}],[{x},{n}],[{x},{y}]]]}}"#
    )
}

fn lead(unit: &str) -> Mapping {
    Mapping { lead: Some(UnitId::new(unit).unwrap()), ..Mapping::default() }
}

fn words(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check_zones(features: &[(&str, &str)], expected: &[&str]) {
    let mapped = zones::from_layer(&layer(features), &lead("u"));
    check_words(&mapped.findings, expected);
}

#[test]
fn every_fault_of_every_row_is_found_at_once() {
    let (a, b) = (square(109.4, 36.5, 0.1), square(36.5, 109.4, 0.1));
    check_zones(
        &[
            (r#"{"id":"A"}"#, &a),
            (r#"{"id":"a b","lead":"x y"}"#, &a),
            (r#"{"id":"A"}"#, &square(109.6, 36.5, 0.1)),
            (r#"{"id":"B"}"#, &b),
            (r#"{"id":"C"}"#, r#"{"type":"Point","coordinates":[109.4,36.5]}"#),
            (r#"{"id":"D","number":"x"}"#, "null"),
            (
                r#"{"id":"E"}"#,
                r#"{"type":"Polygon","coordinates":[[[500000,4000000],[500100,4000000],[500100,4000100],[500000,4000000]]]}"#,
            ),
            (
                r#"{"id":"F"}"#,
                r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.40000001,36.5],[109.4,36.50000001],[109.4,36.5]]]}"#,
            ),
        ],
        &[
            "error: row 2, id: `a b` is no code",
            "error: row 2, lead: `x y` is no code",
            "error: row 4, vertex 1: position 36.5, 109.4 looks swapped",
            "error: row 5, geometry: is no area",
            "error: row 6, number: invalid digit",
            "error: row 6, geometry: is missing",
            "error: row 7, vertex 1: position 500000, 4000000 is outside the globe",
            "warning: row 8, ring at 109.4, 36.5: the ring has no area",
            "error: row 8, geometry: the area is thinner",
            "error: row 3, id: the id A stands in row 1 already",
        ],
    );
}

#[track_caller]
fn check_words(findings: &[Finding], expected: &[&str]) {
    let found = words(findings);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nbegins otherwise than\n{expected}");
    }
}

const PLACE: &str = r#"{"type":"Point","coordinates":[109.4,36.5]}"#;
const EXCHANGED: &str = r#"{"type":"Point","coordinates":[36.5,109.4]}"#;

#[test]
fn every_fault_of_every_unit_is_found_at_once() {
    let mapped = units::from_layer(
        &layer(&[
            (r#"{"id":"a","name":"a"}"#, PLACE),
            (r#"{"id":"a b","name":"b","kind":"moon","capacity":-1}"#, PLACE),
            (r#"{"id":"c","name":"c","office_hours":"08:00"}"#, "null"),
            (r#"{"id":"d","name":"d"}"#, EXCHANGED),
            (r#"{"id":"e","name":"e"}"#, &square(109.4, 36.5, 0.1)),
            (r#"{"name":"f"}"#, "null"),
            (r#"{"id":"a","name":"a"}"#, "null"),
        ]),
        &Mapping::default(),
    );
    check_words(
        &mapped.findings,
        &[
            "error: row 2, id: `a b` is no code",
            "error: row 2, kind: `moon` is no kind of unit",
            "error: row 2, capacity: invalid digit",
            "error: row 3, office_hours: span 1, `08:00`, is none",
            "error: row 4, vertex 1: position 36.5, 109.4 looks swapped",
            "error: row 5, geometry: the seat is no point",
            "error: row 6, id: is missing",
            "error: row 7, id: the id a stands in row 1 already",
        ],
    );
    assert_eq!(mapped.rows, [1]);
}

#[test]
fn every_fault_of_every_facility_is_found_at_once() {
    let bow_tie = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.5,36.6],[109.5,36.5],[109.4,36.6],[109.4,36.5]]]}"#;
    let mapping =
        Mapping { units: Some(BTreeSet::from([UnitId::new("u").unwrap()])), ..Mapping::default() };
    let mapped = facilities::from_layer(
        &layer(&[
            (r#"{"id":"a","name":"a","kind":"school","unit":"u"}"#, PLACE),
            (r#"{"id":"a b","name":"b","kind":"moon","unit":"v"}"#, PLACE),
            (r#"{"id":"c","name":"c"}"#, "null"),
            (r#"{"id":"d","name":"d","kind":"school"}"#, EXCHANGED),
            (r#"{"id":"e","name":"e","kind":"electronic_fence"}"#, bow_tie),
            (r#"{"id":"a","name":"a","kind":"school"}"#, PLACE),
        ]),
        &mapping,
    );
    check_words(
        &mapped.findings,
        &[
            "error: row 2, id: `a b` is no code",
            "error: row 2, kind: `moon` is no kind of facility",
            "error: row 2, unit: there is no unit v",
            "error: row 3, kind: is missing",
            "error: row 3, geometry: is missing",
            "error: row 4, vertex 1: position 36.5, 109.4 looks swapped",
            "error: row 5, part 1, ring 0, at 109.4",
            "error: row 6, id: the id a stands in row 1 already",
        ],
    );
    assert_eq!(mapped.rows, [1]);
}

#[test]
fn aliases_attributes_and_a_named_id_column_are_understood() {
    let area = square(109.4, 36.5, 0.1);
    let read = layer(&[(
        r#"{"precinct":12,"Name":"枣园","牵头单位":"u1","co":"u2; u3、u1","borough":"x","n":null}"#,
        &area,
    )]);
    let mapping = Mapping { id: Some("precinct".to_owned()), ..Mapping::default() };
    let mapped = zones::from_layer(&read, &mapping);
    assert_eq!(words(&mapped.findings), Vec::<String>::new());
    let zone = &mapped.items[0];
    assert_eq!((zone.id.as_str(), zone.number, zone.names.zh.as_str()), ("12", 12, "枣园"));
    assert_eq!((zone.lead.as_str(), zone.co.len()), ("u1", 2));
    assert_eq!(zone.attributes, [("borough".to_owned(), json!("x"))].into());
    let unknown = Mapping { units: Some(BTreeSet::from([UnitId::new("u1").unwrap()])), ..mapping };
    let found = words(&zones::from_layer(&read, &unknown).findings);
    assert!(found.len() == 2 && found[0].contains("row 1, co: there is no unit u2"), "{found:?}");
    let missing = Mapping { id: Some("zone".to_owned()), ..lead("u") };
    let found = words(&zones::from_layer(&read, &missing).findings);
    assert!(
        found[0].contains("there is no column `zone`; name one of: Name, borough"),
        "{found:?}"
    );
}

#[test]
fn rings_are_turned_and_rounded_once() {
    let clockwise = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.4,36.6],[109.4,36.6],[109.50000004,36.6],[109.4,36.5]]]}"#;
    let mapped = zones::from_layer(&layer(&[(r#"{"id":"A"}"#, clockwise)]), &lead("u"));
    assert_eq!(words(&mapped.findings), Vec::<String>::new());
    let ring = mapped.items[0].area.0[0].exterior();
    assert_eq!(ring.0.len(), 4);
    assert!(ring.0.iter().any(|c| c.x.to_bits() == 109.5_f64.to_bits()), "{ring:?}");
    assert!(super::place::twice_area_steps(ring) > 0);
}

/// A geometry that holds these.
fn gathered(parts: &[&str]) -> String {
    format!(r#"{{"type":"GeometryCollection","geometries":[{}]}}"#, parts.join(","))
}

#[test]
fn a_collection_of_one_kind_is_a_multi_geometry_and_a_mixed_one_is_refused_plainly() {
    let (a, b) = (square(109.4, 36.5, 0.1), square(109.6, 36.5, 0.1));
    let line = r#"{"type":"LineString","coordinates":[[109.4,36.5],[109.5,36.6]]}"#;
    let read = "warning: row 1, geometry: is a collection of one kind of geometry";
    let areas = gathered(&[&a, &gathered(&[&b])]);
    let mapped = zones::from_layer(&layer(&[(r#"{"id":"A"}"#, &areas)]), &lead("u"));
    check_words(&mapped.findings, &[read]);
    assert_eq!(mapped.items[0].area.0.len(), 2);
    check_zones(
        &[(r#"{"id":"A"}"#, &gathered(&[&a, PLACE]))],
        &["error: row 1, geometry: a collection of points and areas has no one shape"],
    );
    check_zones(
        &[(r#"{"id":"A"}"#, &gathered(&[line]))],
        &[read, "error: row 1, geometry: is no area"],
    );
    // Areas over each other are told as those of a multi-polygon are.
    let twice = zones::from_layer(&layer(&[(r#"{"id":"A"}"#, &gathered(&[&a, &a]))]), &lead("u"));
    assert!(twice.refused(), "{:?}", twice.findings);

    let one = |shape: &str| {
        let row = [(r#"{"id":"a","name":"a","kind":"school"}"#, shape)];
        facilities::from_layer(&layer(&row), &Mapping::default())
    };
    let kind = |parts: &[&str]| one(&gathered(parts)).items[0].geometry.clone();
    assert!(matches!(kind(&[PLACE]), Geometry::Point(_)));
    assert!(matches!(kind(&[PLACE, PLACE]), Geometry::MultiPoint(all) if all.0.len() == 2));
    assert!(matches!(kind(&[line]), Geometry::LineString(_)));
    assert!(matches!(kind(&[line, line]), Geometry::MultiLineString(all) if all.0.len() == 2));
    assert!(matches!(kind(&[&a, &b]), Geometry::MultiPolygon(all) if all.0.len() == 2));
    let mixed = one(&gathered(&[PLACE, line, &a]));
    check_words(
        &mixed.findings,
        &["error: row 1, geometry: a collection of points and lines and areas has no one shape"],
    );
    assert!(mixed.items.is_empty());
}

fn cover_of(features: &[(&str, &str)]) -> Vec<String> {
    let mapped = zones::from_layer(&layer(features), &lead("u"));
    assert!(!mapped.refused(), "{:?}", mapped.findings);
    let zones: Vec<&Zone> = mapped.items.iter().collect();
    words(&cover::findings(&zones, &mapped.rows))
}

#[test]
fn zones_that_tile_have_no_finding_and_one_grid_step_of_overlap_is_a_hair_line() {
    let (a, b, far) =
        (square(109.4, 36.5, 0.1), square(109.5, 36.5, 0.1), square(109.4, 36.7, 0.1));
    assert_eq!(
        cover_of(&[(r#"{"id":"A"}"#, &a), (r#"{"id":"B"}"#, &b), (r#"{"id":"C"}"#, &far)]),
        Vec::<String>::new()
    );
    let hair = square(109.499_999_9, 36.5, 0.1);
    let found = cover_of(&[(r#"{"id":"A"}"#, &a), (r#"{"id":"B"}"#, &hair)]);
    assert!(found.len() == 1 && found[0].contains("hair line"), "{found:?}");
    let wide = square(109.499, 36.5, 0.1);
    let found = cover_of(&[(r#"{"id":"A"}"#, &a), (r#"{"id":"B"}"#, &wide)]);
    assert!(
        found.len() == 1 && found[0].starts_with("error: row 2, zones A and B at 109."),
        "{found:?}"
    );
    let within = square(109.42, 36.52, 0.01);
    let found = cover_of(&[(r#"{"id":"A"}"#, &a), (r#"{"id":"B"}"#, &within)]);
    assert!(found.len() == 1 && found[0].starts_with("error"), "{found:?}");
}

#[test]
fn a_gap_is_told_with_its_place_and_area() {
    let ring = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]],[[109.42,36.52],[109.42,36.53],[109.43,36.53],[109.43,36.52],[109.42,36.52]]]}"#;
    let found = cover_of(&[(r#"{"id":"A"}"#, ring)]);
    assert!(found.len() == 1 && found[0].starts_with("warning: zones around 109.4"), "{found:?}");
    let filled = square(109.42, 36.52, 0.01);
    assert_eq!(
        cover_of(&[(r#"{"id":"A"}"#, ring), (r#"{"id":"B"}"#, &filled)]),
        Vec::<String>::new()
    );
    let short = square(109.42, 36.52, 0.009_999_9);
    let found = cover_of(&[(r#"{"id":"A"}"#, ring), (r#"{"id":"B"}"#, &short)]);
    assert!(found.len() == 1 && found[0].contains("a hair-line gap"), "{found:?}");
}

#[test]
fn a_file_that_names_no_system_needs_one_and_may_not_contradict_it() {
    let mut layer = layer(&[("{}", r#"{"type":"Point","coordinates":[109.4,36.5]}"#)]);
    assert_eq!(system(&layer, None, Some(Crs::Wgs84)).unwrap(), Crs::Wgs84);
    assert_eq!(system(&layer, Some(Crs::Gcj02), None).unwrap(), Crs::Gcj02);
    assert!(system(&layer, None, None).unwrap_err().remedy.contains("(--crs)"));
    layer.crs = Some(Crs::Cgcs2000);
    assert!(system(&layer, Some(Crs::Gcj02), None).is_err());
    layer.features[0].geometry = None;
    layer.crs = None;
    assert_eq!(system(&layer, None, None).unwrap(), Crs::Wgs84);
}

pub(super) fn samples() -> (Vec<Unit>, Vec<Facility>, Vec<Rule>) {
    let names = Names { zh: "枣园小学".to_owned(), en: "Zaoyuan \"School\", east".to_owned() };
    let unit = |id: &str, seat| Unit {
        id: UnitId::new(id).unwrap(),
        names: names.clone(),
        kind: UnitKind::Firm,
        seat,
        capacity: 7,
        hours: seat.map(|_| OfficeHours::parse("daily 22:00-06:00,08:00-12:00").unwrap()),
        attributes: [
            ("id".to_owned(), json!("mine")),
            ("attr.x".to_owned(), json!("12")),
            ("n".to_owned(), json!(1.5)),
        ]
        .into(),
    };
    let line: Geometry<f64> = line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)].into();
    let area: Geometry<f64> =
        polygon![(x: 109.4, y: 36.5), (x: 109.5, y: 36.5), (x: 109.5, y: 36.6)].into();
    let facility = |id: &str, geometry: Geometry<f64>| Facility {
        id: FacilityId::new(id).unwrap(),
        kind: FacilityKind::School,
        names: names.clone(),
        geometry,
        unit: None,
        attributes: [("grade".to_owned(), json!("A"))].into(),
    };
    let rule = |id: &str, reach| Rule {
        id: RuleId::new(id).unwrap(),
        names: names.clone(),
        reach,
        categories: vec![
            CategoryCode::new("event.05").unwrap(),
            CategoryCode::new("event.01.litter").unwrap(),
        ],
        window: serde_json::from_str(
            r#"{"weekdays":[1,5],"hours":[["07:00","18:00"]],"school_days":true}"#,
        )
        .unwrap(),
        unit: Some(UnitId::new("u").unwrap()),
        mode: Mode::Beside,
        enabled: false,
    };
    let kind = FacilityKind::School;
    (
        vec![unit("u1", None), unit("u2", Some(GridPoint { x: 1_094_840_001, y: 365_850_000 }))],
        vec![
            facility("a", point!(x: 109.4, y: 36.5).into()),
            facility("b", line.clone()),
            facility("c", area.clone()),
        ],
        vec![
            rule("a", Reach::Area { area }),
            rule("c", Reach::Component { kind, within_m: 3.5 }),
            rule("e", Reach::Everywhere),
            rule("l", Reach::Line { line, buffer_m: 10.0 }),
            rule(
                "r",
                Reach::Ring {
                    kind,
                    facility: Some(FacilityId::new("a").unwrap()),
                    radius_m: 200.0,
                },
            ),
        ],
    )
}

#[test]
fn units_facilities_and_rules_survive_their_layers() {
    let (some_units, some_facilities, some_rules) = samples();
    let mapping = Mapping::default();
    let layer = units::to_layer(&some_units);
    assert_eq!(units::from_layer(&layer, &mapping).items, some_units);
    let read = facilities::from_layer(&facilities::to_layer(&some_facilities), &mapping);
    assert_eq!((read.items, read.findings), (some_facilities, vec![]));
    let read = rules::from_layer(&rules::to_layer(&some_rules), &mapping);
    assert_eq!((read.items, read.findings), (some_rules, vec![]));
}

#[test]
fn a_rule_that_is_half_understood_is_refused() {
    let mapped = rules::from_layer(
        &layer(&[
            (r#"{"id":"a","reach":"moon"}"#, "null"),
            (r#"{"id":"b","reach":"line","distance_m":-1}"#, "null"),
            (r#"{"id":"c","reach":"category","unit":"u","speed":3}"#, "null"),
            (r#"{"id":"d","reach":"category"}"#, "null"),
            (r#"{"id":"e","reach":"category","unit":"u","window":{"weekdays":[8]}}"#, "null"),
            (
                r#"{"id":"f","reach":"category","unit":"u","window":{"hours":[["07:00","07:00"]]}}"#,
                "null",
            ),
        ]),
        &Mapping::default(),
    );
    assert!(mapped.items.is_empty());
    assert_eq!(mapped.findings.len(), 7, "{:#?}", words(&mapped.findings));
    assert!(words(&mapped.findings)[6].contains("row 6, window: hours begin and end at 07:00"));
}

#[test]
fn a_part_narrower_than_a_hair_that_crosses_itself_on_the_grid_is_left_out() {
    let ring = |steps: &[(f64, f64)]| {
        let at = |(x, y): &(f64, f64)| format!("[{:.9},{:.9}]", 109.7 + x * 1e-7, 36.7 + y * 1e-7);
        format!("[[{}]]", steps.iter().map(at).collect::<Vec<_>>().join(","))
    };
    let parts = |parts: &[String]| {
        format!(r#"{{"type":"MultiPolygon","coordinates":[{}]}}"#, parts.join(","))
    };
    let whole = "[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]".to_owned();
    // A tenth of a step wide, 1 mm: on the grid the corner above (10, 4) falls below it.
    let crumb = ring(&[
        (0.0, 0.0),
        (10.0, 3.667),
        (20.0, 7.333),
        (30.0, 11.0),
        (29.0, 10.733),
        (19.0, 7.067),
        (11.0, 4.133),
        (0.0, 0.0),
    ]);
    // Eight steps wide, 9 cm.
    let thin = ring(&[(0.0, 0.0), (1_000.0, 500.0), (0.0, 8.0), (0.0, 0.0)]);
    let bow = "[[[109.7,36.7],[109.8,36.8],[109.8,36.7],[109.7,36.8],[109.7,36.7]]]".to_owned();
    let read =
        |parts: &str| zones::from_layer(&layer(&[(r#"{"id":"a","name":"a"}"#, parts)]), &lead("u"));

    let left_out = read(&parts(&[whole.clone(), crumb.clone()]));
    let found = words(&left_out.findings);
    assert!(found.iter().any(|line| line.contains("narrower than 0.1 m")), "{found:#?}");
    assert_eq!((left_out.refused(), left_out.items[0].area.0.len()), (false, 1));
    // One that stays valid on the grid is kept, however thin.
    let kept = read(&parts(&[whole.clone(), thin]));
    assert_eq!((kept.refused(), kept.items[0].area.0.len()), (false, 2), "{:?}", kept.findings);
    // Nothing else is left: then it is a fault like any other. So is a part as wide as a field.
    assert!(read(&parts(&[crumb])).refused());
    assert!(read(&parts(&[whole, bow])).refused());
}

#[test]
fn a_crumb_is_judged_where_it_is_kept_and_told_once() {
    let whole = polygon![(x: 109.4, y: 36.5), (x: 109.5, y: 36.5), (x: 109.5, y: 36.6), (x: 109.4, y: 36.6)];
    // As above: valid as it is, and not on the grid.
    let crumb = |k: u32| {
        let steps = [
            (0.0, 0.0),
            (10.0, 3.667),
            (20.0, 7.333),
            (30.0, 11.0),
            (29.0, 10.733),
            (19.0, 7.067),
            (11.0, 4.133),
        ];
        let at = |(x, y): (f64, f64)| (109.7 + x * 1e-7, 36.7 + (y + f64::from(k) * 100.0) * 1e-7);
        Polygon::new(steps.map(at).to_vec().into(), Vec::new())
    };
    let valid = |shape: &Geometry<f64>| faults(&on_grid(shape)).is_empty();
    let shifted = |shape: &Geometry<f64>| convert_geometry(shape, Crs::Wgs84, Crs::Gcj02);
    let crumb = (0..1_000)
        .map(crumb)
        .find(|crumb| valid(&shifted(&crumb.clone().into())))
        .expect("the grid treats another system's numbers otherwise");
    assert!(!valid(&crumb.clone().into()));
    // A hole without area is told at each look at the whole.
    let pit = line_string![(x: 109.45, y: 36.55), (x: 109.46, y: 36.55), (x: 109.45, y: 36.55), (x: 109.45, y: 36.55)];
    let whole = Polygon::new(whole.exterior().clone(), vec![pit]);
    let both: Geometry<f64> = MultiPolygon(vec![whole, crumb]).into();
    for crs in [Crs::Wgs84, Crs::Gcj02] {
        let mut layer = layer(&[(r#"{"id":"a","name":"a"}"#, &square(109.4, 36.5, 0.1))]);
        layer.features[0].geometry = Some(convert_geometry(&both, Crs::Wgs84, crs));
        let mapped = zones::from_layer(&layer, &Mapping { crs, ..lead("u") });
        let found = words(&mapped.findings);
        assert!(!mapped.refused() && mapped.items[0].area.0.len() == 1, "{found:#?}");
        for once in ["narrower than 0.1 m", "the ring has no area"] {
            assert_eq!(found.iter().filter(|it| it.contains(once)).count(), 1, "{found:#?}");
        }
    }
}

/// What is found about `count` zones of these rings.
fn cover_of_many(count: u32, ring: impl Fn(f64) -> [(f64, f64); 4]) -> Vec<Finding> {
    let area = |n: u32| Polygon::new(ring(f64::from(n)).to_vec().into(), Vec::new());
    cover_of_areas((0..count).map(area).collect())
}

fn cover_of_areas(areas: Vec<Polygon<f64>>) -> Vec<Finding> {
    let sample = layer(&[(r#"{"id":"a"}"#, &square(109.4, 36.5, 0.1))]);
    let one = zones::from_layer(&sample, &lead("u")).items.remove(0);
    let zone = |(n, area)| Zone {
        id: ZoneId::new(&format!("z{n}")).unwrap(),
        area: MultiPolygon(vec![area]),
        ..one.clone()
    };
    let all: Vec<Zone> = (0_u32..).zip(areas).map(zone).collect();
    let rows: Vec<usize> = (1..=all.len()).collect();
    cover::findings(&all.iter().collect::<Vec<_>>(), &rows)
}

#[test]
fn a_pile_of_zones_is_told_by_its_first_overlaps() {
    let pile = |n: f64| {
        let (w, s, e) = (109.4 + n * 1e-5, 36.5, 109.5 + n * 1e-5);
        [(w, s), (e, s), (e, s + 0.1), (w, s + 0.1)]
    };
    // 435 pairs: all are told. 4,498,500: as many as a person reads.
    assert_eq!(cover_of_many(30, pile).len(), 30 * 29 / 2);
    let found = cover_of_many(3_000, pile);
    assert_eq!(found.len(), cover::COVER_OVERLAPS_MAX + 1);
    assert!(found[0].fault.contains("500 were looked at") && !found[0].warning, "{found:#?}");
    assert!(found[1..].iter().all(|it| it.fault.contains("they overlap by") && !it.warning));
}

#[test]
fn strips_side_by_side_whose_boxes_pile_up_are_not_called_clean() {
    let strip = |n: f64| {
        let x = 109.0 + n * 1e-5;
        [(x, 36.5), (x + 1e-5, 36.5), (x + 0.1, 36.6), (x + 0.1 - 1e-5, 36.6)]
    };
    assert_eq!(cover_of_many(100, strip), vec![]);
    let found = words(&cover_of_many(2_000, strip));
    let expected = "error: zones: of more than 100000 pairs of zones whose boxes meet, 100000 were";
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}");
}

#[test]
fn zones_of_more_vertices_than_are_looked_at_are_refused() {
    let half = cover::COVER_VERTICES_MAX / 2;
    let corner = |n: usize| if n.is_multiple_of(2) { (109.4, 36.5) } else { (109.5, 36.6) };
    let around: LineString<f64> = (0..=half).map(corner).collect();
    let zone = Polygon::new(around, vec![]);
    let found = words(&cover_of_areas(vec![zone.clone(), zone]));
    assert!(found.len() == 1 && found[0].starts_with("error: zones: 5000002 "), "{found:#?}");
    assert!(found[0].contains("(limit COVER_VERTICES_MAX, 5000000)"), "{found:#?}");
}

#[test]
fn a_wide_zone_of_many_vertices_around_many_small_ones_is_no_pile() {
    let cell = |at: u32| f64::from(1_094_000_000 + at * 100_000) / 1e7;
    let mut zones = vec![];
    for (x, y) in (0..20).flat_map(|x| (0..20).map(move |y| (x, y))) {
        let (w, s, e, n) = (cell(x), cell(y) - 73.0, cell(x + 1), cell(y + 1) - 73.0);
        zones.push(polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)]);
    }
    // A border of 30,000 vertices, and a hole whose vertices are the corners of the small ones.
    let south = (0..30_000).map(|i| (109.2 + f64::from(i) * 2e-5, 36.2));
    let around = south.chain([(109.8, 36.2), (109.8, 36.8), (109.2, 36.8)]).collect();
    let side = |i: u32| (cell(i), cell(0) - 73.0);
    let east = |i: u32| (cell(20), cell(i) - 73.0);
    let north = |i: u32| (cell(20 - i), cell(20) - 73.0);
    let west = |i: u32| (cell(0), cell(20 - i) - 73.0);
    let hole = (0..20).map(side).chain((0..20).map(east)).chain((0..20).map(north));
    let mut hole: LineString<f64> = hole.chain((0..20).map(west)).collect();
    hole.0.reverse();
    zones.push(Polygon::new(around, vec![hole]));
    assert_eq!(cover_of_areas(zones), vec![]);
}

/// A square with a spike a fifth of a step wide, which lies upon itself on the grid.
const SPIKE: &str = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.45000003,36.6],[109.45000002,36.61],[109.45000001,36.6],[109.4,36.6],[109.4,36.5]]]}"#;
/// A square with a bay whose head lies a twentieth of a step before the far border; on the grid it is beyond.
const BAY: &str = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.445,36.5],[109.4500006,36.600000175],[109.455,36.5],[109.5,36.5],[109.5,36.6],[109.450001,36.6000003],[109.45,36.6],[109.4,36.6],[109.4,36.5]]]}"#;

#[test]
fn an_area_that_only_rounding_made_invalid_is_mended_with_a_warning_and_place() {
    for (shape, parts, corners) in [(SPIKE, 1, 5), (BAY, 2, 5)] {
        let read = layer(&[(r#"{"id":"A"}"#, shape)]);
        let given = read.features[0].geometry.clone().unwrap();
        assert!(faults(&given).is_empty() && !faults(&on_grid(&given)).is_empty(), "{shape}");
        let mapped = zones::from_layer(&read, &lead("u"));
        let found = words(&mapped.findings);
        assert!(!mapped.refused() && !found.is_empty(), "{found:?}");
        for line in &found {
            assert!(line.starts_with("warning: row 1, part 1, ring 0, at 109.45"), "{line}");
            assert!(line.contains("on the grid of 1e-7 degree, and did not before"), "{line}");
        }
        let area = &mapped.items[0].area;
        assert!(faults(&area.clone().into()).is_empty(), "{area:?}");
        assert_eq!(area, &area.0.iter().map(polygon_on_grid).collect::<MultiPolygon<f64>>());
        assert_eq!((area.0.len(), area.0[0].exterior().0.len() - 1), (parts, corners), "{area:?}");
        // What is kept as it was given needs no mending less.
        let kept = Mapping { invalid: Invalid::Kept, ..lead("u") };
        assert_eq!(zones::from_layer(&read, &kept), mapped);
    }
}

#[test]
fn an_area_that_was_never_valid_is_refused_or_kept_as_it_was_given() {
    let bow = r#"{"type":"Polygon","coordinates":[[[109.4,36.5],[109.5,36.6],[109.5,36.5],[109.4,36.7],[109.4,36.5]]]}"#;
    let read = layer(&[(r#"{"id":"A"}"#, bow)]);
    let refused = zones::from_layer(&read, &lead("u"));
    assert!(refused.refused() && refused.items.is_empty(), "{:?}", refused.findings);
    check_words(&refused.findings, &["error: row 1, part 1, ring 0, at 109.4"]);
    let kept = zones::from_layer(&read, &Mapping { invalid: Invalid::Kept, ..lead("u") });
    assert_eq!(kept.findings, []);
    assert!(!faults(&kept.items[0].area.clone().into()).is_empty());
}
