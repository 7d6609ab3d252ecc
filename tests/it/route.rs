//! `zonewarden route` and `zonewarden locate` as a person runs them, with zones from a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use zonewarden::geom::crs::{Crs, convert_geometry};

/// West (1) and east (2) of 109.5; the ids are numbers and a text that a spreadsheet would run.
const ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"precinct":1,"by":"=unit, \"A\""},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]}},
{"type":"Feature","properties":{"precinct":2,"by":"B"},"geometry":{"type":"Polygon","coordinates":
[[[109.5,36.5],[109.6,36.5],[109.6,36.6],[109.5,36.6],[109.5,36.5]]]}}]}"#;

struct Desk {
    folder: TempDir,
    zones: PathBuf,
}

struct Ran {
    ok: bool,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let zones = folder.path().join("precincts.geojson");
        std::fs::write(&zones, ZONES).unwrap();
        Self { folder, zones }
    }

    fn file(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, stdin: &[u8], args: &[&str]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
            .args(args)
            .args(["--zones", self.zones.to_str().unwrap(), "--zone-id", "precinct"])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        // A command that refuses its input does not read it.
        let feeder = std::thread::spawn(move || pipe.write_all(&bytes).is_ok());
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        // Errors are wrapped to the width of the terminal.
        let err = text(stderr).replace('│', " ");
        let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
        Ran { ok: status.success(), out: text(stdout), err }
    }

    fn csv(&self, text: &str, args: &[&str]) -> Ran {
        self.run(text.as_bytes(), &[&["route", "-"], args].concat())
    }
}

/// Routes `text` and compares everything that is written.
fn check(text: &str, expected: &str) {
    let ran = Desk::new().csv(text, &[]);
    assert!(ran.ok, "{}", ran.err);
    assert_eq!(ran.out, expected);
}

const ADDED: &str = "zone,unit,rule,border_m,runner_up,confidence,plan,fault";

#[test]
fn every_byte_of_a_row_stays_and_eight_columns_follow() {
    check(
        "id,lon,lat\n 7 ,109.45,36.55\n\"a,\"\"b\nc\",\"109.5001\",36.55\n",
        &format!(
            "id,lon,lat,{ADDED}\n 7 ,109.45,36.55,1,1,zone,4476.67,2,1.0000,0,\n\
             \"a,\"\"b\nc\",\"109.5001\",36.55,2,2,zone,8.95,1,0.9117,0,\n"
        ),
    );
}

#[test]
fn crlf_a_byte_order_mark_and_a_last_line_without_end_stay_as_they_are() {
    check(
        "\u{feff}LON;LAT\r\n109.45;36.55\r\n\r\n109.39;36.55",
        &format!(
            "\u{feff}LON;LAT;{}\r\n109.45;36.55;1;1;zone;4476.67;2;1.0000;0;\r\n\r\n\
             109.39;36.55;;fallback;fallback;895.33;1;1.0000;0;",
            ADDED.replace(',', ";")
        ),
    );
}

#[test]
fn a_row_that_cannot_be_routed_keeps_its_place_and_says_why() {
    let rows = [
        ("36.55,109.45", "looks swapped"),
        ("0,0", "no position"),
        ("nan,36.5", "not a pair of finite numbers"),
        ("190,36.5", "outside the globe"),
        (",36.5", "longitude or latitude is empty"),
        ("109°,36.5", "longitude `109°` is no number"),
        ("109.45", "row has 1 fields where the header has 2"),
        ("109.45,36.5,9", "row has 3 fields where the header has 2"),
    ];
    let text: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    let ran = Desk::new().csv(&format!("lon,lat\n{}\n109.45,36.55\n", text.join("\n")), &[]);
    assert!(ran.ok, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), rows.len() + 2);
    for ((row, why), line) in rows.iter().zip(&lines[1..]) {
        assert!(line.starts_with(row) && line.contains(why), "{row}: {line}");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.len(), 10.max(row.split(',').count() + 8), "{line}");
        assert!(record[record.len() - 1].starts_with(char::is_alphabetic), "{line}");
    }
    assert!(lines[rows.len() + 1].starts_with("109.45,36.55,1,1,zone,"));
    assert!(
        ran.err.contains("9 rows, 1 routed") && ran.err.contains("8 with a fault"),
        "{}",
        ran.err
    );
}

