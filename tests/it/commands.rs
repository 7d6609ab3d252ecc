//! Commands as a shell runs them: outputs that nobody reads, full disks, signals, refusals.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use zonewarden::app::clock::Clock;
use zonewarden::http::limits::Limits;
use zonewarden::store::open::{Migrate, Place, open};

use crate::world::World;

const ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]}}]}"#;
const BOW_TIE: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":
[[[109.6,36.5],[109.7,36.6],[109.7,36.5],[109.6,36.7],[109.6,36.5]]]}}]}"#;

pub(crate) fn zonewarden(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zonewarden"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

pub(crate) fn ran(folder: &Path, args: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = zonewarden(folder, args).output().unwrap();
    let all = [stdout, stderr].concat();
    (
        status.success(),
        String::from_utf8_lossy(&all).split_whitespace().collect::<Vec<_>>().join(" "),
    )
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const IMPORT: [&str; 8] =
    ["import", "zones", "zones.geojson", "--city", "yanan", "--lead", "police", "--make-units"];

/// A folder with a store of one city, and its zones and a point as files.
pub(crate) fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zones.geojson"), ZONES).unwrap();
    std::fs::write(folder.path().join("points.csv"), "lon,lat\n109.45,36.55\n").unwrap();
    let (ok, said) = ran(folder.path(), &IMPORT);
    assert!(ok, "{said}");
    folder
}

/// Every command that answers on standard output.
const ANSWERS: [&[&str]; 10] = [
    &["openapi"],
    &["serve", "--print-config"],
    &["locate", "109.45", "36.55"],
    &["locate", "109.45", "36.55", "--zones", "zones.geojson", "--json"],
    &["route", "points.csv", "--quiet"],
    &["export", "zones"],
    &["plan", "list"],
    &["key", "issue", "admin"],
    &["import", "zones", "zones.geojson", "--lead", "police", "--dry-run"],
    &["migrate"],
];

#[test]
fn a_command_whose_reader_went_away_ends_without_a_word() {
    let desk = desk();
    for args in ANSWERS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran =
            zonewarden(desk.path(), args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!((ran.status.code(), &*said), (Some(141), ""), "{args:?}");
    }
}

#[test]
fn a_command_that_cannot_write_its_answer_fails_and_says_why() {
    let desk = desk();
    for args in ANSWERS {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran =
            zonewarden(desk.path(), args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("No space left"), "{args:?}: {said}");
    }
}

/// A route at work in the folder: its input does not end, and its draft is there.
fn at_work(folder: &Path, mut command: Command) -> Child {
    let mut child = command
        .arg(env!("CARGO_BIN_EXE_zonewarden"))
        .args(["route", "-", "-o", "out.csv"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !names(folder).iter().any(|name| name.contains("out.csv")) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_route_that_is_interrupted_leaves_no_half_file() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let desk = desk();
        let before = names(desk.path());
        // Whoever runs the tests may ignore the signals.
        let mut command = Command::new("env");
        command.arg("--default-signal=INT,TERM,HUP");
        let mut child = at_work(desk.path(), command);
        send(signal, &child);
        // `wait` would end its input.
        let ended = loop {
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(ended.code(), Some(status), "{signal}");
        assert_eq!(names(desk.path()), before, "{signal}");
    }
}

#[test]
fn a_signal_that_a_route_was_started_to_ignore_stays_ignored() {
    let desk = desk();
    let mut command = Command::new("env");
    command.arg("--ignore-signal=HUP");
    let mut child = at_work(desk.path(), command);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    assert_eq!(ignored & 1, 1, "the hangup, signal 1, is watched: {ignored:x}");
    send("HUP", &child);
    child.stdin.take().unwrap().write_all(b"lon,lat\n109.45,36.55\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(names(desk.path()).iter().any(|name| name == "out.csv"));
}

#[test]
fn the_settings_of_a_city_go_out_and_in() {
    let desk = desk();
    let (ok, said) = ran(desk.path(), &["export", "city", "-o", "city.json"]);
    assert!(ok, "{said}");
    let (ok, said) = ran(desk.path(), &["import", "city", "city.json"]);
    assert!(ok && said.contains("settings of yanan are the same"), "{said}");
    let args = ["import", "city", "--name-en", "Yan'an", "--time-zone", "Asia/Urumqi"];
    let (ok, said) = ran(desk.path(), &args);
    assert!(ok && said.contains("settings of yanan change; yanan is at atlas version 2"), "{said}");
    let (ok, said) = ran(desk.path(), &["export", "city"]);
    assert!(ok && said.contains("Yan'an") && said.contains("Asia/Urumqi"), "{said}");
    let (ok, said) = ran(desk.path(), &["import", "city"]);
    assert!(!ok && said.contains("FILE"), "{said}");
    let near = r#"{"reaches":{"event.04":{"radius_m":20.0,"window_s":60}},"contact_days":7}"#;
    std::fs::write(desk.path().join("near.json"), near).unwrap();
    let (ok, said) = ran(desk.path(), &["import", "city", "near.json"]);
    assert!(ok, "{said}");
    let (ok, said) = ran(desk.path(), &["export", "city"]);
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(ok && told["contact_days"] == 7, "{said}");
    assert_eq!(
        told["reaches"],
        serde_json::json!({ "event.04": { "radius_m": 20.0, "window_s": 60 } })
    );
    std::fs::write(desk.path().join("far.json"), near.replace("20.0", "2000.0")).unwrap();
    let (ok, said) = ran(desk.path(), &["import", "city", "far.json"]);
    assert!(!ok && said.contains("2000 m"), "{said}");
}

#[test]
fn a_whole_city_goes_into_another_store_and_out_again_as_the_same_file() {
    let desk = desk();
    let run = |args: &[&str]| ran(desk.path(), args);
    let (ok, said) = run(&["export", "city", "-o", "city.zip"]);
    assert!(ok, "{said}");
    let (ok, said) = run(&["import", "city", "city.zip", "--database", "b.gpkg", "--dry-run"]);
    assert!(ok && said.contains("2 new, 0 changed") && said.contains("dry run"), "{said}");
    assert!(!desk.path().join("b.gpkg").exists());
    let (ok, said) = run(&["import", "city", "city.zip", "--database", "b.gpkg"]);
    assert!(ok && said.contains("yanan is at atlas version 1"), "{said}");
    let (ok, said) = run(&["export", "city", "--database", "b.gpkg", "-o", "again.zip"]);
    assert!(ok, "{said}");
    let bytes = |name: &str| std::fs::read(desk.path().join(name)).unwrap();
    assert!(bytes("city.zip") == bytes("again.zip"));
    std::fs::write(desk.path().join("cut.zip"), &bytes("city.zip")[..200]).unwrap();
    let (ok, said) = run(&["import", "city", "cut.zip", "--city", "yanan"]);
    assert!(!ok && said.contains("is no whole zip archive"), "{said}");
    let (ok, said) = run(&["import", "city", "city.zip", "--fallback", "police"]);
    assert!(!ok && said.contains("leave out --fallback"), "{said}");
}

#[test]
fn options_of_layers_are_refused_for_a_citys_settings() {
    let desk = desk();
    let (ok, said) = ran(desk.path(), &["export", "city", "-o", "city.json"]);
    assert!(ok, "{said}");
    let import = ["import", "city", "city.json"];
    let options: [&[&str]; 8] = [
        &["--crs", "gcj02"],
        &["--layer", "a"],
        &["--lead", "police"],
        &["--note", "why"],
        &["--zone-id", "a"],
        &["--format", "json"],
        &["--merge"],
        &["--replace"],
    ];
    for option in options {
        let (ok, said) = ran(desk.path(), &[&import[..], option].concat());
        assert!(!ok && said.contains(&format!("leave out {}", option[0])), "{option:?}: {said}");
    }
    let both = ["--crs", "gcj02", "--merge"];
    let (ok, said) = ran(desk.path(), &[&import[..], &both].concat());
    assert!(!ok && said.contains("leave out --crs, --merge"), "{said}");
    for option in [["--crs", "gcj02"], ["--format", "csv"], ["--format", "json"]] {
        let (ok, said) = ran(desk.path(), &[&["export", "city"][..], &option].concat());
        assert!(!ok && said.contains(&format!("leave out {}", option[0])), "{option:?}: {said}");
    }
}

const FEED: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\n\
DTEND;VALUE=DATE:20261003\r\nSUMMARY;LANGUAGE=zh_CN:国庆节（休）\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
DTSTART:20261010T090000\r\nDTEND:20261010T180000\r\nSUMMARY:国庆节 补班\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_calendar_goes_in_for_its_years_and_out_in_both_formats() {
    let desk = desk();
    let write = |name: &str, text: &str| std::fs::write(desk.path().join(name), text).unwrap();
    let run = |args: &[&str]| ran(desk.path(), args);
    write("feed.ics", FEED);
    let (ok, said) = run(&["import", "calendar", "feed.ics", "--dry-run"]);
    assert!(ok && said.contains("3 days and terms: 3 new") && said.contains("dry run"), "{said}");
    let (ok, said) = run(&["import", "calendar", "feed.ics"]);
    assert!(ok && said.contains("atlas version 2"), "{said}");
    let (ok, said) = run(&["import", "calendar", "feed.ics"]);
    assert!(ok && said.contains("3 the same, 0 removed; yanan is as it was"), "{said}");
    // Another year stays, the same year is the file's.
    write(
        "days.csv",
        "date,kind\n2026-10-01,放假\n2027-10-01,holiday\n2026-09-01,开学\n2027-01-15,放学\n",
    );
    let (ok, said) = run(&["import", "calendar", "days.csv", "--merge", "--dry-run"]);
    assert!(ok && said.contains("2 new, 0 changed, 3 the same, 0 removed"), "{said}");
    let (ok, said) = run(&["import", "calendar", "days.csv"]);
    assert!(ok && said.contains("the 3 that were there go; give --merge"), "{said}");
    let (ok, said) = run(&["export", "calendar"]);
    assert!(ok && !said.contains("2026-10-10") && said.contains("2027-01-15,term_to"), "{said}");
    for name in ["out.ics", "out.csv"] {
        let (ok, said) = run(&["export", "calendar", "-o", name]);
        assert!(ok, "{said}");
        let (ok, said) = run(&["import", "calendar", name, "--replace"]);
        assert!(ok && said.contains("3 the same, 0 removed; yanan is as it was"), "{said}");
    }
    // Every fault at once, and nothing is written.
    write(
        "bad.csv",
        "date,kind\n2026-02-30,holiday\n2026-01-01,party\n2026-05-01,班\n2026-05-01,休\n",
    );
    let (ok, said) = run(&["import", "calendar", "bad.csv"]);
    assert!(!ok && said.contains("3 errors; nothing was written"), "{said}");
    for part in
        ["`2026-02-30` is no date", "`party` is no kind", "a holiday here and a makeup in row 4"]
    {
        assert!(said.contains(part), "{said}");
    }
    let (ok, said) = run(&["import", "calendar", "feed.ics", "--crs", "wgs84", "--lead", "police"]);
    assert!(!ok && said.contains("leave out --crs, --lead"), "{said}");
    let (ok, said) = run(&["import", "calendar", "feed.ics", "--city", "nowhere"]);
    assert!(!ok && said.contains("there is no city nowhere"), "{said}");
}

#[test]
fn time_limits_go_out_and_in_as_a_table() {
    let desk = desk();
    let run = |args: &[&str]| ran(desk.path(), args);
    let (ok, said) = run(&["export", "limits", "-o", "limits.csv"]);
    assert!(ok, "{said}");
    let (ok, said) = run(&["import", "limits", "limits.csv", "--replace"]);
    assert!(
        ok && said.contains("0 new, 0 changed") && said.contains("yanan is as it was"),
        "{said}"
    );
    let table = "category,stage,kind,amount,unit\nevent.01,handle,office_hours,90,minutes\n*,whole,工作日,9,天\n";
    std::fs::write(desk.path().join("few.csv"), table).unwrap();
    let (ok, said) = run(&["import", "limits", "few.csv"]);
    assert!(
        ok && said.contains("2 limits: 0 new, 2 changed") && said.contains("version 2"),
        "{said}"
    );
    let (ok, said) = run(&["export", "limits"]);
    assert!(ok && said.contains("event.01,handle,office_hours,90,minutes"), "{said}");
    assert!(said.contains("*,whole,working_days,9,days") && said.contains("remind"), "{said}");
    let (ok, said) = run(&["import", "limits", "few.csv", "--replace"]);
    assert!(ok && said.contains("2 the same"), "{said}");
    let (_, said) = run(&["export", "limits"]);
    assert_eq!(said.matches(',').count(), 3 * 4, "{said}");
    let (ok, said) = run(&["import", "limits", "few.csv", "--merge", "--format", "gpkg"]);
    assert!(!ok && said.contains("limits are CSV"), "{said}");
}

#[test]
fn a_refused_import_and_a_dry_run_make_no_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zones.geojson"), BOW_TIE).unwrap();
    let (ok, said) = ran(folder.path(), &IMPORT);
    assert!(!ok && said.contains("was refused"), "{said}");
    let (ok, said) = ran(folder.path(), &["import", "zones", "zones.geojson"]);
    assert!(!ok && said.contains("--city"), "{said}");
    std::fs::write(folder.path().join("zones.geojson"), ZONES).unwrap();
    let (ok, said) = ran(folder.path(), &[&IMPORT[..], &["--dry-run"]].concat());
    assert!(ok && said.contains("dry run"), "{said}");
    for args in [&["export", "zones"][..], &["key", "list"], &["locate", "109.45", "36.55"]] {
        let (ok, said) = ran(folder.path(), args);
        assert!(!ok && said.contains("there is no store"), "{said}");
    }
    assert_eq!(names(folder.path()), ["zones.geojson"]);
    let (ok, said) = ran(folder.path(), &IMPORT);
    assert!(ok && said.contains("atlas version 1"), "{said}");
    assert!(names(folder.path()).iter().any(|name| name == "zonewarden.gpkg"));
}

#[test]
fn a_draft_is_reviewed_by_a_command_for_people_and_as_the_api_has_it() {
    let desk = desk();
    let folder = desk.path();
    let done = |args: &[&str]| {
        let (ok, said) = ran(folder, args);
        assert!(ok, "{said}");
        said
    };
    std::fs::write(folder.join("units.csv"), "id,name_en\nhealth,Health\n").unwrap();
    done(&["import", "units", "units.csv"]);
    let places = "id,kind,name_en,lon,lat\ns1,school,First School,109.46,36.55\n\
                  p1,patrol_post,Post at the Gate,109.47,36.56\nc1,checkpoint,West,109.42,36.55\n";
    std::fs::write(folder.join("places.csv"), places).unwrap();
    done(&["import", "facilities", "places.csv", "--crs", "wgs84"]);
    let id = done(&["plan", "draft", "make", "East to health"]);
    // What lies left of the line, which goes south, is the new zone.
    let edits = r#"[{"kind":"split","zone":"a","line":[[109.45,36.7],[109.45,36.4]],
        "new":{"id":"b","lead":"health"}}]"#;
    std::fs::write(folder.join("edits.json"), edits).unwrap();
    let tried = done(&["plan", "draft", "review", &id, "--edits", "edits.json"]);
    assert!(
        tried.contains("revision 1") && tried.contains("school s1 police -> health"),
        "{tried}"
    );
    done(&["plan", "draft", "edit", &id, "edits.json"]);
    let said = done(&["plan", "draft", "review", &id]);
    for part in [
        "revision 2 against plan 1: may be published",
        "findings",
        "2 zones",
        "police -> health patrol_post 1, school 1",
        "2 incidents and facilities would change hands",
        "school s1 police -> health zone a -> b First School",
        "patrol_post p1 police -> health zone a -> b Post at the Gate",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("c1"), "it stays: {said}");
    let said = done(&["plan", "draft", "review", &id, "--listed", "1"]);
    assert!(said.contains("1 more are not listed"), "{said}");
    let told = zonewarden(folder, &["plan", "draft", "review", &id, "--json"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((told["moving"].as_u64(), told["zones"][1]["zone"].as_str()), (Some(2), Some("b")));
    assert_eq!(told["flows"][0]["moves"]["facilities"]["patrol_post"], 1);
    let (ok, said) =
        ran(folder, &["plan", "draft", "review", "00000000-0000-7000-8000-000000000000"]);
    assert!(!ok && said.contains("no such draft"), "{said}");
    let (ok, said) = ran(folder, &["plan", "draft", "review", &id, "--days", "9999"]);
    assert!(!ok && said.contains("--days"), "{said}");
}

#[test]
fn plans_are_listed_compared_restored_and_asked_about_a_day_in_the_past() {
    let desk = desk();
    let again = [&IMPORT[..5], &["--lead", "fire", "--make-units", "--note", "fire"]].concat();
    std::fs::write(desk.path().join("zones.geojson"), ZONES.replace("109.5,36.6", "109.51,36.6"))
        .unwrap();
    let run = |args: &[&str]| ran(desk.path(), args);
    let (ok, said) = run(&again);
    assert!(ok, "{said}");
    let (ok, said) = run(&["plan", "list"]);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(ok && words.contains("in force 1 zones cli fire"), "{said}");
    let (ok, said) = run(&["plan", "show", "1"]);
    assert!(ok && said.contains("police"), "{said}");
    let (ok, said) = run(&["plan", "diff", "2"]);
    assert!(ok && said.contains("led by fire, no longer by police"), "{said}");
    assert!(said.contains("- -> a"), "{said}");
    let (ok, said) = run(&["plan", "diff", "2", "--json"]);
    assert!(ok && said.contains("MultiPolygon"), "{said}");
    let (ok, said) = run(&["plan", "handover", "2"]);
    assert!(ok && said.contains("0 incidents"), "{said}");
    let (ok, said) = run(&["plan", "reroute", "--dry-run"]);
    assert!(ok && said.contains("0 would be routed anew"), "{said}");
    let (ok, said) = run(&["plan", "restore", "1", "--dry-run"]);
    assert!(ok && said.contains("would be published again"), "{said}");
    let (ok, said) = run(&["plan", "restore", "1", "--note", "undo"]);
    assert!(ok && said.contains("plan 1 was published again"), "{said}");
    let (_, said) = run(&["plan", "list", "--json"]);
    let moment = said.split("\"effective_from\": \"").nth(2).unwrap().split('"').next().unwrap();
    let (ok, said) = run(&["locate", "109.45", "36.55", "--datetime", moment]);
    assert!(ok && said.contains("fire") && said.contains("Plan 2 (atlas"), "{said}");
    let (ok, said) = run(&["locate", "109.45", "36.55", "--datetime", moment, "--json"]);
    assert!(ok && said.contains("\"plan_to\": \"20"), "{said}");
    let (ok, said) = run(&["export", "zones", "--datetime", moment]);
    assert!(ok && said.contains("fire"), "{said}");
    let (ok, said) = run(&["export", "zones", "--plan", "2", "--format", "kml"]);
    assert!(ok && said.contains("<value>fire</value>"), "{said}");
    let (ok, said) = run(&["export", "zones", "--at", moment, "--format", "kml"]);
    assert!(ok && said.contains("<value>fire</value>"), "{said}");
    for (args, words) in [
        (&["export", "zones", "--plan", "9"][..], "there is no plan 9; the last is 3"),
        (&["export", "units", "--plan", "1"], "a plan holds zones"),
        (&["locate", "109.45", "36.55", "--datetime", "2020-01-01"], "first moment known is"),
        (&["locate", "109.45", "36.55", "--datetime", "soon"], "such as 2026-03-03"),
        (&["export", "city", "--datetime", "2026-01-01"], "leave out --datetime"),
        (&["plan", "show", "9"], "there is no plan 9"),
        (&["plan", "restore", "9"], "there is no plan 9"),
        (&["plan", "reroute", "--since", "x"], "--since"),
    ] {
        let (ok, said) = run(args);
        // Long lines are broken, with a bar before each.
        let said = said.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!ok && said.contains(words), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn a_work_list_is_a_table_without_formulas() {
    let desk = desk();
    let (ok, said) = ran(desk.path(), &["worklist"]);
    assert!(ok && said.contains(",source,stage,"), "{said}");
    assert!(said.contains(",light,light_of,"), "{said}");
    let place = Place::File(desk.path().join("zonewarden.gpkg"));
    let world = World::over(open(&place, Migrate::Apply).await.unwrap(), Limits::default());
    world.app.refresh().await.unwrap();
    let body = r#"{"lon":109.45,"lat":36.55,"words":"x","source":"=1+1"}"#;
    let filed = world.client.post("/api/v1/reports", "application/json", body).await;
    assert_eq!(filed.status, axum::http::StatusCode::CREATED, "{}", filed.text());
    world.take_up().await;
    drop(world);
    let (ok, said) = ran(desk.path(), &["worklist"]);
    assert!(ok && said.contains(",'=1+1,"), "{said}");
    let (ok, said) = ran(desk.path(), &["worklist", "--unit", "nobody"]);
    assert!(ok && !said.contains("1+1"), "{said}");
}

#[test]
fn a_fresh_store_keeps_nobody_and_tells_nobody() {
    let desk = desk();
    let person = ["person", "export", "--contact", "13800000000"];
    let (ok, said) = ran(desk.path(), &[&person[..], &["--reason", "asked for"]].concat());
    assert!(ok && said.contains(r#""reports": []"#), "{said}");
    let (ok, said) = ran(desk.path(), &person);
    assert!(!ok && said.contains("--reason"), "{said}");
    let (ok, said) = ran(desk.path(), &["webhook", "list"]);
    assert_eq!((ok, said.as_str()), (true, ""));
    let (ok, said) = ran(desk.path(), &["webhook", "off", "nope"]);
    assert!(!ok && said.contains("there is no webhook `nope`"), "{said}");
}

const TWO_ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","lead":"police","co":"roads"},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]}},
{"type":"Feature","properties":{"id":"b","lead":"roads"},"geometry":{"type":"Polygon","coordinates":
[[[109.5,36.5],[109.6,36.5],[109.6,36.6],[109.5,36.6],[109.5,36.5]]]}}]}"#;
const TWO_RULES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":null,"properties":{"id":"a-rule","name_en":"Roads","reach":"category",
"categories":"event.02","unit":"roads","mode":"instead"}},
{"type":"Feature","geometry":null,"properties":{"id":"b-rule","name_en":"Police","reach":"category",
"categories":"event.03","unit":"police","mode":"beside"}}]}"#;

/// Files a report of a category in the first of the two zones, so many hours ago by the machine's clock.
async fn filed_ago(world: &World, category: &str, hours: i64) -> String {
    let at = Clock::system().now().0 - hours * 3_600_000_000;
    world.pass_us(at - world.app.now().0);
    let body = format!(r#"{{"lon":109.45,"lat":36.55,"words":"x","category":"{category}"}}"#);
    let filed = world.client.post("/api/v1/reports", "application/json", body).await;
    assert_eq!(filed.status, axum::http::StatusCode::CREATED, "{}", filed.text());
    assert_eq!(filed.json()["unit"], "police");
    filed.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_dry_run_of_rules_lists_the_reports_of_the_last_days_that_would_have_moved() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("zones.geojson"), TWO_ZONES).unwrap();
    std::fs::write(folder.join("rules.geojson"), TWO_RULES).unwrap();
    let zones = ["import", "zones", "zones.geojson", "--city", "yanan", "--make-units"];
    let (ok, said) = ran(folder, &zones);
    assert!(ok, "{said}");
    let place = Place::File(folder.join("zonewarden.gpkg"));
    let world = World::over(open(&place, Migrate::Apply).await.unwrap(), Limits::default());
    world.app.refresh().await.unwrap();
    let old = filed_ago(&world, "event.02", 60 * 24).await;
    let new = filed_ago(&world, "event.02.board", 2).await;
    let same = filed_ago(&world, "event.03", 1).await;
    drop(world);
    let dry = ["import", "rules", "rules.geojson", "--dry-run", "--moved", "moved.csv"];
    let moved = || std::fs::read_to_string(folder.join("moved.csv")).unwrap();
    let header = "report,from,to,rule,rule_then,co,co_then,queue,confidence,confidence_then\n";
    let elsewhere = |id: &str| format!("{id},police,roads,zone,a-rule,,,,,\n");
    let beside = format!("{same},police,police,zone,b-rule,roads,,,,\n");
    let (ok, said) = ran(folder, &dry);
    assert!(ok && said.contains("2 new") && said.contains("dry run"), "{said}");
    let counts = "of 3 reports of the last 90 days 2 would have gone elsewhere 2 police -> roads";
    assert!(said.contains(counts), "{said}");
    assert!(
        said.contains("1 would have gone to the same unit with other units beside it"),
        "{said}"
    );
    assert_eq!(moved(), format!("{header}{}{}{beside}", elsewhere(&old), elsewhere(&new)));
    let (ok, said) = ran(folder, &[&dry[..], &["--days", "30"]].concat());
    assert!(ok, "{said}");
    let counts = "of 2 reports of the last 30 days 1 would have gone elsewhere 1 police -> roads";
    assert!(said.contains(counts), "{said}");
    assert_eq!(moved(), format!("{header}{}{beside}", elsewhere(&new)));
    // A dry run sets nothing, and these options are for one alone.
    let (ok, said) = ran(folder, &["export", "rules"]);
    assert!(ok && !said.contains("a-rule"), "{said}");
    for option in [["--moved", "moved.csv"], ["--days", "30"]] {
        let (ok, said) =
            ran(folder, &[&["import", "rules", "rules.geojson"][..], &option].concat());
        assert!(!ok && said.contains("--dry-run"), "{option:?}: {said}");
    }
    for days in ["0", "3661", "x"] {
        let (ok, said) = ran(folder, &[&dry[..], &["--days", days]].concat());
        assert!(!ok && said.contains("--days"), "{days}: {said}");
    }
    let (ok, said) = ran(folder, &["import", "rules", "rules.geojson"]);
    assert!(ok && said.contains("2 new"), "{said}");
    let (ok, said) = ran(folder, &dry);
    assert!(ok && said.contains("of 3 reports of the last 90 days 0 would have gone"), "{said}");
    assert_eq!(moved(), header);
}
