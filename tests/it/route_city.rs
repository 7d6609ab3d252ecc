//! `zonewarden route` and `zonewarden locate` over a store with the demonstration city, against the router asked
//! row by row.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use zonewarden::app::seed::changes;
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::id::CategoryCode;
use zonewarden::domain::reports::routing::{Answer, Ask, route};
use zonewarden::domain::sample::Recipe;
use zonewarden::domain::sample::reports::{HEADER, Reports};
use zonewarden::domain::time::Instant;
use zonewarden::geom::crs::Crs;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, Stamp};

use crate::store::places::block_on;
use crate::world::demonstration;

const ROWS: u64 = 3_000;

/// A folder with the demonstration city in the store that commands find by themselves.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let CityState { city, .. } = demonstration();
    block_on(async {
        let place = Place::File(folder.path().join("zonewarden.gpkg"));
        let store = open(&place, Migrate::Apply).await.unwrap();
        let stamp = Stamp { city: city.id, actor: "cli".to_owned(), at: Instant(1) };
        let basis = Basis { atlas_version: Some(0) };
        store.commit(stamp, basis, changes(demonstration())).await.unwrap();
    });
    folder
}

/// A program without the settings of whoever runs the tests.
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ZONEWARDEN_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// The output of a command of ours that must go well.
fn told(folder: &Path, args: &[&str]) -> String {
    let run = command(env!("CARGO_BIN_EXE_zonewarden"), folder).args(args).output().unwrap();
    let Output { status, stdout, stderr } = run;
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What citizens tell, as a table with the columns of [`HEADER`].
fn reports() -> String {
    let mut bytes = HEADER.as_bytes().to_vec();
    Reports::new(&Recipe::default(), ROWS).write(0..ROWS, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

fn rows(table: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(table.as_bytes()).records().map(Result::unwrap).collect()
}

/// The router's answer to a row of [`reports`].
fn expected<'a>(atlas: &'a Atlas, row: &csv::StringRecord) -> Answer<'a> {
    let degrees = |at: usize| row[at].parse::<f64>().unwrap();
    let category = CategoryCode::new(&row[4]).unwrap();
    let ask = Ask {
        position: atlas.enter(degrees(1), degrees(2), Crs::Wgs84).unwrap(),
        accuracy_m: row[3].parse().ok(),
        category: Some(&category),
        at: Instant::parse(&row[5]).unwrap(),
    };
    route(atlas, &ask)
}

/// Holds what is written of a row against the answer: zone, unit, rule, border, next zone, confidence, plan, fault.
fn check(written: [&str; 8], answer: &Answer<'_>) {
    let [zone, unit, rule, border_m, runner_up, confidence, plan, fault] = written;
    let id = |zone: Option<&zonewarden::domain::atlas::zone::Zone>| {
        zone.map_or(String::new(), |zone| zone.id.to_string())
    };
    assert_eq!((zone, unit), (id(answer.zone).as_str(), answer.unit.as_str()), "{written:?}");
    assert_eq!((rule, plan, fault), (answer.fired.code(), "1", ""), "{written:?}");
    assert_eq!(runner_up, id(answer.runner_up.map(|next| next.zone)), "{written:?}");
    let border_m: f64 = border_m.parse().unwrap();
    assert!((border_m - answer.border_m.unwrap()).abs() < 0.006, "{written:?} {answer:?}");
    let confidence: f64 = confidence.parse().unwrap();
    assert!((confidence - answer.confidence).abs() < 6e-5, "{written:?} {answer:?}");
}

#[test]
fn a_table_is_routed_by_the_store_s_zones_rules_and_plan() {
    let folder = folder();
    let table = reports();
    std::fs::write(folder.path().join("reports.csv"), &table).unwrap();
    let asked = ["--accuracy", "accuracy_m", "--category", "category", "--at", "at"];
    let routed = told(folder.path(), &[&["route", "reports.csv"], &asked[..]].concat());
    let atlas = Atlas::build(demonstration()).unwrap();
    let (given, routed) = (rows(&table), rows(&routed));
    assert_eq!(routed.len(), given.len());
    let (mut fired, mut outside) = (BTreeSet::new(), 0);
    for (row, ours) in given.iter().zip(&routed) {
        assert!(row.iter().eq(ours.iter().take(row.len())), "{row:?} {ours:?}");
        let answer = expected(&atlas, row);
        check(std::array::from_fn(|at| &ours[row.len() + at]), &answer);
        outside += usize::from(answer.zone.is_none());
        fired.insert(answer.fired.code().to_owned());
    }
    // Every class of rule decided somewhere, and nothing of this is proven by rows that are all alike.
    for code in [
        "component-owner",
        "line-g210",
        "ring-intersection",
        "category-parking",
        "zone",
        "fallback",
    ] {
        assert!(fired.contains(code), "{code} is not in {fired:?}");
    }
    assert!(outside > 10 && outside < given.len() / 2, "{outside}");
}

#[test]
fn json_lines_are_routed_by_the_store_s_zones_rules_and_plan() {
    let folder = folder();
    let given = rows(&reports());
    let line = |row: &csv::StringRecord| {
        let accuracy = if row[3].is_empty() { "null" } else { &row[3] };
        format!(
            "{{\"id\":\"{}\",\"lon\":{},\"lat\":{},\"m\":{accuracy},\"category\":\"{}\",\"at\":\"{}\"}}\n",
            &row[0], &row[1], &row[2], &row[4], &row[5]
        )
    };
    std::fs::write(
        folder.path().join("reports.ndjson"),
        given.iter().map(line).collect::<String>(),
    )
    .unwrap();
    let asked = ["--accuracy", "m", "--category", "category", "--at", "at"];
    let routed = told(folder.path(), &[&["route", "reports.ndjson"], &asked[..]].concat());
    let atlas = Atlas::build(demonstration()).unwrap();
    assert_eq!(routed.lines().count(), given.len());
    let mut fired = BTreeSet::new();
    for (row, ours) in given.iter().zip(routed.lines()) {
        let ours: Value = serde_json::from_str(ours).unwrap();
        assert_eq!(ours["id"], row[0]);
        let answer = expected(&atlas, row);
        let names =
            ["zone", "unit", "rule", "border_m", "runner_up", "confidence", "plan", "fault"];
        let texts = names.map(|name| match &ours[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        check(std::array::from_fn(|at| texts[at].as_str()), &answer);
        fired.insert(answer.fired.code());
    }
    assert!(fired.len() > 10, "{fired:?}");
}

#[test]
fn a_rule_with_hours_decides_at_noon_and_is_lost_at_night() {
    let folder = folder();
    let facilities = demonstration().facilities;
    let crossing = facilities.iter().find(|it| it.kind == FacilityKind::Intersection).unwrap();
    let at = geo::Centroid::centroid(&crossing.geometry).unwrap();
    let (lon, lat) = (at.x().to_string(), at.y().to_string());
    let ask = |time: &str| -> Value {
        let asked = ["--category", "event.05.parking", "--accuracy", "5", "--json", "--at", time];
        let said = told(folder.path(), &[&["locate", &lon, &lat], &asked[..]].concat());
        serde_json::from_str(&said).unwrap()
    };
    let lost = |answer: &Value, rule: &str| {
        let all = answer["lost"].as_array().unwrap();
        all.iter().find(|it| it["rule"] == rule).map(|it| it["why"].clone())
    };
    // The rule holds from 7 to 20 by the city's clock, in whatever way the time is written.
    for noon in ["2026-05-06T12:00:00+08:00", "2026-05-06T04:00:00Z"] {
        let answer = ask(noon);
        assert_eq!(
            (&answer["rule"], &answer["co"]),
            (&"ring-intersection".into(), &Value::Array(vec![]))
        );
        assert_eq!(lost(&answer, "category-parking"), Some("outranked".into()), "{answer}");
    }
    let night = ask("2026-05-06T23:00:00+08:00");
    assert_eq!(night["rule"], "category-parking", "{night}");
    assert_eq!(lost(&night, "ring-intersection"), Some("window".into()), "{night}");
    // That one stands beside the zone, whose lead is told with it.
    let zones = demonstration().zones;
    let zone = zones.iter().find(|it| night["zone"] == it.id.as_str()).unwrap();
    assert_eq!(night["co"], serde_json::json!([zone.lead.as_str()]), "{night}");
    assert_eq!(night["plan_version"], 1);
}

#[test]
fn a_terminal_is_shown_how_far_it_has_come_and_nobody_else() {
    let folder = folder();
    std::fs::write(folder.path().join("reports.csv"), reports()).unwrap();
    let binary = env!("CARGO_BIN_EXE_zonewarden");
    let on_a_terminal = |more: &str| {
        let line = format!("stty cols 120; '{binary}' route reports.csv -o out.csv{more}");
        let mut script = command("script", folder.path());
        let run = script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").output().ok()?;
        assert!(run.status.success(), "{run:?}");
        Some(String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let Some(said) = on_a_terminal("") else {
        eprintln!("SKIPPED: progress on a terminal (`script` is not installed)");
        return;
    };
    // Bytes of the file's bytes, and what is left; then the summary instead.
    let size = std::fs::metadata(folder.path().join("reports.csv")).unwrap().len();
    assert!(size > 1_024 && said.contains("KiB of ") && said.contains(" left"), "{said:?}");
    assert!(said.rfind("3,000 rows, 3,000 routed") > said.rfind("KiB of "), "{said:?}");
    assert_eq!(rows(&std::fs::read_to_string(folder.path().join("out.csv")).unwrap()).len(), 3_000);
    assert_eq!(on_a_terminal(" --quiet").unwrap().trim(), "");
    let piped =
        command(binary, folder.path()).args(["route", "reports.csv", "-o", "out.csv"]).output();
    let words = String::from_utf8(piped.unwrap().stderr).unwrap();
    assert!(words.contains("3,000 routed") && !words.contains("KiB of "), "{words:?}");
}