#[test]
fn a_quote_that_is_never_closed_is_a_fault_of_its_row() {
    let ran = Desk::new().csv("name,lon,lat\na,109.45,36.55\n\"b,109.45,36.55\n", &[]);
    assert!(ran.ok && ran.out.contains("never closed"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("a,109.45,36.55,1,1,zone"));
}

#[test]
fn accuracy_category_and_time_are_read_from_their_columns() {
    let ran = Desk::new().csv(
        "x,y,acc,what,when\n\
         109.5001,36.55,0,,\n\
         109.5001,36.55,100,event.05.parking,2026-05-01T08:00:00+08:00\n\
         109.5001,36.55,-1,,\n109.5001,36.55,,a b,\n109.5001,36.55,,,yesterday\n",
        &["--accuracy", "acc", "--category", "what", "--at", "when"],
    );
    assert!(ran.ok, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().skip(1).collect();
    for (line, part) in lines.iter().zip([
        "1.0000,0,",
        "0.5538,0,",
        "accuracy -1 is no radius",
        "category `a b` is no code",
        "time `yesterday` is no time",
    ]) {
        assert!(line.contains(part), "{line} has no {part}");
    }
}

#[test]
fn positions_of_another_system_are_converted() {
    let route = |crs| Desk::new().csv("lon,lat\n109.5001,36.55\n", &["--crs", crs]).out;
    assert!(route("wgs84").contains(",2,2,zone"));
    assert!(route("GCJ-02").contains(",1,1,zone"), "gcj02 lies 480 m east of wgs84 here");
    let wrong = Desk::new().csv("lon,lat\n", &["--crs", "mercator"]);
    assert!(!wrong.ok && wrong.err.contains("gcj02"), "{}", wrong.err);
}

#[test]
fn a_column_of_our_name_stays_and_ours_is_called_otherwise() {
    let ran = Desk::new().csv("zone,lon,lat\nmine,109.45,36.55\n", &[]);
    assert!(ran.out.starts_with("zone,lon,lat,zw_zone,unit,"), "{}", ran.out);
    assert!(ran.err.contains("ours is called `zw_zone`"), "{}", ran.err);
}

#[test]
fn missing_columns_are_named_with_what_was_perhaps_meant() {
    let ran = Desk::new().csv("longitud,breite\n", &["--lon", "longitude"]);
    assert!(!ran.ok && ran.out.is_empty());
    for part in ["did you mean `longitud`?", "--lat", "longitud, breite"] {
        assert!(ran.err.contains(part), "{part} is not in\n{}", ran.err);
    }
}

#[test]
fn an_empty_input_is_refused_and_a_header_alone_is_not() {
    let ran = Desk::new().csv("", &[]);
    assert!(!ran.ok && ran.err.contains("the input is empty"), "{}", ran.err);
    check("lon,lat", &format!("lon,lat,{ADDED}\n"));
    let ran = Desk::new().run(b"\xff\xfel\0o\0n\0\n\0", &["route", "-"]);
    assert!(!ran.ok && ran.err.contains("UTF-16"), "{}", ran.err);
}

#[test]
fn order_is_kept_over_many_pieces_with_a_huge_field_between() {
    let mut text = "n,lon,lat,words\n".to_owned();
    for n in 0..60_000 {
        let lon = if n % 2 == 0 { "109.45" } else { "109.55" };
        text += &[&n.to_string(), ",", lon, ",36.55,\"a\nb\"\n"].concat();
        if n == 30_000 {
            text += &["huge,109.45,36.55,\"", &"x\n".repeat(1 << 20), "\"\n"].concat();
        }
    }
    let ran = Desk::new().csv(&text, &[]);
    assert!(ran.ok, "{}", ran.err);
    let mut reader = csv::Reader::from_reader(ran.out.as_bytes());
    let mut next = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let zone = &record[4];
        if &record[0] == "huge" {
            assert_eq!((record[3].len(), zone), (2 << 20, "1"));
            continue;
        }
        assert_eq!((record[0].parse(), zone), (Ok(next), if next % 2 == 0 { "1" } else { "2" }));
        next += 1;
    }
    assert_eq!(next, 60_000);
}

#[test]
fn where_nobody_watches_there_is_a_summary_and_no_progress() {
    let desk = Desk::new();
    let rows = "109.45,36.55\n".repeat(200_000);
    let points = desk.file("points.csv", format!("lon,lat\n{rows}").as_bytes());
    let route = |more: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
            .args(["route", points.to_str().unwrap(), "--zone-id", "precinct", "--zones"])
            .arg(&desk.zones)
            .args(more)
            .output()
            .unwrap();
        assert!(ran.status.success());
        String::from_utf8(ran.stderr).unwrap()
    };
    // Neither a line that is written over nor one of what a terminal understands.
    let said = route(&[]);
    assert!(said.contains("200,000 rows, 200,000 routed"), "{said}");
    assert!(!said.contains(['\r', '\u{1b}', '█', '░']), "{said:?}");
    assert_eq!(route(&["--quiet"]), "");
}

