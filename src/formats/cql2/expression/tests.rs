use std::borrow::Cow;

use geo_types::{Geometry, Point};
use jiff::tz::TimeZone;

use super::*;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::filter::{Subject, Value};
use crate::domain::ogc::schema::{Field, Kind};
use crate::domain::ogc::span::Span;
use crate::geom::crs::wire::WireCrs;

/// Something like the lakes and buildings of the standard's examples.
struct Lake;

impl Subject for Lake {
    fn value(&self, name: &str) -> Value<'_> {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        match name {
            "name" => text("Lake O'Brien"),
            "city" => text("Montréal"),
            "floors" => Value::Number(5.0),
            "swimming_pool" => Value::Flag(true),
            "updated" => Value::Time(Span::parse("2026-05-06T10:00:00+08:00", &zone).unwrap()),
            _ => Value::Null,
        }
    }

    fn shape(&self) -> Option<Cow<'_, Geometry<f64>>> {
        Some(Cow::Owned(Point::new(109.5, 36.5).into()))
    }
}

fn schema() -> Schema {
    let field = |name: &str, kind| Field {
        name: name.to_owned(),
        kind,
        zh: String::new(),
        en: String::new(),
    };
    Schema {
        collection: Collection::Zones,
        geometry: "geometry-point",
        extent: None,
        fields: vec![
            field("name", Kind::Text),
            field("city", Kind::Text),
            field("floors", Kind::Whole),
            field("swimming_pool", Kind::Flag),
            field("updated", Kind::Time),
            field("nothing", Kind::Number),
            field("odd name", Kind::Text),
        ],
        known: 7,
    }
}

fn filter(text: &str, language: Language, crs: WireCrs) -> Result<Test, String> {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    read(text, language, &Reading { zone, crs }, &schema())
}

fn check(text: &str, kept: bool) {
    let read = filter(text, Language::Text, WireCrs::Crs84);
    let read = read.unwrap_or_else(|words| panic!("{text}: {words}"));
    assert_eq!(read.keeps(&Lake), kept, "{text}: {read:?}");
}

fn check_json(value: &serde_json::Value, kept: bool) {
    let test = filter(&value.to_string(), Language::Json, WireCrs::Crs84);
    let test = test.unwrap_or_else(|words| panic!("{value}: {words}"));
    assert_eq!(test.keeps(&Lake), kept, "{value}: {test:?}");
}

fn refused(text: &str, says: &str) {
    let words = filter(text, Language::Text, WireCrs::Crs84).unwrap_err();
    assert!(words.contains(says), "{text}: {words}");
}

#[test]
fn comparisons_of_the_standard_are_understood() {
    for (text, kept) in [
        ("floors = 5", true),
        ("floors<>5", false),
        ("floors != 4", true),
        ("floors > 4 AND floors<=5", true),
        ("5 = floors", true),
        ("floors = 4 or floors = 5", true),
        ("NOT floors = 4", true),
        ("not not floors = 5", true),
        ("floors = 4 OR floors = 5 AND swimming_pool = false", false),
        ("(floors = 5 OR floors = 4) AND swimming_pool", true),
        ("swimming_pool = TRUE", true),
        ("name = 'Lake O''Brien'", true),
        ("name = 'Lake O\\'Brien'", true),
        ("name LIKE 'Lake%'", true),
        ("name NOT LIKE 'lake%'", true),
        ("CASEI(name) LIKE casei('lake o_b%')", true),
        ("ACCENTI(city) = accenti('Montreal')", true),
        ("CASEI(ACCENTI(city)) IN (casei('MONTREAL'))", true),
        ("floors BETWEEN 1 AND 5 AND swimming_pool", true),
        ("floors NOT BETWEEN 1 AND 5", false),
        ("floors IN (1, 2, 5)", true),
        ("floors NOT IN (1, 2)", true),
        ("floors IN ()", false),
        ("nothing IS NULL", true),
        ("floors IS NOT NULL", true),
        ("nothing = 1", false),
        ("NOT nothing = 1", false),
        ("geometry IS NULL", false),
        ("\"floors\" = 5.0e0", true),
        ("\"odd name\" IS NULL", true),
        ("true", true),
        ("name = 'x'; -- floors = 5'' OR ''1''=''1'", false),
    ] {
        if text.contains(';') {
            refused(text, "nothing may follow");
        } else {
            check(text, kept);
        }
    }
}

#[test]
fn numbers_are_reckoned_as_arithmetic_has_it() {
    for (text, kept) in [
        ("floors + 2 * 3 = 11", true),
        ("(floors + 2) * 3 = 21", true),
        ("floors - 1 - 1 = 3", true),
        ("-floors = -5", true),
        ("floors--5 = 10", true),
        ("floors div 2 = 2", true),
        ("floors / 2 = 2.5", true),
        ("floors % 3 = 2", true),
        ("floors ^ 2 = 25", true),
        ("floors / 0 = 1 OR floors / 0 <> 1", false),
    ] {
        check(text, kept);
    }
}

