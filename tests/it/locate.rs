//! `zonewarden locate` as a person runs it, with zones from a file.

use std::process::Command;

const ZONES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"name":"Midtown"},"geometry":{"type":"Polygon","coordinates":
[[[-74,40.7],[-73.9,40.7],[-73.9,40.8],[-74,40.8],[-74,40.7]]]}}]}"#;

/// Runs it; whether it succeeded, and everything it said.
fn locate(args: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let zones = folder.path().join("zones.geojson");
    std::fs::write(&zones, ZONES).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
        .arg("locate")
        .args(args)
        .arg("--zones")
        .arg(&zones)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8(said).unwrap().replace('│', " ");
    (ran.status.success(), said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_negative_longitude_is_a_value_and_the_answer_says_why() {
    let (ok, said) = locate(&["-73.95", "40.75", "--accuracy", "20"]);
    assert!(ok, "{said}");
    for part in ["责任单位 Unit Midtown", "the zone's lead unit", "100.0 % at an accuracy of 20 m"]
    {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn json_has_sorted_keys_and_the_whole_answer() {
    let (ok, said) = locate(&["-74.01", "40.75", "--json"]);
    assert!(ok, "{said}");
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&value["unit"], &value["zone"]), (&"fallback".into(), &serde_json::Value::Null));
    assert_eq!(value["runner_up"]["zone"], "Midtown");
    assert!((value["border_m"].as_f64().unwrap() - 844.0).abs() < 2.0, "{said}");
    let places: Vec<usize> = ["\"atlas_version\"", "\"border_m\"", "\"confidence\"", "\"unit\""]
        .iter()
        .map(|key| said.find(key).unwrap())
        .collect();
    assert!(places.is_sorted());
}

#[test]
fn what_is_no_position_is_refused_in_words() {
    for (args, part) in [
        (["40.75", "-73.95"], "looks swapped"),
        (["0", "0"], "no position"),
        (["nan", "40.75"], "not a pair of finite numbers"),
        (["190", "95"], "outside the globe"),
        (["x", "40.75"], "invalid"),
    ] {
        let (ok, said) = locate(&args);
        assert!(!ok && said.contains(part), "{args:?}: {said}");
    }
    let (ok, said) = locate(&["-73.95", "40.75", "--accuracy", "-3"]);
    assert!(!ok && said.contains("metres from 0"), "{said}");
    let (ok, said) = locate(&["-73.95", "40.75", "--at", "noon"]);
    assert!(!ok && said.contains("such as 2026"), "{said}");
}
