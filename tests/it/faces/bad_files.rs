//! Bad files at every door that takes one: each is refused with every finding, nothing is written, and the
//! service answers as before.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;
use zonewarden::app::transfer::export::layer;
use zonewarden::app::transfer::{Format, Kind, file};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::id::UnitId;
use zonewarden::geom::crs::Crs;
use zonewarden::http::limits::Limits;

use crate::client::{Answer, request};
use crate::world::{CENTRE, World, demonstration};

/// Largest body of these tests.
const BODY_BYTES_MAX: usize = 4 << 20;

/// What is wrong with a file, the file, and words that the answer must hold.
type Bad = (&'static str, Vec<u8>, &'static str);

struct Doors {
    world: World,
    key: String,
}

impl Doors {
    async fn new() -> Self {
        let limits = Limits { body_bytes_max: BODY_BYTES_MAX, ..Limits::default() };
        let world = World::with(limits).await;
        let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
        Self { world, key }
    }

    async fn send(&self, method: Method, path: &str, media: &str, file: &[u8]) -> Answer {
        let mut asked = request(method, path, Some(&self.key), Body::from(file.to_vec()));
        asked.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
        self.world.client.ask(asked).await
    }

    /// The file is refused, really and as a dry run.
    async fn refuses(&self, (method, path, media): (Method, &str, &str), bad: &Bad) {
        let (what, file, words) = bad;
        let answer = self.send(method.clone(), path, media, file).await;
        let told = format!("{path} {what}: {} {:.2000}", answer.status, answer.text());
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(!answer.places().is_empty() && answer.text().contains(words), "{told}");
        let dry = self.send(method, &format!("{path}&dry_run=true"), media, file).await;
        if dry.status == StatusCode::OK {
            let dry = dry.json();
            assert_eq!((&dry["refused"], &dry["draft"]), (&json!(true), &Value::Null), "{told}");
        } else {
            assert_eq!(dry.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        }
        self.unchanged(&told).await;
    }

    /// Nothing was written, and questions are answered.
    async fn unchanged(&self, told: &str) {
        let (lon, lat) = CENTRE;
        let path = format!("/api/v1/locate?lon={lon}&lat={lat}");
        let answer = self.world.client.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{told}");
        let head = self.world.app.store().head(&self.world.city).await.unwrap().unwrap();
        let drafts = self.world.app.store().drafts_open(&self.world.city).await.unwrap();
        assert_eq!((head.atlas_version, drafts), (1, 0), "{told}");
    }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// A zone's feature: a code, the ring's corners as text.
fn zone(id: &str, ring: &str) -> String {
    let lead = demonstration().units[0].id.to_string();
    format!(
        r#"{{"type":"Feature","properties":{{"id":"{id}","lead":"{lead}","name":"N"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
    )
}

fn collection(features: &str) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
}

const WEST: &str = "[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]";
const ACROSS: &str = "[[109.45,36.5],[109.6,36.5],[109.6,36.6],[109.45,36.6],[109.45,36.5]]";
const BOW_TIE: &str = "[[109.6,36.5],[109.7,36.6],[109.7,36.5],[109.6,36.7],[109.6,36.5]]";

/// What is bad of any GeoJSON; `good` is one that would be taken.
fn bad_texts(good: &str) -> Vec<Bad> {
    let named = |name: &[u8]| {
        let at = good.find("\"N\"").unwrap() + 1;
        [&good.as_bytes()[..at], name, &good.as_bytes()[at + 1..]].concat()
    };
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(r#""name":{open}{close}"#);
    let unread = collection("").replace(
        "\"features\"",
        r#""crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features""#,
    );
    vec![
        ("an empty file", Vec::new(), "the file is empty"),
        ("blanks", bytes(" \n"), "the file is empty"),
        ("half of a file", bytes(&good[..good.len() / 2]), "ends too early"),
        ("no JSON", bytes("hello"), "this is no JSON"),
        ("a number", bytes("7"), "invalid type"),
        ("another object", bytes("{}"), "not GeoJSON"),
        ("no list", bytes(r#"{"type":"FeatureCollection","features":{}}"#), "expected an array"),
        ("no features in it", bytes(&collection("7,null,[]")), "is no GeoJSON feature"),
        ("deep lists", bytes(&format!("{open}{close}")), "feature"),
        ("deep properties", bytes(&good.replacen(r#""name":"N""#, &nested, 1)), "recursion limit"),
        ("UTF-16", utf16(good), "the text is UTF-16"),
        ("GBK", named(b"\xd4\xe6\xd4\xb0"), "not UTF-8"),
        ("broken UTF-8", named(b"\xe6\x9e"), "not UTF-8"),
        ("another system", bytes(&unread), "EPSG:3857"),
        ("a database", b"SQLite format 3\0".to_vec(), "this is no JSON"),
    ]
}

#[tokio::test]
async fn bad_geojson_becomes_no_draft() {
    let doors = Doors::new().await;
    let door =
        (Method::POST, "/api/v1/drafts/import?name=x&format=geojson", "application/geo+json");
    let good = collection(&zone("a", WEST));
    let one = |ring: &str| bytes(&collection(&zone("a", ring)));
    let two = |a: (&str, &str), b: (&str, &str)| {
        bytes(&collection(&format!("{},{}", zone(a.0, a.1), zone(b.0, b.1))))
    };
    let shape = |shape: &str| {
        bytes(&good.replacen(&format!(r#"{{"type":"Polygon","coordinates":[{WEST}]}}"#), shape, 1))
    };
    let mixed = r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[109.4,36.5]},{"type":"LineString","coordinates":[[109.4,36.5],[109.5,36.6]]}]}"#;
    let deep = format!("{}[109.4,36.5]{}", "[".repeat(50_000), "]".repeat(50_000));
    let mut all = bad_texts(&good);
    all.extend([
        ("no zone", bytes(&collection("")), "there is no zone in it"),
        ("not a number", one(&WEST.replacen("109.4", "NaN", 1)), "NaN or Infinity"),
        ("an infinity", one(&WEST.replacen("109.4", "-Infinity", 1)), "NaN or Infinity"),
        ("a huge number", one(&WEST.replacen("109.4", "1e999", 1)), "too large a number"),
        ("a word", one(&WEST.replacen("109.4", "\"east\"", 1)), "stands where a number should"),
        (
            "swapped axes",
            one("[[36.5,109.4],[36.5,109.5],[36.6,109.5],[36.5,109.4]]"),
            "looks swapped",
        ),
        (
            "metres",
            one("[[500000,4000000],[500100,4000000],[500100,4000100],[500000,4000000]]"),
            "outside the globe",
        ),
        ("deep coordinates", one(&deep), "a list stands where"),
        (
            "an open ring",
            one("[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6]]"),
            "not closed",
        ),
        ("a ring of three", one("[[109.4,36.5],[109.5,36.5],[109.4,36.5]]"), "the ring has 3"),
        ("the same code twice", two(("a", WEST), ("a", ACROSS)), "stands in row 1 already"),
        ("zones over each other", two(("a", WEST), ("b", ACROSS)), "over each other"),
        ("no code", bytes(&good.replace("\"id\":\"a\"", "\"id\":\"a b\"")), "`a b` is no code"),
        ("nobody's zone", bytes(&good.replace("\"lead\"", "\"leed\"")), "no unit leads the zone"),
        ("a point", shape(r#"{"type":"Point","coordinates":[109.4,36.5]}"#), "is no area"),
        ("a mixed collection", shape(mixed), "no one shape"),
        ("no shape", shape("null"), "is missing"),
    ]);
    for bad in &all {
        doors.refuses(door.clone(), bad).await;
    }
    // The good file, so that the bad ones are refused for what is bad in them.
    let made = doors.send(door.0, door.1, door.2, good.as_bytes()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
}

#[tokio::test]
async fn bad_files_of_the_other_formats_become_no_draft() {
    let doors = Doors::new().await;
    let zones = layer(&demonstration(), Kind::Zones, Crs::Wgs84);
    let written = |format| file::write(&zones, format).unwrap();
    let (package, archive) = (written(Format::GeoPackage), written(Format::Shapefile));
    let mut hollow = package.clone();
    hollow[100..].fill(0);
    let mut other = ZipWriter::new(Cursor::new(Vec::new()));
    other.start_file("readme.txt", SimpleFileOptions::default()).unwrap();
    let other = other.finish().unwrap().into_inner();
    let wkt =
        |cell: &str| bytes(&format!("id,lead,wkt\na,{},\"{cell}\"\n", demonstration().units[0].id));
    let square = "POLYGON((109.4 36.5,109.5 36.5,109.5 36.6,109.4 36.5))";
    let tables: Vec<Bad> = vec![
        ("an empty file", Vec::new(), "the file is empty"),
        ("a header alone", bytes("id,lead,wkt\n"), "there is no zone in it"),
        ("numbers alone", bytes("1,2,3\n4,5,6\n"), "names no columns"),
        ("no system", wkt(square), "nothing says in which coordinate system"),
        ("another system", wkt(&format!("SRID=3857;{square}")), "EPSG:3857"),
        (
            "not a number",
            wkt("SRID=4326;POLYGON((109.4 36.5,NaN 36.5,109.5 36.6,109.4 36.5))"),
            "not a pair of finite numbers",
        ),
        (
            "an infinity",
            wkt("SRID=4326;POLYGON((109.4 36.5,inf 36.5,109.5 36.6,109.4 36.5))"),
            "not a pair of finite numbers",
        ),
        (
            "swapped axes",
            wkt("SRID=4326;POLYGON((36.5 109.4,36.5 109.5,36.6 109.5,36.5 109.4))"),
            "looks swapped",
        ),
        ("no text of a shape", wkt("SRID=4326;CIRCLE(1 2)"), "no geometry begins here"),
        ("deep collections", wkt(&"GEOMETRYCOLLECTION(".repeat(10_000)), "nest deeper"),
        ("a ragged row", bytes("id,lead,wkt\na,b\n"), "the line has 2 cells, the header 3"),
        ("the same column twice", bytes("id,id,wkt\na,b,\n"), "stands here twice"),
        ("UTF-16", utf16("id,lead,wkt\n"), "the text is UTF-16"),
        ("GBK", b"id,lead,name\na,b,\xd4\xe6\xd4\xb0\n".to_vec(), "not UTF-8"),
    ];
    let packages: Vec<Bad> = vec![
        ("an empty file", Vec::new(), "the file is no GeoPackage"),
        ("its first bytes", package[..100].to_vec(), "cut short"),
        ("half of a file", package[..package.len() / 2].to_vec(), "cut short"),
        ("an archive", archive.clone(), "the file is no GeoPackage"),
        ("a database of nothing", hollow, "no whole GeoPackage"),
    ];
    let archives: Vec<Bad> = vec![
        ("an empty file", Vec::new(), "no whole zip archive"),
        ("half of a file", archive[..archive.len() / 2].to_vec(), "no whole zip archive"),
        ("a database", package, "no whole zip archive"),
        ("an archive of something else", other, "there is no .shp"),
    ];
    for (format, files) in [("csv", tables), ("gpkg", packages), ("shapefile", archives)] {
        let path = format!("/api/v1/drafts/import?name=x&format={format}");
        for bad in &files {
            doors.refuses((Method::POST, path.as_str(), "application/octet-stream"), bad).await;
        }
    }
}

#[tokio::test]
async fn bad_tables_of_blocks_become_no_draft() {
    let doors = Doors::new().await;
    let city = demonstration();
    let block = city.facilities.iter().find(|it| it.kind == FacilityKind::Block).unwrap();
    let table = |rows: &str| bytes(&format!("block,zone\n{rows}"));
    let (block, zone) = (block.id.as_str(), city.zones[0].id.as_str());
    let files: Vec<Bad> = vec![
        ("an empty file", Vec::new(), "the file is empty"),
        ("a header alone", table(""), "there is no row in it"),
        ("other columns", bytes(&format!("plot,area\n{block},{zone}\n")), "is missing"),
        ("no block of ours", table(&format!("nowhere,{zone}\n")), "the city has no block nowhere"),
        (
            "the same block twice",
            table(&format!("{block},{zone}\n{block},{zone}\n")),
            "stands in row 2 already",
        ),
        ("no code of a zone", table(&format!("{block},a b\n")), "`a b` is no code"),
        (
            "a new zone that nobody leads",
            table(&format!("{block},new\n")),
            "nothing says who leads it",
        ),
        ("a ragged row", table(&format!("{block}\n")), "the line has 1 cells, the header 2"),
        ("UTF-16", utf16("block,zone\n"), "the text is UTF-16"),
        ("GBK", b"\xbd\xd6\xc7\xf8,zone\na,b\n".to_vec(), "not UTF-8"),
    ];
    for bad in &files {
        doors
            .refuses((Method::POST, "/api/v1/drafts/import?name=x&format=blocks", "text/csv"), bad)
            .await;
    }
}

#[tokio::test]
async fn bad_rules_are_not_set() {
    let doors = Doors::new().await;
    let door = (Method::PUT, "/api/v1/rules?merge=true", "application/geo+json");
    let unit = demonstration().units[0].id.to_string();
    let rule = |more: &str, shape: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"r","reach":"area","unit":"{unit}","name":"N"{more}}},"geometry":{shape}}}"#
        )
    };
    let area = |ring: &str| format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
    let one = |more: &str, shape: &str| bytes(&collection(&rule(more, shape)));
    let good = collection(&rule("", &area(WEST)));
    let mut all = bad_texts(&good);
    all.extend([
        ("not a number", one("", &area(&WEST.replacen("109.4", "NaN", 1))), "NaN or Infinity"),
        (
            "a huge number",
            one("", &area(&WEST.replacen("109.4", "1e999", 1))),
            "too large a number",
        ),
        (
            "swapped axes",
            one("", &area("[[36.5,109.4],[36.5,109.5],[36.6,109.5],[36.5,109.4]]")),
            "looks swapped",
        ),
        ("a bow tie", one("", &area(BOW_TIE)), "part 1, ring 0"),
        (
            "a line for an area",
            one("", r#"{"type":"LineString","coordinates":[[109.4,36.5],[109.5,36.6]]}"#),
            "there is no area",
        ),
        ("no shape", one("", "null"), "there is no area"),
        ("another column", one(r#","recah":"x""#, &area(WEST)), "is no column of a rule"),
        ("no window", one(r#","window":"always""#, &area(WEST)), "is no window"),
        ("no mode", one(r#","mode":"perhaps""#, &area(WEST)), "is no mode"),
        ("no unit of ours", bytes(&good.replace(&unit, "nobody")), "there is no unit nobody"),
        (
            "the same code twice",
            bytes(&collection(&format!("{0},{0}", rule("", &area(WEST))))),
            "stands in row 1 already",
        ),
    ]);
    for bad in &all {
        doors.refuses(door.clone(), bad).await;
    }
    let none = doors
        .send(Method::PUT, "/api/v1/rules?merge=false", door.2, collection("").as_bytes())
        .await;
    assert_eq!(none.places(), ["features"], "{}", none.text());
    doors.unchanged("a collection of no rule").await;
    let looked =
        doors.send(door.0, "/api/v1/rules?merge=true&dry_run=true", door.2, good.as_bytes()).await;
    assert_eq!(
        (looked.status, looked.json()["added"].as_i64()),
        (StatusCode::OK, Some(1)),
        "{}",
        looked.text()
    );
}

#[tokio::test]
async fn a_file_of_as_many_bytes_as_a_body_may_have_is_read_and_one_more_is_too_many() {
    let doors = Doors::new().await;
    let path = "/api/v1/drafts/import?name=x&format=geojson";
    for (length, status) in [
        (BODY_BYTES_MAX, StatusCode::UNPROCESSABLE_ENTITY),
        (BODY_BYTES_MAX + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer =
            doors.send(Method::POST, path, "application/geo+json", &vec![b' '; length]).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        doors.unchanged("a large body").await;
    }
    let answer = doors.send(Method::POST, path, "application/pdf", b"%PDF").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