#[test]
fn json_lines_keep_their_text_and_a_broken_one_is_answered_in_json() {
    let lines = "{\"lon\": 109.45, \"lat\":\"36.55\",  \"n\":1e400}\n\n{}\r\nnonsense\n\
        {\"type\":\"Feature\",\"properties\":null,\"geometry\":{\"type\":\"Point\",\"coordinates\":[109.55,36.55,3]}}\n\
        {\"zone\":5,\"x\":109.45,\"y\":36.55}";
    let ran = Desk::new().csv(lines, &["--format", "ndjson"]);
    assert!(ran.ok, "{}", ran.err);
    let tail = |zone: &str, border: &str, next: &str| {
        format!(
            "\"unit\":\"{zone}\",\"rule\":\"zone\",\"border_m\":{border},\"runner_up\":\"{next}\",\"confidence\":1.0000,\"plan\":0,\"fault\":null"
        )
    };
    let out: Vec<&str> = ran.out.split('\n').collect();
    let west = tail("1", "4476.67", "2");
    assert_eq!(
        out[0],
        format!("{{\"lon\": 109.45, \"lat\":\"36.55\",  \"n\":1e400,\"zone\":\"1\",{west}}}")
    );
    assert_eq!(out[1], "");
    assert!(
        out[2].starts_with("{\"zone\":null,") && out[2].ends_with("is empty\"}\r"),
        "{}",
        out[2]
    );
    assert!(out[3].starts_with("{\"input\":\"nonsense\",\"zone\":null"), "{}", out[3]);
    assert!(out[4].contains("\"properties\":{\"zone\":\"2\""), "{}", out[4]);
    assert_eq!(out[5], format!("{{\"zone\":5,\"x\":109.45,\"y\":36.55,\"zw_zone\":\"1\",{west}}}"));
    for line in out.iter().filter(|line| !line.contains("1e400") && !line.is_empty()) {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn geojson_is_streamed_and_stays_geojson() {
    let desk = Desk::new();
    let feature = |n: usize| {
        let lon = if n.is_multiple_of(2) { 109.45 } else { 109.55 };
        format!(
            "{{ \"type\":\"Feature\",\"properties\":{{\"n\":{n},\"brace\":\"}}]\\\"\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lon},36.55]}} }}"
        )
    };
    let features: Vec<String> = (0..20_000).map(feature).collect();
    let line = "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}}";
    let text = format!(
        "{{\"name\":\"features\",\"type\":\"FeatureCollection\",\"features\" : [\n{},\n{line}\n],\"more\":[1,{{}}]}}\n",
        features.join(",\n")
    );
    let file = desk.file("points.geojson", text.as_bytes());
    let ran = desk.run(b"", &["route", file.to_str().unwrap()]);
    assert!(ran.ok, "{}", ran.err);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let routed = value["features"].as_array().unwrap();
    assert_eq!((routed.len(), &value["more"][0]), (20_001, &serde_json::json!(1)));
    for (n, feature) in routed[..20_000].iter().enumerate() {
        let properties = &feature["properties"];
        assert_eq!(properties["n"], n);
        assert_eq!(properties["zone"], if n.is_multiple_of(2) { "1" } else { "2" });
    }
    let fault = routed[20_000]["properties"]["fault"].as_str().unwrap();
    assert!(fault.contains("LineString"), "{fault}");

    let cut = desk.file("cut.geojson", &text.as_bytes()[..text.len() / 2]);
    let ran = desk.run(b"", &["route", cut.to_str().unwrap(), "-o", "out.geojson"]);
    assert!(!ran.ok && ran.err.contains("cut short"), "{}", ran.err);
    assert!(!desk.folder.path().join("out.geojson").exists());

    let said = "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"GCJ-02\"}},\"features\":[]}";
    let ran = desk.csv(said, &["--format", "geojson"]);
    assert!(!ran.ok && ran.err.contains("--crs gcj02"), "{}", ran.err);
}

const FEATURE: &str = r#"{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[109.45,36.55]}}"#;

#[test]
fn geojson_that_is_cut_anywhere_is_refused() {
    let desk = Desk::new();
    let whole =
        format!(r#"{{"type":"FeatureCollection","features":[{FEATURE}],"more":{{"of":["it"]}}}}"#);
    let ran = desk.csv(&whole, &["--format", "geojson"]);
    assert!(ran.ok, "{}", ran.err);
    let routed: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(routed["features"][0]["properties"]["zone"], "1");
    for end in 0..whole.len() {
        let ran = desk.csv(&whole[..end], &["--format", "geojson", "--quiet"]);
        assert!(!ran.ok && !ran.err.contains("defect"), "cut at {end}: {}", ran.err);
    }
    let empty = desk.csv(r#"{"type":"FeatureCollection","features":[]}"#, &["--format", "geojson"]);
    assert!(empty.ok && empty.err.contains("0 rows"), "{}", empty.err);
    assert_eq!(empty.out, r#"{"type":"FeatureCollection","features":[]}"#);
    for (tail, why) in [
        (",]}", "no GeoJSON"),
        ("]}}", "no GeoJSON"),
        ("],\"features\":[]}", "duplicate field"),
        ("],}", "no GeoJSON"),
    ] {
        let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{FEATURE}{tail}");
        let ran = desk.csv(&text, &["--format", "geojson"]);
        assert!(!ran.ok && ran.err.contains(why), "{tail}: {}", ran.err);
    }
}

#[test]
fn a_system_that_is_named_behind_the_features_is_held_to() {
    let desk = Desk::new();
    let said = |name: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{FEATURE}],"crs":{{"type":"name","properties":{{"name":"{name}"}}}}}}"#
        )
    };
    let gcj02 = said("GCJ-02");
    let ran = desk.csv(&gcj02, &["--format", "geojson"]);
    assert!(!ran.ok && ran.err.contains("--crs gcj02"), "{}", ran.err);
    let ran = desk.csv(&gcj02, &["--format", "geojson", "--crs", "gcj02"]);
    assert!(ran.ok, "{}", ran.err);
    let ran = desk.csv(&said("urn:ogc:def:crs:OGC:1.3:CRS84"), &["--format", "geojson"]);
    assert!(ran.ok, "{}", ran.err);
    let ran = desk.csv(&said("EPSG:3857"), &["--format", "geojson"]);
    assert!(!ran.ok && ran.err.contains("3857"), "{}", ran.err);
}

