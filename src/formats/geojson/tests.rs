use geo_types::{Geometry, point};
use serde_json::json;

use super::{read, write};
use crate::formats::layer::{Feature, Layer, Reading};
use crate::geom::crs::Crs;

const SQUARE: &str = "[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]";

fn collection(features: &str) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}")
}

fn feature(kind: &str, coordinates: &str) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}}}"
    )
}

fn one(kind: &str, coordinates: &str) -> Reading {
    read(collection(&feature(kind, coordinates)).as_bytes())
}

/// The findings as `row place: fault`, errors with a `!`.
fn found(reading: &Reading) -> Vec<String> {
    let line = |f: &crate::formats::layer::Finding| {
        format!("{}{} {}: {}", if f.warning { "" } else { "!" }, f.row, f.place, f.fault)
    };
    reading.findings.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let found = found(&read(text.as_bytes()));
    assert!(found.iter().any(|line| line.contains(expected)), "{found:#?}\nlacks {expected}");
}

fn sample() -> Layer {
    let fields = [("name".to_owned(), json!("枣园 \"one\"")), ("n".to_owned(), json!(3))];
    let mut features = Vec::new();
    for (kind, coordinates) in [
        ("Point", "[109.4843391,36.5]"),
        ("MultiPoint", "[[109.1,36.5],[-0.0000001,-36.5]]"),
        ("LineString", "[[109.1,36.5],[110,37]]"),
        ("MultiLineString", "[[[109.1,36.5],[110,37]],[[1,2],[3,4]]]"),
        ("Polygon", SQUARE),
        ("MultiPolygon", &format!("[{SQUARE}]")),
    ] {
        let mut read = one(kind, coordinates).layer.features.remove(0);
        read.row = features.len() + 1;
        read.id = Some(kind.to_owned());
        read.fields = fields.clone().into_iter().collect();
        features.push(read);
    }
    features.push(Feature { row: features.len() + 1, ..Feature::default() });
    Layer { name: "样例".to_owned(), crs: None, features }
}

#[test]
fn what_is_written_is_read_back_and_writes_the_same_bytes() {
    for crs in [None, Some(Crs::Cgcs2000), Some(Crs::Gcj02), Some(Crs::Bd09)] {
        let layer = Layer { crs, ..sample() };
        let bytes = write(&layer);
        let back = read(&bytes);
        assert_eq!(back.findings, vec![]);
        assert_eq!(back.layer, layer);
        assert_eq!(write(&back.layer), bytes);
    }
    let text = String::from_utf8(write(&sample())).unwrap();
    assert!(text.contains("[109.4843391,36.5]") && text.contains("[-0.0000001,-36.5]"), "{text}");
    assert_eq!(text.lines().count(), 3 + sample().features.len() + 1);
}

#[test]
fn a_file_cut_at_any_byte_is_refused_with_words() {
    let bytes = write(&sample());
    for cut in 0..bytes.len() - 2 {
        let reading = read(&bytes[..cut]);
        assert!(reading.refused(), "cut at {cut}: {reading:?}");
    }
}

#[test]
fn no_changed_byte_makes_the_reader_panic() {
    let bytes = write(&sample());
    for at in 0..bytes.len() {
        for value in [0u8, b'"', b'[', b']', b'{', b'9', b'-', b'\\', 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let _ = read(&changed);
        }
    }
}

#[test]
fn what_is_no_geojson_is_told_apart() {
    check("", "the file is empty");
    check(" \n", "the file is empty");
    check("hello", "this is no JSON");
    check("{}", "not GeoJSON");
    check("{\"type\":\"Topology\"}", "TopoJSON");
    check("{\"type\":7}", "not GeoJSON");
    check("{\"type\":\"FeatureCollection\"}", "`features` is missing");
    check("{\"type\":\"FeatureCollection\",\"features\":{}}", "expected an array");
    check(&collection("3"), "!1 feature: is no GeoJSON feature");
    check(&collection("{\"type\":\"Point\"}"), "!1 type: the type is \"Point\"");
    check(&collection("{\"type\":\"Feature\",\"geometry\":[],\"properties\":{}}"), "is no object");
    check(
        &collection("{\"type\":\"Feature\",\"geometry\":null,\"properties\":[]}"),
        "!1 properties:",
    );
    check("{\"type\":\"Feature\",\"type\":\"Feature\"}", "`type` stands here twice");
    check(&(collection("") + "{}"), "something follows");
    check(&collection(&feature("Point", "[NaN,1]")), "NaN");
    check(&collection(&feature("Point", "[1,-Infinity]")), "NaN or Infinity");
    assert!(found(&read(b"\xff\xfe{\0"))[0].contains("UTF-16"));
    assert!(
        found(&read(b"{\"type\":\"\xd6\xd0\"}"))[0].contains("!0 byte 9: the text is not UTF-8")
    );
}