#[test]
fn places_are_related_in_every_spelling_of_a_geometry() {
    for (text, kept) in [
        ("S_INTERSECTS(geometry, POLYGON((109 36, 110 36, 110 37, 109 37, 109 36)))", true),
        ("s_within(geometry,BBOX(109,36,110,37))", true),
        ("S_WITHIN(geometry, BBOX(109,36,0,110,37,99))", true),
        ("S_INTERSECTS(geometry, BBOX(170,36,-170,37))", false),
        ("S_CONTAINS(BBOX(109,36,110,37), geometry)", true),
        ("S_DISJOINT(geometry, POINT(109.5 36.6))", true),
        ("S_EQUALS(geometry, POINT Z (109.5 36.5 12))", true),
        ("S_TOUCHES(geometry, LINESTRING(109.5 36.5, 110 37))", true),
        ("S_CROSSES(geometry, LINESTRING(109 36, 110 37))", false),
        ("S_OVERLAPS(geometry, MULTIPOINT((109.5 36.5), (1 2)))", false),
        ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(109.5 36.5), POINT(1 2)))", true),
    ] {
        check(text, kept);
    }
    let in_order = "S_INTERSECTS(geometry, POINT(36.5 109.5))";
    let found = filter(in_order, Language::Text, WireCrs::Epsg4326).unwrap();
    assert!(found.keeps(&Lake));
    refused(in_order, "off the globe");
    refused("S_INTERSECTS(geometry, POLYGON((1 1, 2 2, 1 2, 2 1, 1 1)))", "not valid");
    refused("S_INTERSECTS(geometry, POINT(NaN 1))", "off the globe");
    refused("S_INTERSECTS(geometry, POINT EMPTY)", "empty");
    refused("S_INTERSECTS(name, POINT(1 2))", "`geometry` is");
}

#[test]
fn times_are_related_and_a_day_is_the_city_s() {
    for (text, kept) in [
        ("T_AFTER(updated, DATE('2026-05-05'))", true),
        ("T_AFTER(updated, DATE('2026-05-06'))", false),
        ("T_DURING(updated, INTERVAL('2026-05-06', '..'))", true),
        ("T_INTERSECTS(updated, INTERVAL('2026-05-01','2026-05-06'))", true),
        ("t_before(updated, TIMESTAMP('2026-05-06T02:00:01Z'))", true),
        ("T_EQUALS(updated, TIMESTAMP('2026-05-06T02:00:00Z'))", true),
        ("updated >= TIMESTAMP('2026-05-06T02:00:00Z')", true),
        ("updated = DATE('2026-05-06')", true),
        ("updated < '2026-05-06T02:00:00Z'", false),
        ("updated BETWEEN '2026-05-01' AND '2026-05-07'", true),
    ] {
        check(text, kept);
    }
    refused("T_AFTER(name, DATE('2026-05-05'))", "no time");
    refused("updated > 'soon'", "neither a date");
}