/// What lies in the folder besides what the test put there.
fn made(folder: &Path, put: &[&str]) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| !put.contains(&name.as_str())).collect()
}

#[test]
fn the_output_appears_whole_or_not_at_all() {
    let desk = Desk::new();
    let points = desk.file("points.csv", b"lon,lat\n109.45,36.55\n");
    let points = points.to_str().unwrap();
    let put = ["points.csv", "precincts.geojson"];
    let ran = desk.run(b"", &["route", points, "--lon", "east", "-o", "out.csv"]);
    assert!(!ran.ok);
    assert!(made(desk.folder.path(), &put).is_empty());
    let ran = desk.run(b"", &["route", points, "-o", points]);
    assert!(!ran.ok && ran.err.contains("is the input itself"), "{}", ran.err);
    let ran = desk.run(b"", &["route", points, "-o", "out.csv"]);
    assert!(ran.ok && ran.out.is_empty(), "{}", ran.err);
    assert_eq!(made(desk.folder.path(), &put), ["out.csv"]);
    let routed = std::fs::read_to_string(desk.folder.path().join("out.csv")).unwrap();
    assert!(routed.ends_with("109.45,36.55,1,1,zone,4476.67,2,1.0000,0,\n"), "{routed}");
}

#[test]
fn units_are_named_by_their_field_and_are_no_formula() {
    let ran = Desk::new().csv("lon,lat\n109.45,36.55\n", &["--unit-field", "by"]);
    assert!(ran.out.contains(",1,\"'=unit, \"\"A\"\"\",zone,"), "{}{}", ran.out, ran.err);
    let ran = Desk::new().csv("lon,lat\n", &["--unit-field", "bye"]);
    assert!(!ran.ok && ran.err.contains("did you mean `by`?"), "{}", ran.err);
}