#[test]
fn every_fault_of_a_geometry_has_its_place() {
    check(&collection(&feature("Point", "[1]")), "!1 coordinates: the position has 1 numbers");
    check(&collection(&feature("Point", "[1,null]")), "`null` stands where a number should");
    check(&collection(&feature("Point", "[1,1e999]")), "too large a number");
    check(&collection(&feature("Point", "{\"x\":1}")), "the coordinates are not a position");
    check(&collection(&feature("LineString", "[[1,2]]")), "a line has one position");
    check(
        &collection(&feature("LineString", "[[1,2],[3,\"x\"]]")),
        "!1 coordinates[1]: the text \"x\"",
    );
    check(
        &collection(&feature("Polygon", "[[[1,2],[3,4],[5,6]]]")),
        "!1 coordinates[0]: the ring has 3",
    );
    check(&collection(&feature("Polygon", "[[[1,2],[3,4],[5,6],[7,8]]]")), "not closed");
    check(
        &collection(&feature("Polygon", "[[1,2],[3,4],[5,6],[1,2]]")),
        "a list should stand here",
    );
    check(&collection(&feature("Polygon", &format!("[{SQUARE}]"))), "a list stands where a number");
    check(&collection(&feature("Circle", "[1,2]")), "`Circle` is no geometry type");
    check(&collection(&feature("GeometryCollection", "[]")), "`geometries` is missing");
    let both = format!("{},{}", feature("Point", "[1]"), feature("Point", "[null,2]"));
    assert_eq!(read(collection(&both).as_bytes()).findings.len(), 2);
}

/// A feature of a collection of these geometries.
fn gathered(parts: &str) -> String {
    let shape = format!("{{\"type\":\"GeometryCollection\",\"geometries\":[{parts}]}}");
    collection(&format!("{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{shape}}}"))
}

#[test]
fn a_collection_is_read_with_the_place_of_every_fault_and_written_the_same() {
    let point = r#"{"type":"Point","coordinates":[109.4,36.5]}"#;
    let inner = format!("{{\"type\":\"GeometryCollection\",\"geometries\":[{point}]}}");
    let text = gathered(&format!("{point},{inner},{{\"type\":\"Polygon\",\"coordinates\":[]}}"));
    let reading = read(text.as_bytes());
    assert_eq!(found(&reading), ["1 geometries[2].coordinates: the geometry is empty"]);
    let Some(Geometry::GeometryCollection(parts)) = &reading.layer.features[0].geometry else {
        panic!("{reading:?}");
    };
    assert_eq!(parts.0.len(), 2);
    let back = read(&write(&reading.layer));
    assert_eq!((back.findings.len(), &back.layer.features), (0, &reading.layer.features));
    let bad = format!("{point},{inner},{}", inner.replace("36.5", "null"));
    check(&gathered(&bad), "!1 geometries[2].geometries[0].coordinates: `null` stands");
    check(&gathered("7"), "!1 geometries[0].geometry: is no object");
    check(&gathered(""), "1 geometries: the collection is empty");
    let deep = |n: usize| {
        let open = "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(n);
        gathered(&format!("{open}{point}{}", "]}".repeat(n)))
    };
    assert!(!read(deep(7).as_bytes()).refused());
    check(&deep(8), "nested deeper than 8 (limit DEPTH_MAX)");
    check(&deep(50_000), "nested deeper than 8 (limit DEPTH_MAX)");
}

#[test]
fn traps_that_can_mean_one_thing_only_are_read_with_a_warning() {
    let reading = one("Point", "[\"109.484\",\"36.585\"]");
    assert!(!reading.refused());
    assert_eq!(found(&reading), ["1 coordinates: 2 coordinates stand in quotes, this the first"]);
    let at = Some(Geometry::from(point!(x: 109.484, y: 36.585)));
    assert_eq!(reading.layer.features[0].geometry, at);
    let bare = read(format!("[{}]", feature("Point", "[109.484,36.585,980]")).as_bytes());
    assert!(!bare.refused());
    assert_eq!(bare.findings.len(), 2, "{:?}", bare.findings);
    assert_eq!(bare.layer.features[0].geometry, at);
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(collection(&feature("Point", "[109.484,36.585]")).bytes());
    let marked = read(&marked);
    assert!(!marked.refused() && marked.findings.len() == 1);
    assert!(one("Point", "[]").refused());
    assert!(one("Point", "[\"nan\",\"inf\"]").refused());
    assert!(!one("Polygon", "[]").refused());
}

#[test]
fn a_coordinate_system_in_the_file_is_obeyed_or_refused() {
    let with = |crs: &str| {
        read(format!("{{\"type\":\"FeatureCollection\",\"crs\":{crs},\"features\":[]}}").as_bytes())
    };
    let name =
        |n: &str| with(&format!("{{\"type\":\"name\",\"properties\":{{\"name\":\"{n}\"}}}}"));
    assert_eq!(name("urn:ogc:def:crs:OGC:1.3:CRS84").layer.crs, Some(Crs::Wgs84));
    assert_eq!(name("EPSG:4490").layer.crs, Some(Crs::Cgcs2000));
    assert!(found(&name("EPSG:4236"))[0].contains("`EPSG:4236`, which is not read"));
    assert!(with("null").refused() && with("{\"type\":\"link\"}").refused());
    assert_eq!(
        with("{\"type\":\"EPSG\",\"properties\":{\"code\":4326}}").layer.crs,
        Some(Crs::Wgs84)
    );
}

#[test]
fn deep_nesting_and_doubled_properties_are_refused() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(one("Polygon", &deep).refused());
    let property = |p: &str| {
        read(
            collection(&format!("{{\"type\":\"Feature\",\"geometry\":null,\"properties\":{p}}}"))
                .as_bytes(),
        )
    };
    assert!(property(&format!("{{\"a\":{deep}}}")).refused());
    assert!(property("{\"a\":1,\"a\":2}").refused());
    assert!(property("{\"a\":{\"b\":1,\"b\":2}}").refused());
    assert!(property("{\"a\":1e999}").refused());
    assert!(!property("null").refused());
    let many: Vec<String> = (0..1_001).map(|i| format!("\"k{i}\":1")).collect();
    assert!(found(&property(&format!("{{{}}}", many.join(","))))[0].contains("FIELDS_MAX"));
}