#[test]
fn json_says_the_same_as_text() {
    use serde_json::json;
    let floors = json!({ "property": "floors" });
    for (value, kept) in [
        (json!({ "op": "=", "args": [floors, 5] }), true),
        (json!({ "op": "between", "args": [floors, 1, 4] }), false),
        (json!({ "op": "in", "args": [floors, [1, 5]] }), true),
        (json!({ "op": "isNull", "args": [{ "property": "nothing" }] }), true),
        (json!({ "op": ">", "args": [{ "op": "+", "args": [floors, 1] }, 5] }), true),
        (
            json!({ "op": "like", "args": [
            { "op": "casei", "args": [{ "property": "name" }] },
            { "op": "casei", "args": ["LAKE%"] },
        ] }),
            true,
        ),
        (
            json!({ "op": "and", "args": [
            { "op": "not", "args": [{ "op": "=", "args": [floors, 4] }] },
            { "op": "s_intersects", "args": [
                { "property": "geometry" },
                { "type": "Polygon", "coordinates":
                    [[[109, 36], [110, 36], [110, 37], [109, 37], [109, 36]]] },
            ] },
        ] }),
            true,
        ),
        (
            json!({ "op": "s_within", "args": [
            { "property": "geometry" }, { "bbox": [109, 36, 110, 37] },
        ] }),
            true,
        ),
        (
            json!({ "op": "t_during", "args": [
            { "property": "updated" }, { "interval": ["2026-05-01", ".."] },
        ] }),
            true,
        ),
        (
            json!({ "op": "<", "args": [
            { "property": "updated" }, { "timestamp": "2026-05-06T02:00:01Z" },
        ] }),
            true,
        ),
    ] {
        check_json(&value, kept);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
    for (text, says) in [
        ("", "the end"),
        ("flors = 5", "`floors` is"),
        ("floors = 'five'", "a number cannot be compared with a text"),
        ("floors = NULL", "IS NULL"),
        ("floors", "compare it"),
        ("5", "a value stands"),
        ("floors = 5 floors = 6", "nothing may follow"),
        ("(floors = 5", "expected `)`"),
        ("name = 'open", "never closed"),
        ("now() = 5", "no operator or function"),
        ("floors BETWEEN 1", "expected AND"),
        ("floors NOT = 5", "expected LIKE"),
        ("S_INTERSECTS(geometry)", "operands"),
        ("A_CONTAINS(floors, 1)", "no operator or function"),
        ("floors = 1e999", "expected a number"),
        ("floors LIKE '5%'", "LIKE asks for a text"),
        ("name LIKE city", "the pattern"),
    ] {
        refused(text, says);
    }
    for (text, says) in [
        ("{", "no JSON"),
        ("{}", "expected an operator"),
        (r#"{"op":"="}"#, "operands"),
        (r#"{"op":"=","args":[{"property":"floors"}]}"#, "operands"),
        (r#"{"op":"=","args":[{"property":"x"},1]}"#, "no property"),
        (r#"{"op":"+","args":[1,2]}"#, "a value stands"),
    ] {
        let words = filter(text, Language::Json, WireCrs::Crs84).unwrap_err();
        assert!(words.contains(says), "{text}: {words}");
    }
}

#[test]
fn what_is_too_deep_too_long_or_too_large_is_refused_and_harms_nothing() {
    let deep = 10_000;
    let nested = format!("{}floors = 5{}", "(".repeat(deep), ")".repeat(deep));
    refused(&nested, "nests deeper");
    refused(&"(".repeat(deep), "nests deeper");
    refused(&format!("{}floors = 5", "not ".repeat(deep)), "more than");
    refused(&format!("floors = {}5", "- ".repeat(deep)), "more than");
    refused(&format!("floors = {}", "1+".repeat(deep)), "more than");
    refused(&format!("{}floors = 5", "floors = 5 or ".repeat(deep / 2)), "more than");
    refused(&"casei(".repeat(deep), "nests deeper");
    refused(&" ".repeat(reading_max() + 1), "at most");
    let json = format!("{}1{}", "[".repeat(deep), "]".repeat(deep));
    assert!(filter(&json, Language::Json, WireCrs::Crs84).is_err());
    let json = format!("{}true{}", r#"{"op":"not","args":["#.repeat(50), "]}".repeat(50));
    let words = filter(&json, Language::Json, WireCrs::Crs84).unwrap_err();
    assert!(words.contains("nests deeper"), "{words}");
    // As deep as it may be, and no longer than it takes to read it once.
    check(&format!("{}floors = 5{}", "(".repeat(35), ")".repeat(35)), true);
    refused(&format!("{}floors 5{}", "(".repeat(35), ")".repeat(35)), "expected");
}

#[test]
fn whatever_is_written_is_read_or_refused() {
    let samples = [
        "floors = 5 AND (name LIKE 'Lake%' OR NOT city IN ('x', \"odd name\"))",
        "S_INTERSECTS(geometry, POLYGON((109 36, 110 36, 110 37, 109 37, 109 36)))",
        "T_DURING(updated, INTERVAL('2026-05-06', '..')) or floors ^ 2 div 3 > -1.5e1",
        "CASEI(ACCENTI(city)) = casei('MONTRÉAL') AND updated < DATE('2026-05-06')",
        r#"{"op":"and","args":[{"op":"=","args":[{"property":"floors"},5]},{"op":"s_within","args":[{"property":"geometry"},{"bbox":[109,36,110,37]}]}]}"#,
    ];
    let alphabet: Vec<char> = "()'\"\\,.-+*%^<>=[]{}: aé延5e\u{301}\0".chars().collect();
    let mut state = 1_u64;
    let mut below = |n: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n.max(1)
    };
    let mut understood = 0;
    for _ in 0..20_000 {
        let mut text: Vec<char> = samples[below(samples.len())].chars().collect();
        for _ in 0..below(4) {
            let at = below(text.len());
            match below(4) {
                0 => text.truncate(at),
                1 => text.insert(at, alphabet[below(alphabet.len())]),
                2 => drop(text.drain(at..(at + below(9)).min(text.len()))),
                _ => {
                    let piece: Vec<char> = text[at..(at + below(9)).min(text.len())].to_vec();
                    text.splice(at..at, piece);
                }
            }
        }
        let text: String = text.into_iter().collect();
        for language in [Language::Text, Language::Json] {
            if let Ok(test) = filter(&text, language, WireCrs::Crs84) {
                understood += usize::from(test.keeps(&Lake) || !test.keeps(&Lake));
            }
        }
    }
    assert!(understood > 4_000, "{understood}");
}

fn reading_max() -> usize {
    crate::formats::cql2::reading::BYTES_MAX
}
