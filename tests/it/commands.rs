//! Commands as a shell runs them: outputs that nobody reads, full disks, signals, refusals.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":
[[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.4,36.6],[109.4,36.5]]]}}]}"#;
const BOW_TIE: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":
[[[109.6,36.5],[109.7,36.6],[109.7,36.5],[109.6,36.7],[109.6,36.5]]]}}]}"#;

fn zonewarden(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zonewarden"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn ran(folder: &Path, args: &[&str]) -> (bool, String) {
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
fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zones.geojson"), ZONES).unwrap();
    std::fs::write(folder.path().join("points.csv"), "lon,lat\n109.45,36.55\n").unwrap();
    let (ok, said) = ran(folder.path(), &IMPORT);
    assert!(ok, "{said}");
    folder
}

/// Every command that answers on standard output.
const ANSWERS: [&[&str]; 9] = [
    &["openapi"],
    &["serve", "--print-config"],
    &["locate", "109.45", "36.55"],
    &["locate", "109.45", "36.55", "--zones", "zones.geojson", "--json"],
    &["route", "points.csv", "--quiet"],
    &["export", "zones"],
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