#[test]
fn without_store_and_zones_the_help_says_what_to_do() {
    let desk = Desk::new();
    let points = desk.file("points.csv", b"lon,lat\n");
    let output = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
        .args(["route", points.to_str().unwrap(), "--database", "none.gpkg"])
        .current_dir(desk.folder.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && words.contains("--zones"), "{words}");
    assert!(made(desk.folder.path(), &["points.csv", "precincts.geojson"]).is_empty());
}

/// Two squares that overlap by a tenth of a degree, and one that crosses itself.
const DOUBTFUL: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"precinct":"west"},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.6,36.5],[109.6,36.6],[109.4,36.6],[109.4,36.5]]]}},
{"type":"Feature","properties":{"precinct":"east"},"geometry":{"type":"Polygon","coordinates":
[[[109.5,36.5],[109.7,36.5],[109.7,36.6],[109.5,36.6],[109.5,36.5]]]}}]}"#;

#[test]
fn zones_that_overlap_or_cross_themselves_are_told_and_still_answered() {
    let desk = Desk::new();
    std::fs::write(&desk.zones, DOUBTFUL).unwrap();
    let ran = desk.csv("lon,lat\n109.55,36.55\n", &[]);
    assert!(ran.ok && ran.out.contains("109.55,36.55,west,"), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("warning: row 2, zones west and east at 109.5"), "{}", ran.err);
    let ran = desk.run(b"", &["locate", "109.55", "36.55", "--json"]);
    assert!(ran.ok && ran.err.contains("zones west and east"), "{}", ran.err);
    let quiet = desk.csv("lon,lat\n109.55,36.55\n", &["--quiet"]);
    assert_eq!((quiet.ok, quiet.err.as_str()), (true, ""));

    let bow_tie = DOUBTFUL.replace("[109.7,36.6],[109.5,36.6]", "[109.5,36.6],[109.7,36.6]");
    std::fs::write(&desk.zones, bow_tie).unwrap();
    let ran = desk.csv("lon,lat\n109.45,36.55\n", &[]);
    assert!(ran.ok && ran.out.contains("36.55,west,"), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("warning: row 2, east at 109.6, 36.55"), "{}", ran.err);

    // A spike a fifth of a step wide: on the grid it lies upon itself, and covers nothing.
    let spike = "[109.65000003,36.6],[109.65000002,36.61],[109.65000001,36.6],[109.5,36.6]";
    let spiked =
        DOUBTFUL.replace("[109.5,36.6],[109.5,36.5]]]", &format!("{spike},[109.5,36.5]]]"));
    assert_ne!(spiked, DOUBTFUL);
    std::fs::write(&desk.zones, spiked).unwrap();
    let ran = desk.csv("lon,lat\n109.65,36.55\n", &[]);
    assert!(ran.ok && ran.out.contains("36.55,east,"), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("warning: row 2, east at 109.65, 36.6"), "{}", ran.err);

    let nowhere = DOUBTFUL.replace("[109.7,36.6]", "[109.7,96.6]");
    std::fs::write(&desk.zones, nowhere).unwrap();
    let ran = desk.csv("lon,lat\n109.45,36.55\n", &[]);
    assert!(!ran.ok && ran.err.contains("row 2, geometry: position 109.7, 96.6"), "{}", ran.err);
}

