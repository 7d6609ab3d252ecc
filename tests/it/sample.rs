//! The committed demonstration city is what the maker makes, and what the importer reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zonewarden::cli::sample::files;
use zonewarden::domain::sample::{Recipe, city};
use zonewarden::formats::geojson;
use zonewarden::formats::layer::{Finding, Layer};
use zonewarden::formats::nouns::{self, Mapping};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata")
}

/// Every file below `folder` by its name, but the words and the picture that people made.
fn committed(folder: &Path, before: &str, out: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{before}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            committed(&path, &format!("{name}/"), out);
        } else if !["README.md", "zonewarden.png"].contains(&name.as_str()) {
            out.insert(name, std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn the_committed_city_is_made_again_byte_for_byte() {
    let mut committed_files = BTreeMap::new();
    committed(&folder(), "", &mut committed_files);
    let made: BTreeMap<String, Vec<u8>> =
        files(&city(&Recipe::default())).unwrap().into_iter().collect();
    assert!(committed_files.keys().eq(made.keys()), "{:?}", committed_files.keys());
    for (name, bytes) in &made {
        assert!(
            committed_files[name] == *bytes,
            "geodata/{name} differs: run `zonewarden sample --out geodata` and read the difference"
        );
    }
    let size: usize = made.values().map(Vec::len).sum();
    assert!(size < 6_000_000, "{size} bytes are too many to commit");
}

fn read(name: &str) -> Layer {
    let reading = geojson::read(&std::fs::read(folder().join(name)).unwrap());
    clean(name, &reading.findings);
    reading.layer
}

fn clean(name: &str, findings: &[Finding]) {
    assert!(findings.is_empty(), "{name}: {}", findings[0]);
}

#[test]
fn the_committed_city_is_read_back_whole_and_without_a_finding() {
    let state = city(&Recipe::default());
    let units = nouns::units::from_layer(&read("units.geojson"), &Mapping::default());
    clean("units", &units.findings);
    assert!(units.items == state.units);
    let known = state.units.iter().map(|unit| unit.id.clone()).collect();
    let mapping = Mapping { units: Some(known), ..Mapping::default() };
    let zones = nouns::zones::from_layer(&read("zones.geojson"), &mapping);
    clean("zones", &zones.findings);
    assert!(zones.items == state.zones);
    let rules = nouns::rules::from_layer(&read("rules.geojson"), &mapping);
    clean("rules", &rules.findings);
    assert!(rules.items == state.rules);
    let mut facilities = Vec::new();
    for entry in std::fs::read_dir(folder().join("facilities")).unwrap() {
        let name = format!("facilities/{}", entry.unwrap().file_name().to_str().unwrap());
        let layer = nouns::facilities::from_layer(&read(&name), &mapping);
        clean(&name, &layer.findings);
        facilities.extend(layer.items);
    }
    facilities.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(facilities == state.facilities);
    let settings = std::fs::read(folder().join("city.json")).unwrap();
    assert!(
        serde_json::from_slice::<zonewarden::domain::atlas::city::City>(&settings).unwrap()
            == state.city
    );
}