#[test]
fn many_doubts_are_counted_and_their_words_are_the_files_own() {
    let desk = Desk::new();
    let feature = |n: u32| {
        let ring = "[[[109.4,36.5],[109.6,36.5],[109.6,36.6],[109.4,36.6],[109.4,36.5]]]";
        format!(
            r#"{{"type":"Feature","properties":{{"precinct":"--crs {n}"}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}"#
        )
    };
    let features: Vec<String> = (0..5).map(feature).collect();
    let file = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(&desk.zones, file).unwrap();
    let ran = desk.csv("lon,lat\n109.45,36.55\n", &[]);
    assert!(ran.ok && ran.err.contains("zones --crs 0 and --crs 1 at"), "{}", ran.err);
    assert!(ran.err.contains("and 5 more 1 rows"), "{}", ran.err);
}

/// The zones as every format holds them; a CSV does not say its system.
fn layers() -> Vec<(&'static str, Vec<u8>)> {
    let layer = zonewarden::formats::geojson::read(ZONES.as_bytes()).layer;
    let shifted = |crs| {
        let mut layer = layer.clone();
        layer.crs = Some(crs);
        for feature in &mut layer.features {
            let geometry = feature.geometry.take().unwrap();
            feature.geometry = Some(convert_geometry(&geometry, Crs::Wgs84, crs));
        }
        layer
    };
    let csv = "precinct,by,wkt\n1,A,\"POLYGON((109.4 36.5,109.5 36.5,109.5 36.6,109.4 36.6,109.4 \
               36.5))\"\n2,B,\"POLYGON((109.5 36.5,109.6 36.5,109.6 36.6,109.5 36.6,109.5 36.5))\"\n";
    vec![
        ("zones.gpkg", zonewarden::store::sqlite_exchange::write(&layer).unwrap()),
        ("zones.zip", zonewarden::formats::shapefile::write(&layer).unwrap()),
        ("zones.csv", csv.as_bytes().to_vec()),
        ("gcj02.gpkg", zonewarden::store::sqlite_exchange::write(&shifted(Crs::Gcj02)).unwrap()),
        ("gcj02.csv", zonewarden::formats::csv::write(&shifted(Crs::Gcj02))),
    ]
}

#[test]
fn zones_are_read_from_every_format_in_the_system_that_the_file_says() {
    // 40 m east of the border: in GCJ-02 the same numbers lie on its other side.
    let points = "lon,lat\n109.4505,36.55\n109.5005,36.55\n";
    let expected = Desk::new().csv(points, &[]).out;
    assert!(expected.contains("109.4505,36.55,1,") && expected.contains("109.5005,36.55,2,"));
    for (name, bytes) in layers() {
        let mut desk = Desk::new();
        desk.zones = desk.file(name, &bytes);
        let crs: &[&str] = if name == "zones.csv" { &["--zones-crs", "wgs84"] } else { &[] };
        let ran = desk.csv(points, crs);
        assert!(ran.ok, "{name}: {}", ran.err);
        let zones = |out: &str| -> Vec<String> {
            out.lines().map(|line| line.split(',').nth(2).unwrap().to_owned()).collect()
        };
        assert_eq!(zones(&ran.out), zones(&expected), "{name}");
        if name == "zones.csv" {
            let ran = desk.csv(points, &[]);
            assert!(!ran.ok && ran.err.contains("state it (--zones-crs): wgs84"), "{}", ran.err);
        }
    }
}
